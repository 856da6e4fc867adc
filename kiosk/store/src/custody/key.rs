//! The key that the store countersigns with, and its signatures.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::CustodyCode;
use crate::material::open_plain;
use crate::{MaterialId, ReceivedAt, ValueError};

/// A key file is at most this long, in bytes; an Ed25519 one has 113.
const LONGEST_FILE: u64 = 4096;
/// Characters of a signature in Base64, at most (`Receipt.custody` in openapi.yaml).
const LONGEST_SIGNATURE: usize = 128;

// Object identifiers: RFC 8410 section 3, RFC 5480 sections 2.1.1 and 2.1.1.1.
const ED25519: &str = "1.3.101.112";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";

/// A file is no key that countersignatures can be checked with.
#[derive(Debug, Error)]
pub enum CustodyKeyError {
    /// It cannot be read.
    #[error("{} could not be read ({source}); put the store's public key for countersignatures there", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else.
    #[error(
        "{} holds no public key for countersignatures: a PEM block PUBLIC KEY with an Ed25519 or an \
         ECDSA P-256 key is wanted; have the store's administrator export it anew", path.display()
    )]
    Unusable {
        /// The file.
        path: PathBuf,
    },
}

/// The public half of the key that the store countersigns with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustodyKey {
    kind: Kind,
    /// As ring takes it: 32 bytes, or the uncompressed point (SEC 1 section 2.3.3).
    point: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// RFC 8032.
    Ed25519,
    /// FIPS 186-5, with SHA-256; signatures in DER (RFC 3279 section 2.2.3).
    EcdsaP256,
}

impl Kind {
    fn algorithm(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Ed25519 => &signature::ED25519,
            Self::EcdsaP256 => &signature::ECDSA_P256_SHA256_ASN1,
        }
    }
}

impl CustodyKey {
    /// Reads a key from a PEM file (RFC 7468 section 13, `PUBLIC KEY`).
    ///
    /// # Errors
    /// [`CustodyKeyError`] naming the file.
    pub fn load(path: &Path) -> Result<Self, CustodyKeyError> {
        let mut pem = Vec::new();
        open_plain(path)
            .and_then(|file| file.take(LONGEST_FILE + 1).read_to_end(&mut pem))
            .map_err(|source| CustodyKeyError::Unreadable { path: path.to_owned(), source })?;
        let whole = pem.len() as u64 <= LONGEST_FILE;
        let key = whole.then(|| Self::from_pem(&pem)).flatten();
        key.ok_or_else(|| CustodyKeyError::Unusable { path: path.to_owned() })
    }

    /// Takes a key out of PEM; nothing when there is none of the two kinds.
    pub(crate) fn from_pem(pem: &[u8]) -> Option<Self> {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).ok()?;
        let (rest, info) = SubjectPublicKeyInfo::from_der(&der).ok()?;
        let point = info.subject_public_key.data.to_vec();
        let curve = || info.algorithm.parameters.as_ref()?.as_oid().ok().map(|oid| oid.to_id_string());
        let kind = match info.algorithm.algorithm.to_id_string().as_str() {
            ED25519 => Kind::Ed25519,
            EC_PUBLIC_KEY if curve().as_deref() == Some(P256) => Kind::EcdsaP256,
            _ => return None,
        };
        let shaped = match kind {
            Kind::Ed25519 => point.len() == 32,
            Kind::EcdsaP256 => point.len() == 65 && point.first() == Some(&4),
        };
        (shaped && rest.is_empty()).then_some(Self { kind, point })
    }

    /// Whether this key countersigned that the store received a visit's document under this code at
    /// this time.
    #[must_use]
    pub fn holds(
        &self,
        code: &CustodyCode,
        visit: &str,
        material_id: &MaterialId,
        received_at: &ReceivedAt,
        signature: &Signature,
    ) -> bool {
        // A visit with a line break in it could pass for other lines.
        if visit.contains(char::is_control) {
            return false;
        }
        let lines = format!("onedoor-custody-1\n{code}\n{visit}\n{material_id}\n{received_at}\n");
        UnparsedPublicKey::new(self.kind.algorithm(), &self.point)
            .verify(lines.as_bytes(), &signature.0)
            .is_ok()
    }
}

/// A countersignature, not yet checked: 64 bytes for Ed25519, DER for ECDSA; Base64 in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

impl Signature {
    /// Reads Base64 (RFC 4648 section 4) of 1 to 128 characters.
    ///
    /// # Errors
    /// [`ValueError`] for anything else.
    pub fn from_base64(text: &str) -> Result<Self, ValueError> {
        let bad = ValueError("countersignature");
        if !(1..=LONGEST_SIGNATURE).contains(&text.len()) {
            return Err(bad);
        }
        BASE64_STANDARD.decode(text).map(Self).map_err(|_| bad)
    }

    /// The signature in Base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        BASE64_STANDARD.encode(&self.0)
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64())
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_base64(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Signer, SignerKind};

    fn made(signer: &Signer) -> CustodyKey {
        CustodyKey::from_pem(signer.public_pem().as_bytes()).expect("a key")
    }

    #[test]
    fn only_the_stores_own_word_on_exactly_this_holds() {
        let code = CustodyCode::parse("0123456789ABCDEF").expect("a code");
        let other = CustodyCode::parse("0123456789ABCDEG").expect("a code");
        let id = |text| MaterialId::new(text).expect("an id");
        let at = |text| ReceivedAt::parse(text).expect("a time");
        for kind in [SignerKind::Ed25519, SignerKind::EcdsaP256] {
            let signer = Signer::new(kind);
            let key = made(&signer);
            let lines = "onedoor-custody-1\n0123456789ABCDEF\n一 visit\nm-1\n2026-11-23T01:02:03.50Z\n";
            let signed = signer.sign(lines);
            let time = at("2026-11-23T01:02:03.50Z");
            assert!(key.holds(&code, "一 visit", &id("m-1"), &time, &signed), "{kind:?}");
            assert!(!key.holds(&other, "一 visit", &id("m-1"), &time, &signed), "{kind:?}");
            assert!(!key.holds(&code, "another visit", &id("m-1"), &time, &signed), "{kind:?}");
            assert!(!key.holds(&code, "一 visit", &id("m-2"), &time, &signed), "{kind:?}");
            let same_moment = at("2026-11-23T01:02:03.5Z");
            assert!(!key.holds(&code, "一 visit", &id("m-1"), &same_moment, &signed), "{kind:?}");
            let stranger = made(&Signer::new(kind));
            assert!(!stranger.holds(&code, "一 visit", &id("m-1"), &time, &signed), "{kind:?}");
            let garbage = Signature::from_base64("AAAA").expect("Base64");
            assert!(!key.holds(&code, "一 visit", &id("m-1"), &time, &garbage), "{kind:?}");
        }
    }

    #[test]
    fn what_openssl_signed_holds() {
        // openssl genpkey -algorithm ed25519 | ec -pkeyopt ec_paramgen_curve:P-256; pkeyutl -sign
        let code = CustodyCode::parse("8QH4T0Z1MB2N3C5D").expect("a code");
        let id = MaterialId::new("m-7").expect("an id");
        let at = ReceivedAt::parse("2026-11-23T01:02:03Z").expect("a time");
        for (pem, signature) in OPENSSL {
            let key = CustodyKey::from_pem(pem.as_bytes()).expect("a key");
            let signature = Signature::from_base64(signature).expect("Base64");
            assert!(key.holds(&code, "visit-1", &id, &at, &signature));
        }
    }

    const OPENSSL: [(&str, &str); 2] = [
        (
            "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAzybsaaWTAnfohZZSMGh7zCg48kABhXrRGhLUrvRHtQE=\n-----END PUBLIC KEY-----\n",
            "lkM5xNjv2SoZPra9ImbEL2ZopXPdPWzN7+JguU1IU7NGkS+1rAYKedr1Nzf7jI6vHnKgNENil9GskZcNxi0tCA==",
        ),
        (
            "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEw+RMC6lDCytQF4irpMCI3UuuSkDL\nL8U+LU2vDunMhSAGawV6EIbk+kXr4kADwRoNr4Pb63tcC8ewyNxswW11zw==\n-----END PUBLIC KEY-----\n",
            "MEUCIF82c/i5JyyDypQayQTJpL4trJzuqFr5g7k5q8JVyWG6AiEAm16DBE6gYmN6FBsySYooX6f48crhfB0WxCICZEAEkVQ=",
        ),
    ];

    #[test]
    fn files_without_a_usable_key_are_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("custody.pem");
        let rsa = "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf\n9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==\n-----END PUBLIC KEY-----\n";
        let good = Signer::new(SignerKind::Ed25519).public_pem();
        for text in
            ["", "nothing", rsa, &good.replacen("MC", "MD", 1), &format!("{}{good}", " ".repeat(5000))]
        {
            std::fs::write(&path, text).expect("written");
            let said = CustodyKey::load(&path).expect_err("unusable").to_string();
            assert!(said.contains("custody.pem"), "{said}");
        }
        std::fs::write(&path, good).expect("written");
        assert!(CustodyKey::load(&path).is_ok());
        assert!(CustodyKey::load(&dir.path().join("none")).is_err());
    }
}
