//! What can go wrong with the reader, and what to do next.

use std::time::Duration;

use link::{Failure, LinkError};

use crate::{Command, RecordFault, Sw3, frame::FrameFault};

/// Something went wrong with the ID-card reader.
#[derive(Debug, thiserror::Error)]
#[error("ID-card reader ({reader}): {fault}")]
pub struct ReaderError {
    /// Which reader: its model and where it is connected.
    pub reader: String,
    /// What happened.
    #[source]
    pub fault: ReaderFault,
}

/// What happened to the reader or to the card on it.
#[derive(Debug, thiserror::Error)]
pub enum ReaderFault {
    /// The connection itself failed.
    #[error("{0}; open the port again, and if that fails check cable and power")]
    Link(#[source] LinkError),
    /// The connection is there, but the module does not answer.
    #[error(
        "no answer to {command:?} within {} ms; check the reader's power and its baud rate",
        waited.as_millis()
    )]
    NoAnswer {
        /// what was asked
        command: Command,
        /// how long it was waited for
        waited: Duration,
    },
    /// What the module sends is damaged, several times over.
    #[error("damaged replies, {0}; check the cable and the baud rate")]
    Garbled(#[source] FrameFault),
    /// The module says that what it receives is damaged, several times over.
    #[error("the reader receives damaged requests, status {0}; check the cable and the baud rate")]
    RequestsGarbled(Sw3),
    /// 66: the security module has no licence.
    #[error("the security module is not authorised; have the reader's supplier authorise it")]
    SamNotAuthorised,
    /// 60: the security module failed its self-test and accepts no command.
    #[error("the security module failed its self-test; switch the reader off and on, else replace it")]
    SelfTestFailed,
    /// The card could not be read, several times over; moved too early, as a rule.
    #[error("the card could not be read, status {0}; lay it down again and keep it still")]
    CardUnreadable(Sw3),
    /// 40: a card of a type the module does not know.
    #[error("the card is of an unknown type; use another document")]
    CardTypeUnknown,
    /// 31 or 32: card and security module do not accept each other.
    #[error("{by}, words {:02X} {:02X}; use another document", card_words[0], card_words[1])]
    Authentication {
        /// who rejected whom
        by: Refusal,
        /// SW1 and SW2, the card's words
        card_words: [u8; 2],
    },
    /// 33 or 37: the card's information failed its verification and is not to be trusted.
    #[error("the card's information is not genuine or damaged, status {0}; have a clerk look at it")]
    Unverified(Sw3),
    /// The check digit of the number on the card is wrong.
    #[error("the check digit of the number is wrong; lay the card down again, else see a clerk")]
    WrongCheckDigit,
    /// The record on the card is not as any layout has it.
    #[error("the card's record is malformed, {0}; lay the card down again, else see a clerk")]
    MalformedRecord(#[source] RecordFault),
    /// The module refused a command for another reason.
    #[error("{command:?} was refused, status {status}; reset the reader, else replace it")]
    Refused {
        /// what was asked
        command: Command,
        /// the answer
        status: Sw3,
    },
}

/// Who rejected whom when card and security module authenticated each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 31
    #[error("the card rejected the reader's security module")]
    CardRejectedSam,
    /// 32
    #[error("the reader's security module rejected the card")]
    SamRejectedCard,
}

/// What to do after a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Open the connection again.
    Reopen,
    /// Ask the visitor to lay the card down again and to keep it still.
    KeepCardStill,
    /// Ask the visitor for another document, or to go to a clerk.
    OtherDocument,
    /// Go on without the reader and tell the staff: the device needs a hand.
    CallStaff,
}

impl ReaderFault {
    /// What to do next.
    #[must_use]
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::Link(_) => NextStep::Reopen,
            Self::CardUnreadable(_) => NextStep::KeepCardStill,
            Self::CardTypeUnknown
            | Self::Authentication { .. }
            | Self::Unverified(_)
            | Self::WrongCheckDigit
            | Self::MalformedRecord(_) => NextStep::OtherDocument,
            Self::NoAnswer { .. }
            | Self::Garbled(_)
            | Self::RequestsGarbled(_)
            | Self::SamNotAuthorised
            | Self::SelfTestFailed
            | Self::Refused { .. } => NextStep::CallStaff,
        }
    }

    /// How the device failed, for its owner's [`Ladder`](link::Ladder); `None` when it answers, so
    /// that nothing on a ladder would help.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Link(error) => Some(Failure::from(error)),
            Self::NoAnswer { .. } => Some(Failure::Silent),
            Self::Garbled(_) | Self::RequestsGarbled(_) | Self::Refused { .. } => Some(Failure::Garbled),
            // A module that failed its test may pass the next one, after a reset.
            Self::SelfTestFailed => Some(Failure::Garbled),
            Self::SamNotAuthorised
            | Self::CardUnreadable(_)
            | Self::CardTypeUnknown
            | Self::Authentication { .. }
            | Self::Unverified(_)
            | Self::WrongCheckDigit
            | Self::MalformedRecord(_) => None,
        }
    }

    /// What a recording notes of it: the same again whenever it is played, and nothing personal.
    pub(crate) fn noted(&self) -> String {
        match self {
            Self::Link(LinkError::Timeout { .. }) => "link: timeout".to_owned(),
            Self::Link(LinkError::HungUp) => "link: hung up".to_owned(),
            Self::Link(LinkError::Halted) => "link: halted".to_owned(),
            Self::Link(LinkError::Overrun) => "link: overrun".to_owned(),
            // What the system says of it differs from one machine to the next.
            Self::Link(
                LinkError::NotFound(_) | LinkError::NotPermitted(_) | LinkError::Busy(_) | LinkError::Io(_),
            ) => "link: failed".to_owned(),
            Self::NoAnswer { command, .. } => format!("no answer to {command:?}"),
            Self::Garbled(_)
            | Self::RequestsGarbled(_)
            | Self::SamNotAuthorised
            | Self::SelfTestFailed
            | Self::CardUnreadable(_)
            | Self::CardTypeUnknown
            | Self::Authentication { .. }
            | Self::Unverified(_)
            | Self::WrongCheckDigit
            | Self::MalformedRecord(_)
            | Self::Refused { .. } => self.to_string(),
        }
    }

    /// What a status other than the one hoped for means as the answer to `command`.
    pub(crate) fn of(command: Command, status: Sw3, card_words: [u8; 2]) -> Self {
        match status {
            Sw3::ChecksumWrong | Sw3::LengthWrong => Self::RequestsGarbled(status),
            Sw3::NotAuthorised => Self::SamNotAuthorised,
            Sw3::SelfTestFailed => Self::SelfTestFailed,
            Sw3::CardTypeUnknown => Self::CardTypeUnknown,
            Sw3::CardRejectedSam => Self::Authentication { by: Refusal::CardRejectedSam, card_words },
            Sw3::SamRejectedCard => Self::Authentication { by: Refusal::SamRejectedCard, card_words },
            Sw3::InformationVerification | Sw3::FingerprintVerification => Self::Unverified(status),
            Sw3::ReadFailed
            | Sw3::RandomNumberFailed
            | Sw3::InformationLength
            | Sw3::SelectFailed
            | Sw3::FindFailed
            | Sw3::UnknownError
            | Sw3::NotPermittedNow
                if command.concerns_card() =>
            {
                Self::CardUnreadable(status)
            }
            _ => Self::Refused { command, status },
        }
    }
}

impl From<RecordFault> for ReaderFault {
    fn from(fault: RecordFault) -> Self {
        match fault {
            RecordFault::CheckDigit => Self::WrongCheckDigit,
            RecordFault::Lengths | RecordFault::Field(_) => Self::MalformedRecord(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_reader_what_happened_and_the_next_step() {
        let error = |fault| ReaderError { reader: "generic on serial /dev/x".to_owned(), fault };
        for (fault, said) in [
            (ReaderFault::Link(LinkError::HungUp), "hung up; open the port again"),
            (ReaderFault::CardUnreadable(Sw3::ReadFailed), "status 41"),
            (
                ReaderFault::NoAnswer { command: Command::FindCard, waited: Duration::from_secs(2) },
                "no answer to FindCard within 2000 ms; check the reader's power",
            ),
            (
                ReaderFault::of(Command::SelectCard, Sw3::CardRejectedSam, [0x69, 0x85]),
                "the card rejected the reader's security module, words 69 85",
            ),
            (
                ReaderFault::of(Command::SamIdentifier, Sw3::CommandWrong, [0, 0]),
                "SamIdentifier was refused, status 21",
            ),
        ] {
            let text = error(fault).to_string();
            assert!(text.starts_with("ID-card reader (generic on serial /dev/x): "), "{text}");
            assert!(text.contains(said), "{text}");
        }
    }

    #[test]
    fn every_status_leads_to_a_next_step() {
        use NextStep::{CallStaff, KeepCardStill, OtherDocument};
        for (code, step) in [
            (0x10, CallStaff),
            (0x11, CallStaff),
            (0x21, CallStaff),
            (0x23, KeepCardStill),
            (0x24, KeepCardStill),
            (0x31, OtherDocument),
            (0x32, OtherDocument),
            (0x33, OtherDocument),
            (0x37, OtherDocument),
            (0x3F, KeepCardStill),
            (0x40, OtherDocument),
            (0x41, KeepCardStill),
            (0x47, KeepCardStill),
            (0x60, CallStaff),
            (0x66, CallStaff),
            (0x80, KeepCardStill),
            (0x81, KeepCardStill),
            (0xAB, CallStaff),
        ] {
            let fault = ReaderFault::of(Command::ReadTextAndPhoto, Sw3::from(code), [0, 0]);
            assert_eq!(fault.next_step(), step, "{code:02X}");
        }
    }
}
