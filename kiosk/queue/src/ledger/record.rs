//! A visit as a ledger knows it.

use super::{PrintHistory, PrintJobId, TicketIntent};
use crate::key::PersonKey;
use jiff::civil::{Date, DateTime};
use std::fmt;
use visit::catalogue::Matter;
use visit::checklist::Choice;
use visit::hours::Span;
use visit::identity::CompanyCode;
use visit::number::{Letter, NumberLife, TicketNumber};

/// How many matters one visit may have.
pub const MATTERS: usize = 64;

/// How many ticked options one visit may have.
pub const OPTIONS: usize = 256;

/// The largest count that a ticket shows.
pub const LARGEST_COUNT: u32 = 999_999;

/// The opaque token of a visit: 16 random bytes that say nothing about the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VisitId(pub [u8; 16]);

impl VisitId {
    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        if text.len() != 32 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        for (byte, at) in bytes.iter_mut().zip((0..32).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for VisitId {
    /// 32 digits of `0-9 a-f`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// For whom the visitor acts, as far as a ledger may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplicantRef {
    /// the visitor
    Oneself,
    /// a company; its code is public
    Company(CompanyCode),
    /// a relative
    Relative(PersonKey),
}

/// One visit: one person, one hall, one service day, until it is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitRecord {
    /// its opaque token
    pub id: VisitId,
    /// whose
    pub person: PersonKey,
    /// on which service day
    pub day: Date,
    /// when it was opened
    pub opened_at: DateTime,
    /// for what
    pub choice: Choice,
    /// for whom
    pub applicant: ApplicantRef,
    /// its number and when that was given; `None` while only papers were handed in
    pub number: Option<(TicketNumber, DateTime)>,
    /// where it is in its life; without a number it is waiting until it is closed
    pub life: NumberLife,
    /// the visit that its papers are kept under: itself, or, when it was opened, the person's first visit that day since
    /// which none had been served. Papers do not end with a number that brought nobody to a window
    pub dossier: VisitId,
}

impl VisitRecord {
    /// Whether the visit goes on: the same person then gets the same number.
    pub fn is_open(&self) -> bool {
        self.life.is_open()
    }
}

/// Someone has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enter {
    /// who
    pub person: PersonKey,
    /// on which service day
    pub day: Date,
    /// when
    pub at: DateTime,
    /// for what; replaces what was chosen before. At most [`MATTERS`] and [`OPTIONS`]
    pub choice: Choice,
    /// for whom; replaces what was said before
    pub applicant: ApplicantRef,
}

/// At most `numbers` visits with a number for `matter` within `span` of a day. Numbers given back count
/// no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapRule {
    /// of which matter
    pub matter: Matter,
    /// in which part of the day; the rule means nothing outside it
    pub span: Span,
    /// how many
    pub numbers: u32,
}

/// Someone wants a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// who, when and for what
    pub enter: Enter,
    /// the caps of the chosen matters
    pub caps: Vec<CapRule>,
    /// what is to be printed
    pub ticket: TicketIntent,
}

/// What [`super::Ledger::take_number`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeAnswer {
    /// the visit has its number
    Taken(Box<Taken>),
    /// the cap of this matter is reached; nothing was recorded
    Full(Matter),
}

/// A visit that has its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// the visit; its number is there
    pub visit: VisitRecord,
    /// whether the number was given just now
    pub fresh: bool,
    /// the print job that was journalled as intended; take it on to another state
    pub job: PrintJobId,
    /// the print jobs before it
    pub earlier_prints: PrintHistory,
}

/// Consecutive numbers of one letter on one day, leased to be given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// on which service day
    pub day: Date,
    /// of which kiosk
    pub letter: Letter,
    /// the first count in it
    pub first: u32,
    /// the last count in it
    pub last: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_what_it_writes() {
        let id = VisitId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 250, 251, 252, 253, 254, 255]);
        assert_eq!(id.to_string(), "00010203040506070809fafbfcfdfeff");
        assert_eq!(VisitId::parse(&id.to_string()), Some(id));
        let upper = id.to_string().to_uppercase();
        for bad in ["", "00", upper.as_str(), "g0010203040506070809fafbfcfdfeff", "张张张张张张张张张张aa"]
        {
            assert_eq!(VisitId::parse(bad), None, "{bad}");
        }
    }
}
