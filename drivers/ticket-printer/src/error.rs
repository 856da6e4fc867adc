//! What can go wrong with the ticket printer, in words for the staff.

use std::time::Duration;

use link::LinkError;

/// What keeps the printer from printing, as it says itself. In order: what people must remove first,
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// An error that only repair ends.
    #[error("ticket printer: broken; switch it off and on, and call service if that does not help")]
    Unrecoverable,
    /// Its supply is out of range.
    #[error("ticket printer: its supply voltage is wrong; check its power adapter, or call service")]
    Supply,
    /// The cover is open.
    #[error("ticket printer: the cover is open; close it")]
    CoverOpen,
    /// The roll is used up.
    #[error("ticket printer: out of paper; put in a new roll")]
    PaperOut,
    /// The cutter is stuck.
    #[error("ticket printer: the cutter is stuck; open the cover, remove the paper, close it")]
    Cutter,
    /// A mechanical error that ends once its cause is removed.
    #[error("ticket printer: paper is jammed; open the cover, remove it, close the cover")]
    Mechanical,
    /// The head is too hot; ends by itself.
    #[error("ticket printer: the print head is too hot; wait until it has cooled down")]
    HeadHot,
    /// It reports an error without naming it.
    #[error("ticket printer: reports an error without a cause; look at its lamps")]
    Unnamed,
    /// It waits for its button.
    #[error("ticket printer: waits to be put back on line; press its feed button")]
    WaitingForButton,
    /// Paper is being fed by its button.
    #[error("ticket printer: its feed button is held down; let go of it")]
    Feeding,
    /// Off line, for no reason it names.
    #[error("ticket printer: off line; wait a moment, then switch it off and on")]
    Offline,
}

impl Fault {
    /// Whether a ticket half printed may still go on by itself: the head cools down, a finger
    /// leaves the button.
    pub(crate) fn passes(self) -> bool {
        matches!(self, Fault::HeadHot | Fault::Feeding | Fault::Offline)
    }
}

/// What went wrong between the kiosk and the printer.
#[derive(Debug, thiserror::Error)]
pub enum PrinterError {
    /// It does not say how it is.
    #[error(
        "ticket printer on {device}: does not answer ({answers} of 4 status bytes and {strange} without \
         meaning within {waited:?}); check its power, its cable and its speed"
    )]
    NoAnswer {
        /// the connection
        device: String,
        /// how many of the four status bytes came
        answers: usize,
        /// how many bytes came that mean nothing: its line is garbled, or it is no such printer
        strange: usize,
        /// how long was waited
        waited: Duration,
    },
    /// It stopped taking data.
    #[error(
        "ticket printer on {device}: took {sent} of {of} bytes and stopped; clear its fault, then \
         open the connection again"
    )]
    Stalled {
        /// the connection
        device: String,
        /// bytes the connection took
        sent: usize,
        /// bytes there were to send
        of: usize,
    },
    /// An earlier transfer was broken off, so that the printer may wait for the rest of a command.
    #[error("ticket printer on {device}: the last transfer was broken off; recover it first")]
    NeedsRecovery {
        /// the connection
        device: String,
    },
    /// It was told to empty its buffers and did not say that it has. Until it is recovered nothing more
    /// is sent.
    #[error("ticket printer on {device}: did not clear its buffers within {waited:?}; recover it first")]
    NotCleared {
        /// the connection
        device: String,
        /// how long was waited
        waited: Duration,
    },
    /// The connection failed.
    #[error("ticket printer on {device}: {source}; check its power and its cable")]
    Link {
        /// the connection
        device: String,
        /// what it said
        source: LinkError,
    },
}

/// Why no ticket was begun.
#[derive(Debug, thiserror::Error)]
pub enum PrintRefused {
    /// The printer cannot print now.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The printer cannot be asked.
    #[error(transparent)]
    Printer(#[from] PrinterError),
}

/// Why it is not known whether a ticket was printed.
#[derive(Debug, thiserror::Error)]
pub enum UnknownReason {
    /// The printer stopped on a fault after it had the ticket, or a part of it.
    #[error("{0}; see whether the ticket came out")]
    Fault(Fault),
    /// The printer took the ticket and did not say that it printed it.
    #[error("ticket printer: did not confirm the ticket within {waited:?}; see whether it came out")]
    NoReply {
        /// how long was waited after the last byte
        waited: Duration,
    },
    /// The printer is well and has had the ticket long enough, but does not return its identifier: the
    /// profile promises more than the printer can do.
    #[error(
        "ticket printer: well, but did not confirm the ticket within {waited:?}; see whether it came \
         out, and give the printer a profile without has_process_id"
    )]
    ProofNeverComes {
        /// how long was waited after the last byte
        waited: Duration,
    },
    /// Not all of the ticket could be sent, or the connection was lost after it was.
    #[error("{0}; see whether the ticket came out")]
    Printer(PrinterError),
}
