//! The hall's clock: one for all, so that a hall can be shown at another time of day.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use std::time::Instant;
use visit::event::Now;

/// Tells the time; cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    shift: SignedDuration,
    zone: Offset,
}

impl Clock {
    /// The machine's clock moved by `shift`, in a hall `utc_offset_minutes` east of Greenwich.
    pub fn new(utc_offset_minutes: i16, shift: SignedDuration) -> Self {
        let zone = Offset::from_seconds(i32::from(utc_offset_minutes) * 60).unwrap_or(Offset::UTC);
        Self { started: Instant::now(), shift, zone }
    }

    /// Now, as the rules want it.
    pub fn now(&self) -> Now {
        Now { tick: self.started.elapsed(), wall: self.zone.to_datetime(self.timestamp()) }
    }

    /// The hall's offset from universal time.
    pub fn zone(&self) -> Offset {
        self.zone
    }

    /// Minutes east of Greenwich.
    pub fn utc_offset_minutes(&self) -> i16 {
        i16::try_from(self.zone.seconds() / 60).unwrap_or(0)
    }

    /// Now, in universal time.
    pub fn timestamp(&self) -> Timestamp {
        Timestamp::now().checked_add(self.shift).unwrap_or(Timestamp::MAX)
    }

    /// What the hall's clock showed at a moment of the machine's.
    pub fn wall(&self, at: Timestamp) -> DateTime {
        self.zone.to_datetime(at.checked_add(self.shift).unwrap_or(Timestamp::MAX))
    }
}
