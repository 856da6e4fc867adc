//! The slot for social-security cards (PC/SC) as a way to learn who somebody is.

use super::{IdentitySource, Reading, Sight, Trouble};
use crate::device::reopening;
use crate::faults::slot::{card_problem, slot_fault};
use link::record::Recorder;
use link::{Backoff, Failure};
use social_card::{CardSlot, Presence, Profile, Slot, SlotError};
use std::time::Duration;
use visit::fault::Fault;
use visit::identity::{DocumentKind, DocumentNumber, NumberError, Person, PersonName};
use visit::screen::{CardProblem, CardReminder};

/// How long one look waits for a card: a new wish of the desk's waits no longer.
const LOOK: Duration = Duration::from_millis(200);

/// The slot. It mends its own connection to the service.
pub struct SocialCardSlot {
    slot: CardSlot,
    open: bool,
    backoff: Backoff,
    /// the card that is in the slot has been read, or cannot be
    done_with: bool,
}

impl SocialCardSlot {
    /// Nobody is called yet.
    pub fn new(profile: Profile) -> Self {
        Self { slot: CardSlot::open(profile), open: false, backoff: reopening(), done_with: false }
    }

    /// What crosses it is recorded here.
    pub fn recorder(&self) -> &Recorder {
        self.slot.recorder()
    }

    fn poll(&mut self, wait: Duration) -> Result<Slot, Trouble> {
        match self.slot.poll(wait).map_err(|error| trouble(&error))? {
            Slot::NoReader => Err(Trouble {
                problem: None,
                fault: Some(Fault::SlotAbsent),
                failure: Some(Failure::Absent),
                said: "card slot: there is no such reader; check its plug".to_owned(),
            }),
            seen => Ok(seen),
        }
    }
}

fn trouble(error: &SlotError) -> Trouble {
    Trouble {
        problem: card_problem(&error.fault),
        fault: slot_fault(&error.fault),
        // The slot mends its own connection: how it failed is not of interest.
        failure: Some(Failure::Absent),
        said: error.to_string(),
    }
}

impl IdentitySource for SocialCardSlot {
    const NAME: &'static str = "card slot";

    fn is_open(&self) -> bool {
        self.open
    }

    fn open(&mut self) -> Result<(), Trouble> {
        self.poll(Duration::ZERO)?;
        self.open = true;
        Ok(())
    }

    fn climb(&mut self, _how: Failure) -> Duration {
        self.open = false;
        self.backoff.next_pause()
    }

    fn worked(&mut self) {
        self.backoff.reset();
    }

    fn look(&mut self) -> Result<Sight, Trouble> {
        match self.poll(LOOK)? {
            Slot::Empty | Slot::NoReader => {
                self.done_with = false;
                Ok(Sight::Nothing)
            }
            Slot::Inserted | Slot::Mute if self.done_with => Ok(Sight::Latched),
            Slot::Inserted => Ok(Sight::Something),
            Slot::Mute => {
                self.done_with = true;
                Err(Trouble {
                    problem: Some(CardProblem::WrongSide),
                    fault: None,
                    failure: None,
                    said: "card slot: the card does not answer; put it in the other way round".to_owned(),
                })
            }
        }
    }

    fn read(&mut self) -> Result<Reading, Trouble> {
        // Whatever comes of it: the same card is not read again until it has been taken out.
        self.done_with = true;
        let card = self.slot.read().map_err(|error| {
            let trouble = trouble(&error);
            // A slot that is at fault has not judged the card.
            self.done_with = trouble.fault.is_none();
            Trouble { problem: trouble.problem.or(Some(CardProblem::SocialUnreadable)), ..trouble }
        })?;
        let kind = DocumentKind::SocialSecurity;
        Ok(match DocumentNumber::parse(kind, card.number.as_str()) {
            Ok(number) => Reading::Person(Person { kind, number, name: PersonName::new(card.name.as_str()) }),
            Err(NumberError::Form) => Reading::Refused(CardProblem::UnknownKind),
            Err(NumberError::CheckDigit) => Reading::Refused(CardProblem::CheckDigit),
        })
    }

    fn presence(&mut self) -> Result<CardReminder, Trouble> {
        match self.slot.presence() {
            Presence::Present => Ok(CardReminder::Present),
            Presence::Absent => Ok(CardReminder::Taken),
            // What went wrong shows in a poll.
            Presence::Unknown => self.poll(Duration::ZERO).map(|_| CardReminder::Unknown),
        }
    }

    fn is_something_else(&mut self) -> Result<bool, Trouble> {
        let seen = self.poll(Duration::ZERO)?;
        if seen == Slot::Empty {
            self.done_with = false;
        }
        Ok(matches!(seen, Slot::Inserted | Slot::Mute) && !self.done_with)
    }

    fn rest(&mut self) -> Result<(), Trouble> {
        if matches!(self.poll(Duration::ZERO)?, Slot::Empty) {
            self.done_with = false;
        }
        Ok(())
    }

    fn pace(&self) -> Duration {
        // The look itself waits.
        Duration::ZERO
    }
}
