//! What a company's certificate says (X.509, profile of GM/T 0015).

use x509_parser::asn1_rs::{Any, FromDer, Tag};
use x509_parser::certificate::X509Certificate;
use x509_parser::x509::X509Name;
use zeroize::Zeroizing;

use crate::protocol::LONGEST_CERTIFICATE;
use crate::{Profile, Source, Uscc, UsccFault};

/// Characters of an organisation's name, at most.
const LONGEST_ORGANISATION: usize = 200;

/// The certificate for signing of a company's key. Wiped when dropped, redacted in `Debug`.
///
/// It was parsed, not verified: whether its issuer is one that the hall trusts, whether it was revoked
/// and whether the key is really here is the back end's to find out, from [`der`](Self::der) and a
/// [`Signature`](crate::Signature).
pub struct CompanyCertificate {
    uscc: Uscc,
    organisation: Zeroizing<String>,
    valid_from: i64,
    valid_until: i64,
    issuer: String,
    serial: String,
    der: Zeroizing<Vec<u8>>,
}

/// Why a certificate does not tell which company it belongs to. Names no content of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// Not an X.509 certificate in DER, or one of more than 8 KiB.
    #[error("it is no X.509 certificate")]
    Malformed,
    /// None of the profile's places holds a unified social credit code.
    #[error("it holds no unified social credit code where the profile says; correct the profile")]
    NoUscc,
    /// A place holds something like a code, which is none.
    #[error("{0}")]
    Uscc(UsccFault),
    /// None of the profile's attributes holds a name.
    #[error("it names no organisation where the profile says; correct the profile")]
    NoOrganisation,
}

impl CompanyCertificate {
    /// Parses a certificate and finds the company's code and name where the profile says.
    ///
    /// # Errors
    /// [`CertificateFault`].
    pub fn from_der(der: &[u8], profile: &Profile) -> Result<Self, CertificateFault> {
        let certificate = match X509Certificate::from_der(der) {
            Ok(([], certificate)) if der.len() <= LONGEST_CERTIFICATE => certificate,
            _ => return Err(CertificateFault::Malformed),
        };
        let validity = certificate.validity();
        Ok(Self {
            uscc: find_uscc(&certificate, &profile.uscc)?,
            organisation: find_organisation(certificate.subject(), &profile.organisation)
                .ok_or(CertificateFault::NoOrganisation)?,
            valid_from: validity.not_before.timestamp(),
            valid_until: validity.not_after.timestamp(),
            issuer: certificate.issuer().to_string(),
            serial: certificate.raw_serial().iter().map(|byte| format!("{byte:02X}")).collect(),
            der: Zeroizing::new(der.to_vec()),
        })
    }

    /// The unified social credit code, its check character verified.
    #[must_use]
    pub fn uscc(&self) -> &Uscc {
        &self.uscc
    }

    /// The organisation's name, 1 to 200 characters.
    #[must_use]
    pub fn organisation(&self) -> &str {
        &self.organisation
    }

    /// The first moment it is valid, seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn valid_from(&self) -> i64 {
        self.valid_from
    }

    /// The last moment it is valid, seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn valid_until(&self) -> i64 {
        self.valid_until
    }

    /// Whether it is valid at this moment, seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn is_valid_at(&self, moment: i64) -> bool {
        (self.valid_from..=self.valid_until).contains(&moment)
    }

    /// Who issued it, such as `C=CN, O=…, CN=…`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Its serial number, hexadecimal capitals; with the issuer it names the certificate.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The certificate itself, for the back end.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

impl std::fmt::Debug for CompanyCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CompanyCertificate(redacted)")
    }
}

fn find_uscc(certificate: &X509Certificate<'_>, sources: &[Source]) -> Result<Uscc, CertificateFault> {
    let mut fault = CertificateFault::NoUscc;
    for source in sources {
        let (texts, prefix) = match source {
            Source::Extension { oid, prefix } => (in_extension(certificate, oid), prefix),
            Source::Subject { oid, prefix } => (in_name(certificate.subject(), oid), prefix),
        };
        for text in texts {
            match text.trim().strip_prefix(prefix.as_str()).map(Uscc::parse) {
                Some(Ok(uscc)) => return Ok(uscc),
                // Not worth telling for a text that is something else, such as a register number.
                Some(Err(UsccFault::CheckCharacter)) => {
                    fault = CertificateFault::Uscc(UsccFault::CheckCharacter);
                }
                Some(Err(UsccFault::Form)) | None => {}
            }
        }
    }
    Err(fault)
}

fn find_organisation(subject: &X509Name<'_>, oids: &[String]) -> Option<Zeroizing<String>> {
    let fits = |name: &Zeroizing<String>| {
        (1..=LONGEST_ORGANISATION).contains(&name.chars().count()) && !name.chars().any(char::is_control)
    };
    oids.iter().flat_map(|oid| in_name(subject, oid)).find(fits)
}

fn in_name(name: &X509Name<'_>, oid: &str) -> Vec<Zeroizing<String>> {
    let attributes = name.iter_attributes().filter(|attribute| attribute.attr_type().to_id_string() == oid);
    attributes.filter_map(|attribute| text(attribute.attr_value())).collect()
}

/// The text in an extension: a DER string, else the value itself.
fn in_extension(certificate: &X509Certificate<'_>, oid: &str) -> Vec<Zeroizing<String>> {
    let extensions = certificate.iter_extensions().filter(|extension| extension.oid.to_id_string() == oid);
    extensions
        .filter_map(|extension| match Any::from_der(extension.value) {
            Ok(([], any)) => text(&any),
            _ => std::str::from_utf8(extension.value).ok().map(|text| Zeroizing::new(text.to_owned())),
        })
        .collect()
}

/// The text of an ASN.1 string, whichever kind of string it is.
fn text(any: &Any<'_>) -> Option<Zeroizing<String>> {
    let bytes = any.as_bytes();
    let text = match any.tag() {
        Tag::BmpString => {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).collect::<Result<String, _>>().ok()?
        }
        Tag::Utf8String
        | Tag::PrintableString
        | Tag::Ia5String
        | Tag::NumericString
        | Tag::VisibleString
        | Tag::T61String
        | Tag::OctetString => std::str::from_utf8(bytes).ok()?.to_owned(),
        _ => return None,
    };
    Some(Zeroizing::new(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use skf_vendor::Company;

    use super::*;

    fn of(company: Company) -> CompanyCertificate {
        CompanyCertificate::from_der(company.certificate(), &Profile::generic()).unwrap()
    }

    #[test]
    fn the_company_is_found_in_an_extension_or_in_the_subject() {
        let agency = of(Company::Agency);
        assert_eq!(agency.uscc().as_str(), "91310114MA1GAMP1XF");
        assert_eq!(agency.organisation(), "上海示例企业服务有限公司");
        assert_eq!(agency.issuer(), "C=CN, O=样例数字证书认证中心, CN=样例 SM2 CA");
        assert_eq!(agency.serial(), "4F2A10000000000000000001");
        assert_eq!(agency.der(), Company::Agency.certificate());
        assert!(agency.is_valid_at(agency.valid_from()) && !agency.is_valid_at(agency.valid_until() + 1));
        assert_eq!(agency.valid_until() - agency.valid_from(), 20_000 * 86_400);
        let shop = of(Company::Shop);
        assert_eq!((shop.uscc().as_str(), shop.organisation()), ("92310114MA1DEMQ2LE", "嘉定样板小吃店"));
        assert_eq!(format!("{shop:?}"), "CompanyCertificate(redacted)");
    }

    #[test]
    fn a_certificate_that_does_not_tell_is_told_apart() {
        let generic = Profile::generic();
        let told = |der: &[u8], profile: &Profile| CompanyCertificate::from_der(der, profile).unwrap_err();
        let der = Company::Agency.certificate();
        let elsewhere = Profile { uscc: generic.uscc[3..].to_vec(), ..generic.clone() };
        assert_eq!(told(der, &elsewhere), CertificateFault::NoUscc);
        let nameless = Profile { organisation: vec!["2.5.4.20".to_owned()], ..generic.clone() };
        assert_eq!(told(der, &nameless), CertificateFault::NoOrganisation);
        assert_eq!(told(&der[1..], &generic), CertificateFault::Malformed);
        assert_eq!(told(&[der, &[0]].concat(), &generic), CertificateFault::Malformed);
        assert_eq!(told(&[], &generic), CertificateFault::Malformed);
        let at = der.windows(18).position(|part| part == b"91310114MA1GAMP1XF").unwrap();
        let mut wrong = der.to_vec();
        wrong[at + 17] = b'G';
        let fault = told(&wrong, &generic);
        assert_eq!(fault, CertificateFault::Uscc(UsccFault::CheckCharacter));
        wrong[at + 17] = b'g';
        assert_eq!(told(&wrong, &generic), CertificateFault::NoUscc);
    }

    #[test]
    fn every_kind_of_string_is_read() {
        for (bytes, expected) in [
            (&b"\x0C\x03\xE5\x98\x89"[..], Some("嘉")),
            (b"\x13\x02AB", Some("AB")),
            (b"\x16\x02AB", Some("AB")),
            (b"\x04\x02AB", Some("AB")),
            (b"\x1E\x02\x56\x09", Some("嘉")),
            (b"\x1E\x02\xD8\x00", None),
            (b"\x0C\x01\xFF", None),
            (b"\x02\x01\x05", None),
        ] {
            let (_, any) = Any::from_der(bytes).unwrap();
            assert_eq!(text(&any).as_ref().map(|text| text.as_str()), expected, "{bytes:02X?}");
        }
    }

    proptest! {
        #[test]
        fn a_damaged_certificate_is_survived(at in 0_usize..527, with in any::<u8>(), cut in 0_usize..600) {
            let mut der = Company::Shop.certificate().to_vec();
            der[at] = with;
            der.truncate(cut);
            crate::fuzz::certificate(&der);
        }
    }
}
