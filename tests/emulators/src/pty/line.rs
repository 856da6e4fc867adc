//! The speed of a serial line: when each byte has crossed it.

use std::thread;
use std::time::{Duration, Instant};

/// Bits on the wire for one byte: start, eight data, stop (8N1).
const BITS_PER_BYTE: u64 = 10;

/// How long one burst handed to or taken from the host may last on the wire. Smaller bursts cost
/// wake-ups, larger ones let bytes appear later than a real line would deliver them.
const BURST: Duration = Duration::from_micros(1_400);

/// The time `bytes` bytes take on an 8N1 line of `baud` bits a second.
#[must_use]
pub fn wire_time(bytes: usize, baud: u32) -> Duration {
    let bits = (bytes as u64).saturating_mul(BITS_PER_BYTE);
    Duration::from_nanos(bits.saturating_mul(1_000_000_000) / u64::from(baud.max(1)))
}

/// One direction of a line: knows until when it is busy.
///
/// Deadlines are kept as absolute times, so that late wake-ups never add up: a thousand bytes take
/// as long as a thousand bytes do, however often the thread was scheduled late on the way.
#[derive(Debug)]
pub(super) struct Direction {
    baud: u32,
    origin: Instant,
    bytes: usize,
}

impl Direction {
    pub(super) fn new(baud: u32) -> Self {
        Self { baud, origin: Instant::now(), bytes: 0 }
    }

    /// The bytes of one burst at this speed, at least one and at most sixteen.
    pub(super) fn burst(&self) -> usize {
        let fits = BURST.as_nanos() * u128::from(self.baud) / u128::from(BITS_PER_BYTE) / 1_000_000_000;
        usize::try_from(fits).unwrap_or(16).clamp(1, 16)
    }

    /// When the last byte given so far has crossed.
    pub(super) fn free_at(&self) -> Instant {
        self.origin + wire_time(self.bytes, self.baud)
    }

    /// Begins a transfer no earlier than `at` and no earlier than the line is free.
    pub(super) fn begin(&mut self, at: Instant) {
        if at > self.free_at() {
            self.origin = at;
            self.bytes = 0;
        }
    }

    /// Changes the speed from the next byte on.
    pub(super) fn set_baud(&mut self, baud: u32) {
        self.origin = self.free_at();
        self.bytes = 0;
        self.baud = baud;
    }

    /// Sends `bytes` bytes over the line and returns when the last has crossed.
    pub(super) fn carry(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        let left = self.free_at().saturating_duration_since(Instant::now());
        if !left.is_zero() {
            thread::sleep(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_on_the_wire() {
        for (bytes, baud, micros) in [
            (1295, 115_200, 112_413),
            (1359, 115_200, 117_968),
            (264, 115_200, 22_916),
            (264, 19_200, 137_500),
            (0, 115_200, 0),
        ] {
            assert_eq!(wire_time(bytes, baud).as_micros(), micros, "{bytes} bytes at {baud}");
        }
    }

    #[test]
    fn bursts_stay_short_at_every_speed() {
        for (baud, bytes) in [(115_200, 16), (57_600, 8), (19_200, 2), (9_600, 1), (1, 1)] {
            assert_eq!(Direction::new(baud).burst(), bytes, "at {baud}");
        }
    }
}
