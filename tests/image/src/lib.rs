//! The system image, booted in QEMU as it is and tried from outside.
//!
//! A [`cabinet::Cabinet`] is a kiosk's hardware as far as it lasts: disk, firmware variables, TPM. Switched on it
//! is a [`running::Running`] machine, whose power can be cut at any moment. What it shows is compared with a twin, a
//! kiosk of the virtual hall in the same state ([`twin`]); around it are the hall's devices ([`hall`]), an update
//! host ([`update_host`]) and the office that settles it ([`office`]). Inside it nothing is changed; a test looks
//! in by an add-on to its kernel's command line, signed with the Secure Boot key ([`addon`], [`probe`]).
//!
//! All of it is for tests: what goes wrong or is waited for in vain is a panic that says so.

pub mod addon;
pub mod built;
pub mod cabinet;
pub mod disk;
pub mod hall;
pub mod journey;
pub mod ledger;
pub mod lobby;
pub mod office;
pub mod pki;
pub mod probe;
pub mod release;
pub mod running;
pub mod time_host;
pub mod tools;
pub mod twin;
pub mod update_host;
pub mod wire;
