//! A sheet as a scanner sees it: turned, on a lid, with shadow, uneven light and noise; as its JPEG.

use super::sheet::{Sheet, hash, share};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// The scanner's glass, in millimetres: A4.
const GLASS: (f64, f64) = (210.0, 297.0);
/// As scanners encode.
const QUALITY: i32 = 92;

/// How a sheet lies.
#[derive(Debug, Clone, Copy)]
pub struct Lie {
    /// dots per inch
    pub dpi: u32,
    /// clockwise
    pub degrees: f64,
    /// grey of the lid, 0 to 255
    pub lid: u8,
}

/// Where a sheet lies in the scan, as `kiosk page --json` tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truth {
    /// clockwise
    pub degrees: f64,
    /// left, top, width and height in pixels: the sheet's upper left corner, and its sides
    pub paper: [f64; 4],
}

impl Lie {
    /// The sheet in the middle of the glass: its scan, and where it lies in it.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn scan(&self, sheet: &Sheet) -> Result<(Vec<u8>, Truth), Fatal> {
        let scale = f64::from(self.dpi) / 25.4;
        let (width, height) = ((GLASS.0 * scale).round() as usize, (GLASS.1 * scale).round() as usize);
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let (wide, high) = (sheet.width as f64, sheet.height as f64);
        // A little off the middle, as a hand would lay it.
        let (middle_x, middle_y) = (width as f64 / 2.0 + 3.3, height as f64 / 2.0 - 2.7);
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                let (dx, dy) = (x as f64 + 0.5 - middle_x, y as f64 + 0.5 - middle_y);
                let (right, down) = (dx * cos + dy * sin + wide / 2.0, dy * cos - dx * sin + high / 2.0);
                let inside = right.min(wide - right).min(down).min(high - down);
                let colour = self.seen(sheet, (right, down), inside, scale);
                rgb.extend(lit(colour, (x, y), (width, height)));
            }
        }
        let corner =
            (middle_x - wide / 2.0 * cos + high / 2.0 * sin, middle_y - wide / 2.0 * sin - high / 2.0 * cos);
        let truth = Truth { degrees: self.degrees, paper: [corner.0, corner.1, wide, high] };
        Ok((encode(&rgb, width, height, self.dpi)?, truth))
    }

    /// The colour of paper, lid or both.
    fn seen(&self, sheet: &Sheet, (right, down): (f64, f64), inside: f64, scale: f64) -> [f64; 3] {
        /// The shadow beside a sheet: how dark of the lid, and how wide in millimetres.
        const SHADOW: f64 = 0.33;
        const REACH: f64 = 1.2;
        let lid = f64::from(self.lid) * (1.0 - SHADOW * (inside / scale / REACH).min(0.0).exp());
        let cover = (inside + 0.5).clamp(0.0, 1.0);
        if cover == 0.0 {
            return [lid; 3];
        }
        // Between the middles of the four pixels around.
        let (column, row) = ((right - 0.5).floor(), (down - 0.5).floor());
        let (across, along) = (right - 0.5 - column, down - 0.5 - row);
        let (x, y) = (column as isize, row as isize);
        let corners = [sheet.at(x, y), sheet.at(x + 1, y), sheet.at(x, y + 1), sheet.at(x + 1, y + 1)];
        [0, 1, 2].map(|channel| {
            let [a, b, c, d] = corners.map(|ink| f64::from(ink[channel]));
            let (upper, lower) = (a + (b - a) * across, c + (d - c) * across);
            lid + (upper + (lower - upper) * along - lid) * cover
        })
    }
}

/// With the lamp's unevenness, and the sensor's noise.
fn lit(colour: [f64; 3], (x, y): (usize, usize), (width, height): (usize, usize)) -> [u8; 3] {
    const GREY_NOISE: f64 = 5.0;
    const COLOUR_NOISE: f64 = 2.5;
    let across = (std::f64::consts::PI * x as f64 / width as f64).sin();
    let light = 1.0 - 0.03 * across * (0.4 + 0.6 * y as f64 / height as f64);
    let noise = |seed: u32| {
        let one = hash(hash(x as u32, y as u32), seed);
        // Two halves together: rather near the middle, as noise is.
        share(one) + share(hash(one, seed)) - 1.0
    };
    let grey = GREY_NOISE * noise(7);
    let mut channel = 0;
    colour.map(|c| {
        channel += 1;
        (c * light + grey + COLOUR_NOISE * noise(channel)).round().clamp(0.0, 255.0) as u8
    })
}

/// As scanners do: 4:2:0, with the resolution stated.
fn encode(rgb: &[u8], width: usize, height: usize, dpi: u32) -> Result<Vec<u8>, Fatal> {
    let mut compressor = Compressor::new()?;
    compressor.set_quality(QUALITY)?;
    compressor.set_subsamp(Subsamp::Sub2x2)?;
    let image = Image { pixels: rgb, width, pitch: width * 3, height, format: PixelFormat::RGB };
    let mut jpeg = compressor.compress_to_vec(image)?;
    // The JFIF segment (ITU-T T.871, 10.1) stands first: the unit, 1 for dots per inch, and both densities.
    let [high, low] = u16::try_from(dpi)?.to_be_bytes();
    let density = jpeg.get_mut(13..18).ok_or("a JPEG without a head")?;
    density.copy_from_slice(&[1, high, low, high, low]);
    Ok(jpeg)
}
