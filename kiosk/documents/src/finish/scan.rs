//! A scan on its way into a finished page: its file, and its planes where they are few enough to be kept.

use turbojpeg::{PixelFormat, ScalingFactor};

use super::planes::{Flaw, Reader};
use super::window::Window;
use crate::decode::{Loaded, MAX_SCANS, Pixels};
use crate::eighth::{Eighth, Wanted};
use crate::error::PageError;

/// A scan, decoded once and kept, or decoded anew for each pass.
pub(super) struct Scan<'a> {
    pub(super) file: &'a Loaded<'a>,
    whole: Option<Window<'a>>,
}

impl<'a> Scan<'a> {
    /// Opens a scan, and keeps its planes if they are not more than `most` samples.
    pub(super) fn open(file: &'a Loaded<'a>, most: usize) -> Result<Self, PageError> {
        // With many scans in the file, to start reading is to decode it: the header tells soon enough.
        let small = (file.header.width as usize).saturating_mul(file.header.height as usize) <= most;
        let whole = if small {
            Window::whole(reader(file)?, most).map_err(|Flaw(why)| file.flaw_said(&why))?
        } else {
            None
        };
        Ok(Self { file, whole })
    }

    /// Its brightness at a half or a quarter of its size.
    pub(super) fn grey(&self, scale: ScalingFactor) -> Result<Pixels, PageError> {
        match &self.whole {
            Some(window) => Ok(window.smaller(scale.denom() / scale.num().max(1))),
            None => self.file.decode(scale, PixelFormat::GRAY),
        }
    }

    /// Its brightness at an eighth of its size, with slopes where lines of text may have to be looked for.
    pub(super) fn eighth(&self) -> Result<Eighth, PageError> {
        match &self.whole {
            Some(window) => Ok(window.smaller(8).into()),
            None => self.file.eighth(Wanted::SlopesOnWhite),
        }
    }

    /// Its brightness at an eighth of its width and a quarter of its height, if that is had without decoding it: lines
    /// of text are as sharp in it as at a quarter of its size. For a scan of few pixels that is not enough.
    pub(super) fn halves(&self, small: &Eighth) -> Result<Option<Pixels>, PageError> {
        /// A4 at 200 dots per inch has a few more.
        const ENOUGH: u32 = 1600;
        let large = self.file.header.width.min(self.file.header.height) >= ENOUGH;
        if !large || self.whole.is_some() {
            return Ok(None);
        }
        small.halves().map_or_else(|| self.file.halves(), |halves| Ok(Some(halves)))
    }

    /// All planes, of which at least `rows` rows of full size are in memory at a time.
    pub(super) fn window(self, rows: usize) -> Result<Window<'a>, PageError> {
        match self.whole {
            Some(window) => Ok(window),
            None => Window::new(reader(self.file)?, rows)
                .map_err(|error| self.file.no_room(&error))?
                .ok_or_else(|| self.file.unsupported("JPEG as wide as this")),
        }
    }
}

/// Starts to read the planes of a scan.
pub(super) fn reader<'a>(file: &'a Loaded<'_>) -> Result<Reader<'a>, PageError> {
    let (open, bytes) = file.file();
    let reader = Reader::start(open, bytes, MAX_SCANS).map_err(|Flaw(why)| file.flaw_said(&why))?;
    let layout = reader.layout();
    // Two readers of one file must agree, or one of them is being deceived.
    if (layout.width, layout.height) != (file.header.width as usize, file.header.height as usize) {
        return Err(file.flaw_said("its header is ambiguous"));
    }
    Ok(reader)
}
