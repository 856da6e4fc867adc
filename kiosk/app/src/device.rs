//! What every owner of a device does alike: opening its line, recorded, and opening it again.

use link::record::{Recorded, Recorder};
use link::{Address, Backoff, Link, LinkError};
use std::fmt;
use std::time::{Duration, Instant};
use ticket_printer::LineSpeed;

/// How long opening may take.
const OPENING: Duration = Duration::from_secs(2);

/// An open line; what crosses it is recorded.
pub type Wire = Recorded<Box<dyn Link>>;

/// Where a device is, and how to speak to it there.
#[derive(Clone, Debug)]
pub struct Line {
    address: Address,
    baud: u32,
    recorder: Recorder,
}

impl Line {
    /// Nothing is opened yet.
    pub fn new(address: Address, baud: u32, recorder: Recorder) -> Self {
        if let Some(advice) = address.advice() {
            tracing::warn!(advice, "configuration");
        }
        Self { address, baud, recorder }
    }

    /// Opens it.
    ///
    /// # Errors
    /// What the system said.
    pub fn open(&self) -> Result<Wire, LinkError> {
        let link = self.address.open(self.baud, Instant::now() + OPENING)?;
        Ok(Recorded::new(link, self.recorder.clone()))
    }

    /// Opens it as an ID reader's, which on USB may have more pipes than two.
    ///
    /// # Errors
    /// What the system said.
    pub fn open_reader(&self, profile: &id_reader::Profile) -> Result<Wire, LinkError> {
        let link = id_reader::open(&self.address, profile, Instant::now() + OPENING)?;
        Ok(Recorded::new(link, self.recorder.clone()))
    }

    /// How fast bytes cross it, as far as that is known.
    pub fn speed(&self) -> LineSpeed {
        match self.address {
            Address::Serial(_) => LineSpeed::Serial(self.baud),
            Address::Usb(_) | Address::Tcp(_) => LineSpeed::Unpaced,
        }
    }

    /// Whether there may be a USB port to reset. What is not plugged in now may be later.
    pub fn may_have_usb_port(&self) -> bool {
        match self.address {
            Address::Serial(_) | Address::Usb(_) => true,
            Address::Tcp(_) => false,
        }
    }

    /// Resets that port: the last rung. What comes of it shows when the line is opened again.
    pub fn reset_port(&self) {
        match self.address.reset_port() {
            Ok(()) => tracing::info!(port = %self.address, "USB port reset"),
            Err(error) => tracing::debug!(port = %self.address, %error, "USB port not reset"),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// When to try a device again that cannot be used: soon at first, never more than a second apart, for a
/// device that answers again is to be ready within three.
pub fn reopening() -> Backoff {
    Backoff::new(Duration::from_millis(100), Duration::from_secs(1))
}
