//! The helper process: started, asked with deadlines, and ended in any case.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use sane_helper::{LENGTH_BYTES, PROTOCOL, Reply, Request, body_length};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::error::Fault;
use crate::sane::faults::{Step, of_refusal, of_status};

/// The program's file name.
const PROGRAM: &str = "onedoor-sane-helper";

/// How long a helper that has closed its output, or was told to go, may take to end.
const LEAVE_WAIT: Duration = Duration::from_secs(2);

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

/// A helper that runs. Dropped, it is killed.
pub(crate) struct Helper {
    child: Child,
    to: Option<ChildStdin>,
    from: ChildStdout,
    /// A request was sent whose reply has not been read: what comes next would be mistaken for another.
    waiting: bool,
}

impl Helper {
    /// Starts the helper and waits until it has loaded libsane.
    pub(crate) async fn start(program: &HelperProgram, wait: Duration) -> Result<Self, Fault> {
        let missing =
            |why: String| Fault::HelperMissing { why: format!("{}: {why}", program.program.display()) };
        let mut child = program.command().spawn().map_err(|e| missing(e.to_string()))?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(missing("it has no pipes".into()));
        };
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(log(stderr));
        }
        let mut helper = Self { child, to: Some(to), from, waiting: false };
        match helper.within(wait, Step::Begin, None).await? {
            Reply::Ready { protocol: PROTOCOL, .. } => Ok(helper),
            Reply::Ready { protocol, .. } => {
                Err(missing(format!("it speaks version {protocol} of the protocol, not {PROTOCOL}")))
            }
            Reply::Refused(refusal) => Err(of_refusal(refusal, 0)),
            Reply::Failed(status) => Err(of_status(status, Step::Begin, 0)),
            other => Err(unexpected(&other)),
        }
    }

    /// Sends a request and waits for its reply, which may be a failure.
    ///
    /// Dropped half-way, the helper can only be ended.
    pub(crate) async fn ask(
        &mut self,
        request: &Request,
        step: Step,
        wait: Duration,
    ) -> Result<Reply, Fault> {
        if self.waiting {
            return Err(Fault::protocol("its helper is out of step"));
        }
        let frame = request.encode().map_err(|e| Fault::protocol(e.to_string()))?;
        self.within(wait, step, Some(&frame)).await
    }

    async fn within(&mut self, wait: Duration, step: Step, frame: Option<&[u8]>) -> Result<Reply, Fault> {
        self.waiting = true;
        let exchanged = timeout(wait, self.exchange(frame)).await;
        let fault = match exchanged {
            Ok(Ok(reply)) => {
                self.waiting = false;
                return Ok(reply);
            }
            Err(_) => Fault::TimedOut { waiting_for: step.waiting_for() },
            Ok(Err(Broken::Protocol(what))) => Fault::protocol(format!("its helper sent {what}")),
            Ok(Err(Broken::Pipe)) => {
                let how = match timeout(LEAVE_WAIT, self.child.wait()).await {
                    Ok(Ok(status)) => how_ended(status),
                    Ok(Err(_)) | Err(_) => "it closed its pipes".into(),
                };
                Fault::HelperDied { how }
            }
        };
        self.kill().await;
        Err(fault)
    }

    async fn exchange(&mut self, frame: Option<&[u8]>) -> Result<Reply, Broken> {
        if let Some(frame) = frame {
            let to = self.to.as_mut().ok_or(Broken::Pipe)?;
            to.write_all(frame).await.map_err(|_| Broken::Pipe)?;
        }
        let mut prefix = [0; LENGTH_BYTES];
        self.from.read_exact(&mut prefix).await.map_err(|_| Broken::Pipe)?;
        let length = body_length(prefix).map_err(|e| Broken::Protocol(e.to_string()))?;
        let mut frame = vec![0; length];
        self.from.read_exact(&mut frame).await.map_err(|_| Broken::Pipe)?;
        Reply::decode(&frame).map_err(|e| Broken::Protocol(e.to_string()))
    }

    /// Ends the helper: politely when it is in step, so that the scanner is left in order.
    pub(crate) async fn end(mut self, wait: Duration) {
        if !self.waiting {
            for request in [Request::Cancel, Request::Close] {
                if self.ask(&request, Step::Open, wait).await.is_err() {
                    break;
                }
            }
            // The end of its input is the end of the helper.
            self.to = None;
            if timeout(LEAVE_WAIT, self.child.wait()).await.is_ok() {
                return;
            }
        }
        self.kill().await;
    }

    /// Kills the helper with all it has started, and reaps it.
    async fn kill(&mut self) {
        self.waiting = true;
        self.kill_group();
        if timeout(LEAVE_WAIT, self.child.wait()).await.is_err() {
            // In an uninterruptible call of the kernel; it is reaped when that returns.
            tracing::error!(program = PROGRAM, "the helper cannot be ended yet");
        }
    }

    fn kill_group(&self) {
        // Without an identifier it is reaped already, and the number may be another's.
        let id = self.child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(id) = id {
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.kill_group();
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

/// What is wrong with the pipes.
enum Broken {
    Pipe,
    Protocol(String),
}

/// The fault of a reply that does not fit the request.
pub(crate) fn unexpected(reply: &Reply) -> Fault {
    let what = match reply {
        Reply::Ready { .. } => "that it is ready",
        Reply::Done => "that it is done",
        Reply::Devices(_) => "a list of devices",
        Reply::Options(_) => "a list of options",
        Reply::Value(_) => "a value",
        Reply::Started { .. } => "that a page begins",
        Reply::Piece(_) => "a piece of a page",
        Reply::PageEnd { .. } => "the end of a page",
        Reply::Failed(_) => "a status",
        Reply::Refused(_) => "a refusal",
    };
    Fault::protocol(format!("its helper said {what} out of turn"))
}

fn how_ended(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => match Signal::from_named_raw(signal) {
            Some(named) => format!("signal {signal}, {named:?}"),
            None => format!("signal {signal}"),
        },
        (None, Some(code)) => format!("exit status {code}"),
        (None, None) => "unknown".into(),
    }
}
