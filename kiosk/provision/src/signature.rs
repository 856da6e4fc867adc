//! Who signed a bundle: a detached JWS (RFC 7515, appendix F) over the manifest's exact bytes.
//!
//! The readiness report has such signatures, too, with certificates and a summary in their header, in a room that
//! draws pages. This one is over bare keys, and runs as root, where nothing should be that is not needed.

use crate::pem;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

/// A signature's file is at most this long, in bytes.
pub const LONGEST_JWS: usize = 4 * 1024;

// RFC 5480, 2.1.1 and RFC 8410, 3.
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const ED25519_KEY: &str = "1.3.101.112";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Algorithm {
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// There is no other member: what a program does not know it cannot judge, `crit` and `b64` least of all.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: Algorithm,
    /// SHA-256 of the key (SubjectPublicKeyInfo), in hexadecimal
    kid: String,
    /// always [`CONTENT`]: a signature over something else is none over a bundle
    cty: String,
}

const CONTENT: &str = "onedoor-bundle";

/// Why a signature is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// The file of public keys is none.
    #[error("the keys that sign bundles (bundle.pub) are no ECDSA P-256 or Ed25519 public keys in PEM")]
    Keys,
    /// It is no signature of a bundle.
    #[error("is no signature of a bundle; make the bundle with `onedoor-hall bundle`")]
    Form,
    /// The key is none of ours.
    #[error(
        "was signed with a key that this kiosk does not know; use the key whose public half is bundle.pub"
    )]
    UnknownKey,
    /// The manifest is another.
    #[error("does not fit the manifest: one of the two was changed; get the bundle again from the office")]
    Wrong,
}

struct PublicKey {
    algorithm: Algorithm,
    kid: String,
    bytes: Vec<u8>,
}

/// The keys that may sign bundles; several while one takes over from another.
pub struct SigningKeys(Vec<PublicKey>);

impl SigningKeys {
    /// From PEM: 1 to 8 public keys.
    ///
    /// # Errors
    /// [`NotSigned::Keys`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, NotSigned> {
        let keys = pem::public_keys(pem).ok_or(NotSigned::Keys)?;
        keys.iter().map(|der| public(der).ok_or(NotSigned::Keys)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether one of them signed this manifest.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub fn check(&self, manifest: &[u8], jws: &[u8]) -> Result<(), NotSigned> {
        if jws.len() > LONGEST_JWS {
            return Err(NotSigned::Form);
        }
        let text = std::str::from_utf8(jws).map_err(|_| NotSigned::Form)?;
        let mut parts = text.trim_ascii_end().split('.');
        let (Some(head), Some(""), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotSigned::Form);
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| NotSigned::Form);
        let header: Header = serde_json::from_slice(&decode(head)?).map_err(|_| NotSigned::Form)?;
        if header.cty != CONTENT {
            return Err(NotSigned::Form);
        }
        let key = self.0.iter().find(|key| key.kid == header.kid).ok_or(NotSigned::UnknownKey)?;
        let verification: &dyn ring::signature::VerificationAlgorithm = match key.algorithm {
            Algorithm::Es256 => &ECDSA_P256_SHA256_FIXED,
            Algorithm::EdDsa => &ED25519,
        };
        if key.algorithm != header.alg {
            return Err(NotSigned::Wrong);
        }
        UnparsedPublicKey::new(verification, &key.bytes)
            .verify(&signed(head, manifest), &decode(signature)?)
            .map_err(|_| NotSigned::Wrong)
    }
}

fn public(der: &[u8]) -> Option<PublicKey> {
    let ([], info) = SubjectPublicKeyInfo::from_der(der).ok()? else { return None };
    let curve = || info.algorithm.parameters.as_ref()?.as_oid().ok().map(|oid| oid.to_id_string());
    let (algorithm, length) = match info.algorithm.algorithm.to_id_string().as_str() {
        EC_PUBLIC_KEY if curve()? == P256 => (Algorithm::Es256, 65),
        ED25519_KEY => (Algorithm::EdDsa, 32),
        _ => return None,
    };
    let bytes = info.subject_public_key.data.to_vec();
    (bytes.len() == length).then(|| PublicKey { algorithm, kid: hex::encode(Sha256::digest(der)), bytes })
}

fn signed(header: &str, manifest: &[u8]) -> Vec<u8> {
    [header, ".", &URL_SAFE_NO_PAD.encode(manifest)].concat().into_bytes()
}

/// Signs a manifest with the office's key (ECDSA P-256, PKCS #8, PEM).
///
/// # Errors
/// [`NotSigned::Keys`] when the key is none.
pub fn sign(manifest: &[u8], key: &[u8]) -> Result<String, NotSigned> {
    let pair = pair(key).ok_or(NotSigned::Keys)?;
    let public = rcgen::PublicKeyData::subject_public_key_info(&pair);
    let header =
        Header { alg: Algorithm::Es256, kid: hex::encode(Sha256::digest(public)), cty: CONTENT.to_owned() };
    // A structure of strings: nothing can go wrong.
    let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).unwrap_or_default());
    let random = SystemRandom::new();
    let der = pem::private_key(key).ok_or(NotSigned::Keys)?;
    let signature = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &random)
        .map_err(|_| NotSigned::Keys)?
        .sign(&random, &signed(&header, manifest))
        .map_err(|_| NotSigned::Keys)?;
    Ok(format!("{header}..{}\n", URL_SAFE_NO_PAD.encode(signature)))
}

/// A P-256 key out of PEM.
pub(crate) fn pair(pem: &[u8]) -> Option<rcgen::KeyPair> {
    let text = std::str::from_utf8(pem).ok()?;
    rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(text, &rcgen::PKCS_ECDSA_P256_SHA256).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        (key.serialize_pem(), key.public_key_pem())
    }

    #[test]
    fn one_of_several_keys_is_believed_and_nothing_else() {
        let ((old, old_public), (new, new_public), (strange, _)) = (key(), key(), key());
        let keys = SigningKeys::from_pem([old_public, new_public].concat().as_bytes()).unwrap();
        for key in [old, new] {
            let jws = sign(b"manifest", key.as_bytes()).unwrap();
            assert_eq!(keys.check(b"manifest", jws.as_bytes()), Ok(()));
            assert_eq!(keys.check(b"manifesto", jws.as_bytes()), Err(NotSigned::Wrong));
        }
        let jws = sign(b"manifest", strange.as_bytes()).unwrap();
        assert_eq!(keys.check(b"manifest", jws.as_bytes()), Err(NotSigned::UnknownKey));
        for wrong in ["", ".", "..", "a.b.c", "e30..", &"x".repeat(5000)] {
            assert_eq!(keys.check(b"manifest", wrong.as_bytes()), Err(NotSigned::Form), "{wrong}");
        }
    }

    #[test]
    fn ed25519_is_known_too() {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let keys = SigningKeys::from_pem(pair.public_key_pem().as_bytes()).unwrap();
        let header = Header { alg: Algorithm::EdDsa, kid: keys.0[0].kid.clone(), cty: CONTENT.into() };
        let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).unwrap());
        let signature = rcgen::SigningKey::sign(&pair, &signed(&header, b"manifest")).unwrap();
        let jws = format!("{header}..{}", URL_SAFE_NO_PAD.encode(signature));
        assert_eq!(keys.check(b"manifest", jws.as_bytes()), Ok(()));
        assert_eq!(keys.check(b"manifes", jws.as_bytes()), Err(NotSigned::Wrong));
    }

    #[test]
    fn what_holds_no_key_is_none() {
        let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap().public_key_pem();
        for wrong in ["", "x", p384.as_str()] {
            assert!(SigningKeys::from_pem(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
