//! The program that calls libsane, as a process.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{ChildStderr, Command};

use crate::sane::wire::Started;

/// The program's file name.
pub(crate) const PROGRAM: &str = "onedoor-sane-helper";

/// Most bytes of a line that the helper says to be logged, and of all it says.
const MAX_LINE: u64 = 400;
const MAX_SAID: usize = 64 * 1024;

/// The program that calls libsane, and what it is given along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelperProgram {
    /// The program `onedoor-sane-helper`.
    pub program: PathBuf,
    /// The library to load in place of the system's `libsane.so.1`.
    pub library: Option<PathBuf>,
    /// The folder of SANE's configuration in place of the system's (`SANE_CONFIG_DIR`).
    pub config_dir: Option<PathBuf>,
}

impl HelperProgram {
    /// The helper at a path, with the system's libsane.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), library: None, config_dir: None }
    }

    /// The helper in the folder of the running program, where an installation puts it.
    ///
    /// # Errors
    /// When the system does not say where the running program lies.
    pub fn beside_this_program() -> io::Result<Self> {
        Ok(Self::new(std::env::current_exe()?.with_file_name(PROGRAM)))
    }

    /// Starts it; what it says on its standard error is logged.
    pub(crate) fn start(&self) -> io::Result<Started> {
        let mut child = self.command().spawn()?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("it has no pipes"));
        };
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(log(stderr));
        }
        Ok(Started { child: Some(child), pipes: Box::new(tokio::io::join(from, to)) })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(library) = &self.library {
            command.arg("--library").arg(library);
        }
        if let Some(dir) = &self.config_dir {
            command.env("SANE_CONFIG_DIR", dir);
        }
        // A group of its own, so that processes which a back end starts can be ended with it.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        command
    }
}

/// Logs what the helper and its back end say, up to a bound, and reads on so that nobody waits.
async fn log(stderr: ChildStderr) {
    let mut stderr = BufReader::new(stderr);
    let mut said = 0;
    while said < MAX_SAID {
        let mut line = vec![];
        match (&mut stderr).take(MAX_LINE).read_until(b'\n', &mut line).await {
            Ok(1..) => said += line.len(),
            Ok(0) | Err(_) => return,
        }
        let line = String::from_utf8_lossy(&line);
        tracing::debug!(program = PROGRAM, "said: {}", line.trim_end().escape_debug());
    }
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
}
