//! What a ticket and a receipt say. How they look on paper is the business of whoever prints them.

use crate::catalogue::Label;
use crate::event::CustodyCode;
use crate::number::TicketNumber;
use crate::screen::{Language, PaperTold};
use jiff::civil::DateTime;

/// The contents of one ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketContents {
    /// the language the visitor read
    pub language: Language,
    /// the hall's name
    pub hall: Label,
    /// the number
    pub number: TicketNumber,
    /// whether the words 补打 stand on it
    pub reprint: bool,
    /// where to wait and to which windows, one line each
    pub windows: Vec<(Label, String)>,
    /// the matters, in the order of picking
    pub matters: Vec<Label>,
    /// people ahead; `None` when the windows do not report, and then nothing is printed of it
    pub ahead: Option<u32>,
    /// the number was called already: whoever has it does not wait for that
    pub called: bool,
    /// what still has to be handed in
    pub missing: Vec<Label>,
    /// when the number was given, by the hall's clock
    pub issued_at: DateTime,
    /// what the QR code says: the opaque token of the visit that the papers are kept under, nothing about the person
    pub qr: String,
}

/// The contents of a receipt for papers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptContents {
    /// the language the visitor read
    pub language: Language,
    /// the hall's name
    pub hall: Label,
    /// the visit's number, if it has one
    pub number: Option<TicketNumber>,
    /// whether the words 补打 stand on it
    pub reprint: bool,
    /// what was handed in, and where it is now
    pub papers: Vec<PaperTold>,
    /// stands for every page and document of the visit
    pub code: CustodyCode,
    /// when this was said, by the hall's clock
    pub at: DateTime,
}
