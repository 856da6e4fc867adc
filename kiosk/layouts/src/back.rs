//! The ways back, as they lie in a database, and going them.

use crate::fence::{self, Fence};
use crate::form::{self, Form, words};
use crate::rows::{self, Counters, Print};
use crate::{Back, Fault, Layout, found, known};
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The table's name. No layout has one of the same name.
pub(crate) const TABLE: &str = "way_back";

/// Every version of every program reads this table: it never changes. `script` makes layout `version - 1`
/// of layout `version`.
const MADE: &str = "CREATE TABLE way_back (
    version INTEGER PRIMARY KEY CHECK (version > 1),
    script TEXT NOT NULL,
    checksum BLOB NOT NULL CHECK (length(checksum) = 32)
) STRICT";

/// How many layouts back a program goes at most.
const MOST_STEPS: i64 = 32;

/// The longest script, in bytes.
const LONGEST: usize = 64 << 10;

/// How long going back may take: a start waits for it. A full ledger takes a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// The ways back that `layouts` know, by the number of the layout that they begin at.
fn ways(layouts: &[Layout]) -> impl Iterator<Item = (i64, &'static str)> {
    layouts.iter().zip(1..).filter_map(|(layout, version)| match layout.back {
        Back::Script(script) if version > 1 => Some((version, script)),
        Back::Script(_) | Back::Never(_) => None,
    })
}

/// A script's trace, by which damage to it is seen.
fn checksum(version: i64, script: &str) -> [u8; 32] {
    Sha256::new().chain_update(version.to_be_bytes()).chain_update(script).finalize().into()
}

/// Whether the table is there; damaged if it is another than ours.
fn is_there(db: &Connection) -> Result<bool, Fault> {
    let mut asked = db.prepare("SELECT sql FROM sqlite_schema WHERE tbl_name = ?1 OR name = ?1 LIMIT 2")?;
    let made: Vec<Option<String>> = asked.query_map([TABLE], |row| row.get(0))?.collect::<Result<_, _>>()?;
    match made.as_slice() {
        [] => Ok(false),
        [Some(sql)] if words(sql) == words(MADE) => Ok(true),
        _ => Err(Fault::Damaged(format!("the table {TABLE} is not the one that a version made"))),
    }
}

/// Whether exactly the ways of `layouts` lie in the database.
pub(crate) fn are_written(db: &Connection, layouts: &[Layout]) -> Result<bool, Fault> {
    if !is_there(db)? {
        return Ok(ways(layouts).next().is_none());
    }
    let rows: i64 = db.query_row("SELECT count(*) FROM way_back", [], |row| row.get(0))?;
    let mut same =
        db.prepare("SELECT 1 FROM way_back WHERE version = ?1 AND script = ?2 AND checksum = ?3")?;
    let mut written = 0;
    for (version, script) in ways(layouts) {
        written += i64::from(same.exists(params![version, script, checksum(version, script)])?);
    }
    Ok(rows == written && written == i64::try_from(ways(layouts).count()).unwrap_or(i64::MAX))
}

/// Writes the ways of `layouts` into the database, in place of those that lie there.
pub(crate) fn write(db: &Connection, layouts: &[Layout]) -> Result<(), Fault> {
    if are_written(db, layouts)? {
        return Ok(());
    }
    if !is_there(db)? {
        db.execute_batch(MADE)?;
    }
    db.execute("DELETE FROM way_back", [])?;
    for (version, script) in ways(layouts) {
        let way = params![version, script, checksum(version, script)];
        db.execute("INSERT INTO way_back (version, script, checksum) VALUES (?1, ?2, ?3)", way)?;
    }
    Ok(())
}

/// The scripts from layout `from` to layout `to`, in the order in which they run.
fn read(db: &Connection, from: i64, to: i64) -> Result<Vec<String>, Refusal> {
    if from.saturating_sub(to) > MOST_STEPS {
        return Err(format!("it is more than {MOST_STEPS} layouts away").into());
    }
    if !is_there(db)? {
        return Err("the newer version left none".into());
    }
    // what is too long is not even read
    let mut asked = db
        .prepare("SELECT script, checksum FROM way_back WHERE version = ?1 AND octet_length(script) <= ?2")?;
    let mut scripts = Vec::new();
    for version in (to + 1..=from).rev() {
        let mut found = asked.query(params![version, i64::try_from(LONGEST).unwrap_or(i64::MAX)])?;
        let Some(row) = found.next()? else {
            return Err(format!("none leads from layout {version} to the one before it").into());
        };
        let script: String = row.get(0)?;
        if row.get::<_, [u8; 32]>(1)? != checksum(version, &script) {
            return Err(format!("the one from layout {version} is damaged").into());
        }
        scripts.push(script);
    }
    Ok(scripts)
}

/// Why a way back is not gone: something in the way, or what befalls any work on a database.
enum Refusal {
    Why(String),
    Other(Fault),
}

impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Self::Why(why)
    }
}

impl From<&str> for Refusal {
    fn from(why: &str) -> Self {
        Self::Why(why.into())
    }
}

impl From<rusqlite::Error> for Refusal {
    /// The disk, a lock and a damaged file are what they are; all else is the way's.
    fn from(error: rusqlite::Error) -> Self {
        use ErrorCode::*;
        match error.sqlite_error_code() {
            Some(
                DiskFull | SystemIoFailure | CannotOpen | ReadOnly | DatabaseBusy | DatabaseLocked
                | DatabaseCorrupt | NotADatabase | OutOfMemory,
            ) => Self::Other(error.into()),
            Some(OperationInterrupted) => Self::Why("it did not end in time".into()),
            Some(AuthorizationForStatementDenied) => {
                Self::Why("it reaches beyond the database's tables".into())
            }
            _ => Self::Why(error.to_string()),
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Sql(error) => error.into(),
            Fault::Damaged(why) | Fault::NoWayBack { why, .. } => Self::Why(why),
        }
    }
}

/// Goes the way back to the last of `layouts`, in one transaction.
pub(crate) fn go(db: &mut Connection, layouts: &[Layout]) -> Result<(), Fault> {
    let known = known(layouts);
    let model = form::model(layouts)?;
    fence::fenced(db, PATIENCE, |db, fence| {
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = found(&change)?;
        match walk(&change, fence, &model, (found, known)) {
            Ok(()) => Ok(change.commit()?),
            Err(Refusal::Other(fault)) => Err(fault),
            Err(Refusal::Why(why)) => Err(Fault::NoWayBack { found, known, why }),
        }
    })
}

fn walk(db: &Connection, fence: &Fence, model: &Connection, (from, to): (i64, i64)) -> Result<(), Refusal> {
    let scripts = read(db, from, to)?;
    let own = Form::of(model)?;
    let before = (keys(db, &own, model)?, rows::counters(db)?);
    for script in scripts {
        fence.run(db, &script)?;
    }
    if let Some(name) = own.difference(&Form::of(db)?) {
        return Err(format!("it ends in another {name}").into());
    }
    is_there(db)?;
    let after = (keys(db, &own, model)?, rows::counters(db)?);
    if let Some(table) = lost(&own, &before, &after) {
        return Err(format!("it loses rows of {table}").into());
    }
    rows::whole(db)?;
    db.execute("DELETE FROM way_back WHERE version > ?1", [to])?;
    Ok(db.pragma_update(None, "user_version", to)?)
}

/// Which rows each of our tables has; of one that is not there, or has another key, nothing can be said.
fn keys(db: &Connection, own: &Form, model: &Connection) -> Result<Vec<Option<Print>>, Refusal> {
    own.tables()
        .map(|table| {
            let key = rows::key(&rows::columns(model, table)?);
            let there = rows::columns(db, table)?;
            let comparable = key.iter().all(|name| there.iter().any(|(column, _)| column == name));
            comparable.then(|| Ok(rows::print(db, table, &key, &key)?)).transpose()
        })
        .collect()
}

type Rows = (Vec<Option<Print>>, Counters);

/// The first of our tables that has other rows than before, or would give a row's number again.
fn lost<'a>(own: &'a Form, before: &Rows, after: &Rows) -> Option<&'a str> {
    let counted = |table: &str| before.1.get(table) > after.1.get(table);
    own.tables()
        .zip(before.0.iter().zip(&after.0))
        .find(|(table, (before, after))| (before.is_some() && before != after) || counted(table))
        .map(|(table, _)| table)
}
