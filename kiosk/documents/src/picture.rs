//! Pictures that a hall's office made, not a scanner: its logo, and what materials look like.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use crate::decode::Pixels;
use crate::error::PageError;
use crate::preview::{Preview, shrink, target};
use crate::quarter::Quarter;

/// A PNG file is at most this long, in bytes.
const MOST_BYTES: u64 = 4 << 20;
/// A PNG is at most this wide and high, in pixels, so that it takes some 30 MiB at most while it is read.
const LARGEST_PNG: u32 = 2048;

/// Why a picture is not shown.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It is no PNG, and as a JPEG it cannot be read.
    #[error(transparent)]
    Jpeg(#[from] PageError),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is no PNG that can be read.
    #[error("the PNG cannot be read: {0}")]
    Png(#[from] png::DecodingError),
    /// It is too large.
    #[error(
        "the PNG has more than {MOST_BYTES} bytes, or more than {LARGEST_PNG} pixels a side; make it smaller"
    )]
    TooLarge,
}

/// Reads a PNG, or a JPEG, and makes it as small as fits into `room` (width and height in pixels), in its own
/// proportions; one that is smaller is returned in its own size. What is transparent in it becomes white.
///
/// # Errors
/// [`PictureError`]: the hall's office has to make another file.
pub fn picture(path: &Path, room: (u32, u32)) -> Result<Preview, PictureError> {
    let mut start = Vec::with_capacity(8);
    File::open(path)?.take(8).read_to_end(&mut start)?;
    if start != b"\x89PNG\r\n\x1a\n" {
        return Ok(crate::preview::fitting(path, room, Quarter::None)?);
    }
    let mut file = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut file)?;
    if file.len() as u64 > MOST_BYTES {
        return Err(PictureError::TooLarge);
    }
    let pixels = on_white(&file)?;
    let (width, height) = target(pixels.width as u32, pixels.height as u32, room);
    let rgb = shrink(pixels, width as usize, height as usize);
    Ok(Preview { width, height, rgb })
}

/// Decodes a PNG of any kind; what shines through it is white.
fn on_white(file: &[u8]) -> Result<Pixels, PictureError> {
    let limits = png::Limits { bytes: 16 << 20 };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(file), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info()?;
    let (width, height) = reader.info().size();
    if width > LARGEST_PNG || height > LARGEST_PNG {
        return Err(PictureError::TooLarge);
    }
    let mut samples = vec![0; reader.output_buffer_size().ok_or(PictureError::TooLarge)?];
    let info = reader.next_frame(&mut samples)?;
    let mut bytes = Vec::with_capacity(width as usize * height as usize * 3);
    for pixel in samples.chunks_exact(info.color_type.samples()) {
        let (colours, alpha) = match *pixel {
            [grey, alpha] => ([grey; 3], alpha),
            [r, g, b, alpha] => ([r, g, b], alpha),
            // Not after the transformation, which gives each pixel its alpha.
            _ => ([255; 3], 255),
        };
        bytes.extend(colours.map(|colour| over_white(colour, alpha)));
    }
    Ok(Pixels { width: width as usize, height: height as usize, bytes })
}

fn over_white(colour: u8, alpha: u8) -> u8 {
    let (colour, alpha) = (u32::from(colour), u32::from(alpha));
    ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample_images::{Kind, Picture, encode};

    fn png(width: u32, height: u32, colour: png::ColorType, depth: png::BitDepth, samples: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        if colour == png::ColorType::Indexed {
            encoder.set_palette(vec![0, 0, 0, 200, 30, 40]);
            encoder.set_trns(vec![255, 128]);
        }
        encoder.write_header().unwrap().write_image_data(samples).unwrap();
        file
    }

    fn read(file: &[u8], room: (u32, u32)) -> Result<Preview, PictureError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture");
        std::fs::write(&path, file).unwrap();
        picture(&path, room)
    }

    #[test]
    fn every_kind_of_png_is_read_and_lies_on_white() {
        use png::BitDepth::{Eight, One, Sixteen};
        use png::ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};
        for (colour, depth, samples, want) in [
            (Grayscale, One, &[0b1000_0000][..], [[255; 3], [0; 3]]),
            (Grayscale, Eight, &[7, 9], [[7; 3], [9; 3]]),
            (Grayscale, Sixteen, &[7, 0, 9, 255], [[7; 3], [9; 3]]),
            (GrayscaleAlpha, Eight, &[7, 255, 7, 0], [[7; 3], [255; 3]]),
            (Rgb, Eight, &[1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]]),
            (Rgba, Eight, &[1, 2, 3, 255, 0, 0, 0, 51], [[1, 2, 3], [204; 3]]),
            (Indexed, One, &[0b0100_0000], [[0; 3], [227, 142, 147]]),
        ] {
            let read = read(&png(2, 1, colour, depth, samples), (100, 100)).unwrap();
            assert_eq!((read.width, read.height, read.rgb), (2, 1, want.concat()), "{colour:?} {depth:?}");
        }
    }

    #[test]
    fn it_fits_into_the_room() {
        for (size, room, want) in [
            ((200, 100), (128, 92), (128, 64)),
            ((100, 200), (128, 92), (46, 92)),
            ((30, 20), (128, 92), (30, 20)),
        ] {
            let samples = vec![255; size.0 as usize * size.1 as usize];
            let file = png(size.0, size.1, png::ColorType::Grayscale, png::BitDepth::Eight, &samples);
            let read = read(&file, room).unwrap();
            assert_eq!((read.width, read.height), want);
            assert!(read.rgb.len() == (want.0 * want.1 * 3) as usize && read.rgb.iter().all(|&b| b == 255));
        }
        let jpeg = read(&encode(Picture::EdgeShadow, 1000, 500, Kind::Color), (128, 92)).unwrap();
        assert_eq!((jpeg.width, jpeg.height), (128, 64));
    }

    #[test]
    fn what_cannot_be_shown_is_said() {
        let fine = png(2, 1, png::ColorType::Grayscale, png::BitDepth::Eight, &[7, 9]);
        let wide = LARGEST_PNG + 1;
        let long = vec![0; wide as usize];
        for (file, want) in [
            (&fine[..fine.len() / 2], "the PNG cannot be read"),
            (&b"GIF89a"[..], "it is no JPEG image"),
            (&b""[..], "the file is empty"),
            (&png(wide, 1, png::ColorType::Grayscale, png::BitDepth::Eight, &long), "make it smaller"),
            (&[&fine[..], &vec![0; MOST_BYTES as usize]].concat(), "make it smaller"),
        ] {
            let error = read(file, (9, 9)).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
    }
}
