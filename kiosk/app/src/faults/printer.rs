//! The ticket printer.

use super::OfLink;
use ticket_printer::{Fault as Said, Paper, PrintRefused, PrinterError, Status, UnknownReason};
use visit::fault::Fault;

const LINK: OfLink = OfLink {
    absent: Fault::PrinterAbsent,
    silent: Fault::PrinterSilent,
    garbled: Fault::PrinterGarbled,
    not_permitted: Fault::PrinterNotPermitted,
    in_use: Fault::PrinterInUse,
};

/// All that a status says is wrong, the decisive fault first.
pub fn status_faults(status: &Status) -> Vec<Fault> {
    let low = (status.paper() == Paper::Low).then_some(Fault::PaperLow);
    status.fault().map(said_fault).into_iter().chain(low).collect()
}

/// What the printer says keeps it from printing.
pub fn said_fault(said: Said) -> Fault {
    match said {
        Said::PaperOut => Fault::PaperOut,
        Said::CoverOpen => Fault::CoverOpen,
        Said::Cutter => Fault::CutterJammed,
        Said::HeadHot => Fault::HeadHot,
        Said::Mechanical | Said::Unnamed => Fault::PrinterMechanism,
        Said::Unrecoverable => Fault::PrinterBroken,
        Said::Supply => Fault::PrinterPower,
        Said::WaitingForButton => Fault::PrinterWaitsForButton,
        Said::Feeding => Fault::PrinterFeeding,
        Said::Offline => Fault::PrinterOffline,
    }
}

/// What keeps the kiosk from speaking to it.
pub fn printer_fault(error: &PrinterError) -> Fault {
    match error {
        PrinterError::Link { source, .. } => LINK.fault(source),
        PrinterError::NoAnswer { answers: 0, strange: 0, .. } => Fault::PrinterSilent,
        // Something answers, and not as a printer of this profile does.
        PrinterError::NoAnswer { .. } => Fault::PrinterGarbled,
        PrinterError::Stalled { .. }
        | PrinterError::NeedsRecovery { .. }
        | PrinterError::NotCleared { .. } => Fault::PrinterSilent,
    }
}

/// Why no ticket was begun.
pub fn refused_fault(why: &PrintRefused) -> Fault {
    match why {
        PrintRefused::Fault(said) => said_fault(*said),
        PrintRefused::Printer(error) => printer_fault(error),
    }
}

/// Why it is not known whether a ticket was printed; `None`: the printer names no fault.
pub fn unknown_fault(why: &UnknownReason) -> Option<Fault> {
    match why {
        UnknownReason::Fault(said) => Some(said_fault(*said)),
        UnknownReason::NoReply { .. } => None,
        UnknownReason::ProofNeverComes { .. } => Some(Fault::PrinterUnproven),
        UnknownReason::Printer(error) => Some(printer_fault(error)),
    }
}
