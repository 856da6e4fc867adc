//! The printer without a serial line, for whoever carries its bytes otherwise, such as a USB gadget.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use zeroize::Zeroizing;

use super::machine::Machine;
use super::tickets::{Archive, Shelf};
use super::{Cover, Cutter, Paper, PrinterError, TicketSeen};
use crate::changed::Changed;
use crate::pty::{Device, Output};

/// A printer's mechanics: bytes of the host in, replies out. It prints as fast as bytes come.
pub struct BarePrinter {
    machine: Machine,
    shelf: Arc<Shelf>,
}

impl BarePrinter {
    /// A printer that keeps its tickets in `folder`.
    ///
    /// # Errors
    /// [`PrinterError::Folder`] when the folder cannot be used.
    pub fn new(folder: &Path) -> Result<Self, PrinterError> {
        let changed = Arc::new(Changed::default());
        let archive = Archive::open(folder.to_owned(), Arc::clone(&changed))
            .map_err(|source| PrinterError::Folder { path: folder.to_owned(), source })?;
        let shelf = archive.shelf();
        Ok(Self { machine: Machine::new(archive, changed), shelf })
    }

    /// How many bytes it takes now; with none the host has to wait.
    #[must_use]
    pub fn room(&self) -> usize {
        self.machine.room()
    }

    /// Takes bytes of the host, [`BarePrinter::room`] of them at most, and gives what it replies.
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
        let mut out = Output::default();
        self.machine.receive(bytes, Instant::now(), &mut out);
        out.into_bytes()
    }

    /// Changes what stands with paper, cover and cutter, and gives what it tells the host by itself.
    pub fn set(&mut self, paper: Paper, cover: Cover, cutter: Cutter) -> Vec<Zeroizing<Vec<u8>>> {
        let mut out = Output::default();
        self.machine.alter(&mut out, |condition| {
            condition.paper = paper;
            condition.cover = cover;
            condition.cutter = cutter;
        });
        out.into_bytes()
    }

    /// Takes the power away and gives it back: everything not on paper is lost.
    pub fn power_cycle(&mut self) {
        self.machine.power_off();
        self.machine.power_on();
    }

    /// The tickets that have come out, oldest first.
    #[must_use]
    pub fn tickets(&self) -> Vec<TicketSeen> {
        self.shelf.tickets()
    }

    /// The text of ticket `n`, one printed line a line; a QR code is `[QR …]`.
    #[must_use]
    pub fn ticket_txt(&self, n: u32) -> Option<String> {
        self.shelf.file(n, "txt").and_then(|text| String::from_utf8(text).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_comes_out_of_bytes_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut printer = BarePrinter::new(folder.path()).expect("a printer");
        assert_eq!(printer.receive(&[0x10, 0x04, 0x01])[0][..], [0x12]);
        assert!(printer.receive(b"\x1B@A 012\n\x1DV\x00").is_empty());
        let tickets = printer.tickets();
        assert_eq!(tickets.len(), 1);
        assert_eq!(printer.ticket_txt(tickets[0].n).as_deref().map(str::trim), Some("A 012"));
        printer.set(Paper::Out, Cover::Closed, Cutter::Ok);
        assert_eq!(printer.receive(&[0x10, 0x04, 0x04])[0][..], [0x7E]);
    }
}
