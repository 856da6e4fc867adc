//! Print that is not black, such as pencil and pale ink. How dark its strokes are differs from place to place,
//! so they are held against the paper right beside them: below which brightness there is ink is found anew for
//! each few pixels.
//!
//! Paper there is what remains when all that is narrow is taken away, dark strokes first, then what is bright:
//! lines of white print. So tinted fields are paper, and neither they nor their edges, nor what remains of them
//! between white letters, are strokes.
//!
//! On coarse scans, whose strokes are hardly wider than a pixel, one bit a pixel is too little for pale print:
//! there all of it is left to the picture below, which is as fine as the page.

use std::collections::VecDeque;

use multiversion::multiversion;

/// Side of a cell, in pixels of the page in small: 0.34 mm at most.
pub(super) const CELL: usize = 2;

/// What is narrower than twice so many cells is taken away.
const NARROW: usize = 2;
/// Cells on either side of a stroke's darkest that hold its soft edges.
const EDGE: usize = 1;

/// Cells by which fields are widened again: those on their edge hold paper, too, and for those beside it they
/// would be strokes.
const FIELD: usize = NARROW + 1 + EDGE;

/// White print on a field is a bright band once the gaps between its letters are gone. Bands no wider than twice
/// that many cells and what [`FIELD`] takes of them are taken away: 5.4 mm at most, a line of 14 points.
const BAND: usize = 6;

/// The limit where ink belongs to the picture.
pub(super) const IN_PICTURE: u8 = u8::MAX;

/// Takes the rows of the page in small, and gives the limits of each row of cells somewhat later.
pub(super) struct Faint {
    width: usize,
    height: usize,
    coarse: bool,
    /// The brightest and the darkest pixels of cells of which one row has been seen.
    begun: Option<[Vec<u8>; 2]>,
    widened: Spread,
    narrowed: Spread,
    opened: Spread,
    strokes: Spread,
    /// How dark the strokes are in rows whose paper is not known yet.
    waiting: VecDeque<Vec<u8>>,
}

impl Faint {
    /// So many rows of cells below it must be seen before the limits of one are known.
    pub(super) const LATE: usize = NARROW + FIELD + 2 * BAND;

    /// For a page in small of that size; `coarse` if the page itself is no larger.
    pub(super) fn new((width, height): (usize, usize), coarse: bool) -> Self {
        Self {
            width: width.div_ceil(CELL),
            height: height.div_ceil(CELL),
            coarse,
            begun: None,
            widened: Spread::new(NARROW),
            narrowed: Spread::new(FIELD + BAND),
            opened: Spread::new(BAND),
            // Nor are all strokes of a letter as dark, if they are that thin.
            strokes: Spread::new(if coarse { NARROW + FIELD } else { EDGE }),
            waiting: VecDeque::new(),
        }
    }

    /// Takes the brightness of the next row, without the ink of seals, and how red it is. Of the row of cells
    /// whose turn it is the limits are returned: what is darker is ink. They are 0 where there are no strokes,
    /// and [`IN_PICTURE`] where there is to be no ink.
    pub(super) fn row(&mut self, luma: &[u8], red: &[u8]) -> Option<Vec<u8>> {
        let mut dark = luma.to_vec();
        blacken(&mut dark, red);
        match self.begun.take() {
            None => {
                self.begun = Some([luma.to_vec(), dark]);
                None
            }
            Some([mut brightest, mut darkest]) => {
                raise(&mut brightest, luma);
                lower(&mut darkest, &dark);
                self.cells(&brightest, &darkest)
            }
        }
    }

    /// The same for what lies below the page.
    pub(super) fn beyond(&mut self) -> Option<Vec<u8>> {
        match self.begun.take() {
            Some([brightest, darkest]) => self.cells(&brightest, &darkest),
            None => self.limits(vec![0; self.width], vec![0; self.width]),
        }
    }

    fn cells(&mut self, brightest: &[u8], darkest: &[u8]) -> Option<Vec<u8>> {
        let (mut brightness, mut darkness) = (vec![0; self.width], vec![0; self.width]);
        halve(brightest, darkest, &mut brightness, &mut darkness);
        self.limits(brightness, darkness)
    }

    fn limits(&mut self, brightness: Vec<u8>, darkness: Vec<u8>) -> Option<Vec<u8>> {
        self.waiting.extend(self.strokes.push(darkness));
        let mut paper = self.widened.push(brightness)?;
        if self.widened.given() > self.height {
            // Below the page nothing is dark.
            paper.fill(0);
        } else {
            invert(&mut paper);
        }
        let mut paper = self.narrowed.push(paper)?;
        if self.narrowed.given() > self.height {
            // Nor is anything bright.
            paper.fill(0);
        } else {
            invert(&mut paper);
        }
        let mut paper = self.opened.push(paper)?;
        let darkness = self.waiting.pop_front()?;
        if self.coarse {
            leave(&mut paper, &darkness);
        } else {
            decide(&mut paper, &darkness);
        }
        Some(paper)
    }
}

/// Gives each place the highest value of those around it.
struct Spread {
    /// How far around: all steps together.
    reach: usize,
    steps: Vec<Step>,
    taken: usize,
}

impl Spread {
    fn new(reach: usize) -> Self {
        let (mut steps, mut reached) = (Vec::new(), 0);
        while reached < reach {
            // If it were longer, what lies between would be missed at the page's ends.
            let by = (reached + 1).min(reach - reached);
            steps.push(Step { by, rows: VecDeque::new() });
            reached += by;
        }
        Self { reach, steps, taken: 0 }
    }

    /// Takes a row, and gives the one `reach` rows above it.
    fn push(&mut self, row: Vec<u8>) -> Option<Vec<u8>> {
        self.taken += 1;
        self.steps.iter_mut().try_fold(row, |row, step| step.push(row))
    }

    /// Rows given so far.
    fn given(&self) -> usize {
        self.taken.saturating_sub(self.reach)
    }
}

/// Gives each place the highest of its own value and those a step away.
struct Step {
    by: usize,
    /// The last rows, spread across.
    rows: VecDeque<Vec<u8>>,
}

impl Step {
    /// Takes a row, and gives the one a step above it.
    fn push(&mut self, mut row: Vec<u8>) -> Option<Vec<u8>> {
        let oldest = if self.rows.len() > 2 * self.by { self.rows.pop_front() } else { None };
        let mut wide = oldest.unwrap_or_default();
        wide.clone_from(&row);
        raise(wide.get_mut(self.by..).unwrap_or_default(), &row);
        raise(&mut wide, row.get(self.by..).unwrap_or_default());
        self.rows.push_back(wide);
        let mut rows = self.rows.iter().rev().step_by(self.by);
        let (below, own) = (rows.next()?, rows.next()?);
        row.clone_from(own);
        raise(&mut row, below);
        rows.next().into_iter().for_each(|above| raise(&mut row, above));
        Some(row)
    }
}

/// What is red counts as black, which has a limit of its own: strokes of seals are sharper than their colour,
/// and at their edges would seem to be grey.
#[multiversion(targets("x86_64+avx2"))]
fn blacken(row: &mut [u8], red: &[u8]) {
    /// Tinted paper is less red.
    const RED: u8 = 128 + 16;
    row.iter_mut().zip(red).for_each(|(luma, &red)| *luma = if red > RED { 0 } else { *luma });
}

#[multiversion(targets("x86_64+avx2"))]
fn raise(row: &mut [u8], by: &[u8]) {
    row.iter_mut().zip(by).for_each(|(sample, &by)| *sample = by.max(*sample));
}

#[multiversion(targets("x86_64+avx2"))]
fn lower(row: &mut [u8], by: &[u8]) {
    row.iter_mut().zip(by).for_each(|(sample, &by)| *sample = by.min(*sample));
}

#[multiversion(targets("x86_64+avx2"))]
fn invert(row: &mut [u8]) {
    row.iter_mut().for_each(|sample| *sample = !*sample);
}

/// Two columns become one: how bright its brightest is, and how dark its darkest.
#[multiversion(targets("x86_64+avx2"))]
fn halve(brightest: &[u8], darkest: &[u8], brightness: &mut [u8], darkness: &mut [u8]) {
    pairs(brightest, brightness, |a, b| a.max(b));
    pairs(darkest, darkness, |a, b| !a.min(b));
}

/// The last may be alone.
#[inline(always)]
fn pairs(row: &[u8], out: &mut [u8], join: impl Fn(u8, u8) -> u8) {
    let (pairs, last) = row.as_chunks::<CELL>();
    out.iter_mut().zip(pairs).for_each(|(out, &[a, b])| *out = join(a, b));
    if let (Some(&last), Some(out)) = (last.first(), out.get_mut(pairs.len())) {
        *out = join(last, last);
    }
}

/// Makes limits of how bright paper is, and how dark the strokes on it.
#[multiversion(targets("x86_64+avx2"))]
fn decide(paper: &mut [u8], darkness: &[u8]) {
    for (paper, &darkness) in paper.iter_mut().zip(darkness) {
        let contrast = paper.saturating_sub(!darkness);
        // Beyond the middle, since the thin strokes beside the darkest are not as dark.
        let limit = *paper - (contrast / 8 * 3 + contrast % 8 * 3 / 8);
        *paper = if is_stroke(*paper, contrast) { limit } else { 0 };
    }
}

/// The same for coarse pages: strokes of letters that are nowhere dark are left to the picture.
#[multiversion(targets("x86_64+avx2"))]
fn leave(paper: &mut [u8], darkness: &[u8]) {
    for (paper, &darkness) in paper.iter_mut().zip(darkness) {
        let contrast = paper.saturating_sub(!darkness);
        let pale = is_stroke(*paper, contrast) && contrast < *paper / 8 * 5;
        *paper = if pale { IN_PICTURE } else { 0 };
    }
}

/// What is not darker than that is grain, or shines through from behind.
#[inline(always)]
fn is_stroke(paper: u8, contrast: u8) -> bool {
    const PART: u8 = 12;
    contrast > paper / PART
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All limits of a page whose pixels are these.
    fn limits(rows: &[Vec<u8>], red: u8, coarse: bool) -> Vec<Vec<u8>> {
        let (width, height) = (rows[0].len(), rows.len());
        let mut faint = Faint::new((width, height), coarse);
        let mut limits: Vec<_> = rows.iter().filter_map(|row| faint.row(row, &vec![red; width])).collect();
        while limits.len() < height.div_ceil(CELL) {
            limits.extend(faint.beyond());
        }
        limits
    }

    /// A page of paper with one stroke or field of this brightness, from a column to before another.
    fn stroke(paper: u8, ink: u8, (left, right): (usize, usize)) -> Vec<Vec<u8>> {
        let row: Vec<_> = (0..60).map(|x| if (left..right).contains(&x) { ink } else { paper }).collect();
        vec![row; 40]
    }

    #[test]
    fn strokes_have_limits_between_them_and_their_paper() {
        for (paper, ink, width) in
            [(250, 110, 1), (250, 150, 2), (250, 190, 3), (250, 225, 4), (200, 120, 4), (250, 150, 7)]
        {
            for left in 20..24 {
                for row in limits(&stroke(paper, ink, (left, left + width)), 128, false) {
                    for x in left - 2..left + width + 2 {
                        let limit = row[x / CELL];
                        assert!(limit > ink && limit < paper, "{limit} at {x}: {ink} on {paper}");
                        assert!(limit - ink > paper - limit, "thin parts are ink, too: {limit}");
                    }
                    assert!(row[..left / CELL - 2].iter().all(|limit| *limit == 0));
                }
            }
        }
    }

    #[test]
    fn fields_grain_and_seals_have_none() {
        let row = |y: usize| (0..60).map(|x: usize| 240 - ((x * 7 + y * 5) % 16) as u8).collect();
        let grain: Vec<Vec<u8>> = (0..40).map(row).collect();
        for (name, page, red) in [
            ("a field", stroke(250, 180, (14, 40)), 128),
            ("a field of an odd side", stroke(250, 120, (15, 33)), 128),
            ("a field to the page's end", stroke(250, 150, (31, 60)), 128),
            ("what shines through", stroke(250, 232, (20, 23)), 128),
            ("grain", grain, 128),
            ("a seal", stroke(250, 190, (20, 23)), 170),
        ] {
            let limits = limits(&page, red, false);
            assert!(limits.iter().flatten().all(|limit| *limit == 0 || *limit < 180), "{name}: {limits:?}");
        }
    }

    #[test]
    fn coarse_strokes_are_left_to_the_picture_unless_they_are_dark() {
        for (ink, expected) in [(60, 0), (90, 0), (130, IN_PICTURE), (190, IN_PICTURE), (240, 0)] {
            for row in limits(&stroke(250, ink, (20, 22)), 128, true) {
                assert_eq!(row[9..12], [expected; 3], "{ink}");
            }
        }
        let mut letter = stroke(250, 170, (20, 22));
        letter[18][21] = 70;
        assert_eq!(limits(&letter, 128, true)[8][10], 0, "part of it is dark");
    }

    proptest! {
        /// However the page is cut into rows, each cell has the limit that all of the page together gives it.
        #[test]
        fn limits_are_those_of_the_whole_page(
            rows in (1usize..72, 1usize..72).prop_flat_map(|(width, height)| {
                proptest::collection::vec(proptest::collection::vec(any::<u8>(), width), height)
            })
        ) {
            let (width, height) = (rows[0].len().div_ceil(CELL), rows.len().div_ceil(CELL));
            let near = |at: usize, reach: usize, size: usize| at.saturating_sub(reach)..(at + reach + 1).min(size);
            let spread = |from: &[Vec<u8>], reach: usize, join: fn(u8, u8) -> u8| -> Vec<Vec<u8>> {
                let around = |x: usize, y: usize| {
                    near(y, reach, height).flat_map(move |y| near(x, reach, width).map(move |x| (x, y)))
                };
                let joined = |x, y| around(x, y).map(|(x, y)| from[y][x]).reduce(join).unwrap();
                (0..height).map(|y| (0..width).map(|x| joined(x, y)).collect()).collect()
            };
            let cells = |join: fn(u8, u8) -> u8| -> Vec<Vec<u8>> {
                let rows = rows.chunks(CELL).map(|rows| rows.iter().cloned().reduce(|mut row, below| {
                    row.iter_mut().zip(below).for_each(|(own, below)| *own = join(*own, below));
                    row
                }));
                let halved = |row: Vec<u8>| row.chunks(CELL).map(|cell| cell.iter().copied().reduce(join).unwrap()).collect();
                rows.map(|row| halved(row.unwrap())).collect()
            };
            let widened = spread(&cells(u8::max), NARROW, u8::max);
            let paper = spread(&spread(&widened, FIELD + BAND, u8::min), BAND, u8::max);
            let darkest = spread(&cells(u8::min), EDGE, u8::min);
            let found = limits(&rows, 128, false);
            prop_assert_eq!(found.len(), height);
            for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
                let mut expected = [paper[y][x]];
                decide(&mut expected, &[!darkest[y][x]]);
                prop_assert_eq!(found[y][x], expected[0], "{}, {}", x, y);
            }
        }
    }
}
