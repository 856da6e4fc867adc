//! A report as JSON (RFC 8259), and back.

use sha2::{Digest, Sha256};

use crate::report::Report;

/// A report's JSON is at most this long, in bytes.
pub const LONGEST_JSON: usize = 512 * 1024;

/// Bytes that are no report.
#[derive(Debug, thiserror::Error)]
pub enum NotAReport {
    /// They are too many.
    #[error("a report's JSON has at most {LONGEST_JSON} bytes")]
    Long,
    /// They are no JSON, or the JSON of something else; with line and column.
    #[error("it is no readiness report: {0}")]
    Form(#[from] serde_json::Error),
}

impl Report {
    /// The report as JSON, set so that it can be read. The same report gives the same bytes; they are what
    /// is signed.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Every key is a string and every number finite: nothing can go wrong, and nothing would be no report.
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.push(b'\n');
        json
    }

    /// Reads a report, spaced as it may be. What it does not know, it does not take.
    ///
    /// # Errors
    /// [`NotAReport`].
    pub fn from_json(json: &[u8]) -> Result<Self, NotAReport> {
        if json.len() > LONGEST_JSON {
            return Err(NotAReport::Long);
        }
        Ok(serde_json::from_slice(json)?)
    }
}

/// The first half of the SHA-256 of a report's JSON.
pub(crate) fn digest(json: &[u8]) -> [u8; 16] {
    let whole: [u8; 32] = Sha256::digest(json).into();
    whole.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
