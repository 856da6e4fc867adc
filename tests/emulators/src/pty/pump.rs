//! The two threads of a plugged-in line: one for each direction.

use std::os::fd::BorrowedFd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::line::Direction;
use super::pair::{self, Pair};
use super::{Device, Item, Output, PortError, Shared, lock, spawn};

/// How often a port without a host is looked at. The kernel reports an absent host without pause, so
/// its coming cannot be waited for.
const ABSENT_POLL: Duration = Duration::from_millis(5);

pub(super) fn start<D: Device>(
    shared: &Arc<Shared<D>>,
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<(), PortError> {
    let receiver = Arc::clone(shared);
    threads.push(spawn(format!("{}-in", shared.name), move || receive(&receiver))?);
    let sender = Arc::clone(shared);
    threads.push(spawn(format!("{}-out", shared.name), move || send(&sender))?);
    Ok(())
}

/// What the receiving thread found on the line.
enum Found {
    Bytes,
    Nothing,
    NoHost,
    /// No bytes, but the device or the port has changed and must be looked at again.
    Call,
}

/// From host to device: takes bytes at the line's pace, and does the device's timed work.
fn receive<D: Device>(shared: &Shared<D>) {
    let mut line = Direction::new(shared.baud.load(Ordering::SeqCst));
    let mut baud = shared.baud.load(Ordering::SeqCst);
    let mut buffer = [0_u8; 16];
    // Whether the line has been quiet since the last byte: only then does the next byte start now
    // and not where the last one ended.
    let mut quiet = true;
    let mut settled = true;
    while !shared.stop.load(Ordering::SeqCst) {
        let Some(pair) = lock(&shared.pair).clone() else {
            return;
        };
        let now_baud = shared.baud.load(Ordering::SeqCst);
        if now_baud != baud {
            line.set_baud(now_baud);
            baud = now_baud;
        }
        let (room, wake_at) = timed_work(shared);
        let found = match look(shared, &pair, room, Some(Duration::ZERO)) {
            Found::Nothing => {
                quiet = true;
                let patience = wake_at.map(|at| at.saturating_duration_since(Instant::now()));
                look(shared, &pair, room, patience)
            }
            found => found,
        };
        match found {
            Found::Nothing | Found::Call => {
                quiet = true;
                settled = false;
                shared.host_present.store(true, Ordering::SeqCst);
            }
            Found::NoHost => {
                if !settled {
                    settle(shared, &pair);
                    settled = true;
                }
                shared.host_present.store(false, Ordering::SeqCst);
                quiet = true;
                let patience = wake_at
                    .map_or(ABSENT_POLL, |at| at.saturating_duration_since(Instant::now()).min(ABSENT_POLL));
                doze(shared, patience);
            }
            Found::Bytes => {
                settled = false;
                shared.host_present.store(true, Ordering::SeqCst);
                let limit = room.min(line.burst());
                let Ok(count) = rustix::io::read(&pair.master, &mut buffer[..limit]) else {
                    continue;
                };
                if quiet {
                    line.begin(Instant::now());
                    quiet = false;
                }
                line.carry(count);
                let now = Instant::now();
                *lock(&shared.last_in) = Some(now);
                shared.crossed(count, false);
                let mut out = Output::default();
                let mut device = lock(&shared.device);
                device.receive(&buffer[..count], now, &mut out);
                shared.submit(out);
            }
        }
    }
}

fn timed_work<D: Device>(shared: &Shared<D>) -> (usize, Option<Instant>) {
    let mut device = lock(&shared.device);
    let now = Instant::now();
    if device.wake_at().is_some_and(|at| at <= now) {
        let mut out = Output::default();
        device.wake(now, &mut out);
        shared.submit(out);
    }
    (device.room(), device.wake_at())
}

/// Waits for bytes, a call for attention or the end of `patience` (`None`: for ever).
fn look<D>(shared: &Shared<D>, pair: &Pair, room: usize, patience: Option<Duration>) -> Found {
    let wanted = if room > 0 { PollFlags::IN } else { PollFlags::empty() };
    let mut fds = [PollFd::new(&pair.master, wanted), PollFd::new(&shared.wake, PollFlags::IN)];
    if wait(&mut fds, patience).is_err() {
        return Found::Nothing;
    }
    let (line, wake) = (fds[0].revents(), fds[1].revents());
    if wake.contains(PollFlags::IN) {
        quell(&shared.wake);
    }
    if line.contains(PollFlags::IN) {
        Found::Bytes
    } else if line.intersects(PollFlags::HUP | PollFlags::ERR) {
        Found::NoHost
    } else if wake.contains(PollFlags::IN) {
        Found::Call
    } else {
        Found::Nothing
    }
}

/// Waits for a call for attention only.
fn doze<D>(shared: &Shared<D>, patience: Duration) {
    let mut fds = [PollFd::new(&shared.wake, PollFlags::IN)];
    if wait(&mut fds, Some(patience)).is_ok() && fds[0].revents().contains(PollFlags::IN) {
        quell(&shared.wake);
    }
}

fn wait(fds: &mut [PollFd<'_>], patience: Option<Duration>) -> Result<usize, Errno> {
    let limit = patience.map(|patience| Timespec {
        tv_sec: patience.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: patience.subsec_nanos().into(),
    });
    poll(fds, limit.as_ref())
}

fn quell(wake: impl std::os::fd::AsFd) {
    let fd: BorrowedFd<'_> = wake.as_fd();
    let mut count = [0_u8; 8];
    let _ = rustix::io::read(fd, &mut count);
}

/// The host has closed the port: its unread bytes go, and a port it took exclusively is replaced.
fn settle<D>(shared: &Shared<D>, pair: &Pair) {
    if !matches!(pair.settle(), Ok(false)) {
        return;
    }
    // Both steps can only fail as they would at start; the old pair then stays as it is.
    if let Ok(fresh) = Pair::open(&shared.name, super::Access::Free)
        && pair::point(&shared.link, &fresh.slave).is_ok()
    {
        *lock(&shared.pair) = Some(Arc::new(fresh));
    }
}

/// From device to host: hands over each burst when its last byte has crossed.
fn send<D>(shared: &Shared<D>) {
    let mut line = Direction::new(shared.baud.load(Ordering::SeqCst));
    while let Some((at, item)) = next(shared) {
        match item {
            Item::Baud(baud) => {
                line.set_baud(baud);
                shared.baud.store(baud, Ordering::SeqCst);
                shared.rouse();
            }
            Item::Bytes(bytes) => {
                line.begin(at);
                for burst in bytes.chunks(line.burst()) {
                    line.carry(burst.len());
                    if shared.stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let Some(pair) = lock(&shared.pair).clone() else {
                        return;
                    };
                    // A host that is absent or does not read loses bytes, as on a wire.
                    let _ = rustix::io::write(&pair.master, burst);
                }
                *lock(&shared.last_out) = Some(Instant::now());
                shared.crossed(bytes.len(), true);
            }
        }
    }
}

fn next<D>(shared: &Shared<D>) -> Option<(Instant, Item)> {
    let mut queue = lock(&shared.queue);
    loop {
        if shared.stop.load(Ordering::SeqCst) {
            return None;
        }
        if let Some(item) = queue.items.pop_front() {
            return Some(item);
        }
        queue = shared.bell.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
}
