//! From what was measured on many days: on which day a limit will be passed.

use crate::findings::Findings;
use crate::grade::{DEAD_DOTS, FULL_DENSITY, PALENESS};
use crate::line::{Line, theil_sen};

/// What is kept of one measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Dead dots of the head
    pub dead_dots: usize,
    /// Density of the bars, see [`Findings::density`]
    pub density: f64,
}

impl From<&Findings> for Summary {
    fn from(findings: &Findings) -> Self {
        Self { dead_dots: findings.dead_dot_count(), density: findings.middle_density() }
    }
}

/// When something will be bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Too few measurements, or over too few days, to say anything.
    Unknown,
    /// Not within a year, as far as can be seen.
    NotSoon,
    /// In so many days from the last measurement, at least one.
    InDays(u32),
    /// It is already.
    Now,
}

/// When the head and the density will pass the limit of [`Grade::Bad`](crate::Grade::Bad).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The head, by its dead dots
    pub head: When,
    /// The density, by paper, heat or age
    pub density: When,
}

/// Least measurements, and least days from the first to the last, from which anything follows.
const LEAST_POINTS: usize = 5;
const LEAST_DAYS: f64 = 5.0;
/// Furthest forecast, in days.
const FURTHEST: f64 = 365.0;
/// How sure a rise must be: Mann and Kendall's S by its deviation, 1.64 for one in twenty.
const SURE: f64 = 1.64;

/// Forecasts by a robust straight line (Theil–Sen) through the history, of which the last 160 measurements
/// count. `history` is in order: days from any fixed one, and what was measured. Whatever happened before
/// a repair has to be left out by the caller.
pub fn trend(history: &[(u32, Summary)]) -> Forecast {
    let recent = history.get(history.len().saturating_sub(160)..).unwrap_or_default();
    let points = |value: fn(&Summary) -> f64| {
        let finite = recent.iter().map(|(day, s)| (f64::from(*day), value(s))).filter(|(_, v)| v.is_finite());
        finite.collect::<Vec<_>>()
    };
    Forecast {
        head: when(&points(|s| s.dead_dots as f64), DEAD_DOTS.bad),
        density: when(&points(|s| FULL_DENSITY - s.density), PALENESS.bad),
    }
}

/// When a value that grows will have reached its limit.
fn when(points: &[(f64, f64)], limit: f64) -> When {
    let [(first, _), .., (last, value)] = points else { return When::Unknown };
    if *value >= limit {
        return When::Now;
    }
    if points.len() < LEAST_POINTS || last - first < LEAST_DAYS {
        return When::Unknown;
    }
    let Some(line) = theil_sen(points) else { return When::Unknown };
    if line.slope <= 0.0 || !rises(points) {
        return When::NotSoon;
    }
    days(line, limit, *last)
}

fn days(line: Line, limit: f64, last: f64) -> When {
    let days = (limit - line.at(last)) / line.slope;
    // The line may be past the limit while the last value is not.
    if days > FURTHEST { When::NotSoon } else { When::InDays((days - 1e-6).ceil().max(1.0) as u32) }
}

/// Whether later values are greater more often than chance makes them (Mann–Kendall).
fn rises(points: &[(f64, f64)]) -> bool {
    let mut s = 0.0;
    for (i, (_, earlier)) in points.iter().enumerate() {
        for (_, later) in points.iter().skip(i + 1) {
            s += f64::from(later.total_cmp(earlier) as i8);
        }
    }
    let n = points.len() as f64;
    s - 1.0 > SURE * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type History = Vec<(u32, Summary)>;

    fn history(
        days: impl IntoIterator<Item = u32>,
        dead: impl Fn(u32) -> usize,
        density: impl Fn(u32) -> f64,
    ) -> History {
        days.into_iter().map(|day| (day, Summary { dead_dots: dead(day), density: density(day) })).collect()
    }

    #[test]
    fn days_are_told_when_enough_is_known() {
        let flat = |_: u32| 1.2;
        let table: [(&str, History, When, When); 11] = [
            ("nothing", vec![], When::Unknown, When::Unknown),
            ("four days", history(0..4, |_| 1, flat), When::Unknown, When::Unknown),
            ("many on one day", history([3; 20], |_| 1, flat), When::Unknown, When::Unknown),
            ("steady", history(0..30, |_| 1, flat), When::NotSoon, When::NotSoon),
            ("a dot every week", history(0..30, |d| d as usize / 7, flat), When::InDays(30), When::NotSoon),
            ("slowly", history(0..30, |d| usize::from(d > 28), flat), When::NotSoon, When::NotSoon),
            ("past", history(0..30, |_| 9, flat), When::Now, When::NotSoon),
            ("past at once", history(0..1, |_| 9, |_| 0.5), When::Unknown, When::Unknown),
            ("two points, past", history(0..2, |_| 9, |_| 0.5), When::Now, When::Now),
            ("paler", history(0..21, |_| 0, |d| 1.25 - 0.02 * f64::from(d)), When::NotSoon, When::InDays(10)),
            ("better", history(0..21, |_| 0, |d| 0.8 + 0.02 * f64::from(d)), When::NotSoon, When::NotSoon),
        ];
        for (name, history, head, density) in table {
            assert_eq!(trend(&history), Forecast { head, density }, "{name}");
        }
    }

    #[test]
    fn one_wrong_day_in_five_changes_little() {
        let straight = history(0..25, |_| 0, |d| 1.2 - 0.01 * f64::from(d));
        let mut wrong = straight.clone();
        for day in [3, 7, 12, 18] {
            wrong[day].1.density = 0.1;
        }
        let (When::InDays(true_days), When::InDays(days)) = (trend(&straight).density, trend(&wrong).density)
        else {
            panic!("both fall");
        };
        assert!(true_days.abs_diff(days) <= 6, "{true_days} and {days}");
    }

    proptest! {
        #[test]
        fn no_history_is_too_strange(days in prop::collection::vec((any::<u32>(), any::<usize>(), any::<f64>()), 0..200)) {
            let history: Vec<_> =
                days.into_iter().map(|(day, dead_dots, density)| (day, Summary { dead_dots, density })).collect();
            let forecast = trend(&history);
            if let When::InDays(days) = forecast.density {
                prop_assert!((1..=365).contains(&days));
            }
        }
    }
}
