//! TLS 1.3 with a certificate on both sides, inside the hall's own CA (RFC 8446).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

/// A PEM file is at most this long; a chain of four RSA certificates is about 8 KiB.
const LONGEST_PEM: u64 = 64 * 1024;

/// Where the PEM files (RFC 7468) lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// the hall's CA: whoever has a certificate of it may read the page
    pub ca: PathBuf,
    /// this kiosk's certificate, followed by intermediates if any
    pub certificate: PathBuf,
    /// the private key of the certificate
    pub key: PathBuf,
}

/// Why the TLS set-up cannot be used. Each text names the file.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} could not be read ({source}); put the hall's PEM file there", path.display())]
    Unreadable {
        /// which file
        path: PathBuf,
        /// why
        source: io::Error,
    },
    /// A file has no usable PEM content of its kind.
    #[error("{} holds no usable {what}; replace it with the one the hall issued", path.display())]
    Unusable {
        /// which file
        path: PathBuf,
        /// what was looked for
        what: &'static str,
    },
    /// Certificate and key do not belong together, or the library refuses the set-up.
    #[error("certificate {} and its key cannot be used together ({source}); issue both anew", path.display())]
    Pair {
        /// the certificate's file
        path: PathBuf,
        /// why
        source: rustls::Error,
    },
}

/// The kiosk's side of a scrape: own certificate, and nobody without one of the hall's CA.
#[derive(Clone, Debug)]
pub struct Tls(Arc<ServerConfig>);

impl Tls {
    /// Reads the files and builds the set-up. Blocks for the length of three small reads.
    ///
    /// # Errors
    /// [`TlsError`] naming the file at fault.
    pub fn load(files: &TlsFiles) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&files.ca)? {
            roots.add(certificate).map_err(|_| unusable(&files.ca, "CA certificate"))?;
        }
        let chain = certificates(&files.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?)
            .map_err(|_| unusable(&files.key, "private key"))?;
        let pair = |source| TlsError::Pair { path: files.certificate.clone(), source };

        // The provider is named and not taken from the process, and the version list is spelled out, so that no
        // other part of the program can widen what is offered here.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|_| unusable(&files.ca, "CA certificate"))?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(pair)?
            .with_client_cert_verifier(clients)
            .with_single_cert(chain, key)
            .map_err(pair)?;
        // Each connection proves both certificates anew: a withdrawn one ends with the connection.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0)
    }
}

fn unusable(path: &Path, what: &'static str) -> TlsError {
    TlsError::Unusable { path: path.to_owned(), what }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let unreadable = |source| TlsError::Unreadable { path: path.to_owned(), source };
    let mut pem = Vec::new();
    File::open(path).and_then(|file| file.take(LONGEST_PEM + 1).read_to_end(&mut pem)).map_err(unreadable)?;
    if pem.len() as u64 > LONGEST_PEM {
        return Err(unusable(path, "PEM content below 64 KiB"));
    }
    Ok(pem)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(unusable(path, "certificate")),
    }
}
