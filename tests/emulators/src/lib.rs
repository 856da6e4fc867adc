//! Emulated devices and services of a service hall, against which the kiosk is run without hardware.
//!
//! Each emulator is written from the published protocol alone and shares no code with the kiosk's
//! drivers: a mistake made in one of them must not be repeated in the other.

pub mod cards;
pub mod changed;
pub mod code_scanner;
pub mod printer;
pub mod pty;
pub mod reader;
pub mod slot;
pub mod social_card;
pub mod staff_card;

pub mod glass;
pub mod network;
pub mod papers;
pub mod pki;
pub mod scanner;
pub mod store;
pub mod windows;

pub use feed::FeedError;

mod feed;
mod files;
mod ports;
mod serve;

#[cfg(test)]
mod testing;
