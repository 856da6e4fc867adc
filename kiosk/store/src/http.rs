//! One small HTTPS client: HTTP/1.1 (RFC 9112) over TLS 1.3, everything bounded.
//!
//! A client speaks to one server and keeps one connection for reuse. It follows no redirect.

mod body;
mod link;

use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use rustls_pki_types::ServerName;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::{Zeroize, Zeroizing};

use self::body::{Outgoing, Sending};
use self::link::Link;
use crate::fault::Setback;
use crate::pace::Pacer;
use crate::{LinkFault, StoreFault, Tls, ValueError, tls};

/// A response body is at most this long, in bytes.
pub const LONGEST_BODY: usize = 64 * 1024;
/// A response head is at most this long, in bytes.
pub const LONGEST_HEAD: usize = 16 * 1024;

/// How long each part of a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Resolving, connecting and the TLS handshake together.
    pub connect: Duration,
    /// From the last byte sent to the head of the response; the same again for its body.
    pub head: Duration,
    /// Without any progress on a body being sent.
    pub stall: Duration,
    /// A whole request up to the head of its response, however steadily it creeps.
    pub whole: Duration,
}

impl Deadlines {
    /// A visitor stands there and waits: 4 s to connect, 5 s for an answer, 4 s of standstill, 8 s in all.
    pub(crate) const VISITOR_WAITS: Self = Self {
        connect: Duration::from_secs(4),
        head: Duration::from_secs(5),
        stall: Duration::from_secs(4),
        whole: Duration::from_secs(8),
    };
}

impl Default for Deadlines {
    /// 10 s to connect, 30 s for an answer, 15 s of standstill, 5 min in all.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            head: Duration::from_secs(30),
            stall: Duration::from_secs(15),
            whole: Duration::from_secs(300),
        }
    }
}

/// Reads a text of an answer that tells of a person, so that it is wiped when it is dropped.
pub(crate) fn wiped<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(from).map(Zeroizing::new)
}

/// A client of one HTTPS server.
///
/// Requests may run at once; each beyond the first opens a connection of its own. Dropping a
/// request's future closes its connection.
#[derive(Debug)]
pub struct Client {
    server: Server,
    deadlines: Deadlines,
    /// The idle connection, if any. A request takes it out and puts it back when it has ended well.
    idle: Mutex<Option<Link>>,
}

/// The server that a client speaks to.
#[derive(Debug)]
struct Server {
    host: String,
    port: u16,
    name: ServerName<'static>,
    /// The `Host` field.
    authority: HeaderValue,
    tls: Tls,
}

impl Client {
    /// A client for `base_url`: `https://host` or `https://host:port`, nothing behind it. Connects
    /// with the first request.
    ///
    /// # Errors
    /// [`ValueError`] when the base URL has another shape.
    pub fn new(base_url: &str, tls: &Tls, deadlines: Deadlines) -> Result<Self, ValueError> {
        let bad = ValueError("base URL (https://host or https://host:port)");
        let uri: Uri = base_url.parse().map_err(|_| bad)?;
        let authority = uri.authority().ok_or(bad)?;
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        // What follows the host must be a port; this leaves out user names, too.
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => 443,
            Some(_) => authority.port_u16().ok_or(bad)?,
            None => return Err(bad),
        };
        if uri.scheme_str() != Some("https") || !bare {
            return Err(bad);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let server = Server {
            name: ServerName::try_from(host.clone()).map_err(|_| bad)?,
            host,
            port,
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| bad)?,
            tls: tls.clone(),
        };
        Ok(Self { server, deadlines, idle: Mutex::new(None) })
    }

    /// Gets `path` (with its query, if any) and reads the JSON of a `200` answer. `deadline` runs
    /// from the request being sent to the head of the response, so that a long poll can have its
    /// own.
    ///
    /// # Errors
    /// Any [`StoreFault`] but those of documents; [`StoreFault::Garbage`] when the answer is not the
    /// JSON asked for or longer than [`LONGEST_BODY`].
    pub async fn get_json<T: DeserializeOwned>(
        &self,
        path: &str,
        deadline: Duration,
    ) -> Result<T, StoreFault> {
        self.poll_json(path, deadline).await.map_err(|setback| setback.fault)
    }

    /// As [`Self::get_json`], with how long the server asks to be left alone.
    pub(crate) async fn poll_json<T: DeserializeOwned>(
        &self,
        path: &str,
        deadline: Duration,
    ) -> Result<T, Setback> {
        let limits = Deadlines { head: deadline, whole: deadline, ..self.deadlines };
        let answer = self.send_within(Request::new(Method::GET, path), limits).await?;
        if answer.status != 200 {
            return Err(answer.setback());
        }
        Ok(answer.json()?)
    }

    /// Where the server is said to be.
    pub(crate) fn address(&self) -> (&str, u16) {
        (&self.server.host, self.server.port)
    }

    pub(crate) fn tls(&self) -> &Tls {
        &self.server.tls
    }

    /// Opens a connection and closes it again.
    pub(crate) async fn connect(&self) -> Result<(), StoreFault> {
        link::connect_tcp(&self.server.host, self.server.port).await.map(drop)
    }

    /// Sends a request with the client's own deadlines.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer, StoreFault> {
        self.send_within(request, self.deadlines).await
    }

    /// Sends a request with deadlines of its own.
    pub(crate) async fn send_within(
        &self,
        request: Request,
        limits: Deadlines,
    ) -> Result<Answer, StoreFault> {
        if !request.once
            && let Some(link) = self.take_idle()
        {
            match self.exchange(link, &request, limits).await {
                // The server may close an idle connection in the moment it is used again.
                Err(StoreFault::Unreachable(LinkFault::Broken)) if request.repeatable() => {}
                settled => return settled,
            }
        }
        let link = Link::open(&self.server, limits.connect).await?;
        self.exchange(link, &request, limits).await
    }

    fn take_idle(&self) -> Option<Link> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        idle.filter(|link| link.usable())
    }

    async fn exchange(
        &self,
        mut link: Link,
        request: &Request,
        limits: Deadlines,
    ) -> Result<Answer, StoreFault> {
        let (message, sending) = request.message(&self.server)?;
        let answered = link.send(message, &sending, limits).await?;
        let response = match answered {
            Ok(response) => response,
            Err(error) => return Err(link.explain(&error).await),
        };
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = tokio::time::timeout(limits.head, read_body(response.into_body()))
            .await
            .map_err(|_| StoreFault::Unreachable(LinkFault::NoAnswer))??;
        // An answer that came before the whole body was sent leaves the connection in mid-request.
        if sending.finished() && link.usable() {
            *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(link);
        }
        Ok(Answer { status, headers, body })
    }
}

async fn read_body(body: Incoming) -> Result<Bytes, StoreFault> {
    match Limited::new(body, LONGEST_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(StoreFault::Garbage("more than 64 KiB of body")),
        Err(error) => Err(error
            .downcast_ref::<hyper::Error>()
            .map_or(StoreFault::Unreachable(LinkFault::Broken), classify)),
    }
}

/// The fault behind an error of the HTTP layer: the innermost cause that is known, else its kind.
fn classify(error: &hyper::Error) -> StoreFault {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return match (io.get_ref(), io.kind()) {
                // How hyper reports bad framing of a chunked body.
                (Some(own), ErrorKind::InvalidInput | ErrorKind::InvalidData)
                    if !own.is::<rustls::Error>() =>
                {
                    StoreFault::Garbage("HTTP")
                }
                _ => tls::classify_io(io),
            };
        }
        cause = inner.source();
    }
    if error.is_parse() || error.is_parse_too_large() {
        StoreFault::Garbage("HTTP")
    } else {
        StoreFault::Unreachable(LinkFault::Broken)
    }
}

/// A request that can be sent again.
pub(crate) struct Request {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    /// How fast the body may go, if it is a piece of a document.
    pacer: Option<Arc<Pacer>>,
    /// Never sent a second time, and so not on a connection that the server may just be closing.
    once: bool,
}

impl Request {
    pub(crate) fn new(method: Method, path: &str) -> Self {
        let (path, headers, body) = (path.to_owned(), Vec::new(), Bytes::new());
        Self { method, path, headers, body, pacer: None, once: false }
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn json(mut self, value: &impl Serialize) -> Self {
        // Serialising plain structs to memory has no way to fail; an empty body would be a 400.
        let json = serde_json::to_vec(value).unwrap_or_default();
        self.body = json.into();
        self.header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    /// Bytes as they are.
    pub(crate) fn body(mut self, body: Bytes) -> Self {
        self.body = body;
        self
    }

    /// JSON that is wiped when the request is dropped.
    pub(crate) fn secret_json(mut self, json: Zeroizing<Vec<u8>>) -> Self {
        self.body = Bytes::from_owner(json);
        self.header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    /// A request that is sent once, whatever becomes of it.
    pub(crate) fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// A piece of a document, as fast as it may go.
    pub(crate) fn piece(mut self, piece: Bytes, pacer: Arc<Pacer>) -> Self {
        self.body = piece;
        self.pacer = Some(pacer);
        self
    }

    /// Whether sending it twice does no harm. A piece is not repeated blindly: the server may have
    /// taken part of it, so its offset must be asked first.
    fn repeatable(&self) -> bool {
        self.pacer.is_none()
    }

    fn message(&self, server: &Server) -> Result<(http::Request<Outgoing>, Arc<Sending>), StoreFault> {
        let (outgoing, sending) = Outgoing::new(self.body.clone(), self.pacer.clone());
        let mut message = http::Request::new(outgoing);
        *message.method_mut() = self.method.clone();
        // Paths are made of checked parts; one that is no path is the server's doing.
        *message.uri_mut() = self.path.parse().map_err(|_| StoreFault::Garbage("path"))?;
        let headers = message.headers_mut();
        headers.insert(header::HOST, server.authority.clone());
        headers.insert(
            header::USER_AGENT,
            HeaderValue::from_static(concat!("onedoor/", env!("CARGO_PKG_VERSION"))),
        );
        if self.method == Method::POST && self.body.is_empty() {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        headers.extend(self.headers.iter().map(|(n, v)| (n.clone(), v.clone())));
        Ok((message, sending))
    }
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// The value of a header field as text; nothing when it is missing, repeated or not ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        if values.next().is_some() { None } else { value.to_str().ok() }
    }

    /// Reads the body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, StoreFault> {
        serde_json::from_slice(&self.body).map_err(|_| StoreFault::Garbage("JSON"))
    }

    /// Wipes the body, as far as nobody else holds it.
    pub(crate) fn wipe(self) {
        if let Ok(mut body) = self.body.try_into_mut() {
            body.zeroize();
        }
    }

    /// The setback that this answer, being no success, stands for.
    pub(crate) fn setback(&self) -> Setback {
        let fault = if self.is_about_the_certificate() {
            StoreFault::ClientCertificateRefused("HTTP 400 from the proxy in front of it")
        } else {
            StoreFault::from_status(self.status)
        };
        Setback { fault, retry_after: self.retry_after() }
    }

    /// Whether nginx answers in the store's place that it does not take this kiosk's certificate: it ends the
    /// handshake well and says so on a page (ngx_http_special_response.c, its statuses 495 and 496).
    pub(crate) fn is_about_the_certificate(&self) -> bool {
        let says = |words: &[u8]| self.body.windows(words.len()).any(|part| part == words);
        self.status == 400 && (says(b"SSL certificate error") || says(b"No required SSL certificate"))
    }

    /// `Retry-After` in seconds (RFC 9110 section 10.2.3). The form with a date is left aside: it
    /// depends on two clocks agreeing.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.header("retry-after")?;
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests;
