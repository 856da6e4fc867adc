//! JPEG images as planes, band by band: brightness and two colours, subsampled as they are in the file.
//!
//! TurboJPEG hands out whole images only, so this goes one level lower, to libjpeg's own interface in
//! the same library. `planes.c` catches its errors; this module is the only one that calls it, and
//! what it offers is safe: every pointer handed over is checked against the length behind it.

#![expect(unsafe_code, reason = "libjpeg is a C library")]

use std::ffi::{CStr, c_char, c_int, c_long, c_uint};
use std::fs::File;
use std::marker::PhantomData;
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};

const MAX_PLANES: usize = 3;

/// Samples along each side of a block.
pub(super) const BLOCK: usize = 8;

/// What the planes of an image are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Grey,
    YCbCr,
    Rgb,
}

/// How the samples of an image are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) colour: Colour,
    /// Sampling factors of each plane, across and down: one plane in grey, three in colour.
    factors: [(usize, usize); MAX_PLANES],
}

/// What libjpeg found wrong, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw(pub(super) String);

/// One plane's share of a band: `rows × stride` samples.
pub(crate) struct Samples<T> {
    pub(crate) samples: T,
    pub(crate) stride: usize,
}

impl Layout {
    /// An image for the encoder, whose planes are all of full size (1) or whose colours have one sample
    /// for each `across × down` of brightness.
    pub(crate) fn new(width: usize, height: usize, colour: Colour, (across, down): (usize, usize)) -> Self {
        let factors = match colour {
            Colour::Grey => [(1, 1), (0, 0), (0, 0)],
            Colour::YCbCr | Colour::Rgb => [(across, down), (1, 1), (1, 1)],
        };
        Self { width, height, colour, factors }
    }

    pub(crate) fn planes(&self) -> usize {
        match self.colour {
            Colour::Grey => 1,
            Colour::YCbCr | Colour::Rgb => MAX_PLANES,
        }
    }

    /// How many samples of brightness there are to one of colour, across and down; `None` for the
    /// arrangements that no scanner makes.
    pub(crate) fn subsampling(&self) -> Option<(usize, usize)> {
        let [luma, blue, red] = self.factors;
        if self.colour == Colour::Grey {
            return Some((1, 1));
        }
        let whole = |all: usize, part: usize| (part > 0 && all.is_multiple_of(part)).then(|| all / part);
        let ratio = (whole(luma.0, blue.0)?, whole(luma.1, blue.1)?);
        let usual = [1, 2, 4].contains(&ratio.0) && [1, 2, 4].contains(&ratio.1);
        let apart = self.colour == Colour::Rgb && ratio != (1, 1);
        (blue == red && usual && !apart).then_some(ratio)
    }

    /// Rows of a plane in one band.
    pub(crate) fn band_rows(&self, plane: usize) -> usize {
        self.factors.get(plane).map_or(0, |(_, down)| down * BLOCK)
    }

    /// Width and height of a plane, in samples that mean something.
    pub(crate) fn size(&self, plane: usize) -> (usize, usize) {
        let most = |of: fn(&(usize, usize)) -> usize| self.factors.iter().map(of).max().unwrap_or(1).max(1);
        let (across, down) = self.factors.get(plane).copied().unwrap_or_default();
        let part = |side: usize, own: usize, most: usize| (side * own).div_ceil(most);
        (part(self.width, across, most(|f| f.0)), part(self.height, down, most(|f| f.1)))
    }

    /// Samples in a row of a plane as libjpeg reads and writes them: whole blocks.
    pub(crate) fn row_samples(&self, plane: usize) -> usize {
        self.size(plane).0.next_multiple_of(BLOCK)
    }

    fn raw(&self) -> RawLayout {
        let factor = |of: fn(&(usize, usize)) -> usize| self.factors.map(|f| of(&f) as u32);
        RawLayout {
            width: self.width as u32,
            height: self.height as u32,
            colour: match self.colour {
                Colour::Grey => 0,
                Colour::YCbCr => 1,
                Colour::Rgb => 2,
            },
            planes: self.planes() as u32,
            across: factor(|f| f.0),
            down: factor(|f| f.1),
            blocks: [0; MAX_PLANES],
        }
    }

    /// The layout the decoder reports, if it is one this module counts the same way.
    fn of(raw: &RawLayout) -> Result<Self, Flaw> {
        let colour = match (raw.colour, raw.planes) {
            (0, 1) => Colour::Grey,
            (1, 3) => Colour::YCbCr,
            (2, 3) => Colour::Rgb,
            _ => return Err(Flaw("its planes are unknown".into())),
        };
        let mut factors = [(0, 0); MAX_PLANES];
        for (plane, factor) in factors.iter_mut().enumerate().take(raw.planes as usize) {
            *factor = (raw.across[plane] as usize, raw.down[plane] as usize);
            if !(1..=4).contains(&factor.0) || !(1..=4).contains(&factor.1) {
                return Err(Flaw("its sampling is impossible".into()));
            }
        }
        let layout = Self { width: raw.width as usize, height: raw.height as usize, colour, factors };
        let agreed = |plane: usize| layout.row_samples(plane) == raw.blocks[plane] as usize * BLOCK;
        if (0..layout.planes()).all(agreed) { Ok(layout) } else { Err(Flaw("its sampling is odd".into())) }
    }

    /// Pointers and strides for libjpeg, if every row of a band lies within its slice.
    fn pointers<T, P>(
        &self,
        planes: &mut [Samples<T>],
        pointer: impl Fn(&mut T) -> (P, usize),
        mut empty: [P; MAX_PLANES],
    ) -> Option<([P; MAX_PLANES], [usize; MAX_PLANES])> {
        let mut strides = [0; MAX_PLANES];
        if planes.len() != self.planes() {
            return None;
        }
        let slots = empty.iter_mut().zip(&mut strides);
        for (plane, (given, (slot, stride))) in planes.iter_mut().zip(slots).enumerate() {
            let (start, length) = pointer(&mut given.samples);
            let before_last = self.band_rows(plane).checked_sub(1)?.checked_mul(given.stride)?;
            let needed = before_last.checked_add(self.row_samples(plane))?;
            if given.stride < self.row_samples(plane) || needed > length {
                return None;
            }
            (*slot, *stride) = (start, given.stride);
        }
        Some((empty, strides))
    }
}

/// Reads an image band by band, out of a file of which a small piece is in memory at a time.
pub(super) struct Reader<'a> {
    raw: NonNull<RawReader>,
    layout: Layout,
    /// Bands there are, and bands read; all of them after an error.
    bands: (usize, usize),
    _file: PhantomData<&'a File>,
}

impl<'a> Reader<'a> {
    /// Reads the head of an image, the first `bytes` of a file, whose header our own reading has accepted.
    pub(super) fn start(file: &'a File, bytes: u64, most_scans: u32) -> Result<Self, Flaw> {
        let most_scans = c_int::try_from(most_scans).unwrap_or(c_int::MAX);
        // SAFETY: no condition; null means that there is no memory.
        let raw = NonNull::new(unsafe { onedoor_reader_new(most_scans) }).ok_or_else(no_memory)?;
        let unknown = Layout::new(0, 0, Colour::Grey, (1, 1));
        let mut reader = Self { raw, layout: unknown, bands: (0, 0), _file: PhantomData };
        let mut found = unknown.raw();
        // SAFETY: the reader is live, and the file stays open as long by this type's lifetime.
        let code = unsafe { onedoor_reader_start(raw.as_ptr(), file.as_raw_fd(), bytes, &mut found) };
        reader.check(code)?;
        reader.layout = Layout::of(&found)?;
        let rows = reader.layout.band_rows(0).max(1);
        reader.bands = (reader.layout.size(0).1.div_ceil(rows), 0);
        Ok(reader)
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// Reads the next band into `band_rows` rows of each plane; `false` when there are no more.
    pub(super) fn band(&mut self, planes: &mut [Samples<&mut [u8]>]) -> Result<bool, Flaw> {
        if self.bands.1 >= self.bands.0 {
            return Ok(false);
        }
        let start = |samples: &mut &mut [u8]| (samples.as_mut_ptr(), samples.len());
        let (pointers, strides) = self
            .layout
            .pointers(planes, start, [ptr::null_mut(); MAX_PLANES])
            .ok_or_else(|| Flaw("a band has no room".into()))?;
        // SAFETY: the reader is live and started; each plane has room for its rows, as just checked.
        let code = unsafe { onedoor_reader_band(self.raw.as_ptr(), pointers.as_ptr(), strides.as_ptr()) };
        self.check(code).inspect_err(|_| self.bands.1 = self.bands.0)?;
        self.bands.1 += 1;
        Ok(true)
    }

    /// Ends the image after its last band: an error when the file does not end there.
    pub(super) fn finish(self) -> Result<(), Flaw> {
        if self.bands.1 != self.bands.0 {
            return Err(Flaw("bands are missing".into()));
        }
        // SAFETY: the reader is live and has given all its bands.
        let code = unsafe { onedoor_reader_finish(self.raw.as_ptr()) };
        self.check(code)
    }

    /// An error, or a warning: libjpeg goes on after damage, a document must not.
    fn check(&self, code: c_int) -> Result<(), Flaw> {
        // SAFETY: the reader is live.
        let warnings = unsafe { onedoor_reader_warnings(self.raw.as_ptr()) };
        if code == 0 && warnings == 0 {
            return Ok(());
        }
        // SAFETY: the reader is live; the message is terminated and copied at once.
        Err(Flaw(text(unsafe { onedoor_reader_message(self.raw.as_ptr()) })))
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        // SAFETY: the reader is live and not used again.
        unsafe { onedoor_reader_free(self.raw.as_ptr()) };
    }
}

/// Writes an image band by band.
pub(super) struct Writer {
    raw: NonNull<RawWriter>,
    layout: Layout,
    /// Bands there are to be, and bands written; more than that after an error.
    bands: (usize, usize),
}

impl Writer {
    pub(super) fn start(layout: Layout, quality: u8, dpi: Option<u32>) -> Result<Self, Flaw> {
        // SAFETY: no condition; null means that there is no memory.
        let raw = NonNull::new(unsafe { onedoor_writer_new() }).ok_or_else(no_memory)?;
        let bands = layout.size(0).1.div_ceil(layout.band_rows(0).max(1));
        let writer = Self { raw, layout, bands: (bands, 0) };
        let dpi = c_uint::from(dpi.and_then(|dpi| u16::try_from(dpi).ok()).unwrap_or(0));
        // SAFETY: the writer is live.
        let code = unsafe { onedoor_writer_start(raw.as_ptr(), &layout.raw(), c_int::from(quality), dpi) };
        writer.check(code)?;
        Ok(writer)
    }

    /// Encodes the next band, `band_rows` rows of each plane, and returns what it became.
    pub(super) fn band(&mut self, planes: &mut [Samples<&[u8]>]) -> Result<&[u8], Flaw> {
        if self.bands.1 >= self.bands.0 {
            return Err(Flaw("a band too many".into()));
        }
        let start = |samples: &mut &[u8]| (samples.as_ptr(), samples.len());
        let (pointers, strides) = self
            .layout
            .pointers(planes, start, [ptr::null(); MAX_PLANES])
            .ok_or_else(|| Flaw("a band is too small".into()))?;
        // SAFETY: the writer is live and started; each plane holds all its rows, as just checked.
        let code = unsafe { onedoor_writer_band(self.raw.as_ptr(), pointers.as_ptr(), strides.as_ptr()) };
        self.check(code).inspect_err(|_| self.bands.1 = usize::MAX)?;
        self.bands.1 += 1;
        Ok(self.take())
    }

    /// Ends the image and returns its last bytes.
    pub(super) fn finish(&mut self) -> Result<&[u8], Flaw> {
        if self.bands.1 != self.bands.0 {
            return Err(Flaw("bands are missing".into()));
        }
        // SAFETY: the writer is live and has all its bands.
        let code = unsafe { onedoor_writer_finish(self.raw.as_ptr()) };
        self.check(code)?;
        Ok(self.take())
    }

    fn take(&mut self) -> &[u8] {
        let mut length = 0;
        // SAFETY: the writer is live; what it returns stays until its next call, which needs `self`.
        unsafe {
            let bytes = onedoor_writer_take(self.raw.as_ptr(), &mut length);
            std::slice::from_raw_parts(bytes, length)
        }
    }

    fn check(&self, code: c_int) -> Result<(), Flaw> {
        if code == 0 {
            return Ok(());
        }
        // SAFETY: the writer is live; the message is terminated and copied at once.
        Err(Flaw(text(unsafe { onedoor_writer_message(self.raw.as_ptr()) })))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // SAFETY: the writer is live and not used again.
        unsafe { onedoor_writer_free(self.raw.as_ptr()) };
    }
}

fn no_memory() -> Flaw {
    Flaw("there is no memory for it".into())
}

fn text(message: *const c_char) -> String {
    // SAFETY: only called with a message of `planes.c`: never null, always terminated.
    let message = unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned();
    if message.is_empty() { "it ends too early".into() } else { message }
}

/// Mirrored in `planes.c`.
#[repr(C)]
struct RawLayout {
    width: u32,
    height: u32,
    colour: u32,
    planes: u32,
    across: [u32; MAX_PLANES],
    down: [u32; MAX_PLANES],
    blocks: [u32; MAX_PLANES],
}

#[repr(C)]
struct RawReader {
    _private: [u8; 0],
}

#[repr(C)]
struct RawWriter {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn onedoor_reader_new(most_scans: c_int) -> *mut RawReader;
    fn onedoor_reader_start(reader: *mut RawReader, file: c_int, bytes: u64, layout: *mut RawLayout)
    -> c_int;
    fn onedoor_reader_band(reader: *mut RawReader, planes: *const *mut u8, strides: *const usize) -> c_int;
    fn onedoor_reader_finish(reader: *mut RawReader) -> c_int;
    fn onedoor_reader_warnings(reader: *const RawReader) -> c_long;
    fn onedoor_reader_message(reader: *const RawReader) -> *const c_char;
    fn onedoor_reader_free(reader: *mut RawReader);

    fn onedoor_writer_new() -> *mut RawWriter;
    fn onedoor_writer_start(
        writer: *mut RawWriter,
        layout: *const RawLayout,
        quality: c_int,
        dpi: c_uint,
    ) -> c_int;
    fn onedoor_writer_band(writer: *mut RawWriter, planes: *const *const u8, strides: *const usize) -> c_int;
    fn onedoor_writer_finish(writer: *mut RawWriter) -> c_int;
    fn onedoor_writer_take(writer: *mut RawWriter, length: *mut usize) -> *const u8;
    fn onedoor_writer_message(writer: *const RawWriter) -> *const c_char;
    fn onedoor_writer_free(writer: *mut RawWriter);
}

#[cfg(test)]
mod tests;
