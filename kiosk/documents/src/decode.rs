//! Decoding with libjpeg-turbo, reduced in size and bounded in effort.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek};
use std::path::Path;

use turbojpeg::{Decompressor, Image, PixelFormat, ScalingFactor};

use crate::eighth::{self, Eighth, Wanted};
use crate::error::PageError;
use crate::jpeg_header::{self, Header};
use crate::memory::Memory;

/// Most scans of a progressive image; encoders write about ten. Without a bound a small file can
/// keep a decoder busy for hours.
pub(crate) const MAX_SCANS: u32 = 64;

/// A page file in memory, whose header has been found acceptable.
pub(crate) struct Loaded<'a> {
    path: &'a Path,
    jpeg: Memory,
    pub(crate) header: Header,
}

/// Pixels, row by row without gaps.
pub(crate) struct Pixels {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// One byte a pixel in grey, three in colour.
    pub(crate) bytes: Vec<u8>,
}

/// Reads a page file of bounded size.
pub(crate) fn load(path: &Path) -> Result<Loaded<'_>, PageError> {
    let (mut file, bytes, header) = jpeg_header::open(path)?;
    let jpeg = whole(&mut file, bytes).map_err(|e| PageError::reading(path, &e))?;
    let jpeg = jpeg.ok_or_else(|| PageError::Changed { path: path.to_owned() })?;
    Ok(Loaded { path, jpeg, header })
}

/// All of a file, if it is still as long.
fn whole(file: &mut File, bytes: u64) -> io::Result<Option<Memory>> {
    file.rewind()?;
    let mut jpeg = Memory::to_be_filled(usize::try_from(bytes).unwrap_or(usize::MAX))?;
    match file.read_exact(&mut jpeg) {
        Ok(()) => Ok((file.read(&mut [0])? == 0).then_some(jpeg)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

impl Loaded<'_> {
    /// Decodes the whole image at a fraction of its size.
    pub(crate) fn decode(&self, scale: ScalingFactor, format: PixelFormat) -> Result<Pixels, PageError> {
        let mut decoder = Decompressor::new().map_err(|e| self.flaw(&e))?;
        decoder.set_scan_limit(MAX_SCANS).map_err(|e| self.flaw(&e))?;
        let seen = decoder.read_header(&self.jpeg).map_err(|e| self.flaw(&e))?;
        let expected = (self.header.width as usize, self.header.height as usize);
        // Two readers of one file must agree, or one of them is being deceived.
        if (seen.width, seen.height) != expected {
            return Err(PageError::corrupt(self.path, "its header is ambiguous"));
        }
        decoder.set_scaling_factor(scale).map_err(|e| self.flaw(&e))?;
        let (width, height) = (scale.scale(seen.width), scale.scale(seen.height));
        let pitch = width * format.size();
        let mut image = Image { pixels: vec![0; pitch * height], width, pitch, height, format };
        decoder.decompress(&self.jpeg, image.as_deref_mut()).map_err(|e| self.flaw(&e))?;
        Ok(Pixels { width, height, bytes: image.pixels })
    }

    /// The brightness of the whole image at an eighth of its size.
    pub(crate) fn eighth(&self, wanted: Wanted) -> Result<Eighth, PageError> {
        let eighth = eighth::read(&self.jpeg, &self.header, wanted);
        eighth.map_or_else(|| self.decode(ScalingFactor::ONE_EIGHTH, PixelFormat::GRAY).map(Eighth::from), Ok)
    }

    /// Its brightness at an eighth of its width and a quarter of its height, if that is easily had.
    pub(crate) fn halves(&self) -> Option<Pixels> {
        eighth::read(&self.jpeg, &self.header, Wanted::Slopes)?.halves()
    }

    /// The whole file.
    pub(crate) fn jpeg(&self) -> &[u8] {
        &self.jpeg
    }

    pub(crate) fn unsupported(&self, what: &'static str) -> PageError {
        PageError::Unsupported { path: self.path.to_owned(), what }
    }

    /// What the system has no room for.
    pub(crate) fn no_room(&self, error: &io::Error) -> PageError {
        PageError::reading(self.path, error)
    }

    fn flaw(&self, error: &turbojpeg::Error) -> PageError {
        self.flaw_said(&error.to_string())
    }

    /// The error that the decoder's words stand for.
    pub(crate) fn flaw_said(&self, why: &str) -> PageError {
        // The decoder's own words for a file that stops (jerror.h, JWRN_JPEG_EOF).
        if why.contains("Premature end of JPEG file") || why.contains("Premature end of input file") {
            PageError::Truncated { path: self.path.to_owned() }
        } else {
            PageError::corrupt(self.path, why.trim_start_matches("TurboJPEG error: "))
        }
    }
}
