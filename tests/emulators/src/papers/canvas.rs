//! A page of paper to draw on: rectangles, lines, text and seals, in pixels at 300 dpi.

use ab_glyph::{Font, FontVec, Glyph, PxScale, ScaleFont, point};
use std::ops::Range;
use std::path::Path;

/// A colour: red, green, blue.
pub(super) type Colour = [u8; 3];

/// Ink of a printer.
pub(super) const BLACK: Colour = [32, 32, 36];
/// Ink of a seal.
pub(super) const SEAL: Colour = [206, 34, 38];

const FOLDERS: [&str; 4] = [
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/noto-cjk",
    "/usr/share/fonts/google-noto-cjk",
    "/usr/share/fonts/truetype/noto",
];
/// Fonts in a Noto CJK collection are ordered JP, KR, SC, TC, HK.
const SIMPLIFIED: u32 = 2;

/// The faces the papers are set in.
pub(super) struct Fonts {
    pub(super) plain: Face,
    pub(super) bold: Face,
    pub(super) serif: Face,
}

/// One face.
pub(super) struct Face {
    font: FontVec,
    /// Height of a line over the size of a character.
    line: f32,
}

impl Fonts {
    /// Loads the system's Noto CJK; `None` when it is not installed.
    pub(super) fn load() -> Option<Self> {
        let face = |name: &str| FOLDERS.iter().find_map(|folder| Face::load(folder, name));
        Some(Self {
            plain: face("NotoSansCJK-Regular.ttc")?,
            bold: face("NotoSansCJK-Bold.ttc")?,
            serif: face("NotoSerifCJK-Bold.ttc").or_else(|| face("NotoSansCJK-Bold.ttc"))?,
        })
    }
}

impl Face {
    fn load(folder: &str, name: &str) -> Option<Self> {
        let bytes = std::fs::read(Path::new(folder).join(name)).ok()?;
        let font = FontVec::try_from_vec_and_index(bytes, SIMPLIFIED).ok()?;
        let line = font.height_unscaled() / font.units_per_em()?;
        Some(Self { font, line })
    }

    /// ab_glyph scales by line height; sizes here are those of a character, as printers count them.
    fn scale(&self, size: f32) -> PxScale {
        PxScale::from(size * self.line)
    }

    /// Width of a text in pixels.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let font = self.font.as_scaled(self.scale(size));
        text.chars().map(|character| font.h_advance(font.glyph_id(character))).sum()
    }
}

/// An A4 page, RGB.
pub(super) struct Canvas {
    pixels: Vec<u8>,
}

impl Canvas {
    pub(super) const WIDTH: usize = 2480;
    pub(super) const HEIGHT: usize = 3508;

    /// Paper as a scanner sees it: not quite white, not quite even, the same every time.
    pub(super) fn a4() -> Self {
        let mut seed = 0x2545_F491_u32;
        let pixels = (0..Self::WIDTH * Self::HEIGHT)
            .flat_map(|_| {
                // xorshift32 (Marsaglia 2003)
                seed ^= seed << 13;
                seed ^= seed >> 17;
                seed ^= seed << 5;
                let grain = (seed >> 30) as u8;
                [248 + grain, 247 + grain, 243 + grain]
            })
            .collect();
        Self { pixels }
    }

    /// Rows of RGB pixels without gaps.
    pub(super) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Lays ink on one pixel; `cover` is from 0 (none) to 1. What is outside the page is lost.
    fn ink(&mut self, x: i32, y: i32, colour: Colour, cover: f32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
            return;
        };
        if x >= Self::WIDTH {
            return;
        }
        let begin = (y * Self::WIDTH + x) * 3;
        if let Some(pixel) = self.pixels.get_mut(begin..begin + 3) {
            let cover = cover.clamp(0.0, 1.0);
            for (value, ink) in pixel.iter_mut().zip(colour) {
                *value = (f32::from(*value) * (1.0 - cover) + f32::from(ink) * cover) as u8;
            }
        }
    }

    /// Inks every pixel of an area as `cover` says for its middle.
    fn shade(
        &mut self,
        columns: Range<i32>,
        rows: Range<i32>,
        colour: Colour,
        cover: impl Fn(f32, f32) -> f32,
    ) {
        for y in rows {
            for x in columns.clone() {
                let amount = cover(x as f32 + 0.5, y as f32 + 0.5);
                if amount > 0.0 {
                    self.ink(x, y, colour, amount);
                }
            }
        }
    }

    /// A filled rectangle.
    pub(super) fn fill(&mut self, x: i32, y: i32, width: i32, height: i32, colour: Colour) {
        self.shade(x..x + width, y..y + height, colour, |_, _| 1.0);
    }

    /// The outline of a rectangle, `thick` pixels inwards.
    pub(super) fn frame(&mut self, [x, y, width, height]: [i32; 4], thick: i32, colour: Colour) {
        self.fill(x, y, width, thick, colour);
        self.fill(x, y + height - thick, width, thick, colour);
        self.fill(x, y, thick, height, colour);
        self.fill(x + width - thick, y, thick, height, colour);
    }

    /// The part of a ring between two angles (radians, clockwise from the right).
    pub(super) fn arc(
        &mut self,
        middle: (f32, f32),
        radius: f32,
        thick: f32,
        part: Range<f32>,
        colour: Colour,
    ) {
        let reach = (radius + thick) as i32 + 1;
        let (x, y) = (middle.0 as i32, middle.1 as i32);
        self.shade(x - reach..x + reach, y - reach..y + reach, colour, |x, y| {
            let (dx, dy) = (x - middle.0, y - middle.1);
            let angle = dy.atan2(dx).rem_euclid(std::f32::consts::TAU);
            if part.contains(&angle) { thick / 2.0 + 0.5 - (dx.hypot(dy) - radius).abs() } else { 0.0 }
        });
    }

    /// A filled ellipse.
    pub(super) fn oval(&mut self, middle: (f32, f32), radii: (f32, f32), colour: Colour) {
        let columns = (middle.0 - radii.0) as i32..(middle.0 + radii.0) as i32 + 1;
        let rows = (middle.1 - radii.1) as i32..(middle.1 + radii.1) as i32 + 1;
        self.shade(columns, rows, colour, |x, y| {
            let far = ((x - middle.0) / radii.0).hypot((y - middle.1) / radii.1);
            (1.0 - far) * radii.0.min(radii.1) + 0.5
        });
    }

    /// Text with its left edge at `x` and its baseline at `y`; returns where it ends.
    pub(super) fn text(&mut self, face: &Face, size: f32, x: f32, y: f32, text: &str, colour: Colour) -> f32 {
        let font = face.font.as_scaled(face.scale(size));
        let mut pen = x;
        for character in text.chars() {
            let mut glyph = font.scaled_glyph(character);
            glyph.position = point(pen, y);
            pen += font.h_advance(glyph.id);
            self.glyph(face, glyph, colour);
        }
        pen
    }

    fn glyph(&mut self, face: &Face, glyph: Glyph, colour: Colour) {
        if let Some(outline) = face.font.outline_glyph(glyph) {
            let bounds = outline.px_bounds();
            outline.draw(|x, y, cover| {
                self.ink(bounds.min.x as i32 + x as i32, bounds.min.y as i32 + y as i32, colour, cover);
            });
        }
    }

    /// Text centred on `x`.
    pub(super) fn centred(&mut self, face: &Face, size: f32, x: f32, y: f32, text: &str, colour: Colour) {
        let left = x - face.width(text, size) / 2.0;
        self.text(face, size, left, y, text, colour);
    }

    /// Text in lines of at most `width` pixels, `step` apart; returns the baseline after the last.
    pub(super) fn paragraph(
        &mut self,
        face: &Face,
        size: f32,
        (x, y): (f32, f32),
        (width, step): (f32, f32),
        text: &str,
    ) -> f32 {
        let mut baseline = y;
        let mut line = String::new();
        for character in text.chars() {
            let mut longer = line.clone();
            longer.push(character);
            // Closing punctuation may hang over: it must not begin a line.
            if face.width(&longer, size) > width && !"，。、；：）」".contains(character) {
                self.text(face, size, x, baseline, &line, BLACK);
                baseline += step;
                longer = character.to_string();
            }
            line = longer;
        }
        self.text(face, size, x, baseline, &line, BLACK);
        baseline + step
    }

    /// One character turned by `angle` (radians, clockwise) about its middle at `middle`.
    pub(super) fn turned(
        &mut self,
        face: &Face,
        size: f32,
        middle: (f32, f32),
        angle: f32,
        character: char,
        (colour, strength): (Colour, f32),
    ) {
        let glyph = face.font.as_scaled(face.scale(size)).scaled_glyph(character);
        let Some(outline) = face.font.outline_glyph(glyph) else {
            return;
        };
        let bounds = outline.px_bounds();
        let (width, height) = (bounds.width().ceil() as usize, bounds.height().ceil() as usize);
        let mut mask = vec![0.0_f32; (width + 1) * (height + 1)];
        outline.draw(|x, y, cover| {
            if let Some(value) = mask.get_mut(y as usize * (width + 1) + x as usize) {
                *value = cover;
            }
        });
        let (sine, cosine) = angle.sin_cos();
        let reach = bounds.width().hypot(bounds.height()) as i32 / 2 + 2;
        let (x, y) = (middle.0 as i32, middle.1 as i32);
        self.shade(x - reach..x + reach, y - reach..y + reach, colour, |x, y| {
            let (dx, dy) = (x - middle.0, y - middle.1);
            // Back-rotated into the upright mask.
            let across = dx * cosine + dy * sine + bounds.width() / 2.0;
            let down = dy * cosine - dx * sine + bounds.height() / 2.0;
            if across < 0.0 || down < 0.0 || across as usize > width {
                return 0.0;
            }
            let index = down as usize * (width + 1) + across as usize;
            mask.get(index).copied().unwrap_or(0.0) * strength
        });
    }

    /// A round official seal: ring, star, the office along the upper arc, a word below the star.
    pub(super) fn seal(&mut self, fonts: &Fonts, middle: (f32, f32), radius: f32, office: &str, word: &str) {
        const STRENGTH: f32 = 0.82;
        let reach = radius as i32 + 2;
        let (x, y) = (middle.0 as i32, middle.1 as i32);
        let star = radius * 0.3;
        self.shade(x - reach..x + reach, y - reach..y + reach, SEAL, |x, y| {
            let (dx, dy) = (x - middle.0, y - middle.1);
            let far = dx.hypot(dy);
            let ring = radius * 0.035 + 0.5 - (far - radius * 0.96).abs();
            // A five-pointed star in polar form: the edge between a point and the next dent.
            let turn = std::f32::consts::TAU / 5.0;
            let angle = (dx.atan2(-dy).rem_euclid(turn) - turn / 2.0).abs();
            let (from_dent, dent) = (angle, star * 0.382);
            let point = (star * (turn / 2.0).sin(), star * (turn / 2.0).cos());
            let (px, py) = (far * from_dent.sin(), far * from_dent.cos());
            let edge = (point.0, point.1 - dent);
            let inside = (px * edge.1 - (py - dent) * edge.0) / edge.0.hypot(edge.1);
            ring.max(inside + 0.5).clamp(0.0, 1.0) * STRENGTH
        });
        let count = office.chars().count().max(2);
        let spread = 0.27 * count as f32;
        for (index, character) in office.chars().enumerate() {
            let angle = spread * (index as f32 / (count - 1) as f32 - 0.5);
            let place = (middle.0 + radius * 0.74 * angle.sin(), middle.1 - radius * 0.74 * angle.cos());
            self.turned(&fonts.serif, radius * 0.215, place, angle, character, (SEAL, STRENGTH));
        }
        let size = radius * 0.17;
        let left = middle.0 - size * (word.chars().count() as f32 - 1.0) / 2.0;
        for (index, character) in word.chars().enumerate() {
            let place = (left + index as f32 * size, middle.1 + radius * 0.62);
            self.turned(&fonts.serif, size, place, 0.0, character, (SEAL, STRENGTH));
        }
    }
}
