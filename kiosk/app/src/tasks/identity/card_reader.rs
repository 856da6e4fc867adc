//! The resident-ID reader (GA/T 467) as a way to learn who somebody is.

use super::{IdentitySource, Reading, Sight, Trouble};
use crate::bus::Identity;
use crate::device::{Line, Wire};
use crate::faults::reader::{card_problem, link_fault, reader_fault};
use id_reader::{Document, Poll, Presence, Profile, Reader, ReaderError, ReaderFault};
use link::record::Recorder;
use link::{Failure, Ladder, LinkError, Rung};
use std::time::{Duration, Instant};
use visit::identity::{DocumentKind, DocumentNumber, NumberError, Person, PersonName};
use visit::screen::{CardProblem, CardReminder};

/// How long no card is found before it is worth asking whether one lies there that was read before.
const PROBE_AFTER: Duration = Duration::from_millis(1500);

/// The reader on its line.
pub struct CardReader {
    line: Line,
    ladder: Ladder,
    profile: Profile,
    reader: Option<Reader<Wire>>,
    empty_since: Instant,
    own: Identity,
}

impl CardReader {
    /// Nothing is opened yet.
    pub fn new(line: Line, profile: Profile) -> Self {
        let ladder = Ladder::new(true, line.may_have_usb_port());
        Self { line, ladder, profile, reader: None, empty_since: Instant::now(), own: Identity::default() }
    }

    /// What a recording of it is made with.
    pub fn recorder(profile: &Profile) -> Recorder {
        Recorder::new(id_reader::DRIVER, &profile.model, id_reader::CardRedactor::default())
    }

    fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Reader<Wire>) -> Result<T, ReaderError>,
    ) -> Result<T, Trouble> {
        let error = match &mut self.reader {
            Some(reader) => match work(reader) {
                Ok(done) => return Ok(done),
                Err(error) => error,
            },
            None => ReaderError {
                reader: self.profile.model.clone(),
                fault: ReaderFault::Link(LinkError::HungUp),
            },
        };
        Err(Trouble {
            problem: card_problem(&error.fault),
            fault: reader_fault(&error.fault),
            failure: error.fault.failure(),
            said: error.to_string(),
        })
    }
}

impl IdentitySource for CardReader {
    const NAME: &'static str = "ID reader";

    fn is_open(&self) -> bool {
        self.reader.is_some()
    }

    fn open(&mut self) -> Result<(), Trouble> {
        let link = self.line.open_reader(&self.profile).map_err(|error| Trouble {
            problem: Some(CardProblem::Reader),
            fault: Some(link_fault(&error)),
            failure: Some(Failure::from(&error)),
            said: format!("ID reader: {error}"),
        })?;
        self.reader = Some(Reader::new(link, self.profile.clone()));
        self.with(Reader::status)?;
        // One that does not tell its number is as good as any other.
        let serial = self.reader.as_mut().and_then(|reader| reader.identifier().ok());
        self.own = Identity {
            model: Some(self.profile.model.clone()),
            serial: serial.map(|serial| serial.to_string()),
            ..Identity::default()
        };
        Ok(())
    }

    fn own(&self) -> Option<Identity> {
        Some(self.own.clone())
    }

    fn climb(&mut self, how: Failure) -> Duration {
        let step = self.ladder.failed(how);
        match step.rung {
            // The driver drains a line that is in doubt before it asks anything.
            Rung::Drain => {}
            Rung::ProtocolReset => {
                // What comes of it shows in the status that is asked next.
                let reset = self.reader.as_mut().map(Reader::reset);
                tracing::debug!(?reset, "ID reader: module reset");
            }
            Rung::Reopen => self.reader = None,
            Rung::PortReset => {
                self.reader = None;
                self.line.reset_port();
            }
        }
        step.pause
    }

    fn worked(&mut self) {
        self.ladder.worked();
    }

    fn look(&mut self) -> Result<Sight, Trouble> {
        if self.with(Reader::poll)? == Poll::Found {
            self.empty_since = Instant::now();
            return Ok(Sight::Something);
        }
        if self.empty_since.elapsed() < PROBE_AFTER {
            return Ok(Sight::Nothing);
        }
        self.empty_since = Instant::now();
        let latched = self.reader.as_mut().is_some_and(|r| r.probe_presence() == Presence::Present);
        Ok(if latched { Sight::Latched } else { Sight::Nothing })
    }

    fn read(&mut self) -> Result<Reading, Trouble> {
        let document = self.with(Reader::read)?;
        Ok(match person(&document) {
            Ok(person) => Reading::Person(person),
            Err(NumberError::Form) => Reading::Refused(CardProblem::UnknownKind),
            Err(NumberError::CheckDigit) => Reading::Refused(CardProblem::CheckDigit),
        })
    }

    fn presence(&mut self) -> Result<CardReminder, Trouble> {
        let probed = self.reader.as_mut().map_or(Presence::Unknown, Reader::probe_presence);
        match probed {
            Presence::Present => Ok(CardReminder::Present),
            Presence::Absent => Ok(CardReminder::Taken),
            // A probe does not say why it failed; the status does.
            Presence::Unknown => self.with(Reader::status).map(|()| CardReminder::Unknown),
        }
    }

    fn is_something_else(&mut self) -> Result<bool, Trouble> {
        // The one that was read is not found again before it is lifted.
        Ok(self.with(Reader::poll)? == Poll::Found)
    }

    fn rest(&mut self) -> Result<(), Trouble> {
        self.with(Reader::status)
    }

    fn pace(&self) -> Duration {
        self.profile.poll_interval
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
