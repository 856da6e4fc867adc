//! The kiosk's screen: 1080×1920 pixels, portrait, touched with a finger.
//!
//! It shows one [`View`](visit::screen::View) at a time and sends back
//! [`Intent`](visit::intent::Intent)s; what follows from them is not decided here. Words are in
//! `lang/`, the making of sentences in `wording`, the looks in `screens/`.
//!
//! [`run`] blocks the thread it is called on; a [`Handle`] reaches the screen from any other.

mod backend;
#[cfg(all(test, feature = "inspect"))]
mod checks;
mod error;
mod fonts;
mod handle;
mod headless;
mod images;
#[cfg(feature = "inspect")]
mod inspect;
#[cfg(any(test, feature = "kms"))]
mod keyboard;
mod live;
mod picture;
mod reader;
mod reading;
#[cfg(any(test, feature = "inspect"))]
pub mod samples;
mod speech;
mod stage;
mod told;
mod toolkit;
mod wording;
mod words;

pub use backend::{Backend, Options, render, run};
pub use error::UiError;
pub use handle::{Handle, Observer, Painted};
#[cfg(feature = "inspect")]
pub use inspect::{Element, Inspection};
pub use picture::Picture;
pub use reader::Key;
pub use speech::{Turn, Utterance, Voice};
pub use told::{Lexicon, Told};
