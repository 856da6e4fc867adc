//! The document scanner, by eSCL or by SANE.

use document_scanner::{AdfState, Fault as Said, Mismatch, ScannerStatus, State, Tally};
use visit::fault::Fault;

/// What a failure says of the device; `None`: it is well.
pub fn said_fault(said: &Said) -> Option<Fault> {
    Some(match said {
        Said::Jam { .. } => Fault::ScannerJam,
        Said::HatchOpen | Said::DoorOpen => Fault::ScannerHatchOpen,
        Said::Mispick => Fault::ScannerMispick,
        Said::Multipick => Fault::ScannerMultipick,
        Said::SheetUnsuitable { .. } => Fault::ScannerSheetUnsuitable,
        Said::FeederOverloaded => Fault::FeederOverloaded,
        Said::Busy | Said::SelfTest => Fault::ScannerBusy,
        Said::FeederFailed | Said::Stopped | Said::OutOfService => Fault::ScannerService,
        Said::Unreachable { .. } => Fault::ScannerAbsent,
        Said::TimedOut { .. } => Fault::ScannerSilent,
        Said::Refused | Said::Unsupported { .. } => Fault::ScannerRefusesSettings,
        Said::Protocol { .. }
        | Said::FeederUnknown { .. }
        | Said::JobAborted { .. }
        | Said::JobCanceled { .. }
        | Said::Interrupted { .. } => Fault::ScannerProtocol,
        Said::PageDamaged { .. } | Said::TooLarge { .. } => Fault::ScannerBadPage,
        Said::HelperMissing { .. } | Said::LibraryMissing { .. } => Fault::ScannerNoBackEnd,
        Said::HelperDied { .. } => Fault::ScannerHelperDied,
        Said::NotPermitted => Fault::ScannerNotPermitted,
        Said::OutOfMemory => Fault::ScannerOutOfMemory,
        Said::DiskFull | Said::Storage { .. } => Fault::DiskFull,
        Said::FeederEmpty | Said::TooManyPages { .. } | Said::Cancelled => return None,
    })
}

/// What a status says of the device; `None`: it is well.
pub fn status_fault(status: &ScannerStatus) -> Option<Fault> {
    let feeder = status.adf_state.as_ref().and_then(|adf| match adf {
        AdfState::Jam => Some(Fault::ScannerJam),
        AdfState::HatchOpen | AdfState::DoorOpen => Some(Fault::ScannerHatchOpen),
        AdfState::Mispick => Some(Fault::ScannerMispick),
        AdfState::InputTrayOverloaded => Some(Fault::FeederOverloaded),
        AdfState::DuplexPageTooShort | AdfState::DuplexPageTooLong => Some(Fault::ScannerSheetUnsuitable),
        AdfState::MultipickDetected => Some(Fault::ScannerMultipick),
        AdfState::InputTrayFailed => Some(Fault::ScannerService),
        AdfState::Processing | AdfState::Empty | AdfState::Loaded | AdfState::Unknown(_) => None,
    });
    feeder.or(match &status.state {
        State::Stopped | State::Down => Some(Fault::ScannerService),
        State::Idle | State::Processing | State::Testing | State::Unknown(_) => None,
    })
}

/// Whether pages may be missing although the scan came to its end.
pub fn tally_fault(tally: &Tally) -> Option<Fault> {
    match tally.mismatch? {
        Mismatch::SheetsTogether => Some(Fault::ScannerMultipick),
        Mismatch::PageBroken { .. } => Some(Fault::ScannerBadPage),
        Mismatch::NeverTransferred { .. } | Mismatch::BackMissing { .. } => Some(Fault::PagesMissing),
        // Every page that came is there: it is the counter that is wrong.
        Mismatch::CountedTooFew { .. } => None,
    }
}
