//! An enterprise's USB key (法人一证通) through its vendor's SKF library (GM/T 0016), in a process of
//! its own.
//!
//! The library is closed code of the key's vendor, and it may crash or hang. So the program
//! `onedoor-key-helper` alone loads it; [`KeyHost`] starts that program, asks it over its standard
//! input and output ([`protocol`]), and survives whatever becomes of it: a crash, a hang and a library
//! that is missing are faults of their own ([`KeyFault`]), and the helper is started again with a
//! bounded back-off.
//!
//! A key tells who its company is by a certificate ([`CompanyCertificate`]), which anyone may copy:
//! only a [`Signature`] over the back end's own challenge proves that the key is here and its PIN
//! known. Where a certificate holds the unified social credit code differs from one authority to the
//! next, and is data: see [`Profile`].
//!
//! # Personal data
//! The PIN is wiped on both sides as soon as it was used. Certificates name companies, and with sole
//! traders people: what is read from one is wiped when dropped and redacted in `Debug`. What the
//! library prints is thrown away, and a helper that crashes leaves no core file. A recording holds
//! companies, PINs and signatures that never were any ([`Redactor`]), and can be played again
//! ([`replay`]).

mod certificate;
mod codes;
mod fault;
#[doc(hidden)]
pub mod fuzz;
mod host;
mod process;
mod profile;
pub mod protocol;
mod recording;
mod redact;
mod session;
mod signature;
mod uscc;

pub use certificate::{CertificateFault, CompanyCertificate};
pub use codes::{Call, Sar};
pub use fault::{KeyError, KeyFault, NextStep};
pub use host::{HelperConfig, KeyHost};
pub use profile::{Profile, ProfileError, Source, Timeouts};
pub use recording::{Redactor, replay};
pub use session::{KeyName, Keys};
pub use signature::{Challenge, Pin, Signature};
pub use uscc::{Uscc, UsccFault};
