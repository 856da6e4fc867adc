//! What is tried in the guest, in this order.

mod discovery;
mod readers;
mod serial;
mod usb_printer;

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use usb_gadget::udcs;

pub use discovery::{LOOK, look};

use crate::gadget::{Layout, UsbPrinter, UsbReader};
use crate::host::Host;

/// How long after the kernel knows it again a device may take until it is ready.
const BACK: Duration = Duration::from_secs(3);
/// How long plugging in may take until the kernel knows a device.
const PLUGGED: Duration = Duration::from_secs(10);

/// What a case works on: everything plugged in, no card on any reader.
pub struct Stage {
    /// The line to the host, who has the serial devices.
    pub host: Host,
    /// A reader with two pipes each way.
    pub split: UsbReader,
    /// A reader with one pipe each way.
    pub single: UsbReader,
    /// A printer.
    pub printer: UsbPrinter,
}

/// Why a case failed, if it did.
pub type Verdict = Result<(), String>;

/// A case.
type Trial = fn(&mut Stage) -> Verdict;

/// Every case by name.
pub const CASES: &[(&str, Trial)] = &[
    ("everything is discovered by names that stay", discovery::everything),
    ("what may not be opened is discovered and said", discovery::not_permitted),
    ("split: identity", |stage| readers::identity(&stage.split)),
    ("split: stall", |stage| readers::stall(&stage.split)),
    ("split: stall within a reply", |stage| readers::stall_within(&stage.split)),
    ("split: silence", |stage| readers::silence(&stage.split)),
    ("split: babble", |stage| readers::babble(&stage.split)),
    ("split: unplugged in mid-read", |stage| readers::unplugged_in_mid_read(&stage.split)),
    ("split: unplugged between polls", |stage| readers::unplugged_between_polls(&stage.split)),
    ("split: port reset", |stage| readers::port_reset(&stage.split)),
    ("single: identity", |stage| readers::identity(&stage.single)),
    ("single: stall", |stage| readers::stall(&stage.single)),
    ("single: silence", |stage| readers::silence(&stage.single)),
    ("single: babble", |stage| readers::babble(&stage.single)),
    ("single: unplugged in mid-read", |stage| readers::unplugged_in_mid_read(&stage.single)),
    ("single: unplugged between polls", |stage| readers::unplugged_between_polls(&stage.single)),
    ("single: port reset", |stage| readers::port_reset(&stage.single)),
    ("printer: taken from the kernel's driver and given back", usb_printer::taken_and_given_back),
    ("printer: status", usb_printer::status),
    ("printer: ticket", usb_printer::ticket),
    ("printer: unplugged", usb_printer::unplugged),
    ("serial reader: identity", serial::identity),
    ("serial reader: silence", serial::silence),
    ("serial reader: unplugged in mid-poll", serial::unplugged),
    ("serial printer: status and ticket", serial::ticket),
    ("serial printer: unplugged", serial::printer_unplugged),
];

impl Stage {
    /// Plugs everything in.
    ///
    /// # Errors
    /// When the guest lacks a port or the kernel refuses a device.
    pub fn set(host: Host) -> io::Result<Self> {
        let mut ports = udcs()?;
        ports.sort_by_key(|port| port.name().to_owned());
        let mut ports = ports.into_iter();
        let mut port = || ports.next().ok_or_else(|| io::Error::other("the guest has too few ports"));
        Ok(Self {
            host,
            split: UsbReader::plug_in(Layout::Split, port()?, "IDR-SPLIT-1")?,
            single: UsbReader::plug_in(Layout::Single, port()?, "IDR-SINGLE-1")?,
            printer: UsbPrinter::plug_in(port()?, "TP80-1", Path::new("/run/tickets"))?,
        })
    }
}

/// Fails a case with `what` unless `holds`.
fn ensure(holds: bool, what: impl Display) -> Verdict {
    if holds { Ok(()) } else { Err(what.to_string()) }
}

/// Tries until it works, as an owner does, every 50 ms; fails with the last error after `limit`.
fn within<T>(limit: Duration, mut attempt: impl FnMut() -> Result<T, String>) -> Result<T, String> {
    let begun = Instant::now();
    loop {
        match attempt() {
            Err(_) if begun.elapsed() < limit => std::thread::sleep(Duration::from_millis(50)),
            Err(e) => return Err(format!("not within {limit:?}: {e}")),
            Ok(value) => return Ok(value),
        }
    }
}

/// Opens a device that has just been plugged in again: it may take its time until it is there, but
/// not until it is `ready`.
fn back<T, U>(
    mut open: impl FnMut() -> Result<T, String>,
    ready: impl FnMut() -> Result<U, String>,
) -> Result<U, String> {
    within(PLUGGED, || open().map(drop))?;
    within(BACK, ready)
}

/// What went wrong, in words.
fn words(error: impl Display) -> String {
    error.to_string()
}
