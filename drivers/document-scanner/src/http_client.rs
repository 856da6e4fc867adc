//! The little HTTP that eSCL needs: one request a connection, with a bound on every size and wait.
//!
//! A connection is made afresh for each request. That costs under a millisecond on a local network,
//! and a scanner that left an old connection half dead cannot spoil the next request.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::AbortOnDropHandle;

use crate::endpoint::Endpoint;
use crate::profile::{HostHeader, Profile};
use crate::wire::Wire;

/// Bound on the head of a response, in bytes.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// Bound on the number of header fields.
const MAX_HEADERS: usize = 64;

const RESPONSE: &str = "the scanner's response";
const REST: &str = "the rest of a response";

/// Why a request failed below the level of eSCL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HttpFault {
    /// No connection, or it broke.
    Unreachable(String),
    /// Silence; waiting for what.
    TimedOut(&'static str),
    /// The body is larger than this many bytes.
    TooLarge(usize),
    /// What came is not HTTP.
    Broken(String),
}

/// How long a request may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadlines {
    pub(crate) connect: Duration,
    /// From the request to the head of the response.
    pub(crate) response: Duration,
    /// Between two pieces of the body.
    pub(crate) chunk: Duration,
    /// The whole body.
    pub(crate) body: Duration,
}

impl Deadlines {
    /// For requests that the scanner answers at once.
    pub(crate) fn short(profile: &Profile) -> Self {
        let response = ms(profile.response_ms);
        Self { connect: ms(profile.connect_ms), response, chunk: ms(profile.chunk_ms), body: response }
    }

    /// For a page, which the scanner may first have to scan.
    pub(crate) fn page(profile: &Profile) -> Self {
        Self { response: ms(profile.page_response_ms), body: ms(profile.page_ms), ..Self::short(profile) }
    }
}

fn ms(milliseconds: u32) -> Duration {
    Duration::from_millis(milliseconds.into())
}

/// What to send.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    /// An XML document, or nothing.
    pub(crate) body: Option<String>,
}

/// Sends one request and waits for the head of the response.
pub(crate) async fn send(
    wire: &Wire,
    endpoint: &Endpoint,
    host_header: HostHeader,
    call: Call<'_>,
    deadlines: Deadlines,
) -> Result<Reply, HttpFault> {
    let request = request(endpoint, host_header, call)?;
    let connected = timeout(deadlines.connect, wire.connect(endpoint)).await;
    let connected = connected.unwrap_or_else(|_| Err(io::Error::other("no connection in time")));
    let stream = connected.map_err(|e| {
        wire.no_connection();
        HttpFault::Unreachable(e.to_string())
    })?;
    let exchange = async {
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_HEAD_BYTES)
            .max_headers(MAX_HEADERS)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|e| hyper_fault(&e, RESPONSE))?;
        let driver = AbortOnDropHandle::new(tokio::spawn(async move {
            // The sender and the body see the same error; here it has no one to go to.
            let _ = connection.await;
        }));
        let response = sender.send_request(request).await.map_err(|e| hyper_fault(&e, RESPONSE))?;
        Ok(Reply::new(response, driver, deadlines, wire.clone()))
    };
    timeout(deadlines.response, exchange).await.map_err(|_| {
        wire.timed_out();
        HttpFault::TimedOut(RESPONSE)
    })?
}

fn request(
    endpoint: &Endpoint,
    host_header: HostHeader,
    call: Call<'_>,
) -> Result<Request<Full<Bytes>>, HttpFault> {
    let host = match host_header {
        HostHeader::HostAndPort => format!("{}:{}", endpoint.host(), endpoint.port()),
        HostHeader::Host => endpoint.host().to_owned(),
        HostHeader::Localhost => "localhost".to_owned(),
    };
    let mut request = Request::builder()
        .method(call.method)
        .uri(call.path)
        .header(header::HOST, host)
        .header(header::CONNECTION, "close");
    if call.body.is_some() {
        request = request.header(header::CONTENT_TYPE, "text/xml");
    }
    request
        .body(Full::new(Bytes::from(call.body.unwrap_or_default())))
        .map_err(|e| HttpFault::Broken(e.to_string()))
}

/// A response: its head, and its body as far as it has been asked for.
pub(crate) struct Reply {
    response: Response<Incoming>,
    chunk: Duration,
    body_until: Instant,
    wire: Wire,
    // Drives the connection while the body is read, and closes it with the reply.
    _driver: AbortOnDropHandle<()>,
}

impl Reply {
    fn new(
        response: Response<Incoming>,
        driver: AbortOnDropHandle<()>,
        deadlines: Deadlines,
        wire: Wire,
    ) -> Self {
        let body_until = Instant::now() + deadlines.body;
        Self { response, chunk: deadlines.chunk, body_until, wire, _driver: driver }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// A header as text; `None` when it is missing or no ASCII.
    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The next piece of the body; `None` at its proper end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, HttpFault> {
        loop {
            let until = self.body_until.min(Instant::now() + self.chunk);
            let frame = timeout_at(until, self.response.body_mut().frame()).await.map_err(|_| {
                self.wire.timed_out();
                HttpFault::TimedOut(REST)
            })?;
            match frame {
                None => return Ok(None),
                Some(Err(e)) => return Err(hyper_fault(&e, REST)),
                // Trailers are of no interest.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if data.is_empty() => {}
                    Ok(data) => return Ok(Some(data)),
                    Err(_) => {}
                },
            }
        }
    }

    /// The whole body of at most `limit` bytes.
    pub(crate) async fn whole(mut self, limit: usize) -> Result<Vec<u8>, HttpFault> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if whole.len() + chunk.len() > limit {
                return Err(HttpFault::TooLarge(limit));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    }

    /// Reads a body that nobody needs: behind ipp-usb an unread response blocks the interface.
    pub(crate) async fn discard(self) {
        const ENOUGH: usize = 64 * 1024;
        let _ = self.whole(ENOUGH).await;
    }
}

fn hyper_fault(error: &hyper::Error, waiting_for: &'static str) -> HttpFault {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    if error.is_parse() || error.is_parse_too_large() {
        HttpFault::Broken(format!("its answer is not HTTP ({error})"))
    } else if cause.is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut) {
        HttpFault::TimedOut(waiting_for)
    } else {
        HttpFault::Unreachable(format!("the connection broke ({error})"))
    }
}
