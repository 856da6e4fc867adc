//! Something that sits on pcscd's socket and is no working pcscd.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a client may take over one request.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest body of a request, in bytes: that of a command APDU with its frame.
const LONGEST: usize = 128 * 1024;
/// The request by which a client says which version of the protocol it speaks (pcsclite, winscard_msg.h).
const VERSION: u32 = 0x11;
/// SCARD_F_INTERNAL_ERROR, which names nothing.
const INTERNAL_ERROR: u32 = 0x8010_0001;

/// What it does with those who come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It hangs up, as pcscd does with whom polkit does not allow.
    TurnsAway,
    /// It says that something has gone wrong inside, whatever it is asked.
    Fails,
}

/// The socket's new owner. Dropping it frees the socket.
pub struct Impostor {
    socket: PathBuf,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Impostor {
    /// Takes a socket that nobody listens on any more.
    ///
    /// # Errors
    /// That of the system.
    pub fn start(socket: &Path, manner: Manner) -> io::Result<Self> {
        match fs::remove_file(socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listening = UnixListener::bind(socket)?;
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let thread = std::thread::Builder::new().name("impostor".to_owned()).spawn(move || {
            for client in listening.incoming().flatten().take_while(|_| !told.load(Ordering::Acquire)) {
                if manner == Manner::Fails {
                    // A client that has had enough goes.
                    let _ = fail(client, &told);
                }
            }
        })?;
        Ok(Self { socket: socket.to_owned(), over, thread: Some(thread) })
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        // Wakes the thread, which then sees that it is over.
        let _ = UnixStream::connect(&self.socket);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = fs::remove_file(&self.socket);
    }
}

/// Requests and replies have the same body, at whose end the result stands; before a request come its
/// length and its kind. All numbers are those of the machine.
fn fail(mut client: UnixStream, over: &AtomicBool) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    while !over.load(Ordering::Acquire) {
        let mut word = [0; 4];
        client.read_exact(&mut word)?;
        let length = usize::try_from(u32::from_ne_bytes(word)).unwrap_or(usize::MAX);
        client.read_exact(&mut word)?;
        let request = u32::from_ne_bytes(word);
        if !(4..=LONGEST).contains(&length) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut body = vec![0; length];
        client.read_exact(&mut body)?;
        let result = if request == VERSION { 0 } else { INTERNAL_ERROR };
        body.truncate(length - 4);
        body.extend(result.to_ne_bytes());
        client.write_all(&body)?;
    }
    Ok(())
}
