//! The short form: one QR code that a ticket printer prints and a telephone reads.

use rustls_pki_types::CertificateDer;

use crate::chain::Read;
use crate::jws::{self, Parts, ShortHeader};
use crate::signer::{SignError, Signer};
use crate::summary::Summary;
use crate::verify::VerifyError;

/// A short form is at most this long, in bytes. As a QR code with the least correction of errors that is 101
/// modules: at 5 dots of 203 dpi each it fits on paper of 80 mm, at 3 on paper of 58 mm.
pub const LONGEST_SHORT: usize = 900;

/// The short form of what a summary says: a compact JWS (RFC 7515) that names the kiosk's certificate, but
/// does not hold it.
pub(crate) fn short(summary: &Summary, signer: &Signer<'_>) -> Result<String, SignError> {
    let kid = jws::part(signer.fingerprint().bytes());
    let header = jws::json_part(&ShortHeader { alg: signer.algorithm(), kid });
    let payload = jws::json_part(summary);
    let signature = signer.signature(&header, &payload)?;
    Ok(format!("{header}.{payload}.{signature}"))
}

/// Checks that the key of this certificate (DER) signed a short form, and that the certificate was valid when
/// that was made. Whose the certificate is, whoever calls must know: the hall's office has those of its kiosks,
/// and one is in every signature beside a full report.
///
/// # Errors
/// [`VerifyError`].
pub fn verify_short(text: &str, certificate: &CertificateDer<'_>) -> Result<Summary, VerifyError> {
    let read = Read::of(certificate).ok_or(VerifyError::Certificate)?;
    let text = text.trim();
    if text.len() > LONGEST_SHORT {
        return Err(VerifyError::Form);
    }
    let parts = Parts::of(text).ok_or(VerifyError::Form)?;
    let header: ShortHeader = Parts::json(parts.header).ok_or(VerifyError::Form)?;
    if header.kid != jws::part(read.certificate.sha256.bytes()) {
        return Err(VerifyError::OtherCertificate);
    }
    if header.alg != read.key.algorithm {
        return Err(VerifyError::Kind);
    }
    if !read.key.signed(&jws::signing_input(parts.header, parts.payload), &parts.signature) {
        return Err(VerifyError::Signature);
    }
    let summary: Summary = Parts::json(parts.payload).ok_or(VerifyError::Form)?;
    let made = summary.made.timestamp();
    if made > read.certificate.ends.timestamp() {
        return Err(VerifyError::Expired);
    }
    if made.as_second() < read.begins {
        return Err(VerifyError::NotYetValid);
    }
    Ok(summary)
}
