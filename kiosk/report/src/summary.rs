//! What a report comes to, in a few bytes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::json;
use crate::list::List;
use crate::moment::Moment;
use crate::report::{Device, Fault, Report, Test};
use crate::text::{Key, Text};

/// What a report comes to: the payload of its short form, and signed along with its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Summary {
    /// The kiosk's name
    pub kiosk: Key,
    /// When the report was made
    pub made: Moment,
    /// The version that was running
    pub version: Text<32>,
    /// Whether the kiosk was [ready](Report::ready)
    pub ready: bool,
    /// Tests that failed, by their keys
    #[serde(default, skip_serializing_if = "is_empty")]
    pub failed: List<Key, 64>,
    /// Faults, by their codes, the gravest first
    #[serde(default, skip_serializing_if = "is_empty")]
    pub faults: List<Key, 64>,
    /// How many tests that failed and faults are not named, for want of room
    #[serde(default, skip_serializing_if = "is_none")]
    pub more: u32,
    /// The first 16 bytes of the SHA-256 of the report's JSON
    pub sha256: Digest,
}

fn is_empty(list: &List<Key, 64>) -> bool {
    list.is_empty()
}

fn is_none(number: &u32) -> bool {
    *number == 0
}

/// The first 16 bytes of a SHA-256, written in base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 16]);

impl Digest {
    /// Of this JSON.
    #[must_use]
    pub fn of(json: &[u8]) -> Self {
        Self(json::digest(json))
    }
}

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or("a digest must be 16 bytes in base64url")
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        URL_SAFE_NO_PAD.encode(digest.0)
    }
}

/// A summary's JSON has so many bytes at most, so that the short form fits into a QR code that a ticket
/// printer prints.
pub(crate) const LONGEST_SUMMARY: usize = 540;

impl Summary {
    /// Of this report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self::of_json(report, &report.to_json())
    }

    /// Of a report that was read from this JSON.
    pub(crate) fn of_json(report: &Report, json: &[u8]) -> Self {
        let failed: Vec<&Test> = report.tests.iter().filter(|test| test.failed()).collect();
        let mut faults: Vec<(&Device, &Fault)> = report.faults().collect();
        // Stable: what is as grave stays in its order.
        faults.sort_by_key(|(_, fault)| std::cmp::Reverse(fault.severity));
        let mut failed: Vec<Key> = failed.into_iter().map(|test| test.key.clone()).collect();
        let mut faults: Vec<Key> = faults.into_iter().map(|(_, fault)| fault.code.clone()).collect();
        let all = failed.len() + faults.len();
        loop {
            let more = u32::try_from(all - failed.len() - faults.len()).unwrap_or(u32::MAX);
            let named = List::new(failed.clone()).and_then(|tests| Ok((tests, List::new(faults.clone())?)));
            if let Ok((failed, faults)) = named {
                let this = Self::with(report, json, failed, faults, more);
                if this.length() <= LONGEST_SUMMARY || more as usize == all {
                    return this;
                }
            }
            // Half of the room for each, so that neither hides the other.
            if faults.len() >= failed.len() {
                faults.pop()
            } else {
                failed.pop()
            };
        }
    }

    fn with(report: &Report, json: &[u8], failed: List<Key, 64>, faults: List<Key, 64>, more: u32) -> Self {
        Self {
            kiosk: report.kiosk.clone(),
            made: report.made,
            version: report.software.running.clone(),
            ready: report.ready(),
            failed,
            faults,
            more,
            sha256: Digest::of(json),
        }
    }

    fn length(&self) -> usize {
        serde_json::to_vec(self).map_or(0, |json| json.len())
    }
}
