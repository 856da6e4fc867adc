//! The files of a log: numbered files of lines, and the head, which tells how far they are known to reach.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::chain::{seal, unseal};
use crate::field::Hash;
use crate::key::LogKey;

/// A file of lines is at most this long, in bytes, whatever the limits.
pub(crate) const LONGEST_FILE: u64 = 16 << 20;
/// So many files are looked at, at most.
const MOST_FILES: usize = 10_000;
/// The head is at most this long, in bytes.
const LONGEST_HEAD: u64 = 512;

/// What the hash of a head begins with.
const PURPOSE: &str = "onedoor/log/head/1";

/// How far the log is known to be on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// the number of the last line
    pub seq: u64,
    /// the file that it is in
    pub file: u32,
    /// its hash
    pub last: Hash,
}

#[derive(Deserialize)]
struct HeadSaid {
    seq: u64,
    file: u32,
    last: String,
}

/// What is found where the head should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FoundHead {
    /// a head under this key
    Good(Head),
    /// nothing
    None,
    /// something else
    Bad,
}

fn head_path(folder: &Path) -> PathBuf {
    folder.join("head")
}

/// The file of this number.
pub(crate) fn file_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}.log"))
}

/// The numbers of the files that are there, in their order.
pub(crate) fn files(folder: &Path) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder)?.take(MOST_FILES) {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".log")).and_then(|n| n.parse().ok());
        numbers.extend(number.filter(|number| file_path(folder, *number).ends_with(&name)));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// All bytes of a file. `None` for what is no file of lines: another kind of thing, or longer than any is.
pub(crate) fn read_file(folder: &Path, number: u32) -> io::Result<Option<Vec<u8>>> {
    read_bounded(&file_path(folder, number), LONGEST_FILE)
}

fn read_bounded(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    if !std::fs::symlink_metadata(path)?.is_file() {
        // opening a FIFO would wait for a writer
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// The head that is there.
pub(crate) fn read_head(folder: &Path, key: &LogKey) -> io::Result<FoundHead> {
    match read_bounded(&head_path(folder), LONGEST_HEAD) {
        Ok(Some(bytes)) => Ok(parse_head(&bytes, key).map_or(FoundHead::Bad, FoundHead::Good)),
        Ok(None) => Ok(FoundHead::Bad),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(FoundHead::None),
        Err(error) => Err(error),
    }
}

fn parse_head(bytes: &[u8], key: &LogKey) -> Option<Head> {
    let (body, mac) = unseal(bytes.strip_suffix(b"\n")?)?;
    if key.mac(PURPOSE, &[body]) != mac {
        return None;
    }
    let said: HeadSaid = serde_json::from_slice(&[body, b"}"].concat()).ok()?;
    let mut last = Hash::default();
    hex::decode_to_slice(&said.last, &mut last.0).ok()?;
    Some(Head { seq: said.seq, file: said.file, last })
}

/// Replaces the head: whole or not at all. Its lines must have been synced before.
pub(crate) fn write_head(folder: &Path, key: &LogKey, head: &Head) -> io::Result<()> {
    let body =
        format!("{{\"seq\":{},\"file\":{},\"last\":\"{}\"", head.seq, head.file, hex::encode(head.last.0));
    let mac = key.mac(PURPOSE, &[body.as_bytes()]);
    let fresh = folder.join("head.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(seal(body, &mac).as_bytes())?;
    file.sync_data()?;
    // The folder is not synced: after a power cut, an older head is as good, only not as far.
    std::fs::rename(fresh, head_path(folder))
}

/// Makes lasting which files are in the folder.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
