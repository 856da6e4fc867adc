//! What every owner of a device does alike.

use link::Backoff;
use std::time::Duration;

/// When to try a device again that could not be opened.
#[derive(Debug)]
pub struct Reopening(Backoff);

impl Default for Reopening {
    /// Soon at first, never more than a second apart: a device that answers again is to be ready
    /// within three.
    fn default() -> Self {
        Self(Backoff::new(Duration::from_millis(100), Duration::from_secs(1)))
    }
}

impl Reopening {
    /// How long to wait before the next try.
    pub fn pause(&mut self) -> Duration {
        self.0.next_pause()
    }

    /// It worked: the next failure begins anew.
    pub fn worked(&mut self) {
        self.0.reset();
    }
}
