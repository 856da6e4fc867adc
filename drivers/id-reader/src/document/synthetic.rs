//! A record that says nothing of anybody, in place of one that does.
//!
//! Every field becomes one of the same length and class, and what the record is to a reader (which
//! document, or which fault) stays as it was.

use zeroize::Zeroizing;

use super::layout::{self, Field, RECORD, foreign_2017, foreign_2023, hmt, resident};
use super::{Document, RecordFault};
use crate::{number, text};

const SPACE: u16 = 0x0020;

/// What stands where a field is not what it should be.
const WRONG: &str = "*";

/// What a field is replaced by.
#[derive(Clone, Copy)]
enum Instead {
    /// Characters of the same kind, one by one.
    Alike,
    /// This, unless the field is blank.
    This(&'static str),
    /// These 17 digits and their check character.
    Number(&'static str),
    /// 长期 if it is that, else this day.
    LastDay(&'static str),
}

use Instead::{Alike, LastDay, Number, This};

const BIRTH: Instead = This("20000101");
const VALIDITY: [(Field, Instead); 2] =
    [(layout::VALID_FROM, This("20200101")), (layout::VALID_UNTIL, LastDay("20400101"))];

const RESIDENT: [(Field, Instead); 7] = [
    (resident::NAME, Alike),
    (resident::SEX, This("1")),
    (resident::ETHNIC_GROUP, This("01")),
    (resident::BIRTH, BIRTH),
    (resident::ADDRESS, Alike),
    // No place has the code 000000.
    (resident::NUMBER, Number("00000020000101000")),
    (resident::ISSUING_AUTHORITY, Alike),
];

const HMT: [(Field, Instead); 8] = [
    (hmt::NAME, Alike),
    (hmt::SEX, This("1")),
    (hmt::BIRTH, BIRTH),
    (hmt::ADDRESS, Alike),
    (hmt::NUMBER, Number("81000020000101000")),
    (hmt::ISSUING_AUTHORITY, Alike),
    (hmt::TRAVEL_PERMIT_NUMBER, Alike),
    (hmt::ISSUE_COUNT, Alike),
];

const FOREIGN_2017: [(Field, Instead); 8] = [
    (foreign_2017::ENGLISH_NAME, Alike),
    (foreign_2017::SEX, This("1")),
    (foreign_2017::NUMBER, This("XXX000000000000")),
    (foreign_2017::NATIONALITY, This("XXX")),
    (foreign_2017::CHINESE_NAME, Alike),
    (foreign_2017::BIRTH, BIRTH),
    (foreign_2017::VERSION, Alike),
    (foreign_2017::ACCEPTING_AUTHORITY, Alike),
];

const FOREIGN_2023: [(Field, Instead); 9] = [
    (foreign_2023::CHINESE_NAME, Alike),
    (foreign_2023::SEX, This("1")),
    (foreign_2023::RENEWAL_COUNT, Alike),
    (foreign_2023::BIRTH, BIRTH),
    (foreign_2023::ENGLISH_NAME, Alike),
    (foreign_2023::NUMBER, Number("90000020000101000")),
    (foreign_2023::ENGLISH_NAME_REST, Alike),
    (foreign_2023::NATIONALITY, This("XXX")),
    (foreign_2023::OLD_NUMBER_LINK, Alike),
];

/// Rewrites a text record in place. What cannot be made synthetic is blanked.
pub(crate) fn make_synthetic(text: &mut [u8]) {
    let before = Document::parse(text).map(|document| document.kind());
    let Some((record, beyond)) = text.split_at_mut_checked(RECORD) else {
        text.fill(0);
        return;
    };
    beyond.fill(0);
    let made = synthetic(record, before.err());
    let after = Document::parse(&made).map(|document| document.kind());
    if after == before {
        record.copy_from_slice(&made);
    } else {
        record.fill(0);
    }
}

/// Replaces a text that stands by itself, such as an appended address, by one of the same kind.
pub(crate) fn make_alike(field: &mut [u8]) {
    let replaced = alike(field);
    field.copy_from_slice(&replaced);
}

/// A good record of the same layout, spoilt in the one field that is at fault.
fn synthetic(record: &[u8], fault: Option<RecordFault>) -> Zeroizing<Vec<u8>> {
    let mut made = Zeroizing::new([0x20, 0x00].repeat(RECORD / 2));
    let kind = field(record, layout::TYPE);
    let (fields, kind): (&[(Field, Instead)], _) = match kind {
        [b'J', 0] => (&HMT, "J"),
        [b'I', 0] => (&FOREIGN_2017, "I"),
        [b'Y', 0] => (&FOREIGN_2023, "Y"),
        _ => (&RESIDENT, " "),
    };
    put(&mut made, layout::TYPE, kind);
    for (at, instead) in fields.iter().chain(&VALIDITY) {
        replace(&mut made, record, *at, *instead);
    }
    match fault {
        Some(RecordFault::Field("validity")) => put(&mut made, layout::VALID_FROM, WRONG),
        Some(RecordFault::Field(name)) => {
            let names = [resident::NAME.name, foreign_2017::ENGLISH_NAME.name];
            let spoil = if names.contains(&name) { "" } else { WRONG };
            for (at, _) in fields.iter().filter(|(at, _)| at.name == name) {
                put(&mut made, *at, spoil);
            }
            if kind == "Y" && spoil.is_empty() {
                // Only when neither of its names is there is a name missing.
                put(&mut made, foreign_2023::CHINESE_NAME, spoil);
                put(&mut made, foreign_2023::ENGLISH_NAME_REST, spoil);
            }
        }
        Some(RecordFault::CheckDigit) => {
            let numbers = fields.iter().filter_map(|(at, instead)| match instead {
                Number(digits) => Some((*at, wrong_number(digits))),
                Alike | This(_) | LastDay(_) => None,
            });
            for (at, wrong) in numbers {
                put(&mut made, at, &wrong);
            }
        }
        Some(RecordFault::Lengths) | None => {}
    }
    made
}

fn replace(made: &mut [u8], record: &[u8], at: Field, instead: Instead) {
    let old = field(record, at);
    match instead {
        Alike => {
            let new = alike(old);
            for (to, from) in made.iter_mut().skip(at.at).zip(new.iter()) {
                *to = *from;
            }
        }
        This(_) if text::is_blank(old) => {}
        This(text) => put(made, at, text),
        Number(digits) => put(made, at, &right_number(digits)),
        LastDay(day) => {
            let long_term = text::Text::from_ucs2(old).as_str() == "长期";
            put(made, at, if long_term { "长期" } else { day });
        }
    }
}

/// The same count of characters, each of the same kind; padding, also within, stays.
fn alike(field: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut new = Zeroizing::new(Vec::with_capacity(field.len()));
    new.extend(text::units(field).map(kin).flat_map(u16::to_le_bytes));
    // A field of an odd count of bytes has a last one that belongs to no character.
    new.resize(field.len(), 0);
    new
}

/// A character of the same kind.
fn kin(unit: u16) -> u16 {
    match unit {
        0x0000 | SPACE | 0x3000 => unit,
        0x30..=0x39 => u16::from(b'0'),
        0x41..=0x5A => u16::from(b'X'),
        0x61..=0x7A => u16::from(b'x'),
        0x21..=0x7E => u16::from(b'-'),
        // 某, for any Chinese character: extension A, the common ones, compatibility.
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF => 0x67D0,
        // 𠮷, or half of it: whether a surrogate has its partner stays as it is.
        0xD800..=0xDBFF => 0xD842,
        0xDC00..=0xDFFF => 0xDFB7,
        0xE000..=0xF8FF => 0xE000,
        0xFF10..=0xFF19 => 0xFF10,
        0xFF21..=0xFF5A => 0xFF38,
        // Whatever else there is becomes a dot, which is neither padding nor a digit.
        _ => 0x00B7,
    }
}

fn right_number(digits: &str) -> Zeroizing<String> {
    let check = number::check_character(digits.as_bytes()).unwrap_or(b'0');
    Zeroizing::new(format!("{digits}{}", char::from(check)))
}

fn wrong_number(digits: &str) -> Zeroizing<String> {
    let wrong = if number::check_character(digits.as_bytes()) == Some(b'0') { '1' } else { '0' };
    Zeroizing::new(format!("{digits}{wrong}"))
}

fn field(record: &[u8], at: Field) -> &[u8] {
    record.get(at.at..at.at + at.len).unwrap_or_default()
}

/// Writes a text into a field and spaces behind it.
fn put(record: &mut [u8], at: Field, text: &str) {
    let units = text.encode_utf16().chain(std::iter::repeat(SPACE)).flat_map(u16::to_le_bytes);
    for (to, from) in record.iter_mut().skip(at.at).take(at.len).zip(units) {
        *to = from;
    }
}

#[cfg(test)]
mod tests;
