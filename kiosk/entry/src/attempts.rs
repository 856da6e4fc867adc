//! How failures slow the next attempt.

use std::time::Duration;

/// How long after the first, the second, … failure in a row the next attempt is allowed, in seconds.
/// The last one holds for all that follow.
const DELAYS: [u64; 9] = [0, 2, 5, 15, 60, 120, 240, 480, 900];

/// Failures in a row, and from when the next attempt is allowed.
///
/// Their number is all that is to be kept over a restart: write [`failures`](Self::failures) down
/// whenever an attempt changed it, before its outcome is shown, and give it to
/// [`restored`](Self::restored) at the next start. Switching the kiosk off and on gains nothing then:
/// the wait after the last failure begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    failures: u32,
    next: Duration,
}

/// The next attempt is not allowed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the next attempt is allowed in {} s", .0.as_secs_f32().ceil())]
pub struct TooSoon(
    /// how long still
    pub Duration,
);

impl Attempts {
    /// What was kept at the last run, 0 where nothing was, as of `now`.
    #[must_use]
    pub fn restored(failures: u32, now: Duration) -> Self {
        Self { failures, next: now.saturating_add(delay(failures)) }
    }

    /// Failures in a row, to be kept.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether an attempt is allowed.
    ///
    /// # Errors
    /// [`TooSoon`], with the time that is left.
    pub fn allowed(&self, now: Duration) -> Result<(), TooSoon> {
        match self.next.saturating_sub(now) {
            Duration::ZERO => Ok(()),
            left => Err(TooSoon(left)),
        }
    }

    /// Counts a failure: also one that a driver tells, such as a wrong PIN.
    pub fn failed(&mut self, now: Duration) {
        *self = Self::restored(self.failures.saturating_add(1), now);
    }

    /// Somebody came in: what was before is forgotten.
    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.next = Duration::ZERO;
    }
}

/// The wait after so many failures in a row.
fn delay(failures: u32) -> Duration {
    let Some(before) = failures.checked_sub(1) else { return Duration::ZERO };
    let at = usize::try_from(before).unwrap_or(usize::MAX);
    let seconds = DELAYS.get(at).or(DELAYS.last()).copied().unwrap_or_default();
    Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGUN: Duration = Duration::from_secs(1000);

    #[test]
    fn each_failure_makes_the_next_attempt_wait_longer() {
        let mut attempts = Attempts::restored(0, BEGUN);
        assert_eq!(attempts.allowed(BEGUN), Ok(()));
        let mut now = BEGUN;
        for seconds in [0, 2, 5, 15, 60, 120, 240, 480, 900, 900, 900, 900] {
            let wait = Duration::from_secs(seconds);
            attempts.failed(now);
            if !wait.is_zero() {
                assert_eq!(attempts.allowed(now), Err(TooSoon(wait)));
                let just_before = now + wait - Duration::from_millis(1);
                assert_eq!(attempts.allowed(just_before), Err(TooSoon(Duration::from_millis(1))));
            }
            now += wait;
            assert_eq!(attempts.allowed(now), Ok(()), "after {seconds} s");
        }
        assert_eq!(attempts.failures(), 12);
        attempts.succeeded();
        assert_eq!((attempts.failures(), attempts.allowed(Duration::ZERO)), (0, Ok(())));
    }

    #[test]
    fn a_restart_does_not_shorten_the_wait() {
        let mut attempts = Attempts::restored(0, BEGUN);
        for _ in 0..5 {
            attempts.failed(BEGUN);
        }
        let kept = attempts.failures();
        let again = Attempts::restored(kept, Duration::ZERO);
        assert_eq!(again.allowed(Duration::ZERO), Err(TooSoon(Duration::from_secs(60))));
        assert_eq!(again.allowed(Duration::from_secs(60)), Ok(()));
    }

    #[test]
    fn nothing_overflows() {
        let mut attempts = Attempts::restored(u32::MAX, Duration::MAX);
        attempts.failed(Duration::MAX);
        assert_eq!((attempts.failures(), attempts.allowed(Duration::MAX)), (u32::MAX, Ok(())));
        assert_eq!(TooSoon(Duration::from_millis(1001)).to_string(), "the next attempt is allowed in 2 s");
    }
}
