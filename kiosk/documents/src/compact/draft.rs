//! What is kept of a page while its bands go by: where there is ink, and the page in small.

use std::io;

use multiversion::multiversion;

use crate::finish::{Layout, Samples};
use crate::gather;

use super::bitmap::{Bitmap, WORD};
use super::faint::{self, Faint};
use super::held::Held;
use super::small::{self, Small, redness};

/// A page of which nothing has been decided.
pub(super) struct Draft {
    /// Pixels of the page to one of the page in small, across and down: 1, 2, 4 or 8.
    pub(super) scale: usize,
    pub(super) ink: Bitmap,
    /// The cells of [`Faint`] that have a limit of their own.
    pub(super) faint: Bitmap,
    pub(super) small: Small,
}

/// Makes a draft, band by band.
pub(super) struct Drafter {
    layout: Layout,
    /// Samples of brightness to one of colour, across and down.
    ratio: (usize, usize),
    /// How bright paper is in each word's columns, as far as seen; it decays where none is seen.
    paper: Vec<u8>,
    faint: Faint,
    /// Rows whose ink has not been found: of brightness, and of red.
    held: [Held; 2],
    /// Rows seen, and those whose ink has been found.
    done: usize,
    found: usize,
    sums: Vec<u16>,
    /// Below which brightness there is ink, for a row's pixels.
    limits: Vec<u8>,
    draft: Draft,
}

impl Drafter {
    /// # Errors
    /// When the system has no memory for the page in small.
    pub(super) fn new(layout: Layout, dpi: Option<u32>) -> io::Result<Self> {
        let Layout { width, height, .. } = layout;
        let scale = scale((width, height), dpi);
        let ink = Bitmap::new(width, height);
        let small = Small::new(width.div_ceil(scale), height.div_ceil(scale), layout.planes())?;
        let cells = |pixels: usize| pixels.div_ceil(faint::CELL);
        let ratio = layout.subsampling().unwrap_or((1, 1));
        // Rows of cells for which Faint waits, one that is not whole, and a band.
        let late = (Faint::LATE + 1) * faint::CELL * scale;
        let held = [(0, 1), (2, ratio.1)].map(|(plane, down)| {
            Held::new(layout.size(plane).0, late.div_ceil(down) + 1 + layout.band_rows(plane))
        });
        Ok(Self {
            layout,
            ratio,
            paper: vec![0; ink.stride()],
            faint: Faint::new((small.width, small.height), scale == 1),
            held,
            done: 0,
            found: 0,
            sums: vec![0; small.width],
            limits: vec![0; ink.stride() * WORD],
            draft: Draft { scale, ink, faint: Bitmap::new(cells(small.width), cells(small.height)), small },
        })
    }

    pub(super) fn band(&mut self, planes: &[Samples<&[u8]>]) {
        let rows = self.layout.band_rows(0).min(self.layout.height.saturating_sub(self.done));
        for (plane, samples) in planes.iter().enumerate() {
            self.shrink(plane, samples, rows);
        }
        for (held, plane) in self.held.iter_mut().zip([0, 2]) {
            if let Some(samples) = planes.get(plane) {
                held.take(samples, self.layout.band_rows(plane));
            }
        }
        self.look_at_paper(rows);
        self.done += rows;
    }

    pub(super) fn finish(mut self) -> Draft {
        for _ in 0..=Faint::LATE {
            let limits = self.faint.beyond();
            limits.into_iter().for_each(|limits| self.find_ink(&limits));
        }
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
        // Across a black bar of 8 mm, at 300 dots per inch, half of it is forgotten.
        self.paper.iter_mut().for_each(|paper| *paper = paper.saturating_sub(rows as u8 / 2));
        let scale = self.draft.scale;
        for y in self.done / scale..(self.done + rows).div_ceil(scale) {
            let row = self.draft.small.without_seals(y);
            for (paper, part) in self.paper.iter_mut().zip(row.chunks(WORD / scale)) {
                *paper = part.iter().fold(*paper, |brightest, &bright| bright.max(brightest));
            }
            if let Some(limits) = self.faint.row(&row, self.draft.small.row(2, y)) {
                self.find_ink(&limits);
            }
        }
    }

    /// Finds the ink of the next row of cells, which has these limits for what is faint.
    fn find_ink(&mut self, faint: &[u8]) {
        self.set_limits(faint);
        let Self { layout, ratio, paper, held: [luma, red], limits, found, draft, .. } = self;
        let rows = *found..(*found + faint::CELL * draft.scale).min(layout.height);
        *found = rows.end;
        for y in rows {
            let (above, bits) = draft.ink.row_below(y);
            find_ink(above, bits, luma.row(y), red.row(y / ratio.1), ratio.0, paper, limits);
        }
    }

    /// Below which brightness there is ink, for the pixels of a row of cells.
    fn set_limits(&mut self, faint: &[u8]) {
        /// Paper is brighter than this, or none.
        const DARKEST_PAPER: u8 = 100;
        /// In hundredths of paper's brightness: beyond the middle, since thin strokes are not as dark as ink,
        /// and those of coarse scans, which are hardly wider than a sample, still less so.
        const SHARE: [u16; 2] = [70, 75];
        let Self { paper, found, limits, draft: Draft { scale, faint: marked, .. }, .. } = self;
        let share = if *scale > 1 { SHARE[0] } else { SHARE[1] };
        let side = faint::CELL * *scale;
        let words = limits.as_chunks_mut::<WORD>().0.iter_mut().enumerate();
        for ((word, limits), cells) in words.zip(faint.chunks(WORD / side)) {
            let paper = around(paper, word);
            let limit = if paper < DARKEST_PAPER { 0 } else { (u16::from(paper) * share / 100) as u8 };
            limits.fill(limit);
            // In most words there is nothing faint.
            if limit == 0 || cells.iter().fold(0, |highest, &cell| cell.max(highest)) <= limit {
                continue;
            }
            for (number, (limits, &cell)) in limits.chunks_mut(side).zip(cells).enumerate() {
                if cell == faint::IN_PICTURE {
                    limits.fill(0);
                } else if cell > limit {
                    limits.fill(cell);
                    marked.set(word * WORD / side + number, *found / side);
                }
            }
        }
    }
}

/// The brightness of paper at a word, and beside it.
fn around(paper: &[u8], word: usize) -> u8 {
    [Some(word), word.checked_sub(1), word.checked_add(1)]
        .into_iter()
        .flatten()
        .filter_map(|word| paper.get(word))
        .fold(0, |brightest, &paper| paper.max(brightest))
}

/// Finds the ink of a row below another: what is darker than its limit, and not because it is red.
/// One sample of red is for so many of brightness.
#[multiversion(targets("x86_64+avx2"))]
fn find_ink(
    above: &[u64],
    bits: &mut [u64],
    luma: &[u8],
    red: &[u8],
    ratio: usize,
    paper: &[u8],
    limits: &[u8],
) {
    /// How near its limit a sample is undecided.
    const DOUBT: u8 = 24;
    let mut before = 0;
    let limits = limits.as_chunks::<WORD>().0;
    for (word, ((luma, limits), bits)) in luma.chunks(WORD).zip(limits).zip(bits).enumerate() {
        let luma = gather::samples(luma, u8::MAX);
        // Most words are white.
        if luma.iter().zip(limits).fold(true, |white, (luma, limit)| white & (luma >= limit)) {
            before = 0;
            continue;
        }
        let mut limits = *limits;
        let paper = around(paper, word);
        let red = red.get(word * WORD / ratio..).unwrap_or_default();
        match ratio {
            1 => lower::<1>(&mut limits, red),
            2 => lower::<2>(&mut limits, red),
            _ => lower::<4>(&mut limits, red),
        }
        let (mut sure, mut middle, mut perhaps) = ([0; WORD], [0; WORD], [0; WORD]);
        let ink = sure.iter_mut().zip(&mut middle).zip(&mut perhaps);
        for (((sure, middle), perhaps), (&luma, &limit)) in ink.zip(luma.iter().zip(&limits)) {
            // Less where ink and paper are less apart.
            let doubt = DOUBT.min(paper.saturating_sub(limit) / 2);
            *sure = u8::from(luma < limit.saturating_sub(doubt));
            *middle = u8::from(luma < limit);
            *perhaps = u8::from(limit > 0 && luma < limit.saturating_add(doubt));
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
