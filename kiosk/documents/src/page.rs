//! A page on its way into a document: its file, checked, and the size of its paper.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::assemble::PageRef;
use crate::error::PageError;
use crate::exif;
use crate::jpeg_header::{self, Header};
use crate::output::copy_page;
use crate::quarter::Quarter;

/// A page whose file is open.
pub(crate) struct Page<'a> {
    /// What is written before the rest of the file.
    lead: Vec<u8>,
    file: File,
    /// Bytes of the file that are still to be read.
    rest: u64,
    pub(crate) header: Header,
    pub(crate) paper: Paper,
    /// The turn that the image tells of itself, and the page's after it.
    pub(crate) turn: Quarter,
    pub(crate) of: &'a PageRef,
}

impl<'a> Page<'a> {
    /// Opens a page and checks its head, its end and the size of its paper.
    pub(crate) fn open(of: &'a PageRef) -> Result<Self, PageError> {
        let (mut file, bytes, header) = jpeg_header::open(&of.path)?;
        check_end(&mut file, bytes, &of.path)?;
        let paper = Paper::new((header.width, header.height), of)?;
        let turn = header.turn.plus(of.turn);
        Ok(Self { lead: vec![], file, rest: bytes, header, paper, turn, of })
    }

    /// Bytes that [`Page::copy`] hands on.
    pub(crate) fn bytes(&self) -> u64 {
        self.lead.len() as u64 + self.rest
    }

    /// Tells viewers of the image itself how to turn it, unless it says so already.
    pub(crate) fn tell_turn(&mut self) -> Result<(), PageError> {
        if self.turn == self.header.turn {
            return Ok(());
        }
        let path = &self.of.path;
        let lead = exif::told(&mut self.file, self.turn).map_err(|e| PageError::reading(path, &e))?;
        let read = self.file.stream_position().map_err(|e| PageError::reading(path, &e))?;
        self.rest = self.rest.saturating_sub(read);
        self.lead = lead;
        Ok(())
    }

    /// Hands the image on piece by piece; `out` names the document in errors.
    pub(crate) fn copy(
        self,
        out: &Path,
        mut to: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), PageError> {
        let path = &self.of.path;
        to(&self.lead).map_err(|e| PageError::writing(out, &e))?;
        copy_page(self.file, self.rest, (path, out), to)
    }
}

/// The paper of a page, as its image lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paper {
    pixels: (u32, u32),
    dpi: u32,
}

impl Paper {
    /// Paper of so many pixels, if there is paper of that size.
    pub(crate) fn new(pixels: (u32, u32), of: &PageRef) -> Result<Self, PageError> {
        let paper = Self { pixels, dpi: of.dpi };
        let (width, height) = paper.points();
        // What ISO 19005-2 (6.1.13) allows in points; no paper is smaller or larger in another format.
        let allowed = 3.0..=14_400.0;
        if of.dpi > 0 && allowed.contains(&width) && allowed.contains(&height) {
            Ok(paper)
        } else {
            Err(PageError::Resolution { path: of.path.clone(), dpi: of.dpi })
        }
    }

    /// Width and height, in points of 1/72 inch.
    pub(crate) fn points(self) -> (f32, f32) {
        let points = |pixels: u32| pixels as f32 * 72.0 / self.dpi as f32;
        (points(self.pixels.0), points(self.pixels.1))
    }

    /// Width and height, in thousandths of a millimetre.
    pub(crate) fn micrometres(self) -> (i64, i64) {
        let dpi = i64::from(self.dpi.max(1));
        let micrometres = |pixels: u32| (i64::from(pixels) * 25_400 + dpi / 2) / dpi;
        (micrometres(self.pixels.0), micrometres(self.pixels.1))
    }
}

/// Whether the image's end marker stands at the end of the file, 64 bytes of padding allowed.
fn check_end(file: &mut File, bytes: u64, path: &Path) -> Result<(), PageError> {
    const END: u64 = 66;
    let failed = |e| PageError::reading(path, &e);
    let mut end = vec![];
    file.seek(SeekFrom::Start(bytes.saturating_sub(END))).map_err(failed)?;
    (&mut *file).take(END).read_to_end(&mut end).map_err(failed)?;
    file.rewind().map_err(failed)?;
    if end.windows(2).any(|pair| pair == [0xFF, 0xD9]) {
        Ok(())
    } else {
        Err(PageError::Truncated { path: path.to_owned() })
    }
}
