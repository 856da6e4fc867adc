//! Certificates of kiosks: whether one is this kiosk's, and until when.

use crate::fingerprint::Fingerprint;
use crate::keys::Pair;
use crate::pem;
use jiff::Timestamp;
use rustls::crypto::ring;
use rustls_pki_types::{CertificateDer, UnixTime};
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::extensions::GeneralName;

/// A kiosk's certificate and those above it are so many at most.
const MOST: usize = 4;

/// In whose subject alternative name (URI) a fingerprint stands.
const URN: &str = "urn:onedoor:kiosk:";

/// Why a certificate is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    /// It is none.
    #[error("is not 1 to 4 certificates in PEM")]
    Form,
    /// It is for another key.
    #[error("is for another key than the one that was asked for")]
    OtherKey,
    /// It is signed by nobody whom this kiosk knows, is not valid now, or is for something else.
    #[error("is not believed: {0}")]
    Untrusted(String),
}

/// When it is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// from then on
    pub begins: Timestamp,
    /// until then
    pub ends: Timestamp,
}

impl Validity {
    /// Whether a new one is to be asked for: less than a third of its time is left.
    #[must_use]
    pub fn is_waning(self, now: Timestamp) -> bool {
        let (begins, ends) = (self.begins.as_second(), self.ends.as_second());
        let life = ends.saturating_sub(begins).max(0);
        ends.saturating_sub(now.as_second()) < life / 3
    }
}

fn validity_of(der: &[u8]) -> Option<Validity> {
    let (_, read) = x509_parser::parse_x509_certificate(der).ok()?;
    let time = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
    Some(Validity { begins: time(read.validity().not_before)?, ends: time(read.validity().not_after)? })
}

/// When the certificate of a pair is valid; `None` when it has none.
#[must_use]
pub fn validity(pair: &Pair) -> Option<Validity> {
    validity_of(pem::certificates(pair.certificate.as_ref()?)?.first()?)
}

/// When the certificate of a pair ends.
#[must_use]
pub fn ends(pair: &Pair) -> Option<Timestamp> {
    validity(pair).map(|validity| validity.ends)
}

/// Whether this is a certificate for the key, believed now.
///
/// # Errors
/// [`NotOurs`].
pub fn check(
    text: &[u8],
    key: &[u8],
    authorities: &[CertificateDer<'_>],
    now: Timestamp,
) -> Result<(), NotOurs> {
    let chain = pem::certificates(text).filter(|chain| chain.len() <= MOST).ok_or(NotOurs::Form)?;
    let [kiosk, above @ ..] = &chain[..] else { return Err(NotOurs::Form) };
    let (_, read) = x509_parser::parse_x509_certificate(kiosk).map_err(|_| NotOurs::Form)?;
    if read.public_key().raw != key {
        return Err(NotOurs::OtherKey);
    }
    if read.is_ca() {
        return Err(NotOurs::Untrusted("it is an authority's".to_owned()));
    }
    chains(kiosk, above, authorities, now)
}

fn chains(
    kiosk: &CertificateDer<'_>,
    above: &[CertificateDer<'_>],
    authorities: &[CertificateDer<'_>],
    at: Timestamp,
) -> Result<(), NotOurs> {
    let untrusted = |error: webpki::Error| NotOurs::Untrusted(error.to_string());
    let anchors: Vec<_> =
        authorities.iter().map(anchor_from_trusted_cert).collect::<Result<_, _>>().map_err(untrusted)?;
    let second = Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default());
    EndEntityCert::try_from(kiosk)
        .and_then(|certificate| {
            certificate
                .verify_for_usage(
                    ring::default_provider().signature_verification_algorithms.all,
                    &anchors,
                    above,
                    UnixTime::since_unix_epoch(second),
                    KeyUsage::client_auth(),
                    None,
                    None,
                )
                .map(drop)
        })
        .map_err(untrusted)
}

/// The key (SubjectPublicKeyInfo, DER) and the fingerprint that a certificate names, if this authority signed it. It
/// may have ended meanwhile: whoever renews it shows the fingerprint to a person.
pub(crate) fn issued_by(text: &[u8], authority: &CertificateDer<'_>) -> Option<(Vec<u8>, Fingerprint)> {
    let chain = pem::certificates(text)?;
    let kiosk = chain.first()?;
    let begins = validity_of(kiosk)?.begins;
    let then = Timestamp::from_second(begins.as_second().saturating_add(1)).ok()?;
    chains(kiosk, &[], std::slice::from_ref(authority), then).ok()?;
    let (_, read) = x509_parser::parse_x509_certificate(kiosk).ok()?;
    let names = read.subject_alternative_name().ok()??;
    let print = names.value.general_names.iter().find_map(|name| match name {
        GeneralName::URI(uri) => uri.strip_prefix(URN)?.parse().ok(),
        _ => None,
    })?;
    Some((read.public_key().raw.to_vec(), print))
}

/// The subject alternative name (URI) for a fingerprint.
pub(crate) fn urn(fingerprint: Fingerprint) -> String {
    format!("{URN}{fingerprint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_wanes_in_its_last_third() {
        let time = |second| Timestamp::from_second(second).unwrap();
        let validity = Validity { begins: time(0), ends: time(300) };
        for (now, wanes) in [(0, false), (200, false), (201, true), (300, true), (400, true)] {
            assert_eq!(validity.is_waning(time(now)), wanes, "{now}");
        }
        let strange = Validity { begins: time(300), ends: time(0) };
        assert!(strange.is_waning(time(1)));
    }
}
