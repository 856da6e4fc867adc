//! The office's key, and what each kiosk is given of it.
//!
//! The office keeps one key. A kiosk gets one made from it and the kiosk's name, so that whoever carries
//! a kiosk away can answer that kiosk's challenges and no other's.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Code, Question};

/// Length of the office's key and of a kiosk's, in bytes.
pub const KEY_LENGTH: usize = 32;

/// What each hash begins with, so that no other use of a key gives the same one.
const OF_A_KIOSK: &[u8] = b"onedoor/entry/kiosk/1";
const OF_AN_ANSWER: &[u8] = b"onedoor/entry/answer/1";

/// A kiosk's name, as its configuration has it: 1 to 40 letters, digits or hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KioskName(String);

/// A text is no kiosk's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a kiosk's name has 1 to 40 letters, digits or hyphens")]
pub struct WrongName;

impl FromStr for KioskName {
    type Err = WrongName;

    fn from_str(text: &str) -> Result<Self, WrongName> {
        let fits = (1..=40).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        fits.then(|| Self(text.to_owned())).ok_or(WrongName)
    }
}

impl KioskName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KioskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key that the hall's office keeps, and no kiosk. Wiped when dropped.
pub struct OfficeKey(Zeroizing<[u8; KEY_LENGTH]>);

/// The key that one kiosk keeps. Wiped when dropped.
pub struct KioskKey(Zeroizing<[u8; KEY_LENGTH]>);

impl OfficeKey {
    /// The key with these bytes, which must be of pure chance.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<[u8; KEY_LENGTH]>) -> Self {
        Self(bytes)
    }

    /// The key of the kiosk with this name: HMAC-SHA-256 (RFC 2104) of the name under the office's key.
    #[must_use]
    pub fn of_kiosk(&self, name: &KioskName) -> KioskKey {
        KioskKey(hash(&self.0, &[OF_A_KIOSK, name.as_str().as_bytes()]))
    }
}

impl KioskKey {
    /// The key with these bytes, which the office's tool wrote for this kiosk.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<[u8; KEY_LENGTH]>) -> Self {
        Self(bytes)
    }

    /// The bytes to be kept on the kiosk.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_LENGTH] {
        &self.0
    }

    /// The code that answers a question: HMAC-SHA-256 of its counter and its chance under the kiosk's
    /// key, so also of the kiosk's name, cut down to thirteen digits.
    #[must_use]
    pub fn code(&self, question: &Question) -> Code {
        let counter = question.counter().to_be_bytes();
        let chance = question.chance().to_be_bytes();
        let whole = hash(&self.0, &[OF_AN_ANSWER, &counter, &chance]);
        let front = whole.iter().take(16).fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
        Code::of(front)
    }
}

/// HMAC-SHA-256 of these parts in a row. All but the last have a fixed length in each use.
fn hash(key: &[u8; KEY_LENGTH], parts: &[&[u8]]) -> Zeroizing<[u8; KEY_LENGTH]> {
    // RFC 2104 pads a key to the block of the hash (64 bytes for SHA-256) with zeros.
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&(*block).into());
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

impl fmt::Debug for OfficeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfficeKey(hidden)")
    }
}

impl fmt::Debug for KioskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KioskKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office() -> OfficeKey {
        OfficeKey::from_bytes(Zeroizing::new([7; KEY_LENGTH]))
    }

    #[test]
    fn names_are_those_of_the_configuration() {
        for (text, fits) in [
            ("jiading-lobby-1", true),
            ("A", true),
            (&"a".repeat(40), true),
            (&"a".repeat(41), false),
            ("", false),
            ("a b", false),
            ("嘉定", false),
            ("a\n", false),
        ] {
            assert_eq!(text.parse::<KioskName>().is_ok(), fits, "{text:?}");
        }
    }

    #[test]
    fn each_kiosk_has_a_key_of_its_own_and_each_question_a_code() {
        let name = |text: &str| text.parse::<KioskName>().unwrap();
        let one = office().of_kiosk(&name("lobby-1"));
        assert_eq!(one.as_bytes(), office().of_kiosk(&name("lobby-1")).as_bytes());
        assert_ne!(one.as_bytes(), office().of_kiosk(&name("lobby-2")).as_bytes());
        let code = one.code(&Question::new(1, 2));
        // As Python's hmac and hashlib have it.
        assert_eq!(code.to_string(), "708 638 339 778 723");
        assert!(code == one.code(&Question::new(1, 2)));
        for (key, question) in [
            (&one, Question::new(2, 2)),
            (&one, Question::new(1, 3)),
            (&office().of_kiosk(&name("lobby-2")), Question::new(1, 2)),
        ] {
            assert!(code != key.code(&question), "{question}");
        }
    }

    #[test]
    fn keys_are_not_shown() {
        let name = "lobby-1".parse().unwrap();
        assert_eq!(
            format!("{:?} {:?}", office(), office().of_kiosk(&name)),
            "OfficeKey(hidden) KioskKey(hidden)"
        );
    }
}
