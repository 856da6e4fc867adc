//! Social-security cards in a PC/SC slot.
//!
//! Second- and third-generation cards (社会保障卡; file structure and data items V2.0, commands of
//! LD/T 32.5-2015) let anybody read two files of the application SSSE: EF05, the card's issue, and EF06,
//! its holder. [`CardSlot`] watches one PC/SC reader and reads them into a [`SocialCard`].
//!
//! # Whose fault
//! [`SlotFault::next_step`] tells what is the card's (put it in again, use another document) from what
//! is the slot's (poll again, call the staff).
//!
//! # Personal data
//! Everything read from a card lives on the heap and is wiped when dropped, and so is the buffer that
//! received it. `Debug` of anything personal says only what it is. (libpcsclite and pcscd keep buffers
//! of their own, over which this program has no power.)

mod apdu;
mod card;
mod date;
mod exchange;
mod fault;
mod fields;
#[doc(hidden)]
pub mod fuzz;
mod item;
mod number;
mod profile;
mod read;
mod record;
mod slot;

pub use apdu::{Command, StatusWord};
pub use card::{Issue, SocialCard};
pub use date::Date;
pub use exchange::Exchange;
pub use fault::{Call, NextStep, SlotError, SlotFault};
pub use fields::{Code, EthnicGroup, Name, Sex};
pub use item::{File, Item, RecordFault};
pub use number::{CitizenNumber, NumberFault};
pub use profile::{Profile, ProfileError, Share};
pub use read::read_card;
pub use record::{CardRedactor, DRIVER, recorder, replay};
pub use slot::{CardSlot, Presence, Slot};

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
