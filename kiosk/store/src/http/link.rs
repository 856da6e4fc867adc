//! One connection: TCP, TLS and HTTP, with a watch on what moves.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsConnector;

use super::body::{Outgoing, Sending};
use super::{Deadlines, LONGEST_HEAD, Server};
use crate::{LinkFault, StoreFault, tls};

/// Bytes the kernel may hold unsent. Kept small so that bytes counted as sent have all but left the
/// kiosk, and a stalled link shows.
const SEND_BUFFER: u32 = 64 * 1024;
/// Bytes hyper may hold, in either direction.
const HTTP_BUFFER: usize = 64 * 1024;
/// Bytes rustls may hold to be encrypted: a head and what is handed over with it, so that they leave together.
const TLS_BUFFER: usize = HTTP_BUFFER + LONGEST_REQUEST_HEAD;
/// The heads of our requests are shorter.
const LONGEST_REQUEST_HEAD: usize = 2 * 1024;

/// How long the driver of a broken connection is waited for.
const DRIVER_END: Duration = Duration::from_millis(250);

/// An open connection to the server. Dropping it closes the connection at once.
#[derive(Debug)]
pub(super) struct Link {
    requests: SendRequest<Outgoing>,
    meter: Arc<Meter>,
    /// Runs the connection; ends with why it broke, unless a request in flight was told.
    driver: JoinHandle<hyper::Result<()>>,
}

impl Drop for Link {
    fn drop(&mut self) {
        // A driver stuck on a peer that does not read would otherwise outlive the request.
        self.driver.abort();
    }
}

impl Link {
    /// Connects within `limit`.
    pub(super) async fn open(server: &Server, limit: Duration) -> Result<Self, StoreFault> {
        timeout(limit, Self::connect(server))
            .await
            .unwrap_or(Err(StoreFault::Unreachable(LinkFault::ConnectTimeout)))
    }

    async fn connect(server: &Server) -> Result<Self, StoreFault> {
        let tcp = connect_tcp(&server.host, server.port).await?;
        let meter = Arc::new(Meter::new());
        let metered = Metered { tcp, meter: Arc::clone(&meter) };
        let mut secured = TlsConnector::from(server.tls.config())
            .connect(server.name.clone(), metered)
            .await
            .map_err(|error| tls::classify_io(&error))?;
        secured.get_mut().1.set_buffer_limit(Some(TLS_BUFFER));
        let (requests, connection) = Builder::new()
            .max_buf_size(HTTP_BUFFER)
            .max_header_size(LONGEST_HEAD)
            .handshake(TokioIo::new(secured))
            .await
            .map_err(|error| super::classify(&error))?;
        Ok(Self { requests, meter, driver: tokio::spawn(connection) })
    }

    /// Whether another request may be sent on it, as far as is known.
    pub(super) fn usable(&self) -> bool {
        !self.requests.is_closed() && !self.driver.is_finished() && !self.meter.hung_up()
    }

    /// Sends a request and waits for the head of the response, as long as there is progress.
    pub(super) async fn send(
        &mut self,
        message: http::Request<Outgoing>,
        sending: &Sending,
        limits: Deadlines,
    ) -> Result<hyper::Result<http::Response<Incoming>>, StoreFault> {
        let begun = Instant::now();
        let meter = Arc::clone(&self.meter);
        let mut answer = std::pin::pin!(async {
            self.requests.ready().await?;
            self.requests.send_request(message).await
        });
        loop {
            let (limit, fault) = if sending.finished() {
                (limits.head, LinkFault::NoAnswer)
            } else {
                (limits.stall, LinkFault::Stalled)
            };
            let due = (meter.last_progress().max(begun) + limit).min(begun + limits.whole);
            if due <= Instant::now() {
                return Err(StoreFault::Unreachable(fault));
            }
            tokio::select! {
                biased;
                settled = &mut answer => return Ok(settled),
                () = sleep_until(due) => {}
            }
        }
    }

    /// The fault behind a failed request. When the connection broke before the request was taken up,
    /// as by the alert that refuses the client's certificate, only the driver knows why.
    pub(super) async fn explain(mut self, error: &hyper::Error) -> StoreFault {
        let fault = super::classify(error);
        if fault != StoreFault::Unreachable(LinkFault::Broken) {
            return fault;
        }
        match timeout(DRIVER_END, &mut self.driver).await {
            Ok(Ok(Err(reason))) => super::classify(&reason),
            _ => fault,
        }
    }
}

pub(super) async fn connect_tcp(host: &str, port: u16) -> Result<TcpStream, StoreFault> {
    let addresses =
        tokio::net::lookup_host((host, port)).await.map_err(|_| StoreFault::Unreachable(LinkFault::Name))?;
    let mut fault = StoreFault::Unreachable(LinkFault::Name);
    for address in addresses {
        match connect_to(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => fault = tls::classify_io(&error),
        }
    }
    Err(fault)
}

async fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.set_nodelay(true)?;
    socket.connect(address).await
}

/// When bytes last left, and whether none can leave any more.
#[derive(Debug)]
struct Meter {
    begun: Instant,
    /// Milliseconds after `begun`.
    progress: AtomicU64,
    hung_up: AtomicBool,
}

impl Meter {
    fn new() -> Self {
        Self { begun: Instant::now(), progress: AtomicU64::new(0), hung_up: AtomicBool::new(false) }
    }

    fn last_progress(&self) -> Instant {
        self.begun + Duration::from_millis(self.progress.load(Ordering::Relaxed))
    }

    fn hung_up(&self) -> bool {
        self.hung_up.load(Ordering::Relaxed)
    }

    /// Notes the outcome of a write, and answers for it.
    ///
    /// A server may answer before it has read the whole request and hang up: a 413, or, in TLS 1.3,
    /// the alert that refuses the client's certificate (RFC 8446 section 2). The write then fails
    /// while the reason lies unread. So what cannot be written any more counts as written, and the
    /// reading side tells what happened: first the server's last words, then the broken connection.
    fn note(&self, written: io::Result<usize>, offered: usize) -> usize {
        let Ok(written) = written else {
            self.hung_up.store(true, Ordering::Relaxed);
            return offered;
        };
        let elapsed = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.progress.store(elapsed, Ordering::Relaxed);
        written
    }
}

/// A TCP stream that notes when bytes leave.
struct Metered {
    tcp: TcpStream,
    meter: Arc<Meter>,
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.tcp).poll_write(cx, bytes));
        Poll::Ready(Ok(self.meter.note(written, bytes.len())))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.tcp).poll_write_vectored(cx, parts));
        let offered = parts.iter().map(|part| part.len()).sum();
        Poll::Ready(Ok(self.meter.note(written, offered)))
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
