//! What leads to what: every answer that the standards and manuals of the devices know, and the
//! entry of the catalogue, the visitor's problem or the ordinary course of things it stands for.
//!
//! A device says more than once whether something passes or lasts; the entry here is what a lasting
//! answer leads to. Drivers have their own types for these answers: this table is the catalogue's
//! proof that it has left none out.

mod card;
mod paper;
mod store;

use super::Fault;
use crate::screen::{CardProblem, ScanProblem};

/// An answer of a device or of the store, as its standard has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// SW3 of a reply of the reader's security module (GA/T 467-2019, chapter 7)
    ReaderSw3(u8),
    /// a status word of a card in the slot (ISO/IEC 7816-4, table 5)
    CardSw(CardSw),
    /// a return code of a company key's library (GM/T 0016, SAR)
    Skf(u32),
    /// a bit of the printer's answer to DLE EOT n (ESC/POS)
    DleEot {
        /// 1 printer, 2 off-line cause, 3 error cause, 4 roll
        n: u8,
        /// counted from 0
        bit: u8,
    },
    /// a bit of the answer to DLE EOT 4 of a printer with a presenter (Citizen PPU-231)
    PresenterEot4(u8),
    /// a bit of the answer to DLE EOT 20 (Custom KPM150: 10 0F P U R X)
    FullStatus {
        /// `P` paper, `U` user, `R` recoverable errors
        byte: char,
        /// counted from 0
        bit: u8,
    },
    /// a bit of the automatic status, GS a (ESC/POS)
    Asb {
        /// 1 to 4
        byte: u8,
        /// counted from 0
        bit: u8,
    },
    /// a bit of the answer to GS r 1 (ESC/POS)
    GsR(u8),
    /// `pwg:State` of a scanner (eSCL, ScannerStatus)
    ScannerState(&'static str),
    /// `scan:AdfState` without its prefix ScannerAdf (eSCL, ScannerStatus)
    AdfState(&'static str),
    /// an answer to a request (eSCL)
    Escl {
        /// `ScanJobs` or `NextDocument`
        request: &'static str,
        /// HTTP's
        status: u16,
    },
    /// SANE_Status (SANE standard 1.06, section 4.2.7)
    Sane(u8),
    /// an answer of the store to a request of tus 1.0.0
    Tus(u16),
    /// how TLS, or the way to it, failed; alerts by their names in RFC 8446, section 6
    Tls(&'static str),
}

/// What the status words of a card say, by their class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CardSw {
    /// 90 00
    Done,
    /// 61 xx: so many bytes can be fetched
    MoreData,
    /// 6C xx: ask again with this length
    WrongLength,
    /// 62 xx, 63 xx: a warning
    Warning,
    /// 64 xx, 65 xx, 66 xx: the card could not do it
    Execution,
    /// 67 xx to 6B xx, 6D xx to 6F xx: the card does not know or does not allow it
    Checking,
}

/// What an answer stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// this entry of the catalogue
    Fault(Fault),
    /// a problem of the visitor's card or code, not of a device
    Card(CardProblem),
    /// a problem of the visitor's papers, not of a device
    Scan(ScanProblem),
    /// nothing is wrong; why
    Normal(&'static str),
}

/// Every answer and what it stands for.
pub fn all() -> impl Iterator<Item = (Origin, Mapping)> {
    [card::READER, card::SLOT, card::KEY, paper::PRINTER, paper::SCANNER, store::TUS, store::TLS]
        .into_iter()
        .flatten()
        .copied()
}

/// What an answer stands for; `None` for one that no standard has.
pub fn mapping(origin: Origin) -> Option<Mapping> {
    all().find_map(|(known, mapping)| (known == origin).then_some(mapping))
}

/// Every answer that leads to a fault.
pub fn leading_to(fault: Fault) -> impl Iterator<Item = Origin> {
    all().filter_map(move |(origin, mapping)| (mapping == Mapping::Fault(fault)).then_some(origin))
}

#[cfg(test)]
mod tests;
