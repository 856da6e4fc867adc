//! The unified social credit code (统一社会信用代码, GB 32100-2015).

use zeroize::Zeroizing;

/// The characters of a code: digits and capitals without I, O, S, V and Z (GB 32100-2015, table A.1).
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Bytes of a code.
const LENGTH: usize = 18;

/// A unified social credit code whose check character is right. Wiped when dropped.
///
/// 18 characters: registering department, category, six digits of the administrative division, nine
/// characters of the organisation, check character.
#[derive(Clone, PartialEq, Eq)]
pub struct Uscc(Zeroizing<String>);

/// Why a text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsccFault {
    /// Not 18 of the characters that a code is made of, digits where digits belong.
    #[error("it has not the form of a unified social credit code")]
    Form,
    /// The last character is not the one that follows from the others.
    #[error("the check character of the unified social credit code is wrong")]
    CheckCharacter,
}

impl Uscc {
    /// Checks a code's form and check character.
    ///
    /// # Errors
    /// [`UsccFault`].
    pub fn parse(text: &str) -> Result<Self, UsccFault> {
        let mut sum = 0;
        let mut weight = 1;
        let mut last = None;
        for (index, byte) in text.bytes().enumerate() {
            let value = ALPHABET.iter().position(|known| *known == byte).ok_or(UsccFault::Form)?;
            let division = (2..8).contains(&index);
            if index >= LENGTH || (division && !byte.is_ascii_digit()) {
                return Err(UsccFault::Form);
            }
            if index == LENGTH - 1 {
                last = Some(value);
            } else {
                sum += value * weight;
                weight = weight * 3 % ALPHABET.len();
            }
        }
        let expected = (ALPHABET.len() - sum % ALPHABET.len()) % ALPHABET.len();
        match last {
            None => Err(UsccFault::Form),
            Some(value) if value != expected => Err(UsccFault::CheckCharacter),
            Some(_) => Ok(Self(Zeroizing::new(text.to_owned()))),
        }
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Uscc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Uscc(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_checked() {
        // The standard's own example, and invented ones.
        for good in ["91350100M000100Y43", "91310114MA1GAMP1XF", "92310114MA1DEMQ2LE"] {
            assert_eq!(Uscc::parse(good).as_ref().map(Uscc::as_str), Ok(good));
        }
        for (bad, fault) in [
            ("91350100M000100Y44", UsccFault::CheckCharacter),
            ("91350100M000100Y4", UsccFault::Form),
            ("91350100M000100Y430", UsccFault::Form),
            ("", UsccFault::Form),
            ("91350100m000100y43", UsccFault::Form),
            ("9135010OM000100Y43", UsccFault::Form),
            ("91A50100M000100Y43", UsccFault::Form),
            ("91350100M000100Y4三", UsccFault::Form),
        ] {
            assert_eq!(Uscc::parse(bad), Err(fault), "{bad}");
        }
        let code = Uscc::parse("91350100M000100Y43").unwrap();
        assert_eq!(format!("{code:?}"), "Uscc(redacted)");
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_always_noticed(at in 0_usize..18, with in 0_usize..31) {
            let mut code = b"91350100M000100Y43".to_vec();
            let with = ALPHABET[with];
            let changed = code[at] != with;
            code[at] = with;
            let parsed = Uscc::parse(std::str::from_utf8(&code).unwrap());
            prop_assert_eq!(parsed.is_err(), changed);
        }

        #[test]
        fn any_text_is_survived(text in ".{0,30}") {
            let _ = Uscc::parse(&text);
        }
    }
}
