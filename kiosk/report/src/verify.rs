//! Whether a file is what a kiosk of the hall signed.

use jiff::Timestamp;

use crate::chain::{Authorities, LONGEST_AUTHORITIES, LONGEST_CERTIFICATE, MOST_CERTIFICATES, Read};
use crate::json::NotAReport;
use crate::jws::{self, Content, FileHeader, LONGEST_JWS, Parts};
use crate::key::Algorithm;
use crate::report::{Certificate, Report};
use crate::summary::Summary;
use crate::text::Text;

/// A page is at most this long, in bytes.
pub const LONGEST_PDF: usize = 16 * 1024 * 1024;

/// What is wrong with a report or its signature.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file is longer than a report is.
    #[error("the file is too long to be a readiness report")]
    Long,
    /// The signature is none of the form that a report has.
    #[error("the signature is no detached JWS of a readiness report, or was changed")]
    Form,
    /// The hall's authorities cannot be used as they were given.
    #[error(
        "the authorities are no X.509 certificates in PEM with a root among them, or more than 8 or \
         {LONGEST_AUTHORITIES} bytes"
    )]
    Authorities,
    /// The kiosk's certificate cannot be read, or has a key of a kind that signs no report.
    #[error(
        "the kiosk's certificate cannot be read, or has no ECDSA P-256 or Ed25519 key; at most \
         {MOST_CERTIFICATES} certificates of {LONGEST_CERTIFICATE} bytes are read"
    )]
    Certificate,
    /// No authority of the hall signed the kiosk's certificate.
    #[error("the signing certificate is not of this hall")]
    NotOurs,
    /// Its time, or that of an authority above it, was over.
    #[error("the signing certificate had expired by then")]
    Expired,
    /// Its time, or that of an authority above it, had not begun.
    #[error("the signing certificate was not valid yet")]
    NotYetValid,
    /// It is for something else than being a kiosk.
    #[error("the signing certificate is not a kiosk's")]
    WrongUse,
    /// The certificate's key is of another kind than the signature.
    #[error("the signature is of another kind than the key of its certificate")]
    Kind,
    /// The file is another than the one that was signed, or the signature another's.
    #[error("the signature is wrong: the file or the signature was changed")]
    Signature,
    /// The short form names another certificate.
    #[error("the short form was signed with the key of another certificate")]
    OtherCertificate,
    /// The signed file is no report.
    #[error(transparent)]
    Report(#[from] NotAReport),
    /// What is signed contradicts itself: the kiosk's software does not make such a thing.
    #[error("the signature is right, but says something else than the report")]
    Contradiction,
}

impl VerifyError {
    pub(crate) fn of_chain(error: &webpki::Error) -> Self {
        use webpki::Error as E;
        match error {
            E::CertExpired { .. } => Self::Expired,
            E::CertNotValidYet { .. } => Self::NotYetValid,
            E::RequiredEkuNotFoundContext(_) | E::EmptyEkuExtension | E::CaUsedAsEndEntity => Self::WrongUse,
            E::UnknownIssuer
            | E::InvalidSignatureForPublicKey
            | E::UnsupportedSignatureAlgorithmContext(_)
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
            | E::PathLenConstraintViolated
            | E::NameConstraintViolation
            | E::EndEntityUsedAsCa
            | E::MaximumPathDepthExceeded => Self::NotOurs,
            // The library's own list is open; whatever else it finds, it found it in the certificate.
            _ => Self::Certificate,
        }
    }
}

/// Who signed a file, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// How
    pub algorithm: Algorithm,
    /// What kind of file it is
    pub content: Content,
    /// With the key of which certificate
    pub certificate: Certificate,
    /// Whom the certificate was issued to, if it says so. How a hall names its certificates is its own affair,
    /// so that this is not compared with the kiosk's name in the report: look at both.
    pub name: Option<Text<64>>,
    /// What the report says, in short, by the word of the kiosk's software; a page itself is not read
    pub summary: Summary,
}

/// Checks that a kiosk of the hall signed exactly these bytes: the detached JWS's signature, and its chain of
/// certificates up to the hall's authorities (PEM), as it was `at` that time. Revocation is not looked at: a
/// certificate that was revoked since was a kiosk's then.
///
/// What a JSON says is not compared with the summary that is signed along; [`verify_report`] does so.
///
/// # Errors
/// [`VerifyError`]: the first thing that was found, though there may be others.
pub fn verify(bytes: &[u8], jws: &str, authorities: &[u8], at: Timestamp) -> Result<Signed, VerifyError> {
    checked(bytes, jws, authorities, |_| at)
}

/// Checks a signed file of either kind as of the time at which it says it was made, and a JSON against the
/// summary that is signed along.
///
/// That time is the kiosk's word. Whoever stole the key of a certificate that ended since can sign for the
/// time before; compare [`Summary::made`] with when the report came to you.
///
/// # Errors
/// [`VerifyError`].
pub fn verify_report(bytes: &[u8], jws: &str, authorities: &[u8]) -> Result<Signed, VerifyError> {
    let signed = checked(bytes, jws, authorities, |summary| summary.made.timestamp())?;
    if signed.content == Content::Json {
        let report = Report::from_json(bytes)?;
        if signed.summary != Summary::of_json(&report, bytes) || report.certificate != signed.certificate {
            return Err(VerifyError::Contradiction);
        }
    }
    Ok(signed)
}

fn checked(
    bytes: &[u8],
    jws: &str,
    authorities: &[u8],
    at: impl FnOnce(&Summary) -> Timestamp,
) -> Result<Signed, VerifyError> {
    let authorities = Authorities::new(authorities)?;
    let jws = jws.trim_end();
    if jws.len() > LONGEST_JWS {
        return Err(VerifyError::Form);
    }
    let parts = Parts::of(jws).filter(|parts| parts.payload.is_empty()).ok_or(VerifyError::Form)?;
    let header: FileHeader = Parts::json(parts.header).ok_or(VerifyError::Form)?;
    if bytes.len() > LONGEST_PDF {
        return Err(VerifyError::Long);
    }
    let chain = jws::chain(&header.x5c).ok_or(VerifyError::Certificate)?;
    let read = chain.first().and_then(|kiosk| Read::of(kiosk)).ok_or(VerifyError::Certificate)?;
    authorities.check(&chain, at(&header.summary))?;
    if read.key.algorithm != header.alg {
        return Err(VerifyError::Kind);
    }
    if !read.key.signed(&jws::signing_input(parts.header, &jws::part(bytes)), &parts.signature) {
        return Err(VerifyError::Signature);
    }
    Ok(Signed {
        algorithm: header.alg,
        content: header.cty,
        certificate: read.certificate,
        name: read.name,
        summary: header.summary,
    })
}

#[cfg(test)]
mod tests;
