//! An emulated ticket printer: ESC/POS on a serial line, 80 mm paper, cutter, Chinese type.
//!
//! Written from the published commands (protocols.md §3.1 to §3.5). What reaches the paper is kept
//! ticket by ticket as bytes, text and picture; what a fault, a cleared buffer or a lost supply kept
//! from the paper never shows. Faults are made with the setters.

mod bare;
mod command;
mod font;
mod grammar;
mod head;
mod machine;
mod picture;
mod realtime;
mod status;
mod strip;
mod tickets;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::changed::Changed;
use crate::pty::{Access, Port, PortError};
pub use bare::BarePrinter;
use machine::Machine;
pub use status::{Button, Cover, Cutter, Heat, Mechanism, Paper, Speech, Supply};
pub use tickets::TicketSeen;
use tickets::{Archive, Shelf};

/// Why a printer could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum PrinterError {
    /// Its serial line.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The folder for its tickets.
    #[error("ticket printer: the folder {} cannot be used ({source}); may it be written?", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A printer plugged into the virtual hall. Dropping it unplugs it and finishes its tickets' files.
pub struct Printer {
    port: Port<Machine>,
    shelf: Arc<Shelf>,
    changed: Arc<Changed>,
}

impl Printer {
    /// The name of its port below `DIR/dev`.
    pub const PORT: &str = "ticket-printer";

    /// Plugs a printer in as `DIR/dev/ticket-printer` at `baud` bits a second (commonly 115200 or
    /// 19200). Tickets found in `DIR/tickets` are taken up; an uncut remainder counts as torn off.
    ///
    /// # Errors
    /// [`PrinterError`] when the line or the folder cannot be had.
    pub fn start(dir: &Path, baud: u32) -> Result<Self, PrinterError> {
        let changed = Arc::new(Changed::default());
        let folder = dir.join("tickets");
        let archive = Archive::open(folder.clone(), Arc::clone(&changed))
            .map_err(|source| PrinterError::Folder { path: folder, source })?;
        let shelf = archive.shelf();
        let machine = Machine::new(archive, Arc::clone(&changed));
        let port = Port::open(dir, Self::PORT, baud, machine)?;
        Ok(Self { port, shelf, changed })
    }

    /// Changes the paper roll. With no paper printing stops where it is; with paper it goes on.
    pub fn set_paper(&self, paper: Paper) {
        self.port.with(|machine, out| machine.alter(out, |condition| condition.paper = paper));
    }

    /// Opens or closes the cover. Open, printing stops where it is; closed, it goes on.
    pub fn set_cover(&self, cover: Cover) {
        self.port.with(|machine, out| machine.alter(out, |condition| condition.cover = cover));
    }

    /// Jams or frees the cutter. A jam shows at the next cut; after it, freeing alone does not start
    /// the printer again: the host must tell it to recover (DLE ENQ).
    pub fn set_cutter(&self, cutter: Cutter) {
        self.port.with(|machine, out| machine.alter(out, |condition| condition.cutter = cutter));
    }

    /// Jams, frees, breaks or repairs what moves the paper. A jam ends as a stuck cutter does: freed, and
    /// then told to recover (DLE ENQ). What was repaired must be switched off and on.
    pub fn set_mechanism(&self, mechanism: Mechanism) {
        self.port.with(|machine, out| machine.alter(out, |condition| condition.set_mechanism(mechanism)));
    }

    /// Heats the head or lets it cool down. Hot, printing stops where it is; cool, it goes on.
    pub fn set_heat(&self, heat: Heat) {
        self.port.with(|machine, out| machine.alter(out, |condition| condition.heat = heat));
    }

    /// Does something with the button. Released, printing goes on.
    pub fn set_button(&self, button: Button) {
        self.port.with(|machine, out| machine.alter(out, |condition| condition.button = button));
    }

    /// Feeds it with what it needs, or not. Out of range, printing stops where it is.
    pub fn set_supply(&self, supply: Supply) {
        self.port.with(|machine, out| machine.alter(out, |condition| condition.supply = supply));
    }

    /// Makes or ends an error that no status bit names.
    pub fn set_unnamed_error(&self, error: bool) {
        self.port.with(|machine, out| machine.alter(out, |condition| condition.unnamed_error = error));
    }

    /// How it answers from now on. It prints all the same.
    pub fn set_speech(&self, speech: Speech) {
        self.port.with(|machine, _| machine.speech = speech);
        self.changed.ring();
    }

    /// Whether the printer knows GS ( H, by which it confirms what it has printed; many do not.
    pub fn set_confirm(&self, known: bool) {
        self.port.with(|machine, _| machine.confirms = known);
        self.changed.ring();
    }

    /// Whether the printer tells all of its sensors in one answer (DLE EOT 14h), as a KPM150 does; most do
    /// not know the question.
    pub fn set_full_status(&self, known: bool) {
        self.port.with(|machine, _| machine.tells_all = known);
        self.changed.ring();
    }

    /// Lets the paper move at so many dots a second (a fast printer: 2000; `None`: as fast as bytes
    /// come).
    pub fn set_head_speed(&self, dots_per_second: Option<u32>) {
        self.port.with(|machine, _| machine.speed = dots_per_second);
    }

    /// Switches the supply off (the port is gone, everything not on paper is lost) or on (a new port;
    /// what hung out of the slot uncut counts as torn off).
    ///
    /// # Errors
    /// [`PrinterError`] when the line cannot be set up again.
    pub fn set_power(&self, on: bool) -> Result<(), PrinterError> {
        match (on, self.port.is_plugged()) {
            (true, false) => {
                self.port.with(|machine, _| machine.power_on());
                self.port.plug()?;
            }
            (false, true) => {
                self.port.unplug();
                self.port.with(|machine, _| machine.power_off());
            }
            _ => {}
        }
        self.changed.ring();
        Ok(())
    }

    /// Switches it off and on, with its port such that only those get in who may.
    ///
    /// # Errors
    /// [`PrinterError`] when the line cannot be set up again.
    pub fn power_for(&self, access: Access) -> Result<(), PrinterError> {
        self.set_power(false)?;
        self.port.with(|machine, _| machine.power_on());
        self.port.plug_for(access)?;
        self.changed.ring();
        Ok(())
    }

    /// The path that the kiosk opens.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.port.path()
    }

    /// What stands with the printer. `complaints` lists commands that were unknown or out of place.
    #[must_use]
    pub fn state(&self) -> Value {
        let (powered, host) = (self.port.is_plugged(), self.port.has_host());
        let mut state = self.port.with(|machine, _| machine.state());
        if let Value::Object(fields) = &mut state {
            fields.insert("powered".to_owned(), json!(powered));
            fields.insert("host".to_owned(), json!(host));
        }
        state
    }

    /// The tickets that have come out, oldest first.
    #[must_use]
    pub fn tickets(&self) -> Vec<TicketSeen> {
        self.shelf.tickets()
    }

    /// The picture of ticket `n`, a PNG of 576 dots across.
    #[must_use]
    pub fn ticket_png(&self, n: u32) -> Option<Vec<u8>> {
        self.shelf.png(n)
    }

    /// The text of ticket `n`, one printed line a line; a QR code is `[QR …]`.
    #[must_use]
    pub fn ticket_txt(&self, n: u32) -> Option<String> {
        self.shelf.file(n, "txt").and_then(|text| String::from_utf8(text).ok())
    }

    /// The bytes of ticket `n` as they were received and printed, up to and with its cut. Real-time
    /// commands are left out: they have no place in the data.
    #[must_use]
    pub fn ticket_bin(&self, n: u32) -> Option<Vec<u8>> {
        self.shelf.file(n, "bin")
    }

    /// The text on the paper that is not cut yet.
    #[must_use]
    pub fn uncut_txt(&self) -> String {
        self.port.with(|machine, _| machine.head.strip().text())
    }

    /// What crossed the line lately, oldest first.
    #[must_use]
    pub fn traffic(&self) -> Vec<crate::pty::Crossing> {
        self.port.traffic()
    }

    /// When the last byte from the kiosk was taken off the line.
    #[must_use]
    pub fn last_byte_at(&self) -> Option<Instant> {
        self.port.last_in()
    }

    /// Sees every ticket, every confirmation and every change of condition.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Waits until the printer is as wanted; `false` when `limit` passed first.
    pub fn wait_until(&self, limit: Duration, mut wanted: impl FnMut(&Self) -> bool) -> bool {
        self.changed.wait_until(limit, || wanted(self))
    }
}

#[cfg(test)]
mod tests;
