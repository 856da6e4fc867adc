//! The reader without a serial line, for whoever carries its bytes otherwise, such as a USB gadget.

use std::sync::Arc;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::module::Module;
use super::{Fault, Timing};
use crate::cards::Card;
use crate::changed::Changed;
use crate::pty::{Device, Output};

/// A reader's security module: bytes of the host in, replies out. It answers at once.
pub struct BareReader {
    module: Module,
}

impl Default for BareReader {
    fn default() -> Self {
        let timing = Timing { find: Duration::ZERO, ..Timing::default() };
        Self { module: Module::new(timing, Arc::new(Changed::default())) }
    }
}

impl BareReader {
    /// Lays a card on the reader, or lifts it with `None`. The card that lay there is wiped.
    pub fn place(&mut self, card: Option<Card>) {
        self.module.place(card);
    }

    /// Makes something go wrong.
    pub fn inject(&mut self, fault: Fault) {
        self.module.faults.inject(fault);
    }

    /// Takes the power away: what was begun is forgotten, and the card has to be found again.
    pub fn power_off(&mut self) {
        self.module.power_off();
    }

    /// Takes bytes of the host, cut as they may be, and gives the replies they cause, one frame each.
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
        let mut out = Output::default();
        self.module.receive(bytes, Instant::now(), &mut out);
        out.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::sample;

    #[test]
    fn a_card_is_read_from_bytes_alone() {
        let mut reader = BareReader::default();
        reader.place(sample("man"));
        let mut ask = |command: [u8; 3]| {
            let frame = [&[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03][..], &command].concat();
            let (begin, end) = frame.split_at(4);
            assert!(reader.receive(begin).is_empty());
            let replies = reader.receive(end);
            assert_eq!(replies.len(), 1);
            (replies[0][9], replies[0].len())
        };
        assert_eq!(ask([0x20, 0x01, 0x22]), (0x9F, 15));
        assert_eq!(ask([0x20, 0x02, 0x21]), (0x90, 19));
        assert_eq!(ask([0x30, 0x01, 0x32]), (0x90, 1295));
    }
}
