//! An emulated social-security card in a PC/SC reader, and a private pcscd around it.
//!
//! The card plugs into the `vpcd` reader driver of vsmartcard over TCP ([`crate::slot`]), so that the
//! kiosk's whole path (libpcsclite, pcscd, a reader driver) is the real one. Written from the file
//! structure of protocols.md §2.1 alone.

mod chip;
mod daemon;
mod holder;
mod impostor;

pub use crate::slot::Seen;
use crate::slot::{Contacts, EmulatedCard};
pub use chip::{Chip, Quirk};
pub use daemon::{DaemonError, PcscDaemon};
pub use holder::{Holder, HolderError};
pub use impostor::{Impostor, Manner};

/// A social-security card in a slot of vpcd. Dropping it takes the card out.
pub type SocialCardEmulator = EmulatedCard;

impl Contacts for Chip {
    fn atr(&self) -> Vec<u8> {
        self.atr().to_vec()
    }

    fn reset(&mut self) {
        self.reset();
    }

    fn answer(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        self.answer(command)
    }
}

#[cfg(test)]
mod tests;
