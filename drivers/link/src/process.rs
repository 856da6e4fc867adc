//! A helper process as a device: bytes over its standard input and output.
//!
//! What must not share the kiosk's memory, such as a vendor's closed library, lives in a process of
//! its own. If it crashes, that is a hang-up and no more.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::{Link, LinkError, wait};

/// The most of a line on standard error that is logged, in bytes.
const LINE: u64 = 400;

/// The most that a child may say on standard error, in bytes; the rest is thrown away.
const SAID: usize = 64 * 1024;

/// A running child. Dropped, it is killed and waited for.
#[derive(Debug)]
pub struct ProcessLink {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    name: String,
}

impl ProcessLink {
    /// Starts `program` with `arguments` and no environment but `environment`.
    ///
    /// What it writes to standard error is logged at debug level, up to 64 KiB.
    ///
    /// # Errors
    /// [`LinkError::NotFound`] and [`LinkError::NotPermitted`] name the program;
    /// [`LinkError::Io`] for the rest.
    pub fn spawn(
        program: &Path,
        arguments: &[&OsStr],
        environment: &[(&str, &OsStr)],
    ) -> Result<Self, LinkError> {
        let name = format!("process {}", program.display());
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| from_spawn(e, &name))?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(LinkError::Io(std::io::Error::other(format!("{name}: started without pipes"))));
        };
        // From here on dropping ends the child.
        let link = Self { child, stdin, stdout, name };
        non_blocking(link.stdin.as_fd())?;
        non_blocking(link.stdout.as_fd())?;
        log(stderr, link.name.clone())?;
        tracing::debug!(name = %link.name, pid = link.child.id(), "started");
        Ok(link)
    }

    /// The child's process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Link for ProcessLink {
    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, LinkError> {
        let (stdout, fd) = (&self.stdout, self.stdout.as_fd());
        wait::read(fd, buf, deadline, |buf| Ok(rustix::io::read(stdout, buf)?))
    }

    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), LinkError> {
        let mut stdin = &self.stdin;
        wait::write_all(self.stdin.as_fd(), bytes, deadline, |b| stdin.write(b))
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for ProcessLink {
    fn drop(&mut self) {
        // A child that has ended already cannot be killed; then there is only its body to collect.
        if let Err(error) = self.child.kill() {
            tracing::debug!(name = %self.name, %error, "could not be killed");
        }
        match self.child.wait() {
            Ok(status) => tracing::debug!(name = %self.name, %status, "ended"),
            Err(error) => tracing::warn!(name = %self.name, %error, "could not be waited for"),
        }
    }
}

fn from_spawn(error: std::io::Error, name: &str) -> LinkError {
    match error.kind() {
        std::io::ErrorKind::NotFound => LinkError::NotFound(name.to_owned()),
        std::io::ErrorKind::PermissionDenied => LinkError::NotPermitted(name.to_owned()),
        kind => LinkError::Io(std::io::Error::new(kind, format!("{name}: {error}"))),
    }
}

fn non_blocking(fd: BorrowedFd<'_>) -> Result<(), LinkError> {
    let flags = fcntl_getfl(fd).map_err(|e| LinkError::Io(e.into()))?;
    fcntl_setfl(fd, flags | OFlags::NONBLOCK).map_err(|e| LinkError::Io(e.into()))
}

/// Reads on until the child's end, so that it never waits for a full pipe.
fn log(stderr: ChildStderr, name: String) -> Result<(), LinkError> {
    let reading = move || {
        let mut stderr = BufReader::new(stderr);
        let mut said = 0;
        while said < SAID {
            let mut line = Vec::new();
            match stderr.by_ref().take(LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(count) => said += count,
            }
            tracing::debug!(%name, "said: {}", String::from_utf8_lossy(&line).trim_end().escape_debug());
        }
        tracing::debug!(%name, "said too much: the rest is thrown away");
        let _ = std::io::copy(&mut stderr, &mut std::io::sink());
    };
    std::thread::Builder::new().name("helper-stderr".to_owned()).spawn(reading)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn within(ms: u64) -> Instant {
        Instant::now() + Duration::from_millis(ms)
    }

    fn shell(script: &str, environment: &[(&str, &OsStr)]) -> ProcessLink {
        ProcessLink::spawn(Path::new("/bin/sh"), &["-c".as_ref(), script.as_ref()], environment).unwrap()
    }

    fn is_running(pid: u32) -> bool {
        Path::new(&format!("/proc/{pid}")).exists()
    }

    #[test]
    fn carries_bytes_both_ways() {
        let mut link = shell("exec /bin/cat", &[]);
        assert_eq!(link.name(), "process /bin/sh");
        let all: Vec<u8> = (0..=255).collect();
        link.write_all(&all, within(10_000)).unwrap();
        let mut got = [0; 256];
        link.read_exact(&mut got, within(10_000)).unwrap();
        assert_eq!(got[..], all);
        let begun = Instant::now();
        let silent = link.read(&mut got, begun + Duration::from_millis(100));
        assert!(matches!(silent, Err(LinkError::Timeout { taken: 0 })));
        assert!(begun.elapsed() >= Duration::from_millis(100));
    }

    #[test]
    fn only_what_is_named_is_in_its_environment() {
        let mut link = shell("exec /usr/bin/env", &[("HELPER_LIBRARY", "/opt/x.so".as_ref())]);
        let mut said = Vec::new();
        let mut buf = [0; 512];
        while let Ok(n) = link.read(&mut buf, within(10_000)) {
            said.extend_from_slice(&buf[..n]);
        }
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("HELPER_LIBRARY=/opt/x.so\n"), "{said}");
        assert!(!said.contains("CARGO") && !said.contains("HOME="), "{said}");
    }

    #[test]
    fn a_child_that_dies_is_a_hang_up() {
        let mut link = shell("kill -9 $$", &[]);
        assert!(matches!(link.read(&mut [0; 4], within(10_000)), Err(LinkError::HungUp)));
        // The kernel closes a dead child's pipes one after the other: a first write may be taken.
        let gone = (0..100_000).find_map(|_| link.write_all(b"?", within(10_000)).err());
        assert!(matches!(gone, Some(LinkError::HungUp)), "{gone:?}");
    }

    #[test]
    fn a_child_that_takes_nothing_costs_the_deadline() {
        let mut link = shell("exec /bin/sleep 100", &[]);
        let pid = link.id();
        let bytes = vec![0; 1 << 20];
        let written = link.write_all(&bytes, within(100));
        assert!(matches!(written, Err(LinkError::Timeout { taken }) if taken > 0 && taken < bytes.len()));
        assert!(is_running(pid));
        drop(link);
        assert!(!is_running(pid), "killed, and waited for");
    }

    #[test]
    fn a_child_that_says_too_much_goes_on() {
        let script = "i=0; while [ $i -lt 3000 ]; do echo 'a line of some length on standard error' >&2; i=$((i+1)); done; echo done";
        let mut link = shell(script, &[]);
        let mut got = [0; 5];
        link.read_exact(&mut got, within(20_000)).unwrap();
        assert_eq!(&got, b"done\n");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let missing = ProcessLink::spawn(Path::new("/nowhere/helper"), &[], &[]);
        assert!(matches!(&missing, Err(LinkError::NotFound(n)) if n.contains("/nowhere/helper")));
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = ProcessLink::spawn(file.path(), &[], &[]);
        assert!(matches!(&refused, Err(LinkError::NotPermitted(_))), "{refused:?}");
    }
}
