//! What a field of an event can hold: each type so narrow that nothing personal fits.
//!
//! A resident's number has 18 digits and a telephone's 11, and neither fits into 32 bits. There is no type for
//! text that comes from outside: words are closed lists, or [`Word`]s out of the program itself.

use std::fmt::Write;

mod sealed {
    /// Keeps the list of types closed: what else a field may be is decided in this file alone.
    pub trait Sealed {}
}

/// A field's value, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// a whole number
    Number(i64),
    /// yes or no
    Truth(bool),
    /// printable ASCII without quotation marks and backslashes, at most 64 characters
    Text(String),
}

/// A type that a field may have.
pub trait Field: sealed::Sealed {
    /// What such a field holds, for the table of events.
    const HOLDS: &'static str;
    /// As it is written.
    fn value(&self) -> Value;
    /// A value that takes as much room as any.
    #[cfg(test)]
    fn longest() -> Self;
}

macro_rules! fields {
    ($($type:ty, $holds:literal, |$own:ident| $value:expr, $longest:expr;)*) => { $(
        impl sealed::Sealed for $type {}
        impl Field for $type {
            const HOLDS: &'static str = $holds;
            fn value(&self) -> Value { let $own = self; $value }
            #[cfg(test)]
            fn longest() -> Self { $longest }
        }
    )* };
}

fields! {
    u32, "a count", |own| Value::Number((*own).into()), u32::MAX;
    i32, "a signed count", |own| Value::Number((*own).into()), i32::MIN;
    bool, "yes or no", |own| Value::Truth(*own), false;
    Millis, "milliseconds", |own| Value::Number(own.0.into()), Millis(u32::MAX);
    Seconds, "seconds", |own| Value::Number(own.0.into()), Seconds(u32::MAX);
    KiB, "KiB", |own| Value::Number(own.0.into()), KiB(u32::MAX);
    Version, "a version", |own| Value::Text(own.text()), Version { major: 65535, minor: 65535, patch: 65535 };
    Letter, "a device's letter", |own| Value::Text(own.0.to_string()), Letter::of('R');
    FaultCode, "a fault's code", |own| Value::Text(ascii(&own.0)), FaultCode::of("R01");
    Number, "a ticket number", |own| Value::Text(own.text()), Number::of('A', u32::MAX);
    Visit, "a visit's opaque token", |own| Value::Text(hex::encode(own.0)), Visit([7; 16]);
    Session, "a session's serial number", |own| Value::Number(own.0.into()), Session(u32::MAX);
    Document, "a document's serial number", |own| Value::Number(own.0.into()), Document(u32::MAX);
    Job, "a print job's serial number", |own| Value::Number(own.0.into()), Job(u32::MAX);
    Digest, "the first 8 bytes of a SHA-256", |own| Value::Text(hex::encode(own.0)), Digest([7; 8]);
    Hash, "a hash of this chain", |own| Value::Text(hex::encode(own.0)), Hash([7; 32]);
    Word, "a word of the program's own", |own| Value::Text(own.text()), Word("wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww");
}

/// What does not fit is the most that does.
fn capped(number: impl TryInto<u32>) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(u32);

        impl $name {
            /// What is more than 32 bits hold, or less than nothing, is `u32::MAX`.
            pub fn of(number: impl TryInto<u32>) -> Self {
                Self(capped(number))
            }
        }
    )* };
}

counts! {
    /// A duration in milliseconds, up to 49 days.
    Millis;
    /// A duration in seconds.
    Seconds;
    /// An amount of bytes, in KiB.
    KiB;
    /// A session since the kiosk's program started, by its serial number.
    Session;
    /// A document in the outbox, by its serial number.
    Document;
    /// One attempt to print, by its serial number in the ledger.
    Job;
}

impl From<std::time::Duration> for Millis {
    fn from(duration: std::time::Duration) -> Self {
        Self::of(duration.as_millis())
    }
}

impl From<std::time::Duration> for Seconds {
    fn from(duration: std::time::Duration) -> Self {
        Self::of(duration.as_secs())
    }
}

/// A version of the kiosk's software.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    major: u16,
    minor: u16,
    patch: u16,
}

impl Version {
    /// Reads `1.2.3`; what follows a `-` or `+` is left out, and what is no number is 0.
    pub fn of(text: &str) -> Self {
        let numbers = text.split(['-', '+']).next().unwrap_or_default();
        let mut parts = numbers.split('.').map(|part| part.parse().unwrap_or_default());
        let mut next = || parts.next().unwrap_or_default();
        Self { major: next(), minor: next(), patch: next() }
    }

    fn text(self) -> String {
        format!("{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A device, by the letter that the codes of its faults begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter(char);

impl Letter {
    /// `A` to `Z`; all else is `?`.
    pub fn of(letter: char) -> Self {
        Self(if letter.is_ascii_uppercase() { letter } else { '?' })
    }
}

/// A fault of the catalogue, by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultCode([u8; 3]);

impl FaultCode {
    /// A capital letter and two digits; all else is `?00`, so that an event is written whatever its fault.
    pub fn of(code: &str) -> Self {
        match *code.as_bytes() {
            [letter @ b'A'..=b'Z', tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Self([letter, tens, ones]),
            _ => Self(*b"?00"),
        }
    }
}

/// A ticket number: the kiosk's letter and a count within the service day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    letter: Letter,
    count: u32,
}

impl Number {
    /// Written as on the ticket.
    pub fn of(letter: char, count: u32) -> Self {
        Self { letter: Letter::of(letter), count }
    }

    fn text(self) -> String {
        format!("{}{:03}", self.letter.0, self.count)
    }
}

/// A visit's opaque token: 16 random bytes that say nothing about the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit([u8; 16]);

impl Visit {
    /// The ledger's 32 digits of `0-9 a-f`; all else is written as 32 zeros.
    pub fn of(token: &str) -> Self {
        let mut bytes = [0; 16];
        if hex::decode_to_slice(token, &mut bytes).is_err() {
            bytes = [0; 16];
        }
        Self(bytes)
    }
}

/// The beginning of a SHA-256: enough to see that two files are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest([u8; 8]);

impl Digest {
    /// Of a whole digest.
    pub fn of(sha256: &[u8; 32]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *sha256;
        Self([a, b, c, d, e, f, g, h])
    }
}

/// The hash of a line, which the next one follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hash(pub(crate) [u8; 32]);

/// A word that stands in the program itself, such as the name of a task or a test: a string of the program's
/// text and no other. Written in lower-case letters, digits and hyphens, at most 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word(&'static str);

impl Word {
    /// What is no letter or digit is written as a hyphen, what is longer than 32 is cut off.
    pub const fn of(word: &'static str) -> Self {
        Self(word)
    }

    fn text(self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        self.0.chars().take(32).map(plain).collect()
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)* })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$of])* $variant,)* }

        impl sealed::Sealed for $name {}
        impl Field for $name {
            const HOLDS: &'static str = words!(@or $($word)*);
            fn value(&self) -> Value {
                Value::Text(match self { $(Self::$variant => $word,)* }.to_owned())
            }
            #[cfg(test)]
            fn longest() -> Self {
                let all = [$((Self::$variant, $word),)*];
                all.into_iter().max_by_key(|(_, word)| word.len()).expect("a word").0
            }
        }
    )* };
    (@or $first:literal $($word:literal)*) => { concat!($first, $(" or ", $word,)*) };
}

words! {
    /// How a session ended.
    SessionEnd {
        /// the visitor was done
        Finished = "finished",
        /// nobody touched anything for long
        LeftAlone = "left-alone",
        /// the visitor broke it off
        BrokenOff = "broken-off",
        /// the kiosk could not go on
        Trouble = "trouble",
    }
    /// Who undid a number.
    Canceller {
        /// the visitor
        Visitor = "visitor",
        /// the hall's windows
        Hall = "hall",
    }
    /// What opens the technician's door.
    Opener {
        /// a smart card with its PIN
        Card = "card",
        /// an answer of the hall's office to a challenge
        Answer = "answer",
    }
    /// Why the technician's door stays closed.
    Refused {
        /// the PIN is not the card's
        WrongPin = "wrong-pin",
        /// the card is blocked
        Blocked = "blocked",
        /// the certificate was revoked
        Revoked = "revoked",
        /// the certificate has ended, or has not begun
        Expired = "expired",
        /// the certificate is of another CA
        Stranger = "stranger",
        /// the answer does not fit the challenge
        WrongAnswer = "wrong-answer",
        /// a digit of the answer was mistyped
        Mistyped = "mistyped",
        /// nobody can be checked now
        Unable = "unable",
        /// the answer fits an earlier challenge
        OldAnswer = "old-answer",
        /// too many attempts: it waits
        TooOften = "too-often",
        /// the card does not do what is needed
        UnsuitableCard = "unsuitable-card",
    }
    /// How the technician's room was left.
    Leaving {
        /// by its own button
        ByHand = "by-hand",
        /// nobody touched anything for long
        LeftAlone = "left-alone",
        /// the card was drawn
        CardDrawn = "card-drawn",
    }
    /// Who asked for a test.
    Asker {
        /// a technician at the kiosk
        Technician = "technician",
        /// the kiosk by itself, at night
        Night = "night",
        /// a command
        Command = "command",
    }
    /// What a test came to.
    Outcome {
        /// all is well
        Passed = "passed",
        /// something is not
        Failed = "failed",
        /// it could not be done here
        Skipped = "skipped",
    }
    /// Where something was taken to.
    Taken {
        /// a USB stick
        Stick = "stick",
        /// a code on the screen
        Code = "code",
        /// the ticket printer
        Printer = "printer",
        /// a command
        Command = "command",
    }
    /// What was found wrong with the log itself.
    Damage {
        /// lines before the last that is known to have been written are changed or gone
        Lines = "lines",
        /// lines at the end are gone
        End = "end",
        /// the head file is gone or not the kiosk's
        Head = "head",
    }
}

/// Three bytes that are ASCII by construction.
fn ascii(bytes: &[u8; 3]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

impl Value {
    /// Appends it as JSON (RFC 8259). Texts hold nothing that has to be escaped.
    pub(crate) fn write_json(&self, out: &mut String) {
        // Writing into a String cannot fail.
        let _ = match self {
            Self::Number(number) => write!(out, "{number}"),
            Self::Truth(truth) => write!(out, "{truth}"),
            Self::Text(text) => write!(out, "\"{text}\""),
        };
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Truth(truth) => f.write_str(if *truth { "yes" } else { "no" }),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_capped_or_replaced() {
        let text = |field: &dyn Fn() -> Value| field().to_string();
        let table: &[(&dyn Fn() -> Value, &str)] = &[
            (&|| Millis::of(11_010_519_491_231_002_u64).value(), "4294967295"),
            (&|| Session::of(13_800_138_000_u64).value(), "4294967295"),
            (&|| Session::of(-1_i64).value(), "4294967295"),
            (&|| KiB::of(7_usize).value(), "7"),
            (&|| Version::of("1.22.3-rc.4+x").value(), "1.22.3"),
            (&|| Version::of("王.70000.").value(), "0.0.0"),
            (&|| Letter::of('P').value(), "P"),
            (&|| Letter::of('王').value(), "?"),
            (&|| FaultCode::of("P03").value(), "P03"),
            (&|| FaultCode::of("P003").value(), "?00"),
            (&|| FaultCode::of("p03").value(), "?00"),
            (&|| Number::of('A', 17).value(), "A017"),
            (&|| Visit::of("000102030405060708090a0b0c0d0e0f").value(), "000102030405060708090a0b0c0d0e0f"),
            (&|| Visit::of("11010519491231002X").value(), "00000000000000000000000000000000"),
            (&|| Digest::of(&[0xab; 32]).value(), "abababababababab"),
            (&|| Word::of("Night Test_3").value(), "night-test-3"),
            (&|| Word::of("王小明\"\\\n").value(), "------"),
            (
                &|| Word::of("0123456789012345678901234567890123456789").value(),
                "01234567890123456789012345678901",
            ),
            (&|| Millis::from(std::time::Duration::from_micros(1_999)).value(), "1"),
            (&|| Refused::OldAnswer.value(), "old-answer"),
        ];
        for (field, wanted) in table {
            assert_eq!(text(field), *wanted);
        }
    }
}
