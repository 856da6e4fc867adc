//! A hall for tests: its keys, and bundles for one kiosk or two.

use crate::apply::{self, NotTaken, Taken};
use crate::bundle::{Bundle, Files, Kiosk, Secrets};
use crate::disk::Disk;
use crate::fingerprint::Fingerprint;
use crate::keys::Keys;
use crate::places::Places;
use crate::sealed::SealingKey;
use crate::signature::SigningKeys;

pub(crate) const NETWORK: &str = r#"
[[host]]
name = "store.hall.example"
addresses = ["10.0.0.2"]
[[host]]
name = "windows.hall.example"
addresses = ["10.0.0.3", "fd00::3"]
[[host]]
name = "time.hall.example"
addresses = ["10.0.0.4"]
[[host]]
name = "office.hall.example"
addresses = ["10.0.0.5"]
[[time]]
server = "time.hall.example"
[[reach]]
to = "10.0.8.0/24"
ports = [161, 162]
protocol = "udp"
[metrics]
from = ["10.0.0.50"]
[pad]
ids = ["04d9:1400"]
[sticks]
allowed = ["0951:1666:E0D55EA573F0"]
[screen]
rotation = 90
brightness = 60
"#;

pub(crate) struct Hall {
    key: String,
    public: String,
    pub(crate) kiosks: Vec<Kiosk>,
    pub(crate) files: Files,
}

/// A CA's certificate and key, in PEM.
pub(crate) fn authority(name: &str) -> (String, rcgen::KeyPair) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
    (params.self_signed(&key).unwrap().pem(), key)
}

fn revoked() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let issuer = rcgen::Issuer::new(rcgen::CertificateParams::default(), key);
    let list = rcgen::CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2026, 1, 1),
        next_update: rcgen::date_time_ymd(2036, 1, 1),
        crl_number: rcgen::SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: vec![],
        key_identifier_method: rcgen::KeyIdMethod::Sha256,
    };
    list.signed_by(&issuer).unwrap().pem().unwrap()
}

impl Hall {
    pub(crate) fn of(keys: &Keys) -> Self {
        Self::new(keys.fingerprint, keys.opening.public())
    }

    pub(crate) fn new(fingerprint: Fingerprint, sealing: SealingKey) -> Self {
        let pair = rcgen::KeyPair::generate().unwrap();
        // A short one: what is tried with it is tried often.
        let catalogue = include_bytes!("sample/catalogue.toml");
        let picture = include_bytes!("../../../halls/examples/id-card.jpg");
        let mut files = Files::new();
        files.insert("examples/id-card.jpg".into(), picture.to_vec());
        files.insert("catalogue.toml".into(), catalogue.to_vec());
        files.insert("logo.png".into(), include_bytes!("../../../halls/logo.png").to_vec());
        files.insert("network.toml".into(), NETWORK.into());
        for name in ["store-ca", "staff-ca", "time-ca"] {
            files.insert(format!("trust/{name}.pem"), authority(name).0.into());
        }
        files.insert("trust/staff-crl.pem".into(), revoked().into());
        let custody = rcgen::KeyPair::generate().unwrap().public_key_pem();
        files.insert("trust/custody.pem".into(), custody.into());
        let settings = crate::bundle::SAMPLE;
        let other = settings.replace("lobby-1", "lobby-2").replace("\"A\"", "\"B\"");
        files.insert("kiosks/lobby-1.toml".into(), settings.into());
        files.insert("kiosks/lobby-2.toml".into(), other.into());
        let secrets = Secrets { hall_key: vec![7; 32], entry_key: Some(vec![8; 32]) };
        let elsewhere = Fingerprint::of(b"elsewhere", sealing);
        for (name, fingerprint) in [("lobby-1", fingerprint), ("lobby-2", elsewhere)] {
            let sealed = secrets.seal(name, fingerprint, sealing).unwrap();
            files.insert(format!("secrets/{name}.sealed"), sealed);
        }
        let kiosks = vec![
            Kiosk { name: "lobby-1".into(), fingerprint },
            Kiosk { name: "lobby-2".into(), fingerprint: elsewhere },
        ];
        Self { key: pair.serialize_pem(), public: pair.public_key_pem(), kiosks, files }
    }

    pub(crate) fn signing(&self) -> SigningKeys {
        SigningKeys::from_pem(self.public.as_bytes()).unwrap()
    }

    /// The key that signs its bundles.
    pub(crate) fn key(&self) -> &[u8] {
        self.key.as_bytes()
    }

    pub(crate) fn bundle(&self, serial: u64) -> Vec<u8> {
        self.made(serial, &self.files)
    }

    fn made(&self, serial: u64, files: &Files) -> Vec<u8> {
        let issued = "2026-11-27T00:00:00Z".parse().unwrap();
        Bundle::make("jiading", serial, issued, self.kiosks.clone(), files, self.key.as_bytes())
            .unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// A bundle in which one file is another.
    pub(crate) fn changed(&self, serial: u64, name: &str, content: &[u8]) -> Vec<u8> {
        let mut files = self.files.clone();
        files.insert(name.to_owned(), content.to_owned());
        self.made(serial, &files)
    }

    pub(crate) fn take(&self, places: &Places, keys: &Keys, serial: u64) -> Result<Taken, NotTaken> {
        apply::take(places, &Disk::new(), keys, &self.signing(), &self.bundle(serial))
    }
}
