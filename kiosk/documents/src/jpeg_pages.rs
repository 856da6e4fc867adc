//! The pages as they are: one JPEG file, or a ZIP archive of several.

use std::fs::File;
use std::path::Path;

use crate::archive::Archive;
use crate::assemble::{Built, PageRef};
use crate::compact;
use crate::error::PageError;
use crate::meta::Meta;
use crate::output::Output;
use crate::page::Page;

/// Writes the pages to `file` and returns it with what was written; `out` names it in errors.
pub(crate) fn write(
    pages: &[PageRef],
    file: File,
    out: &Path,
    meta: &Meta,
) -> Result<(File, Built), PageError> {
    if let [page] = pages {
        return one(page, file, out);
    }
    let mut archive = Archive::new(file, out, meta.created());
    for (number, page) in (1..).zip(pages) {
        archive.add_page(&format!("page-{number:03}.jpg"), open(page)?, |_| {})?;
    }
    archive.finish(pages.len())
}

fn one(page: &PageRef, file: File, out: &Path) -> Result<(File, Built), PageError> {
    let mut output = Output::new(file);
    open(page)?.copy(out, |piece| output.write(piece))?;
    let (bytes, sha256) = (output.offset(), output.digest());
    let file = output.finish().map_err(|e| PageError::writing(out, &e))?;
    Ok((file, Built { bytes, sha256, pages: 1 }))
}

fn open(page: &PageRef) -> Result<Page<'_>, PageError> {
    if compact::is_compact(&page.path)? {
        return Err(PageError::Compact { path: page.path.clone() });
    }
    let mut page = Page::open(page)?;
    page.tell_turn()?;
    Ok(page)
}
