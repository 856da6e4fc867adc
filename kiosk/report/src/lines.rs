//! The short form in words, for the ticket printer.

use crate::ready::Hindrance;
use crate::report::{Outcome, Report};

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// not as it should
    Failed,
    /// not tried
    Untried,
    /// as it should
    Passed,
}

/// A line of the ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortLine {
    /// What was tested, or which fault there is, in Chinese
    pub zh: String,
    /// The same in English
    pub en: String,
    /// How it ended
    pub mark: Mark,
}

/// Lines, at most.
pub const MOST_LINES: usize = 24;

impl Report {
    /// Faults that keep the kiosk from being ready, then every test in its order: at most [`MOST_LINES`]
    /// lines. If there are more, those that failed come before those that were not tried and those that
    /// passed, and the last line says how many are not named, with the worst mark among them.
    #[must_use]
    pub fn short_lines(&self) -> Vec<ShortLine> {
        let stopped = self.hindrances().into_iter().filter_map(|hindrance| match hindrance {
            Hindrance::Stopped(device, fault) => Some(ShortLine {
                zh: format!("{} {} {}", fault.code, device.name.zh, fault.words.zh),
                en: format!("{} {}: {}", fault.code, device.name.en, fault.words.en),
                mark: Mark::Failed,
            }),
            Hindrance::Failed(_) | Hindrance::Untried(_) | Hindrance::NothingTested => None,
        });
        let tests = self.tests.iter().map(|test| ShortLine {
            zh: test.name.zh.to_string(),
            en: test.name.en.to_string(),
            mark: Mark::of(&test.outcome),
        });
        shortened(stopped.chain(tests).collect())
    }
}

impl Mark {
    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Passed { .. } => Self::Passed,
            Outcome::Failed { .. } => Self::Failed,
            Outcome::Untried => Self::Untried,
        }
    }
}

fn shortened(mut lines: Vec<ShortLine>) -> Vec<ShortLine> {
    if lines.len() <= MOST_LINES {
        return lines;
    }
    lines.sort_by_key(|line| line.mark);
    let rest = lines.split_off(MOST_LINES - 1);
    if let Some(mark) = rest.iter().map(|line| line.mark).min() {
        let (zh, en) = (format!("另有 {} 项", rest.len()), format!("and {} more", rest.len()));
        lines.push(ShortLine { zh, en, mark });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::List;
    use crate::report::Test;
    use crate::sample;

    #[test]
    fn a_ticket_says_what_stops_and_every_test() {
        let lines = sample::broken().short_lines();
        assert_eq!(lines[0].zh, "P02 取号机 纸已用完");
        assert_eq!(lines[0].en, "P02 Ticket printer: Out of paper");
        assert_eq!(lines.len(), 1 + sample::broken().tests.len());
        assert!(lines.iter().any(|line| line.mark == Mark::Untried && line.en == "Sound"));
    }

    #[test]
    fn what_failed_is_never_left_out_for_what_passed() {
        let mut report = sample::ready();
        let first = report.tests[0].clone();
        let of = |number: usize, outcome: Outcome| Test {
            key: crate::Key::new(&format!("t{number}")).unwrap(),
            outcome,
            ..first.clone()
        };
        let mut tests: Vec<_> = (0..40).map(|n| of(n, first.outcome.clone())).collect();
        tests.push(of(40, Outcome::Untried));
        tests.push(of(41, sample::failure()));
        report.tests = List::new(tests.clone()).unwrap();
        let lines = report.short_lines();
        let marks: Vec<_> = lines.iter().map(|line| line.mark).collect();
        assert_eq!(marks[..3], [Mark::Failed, Mark::Untried, Mark::Passed]);
        assert_eq!((lines.len(), lines[23].en.as_str(), lines[23].mark), (24, "and 19 more", Mark::Passed));

        report.tests = List::new((0..40).map(|n| of(n, sample::failure())).collect()).unwrap();
        let lines = report.short_lines();
        assert_eq!((lines.len(), lines[23].zh.as_str(), lines[23].mark), (24, "另有 17 项", Mark::Failed));
    }
}
