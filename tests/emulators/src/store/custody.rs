//! Custody: the code over a document and its pages, and the store's countersignature of it (the
//! contract's `info.description`).

use crate::pki::{Authority, Pki, PkiError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rcgen::{KeyPair, SigningKey};
use sha2::{Digest, Sha256};

/// Crockford's Base32: 32 letters and digits that are not taken for one another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Whether a text has the form of a custody code.
pub(super) fn is_code(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// The custody code of a document (lower-case hexadecimal digests) after the one before.
pub(super) fn code(previous: Option<&str>, pages: &[String], document: &str) -> String {
    let mut lines = format!("onedoor-list-1\nprevious {}\n", previous.unwrap_or("-"));
    for page in pages {
        lines.push_str(&format!("page {page}\n"));
    }
    lines.push_str(&format!("document {document}\n"));
    let digest = Sha256::digest(lines);
    let bits = digest.iter().take(10).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let places = (0..16).rev().map(|place| (bits >> (5 * place) & 31) as usize);
    places.filter_map(|value| ALPHABET.get(value)).map(|&letter| char::from(letter)).collect()
}

/// What is signed.
pub(super) struct Statement<'a> {
    pub(super) code: &'a str,
    pub(super) visit: &'a str,
    pub(super) material_id: &'a str,
    /// as in the receipt, character for character
    pub(super) received_at: &'a str,
}

impl Statement<'_> {
    fn lines(&self) -> String {
        let Self { code, visit, material_id, received_at } = self;
        format!("onedoor-custody-1\n{code}\n{visit}\n{material_id}\n{received_at}\n")
    }
}

/// The store's key, and a stranger's for signatures that a kiosk must refuse.
pub(super) struct Countersigner {
    hall: KeyPair,
    stranger: KeyPair,
}

impl Countersigner {
    /// With the keys in the hall's folder of certificates, whichever algorithm they are of.
    pub(super) fn open(pki: &Pki) -> Result<Self, PkiError> {
        Ok(Self { hall: pki.custody_pair(Authority::Hall)?, stranger: pki.custody_pair(Authority::Wrong)? })
    }

    /// The signature, Base64: 64 bytes of Ed25519, or ECDSA's in DER.
    pub(super) fn sign(&self, statement: &Statement<'_>, whose: Authority) -> Result<String, rcgen::Error> {
        let pair = match whose {
            Authority::Hall => &self.hall,
            Authority::Wrong => &self.stranger,
        };
        Ok(BASE64.encode(pair.sign(statement.lines().as_bytes())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::CustodyAlgorithm;
    use crate::testing::{folder, openssl_verifies};

    #[test]
    fn a_code_is_what_sha256sum_and_a_table_of_crockford_make_of_the_lines() {
        // printf of the lines | sha256sum, the first 20 digits written in Base32 by another program
        let page = |digit: &str| digit.repeat(64);
        let first = code(None, &[page("1")], &page("a"));
        assert_eq!(first, "GQJNJWZAZV8WJ7W9");
        let second = code(Some(&first), &[page("2"), page("3")], &page("b"));
        assert_eq!(second, "TXNE2733Z9B8H5T0");
        assert!(is_code(&first) && is_code(&second));
        for bad in ["", "0000", "ILOU000000000000", "a000000000000000", "00000000000000000"] {
            assert!(!is_code(bad), "{bad}");
        }
        assert_ne!(
            code(None, &[page("3"), page("2")], &page("b")),
            code(None, &[page("2"), page("3")], &page("b"))
        );
    }

    /// openssl, given the public key alone, agrees with the hall's signature and not with a stranger's.
    #[test]
    fn a_countersignature_is_verified_by_openssl() {
        for algorithm in [CustodyAlgorithm::Ed25519, CustodyAlgorithm::EcdsaP256] {
            let dir = folder();
            let pki = Pki::open(dir.path()).expect("the keys");
            pki.renew_custody(algorithm).expect("a new key");
            let signer = Countersigner::open(&pki).expect("the keys");
            let statement = Statement {
                code: "0123456789ABCDEF",
                visit: "v-1",
                material_id: "m-1",
                received_at: "2026-11-26T01:02:03Z",
            };
            let lines = "onedoor-custody-1\n0123456789ABCDEF\nv-1\nm-1\n2026-11-26T01:02:03Z\n";
            for (whose, verified) in [(Authority::Hall, true), (Authority::Wrong, false)] {
                let signature = signer.sign(&statement, whose).expect("a signature");
                let public = pki.custody_public(Authority::Hall);
                assert_eq!(openssl_verifies(&public, lines, &signature), verified, "{algorithm:?} {whose:?}");
            }
        }
    }
}
