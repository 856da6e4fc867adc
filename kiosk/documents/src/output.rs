//! A file that appears whole or not at all, with its digest and the places of what is in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::PageError;

/// Largest piece copied or held back, in bytes.
const PIECE: usize = 64 * 1024;

/// Bytes on their way to a file: counted, digested, written.
pub(crate) struct Output<W> {
    to: W,
    held: Vec<u8>,
    digest: Sha256,
    offset: u64,
}

impl<W: Write> Output<W> {
    pub(crate) fn new(to: W) -> Self {
        Self { to, held: Vec::with_capacity(PIECE), digest: Sha256::new(), offset: 0 }
    }

    /// Bytes so far, which is the offset of what comes next.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.held.len() + bytes.len() > PIECE {
            self.flush()?;
        }
        self.digest.update(bytes);
        self.offset += bytes.len() as u64;
        if bytes.len() > PIECE {
            self.to.write_all(bytes)
        } else {
            self.held.extend_from_slice(bytes);
            Ok(())
        }
    }

    /// The digest of everything so far.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.digest.clone().finalize().into()
    }

    /// Hands everything on and returns what was written to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        Ok(self.to)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.write_all(&self.held)?;
        self.held.clear();
        Ok(())
    }
}

/// Hands exactly `bytes` bytes on, piece by piece; `Ok(false)` when `from` holds fewer.
pub(crate) fn copy(
    mut from: impl Read,
    bytes: u64,
    mut to: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<bool, Side> {
    let mut piece = vec![0; PIECE];
    let mut left = bytes;
    while left > 0 {
        let want = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let got = match from.read(piece.get_mut(..want).unwrap_or_default()) {
            Ok(0) => return Ok(false),
            Ok(got) => got,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => return Err(Side::Read(e)),
        };
        to(piece.get(..got).unwrap_or_default()).map_err(Side::Write)?;
        left -= got as u64;
    }
    Ok(true)
}

/// The same of a page's file for its document; `path` and `out` name the two in errors.
pub(crate) fn copy_page(
    from: impl Read,
    bytes: u64,
    (path, out): (&Path, &Path),
    to: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), PageError> {
    match copy(from, bytes, to) {
        Ok(true) => Ok(()),
        Ok(false) => Err(PageError::Changed { path: path.to_owned() }),
        Err(Side::Read(e)) => Err(PageError::reading(path, &e)),
        Err(Side::Write(e)) => Err(PageError::writing(out, &e)),
    }
}

/// Which side of a copy failed.
#[derive(Debug)]
pub(crate) enum Side {
    Read(io::Error),
    Write(io::Error),
}

/// The `.part` file beside the final one; removed when dropped before [`Part::keep`].
pub(crate) struct Part {
    part: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl Part {
    /// Starts afresh, in place of what an earlier attempt may have left.
    pub(crate) fn create(path: &Path) -> io::Result<(Self, File)> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        match fs::remove_file(&part) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        // An archive is read back for its digest.
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&part)?;
        Ok((Self { part, path: path.to_owned(), kept: false }, file))
    }

    /// Makes the file permanent under its own name: file, name and folder reach the disk.
    pub(crate) fn keep(mut self, file: File) -> io::Result<()> {
        file.sync_all()?;
        drop(file);
        fs::rename(&self.part, &self.path)?;
        self.kept = true;
        let dir = match self.path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir,
            _ => Path::new("."),
        };
        File::open(dir)?.sync_all()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            // Best effort: the next attempt removes what is left.
            let _ = fs::remove_file(&self.part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_and_digested_is_what_is_written() {
        let mut output = Output::new(vec![]);
        let big = vec![7; 3 * PIECE + 5];
        output.write(b"head").unwrap();
        output.write(&big).unwrap();
        assert!(copy(&big[..], 70_000, |piece| output.write(piece)).unwrap());
        assert!(!copy(&big[..10], 11, |piece| output.write(piece)).unwrap());
        assert_eq!(output.offset(), 4 + big.len() as u64 + 70_000 + 10);
        let digest = output.digest();
        let written = output.finish().unwrap();
        assert_eq!(digest, <[u8; 32]>::from(Sha256::digest(&written)));
        assert_eq!(written.len(), 4 + big.len() + 70_010);
    }

    #[test]
    fn nothing_remains_of_an_abandoned_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pdf");
        fs::write(dir.path().join("a.pdf.part"), b"old").unwrap();
        let (part, mut file) = Part::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(part);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        let (part, mut file) = Part::create(&path).unwrap();
        file.write_all(b"whole").unwrap();
        part.keep(file).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
