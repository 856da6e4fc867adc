//! The chip by its bytes, and the card in a real pcscd by its own log.

use std::time::Duration;

use super::*;

/// SELECT of the application, as the reference writes it.
const SELECT: [u8; 20] = [
    0x00, 0xA4, 0x04, 0x00, 0x0F, 0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1,
    0xA3, 0xD5, 0xCF,
];

fn holder() -> Holder {
    Holder::sample("man").expect("the sample is a resident")
}

fn ask(chip: &mut Chip, command: &[u8]) -> Vec<u8> {
    chip.answer(command).expect("the card is there")
}

fn with_holder_file_open(quirk: Option<Quirk>) -> Chip {
    let mut chip = Chip::new(&holder());
    if let Some(quirk) = quirk {
        chip = chip.with(quirk);
    }
    let reply = ask(&mut chip, &SELECT);
    assert!(reply.ends_with(&[0x90, 0x00]) || reply == [0x61, 0x13] || reply == [0x61, 0x05], "{reply:02X?}");
    let p1 = if quirk == Some(Quirk::WantsP1Zero) { 0 } else { 2 };
    assert_eq!(ask(&mut chip, &[0x00, 0xA4, p1, 0x00, 0x02, 0xEF, 0x06]), [0x90, 0x00]);
    chip
}

#[test]
fn records_are_read_by_number_and_by_tag() {
    let mut chip = with_holder_file_open(None);
    let number = [&[0x08, 0x12], holder().number.as_bytes(), &[0x90, 0x00]].concat();
    assert_eq!(ask(&mut chip, &[0x00, 0xB2, 0x01, 0x04, 0x14]), number);
    assert_eq!(ask(&mut chip, &[0x00, 0xB2, 0x08, 0x00, 0x14]), number);
    let name = ask(&mut chip, &[0x00, 0xB2, 0x02, 0x04, 0x20]);
    // 张示范 in GBK
    assert_eq!(name[..8], [0x09, 0x1E, 0xD5, 0xC5, 0xCA, 0xBE, 0xB7, 0xB6]);
    assert_eq!(name[8..], [&[0x20; 24][..], &[0x90, 0x00]].concat());
    let birth = ask(&mut chip, &[0x00, 0xB2, 0x06, 0x04, 0x06]);
    assert_eq!(birth, [0x0D, 0x04, 0x19, 0x90, 0x03, 0x07, 0x90, 0x00]);
    assert_eq!(ask(&mut chip, &[0x00, 0xB2, 0x03, 0x04, 0x03]), [0x0A, 0x01, 0x1F, 0x90, 0x00]);
    assert_eq!(ask(&mut chip, &[0x00, 0xB2, 0x07, 0x04, 0x03]), [0x6A, 0x83]);
    assert_eq!(ask(&mut chip, &[0x00, 0xB2, 0x01, 0x04, 0x10]), [0x6C, 0x14]);
}

#[test]
fn nothing_is_read_before_it_is_selected() {
    let mut chip = Chip::new(&holder());
    assert_eq!(ask(&mut chip, &[0x00, 0xB2, 0x01, 0x04, 0x14]), [0x69, 0x85]);
    assert_eq!(ask(&mut chip, &[0x00, 0xA4, 0x02, 0x00, 0x02, 0xEF, 0x06]), [0x6A, 0x82]);
    assert_eq!(ask(&mut chip, &[0x00, 0x84, 0x00, 0x00, 0x08]), [0x6D, 0x00]);
    assert_eq!(ask(&mut chip, &[0x80, 0xCA, 0x00, 0x00, 0x00]), [0x6E, 0x00]);
    let mut chip = with_holder_file_open(None);
    chip.reset();
    assert_eq!(ask(&mut chip, &[0x00, 0xB2, 0x01, 0x04, 0x14]), [0x69, 0x85]);
}

#[test]
fn data_may_have_to_be_fetched_in_pieces() {
    let mut chip = with_holder_file_open(Some(Quirk::AnswersInPieces(5)));
    assert_eq!(ask(&mut chip, &[0x00, 0xB2, 0x06, 0x04, 0x06]), [0x61, 0x05]);
    assert_eq!(ask(&mut chip, &[0x00, 0xC0, 0x00, 0x00, 0x05]), [0x0D, 0x04, 0x19, 0x90, 0x03, 0x61, 0x01]);
    assert_eq!(ask(&mut chip, &[0x00, 0xC0, 0x00, 0x00, 0x01]), [0x07, 0x90, 0x00]);
    assert_eq!(ask(&mut chip, &[0x00, 0xC0, 0x00, 0x00, 0x01]), [0x69, 0x85]);
}

#[test]
fn quirks_change_what_they_say() {
    let mut chip = with_holder_file_open(Some(Quirk::CorrectsLe));
    assert_eq!(ask(&mut chip, &[0x00, 0xB2, 0x06, 0x04, 0x06]), [0x6C, 0x08]);
    let longer = ask(&mut chip, &[0x00, 0xB2, 0x06, 0x04, 0x08]);
    assert_eq!(longer, [0x0D, 0x04, 0x19, 0x90, 0x03, 0x07, 0x00, 0x00, 0x90, 0x00]);
    let mut chip = with_holder_file_open(Some(Quirk::ReadsOnlyByTag));
    assert_eq!(ask(&mut chip, &[0x00, 0xB2, 0x01, 0x04, 0x14]), [0x6A, 0x81]);
    let mut chip = with_holder_file_open(Some(Quirk::WantsP1Zero));
    assert_eq!(ask(&mut chip, &[0x00, 0xA4, 0x02, 0x00, 0x02, 0xEF, 0x06]), [0x6A, 0x86]);
    let mut chip = Chip::new(&holder()).with(Quirk::VanishesAt(2));
    assert!(chip.answer(&SELECT).is_some());
    assert!(chip.answer(&SELECT).is_none());
    assert_eq!(serde_json::from_str::<Quirk>(r#"{"vanishes_at":2}"#).expect("a quirk"), Quirk::VanishesAt(2));
    assert_eq!(serde_json::from_str::<Quirk>(r#""wants_p1_zero""#).expect("a quirk"), Quirk::WantsP1Zero);
    let mut chip = with_holder_file_open(Some(Quirk::WrongCheckDigit));
    let number = ask(&mut chip, &[0x00, 0xB2, 0x01, 0x04, 0x14]);
    assert_eq!(number[2..19], holder().number.as_bytes()[..17]);
    assert_ne!(number[19], holder().number.as_bytes()[17]);
}

#[test]
fn a_holder_is_checked_and_shows_nothing() {
    let text = br#"{"number":"11010519491231002X","name":"\u793a\u4f8b","sex":2,"nation":1}"#;
    let holder = Holder::from_json(text).expect("a holder");
    assert_eq!(format!("{holder:?}"), "Holder(redacted)");
    let wrong = br#"{"number":"11010519491231002","name":"\u793a\u4f8b"}"#;
    assert_eq!(Holder::from_json(wrong).expect_err("short"), HolderError::Field("number"));
    let typed = br#"{"number":11010519491231002,"name":"x"}"#;
    let said = Holder::from_json(typed).expect_err("a number").to_string();
    assert!(!said.contains("1949"), "{said}");
    assert!(Holder::sample("hong_kong").is_none());
    // Every resident of the samples fits a social-security card.
    for (name, card) in crate::cards::samples() {
        assert_eq!(Holder::of(&card).is_some(), card.kind() == crate::cards::Kind::Resident, "{name}");
        assert!(Holder::of(&card).is_none_or(|holder| holder.check().is_ok()), "{name}");
    }
}

#[test]
fn daemons_run_side_by_side_and_power_their_cards() {
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let mut daemons =
        folders.each_ref().map(|folder| PcscDaemon::start(folder.path()).expect("run `make setup`"));
    let patience = Duration::from_secs(20);
    for daemon in &mut daemons {
        let card = SocialCardEmulator::insert(daemon.port(), Chip::new(&holder())).expect("the slot waits");
        assert!(card.wait_until(patience, |seen| seen.power_ups > 0));
        daemon.kill();
        assert!(!daemon.is_running());
        assert!(card.wait_until(patience, |seen| seen.gone));
        daemon.start_again().expect("it starts again");
        let card = SocialCardEmulator::insert(daemon.port(), Chip::new(&holder())).expect("the slot waits");
        assert!(card.wait_until(patience, |seen| seen.power_ups > 0));
    }
}
