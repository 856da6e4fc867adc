//! The numbers that identify a bearer.

use zeroize::Zeroizing;

use crate::redacted;

/// Weights of the first 17 digits (GB 11643, after ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// Check characters by the weighted sum modulo 11.
const CHECK: [u8; 11] = *b"10X98765432";

/// An 18-character number whose check character is right (GB 11643).
///
/// Citizens have one, and so do the residence permits for residents of Hong Kong, Macao and Taiwan
/// and the foreigners' permanent residence cards of 2023.
#[derive(PartialEq, Eq)]
pub struct IdNumber {
    characters: Zeroizing<String>,
}

/// A foreigner's permanent residence number of 2017: three letters and twelve digits.
#[derive(PartialEq, Eq)]
pub struct PermitNumber {
    characters: Zeroizing<String>,
}

redacted!(IdNumber, PermitNumber);

/// Why something is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// Not the right count of digits, or something else among them.
    #[error("not 17 digits and a check character")]
    Shape,
    /// The check character contradicts the digits: something was misread or mistyped.
    #[error("the check character is wrong")]
    CheckCharacter,
}

impl IdNumber {
    /// A number as machines write it, with an upper-case X.
    ///
    /// # Errors
    /// [`NumberFault`] says whether the shape or the check character is wrong.
    pub fn parse(text: &str) -> Result<Self, NumberFault> {
        Self::checked(Zeroizing::new(text.to_owned()))
    }

    /// A number as people type it: spaces around it and a lower-case x are let pass.
    ///
    /// # Errors
    /// [`NumberFault`] says whether the shape or the check character is wrong.
    pub fn from_typed(text: &str) -> Result<Self, NumberFault> {
        let mut characters = Zeroizing::new(text.trim().to_owned());
        characters.make_ascii_uppercase();
        Self::checked(characters)
    }

    pub(crate) fn checked(characters: Zeroizing<String>) -> Result<Self, NumberFault> {
        let bytes: &[u8; 18] = characters.as_bytes().try_into().map_err(|_| NumberFault::Shape)?;
        let [digits @ .., check] = bytes;
        if !digits.iter().all(u8::is_ascii_digit) || !CHECK.contains(check) {
            return Err(NumberFault::Shape);
        }
        if check_character(digits) == Some(*check) {
            Ok(Self { characters })
        } else {
            Err(NumberFault::CheckCharacter)
        }
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.characters
    }
}

/// The check character that belongs to 17 digits.
pub(crate) fn check_character(digits: &[u8]) -> Option<u8> {
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| u32::from(d & 0x0F) * w).sum();
    usize::try_from(sum % 11).ok().and_then(|at| CHECK.get(at)).copied()
}

impl PermitNumber {
    pub(crate) fn checked(characters: Zeroizing<String>) -> Option<Self> {
        let (letters, digits) = characters.as_bytes().split_at_checked(3)?;
        let right = digits.len() == 12
            && letters.iter().all(u8::is_ascii_uppercase)
            && digits.iter().all(u8::is_ascii_digit);
        right.then_some(Self { characters })
    }

    /// The 15 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.characters
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_standards_examples_are_right() {
        for number in ["11010519491231002X", "440524188001010014"] {
            assert_eq!(IdNumber::parse(number).unwrap().as_str(), number);
        }
    }

    #[test]
    fn wrong_numbers_say_what_is_wrong() {
        use NumberFault::{CheckCharacter, Shape};
        for (text, fault) in [
            ("", Shape),
            ("1101051949123100", Shape),
            ("11010519491231002X0", Shape),
            ("11010519491231002x", Shape),
            ("1101051949123100X2", Shape),
            ("11010519491231002 ", Shape),
            ("１1010519491231002", Shape),
            ("110105194912310021", CheckCharacter),
            ("11010519491231012X", CheckCharacter),
            ("440524188001010015", CheckCharacter),
        ] {
            assert_eq!(IdNumber::parse(text).unwrap_err(), fault, "{text}");
        }
    }

    #[test]
    fn typed_numbers_may_be_lower_case_and_stand_between_spaces() {
        let typed = IdNumber::from_typed(" 11010519491231002x ").unwrap();
        assert_eq!(typed.as_str(), "11010519491231002X");
        assert!(IdNumber::from_typed("110105 19491231002X").is_err());
    }

    #[test]
    fn permit_numbers_have_letters_and_digits() {
        let permit = |text: &str| PermitNumber::checked(Zeroizing::new(text.to_owned()));
        assert_eq!(permit("USA110081010501").unwrap().as_str(), "USA110081010501");
        for wrong in ["", "US", "usa110081010501", "USA11008101050", "USA1100810105011", "USÄ11008101050"] {
            assert!(permit(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let number = IdNumber::parse("11010519491231002X").unwrap();
        assert_eq!(format!("{number:?}"), "IdNumber(redacted)");
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".{0,24}") {
            let _ = IdNumber::parse(&text);
            let _ = IdNumber::from_typed(&text);
        }

        #[test]
        fn one_wrong_digit_is_always_noticed(at in 0..17_usize, by in 1..10_u8) {
            let mut digits = b"11010519491231002X".to_vec();
            digits[at] = (digits[at] - b'0' + by) % 10 + b'0';
            let text = String::from_utf8(digits).unwrap();
            prop_assert_eq!(IdNumber::parse(&text).unwrap_err(), NumberFault::CheckCharacter);
        }
    }
}
