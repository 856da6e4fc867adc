//! What stands on a social-security card: its holder and its issue, from JSON or from a sample person.

use std::fmt;

use encoding_rs::{GB18030, UTF_16LE};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::cards::{Card, Kind, sample};

/// A card's content, as it is written in JSON; wiped when dropped.
///
/// ```json
/// {"number":"31011419900307651X","name":"张示范","sex":1,"nation":1,"birthplace":"310114",
///  "birth":"19900307","category":1,"version":"2.00","organisation":"31011400000000000001",
///  "issued":"20200101","valid_until":"20300101","card_number":"S00000001","card_id":"3101140000000001"}
/// ```
/// Only `number` and `name` must be there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Social-security number, which is the citizen number; 18 characters.
    pub number: String,
    /// Name, 30 bytes of GBK at most.
    pub name: String,
    /// Sex, GB/T 2261.1.
    #[serde(default)]
    pub sex: u8,
    /// Ethnic group, GB/T 3304.
    #[serde(default)]
    pub nation: u8,
    /// Administrative code of the birthplace, six digits; empty: not on the card.
    #[serde(default)]
    pub birthplace: String,
    /// Birth date, YYYYMMDD; empty: not on the card.
    #[serde(default)]
    pub birth: String,
    /// Card category.
    #[serde(default = "one")]
    pub category: u8,
    /// Specification version.
    #[serde(default = "second_generation")]
    pub version: String,
    /// Initialising organisation, up to 24 digits.
    #[serde(default)]
    pub organisation: String,
    /// Issue date, YYYYMMDD.
    #[serde(default)]
    pub issued: String,
    /// Valid until, YYYYMMDD.
    #[serde(default)]
    pub valid_until: String,
    /// Card number, up to nine characters.
    #[serde(default)]
    pub card_number: String,
    /// Card identification code, up to 32 digits.
    #[serde(default)]
    pub card_id: String,
}

/// Why a text is no holder. The messages name fields, never their contents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HolderError {
    /// Not JSON of the expected shape.
    #[error("not a social-security card in JSON, line {line} column {column}")]
    Json {
        /// line of the text, from 1
        line: usize,
        /// column of the line, from 1
        column: usize,
    },
    /// A field does not fit the card.
    #[error("the card's field \"{0}\" does not fit its place")]
    Field(&'static str),
}

fn one() -> u8 {
    1
}

fn second_generation() -> String {
    "2.00".to_owned()
}

impl Holder {
    /// Reads a holder from JSON.
    ///
    /// # Errors
    /// [`HolderError`], naming the place or the field at fault.
    pub fn from_json(text: &[u8]) -> Result<Self, HolderError> {
        let holder: Self = serde_json::from_slice(text)
            .map_err(|error| HolderError::Json { line: error.line(), column: error.column() })?;
        holder.check()?;
        Ok(holder)
    }

    /// The social-security card of the person on an identity card; `None` for other documents than a
    /// resident's.
    #[must_use]
    pub fn of(card: &Card) -> Option<Self> {
        if card.kind() != Kind::Resident {
            return None;
        }
        let record = card.record();
        let field = |from: usize, bytes: usize| {
            let text = UTF_16LE.decode_without_bom_handling(&record[from..from + bytes]).0;
            text.trim_end_matches(' ').to_owned()
        };
        let number = field(122, 36);
        Some(Self {
            name: field(0, 30),
            sex: field(30, 2).parse().unwrap_or(0),
            nation: field(32, 4).parse().unwrap_or(0),
            birth: field(36, 16),
            birthplace: number[..6].to_owned(),
            number,
            category: one(),
            version: second_generation(),
            organisation: "31011400000000000001".to_owned(),
            issued: "20200101".to_owned(),
            valid_until: "20300101".to_owned(),
            card_number: "S0000001X".to_owned(),
            card_id: "31011400D15600000500000000000001".to_owned(),
        })
    }

    /// The social-security card of a sample person, by the name of the identity card.
    #[must_use]
    pub fn sample(name: &str) -> Option<Self> {
        Self::of(&sample(name)?)
    }

    pub(super) fn check(&self) -> Result<(), HolderError> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let date = |text: &str| text.is_empty() || (text.len() == 8 && digits(text));
        let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let name = GB18030.encode(&self.name).0.len();
        for (field, fits) in [
            ("number", self.number.len() == 18 && self.number.is_ascii()),
            ("name", (1..=30).contains(&name)),
            ("sex", self.sex <= 9),
            ("nation", self.nation <= 99),
            (
                "birthplace",
                self.birthplace.is_empty() || (self.birthplace.len() == 6 && digits(&self.birthplace)),
            ),
            ("birth", date(&self.birth)),
            ("version", self.version.len() <= 4 && self.version.is_ascii()),
            ("organisation", self.organisation.len() <= 24 && hex(&self.organisation)),
            ("issued", date(&self.issued)),
            ("valid_until", date(&self.valid_until)),
            ("card_number", self.card_number.len() <= 9 && self.card_number.is_ascii()),
            ("card_id", self.card_id.len() <= 32 && hex(&self.card_id)),
        ] {
            if !fits {
                return Err(HolderError::Field(field));
            }
        }
        Ok(())
    }

    /// EF05, the card's issue: tag and value of each record, in order.
    pub(super) fn issuing_file(&self) -> Vec<(u8, Vec<u8>)> {
        vec![
            (0x01, numeric(&self.card_id, 16)),
            (0x02, vec![self.category]),
            (0x03, text(self.version.as_bytes(), 4)),
            (0x04, numeric(&self.organisation, 12)),
            (0x05, numeric(&self.issued, 4)),
            (0x06, numeric(&self.valid_until, 4)),
            (0x07, text(self.card_number.as_bytes(), 9)),
        ]
    }

    /// EF06, the holder: tag and value of each record, in order.
    pub(super) fn holder_file(&self) -> Vec<(u8, Vec<u8>)> {
        vec![
            (0x08, text(self.number.as_bytes(), 18)),
            (0x09, text(&GB18030.encode(&self.name).0, 30)),
            (0x0A, numeric(&self.sex.to_string(), 1)),
            (0x0B, numeric(&format!("{:02}", self.nation), 1)),
            (0x0C, numeric(&self.birthplace, 3)),
            (0x0D, numeric(&self.birth, 4)),
        ]
    }
}

impl fmt::Debug for Holder {
    /// Nothing of the person reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Holder(redacted)")
    }
}

/// Digits two a byte, left-aligned, filled up with F.
fn numeric(digits: &str, bytes: usize) -> Vec<u8> {
    let mut nibbles = digits.chars().filter_map(|digit| digit.to_digit(16)).map(|nibble| nibble as u8);
    (0..bytes).map(|_| nibbles.next().unwrap_or(0xF) << 4 | nibbles.next().unwrap_or(0xF)).collect()
}

/// Text, left-aligned, filled up with spaces, of which the reference has both kinds.
fn text(text: &[u8], bytes: usize) -> Vec<u8> {
    let mut value = text.to_vec();
    value.resize(bytes, b' ');
    value
}
