//! A capsule from its text, which may come from anywhere.

use crate::capsule::{Capsule, Course, DeviceState, Entry, Happened, Recorded, Timeline, Word};
use crate::error::CapsuleError;
use crate::moment::{Moment, seconds};
use crate::text::{LONGEST_NAME, NOTHING, SEAL, seal};
use crate::{FIRST_LINE, LONGEST, is_capsule};
use jiff::civil::DateTime;
use link::record::{Recording, RecordingError};

/// The most devices, and recordings.
const MOST_DEVICES: usize = 32;
/// The most faults of one device.
const MOST_FAULTS: usize = 64;
/// The most entries of a timeline.
const MOST_ENTRIES: usize = 16 * 1024;

impl Capsule {
    /// Reads what [`seal`](Self::seal) has written.
    ///
    /// # Errors
    /// [`CapsuleError`] says in which line what should stand. Everything is bounded.
    pub fn parse(bytes: &[u8]) -> Result<Self, CapsuleError> {
        if !is_capsule(bytes) {
            return Err(CapsuleError::NoCapsule);
        }
        if !bytes.starts_with(FIRST_LINE.as_bytes()) || bytes.get(FIRST_LINE.len()) != Some(&b'\n') {
            return Err(CapsuleError::OtherForm);
        }
        if bytes.len() > LONGEST {
            return Err(CapsuleError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| CapsuleError::Damaged)?;
        let end = text.strip_suffix('\n').and_then(|text| text.rfind('\n')).ok_or(CapsuleError::NoSeal)?;
        let (body, last) = text.split_at(end + 1);
        if !last.starts_with(SEAL) {
            return Err(CapsuleError::NoSeal);
        }
        if last != seal(body) {
            return Err(CapsuleError::Damaged);
        }
        Lines { rest: body, number: 0 }.capsule()
    }
}

/// The lines that are left, and how many there were.
struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

type Parsed<T> = Result<T, CapsuleError>;

impl<'a> Lines<'a> {
    fn capsule(mut self) -> Parsed<Capsule> {
        self.exactly(FIRST_LINE, "“onedoor-capsule 1” comes first")?;
        let version = self.named("version ", Word::parse, "“version WORD” comes second")?;
        let build = self.named("build ", word_or_nothing, "“build WORD” comes third, or “build -”")?;
        let kiosk = self.named("kiosk ", on_one_line, "“kiosk NAME” comes fourth")?;
        let clock = self.named("clock ", clock, "“clock YYYY-MM-DDTHH:MM:SS” comes fifth")?;
        let up = self.named("up ", seconds, "“up SECONDS.MICROSECONDS” comes sixth")?;
        let fault = self.named("fault ", Word::parse, "“fault CODE” comes seventh")?;
        let screen = self.named("screen ", word_or_nothing, "“screen NAME” comes eighth, or “screen -”")?;
        let sealed = self.named("sealed ", Moment::parse, "“sealed +SECONDS.MICROSECONDS” comes ninth")?;
        let devices = self.devices()?;
        let timeline = self.timeline()?;
        let mut recordings = Vec::new();
        while self.peek_second().is_some() {
            if recordings.len() == MOST_DEVICES {
                return Err(self.wanted("no capsule has so many recordings"));
            }
            recordings.push(self.recorded()?);
        }
        self.exactly("", "an empty line separates the seal from what it seals")?;
        match self.next() {
            None => Ok(Capsule {
                version,
                build,
                kiosk,
                clock,
                up,
                fault,
                screen,
                sealed,
                devices,
                timeline,
                recordings,
            }),
            Some(_) => Err(self.wanted("nothing more stands here")),
        }
    }

    fn devices(&mut self) -> Parsed<Vec<DeviceState>> {
        self.heading()?.exactly("[devices]", "“[devices]” comes after the head")?;
        let mut devices = Vec::new();
        while let Some(line) = self.next_in_part() {
            if devices.len() == MOST_DEVICES {
                return Err(self.wanted("no kiosk has so many devices"));
            }
            let device = device(line).ok_or_else(|| {
                self.wanted("a device is its name and the codes of its faults, or - without any")
            })?;
            devices.push(device);
        }
        Ok(devices)
    }

    fn timeline(&mut self) -> Parsed<Timeline> {
        const WANTED: &str = "“[timeline]” comes after the devices, with how many entries are missing";
        let heading = self.heading()?.next();
        let inner = heading.and_then(|line| line.strip_prefix("[timeline")).and_then(|l| l.strip_suffix(']'));
        let left_out = inner.and_then(left_out).ok_or_else(|| self.wanted(WANTED))?;
        let mut entries = Vec::new();
        while let Some(line) = self.next_in_part() {
            if entries.len() == MOST_ENTRIES {
                return Err(self.wanted("no timeline has so many entries"));
            }
            entries.push(entry(line).map_err(|wanted| self.wanted(wanted))?);
        }
        Ok(Timeline { left_out, entries })
    }

    fn recorded(&mut self) -> Parsed<Recorded> {
        const WANTED: &str =
            "“[recording +SECONDS.MICROSECONDS]” comes here, with how many events are missing";
        let heading = self.heading()?.next();
        let inner = heading.and_then(|l| l.strip_prefix("[recording ")).and_then(|l| l.strip_suffix(']'));
        let parts = inner.map(|inner| inner.split_at(inner.find(' ').unwrap_or(inner.len())));
        let parsed = parts
            .and_then(|(began, rest)| Some((Moment::parse(began)?, usize::try_from(left_out(rest)?).ok()?)));
        let (began, left_out) = parsed.ok_or_else(|| self.wanted(WANTED))?;
        let before = self.number;
        let text = self.until_next_part();
        let recording = Recording::parse(text).map_err(|error| match error {
            RecordingError::TooLong => CapsuleError::TooLong,
            RecordingError::Line { line, wanted } => CapsuleError::Line { line: before + line, wanted },
        })?;
        Ok(Recorded { began, left_out, recording })
    }

    /// The next line, without its end.
    fn next(&mut self) -> Option<&'a str> {
        self.number += 1;
        let (line, rest) = self.rest.split_once('\n')?;
        self.rest = rest;
        Some(line)
    }

    /// The next line of this part; `None` before the empty line that ends it.
    fn next_in_part(&mut self) -> Option<&'a str> {
        if self.rest.starts_with('\n') { None } else { self.next() }
    }

    /// The line after the next.
    fn peek_second(&self) -> Option<&'a str> {
        self.rest.split_once('\n')?.1.split_once('\n').map(|(line, _)| line)
    }

    /// Takes the empty line before a heading.
    fn heading(&mut self) -> Parsed<&mut Self> {
        self.exactly("", "an empty line comes before each part")?;
        Ok(self)
    }

    /// All lines up to the empty one before the next heading, or before the seal.
    fn until_next_part(&mut self) -> &'a str {
        let end = match self.rest.find("\n\n[") {
            Some(at) => at + 1,
            None => self.rest.strip_suffix('\n').map_or(self.rest.len(), str::len),
        };
        let (part, rest) = self.rest.split_at(end);
        self.number += part.matches('\n').count();
        self.rest = rest;
        part
    }

    fn exactly(&mut self, text: &str, wanted: &'static str) -> Parsed<()> {
        if self.next() == Some(text) { Ok(()) } else { Err(self.wanted(wanted)) }
    }

    fn named<T>(&mut self, key: &str, read: fn(&str) -> Option<T>, wanted: &'static str) -> Parsed<T> {
        let value = self.next().and_then(|line| line.strip_prefix(key)).and_then(read);
        value.ok_or_else(|| self.wanted(wanted))
    }

    fn wanted(&self, wanted: &'static str) -> CapsuleError {
        CapsuleError::Line { line: self.number, wanted }
    }
}

fn word_or_nothing(text: &str) -> Option<Option<Word>> {
    if text == NOTHING { Some(None) } else { Word::parse(text).map(Some) }
}

fn on_one_line(text: &str) -> Option<String> {
    let fits = !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= LONGEST_NAME
        && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

fn clock(text: &str) -> Option<DateTime> {
    let clock = DateTime::strptime("%Y-%m-%dT%H:%M:%S", text).ok()?;
    // Nothing is written in two ways.
    (clock.strftime("%Y-%m-%dT%H:%M:%S").to_string() == text).then_some(clock)
}

/// Nothing, or a space and a number that is not 0.
fn left_out(text: &str) -> Option<u64> {
    if text.is_empty() { Some(0) } else { number(text.strip_prefix(' ')?).filter(|n| *n > 0) }
}

/// A number, written in the one way there is.
fn number<N: std::str::FromStr + ToString>(text: &str) -> Option<N> {
    text.parse::<N>().ok().filter(|n| n.to_string() == text)
}

fn device(line: &str) -> Option<DeviceState> {
    let (device, faults) = line.split_once(' ')?;
    let device = Word::parse(device)?;
    let faults = match faults {
        NOTHING => Vec::new(),
        faults => faults.split(' ').take(MOST_FAULTS + 1).map(Word::parse).collect::<Option<Vec<_>>>()?,
    };
    (faults.len() <= MOST_FAULTS).then_some(DeviceState { device, faults })
}

fn entry(line: &str) -> Result<Entry, &'static str> {
    const WANTED: &str = "an entry is a time and what happened: event NAME, screen NAME, asked NAME, \
                          fault CODE began, ended or once, state NAME NUMBER; perhaps *TIMES";
    let words: Vec<&str> = line.split(' ').take(6).collect();
    let (at, words) = words.split_first().ok_or(WANTED)?;
    let at =
        Moment::parse(at).ok_or("a time is written as +SECONDS.MICROSECONDS, or with - before the fault")?;
    let (times, words) = match words {
        [words @ .., last] if last.starts_with('*') => {
            let times = last.strip_prefix('*').and_then(number).filter(|n| *n > 1);
            (times.ok_or("*TIMES is a number of at least 2")?, words)
        }
        words => (1, words),
    };
    let word = |text| Word::parse(text).ok_or(WANTED);
    let what = match words {
        ["event", name] => Happened::Event(word(name)?),
        ["screen", name] => Happened::Screen(word(name)?),
        ["asked", name] => Happened::Asked(word(name)?),
        ["fault", code, course] => {
            let course = Course::WORDS.iter().find(|(_, known)| known == course).ok_or(WANTED)?.0;
            Happened::Fault(word(code)?, course)
        }
        ["state", name, value] => Happened::State(word(name)?, number(value).ok_or(WANTED)?),
        _ => return Err(WANTED),
    };
    Ok(Entry { at, what, times })
}
