//! The slot for social-security cards.

use social_card::SlotFault;
use visit::fault::Fault;
use visit::screen::CardProblem;

/// What a failure means for the visitor whose card is in the slot; `None`: nothing.
pub fn card_problem(fault: &SlotFault) -> Option<CardProblem> {
    match fault {
        SlotFault::NoService
        | SlotFault::ServiceLost
        | SlotFault::NotPermitted
        | SlotFault::Hung { .. }
        | SlotFault::NoReader
        | SlotFault::Busy
        | SlotFault::Reader(_)
        | SlotFault::NoCard => None,
        SlotFault::Mute => Some(CardProblem::WrongSide),
        SlotFault::CardGone
        | SlotFault::CardReset
        | SlotFault::CardUnreadable(_)
        | SlotFault::HalfAnswer
        | SlotFault::AnswerTooLong
        | SlotFault::EndlessAnswer(_)
        | SlotFault::TooSlow
        | SlotFault::Refused { .. }
        | SlotFault::Malformed { .. } => Some(CardProblem::SocialUnreadable),
        SlotFault::OtherCard(_) => Some(CardProblem::UnknownKind),
        SlotFault::WrongCheckDigit => Some(CardProblem::CheckDigit),
    }
}

/// What a failure says of the slot; `None`: it is well.
pub fn slot_fault(fault: &SlotFault) -> Option<Fault> {
    match fault {
        SlotFault::NoService | SlotFault::ServiceLost => Some(Fault::SlotService),
        SlotFault::NotPermitted => Some(Fault::SlotNotPermitted),
        SlotFault::Hung { .. } => Some(Fault::SlotSilent),
        SlotFault::NoReader => Some(Fault::SlotAbsent),
        SlotFault::Busy => Some(Fault::SlotInUse),
        SlotFault::Reader(_) => Some(Fault::SlotGarbled),
        SlotFault::NoCard
        | SlotFault::CardGone
        | SlotFault::Mute
        | SlotFault::CardReset
        | SlotFault::CardUnreadable(_)
        | SlotFault::HalfAnswer
        | SlotFault::AnswerTooLong
        | SlotFault::EndlessAnswer(_)
        | SlotFault::TooSlow
        | SlotFault::OtherCard(_)
        | SlotFault::Refused { .. }
        | SlotFault::Malformed { .. }
        | SlotFault::WrongCheckDigit => None,
    }
}
