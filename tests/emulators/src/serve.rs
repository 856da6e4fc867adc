//! One HTTP/1.1 server for all emulated services: plain or TLS, stoppable within a second, able to cut
//! its connections the way a pulled cable does.

use crate::ports;
use axum::Router;
use axum::body::{Body, HttpBody};
use futures_util::StreamExt;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

/// More simultaneous connections than this are closed at once; a kiosk needs a handful.
const MOST_CONNECTIONS: usize = 128;
/// A client that has not finished its TLS handshake by then is dropped.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A connection that stays silent between requests for so long is closed, as common servers do.
const IDLE: Duration = Duration::from_secs(75);
/// What requests under way get to finish when the server stops.
const GRACE: Duration = Duration::from_millis(400);
/// A client that sends nothing of its body for so long is taken to be gone.
pub(crate) const STALL: Duration = Duration::from_secs(30);

/// How a new connection is greeted.
#[derive(Debug, Clone)]
pub(crate) enum Greeting {
    /// TLS with this configuration.
    Tls(Arc<ServerConfig>),
    /// The answer of a server that knows only TLS 1.2 to a client that offers only TLS 1.3: the fatal
    /// alert protocol_version (RFC 8446, section 6.2).
    TooOld,
}

/// What a server speaks below HTTP. The function is asked anew for every connection.
#[derive(Clone)]
pub(crate) enum Transport {
    /// Plain TCP.
    Plain,
    /// TLS, as the function says.
    Secure(Arc<dyn Fn() -> Greeting + Send + Sync>),
}

/// Given to every request as an extension: the connection it came on.
#[derive(Debug, Clone)]
pub(crate) struct Connection(Arc<Notify>);

impl Connection {
    /// Drops the connection without an answer. Does not return: the request ends with the connection.
    pub(crate) async fn drop_unanswered(&self) -> std::convert::Infallible {
        self.0.notify_one();
        std::future::pending().await
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    Finishing,
    Cutting,
}

#[derive(Debug, Clone, Copy)]
struct Control {
    phase: Phase,
    /// Connections accepted under an older epoch are cut.
    epoch: u64,
}

/// A running server. Dropping it ends everything it started.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    control: watch::Sender<Control>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Server {
    /// Serves `router` on `listener`. Must be called inside a Tokio runtime.
    pub(crate) fn start(listener: TcpListener, transport: Transport, router: Router) -> Self {
        let (control, orders) = watch::channel(Control { phase: Phase::Serving, epoch: 0 });
        Self {
            address: ports::address(&listener),
            control,
            task: Mutex::new(Some(tokio::spawn(accept(listener, transport, router, orders)))),
        }
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the connections that are open now; new ones are welcome.
    pub(crate) fn cut_connections(&self) {
        self.control.send_modify(|control| control.epoch += 1);
    }

    /// Takes no more requests, lets those under way finish within [`GRACE`], then returns.
    pub(crate) async fn stop(&self) {
        self.end(Phase::Finishing).await;
    }

    /// Stops as a power cut does: listener and connections go at once.
    pub(crate) async fn cut(&self) {
        self.end(Phase::Cutting).await;
    }

    async fn end(&self, phase: Phase) {
        self.control.send_modify(|control| control.phase = phase);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // The accept loop bounds its own ending; an error here is a task that was ended for us.
            let _ = task.await;
        }
    }
}

/// Waits until the server should end (true: cut, false: finish). A vanished owner means cut.
async fn ended(orders: &mut watch::Receiver<Control>) -> bool {
    match orders.wait_for(|order| order.phase != Phase::Serving).await {
        Ok(order) => order.phase == Phase::Cutting,
        Err(_) => true,
    }
}

async fn accept(
    listener: TcpListener,
    transport: Transport,
    router: Router,
    orders: watch::Receiver<Control>,
) {
    let mut connections = JoinSet::new();
    let mut ending = orders.clone();
    let cut = loop {
        tokio::select! {
            cut = ended(&mut ending) => break cut,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < MOST_CONNECTIONS => {
                    let task = converse(stream, transport.clone(), router.clone(), orders.clone());
                    connections.spawn(task);
                }
                Ok(_) => {}
                // Out of file handles or similar: give the system a moment instead of spinning.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    };
    drop(listener);
    if !cut {
        let end = Instant::now() + GRACE;
        while let Ok(Some(_)) = timeout_at(end, connections.join_next()).await {}
    }
    connections.shutdown().await;
}

async fn converse(stream: TcpStream, transport: Transport, router: Router, orders: watch::Receiver<Control>) {
    // Small answers must not wait for the client's acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    match transport {
        Transport::Plain => exchange(stream, router, orders).await,
        Transport::Secure(greeting) => match greeting() {
            Greeting::Tls(config) => {
                let shaken = timeout(HANDSHAKE, TlsAcceptor::from(config).accept(stream));
                let mut ending = orders.clone();
                let shaken = tokio::select! {
                    _ = ended(&mut ending) => return,
                    shaken = shaken => shaken,
                };
                if let Ok(Ok(stream)) = shaken {
                    exchange(stream, router, orders).await;
                }
            }
            Greeting::TooOld => {
                let mut stream = stream;
                let _ = timeout(HANDSHAKE, async {
                    stream.readable().await?;
                    let mut hello = [0_u8; 4096];
                    let _ = stream.try_read(&mut hello);
                    stream.write_all(&[0x15, 3, 3, 0, 2, 2, 70]).await?;
                    stream.shutdown().await
                })
                .await;
            }
        },
    }
}

async fn exchange<S>(stream: S, router: Router, mut orders: watch::Receiver<Control>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let notice = Arc::new(Notify::new());
    let mine = Connection(notice.clone());
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(mine.clone());
        router.call(request)
    });
    let epoch = orders.borrow_and_update().epoch;
    let mut cutting = orders.clone();
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_header_size(32 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let cut = cutting.wait_for(|order| order.epoch != epoch || order.phase == Phase::Cutting);
    tokio::pin!(cut);
    let mut finishing = false;
    loop {
        tokio::select! {
            _ = notice.notified() => return,
            _ = &mut cut => return,
            _ = ended(&mut orders), if !finishing => {
                finishing = true;
                serving.as_mut().graceful_shutdown();
            }
            _ = &mut serving => return,
        }
    }
}

/// Reads a request body whole. `None` when it is longer than `most` bytes, breaks off or stalls.
pub(crate) async fn whole_body(body: Body, most: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = timeout(STALL, pieces.next()).await.ok()? {
        let piece = piece.ok()?;
        if bytes.len().saturating_add(piece.len()) > most {
            return None;
        }
        bytes.extend_from_slice(&piece);
    }
    Some(bytes)
}

/// Reads a body and throws it away, so that an early answer reaches a client that is still sending.
/// Gives up after `most` bytes or two seconds.
pub(crate) async fn drain(body: Body, most: u64) {
    if body.is_end_stream() {
        return;
    }
    let mut left = most;
    let mut pieces = body.into_data_stream();
    let _ = timeout(Duration::from_secs(2), async {
        while let Some(Ok(piece)) = pieces.next().await {
            let Some(rest) = left.checked_sub(piece.len() as u64) else {
                return;
            };
            left = rest;
        }
    })
    .await;
}

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
