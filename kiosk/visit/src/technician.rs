//! What the technician's room knows: which tests there are, and which of them proves that a fault is mended.
//!
//! A fault is mended when the device says so itself and a test of exactly what was broken has passed. The
//! steps that lead there stand, in words, in the screen's language files; what a device can say of a step
//! stands here ([`Fault::evidence`]).

mod hands;
mod proof;
mod ticket_loop;

pub use ticket_loop::{Finding, Grade, Looped, Verdict, When};

pub use hands::{Cell, Cells, Colour, Keys, Missed, PadKey};

use crate::fault::{Device, Fault};
use crate::screen::CardProblem;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use std::collections::BTreeMap;
use std::time::Duration;

/// Something that can be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Test {
    /// read a card that lies on the reader
    Read,
    /// print a test ticket
    Print,
    /// scan one page on the glass
    Scan,
    /// scan one sheet from the feeder
    Feed,
    /// print a test ticket and read it back on the scanner's glass
    Loop,
    /// read a social-security card in the slot
    Slot,
    /// read a code before the code scanner
    Code,
    /// let the technician hear the sound
    Sound,
    /// a network line that carries
    Link,
    /// the store's name has an address
    Name,
    /// the store's address takes a connection
    Connection,
    /// both know each other: TLS with both certificates; days left of the kiosk's
    Trust,
    /// the store answers what it is asked; seconds between the two clocks
    RoundTrip,
    /// one megabyte to the store, and how fast
    Upload,
    /// write, sync, read back, and how much room is left
    Storage,
    /// how much memory is free
    Memory,
    /// a finger over every cell of the touch panel
    Touch,
    /// eyes on every colour of the screen
    Screen,
    /// every key of the tactile pad
    Pad,
}

impl Test {
    /// Every test, in the order in which a technician meets them.
    pub const ALL: &'static [Test] = &[
        Self::Read,
        Self::Print,
        Self::Scan,
        Self::Feed,
        Self::Loop,
        Self::Slot,
        Self::Code,
        Self::Sound,
        Self::Link,
        Self::Name,
        Self::Connection,
        Self::Trust,
        Self::RoundTrip,
        Self::Upload,
        Self::Storage,
        Self::Memory,
        Self::Touch,
        Self::Screen,
        Self::Pad,
    ];

    /// The stable name, for ids, words and scripts.
    pub fn key(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Print => "print",
            Self::Scan => "scan",
            Self::Feed => "feed",
            Self::Loop => "loop",
            Self::Slot => "slot",
            Self::Code => "code",
            Self::Sound => "sound",
            Self::Link => "link",
            Self::Name => "name",
            Self::Connection => "connection",
            Self::Trust => "trust",
            Self::RoundTrip => "round-trip",
            Self::Upload => "upload",
            Self::Storage => "storage",
            Self::Memory => "memory",
            Self::Touch => "touch",
            Self::Screen => "screen",
            Self::Pad => "pad",
        }
    }

    /// The test with this name.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|test| test.key() == key)
    }

    /// Whether it needs nobody: no card laid, no paper used, nothing heard.
    pub fn is_automatic(self) -> bool {
        match self {
            Self::Read
            | Self::Print
            | Self::Scan
            | Self::Feed
            | Self::Loop
            | Self::Slot
            | Self::Code
            | Self::Sound
            | Self::Touch
            | Self::Screen
            | Self::Pad => false,
            Self::Link
            | Self::Name
            | Self::Connection
            | Self::Trust
            | Self::RoundTrip
            | Self::Upload
            | Self::Storage
            | Self::Memory => true,
        }
    }

    /// Whether it tries the way to the store.
    pub fn is_of_the_store(self) -> bool {
        matches!(
            self,
            Self::Link | Self::Name | Self::Connection | Self::Trust | Self::RoundTrip | Self::Upload
        )
    }

    /// Whether the technician performs it himself, with nothing asked of any device.
    pub fn is_by_hand(self) -> bool {
        matches!(self, Self::Touch | Self::Screen | Self::Pad)
    }

    /// How long it may take at most; whoever performs it bounds its waits below this. Where hands go from one
    /// thing to the next it is how long nothing new may come.
    pub fn patience(self) -> Duration {
        Duration::from_secs(match self {
            Self::Touch | Self::Pad => 30,
            // A ticket has to be carried and laid down.
            Self::Loop => 120,
            automatic if automatic.is_automatic() => 20,
            _ => 60,
        })
    }
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// as it should be, with what was measured
    Passed(Option<Measure>),
    /// not as it should be
    Failed(Failure),
}

/// A test and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// which
    pub test: Test,
    /// how it ended
    pub outcome: Outcome,
    /// after so long
    pub took: Duration,
}

/// What a test measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// until a certificate ends
    Days(i64),
    /// between two clocks
    Seconds(i64),
    /// free, in mebibytes
    Mebibytes(u64),
    /// in kibibytes a second
    Rate(u64),
}

/// Why a test failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// an entry of the catalogue
    Fault(Fault),
    /// the card could not be read
    Card(CardProblem),
    /// nothing was laid, put in or shown in time
    Nothing,
    /// no answer in time
    Silent,
    /// the technician says that it was not as it should be
    Denied,
    /// less than is needed
    TooLittle(Measure),
    /// what came out is not known
    Unproven,
    /// what lay on the glass is no test ticket that can be read
    Unreadable,
    /// what lay on the glass is another test ticket than was just printed
    OtherTicket,
    /// something was found that has to be mended
    Graded(Grade),
    /// these gave no sign
    Missed(Missed),
}

/// When a fault began, and how often on which day: what outlives a restart of the kiosk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// when it was last seen to begin
    pub since: DateTime,
    /// how often it began, by day; of the last [`Past::DAYS`] alone
    pub days: BTreeMap<Date, u32>,
}

impl Past {
    /// So many days are "lately", today among them.
    pub const DAYS: i64 = 7;

    /// It has begun for the first time.
    pub fn begun(at: DateTime) -> Self {
        Self { since: at, days: BTreeMap::from([(at.date(), 1)]) }
    }

    /// It has begun once more.
    pub fn again(&mut self, at: DateTime) {
        self.since = at;
        let today = self.days.entry(at.date()).or_default();
        *today = today.saturating_add(1);
        let first = first_of_late(at.date());
        // A clock that was wrong for a while leaves no days that have not been.
        self.days.retain(|day, _| (first..=at.date()).contains(day));
    }

    /// How often it began lately.
    pub fn times(&self, today: Date) -> u32 {
        let late = self.days.range(first_of_late(today)..=today);
        late.fold(0, |sum, (_, times)| sum.saturating_add(*times))
    }
}

fn first_of_late(today: Date) -> Date {
    today.saturating_sub((Past::DAYS - 1).days())
}

/// What a device itself can say of a step of a repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// this fault is not seen any more
    Gone(Fault),
    /// this fault was seen since the repair began, such as an open cover, and is seen no more
    CameAndWent(Fault),
    /// the device does something again, whatever else is wrong with it
    Answers(Device),
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn seven_days_are_lately() {
        let at = |day: i8| date(2026, 11, day).at(9, 0, 0, 0);
        let mut past = Past::begun(at(3));
        past.again(at(3));
        past.again(at(9));
        assert_eq!((past.times(date(2026, 11, 9)), past.times(date(2026, 11, 10))), (3, 1));
        past.again(at(10));
        assert_eq!((past.days.len(), past.times(date(2026, 11, 10)), past.since), (2, 2, at(10)));
        // Back on the day before, tomorrow has not been.
        past.again(at(9));
        assert_eq!((past.days.len(), past.times(date(2026, 11, 9))), (1, 2));
    }
}
