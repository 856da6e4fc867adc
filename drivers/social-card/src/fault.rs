//! What can go wrong with the slot and the card in it, and what to do next.

use std::fmt;
use std::time::Duration;

use crate::{Command, Item, RecordFault, StatusWord};

/// Something went wrong with the card slot.
#[derive(Debug, thiserror::Error)]
#[error("card slot ({slot}): {fault}")]
pub struct SlotError {
    /// Which slot: its model and the PC/SC reader that is looked for.
    pub slot: String,
    /// What happened.
    #[source]
    pub fault: SlotFault,
}

/// What happened to the slot or to the card in it.
#[derive(Debug, thiserror::Error)]
pub enum SlotFault {
    /// pcscd does not run, or its socket is elsewhere.
    #[error("the smart-card service (pcscd) is not there; start it")]
    NoService,
    /// pcscd ended while it was being used. The next call makes a new connection.
    #[error("the smart-card service (pcscd) went away; it is asked again")]
    ServiceLost,
    /// pcscd turns this user away, as polkit's rules have it.
    #[error(
        "the smart-card service (pcscd) refuses this user; allow it access_pcsc and access_card in polkit"
    )]
    NotPermitted,
    /// A call did not come back. The next one is made on a new connection.
    #[error("{call} did not come back within {} ms; if it goes on, restart pcscd", waited.as_millis())]
    Hung {
        /// what was called
        call: Call,
        /// how long it was waited for
        waited: Duration,
    },
    /// There is no such reader: not plugged in, or pcscd has no driver for it.
    #[error("there is no such reader; check its plug and its driver")]
    NoReader,
    /// Another program has the card or the reader.
    #[error("another program uses the reader; end it")]
    Busy,
    /// Anything else that PC/SC said about the reader.
    #[error("PC/SC says: {0}; unplug the reader and plug it in again, else replace it")]
    Reader(#[source] pcsc::Error),

    /// There is no card.
    #[error("there is no card in the slot; put one in")]
    NoCard,
    /// The card was taken out while it was read.
    #[error("the card was taken out while it was read; put it in again and leave it in")]
    CardGone,
    /// The card does not answer to being powered up: upside down, broken, or no chip card.
    #[error("the card does not answer; put it in the other way round, else use another document")]
    Mute,
    /// A program reset the card in mid-reading, twice.
    #[error("the card was reset by another program while it was read; end that program")]
    CardReset,
    /// The exchange with the card failed: dirty contacts or a card that moved, as a rule.
    #[error("the card could not be read ({0}); put it in again and leave it in")]
    CardUnreadable(#[source] pcsc::Error),
    /// A reply of a single byte, which is none.
    #[error("the card gave half an answer; put it in again and leave it in")]
    HalfAnswer,
    /// More bytes than an answer can have.
    #[error("the card's answer is too long; use another document")]
    AnswerTooLong,
    /// The card announces more and more without an end.
    #[error("{0}: the card's answer does not end; use another document")]
    EndlessAnswer(Command),
    /// Reading took longer than the profile grants.
    #[error("the card is too slow; put it in again, else use another document")]
    TooSlow,
    /// There is no social-security application on the card.
    #[error("this is no social-security card, words {0}; use another document")]
    OtherCard(StatusWord),
    /// The card refused.
    #[error("{command} was refused, words {word}; use another document")]
    Refused {
        /// what was asked
        command: Command,
        /// the answer
        word: StatusWord,
    },
    /// A record is not as the file structure has it.
    #[error("the card's item {item:?} {why}; use another document")]
    Malformed {
        /// of which item
        item: Item,
        /// what is wrong
        why: RecordFault,
    },
    /// The check character of the number on the card is wrong.
    #[error("the check character of the number is wrong; put the card in again, else see a clerk")]
    WrongCheckDigit,
}

/// What the slot was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// [`CardSlot::poll`](crate::CardSlot::poll)
    Poll,
    /// [`CardSlot::read`](crate::CardSlot::read)
    Read,
    /// [`CardSlot::presence`](crate::CardSlot::presence)
    Presence,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Poll => "watching the slot",
            Self::Read => "reading the card",
            Self::Presence => "looking for the card",
        })
    }
}

/// What to do after a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// The slot's fault, which may mend itself: poll again after a pause, and tell the staff if it stays.
    PollAgain,
    /// The slot's fault: go on without it and tell the staff.
    CallStaff,
    /// The card's: ask the visitor to put it in again and to leave it in.
    InsertAgain,
    /// The card's: ask the visitor for another document, or to go to a clerk.
    OtherDocument,
}

impl SlotFault {
    /// What to do next.
    #[must_use]
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::NoService | Self::ServiceLost | Self::Hung { .. } | Self::NoReader => NextStep::PollAgain,
            Self::NotPermitted | Self::Busy | Self::CardReset | Self::Reader(_) => NextStep::CallStaff,
            Self::NoCard
            | Self::CardGone
            | Self::Mute
            | Self::CardUnreadable(_)
            | Self::HalfAnswer
            | Self::TooSlow => NextStep::InsertAgain,
            Self::Refused { word, .. } if word.is_trouble() => NextStep::InsertAgain,
            Self::AnswerTooLong
            | Self::EndlessAnswer(_)
            | Self::OtherCard(_)
            | Self::Refused { .. }
            | Self::Malformed { .. }
            | Self::WrongCheckDigit => NextStep::OtherDocument,
        }
    }

    /// A stable name, for recordings and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoService => "no-service",
            Self::ServiceLost => "service-lost",
            Self::NotPermitted => "not-permitted",
            Self::Hung { .. } => "hung",
            Self::NoReader => "no-reader",
            Self::Busy => "busy",
            Self::Reader(_) => "reader",
            Self::NoCard => "no-card",
            Self::CardGone => "card-gone",
            Self::Mute => "mute",
            Self::CardReset => "card-reset",
            Self::CardUnreadable(_) => "card-unreadable",
            Self::HalfAnswer => "half-answer",
            Self::AnswerTooLong => "answer-too-long",
            Self::EndlessAnswer(_) => "endless-answer",
            Self::TooSlow => "too-slow",
            Self::OtherCard(_) => "other-card",
            Self::Refused { .. } => "refused",
            Self::Malformed { .. } => "malformed",
            Self::WrongCheckDigit => "wrong-check-digit",
        }
    }

    /// What a PC/SC error means on a connection that was good so far.
    pub(crate) fn of(error: pcsc::Error) -> Self {
        use pcsc::Error as E;
        match error {
            E::NoService | E::ServiceStopped | E::CommError | E::InvalidHandle | E::Shutdown => {
                Self::ServiceLost
            }
            E::SecurityViolation | E::NoAccess => Self::NotPermitted,
            E::UnknownReader | E::NoReadersAvailable | E::ReaderUnavailable => Self::NoReader,
            E::SharingViolation | E::ServerTooBusy => Self::Busy,
            E::NoSmartcard => Self::NoCard,
            E::RemovedCard => Self::CardGone,
            E::UnresponsiveCard | E::UnpoweredCard | E::UnsupportedCard | E::CardUnsupported => Self::Mute,
            E::ResetCard => Self::CardReset,
            E::NotTransacted | E::ProtoMismatch | E::CommDataLost | E::InvalidAtr | E::Eof => {
                Self::CardUnreadable(error)
            }
            E::InsufficientBuffer => Self::AnswerTooLong,
            other => Self::Reader(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_slot_what_happened_and_the_next_step() {
        let slot = "generic, any reader".to_owned();
        let command = Command::ReadRecord { number: 1, le: 0x14 };
        for (fault, said) in [
            (SlotFault::NoService, "is not there; start it"),
            (
                SlotFault::Refused { command, word: StatusWord(0x6982) },
                "reading record 1 was refused, words 69 82",
            ),
            (SlotFault::OtherCard(StatusWord(0x6A82)), "no social-security card, words 6A 82; use another"),
            (
                SlotFault::Malformed { item: Item::Birth, why: RecordFault::Value },
                "the card's item Birth has a value that it cannot have; use",
            ),
            (
                SlotFault::Hung { call: Call::Read, waited: Duration::from_secs(12) },
                "reading the card did not come back within 12000 ms",
            ),
        ] {
            let text = SlotError { slot: slot.clone(), fault }.to_string();
            assert!(text.starts_with("card slot (generic, any reader): "), "{text}");
            assert!(text.contains(said), "{text}");
        }
    }

    #[test]
    fn what_pcsc_says_leads_to_a_next_step() {
        use NextStep::{CallStaff, InsertAgain, OtherDocument, PollAgain};
        for (error, code, step) in [
            (pcsc::Error::NoService, "service-lost", PollAgain),
            (pcsc::Error::CommError, "service-lost", PollAgain),
            (pcsc::Error::InvalidHandle, "service-lost", PollAgain),
            (pcsc::Error::SecurityViolation, "not-permitted", CallStaff),
            (pcsc::Error::UnknownReader, "no-reader", PollAgain),
            (pcsc::Error::ReaderUnavailable, "no-reader", PollAgain),
            (pcsc::Error::SharingViolation, "busy", CallStaff),
            (pcsc::Error::NoSmartcard, "no-card", InsertAgain),
            (pcsc::Error::RemovedCard, "card-gone", InsertAgain),
            (pcsc::Error::UnresponsiveCard, "mute", InsertAgain),
            (pcsc::Error::UnpoweredCard, "mute", InsertAgain),
            (pcsc::Error::ResetCard, "card-reset", CallStaff),
            (pcsc::Error::NotTransacted, "card-unreadable", InsertAgain),
            (pcsc::Error::InsufficientBuffer, "answer-too-long", OtherDocument),
            (pcsc::Error::NoMemory, "reader", CallStaff),
        ] {
            let fault = SlotFault::of(error);
            assert_eq!((fault.code(), fault.next_step()), (code, step), "{error:?}");
        }
        let trouble = SlotFault::Refused { command: Command::SelectApplication, word: StatusWord(0x6F00) };
        assert_eq!(trouble.next_step(), InsertAgain);
        let refusal = SlotFault::Refused { command: Command::SelectApplication, word: StatusWord(0x6985) };
        assert_eq!(refusal.next_step(), OtherDocument);
    }
}
