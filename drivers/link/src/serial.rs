//! A serial port, or a USB device that appears as one.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Instant;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::termios::{QueueSelector, tcflush};
use serialport::{DataBits, FlowControl, Parity, StopBits, TTYPort};

use crate::{Link, LinkError, wait};

/// An open serial port: 8 data bits, no parity, 1 stop bit, no flow control, held exclusively.
#[derive(Debug)]
pub struct SerialLink {
    port: TTYPort,
    name: String,
    /// Whether the device stopped taking bytes, so that some may still wait in the port.
    stalled: bool,
}

impl SerialLink {
    /// Opens the port at `path` with a speed of `baud` bits per second.
    ///
    /// Use a path that stays the same over reboots and names the socket the device is plugged
    /// into, such as `/dev/serial/by-path/…`. Bytes that arrived before the opening may have been
    /// received at another speed and can be garbled; a driver drains them.
    ///
    /// # Errors
    /// [`LinkError::NotFound`], [`LinkError::NotPermitted`], [`LinkError::Busy`] with the port's
    /// name in them; [`LinkError::Io`] for a path that is no serial port or a speed it cannot do.
    pub fn open(path: &str, baud: u32) -> Result<Self, LinkError> {
        let name = format!("serial {path}");
        let port = serialport::new(path, baud)
            .data_bits(DataBits::Eight)
            .parity(Parity::None)
            .stop_bits(StopBits::One)
            .flow_control(FlowControl::None)
            .exclusive(true)
            .open_native()
            .map_err(|e| from_open(e, &name))?;
        let fd = descriptor(&port);
        let flags = fcntl_getfl(fd).map_err(|e| wait::from_io(e.into()))?;
        fcntl_setfl(fd, flags | OFlags::NONBLOCK).map_err(|e| wait::from_io(e.into()))?;
        tracing::debug!(%name, baud, "opened");
        Ok(Self { port, name, stalled: false })
    }
}

impl Link for SerialLink {
    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, LinkError> {
        let fd = descriptor(&self.port);
        wait::read(fd, buf, deadline, |buf| Ok(rustix::io::read(fd, buf)?))
    }

    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), LinkError> {
        let fd = descriptor(&self.port);
        let written = wait::write_all(fd, bytes, deadline, |b| Ok(rustix::io::write(fd, b)?));
        self.stalled = matches!(written, Err(LinkError::Timeout { .. }));
        written
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for SerialLink {
    fn drop(&mut self) {
        // Closing a port waits for its unsent bytes, up to half a minute when the device takes none
        // (Linux, closing_wait). A device known to be stalled gets them thrown away instead.
        if self.stalled
            && let Err(e) = tcflush(descriptor(&self.port), QueueSelector::OFlush)
        {
            tracing::debug!(name = %self.name, error = %e, "unsent bytes could not be thrown away");
        }
    }
}

/// The port's descriptor, borrowed for as long as the port is.
#[expect(unsafe_code, reason = "the port offers its descriptor only as a bare number")]
fn descriptor(port: &TTYPort) -> BorrowedFd<'_> {
    // SAFETY: `port` owns the descriptor and closes it only when dropped; the borrow of `port` in
    // the returned lifetime keeps it from being dropped or taken apart before that.
    unsafe { BorrowedFd::borrow_raw(port.as_raw_fd()) }
}

fn from_open(e: serialport::Error, name: &str) -> LinkError {
    use std::io::ErrorKind as Io;
    match e.kind {
        // The crate's name for EBUSY and for a lock held by another process.
        serialport::ErrorKind::NoDevice => LinkError::Busy(name.to_owned()),
        serialport::ErrorKind::Io(Io::NotFound) => LinkError::NotFound(name.to_owned()),
        serialport::ErrorKind::Io(Io::PermissionDenied) => LinkError::NotPermitted(name.to_owned()),
        serialport::ErrorKind::Io(kind) => {
            LinkError::Io(std::io::Error::new(kind, format!("{name}: {}", e.description)))
        }
        serialport::ErrorKind::InvalidInput | serialport::ErrorKind::Unknown => {
            LinkError::Io(std::io::Error::other(format!("{name}: {}", e.description)))
        }
    }
}

#[cfg(test)]
mod tests;
