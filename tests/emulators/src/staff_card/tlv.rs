//! Tag, length, value: the BER-TLV of PIV objects, as far as a card writes and reads it.

/// A value with this tag in front.
pub(super) fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
    let length = match (high, low) {
        (0, 0..=0x7F) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag][..], &length, value].concat()
}

/// The tag and the value in front, and what is behind them.
pub(super) fn read(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (length, rest) = match bytes {
        [_, length @ 0..=0x7F, rest @ ..] | [_, 0x81, length, rest @ ..] => (usize::from(*length), rest),
        [_, 0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    let (value, behind) = rest.split_at_checked(length)?;
    Some((*bytes.first()?, value, behind))
}
