//! What a recording keeps of an exchange, and what it does not.

use super::*;
use crate::tlv::tlv;

/// A card that gives these replies, one after the other, and then is gone.
struct Card(Vec<Vec<u8>>);

impl Exchange for Card {
    fn transmit(&mut self, _command: &[u8], reply: &mut Vec<u8>) -> Result<(), SlotFault> {
        if self.0.is_empty() {
            return Err(SlotFault::CardGone);
        }
        reply.extend(self.0.remove(0));
        Ok(())
    }
}

fn with(data: &[u8], word: u16) -> Vec<u8> {
    [data, &word.to_be_bytes()].concat()
}

/// The recording of one call to a card with these replies, and how it ended.
fn recorded(call: Recorded, replies: Vec<Vec<u8>>) -> (String, Result<Zeroizing<Vec<u8>>, SlotFault>) {
    let recorder = recorder("test");
    recorder.opened();
    let tape = Tape::begin(&recorder, call);
    let mut exchange = Taped { exchange: Card(replies), tape: &tape };
    let outcome = match call {
        Recorded::Certificate => read_certificate(&mut exchange),
        Recorded::Sign(kind) => sign(&mut exchange, &"12345678".parse().unwrap(), kind, b"a message"),
    };
    tape.end(&outcome);
    let text = recorder.snapshot("test").to_string();
    let played = replay(&Recording::parse(&text).unwrap());
    assert!(played.is_ok(), "{played:?}\n{text}");
    (text, outcome)
}

#[test]
fn neither_pin_nor_what_is_signed_nor_the_signature_is_kept() {
    let ok = || with(&[], 0x9000);
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let signature = tlv(0x7C, &tlv(0x82, &[0xAB; 70]));
        let mut replies = vec![ok(), ok(), with(&signature, 0x9000)];
        if kind == KeyKind::Rsa2048 {
            replies.insert(2, ok());
        }
        let (text, outcome) = recorded(Recorded::Sign(kind), replies);
        assert_eq!(*outcome.unwrap(), [0xAB; 70]);
        let hash = kind.block(b"a message");
        let tail: Vec<_> = hash[hash.len() - 4..].iter().map(|byte| format!("{byte:02X}")).collect();
        for kept in ["31 32 33 34", "AB", &tail.join(" ")] {
            assert!(!text.contains(kept), "{kept} is in\n{text}");
        }
        assert!(text.contains("00 20 00 80 08 30*6 FF FF"), "{text}");
    }
}

#[test]
fn no_byte_of_a_certificate_is_kept_also_when_it_comes_in_pieces() {
    let object = tlv(0x53, &[tlv(0x70, &[0xAB; 300]), tlv(0x71, &[0]), tlv(0xFE, &[])].concat());
    let (first, second) = object.split_at(256);
    let select = with(b"\x61\x02\x4F\x00", 0x9000);
    let replies = vec![select, with(first, 0x6136), with(second, 0x9000)];
    let (text, outcome) = recorded(Recorded::Certificate, replies);
    assert_eq!(*outcome.unwrap(), [0xAB; 300]);
    assert!(!text.contains("AB"), "{text}");
}

#[test]
fn what_was_wrong_plays_again_as_wrong() {
    let ok = || with(&[], 0x9000);
    let compressed = tlv(0x53, &[tlv(0x70, &[0xAB; 30]), tlv(0x71, &[1])].concat());
    for (call, replies, code) in [
        (Recorded::Certificate, vec![ok(), with(&compressed, 0x9000)], "compressed-certificate"),
        (Recorded::Certificate, vec![ok(), with(&[0xAB; 9], 0x9000)], "malformed"),
        (Recorded::Certificate, vec![ok(), with(&[], 0x6A82)], "no-certificate"),
        (Recorded::Certificate, vec![with(&[], 0x6A82)], "other-card"),
        (Recorded::Certificate, vec![ok(), vec![0xAB; 259]], "answer-too-long"),
        (Recorded::Certificate, vec![ok(), vec![0xAB]], "half-answer"),
        (Recorded::Certificate, vec![ok()], "card-gone"),
        (Recorded::Certificate, vec![ok(), with(&[0xAB; 4], 0x6110)], "card-gone"),
        (Recorded::Sign(KeyKind::P256), vec![ok(), with(&[], 0x63C2)], "wrong-pin"),
        (Recorded::Sign(KeyKind::P256), vec![ok(), with(&[], 0x63C0)], "pin-blocked"),
        (Recorded::Sign(KeyKind::P256), vec![ok(), with(&[], 0x6983)], "pin-blocked"),
        // VERIFY has no Le that could be another: nothing is sent again, and no try lost.
        (Recorded::Sign(KeyKind::P256), vec![ok(), with(&[], 0x6C08), ok()], "refused"),
        (Recorded::Sign(KeyKind::P256), vec![ok(), ok(), with(&[], 0x6982)], "refused"),
        (Recorded::Sign(KeyKind::P256), vec![ok(), ok(), with(&[0xAB; 5], 0x9000)], "malformed"),
        (Recorded::Sign(KeyKind::Rsa2048), vec![ok(), ok(), with(&[], 0x6A86)], "refused"),
        (Recorded::Sign(KeyKind::Rsa2048), vec![ok(), ok(), with(&[], 0x6C08), ok()], "refused"),
        (Recorded::Sign(KeyKind::Rsa2048), vec![ok(), ok(), ok(), with(&[], 0x6C08), ok()], "malformed"),
    ] {
        let (text, outcome) = recorded(call, replies);
        assert_eq!(outcome.unwrap_err().code(), code, "{text}");
        assert!(!text.contains("AB"), "{text}");
    }
}

#[test]
fn an_answer_without_end_is_given_up() {
    let mut replies = vec![with(&[], 0x9000)];
    replies.extend((0..1000).map(|_| with(&[0x53], 0x6101)));
    let mut card = Card(replies);
    assert_eq!(read_certificate(&mut card).unwrap_err().code(), "endless-answer");
    let big = |_| with(&[0x53; 256], 0x6100);
    let mut card = Card([vec![with(&[], 0x9000)], (0..1000).map(big).collect()].concat());
    assert_eq!(read_certificate(&mut card).unwrap_err().code(), "answer-too-long");
}

#[test]
fn a_right_length_that_the_card_names_is_asked_for() {
    let object = tlv(0x53, &tlv(0x70, &[0xAB; 9]));
    let replies = vec![with(&[], 0x9000), with(&[], 0x6C0D), with(&object, 0x9000)];
    let (text, outcome) = recorded(Recorded::Certificate, replies);
    assert_eq!(*outcome.unwrap(), [0xAB; 9]);
    assert!(text.contains("5C 03 5F C1 05 0D"), "{text}");
}
