//! A capsule as text, and its seal.

use crate::capsule::{Capsule, Word};
use crate::{FIRST_LINE, LONGEST, shorten};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::time::Duration;

/// The most characters of a kiosk's name.
pub(crate) const LONGEST_NAME: usize = 200;
/// What stands where there is nothing to say.
pub(crate) const NOTHING: &str = "-";
/// Before the seal.
pub(crate) const SEAL: &str = "sha256 ";

impl Capsule {
    /// The whole as text, its seal in the last line. What would be too long is first left out of the
    /// recordings, from their oldest end.
    #[must_use]
    pub fn seal(&mut self) -> String {
        self.kiosk = one_line(&self.kiosk);
        self.clock = self.clock.with().subsec_nanosecond(0).build().unwrap_or(self.clock);
        self.up = Duration::new(self.up.as_secs(), self.up.subsec_micros() * 1000);
        let head = self.head();
        shorten::fit(&mut self.recordings, LONGEST.saturating_sub(head.len() + seal("").len()));
        let mut text = head;
        for one in &self.recordings {
            text.push_str(&heading("recording", &[&one.began, &count(one.left_out as u64)]));
            text.push_str(&one.recording.to_string());
        }
        text.push('\n');
        let seal = seal(&text);
        text + &seal
    }

    /// Everything before the recordings.
    fn head(&self) -> String {
        let Self { version, kiosk, clock, up, fault, sealed, .. } = self;
        let build = self.build.as_ref().map_or(NOTHING, Word::as_str);
        let screen = self.screen.as_ref().map_or(NOTHING, Word::as_str);
        let clock = clock.strftime("%Y-%m-%dT%H:%M:%S");
        let up = format!("{}.{:06}", up.as_secs(), up.subsec_micros());
        let mut text = format!(
            "{FIRST_LINE}\nversion {version}\nbuild {build}\nkiosk {kiosk}\nclock {clock}\nup {up}\n\
             fault {fault}\nscreen {screen}\nsealed {sealed}\n"
        );
        text.push_str(&heading("devices", &[]));
        for state in &self.devices {
            let faults: Vec<&str> = state.faults.iter().map(Word::as_str).collect();
            let faults = if faults.is_empty() { NOTHING.to_owned() } else { faults.join(" ") };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} {faults}", state.device);
        }
        text.push_str(&heading("timeline", &[&count(self.timeline.left_out)]));
        for entry in &self.timeline.entries {
            let _ = writeln!(text, "{entry}");
        }
        text
    }
}

/// The heading of a part, with an empty line before it. What is empty is left out.
fn heading(name: &str, with: &[&dyn std::fmt::Display]) -> String {
    let words = with.iter().map(ToString::to_string).filter(|word| !word.is_empty());
    format!("\n[{}]\n", std::iter::once(name.to_owned()).chain(words).collect::<Vec<_>>().join(" "))
}

/// How many are missing, if any are.
fn count(left_out: u64) -> String {
    if left_out == 0 { String::new() } else { left_out.to_string() }
}

/// How long the heading of a recording can be at most.
pub(crate) const LONGEST_HEADING: usize = "\n[recording -316224000.000000 18446744073709551615]\n".len();

/// The last line of a text.
pub(crate) fn seal(text: &str) -> String {
    format!("{SEAL}{}\n", hex::encode(Sha256::digest(text.as_bytes())))
}

/// A name as a capsule can hold it: on one line, of bounded length.
fn one_line(text: &str) -> String {
    let line: String =
        text.chars().take(LONGEST_NAME).map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.trim() {
        "" => NOTHING.to_owned(),
        trimmed => trimmed.to_owned(),
    }
}
