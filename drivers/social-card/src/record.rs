//! Recording what is exchanged with a card, without its holder, and playing it again.
//!
//! A command APDU is what goes to the device, a reply with its status words what comes from it, each in
//! one piece. Marks stand for replies that did not come: `hung-up` for a card taken out, `halted` for
//! one reset by another program, `overrun` for a reply too long, `timeout` for a failed exchange, `late`
//! for a reading out of time, and `failed` for whatever is the slot's fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use link::record::{Direction, Next, Recorder, Recording, Replay, ReplayError, ReplayLink, Transcript};
use link::{Link, LinkError};
use zeroize::Zeroizing;

use crate::{Exchange, Profile, SlotFault, SocialCard, exchange::MAX_REPLY, read_card};

mod redact;
mod synthetic;

pub use redact::CardRedactor;

/// The driver's name in recordings.
pub const DRIVER: &str = "social-card";

/// How a reading is noted as it begins.
const CALL: &str = "call read";

/// A recorder that leaves nothing of the holder, for a slot of this profile.
#[must_use]
pub fn recorder(profile: &Profile) -> Recorder {
    Recorder::new(DRIVER, &profile.model, CardRedactor::default())
}

/// Plays a recording of readings again: the same commands must be sent, and each reading must end as it
/// did. The profile does not matter to it.
///
/// # Errors
/// The first [`ReplayError`].
pub fn replay(recording: &Recording) -> Result<Transcript, ReplayError> {
    let mut replay = Replay::new(recording, DRIVER)?;
    while let Some(next) = replay.next() {
        match next {
            Next::Opened => {}
            Next::Call(call) if call == "read" => {
                let mut exchange = Replayed(replay.link());
                exchange.0.note(CALL);
                let outcome = read_card(&mut exchange);
                exchange.0.note(&note_of(&outcome));
            }
            Next::Call(call) => return Err(replay.unknown(&call)),
        }
    }
    replay.finish()
}

/// How a reading is noted as it ends. A recording holds the exchange with the card; which of its own
/// faults the slot had besides is not in it.
fn note_of(outcome: &Result<SocialCard, SlotFault>) -> String {
    match outcome {
        Ok(_) => "= read".to_owned(),
        Err(fault) => match fault {
            SlotFault::NoService
            | SlotFault::ServiceLost
            | SlotFault::NotPermitted
            | SlotFault::Hung { .. }
            | SlotFault::NoReader
            | SlotFault::Busy
            | SlotFault::Reader(_)
            | SlotFault::NoCard
            | SlotFault::Mute => "= fault of the slot".to_owned(),
            SlotFault::CardGone
            | SlotFault::CardReset
            | SlotFault::CardUnreadable(_)
            | SlotFault::HalfAnswer
            | SlotFault::AnswerTooLong
            | SlotFault::EndlessAnswer(_)
            | SlotFault::TooSlow
            | SlotFault::OtherCard(_)
            | SlotFault::Refused { .. }
            | SlotFault::Malformed { .. }
            | SlotFault::WrongCheckDigit => format!("= fault {}", fault.code()),
        },
    }
}

/// The recorder's side of one reading. Once it was given up, nothing more of it is recorded.
#[derive(Clone)]
pub(crate) struct Tape {
    recorder: Recorder,
    is_on: Arc<AtomicBool>,
}

impl Tape {
    /// Notes that a reading begins.
    pub(crate) fn begin(recorder: &Recorder) -> Self {
        recorder.note(CALL);
        Self { recorder: recorder.clone(), is_on: Arc::new(AtomicBool::new(true)) }
    }

    /// Notes how it ended.
    pub(crate) fn end(&self, outcome: &Result<SocialCard, SlotFault>) {
        self.is_on.store(false, Ordering::SeqCst);
        if let Err(SlotFault::Hung { .. }) = outcome {
            self.recorder.failed();
        }
        self.recorder.note(&note_of(outcome));
    }

    fn record(&self, what: impl FnOnce(&Recorder)) {
        if self.is_on.load(Ordering::SeqCst) {
            what(&self.recorder);
        }
    }

    /// Marks what came instead of a reply, or of a connection to the card.
    pub(crate) fn failed(&self, fault: &SlotFault) {
        self.record(|recorder| match fault {
            SlotFault::CardGone => recorder.hung_up(),
            SlotFault::CardReset => recorder.halted(),
            SlotFault::AnswerTooLong => recorder.overrun(),
            SlotFault::CardUnreadable(_) => recorder.timed_out(Direction::FromDevice),
            SlotFault::TooSlow => recorder.late(),
            // The slot's; the others are what the file logic makes of replies.
            _ => recorder.failed(),
        });
    }
}

/// An exchange that is recorded.
pub(crate) struct Taped<'a, E> {
    pub(crate) exchange: E,
    pub(crate) tape: &'a Tape,
}

impl<E: Exchange> Exchange for Taped<'_, E> {
    fn transmit(&mut self, command: &[u8], reply: &mut Vec<u8>) -> Result<(), SlotFault> {
        self.tape.record(|recorder| recorder.crossed(Direction::ToDevice, command));
        match self.exchange.transmit(command, reply) {
            Ok(()) if reply.is_empty() => {
                self.tape.failed(&SlotFault::CardGone);
                Ok(())
            }
            Ok(()) if reply.len() > MAX_REPLY => {
                self.tape.failed(&SlotFault::AnswerTooLong);
                Ok(())
            }
            Ok(()) => {
                self.tape.record(|recorder| recorder.crossed(Direction::FromDevice, reply));
                Ok(())
            }
            Err(fault) => {
                self.tape.failed(&fault);
                Err(fault)
            }
        }
    }

    fn renew(&mut self) -> Result<(), SlotFault> {
        self.exchange.renew().inspect_err(|fault| self.tape.failed(fault))
    }
}

/// A card that answers as it was recorded.
struct Replayed(ReplayLink);

impl Exchange for Replayed {
    fn transmit(&mut self, command: &[u8], reply: &mut Vec<u8>) -> Result<(), SlotFault> {
        let deadline = Instant::now() + Duration::from_secs(1); // which a replay does not look at
        self.0.write_all(command, deadline).map_err(fault_of)?;
        if self.0.is_late(deadline) {
            return Err(SlotFault::TooSlow);
        }
        let mut buffer = Zeroizing::new([0; MAX_REPLY]);
        let count = self.0.read(&mut buffer[..], deadline).map_err(fault_of)?;
        reply.extend_from_slice(buffer.get(..count).unwrap_or_default());
        Ok(())
    }

    /// Whether it failed, the next command tells.
    fn renew(&mut self) -> Result<(), SlotFault> {
        Ok(())
    }
}

fn fault_of(error: LinkError) -> SlotFault {
    match error {
        LinkError::HungUp => SlotFault::CardGone,
        LinkError::Halted => SlotFault::CardReset,
        LinkError::Overrun => SlotFault::AnswerTooLong,
        LinkError::Timeout { .. } => SlotFault::CardUnreadable(pcsc::Error::NotTransacted),
        _ => SlotFault::ServiceLost,
    }
}

#[cfg(test)]
mod tests;
