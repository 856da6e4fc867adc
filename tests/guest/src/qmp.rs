//! Plugs of a running QEMU, by its machine protocol (QMP): one JSON value a line.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// How long QEMU may take for a command.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to QEMU's monitor.
pub struct Monitor {
    lines: BufReader<UnixStream>,
}

impl Monitor {
    /// Connects to the monitor at `socket`.
    ///
    /// # Errors
    /// When nobody answers there.
    pub fn connect(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut monitor = Self { lines: BufReader::new(stream) };
        // QEMU greets first.
        monitor.line()?;
        monitor.command("qmp_capabilities", &json!({}))?;
        Ok(monitor)
    }

    /// Has `command` carried out.
    ///
    /// # Errors
    /// When QEMU refuses it, in its words, or does not answer.
    pub fn command(&mut self, command: &str, arguments: &Value) -> io::Result<()> {
        let line = json!({ "execute": command, "arguments": arguments });
        writeln!(self.lines.get_mut(), "{line}")?;
        loop {
            let said = self.line()?;
            if said.get("return").is_some() {
                return Ok(());
            }
            if let Some(error) = said.get("error") {
                return Err(io::Error::other(format!("{command}: {error}")));
            }
            // Anything else is news that nobody asked for.
        }
    }

    fn line(&mut self) -> io::Result<Value> {
        let mut line = String::new();
        if self.lines.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(serde_json::from_str(&line)?)
    }
}
