//! Recorded exchanges, good and bad, played again.

use link::ScriptedLink;
use link::record::{Recorded, Recorder, Transcript};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::document::tests::{LAYOUTS, record, specimen};
use crate::reader::tests::{found, record_reply, reply, selected};
use crate::{CardRedactor, Command, frame, fuzz};

type Session = fn(&mut Reader<Recorded<ScriptedLink>>);

fn asked(script: ScriptedLink, command: Command, reply: &[u8]) -> ScriptedLink {
    script.expect(&command.frame()).answer_in_pieces(reply, 60)
}

fn ready() -> ScriptedLink {
    asked(ScriptedLink::new("serial /dev/x").silence(), Command::SamStatus, &reply(0x90))
}

/// Records a session, writes it out, reads that and plays it.
fn played(script: ScriptedLink, session: Session) -> (String, Transcript) {
    let recorder = Recorder::new(DRIVER, "sam-v-cmn", CardRedactor::default());
    let link = Recorded::new(script, recorder.clone());
    let mut reader = Reader::new(link, Profile::for_model("sam-v-cmn"));
    session(&mut reader);
    let text = recorder.snapshot("test").to_string();
    let recording = Recording::parse(&text).unwrap();
    let transcript = replay(&recording).unwrap_or_else(|difference| panic!("{difference}\n{text}"));
    (text, transcript)
}

fn outcomes(transcript: &Transcript) -> Vec<&str> {
    transcript.calls.iter().map(|call| call.outcome.as_deref().unwrap_or("?")).collect()
}

#[test]
fn good_reads_of_all_four_layouts() {
    let documents = ["Resident", "HmtResidence", "ForeignPermanent2017", "ForeignPermanent2023"];
    for (fields, document) in LAYOUTS.into_iter().zip(documents) {
        let address: Vec<u8> =
            format!("{:<35}", "嘉定区甲路12号").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let script = asked(ready(), Command::FindCard, &frame::reply([0, 0], 0x9F, &[9; 4]));
        let script = asked(script, Command::SelectCard, &frame::reply([0, 0], 0x90, &[8; 8]));
        let script = asked(script, Command::ReadTextAndPhoto, &record_reply(&record(fields)));
        let script = asked(script, Command::ReadNewestAddress, &frame::reply([0, 0], 0x90, &address));
        let script = asked(script, Command::ReadCardManagementNumber, &frame::reply([0, 0], 0x90, &[7; 28]));
        let (text, transcript) = played(script, |reader| {
            reader.poll().unwrap();
            reader.read().unwrap();
            assert_eq!(reader.appended_addresses().unwrap()[0].as_str(), "嘉定区甲路12号");
            reader.probe_presence();
        });
        let read = format!("{document}(redacted)");
        assert_eq!(outcomes(&transcript), ["Found", &read, "1 addresses", "Present"]);
        // Nothing of the card: neither its fields as they cross the line nor as digits.
        let flat = text.replace('\n', " ");
        for (_, field) in
            fields.iter().filter(|(_, text)| text.chars().count() > 3 && !text.starts_with("00"))
        {
            let hex: Vec<String> =
                field.encode_utf16().flat_map(u16::to_le_bytes).map(|b| format!("{b:02X}")).collect();
            assert!(!flat.contains(&hex.join(" ")) && !flat.contains(field), "{field}");
        }
        assert!(!flat.contains("D7*") && !flat.contains("07*") && !flat.contains("08*"), "{flat}");
    }
}

#[test]
fn faults_are_played_as_they_were() {
    let whole = record_reply(&specimen());
    let mut damaged = whole.clone();
    damaged[600] ^= 0x10;
    let selecting = || asked(ready(), Command::SelectCard, &selected());
    let recovered = |script: ScriptedLink| {
        let script = asked(script.silence(), Command::SamStatus, &reply(0x90));
        asked(script, Command::SelectCard, &selected())
    };
    let mut wrong_digit = specimen();
    wrong_digit[122 + 34] = b'1';
    let read: Session = |reader| drop(reader.read());
    let poll: Session = |reader| drop(reader.poll());
    let table: [(ScriptedLink, Session, &str); 10] = [
        // garbled, then read again
        (
            asked(
                recovered(asked(selecting(), Command::ReadTextAndPhoto, &damaged)),
                Command::ReadTextAndPhoto,
                &whole,
            ),
            read,
            "Resident(redacted)",
        ),
        // truncated, then read again
        (
            asked(
                recovered(asked(selecting(), Command::ReadTextAndPhoto, &whole[..700]).silence()),
                Command::ReadTextAndPhoto,
                &whole,
            ),
            read,
            "Resident(redacted)",
        ),
        // silent
        (ready().expect(&Command::FindCard.frame()).silence(), poll, "no answer to FindCard"),
        // not authorised, self-test failed
        (
            asked(ScriptedLink::new("x").silence(), Command::SamStatus, &reply(0x66)),
            poll,
            "the security module is not authorised; have the reader's supplier authorise it",
        ),
        (
            asked(ScriptedLink::new("x").silence(), Command::SamStatus, &reply(0x60)),
            poll,
            "the security module failed its self-test; switch the reader off and on, else replace it",
        ),
        // pulled in the middle of a record
        (
            selecting().expect(&Command::ReadTextAndPhoto.frame()).answer(&whole[..300]).hang_up(),
            read,
            "link: hung up",
        ),
        // takes nothing
        (ready().stall(), poll, "link: timeout"),
        // a record with a wrong check digit, and one without a sense
        (
            asked(selecting(), Command::ReadTextAndPhoto, &record_reply(&wrong_digit)),
            read,
            "the check digit of the number is wrong; lay the card down again, else see a clerk",
        ),
        (
            asked(selecting(), Command::ReadTextAndPhoto, &record_reply(&specimen()[..200])),
            read,
            "the card's record is malformed, its lengths do not fit what was sent; lay the card down again, else see a clerk",
        ),
        // noise before, and noise after
        (
            ScriptedLink::new("x")
                .answer(b"\xAA\xAA noise")
                .answer(&found())
                .silence()
                .expect(&Command::SamStatus.frame())
                .answer(&[&b"\xAA\xAA\xAA\xAA"[..], &reply(0x90), b"\r\n"].concat())
                .expect(&Command::FindCard.frame())
                .answer(&reply(0x80)),
            poll,
            "NoCard",
        ),
    ];
    for (script, session, outcome) in table {
        let (text, transcript) = played(script, session);
        assert_eq!(outcomes(&transcript), [outcome], "{text}");
    }
}

#[test]
fn every_call_can_be_played() {
    let commands: [(Command, Vec<u8>); 8] = [
        (Command::SamIdentifier, frame::reply([0, 0], 0x90, &[5; 16])),
        (Command::SetMaxRfFrame(0x50), reply(0x90)),
        (Command::ResetSam, reply(0x90)),
        (Command::SamStatus, reply(0x90)),
        (Command::ReadCardManagementNumber, reply(0x91)),
        (Command::SetBaud(Baud::B9600), reply(0x90)),
        (Command::SamStatus, reply(0x90)),
        (Command::SamStatus, reply(0x90)),
    ];
    let mut script = ready();
    for (at, (command, answer)) in commands.iter().enumerate() {
        // A change of speed leaves the line to be drained.
        let drained = if at == 6 { script.silence() } else { script };
        script = asked(drained, *command, answer);
    }
    let (_, transcript) = played(script.silence(), |reader| {
        reader.identifier().unwrap();
        reader.set_max_rf_frame(0x50).unwrap();
        reader.reset().unwrap();
        assert!(reader.card_management_number().unwrap().is_none());
        reader.set_speed(Baud::B9600).unwrap();
        reader.status().unwrap();
        reader.status().unwrap();
    });
    let called: Vec<&str> = transcript.calls.iter().map(|c| c.call.as_str()).collect();
    assert_eq!(
        called,
        [
            "identifier suspect",
            "set-rf-frame:80 ready",
            "reset ready",
            "management-number quiet",
            "set-speed:9600 ready",
            "status suspect",
            "status ready"
        ]
    );
}

#[test]
fn a_recording_whose_beginning_fell_out_is_played_from_its_first_call() {
    let recorder = Recorder::with_capacity(DRIVER, "generic", CardRedactor::default(), 3_000);
    let script = (0..100).fold(ready(), |script, _| asked(script, Command::FindCard, &reply(0x80)));
    let mut reader = Reader::new(Recorded::new(script, recorder.clone()), Profile::generic());
    for _ in 0..100 {
        reader.poll().unwrap();
    }
    let transcript = replay(&recorder.snapshot("test")).unwrap();
    assert!((5..100).contains(&transcript.calls.len()));
    assert_eq!(transcript.calls[0].call, "poll ready");
}

#[test]
fn what_this_driver_cannot_play_it_says() {
    let recording = |driver: &str, profile: &str, event: &str| {
        let text = format!(
            "onedoor-recording 1\ndriver {driver}\nprofile {profile}\nlink x\nfault y\n\n+0.000000 {event}\n"
        );
        replay(&Recording::parse(&text).unwrap())
    };
    assert!(matches!(recording("printer", "generic", "! opened"), Err(ReplayError::OtherDriver { .. })));
    assert!(matches!(recording(DRIVER, "nobody", "! opened"), Err(ReplayError::UnknownProfile(_))));
    for call in ["dance ready", "poll", "poll dancing", "set-speed:7 ready", "set-rf-frame:300 ready"] {
        let played = recording(DRIVER, "generic", &format!("# call {call}"));
        assert!(matches!(played, Err(ReplayError::UnknownCall { .. })), "{call}");
    }
    assert!(recording(DRIVER, "generic", "! opened").unwrap().calls.is_empty());
}

proptest! {
    #[test]
    fn whatever_a_device_says_is_played_again(bytes in vec(any::<u8>(), 0..4_000)) {
        fuzz::exchange(&bytes);
    }

    #[test]
    fn frames_among_anything_are_played_again(
        parts in vec(prop_oneof![
            prop::sample::select(vec![0x90_u8, 0x9F, 0x80, 0x81, 0x41, 0x10, 0x66, 0x91]).prop_map(reply),
            Just(found()), Just(selected()), (0..4_usize).prop_map(|l| record_reply(&record(LAYOUTS[l]))),
            vec(any::<u8>(), 0..40), Just(vec![0xAA, 0xAA, 0xAA, 0x96, 0x69, 5, 8]),
        ], 0..14)
    ) {
        // Each part is led by the count of its bytes in eights, and followed by a time-out.
        let mut said = Vec::new();
        for part in parts {
            for piece in part.chunks(8 * 255) {
                let count = piece.len().div_ceil(8);
                said.push(u8::try_from(count).unwrap());
                said.extend_from_slice(piece);
                said.resize(said.len() + count * 8 - piece.len(), 0);
            }
        }
        fuzz::exchange(&said);
    }
}
