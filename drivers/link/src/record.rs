//! What crossed a link, kept in memory without anything of a person, and played again as a test.
//!
//! A [`Recorder`] keeps the last 256 KiB that crossed one device's link, with times. A [`Redactor`],
//! which the device's driver brings, rewrites the bytes before they are kept: lengths and pieces
//! stay, what is personal goes. When a fault occurs, [`Recorder::snapshot`] gives a [`Recording`];
//! its text can be read, sent to a workshop, and played again on a [`ReplayLink`], bit by bit.
//!
//! ```text
//! onedoor-recording 1
//! driver id-reader
//! profile generic
//! link serial /dev/serial/by-path/platform-fd500000.pcie-usb-0:1.3:1.0-port0
//! fault card-unreadable
//!
//! +0.000000 ! opened
//! +0.000213 # call poll
//! +0.050940 > AA*3 96 69 00 03 20 01 22
//! +0.061102 < AA*3 96 69 00 04 00 00 80 84
//! +0.061180 # = no card
//! ```
//! Times are seconds since the first event. `>` goes to the device and `<` comes from it, in
//! hexadecimal, `XX*N` being N times the same byte. `#` is what the driver noted: `call NAME` as an
//! operation begins, `= OUTCOME` as it ends. `!` is what else happened to the link:
//!
//! | mark | meaning |
//! |---|---|
//! | `opened` | the link was opened, for the first time or again |
//! | `timeout` | a read ended at its deadline |
//! | `stalled` | a write ended at its deadline; the bytes that were taken stand before it |
//! | `late` | the driver asked whether a deadline had passed, and it had |
//! | `halted` | the device refused a transfer (USB: STALL) |
//! | `overrun` | the device sent more than was asked of it |
//! | `hung-up` | the device has gone |
//! | `failed` | anything else the system said |

use std::time::Duration;

mod parse;
mod recorded;
mod recorder;
mod replay;
mod text;

pub use parse::RecordingError;
pub use recorded::Recorded;
pub use recorder::Recorder;
pub use replay::{Call, Next, Replay, ReplayError, ReplayLink, Transcript};

/// Which way bytes cross a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the kiosk to the device.
    ToDevice,
    /// From the device to the kiosk.
    FromDevice,
}

/// Rewrites what crosses a link so that nothing of a person stays. Lengths never change.
pub trait Redactor: Send {
    /// Judges `pending`, the bytes of one direction that are not final yet, oldest first.
    ///
    /// Rewrites in place what it can judge and returns how many bytes from the front are final;
    /// those are never seen again, the others come again with what follows them. 0 asks for more.
    /// With `ended` nothing more will come that belongs to them (a hang-up, a write-out, too much
    /// held back): everything must be made safe and `pending.len()` returned. What is not returned
    /// then is blanked by the recorder.
    fn redact(&mut self, direction: Direction, pending: &mut [u8], ended: bool) -> usize;
}

/// The redactor of a device that is never told and never tells anything about a person.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl Redactor for Plain {
    fn redact(&mut self, _direction: Direction, pending: &mut [u8], _ended: bool) -> usize {
        pending.len()
    }
}

impl<R: Redactor + ?Sized> Redactor for Box<R> {
    fn redact(&mut self, direction: Direction, pending: &mut [u8], ended: bool) -> usize {
        (**self).redact(direction, pending, ended)
    }
}

/// What crossed one device's link until a fault, redacted.
///
/// [`Display`](std::fmt::Display) writes it as text, [`Recording::parse`] reads that text again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The driver that spoke, such as `id-reader`: it alone can play this again.
    pub driver: String,
    /// The profile the driver was given.
    pub profile: String,
    /// What the link called itself.
    pub link: String,
    /// The code of the fault for which the recording was written out.
    pub fault: String,
    /// What happened, the oldest first. Older events may have fallen out before the first one.
    pub events: Vec<Event>,
}

/// One event of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, since the first event of the recording; whole microseconds.
    pub at: Duration,
    /// What.
    pub what: What,
}

/// What happened on a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Bytes crossed in one piece.
    Crossed(Direction, Vec<u8>),
    /// The driver noted something.
    Note(String),
    /// Something happened to the link.
    Mark(Mark),
}

/// What can happen to a link besides bytes that cross it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It was opened, for the first time or again.
    Opened,
    /// A read ended at its deadline.
    TimedOut,
    /// A write ended at its deadline.
    Stalled,
    /// The driver asked whether a deadline had passed, and it had.
    Late,
    /// The device refused a transfer.
    Halted,
    /// The device sent more than was asked of it.
    Overrun,
    /// The device has gone.
    HungUp,
    /// Anything else the system said.
    Failed,
}

impl Mark {
    /// Every mark, beside the word for it.
    const WORDS: [(Self, &'static str); 8] = [
        (Self::Opened, "opened"),
        (Self::TimedOut, "timeout"),
        (Self::Stalled, "stalled"),
        (Self::Late, "late"),
        (Self::Halted, "halted"),
        (Self::Overrun, "overrun"),
        (Self::HungUp, "hung-up"),
        (Self::Failed, "failed"),
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::TimedOut => "timeout",
            Self::Stalled => "stalled",
            Self::Late => "late",
            Self::Halted => "halted",
            Self::Overrun => "overrun",
            Self::HungUp => "hung-up",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests;
