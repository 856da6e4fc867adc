//! What can go wrong with a scan, and what a person should do about it.

use std::fmt;
use std::io;

use crate::events::StoredPage;
use crate::http_client::HttpFault;
use crate::job_info::JobStateReason;
use crate::resume::Resume;
use crate::tally::Tally;
use crate::word::Word;
use crate::xml::XmlError;

/// A request to a scanner that did not end well.
///
/// The pages in [`ScanError::pages_stored`] are whole and stay on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanError {
    /// The scanner: its name and address.
    pub device: String,
    /// What happened.
    pub fault: Fault,
    /// Pages that were stored before it happened; always empty outside a scan.
    pub pages_stored: Vec<StoredPage>,
    /// How to go on; `None` outside a scan.
    pub resume: Option<Resume>,
    /// Sheets and pages, counted; `None` outside a scan.
    pub tally: Option<Tally>,
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.device, self.fault)?;
        match self.pages_stored.len() {
            0 => {}
            1 => write!(f, " (1 page is safe)")?,
            n => write!(f, " ({n} pages are safe)")?,
        }
        write!(f, "; {}", self.fault.next_step())?;
        match self.resume {
            Some(resume) => write!(f, "; {resume}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ScanError {}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no paper in the feeder.
    #[error("the feeder is empty")]
    FeederEmpty,
    /// Paper is jammed.
    #[error("paper jam after page {after_page}")]
    Jam {
        /// The last page that was stored; one less than the first page when there was none.
        after_page: u32,
    },
    /// The feeder's hatch stands open.
    #[error("the feeder's hatch is open")]
    HatchOpen,
    /// The scanner's door stands open.
    #[error("the scanner's door is open")]
    DoorOpen,
    /// The feeder could not take hold of a sheet.
    #[error("the feeder did not take the sheet")]
    Mispick,
    /// The feeder took two sheets at once.
    #[error("the feeder took several sheets at once")]
    Multipick,
    /// A sheet is too short or too long for scanning both sides.
    #[error("the sheet is too {length} for scanning both sides")]
    SheetUnsuitable {
        /// Which of the two.
        length: SheetLength,
    },
    /// There are too many sheets in the feeder.
    #[error("there are too many sheets in the feeder")]
    FeederOverloaded,
    /// The feeder is broken.
    #[error("the feeder reports a failure")]
    FeederFailed,
    /// The feeder is in a state that the specification does not know, and gives no sheets.
    #[error("the feeder reports the unknown state {state:?}")]
    FeederUnknown {
        /// The state in the scanner's word.
        state: Word,
    },
    /// The scanner is busy with something else.
    #[error("the scanner is busy")]
    Busy,
    /// The scanner tests or calibrates itself.
    #[error("the scanner is testing itself")]
    SelfTest,
    /// The scanner stopped with an error.
    #[error("the scanner reports that it has stopped")]
    Stopped,
    /// The scanner is out of service.
    #[error("the scanner reports that it is out of service")]
    OutOfService,
    /// The scanner gave the job up.
    #[error("the scanner aborted the job{}", because(.reason))]
    JobAborted {
        /// Why, as far as the scanner says.
        reason: Option<JobStateReason>,
    },
    /// The job was cancelled, but not by this program.
    #[error("the job was cancelled at the scanner{}", because(.reason))]
    JobCanceled {
        /// Why, as far as the scanner says.
        reason: Option<JobStateReason>,
    },
    /// The connection broke in the middle of a page, though the scanner still answers.
    #[error("the connection broke in the middle of page {page}")]
    Interrupted {
        /// The page's number.
        page: u32,
    },
    /// The scanner cannot be reached or broke off the connection.
    #[error("the scanner cannot be reached: {why}")]
    Unreachable {
        /// What the network said.
        why: String,
    },
    /// The scanner kept the connection but fell silent.
    #[error("no answer in time, waiting for {waiting_for}")]
    TimedOut {
        /// What was awaited.
        waiting_for: &'static str,
    },
    /// The scanner refused the settings (409 Conflict) and reports no reason.
    #[error("the scanner refused the job's settings")]
    Refused,
    /// The scanner cannot do what was asked, by its own capabilities.
    #[error("the scanner does not offer {what}")]
    Unsupported {
        /// What was asked.
        what: String,
    },
    /// The scanner said something that the protocol does not allow.
    #[error("the scanner broke the protocol: {what}")]
    Protocol {
        /// What it said.
        what: String,
    },
    /// A page is not a whole JPEG image.
    #[error("page {page} is damaged: {why}")]
    PageDamaged {
        /// The page's number.
        page: u32,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A page is larger than the profile allows.
    #[error("page {page} is larger than {limit} bytes")]
    TooLarge {
        /// The page's number.
        page: u32,
        /// The profile's limit in bytes.
        limit: u64,
    },
    /// The scanner delivers more pages than the profile allows.
    #[error("there are more than {limit} pages")]
    TooManyPages {
        /// The profile's limit.
        limit: u32,
    },
    /// The disk is full.
    #[error("the disk of the kiosk is full")]
    DiskFull,
    /// A page could not be written for another reason.
    #[error("page {page} cannot be stored: {why}")]
    Storage {
        /// The page's number.
        page: u32,
        /// What the system said.
        why: String,
    },
    /// The program that calls libsane cannot be started.
    #[error("the SANE helper cannot be started: {why}")]
    HelperMissing {
        /// Which program, and what the system said.
        why: String,
    },
    /// libsane is missing or of no use.
    #[error("SANE is not installed: {why}")]
    LibraryMissing {
        /// What the system said.
        why: String,
    },
    /// The program that calls libsane ended in the middle of its work; its back end has crashed.
    #[error("the SANE helper ended unexpectedly ({how})")]
    HelperDied {
        /// The signal or exit status.
        how: String,
    },
    /// The kiosk may not use the scanner.
    #[error("access to the scanner is denied")]
    NotPermitted,
    /// The scanner or its back end has no memory left.
    #[error("the scanner is out of memory")]
    OutOfMemory,
    /// The caller cancelled the scan.
    #[error("the scan was cancelled")]
    Cancelled,
}

/// The way in which a sheet is unsuitable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetLength {
    /// Shorter than the feeder can turn.
    TooShort,
    /// Longer than the feeder can turn.
    TooLong,
}

impl fmt::Display for SheetLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "short",
            Self::TooLong => "long",
        })
    }
}

fn because(reason: &Option<JobStateReason>) -> String {
    reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()
}

impl Fault {
    /// What a person should do next.
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::FeederEmpty => NextStep::LoadPaper,
            Self::Jam { .. } => NextStep::ClearPaperPath,
            Self::HatchOpen | Self::DoorOpen => NextStep::CloseCover,
            Self::Mispick | Self::Multipick => NextStep::ReloadSheet,
            Self::SheetUnsuitable { .. } => NextStep::UseFlatbed,
            Self::FeederOverloaded | Self::TooManyPages { .. } => NextStep::FewerSheets,
            Self::Busy | Self::SelfTest => NextStep::Wait,
            Self::TimedOut { .. }
            | Self::Interrupted { .. }
            | Self::PageDamaged { .. }
            | Self::TooLarge { .. }
            | Self::JobAborted { .. }
            | Self::JobCanceled { .. }
            | Self::HelperDied { .. }
            | Self::OutOfMemory => NextStep::ScanAgain,
            Self::Unreachable { .. } => NextStep::CheckConnection,
            Self::FeederFailed
            | Self::FeederUnknown { .. }
            | Self::Stopped
            | Self::OutOfService
            | Self::HelperMissing { .. }
            | Self::LibraryMissing { .. }
            | Self::NotPermitted => NextStep::CallService,
            Self::Refused | Self::Unsupported { .. } | Self::Protocol { .. } => NextStep::CheckProfile,
            Self::DiskFull | Self::Storage { .. } => NextStep::FreeDisk,
            Self::Cancelled => NextStep::Nothing,
        }
    }

    pub(crate) fn protocol(what: impl Into<String>) -> Self {
        Self::Protocol { what: what.into() }
    }

    /// The fault behind an error of the file system while page `page` was being stored.
    pub(crate) fn storage(page: u32, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Storage { page, why: error.to_string() },
        }
    }
}

impl From<HttpFault> for Fault {
    fn from(fault: HttpFault) -> Self {
        match fault {
            HttpFault::Unreachable(why) => Self::Unreachable { why },
            HttpFault::TimedOut(waiting_for) => Self::TimedOut { waiting_for },
            HttpFault::TooLarge(limit) => Self::protocol(format!("an answer is larger than {limit} bytes")),
            HttpFault::Broken(why) => Self::Protocol { what: why },
        }
    }
}

impl From<XmlError> for Fault {
    fn from(error: XmlError) -> Self {
        Self::Protocol { what: error.to_string() }
    }
}

/// What a person should do next, one for each kind of help a screen can offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Put paper into the feeder.
    LoadPaper,
    /// Open the feeder and take the jammed paper out.
    ClearPaperPath,
    /// Close the cover.
    CloseCover,
    /// Straighten the sheet and put it in again.
    ReloadSheet,
    /// Lay the sheet on the glass instead.
    UseFlatbed,
    /// Put in fewer sheets.
    FewerSheets,
    /// Wait and try again.
    Wait,
    /// Scan again from the page that is missing.
    ScanAgain,
    /// Check the scanner's power and network cable.
    CheckConnection,
    /// Call the service.
    CallService,
    /// Compare the scanner's profile with the scanner.
    CheckProfile,
    /// Make room on the kiosk's disk.
    FreeDisk,
    /// Nothing to do.
    Nothing,
}

impl fmt::Display for NextStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LoadPaper => "put paper into the feeder",
            Self::ClearPaperPath => "open the feeder and take the stuck paper out",
            Self::CloseCover => "close the cover",
            Self::ReloadSheet => "straighten the sheets and put them in again",
            Self::UseFlatbed => "lay the sheet on the glass",
            Self::FewerSheets => "put in fewer sheets",
            Self::Wait => "wait and try again",
            Self::ScanAgain => "scan again from the page that is missing",
            Self::CheckConnection => "check the scanner's power and cable",
            Self::CallService => "call the service",
            Self::CheckProfile => "compare the scanner's profile with the scanner",
            Self::FreeDisk => "make room on the kiosk's disk",
            Self::Nothing => "nothing to do",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpeg::PageImage;
    use crate::settings::Source;

    #[test]
    fn an_error_names_device_cause_safe_pages_and_how_to_go_on() {
        let page = StoredPage {
            page: 1,
            path: "page-001.jpg".into(),
            bytes: 9,
            image: PageImage::default(),
            blank: None,
        };
        let fault = Fault::Jam { after_page: 1 };
        let resume = Resume::new(Source::Feeder, 1, 1, false, &fault);
        let error = ScanError {
            device: "feeder scanner at http://10.0.0.5:80/eSCL".into(),
            fault,
            pages_stored: vec![page],
            resume: Some(resume),
            tally: None,
        };
        assert_eq!(
            error.to_string(),
            "feeder scanner at http://10.0.0.5:80/eSCL: paper jam after page 1 (1 page is safe); \
             open the feeder and take the stuck paper out; take the sheet out of the paper path and lay it \
             on top of those in the feeder, then go on after page 1"
        );
    }

    #[test]
    fn a_reason_follows_its_fault() {
        for (fault, words) in [
            (Fault::JobAborted { reason: None }, "the scanner aborted the job"),
            (
                Fault::JobCanceled { reason: Some(JobStateReason::CanceledAtDevice) },
                "the job was cancelled at the scanner: someone cancelled it at the scanner's panel",
            ),
            (
                Fault::FeederUnknown { state: Word::new("OnFire") },
                "the feeder reports the unknown state \"OnFire\"",
            ),
        ] {
            assert_eq!(fault.to_string(), words);
        }
    }

    #[test]
    fn a_full_disk_is_told_from_other_trouble() {
        for (errno, full) in [(28, true), (122, true), (5, false), (30, false)] {
            let fault = Fault::storage(3, &io::Error::from_raw_os_error(errno));
            assert_eq!(fault == Fault::DiskFull, full, "errno {errno}");
        }
    }
}
