//! The key of a certificate, and the two ways in which a kiosk signs.

use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey, VerificationAlgorithm};
use serde::{Deserialize, Serialize};
use x509_parser::asn1_rs::{FromDer, Integer, Sequence};
use x509_parser::x509::SubjectPublicKeyInfo;

/// How a report is signed, by the name that JOSE has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256 (RFC 7518, 3.4); rustls' `ECDSA_NISTP256_SHA256`
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519 (RFC 8037, 3.1); rustls' `ED25519`
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// Bytes of a signature of either kind.
pub(crate) const SIGNATURE: usize = 64;

// RFC 5480, 2.1.1 and RFC 8410, 3.
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const ED25519_KEY: &str = "1.3.101.112";

impl Algorithm {
    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Es256 => &ECDSA_P256_SHA256_FIXED,
            Self::EdDsa => &ED25519,
        }
    }

    /// What stands in a JWS for a signature as TLS has it, where ECDSA's is DER.
    pub(crate) fn of_tls(self, signature: &[u8]) -> Option<[u8; SIGNATURE]> {
        match self {
            Self::Es256 => fixed(signature),
            Self::EdDsa => signature.try_into().ok(),
        }
    }
}

/// ECDSA's two numbers (RFC 3279, 2.2.3) one after the other, 32 bytes each (RFC 7518, 3.4).
fn fixed(der: &[u8]) -> Option<[u8; SIGNATURE]> {
    let (rest, sequence) = Sequence::from_der(der).ok()?;
    let content: &[u8] = &sequence.content;
    let (content, r) = Integer::from_der(content).ok()?;
    let (end, s) = Integer::from_der(content).ok()?;
    if !rest.is_empty() || !end.is_empty() {
        return None;
    }
    let mut both = [0; SIGNATURE];
    let (left, right) = both.split_at_mut(SIGNATURE / 2);
    place(r.as_ref(), left)?;
    place(s.as_ref(), right)?;
    Some(both)
}

/// A positive number, with zeros before it.
fn place(number: &[u8], into: &mut [u8]) -> Option<()> {
    // A zero keeps the first bit from being taken for a sign.
    let number = match number {
        [0, rest @ ..] => rest,
        [first, ..] if *first < 0x80 => number,
        _ => return None,
    };
    let at = into.len().checked_sub(number.len())?;
    into.get_mut(at..)?.copy_from_slice(number);
    Some(())
}

/// The public key of a certificate.
pub(crate) struct PublicKey {
    pub(crate) algorithm: Algorithm,
    bytes: Vec<u8>,
}

impl PublicKey {
    /// The key, if it is of a kind that a report is signed with.
    pub(crate) fn of(info: &SubjectPublicKeyInfo<'_>) -> Option<Self> {
        let bytes = info.subject_public_key.data.to_vec();
        let curve = || info.algorithm.parameters.as_ref()?.as_oid().ok().map(|oid| oid.to_id_string());
        let (algorithm, length) = match info.algorithm.algorithm.to_id_string().as_str() {
            EC_PUBLIC_KEY if curve()? == P256 => (Algorithm::Es256, 65),
            ED25519_KEY => (Algorithm::EdDsa, 32),
            _ => return None,
        };
        (bytes.len() == length).then_some(Self { algorithm, bytes })
    }

    /// Whether it signed this; the signature as a JWS has it.
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(self.algorithm.verification(), &self.bytes).verify(message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
        let mut der = vec![0x30, u8::try_from(r.len() + s.len() + 4).unwrap()];
        for number in [r, s] {
            der.extend([2, u8::try_from(number.len()).unwrap()]);
            der.extend(number);
        }
        der
    }

    #[test]
    fn two_numbers_become_64_bytes() {
        let signed = [&[0][..], &[0xff; 32]].concat();
        for (r, s, first, last) in [
            (&[0x7f; 32][..], &[1][..], [0x7f; 32], [[0; 31].as_slice(), &[1]].concat()),
            (&signed, &signed, [0xff; 32], vec![0xff; 32]),
            (
                &[1; 31],
                &[0, 0x80],
                [[0].as_slice(), &[1; 31]].concat().try_into().unwrap(),
                [[0; 31].as_slice(), &[0x80]].concat(),
            ),
        ] {
            let both = Algorithm::Es256.of_tls(&der(r, s)).unwrap();
            assert_eq!((&both[..32], &both[32..]), (&first[..], &last[..]));
        }
    }

    #[test]
    fn what_is_no_signature_becomes_none() {
        let mut behind = der(&[1], &[1]);
        behind.push(0);
        for strange in [vec![], vec![0; 64], der(&[1; 33], &[1]), der(&[0x80], &[1]), der(&[], &[1]), behind]
        {
            assert_eq!(Algorithm::Es256.of_tls(&strange), None, "{strange:02x?}");
        }
        assert_eq!(Algorithm::EdDsa.of_tls(&[7; 64]), Some([7; 64]));
        assert_eq!(Algorithm::EdDsa.of_tls(&[7; 63]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = Algorithm::Es256.of_tls(&bytes);
        }
    }
}
