//! Codes held before the scanner (随申码) as a way to learn who somebody is.
//!
//! A code is an opaque token for a short time. Whose it is the store knows; the token goes there over
//! TLS, once, and nowhere else.

use super::{IdentitySource, Reading, Sight, Trouble};
use crate::device::{Line, Wire};
use crate::faults::codes::{code_fault, link_fault};
use code_scanner::{CodeError, CodeFault, CodeScanner, Profile, Token};
use link::record::Recorder;
use link::{Failure, Ladder, Rung};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Client, Identified, IdentifiedKind, IdentifyFault, StoreFault};
use tokio::runtime::Handle;
use visit::fault::Fault;
use visit::identity::{DocumentKind, DocumentNumber, Person, PersonName};
use visit::screen::{CardProblem, CardReminder};

/// How long one look waits for a code: a new wish of the desk's waits no longer.
const LOOK: Duration = Duration::from_millis(200);

/// How long a store that could not be asked is believed to be away.
const DOUBT: Duration = Duration::from_secs(30);
/// How many codes of before are thrown away at most: more than any scanner keeps.
const BACKLOG: usize = 32;

/// The scanner on its line, and the store behind it.
pub struct Codes {
    line: Line,
    ladder: Ladder,
    profile: Profile,
    scanner: Option<CodeScanner<Wire>>,
    token: Option<Token>,
    store: Arc<Client>,
    runtime: Handle,
    /// when a code could last not be looked up
    store_down: Option<Instant>,
    garbled: bool,
}

impl Codes {
    /// Nothing is opened yet.
    pub fn new(line: Line, profile: Profile, store: Arc<Client>, runtime: Handle) -> Self {
        let (scanner, token) = (None, None);
        let ladder = Ladder::new(false, line.may_have_usb_port());
        Self { line, ladder, profile, scanner, token, store, runtime, store_down: None, garbled: false }
    }

    /// What a recording of it is made with.
    pub fn recorder(profile: &Profile) -> Recorder {
        Recorder::new("code-scanner", &profile.model, code_scanner::Redactor)
    }

    fn poll(&mut self, wait: Duration) -> Result<Option<Token>, Trouble> {
        let Some(scanner) = &mut self.scanner else {
            return Err(Trouble {
                problem: None,
                fault: Some(Fault::CodeScannerAbsent),
                failure: Some(Failure::Absent),
                said: "code scanner: not open".to_owned(),
            });
        };
        match scanner.poll(Instant::now() + wait) {
            Ok(token) => {
                self.garbled &= token.is_none();
                Ok(token)
            }
            Err(error) => Err(self.trouble(&error)),
        }
    }

    fn trouble(&mut self, error: &CodeError) -> Trouble {
        let fault = code_fault(&error.fault);
        let said = error.to_string();
        if fault == Fault::CodeScannerGarbled {
            // The next code may be a good one: the scanner stays open, and the doubt stays until then.
            self.garbled = true;
            return Trouble { problem: Some(CardProblem::CodeUnknown), fault: None, failure: None, said };
        }
        let failure = match &error.fault {
            CodeFault::Link(error) => Some(Failure::from(error)),
            CodeFault::TooLong { .. }
            | CodeFault::ControlBytes
            | CodeFault::NotText
            | CodeFault::Unterminated { .. } => None,
        };
        Trouble { problem: None, fault: Some(fault), failure, said }
    }
}

impl IdentitySource for Codes {
    const NAME: &'static str = "code scanner";

    fn is_open(&self) -> bool {
        self.scanner.is_some()
    }

    fn open(&mut self) -> Result<(), Trouble> {
        let link = self.line.open().map_err(|error| Trouble {
            problem: None,
            fault: Some(link_fault(&error)),
            failure: Some(Failure::from(&error)),
            said: format!("code scanner: {error}"),
        })?;
        self.scanner = Some(CodeScanner::new(link, self.profile.clone()));
        Ok(())
    }

    fn climb(&mut self, how: Failure) -> Duration {
        let step = self.ladder.failed(how);
        match step.rung {
            Rung::Drain | Rung::ProtocolReset => {}
            Rung::Reopen => self.scanner = None,
            Rung::PortReset => {
                self.scanner = None;
                self.line.reset_port();
            }
        }
        step.pause
    }

    fn worked(&mut self) {
        self.ladder.worked();
    }

    fn begin(&mut self) {
        // What was scanned before, whoever held it there.
        for _ in 0..BACKLOG {
            match self.poll(Duration::ZERO) {
                Ok(Some(_)) => {}
                // What is wrong shows in the next look.
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn look(&mut self) -> Result<Sight, Trouble> {
        self.token = self.poll(LOOK)?;
        Ok(if self.token.is_some() { Sight::Something } else { Sight::Nothing })
    }

    fn read(&mut self) -> Result<Reading, Trouble> {
        let Some(token) = self.token.take() else { return Ok(Reading::Nothing) };
        let known = self.runtime.block_on(self.store.identify(token.reveal()));
        self.store_down = None;
        Ok(match known {
            Ok(identified) => match person(&identified) {
                Some(person) => Reading::Person(person),
                None => Reading::Refused(CardProblem::CodeUnknown),
            },
            Err(fault) => {
                tracing::warn!(%fault, "a code could not be looked up");
                self.store_down = is_down(&fault).then(Instant::now);
                Reading::Refused(identify_problem(&fault))
            }
        })
    }

    fn presence(&mut self) -> Result<CardReminder, Trouble> {
        // A telephone lies nowhere: there is nothing to forget.
        self.rest().map(|()| CardReminder::Taken)
    }

    fn rest(&mut self) -> Result<(), Trouble> {
        // What is scanned while nobody is wanted is nobody's: taken off the line and forgotten.
        self.poll(Duration::ZERO).map(drop)
    }

    fn doubts(&self) -> Vec<Fault> {
        let garbled = self.garbled.then_some(Fault::CodeScannerGarbled);
        // Whether it still is only the next code tells: the doubt must not shut the last way for ever.
        let down = self.store_down.is_some_and(|at| at.elapsed() < DOUBT);
        garbled.into_iter().chain(down.then_some(Fault::StoreCodesDown)).collect()
    }

    fn pace(&self) -> Duration {
        // The look itself waits.
        Duration::ZERO
    }
}

fn person(identified: &Identified) -> Option<Person> {
    let kind = match identified.kind {
        IdentifiedKind::Resident => DocumentKind::Resident,
        IdentifiedKind::HmtResidence => DocumentKind::HmtResidence,
        IdentifiedKind::ForeignPermanent2017 => DocumentKind::ForeignPermanent2017,
        IdentifiedKind::ForeignPermanent2023 => DocumentKind::ForeignPermanent2023,
    };
    let number = DocumentNumber::parse(kind, &identified.number).ok()?;
    Some(Person { kind, number, name: PersonName::new(&identified.name) })
}

/// Whether nobody can be asked for some time, whatever code is shown.
fn is_down(fault: &IdentifyFault) -> bool {
    match fault {
        IdentifyFault::Unknown => false,
        IdentifyFault::Store(fault) => match fault {
            StoreFault::Unreachable(_)
            | StoreFault::Untrusted(_)
            | StoreFault::ClientCertificateRefused(_)
            | StoreFault::NoTls13
            | StoreFault::Busy(_)
            | StoreFault::ServerError(_) => true,
            StoreFault::Conflict
            | StoreFault::TooLarge
            | StoreFault::Rejected(_)
            | StoreFault::Garbage(_)
            | StoreFault::DigestMismatch
            | StoreFault::Countersignature
            | StoreFault::Disk(_) => false,
        },
    }
}

fn identify_problem(fault: &IdentifyFault) -> CardProblem {
    match fault {
        IdentifyFault::Unknown => CardProblem::CodeUnknown,
        IdentifyFault::Store(_) => CardProblem::CodeUnreachable,
    }
}
