//! How soon the kiosk knows what happens to its printer.

use crate::hall::Bench;
use crate::rows::Row;
use crate::told::Told;
use emulators::printer::Paper;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};
use visit::fault::Fault;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Changes measured.
const CHANGES: u32 = 11;
/// The pause of the printer's owner between two polls, in milliseconds.
const PAUSE: f64 = 500.0;
/// Polls watched to learn how long one takes.
const POLLS: usize = 6;
/// Between the bytes of one poll the line is never silent so long.
const SILENCE: Duration = Duration::from_millis(100);
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// `printer_status_latency`: from the paper's end until the desk is told of it, beside one poll as it is
/// seen on the line in the same run. The changes are spread evenly over a poll, and the longest wait
/// counts.
///
/// `printer_poll`: that poll beside the pause of the printer's owner, so that the one cannot hide behind
/// the other.
pub fn printer_status_latency(bench: &Bench, told: &Receiver<Told>) -> Result<[Row; 2], Fatal> {
    let poll = one_poll(bench)?;
    let mut longest = Duration::ZERO;
    for change in 0..CHANGES {
        let from = Instant::now();
        wait(|| !polls(bench, from).is_empty())?;
        // The middle of each part of a poll.
        std::thread::sleep(poll * (2 * change + 1) / (2 * CHANGES));
        let at = Instant::now();
        bench.printer.set_paper(Paper::Out);
        longest = longest.max(known(told, true)?.saturating_duration_since(at));
        bench.printer.set_paper(Paper::Ok);
        known(told, false)?;
    }
    let [longest, poll] = [longest, poll].map(|time| time.as_secs_f64() * 1000.0);
    Ok([
        Row::at_most("printer_status_latency", "ms", longest, "one poll, seen on the line", poll, 1.0),
        Row::at_most("printer_poll", "ms", poll, "the pause between two", PAUSE, 1.05),
    ])
}

/// From the beginning of one poll to that of the next, in the middle of several.
fn one_poll(bench: &Bench) -> Result<Duration, Fatal> {
    let from = Instant::now();
    wait(|| polls(bench, from).len() > POLLS)?;
    let mut periods: Vec<Duration> = polls(bench, from).windows(2).map(|two| two[1] - two[0]).collect();
    periods.sort();
    periods.get(periods.len() / 2).copied().ok_or_else(|| "the printer is not polled".into())
}

/// When each poll since `from` began: the kiosk's first byte after a silence.
fn polls(bench: &Bench, from: Instant) -> Vec<Instant> {
    let mut last = None;
    let mut begun = Vec::new();
    for crossing in bench.printer.traffic() {
        if !crossing.to_host && last.is_none_or(|last| crossing.at - last >= SILENCE) {
            begun.push(crossing.at);
        }
        last = Some(crossing.at);
    }
    begun.retain(|at| *at >= from);
    begun
}

fn wait(mut wanted: impl FnMut() -> bool) -> Result<(), Fatal> {
    let end = Instant::now() + PATIENCE;
    while !wanted() {
        if Instant::now() >= end {
            return Err("the printer is not polled".into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Waits until the desk is told that the paper has ended, or has not; when it was.
fn known(told: &Receiver<Told>, wanted: bool) -> Result<Instant, Fatal> {
    let end = Instant::now() + PATIENCE;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let Told { at, what } = told.recv_timeout(left).map_err(|_| "the paper's end was not told")?;
        if what.contains("Printer") && what.contains(Fault::PaperOut.code()) == wanted {
            return Ok(at);
        }
    }
}
