//! Challenges and their answers: who gets in, and who does not.

use std::convert::Infallible;

use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;
use crate::OfficeKey;

const BEGUN: Duration = Duration::from_secs(5);

fn key(kiosk: &str) -> KioskKey {
    OfficeKey::from_bytes(Zeroizing::new([0x5A; 32])).of_kiosk(&kiosk.parse().unwrap())
}

/// What the kiosk keeps over its restarts, as a test has it.
#[derive(Default)]
struct Disk {
    counter: u64,
}

impl Disk {
    fn challenge(&mut self, now: Duration) -> Challenge {
        let counter = Persisted::next(self.counter, |next| {
            self.counter = next;
            Ok::<_, Infallible>(())
        });
        Challenge::new(counter.unwrap(), [1, 2, 3, 4, 5, 6, 7, 8], now)
    }
}

fn fresh() -> Attempts {
    Attempts::restored(0, Duration::ZERO)
}

fn office_says(kiosk: &str, question: &str) -> String {
    key(kiosk).code(&question.parse().unwrap()).to_string()
}

#[test]
fn the_office_s_code_opens_once() {
    let mut challenge = Disk::default().challenge(BEGUN);
    let mut attempts = fresh();
    let shown = challenge.question().to_string();
    assert_eq!(shown.len(), 19, "four groups of four: {shown}");
    assert!(shown.starts_with("0001 "), "{shown}");
    let said = office_says("lobby-1", &shown);
    assert_eq!(said.len(), 19, "five groups of three: {said}");
    let answer = challenge.answer(&key("lobby-1"), &said, &mut attempts, BEGUN);
    assert_eq!(answer, Answer::Open(Pass::of(Who::Office { counter: 1 })));
    let replayed = challenge.answer(&key("lobby-1"), &said, &mut attempts, BEGUN);
    assert_eq!(replayed, Answer::Ended(Ended::Answered));
}

#[test]
fn codes_of_other_challenges_and_kiosks_do_not_open() {
    let mut disk = Disk::default();
    let kiosk = key("lobby-1");
    let older = disk.challenge(BEGUN).question().to_string();
    let mut challenge = disk.challenge(BEGUN);
    let shown = challenge.question().to_string();
    // The same chance came again, and yet it is another challenge.
    assert_eq!(older[5..14], shown[5..14]);
    let mut attempts = fresh();
    for (at, said) in [
        office_says("lobby-1", &older),
        office_says("lobby-2", &shown),
        key("lobby-1").code(&Question::new(2, 0)).to_string(),
        key("lobby-1").code(&Question::new(3, challenge.question.chance)).to_string(),
    ]
    .iter()
    .enumerate()
    {
        let now = BEGUN + Duration::from_secs(60 * at as u64);
        let left = MOST_WRONG - 1 - at as u8;
        assert_eq!(challenge.answer(&kiosk, said, &mut attempts, now), Answer::Wrong { left }, "{said}");
    }
}

#[test]
fn a_challenge_ends_after_its_time() {
    let said = |challenge: &Challenge| office_says("lobby-1", &challenge.question().to_string());
    let mut challenge = Disk::default().challenge(BEGUN);
    let late = BEGUN + CHALLENGE_LASTS;
    assert_eq!(challenge.ended(late - Duration::from_millis(1)), None);
    let code = said(&challenge);
    let answer = challenge.answer(&key("lobby-1"), &code, &mut fresh(), late);
    assert_eq!(answer, Answer::Ended(Ended::TimedOut));
    let in_time = challenge.answer(&key("lobby-1"), &code, &mut fresh(), late - Duration::from_millis(1));
    assert_eq!(in_time.code(), "open");
}

#[test]
fn five_wrong_answers_end_a_challenge_and_the_right_one_is_too_late() {
    let mut challenge = Disk::default().challenge(BEGUN);
    let wrong = Code(1).to_string();
    for left in [4, 3, 2, 1] {
        let answer = challenge.answer(&key("lobby-1"), &wrong, &mut fresh(), BEGUN);
        assert_eq!(answer, Answer::Wrong { left });
    }
    let fifth = challenge.answer(&key("lobby-1"), &wrong, &mut fresh(), BEGUN);
    assert_eq!(fifth, Answer::Ended(Ended::TooManyWrong));
    let right = office_says("lobby-1", &challenge.question().to_string());
    let after = challenge.answer(&key("lobby-1"), &right, &mut fresh(), BEGUN);
    assert_eq!(after, Answer::Ended(Ended::TooManyWrong));
}

#[test]
fn a_restart_never_brings_a_counter_back() {
    let mut disk = Disk::default();
    let said = office_says("lobby-1", &disk.challenge(BEGUN).question().to_string());
    // The same disk, a new run.
    let mut after = Disk { counter: disk.counter }.challenge(Duration::ZERO);
    assert_eq!(after.question().counter(), 2);
    let answer = after.answer(&key("lobby-1"), &said, &mut fresh(), Duration::ZERO);
    assert_eq!(answer, Answer::Wrong { left: 4 });
}

#[test]
fn without_a_counter_on_disk_there_is_no_challenge() {
    let full = Persisted::next(7, |_| Err("the disk is full"));
    assert_eq!(full.unwrap_err(), CounterError::NotKept("the disk is full"));
    let mut written = false;
    let last = Persisted::next(u64::MAX, |_| {
        written = true;
        Ok::<_, Infallible>(())
    });
    assert_eq!((last.unwrap_err(), written), (CounterError::Exhausted, false));
}

#[test]
fn a_slip_costs_nothing_and_an_attempt_too_soon_is_not_looked_at() {
    let mut challenge = Disk::default().challenge(BEGUN);
    let mut attempts = fresh();
    let right = office_says("lobby-1", &challenge.question().to_string());
    let changed = if right.starts_with('1') { "2" } else { "1" };
    for (typed, slip) in [
        (format!("{changed}{}", &right[1..]), Mistyped::CheckDigits),
        (challenge.question().to_string(), Mistyped::Length(16)),
        (String::new(), Mistyped::Length(0)),
        ("open the door".to_owned(), Mistyped::NotDigits),
    ] {
        let answer = challenge.answer(&key("lobby-1"), &typed, &mut attempts, BEGUN);
        assert_eq!(answer, Answer::Mistyped(slip), "{typed}");
    }
    assert_eq!(attempts, fresh());
    for _ in 0..2 {
        let _ = challenge.answer(&key("lobby-1"), &Code(1).to_string(), &mut attempts, BEGUN);
    }
    let answer = challenge.answer(&key("lobby-1"), &right, &mut attempts, BEGUN);
    assert_eq!(answer, Answer::TooSoon(TooSoon(Duration::from_secs(2))));
    let answer = challenge.answer(&key("lobby-1"), &right, &mut attempts, BEGUN + Duration::from_secs(2));
    assert_eq!((answer.code(), attempts.failures()), ("open", 0));
}

/// A thousand codes of pure chance, each well formed, as fast as the kiosk lets one try.
#[test]
fn a_thousand_random_attempts_do_not_get_in_and_take_more_than_a_week() {
    const ATTEMPTS: u32 = 1000;
    // Whatever the seed of this test: fewer than one run in a thousand million gets in by luck.
    let chance = f64::from(ATTEMPTS) / CODES as f64;
    assert!(chance <= 1e-9, "{chance}");

    let mut disk = Disk::default();
    let mut attempts = fresh();
    let mut now = Duration::ZERO;
    let mut challenge = disk.challenge(now);
    let mut judged = 0;
    while judged < ATTEMPTS {
        if challenge.ended(now).is_some() {
            challenge = disk.challenge(now);
        }
        let mut random = [0; 16];
        getrandom::fill(&mut random).unwrap();
        let typed = Code::of(u128::from_be_bytes(random)).to_string();
        match challenge.answer(&key("lobby-1"), &typed, &mut attempts, now) {
            Answer::Wrong { .. } | Answer::Ended(Ended::TooManyWrong) => judged += 1,
            Answer::TooSoon(TooSoon(left)) => now += left,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(attempts.failures(), ATTEMPTS);
    let week = Duration::from_secs(7 * 24 * 3600);
    assert!(now > week, "{now:?}");
}

#[test]
fn questions_of_other_shapes_are_refused() {
    for (digits, fits) in [
        ("00010123456789", true),
        ("12345" /* five digits of counter */, false),
        ("123450123456789", true),
        ("012340123456789", false),
        ("0010123456789", false),
        ("184467440737095516150123456789", true),
        ("184467440737095516160123456789", false),
    ] {
        let text = digits::written(digits, 4);
        assert_eq!(text.parse::<Question>().is_ok(), fits, "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_shown_is_read(counter in any::<u64>(), chance in any::<u64>(), hash in any::<u128>()) {
        let question = Question::new(counter, chance);
        prop_assert_eq!(question.to_string().parse(), Ok(question));
        let code = Code::of(hash);
        prop_assert_eq!(code.to_string().parse(), Ok(code));
    }

    #[test]
    fn anything_may_be_typed(text in "[0-9 -]{0,60}|.{0,60}") {
        if let Ok(question) = text.parse::<Question>() {
            prop_assert_eq!(question.to_string().parse(), Ok(question));
        }
        let mut attempts = fresh();
        let answer = Disk::default().challenge(BEGUN).answer(&key("a"), &text, &mut attempts, BEGUN);
        let stays_out = matches!(answer, Answer::Mistyped(_) | Answer::Wrong { left: 4 });
        prop_assert!(stays_out);
    }
}
