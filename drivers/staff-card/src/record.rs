//! Recording what is exchanged with a card, without its owner, and playing it again.
//!
//! A command APDU is what goes to the device, a reply with its status words what comes from it, each in
//! one piece. Marks stand for replies that did not come: `hung-up` for a card taken out, `halted` for one
//! reset by another program, `overrun` for a reply too long, `timeout` for a failed exchange, `late` for
//! one out of time, and `failed` for whatever is the slot's fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use link::record::{Direction, Next, Recorder, Recording, Replay, ReplayError, ReplayLink, Transcript};
use link::{Link, LinkError};
use zeroize::Zeroizing;

use crate::exchange::MAX_REPLY;
use crate::{Call, Exchange, KeyKind, Pin, SlotFault, read_certificate, sign};

mod redact;

pub use redact::StaffRedactor;

/// The driver's name in recordings.
pub const DRIVER: &str = "staff-card";

/// A message of nobody's: its signing stands for every other in recordings.
const MESSAGE: &[u8] = b"";

/// A recorder that leaves nothing of a card's owner, for a slot with this reader.
#[must_use]
pub fn recorder(reader: &str) -> Recorder {
    Recorder::new(DRIVER, reader, StaffRedactor::default())
}

/// Plays a recording again: the same commands must be sent, and each call must end as it did.
///
/// # Errors
/// The first [`ReplayError`].
pub fn replay(recording: &Recording) -> Result<Transcript, ReplayError> {
    let mut replay = Replay::new(recording, DRIVER)?;
    while let Some(next) = replay.next() {
        let Next::Call(call) = next else { continue };
        let Some(known) = Recorded::ALL.into_iter().find(|known| known.name() == call) else {
            return Err(replay.unknown(&call));
        };
        let mut exchange = Replayed(replay.link());
        exchange.0.note(&format!("call {call}"));
        let outcome = match known {
            Recorded::Certificate => read_certificate(&mut exchange),
            Recorded::Sign(kind) => sign(&mut exchange, &Pin::of_nobody(), kind, MESSAGE),
        };
        exchange.0.note(&note_of(&outcome));
    }
    replay.finish()
}

/// A call that is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    Certificate,
    Sign(KeyKind),
}

impl Recorded {
    const ALL: [Self; 3] = [Self::Certificate, Self::Sign(KeyKind::P256), Self::Sign(KeyKind::Rsa2048)];

    fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Sign(KeyKind::P256) => "sign p256",
            Self::Sign(KeyKind::Rsa2048) => "sign rsa2048",
        }
    }

    /// As it is told when it hangs.
    pub(crate) fn call(self) -> Call {
        match self {
            Self::Certificate => Call::Certificate,
            Self::Sign(_) => Call::Sign,
        }
    }
}

/// How a call is noted as it ends. A recording holds the exchange with the card; which of its own faults
/// the slot had besides is not in it.
fn note_of(outcome: &Result<Zeroizing<Vec<u8>>, SlotFault>) -> String {
    match outcome {
        Ok(_) => "= done".to_owned(),
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
            | SlotFault::NoCertificate
            | SlotFault::CompressedCertificate
            | SlotFault::Malformed(_)
            | SlotFault::WrongPin { .. }
            | SlotFault::PinBlocked
            | SlotFault::Refused { .. } => format!("= fault {}", fault.code()),
        },
    }
}

/// The recorder's side of one call. Once it was given up, nothing more of it is recorded.
#[derive(Clone)]
pub(crate) struct Tape {
    recorder: Recorder,
    is_on: Arc<AtomicBool>,
}

impl Tape {
    /// Notes that a call begins.
    pub(crate) fn begin(recorder: &Recorder, call: Recorded) -> Self {
        recorder.note(&format!("call {}", call.name()));
        Self { recorder: recorder.clone(), is_on: Arc::new(AtomicBool::new(true)) }
    }

    /// Notes how it ended.
    pub(crate) fn end(&self, outcome: &Result<Zeroizing<Vec<u8>>, SlotFault>) {
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
            // The slot's; the others are what is made of replies.
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
        self.exchange.transmit(command, reply).inspect_err(|fault| self.tape.failed(fault))?;
        match reply.len() {
            0 => self.tape.failed(&SlotFault::CardGone),
            1..=MAX_REPLY => self.tape.record(|recorder| recorder.crossed(Direction::FromDevice, reply)),
            _ => self.tape.failed(&SlotFault::AnswerTooLong),
        }
        Ok(())
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
