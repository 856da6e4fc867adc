//! The outbox's folder: one file for each document, each move made durable.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::OutboxError;
use crate::{DiskFault, MaterialId};

/// The folder, locked for this process as long as the value lives.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    documents: PathBuf,
    /// Holds the lock; the kernel frees it with the process, however that ends.
    _lock: File,
}

/// The name of a document's file: an id is safe as a file name.
pub(super) fn file_name(material: &MaterialId) -> String {
    format!("{material}.doc")
}

impl Folder {
    pub(super) fn open(dir: &Path) -> Result<Self, OutboxError> {
        let documents = dir.join("documents");
        DirBuilder::new().recursive(true).mode(0o700).create(&documents)?;
        sync_folder(dir)?;
        let lock =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(dir.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir: dir.to_owned(), documents, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(OutboxError::InUse(dir.to_owned())),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    pub(super) fn database(&self) -> PathBuf {
        self.dir.join("outbox.sqlite")
    }

    pub(super) fn file(&self, material: &MaterialId) -> PathBuf {
        self.documents.join(file_name(material))
    }

    /// Moves a file in: content first, then its name, both on disk when this returns.
    pub(super) fn take_in(&self, from: &Path, material: &MaterialId, bytes: u64) -> Result<(), OutboxError> {
        if measure(from)? != Some(bytes) {
            return Err(OutboxError::NotTheFile);
        }
        File::open(from)?.sync_all()?;
        fs::rename(from, self.file(material))?;
        let synced = sync_folder(&self.documents).and_then(|()| from.parent().map_or(Ok(()), sync_folder));
        Ok(synced.inspect_err(|_| self.give_back(material, from))?)
    }

    /// Undoes [`Self::take_in`]. What fails here is removed as an orphan at the next start.
    pub(super) fn give_back(&self, material: &MaterialId, to: &Path) {
        if let Err(error) = fs::rename(self.file(material), to) {
            tracing::warn!(%error, "a document that could not be queued could not be given back");
        }
    }

    /// What is wrong with a document's file, if anything.
    pub(super) fn check(&self, material: &MaterialId, bytes: u64) -> Result<Option<DiskFault>, OutboxError> {
        Ok(match measure(&self.file(material))? {
            Some(length) if length == bytes => None,
            Some(_) => Some(DiskFault::Damaged),
            None => Some(DiskFault::Missing),
        })
    }

    /// Removes a document's file, if it is still there.
    pub(super) fn remove(&self, material: &MaterialId) -> Result<(), OutboxError> {
        remove_if_there(&self.file(material))?;
        sync_folder(&self.documents)?;
        Ok(())
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
            sync_folder(&self.documents)?;
        }
        Ok(removed)
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

pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes names in a folder durable (fsync(2) on the folder).
fn sync_folder(folder: &Path) -> io::Result<()> {
    // A bare file name has the empty path as its parent: the current folder.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}
