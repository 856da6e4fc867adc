//! How soon the kiosk knows what happens to its printer.

use crate::hall::Bench;
use crate::rows::Row;
use emulators::printer::Paper;
use std::time::{Duration, Instant};
use visit::fault::Fault;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// One poll, in milliseconds: the app's pause between two questions, and an allowance of 25 for asking
/// itself (1.4 of it on the wire, the rest for both sides to wake up). The allowance is chosen, not
/// measured.
const POLL: f64 = 500.0 + 25.0;
/// Changes measured.
const CHANGES: usize = 11;
/// How long a change may take to be known.
const PATIENCE: Duration = Duration::from_secs(10);

/// `printer_status_latency`: from the paper's end to the screen that knows of it.
pub fn printer_status_latency(bench: &Bench) -> Result<Row, Fatal> {
    let mut waits = Vec::new();
    for _ in 0..CHANGES {
        let at = Instant::now();
        bench.printer.set_paper(Paper::Out);
        waits.push(known(bench, true)?.saturating_duration_since(at).as_secs_f64() * 1000.0);
        bench.printer.set_paper(Paper::Ok);
        known(bench, false)?;
    }
    waits.sort_by(f64::total_cmp);
    Ok(Row::at_most("printer_status_latency", "ms", waits[waits.len() / 2], "one poll", POLL, 1.0))
}

/// Waits until what is shown does, or does not, tell of paper end.
fn known(bench: &Bench, wanted: bool) -> Result<Instant, Fatal> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let told = bench.says(Fault::PaperOut.code())?;
        if told == wanted {
            return Ok(Instant::now());
        }
        bench.repainted(Duration::from_millis(50));
    }
    Err("the paper's end was not told".into())
}
