//! From a paper file to the JPEG a scanner would send of it.

use super::machine::ImageInfo;
use super::settings::{A4, Colour, Look};
use crate::files;
use bytes::Bytes;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use thiserror::Error;
use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, Subsamp};

/// A paper file of more bytes than this is not a page.
const MOST_FILE: u64 = 64 * 1024 * 1024;
/// Nor is an image of more pixels: A4 at 600 dpi has 35 million.
const MOST_PIXELS: u64 = 80_000_000;
/// What the PNG decoder may use, bytes: four for each pixel, and some room.
const MOST_DECODED: usize = 400_000_000;
const QUALITY: i32 = 88;

/// Why no image comes from a paper file.
#[derive(Debug, Error)]
pub enum PaperError {
    /// The file could not be read.
    #[error("paper {path}: cannot be read: {source}; load a readable JPEG or PNG file")]
    File {
        /// The paper.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is neither JPEG nor PNG, or is spoilt or too large.
    #[error("paper {path}: {reason}; load a JPEG or PNG file of at most 80 million pixels")]
    Unusable {
        /// The paper.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

fn unusable(path: &Path, reason: impl ToString) -> PaperError {
    PaperError::Unusable { path: path.to_path_buf(), reason: reason.to_string() }
}

/// A finished page image.
#[derive(Debug, Clone)]
pub(super) struct PageImage {
    pub(super) jpeg: Bytes,
    pub(super) info: ImageInfo,
}

enum Kind {
    Jpeg,
    Png,
}

fn kind(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        Some(Kind::Jpeg)
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(Kind::Png)
    } else {
        None
    }
}

fn read(path: &Path) -> Result<Vec<u8>, PaperError> {
    files::read_bounded(path, MOST_FILE)
        .map_err(|source| PaperError::File { path: path.to_path_buf(), source })
}

/// Looks whether a file can be laid on the glass or into the feeder: its kind and its dimensions.
pub(super) fn check(path: &Path) -> Result<(), PaperError> {
    let bytes = read(path)?;
    match kind(&bytes) {
        Some(Kind::Jpeg) => jpeg_header(path, &bytes).map(|_| ()),
        Some(Kind::Png) => png::Decoder::new(Cursor::new(&bytes))
            .read_info()
            .map_err(|error| unusable(path, error))
            .and_then(|reader| bounded(path, reader.info().width, reader.info().height)),
        None => Err(unusable(path, "neither JPEG nor PNG")),
    }
}

fn bounded(path: &Path, width: u32, height: u32) -> Result<(), PaperError> {
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(unusable(path, format!("{width} x {height} pixels")));
    }
    Ok(())
}

fn jpeg_header(path: &Path, bytes: &[u8]) -> Result<turbojpeg::DecompressHeader, PaperError> {
    let header = Decompressor::new()
        .and_then(|mut decompressor| decompressor.read_header(bytes))
        .map_err(|error| unusable(path, error))?;
    let size = |value| u32::try_from(value).unwrap_or(u32::MAX);
    bounded(path, size(header.width), size(header.height))?;
    Ok(header)
}

/// Pixels, one or three bytes each, rows without gaps.
struct Pixels {
    width: usize,
    height: usize,
    channels: usize,
    bytes: Vec<u8>,
}

/// Scans one side of a paper; `None` is white paper.
pub(super) fn scan(paper: Option<&Path>, look: Look) -> Result<PageImage, PaperError> {
    let Some(path) = paper else {
        let mut page = compress(Path::new("white paper"), white(look), Some(look.dpi))?;
        page.info.blank = true;
        return Ok(page);
    };
    let bytes = read(path)?;
    match kind(&bytes) {
        None => Err(unusable(path, "neither JPEG nor PNG")),
        Some(Kind::Png) => compress(path, lay_out(&decode_png(path, &bytes)?, look), Some(look.dpi)),
        Some(Kind::Jpeg) => {
            let header = jpeg_header(path, &bytes)?;
            let grey = header.colorspace == turbojpeg::Colorspace::Gray;
            if look.colour == Colour::Rgb || grey {
                let channels = if grey { 1 } else { 3 };
                return Ok(PageImage {
                    info: info(header.width, header.height, channels),
                    jpeg: bytes.into(),
                });
            }
            compress(path, decode_grey(path, &bytes, &header)?, None)
        }
    }
}

fn info(width: usize, height: usize, channels: usize) -> ImageInfo {
    let bounded = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    ImageInfo {
        width: bounded(width),
        height: bounded(height),
        bytes_per_line: bounded(width.saturating_mul(channels)),
        blank: false,
    }
}

fn decode_grey(
    path: &Path,
    bytes: &[u8],
    header: &turbojpeg::DecompressHeader,
) -> Result<Pixels, PaperError> {
    let mut pixels = vec![0; header.width * header.height];
    Decompressor::new()
        .and_then(|mut decompressor| {
            decompressor.decompress(
                bytes,
                Image {
                    pixels: pixels.as_mut_slice(),
                    width: header.width,
                    pitch: header.width,
                    height: header.height,
                    format: PixelFormat::GRAY,
                },
            )
        })
        .map_err(|error| unusable(path, error))?;
    Ok(Pixels { width: header.width, height: header.height, channels: 1, bytes: pixels })
}

/// Decodes any PNG to grey or RGB; what is transparent shows the white paper.
fn decode_png(path: &Path, bytes: &[u8]) -> Result<Pixels, PaperError> {
    let limits = png::Limits { bytes: MOST_DECODED };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|error| unusable(path, error))?;
    bounded(path, reader.info().width, reader.info().height)?;
    let size = reader.output_buffer_size().ok_or_else(|| unusable(path, "too large"))?;
    let mut raw = vec![0; size];
    let frame = reader.next_frame(&mut raw).map_err(|error| unusable(path, error))?;
    raw.truncate(frame.buffer_size());
    let over_white = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        u8::try_from((value * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255)
    };
    let (channels, bytes) = match frame.color_type {
        png::ColorType::Grayscale => (1, raw),
        png::ColorType::Rgb => (3, raw),
        png::ColorType::GrayscaleAlpha => {
            (1, raw.as_chunks::<2>().0.iter().map(|[grey, alpha]| over_white(*grey, *alpha)).collect())
        }
        png::ColorType::Rgba => (
            3,
            raw.as_chunks::<4>()
                .0
                .iter()
                .flat_map(|[red, green, blue, alpha]| {
                    [red, green, blue].map(|value| over_white(*value, *alpha))
                })
                .collect(),
        ),
        png::ColorType::Indexed => return Err(unusable(path, "an unexpanded palette")),
    };
    Ok(Pixels { width: frame.width as usize, height: frame.height as usize, channels, bytes })
}

/// Size in pixels of the region that was asked for.
pub(super) fn size(look: Look) -> (usize, usize) {
    let pixels = |length: u32| (u64::from(length) * u64::from(look.dpi) / 300).max(1) as usize;
    (pixels(look.region.width), pixels(look.region.height))
}

/// Lays the picture on A4 glass, as large as fits and at the top left, and cuts the region out of it.
///
/// Each output pixel is the mean of the source pixels it covers, or the nearest one when enlarging.
fn lay_out(source: &Pixels, look: Look) -> Pixels {
    let (width, height) = size(look);
    let channels = match look.colour {
        Colour::Grey => 1,
        Colour::Rgb => 3,
    };
    let mut bytes = vec![255_u8; width * height * channels];
    // Source pixels to one output pixel, the same in both directions so that nothing is distorted.
    let per_unit = (source.width as f64 / f64::from(A4.0)).max(source.height as f64 / f64::from(A4.1));
    let step = per_unit * 300.0 / f64::from(look.dpi);
    let span = |index: usize, offset: u32, most: usize| {
        let begin = f64::from(offset) * per_unit + index as f64 * step;
        // The tiny push keeps a 1:1 picture 1:1 in the face of rounding.
        let from = (begin + 1e-6) as usize;
        let to = ((begin + step + 1e-6) as usize).max(from + 1).min(most);
        from..to
    };
    let columns: Vec<_> = (0..width).map(|x| span(x, look.region.x, source.width)).collect();
    for (y, line) in bytes.chunks_exact_mut(width * channels).enumerate() {
        let rows = span(y, look.region.y, source.height);
        if rows.is_empty() {
            continue;
        }
        for (pixel, columns) in line.chunks_exact_mut(channels).zip(&columns) {
            if !columns.is_empty() {
                mean(source, rows.clone(), columns.clone(), pixel);
            }
        }
    }
    Pixels { width, height, channels, bytes }
}

fn mean(source: &Pixels, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>, pixel: &mut [u8]) {
    let mut sums = [0_u32; 3];
    let mut count = 0_u32;
    for row in rows {
        let begin = (row * source.width + columns.start) * source.channels;
        let end = (row * source.width + columns.end) * source.channels;
        for colour in source.bytes.get(begin..end).unwrap_or_default().chunks_exact(source.channels) {
            let (red, green, blue) = match *colour {
                [grey] => (grey, grey, grey),
                [red, green, blue] => (red, green, blue),
                _ => continue,
            };
            for (sum, value) in sums.iter_mut().zip([red, green, blue]) {
                *sum = sum.saturating_add(u32::from(value));
            }
            count += 1;
        }
    }
    let count = count.max(1);
    let colour = sums.map(|sum| u8::try_from(sum / count).unwrap_or(255));
    match (pixel, colour) {
        ([grey], [red, green, blue]) => {
            // Luma as JPEG has it (ITU-T T.871, section 7).
            let luma = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
            *grey = u8::try_from(luma / 1000).unwrap_or(255);
        }
        (pixel, colour) => pixel.copy_from_slice(colour.get(..pixel.len()).unwrap_or_default()),
    }
}

/// White paper as a sensor sees it: almost white, with a little noise, the same every time.
fn white(look: Look) -> Pixels {
    let (width, height) = size(look);
    let channels = match look.colour {
        Colour::Grey => 1,
        Colour::Rgb => 3,
    };
    let mut seed = 0x9E37_79B9_u32;
    let bytes = (0..width * height * channels)
        .map(|_| {
            // xorshift32 (Marsaglia 2003)
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            248 + (seed >> 30) as u8
        })
        .collect();
    Pixels { width, height, channels, bytes }
}

fn compress(path: &Path, pixels: Pixels, dpi: Option<u32>) -> Result<PageImage, PaperError> {
    let (format, subsampling) = match pixels.channels {
        1 => (PixelFormat::GRAY, Subsamp::Gray),
        _ => (PixelFormat::RGB, Subsamp::Sub2x2),
    };
    let mut jpeg = Compressor::new()
        .and_then(|mut compressor| {
            compressor.set_quality(QUALITY)?;
            compressor.set_subsamp(subsampling)?;
            compressor.compress_to_vec(Image {
                pixels: pixels.bytes.as_slice(),
                width: pixels.width,
                pitch: pixels.width * pixels.channels,
                height: pixels.height,
                format,
            })
        })
        .map_err(|error| unusable(path, error))?;
    if let Some(dpi) = dpi {
        state_density(&mut jpeg, dpi);
    }
    Ok(PageImage { info: info(pixels.width, pixels.height, pixels.channels), jpeg: jpeg.into() })
}

/// Writes the resolution into the JFIF header that the compressor began the file with (ITU-T T.871,
/// section 10.1: units at offset 13, then horizontal and vertical density).
pub(crate) fn state_density(jpeg: &mut [u8], dpi: u32) {
    let [high, low] = u16::try_from(dpi).unwrap_or(300).to_be_bytes();
    if jpeg.get(2..4) == Some(&[0xFF, 0xE0])
        && jpeg.get(6..11) == Some(b"JFIF\0")
        && let Some(density) = jpeg.get_mut(13..18)
    {
        density.copy_from_slice(&[1, high, low, high, low]);
    }
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
