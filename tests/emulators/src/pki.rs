//! The hall's private certificates: one authority that signs the central store and the kiosk, and a
//! second, wrong one for tests of refusal.
//!
//! Files in the folder, all PEM: `ca.pem`, `store.pem`, `store.key`, `client.pem`, `client.key`, and
//! the same names with `wrong-` in front. The authorities' keys are not kept: nothing is signed later.
//! `custody.key` signs the store's receipts; `custody.pub.pem` (SubjectPublicKeyInfo) is for the kiosks.

use crate::files;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use thiserror::Error;

/// Names the store's certificate is valid for (subject alternative names).
pub const STORE_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "store.hall.test"];

const MOST_KEY: u64 = 16 * 1024;

/// How long the certificate of a kiosk lasts that ends soon, counted from when all were made.
const ENDING: Duration = Duration::from_secs(20 * 24 * 60 * 60);

/// Why the hall has no usable certificates.
#[derive(Debug, Error)]
pub enum PkiError {
    /// A file could not be read or written.
    #[error("hall certificates: {path}: {source}; make the folder writable, or delete it to start anew")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A certificate could not be made.
    #[error("hall certificates: cannot be made: {0}")]
    Make(#[from] rcgen::Error),
    /// A kept file holds no usable certificate or key.
    #[error("hall certificates: {path} is not usable: {reason}; delete the folder to start anew")]
    Spoilt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The TLS library refused the certificates.
    #[error("hall certificates: refused by TLS: {0}; delete the folder to start anew")]
    Tls(String),
}

/// Which authority's certificates are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// The hall's own.
    Hall,
    /// A stranger that the kiosk must not trust and that the store must not admit.
    Wrong,
}

/// With which algorithm the store countersigns what it received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustodyAlgorithm {
    /// RFC 8032
    Ed25519,
    /// FIPS 186-5 on the curve P-256, with SHA-256
    EcdsaP256,
}

impl Authority {
    const ALL: [Self; 2] = [Self::Hall, Self::Wrong];

    fn prefix(self) -> &'static str {
        match self {
            Self::Hall => "",
            Self::Wrong => "wrong-",
        }
    }
}

/// The certificates in one folder.
#[derive(Debug, Clone)]
pub struct Pki {
    folder: PathBuf,
}

impl Pki {
    /// Opens the certificates in `folder`, making all of them when any is missing.
    ///
    /// # Errors
    /// [`PkiError::File`] when the folder cannot be written, [`PkiError::Make`] when making fails.
    pub fn open(folder: &Path) -> Result<Self, PkiError> {
        let pki = Self { folder: folder.to_path_buf() };
        fs::create_dir_all(folder).map_err(|source| PkiError::File { path: folder.to_path_buf(), source })?;
        let complete = Authority::ALL.into_iter().all(|authority| {
            ["ca.pem", "store.pem", "store.key", "client.pem", "client.key"]
                .into_iter()
                .all(|name| pki.path(authority, name).is_file())
        });
        if !complete {
            for authority in Authority::ALL {
                pki.make(authority)?;
            }
        }
        for authority in Authority::ALL {
            let names = ["custody.key", "custody.pub.pem"];
            if !names.into_iter().all(|name| pki.path(authority, name).is_file()) {
                pki.make_custody(authority, CustodyAlgorithm::Ed25519)?;
            }
        }
        Ok(pki)
    }

    /// The authority's certificate, PEM.
    #[must_use]
    pub fn ca(&self, authority: Authority) -> PathBuf {
        self.path(authority, "ca.pem")
    }

    /// The store's certificate, PEM.
    #[must_use]
    pub fn store_certificate(&self, authority: Authority) -> PathBuf {
        self.path(authority, "store.pem")
    }

    /// The store's private key, PKCS #8 PEM.
    #[must_use]
    pub fn store_key(&self, authority: Authority) -> PathBuf {
        self.path(authority, "store.key")
    }

    /// The kiosk's certificate, PEM.
    #[must_use]
    pub fn client_certificate(&self, authority: Authority) -> PathBuf {
        self.path(authority, "client.pem")
    }

    /// The kiosk's private key, PKCS #8 PEM.
    #[must_use]
    pub fn client_key(&self, authority: Authority) -> PathBuf {
        self.path(authority, "client.key")
    }

    /// The public half of the key that signs receipts, SubjectPublicKeyInfo PEM.
    #[must_use]
    pub fn custody_public(&self, authority: Authority) -> PathBuf {
        self.path(authority, "custody.pub.pem")
    }

    /// Gives the hall's store a new key to sign receipts with; a store that runs keeps the one before.
    ///
    /// # Errors
    /// [`PkiError::File`] when the folder cannot be written, [`PkiError::Make`] when making fails.
    pub fn renew_custody(&self, algorithm: CustodyAlgorithm) -> Result<(), PkiError> {
        self.make_custody(Authority::Hall, algorithm)
    }

    /// The key that signs receipts.
    pub(crate) fn custody_pair(&self, authority: Authority) -> Result<KeyPair, PkiError> {
        let path = self.path(authority, "custody.key");
        let pem = files::read_bounded(&path, MOST_KEY)
            .map_err(|source| PkiError::File { path: path.clone(), source })?;
        let pem = String::from_utf8_lossy(&pem);
        KeyPair::from_pem(&pem).map_err(|error| PkiError::Spoilt { path, reason: error.to_string() })
    }

    /// A server that speaks TLS 1.3 only, shows the store's certificate of `shown`, and admits only
    /// clients signed by the hall's authority.
    ///
    /// # Errors
    /// [`PkiError::Spoilt`] or [`PkiError::Tls`] when a file was altered.
    pub fn server_config(&self, shown: Authority) -> Result<Arc<ServerConfig>, PkiError> {
        let provider = provider();
        let clients = WebPkiClientVerifier::builder_with_provider(
            Arc::new(self.roots(Authority::Hall)?),
            provider.clone(),
        )
        .build()
        .map_err(|error| PkiError::Tls(error.to_string()))?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| PkiError::Tls(error.to_string()))?
            .with_client_cert_verifier(clients)
            .with_single_cert(
                vec![certificate(&self.store_certificate(shown))?],
                key(&self.store_key(shown))?,
            )
            .map_err(|error| PkiError::Tls(error.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// A client that speaks TLS 1.3 only, trusts the hall's authority, and shows the kiosk's
    /// certificate of `shown` (`None`: no certificate).
    ///
    /// # Errors
    /// [`PkiError::Spoilt`] or [`PkiError::Tls`] when a file was altered.
    pub fn client_config(&self, shown: Option<Authority>) -> Result<Arc<ClientConfig>, PkiError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| PkiError::Tls(error.to_string()))?
            .with_root_certificates(self.roots(Authority::Hall)?);
        let config = match shown {
            None => builder.with_no_client_auth(),
            Some(authority) => builder
                .with_client_auth_cert(
                    vec![certificate(&self.client_certificate(authority))?],
                    key(&self.client_key(authority))?,
                )
                .map_err(|error| PkiError::Tls(error.to_string()))?,
        };
        Ok(Arc::new(config))
    }

    fn path(&self, authority: Authority, name: &str) -> PathBuf {
        self.folder.join(format!("{}{name}", authority.prefix()))
    }

    fn roots(&self, authority: Authority) -> Result<RootCertStore, PkiError> {
        let path = self.ca(authority);
        let mut roots = RootCertStore::empty();
        roots
            .add(certificate(&path)?)
            .map_err(|error| PkiError::Spoilt { path, reason: error.to_string() })?;
        Ok(roots)
    }

    fn make(&self, authority: Authority) -> Result<(), PkiError> {
        let mut params = named(match authority {
            Authority::Hall => "Hall Test Authority",
            Authority::Wrong => "Stranger Test Authority",
        })?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_key = KeyPair::generate()?;
        let ca = params.self_signed(&ca_key)?;
        let issuer = Issuer::new(params, ca_key);
        self.write(authority, "ca.pem", &ca.pem())?;

        let mut store = CertificateParams::new(STORE_NAMES.map(str::to_owned))?;
        leaf(&mut store, "store.hall.test", ExtendedKeyUsagePurpose::ServerAuth);
        let store_key = KeyPair::generate()?;
        let signed = store.signed_by(&store_key, &issuer)?;
        self.write(authority, "store.pem", &signed.pem())?;
        self.write(authority, "store.key", &store_key.serialize_pem())?;

        let mut client = CertificateParams::new(vec!["kiosk.hall.test".to_owned()])?;
        leaf(&mut client, "kiosk.hall.test", ExtendedKeyUsagePurpose::ClientAuth);
        let issue = |name: &str, client: &CertificateParams| {
            let key = KeyPair::generate()?;
            let signed = client.signed_by(&key, &issuer)?;
            self.write(authority, &format!("{name}.pem"), &signed.pem())?;
            self.write(authority, &format!("{name}.key"), &key.serialize_pem())
        };
        issue("client", &client)?;
        client.not_after = (SystemTime::now() + ENDING).into();
        issue("ending-client", &client)
    }

    fn make_custody(&self, authority: Authority, algorithm: CustodyAlgorithm) -> Result<(), PkiError> {
        let pair = KeyPair::generate_for(match algorithm {
            CustodyAlgorithm::Ed25519 => &rcgen::PKCS_ED25519,
            CustodyAlgorithm::EcdsaP256 => &rcgen::PKCS_ECDSA_P256_SHA256,
        })?;
        self.write(authority, "custody.key", &pair.serialize_pem())?;
        self.write(authority, "custody.pub.pem", &pair.public_key_pem())
    }

    fn write(&self, authority: Authority, name: &str, text: &str) -> Result<(), PkiError> {
        let path = self.path(authority, name);
        // Nobody uses a key that others may use.
        files::write_whole(&path, text.as_bytes())
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o600)))
            .map_err(|source| PkiError::File { path, source })
    }
}

fn named(common_name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    dated(&mut params, common_name);
    Ok(params)
}

/// Validity is wide on purpose: a test machine's clock is not the subject of these tests.
fn dated(params: &mut CertificateParams, common_name: &str) {
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2049, 12, 31);
}

fn leaf(params: &mut CertificateParams, common_name: &str, usage: ExtendedKeyUsagePurpose) {
    dated(params, common_name);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn certificate(path: &Path) -> Result<CertificateDer<'static>, PkiError> {
    CertificateDer::from_pem_file(path)
        .map_err(|error| PkiError::Spoilt { path: path.to_path_buf(), reason: error.to_string() })
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, PkiError> {
    PrivateKeyDer::from_pem_file(path)
        .map_err(|error| PkiError::Spoilt { path: path.to_path_buf(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_kept_and_remade_when_one_is_missing() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let pki = Pki::open(dir.path()).expect("new certificates");
        let first = fs::read(pki.ca(Authority::Hall)).expect("the authority");
        Pki::open(dir.path()).expect("the same certificates");
        assert_eq!(fs::read(pki.ca(Authority::Hall)).expect("the authority"), first);
        fs::remove_file(pki.client_key(Authority::Wrong)).expect("removing");
        let pki = Pki::open(dir.path()).expect("new certificates");
        assert_ne!(fs::read(pki.ca(Authority::Hall)).expect("the authority"), first);
    }

    #[test]
    fn configurations_are_made_and_spoilt_files_reported() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let pki = Pki::open(dir.path()).expect("new certificates");
        for authority in Authority::ALL {
            assert!(pki.server_config(authority).is_ok());
            assert!(pki.client_config(Some(authority)).is_ok());
        }
        assert!(pki.client_config(None).is_ok());
        fs::write(pki.store_key(Authority::Hall), "no key").expect("spoiling");
        let error = pki.server_config(Authority::Hall).expect_err("a spoilt key");
        assert!(matches!(error, PkiError::Spoilt { .. }), "{error}");
    }
}
