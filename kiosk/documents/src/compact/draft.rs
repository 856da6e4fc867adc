//! What is kept of a page while its bands go by: where there is ink, and the page in small.

use multiversion::multiversion;

use crate::finish::{Layout, Samples};
use crate::gather;

use super::bitmap::{Bitmap, WORD};
use super::small::{self, Small, redness};

/// A page of which nothing has been decided.
pub(super) struct Draft {
    /// Pixels of the page to one of the page in small, across and down: 1, 2, 4 or 8.
    pub(super) scale: usize,
    pub(super) ink: Bitmap,
    pub(super) small: Small,
}

/// Makes a draft, band by band.
pub(super) struct Drafter {
    layout: Layout,
    /// Samples of brightness to one of colour, across and down.
    ratio: (usize, usize),
    /// How bright paper is in each word's columns, as far as seen; it decays where none is seen.
    paper: Vec<u8>,
    /// Rows done.
    done: usize,
    sums: Vec<u16>,
    draft: Draft,
}

impl Drafter {
    pub(super) fn new(layout: Layout, dpi: Option<u32>) -> Self {
        let Layout { width, height, .. } = layout;
        let scale = scale((width, height), dpi);
        let ink = Bitmap::new(width, height);
        let small = Small::new(width.div_ceil(scale), height.div_ceil(scale), layout.planes());
        Self {
            layout,
            ratio: layout.subsampling().unwrap_or((1, 1)),
            paper: vec![0; ink.stride()],
            done: 0,
            sums: vec![0; small.width],
            draft: Draft { scale, ink, small },
        }
    }

    pub(super) fn band(&mut self, planes: &[Samples<&[u8]>]) {
        let rows = self.layout.band_rows(0).min(self.layout.height.saturating_sub(self.done));
        for (plane, samples) in planes.iter().enumerate() {
            self.shrink(plane, samples, rows);
        }
        self.look_at_paper(rows);
        let row = |plane: usize, y: usize| {
            let Samples { samples, stride } = planes.get(plane)?;
            samples.get(y * stride..(y + 1) * stride)
        };
        for y in 0..rows {
            let luma = row(0, y).and_then(|luma| luma.get(..self.layout.width)).unwrap_or_default();
            self.find_ink(self.done + y, luma, row(2, y / self.ratio.1));
        }
        self.done += rows;
    }

    pub(super) fn finish(self) -> Draft {
        self.draft
    }

    fn shrink(&mut self, plane: usize, from: &Samples<&[u8]>, rows: usize) {
        let Self { ratio, done, sums, draft: Draft { scale, small, .. }, .. } = self;
        let (across, down) = if plane == 0 { (1, 1) } else { *ratio };
        let row = |y: usize| from.samples.get(y * from.stride..(y + 1) * from.stride).unwrap_or_default();
        for y in 0..rows.div_ceil(*scale) {
            let out = small.row_mut(plane, *done / *scale + y);
            let first = y * *scale / down;
            if *scale >= across {
                let rows = (first..first + (*scale / down).max(1)).map(row);
                small::shrink(rows, *scale / across, sums, out);
            } else {
                small::widen(row(first), across / *scale, out);
            }
        }
    }

    /// The brightest of the page in small is paper, if it is bright enough.
    fn look_at_paper(&mut self, rows: usize) {
        let Self { paper, done, draft: Draft { scale, small, .. }, .. } = self;
        // Across a black bar of 8 mm, at 300 dots per inch, half of it is forgotten.
        paper.iter_mut().for_each(|paper| *paper = paper.saturating_sub(rows as u8 / 2));
        for y in *done / *scale..(*done + rows).div_ceil(*scale) {
            let row = small.without_seals(y);
            for (paper, part) in paper.iter_mut().zip(row.chunks(WORD / *scale)) {
                *paper = part.iter().fold(*paper, |brightest, &bright| bright.max(brightest));
            }
        }
    }

    fn find_ink(&mut self, y: usize, luma: &[u8], red: Option<&[u8]>) {
        /// In hundredths of paper's brightness: beyond the middle, since thin strokes are not as dark as ink,
        /// and those of coarse scans, which are hardly wider than a sample, still less so.
        const SHARE: [u16; 2] = [70, 75];
        let share = if self.draft.scale > 1 { SHARE[0] } else { SHARE[1] };
        let (above, bits) = self.draft.ink.row_below(y);
        find_ink(above, bits, luma, red.unwrap_or_default(), self.ratio.0, &self.paper, share);
    }
}

/// Finds the ink of a row below another: what is much darker than paper nearby, and not because it is red.
/// One sample of red is for so many of brightness.
#[multiversion(targets("x86_64+avx2"))]
fn find_ink(
    above: &[u64],
    bits: &mut [u64],
    luma: &[u8],
    red: &[u8],
    ratio: usize,
    paper: &[u8],
    share: u16,
) {
    /// Paper is brighter than this, or none.
    const DARKEST_PAPER: u8 = 100;
    /// How near its limit a sample is undecided.
    const DOUBT: u8 = 24;
    let paper = |word: usize| paper.get(word).copied().unwrap_or(0);
    let mut before = 0;
    for (word, (luma, bits)) in luma.chunks(WORD).zip(bits).enumerate() {
        let paper = paper(word).max(paper(word + 1)).max(paper(word.wrapping_sub(1)));
        let limit = if paper < DARKEST_PAPER { 0 } else { (u16::from(paper) * share / 100) as u8 };
        let luma = gather::samples(luma, u8::MAX);
        // Most words are white.
        if luma.iter().fold(u8::MAX, |darkest, &luma| darkest.min(luma)) >= limit {
            before = 0;
            continue;
        }
        let mut limits = [limit; WORD];
        let red = red.get(word * WORD / ratio..).unwrap_or_default();
        match ratio {
            1 => lower::<1>(&mut limits, red),
            2 => lower::<2>(&mut limits, red),
            _ => lower::<4>(&mut limits, red),
        }
        let (mut sure, mut middle, mut perhaps) = ([0; WORD], [0; WORD], [0; WORD]);
        let ink = sure.iter_mut().zip(&mut middle).zip(&mut perhaps);
        for (((sure, middle), perhaps), (&luma, &limit)) in ink.zip(luma.iter().zip(&limits)) {
            *sure = u8::from(luma < limit.saturating_sub(DOUBT));
            *middle = u8::from(luma < limit);
            *perhaps = u8::from(limit > 0 && luma < limit.saturating_add(DOUBT));
        }
        let ink = [&sure, &middle, &perhaps].map(gather::word);
        *bits = settled(ink, (above.get(word).copied().unwrap_or(0), before));
        before = *bits & 1;
    }
}

/// Lowers each limit by as much as red ink makes paper darker there; one sample of red is for `RATIO` limits.
#[inline(always)]
fn lower<const RATIO: usize>(limits: &mut [u8; WORD], red: &[u8]) {
    for (limits, &red) in limits.as_chunks_mut::<RATIO>().0.iter_mut().zip(red) {
        *limits = limits.map(|limit| limit.saturating_sub(redness(red)));
    }
}

/// Decides the pixels of a word that are ink by the highest limit and not by the lowest: each is as the
/// ones above and to its left, if these are alike, else as by the middle one. So edges become straight
/// within what the scan's noise leaves open, and cost less.
#[inline(always)]
fn settled([sure, middle, perhaps]: [u64; 3], (above, before): (u64, u64)) -> u64 {
    /// Undecided pixels seldom stand side by side for longer than that.
    const PASSES: usize = 3;
    (0..PASSES).fold(middle, |ink, _| {
        let left = ink >> 1 | before << (WORD - 1);
        sure | perhaps & (above & left | (above | left) & middle)
    })
}

/// How much smaller the page in small is: of at least 150 dots per inch, and of bounded size.
fn scale((width, height): (usize, usize), dpi: Option<u32>) -> usize {
    const LEAST_DPI: u32 = 150;
    const USUAL_DPI: u32 = 300;
    const MOST_PIXELS: usize = 8 << 20;
    let dpi = dpi.unwrap_or(USUAL_DPI);
    let fine = [8, 4, 2].into_iter().find(|&scale| dpi / scale as u32 >= LEAST_DPI).unwrap_or(1);
    let light = |scale: &usize| width.div_ceil(*scale) * height.div_ceil(*scale) <= MOST_PIXELS;
    [1, 2, 4, 8].into_iter().find(|scale| *scale >= fine && light(scale)).unwrap_or(8)
}
