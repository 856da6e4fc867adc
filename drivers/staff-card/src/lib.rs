//! Cards of the staff in a PC/SC slot: PIV (NIST SP 800-73-4) with a key for authentication.
//!
//! A [`StaffSlot`] watches one PC/SC reader, reads the certificate of the card's key 9A, and has that key
//! sign a message after the PIN was given. It judges neither: whose certificate it is, whether it is still
//! good and whether the signature fits are for others to find out.
//!
//! # What stays of it
//! The PIN is wiped when dropped, and so is every command that holds it. (libpcsclite and pcscd keep
//! buffers of their own, over which this program has no power.) The card is reset after each signature,
//! so that its PIN stays given to nobody. Neither PIN nor certificate nor signature is in a recording, an
//! error or a log line.

mod apdu;
mod exchange;
mod fault;
#[doc(hidden)]
pub mod fuzz;
mod object;
mod pin;
mod piv;
mod record;
mod slot;
mod tlv;

pub use apdu::{StatusWord, Step};
pub use exchange::Exchange;
pub use fault::{Call, NextStep, SlotError, SlotFault};
pub use object::LONGEST_CERTIFICATE;
pub use pin::{Pin, PinError};
pub use piv::{KeyKind, read_certificate, sign};
pub use record::{DRIVER, StaffRedactor, recorder, replay};
pub use slot::{Slot, StaffSlot};
