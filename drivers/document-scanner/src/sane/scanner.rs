//! The scanner behind SANE: what it can do, how it is, and a scan from start to end.

use std::sync::Arc;
use std::time::Duration;

use link::record::Recorder;
use sane_helper::{Device, Reply, Request as Ask, Value};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::call::{Call, Ongoing};
use crate::error::{Fault, ScanError};
use crate::events::{ScanEvent, Scanned};
use crate::input_caps::Resolutions;
use crate::record::Crossings;
use crate::redact::Follow;
use crate::sane::choice::Options;
use crate::sane::faults::{Step, of_refusal, of_status};
use crate::sane::helper::{Helper, unexpected};
use crate::sane::job::Job;
use crate::sane::names::Names;
use crate::sane::profile::SaneProfile;
use crate::sane::program::HelperProgram;
use crate::sane::record::LINK;
use crate::sane::redact::Frames;
use crate::sane::wire::Helpers;
use crate::settings::{Color, Request, Source};
use crate::status::{AdfState, ScannerStatus, State};

/// The pause after the first death of a helper; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause. A device that answers again is to be in use again within 3 s: the pause may cost
/// one of them, starting the helper and opening the device take the others.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Options by which some back ends tell whether paper is in the feeder.
const PAPER_SENSORS: [&str; 2] = ["page-loaded", "adf-loaded"];
/// The option by which some back ends tell whether the cover is open.
const COVER_SENSOR: &str = "cover-open";

/// One scanner behind SANE. Cheap to clone; clones take turns.
#[derive(Debug, Clone)]
pub struct SaneScanner {
    pub(crate) helpers: Helpers,
    pub(crate) profile: SaneProfile,
    turn: Arc<Mutex<Turn>>,
}

/// Whoever holds it uses the device.
#[derive(Debug, Default)]
struct Turn {
    /// Helpers that died one after the other, and the last one's end.
    deaths: u32,
    last: Option<Fault>,
    not_before: Option<Instant>,
    /// How long the last look took that told how the device is.
    looked: Option<Duration>,
}

/// What a scanner behind SANE offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaneCapabilities {
    /// SANE's name of the device.
    pub device: String,
    /// Whether it has a document feeder.
    pub feeder: bool,
    /// Whether the feeder scans both sides of a sheet.
    pub duplex: bool,
    /// Whether it has a glass.
    pub flatbed: bool,
    /// Whether it scans in colour.
    pub color: bool,
    /// Whether it scans in grey.
    pub grey: bool,
    /// Resolutions in dots per inch; nothing listed: it does not say.
    pub resolutions: Resolutions,
}

impl SaneScanner {
    /// A scanner that the profile describes; nothing is started yet.
    pub fn new(program: HelperProgram, profile: SaneProfile) -> Self {
        Self::over(Helpers::Programs(program), profile)
    }

    /// A scanner that the profile describes, with a recorder beside the pipes to its helpers.
    ///
    /// The recorder gets nothing of pages but their form, and nothing that tells the device from others
    /// of its kind: see [`crate::sane::recorder`].
    pub fn recorded(program: HelperProgram, profile: SaneProfile, recorder: Recorder) -> Self {
        let name = format!("{LINK}{}", Names::new(&profile.device).shown());
        let device = profile.device.clone();
        let fresh = move |direction| -> Box<dyn Follow> { Box::new(Frames::new(direction, &device)) };
        let crossings = Crossings::new(recorder, &name, fresh);
        Self::over(Helpers::Recorded(program, crossings), profile)
    }

    /// A scanner behind helpers from anywhere.
    pub(crate) fn over(helpers: Helpers, profile: SaneProfile) -> Self {
        Self { helpers, profile, turn: Arc::default() }
    }

    /// What messages call this scanner: its profile's name and its name with SANE.
    pub fn device(&self) -> String {
        let name = if self.profile.is_of_a_model() { &self.profile.name } else { "document scanner" };
        format!("{name} at SANE {}", self.profile.device)
    }

    /// All devices that SANE finds, also on the network, whatever the profile says.
    ///
    /// # Errors
    /// [`ScanError`] when libsane or its helper is missing, fails or takes too long.
    pub async fn devices(&self) -> Result<Vec<Device>, ScanError> {
        self.with_helper(Call::Devices, None, async |helper| Self::list(helper, &self.profile).await).await
    }

    /// Opens the scanner and asks what it can do.
    ///
    /// # Errors
    /// [`ScanError`] when it is busy, cannot be opened or does not answer in time.
    pub async fn capabilities(&self) -> Result<SaneCapabilities, ScanError> {
        self.with_helper(Call::Capabilities, None, async |helper| {
            let (device, options) = self.open(helper).await?;
            let profile = &self.profile;
            Ok(SaneCapabilities {
                device,
                feeder: options.source(Source::Feeder, profile).is_ok(),
                duplex: options.source(Source::FeederDuplex, profile).is_ok(),
                flatbed: options.source(Source::Flatbed, profile).is_ok(),
                color: options.mode(Color::Rgb24, profile).is_ok(),
                grey: options.mode(Color::Grayscale8, profile).is_ok(),
                resolutions: options.resolutions(profile),
            })
        })
        .await
    }

    /// Opens the scanner and looks at its sensors, as far as its back end tells of them.
    ///
    /// A scan that is going on is [`State::Processing`]. After a helper has died its end is reported for
    /// the length of the pause, and nothing is started.
    ///
    /// # Errors
    /// As [`SaneScanner::capabilities`].
    pub async fn status(&self) -> Result<ScannerStatus, ScanError> {
        let status = |state, adf_state| ScannerStatus { state, adf_state, jobs: vec![] };
        let longest = match self.turn.try_lock() {
            Err(_) => return Ok(status(State::Processing, None)),
            Ok(turn) => match (turn.not_before, &turn.last) {
                (Some(then), Some(fault)) if then > Instant::now() => {
                    return Err(self.error(fault.clone()));
                }
                _ => turn.longest_look(&self.profile),
            },
        };
        let sensed = self.with_helper(Call::Status, longest, async |helper| self.sense(helper).await);
        match sensed.await {
            Ok(adf_state) => Ok(status(State::Idle, adf_state)),
            Err(ScanError { fault: Fault::Busy, .. }) => Ok(status(State::Processing, None)),
            Err(error) => Err(error),
        }
    }

    /// Scans until the feeder is empty, or one page from the glass.
    ///
    /// `cancel` ends the scan at any moment and hands the scanner back in order; dropping the future
    /// instead leaves no half-written page either, but ends the helper at once. A result without pages
    /// does not occur: such a scan is an error.
    ///
    /// # Errors
    /// [`ScanError`] with the cause, with the pages that were stored before, which stay on disk, and with
    /// how to go on after the last of them.
    pub async fn scan(
        &self,
        request: &Request,
        events: mpsc::Sender<ScanEvent>,
        cancel: CancellationToken,
    ) -> Result<Scanned, ScanError> {
        let started = async {
            let turn = self.turn.lock().await;
            turn.pause().await;
            turn
        };
        let mut turn = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(self.error(Fault::Cancelled)),
            turn = started => turn,
        };
        let ongoing = Ongoing::begin(&self.helpers, &Call::Scan(request.clone()));
        let scanned = Job::new(self, request, events, cancel).run().await;
        ongoing.end_scan(&scanned);
        self.ended(&mut turn, scanned.as_ref().err().map(|error| &error.fault));
        match &scanned {
            Ok(scanned) => {
                tracing::info!(device = %self.device(), tally = ?scanned.tally, "scan finished");
                for deviation in &scanned.deviations {
                    tracing::warn!(device = %self.device(), %deviation, "scan");
                }
            }
            Err(error) => tracing::warn!(%error, tally = ?error.tally, "scan ended early"),
        }
        scanned
    }

    /// Opens the device and asks for its options; returns its name too.
    pub(crate) async fn open(&self, helper: &mut Helper) -> Result<(String, Options), Fault> {
        let device = if self.profile.is_pattern() {
            let found = Self::list(helper, &self.profile).await?;
            let device = found.into_iter().find(|device| self.profile.matches(&device.name));
            let missing = || Fault::Unreachable { why: "SANE finds no such device".into() };
            device.ok_or_else(missing)?.name
        } else {
            self.profile.device.clone()
        };
        let open = Ask::Open { device: device.clone() };
        match helper.ask(&open, Step::Open, self.profile.open_wait()).await? {
            Reply::Done => Ok((device, self.options(helper).await?)),
            other => Err(fault(other, Step::Open)),
        }
    }

    /// Asks for the options as they are now.
    pub(crate) async fn options(&self, helper: &mut Helper) -> Result<Options, Fault> {
        match helper.ask(&Ask::Options, Step::Option, self.profile.reply_wait()).await? {
            Reply::Options(options) => Ok(Options(options)),
            other => Err(fault(other, Step::Option)),
        }
    }

    async fn list(helper: &mut Helper, profile: &SaneProfile) -> Result<Vec<Device>, Fault> {
        match helper.ask(&Ask::Devices, Step::Begin, profile.open_wait()).await? {
            Reply::Devices(devices) => Ok(devices),
            other => Err(fault(other, Step::Begin)),
        }
    }

    /// What the sensors of the feeder say; `None` when there are none.
    async fn sense(&self, helper: &mut Helper) -> Result<Option<AdfState>, Fault> {
        let (_, options) = self.open(helper).await?;
        if options.readable(COVER_SENSOR) && self.sensor(helper, COVER_SENSOR).await? {
            return Ok(Some(AdfState::HatchOpen));
        }
        match PAPER_SENSORS.into_iter().find(|name| options.readable(name)) {
            Some(name) if self.sensor(helper, name).await? => Ok(Some(AdfState::Loaded)),
            Some(_) => Ok(Some(AdfState::Empty)),
            None => Ok(None),
        }
    }

    async fn sensor(&self, helper: &mut Helper, name: &str) -> Result<bool, Fault> {
        let get = Ask::Get { option: name.into() };
        match helper.ask(&get, Step::Option, self.profile.reply_wait()).await? {
            Reply::Value(value) => Ok(value == Value::Bool(true)),
            other => Err(fault(other, Step::Option)),
        }
    }

    /// Starts a helper for some work, of which all together may be bounded, and ends it afterwards.
    async fn with_helper<T>(
        &self,
        call: Call,
        longest: Option<Duration>,
        work: impl AsyncFnOnce(&mut Helper) -> Result<T, Fault>,
    ) -> Result<T, ScanError> {
        let Ok(mut turn) = self.turn.try_lock() else { return Err(self.error(Fault::Busy)) };
        turn.pause().await;
        let ongoing = Ongoing::begin(&self.helpers, &call);
        let begun = Instant::now();
        let mut took = None;
        let done = async {
            let open = self.profile.open_wait();
            let mut helper =
                Helper::start(&self.helpers, longest.map_or(open, |most| most.min(open))).await?;
            if let Some(most) = longest {
                helper.end_by(begun + most);
            }
            let done = work(&mut helper).await;
            took = Some(begun.elapsed());
            helper.end(self.profile.reply_wait()).await;
            done
        };
        let done = done.await;
        ongoing.end(done.as_ref().map_or_else(Fault::code, |_| "done"));
        self.ended(&mut turn, done.as_ref().err());
        if done.is_ok() && call == Call::Status {
            turn.looked = took;
        }
        done.map_err(|fault| self.error(fault))
    }

    /// Remembers how the use of a helper ended. What is played again is not waited for.
    fn ended(&self, turn: &mut Turn, fault: Option<&Fault>) {
        if self.helpers.takes_time() {
            turn.ended(fault, Instant::now());
        }
    }

    fn error(&self, fault: Fault) -> ScanError {
        ScanError { device: self.device(), fault, pages_stored: vec![], resume: None, tally: None }
    }
}

impl Turn {
    /// How long a look may take. Before the first that told how the device is, each step has its own
    /// wait: a search of the network or a lamp that warms up may well take longer than a look should. A
    /// device that then needed long is given twice as long, so that one which is always slow is not taken
    /// for one that is silent.
    fn longest_look(&self, profile: &SaneProfile) -> Option<Duration> {
        Some(self.looked?.saturating_mul(2).max(profile.look_wait()))
    }

    /// Waits until the next helper may be started.
    async fn pause(&self) {
        if let Some(then) = self.not_before {
            sleep_until(then).await;
        }
    }

    /// Remembers how a helper ended, so that one that dies at once is not started without end.
    fn ended(&mut self, fault: Option<&Fault>, now: Instant) {
        match fault {
            Some(fault @ (Fault::HelperDied { .. } | Fault::TimedOut { .. })) => {
                let pause = FIRST_PAUSE.saturating_mul(1 << self.deaths.min(16)).min(LONGEST_PAUSE);
                self.deaths = self.deaths.saturating_add(1);
                self.not_before = Some(now + pause);
                self.last = Some(fault.clone());
            }
            _ => *self = Self { looked: self.looked, ..Self::default() },
        }
    }
}

/// The fault in a reply that is not the one wanted.
pub(crate) fn fault(reply: Reply, step: Step) -> Fault {
    match reply {
        Reply::Failed(status) => of_status(status, step, 0),
        Reply::Refused(refusal) => of_refusal(refusal, 0),
        other => unexpected(&other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_after_deaths_grow_to_a_bound_and_end_with_a_success() {
        let mut turn = Turn::default();
        let died = Fault::HelperDied { how: "signal 11".into() };
        let now = Instant::now();
        for pause_ms in [250, 500, 1000, 1000, 1000] {
            turn.ended(Some(&died), now);
            assert_eq!(turn.not_before, Some(now + Duration::from_millis(pause_ms)));
        }
        turn.ended(Some(&Fault::FeederEmpty), now);
        assert_eq!((turn.deaths, turn.not_before), (0, None));
    }

    #[test]
    fn only_a_look_after_one_that_succeeded_is_bounded() {
        let profile = SaneProfile::default();
        let died = Fault::HelperDied { how: "signal 11".into() };
        for (looked_s, longest_s) in [(None, None), (Some(1), Some(15)), (Some(20), Some(40))] {
            let mut turn = Turn { looked: looked_s.map(Duration::from_secs), ..Turn::default() };
            for fault in [None, Some(&died)] {
                turn.ended(fault, Instant::now());
                assert_eq!(turn.longest_look(&profile), longest_s.map(Duration::from_secs));
            }
        }
    }
}
