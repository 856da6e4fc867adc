//! The values of the contract's material part: ids, digests, receipts.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::Applicant;
use crate::custody::{CustodyCode, Signature};

/// A file is at most this long, in bytes.
const LONGEST_FILE: u64 = 4 << 30;

/// A value that does not have the shape the contract asks for; the text names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0} does not have the shape of the store's contract (openapi.yaml)")]
pub struct ValueError(pub &'static str);

/// Whether a text of the contract is there, at most so many characters long, and one line.
pub(crate) fn is_line(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.chars().count()) && !text.contains(char::is_control)
}

/// The id of one document, chosen by this kiosk: 1 to 64 of `A–Z a–z 0–9 _ -`.
///
/// Safe as a path segment of a URL and as a file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct MaterialId(String);

impl MaterialId {
    /// Takes an id of the right shape.
    ///
    /// # Errors
    /// [`ValueError`] when a character or the length is outside the shape.
    pub fn new(id: &str) -> Result<Self, ValueError> {
        let shaped = (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if shaped { Ok(Self(id.to_owned())) } else { Err(ValueError("material id")) }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for MaterialId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

/// A SHA-256 digest (FIPS 180-4); 64 hexadecimal digits in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Reads 64 hexadecimal digits of either case.
    ///
    /// # Errors
    /// [`ValueError`] for anything else.
    pub fn from_hex(text: &str) -> Result<Self, ValueError> {
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest).map_err(|_| ValueError("sha256"))?;
        Ok(Self(digest))
    }

    /// The digest of a plain file of at most 4 GiB.
    ///
    /// # Errors
    /// What the system says, and anything else than such a file.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        let mut file = open_plain(path)?.take(LONGEST_FILE + 1);
        let (mut hash, mut part, mut length) = (Sha256::new(), vec![0; 64 * 1024], 0);
        loop {
            let read = file.read(&mut part)?;
            length += read as u64;
            if length > LONGEST_FILE {
                return Err(io::Error::other("it is longer than any document"));
            }
            match part.get(..read) {
                Some(bytes) if read > 0 => hash.update(bytes),
                _ => return Ok(Self(hash.finalize().into())),
            }
        }
    }
}

/// Opens a file that somebody named. A FIFO is refused: to open one is to wait for a writer.
pub(crate) fn open_plain(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    File::open(path)
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text).map_err(serde::de::Error::custom)
    }
}

/// An item that a document is handed in for (`ServedItem` in openapi.yaml).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServedItem {
    /// Code of the item in the hall's catalogue; 1 to 64 characters.
    pub code: String,
    /// Its 实施编码 (GB/T 39554.1), 31 characters at most; empty where it is not known.
    pub task_code: String,
    /// The department's unified social credit code, 18 characters at most; empty where it is not known.
    pub dept_code: String,
}

/// When the store received something: its own text, since that is what it countersigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedAt(String);

impl ReceivedAt {
    /// Takes an RFC 3339 time of at most 64 characters, and keeps every one of them.
    ///
    /// # Errors
    /// [`ValueError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let shaped = text.len() <= 64
            && text.bytes().all(|b| b.is_ascii_graphic())
            && text.parse::<Timestamp>().is_ok();
        if shaped { Ok(Self(text.to_owned())) } else { Err(ValueError("received_at")) }
    }

    /// The time as the store wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        // It was read once before.
        self.0.parse().unwrap_or_default()
    }
}

impl fmt::Display for ReceivedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ReceivedAt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ReceivedAt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The store's word that it holds a whole document (`Receipt` in openapi.yaml).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The document's id.
    pub material_id: MaterialId,
    /// The digest that the store computed over what it holds.
    pub sha256: Digest,
    /// The bytes it holds.
    pub bytes: u64,
    /// When it had all of them.
    pub received_at: ReceivedAt,
    /// The countersignature, checked by whoever has the key. One that makes no sense is none: only a
    /// kiosk with a key asks for it.
    #[serde(default, deserialize_with = "if_sensible", skip_serializing_if = "Option::is_none")]
    pub custody: Option<Countersignature>,
}

/// The store's signature under a document's custody code (`Receipt.custody` in openapi.yaml).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Countersignature {
    /// What was signed for.
    pub code: CustodyCode,
    /// The signature.
    pub signature: Signature,
}

fn if_sensible<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Countersignature>, D::Error> {
    let any = serde_json::Value::deserialize(from)?;
    Ok(serde_json::from_value(any).ok())
}

/// The body of `PUT /v1/materials/{material_id}` (`Material` in openapi.yaml).
#[derive(Serialize)]
pub(crate) struct Material<'a> {
    /// Path of the tus upload.
    pub upload: &'a str,
    pub sha256: Digest,
    pub bytes: u64,
    pub media_type: &'a str,
    pub name: &'a str,
    /// Code of the material in the hall's catalogue.
    pub material: &'a str,
    /// The items that it is handed in for.
    pub items: &'a [ServedItem],
    pub visit: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applicant: Option<&'a Applicant>,
    /// Queue number, once the visit has one.
    pub number: Option<&'a str>,
    pub kiosk: &'a str,
    pub custody: Custody<'a>,
}

/// What a document's custody code is made of (`Custody` in openapi.yaml).
#[derive(Serialize)]
pub(crate) struct Custody<'a> {
    pub code: CustodyCode,
    pub previous: Option<CustodyCode>,
    pub pages: &'a [Digest],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_safe_in_paths_and_file_names() {
        for good in ["a", "K01-2026_000017", &"x".repeat(64)] {
            assert_eq!(MaterialId::new(good).map(|id| id.to_string()).as_deref(), Ok(good));
        }
        for bad in ["", ".", "..", "a/b", "a b", "a%2f", "é", "a\0", &"x".repeat(65)] {
            assert!(MaterialId::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn receipts_are_read_strictly() {
        let digest = "ab".repeat(32);
        let good = format!(
            r#"{{"material_id":"m-1","sha256":"{digest}","bytes":7,"received_at":"2026-11-23T08:00:00+08:00","more":1}}"#
        );
        let receipt: Receipt = serde_json::from_str(&good).expect("a receipt");
        assert_eq!(receipt.sha256, Digest([0xab; 32]));
        assert_eq!(receipt.received_at.as_str(), "2026-11-23T08:00:00+08:00", "as the store wrote it");
        assert_eq!(receipt.received_at.timestamp().to_string(), "2026-11-23T00:00:00Z");
        for (from, to) in [
            ("m-1", "../1"),
            (&digest as &str, "ab"),
            (":7", ":-7"),
            (":7", ":1.5"),
            ("2026-11-23T08:00:00+08:00", "yesterday"),
            ("2026-11-23T08:00:00+08:00", "2026-11-23T08:00:00+08:00\\n"),
            ("2026-11-23T08:00:00+08:00", "2026-11-23 08:00:00+08:00"),
            ("bytes", "octets"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert!(serde_json::from_str::<Receipt>(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_countersignature_that_makes_no_sense_is_none() {
        let receipt = |custody: &str| {
            let digest = "ab".repeat(32);
            let json = format!(
                r#"{{"material_id":"m-1","sha256":"{digest}","bytes":7,"received_at":"2026-11-23T00:00:00Z"{custody}}}"#
            );
            serde_json::from_str::<Receipt>(&json).expect("a receipt").custody
        };
        let good = r#","custody":{"code":"0123456789ABCDEF","signature":"AAAA"}"#;
        assert_eq!(receipt(good).map(|custody| custody.signature.to_base64()).as_deref(), Some("AAAA"));
        for custody in [
            "",
            r#","custody":null"#,
            r#","custody":[[7]]"#,
            r#","custody":{"code":"0123456789ABCDEF"}"#,
            r#","custody":{"code":"0123456789ABCDEU","signature":"AAAA"}"#,
            r#","custody":{"code":"0123456789ABCDEF","signature":""}"#,
            r#","custody":{"code":"0123456789ABCDEF","signature":"no base 64"}"#,
        ] {
            assert_eq!(receipt(custody), None, "{custody}");
        }
    }
}
