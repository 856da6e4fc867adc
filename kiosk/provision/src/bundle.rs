//! A hall's settings for all its kiosks, as one signed file.
//!
//! It is a stored zip: `manifest.toml` lists every other file with its digest, `manifest.jws` signs the manifest.
//! Nothing of it is believed before the signature, and nothing is done before all of it is checked.

mod archive;
mod content;
mod manifest;
mod network;
mod settings;

pub use archive::{Files, LONGEST_BUNDLE, MOST_FILES};
pub use content::{Content, Secrets, check};
pub use manifest::{Kiosk, Manifest, is_name};
pub use network::{HostName, Net, Network, Peer, Protocol, Rotation, Time, UsbId};
pub(crate) use settings::Fill;
#[cfg(test)]
pub(crate) use settings::SAMPLE;
pub use settings::{Need, Settings};

use crate::problem::Problems;
use crate::signature::{self, SigningKeys};
use archive::{pack, unpack};

/// The file that lists the others.
pub const MANIFEST: &str = "manifest.toml";
/// Its signature.
pub const SIGNATURE: &str = "manifest.jws";

/// A bundle that the hall's office signed, whole, with sensible content.
#[derive(Debug, PartialEq)]
pub struct Bundle {
    /// what its manifest says
    pub manifest: Manifest,
    /// the manifest's exact bytes
    pub manifest_bytes: Vec<u8>,
    /// its signature
    pub jws: Vec<u8>,
    /// what its files say
    pub content: Content,
    /// every other file
    pub files: Files,
}

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// Everything that is wrong with it. Where the signature is, nothing else is looked at.
    pub fn parse(bytes: &[u8], keys: &SigningKeys) -> Result<Self, Problems> {
        let mut files = unpack(bytes)?;
        let missing = |name: &str| Problems::one(name, "file", "is missing; every bundle has one");
        let manifest_bytes = files.remove(MANIFEST).ok_or_else(|| missing(MANIFEST))?;
        let jws = files.remove(SIGNATURE).ok_or_else(|| missing(SIGNATURE))?;
        keys.check(&manifest_bytes, &jws)
            .map_err(|error| Problems::one(SIGNATURE, "file", error.to_string()))?;
        let manifest = Manifest::parse(&manifest_bytes)?;
        manifest.holds(&files)?;
        let content = check(&files, &manifest.kiosk)?;
        Ok(Self { manifest, manifest_bytes, jws, content, files })
    }

    /// Makes and signs a bundle of these files. They are checked as a kiosk checks them; the key is one for ECDSA on
    /// P-256 (PKCS #8, PEM).
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn make(
        hall: &str,
        serial: u64,
        issued: jiff::Timestamp,
        kiosks: Vec<Kiosk>,
        files: &Files,
        key: &[u8],
    ) -> Result<Vec<u8>, Problems> {
        let manifest = Manifest::of(hall, serial, issued, kiosks, files).text()?;
        // What is written is read again, so that nothing is signed that a kiosk would refuse.
        let read = Manifest::parse(manifest.as_bytes())?;
        check(files, &read.kiosk)?;
        let jws = signature::sign(manifest.as_bytes(), key)
            .map_err(|error| Problems::one(SIGNATURE, "file", error.to_string()))?;
        let bytes = pack(&manifest, &jws, files)?;
        unpack(&bytes)?;
        Ok(bytes)
    }
}

/// What the fuzzer is let at: all that stands behind the signature, too.
pub(crate) fn fuzz(bytes: &[u8]) {
    let Ok(mut files) = unpack(bytes) else { return };
    assert!(files.len() <= MOST_FILES);
    let kiosks = files.remove(MANIFEST).and_then(|bytes| {
        let manifest = Manifest::parse(&bytes).ok()?;
        let _ = manifest.holds(&files);
        Some(manifest.kiosk)
    });
    files.remove(SIGNATURE);
    if let Ok(content) = check(&files, &kiosks.unwrap_or_default()) {
        assert!(!content.kiosks.is_empty());
    }
}

#[cfg(test)]
mod tests;
