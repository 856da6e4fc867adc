//! How a connection to the scanner is made.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::sockopt;
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

    /// Whether the caller cancels here.
    fn cancels(&self) -> bool {
        false
    }

    /// Whether the caller gives the call up here.
    fn drops(&self) -> bool {
        false
    }

    /// What is to be noted here under this heading, if it is known.
    fn told(&self, _heading: &str) -> Option<String> {
        None
    }
}

/// Takes the notes of a driver.
pub(crate) trait Notes: Sync {
    /// Something that is not personal.
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

impl Notes for Wire {
    fn note(&self, note: &str) {
        match self {
            Self::Network => {}
            Self::Recorded(crossings) => crossings.note(note),
            Self::Memory(dial) => dial.note(note),
        }
    }
}

async fn tcp(endpoint: &Endpoint) -> io::Result<Box<dyn Stream>> {
    let stream = TcpStream::connect((endpoint.connect_host(), endpoint.port())).await?;
    // Small requests must not wait for Nagle's algorithm; without the option they are only slower.
    let _ = stream.set_nodelay(true);
    let _ = keep_alive(&stream);
    Ok(Box::new(stream))
}

/// Has the kernel ask every second whether the other side still knows of the connection. A scanner that
/// was switched off and on while an answer was due knows nothing of it, and without being asked it says
/// so to nobody: the driver would wait out its deadline, long after the scanner is well again.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    const EVERY: Duration = Duration::from_secs(1);
    /// One that sleeps deeply may miss some.
    const MISSED: u32 = 10;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, EVERY)?;
    sockopt::set_tcp_keepintvl(stream, EVERY)?;
    Ok(sockopt::set_tcp_keepcnt(stream, MISSED)?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_kernel_watches_over_connections() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        keep_alive(&stream).unwrap();
        assert!(sockopt::socket_keepalive(&stream).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&stream).unwrap(), Duration::from_secs(1));
    }
}
