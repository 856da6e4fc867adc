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
mod job;
mod outcome;
mod page;
mod printer;
mod profile;
mod qr;
mod raster;
mod reply;
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
pub use outcome::{Evidence, JobId, Outcome, Step};
pub use printer::Printer;
pub use profile::{BuiltInFont, Profile, ProfileError};
pub use raster::{Bitmap, BitmapError};
pub use reply::{Block, BlockKind, Classifier, Reply};
pub use status::{Cover, Paper, Status};
pub use ticket::{Align, Level, Line, ModuleDots, QrText, QrTextError, Scale, Size, Ticket};
