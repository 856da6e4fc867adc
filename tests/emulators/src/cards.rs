//! Identity documents that the emulated reader can be given, and their memory as it is read.
//!
//! A card is written as JSON and encoded into the 256-byte text record and the 1024-byte photograph
//! that the reader's security module hands out (protocols.md §1.7 to §1.9). All sample cards are
//! invented; no real person's data belongs here.

mod fields;
mod samples;

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

pub use samples::{sample, samples};

/// Bytes of the text record.
pub const RECORD_BYTES: usize = 256;
/// Bytes of the photograph.
pub const PHOTO_BYTES: usize = 1024;
/// Bytes of the fingerprint area, where a card has one.
pub const FINGERPRINT_BYTES: usize = 1024;
/// Bytes of one appended address.
pub const ADDRESS_BYTES: usize = 70;

/// The kinds of documents the reader reads; each lays out its record in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Resident identity card (no type letter).
    Resident,
    /// Residence permit for Hong Kong, Macao and Taiwan residents (type letter J).
    Hmt,
    /// Foreigner's permanent residence card of 2017 (type letter I).
    #[serde(rename = "foreigner_2017")]
    Foreigner2017,
    /// Foreigner's permanent residence card of 2023 (type letter Y).
    #[serde(rename = "foreigner_2023")]
    Foreigner2023,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resident => "resident",
            Self::Hmt => "hmt",
            Self::Foreigner2017 => "foreigner_2017",
            Self::Foreigner2023 => "foreigner_2023",
        })
    }
}

/// Why a text is not a card. The messages name fields, never their contents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Not JSON of the expected shape.
    #[error("the card is not valid JSON of a card: {0}")]
    Json(String),
    /// A field that this kind of card must have is not there.
    #[error("a {kind} card needs the field \"{field}\"")]
    Missing {
        /// The kind of card.
        kind: Kind,
        /// The field.
        field: &'static str,
    },
    /// A field that this kind of card does not have.
    #[error("a {kind} card has no field \"{field}\"; take it out")]
    Foreign {
        /// The kind of card.
        kind: Kind,
        /// The field.
        field: &'static str,
    },
    /// A field's content does not fit its form.
    #[error("the card's field \"{field}\" must be {form}")]
    Form {
        /// The field.
        field: &'static str,
        /// What it must be.
        form: String,
    },
}

/// The flat JSON form: every field of every kind. Kept flat, with nothing buffered in between, so
/// that all personal text lives in strings that are wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Zeroize)]
#[serde(default, deny_unknown_fields)]
struct Flat {
    #[zeroize(skip)]
    kind: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_zh: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_en: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sex: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nation: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nationality: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    travel_permit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issue_count: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    renewal_count: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_number_link: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    appended_addresses: Vec<String>,
}

/// One identity document whose fields are known to fit its record. Wiped when dropped.
///
/// The fields are not known to be *true*: a wrong check digit or a lapsed date is a card like any
/// other, so that the kiosk can be shown one.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    kind: Kind,
    flat: Flat,
}

impl Card {
    /// Reads a card from JSON such as
    /// `{"kind":"resident","name":"…","number":"…","sex":1,"nation":1,"birth":"19900101",
    /// "address":"…","issuer":"…","valid_from":"20150101","valid_until":"长期"}`.
    ///
    /// # Errors
    /// [`CardError`], naming the field at fault.
    pub fn from_json(text: &[u8]) -> Result<Self, CardError> {
        let flat: Flat = serde_json::from_slice(text).map_err(|error| CardError::Json(harmless(&error)))?;
        Self::new(flat)
    }

    fn new(mut flat: Flat) -> Result<Self, CardError> {
        let checked = match flat.kind {
            None => Err(CardError::Json("the field \"kind\" is missing".to_owned())),
            Some(kind) => fields::check(kind, &flat).map(|()| kind),
        };
        match checked {
            Ok(kind) => Ok(Self { kind, flat }),
            Err(error) => {
                flat.zeroize();
                Err(error)
            }
        }
    }

    /// The kind of document.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The holder's number, as it stands on the card; empty when the card has none.
    #[must_use]
    pub fn number(&self) -> &str {
        self.flat.number.as_deref().unwrap_or_default()
    }

    /// The holder's name: the Chinese one where there is one, else the English one.
    #[must_use]
    pub fn name(&self) -> &str {
        let names = [&self.flat.name, &self.flat.name_zh, &self.flat.name_en];
        names.into_iter().flatten().find(|name| !name.is_empty()).map_or("", String::as_str)
    }

    /// The last day of validity, `YYYYMMDD`; `None` for a card without an end.
    #[must_use]
    pub fn valid_until(&self) -> Option<&str> {
        let day = self.flat.valid_until.as_deref()?;
        day.bytes().all(|byte| byte.is_ascii_digit()).then_some(day)
    }

    /// The 256-byte text record: UCS-2 little-endian, each field padded with spaces.
    #[must_use]
    pub fn record(&self) -> Zeroizing<[u8; RECORD_BYTES]> {
        let mut record = Zeroizing::new([0; RECORD_BYTES]);
        fill_with_spaces(&mut record[..]);
        for field in fields::of(self.kind) {
            let Some(text) = (field.get)(&self.flat) else { continue };
            field.put(&text, &mut record);
        }
        if let Some(letter) = fields::type_letter(self.kind) {
            put_units(letter, &mut record[fields::TYPE_OFFSET..fields::TYPE_OFFSET + 2]);
        }
        record
    }

    /// 1024 bytes in the photograph's place. The real format is proprietary: these are a pattern that
    /// differs from card to card and holds a frame's first bytes, on which a careless reader of the
    /// line would trip.
    #[must_use]
    pub fn photo(&self) -> Zeroizing<[u8; PHOTO_BYTES]> {
        let mut photo = Zeroizing::new([0; PHOTO_BYTES]);
        let seed = self
            .record()
            .iter()
            .fold(17_u32, |sum, &byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        pattern(seed, &mut photo[..]);
        photo[500..507].copy_from_slice(&[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x04]);
        photo
    }

    /// 1024 bytes in the fingerprints' place.
    #[must_use]
    pub fn fingerprints(&self) -> Zeroizing<[u8; FINGERPRINT_BYTES]> {
        let mut prints = Zeroizing::new([0; FINGERPRINT_BYTES]);
        pattern(0x0F1E_2D3C, &mut prints[..]);
        prints
    }

    /// The addresses written to the card after issue, newest last, 70 bytes each (at most four).
    #[must_use]
    pub fn appended_addresses(&self) -> Zeroizing<Vec<u8>> {
        let addresses = &self.flat.appended_addresses;
        let mut bytes = Zeroizing::new(vec![0; addresses.len() * ADDRESS_BYTES]);
        for (text, place) in addresses.iter().zip(bytes.chunks_exact_mut(ADDRESS_BYTES)) {
            fill_with_spaces(place);
            put_units(text, place);
        }
        bytes
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        self.flat.zeroize();
    }
}

impl fmt::Debug for Card {
    /// The kind alone: a card's text never reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Card({})", self.kind)
    }
}

impl Serialize for Card {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.flat.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Card {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Flat::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The check character of a citizen number's first 17 digits (GB 11643, ISO 7064 MOD 11-2); `None`
/// if they are not 17 digits.
#[must_use]
pub fn check_character(digits: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    if digits.len() != WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (digit, weight) in digits.chars().zip(WEIGHTS) {
        sum += digit.to_digit(10)? * weight;
    }
    "10X98765432".chars().nth((sum % 11) as usize)
}

/// A JSON error without the value that caused it: that could be a citizen's number.
fn harmless(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("invalid ") && error.is_data() {
        format!("a value of the wrong type, line {} column {}", error.line(), error.column())
    } else {
        text
    }
}

fn fill_with_spaces(place: &mut [u8]) {
    for unit in place.chunks_exact_mut(2) {
        unit.copy_from_slice(&u16::to_le_bytes(0x20));
    }
}

fn put_units(text: &str, place: &mut [u8]) {
    for (unit, slot) in text.encode_utf16().zip(place.chunks_exact_mut(2)) {
        slot.copy_from_slice(&unit.to_le_bytes());
    }
}

/// Bytes that look random and are the same every time (a linear congruential generator).
fn pattern(seed: u32, place: &mut [u8]) {
    let mut state = seed;
    for byte in place {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = state.to_le_bytes()[3];
    }
}

#[cfg(test)]
mod tests;
