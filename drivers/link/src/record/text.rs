//! A recording as text.

use std::fmt::{Display, Formatter, Result};

use super::{Direction, Recording, What};

/// The first line of every recording; the number changes when the format does.
pub(super) const FIRST_LINE: &str = "onedoor-recording 1";

/// The most characters of a name or a note.
pub(super) const MOST_CHARACTERS: usize = 200;

/// From so many equal bytes on, a run is written instead of each.
const SHORTEST_RUN: usize = 3;

/// What stands where there is nothing to say.
const NOTHING: &str = "-";

/// A name or a note as a recording can hold it: on one line, of bounded length.
pub(super) fn one_line(text: &str) -> String {
    let line: String =
        text.chars().take(MOST_CHARACTERS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.trim() {
        "" => NOTHING.to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

impl Display for Recording {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "{FIRST_LINE}")?;
        let header = [
            ("driver", &self.driver),
            ("profile", &self.profile),
            ("link", &self.link),
            ("fault", &self.fault),
        ];
        for (key, value) in header {
            writeln!(f, "{key} {}", one_line(value))?;
        }
        writeln!(f)?;
        for event in &self.events {
            writeln!(f, "+{}.{:06} {}", event.at.as_secs(), event.at.subsec_micros(), event.what)?;
        }
        Ok(())
    }
}

/// As it stands in a recording after its time.
impl Display for What {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Crossed(direction, bytes) => crossed(f, *direction, bytes),
            Self::Note(note) => write!(f, "# {}", one_line(note)),
            Self::Mark(mark) => write!(f, "! {}", mark.word()),
        }
    }
}

fn crossed(f: &mut Formatter<'_>, direction: Direction, bytes: &[u8]) -> Result {
    f.write_str(match direction {
        Direction::ToDevice => ">",
        Direction::FromDevice => "<",
    })?;
    for run in bytes.chunk_by(|a, b| a == b) {
        let [byte, ..] = run else { continue };
        if run.len() >= SHORTEST_RUN {
            write!(f, " {byte:02X}*{}", run.len())?;
        } else {
            for byte in run {
                write!(f, " {byte:02X}")?;
            }
        }
    }
    Ok(())
}
