//! A ZIP archive (APPNOTE 6.3.10) of files that are stored as they are.
//!
//! Sizes and checksums stand in front of each file, not behind it: a reader that goes through an
//! archive from front to back finds the end of a stored file in no other way. They are known only when
//! the file has been copied, so the writer goes back for them, and the digest of the archive is made
//! of what then lies in its file.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

use crate::assemble::{Built, MAX_DOCUMENT_BYTES};
use crate::error::PageError;
use crate::meta::Created;
use crate::output::{Side, copy};
use crate::page::Page;

pub(crate) struct Archive<'a> {
    zip: ZipWriter<BufWriter<File>>,
    options: SimpleFileOptions,
    /// Bytes of all files so far.
    bytes: u64,
    out: &'a Path,
}

impl<'a> Archive<'a> {
    /// An archive in `file`, whose members all bear the time `created`; `out` names it in errors.
    pub(crate) fn new(file: File, out: &'a Path, created: Created) -> Self {
        let (year, month, day, hour, minute, second) = created.civil();
        // Before 1980 and after 2107 there is no time in an archive; the first stands for those.
        let time = DateTime::from_date_and_time(year, month, day, hour, minute, second).unwrap_or_default();
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(time)
            .unix_permissions(0o644);
        Self { zip: ZipWriter::new(BufWriter::new(file)), options, bytes: 0, out }
    }

    /// Adds a small file.
    pub(crate) fn add(&mut self, name: &str, content: &[u8]) -> Result<(), PageError> {
        self.begin(name, content.len() as u64)?;
        self.write(content)
    }

    /// Adds the image of a page, all of which `each` sees.
    pub(crate) fn add_page(
        &mut self,
        name: &str,
        page: Page,
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), PageError> {
        self.begin(name, page.bytes())?;
        let zip = &mut self.zip;
        page.copy(self.out, |piece| {
            each(piece);
            zip.write_all(piece)
        })
    }

    /// Writes the directory and returns the file with what was written.
    pub(crate) fn finish(self, pages: usize) -> Result<(File, Built), PageError> {
        let out = self.out;
        let failed = |e: io::Error| PageError::writing(out, &e);
        let buffer = self.zip.finish().map_err(|e| failed(e.into()))?;
        let mut file = buffer.into_inner().map_err(|e| failed(e.into_error()))?;
        let (bytes, sha256) = digest(&mut file).map_err(failed)?;
        Ok((file, Built { bytes, sha256, pages }))
    }

    fn begin(&mut self, name: &str, bytes: u64) -> Result<(), PageError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_DOCUMENT_BYTES {
            return Err(PageError::DocumentTooLarge { path: self.out.to_owned() });
        }
        self.zip.start_file(name, self.options).map_err(|e| PageError::writing(self.out, &e.into()))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), PageError> {
        self.zip.write_all(bytes).map_err(|e| PageError::writing(self.out, &e))
    }
}

/// Length and SHA-256 of a file.
fn digest(file: &mut File) -> io::Result<(u64, [u8; 32])> {
    let bytes = file.metadata()?.len();
    file.rewind()?;
    let mut digest = Sha256::new();
    let whole = copy(file, bytes, |piece| {
        digest.update(piece);
        Ok(())
    });
    match whole {
        Ok(true) => Ok((bytes, digest.finalize().into())),
        Ok(false) => Err(io::ErrorKind::UnexpectedEof.into()),
        Err(Side::Read(e) | Side::Write(e)) => Err(e),
    }
}
