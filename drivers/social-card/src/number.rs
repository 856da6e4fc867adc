//! The citizen number, which is the social-security number.

use zeroize::Zeroizing;

use crate::redacted;

/// Weights of the first 17 digits (GB 11643, after ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// Check characters by the weighted sum modulo 11.
const CHECK: [u8; 11] = *b"10X98765432";

/// An 18-character number whose check character is right (GB 11643).
#[derive(PartialEq, Eq)]
pub struct CitizenNumber {
    characters: Zeroizing<String>,
}

redacted!(CitizenNumber);

/// Why something is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// Not the right count of digits, or something else among them.
    #[error("not 17 digits and a check character")]
    Shape,
    /// The check character contradicts the digits.
    #[error("the check character is wrong")]
    CheckCharacter,
}

impl CitizenNumber {
    /// A number as cards hold it, with an upper-case X.
    ///
    /// # Errors
    /// [`NumberFault`] says whether the shape or the check character is wrong.
    pub(crate) fn from_value(value: &[u8]) -> Result<Self, NumberFault> {
        let bytes: &[u8; 18] = value.try_into().map_err(|_| NumberFault::Shape)?;
        let [digits @ .., check] = bytes;
        if !CHECK.contains(check) {
            return Err(NumberFault::Shape);
        }
        if check_character(digits).ok_or(NumberFault::Shape)? != *check {
            return Err(NumberFault::CheckCharacter);
        }
        // Room for all at once: a string that grows would leave copies of itself behind.
        let mut characters = Zeroizing::new(String::with_capacity(bytes.len()));
        characters.extend(bytes.iter().copied().map(char::from));
        Ok(Self { characters })
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.characters
    }
}

/// The check character of 17 digits; `None` if there is something else among them.
pub(crate) fn check_character(digits: &[u8; 17]) -> Option<u8> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| u32::from(d & 0x0F) * w).sum();
    CHECK.get(usize::try_from(sum % 11).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_examples_are_right() {
        for number in ["11010519491231002X", "440524188001010014"] {
            assert_eq!(CitizenNumber::from_value(number.as_bytes()).unwrap().as_str(), number);
        }
    }

    #[test]
    fn every_single_wrong_digit_is_noticed() {
        let right = *b"11010519491231002X";
        for at in 0..17 {
            for digit in b'0'..=b'9' {
                let mut wrong = right;
                wrong[at] = digit;
                if wrong != right {
                    assert_eq!(CitizenNumber::from_value(&wrong), Err(NumberFault::CheckCharacter));
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_is_told_apart() {
        for (text, fault) in [
            (&b""[..], NumberFault::Shape),
            (b"11010519491231002", NumberFault::Shape),
            (b"11010519491231002x", NumberFault::Shape),
            (b"1101051949123100 X", NumberFault::Shape),
            (b"A1010519491231002X", NumberFault::Shape),
            (b"110105194912310021", NumberFault::CheckCharacter),
            (&[0xFF; 18], NumberFault::Shape),
        ] {
            assert_eq!(CitizenNumber::from_value(text).unwrap_err(), fault);
        }
    }
}
