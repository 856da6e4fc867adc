//! The hall's key, and what it makes of a document number.
//!
//! A document number has 18 digits with little chance in them: anyone can try them all against a plain
//! hash. Under a key that is kept elsewhere, a stolen ledger names nobody.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use visit::identity::{DocumentKind, DocumentNumber};
use zeroize::{Zeroizing, zeroize_stack};

/// Length of the hall's key, in bytes.
pub const KEY_LENGTH: usize = 32;

/// What every hash begins with, so that no other use of the key gives the same hash.
const PURPOSE: &[u8] = b"onedoor/person/1";

/// Who a visitor is, as far as a ledger may know: HMAC-SHA256 (RFC 2104) of document kind and number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonKey([u8; 32]);

impl PersonKey {
    /// A key that was made by [`HallKey::person`] and kept by a ledger.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes to keep.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonKey(hidden)")
    }
}

/// The hall cannot use a key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read, or the ledger's directory not found.
    #[error("{path}: {source}; put the hall's key file there, or correct its path in the set-up")]
    Read {
        /// which file
        path: PathBuf,
        /// why
        source: io::Error,
    },
    /// A new file cannot be written. What was there before is untouched.
    #[error("no new hall key at {path}: {source}; an existing key is never overwritten")]
    Create {
        /// which file
        path: PathBuf,
        /// why
        source: io::Error,
    },
    /// Others than its owner may use the file.
    #[error("{path} can be used by others (mode {mode:04o}); give it mode 0600 or 0400")]
    TooOpen {
        /// which file
        path: PathBuf,
        /// its permission bits
        mode: u32,
    },
    /// The file lies where the ledger lies: whoever takes one takes both.
    #[error("{path} lies in the ledger's directory {directory}; keep the hall's key elsewhere")]
    BesideLedger {
        /// which file
        path: PathBuf,
        /// the directory of the ledger
        directory: PathBuf,
    },
    /// It is no key: another kind of file, or another length.
    #[error("{path} is not a hall key: a file of exactly {KEY_LENGTH} bytes is wanted")]
    NotAKey {
        /// which file
        path: PathBuf,
    },
}

/// The hall's 32-byte key; wiped on drop.
pub struct HallKey(Zeroizing<[u8; KEY_LENGTH]>);

impl HallKey {
    /// Reads the key file for the ledger at `ledger`, which need not exist yet; its directory must.
    ///
    /// # Errors
    /// [`KeyError`]: the file cannot be read, can be used by others than its owner, lies in the
    /// ledger's directory or below it (symbolic links are followed), or does not hold 32 bytes.
    pub fn load(key: &Path, ledger: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Read { path: key.to_owned(), source };
        let real = key.canonicalize().map_err(failed)?;
        let directory = std::path::absolute(ledger)
            .and_then(|ledger| ledger.parent().unwrap_or(Path::new("/")).canonicalize())
            .map_err(|source| KeyError::Read { path: ledger.to_owned(), source })?;
        if real.starts_with(&directory) {
            return Err(KeyError::BesideLedger { path: key.to_owned(), directory });
        }
        let is_file = std::fs::metadata(&real).map_err(failed)?.is_file();
        if !is_file {
            // opening a FIFO would wait for a writer
            return Err(KeyError::NotAKey { path: key.to_owned() });
        }
        let mut file = File::open(&real).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        if about.mode() & 0o077 != 0 {
            return Err(KeyError::TooOpen { path: key.to_owned(), mode: about.mode() & 0o7777 });
        }
        if about.len() != KEY_LENGTH as u64 {
            return Err(KeyError::NotAKey { path: key.to_owned() });
        }
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        file.read_exact(bytes.as_mut_slice()).map_err(failed)?;
        Ok(Self(bytes))
    }

    /// Makes a new key and writes it to `path`, readable by its owner alone, synced.
    ///
    /// # Errors
    /// [`KeyError::Create`] if there is a file already, or it cannot be written.
    pub fn create(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Create { path: path.to_owned(), source };
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|e| failed(io::Error::other(e.to_string())))?;
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        let written = file.write_all(bytes.as_slice()).and_then(|()| file.sync_all()).and_then(|()| {
            let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(directory)?.sync_all()
        });
        if let Err(source) = written {
            // half a key helps nobody, and would stand in the way of the next attempt
            let _ = std::fs::remove_file(path);
            return Err(failed(source));
        }
        Ok(Self(bytes))
    }

    /// The key of a person: the same for the same number, whatever document shows it, and useless
    /// without the hall's key.
    pub fn person(&self, kind: DocumentKind, number: &DocumentNumber) -> PersonKey {
        /// More than the hash and all that it calls take of the stack, in bytes.
        const TAKEN: usize = 16 * 1024;
        let key = self.hash(kind, number);
        // The hash keeps the number in a block of its own, and leaves copies of it where it was moved.
        zeroize_stack::<TAKEN>();
        key
    }

    /// Not inlined, so that all of its stack lies below that of its caller.
    #[inline(never)]
    fn hash(&self, kind: DocumentKind, number: &DocumentNumber) -> PersonKey {
        // RFC 2104 pads a key to the block of the hash (64 bytes for SHA-256) with zeros.
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(self.0.iter()).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new(&(*block).into());
        mac.update(PURPOSE);
        mac.update(&[0, tag(kind, number)]);
        mac.update(number.reveal().as_bytes());
        PersonKey(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for HallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HallKey(hidden)")
    }
}

/// Part of what is hashed: never change a value.
fn tag(kind: DocumentKind, number: &DocumentNumber) -> u8 {
    match kind {
        DocumentKind::Resident => 1,
        DocumentKind::HmtResidence => 2,
        DocumentKind::ForeignPermanent2017 => 3,
        DocumentKind::ForeignPermanent2023 => 4,
        // It bears the number of the holder's own document, and the number tells which that is:
        // 81, 82 and 83 begin those of Hong Kong, Macao and Taiwan residents, 9 those of foreigners.
        DocumentKind::SocialSecurity => match number.reveal().as_bytes() {
            [b'8', b'1'..=b'3', ..] => 2,
            [b'9', ..] => 4,
            _ => 1,
        },
        DocumentKind::Nothing => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn number(text: &str) -> DocumentNumber {
        DocumentNumber::parse(DocumentKind::Resident, text).unwrap()
    }

    #[test]
    fn a_person_is_the_same_under_the_same_key_only() {
        let key = HallKey(Zeroizing::new([7; KEY_LENGTH]));
        let person = key.person(DocumentKind::Resident, &number("11010519491231002X"));
        // python3: hmac.new(b'\7'*32, b'onedoor/person/1\0\1' + b'11010519491231002X', 'sha256')
        let hex: String = person.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "92a100bdc44c6b31b91fa43ac388138022fae53f62faea40fac59284eee91bab");
        let other = HallKey(Zeroizing::new([8; KEY_LENGTH]));
        assert_ne!(person, other.person(DocumentKind::Resident, &number("11010519491231002X")));
        assert_ne!(person, key.person(DocumentKind::HmtResidence, &number("11010519491231002X")));
        assert_ne!(person, key.person(DocumentKind::Resident, &number("440524188001010014")));
        assert_eq!(format!("{key:?} {person:?}"), "HallKey(hidden) PersonKey(hidden)");
    }

    #[test]
    fn a_social_security_card_names_the_same_person_as_the_document_whose_number_it_bears() {
        let key = HallKey(Zeroizing::new([7; KEY_LENGTH]));
        for (kind, digits) in [
            (DocumentKind::Resident, "11010519491231002"),
            (DocumentKind::HmtResidence, "81000019900101001"),
            (DocumentKind::HmtResidence, "83000019900101001"),
            (DocumentKind::ForeignPermanent2023, "91101019900101001"),
        ] {
            let text = format!("{digits}{}", char::from(visit::identity::mod_11_2(digits.as_bytes())));
            let own = key.person(kind, &DocumentNumber::parse(kind, &text).unwrap());
            let social = DocumentKind::SocialSecurity;
            let card = key.person(social, &DocumentNumber::parse(social, &text).unwrap());
            assert_eq!(card, own, "{kind:?} {digits}");
        }
    }

    #[test]
    fn a_key_is_made_once_and_read_back() {
        let (keys, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (path, ledger) = (keys.path().join("hall.key"), data.path().join("ledger.db"));
        let made = HallKey::create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(*HallKey::load(&path, &ledger).unwrap().0, *made.0);
        assert!(matches!(HallKey::create(&path), Err(KeyError::Create { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), *made.0, "never overwritten");
        let second = HallKey::create(&keys.path().join("second.key")).unwrap();
        assert_ne!(*second.0, *made.0);
    }

    #[test]
    fn keys_that_are_refused() {
        let (keys, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ledger = data.path().join("ledger.db");
        let below = data.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        let good = keys.path().join("hall.key");
        HallKey::create(&good).unwrap();
        let make = |path: &Path, bytes: &[u8], mode| {
            std::fs::write(path, bytes).unwrap();
            std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
            path.to_owned()
        };
        let beside = make(&data.path().join("k"), &[1; 32], 0o600);
        let link = keys.path().join("link");
        symlink(&beside, &link).unwrap();
        let table = [
            (beside.clone(), "lies in"),
            (make(&below.join("k"), &[1; 32], 0o600), "lies in"),
            (keys.path().join("../").join(data.path().file_name().unwrap()).join("k"), "lies in"),
            (link, "lies in"),
            (make(&keys.path().join("group"), &[1; 32], 0o640), "mode 0640"),
            (make(&keys.path().join("world"), &[1; 32], 0o604), "mode 0604"),
            (make(&keys.path().join("short"), &[1; 31], 0o600), "not a hall key"),
            (make(&keys.path().join("long"), &[1; 33], 0o600), "not a hall key"),
            (keys.path().to_owned(), "not a hall key"),
            (keys.path().join("absent"), "put the hall's key file there"),
        ];
        for (path, why) in table {
            let said = HallKey::load(&path, &ledger).unwrap_err().to_string();
            assert!(said.contains(why), "{}: {said}", path.display());
        }
        assert!(HallKey::load(&good, &ledger).is_ok());
        assert!(HallKey::load(&make(&keys.path().join("read"), &[1; 32], 0o400), &ledger).is_ok());
        assert!(HallKey::load(&good, Path::new("/no/such/directory/l.db")).is_err());
    }
}
