//! Sheets that are drawn for tests: written on, folded, blurred, turned, and laid on a glass.

use super::scenes::{Coding, encode, hash};
use turbojpeg::Subsamp;

/// A picture in grey and colour, in pixels.
#[derive(Clone)]
pub(crate) struct Sheet {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) dpi: u32,
    pixels: Vec<[f32; 3]>,
    /// Where there is no sheet: cut away, or beyond it.
    gone: Vec<bool>,
}

const PAPER: [f32; 3] = [246.0, 244.0, 239.0];
pub(crate) const INK: [f32; 3] = [30.0, 30.0, 34.0];

impl Sheet {
    /// An empty sheet of `size` millimetres.
    pub(crate) fn new(size: (f64, f64), dpi: u32) -> Self {
        let pixels = |mm: f64| (mm * f64::from(dpi) / 25.4).round() as usize;
        let (width, height) = (pixels(size.0), pixels(size.1));
        Self { width, height, dpi, pixels: vec![PAPER; width * height], gone: vec![false; width * height] }
    }

    /// Pixels in a millimetre.
    pub(crate) fn scale(&self) -> f64 {
        f64::from(self.dpi) / 25.4
    }

    /// Colours whatever `inside` says is at least half covered: it is given places in millimetres, and
    /// returns how deep they lie inside, in millimetres.
    fn fill(
        &mut self,
        [left, top, right, bottom]: [f64; 4],
        colour: [f32; 3],
        inside: impl Fn(f64, f64) -> f64,
    ) {
        let scale = self.scale();
        let range = |from: f64, to: f64, size: usize| {
            ((from * scale - 2.0).max(0.0) as usize)..((to * scale + 2.0).max(0.0) as usize).min(size)
        };
        for y in range(top, bottom, self.height) {
            for x in range(left, right, self.width) {
                let depth = inside((x as f64 + 0.5) / scale, (y as f64 + 0.5) / scale);
                let share = (depth * scale + 0.5).clamp(0.0, 1.0) as f32;
                for (c, ink) in self.pixels[y * self.width + x].iter_mut().zip(colour) {
                    *c += (ink - *c) * share;
                }
            }
        }
    }

    pub(crate) fn rect(mut self, [x, y, w, h]: [f64; 4], colour: [f32; 3]) -> Self {
        self.add_rect([x, y, w, h], colour);
        self
    }

    fn add_rect(&mut self, [x, y, w, h]: [f64; 4], colour: [f32; 3]) {
        let inside = |at_x: f64, at_y: f64| (at_x - x).min(x + w - at_x).min(at_y - y).min(y + h - at_y);
        self.fill([x, y, x + w, y + h], colour, inside);
    }

    pub(crate) fn disc(mut self, (x, y): (f64, f64), radius: f64, colour: [f32; 3]) -> Self {
        self.fill([x - radius, y - radius, x + radius, y + radius], colour, |a, b| {
            radius - (a - x).hypot(b - y)
        });
        self
    }

    pub(crate) fn ring(mut self, (x, y): (f64, f64), radius: f64, thick: f64, colour: [f32; 3]) -> Self {
        let reach = radius + thick;
        let inside = |a: f64, b: f64| thick / 2.0 - ((a - x).hypot(b - y) - radius).abs();
        self.fill([x - reach, y - reach, x + reach, y + reach], colour, inside);
        self
    }

    pub(crate) fn stroke(&mut self, from: (f64, f64), to: (f64, f64), thick: f64, colour: [f32; 3]) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let square = (dx * dx + dy * dy).max(1e-9);
        let inside = |x: f64, y: f64| {
            let along = (((x - from.0) * dx + (y - from.1) * dy) / square).clamp(0.0, 1.0);
            thick / 2.0 - (x - from.0 - along * dx).hypot(y - from.1 - along * dy)
        };
        let bounds = [from.0.min(to.0), from.1.min(to.1), from.0.max(to.0), from.1.max(to.1)];
        let [left, top, right, bottom] = bounds;
        self.fill([left - thick, top - thick, right + thick, bottom + thick], colour, inside);
    }

    /// Lines of square characters of `em` millimetres within a box, with a comma now and then if
    /// `commas`: low, and close to the character before.
    pub(crate) fn text(mut self, [x, y, w, h]: [f64; 4], em: f64, commas: bool, colour: [f32; 3]) -> Self {
        let (columns, rows) = ((w / em) as u32, (h / (em * 1.6)) as u32);
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            let (left, top) = (x + f64::from(column) * em, y + f64::from(row) * em * 1.6);
            let seed = hash(row + 77, column + 31);
            let indented = row.is_multiple_of(5) && column < 2;
            let ended = row % 5 == 4 && column > columns / 3;
            if indented || ended {
                continue;
            }
            if commas && column % 6 == 5 && seed.is_multiple_of(2) {
                let (at, low) = ((left + em * 0.14, top + em * 0.72), (left + em * 0.2, top + em * 0.92));
                self.stroke(at, low, em * 0.12, colour);
            } else {
                self.character(seed, (left, top), em, colour);
            }
        }
        self
    }

    /// Lines of labels of three characters, each with an asterisk before it, as on forms.
    pub(crate) fn starred(mut self, [x, y, w, h]: [f64; 4], em: f64) -> Self {
        let (columns, rows) = ((w / (em * 3.7)) as u32, (h / (em * 1.6)) as u32);
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            let (left, top) = (x + f64::from(column) * em * 3.7, y + f64::from(row) * em * 1.6);
            for (dx, dy) in [(0.13, 0.0), (0.09, 0.09), (0.0, 0.13), (-0.09, 0.09)] {
                let (a, b) = (left + em * 0.47, top + em * 0.26);
                self.stroke((a - em * dx, b - em * dy), (a + em * dx, b + em * dy), em * 0.06, INK);
            }
            for n in 0..3 {
                self.character(hash(row, column * 3 + n), (left + em * (0.68 + f64::from(n)), top), em, INK);
            }
        }
        self
    }

    /// A box of level and upright strokes, as wide as characters are.
    fn character(&mut self, seed: u32, (x, y): (f64, f64), em: f64, colour: [f32; 3]) {
        let thick = em * 0.08;
        let bars = 2 + seed % 3;
        for bar in 0..bars {
            let at = y + em * (0.1 + 0.75 * f64::from(bar) / f64::from(bars - 1));
            self.add_rect([x + em * 0.08, at, em * 0.84, thick], colour);
        }
        for bar in 0..1 + seed / 7 % 3 {
            let at = x + em * (0.2 + 0.28 * f64::from(bar));
            self.add_rect([at, y + em * 0.1, thick, em * 0.83], colour);
        }
    }

    /// Strokes without order, like handwriting.
    pub(crate) fn scribble(mut self, [x, y, w, h]: [f64; 4], colour: [f32; 3]) -> Self {
        for row in 0..(h / 11.0) as u32 {
            for column in 0..(w / 8.0) as u32 {
                let (left, top) = (x + f64::from(column) * 8.0, y + f64::from(row) * 11.0);
                let place = |n: u32| {
                    let seed = hash(row * 97 + n, column * 31 + 5);
                    (left + f64::from(seed % 64) / 9.0, top + f64::from(seed / 64 % 64) / 8.0)
                };
                for n in 0..5 {
                    self.stroke(place(n), place(n + 1), 0.45, colour);
                }
            }
        }
        self
    }

    /// A table, whose rules and cells fill a box.
    pub(crate) fn table(mut self, [x, y, w, h]: [f64; 4]) -> Self {
        for row in 0..=8 {
            self.add_rect([x, y + h * f64::from(row) / 8.0, w, 0.3], INK);
        }
        for column in 0..=3 {
            self.add_rect([x + w * f64::from(column) / 3.0, y, 0.3, h], INK);
        }
        for (row, column) in (0..8).flat_map(|row| (0..3).map(move |column| (row, column))) {
            let (left, top) = (x + w * f64::from(column) / 3.0 + 2.0, y + h * f64::from(row) / 8.0 + 2.0);
            for n in 0..3 + row % 3 {
                self.character(hash(n, row * 3 + column), (left + f64::from(n) * 3.6, top), 3.4, INK);
            }
        }
        self
    }

    /// A photograph: patches of all tones, with sharp edges between some of them.
    pub(crate) fn photo(mut self, [x, y, w, h]: [f64; 4]) -> Self {
        let scale = self.scale();
        let pixels = |mm: f64| (mm * scale) as usize;
        for row in pixels(y)..pixels(y + h).min(self.height) {
            for column in pixels(x)..pixels(x + w).min(self.width) {
                let cloud = |mm: f64, salt: u32| {
                    let (a, b) = (column as f64 / scale / mm, row as f64 / scale / mm);
                    let corner = |i: f64, j: f64| f64::from(hash(i as u32 + salt, j as u32) % 100) / 100.0;
                    let (i, j, u, v) = (a.floor(), b.floor(), a.fract(), b.fract());
                    let upper = corner(i, j) * (1.0 - u) + corner(i + 1.0, j) * u;
                    let lower = corner(i, j + 1.0) * (1.0 - u) + corner(i + 1.0, j + 1.0) * u;
                    upper * (1.0 - v) + lower * v
                };
                let edge = if cloud(17.0, 9) > 0.55 { 60.0 } else { 0.0 };
                let tone =
                    |salt: u32| (20.0 + 110.0 * cloud(11.0, salt) + 50.0 * cloud(2.3, salt) + edge) as f32;
                self.pixels[row * self.width + column] = [tone(1), tone(2), tone(3)];
            }
        }
        self
    }

    /// A sheet without the corner that lies at this end of each side: 0 at the beginning, 1 at the end;
    /// the legs are millimetres.
    pub(crate) fn without_corner(
        mut self,
        (right, bottom): (bool, bool),
        (across, down): (f64, f64),
    ) -> Self {
        let scale = self.scale();
        for y in 0..self.height {
            for x in 0..self.width {
                let a = if right { self.width - 1 - x } else { x } as f64 / scale;
                let b = if bottom { self.height - 1 - y } else { y } as f64 / scale;
                if a / across + b / down < 1.0 {
                    self.gone[y * self.width + x] = true;
                }
            }
        }
        self
    }

    /// Blurred as by a bell curve of this deviation, in millimetres: three boxes one after the other.
    pub(crate) fn blurred(mut self, deviation: f64) -> Self {
        let reach = (deviation * self.scale()).round().max(1.0) as usize;
        for _ in 0..3 {
            for (step, stride, lanes, length) in
                [(1, self.width, self.height, self.width), (self.width, 1, self.width, self.height)]
            {
                for lane in 0..lanes {
                    let line: Vec<_> = (0..length).map(|i| self.pixels[lane * stride + i * step]).collect();
                    let mut sum = [0.0f32; 3];
                    let at = |i: isize| line[i.clamp(0, length as isize - 1) as usize];
                    let reach = reach as isize;
                    for i in -reach..=reach {
                        (0..3).for_each(|c| sum[c] += at(i)[c]);
                    }
                    for i in 0..length as isize {
                        let mean = sum.map(|s| s / (2 * reach + 1) as f32);
                        self.pixels[lane * stride + i as usize * step] = mean;
                        (0..3).for_each(|c| sum[c] += at(i + reach + 1)[c] - at(i - reach)[c]);
                    }
                }
            }
        }
        self
    }

    /// What shines through from the back of this sheet: mirrored, pale and blurred.
    pub(crate) fn shining_through(self, share: f32) -> Self {
        let mut sheet = self.blurred(0.25);
        for row in sheet.pixels.chunks_exact_mut(sheet.width) {
            row.reverse();
            for pixel in row {
                (0..3).for_each(|c| pixel[c] = PAPER[c] + (pixel[c] - PAPER[c]) * share);
            }
        }
        sheet
    }

    /// A quarter turn clockwise.
    pub(crate) fn turned(&self) -> Self {
        let (width, height) = (self.height, self.width);
        let from = |i: usize| (self.height - 1 - i % width) * self.width + i / width;
        let pixels = (0..width * height).map(|i| self.pixels[from(i)]).collect();
        let gone = (0..width * height).map(|i| self.gone[from(i)]).collect();
        Self { width, height, dpi: self.dpi, pixels, gone }
    }

    /// The scan of a glass as large as the sheet, on which it lies exactly.
    pub(crate) fn scan(&self) -> Vec<u8> {
        let size = (self.width as f64 / self.scale(), self.height as f64 / self.scale());
        glass(size, self.dpi, 250, &[(self, (size.0 / 2.0, size.1 / 2.0), 0.0)])
    }

    /// The scan of a glass that is 12 mm larger, with the sheet in its middle, turned.
    pub(crate) fn on_lid(&self, lid: u8, degrees: f64) -> Vec<u8> {
        let size = (self.width as f64 / self.scale() + 16.0, self.height as f64 / self.scale() + 16.0);
        glass(size, self.dpi, lid, &[(self, (size.0 / 2.0, size.1 / 2.0), degrees)])
    }

    fn at(&self, x: f64, y: f64) -> Option<[f32; 3]> {
        let (left, top) = ((x - 0.5).floor(), (y - 0.5).floor());
        let (u, v) = ((x - 0.5 - left) as f32, (y - 0.5 - top) as f32);
        if x < 0.0 || y < 0.0 || x >= self.width as f64 || y >= self.height as f64 {
            return None;
        }
        let index = |a: f64, b: f64| {
            let (a, b) = (a.clamp(0.0, self.width as f64 - 1.0), b.clamp(0.0, self.height as f64 - 1.0));
            b as usize * self.width + a as usize
        };
        if self.gone[index(x, y)] {
            return None;
        }
        let pixel = |a: f64, b: f64| self.pixels[index(a, b)];
        let (a, b) = (pixel(left, top), pixel(left + 1.0, top));
        let (c, d) = (pixel(left, top + 1.0), pixel(left + 1.0, top + 1.0));
        Some(std::array::from_fn(|n| {
            let (upper, lower) = (a[n] + (b[n] - a[n]) * u, c[n] + (d[n] - c[n]) * u);
            upper + (lower - upper) * v
        }))
    }
}

/// A scan of sheets on a glass of `size` millimetres: each with the place of its middle, in millimetres,
/// and its angle in degrees, clockwise.
pub(crate) fn glass(size: (f64, f64), dpi: u32, lid: u8, sheets: &[(&Sheet, (f64, f64), f64)]) -> Vec<u8> {
    let scale = f64::from(dpi) / 25.4;
    let (width, height) = ((size.0 * scale).round() as usize, (size.1 * scale).round() as usize);
    let mut rgb = Vec::with_capacity(width * height * 3);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let mut colour = [f32::from(lid); 3];
        for (sheet, middle, degrees) in sheets {
            let (sin, cos) = degrees.to_radians().sin_cos();
            // Four samples a pixel, so that edges are as soft as a scanner's.
            let mut sum = [0.0; 3];
            for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                let (right, below) = (x as f64 + dx - middle.0 * scale, y as f64 + dy - middle.1 * scale);
                let across = right * cos + below * sin + sheet.width as f64 / 2.0;
                let down = below * cos - right * sin + sheet.height as f64 / 2.0;
                let seen = sheet.at(across, down).unwrap_or(colour);
                (0..3).for_each(|c| sum[c] += seen[c] / 4.0);
            }
            colour = sum;
        }
        let grain = (hash(x as u32, y as u32) % 9) as f32 - 4.0;
        rgb.extend(colour.map(|c| (c + grain).round().clamp(0.0, 255.0) as u8));
    }
    encode(&rgb, width, height, Coding::Colour(Subsamp::Sub2x2), dpi)
}
