//! QR codes from a serial scanner, as opaque tokens (随申码, appointment codes).
//!
//! What such a code holds is not published, and nothing in it can be verified here: a code is a
//! short-lived [`Token`] that the back end exchanges for a person. The scanner sends each code as
//! one line of text; [`CodeScanner`] takes the line apart from noise, floods and damage and yields
//! each code once, however often the scanner sees it.
//!
//! A scanner in its keyboard mode is not spoken to: it could type into the screen. Set it to its
//! serial mode (or USB virtual serial), with a terminator of CR, LF or both.
//!
//! # Personal data
//! A token is worth its owner's identity for as long as it lives. It is wiped when dropped, as is
//! every buffer that it passed through; `Debug` and errors show nothing of it, not even what kind of
//! code it might be; telling a repeat from a new code keeps a keyed hash and no code. A recording holds
//! codes of the same shape that never were any ([`Redactor`]), and can be played again ([`replay`]).

mod fault;
#[doc(hidden)]
pub mod fuzz;
mod line;
mod profile;
mod recording;
mod scanner;
mod token;

pub use fault::{CodeError, CodeFault, NextStep};
pub use profile::{Profile, ProfileError, Terminator};
pub use recording::{Redactor, replay};
pub use scanner::CodeScanner;
pub use token::Token;
