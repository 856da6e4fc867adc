//! The authority that certifies the cards of the staff, and what it revokes.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension, DistinguishedName,
    DnType, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PublicKeyData, RevokedCertParams,
    SerialNumber, date_time_ymd,
};

use super::tlv::tlv;

/// The extended key usage of a technician: 2.25.184145592857005547150941732810542024712, in DER without
/// tag and length.
pub const TECHNICIAN: [u8; 20] = [
    0x69, 0x82, 0x95, 0x89, 0x93, 0xAC, 0xA5, 0xD9, 0xF2, 0xA4, 0xF3, 0x9A, 0xFB, 0xDB, 0xCE, 0xDF, 0xF9,
    0xA0, 0x90, 0x08,
];

/// id-kp-clientAuth, 1.3.6.1.5.5.7.3.2
const CLIENT_AUTH: [u8; 8] = [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];

/// id-ce-extKeyUsage
const EXTENDED_KEY_USAGE: [u64; 4] = [2, 5, 29, 37];

/// The first and the last day of something, as year, month and day.
pub type Dates = [(i32, u8, u8); 2];

/// An authority with its key. It is made anew each time and kept nowhere.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    revoked: Vec<u64>,
}

/// For what a certificate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// A technician's card.
    Technician,
    /// A kiosk towards the store.
    ClientAuth,
    /// Anything: there is no such extension.
    Unsaid,
}

/// What a certificate says.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// common name
    pub name: &'a str,
    /// serial number
    pub serial: u64,
    /// when it is valid
    pub dates: Dates,
    /// extended key usage
    pub usage: Usage,
    /// key usage; `None`: there is no such extension
    pub key_usage: Option<KeyUsagePurpose>,
}

impl Default for Wanted<'_> {
    /// A technician's, valid from 2020 to the end of 2049.
    fn default() -> Self {
        Self {
            name: "Technician 17",
            serial: 0x1234,
            dates: LONG,
            usage: Usage::Technician,
            key_usage: Some(KeyUsagePurpose::DigitalSignature),
        }
    }
}

const LONG: Dates = [(2020, 1, 1), (2049, 12, 31)];

impl Authority {
    /// A root, which signs itself, valid from 2020 to the end of 2049.
    ///
    /// # Panics
    /// As all that makes certificates here: when that fails, which has no outer cause but chance.
    #[must_use]
    pub fn root(name: &str) -> Self {
        let (params, key) = (of_authority(name, LONG), KeyPair::generate().expect("chance"));
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem, revoked: Vec::new() }
    }

    /// An intermediate authority that this one signs, of serial number 2.
    ///
    /// # Panics
    /// As [`root`](Self::root).
    #[must_use]
    pub fn intermediate(&self, name: &str, dates: Dates) -> Self {
        let (mut params, key) = (of_authority(name, dates), KeyPair::generate().expect("chance"));
        params.serial_number = Some(SerialNumber::from(2_u64));
        params.use_authority_key_identifier_extension = true;
        let pem = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem, revoked: Vec::new() }
    }

    /// Its certificate, PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for this key, DER.
    ///
    /// # Panics
    /// As [`root`](Self::root).
    #[must_use]
    pub fn certify(&self, key: &impl PublicKeyData, wanted: &Wanted<'_>) -> Vec<u8> {
        let mut params = dated(wanted.name, wanted.dates);
        params.serial_number = Some(SerialNumber::from(wanted.serial));
        params.use_authority_key_identifier_extension = true;
        params.key_usages = wanted.key_usage.into_iter().collect();
        let purpose = match wanted.usage {
            Usage::Technician => Some(&TECHNICIAN[..]),
            Usage::ClientAuth => Some(&CLIENT_AUTH[..]),
            Usage::Unsaid => None,
        };
        // rcgen's own form of it has no room for so large a number.
        params.custom_extensions.extend(
            purpose.map(|oid| {
                CustomExtension::from_oid_content(&EXTENDED_KEY_USAGE, tlv(0x30, &tlv(0x06, oid)))
            }),
        );
        params.signed_by(key, &self.issuer).expect("a certificate").der().to_vec()
    }

    /// Puts a certificate on the list of those that are revoked.
    pub fn revoke(&mut self, serial: u64) {
        self.revoked.push(serial);
    }

    /// The list of those that are revoked, PEM. It is to be renewed on the last of these dates.
    ///
    /// # Panics
    /// As [`root`](Self::root).
    #[must_use]
    pub fn list(&self, [(year, month, day), renewed]: Dates) -> String {
        let made = date_time_ymd(year, month, day);
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: made,
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: made,
            next_update: date_time_ymd(renewed.0, renewed.1, renewed.2),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: self.revoked.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).and_then(|list| list.pem()).expect("a list")
    }
}

fn of_authority(name: &str, dates: Dates) -> CertificateParams {
    let mut params = dated(name, dates);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn dated(name: &str, [from, until]: Dates) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let ((year, month, day), (last_year, last_month, last_day)) = (from, until);
    params.not_before = date_time_ymd(year, month, day);
    params.not_after = date_time_ymd(last_year, last_month, last_day);
    params
}
