//! A JPEG stream out of bands: a page of any height, while only a band of it is in memory.
//!
//! libjpeg-turbo compresses whole images. But the coder begins afresh at each restart marker
//! (ISO/IEC 10918-1, E.1.4), so each band is compressed as an image of its own, and its entropy-coded
//! data become one restart interval of the page. The page's head is the first band's, with the
//! resolution and the length of a restart interval added, and with a height of 0 that whoever keeps the
//! stream replaces at the end. Decoders give the same samples
//! as for an image compressed in one go.

use sane_helper::Refusal;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

/// Lines of a band: a multiple of every height that a row of blocks can have.
pub(crate) const BAND_LINES: usize = 64;

/// Where text stays sharp and seals stay red.
const QUALITY: i32 = 90;

/// Markers (ISO/IEC 10918-1, table B.1).
const SOI: [u8; 2] = [0xFF, 0xD8];
const EOI: [u8; 2] = [0xFF, 0xD9];
const DRI: [u8; 2] = [0xFF, 0xDD];
const APP0: u8 = 0xE0;
const SOF0: u8 = 0xC0;
const SOS: u8 = 0xDA;
const RST0: u8 = 0xD0;

/// A page's stream while it grows.
pub(crate) struct Bands {
    compressor: Compressor,
    width: usize,
    color: bool,
    dpi: u16,
    bands: usize,
    height_at: u32,
}

impl Bands {
    /// A page of this width.
    pub(crate) fn new(width: usize, color: bool, dpi: u16) -> Result<Self, Refusal> {
        let mut compressor = Compressor::new().map_err(refused)?;
        compressor.set_quality(QUALITY).map_err(refused)?;
        compressor.set_subsamp(if color { Subsamp::Sub2x2 } else { Subsamp::Gray }).map_err(refused)?;
        Ok(Self { compressor, width, color, dpi, bands: 0, height_at: 0 })
    }

    /// Where in the stream the height stands, after the first band.
    pub(crate) fn height_at(&self) -> u32 {
        self.height_at
    }

    /// Adds a band to `stream`: [`BAND_LINES`] lines, or fewer if it is the last.
    pub(crate) fn add(&mut self, samples: &[u8], stream: &mut Vec<u8>) -> Result<(), Refusal> {
        let pitch = self.width * if self.color { 3 } else { 1 };
        let format = if self.color { PixelFormat::RGB } else { PixelFormat::GRAY };
        let image =
            Image { pixels: samples, width: self.width, pitch, height: samples.len() / pitch, format };
        let jpeg = self.compressor.compress_to_vec(image).map_err(refused)?;
        let (head, data) = split(&jpeg).ok_or_else(|| refused("an unexpected stream"))?;
        match self.bands.checked_sub(1) {
            None => self.add_head(&head, stream),
            Some(before) => stream.extend([0xFF, RST0 + (before % 8) as u8]),
        }
        self.bands += 1;
        stream.extend(data);
        Ok(())
    }

    /// Ends the stream.
    pub(crate) fn end(&self, stream: &mut Vec<u8>) {
        stream.extend(EOI);
    }

    /// Writes the page's head from that of its first band.
    fn add_head(&mut self, segments: &[&[u8]], stream: &mut Vec<u8>) {
        stream.extend(SOI);
        for segment in segments {
            match segment[1] {
                APP0 => stream.extend(jfif(self.dpi)),
                SOS => {
                    stream.extend(DRI);
                    stream.extend(4_u16.to_be_bytes());
                    stream.extend(self.restart_interval().to_be_bytes());
                    stream.extend(*segment);
                }
                SOF0 => {
                    // Marker, length and precision come before the height.
                    self.height_at = stream.len() as u32 + 5;
                    let (before, after) = segment.split_at(5);
                    stream.extend(before);
                    stream.extend([0, 0]);
                    stream.extend(after.get(2..).unwrap_or_default());
                }
                _ => stream.extend(*segment),
            }
        }
    }

    /// Blocks of samples coded together ("MCU") in a band.
    fn restart_interval(&self) -> u16 {
        let side = if self.color { 16 } else { 8 };
        (self.width.div_ceil(side) * BAND_LINES / side) as u16
    }
}

/// The segment APP0 of JFIF 1.01, with the resolution in dots per inch.
fn jfif(dpi: u16) -> [u8; 18] {
    let [high, low] = dpi.to_be_bytes();
    [0xFF, APP0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 1, high, low, high, low, 0, 0]
}

/// The segments of a JPEG image up to its scan, and the scan's data without the end of the image.
fn split(jpeg: &[u8]) -> Option<(Vec<&[u8]>, &[u8])> {
    let mut rest = jpeg.strip_prefix(&SOI)?;
    let mut segments = vec![];
    loop {
        let &[0xFF, marker, high, low, ..] = rest else { return None };
        let (segment, after) = rest.split_at_checked(2 + usize::from(u16::from_be_bytes([high, low])))?;
        segments.push(segment);
        rest = after;
        if marker == SOS {
            return Some((segments, rest.strip_suffix(&EOI)?));
        }
    }
}

fn refused(why: impl ToString) -> Refusal {
    Refusal::Image { what: why.to_string().chars().take(100).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with structure everywhere, so that a band out of place shows.
    fn page(width: usize, height: usize, color: bool) -> Vec<u8> {
        let channels = if color { 3 } else { 1 };
        (0..width * height * channels)
            .map(|i| {
                let (x, y) = (i / channels % width, i / channels / width);
                ((x * 3 + y * 7 + i % channels * 50) ^ (x * y / 11)) as u8
            })
            .collect()
    }

    fn joined(page: &[u8], width: usize, color: bool) -> Vec<u8> {
        let height = (page.len() / width / if color { 3 } else { 1 }) as u16;
        let mut bands = Bands::new(width, color, 300).unwrap();
        let mut stream = vec![];
        for band in page.chunks(BAND_LINES * width * if color { 3 } else { 1 }) {
            bands.add(band, &mut stream).unwrap();
        }
        bands.end(&mut stream);
        let at = bands.height_at() as usize;
        stream[at..at + 2].copy_from_slice(&height.to_be_bytes());
        stream
    }

    #[test]
    fn a_joined_page_shows_the_same_as_one_compressed_in_one_go() {
        for (width, height, color) in [
            (1, 1, false),
            (100, 64, true),
            (333, 65, true),
            (333, 64 * 11 + 17, true),
            (640, 1000, false),
            (17, 777, false),
            (20_000, 130, true),
        ] {
            let page = page(width, height, color);
            let format = if color { PixelFormat::RGB } else { PixelFormat::GRAY };
            let image = Image { pixels: page.as_slice(), width, pitch: page.len() / height, height, format };
            let subsamp = if color { Subsamp::Sub2x2 } else { Subsamp::Gray };
            let whole = turbojpeg::compress(image, QUALITY, subsamp).unwrap();
            let stream = joined(&page, width, color);
            let header = turbojpeg::read_header(&stream).unwrap();
            assert_eq!((header.width, header.height), (width, height));
            let shown = turbojpeg::decompress(&stream, format).unwrap();
            assert!(
                shown.pixels == turbojpeg::decompress(&whole, format).unwrap().pixels,
                "{width} × {height}"
            );
            assert_eq!(stream[..20], *b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\x01\x01\x2C\x01\x2C\0\0");
        }
    }

    #[test]
    fn only_whole_streams_are_split() {
        let whole = joined(&page(16, 16, false), 16, false);
        assert!(split(&whole).is_some());
        for cut in 0..whole.len() {
            assert!(split(&whole[..cut]).is_none(), "{cut}");
        }
    }
}
