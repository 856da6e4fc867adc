//! Small JPEG images for tests, made by the same library that reads them.

use crate::exif;
use crate::quarter::Quarter;
use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp};

/// What is to be seen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Picture {
    /// Dark lines on light paper, a shade of colour, all over the page.
    Text,
    /// A single line of print.
    OneLine,
    /// Paper with a little grain.
    White,
    /// Nearly black.
    Black,
    /// Paper with a dark left edge.
    EdgeShadow,
}

/// How it is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Color,
    Grey,
    Progressive,
    PlainRgb,
    Cmyk,
    Ycck,
}

pub(crate) fn encode(picture: Picture, width: usize, height: usize, kind: Kind) -> Vec<u8> {
    let format = match kind {
        Kind::Cmyk | Kind::Ycck => PixelFormat::CMYK,
        _ => PixelFormat::RGB,
    };
    let mut pixels = Vec::with_capacity(width * height * format.size());
    for y in 0..height {
        for x in 0..width {
            let level = level(picture, x, y, width, height);
            let rgb = [level, level.saturating_sub((x % 16) as u8), level.saturating_sub((y % 16) as u8)];
            pixels.extend_from_slice(&rgb);
            if format.size() == 4 {
                pixels.push(255);
            }
        }
    }
    let image = Image { pixels: &pixels[..], width, pitch: width * format.size(), height, format };
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(85).unwrap();
    let subsampling = match kind {
        Kind::Grey => Subsamp::Gray,
        Kind::Color | Kind::Progressive => Subsamp::Sub2x2,
        Kind::PlainRgb | Kind::Cmyk | Kind::Ycck => Subsamp::None,
    };
    compressor.set_subsamp(subsampling).unwrap();
    match kind {
        Kind::Progressive => compressor.set_progressive(true).unwrap(),
        Kind::PlainRgb => compressor.set_colorspace(Colorspace::RGB).unwrap(),
        Kind::Cmyk => compressor.set_colorspace(Colorspace::CMYK).unwrap(),
        Kind::Ycck => compressor.set_colorspace(Colorspace::YCCK).unwrap(),
        Kind::Color | Kind::Grey => {}
    }
    compressor.compress_to_vec(image).unwrap()
}

/// The same image, which tells its orientation (Exif).
pub(crate) fn told(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut rest = jpeg;
    let mut all = exif::told(&mut rest, Quarter::Right).unwrap();
    // The value stands before its padding and the offset of no further directory.
    let at = all.windows(4).position(|entry| entry == [0, 6, 0, 0]).unwrap() + 1;
    all[at] = orientation;
    all.extend_from_slice(rest);
    all
}

fn level(picture: Picture, x: usize, y: usize, width: usize, height: usize) -> u8 {
    let paper = 236 + ((x * 7 + y * 13) % 9) as u8;
    let ink = match picture {
        Picture::Text => y % 24 < 10 && x % 12 < 7,
        Picture::OneLine => {
            (height / 2..height / 2 + 14).contains(&y) && x > width / 3 && x % 12 < 7 && x < width / 2
        }
        Picture::White => false,
        Picture::Black => true,
        Picture::EdgeShadow => x < width / 50,
    };
    if ink { 20 } else { paper }
}
