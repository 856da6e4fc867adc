//! The pace of one direction of the line, shared by all its connections.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The most that is carried in one go, bytes.
pub(super) const LARGEST: usize = 16 * 1024;
const SMALLEST: usize = 64;

#[derive(Debug)]
struct Meter {
    /// Bytes a second; `None` is unhindered.
    rate: Option<u64>,
    /// When the line is free for the next byte.
    free: Instant,
}

#[derive(Debug)]
pub(super) struct Pace(Mutex<Meter>);

impl Default for Pace {
    fn default() -> Self {
        Self(Mutex::new(Meter { rate: None, free: Instant::now() }))
    }
}

impl Pace {
    fn meter(&self) -> MutexGuard<'_, Meter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the rate, kbit/s.
    pub(super) fn set(&self, rate: Option<u32>) {
        let mut meter = self.meter();
        meter.rate = rate.map(|kbit| u64::from(kbit.max(1)) * 125);
        meter.free = Instant::now();
    }

    /// The rate, kbit/s.
    pub(super) fn rate(&self) -> Option<u64> {
        self.meter().rate.map(|rate| rate / 125)
    }

    /// How much to carry in one go: about a fiftieth of a second's worth, so that bytes trickle.
    pub(super) fn chunk(&self) -> usize {
        match self.meter().rate {
            None => LARGEST,
            Some(rate) => usize::try_from(rate / 50).unwrap_or(LARGEST).clamp(SMALLEST, LARGEST),
        }
    }

    /// Waits until `count` bytes would have arrived at the other end.
    pub(super) async fn wait(&self, count: usize) {
        let due = {
            let mut meter = self.meter();
            let Some(rate) = meter.rate else { return };
            let micros = (count as u64).saturating_mul(1_000_000) / rate.max(1);
            meter.free = meter.free.max(Instant::now()) + Duration::from_micros(micros);
            meter.free
        };
        sleep_until(due).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_take_their_time() {
        let pace = Pace::default();
        pace.wait(usize::MAX).await;
        // 800 kbit/s are 100,000 bytes a second: 10,000 bytes take a tenth of one.
        pace.set(Some(800));
        let begun = Instant::now();
        for _ in 0..10 {
            pace.wait(1000).await;
        }
        assert!(begun.elapsed() >= Duration::from_millis(99));
        assert_eq!((pace.rate(), pace.chunk()), (Some(800), 2000));
        pace.set(Some(0));
        assert_eq!((pace.rate(), pace.chunk()), (Some(1), SMALLEST));
        pace.set(None);
        pace.wait(usize::MAX).await;
        assert_eq!((pace.rate(), pace.chunk()), (None, LARGEST));
    }
}
