//! Signing with the kiosk's key, wherever that is.

use rustls_pki_types::CertificateDer;

use crate::chain::{MOST_CERTIFICATES, Read};
use crate::fingerprint::Fingerprint;
use crate::jws::{self, Content, FileHeader};
use crate::key::{Algorithm, PublicKey};
use crate::report::Certificate;
use crate::summary::Summary;

/// Why something could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// There is no certificate, there are too many, the first cannot be read, or its key is of another kind.
    #[error(
        "reports need a kiosk's certificate with an ECDSA P-256 or Ed25519 key, and at most \
         {MOST_CERTIFICATES} certificates"
    )]
    Certificate,
    /// Whatever holds the key did not sign.
    #[error("the kiosk's key did not sign ({0})")]
    Key(Box<dyn std::error::Error + Send + Sync>),
    /// What came back is no signature, or not one of the certificate's key.
    #[error("the kiosk's key and certificate do not belong together; issue both anew")]
    Mismatch,
    /// The report names another certificate than the one whose key signs.
    #[error("the report names another certificate than the one it is signed with")]
    OtherCertificate,
}

/// What signs: gets a message, not its hash, and gives what TLS would send, for ECDSA in DER. That is what a
/// `Signer` of rustls does, wherever its key is.
pub type Sign<'a> = dyn Fn(&[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> + 'a;

/// The kiosk's certificate, and the use of its key.
pub struct Signer<'a> {
    chain: &'a [CertificateDer<'a>],
    key: PublicKey,
    certificate: Certificate,
    sign: &'a Sign<'a>,
}

impl<'a> Signer<'a> {
    /// Takes the certificate, followed by intermediates if any, and what signs with its key, in the way that
    /// [`algorithm_of`] names.
    ///
    /// # Errors
    /// [`SignError::Certificate`].
    pub fn new(chain: &'a [CertificateDer<'a>], sign: &'a Sign<'a>) -> Result<Self, SignError> {
        let kiosk = chain.first().filter(|_| chain.len() <= MOST_CERTIFICATES);
        let read = kiosk.and_then(|kiosk| Read::of(kiosk)).ok_or(SignError::Certificate)?;
        Ok(Self { chain, key: read.key, certificate: read.certificate, sign })
    }

    /// The certificate as a report names it.
    #[must_use]
    pub fn certificate(&self) -> Certificate {
        self.certificate
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.certificate.sha256
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.key.algorithm
    }

    /// A detached JWS for a file.
    pub(crate) fn detached(
        &self,
        content: Content,
        file: &[u8],
        summary: &Summary,
    ) -> Result<String, SignError> {
        let header = jws::json_part(&FileHeader {
            alg: self.key.algorithm,
            cty: content,
            x5c: jws::x5c(self.chain),
            summary: summary.clone(),
        });
        let signature = self.signature(&header, &jws::part(file))?;
        Ok(format!("{header}..{signature}"))
    }

    /// The third part, over the other two. It is checked at once: a report that cannot be believed is better
    /// not made.
    pub(crate) fn signature(&self, header: &str, payload: &str) -> Result<String, SignError> {
        let message = jws::signing_input(header, payload);
        let signature = (self.sign)(&message).map_err(SignError::Key)?;
        let signature = self.key.algorithm.of_tls(&signature).ok_or(SignError::Mismatch)?;
        if !self.key.signed(&message, &signature) {
            return Err(SignError::Mismatch);
        }
        Ok(jws::part(&signature))
    }
}

/// How the key of this certificate (DER) signs reports, so that whoever holds it can be asked; `None` when it
/// cannot.
#[must_use]
pub fn algorithm_of(certificate: &[u8]) -> Option<Algorithm> {
    Read::of(certificate).map(|read| read.key.algorithm)
}
