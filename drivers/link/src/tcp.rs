//! A device behind a TCP socket, such as a receipt printer on port 9100.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::Instant;

use crate::{Link, LinkError, wait};

/// An open TCP connection.
#[derive(Debug)]
pub struct TcpLink {
    stream: TcpStream,
    name: String,
}

impl TcpLink {
    /// Connects to `addr` before `deadline`.
    ///
    /// The address is a number and not a name, because the system's resolver knows no deadline.
    ///
    /// # Errors
    /// [`LinkError::Timeout`] when nobody answered; [`LinkError::NotFound`] when the host or the
    /// network is unreachable or nothing listens on that port; [`LinkError::Io`] for the rest.
    pub fn connect(addr: SocketAddr, deadline: Instant) -> Result<Self, LinkError> {
        let name = format!("tcp {addr}");
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(LinkError::Timeout { taken: 0 });
        }
        let stream = TcpStream::connect_timeout(&addr, left).map_err(|e| from_connect(e, &name))?;
        stream.set_nonblocking(true)?;
        // A status request is a few bytes and its answer is awaited: never hold them back.
        stream.set_nodelay(true)?;
        tracing::debug!(%name, "connected");
        Ok(Self { stream, name })
    }
}

impl Link for TcpLink {
    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, LinkError> {
        wait::read(self.stream.as_fd(), buf, deadline, |buf| (&self.stream).read(buf))
    }

    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), LinkError> {
        wait::write_all(self.stream.as_fd(), bytes, deadline, |b| (&self.stream).write(b))
    }

    fn name(&self) -> &str {
        &self.name
    }
}

fn from_connect(e: std::io::Error, name: &str) -> LinkError {
    match e.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => LinkError::Timeout { taken: 0 },
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::AddrNotAvailable => LinkError::NotFound(name.to_owned()),
        ErrorKind::PermissionDenied => LinkError::NotPermitted(name.to_owned()),
        _ => LinkError::Io(e),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;

    const SLACK: Duration = Duration::from_millis(400);

    fn within(ms: u64) -> Instant {
        Instant::now() + Duration::from_millis(ms)
    }

    fn connected() -> (TcpLink, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let link = TcpLink::connect(listener.local_addr().unwrap(), within(2_000)).unwrap();
        let (device, _) = listener.accept().unwrap();
        (link, device)
    }

    #[test]
    fn carries_bytes_both_ways() {
        let (mut link, mut device) = connected();
        assert!(link.name().starts_with("tcp 127.0.0.1:"));
        link.write_all(&[0x10, 0x04, 0x01], within(2_000)).unwrap();
        let mut asked = [0; 3];
        device.read_exact(&mut asked).unwrap();
        assert_eq!(asked, [0x10, 0x04, 0x01]);
        device.write_all(&[0x12]).unwrap();
        let mut answer = [0; 1];
        link.read_exact(&mut answer, within(2_000)).unwrap();
        assert_eq!(answer, [0x12]);
    }

    #[test]
    fn a_silent_peer_costs_the_deadline_and_no_more() {
        let (mut link, _device) = connected();
        let begun = Instant::now();
        let deadline = begun + Duration::from_millis(150);
        let silent = link.read(&mut [0; 4], deadline);
        assert!(matches!(silent, Err(LinkError::Timeout { taken: 0 })), "{silent:?}");
        assert!(Instant::now() >= deadline);
        assert!(begun.elapsed() < Duration::from_millis(150) + SLACK);
    }

    #[test]
    fn a_stalled_peer_costs_the_deadline_and_tells_what_it_took() {
        let (mut link, mut device) = connected();
        let bytes = vec![0x55; 64 << 20];
        let begun = Instant::now();
        let written = link.write_all(&bytes, begun + Duration::from_millis(300));
        let Err(LinkError::Timeout { taken }) = written else {
            panic!("a peer that does not read took 64 MiB: {written:?}");
        };
        assert!(begun.elapsed() < Duration::from_millis(300) + SLACK);
        drop(link);
        let mut got = Vec::new();
        device.read_to_end(&mut got).unwrap();
        assert_eq!(got.len(), taken);
    }

    #[test]
    fn a_closed_peer_is_a_hang_up() {
        let (mut link, device) = connected();
        drop(device);
        let read = link.read(&mut [0; 4], within(2_000));
        assert!(matches!(read, Err(LinkError::HungUp)), "{read:?}");
        // The first write after the end may still be taken by the kernel; a later one is not.
        let gone = (0..1_000).find_map(|_| link.write_all(&[0; 4_096], within(2_000)).err());
        assert!(matches!(gone, Some(LinkError::HungUp)), "{gone:?}");
    }

    #[test]
    fn nobody_listening_is_not_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        drop(listener);
        let refused = TcpLink::connect(addr, within(2_000));
        assert!(matches!(&refused, Err(LinkError::NotFound(n)) if n.contains("127.0.0.1")));
    }

    #[test]
    fn a_peer_that_does_not_answer_costs_the_deadline() {
        // Once the queue of connections nobody accepts is full, Linux answers no further ones.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let mut held = Vec::new();
        for _ in 0..5_000 {
            let begun = Instant::now();
            match TcpLink::connect(addr, begun + Duration::from_millis(150)) {
                Ok(link) => held.push(link),
                Err(LinkError::Timeout { .. }) => {
                    assert!(begun.elapsed() >= Duration::from_millis(150));
                    assert!(begun.elapsed() < Duration::from_millis(150) + SLACK);
                    return;
                }
                Err(e) => panic!("neither connected nor timed out: {e}"),
            }
        }
        panic!("5000 connections were taken by a listener that accepts none");
    }

    #[test]
    fn a_deadline_that_has_passed_is_a_time_out() {
        let addr = "127.0.0.1:9".parse().unwrap();
        let late = TcpLink::connect(addr, Instant::now());
        assert!(matches!(late, Err(LinkError::Timeout { taken: 0 })));
    }
}
