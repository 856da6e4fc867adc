//! A running QEMU, by its machine protocol (QMP): one JSON value a line.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long QEMU may take for a command.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most news that are kept for whoever asks for them later.
const MOST: usize = 1000;

/// A connection to QEMU's monitor.
pub struct Monitor {
    stream: UnixStream,
    said: Receiver<Value>,
    news: VecDeque<Value>,
}

impl Monitor {
    /// Connects to the monitor at `socket`.
    ///
    /// # Errors
    /// When nobody answers there.
    pub fn connect(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        let (sender, said) = channel();
        let lines = BufReader::new(stream.try_clone()?).lines();
        thread::Builder::new().spawn(move || {
            // What is not understood is missed by whoever waits for it.
            for value in lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok()) {
                if sender.send(value).is_err() {
                    return;
                }
            }
        })?;
        let mut monitor = Self { stream, said, news: VecDeque::new() };
        // QEMU greets first.
        monitor.next(Instant::now() + PATIENCE)?;
        monitor.command("qmp_capabilities", &json!({}))?;
        Ok(monitor)
    }

    /// Has `command` carried out, and returns what QEMU returns.
    ///
    /// # Errors
    /// When QEMU refuses it, in its words, or does not answer.
    pub fn command(&mut self, command: &str, arguments: &Value) -> io::Result<Value> {
        let line = json!({ "execute": command, "arguments": arguments });
        writeln!(self.stream, "{line}")?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut said = self.next(deadline)?;
            if let Some(returned) = said.get_mut("return") {
                return Ok(returned.take());
            }
            if let Some(error) = said.get("error") {
                return Err(io::Error::other(format!("{command}: {error}")));
            }
            self.keep(said);
        }
    }

    /// The next of these events (`RESET`, `WATCHDOG`, `SHUTDOWN`, …), also one that came meanwhile; all that came
    /// before it is forgotten.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] when none has come by `deadline`, or when QEMU has ended.
    pub fn event(&mut self, names: &[&str], deadline: Instant) -> io::Result<Value> {
        let wanted = |said: &Value| said["event"].as_str().is_some_and(|name| names.contains(&name));
        loop {
            let said = match self.news.pop_front() {
                Some(news) => news,
                None => self.next(deadline)?,
            };
            if wanted(&said) {
                return Ok(said);
            }
        }
    }

    /// The events that came so far and were not asked for, oldest first.
    pub fn news(&mut self) -> Vec<Value> {
        while let Ok(said) = self.said.try_recv() {
            self.keep(said);
        }
        self.news.drain(..).collect()
    }

    fn keep(&mut self, said: Value) {
        if said.get("event").is_some() && self.news.len() < MOST {
            self.news.push_back(said);
        }
    }

    fn next(&mut self, deadline: Instant) -> io::Result<Value> {
        match self.said.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(said) => Ok(said),
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // The thread that listens has the stream as well; QEMU takes the next caller once this one is gone.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    /// A QEMU that says `lines` after its greeting, one for each it hears.
    fn qemu(lines: &'static [&'static str]) -> (tempfile::TempDir, Monitor) {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("qmp")).expect("a socket");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a caller");
            let heard = BufReader::new(stream.try_clone().expect("the stream")).lines();
            writeln!(stream, r#"{{"QMP":{{}}}}"#).expect("greeting");
            for (line, _) in lines.iter().zip(heard) {
                writeln!(stream, "{line}").expect("saying");
            }
        });
        let monitor = Monitor::connect(&folder.path().join("qmp")).expect("a monitor");
        (folder, monitor)
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[test]
    fn news_between_question_and_answer_are_kept() {
        let (_folder, mut monitor) = qemu(&[
            r#"{"return":{}}"#,
            "{\"event\":\"RESET\",\"data\":{\"guest\":true}}\n{\"event\":\"SHUTDOWN\"}\n{\"return\":{\"running\":true}}",
        ]);
        assert_eq!(monitor.command("query-status", &json!({})).expect("an answer")["running"], true);
        assert_eq!(monitor.event(&["RESET"], soon()).expect("the news")["data"]["guest"], true);
        assert_eq!(monitor.news().len(), 1);
    }

    #[test]
    fn what_does_not_come_is_said() {
        let (_folder, mut monitor) = qemu(&[r#"{"return":{}}"#, r#"{"error":{"desc":"no such command"}}"#]);
        let refused = monitor.command("dance", &json!({})).expect_err("refused").to_string();
        assert!(refused.contains("no such command"), "{refused}");
        let late = monitor.event(&["RESET"], Instant::now()).expect_err("nothing");
        assert!(matches!(late.kind(), io::ErrorKind::TimedOut | io::ErrorKind::UnexpectedEof), "{late}");
    }
}
