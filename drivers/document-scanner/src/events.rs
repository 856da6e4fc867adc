//! What a scan tells its caller while it runs, and what came of it.

use std::fmt;
use std::path::PathBuf;

use crate::jpeg::PageImage;
use crate::settings::Settled;
use crate::tally::Tally;

/// One page, whole and safe on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPage {
    /// The page's number, counted on from the request's first page.
    pub page: u32,
    /// The JPEG file.
    pub path: PathBuf,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// What the header of the file says.
    pub image: PageImage,
    /// Whether the scanner takes the page for blank; `None` when it does not look.
    pub blank: Option<bool>,
}

/// A step of a running scan.
///
/// Progress ([`ScanEvent::PageArriving`]) is dropped when the receiver does not keep up; the other
/// events wait a little for room. The result of the scan repeats everything that matters, so a
/// receiver that has gone away loses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanEvent {
    /// The scanner took the job, with these settings.
    Started(Settled),
    /// A page is on its way; `bytes` of it are here.
    PageArriving {
        /// The page's number.
        page: u32,
        /// Bytes received so far.
        bytes: u64,
    },
    /// A page is whole and safe on disk.
    PageStored(StoredPage),
    /// The scanner has no more pages.
    Finished {
        /// How many pages this scan stored.
        pages: u32,
    },
}

/// A scan that ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// The pages, at least one.
    pub pages: Vec<StoredPage>,
    /// What the scanner was asked for.
    pub settled: Settled,
    /// Sheets and pages, counted.
    pub tally: Tally,
    /// Where what came is not what was asked for.
    pub deviations: Vec<Deviation>,
}

/// Where a scan is not what was asked for, though it ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deviation {
    /// The resolution is not offered, or not trusted; the nearest was asked for.
    Resolution {
        /// Dots per inch that the request named.
        wanted: u32,
        /// Dots per inch that the scanner was asked for.
        settled: u32,
    },
    /// A page came in another resolution than the scanner was asked for.
    Delivered {
        /// The page's number.
        page: u32,
        /// Dots per inch that the scanner was asked for.
        settled: u32,
        /// Dots per inch of the page.
        delivered: u32,
    },
    /// The source is smaller, or takes nothing so small: the region is another than the paper.
    Region {
        /// Width and height of the paper in 1/300 inch.
        wanted: (u32, u32),
        /// Width and height asked for in 1/300 inch.
        settled: (u32, u32),
    },
    /// A page came in colour though grey was asked for, or in grey though colour was.
    Color {
        /// The page's number.
        page: u32,
    },
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolution { wanted, settled } => {
                write!(f, "{settled} dots per inch were asked for, the nearest to {wanted}")
            }
            Self::Delivered { page, settled, delivered } => {
                write!(f, "page {page} has {delivered} dots per inch, not {settled}")
            }
            Self::Region { wanted: (w, h), settled: (x, y) } => {
                write!(f, "{x} × {y} was asked for instead of {w} × {h} (1/300 inch)")
            }
            Self::Color { page } => write!(f, "page {page} has not the colours that were asked for"),
        }
    }
}
