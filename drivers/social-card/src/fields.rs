//! Values as the card pads and codes them.
//!
//! Numeric values (CN) are two digits a byte, left-aligned and filled up with F; texts (AN) are filled
//! up with 00 or spaces. Cards mix the two fillings, and leave fields blank: both are let pass.

use encoding_rs::GBK;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::redacted;

/// The longest value there is, in bytes.
const MAX_BYTES: usize = 32;

/// A name, decoded and as it was.
///
/// The card holds GBK, and rare characters as GB 18030 has them. What neither knows becomes U+FFFD in
/// the decoded text and is no error, for the holder's name is what the card says.
#[derive(PartialEq, Eq)]
pub struct Name {
    raw: Zeroizing<Vec<u8>>,
    decoded: Zeroizing<String>,
}

/// A code or number on the card, as its digits or characters, without padding.
#[derive(PartialEq, Eq)]
pub struct Code {
    characters: Zeroizing<String>,
}

/// Sex (GB/T 2261.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// 0: unknown.
    Unknown,
    /// 1: male.
    Male,
    /// 2: female.
    Female,
    /// 9: not stated.
    NotStated,
}

/// An ethnic group by its number (GB/T 3304).
#[derive(PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct EthnicGroup {
    code: u8,
}

redacted!(Name, Code, Sex, EthnicGroup);

impl Name {
    /// Decodes a name; `None` if nothing is there, or control characters are.
    pub(crate) fn from_value(value: &[u8]) -> Option<Self> {
        let raw = Zeroizing::new(value.get(..MAX_BYTES).unwrap_or(value).to_vec());
        let text = unpadded(&raw);
        // WHATWG's GBK decodes all of GB 18030.
        let mut decoder = GBK.new_decoder_without_bom_handling();
        let room = decoder.max_utf8_buffer_length(text.len())?;
        // Room for all at once: a string that grows would leave copies of itself behind.
        let mut decoded = Zeroizing::new(String::with_capacity(room));
        let _ = decoder.decode_to_string(text, &mut decoded, true);
        let kept = decoded.trim_end_matches([' ', '\0', '\u{3000}']).len();
        decoded.truncate(kept);
        let readable = !decoded.is_empty() && !decoded.chars().any(char::is_control);
        readable.then_some(Self { raw, decoded })
    }

    /// The decoded name without its padding.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.decoded
    }

    /// The bytes as they are on the card, padding included.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }
}

impl Code {
    /// A numeric value's digits; `None` if blank or if there are letters among them.
    pub(crate) fn from_digits(value: &[u8]) -> Option<Self> {
        let code = Self::from_nibbles(value)?;
        code.characters.bytes().all(|b| b.is_ascii_digit()).then_some(code)
    }

    /// A binary code's hexadecimal digits; `None` if blank.
    pub(crate) fn from_nibbles(value: &[u8]) -> Option<Self> {
        let mut characters = Zeroizing::new(String::with_capacity(2 * value.len()));
        for nibble in value.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]) {
            characters.extend(char::from_digit(u32::from(nibble), 16).map(|c| c.to_ascii_uppercase()));
        }
        let kept = characters.trim_end_matches('F').len();
        characters.truncate(kept);
        (!is_blank(value)).then_some(Self { characters })
    }

    /// A text's characters; `None` if blank or not printable ASCII.
    pub(crate) fn from_text(value: &[u8]) -> Option<Self> {
        let text = unpadded(value);
        let printable = !text.is_empty() && text.iter().all(|b| (b' '..=b'~').contains(b));
        let mut characters = Zeroizing::new(String::with_capacity(text.len()));
        characters.extend(text.iter().copied().map(char::from));
        printable.then_some(Self { characters })
    }

    /// The digits or characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.characters
    }

    pub(crate) fn into_characters(self) -> Zeroizing<String> {
        self.characters
    }
}

impl Sex {
    /// A digit, in whichever of the three ways that cards have: 1F (numeric), 01 (binary) or 31 (text).
    pub(crate) fn from_value(value: &[u8]) -> Option<Self> {
        let [byte] = *value else { return None };
        match byte {
            0x00 | 0x0F | b'0' => Some(Self::Unknown),
            0x01 | 0x1F | b'1' => Some(Self::Male),
            0x02 | 0x2F | b'2' => Some(Self::Female),
            0x09 | 0x9F | b'9' => Some(Self::NotStated),
            _ => None,
        }
    }
}

impl EthnicGroup {
    /// Two digits: 01 to 56, 97 (others) or 98 (naturalised).
    pub(crate) fn from_value(value: &[u8]) -> Option<Self> {
        let [byte] = *value else { return None };
        let (tens, ones) = (byte >> 4, byte & 0x0F);
        let code = tens.checked_mul(10)?.checked_add(ones)?;
        (tens <= 9 && ones <= 9 && matches!(code, 1..=56 | 97 | 98)).then_some(Self { code })
    }

    /// The number: 1 is Han.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.code
    }
}

/// Whether a field holds nothing but padding.
pub(crate) fn is_blank(value: &[u8]) -> bool {
    [0xFF, 0x00, b' '].iter().any(|padding| value.iter().all(|byte| byte == padding))
}

fn unpadded(value: &[u8]) -> &[u8] {
    let kept = value.iter().rposition(|byte| !matches!(byte, 0x00 | b' ' | 0xFF));
    kept.and_then(|last| value.get(..=last)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_decoded_without_their_padding() {
        let cases: [(&[u8], &str); 8] = [
            (&[0xD5, 0xC5, 0xC8, 0xFD, 0x20, 0x20], "张三"),
            (&[0xD5, 0xC5, 0xC8, 0xFD, 0x00, 0x00], "张三"),
            (&[0xD5, 0xC5, 0xC8, 0xFD, 0xFF, 0xFF], "张三"),
            // a middle dot, and spaces of full width
            (&[0xB0, 0xA2, 0xA1, 0xA4, 0xB2, 0xB7, 0xA1, 0xA1], "阿·卜"),
            (b"A B", "A B"),
            // 𠮷, four bytes of GB 18030
            (&[0x95, 0x34, 0xB2, 0x35], "\u{20BB7}"),
            // half a character at the end
            (&[0xD5, 0xC5, 0xC8], "张\u{FFFD}"),
            (&[0xD5, 0xC5, 0xC8, 0x20], "张\u{FFFD}"),
        ];
        for (raw, decoded) in cases {
            let name = Name::from_value(raw).unwrap_or_else(|| panic!("{decoded}"));
            assert_eq!(name.as_str(), decoded);
            assert_eq!(name.raw(), raw);
        }
        for none in [&b"    "[..], &[0; 30], &[0xFF; 30], &[], b"a\nb", &[0xA1, 0xA1]] {
            assert!(Name::from_value(none).is_none(), "{none:02X?}");
        }
    }

    #[test]
    fn codes_lose_their_padding_alone() {
        let digits = |value: &[u8]| Code::from_digits(value).map(|code| code.as_str().to_owned());
        assert_eq!(digits(&[0x31, 0x01, 0x14]).as_deref(), Some("310114"));
        assert_eq!(digits(&[0x31, 0x01, 0xFF]).as_deref(), Some("3101"));
        assert_eq!(digits(&[0x31, 0x1F, 0xFF]).as_deref(), Some("311"));
        for none in [&[0x3A][..], &[0xF1], &[0xFF, 0xFF], &[0x00, 0x00], b"  ", &[]] {
            assert_eq!(digits(none), None, "{none:02X?}");
        }
        let nibbles = |value: &[u8]| Code::from_nibbles(value).map(|code| code.as_str().to_owned());
        assert_eq!(nibbles(&[0xD1, 0x56, 0x0F]).as_deref(), Some("D1560"));
        let text = |value: &[u8]| Code::from_text(value).map(|code| code.as_str().to_owned());
        assert_eq!(text(b"A1234567X").as_deref(), Some("A1234567X"));
        assert_eq!(text(b"2.00").as_deref(), Some("2.00"));
        assert_eq!(text(b"A1\0\0\0 ").as_deref(), Some("A1"));
        assert_eq!((text(b"   "), text(b"a\tb"), text(&[0xD5, 0xC5])), (None, None, None));
    }

    #[test]
    fn sex_comes_in_three_codings() {
        for (bytes, sex) in [
            ([0x00, 0x0F, 0x30], Sex::Unknown),
            ([0x01, 0x1F, 0x31], Sex::Male),
            ([0x02, 0x2F, 0x32], Sex::Female),
            ([0x09, 0x9F, 0x39], Sex::NotStated),
        ] {
            for byte in bytes {
                assert!(Sex::from_value(&[byte]) == Some(sex), "{byte:02X}");
            }
        }
        assert!(Sex::from_value(&[0x03]).is_none() && Sex::from_value(&[]).is_none());
    }

    #[test]
    fn ethnic_groups_are_two_digits() {
        for (byte, code) in [(0x01, Some(1)), (0x56, Some(56)), (0x97, Some(97)), (0x98, Some(98))] {
            assert_eq!(EthnicGroup::from_value(&[byte]).map(|group| group.code()), code);
        }
        for byte in [0x00, 0x57, 0x0A, 0xA0, 0x99, 0xFF] {
            assert!(EthnicGroup::from_value(&[byte]).is_none(), "{byte:02X}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Name::from_value(b"Zhang San")), "Some(Name(redacted))");
        assert_eq!(format!("{:?}", Code::from_text(b"A1")), "Some(Code(redacted))");
        assert_eq!(format!("{:?}", Sex::Male), "Sex(redacted)");
        assert_eq!(format!("{:?}", EthnicGroup::from_value(&[1])), "Some(EthnicGroup(redacted))");
    }

    proptest! {
        #[test]
        fn any_value_is_decoded_without_growing(value in vec(any::<u8>(), 0..80)) {
            if let Some(name) = Name::from_value(&value) {
                let room = GBK.new_decoder().max_utf8_buffer_length(MAX_BYTES);
                prop_assert!(Some(name.decoded.capacity()) <= room);
            }
            let _ = (Code::from_text(&value), Code::from_digits(&value), Sex::from_value(&value));
        }
    }
}
