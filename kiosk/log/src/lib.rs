//! The kiosk's log: what happened, in lines that a technician searches and an auditor can trust.
//!
//! What may be written is one closed list, [`Event`], whose fields can hold nothing personal by their types
//! ([`field`]). The list is printed as `docs/events.md`, and a test holds the two together.
//!
//! What was written is a chain: each line carries an HMAC-SHA256 over the line before and itself, under a key
//! that does not lie on the same disk. Whoever has the disk alone can write no line that fits, and cannot take
//! one out, change it, move it, or cut lines off the end without [`verify`] saying so. Two things remain
//! outside of what a kiosk can prove alone: lines since the last sync (a few seconds, and never an event that
//! matters) go with a power cut, and whoever puts back the whole folder as it was yesterday has yesterday's
//! folder. Against the latter, each line that goes to the journal bears its number and its hash, and
//! [`Report::last`] is there to be compared with what was noted elsewhere.
//!
//! * [`Log`]: the one that all tasks write to; it never makes anyone wait.
//! * [`Book`]: the files, with one owner.
//! * [`verify`]: what `kiosk verify-log` does.
//! * [`Journal`]: the same lines, to journald where it is there.

mod book;
mod chain;
mod event;
pub mod field;
mod folder;
mod journal;
mod key;
mod owner;
#[cfg(test)]
mod testing;
mod verify;

pub use book::{Book, Limits};
pub use chain::Stamp;
pub use event::{Entry, Event, Grade, TABLE, document};
pub use journal::{JOURNAL, Journal};
pub use key::{KEY_LENGTH, LogKey, LogKeyError};
pub use owner::{Health, Log, Settings, Trouble};
pub use verify::{Finding, Report, VerifyError, verify};
