//! The resident-ID reader.

use super::OfLink;
use id_reader::ReaderFault;
use visit::fault::Fault;
use visit::screen::CardProblem;

const LINK: OfLink = OfLink {
    absent: Fault::ReaderAbsent,
    silent: Fault::ReaderSilent,
    garbled: Fault::ReaderGarbled,
    not_permitted: Fault::ReaderNotPermitted,
    in_use: Fault::ReaderInUse,
};

/// What a failure to open it says.
pub fn link_fault(error: &link::LinkError) -> Fault {
    LINK.fault(error)
}

/// What a failure means for the visitor who laid the card; `None`: nothing.
pub fn card_problem(fault: &ReaderFault) -> Option<CardProblem> {
    match fault {
        ReaderFault::CardUnreadable(_) | ReaderFault::MalformedRecord(_) => Some(CardProblem::Unreadable),
        ReaderFault::CardTypeUnknown => Some(CardProblem::UnknownKind),
        ReaderFault::Authentication { .. } | ReaderFault::Unverified(_) => Some(CardProblem::Authentication),
        ReaderFault::WrongCheckDigit => Some(CardProblem::CheckDigit),
        ReaderFault::Link(_)
        | ReaderFault::NoAnswer { .. }
        | ReaderFault::Garbled(_)
        | ReaderFault::RequestsGarbled(_)
        | ReaderFault::SamNotAuthorised
        | ReaderFault::SelfTestFailed
        | ReaderFault::Refused { .. } => Some(CardProblem::Reader),
    }
}

/// What a failure says of the device; `None`: it is well.
pub fn reader_fault(fault: &ReaderFault) -> Option<Fault> {
    match fault {
        ReaderFault::CardUnreadable(_)
        | ReaderFault::MalformedRecord(_)
        | ReaderFault::CardTypeUnknown
        | ReaderFault::WrongCheckDigit
        | ReaderFault::Unverified(_)
        | ReaderFault::Authentication { .. } => None,
        ReaderFault::Link(error) => Some(LINK.fault(error)),
        ReaderFault::NoAnswer { .. } => Some(Fault::ReaderSilent),
        ReaderFault::Garbled(_) | ReaderFault::RequestsGarbled(_) => Some(Fault::ReaderGarbled),
        ReaderFault::Refused { .. } => Some(Fault::ReaderRefuses),
        ReaderFault::SamNotAuthorised => Some(Fault::ReaderNotAuthorised),
        ReaderFault::SelfTestFailed => Some(Fault::ReaderSelfTest),
    }
}
