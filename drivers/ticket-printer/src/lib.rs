//! The ticket printer: a ticket as a value, the fewest ESC/POS bytes that print it, and the proof
//! that it was printed.
//!
//! * [`Ticket`] says what stands on the paper; [`Encoder`] turns it into a header that carries no
//!   number and a body that does ([`Encoded`]).
//! * [`Printer`] owns the [`Link`](link::Link), asks the printer how it is ([`Status`]), and prints
//!   one ticket in steps between which the owner may write its journal:
//!   [`preflight`](Printer::preflight), [`begin`](Printer::begin), [`finish`](Printer::finish).
//! * [`Outcome`] says how it ended and how strong the [`Evidence`] is. Nothing is ever sent twice:
//!   an unknown outcome is for people to settle.
//! * [`Profile`] is what is known about a model, as data.

mod command;
mod encode;
mod error;
mod font;
#[doc(hidden)]
pub mod fuzz;
mod gauge;
mod job;
mod outcome;
mod page;
mod printer;
mod profile;
mod qr;
mod raster;
pub mod recovery;
mod redact;
mod replay;
mod reply;
#[doc(hidden)]
pub mod sample;
mod status;
mod text;
mod ticket;

#[cfg(test)]
mod decoder;
#[cfg(test)]
mod scripted;

pub use encode::{Encoded, Encoder};
pub use error::{Fault, PrintRefused, PrinterError, UnknownReason};
pub use font::{FontError, FontFile};
pub use gauge::PaperGauge;
pub use outcome::{Evidence, JobId, Outcome, Proofs, Step};
pub use printer::Printer;
pub use profile::{BuiltInFont, LineSpeed, Profile, ProfileError, StatusLayout};
pub use raster::{Bitmap, BitmapError};
pub use recovery::{Holds, Ladder, Remedy, Rung, Trouble};
pub use redact::TicketRedactor;
pub use replay::{DRIVER, replay};
pub use reply::{Block, BlockKind, Classifier, PrinterId, Reply};
pub use status::{Cover, Meaning, Notice, Paper, Sign, Status};
pub use ticket::{Align, Level, Line, ModuleDots, QrText, QrTextError, Scale, Size, Ticket};
