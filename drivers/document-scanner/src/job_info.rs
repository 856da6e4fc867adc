//! `JobInfo`: what a scanner says of one job (Mopria eSCL, ScannerStatus; reasons as in PWG 5108.1,
//! JobStateReasons).

use std::fmt;

use crate::word::Word;
use crate::xml::Element;

/// Most reasons kept of one job.
const MAX_REASONS: usize = 16;

/// `scan:JobInfo`: one job that the scanner remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobInfo {
    /// The job's address as the scanner wrote it.
    pub uri: Option<String>,
    /// The job's identifier.
    pub uuid: Option<String>,
    /// Seconds since the job last changed.
    pub age_s: Option<u32>,
    /// Images made so far.
    pub images_completed: Option<u32>,
    /// Images made that wait to be fetched.
    pub images_to_transfer: Option<u32>,
    /// How often an image was asked for again.
    pub transfer_retries: Option<u32>,
    /// How the job is.
    pub state: JobState,
    /// Why it is so.
    pub reasons: Vec<JobStateReason>,
}

/// `pwg:JobState`.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    Unknown(Word),
}

/// `pwg:JobStateReason`: why a job is in its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobStateReason {
    /// Ended well.
    CompletedSuccessfully,
    /// Ended, with warnings.
    CompletedWithWarnings,
    /// Ended, with errors.
    CompletedWithErrors,
    /// Waits for its turn.
    Queued,
    /// Scans.
    Scanning,
    /// Hands images over.
    Transferring,
    /// Someone cancelled it at the scanner's panel.
    CanceledAtDevice,
    /// Whoever started it cancelled it.
    CanceledByUser,
    /// An administrator cancelled it.
    CanceledByOperator,
    /// The scanner gave it up.
    AbortedBySystem,
    /// Nobody asked for its images for too long.
    TimedOut,
    /// Something it needs is missing, such as paper.
    ResourcesAreNotReady,
    /// The scanner takes no jobs now.
    ServiceOffLine,
    /// The settings cannot be carried out.
    UnsupportedSettings,
    /// The format cannot be made.
    UnsupportedFormat,
    /// Errors were met on the way.
    ErrorsDetected,
    /// Warnings were met on the way.
    WarningsDetected,
    /// A value that the specification does not know.
    Unknown(Word),
}

impl JobInfo {
    pub(crate) fn from_element(job: &Element) -> Self {
        let listed = job.child("JobStateReasons").into_iter().flat_map(|list| list.all("JobStateReason"));
        Self {
            uri: job.words("JobUri"),
            uuid: job.words("JobUuid"),
            age_s: job.number("Age"),
            images_completed: job.number("ImagesCompleted"),
            images_to_transfer: job.number("ImagesToTransfer"),
            transfer_retries: job.number("TransferRetryCount"),
            state: JobState::from_text(job.child("JobState").map_or("", Element::text)),
            reasons: listed.take(MAX_REASONS).map(|r| JobStateReason::from_text(r.text())).collect(),
        }
    }

    /// The reason that says most about a job that ended early.
    pub(crate) fn telling_reason(&self) -> Option<&JobStateReason> {
        self.reasons.iter().find(|reason| reason.tells()).or(self.reasons.first())
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
            _ => Self::Unknown(Word::new(text)),
        }
    }
}

impl JobStateReason {
    fn from_text(text: &str) -> Self {
        // Some firmware shortens the words, and writes British ones.
        match text {
            "JobCompletedSuccessfully" => Self::CompletedSuccessfully,
            "JobCompletedWithWarnings" => Self::CompletedWithWarnings,
            "JobCompletedWithErrors" => Self::CompletedWithErrors,
            "JobQueued" | "JobIncoming" => Self::Queued,
            "JobScanning" | "JobScanningAndTransferring" => Self::Scanning,
            "JobTransferring" => Self::Transferring,
            "JobCanceledAtDevice" | "CanceledAtDevice" | "JobCancelledAtDevice" => Self::CanceledAtDevice,
            "JobCanceledByUser" | "CanceledByUser" | "JobCancelledByUser" => Self::CanceledByUser,
            "JobCanceledByOperator" | "JobCancelledByOperator" => Self::CanceledByOperator,
            "AbortedBySystem" | "AbortBySystem" | "JobAborted" => Self::AbortedBySystem,
            "JobTimedOut" => Self::TimedOut,
            "ResourcesAreNotReady" => Self::ResourcesAreNotReady,
            "ServiceOffLine" => Self::ServiceOffLine,
            "UnsupportedAttributesOrValues" => Self::UnsupportedSettings,
            "UnsupportedDocumentFormat" | "DocumentFormatError" => Self::UnsupportedFormat,
            "ErrorsDetected" => Self::ErrorsDetected,
            "WarningsDetected" => Self::WarningsDetected,
            _ => Self::Unknown(Word::new(text)),
        }
    }

    /// Whether the reason says more than the state does.
    fn tells(&self) -> bool {
        match self {
            Self::CanceledAtDevice
            | Self::CanceledByUser
            | Self::CanceledByOperator
            | Self::TimedOut
            | Self::ResourcesAreNotReady
            | Self::ServiceOffLine
            | Self::UnsupportedSettings
            | Self::UnsupportedFormat
            | Self::Unknown(_) => true,
            Self::CompletedSuccessfully
            | Self::CompletedWithWarnings
            | Self::CompletedWithErrors
            | Self::Queued
            | Self::Scanning
            | Self::Transferring
            | Self::AbortedBySystem
            | Self::ErrorsDetected
            | Self::WarningsDetected => false,
        }
    }
}

impl fmt::Display for JobStateReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::CompletedSuccessfully => "it ended well",
            Self::CompletedWithWarnings => "it ended with warnings",
            Self::CompletedWithErrors => "it ended with errors",
            Self::Queued => "it waits for its turn",
            Self::Scanning => "it was still scanning",
            Self::Transferring => "it was still handing images over",
            Self::CanceledAtDevice => "someone cancelled it at the scanner's panel",
            Self::CanceledByUser => "a client cancelled it",
            Self::CanceledByOperator => "an administrator cancelled it",
            Self::AbortedBySystem => "the scanner gave it up",
            Self::TimedOut => "its images were not fetched in time",
            Self::ResourcesAreNotReady => "something it needs is missing",
            Self::ServiceOffLine => "the scanner takes no jobs now",
            Self::UnsupportedSettings => "its settings cannot be carried out",
            Self::UnsupportedFormat => "its format cannot be made",
            Self::ErrorsDetected => "it met errors",
            Self::WarningsDetected => "it met warnings",
            Self::Unknown(word) => return write!(f, "the scanner says {word}"),
        };
        f.write_str(words)
    }
}
