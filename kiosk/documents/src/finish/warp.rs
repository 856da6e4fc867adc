//! One row of a turned plane, in fixed point.
//!
//! Along a row of the finished page the place in the scan moves by almost one sample to the right and
//! a little up or down. Between two changes of the row or of the offset it is a *run*: the four
//! neighbours of each sample lie side by side, only their weights change, and a whole vector of
//! samples can be blended at once.

use std::ops::Range;

use multiversion::multiversion;

/// Samples blended at once. A run's last vector may reach beyond its end; what it leaves there is
/// overwritten by the next run, so that buffers need this much room after their last sample.
pub(super) const OVERRUN: usize = LANES + 1;

const LANES: usize = 16;

/// One sample, in the fixed point of positions.
const ONE: i64 = 1 << 32;

/// How a finished plane lies on the plane of the scan, in samples of that plane; a sample's own place
/// is its middle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mapping {
    origin: (f64, f64),
    across: (i64, i64),
    down: (f64, f64),
}

/// Where and by how much the page is turned: the place of its upper left corner in the scan, and the
/// sine and cosine of its angle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) corner: (f64, f64),
    pub(super) sin: f64,
    pub(super) cos: f64,
}

impl Mapping {
    /// The mapping of a plane that has one sample for `ratio` of the full size.
    pub(super) fn new(turn: Turn, ratio: (usize, usize)) -> Self {
        let Turn { corner, sin, cos } = turn;
        let (w, h) = (ratio.0 as f64, ratio.1 as f64);
        let across = (cos, sin * w / h);
        let down = (-sin * h / w, cos);
        let origin =
            (corner.0 / w + (across.0 + down.0) / 2.0 - 0.5, corner.1 / h + (across.1 + down.1) / 2.0 - 0.5);
        Self { origin, across: (fixed(across.0), fixed(across.1)), down }
    }

    /// The first sample of row `v`.
    fn start(&self, v: usize) -> (i64, i64) {
        let v = v as f64;
        (fixed(self.origin.0 + v * self.down.0), fixed(self.origin.1 + v * self.down.1))
    }

    /// The rows of the scan's plane that rows `v`, `width` samples wide, touch; the scan may have fewer.
    pub(super) fn touched(&self, v: Range<usize>, width: usize) -> Range<usize> {
        let ends = |v: usize| {
            let from = self.start(v).1;
            (from, from + self.across.1 * width.saturating_sub(1) as i64)
        };
        let ((a, b), (c, d)) = (ends(v.start), ends(v.end.saturating_sub(1).max(v.start)));
        let row = |at: i64| usize::try_from(at >> 32).unwrap_or(0);
        // Each row is blended with the one below.
        row(a.min(b))..row(c.max(d)) + 2
    }
}

fn fixed(value: f64) -> i64 {
    (value * ONE as f64).round() as i64
}

/// The plane of the scan: its size, and those of its rows that are to be touched.
pub(super) struct Source<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Which row the first of `rows` is.
    pub(super) first: usize,
    pub(super) rows: Vec<&'a [u8]>,
}

impl<'a> Source<'a> {
    /// A row that is to be touched; empty beyond those.
    fn row(&self, y: usize) -> &'a [u8] {
        self.rows.get(y.wrapping_sub(self.first)).copied().unwrap_or_default()
    }
}

/// Factor for brightness, in 1/128.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gain(pub(super) u16);

impl Gain {
    pub(super) const NONE: Self = Self(128);
    /// Times 255 it just fits into 16 bits.
    pub(super) const MOST: Self = Self(256);

    /// The grey that it makes white; `None` when it changes nothing.
    pub(super) fn white(self) -> Option<u8> {
        let grey = 255 * usize::from(Self::NONE.0) / usize::from(self.0).max(1);
        (self != Self::NONE).then(|| u8::try_from(grey).unwrap_or(255))
    }
}

/// A row of the finished plane: where its first sample lies, and which of its samples lie within the
/// scan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    first: (i64, i64),
    inside: (i64, i64),
}

impl Row {
    /// Row `v`, `width` samples wide.
    pub(super) fn new((v, width): (usize, usize), mapping: &Mapping, source: &Source<'_>) -> Self {
        let first = mapping.start(v);
        let (step_x, step_y) = mapping.across;
        let inside = clip((0, width as i64), first.0, step_x, source.width);
        let (from, to) = clip(inside, first.1, step_y, source.height);
        Self { first, inside: if from < to { (from, to) } else { (0, 0) } }
    }
}

/// Writes the samples `columns` of a row; `out` is the whole row and has [`OVERRUN`] samples more.
/// What is drawn to the left of `columns` stays, what is to the right may not. `beyond` is what lies
/// outside the scan.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn draw(
    out: &mut [u8],
    columns: Range<usize>,
    row: &Row,
    mapping: &Mapping,
    source: &Source<'_>,
    gain: Gain,
    beyond: u8,
) {
    let within = |u: i64| (u as usize).clamp(columns.start, columns.end);
    let (from, to) = (within(row.inside.0), within(row.inside.1));
    let (step_x, step_y) = mapping.across;
    let last_row = source.height.saturating_sub(1);
    fill(out, columns.start, from, beyond);
    let mut u = from;
    // How long either part of the position stays as it is: seldom do both change at once.
    let (mut left_x, mut left_y) = (0, 0);
    while u < to {
        let (at_x, at_y) = (row.first.0 + u as i64 * step_x, row.first.1 + u as i64 * step_y);
        let (column, line) = ((at_x >> 32) as usize, (at_y >> 32) as usize);
        left_x = if left_x == 0 { run(at_x, step_x - ONE) } else { left_x };
        left_y = if left_y == 0 { run(at_y, step_y) } else { left_y };
        let samples = left_x.min(left_y).min((to - u) as i64);
        left_x -= samples;
        left_y -= samples;
        let length = samples as usize;
        let upper = source.row(line).get(column..).unwrap_or_default();
        let lower = source.row((line + 1).min(last_row)).get(column..).unwrap_or_default();
        let weights = (Weight::new(at_x, step_x - ONE), Weight::new(at_y, step_y));
        blend(out.get_mut(u..).unwrap_or_default(), length, (upper, lower), weights, gain);
        u += length;
    }
    fill(out, to, columns.end, beyond);
}

fn fill(out: &mut [u8], from: usize, to: usize, value: u8) {
    out.get_mut(from..to).unwrap_or_default().fill(value);
}

/// The part of `range` in which `start + u × step` lies between the middles of the first and the last
/// of `size` samples.
fn clip((from, to): (i64, i64), start: i64, step: i64, size: usize) -> (i64, i64) {
    let last = (size as i64 - 1) * ONE;
    match step {
        0 if (0..=last).contains(&start) => (from, to),
        0 => (from, from),
        1.. => (from.max(-((start).div_euclid(step))), to.min((last - start).div_euclid(step) + 1)),
        _ => {
            let back = -step;
            (from.max(-((last - start).div_euclid(back))), to.min(start.div_euclid(back) + 1))
        }
    }
}

/// For how many samples the whole part of a position stays as it is, if it drifts by `drift` a sample.
fn run(at: i64, drift: i64) -> i64 {
    let part = at & (ONE - 1);
    match drift {
        0 => i64::MAX,
        1.. => (ONE - 1 - part) / drift + 1,
        _ => part / -drift + 1,
    }
}

/// The weight of the farther neighbour along a run, in 1/65536.
#[derive(Clone, Copy)]
struct Weight {
    first: u16,
    /// Modulo 65536, towards zero, so that it never leaves its range before the run ends.
    step: u16,
}

impl Weight {
    fn new(at: i64, drift: i64) -> Self {
        Self { first: ((at & (ONE - 1)) >> 16) as u16, step: (drift / 65_536) as u16 }
    }

    /// In 1/128: a product with a difference of two samples still fits into 16 bits.
    fn at(self, index: u16) -> i16 {
        (self.first.wrapping_add(index.wrapping_mul(self.step)) >> 9) as i16
    }
}

/// Always a part of [`draw`], and so made for the same processor.
#[inline(always)]
fn blend(
    mut out: &mut [u8],
    length: usize,
    (mut upper, mut lower): (&[u8], &[u8]),
    (x, y): (Weight, Weight),
    Gain(gain): Gain,
) {
    for first in (0..length).step_by(LANES) {
        let (Some((to, rest)), Some(above), Some(below)) = (
            out.split_first_chunk_mut::<LANES>(),
            upper.first_chunk::<OVERRUN>(),
            lower.first_chunk::<OVERRUN>(),
        ) else {
            return;
        };
        for lane in 0..LANES {
            let index = (first + lane) as u16;
            let (right, down) = (x.at(index), y.at(index));
            let mix = |a: i16, b: i16, share: i16| a + (((b - a) * share + 64) >> 7);
            let top = mix(above[lane].into(), above[lane + 1].into(), right);
            let bottom = mix(below[lane].into(), below[lane + 1].into(), right);
            let value = mix(top, bottom, down);
            to[lane] = ((value as u16 * gain + 64) >> 7).min(255) as u8;
        }
        out = rest;
        upper = upper.get(LANES..).unwrap_or_default();
        lower = lower.get(LANES..).unwrap_or_default();
    }
}
