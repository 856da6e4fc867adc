//! Waiting longer after each failure in a row.

use std::time::Duration;

/// Waits between attempts: doubling from `first` to `last`, each with up to a quarter on top.
///
/// The quarter is random so that the kiosks of a hall do not all come back in the same moment after
/// the store was down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait.
    pub first: Duration,
    /// The longest wait, before the random part.
    pub last: Duration,
    /// The longest wait a store may ask for with `Retry-After`.
    pub asked_at_most: Duration,
}

impl Default for Backoff {
    /// 1 s to 60 s; `Retry-After` up to 300 s.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            last: Duration::from_secs(60),
            asked_at_most: Duration::from_secs(300),
        }
    }
}

impl Backoff {
    /// The wait after `failures` failures in a row (1 or more), never shorter than what the store
    /// asked for, as far as that is within bounds.
    pub(crate) fn wait(&self, failures: u32, asked: Option<Duration>) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let plain = self.first.saturating_mul(1 << doublings).min(self.last);
        // Without randomness there is no spread, which is no reason to fail.
        let share = getrandom::u32().unwrap_or(0);
        let spread = plain.mul_f64(f64::from(share) / f64::from(u32::MAX) / 4.0);
        let asked = asked.unwrap_or_default().min(self.asked_at_most);
        (plain + spread).max(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_last_with_at_most_a_quarter_more() {
        let backoff = Backoff::default();
        for (failures, seconds) in [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (u32::MAX, 60)]
        {
            let wait = backoff.wait(failures, None);
            let plain = Duration::from_secs(seconds);
            assert!(wait >= plain && wait <= plain.mul_f64(1.25), "{failures}: {wait:?}");
        }
    }

    #[test]
    fn what_the_store_asks_for_is_bounded() {
        let backoff = Backoff::default();
        assert_eq!(backoff.wait(1, Some(Duration::from_secs(20))), Duration::from_secs(20));
        assert_eq!(backoff.wait(1, Some(Duration::MAX)), Duration::from_secs(300));
    }
}
