//! The other end: who asks.

use super::{Ask, Reply, SOCKET};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// The longest answer, in bytes.
const LONGEST: u64 = 4 << 20;
/// Longer than any test takes.
const PATIENCE: Duration = Duration::from_secs(200);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// No kiosk runs with these data.
    #[error("no kiosk runs with the data in {0}")]
    NoKiosk(String),
    /// The socket.
    #[error("the running kiosk: {0}")]
    Socket(#[from] std::io::Error),
    /// What it says is no answer.
    #[error(
        "the running kiosk answers what this program does not understand ({0}); are both of one version?"
    )]
    Answer(#[from] serde_json::Error),
}

/// Asks the kiosk that runs with the data in this folder.
///
/// # Errors
/// [`CommandError`].
pub fn ask(data: &Path, ask: &Ask) -> Result<Reply, CommandError> {
    use std::io::ErrorKind::{ConnectionRefused, NotFound};
    let mut stream = UnixStream::connect(data.join(SOCKET)).map_err(|error| match error.kind() {
        NotFound | ConnectionRefused => CommandError::NoKiosk(data.display().to_string()),
        _ => CommandError::Socket(error),
    })?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(ask)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut told = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut told)?;
    Ok(serde_json::from_str(&told)?)
}

/// Whether nobody runs who could be asked.
pub fn without_kiosk(error: &CommandError) -> bool {
    matches!(error, CommandError::NoKiosk(_))
}
