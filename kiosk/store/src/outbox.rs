//! The durable outbox: documents on this kiosk's disk until the store holds them.
//!
//! A folder with a SQLite file (WAL, `synchronous=FULL`) and a folder of document files, both owned
//! by one process. The files are encrypted under a key that lies elsewhere ([`OutboxKey`]). What a
//! function reports as done is on disk when it returns.

mod container;
mod disk;
mod key;
mod row;
mod schema;
mod service;
mod submission;
mod visit;
mod work;

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use layouts::{Bounds, Layout};
pub use layouts::{Proven, Unproven};
use rusqlite::Connection;
use thiserror::Error;

use self::container::Identity;
pub(crate) use self::container::{Sealed, head_passes};
pub use self::key::{KEY_LENGTH, OutboxKey, OutboxKeyError};
pub use self::row::{DocId, DocState};
pub(crate) use self::row::{Document, Stage};
use self::schema::Keeping;
pub(crate) use self::service::{Note, Service};
pub use self::submission::Submission;
pub use self::visit::DocumentOfVisit;
pub(crate) use self::visit::{FoundVisit, look_up};
use crate::{DiskFault, MaterialId, StoreFault, ValueError};

/// Called with the name of each journalled step as soon as the step is durable:
/// `doc.sealed`, `doc.added`, `upload.created`, `upload.patched`, `upload.complete`, `doc.confirmed`,
/// `doc.deleted`, `doc.served`, `doc.replaced`, `doc.forgotten`. For tests that end the process at a step.
pub type StepObserver = Arc<dyn Fn(&'static str) + Send + Sync>;

/// Set-up of an outbox.
#[derive(Clone)]
pub struct OutboxConfig {
    /// Days to keep the tombstone of a confirmed document, and of those that were refused before it: ids,
    /// digests, length, codes of material and custody, the store's countersignature, what the back office
    /// found, the visit's opaque id, for whom (a company's code, or what tells relatives apart here), the
    /// kiosk's name, times.
    pub keep_days: u16,
    /// Told of each step.
    pub observer: StepObserver,
}

impl Default for OutboxConfig {
    /// 30 days; an observer that does nothing.
    fn default() -> Self {
        Self { keep_days: 30, observer: Arc::new(|_| {}) }
    }
}

impl fmt::Debug for OutboxConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxConfig").field("keep_days", &self.keep_days).finish_non_exhaustive()
    }
}

/// Why the outbox could not do what was asked.
#[derive(Debug, Error)]
pub enum OutboxError {
    /// A part of the submission does not have the contract's shape.
    #[error("the document cannot be queued for the e-licence store: {0}")]
    Invalid(#[from] ValueError),
    /// The material id was given to another document before.
    #[error("the material id was already used for another document; give this document a new id")]
    Taken,
    /// The document's file is not there, is no plain file, or has another length than said.
    #[error("the scanned document's file is missing or has another length than expected; scan it again")]
    NotTheFile,
    /// The document's file in the outbox cannot be sent.
    #[error("{0}")]
    File(DiskFault),
    /// Another process holds the folder.
    #[error("another program holds the outbox {}; end it first", .0.display())]
    InUse(PathBuf),
    /// The folder or a file in it could not be read or written.
    #[error("the outbox's folder on this kiosk's disk failed ({0}); have free space and the disk checked")]
    Folder(#[from] std::io::Error),
    /// The database failed.
    #[error("the outbox's database on this kiosk's disk failed ({0}); have free space and the disk checked")]
    Database(#[from] rusqlite::Error),
    /// The database was written by a newer version, or is damaged.
    #[error(
        "the outbox's database cannot be used by this version ({0}); restore it or install the newer version"
    )]
    Unusable(&'static str),
    /// No such document.
    #[error("the outbox knows no such document")]
    Unknown,
}

impl OutboxError {
    /// Whether the disk failed below the database, so that what was written last may be there or not.
    fn is_of_the_disk(&self) -> bool {
        let Self::Database(error) = self else { return false };
        error.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure)
    }

    /// Whether there was no room on the disk, which then is as it was.
    fn is_for_want_of_room(&self) -> bool {
        match self {
            Self::Folder(error) => error.kind() == std::io::ErrorKind::StorageFull,
            Self::Database(rusqlite::Error::SqliteFailure(error, _)) => {
                error.code == rusqlite::ErrorCode::DiskFull
                    || error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
            }
            _ => false,
        }
    }
}

impl From<OutboxError> for StoreFault {
    fn from(_: OutboxError) -> Self {
        Self::Disk(DiskFault::Outbox)
    }
}

/// What a proof copies at most. The documents themselves lie beside the database.
const PROOF: Bounds = Bounds { bytes: 256 << 20, time: Duration::from_secs(60) };

/// Proves that an older kiosk can take over the database of the outbox in `dir`, and this one again after
/// it: a copy is taken back as far as it goes and up again, and has to be the same. The outbox may be in
/// use, and is only read; the copy lies in `folder` meanwhile, which has to be private. Blocks, for
/// about a minute, and 20 s more for each way back.
///
/// # Errors
/// [`Unproven`].
pub fn prove_both_ways(dir: &Path, folder: &Path) -> Result<Proven, Unproven> {
    layouts::prove(&disk::database(dir), folder, schema::LAYOUTS, PROOF)
}

/// How much is on its way. See [`Outbox::pending`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pending {
    /// Documents not yet confirmed and not refused.
    pub documents: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Documents that the store refused and that wait for staff.
    pub refused: u64,
}

/// The outbox. Clones share it. All functions block for the disk's time: call them off the event
/// loop.
#[derive(Clone)]
pub struct Outbox {
    inner: Arc<Inner>,
}

struct Inner {
    database: Mutex<Connection>,
    folder: disk::Folder,
    key: OutboxKey,
    config: OutboxConfig,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("folder", &self.inner.folder).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Opens the outbox in `dir`, made if missing, with the default set-up.
    ///
    /// # Errors
    /// As [`Outbox::open_with`].
    pub fn open(dir: &Path, key: OutboxKey) -> Result<Self, OutboxError> {
        Self::open_with(dir, key, OutboxConfig::default())
    }

    /// Opens the outbox in `dir`, made if missing.
    ///
    /// A database that a newer version touched is taken back, where that one left a way. Documents that an
    /// older version kept as they were are encrypted first. Files without a row are
    /// removed: they come from a crash inside [`Outbox::add`], before the visitor was told that the
    /// document is kept. Rows whose file is missing, damaged or encrypted under another key become
    /// refused; the last ones are queued again when the outbox is opened with their key.
    ///
    /// # Errors
    /// [`OutboxError::InUse`], [`OutboxError::Folder`], [`OutboxError::Database`] or
    /// [`OutboxError::Unusable`].
    pub fn open_with(dir: &Path, key: OutboxKey, config: OutboxConfig) -> Result<Self, OutboxError> {
        Self::open_as(dir, key, config, schema::LAYOUTS, disk::Disk::default())
    }

    /// As a kiosk would open it whose layouts these are, on this disk.
    fn open_as(
        dir: &Path,
        key: OutboxKey,
        config: OutboxConfig,
        layouts: &[Layout],
        disk: disk::Disk,
    ) -> Result<Self, OutboxError> {
        let folder = disk::Folder::open(dir, disk)?;
        let mut looked = look_through(&folder, &key, &config, layouts);
        if looked.as_ref().is_err_and(OutboxError::is_for_want_of_room) {
            folder.give_room();
            looked = look_through(&folder, &key, &config, layouts);
        }
        folder.keep_room();
        Ok(Self { inner: Arc::new(Inner { database: Mutex::new(looked?), folder, key, config }) })
    }

    /// Takes a document over: it is encrypted into the outbox's folder, and its row is on disk and
    /// the file given removed when this returns.
    ///
    /// Adding the same id with the same digest and length again gives the same [`DocId`] and
    /// removes the file given, so a caller that crashed may simply repeat itself.
    ///
    /// # Errors
    /// [`OutboxError::Invalid`], [`OutboxError::NotTheFile`], [`OutboxError::Taken`],
    /// [`OutboxError::Folder`] or [`OutboxError::Database`]; the file is then still where it was.
    pub fn add(&self, submission: Submission) -> Result<DocId, OutboxError> {
        submission.check()?;
        let id = {
            let database = self.database();
            match row::find(&database, &submission.material_id)? {
                Some((id, sha256, bytes)) => {
                    if (sha256, bytes) != (submission.sha256, submission.bytes) {
                        return Err(OutboxError::Taken);
                    }
                    self.inner.folder.remove_clear(&submission.path)?;
                    return Ok(id);
                }
                None => self.take_in(&database, &submission)?,
            }
        };
        self.step("doc.added");
        if let Err(error) = self.inner.folder.remove_clear(&submission.path) {
            // The document is safe: the visitor must not be asked for it again on this account. Whose
            // folder the file lies in empties it, at the latest at the next start.
            tracing::error!(%error, "the clear file of a document in the outbox could not be removed");
        }
        Ok(id)
    }

    /// The encrypted file first, then the row: no row is ever without its file.
    fn take_in(&self, database: &Connection, submission: &Submission) -> Result<DocId, OutboxError> {
        let Inner { folder, key, .. } = &*self.inner;
        let material = &submission.material_id;
        let identity = Identity { material, bytes: submission.bytes };
        folder
            .take_in(key, identity, &submission.path)
            .and_then(|()| {
                self.step("doc.sealed");
                row::insert(database, submission)
            })
            .inspect_err(|error| {
                // A row that could not be synced may be there after a restart all the same: its file stays, and
                // goes at the next start if the row is not there.
                if !error.is_of_the_disk() {
                    folder.put_out(material);
                }
            })
    }

    /// Where a document stands; nothing for one that is unknown or whose tombstone is gone.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn state(&self, doc: DocId) -> Result<Option<DocState>, OutboxError> {
        Ok(row::state(&self.database(), doc)?)
    }

    /// How much waits to be sent or for staff.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn pending(&self) -> Result<Pending, OutboxError> {
        Ok(row::pending(&self.database())?)
    }

    /// When the oldest document that waits was accepted, by the clock of that time; nothing when none waits.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn oldest(&self) -> Result<Option<Timestamp>, OutboxError> {
        let waiting = row::files(&self.database())?;
        let accepted = |(_, material, _): &(DocId, MaterialId, u64)| {
            // A document's file is written once, before it counts as accepted.
            let written = self.inner.folder.file(material).metadata().ok()?.modified().ok()?;
            Timestamp::try_from(written).ok()
        };
        Ok(waiting.iter().filter_map(accepted).min())
    }

    /// The documents that the store refused, oldest first, with the reason; at most 1000.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn refused(&self) -> Result<Vec<(DocId, MaterialId, StoreFault)>, OutboxError> {
        Ok(row::refused(&self.database())?)
    }

    /// Queues all refused documents again whose files can be sent, but for those in whose place the visitor
    /// has handed in another since: they go once the store holds that one. Returns how many.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn retry_all(&self) -> Result<usize, OutboxError> {
        let mut again = 0;
        let refused = row::refused_and_wanted(&self.database())?;
        for doc in refused {
            match self.retry(doc) {
                Ok(()) => again += 1,
                Err(OutboxError::File(_) | OutboxError::Unknown) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(again)
    }

    /// Queues a refused document again, from the start, once staff have removed the reason.
    ///
    /// # Errors
    /// [`OutboxError::Unknown`] when it is not refused, [`OutboxError::File`] when its file
    /// cannot be sent, [`OutboxError::Database`].
    pub fn retry(&self, doc: DocId) -> Result<(), OutboxError> {
        // All of it at once: nobody buries it meanwhile.
        self.written(|database| {
            let refused = row::files(database)?.into_iter().find(|(id, _, _)| *id == doc);
            let (_, material, bytes) = refused.ok_or(OutboxError::Unknown)?;
            self.sealed(&material, bytes).map_err(OutboxError::File)?;
            let changed = database.execute(
                "UPDATE document SET state = 'waiting', url = NULL, upload_expires = NULL, refusal = NULL,
                 mismatches = 0 WHERE id = ?1 AND state = 'refused'",
                [doc.0],
            )?;
            if changed == 1 { Ok(()) } else { Err(OutboxError::Unknown) }
        })
    }

    /// Whether there is anything for [`Self::purge`] to do.
    pub(crate) fn has_past(&self, now: Timestamp) -> Result<bool, OutboxError> {
        Ok(row::has_past(&self.database(), now.as_second(), self.first_kept(now))?)
    }

    /// Removes the tombstones of documents confirmed more than `keep_days` before `now`, by this kiosk's
    /// clock then and by the store's: should one of the two have been behind, they stay. One that was ahead
    /// counts for nothing, so that somebody has to vouch for `now`. Those of which something is owed to the
    /// store stay, too. With them go those of refused documents that they stood for. Returns how many.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn purge(&self, now: Timestamp) -> Result<usize, OutboxError> {
        self.written(|database| {
            let purged = row::purge(database, now.as_second(), self.first_kept(now))?;
            if purged > 0 {
                self.settle(database);
            }
            Ok(purged)
        })
    }

    /// The first second of which tombstones are kept, in seconds of Unix.
    fn first_kept(&self, now: Timestamp) -> i64 {
        now.as_second() - i64::from(self.inner.config.keep_days) * 86_400
    }

    /// Writes what has to be written even if something else has filled the disk, since it makes room or keeps
    /// the store's word: then it is done again, in the room that is kept for that. `work` may be repeated.
    fn written<T>(&self, work: impl Fn(&mut Connection) -> Result<T, OutboxError>) -> Result<T, OutboxError> {
        let mut database = self.database();
        match work(&mut database) {
            Err(error) if error.is_for_want_of_room() => {
                self.inner.folder.give_room();
                let done = work(&mut database).or_else(|error| {
                    if !error.is_for_want_of_room() {
                        return Err(error);
                    }
                    // What is in the log by now needs no room of its own any more.
                    row::forget(&database);
                    work(&mut database)
                });
                // Before somebody else takes what is left of it.
                self.inner.folder.keep_room();
                done
            }
            done => done,
        }
    }

    /// After something was deleted: no trace of it stays, and there is room again to be kept.
    fn settle(&self, database: &Connection) {
        row::forget(database);
        self.inner.folder.keep_room();
    }

    fn database(&self) -> MutexGuard<'_, Connection> {
        // SQLite itself undoes what a panic left half done.
        self.inner.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the database, and compares its rows with the files in the folder.
fn look_through(
    folder: &disk::Folder,
    key: &OutboxKey,
    config: &OutboxConfig,
    layouts: &[Layout],
) -> Result<Connection, OutboxError> {
    let (mut database, keeping) = schema::open_database(folder, layouts)?;
    let known = row::files(&database)?;
    if keeping == Keeping::Clear {
        for (id, material, _) in &known {
            if folder.take_over(key, material)? {
                tracing::info!(document = id.0, "a document of an older version was encrypted");
                (config.observer)("doc.sealed");
            }
        }
    }
    // The burial of these may have been cut off behind their files. An older layout knows of none.
    let replaced = row::replaced(&database).unwrap_or_default();
    for (id, material, bytes) in &known {
        match folder.sealed(key, Identity { material, bytes: *bytes }) {
            Err(DiskFault::Missing) if replaced.iter().any(|(other, _)| other == id) => {}
            Ok(_) => {
                if row::readmit(&database, *id)? {
                    tracing::info!(document = id.0, "a document's key is back: it is sent");
                }
            }
            // It may be readable by the time that it is sent.
            Err(DiskFault::Read) => tracing::error!(document = id.0, "{}", DiskFault::Read),
            Err(damage) => {
                tracing::error!(document = id.0, "{damage}");
                row::set_refused(&database, *id, &StoreFault::Disk(damage))?;
            }
        }
    }
    let names: HashSet<_> = known.iter().map(|(_, material, _)| disk::file_name(material)).collect();
    let removed = folder.remove_others(|name| names.contains(name))?;
    if removed > 0 {
        tracing::warn!(removed, "files that no waiting document needs were removed");
    }
    // Only now: a clear file that no row needs was swept just above.
    schema::bring_up(&mut database, layouts)?;
    row::wipe_buried(&database)?;
    Ok(database)
}

#[cfg(test)]
mod both_ways;
#[cfg(test)]
mod tests;
