//! What the outbox knows of a visit's documents, also of those that it no longer has.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use super::row::{self, DocId, DocState};
use super::{Outbox, OutboxError, disk, schema};
use crate::Applicant;
use crate::custody::{CustodyCode, ReceiptDocument, Standing};
use crate::reviews::{Found, ReviewResult};

/// A document of a visit. See [`Outbox::documents_of`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentOfVisit {
    /// Its number in this outbox.
    pub doc: DocId,
    /// Code of the material in the hall's catalogue.
    pub material: String,
    /// For whom it is; `None` of what an older version took.
    pub applicant: Option<Applicant>,
    /// Where it stands.
    pub state: DocState,
    /// What the back office found of it, once it has.
    pub review: Option<ReviewResult>,
    /// How many pages it has.
    pub pages: usize,
    /// Its custody code: the last one stands for all of the visit's documents.
    pub code: CustodyCode,
}

impl Outbox {
    /// The documents of a visit, oldest first; at most 1000. Those that the store holds are remembered
    /// until their tombstone goes, so that a visitor who comes back is not asked for them again.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn documents_of(&self, visit: &str) -> Result<Vec<DocumentOfVisit>, OutboxError> {
        let database = self.database();
        let mut asked = database.prepare_cached(
            "SELECT id, material, state, refusal, review, review_text, code, applicant, pages FROM document
             WHERE visit = ?1 AND material IS NOT NULL ORDER BY id LIMIT 1000",
        )?;
        let rows = asked.query_map([visit], |row| {
            let review: Option<String> = row.get(4)?;
            let text = row.get(5)?;
            let state = row::read_state(row, 2, 3)?;
            // Nobody can have looked at what has not arrived.
            let review = review.filter(|_| state == DocState::Confirmed);
            Ok(DocumentOfVisit {
                doc: DocId(row.get(0)?),
                material: row.get(1)?,
                applicant: row::applicant(row, 7)?,
                state,
                review: review
                    .map(|review| ReviewResult::from_code(&review, text).ok_or_else(|| row::damaged(4)))
                    .transpose()?,
                pages: row::pages(row, 8)?.len(),
                code: row::custody_code(row, 6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The custody of a visit's documents, in the order of their chain; at most 1000.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn custody_of(&self, visit: &str) -> Result<Vec<ReceiptDocument>, OutboxError> {
        Ok(custody_of(&self.database(), visit)?)
    }

    /// What the back office found of a document, once it has.
    pub(crate) fn review_of(&self, doc: DocId) -> Result<Option<ReviewResult>, OutboxError> {
        let database = self.database();
        let kept = database
            .query_row("SELECT review, review_text FROM document WHERE id = ?1", [doc.0], |row| {
                let review: Option<String> = row.get(0)?;
                let text = row.get(1)?;
                review
                    .map(|review| ReviewResult::from_code(&review, text).ok_or_else(|| row::damaged(0)))
                    .transpose()
            })
            .optional()?;
        Ok(kept.flatten())
    }

    /// The place in the feed of reviews up to which everything is kept here.
    pub(crate) fn last_review(&self) -> Result<u64, OutboxError> {
        Ok(self.database().query_row("SELECT last FROM review_feed", [], |row| row::unsigned(row, 0))?)
    }

    /// Keeps what was found, and the place in the feed, in one transaction. Returns what is new: of
    /// documents that are known here, that the store has received by its own word, and other than what was
    /// kept of them before.
    pub(crate) fn keep_reviews(
        &self,
        last: u64,
        found: &[Found],
    ) -> Result<Vec<(DocId, ReviewResult)>, OutboxError> {
        // The feed's place is compared with what SQLite can count when it is read.
        let last = i64::try_from(last).unwrap_or(i64::MAX);
        self.written(|database| {
            let keeping = database.transaction()?;
            let mut news = Vec::new();
            for Found { material_id, result } in found {
                let (review, text) = result.to_code();
                let doc = keeping
                    .query_row(
                        "UPDATE document SET review = ?2, review_text = ?3
                         WHERE material_id = ?1 AND (review IS NOT ?2 OR review_text IS NOT ?3)
                         RETURNING id, state IN ('confirmed', 'deleted')",
                        params![material_id.as_str(), review, text],
                        |row| Ok((DocId(row.get(0)?), row.get::<_, bool>(1)?)),
                    )
                    .optional()?;
                news.extend(doc.filter(|(_, held)| *held).map(|(doc, _)| (doc, result.clone())));
            }
            keeping.execute("UPDATE review_feed SET last = ?1", [last])?;
            keeping.commit()?;
            Ok(news)
        })
    }
}

fn custody_of(database: &Connection, visit: &str) -> rusqlite::Result<Vec<ReceiptDocument>> {
    database
        .prepare_cached(
            "SELECT material_id, material, sha256, bytes, pages, previous, code, state, refusal,
             received_at, signature FROM document
             WHERE visit = ?1 AND material IS NOT NULL ORDER BY id LIMIT 1000",
        )?
        .query_map([visit], |row| {
            let received = row::received(row, 9, 10)?;
            let (received_at, signature) = received.map_or((None, None), |r| (Some(r.at), r.signature));
            Ok(ReceiptDocument {
                material_id: row::material_id(row, 0)?,
                material: row.get(1)?,
                sha256: crate::Digest(row.get(2)?),
                bytes: row::unsigned(row, 3)?,
                pages: row::pages(row, 4)?,
                previous: row::previous(row, 5)?,
                code: row::custody_code(row, 6)?,
                state: Standing::from(&row::read_state(row, 7, 8)?),
                received_at,
                signature,
            })
        })?
        .collect()
}

/// A visit as it is found from outside the kiosk's own process.
pub(crate) struct FoundVisit {
    pub visit: String,
    /// The kiosk's name; empty where only tombstones of an older version are left.
    pub kiosk: String,
    pub documents: Vec<ReceiptDocument>,
}

/// Looks a visit up by its id, or by the custody code of one of its documents, in the outbox in `dir`,
/// which another process may be working with. Nothing when it is not known.
pub(crate) fn look_up(dir: &Path, wanted: &str) -> Result<Option<FoundVisit>, OutboxError> {
    let database = schema::open_to_read(&disk::database(dir))?;
    // One moment for all that is read.
    let reading = database.unchecked_transaction()?;
    let code = CustodyCode::typed(wanted).ok();
    let found = reading
        .query_row(
            "SELECT visit, (SELECT kiosk FROM document AS named
                            WHERE named.visit = document.visit AND kiosk IS NOT NULL LIMIT 1)
             FROM document WHERE visit = ?1 OR (visit IS NOT NULL AND code = ?2) LIMIT 1",
            params![wanted, code.as_ref().map(CustodyCode::as_str)],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)),
        )
        .optional()?;
    let Some((visit, kiosk)) = found else { return Ok(None) };
    let documents = custody_of(&reading, &visit)?;
    Ok(Some(FoundVisit { visit, kiosk: kiosk.unwrap_or_default(), documents }))
}
