//! JSON Web Signatures (RFC 7515) in their compact form: three parts of base64url with dots between.
//!
//! A file is signed by a detached one (appendix F): its middle is empty, and the file's bytes take its
//! place.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::CertificateDer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::chain::{LONGEST_CERTIFICATE, MOST_CERTIFICATES};
use crate::key::{Algorithm, SIGNATURE};
use crate::summary::Summary;

/// A JWS that lies beside a file is at most this long, in bytes.
pub const LONGEST_JWS: usize = 64 * 1024;

/// What kind of file is signed (RFC 7515, 4.1.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// A report as JSON
    Json,
    /// A report as a page
    Pdf,
}

/// What is signed together with a file. There is no other member: what a program does not know, it cannot
/// judge, and `crit` and `b64` least of all.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileHeader {
    pub(crate) alg: Algorithm,
    pub(crate) cty: Content,
    /// The kiosk's certificate, and those above it
    pub(crate) x5c: Vec<String>,
    /// What the file says, in short: a page need not be read by a program
    #[serde(rename = "onedoor-report")]
    pub(crate) summary: Summary,
}

/// What is signed together with the short form.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShortHeader {
    pub(crate) alg: Algorithm,
    /// SHA-256 of the kiosk's certificate
    pub(crate) kid: String,
}

/// The three parts of one.
pub(crate) struct Parts<'a> {
    pub(crate) header: &'a str,
    pub(crate) payload: &'a str,
    pub(crate) signature: [u8; SIGNATURE],
}

impl<'a> Parts<'a> {
    /// Takes a compact JWS apart; `None` when it is none.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        let mut parts = text.split('.');
        let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?.try_into().ok()?;
        Some(Self { header, payload, signature })
    }

    /// A part of JSON; `None` when it is something else.
    pub(crate) fn json<T: DeserializeOwned>(part: &str) -> Option<T> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    }
}

/// A part.
pub(crate) fn part(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A part that is JSON.
pub(crate) fn json_part(value: &impl Serialize) -> String {
    // Structures of strings and numbers: nothing can go wrong.
    part(&serde_json::to_vec(value).unwrap_or_default())
}

/// What is signed (RFC 7515, 5.1).
pub(crate) fn signing_input(header: &str, payload: &str) -> Vec<u8> {
    [header, ".", payload].concat().into_bytes()
}

/// Certificates as `x5c` has them (RFC 7515, 4.1.6).
pub(crate) fn x5c(chain: &[CertificateDer<'_>]) -> Vec<String> {
    chain.iter().map(|certificate| STANDARD.encode(certificate)).collect()
}

/// Certificates out of `x5c`, 1 to [`MOST_CERTIFICATES`]; `None` when they are none.
pub(crate) fn chain(x5c: &[String]) -> Option<Vec<CertificateDer<'static>>> {
    let fits = (1..=MOST_CERTIFICATES).contains(&x5c.len());
    let decode = |text: &String| {
        let der = STANDARD.decode(text).ok()?;
        (der.len() <= LONGEST_CERTIFICATE).then(|| CertificateDer::from(der))
    };
    fits.then(|| x5c.iter().map(decode).collect())?
}
