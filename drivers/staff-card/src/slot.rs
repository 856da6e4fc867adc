//! The slot: one PC/SC reader, watched and used.

use std::time::Duration;

use link::record::Recorder;
use zeroize::Zeroizing;

use crate::record::{Recorded, Tape};
use crate::{Call, KeyKind, Pin, SlotError, SlotFault, recorder};

mod service;
mod session;
mod worker;

use session::Session;
use worker::Worker;

/// How much longer than it was asked to wait a call may take before it counts as hung.
const GRACE: Duration = Duration::from_secs(2);

/// How long a card may take in all for one call. RSA on an old card takes a second or two.
const LIMIT: Duration = Duration::from_secs(10);

/// The slot for the staff's cards; every call blocks its thread, for a bounded time.
///
/// Let one thread own it: [`poll`](Self::poll) until it says [`Slot::Inserted`], take the
/// [`certificate`](Self::certificate), and when that is found to be a technician's, ask for the PIN and
/// [`sign`](Self::sign). The slot mends its own connection: after a fault whose next step is
/// [`PollAgain`](crate::NextStep::PollAgain), poll again after a pause. It may be the same reader that
/// another driver watches; each has it for itself only while it talks to a card.
///
/// PC/SC calls can hang for as long as pcscd does, so they are made on a thread of the slot's own. One
/// that does not come back is left behind, with [`SlotFault::Hung`], and the next call gets a new thread
/// and a new connection; while three are left behind no more are made.
pub struct StaffSlot {
    reader: String,
    worker: Worker<Session>,
    recorder: Recorder,
}

/// What is in the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// There is no such reader.
    NoReader,
    /// No card.
    Empty,
    /// A card that can be asked.
    Inserted,
    /// A card that does not answer: upside down, broken, or no chip card.
    Mute,
}

impl StaffSlot {
    /// The slot of the reader whose PC/SC name contains `reader`, in any case; an empty text takes the
    /// first that is not a virtual one, and the first at all if there is no other. Calls nobody yet.
    #[must_use]
    pub fn open(reader: &str) -> Self {
        let named = if reader.is_empty() { "any reader" } else { reader };
        let recorder = recorder(named);
        recorder.name_link(&format!("PC/SC, {named}"));
        recorder.opened();
        Self { reader: reader.to_owned(), worker: Worker::new(), recorder }
    }

    /// What was exchanged with cards lately, without their owners, for writing out at a fault.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Says what is in the slot: at once if it is another than was said last, else as soon as it changes,
    /// and after `wait` in any case.
    ///
    /// # Errors
    /// Those faults that are the slot's own; they come at once, without waiting.
    pub fn poll(&mut self, wait: Duration) -> Result<Slot, SlotError> {
        let outcome = self.call(Call::Poll, wait + GRACE, move |session| session.poll(wait));
        self.conclude(outcome)
    }

    /// Reads the certificate of the card's key for authentication (9A), in DER, of which nothing was looked at.
    ///
    /// # Errors
    /// Every [`SlotFault`] but those of the PIN.
    pub fn certificate(&mut self) -> Result<Zeroizing<Vec<u8>>, SlotError> {
        self.recorded(Recorded::Certificate, Session::certificate)
    }

    /// Gives the card its PIN and has it sign `message` with key 9A and SHA-256: ECDSA in DER, or PKCS #1
    /// v1.5, as `kind` has it. The card is reset after it.
    ///
    /// A card exchanged for another meanwhile signs with another key, as whoever checks the signature
    /// will find.
    ///
    /// # Errors
    /// Every [`SlotFault`] but those of the certificate.
    pub fn sign(&mut self, pin: Pin, kind: KeyKind, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, SlotError> {
        let message = message.to_vec();
        self.recorded(Recorded::Sign(kind), move |session, tape, limit| {
            session.sign(tape, limit, &pin, kind, &message)
        })
    }

    fn recorded(
        &mut self,
        what: Recorded,
        job: impl FnOnce(&mut Session, &Tape, Duration) -> Result<Zeroizing<Vec<u8>>, SlotFault> + Send + 'static,
    ) -> Result<Zeroizing<Vec<u8>>, SlotError> {
        let tape = Tape::begin(&self.recorder, what);
        let side = tape.clone();
        let outcome = self.call(what.call(), LIMIT + GRACE, move |session| job(session, &side, LIMIT));
        tape.end(&outcome);
        self.conclude(outcome)
    }

    fn call<T: Send + 'static>(
        &mut self,
        call: Call,
        bound: Duration,
        job: impl FnOnce(&mut Session) -> Result<T, SlotFault> + Send + 'static,
    ) -> Result<T, SlotFault> {
        let reader = self.reader.clone();
        match self.worker.run(bound, move || Session::new(reader), job) {
            // What is left behind may hold the reader itself: nobody else is to blame then.
            Some(Err(SlotFault::Busy)) if self.worker.has_left_behind() => {
                Err(SlotFault::Hung { call, waited: bound })
            }
            Some(outcome) => outcome,
            None => Err(SlotFault::Hung { call, waited: bound }),
        }
    }

    fn conclude<T>(&self, outcome: Result<T, SlotFault>) -> Result<T, SlotError> {
        let slot = if self.reader.is_empty() { "any reader" } else { &self.reader };
        outcome.map_err(|fault| SlotError { slot: slot.to_owned(), fault })
    }
}
