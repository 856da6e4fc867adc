//! The reader of identity cards: a desktop or built-in device around a SAM_V security module.
//!
//! The module's host protocol is that of GA/T 467-2019, chapter 7: short frames over a serial line
//! ([`frame`], [`Command`], [`Sw3`]). [`Reader`] speaks it and yields a [`Document`], in one of the
//! four record layouts that the same cards come in.
//!
//! [`open`] opens the reader's link: a serial port, or USB in either of its two layouts
//! ([`ReaderUsb`]). What crosses it can be recorded with a [`CardRedactor`], and played again by
//! [`replay()`].
//!
//! # Personal data
//! Everything read from a card lives on the heap and is wiped when dropped; the buffer that
//! received the record is wiped as soon as the record is decoded. `Debug` of anything personal says
//! only what it is. The photo (1024 bytes in the closed WLT format, which only vendors' binaries
//! decode) is wiped unread: to get at it, take the bytes after the text in the reply to
//! [`Command::ReadTextAndPhoto`] where `reader.rs` parses it, and hand them to a decoder in a
//! process of its own.

mod buffer;
mod codes;
mod command;
mod date;
mod document;
mod fault;
pub mod frame;
#[doc(hidden)]
pub mod fuzz;
mod number;
mod payload;
mod profile;
mod reader;
mod redact;
mod replay;
mod status;
mod text;
mod usb;

pub use codes::{CountryCode, EthnicGroup, HmtRegion, Sex};
pub use command::{Baud, Command};
pub use date::{Date, ValidUntil, Validity};
pub use document::{
    Document, ForeignPermanent2017, ForeignPermanent2023, HmtResidencePermit, RecordFault, ResidentCard,
};
pub use fault::{NextStep, ReaderError, ReaderFault, Refusal};
pub use number::{IdNumber, NumberFault, PermitNumber};
pub use payload::{CardManagementNumber, SamIdentifier};
pub use profile::{PresenceProbe, Profile, ProfileError, Timeouts};
pub use reader::{Poll, Presence, Reader};
pub use redact::CardRedactor;
pub use replay::{DRIVER, replay};
pub use status::{StatusClass, Sw3};
pub use text::Text;
pub use usb::{Layout, ReaderUsb, open};

/// Gives personal types a `Debug` that names the type and shows nothing of its content.
macro_rules! redacted {
    ($($personal:ident),+ $(,)?) => {$(
        impl std::fmt::Debug for $personal {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($personal), "(redacted)"))
            }
        }
    )+};
}
pub(crate) use redacted;
