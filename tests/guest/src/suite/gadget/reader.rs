//! A reader of identity cards on USB: 0400:C35A, vendor-specific, in both endpoint layouts.

use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use emulators::cards::sample;
use emulators::reader::{BareReader, Fault};
use usb_gadget::{Class, Config, Gadget, Id, RegGadget, Strings, Udc};

use super::functionfs::{self, FunctionFs, Towards, Way};

/// Bytes of a frame up to and with its length.
const HEAD: usize = 7;
/// How long the second half of a frame may come after the first.
const HALVES_APART: Duration = Duration::from_secs(1);

/// How the reader's pipes are laid out (protocols.md §1.2).
///
/// The guest's controller gives the endpoints their numbers: the lower ones are those of a module,
/// 02 and 81; the higher ones, a module's 06 and 85, come out as 07 and 86.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The lower OUT takes the first seven bytes of a frame and the higher one the rest; IN likewise.
    Split,
    /// IN before OUT, for whole frames.
    Single,
}

impl Layout {
    fn endpoints(self) -> &'static [Way] {
        match self {
            Self::Split => &[Way::FromHost, Way::FromHost, Way::ToHost, Way::ToHost],
            Self::Single => &[Way::ToHost, Way::FromHost],
        }
    }
}

/// What the reader does instead of the next reply that it owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// STALL on the pipe where the reply should begin; the reply is lost.
    Stall,
    /// STALL on the pipe where the reply ends, after its first seven bytes. As `Stall` with one pipe.
    StallAfterHead,
    /// The reply, and this many bytes on its heels in the same transfer.
    Babble(usize),
    /// This many bytes of the reply, and then the plug is pulled.
    UnplugAfter(usize),
}

/// A reader plugged into one of the guest's own ports.
pub struct UsbReader {
    layout: Layout,
    serial: String,
    port: Arc<Port>,
    state: Arc<Mutex<State>>,
}

/// Where it is plugged in.
struct Port {
    gadget: RegGadget,
    udc: Udc,
}

struct State {
    module: BareReader,
    /// What goes wrong, and after how many replies.
    trouble: Option<(u32, Trouble)>,
    /// Seven bytes that came on the first pipe of the split layout.
    head: Option<Vec<u8>>,
}

impl UsbReader {
    /// Plugs a reader into `udc`.
    ///
    /// # Errors
    /// When the kernel refuses anything of it.
    pub fn plug_in(layout: Layout, udc: Udc, serial: &str) -> io::Result<Self> {
        let (function, handle) = FunctionFs::new("ID reader", layout.endpoints())?;
        let names = Strings::new("Onedoor tests", "ID reader", serial);
        let gadget = Gadget::new(Class::INTERFACE_SPECIFIC, Id::new(0x0400, 0xC35A), names)
            .with_config(Config::new("reader").with_function(handle))
            .register()?;
        let folder = function.start()?;

        let state = Arc::new(Mutex::new(State { module: BareReader::default(), trouble: None, head: None }));
        let port = Arc::new(Port { gadget, udc });
        Exchange::serve(layout, &folder, &state, &port)?;
        port.plug()?;
        Ok(Self { layout, serial: serial.to_owned(), port, state })
    }

    /// How its pipes are laid out.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The serial number it gives itself.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// Lays the sample card `name` on the reader, or lifts what lies there with `None`.
    pub fn place(&self, name: Option<&str>) {
        lock(&self.state).module.place(name.and_then(sample));
    }

    /// Makes something go wrong in the module.
    pub fn inject(&self, fault: Fault) {
        lock(&self.state).module.inject(fault);
    }

    /// Makes something go wrong on the bus, once, after so many more replies that are right.
    pub fn trouble(&self, after: u32, trouble: Trouble) {
        lock(&self.state).trouble = Some((after, trouble));
    }

    /// Whether what was to go wrong has gone wrong.
    #[must_use]
    pub fn is_through(&self) -> bool {
        lock(&self.state).trouble.is_none()
    }

    /// Pulls the plug.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn unplug(&self) -> io::Result<()> {
        lock(&self.state).module.power_off();
        self.port.unplug()
    }

    /// Plugs it in again, into the same port.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn plug(&self) -> io::Result<()> {
        self.port.plug()
    }
}

impl Port {
    fn plug(&self) -> io::Result<()> {
        self.gadget.bind(Some(&self.udc))
    }

    fn unplug(&self) -> io::Result<()> {
        self.gadget.bind(None)
    }
}

/// The reader's end of an exchange with the host.
struct Exchange {
    state: Arc<Mutex<State>>,
    port: Arc<Port>,
    /// Where a reply begins.
    first: Towards,
    /// Where it goes on after its seventh byte, in the split layout.
    second: Option<Towards>,
}

impl Exchange {
    fn serve(layout: Layout, folder: &Path, state: &Arc<Mutex<State>>, port: &Arc<Port>) -> io::Result<()> {
        let towards = |number| Towards::open(folder, number);
        let exchange =
            |first, second| Self { state: Arc::clone(state), port: Arc::clone(port), first, second };
        match layout {
            Layout::Single => {
                let exchange = exchange(towards(1)?, None);
                functionfs::receive(folder, 2, move |bytes| exchange.take(bytes))
            }
            Layout::Split => {
                let exchange = exchange(towards(3)?, Some(towards(4)?));
                let begun = Arc::new(Condvar::new());
                let (state, bell) = (Arc::clone(state), Arc::clone(&begun));
                functionfs::receive(folder, 1, move |bytes| {
                    lock(&state).head = Some(bytes.to_vec());
                    bell.notify_all();
                })?;
                functionfs::receive(folder, 2, move |bytes| {
                    if let Some(mut request) = exchange.head(&begun) {
                        request.extend_from_slice(bytes);
                        exchange.take(&request);
                    }
                })
            }
        }
    }

    /// The first half of a request: the host sends it first, but its thread may be told later.
    fn head(&self, begun: &Condvar) -> Option<Vec<u8>> {
        let state = lock(&self.state);
        let (mut state, _) = begun
            .wait_timeout_while(state, HALVES_APART, |state| state.head.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        state.head.take()
    }

    fn take(&self, request: &[u8]) {
        let mut state = lock(&self.state);
        for reply in state.module.receive(request) {
            let trouble = match &mut state.trouble {
                Some((after @ 1.., _)) => {
                    *after -= 1;
                    None
                }
                due => due.take().map(|(_, trouble)| trouble),
            };
            match trouble {
                None => self.reply(&reply),
                Some(Trouble::Stall) => self.first.halt(),
                Some(Trouble::StallAfterHead) => {
                    if let Some(second) = &self.second {
                        self.first.send(&reply[..HEAD]);
                        second.halt();
                    } else {
                        self.first.halt();
                    }
                }
                Some(Trouble::Babble(bytes)) => {
                    let mut babble = reply.to_vec();
                    babble.resize(reply.len() + bytes, 0xAA);
                    self.first.send(&babble);
                }
                Some(Trouble::UnplugAfter(bytes)) => {
                    self.reply(&reply[..bytes.min(reply.len())]);
                    state.module.power_off();
                    let port = Arc::clone(&self.port);
                    self.second.as_ref().unwrap_or(&self.first).then(move || {
                        // A plug that stays in is what the case then fails of.
                        let _ = port.unplug();
                    });
                }
            }
        }
    }

    fn reply(&self, reply: &[u8]) {
        match &self.second {
            None => self.first.send(reply),
            Some(second) => {
                let (head, rest) = reply.split_at(HEAD.min(reply.len()));
                self.first.send(head);
                if !rest.is_empty() {
                    second.send(rest);
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
