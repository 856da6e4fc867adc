//! Ten pages from a feeder, in one run of the program.

use super::Desk;
use super::scenes::Page;
use crate::process::Program;
use crate::rows::Row;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Pages in the feeder.
const PAGES: usize = 10;
/// What feeders scan at.
const DPI: u32 = 300;
/// A feeder of 280 pages a minute gives one each 214 ms.
const PACE_MS: f64 = 214.0;
/// What ten pages may need more than the one that needs most, in MiB.
const GROWTH: f64 = 1.0;

/// Processor time for each page, and whether memory grows with pages.
pub fn rows(desk: &Desk, pages: &[Page]) -> Result<Vec<Row>, Fatal> {
    let fed: Vec<&Page> = pages.iter().filter(|page| page.dpi == DPI).cycle().take(PAGES).collect();
    let whole = Program::new(&desk.kiosk)
        .arg("page")
        .args(fed.iter().map(|page| &page.scan))
        .arg(desk.folder.path().join("feeder.pdf"));
    let [whole] = desk.meter.medians([&whole])?;
    let mut most: f64 = 0.0;
    for page in pages.iter().filter(|page| page.dpi == DPI) {
        let [single] = desk.meter.medians([&desk.kiosk_page(page, &desk.made(page, "pdf"))])?;
        most = most.max(single.peak_mib);
    }
    let each = whole.cpu_ms / PAGES as f64;
    let growth = whole.peak_mib - most;
    Ok(vec![
        Row::at_most("feeder_ms", "ms", each, "the feeder's pace", PACE_MS, 1.0),
        Row::at_most("feeder_peak", "MiB", growth, "bound of 1 MiB beyond one page", GROWTH, 1.0),
    ])
}
