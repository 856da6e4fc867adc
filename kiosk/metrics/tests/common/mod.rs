//! A hall's own CA, and a kiosk's page.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use metrics_page::{Bounds, Device, Facts, Server, Tls, TlsFiles};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A certificate authority, and a folder for what it issues.
pub struct Ca {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pub folder: tempfile::TempDir,
}

impl Ca {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "hall");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a CA");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).expect("a file");
        Self { issuer, folder }
    }

    /// A certificate for 127.0.0.1, for serving and for asking.
    pub fn issue(&self, name: &str) -> TlsFiles {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("an address");
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let put = |name: String, text: String| -> PathBuf {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text).expect("a file");
            path
        };
        TlsFiles {
            ca: self.folder.path().join("ca.pem"),
            certificate: put(format!("{name}.pem"), certificate.pem()),
            key: put(format!("{name}.key"), key.serialize_pem()),
        }
    }
}

/// A kiosk's page.
pub struct Kiosk {
    pub facts: watch::Sender<Facts>,
    pub address: SocketAddr,
    pub refused: Arc<AtomicU64>,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

impl Kiosk {
    pub async fn start(files: &TlsFiles, address: &str, bounds: Bounds) -> Self {
        let (facts, shown) = watch::channel(well());
        let tls = Tls::load(files).expect("a set-up");
        let server =
            Server::bind(address.parse().expect("an address"), tls, shown, bounds).await.expect("an address");
        let (address, refused, stop) =
            (server.address().expect("an address"), server.refused(), CancellationToken::new());
        let serving = tokio::spawn(server.run(stop.clone()));
        Self { facts, address, refused, stop, serving }
    }

    pub async fn end(self) {
        self.stop.cancel();
        self.serving.await.expect("it ends");
    }
}

/// A kiosk of which all is well.
pub fn well() -> Facts {
    Facts {
        version: "0.1.0",
        devices: vec![Device { name: "printer", ready: true, faults: vec![], faults_total: 0 }],
        certificate_days: Some(365),
        log_writes: true,
        ..Facts::default()
    }
}
