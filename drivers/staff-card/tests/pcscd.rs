//! The slot over a real pcscd with vpcd's reader and an emulated PIV card in it.
//!
//! libpcsclite learns once a process which pcscd to use, so each test runs in a process of its own: the
//! test starts itself again with the path of its own pcscd, which it then starts there.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use emulators::slot::EmulatedCard;
use emulators::social_card::{Impostor, Manner, PcscDaemon};
use emulators::staff_card::{Authority, Key, KeyKind as Emulated, PivCard, Quirk, Tries, Wanted};
use link::record::Recording;
use ring::signature::{ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use staff_card::{KeyKind, NextStep, Pin, Slot, SlotFault, StaffSlot, replay};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Where libpcsclite looks for pcscd.
const SOCKET: &str = "PCSCLITE_CSOCK_NAME";

/// Says which folder is the test's own.
const FOLDER: &str = "STAFF_CARD_TEST_FOLDER";

/// Within this time, whatever is waited for has happened.
const SOON: Duration = Duration::from_secs(20);

const READER: &str = "Virtual PCD 00 00";
const PIN: &str = "271828";

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

fn pin(text: &str) -> Pin {
    text.parse().unwrap()
}

/// A card with this kind of key, and its certificate.
fn card(kind: Emulated) -> (PivCard, Vec<u8>) {
    let key = Key::new(kind);
    let certificate = Authority::root("Hall").certify(key.pair(), &Wanted::default());
    (PivCard::new(key, certificate.clone(), PIN), certificate)
}

fn insert(pcscd: &PcscDaemon, quirk: Option<Quirk>) -> EmulatedCard {
    let (card, _) = card(Emulated::P256);
    let card = quirk.into_iter().fold(card, PivCard::with);
    EmulatedCard::insert(pcscd.port(), card).unwrap()
}

/// Whether this certificate's key signed the message.
fn signed(certificate: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (_, certificate) = X509Certificate::from_der(certificate).unwrap();
    let key = certificate.public_key().subject_public_key.as_ref();
    [&ECDSA_P256_SHA256_ASN1 as &dyn ring::signature::VerificationAlgorithm, &RSA_PKCS1_2048_8192_SHA256]
        .into_iter()
        .any(|algorithm| UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok())
}

/// Polls until the slot is as wanted, whatever goes wrong meanwhile.
#[track_caller]
fn poll_through(slot: &mut StaffSlot, wanted: Slot) {
    let deadline = Instant::now() + SOON;
    loop {
        let said = slot.poll(Duration::from_millis(200));
        if matches!(said, Ok(said) if said == wanted) {
            return;
        }
        assert!(Instant::now() < deadline, "{said:?}, never {wanted:?}");
    }
}

/// The slot's recording plays again, and holds neither PIN nor name nor certificate.
#[track_caller]
fn assert_recording_is_good(slot: &StaffSlot) {
    let text = slot.recorder().snapshot("test").to_string();
    // 271828, "Technician", and the head of each certificate.
    for kept in ["32 37 31 38 32 38", "54 65 63 68 6E 69 63 69 61 6E", "30 82"] {
        assert!(!text.contains(kept), "{kept} is in\n{text}");
    }
    replay(&Recording::parse(&text).unwrap()).unwrap_or_else(|error| panic!("{error}\n{text}"));
}

#[test]
fn cards_of_every_make_are_read_and_sign() {
    with_pcscd("cards_of_every_make_are_read_and_sign", |pcscd| {
        let mut slot = StaffSlot::open(READER);
        for (emulated, kind, quirk) in [
            (Emulated::P256, KeyKind::P256, None),
            (Emulated::P256, KeyKind::P256, Some(Quirk::AnswersInPieces(16))),
            (Emulated::Rsa2048, KeyKind::Rsa2048, None),
            (Emulated::Rsa2048, KeyKind::Rsa2048, Some(Quirk::AnswersInPieces(100))),
        ] {
            poll_through(&mut slot, Slot::Empty);
            let (card, certificate) = card(emulated);
            let card =
                EmulatedCard::insert(pcscd.port(), quirk.into_iter().fold(card, PivCard::with)).unwrap();
            poll_through(&mut slot, Slot::Inserted);
            assert_eq!(*slot.certificate().unwrap(), certificate, "{quirk:?}");
            let signature = slot.sign(pin(PIN), kind, b"a message").unwrap();
            assert!(signed(&certificate, b"a message", &signature), "{kind:?} {quirk:?}");
            assert!(!signed(&certificate, b"another", &signature));
            assert_recording_is_good(&slot);
            card.remove();
        }
    });
}

#[test]
fn the_pin_is_asked_for_each_time_and_counted() {
    with_pcscd("the_pin_is_asked_for_each_time_and_counted", |pcscd| {
        let mut slot = StaffSlot::open(READER);
        let card = insert(&pcscd, None);
        poll_through(&mut slot, Slot::Inserted);
        let mut sign = |text: &str| slot.sign(pin(text), KeyKind::P256, b"a message").map_err(|e| e.fault);
        assert!(matches!(sign("000000"), Err(SlotFault::WrongPin { left: 2 })));
        assert!(sign(PIN).is_ok());
        // The right one before counts for nothing now.
        assert!(matches!(sign("000000"), Err(SlotFault::WrongPin { left: 2 })));
        assert!(matches!(sign("0000000"), Err(SlotFault::WrongPin { left: 1 })));
        assert!(matches!(sign("00000000"), Err(SlotFault::PinBlocked)));
        let blocked = sign(PIN).unwrap_err();
        assert!(matches!(blocked, SlotFault::PinBlocked), "{blocked}");
        assert_eq!(blocked.next_step(), NextStep::OtherCard);
        assert_recording_is_good(&slot);
        assert!(card.seen().power_ups > 1, "the card is reset after it signed");
        card.remove();
        poll_through(&mut slot, Slot::Empty);
        let (last, _) = self::card(Emulated::P256);
        let last = last.with_tries(Tries { most: 3, left: 1 });
        let _last = EmulatedCard::insert(pcscd.port(), last).unwrap();
        poll_through(&mut slot, Slot::Inserted);
        let error = slot.sign(pin("000000"), KeyKind::P256, b"a message").unwrap_err();
        assert!(matches!(error.fault, SlotFault::PinBlocked), "{error}");
    });
}

#[test]
fn faults_of_the_card_are_told_apart() {
    with_pcscd("faults_of_the_card_are_told_apart", |pcscd| {
        use NextStep::{InsertAgain, OtherCard};
        let mut slot = StaffSlot::open(READER);
        for (quirk, certificate, sign) in [
            (Quirk::OtherApplication, Some(("other-card", OtherCard)), ("other-card", OtherCard)),
            (Quirk::NoCertificate, Some(("no-certificate", OtherCard)), ("", OtherCard)),
            (Quirk::CompressedCertificate, Some(("compressed-certificate", OtherCard)), ("", OtherCard)),
            (Quirk::GarbageCertificate, Some(("malformed", OtherCard)), ("", OtherCard)),
            (Quirk::NeverEnds, Some(("endless-answer", OtherCard)), ("", OtherCard)),
            (Quirk::GarbageSignature, None, ("malformed", OtherCard)),
            (Quirk::OverlongReplies, None, ("answer-too-long", OtherCard)),
            (Quirk::RefusesSigning(0x6982), None, ("refused", OtherCard)),
            (Quirk::RefusesSigning(0x6F00), None, ("refused", InsertAgain)),
        ] {
            poll_through(&mut slot, Slot::Empty);
            let card = insert(&pcscd, Some(quirk));
            poll_through(&mut slot, Slot::Inserted);
            let told = |outcome: Result<_, staff_card::SlotError>| {
                outcome.err().map_or(("", OtherCard), |error| (error.fault.code(), error.fault.next_step()))
            };
            let read = slot.certificate();
            assert_eq!(told(read), certificate.unwrap_or(("", OtherCard)), "{quirk:?}");
            let signed = slot.sign(pin(PIN), KeyKind::P256, b"a message");
            assert_eq!(told(signed), sign, "{quirk:?}");
            assert_recording_is_good(&slot);
            card.remove();
        }
        // The other algorithm is one that this key has not.
        poll_through(&mut slot, Slot::Empty);
        let _card = insert(&pcscd, None);
        poll_through(&mut slot, Slot::Inserted);
        let error = slot.sign(pin(PIN), KeyKind::Rsa2048, b"a message").unwrap_err();
        assert_eq!(error.fault.code(), "refused", "{error}");
        assert!(error.to_string().starts_with("staff card slot (Virtual PCD 00 00): signing was refused"));
        assert_recording_is_good(&slot);
    });
}

#[test]
fn a_card_may_vanish_at_any_command_or_be_mute() {
    with_pcscd("a_card_may_vanish_at_any_command_or_be_mute", |pcscd| {
        let mut slot = StaffSlot::open(READER);
        for at in 1..=3 {
            poll_through(&mut slot, Slot::Empty);
            let card = insert(&pcscd, Some(Quirk::VanishesAt(at)));
            poll_through(&mut slot, Slot::Inserted);
            let error = slot.sign(pin(PIN), KeyKind::P256, b"a message").unwrap_err();
            let is_gone = matches!(error.fault, SlotFault::CardGone | SlotFault::CardUnreadable(_));
            assert!(is_gone && error.fault.next_step() == NextStep::InsertAgain, "at {at}: {error}");
            assert!(card.wait_until(SOON, |seen| seen.gone && seen.commands == at));
            assert_recording_is_good(&slot);
        }
        poll_through(&mut slot, Slot::Empty);
        let card = insert(&pcscd, Some(Quirk::Mute));
        poll_through(&mut slot, Slot::Mute);
        let error = slot.certificate().unwrap_err();
        assert!(matches!(error.fault, SlotFault::Mute), "{error}");
        card.remove();
        poll_through(&mut slot, Slot::Empty);
        let error = slot.certificate().unwrap_err();
        assert!(matches!(error.fault, SlotFault::NoCard), "{error}");
    });
}

#[test]
fn pcscd_may_be_restarted_hang_or_have_no_reader() {
    with_pcscd("pcscd_may_be_restarted_hang_or_have_no_reader", |mut pcscd| {
        let mut slot = StaffSlot::open("virtual pcd 00 00");
        let _card = insert(&pcscd, None);
        poll_through(&mut slot, Slot::Inserted);
        pcscd.kill();
        let error = slot.poll(SOON).unwrap_err();
        assert!(matches!(error.fault, SlotFault::NoService | SlotFault::ServiceLost), "{error}");
        assert!(matches!(slot.certificate().unwrap_err().fault, SlotFault::NoService));
        pcscd.start_without_reader().unwrap();
        poll_through(&mut slot, Slot::NoReader);
        let error = slot.certificate().unwrap_err();
        assert!(matches!(error.fault, SlotFault::NoReader), "{error}");
        assert_eq!(error.fault.next_step(), NextStep::PollAgain);
        pcscd.kill();
        pcscd.start_again().unwrap();
        let _card = insert(&pcscd, None);
        poll_through(&mut slot, Slot::Inserted);
        pcscd.freeze(true).unwrap();
        let begun = Instant::now();
        let error = slot.poll(Duration::ZERO).unwrap_err();
        assert!(matches!(error.fault, SlotFault::Hung { .. }), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        pcscd.freeze(false).unwrap();
        poll_through(&mut slot, Slot::Inserted);
        assert!(slot.certificate().is_ok());
    });
}

#[test]
fn other_programs_and_their_resets_are_lived_with() {
    with_pcscd("other_programs_and_their_resets_are_lived_with", |pcscd| {
        let mut slot = StaffSlot::open("");
        let _card = insert(&pcscd, None);
        poll_through(&mut slot, Slot::Inserted);
        let context = pcsc::Context::establish(pcsc::Scope::System).unwrap();
        let reader = c"Virtual PCD 00 00";
        let held = context.connect(reader, pcsc::ShareMode::Exclusive, pcsc::Protocols::ANY).unwrap();
        assert!(matches!(slot.certificate().unwrap_err().fault, SlotFault::Busy));
        held.disconnect(pcsc::Disposition::UnpowerCard).map_err(|(_, error)| error).unwrap();
        assert!(slot.certificate().is_ok());
        assert!(slot.sign(pin(PIN), KeyKind::P256, b"a message").is_ok());
    });
}

#[test]
fn a_pcscd_that_turns_us_away_is_told() {
    alone("a_pcscd_that_turns_us_away_is_told", |folder| {
        let _door = Impostor::start(&PcscDaemon::socket_in(&folder), Manner::TurnsAway).unwrap();
        let error = StaffSlot::open(READER).poll(SOON).unwrap_err();
        assert!(matches!(error.fault, SlotFault::NotPermitted), "{error}");
        assert_eq!(error.fault.next_step(), NextStep::OfficeCode);
    });
}
