//! Decoding with libjpeg-turbo, reduced in size and bounded in effort.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;

use turbojpeg::{Decompressor, Image, PixelFormat, ScalingFactor};

use crate::eighth::{self, Eighth, Wanted};
use crate::error::PageError;
use crate::jpeg_header::{self, Header};
use crate::memory::Memory;

/// Most scans of a progressive image; encoders write about ten. Without a bound a small file can
/// keep a decoder busy for hours.
pub(crate) const MAX_SCANS: u32 = 64;

/// A page file, whose header has been found acceptable.
pub(crate) struct Loaded<'a> {
    path: &'a Path,
    file: File,
    bytes: u64,
    pub(crate) header: Header,
}

/// Pixels, row by row without gaps.
pub(crate) struct Pixels {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// One byte a pixel in grey, three in colour.
    pub(crate) bytes: Vec<u8>,
}

/// Opens a page file of bounded size.
pub(crate) fn load(path: &Path) -> Result<Loaded<'_>, PageError> {
    let (file, bytes, header) = jpeg_header::open(path)?;
    Ok(Loaded { path, file, bytes, header })
}

impl Loaded<'_> {
    /// The file, and how many of its bytes were there when it was opened.
    pub(crate) fn file(&self) -> (&File, u64) {
        (&self.file, self.bytes)
    }

    /// All of it in memory.
    pub(crate) fn jpeg(&self) -> Result<Memory, PageError> {
        let whole = || {
            let mut jpeg = Memory::to_be_filled(usize::try_from(self.bytes).unwrap_or(usize::MAX))?;
            match self.file.read_exact_at(&mut jpeg, 0) {
                Ok(()) => Ok((self.file.read_at(&mut [0], self.bytes)? == 0).then_some(jpeg)),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
                Err(error) => Err(error),
            }
        };
        whole()
            .map_err(|e| PageError::reading(self.path, &e))?
            .ok_or_else(|| PageError::Changed { path: self.path.to_owned() })
    }

    /// Decodes the whole image at a fraction of its size.
    pub(crate) fn decode(&self, scale: ScalingFactor, format: PixelFormat) -> Result<Pixels, PageError> {
        self.decoded(&self.jpeg()?, scale, format)
    }

    fn decoded(&self, jpeg: &[u8], scale: ScalingFactor, format: PixelFormat) -> Result<Pixels, PageError> {
        let mut decoder = Decompressor::new().map_err(|e| self.flaw(&e))?;
        decoder.set_scan_limit(MAX_SCANS).map_err(|e| self.flaw(&e))?;
        let seen = decoder.read_header(jpeg).map_err(|e| self.flaw(&e))?;
        let expected = (self.header.width as usize, self.header.height as usize);
        // Two readers of one file must agree, or one of them is being deceived.
        if (seen.width, seen.height) != expected {
            return Err(PageError::corrupt(self.path, "its header is ambiguous"));
        }
        decoder.set_scaling_factor(scale).map_err(|e| self.flaw(&e))?;
        let (width, height) = (scale.scale(seen.width), scale.scale(seen.height));
        let pitch = width * format.size();
        let mut image = Image { pixels: vec![0; pitch * height], width, pitch, height, format };
        decoder.decompress(jpeg, image.as_deref_mut()).map_err(|e| self.flaw(&e))?;
        Ok(Pixels { width, height, bytes: image.pixels })
    }

    /// The brightness of the whole image at an eighth of its size.
    pub(crate) fn eighth(&self, wanted: Wanted) -> Result<Eighth, PageError> {
        let jpeg = self.jpeg()?;
        let by_libjpeg = || self.decoded(&jpeg, ScalingFactor::ONE_EIGHTH, PixelFormat::GRAY);
        let eighth = eighth::read(&jpeg, &self.header, wanted);
        eighth.map_or_else(|| by_libjpeg().map(Eighth::from), Ok)
    }

    /// Its brightness at an eighth of its width and a quarter of its height, if that is easily had.
    pub(crate) fn halves(&self) -> Result<Option<Pixels>, PageError> {
        let eighth = eighth::read(&self.jpeg()?, &self.header, Wanted::Slopes);
        Ok(eighth.and_then(|eighth| eighth.halves()))
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
        // The decoder's own words for a file that stops, and for one that cannot be read (jerror.h).
        if why.contains("Premature end of JPEG file") || why.contains("Premature end of input file") {
            PageError::Truncated { path: self.path.to_owned() }
        } else if why.contains("Input file read error") {
            PageError::Unreadable { path: self.path.to_owned(), why: why.to_owned() }
        } else {
            PageError::corrupt(self.path, why.trim_start_matches("TurboJPEG error: "))
        }
    }
}
