//! Certificates: which are kiosks' of a hall, and what stands in them.

use jiff::Timestamp;
use jiff::tz::Offset;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring as algorithms};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use crate::fingerprint::Fingerprint;
use crate::key::PublicKey;
use crate::moment::Moment;
use crate::report::Certificate;
use crate::text::Text;
use crate::verify::VerifyError;

/// A certificate is at most this long, in bytes.
pub const LONGEST_CERTIFICATE: usize = 8 * 1024;

/// A kiosk's certificate and those above it are so many at most.
pub const MOST_CERTIFICATES: usize = 4;

/// The authorities' certificates are at most this long, in bytes.
pub const LONGEST_AUTHORITIES: usize = 1024 * 1024;

/// Authorities, at most.
const MOST_AUTHORITIES: usize = 8;

/// What an authority may sign certificates with.
const SIGNED_WITH: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ED25519,
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
];

/// What a kiosk's certificate says.
pub(crate) struct Read {
    pub(crate) key: PublicKey,
    pub(crate) certificate: Certificate,
    pub(crate) begins: i64,
    pub(crate) name: Option<Text<64>>,
}

impl Read {
    /// Reads a certificate (DER); `None` when it is none, or its key is of a kind that signs no report.
    pub(crate) fn of(der: &[u8]) -> Option<Self> {
        if der.len() > LONGEST_CERTIFICATE {
            return None;
        }
        let ([], read) = X509Certificate::from_der(der).ok()? else { return None };
        let ends = Timestamp::from_second(read.validity().not_after.timestamp()).ok()?;
        Some(Self {
            key: PublicKey::of(read.public_key())?,
            certificate: Certificate { sha256: Fingerprint::of(der), ends: Moment::new(ends, Offset::UTC) },
            begins: read.validity().not_before.timestamp(),
            name: name(&read),
        })
    }
}

/// Whom it was issued to: its first DNS name, or else its common name.
fn name(certificate: &X509Certificate<'_>) -> Option<Text<64>> {
    let names = certificate.subject_alternative_name().ok().flatten();
    let host = names.and_then(|names| {
        names.value.general_names.iter().find_map(|name| match name {
            GeneralName::DNSName(host) => Some(Text::clipped(host)),
            _ => None,
        })
    });
    host.or_else(|| Some(Text::clipped(certificate.subject().iter_common_name().next()?.as_str().ok()?)))
}

/// The authorities that sign the hall's kiosks.
pub(crate) struct Authorities {
    roots: Vec<TrustAnchor<'static>>,
    intermediates: Vec<CertificateDer<'static>>,
}

impl Authorities {
    /// Takes them in PEM: the root, and any intermediate ones.
    pub(crate) fn new(pem: &[u8]) -> Result<Self, VerifyError> {
        let mut this = Self { roots: Vec::new(), intermediates: Vec::new() };
        if pem.len() > LONGEST_AUTHORITIES {
            return Err(VerifyError::Authorities);
        }
        for (number, der) in CertificateDer::pem_slice_iter(pem).enumerate() {
            if number == MOST_AUTHORITIES {
                return Err(VerifyError::Authorities);
            }
            this.add(der.map_err(|_| VerifyError::Authorities)?)?;
        }
        if this.roots.is_empty() { Err(VerifyError::Authorities) } else { Ok(this) }
    }

    fn add(&mut self, der: CertificateDer<'static>) -> Result<(), VerifyError> {
        let signs_itself = {
            let (_, read) = X509Certificate::from_der(&der).map_err(|_| VerifyError::Authorities)?;
            if !read.is_ca() {
                return Err(VerifyError::Authorities);
            }
            read.issuer() == read.subject()
        };
        if signs_itself {
            let root = anchor_from_trusted_cert(&der).map_err(|_| VerifyError::Authorities)?.to_owned();
            self.roots.push(root);
        } else {
            self.intermediates.push(der);
        }
        Ok(())
    }

    /// Whether the first of these was a kiosk's of this hall then: signed by an authority, within its time,
    /// and not for something else. The same authority may sign technicians' cards, whose purpose is another
    /// than the `clientAuth` of whoever calls the store.
    pub(crate) fn check(&self, chain: &[CertificateDer<'_>], at: Timestamp) -> Result<(), VerifyError> {
        let [kiosk, above @ ..] = chain else { return Err(VerifyError::Certificate) };
        let certificate = EndEntityCert::try_from(kiosk).map_err(|_| VerifyError::Certificate)?;
        let intermediates: Vec<_> = above.iter().chain(&self.intermediates).cloned().collect();
        let second = u64::try_from(at.as_second()).unwrap_or_default();
        certificate
            .verify_for_usage(
                SIGNED_WITH,
                &self.roots,
                &intermediates,
                UnixTime::since_unix_epoch(std::time::Duration::from_secs(second)),
                KeyUsage::client_auth(),
                None,
                None,
            )
            .map_err(|error| VerifyError::of_chain(&error))?;
        Ok(())
    }
}
