//! The key to a kiosk's disk, kept by the office for the day on which the TPM forgets it.

use crate::disk::Disk;
use crate::fingerprint::Fingerprint;
use crate::places::Places;
use crate::sealed::{NotOpened, OpeningKey, Purpose, SealingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use zeroize::Zeroizing;

/// The sealed file is at most this long, in bytes.
pub const LONGEST_SEALED: usize = 4096;
/// Its name on the EFI system partition, and among the kiosk's keys until the office has it.
pub const SEALED: &str = "recovery.sealed";
/// What is read of a recovery key, at most: its line, and what ends it.
pub const LONGEST_KEY: usize = 256;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    fingerprint: Fingerprint,
    volume: String,
    sealed: String,
}

/// Why nothing was sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum EscrowError {
    /// The text is no recovery key.
    #[error("is no recovery key: eight groups of eight letters, as systemd-cryptenroll prints them")]
    NoKey,
    /// The text is no UUID.
    #[error("is no UUID of a LUKS volume, as `cryptsetup luksUUID` prints it")]
    NoVolume,
    /// The file is none.
    #[error("is no sealed recovery key")]
    Form,
    /// It does not open.
    #[error("{0}")]
    NotOpened(#[from] NotOpened),
    /// The disk failed.
    #[error("{0}")]
    Disk(#[from] io::Error),
}

/// A recovery key as systemd-cryptenroll prints it: eight groups of eight of its sixteen letters.
fn is_key(text: &str) -> bool {
    let group = |group: &str| group.len() == 8 && group.bytes().all(|b| b"cbdefghijklnrtuv".contains(&b));
    text.split('-').count() == 8 && text.split('-').all(group)
}

fn is_volume(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

fn bond(fingerprint: Fingerprint, volume: &str) -> Vec<u8> {
    format!("{fingerprint}\0{volume}").into_bytes()
}

/// Seals a recovery key for the office: bound to the kiosk and the volume that it opens.
///
/// # Errors
/// [`EscrowError`].
pub fn seal(
    key: &str,
    volume: &str,
    fingerprint: Fingerprint,
    to: SealingKey,
) -> Result<Vec<u8>, EscrowError> {
    let key = key.trim_ascii();
    if !is_key(key) {
        return Err(EscrowError::NoKey);
    }
    let volume = volume.to_ascii_lowercase();
    if !is_volume(&volume) {
        return Err(EscrowError::NoVolume);
    }
    let sealed = to.seal(Purpose::Recovery, &bond(fingerprint, &volume), key.as_bytes())?;
    let written = Written { format: 1, fingerprint, volume, sealed: STANDARD.encode(sealed) };
    serde_json::to_vec_pretty(&written).map_err(|error| EscrowError::Disk(io::Error::other(error)))
}

/// A recovery key, and what it opens.
pub struct Recovered {
    /// which kiosk
    pub fingerprint: Fingerprint,
    /// which LUKS volume
    pub volume: String,
    /// the key
    pub key: Zeroizing<String>,
}

/// Opens what was sealed for the office.
///
/// # Errors
/// [`EscrowError`].
pub fn open(sealed: &[u8], key: &OpeningKey) -> Result<Recovered, EscrowError> {
    if sealed.len() > LONGEST_SEALED {
        return Err(EscrowError::Form);
    }
    let written: Written = serde_json::from_slice(sealed).map_err(|_| EscrowError::Form)?;
    if written.format != 1 || !is_volume(&written.volume) {
        return Err(EscrowError::Form);
    }
    let bytes = STANDARD.decode(&written.sealed).map_err(|_| EscrowError::Form)?;
    let bond = bond(written.fingerprint, &written.volume);
    let opened = key.open(Purpose::Recovery, &bond, &bytes)?;
    let key = std::str::from_utf8(&opened).ok().filter(|key| is_key(key)).ok_or(EscrowError::Form)?;
    Ok(Recovered {
        fingerprint: written.fingerprint,
        volume: written.volume,
        key: Zeroizing::new(key.to_owned()),
    })
}

/// Keeps what was sealed: where somebody with the disk finds it, and until the office has it.
///
/// # Errors
/// The disk failed.
pub fn keep(places: &Places, disk: &Disk<'_>, folder: &Path, sealed: &[u8]) -> io::Result<()> {
    disk.replace(&places.keys().join(SEALED), sealed, 0o400, None)?;
    disk.folder(folder, 0o700, None)?;
    disk.replace(&folder.join(SEALED), sealed, 0o400, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "cbdefghi-jklnrtuv-cbdefghi-jklnrtuv-cbdefghi-jklnrtuv-cbdefghi-jklnrtuv";
    const VOLUME: &str = "0B5FD2B8-6D4C-4E0F-9F0E-1A2B3C4D5E6F";

    fn print() -> Fingerprint {
        Fingerprint::of(b"tls", SealingKey::new([7; 32]))
    }

    #[test]
    fn a_recovery_key_comes_back_for_its_kiosk_and_volume_alone() {
        let office = OpeningKey::make().unwrap();
        let sealed = seal(&format!("{KEY}\n"), VOLUME, print(), office.public()).unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("cbdefghi"));
        let opened = open(&sealed, &office).unwrap();
        assert_eq!((opened.key.as_str(), opened.fingerprint), (KEY, print()));
        assert_eq!(opened.volume, VOLUME.to_ascii_lowercase());
        assert!(matches!(open(&sealed, &OpeningKey::make().unwrap()), Err(EscrowError::NotOpened(_))));
        let text = String::from_utf8(sealed).unwrap();
        let other = text.replace("1a2b3c4d5e6f", "1a2b3c4d5e60");
        assert_ne!(other, text);
        assert!(matches!(open(other.as_bytes(), &office), Err(EscrowError::NotOpened(_))));
    }

    #[test]
    fn what_is_no_key_is_not_sealed() {
        let to = OpeningKey::make().unwrap().public();
        for key in ["", "cbdefghi", &KEY.replace('c', "a"), &KEY[9..], &format!("{KEY}-cbdefghi")] {
            assert!(matches!(seal(key, VOLUME, print(), to), Err(EscrowError::NoKey)), "{key}");
        }
        for volume in ["", "x", "0B5FD2B8-6D4C-4E0F-9F0E-1A2B3C4D5E6", &VOLUME.replace('B', "G")] {
            assert!(matches!(seal(KEY, volume, print(), to), Err(EscrowError::NoVolume)), "{volume}");
        }
        for wrong in [&b""[..], b"{}", &[b'x'; 5000]] {
            assert!(matches!(open(wrong, &OpeningKey::make().unwrap()), Err(EscrowError::Form)));
        }
    }
}
