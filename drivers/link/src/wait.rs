//! Non-blocking reads and writes under a deadline, the same for a tty and a socket.
//!
//! The descriptor is non-blocking, so that a call can never outstay its deadline: a blocking write
//! to a tty waits until *all* its bytes are taken, however little room the readiness poll promised.

use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::LinkError;

/// Reads what is there, or the first bytes that come before `deadline`.
pub(crate) fn read(
    fd: BorrowedFd<'_>,
    buf: &mut [u8],
    deadline: Instant,
    mut attempt: impl FnMut(&mut [u8]) -> io::Result<usize>,
) -> Result<usize, LinkError> {
    if buf.is_empty() {
        return Ok(0);
    }
    loop {
        match attempt(buf) {
            // End of file: a tty whose device has gone, or a socket closed by its peer.
            Ok(0) => return Err(LinkError::HungUp),
            Ok(n) => return Ok(n),
            Err(e) if is_transient(&e) => {}
            Err(e) => return Err(from_io(e)),
        }
        if !wait(fd, PollFlags::IN, deadline)? {
            return Err(LinkError::Timeout { taken: 0 });
        }
    }
}

/// Writes all of `bytes`, piece by piece as room is made, until `deadline`.
pub(crate) fn write_all(
    fd: BorrowedFd<'_>,
    bytes: &[u8],
    deadline: Instant,
    mut attempt: impl FnMut(&[u8]) -> io::Result<usize>,
) -> Result<(), LinkError> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match attempt(rest) {
            Ok(n) => {
                rest = rest.get(n..).unwrap_or_default();
                if n > 0 {
                    continue;
                }
            }
            Err(e) if is_transient(&e) => {}
            Err(e) => return Err(from_io(e)),
        }
        if !wait(fd, PollFlags::OUT, deadline)? {
            return Err(LinkError::Timeout { taken: bytes.len() - rest.len() });
        }
    }
    Ok(())
}

/// Waits until an attempt is worth making; `false` once `deadline` has passed.
fn wait(fd: BorrowedFd<'_>, wanted: PollFlags, deadline: Instant) -> Result<bool, LinkError> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        let left = Timespec::try_from(left)
            .map_err(|_| io::Error::new(ErrorKind::InvalidInput, "deadline too far away"))?;
        match poll(&mut [PollFd::from_borrowed_fd(fd, wanted)], Some(&left)) {
            Ok(0) => return Ok(false),
            // A hang-up or an error counts as ready: the attempt that follows gets to know which.
            Ok(_) => return Ok(true),
            Err(Errno::INTR) => {}
            Err(e) => return Err(LinkError::Io(e.into())),
        }
    }
}

fn is_transient(e: &io::Error) -> bool {
    matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Tells a device that has gone from everything else that can go wrong on an open link.
pub(crate) fn from_io(e: io::Error) -> LinkError {
    // EIO, ENXIO and ENODEV are what a tty says whose USB device was pulled; they have no kinds of
    // their own in the standard library.
    const GONE: [Errno; 3] = [Errno::IO, Errno::NXIO, Errno::NODEV];
    let gone = match e.kind() {
        ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::NotConnected
        // The kernel gave up on the peer: its cable or its power is off.
        | ErrorKind::TimedOut => true,
        _ => Errno::from_io_error(&e).is_some_and(|errno| GONE.contains(&errno)),
    };
    if gone { LinkError::HungUp } else { LinkError::Io(e) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_device_that_has_gone_are_a_hang_up() {
        for errno in [Errno::IO, Errno::NXIO, Errno::NODEV, Errno::PIPE, Errno::CONNRESET] {
            assert!(matches!(from_io(errno.into()), LinkError::HungUp), "{errno:?}");
        }
        for errno in [Errno::INVAL, Errno::NOMEM, Errno::BADF] {
            assert!(matches!(from_io(errno.into()), LinkError::Io(_)), "{errno:?}");
        }
    }
}
