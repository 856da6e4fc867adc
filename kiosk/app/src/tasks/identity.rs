//! Ways to learn who stands at the kiosk, and the one owner that serves them all.
//!
//! A resident-ID card on the reader, a social-security card in the slot, a code before the scanner: each
//! is an [`IdentitySource`], and each has an [`Owner`] on a thread of its own, the only one who talks to
//! it. Whoever reads a person first has him; the others then rest until somebody is wanted again.

mod card_reader;
mod card_slot;
mod codes;

pub use card_reader::CardReader;
pub use card_slot::SocialCardSlot;
pub use codes::Codes;

use crate::bus::{Bus, Health, Identity};
use link::Failure;
use log_book::Event as Happened;
use log_book::field::Session;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use visit::event::{CardEvent, Event, ReaderDo, SessionId};
use visit::fault::Fault;
use visit::identity::Person;
use visit::screen::{CardProblem, CardReminder};

/// What a source sees when it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// nobody shows anything
    Nothing,
    /// something is there, to be read at once
    Something,
    /// what was read before still lies there
    Latched,
}

/// How a reading ended.
pub enum Reading {
    /// who it is; nothing more is read until somebody is wanted again
    Person(Person),
    /// not this; another is still wanted
    Refused(CardProblem),
    /// there was nothing after all
    Nothing,
}

/// What went wrong, sorted into the visitor's part and the hall's.
#[derive(Debug)]
pub struct Trouble {
    /// what it means for the visitor who shows something; `None`: nothing
    pub problem: Option<CardProblem>,
    /// what it says of the device; `None`: it is well
    pub fault: Option<Fault>,
    /// how the device failed, for the way back; `None`: it answers, and no ladder would help
    pub failure: Option<Failure>,
    /// for the log: what happened, to which device, and what to do next
    pub said: String,
}

/// One way to learn who somebody is.
pub trait IdentitySource {
    /// What logs call it.
    const NAME: &'static str;

    /// Whether it is open.
    fn is_open(&self) -> bool;

    /// Opens it, or opens it again, and sees that it is well.
    ///
    /// # Errors
    /// Why it is not.
    fn open(&mut self) -> Result<(), Trouble>;

    /// It failed: does what its ladder says, and tells how long to wait before it is asked again.
    fn climb(&mut self, how: Failure) -> Duration;

    /// It answered: the next failure begins at the foot of the ladder.
    fn worked(&mut self) {}

    /// Somebody is wanted from now on: what was shown before is not his.
    fn begin(&mut self) {}

    /// Looks once; may wait a moment for something to be shown.
    ///
    /// # Errors
    /// Why it cannot look.
    fn look(&mut self) -> Result<Sight, Trouble>;

    /// Reads what was seen.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&mut self) -> Result<Reading, Trouble>;

    /// Whether what was read still lies there.
    ///
    /// # Errors
    /// Why that cannot be asked.
    fn presence(&mut self) -> Result<CardReminder, Trouble>;

    /// Whether something lies there that was not read.
    ///
    /// # Errors
    /// Why that cannot be asked.
    fn is_something_else(&mut self) -> Result<bool, Trouble> {
        Ok(false)
    }

    /// Sees that it is well while nobody is wanted.
    ///
    /// # Errors
    /// Why it is not.
    fn rest(&mut self) -> Result<(), Trouble>;

    /// What it says of itself, once it is open.
    fn own(&self) -> Option<Identity> {
        None
    }

    /// Less than well, though it works.
    fn doubts(&self) -> Vec<Fault> {
        Vec::new()
    }

    /// How long to wait between two looks.
    fn pace(&self) -> Duration;
}

/// How often a card that was read is looked after.
const PRESENCE_EVERY: Duration = Duration::from_millis(500);
/// How long a device that answers, and will not do its work, is left in peace.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Whoever touches the screen may have laid his card down so long before.
const JUST_LAID: Duration = Duration::from_millis(300);
/// How often an idle source is asked how it is.
const HEALTH_EVERY: Duration = Duration::from_secs(2);
/// How long nothing is seen before it is worth telling that something lies there that was read before.
const LATCHED_AFTER: Duration = Duration::from_millis(1500);

/// What the desk wished last, and how far that has come. It outlives an owner: one that is started again
/// after a panic goes on with it.
#[derive(Debug)]
pub struct Wish {
    asked: ReaderDo,
    /// something was shown and is being read
    reading: bool,
    /// the person that was read last was read here: only that card is looked after
    read_here: bool,
    /// something else has lain there since this session, and since then: whoever comes later did not lay it there
    lying: Option<(SessionId, Instant)>,
}

impl Wish {
    /// Nothing yet.
    pub const NONE: Self = Self { asked: ReaderDo::Rest, reading: false, read_here: false, lying: None };
}

/// Owns one source until nobody can ask for it any more.
pub fn run<S: IdentitySource>(
    source: S,
    asks: &Receiver<ReaderDo>,
    wish: &mut Wish,
    bus: &Bus,
    health: &mut Health,
) {
    let mut owner = Owner {
        source,
        bus: bus.clone(),
        health,
        warned: None,
        wish,
        told: None,
        watching_since: Instant::now(),
    };
    owner.go_on();
    let mut pause = Duration::ZERO;
    loop {
        match asks.recv_timeout(pause) {
            Ok(ask) => owner.ask(ask),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        // Only the last wish counts.
        asks.try_iter().for_each(|ask| owner.ask(ask));
        pause = owner.step();
    }
}

struct Owner<'a, S> {
    source: S,
    bus: Bus,
    health: &'a mut Health,
    /// the fault that the log has been told of
    warned: Option<Fault>,
    wish: &'a mut Wish,
    told: Option<CardReminder>,
    watching_since: Instant,
}

impl<S: IdentitySource> Owner<'_, S> {
    /// Takes up what an owner before this one was asked: what he saw and was about to tell is lost.
    fn go_on(&mut self) {
        let reading = std::mem::take(&mut self.wish.reading);
        match self.wish.asked {
            // What was shown must be shown again: reading it may be what the other failed at.
            ReaderDo::Watch(session) => {
                self.source.begin();
                if reading {
                    self.tell(session, CardEvent::Problem(CardProblem::Unreadable));
                }
            }
            // Whether it still lies there is asked again, and told.
            ReaderDo::Presence(_) | ReaderDo::Rest => {}
        }
    }

    fn ask(&mut self, ask: ReaderDo) {
        self.wish.asked = ask;
        if matches!(ask, ReaderDo::Watch(_)) {
            self.watching_since = Instant::now();
            self.wish.read_here = false;
            self.wish.lying = self.wish.lying.filter(|(_, since)| since.elapsed() >= JUST_LAID);
            self.source.begin();
        }
        self.told = None;
    }

    /// Does one thing; how long to wait before the next.
    fn step(&mut self) -> Duration {
        if !self.source.is_open() {
            return match self.source.open() {
                // That it is open does not say that it is well: the next question does.
                Ok(()) => {
                    if let Some(own) = self.source.own() {
                        self.bus.identify(self.health.device(), own);
                    }
                    Duration::ZERO
                }
                Err(trouble) => self.failed(trouble),
            };
        }
        let done = match self.wish.asked {
            ReaderDo::Watch(session) => self.watch(session),
            ReaderDo::Presence(session) if self.wish.read_here => self.look_after(session),
            ReaderDo::Presence(session) => self.rest(Some(session)),
            ReaderDo::Rest => self.rest(None),
        };
        match done {
            Ok(pause) => {
                self.well();
                pause
            }
            Err(trouble) => self.failed(trouble),
        }
    }

    fn watch(&mut self, session: SessionId) -> Result<Duration, Trouble> {
        let seen = match self.source.look()? {
            Sight::Something if self.wish.lying.is_some_and(|(before, _)| before != session) => {
                Sight::Latched
            }
            seen => seen,
        };
        match seen {
            Sight::Nothing => self.wish.lying = None,
            Sight::Latched => {
                if self.watching_since.elapsed() >= LATCHED_AFTER {
                    self.watching_since = Instant::now();
                    self.tell(session, CardEvent::Problem(CardProblem::LiftFirst));
                }
            }
            Sight::Something => {
                self.tell(session, CardEvent::Found);
                self.wish.reading = true;
                let begun = Instant::now();
                match self.source.read()? {
                    Reading::Person(person) => {
                        self.bus.log(Happened::IdentityRead {
                            session: Session::of(session.0),
                            source: self.health.letter(),
                            took: begun.elapsed().into(),
                        });
                        // From now on only whether it still lies there is of interest.
                        self.ask(ReaderDo::Presence(session));
                        self.wish.read_here = true;
                        self.wish.lying = None;
                        self.tell(session, CardEvent::Read(person));
                    }
                    // Another is still wanted.
                    Reading::Refused(problem) => self.tell(session, CardEvent::Problem(problem)),
                    Reading::Nothing => {
                        self.tell(session, CardEvent::Problem(CardProblem::Unreadable));
                    }
                }
                self.wish.reading = false;
                return Ok(Duration::ZERO);
            }
        }
        Ok(self.source.pace())
    }

    fn look_after(&mut self, session: SessionId) -> Result<Duration, Trouble> {
        let reminder = match self.source.presence()? {
            // Another's, laid there meanwhile, is left behind as well.
            CardReminder::Taken | CardReminder::Unknown if self.is_lying(Some(session))? => {
                CardReminder::Present
            }
            reminder => reminder,
        };
        if self.told.replace(reminder) != Some(reminder) {
            self.tell(session, CardEvent::Presence(reminder));
        }
        Ok(if reminder == CardReminder::Unknown { HEALTH_EVERY } else { PRESENCE_EVERY })
    }

    /// Nobody is wanted here; what is laid there in a session is not the next one's.
    fn rest(&mut self, session: Option<SessionId>) -> Result<Duration, Trouble> {
        self.source.rest()?;
        if session.is_some() || self.wish.lying.is_some() {
            self.is_lying(session)?;
        }
        Ok(if self.wish.lying.is_some() { PRESENCE_EVERY } else { HEALTH_EVERY })
    }

    /// Whether something else lies there than what was read, and since which session.
    fn is_lying(&mut self, session: Option<SessionId>) -> Result<bool, Trouble> {
        let lying = self.source.is_something_else()?;
        let now = session.map(|session| (session, Instant::now()));
        self.wish.lying = if lying { self.wish.lying.or(now) } else { None };
        Ok(lying)
    }

    fn tell(&self, session: SessionId, event: CardEvent) {
        self.bus.send_blocking(Event::Card(session, event));
    }

    fn well(&mut self) {
        self.source.worked();
        if let Some(fault) = self.warned.take() {
            tracing::info!(source = S::NAME, code = fault.code(), "well again");
        }
        self.health.tell_blocking(self.source.doubts());
    }

    /// Sorts a failure into the visitor's card and the hall's device.
    fn failed(&mut self, trouble: Trouble) -> Duration {
        if trouble.fault.is_none() || trouble.fault != self.warned {
            tracing::warn!(source = S::NAME, said = trouble.said, "trouble");
        } else {
            tracing::debug!(source = S::NAME, said = trouble.said, "the same trouble");
        }
        let reading = std::mem::take(&mut self.wish.reading);
        // A device that fails while nobody shows anything is told by its status alone.
        if let (Some(problem), ReaderDo::Watch(session)) = (trouble.problem, self.wish.asked)
            && (reading || trouble.fault.is_none())
        {
            self.tell(session, CardEvent::Problem(problem));
        }
        match trouble.fault {
            None => {
                self.well();
                self.source.pace()
            }
            Some(fault) => {
                self.warned = Some(fault);
                self.health.tell_blocking(vec![fault]);
                trouble.failure.map_or(AGAIN_AFTER, |how| self.source.climb(how))
            }
        }
    }
}

#[cfg(test)]
mod tests;
