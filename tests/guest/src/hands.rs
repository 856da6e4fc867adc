//! What the host does for the guest: serial devices behind converters, and the converters' plugs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{io, thread};

use emulators::cards::sample;
use emulators::printer::Printer;
use emulators::reader::{Fault, Reader, Timing};
use machine::qmp::Monitor;
use rustix::fs::{Mode, OFlags};
use serde_json::json;

use crate::report::{Answer, Ask, Converter};

/// How long QEMU may go on with a converter that was pulled.
const PULLED: Duration = Duration::from_secs(10);

/// The serial devices of one guest. Dropping it unplugs them.
pub struct Hands {
    reader: Reader,
    printer: Printer,
    monitor: PathBuf,
}

impl Hands {
    /// A reader and a printer with their ports below `folder`, for a QEMU whose monitor will be at
    /// `monitor`.
    ///
    /// # Errors
    /// When a port or a folder cannot be had.
    pub fn new(folder: &Path, monitor: PathBuf) -> io::Result<Self> {
        let reader = Reader::start(folder, Converter::Reader.baud(), Timing::default());
        let printer = Printer::start(folder, Converter::Printer.baud());
        Ok(Self {
            reader: reader.map_err(io::Error::other)?,
            printer: printer.map_err(io::Error::other)?,
            monitor,
        })
    }

    /// The port of what hangs on `converter`.
    #[must_use]
    pub fn port(&self, converter: Converter) -> &Path {
        match converter {
            Converter::Reader => self.reader.path(),
            Converter::Printer => self.printer.path(),
        }
    }

    /// Does what the guest asks for.
    pub fn answer(&self, ask: Ask) -> Answer {
        self.attempt(ask).unwrap_or_else(|e| Answer::Failed(e.to_string()))
    }

    fn attempt(&self, ask: Ask) -> io::Result<Answer> {
        match ask {
            Ask::Unplug(converter) => unplug(&mut Monitor::connect(&self.monitor)?, converter)?,
            Ask::UnplugSoon(converter, millis) => {
                let mut monitor = Monitor::connect(&self.monitor)?;
                thread::Builder::new().spawn(move || {
                    thread::sleep(Duration::from_millis(millis));
                    // A plug that stays in is what the guest's case then fails of.
                    let _ = unplug(&mut monitor, converter);
                })?;
            }
            Ask::Plug(converter) => plug(&mut Monitor::connect(&self.monitor)?, converter)?,
            Ask::Place(name) => {
                let card = match &name {
                    None => None,
                    Some(name) => Some(sample(name).ok_or_else(|| io::Error::other("no such sample"))?),
                };
                self.reader.place(card);
            }
            Ask::Silence(true) => self.reader.inject(Fault::Silence(u32::MAX)),
            Ask::Silence(false) => self.reader.clear_faults(),
            Ask::Speed(converter) => return self.speed(converter).map(Answer::Speed),
            Ask::Tickets => {
                let tickets = self.printer.tickets();
                let texts = tickets.iter().filter_map(|ticket| self.printer.ticket_txt(ticket.n));
                return Ok(Answer::Tickets(texts.collect()));
            }
        }
        Ok(Answer::Done)
    }

    /// QEMU sets the port to the speed that the guest's driver has set in the converter.
    fn speed(&self, converter: Converter) -> io::Result<u32> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let port = rustix::fs::open(self.port(converter), flags, Mode::empty())?;
        Ok(rustix::termios::tcgetattr(&port)?.output_speed())
    }
}

/// A converter as QEMU's monitor and command line know it.
#[must_use]
pub fn device(converter: Converter) -> serde_json::Value {
    json!({
        "driver": "usb-serial",
        "id": converter.name(),
        "chardev": converter.name(),
        "serial": format!("FT-{}", converter.name()),
        "bus": "usb.0",
        "port": converter.port().to_string(),
        "always-plugged": true,
    })
}

/// Plugs a converter in, once QEMU has done with the one that was pulled.
fn plug(monitor: &mut Monitor, converter: Converter) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match monitor.command("device_add", &device(converter)) {
            Err(_) if begun.elapsed() < PULLED => thread::sleep(Duration::from_millis(10)),
            done => return done.map(drop),
        }
    }
}

fn unplug(monitor: &mut Monitor, converter: Converter) -> io::Result<()> {
    monitor.command("device_del", &json!({ "id": converter.name() })).map(drop)
}
