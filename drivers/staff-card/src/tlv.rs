//! Tag, length, value: the BER-TLV of PIV (ISO/IEC 7816-4, 5.2.2) with tags of one byte.

use std::ops::Range;

/// Where a value lies in the bytes that it was found in.
pub(crate) type Place = Range<usize>;

/// The tag at the front of `bytes[within]`, and where its value lies in `bytes`; `None` when there is no
/// whole one.
pub(crate) fn first(bytes: &[u8], within: Place) -> Option<(u8, Place)> {
    let (length, head) = match bytes.get(within.clone())? {
        [_, length @ 0..=0x7F, ..] => (usize::from(*length), 2),
        [_, 0x81, length, ..] => (usize::from(*length), 3),
        [_, 0x82, high, low, ..] => (usize::from(u16::from_be_bytes([*high, *low])), 4),
        _ => return None,
    };
    let tag = bytes.get(within.start).copied()?;
    let begin = within.start + head;
    let end = begin + length;
    (end <= within.end).then_some((tag, begin..end))
}

/// Every tag in `bytes[within]` with the place of its value; `None` when they do not fill it.
pub(crate) fn all(bytes: &[u8], within: Place) -> Option<Vec<(u8, Place)>> {
    let mut found = Vec::new();
    let mut rest = within;
    while !rest.is_empty() {
        let (tag, value) = first(bytes, rest.clone())?;
        rest.start = value.end;
        found.push((tag, value));
    }
    Some(found)
}

/// The value of a tag that fills `bytes` and of which `within` is to be `tag`.
pub(crate) fn whole(bytes: &[u8], tag: u8) -> Option<Place> {
    match first(bytes, 0..bytes.len())? {
        (found, value) if found == tag && value.end == bytes.len() => Some(value),
        _ => None,
    }
}

/// A value with this tag in front.
pub(crate) fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
    let head = match value.len() {
        0..=0x7F => vec![tag, low],
        0x80..=0xFF => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [head, value.to_vec()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_that_are_not_whole_are_refused() {
        for (bytes, found) in [
            (&[0x53, 0x00][..], Some(2..2)),
            (&[0x53, 0x01, 0xAA], Some(2..3)),
            (&[0x53, 0x81, 0x01, 0xAA], Some(3..4)),
            (&[0x53, 0x82, 0x00, 0x01, 0xAA], Some(4..5)),
            (&[0x53, 0x01], None),
            (&[0x53, 0x01, 0xAA, 0xBB], None),
            (&[0x53, 0x83, 0x00, 0x00, 0x00], None),
            (&[0x53, 0x82, 0xFF], None),
            (&[0x70, 0x00], None),
            (&[0x53], None),
            (&[], None),
        ] {
            assert_eq!(whole(bytes, 0x53), found, "{bytes:02X?}");
        }
        let two = [0x70, 0x01, 0xAA, 0x71, 0x00];
        assert_eq!(all(&two, 0..5), Some(vec![(0x70, 2..3), (0x71, 5..5)]));
        assert_eq!(all(&two, 0..4), None);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(tag: u8, value in proptest::collection::vec(any::<u8>(), 0..600)) {
            let written = tlv(tag, &value);
            let place = whole(&written, tag).unwrap();
            prop_assert_eq!(&written[place], &value[..]);
        }
    }
}
