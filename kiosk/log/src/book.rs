//! The files of the log, with one owner: opened and healed, appended to, rotated.

mod heal;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::chain::{LONGEST_LINE, Line, Stamp, line, pieces};
use crate::event::Event;
use crate::field::Hash;
use crate::folder::{Head, LONGEST_FILE, file_path, files, read_file, sync_folder, write_head};
use crate::key::LogKey;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    file_bytes: u64,
    files: u32,
}

impl Limits {
    /// Files of at most so many bytes (4 KiB to 16 MiB), and at most so many files (2 to 1,000). Beyond that,
    /// the oldest file goes first.
    pub fn new(file_bytes: u64, files: u32) -> Self {
        let least = 4 * LONGEST_LINE as u64;
        Self { file_bytes: file_bytes.clamp(least, LONGEST_FILE), files: files.clamp(2, 1_000) }
    }
}

impl Default for Limits {
    /// 32 files of 1 MiB: some hundred thousand events.
    fn default() -> Self {
        Self::new(1 << 20, 32)
    }
}

/// A line that was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// its number, counted from 1 over all files
    pub seq: u64,
    /// its hash
    pub mac: Hash,
}

/// An open log. There is one to a folder at a time.
#[derive(Debug)]
pub struct Book {
    folder: PathBuf,
    key: LogKey,
    limits: Limits,
    /// held as long as the book is open
    _lock: File,
    file: File,
    /// bytes in the file
    length: u64,
    /// the last line, and the file's number
    at: Head,
    /// how far the head on the disk reaches
    synced: Head,
    /// whether the program before closed the log, or there was none
    in_order: bool,
    /// after a failed write nobody knows what is in the file: it has to be opened anew
    broken: bool,
}

impl Book {
    /// Opens the log in a folder, which is made if need be. A torn end is healed, and what else is wrong left as
    /// it is and a new file begun; either is logged.
    ///
    /// # Errors
    /// When the folder or a file cannot be read or written, or another program has the log open
    /// ([`io::ErrorKind::WouldBlock`]).
    pub fn open(folder: &Path, key: LogKey, limits: Limits, stamp: &Stamp) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let lock = File::open(folder)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
            TryLockError::Error(error) => error,
        })?;
        let found = heal::look(folder, &key)?;
        let (file, length, at) = match found.go_on {
            Some(length) => {
                let file = OpenOptions::new().append(true).open(file_path(folder, found.at.file))?;
                if file.metadata()?.len() > length {
                    file.set_len(length)?;
                }
                (file, length, found.at)
            }
            None => {
                if found.at == Head::default() {
                    // Before the first line, so that a missing head always means that somebody took it.
                    write_head(folder, &key, &found.at)?;
                }
                begin_file(folder, &key, limits, &found.at, stamp)?
            }
        };
        let mut book = Self {
            folder: folder.to_owned(),
            key,
            limits,
            _lock: lock,
            file,
            length,
            at,
            synced: Head::default(),
            in_order: found.in_order,
            broken: false,
        };
        for event in &found.tell {
            book.append(event, stamp)?;
        }
        book.sync()?;
        Ok(book)
    }

    /// Whether the program that had the log before closed it with [`Event::LogClosed`], or there was none.
    pub fn in_order(&self) -> bool {
        self.in_order
    }

    /// Appends a line; it is on the disk after [`Book::sync`].
    ///
    /// # Errors
    /// When it cannot be written. The log then has to be opened anew.
    pub fn append(&mut self, event: &Event, stamp: &Stamp) -> io::Result<Written> {
        if self.broken {
            return Err(io::Error::other("the log has to be opened anew"));
        }
        let written = self.try_append(event, stamp);
        self.broken = written.is_err();
        written
    }

    fn try_append(&mut self, event: &Event, stamp: &Stamp) -> io::Result<Written> {
        let (mut text, mut mac) = self.line(event, stamp);
        if self.length + text.len() as u64 > self.limits.file_bytes {
            self.try_sync()?;
            let (file, length, at) = begin_file(&self.folder, &self.key, self.limits, &self.at, stamp)?;
            (self.file, self.length, self.at, self.synced) = (file, length, at, at);
            (text, mac) = self.line(event, stamp);
        }
        self.file.write_all(text.as_bytes())?;
        self.length += text.len() as u64;
        self.at = Head { seq: self.at.seq + 1, file: self.at.file, last: mac };
        Ok(Written { seq: self.at.seq, mac })
    }

    fn line(&self, event: &Event, stamp: &Stamp) -> (String, Hash) {
        line(&self.key, &self.at.last, self.at.seq + 1, stamp, event)
    }

    /// Makes everything lasting, first the lines, then the head that says how far they reach.
    ///
    /// # Errors
    /// When that cannot be. The log then has to be opened anew.
    pub fn sync(&mut self) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("the log has to be opened anew"));
        }
        let synced = self.try_sync();
        self.broken = synced.is_err();
        synced
    }

    fn try_sync(&mut self) -> io::Result<()> {
        if self.synced != self.at {
            self.file.sync_data()?;
            write_head(&self.folder, &self.key, &self.at)?;
            self.synced = self.at;
        }
        Ok(())
    }
}

/// Begins the file after this place, makes it lasting with its first line, and only then removes files that are
/// too many.
fn begin_file(
    folder: &Path,
    key: &LogKey,
    limits: Limits,
    before: &Head,
    stamp: &Stamp,
) -> io::Result<(File, u64, Head)> {
    let there = files(folder)?;
    let number = there.last().copied().max(Some(before.file)).unwrap_or_default().saturating_add(1);
    let kept = there.len().min(limits.files as usize - 1);
    let (gone, kept) = there.split_at_checked(there.len() - kept).unwrap_or((&[], &there));
    let oldest = kept.first().copied().unwrap_or(number);
    let first = if oldest == number { Some(before.seq + 1) } else { first_seq(folder, oldest)? };
    let dropped = first.map_or(0, |first| u32::try_from(first.saturating_sub(1)).unwrap_or(u32::MAX));

    let event = Event::FileBegun { file: number, oldest, dropped, after: before.last };
    let (text, last) = line(key, &before.last, before.seq + 1, stamp, &event);
    let mut file =
        OpenOptions::new().append(true).create_new(true).mode(0o600).open(file_path(folder, number))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    sync_folder(folder)?;
    let at = Head { seq: before.seq + 1, file: number, last };
    write_head(folder, key, &at)?;
    for number in gone {
        std::fs::remove_file(file_path(folder, *number))?;
    }
    Ok((file, text.len() as u64, at))
}

/// The number of the first line of a file, as it says.
fn first_seq(folder: &Path, number: u32) -> io::Result<Option<u64>> {
    let bytes = read_file(folder, number)?.unwrap_or_default();
    let first = pieces(&bytes).0.next().and_then(Line::parse).map(|line| line.said.seq);
    Ok(first)
}

#[cfg(test)]
mod tests;
