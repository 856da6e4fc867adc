//! espeak-ng, started for one sentence; aplay, for one sound.

use super::chime;
use crate::config::SpeechConfig;
use std::fmt;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use ui::Utterance;
use visit::screen::Language;
use visit::speech::{Rate, Volume};

/// Letters of one text; less than a pipe holds, so that writing never waits.
const LETTERS: usize = 1000;
/// How much of what the program complains of is told.
const COMPLAINT: u64 = 400;

/// How things are said.
pub(super) struct Program {
    path: PathBuf,
    player: PathBuf,
    rate: u16,
    volume: u8,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

impl Program {
    pub fn new(config: &SpeechConfig) -> Self {
        Self {
            path: config.program.clone(),
            player: config.player.clone(),
            rate: config.rate,
            volume: config.volume,
        }
    }

    /// Begins to say it.
    pub fn say(&self, utterance: &Utterance) -> std::io::Result<Saying> {
        let text: String = utterance.text.chars().take(LETTERS).chain(['\n']).collect();
        Saying::begin(&mut self.command(utterance), text.as_bytes())
    }

    /// Begins to sound.
    pub fn chime(&self) -> std::io::Result<Saying> {
        let mut command = Command::new(&self.player);
        command.args(["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", &chime::RATE.to_string(), "-"]);
        Saying::begin(&mut command, &chime::samples())
    }

    /// The text itself comes through standard input: it is in no list of processes, and no part of it is
    /// taken for an option.
    pub fn command(&self, utterance: &Utterance) -> Command {
        let rate = match utterance.rate {
            Rate::Slow => self.rate * 7 / 10,
            Rate::Normal => self.rate,
            Rate::Fast => self.rate * 14 / 10,
        };
        let volume = match utterance.volume {
            Volume::Low => self.volume / 2,
            Volume::Middle => self.volume,
            Volume::High => self.volume.saturating_mul(2).min(200),
        };
        let mut command = Command::new(&self.path);
        command.args(["-v", voice(utterance.language), "-s", &rate.to_string(), "-a", &volume.to_string()]);
        // UTF-8, all of it at once.
        command.args(["-b", "1", "--stdin"]);
        command
    }
}

/// Who speaks a language.
pub(super) fn voice(language: Language) -> &'static str {
    match language {
        Language::Zh => "cmn",
        Language::En => "en",
    }
}

/// Something that is being heard; cut off when dropped.
pub(super) struct Saying(Child);

impl Saying {
    /// `bytes` are less than a pipe holds.
    fn begin(command: &mut Command, bytes: &[u8]) -> std::io::Result<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let written = child.stdin.take().map(|mut stdin| stdin.write_all(bytes));
        let saying = Self(child);
        match written {
            Some(Err(error)) => {
                saying.stop();
                Err(error)
            }
            Some(Ok(())) | None => Ok(saying),
        }
    }

    pub fn has_ended(&mut self) -> bool {
        // A child that cannot be asked is none.
        !matches!(self.0.try_wait(), Ok(None))
    }

    /// Ends it if it has not ended, and says what it complained of, if it had ended by itself.
    pub fn stop(mut self) -> Option<String> {
        if !self.has_ended() {
            return None;
        }
        let mut said = Vec::new();
        // The pipe's other end is closed: this does not wait.
        let stderr = self.0.stderr.take()?;
        stderr.take(COMPLAINT).read_to_end(&mut said).ok()?;
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        Some(said).filter(|said| !said.is_empty())
    }
}

impl Drop for Saying {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
