//! What was used up since the roll was changed, kept in a file; and how long the rest is enough for, by this
//! hall's own days.

use crate::kept::{self, Sync};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use visit::screen::Counters;

/// So many days tell how many tickets a day needs; days without one, such as a Sunday, tell nothing.
const DAYS: usize = 14;
/// Dots of a millimetre at 203 dpi.
const DOTS_PER_MM: u64 = 8;

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Counted {
    tickets: u64,
    cuts: u64,
    dots: u64,
    /// of rolls before this one
    earlier_cuts: u64,
    earlier_dots: u64,
    days: BTreeMap<Date, u32>,
}

/// What went through the printer.
#[derive(Clone, Copy, Debug)]
pub struct Printed {
    /// so long
    pub dots: u32,
    /// a ticket, or something else that uses paper
    pub ticket: bool,
    /// it was cut off
    pub cut: bool,
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
        let counted = kept::read(&path).unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), %error, "the counters begin anew");
            None
        });
        Self { path, counted: counted.unwrap_or_default() }
    }

    /// Something was sent to the printer.
    pub fn printed(&mut self, what: Printed, today: Date) {
        let counted = &mut self.counted;
        counted.dots = counted.dots.saturating_add(u64::from(what.dots));
        counted.cuts = counted.cuts.saturating_add(u64::from(what.cut));
        if what.ticket {
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

    /// A new roll was put in: how many tickets a day needs is known all the same. How many tickets the roll before
    /// gave.
    pub fn new_roll(&mut self) -> u64 {
        let counted = &mut self.counted;
        let tickets = std::mem::take(&mut counted.tickets);
        counted.earlier_cuts = counted.earlier_cuts.saturating_add(std::mem::take(&mut counted.cuts));
        counted.earlier_dots = counted.earlier_dots.saturating_add(std::mem::take(&mut counted.dots));
        self.keep();
        tickets
    }

    /// For the technician, with how many tickets are left.
    pub fn shown(&self, left: Option<u16>) -> Counters {
        let Counted { tickets, cuts, dots, earlier_cuts, earlier_dots, days } = &self.counted;
        let all: u64 = days.values().map(|count| u64::from(*count)).sum();
        let days_left = left.and_then(|left| {
            (u64::from(left) * u64::try_from(days.len()).ok()?).checked_div(all)?.try_into().ok()
        });
        Counters {
            tickets: *tickets,
            cuts: *cuts,
            paper_mm: dots / DOTS_PER_MM,
            all_cuts: cuts.saturating_add(*earlier_cuts),
            all_paper_mm: dots.saturating_add(*earlier_dots) / DOTS_PER_MM,
            pages: None,
            faults: None,
            tickets_left: left.map(u32::from),
            days_left,
        }
    }

    fn keep(&self) {
        if let Err(error) = kept::write(&self.path, &self.counted, Sync::Now) {
            tracing::warn!(path = %self.path.display(), %error, "the counters could not be kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TICKET: Printed = Printed { dots: 960, ticket: true, cut: true };

    #[test]
    fn the_rest_lasts_as_long_as_this_halls_days_say() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("printer").join("counters.json");
        let mut counters = KeptCounters::open(path.clone());
        assert_eq!(counters.shown(Some(100)).days_left, None, "no day is known");
        for (day, count) in [(1, 10), (2, 30), (4, 20)] {
            for _ in 0..count {
                counters.printed(TICKET, date(2026, 11, day));
            }
        }
        counters.printed(Printed { dots: 80, ticket: false, cut: true }, date(2026, 11, 4));
        let shown = counters.shown(Some(100));
        assert_eq!((shown.tickets, shown.paper_mm, shown.days_left), (60, 60 * 120 + 10, Some(5)));
        assert_eq!(counters.shown(None).days_left, None);
        assert_eq!(counters.new_roll(), 60);
        let kept = KeptCounters::open(path.clone());
        assert_eq!(kept.counted, counters.counted);
        let shown = kept.shown(Some(60));
        assert_eq!((shown.tickets, shown.cuts, shown.paper_mm, shown.days_left), (0, 0, 0, Some(3)));
        assert_eq!((shown.all_cuts, shown.all_paper_mm), (61, 60 * 120 + 10));
        for content in [&b"{"[..], b"{\"tickets\": -1}", &[b' '; 300_000]] {
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
            counters.printed(TICKET, day);
            day = day.tomorrow().expect("a day");
        }
        assert_eq!(counters.counted.days.len(), DAYS);
        assert_eq!(counters.shown(Some(7)).days_left, Some(7));
    }
}
