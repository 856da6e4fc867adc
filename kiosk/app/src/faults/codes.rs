//! The scanner of codes, and the store that knows whose they are.

use super::OfLink;
use code_scanner::CodeFault;
use visit::fault::Fault;

const LINK: OfLink = OfLink {
    absent: Fault::CodeScannerAbsent,
    silent: Fault::CodeScannerAbsent,
    garbled: Fault::CodeScannerGarbled,
    not_permitted: Fault::CodeScannerNotPermitted,
    in_use: Fault::CodeScannerInUse,
};

/// What a failure to open it says.
pub fn link_fault(error: &link::LinkError) -> Fault {
    LINK.fault(error)
}

/// What a failure says of the scanner.
pub fn code_fault(fault: &CodeFault) -> Fault {
    match fault {
        CodeFault::Link(error) => LINK.fault(error),
        CodeFault::TooLong { .. }
        | CodeFault::ControlBytes
        | CodeFault::NotText
        | CodeFault::Unterminated { .. } => Fault::CodeScannerGarbled,
    }
}
