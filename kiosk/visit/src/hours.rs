//! When the hall gives numbers: opening hours, lunch, and caps per time window.

use jiff::civil::{Date, DateTime, Time, Weekday};

/// A span within a day, from `from` up to but without `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// first moment inside
    pub from: Time,
    /// first moment after; `24:00` is written 23:59:59.999999999
    pub to: Time,
}

impl Span {
    /// All day, from midnight to midnight.
    pub const DAY: Self = Self { from: Time::MIN, to: Time::MAX };

    /// Whether `time` lies inside.
    pub fn holds(&self, time: Time) -> bool {
        self.from <= time && time < self.to
    }

    /// What is left of it without another span: nothing, one part, or two.
    fn without(self, gap: Self) -> impl Iterator<Item = Self> {
        let before = Self { from: self.from, to: self.to.min(gap.from) };
        let after = Self { from: self.from.max(gap.to), to: self.to };
        [before, after].into_iter().filter(|part| part.from < part.to)
    }
}

/// Open on some days of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// on which days
    pub days: Vec<Weekday>,
    /// from when to when
    pub span: Span,
}

/// The lunch break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lunch {
    /// from when to when
    pub span: Span,
    /// whether numbers for the afternoon are given meanwhile
    pub numbers: bool,
}

/// The hall's hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// empty means around the clock
    pub openings: Vec<Opening>,
    /// if there is one
    pub lunch: Option<Lunch>,
}

/// At most `numbers` of one matter within a span of each day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// which part of the day
    pub span: Span,
    /// how many numbers
    pub numbers: u32,
}

/// Whether numbers are given now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// yes
    Yes,
    /// lunch until then, and no numbers meanwhile
    Lunch(Time),
    /// closed; opens at this moment if within a week
    Closed(Option<DateTime>),
}

impl Hours {
    /// Whether numbers are given at `now` (the hall's own clock).
    pub fn at(&self, now: DateTime) -> Open {
        if !self.opens(now) {
            return Open::Closed(self.next_opening(now));
        }
        match self.lunch {
            Some(lunch) if lunch.span.holds(now.time()) && !lunch.numbers => Open::Lunch(lunch.span.to),
            _ => Open::Yes,
        }
    }

    /// When numbers are given on a day, earliest first; spans that touch are one. Empty on a day on which
    /// the hall is closed.
    pub fn of_day(&self, day: Date) -> Vec<Span> {
        let on_that_day = self.openings.iter().filter(|o| o.days.contains(&day.weekday())).map(|o| o.span);
        let mut spans: Vec<Span> =
            if self.openings.is_empty() { vec![Span::DAY] } else { on_that_day.collect() };
        spans.sort_by_key(|span| span.from);
        let mut joined: Vec<Span> = Vec::new();
        for span in spans {
            match joined.last_mut().filter(|last| span.from <= last.to) {
                Some(last) => last.to = last.to.max(span.to),
                None => joined.push(span),
            }
        }
        match self.lunch.filter(|lunch| !lunch.numbers) {
            Some(lunch) => joined.into_iter().flat_map(|span| span.without(lunch.span)).collect(),
            None => joined,
        }
    }

    fn opens(&self, now: DateTime) -> bool {
        self.openings.is_empty()
            || self.openings.iter().any(|o| o.days.contains(&now.weekday()) && o.span.holds(now.time()))
    }

    fn next_opening(&self, now: DateTime) -> Option<DateTime> {
        std::iter::successors(Some(now.date()), |day| day.tomorrow().ok())
            .take(8)
            .flat_map(|day| {
                self.openings
                    .iter()
                    .filter(move |o| o.days.contains(&day.weekday()))
                    .map(move |o| day.to_datetime(o.span.from))
            })
            .filter(|start| *start > now)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    fn office() -> Hours {
        use Weekday::*;
        Hours {
            openings: vec![Opening {
                days: vec![Monday, Tuesday, Wednesday, Thursday, Friday],
                span: Span { from: time(9, 0, 0, 0), to: time(17, 0, 0, 0) },
            }],
            lunch: Some(Lunch {
                span: Span { from: time(11, 30, 0, 0), to: time(13, 0, 0, 0) },
                numbers: false,
            }),
        }
    }

    #[test]
    fn a_week_at_the_office() {
        let monday = date(2026, 11, 23);
        let table = [
            (monday.at(8, 59, 59, 0), Open::Closed(Some(monday.at(9, 0, 0, 0)))),
            (monday.at(9, 0, 0, 0), Open::Yes),
            (monday.at(11, 30, 0, 0), Open::Lunch(time(13, 0, 0, 0))),
            (monday.at(13, 0, 0, 0), Open::Yes),
            (monday.at(17, 0, 0, 0), Open::Closed(Some(date(2026, 11, 24).at(9, 0, 0, 0)))),
            (date(2026, 11, 27).at(18, 0, 0, 0), Open::Closed(Some(date(2026, 11, 30).at(9, 0, 0, 0)))),
        ];
        for (now, want) in table {
            assert_eq!(office().at(now), want, "{now}");
        }
    }

    #[test]
    fn the_hours_of_a_day() {
        use Weekday::*;
        let span = |from: i8, to: i8| Span {
            from: time(from, 0, 0, 0),
            to: if to == 24 { Time::MAX } else { time(to, 0, 0, 0) },
        };
        let opening = |days: &[Weekday], from, to| Opening { days: days.to_vec(), span: span(from, to) };
        let lunch = |from, to, numbers| Some(Lunch { span: span(from, to), numbers });
        let (monday, saturday) = (date(2026, 11, 23), date(2026, 11, 28));
        let table = [
            (vec![opening(&[Monday], 9, 17)], None, monday, vec![span(9, 17)]),
            (vec![opening(&[Monday], 9, 17)], None, saturday, vec![]),
            (vec![opening(&[Monday], 9, 17)], lunch(12, 13, true), monday, vec![span(9, 17)]),
            (vec![opening(&[Monday], 9, 17)], lunch(12, 13, false), monday, vec![span(9, 12), span(13, 17)]),
            (vec![opening(&[Monday], 9, 17)], lunch(16, 17, false), monday, vec![span(9, 16)]),
            // a half day that ends before lunch, and one that ends in it
            (vec![opening(&[Saturday], 9, 12)], lunch(12, 13, false), saturday, vec![span(9, 12)]),
            (vec![opening(&[Saturday], 9, 13)], lunch(12, 14, false), saturday, vec![span(9, 12)]),
            // out of order, touching, overlapping
            (
                vec![opening(&[Monday], 14, 18), opening(&[Monday, Saturday], 9, 12)],
                None,
                monday,
                vec![span(9, 12), span(14, 18)],
            ),
            (vec![opening(&[Monday], 12, 18), opening(&[Monday], 9, 12)], None, monday, vec![span(9, 18)]),
            (vec![opening(&[Monday], 9, 18), opening(&[Monday], 10, 12)], None, monday, vec![span(9, 18)]),
            (vec![], None, monday, vec![Span::DAY]),
            (vec![], lunch(12, 13, false), monday, vec![span(0, 12), span(13, 24)]),
        ];
        for (openings, lunch, day, want) in table {
            let hours = Hours { openings, lunch };
            assert_eq!(hours.of_day(day), want, "{hours:?}");
        }
    }

    #[test]
    fn no_openings_is_around_the_clock() {
        let hours = Hours { openings: vec![], lunch: None };
        assert_eq!(hours.at(date(2026, 11, 29).at(3, 0, 0, 0)), Open::Yes);
    }
}
