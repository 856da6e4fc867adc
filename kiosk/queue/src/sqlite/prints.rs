//! The journal of print jobs.

use super::Books;
use super::rows::{self, Halt, change, text};
use crate::ledger::{
    EVIDENCE_LENGTH, LedgerError, PrintHistory, PrintJobId, PrintRecord, PrintState, REPRINTS, TicketIntent,
    VisitId,
};
use jiff::civil::DateTime;
use rusqlite::{Connection, OptionalExtension};
use visit::number::Letter;
use visit::screen::Language;

/// Evidence as kept: one line of bounded length.
pub(super) fn trim(evidence: &str) -> String {
    evidence.chars().take(EVIDENCE_LENGTH).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Journals a new job. `earlier` are the visit's jobs so far.
pub(super) fn intend(
    db: &Connection,
    visit: i64,
    letter: Letter,
    ticket: TicketIntent,
    earlier: &PrintHistory,
    at: DateTime,
) -> Result<PrintJobId, Halt> {
    if earlier.jobs.len() >= REPRINTS {
        return Err(LedgerError::OutOfBounds { what: "tickets of a visit", limit: REPRINTS as u64 }.into());
    }
    let language = match ticket.language {
        Language::Zh => "zh",
        Language::En => "en",
    };
    change(
        db,
        "INSERT INTO print_job (visit, letter, language, state, evidence, intended_at, changed_at)
         VALUES (?1, ?2, ?3, 'intended', '', ?4, ?4)",
        (visit, letter.to_string(), language, at.to_string()),
    )?;
    Ok(PrintJobId(db.last_insert_rowid()))
}

/// The jobs of a visit, oldest first.
pub(super) fn history(db: &Connection, visit: i64) -> Result<PrintHistory, Halt> {
    let mut statement = db.prepare_cached("SELECT * FROM print_job WHERE visit = ?1 ORDER BY id")?;
    let mut rows = statement.query([visit])?;
    let mut history = PrintHistory::default();
    while let Some(row) = rows.next()? {
        let language = text(row, "language", |t| match t {
            "zh" => Some(Language::Zh),
            "en" => Some(Language::En),
            _ => None,
        })?;
        history.jobs.push(PrintRecord {
            job: PrintJobId(row.get("id")?),
            ticket: TicketIntent { language },
            state: text(row, "state", PrintState::parse)?,
            evidence: row.get("evidence")?,
            intended_at: text(row, "intended_at", |t| t.parse().ok())?,
            changed_at: text(row, "changed_at", |t| t.parse().ok())?,
        });
    }
    Ok(history)
}

/// Takes a job on to another state. The state it has already is no step, and no error.
pub(super) fn reach(
    books: &mut Books,
    job: PrintJobId,
    to: PrintState,
    evidence: &str,
    at: DateTime,
) -> Result<(), Halt> {
    let moved = books.write(|tx| {
        let from: Option<String> = tx
            .prepare_cached("SELECT state FROM print_job WHERE id = ?1")?
            .query_row([job.0], |row| row.get(0))
            .optional()?;
        let from = from.ok_or(LedgerError::NoSuchJob)?;
        let from = PrintState::parse(&from).ok_or_else(|| Halt::Damaged("an unknown print state".into()))?;
        if from == to {
            return Ok(false);
        }
        if !from.may_become(to) {
            return Err(LedgerError::PrintOrder { from, to }.into());
        }
        change(
            tx,
            "UPDATE print_job SET state = ?2, evidence = ?3, changed_at = ?4 WHERE id = ?1",
            (job.0, to.as_str(), evidence, at.to_string()),
        )?;
        Ok(true)
    })?;
    if moved {
        books.step(step(to));
    }
    Ok(())
}

/// Journals another job for an open visit with a number, in the language of the last.
pub(super) fn again(
    books: &mut Books,
    visit: VisitId,
    at: DateTime,
) -> Result<(PrintJobId, PrintHistory), Halt> {
    let letter = books.options.letter;
    let journalled = books.write(|tx| {
        let row = rows::visit(tx, visit)?.ok_or(LedgerError::NoSuchVisit)?;
        if !row.visit.is_open() {
            return Err(LedgerError::Closed(row.visit.life).into());
        }
        if row.visit.number.is_none() {
            return Err(LedgerError::NoNumber.into());
        }
        let earlier = history(tx, row.id)?;
        let ticket = earlier.last().map(|job| job.ticket).unwrap_or_default();
        Ok((intend(tx, row.id, letter, ticket, &earlier, at)?, earlier))
    })?;
    books.step(step(PrintState::Intended));
    Ok(journalled)
}

/// The name under which an observer hears of a state.
pub(super) fn step(state: PrintState) -> &'static str {
    match state {
        PrintState::Intended => "print.intended",
        PrintState::Sent => "print.sent",
        PrintState::Confirmed => "print.confirmed",
        PrintState::Unknown => "print.unknown",
        PrintState::FailedBeforeSending => "print.failed-before-sending",
    }
}
