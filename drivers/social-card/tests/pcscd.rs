//! The slot over a real pcscd with vpcd's reader and an emulated card in it.
//!
//! libpcsclite learns once a process which pcscd to use, so each test runs in a process of its own: the
//! test starts itself again with the path of its own pcscd, which it then starts there.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use emulators::social_card::{Chip, Holder, Impostor, Manner, PcscDaemon, Quirk, SocialCardEmulator};
use link::record::Recording;
use social_card::{
    CardSlot, Code, Date, EthnicGroup, NextStep, Presence, Profile, Sex, Share, Slot, SlotFault, SocialCard,
    replay,
};

/// Where libpcsclite looks for pcscd.
const SOCKET: &str = "PCSCLITE_CSOCK_NAME";

/// Says which folder is the test's own.
const FOLDER: &str = "SOCIAL_CARD_TEST_FOLDER";

/// Within this time, whatever is waited for has happened.
const SOON: Duration = Duration::from_secs(20);

/// Runs `test` in a process of its own, with a folder in which its pcscd will be found.
fn alone(name: &str, test: impl FnOnce(PathBuf)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return test(PathBuf::from(folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(FOLDER, folder.path())
        .env(SOCKET, PcscDaemon::socket_in(folder.path()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Runs `test` in a process of its own, with a pcscd that runs.
fn with_pcscd(name: &str, test: impl FnOnce(PcscDaemon)) {
    alone(name, |folder| test(PcscDaemon::start(&folder).expect("run `make setup`")));
}

fn slot() -> CardSlot {
    CardSlot::open(Profile::for_model("virtual"))
}

fn holder() -> Holder {
    Holder::sample("man").unwrap()
}

fn insert(pcscd: &PcscDaemon, quirks: &[Quirk]) -> SocialCardEmulator {
    let chip = quirks.iter().fold(Chip::new(&holder()), |chip, quirk| chip.with(*quirk));
    SocialCardEmulator::insert(pcscd.port(), chip).unwrap()
}

/// Polls until the slot is as wanted; what it said before must be `passing` each time.
#[track_caller]
fn poll_until(slot: &mut CardSlot, wanted: Slot, passing: &[Slot]) {
    let deadline = Instant::now() + SOON;
    loop {
        let said = slot.poll(deadline.saturating_duration_since(Instant::now())).unwrap();
        if said == wanted {
            return;
        }
        assert!(passing.contains(&said), "{said:?} while waiting for {wanted:?}");
        assert!(Instant::now() < deadline, "still {said:?}, never {wanted:?}");
    }
}

/// Polls until the slot is as wanted, whatever goes wrong meanwhile.
#[track_caller]
fn poll_through(slot: &mut CardSlot, wanted: Slot) {
    let deadline = Instant::now() + SOON;
    loop {
        let said = slot.poll(Duration::from_millis(200));
        if matches!(said, Ok(said) if said == wanted) {
            return;
        }
        assert!(Instant::now() < deadline, "{said:?}, never {wanted:?}");
    }
}

fn assert_is_the_holder(card: &SocialCard) {
    let holder = holder();
    assert_eq!(card.number.as_str(), holder.number);
    assert_eq!(card.name.as_str(), holder.name);
    assert!(card.sex == Some(Sex::Male));
    assert_eq!(card.ethnic_group.as_ref().map(EthnicGroup::code), Some(holder.nation));
    assert_eq!(card.birthplace.as_ref().map(Code::as_str), Some(holder.birthplace.as_str()));
    assert_eq!(card.birth.as_ref().map(Date::as_digits), Some(holder.birth.as_str()));
    let issue = &card.issue;
    assert_eq!(issue.identification.as_ref().map(Code::as_str), Some(holder.card_id.as_str()));
    assert_eq!(issue.category, Some(holder.category));
    assert_eq!(issue.version.as_ref().map(Code::as_str), Some(holder.version.as_str()));
    assert_eq!(issue.organisation.as_ref().map(Code::as_str), Some(holder.organisation.as_str()));
    assert_eq!(issue.issued.as_ref().map(Date::as_digits), Some(holder.issued.as_str()));
    assert_eq!(issue.valid_until.as_ref().map(Date::as_digits), Some(holder.valid_until.as_str()));
    assert_eq!(issue.card_number.as_ref().map(Code::as_str), Some(holder.card_number.as_str()));
}

/// The slot's recording plays again, and holds nothing of the holder.
fn assert_recording_is_good(slot: &CardSlot) {
    let text = slot.recorder().snapshot("test").to_string();
    let number: Vec<String> = holder().number.bytes().take(8).map(|byte| format!("{byte:02X}")).collect();
    assert!(!text.contains(&number.join(" ")), "{text}");
    replay(&Recording::parse(&text).unwrap()).unwrap_or_else(|error| panic!("{error}\n{text}"));
}

#[test]
fn cards_of_every_make_are_read() {
    with_pcscd("cards_of_every_make_are_read", |pcscd| {
        for quirks in [
            &[][..],
            &[Quirk::WantsP1Zero],
            &[Quirk::AnswersLater],
            &[Quirk::AnswersInPieces(7)],
            &[Quirk::CorrectsLe],
            &[Quirk::ReadsOnlyByTag],
            &[Quirk::WantsP1Zero, Quirk::ReadsOnlyByTag, Quirk::CorrectsLe, Quirk::AnswersInPieces(16)],
        ] {
            let mut slot = slot();
            poll_until(&mut slot, Slot::Empty, &[]);
            let card = insert(&pcscd, quirks);
            poll_until(&mut slot, Slot::Inserted, &[]);
            assert_eq!(slot.presence(), Presence::Unknown, "{quirks:?}");
            assert_is_the_holder(&slot.read().unwrap_or_else(|error| panic!("{quirks:?}: {error}")));
            assert_eq!(slot.presence(), Presence::Present);
            // Reading again is as good, and the card's state is still not news.
            assert_is_the_holder(&slot.read().unwrap());
            assert_eq!(slot.poll(Duration::ZERO).unwrap(), Slot::Inserted);
            assert_recording_is_good(&slot);
            card.remove();
            poll_until(&mut slot, Slot::Empty, &[]);
            assert_eq!(slot.presence(), Presence::Absent);
        }
    });
}

#[test]
fn every_sample_person_is_read() {
    with_pcscd("every_sample_person_is_read", |pcscd| {
        let mut slot = slot();
        poll_until(&mut slot, Slot::Empty, &[]);
        // Not the one whose name is in the private use area: GB 18030 has moved some of those since.
        for name in ["woman", "ends_in_x", "rare_ext_a", "rare_ext_b", "long_name", "tibetan"] {
            let holder = Holder::sample(name).unwrap();
            let card = SocialCardEmulator::insert(pcscd.port(), Chip::new(&holder)).unwrap();
            poll_until(&mut slot, Slot::Inserted, &[]);
            let read = slot.read().unwrap();
            assert_eq!(
                (read.number.as_str(), read.name.as_str()),
                (&*holder.number, &*holder.name),
                "{name}"
            );
            card.remove();
            poll_until(&mut slot, Slot::Empty, &[]);
        }
    });
}

#[test]
fn faults_of_the_card_are_told_apart() {
    with_pcscd("faults_of_the_card_are_told_apart", |pcscd| {
        let mut slot = slot();
        poll_until(&mut slot, Slot::Empty, &[]);
        for (quirk, code, step) in [
            (Quirk::WrongCheckDigit, "wrong-check-digit", NextStep::OtherDocument),
            (Quirk::OtherApplication, "other-card", NextStep::OtherDocument),
            (Quirk::RefusesReading(0x6982), "refused", NextStep::OtherDocument),
            (Quirk::RefusesReading(0x6F00), "refused", NextStep::InsertAgain),
            (Quirk::GarbageRecords, "malformed", NextStep::OtherDocument),
            (Quirk::OverlongReplies, "answer-too-long", NextStep::OtherDocument),
            (Quirk::HalfAnswers, "half-answer", NextStep::InsertAgain),
            (Quirk::NeverEnds, "endless-answer", NextStep::OtherDocument),
        ] {
            let card = insert(&pcscd, &[quirk]);
            poll_until(&mut slot, Slot::Inserted, &[]);
            let error = slot.read().unwrap_err();
            assert_eq!((error.fault.code(), error.fault.next_step()), (code, step), "{quirk:?}: {error}");
            assert!(error.to_string().starts_with("card slot (virtual, Virtual PCD 00 00): "), "{error}");
            assert_recording_is_good(&slot);
            card.remove();
            poll_until(&mut slot, Slot::Empty, &[]);
        }
        // And a good card is good after all of them.
        let _card = insert(&pcscd, &[]);
        poll_until(&mut slot, Slot::Inserted, &[]);
        assert_is_the_holder(&slot.read().unwrap());
        assert_recording_is_good(&slot);
    });
}

#[test]
fn a_card_that_does_not_answer_is_mute() {
    with_pcscd("a_card_that_does_not_answer_is_mute", |pcscd| {
        let mut slot = slot();
        poll_until(&mut slot, Slot::Empty, &[]);
        let card = insert(&pcscd, &[Quirk::Mute]);
        poll_until(&mut slot, Slot::Mute, &[]);
        let error = slot.read().unwrap_err();
        assert!(matches!(error.fault, SlotFault::Mute), "{error}");
        assert_recording_is_good(&slot);
        card.remove();
        poll_until(&mut slot, Slot::Empty, &[]);
        let error = slot.read().unwrap_err();
        assert!(matches!(error.fault, SlotFault::NoCard), "{error}");
        assert_eq!(error.fault.next_step(), NextStep::InsertAgain);
    });
}

#[test]
fn a_card_may_vanish_at_any_command() {
    with_pcscd("a_card_may_vanish_at_any_command", |pcscd| {
        let mut slot = slot();
        poll_until(&mut slot, Slot::Empty, &[]);
        for at in [1, 2, 3, 4, 9, 15] {
            let card = insert(&pcscd, &[Quirk::VanishesAt(at)]);
            poll_until(&mut slot, Slot::Inserted, &[]);
            let error = slot.read().unwrap_err();
            let is_gone = matches!(error.fault, SlotFault::CardGone | SlotFault::CardUnreadable(_));
            assert!(is_gone && error.fault.next_step() == NextStep::InsertAgain, "at {at}: {error}");
            assert!(card.wait_until(SOON, |seen| seen.gone && seen.commands == at));
            assert_recording_is_good(&slot);
            // pcscd notices in its own time.
            poll_until(&mut slot, Slot::Empty, &[Slot::Inserted, Slot::Mute]);
            let again = insert(&pcscd, &[]);
            poll_until(&mut slot, Slot::Inserted, &[]);
            assert_is_the_holder(&slot.read().unwrap());
            again.remove();
            poll_until(&mut slot, Slot::Empty, &[]);
        }
    });
}

#[test]
fn a_card_exchanged_between_two_polls_is_told() {
    with_pcscd("a_card_exchanged_between_two_polls_is_told", |pcscd| {
        let mut slot = slot();
        let first = insert(&pcscd, &[]);
        poll_until(&mut slot, Slot::Inserted, &[Slot::Empty]);
        slot.read().unwrap();
        // Another slot sees the exchange, this one is not asked meanwhile.
        let mut other = self::slot();
        poll_until(&mut other, Slot::Inserted, &[]);
        first.remove();
        poll_until(&mut other, Slot::Empty, &[]);
        let _second = insert(&pcscd, &[]);
        poll_until(&mut other, Slot::Inserted, &[]);
        assert_eq!(slot.presence(), Presence::Absent);
        assert_eq!(slot.poll(SOON).unwrap(), Slot::Empty);
        assert_eq!(slot.poll(SOON).unwrap(), Slot::Inserted);
        assert_is_the_holder(&slot.read().unwrap());
        assert_eq!(slot.presence(), Presence::Present);
    });
}

#[test]
fn pcscd_may_be_restarted_at_any_time() {
    with_pcscd("pcscd_may_be_restarted_at_any_time", |mut pcscd| {
        let mut slot = slot();
        let _card = insert(&pcscd, &[]);
        poll_until(&mut slot, Slot::Inserted, &[Slot::Empty]);
        slot.read().unwrap();
        // Restarted between two calls: not even a fault.
        pcscd.kill();
        pcscd.start_again().unwrap();
        assert_eq!(slot.presence(), Presence::Unknown);
        poll_until(&mut slot, Slot::Empty, &[]);
        let _card = insert(&pcscd, &[]);
        poll_until(&mut slot, Slot::Inserted, &[]);
        pcscd.kill();
        pcscd.start_again().unwrap();
        let _card = insert(&pcscd, &[]);
        // Reading finds the new one too, once it has seen the card.
        let mut other = self::slot();
        poll_until(&mut other, Slot::Inserted, &[Slot::Empty]);
        assert_is_the_holder(&slot.read().unwrap());
        // Gone while it is being watched: a fault at once, and again, until it is back.
        let watching = std::thread::spawn(move || {
            let first = loop {
                match slot.poll(SOON) {
                    Ok(_) => {}
                    Err(error) => break error,
                }
            };
            (slot, first)
        });
        pcscd.kill();
        let (mut slot, error) = watching.join().unwrap();
        assert!(matches!(error.fault, SlotFault::NoService | SlotFault::ServiceLost), "{error}");
        let error = slot.poll(SOON).unwrap_err();
        assert!(matches!(error.fault, SlotFault::NoService), "{error}");
        assert_eq!(error.fault.next_step(), NextStep::PollAgain);
        assert!(matches!(slot.read().unwrap_err().fault, SlotFault::NoService));
        assert_eq!(slot.presence(), Presence::Unknown);
        pcscd.start_again().unwrap();
        let _card = insert(&pcscd, &[]);
        poll_through(&mut slot, Slot::Inserted);
        assert_is_the_holder(&slot.read().unwrap());
        assert_recording_is_good(&slot);
    });
}

#[test]
fn a_pcscd_that_hangs_is_left_and_found_again() {
    with_pcscd("a_pcscd_that_hangs_is_left_and_found_again", |pcscd| {
        let mut slot = slot();
        let _card = insert(&pcscd, &[]);
        poll_until(&mut slot, Slot::Inserted, &[Slot::Empty]);
        pcscd.freeze(true).unwrap();
        let begun = Instant::now();
        let error = slot.poll(Duration::ZERO).unwrap_err();
        assert!(matches!(error.fault, SlotFault::Hung { .. }), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        assert_eq!(slot.presence(), Presence::Unknown);
        pcscd.freeze(false).unwrap();
        poll_through(&mut slot, Slot::Inserted);
        assert_is_the_holder(&slot.read().unwrap());
    });
}

#[test]
fn readers_that_are_missing_are_noticed_when_they_come() {
    alone("readers_that_are_missing_are_noticed_when_they_come", |folder| {
        let mut slot = slot();
        let error = slot.poll(SOON).unwrap_err();
        assert!(matches!(error.fault, SlotFault::NoService), "{error}");
        let mut pcscd = PcscDaemon::start(&folder).expect("run `make setup`");
        pcscd.kill();
        pcscd.start_without_reader().unwrap();
        let begun = Instant::now();
        assert_eq!(slot.poll(SOON).unwrap(), Slot::NoReader);
        assert!(begun.elapsed() < SOON / 2, "it is said at once, not after {:?}", begun.elapsed());
        assert_eq!(slot.poll(Duration::from_millis(50)).unwrap(), Slot::NoReader);
        let error = slot.read().unwrap_err();
        assert!(matches!(error.fault, SlotFault::NoReader), "{error}");
        pcscd.kill();
        pcscd.start_again().unwrap();
        poll_through(&mut slot, Slot::Empty);
        let strange = Profile { reader: "Feitian".to_owned(), ..Profile::generic() };
        assert_eq!(CardSlot::open(strange).poll(SOON).unwrap(), Slot::NoReader);
        assert_eq!(CardSlot::open(Profile::generic()).poll(SOON).unwrap(), Slot::Empty);
    });
}

#[test]
fn a_pcscd_that_turns_us_away_is_told() {
    alone("a_pcscd_that_turns_us_away_is_told", |folder| {
        let _door = Impostor::start(&PcscDaemon::socket_in(&folder), Manner::TurnsAway).unwrap();
        let error = slot().poll(SOON).unwrap_err();
        assert!(matches!(error.fault, SlotFault::NotPermitted), "{error}");
        assert_eq!(error.fault.next_step(), NextStep::CallStaff);
    });
}

#[test]
fn a_pcscd_that_fails_without_a_reason_is_told() {
    alone("a_pcscd_that_fails_without_a_reason_is_told", |folder| {
        let socket = PcscDaemon::socket_in(&folder);
        let failing = Impostor::start(&socket, Manner::Fails).unwrap();
        let mut slot = slot();
        let error = slot.poll(SOON).unwrap_err();
        assert!(matches!(error.fault, SlotFault::Reader(pcsc::Error::InternalError)), "{error}");
        assert_eq!(error.fault.next_step(), NextStep::CallStaff);
        drop(failing);
        let _pcscd = PcscDaemon::start(&folder).expect("run `make setup`");
        poll_through(&mut slot, Slot::Empty);
    });
}

#[test]
fn a_program_that_keeps_the_reader_is_told_while_nobody_reads() {
    with_pcscd("a_program_that_keeps_the_reader_is_told_while_nobody_reads", |pcscd| {
        let mut slot = slot();
        let _card = insert(&pcscd, &[]);
        poll_until(&mut slot, Slot::Inserted, &[Slot::Empty]);
        let context = pcsc::Context::establish(pcsc::Scope::System).unwrap();
        let hold = || {
            let reader = c"Virtual PCD 00 00";
            context.connect(reader, pcsc::ShareMode::Exclusive, pcsc::Protocols::ANY).unwrap()
        };
        let held = hold();
        let begun = Instant::now();
        let error = loop {
            match slot.poll(Duration::ZERO) {
                Ok(seen) => assert_eq!(seen, Slot::Inserted),
                Err(error) => break error,
            }
            assert!(begun.elapsed() < SOON, "it is never told");
            std::thread::yield_now();
        };
        assert!(matches!(error.fault, SlotFault::Busy), "{error}");
        drop(held);
        poll_through(&mut slot, Slot::Inserted);
        // One that is done soon is in nobody's way.
        for _ in 0..3 {
            drop(hold());
            assert_eq!(slot.poll(Duration::ZERO).unwrap(), Slot::Inserted);
        }
        assert_is_the_holder(&slot.read().unwrap());
    });
}

#[test]
fn other_programs_and_their_resets_are_lived_with() {
    with_pcscd("other_programs_and_their_resets_are_lived_with", |pcscd| {
        let mut slot = CardSlot::open(Profile { share: Share::Shared, ..Profile::for_model("virtual") });
        let _card = insert(&pcscd, &[]);
        poll_until(&mut slot, Slot::Inserted, &[Slot::Empty]);
        let context = pcsc::Context::establish(pcsc::Scope::System).unwrap();
        let reader = c"Virtual PCD 00 00";
        let another = context.connect(reader, pcsc::ShareMode::Shared, pcsc::Protocols::ANY).unwrap();
        assert_is_the_holder(&slot.read().unwrap());
        let error = self::slot().read().unwrap_err();
        assert!(matches!(error.fault, SlotFault::Busy), "{error}");
        another.disconnect(pcsc::Disposition::ResetCard).map_err(|(_, error)| error).unwrap();
        assert_is_the_holder(&slot.read().unwrap());
        let all = context.connect(reader, pcsc::ShareMode::Exclusive, pcsc::Protocols::ANY).unwrap();
        let error = slot.read().unwrap_err();
        assert!(matches!(error.fault, SlotFault::Busy), "{error}");
        all.disconnect(pcsc::Disposition::UnpowerCard).map_err(|(_, error)| error).unwrap();
        assert_is_the_holder(&slot.read().unwrap());
    });
}
