//! Which test ticket it is: what its number and its QR code say.

use std::fmt;

/// The name of one test ticket: of which kiosk, with which number, from which moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    kiosk: String,
    number: String,
    token: u64,
}

/// What cannot stand on a test ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// The kiosk's name.
    #[error("test ticket: a kiosk's name is 1 to 24 letters, digits, '-', '_' or '.'")]
    Kiosk,
    /// The number.
    #[error("test ticket: a number is 1 to 6 digits or capitals")]
    Number,
}

impl Label {
    /// Most characters of a kiosk's name.
    pub const MOST_KIOSK: usize = 24;
    /// Most characters of a number.
    pub const MOST_NUMBER: usize = 6;

    /// `token` tells this ticket from every other of the kiosk, for instance the time in milliseconds.
    ///
    /// # Errors
    /// When the kiosk's name or the number has another length or other characters than the ticket bears.
    pub fn new(kiosk: &str, number: &str, token: u64) -> Result<Self, LabelError> {
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !(1..=Self::MOST_KIOSK).contains(&kiosk.len()) || !kiosk.chars().all(named) {
            return Err(LabelError::Kiosk);
        }
        let counted = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
        if !(1..=Self::MOST_NUMBER).contains(&number.len()) || !number.chars().all(counted) {
            return Err(LabelError::Number);
        }
        Ok(Self { kiosk: kiosk.to_owned(), number: number.to_owned(), token })
    }

    /// Reads what a QR code says; `None` when it is no test ticket's.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (mark, kiosk, number, token) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let hexadecimal = token.len() == 16 && token.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if mark != "T1" || parts.next().is_some() || !hexadecimal {
            return None;
        }
        Self::new(kiosk, number, u64::from_str_radix(token, 16).ok()?).ok()
    }

    /// Of which kiosk.
    pub fn kiosk(&self) -> &str {
        &self.kiosk
    }

    /// The number as it is printed.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// From which moment, or whatever else told this ticket from others.
    pub fn token(&self) -> u64 {
        self.token
    }
}

impl fmt::Display for Label {
    /// What the QR code says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T1/{}/{}/{:016x}", self.kiosk, self.number, self.token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_ticket_cannot_bear_is_refused() {
        let long = "k".repeat(25);
        let table = [
            ("lobby-1", "A0001", None),
            ("", "A0001", Some(LabelError::Kiosk)),
            (long.as_str(), "A0001", Some(LabelError::Kiosk)),
            ("lobby/1", "A0001", Some(LabelError::Kiosk)),
            ("lobby-1", "", Some(LabelError::Number)),
            ("lobby-1", "a0001", Some(LabelError::Number)),
            ("lobby-1", "A000001", Some(LabelError::Number)),
        ];
        for (kiosk, number, expected) in table {
            assert_eq!(Label::new(kiosk, number, 1).err(), expected, "{kiosk} {number}");
        }
    }

    proptest! {
        #[test]
        fn what_is_said_is_understood(kiosk in "[A-Za-z0-9_.-]{1,24}", number in "[0-9A-Z]{1,6}", token: u64) {
            let label = Label::new(&kiosk, &number, token).expect("within limits");
            prop_assert_eq!(Label::parse(&label.to_string()), Some(label));
        }

        #[test]
        fn whatever_is_understood_is_said_so(text in "T1/[a-z/]{0,9}/[A-Z/]{0,5}/[0-9a-fA-F/]{15,17}|.{0,80}") {
            if let Some(label) = Label::parse(&text) {
                prop_assert_eq!(label.to_string(), text);
            }
        }
    }
}
