//! The helper process: started, asked with deadlines, and ended in any case.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use sane_helper::{LENGTH_BYTES, PROTOCOL, Reply, Request, body_length};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;
use tokio::time::{Instant, timeout};

use crate::error::Fault;
use crate::sane::faults::{Step, of_refusal, of_status};
use crate::sane::program::PROGRAM;
use crate::sane::wire::{ENDED, Helpers, Started};
use crate::wire::{Notes, Stream};

/// How long a helper that has closed its output, or was told to go, may take to end.
const LEAVE_WAIT: Duration = Duration::from_secs(2);

/// A helper that runs. Dropped, it is killed.
pub(crate) struct Helper {
    helpers: Helpers,
    child: Option<Child>,
    pipes: Option<Box<dyn Stream>>,
    /// No reply is waited for beyond this moment.
    until: Option<Instant>,
    /// A request was sent whose reply has not been read: what comes next would be mistaken for another.
    waiting: bool,
}

impl Helper {
    /// Starts the helper and waits until it has loaded libsane.
    pub(crate) async fn start(helpers: &Helpers, wait: Duration) -> Result<Self, Fault> {
        let missing = |why: String| Fault::HelperMissing { why: format!("{}: {why}", helpers.name()) };
        let Started { child, pipes } = helpers.start().await.map_err(|e| missing(e.to_string()))?;
        let (helpers, pipes) = (helpers.clone(), Some(pipes));
        let mut helper = Self { helpers, child, pipes, until: None, waiting: false };
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

    /// From now on no reply is waited for beyond this moment.
    pub(crate) fn end_by(&mut self, until: Instant) {
        self.until = Some(until);
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
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        let exchanged = timeout(wait.min(left.unwrap_or(wait)), self.exchange(frame)).await;
        let fault = match exchanged {
            Ok(Ok(reply)) => {
                self.waiting = false;
                return Ok(reply);
            }
            Err(_) | Ok(Err(Broken::Late)) => {
                self.helpers.timed_out();
                Fault::TimedOut { waiting_for: step.waiting_for() }
            }
            Ok(Err(Broken::Protocol(what))) => Fault::protocol(format!("its helper sent {what}")),
            Ok(Err(Broken::Pipe)) => {
                let how = self.how_ended().await;
                self.helpers.note(&format!("{ENDED}{how}"));
                Fault::HelperDied { how }
            }
        };
        self.kill().await;
        Err(fault)
    }

    async fn exchange(&mut self, frame: Option<&[u8]>) -> Result<Reply, Broken> {
        let pipes = self.pipes.as_mut().ok_or(Broken::Pipe)?;
        if let Some(frame) = frame {
            pipes.write_all(frame).await?;
            pipes.flush().await?;
        }
        let mut prefix = [0; LENGTH_BYTES];
        pipes.read_exact(&mut prefix).await?;
        let length = body_length(prefix).map_err(|e| Broken::Protocol(e.to_string()))?;
        let mut frame = vec![0; length];
        pipes.read_exact(&mut frame).await?;
        Reply::decode(&frame).map_err(|e| Broken::Protocol(e.to_string()))
    }

    /// Ends the helper: politely when it is in step, so that the scanner is left in order. What was
    /// asked of it until now may have used up its time; this has its own.
    pub(crate) async fn end(mut self, wait: Duration) {
        self.until = None;
        if !self.waiting {
            for request in [Request::Cancel, Request::Close] {
                if self.ask(&request, Step::Open, wait).await.is_err() {
                    break;
                }
            }
            // The end of its input is the end of the helper.
            self.pipes = None;
            if self.has_ended().await.is_some() {
                return;
            }
        }
        self.kill().await;
    }

    /// Kills the helper with all it has started, and reaps it.
    async fn kill(&mut self) {
        self.waiting = true;
        self.kill_group();
        if self.has_ended().await.is_none() {
            // In an uninterruptible call of the kernel; it is reaped when that returns.
            tracing::error!(program = PROGRAM, "the helper cannot be ended yet");
        }
    }

    /// How a helper ended that closed its pipes.
    async fn how_ended(&mut self) -> String {
        match self.has_ended().await {
            Some(how) => how,
            None => "it closed its pipes".into(),
        }
    }

    /// Waits a moment for the helper's end; how it ended, once it has.
    async fn has_ended(&mut self) -> Option<String> {
        let Some(child) = &mut self.child else {
            self.helpers.moment().await;
            return Some(self.helpers.told().unwrap_or_default());
        };
        match timeout(LEAVE_WAIT, child.wait()).await {
            Ok(Ok(status)) => Some(words(status)),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    fn kill_group(&self) {
        // Without an identifier it is reaped already, and the number may be another's.
        let id = self.child.as_ref().and_then(Child::id).and_then(|id| Pid::from_raw(id.try_into().ok()?));
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

/// What is wrong with the pipes.
enum Broken {
    Pipe,
    /// What is played again was not waited for any longer.
    Late,
    Protocol(String),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::TimedOut { Self::Late } else { Self::Pipe }
    }
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

fn words(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => match Signal::from_named_raw(signal) {
            Some(named) => format!("signal {signal}, {named:?}"),
            None => format!("signal {signal}"),
        },
        (None, Some(code)) => format!("exit status {code}"),
        (None, None) => "unknown".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::io::DuplexStream;

    use super::*;
    use crate::wire::{Dial, Dialled};

    /// One helper, at the other end of these pipes.
    struct Piped(Mutex<Option<DuplexStream>>);

    impl Dial for Piped {
        fn dial(&self) -> Dialled {
            let pipes = self.0.lock().unwrap().take().expect("one helper");
            Dialled::Stream(Box::new(pipes))
        }

        fn note(&self, _: &str) {}
    }

    #[tokio::test]
    async fn a_look_without_time_left_hands_the_device_back_all_the_same() {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let helper = tokio::spawn(async move {
            let ready = Reply::Ready { protocol: PROTOCOL, sane: (1, 2, 1) }.encode().unwrap();
            theirs.write_all(&ready).await.unwrap();
            let mut asked = vec![];
            let mut prefix = [0; LENGTH_BYTES];
            while theirs.read_exact(&mut prefix).await.is_ok() {
                let mut frame = vec![0; body_length(prefix).unwrap()];
                theirs.read_exact(&mut frame).await.unwrap();
                asked.push(Request::decode(&frame).unwrap());
                // It takes a moment: an answer that is there at once would be read even without time.
                tokio::time::sleep(Duration::from_millis(50)).await;
                theirs.write_all(&Reply::Done.encode().unwrap()).await.unwrap();
            }
            asked
        });
        let wait = Duration::from_secs(60);
        let helpers = Helpers::Memory(Arc::new(Piped(Mutex::new(Some(ours)))));
        let mut started = Helper::start(&helpers, wait).await.unwrap();
        started.end_by(Instant::now());
        started.end(wait).await;
        assert_eq!(helper.await.unwrap(), [Request::Cancel, Request::Close]);
    }
}
