//! The resident-ID reader's owner: the only one who talks to it.

use crate::bus::{Bus, Health};
use crate::config::SerialConfig;
use crate::device::Reopening;
use id_reader::{Document, Poll, Presence, Profile, Reader, ReaderError, ReaderFault};
use link::{LinkError, SerialLink};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use visit::event::{CardEvent, Event, ReaderDo, SessionId};
use visit::fault::{Device, Fault};
use visit::identity::{DocumentKind, DocumentNumber, NumberError, Person, PersonName};
use visit::screen::{CardProblem, CardReminder};

/// How often a card that was read is looked after.
const PRESENCE_EVERY: Duration = Duration::from_millis(500);
/// How often an idle reader is asked how it is.
const HEALTH_EVERY: Duration = Duration::from_secs(2);
/// How long `find` sees no card before it is worth asking whether one lies there that was read before.
const LATCHED_AFTER: Duration = Duration::from_millis(1500);

/// Owns the reader until nobody can ask for it any more.
pub fn run(config: &SerialConfig, asks: &Receiver<ReaderDo>, bus: &Bus) {
    let profile = Profile::for_model(&config.profile);
    let mut owner = Owner {
        health: Health::new(Device::Reader, bus.clone()),
        reopening: Reopening::default(),
        reader: None,
        asked: ReaderDo::Rest,
        told: None,
        watching_since: Instant::now(),
        profile,
        config: config.clone(),
        bus: bus.clone(),
    };
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

struct Owner {
    config: SerialConfig,
    profile: Profile,
    bus: Bus,
    health: Health,
    reopening: Reopening,
    reader: Option<Reader<SerialLink>>,
    asked: ReaderDo,
    told: Option<CardReminder>,
    watching_since: Instant,
}

impl Owner {
    fn ask(&mut self, ask: ReaderDo) {
        if matches!(ask, ReaderDo::Watch(_)) {
            self.watching_since = Instant::now();
        }
        self.told = None;
        self.asked = ask;
    }

    /// Does one thing; how long to wait before the next.
    fn step(&mut self) -> Duration {
        let Some(reader) = &mut self.reader else { return self.open() };
        let done = match self.asked {
            ReaderDo::Watch(session) => match reader.poll() {
                Ok(Poll::Found) => self.read(session),
                Ok(Poll::NoCard) => {
                    self.health.tell_blocking(vec![]);
                    self.look_for_latched();
                    Ok(self.profile.poll_interval)
                }
                Err(error) => Err(error),
            },
            ReaderDo::Presence(_) => match reader.probe_presence() {
                // A probe does not say why it failed; the status does.
                Presence::Unknown => reader.status().map(|()| {
                    self.health.tell_blocking(vec![]);
                    self.tell_presence(Presence::Unknown);
                    HEALTH_EVERY
                }),
                known => {
                    self.tell_presence(known);
                    Ok(PRESENCE_EVERY)
                }
            },
            ReaderDo::Rest => reader.status().map(|()| {
                self.health.tell_blocking(vec![]);
                HEALTH_EVERY
            }),
        };
        done.unwrap_or_else(|error| self.failed(error))
    }

    fn open(&mut self) -> Duration {
        let port = self.config.port.display().to_string();
        let opened = SerialLink::open(&port, self.config.baud).map_err(|e| {
            tracing::debug!(error = %e, "ID reader: cannot open");
            link_fault(&e)
        });
        match opened {
            Ok(link) => {
                let mut reader = Reader::new(link, self.profile.clone());
                match reader.status() {
                    Ok(()) => {
                        tracing::info!(port, "ID reader: ready");
                        self.reopening.worked();
                        self.health.tell_blocking(vec![]);
                        self.reader = Some(reader);
                        Duration::ZERO
                    }
                    Err(error) => self.failed(error),
                }
            }
            Err(fault) => {
                self.health.tell_blocking(vec![fault]);
                self.reopening.pause()
            }
        }
    }

    fn read(&mut self, session: SessionId) -> Result<Duration, ReaderError> {
        let Some(reader) = &mut self.reader else { return Ok(Duration::ZERO) };
        self.bus.send_blocking(Event::Card(session, CardEvent::Found));
        let document = reader.read()?;
        self.health.tell_blocking(vec![]);
        let event = match person(&document) {
            Ok(person) => {
                // From now on find answers as if there were no card, until it is lifted.
                self.ask(ReaderDo::Presence(session));
                CardEvent::Read(person)
            }
            // Another card is still wanted.
            Err(NumberError::Form) => CardEvent::Problem(CardProblem::UnknownKind),
            Err(NumberError::CheckDigit) => CardEvent::Problem(CardProblem::CheckDigit),
        };
        self.bus.send_blocking(Event::Card(session, event));
        Ok(Duration::ZERO)
    }

    /// While a card is wanted and none is found, one may lie there that was read before.
    fn look_for_latched(&mut self) {
        let Some(reader) = &mut self.reader else { return };
        if self.watching_since.elapsed() < LATCHED_AFTER {
            return;
        }
        self.watching_since = Instant::now();
        if reader.probe_presence() == Presence::Present {
            self.tell(CardEvent::Problem(CardProblem::LiftFirst));
        }
    }

    /// Tells the session that asked; if none does, nobody.
    fn tell(&self, event: CardEvent) {
        if let ReaderDo::Watch(session) | ReaderDo::Presence(session) = self.asked {
            self.bus.send_blocking(Event::Card(session, event));
        }
    }

    fn tell_presence(&mut self, presence: Presence) {
        let reminder = match presence {
            Presence::Present => CardReminder::Present,
            Presence::Absent => CardReminder::Taken,
            Presence::Unknown => CardReminder::Unknown,
        };
        if self.told.replace(reminder) != Some(reminder) {
            self.tell(CardEvent::Presence(reminder));
        }
    }

    /// Sorts a failure into the visitor's card and the hall's device.
    fn failed(&mut self, error: ReaderError) -> Duration {
        tracing::warn!(%error, "ID reader");
        if let Some(problem) = card_problem(&error.fault) {
            self.tell(CardEvent::Problem(problem));
        }
        match reader_fault(&error.fault) {
            None => {
                self.health.tell_blocking(vec![]);
                self.profile.poll_interval
            }
            Some(fault) => {
                self.health.tell_blocking(vec![fault]);
                self.reader = None;
                self.reopening.pause()
            }
        }
    }
}

/// What a failure means for the visitor who laid the card; `None`: nothing.
fn card_problem(fault: &ReaderFault) -> Option<CardProblem> {
    match fault {
        ReaderFault::CardUnreadable(_) | ReaderFault::MalformedRecord(_) => Some(CardProblem::Unreadable),
        ReaderFault::CardTypeUnknown => Some(CardProblem::UnknownKind),
        ReaderFault::Authentication { .. } | ReaderFault::Unverified(_) => Some(CardProblem::Authentication),
        ReaderFault::WrongCheckDigit => Some(CardProblem::CheckDigit),
        ReaderFault::Link(_)
        | ReaderFault::NoAnswer { .. }
        | ReaderFault::Garbled(_)
        | ReaderFault::RequestsGarbled(_)
        | ReaderFault::SamNotAuthorised
        | ReaderFault::SelfTestFailed
        | ReaderFault::Refused { .. } => Some(CardProblem::Reader),
    }
}

/// What a failure says of the device; `None`: it is well.
fn reader_fault(fault: &ReaderFault) -> Option<Fault> {
    match fault {
        ReaderFault::CardUnreadable(_)
        | ReaderFault::MalformedRecord(_)
        | ReaderFault::CardTypeUnknown
        | ReaderFault::WrongCheckDigit
        | ReaderFault::Unverified(_)
        | ReaderFault::Authentication { .. } => None,
        ReaderFault::Link(error) => Some(link_fault(error)),
        ReaderFault::NoAnswer { .. } => Some(Fault::ReaderSilent),
        ReaderFault::Garbled(_) | ReaderFault::RequestsGarbled(_) | ReaderFault::Refused { .. } => {
            Some(Fault::ReaderGarbled)
        }
        ReaderFault::SamNotAuthorised => Some(Fault::ReaderNotAuthorised),
        ReaderFault::SelfTestFailed => Some(Fault::ReaderSelfTest),
    }
}

fn link_fault(error: &LinkError) -> Fault {
    match error {
        LinkError::NotFound(_) | LinkError::HungUp | LinkError::NotPermitted(_) | LinkError::Busy(_) => {
            Fault::ReaderAbsent
        }
        LinkError::Timeout { .. } | LinkError::Io(_) => Fault::ReaderSilent,
    }
}

/// The person on a card. What the visit does not need stays behind and is wiped with the document.
fn person(document: &Document) -> Result<Person, NumberError> {
    let kind = match document {
        Document::Resident(_) => DocumentKind::Resident,
        Document::HmtResidence(_) => DocumentKind::HmtResidence,
        Document::ForeignPermanent2017(_) => DocumentKind::ForeignPermanent2017,
        Document::ForeignPermanent2023(_) => DocumentKind::ForeignPermanent2023,
    };
    Ok(Person {
        kind,
        number: DocumentNumber::parse(kind, document.number())?,
        name: PersonName::new(document.name().as_str()),
    })
}
