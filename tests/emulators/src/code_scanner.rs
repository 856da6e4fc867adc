//! An emulated scanner of QR codes on a serial line.
//!
//! A scanner sends each code it sees as one line of text, ended as it is set up, and listens to
//! nothing (protocols.md §2.3). What the codes hold is the caller's affair.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::changed::Changed;
use crate::pty::{Access, Device, Output, Port, PortError};

/// What goes wrong with the next code that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its middle byte arrives as 00, as with noise on the cable.
    Garble,
    /// It comes without its terminator, as from a scanner that is set up wrong.
    NoTerminator,
    /// It ends after so many bytes, without a terminator.
    BreakOff(usize),
    /// So many bytes `x` come in its place, then the terminator.
    Flood(usize),
}

/// The scanner itself.
struct Head {
    terminator: Vec<u8>,
    next: Option<Fault>,
    /// Codes shown since the start.
    shown: u64,
    /// Bytes that the host sent, and that nobody wanted.
    unwanted: u64,
}

impl Head {
    /// The line for a code, with what is wrong with it.
    fn line(&mut self, code: &str) -> Zeroizing<Vec<u8>> {
        self.shown += 1;
        let end = self.terminator.as_slice();
        // Made at its full length, so that growing leaves no copies of a code.
        let mut line = Zeroizing::new(Vec::with_capacity(code.len() + end.len()));
        line.extend_from_slice(code.as_bytes());
        match self.next.take() {
            None => line.extend_from_slice(end),
            Some(Fault::Garble) => {
                let middle = line.len() / 2;
                if let Some(byte) = line.get_mut(middle) {
                    *byte = 0;
                }
                line.extend_from_slice(end);
            }
            Some(Fault::NoTerminator) => {}
            Some(Fault::BreakOff(bytes)) => line.truncate(bytes),
            Some(Fault::Flood(bytes)) => line = Zeroizing::new([&vec![b'x'; bytes], end].concat()),
        }
        line
    }
}

impl Device for Head {
    fn receive(&mut self, bytes: &[u8], _now: Instant, _out: &mut Output) {
        self.unwanted += bytes.len() as u64;
    }
}

/// A code scanner plugged into the virtual hall. Dropping it unplugs it.
pub struct CodeScannerEmulator {
    port: Port<Head>,
    changed: Arc<Changed>,
}

impl CodeScannerEmulator {
    /// The name of its port below `DIR/dev`.
    pub const PORT: &str = "code-scanner";

    /// Plugs a scanner in as `DIR/dev/code-scanner` at `baud` bits a second; it ends codes with CR.
    ///
    /// # Errors
    /// [`PortError`] when the line cannot be set up.
    pub fn start(dir: &Path, baud: u32) -> Result<Self, PortError> {
        let head = Head { terminator: b"\r".to_vec(), next: None, shown: 0, unwanted: 0 };
        let port = Port::open(dir, Self::PORT, baud, head)?;
        Ok(Self { port, changed: Arc::new(Changed::default()) })
    }

    /// Shows a code to the scanner, which sends it. A code longer than a QR code holds (4296
    /// characters) is the caller's fault and sent all the same. An unplugged scanner sends nothing.
    pub fn show(&self, code: &str) {
        self.port.with(|head, out| out.send(std::mem::take(&mut *head.line(code))));
        self.changed.ring();
    }

    /// Makes something go wrong with the next code.
    pub fn inject(&self, fault: Fault) {
        self.port.with(|head, _| head.next = Some(fault));
        self.changed.ring();
    }

    /// Takes back a fault that has not happened yet.
    pub fn clear_faults(&self) {
        self.port.with(|head, _| head.next = None);
        self.changed.ring();
    }

    /// Sets the bytes that end a code; none, and the scanner never ends one.
    pub fn set_terminator(&self, bytes: &[u8]) {
        self.port.with(|head, _| head.terminator = bytes.to_vec());
        self.changed.ring();
    }

    /// Pulls the plug: the kiosk sees a hang-up, then a missing device.
    pub fn unplug(&self) {
        self.port.unplug();
        self.changed.ring();
    }

    /// Plugs the scanner in again.
    ///
    /// # Errors
    /// [`PortError`] when the line cannot be set up.
    pub fn plug(&self) -> Result<(), PortError> {
        self.port.plug()?;
        self.changed.ring();
        Ok(())
    }

    /// Plugs the scanner in again so that only those get in who may.
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

    /// What stands with the scanner; of the codes only how many.
    #[must_use]
    pub fn state(&self) -> Value {
        let (powered, host) = (self.port.is_plugged(), self.port.has_host());
        self.port.with(|head, _| {
            json!({
                "powered": powered,
                "host": host,
                "shown": head.shown,
                "unwanted": head.unwanted,
                "faults": head.next.is_some(),
            })
        })
    }

    /// Whether a host has the port open. Codes shown to nobody are lost.
    #[must_use]
    pub fn has_host(&self) -> bool {
        self.port.has_host()
    }

    /// When the last byte to the kiosk had crossed the line.
    #[must_use]
    pub fn last_byte_out(&self) -> Option<Instant> {
        self.port.last_out()
    }

    /// Sees every change made by hand.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Waits until [`CodeScannerEmulator::state`] is as wanted; `false` when `limit` passed first.
    pub fn wait_until(&self, limit: Duration, mut wanted: impl FnMut(&Value) -> bool) -> bool {
        self.changed.wait_until(limit, || wanted(&self.state()))
    }
}

#[cfg(test)]
mod tests;
