//! Bytes to a device and back: one small trait, with a deadline on every call.
//!
//! A driver speaks to a [`Link`] and never learns whether a serial line, a socket or a test stands
//! behind it. No call waits longer than its deadline, and a device that has gone is an error of its
//! own ([`LinkError::HungUp`]), so that the owner can reopen instead of retrying.
//!
//! * [`SerialLink`]: a serial port or USB-to-serial converter, 8N1, held exclusively.
//! * [`TcpLink`]: a device with a network socket, such as a printer on port 9100.
//! * [`UsbLink`]: a USB printer, or a USB device with one pair of bulk endpoints; [`UsbDevice`] for
//!   devices with more.
//! * [`ProcessLink`]: a helper process, over its standard input and output.
//! * [`Address`]: where a device is, as a configuration says it; [`discover()`]: what is there.
//! * [`Ladder`]: what to try, and in which order, until a device answers again.
//! * [`record`]: what crossed a link, redacted, and played again as a test.
//! * [`Backoff`]: how long to wait between two attempts to open a link that hung up.
//! * `ScriptedLink` (feature `testing`): a link that answers from a script, without waiting.

use std::time::{Duration, Instant};

use zeroize::Zeroizing;

mod address;
mod discover;
#[doc(hidden)]
pub mod fuzz;
mod ladder;
mod process;
pub mod record;
mod reopen;
#[cfg(any(test, feature = "testing"))]
mod scripted;
mod serial;
mod tcp;
mod usb;
mod wait;

pub use address::{Address, AddressError};
pub use discover::{Found, Permitted, discover};
pub use ladder::{Failure, Ladder, Rung, Step};
pub use process::ProcessLink;
pub use reopen::Backoff;
#[cfg(any(test, feature = "testing"))]
pub use scripted::ScriptedLink;
pub use serial::SerialLink;
pub use tcp::TcpLink;
pub use usb::{IdentityError, TransferKind, UsbDevice, UsbEndpoint, UsbIdentity, UsbInterface, UsbLink};

/// An open connection to one device.
pub trait Link: Send {
    /// Reads between 1 and `buf.len()` bytes, as soon as any are there.
    ///
    /// What had already arrived is delivered even when `deadline` has passed. An empty `buf` gives
    /// 0 at once.
    ///
    /// # Errors
    /// [`LinkError::Timeout`] when nothing came before `deadline`; [`LinkError::HungUp`] when the
    /// device has gone; `buf` is then untouched.
    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, LinkError>;

    /// Hands all of `bytes` to the device.
    ///
    /// # Errors
    /// [`LinkError::Timeout`] when the device stopped taking bytes; how many it took is in `taken`.
    /// [`LinkError::HungUp`] when the device has gone; how many it took is then unknown.
    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), LinkError>;

    /// What a log line calls this connection, such as `serial /dev/serial/by-path/…`.
    fn name(&self) -> &str;

    /// A driver says what it does, for a recording: `call NAME` as an operation begins, `= OUTCOME`
    /// as it ends. Never anything personal. A link that records nothing lets it pass.
    fn note(&mut self, note: &str) {
        let _ = note;
    }

    /// Whether `deadline` has passed.
    ///
    /// A driver that must know asks its link and not the clock, so that a recording of what it did
    /// can be played again at another pace.
    fn is_late(&mut self, deadline: Instant) -> bool {
        Instant::now() >= deadline
    }

    /// Throws away what has arrived until the line has been silent for `quiet`.
    ///
    /// Returns the number of bytes thrown away. Ends at `deadline` even if the device babbles on.
    ///
    /// # Errors
    /// Every error of [`Link::read`] but the time-out.
    fn drain(&mut self, quiet: Duration, deadline: Instant) -> Result<usize, LinkError> {
        let mut thrown = 0;
        // What is thrown away may be the rest of somebody's record: wiped when this returns.
        let mut scratch = Zeroizing::new([0; 256]);
        loop {
            let until = (Instant::now() + quiet).min(deadline);
            match self.read(&mut scratch[..], until) {
                Ok(n) => thrown += n,
                Err(LinkError::Timeout { .. }) => return Ok(thrown),
                Err(e) => return Err(e),
            }
            if self.is_late(deadline) {
                return Ok(thrown);
            }
        }
    }

    /// Fills `buf` whole.
    ///
    /// # Errors
    /// Those of [`Link::read`]; a time-out says how many bytes had come.
    fn read_exact(&mut self, buf: &mut [u8], deadline: Instant) -> Result<(), LinkError> {
        let mut have = 0;
        while have < buf.len() {
            match self.read(&mut buf[have..], deadline) {
                Ok(n) => have += n,
                Err(LinkError::Timeout { .. }) => return Err(LinkError::Timeout { taken: have }),
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

/// A boxed link, for an owner that learns only from its configuration which kind it opens.
impl<L: Link + ?Sized> Link for Box<L> {
    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, LinkError> {
        (**self).read(buf, deadline)
    }

    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), LinkError> {
        (**self).write_all(bytes, deadline)
    }

    fn name(&self) -> &str {
        (**self).name()
    }

    fn note(&mut self, note: &str) {
        (**self).note(note);
    }

    fn is_late(&mut self, deadline: Instant) -> bool {
        (**self).is_late(deadline)
    }
}

/// A borrowed link, for a driver that hands the connection back.
impl<L: Link + ?Sized> Link for &mut L {
    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, LinkError> {
        (**self).read(buf, deadline)
    }

    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), LinkError> {
        (**self).write_all(bytes, deadline)
    }

    fn name(&self) -> &str {
        (**self).name()
    }

    fn note(&mut self, note: &str) {
        (**self).note(note);
    }

    fn is_late(&mut self, deadline: Instant) -> bool {
        (**self).is_late(deadline)
    }
}

/// What can go wrong between the kiosk and a device, before any protocol is spoken.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The deadline passed; `taken` bytes had been moved.
    #[error("no answer in time ({taken} bytes had been moved)")]
    Timeout {
        /// bytes moved before the deadline
        taken: usize,
    },
    /// The device has gone: unplugged, powered off, or its port was closed.
    #[error("the device has hung up")]
    HungUp,
    /// There is no such port or host.
    #[error("{0} is not there")]
    NotFound(String),
    /// The port is there, but this user may not open it.
    #[error("{0} is there but this user may not open it: add the kiosk's user to the port's group")]
    NotPermitted(String),
    /// Somebody else holds the port.
    #[error("{0} is held by another program")]
    Busy(String),
    /// The device refused a transfer (USB: STALL). The endpoint has been made ready again; what
    /// was asked has not been done.
    #[error("the device refused the transfer")]
    Halted,
    /// The device sent more than a transfer has room for, which a sound one never does; what it
    /// sent is lost.
    #[error("the device sent more than was asked of it")]
    Overrun,
    /// Anything else the system said.
    #[error("input/output: {0}")]
    Io(#[from] std::io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(2)
    }

    #[test]
    fn drain_throws_away_until_silence_and_leaves_what_follows() {
        let mut link = ScriptedLink::new("noisy").answer(b"ab").answer(b"c").silence().answer(b"later");
        assert_eq!(link.drain(Duration::from_millis(50), soon()).unwrap(), 3);
        let mut buf = [0; 8];
        assert_eq!(link.read(&mut buf, soon()).unwrap(), 5);
        assert!(link.is_finished());
    }

    #[test]
    fn drain_passes_on_a_hang_up() {
        let mut link = ScriptedLink::new("gone").answer(b"ab").hang_up();
        let drained = link.drain(Duration::from_millis(50), soon());
        assert!(matches!(drained, Err(LinkError::HungUp)));
    }

    #[test]
    fn read_exact_joins_pieces_and_counts_what_came_before_a_time_out() {
        let mut link = ScriptedLink::new("pieces").answer(b"ab").answer(b"cd").answer(b"e");
        let mut buf = [0; 4];
        link.read_exact(&mut buf, soon()).unwrap();
        assert_eq!(&buf, b"abcd");
        let short = link.read_exact(&mut buf, soon());
        assert!(matches!(short, Err(LinkError::Timeout { taken: 1 })));
    }

    #[test]
    fn boxed_and_borrowed_links_are_links() {
        let mut link = ScriptedLink::new("inner").expect(b"?").answer(b"!");
        let mut boxed: Box<dyn Link + '_> = Box::new(&mut link);
        assert_eq!(boxed.name(), "inner");
        boxed.write_all(b"?", soon()).unwrap();
        let mut buf = [0; 1];
        boxed.read_exact(&mut buf, soon()).unwrap();
        assert_eq!(&buf, b"!");
    }
}
