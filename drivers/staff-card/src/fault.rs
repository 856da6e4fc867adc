//! What can go wrong with the slot and the card in it, and what to do next.

use std::fmt;
use std::time::Duration;

use crate::{StatusWord, Step};

/// Something went wrong with the slot for the staff's cards.
#[derive(Debug, thiserror::Error)]
#[error("staff card slot ({slot}): {fault}")]
pub struct SlotError {
    /// Which slot: the PC/SC reader that is looked for.
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
    #[error("there is no such reader; check its plug and its driver, or use the office's code")]
    NoReader,
    /// Another program has the card or the reader.
    #[error("another program uses the reader; end it")]
    Busy,
    /// Anything else that PC/SC said about the reader.
    #[error("PC/SC says: {0}; unplug the reader and plug it in again, or use the office's code")]
    Reader(#[source] pcsc::Error),

    /// There is no card.
    #[error("there is no card in the slot; put one in")]
    NoCard,
    /// The card was taken out while it was used.
    #[error("the card was taken out while it was used; put it in again and leave it in")]
    CardGone,
    /// The card does not answer to being powered up: upside down, broken, or no chip card.
    #[error("the card does not answer; put it in the other way round")]
    Mute,
    /// Another program reset the card while it was used.
    #[error("the card was reset by another program while it was used; put it in again")]
    CardReset,
    /// The exchange with the card failed: dirty contacts or a card that moved, as a rule.
    #[error("the card could not be read ({0}); put it in again and leave it in")]
    CardUnreadable(#[source] pcsc::Error),
    /// A reply of a single byte, which is none.
    #[error("the card gave half an answer; put it in again and leave it in")]
    HalfAnswer,
    /// More bytes than an answer can have.
    #[error("the card's answer is too long; use another card")]
    AnswerTooLong,
    /// The card announces more and more without an end.
    #[error("{0}: the card's answer does not end; use another card")]
    EndlessAnswer(Step),
    /// It took longer than a card may take.
    #[error("the card is too slow; put it in again")]
    TooSlow,

    /// There is no PIV application on the card.
    #[error("this is no card of the staff, words {0}; use another card")]
    OtherCard(StatusWord),
    /// The card holds no certificate for its key 9A.
    #[error("the card holds no certificate for authentication (9A); have the hall issue it anew")]
    NoCertificate,
    /// The certificate is compressed, which few cards do and nothing here reads.
    #[error("the card's certificate is compressed (gzip); have the hall store it uncompressed")]
    CompressedCertificate,
    /// An answer is not as the standard has it.
    #[error("{0}: the card's answer is malformed; use another card")]
    Malformed(Step),
    /// The PIN is wrong.
    #[error("the PIN is wrong; {left} more tries")]
    WrongPin {
        /// how often it may be tried still
        left: u8,
    },
    /// The PIN was wrong too often.
    #[error("the PIN is blocked; have the hall unblock the card")]
    PinBlocked,
    /// The card refused.
    #[error("{step} was refused, words {word}; use another card")]
    Refused {
        /// what was asked
        step: Step,
        /// the answer
        word: StatusWord,
    },
}

/// What the slot was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// [`StaffSlot::poll`](crate::StaffSlot::poll)
    Poll,
    /// [`StaffSlot::certificate`](crate::StaffSlot::certificate)
    Certificate,
    /// [`StaffSlot::sign`](crate::StaffSlot::sign)
    Sign,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Poll => "watching the slot",
            Self::Certificate => "reading the certificate",
            Self::Sign => "having the card sign",
        })
    }
}

/// What to do after a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// The slot's fault, which may mend itself: poll again after a pause. The office's code opens meanwhile.
    PollAgain,
    /// The slot's fault, which does not mend itself: the office's code is the way in.
    OfficeCode,
    /// The card's: put it in again and leave it in.
    InsertAgain,
    /// Type the PIN again.
    PinAgain,
    /// The card's: use another card, or the office's code.
    OtherCard,
}

impl SlotFault {
    /// What to do next.
    #[must_use]
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::NoService | Self::ServiceLost | Self::Hung { .. } | Self::NoReader => NextStep::PollAgain,
            Self::NotPermitted | Self::Busy | Self::Reader(_) => NextStep::OfficeCode,
            Self::NoCard
            | Self::CardGone
            | Self::Mute
            | Self::CardReset
            | Self::CardUnreadable(_)
            | Self::HalfAnswer
            | Self::TooSlow => NextStep::InsertAgain,
            Self::WrongPin { .. } => NextStep::PinAgain,
            Self::Refused { word, .. } if word.is_trouble() => NextStep::InsertAgain,
            Self::AnswerTooLong
            | Self::EndlessAnswer(_)
            | Self::OtherCard(_)
            | Self::NoCertificate
            | Self::CompressedCertificate
            | Self::Malformed(_)
            | Self::PinBlocked
            | Self::Refused { .. } => NextStep::OtherCard,
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
            Self::NoCertificate => "no-certificate",
            Self::CompressedCertificate => "compressed-certificate",
            Self::Malformed(_) => "malformed",
            Self::WrongPin { .. } => "wrong-pin",
            Self::PinBlocked => "pin-blocked",
            Self::Refused { .. } => "refused",
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
    fn what_pcsc_says_leads_to_a_next_step() {
        use NextStep::{InsertAgain, OfficeCode, OtherCard, PollAgain};
        for (error, code, step) in [
            (pcsc::Error::NoService, "service-lost", PollAgain),
            (pcsc::Error::SecurityViolation, "not-permitted", OfficeCode),
            (pcsc::Error::UnknownReader, "no-reader", PollAgain),
            (pcsc::Error::SharingViolation, "busy", OfficeCode),
            (pcsc::Error::NoSmartcard, "no-card", InsertAgain),
            (pcsc::Error::RemovedCard, "card-gone", InsertAgain),
            (pcsc::Error::UnresponsiveCard, "mute", InsertAgain),
            (pcsc::Error::ResetCard, "card-reset", InsertAgain),
            (pcsc::Error::NotTransacted, "card-unreadable", InsertAgain),
            (pcsc::Error::InsufficientBuffer, "answer-too-long", OtherCard),
            (pcsc::Error::NoMemory, "reader", OfficeCode),
        ] {
            let fault = SlotFault::of(error);
            assert_eq!((fault.code(), fault.next_step()), (code, step), "{error:?}");
        }
        for (word, step) in [(0x6F00, InsertAgain), (0x6982, OtherCard)] {
            let fault = SlotFault::Refused { step: Step::Sign, word: StatusWord(word) };
            assert_eq!(fault.next_step(), step);
        }
    }

    #[test]
    fn an_error_names_the_slot_what_happened_and_the_next_step() {
        let fault = SlotFault::Refused { step: Step::Sign, word: StatusWord(0x6982) };
        let error = SlotError { slot: "any reader".to_owned(), fault };
        assert_eq!(
            error.to_string(),
            "staff card slot (any reader): signing was refused, words 69 82; use another card"
        );
    }
}
