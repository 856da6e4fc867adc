//! The key under which documents wait on the kiosk's disk, and what is derived from it.
//!
//! Whoever takes the disk with the outbox takes nothing that he can read: the key is kept elsewhere.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::private;

/// Length of the outbox's key, in bytes.
pub const KEY_LENGTH: usize = 32;

/// The outbox cannot use a key file.
#[derive(Debug, Error)]
pub enum OutboxKeyError {
    /// The file cannot be read, or the data folder not found.
    #[error("{}: {source}; put the outbox's key file there, or correct its path in the set-up", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A new file cannot be written. What was there before is untouched.
    #[error("no new outbox key at {}: {source}; an existing key is never overwritten", path.display())]
    Create {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than its owner may use the file.
    #[error("{} can be used by others (mode {mode:04o}); give it mode 0600 or 0400", path.display())]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file lies where the documents lie: whoever takes one takes both.
    #[error("{} lies in the kiosk's data folder {}; keep the outbox's key elsewhere", path.display(), data.display())]
    BesideDocuments {
        /// Which file.
        path: PathBuf,
        /// The data folder.
        data: PathBuf,
    },
    /// It is no key: another kind of file, or another length.
    #[error("{} is not an outbox key: a file of exactly {KEY_LENGTH} bytes is wanted", path.display())]
    NotAKey {
        /// Which file.
        path: PathBuf,
    },
}

/// The kiosk's own 32-byte key for documents at rest; wiped on drop.
pub struct OutboxKey(Zeroizing<[u8; KEY_LENGTH]>);

impl OutboxKey {
    /// Reads the key file. `data` is the folder that the outbox is kept in or below; it must exist.
    ///
    /// # Errors
    /// [`OutboxKeyError`]: the file cannot be read, can be used by others than its owner, lies in the
    /// data folder or below it (symbolic links are followed), or does not hold 32 bytes.
    pub fn load(key: &Path, data: &Path) -> Result<Self, OutboxKeyError> {
        let failed = |source| OutboxKeyError::Read { path: key.to_owned(), source };
        let real = key.canonicalize().map_err(failed)?;
        let data =
            data.canonicalize().map_err(|source| OutboxKeyError::Read { path: data.to_owned(), source })?;
        if real.starts_with(&data) {
            return Err(OutboxKeyError::BesideDocuments { path: key.to_owned(), data });
        }
        if !std::fs::metadata(&real).map_err(failed)?.is_file() {
            // opening a FIFO would wait for a writer
            return Err(OutboxKeyError::NotAKey { path: key.to_owned() });
        }
        let mut file = File::open(&real).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        if let Some(mode) = private::too_open(&about) {
            return Err(OutboxKeyError::TooOpen { path: key.to_owned(), mode });
        }
        if about.len() != KEY_LENGTH as u64 {
            return Err(OutboxKeyError::NotAKey { path: key.to_owned() });
        }
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        file.read_exact(bytes.as_mut_slice()).map_err(failed)?;
        Ok(Self(bytes))
    }

    /// Makes a new key and writes it to `path`, readable by its owner alone, synced.
    ///
    /// # Errors
    /// [`OutboxKeyError::Create`] if there is a file already, or it cannot be written.
    pub fn create(path: &Path) -> Result<Self, OutboxKeyError> {
        let failed = |source| OutboxKeyError::Create { path: path.to_owned(), source };
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|error| failed(error.into()))?;
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        let written = file.write_all(bytes.as_slice()).and_then(|()| file.sync_all()).and_then(|()| {
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder)?.sync_all()
        });
        if let Err(source) = written {
            // half a key helps nobody, and would stand in the way of the next attempt
            let _ = std::fs::remove_file(path);
            return Err(failed(source));
        }
        Ok(Self(bytes))
    }

    /// The same key in every run, for entries that keep nothing.
    pub(crate) fn for_fuzzing() -> Self {
        Self(Zeroizing::new([0x5a; KEY_LENGTH]))
    }

    /// HMAC-SHA256 (RFC 2104) under this key, over a purpose first: no use of the key gives what
    /// another use gives.
    pub(super) fn mac(&self, purpose: &str) -> Hmac<Sha256> {
        // RFC 2104 pads a key to the block of the hash (64 bytes for SHA-256) with zeros.
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(self.0.iter()).for_each(|(to, from)| *to = *from);
        let mut padded = (*block).into();
        let mut mac = Hmac::<Sha256>::new(&padded);
        padded.as_mut_slice().zeroize();
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac
    }

    /// A name for this key that tells nothing about it.
    pub(super) fn name(&self) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..]: [u8; 32] =
            self.mac("onedoor/outbox/key/1").finalize().into_bytes().into();
        [a, b, c, d, e, f, g, h]
    }
}

impl fmt::Debug for OutboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutboxKey(hidden)")
    }
}

#[cfg(test)]
impl OutboxKey {
    /// A key that is the same in every run.
    pub(crate) fn of(byte: u8) -> Self {
        Self(Zeroizing::new([byte; KEY_LENGTH]))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_back() {
        let (keys, data) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let path = keys.path().join("outbox.key");
        let made = OutboxKey::create(&path).expect("made");
        assert_eq!(std::fs::metadata(&path).expect("there").mode() & 0o7777, 0o600);
        assert_eq!(*OutboxKey::load(&path, data.path()).expect("read").0, *made.0);
        assert!(matches!(OutboxKey::create(&path), Err(OutboxKeyError::Create { .. })));
        assert_eq!(std::fs::read(&path).expect("there"), *made.0, "never overwritten");
        let second = OutboxKey::create(&keys.path().join("second.key")).expect("made");
        assert_ne!(*second.0, *made.0);
        assert_ne!(second.name(), made.name());
        assert_eq!(format!("{made:?}"), "OutboxKey(hidden)");
    }

    #[test]
    fn what_is_derived_never_changes() {
        // python3: hmac.new(b'\7'*32, b'onedoor/outbox/key/1\0', 'sha256').hexdigest()[:16]
        assert_eq!(hex::encode(OutboxKey::of(7).name()), "79e6add24cedfad6");
    }

    #[test]
    fn keys_that_are_refused() {
        let (keys, data) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let below = data.path().join("outbox/a");
        std::fs::create_dir_all(&below).expect("a folder");
        let make = |path: PathBuf, bytes: usize, mode| {
            std::fs::write(&path, vec![1; bytes]).expect("written");
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
            path
        };
        let beside = make(data.path().join("k"), 32, 0o600);
        let link = keys.path().join("link");
        symlink(&beside, &link).expect("a link");
        let around = keys.path().join("..").join(data.path().file_name().expect("a name")).join("k");
        for (path, why) in [
            (beside, "lies in"),
            (make(below.join("k"), 32, 0o600), "lies in"),
            (around, "lies in"),
            (link, "lies in"),
            (make(keys.path().join("group"), 32, 0o660), "mode 0660"),
            (make(keys.path().join("world"), 32, 0o604), "mode 0604"),
            (make(keys.path().join("short"), 31, 0o600), "not an outbox key"),
            (make(keys.path().join("long"), 33, 0o600), "not an outbox key"),
            (keys.path().to_owned(), "not an outbox key"),
            (keys.path().join("absent"), "put the outbox's key file there"),
        ] {
            let said = OutboxKey::load(&path, data.path()).expect_err("refused").to_string();
            assert!(said.contains(why), "{}: {said}", path.display());
        }
        assert!(OutboxKey::load(&make(keys.path().join("read"), 32, 0o400), data.path()).is_ok());
        assert!(OutboxKey::load(&keys.path().join("read"), Path::new("/no/such/folder")).is_err());
    }
}
