//! The scanner's mechanics without any network: paper, faults and jobs.

use super::faults::{Condition, Damage, Plan, Quirks, Trouble};
use super::settings::{Look, Settings, Source};
use crate::files;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// One sheet of paper: image files of its front and, when printed, of its back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// JPEG or PNG file of the front.
    pub front: PathBuf,
    /// JPEG or PNG file of the back; without one the back is white.
    pub back: Option<PathBuf>,
}

impl<P: Into<PathBuf>> From<P> for Sheet {
    fn from(front: P) -> Self {
        Self { front: front.into(), back: None }
    }
}

/// `pwg:JobState` values in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobState {
    Processing,
    Completed,
    Canceled,
    Aborted,
}

/// The last image made for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ImageInfo {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bytes_per_line: u32,
    /// Nothing is on the page.
    pub(super) blank: bool,
}

#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) state: JobState,
    pub(super) reason: &'static str,
    pub(super) completed: u32,
    pub(super) began: Instant,
    pub(super) image: Option<ImageInfo>,
    source: Source,
    look: Look,
    sheets: u32,
    /// The back of the sheet under way, still to be delivered.
    back: Option<Option<PathBuf>>,
    /// An image is being made or sent.
    pub(super) transferring: bool,
    touched: Instant,
}

impl Job {
    fn end(&mut self, state: JobState, reason: &'static str) {
        self.state = state;
        self.reason = reason;
        self.back = None;
    }
}

/// Why a request is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Another job, or another image of this job, is under way.
    Busy,
    /// No paper, open hatch, or trouble that someone must attend to.
    NotReady,
    /// The image is not there yet; ask again.
    Wait,
    /// No more pages, or no such job.
    NoMore,
}

/// One image to make and send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Take {
    /// `None`: white paper.
    pub(super) paper: Option<PathBuf>,
    pub(super) look: Look,
    /// The connection breaks in the middle of it.
    pub(super) cut: bool,
    /// It is spoilt on its way.
    pub(super) damage: Option<Damage>,
    /// What will probably be asked next, so that it can be made ready meanwhile.
    pub(super) next: Option<PathBuf>,
}

/// Jobs remembered for ScannerStatus.
const MOST_JOBS: usize = 8;

#[derive(Debug)]
pub(super) struct Machine {
    pub(super) feeder: VecDeque<Sheet>,
    pub(super) flatbed: Option<PathBuf>,
    pub(super) hatch_open: bool,
    pub(super) door_open: bool,
    pub(super) condition: Condition,
    pub(super) quirks: Quirks,
    pub(super) trouble: Option<Trouble>,
    pub(super) plan: Plan,
    /// How many NextDocument requests are still answered "not ready".
    pub(super) not_ready: u32,
    /// How many jobs are still answered 503.
    pub(super) busy: u32,
    /// How many jobs are still answered 409.
    pub(super) refuse: u32,
    /// Requests wait in vain.
    pub(super) silent: bool,
    pub(super) jobs: VecDeque<Job>,
    pub(super) delivered: u64,
    /// A job nobody asks after for so long is given up.
    pub(super) patience: Duration,
}

impl Machine {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            feeder: VecDeque::new(),
            flatbed: None,
            hatch_open: false,
            door_open: false,
            condition: Condition::Ready,
            quirks: Quirks::default(),
            trouble: None,
            plan: Plan::default(),
            not_ready: 0,
            busy: 0,
            refuse: 0,
            silent: false,
            jobs: VecDeque::new(),
            delivered: 0,
            patience,
        }
    }

    /// The job under way, when there is one.
    pub(super) fn active(&self) -> Option<&Job> {
        self.jobs.iter().find(|job| job.state == JobState::Processing)
    }

    /// Gives up a job whose client has gone.
    pub(super) fn give_up_abandoned(&mut self) {
        let patience = self.patience;
        for job in &mut self.jobs {
            if job.state == JobState::Processing && !job.transferring && job.touched.elapsed() > patience {
                job.end(JobState::Aborted, "JobTimedOut");
            }
        }
    }

    /// Starts a job and returns its identifier.
    pub(super) fn begin(&mut self, settings: Settings) -> Result<String, Refusal> {
        self.give_up_abandoned();
        if self.active().is_some() || self.condition != Condition::Ready || used(&mut self.busy) {
            return Err(Refusal::Busy);
        }
        if used(&mut self.refuse) {
            return Err(Refusal::NotReady);
        }
        let source = settings.source.unwrap_or(if self.feeder.is_empty() {
            Source::Platen
        } else {
            Source::Feeder { duplex: false }
        });
        let ready = source == Source::Platen || self.standing().is_none() && !self.feeder.is_empty();
        if !ready {
            return Err(Refusal::NotReady);
        }
        let id = files::random_uuid();
        let now = Instant::now();
        self.jobs.push_front(Job {
            id: id.clone(),
            state: JobState::Processing,
            reason: "JobScanning",
            completed: 0,
            began: now,
            image: None,
            source,
            look: settings.look,
            sheets: 0,
            back: None,
            transferring: false,
            touched: now,
        });
        self.jobs.truncate(MOST_JOBS);
        Ok(id)
    }

    /// Takes the next image of a job out of the machine.
    pub(super) fn next(&mut self, id: &str) -> Result<Take, Refusal> {
        let blocked = self.standing().is_some();
        let job = self.jobs.iter_mut().find(|job| job.id == id).ok_or(Refusal::NoMore)?;
        job.touched = Instant::now();
        match job.state {
            JobState::Processing => {}
            JobState::Aborted if blocked && job.source != Source::Platen => {
                return Err(Refusal::NotReady);
            }
            _ => return Err(Refusal::NoMore),
        }
        if job.transferring {
            return Err(Refusal::Busy);
        }
        if self.condition == Condition::Testing || used(&mut self.not_ready) {
            return Err(Refusal::Wait);
        }
        let paper = match job.source {
            Source::Platen => self.flatbed.clone(),
            Source::Feeder { duplex } => match job.back.take() {
                Some(back) => back,
                None => {
                    if self.feeder.is_empty() && !blocked {
                        job.end(JobState::Completed, "JobCompletedSuccessfully");
                        return Err(Refusal::NoMore);
                    }
                    let count = job.sheets.saturating_add(1);
                    // A trouble may still stand from before: then this sheet meets it too.
                    let struck = if blocked { None } else { self.plan.strike(count, duplex) };
                    match struck {
                        Some(Trouble::HatchOpened) => self.hatch_open = true,
                        Some(Trouble::DoorOpened) => self.door_open = true,
                        Some(trouble) => self.trouble = Some(trouble),
                        None => {}
                    }
                    if blocked || struck.is_some() {
                        job.end(JobState::Aborted, "AbortedBySystem");
                        return Err(Refusal::NotReady);
                    }
                    let sheet = self.feeder.pop_front().ok_or(Refusal::NoMore)?;
                    job.sheets = count;
                    let kept = sheet.back.is_some() || !self.quirks.drops_blank_backs;
                    job.back = (duplex && kept).then_some(sheet.back);
                    Some(sheet.front)
                }
            },
        };
        job.transferring = true;
        let image = job.completed.saturating_add(1);
        let (cut, damage) = (self.plan.breaks(image), self.plan.spoil(image));
        let mut look = job.look;
        look.dpi = look.dpi.min(self.quirks.delivers_at_most.unwrap_or(u32::MAX));
        let next = match (&job.back, job.source) {
            (Some(back), _) => back.clone(),
            (None, Source::Feeder { .. }) => self.feeder.front().map(|sheet| sheet.front.clone()),
            (None, Source::Platen) => None,
        };
        Ok(Take { paper, look, cut, damage, next })
    }

    /// Notes what the image under way looks like.
    pub(super) fn describe(&mut self, id: &str, image: ImageInfo) {
        if let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) {
            job.image = Some(image);
        }
    }

    /// Ends the transfer of an image; `whole` when the client has all of it.
    pub(super) fn finish(&mut self, id: &str, whole: bool) {
        let fed = self.feeder.is_empty();
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) else {
            return;
        };
        job.transferring = false;
        job.touched = Instant::now();
        if whole {
            job.completed = job.completed.saturating_add(1);
            self.delivered = self.delivered.saturating_add(1);
        }
        if job.state != JobState::Processing {
            return;
        }
        if !whole {
            job.end(JobState::Aborted, "AbortedBySystem");
        } else if job.source == Source::Platen || fed && job.back.is_none() {
            job.end(JobState::Completed, "JobCompletedSuccessfully");
        }
    }

    /// Cancels a job on the client's wish; false when there is none.
    pub(super) fn cancel(&mut self, id: &str) -> bool {
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) else {
            return false;
        };
        if job.state == JobState::Processing {
            job.end(JobState::Canceled, "JobCanceledByUser");
        }
        true
    }

    /// Someone at the panel ends the job under way.
    pub(super) fn cancel_at_panel(&mut self) {
        for job in self.jobs.iter_mut().filter(|job| job.state == JobState::Processing) {
            job.end(JobState::Canceled, "JobCanceledAtDevice");
        }
    }

    /// Brings about a condition; one in which nothing can be scanned aborts the job under way.
    pub(super) fn set_condition(&mut self, condition: Condition) {
        self.condition = condition;
        if matches!(condition, Condition::Stopped | Condition::Down) {
            for job in self.jobs.iter_mut().filter(|job| job.state == JobState::Processing) {
                job.end(JobState::Aborted, "AbortedBySystem");
            }
        }
    }

    /// Puts new paper into the feeder in place of what was there; most troubles are thereby cleared.
    pub(super) fn load(&mut self, sheets: Vec<Sheet>) {
        self.feeder = sheets.into();
        self.trouble = self.trouble.filter(|trouble| !trouble.ends_with_new_paper());
    }

    /// Ends a trouble where it stands.
    pub(super) fn attend_to(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::HatchOpened => self.hatch_open = false,
            Trouble::DoorOpened => self.door_open = false,
            _ => {
                self.trouble.take_if(|standing| *standing == trouble);
            }
        }
    }

    /// The trouble that keeps the feeder from working.
    fn standing(&self) -> Option<Trouble> {
        let hatch = self.hatch_open.then_some(Trouble::HatchOpened);
        hatch.or(self.door_open.then_some(Trouble::DoorOpened)).or(self.trouble)
    }

    /// Forgets all jobs, as a power cut does; the paper stays.
    pub(super) fn forget_jobs(&mut self) {
        self.jobs.clear();
    }

    /// `scan:AdfState` (protocols.md, section 4.1).
    pub(super) fn adf_state(&self) -> &str {
        if let Some(word) = &self.quirks.adf_word {
            return word;
        }
        let feeding = self.active().is_some_and(|job| matches!(job.source, Source::Feeder { .. }));
        match self.standing() {
            Some(trouble) => trouble.adf_state(),
            None if feeding => "ScannerAdfProcessing",
            None if self.feeder.is_empty() && self.quirks.jam_when_empty => "ScannerAdfJam",
            None if self.feeder.is_empty() && self.quirks.processing_when_empty => "ScannerAdfProcessing",
            None if self.feeder.is_empty() => "ScannerAdfEmpty",
            None => "ScannerAdfLoaded",
        }
    }

    /// `pwg:State`.
    pub(super) fn state(&self) -> &'static str {
        match self.condition {
            Condition::Testing => "Testing",
            Condition::Stopped => "Stopped",
            Condition::Down => "Down",
            Condition::Ready if self.active().is_some() => "Processing",
            Condition::Ready if self.standing().is_some() => "Stopped",
            Condition::Ready => "Idle",
        }
    }
}

/// Whether there was one left; it is used now.
fn used(times: &mut u32) -> bool {
    let left = times.checked_sub(1);
    *times = left.unwrap_or(0);
    left.is_some()
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
