//! The line between kiosk and store: a TCP relay that can be cut, slowed, and broken after a given
//! number of bytes.
//!
//! The relay's port is kept in `DIR/network/port`, so that a kiosk configured once stays so.

mod pace;

use crate::changed::Changed;
use crate::ports;
use pace::Pace;
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, tcp};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

/// More simultaneous connections than this are closed at once.
const MOST_CONNECTIONS: usize = 128;
/// The store is on this machine; what takes longer is a store that is not there.
const REACH: Duration = Duration::from_secs(5);
/// How long the store gets to read the last bytes of a line that broke by order.
const FAREWELL: Duration = Duration::from_millis(500);

/// Why the line cannot be made.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// No folder or no port.
    #[error("emulated network: {0}")]
    Listen(#[from] io::Error),
}

struct Shared {
    target: SocketAddr,
    upward: Pace,
    downward: Pace,
    /// Bytes from kiosk to store until the line breaks once.
    fuse: Mutex<Option<u64>>,
    bytes_up: AtomicU64,
    bytes_down: AtomicU64,
    connections: AtomicU64,
    cuts: AtomicU64,
    changed: Changed,
}

impl Shared {
    fn fuse(&self) -> MutexGuard<'_, Option<u64>> {
        self.fuse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many of `wanted` bytes may still pass upward, and whether the line breaks after them.
    fn burn(&self, wanted: usize) -> (usize, bool) {
        let mut fuse = self.fuse();
        let Some(left) = *fuse else {
            return (wanted, false);
        };
        let pass = usize::try_from(left).map_or(wanted, |left| wanted.min(left));
        let left = left.saturating_sub(pass as u64);
        *fuse = (left > 0).then_some(left);
        (pass, left == 0)
    }
}

/// The relay while the line is up.
struct Line {
    /// Dropped to end the relay and all it carries.
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

/// A handle to the line. Clones control the same line; it ends with the last of them.
#[derive(Clone)]
pub struct Network {
    shared: Arc<Shared>,
    line: Arc<tokio::sync::Mutex<Option<Line>>>,
    address: SocketAddr,
}

impl Network {
    /// Lays a line to `target`, up and unhindered.
    ///
    /// # Errors
    /// [`NetworkError::Listen`] when the folder cannot be written or the kept port is taken.
    pub async fn start(dir: &Path, target: SocketAddr) -> Result<Self, NetworkError> {
        let listener = ports::bind_kept(&dir.join("network").join("port")).await?;
        let shared = Arc::new(Shared {
            target,
            upward: Pace::default(),
            downward: Pace::default(),
            fuse: Mutex::new(None),
            bytes_up: AtomicU64::new(0),
            bytes_down: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            changed: Changed::default(),
        });
        let address = ports::address(&listener);
        let line = Line::raise(listener, shared.clone());
        Ok(Self { shared, line: Arc::new(tokio::sync::Mutex::new(Some(line))), address })
    }

    /// Where the kiosk connects to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The store's base URL through this line, such as `https://localhost:23456`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// Counts every change: up, down, connections, bytes, cuts.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// Puts the line up again, on the same port; nothing when it is up.
    ///
    /// # Errors
    /// [`NetworkError::Listen`] when another program took the port meanwhile.
    pub async fn up(&self) -> Result<(), NetworkError> {
        let mut line = self.line.lock().await;
        if line.is_none() {
            let listener = ports::bind_again(self.address.port()).await?;
            *line = Some(Line::raise(listener, self.shared.clone()));
        }
        drop(line);
        self.shared.changed.ring();
        Ok(())
    }

    /// Takes the line down: connections break at once, new ones are refused.
    pub async fn down(&self) {
        let line = self.line.lock().await.take();
        if let Some(Line { stop, task }) = line {
            drop(stop);
            // The relay only returns; an error would be a runtime that is going down anyway.
            let _ = task.await;
        }
        self.shared.changed.ring();
    }

    /// Carries at most so many kilobits (1000 bit) a second in each direction; `None`: all there is.
    /// Zero is taken as one.
    pub fn kbit_s(&self, rate: Option<u32>) {
        self.shared.upward.set(rate);
        self.shared.downward.set(rate);
        self.shared.changed.ring();
    }

    /// After exactly so many further bytes from kiosk to store, the connection that carries the last
    /// of them breaks; the store gets all of them. Then the line is whole again. `None` takes it back.
    pub fn cut_after_bytes(&self, bytes: Option<u64>) {
        *self.shared.fuse() = bytes;
        self.shared.changed.ring();
    }

    /// What a bystander sees: up or down, pace, bytes, connections and cuts.
    #[must_use]
    pub fn state(&self) -> Value {
        let up = self.line.try_lock().is_ok_and(|line| line.is_some());
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        json!({
            "address": self.address.to_string(),
            "up": up,
            "kbit_s": self.shared.upward.rate(),
            "cut_after_bytes": *self.shared.fuse(),
            "connections": count(&self.shared.connections),
            "bytes_up": count(&self.shared.bytes_up),
            "bytes_down": count(&self.shared.bytes_down),
            "cuts": count(&self.shared.cuts),
        })
    }

    /// Ends the line for good; connections break.
    pub async fn stop(&self) {
        self.down().await;
    }
}

impl Line {
    fn raise(listener: TcpListener, shared: Arc<Shared>) -> Self {
        let (stop, stopped) = watch::channel(());
        Self { stop, task: tokio::spawn(relay(listener, shared, stopped)) }
    }
}

async fn relay(listener: TcpListener, shared: Arc<Shared>, mut stopped: watch::Receiver<()>) {
    let mut pairs = JoinSet::new();
    loop {
        tokio::select! {
            // An error is the sender's end, which is the sign to stop; nothing is ever sent.
            _ = stopped.changed() => break,
            Some(_) = pairs.join_next(), if !pairs.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((kiosk, _)) if pairs.len() < MOST_CONNECTIONS => {
                    pairs.spawn(carry(kiosk, shared.clone()));
                }
                Ok(_) => {}
                // Out of file handles or similar: give the system a moment instead of spinning.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
    drop(listener);
    pairs.shutdown().await;
}

/// One connection, both ways, until both sides are done or the line breaks.
async fn carry(mut kiosk: TcpStream, shared: Arc<Shared>) {
    // Unless this is taken back below, the kiosk sees a reset: a line does not say goodbye.
    let _ = kiosk.set_zero_linger();
    let Ok(Ok(mut store)) = timeout(REACH, TcpStream::connect(shared.target)).await else {
        return;
    };
    let _ = (kiosk.set_nodelay(true), store.set_nodelay(true));
    let _open = Open::count(&shared);
    if both_ways(&mut kiosk, &mut store, &shared).await {
        drop(kiosk);
        // The store is left to read what passed: closing at once could take it away again.
        let mut rest = [0_u8; 4096];
        let _ = timeout(FAREWELL, async { while let Ok(1..) = store.read(&mut rest).await {} }).await;
    } else {
        let _ = rustix::net::sockopt::set_socket_linger(&kiosk, None);
    }
}

/// Carries until both directions have ended; true when the line broke by order.
async fn both_ways(kiosk: &mut TcpStream, store: &mut TcpStream, shared: &Shared) -> bool {
    let (kiosk_in, kiosk_out) = kiosk.split();
    let (store_in, store_out) = store.split();
    let upward = upward(kiosk_in, store_out, shared);
    let downward = downward(store_in, kiosk_out, shared);
    tokio::pin!(upward, downward);
    let mut ended = (false, false);
    while ended != (true, true) {
        tokio::select! {
            broken = &mut upward, if !ended.0 => {
                if broken {
                    shared.cuts.fetch_add(1, Ordering::Relaxed);
                    shared.changed.ring();
                    return true;
                }
                ended.0 = true;
            }
            () = &mut downward, if !ended.1 => ended.1 = true,
        }
    }
    false
}

/// Carries from kiosk to store; true when the line broke by order.
async fn upward(mut from: tcp::ReadHalf<'_>, mut to: tcp::WriteHalf<'_>, shared: &Shared) -> bool {
    let mut buffer = vec![0; pace::LARGEST];
    loop {
        let Some(room) = buffer.get_mut(..shared.upward.chunk()) else {
            return false;
        };
        let Ok(count @ 1..) = from.read(room).await else {
            let _ = to.shutdown().await;
            return false;
        };
        shared.upward.wait(count).await;
        let (pass, breaks) = shared.burn(count);
        let written = to.write_all(buffer.get(..pass).unwrap_or_default()).await;
        shared.bytes_up.fetch_add(pass as u64, Ordering::Relaxed);
        shared.changed.ring();
        if breaks {
            // A proper end towards the store, so that what passed is not thrown away with it.
            let _ = to.shutdown().await;
            return true;
        }
        if written.is_err() {
            return false;
        }
    }
}

async fn downward(mut from: tcp::ReadHalf<'_>, mut to: tcp::WriteHalf<'_>, shared: &Shared) {
    let mut buffer = vec![0; pace::LARGEST];
    loop {
        let Some(room) = buffer.get_mut(..shared.downward.chunk()) else {
            return;
        };
        let Ok(count @ 1..) = from.read(room).await else {
            let _ = to.shutdown().await;
            return;
        };
        shared.downward.wait(count).await;
        let written = to.write_all(buffer.get(..count).unwrap_or_default()).await;
        shared.bytes_down.fetch_add(count as u64, Ordering::Relaxed);
        shared.changed.ring();
        if written.is_err() {
            return;
        }
    }
}

/// Counts a connection while it is open.
struct Open<'a>(&'a Shared);

impl<'a> Open<'a> {
    fn count(shared: &'a Shared) -> Self {
        shared.connections.fetch_add(1, Ordering::Relaxed);
        shared.changed.ring();
        Self(shared)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
        self.0.changed.ring();
    }
}

#[cfg(test)]
#[path = "network/tests.rs"]
mod tests;
