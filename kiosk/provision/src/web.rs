//! One request to the hall's office: HTTP/1.1 over TLS 1.3, everything bounded, no redirect followed.
//!
//! The store's client speaks JSON of at most 64 KiB and always shows a certificate; this one carries files, and speaks
//! to the office before there is a certificate.

use crate::site::Server;
use crate::status::Trouble;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{AlertDescription, ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A request takes at most this long, from looking for the office to the last byte of the answer.
const DEADLINE: Duration = Duration::from_secs(20);
/// An answer's head is at most this long, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("{said}")]
pub struct WebFault {
    /// what kind of trouble
    pub trouble: Trouble,
    said: String,
}

fn fault(trouble: Trouble, said: impl std::fmt::Display) -> WebFault {
    WebFault { trouble, said: said.to_string() }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// its status
    pub status: u16,
    /// the entity tag, if there is one of sensible length
    pub etag: Option<String>,
    /// the body
    pub body: Bytes,
}

/// The office.
pub struct Office {
    server: Server,
    name: ServerName<'static>,
    addresses: Vec<IpAddr>,
    tls: Arc<ClientConfig>,
    deadline: Duration,
}

/// One request, and how long the answer's body may be, in bytes.
struct Asked<'a> {
    method: Method,
    path: &'a str,
    tag: Option<&'a str>,
    body: Bytes,
    longest: usize,
}

/// Certificate, those above it, and its key.
pub type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Office {
    /// The office at this server, whose certificate has to come from one of these authorities; `addresses` stand in
    /// for looking up its name.
    ///
    /// # Errors
    /// The authorities or the identity cannot be used.
    pub fn new(
        server: Server,
        addresses: Vec<IpAddr>,
        authorities: &[CertificateDer<'static>],
        identity: Option<Identity>,
    ) -> Result<Self, WebFault> {
        let unusable = |error: rustls::Error| fault(Trouble::Site, error);
        let mut roots = RootCertStore::empty();
        for authority in authorities {
            roots.add(authority.clone()).map_err(unusable)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(unusable)?
            .with_root_certificates(roots);
        let mut tls = match identity {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(unusable)?,
            None => builder.with_no_client_auth(),
        };
        tls.resumption = rustls::client::Resumption::disabled();
        let name = ServerName::try_from(server.host.clone()).map_err(|error| fault(Trouble::Site, error))?;
        Ok(Self { server, name, addresses, tls: Arc::new(tls), deadline: DEADLINE })
    }

    /// With another deadline.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Gets a file of at most `longest` bytes, unless it is still the one with this entity tag, or with one of these
    /// with commas in between (`If-None-Match`, RFC 9110 section 13.1.2).
    ///
    /// # Errors
    /// [`WebFault`].
    pub async fn get(&self, path: &str, tag: Option<&str>, longest: usize) -> Result<Answer, WebFault> {
        self.within(Asked { method: Method::GET, path, tag, body: Bytes::new(), longest }).await
    }

    /// Puts a file there.
    ///
    /// # Errors
    /// [`WebFault`].
    pub async fn put(&self, path: &str, body: Vec<u8>) -> Result<Answer, WebFault> {
        let longest = 64 * 1024;
        self.within(Asked { method: Method::PUT, path, tag: None, body: body.into(), longest }).await
    }

    async fn within(&self, asked: Asked<'_>) -> Result<Answer, WebFault> {
        let late = || fault(Trouble::TooSlow, format!("no answer within {} s", self.deadline.as_secs()));
        tokio::time::timeout(self.deadline, self.exchange(asked)).await.map_err(|_| late())?
    }

    async fn exchange(&self, asked: Asked<'_>) -> Result<Answer, WebFault> {
        let tcp = self.connect().await?;
        let secured =
            TlsConnector::from(Arc::clone(&self.tls)).connect(self.name.clone(), tcp).await.map_err(of_io)?;
        let (mut requests, connection) = http1::Builder::new()
            .max_buf_size(64 * 1024)
            .max_header_size(LONGEST_HEAD)
            .handshake(TokioIo::new(secured))
            .await
            .map_err(of_http)?;
        let driver = tokio::spawn(connection);
        let answered = self.ask(&mut requests, asked).await;
        drop(requests);
        match answered {
            // With TLS 1.3 a server refuses a certificate after the handshake: only the connection knows.
            Err(error) if error.trouble == Trouble::Broken => {
                match tokio::time::timeout(Duration::from_millis(250), driver).await {
                    Ok(Ok(Err(reason))) => Err(of_http(reason)),
                    _ => Err(error),
                }
            }
            settled => {
                driver.abort();
                settled
            }
        }
    }

    async fn ask(
        &self,
        requests: &mut http1::SendRequest<Full<Bytes>>,
        Asked { method, path, tag, body, longest }: Asked<'_>,
    ) -> Result<Answer, WebFault> {
        let Server { host, port } = &self.server;
        let host = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, host);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        let request = request.body(Full::new(body)).map_err(|error| fault(Trouble::Site, error))?;
        let answer = requests.send_request(request).await.map_err(of_http)?;
        let status = answer.status().as_u16();
        let etag = tag_of(answer.headers());
        let too_long = || fault(Trouble::TooLong, format!("{path} is longer than {longest} bytes"));
        let said = answer.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if said.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > longest as u64) {
            return Err(too_long());
        }
        let body = Limited::new(answer.into_body(), longest).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { too_long() } else { fault(Trouble::Broken, error) }
        })?;
        Ok(Answer { status, etag, body: body.to_bytes() })
    }

    async fn connect(&self) -> Result<TcpStream, WebFault> {
        let port = self.server.port;
        let addresses: Vec<SocketAddr> = if self.addresses.is_empty() {
            let found = tokio::net::lookup_host((self.server.host.as_str(), port)).await;
            let unknown = |error| fault(Trouble::Unreachable, format!("{}: {error}", self.server.host));
            found.map_err(unknown)?.collect()
        } else {
            self.addresses.iter().map(|address| SocketAddr::new(*address, port)).collect()
        };
        let mut last = fault(Trouble::Unreachable, format!("{} has no address", self.server.host));
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(tcp) => return Ok(tcp),
                Err(error) => last = fault(Trouble::Unreachable, format!("{address}: {error}")),
            }
        }
        Err(last)
    }
}

fn tag_of(headers: &HeaderMap) -> Option<String> {
    let tag = headers.get(header::ETAG)?.to_str().ok()?;
    (tag.len() <= 256).then(|| tag.to_owned())
}

fn of_io(error: std::io::Error) -> WebFault {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let trouble = match tls {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Trouble::Untrusted
        }
        Some(rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::AccessDenied,
        )) => Trouble::CertificateRefused,
        Some(_) => Trouble::Untrusted,
        None => Trouble::Broken,
    };
    fault(trouble, error)
}

fn of_http(error: hyper::Error) -> WebFault {
    let inner = std::error::Error::source(&error).and_then(|inner| inner.downcast_ref::<std::io::Error>());
    let tls = inner.and_then(|inner| inner.get_ref()?.downcast_ref::<rustls::Error>()).cloned();
    match tls {
        Some(tls) => of_io(std::io::Error::other(tls)),
        None if error.is_parse_too_large() => fault(Trouble::TooLong, error),
        None if error.is_parse() => fault(Trouble::Answer, error),
        None => fault(Trouble::Broken, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc::channel;

    fn authority() -> CertificateDer<'static> {
        let (pem, _) = crate::sample::authority("office");
        crate::pem::certificates(pem.as_bytes()).unwrap().remove(0)
    }

    fn ask(port: u16) -> WebFault {
        let server = Server { host: "127.0.0.1".into(), port };
        let office = Office::new(server, Vec::new(), &[authority()], None).unwrap();
        let office = office.with_deadline(Duration::from_millis(300));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(office.get("/hall.bundle", None, 1000)).unwrap_err()
    }

    /// Somebody who answers a kiosk's first bytes with these, and keeps the line open or not.
    fn answered(with: &'static [u8], hold: bool) -> Trouble {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (done, is_done) = channel::<()>();
        let server = std::thread::spawn(move || {
            let (mut kiosk, _) = listener.accept().unwrap();
            let mut bytes = [0; 4096];
            assert!(kiosk.read(&mut bytes).unwrap() > 0);
            kiosk.write_all(with).unwrap();
            if hold {
                _ = is_done.recv();
            }
        });
        let fault = ask(port);
        drop(done);
        server.join().unwrap();
        fault.trouble
    }

    #[test]
    fn whoever_is_no_office_is_told_apart() {
        assert_eq!(answered(b"", true), Trouble::TooSlow);
        assert_eq!(answered(b"", false), Trouble::Broken);
        assert_eq!(answered(b"HTTP/1.1 200 OK\r\n\r\n", true), Trouble::Untrusted);
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        assert_eq!(ask(closed).trouble, Trouble::Unreachable);
    }
}
