//! How many wait, and about how long.
//!
//! How fast people are called is seen from the calls of the same day alone: a morning says nothing of
//! the next one's windows.

use jiff::civil::DateTime;
use std::time::Duration;

/// So many of the last calls tell how fast people are called.
pub const CALLS_LOOKED_AT: usize = 20;
/// Fewer calls than this, at different times, tell nothing.
const FEWEST_CALLS: usize = 3;
/// Minutes are told in steps of so many: nobody knows them better.
const STEP_MINUTES: u64 = 5;

/// How much time passes from one call to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace(Duration);

impl Pace {
    /// From when people were called, in any order: the last [`CALLS_LOOKED_AT`] of them count. `None`
    /// with fewer than three different times.
    ///
    /// Several who were called at the same moment, to several windows, count each.
    pub fn of(calls: &[DateTime]) -> Option<Self> {
        let mut calls = calls.to_vec();
        calls.sort_unstable();
        let calls = calls.get(calls.len().saturating_sub(CALLS_LOOKED_AT)..)?;
        let (first, last) = (calls.first()?, calls.last()?);
        let different = 1 + calls.windows(2).filter(|pair| pair.first() != pair.last()).count();
        if different < FEWEST_CALLS {
            return None;
        }
        let whole = Duration::try_from(last.duration_since(*first)).ok()?;
        let between = u32::try_from(calls.len() - 1).ok()?;
        Some(Self(whole / between))
    }
}

/// Where somebody who has a number stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// behind so many others
    Behind(Waiting),
    /// his number was called already, and nobody has said yet that he came
    Called,
}

impl Place {
    /// How many people are ahead of him, as long as that is what he waits for.
    pub fn ahead(self) -> Option<u32> {
        match self {
            Self::Behind(waiting) => Some(waiting.count),
            Self::Called => None,
        }
    }
}

/// How many people wait, and about how long the next one will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// how many people
    pub count: u32,
    /// about how many minutes, in steps of five; `None` while nobody waits or nothing is known
    pub minutes: Option<u32>,
}

impl Waiting {
    /// So many people, called at this pace if it is known.
    pub fn of(count: u32, pace: Option<Pace>) -> Self {
        let minutes = pace.filter(|_| count > 0).map(|Pace(between)| {
            let step = Duration::from_secs(STEP_MINUTES * 60);
            let steps = between.saturating_mul(count).as_millis().div_ceil(step.as_millis()).max(1);
            u32::try_from(steps.saturating_mul(u128::from(STEP_MINUTES))).unwrap_or(u32::MAX)
        });
        Self { count, minutes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// So many seconds after nine.
    fn at(seconds: i64) -> DateTime {
        date(2026, 11, 23).at(9, 0, 0, 0) + jiff::SignedDuration::from_secs(seconds)
    }

    #[test]
    fn minutes_follow_the_calls() {
        // when people were called, how many wait, how many minutes
        let every = |seconds: i64, calls: i64| (0..calls).map(|n| at(n * seconds)).collect::<Vec<_>>();
        let slow_then_fast = [every(600, 30), (1..=20).map(|n| at(17_400 + n * 60)).collect()].concat();
        let table: [(Vec<DateTime>, u32, Option<u32>); 14] = [
            (vec![], 12, None),
            (every(120, 1), 12, None),
            (every(120, 2), 12, None),
            (every(120, 3), 12, Some(25)),
            (every(120, 3), 0, None),
            (every(120, 3), 1, Some(5)),
            (every(60, 3), 5, Some(5)),
            (every(60, 3), 6, Some(10)),
            // two windows call at the same moment: three times, six calls
            ([every(120, 3), every(120, 3)].concat(), 10, Some(10)),
            // many calls at two times only tell nothing
            ([every(120, 2), every(120, 2), every(120, 2)].concat(), 10, None),
            (vec![at(240), at(0), at(120)], 12, Some(25)),
            // what was slow hours ago does not count any more
            (slow_then_fast, 10, Some(10)),
            (every(1, 3), 1, Some(5)),
            (every(86_000, 3), u32::MAX, Some(u32::MAX)),
        ];
        for (calls, count, minutes) in table {
            assert_eq!(Waiting::of(count, Pace::of(&calls)), Waiting { count, minutes }, "{calls:?}");
        }
    }
}
