//! The page in small: brightness and two colours, all of one size.

use std::io;
use std::ops::Range;

use multiversion::multiversion;

use crate::memory::Memory;

/// White paper, in all planes.
pub(super) const WHITE: [u8; 3] = [255, 128, 128];

/// Planes of full colour, or one of grey.
#[derive(Debug)]
pub(super) struct Small {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) planes: usize,
    /// One plane after the other: rows of `width` samples without gaps.
    samples: Memory,
}

impl Small {
    /// # Errors
    /// When the system has no memory for it.
    pub(super) fn new(width: usize, height: usize, planes: usize) -> io::Result<Self> {
        Ok(Self { width, height, planes, samples: Memory::new(width * height * planes)? })
    }

    /// A plane; empty when there is none.
    pub(super) fn plane(&self, plane: usize) -> &[u8] {
        self.samples.get(self.range(plane)).unwrap_or_default()
    }

    pub(super) fn plane_mut(&mut self, plane: usize) -> &mut [u8] {
        let range = self.range(plane);
        self.samples.get_mut(range).unwrap_or_default()
    }

    fn range(&self, plane: usize) -> Range<usize> {
        let size = self.width * self.height;
        let plane = plane.min(self.planes);
        plane * size..(plane + 1).min(self.planes) * size
    }

    /// A row of a plane; empty when there is none.
    pub(super) fn row(&self, plane: usize, y: usize) -> &[u8] {
        self.plane(plane).get(y * self.width..(y + 1) * self.width).unwrap_or_default()
    }

    pub(super) fn row_mut(&mut self, plane: usize, y: usize) -> &mut [u8] {
        let row = y * self.width..(y + 1) * self.width;
        self.plane_mut(plane).get_mut(row).unwrap_or_default()
    }

    /// Brightness, blue and red at a place; what is missing is that of white.
    pub(super) fn colour(&self, x: usize, y: usize) -> [u8; 3] {
        let mut colour = WHITE;
        for (plane, sample) in colour.iter_mut().enumerate() {
            *sample = self.plane(plane).get(y * self.width + x).copied().unwrap_or(*sample);
        }
        colour
    }

    /// The brightness of a row as it would be without the ink of seals. That is red without any yellow:
    /// wood and skin, which are red too, stay as they are.
    pub(super) fn without_seals(&self, y: usize) -> Vec<u8> {
        let mut row = self.row(0, y).to_vec();
        lighten(&mut row, self.row(1, y), self.row(2, y));
        row
    }
}

/// Takes the ink of seals out of a row, where there are colours.
#[multiversion(targets("x86_64+avx2"))]
fn lighten(row: &mut [u8], blue: &[u8], red: &[u8]) {
    for (luma, (&blue, &red)) in row.iter_mut().zip(blue.iter().zip(red)) {
        let yellow = 128u8.saturating_sub(blue);
        let is_seal = yellow.saturating_mul(2) <= red.saturating_sub(128);
        *luma = luma.saturating_add(if is_seal { redness(red) } else { 0 });
    }
}

/// How much darker red ink makes paper, as its colour tells: in red light seals are almost as bright as
/// paper, and print below them is not.
#[inline(always)]
pub(super) fn redness(red: u8) -> u8 {
    red.saturating_sub(128).saturating_mul(2)
}

/// Makes one row of means out of rows of samples, each of `across` samples of each of them.
pub(super) fn shrink<'a>(
    mut rows: impl ExactSizeIterator<Item = &'a [u8]>,
    across: usize,
    sums: &mut [u16],
    out: &mut [u8],
) {
    if across == 1 && rows.len() == 1 {
        let row = rows.next().unwrap_or_default();
        out.iter_mut().zip(row).for_each(|(out, &sample)| *out = sample);
        return;
    }
    let count = across * rows.len();
    sums.fill(0);
    rows.for_each(|row| add(row, across, sums));
    means(sums, count, out);
}

#[multiversion(targets("x86_64+avx2"))]
fn add(row: &[u8], across: usize, sums: &mut [u16]) {
    match across {
        2 => add_each::<2>(row, sums),
        4 => add_each::<4>(row, sums),
        8 => add_each::<8>(row, sums),
        _ => add_each::<1>(row, sums),
    }
}

#[inline(always)]
fn add_each<const ACROSS: usize>(row: &[u8], sums: &mut [u16]) {
    for (samples, sum) in row.as_chunks::<ACROSS>().0.iter().zip(sums) {
        *sum += samples.iter().map(|&sample| u16::from(sample)).sum::<u16>();
    }
}

/// The means of sums of `count` samples, which is a power of two.
#[multiversion(targets("x86_64+avx2"))]
fn means(sums: &[u16], count: usize, out: &mut [u8]) {
    let (half, shift) = ((count / 2) as u16, count.trailing_zeros());
    for (out, sum) in out.iter_mut().zip(sums) {
        *out = ((*sum + half) >> shift) as u8;
    }
}

/// As [`shrink`] for planes that are coarser than the page in small: each sample `times` over, twice or four
/// times.
pub(super) fn widen(row: &[u8], times: usize, out: &mut [u8]) {
    match times {
        2 => widen_each::<2>(row, out),
        _ => widen_each::<4>(row, out),
    }
}

fn widen_each<const TIMES: usize>(row: &[u8], out: &mut [u8]) {
    let (whole, rest) = out.as_chunks_mut::<TIMES>();
    // The last sample may stand for fewer.
    let last = row.get(whole.len()).copied();
    whole.iter_mut().zip(row).for_each(|(out, &sample)| *out = [sample; TIMES]);
    if let Some(last) = last {
        rest.fill(last);
    }
}
