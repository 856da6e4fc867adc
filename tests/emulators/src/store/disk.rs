//! What the store keeps in its folder: uploads, and the materials made of them.
//!
//! `uploads/ID.bin` holds the bytes received so far, so that its length is the offset: bytes count
//! from the moment they are written, and a kill of the process loses none. `uploads/ID.json` holds
//! what the client said at creation; `uploads/ID.gone` is all that is left of one that ran out.
//! `materials/ID.bin` and `materials/ID.json` are the same for a
//! registered material; its bytes are the upload's, by hard link, and outlive the upload.

use crate::files;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Notes beside the bytes are small; a longer file is not ours.
const MOST_NOTE: u64 = 256 * 1024;

/// A name that is safe as a file name and in a URL: 1 to 64 letters, digits, `.`, `_` and `-`, the
/// first a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id(String);

impl Id {
    /// `None` when the text is not such a name.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        fits.then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a client said when it created an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UploadNote {
    /// Bytes announced.
    pub(super) length: u64,
    /// The Upload-Metadata header as it came.
    pub(super) metadata: Option<String>,
    /// The same, decoded.
    pub(super) entries: BTreeMap<String, String>,
}

/// The folders of one store.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    uploads: PathBuf,
    materials: PathBuf,
}

impl Disk {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let disk = Self { uploads: folder.join("uploads"), materials: folder.join("materials") };
        fs::create_dir_all(&disk.uploads)?;
        fs::create_dir_all(&disk.materials)?;
        Ok(disk)
    }

    fn upload(&self, id: &Id, kind: &str) -> PathBuf {
        self.uploads.join(format!("{}.{kind}", id.0))
    }

    fn material(&self, id: &Id, kind: &str) -> PathBuf {
        self.materials.join(format!("{}.{kind}", id.0))
    }

    /// Makes an empty upload. The note is written last: an upload without one does not exist.
    pub(super) fn create(&self, note: &UploadNote) -> io::Result<Id> {
        let id = Id(files::random_id());
        File::create_new(self.upload(&id, "bin"))?;
        files::write_whole(&self.upload(&id, "json"), &serde_json::to_vec(note)?)?;
        Ok(id)
    }

    /// The note and the offset of an upload.
    pub(super) fn look(&self, id: &Id) -> io::Result<Option<(UploadNote, u64)>> {
        let Some(note) = note(&self.upload(id, "json"))? else {
            return Ok(None);
        };
        let offset = fs::metadata(self.upload(id, "bin"))?.len();
        Ok(Some((note, offset)))
    }

    /// Opens an upload's bytes for appending at `offset`; what lies beyond it is thrown away.
    pub(super) fn append(&self, id: &Id, offset: u64) -> io::Result<Bytes> {
        let mut file = OpenOptions::new().write(true).open(self.upload(id, "bin"))?;
        file.set_len(offset)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Bytes { file, start: offset, offset })
    }

    /// When the last byte of an upload came; at first, when it was made.
    pub(super) fn touched(&self, id: &Id) -> io::Result<SystemTime> {
        fs::metadata(self.upload(id, "bin"))?.modified()
    }

    /// Drops an upload for good, but for the fact that there was one; materials made of it keep their
    /// bytes.
    pub(super) fn retire(&self, id: &Id) -> io::Result<()> {
        files::write_whole(&self.upload(id, "gone"), b"")?;
        fs::remove_file(self.upload(id, "json"))?;
        fs::remove_file(self.upload(id, "bin"))
    }

    /// Whether there was such an upload.
    pub(super) fn is_gone(&self, id: &Id) -> bool {
        self.upload(id, "gone").is_file()
    }

    /// SHA-256 of the bytes an upload holds, lower-case hexadecimal.
    pub(super) fn upload_digest(&self, id: &Id) -> io::Result<String> {
        digest(&self.upload(id, "bin"))
    }

    /// Makes a material of an upload; `note` is kept beside it.
    pub(super) fn register<T: Serialize>(&self, upload: &Id, id: &Id, note: &T) -> io::Result<()> {
        let bytes = self.material(id, "bin");
        match fs::remove_file(&bytes) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::hard_link(self.upload(upload, "bin"), bytes)?;
        self.note_material(id, note)
    }

    /// Keeps the note of a material in the place of the one before.
    pub(super) fn note_material<T: Serialize>(&self, id: &Id, note: &T) -> io::Result<()> {
        files::write_whole(&self.material(id, "json"), &serde_json::to_vec(note)?)
    }

    /// The note of a material.
    pub(super) fn material_note<T: for<'a> Deserialize<'a>>(&self, id: &Id) -> io::Result<Option<T>> {
        note(&self.material(id, "json"))
    }

    /// Identifiers of all uploads, sorted.
    pub(super) fn upload_ids(&self) -> io::Result<Vec<Id>> {
        ids(&self.uploads)
    }

    /// Identifiers of all materials, sorted.
    pub(super) fn material_ids(&self) -> io::Result<Vec<Id>> {
        ids(&self.materials)
    }

    /// Where a material's bytes, or else an upload's, are.
    pub(super) fn bytes_path(&self, id: &Id) -> Option<PathBuf> {
        let noted = |kind: fn(&Self, &Id, &str) -> PathBuf| {
            kind(self, id, "json").is_file().then(|| kind(self, id, "bin"))
        };
        noted(Self::material).or_else(|| noted(Self::upload))
    }
}

/// An upload's bytes, open for appending.
#[derive(Debug)]
pub(super) struct Bytes {
    file: File,
    start: u64,
    offset: u64,
}

impl Bytes {
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Appends; the offset rises with what was written. Writing goes to the page cache and is short
    /// enough to be done in place; it is never left half done by an abandoned request.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let outcome = self.file.write_all(bytes);
        self.offset = self.file.stream_position()?;
        outcome
    }

    /// Throws away what this request brought.
    pub(super) fn discard(&mut self) -> io::Result<()> {
        self.file.set_len(self.start)?;
        self.offset = self.file.seek(SeekFrom::Start(self.start))?;
        Ok(())
    }
}

fn note<T: for<'a> Deserialize<'a>>(path: &Path) -> io::Result<Option<T>> {
    match files::read_bounded(path, MOST_NOTE) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn ids(folder: &Path) -> io::Result<Vec<Id>> {
    let mut ids = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let id = name.to_str().and_then(|name| name.strip_suffix(".json")).and_then(Id::parse);
        ids.extend(id);
    }
    ids.sort();
    Ok(ids)
}

/// SHA-256 of a file, lower-case hexadecimal.
pub(super) fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
    }
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> (tempfile::TempDir, Disk) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let disk = Disk::open(dir.path()).expect("the folders");
        (dir, disk)
    }

    fn note(length: u64) -> UploadNote {
        UploadNote { length, metadata: None, entries: BTreeMap::new() }
    }

    #[test]
    fn names_are_safe() {
        for good in ["a", "0", "m-1.2_3", &"x".repeat(64)] {
            assert!(Id::parse(good).is_some(), "{good}");
        }
        for bad in ["", ".", "..", "-a", "a/b", "a\\b", "a b", "名", "a%2e", &"x".repeat(65)] {
            assert!(Id::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_offset_is_what_was_written() {
        let (_dir, disk) = disk();
        let id = disk.create(&note(6)).expect("an upload");
        let mut bytes = disk.append(&id, 0).expect("opening");
        bytes.write(b"abc").expect("writing");
        assert_eq!(disk.look(&id).expect("looking"), Some((note(6), 3)));
        drop(bytes);
        let mut bytes = disk.append(&id, 3).expect("opening");
        bytes.write(b"xyz").expect("writing");
        bytes.discard().expect("discarding");
        assert_eq!(bytes.offset(), 3);
        bytes.write(b"def").expect("writing");
        // SHA-256 of "abcdef"
        assert_eq!(
            disk.upload_digest(&id).expect("the digest"),
            "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721"
        );
    }

    #[test]
    fn a_material_outlives_its_upload() {
        let (_dir, disk) = disk();
        let upload = disk.create(&note(2)).expect("an upload");
        disk.append(&upload, 0).expect("opening").write(b"ok").expect("writing");
        let id = Id::parse("m-1").expect("a name");
        disk.register(&upload, &id, &note(2)).expect("registering");
        disk.register(&upload, &id, &note(2)).expect("registering again");
        assert!(!disk.is_gone(&upload));
        disk.retire(&upload).expect("dropping");
        assert_eq!(disk.look(&upload).expect("looking"), None);
        assert!(disk.is_gone(&upload));
        assert_eq!(disk.upload_ids().expect("listing"), []);
        assert_eq!(disk.material_ids().expect("listing"), std::slice::from_ref(&id));
        let path = disk.bytes_path(&id).expect("the bytes");
        assert_eq!(fs::read(path).expect("reading"), b"ok");
    }
}
