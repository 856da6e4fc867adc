//! One conversation with a helper, over whatever link.

use std::time::{Duration, Instant};

use link::{Link, LinkError};
use zeroize::{Zeroize, Zeroizing};

use crate::protocol::{self, Answer, LONGEST, ProtocolFault, Request, Secret, Unloaded};
use crate::{Challenge, CompanyCertificate, KeyFault, Pin, Profile, Signature, Timeouts};

/// A conversation: the helper greets, then answers each request once.
pub(crate) struct Session<L> {
    link: L,
    /// Room for the largest frame; allocated once, so that no copies are left behind.
    buffer: Zeroizing<Vec<u8>>,
}

/// Why an operation did not come to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The helper said so.
    Fault(KeyFault),
    /// The helper has gone.
    HungUp,
    /// No answer in time.
    Late(Duration),
    /// The system's word.
    Io(String),
}

impl<L: Link> Session<L> {
    pub(crate) fn new(link: L) -> Self {
        Self { link, buffer: Zeroizing::new(vec![0; LONGEST]) }
    }

    /// Waits for the helper's first word: whether the library is loaded.
    pub(crate) fn greeting(&mut self, limit: Duration) -> Result<(), Stop> {
        self.noted(
            "call start",
            |_| "ready",
            |session| {
                Err(match session.receive(Instant::now() + limit, limit)? {
                    Answer::Ready => return Ok(()),
                    Answer::NotLoaded(Unloaded::Missing, _) => KeyFault::LibraryMissing,
                    Answer::NotLoaded(Unloaded::WrongKind, _) => KeyFault::LibraryWrongKind,
                    Answer::NotLoaded(Unloaded::Incomplete, detail) => KeyFault::LibraryIncomplete(detail),
                    Answer::NotLoaded(Unloaded::Refused, detail) => KeyFault::LibraryRefused(detail),
                    _ => KeyFault::Protocol(ProtocolFault::OutOfTurn),
                }
                .into())
            },
        )
    }

    /// Which keys are plugged in.
    pub(crate) fn poll(&mut self, limit: Duration) -> Result<Keys, Stop> {
        self.noted("call poll", Keys::word, |session| session.keys(&Request::Devices, limit))
    }

    /// The same, once it has changed or after so many milliseconds.
    pub(crate) fn wait(&mut self, ms: u32, limit: Duration) -> Result<Keys, Stop> {
        let call = format!("call wait {ms}");
        self.noted(&call, Keys::word, |session| session.keys(&Request::Wait { ms }, limit))
    }

    /// The certificate of the one key that is plugged in.
    pub(crate) fn read(&mut self, profile: &Profile) -> Result<CompanyCertificate, Stop> {
        let Timeouts { list, read, .. } = profile.timeouts;
        self.noted(
            "call read",
            |_| "certificate",
            |session| {
                let key = session.one_key(list)?;
                match session.ask(&Request::Read { device: &key.0 }, read)? {
                    Answer::Certificate(der) => CompanyCertificate::from_der(&der, profile)
                        .map_err(|fault| KeyFault::Certificate(fault).into()),
                    other => Err(fault(&other).into()),
                }
            },
        )
    }

    /// A signature of the one key that is plugged in.
    pub(crate) fn prove(
        &mut self,
        certificate: &[u8],
        pin: &Pin,
        challenge: &Challenge,
        timeouts: Timeouts,
    ) -> Result<Signature, Stop> {
        let call = format!("call prove {} {}", pin.bytes().len(), challenge.bytes().len());
        self.noted(
            &call,
            |_| "signature",
            |session| {
                let key = session.one_key(timeouts.list)?;
                let request = Request::Prove {
                    device: &key.0,
                    certificate,
                    pin: Secret(pin.bytes()),
                    challenge: challenge.bytes(),
                };
                match session.ask(&request, timeouts.prove)? {
                    Answer::Signature(r, s) => Ok(Signature { r, s }),
                    other => Err(fault(&other).into()),
                }
            },
        )
    }

    /// Has the helper give everything back.
    pub(crate) fn close(&mut self, limit: Duration) -> Result<(), Stop> {
        self.noted(
            "call close",
            |_| "closed",
            |session| match session.ask(&Request::Close, limit)? {
                Answer::Closed => Ok(()),
                other => Err(fault(&other).into()),
            },
        )
    }

    /// Does something between the two notes of it.
    fn noted<T>(
        &mut self,
        call: &str,
        word: impl FnOnce(&T) -> &'static str,
        work: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        self.link.note(call);
        let outcome = work(self);
        let word = match &outcome {
            Ok(value) => word(value),
            Err(Stop::Fault(fault)) => fault.code(),
            Err(Stop::HungUp) => "hung-up",
            Err(Stop::Late(_)) => "late",
            Err(Stop::Io(_)) => "failed",
        };
        self.link.note(&format!("= {word}"));
        outcome
    }

    fn one_key(&mut self, limit: Duration) -> Result<KeyName, Stop> {
        match self.keys(&Request::Devices, limit)? {
            Keys::None => Err(KeyFault::NoKey.into()),
            Keys::One(name) => Ok(name),
            Keys::Several => Err(KeyFault::SeveralKeys.into()),
        }
    }

    fn keys(&mut self, request: &Request<'_>, limit: Duration) -> Result<Keys, Stop> {
        match self.ask(request, limit)? {
            Answer::Devices(mut names) => Ok(match (names.pop(), names.is_empty()) {
                (None, _) => Keys::None,
                (Some(name), true) => Keys::One(KeyName(name)),
                (Some(_), false) => Keys::Several,
            }),
            other => Err(fault(&other).into()),
        }
    }

    /// Sends a request and waits for its answer.
    fn ask(&mut self, request: &Request<'_>, limit: Duration) -> Result<Answer, Stop> {
        let deadline = Instant::now() + limit;
        self.link.write_all(&request.frame(), deadline).map_err(|error| Stop::of(error, limit))?;
        self.receive(deadline, limit)
    }

    fn receive(&mut self, deadline: Instant, limit: Duration) -> Result<Answer, Stop> {
        let mut head = [0; 4];
        self.link.read_exact(&mut head, deadline).map_err(|error| Stop::of(error, limit))?;
        let length = protocol::length(head).map_err(KeyFault::Protocol)?;
        let content = self.buffer.get_mut(..length).unwrap_or_default();
        self.link.read_exact(content, deadline).map_err(|error| Stop::of(error, limit))?;
        let answer = Answer::parse(content).map_err(|fault| KeyFault::Protocol(fault).into());
        content.zeroize();
        answer
    }
}

impl From<KeyFault> for Stop {
    fn from(fault: KeyFault) -> Self {
        Self::Fault(fault)
    }
}

impl Stop {
    fn of(error: LinkError, waited: Duration) -> Self {
        match error {
            LinkError::Timeout { .. } => Self::Late(waited),
            LinkError::HungUp => Self::HungUp,
            LinkError::NotFound(_)
            | LinkError::NotPermitted(_)
            | LinkError::Busy(_)
            | LinkError::Halted
            | LinkError::Overrun
            | LinkError::Io(_) => Self::Io(error.to_string()),
        }
    }
}

/// Which keys are plugged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// No key.
    None,
    /// One key.
    One(KeyName),
    /// More than one: which of them is meant is not to be guessed.
    Several,
}

impl Keys {
    fn word(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::One(_) => "one",
            Self::Several => "several",
        }
    }
}

/// The name a key is listed under: different for every key, the same for as long as it is plugged in.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyName(Vec<u8>);

/// Names hold serial numbers, and with some vendors their owner.
impl std::fmt::Debug for KeyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyName(redacted)")
    }
}

/// The fault that an answer stands for which is not the one hoped for.
fn fault(answer: &Answer) -> KeyFault {
    match answer {
        Answer::Refused { call, code, tries } => KeyFault::of(*call, *code, *tries),
        Answer::NoCertificate => KeyFault::NoCertificate,
        Answer::Changed => KeyFault::Changed,
        Answer::Misbehaved(call) => KeyFault::Misbehaved(*call),
        Answer::Ready
        | Answer::NotLoaded(..)
        | Answer::Devices(_)
        | Answer::Certificate(_)
        | Answer::Signature(..)
        | Answer::Closed
        | Answer::BadRequest => KeyFault::Protocol(ProtocolFault::OutOfTurn),
    }
}
