//! Listening ports that stay the same: across a power cycle, and across a restart on one folder.

use crate::files;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

/// Ports are taken below the range that the system hands to outgoing connections (from 32768 on
/// Linux), so that no client borrows one while its owner is switched off.
const FIRST: u16 = 20_000;
const COUNT: u64 = 12_000;

/// Binds a free port on the loopback address.
pub(crate) async fn bind_free() -> io::Result<TcpListener> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for attempt in 0..64_u64 {
        let offset = RandomState::new().hash_one(attempt) % COUNT;
        let port = FIRST.saturating_add(u16::try_from(offset).unwrap_or(0));
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Binds `port` on the loopback address again, waiting up to a second for its last user to let go.
pub(crate) async fn bind_again(port: u16) -> io::Result<TcpListener> {
    let end = Instant::now() + Duration::from_secs(1);
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < end => {
                sleep(Duration::from_millis(10)).await;
            }
            outcome => return outcome,
        }
    }
}

/// Binds the port written in `file`; when there is no such file, a free one, which is then kept.
pub(crate) async fn bind_kept(file: &Path) -> io::Result<TcpListener> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let text = match files::read_bounded(file, 16) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let listener = bind_free().await?;
            let port = listener.local_addr()?.port();
            files::write_whole(file, format!("{port}\n").as_bytes())?;
            return Ok(listener);
        }
        Err(error) => return Err(error),
    };
    let port: u16 = std::str::from_utf8(&text)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .filter(|port| *port != 0)
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} holds no port; delete it to choose a new one", file.display()),
            )
        })?;
    bind_again(port).await.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!(
                "port {port} cannot be bound ({error}); stop its user, or delete {} to choose a new one",
                file.display()
            ),
        )
    })
}

/// The address a listener is bound to; the unspecified address when the system will not say.
pub(crate) fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().unwrap_or(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_kept_port_is_the_same_the_next_time() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("store").join("port");
        let first = bind_kept(&file).await.expect("a free port");
        let port = address(&first).port();
        drop(first);
        let second = bind_kept(&file).await.expect("the same port");
        assert_eq!(address(&second).port(), port);
        assert!(bind_kept(&file).await.is_err(), "held by another listener");
    }

    #[tokio::test]
    async fn a_spoilt_port_file_is_reported() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("port");
        for text in ["", "0", "70000", "door", "123456789012345678"] {
            fs::write(&file, text).expect("writing the file");
            assert!(bind_kept(&file).await.is_err(), "{text:?}");
        }
    }
}
