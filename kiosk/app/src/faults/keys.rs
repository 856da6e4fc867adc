//! Companies' keys, and the vendor's library behind them.

use company_key::KeyFault;
use visit::fault::Fault;

/// What a failure says of the place for keys; `None`: it is the visitor's key, and not the place.
pub fn key_fault(fault: &KeyFault) -> Option<Fault> {
    match fault {
        KeyFault::HelperMissing(_) => Some(Fault::KeyHelperMissing),
        KeyFault::LibraryMissing
        | KeyFault::LibraryWrongKind
        | KeyFault::LibraryIncomplete(_)
        | KeyFault::LibraryRefused(_) => Some(Fault::KeyLibraryMissing),
        KeyFault::Crashed { .. }
        | KeyFault::Exited { .. }
        | KeyFault::HelperFailed(_)
        | KeyFault::Protocol(_) => Some(Fault::KeyHelperDied),
        KeyFault::Hung { .. } => Some(Fault::KeyHelperSilent),
        KeyFault::Misbehaved(_) | KeyFault::Library { .. } => Some(Fault::KeyLibraryFails),
        KeyFault::NoKey
        | KeyFault::SeveralKeys
        | KeyFault::Removed
        | KeyFault::NoCertificate
        | KeyFault::Certificate(_)
        | KeyFault::Changed
        | KeyFault::PinWrong { .. }
        | KeyFault::PinLocked
        | KeyFault::PinUnfit
        | KeyFault::PinNotSet => None,
    }
}
