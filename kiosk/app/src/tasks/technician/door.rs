//! The technician's door without a card: a question that the hall's office answers.
//!
//! The counter of questions and the number of failures are on disk, synced, before anything of them is shown:
//! switching the kiosk off and on asks a new question and gains no attempt.

use crate::clock::Clock;
use entry::{Answer, Attempts, Challenge, KioskKey, Persisted};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use visit::event::{DoorNews, Pin};
use visit::screen::DoorRefusal;

/// The longest file that can be ours, in bytes.
const LONGEST: u64 = 4096;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    counter: u64,
    failures: u32,
}

/// Who may come in by a code.
pub struct Door {
    key: Option<KioskKey>,
    path: PathBuf,
    kept: Kept,
    attempts: Attempts,
    challenge: Option<Challenge>,
    clock: Clock,
}

impl Door {
    /// A door that opens for codes under this key, if there is one; what must outlive a restart lies in `path`.
    /// A file that cannot be read shuts this way in: a counter that begins anew would ask an old question again.
    pub fn new(key: Option<KioskKey>, path: PathBuf, clock: Clock) -> Self {
        let kept = read(&path);
        if let Err(error) = &kept {
            tracing::error!(path = %path.display(), %error, "no technician comes in by a code: the counter cannot be read");
        }
        let key = key.filter(|_| kept.is_ok());
        let kept = kept.unwrap_or_default();
        let attempts = Attempts::restored(kept.failures, clock.now().tick);
        Self { key, path, kept, attempts, challenge: None, clock }
    }

    /// Asks a new question; the one before is answered no more. Says first how long no answer is looked at.
    pub fn ask(&mut self) -> Vec<DoorNews> {
        let asked = self.new_question();
        match self.attempts.allowed(self.clock.now().tick) {
            Err(too_soon) if matches!(asked, DoorNews::Question(_)) => {
                vec![DoorNews::Refused(DoorRefusal::TooSoon, too_soon.0), asked]
            }
            _ => vec![asked],
        }
    }

    fn new_question(&mut self) -> DoorNews {
        self.challenge = None;
        let unable = DoorNews::Refused(DoorRefusal::Unable, Duration::ZERO);
        if self.key.is_none() {
            return unable;
        }
        let mut chance = [0; 8];
        if let Err(error) = getrandom::fill(&mut chance) {
            tracing::error!(%error, "no technician comes in by a code: there are no random numbers");
            return unable;
        }
        let (path, kept) = (&self.path, Kept { counter: self.kept.counter, ..self.kept });
        let counter = Persisted::next(kept.counter, |counter| write(path, Kept { counter, ..kept }));
        match counter {
            Ok(counter) => {
                self.kept.counter = self.kept.counter.saturating_add(1);
                let challenge = Challenge::new(counter, chance, self.clock.now().tick);
                let question = challenge.question().to_string();
                self.challenge = Some(challenge);
                DoorNews::Question(question)
            }
            Err(error) => {
                tracing::error!(%error, "no technician comes in by a code");
                unable
            }
        }
    }

    /// Judges what was typed: what is said of it, one thing after the other.
    pub fn answer(&mut self, typed: &Pin) -> Vec<DoorNews> {
        let now = self.clock.now().tick;
        let (Some(key), Some(challenge)) = (&self.key, &mut self.challenge) else {
            return vec![DoorNews::Refused(DoorRefusal::Ended, Duration::ZERO)];
        };
        let answer = challenge.answer(key, typed.digits(), &mut self.attempts, now);
        let failures = self.attempts.failures();
        if failures != self.kept.failures {
            let kept = Kept { failures, ..self.kept };
            match write(&self.path, kept) {
                Ok(()) => self.kept = kept,
                Err(error) => tracing::error!(%error, "failures at the technician's door are not kept"),
            }
        }
        tracing::warn!(outcome = answer.code(), failures, "a code at the technician's door");
        let wait = self.attempts.allowed(now).err().map_or(Duration::ZERO, |too_soon| too_soon.0);
        let again = DoorNews::Question(challenge.question().to_string());
        let refused = |why| vec![DoorNews::Refused(why, wait), again];
        match answer {
            Answer::Open(_) => vec![DoorNews::Opened],
            Answer::Mistyped(_) => refused(DoorRefusal::Mistyped),
            Answer::Wrong { .. } => refused(DoorRefusal::WrongCode),
            Answer::TooSoon(_) => refused(DoorRefusal::TooSoon),
            Answer::Ended(_) => vec![DoorNews::Refused(DoorRefusal::Ended, wait), self.new_question()],
        }
    }

    /// Nobody stands there any more: the question is answered no more.
    pub fn leave(&mut self) {
        self.challenge = None;
    }
}

/// No file is a kiosk on which nobody has asked yet.
fn read(path: &Path) -> std::io::Result<Kept> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Kept::default()),
        Err(error) => Err(error),
        Ok(file) if file.len() > LONGEST => Err(std::io::Error::other("it is too long")),
        Ok(_) => Ok(serde_json::from_slice(&std::fs::read(path)?)?),
    }
}

/// Whole and on the disk when it returns.
fn write(path: &Path, kept: Kept) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let fresh = path.with_extension("new");
    let mut file = std::fs::File::create(&fresh)?;
    file.write_all(&serde_json::to_vec(&kept)?)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use entry::{OfficeKey, Question};
    use zeroize::Zeroizing;

    const NAME: &str = "lobby-1";

    fn key() -> KioskKey {
        OfficeKey::from_bytes(Zeroizing::new([7; 32])).of_kiosk(&NAME.parse().expect("a name"))
    }

    fn clock() -> Clock {
        Clock::new(480, jiff::SignedDuration::ZERO)
    }

    fn typed(digits: &str) -> Pin {
        let mut pin = Pin::default();
        digits.chars().filter(char::is_ascii_digit).for_each(|digit| pin.push(digit));
        pin
    }

    fn question(news: &[DoorNews]) -> Question {
        let Some(DoorNews::Question(text)) = news.last() else { panic!("{news:?}") };
        text.parse().expect("a question")
    }

    #[test]
    fn the_right_answer_opens_once_and_an_older_question_never() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("entry").join("entry.json");
        let mut door = Door::new(Some(key()), path.clone(), clock());
        let first = question(&door.ask());
        let second = question(&door.ask());
        assert!(second.counter() > first.counter());
        let old = typed(&key().code(&first).to_string());
        assert!(matches!(
            door.answer(&old)[..],
            [DoorNews::Refused(DoorRefusal::WrongCode, _), DoorNews::Question(_)]
        ));
        let right = typed(&key().code(&second).to_string());
        assert_eq!(door.answer(&right), [DoorNews::Opened]);
        assert!(matches!(door.answer(&right)[..], [DoorNews::Refused(DoorRefusal::Ended, _), _]), "replayed");
        // Nor after a restart.
        let mut door = Door::new(Some(key()), path, clock());
        assert!(question(&door.ask()).counter() > second.counter());
        assert!(!door.answer(&right).contains(&DoorNews::Opened));
    }

    #[test]
    fn failures_slow_the_next_attempt_also_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("entry.json");
        let mut door = Door::new(Some(key()), path.clone(), clock());
        let other = OfficeKey::from_bytes(Zeroizing::new([8; 32])).of_kiosk(&NAME.parse().expect("a name"));
        let asked = question(&door.ask());
        let wrong = typed(&other.code(&asked).to_string());
        let mut slip = wrong.clone();
        slip.pop();
        assert!(matches!(
            door.answer(&slip)[..],
            [DoorNews::Refused(DoorRefusal::Mistyped, Duration::ZERO), _]
        ));
        assert!(matches!(door.answer(&wrong)[..], [DoorNews::Refused(DoorRefusal::WrongCode, _), _]));
        let again = door.answer(&wrong);
        let [DoorNews::Refused(DoorRefusal::WrongCode, wait), _] = again[..] else { panic!("{again:?}") };
        assert!(wait > Duration::ZERO);
        assert!(matches!(door.answer(&wrong)[..], [DoorNews::Refused(DoorRefusal::TooSoon, _), _]));
        let mut door = Door::new(Some(key()), path.clone(), clock());
        let asked = door.ask();
        assert!(matches!(asked[..], [DoorNews::Refused(DoorRefusal::TooSoon, _), DoorNews::Question(_)]));
        let asked = question(&asked);
        let right = typed(&key().code(&asked).to_string());
        assert!(!door.answer(&right).contains(&DoorNews::Opened), "not so soon after the start");
        // What cannot be read is not taken for a kiosk that nobody has tried yet.
        std::fs::write(&path, "{").expect("a file");
        let mut door = Door::new(Some(key()), path, clock());
        assert_eq!(door.ask(), [DoorNews::Refused(DoorRefusal::Unable, Duration::ZERO)]);
    }

    #[test]
    fn without_a_key_nobody_comes_in_by_a_code() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut door = Door::new(None, folder.path().join("entry.json"), clock());
        assert_eq!(door.ask(), [DoorNews::Refused(DoorRefusal::Unable, Duration::ZERO)]);
        assert!(matches!(door.answer(&typed("123456"))[..], [DoorNews::Refused(DoorRefusal::Ended, _)]));
    }
}
