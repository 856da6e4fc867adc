//! Who may enter the technician's room.
//!
//! There are two ways in. A technician's card signs a challenge with a key that never leaves it, under
//! a certificate of the hall's own authority ([`StaffCertificates`], [`CardChallenge`]). Where no card
//! can be read, the kiosk shows a challenge, somebody reads it to the hall's office over the telephone,
//! and the office's tool `onedoor-answer` names the code that answers it ([`Challenge`]).
//!
//! Both ways end in a [`Pass`], which nothing but this room can make; the technician's room opens for a
//! pass and for nothing else. Failures of both ways are counted by [`Attempts`], which slows the next.
//!
//! This room is rules alone: it reads no file and has no clock. Chance is passed in as bytes, and time
//! as the [`Duration`](std::time::Duration) since the kiosk's start, by a clock that only runs forward.
//! The calendar, which may be what is broken, matters to certificates alone, as a [`Calendar`].

mod attempts;
mod card;
mod certificates;
mod challenge;
mod digits;
mod key;
mod pass;

pub use attempts::{Attempts, TooSoon};
pub use card::{CARD_CHALLENGE_LASTS, CardChallenge};
pub use certificates::{
    Calendar, CardKey, LONGEST_CERTIFICATE, LONGEST_SETTING, Refusal, SettingError, StaffCertificates,
    TECHNICIAN, Technician,
};
pub use challenge::{
    Answer, CHALLENGE_LASTS, Challenge, Code, CounterError, Ended, MOST_WRONG, Persisted, Question,
};
pub use digits::Mistyped;
pub use key::{KEY_LENGTH, KioskKey, KioskName, OfficeKey, WrongName};
pub use pass::{Pass, Who};
