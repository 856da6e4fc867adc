//! Where photographs are: they have tones between ink and paper over whole areas, which print has only at
//! its edges, or a grain finer than any print.

use crate::gather;

use super::bitmap::{self, Bitmap, WORD};
use super::draft::Draft;
use super::grid::{Grid, Span};

/// Side of a cell in pixels of the page in small: 2.7 mm at most.
const CELL: usize = 16;

/// Takes all ink out of photographs: they are not print, however dark.
pub(super) fn keep_out(draft: &mut Draft) {
    let photos = find(draft);
    let side = CELL * draft.scale;
    for y in 0..draft.ink.height() {
        let photo = bitmap::cells(photos.row(y / side), side, draft.ink.stride());
        for (bits, photo) in draft.ink.row_mut(y).iter_mut().zip(photo) {
            *bits &= !photo;
        }
    }
}

fn find(draft: &Draft) -> Grid {
    /// Pixels of a cell inside areas of middle tones: it is a photograph. The same, or inside dark areas:
    /// it belongs to one, if there is one beside it.
    const SURE: u32 = 64;
    const LIKELY: u32 = 20;
    /// A single cell may be a blot.
    const FEWEST: usize = 4;
    let (width, height) = (draft.small.width.div_ceil(CELL), draft.small.height.div_ceil(CELL));
    let (toned, dark) = tones(draft);
    let toned = count(&toned, CELL, (width, height));
    let dark = count(&dark, CELL, (width, height));
    let busy = busy(draft, (width, height));
    let sure = Grid::of(width, height, |x, y| {
        let cell = y * width + x;
        toned.get(cell).is_some_and(|&count| count >= SURE) || busy.get(cell).is_some_and(|busy| *busy)
    });
    let likely = Grid::of(width, height, |x, y| {
        let cell = y * width + x;
        let many = |counts: &[u32]| counts.get(cell).is_some_and(|&count| count >= LIKELY);
        sure.is(x, y) || many(&toned) || many(&dark)
    });
    let mut photos = Grid::new(width, height);
    for group in likely.groups() {
        let Some(around) = Span::around(&group) else { continue };
        if group.iter().filter(|&&(x, y)| sure.is(x, y)).count() < FEWEST {
            continue;
        }
        // Most photographs are upright rectangles, and black and white are in them too.
        if group.len() * 10 >= around.size() * 6 {
            photos.mark_all(around);
        }
        group.iter().for_each(|&(x, y)| photos.mark(x, y));
    }
    // The cells that a photograph fills in part.
    photos.grown()
}

/// Pixels of the page in small that are, like all their neighbours, neither as dark as ink nor as bright
/// as paper; and those that are, like all around them, not bright, which are further inside than those of
/// any letter but the largest. Seals do not count.
fn tones(draft: &Draft) -> (Bitmap, Bitmap) {
    /// 1.2 mm wide at most.
    const AROUND: usize = 3;
    const TONES: std::ops::Range<u8> = 70..195;
    let small = &draft.small;
    let (mut others, mut bright) =
        (Bitmap::new(small.width, small.height), Bitmap::new(small.width, small.height));
    for y in 0..small.height {
        let tones = small.without_seals(y);
        let others = others.row_mut(y).iter_mut().zip(bright.row_mut(y));
        for ((others, bright), tones) in others.zip(tones.chunks(WORD)) {
            // Beyond the page is neither.
            let tones = gather::samples(tones, TONES.start);
            *others = gather::word(&tones.map(|tone| u8::from(!TONES.contains(&tone))));
            *bright = gather::word(&tones.map(|tone| u8::from(tone >= TONES.end)));
        }
    }
    for _ in 0..AROUND {
        bright = bright.grown();
    }
    (others.grown().inverted(), bright.inverted())
}

/// The number of set bits in each cell of `side` pixels.
fn count(bitmap: &Bitmap, side: usize, (width, height): (usize, usize)) -> Vec<u32> {
    let mut counts = vec![0; width * height];
    for y in 0..bitmap.height() {
        for (word, &bits) in bitmap.row(y).iter().enumerate().filter(|(_, bits)| **bits != 0) {
            let part = side.min(WORD);
            for first in (0..WORD).step_by(part) {
                let piece = bits << first >> (WORD - part);
                let cell = y / side * width + (word * WORD + first) / side;
                if piece != 0
                    && let Some(count) = counts.get_mut(cell)
                {
                    *count += piece.count_ones();
                }
            }
        }
    }
    counts
}

/// The cells in which ink and paper change as often as pixels of the page in small: dots of a printed
/// photograph. Small print at 6 points is half as dense.
fn busy(draft: &Draft, (width, height): (usize, usize)) -> Vec<bool> {
    let side = CELL * draft.scale;
    let changes = draft.ink.changes();
    let most = (side * CELL * 7 / 8) as u32;
    count(&changes, side, (width, height)).into_iter().map(|count| count > most).collect()
}
