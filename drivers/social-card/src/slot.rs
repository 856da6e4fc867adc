//! The slot: one PC/SC reader, watched and read.

use std::time::Duration;

use link::record::Recorder;

use crate::record::Tape;
use crate::{Call, Profile, SlotError, SlotFault, SocialCard, recorder};

mod service;
mod session;
mod worker;

use session::Session;
use worker::Worker;

/// How much longer than it was asked to wait a call may take before it counts as hung.
const GRACE: Duration = Duration::from_secs(2);

/// How long a call without waiting may take.
const AT_ONCE: Duration = Duration::from_secs(2);

/// The slot for social-security cards; every call blocks its thread, for a bounded time.
///
/// Let one thread own it: [`poll`](Self::poll) until it says [`Slot::Inserted`], then
/// [`read`](Self::read); poll on for the card's removal. The slot mends its own connection: after a
/// fault whose next step is [`PollAgain`](crate::NextStep::PollAgain), poll again after a pause.
///
/// PC/SC calls can hang for as long as pcscd does, so they are made on a thread of the slot's own. One
/// that does not come back is left behind, with [`SlotFault::Hung`], and the next call gets a new thread
/// and a new connection; while three are left behind no more are made.
pub struct CardSlot {
    profile: Profile,
    name: String,
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
    /// A card that can be read.
    Inserted,
    /// A card that does not answer: upside down, broken, or no chip card.
    Mute,
}

/// Whether the card that was read last is still in the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Present,
    /// It was taken out, whatever is in the slot now.
    Absent,
    /// Not known: nothing was read yet, or the service was lost since.
    Unknown,
}

impl CardSlot {
    /// A slot as `profile` describes it. Calls nobody yet: what is there, the first poll tells.
    #[must_use]
    pub fn open(profile: Profile) -> Self {
        let reader = if profile.reader.is_empty() { "any reader" } else { &profile.reader };
        let name = format!("{}, {reader}", profile.model);
        let recorder = recorder(&profile);
        recorder.name_link(&format!("PC/SC, {reader}"));
        recorder.opened();
        Self { profile, name, worker: Worker::new(), recorder }
    }

    /// What was exchanged with cards lately, without their holders, for writing out at a fault.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// The profile the slot was opened with.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Says what is in the slot: at once if it is another than was said last, else as soon as it
    /// changes, and after `wait` in any case.
    ///
    /// Readers that are plugged in and out are noticed, and a service that was restarted is found
    /// again. A card exchanged for another between two polls is told as [`Slot::Empty`] first.
    ///
    /// # Errors
    /// Those faults that are the slot's own; they come at once, without waiting.
    pub fn poll(&mut self, wait: Duration) -> Result<Slot, SlotError> {
        let outcome = self.call(Call::Poll, wait + GRACE, move |session| session.poll(wait));
        self.conclude(outcome)
    }

    /// Reads the card in the slot.
    ///
    /// # Errors
    /// Every [`SlotFault`].
    pub fn read(&mut self) -> Result<SocialCard, SlotError> {
        let tape = Tape::begin(&self.recorder);
        let side = tape.clone();
        let bound = self.profile.read + GRACE;
        let outcome = self.call(Call::Read, bound, move |session| session.read(&side));
        tape.end(&outcome);
        self.conclude(outcome)
    }

    /// Whether the card that was read last is still in the slot.
    ///
    /// Anything but a clean answer is [`Presence::Unknown`]; what went wrong shows in the next poll.
    pub fn presence(&mut self) -> Presence {
        self.call(Call::Presence, AT_ONCE, |session| Ok(session.presence())).unwrap_or(Presence::Unknown)
    }

    fn call<T: Send + 'static>(
        &mut self,
        call: Call,
        bound: Duration,
        job: impl FnOnce(&mut Session) -> Result<T, SlotFault> + Send + 'static,
    ) -> Result<T, SlotFault> {
        let profile = self.profile.clone();
        match self.worker.run(bound, move || Session::new(profile), job) {
            // What is left behind may hold the reader itself: nobody else is to blame then.
            Some(Err(SlotFault::Busy)) if self.worker.has_left_behind() => {
                Err(SlotFault::Hung { call, waited: bound })
            }
            Some(outcome) => outcome,
            None => Err(SlotFault::Hung { call, waited: bound }),
        }
    }

    fn conclude<T>(&self, outcome: Result<T, SlotFault>) -> Result<T, SlotError> {
        outcome.map_err(|fault| SlotError { slot: self.name.clone(), fault })
    }
}
