//! Where faint ink is a texture: security patterns, screens and rough paper. Print has gaps between its lines,
//! and textures go on without any, across and down.

use std::ops::Range;

use multiversion::multiversion;

use crate::gather;

use super::bitmap::{Bitmap, WORD};
use super::draft::Draft;
use super::faint::CELL;
use super::small::Small;

/// Words in a strip of the page in small: it is 22 mm wide at most.
const STRIP: usize = 2;

/// One pixel of so many is an edge where a row or column is no gap. Of a rule that crosses gaps, fewer are.
const SPARSE: usize = 16;

/// Takes the ink out of textures that only a limit for faint ink made ink: the picture below shows them as
/// they are.
pub(super) fn keep_out(draft: &mut Draft) {
    if draft.faint.is_empty() {
        return;
    }
    let edges = edges(&draft.small);
    let wide = STRIP.min(edges.stride());
    // Strips overlap: what begins within one fills the next.
    for left in 0..=edges.stride() - wide {
        let words = left..left + wide;
        for rows in tall(&edges, &words) {
            if is_wide(&edges, &words, &rows) {
                clear(draft, words.start * WORD..words.end * WORD, rows);
            }
        }
    }
}

/// The pixels of the page in small that are clearly lighter or darker than the one to their right or below.
/// Seals do not count.
fn edges(small: &Small) -> Bitmap {
    let mut edges = Bitmap::new(small.width, small.height);
    let mut row = small.without_seals(0);
    for y in 0..small.height {
        let below = if y + 1 < small.height { small.without_seals(y + 1) } else { row.clone() };
        find_edges(edges.row_mut(y), &row, &below);
        row = below;
    }
    edges
}

#[multiversion(targets("x86_64+avx2"))]
fn find_edges(bits: &mut [u64], row: &[u8], below: &[u8]) {
    /// Beyond grain.
    const STEP: u8 = 6;
    let last = row.last().copied().unwrap_or(0);
    for (word, bits) in bits.iter_mut().enumerate() {
        let part = |row: &'_ [u8], from: usize| gather::samples(row.get(from..).unwrap_or_default(), last);
        let (own, right) = (part(row, word * WORD), part(row, word * WORD + 1));
        let below = part(below, word * WORD);
        let mut found = [0; WORD];
        for (found, ((own, right), below)) in found.iter_mut().zip(own.iter().zip(&right).zip(&below)) {
            *found = u8::from(own.abs_diff(*right).max(own.abs_diff(*below)) > STEP);
        }
        let beyond = row.len().saturating_sub(word * WORD);
        let inside = if beyond < WORD { !(u64::MAX >> beyond) } else { u64::MAX };
        *bits = gather::word(&found) & inside;
    }
}

/// The rows of a strip without a gap, as far as they are more than any line of print has.
fn tall(edges: &Bitmap, words: &Range<usize>) -> Vec<Range<usize>> {
    let width = words.len() * WORD;
    let full = |y: usize| {
        let bits = edges.row(y).get(words.clone()).unwrap_or_default();
        bits.iter().map(|bits| bits.count_ones() as usize).sum::<usize>() * SPARSE > width
    };
    // 17 mm at most.
    runs(edges.height(), full).filter(|rows| rows.len() * 5 > STRIP * WORD * 4).collect()
}

/// Whether columns, too, go on for longer than lines of upright print are wide.
fn is_wide(edges: &Bitmap, words: &Range<usize>, rows: &Range<usize>) -> bool {
    let width = words.len() * WORD;
    let mut counts = vec![0; width];
    for y in rows.clone() {
        let bits = edges.row(y).get(words.clone()).unwrap_or_default();
        for (&bits, counts) in bits.iter().zip(counts.chunks_mut(WORD)) {
            for (x, count) in counts.iter_mut().enumerate() {
                *count += (bits >> (WORD - 1 - x) & 1) as usize;
            }
        }
    }
    let full = |x: usize| counts.get(x).is_some_and(|count| count * SPARSE > rows.len());
    runs(width, full).any(|columns| columns.len() * 5 > width * 2)
}

/// Where `full` holds without a gap.
fn runs(size: usize, full: impl Fn(usize) -> bool) -> impl Iterator<Item = Range<usize>> {
    /// Gaps between lines are higher than those between the dots of a screen.
    const DOTS: usize = 2;
    let mut at = 0;
    std::iter::from_fn(move || {
        let first = (at..size).find(|&at| full(at))?;
        at = first + 1;
        while let Some(next) = (at..(at + DOTS + 1).min(size)).find(|&at| full(at)) {
            at = next + 1;
        }
        Some(first..at)
    })
}

/// Takes the light ink out of the faint cells in a part of the page in small.
fn clear(draft: &mut Draft, columns: Range<usize>, rows: Range<usize>) {
    /// Seven tenths of white.
    const LIGHT: u8 = 178;
    let Draft { scale, ink, faint, small } = draft;
    for y in rows {
        let luma = small.row(0, y);
        let cells = faint.places(y / CELL).map(|cell| cell * CELL).filter(|x| columns.contains(x));
        for x in cells.flat_map(|x| x..x + CELL).filter(|&x| luma.get(x).is_some_and(|&luma| luma >= LIGHT)) {
            let (word, first) = (x * *scale / WORD, x * *scale % WORD);
            for y in y * *scale..(y + 1) * *scale {
                if let Some(bits) = ink.row_mut(y).get_mut(word) {
                    *bits &= !(u64::MAX << (WORD - *scale) >> first);
                }
            }
        }
    }
}
