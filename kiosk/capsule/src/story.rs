//! A capsule as one story: what happened in the kiosk and on its devices' lines, in the order of time.

use crate::capsule::Capsule;
use crate::moment::Moment;
use link::record::What;
use std::fmt;

/// Who is told of when it is not a device's driver.
const KIOSK: &str = "kiosk";
/// The most characters of a frame that are told.
const LONGEST_FRAME: usize = 96;

impl Capsule {
    /// Everything in the order of time, as lines: when, who, and what.
    pub fn story(&self) -> impl fmt::Display + '_ {
        Story(self)
    }
}

struct Story<'a>(&'a Capsule);

impl fmt::Display for Story<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Story(capsule) = self;
        let Capsule { version, kiosk, clock, fault, sealed, .. } = capsule;
        write!(f, "fault {fault} of kiosk {kiosk} at {clock}, version {version}")?;
        if let Some(build) = &capsule.build {
            write!(f, " ({build})")?;
        }
        if let Some(screen) = &capsule.screen {
            write!(f, ", on the screen {screen}")?;
        }
        writeln!(f, ", sealed at {sealed}")?;
        for state in capsule.devices.iter().filter(|state| !state.faults.is_empty()) {
            let codes: Vec<&str> = state.faults.iter().map(|code| code.as_str()).collect();
            writeln!(f, "{}: {}", state.device, codes.join(" "))?;
        }
        let width = capsule.recordings.iter().map(|one| one.recording.driver.len()).max().unwrap_or(0);
        for (at, who, what) in lines(capsule) {
            writeln!(f, "{:>16}  {who:<width$}  {what}", at.to_string(), width = width.max(KIOSK.len()))?;
        }
        Ok(())
    }
}

fn lines(capsule: &Capsule) -> Vec<(Moment, &str, String)> {
    let mut lines: Vec<(Moment, &str, String)> = Vec::new();
    let timeline = &capsule.timeline;
    if let Some(first) = timeline.entries.first().filter(|_| timeline.left_out > 0) {
        lines.push((first.at, KIOSK, format!("({} entries before this are not kept)", timeline.left_out)));
    }
    for entry in &timeline.entries {
        let times = if entry.times > 1 { format!(" *{}", entry.times) } else { String::new() };
        lines.push((entry.at, KIOSK, format!("{}{times}", entry.what)));
    }
    for one in &capsule.recordings {
        let driver = one.recording.driver.as_str();
        if one.left_out > 0 {
            lines.push((one.began, driver, format!("({} events before this are left out)", one.left_out)));
        }
        let events = &one.recording.events;
        lines.extend(events.iter().map(|event| (one.began.after(event.at), driver, told(&event.what))));
    }
    // Stable: within one source the order is that of the file.
    lines.sort_by_key(|(at, _, _)| *at);
    lines
}

/// As in the recording; of a long frame the beginning, and how long it is.
fn told(what: &What) -> String {
    let text = what.to_string();
    match what {
        What::Crossed(_, bytes) if text.len() > LONGEST_FRAME => {
            let beginning = text.get(..LONGEST_FRAME).and_then(|cut| cut.rsplit_once(' '));
            let beginning = beginning.map_or("", |(whole, _)| whole);
            format!("{beginning} … ({} bytes)", bytes.len())
        }
        What::Crossed(..) | What::Note(_) | What::Mark(_) => text,
    }
}
