//! What a scan tells its caller while it runs.

use std::path::PathBuf;

/// One page, whole and safe on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPage {
    /// The page's number, counted on from the request's first page.
    pub page: u32,
    /// The JPEG file.
    pub path: PathBuf,
    /// The size of the file in bytes.
    pub bytes: u64,
}

/// A step of a running scan.
///
/// Progress ([`ScanEvent::PageArriving`]) is dropped when the receiver does not keep up; the other
/// events wait a little for room. The result of the scan repeats everything that matters, so a
/// receiver that has gone away loses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanEvent {
    /// The scanner took the job.
    Started,
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
