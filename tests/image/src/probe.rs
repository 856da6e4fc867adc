//! A look inside: a shell of root's on the guest's fourth serial port, started by an add-on ([`crate::addon::shell`]).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// The longest answer, in the guest's letters.
const LONGEST: usize = 16 << 20;
/// How often the shell is called until it first answers.
const CALL: Duration = Duration::from_millis(500);

/// What a command said, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its status: 0 is well.
    pub status: i32,
    /// Both of its outputs.
    pub output: Vec<u8>,
}

impl Said {
    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.text().trim())
    }
}

/// The shell's other end.
#[derive(Debug)]
pub struct Probe {
    line: UnixStream,
    heard: Vec<u8>,
    asked: u64,
}

impl Probe {
    /// To the port at `socket`.
    ///
    /// # Errors
    /// When nobody answers there.
    pub fn connect(socket: &Path) -> io::Result<Self> {
        Ok(Self { line: UnixStream::connect(socket)?, heard: Vec::new(), asked: 0 })
    }

    /// Waits until the shell answers: it may be that no one listens yet, and that what is said is lost.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] when it does not by `deadline`.
    pub fn wait(&mut self, deadline: Instant) -> io::Result<()> {
        loop {
            match self.ask("true", deadline.min(Instant::now() + CALL)) {
                Err(error) if error.kind() == io::ErrorKind::TimedOut && Instant::now() < deadline => {}
                done => return done.map(drop),
            }
        }
    }

    /// Has a command run in a shell of its own, as root.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] when it has not ended by `deadline`; it goes on, and the next one waits for it.
    pub fn ask(&mut self, command: &str, deadline: Instant) -> io::Result<Said> {
        self.asked += 1;
        let name = format!("answer-{}", self.asked);
        let line = line(&name, command);
        // Where nobody listens it is full some day, and takes no more.
        self.line.set_write_timeout(Some(left(deadline)?))?;
        self.line.write_all(line.as_bytes()).map_err(late)?;
        loop {
            while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                if let Some(said) = answer(&String::from_utf8_lossy(&line), &name) {
                    return Ok(said);
                }
            }
            self.hear(deadline)?;
        }
    }

    fn hear(&mut self, deadline: Instant) -> io::Result<()> {
        self.line.set_read_timeout(Some(left(deadline)?))?;
        let mut piece = [0; 4096];
        let length = self.line.read(&mut piece).map_err(late)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.heard.extend(piece.iter().take(length));
        match self.heard.len() {
            ..=LONGEST => Ok(()),
            _ => Err(io::Error::other("an answer without end")),
        }
    }
}

/// What the shell is told, so that it answers under this name. Base64 both ways, so that nothing in between takes any of
/// it for something else; no quote or bracket, nothing that could come to read what follows, and a line of its own, so
/// that whatever was lost of those before spoils nothing. The name comes first: what is left of a line whose beginning
/// was lost, as when the machine starts anew in the middle of it, answers under none.
fn line(name: &str, command: &str) -> String {
    let command = STANDARD.encode(command);
    format!(
        "\n\nn={name};echo {command}|base64 -d>/run/probe.sh;</dev/null >/run/probe.out 2>&1 sh /run/probe.sh;s=$?;echo;\
         echo -n $n $s\\ ;</dev/null base64 -w0 /run/probe.out;n=;echo\n"
    )
}

/// How much time there is.
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// What a socket says whose time is up.
fn late(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { error }
}

/// Reads `NAME STATUS BASE64`.
fn answer(line: &str, name: &str) -> Option<Said> {
    let mut words = line.strip_prefix(name)?.strip_prefix(' ')?.split_whitespace();
    let status = words.next()?.parse().ok()?;
    let output = STANDARD.decode(words.next().unwrap_or_default()).ok()?;
    Some(Said { status, output })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::OwnedFd;
    use std::process::{Command, Stdio};

    /// A shell on the other end, as in the guest: started anew when it ends, as by half of a line that means nothing.
    fn probe(folder: &Path) -> (machine::held::Held, Probe) {
        let (here, there) = UnixStream::pair().expect("a line");
        let there = OwnedFd::from(there);
        let mut shell = Command::new("unshare");
        shell.args([
            "--map-root-user",
            "--mount",
            "--",
            "sh",
            "-c",
            "mount -t tmpfs probe /run && while :; do sh; done",
        ]);
        shell.stdin(there.try_clone().expect("the line")).stdout(there).stderr(Stdio::null());
        let shell = machine::held::Held::start(shell.current_dir(folder)).expect("a shell");
        (shell, Probe { line: here, heard: Vec::new(), asked: 0 })
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[test]
    fn commands_are_answered_whatever_they_say() {
        let folder = tempfile::tempdir().expect("a folder");
        let (_shell, mut probe) = probe(folder.path());
        probe.wait(soon()).expect("a shell");
        let said = probe.ask("printf 'a\\000b\\n'; echo worse >&2; exit 3", soon()).expect("an answer");
        assert_eq!((said.status, said.output.as_slice()), (3, &b"a\0b\nworse\n"[..]));
        let said = probe.ask("echo \"it's\" '$HOME' \"`echo so`\"; true", soon()).expect("an answer");
        assert_eq!((said.status, said.text()), (0, "it's $HOME so\n".to_owned()));
        let said = probe.ask("head -c 1000000 /dev/zero", soon()).expect("an answer");
        assert_eq!(said.output.len(), 1_000_000);
    }

    #[test]
    fn what_takes_too_long_is_said_and_its_answer_is_not_the_next_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        let (_shell, mut probe) = probe(folder.path());
        probe.wait(soon()).expect("a shell");
        let late = probe.ask("while [ ! -e go ]; do :; done; echo late", Instant::now());
        assert_eq!(late.expect_err("nothing yet").kind(), io::ErrorKind::TimedOut);
        std::fs::write(folder.path().join("go"), "").expect("a file");
        assert_eq!(probe.ask("echo next", soon()).expect("an answer").text(), "next\n");
    }

    /// What is cut off anywhere is lost, and no more than that.
    #[test]
    fn a_line_that_takes_no_more_is_not_waited_for_and_spoils_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let whole = line("never", "echo lost");
        for kept in 0..whole.len() {
            let (_shell, mut probe) = probe(folder.path());
            probe.line.write_all(&whole.as_bytes()[..kept]).expect("room");
            probe.wait(soon()).expect("a shell");
            assert_eq!(probe.ask("echo so", soon()).expect("an answer").text(), "so\n", "{kept}");
        }
        let (here, _there) = UnixStream::pair().expect("a line");
        let mut probe = Probe { line: here, heard: Vec::new(), asked: 0 };
        let long = "x".repeat(1 << 20);
        for _ in 0..2 {
            let never = probe.ask(&long, Instant::now() + Duration::from_millis(50)).expect_err("nobody");
            assert_eq!(never.kind(), io::ErrorKind::TimedOut);
        }
    }

    /// What is left of a line when the machine started anew in the middle of it is no answer to it.
    #[test]
    fn a_line_that_lost_its_beginning_is_not_answered() {
        let folder = tempfile::tempdir().expect("a folder");
        let whole = line("never", "echo lost");
        let begun = whole.find("n=").expect("its name") + 1;
        for lost in begun..whole.len() {
            let (_shell, mut probe) = probe(folder.path());
            let rest = &whole[lost..];
            probe.line.write_all(rest.as_bytes()).expect("room");
            let (mut answers, end) = (String::new(), soon());
            while !answers.contains("next 0") {
                assert!(Instant::now() < end, "{rest:?}: {answers}");
                // A shell that ends over what is left takes with it what it has read.
                probe.line.write_all(line("next", "true").as_bytes()).expect("room");
                let _ = probe.hear(Instant::now() + CALL);
                answers = String::from_utf8_lossy(&probe.heard).into_owned();
            }
            assert!(!answers.contains("never 0"), "{rest:?}: {answers}");
        }
    }
}
