//! A line that breaks where it is told to, and counts what a client sends into it: also what a break
//! swallows.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, tcp};
use tokio::task::{JoinHandle, JoinSet};

/// What the line has carried.
#[derive(Debug, Default)]
struct Carried {
    /// Bytes that the client sent.
    sent: u64,
    /// Of them, bytes that were passed on.
    passed: u64,
    /// Where the line still breaks: when so many bytes in all were passed on; in ascending order.
    breaks: VecDeque<u64>,
}

/// A line to a store; it ends when dropped.
pub struct Relay {
    address: SocketAddr,
    carried: Arc<Mutex<Carried>>,
    task: JoinHandle<()>,
}

impl Relay {
    /// Lays a line to `target` that breaks at these places, in ascending order.
    pub async fn start(target: SocketAddr, breaks: VecDeque<u64>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let carried = Arc::new(Mutex::new(Carried { breaks, ..Carried::default() }));
        let task = tokio::spawn(accept(listener, target, Arc::clone(&carried)));
        Ok(Self { address, carried, task })
    }

    /// The store's address through this line.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// Bytes that the client sent so far, of every kind; and breaks that are still to come.
    pub fn sent(&self) -> (u64, usize) {
        let carried = locked(&self.carried);
        (carried.sent, carried.breaks.len())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn locked(carried: &Mutex<Carried>) -> MutexGuard<'_, Carried> {
    carried.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, target: SocketAddr, carried: Arc<Mutex<Carried>>) {
    let mut lines = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        lines.spawn(carry(client, target, Arc::clone(&carried)));
    }
}

/// One connection, until either side ends it or the line breaks.
async fn carry(client: TcpStream, target: SocketAddr, carried: Arc<Mutex<Carried>>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let store = TcpStream::connect(target).await?;
    store.set_nodelay(true)?;
    let (from_client, mut to_client) = client.into_split();
    let (mut from_store, to_store) = store.into_split();
    tokio::select! {
        ended = upward(from_client, to_store, &carried) => ended,
        ended = tokio::io::copy(&mut from_store, &mut to_client) => ended.map(drop),
    }
}

async fn upward(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    carried: &Mutex<Carried>,
) -> io::Result<()> {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut piece).await?;
        if read == 0 {
            return Ok(());
        }
        let (pass, breaks) = locked(carried).take(read);
        to.write_all(&piece[..pass]).await?;
        if breaks {
            // What the client had sent already is lost with the line.
            while let Ok(lost @ 1..) = from.try_read(&mut piece) {
                locked(carried).sent += lost as u64;
            }
            return to.shutdown().await;
        }
    }
}

impl Carried {
    /// How many of so many bytes pass, and whether the line breaks then.
    fn take(&mut self, read: usize) -> (usize, bool) {
        self.sent += read as u64;
        let left = self.breaks.front().map(|place| place.saturating_sub(self.passed));
        let breaks = left.is_some_and(|left| left <= read as u64);
        let pass = if breaks { left.map_or(read, |left| left as usize) } else { read };
        if breaks {
            self.breaks.pop_front();
        }
        self.passed += pass as u64;
        (pass, breaks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_breaks_exactly_where_it_is_told_to() {
        let mut carried = Carried { breaks: [10, 10, 25].into(), ..Carried::default() };
        assert_eq!(carried.take(8), (8, false));
        assert_eq!(carried.take(8), (2, true));
        assert_eq!(carried.take(4), (0, true));
        assert_eq!(carried.take(8), (8, false));
        assert_eq!(carried.take(7), (7, true));
        assert_eq!(carried.take(7), (7, false));
        assert_eq!((carried.sent, carried.passed), (42, 32));
    }
}
