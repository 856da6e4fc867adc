//! What can be wrong with a page or with making a document of pages.

use std::io;
use std::path::{Path, PathBuf};

use crate::jpeg_header::{MAX_PAGE_BYTES, MAX_PIXELS, MAX_SIDE};

/// Why a page or a document cannot be used or made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The file cannot be read.
    #[error("page {}: cannot be read: {why}; scan the page again", .path.display())]
    Unreadable {
        /// The page's file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file has no bytes.
    #[error("page {}: the file is empty; scan the page again", .path.display())]
    Empty {
        /// The page's file.
        path: PathBuf,
    },
    /// The file is larger than a page may be.
    #[error("page {}: {bytes} bytes are more than {MAX_PAGE_BYTES}; scan it at a lower resolution", .path.display())]
    TooLarge {
        /// The page's file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// The file is no JPEG image.
    #[error("page {}: it is no JPEG image; scan the page again", .path.display())]
    NotJpeg {
        /// The page's file.
        path: PathBuf,
    },
    /// The image stops before its end.
    #[error("page {}: the image is cut off; scan the page again", .path.display())]
    Truncated {
        /// The page's file.
        path: PathBuf,
    },
    /// The image is damaged.
    #[error("page {}: the image is damaged ({why}); scan the page again", .path.display())]
    Corrupt {
        /// The page's file.
        path: PathBuf,
        /// What the reader or the decoder found.
        why: String,
    },
    /// The image has four colour components, made for printing presses.
    #[error("page {}: the image is CMYK; set the scanner to colour or grey", .path.display())]
    Cmyk {
        /// The page's file.
        path: PathBuf,
    },
    /// The image is of a kind of JPEG that a PDF cannot hold.
    #[error("page {}: {what} is not supported; set the scanner to ordinary JPEG", .path.display())]
    Unsupported {
        /// The page's file.
        path: PathBuf,
        /// The kind.
        what: &'static str,
    },
    /// The image is too large, or has no size at all.
    #[error(
        "page {}: {width} × {height} pixels; allowed are 1 to {MAX_SIDE} a side and {MAX_PIXELS} in all, \
         fewer for progressive images; scan it at a lower resolution",
        .path.display()
    )]
    Dimensions {
        /// The page's file.
        path: PathBuf,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// At this resolution the page would be smaller or larger than a PDF page can be.
    #[error("page {}: at {dpi} dots per inch its pixels make no possible page size; scan it again", .path.display())]
    Resolution {
        /// The page's file.
        path: PathBuf,
        /// The resolution given.
        dpi: u32,
    },
    /// The file changed while it was being read.
    #[error("page {}: the file changed while it was read; make the document again", .path.display())]
    Changed {
        /// The page's file.
        path: PathBuf,
    },
    /// The name of a document does not say what it is to be.
    #[error(
        "document {}: its name must end in .pdf or .ofd, or for the JPEG pages in .jpg (one page) or .zip \
         (several); choose one of these",
        .path.display()
    )]
    Name {
        /// The document's file.
        path: PathBuf,
    },
    /// The document would take the place of one of its own scans.
    #[error("document {}: it is one of the pages as well; give the document another name", .path.display())]
    ItsOwn {
        /// The file.
        path: PathBuf,
    },
    /// A document needs between one page and [`crate::MAX_PAGES`].
    #[error("a document of {pages} pages is not possible; choose 1 to {}", crate::MAX_PAGES)]
    PageCount {
        /// The number of pages given.
        pages: usize,
    },
    /// The document would be larger than [`crate::MAX_DOCUMENT_BYTES`].
    #[error("document {}: larger than {} bytes; make several of fewer pages", .path.display(), crate::MAX_DOCUMENT_BYTES)]
    DocumentTooLarge {
        /// The document's file.
        path: PathBuf,
    },
    /// A page that was made compact is no JPEG image any more.
    #[error("page {}: a compact page cannot become a JPEG page; choose PDF or OFD, or finish it faithfully", .path.display())]
    Compact {
        /// The page's file.
        path: PathBuf,
    },
    /// The disk is full; nothing of the document was left on it.
    #[error("document {}: the disk of the kiosk is full; make room and try again", .path.display())]
    DiskFull {
        /// The document's file.
        path: PathBuf,
    },
    /// The document cannot be written for another reason.
    #[error("document {}: cannot be written: {why}; check the kiosk's disk", .path.display())]
    Unwritable {
        /// The document's file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
}

impl PageError {
    pub(crate) fn reading(path: &Path, error: &io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), why: error.to_string() }
    }

    pub(crate) fn writing(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Unwritable { path, why: error.to_string() },
        }
    }

    pub(crate) fn corrupt(path: &Path, why: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_owned(), why: why.into() }
    }
}
