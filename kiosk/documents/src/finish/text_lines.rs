//! How far a page is turned, by its lines of text alone.
//!
//! Along the true direction of the lines, rows full of ink and empty rows alternate sharply. The
//! sharpness is measured for each angle within reach; only where it stands out, and where both halves
//! of the page's ink say the same, is the angle certain enough to act on it.

use std::array;
use std::ops::Range;

use multiversion::multiversion;

use crate::decode::Pixels;

use super::line::median;
use super::paper::MAX_ANGLE;

/// How wide columns are that are summed up before shearing: as so many pixels are high.
const STRIP: usize = 8;

/// Shears are made in quarters of a pixel, so that each is smoothed alike.
const FINE: usize = 4;

/// The angle of the lines of text in a grey picture, whose pixels are so many times as wide as they are high,
/// clockwise, in radians; `None` when not certain.
pub(super) fn angle(picture: &Pixels, wide: usize) -> Option<f64> {
    /// How far the two halves may differ.
    const AGREED: f64 = 0.3;
    let ink = Ink::new(picture, wide)?;
    let split = ink.half()?;
    let all = ink.best(0..picture.height)?;
    let halves = (ink.best(0..split)?, ink.best(split..picture.height)?);
    let agree = (halves.0 - halves.1).abs() < AGREED && (halves.0 - all).abs() < AGREED;
    agree.then(|| all.to_radians())
}

/// The ink in each row of each strip.
struct Ink {
    strips: Vec<Vec<u32>>,
    /// In pixels' heights.
    width: usize,
    height: usize,
}

impl Ink {
    fn new(picture: &Pixels, wide: usize) -> Option<Self> {
        /// Difference from the paper, of 255, that is no grain.
        const GRAIN: u8 = 24;
        let (width, height) = (picture.width, picture.height);
        let paper = paper(picture)?;
        let columns = STRIP / wide;
        let mut strips = vec![vec![0; height]; width.div_ceil(columns)];
        for (y, row) in picture.bytes.chunks_exact(width.max(1)).enumerate() {
            for (strip, part) in strips.iter_mut().zip(row.chunks(columns)) {
                let ink: u32 = part.iter().map(|&grey| u32::from((paper - GRAIN).saturating_sub(grey))).sum();
                if let Some(sum) = strip.get_mut(y) {
                    *sum = ink * wide as u32;
                }
            }
        }
        strips.iter_mut().for_each(|strip| without_pictures(strip));
        Some(Self { strips, width: width * wide, height })
    }

    /// The row above which half of the ink lies; `None` when there is hardly any.
    fn half(&self) -> Option<usize> {
        let rows = (0..self.height)
            .map(|y| self.strips.iter().filter_map(|s| s.get(y)).map(|&i| u64::from(i)).sum());
        let rows: Vec<u64> = rows.collect();
        let all: u64 = rows.iter().sum();
        if all < (self.width * self.height / 10) as u64 {
            return None;
        }
        let mut sum = 0;
        rows.iter().position(|row| {
            sum += row;
            sum * 2 > all
        })
    }

    /// The angle at which `rows` are sharpest, in degrees.
    fn best(&self, rows: Range<usize>) -> Option<f64> {
        const COARSE: f64 = 0.2;
        /// How far the sharpest must stand out from the median.
        const CERTAIN: f64 = 1.5;
        let count = (MAX_ANGLE / COARSE) as i32;
        let scores: Vec<(f64, f64)> = (-count..=count)
            .map(|i| f64::from(i) * COARSE)
            .map(|angle| (angle, self.sharpness(angle, rows.clone())))
            .collect();
        let (angle, score) = scores.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let usual = median(scores.iter().map(|(_, score)| *score))?;
        let at_the_end = angle.abs() > MAX_ANGLE - COARSE / 2.0;
        if at_the_end || score < CERTAIN * usual || score <= 0.0 {
            return None;
        }
        Some(self.refine(angle, COARSE, rows))
    }

    /// The top of the peak around `angle`, as the centre of what rises above half of its height.
    fn refine(&self, angle: f64, reach: f64, rows: Range<usize>) -> f64 {
        const STEPS: i32 = 40;
        let scores: Vec<(f64, f64)> = (-STEPS..=STEPS)
            .map(|i| angle + f64::from(i) * reach * 2.0 / f64::from(STEPS))
            .map(|angle| (angle, self.sharpness(angle, rows.clone())))
            .collect();
        let top = scores.iter().map(|(_, score)| *score).fold(0.0, f64::max);
        let floor = scores.iter().map(|(_, score)| *score).fold(top, f64::min);
        let half = (top + floor) / 2.0;
        let (mut sum, mut weight) = (0.0, 0.0);
        for (angle, score) in scores {
            let above = (score - half).max(0.0);
            sum += angle * above;
            weight += above;
        }
        if weight > 0.0 { sum / weight } else { angle }
    }

    fn sharpness(&self, degrees: f64, rows: Range<usize>) -> f64 {
        let tilt = degrees.to_radians().tan();
        // Room above and below for the ends of the steepest shear.
        let room = (self.width as f64 * tilt.abs()) as usize / 2 + 2;
        let mut bins = Bins::new(rows.len() + 2 * room + 1);
        for (number, strip) in self.strips.iter().enumerate() {
            let x = (number * STRIP + STRIP / 2) as f64 - self.width as f64 / 2.0;
            let first = (room as f64 - x * tilt) * FINE as f64;
            bins.add(first.round().max(0.0) as usize, strip.get(rows.clone()).unwrap_or_default());
        }
        bins.sharpness()
    }
}

/// The ink in quarters of rows: all first quarters, all second ones and so on, so that a strip, whose rows are
/// added to quarters of one kind, is added many rows at a time.
struct Bins([Vec<u32>; FINE]);

impl Bins {
    fn new(rows: usize) -> Self {
        Self(array::from_fn(|_| vec![0; rows]))
    }

    /// Adds rows, the first at this quarter.
    fn add(&mut self, quarter: usize, rows: &[u32]) {
        let bins = self.0.get_mut(quarter % FINE).and_then(|bins| bins.get_mut(quarter / FINE..));
        add(bins.unwrap_or_default(), rows);
    }

    /// How much each row differs from the next, wherever among the quarters rows begin: the sum of the squares.
    fn sharpness(&self) -> f64 {
        let mut rows = vec![0; self.0.iter().map(Vec::len).max().unwrap_or(0)];
        self.0.iter().for_each(|bins| add(&mut rows, bins));
        let mut sum = squares(&rows);
        for bins in self.0.iter().take(FINE - 1) {
            // Rows begin a quarter later now; the last has no more of them.
            put_off(&mut rows, bins);
            sum += squares(rows.split_last().map_or(&[], |(_, rows)| rows));
        }
        sum as f64
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn add(bins: &mut [u32], rows: &[u32]) {
    for (bin, ink) in bins.iter_mut().zip(rows) {
        *bin += ink;
    }
}

/// Takes from each row its first quarter and gives it the next row's.
#[multiversion(targets("x86_64+avx2"))]
fn put_off(rows: &mut [u32], bins: &[u32]) {
    for ((row, first), next) in rows.iter_mut().zip(bins).zip(bins.iter().skip(1)) {
        *row = *row - first + next;
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn squares(rows: &[u32]) -> u64 {
    rows.iter().zip(rows.iter().skip(1)).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum()
}

/// Takes out what is inked for longer, down a strip, than any line of text is high: photographs, frames.
fn without_pictures(strip: &mut [u32]) {
    /// Pixels of the small picture: 27 mm at 300 dots per inch.
    const HIGHEST: usize = 40;
    /// A row of a strip that is hardly inked.
    const FAINT: u32 = 4 * STRIP as u32;
    for run in strip.chunk_by_mut(|a, b| (*a > FAINT) == (*b > FAINT)) {
        if run.len() > HIGHEST && run.first().is_some_and(|ink| *ink > FAINT) {
            run.fill(0);
        }
    }
}

/// The grey of the paper: the median; `None` when that is too dark to tell ink from it.
fn paper(picture: &Pixels) -> Option<u8> {
    const DARK: u8 = 100;
    let mut greys = picture.bytes.clone();
    let middle = greys.len() / 2;
    if greys.is_empty() {
        return None;
    }
    let (_, &mut grey, _) = greys.select_nth_unstable(middle);
    (grey >= DARK).then_some(grey)
}
