//! Invented values of the same kind as those on a card.
//!
//! What makes a reading end one way or another stays: whether a value is blank, right, or wrong, and
//! how. Of what it says nothing does.

use crate::fields::{Code, EthnicGroup, Name, Sex, is_blank};
use crate::{CitizenNumber, Date, Item, NumberFault};

/// Numbers of nobody, from the standard's own examples: one whose check character is a digit, and one
/// whose is X.
const NUMBERS: [&[u8; 18]; 2] = [b"440524188001010014", b"11010519491231002X"];

/// 示 in GBK, for every Chinese character.
const CHARACTER: [u8; 2] = [0xCA, 0xBE];

/// A character of four bytes in GB 18030, for every such: 㐀.
const LONG_CHARACTER: [u8; 4] = [0x81, 0x39, 0xEE, 0x39];

/// A byte that is no date, no group and no other numeric value.
const WRONG: u8 = 0xAA;

/// Rewrites a record, which ought to be one of `item`: tag, length, value, perhaps padding.
pub(super) fn rewrite(item: Option<Item>, record: &mut [u8]) {
    let Some((head, rest)) = record.split_at_mut_checked(2) else {
        // A tag alone is as wrong as none.
        record.fill(0);
        return;
    };
    let item = item.filter(|item| head.first() == Some(&item.tag()));
    let Some(item) = item else {
        head.fill(0);
        rest.fill(0);
        return;
    };
    let length = head.last().copied().unwrap_or(0);
    if length > item.length() || usize::from(length) > rest.len() {
        // The length stays wrong: longer than the item and than what is there.
        if let [_, length] = head {
            *length = u8::MAX;
        }
        rest.fill(0);
        return;
    }
    let (value, padding) = rest.split_at_mut_checked(usize::from(length)).unwrap_or_default();
    padding.fill(0);
    rewrite_value(item, value);
}

fn rewrite_value(item: Item, value: &mut [u8]) {
    match item {
        Item::Number => rewrite_number(value),
        Item::Name => rewrite_name(value),
        _ if is_blank(value) && item != Item::Sex => {}
        Item::Sex => rewrite_sex(value),
        Item::Category => {}
        Item::Birth => rewrite_date(value, [0x18, 0x80, 0x01, 0x01]),
        Item::Issued => rewrite_date(value, [0x20, 0x15, 0x01, 0x01]),
        Item::ValidUntil => rewrite_date(value, [0x20, 0x35, 0x01, 0x01]),
        Item::Birthplace => {
            let is_right = Code::from_digits(value).is_some_and(|code| code.as_str().len() == 6);
            put(value, if is_right { &[0x44, 0x05, 0x24] } else { &[WRONG; 3] });
        }
        Item::EthnicGroup => {
            let is_right = EthnicGroup::from_value(value).is_some();
            value.fill(if is_right { 0x01 } else { WRONG });
        }
        Item::Identification | Item::Organisation => {
            let is_something = Code::from_nibbles(value).is_some();
            value.fill(if is_something { 0x12 } else { 0x00 });
        }
        Item::Version | Item::CardNumber => match Code::from_text(value) {
            Some(_) => value.iter_mut().for_each(|byte| *byte = of_same_class(*byte)),
            None => value.fill(0x01),
        },
    }
}

fn rewrite_number(value: &mut [u8]) {
    let is_x = value.last() == Some(&b'X');
    let [digit, x] = NUMBERS;
    let of_nobody = if is_x { x } else { digit };
    match CitizenNumber::from_value(value) {
        Ok(_) => put(value, of_nobody),
        Err(NumberFault::CheckCharacter) => {
            put(value, of_nobody);
            // A digit more or less, and the check character no longer fits.
            if let Some(first) = value.first_mut() {
                *first ^= 0x01;
            }
        }
        Err(NumberFault::Shape) => {
            value.iter_mut().for_each(|byte| *byte = of_same_class(*byte));
        }
    }
}

fn rewrite_name(value: &mut [u8]) {
    let was_readable = Name::from_value(value).is_some();
    let mut rest = &mut *value;
    while let Some(first) = rest.first().copied() {
        let second = rest.get(1).copied().unwrap_or(0);
        let used = match (first, second) {
            (0x81..=0xFE, 0x30..=0x39) if rest.len() >= 4 => {
                put(rest, &LONG_CHARACTER);
                4
            }
            // Signs, as the dot within a name, and the wide space stay.
            (0xA1..=0xA9, 0xA1..=0xFE) => 2,
            (0x81..=0xFE, 0x40..=0x7E | 0x80..=0xFE) => {
                put(rest, &CHARACTER);
                2
            }
            _ => {
                put(rest, &[of_same_class(first)]);
                1
            }
        };
        rest = rest.get_mut(used..).unwrap_or_default();
    }
    if Name::from_value(value).is_some() != was_readable {
        // Bytes that are no text in either way: plainly good, or plainly bad.
        value.fill(if was_readable { b'A' } else { 0x00 });
    }
}

fn rewrite_sex(value: &mut [u8]) {
    match Sex::from_value(value) {
        Some(Sex::Male | Sex::Female) => value.iter_mut().for_each(|byte| {
            *byte = match *byte {
                0x01 | 0x02 => 0x01,
                0x1F | 0x2F => 0x1F,
                _ => b'1',
            };
        }),
        Some(Sex::Unknown | Sex::NotStated) => {}
        None if is_blank(value) => {}
        None => value.fill(WRONG),
    }
}

fn rewrite_date(value: &mut [u8], of_nobody: [u8; 4]) {
    let digits = Code::from_digits(value).map(Code::into_characters);
    match digits.and_then(Date::from_digits) {
        Some(_) => put(value, &of_nobody),
        None => value.fill(WRONG),
    }
}

/// A digit for a digit and a letter for a letter; padding and control characters stay.
fn of_same_class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => b'1',
        b'A'..=b'Z' => b'A',
        b'a'..=b'z' => b'a',
        0x00..=0x20 | 0x7F | 0xFF => byte,
        0x21..=0x7E => b'-',
        0x80..=0xFE => 0xFE,
    }
}

fn put(place: &mut [u8], bytes: &[u8]) {
    for (to, from) in place.iter_mut().zip(bytes) {
        *to = *from;
    }
}
