//! The values of the contract's material part: ids, digests, receipts.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// A value that does not have the shape the contract asks for; the text names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0} does not have the shape of the store's contract (openapi.yaml)")]
pub struct ValueError(pub &'static str);

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
    pub received_at: Timestamp,
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
    /// Codes of the matters it is handed in for.
    pub matters: &'a [String],
    pub visit: &'a str,
    /// Queue number, once the visit has one.
    pub number: Option<&'a str>,
    pub kiosk: &'a str,
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
        assert_eq!(receipt.received_at.to_string(), "2026-11-23T00:00:00Z");
        for (from, to) in [
            ("m-1", "../1"),
            (&digest as &str, "ab"),
            (":7", ":-7"),
            (":7", ":1.5"),
            ("2026-11-23T08:00:00+08:00", "yesterday"),
            ("bytes", "octets"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert!(serde_json::from_str::<Receipt>(&bad).is_err(), "{bad}");
        }
    }
}
