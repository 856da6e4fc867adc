//! Small file habits shared by the emulators: whole-file writes that survive a kill, bounded reads,
//! and identifiers that do not repeat.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::path::Path;

/// Writes `bytes` as the whole content of `path`: a reader sees the old file or the new one, never
/// half of one.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", random_id()));
    let beside = Path::new(&beside);
    fs::write(beside, bytes)?;
    fs::rename(beside, path).inspect_err(|_| {
        let _ = fs::remove_file(beside);
    })
}

/// Reads all of `path`; a file of more than `most` bytes is an error, not a large allocation.
pub(crate) fn read_bounded(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("{} is larger than {most} bytes", path.display()),
        ));
    }
    Ok(bytes)
}

/// 32 hexadecimal digits, different at every call. Good enough to tell things apart; not a secret.
pub(crate) fn random_id() -> String {
    let state = RandomState::new();
    format!("{:016x}{:016x}", state.hash_one(1_u8), state.hash_one(2_u8))
}

/// The same as [`random_id`] in the shape of a version 4 UUID (RFC 9562, section 5.4).
pub(crate) fn random_uuid() -> String {
    let id = random_id();
    let part = |range| id.get(range).unwrap_or("0");
    format!("{}-{}-4{}-8{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_write_replaces_and_leaves_nothing_beside() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("port");
        write_whole(&path, b"1").expect("first write");
        write_whole(&path, b"2").expect("second write");
        assert_eq!(read_bounded(&path, 1).expect("one byte"), b"2");
        assert_eq!(fs::read_dir(dir.path()).expect("listing").count(), 1);
        assert!(read_bounded(&path, 0).is_err());
    }

    #[test]
    fn identifiers_have_their_shape_and_differ() {
        assert_ne!(random_id(), random_id());
        assert_eq!(random_id().len(), 32);
        let uuid = random_uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes().get(14), Some(&b'4'));
    }
}
