//! The way in without a card: a question that the hall's office answers.

use super::{Kept, Record, chance};
use crate::clock::Clock;
use crate::kept::{self, Sync};
use entry::{Answer, Challenge, KioskKey, Persisted};
use std::time::Duration;
use visit::event::{DoorNews, Pin};
use visit::screen::DoorRefusal;

/// Who may come in by a code.
pub struct Codes {
    key: Option<KioskKey>,
    challenge: Option<Challenge>,
}

impl Codes {
    /// Without a key nobody comes in.
    pub fn new(key: Option<KioskKey>) -> Self {
        Self { key, challenge: None }
    }

    /// Asks a new question; the one before is answered no more. Says first how long no answer is looked at.
    pub(super) fn ask(&mut self, record: &mut Record, clock: &Clock) -> Vec<DoorNews> {
        let asked = self.new_question(record, clock);
        match record.wait(clock) {
            wait if !wait.is_zero() && matches!(asked, DoorNews::Question(_)) => {
                vec![DoorNews::Refused(DoorRefusal::TooSoon, wait), asked]
            }
            _ => vec![asked],
        }
    }

    fn new_question(&mut self, record: &mut Record, clock: &Clock) -> DoorNews {
        self.challenge = None;
        let unable = DoorNews::Refused(DoorRefusal::Unable, Duration::ZERO);
        if self.key.is_none() {
            return unable;
        }
        let Some(chance) = chance() else { return unable };
        let (path, kept) = (&record.path, record.kept);
        let counter =
            Persisted::next(kept.counter, |counter| kept::write(path, &Kept { counter, ..kept }, Sync::Now));
        match counter {
            Ok(counter) => {
                record.kept.counter = kept.counter.saturating_add(1);
                let challenge = Challenge::new(counter, chance, clock.now().tick);
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
    pub(super) fn answer(&mut self, typed: &Pin, record: &mut Record, clock: &Clock) -> Vec<DoorNews> {
        let now = clock.now().tick;
        let (Some(key), Some(challenge)) = (&self.key, &mut self.challenge) else {
            return vec![DoorNews::Refused(DoorRefusal::Ended, Duration::ZERO)];
        };
        let answer = challenge.answer(key, typed.digits(), &mut record.attempts, now);
        let again = DoorNews::Question(challenge.question().to_string());
        record.keep_failures();
        tracing::warn!(outcome = answer.code(), "a code at the technician's door");
        let wait = record.wait(clock);
        let refused = |why| vec![DoorNews::Refused(why, wait), again];
        match answer {
            Answer::Open(_) => vec![DoorNews::Opened],
            Answer::Mistyped(_) => refused(DoorRefusal::Mistyped),
            Answer::Wrong { .. } => refused(DoorRefusal::WrongCode),
            Answer::TooSoon(_) => refused(DoorRefusal::TooSoon),
            Answer::Ended(_) => {
                vec![DoorNews::Refused(DoorRefusal::Ended, wait), self.new_question(record, clock)]
            }
        }
    }

    /// Nobody stands there any more: the question is answered no more.
    pub fn leave(&mut self) {
        self.challenge = None;
    }
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

    /// A door with its record, as the thread has it.
    struct At {
        codes: Codes,
        record: Record,
        clock: Clock,
    }

    impl At {
        fn ask(&mut self) -> Vec<DoorNews> {
            self.codes.ask(&mut self.record, &self.clock)
        }

        fn answer(&mut self, typed: &Pin) -> Vec<DoorNews> {
            self.codes.answer(typed, &mut self.record, &self.clock)
        }
    }

    fn at(key: Option<KioskKey>, path: std::path::PathBuf) -> At {
        let clock = clock();
        let record = Record::open(path, &clock);
        At { codes: Codes::new(key.filter(|_| record.sound)), record, clock }
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
        let mut door = at(Some(key()), path.clone());
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
        let mut door = at(Some(key()), path);
        assert!(question(&door.ask()).counter() > second.counter());
        assert!(!door.answer(&right).contains(&DoorNews::Opened));
    }

    #[test]
    fn failures_slow_the_next_attempt_also_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("entry.json");
        let mut door = at(Some(key()), path.clone());
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
        let mut door = at(Some(key()), path.clone());
        let asked = door.ask();
        assert!(matches!(asked[..], [DoorNews::Refused(DoorRefusal::TooSoon, _), DoorNews::Question(_)]));
        let asked = question(&asked);
        let right = typed(&key().code(&asked).to_string());
        assert!(!door.answer(&right).contains(&DoorNews::Opened), "not so soon after the start");
        // What cannot be read is not taken for a kiosk that nobody has tried yet.
        std::fs::write(&path, "{").expect("a file");
        let mut door = at(Some(key()), path);
        assert_eq!(door.ask(), [DoorNews::Refused(DoorRefusal::Unable, Duration::ZERO)]);
    }

    #[test]
    fn without_a_key_nobody_comes_in_by_a_code() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut door = at(None, folder.path().join("entry.json"));
        assert_eq!(door.ask(), [DoorNews::Refused(DoorRefusal::Unable, Duration::ZERO)]);
        assert!(matches!(door.answer(&typed("123456"))[..], [DoorNews::Refused(DoorRefusal::Ended, _)]));
    }
}
