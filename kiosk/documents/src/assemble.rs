//! Pages into one document, which appears whole or not at all.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::PageError;
use crate::format::Format;
use crate::meta::Meta;
use crate::output::Part;
use crate::quarter::Quarter;
use crate::{jpeg_pages, ofd, pdf};

/// Most pages of one document.
pub const MAX_PAGES: usize = 999;

/// Largest document, in bytes, not counting the table or the directory at its end. The cross-reference
/// table of a PDF ends at ten times as much, a ZIP archive of the first form at four times.
pub const MAX_DOCUMENT_BYTES: u64 = 1 << 30;

/// One page to be bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRef {
    /// The JPEG file, one that [`crate::inspect`] has accepted, or a compact page that
    /// [`crate::finish_as`] has made, which cannot become a JPEG page.
    pub path: PathBuf,
    /// Dots per inch, from which the size of the paper follows.
    pub dpi: u32,
    /// The turn that brings the page upright, after the one that the image tells of itself (Exif), which
    /// finished pages do not. The image stays as it is; the document says how to show it.
    pub turn: Quarter,
}

/// A document that is safe on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// Number of pages.
    pub pages: usize,
}

/// Writes a document of all pages in their order under the name `out`, whatever that name ends in. Whoever wants to
/// keep it has to sync it.
///
/// The same pages and the same description give the same bytes. The images stand bit by bit as they came,
/// but for two: a JPEG page that is to be turned gets a segment that says so, and in an OFD the print of a
/// compact page becomes PNG. At most 64 KiB of image data are in memory at a time, or of a compact page in
/// an OFD one layer. Until the document is whole it has no name; after an error nothing of it remains and an
/// older file of the name `out` is untouched.
///
/// # Errors
/// [`PageError`] for the first page that cannot be used, for impossible numbers of pages or sizes,
/// and when the document cannot be written.
pub fn assemble(pages: &[PageRef], out: &Path, meta: &Meta, format: Format) -> Result<Built, PageError> {
    bind(pages, out, meta, format, |_| Ok(()))
}

/// As [`assemble`], for a document that is to last where it is: all of it is on the disk before it has its name, so
/// that no power cut leaves less of it, nor takes the older file.
///
/// # Errors
/// As [`assemble`].
pub(crate) fn assemble_to_last(
    pages: &[PageRef],
    out: &Path,
    meta: &Meta,
    format: Format,
) -> Result<Built, PageError> {
    bind(pages, out, meta, format, File::sync_all)
}

fn bind(
    pages: &[PageRef],
    out: &Path,
    meta: &Meta,
    format: Format,
    when_whole: impl FnOnce(&File) -> io::Result<()>,
) -> Result<Built, PageError> {
    if !(1..=MAX_PAGES).contains(&pages.len()) {
        return Err(PageError::PageCount { pages: pages.len() });
    }
    let (part, file) = Part::create(out).map_err(|e| PageError::writing(out, &e))?;
    let (file, built) = match format {
        Format::Pdf => pdf::write(pages, file, out, meta),
        Format::Ofd => ofd::write(pages, file, out, meta),
        Format::Jpeg => jpeg_pages::write(pages, file, out, meta),
    }?;
    when_whole(&file).and_then(|()| part.keep(&file)).map_err(|e| PageError::writing(out, &e))?;
    tracing::info!(document = %out.display(), ?format, built.bytes, built.pages, "document written");
    Ok(built)
}
