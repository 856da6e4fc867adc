//! How soon the kiosk knows what happens to its printer.

use crate::hall::Bench;
use crate::rows::Row;
use emulators::printer::Paper;
use std::time::{Duration, Instant};
use visit::fault::Fault;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Changes measured.
const CHANGES: u32 = 11;
/// Polls watched to learn how long one takes.
const POLLS: usize = 6;
/// Between the bytes of one poll the line is never silent so long.
const SILENCE: Duration = Duration::from_millis(100);
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// `printer_status_latency`: from the paper's end to the painted screen that tells of it, beside one poll
/// as it is seen on the line in the same run. The changes are spread evenly over a poll, as chance would
/// spread them.
pub fn printer_status_latency(bench: &Bench) -> Result<Row, Fatal> {
    let poll = one_poll(bench)?;
    let mut waits = Vec::new();
    for change in 0..CHANGES {
        let from = Instant::now();
        wait(|| !polls(bench, from).is_empty())?;
        std::thread::sleep(poll * change / CHANGES);
        let at = Instant::now();
        bench.printer.set_paper(Paper::Out);
        waits.push(known(bench, true)?.saturating_duration_since(at).as_secs_f64() * 1000.0);
        bench.printer.set_paper(Paper::Ok);
        known(bench, false)?;
    }
    waits.sort_by(f64::total_cmp);
    let poll = poll.as_secs_f64() * 1000.0;
    Ok(Row::at_most(
        "printer_status_latency",
        "ms",
        waits[waits.len() / 2],
        "one poll, seen on the line",
        poll,
        1.0,
    ))
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

/// Waits until what is shown does, or does not, tell of paper end.
fn known(bench: &Bench, wanted: bool) -> Result<Instant, Fatal> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if bench.says(Fault::PaperOut.code())? == wanted {
            return Ok(Instant::now());
        }
        bench.repainted(Duration::from_millis(50));
    }
    Err("the paper's end was not told".into())
}
