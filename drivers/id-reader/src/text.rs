//! Text as cards hold it: UCS-2, little-endian, padded with spaces.

use zeroize::Zeroizing;

use crate::redacted;

/// The longest field there is in any record, in characters: a bound for what is kept.
const MAX_CHARACTERS: usize = 128;

/// A field of text from a card, decoded and as it was.
///
/// Names can hold characters that no charset but the card's knows: private-use code points stay in
/// the decoded text as they are, and an unpaired surrogate becomes U+FFFD there. Neither is an
/// error, for the bearer's name is what the card says; the bytes of the field are kept beside it.
pub struct Text {
    raw: Zeroizing<Vec<u8>>,
    decoded: Zeroizing<String>,
}

redacted!(Text);

impl Text {
    /// Decodes a field. What a record cannot hold (more than 128 characters) is left off.
    pub(crate) fn from_ucs2(field: &[u8]) -> Self {
        let field = field.get(..2 * MAX_CHARACTERS).unwrap_or(field);
        // Room for the longest encoding at once (3 bytes of UTF-8 for each unit of 2): a string
        // that grows would leave copies of itself behind.
        let mut decoded = Zeroizing::new(String::with_capacity(field.len() / 2 * 3));
        decoded.extend(char::decode_utf16(units(field)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        let kept = decoded.trim_end_matches([' ', '\0', '\u{3000}']).len();
        decoded.truncate(kept);
        Self { raw: Zeroizing::new(field.to_vec()), decoded }
    }

    /// The decoded text without its padding.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.decoded
    }

    /// The field's bytes as they are on the card, UCS-2LE, padding included.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Whether the field holds nothing but padding.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.decoded.is_empty()
    }
}

/// A field that may hold only printable ASCII, without its padding; `None` for anything else.
pub(crate) fn ascii(field: &[u8]) -> Option<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(field.len() / 2));
    for unit in units(field) {
        let byte = u8::try_from(unit).ok().filter(|b| (b' '..=b'~').contains(b))?;
        text.push(char::from(byte));
    }
    let kept = text.trim_end_matches(' ').len();
    text.truncate(kept);
    Some(text)
}

/// Whether a field holds nothing but padding.
pub(crate) fn is_blank(field: &[u8]) -> bool {
    units(field).all(|unit| matches!(unit, 0x0020 | 0x0000 | 0x3000))
}

/// The units of a field, two bytes each.
pub(crate) fn units(field: &[u8]) -> impl Iterator<Item = u16> {
    field.chunks_exact(2).map(|pair| match *pair {
        [lo, hi] => u16::from_le_bytes([lo, hi]),
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn ucs2(units: &[u16]) -> Vec<u8> {
        units.iter().flat_map(|u| u.to_le_bytes()).collect()
    }

    #[test]
    fn padding_goes_and_everything_else_stays() {
        let cases: [(&[u16], &str); 8] = [
            (&[0x5F20, 0x4E09, 0x20, 0x20], "张三"),
            (&[0x20, 0x20], ""),
            (&[0x41, 0x20, 0x42, 0x20], "A B"),
            (&[0x41, 0, 0], "A"),
            // 𠮷, which takes two units
            (&[0xD842, 0xDFB7, 0x20], "𠮷"),
            // private use, as older cards hold rare characters
            (&[0xE863, 0x20], "\u{E863}"),
            // surrogates without their partner
            (&[0xD842, 0x5F20, 0x20], "\u{FFFD}张"),
            (&[0xDFB7, 0x20], "\u{FFFD}"),
        ];
        for (units, decoded) in cases {
            let raw = ucs2(units);
            let text = Text::from_ucs2(&raw);
            assert_eq!(text.as_str(), decoded);
            assert_eq!(text.raw(), raw);
            assert_eq!(text.is_empty(), decoded.is_empty());
            assert_eq!(is_blank(&raw), decoded.is_empty());
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let text = Text::from_ucs2(&ucs2(&[0x5F20, 0x4E09]));
        assert_eq!(format!("{text:?}"), "Text(redacted)");
    }

    #[test]
    fn ascii_is_ascii() {
        assert_eq!(ascii(&ucs2(&[0x31, 0x58, 0x20])).unwrap().as_str(), "1X");
        assert!(ascii(&ucs2(&[0x31, 0x0A])).is_none());
        assert!(ascii(&ucs2(&[0xFF11])).is_none());
        assert!(ascii(&ucs2(&[0x0131])).is_none());
    }

    proptest! {
        #[test]
        fn any_field_decodes_without_growing(field in vec(any::<u8>(), 0..600)) {
            let text = Text::from_ucs2(&field);
            prop_assert!(text.decoded.capacity() <= field.len().min(256) / 2 * 3 + 8);
            prop_assert!(text.raw().len() <= 256);
            let _ = ascii(&field);
        }
    }
}
