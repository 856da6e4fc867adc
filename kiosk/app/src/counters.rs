//! What was used up since the roll was changed, kept in a file; and how long the rest is enough for, by this
//! hall's own days.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use visit::screen::Counters;

/// The longest file that can be ours, in bytes.
const LONGEST: u64 = 64 * 1024;
/// So many days tell how many tickets a day needs; days without one, such as a Sunday, tell nothing.
const DAYS: usize = 14;
/// Dots of a millimetre at 203 dpi.
const DOTS_PER_MM: u64 = 8;

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Counted {
    tickets: u64,
    dots: u64,
    days: BTreeMap<Date, u32>,
}

/// The counters and their file.
#[derive(Debug)]
pub struct KeptCounters {
    path: PathBuf,
    counted: Counted,
}

impl KeptCounters {
    /// Goes on from what was counted before; a file that cannot be read means to begin anew.
    pub fn open(path: PathBuf) -> Self {
        let small = std::fs::metadata(&path).is_ok_and(|file| file.len() <= LONGEST);
        let text = if small { std::fs::read(&path).unwrap_or_default() } else { Vec::new() };
        let counted = serde_json::from_slice(&text).unwrap_or_else(|error| {
            if path.exists() {
                tracing::warn!(path = %path.display(), %error, "the counters begin anew");
            }
            Counted::default()
        });
        Self { path, counted }
    }

    /// Something was sent to the printer, so many dots long: a ticket, or something else that uses paper.
    pub fn printed(&mut self, dots: u32, ticket: bool, today: Date) {
        let counted = &mut self.counted;
        counted.dots = counted.dots.saturating_add(u64::from(dots));
        if ticket {
            counted.tickets = counted.tickets.saturating_add(1);
            let of_today = counted.days.entry(today).or_default();
            *of_today = of_today.saturating_add(1);
        }
        // A clock that was wrong for a while leaves no days that have not been.
        counted.days.retain(|day, _| *day <= today);
        while counted.days.len() > DAYS {
            counted.days.pop_first();
        }
        self.keep();
    }

    /// A new roll was put in: how many tickets a day needs is known all the same.
    pub fn new_roll(&mut self) {
        (self.counted.tickets, self.counted.dots) = (0, 0);
        self.keep();
    }

    /// For the technician, with how many tickets are left.
    pub fn shown(&self, left: Option<u16>) -> Counters {
        let Counted { tickets, dots, days } = &self.counted;
        let all: u64 = days.values().map(|count| u64::from(*count)).sum();
        let days_left = left.and_then(|left| {
            (u64::from(left) * u64::try_from(days.len()).ok()?).checked_div(all)?.try_into().ok()
        });
        Counters {
            tickets: *tickets,
            paper_mm: dots / DOTS_PER_MM,
            tickets_left: left.map(u32::from),
            days_left,
        }
    }

    /// Whole or not at all; what a power cut takes is the last count, not all of them.
    fn keep(&self) {
        let fresh = self.path.with_extension("new");
        let written = std::fs::create_dir_all(self.path.parent().unwrap_or(&self.path))
            .and_then(|()| {
                let mut file = std::fs::File::create(&fresh)?;
                file.write_all(&serde_json::to_vec(&self.counted)?)?;
                file.sync_all()
            })
            .and_then(|()| std::fs::rename(&fresh, &self.path));
        if let Err(error) = written {
            tracing::warn!(path = %self.path.display(), %error, "the counters could not be kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_rest_lasts_as_long_as_this_halls_days_say() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("printer").join("counters.json");
        let mut counters = KeptCounters::open(path.clone());
        assert_eq!(counters.shown(Some(100)).days_left, None, "no day is known");
        for (day, count) in [(1, 10), (2, 30), (4, 20)] {
            for _ in 0..count {
                counters.printed(960, true, date(2026, 11, day));
            }
        }
        counters.printed(80, false, date(2026, 11, 4));
        let shown = counters.shown(Some(100));
        assert_eq!((shown.tickets, shown.paper_mm, shown.days_left), (60, 60 * 120 + 10, Some(5)));
        assert_eq!(counters.shown(None).days_left, None);
        counters.new_roll();
        let kept = KeptCounters::open(path.clone());
        assert_eq!(kept.counted, counters.counted);
        let shown = kept.shown(Some(60));
        assert_eq!((shown.tickets, shown.paper_mm, shown.days_left), (0, 0, Some(3)));
        for content in [&b"{"[..], b"{\"tickets\": -1}", &[b' '; 70_000]] {
            std::fs::write(&path, content).expect("a file");
            assert_eq!(KeptCounters::open(path.clone()).counted, Counted::default());
        }
    }

    #[test]
    fn only_the_last_days_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut counters = KeptCounters::open(folder.path().join("counters.json"));
        let mut day = date(2026, 1, 1);
        for _ in 0..40 {
            counters.printed(960, true, day);
            day = day.tomorrow().expect("a day");
        }
        assert_eq!(counters.counted.days.len(), DAYS);
        assert_eq!(counters.shown(Some(7)).days_left, Some(7));
    }
}
