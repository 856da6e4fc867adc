//! A recording from its text, which may come from anywhere.

use std::str::{FromStr, Lines};
use std::time::Duration;

use super::text::{FIRST_LINE, MOST_CHARACTERS};
use super::{Direction, Event, Mark, Recording, What};

/// The longest text taken, in bytes: the largest ring, written out, is shorter.
const LONGEST_TEXT: usize = 8 * 1024 * 1024;

/// The most events.
const MOST_EVENTS: usize = 64 * 1024;

/// The most bytes that runs may unfold to, in all.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The latest time, in seconds: ten years.
const LATEST: u64 = 10 * 366 * 24 * 3600;

/// Why a text is no recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// More text than any recording has.
    #[error("no recording is as long as this: more than {LONGEST_TEXT} bytes")]
    TooLong,
    /// A line is not what it should be.
    #[error("line {line}: {wanted}")]
    Line {
        /// which line, counted from 1
        line: usize,
        /// what should stand there
        wanted: &'static str,
    },
}

impl Recording {
    /// Reads what [`Display`](std::fmt::Display) has written.
    ///
    /// # Errors
    /// [`RecordingError`] says in which line what should stand. Text, events and bytes are bounded.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        if text.len() > LONGEST_TEXT {
            return Err(RecordingError::TooLong);
        }
        let mut lines = Numbered { lines: text.lines(), number: 0 };
        lines.exactly(FIRST_LINE, "“onedoor-recording 1” comes first")?;
        let driver = lines.named("driver ", "“driver NAME” comes second")?;
        let profile = lines.named("profile ", "“profile NAME” comes third")?;
        let link = lines.named("link ", "“link NAME” comes fourth")?;
        let fault = lines.named("fault ", "“fault CODE” comes fifth")?;
        lines.exactly("", "an empty line separates the head from the events")?;

        let mut events = Vec::new();
        let mut room = MOST_BYTES;
        while let Some(line) = lines.next() {
            if events.len() == MOST_EVENTS {
                return Err(lines.wanted("no recording has so many events"));
            }
            let (at, what) = event(line, &mut room).map_err(|wanted| lines.wanted(wanted))?;
            events.push(Event { at, what });
        }
        Ok(Self { driver, profile, link, fault, events })
    }
}

impl FromStr for Recording {
    type Err = RecordingError;

    fn from_str(text: &str) -> Result<Self, RecordingError> {
        Self::parse(text)
    }
}

struct Numbered<'a> {
    lines: Lines<'a>,
    number: usize,
}

impl<'a> Numbered<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.number += 1;
        self.lines.next()
    }

    fn exactly(&mut self, text: &str, wanted: &'static str) -> Result<(), RecordingError> {
        if self.next() == Some(text) { Ok(()) } else { Err(self.wanted(wanted)) }
    }

    fn named(&mut self, key: &str, wanted: &'static str) -> Result<String, RecordingError> {
        let value = self.next().and_then(|line| line.strip_prefix(key)).and_then(on_one_line);
        value.ok_or_else(|| self.wanted(wanted))
    }

    fn wanted(&self, wanted: &'static str) -> RecordingError {
        RecordingError::Line { line: self.number, wanted }
    }
}

fn event(line: &str, room: &mut usize) -> Result<(Duration, What), &'static str> {
    let (at, rest) = line.split_once(' ').ok_or("an event is a time and what happened")?;
    let at = time(at).ok_or("a time is written as +SECONDS.MICROSECONDS")?;
    let what = match rest.split_at_checked(1).ok_or("after the time stands one of > < # !")? {
        (">", bytes) => What::Crossed(Direction::ToDevice, crossed(bytes, room)?),
        ("<", bytes) => What::Crossed(Direction::FromDevice, crossed(bytes, room)?),
        ("#", note) => {
            What::Note(note.strip_prefix(' ').and_then(on_one_line).ok_or("a note is a short line of text")?)
        }
        ("!", word) => What::Mark(
            mark(word)
                .ok_or("after ! stands opened, timeout, stalled, late, halted, overrun, hung-up or failed")?,
        ),
        _ => return Err("after the time stands one of > < # !"),
    };
    Ok((at, what))
}

fn time(text: &str) -> Option<Duration> {
    let (seconds, micros) = text.strip_prefix('+')?.split_once('.')?;
    let seconds = digits(seconds).filter(|s| *s <= LATEST)?;
    let micros = if micros.len() == 6 { digits(micros)? } else { return None };
    Some(Duration::from_secs(seconds) + Duration::from_micros(micros))
}

fn digits(text: &str) -> Option<u64> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn mark(word: &str) -> Option<Mark> {
    let word = word.strip_prefix(' ')?;
    Mark::WORDS.iter().find(|(_, w)| *w == word).map(|(mark, _)| *mark)
}

fn on_one_line(text: &str) -> Option<String> {
    let fits = !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= MOST_CHARACTERS
        && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

fn crossed(text: &str, room: &mut usize) -> Result<Vec<u8>, &'static str> {
    const WANTED: &str = "bytes are written as XX, or XX*N for N of them, with one space before each";
    let mut bytes = Vec::new();
    for token in text.strip_prefix(' ').ok_or(WANTED)?.split(' ') {
        let (byte, count) = match token.split_once('*') {
            Some((byte, count)) => {
                (byte, digits(count).filter(|n| *n > 0).and_then(|n| usize::try_from(n).ok()).ok_or(WANTED)?)
            }
            None => (token, 1),
        };
        let byte = match byte.as_bytes() {
            [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                u8::from_str_radix(byte, 16).map_err(|_| WANTED)?
            }
            _ => return Err(WANTED),
        };
        *room = room.checked_sub(count).ok_or("no recording holds so many bytes")?;
        bytes.resize(bytes.len() + count, byte);
    }
    if bytes.is_empty() { Err(WANTED) } else { Ok(bytes) }
}
