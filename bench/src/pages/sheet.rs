//! A sheet of paper, printed, sealed and written on: drawn in millimetres, kept in pixels.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use std::f64::consts::TAU;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// A colour, red first.
pub type Ink = [u8; 3];

/// Print.
pub const BLACK: Ink = [28, 28, 32];
/// A ballpoint pen.
pub const BLUE: Ink = [30, 48, 150];
/// A seal.
pub const RED: Ink = [200, 30, 36];
const PAPER: Ink = [246, 244, 239];

const FONT: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";
/// Of simplified Chinese, in that collection.
const FACE: u32 = 2;

/// The font's file.
pub struct FontData(Vec<u8>);

impl FontData {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is not there.
    pub fn open() -> Result<Self, Fatal> {
        let bytes =
            std::fs::read(FONT).map_err(|error| format!("{FONT}: {error}; run `tools/setup bench`"))?;
        Ok(Self(bytes))
    }
}

/// The sheet.
pub struct Sheet {
    /// Millimetres.
    pub size: (f64, f64),
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    scale: f64,
    rgb: Vec<Ink>,
    /// What is printed on it, in the order of printing.
    pub text: String,
}

impl Sheet {
    /// Blank paper of so many millimetres.
    pub fn new(size: (f64, f64), dpi: u32) -> Self {
        let scale = f64::from(dpi) / 25.4;
        let (width, height) = ((size.0 * scale).round() as usize, (size.1 * scale).round() as usize);
        Self { size, width, height, scale, rgb: vec![PAPER; width * height], text: String::new() }
    }

    /// The colour at a pixel; beyond the border that of the border.
    pub fn at(&self, x: isize, y: isize) -> Ink {
        let near = |at: isize, most: usize| at.clamp(0, most as isize - 1) as usize;
        self.rgb[near(y, self.height) * self.width + near(x, self.width)]
    }

    /// A line of text whose characters are `size` millimetres high, from its upper left corner.
    pub fn line(&mut self, font: &FontData, at: (f64, f64), size: f64, text: &str) -> Result<(), Fatal> {
        self.text.push_str(text);
        self.text.push('\n');
        self.write(font, at, size, BLACK, text)
    }

    fn write(
        &mut self,
        font: &FontData,
        at: (f64, f64),
        size: f64,
        ink: Ink,
        text: &str,
    ) -> Result<(), Fatal> {
        let font = FontRef::try_from_slice_and_index(&font.0, FACE)?;
        let em = font.units_per_em().ok_or("a font without a size")?;
        let scale = PxScale::from((size * self.scale) as f32 * font.height_unscaled() / em);
        let scaled = font.as_scaled(scale);
        let mut x = (at.0 * self.scale) as f32;
        let baseline = (at.1 * self.scale) as f32 + scaled.ascent();
        for character in text.chars() {
            let glyph = font.glyph_id(character).with_scale_and_position(scale, point(x, baseline));
            x += scaled.h_advance(glyph.id);
            if let Some(outline) = font.outline_glyph(glyph) {
                let (left, top) = (outline.px_bounds().min.x as usize, outline.px_bounds().min.y as usize);
                outline.draw(|x, y, cover| self.mix(left + x as usize, top + y as usize, ink, cover.into()));
            }
        }
        Ok(())
    }

    /// A table: rules of a third of a millimetre around cells of these widths and this height, with text
    /// in them.
    pub fn table(
        &mut self,
        font: &FontData,
        at: (f64, f64),
        widths: &[f64],
        height: f64,
        rows: &[&[&str]],
    ) -> Result<(), Fatal> {
        const RULE: f64 = 0.3;
        let across: f64 = widths.iter().sum();
        for (n, row) in rows.iter().enumerate() {
            let y = at.1 + n as f64 * height;
            self.area(at.0, y, across, RULE, |_, _| (BLACK, 1.0));
            let mut x = at.0;
            for (cell, width) in row.iter().zip(widths) {
                self.area(x, y, RULE, height, |_, _| (BLACK, 1.0));
                self.write(font, (x + 1.4, y + 0.8), 3.6, BLACK, cell)?;
                x += width;
            }
            self.area(x, y, RULE, height + RULE, |_, _| (BLACK, 1.0));
            self.text.push_str(&row.join(" "));
            self.text.push('\n');
        }
        let end = at.1 + rows.len() as f64 * height;
        self.area(at.0, end, across, RULE, |_, _| (BLACK, 1.0));
        Ok(())
    }

    /// A round seal of 42 mm with a star in it, in ink that lets print shine through.
    pub fn seal(&mut self, font: &FontData, middle: (f64, f64)) -> Result<(), Fatal> {
        const RADIUS: f64 = 21.0;
        const RING: f64 = 1.3;
        const STAR: f64 = 7.5;
        const COVER: f64 = 0.8;
        let soft = self.scale;
        let (left, top) = (middle.0 - RADIUS - 1.0, middle.1 - RADIUS - 1.0);
        self.area(left, top, 2.0 * RADIUS + 2.0, 2.0 * RADIUS + 2.0, |x, y| {
            let (x, y) = (x - middle.0, y - middle.1 + 2.0);
            let ring = RING / 2.0 - (x.hypot(y - 2.0) - RADIUS + RING / 2.0).abs();
            let inside = ring.max(within_star(x, y, STAR));
            (RED, COVER * (inside * soft + 0.5).clamp(0.0, 1.0))
        });
        self.write(font, (middle.0 - 12.5, middle.1 + 8.0), 5.0, RED, "受理专用章")
    }

    /// A photograph: clouds of colour of all sizes, and a disc with a sharp edge.
    pub fn photo(&mut self, at: (f64, f64), size: (f64, f64), seed: u32) {
        self.area(at.0, at.1, size.0, size.1, |x, y| {
            let (across, down) = ((x - at.0) / size.1, (y - at.1) / size.1);
            let mut colour = [0, 1, 2].map(|channel| clouds(across, down, seed + channel) * 330.0 - 35.0);
            if (across - 0.6).hypot(down - 0.45) < 0.28 {
                let skin = [210.0, 170.0, 140.0];
                for (c, skin) in colour.iter_mut().zip(skin) {
                    *c = (*c + skin) / 2.0;
                }
            }
            (colour.map(|c| c.clamp(0.0, 255.0) as u8), 1.0)
        });
    }

    /// A stroke of a pen through these points.
    pub fn stroke(&mut self, points: &[(f64, f64)], pen: f64, ink: Ink) {
        let soft = self.scale;
        for pair in points.windows(2) {
            let &[(ax, ay), (bx, by)] = pair else { continue };
            let (left, top) = (ax.min(bx) - pen, ay.min(by) - pen);
            self.area(left, top, (ax - bx).abs() + 2.0 * pen, (ay - by).abs() + 2.0 * pen, |x, y| {
                let (dx, dy) = (bx - ax, by - ay);
                let along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy).max(1e-9);
                let along = along.clamp(0.0, 1.0);
                let away = (x - ax - along * dx).hypot(y - ay - along * dy);
                (ink, ((pen / 2.0 - away) * soft + 0.5).clamp(0.0, 1.0))
            });
        }
    }

    /// A line of writing by hand, of so many made-up characters of 7 mm.
    pub fn handwriting(&mut self, at: (f64, f64), characters: u32, seed: u32) {
        for n in 0..characters {
            let middle = (at.0 + f64::from(n) * 7.6 + 3.5, at.1 + 3.5);
            for stroke in 0..3 + hash(seed, n) % 4 {
                let random = |k: u32| share(hash(hash(seed, n), stroke * 8 + k));
                let (x, y) = (middle.0 + 5.0 * random(0) - 2.5, middle.1 + 5.0 * random(1) - 2.5);
                let (turn, length) = (TAU * random(2), 1.5 + 3.5 * random(3));
                let bend = 1.2 * (random(4) - 0.5);
                let points: Vec<_> = (0..=8)
                    .map(|step| {
                        let along = f64::from(step) / 8.0 - 0.5;
                        let aside = bend * (1.0 - 4.0 * along * along);
                        let (sin, cos) = turn.sin_cos();
                        (x + length * along * cos - aside * sin, y + length * along * sin + aside * cos)
                    })
                    .collect();
                self.stroke(&points, 0.5, BLUE);
            }
        }
    }

    /// Mixes ink into every pixel of an area in millimetres: which, and how much of it.
    fn area(&mut self, left: f64, top: f64, width: f64, height: f64, ink: impl Fn(f64, f64) -> (Ink, f64)) {
        let scale = self.scale;
        let pixel = |mm: f64| (mm * scale).round().max(0.0) as usize;
        let millimetres = |pixel: usize| (pixel as f64 + 0.5) / scale;
        let (right, bottom) = (pixel(left + width).min(self.width), pixel(top + height).min(self.height));
        for y in pixel(top)..bottom {
            for x in pixel(left)..right {
                let (ink, cover) = ink(millimetres(x), millimetres(y));
                self.mix(x, y, ink, cover);
            }
        }
    }

    fn mix(&mut self, x: usize, y: usize, ink: Ink, cover: f64) {
        if x < self.width && y < self.height {
            let pixel = &mut self.rgb[y * self.width + x];
            for (c, ink) in pixel.iter_mut().zip(ink) {
                *c = (f64::from(*c) + (f64::from(ink) - f64::from(*c)) * cover).round() as u8;
            }
        }
    }
}

/// How far a place lies within a star of five points around 0, one of them upwards; negative outside.
fn within_star(x: f64, y: f64, radius: f64) -> f64 {
    // Within the star lies what is inside of at least four of the five lines between its points.
    let inner = radius * (TAU / 5.0).cos();
    let mut sides: Vec<f64> = (0..5)
        .map(|n| {
            let (sin, cos) = (TAU * (0.25 + f64::from(n) / 5.0)).sin_cos();
            inner - (x * cos + y * sin)
        })
        .collect();
    sides.sort_by(f64::total_cmp);
    sides[1]
}

/// Smooth noise of many sizes, about 0 to 1.
fn clouds(x: f64, y: f64, seed: u32) -> f64 {
    let (mut sum, mut most) = (0.0, 0.0);
    for octave in 1..9 {
        let (cells, weight) = (f64::from(1 << octave), 0.62_f64.powi(octave));
        sum += weight * smooth(x * cells, y * cells, seed.wrapping_mul(31).wrapping_add(octave as u32));
        most += weight;
    }
    sum / most
}

fn smooth(x: f64, y: f64, seed: u32) -> f64 {
    let ease = |t: f64| t * t * (3.0 - 2.0 * t);
    let (column, row) = (x.floor(), y.floor());
    let (across, down) = (ease(x - column), ease(y - row));
    let corner = |dx: f64, dy: f64| share(hash(hash((column + dx) as u32, (row + dy) as u32), seed));
    let between = |a: f64, b: f64, at: f64| a + (b - a) * at;
    between(
        between(corner(0.0, 0.0), corner(1.0, 0.0), across),
        between(corner(0.0, 1.0), corner(1.0, 1.0), across),
        down,
    )
}

/// A number from 0 to 1 of a hash.
pub fn share(hash: u32) -> f64 {
    f64::from(hash) / f64::from(u32::MAX)
}

/// Numbers that look random and are the same each time.
pub fn hash(a: u32, b: u32) -> u32 {
    let mut h = a.wrapping_mul(0x9E37_79B1).rotate_left(13) ^ b.wrapping_mul(0x85EB_CA77);
    h = (h ^ (h >> 16)).wrapping_mul(0x7FEB_352D);
    h = (h ^ (h >> 15)).wrapping_mul(0x846C_A68B);
    h ^ (h >> 16)
}
