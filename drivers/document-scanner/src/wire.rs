//! How a connection to the scanner is made.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::endpoint::Endpoint;
use crate::record::{Crossings, NO_CONNECTION};

/// A connection.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connections that come from elsewhere than the network.
pub(crate) trait Dial: Send + Sync {
    /// The next connection.
    fn dial(&self) -> Dialled;

    /// The driver notes something.
    fn note(&self, note: &str);
}

/// What came of dialling.
pub(crate) enum Dialled {
    /// A connection.
    Stream(Box<dyn Stream>),
    /// None.
    Refused(io::Error),
    /// Nothing at all: the caller has to cancel.
    Never,
}

/// Where connections come from.
#[derive(Clone)]
pub(crate) enum Wire {
    /// TCP to the scanner's address.
    Network,
    /// The same, with a recorder beside it.
    Recorded(Crossings),
    /// Something in memory that behaves like it, and for which nothing is waited.
    Memory(Arc<dyn Dial>),
}

impl Wire {
    /// A new connection.
    pub(crate) async fn connect(&self, endpoint: &Endpoint) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Network => tcp(endpoint).await,
            Self::Recorded(crossings) => Ok(crossings.opened(tcp(endpoint).await?)),
            Self::Memory(dial) => match dial.dial() {
                Dialled::Stream(stream) => Ok(stream),
                Dialled::Refused(why) => Err(why),
                Dialled::Never => std::future::pending().await,
            },
        }
    }

    /// The driver notes something that is not personal.
    pub(crate) fn note(&self, note: &str) {
        match self {
            Self::Network => {}
            Self::Recorded(crossings) => crossings.note(note),
            Self::Memory(dial) => dial.note(note),
        }
    }

    /// No connection could be made.
    pub(crate) fn no_connection(&self) {
        self.note(NO_CONNECTION);
    }

    /// The driver has waited long enough.
    pub(crate) fn timed_out(&self) {
        match self {
            Self::Network | Self::Memory(_) => {}
            Self::Recorded(crossings) => crossings.timed_out(),
        }
    }

    /// Whether the scanner needs time between requests.
    pub(crate) fn takes_time(&self) -> bool {
        match self {
            Self::Network | Self::Recorded(_) => true,
            Self::Memory(_) => false,
        }
    }
}

async fn tcp(endpoint: &Endpoint) -> io::Result<Box<dyn Stream>> {
    let stream = TcpStream::connect((endpoint.connect_host(), endpoint.port())).await?;
    // Small requests must not wait for Nagle's algorithm; without the option they are only slower.
    let _ = stream.set_nodelay(true);
    Ok(Box::new(stream))
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "Network",
            Self::Recorded(_) => "Recorded",
            Self::Memory(_) => "Memory",
        })
    }
}
