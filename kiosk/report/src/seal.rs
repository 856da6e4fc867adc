//! A report with all that is made of it.

use crate::json::LONGEST_JSON;
use crate::jws::Content;
use crate::page::{Fonts, PdfError, pdf};
use crate::report::Report;
use crate::short::{LONGEST_SHORT, short};
use crate::signer::{SignError, Signer};
use crate::summary::Summary;

/// Why a report could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// It could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// There is no page.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// The report is longer than one that is read again.
    #[error("the report is too long")]
    Long,
}

/// A report, signed. A file's signature lies beside it, under its name with `.jws` behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The report as JSON
    pub json: Vec<u8>,
    /// Its signature, a detached JWS
    pub json_jws: String,
    /// The report as a page, PDF/A-3a
    pub pdf: Vec<u8>,
    /// Its signature
    pub pdf_jws: String,
    /// The short form, for [one QR code](crate::Code): a compact JWS of a [`Summary`]
    pub short: String,
}

impl Sealed {
    /// Makes everything of a report. The key signs three times.
    ///
    /// # Errors
    /// [`SealError`]; [`SignError::OtherCertificate`] when the report names another certificate than
    /// [`Signer::certificate`].
    pub fn new(report: &Report, signer: &Signer<'_>, fonts: &Fonts) -> Result<Self, SealError> {
        if report.certificate != signer.certificate() {
            return Err(SignError::OtherCertificate.into());
        }
        let json = report.to_json();
        if json.len() > LONGEST_JSON {
            return Err(SealError::Long);
        }
        let summary = Summary::of_json(report, &json);
        let short = short(&summary, signer)?;
        debug_assert!(short.len() <= LONGEST_SHORT, "{}", short.len());
        let pdf = pdf(report, &short, fonts)?;
        let json_jws = signer.detached(Content::Json, &json, &summary)?;
        let pdf_jws = signer.detached(Content::Pdf, &pdf, &summary)?;
        Ok(Self { json, json_jws, pdf, pdf_jws, short })
    }
}
