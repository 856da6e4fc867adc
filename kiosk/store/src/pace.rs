//! How fast documents may be sent, by the time of day: the hall's own work shares the link.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::Offset;
use tokio::time::Instant;

use crate::ValueError;

/// Less than this and a request would not end within its deadline.
const SLOWEST: u64 = 4096;
/// More than this is not handed over at once while there is a cap, in bytes.
const LARGEST_BURST: u64 = 64 * 1024;
/// What may be handed over at once, as a part of a second.
const BURSTS_A_SECOND: u64 = 4;

/// A part of the day with a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first moment, on the hall's clock.
    pub from: Time,
    /// Its end; the next day where it is not after `from`.
    pub to: Time,
    /// Bytes of documents in a second, at most; at least 4096.
    pub bytes_per_second: u64,
}

/// The caps of a day. Outside its windows there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    windows: Vec<Window>,
    offset: Offset,
}

impl Default for Pace {
    /// No cap.
    fn default() -> Self {
        Self { windows: Vec::new(), offset: Offset::UTC }
    }
}

impl Pace {
    /// The windows of a hall whose clock is so many minutes ahead of UTC. Where two overlap, the first
    /// one counts.
    ///
    /// # Errors
    /// [`ValueError`] for an offset of 26 hours or more, or a cap below 4096 bytes a second.
    pub fn new(windows: Vec<Window>, utc_offset_minutes: i16) -> Result<Self, ValueError> {
        let offset = Offset::from_seconds(i32::from(utc_offset_minutes) * 60);
        let offset = offset.map_err(|_| ValueError("offset from UTC"))?;
        if windows.iter().any(|window| window.bytes_per_second < SLOWEST) {
            return Err(ValueError("bytes per second (at least 4096)"));
        }
        Ok(Self { windows, offset })
    }

    /// The cap at a moment, in bytes a second.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Option<u64> {
        let time = self.offset.to_datetime(now).time();
        let inside = |window: &&Window| {
            if window.from < window.to {
                (window.from..window.to).contains(&time)
            } else {
                time >= window.from || time < window.to
            }
        };
        self.windows.iter().find(inside).map(|window| window.bytes_per_second)
    }
}

/// Gives out bytes as the caps allow: a bucket that fills at the rate of the window. The time of day
/// only chooses the window; what has passed is measured by a clock that never jumps.
pub(crate) struct Pacer {
    pace: Pace,
    bucket: Mutex<Bucket>,
}

struct Bucket {
    bytes: u64,
    filled: Instant,
}

impl fmt::Debug for Pacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pace.fmt(f)
    }
}

impl Pacer {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, bucket: Mutex::new(Bucket { bytes: 0, filled: Instant::now() }) }
    }

    /// Takes at most `wanted` bytes (1 or more): how many may go now, or how long until some may.
    pub(crate) fn take(&self, wanted: usize) -> Result<usize, Duration> {
        self.take_at(Timestamp::now(), Instant::now(), wanted)
    }

    /// As [`Self::take`], at a time of day and a moment.
    fn take_at(&self, time: Timestamp, now: Instant, wanted: usize) -> Result<usize, Duration> {
        match self.pace.at(time) {
            None => Ok(wanted),
            Some(rate) => self.take_of(rate, wanted, now),
        }
    }

    fn take_of(&self, rate: u64, wanted: usize, now: Instant) -> Result<usize, Duration> {
        let burst = (rate / BURSTS_A_SECOND).clamp(1, LARGEST_BURST);
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let nanos = u64::try_from(now.saturating_duration_since(bucket.filled).as_nanos());
        let new = bytes_in(rate, nanos.unwrap_or(u64::MAX));
        if new >= burst - bucket.bytes.min(burst) {
            *bucket = Bucket { bytes: burst, filled: now };
        } else {
            bucket.bytes += new;
            // Parts of a byte are not lost, however often it is asked.
            bucket.filled += nanos_for(rate, new);
        }
        let taken = burst.min(wanted as u64);
        if let Some(left) = bucket.bytes.checked_sub(taken) {
            bucket.bytes = left;
            return Ok(taken as usize);
        }
        Err(nanos_for(rate, taken - bucket.bytes))
    }
}

/// Whole bytes that a rate allows in so many nanoseconds.
fn bytes_in(rate: u64, nanos: u64) -> u64 {
    let bytes = u128::from(rate) * u128::from(nanos) / 1_000_000_000;
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// How long a rate needs for so many bytes, and no less.
fn nanos_for(rate: u64, bytes: u64) -> Duration {
    let nanos = (u128::from(bytes) * 1_000_000_000).div_ceil(u128::from(rate.max(1)));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn window(from: (i8, i8), to: (i8, i8), bytes_per_second: u64) -> Window {
        let time = |(hour, minute)| Time::constant(hour, minute, 0, 0);
        Window { from: time(from), to: time(to), bytes_per_second }
    }

    #[test]
    fn the_windows_are_on_the_halls_clock() {
        let windows = vec![
            window((9, 0), (12, 0), 100_000),
            window((13, 30), (17, 0), 200_000),
            window((22, 0), (6, 0), 300_000),
            window((11, 0), (12, 30), 400_000),
        ];
        let pace = Pace::new(windows, 8 * 60).expect("a pace");
        for (utc, cap) in [
            ("2026-11-23T00:59:59.9Z", None),
            ("2026-11-23T01:00:00Z", Some(100_000)),
            ("2026-11-23T03:30:00Z", Some(100_000)),
            ("2026-11-23T04:00:00Z", Some(400_000)),
            ("2026-11-23T04:30:00Z", None),
            ("2026-11-23T05:30:00Z", Some(200_000)),
            ("2026-11-23T13:59:59Z", None),
            ("2026-11-23T14:00:00Z", Some(300_000)),
            ("2026-11-23T16:00:00Z", Some(300_000)),
            ("2026-11-23T21:59:59Z", Some(300_000)),
            ("2026-11-23T22:00:00Z", None),
        ] {
            assert_eq!(pace.at(utc.parse().expect("a time")), cap, "{utc}");
        }
        let always = Pace::new(vec![window((7, 0), (7, 0), 5000)], -210).expect("a pace");
        assert_eq!(always.at(Timestamp::UNIX_EPOCH), Some(5000), "from a time to the same is a day");
        assert_eq!(Pace::default().at(Timestamp::now()), None);
        assert!(Pace::new(vec![window((7, 0), (8, 0), 4095)], 0).is_err());
        assert!(Pace::new(vec![], i16::MAX).is_err());
    }

    /// Sends without end from `from` on, while the clock on the wall jumps by `jump` after a minute; returns how
    /// many bytes went in each second.
    fn sent(pace: &Pace, from: &str, seconds: u64, jump: SignedDuration) -> Vec<u64> {
        let (begun, from) = (Instant::now(), from.parse::<Timestamp>().expect("a time"));
        let pacer = Pacer { pace: pace.clone(), bucket: Mutex::new(Bucket { bytes: 0, filled: begun }) };
        let mut went = vec![0; seconds as usize];
        let mut passed = Duration::ZERO;
        while passed < Duration::from_secs(seconds) {
            let jumped = if passed >= Duration::from_secs(60) { jump } else { SignedDuration::ZERO };
            let time = from + SignedDuration::try_from(passed).expect("a while") + jumped;
            match pacer.take_at(time, begun + passed, 10_000) {
                Ok(taken) => {
                    went[passed.as_secs() as usize] += taken as u64;
                    // What it takes to hand it over: without a cap, a million bytes a second go.
                    passed += Duration::from_millis(10);
                }
                Err(wait) => {
                    assert!(
                        wait <= Duration::from_millis(300),
                        "no cap is waited for past its end: {wait:?}"
                    );
                    passed += wait;
                }
            }
        }
        went
    }

    #[test]
    fn a_cap_that_begins_changes_or_ends_in_mid_upload_holds_at_once() {
        let windows = vec![window((9, 0), (9, 1), 100_000), window((9, 1), (9, 2), 20_000)];
        let pace = Pace::new(windows, 0).expect("a pace");
        let went = sent(&pace, "2026-11-23T08:59:00Z", 240, SignedDuration::ZERO);
        let within = |from: usize, rate: u64| {
            let sum: u64 = went[from..from + 60].iter().sum();
            // A burst more, or as much less as is not sent in a wait that began before.
            let apart = LARGEST_BURST + rate * 3 / 10;
            (sum.abs_diff(rate * 60) <= apart).then_some(()).ok_or(sum)
        };
        for (from, rate) in [(0, 1_000_000), (60, 100_000), (120, 20_000), (180, 1_000_000)] {
            assert_eq!(within(from, rate), Ok(()), "from second {from} on");
        }
    }

    #[test]
    fn a_clock_that_jumps_chooses_another_cap_and_nothing_else() {
        const YEARS: SignedDuration = SignedDuration::from_hours(24 * 3650);
        let all_day = Pace::new(vec![window((0, 0), (0, 0), 50_000)], 0).expect("a pace");
        for jump in [YEARS, -YEARS, SignedDuration::from_hours(1)] {
            let went = sent(&all_day, "2026-11-23T08:59:00Z", 120, jump);
            assert!(went.iter().all(|bytes| (30_000..=75_000).contains(bytes)), "{jump}: {went:?}");
        }
    }

    proptest! {
        /// Over any row of questions, no more goes out than a burst and what the rate allows; whoever
        /// waits as told gets something.
        #[test]
        fn no_more_than_the_rate_goes_out(
            rate in SLOWEST..50_000_000,
            asks in prop::collection::vec((1usize..100_000, 0u64..2_000_000), 1..200),
        ) {
            let begun = Instant::now();
            let pacer = Pacer { pace: Pace::default(), bucket: Mutex::new(Bucket { bytes: 0, filled: begun }) };
            let (mut now, mut out) = (begun, 0);
            for (wanted, pause) in asks {
                now += Duration::from_micros(pause);
                match pacer.take_of(rate, wanted, now) {
                    Ok(taken) => {
                        prop_assert!((1..=wanted).contains(&taken));
                        out += taken as u64;
                    }
                    Err(wait) => {
                        now += wait;
                        let taken = pacer.take_of(rate, wanted, now);
                        prop_assert!(taken.is_ok());
                        out += taken.unwrap_or_default() as u64;
                    }
                }
                let allowed = u128::from(rate) * (now - begun).as_micros() / 1_000_000;
                prop_assert!(u128::from(out) <= allowed + u128::from(LARGEST_BURST));
            }
        }
    }
}
