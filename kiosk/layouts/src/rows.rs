//! Whether rows are still what they were.

use crate::Fault;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What identifies the rows of a table, or all that they hold, as one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Print {
    pub rows: u64,
    digest: [u8; 32],
}

/// How far SQLite has counted for tables that never give a row's number twice.
pub(crate) type Counters = BTreeMap<String, i64>;

/// The columns of a table in their order, each with its place in the primary key (0: not in it). None for
/// a table that is not there.
pub(crate) fn columns(db: &Connection, table: &str) -> rusqlite::Result<Vec<(String, i64)>> {
    let mut asked = db.prepare("SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid")?;
    asked.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The columns that tell a table's rows apart: its primary key, all of them where it has none.
pub(crate) fn key(columns: &[(String, i64)]) -> Vec<String> {
    let mut key: Vec<_> = columns.iter().filter(|(_, place)| *place > 0).collect();
    key.sort_by_key(|(_, place)| *place);
    let all = key.is_empty();
    if all {
        columns.iter().map(|(name, _)| name.clone()).collect()
    } else {
        key.into_iter().map(|(name, _)| name.clone()).collect()
    }
}

/// Reads `columns` of every row, in the order of `by`.
pub(crate) fn print(
    db: &Connection,
    table: &str,
    columns: &[String],
    by: &[String],
) -> rusqlite::Result<Print> {
    let list = |names: &[String]| names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {} FROM {} ORDER BY {}", list(columns), quote(table), list(by));
    let mut asked = db.prepare(&sql)?;
    let mut found = asked.query([])?;
    let (mut rows, mut digest) = (0, Sha256::new());
    while let Some(row) = found.next()? {
        rows += 1;
        (0..columns.len()).try_for_each(|column| take(&mut digest, row, column))?;
    }
    Ok(Print { rows, digest: digest.finalize().into() })
}

/// Each value with its kind and length, so that no two rows read the same.
fn take(digest: &mut Sha256, row: &Row<'_>, column: usize) -> rusqlite::Result<()> {
    let mut bytes = |kind: u8, bytes: &[u8]| {
        digest.update([kind]);
        digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(bytes);
    };
    match row.get_ref(column)? {
        ValueRef::Null => bytes(0, &[]),
        ValueRef::Integer(number) => bytes(1, &number.to_be_bytes()),
        ValueRef::Real(number) => bytes(2, &number.to_be_bytes()),
        ValueRef::Text(text) => bytes(3, text),
        ValueRef::Blob(blob) => bytes(4, blob),
    }
    Ok(())
}

pub(crate) fn counters(db: &Connection) -> rusqlite::Result<Counters> {
    let table = "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'";
    if db.query_row(table, [], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(Counters::new());
    }
    let mut asked = db.prepare("SELECT name, max(seq) FROM sqlite_sequence GROUP BY name LIMIT 1000")?;
    asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Reads every page, index and reference.
///
/// # Errors
/// [`Fault::Damaged`] with what SQLite says is wrong first; [`Fault::Sql`] when it cannot be asked.
pub fn whole(db: &Connection) -> Result<(), Fault> {
    let found: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(Fault::Damaged(found));
    }
    if db.prepare("PRAGMA foreign_key_check")?.exists([])? {
        return Err(Fault::Damaged("rows refer to rows that are not there".into()));
    }
    Ok(())
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
