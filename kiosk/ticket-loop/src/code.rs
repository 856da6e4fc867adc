//! The ticket's name: its QR code and its number.
//!
//! The place of every module and cell is known already, so that nothing has to be looked for: each is
//! sampled where it must lie, compared with those around it, and the decoder gets modules instead of a
//! picture.

use crate::font;
use crate::label::Label;
use crate::layout::{CODE_AT, Layout, MODULE, MODULES, NUMBER_TOP};
use crate::map::{Map, Seen};
use crate::sums::Sums;

/// What the QR code says, when it can be read and is a test ticket's.
pub(crate) fn label(seen: &Seen, map: &Map) -> Option<Label> {
    let side = 0..MODULES;
    let modules: Vec<f64> = side
        .clone()
        .flat_map(|y| side.clone().map(move |x| (x, y)))
        .map(|(x, y)| {
            let (u, v) = ((CODE_AT.0 + x * MODULE) as f64, (CODE_AT.1 + y * MODULE) as f64);
            cell(seen, map, (u, v), MODULE as f64).unwrap_or(255.0)
        })
        .collect();
    let level = |x: usize, y: usize| modules.get(y * MODULES + x).copied().unwrap_or(255.0);
    decode(|x, y| level(x, y) < around(x, y, level))
}

fn decode(black: impl Fn(usize, usize) -> bool) -> Option<Label> {
    let grid = rqrr::SimpleGrid::from_func(MODULES, black);
    let (_, text) = rqrr::Grid::new(grid).decode().ok()?;
    Label::parse(&text)
}

/// Halfway between the darkest and the brightest module near one; wide enough to hold both.
fn around(x: usize, y: usize, level: impl Fn(usize, usize) -> f64) -> f64 {
    let near = |at: usize| at.saturating_sub(4)..(at + 5).min(MODULES);
    let (mut low, mut high) = (255.0f64, 0.0f64);
    for y in near(y) {
        for x in near(x) {
            low = low.min(level(x, y));
            high = high.max(level(x, y));
        }
    }
    (low + high) / 2.0
}

/// The mean of a square of `side` dots, without its edges.
fn cell(seen: &Seen, map: &Map, (u, v): (f64, f64), side: f64) -> Option<f64> {
    let across = [0.3, 0.5, 0.7].map(|part| u + side * part);
    seen.mean(map, &across, v + side * 0.25..v + side * 0.75)
}

/// Least correlation with which a character is that one, and least distance to the next likely one.
const ALIKE: f64 = 0.6;
const AHEAD: f64 = 0.02;

/// The number as it is printed, `?` for what cannot be read.
pub(crate) fn number(seen: &Seen, layout: Layout, map: &Map) -> String {
    let size = layout.cell();
    let mut number = String::new();
    for place in 0..Label::MOST_NUMBER {
        let left = layout.number_left() + place * (font::CELLS.0 + 1) * size;
        let cells: Vec<Option<f64>> = (0..font::CELLS.1)
            .flat_map(|row| (0..font::CELLS.0).map(move |column| (row, column)))
            .map(|(row, column)| {
                let (u, v) = (left + column * size, NUMBER_TOP + row * size);
                cell(seen, map, (u as f64, v as f64), size as f64)
            })
            .collect();
        let paper = seen.mean(map, &[left as f64 + size as f64], 374.0..378.0).unwrap_or(255.0);
        let darkest = cells.iter().copied().flatten().fold(paper, f64::min);
        if paper - darkest < 15.0 {
            break;
        }
        number.push(likeliest(&cells));
    }
    number
}

/// The character that correlates best with these cells.
fn likeliest(cells: &[Option<f64>]) -> char {
    let (mut best, mut second) = ((0.0, '?'), 0.0);
    for (character, glyph) in &font::GLYPHS {
        let alike = correlation(cells, glyph);
        if alike > best.0 {
            second = best.0;
            best = (alike, *character);
        } else if alike > second {
            second = alike;
        }
    }
    if best.0 >= ALIKE && best.0 - second >= AHEAD { best.1 } else { '?' }
}

fn correlation(cells: &[Option<f64>], glyph: &font::Glyph) -> f64 {
    let pairs = cells.iter().enumerate().filter_map(|(i, level)| {
        let black = font::is_black(glyph, i % font::CELLS.0, i / font::CELLS.0);
        Some((-(*level)?, f64::from(u8::from(black))))
    });
    let sums = Sums::of(pairs);
    if sums.vx * sums.vy > 1.0 { sums.correlation() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitmap::Bitmap;
    use crate::ticket::test_ticket;
    use proptest::prelude::*;

    fn ticket(label: &Label) -> Bitmap {
        test_ticket(Layout::new(576).expect("a head"), label)
    }

    fn module(ticket: &Bitmap, x: usize, y: usize) -> bool {
        ticket.is_black(CODE_AT.0 + x * MODULE, CODE_AT.1 + y * MODULE)
    }

    proptest! {
        #[test]
        fn a_code_survives_a_row_of_modules(token: u64, from in 9usize..30, rows in 0usize..2) {
            let label = Label::new("jiading-lobby-1", "T0042", token).expect("a label");
            let ticket = ticket(&label);
            let read = decode(|x, y| (from..from + rows).contains(&y) || module(&ticket, x, y));
            prop_assert_eq!(read, Some(label));
        }

        /// Whatever modules there are, the decoder returns; and what it returns is what was said.
        #[test]
        fn no_modules_are_too_strange(flips in prop::collection::vec((0..MODULES, 0..MODULES), 0..900)) {
            let label = Label::new("jiading-lobby-1", "T0042", 7).expect("a label");
            let ticket = ticket(&label);
            let read = decode(|x, y| module(&ticket, x, y) ^ flips.contains(&(x, y)));
            prop_assert!(read.is_none() || read == Some(label));
        }

        #[test]
        fn noise_is_no_code(bits in prop::collection::vec(any::<u64>(), 22)) {
            let black = |x: usize, y: usize| bits[(y * MODULES + x) / 64] >> ((y * MODULES + x) % 64) & 1 == 1;
            prop_assert_eq!(decode(black), None);
        }
    }
}
