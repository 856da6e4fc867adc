//! The key under which the log is chained.
//!
//! Whoever takes the disk with the log can write no line that fits: the key is kept elsewhere.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::field::Hash;

/// Length of a key, in bytes.
pub const KEY_LENGTH: usize = 32;

/// A key file cannot be used.
#[derive(Debug, Error)]
pub enum LogKeyError {
    /// The file cannot be read.
    #[error("{}: {source}; put the log's key file there, or correct its path", path.display())]
    Read {
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
    /// The file lies where the log lies: whoever takes one takes both.
    #[error("{} lies in the log's folder {}; keep the key elsewhere", path.display(), folder.display())]
    BesideLog {
        /// Which file.
        path: PathBuf,
        /// The log's folder.
        folder: PathBuf,
    },
    /// It is no key: another kind of file, or another length.
    #[error("{} is not a log key: a file of exactly {KEY_LENGTH} bytes is wanted", path.display())]
    NotAKey {
        /// Which file.
        path: PathBuf,
    },
}

/// The 32-byte key of a log; wiped on drop.
///
/// It may be derived from bytes that serve other ends as well, such as the hall's key: every use begins with a
/// purpose of its own. But whoever is to verify a log has to be given it, and so a key of its own is better.
#[derive(Clone)]
pub struct LogKey(Zeroizing<[u8; KEY_LENGTH]>);

impl LogKey {
    /// From bytes that the caller keeps elsewhere than on the log's disk.
    pub fn new(bytes: Zeroizing<[u8; KEY_LENGTH]>) -> Self {
        Self(bytes)
    }

    /// Reads the key file of the log in `folder`, which need not exist.
    ///
    /// # Errors
    /// [`LogKeyError`]: the file cannot be read, can be used by others than its owner, lies in the folder or
    /// below it (symbolic links are followed), or does not hold 32 bytes.
    pub fn load(key: &Path, folder: &Path) -> Result<Self, LogKeyError> {
        let failed = |source| LogKeyError::Read { path: key.to_owned(), source };
        let real = key.canonicalize().map_err(failed)?;
        if let Ok(folder) = folder.canonicalize()
            && real.starts_with(&folder)
        {
            return Err(LogKeyError::BesideLog { path: key.to_owned(), folder });
        }
        if !std::fs::metadata(&real).map_err(failed)?.is_file() {
            // opening a FIFO would wait for a writer
            return Err(LogKeyError::NotAKey { path: key.to_owned() });
        }
        let mut file = File::open(&real).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        if about.mode() & 0o077 != 0 {
            return Err(LogKeyError::TooOpen { path: key.to_owned(), mode: about.mode() & 0o7777 });
        }
        if about.len() != KEY_LENGTH as u64 {
            return Err(LogKeyError::NotAKey { path: key.to_owned() });
        }
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        file.read_exact(bytes.as_mut_slice()).map_err(failed)?;
        Ok(Self(bytes))
    }

    /// HMAC-SHA256 (RFC 2104) over the purpose, a zero byte, and the parts one after the other. All but the
    /// last part must be of a length that the purpose fixes.
    pub(crate) fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Hash {
        // RFC 2104 pads a key to the block of the hash (64 bytes for SHA-256) with zeros.
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(self.0.iter()).for_each(|(to, from)| *to = *from);
        let mut padded = (*block).into();
        let mut mac = Hmac::<Sha256>::new(&padded);
        padded.as_mut_slice().zeroize();
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        parts.iter().for_each(|part| mac.update(part));
        Hash(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_hash_is_what_others_compute() {
        let key = LogKey::new(Zeroizing::new([7; KEY_LENGTH]));
        // python3: hmac.new(b'\7'*32, b'onedoor/log/test\0' + b'abc' + b'def', 'sha256').hexdigest()
        let hash = key.mac("onedoor/log/test", &[b"abc", b"def"]);
        assert_eq!(hex::encode(hash.0), "619fefcd28fa2723540c868fdf17b84bfb18b49910e833836b7c2ce457f537da");
        assert_ne!(hash, key.mac("onedoor/log/other", &[b"abc", b"def"]));
        assert_ne!(hash, LogKey::new(Zeroizing::new([8; KEY_LENGTH])).mac("onedoor/log/test", &[b"abcdef"]));
        assert_eq!(format!("{key:?}"), "LogKey(hidden)");
    }

    #[test]
    fn keys_that_are_refused() {
        let (keys, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let make = |path: PathBuf, bytes: &[u8], mode| {
            std::fs::write(&path, bytes).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            path
        };
        for (path, why) in [
            (make(folder.path().join("k"), &[1; 32], 0o600), "lies in"),
            (make(keys.path().join("group"), &[1; 32], 0o640), "mode 0640"),
            (make(keys.path().join("short"), &[1; 31], 0o600), "not a log key"),
            (make(keys.path().join("long"), &[1; 33], 0o600), "not a log key"),
            (keys.path().to_owned(), "not a log key"),
            (keys.path().join("absent"), "put the log's key file there"),
        ] {
            let said = LogKey::load(&path, folder.path()).unwrap_err().to_string();
            assert!(said.contains(why), "{}: {said}", path.display());
        }
        let good = make(keys.path().join("good"), &[1; 32], 0o400);
        assert!(LogKey::load(&good, folder.path()).is_ok());
        assert!(LogKey::load(&good, Path::new("/no/such/folder")).is_ok());
    }
}
