//! `manifest.toml`: which files there are, and for which kiosks.

use super::archive::{Files, is_plain};
use super::{MANIFEST, MOST_FILES, SIGNATURE};
use crate::fingerprint::Fingerprint;
use crate::problem::Problems;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// The form that this program knows.
const FORMAT: u32 = 1;
/// Kiosks of a hall, at most: each has a letter of its own.
const MOST_KIOSKS: usize = 26;

/// What a bundle says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// which hall it is for
    pub hall: String,
    /// grows with each bundle of a hall
    pub serial: u64,
    /// when it was made
    pub issued: Timestamp,
    /// every kiosk
    #[serde(default)]
    pub kiosk: Vec<Kiosk>,
    #[serde(default)]
    file: Vec<Entry>,
}

/// A kiosk of the hall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kiosk {
    /// its name, as in its configuration
    pub name: String,
    /// what it is recognised by
    pub fingerprint: Fingerprint,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    length: u64,
    sha256: String,
}

/// Whether this names a hall or a kiosk: 1 to 40 letters, digits or hyphens.
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

impl Manifest {
    /// Of these files.
    pub(super) fn of(hall: &str, serial: u64, issued: Timestamp, kiosk: Vec<Kiosk>, files: &Files) -> Self {
        let entry = |(path, content): (&String, &Vec<u8>)| Entry {
            path: path.clone(),
            length: content.len() as u64,
            sha256: hex::encode(Sha256::digest(content)),
        };
        let file = files.iter().map(entry).collect();
        Self { format: FORMAT, hall: hall.to_owned(), serial, issued, kiosk, file }
    }

    pub(super) fn text(&self) -> Result<String, Problems> {
        toml::to_string(self).map_err(|error| Problems::one(MANIFEST, "file", error.to_string()))
    }

    /// Reads one.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problems> {
        let problem = |field: &str, what: String| Problems::one(MANIFEST, field, what);
        let text = std::str::from_utf8(bytes).map_err(|_| problem("file", "is no text".to_owned()))?;
        let this: Self = toml::from_str(text).map_err(|error| problem("file", error.to_string()))?;
        let mut wrong = Problems::default();
        let mut add = |field: &str, what: &str| wrong.add(MANIFEST, field, what);
        if this.format != FORMAT {
            add("format", "is not 1: this kiosk needs a newer system first");
        }
        if !is_name(&this.hall) {
            add("hall", "must be 1 to 40 letters, digits or hyphens");
        }
        // A folder on the kiosk is named after it, and TOML has no larger numbers.
        if this.serial == 0 || i64::try_from(this.serial).is_err() {
            add("serial", "must be 1 or more, and below 2^63");
        }
        if this.kiosk.is_empty() || this.kiosk.len() > MOST_KIOSKS {
            add("kiosk", "must name 1 to 26 kiosks");
        }
        let (mut names, mut prints) = (BTreeSet::new(), BTreeSet::new());
        for (number, kiosk) in this.kiosk.iter().enumerate().take(MOST_KIOSKS) {
            if !is_name(&kiosk.name) {
                add(&format!("kiosk[{number}].name"), "must be 1 to 40 letters, digits or hyphens");
            }
            if !names.insert(&kiosk.name) {
                add(&format!("kiosk[{number}].name"), "is another kiosk's, too; give each its own");
            }
            if !prints.insert(kiosk.fingerprint) {
                add(&format!("kiosk[{number}].fingerprint"), "is another kiosk's, too; read it again");
            }
        }
        let mut paths = BTreeSet::new();
        if this.file.len() > MOST_FILES {
            add("file", "lists more than 200 files");
        }
        for (number, Entry { path, .. }) in this.file.iter().enumerate().take(MOST_FILES) {
            let field = format!("file[{number}].path");
            if !is_plain(path) || path == MANIFEST || path == SIGNATURE {
                add(&field, "is no plain name of a file beside the manifest");
            }
            if !paths.insert(path) {
                add(&field, "is listed twice");
            }
        }
        wrong.or(this)
    }

    /// Whether the files are exactly those that it lists.
    pub(super) fn holds(&self, files: &Files) -> Result<(), Problems> {
        let mut wrong = Problems::default();
        for Entry { path, length, sha256 } in &self.file {
            match files.get(path) {
                None => wrong.add(path, "file", "is listed and missing; get the bundle again"),
                Some(content)
                    if content.len() as u64 != *length || hex::encode(Sha256::digest(content)) != *sha256 =>
                {
                    wrong.add(path, "file", "is another than the one that was signed; get the bundle again");
                }
                Some(_) => {}
            }
        }
        for path in files.keys().filter(|path| !self.file.iter().any(|entry| entry.path == **path)) {
            wrong.add(path, "file", "is not listed in the manifest; use `onedoor-hall bundle`");
        }
        wrong.or(())
    }
}
