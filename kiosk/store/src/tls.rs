//! TLS 1.3 with a certificate on both sides, inside the hall's own CA (RFC 8446).

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::Resumption;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, InconsistentKeys, RootCertStore, SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Distrust, LinkFault, StoreFault, private};

/// A PEM file is at most this long; a chain of four RSA certificates is about 8 KiB.
const LONGEST_PEM: u64 = 64 * 1024;

/// Where the PEM files (RFC 7468) lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The hall's CA certificate or certificates: the only roots.
    pub ca: PathBuf,
    /// This kiosk's certificate, followed by intermediates if any.
    pub certificate: PathBuf,
    /// The private key of the certificate (PKCS #8, PKCS #1 or SEC 1).
    pub key: PathBuf,
}

/// Why the TLS set-up cannot be used. Each text names the file.
#[derive(Debug, Error)]
pub enum TlsSetupError {
    /// A file could not be read.
    #[error("{} could not be read ({source}); put the hall's PEM file there", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has no usable PEM content of its kind.
    #[error("{} holds no usable {what}; replace it with the one the hall issued", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// Others than its owner may use the key's file.
    #[error("{} can be used by others (mode {mode:04o}); give it mode 0600 or 0400", path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Certificate and key do not belong together, or the key is of a kind ring cannot use.
    #[error("certificate {} and its key cannot be used together ({source}); issue both anew", path.display())]
    Pair {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// The TLS library refuses the set-up.
    #[error("TLS 1.3 could not be set up ({0}); reinstall the kiosk's software")]
    Library(rustls::Error),
}

/// The kiosk's side of every TLS connection: own certificate, the hall's CA as the only root,
/// TLS 1.3 only.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    own: Arc<CertifiedKey>,
    expires: Timestamp,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Where this kiosk's certificate and the use of its key come from. A key that never leaves its chip (a
/// TPM, a PKCS #11 token) is one more of these: a [`CertifiedKey`] whose signing goes there.
pub trait KeyStore {
    /// The certificate, followed by intermediates if any, and its key.
    ///
    /// # Errors
    /// [`TlsSetupError`] naming what is at fault.
    fn certified_key(&self) -> Result<CertifiedKey, TlsSetupError>;

    /// Where the certificate is, for whoever has to replace it.
    fn place(&self) -> &Path;
}

impl KeyStore for TlsFiles {
    fn certified_key(&self) -> Result<CertifiedKey, TlsSetupError> {
        let chain = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&read_secret(&self.key)?)
            .map_err(|_| unusable(&self.key, "private key"))?;
        let key = rustls::crypto::ring::sign::any_supported_type(&key)
            .map_err(|source| TlsSetupError::Pair { path: self.certificate.clone(), source })?;
        Ok(CertifiedKey::new(chain, key))
    }

    fn place(&self) -> &Path {
        &self.certificate
    }
}

impl Tls {
    /// Reads the files and builds the set-up. Blocks for the length of three small reads.
    ///
    /// # Errors
    /// [`TlsSetupError`] naming the file at fault.
    pub fn load(files: &TlsFiles) -> Result<Self, TlsSetupError> {
        Self::with_key(&files.ca, files)
    }

    /// Builds the set-up from the hall's CA file, whose certificates are the only roots, and the
    /// kiosk's own key, wherever that is.
    ///
    /// # Errors
    /// [`TlsSetupError`] naming the file at fault; [`TlsSetupError::Pair`] when certificate and key do
    /// not belong together.
    pub fn with_key(ca: &Path, keys: &dyn KeyStore) -> Result<Self, TlsSetupError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(ca)? {
            roots.add(certificate).map_err(|_| unusable(ca, "CA certificate"))?;
        }
        let own = Arc::new(keys.certified_key()?);
        match own.keys_match() {
            // A key on a chip may keep its public half to itself; the first handshake shows it then.
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
            Err(source) => return Err(TlsSetupError::Pair { path: keys.place().to_owned(), source }),
        }
        let expires = own
            .end_entity_cert()
            .ok()
            .and_then(not_after)
            .ok_or_else(|| unusable(keys.place(), "certificate with a validity"))?;

        // The provider is named and not taken from the process, and the version list is spelled out,
        // so that no other part of the program can widen what is offered here.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(TlsSetupError::Library)?
            .with_root_certificates(roots)
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&own))));
        // Without resumption each connection proves both certificates anew: a withdrawn one ends
        // with the connection. Connections are kept alive, so handshakes are rare.
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), own, expires })
    }

    /// When this kiosk's own certificate ends (notAfter, RFC 5280 section 4.1.2.5).
    #[must_use]
    pub fn certificate_expires(&self) -> Timestamp {
        self.expires
    }

    /// This kiosk's own certificate, followed by intermediates if any.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.own.cert
    }

    /// Signs a message with this kiosk's own key, as TLS 1.3 would (RFC 8446 section 4.2.3): ECDSA on P-256 with
    /// SHA-256, in DER, or Ed25519.
    ///
    /// # Errors
    /// The key is of another kind, or whatever holds it does not sign.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let schemes = [SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::ED25519];
        let signer = self.own.key.choose_scheme(&schemes);
        signer
            .ok_or_else(|| rustls::Error::General("the key is of no kind that signs".to_owned()))?
            .sign(message)
    }

    /// Whole days until this kiosk's own certificate ends; negative once it has.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> i64 {
        (self.expires.as_second() - now.as_second()).div_euclid(86_400)
    }

    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }
}

fn unusable(path: &Path, what: &'static str) -> TlsSetupError {
    TlsSetupError::Unusable { path: path.to_owned(), what }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsSetupError> {
    read_if(path, |_| Ok(()))
}

/// Reads a file that nobody else may use.
fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsSetupError> {
    read_if(path, |about| match private::too_open(about) {
        Some(mode) => Err(TlsSetupError::TooOpen { path: path.to_owned(), mode }),
        None => Ok(()),
    })
}

fn read_if(
    path: &Path,
    fits: impl Fn(&Metadata) -> Result<(), TlsSetupError>,
) -> Result<Zeroizing<Vec<u8>>, TlsSetupError> {
    let unreadable = |source| TlsSetupError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    fits(&file.metadata().map_err(unreadable)?)?;
    let mut pem = Zeroizing::new(Vec::new());
    file.take(LONGEST_PEM + 1).read_to_end(&mut pem).map_err(unreadable)?;
    if pem.len() as u64 > LONGEST_PEM {
        return Err(unusable(path, "PEM content below 64 KiB"));
    }
    Ok(pem)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsSetupError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(unusable(path, "certificate")),
    }
}

fn not_after(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Timestamp::from_second(parsed.validity().not_after.timestamp()).ok()
}

/// The fault behind an I/O error of a TLS connection.
pub(crate) fn classify_io(error: &io::Error) -> StoreFault {
    match tls_error(error) {
        Some(tls) => classify(tls),
        None => StoreFault::Unreachable(match error.kind() {
            io::ErrorKind::ConnectionRefused => LinkFault::ConnectionRefused,
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable => LinkFault::NoRoute,
            io::ErrorKind::TimedOut => LinkFault::NoAnswer,
            _ => LinkFault::Broken,
        }),
    }
}

/// The TLS library's own error inside an I/O error, if that is what it is.
fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// The fault behind a TLS error.
fn classify(error: &rustls::Error) -> StoreFault {
    match error {
        rustls::Error::InvalidCertificate(why) => StoreFault::Untrusted(distrust(why)),
        rustls::Error::NoCertificatesPresented => StoreFault::Untrusted(Distrust::Unusable),
        rustls::Error::PeerIncompatible(_) => StoreFault::NoTls13,
        rustls::Error::AlertReceived(alert) => alert_fault(*alert),
        // What is no TLS at all (a captive portal's plain HTTP, say) ends here too.
        _ => StoreFault::Unreachable(LinkFault::Tls),
    }
}

fn distrust(why: &CertificateError) -> Distrust {
    match why {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Distrust::UnknownIssuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Distrust::WrongName
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotYetValid,
        _ => Distrust::Unusable,
    }
}

/// What a fatal alert of the server says about this kiosk (RFC 8446 section 6.2).
fn alert_fault(alert: AlertDescription) -> StoreFault {
    let refused = StoreFault::ClientCertificateRefused;
    match alert {
        AlertDescription::CertificateRequired => refused("it asks for one and saw none"),
        AlertDescription::UnknownCA => refused("it does not know the issuer"),
        AlertDescription::CertificateExpired => refused("it has expired"),
        AlertDescription::CertificateRevoked => refused("it was revoked"),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::DecryptError => refused("it does not accept it"),
        AlertDescription::AccessDenied => refused("it is valid but has no access"),
        AlertDescription::ProtocolVersion
        | AlertDescription::HandshakeFailure
        | AlertDescription::InsufficientSecurity => StoreFault::NoTls13,
        _ => StoreFault::Unreachable(LinkFault::Tls),
    }
}

#[cfg(test)]
mod tests {
    use rustls::sign::{Signer, SigningKey};
    use rustls::{SignatureAlgorithm, SignatureScheme};

    use super::*;
    use crate::testing::{Act, Ca, Kiosk, within};

    #[test]
    fn days_left_are_whole_days() {
        let dir = tempfile::tempdir().expect("a folder");
        let ca = Ca::new("hall");
        let tls = ca.issue("kiosk-1", 2030).load(&ca, dir.path()).expect("PEM files");
        assert_eq!(tls.certificate_expires().to_string(), "2030-12-31T00:00:00Z");
        for (now, days) in [
            ("2030-12-30T00:00:00Z", 1),
            ("2030-12-30T00:00:01Z", 0),
            ("2030-12-31T00:00:00Z", 0),
            ("2030-12-31T00:00:01Z", -1),
            ("2029-12-31T00:00:00Z", 365),
        ] {
            assert_eq!(tls.days_left(now.parse().expect("a time")), days, "{now}");
        }
    }

    #[test]
    fn files_that_are_not_what_they_should_be_are_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let ca = Ca::new("hall");
        let whole = |name: &str, text: &str| {
            ca.issue("kiosk-1", 2030).load(&ca, dir.path()).expect("PEM files");
            let path = |name: &str| dir.path().join(name);
            std::fs::write(path(name), text).expect("written");
            let files =
                TlsFiles { ca: path("ca.pem"), certificate: path("kiosk.pem"), key: path("kiosk.key") };
            Tls::load(&files).expect_err("unusable").to_string()
        };
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for name in ["ca.pem", "kiosk.pem", "kiosk.key"] {
            for text in ["", "nothing", broken, &"x".repeat(70_000)] {
                let said = whole(name, text);
                assert!(said.contains(name), "{said}");
            }
        }
        // The key of another certificate.
        let other = ca.issue("kiosk-2", 2030);
        assert!(whole("kiosk.key", &other.key).contains("kiosk.pem"));
        assert!(matches!(
            Tls::load(&TlsFiles {
                ca: dir.path().join("none.pem"),
                certificate: dir.path().join("kiosk.pem"),
                key: dir.path().join("kiosk.key"),
            }),
            Err(TlsSetupError::Unreadable { .. })
        ));
    }

    #[test]
    fn a_key_that_others_may_use_is_not_used() {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a folder");
        let ca = Ca::new("hall");
        ca.issue("kiosk-1", 2030).load(&ca, dir.path()).expect("PEM files");
        let path = |name: &str| dir.path().join(name);
        let files = TlsFiles { ca: path("ca.pem"), certificate: path("kiosk.pem"), key: path("kiosk.key") };
        for (mode, used) in
            [(0o600, true), (0o400, true), (0o604, false), (0o644, false), (0o660, false), (0o602, false)]
        {
            std::fs::set_permissions(&files.key, Permissions::from_mode(mode)).expect("a mode");
            match Tls::load(&files) {
                Ok(_) => assert!(used, "{mode:o}"),
                Err(error) => {
                    let said = error.to_string();
                    assert!(!used && said.contains(&format!("mode {mode:04o}")), "{mode:o}: {said}");
                }
            }
        }
    }

    /// A key that tells nothing of itself, as one on a chip may.
    #[derive(Debug)]
    struct Silent(Arc<dyn SigningKey>);

    impl SigningKey for Silent {
        fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
            self.0.choose_scheme(offered)
        }

        fn algorithm(&self) -> SignatureAlgorithm {
            self.0.algorithm()
        }
    }

    /// A store of keys elsewhere than in files.
    struct Chip(TlsFiles);

    impl KeyStore for Chip {
        fn certified_key(&self) -> Result<CertifiedKey, TlsSetupError> {
            let CertifiedKey { cert, key, .. } = self.0.certified_key()?;
            Ok(CertifiedKey::new(cert, Arc::new(Silent(key))))
        }

        fn place(&self) -> &Path {
            Path::new("chip")
        }
    }

    #[tokio::test]
    async fn a_key_that_is_in_no_file_opens_connections() {
        let kiosk = Kiosk::new();
        let store = kiosk.store(|_| Act::Answer(200, vec![], "{}")).await;
        let path = |name: &str| kiosk.dir.path().join(name);
        let files = TlsFiles { ca: path("ca.pem"), certificate: path("kiosk.pem"), key: path("kiosk.key") };
        let tls = Tls::with_key(&files.ca, &Chip(files.clone())).expect("a set-up");
        assert_eq!(tls.certificate_expires(), kiosk.tls.certificate_expires());
        let url = format!("https://127.0.0.1:{}", store.address.port());
        let client = crate::Client::new(&url, &tls, crate::Deadlines::default()).expect("a URL");
        let answer = client.get_json::<serde_json::Value>("/", std::time::Duration::from_secs(60));
        assert!(within(answer).await.is_ok());
    }
}
