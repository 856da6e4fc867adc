//! A picture of one bit a pixel, on which whole words are worked at once.

use std::io;

use multiversion::multiversion;

use crate::gather::{self, WORD};
use crate::memory::Memory;

/// Rows of bits; a set bit is ink.
#[derive(Debug)]
pub(super) struct Bits {
    width: usize,
    height: usize,
    /// Of all rows that there are, and room for more.
    words: Memory,
}

impl Bits {
    /// A picture without rows, with room for `height` of them, or for `width` of so many pixels.
    ///
    /// # Errors
    /// When the system has no memory for it.
    pub(super) fn new(width: usize, height: usize) -> io::Result<Self> {
        let words = (width.div_ceil(WORD) * height).max(height.div_ceil(WORD) * width);
        let words = Memory::to_be_filled(words * size_of::<u64>())?;
        Ok(Self { width, height: 0, words })
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Words in a row.
    pub(super) fn stride(&self) -> usize {
        self.width.div_ceil(WORD)
    }

    /// Nothing below the last row.
    pub(super) fn row(&self, y: usize) -> &[u64] {
        let row = y * self.stride()..(y + 1) * self.stride();
        words(&self.words).get(row).filter(|_| y < self.height).unwrap_or_default()
    }

    /// The words of all rows.
    fn rows_mut(&mut self) -> &mut [u64] {
        let end = self.height * self.stride();
        words_mut(&mut self.words).get_mut(..end).unwrap_or_default()
    }

    /// One more row: what is darker than `ink`. Beyond the room that there is, none.
    pub(super) fn push(&mut self, greys: &[u8], ink: u8) {
        let (start, stride) = (self.height * self.stride(), self.stride());
        if let Some(row) = words_mut(&mut self.words).get_mut(start..start + stride) {
            push(row, greys, ink);
            self.height += 1;
        }
    }

    /// Becomes another picture, which must have no more room, with rows and columns exchanged; its own memory is used
    /// again.
    pub(super) fn exchange(&mut self, of: &Self) {
        let (width, stride) = (of.width, of.height().div_ceil(WORD));
        (self.width, self.height) = (of.height, width);
        let words = self.rows_mut();
        for block_y in 0..stride {
            for block_x in 0..of.stride() {
                let mut block = [0u64; WORD];
                for (line, word) in block.iter_mut().enumerate() {
                    *word = of.row(block_y * WORD + line).get(block_x).copied().unwrap_or(0);
                }
                transpose(&mut block);
                for (line, word) in block.into_iter().enumerate() {
                    let at = (block_x * WORD + line) * stride + block_y;
                    if block_x * WORD + line < width
                        && let Some(slot) = words.get_mut(at)
                    {
                        *slot = word;
                    }
                }
            }
        }
    }

    /// Takes away whatever is ink over `length` rows or more without a gap; the memory of `scratch`, which must have as
    /// much room, is worked in, and nothing in it means anything then.
    pub(super) fn without_upright_runs(&mut self, length: usize, scratch: &mut Self) {
        let stride = self.stride();
        without_upright_runs(self.rows_mut(), stride, length, words_mut(&mut scratch.words));
    }
}

/// Memory as words: it begins where a page of memory does.
fn words(memory: &Memory) -> &[u64] {
    bytemuck::try_cast_slice(memory).unwrap_or_default()
}

fn words_mut(memory: &mut Memory) -> &mut [u64] {
    bytemuck::try_cast_slice_mut(memory).unwrap_or_default()
}

#[multiversion(targets("x86_64+avx2"))]
fn push(row: &mut [u64], greys: &[u8], ink: u8) {
    let dark = |greys: &[u8]| gather::samples(greys, u8::MAX).map(|grey| u8::from(grey < ink));
    for (word, greys) in row.iter_mut().zip(greys.chunks(WORD)) {
        let dark = dark(greys);
        // Most of a page is white, and here the first pixel is the lowest bit.
        let any = dark.iter().fold(0, |any, dark| any | dark) != 0;
        *word = if any { gather::word(&dark).reverse_bits() } else { 0 };
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn without_upright_runs(words: &mut [u64], stride: usize, length: usize, scratch: &mut [u64]) {
    // Bits below which `length` rows are ink, by doubling the length that is known.
    let stride = stride.max(1);
    let Some(core) = scratch.get_mut(..words.len()) else { return };
    core.copy_from_slice(words);
    let mut known = 1;
    while known < length {
        let step = known.min(length - known);
        let (mut rest, mut any) = (&mut *core, 0);
        while !rest.is_empty() {
            // As many rows at once as those below are not changed yet.
            let (rows, below) = rest.split_at_mut((step * stride).min(rest.len()));
            let (over, beyond) = rows.split_at_mut(below.len().min(rows.len()));
            over.iter_mut().zip(&*below).for_each(|(word, below)| {
                *word &= below;
                any |= *word;
            });
            beyond.fill(0);
            rest = below;
        }
        if any == 0 {
            return;
        }
        known += step;
    }
    // And back: each such bit stands for all rows of its run.
    let mut known = 1;
    while known < length {
        let step = known.min(length - known);
        let (mut rest, height) = (&mut *core, step * stride);
        while rest.len() > height {
            let (above, rows) = rest.split_at_mut(height.max(rest.len() - height));
            let from = above.len() - height;
            rows.iter_mut().zip(above.iter().skip(from)).for_each(|(word, above)| *word |= above);
            rest = above;
        }
        known += step;
    }
    for (word, run) in words.iter_mut().zip(core.iter()) {
        *word &= !run;
    }
}

/// Exchanges rows and columns of 64 × 64 bits, halves first, then quarters, down to single bits.
#[multiversion(targets("x86_64+avx2"))]
fn transpose(block: &mut [u64; WORD]) {
    let mut size = WORD / 2;
    let mut low = u64::MAX >> 32;
    while size > 0 {
        for lines in block.chunks_exact_mut(2 * size) {
            let (upper, lower) = lines.split_at_mut(size);
            for (upper, lower) in upper.iter_mut().zip(lower) {
                let change = ((*upper >> size) ^ *lower) & low;
                *upper ^= change << size;
                *lower ^= change;
            }
        }
        size /= 2;
        low ^= low << size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finish::scenes::hash;

    fn bit(bits: &Bits, x: usize, y: usize) -> bool {
        bits.row(y).get(x / WORD).is_some_and(|word| word >> (x % WORD) & 1 == 1)
    }

    fn drawn(width: usize, height: usize, ink: impl Fn(usize, usize) -> bool) -> Bits {
        let mut bits = Bits::new(width, height).unwrap();
        for y in 0..height {
            let greys: Vec<_> = (0..width).map(|x| if ink(x, y) { 20 } else { 250 }).collect();
            bits.push(&greys, 160);
        }
        bits
    }

    #[test]
    fn pixels_stay_where_they_are() {
        for (width, height) in [(1, 1), (7, 90), (64, 64), (65, 3), (200, 131)] {
            let ink = |x: usize, y: usize| hash(x as u32, y as u32).is_multiple_of(3);
            let bits = drawn(width, height, ink);
            assert_eq!((bits.width, bits.height()), (width, height));
            // In memory that something else was in.
            let mut turned = drawn(width.max(90), height.max(90), |_, _| true);
            turned.exchange(&bits);
            assert_eq!((turned.width, turned.height()), (height, width));
            for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
                assert_eq!((bit(&bits, x, y), bit(&turned, y, x)), (ink(x, y), ink(x, y)), "{x}, {y}");
            }
            let mut back = drawn(width, height, |_, _| true);
            back.exchange(&turned);
            assert_eq!((back.width, back.height), (width, height));
            assert!((0..height).all(|y| back.row(y) == bits.row(y)), "{width} × {height}");
        }
    }

    /// Beside a second way that goes down each column, one pixel after the other; in memory that something else was in.
    #[test]
    fn runs_are_those_of_each_column() {
        let mut scratch = drawn(640, 300, |_, _| true);
        for (width, height) in
            [0, 1, 64, 65, 130].into_iter().flat_map(|w| [0, 1, 7, 64, 199, 211].map(|h| (w, h)))
        {
            // Some columns are ink from top to bottom, some to either end alone, the rest has runs of all lengths.
            let ink = |x: usize, y: usize| match x % 9 {
                0 => true,
                1 => y > height / 3,
                2 => y < height / 2,
                _ => !hash(x as u32, (y / (x % 4 + 1)) as u32).is_multiple_of(6),
            };
            for length in [0, 1, 2, 3, 6, 7, 13, height, height + 1] {
                let mut bits = drawn(width, height, ink);
                bits.without_upright_runs(length, &mut scratch);
                for x in 0..width {
                    let mut y = 0;
                    while y < height {
                        let run = (y..height).take_while(|&y| ink(x, y)).count();
                        for y in y..y + run {
                            let stays = run < length.max(1);
                            assert_eq!(bit(&bits, x, y), stays, "{width} × {height}, {length}: {x}, {y}");
                        }
                        y += run;
                        assert!(y == height || !bit(&bits, x, y), "{width} × {height}, {length}: {x}, {y}");
                        y += 1;
                    }
                }
            }
        }
    }

    #[test]
    fn only_long_runs_are_taken_away() {
        for length in [1usize, 2, 5, 8, 13] {
            // Column x has runs of x + 1 rows with a gap after each.
            let ink = |x: usize, y: usize| y % (x + 2) <= x && y < (200 / (x + 2)) * (x + 2);
            let mut bits = drawn(70, 200, ink);
            bits.without_upright_runs(length, &mut drawn(70, 200, |_, _| true));
            for (x, y) in (0..200).flat_map(|y| (0..70).map(move |x| (x, y))) {
                assert_eq!(bit(&bits, x, y), ink(x, y) && x + 1 < length, "{x}, {y} at {length}");
            }
        }
    }
}
