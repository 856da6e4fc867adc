//! A file that appears whole or not at all, with its digest and the places of what is in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;
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

/// A file that has no name yet, in the folder where it is to have one: nothing of it is left, whatever ends
/// the program before [`Part::keep`], and nobody else who writes the same file has a part in it.
pub(crate) struct Part {
    path: PathBuf,
    /// A name that it has for the time being; removed when dropped.
    name: Option<PathBuf>,
}

impl Part {
    pub(crate) fn create(path: &Path) -> io::Result<(Self, File)> {
        // An archive is read back for its digest.
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match rustix::fs::open(folder(path), flags, Mode::from_raw_mode(0o666)) {
            Ok(file) => Ok((Self { path: path.to_owned(), name: None }, file.into())),
            // Not every file system has files without a name.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Self::named(path),
            Err(e) => Err(e.into()),
        }
    }

    fn named(path: &Path) -> io::Result<(Self, File)> {
        let open = |name: &Path| OpenOptions::new().read(true).write(true).create_new(true).open(name);
        let (name, file) = under_own_name(path, open)?;
        Ok((Self { path: path.to_owned(), name: Some(name) }, file))
    }

    /// Gives the file its own name.
    ///
    /// It is not synced. Pages and documents only stand here until the outbox has taken them, which syncs what it
    /// takes; most are gone again before any of them would have reached the disk, where they have no business.
    pub(crate) fn keep(mut self, file: &File) -> io::Result<()> {
        // Named by this for as long as the file is open here (proc(5)).
        let own = format!("/proc/self/fd/{}", file.as_raw_fd());
        let link = |name: &Path| {
            rustix::fs::linkat(CWD, &own, CWD, name, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from)
        };
        let done = match &self.name {
            None => link(&self.path),
            Some(_) => Err(ErrorKind::AlreadyExists.into()),
        };
        match done {
            // Only a file that has a name takes the place of another.
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                if self.name.is_none() {
                    self.name = Some(under_own_name(&self.path, link)?.0);
                }
                if let Some(name) = &self.name {
                    fs::rename(name, &self.path)?;
                }
                self.name = None;
            }
            done => done?,
        }
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // Best effort.
            let _ = fs::remove_file(name);
        }
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a file beside `path` under a name that nobody else has.
fn under_own_name<T>(path: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(PathBuf, T)> {
    /// More than are ever written at once, and than an ended program of the same number has left.
    const MOST: usize = 1000;
    for number in 0..MOST {
        let name = folder(path).join(format!(".{}-{number}.part", std::process::id()));
        match make(&name) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            made => return made.map(|made| (name, made)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
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
        let count = || fs::read_dir(dir.path()).unwrap().count();
        // With a name or without one, with nothing in its place or with an older file.
        for (older, create) in [Part::create, Part::named, Part::create, Part::named].into_iter().enumerate()
        {
            let before = fs::read(&path).ok();
            let (part, mut file) = create(&path).unwrap();
            file.write_all(b"half").unwrap();
            drop(part);
            assert_eq!(count(), older.min(1));
            assert_eq!(fs::read(&path).ok(), before);
            let (part, mut file) = create(&path).unwrap();
            file.write_all(&[b'0' + older as u8]).unwrap();
            part.keep(&file).unwrap();
            assert_eq!(fs::read(&path).unwrap(), [b'0' + older as u8]);
            assert_eq!(count(), 1);
        }
    }

    #[test]
    fn those_who_write_the_same_file_do_not_disturb_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pdf");
        let create = [Part::create, Part::named, Part::create, Part::named];
        let mut parts: Vec<_> = create.into_iter().map(|create| create(&path).unwrap()).collect();
        for (number, (_, file)) in parts.iter_mut().enumerate() {
            file.write_all(format!("number {number}").as_bytes()).unwrap();
        }
        assert!(!path.exists());
        for (number, (part, file)) in parts.into_iter().enumerate() {
            part.keep(&file).unwrap();
            assert_eq!(fs::read(&path).unwrap(), format!("number {number}").as_bytes());
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_nobody_named_is_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let (_part, mut file) = Part::create(&dir.path().join("a.pdf")).unwrap();
        file.write_all(b"half").unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
