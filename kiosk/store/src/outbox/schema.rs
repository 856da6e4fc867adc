//! The outbox's tables, and those of older versions made into them.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use layouts::{Back, Fault, Layout};
use rusqlite::{Connection, OpenFlags, params};

use super::disk::Folder;
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

/// What `user_version` 5 adds: for whom a document is. A tombstone keeps it, as it keeps the visit.
const APPLICANT: &str = "ALTER TABLE document ADD COLUMN applicant TEXT;";

/// The layouts, counted by `user_version`.
///
/// Never change one that has been in service: add another below them, with both scripts, as
/// `queue::sqlite::schema` tells. `back` makes the layout before it, to the word, and no document's row may
/// go, nor how far its upload is, what it is called by, its custody, or what the store is owed. What the
/// files in the outbox's folder look like never changes in a layout that has a way back.
///
/// The first four have none: no kiosk that knew less could have gone it, and each would have lost something.
pub(super) const LAYOUTS: &[Layout] = &[
    Layout { up: SEALED, fill: None, back: Back::Never("before it there was no outbox") },
    Layout { up: "", fill: None, back: Back::Never("who knows layout 1 sends encrypted files as they lie") },
    Layout { up: CUSTODY, fill: Some(chain), back: Back::Never("custody would be lost") },
    Layout { up: SERVICE, fill: None, back: Back::Never("what the store is owed would be lost") },
    Layout { up: APPLICANT, fill: None, back: Back::Script("ALTER TABLE document DROP COLUMN applicant;") },
];

/// Opens the database of an outbox; one that a newer version touched is taken back first.
pub(super) fn open_database(
    folder: &Folder,
    layouts: &[Layout],
) -> Result<(Connection, Keeping), OutboxError> {
    let mut database = match folder.vfs() {
        Some(vfs) => Connection::open_with_flags_and_vfs(folder.database(), OpenFlags::default(), vfs)?,
        None => Connection::open(folder.database())?,
    };
    database.busy_timeout(Duration::from_secs(5))?;
    // secure_delete overwrites what is deleted, so that names do not linger in free pages. The log may hold half
    // a MiB: that much the database grows by when it is folded, in the room that is kept for a full disk.
    database.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 128;",
    )?;
    let sound: String = database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(OutboxError::Unusable("it is damaged"));
    }
    layouts::go_back(&mut database, layouts)?;
    let keeping = match layouts::found(&database)? {
        0 => {
            layouts::bring_up(&mut database, layouts)?;
            Keeping::Sealed
        }
        1 => Keeping::Clear,
        _ => Keeping::Sealed,
    };
    Ok((database, keeping))
}

/// Opens the database of an outbox that another process may be working with, to read alone.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, OutboxError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags)?;
    database.busy_timeout(Duration::from_secs(5))?;
    if layouts::found(&database)? == layouts::known(LAYOUTS) {
        Ok(database)
    } else {
        Err(OutboxError::Unusable("it is of another version"))
    }
}

/// Makes the tables of an older version, whose files are all encrypted by now, into today's; in one
/// transaction.
pub(super) fn bring_up(database: &mut Connection, layouts: &[Layout]) -> Result<(), OutboxError> {
    let before = layouts::found(database)?;
    layouts::bring_up(database, layouts)?;
    if (1..layouts::known(layouts)).contains(&before) {
        tracing::info!("the outbox of an older version was taken over");
    }
    Ok(())
}

impl From<Fault> for OutboxError {
    fn from(fault: Fault) -> Self {
        tracing::error!(error = %fault, "the outbox's database does not get this version's layout");
        match fault {
            Fault::Sql(error) => error.into(),
            Fault::Damaged(_) => Self::Unusable("it is damaged"),
            Fault::NoWayBack { .. } => Self::Unusable("a newer version wrote it, and no way leads back"),
        }
    }
}

/// Gives every document its custody code, of itself as its only page since no page is known, and its
/// items their new form.
fn chain(change: &Connection) -> rusqlite::Result<()> {
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
