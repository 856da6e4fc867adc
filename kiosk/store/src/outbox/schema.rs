//! The outbox's tables, and those of older versions made into them.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Transaction, params};

use super::{OutboxError, row};
use crate::custody::{self, CustodyCode};
use crate::{DocId, ServedItem};

/// How the documents lie that the tables tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    /// As they are: `user_version` 1.
    Clear,
    /// Encrypted: `user_version` 2 and later. The number also keeps a version that would send the
    /// files as they lie from doing so.
    Sealed,
}

/// The tables of `user_version` 2; those of 1 were the same.
const SEALED: &str = "
CREATE TABLE document (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    material_id  TEXT NOT NULL UNIQUE,
    sha256       BLOB NOT NULL CHECK (length(sha256) = 32),
    bytes        INTEGER NOT NULL CHECK (bytes > 0),
    state        TEXT NOT NULL CHECK (state IN
                 ('waiting', 'uploading', 'uploaded', 'confirmed', 'deleted', 'refused')),
    url          TEXT,
    refusal      TEXT,
    mismatches   INTEGER NOT NULL DEFAULT 0,
    received_at  TEXT,
    confirmed_at INTEGER,
    name TEXT, media_type TEXT, material TEXT, matters TEXT, visit TEXT, number TEXT, kiosk TEXT,
    CHECK (state NOT IN ('uploading', 'uploaded') OR url IS NOT NULL),
    CHECK (state <> 'refused' OR refusal IS NOT NULL),
    CHECK (state NOT IN ('confirmed', 'deleted') OR confirmed_at IS NOT NULL),
    CHECK (state <> 'deleted' OR (name IS NULL AND number IS NULL))
) STRICT;
CREATE INDEX document_state ON document (state, id);
CREATE INDEX document_visit ON document (visit, id);
";

/// What `user_version` 3 adds: custody, the end of an upload, what the back office found.
const CUSTODY: &str = "
ALTER TABLE document RENAME COLUMN matters TO items;
ALTER TABLE document ADD COLUMN pages BLOB CHECK (length(pages) > 0 AND length(pages) % 32 = 0);
ALTER TABLE document ADD COLUMN previous TEXT;
ALTER TABLE document ADD COLUMN code TEXT;
ALTER TABLE document ADD COLUMN signature TEXT;
ALTER TABLE document ADD COLUMN upload_expires INTEGER;
ALTER TABLE document ADD COLUMN review TEXT;
ALTER TABLE document ADD COLUMN review_text TEXT;
CREATE INDEX document_code ON document (code);
CREATE TABLE review_feed (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    last INTEGER NOT NULL CHECK (last >= 0)
) STRICT;
INSERT INTO review_feed VALUES (1, 0);
";

/// What `user_version` 4 adds: what the store was told that a document serves (`told`, its trace), and
/// what it is still to be told (`owed`).
const SERVICE: &str = "
ALTER TABLE document ADD COLUMN told BLOB CHECK (length(told) = 32);
ALTER TABLE document ADD COLUMN owed TEXT CHECK (owed IS NULL OR state = 'deleted');
CREATE INDEX document_owed ON document (id) WHERE owed IS NOT NULL;
";

const VERSION: i64 = 4;

pub(super) fn open_database(path: &Path) -> Result<(Connection, Keeping), OutboxError> {
    let mut database = Connection::open(path)?;
    database.busy_timeout(Duration::from_secs(5))?;
    // secure_delete overwrites what is deleted, so that names do not linger in free pages.
    database.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;",
    )?;
    let sound: String = database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(OutboxError::Unusable("it is damaged"));
    }
    let keeping = match version(&database)? {
        0 => {
            let new = database.transaction()?;
            new.execute_batch(SEALED)?;
            new.execute_batch(CUSTODY)?;
            new.execute_batch(SERVICE)?;
            new.pragma_update(None, "user_version", VERSION)?;
            new.commit()?;
            Keeping::Sealed
        }
        1 => Keeping::Clear,
        2..=VERSION => Keeping::Sealed,
        _ => return Err(OutboxError::Unusable("it is of another version")),
    };
    Ok((database, keeping))
}

/// Opens the database of an outbox that another process may be working with, to read alone.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, OutboxError> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags)?;
    database.busy_timeout(Duration::from_secs(5))?;
    match version(&database)? {
        VERSION => Ok(database),
        _ => Err(OutboxError::Unusable("it is of another version")),
    }
}

fn version(database: &Connection) -> rusqlite::Result<i64> {
    database.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Makes the tables of an older version, whose files are all encrypted by now, into today's; in one
/// transaction.
pub(super) fn bring_up(database: &mut Connection) -> Result<(), OutboxError> {
    let before = version(database)?;
    if before == VERSION {
        return Ok(());
    }
    let change = database.transaction()?;
    if before < 3 {
        change.execute_batch(CUSTODY)?;
        chain(&change)?;
    }
    change.execute_batch(SERVICE)?;
    change.pragma_update(None, "user_version", VERSION)?;
    change.commit()?;
    tracing::info!("the outbox of an older version was taken over");
    Ok(())
}

/// Gives every document its custody code, of itself as its only page since no page is known, and its
/// items their new form.
fn chain(change: &Transaction<'_>) -> rusqlite::Result<()> {
    type Former = (DocId, crate::Digest, Option<String>, Option<String>);
    let former: Vec<Former> = change
        .prepare("SELECT id, sha256, visit, items FROM document ORDER BY id")?
        .query_map([], |row| Ok((DocId(row.get(0)?), crate::Digest(row.get(1)?), row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    let mut last: HashMap<String, CustodyCode> = HashMap::new();
    for (id, sha256, visit, matters) in former {
        let previous = visit.as_ref().and_then(|visit| last.get(visit)).copied();
        let code = custody::code(previous.as_ref(), &[sha256], &sha256);
        if let Some(visit) = visit {
            last.insert(visit, code);
        }
        let items = matters.map(|matters| items(&matters).ok_or_else(|| row::damaged(3))).transpose()?;
        change.execute(
            "UPDATE document SET pages = sha256, previous = ?2, code = ?3, items = ?4 WHERE id = ?1",
            params![id.0, previous.as_ref().map(CustodyCode::as_str), code.as_str(), items],
        )?;
    }
    Ok(())
}

/// The items that a list of bare codes stands for.
fn items(matters: &str) -> Option<String> {
    let codes: Vec<String> = serde_json::from_str(matters).ok()?;
    let item = |code| ServedItem { code, task_code: String::new(), dept_code: String::new() };
    serde_json::to_string(&codes.into_iter().map(item).collect::<Vec<_>>()).ok()
}
