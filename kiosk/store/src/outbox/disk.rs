//! The outbox's folder: one encrypted file for each document, each change made durable.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::OutboxError;
use super::container::{self, Identity, Sealed};
use super::key::OutboxKey;
use crate::{DiskFault, MaterialId};

/// Room that is kept for emptying the outbox on a disk that something else has filled. What one document
/// needs on its way and at its burial is a few pages of the database each time, and once what stands in the
/// log, which [`super::schema`] bounds.
const RESERVE: u64 = 1024 * 1024;

/// The disk below. Tests put one in its place that forgets what was not synced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disk {
    /// SQLite's way to it, where it is not the usual one.
    pub vfs: Option<&'static str>,
    /// Makes durable what an open file holds, or the names in an open folder (fsync(2)).
    pub sync: fn(&File, &Path) -> io::Result<()>,
}

impl Default for Disk {
    fn default() -> Self {
        Self { vfs: None, sync: |open, _| open.sync_all() }
    }
}

impl Disk {
    /// Makes names in a folder durable.
    fn sync_folder(self, folder: &Path) -> io::Result<()> {
        // A bare file name has the empty path as its parent: the current folder.
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        (self.sync)(&File::open(folder)?, folder)
    }
}

/// The folder, locked for this process as long as the value lives.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    documents: PathBuf,
    disk: Disk,
    /// Holds the lock; the kernel frees it with the process, however that ends.
    _lock: File,
}

/// The name of a document's file: an id is safe as a file name.
pub(super) fn file_name(material: &MaterialId) -> String {
    format!("{material}.doc")
}

/// Where the database of the outbox in a folder is.
pub(super) fn database(dir: &Path) -> PathBuf {
    dir.join("outbox.sqlite")
}

impl Folder {
    pub(super) fn open(dir: &Path, disk: Disk) -> Result<Self, OutboxError> {
        let documents = dir.join("documents");
        DirBuilder::new().recursive(true).mode(0o700).create(&documents)?;
        disk.sync_folder(dir)?;
        let lock =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(dir.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir: dir.to_owned(), documents, disk, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(OutboxError::InUse(dir.to_owned())),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    pub(super) fn database(&self) -> PathBuf {
        database(&self.dir)
    }

    pub(super) fn vfs(&self) -> Option<&'static str> {
        self.disk.vfs
    }

    pub(super) fn file(&self, material: &MaterialId) -> PathBuf {
        self.documents.join(file_name(material))
    }

    /// Takes a document in: its encrypted file is on disk, content first, then its name, when this
    /// returns. The clear file stays where it is.
    pub(super) fn take_in(
        &self,
        key: &OutboxKey,
        identity: Identity<'_>,
        from: &Path,
    ) -> Result<(), OutboxError> {
        if measure(from)? != Some(identity.bytes) {
            return Err(OutboxError::NotTheFile);
        }
        self.seal(key, identity, from)
    }

    /// Encrypts a file that an older version kept as it was, in its place and whatever its length: at
    /// no moment is there less than one of the two. Nothing to do where there is none, or it is
    /// encrypted already. Returns whether something was done.
    pub(super) fn take_over(&self, key: &OutboxKey, material: &MaterialId) -> Result<bool, OutboxError> {
        let path = self.file(material);
        let Some(bytes) = measure(&path)? else {
            return Ok(false);
        };
        if container::begins(&mut File::open(&path)?)? {
            return Ok(false);
        }
        self.seal(key, Identity { material, bytes }, &path)?;
        Ok(true)
    }

    fn seal(&self, key: &OutboxKey, identity: Identity<'_>, from: &Path) -> Result<(), OutboxError> {
        // No id has a full stop in it, so that this is no document's name: it is removed at the next
        // start if the program ends before it gets its own.
        let unfinished = self.documents.join(format!("{}.new", identity.material));
        let sealed = self
            .write_sealed(key, identity, from, &unfinished)
            .and_then(|()| Ok(fs::rename(&unfinished, self.file(identity.material))?));
        if sealed.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        sealed?;
        Ok(self.disk.sync_folder(&self.documents)?)
    }

    /// Writes an encrypted file, on disk when this returns.
    fn write_sealed(
        &self,
        key: &OutboxKey,
        identity: Identity<'_>,
        from: &Path,
        to: &Path,
    ) -> Result<(), OutboxError> {
        let mut from = File::open(from)?;
        let mut sealed = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(to)?;
        container::seal(key, identity, &mut from, &mut sealed)?;
        Ok((self.disk.sync)(&sealed, to)?)
    }

    /// Undoes [`Self::take_in`]. What fails here is removed as an orphan at the next start.
    pub(super) fn put_out(&self, material: &MaterialId) {
        if let Err(error) = self.remove(material) {
            tracing::warn!(%error, "the file of a document that could not be queued could not be removed");
        }
    }

    /// Opens a document's file. Links are not followed.
    pub(super) fn sealed(&self, key: &OutboxKey, identity: Identity<'_>) -> Result<Sealed, DiskFault> {
        let path = self.file(identity.material);
        let file = match measure(&path) {
            Ok(Some(_)) => File::open(&path),
            Ok(None) => return Err(DiskFault::Missing),
            Err(error) => Err(error),
        };
        Sealed::open(key, identity, file.map_err(|_| DiskFault::Read)?)
    }

    /// Removes a document's file, if it is still there.
    pub(super) fn remove(&self, material: &MaterialId) -> Result<(), OutboxError> {
        remove_if_there(&self.file(material))?;
        Ok(self.disk.sync_folder(&self.documents)?)
    }

    /// Removes a file whose content is in the outbox now; it is gone from the disk when this returns.
    pub(super) fn remove_clear(&self, path: &Path) -> io::Result<()> {
        remove_if_there(path)?;
        path.parent().map_or(Ok(()), |folder| self.disk.sync_folder(folder))
    }

    /// Removes every file whose name is not kept. Returns how many.
    pub(super) fn remove_others(&self, keep: impl Fn(&str) -> bool) -> Result<usize, OutboxError> {
        let mut removed = 0;
        for entry in fs::read_dir(&self.documents)? {
            let entry = entry?;
            let kept = entry.file_name().to_str().is_some_and(&keep);
            if !kept && !entry.file_type()?.is_dir() {
                remove_if_there(&entry.path())?;
                removed += 1;
            }
        }
        if removed > 0 {
            self.disk.sync_folder(&self.documents)?;
        }
        Ok(removed)
    }

    /// Gives the room free that is kept for emptying the outbox.
    pub(super) fn give_room(&self) {
        match remove_if_there(&self.reserve()) {
            Ok(()) => tracing::warn!("the disk is full: the outbox is emptied in the room kept for it"),
            Err(error) => {
                tracing::error!(%error, "the room kept for emptying the outbox cannot be given free")
            }
        }
    }

    /// Takes room for emptying the outbox, as far as there is any and it is not kept already. Not synced: should
    /// it be gone after a power cut, it is taken again.
    pub(super) fn keep_room(&self) {
        let fill = || -> io::Result<()> {
            let mut reserve =
                OpenOptions::new().append(true).create(true).mode(0o600).open(self.reserve())?;
            let left = RESERVE.saturating_sub(reserve.metadata()?.len());
            io::copy(&mut io::repeat(0).take(left), &mut reserve).map(drop)
        };
        if let Err(error) = fill() {
            tracing::warn!(%error, "no room could be kept for emptying the outbox");
        }
    }

    fn reserve(&self) -> PathBuf {
        self.dir.join("reserve")
    }
}

/// The length of a plain file; nothing when there is none. Links are not followed.
fn measure(path: &Path) -> io::Result<Option<u64>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata.len())),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
