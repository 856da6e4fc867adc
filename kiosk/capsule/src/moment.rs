//! A point on a capsule's time axis.

use std::fmt;
use std::time::{Duration, Instant};

/// The farthest moment from the fault: ten years, in microseconds.
const FARTHEST: i64 = 10 * 366 * 24 * 3600 * 1_000_000;

/// Microseconds after the fault; before it they are negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(i64);

impl Moment {
    /// The fault's own.
    pub const FAULT: Self = Self(0);

    /// So many microseconds after the fault, as far as moments reach.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(-FARTHEST, FARTHEST))
    }

    /// When `at` is, if the fault was at `fault`.
    #[must_use]
    pub fn of(at: Instant, fault: Instant) -> Self {
        let before = Self(micros(fault.saturating_duration_since(at)));
        Self(micros(at.saturating_duration_since(fault)) - before.0)
    }

    /// So much later.
    #[must_use]
    pub fn after(self, later: Duration) -> Self {
        Self::from_micros(self.0.saturating_add(micros(later)))
    }

    /// As it is written: `-12.300000` or `+0.000000`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (before, digits) = match text.split_at_checked(1)? {
            ("-", digits) => (true, digits),
            ("+", digits) => (false, digits),
            _ => return None,
        };
        let micros = i64::try_from(seconds(digits)?.as_micros()).ok().filter(|m| *m <= FARTHEST)?;
        // Nothing is written in two ways.
        if before && micros == 0 { None } else { Some(Self(if before { -micros } else { micros })) }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let all = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:06}", all / 1_000_000, all % 1_000_000)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(FARTHEST).min(FARTHEST)
}

/// `SECONDS.MICROSECONDS`, without a zero in front.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    let (whole, micros) = text.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
    let plain = whole == "0" || !whole.starts_with('0');
    let whole = digits(whole).filter(|s| plain && *s <= FARTHEST.unsigned_abs() / 1_000_000)?;
    let micros = if micros.len() == 6 { digits(micros)? } else { return None };
    Some(Duration::from_secs(whole) + Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_one_way() {
        for (micros, text) in [
            (0, "+0.000000"),
            (1, "+0.000001"),
            (-1, "-0.000001"),
            (2_000_113, "+2.000113"),
            (-301_204_117, "-301.204117"),
        ] {
            let moment = Moment::from_micros(micros);
            assert_eq!(moment.to_string(), text);
            assert_eq!(Moment::parse(text), Some(moment));
        }
        for no in [
            "",
            "+",
            "0.000000",
            "-0.000000",
            "+0.0",
            "+01.000000",
            "+.000000",
            "+1.0000000",
            "é1.000000",
            "+1.00000é",
            "+99999999999.000000",
            "+99999999999999999999.000000",
            "++1.000000",
            "+1.+00000",
        ] {
            assert_eq!(Moment::parse(no), None, "{no}");
        }
    }

    #[test]
    fn moments_lie_before_and_after() {
        let fault = Instant::now();
        let later = fault + Duration::from_millis(1500);
        assert_eq!(Moment::of(later, fault), Moment::from_micros(1_500_000));
        assert_eq!(Moment::of(fault, later), Moment::from_micros(-1_500_000));
        assert_eq!(Moment::of(fault, fault), Moment::FAULT);
        assert_eq!(Moment::of(fault, later).after(Duration::from_secs(2)), Moment::from_micros(500_000));
        assert_eq!(Moment::FAULT.after(Duration::MAX), Moment::from_micros(i64::MAX));
    }
}
