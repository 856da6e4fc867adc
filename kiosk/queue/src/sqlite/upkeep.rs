//! What is done at start, at the end of a day, and when rows have grown old.

use super::rows::{Halt, change, count, day_text};
use super::{Books, prints, schema};
use crate::ledger::{LedgerError, PrintJobId, PrintState, Purged, Reconciled, VisitId};
use jiff::civil::{Date, DateTime};
use rusqlite::Connection;

/// Which visits a day's end ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// those of earlier days
    BeforeThatDay,
    /// and those of the day itself
    AndThatDay,
}

/// Lets open visits expire; answers how many.
pub(super) fn expire(db: &Connection, day: Date, until: Until) -> Result<u32, Halt> {
    change(
        db,
        "UPDATE visit SET life = 'expired'
         WHERE life IN ('waiting', 'called') AND (day < ?1 OR (?2 AND day = ?1))",
        (day_text(day)?, until == Until::AndThatDay),
    )
}

/// Settles what a stop left open; see [`crate::ledger::Ledger::reconcile`].
pub(super) fn reconcile(books: &mut Books, at: DateTime) -> Result<Reconciled, Halt> {
    let letter = books.options.letter.to_string();
    let reconciled = books.write(|tx| {
        let mut open = tx.prepare_cached(
            "SELECT print_job.id, token FROM print_job JOIN visit ON visit.id = print_job.visit
             WHERE state IN ('intended', 'sent') AND print_job.letter = ?1 ORDER BY print_job.id",
        )?;
        let mut unknown = Vec::new();
        let mut rows = open.query([&letter])?;
        while let Some(row) = rows.next()? {
            unknown.push((PrintJobId(row.get(0)?), VisitId(row.get(1)?)));
        }
        change(
            tx,
            "UPDATE print_job SET state = 'unknown', changed_at = ?2,
                evidence = 'the kiosk stopped while the job was ' || state
             WHERE state IN ('intended', 'sent') AND letter = ?1",
            (&letter, at.to_string()),
        )?;
        Ok(Reconciled { unknown, expired: expire(tx, at.date(), Until::BeforeThatDay)? })
    })?;
    for _ in &reconciled.unknown {
        books.step(prints::step(PrintState::Unknown));
    }
    Ok(reconciled)
}

/// Deletes what is older than the retention; see [`crate::ledger::Ledger::purge`].
pub(super) fn purge(books: &mut Books, before: Date) -> Result<Purged, Halt> {
    let day = day_text(before)?;
    let purged = books.write(|tx| {
        let visits = count(tx, "SELECT count(*) FROM visit WHERE day < ?1", [&day])?;
        // matters, options and print jobs go with their visit
        change(tx, "DELETE FROM visit WHERE day < ?1", [&day])?;
        change(
            tx,
            "INSERT INTO feed (one, purged) SELECT 1, max(seq) FROM window_event WHERE day < ?1 HAVING count(*) > 0
             ON CONFLICT DO UPDATE SET purged = max(purged, excluded.purged)",
            [&day],
        )?;
        let events = change(tx, "DELETE FROM window_event WHERE day < ?1", [&day])?;
        Ok(Purged { visits, events })
    })?;
    // deleted rows are overwritten in the file (secure_delete), but the log still has them
    if schema::empty_log(&books.connection)? {
        Ok(purged)
    } else {
        Err(LedgerError::Busy { file: books.file.clone() }.into())
    }
}
