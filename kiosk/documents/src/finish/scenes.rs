//! Scans whose truth is known: drawn from formulas, so that every edge is exact to a fraction of a pixel.

use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp};

/// A sheet on the glass, and how it is scanned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene {
    pub(crate) dpi: u32,
    /// The glass, in millimetres.
    pub(crate) glass: (f64, f64),
    /// The sheet, in millimetres, and the place of its middle.
    pub(crate) sheet: (f64, f64),
    pub(crate) middle: (f64, f64),
    pub(crate) degrees: f64,
    pub(crate) lid: u8,
    /// How much darker the lid is beside the sheet.
    pub(crate) shadow: f64,
    pub(crate) paper: [u8; 3],
    pub(crate) text: bool,
    pub(crate) seal: bool,
    pub(crate) coding: Coding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Colour(Subsamp),
    Progressive,
    Rgb,
    Grey,
}

impl Coding {
    /// Every way in which a scanner codes a page.
    pub(crate) const ALL: [Self; 9] = [
        Self::Colour(Subsamp::None),
        Self::Colour(Subsamp::Sub2x2),
        Self::Colour(Subsamp::Sub2x1),
        Self::Colour(Subsamp::Sub1x2),
        Self::Colour(Subsamp::Sub4x1),
        Self::Colour(Subsamp::Sub1x4),
        Self::Progressive,
        Self::Rgb,
        Self::Grey,
    ];
}

pub(crate) const DARK: u8 = 18;
pub(crate) const GREY: u8 = 104;
pub(crate) const WHITE: u8 = 250;

/// The seal's ring: middle, radius and thickness, in millimetres of the sheet.
pub(crate) const SEAL: ((f64, f64), f64, f64) = ((60.0, 60.0), 18.0, 2.4);

impl Scene {
    /// A sheet a little smaller than the glass of 105 × 148 mm, in its middle.
    pub(crate) fn new(degrees: f64, lid: u8) -> Self {
        Self {
            dpi: 300,
            glass: (105.0, 148.0),
            sheet: (90.0, 128.0),
            middle: (52.7, 74.4),
            degrees,
            lid,
            shadow: 0.0,
            paper: [246, 244, 239],
            text: true,
            seal: false,
            coding: Coding::Colour(Subsamp::Sub2x2),
        }
    }

    pub(crate) fn size(&self) -> (usize, usize) {
        let pixels = |mm: f64| (mm * self.scale()) as usize;
        (pixels(self.glass.0), pixels(self.glass.1))
    }

    /// Pixels in a millimetre.
    pub(crate) fn scale(&self) -> f64 {
        f64::from(self.dpi) / 25.4
    }

    /// Where the sheet's upper left corner lies in the scan, and the sheet's size, in pixels.
    pub(crate) fn truth(&self) -> ((f64, f64), (f64, f64)) {
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let (w, h) = (self.sheet.0 / 2.0, self.sheet.1 / 2.0);
        let corner = (self.middle.0 - w * cos + h * sin, self.middle.1 - w * sin - h * cos);
        let scale = self.scale();
        ((corner.0 * scale, corner.1 * scale), (self.sheet.0 * scale, self.sheet.1 * scale))
    }

    /// The colour of the sheet at a place in millimetres from its corner.
    pub(crate) fn on_sheet(&self, x: f64, y: f64) -> [f64; 3] {
        let mut colour = self.paper.map(f64::from);
        if self.text {
            mix(&mut colour, [28.0, 28.0, 32.0], self.ink(x, y));
        }
        if self.seal {
            let ((at_x, at_y), radius, thick) = SEAL;
            let from_ring = ((x - at_x).hypot(y - at_y) - radius).abs();
            mix(&mut colour, [200.0, 30.0, 36.0], 0.85 * self.cover(thick / 2.0 - from_ring));
        }
        colour
    }

    /// Lines of strokes, 6 mm apart, in words of different length.
    fn ink(&self, x: f64, y: f64) -> f64 {
        let (line, column) = ((y / 6.0).floor(), (x / 3.0).floor());
        let inside = x > 9.0 && x < self.sheet.0 - 9.0 && y > 12.0 && y < self.sheet.1 - 12.0;
        let word = hash(line as u32, column as u32);
        if !inside || word.is_multiple_of(5) {
            return 0.0;
        }
        let (x, y) = (x - column * 3.0, y - line * 6.0);
        let bar = |at: f64, from: f64, to: f64| self.cover((at - from).min(to - at));
        let upright = bar(x, 0.4, 0.8).max(bar(x, 1.9, 2.3)) * bar(y, 1.5, 4.2);
        let level = if word.is_multiple_of(2) { bar(y, 1.5, 1.9) } else { bar(y, 3.8, 4.2) };
        upright.max(level * bar(x, 0.4, 2.3))
    }

    /// How much of a pixel is covered whose middle lies so far inside, in millimetres.
    fn cover(&self, inside: f64) -> f64 {
        (inside * self.scale() + 0.5).clamp(0.0, 1.0)
    }

    fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let from_middle = (
            (x as f64 + 0.5) / self.scale() - self.middle.0,
            (y as f64 + 0.5) / self.scale() - self.middle.1,
        );
        let right = from_middle.0 * cos + from_middle.1 * sin + self.sheet.0 / 2.0;
        let down = from_middle.1 * cos - from_middle.0 * sin + self.sheet.1 / 2.0;
        let inside = right.min(self.sheet.0 - right).min(down).min(self.sheet.1 - down);
        let mut colour = [f64::from(self.lid) - self.shadow * (inside / 1.2).min(0.0).exp(); 3];
        let covered = self.cover(inside);
        if covered > 0.0 {
            mix(&mut colour, self.on_sheet(right, down), covered);
        }
        let grain = f64::from(hash(x as u32, y as u32) % 9) - 4.0;
        colour.map(|c| (c + grain).round().clamp(0.0, 255.0) as u8)
    }

    pub(crate) fn scan(&self) -> Vec<u8> {
        let (width, height) = self.size();
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                rgb.extend(self.pixel(x, y));
            }
        }
        encode(&rgb, width, height, self.coding, self.dpi)
    }
}

fn mix(colour: &mut [f64; 3], ink: [f64; 3], share: f64) {
    for (c, ink) in colour.iter_mut().zip(ink) {
        *c += (ink - *c) * share;
    }
}

pub(crate) fn hash(a: u32, b: u32) -> u32 {
    let mut h = a.wrapping_mul(0x9E37_79B1) ^ b.wrapping_mul(0x85EB_CA77);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h ^ (h >> 13)
}

/// A file with so much in it.
pub(crate) fn file(bytes: &[u8]) -> std::fs::File {
    use std::io::Write;
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// Encodes as a scanner does, and states the resolution.
pub(crate) fn encode(rgb: &[u8], width: usize, height: usize, coding: Coding, dpi: u32) -> Vec<u8> {
    let image = Image { pixels: rgb, width, pitch: width * 3, height, format: PixelFormat::RGB };
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(92).unwrap();
    compressor
        .set_subsamp(match coding {
            Coding::Colour(subsampling) => subsampling,
            Coding::Progressive => Subsamp::Sub2x2,
            Coding::Rgb => Subsamp::None,
            Coding::Grey => Subsamp::Gray,
        })
        .unwrap();
    match coding {
        Coding::Progressive => compressor.set_progressive(true).unwrap(),
        Coding::Rgb => compressor.set_colorspace(Colorspace::RGB).unwrap(),
        Coding::Colour(_) | Coding::Grey => {}
    }
    let mut jpeg = compressor.compress_to_vec(image).unwrap();
    // The JFIF segment comes first where there is one (RGB has none): units, then both densities.
    if jpeg.get(6..11) == Some(b"JFIF\0") {
        let dpi = (dpi as u16).to_be_bytes();
        jpeg[13..18].copy_from_slice(&[1, dpi[0], dpi[1], dpi[0], dpi[1]]);
    }
    jpeg
}
