//! Reading and writing rows: what a file holds is checked like anything from outside.

use crate::key::PersonKey;
use crate::ledger::{ApplicantRef, LedgerError, VisitId, VisitRecord};
use jiff::civil::{Date, DateTime};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Params, Row};
use std::path::Path;
use visit::catalogue::{ItemCode, Matter, PackageCode};
use visit::checklist::Choice;
use visit::identity::CompanyCode;
use visit::number::{Letter, NumberLife, TicketNumber, WindowEvent};

/// Why a question stops half-way; its transaction is rolled back.
#[derive(Debug)]
pub(super) enum Halt {
    Sql(rusqlite::Error),
    Said(LedgerError),
    Damaged(String),
    Refused(String),
}

impl From<rusqlite::Error> for Halt {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<LedgerError> for Halt {
    fn from(error: LedgerError) -> Self {
        Self::Said(error)
    }
}

impl Halt {
    /// What it means for `file`.
    pub(super) fn explain(self, file: &Path) -> LedgerError {
        let file = file.to_owned();
        let error = match self {
            Self::Said(error) => return error,
            Self::Damaged(detail) => return LedgerError::Damaged { file, detail },
            Self::Refused(detail) => return LedgerError::Refused { file, detail },
            Self::Sql(error) => error,
        };
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                LedgerError::Damaged { file, detail }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => LedgerError::Busy { file },
            Some(
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport,
            ) => LedgerError::Disk { file, detail },
            Some(_) => LedgerError::Refused { file, detail },
            None => match error {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::InvalidColumnType(..) => LedgerError::Damaged { file, detail },
                _ => LedgerError::Refused { file, detail },
            },
        }
    }
}

/// A visit and its row.
pub(super) struct VisitRow {
    pub id: i64,
    pub visit: VisitRecord,
}

/// The person's open visit of `day` or later.
pub(super) fn open_visit(db: &Connection, person: &PersonKey, day: Date) -> Result<Option<VisitRow>, Halt> {
    let sql = "SELECT * FROM visit WHERE person = ?1 AND life IN ('waiting', 'called') AND day >= ?2";
    find(db, sql, (person.as_bytes(), day_text(day)?))
}

pub(super) fn visit(db: &Connection, id: VisitId) -> Result<Option<VisitRow>, Halt> {
    find(db, "SELECT * FROM visit WHERE token = ?1", [&id.0])
}

pub(super) fn find(db: &Connection, sql: &str, params: impl Params) -> Result<Option<VisitRow>, Halt> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let id = row.get("id")?;
    let token = row.get("token")?;
    let visit = VisitRecord {
        id: VisitId(token),
        dossier: VisitId(row.get::<_, Option<_>>("dossier")?.unwrap_or(token)),
        person: PersonKey::from_bytes(row.get("person")?),
        day: text(row, "day", |t| t.parse().ok())?,
        opened_at: text(row, "opened_at", |t| t.parse().ok())?,
        choice: choice(db, id)?,
        applicant: applicant(row)?,
        number: number(row)?,
        life: text(row, "life", life)?,
    };
    Ok(Some(VisitRow { id, visit }))
}

/// A text column, read by `parse`.
pub(super) fn text<T>(row: &Row, column: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Halt> {
    let value = row.get_ref(column)?;
    value
        .as_str()
        .ok()
        .and_then(parse)
        .ok_or_else(|| Halt::Damaged(format!("column {column} holds what nobody wrote")))
}

fn number(row: &Row) -> Result<Option<(TicketNumber, DateTime)>, Halt> {
    let Some(count) = row.get("count")? else { return Ok(None) };
    let letter = text(row, "letter", letter)?;
    Ok(Some((TicketNumber { letter, count }, text(row, "given_at", |t| t.parse().ok())?)))
}

pub(super) fn letter(text: &str) -> Option<Letter> {
    let mut chars = text.chars();
    Letter::new(chars.next()?).filter(|_| chars.next().is_none())
}

fn applicant(row: &Row) -> Result<ApplicantRef, Halt> {
    Ok(match text(row, "applicant", |t| Some(t.to_owned()))?.as_str() {
        "company" => ApplicantRef::Company(text(row, "company", |t| CompanyCode::parse(t).ok())?),
        "relative" => ApplicantRef::Relative(PersonKey::from_bytes(row.get("relative")?)),
        _ => ApplicantRef::Oneself,
    })
}

fn choice(db: &Connection, visit: i64) -> Result<Choice, Halt> {
    let mut choice = Choice::default();
    let mut matters = db.prepare_cached("SELECT matter FROM visit_matter WHERE visit = ?1 ORDER BY place")?;
    let mut rows = matters.query([visit])?;
    while let Some(row) = rows.next()? {
        choice.matters.push(text(row, "matter", Matter::parse)?);
    }
    let mut options = db.prepare_cached("SELECT package, item FROM visit_option WHERE visit = ?1")?;
    let mut rows = options.query([visit])?;
    while let Some(row) = rows.next()? {
        choice.options.insert((text(row, "package", PackageCode::new)?, text(row, "item", ItemCode::new)?));
    }
    Ok(choice)
}

/// One number, or none if no row or NULL.
pub(super) fn one(db: &Connection, sql: &str, params: impl Params) -> Result<Option<i64>, Halt> {
    Ok(db.prepare_cached(sql)?.query_row(params, |row| row.get(0)).optional()?.flatten())
}

/// A count of rows.
pub(super) fn count(db: &Connection, sql: &str, params: impl Params) -> Result<u32, Halt> {
    let found = one(db, sql, params)?.unwrap_or(0);
    u32::try_from(found).map_err(|_| Halt::Damaged("a count out of range".into()))
}

/// Changes rows; answers how many.
pub(super) fn change(db: &Connection, sql: &str, params: impl Params) -> Result<u32, Halt> {
    let changed = db.prepare_cached(sql)?.execute(params)?;
    Ok(u32::try_from(changed).unwrap_or(u32::MAX))
}

/// A day as kept; `YYYY-MM-DD` sorts by age within the years 0 to 9999.
pub(super) fn day_text(day: Date) -> Result<String, Halt> {
    if day.year() < 0 { Err(LedgerError::Day(day).into()) } else { Ok(day.to_string()) }
}

const LIVES: [(NumberLife, &str); 6] = [
    (NumberLife::Waiting, "waiting"),
    (NumberLife::Called, "called"),
    (NumberLife::Served, "served"),
    (NumberLife::NoShow, "no-show"),
    (NumberLife::Cancelled, "cancelled"),
    (NumberLife::Expired, "expired"),
];

fn life(text: &str) -> Option<NumberLife> {
    LIVES.iter().find(|(_, word)| *word == text).map(|(life, _)| *life)
}

pub(super) fn life_text(life: NumberLife) -> &'static str {
    LIVES.iter().find(|(known, _)| *known == life).map_or("", |(_, word)| word)
}

pub(super) fn event_text(event: WindowEvent) -> &'static str {
    match event {
        WindowEvent::Called => "called",
        WindowEvent::Served => "served",
        WindowEvent::NoShow => "no-show",
    }
}
