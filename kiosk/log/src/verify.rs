//! Whether a log is whole: every line there, unchanged, and in its place.

mod walk;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use thiserror::Error;

use crate::folder::{files, read_file, read_head};
use crate::key::LogKey;
use walk::Walk;

/// So many findings are listed; of the others only the number.
const MOST_FINDINGS: usize = 1_000;

/// Why nothing can be said.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The folder or a file in it cannot be read.
    #[error("the log in {} cannot be read: {why}", folder.display())]
    Unreadable {
        /// Which folder.
        folder: PathBuf,
        /// Why.
        why: io::Error,
    },
}

/// What is wrong with a log. Lines of a file are counted from 1, as an editor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// There is not one line.
    Empty,
    /// A line was changed, or stands after another than it did.
    Changed {
        /// in which file
        file: u32,
        /// where in it
        line: u64,
        /// which line it says it is
        seq: u64,
    },
    /// What stands there is no line.
    NoLine {
        /// in which file
        file: u32,
        /// where in it
        line: u64,
    },
    /// A line stands a second time, or after one that it comes before.
    OutOfPlace {
        /// in which file
        file: u32,
        /// where in it
        line: u64,
        /// which line it says it is
        seq: u64,
    },
    /// Lines between others are gone.
    Missing {
        /// the first
        from: u64,
        /// the last
        to: u64,
    },
    /// Lines that were on the disk are gone from the end.
    EndGone {
        /// the first
        from: u64,
        /// the last
        to: u64,
    },
    /// Files between others are gone.
    FilesGone {
        /// the first
        from: u32,
        /// the last
        to: u32,
    },
    /// Files at the beginning are gone that were not removed to keep within bounds.
    OldestGone {
        /// the first
        from: u32,
        /// the last
        to: u32,
    },
    /// A file does not begin as each one does.
    NoBeginning {
        /// which
        file: u32,
    },
    /// The end of the last line is not there, and it was not known to be on the disk: what a power cut leaves,
    /// or a line that is just being written. The kiosk heals it at its next start.
    Torn {
        /// in which file
        file: u32,
        /// how many bytes of it there are
        bytes: u64,
    },
    /// The head, which tells how far the log reaches, is gone: lines may be gone from the end.
    HeadGone,
    /// The head was changed, or is of another key.
    HeadChanged,
    /// The head tells of a line that is not there.
    HeadDiffers {
        /// which
        seq: u64,
    },
    /// The kiosk itself found its log damaged when it started, and said so in this line.
    Told {
        /// which line
        seq: u64,
    },
}

/// What came out. Its `Display` is for people to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many files were read.
    pub files: usize,
    /// How many lines hold.
    pub lines: u64,
    /// The first line that holds, and when it was written by the kiosk's clock.
    pub first: Option<(u64, Timestamp)>,
    /// The last line that holds, when it was written, and its hash: to be compared with what was noted elsewhere.
    pub last: Option<(u64, Timestamp, String)>,
    /// How many lines older than these were removed to keep within bounds.
    pub dropped: u32,
    /// How often the end was healed after a power cut; no fault by itself.
    pub healed: u32,
    /// What is wrong; at most 1,000 of it.
    pub findings: Vec<Finding>,
    /// How much else is wrong.
    pub more: u64,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }

    fn found(&mut self, finding: Finding) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }
}

/// Reads a whole log and checks it under its key. A kiosk may be writing it meanwhile, though its last line may
/// then be found torn. One file of at most 16 MiB is in memory at a time.
///
/// # Errors
/// [`VerifyError`] when it cannot be read. What is wrong with it is no error; see [`Report::is_whole`].
pub fn verify(folder: &Path, key: &LogKey) -> Result<Report, VerifyError> {
    let unreadable = |why| VerifyError::Unreadable { folder: folder.to_owned(), why };
    // The head first: a kiosk that is writing only ever gets further than it says.
    let head = read_head(folder, key).map_err(unreadable)?;
    let numbers = files(folder).map_err(unreadable)?;
    let mut walk = Walk::new(key, head);
    for number in &numbers {
        match read_file(folder, *number) {
            Ok(bytes) => walk.file(*number, numbers.last() == Some(number), bytes.as_deref()),
            // Rotated away meanwhile, if it was the oldest; what is wrong is found from the next.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    let mut report = walk.end();
    if report.lines == 0 && report.is_whole() {
        report.found(Finding::Empty);
    }
    Ok(report)
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is not one line of a log here"),
            Self::Changed { file, line, seq } => {
                write!(
                    f,
                    "{file:08}.log, line {line}: CHANGED, or not where it was (it says it is line {seq} of all)"
                )
            }
            Self::NoLine { file, line } => {
                write!(f, "{file:08}.log, line {line}: CHANGED so that it is no line")
            }
            Self::OutOfPlace { file, line, seq } => {
                write!(f, "{file:08}.log, line {line}: MOVED OR DOUBLED (it says it is line {seq} of all)")
            }
            Self::Missing { from, to } => write!(f, "lines {from} to {to} of all: REMOVED"),
            Self::EndGone { from, to } => write!(f, "lines {from} to {to} of all: REMOVED from the end"),
            Self::FilesGone { from, to } => write!(f, "files {from:08}.log to {to:08}.log: REMOVED"),
            Self::OldestGone { from, to } => {
                write!(f, "files {from:08}.log to {to:08}.log: REMOVED, though there was room for them")
            }
            Self::NoBeginning { file } => write!(f, "{file:08}.log: its FIRST LINE is gone or changed"),
            Self::Torn { file, bytes } => write!(
                f,
                "{file:08}.log: its last {bytes} bytes are half a line, as a power cut leaves it; the kiosk heals this \
                 at its next start"
            ),
            Self::HeadGone => f.write_str("head: REMOVED, and lines at the end may be with it"),
            Self::HeadChanged => f.write_str("head: CHANGED, or written under another key"),
            Self::HeadDiffers { seq } => write!(f, "head: tells of a line {seq} that is NOT THERE"),
            Self::Told { seq } => write!(f, "line {seq} of all: here the kiosk itself found its log DAMAGED"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some((first, from)), Some((last, to, mac))) = (&self.first, &self.last) {
            writeln!(f, "{} lines hold, from line {first} ({from:.0}) to line {last} ({to:.0})", self.lines)?;
            writeln!(f, "the last one has the hash {mac}")?;
        } else {
            writeln!(f, "no line holds; is this the key of this log?")?;
        }
        if self.dropped > 0 {
            writeln!(f, "{} older lines were removed to keep within bounds", self.dropped)?;
        }
        if self.healed > 0 {
            writeln!(f, "{} times the end was healed after a power cut", self.healed)?;
        }
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        if self.more > 0 {
            writeln!(f, "and {} more", self.more)?;
        }
        f.write_str(if self.is_whole() { "this log is whole\n" } else { "THIS LOG IS NOT WHOLE\n" })
    }
}

#[cfg(test)]
mod tests;
