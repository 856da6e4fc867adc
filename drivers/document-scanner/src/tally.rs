//! Sheets and pages, counted, and why the counts differ.

use std::fmt;

use crate::error::Fault;
use crate::job_info::JobInfo;
use crate::settings::Source;

/// The counts of one scan.
///
/// The scanner counts images in its `JobInfo`; pages on disk are counted here. An image that was made
/// and never became a page is a page that is missing: the counts show it even when the job ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Sheets that went through the feeder; `None` from the glass, and when the scanner counts nothing.
    pub sheets: Option<u32>,
    /// Images that the scanner says it made (`ImagesCompleted`).
    pub images_completed: Option<u32>,
    /// Images that the scanner says still wait to be fetched (`ImagesToTransfer`).
    pub images_to_transfer: Option<u32>,
    /// Pages that this scan stored.
    pub pages_stored: u32,
    /// Why images and pages differ; `None` when they agree, or the scanner counts nothing.
    pub mismatch: Option<Mismatch>,
}

/// Why images and pages differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// Sheets went through together: what lay under the first was not seen.
    SheetsTogether,
    /// A page broke on its way and was thrown away.
    PageBroken {
        /// The number it would have had.
        page: u32,
    },
    /// Images were made, but never handed over.
    NeverTransferred {
        /// How many.
        images: u32,
    },
    /// Of the last sheet only one side came: the scanner left a blank side out, or the sheet stopped
    /// on its way.
    BackMissing {
        /// The sheet, counted from 1.
        sheet: u32,
    },
    /// The scanner counted fewer images than it handed over: its counter is not to be trusted.
    CountedTooFew {
        /// How many.
        images: u32,
    },
}

/// What is known at the end of a job.
pub(crate) struct Counts<'a> {
    pub(crate) source: Source,
    pub(crate) stored: u32,
    /// The page that broke on its way.
    pub(crate) broken: Option<u32>,
    /// What the scanner last said of the job.
    pub(crate) job: Option<&'a JobInfo>,
    /// Why the job ended early.
    pub(crate) fault: Option<&'a Fault>,
}

impl Counts<'_> {
    pub(crate) fn tally(&self) -> Tally {
        let images_completed = self.job.and_then(|job| job.images_completed);
        let images_to_transfer = self.job.and_then(|job| job.images_to_transfer);
        // A broken page went through the feeder like a stored one.
        let seen = self.stored.saturating_add(self.broken.is_some().into());
        let fed = images_completed.map(|completed| completed.max(seen));
        Tally {
            sheets: match self.source {
                Source::Feeder => fed,
                Source::FeederDuplex => fed.map(|images| images.div_ceil(2)),
                Source::Flatbed => None,
            },
            images_completed,
            images_to_transfer,
            pages_stored: self.stored,
            mismatch: self.mismatch(images_completed, images_to_transfer.unwrap_or(0)),
        }
    }

    /// The most telling of the reasons.
    fn mismatch(&self, completed: Option<u32>, waiting: u32) -> Option<Mismatch> {
        if matches!(self.fault, Some(Fault::Multipick)) {
            return Some(Mismatch::SheetsTogether);
        }
        if let Some(page) = self.broken {
            return Some(Mismatch::PageBroken { page });
        }
        // Models differ in whether a waiting image already counts as completed.
        let images = completed.unwrap_or(0).saturating_sub(self.stored).max(waiting);
        if images > 0 {
            return Some(Mismatch::NeverTransferred { images });
        }
        if self.source == Source::FeederDuplex && self.stored % 2 == 1 {
            return Some(Mismatch::BackMissing { sheet: self.stored.div_ceil(2) });
        }
        let missing = self.stored.saturating_sub(completed?);
        // Some count an image only once the next is asked for.
        let late = self.fault.is_some() && missing == 1;
        (missing > 0 && !late).then_some(Mismatch::CountedTooFew { images: missing })
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SheetsTogether => {
                write!(f, "sheets went through together: what lay under the first was not scanned")
            }
            Self::PageBroken { page } => write!(f, "page {page} broke on its way and was thrown away"),
            Self::NeverTransferred { images: 1 } => write!(f, "1 image was made but never handed over"),
            Self::NeverTransferred { images } => write!(f, "{images} images were made but never handed over"),
            Self::BackMissing { sheet } => write!(
                f,
                "of sheet {sheet} only one side came: a blank side was left out, or the sheet stopped on its way"
            ),
            Self::CountedTooFew { images } => {
                write!(f, "the scanner counted {images} fewer than it handed over")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job_info::JobState;

    fn job(completed: Option<u32>, waiting: Option<u32>) -> JobInfo {
        JobInfo {
            uri: None,
            uuid: None,
            age_s: None,
            images_completed: completed,
            images_to_transfer: waiting,
            transfer_retries: None,
            state: JobState::Completed,
            reasons: vec![],
        }
    }

    #[test]
    fn counts_and_what_explains_them() {
        use Mismatch as M;
        use Source::{Feeder, FeederDuplex, Flatbed};
        let jam = Fault::Jam { after_page: 2 };
        let cut = Fault::Interrupted { page: 3 };
        for (source, stored, broken, completed, waiting, fault, sheets, mismatch) in [
            (Feeder, 2, None, Some(2), Some(0), None, Some(2), None),
            (Feeder, 2, None, None, None, None, None, None),
            (Feeder, 2, None, Some(3), Some(0), None, Some(3), Some(M::NeverTransferred { images: 1 })),
            (Feeder, 2, None, Some(2), Some(1), None, Some(2), Some(M::NeverTransferred { images: 1 })),
            (Feeder, 2, None, Some(3), Some(1), Some(&jam), Some(3), Some(M::NeverTransferred { images: 1 })),
            (Feeder, 3, None, Some(1), Some(0), None, Some(3), Some(M::CountedTooFew { images: 2 })),
            (Feeder, 3, None, Some(2), Some(0), Some(&jam), Some(3), None),
            (Feeder, 2, Some(3), Some(2), Some(1), Some(&cut), Some(3), Some(M::PageBroken { page: 3 })),
            (Feeder, 2, None, Some(2), None, Some(&Fault::Multipick), Some(2), Some(M::SheetsTogether)),
            (FeederDuplex, 4, None, Some(4), Some(0), None, Some(2), None),
            (FeederDuplex, 3, None, Some(3), Some(0), None, Some(2), Some(M::BackMissing { sheet: 2 })),
            (FeederDuplex, 3, None, Some(4), Some(0), None, Some(2), Some(M::NeverTransferred { images: 1 })),
            (FeederDuplex, 3, None, None, None, None, None, Some(M::BackMissing { sheet: 2 })),
            (Flatbed, 1, None, Some(1), Some(0), None, None, None),
            (
                Flatbed,
                1,
                None,
                Some(u32::MAX),
                Some(u32::MAX),
                None,
                None,
                Some(M::NeverTransferred { images: u32::MAX }),
            ),
        ] {
            let job = job(completed, waiting);
            let counts = Counts { source, stored, broken, job: Some(&job), fault };
            let tally = counts.tally();
            assert_eq!(
                (tally.sheets, tally.mismatch),
                (sheets, mismatch),
                "{source:?} {stored} {completed:?}"
            );
        }
    }

    #[test]
    fn words() {
        for (mismatch, words) in [
            (Mismatch::PageBroken { page: 3 }, "page 3 broke on its way"),
            (Mismatch::NeverTransferred { images: 1 }, "1 image was made"),
            (Mismatch::NeverTransferred { images: 2 }, "2 images were made"),
            (Mismatch::BackMissing { sheet: 2 }, "of sheet 2 only one side came"),
            (Mismatch::CountedTooFew { images: 2 }, "counted 2 fewer"),
            (Mismatch::SheetsTogether, "sheets went through together"),
        ] {
            assert!(mismatch.to_string().contains(words), "{mismatch}");
        }
    }
}
