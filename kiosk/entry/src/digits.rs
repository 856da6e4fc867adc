//! Numbers that people read to each other and type: digits in groups, the last two of them check digits.
//!
//! The check is ISO/IEC 7064 MOD 97-10, as on bank accounts. It finds every single wrong digit, every
//! two neighbours that changed places, and all but about one in a hundred of any other slips.

/// What was typed cannot be what was meant: a slip of ear or finger, which reveals and costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mistyped {
    /// Something else than digits, blanks and hyphens.
    #[error("only digits are wanted")]
    NotDigits,
    /// Too few digits or too many.
    #[error("there are {0} digits, which are too few or too many")]
    Length(usize),
    /// The check digits do not fit the others.
    #[error("a digit is wrong, or two have changed places")]
    CheckDigits,
}

/// More characters than this are not looked at.
const LONGEST: usize = 128;

/// Puts the two check digits behind `digits` and a blank after each `group`.
pub(crate) fn written(digits: &str, group: usize) -> String {
    let check = 98 - remainder(digits.bytes().chain(*b"00"));
    let mut text = String::with_capacity(2 * digits.len());
    for (at, digit) in digits.chars().chain(format!("{check:02}").chars()).enumerate() {
        if at > 0 && at % group == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// The digits of `text` without blanks, hyphens and the two check digits, which fit.
pub(crate) fn read(text: &str) -> Result<String, Mistyped> {
    if text.len() > LONGEST {
        return Err(Mistyped::Length(text.len()));
    }
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Mistyped::NotDigits);
    }
    let Some(split) = digits.len().checked_sub(2).filter(|before| *before > 0) else {
        return Err(Mistyped::Length(digits.len()));
    };
    if remainder(digits.bytes()) != 1 {
        return Err(Mistyped::CheckDigits);
    }
    Ok(digits.chars().take(split).collect())
}

/// The number that these ASCII digits are, modulo 97.
fn remainder(digits: impl Iterator<Item = u8>) -> u32 {
    digits.fold(0, |sum, digit| (sum * 10 + u32::from(digit.wrapping_sub(b'0'))) % 97)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_standard_s_example_is_right() {
        // ISO/IEC 7064: 794 has the check digits 44.
        assert_eq!(written("794", 4), "7944 4");
        assert_eq!(read("7944 4"), Ok("794".to_owned()));
        assert_eq!(read(" 7-9-4-4-4\n"), Ok("794".to_owned()));
    }

    #[test]
    fn slips_are_told_apart() {
        for (text, slip) in [
            ("", Mistyped::Length(0)),
            ("44", Mistyped::Length(2)),
            ("7944o", Mistyped::NotDigits),
            ("794４4", Mistyped::NotDigits),
            ("79445", Mistyped::CheckDigits),
            ("97444", Mistyped::CheckDigits),
        ] {
            assert_eq!(read(text), Err(slip), "{text}");
        }
        assert_eq!(read(&"1".repeat(129)), Err(Mistyped::Length(129)));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(digits in "[0-9]{1,30}", group in 1usize..6) {
            prop_assert_eq!(read(&written(&digits, group)), Ok(digits));
        }

        #[test]
        fn a_wrong_digit_and_two_that_changed_places_are_found(
            digits in "[0-9]{1,30}", at in any::<prop::sample::Index>(), by in 1u8..10,
        ) {
            let right = written(&digits, 99).into_bytes();
            let at = at.index(right.len());
            let mut wrong = right.clone();
            wrong[at] = (wrong[at] - b'0' + by) % 10 + b'0';
            prop_assert_eq!(read(std::str::from_utf8(&wrong).unwrap()), Err(Mistyped::CheckDigits));
            let mut changed = right.clone();
            changed.swap(at, (at + 1).min(right.len() - 1));
            if changed != right {
                prop_assert_eq!(read(std::str::from_utf8(&changed).unwrap()), Err(Mistyped::CheckDigits));
            }
        }

        #[test]
        fn anything_may_be_typed(text in ".{0,150}") {
            let _ = read(&text);
        }
    }
}
