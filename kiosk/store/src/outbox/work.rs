//! The worker's side of the outbox: each step of a document's journey, on disk when it returns.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, ToSql, params};

use super::container::{Identity, Sealed};
use super::row::{self, DocId, Document};
use super::service::Service;
use super::{Outbox, OutboxError};
use crate::custody::{Received, Signature};
use crate::tus::UploadPath;
use crate::{DiskFault, MaterialId, StoreFault};

impl Outbox {
    /// Tells the observer of a step.
    pub(crate) fn step(&self, step: &'static str) {
        (self.inner.config.observer)(step);
    }

    /// The documents that can be worked on: what the store will drop soonest first, then the oldest.
    pub(crate) fn due(&self) -> Result<Vec<DocId>, OutboxError> {
        Ok(row::due(&self.database())?)
    }

    /// The whole row of a document that is neither refused nor deleted.
    pub(crate) fn document(&self, doc: DocId) -> Result<Option<Document>, OutboxError> {
        let path = |material: &MaterialId| self.inner.folder.file(material);
        Ok(row::load(&self.database(), doc, path)?)
    }

    /// Opens a document's file.
    pub(crate) fn sealed(&self, material: &MaterialId, bytes: u64) -> Result<Sealed, DiskFault> {
        self.inner.folder.sealed(&self.inner.key, Identity { material, bytes })
    }

    /// Keeps the address of an upload, before its first byte is sent.
    pub(crate) fn set_uploading(
        &self,
        doc: DocId,
        upload: &UploadPath,
        expires: Option<Timestamp>,
    ) -> Result<(), OutboxError> {
        self.update(
            "UPDATE document SET state = 'uploading', url = ?2, upload_expires = ?3 WHERE id = ?1",
            params![doc.0, upload.as_str(), expires.map(Timestamp::as_second)],
        )
    }

    /// Keeps when the store will drop an upload, which decides on what is sent first and on nothing
    /// else.
    pub(crate) fn set_expires(&self, doc: DocId, expires: Timestamp) -> Result<(), OutboxError> {
        self.update(
            "UPDATE document SET upload_expires = ?2 WHERE id = ?1",
            params![doc.0, expires.as_second()],
        )
    }

    /// The store has all bytes.
    pub(crate) fn set_uploaded(&self, doc: DocId) -> Result<(), OutboxError> {
        self.update("UPDATE document SET state = 'uploaded' WHERE id = ?1", params![doc.0])
    }

    /// The store forgot the upload, or holds other bytes (`mismatch`): start again. Returns how
    /// often bytes differed so far.
    pub(crate) fn set_waiting(&self, doc: DocId, mismatch: bool) -> Result<u32, OutboxError> {
        self.written(|database| {
            let mismatches = database.query_row(
                "UPDATE document SET state = 'waiting', url = NULL, upload_expires = NULL,
                 mismatches = mismatches + ?2 WHERE id = ?1 RETURNING mismatches",
                params![doc.0, i64::from(mismatch)],
                |row| row.get(0),
            );
            Ok(mismatches.optional()?.unwrap_or(0))
        })
    }

    /// Puts a document aside for staff. Its file stays, until the store has another in its place.
    pub(crate) fn set_refused(&self, doc: DocId, fault: &StoreFault) -> Result<(), OutboxError> {
        self.written(|database| Ok(row::set_refused(database, doc, fault)?))
    }

    /// The store's receipt, which the caller has compared and whose countersignature, if any, it has
    /// checked: the file may go from now on. `told` is what the store knows that it serves, as far as
    /// that is certain.
    pub(crate) fn set_confirmed(
        &self,
        doc: DocId,
        received: &Received,
        told: Option<&Service>,
    ) -> Result<(), OutboxError> {
        self.update(
            "UPDATE document SET state = 'confirmed', url = NULL, upload_expires = NULL,
             received_at = ?2, signature = ?3, confirmed_at = ?4, told = ?5 WHERE id = ?1",
            params![
                doc.0,
                received.at.as_str(),
                received.signature.as_ref().map(Signature::to_base64),
                Timestamp::now().as_second(),
                told.map(Service::trace),
            ],
        )
    }

    /// Deletes the file of a confirmed document, then everything in its row that may tell about the
    /// visitor. What [`Self::documents_of`] and [`Self::custody_of`] tell stays, and until the store was
    /// told, what changed after the registration.
    pub(crate) fn bury(&self, doc: DocId, material: &MaterialId) -> Result<(), OutboxError> {
        self.inner.folder.remove(material)?;
        self.written(|database| {
            let burying = database.transaction()?;
            let last = burying.query_row(
                "SELECT items, number, told FROM document WHERE id = ?1 AND state = 'confirmed'",
                [doc.0],
                |row| {
                    let items: String = row.get(0)?;
                    let items = serde_json::from_str(&items).map_err(|_| row::damaged(0))?;
                    Ok((Service { items, number: row.get(1)? }, row.get::<_, Option<[u8; 32]>>(2)?))
                },
            );
            let (service, told) = last.optional()?.ok_or(OutboxError::Unknown)?;
            let owed = (told != Some(service.trace())).then(|| service.to_json());
            burying.execute(
                "UPDATE document SET state = 'deleted', name = NULL, media_type = NULL, items = NULL,
                 number = NULL, url = NULL, owed = ?2 WHERE id = ?1",
                params![doc.0, owed],
            )?;
            burying.commit()?;
            self.settle(database);
            Ok(())
        })
    }

    /// Buries every refused document in whose place the store holds another: its file first, then everything
    /// in its row that may tell about the visitor. Before the store's word it may still be the only one that
    /// can be read. Its tombstone stays refused, in the chain of custody, and goes with that of the other.
    pub(crate) fn bury_replaced(&self) -> Result<(), OutboxError> {
        // All of it at once: nobody queues one of them again meanwhile.
        self.written(|database| {
            let replaced = row::replaced(database)?;
            let mut first = Ok(());
            for (doc, material) in &replaced {
                let buried = self.inner.folder.remove(material);
                match buried.and_then(|()| Ok(row::wipe_replaced(database, *doc)?)) {
                    Ok(()) => self.step("doc.replaced"),
                    // The others go all the same.
                    failed => first = first.and(failed),
                }
            }
            if !replaced.is_empty() {
                self.settle(database);
            }
            first
        })
    }

    fn update(&self, sql: &str, params: &[&dyn ToSql]) -> Result<(), OutboxError> {
        self.written(|database| match database.execute(sql, params)? {
            0 => Err(OutboxError::Unknown),
            _ => Ok(()),
        })
    }
}
