//! A ticket printer on USB: the kernel's own printer function, with an emulated printer behind it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use emulators::printer::{BarePrinter, Cover, Cutter, Paper};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use usb_gadget::function::printer::Printer;
use usb_gadget::{Class, Config, Gadget, Id, RegGadget, Strings, Udc};
use zeroize::Zeroizing;

/// The device's end of the kernel's printer function; there is one printer only.
const DEVICE_END: &str = "/dev/g_printer0";
/// How long the host may take to find it.
const PLUGGING: Duration = Duration::from_secs(10);
/// The kernel takes bytes of the host only while it is being asked for them: after plugging in, from the
/// next time on.
const LOOK_AGAIN: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// How often an unplugged printer looks whether it is plugged in again: the kernel does not tell.
const UNPLUGGED_POLL: Duration = Duration::from_millis(20);

/// A printer plugged into one of the guest's own ports.
pub struct UsbPrinter {
    gadget: RegGadget,
    udc: Udc,
    printer: Arc<Mutex<BarePrinter>>,
    device_end: Arc<File>,
}

impl UsbPrinter {
    /// Plugs a printer into `udc`. Its tickets lie in `folder`.
    ///
    /// # Errors
    /// When the kernel refuses anything of it.
    pub fn plug_in(udc: Udc, serial: &str, folder: &Path) -> io::Result<Self> {
        let mut builder = Printer::builder();
        builder.pnp_string = Some("MFG:Onedoor tests;MDL:TP80;CMD:ESC/POS;CLS:PRINTER;".to_owned());
        let (_, handle) = builder.build();
        let names = Strings::new("Onedoor tests", "Ticket printer", serial);
        let gadget = Gadget::new(Class::INTERFACE_SPECIFIC, Id::new(0x0416, 0x5011), names)
            .with_config(Config::new("printer").with_function(handle))
            .bind(&udc)?;
        let device_end = Arc::new(open()?);
        let printer = Arc::new(Mutex::new(BarePrinter::new(folder).map_err(io::Error::other)?));
        let (served, end) = (Arc::clone(&printer), Arc::clone(&device_end));
        thread::Builder::new().spawn(move || serve(&served, &end))?;
        Ok(Self { gadget, udc, printer, device_end })
    }

    /// Changes what stands with paper, cover and cutter.
    pub fn set(&self, paper: Paper, cover: Cover, cutter: Cutter) {
        let said = lock(&self.printer).set(paper, cover, cutter);
        send(&self.device_end, said);
    }

    /// The texts of the tickets that have come out, oldest first.
    #[must_use]
    pub fn tickets(&self) -> Vec<String> {
        let printer = lock(&self.printer);
        printer.tickets().iter().filter_map(|ticket| printer.ticket_txt(ticket.n)).collect()
    }

    /// Pulls the plug.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn unplug(&self) -> io::Result<()> {
        self.gadget.bind(None)?;
        lock(&self.printer).power_cycle();
        Ok(())
    }

    /// Plugs it in again, into the same port.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn plug(&self) -> io::Result<()> {
        self.gadget.bind(Some(&self.udc))
    }
}

/// The device's end can be opened once the host has found the printer.
fn open() -> io::Result<File> {
    let nonblock = OFlags::NONBLOCK.bits().cast_signed();
    let begun = Instant::now();
    loop {
        match OpenOptions::new().read(true).write(true).custom_flags(nonblock).open(DEVICE_END) {
            Err(_) if begun.elapsed() < PLUGGING => thread::sleep(UNPLUGGED_POLL),
            opened => return opened,
        }
    }
}

/// Carries bytes between the kernel and the printer, to the end of the program.
fn serve(printer: &Mutex<BarePrinter>, mut device_end: &File) {
    let mut buffer = Zeroizing::new([0; 4096]);
    loop {
        let mut waiting = [PollFd::new(&device_end, PollFlags::IN)];
        let _ = poll(&mut waiting, Some(&LOOK_AGAIN));
        let room = lock(printer).room().min(buffer.len());
        match device_end.read(&mut buffer[..room]) {
            Ok(n) if n > 0 => {
                let said = lock(printer).receive(&buffer[..n]);
                send(device_end, said);
            }
            _ => thread::sleep(UNPLUGGED_POLL),
        }
    }
}

/// Hands replies to the kernel, which keeps a few for a host that does not read; more are lost, as
/// in a printer.
fn send(mut device_end: &File, replies: Vec<Zeroizing<Vec<u8>>>) {
    for reply in replies {
        let _ = device_end.write(&reply);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
