//! The kiosk's own keys, made once, at its first boot.
//!
//! ```text
//! /data/keys            root:onedoor 0750
//!   identity.pub        the first key for TLS (PEM): with the sealing key's, the kiosk's fingerprint
//!   sealing.key         X25519, root's alone: only what runs as root opens what the hall sealed
//!   outbox.key log.key  32 random bytes
//!   pairs/1 …           a key for TLS and, once the office has approved, its certificate
//!   pairs/current       → the pair in use
//!   kiosk.pem kiosk-key.pem   → pairs/current/…
//!   hall.key entry.key        → ../hall/current/secrets/…
//! ```

use crate::disk::Disk;
use crate::fingerprint::Fingerprint;
use crate::pem;
use crate::places::{Owner, Places, read};
use crate::sealed::OpeningKey;
use crate::signature;
use rcgen::PublicKeyData;
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const LONGEST_KEY: u64 = 4096;
/// A certificate with those above it is at most this long, in bytes.
pub(crate) const LONGEST_CHAIN: u64 = 64 * 1024;

/// The certificate of a pair.
pub(crate) const CERTIFICATE: &str = "kiosk.pem";
/// The key of a pair.
pub(crate) const KEY: &str = "kiosk-key.pem";

/// The kiosk's identity.
#[derive(Debug)]
pub struct Keys {
    /// the key that it was first known by (SubjectPublicKeyInfo, DER)
    pub identity: Vec<u8>,
    /// opens what is sealed for this kiosk
    pub opening: OpeningKey,
    /// what it is recognised by
    pub fingerprint: Fingerprint,
}

/// A key for TLS, and its certificate if it has one.
pub struct Pair {
    /// its folder
    pub folder: PathBuf,
    number: u64,
    /// the key
    pub key: rcgen::KeyPair,
    /// the key, as it is in its file
    pub key_pem: Zeroizing<Vec<u8>>,
    /// the certificate and those above it (PEM)
    pub certificate: Option<Vec<u8>>,
}

impl Pair {
    /// SubjectPublicKeyInfo (DER).
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        self.key.subject_public_key_info()
    }
}

fn wrong(path: &Path, what: &str) -> io::Error {
    io::Error::other(format!("{}: {what}", path.display()))
}

fn failed(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("no key could be made: {error}"))
}

/// Makes what is missing, and reads the rest. Whoever calls holds the lock.
///
/// # Errors
/// Something cannot be written or read, or is not what it should be. A key that is there and damaged is never
/// replaced: what it protects would be lost with it.
pub fn ensure(places: &Places, disk: &Disk<'_>) -> io::Result<Keys> {
    let owner = places.owner()?;
    let of_root = Owner { uid: rustix::process::geteuid().as_raw(), gid: owner.gid };
    let folder = places.keys();
    disk.folder(&places.data(), 0o755, None)?;
    disk.folder(&folder, 0o750, Some(of_root))?;
    for name in ["outbox.key", "log.key"] {
        let path = folder.join(name);
        if !path.try_exists()? {
            let mut key = Zeroizing::new([0; 32]);
            getrandom::fill(&mut *key).map_err(failed)?;
            disk.replace(&path, &*key, 0o400, Some(owner))?;
        }
        if path.metadata()?.len() != 32 {
            return Err(wrong(&path, "has not 32 bytes; restore it, or have the kiosk set up anew"));
        }
    }
    let path = folder.join("sealing.key");
    if !path.try_exists()? {
        let key = OpeningKey::make().map_err(failed)?;
        disk.replace(&path, key.pem().as_bytes(), 0o400, None)?;
    }
    let opening = OpeningKey::from_pem(&Zeroizing::new(read(&path, LONGEST_KEY)?))
        .ok_or_else(|| wrong(&path, "is no X25519 key; have the kiosk set up anew"))?;
    let pairs = folder.join("pairs");
    disk.folder(&pairs, 0o750, Some(of_root))?;
    clean(disk, &pairs)?;
    if current(places)?.is_none() {
        let first = match numbers(&pairs).first() {
            Some(number) => *number,
            None => make_pair(places, disk, 1)?,
        };
        disk.link(Path::new(&first.to_string()), &pairs.join("current"))?;
    }
    let identity_path = folder.join("identity.pub");
    if !identity_path.try_exists()? {
        let pair = current(places)?.ok_or_else(|| wrong(&pairs, "has no pair"))?;
        disk.replace(&identity_path, pair.key.public_key_pem().as_bytes(), 0o444, None)?;
    }
    let identity = pem::public_keys(&read(&identity_path, LONGEST_KEY)?)
        .and_then(|keys| keys.into_iter().next())
        .ok_or_else(|| wrong(&identity_path, "is no public key; have the kiosk set up anew"))?;
    for (name, target) in [
        (CERTIFICATE, "pairs/current/kiosk.pem"),
        (KEY, "pairs/current/kiosk-key.pem"),
        ("hall.key", "../hall/current/secrets/hall.key"),
        ("entry.key", "../hall/current/secrets/entry.key"),
    ] {
        let path = folder.join(name);
        if std::fs::read_link(&path).ok().as_deref() != Some(Path::new(target)) {
            disk.link(Path::new(target), &path)?;
        }
    }
    let fingerprint = Fingerprint::of(&identity, opening.public());
    Ok(Keys { identity, opening, fingerprint })
}

/// Removes what a power cut left half made.
fn clean(disk: &Disk<'_>, folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(".new-") {
            disk.remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Numbers of pairs, the smallest first.
fn numbers(pairs: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(pairs).into_iter().flatten().flatten();
    let mut numbers: Vec<u64> = entries.filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

fn make_pair(places: &Places, disk: &Disk<'_>, number: u64) -> io::Result<u64> {
    let owner = places.owner()?;
    let of_root = Owner { uid: rustix::process::geteuid().as_raw(), gid: owner.gid };
    let pairs = places.keys().join("pairs");
    let new = pairs.join(format!(".new-{number}"));
    disk.remove(&new)?;
    disk.folder(&new, 0o750, Some(of_root))?;
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    disk.file(&new.join(KEY), Zeroizing::new(key.serialize_pem()).as_bytes(), 0o400, Some(owner))?;
    disk.sync(&new)?;
    disk.rename(&new, &pairs.join(number.to_string()))?;
    Ok(number)
}

fn load(pairs: &Path, number: u64) -> io::Result<Pair> {
    let folder = pairs.join(number.to_string());
    let path = folder.join(KEY);
    let key_pem = Zeroizing::new(read(&path, LONGEST_KEY)?);
    let key = signature::pair(&key_pem).ok_or_else(|| wrong(&path, "is no P-256 key"))?;
    let certificate = match read(&folder.join(CERTIFICATE), LONGEST_CHAIN) {
        Ok(pem) => Some(pem),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    Ok(Pair { folder, number, key, key_pem, certificate })
}

/// The pair in use.
///
/// # Errors
/// It cannot be read.
pub fn current(places: &Places) -> io::Result<Option<Pair>> {
    let pairs = places.keys().join("pairs");
    let Ok(target) = std::fs::read_link(pairs.join("current")) else { return Ok(None) };
    let number = target.to_str().and_then(|target| target.parse().ok());
    load(&pairs, number.ok_or_else(|| wrong(&pairs, "current leads nowhere"))?).map(Some)
}

/// The pair that is to follow the one in use, made if there is none.
///
/// # Errors
/// It cannot be read or made.
pub fn next(places: &Places, disk: &Disk<'_>, current: &Pair) -> io::Result<Pair> {
    let pairs = places.keys().join("pairs");
    let pending = numbers(&pairs).into_iter().find(|number| *number > current.number);
    let number = match pending {
        Some(number) => number,
        None => make_pair(places, disk, current.number.saturating_add(1))?,
    };
    load(&pairs, number)
}

/// Puts a certificate to its key and uses the two from now on; others go.
///
/// # Errors
/// It cannot be written.
pub fn use_pair(places: &Places, disk: &Disk<'_>, pair: &Pair, certificate: &[u8]) -> io::Result<()> {
    let pairs = places.keys().join("pairs");
    disk.replace(&pair.folder.join(CERTIFICATE), certificate, 0o444, Some(places.owner()?))?;
    let target = PathBuf::from(pair.number.to_string());
    if std::fs::read_link(pairs.join("current")).ok().as_ref() != Some(&target) {
        disk.link(&target, &pairs.join("current"))?;
    }
    for number in numbers(&pairs).into_iter().filter(|number| *number != pair.number) {
        disk.remove(&pairs.join(number.to_string()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::places;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn keys_are_made_once_and_are_nobodys_else() {
        let (folder, places) = places();
        let keys = ensure(&places, &Disk::new()).unwrap();
        let bytes = |name: &str| std::fs::read(places.keys().join(name)).unwrap();
        let before: Vec<_> = ["outbox.key", "log.key", "sealing.key", KEY, "identity.pub"].map(bytes).into();
        assert_eq!((before[0].len(), before[1].len()), (32, 32));
        assert_ne!(before[0], before[1]);
        let again = ensure(&places, &Disk::new()).unwrap();
        assert_eq!(again.fingerprint, keys.fingerprint);
        let after: Vec<_> = ["outbox.key", "log.key", "sealing.key", KEY, "identity.pub"].map(bytes).into();
        assert_eq!(before, after);
        for name in ["outbox.key", "log.key", "sealing.key", "pairs/1/kiosk-key.pem"] {
            let mode = std::fs::metadata(places.keys().join(name)).unwrap().mode();
            assert_eq!(mode & 0o7777, 0o400, "{name}");
        }
        drop(folder);
    }

    #[test]
    fn a_damaged_key_is_never_replaced() {
        let (_folder, places) = places();
        ensure(&places, &Disk::new()).unwrap();
        let path = places.keys().join("outbox.key");
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "short").unwrap();
        let error = ensure(&places, &Disk::new()).unwrap_err().to_string();
        assert!(error.contains("outbox.key"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"short");
    }

    #[test]
    fn the_next_pair_takes_over_whole() {
        let (_folder, places) = places();
        let keys = ensure(&places, &Disk::new()).unwrap();
        let first = current(&places).unwrap().unwrap();
        assert_eq!(first.public(), keys.identity);
        let second = next(&places, &Disk::new(), &first).unwrap();
        assert_eq!(next(&places, &Disk::new(), &first).unwrap().public(), second.public());
        assert_eq!(current(&places).unwrap().unwrap().public(), first.public());
        use_pair(&places, &Disk::new(), &second, b"certificate").unwrap();
        let now = current(&places).unwrap().unwrap();
        assert_eq!(now.public(), second.public());
        assert_eq!(std::fs::read(places.keys().join(CERTIFICATE)).unwrap(), b"certificate");
        assert!(!first.folder.exists());
        assert_eq!(ensure(&places, &Disk::new()).unwrap().fingerprint, keys.fingerprint);
    }

    /// Wherever the power is cut, the next boot has keys, and those that were whole are the same.
    #[test]
    fn a_power_cut_at_any_step_leaves_keys_that_can_be_made() {
        let steps = crate::testing::steps(|disk| {
            let (_folder, places) = places();
            ensure(&places, disk).map(drop)
        });
        assert!(steps > 20, "{steps}");
        for cut in 0..steps {
            let (_folder, places) = places();
            crate::testing::cut(cut, |disk| ensure(&places, disk).map(drop));
            let keys = ensure(&places, &Disk::new()).unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
            let again = ensure(&places, &Disk::new()).unwrap();
            assert_eq!(keys.fingerprint, again.fingerprint);
        }
    }
}
