//! The ticket loop: a test ticket is printed, laid on the scanner's glass, and judged; what came of it is kept, so
//! that it can be told how long the head and the paper will do.

use super::Technician;
use crate::kept::{self, Sync};
use jiff::civil::Date;
use log_book::Event as Happened;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use ticket_loop::{
    Cause, Findings, Forecast, Grade as Measured, Grey, Label, Layout, PrinterCause, ScannerCause, Summary,
    grade, test_ticket, trend,
};
use ticket_printer::{Bitmap, Line, Ticket};
use visit::event::{Event, PageId, SessionId};
use visit::fault::Fault;
use visit::technician::{Failure, Finding, Grade, Looped, Outcome, Test, Verdict, When};

/// Dots an inch of a scan that does not say.
const DPI: u32 = 300;
/// So many measurements are kept: the forecast looks at no more.
const MOST: usize = 160;
/// From this day days are counted for the forecast.
const FIRST_DAY: Date = Date::constant(2026, 1, 1);

/// A test ticket that is to be read back: which, and for a head of how many dots once it was drawn.
#[derive(Clone, Debug)]
pub struct LoopTicket {
    label: Label,
    layout: Arc<Mutex<Option<Layout>>>,
}

impl LoopTicket {
    fn new(kiosk: &str, number: u32, token: u64) -> Option<Self> {
        let kiosk: String = kiosk.chars().take(Label::MOST_KIOSK).collect();
        let label = Label::new(&kiosk, &format!("T{:03}", number % 1000), token).ok()?;
        Some(Self { label, layout: Arc::default() })
    }

    /// The ticket for a head of so many dots; `None` for one that it cannot be drawn for.
    pub fn lay_out(&self, width_dots: u16) -> Option<Ticket> {
        let layout = Layout::new(usize::from(width_dots)).ok()?;
        *self.layout.lock().unwrap_or_else(PoisonError::into_inner) = Some(layout);
        let drawn = test_ticket(layout, &self.label);
        let picture = Bitmap::new(drawn.width(), drawn.height(), drawn.rows().to_vec()).ok()?;
        Some(Ticket { lines: vec![Line::Commit, Line::Image(picture)] })
    }

    fn layout(&self) -> Option<Layout> {
        *self.layout.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept of one measurement.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Measurement {
    day: Date,
    dead_dots: usize,
    density: f64,
}

/// Measurements of many days, and their file.
#[derive(Debug)]
pub struct Loops {
    path: PathBuf,
    /// the test ticket that was printed last
    last: Mutex<Option<LoopTicket>>,
}

impl Loops {
    /// Measurements lie in `path`.
    pub fn new(path: PathBuf) -> Self {
        Self { path, last: Mutex::new(None) }
    }

    /// Keeps one more and forecasts. What was before a head with more dead dots was changed counts no more.
    fn forecast(&self, day: Date, summary: Summary) -> Forecast {
        let kept: Option<Vec<Measurement>> = kept::read(&self.path).unwrap_or_else(|error| {
            tracing::warn!(path = %self.path.display(), %error, "test tickets: measurements begin anew");
            None
        });
        let mut kept = kept.unwrap_or_default();
        if kept.last().is_some_and(|last| summary.dead_dots < last.dead_dots) {
            kept.clear();
        }
        kept.push(Measurement { day, dead_dots: summary.dead_dots, density: summary.density });
        kept.drain(..kept.len().saturating_sub(MOST));
        if let Err(error) = kept::write(&self.path, &kept, Sync::Later) {
            tracing::warn!(path = %self.path.display(), %error, "a measurement could not be kept");
        }
        // A clock that is, or was, wrong: days that have not been count for nothing.
        let history: Vec<(u32, Summary)> = kept
            .iter()
            .filter(|measured| measured.day <= day)
            .map(|Measurement { day, dead_dots, density }| {
                let since = (*day - FIRST_DAY).get_days();
                (u32::try_from(since).unwrap_or(0), Summary { dead_dots: *dead_dots, density: *density })
            })
            .collect();
        trend(&history)
    }
}

impl Technician {
    /// A ticket for this test, to be printed; and remembered, so that no other is taken for it.
    pub(super) fn loop_ticket(&self) -> Option<LoopTicket> {
        let token = u64::try_from(self.clock.timestamp().as_millisecond()).unwrap_or(0);
        let number = u32::try_from(token / 1000 % 1000).unwrap_or(0);
        let ticket = LoopTicket::new(&self.kiosk, number, token);
        *self.loops.last.lock().unwrap_or_else(PoisonError::into_inner) = ticket.clone();
        ticket
    }

    /// Judges the ticket on this page.
    pub(super) async fn read_loop(self: Arc<Self>, trial: SessionId, page: PageId) {
        let scan = self.folders.scan(trial, page);
        let own = Arc::clone(&self);
        let judged = tokio::task::spawn_blocking(move || own.judge(&scan)).await;
        let outcome = match judged {
            Ok(Ok(looped)) => {
                let worst = looped.worst();
                self.bus.looped(looped.clone());
                self.bus.send(Event::Looped(trial, Box::new(looped))).await;
                if worst == Grade::Bad {
                    Outcome::Failed(Failure::Graded(worst))
                } else {
                    Outcome::Passed(None)
                }
            }
            Ok(Err(why)) => Outcome::Failed(why),
            Err(_) => Outcome::Failed(Failure::Fault(Fault::DocumentFailed)),
        };
        self.bus.send(Event::Tried(trial, Test::Loop, outcome)).await;
    }

    fn judge(&self, scan: &Path) -> Result<Looped, Failure> {
        let ticket = self.loops.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (label, layout) =
            ticket.and_then(|t| Some((t.label.clone(), t.layout()?))).ok_or(Failure::Unproven)?;
        let grey = documents::grey(scan).map_err(|error| {
            tracing::warn!(%error, "a test ticket could not be read back");
            Failure::Fault(Fault::DocumentFailed)
        })?;
        let unreadable = |error: &dyn std::fmt::Display| {
            tracing::info!(%error, "no test ticket was read back");
            Failure::Unreadable
        };
        let scan = Grey::new(grey.width, grey.height, grey.dpi.unwrap_or(DPI), &grey.pixels);
        let findings =
            ticket_loop::read(&scan.map_err(|e| unreadable(&e))?, layout).map_err(|e| unreadable(&e))?;
        if findings.label.as_ref().is_some_and(|read| *read != label) {
            return Err(Failure::OtherTicket);
        }
        let forecast = self.loops.forecast(self.clock.now().wall.date(), Summary::from(&findings));
        let looped = looped(&findings, forecast);
        let points = |grade: Grade| match grade {
            Grade::Good => 100,
            Grade::Watch => 60,
            Grade::Bad => 20,
        };
        self.bus.log(Happened::LoopGraded {
            printer: points(looped.printer.grade),
            scanner: points(looped.scanner.grade),
            dead_dots: count(findings.dead_dot_count()),
        });
        Ok(looped)
    }
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

/// As people read it: in tenths, without a sign.
fn tenths(of: f64) -> u32 {
    // The measurements are small numbers; what is none is 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let tenths = if of.is_nan() { 0 } else { (of.abs() * 10.0).round().min(99_999.0) as u32 };
    tenths
}

fn looped(findings: &Findings, forecast: Forecast) -> Looped {
    let grades = grade(findings);
    Looped {
        printer: verdict(grades.printer.grade, &grades.printer.causes, of_printer),
        scanner: verdict(grades.scanner.grade, &grades.scanner.causes, of_scanner),
        head: when(forecast.head),
        density: when(forecast.density),
    }
}

fn verdict<C>(grade: Measured, causes: &[Cause<C>], finding: fn(&C) -> Finding) -> Verdict {
    let mut findings: Vec<_> =
        causes.iter().map(|cause| (graded(cause.grade), finding(&cause.what))).collect();
    findings.sort_by_key(|(grade, _)| std::cmp::Reverse(*grade));
    Verdict { grade: graded(grade), findings }
}

fn graded(grade: Measured) -> Grade {
    match grade {
        Measured::Good => Grade::Good,
        Measured::Watch => Grade::Watch,
        Measured::Bad => Grade::Bad,
    }
}

fn of_printer(cause: &PrinterCause) -> Finding {
    match cause {
        PrinterCause::HeadDots(ranges) => {
            let dots = ranges.iter().map(|range| range.last - range.first + 1).sum();
            Finding::HeadDots(count(dots), ranges.first().map_or(0, |range| count(range.first + 1)))
        }
        PrinterCause::Faded(part) => Finding::Faded(tenths(*part * 10.0)),
        PrinterCause::LowDensity(_) => Finding::LowDensity,
        PrinterCause::FeedLong(percent) => Finding::FeedLong(tenths(*percent)),
        PrinterCause::FeedShort(percent) => Finding::FeedShort(tenths(*percent)),
        PrinterCause::FeedUneven(_) => Finding::FeedUneven,
        PrinterCause::LinesMissing(lines) => Finding::LinesMissing(count(*lines)),
        PrinterCause::CutSkewed(degrees) => Finding::CutSkewed(tenths(*degrees)),
        PrinterCause::CodeUnreadable => Finding::CodeUnreadable,
        PrinterCause::NumberUnreadable => Finding::NumberUnreadable,
    }
}

fn of_scanner(cause: &ScannerCause) -> Finding {
    match cause {
        ScannerCause::ScannerStripe(stripes) => Finding::ScannerStripe(count(*stripes)),
        ScannerCause::ScannerDirt(spots) => Finding::ScannerDirt(count(*spots)),
        ScannerCause::ScannerScale(percent) => Finding::ScannerScale(tenths(*percent)),
        ScannerCause::ScannerShear(degrees) => Finding::ScannerShear(tenths(*degrees)),
    }
}

fn when(when: ticket_loop::When) -> When {
    match when {
        ticket_loop::When::Unknown => When::Unknown,
        ticket_loop::When::NotSoon => When::NotSoon,
        ticket_loop::When::InDays(days) => When::InDays(days),
        ticket_loop::When::Now => When::Now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn summary(dead_dots: usize) -> Summary {
        Summary { dead_dots, density: 1.2 }
    }

    #[test]
    fn a_head_that_dies_dot_by_dot_is_foreseen_and_a_new_one_begins_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let loops = Loops::new(folder.path().join("loop.json"));
        let mut said = ticket_loop::When::Unknown;
        for day in 1..=7 {
            said = loops.forecast(date(2026, 11, day), summary(usize::try_from(day - 1).unwrap_or(0))).head;
        }
        assert!(matches!(said, ticket_loop::When::InDays(1..=4)), "{said:?}");
        let again = Loops::new(folder.path().join("loop.json"));
        assert_eq!(again.forecast(date(2026, 11, 8), summary(8)).head, ticket_loop::When::Now);
        assert_eq!(again.forecast(date(2026, 11, 9), summary(0)).head, ticket_loop::When::Unknown);
    }

    #[test]
    fn tenths_have_no_sign_and_no_end() {
        for (of, wanted) in [(-1.24, 12), (0.06, 1), (f64::NAN, 0), (1e30, 99_999)] {
            assert_eq!(tenths(of), wanted, "{of}");
        }
    }
}
