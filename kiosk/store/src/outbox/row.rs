//! Rows of the outbox's database.

use std::fmt;
use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{OutboxError, Pending, Submission};
use crate::custody::{self, CustodyCode, Received, Signature};
use crate::tus::UploadPath;
use crate::{Applicant, Digest, DiskFault, MaterialId, ReceivedAt, ServedItem, StoreFault, ValueError};

/// A document's number in this outbox. Never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocId(pub(crate) i64);

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
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
    /// The store refused it; this kiosk's copy stays until the store holds another in its place. See
    /// [`super::Outbox::retry`].
    Refused(StoreFault),
}

/// How far the worker has come with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    Waiting,
    Uploading(UploadPath),
    Uploaded(UploadPath),
    /// Confirmed, but the file or the personal parts may still be there.
    Confirmed(Received),
}

/// A row as the worker needs it.
pub(crate) struct Document {
    pub id: DocId,
    pub stage: Stage,
    /// What was handed in, with `path` where the file is now.
    pub submission: Submission,
    /// The custody code of the visit's document before, if any.
    pub previous: Option<CustodyCode>,
    /// The custody code.
    pub code: CustodyCode,
}

/// Folds the write-ahead log into the database and empties it, so that deleted names go from there
/// too. Failing is harmless: SQLite does it later of itself.
pub(super) fn forget(database: &Connection) {
    let truncated = database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if let Err(error) = truncated {
        tracing::warn!(%error, "the outbox's write-ahead log could not be emptied yet");
    }
}

/// Adds a document and gives it its custody code, which follows that of the visit's last one.
pub(super) fn insert(database: &Connection, new: &Submission) -> Result<DocId, OutboxError> {
    let bytes = i64::try_from(new.bytes).map_err(|_| ValueError("bytes"))?;
    let items = items_json(&new.items)?;
    let adding = database.unchecked_transaction()?;
    let previous = last_code(&adding, &new.visit)?;
    let code = custody::code(previous.as_ref(), &new.pages, &new.sha256);
    let pages: Vec<u8> = new.pages.iter().flat_map(|page| page.0).collect();
    adding.execute(
        "INSERT INTO document (material_id, sha256, bytes, state, name, media_type, material,
         items, visit, number, kiosk, pages, previous, code, applicant)
         VALUES (?1, ?2, ?3, 'waiting', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            new.material_id.as_str(),
            new.sha256.0,
            bytes,
            new.name,
            new.media_type,
            new.material,
            items,
            new.visit,
            new.number,
            new.kiosk,
            pages,
            previous.as_ref().map(CustodyCode::as_str),
            code.as_str(),
            new.applicant.as_ref().map(Applicant::to_text),
        ],
    )?;
    let id = DocId(adding.last_insert_rowid());
    adding.commit()?;
    Ok(id)
}

pub(super) fn items_json(items: &[ServedItem]) -> Result<String, ValueError> {
    serde_json::to_string(items).map_err(|_| ValueError("items"))
}

/// The custody code of the document of a visit that was added last.
fn last_code(database: &Connection, visit: &str) -> rusqlite::Result<Option<CustodyCode>> {
    database
        .query_row("SELECT code FROM document WHERE visit = ?1 ORDER BY id DESC LIMIT 1", [visit], |row| {
            custody_code(row, 0)
        })
        .optional()
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

/// Of a document: it was refused, and was buried once the store had the one in its place. What is left of it
/// is its tombstone, which has no name any more.
const BURIED: &str = "(state = 'refused' AND name IS NULL)";

/// Id, material id and length of every document whose file must be there.
pub(super) fn files(database: &Connection) -> rusqlite::Result<Vec<(DocId, MaterialId, u64)>> {
    // A confirmed document's file may already be gone; what is left of it the worker removes.
    database
        .prepare(&format!(
            "SELECT id, material_id, bytes FROM document
             WHERE state IN ('waiting', 'uploading', 'uploaded', 'refused') AND NOT {BURIED}"
        ))?
        .query_map([], |row| Ok((DocId(row.get(0)?), material_id(row, 1)?, unsigned(row, 2)?)))?
        .collect()
}

pub(super) fn due(database: &Connection) -> rusqlite::Result<Vec<DocId>> {
    database
        .prepare(
            "SELECT id FROM document
             WHERE state IN ('waiting', 'uploading', 'uploaded', 'confirmed') OR owed IS NOT NULL
             ORDER BY upload_expires IS NULL, upload_expires, id LIMIT 1000",
        )?
        .query_map([], |row| Ok(DocId(row.get(0)?)))?
        .collect()
}

/// Those that stand for a document: later ones of the same visit, material and applicant.
const LATER: &str = "SELECT 1 FROM document AS later WHERE later.id > document.id
    AND later.visit = document.visit AND later.material = document.material
    AND later.applicant IS document.applicant";

pub(super) fn pending(database: &Connection) -> rusqlite::Result<Pending> {
    let counted = format!(
        "SELECT count(*) FILTER (WHERE state <> 'refused'),
                coalesce(sum(bytes) FILTER (WHERE state <> 'refused'), 0),
                count(*) FILTER (WHERE state = 'refused' AND NOT EXISTS ({LATER}))
         FROM document WHERE state IN ('waiting', 'uploading', 'uploaded', 'refused') AND NOT {BURIED}"
    );
    database.query_row(&counted, [], |row| {
        Ok(Pending { documents: unsigned(row, 0)?, bytes: unsigned(row, 1)?, refused: unsigned(row, 2)? })
    })
}

pub(super) fn refused(database: &Connection) -> rusqlite::Result<Vec<(DocId, MaterialId, StoreFault)>> {
    database
        .prepare(&format!(
            "SELECT id, material_id, refusal FROM document WHERE state = 'refused' AND NOT {BURIED}
             ORDER BY id LIMIT 1000"
        ))?
        .query_map([], |row| {
            let code: String = row.get(2)?;
            Ok((DocId(row.get(0)?), material_id(row, 1)?, StoreFault::from_code(&code)))
        })?
        .collect()
}

/// The refused documents that no later one of the same visit stands for.
pub(super) fn refused_and_wanted(database: &Connection) -> rusqlite::Result<Vec<DocId>> {
    database
        .prepare(&format!(
            "SELECT id FROM document WHERE state = 'refused' AND NOT {BURIED} AND NOT EXISTS ({LATER})
             ORDER BY id LIMIT 1000"
        ))?
        .query_map([], |row| Ok(DocId(row.get(0)?)))?
        .collect()
}

/// The refused documents in whose place the store has another, which are not buried yet. Of one that an older
/// version took nobody knows for whom it is, nor then whether the other is for the same: it stays.
pub(super) fn replaced(database: &Connection) -> rusqlite::Result<Vec<(DocId, MaterialId)>> {
    database
        .prepare(&format!(
            "SELECT id, material_id FROM document WHERE state = 'refused' AND NOT {BURIED}
             AND applicant IS NOT NULL AND EXISTS ({LATER} AND later.state IN ('confirmed', 'deleted'))
             ORDER BY id LIMIT 1000"
        ))?
        .query_map([], |row| Ok((DocId(row.get(0)?), material_id(row, 1)?)))?
        .collect()
}

/// Wipes all from a refused document's row that may tell about the visitor.
pub(super) fn wipe_replaced(database: &Connection, doc: DocId) -> rusqlite::Result<()> {
    database
        .execute(
            "UPDATE document SET name = NULL, media_type = NULL, items = NULL, number = NULL, url = NULL,
             upload_expires = NULL WHERE id = ?1 AND state = 'refused'",
            [doc.0],
        )
        .map(|_| ())
}

/// Wipes buried rows once more: an older version may have written into them.
pub(super) fn wipe_buried(database: &Connection) -> rusqlite::Result<()> {
    let wiping = format!(
        "UPDATE document SET items = NULL, number = NULL
         WHERE {BURIED} AND (items IS NOT NULL OR number IS NOT NULL)"
    );
    database.execute(&wiping, []).map(|_| ())
}

/// Of a tombstone: when it began, by the later of this kiosk's clock then and the store's. A time that is still to
/// come (`?1` is now) was a wrong clock's and counts for nothing.
const SINCE: &str = "max(iif(confirmed_at <= ?1, confirmed_at, 0),
    iif(unixepoch(received_at) <= ?1, unixepoch(received_at), 0))";

/// Of a buried document: none in its place is left.
fn alone() -> String {
    format!("{BURIED} AND NOT EXISTS ({LATER} AND NOT (later.state = 'refused' AND later.name IS NULL))")
}

/// Whether there is a tombstone that began before a time, or nobody knows when, or one that is left alone.
pub(super) fn has_past(database: &Connection, now: i64, before: i64) -> rusqlite::Result<bool> {
    let past = format!(
        "SELECT EXISTS (SELECT 1 FROM document WHERE state = 'deleted' AND owed IS NULL AND {SINCE} < ?2)
             OR EXISTS (SELECT 1 FROM document WHERE {})",
        alone()
    );
    database.query_row(&past, [now, before], |row| row.get(0))
}

/// Removes the tombstones that began before a time, but for those of which something is owed; with the last one
/// in its place goes that of a document that was refused. One of which nobody knows when it began begins now.
/// Returns how many went.
pub(super) fn purge(database: &Connection, now: i64, before: i64) -> rusqlite::Result<usize> {
    let purging = database.unchecked_transaction()?;
    let begun = format!("UPDATE document SET confirmed_at = ?1 WHERE state = 'deleted' AND {SINCE} = 0");
    purging.execute(&begun, [now])?;
    let ended = format!("DELETE FROM document WHERE state = 'deleted' AND owed IS NULL AND {SINCE} < ?2");
    let confirmed = purging.execute(&ended, [now, before])?;
    let alone = format!("DELETE FROM document WHERE {}", alone());
    let replaced = purging.execute(&alone, [])?;
    purging.commit()?;
    Ok(confirmed + replaced)
}

pub(super) fn state(database: &Connection, doc: DocId) -> rusqlite::Result<Option<DocState>> {
    database
        .query_row("SELECT state, refusal FROM document WHERE id = ?1", [doc.0], |row| read_state(row, 0, 1))
        .optional()
}

/// For whom a document is; `None` of one that an older version took.
pub(super) fn applicant(row: &Row, at: usize) -> rusqlite::Result<Option<Applicant>> {
    let text: Option<String> = row.get(at)?;
    text.map(|text| Applicant::from_text(&text).ok_or_else(|| damaged(at))).transpose()
}

pub(super) fn read_state(row: &Row, state: usize, refusal: usize) -> rusqlite::Result<DocState> {
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
/// it was. Works on the tables of older versions, too.
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
             items, visit, number, kiosk, pages, previous, code, signature, applicant
             FROM document WHERE id = ?1
             AND state IN ('waiting', 'uploading', 'uploaded', 'confirmed')",
            [doc.0],
            |row| {
                let material_id = material_id(row, 0)?;
                let items: String = row.get(9)?;
                let submission = Submission {
                    path: path(&material_id),
                    material_id,
                    sha256: Digest(row.get(1)?),
                    bytes: unsigned(row, 2)?,
                    name: row.get(6)?,
                    media_type: row.get(7)?,
                    material: row.get(8)?,
                    pages: pages(row, 13)?,
                    items: serde_json::from_str(&items).map_err(|_| damaged(9))?,
                    visit: row.get(10)?,
                    applicant: applicant(row, 17)?,
                    number: row.get(11)?,
                    kiosk: row.get(12)?,
                };
                let previous = previous(row, 14)?;
                Ok(Document {
                    id: doc,
                    stage: stage(row)?,
                    submission,
                    previous,
                    code: custody_code(row, 15)?,
                })
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
        "confirmed" => Stage::Confirmed(received(row, 5, 16)?.ok_or_else(|| damaged(5))?),
        _ => Stage::Waiting,
    })
}

pub(super) fn custody_code(row: &Row<'_>, column: usize) -> rusqlite::Result<CustodyCode> {
    CustodyCode::parse(&row.get::<_, String>(column)?).map_err(|_| damaged(column))
}

pub(super) fn previous(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<CustodyCode>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| CustodyCode::parse(&text).map_err(|_| damaged(column))).transpose()
}

pub(super) fn pages(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<Digest>> {
    let bytes: Vec<u8> = row.get(column)?;
    let (pages, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() { Ok(pages.iter().copied().map(Digest).collect()) } else { Err(damaged(column)) }
}

/// The store's word, if it is there: an older version forgot it with the rest.
pub(super) fn received(row: &Row<'_>, at: usize, signature: usize) -> rusqlite::Result<Option<Received>> {
    let Some(text) = row.get::<_, Option<String>>(at)? else { return Ok(None) };
    let signed: Option<String> = row.get(signature)?;
    let signed = signed.map(|text| Signature::from_base64(&text).map_err(|_| damaged(signature)));
    let at = ReceivedAt::parse(&text).map_err(|_| damaged(at))?;
    Ok(Some(Received { at, signature: signed.transpose()? }))
}

pub(super) fn material_id(row: &Row<'_>, column: usize) -> rusqlite::Result<MaterialId> {
    MaterialId::new(&row.get::<_, String>(column)?).map_err(|_| damaged(column))
}

/// SQLite's integers are signed.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| damaged(column))
}

/// A column whose content this version did not write.
pub(super) fn damaged(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, String::new(), rusqlite::types::Type::Text)
}
