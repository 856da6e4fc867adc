//! What somebody is told who goes.

use super::{CardReminder, PapersTold};
use crate::catalogue::Label;
use crate::number::{NumberLife, TicketNumber};

/// Goodbye.
#[derive(Clone, Debug, PartialEq)]
pub struct Goodbye {
    /// the number, if one was given
    pub number: Option<TicketNumber>,
    /// where that number is in its life
    pub life: NumberLife,
    /// the number was given back
    pub cancelled: bool,
    /// whoever wanted a number has none, or whoever handed papers in has none to show at the window
    pub unnumbered: bool,
    /// what became of the papers
    pub papers: Option<PapersTold>,
    /// pages were scanned and not accepted: they are thrown away
    pub dropped: bool,
    /// what the window wants to see all the same, of a visit in which papers were handed in
    pub bring: Vec<Label>,
    /// papers may lie in the scanner
    pub originals: bool,
    /// papers do lie in its feeder
    pub feeder: bool,
    /// whether to remind of the card
    pub card: CardReminder,
}
