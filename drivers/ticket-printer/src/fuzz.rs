//! Entry points for fuzzing: each runs one parser, or a whole exchange, on arbitrary bytes and asserts
//! what must always hold. None reads the clock or waits.

use std::time::{Duration, Instant};

use link::record::{Direction, Recording, Redactor};
use link::{Link, LinkError};

use crate::outcome::{JobId, Outcome};
use crate::printer::Printer;
use crate::profile::{Profile, StatusLayout};
use crate::redact::TicketRedactor;
use crate::reply::{Classifier, Reply};
use crate::status::Status;

/// The stream of answers, and what each status in it comes to.
pub fn replies(data: &[u8]) {
    for layout in [StatusLayout::Epson, StatusLayout::Ppu231, StatusLayout::Kpm150] {
        let mut classifier = Classifier::new(layout);
        for byte in data {
            let status = match classifier.push(*byte) {
                Some(Reply::Identity(text)) => {
                    assert!(text.len() <= 80);
                    continue;
                }
                Some(Reply::Block(block)) => {
                    assert!(block.data.len() <= 80);
                    continue;
                }
                Some(Reply::RealTime(byte)) => {
                    assert_eq!(byte & 0x93, 0x12);
                    Status::from_real_time(layout, [byte; 4])
                }
                Some(Reply::AutoStatus(bytes)) => Status::from_auto(bytes),
                Some(Reply::Full(bytes)) => Status::from_full(bytes),
                Some(Reply::Queued(byte)) => Status::from_queued(byte),
                Some(_) | None => continue,
            };
            let _ = (status.fault(), status.notices(), status.paper(), status.cover());
        }
    }
}

/// A profile file.
pub fn profile(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(profile) = Profile::from_toml(text)
    {
        assert!((96..=832).contains(&profile.width_dots));
        assert!(profile.columns >= 8 && u16::from(profile.columns) * 12 <= profile.width_dots);
    }
}

/// What is kept of the paper, from a file.
pub fn gauge(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(mut gauge) = toml::from_str::<crate::PaperGauge>(text)
    {
        gauge.printed(1);
        let _ = gauge.tickets_left(&Profile::generic());
    }
}

/// A whole print against whatever the printer says: the first byte chooses the profile, each of the
/// others that follow is said in turn.
pub fn print(data: &[u8]) {
    let _ = outcome(data);
}

fn outcome(data: &[u8]) -> Option<Outcome> {
    let (choice, says) = data.split_first().map_or((0, data), |(choice, says)| (*choice, says));
    let profiles: Vec<Profile> = Profile::shipped().collect();
    let mut profile = profiles.get(usize::from(choice) % profiles.len().max(1))?.clone();
    profile.proof_timeout = Duration::from_secs(1);
    let promises = profile.has_process_id;
    let mut printer = Printer::new(Saying { says: says.to_vec(), at: 0, asked: 0 }, profile);
    let job = JobId::new(7);
    let _ = printer.status();
    let outcome = printer.finish(b"A048\n", job, &mut |_| {});
    let said = printer.into_link().said_ids(&[job.behind_text(), job.behind_cut()]);
    if let Outcome::Confirmed(_) = outcome {
        assert!(promises && said, "confirmed without its identifier");
    }
    Some(outcome)
}

/// What a recording may keep.
pub fn redact(data: &[u8]) {
    for direction in [Direction::ToDevice, Direction::FromDevice] {
        let mut kept = data.to_vec();
        let mut redactor = TicketRedactor::new(StatusLayout::Epson);
        let last = redactor.redact(direction, &mut kept, false);
        assert!(last <= data.len());
        if let Some(rest) = kept.get_mut(last..) {
            assert_eq!(redactor.redact(direction, rest, true), rest.len());
        }
    }
}

/// A recording played again.
pub fn replay(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(recording) = Recording::parse(text)
    {
        let _ = crate::replay(&recording);
    }
}

/// Says its bytes in pieces, then is silent; its clock moves with each question.
struct Saying {
    says: Vec<u8>,
    at: usize,
    asked: u32,
}

impl Saying {
    /// Whether one of the identifiers is among what was said.
    fn said_ids(&self, ids: &[[u8; 4]]) -> bool {
        // Whatever was thrown away before, an identifier is in the stream as its four bytes.
        let flow = |byte: &u8| !matches!(byte, 0x11 | 0x13);
        let bare: Vec<u8> = self.says.iter().copied().filter(flow).collect();
        ids.iter().any(|id| bare.windows(4).any(|window| window == id))
    }
}

impl Link for Saying {
    fn read(&mut self, buf: &mut [u8], _: Instant) -> Result<usize, LinkError> {
        self.asked += 1;
        // Pieces of one to eight bytes, with silences between.
        let piece = usize::from(self.says.get(self.at).copied().unwrap_or(0) % 8) + 1;
        let rest = self.says.get(self.at..).unwrap_or_default();
        let n = piece.min(buf.len()).min(rest.len());
        if n == 0 || self.asked.is_multiple_of(5) {
            return Err(LinkError::Timeout { taken: 0 });
        }
        for (slot, byte) in buf.iter_mut().zip(rest) {
            *slot = *byte;
        }
        self.at += n;
        Ok(n)
    }

    fn write_all(&mut self, _: &[u8], _: Instant) -> Result<(), LinkError> {
        Ok(())
    }

    fn name(&self) -> &str {
        "fuzz"
    }

    fn is_late(&mut self, _: Instant) -> bool {
        self.asked += 1;
        self.asked > 60 || self.asked.is_multiple_of(7)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_breaks_them(data in proptest::collection::vec(prop_oneof![
            Just(0x37u8), Just(0x22), Just(0x12), Just(0x10), Just(0), any::<u8>()
        ], 0..300)) {
            replies(&data);
            profile(&data);
            gauge(&data);
            print(&data);
            redact(&data);
            replay(&data);
        }
    }

    #[test]
    fn a_ticket_that_is_proven_is_confirmed() {
        let id = JobId::new(7).behind_cut();
        let [a, b, c, d] = id;
        // What comes before the ticket is thrown away; its proof is said until somebody listens.
        let proof = [0x37, 0x22, a, b, c, d, 0];
        let says = [&[2u8][..], &[0x12; 20], &proof.repeat(20)].concat();
        let outcome = outcome(&says);
        assert!(matches!(outcome, Some(Outcome::Confirmed(_))), "{outcome:?}");
    }
}
