//! Which cards are technicians' of this hall.
//!
//! A technician's certificate (X.509, RFC 5280) is signed by the hall's authority, or by an intermediate
//! one of it. Its key usage is `digitalSignature`, and its extended key usage names [`TECHNICIAN`]: the
//! same authority also signs the kiosks and the store, and their certificates, which are for
//! `clientAuth` and `serverAuth`, must open no door. The authority's list of revoked certificates (CRL)
//! is required, an empty one where none is revoked. The root is trusted as it was given: its own dates
//! are not looked at (RFC 5280, 6.1.1), those of intermediate authorities are.

use std::fmt;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{
    CertificateDer, CertificateRevocationListDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, OwnedCertRevocationList,
    RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
    ring as algorithms,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::revocation_list::CertificateRevocationList;

/// The extended key usage of a technician's certificate, "may enter the technicians' room of a kiosk":
/// an object identifier made from a UUID (ITU-T X.667), for which nobody need be asked.
pub const TECHNICIAN: &str = "2.25.184145592857005547150941732810542024712";

/// The same in DER, without tag and length.
const TECHNICIAN_DER: &[u8] = &[
    0x69, 0x82, 0x95, 0x89, 0x93, 0xAC, 0xA5, 0xD9, 0xF2, 0xA4, 0xF3, 0x9A, 0xFB, 0xDB, 0xCE, 0xDF, 0xF9,
    0xA0, 0x90, 0x08,
];

/// A card's certificate is at most this long, in bytes; the largest that a PIV card must hold has 1856.
pub const LONGEST_CERTIFICATE: usize = 8 * 1024;

/// The authorities' certificates, and the lists, are at most this long, in bytes.
pub const LONGEST_SETTING: usize = 1024 * 1024;

/// Authorities, and lists, at most.
const MOST: usize = 8;

/// Characters of a technician's name, at most.
const LONGEST_NAME: usize = 64;

/// What an authority may sign certificates and lists with.
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

/// What a card's key is made with, which whoever asks the card to sign must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardKey {
    /// ECDSA on P-256
    P256,
    /// RSA of 2048 bits
    Rsa2048,
}

impl CardKey {
    /// RFC 5480, 2.1.1; RFC 3279, 2.3.1.
    fn of(certificate: &X509Certificate<'_>) -> Option<Self> {
        match certificate.public_key().parsed().ok()? {
            PublicKey::EC(point) if point.key_size() == 256 => Some(Self::P256),
            PublicKey::RSA(key) if key.key_size() == 2048 => Some(Self::Rsa2048),
            _ => None,
        }
    }

    fn algorithm(self) -> &'static dyn SignatureVerificationAlgorithm {
        match self {
            Self::P256 => algorithms::ECDSA_P256_SHA256,
            Self::Rsa2048 => algorithms::RSA_PKCS1_2048_8192_SHA256,
        }
    }
}

/// What day it is, as far as the kiosk knows, in seconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calendar {
    /// The clock is right: it was set by the network not long ago.
    Known(u64),
    /// The clock may be wrong, but it is not before this moment: the last one that was known, or when
    /// the software was built.
    ///
    /// What is sure is held then. A certificate that ended before this moment, or before the hall's list
    /// was made, has expired. One that begins later, or whose list should have been renewed, is accepted:
    /// that it is there shows that its time has come. Who is on the list stays out in any case.
    NotBefore(u64),
}

/// Why a card's owner is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no X.509 certificate, or has none of the names a technician has.
    #[error("the card's certificate cannot be read; have the hall issue the card anew")]
    Unreadable,
    /// No authority of the hall signed it.
    #[error("the card is not one of this hall's")]
    NotOurs,
    /// Its time, or that of the intermediate authority that signed it, is over.
    #[error("the card has expired; have the hall renew it")]
    Expired,
    /// Its time has not begun.
    #[error("the card is not valid yet; look at the kiosk's clock, else at the card's dates")]
    NotYetValid,
    /// It is on the list of those that were revoked.
    #[error("the card was revoked")]
    Revoked,
    /// The list should have been renewed. Until it is, the office's code opens.
    #[error("the hall's list of revoked cards is too old; renew it")]
    ListTooOld,
    /// There is no list of the authority that signed the card, or one that it did not sign.
    #[error("the hall's list of revoked cards is not that of the card's authority; renew it")]
    NoList,
    /// It is for something else: a kiosk's, a store's or an authority's certificate, or has a key that no
    /// card of the staff has.
    #[error("the card is for something else than entering here")]
    WrongUse,
    /// The challenge was not signed by the card's key.
    #[error("the card's signature is wrong")]
    WrongSignature,
    /// The challenge was signed later than [`CARD_CHALLENGE_LASTS`](crate::CARD_CHALLENGE_LASTS).
    #[error("that took too long; try again")]
    TooLate,
}

impl Refusal {
    /// A stable name, for the log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotOurs => "not-ours",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::Revoked => "revoked",
            Self::ListTooOld => "list-too-old",
            Self::NoList => "no-list",
            Self::WrongUse => "wrong-use",
            Self::WrongSignature => "wrong-signature",
            Self::TooLate => "too-late",
        }
    }

    fn of(error: &webpki::Error) -> Self {
        use webpki::Error as E;
        match error {
            E::CertExpired { .. } => Self::Expired,
            E::CertNotValidYet { .. } => Self::NotYetValid,
            E::CertRevoked => Self::Revoked,
            E::CrlExpired { .. } => Self::ListTooOld,
            E::UnknownRevocationStatus
            | E::InvalidCrlSignatureForPublicKey
            | E::IssuerNotCrlSigner
            | E::UnsupportedCrlSignatureAlgorithmContext(_)
            | E::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => Self::NoList,
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
            _ => Self::Unreadable,
        }
    }
}

/// The hall's authorities and lists cannot be used as they were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// There is nothing of the kind in it, or too much, or something else.
    #[error("the authorities are no X.509 certificates in PEM, or more than {MOST}")]
    Authorities,
    /// None of the authorities is a root, which signs itself.
    #[error("none of the authorities is a root, which signs itself; add it")]
    NoRoot,
    /// The same of the lists.
    #[error("the lists of revoked cards are no X.509 CRLs in PEM or DER, or more than {MOST}")]
    Lists,
    /// The list is of version 1, incremental, indirect or without a date for the next one.
    #[error("a list of revoked cards must be a complete X.509 CRL of version 2 with a next update")]
    ListForm,
}

/// The authorities that sign technicians' certificates, and what they revoked.
pub struct StaffCertificates {
    roots: Vec<TrustAnchor<'static>>,
    intermediates: Vec<CertificateDer<'static>>,
    lists: Vec<CertRevocationList<'static>>,
    /// Time has come at least so far: an intermediate's beginning, a list's making.
    passed: u64,
}

/// The owner of a card that is one of the hall's. The card has not proved yet that it has the key.
pub struct Technician {
    name: String,
    serial: String,
    key: CardKey,
    certificate: CertificateDer<'static>,
}

impl StaffCertificates {
    /// Takes the authorities (PEM, the root and any intermediate ones) and the lists of revoked
    /// certificates (PEM, or one in DER).
    ///
    /// # Errors
    /// [`SettingError`].
    pub fn new(authorities: &[u8], lists: &[u8]) -> Result<Self, SettingError> {
        let mut this = Self { roots: Vec::new(), intermediates: Vec::new(), lists: Vec::new(), passed: 0 };
        for certificate in pem::<CertificateDer<'static>>(authorities).ok_or(SettingError::Authorities)? {
            this.add_authority(certificate)?;
        }
        if this.roots.is_empty() {
            return Err(SettingError::NoRoot);
        }
        let lists = match lists.first() {
            // A DER SEQUENCE; PEM is text.
            Some(0x30) if lists.len() <= LONGEST_SETTING => vec![CertificateRevocationListDer::from(lists)],
            _ => pem(lists).ok_or(SettingError::Lists)?,
        };
        for list in &lists {
            this.add_list(list)?;
        }
        Ok(this)
    }

    fn add_authority(&mut self, der: CertificateDer<'static>) -> Result<(), SettingError> {
        let begins = {
            let (_, read) = X509Certificate::from_der(&der).map_err(|_| SettingError::Authorities)?;
            if !read.is_ca() {
                return Err(SettingError::Authorities);
            }
            (read.issuer() != read.subject()).then(|| seconds(read.validity().not_before.timestamp()))
        };
        if let Some(begins) = begins {
            self.passed = self.passed.max(begins);
            self.intermediates.push(der);
        } else {
            let root = anchor_from_trusted_cert(&der).map_err(|_| SettingError::Authorities)?;
            self.roots.push(root.to_owned());
        }
        Ok(())
    }

    fn add_list(&mut self, der: &[u8]) -> Result<(), SettingError> {
        let (_, read) = CertificateRevocationList::from_der(der).map_err(|_| SettingError::Lists)?;
        self.passed = self.passed.max(seconds(read.last_update().timestamp()));
        let list = OwnedCertRevocationList::from_der(der).map_err(|_| SettingError::ListForm)?;
        self.lists.push(list.into());
        Ok(())
    }

    /// Whose card has this certificate (DER), if it is a technician's of this hall.
    ///
    /// # Errors
    /// [`Refusal`]: the first reason that was found, though there may be others.
    pub fn check(&self, certificate: &[u8], calendar: Calendar) -> Result<Technician, Refusal> {
        if certificate.len() > LONGEST_CERTIFICATE {
            return Err(Refusal::Unreadable);
        }
        let read = match X509Certificate::from_der(certificate) {
            Ok(([], read)) => read,
            _ => return Err(Refusal::Unreadable),
        };
        let begins = seconds(read.validity().not_before.timestamp());
        let (now, expiry) = match calendar {
            Calendar::Known(now) => (now, ExpirationPolicy::Enforce),
            Calendar::NotBefore(moment) => (moment.max(self.passed).max(begins), ExpirationPolicy::Ignore),
        };
        let der = CertificateDer::from(certificate);
        self.verify(&der, now, expiry).map_err(|error| Refusal::of(&error))?;
        let usage = read.key_usage().map_err(|_| Refusal::Unreadable)?;
        // Which purposes these are the chain has shown.
        let purposes = read.extended_key_usage().map_err(|_| Refusal::Unreadable)?;
        if purposes.is_none() || !usage.is_some_and(|usage| usage.value.digital_signature()) {
            return Err(Refusal::WrongUse);
        }
        let key = CardKey::of(&read).ok_or(Refusal::WrongUse)?;
        let name = name(&read).ok_or(Refusal::Unreadable)?;
        let serial = read.raw_serial().iter().map(|byte| format!("{byte:02X}")).collect();
        Ok(Technician { name, serial, key, certificate: der.into_owned() })
    }

    fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        now: u64,
        expiry: ExpirationPolicy,
    ) -> Result<(), webpki::Error> {
        let lists: Vec<_> = self.lists.iter().collect();
        let revocation = RevocationOptionsBuilder::new(&lists)
            .map_err(|_| webpki::Error::UnknownRevocationStatus)?
            .with_depth(RevocationCheckDepth::Chain)
            .with_status_policy(UnknownStatusPolicy::Deny)
            .with_expiration_policy(expiry)
            .build();
        EndEntityCert::try_from(certificate)?.verify_for_usage(
            SIGNED_WITH,
            &self.roots,
            &self.intermediates,
            UnixTime::since_unix_epoch(std::time::Duration::from_secs(now)),
            // An intermediate authority need not name it; that the card does, `check` looks for.
            KeyUsage::required_if_present(TECHNICIAN_DER),
            Some(revocation),
            None,
        )?;
        Ok(())
    }
}

impl Technician {
    /// Name or staff number, for the log.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the card's key is made with.
    #[must_use]
    pub fn key(&self) -> CardKey {
        self.key
    }

    pub(crate) fn into_parts(self) -> (String, String) {
        (self.name, self.serial)
    }

    /// Whether the key of this certificate signed `message`: ECDSA on P-256 in DER (RFC 3279 section
    /// 2.2.3) or RSA PKCS #1 v1.5, both with SHA-256.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Refusal> {
        let certificate = EndEntityCert::try_from(&self.certificate).map_err(|_| Refusal::Unreadable)?;
        certificate
            .verify_signature(self.key.algorithm(), message, signature)
            .map_err(|_| Refusal::WrongSignature)
    }
}

impl fmt::Debug for Technician {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Technician(redacted)")
    }
}

/// The blocks of one kind, one at least; `None` when there is none, one is broken, or there are too many.
fn pem<T: PemObject>(text: &[u8]) -> Option<Vec<T>> {
    if text.len() > LONGEST_SETTING {
        return None;
    }
    let blocks: Vec<T> = T::pem_slice_iter(text).take(MOST + 1).collect::<Result<_, _>>().ok()?;
    (1..=MOST).contains(&blocks.len()).then_some(blocks)
}

/// The subject's common name, if it is a single one that a log line may hold.
fn name(certificate: &X509Certificate<'_>) -> Option<String> {
    let mut names = certificate.subject().iter_common_name();
    let name = names.next()?.as_str().ok()?.trim();
    let fits =
        !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    (fits && names.next().is_none()).then(|| name.to_owned())
}

/// Seconds since 1970; what was before counts as then.
fn seconds(timestamp: i64) -> u64 {
    u64::try_from(timestamp).unwrap_or_default()
}

#[cfg(test)]
mod tests;
