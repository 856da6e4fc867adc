//! Entries for fuzzing: each runs one parser, or a whole reading, on arbitrary bytes and holds what must
//! always hold. None waits or reads the clock.

use link::record::{Direction, Recording, Redactor};

use crate::fields::{Code, EthnicGroup, Name, Sex};
use crate::record::{Tape, Taped};
use crate::{
    CardRedactor, CitizenNumber, Date, Exchange, Item, Profile, SlotFault, read_card, recorder, replay,
};

/// Replies cut out of the data: a byte of length (FF: 260), then so many bytes. Then the card is gone.
struct Replies<'a>(&'a [u8]);

impl Exchange for Replies<'_> {
    fn transmit(&mut self, command: &[u8], reply: &mut Vec<u8>) -> Result<(), SlotFault> {
        assert!((5..=20).contains(&command.len()));
        let Some((length, rest)) = self.0.split_first() else { return Err(SlotFault::CardGone) };
        let length = if *length == 0xFF { 260 } else { usize::from(*length) };
        let (now, later) = rest.split_at(length.min(rest.len()));
        reply.extend_from_slice(now);
        self.0 = later;
        Ok(())
    }

    fn renew(&mut self) -> Result<(), SlotFault> {
        Ok(())
    }
}

/// A whole reading of a card that gives these replies; what it was read as is sound.
pub fn reading(data: &[u8]) {
    if let Ok(card) = read_card(&mut Replies(data)) {
        assert_eq!(card.number.as_str().len(), 18);
        assert!(!card.name.as_str().is_empty() && card.name.raw().len() <= 30);
        assert!(card.birthplace.is_none_or(|code| code.as_str().len() == 6));
        assert!(card.birth.is_none_or(|date| (1..=12).contains(&date.month())));
    }
}

/// A whole reading that is recorded: the redacted recording's text plays again and ends the same way.
pub fn recording(data: &[u8]) {
    let recorder = recorder(&Profile::generic());
    recorder.opened();
    let tape = Tape::begin(&recorder);
    let outcome = read_card(&mut Taped { exchange: Replies(data), tape: &tape });
    tape.end(&outcome);
    let text = recorder.snapshot("fuzz").to_string();
    let played = Recording::parse(&text).map(|recording| replay(&recording));
    assert!(matches!(played, Ok(Ok(_))), "{played:?}");
}

/// A record of each item: tag, length and value, and the value's own form.
pub fn record(data: &[u8]) {
    for item in Item::ALL {
        if let Ok(value) = item.value_in(data) {
            assert!(value.len() <= usize::from(item.length()) && value.len() + 2 <= data.len());
            values(value);
        }
    }
}

/// A value in every form there is: numbers, names, codes, dates.
pub fn values(data: &[u8]) {
    let _ = (CitizenNumber::from_value(data), Name::from_value(data), Code::from_text(data));
    let _ = (Sex::from_value(data), EthnicGroup::from_value(data), Code::from_nibbles(data));
    if let Some(date) = Code::from_digits(data).and_then(|code| Date::from_digits(code.into_characters())) {
        assert!((1..=31).contains(&date.day()) && date.year() >= 1850);
    }
}

/// The redactor alone, with replies in pieces: it never says more is final than there is, and finishes
/// when it is told to.
pub fn redactor(data: &[u8]) {
    let mut redactor = CardRedactor::default();
    let mut held: Vec<u8> = Vec::new();
    for (at, piece) in data.chunks(23).enumerate() {
        if at % 2 == 0 {
            let mut command = piece.to_vec();
            assert_eq!(redactor.redact(Direction::ToDevice, &mut command, false), piece.len());
            assert_eq!(command, piece);
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

    proptest! {
        #[test]
        fn every_entry_survives_anything(data in vec(any::<u8>(), 0..700)) {
            for entry in [reading, recording, record, values, redactor] {
                entry(&data);
            }
        }
    }
}
