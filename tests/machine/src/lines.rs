//! What a machine says line by line, each with its time, kept in a file and waited for.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The longest line that is kept; the rest of a longer one is the next line.
const LONGEST: usize = 4096;
/// The most lines that are kept; what a machine says beyond that stands in the file alone.
const MOST: usize = 100_000;

/// A line and when it was whole, counted from the machine's start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Since the start.
    pub at: Duration,
    /// Without its end, without colours and cursor movements.
    pub text: String,
}

#[derive(Debug, Default)]
struct Heard {
    lines: Vec<Line>,
    silent: bool,
}

/// What was said so far; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    heard: Arc<(Mutex<Heard>, Condvar)>,
}

impl Lines {
    /// Listens to `source` until it ends, and writes `SECONDS text` into the file as well.
    ///
    /// # Errors
    /// When the file or a thread cannot be had.
    pub fn listen(source: impl Read + Send + 'static, file: &Path, begun: Instant) -> io::Result<Self> {
        let lines = Self::default();
        let (told, mut file) = (lines.clone(), File::options().create(true).append(true).open(file)?);
        thread::Builder::new().spawn(move || {
            let mut bytes = BufReader::new(source).bytes().map_while(Result::ok).peekable();
            while bytes.peek().is_some() {
                let text: Vec<u8> = bytes.by_ref().take_while(|b| *b != b'\n').take(LONGEST).collect();
                let line = Line { at: begun.elapsed(), text: plain(&String::from_utf8_lossy(&text)) };
                // A file that cannot be written is missed by whoever reads it; the lines are here, too.
                let _ = writeln!(file, "{:9.3} {}", line.at.as_secs_f64(), line.text);
                told.tell(|heard| {
                    if heard.lines.len() < MOST {
                        heard.lines.push(line);
                    }
                });
            }
            told.tell(|heard| heard.silent = true);
        })?;
        Ok(lines)
    }

    /// How many lines there are: where to wait from for what comes next.
    #[must_use]
    pub fn count(&self) -> usize {
        self.heard().lines.len()
    }

    /// All of them, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Line> {
        self.heard().lines.clone()
    }

    /// The first line from number `from` on that is wanted; `None` when it has not come by `deadline` or
    /// cannot come any more.
    pub fn wait(&self, from: usize, deadline: Instant, wanted: impl Fn(&str) -> bool) -> Option<Line> {
        let mut heard = self.heard();
        let mut seen = from;
        loop {
            if let Some(line) = heard.lines.iter().skip(seen).find(|line| wanted(&line.text)) {
                return Some(line.clone());
            }
            seen = seen.max(heard.lines.len());
            let left = deadline.saturating_duration_since(Instant::now());
            if heard.silent || left.is_zero() {
                return None;
            }
            heard = self.heard.1.wait_timeout(heard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, change: impl FnOnce(&mut Heard)) {
        change(&mut self.heard());
        self.heard.1.notify_all();
    }
}

/// A line as a person reads it: without control characters and the sequences that firmware moves its cursor
/// with (ECMA-48: ESC, `[`, parameters, one letter).
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' if letters.next_if_eq(&'[').is_some() => {
                while letters.next_if(|l| !l.is_ascii_alphabetic()).is_some() {}
                letters.next();
            }
            letter if letter.is_control() => {}
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[test]
    fn lines_come_in_order_with_their_times_and_into_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("console");
        let lines = Lines::listen(&b"one\r\n\x1b[2J\x1b[01;01Htwo\nthr\xffee"[..], &file, Instant::now())
            .expect("a listener");
        assert!(lines.wait(0, soon(), |line| line == "thr\u{fffd}ee").is_some());
        let texts: Vec<_> = lines.all().into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["one", "two", "thr\u{fffd}ee"]);
        assert!(lines.all().is_sorted_by_key(|line| line.at));
        let kept = std::fs::read_to_string(file).expect("the file");
        assert!(kept.lines().nth(1).is_some_and(|line| line.ends_with(" two")), "{kept}");
    }

    #[test]
    fn what_cannot_come_any_more_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let lines =
            Lines::listen(&b"one\n"[..], &folder.path().join("console"), Instant::now()).expect("a listener");
        let begun = Instant::now();
        assert_eq!(lines.wait(0, soon(), |line| line == "two"), None);
        assert_eq!(lines.wait(1, soon(), |line| line == "one"), None, "only what comes later");
        assert!(begun.elapsed() < Duration::from_secs(9));
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let endless = io::repeat(b'x').take(3 * LONGEST as u64);
        let lines =
            Lines::listen(endless, &folder.path().join("console"), Instant::now()).expect("a listener");
        assert_eq!(lines.wait(3, soon(), |_| true), None);
        assert!(lines.all().iter().all(|line| line.text.len() <= LONGEST));
    }
}
