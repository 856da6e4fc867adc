//! The PIN, as it is typed.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

/// Bytes of a PIN as the card takes it, the rest filled with FF (SP 800-73-4 part 2, 2.4.3).
const LENGTH: usize = 8;

/// A PIN of six to eight digits. Wiped when dropped, redacted in `Debug`.
pub struct Pin(Zeroizing<[u8; LENGTH]>);

/// What was typed can be no PIN: the card need not be asked, and no try is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a PIN has six to eight digits")]
pub struct PinError;

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(typed: &str) -> Result<Self, PinError> {
        if !(6..=LENGTH).contains(&typed.len()) || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PinError);
        }
        let mut padded = Zeroizing::new([0xFF; LENGTH]);
        padded.iter_mut().zip(typed.bytes()).for_each(|(place, digit)| *place = digit);
        Ok(Self(padded))
    }
}

impl Pin {
    pub(crate) fn padded(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// The PIN that stands for every other in recordings: 000000.
    pub(crate) fn of_nobody() -> Self {
        Self(Zeroizing::new(*b"000000\xFF\xFF"))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_has_six_to_eight_digits() {
        for (typed, padded) in [
            ("123456", Some(*b"123456\xFF\xFF")),
            ("12345678", Some(*b"12345678")),
            ("12345", None),
            ("123456789", None),
            ("12345a", None),
            ("一二", None),
            ("", None),
        ] {
            assert_eq!(typed.parse::<Pin>().ok().map(|pin| *pin.padded()), padded, "{typed}");
        }
        assert_eq!(format!("{:?}", Pin::of_nobody()), "Pin(redacted)");
    }
}
