//! A printer and a scanner that are not there: what they would make of a bitmap, with every defect known.
//!
//! Ink spreads as a thermal head's does, paper and ink reflect light by their optical density, the scanner
//! has its optics, its gamma, its noise and its JPEG. Nothing here is shared with what reads the scan.

#![allow(dead_code, reason = "the tests and the example each use a part")]

use ticket_loop::Bitmap;

/// Random numbers from a seed (splitmix64).
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn within(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * ((self.next() >> 11) as f64 / (1u64 << 53) as f64)
    }

    /// From `from` to `to`, up or down.
    pub fn either(&mut self, from: f64, to: f64) -> f64 {
        let size = self.within(from, to);
        if self.next() & 1 == 0 { size } else { -size }
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// How it is printed.
#[derive(Clone, Debug)]
pub struct Print {
    pub dead: Vec<usize>,
    /// Optical density of solid black.
    pub density: f64,
    /// Part by which it falls to the right end.
    pub fade: f64,
    /// First row and count of rows that stay white.
    pub missing: Vec<(usize, usize)>,
    /// Length along the feed.
    pub feed: f64,
    /// At which row the paper slips, and by how many rows.
    pub slip: (f64, f64),
    /// Angles of both cuts, in degrees.
    pub cuts: [f64; 2],
    /// How far the heat of a dot spreads, in dots.
    pub spread: f64,
}

/// How it lies on the glass, and how it is scanned.
#[derive(Clone, Debug)]
pub struct Scan {
    pub dpi: u32,
    /// Millimetres.
    pub glass: (f64, f64),
    pub middle: (f64, f64),
    pub quarter: u8,
    pub degrees: f64,
    /// What the lid and the paper reflect, 0 to 1.
    pub lid: f64,
    pub paper: f64,
    pub gamma: f64,
    pub noise: f64,
    /// Blur of the optics, in pixels.
    pub blur: f64,
    /// Place and width in millimetres, and contrast in grey levels' parts.
    pub stripes: Vec<(f64, f64, f64)>,
    /// Place and radius in millimetres, and what it reflects.
    pub dirt: Vec<(f64, f64, f64, f64)>,
    pub scale: (f64, f64),
    pub shear_degrees: f64,
    pub jpeg: Option<i32>,
}

/// White on the paper beside and above the print, in millimetres.
pub const SIDE: f64 = 4.0;
pub const ABOVE: f64 = 9.0;
pub const BELOW: f64 = 6.0;

/// Samples a dot of the ink's picture, and dots of white around it.
const FINE: usize = 4;
const PAD: usize = 3;

struct Ink {
    width: usize,
    height: usize,
    /// Part of the full density.
    data: Vec<f32>,
}

fn print(bitmap: &Bitmap, print: &Print) -> Ink {
    let (width, height) = ((bitmap.width() + 2 * PAD) * FINE, (bitmap.height() + 2 * PAD) * FINE);
    let mut data = vec![0f32; width * height];
    for y in 0..bitmap.height() {
        if print.missing.iter().any(|(first, rows)| (*first..first + rows).contains(&y)) {
            continue;
        }
        for x in (0..bitmap.width()).filter(|x| bitmap.is_black(*x, y) && !print.dead.contains(x)) {
            for row in 0..FINE {
                let from = ((y + PAD) * FINE + row) * width + (x + PAD) * FINE;
                data[from..from + FINE].fill(1.0);
            }
        }
    }
    blur(&mut data, width, height, print.spread * FINE as f64);
    for value in &mut data {
        // The paper answers to heat with a threshold and is black before the heat ends.
        *value = ((*value - 0.12) * 1.5).clamp(0.0, 1.0);
    }
    Ink { width, height, data }
}

fn kernel(sigma: f64) -> Vec<f32> {
    let reach = (sigma * 2.5).ceil().max(1.0) as i32;
    let raw: Vec<f64> =
        (-reach..=reach).map(|i| (-0.5 * (f64::from(i) / sigma.max(0.05)).powi(2)).exp()).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|v| (v / sum) as f32).collect()
}

fn blur(data: &mut [f32], width: usize, height: usize, sigma: f64) {
    let kernel = kernel(sigma);
    let reach = kernel.len() / 2;
    let mut line = vec![0f32; width + 2 * reach];
    for row in data.chunks_exact_mut(width) {
        line[reach..reach + width].copy_from_slice(row);
        line[..reach].fill(row[0]);
        line[reach + width..].fill(row[width - 1]);
        row.fill(0.0);
        for (k, weight) in kernel.iter().enumerate() {
            for (out, value) in row.iter_mut().zip(&line[k..]) {
                *out += weight * value;
            }
        }
    }
    let source = data.to_vec();
    for y in 0..height {
        let row = &mut data[y * width..(y + 1) * width];
        row.fill(0.0);
        for (k, weight) in kernel.iter().enumerate() {
            let from = (y + k).saturating_sub(reach).min(height - 1);
            for (out, value) in row.iter_mut().zip(&source[from * width..]) {
                *out += weight * value;
            }
        }
    }
}

/// A scan as a reader gets it.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub dpi: u32,
    pub pixels: Vec<u8>,
}

pub fn scan(bitmap: &Bitmap, printed: &Print, scan: &Scan, rng: &mut Rng) -> Picture {
    let ink = print(bitmap, printed);
    let scale = f64::from(scan.dpi) / 25.4;
    let (width, height) = ((scan.glass.0 * scale) as usize, (scan.glass.1 * scale) as usize);
    let mut light = vec![scan.lid as f32; width * height];
    lay(&mut light, width, height, bitmap, &ink, printed, scan);
    for (x, y, radius, level) in &scan.dirt {
        blot(&mut light, width, height, (x * scale, y * scale, radius * scale), *level as f32);
    }
    blur(&mut light, width, height, scan.blur);
    let pixels = sense(&light, width, scan, rng);
    let mut picture = Picture { width, height, dpi: scan.dpi, pixels };
    if let Some(quality) = scan.jpeg {
        through_jpeg(&mut picture, quality);
    }
    picture
}

/// Lays the paper on the glass: reflected light for each pixel.
fn lay(
    light: &mut [f32],
    width: usize,
    height: usize,
    bitmap: &Bitmap,
    ink: &Ink,
    printed: &Print,
    scan: &Scan,
) {
    let scale = f64::from(scan.dpi) / 25.4;
    let (sin, cos) = (scan.degrees + 90.0 * f64::from(scan.quarter)).to_radians().sin_cos();
    let (print_w, print_h) = (bitmap.width() as f64 / 8.0, bitmap.height() as f64 / 8.0 * printed.feed);
    let shear = scan.shear_degrees.to_radians().tan();
    let reach = (print_w + 2.0 * SIDE).hypot(print_h + ABOVE + BELOW + 12.0) / 2.0 + 4.0;
    let tilt = printed.cuts.map(|degrees| degrees.to_radians().tan());
    let lanes: Vec<f64> =
        (0..=64).map(|i| printed.density * (1.0 - printed.fade * f64::from(i) / 64.0)).collect();
    for y in 0..height {
        let true_y = (y as f64 + 0.5) / scale / scan.scale.1;
        if (true_y - scan.middle.1).abs() > reach {
            continue;
        }
        for x in 0..width {
            let true_x = ((x as f64 + 0.5) / scale - shear * (true_y - scan.middle.1)) / scan.scale.0;
            let (dx, dy) = (true_x - scan.middle.0, true_y - scan.middle.1);
            if dx.abs() > reach {
                continue;
            }
            let (px, py) = (dx * cos + dy * sin + print_w / 2.0, dy * cos - dx * sin + print_h / 2.0);
            let across = px - print_w / 2.0;
            let outside = (-SIDE - px)
                .max(px - print_w - SIDE)
                .max(-ABOVE + tilt[0] * across - py)
                .max(py - (print_h + BELOW + tilt[1] * across));
            let pixel = &mut light[y * width + x];
            if outside > 0.0 {
                // The paper lifts the lid and throws a shadow.
                let shadow = (1.0 - outside / 0.6).max(0.0) * 0.18;
                *pixel *= (1.0 - shadow) as f32;
                continue;
            }
            let (u, mut v) = (px * 8.0, py * 8.0 / printed.feed);
            if v > printed.slip.0 {
                v -= printed.slip.1;
            }
            let black = ink_at(ink, u, v);
            let density = lanes[((u / bitmap.width() as f64) * 64.0).clamp(0.0, 64.0) as usize];
            let reflected = if black > 0.0 { 10f64.powf(-density * f64::from(black)) } else { 1.0 };
            *pixel = (scan.paper * reflected + 0.008) as f32;
        }
    }
}

fn ink_at(ink: &Ink, u: f64, v: f64) -> f32 {
    let (x, y) = ((u + PAD as f64) * FINE as f64 - 0.5, (v + PAD as f64) * FINE as f64 - 0.5);
    if x < 0.0 || y < 0.0 || x >= (ink.width - 1) as f64 || y >= (ink.height - 1) as f64 {
        return 0.0;
    }
    let (left, top) = (x as usize, y as usize);
    let (fx, fy) = ((x - left as f64) as f32, (y - top as f64) as f32);
    let at = top * ink.width + left;
    let upper = ink.data[at] * (1.0 - fx) + ink.data[at + 1] * fx;
    let lower = ink.data[at + ink.width] * (1.0 - fx) + ink.data[at + ink.width + 1] * fx;
    upper * (1.0 - fy) + lower * fy
}

fn blot(light: &mut [f32], width: usize, height: usize, (x, y, radius): (f64, f64, f64), level: f32) {
    for py in (y - radius).max(0.0) as usize..((y + radius + 1.0) as usize).min(height) {
        for px in (x - radius).max(0.0) as usize..((x + radius + 1.0) as usize).min(width) {
            if (px as f64 + 0.5 - x).hypot(py as f64 + 0.5 - y) <= radius {
                light[py * width + px] = level;
            }
        }
    }
}

/// From light to grey levels: the gain of each element, stripes, gamma, noise.
fn sense(light: &[f32], width: usize, scan: &Scan, rng: &mut Rng) -> Vec<u8> {
    let scale = f64::from(scan.dpi) / 25.4;
    let gains: Vec<f32> = (0..width)
        .map(|x| {
            let at = (x as f64 + 0.5) / scale;
            let stripe = scan.stripes.iter().find(|(from, wide, _)| (*from..from + wide).contains(&at));
            let contrast = stripe.map_or(0.0, |(.., contrast)| *contrast);
            ((1.0 + contrast).powf(scan.gamma) * (1.0 + rng.within(-0.008, 0.008))) as f32
        })
        .collect();
    let curve: Vec<f32> =
        (0..4096).map(|i| (255.0 * (f64::from(i) / 4095.0).powf(1.0 / scan.gamma)) as f32).collect();
    let noise = scan.noise as f32;
    let mut state = rng.next() | 1;
    let mut pixels = Vec::with_capacity(light.len());
    for row in light.chunks_exact(width) {
        for (value, gain) in row.iter().zip(&gains) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // Four uniform numbers make a bell.
            let bytes = state.to_le_bytes();
            let sum = bytes[..4].iter().map(|b| f32::from(*b)).sum::<f32>() - 510.0;
            let level = curve[(value * gain * 4095.0).clamp(0.0, 4095.0) as usize];
            pixels.push((level + sum / 147.8 * noise + 0.5) as u8);
        }
    }
    pixels
}

fn through_jpeg(picture: &mut Picture, quality: i32) {
    let image = turbojpeg::Image {
        pixels: picture.pixels.as_slice(),
        width: picture.width,
        pitch: picture.width,
        height: picture.height,
        format: turbojpeg::PixelFormat::GRAY,
    };
    let jpeg = turbojpeg::compress(image, quality, turbojpeg::Subsamp::Gray).expect("a JPEG");
    let decoded = turbojpeg::decompress(&jpeg, turbojpeg::PixelFormat::GRAY).expect("the same");
    assert_eq!(
        (decoded.width, decoded.height, decoded.pitch),
        (picture.width, picture.height, picture.width)
    );
    picture.pixels = decoded.pixels;
}

/// What is wrong in a scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Defect {
    DeadDots,
    DeadBlock,
    Fading,
    LowDensity,
    Feed,
    Slip,
    Cut,
    Lines,
    Stripe,
    Dirt,
    Scale,
    Shear,
}

pub const DEFECTS: [Defect; 12] = [
    Defect::DeadDots,
    Defect::DeadBlock,
    Defect::Fading,
    Defect::LowDensity,
    Defect::Feed,
    Defect::Slip,
    Defect::Cut,
    Defect::Lines,
    Defect::Stripe,
    Defect::Dirt,
    Defect::Scale,
    Defect::Shear,
];

/// A printer and a scanner as they are in service, both well: nothing is perfect, nothing is wrong.
pub fn well(width: usize, rng: &mut Rng) -> (Print, Scan) {
    let print = Print {
        dead: vec![],
        density: rng.within(1.15, 1.4),
        fade: rng.either(0.0, 0.05),
        missing: vec![],
        feed: 1.0 + rng.either(0.0, 0.005),
        slip: (0.0, 0.0),
        cuts: [rng.either(0.0, 0.3), rng.either(0.0, 0.3)],
        spread: rng.within(0.28, 0.42),
    };
    // An A4 glass now and then; its time goes into drawing it.
    let glass = if rng.below(12) == 0 { (210.0, 297.0) } else { (width as f64 / 8.0 + 68.0, 150.0) };
    let room = ((width as f64 / 8.0 + 12.0).hypot(90.0) / 2.0 + 2.0).min(glass.1 / 2.0 - 3.0);
    let dark = rng.below(3) == 0;
    let scan = Scan {
        // Finer scans take four times as long to draw.
        dpi: match rng.below(16) {
            0 if glass.0 < 200.0 => 600,
            1..=3 => 200,
            _ => 300,
        },
        glass,
        middle: (rng.within(room, glass.0 - room), rng.within(room, glass.1 - room)),
        quarter: if rng.below(5) == 0 { rng.below(4) as u8 } else { 0 },
        degrees: rng.within(-10.0, 10.0),
        lid: if dark { rng.within(0.01, 0.06) } else { rng.within(0.84, 0.93) },
        paper: rng.within(0.74, 0.82),
        gamma: rng.within(2.0, 2.4),
        noise: rng.within(1.0, 4.0),
        blur: rng.within(0.45, 0.75),
        stripes: vec![],
        dirt: vec![],
        scale: (1.0 + rng.either(0.0, 0.002), 1.0 + rng.either(0.0, 0.002)),
        shear_degrees: rng.either(0.0, 0.1),
        jpeg: Some(72 + rng.below(24) as i32),
    };
    (print, scan)
}

/// Makes something wrong.
pub fn spoil(defect: Defect, width: usize, print: &mut Print, scan: &mut Scan, rng: &mut Rng) {
    match defect {
        Defect::DeadDots => {
            let count = 1 + rng.below(20);
            while print.dead.len() < count {
                let dot = rng.below(width);
                if !print.dead.contains(&dot) {
                    print.dead.push(dot);
                }
            }
        }
        Defect::DeadBlock => {
            let count = 2 + rng.below(19);
            // Every fifth at an end of the head, where they are first worn.
            let first = match rng.below(5) {
                0 => [0, width - count][rng.below(2)],
                _ => rng.below(width - count + 1),
            };
            print.dead = (first..first + count).collect();
        }
        Defect::Fading => print.fade = rng.either(0.25, 0.55).max(-0.35),
        Defect::LowDensity => print.density = rng.within(0.4, 0.72),
        Defect::Feed => print.feed = 1.0 + rng.either(0.014, 0.04),
        Defect::Slip => print.slip = (rng.within(210.0, 340.0), rng.within(3.0, 8.0)),
        Defect::Cut => {
            let degrees = rng.either(1.2, 4.5);
            print.cuts = [degrees, degrees + rng.within(-0.1, 0.1)];
        }
        Defect::Lines => {
            let places = 1 + rng.below(4);
            while print.missing.len() < places {
                let (first, rows) = (20 + rng.below(510), 1 + rng.below(3));
                // Where nothing is printed nothing is missing.
                let white = [40..46, 110..116, 436..442, 506..512];
                if !white.iter().any(|white| white.start < first + rows && first < white.end) {
                    print.missing.push((first, rows));
                }
            }
        }
        Defect::Stripe => {
            for _ in 0..1 + rng.below(2) {
                let at = rng.within(6.0, scan.glass.0 - 6.0);
                scan.stripes.push((at, rng.within(0.1, 0.5), rng.either(0.07, 0.5).min(0.3)));
            }
        }
        Defect::Dirt => {
            let dark = scan.lid < 0.3;
            while scan.dirt.len() < 40 && !enough(scan) {
                let (x, y) = (rng.within(5.0, scan.glass.0 - 5.0), rng.within(5.0, scan.glass.1 - 5.0));
                let level = if dark { rng.within(0.2, 0.6) } else { rng.within(0.05, 0.5) };
                scan.dirt.push((x, y, rng.within(0.25, 1.0), level));
            }
        }
        Defect::Scale => scan.scale.set_along_head(scan.quarter, 1.0 + rng.either(0.009, 0.02)),
        Defect::Shear => scan.shear_degrees = rng.either(0.8, 2.0),
    }
}

/// Whether four spots at least lie clearly beside the ticket.
fn enough(scan: &Scan) -> bool {
    let beside = |(x, y, ..): &&(f64, f64, f64, f64)| (x - scan.middle.0).hypot(y - scan.middle.1) > 64.0;
    scan.dirt.iter().filter(beside).count() >= 4
}

trait Along {
    fn set_along_head(&mut self, quarter: u8, scale: f64);
}

impl Along for (f64, f64) {
    /// Sets the scale that lies along the head when the ticket is turned by `quarter`.
    fn set_along_head(&mut self, quarter: u8, scale: f64) {
        if quarter.is_multiple_of(2) { self.0 = scale } else { self.1 = scale }
    }
}
