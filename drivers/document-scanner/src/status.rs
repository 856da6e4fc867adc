//! `ScannerStatus`: how the scanner and its feeder are right now (Mopria eSCL, ScannerStatus).

use crate::error::Fault;
use crate::profile::Profile;
use crate::settings::Source;
use crate::xml::{Element, XmlError};

/// Most jobs kept of a status; scanners list the last ten or so.
const MAX_JOBS: usize = 64;

/// How a scanner is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannerStatus {
    /// The scanner as a whole.
    pub state: State,
    /// Its feeder; `None` when the scanner has none or says nothing of it.
    pub adf_state: Option<AdfState>,
    /// Jobs that the scanner remembers, newest first on most models.
    pub jobs: Vec<JobInfo>,
}

/// `pwg:State`: the scanner as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Ready for a job.
    Idle,
    /// Busy with a job.
    Processing,
    /// Testing or calibrating itself.
    Testing,
    /// Stopped with an error.
    Stopped,
    /// Out of service.
    Down,
    /// A value that the specification does not know.
    Unknown,
}

/// `scan:AdfState`: the document feeder. Names are the values without the prefix `ScannerAdf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdfState {
    /// Taking sheets.
    Processing,
    /// No paper.
    Empty,
    /// Paper is in.
    Loaded,
    /// A sheet is jammed.
    Jam,
    /// A sheet was not taken.
    Mispick,
    /// The hatch is open.
    HatchOpen,
    /// The door is open.
    DoorOpen,
    /// The sheet is too short for scanning both sides.
    DuplexPageTooShort,
    /// The sheet is too long for scanning both sides.
    DuplexPageTooLong,
    /// Several sheets were taken at once.
    MultipickDetected,
    /// The input tray is broken.
    InputTrayFailed,
    /// The input tray holds too many sheets.
    InputTrayOverloaded,
    /// A value that the specification does not know.
    Unknown,
}

/// `scan:JobInfo`: one job that the scanner remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobInfo {
    /// The job's address as the scanner wrote it.
    pub uri: Option<String>,
    /// The job's identifier.
    pub uuid: Option<String>,
    /// Seconds since the job last changed.
    pub age_s: Option<u32>,
    /// Images handed over.
    pub images_completed: Option<u32>,
    /// Images waiting to be fetched.
    pub images_to_transfer: Option<u32>,
    /// How the job is.
    pub state: JobState,
    /// Why it is so, in the scanner's words.
    pub reasons: Vec<String>,
}

/// `pwg:JobState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Cancelled by a client or at the panel.
    Canceled,
    /// Ended by a fault.
    Aborted,
    /// Ended well.
    Completed,
    /// Waiting to start.
    Pending,
    /// Waiting, held back.
    PendingHeld,
    /// Running.
    Processing,
    /// A value that the specification does not know.
    Unknown,
}

impl ScannerStatus {
    /// Reads a `ScannerStatus` document of at most [`crate::MAX_XML_BYTES`].
    ///
    /// # Errors
    /// [`XmlError`] when the bytes are no such document or name no state.
    pub fn parse(xml: &[u8]) -> Result<Self, XmlError> {
        let root = Element::document(xml, "ScannerStatus")?;
        let state = root.child("State").ok_or(XmlError::Missing("State"))?;
        let jobs = root
            .child("Jobs")
            .map(|jobs| jobs.all("JobInfo").take(MAX_JOBS).map(JobInfo::from_element).collect());
        Ok(Self {
            state: State::from_text(state.text()),
            adf_state: root.child("AdfState").map(|e| AdfState::from_text(e.text())),
            jobs: jobs.unwrap_or_default(),
        })
    }

    /// Why a job from `source` fails, as far as the status tells.
    ///
    /// `after_page` is the last page stored. The feeder is asked first, since it names causes that a
    /// person can remedy; when scanning from the glass it has no say.
    pub(crate) fn fault(&self, source: Source, profile: &Profile, after_page: u32) -> Option<Fault> {
        let feeder = match source {
            Source::Feeder => self.adf_state.and_then(|adf| adf.fault(profile, after_page)),
            Source::Flatbed => None,
        };
        feeder.or(match self.state {
            State::Processing | State::Testing => Some(Fault::Busy),
            State::Stopped | State::Down => Some(Fault::Stopped),
            State::Idle | State::Unknown => None,
        })
    }
}

impl State {
    fn from_text(text: &str) -> Self {
        match text {
            "Idle" => Self::Idle,
            "Processing" => Self::Processing,
            "Testing" => Self::Testing,
            "Stopped" => Self::Stopped,
            "Down" => Self::Down,
            _ => Self::Unknown,
        }
    }
}

impl AdfState {
    fn from_text(text: &str) -> Self {
        match text.strip_prefix("ScannerAdf").unwrap_or(text) {
            "Processing" => Self::Processing,
            "Empty" => Self::Empty,
            "Loaded" => Self::Loaded,
            "Jam" => Self::Jam,
            "Mispick" => Self::Mispick,
            "HatchOpen" => Self::HatchOpen,
            "DoorOpen" => Self::DoorOpen,
            "DuplexPageTooShort" => Self::DuplexPageTooShort,
            "DuplexPageTooLong" => Self::DuplexPageTooLong,
            "MultipickDetected" => Self::MultipickDetected,
            "InputTrayFailed" => Self::InputTrayFailed,
            "InputTrayOverloaded" => Self::InputTrayOverloaded,
            _ => Self::Unknown,
        }
    }

    fn fault(self, profile: &Profile, after_page: u32) -> Option<Fault> {
        match self {
            Self::Jam if profile.jam_means_empty => Some(Fault::FeederEmpty),
            Self::Processing if profile.processing_means_empty => Some(Fault::FeederEmpty),
            Self::Empty => Some(Fault::FeederEmpty),
            Self::Jam => Some(Fault::Jam { after_page }),
            Self::Mispick => Some(Fault::Mispick),
            Self::HatchOpen | Self::DoorOpen => Some(Fault::HatchOpen),
            Self::DuplexPageTooShort | Self::DuplexPageTooLong => Some(Fault::SheetUnsuitable),
            Self::MultipickDetected => Some(Fault::Multipick),
            Self::InputTrayFailed => Some(Fault::FeederFailed),
            Self::InputTrayOverloaded => Some(Fault::FeederOverloaded),
            Self::Processing | Self::Loaded | Self::Unknown => None,
        }
    }
}

impl JobInfo {
    fn from_element(job: &Element) -> Self {
        let reasons = job
            .child("JobStateReasons")
            .map(|list| list.all("JobStateReason").take(16).map(|r| r.text().to_owned()).collect());
        Self {
            uri: job.words("JobUri"),
            uuid: job.words("JobUuid"),
            age_s: job.number("Age"),
            images_completed: job.number("ImagesCompleted"),
            images_to_transfer: job.number("ImagesToTransfer"),
            state: job.child("JobState").map_or(JobState::Unknown, |e| JobState::from_text(e.text())),
            reasons: reasons.unwrap_or_default(),
        }
    }
}

impl JobState {
    fn from_text(text: &str) -> Self {
        match text {
            "Canceled" => Self::Canceled,
            "Aborted" => Self::Aborted,
            "Completed" => Self::Completed,
            "Pending" => Self::Pending,
            "PendingHeld" => Self::PendingHeld,
            "Processing" => Self::Processing,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_state_has_its_fault() {
        use AdfState as A;
        let jam = Fault::Jam { after_page: 2 };
        for (value, state, fault) in [
            ("Processing", A::Processing, None),
            ("Empty", A::Empty, Some(Fault::FeederEmpty)),
            ("Loaded", A::Loaded, None),
            ("Jam", A::Jam, Some(jam)),
            ("Mispick", A::Mispick, Some(Fault::Mispick)),
            ("HatchOpen", A::HatchOpen, Some(Fault::HatchOpen)),
            ("DoorOpen", A::DoorOpen, Some(Fault::HatchOpen)),
            ("DuplexPageTooShort", A::DuplexPageTooShort, Some(Fault::SheetUnsuitable)),
            ("DuplexPageTooLong", A::DuplexPageTooLong, Some(Fault::SheetUnsuitable)),
            ("MultipickDetected", A::MultipickDetected, Some(Fault::Multipick)),
            ("InputTrayFailed", A::InputTrayFailed, Some(Fault::FeederFailed)),
            ("InputTrayOverloaded", A::InputTrayOverloaded, Some(Fault::FeederOverloaded)),
            ("OnFire", A::Unknown, None),
        ] {
            let xml = format!(
                "<s:ScannerStatus xmlns:s='x'><State>Idle</State>\
                 <s:AdfState>\n ScannerAdf{value} </s:AdfState></s:ScannerStatus>"
            );
            let status = ScannerStatus::parse(xml.as_bytes()).unwrap();
            assert_eq!(status.adf_state, Some(state));
            let profile = Profile::default();
            assert_eq!(status.fault(Source::Feeder, &profile, 2), fault, "{value}");
            assert_eq!(status.fault(Source::Flatbed, &profile, 2), None, "{value}");
        }
    }

    #[test]
    fn quirks_change_the_meaning() {
        let status = |adf| ScannerStatus { state: State::Idle, adf_state: Some(adf), jobs: vec![] };
        let xerox = Profile { jam_means_empty: true, ..Profile::default() };
        let kyocera = Profile { processing_means_empty: true, ..Profile::default() };
        let empty = Some(Fault::FeederEmpty);
        assert_eq!(status(AdfState::Jam).fault(Source::Feeder, &xerox, 0), empty);
        assert_eq!(status(AdfState::Processing).fault(Source::Feeder, &kyocera, 0), empty);
    }

    #[test]
    fn jobs_are_read() {
        let xml = "<scan:ScannerStatus><pwg:State>Processing</pwg:State><scan:Jobs><scan:JobInfo>\
            <pwg:JobUri>/eSCL/ScanJobs/3</pwg:JobUri><pwg:JobUuid>u</pwg:JobUuid><scan:Age>4</scan:Age>\
            <pwg:ImagesCompleted>2</pwg:ImagesCompleted><pwg:ImagesToTransfer>1</pwg:ImagesToTransfer>\
            <pwg:JobState>Aborted</pwg:JobState><pwg:JobStateReasons><pwg:JobStateReason>JobCanceledByUser\
            </pwg:JobStateReason></pwg:JobStateReasons></scan:JobInfo></scan:Jobs></scan:ScannerStatus>";
        let status = ScannerStatus::parse(xml.as_bytes()).unwrap();
        assert_eq!((status.state, status.adf_state), (State::Processing, None));
        let job = &status.jobs[0];
        assert_eq!((job.age_s, job.images_completed, job.images_to_transfer), (Some(4), Some(2), Some(1)));
        assert_eq!((job.state, job.reasons.join(",")), (JobState::Aborted, "JobCanceledByUser".into()));
    }

    #[test]
    fn other_documents_are_refused() {
        let wrong = ScannerStatus::parse(b"<ScannerCapabilities/>");
        assert_eq!(wrong, Err(XmlError::WrongRoot { expected: "ScannerStatus" }));
        assert_eq!(ScannerStatus::parse(b"<ScannerStatus/>"), Err(XmlError::Missing("State")));
    }

    proptest! {
        #[test]
        fn damage_never_panics(at in 0usize..120, byte: u8, cut in 0usize..140) {
            let mut xml = b"<ScannerStatus><State>Idle</State><AdfState>ScannerAdfJam</AdfState><Jobs><JobInfo><Age>1</Age></JobInfo></Jobs></ScannerStatus>".to_vec();
            xml[at] = byte;
            xml.truncate(cut);
            let _ = ScannerStatus::parse(&xml);
        }
    }
}
