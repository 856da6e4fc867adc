//! Fault capsules: what was around a fault, sealed into one file that is played again on a desk.
//!
//! A [`Ring`] remembers what happened in the kiosk: events, screens, faults, states, by names that the
//! program itself knows, so that nothing of a person fits in. When a fault occurs, the ring, the states of
//! all devices and what crossed their lines ([`link::record`], redacted by the drivers) become a
//! [`Capsule`]. A [`Folder`] keeps the last of them, each written whole or not at all.
//!
//! ```text
//! onedoor-capsule 1
//! version 0.1.0
//! build -
//! kiosk hall-1
//! clock 2026-03-02T10:15:30
//! up 812.345678
//! fault R03
//! screen home
//! sealed +2.000113
//!
//! [devices]
//! reader R03
//! printer -
//!
//! [timeline 120]
//! -12.300000 event touched
//! -12.299811 screen identify
//! -12.299700 asked readers-watch
//! -4.000000 event scan-arriving *57
//! -0.100000 state events-waiting 17
//! +0.000000 fault R03 began
//!
//! [recording -301.204117 5041]
//! onedoor-recording 1
//! driver id-reader
//! …
//!
//! sha256 0f3c…
//! ```
//! All times are seconds on one axis, whose zero is the fault. A recording keeps its own times, which begin
//! with its first event; when that was stands in its heading. `clock` is the hall's, `up` how long the
//! program had run, `screen` what was shown, `sealed` until when there is anything. The numbers in
//! headings say how much is missing before the first line, if anything is: of the timeline what no longer
//! fitted into the ring, of a recording what was left out so that the capsule is not too long. `*57`: so
//! often, one after the other, the first at that time. The last line is the SHA-256 of all bytes before it.

use std::path::{Path, PathBuf};

mod capsule;
mod error;
mod folder;
#[doc(hidden)]
pub mod fuzz;
mod moment;
mod parse;
mod ring;
mod shorten;
mod story;
#[cfg(test)]
mod tests;
mod text;

pub use capsule::{Capsule, Course, DeviceState, Entry, Happened, Recorded, Timeline, Word};
pub use error::{CapsuleError, ReadError};
pub use folder::{Folder, Limits, Name};
pub use moment::Moment;
pub use ring::{Ring, Seen, State};

/// The first line of every capsule; the number changes when the form does.
pub(crate) const FIRST_LINE: &str = "onedoor-capsule 1";

/// The longest capsule, in bytes; a longer one is shortened as it is made.
pub const LONGEST: usize = 2 << 20;

/// Whether these bytes begin as a capsule does, whatever follows.
#[must_use]
pub fn is_capsule(bytes: &[u8]) -> bool {
    bytes.starts_with(b"onedoor-capsule ")
}

impl Capsule {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ReadError`] names the file, and where in it what should stand.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        use std::io::Read;
        let file = |why| ReadError::File { path: path.to_owned(), why };
        let mut bytes = Vec::new();
        // One more than allowed, so that one that is too long is noticed, however long it is.
        let most = LONGEST as u64 + 1;
        std::fs::File::open(path).and_then(|f| f.take(most).read_to_end(&mut bytes)).map_err(file)?;
        Self::parse(&bytes).map_err(|why| ReadError::Form { path: PathBuf::from(path), why })
    }
}
