//! Entries for fuzzing: each runs one parser, or a whole call, on arbitrary bytes and holds what must
//! always hold. None waits or reads the clock.

use link::record::{Direction, Recording, Redactor};

use crate::record::{Recorded, Tape, Taped};
use crate::{
    Exchange, KeyKind, LONGEST_CERTIFICATE, Pin, SlotFault, StaffRedactor, object, read_certificate,
    recorder, replay, sign,
};

/// Replies cut out of the data: a byte of length (FF: 260), then so many bytes. Then the card is gone.
struct Replies<'a>(&'a [u8]);

impl Exchange for Replies<'_> {
    fn transmit(&mut self, command: &[u8], reply: &mut Vec<u8>) -> Result<(), SlotFault> {
        assert!((5..=261).contains(&command.len()));
        let Some((length, rest)) = self.0.split_first() else { return Err(SlotFault::CardGone) };
        let length = if *length == 0xFF { 260 } else { usize::from(*length) };
        let (now, later) = rest.split_at(length.min(rest.len()));
        reply.extend_from_slice(now);
        self.0 = later;
        Ok(())
    }
}

/// A certificate read from, and a message signed by, a card that gives these replies.
pub fn talk(data: &[u8]) {
    if let Ok(certificate) = read_certificate(&mut Replies(data)) {
        assert!((1..=LONGEST_CERTIFICATE).contains(&certificate.len()));
    }
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        if let Ok(signature) = sign(&mut Replies(data), &Pin::of_nobody(), kind, data) {
            assert!((1..=256).contains(&signature.len()));
        }
    }
}

/// The same, recorded: the redacted recording's text plays again and ends the same way.
pub fn recording(data: &[u8]) {
    let pin = "87654321".parse::<Pin>();
    let calls = [Recorded::Certificate, Recorded::Sign(KeyKind::P256), Recorded::Sign(KeyKind::Rsa2048)];
    for call in calls {
        let recorder = recorder("fuzz");
        recorder.opened();
        let tape = Tape::begin(&recorder, call);
        let mut exchange = Taped { exchange: Replies(data), tape: &tape };
        let outcome = match (call, &pin) {
            (Recorded::Sign(kind), Ok(pin)) => sign(&mut exchange, pin, kind, data),
            _ => read_certificate(&mut exchange),
        };
        tape.end(&outcome);
        let text = recorder.snapshot("fuzz").to_string();
        assert!(!text.contains("38 37 36 35 34 33 32 31"), "{text}");
        let played = Recording::parse(&text).map(|recording| replay(&recording));
        assert!(matches!(played, Ok(Ok(_))), "{played:?}\n{text}");
    }
}

/// The objects alone.
pub fn objects(data: &[u8]) {
    if let Ok(certificate) = object::certificate(data) {
        assert!(certificate.len() < data.len());
    }
    if let Ok(signature) = object::signature(data) {
        assert!(signature.len() < data.len());
    }
}

/// The redactor alone, with replies in pieces: it never says more is final than there is, and finishes
/// when it is told to.
pub fn redactor(data: &[u8]) {
    let mut redactor = StaffRedactor::default();
    let mut held: Vec<u8> = Vec::new();
    for (at, piece) in data.chunks(23).enumerate() {
        if at % 2 == 0 {
            let mut command = piece.to_vec();
            assert_eq!(redactor.redact(Direction::ToDevice, &mut command, false), piece.len());
        } else {
            held.extend_from_slice(piece);
            let count = redactor.redact(Direction::FromDevice, &mut held, false);
            held.drain(..count);
        }
    }
    let all = held.len();
    assert_eq!(redactor.redact(Direction::FromDevice, &mut held, true), all);
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Replies as a card might give them: what is selected, a PIN taken, and then anything.
    fn replies() -> impl Strategy<Value = Vec<u8>> {
        let tail = prop_oneof![
            Just(vec![0x90, 0x00]),
            Just(vec![0x61, 0x10]),
            Just(vec![0x61, 0x00]),
            Just(vec![0x6C, 0x08]),
            Just(vec![0x63, 0xC2]),
            Just(vec![0x69, 0x83]),
            vec(any::<u8>(), 0..3),
        ];
        let body = prop_oneof![
            Just(vec![]),
            Just(vec![0x53, 0x06, 0x70, 0x01, 0xAA, 0x71, 0x01, 0x00]),
            Just(vec![0x7C, 0x03, 0x82, 0x01, 0xAA]),
            Just(vec![0x53, 0x82, 0x01, 0x00, 0x70]),
            vec(any::<u8>(), 0..250),
        ];
        let reply = (body, tail).prop_map(|(body, tail)| {
            let reply = [body, tail].concat();
            [vec![u8::try_from(reply.len()).unwrap_or(0xFE)], reply].concat()
        });
        vec(reply, 0..8).prop_map(|replies| replies.concat())
    }

    proptest! {
        #[test]
        fn every_entry_survives_anything(data in vec(any::<u8>(), 0..700)) {
            for entry in [talk, recording, objects, redactor] {
                entry(&data);
            }
        }

        #[test]
        fn cards_may_answer_almost_rightly(data in replies()) {
            talk(&data);
            recording(&data);
        }
    }
}
