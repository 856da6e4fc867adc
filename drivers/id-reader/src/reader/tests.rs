//! Whole sessions against a scripted link.

use link::ScriptedLink;

use super::*;
use crate::document::tests::specimen;
use crate::frame::{self, FrameFault};
use crate::{NextStep, Refusal};

pub(crate) fn reply(status: u8) -> Vec<u8> {
    frame::reply([0, 0], status, &[])
}

pub(crate) fn found() -> Vec<u8> {
    frame::reply([0, 0], 0x9F, &[0; 4])
}

pub(crate) fn selected() -> Vec<u8> {
    frame::reply([0, 0], 0x90, &[0; 8])
}

/// The reply to 30 01 with this record and a photo.
pub(crate) fn record_reply(text: &[u8]) -> Vec<u8> {
    let lengths = [u16::try_from(text.len()).unwrap().to_be_bytes(), 1024_u16.to_be_bytes()];
    frame::reply([0, 0], 0x90, &[&lengths.concat(), text, &[0xD7; 1024]].concat())
}

/// A script that begins with the status a new reader asks for.
fn script() -> ScriptedLink {
    ScriptedLink::new("script").silence().asked(Command::SamStatus, &reply(0x90))
}

trait Script {
    fn asked(self, command: Command, reply: &[u8]) -> Self;
    fn recovered(self) -> Self;
}

impl Script for ScriptedLink {
    fn asked(self, command: Command, reply: &[u8]) -> Self {
        self.expect(&command.frame()).answer(reply)
    }

    /// What follows a damaged reply: silence, then the status.
    fn recovered(self) -> Self {
        self.silence().asked(Command::SamStatus, &reply(0x90))
    }
}

/// Runs a script and sees to it that all of it was played.
fn play<T>(
    script: ScriptedLink,
    probe: PresenceProbe,
    act: impl FnOnce(&mut Reader<ScriptedLink>) -> T,
) -> T {
    let profile = Profile { presence_probe: probe, ..Profile::generic() };
    let mut reader = Reader::new(script, profile);
    let result = act(&mut reader);
    assert!(reader.buffer.is_clean(), "nothing of a reply stays behind");
    let link = reader.into_link();
    assert!(link.is_finished(), "left of the script: {link:?}");
    result
}

fn read_fault(script: ScriptedLink) -> ReaderFault {
    play(script, PresenceProbe::None, |reader| reader.read().unwrap_err().fault)
}

#[test]
fn a_whole_session() {
    let script = script()
        .asked(Command::FindCard, &reply(0x80))
        .asked(Command::FindCard, &found())
        .asked(Command::SelectCard, &selected())
        .expect(&Command::ReadTextAndPhoto.frame())
        .answer_in_pieces(&record_reply(&specimen()), 64)
        .asked(Command::ReadNewestAddress, &reply(0x91))
        .asked(Command::ReadCardManagementNumber, &frame::reply([0, 0], 0x90, &[7; 28]))
        .asked(Command::FindCard, &reply(0x80))
        .asked(Command::ReadCardManagementNumber, &reply(0x41));
    play(script, PresenceProbe::CardManagementNumber, |reader| {
        assert_eq!(reader.poll().unwrap(), Poll::NoCard);
        assert_eq!(reader.poll().unwrap(), Poll::Found);
        let document = reader.read().unwrap();
        assert_eq!(document.number(), "11010519491231002X");
        assert!(reader.appended_addresses().unwrap().is_empty());
        assert_eq!(reader.probe_presence(), Presence::Present);
        assert_eq!(reader.poll().unwrap(), Poll::NoCard, "read, and not lifted yet");
        assert_eq!(reader.probe_presence(), Presence::Absent);
    });
}

#[test]
fn the_reply_to_a_read_begins_as_published() {
    let reply = record_reply(&specimen());
    let head = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 5, 8, 0, 0, 0x90, 1, 0, 4, 0];
    assert_eq!(reply[..14], head);
    assert_eq!(reply.len(), 1295);
}

#[test]
fn appended_addresses_are_read() {
    let address: Vec<u8> =
        format!("{:<35}", "嘉定区样本路3号").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let script = script().asked(Command::ReadNewestAddress, &frame::reply([0, 0], 0x90, &address));
    let addresses = play(script, PresenceProbe::None, |reader| reader.appended_addresses().unwrap());
    assert_eq!(addresses.len(), 1);
    assert_eq!(addresses[0].as_str(), "嘉定区样本路3号");
}

#[test]
fn the_identifier_is_asked_for() {
    let mut data = vec![5, 0, 3, 0];
    for field in [20_160_101_u32, 12_345_678, 123_456_789] {
        data.extend_from_slice(&field.to_le_bytes());
    }
    let script = script().asked(Command::SamIdentifier, &frame::reply([0, 0], 0x90, &data));
    let identifier = play(script, PresenceProbe::None, |reader| reader.identifier().unwrap());
    assert_eq!(identifier.to_string(), "05.03-20160101-0012345678-0123456789");
}

#[test]
fn a_card_with_and_without_fingerprint_reads_alike() {
    for length in [0, 1024_u16] {
        let lengths = [256_u16, 1024, length].map(u16::to_be_bytes).concat();
        let fingerprint = vec![0xF1; usize::from(length)];
        let data = [&lengths[..], &specimen(), &[0xD7; 1024], &fingerprint].concat();
        let command = Command::ReadTextPhotoAndFingerprint;
        let reply = frame::reply([0, 0], 0x90, &data);
        assert_eq!(reply.len(), 1_297 + usize::from(length), "as published");
        let script = script().asked(Command::SelectCard, &selected()).asked(command, &reply);
        let document = play(script, PresenceProbe::None, |reader| reader.read_with_fingerprint().unwrap());
        assert_eq!(document.number(), "11010519491231002X");
    }
}

#[test]
fn the_card_management_number_is_read() {
    let command = Command::ReadCardManagementNumber;
    for (reply, there) in [(frame::reply([0, 0], 0x90, &[7; 28]), true), (reply(0x91), false)] {
        let script = script().asked(command, &reply);
        let number = play(script, PresenceProbe::None, |reader| reader.card_management_number().unwrap());
        assert_eq!(number.is_some_and(|n| n.as_bytes() == [7; 28]), there);
    }
    let script = script().asked(command, &frame::reply([0, 0], 0x90, &[7; 27]));
    let error = play(script, PresenceProbe::None, |reader| reader.card_management_number().unwrap_err());
    assert!(matches!(error.fault, ReaderFault::MalformedRecord(_)), "{error}");
}

#[test]
fn line_and_radio_are_set() {
    let script = script()
        .asked(Command::SetMaxRfFrame(0x50), &reply(0x90))
        .asked(Command::SetBaud(Baud::B57600), &reply(0x10))
        .asked(Command::SetBaud(Baud::B57600), &reply(0x90))
        // After a change of speed the line is drained, and the status asked at the new one.
        .recovered()
        .asked(Command::SetMaxRfFrame(0x58), &reply(0x21));
    play(script, PresenceProbe::None, |reader| {
        reader.set_max_rf_frame(0x50).unwrap();
        reader.set_speed(Baud::B57600).unwrap();
        let refused = reader.set_max_rf_frame(0x58).unwrap_err();
        assert!(matches!(refused.fault, ReaderFault::Refused { command: Command::SetMaxRfFrame(0x58), .. }));
    });
}

#[test]
fn a_line_out_of_step_is_resynchronised() {
    let script = script().answer(b"late").silence().asked(Command::SamStatus, &reply(0x90));
    play(script, PresenceProbe::None, |reader| {
        reader.status().unwrap();
        reader.resynchronise().unwrap();
    });
}

#[test]
fn stray_bytes_from_before_are_thrown_away() {
    let script = ScriptedLink::new("script")
        .answer(&found())
        .answer(b"noise")
        .silence()
        .asked(Command::SamStatus, &reply(0x90))
        .asked(Command::FindCard, &reply(0x80));
    let poll = play(script, PresenceProbe::None, |reader| reader.poll().unwrap());
    assert_eq!(poll, Poll::NoCard);
}

#[test]
fn a_module_that_cannot_work_says_why() {
    type Told = fn(&ReaderFault) -> bool;
    let table: [(u8, Told); 2] = [
        (0x66, |f| matches!(f, ReaderFault::SamNotAuthorised)),
        (0x60, |f| matches!(f, ReaderFault::SelfTestFailed)),
    ];
    for (status, told) in table {
        let script = ScriptedLink::new("script")
            .silence()
            .asked(Command::SamStatus, &reply(status))
            // asked again by the next operation
            .asked(Command::SamStatus, &reply(0x90))
            .asked(Command::FindCard, &reply(0x80));
        play(script, PresenceProbe::None, |reader| {
            let error = reader.poll().unwrap_err();
            assert!(told(&error.fault), "{error}");
            assert_eq!(error.fault.next_step(), NextStep::CallStaff);
            assert_eq!(reader.poll().unwrap(), Poll::NoCard);
        });
    }
}

#[test]
fn a_module_not_ready_is_asked_again() {
    let script = ScriptedLink::new("script")
        .silence()
        .asked(Command::SamStatus, &reply(0x24))
        .asked(Command::SamStatus, &reply(0x23))
        .asked(Command::SamStatus, &reply(0x90));
    play(script, PresenceProbe::None, |reader| reader.status().unwrap());
}

#[test]
fn a_reset_is_followed_by_the_status() {
    let script = script()
        .asked(Command::ResetSam, &reply(0x90))
        .asked(Command::SamStatus, &reply(0x90))
        .asked(Command::FindCard, &reply(0x80));
    play(script, PresenceProbe::None, |reader| {
        reader.status().unwrap();
        reader.reset().unwrap();
        assert_eq!(reader.poll().unwrap(), Poll::NoCard);
    });
}

#[test]
fn a_card_that_moved_is_found_and_read_again() {
    let script = script()
        .asked(Command::SelectCard, &selected())
        .asked(Command::ReadTextAndPhoto, &reply(0x41))
        .asked(Command::FindCard, &found())
        .asked(Command::SelectCard, &reply(0x81))
        .asked(Command::FindCard, &reply(0x80))
        .asked(Command::SelectCard, &selected())
        .asked(Command::ReadTextAndPhoto, &record_reply(&specimen()));
    let document = play(script, PresenceProbe::None, |reader| reader.read().unwrap());
    assert!(matches!(document, Document::Resident(_)));
}

#[test]
fn a_card_that_keeps_moving_is_given_up_after_three_tries() {
    let once = |script: ScriptedLink| {
        script.asked(Command::SelectCard, &selected()).asked(Command::ReadTextAndPhoto, &reply(0x41))
    };
    let twice = once(once(script()).asked(Command::FindCard, &found()));
    let thrice = once(twice.asked(Command::FindCard, &found()));
    let fault = read_fault(thrice);
    assert!(matches!(fault, ReaderFault::CardUnreadable(Sw3::ReadFailed)), "{fault}");
    assert_eq!(fault.next_step(), NextStep::KeepCardStill);
}

#[test]
fn faults_of_the_card_are_not_tried_again() {
    type Told = fn(&ReaderFault) -> bool;
    let table: [(u8, Told); 5] = [
        (0x40, |f| matches!(f, ReaderFault::CardTypeUnknown)),
        (0x31, |f| {
            let by = Refusal::CardRejectedSam;
            matches!(f, ReaderFault::Authentication { by: b, card_words: [0, 0] } if *b == by)
        }),
        (0x32, |f| {
            let by = Refusal::SamRejectedCard;
            matches!(f, ReaderFault::Authentication { by: b, .. } if *b == by)
        }),
        (0x33, |f| matches!(f, ReaderFault::Unverified(_))),
        (0x21, |f| matches!(f, ReaderFault::Refused { command: Command::ReadTextAndPhoto, .. })),
    ];
    for (status, told) in table {
        let script =
            script().asked(Command::SelectCard, &selected()).asked(Command::ReadTextAndPhoto, &reply(status));
        let fault = read_fault(script);
        assert!(told(&fault), "{status:02X}: {fault}");
    }
}

#[test]
fn a_wrong_record_is_told_and_not_tried_again() {
    let mut wrong_digit = specimen();
    wrong_digit[122 + 34] = b'1';
    let mut wrong_date = specimen();
    wrong_date[36 + 8] = b'9';
    let truncated = specimen()[..200].to_vec();
    type Told = fn(&ReaderFault) -> bool;
    let table: [(Vec<u8>, Told); 3] = [
        (wrong_digit, |f| matches!(f, ReaderFault::WrongCheckDigit)),
        (wrong_date, |f| f.to_string().contains("“date of birth”")),
        (truncated, |f| matches!(f, ReaderFault::MalformedRecord(_))),
    ];
    for (record, told) in table {
        let script = script()
            .asked(Command::SelectCard, &selected())
            .asked(Command::ReadTextAndPhoto, &record_reply(&record));
        let fault = read_fault(script);
        assert!(told(&fault), "{fault}");
        assert_eq!(fault.next_step(), NextStep::OtherDocument);
    }
}

#[test]
fn a_damaged_reply_is_recovered_from_and_the_card_selected_anew() {
    let whole = record_reply(&specimen());
    let mut damaged = whole.clone();
    damaged[600] ^= 0x10;
    // A checksum that is wrong, with a tail that must be drained; then a reply that breaks off.
    let script = script()
        .asked(Command::SelectCard, &selected())
        .asked(Command::ReadTextAndPhoto, &damaged)
        .answer(b"tail")
        .recovered()
        .asked(Command::SelectCard, &selected())
        .asked(Command::ReadTextAndPhoto, &whole[..700])
        .silence()
        .recovered()
        .asked(Command::SelectCard, &selected())
        .asked(Command::ReadTextAndPhoto, &whole);
    let document = play(script, PresenceProbe::None, |reader| reader.read().unwrap());
    assert_eq!(document.number(), "11010519491231002X");
}

#[test]
fn damage_that_does_not_end_is_given_up() {
    let mut damaged = found();
    damaged[11] ^= 1;
    let script = script()
        .asked(Command::FindCard, &damaged)
        .recovered()
        .asked(Command::FindCard, &damaged)
        .recovered()
        .asked(Command::FindCard, &damaged);
    let fault = play(script, PresenceProbe::None, |reader| reader.poll().unwrap_err().fault);
    assert!(matches!(fault, ReaderFault::Garbled(FrameFault::Checksum)), "{fault}");
}

#[test]
fn a_request_that_came_damaged_is_sent_again_at_once() {
    let script = script()
        .asked(Command::FindCard, &reply(0x10))
        .asked(Command::FindCard, &reply(0x11))
        .asked(Command::FindCard, &found());
    let poll = play(script, PresenceProbe::None, |reader| reader.poll().unwrap());
    assert_eq!(poll, Poll::Found);
}

#[test]
fn a_find_that_fails_otherwise_is_tried_again_after_the_status() {
    let script = script()
        .asked(Command::FindCard, &reply(0x23))
        .asked(Command::SamStatus, &reply(0x90))
        .asked(Command::FindCard, &found());
    let poll = play(script, PresenceProbe::None, |reader| reader.poll().unwrap());
    assert_eq!(poll, Poll::Found);
}

#[test]
fn a_silent_module_is_told_and_its_late_answer_thrown_away() {
    let script = script()
        .expect(&Command::FindCard.frame())
        .silence()
        .answer(&found())
        .silence()
        .asked(Command::SamStatus, &reply(0x90))
        .asked(Command::FindCard, &reply(0x80));
    play(script, PresenceProbe::None, |reader| {
        let error = reader.poll().unwrap_err();
        assert!(matches!(error.fault, ReaderFault::NoAnswer { command: Command::FindCard, .. }));
        assert_eq!(error.reader, "generic on script");
        assert_eq!(reader.poll().unwrap(), Poll::NoCard);
    });
}

#[test]
fn a_hang_up_asks_for_a_new_link() {
    let script = script()
        .asked(Command::SelectCard, &selected())
        .expect(&Command::ReadTextAndPhoto.frame())
        .answer(&record_reply(&specimen())[..300])
        .hang_up();
    let fault = read_fault(script);
    assert!(matches!(fault, ReaderFault::Link(LinkError::HungUp)), "{fault}");
    assert_eq!(fault.next_step(), NextStep::Reopen);
}

#[test]
fn a_stalled_link_is_a_fault_of_the_link() {
    let script = ScriptedLink::new("script").silence().stall();
    let fault = play(script, PresenceProbe::None, |reader| reader.poll().unwrap_err().fault);
    assert!(matches!(fault, ReaderFault::Link(LinkError::Timeout { .. })), "{fault}");
}

#[test]
fn presence_is_what_the_profiles_probe_tells() {
    use Presence::{Absent, Present, Unknown};
    use PresenceProbe::{CardManagementNumber, ReselectAndRead};
    for (probe, command) in
        [(ReselectAndRead, Command::SelectCard), (CardManagementNumber, Command::ReadCardManagementNumber)]
    {
        for (status, presence) in [
            (0x90, Present),
            (0x91, Present),
            (0x41, Absent),
            (0x81, Absent),
            (0x80, Absent),
            (0x10, Unknown),
            (0x21, Unknown),
            (0x23, Unknown),
            (0x24, Unknown),
            (0x40, Unknown),
            (0x60, Unknown),
            (0x66, Unknown),
            (0xAB, Unknown),
        ] {
            let script = script().asked(command, &reply(status));
            let told = play(script, probe, |reader| reader.probe_presence());
            assert_eq!(told, presence, "{command:?} {status:02X}");
        }
    }
    let nothing_asked = ScriptedLink::new("script");
    let told = play(nothing_asked, PresenceProbe::None, |reader| reader.probe_presence());
    assert_eq!(told, Unknown);
}

#[test]
fn presence_is_unknown_when_the_line_fails() {
    let probe = PresenceProbe::CardManagementNumber;
    let command = Command::ReadCardManagementNumber;
    let mut damaged = reply(0x90);
    damaged[10] ^= 1;
    for script in [
        script().asked(command, &damaged),
        script().expect(&command.frame()).silence(),
        script().expect(&command.frame()).hang_up(),
        script().expect(&command.frame()).answer(&reply(0x90)[..6]).silence(),
    ] {
        let told = play(script, probe, |reader| reader.probe_presence());
        assert_eq!(told, Presence::Unknown);
    }
}
