//! What a ticket says. How it looks on paper is the business of whoever prints it.

use crate::catalogue::Label;
use crate::number::TicketNumber;
use crate::screen::Language;
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
    /// what still has to be handed in
    pub missing: Vec<Label>,
    /// when the number was given, by the hall's clock
    pub issued_at: DateTime,
    /// what the QR code says: the visit's opaque token, nothing about the person
    pub qr: String,
}
