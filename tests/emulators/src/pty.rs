//! A serial line to the kiosk over a pseudo-terminal, as fast and no faster than the real one.
//!
//! The kiosk opens `DIR/dev/NAME`, a link to the terminal's slave side; the emulated device sits on
//! the master side. Bytes cross in both directions at the pace of an 8N1 line. A pseudo-terminal has
//! no modem lines and no parity: those cannot be emulated here.

mod line;
mod pair;
mod pump;

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rustix::event::{EventfdFlags, eventfd};
use std::os::fd::OwnedFd;
use zeroize::Zeroizing;

pub use line::wire_time;
use pair::Pair;

/// Messages waiting for the line beyond which a device's further output is lost, as in a real one
/// whose output memory is full.
const WAITING_LIMIT: usize = 4096;

/// Why a port could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The system gave no pseudo-terminal.
    #[error("{device}: no pseudo-terminal could be opened ({source}); is /dev/pts mounted?")]
    Open {
        /// The emulated device's name.
        device: String,
        /// What the system said.
        source: io::Error,
    },
    /// The link for the kiosk could not be made.
    #[error("{}: the device link could not be made ({source}); may the folder be written?", path.display())]
    Link {
        /// The link.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A thread or its wake-up could not be had.
    #[error("{device}: the line's threads could not be started ({source}); is the machine out of memory?")]
    Thread {
        /// The emulated device's name.
        device: String,
        /// What the system said.
        source: io::Error,
    },
}

/// What an emulated device does with the line. All calls come with the device locked.
pub trait Device: Send + 'static {
    /// Takes bytes that have just crossed the line from the host.
    fn receive(&mut self, bytes: &[u8], now: Instant, out: &mut Output);

    /// How many bytes the device takes now; zero stops reading, and the host's bytes pile up on its
    /// own side until it blocks.
    fn room(&self) -> usize {
        usize::MAX
    }

    /// When the device wants [`Device::wake`] to be called, if at all.
    fn wake_at(&self) -> Option<Instant> {
        None
    }

    /// Timed work whose moment has come.
    fn wake(&mut self, _now: Instant, _out: &mut Output) {}
}

/// What a device hands to its line, in order.
#[derive(Debug, Default)]
pub struct Output {
    items: Vec<Item>,
}

#[derive(Debug)]
enum Item {
    Bytes(Zeroizing<Vec<u8>>),
    Baud(u32),
}

impl Output {
    /// Sends `bytes` to the host; they are wiped from memory once sent or given up.
    pub fn send(&mut self, bytes: Vec<u8>) {
        self.items.push(Item::Bytes(Zeroizing::new(bytes)));
    }

    /// What is to be sent, for a device that has no line to have a speed.
    pub(crate) fn into_bytes(self) -> Vec<Zeroizing<Vec<u8>>> {
        let bytes = |item| match item {
            Item::Bytes(bytes) => Some(bytes),
            Item::Baud(_) => None,
        };
        self.items.into_iter().filter_map(bytes).collect()
    }

    /// Changes the line's speed in both directions after everything handed over before has been sent.
    pub fn set_baud(&mut self, baud: u32) {
        self.items.push(Item::Baud(baud));
    }
}

/// Whom a plugged-in port lets in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// whoever comes first
    #[default]
    Free,
    /// nobody: its permissions are missing. A host with CAP_DAC_OVERRIDE gets in all the same.
    Forbidden,
    /// nobody: another program holds it
    Taken,
}

#[derive(Default)]
struct Queue {
    items: VecDeque<(Instant, Item)>,
    plugged: bool,
}

struct Shared<D> {
    name: String,
    link: PathBuf,
    nominal_baud: u32,
    baud: AtomicU32,
    device: Mutex<D>,
    queue: Mutex<Queue>,
    bell: Condvar,
    stop: AtomicBool,
    wake: OwnedFd,
    pair: Mutex<Option<Arc<Pair>>>,
    host_present: AtomicBool,
    last_in: Mutex<Option<Instant>>,
    last_out: Mutex<Option<Instant>>,
    traffic: Mutex<VecDeque<Crossing>>,
}

/// Crossings that are remembered: some tens of kilobytes in bursts.
const TRAFFIC: usize = 4096;

/// Some bytes that crossed the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// When the last of them had crossed.
    pub at: Instant,
    /// How many.
    pub bytes: usize,
    /// From the device to the host, or the other way.
    pub to_host: bool,
}

impl<D> Shared<D> {
    fn crossed(&self, bytes: usize, to_host: bool) {
        let mut traffic = lock(&self.traffic);
        if traffic.len() == TRAFFIC {
            traffic.pop_front();
        }
        traffic.push_back(Crossing { at: Instant::now(), bytes, to_host });
    }

    fn submit(&self, out: Output) {
        if out.items.is_empty() {
            return;
        }
        let mut queue = lock(&self.queue);
        if !queue.plugged {
            return;
        }
        let now = Instant::now();
        for item in out.items {
            if queue.items.len() < WAITING_LIMIT {
                queue.items.push_back((now, item));
            }
        }
        drop(queue);
        self.bell.notify_all();
    }

    fn rouse(&self) {
        // The counter can only be full, and then the thread is awake already.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }
}

/// A device with its serial line. Dropping it closes the line and ends its threads.
pub struct Port<D: Device> {
    shared: Arc<Shared<D>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<D: Device> Port<D> {
    /// Plugs `device` in as `DIR/dev/NAME` at `baud` bits a second (8N1).
    ///
    /// # Errors
    /// [`PortError`] when the terminal, the link or the threads cannot be had.
    pub fn open(dir: &Path, name: &str, baud: u32, device: D) -> Result<Self, PortError> {
        let flags = EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC;
        let wake = eventfd(0, flags)
            .map_err(|source| PortError::Thread { device: name.to_owned(), source: source.into() })?;
        let port = Self {
            shared: Arc::new(Shared {
                name: name.to_owned(),
                link: dir.join("dev").join(name),
                nominal_baud: baud,
                baud: AtomicU32::new(baud),
                device: Mutex::new(device),
                queue: Mutex::new(Queue::default()),
                bell: Condvar::new(),
                stop: AtomicBool::new(false),
                wake,
                pair: Mutex::new(None),
                host_present: AtomicBool::new(false),
                last_in: Mutex::new(None),
                last_out: Mutex::new(None),
                traffic: Mutex::default(),
            }),
            threads: Mutex::new(Vec::new()),
        };
        port.plug()?;
        Ok(port)
    }

    /// Plugs the device in again with a new terminal at its nominal speed; nothing if it is in.
    ///
    /// # Errors
    /// As [`Port::open`].
    pub fn plug(&self) -> Result<(), PortError> {
        self.plug_for(Access::Free)
    }

    /// Plugs the device in again so that only those get in who may.
    ///
    /// # Errors
    /// As [`Port::open`].
    pub fn plug_for(&self, access: Access) -> Result<(), PortError> {
        let mut threads = lock(&self.threads);
        if !threads.is_empty() {
            return Ok(());
        }
        let shared = &self.shared;
        let pair = Arc::new(Pair::open(&shared.name, access)?);
        shared.stop.store(false, Ordering::SeqCst);
        shared.baud.store(shared.nominal_baud, Ordering::SeqCst);
        lock(&shared.queue).plugged = true;
        *lock(&shared.pair) = Some(Arc::clone(&pair));
        let started = pump::start(shared, &mut threads).and_then(|()| pair::point(&shared.link, &pair.slave));
        if started.is_err() {
            self.stop(&mut threads);
        }
        started
    }

    /// Pulls the plug: the link is gone and the host sees a hang-up; nothing if it is out.
    pub fn unplug(&self) {
        self.stop(&mut lock(&self.threads));
    }

    fn stop(&self, threads: &mut Vec<JoinHandle<()>>) {
        let shared = &self.shared;
        if let Some(pair) = lock(&shared.pair).as_ref() {
            pair::unpoint(&shared.link, &pair.slave);
        }
        shared.stop.store(true, Ordering::SeqCst);
        {
            let mut queue = lock(&shared.queue);
            queue.plugged = false;
            queue.items.clear();
        }
        shared.bell.notify_all();
        shared.rouse();
        for thread in threads.drain(..) {
            // A device that panicked has already said so on standard error.
            let _ = thread.join();
        }
        *lock(&shared.pair) = None;
        shared.host_present.store(false, Ordering::SeqCst);
    }

    /// Whether the device is plugged in.
    #[must_use]
    pub fn is_plugged(&self) -> bool {
        !lock(&self.threads).is_empty()
    }

    /// Whether a host has the port open.
    #[must_use]
    pub fn has_host(&self) -> bool {
        self.shared.host_present.load(Ordering::SeqCst)
    }

    /// The path under which the kiosk opens the device, there while it is plugged in.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.link
    }

    /// When the device last took a byte from the line.
    #[must_use]
    pub fn last_in(&self) -> Option<Instant> {
        *lock(&self.shared.last_in)
    }

    /// When the last byte to the host left the line.
    #[must_use]
    pub fn last_out(&self) -> Option<Instant> {
        *lock(&self.shared.last_out)
    }

    /// The last few thousand crossings, oldest first. Replies of the device are one crossing each.
    #[must_use]
    pub fn traffic(&self) -> Vec<Crossing> {
        lock(&self.shared.traffic).iter().copied().collect()
    }

    /// Works on the device, sends what it has to say, and lets the line look at it again.
    pub fn with<R>(&self, work: impl FnOnce(&mut D, &mut Output) -> R) -> R {
        let mut out = Output::default();
        // Submitted under the device's lock, so that replies keep the order of the events.
        let mut device = lock(&self.shared.device);
        let result = work(&mut device, &mut out);
        self.shared.submit(out);
        drop(device);
        self.shared.rouse();
        result
    }
}

impl<D: Device> Drop for Port<D> {
    fn drop(&mut self) {
        self.unplug();
    }
}

/// Locks even if another thread panicked: the emulator's state stays usable for a test to report on.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, PortError> {
    thread::Builder::new()
        .name(name.clone())
        .spawn(work)
        .map_err(|source| PortError::Thread { device: name, source })
}

#[cfg(test)]
mod tests;
