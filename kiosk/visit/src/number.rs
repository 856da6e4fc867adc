//! Ticket numbers: the kiosk's letter and a count within the service day ("A017").

use std::fmt;

/// The letter that tells the numbers of one kiosk from those of its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(try_from = "char")]
pub struct Letter(char);

impl TryFrom<char> for Letter {
    type Error = &'static str;

    fn try_from(c: char) -> Result<Self, Self::Error> {
        Self::new(c).ok_or("a kiosk's letter is one capital letter, A to Z")
    }
}

impl Letter {
    /// Accepts one of `A`…`Z`.
    pub fn new(c: char) -> Option<Self> {
        c.is_ascii_uppercase().then_some(Self(c))
    }
}

impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One queue number, unique in a hall within a service day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketNumber {
    /// the kiosk's letter
    pub letter: Letter,
    /// 1, 2, 3 … within the day
    pub count: u32,
}

impl TicketNumber {
    /// Reads what [`fmt::Display`] writes: a letter and at least three digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        let letter = Letter::new(chars.next()?)?;
        let digits = chars.as_str();
        if !(3..=6).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number = Self { letter, count: digits.parse().ok()? };
        (number.count > 0 && number.to_string() == text).then_some(number)
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:03}", self.letter, self.count)
    }
}

/// Where a number is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberLife {
    /// given out, not yet called
    Waiting,
    /// called to a window
    Called,
    /// done at the window
    Served,
    /// called, and nobody came (过号)
    NoShow,
    /// given back by the visitor
    Cancelled,
    /// the service day ended before it was called
    Expired,
}

impl NumberLife {
    /// Whether the visit behind such a number goes on: the same person then gets the same number.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Called)
    }
}

/// What the windows report of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowEvent {
    /// called to a window
    Called,
    /// done
    Served,
    /// nobody came
    NoShow,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for (text, good) in [
            ("A001", true),
            ("B999", true),
            ("A1000", true),
            ("A000", false),
            ("A17", false),
            ("a017", false),
            ("A0017", false),
            ("", false),
            ("号017", false),
            ("A99999999999", false),
        ] {
            assert_eq!(TicketNumber::parse(text).map(|n| n.to_string()).as_deref(), good.then_some(text));
        }
    }
}
