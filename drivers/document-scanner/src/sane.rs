//! SANE, the second back end: scanners that libsane drives, in a helper process.
//!
//! The back ends of SANE are C code of many hands that runs in the process which calls it. So the
//! program `onedoor-sane-helper` calls it, and [`SaneScanner`] talks to that program over pipes (see
//! [`sane_helper`] for the messages). A back end that crashes, hangs or prints nonsense costs one scan:
//! the pages stored so far stay, and the next use starts a new helper.
//!
//! Every operation has a helper of its own, which ends with it. That costs some hundredths of a second
//! and in return a scanner that was unplugged is found again, a library that lost its way is forgotten,
//! and nothing holds the device in between.
//!
//! What crosses the pipes can be recorded without what pages show ([`recorder`]), and is played again
//! without a helper ([`crate::replay()`]).

mod choice;
mod faults;
#[doc(hidden)]
pub mod fuzz;
mod helper;
mod job;
mod names;
mod profile;
mod program;
mod record;
mod redact;
mod scanner;
mod wire;

pub use profile::{OptionSetting, SaneProfile};
pub use program::HelperProgram;
pub use record::recorder;
pub use scanner::{SaneCapabilities, SaneScanner};

pub(crate) use record::LINK;
pub(crate) use wire::Helpers;
