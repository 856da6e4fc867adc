//! The screen: how soon it is there, what it takes, how quickly it follows a finger. Beside Chromium with an
//! equivalent page, in the same run; where no peer is asked for, beside what a person still takes for at once.

mod browser;
mod child;
mod large;
mod procs;

use crate::hall::Emulated;
use crate::process::median;
use crate::rows::Row;
use browser::Browser;
pub use child::wanted;
use child::{Hand, Kiosk};
use std::time::Duration;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Starts of each, of which the median counts.
const STARTS: usize = 7;
/// How long an idle program is watched.
const IDLE: Duration = Duration::from_secs(20);
/// Both see the fonts of a kiosk, not of a desktop.
const FONTS: &str = include_str!("../../../image/fonts.conf");
/// One frame at 60 Hz, in milliseconds.
const FRAME: f64 = 16.7;

/// Measures all of it.
pub fn rows() -> Result<Vec<Row>, Fatal> {
    let mut rows = beside_chromium()?;
    let Hand { press, change, repaint } = Hand::measure()?;
    let search = child::search()?;
    let frame = "one frame at 60 Hz";
    rows.push(Row::at_most("press_feedback", "ms", press, frame, FRAME, 1.0));
    rows.push(Row::at_most("screen_change", "ms", change, "two frames at 60 Hz", 33.0, 1.0));
    rows.push(Row::at_most("full_repaint", "ms", repaint, frame, FRAME, 1.0));
    rows.push(Row::at_most("search_key", "ms", search, frame, FRAME, 1.0));
    Ok(rows)
}

fn beside_chromium() -> Result<Vec<Row>, Fatal> {
    let hall = Emulated::start(&large::catalogue())?;
    let fonts = hall.folder().join("fonts.conf");
    std::fs::write(&fonts, FONTS)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // In turn, so that whatever else this machine does meets both alike.
    for _ in 0..STARTS {
        ours.push(Kiosk::start(&hall, &fonts)?.first_frame.as_secs_f64() * 1e3);
        theirs.push(Browser::start(&fonts)?.first_frame.as_secs_f64() * 1e3);
    }
    let (first, peer_first) = (median(ours), median(theirs));
    let kiosk = Kiosk::start(&hall, &fonts)?;
    let idle = kiosk.idle(IDLE)?;
    let (pss, wakeups, cpu) = (procs::pss(&[kiosk.pid()])?, idle.wakeups, idle.cpu);
    drop(kiosk);
    let browser = Browser::start(&fonts)?;
    let browser_cpu = browser.idle_cpu(IDLE)?;
    let browser_pss = procs::pss(&browser.processes()?)?;
    drop(browser);
    hall.stop();
    let chromium = "chromium --kiosk";
    Ok(vec![
        Row::at_most("first_frame", "ms", first, chromium, peer_first, 1.0 / 15.0),
        Row::at_most("pss", "MiB", pss, chromium, browser_pss, 0.1),
        Row::at_most("idle_wakeups", "/s", wakeups, "twice a second", 2.0, 1.0),
        Row::at_most("idle_cpu", "%", cpu, "half a per cent", 0.5, 1.0),
        Row::at_most("idle_cpu_beside", "%", cpu, chromium, browser_cpu, 1.0),
    ])
}
