//! The challenge that the hall's office answers by telephone.
//!
//! A challenge is a [`Question`] of sixteen digits: a counter that never repeats, ten digits of chance,
//! and check digits. Its answer is a [`Code`] of fifteen: thirteen digits of an HMAC and check digits. No
//! clock is needed on either side: an answer fits one counter of one kiosk, and the kiosk forgets a
//! challenge after a while, at the first right answer, after five wrong ones, and when it is started anew.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use subtle::ConstantTimeEq;

use crate::{Attempts, KioskKey, Mistyped, Pass, TooSoon, Who, digits};

/// How long a challenge is answered, enough for a telephone call.
pub const CHALLENGE_LASTS: Duration = Duration::from_secs(10 * 60);

/// So many wrong answers end a challenge.
pub const MOST_WRONG: u8 = 5;

/// Digits of chance in a question. Nobody can ask the office today for the answers of next week.
const CHANCE_DIGITS: usize = 10;
const CHANCES: u64 = 10_000_000_000;

/// Digits of the counter, at least; it grows when it has to.
const COUNTER_DIGITS: usize = 4;

/// Digits of a code without its check digits: 43 bits.
const CODE_DIGITS: usize = 13;
const CODES: u64 = 10_000_000_000_000;

/// The counter of a challenge, which is on disk already.
///
/// There is no other way to one than [`next`](Self::next), and no challenge without one: so none is
/// shown whose counter a crash could bring back.
#[derive(Debug)]
#[must_use]
pub struct Persisted(u64);

/// There is no counter for a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CounterError<E> {
    /// It could not be written. Nothing may be shown then.
    #[error("the counter of challenges was not kept: {0}")]
    NotKept(E),
    /// All 2⁶⁴ were used.
    #[error("the counter of challenges has come to its end")]
    Exhausted,
}

impl Persisted {
    /// Counts one on from `last`, the counter on disk (0 where there is none), and has `keep` write it:
    /// when that returns, the number must outlive a power cut.
    ///
    /// # Errors
    /// [`CounterError`].
    pub fn next<E>(last: u64, keep: impl FnOnce(u64) -> Result<(), E>) -> Result<Self, CounterError<E>> {
        let next = last.checked_add(1).ok_or(CounterError::Exhausted)?;
        keep(next).map_err(CounterError::NotKept)?;
        Ok(Self(next))
    }
}

/// What the office is asked: which challenge of the kiosk, and its chance.
///
/// Shown and read as digits in groups of four: the counter, ten digits of chance, two check digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    counter: u64,
    chance: u64,
}

impl Question {
    pub(crate) fn new(counter: u64, chance: u64) -> Self {
        Self { counter, chance: chance % CHANCES }
    }

    /// Which challenge of its kiosk it is, from 1.
    #[must_use]
    pub fn counter(&self) -> u64 {
        self.counter
    }

    /// Its chance, ten digits.
    pub(crate) fn chance(&self) -> u64 {
        self.chance
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { counter, chance } = self;
        f.write_str(&digits::written(&format!("{counter:0COUNTER_DIGITS$}{chance:0CHANCE_DIGITS$}"), 4))
    }
}

impl FromStr for Question {
    type Err = Mistyped;

    fn from_str(text: &str) -> Result<Self, Mistyped> {
        let read = digits::read(text)?;
        let wrong = Mistyped::Length(read.len() + 2);
        let split = read.len().checked_sub(CHANCE_DIGITS).filter(|split| *split >= COUNTER_DIGITS);
        let (counter, chance) = split.and_then(|at| read.split_at_checked(at)).ok_or(wrong)?;
        if counter.len() > COUNTER_DIGITS && counter.starts_with('0') {
            return Err(wrong);
        }
        match (counter.parse(), chance.parse()) {
            (Ok(counter), Ok(chance)) => Ok(Self::new(counter, chance)),
            _ => Err(wrong),
        }
    }
}

/// What the office answers. Shown and read as fifteen digits in groups of three, the last two check
/// digits. Compared in a time that tells nothing.
#[derive(Clone, Copy)]
pub struct Code(u64);

impl Code {
    /// The code that this many bits of a hash are; 128 bits onto 43 leave no bias that matters.
    pub(crate) fn of(hash: u128) -> Self {
        Self(u64::try_from(hash % u128::from(CODES)).unwrap_or_default())
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Code {}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&digits::written(&format!("{:0CODE_DIGITS$}", self.0), 3))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(hidden)")
    }
}

impl FromStr for Code {
    type Err = Mistyped;

    fn from_str(text: &str) -> Result<Self, Mistyped> {
        let read = digits::read(text)?;
        let code = read.parse().ok().filter(|_| read.len() == CODE_DIGITS);
        code.map(Self).ok_or(Mistyped::Length(read.len() + 2))
    }
}

/// A challenge on the screen.
#[derive(Debug)]
pub struct Challenge {
    question: Question,
    until: Duration,
    wrong: u8,
    ended: Option<Ended>,
}

/// Why a challenge takes no answer any more. A new one is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was there for longer than [`CHALLENGE_LASTS`].
    TimedOut,
    /// It was answered wrongly [`MOST_WRONG`] times.
    TooManyWrong,
    /// It was answered.
    Answered,
}

/// What became of a typed code.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Answer {
    /// It is right.
    Open(Pass),
    /// It is no code: a slip, which counts as no attempt.
    Mistyped(Mistyped),
    /// It is the code of another challenge, another kiosk or nothing.
    Wrong {
        /// so many answers the challenge takes still
        left: u8,
    },
    /// It was not looked at: failures before slow the next attempt.
    TooSoon(TooSoon),
    /// It was not looked at, or was the last wrong one: the challenge has ended.
    Ended(Ended),
}

impl Answer {
    /// A stable name, for the log.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Mistyped(_) => "mistyped",
            Self::Wrong { .. } => "wrong",
            Self::TooSoon(_) => "too-soon",
            Self::Ended(Ended::TimedOut) => "timed-out",
            Self::Ended(Ended::TooManyWrong) => "too-many-wrong",
            Self::Ended(Ended::Answered) => "answered",
        }
    }
}

impl Challenge {
    /// A new challenge, with eight random bytes. The one before must be dropped.
    #[must_use]
    pub fn new(counter: Persisted, chance: [u8; 8], now: Duration) -> Self {
        Self {
            question: Question::new(counter.0, u64::from_be_bytes(chance)),
            until: now.saturating_add(CHALLENGE_LASTS),
            wrong: 0,
            ended: None,
        }
    }

    /// What is shown and read to the office.
    #[must_use]
    pub fn question(&self) -> Question {
        self.question
    }

    /// Why it takes no answer any more; `None` while it does.
    #[must_use]
    pub fn ended(&self, now: Duration) -> Option<Ended> {
        self.ended.or((now >= self.until).then_some(Ended::TimedOut))
    }

    /// Judges a code as it was typed.
    ///
    /// A right and a wrong one change `attempts`, which are to be written down before the answer is shown.
    pub fn answer(&mut self, key: &KioskKey, typed: &str, attempts: &mut Attempts, now: Duration) -> Answer {
        if let Some(ended) = self.ended(now) {
            return Answer::Ended(ended);
        }
        if let Err(wait) = attempts.allowed(now) {
            return Answer::TooSoon(wait);
        }
        let code: Code = match typed.parse() {
            Ok(code) => code,
            Err(slip) => return Answer::Mistyped(slip),
        };
        if code == key.code(&self.question) {
            attempts.succeeded();
            self.ended = Some(Ended::Answered);
            return Answer::Open(Pass::of(Who::Office { counter: self.question.counter }));
        }
        attempts.failed(now);
        self.wrong = self.wrong.saturating_add(1);
        match MOST_WRONG.saturating_sub(self.wrong) {
            0 => {
                self.ended = Some(Ended::TooManyWrong);
                Answer::Ended(Ended::TooManyWrong)
            }
            left => Answer::Wrong { left },
        }
    }
}

#[cfg(test)]
mod tests;
