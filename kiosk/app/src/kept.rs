//! Small things that outlive a restart, each in a file of its own: read whole and bounded, written whole or not
//! at all.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{Error, ErrorKind, Read, Write};
use std::path::Path;

/// The longest file that can be ours, in bytes.
const LONGEST: u64 = 256 * 1024;

/// Whether what is written must be on the disk before anything goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// it must: what is told afterwards rests on it
    Now,
    /// the loss of the last of it in a power cut harms nobody
    Later,
}

/// What the file holds; `None` where there is none yet.
///
/// # Errors
/// It cannot be read, is too long, or is not of this form.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut text = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(Error::other("it is too long"));
    }
    Ok(Some(serde_json::from_slice(&text)?))
}

/// Writes it in place of what was there, with the folder if need be.
///
/// # Errors
/// That of the system; what was there before is there still.
pub fn write<T: Serialize>(path: &Path, what: &T, sync: Sync) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let fresh = path.with_extension("new");
    let mut file = std::fs::File::create(&fresh)?;
    file.write_all(&serde_json::to_vec(what)?)?;
    // Else the name could outlive what it stands for, and all of it would be lost.
    file.sync_data()?;
    std::fs::rename(&fresh, path)?;
    if sync == Sync::Now {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_all_else_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("below").join("kept.json");
        assert_eq!(read::<Vec<u8>>(&path).expect("no file yet"), None);
        for sync in [Sync::Now, Sync::Later] {
            write(&path, &[1, 2, 3], sync).expect("written");
            assert_eq!(read::<Vec<u8>>(&path).expect("a file"), Some(vec![1, 2, 3]));
        }
        assert_eq!(std::fs::read_dir(folder.path().join("below")).expect("a folder").count(), 1);
        for content in [&b"{"[..], b"[1, 2, 300]", &[b' '; 300_000]] {
            std::fs::write(&path, content).expect("a file");
            assert!(read::<Vec<u8>>(&path).is_err());
        }
        assert!(write(&path.join("below-a-file"), &1, Sync::Later).is_err());
    }
}
