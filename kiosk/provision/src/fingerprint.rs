//! What a kiosk is recognised by, short enough to be read aloud.

use crate::sealed::SealingKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// Crockford's base 32: no letter that is heard or read as another.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters, of 5 bits each.
const LENGTH: usize = 20;

/// The first 100 bits of SHA-256 over both public keys that a kiosk made at its first boot, as five groups of four.
///
/// 100 bits are enough: the kiosk makes its keys itself, so that somebody who wants another's keys approved in
/// their place has to find a second preimage, 2^100 pairs of keys. Whoever looks for any two that are alike (2^50)
/// only ever has two machines of his own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint([u8; LENGTH]);

/// What is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no fingerprint: 20 letters and digits in groups of four, as the kiosk shows them")]
pub struct NoFingerprint;

impl Fingerprint {
    /// Of the key for TLS (SubjectPublicKeyInfo, DER) and the key that secrets are sealed to.
    #[must_use]
    pub fn of(tls: &[u8], sealing: SealingKey) -> Self {
        let mut hash = Sha256::new_with_prefix(b"onedoor kiosk 1\0");
        // Lengths first: no two pairs of keys run together to the same bytes.
        hash.update((tls.len() as u64).to_be_bytes());
        hash.update(tls);
        hash.update(sealing.bytes());
        let digest = hash.finalize();
        let mut text = [0; LENGTH];
        for (number, letter) in text.iter_mut().enumerate() {
            let value = (0..5).fold(0, |value, bit| {
                let at = number * 5 + bit;
                value << 1 | usize::from(digest[at / 8] >> (7 - at % 8) & 1)
            });
            *letter = LETTERS[value];
        }
        Self(text)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, letter) in self.0.iter().enumerate() {
            if number > 0 && number % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*letter))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    /// As somebody types it: capitals or not, with or without hyphens and spaces, with O for 0 and I or L for 1.
    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        if text.len() > 80 {
            return Err(NoFingerprint);
        }
        let letters = text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'-').map(|b| match b {
            b'o' | b'O' => b'0',
            b'i' | b'I' | b'l' | b'L' => b'1',
            other => other.to_ascii_uppercase(),
        });
        let letters: Vec<u8> = letters.collect();
        let known = letters.iter().all(|letter| LETTERS.contains(letter));
        letters.try_into().ok().filter(|_| known).map(Self).ok_or(NoFingerprint)
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = NoFingerprint;

    fn try_from(text: String) -> Result<Self, NoFingerprint> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_is_typed() {
        let print = Fingerprint::of(b"tls", SealingKey::new([7; 32]));
        let text = print.to_string();
        assert_eq!((text.len(), text.matches('-').count()), (24, 4));
        for typed in [text.clone(), text.to_lowercase(), text.replace('-', ""), text.replace('-', "  ")] {
            assert_eq!(typed.parse(), Ok(print), "{typed}");
        }
        let read = |text: &str| text.parse::<Fingerprint>();
        assert_eq!(read("OIL0-0000-0000-0000-0000"), read("0110-0000-0000-0000-0000"));
        for wrong in ["", "A", "U000-0000-0000-0000-0000", "0000-0000-0000-0000-0000-0", "字"] {
            assert_eq!(read(wrong), Err(NoFingerprint), "{wrong}");
        }
    }

    #[test]
    fn each_key_counts() {
        let print = |tls: &[u8], sealing| Fingerprint::of(tls, SealingKey::new(sealing));
        assert_ne!(print(b"a", [7; 32]), print(b"b", [7; 32]));
        assert_ne!(print(b"a", [7; 32]), print(b"a", [8; 32]));
    }
}
