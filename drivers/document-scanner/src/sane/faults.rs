//! What SANE says, as faults of the scanner.

use sane_helper::{Refusal, Status};

use crate::error::Fault;

/// What the helper was asked when something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Loading libsane, looking for devices.
    Begin,
    /// Opening the device.
    Open,
    /// Reading or setting an option.
    Option,
    /// Taking a sheet.
    Start,
    /// Reading a page.
    Read,
}

impl Step {
    /// What is waited for meanwhile.
    pub(crate) fn waiting_for(self) -> &'static str {
        match self {
            Self::Begin => "the SANE helper",
            Self::Open => "the scanner to open",
            Self::Option => "the scanner's options",
            Self::Start => "the next sheet",
            Self::Read => "the rest of a page",
        }
    }
}

/// The fault behind a SANE status (SANE Standard 1.06, section 4.2.7) while page `after_page` + 1 was due.
pub(crate) fn of_status(status: Status, step: Step, after_page: u32) -> Fault {
    match status {
        Status::Unsupported => Fault::Unsupported {
            what: match step {
                Step::Begin => "a list of devices",
                Step::Open => "to be opened",
                Step::Option => "these settings",
                Step::Start | Step::Read => "a scan with these settings",
            }
            .into(),
        },
        // Only a button of the scanner can have done so: the kiosk reads no page that it has cancelled.
        Status::Cancelled => Fault::Cancelled,
        Status::DeviceBusy => Fault::Busy,
        Status::Inval => match step {
            Step::Open => Fault::Unreachable { why: "there is no such device".into() },
            Step::Begin | Step::Option | Step::Start | Step::Read => Fault::Refused,
        },
        Status::Jammed => Fault::Jam { after_page },
        Status::NoDocs => Fault::FeederEmpty,
        Status::CoverOpen => Fault::HatchOpen,
        Status::IoError => match step {
            Step::Read => Fault::Interrupted { page: after_page.saturating_add(1) },
            Step::Begin | Step::Open | Step::Option | Step::Start => {
                Fault::Unreachable { why: "communication with the device failed".into() }
            }
        },
        Status::NoMem => Fault::OutOfMemory,
        Status::AccessDenied => Fault::NotPermitted,
        // "Warming up", in later versions of SANE.
        Status::Other(12) => Fault::Busy,
        // "The mechanism is locked for transport", likewise.
        Status::Other(13) => Fault::Stopped,
        Status::Good | Status::Eof | Status::Other(_) => {
            Fault::protocol(format!("{status} while waiting for {}", step.waiting_for()))
        }
    }
}

/// The fault behind a refusal of the helper while page `after_page` + 1 was due.
pub(crate) fn of_refusal(refusal: Refusal, after_page: u32) -> Fault {
    match refusal {
        Refusal::LibraryMissing { why } => Fault::LibraryMissing { why },
        Refusal::LibraryVersion { .. } => Fault::LibraryMissing { why: refusal.to_string() },
        Refusal::NoSuchOption { option } => Fault::Unsupported { what: format!("the option {option}") },
        Refusal::WrongKind { .. } | Refusal::Image { .. } => Fault::Unsupported { what: refusal.to_string() },
        Refusal::Incomplete => {
            Fault::PageDamaged { page: after_page.saturating_add(1), why: "the scanner sent it incomplete" }
        }
        Refusal::OutOfOrder | Refusal::Request { .. } => {
            Fault::protocol(format!("its helper refused {refusal}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_a_fault_of_its_own_kind() {
        let unreachable = |why: &str| Fault::Unreachable { why: why.into() };
        for (code, step, fault) in [
            (1, Step::Start, Fault::Unsupported { what: "a scan with these settings".into() }),
            (2, Step::Read, Fault::Cancelled),
            (3, Step::Open, Fault::Busy),
            (4, Step::Open, unreachable("there is no such device")),
            (4, Step::Option, Fault::Refused),
            (5, Step::Start, Fault::protocol("EOF while waiting for the next sheet")),
            (6, Step::Start, Fault::Jam { after_page: 4 }),
            (7, Step::Start, Fault::FeederEmpty),
            (8, Step::Read, Fault::HatchOpen),
            (9, Step::Start, unreachable("communication with the device failed")),
            (9, Step::Read, Fault::Interrupted { page: 5 }),
            (10, Step::Open, Fault::OutOfMemory),
            (11, Step::Open, Fault::NotPermitted),
            (12, Step::Start, Fault::Busy),
            (13, Step::Start, Fault::Stopped),
            (99, Step::Read, Fault::protocol("status 99 while waiting for the rest of a page")),
        ] {
            assert_eq!(of_status(Status::from_code(code), step, 4), fault, "{code}");
        }
    }
}
