//! Recordings of readings: what they hold, what they no longer hold, and that they play again.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Gives these replies, whatever is asked, and then is gone.
struct Replies(std::vec::IntoIter<Result<Vec<u8>, SlotFault>>);

impl Exchange for Replies {
    fn transmit(&mut self, _: &[u8], reply: &mut Vec<u8>) -> Result<(), SlotFault> {
        self.0.next().unwrap_or(Err(SlotFault::CardGone)).map(|bytes| reply.extend(bytes))
    }

    fn renew(&mut self) -> Result<(), SlotFault> {
        Ok(())
    }
}

/// Records a reading of a card with these replies; how it ended, and the recording as text.
fn record(replies: Vec<Result<Vec<u8>, SlotFault>>) -> (String, String) {
    let recorder = recorder(&Profile::generic());
    recorder.opened();
    let tape = Tape::begin(&recorder);
    let outcome = read_card(&mut Taped { exchange: Replies(replies.into_iter()), tape: &tape });
    tape.end(&outcome);
    (note_of(&outcome), recorder.snapshot("test").to_string())
}

/// Plays a text again and returns how its last reading ended.
fn play(text: &str) -> String {
    let recording = Recording::parse(text).expect("the text is a recording");
    let transcript = replay(&recording).unwrap_or_else(|error| panic!("{error}\n{text}"));
    format!("= {}", transcript.calls.last().and_then(|call| call.outcome.clone()).unwrap_or_default())
}

fn ok(data: &[u8]) -> Result<Vec<u8>, SlotFault> {
    Ok([data, &[0x90, 0x00]].concat())
}

fn item(tag: u8, value: &[u8]) -> Result<Vec<u8>, SlotFault> {
    ok(&[&[tag, u8::try_from(value.len()).unwrap()], value].concat())
}

/// A card of 赵示例·AB, in whose replies every value is one that a recording must not hold.
fn whole_card() -> Vec<Result<Vec<u8>, SlotFault>> {
    let name = [&[0xD5, 0xD4, 0xCA, 0xBE, 0xC0, 0xFD, 0xA1, 0xA4, b'B', b'C'][..], &[0x20; 20]].concat();
    vec![
        ok(b"\x6F\x05FCI\x99\x88"),
        ok(&[]),
        item(0x08, b"310114199003076510"),
        item(0x09, &name),
        item(0x0A, &[0x2F]),
        item(0x0B, &[0x05]),
        item(0x0C, &[0x31, 0x01, 0x14]),
        item(0x0D, &[0x19, 0x90, 0x03, 0x07]),
        ok(&[]),
        item(0x01, &[0x77; 16]),
        item(0x02, &[0x01]),
        item(0x03, b"2.00"),
        item(0x04, &[0x66; 12]),
        item(0x05, &[0x20, 0x20, 0x02, 0x02]),
        item(0x06, &[0x20, 0x30, 0x02, 0x02]),
        item(0x07, b"S7654321X"),
    ]
}

#[test]
fn a_recording_holds_an_invented_holder() {
    let digits = b"31011419900307651";
    let check = crate::number::check_character(digits).unwrap();
    let mut card = whole_card();
    card[2] = item(0x08, &[&digits[..], &[check]].concat());
    let (outcome, text) = record(card);
    assert_eq!(outcome, "= read");
    assert_eq!(play(&text), "= read");
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
    for personal in [
        &b"3101141"[..],
        b"19900",
        &[0xD5, 0xD4],
        &[0xC0, 0xFD],
        b"BC",
        &[0x31, 0x01, 0x14],
        &[0x19, 0x90],
        &[0x77, 0x77],
        b"7654",
        b"FCI",
    ] {
        assert!(!text.contains(&hex(personal)), "{} is in\n{text}", hex(personal));
    }
    // The name keeps its shape: three characters, the dot, two letters.
    assert!(text.contains("09 1E CA BE CA BE CA BE A1 A4 41"), "{text}");
    assert!(text.contains("# call read") && text.contains("# = read"), "{text}");
}

#[test]
fn what_goes_wrong_goes_wrong_again() {
    let with = |at: usize, reply| {
        let mut card = whole_card();
        card[at] = reply;
        card
    };
    let check = crate::number::check_character(b"31011419900307651").unwrap();
    let right = [&b"31011419900307651"[..], &[check]].concat();
    let after_number = |at: usize, reply| {
        let mut card = with(at, reply);
        card[2] = item(0x08, &right);
        card
    };
    let unreadable = || SlotFault::CardUnreadable(pcsc::Error::NotTransacted);
    for (card, outcome) in [
        (with(0, Ok(vec![0x6A, 0x82])), "= fault other-card"),
        (with(0, Err(SlotFault::CardGone)), "= fault card-gone"),
        (with(1, Err(unreadable())), "= fault card-unreadable"),
        (with(1, Err(SlotFault::TooSlow)), "= fault too-slow"),
        (with(1, Err(SlotFault::NoReader)), "= fault of the slot"),
        (with(2, Ok(vec![])), "= fault card-gone"),
        (with(2, Ok(vec![0x33])), "= fault half-answer"),
        (with(2, Ok(vec![0x33; 259])), "= fault answer-too-long"),
        (with(2, Err(SlotFault::AnswerTooLong)), "= fault answer-too-long"),
        (with(2, item(0x08, b"310114199003076511")), "= fault wrong-check-digit"),
        (with(2, item(0x08, b"31011419900307651x")), "= fault malformed"),
        (with(2, item(0x08, b"3101141990030765")), "= fault malformed"),
        (after_number(3, item(0x09, &[0x20; 30])), "= fault malformed"),
        (after_number(3, item(0x09, b"a\nb")), "= fault malformed"),
        (after_number(4, item(0x0A, &[0x07])), "= fault malformed"),
        (after_number(4, item(0x0A, &[0xFF])), "= read"),
        (after_number(7, item(0x0D, &[0x19, 0x90, 0x02, 0x30])), "= fault malformed"),
        (after_number(7, item(0x0D, &[0xFF; 4])), "= read"),
        (after_number(15, item(0x07, &[0xD5; 9])), "= fault malformed"),
    ] {
        // 18 right digits may happen to fit; these were chosen so that they do not.
        let (recorded, text) = record(card);
        assert_eq!(recorded, outcome, "{text}");
        assert_eq!(play(&text), outcome, "{text}");
    }
}

#[test]
fn records_in_pieces_are_rewritten_whole() {
    let check = crate::number::check_character(b"31011419900307651").unwrap();
    let record_08 = [&[0x08, 0x12][..], b"31011419900307651", &[check]].concat();
    let mut card = whole_card();
    card.splice(
        2..3,
        [
            Ok(vec![0x61, 0x07]),
            Ok([&record_08[..7], &[0x61, 0x0D]].concat()),
            Ok([&record_08[7..], &[0x90, 0x00]].concat()),
        ],
    );
    let (outcome, text) = record(card);
    assert_eq!((outcome.as_str(), play(&text).as_str()), ("= read", "= read"));
    assert!(!text.contains("33 31 30 31 31") && !text.contains("31 39 39 30"), "{text}");
}

#[test]
fn a_card_reset_in_between_is_read_anew_in_both() {
    let mut card = vec![ok(&[]), Err(SlotFault::CardReset)];
    card.extend(whole_card());
    let (outcome, text) = record(card);
    assert_eq!(play(&text), outcome);
    let (outcome, text) = record(vec![Err(SlotFault::CardReset), ok(&[]), Err(SlotFault::CardReset)]);
    assert_eq!((outcome.as_str(), play(&text).as_str()), ("= fault card-reset", "= fault card-reset"));
}

#[test]
fn a_reading_that_was_given_up_records_nothing_more() {
    let recorder = recorder(&Profile::generic());
    let tape = Tape::begin(&recorder);
    let hung = SlotFault::Hung { call: crate::Call::Read, waited: Duration::from_secs(1) };
    tape.end(&Err(hung));
    let before = recorder.snapshot("hung").events.len();
    let _ = read_card(&mut Taped { exchange: Replies(whole_card().into_iter()), tape: &tape });
    tape.failed(&SlotFault::CardGone);
    assert_eq!(recorder.snapshot("hung").events.len(), before);
    assert_eq!(play(&recorder.snapshot("hung").to_string()), "= fault of the slot");
}

proptest! {
    #[test]
    fn any_reading_plays_again(
        whole in any::<bool>(), at in 0_usize..16, damage in vec(any::<u8>(), 0..40), cut in 0_usize..40
    ) {
        let mut card = whole_card();
        if whole {
            card[at] = Ok(damage);
        } else if let Ok(reply) = &mut card[at] {
            for (to, from) in reply.iter_mut().skip(cut).zip(damage) {
                *to = from;
            }
        }
        let check = crate::number::check_character(b"31011419900307651").unwrap();
        if at != 2 {
            card[2] = item(0x08, &[&b"31011419900307651"[..], &[check]].concat());
        }
        let (outcome, text) = record(card);
        prop_assert_eq!(play(&text), outcome, "{}", text);
    }
}
