//! The file logic against scripted APDUs: byte vectors of the file structure, and what cards do instead.

use std::collections::VecDeque;

use super::*;
use crate::NextStep;

/// Expects these commands in this order and gives these replies.
struct Script(VecDeque<Step>);

/// A command, and the reply to it.
type Step = (Vec<u8>, Result<Vec<u8>, SlotFault>);

impl Script {
    fn new() -> Self {
        Self(VecDeque::new())
    }

    fn on(mut self, command: &[u8], reply: &[u8]) -> Self {
        self.0.push_back((command.to_vec(), Ok(reply.to_vec())));
        self
    }

    fn fails(mut self, command: &[u8], fault: SlotFault) -> Self {
        self.0.push_back((command.to_vec(), Err(fault)));
        self
    }

    fn read(mut self) -> Result<SocialCard, SlotFault> {
        let outcome = read_card(&mut self);
        assert!(self.0.is_empty(), "{} commands were not sent", self.0.len());
        outcome
    }
}

impl Exchange for Script {
    fn transmit(&mut self, command: &[u8], reply: &mut Vec<u8>) -> Result<(), SlotFault> {
        assert!(reply.is_empty() && reply.capacity() >= 258);
        let (expected, answer) = self.0.pop_front().unwrap_or_else(|| panic!("{command:02X?} is too much"));
        assert_eq!(command, expected, "{command:02X?}, not {expected:02X?}");
        answer.map(|bytes| reply.extend_from_slice(&bytes))
    }

    fn renew(&mut self) -> Result<(), SlotFault> {
        Ok(())
    }
}

const OK: [u8; 2] = [0x90, 0x00];
const SELECT: [u8; 20] = [
    0x00, 0xA4, 0x04, 0x00, 0x0F, 0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1,
    0xA3, 0xD5, 0xCF,
];
const EF05: [u8; 7] = [0x00, 0xA4, 0x02, 0x00, 0x02, 0xEF, 0x05];
const EF06: [u8; 7] = [0x00, 0xA4, 0x02, 0x00, 0x02, 0xEF, 0x06];
const NUMBER: &[u8; 18] = b"11010519491231002X";

/// 李四, padded with 00.
fn name() -> Vec<u8> {
    let mut name = vec![0xC0, 0xEE, 0xCB, 0xC4];
    name.resize(30, 0);
    name
}

fn reply(tag: u8, value: &[u8]) -> Vec<u8> {
    [&[tag, u8::try_from(value.len()).unwrap()], value, &OK].concat()
}

/// The rest of EF06 after the name, then EF05, of a plain card.
fn rest(script: Script) -> Script {
    script
        .on(&[0x00, 0xB2, 0x03, 0x04, 0x03], &reply(0x0A, &[0x1F]))
        .on(&[0x00, 0xB2, 0x04, 0x04, 0x03], &reply(0x0B, &[0x01]))
        .on(&[0x00, 0xB2, 0x05, 0x04, 0x05], &reply(0x0C, &[0x11, 0x01, 0x05]))
        .on(&[0x00, 0xB2, 0x06, 0x04, 0x06], &reply(0x0D, &[0x19, 0x49, 0x12, 0x31]))
        .on(&EF05, &OK)
        .on(&[0x00, 0xB2, 0x01, 0x04, 0x12], &reply(0x01, &[0x12; 16]))
        .on(&[0x00, 0xB2, 0x02, 0x04, 0x03], &reply(0x02, &[0x01]))
        .on(&[0x00, 0xB2, 0x03, 0x04, 0x06], &reply(0x03, b"2.00"))
        .on(&[0x00, 0xB2, 0x04, 0x04, 0x0E], &reply(0x04, &[0x91; 12]))
        .on(&[0x00, 0xB2, 0x05, 0x04, 0x06], &reply(0x05, &[0x20, 0x15, 0x01, 0x01]))
        .on(&[0x00, 0xB2, 0x06, 0x04, 0x06], &reply(0x06, &[0x20, 0x25, 0x01, 0x01]))
        .on(&[0x00, 0xB2, 0x07, 0x04, 0x0B], &reply(0x07, b"A1234567X"))
}

fn assert_is_whole(card: &SocialCard) {
    assert_eq!(card.number.as_str().as_bytes(), NUMBER);
    assert_eq!(card.name.as_str(), "李四");
    assert_eq!(card.name.raw(), name());
    assert!(card.sex == Some(Sex::Male));
    assert_eq!(card.ethnic_group.as_ref().map(EthnicGroup::code), Some(1));
    assert_eq!(card.birthplace.as_ref().map(Code::as_str), Some("110105"));
    assert_eq!(card.birth.as_ref().map(Date::as_digits), Some("19491231"));
    let issue = &card.issue;
    assert_eq!(issue.identification.as_ref().map(Code::as_str), Some("12".repeat(16).as_str()));
    assert_eq!(issue.category, Some(1));
    assert_eq!(issue.version.as_ref().map(Code::as_str), Some("2.00"));
    assert_eq!(issue.organisation.as_ref().map(Code::as_str), Some("91".repeat(12).as_str()));
    assert_eq!(issue.issued.as_ref().map(Date::as_digits), Some("20150101"));
    assert_eq!(issue.valid_until.as_ref().map(Date::as_digits), Some("20250101"));
    assert_eq!(issue.card_number.as_ref().map(Code::as_str), Some("A1234567X"));
    assert!(!issue.has_expired(2025, 1, 1) && issue.has_expired(2025, 1, 2));
}

#[test]
fn a_plain_card_is_read_whole() {
    let script = Script::new()
        .on(&SELECT, &[&[0x6F, 0x02, 0x84, 0x00][..], &OK].concat())
        .on(&EF06, &OK)
        .on(&[0x00, 0xB2, 0x01, 0x04, 0x14], &reply(0x08, NUMBER))
        .on(&[0x00, 0xB2, 0x02, 0x04, 0x20], &reply(0x09, &name()));
    let card = rest(script).read().unwrap();
    assert_is_whole(&card);
    assert_eq!(format!("{card:?} {:?}", card.issue), "SocialCard(redacted) Issue(redacted)");
}

#[test]
fn rounds_that_answers_take_are_gone() {
    let record = reply(0x08, NUMBER);
    let script = Script::new()
        .on(&SELECT, &[0x61, 0x24])
        .on(&EF06, &[0x61, 0x10])
        // the record in two pieces
        .on(&[0x00, 0xB2, 0x01, 0x04, 0x14], &[0x61, 0x08])
        .on(&[0x00, 0xC0, 0x00, 0x00, 0x08], &[&record[..8], &[0x61, 0x0C]].concat())
        .on(&[0x00, 0xC0, 0x00, 0x00, 0x0C], &record[8..])
        // another Le, then to be fetched, with another Le again
        .on(&[0x00, 0xB2, 0x02, 0x04, 0x20], &[0x6C, 0x22])
        .on(&[0x00, 0xB2, 0x02, 0x04, 0x22], &[0x61, 0x22])
        .on(&[0x00, 0xC0, 0x00, 0x00, 0x22], &[0x6C, 0x20])
        .on(&[0x00, 0xC0, 0x00, 0x00, 0x20], &reply(0x09, &name()));
    assert_is_whole(&rest(script).read().unwrap());
}

#[test]
fn other_ways_of_selecting_and_reading_are_tried_and_kept() {
    let by_type = |file| [0x00, 0xA4, 0x00, 0x00, 0x02, 0xEF, file];
    let mut script = Script::new()
        .on(&SELECT, &OK)
        .on(&EF06, &[0x6A, 0x86])
        .on(&by_type(0x06), &OK)
        .on(&[0x00, 0xB2, 0x01, 0x04, 0x14], &[0x6A, 0x81])
        .on(&[0x00, 0xB2, 0x08, 0x00, 0x14], &reply(0x08, NUMBER))
        .on(&[0x00, 0xB2, 0x09, 0x00, 0x20], &reply(0x09, &name()));
    for (tag, value) in
        [(0x0A, &[0x31][..]), (0x0B, &[0x01]), (0x0C, &[0x11, 0x01, 0x05]), (0x0D, &[0x19, 0x49, 0x12, 0x31])]
    {
        let le = u8::try_from(value.len()).unwrap() + 2;
        script = script.on(&[0x00, 0xB2, tag, 0x00, le], &reply(tag, value));
    }
    script = script.on(&by_type(0x05), &OK);
    for (tag, value) in [
        (0x01, &[0x12; 16][..]),
        (0x02, &[0x01]),
        (0x03, b"2.00"),
        (0x04, &[0x91; 12]),
        (0x05, &[0x20, 0x15, 0x01, 0x01]),
        (0x06, &[0x20, 0x25, 0x01, 0x01]),
        (0x07, b"A1234567X"),
    ] {
        let le = u8::try_from(value.len()).unwrap() + 2;
        script = script.on(&[0x00, 0xB2, tag, 0x00, le], &reply(tag, value));
    }
    assert_is_whole(&script.read().unwrap());
}

#[test]
fn what_a_card_lacks_or_leaves_blank_is_none() {
    let mut script = Script::new()
        .on(&SELECT, &OK)
        .on(&EF06, &OK)
        .on(&[0x00, 0xB2, 0x01, 0x04, 0x14], &reply(0x08, NUMBER))
        .on(&[0x00, 0xB2, 0x02, 0x04, 0x20], &reply(0x09, &name()))
        .on(&[0x00, 0xB2, 0x03, 0x04, 0x03], &reply(0x0A, &[0xFF]))
        .on(&[0x00, 0xB2, 0x04, 0x04, 0x03], &reply(0x0B, &[0x00]))
        .on(&[0x00, 0xB2, 0x05, 0x04, 0x05], &reply(0x0C, &[0xFF; 3]));
    // no such record, neither way
    script = script
        .on(&[0x00, 0xB2, 0x06, 0x04, 0x06], &[0x6A, 0x83])
        .on(&[0x00, 0xB2, 0x0D, 0x00, 0x06], &[0x6A, 0x83]);
    script = script.on(&EF05, &[0x6A, 0x82]).on(&[0x00, 0xA4, 0x00, 0x00, 0x02, 0xEF, 0x05], &[0x6A, 0x82]);
    let card = script.read().unwrap();
    assert!(card.sex.is_none() && card.ethnic_group.is_none() && card.birthplace.is_none());
    assert!(card.birth.is_none() && card.issue.valid_until.is_none());
    assert!(!card.issue.has_expired(9999, 12, 31));
}

#[test]
fn what_goes_wrong_is_told_apart() {
    let opened = || Script::new().on(&SELECT, &OK).on(&EF06, &OK);
    let by_number = [0x00, 0xB2, 0x01, 0x04, 0x14];
    let by_tag = [0x00, 0xB2, 0x08, 0x00, 0x14];
    let reading = |bytes: &[u8]| opened().on(&by_number, bytes);
    let mut wrong = *NUMBER;
    wrong[17] = b'1';
    let mut letter = *NUMBER;
    letter[3] = b'A';
    let name_too = |bytes: &[u8]| reading(&reply(0x08, NUMBER)).on(&[0x00, 0xB2, 0x02, 0x04, 0x20], bytes);
    for (script, code, step) in [
        (Script::new().on(&SELECT, &[0x6A, 0x82]), "other-card", NextStep::OtherDocument),
        (Script::new().on(&SELECT, &[0x69, 0x85]), "refused", NextStep::OtherDocument),
        (Script::new().on(&SELECT, &[0x6C, 0x00]), "refused", NextStep::OtherDocument),
        (Script::new().on(&SELECT, &[0x6F, 0x00]), "refused", NextStep::InsertAgain),
        (Script::new().on(&SELECT, &[]), "card-gone", NextStep::InsertAgain),
        (Script::new().on(&SELECT, &[0x90]), "half-answer", NextStep::InsertAgain),
        (Script::new().on(&SELECT, &[0x90; 259]), "answer-too-long", NextStep::OtherDocument),
        (
            Script::new()
                .on(&SELECT, &OK)
                .fails(&EF06, SlotFault::CardReset)
                .on(&SELECT, &OK)
                .fails(&EF06, SlotFault::CardReset),
            "card-reset",
            NextStep::CallStaff,
        ),
        (
            Script::new()
                .on(&SELECT, &OK)
                .on(&EF06, &[0x6A, 0x82])
                .on(&[0x00, 0xA4, 0x00, 0x00, 0x02, 0xEF, 0x06], &[0x6A, 0x86]),
            "refused",
            NextStep::OtherDocument,
        ),
        (reading(&[0x69, 0x82]).on(&by_tag, &[0x69, 0x82]), "refused", NextStep::OtherDocument),
        (reading(&reply(0x08, &wrong)), "wrong-check-digit", NextStep::OtherDocument),
        (reading(&reply(0x08, &letter)), "malformed", NextStep::OtherDocument),
        (reading(&reply(0x08, &NUMBER[..17])), "malformed", NextStep::OtherDocument),
        (reading(&[0x08, 0x12, 0x31, 0x90, 0x00]), "malformed", NextStep::OtherDocument),
        (reading(&OK).on(&by_tag, &OK), "malformed", NextStep::OtherDocument),
        (
            reading(&[0xA5, 0xA5, 0x90, 0x00]).on(&by_tag, &[0xA5, 0xA5, 0x90, 0x00]),
            "malformed",
            NextStep::OtherDocument,
        ),
        (reading(&[]), "card-gone", NextStep::InsertAgain),
        (name_too(&reply(0x09, &[0; 30])), "malformed", NextStep::OtherDocument),
        (name_too(&[]), "card-gone", NextStep::InsertAgain),
    ] {
        let fault = script.read().unwrap_err();
        assert_eq!((fault.code(), fault.next_step()), (code, step), "{fault}");
    }
}

#[test]
fn an_answer_without_end_is_left() {
    struct Endless(usize);
    impl Exchange for Endless {
        fn transmit(&mut self, command: &[u8], reply: &mut Vec<u8>) -> Result<(), SlotFault> {
            self.0 += 1;
            reply.extend(if command[1] == 0xA4 { &OK[..] } else { &[0x00, 0x61, 0x01] });
            Ok(())
        }

        fn renew(&mut self) -> Result<(), SlotFault> {
            Ok(())
        }
    }
    let mut card = Endless(0);
    let fault = read_card(&mut card).unwrap_err();
    assert_eq!(fault.code(), "endless-answer");
    assert!(card.0 < 100, "{} commands", card.0);
    struct Flooding;
    impl Exchange for Flooding {
        fn transmit(&mut self, command: &[u8], reply: &mut Vec<u8>) -> Result<(), SlotFault> {
            let flood = [&[0x55; 256][..], &[0x61, 0x00]].concat();
            reply.extend_from_slice(if command[1] == 0xA4 { &OK } else { &flood });
            Ok(())
        }

        fn renew(&mut self) -> Result<(), SlotFault> {
            Ok(())
        }
    }
    assert_eq!(read_card(&mut Flooding).unwrap_err().code(), "answer-too-long");
}
