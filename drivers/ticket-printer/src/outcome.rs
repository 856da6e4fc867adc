//! How the printing of a ticket ends, and what proves it.

use crate::error::{PrintRefused, UnknownReason};

/// What proves that a ticket was printed, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Some of the part that carries the number may have left the kiosk.
    SendStarted,
    /// All bytes were handed to the connection.
    BytesSent,
    /// A queued question behind the ticket was answered, with a clean status.
    QueuedStatusAnswered,
    /// The printer returned the identifier behind the text: the text is on paper.
    ProcessId,
    /// It returned the one behind the cut too, and the cutter is well.
    ProcessIdAfterCut,
}

/// How the printing of a ticket ended.
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    /// Nothing that carries the number has left the kiosk.
    FailedBeforeSending(PrintRefused),
    /// The text is on paper; the evidence is [`Evidence::ProcessId`] or better.
    Confirmed(Evidence),
    /// Sent to a printer that cannot prove more, and which reports no fault.
    Sent(Evidence),
    /// Perhaps printed, perhaps not. Never to be repeated without a person's word.
    Unknown(Evidence, UnknownReason),
}

/// What has happened to a ticket on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its last byte was handed to the connection.
    BytesSent,
    /// Its text is on paper.
    TextProven,
    /// It is cut.
    CutProven,
}

/// What is known of a printer's word that it has printed a ticket (GS ( H).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proofs {
    /// No ticket has been sent to it yet, or none that it had the time to prove.
    #[default]
    Untried,
    /// It has returned an identifier.
    Given,
    /// It was well and returned none: its profile promises too much.
    Missing,
}

/// Names one job to the printer. Successive numbers give different names for 40 million tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobId(u32);

impl JobId {
    /// The job of this running number.
    pub const fn new(number: u32) -> Self {
        JobId(number)
    }

    /// The running number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The identifier behind the text: four printable bytes, 20h to 7Eh.
    pub fn behind_text(self) -> [u8; 4] {
        self.digits(0)
    }

    /// The identifier behind the cut.
    pub fn behind_cut(self) -> [u8; 4] {
        self.digits(1)
    }

    /// Digits to the base of 95, the number of printable bytes.
    fn digits(self, which: u64) -> [u8; 4] {
        let number = u64::from(self.0) * 2 + which;
        [95 * 95 * 95, 95 * 95, 95, 1].map(|weight| u8::try_from(number / weight % 95).unwrap_or(0) + 0x20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_names_are_printable_and_differ() {
        let mut seen = std::collections::HashSet::new();
        for number in (0..5000).chain([u32::MAX - 1, u32::MAX]) {
            for id in [JobId::new(number).behind_text(), JobId::new(number).behind_cut()] {
                assert!(id.iter().all(|b| (0x20..=0x7E).contains(b)));
                assert!(seen.insert(id), "{number} twice");
            }
        }
    }

    #[test]
    fn evidence_is_a_ladder() {
        assert!(Evidence::SendStarted < Evidence::BytesSent);
        assert!(Evidence::BytesSent < Evidence::QueuedStatusAnswered);
        assert!(Evidence::QueuedStatusAnswered < Evidence::ProcessId);
        assert!(Evidence::ProcessId < Evidence::ProcessIdAfterCut);
    }
}
