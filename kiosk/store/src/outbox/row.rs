//! Rows of the outbox's database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{OutboxError, Pending};
use crate::tus::UploadPath;
use crate::{Digest, DiskFault, MaterialId, StoreFault, ValueError};

/// How a version of this program keeps the documents that the tables tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    /// As they are: `user_version` 1.
    Clear,
    /// Encrypted: `user_version` 2. The number also keeps a version that would send the files as
    /// they lie from doing so.
    Sealed,
}

const TABLES: &str = "
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
PRAGMA user_version = 2;
";

/// A document's number in this outbox. Never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocId(pub(crate) i64);

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A document to be sent. Bounds are those of `Material` in openapi.yaml.
#[derive(Clone, PartialEq, Eq)]
pub struct Submission {
    /// The document's id, never used before.
    pub material_id: MaterialId,
    /// Name for people to read; 1 to 255 characters.
    pub name: String,
    /// Media type (RFC 6838), such as `application/pdf`.
    pub media_type: String,
    /// The file. Its content is encrypted into the outbox, then it is removed.
    pub path: PathBuf,
    /// Digest of the file.
    pub sha256: Digest,
    /// Length of the file.
    pub bytes: u64,
    /// Code of the material in the hall's catalogue.
    pub material: String,
    /// Codes of the matters that it is handed in for; at most 64.
    pub matters: Vec<String>,
    /// The visit it belongs to.
    pub visit: String,
    /// The visit's queue number, if it has one.
    pub number: Option<String>,
    /// This kiosk.
    pub kiosk: String,
}

impl fmt::Debug for Submission {
    /// Leaves out what tells about the visitor: name, path, visit and number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("material_id", &self.material_id)
            .field("bytes", &self.bytes)
            .field("material", &self.material)
            .finish_non_exhaustive()
    }
}

impl Submission {
    /// Checks every bound of the contract.
    pub(super) fn check(&self) -> Result<(), ValueError> {
        check_text(&self.name, 255, "name")?;
        check_text(&self.material, 64, "material")?;
        check_text(&self.visit, 64, "visit")?;
        check_text(&self.kiosk, 64, "kiosk")?;
        if self.matters.len() > 64 {
            return Err(ValueError("matters"));
        }
        self.matters.iter().try_for_each(|matter| check_text(matter, 64, "matters"))?;
        self.number.as_deref().map_or(Ok(()), check_number)?;
        check_media_type(&self.media_type)?;
        if self.bytes == 0 || i64::try_from(self.bytes).is_err() {
            return Err(ValueError("bytes"));
        }
        Ok(())
    }
}

fn check_text(text: &str, longest: usize, what: &'static str) -> Result<(), ValueError> {
    let sound = (1..=longest).contains(&text.chars().count()) && !text.contains(char::is_control);
    if sound { Ok(()) } else { Err(ValueError(what)) }
}

pub(super) fn check_number(number: &str) -> Result<(), ValueError> {
    check_text(number, 16, "number")
}

/// `type/subtype` of RFC 6838 section 4.2 characters, without parameters.
fn check_media_type(text: &str) -> Result<(), ValueError> {
    let name = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let shaped = text.split_once('/').is_some_and(|(kind, subtype)| name(kind) && name(subtype));
    if shaped && text.len() <= 127 { Ok(()) } else { Err(ValueError("media_type")) }
}

/// Where a document stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocState {
    /// Nothing sent yet.
    Waiting,
    /// On its way.
    Uploading,
    /// All bytes sent; the store has not yet confirmed.
    Uploaded,
    /// The store holds it; this kiosk's copy is deleted or about to be.
    Confirmed,
    /// The store refused it; this kiosk's copy stays. See [`super::Outbox::retry`].
    Refused(StoreFault),
}

/// How far the worker has come with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    Waiting,
    Uploading(UploadPath),
    Uploaded(UploadPath),
    /// Confirmed, but the file or the personal parts may still be there.
    Confirmed(Timestamp),
}

/// A row as the worker needs it.
pub(crate) struct Document {
    pub id: DocId,
    pub stage: Stage,
    /// What was handed in, with `path` where the file is now.
    pub submission: Submission,
}

pub(super) fn open_database(path: &Path) -> Result<(Connection, Keeping), OutboxError> {
    let database = Connection::open(path)?;
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
    let keeping = match database.query_row("PRAGMA user_version", [], |row| row.get(0))? {
        0 => {
            database.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} COMMIT;"))?;
            Keeping::Sealed
        }
        1 => Keeping::Clear,
        2 => Keeping::Sealed,
        _ => return Err(OutboxError::Unusable("it is of another version")),
    };
    Ok((database, keeping))
}

/// No document's file is clear any more.
pub(super) fn set_sealed(database: &Connection) -> rusqlite::Result<()> {
    database.pragma_update(None, "user_version", 2)
}

/// Folds the write-ahead log into the database and empties it, so that deleted names go from there
/// too. Failing is harmless: SQLite does it later of itself.
pub(super) fn forget(database: &Connection) {
    let truncated = database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if let Err(error) = truncated {
        tracing::warn!(%error, "the outbox's write-ahead log could not be emptied yet");
    }
}

pub(super) fn insert(database: &Connection, new: &Submission) -> Result<DocId, OutboxError> {
    let bytes = i64::try_from(new.bytes).map_err(|_| ValueError("bytes"))?;
    let matters = serde_json::to_string(&new.matters).map_err(|_| ValueError("matters"))?;
    database.execute(
        "INSERT INTO document (material_id, sha256, bytes, state, name, media_type, material,
         matters, visit, number, kiosk) VALUES (?1, ?2, ?3, 'waiting', ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            new.material_id.as_str(),
            new.sha256.0,
            bytes,
            new.name,
            new.media_type,
            new.material,
            matters,
            new.visit,
            new.number,
            new.kiosk
        ],
    )?;
    Ok(DocId(database.last_insert_rowid()))
}

/// The id, digest and length of a material id that was used before.
pub(super) fn find(
    database: &Connection,
    material: &MaterialId,
) -> rusqlite::Result<Option<(DocId, Digest, u64)>> {
    database
        .query_row(
            "SELECT id, sha256, bytes FROM document WHERE material_id = ?1",
            [material.as_str()],
            |row| Ok((DocId(row.get(0)?), Digest(row.get(1)?), unsigned(row, 2)?)),
        )
        .optional()
}

/// Id, material id and length of every document whose file must be there.
pub(super) fn files(database: &Connection) -> rusqlite::Result<Vec<(DocId, MaterialId, u64)>> {
    // A confirmed document's file may already be gone; what is left of it the worker removes.
    database
        .prepare(
            "SELECT id, material_id, bytes FROM document
             WHERE state IN ('waiting', 'uploading', 'uploaded', 'refused')",
        )?
        .query_map([], |row| Ok((DocId(row.get(0)?), material_id(row, 1)?, unsigned(row, 2)?)))?
        .collect()
}

pub(super) fn due(database: &Connection) -> rusqlite::Result<Vec<DocId>> {
    database
        .prepare(
            "SELECT id FROM document
             WHERE state IN ('waiting', 'uploading', 'uploaded', 'confirmed') ORDER BY id LIMIT 1000",
        )?
        .query_map([], |row| Ok(DocId(row.get(0)?)))?
        .collect()
}

pub(super) fn pending(database: &Connection) -> rusqlite::Result<Pending> {
    database.query_row(
        "SELECT count(*) FILTER (WHERE state <> 'refused'),
                coalesce(sum(bytes) FILTER (WHERE state <> 'refused'), 0),
                count(*) FILTER (WHERE state = 'refused')
         FROM document WHERE state IN ('waiting', 'uploading', 'uploaded', 'refused')",
        [],
        |row| {
            Ok(Pending { documents: unsigned(row, 0)?, bytes: unsigned(row, 1)?, refused: unsigned(row, 2)? })
        },
    )
}

pub(super) fn refused(database: &Connection) -> rusqlite::Result<Vec<(DocId, MaterialId, StoreFault)>> {
    database
        .prepare(
            "SELECT id, material_id, refusal FROM document WHERE state = 'refused'
             ORDER BY id LIMIT 1000",
        )?
        .query_map([], |row| {
            let code: String = row.get(2)?;
            Ok((DocId(row.get(0)?), material_id(row, 1)?, StoreFault::from_code(&code)))
        })?
        .collect()
}

pub(super) fn state(database: &Connection, doc: DocId) -> rusqlite::Result<Option<DocState>> {
    database
        .query_row("SELECT state, refusal FROM document WHERE id = ?1", [doc.0], |row| read_state(row, 0, 1))
        .optional()
}

pub(super) fn of_visit(
    database: &Connection,
    visit: &str,
) -> rusqlite::Result<Vec<(DocId, String, DocState)>> {
    database
        .prepare_cached(
            "SELECT id, material, state, refusal FROM document
             WHERE visit = ?1 AND material IS NOT NULL ORDER BY id LIMIT 1000",
        )?
        .query_map([visit], |row| Ok((DocId(row.get(0)?), row.get(1)?, read_state(row, 2, 3)?)))?
        .collect()
}

fn read_state(row: &Row, state: usize, refusal: usize) -> rusqlite::Result<DocState> {
    let state: String = row.get(state)?;
    Ok(match state.as_str() {
        "waiting" => DocState::Waiting,
        "uploading" => DocState::Uploading,
        "uploaded" => DocState::Uploaded,
        "refused" => {
            let code: Option<String> = row.get(refusal)?;
            DocState::Refused(StoreFault::from_code(&code.unwrap_or_default()))
        }
        _ => DocState::Confirmed,
    })
}

pub(super) fn set_refused(database: &Connection, doc: DocId, fault: &StoreFault) -> rusqlite::Result<()> {
    database
        .execute(
            "UPDATE document SET state = 'refused', refusal = ?2 WHERE id = ?1
             AND state IN ('waiting', 'uploading', 'uploaded', 'refused')",
            params![doc.0, fault.code()],
        )
        .map(|_| ())
}

/// Queues a document again that was put aside only because the key was another one. Returns whether
/// it was.
pub(super) fn readmit(database: &Connection, doc: DocId) -> rusqlite::Result<bool> {
    database
        .execute(
            "UPDATE document SET state = 'waiting', url = NULL, refusal = NULL
             WHERE id = ?1 AND state = 'refused' AND refusal = ?2",
            params![doc.0, StoreFault::Disk(DiskFault::WrongKey).code()],
        )
        .map(|changed| changed > 0)
}

/// Reads the row of a document that the worker can still do something about.
pub(super) fn load(
    database: &Connection,
    doc: DocId,
    path: impl FnOnce(&MaterialId) -> PathBuf,
) -> rusqlite::Result<Option<Document>> {
    database
        .query_row(
            "SELECT material_id, sha256, bytes, state, url, received_at, name, media_type, material,
             matters, visit, number, kiosk FROM document WHERE id = ?1
             AND state IN ('waiting', 'uploading', 'uploaded', 'confirmed')",
            [doc.0],
            |row| {
                let material_id = material_id(row, 0)?;
                let matters: String = row.get(9)?;
                let submission = Submission {
                    path: path(&material_id),
                    material_id,
                    sha256: Digest(row.get(1)?),
                    bytes: unsigned(row, 2)?,
                    name: row.get(6)?,
                    media_type: row.get(7)?,
                    material: row.get(8)?,
                    matters: serde_json::from_str(&matters).map_err(|_| damaged(9))?,
                    visit: row.get(10)?,
                    number: row.get(11)?,
                    kiosk: row.get(12)?,
                };
                Ok(Document { id: doc, stage: stage(row)?, submission })
            },
        )
        .optional()
}

fn stage(row: &Row<'_>) -> rusqlite::Result<Stage> {
    let state: String = row.get(3)?;
    let upload = || -> rusqlite::Result<UploadPath> {
        UploadPath::parse(&row.get::<_, String>(4)?).ok_or_else(|| damaged(4))
    };
    Ok(match state.as_str() {
        "uploading" => Stage::Uploading(upload()?),
        "uploaded" => Stage::Uploaded(upload()?),
        "confirmed" => {
            let received: String = row.get(5)?;
            Stage::Confirmed(received.parse().map_err(|_| damaged(5))?)
        }
        _ => Stage::Waiting,
    })
}

fn material_id(row: &Row<'_>, column: usize) -> rusqlite::Result<MaterialId> {
    MaterialId::new(&row.get::<_, String>(column)?).map_err(|_| damaged(column))
}

/// SQLite's integers are signed.
fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| damaged(column))
}

/// A column whose content this version did not write.
fn damaged(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, String::new(), rusqlite::types::Type::Text)
}
