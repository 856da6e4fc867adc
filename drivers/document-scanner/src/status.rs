//! `ScannerStatus`: how the scanner and its feeder are right now (Mopria eSCL, ScannerStatus).

use crate::endpoint::Endpoint;
use crate::error::{Fault, SheetLength};
use crate::job_info::{JobInfo, JobState, JobStateReason};
use crate::profile::Profile;
use crate::settings::Source;
use crate::word::Word;
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    Unknown(Word),
}

/// `scan:AdfState`: the document feeder. Names are the values without the prefix `ScannerAdf`.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    Unknown(Word),
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

    /// Why a job from `source` fails, as far as the status tells, read with the eyes of `profile`.
    ///
    /// `after_page` is the last page stored. The feeder is asked first, since it names causes that a
    /// person can remedy; when scanning from the glass it has no say. An idle scanner has no fault, one
    /// that works is [`Fault::Busy`]. Paper in an empty feeder does not help a scanner that has stopped.
    pub fn fault(&self, source: Source, profile: &Profile, after_page: u32) -> Option<Fault> {
        let feeder = self.adf_state.as_ref().filter(|_| source.is_feeder());
        let feeder = feeder.and_then(|adf| adf.fault(profile, after_page));
        let state = match self.state {
            State::Processing => Some(Fault::Busy),
            State::Testing => Some(Fault::SelfTest),
            State::Stopped => Some(Fault::Stopped),
            State::Down => Some(Fault::OutOfService),
            State::Idle | State::Unknown(_) => None,
        };
        match (feeder, state) {
            (Some(Fault::FeederEmpty), Some(worse @ (Fault::Stopped | Fault::OutOfService))) => Some(worse),
            (feeder, state) => feeder.or(state),
        }
    }

    /// Whether paper lies in the feeder, read with the eyes of `profile`; `None` where the status does not
    /// tell: while sheets are taken, and in trouble.
    pub fn paper(&self, profile: &Profile) -> Option<bool> {
        let feeder = self.adf_state.as_ref()?;
        match (feeder.fault(profile, 0), feeder) {
            (Some(Fault::FeederEmpty), _) => Some(false),
            (_, AdfState::Loaded | AdfState::InputTrayOverloaded) => Some(true),
            _ => None,
        }
    }

    /// What the scanner says of the job at `path`; scanners write the job's address or only its
    /// identifier, which is the last part of the path.
    pub(crate) fn job(&self, endpoint: &Endpoint, path: &str) -> Option<&JobInfo> {
        let id = path.rsplit('/').next().filter(|id| !id.is_empty());
        self.jobs.iter().find(|job| {
            let at = job.uri.as_deref().and_then(|uri| endpoint.job_path(uri));
            let named = |id: &str| job.uuid.as_deref().is_some_and(|uuid| uuid.ends_with(id));
            at.as_deref() == Some(path) || at.is_none() && id.is_some_and(named)
        })
    }
}

impl JobInfo {
    /// Why the job ended early; `None` while it runs and when it ended well.
    pub(crate) fn fault(&self) -> Option<Fault> {
        let reason = self.telling_reason().cloned();
        match (&self.state, &reason) {
            // One model writes "aborted" over a job that it also calls successful.
            (JobState::Aborted, Some(JobStateReason::CompletedSuccessfully)) => None,
            (JobState::Aborted, _) => Some(Fault::JobAborted { reason }),
            (JobState::Canceled, _) => Some(Fault::JobCanceled { reason }),
            (
                JobState::Completed
                | JobState::Pending
                | JobState::PendingHeld
                | JobState::Processing
                | JobState::Unknown(_),
                _,
            ) => None,
        }
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
            _ => Self::Unknown(Word::new(text)),
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
            unknown => Self::Unknown(Word::new(unknown)),
        }
    }

    fn fault(&self, profile: &Profile, after_page: u32) -> Option<Fault> {
        match self {
            Self::Jam if profile.jam_means_empty => Some(Fault::FeederEmpty),
            Self::Processing if profile.processing_means_empty => Some(Fault::FeederEmpty),
            Self::Empty => Some(Fault::FeederEmpty),
            Self::Jam => Some(Fault::Jam { after_page }),
            Self::Mispick => Some(Fault::Mispick),
            Self::HatchOpen => Some(Fault::HatchOpen),
            Self::DoorOpen => Some(Fault::DoorOpen),
            Self::DuplexPageTooShort => Some(Fault::SheetUnsuitable { length: SheetLength::TooShort }),
            Self::DuplexPageTooLong => Some(Fault::SheetUnsuitable { length: SheetLength::TooLong }),
            Self::MultipickDetected => Some(Fault::Multipick),
            Self::InputTrayFailed => Some(Fault::FeederFailed),
            Self::InputTrayOverloaded => Some(Fault::FeederOverloaded),
            Self::Unknown(state) => Some(Fault::FeederUnknown { state: state.clone() }),
            Self::Processing | Self::Loaded => None,
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
        let unsuitable = |length| Some(Fault::SheetUnsuitable { length });
        let mut seen: Vec<Fault> = vec![];
        for (value, state, fault) in [
            ("Processing", A::Processing, None),
            ("Empty", A::Empty, Some(Fault::FeederEmpty)),
            ("Loaded", A::Loaded, None),
            ("Jam", A::Jam, Some(jam)),
            ("Mispick", A::Mispick, Some(Fault::Mispick)),
            ("HatchOpen", A::HatchOpen, Some(Fault::HatchOpen)),
            ("DoorOpen", A::DoorOpen, Some(Fault::DoorOpen)),
            ("DuplexPageTooShort", A::DuplexPageTooShort, unsuitable(SheetLength::TooShort)),
            ("DuplexPageTooLong", A::DuplexPageTooLong, unsuitable(SheetLength::TooLong)),
            ("MultipickDetected", A::MultipickDetected, Some(Fault::Multipick)),
            ("InputTrayFailed", A::InputTrayFailed, Some(Fault::FeederFailed)),
            ("InputTrayOverloaded", A::InputTrayOverloaded, Some(Fault::FeederOverloaded)),
            (
                "OnFire",
                A::Unknown(Word::new("OnFire")),
                Some(Fault::FeederUnknown { state: Word::new("OnFire") }),
            ),
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
            if let Some(fault) = fault {
                assert!(!seen.contains(&fault), "{value} is told from the others");
                seen.push(fault);
            }
        }
    }

    #[test]
    fn paper_in_the_feeder_is_known_or_not() {
        let plain = Profile::default();
        let xerox = Profile { jam_means_empty: true, ..Profile::default() };
        for (adf, profile, paper) in [
            (None, &plain, None),
            (Some(AdfState::Loaded), &plain, Some(true)),
            (Some(AdfState::InputTrayOverloaded), &plain, Some(true)),
            (Some(AdfState::Empty), &plain, Some(false)),
            (Some(AdfState::Processing), &plain, None),
            (Some(AdfState::Jam), &plain, None),
            (Some(AdfState::Jam), &xerox, Some(false)),
            (Some(AdfState::Unknown(Word::new("OnFire"))), &plain, None),
        ] {
            let status = ScannerStatus { state: State::Idle, adf_state: adf, jobs: vec![] };
            assert_eq!(status.paper(profile), paper, "{status:?}");
        }
    }

    #[test]
    fn the_scanner_as_a_whole() {
        for (text, state, fault) in [
            ("Idle", State::Idle, None),
            ("Processing", State::Processing, Some(Fault::Busy)),
            ("Testing", State::Testing, Some(Fault::SelfTest)),
            ("Stopped", State::Stopped, Some(Fault::Stopped)),
            ("Down", State::Down, Some(Fault::OutOfService)),
            ("Asleep", State::Unknown(Word::new("Asleep")), None),
        ] {
            let xml = format!("<ScannerStatus><State>{text}</State></ScannerStatus>");
            let status = ScannerStatus::parse(xml.as_bytes()).unwrap();
            assert_eq!(status.fault(Source::Feeder, &Profile::default(), 0), fault, "{text}");
            assert_eq!(status.state, state);
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
        assert_eq!((&status.state, &status.adf_state), (&State::Processing, &None));
        let job = &status.jobs[0];
        assert_eq!((job.age_s, job.images_completed, job.images_to_transfer), (Some(4), Some(2), Some(1)));
        assert_eq!(
            (&job.state, &job.reasons[..]),
            (&JobState::Aborted, &[JobStateReason::CanceledByUser][..])
        );
        let endpoint = Endpoint::parse("http://h/eSCL").unwrap();
        assert_eq!(status.job(&endpoint, "/eSCL/ScanJobs/3"), Some(job));
        assert_eq!(status.job(&endpoint, "/eSCL/ScanJobs/4"), None);
    }

    #[test]
    fn why_a_job_ended() {
        use JobStateReason as R;
        let aborted = |reason| Some(Fault::JobAborted { reason });
        for (state, reasons, fault) in [
            ("Completed", "", None),
            ("Processing", "JobScanning", None),
            ("Aborted", "", aborted(None)),
            ("Aborted", "JobCompletedSuccessfully", None),
            ("Aborted", "ErrorsDetected JobTimedOut", aborted(Some(R::TimedOut))),
            ("Aborted", "AbortedBySystem", aborted(Some(R::AbortedBySystem))),
            ("Aborted", "Moon", aborted(Some(R::Unknown(Word::new("Moon"))))),
            (
                "Canceled",
                "JobCanceledAtDevice",
                Some(Fault::JobCanceled { reason: Some(R::CanceledAtDevice) }),
            ),
            ("Odd", "", None),
        ] {
            let reasons: String =
                reasons.split_whitespace().map(|r| format!("<JobStateReason>{r}</JobStateReason>")).collect();
            let xml = format!(
                "<ScannerStatus><State>Idle</State><Jobs><JobInfo><JobUuid>urn:uuid:a-7</JobUuid>\
                 <JobState>{state}</JobState><JobStateReasons>{reasons}</JobStateReasons></JobInfo></Jobs></ScannerStatus>"
            );
            let status = ScannerStatus::parse(xml.as_bytes()).unwrap();
            let endpoint = Endpoint::parse("http://h/eSCL").unwrap();
            let job = status.job(&endpoint, "/eSCL/ScanJobs/a-7").unwrap();
            assert_eq!(job.fault(), fault, "{state} {reasons}");
        }
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
