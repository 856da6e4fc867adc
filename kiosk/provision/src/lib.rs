//! How a kiosk gets what is its hall's: settings, a certificate, and a place where its disk's key is kept.
//!
//! * [`bundle`]: a hall's settings for all its kiosks, as one signed file.
//! * [`apply`]: taking one, all of it or nothing, and one step back.
//! * [`keys`]: the kiosk's own keys, made once; [`Fingerprint`] is what it is recognised by.
//! * [`office`]: asking the hall's office for a certificate and the bundle, over [`web`].
//! * [`boot`]: what has to be there first; [`system`] is what the system below reads.
//! * [`escrow`]: the disk's recovery key, sealed for the office.
//! * [`hall`]: what the office does itself.
//!
//! The bundle's form, the office's web server and the office's procedure are in this room's `README.md`.
//!
//! Programs: `onedoor-provision`, which runs as root on the kiosk, and `onedoor-hall` for the office. Everything here
//! is written so that a power cut leaves the old or the new ([`disk`]).

pub mod apply;
pub mod boot;
pub mod bundle;
pub mod certificate;
pub mod disk;
pub mod escrow;
mod fingerprint;
#[doc(hidden)]
pub mod fuzz;
pub mod hall;
pub mod keys;
mod lock;
pub mod office;
pub mod pem;
mod places;
mod problem;
mod refused;
pub mod request;
#[cfg(test)]
mod sample;
pub mod sealed;
pub mod signature;
pub mod site;
pub mod status;
pub mod system;
#[cfg(test)]
mod testing;
pub mod web;

pub use disk::Disk;
pub use fingerprint::{Fingerprint, NoFingerprint};
pub use lock::Lock;
pub use places::{Owner, Places, USER, read, read_text};
pub use problem::{Problem, Problems};
