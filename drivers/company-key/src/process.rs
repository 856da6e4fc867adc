//! The helper as a link: bytes to its standard input and from its standard output.
//!
//! Not a `link::ProcessLink`, for two reasons: how the helper ended is told apart here (a signal is the
//! library's crash), and what it prints is not even logged.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use link::{Link, LinkError};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// How long a helper that has closed its output may take to be gone.
const LAST: Duration = Duration::from_secs(1);

/// Starts `program` with one argument and no environment but `environment`. What it says on standard error is thrown away: libraries print
/// there, and nobody knows what.
pub(crate) fn start(
    program: &Path,
    library: &Path,
    environment: &[(OsString, OsString)],
) -> io::Result<(HelperProcess, Pipes)> {
    let mut child = Command::new(program)
        .arg(library)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let pipes = (child.stdin.take(), child.stdout.take());
    let name = format!("helper {} for {}", child.id(), library.display());
    let process = HelperProcess { child };
    let (Some(input), Some(output)) = pipes else {
        // Both were asked for.
        return Err(io::Error::other("no pipes"));
    };
    rustix::io::ioctl_fionbio(&input, true)?;
    rustix::io::ioctl_fionbio(&output, true)?;
    Ok((process, Pipes { input, output, name }))
}

/// A running helper. Dropping it kills and reaps it.
pub(crate) struct HelperProcess {
    child: Child,
}

impl HelperProcess {
    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end of a helper that has hung up; kills it when that does not come.
    pub(crate) fn end(mut self) -> Ended {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(Ok(watch)) = pid.map(|pid| pidfd_open(pid, PidfdFlags::empty())) {
            // Readable once the process has ended.
            let _ = ready(watch.as_fd(), PollFlags::IN, Instant::now() + LAST);
        }
        match self.child.try_wait() {
            Ok(Some(status)) => Ended::of(status),
            _ => Ended::Code(None),
        }
    }
}

impl Drop for HelperProcess {
    fn drop(&mut self) {
        // A kill can only fail because it has ended; a killed process is soon there to be reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A helper's standard input and output.
pub(crate) struct Pipes {
    input: ChildStdin,
    output: ChildStdout,
    name: String,
}

/// How a helper came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Signal(i32),
    Code(Option<i32>),
}

impl Ended {
    fn of(status: ExitStatus) -> Self {
        status.signal().map_or(Self::Code(status.code()), Self::Signal)
    }
}

impl Link for Pipes {
    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, LinkError> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            match rustix::io::read(&self.output, &mut *buf) {
                Ok(0) => return Err(LinkError::HungUp),
                Ok(n) => return Ok(n),
                Err(Errno::AGAIN) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Err(LinkError::Io(error.into())),
            }
            if !ready(self.output.as_fd(), PollFlags::IN, deadline)? {
                return Err(LinkError::Timeout { taken: 0 });
            }
        }
    }

    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), LinkError> {
        let mut taken = 0;
        while let Some(rest @ [_, ..]) = bytes.get(taken..) {
            match rustix::io::write(&self.input, rest) {
                Ok(n) => {
                    taken += n;
                    continue;
                }
                Err(Errno::PIPE) => return Err(LinkError::HungUp),
                Err(Errno::AGAIN) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Err(LinkError::Io(error.into())),
            }
            if !ready(self.input.as_fd(), PollFlags::OUT, deadline)? {
                return Err(LinkError::Timeout { taken });
            }
        }
        Ok(())
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// Waits until something can be done with `fd`, its end included; `false` when `deadline` passed first.
fn ready(fd: std::os::fd::BorrowedFd<'_>, what: PollFlags, deadline: Instant) -> io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let limit = Timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        match poll(&mut [PollFd::from_borrowed_fd(fd, what)], Some(&limit)) {
            Ok(0) if left.is_zero() => return Ok(false),
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
}
