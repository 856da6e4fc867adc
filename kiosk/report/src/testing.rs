//! A hall's authority and a kiosk's key, for tests and to look at.
#![allow(dead_code, reason = "each who shares this uses a part of it")]

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    date_time_ymd,
};
use readiness::{Fonts, Report, SealError, Sealed, Signer};
use rustls::sign::SigningKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate authority.
pub struct Ca {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Its certificate
    pub der: CertificateDer<'static>,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// A kiosk's, which calls the store
    Kiosk,
    /// The store's
    Store,
    /// Anything
    Unsaid,
}

/// A certificate and its key.
pub struct Identity {
    /// The certificate, and those above it
    pub chain: Vec<CertificateDer<'static>>,
    key: std::sync::Arc<dyn SigningKey>,
}

impl Ca {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(authority(name), key).expect("a CA");
        Self { der: issuer.der().clone(), issuer }
    }

    /// An authority below this one.
    pub fn below(&self, name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::signed_by(authority(name), key, &self.issuer).expect("a CA");
        Self { der: issuer.der().clone(), issuer }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A kiosk's certificate from 2020 to 2029.
    pub fn kiosk(&self, name: &str) -> Identity {
        self.issue(name, &rcgen::PKCS_ECDSA_P256_SHA256, Purpose::Kiosk)
    }

    pub fn issue(&self, name: &str, kind: &'static rcgen::SignatureAlgorithm, purpose: Purpose) -> Identity {
        let mut params = CertificateParams::new([format!("{name}.kiosks.example")]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2029, 12, 31));
        params.extended_key_usages = match purpose {
            Purpose::Kiosk => vec![ExtendedKeyUsagePurpose::ClientAuth],
            Purpose::Store => vec![ExtendedKeyUsagePurpose::ServerAuth],
            Purpose::Unsaid => vec![],
        };
        let key = KeyPair::generate_for(kind).expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let secret = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let key = rustls::crypto::ring::sign::any_supported_type(&secret).expect("a key");
        Identity { chain: vec![certificate.der().clone()], key }
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

impl Identity {
    /// Signs as the kiosk's TLS does.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        let scheme = match readiness::algorithm_of(&self.chain[0]).ok_or("no such key")? {
            readiness::Algorithm::Es256 => rustls::SignatureScheme::ECDSA_NISTP256_SHA256,
            readiness::Algorithm::EdDsa => rustls::SignatureScheme::ED25519,
        };
        Ok(self.key.choose_scheme(&[scheme]).ok_or("no such scheme")?.sign(message)?)
    }

    /// Seals a report with this identity's certificate in it.
    pub fn seal(&self, mut report: Report, fonts: &Fonts) -> Result<Sealed, SealError> {
        let sign = |message: &[u8]| self.sign(message);
        let signer = Signer::new(&self.chain, &sign)?;
        report.certificate = signer.certificate();
        Sealed::new(&report, &signer, fonts)
    }
}

/// The fonts of the system.
pub fn fonts() -> Fonts {
    let folder = std::env::var("NOTO_SANS_CJK").unwrap_or("/usr/share/fonts/opentype/noto".to_owned());
    let read = |file: &str| {
        let path = format!("{folder}/NotoSansCJK-{file}.ttc");
        std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}; install fonts-noto-cjk"))
    };
    Fonts::new(read("Regular"), read("Bold")).expect("fonts")
}
