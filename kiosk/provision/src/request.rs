//! What a kiosk asks the office for: a certificate for its key, and to be sealed to.
//!
//! The first request is proven by a person, who compares the fingerprint. One for a new key is signed with the old
//! one besides, whose certificate goes along.

use crate::fingerprint::Fingerprint;
use crate::keys::{Keys, Pair};
use crate::pem;
use crate::sealed::SealingKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rcgen::{CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType};
use rcgen::{PublicKeyData, SigningKey};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use std::io;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

/// A request is at most this long, in bytes.
pub const LONGEST_REQUEST: usize = 96 * 1024;

const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    fingerprint: Fingerprint,
    /// PKCS #10, PEM
    csr: String,
    /// the first key for TLS (SubjectPublicKeyInfo, base64)
    identity: String,
    /// X25519, base64
    sealing: String,
    version: String,
    board: Option<String>,
    asked: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    renews: Option<Renews>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Renews {
    /// PEM
    certificate: String,
    /// of the old key over the new request (base64)
    signature: String,
}

/// What the old key signs.
fn renewal(csr: &str) -> Vec<u8> {
    [b"onedoor renewal 1\0", csr.as_bytes()].concat()
}

/// Makes the request for a pair; `renews` is the pair in use, if it has a certificate. The office is told the
/// version of the system and what the board is called.
///
/// # Errors
/// The keys do not sign.
pub fn make(
    keys: &Keys,
    pair: &Pair,
    renews: Option<&Pair>,
    (version, board): (String, Option<String>),
    now: Timestamp,
) -> io::Result<Vec<u8>> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, keys.fingerprint.to_string());
    let csr = params.serialize_request(&pair.key).and_then(|csr| csr.pem()).map_err(io::Error::other)?;
    let renews = match renews.and_then(|old| Some((old, old.certificate.as_ref()?))) {
        None => None,
        Some((old, certificate)) => Some(Renews {
            certificate: String::from_utf8_lossy(certificate).into_owned(),
            signature: STANDARD.encode(old.key.sign(&renewal(&csr)).map_err(io::Error::other)?),
        }),
    };
    let written = Written {
        format: FORMAT,
        fingerprint: keys.fingerprint,
        csr,
        identity: STANDARD.encode(&keys.identity),
        sealing: STANDARD.encode(keys.opening.public().bytes()),
        version,
        board,
        asked: now,
        renews,
    };
    serde_json::to_vec_pretty(&written).map_err(io::Error::other)
}

/// Why a request is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotARequest {
    /// It is something else.
    #[error("is no kiosk's request")]
    Form,
    /// Its key is not one that kiosks have, or did not sign it.
    #[error("holds a request for a certificate that its own key did not sign")]
    Csr,
    /// The fingerprint is not that of the keys.
    #[error("names another fingerprint than that of its keys; somebody changed it")]
    Fingerprint,
    /// It is for a new key, and does not prove that the kiosk itself asks.
    #[error(
        "is for a new key, and not signed with the one that this authority certified; have the kiosk ask anew"
    )]
    Renewal,
}

/// A request whose keys belong together.
pub struct Request {
    /// what the kiosk is recognised by; a person has to compare it
    pub fingerprint: Fingerprint,
    /// to which its secrets are sealed
    pub sealing: SealingKey,
    /// version of its system
    pub version: String,
    /// what the board's maker calls it
    pub board: Option<String>,
    /// when it asked, by its own clock
    pub asked: Timestamp,
    csr: CertificateSigningRequestParams,
    csr_pem: String,
    key: Vec<u8>,
    identity: Vec<u8>,
    renews: Option<Renews>,
}

impl Request {
    /// Reads a request, and checks that its keys belong together.
    ///
    /// # Errors
    /// [`NotARequest`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NotARequest> {
        let form = NotARequest::Form;
        if bytes.len() > LONGEST_REQUEST {
            return Err(form);
        }
        let written: Written = serde_json::from_slice(bytes).map_err(|_| form)?;
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| form);
        let shown = |text: &str| text.len() <= 100 && !text.chars().any(char::is_control);
        if written.format != FORMAT || !shown(&written.version) || !written.board.as_deref().is_none_or(shown)
        {
            return Err(form);
        }
        let csr = CertificateSigningRequestParams::from_pem(&written.csr).map_err(|_| NotARequest::Csr)?;
        let key = csr.public_key.subject_public_key_info();
        p256(&key).ok_or(NotARequest::Csr)?;
        let identity = decode(&written.identity)?;
        p256(&identity).ok_or(form)?;
        let sealing = decode(&written.sealing)?.try_into().map(SealingKey::new).map_err(|_| form)?;
        if Fingerprint::of(&identity, sealing) != written.fingerprint {
            return Err(NotARequest::Fingerprint);
        }
        Ok(Self {
            fingerprint: written.fingerprint,
            sealing,
            version: written.version,
            board: written.board,
            asked: written.asked,
            csr,
            csr_pem: written.csr,
            key,
            identity,
            renews: written.renews,
        })
    }

    /// Whether it asks for a certificate for a new key.
    #[must_use]
    pub fn is_renewal(&self) -> bool {
        self.key != self.identity
    }

    /// The request for a certificate, if the kiosk with this fingerprint itself asks: for the key that the fingerprint
    /// is of, or for one that is signed with a key that this authority certified for it.
    pub(crate) fn proven(
        &self,
        authority: &rustls_pki_types::CertificateDer<'_>,
    ) -> Result<&CertificateSigningRequestParams, NotARequest> {
        if !self.is_renewal() {
            return Ok(&self.csr);
        }
        let proof = || {
            let Renews { certificate, signature } = self.renews.as_ref()?;
            let (old, print) = crate::certificate::issued_by(certificate.as_bytes(), authority)?;
            let signature = STANDARD.decode(signature).ok()?;
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, p256(&old)?)
                .verify(&renewal(&self.csr_pem), &signature)
                .ok()?;
            (print == self.fingerprint).then_some(())
        };
        proof().map(|()| &self.csr).ok_or(NotARequest::Renewal)
    }
}

/// The point of a P-256 key.
fn p256(der: &[u8]) -> Option<Vec<u8>> {
    let ([], info) = SubjectPublicKeyInfo::from_der(der).ok()? else { return None };
    let curve = info.algorithm.parameters.as_ref()?.as_oid().ok()?.to_id_string();
    let point = info.subject_public_key.data.to_vec();
    (curve == "1.2.840.10045.3.1.7" && point.len() == 65).then_some(point)
}

/// The PEM of a request's certificate signing request, for whoever signs with other tools.
///
/// # Errors
/// [`NotARequest`].
pub fn csr(bytes: &[u8]) -> Result<String, NotARequest> {
    let request = Request::parse(bytes)?;
    let pem = request.csr_pem.as_bytes();
    // What was parsed is PEM; whatever else stood around it is not handed on.
    let der = CertificateSigningRequestDer::from_pem_slice(pem).map_err(|_| NotARequest::Form)?;
    Ok(pem::encode("CERTIFICATE REQUEST", &der).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;
    use crate::testing::places;
    use proptest::prelude::*;
    use serde_json::Value;
    use std::sync::LazyLock;

    /// The first request of a kiosk, and that of another.
    static ASKED: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
        [(); 2].map(|()| {
            let (_folder, places) = places();
            let keys = keys::ensure(&places, &crate::Disk::new()).unwrap();
            let pair = keys::current(&places).unwrap().unwrap();
            make(&keys, &pair, None, ("12".into(), Some("board 7".into())), Timestamp::UNIX_EPOCH).unwrap()
        })
    });

    fn with(field: &str, value: Value) -> Vec<u8> {
        let mut request: Value = serde_json::from_slice(&ASKED[0]).unwrap();
        request[field] = value;
        serde_json::to_vec(&request).unwrap()
    }

    #[test]
    fn a_request_is_of_one_kiosk() {
        let request = Request::parse(&ASKED[0]).unwrap();
        assert!(!request.is_renewal());
        assert_eq!((request.board.as_deref(), request.version.as_str()), (Some("board 7"), "12"));
        assert_eq!(request.asked, Timestamp::UNIX_EPOCH);
        assert!(csr(&ASKED[0]).unwrap().starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
        let (authority, _) = crate::sample::authority("kiosks");
        let authority = pem::certificates(authority.as_bytes()).unwrap().remove(0);
        assert!(request.proven(&authority).is_ok());

        let other: Value = serde_json::from_slice(&ASKED[1]).unwrap();
        let take = |field: &str| with(field, other[field].clone());
        for (bytes, error) in [
            (take("fingerprint"), NotARequest::Fingerprint),
            (take("sealing"), NotARequest::Fingerprint),
            (take("identity"), NotARequest::Fingerprint),
            (with("csr", "".into()), NotARequest::Csr),
            (with("format", 2.into()), NotARequest::Form),
            (with("version", "\u{1b}[2J".into()), NotARequest::Form),
            (with("board", "x".repeat(101).into()), NotARequest::Form),
            (with("surprise", 1.into()), NotARequest::Form),
            (vec![b' '; LONGEST_REQUEST + 1], NotARequest::Form),
        ] {
            assert_eq!(Request::parse(&bytes).err(), Some(error), "{}", String::from_utf8_lossy(&bytes));
        }
        // Another's key under this fingerprint is a renewal, and nothing proves it.
        let stolen = Request::parse(&take("csr")).unwrap();
        assert!(stolen.is_renewal());
        assert_eq!(stolen.proven(&authority).err(), Some(NotARequest::Renewal));
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            crate::fuzz::request(&bytes);
            let mut request = ASKED[0].clone();
            let at = at.index(request.len());
            let to = (at + bytes.len()).min(request.len());
            request.splice(at..to, bytes);
            crate::fuzz::request(&request);
            if let Ok(request) = Request::parse(&request) {
                prop_assert_eq!(request.fingerprint, Request::parse(&ASKED[0]).unwrap().fingerprint);
            }
        }
    }
}
