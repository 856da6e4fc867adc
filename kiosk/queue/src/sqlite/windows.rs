//! What the windows report, and how many wait.

use super::rows::{self, Halt, change, count, day_text, event_text, life_text, one};
use crate::ledger::{Heard, LedgerError, VisitId};
use jiff::civil::{Date, DateTime};
use rusqlite::Connection;
use visit::catalogue::Matter;
use visit::number::{NumberLife, TicketNumber, WindowEvent};
use visit::waiting::{CALLS_LOOKED_AT, Pace};

/// Hears one report; see [`crate::ledger::Ledger::window_event`].
pub(super) fn hear(
    db: &Connection,
    seq: u64,
    number: TicketNumber,
    event: WindowEvent,
    day: Date,
    at: DateTime,
) -> Result<Heard, Halt> {
    let row = i64::try_from(seq)
        .map_err(|_| LedgerError::OutOfBounds { what: "sequence number", limit: i64::MAX.unsigned_abs() })?;
    if one(db, "SELECT purged FROM feed", [])?.is_some_and(|purged| row <= purged) {
        return Ok(Heard::Again);
    }
    let (day, letter) = (day_text(day)?, number.letter.to_string());
    let kept = change(
        db,
        "INSERT INTO window_event (seq, day, letter, count, event, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO NOTHING",
        (row, &day, &letter, number.count, event_text(event), at.to_string()),
    )?;
    if kept == 0 {
        return Ok(Heard::Again);
    }
    let sql = "SELECT * FROM visit WHERE day = ?1 AND letter = ?2 AND count = ?3";
    let Some(found) = rows::find(db, sql, (&day, &letter, number.count))? else {
        return Ok(Heard::Aside);
    };
    let Some(life) = after(found.visit.life, event) else { return Ok(Heard::TooLate) };
    change(db, "UPDATE visit SET life = ?2 WHERE id = ?1", (found.id, life_text(life)))?;
    Ok(Heard::Applied)
}

/// Where a report takes a number; `None` if nowhere. A number that is done stays so, except that
/// someone who came late after all may have been served.
fn after(life: NumberLife, event: WindowEvent) -> Option<NumberLife> {
    match (life, event) {
        (NumberLife::Waiting, WindowEvent::Called) => Some(NumberLife::Called),
        (NumberLife::Waiting | NumberLife::Called | NumberLife::NoShow, WindowEvent::Served) => {
            Some(NumberLife::Served)
        }
        (NumberLife::Waiting | NumberLife::Called, WindowEvent::NoShow) => Some(NumberLife::NoShow),
        _ => None,
    }
}

pub(super) fn last_seq(db: &Connection) -> Result<Option<u64>, Halt> {
    let heard = one(db, "SELECT max(seq) FROM window_event", [])?;
    let purged = one(db, "SELECT purged FROM feed", [])?;
    Ok(heard.max(purged).and_then(|seq| u64::try_from(seq).ok()))
}

pub(super) fn ahead(db: &Connection, visit: VisitId, beside: &[Matter]) -> Result<Option<u32>, Halt> {
    let row = rows::visit(db, visit)?.ok_or(LedgerError::NoSuchVisit)?;
    if row.visit.number.is_none() || !windows_report(db, row.visit.day)? {
        return Ok(None);
    }
    if row.visit.life != NumberLife::Waiting {
        return Ok(Some(0));
    }
    let earlier = "SELECT count(*) FROM visit AS mine JOIN visit AS other
        ON other.day = mine.day AND other.life = 'waiting' AND other.turn < mine.turn
        WHERE mine.id = ?1 AND EXISTS (SELECT 1 FROM visit_matter WHERE visit = other.id
            AND instr(?2, char(10) || matter || char(10)))";
    Ok(Some(count(db, earlier, (row.id, lines(beside)))?))
}

pub(super) fn waiting(db: &Connection, day: Date) -> Result<Option<u32>, Halt> {
    if !windows_report(db, day)? {
        return Ok(None);
    }
    let all = "SELECT count(*) FROM visit WHERE day = ?1 AND life = 'waiting' AND turn IS NOT NULL";
    Ok(Some(count(db, all, [day_text(day)?])?))
}

/// How fast this ledger's numbers are called. Those of other kiosks do not count: nor do they among who
/// waits. A number that is called once more was called when it was first.
pub(super) fn pace(db: &Connection, day: Date, beside: Option<&[Matter]>) -> Result<Option<Pace>, Halt> {
    let mut last = db.prepare_cached(
        "SELECT min(window_event.at) AS first FROM window_event JOIN visit USING (day, letter, count)
         WHERE day = ?1 AND event = 'called' AND (?3 IS NULL OR EXISTS (SELECT 1 FROM visit_matter
            WHERE visit_matter.visit = visit.id AND instr(?3, char(10) || matter || char(10))))
         GROUP BY letter, count ORDER BY first DESC LIMIT ?2",
    )?;
    let limit = i64::try_from(CALLS_LOOKED_AT).unwrap_or(i64::MAX);
    let mut found = last.query((day_text(day)?, limit, beside.map(lines)))?;
    let mut calls: Vec<DateTime> = Vec::new();
    while let Some(row) = found.next()? {
        calls.push(rows::text(row, "first", |t| t.parse().ok())?);
    }
    Ok(Pace::of(&calls))
}

/// Each matter in a line of its own, with an end before and behind each: as one text for SQL, which looks for one.
fn lines(matters: &[Matter]) -> String {
    matters.iter().fold("\n".to_owned(), |text, matter| format!("{text}{matter}\n"))
}

/// Whether anything was heard of a day. Without a feed every number would seem to wait for ever.
fn windows_report(db: &Connection, day: Date) -> Result<bool, Halt> {
    Ok(count(db, "SELECT EXISTS (SELECT 1 FROM window_event WHERE day = ?1)", [day_text(day)?])? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use NumberLife::*;

    #[test]
    fn lives() {
        for (life, called, served, no_show) in [
            (Waiting, Some(Called), Some(Served), Some(NoShow)),
            (Called, None, Some(Served), Some(NoShow)),
            (Served, None, None, None),
            (NoShow, None, Some(Served), None),
            (Cancelled, None, None, None),
            (Expired, None, None, None),
        ] {
            let went =
                [WindowEvent::Called, WindowEvent::Served, WindowEvent::NoShow].map(|e| after(life, e));
            assert_eq!(went, [called, served, no_show], "{life:?}");
        }
    }
}
