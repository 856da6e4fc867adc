//! What replies carry besides the four record layouts.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::document::RecordFault;
use crate::{Text, redacted};

/// One appended address, in bytes.
pub(crate) const ADDRESS: usize = 70;
/// A security module's identifier, in bytes.
pub(crate) const IDENTIFIER: usize = 16;
/// A card management number, in bytes.
const MANAGEMENT_NUMBER: usize = 28;
/// The most addresses a card can have appended.
const MAX_ADDRESSES: usize = 4;

/// Where the text is in the reply to 30 01 or, `with_fingerprint`, to 30 10: big-endian lengths of
/// text, photo and fingerprint come first, then all of them.
pub(crate) fn text_range(data: &[u8], with_fingerprint: bool) -> Result<Range<usize>, RecordFault> {
    let head = if with_fingerprint { 6 } else { 4 };
    let lengths = data.get(..head).ok_or(RecordFault::Lengths)?;
    let mut lengths = lengths.chunks_exact(2).map(|pair| match *pair {
        [hi, lo] => usize::from(u16::from_be_bytes([hi, lo])),
        _ => 0,
    });
    let text = lengths.next().ok_or(RecordFault::Lengths)?;
    let others: usize = lengths.sum();
    // Photo and fingerprint must be there as announced, for else the text may not be what was
    // announced either. A card without a fingerprint announces one of length 0.
    if data.len() < head + text + others {
        return Err(RecordFault::Lengths);
    }
    Ok(head..head + text)
}

/// The text record in the reply to 30 01 or, `with_fingerprint`, to 30 10.
pub(crate) fn text_record(data: &[u8], with_fingerprint: bool) -> Result<&[u8], RecordFault> {
    data.get(text_range(data, with_fingerprint)?).ok_or(RecordFault::Lengths)
}

/// The number that the card's management keeps it under: 28 bytes, opaque, and never shown.
pub struct CardManagementNumber {
    bytes: Zeroizing<Vec<u8>>,
}

redacted!(CardManagementNumber);

impl CardManagementNumber {
    /// The reply to 30 05.
    pub(crate) fn from_data(data: &[u8]) -> Result<Self, RecordFault> {
        if data.len() != MANAGEMENT_NUMBER {
            return Err(RecordFault::Lengths);
        }
        Ok(Self { bytes: Zeroizing::new(data.to_vec()) })
    }

    /// The 28 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Whether data are as long as appended addresses can be.
pub(crate) fn are_addresses(data: &[u8]) -> bool {
    data.len().is_multiple_of(ADDRESS) && data.len() <= MAX_ADDRESSES * ADDRESS
}

/// The appended addresses in the reply to 30 03, the oldest first as the card gives them.
pub(crate) fn appended_addresses(data: &[u8]) -> Result<Vec<Text>, RecordFault> {
    if !are_addresses(data) {
        return Err(RecordFault::Lengths);
    }
    let texts = data.chunks_exact(ADDRESS).map(Text::from_ucs2);
    Ok(texts.filter(|address| !address.is_empty()).collect())
}

/// A security module's identifier, printed on its reader as
/// `05.03-20160101-0012345678-0123456789`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SamIdentifier {
    /// The two short fields: type and make.
    pub kind: [u16; 2],
    /// The eight-digit field: a date of production, as a rule.
    pub date: u32,
    /// The two ten-digit fields: serial numbers.
    pub serial: [u32; 2],
}

impl SamIdentifier {
    /// The 16 bytes of the reply to 12 FF, all little-endian.
    pub(crate) fn from_data(data: &[u8]) -> Option<Self> {
        let &[a0, a1, b0, b1, c0, c1, c2, c3, d0, d1, d2, d3, e0, e1, e2, e3] = data else {
            return None;
        };
        Some(Self {
            kind: [u16::from_le_bytes([a0, a1]), u16::from_le_bytes([b0, b1])],
            date: u32::from_le_bytes([c0, c1, c2, c3]),
            serial: [u32::from_le_bytes([d0, d1, d2, d3]), u32::from_le_bytes([e0, e1, e2, e3])],
        })
    }
}

impl std::fmt::Display for SamIdentifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ([a, b], [d, e]) = (self.kind, self.serial);
        write!(f, "{a:02}.{b:02}-{:08}-{d:010}-{e:010}", self.date)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_text_is_where_the_lengths_say() {
        assert_eq!(text_record(&[0, 2, 0, 1, b'a', b'b', b'p'], false), Ok(&b"ab"[..]));
        assert_eq!(text_record(&[0, 0, 0, 0], false), Ok(&b""[..]));
        for wrong in [&[][..], &[0, 2, 0], &[0, 2, 0, 1, b'a', b'b'], &[0, 3, 0, 0, b'a', b'b'], &[0xFF; 300]]
        {
            assert_eq!(text_record(wrong, false), Err(RecordFault::Lengths), "{wrong:02X?}");
        }
    }

    #[test]
    fn a_fingerprint_may_be_there_or_have_no_length() {
        assert_eq!(text_record(&[0, 2, 0, 1, 0, 0, b'a', b'b', b'p'], true), Ok(&b"ab"[..]));
        assert_eq!(text_record(&[0, 2, 0, 1, 0, 2, b'a', b'b', b'p', b'f', b'f'], true), Ok(&b"ab"[..]));
        for wrong in [&[][..], &[0, 0, 0, 0, 0], &[0, 2, 0, 1, 0, 2, b'a', b'b', b'p', b'f']] {
            assert_eq!(text_record(wrong, true), Err(RecordFault::Lengths), "{wrong:02X?}");
        }
    }

    #[test]
    fn a_card_management_number_has_28_bytes_and_is_not_shown() {
        let number = CardManagementNumber::from_data(&[7; 28]).unwrap();
        assert_eq!(number.as_bytes(), [7; 28]);
        assert_eq!(format!("{number:?}"), "CardManagementNumber(redacted)");
        assert!(CardManagementNumber::from_data(&[7; 27]).is_err());
    }

    #[test]
    fn appended_addresses_come_in_seventies() {
        let address = |text: &str| -> Vec<u8> {
            format!("{text:<35}").encode_utf16().flat_map(u16::to_le_bytes).collect()
        };
        let data = [address("嘉定区甲路1号"), address(""), address("嘉定区乙路2号")].concat();
        let addresses = appended_addresses(&data).unwrap();
        let read: Vec<&str> = addresses.iter().map(Text::as_str).collect();
        assert_eq!(read, ["嘉定区甲路1号", "嘉定区乙路2号"]);
        assert!(appended_addresses(&[]).unwrap().is_empty());
        assert!(appended_addresses(&[0x20; 71]).is_err());
        assert!(appended_addresses(&[0x20; 350]).is_err());
    }

    #[test]
    fn the_identifier_is_written_as_on_the_reader() {
        let mut data = Vec::new();
        data.extend_from_slice(&5_u16.to_le_bytes());
        data.extend_from_slice(&3_u16.to_le_bytes());
        data.extend_from_slice(&20_160_101_u32.to_le_bytes());
        data.extend_from_slice(&12_345_678_u32.to_le_bytes());
        data.extend_from_slice(&123_456_789_u32.to_le_bytes());
        let identifier = SamIdentifier::from_data(&data).unwrap();
        assert_eq!(identifier.to_string(), "05.03-20160101-0012345678-0123456789");
        assert!(SamIdentifier::from_data(&data[1..]).is_none());
    }

    proptest! {
        #[test]
        fn any_data_is_survived(data in vec(any::<u8>(), 0..1_500)) {
            let _ = (text_record(&data, false), text_record(&data, true));
            let _ = CardManagementNumber::from_data(&data);
            let _ = appended_addresses(&data);
            let _ = SamIdentifier::from_data(&data);
        }
    }
}
