//! Why a ledger could not do what it was asked.

use super::PrintState;
use jiff::civil::Date;
use std::path::PathBuf;
use visit::number::{Letter, NumberLife};

/// Why a ledger could not do what it was asked. Nothing was half done ([`super::Ledger`]).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The disk does not take it: full, read-only, absent or broken.
    #[error(
        "the ledger {file} cannot be written ({detail}); make room on its partition or replace the disk, then try again"
    )]
    Disk {
        /// which file
        file: PathBuf,
        /// SQLite's or the system's words
        detail: String,
    },
    /// The file's contents are damaged. It is never deleted or replaced by the kiosk.
    #[error(
        "the ledger {file} is damaged ({detail}); stop the kiosk, put {file} with its -wal file aside for recovery, and tell the hall's staff before starting without them: numbers would begin at 001 again"
    )]
    Damaged {
        /// which file
        file: PathBuf,
        /// the first thing found wrong
        detail: String,
    },
    /// A later version of the kiosk wrote it.
    #[error(
        "the ledger {file} has layout {found}, this kiosk knows up to {known}; install the newer kiosk again"
    )]
    Newer {
        /// which file
        file: PathBuf,
        /// its layout
        found: i64,
        /// the newest that is known here
        known: i64,
    },
    /// It is a database of something else.
    #[error("{file} is a database, but no ledger of numbers; correct the ledger's path in the set-up")]
    NotALedger {
        /// which file
        file: PathBuf,
    },
    /// Another program holds the file.
    #[error("the ledger {file} is held by another program; end the other one, then try again")]
    Busy {
        /// which file
        file: PathBuf,
    },
    /// SQLite refused for a reason that is none of the above; the constraints of the schema among them.
    #[error(
        "the ledger {file} refused a change ({detail}); nothing was changed; report this with the kiosk's log"
    )]
    Refused {
        /// which file
        file: PathBuf,
        /// SQLite's words
        detail: String,
    },
    /// No answer in time. Asking again is safe: the same person gets the same number.
    #[error("the ledger has not answered in time; ask again, and look at the disk if this happens often")]
    Slow,
    /// The ledger has been shut down.
    #[error("the ledger has stopped; restart the kiosk")]
    Stopped,
    /// All numbers that a ticket can show are given.
    #[error("the numbers of letter {letter} on {day} have run out; give numbers at another kiosk")]
    OutOfNumbers {
        /// the day
        day: Date,
        /// the kiosk's letter
        letter: Letter,
    },
    /// There is no such visit, or no longer.
    #[error("the ledger knows no such visit; identify the visitor again")]
    NoSuchVisit,
    /// There is no such print job, or no longer.
    #[error("the ledger knows no such print job; journal a new one")]
    NoSuchJob,
    /// The visit has ended.
    #[error("the visit has ended ({0:?}); the visitor may take a new number")]
    Closed(NumberLife),
    /// The visit has no number that could be printed.
    #[error("the visit has no number yet; take one first")]
    NoNumber,
    /// A print job does not go from one of these states to the other.
    #[error("a print job that is {from} cannot become {to}; journal a new job")]
    PrintOrder {
        /// what it is
        from: PrintState,
        /// what it was to become
        to: PrintState,
    },
    /// More than a ledger takes.
    #[error("{what} out of bounds (limit {limit})")]
    OutOfBounds {
        /// of what
        what: &'static str,
        /// the limit
        limit: u64,
    },
    /// A day that cannot be kept.
    #[error("{0} is not within the years 0 to 9999; set the kiosk's clock")]
    Day(Date),
}
