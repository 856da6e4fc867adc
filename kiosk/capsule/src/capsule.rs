//! What a capsule holds.

use crate::moment::Moment;
use jiff::civil::DateTime;
use link::record::Recording;
use std::fmt;
use std::time::Duration;

/// The longest word, in characters.
const LONGEST_WORD: usize = 40;

/// What was around one fault.
///
/// [`seal`](Self::seal) writes it as text, [`parse`](Self::parse) reads that text again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capsule {
    /// Of the software.
    pub version: Word,
    /// Of the image that it came in, where that has a name.
    pub build: Option<Word>,
    /// The kiosk's name.
    pub kiosk: String,
    /// What the hall's clock showed; whole seconds.
    pub clock: DateTime,
    /// How long the program had run; whole microseconds.
    pub up: Duration,
    /// The fault's code.
    pub fault: Word,
    /// What was on the screen.
    pub screen: Option<Word>,
    /// When it was sealed; what came later is not in it.
    pub sealed: Moment,
    /// How every device was.
    pub devices: Vec<DeviceState>,
    /// What happened in the kiosk.
    pub timeline: Timeline,
    /// What crossed the devices' lines: first that of the device at fault.
    pub recordings: Vec<Recorded>,
}

/// How a device was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceState {
    /// The device's name ([`visit::fault::Device::key`]).
    pub device: Word,
    /// The codes of all that was wrong with it, the gravest first.
    pub faults: Vec<Word>,
}

/// What happened in the kiosk, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// How many entries there were before the first one that is left.
    pub left_out: u64,
    /// Those that are left.
    pub entries: Vec<Entry>,
}

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it happened for the first time.
    pub at: Moment,
    /// What.
    pub what: Happened,
    /// How often, one after the other; at least once.
    pub times: u32,
}

/// What can happen in a kiosk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// The desk heard of something.
    Event(Word),
    /// Another screen was shown.
    Screen(Word),
    /// The desk asked for something.
    Asked(Word),
    /// A fault of this code began, ended, or occurred for once.
    Fault(Word, Course),
    /// Something was so from then on.
    State(Word, i64),
}

/// How a fault goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// It is so from now on.
    Began,
    /// It is not any more.
    Ended,
    /// It happened, and nothing says how long it is so: a page that came damaged, for instance.
    Once,
}

impl Course {
    pub(crate) const WORDS: [(Self, &'static str); 3] =
        [(Self::Began, "began"), (Self::Ended, "ended"), (Self::Once, "once")];

    fn word(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Ended => "ended",
            Self::Once => "once",
        }
    }
}

/// What crossed one device's line, on the capsule's axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// When the recording's first event was; its own times count from there.
    pub began: Moment,
    /// How many older events were left out, so that the capsule is not too long.
    pub left_out: usize,
    /// What crossed.
    pub recording: Recording,
}

/// A name or a code: at most 40 of the letters A to Z and a to z, digits, `-`, `.` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word(String);

impl Word {
    /// The word that is nearest to `text`: what cannot stand in one becomes `_`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let word: String =
            text.chars().take(LONGEST_WORD).map(|c| if Self::may_hold(c) { c } else { '_' }).collect();
        // `-` alone stands for nothing.
        Self(if word.is_empty() || word == "-" { "_".to_owned() } else { word })
    }

    /// `text`, if it is a word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let word = Self::of(text);
        (word.0 == text).then_some(word)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn may_hold(c: char) -> bool {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As it stands in a timeline after its time.
impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(name) => write!(f, "event {name}"),
            Self::Screen(name) => write!(f, "screen {name}"),
            Self::Asked(name) => write!(f, "asked {name}"),
            Self::Fault(code, course) => write!(f, "fault {code} {}", course.word()),
            Self::State(name, value) => write!(f, "state {name} {value}"),
        }
    }
}

/// A line of a timeline.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.what)?;
        if self.times > 1 { write!(f, " *{}", self.times) } else { Ok(()) }
    }
}
