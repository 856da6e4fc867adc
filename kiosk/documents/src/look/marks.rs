//! Which way is up, by the small marks between Chinese characters.
//!
//! A full stop or a comma stands low in its line, close to the character before it and away from the
//! next. Turned upside down, it stands high and close to the character after it. Opening quotation marks
//! do so as well, but closing ones stand on the other side as often. Lines that run down the page are
//! looked at with rows and columns exchanged. Only where nearly all of many marks agree is anything
//! said, and only marks between two wide characters count, in room as wide as a character: signs beside
//! figures and labels, such as degrees and asterisks, stand high, too. Commas must be among them, which
//! are higher than they are wide.

use std::io;

use super::bits::Bits;
use crate::quarter::Quarter;

/// What makes a page upright whose ink is given, `scale` pixels to a millimetre; `None` when not certain.
///
/// # Errors
/// When the system has no memory for it.
pub(super) fn turn(mut ink: Bits, scale: f64) -> io::Result<Option<Quarter>> {
    /// Rules, frames and pictures: nothing that is written goes on so far without a gap, in millimetres.
    const RULE: f64 = 12.0;
    let rule = (RULE * scale) as usize;
    // Two pictures of the page's size and no third: each is the other's memory to work in.
    let mut exchanged = Bits::new(ink.width(), ink.height())?;
    ink.without_upright_runs(rule, &mut exchanged);
    exchanged.exchange(&ink);
    exchanged.without_upright_runs(rule, &mut ink);
    ink.exchange(&exchanged);
    let (level, upright) = (Marks::of(&ink, scale), Marks::of(&exchanged, scale));
    tracing::debug!(?level, ?upright, "marks on a page");
    // Exchanging rows and columns mirrors the page. Of a page that lacks a turn to the right, what
    // stands low and left is then found low and right; of one that lacks a turn to the left, high and
    // left; and of lines that were written downwards, low and left.
    let turns = [
        (Quarter::None, level.low_left, &level, &upright),
        (Quarter::Half, level.high_right, &level, &upright),
        (Quarter::Right, upright.low_right, &upright, &level),
        (Quarter::Left, upright.high_left, &upright, &level),
    ];
    let certain = turns.into_iter().find(|(_, marks, along, across)| along.agree(*marks, across));
    Ok(certain.map(|(turn, ..)| turn))
}

/// How many marks stand in which corner of their place in the line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Marks {
    low_left: Count,
    low_right: Count,
    high_left: Count,
    high_right: Count,
}

/// How many marks, and how many of them are as slender as commas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    all: usize,
    slender: usize,
}

impl Marks {
    /// All marks in lines of level text.
    fn of(ink: &Bits, scale: f64) -> Self {
        let mut marks = Self::default();
        let words: Vec<_> = (0..ink.height()).map(|y| Words::of(ink.row(y))).collect();
        for first in 0..ink.stride() {
            marks.add_strip(ink, &words, first, scale);
        }
        marks
    }

    /// Whether these marks are enough, and nearly all.
    fn agree(&self, marks: Count, across: &Self) -> bool {
        const FEWEST: usize = 10;
        const TO_ONE: usize = 6;
        let others = self.count() - marks.all + across.count();
        marks.all >= FEWEST && marks.all >= TO_ONE * others && marks.slender * 3 >= marks.all
    }

    fn count(&self) -> usize {
        self.low_left.all + self.low_right.all + self.high_left.all + self.high_right.all
    }

    /// Looks for lines in a strip of the page, so that columns and the cells of a table do not disturb
    /// each other. Strips overlap by half; a mark counts where it stands in a strip's middle.
    fn add_strip(&mut self, ink: &Bits, words: &[Words], first: usize, scale: f64) {
        /// Heights of lines, in millimetres.
        const LINES: std::ops::Range<f64> = 1.6..9.0;
        /// Characters in a line lie closer together than lines do: of a line's height, what is free
        /// above it and below.
        const APART: f64 = 0.18;
        let is_empty = |y: usize| words.get(y).is_none_or(|words| words.are_empty(first));
        let end = words.len();
        let mut top = 0;
        let mut end_above = 0;
        while top < end {
            if is_empty(top) {
                top += 1;
                continue;
            }
            let bottom = (top..end).find(|&y| is_empty(y)).unwrap_or(end);
            let height = bottom - top;
            let free = (height as f64 * APART).ceil() as usize;
            let apart = end_above + free <= top && (bottom..bottom + free).all(is_empty);
            if apart && LINES.contains(&(height as f64 / scale)) {
                let rows: Vec<_> = (top..bottom).map(|y| Strip::of(ink.row(y), first)).collect();
                self.add_line(&rows);
            }
            top = bottom;
            end_above = bottom;
        }
    }

    fn add_line(&mut self, rows: &[Strip]) {
        /// Pieces of characters that make a line, and how close they stand, of its height.
        const FEWEST: usize = 4;
        const CLOSE: f64 = 0.22;
        let height = rows.len() as f64;
        let part = |pixels: usize| pixels as f64 / height;
        let columns = rows.iter().fold(Strip::default(), |all, row| all.with(*row));
        let pieces = columns.runs();
        let mut gaps: Vec<_> =
            pieces.iter().zip(pieces.iter().skip(1)).map(|(a, b)| b.start - a.end).collect();
        gaps.sort_unstable();
        if gaps.len() < FEWEST || gaps.get(gaps.len() / 2).is_none_or(|&gap| part(gap) > CLOSE) {
            return;
        }
        for three in pieces.windows(3) {
            let [before, mark, after] = three else { continue };
            let in_middle = (Strip::BITS / 3..Strip::BITS * 2 / 3).contains(&mark.start);
            let wide = part(before.len()) > 0.6 && part(after.len()) > 0.6;
            let room = part(after.start - before.end);
            if !in_middle || !wide || room < 0.95 || part(mark.len()) > 0.34 {
                continue;
            }
            let (left, right) = (part(mark.start - before.end), part(after.start - mark.end));
            let side = match (left, right) {
                (near, far) if near < 0.35 && (0.3..1.3).contains(&far) && far > 1.8 * near => Side::Left,
                (far, near) if near < 0.35 && (0.3..1.3).contains(&far) && far > 1.8 * near => Side::Right,
                _ => continue,
            };
            let inked = |row: &Strip| row.has(mark);
            let (Some(top), Some(last)) = (rows.iter().position(inked), rows.iter().rposition(inked)) else {
                continue;
            };
            let (top, bottom) = (part(top), part(last + 1));
            if !(0.08..0.42).contains(&(bottom - top)) {
                continue;
            }
            let count = match side {
                Side::Left if top > 0.5 => &mut self.low_left,
                Side::Right if top > 0.5 => &mut self.low_right,
                Side::Left if bottom < 0.5 => &mut self.high_left,
                Side::Right if bottom < 0.5 => &mut self.high_right,
                Side::Left | Side::Right => continue,
            };
            count.all += 1;
            count.slender += usize::from((bottom - top) > 1.35 * part(mark.len()));
        }
    }
}

/// The side of the character that a mark is close to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Which words of a row have ink in them: the first is the lowest bit. Most of a page is looked over in these.
#[derive(Debug, Clone, Copy)]
struct Words(u128);

impl Words {
    /// A row of more words than there are bits has some left over, which stand for all that follow.
    fn of(row: &[u64]) -> Self {
        let last = u128::BITS as usize - 1;
        let inked = row.iter().enumerate().filter(|(_, word)| **word != 0);
        Self(inked.fold(0, |words, (at, _)| words | 1 << at.min(last)))
    }

    /// Whether a strip has none.
    fn are_empty(self, first: usize) -> bool {
        let first = first.min(u128::BITS as usize - 1);
        self.0 >> first & ((1 << Strip::WORDS) - 1) == 0
    }
}

/// Three words of a row.
#[derive(Debug, Clone, Copy, Default)]
struct Strip([u64; Strip::WORDS]);

impl Strip {
    const WORDS: usize = 3;
    const BITS: usize = 64 * Self::WORDS;

    fn of(row: &[u64], first: usize) -> Self {
        let rest = row.get(first..).unwrap_or_default();
        // At a row's end there are fewer.
        Self(
            rest.first_chunk()
                .copied()
                .unwrap_or_else(|| std::array::from_fn(|word| rest.get(word).copied().unwrap_or(0))),
        )
    }

    fn with(self, other: Self) -> Self {
        let [a, b, c] = self.0;
        let [d, e, f] = other.0;
        Self([a | d, b | e, c | f])
    }

    fn bit(self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    fn has(self, columns: &std::ops::Range<usize>) -> bool {
        columns.clone().any(|at| self.bit(at))
    }

    /// The runs of set bits, as ranges.
    fn runs(self) -> Vec<std::ops::Range<usize>> {
        let mut runs = vec![];
        let mut start = None;
        for at in 0..=Self::BITS {
            match (start, self.bit(at)) {
                (None, true) => start = Some(at),
                (Some(from), false) => {
                    runs.push(from..at);
                    start = None;
                }
                _ => {}
            }
        }
        runs
    }
}
