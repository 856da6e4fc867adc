//! How long to wait before opening a link again.

use std::time::Duration;

/// A bounded back-off: the pause doubles with every failed attempt, up to a ceiling.
///
/// A value and nothing else: its owner does the waiting, in whatever way lets it be stopped.
///
/// ```
/// # use std::time::Duration;
/// let mut backoff = link::Backoff::default();
/// assert_eq!(backoff.next_pause(), Duration::from_millis(100));
/// assert_eq!(backoff.next_pause(), Duration::from_millis(200));
/// backoff.reset(); // the link was opened
/// assert_eq!(backoff.next_pause(), Duration::from_millis(100));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    ceiling: Duration,
    next: Duration,
}

impl Backoff {
    /// A back-off that begins with `first` and never exceeds `ceiling`.
    ///
    /// A `first` of zero counts as one millisecond, so that a port that fails at once cannot keep
    /// a processor busy; a `ceiling` below `first` counts as `first`.
    #[must_use]
    pub fn new(first: Duration, ceiling: Duration) -> Self {
        let first = first.max(Duration::from_millis(1));
        Self { first, ceiling: ceiling.max(first), next: first }
    }

    /// How long to wait before the next attempt. Each call doubles the answer of the one after it.
    pub fn next_pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.ceiling);
        pause
    }

    /// Begins anew: an attempt succeeded.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

/// 100 ms, doubling to 2 s: a device plugged in again is back before its visitor has noticed.
impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_secs(2))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn doubles_to_its_ceiling_and_begins_anew_after_a_success() {
        let mut backoff = Backoff::default();
        let pauses: Vec<u128> = (0..8).map(|_| backoff.next_pause().as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 2000, 2000, 2000]);
        backoff.reset();
        assert_eq!(backoff, Backoff::default());
    }

    proptest! {
        #[test]
        fn never_zero_and_never_above_the_ceiling(
            first in 0..u64::MAX, ceiling in 0..u64::MAX, steps in 0..100_usize
        ) {
            let (first, ceiling) = (Duration::from_nanos(first), Duration::from_nanos(ceiling));
            let mut backoff = Backoff::new(first, ceiling);
            let top = ceiling.max(first).max(Duration::from_millis(1));
            let mut before = Duration::ZERO;
            for _ in 0..steps {
                let pause = backoff.next_pause();
                prop_assert!(pause > Duration::ZERO && pause <= top && pause >= before);
                before = pause;
            }
        }
    }
}
