//! Opening a visit, giving it its number, giving it back.

use super::rows::{self, Halt, VisitRow, change, day_text};
use super::{Books, prints};
use crate::ledger::{
    ApplicantRef, Block, CapRule, Enter, LARGEST_COUNT, LedgerError, MATTERS, OPTIONS, POPULAR_FROM, Take,
    TakeAnswer, Taken, VisitId, VisitRecord,
};
use jiff::civil::{Date, DateTime};
use rusqlite::{Connection, TransactionBehavior};
use std::num::NonZeroU32;
use visit::catalogue::Matter;
use visit::checklist::Choice;
use visit::number::{Letter, NumberLife, TicketNumber};

/// Opens or updates the person's visit, and says what it is now.
pub(super) fn enter(db: &Connection, enter: &Enter) -> Result<VisitRecord, Halt> {
    let id = open_or_update(db, enter)?.id;
    Ok(again(db, id)?.visit)
}

/// Gives the visit its number if it has none; see [`crate::ledger::Ledger::take_number`].
pub(super) fn take_number(books: &mut Books, take: &Take) -> Result<TakeAnswer, Halt> {
    let (letter, block) = (books.options.letter, books.options.block_size);
    let step = books.options.step.clone();
    let tx = books.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = open_or_update(&tx, &take.enter)?;
    if let Some(full) = full_matter(&tx, &found, &take.enter, &take.caps)? {
        return Ok(TakeAnswer::Full(full));
    }
    let fresh = found.visit.number.is_none();
    if fresh {
        give(&tx, &found, letter, block, take.enter.at)?;
    }
    change(
        &tx,
        "UPDATE visit_matter SET counted_at = ?2 WHERE visit = ?1 AND counted_at IS NULL",
        (found.id, take.enter.at.to_string()),
    )?;
    let earlier_prints = prints::history(&tx, found.id)?;
    let job = prints::intend(&tx, found.id, letter, take.ticket, &earlier_prints, take.enter.at)?;
    let visit = again(&tx, found.id)?.visit;
    if fresh {
        step("number.before-commit");
    }
    tx.commit()?;
    if fresh {
        step("number.committed");
    }
    step("print.intended");
    Ok(TakeAnswer::Taken(Box::new(Taken { visit, fresh, job, earlier_prints })))
}

/// Ends an open visit at the visitor's wish.
pub(super) fn cancel(books: &mut Books, visit: VisitId) -> Result<VisitRecord, Halt> {
    let (cancelled, was) = books.write(|tx| {
        let row = rows::visit(tx, visit)?.ok_or(LedgerError::NoSuchVisit)?;
        match row.visit.life {
            NumberLife::Waiting | NumberLife::Called => {
                change(tx, "UPDATE visit SET life = 'cancelled' WHERE id = ?1", [row.id])?;
            }
            NumberLife::Cancelled => {}
            life => return Err(LedgerError::Closed(life).into()),
        }
        Ok((again(tx, row.id)?.visit, row.visit.life))
    })?;
    if was != NumberLife::Cancelled {
        books.step("visit.cancelled");
    }
    Ok(cancelled)
}

/// Leases the next numbers of a letter. Blocks of one letter follow each other without a gap.
pub(super) fn lease(db: &Connection, day: Date, letter: Letter, want: u32) -> Result<Block, Halt> {
    if want == 0 || want > LARGEST_COUNT {
        return Err(LedgerError::OutOfBounds { what: "numbers to lease", limit: LARGEST_COUNT.into() }.into());
    }
    let (day_key, letter_key) = (day_text(day)?, letter.to_string());
    let key = (&day_key, &letter_key);
    let leased = rows::count(db, "SELECT leased FROM series WHERE day = ?1 AND letter = ?2", key)?;
    let last = leased.saturating_add(want).min(LARGEST_COUNT);
    if last <= leased {
        return Err(LedgerError::OutOfNumbers { day, letter }.into());
    }
    change(
        db,
        "INSERT INTO series (day, letter, leased, given) VALUES (?1, ?2, ?3, 0)
         ON CONFLICT DO UPDATE SET leased = excluded.leased",
        (key.0, key.1, last),
    )?;
    Ok(Block { day, letter, first: leased + 1, last })
}

/// The next number of the letter, drawn from its leased block, becomes the visit's.
fn give(
    db: &Connection,
    row: &VisitRow,
    letter: Letter,
    block: NonZeroU32,
    at: DateTime,
) -> Result<TicketNumber, Halt> {
    let day = row.visit.day;
    let (day_key, letter_key) = (day_text(day)?, letter.to_string());
    let key = (&day_key, &letter_key);
    let left = "SELECT leased - given FROM series WHERE day = ?1 AND letter = ?2";
    if rows::count(db, left, key)? == 0 {
        lease(db, day, letter, block.get().min(LARGEST_COUNT))?;
    }
    let next = "UPDATE series SET given = given + 1 WHERE day = ?1 AND letter = ?2 RETURNING given";
    let count = rows::count(db, next, key)?;
    change(
        db,
        "UPDATE visit SET letter = ?2, count = ?3, given_at = ?4,
            turn = (SELECT coalesce(max(turn), 0) + 1 FROM visit) WHERE id = ?1",
        (row.id, key.1, count, at.to_string()),
    )?;
    Ok(TicketNumber { letter, count })
}

/// The person's open visit with what `enter` says; a new one if there is none. What is answered has the
/// number of before.
fn open_or_update(db: &Connection, enter: &Enter) -> Result<VisitRow, Halt> {
    let day = day_text(enter.day)?;
    change(
        db,
        "UPDATE visit SET life = 'expired'
         WHERE person = ?1 AND life IN ('waiting', 'called') AND day < ?2",
        (enter.person.as_bytes(), &day),
    )?;
    let row = match rows::open_visit(db, &enter.person, enter.day)? {
        Some(row) => row,
        None => {
            let mut token = [0; 16];
            getrandom::fill(&mut token).map_err(|e| Halt::Refused(format!("no random token: {e}")))?;
            change(
                db,
                "INSERT INTO visit (token, person, day, opened_at, applicant, life, dossier)
                 VALUES (?1, ?2, ?3, ?4, 'oneself', 'waiting',
                    (SELECT CASE life WHEN 'served' THEN NULL ELSE ifnull(dossier, token) END FROM visit
                     WHERE person = ?2 AND day = ?3 ORDER BY id DESC LIMIT 1))",
                (token, enter.person.as_bytes(), &day, enter.at.to_string()),
            )?;
            again(db, db.last_insert_rowid())?
        }
    };
    let (kind, company, relative) = match &enter.applicant {
        ApplicantRef::Oneself => ("oneself", None, None),
        ApplicantRef::Company(code) => ("company", Some(code.as_str()), None),
        ApplicantRef::Relative(person) => ("relative", None, Some(person.as_bytes())),
    };
    change(
        db,
        "UPDATE visit SET applicant = ?2, company = ?3, relative = ?4 WHERE id = ?1",
        (row.id, kind, company, relative),
    )?;
    choose(db, row.id, &enter.choice)?;
    Ok(row)
}

/// Replaces what the visit is for; a matter that stays keeps its place in the caps.
fn choose(db: &Connection, visit: i64, choice: &Choice) -> Result<(), Halt> {
    if choice.matters.len() > MATTERS {
        return Err(LedgerError::OutOfBounds { what: "matters", limit: MATTERS as u64 }.into());
    }
    if choice.options.len() > OPTIONS {
        return Err(LedgerError::OutOfBounds { what: "options", limit: OPTIONS as u64 }.into());
    }
    change(db, "UPDATE visit_matter SET place = -1 WHERE visit = ?1", [visit])?;
    for (place, matter) in choice.matters.iter().enumerate() {
        // a matter picked twice is one matter, at its first place
        change(
            db,
            "INSERT INTO visit_matter (visit, place, matter) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET place = excluded.place WHERE place = -1",
            (visit, place as i64, matter.to_string()),
        )?;
    }
    change(db, "DELETE FROM visit_matter WHERE visit = ?1 AND place = -1", [visit])?;
    change(db, "DELETE FROM visit_option WHERE visit = ?1", [visit])?;
    for (package, item) in &choice.options {
        change(
            db,
            "INSERT INTO visit_option (visit, package, item) VALUES (?1, ?2, ?3)",
            (visit, package.as_str(), item.as_str()),
        )?;
    }
    Ok(())
}

/// The first matter, among those that the visit's number does not stand for yet, whose cap is reached.
fn full_matter(
    db: &Connection,
    row: &VisitRow,
    enter: &Enter,
    caps: &[CapRule],
) -> Result<Option<Matter>, Halt> {
    let day = day_text(row.visit.day)?;
    for rule in caps.iter().filter(|rule| rule.span.holds(enter.at.time())) {
        let name = rule.matter.to_string();
        let is_new = "SELECT count(*) FROM visit_matter
            WHERE visit = ?1 AND matter = ?2 AND counted_at IS NULL";
        if rows::count(db, is_new, (row.id, &name))? == 0 {
            continue;
        }
        let mut given = 0;
        let mut others = db.prepare_cached(
            "SELECT counted_at FROM visit_matter JOIN visit ON visit.id = visit_matter.visit
             WHERE visit.day = ?1 AND matter = ?2 AND visit.id <> ?3
                AND counted_at IS NOT NULL AND life <> 'cancelled'",
        )?;
        let mut counted = others.query((&day, &name, row.id))?;
        while let Some(other) = counted.next()? {
            let at: DateTime = rows::text(other, "counted_at", |t| t.parse().ok())?;
            given += u32::from(rule.span.holds(at.time()));
        }
        if given >= rule.numbers {
            return Ok(Some(rule.matter.clone()));
        }
    }
    Ok(None)
}

/// What most numbers of a day stand for; see [`crate::ledger::Ledger::popular`].
pub(super) fn popular(db: &Connection, day: Date, most: u32) -> Result<Vec<Matter>, Halt> {
    let mut counted = db.prepare_cached(
        "SELECT matter, count(*) AS numbers FROM visit_matter JOIN visit ON visit.id = visit_matter.visit
         WHERE visit.day = ?1 AND counted_at IS NOT NULL AND life <> 'cancelled'
         GROUP BY matter HAVING numbers >= ?2 ORDER BY numbers DESC, matter LIMIT ?3",
    )?;
    let mut found = counted.query((day_text(day)?, POPULAR_FROM, most))?;
    let mut matters = Vec::new();
    while let Some(row) = found.next()? {
        matters.push(rows::text(row, "matter", Matter::parse)?);
    }
    Ok(matters)
}

fn again(db: &Connection, id: i64) -> Result<VisitRow, Halt> {
    rows::find(db, "SELECT * FROM visit WHERE id = ?1", [id])?.ok_or_else(|| LedgerError::NoSuchVisit.into())
}
