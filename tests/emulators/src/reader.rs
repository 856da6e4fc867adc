//! An emulated reader of resident identity cards: a SAM_V security module on a serial line.
//!
//! Written from the published frames (GA/T 467 host side; protocols.md §1). A card is laid on and
//! lifted through [`Reader::place`]; faults are injected with [`Reader::inject`].

mod bare;
mod faults;
mod frame;
mod module;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::cards::Card;
use crate::changed::Changed;
use crate::pty::{Access, Port, PortError};
pub use bare::BareReader;
pub use faults::Fault;
use frame::Request;
use module::Module;

/// The commands of the module (protocols.md §1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// 10 FF.
    ResetModule,
    /// 11 FF.
    ModuleStatus,
    /// 12 FF.
    ModuleIdentifier,
    /// 20 01.
    Find,
    /// 20 02.
    Select,
    /// 30 01, text and photograph.
    Read,
    /// 30 10, text, photograph and fingerprints.
    ReadWithFingerprints,
    /// 30 03, addresses written after issue.
    ReadNewAddress,
    /// 30 05.
    ReadManagementNumber,
    /// 60 nn.
    SetSpeed,
    /// 61 FF.
    SetMaxFrame,
}

impl Command {
    /// The command with these two bytes, if there is one.
    #[must_use]
    pub fn from_bytes(cmd: u8, para: u8) -> Option<Self> {
        Some(match (cmd, para) {
            (0x10, 0xFF) => Self::ResetModule,
            (0x11, 0xFF) => Self::ModuleStatus,
            (0x12, 0xFF) => Self::ModuleIdentifier,
            (0x20, 0x01) => Self::Find,
            (0x20, 0x02) => Self::Select,
            (0x30, 0x01) => Self::Read,
            (0x30, 0x10) => Self::ReadWithFingerprints,
            (0x30, 0x03) => Self::ReadNewAddress,
            (0x30, 0x05) => Self::ReadManagementNumber,
            (0x60, _) => Self::SetSpeed,
            (0x61, 0xFF) => Self::SetMaxFrame,
            _ => return None,
        })
    }

    fn of(request: &Request) -> Option<Self> {
        Self::from_bytes(request.cmd, request.para)
    }
}

/// How long card and module take for a command, on top of the time on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Find (20 01).
    pub find: Duration,
    /// Select (20 02).
    pub select: Duration,
    /// Reads (30 nn). A real card takes 0.6 to 1 s for find, select and read together.
    pub read: Duration,
    /// Everything else.
    pub other: Duration,
}

impl Default for Timing {
    /// As fast as makes sense: tests and benchmarks measure the kiosk, not the card.
    fn default() -> Self {
        Self {
            find: Duration::from_millis(5),
            select: Duration::ZERO,
            read: Duration::ZERO,
            other: Duration::ZERO,
        }
    }
}

impl Timing {
    fn of(&self, command: Option<Command>) -> Duration {
        match command {
            Some(Command::Find) => self.find,
            Some(Command::Select) => self.select,
            Some(
                Command::Read
                | Command::ReadWithFingerprints
                | Command::ReadNewAddress
                | Command::ReadManagementNumber,
            ) => self.read,
            _ => self.other,
        }
    }
}

/// A reader plugged into the virtual hall. Dropping it unplugs it and wipes the card.
pub struct Reader {
    port: Port<Module>,
    changed: Arc<Changed>,
}

impl Reader {
    /// The name of its port below `DIR/dev`.
    pub const PORT: &str = "id-reader";

    /// Plugs a reader in as `DIR/dev/id-reader` at `baud` bits a second (the real one: 115200).
    ///
    /// # Errors
    /// [`PortError`] when the line cannot be set up.
    pub fn start(dir: &Path, baud: u32, timing: Timing) -> Result<Self, PortError> {
        let changed = Arc::new(Changed::default());
        let module = Module::new(timing, Arc::clone(&changed));
        let port = Port::open(dir, Self::PORT, baud, module)?;
        Ok(Self { port, changed })
    }

    /// Lays a card on the reader, or lifts it with `None`. The card that lay there is wiped.
    pub fn place(&self, card: Option<Card>) {
        self.port.with(|module, _| module.place(card));
        self.changed.ring();
    }

    /// Makes something go wrong.
    pub fn inject(&self, fault: Fault) {
        self.port.with(|module, _| module.faults.inject(fault));
        self.changed.ring();
    }

    /// Takes back every fault that has not happened yet.
    pub fn clear_faults(&self) {
        self.port.with(|module, _| module.faults = faults::Faults::default());
        self.changed.ring();
    }

    /// Changes how long card and module take.
    pub fn set_timing(&self, timing: Timing) {
        self.port.with(|module, _| module.timing = timing);
    }

    /// Whether cards have fingerprints (1024 bytes) or none (length 0) in the reply to 30 10.
    pub fn set_fingerprints(&self, present: bool) {
        self.port.with(|module, _| module.fingerprints = present);
    }

    /// Pulls the plug: the kiosk sees a hang-up, then a missing device.
    pub fn unplug(&self) {
        self.port.unplug();
        self.port.with(|module, _| module.power_off());
        self.changed.ring();
    }

    /// Plugs the reader in again.
    ///
    /// # Errors
    /// [`PortError`] when the line cannot be set up.
    pub fn plug(&self) -> Result<(), PortError> {
        self.port.plug()?;
        self.changed.ring();
        Ok(())
    }

    /// Plugs the reader in again so that only those get in who may.
    ///
    /// # Errors
    /// [`PortError`] when the line cannot be set up.
    pub fn plug_for(&self, access: Access) -> Result<(), PortError> {
        self.port.plug_for(access)?;
        self.changed.ring();
        Ok(())
    }

    /// The path that the kiosk opens.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.port.path()
    }

    /// What stands with the reader; of the card only its kind.
    #[must_use]
    pub fn state(&self) -> Value {
        let (powered, host) = (self.port.is_plugged(), self.port.has_host());
        self.port.with(|module, _| {
            json!({
                "powered": powered,
                "host": host,
                "card": module.card().map(|card| card.kind().to_string()),
                "latched": module.is_latched(),
                "requests": module.requests,
                "reads": module.reads,
                "faults": module.faults.is_any(),
            })
        })
    }

    /// When the last byte from the kiosk had crossed the line.
    #[must_use]
    pub fn last_byte_in(&self) -> Option<Instant> {
        self.port.last_in()
    }

    /// What crossed the line lately, oldest first.
    #[must_use]
    pub fn traffic(&self) -> Vec<crate::pty::Crossing> {
        self.port.traffic()
    }

    /// When the last byte to the kiosk had crossed the line.
    #[must_use]
    pub fn last_byte_out(&self) -> Option<Instant> {
        self.port.last_out()
    }

    /// Sees every reply and every change made by hand.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Waits until [`Reader::state`] is as wanted; `false` when `limit` passed first.
    pub fn wait_until(&self, limit: Duration, mut wanted: impl FnMut(&Value) -> bool) -> bool {
        self.changed.wait_until(limit, || wanted(&self.state()))
    }
}

#[cfg(test)]
mod tests;
