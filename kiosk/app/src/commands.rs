//! What commands ask of the running kiosk, over a Unix socket: it alone owns the devices.
//!
//! One connection is one question and one answer, each a line of JSON (RFC 8259). Whoever may open the socket may
//! ask; its file is its owner's alone.

mod client;
mod good;
mod text;

pub use client::{CommandError, ask, without_kiosk};
pub use text::written;

use crate::bus::Bus;
use crate::chronicle::came;
use crate::heart::DeskLine;
use crate::tasks::technician::Technician;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use log_book::Event as Happened;
use log_book::field::{Asker, Word};
use metrics_page::Facts;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::timeout;
use visit::event::Event;
use visit::fault::Device;
use visit::technician::{Failure, Measure, Outcome, Test, Tried};

/// The socket, in the folder of the kiosk's data; its own folder is its owner's alone.
pub const SOCKET: &str = "command/socket";
/// So many ask at a time; one more waits.
const MOST: usize = 8;
/// The longest question, in bytes.
const LONGEST: u64 = 4096;
/// How long somebody may take to ask.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the tests of one device may take at most.
const DEVICE: Duration = Duration::from_secs(150);

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// how is it?
    Status,
    /// try what needs nobody; or everything about one device, by its key
    Diagnose {
        /// which
        device: Option<String>,
    },
    /// a readiness report
    Report,
    /// is nobody there?
    Idle,
    /// is this version good: does everything run that has to?
    Good,
}

/// An answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Reply {
    /// how it is: each device now, and the facts that a Prometheus sees, which may be some seconds old
    Status {
        /// each device that the kiosk has
        devices: Vec<DeviceTold>,
        /// as `kiosk/metrics` writes them
        facts: serde_json::Value,
    },
    /// what was tried
    Diagnosed(Diagnosed),
    /// a readiness report: its files
    Report {
        /// the kiosk was ready
        ready: bool,
        /// name and content (Base64) of each
        files: Vec<(String, String)>,
    },
    /// no report could be made
    NoReport {
        /// why
        why: String,
    },
    /// whether nobody is there
    Idle {
        /// nobody
        idle: bool,
    },
    /// whether this version is good
    Good {
        /// what is not as it has to be, in sentences; nothing if it is good
        lacking: Vec<String>,
    },
    /// nothing was tried: a visitor or a technician is there
    Busy,
    /// that is no question, or of no device
    Unknown {
        /// what is wrong with it
        why: String,
    },
}

/// What was tried.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Diagnosed {
    /// every device works and every test has passed
    pub passed: bool,
    /// each device that was asked about, with what is wrong
    pub devices: Vec<DeviceTold>,
    /// each test
    pub tests: Vec<TestTold>,
}

/// A device.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct DeviceTold {
    /// its key
    pub device: String,
    /// it does what it is there for
    pub works: bool,
    /// codes of the catalogue
    pub faults: Vec<String>,
}

/// A test.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TestTold {
    /// its key
    pub test: String,
    /// it has passed
    pub passed: bool,
    /// why not: a fault's code, or a word
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// what was measured, with its unit
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<String>,
    /// how long it took
    pub took_ms: u64,
}

impl TestTold {
    fn of(tried: &Tried) -> Self {
        let (why, measured) = match tried.outcome {
            Outcome::Passed(measure) => (None, measure.map(measured)),
            Outcome::Failed(failure) => (Some(why(failure)), None),
        };
        Self {
            test: tried.test.key().to_owned(),
            passed: why.is_none(),
            why,
            measured,
            took_ms: u64::try_from(tried.took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Why a test failed, in a word for scripts and reports: a fault's code, or one of our own.
pub fn why_key(failure: Failure) -> &'static str {
    match failure {
        Failure::Fault(fault) => fault.code(),
        Failure::Card(_) => "card",
        Failure::Nothing => "nothing-came",
        Failure::Silent => "no-answer",
        Failure::Denied => "denied",
        Failure::TooLittle(_) => "too-little",
        Failure::Unproven => "unproven",
        Failure::Unreadable => "unreadable",
        Failure::OtherTicket => "other-ticket",
        Failure::Graded(grade) => grade.key(),
        Failure::Missed(_) => "missed",
    }
}

/// The same, with what was measured.
fn why(failure: Failure) -> String {
    match failure {
        Failure::TooLittle(measure) => format!("{}: {}", why_key(failure), measured(measure)),
        _ => why_key(failure).to_owned(),
    }
}

/// What was measured, with its unit.
pub fn measured(measure: Measure) -> String {
    match measure {
        Measure::Days(days) => format!("{days} days"),
        Measure::Seconds(seconds) => format!("{seconds} s"),
        Measure::Mebibytes(mebibytes) => format!("{mebibytes} MiB"),
        Measure::Rate(rate) => format!("{rate} KiB/s"),
    }
}

/// What the desk answers goes to whoever asked; one at a time.
#[derive(Clone, Debug, Default)]
pub struct Commanded(Arc<Mutex<Option<oneshot::Sender<DeskSaid>>>>);

/// What came of the tests; `None` when somebody is at the kiosk.
type DeskSaid = Option<Vec<Tried>>;

impl Commanded {
    /// What the desk says of the tests that a command wanted.
    pub fn told(&self, tried: DeskSaid) {
        if let Some(who) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Who has gone needs no answer.
            let _ = who.send(tried);
        }
    }

    fn expect(&self) -> oneshot::Receiver<DeskSaid> {
        let (who, answer) = oneshot::channel();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(who);
        answer
    }
}

/// Answers commands.
pub struct Commands {
    /// to the desk
    pub bus: Bus,
    /// what the desk says
    pub commanded: Commanded,
    /// who tries what needs nobody
    pub technician: Arc<Technician>,
    /// how the kiosk is
    pub facts: watch::Receiver<Facts>,
    /// which devices this kiosk has
    pub fitted: Vec<Device>,
    /// whose turn it is to try something
    pub turn: tokio::sync::Mutex<()>,
    /// the desk itself
    pub desk: DeskLine,
    /// what it is shown on
    pub screen: Option<ui::Handle>,
    /// where the kiosk's data lie
    pub data: PathBuf,
}

impl Commands {
    /// Answers at the socket in this folder until the kiosk stops; what tries something, one after the other. A socket that cannot be
    /// had is no reason for a kiosk not to run.
    pub async fn run(self: Arc<Self>, socket: PathBuf) {
        let listener = match listen(&socket).await {
            Ok(listener) => listener,
            Err(error) => {
                return tracing::error!(%error, "commands cannot ask this kiosk for anything");
            }
        };
        let room = Arc::new(Semaphore::new(MOST));
        loop {
            // Never closed.
            let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let own = Arc::clone(&self);
                    tokio::spawn(async move {
                        own.serve(stream).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a command could not be heard");
                    tokio::time::sleep(PATIENCE).await;
                }
            }
        }
    }

    /// Waits until every device has told how it is, at most so long.
    pub async fn until_all_told(&self, within: Duration) {
        let mut facts = self.facts.clone();
        let told = facts.wait_for(|facts| {
            // Of itself the kiosk tells when something is wrong, and not before.
            let own = |fitted: &&Device| **fitted != Device::Kiosk;
            let has_told = |fitted: &Device| facts.devices.iter().any(|device| device.name == fitted.key());
            self.fitted.iter().filter(own).all(has_told)
        });
        let _ = timeout(within, told).await;
    }

    async fn serve(&self, mut stream: UnixStream) {
        let reply = match timeout(PATIENCE, question(&mut stream)).await {
            Ok(Ok(ask)) => {
                let word = Word::of(match ask {
                    Ask::Status => "status",
                    Ask::Diagnose { .. } => "diagnose",
                    Ask::Report => "report",
                    Ask::Idle => "idle",
                    Ask::Good => "good",
                });
                // What is asked again and again says nothing each time.
                let of_note = !matches!(ask, Ask::Idle | Ask::Good);
                let reply = self.answer(ask).await;
                let done = matches!(reply, Reply::Status { .. } | Reply::Diagnosed(_) | Reply::Report { .. });
                if of_note {
                    self.bus.log(Happened::CommandServed { command: word, done });
                }
                reply
            }
            Ok(Err(why)) => Reply::Unknown { why },
            Err(_) => return,
        };
        let Ok(mut line) = serde_json::to_vec(&reply) else { return };
        line.push(b'\n');
        // Who does not listen has gone.
        let _ = timeout(PATIENCE, stream.write_all(&line)).await;
    }

    /// What is to be said to a question.
    pub async fn answer(&self, ask: Ask) -> Reply {
        match ask {
            Ask::Status => {
                let facts = self.facts.borrow().clone();
                let facts = serde_json::to_value(&facts).unwrap_or_default();
                Reply::Status { devices: self.told(&self.fitted), facts }
            }
            Ask::Idle => Reply::Idle { idle: self.somebody_there().await == Some(false) },
            Ask::Good => {
                let _turn = self.turn.lock().await;
                Reply::Good { lacking: self.lacking().await }
            }
            Ask::Report => {
                let _turn = self.turn.lock().await;
                self.report().await
            }
            Ask::Diagnose { device: None } => {
                let _turn = self.turn.lock().await;
                let tried = self.technician.test_itself(Asker::Command).await;
                Reply::Diagnosed(self.diagnosed(&self.fitted, &tried))
            }
            Ask::Diagnose { device: Some(key) } => match Device::parse(&key) {
                Some(device) if self.fitted.contains(&device) => {
                    let _turn = self.turn.lock().await;
                    self.device(device).await
                }
                _ => Reply::Unknown { why: format!("this kiosk has no device {key:?}") },
            },
        }
    }

    async fn report(&self) -> Reply {
        match self.technician.report(Vec::new(), None, Asker::Command).await {
            Ok(made) => {
                let file = |(name, content): (String, &[u8])| (name, BASE64_STANDARD.encode(content));
                Reply::Report { ready: made.ready, files: made.files().map(file).to_vec() }
            }
            Err(error) => Reply::NoReport { why: error.to_string() },
        }
    }

    async fn device(&self, device: Device) -> Reply {
        let tests = tests_of(device);
        let tried = if tests.iter().all(|test| test.is_automatic()) {
            self.technician.test_these(tests, Asker::Command).await
        } else {
            let answer = self.commanded.expect();
            self.bus.send(Event::Command(tests.to_vec())).await;
            match timeout(DEVICE, answer).await {
                // A visitor's touch ends it before it has begun.
                Ok(Ok(Some(tried))) if tried.len() == tests.len() => {
                    tried.iter().for_each(|tried| self.log(tried));
                    tried
                }
                _ => return Reply::Busy,
            }
        };
        Reply::Diagnosed(self.diagnosed(&[device], &tried))
    }

    fn log(&self, Tried { test, outcome, took }: &Tried) {
        self.bus.log(Happened::TestDone {
            test: Word::of(test.key()),
            outcome: came(outcome),
            took: (*took).into(),
            by: Asker::Command,
        });
    }

    /// How these devices are now.
    fn told(&self, devices: &[Device]) -> Vec<DeviceTold> {
        let told = |device: &Device| {
            let status = self.bus.status(*device);
            DeviceTold {
                device: device.key().to_owned(),
                // Of which nothing is known yet, nothing is said to work.
                works: self.bus.has_told(*device) && status.works(),
                faults: status.faults().map(|fault| fault.code().to_owned()).collect(),
            }
        };
        devices.iter().map(told).collect()
    }

    fn diagnosed(&self, devices: &[Device], tried: &[Tried]) -> Diagnosed {
        let devices = self.told(devices);
        let tests: Vec<_> = tried.iter().map(TestTold::of).collect();
        let passed = devices.iter().all(|device| device.works) && tests.iter().all(|test| test.passed);
        Diagnosed { passed, devices, tests }
    }
}

/// What is tried of a device.
fn tests_of(device: Device) -> &'static [Test] {
    match device {
        Device::Reader => &[Test::Read],
        Device::Printer => &[Test::Print],
        Device::Scanner => &[Test::Scan],
        Device::CardSlot => &[Test::Slot],
        Device::CodeScanner => &[Test::Code],
        // A company's key is nobody's here: how its place is, its status says.
        Device::CompanyKey => &[],
        Device::Store => {
            &[Test::Link, Test::Name, Test::Connection, Test::Trust, Test::RoundTrip, Test::Upload]
        }
        Device::Kiosk => &[Test::Storage, Test::Memory],
    }
}

/// Listens where nobody else does; what a kiosk before this one left behind is taken away.
async fn listen(path: &Path) -> std::io::Result<UnixListener> {
    use std::os::unix::fs::DirBuilderExt;
    if UnixStream::connect(path).await.is_ok() {
        return Err(std::io::Error::other(format!("{}: another kiosk answers there", path.display())));
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    UnixListener::bind(path)
}

async fn question(stream: &mut UnixStream) -> Result<Ask, String> {
    let mut line = String::new();
    let read = BufReader::new(stream.take(LONGEST)).read_line(&mut line).await;
    read.map_err(|error| error.to_string())?;
    serde_json::from_str(&line).map_err(|error| error.to_string())
}
