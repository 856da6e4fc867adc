//! Shows the page: `GET /metrics`, and nothing else, to those alone who have a certificate of the hall's.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::facts::Facts;
use crate::tls::Tls;

/// OpenMetrics 1.0, section "Content type".
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a visitor of the page may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// connections at a time; one more is closed at once
    pub connections: usize,
    /// how long a handshake, and the head of a request, may take
    pub patience: Duration,
    /// how long a connection may last, whatever it does
    pub lifetime: Duration,
    /// how long the head of a request may be, in bytes; at least 8 KiB
    pub head: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 8,
            patience: Duration::from_secs(5),
            lifetime: Duration::from_secs(30),
            head: 8192,
        }
    }
}

/// The page's server.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    tls: Tls,
    facts: watch::Receiver<Facts>,
    bounds: Bounds,
    refused: Arc<AtomicU64>,
}

impl Server {
    /// Listens at an address. The page shows the newest of the facts.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn bind(
        address: SocketAddr,
        tls: Tls,
        facts: watch::Receiver<Facts>,
        bounds: Bounds,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self { listener, tls, facts, bounds, refused: Arc::default() })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// How many connections ended before they had shown a certificate of the hall's; goes up as they come.
    pub fn refused(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.refused)
    }

    /// Serves until it is stopped; then every connection ends.
    pub async fn run(self, stop: CancellationToken) {
        let room = Arc::new(Semaphore::new(self.bounds.connections));
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = self.listener.accept() => accepted,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: no reason to spin.
                    tracing::warn!(%error, "metrics: no connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&room).try_acquire_owned() else { continue };
            let visit =
                visit(stream, self.tls.clone(), self.facts.clone(), self.bounds, Arc::clone(&self.refused));
            let stop = stop.clone();
            tokio::spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = visit => {}
                }
                drop(place);
            });
        }
    }
}

async fn visit(
    stream: TcpStream,
    tls: Tls,
    facts: watch::Receiver<Facts>,
    bounds: Bounds,
    refused: Arc<AtomicU64>,
) {
    let handshake = TlsAcceptor::from(tls.config()).accept(stream);
    let stream = match timeout(bounds.patience, handshake).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            refused.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(%error, "metrics: no handshake");
            return;
        }
        Err(_) => {
            refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
    };
    let answers = service_fn(move |request| {
        let answer = answer(&request, &facts);
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // One page a connection: each proves both certificates, and none lies about.
        .keep_alive(false)
        .header_read_timeout(bounds.patience)
        .max_buf_size(bounds.head.max(8192))
        .max_headers(64)
        .serve_connection(TokioIo::new(stream), answers);
    if let Ok(Err(error)) = timeout(bounds.lifetime, connection).await {
        tracing::debug!(%error, "metrics: a connection ended");
    }
}

fn answer(request: &Request<Incoming>, facts: &watch::Receiver<Facts>) -> Response<Full<Bytes>> {
    if request.uri().path() != "/metrics" {
        return plain(StatusCode::NOT_FOUND, String::new());
    }
    if request.method() != Method::GET {
        let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, String::new());
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
        return answer;
    }
    let page = facts.borrow().open_metrics();
    let mut answer = plain(StatusCode::OK, page);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    answer
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(text));
    *answer.status_mut() = status;
    answer
}
