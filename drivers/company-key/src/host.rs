//! The kiosk's side: a helper at hand, started again when it must be.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use link::record::{Recorded, Recorder};
use link::{Backoff, Link};

use crate::process::{self, Ended, HelperProcess};
use crate::session::{Keys, Session, Stop};
use crate::{Challenge, CompanyCertificate, KeyError, KeyFault, Pin, Profile, Signature};

/// The longest that [`KeyHost::wait`] waits.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Which programs to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelperConfig {
    /// The program `onedoor-key-helper`.
    pub helper: PathBuf,
    /// The vendor's library.
    pub library: PathBuf,
    /// The helper's whole environment; some vendors' libraries are configured by variables, or want a
    /// `HOME`.
    pub environment: Vec<(OsString, OsString)>,
}

impl HelperConfig {
    /// The helper that lies beside the running program, for this library.
    ///
    /// # Errors
    /// When the system does not tell where the running program lies.
    pub fn beside_this_program(library: &Path) -> std::io::Result<Self> {
        let helper = std::env::current_exe()?.with_file_name("onedoor-key-helper");
        Ok(Self { helper, library: library.to_owned(), environment: Vec::new() })
    }
}

/// Company keys, through a helper; every call blocks its thread, for a bounded time.
///
/// Let one thread own it: [`poll`](Self::poll) every half second or so, or [`wait`](Self::wait), until
/// it says [`Keys::One`], then [`read`](Self::read), ask the visitor for the PIN and the back end for a
/// challenge, and [`prove`](Self::prove). Whatever happens to the helper, go on calling: it is started
/// again when its pause (100 ms, doubling to 2 s) is over; until then each call fails with the same
/// fault at once.
pub struct KeyHost {
    config: HelperConfig,
    profile: Profile,
    name: String,
    recorder: Option<Recorder>,
    running: Option<Running>,
    backoff: Backoff,
    /// No helper is started before this moment, and why.
    resting: Option<(Instant, KeyFault)>,
    starts: u64,
}

impl KeyHost {
    /// Starts nothing yet.
    #[must_use]
    pub fn new(config: HelperConfig, profile: Profile) -> Self {
        let name = config.library.display().to_string();
        Self {
            config,
            profile,
            name,
            recorder: None,
            running: None,
            backoff: Backoff::default(),
            resting: None,
            starts: 0,
        }
    }

    /// Has everything that crosses to and from helpers recorded; make the recorder with a
    /// [`Redactor`](crate::Redactor).
    #[must_use]
    pub fn recorded(self, recorder: Recorder) -> Self {
        Self { recorder: Some(recorder), ..self }
    }

    /// The profile the host was made with.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The helper's process id, while there is one.
    #[must_use]
    pub fn helper_id(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.process.id())
    }

    /// How many helpers were started so far; more than a few in a day are worth a look at the vendor's
    /// driver.
    #[must_use]
    pub fn starts(&self) -> u64 {
        self.starts
    }

    /// Which keys are plugged in.
    ///
    /// # Errors
    /// Those of the helper and its library; see [`KeyFault`].
    pub fn poll(&mut self) -> Result<Keys, KeyError> {
        self.with_helper(|session, profile| session.poll(profile.timeouts.list))
    }

    /// Which keys are plugged in, as soon as they differ from what was told last, or after `limit`
    /// (at most a minute).
    ///
    /// # Errors
    /// As [`poll`](Self::poll).
    pub fn wait(&mut self, limit: Duration) -> Result<Keys, KeyError> {
        let limit = limit.min(LONGEST_WAIT);
        let ms = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
        self.with_helper(|session, profile| session.wait(ms, limit + profile.timeouts.list))
    }

    /// Reads the certificate for signing of the one key that is plugged in.
    ///
    /// # Errors
    /// [`KeyFault::NoKey`], [`KeyFault::SeveralKeys`], [`KeyFault::NoCertificate`],
    /// [`KeyFault::Certificate`], [`KeyFault::Removed`], and those of the helper and its library.
    pub fn read(&mut self) -> Result<CompanyCertificate, KeyError> {
        self.with_helper(|session, profile| session.read(profile))
    }

    /// Has a challenge signed by the key that `certificate` was read from. A wrong PIN costs the key
    /// one of its tries.
    ///
    /// # Errors
    /// [`KeyFault::PinWrong`], [`KeyFault::PinLocked`], [`KeyFault::PinUnfit`], [`KeyFault::Changed`],
    /// and those of [`read`](Self::read).
    pub fn prove(
        &mut self,
        certificate: &CompanyCertificate,
        pin: Pin,
        challenge: &Challenge,
    ) -> Result<Signature, KeyError> {
        let der = certificate.der();
        self.with_helper(|session, profile| session.prove(der, &pin, challenge, profile.timeouts))
    }

    /// Ends the helper, giving the library the chance to give everything back. The next call starts
    /// another one.
    pub fn close(&mut self) {
        if let Some(mut running) = self.running.take() {
            // Whatever it says: dropping the process ends it.
            let _ = running.session.close(Duration::from_secs(1));
        }
    }

    /// Does something with the helper, started before if need be, and sees to it afterwards.
    fn with_helper<T>(
        &mut self,
        work: impl FnOnce(&mut Session<Box<dyn Link>>, &Profile) -> Result<T, Stop>,
    ) -> Result<T, KeyError> {
        let started = match self.running.take() {
            Some(running) => Ok(running),
            None => self.start(),
        };
        let outcome = started.and_then(|mut running| match work(&mut running.session, &self.profile) {
            Ok(value) => {
                self.running = Some(running);
                Ok(value)
            }
            Err(Stop::Fault(fault)) if !fault.ends_helper() => {
                self.running = Some(running);
                Err(fault)
            }
            Err(stop) => Err(running.became_of(stop)),
        });
        match outcome {
            Ok(value) => {
                self.backoff.reset();
                self.resting = None;
                Ok(value)
            }
            Err(fault) => {
                self.rest_after(&fault);
                Err(KeyError { library: self.name.clone(), fault })
            }
        }
    }

    fn start(&mut self) -> Result<Running, KeyFault> {
        if let Some((until, fault)) = &self.resting
            && Instant::now() < *until
        {
            return Err(fault.clone());
        }
        self.starts += 1;
        let HelperConfig { helper, library, environment } = &self.config;
        let started = process::start(helper, library, environment);
        let (process, pipes) = started.map_err(|error| match error.kind() {
            ErrorKind::NotFound => KeyFault::HelperMissing(helper.clone()),
            _ => KeyFault::HelperFailed(error.to_string()),
        })?;
        let link: Box<dyn Link> = match &self.recorder {
            Some(recorder) => Box::new(Recorded::new(pipes, recorder.clone())),
            None => Box::new(pipes),
        };
        let mut running = Running { session: Session::new(link), process };
        match running.session.greeting(self.profile.timeouts.start) {
            Ok(()) => Ok(running),
            Err(stop) => Err(running.became_of(stop)),
        }
    }

    /// After a fault that ended the helper, none is started for a while.
    fn rest_after(&mut self, fault: &KeyFault) {
        let now = Instant::now();
        // A fault told again while resting does not make the rest longer.
        if fault.ends_helper() && self.resting.as_ref().is_none_or(|(until, _)| *until <= now) {
            tracing::warn!(library = %self.name, %fault, "company key: the helper has ended");
            self.resting = Some((now + self.backoff.next_pause(), fault.clone()));
        }
    }
}

/// A helper that has greeted, or is about to.
struct Running {
    session: Session<Box<dyn Link>>,
    process: HelperProcess,
}

impl Running {
    /// The fault behind a conversation that broke; the helper is gone afterwards.
    fn became_of(self, stop: Stop) -> KeyFault {
        match stop {
            Stop::Fault(fault) => fault,
            Stop::HungUp => match self.process.end() {
                Ended::Signal(signal) => KeyFault::Crashed { signal },
                Ended::Code(code) => KeyFault::Exited { code },
            },
            Stop::Late(waited) => KeyFault::Hung { waited },
            Stop::Io(error) => KeyFault::HelperFailed(error),
        }
    }
}
