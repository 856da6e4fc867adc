//! A picture of one bit a pixel, on which whole words are worked at once.

use multiversion::multiversion;

use crate::gather::{self, WORD};

/// Rows of bits; a set bit is ink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bits {
    width: usize,
    words: Vec<u64>,
}

impl Bits {
    /// A picture without rows, with room for `height` of them.
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, words: Vec::with_capacity(width.div_ceil(WORD) * height) }
    }

    pub(super) fn height(&self) -> usize {
        self.words.len().checked_div(self.stride()).unwrap_or(0)
    }

    /// Words in a row.
    pub(super) fn stride(&self) -> usize {
        self.width.div_ceil(WORD)
    }

    pub(super) fn row(&self, y: usize) -> &[u64] {
        self.words.get(y * self.stride()..(y + 1) * self.stride()).unwrap_or_default()
    }

    /// One more row: what is darker than `ink`.
    pub(super) fn push(&mut self, greys: &[u8], ink: u8) {
        push(&mut self.words, greys, ink);
    }

    /// Becomes another picture with rows and columns exchanged; its own memory is used again.
    pub(super) fn exchange(&mut self, of: &Self) {
        let (width, stride) = (of.width, of.height().div_ceil(WORD));
        self.width = of.height();
        self.words.clear();
        self.words.resize(stride * width, 0);
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
                        && let Some(slot) = self.words.get_mut(at)
                    {
                        *slot = word;
                    }
                }
            }
        }
    }

    /// Takes away whatever is ink over `length` rows or more without a gap; the memory of `scratch` is worked in,
    /// and nothing in it means anything then.
    pub(super) fn without_upright_runs(&mut self, length: usize, scratch: &mut Self) {
        let stride = self.stride();
        without_upright_runs(&mut self.words, stride, length, &mut scratch.words);
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn push(words: &mut Vec<u64>, greys: &[u8], ink: u8) {
    let dark = |greys: &[u8]| gather::samples(greys, u8::MAX).map(|grey| u8::from(grey < ink));
    // Here the first pixel is the lowest bit.
    words.extend(greys.chunks(WORD).map(|greys| gather::word(&dark(greys)).reverse_bits()));
}

#[multiversion(targets("x86_64+avx2"))]
fn without_upright_runs(words: &mut [u64], stride: usize, length: usize, scratch: &mut Vec<u64>) {
    // Bits below which `length` rows are ink, by doubling the length that is known.
    let stride = stride.max(1);
    scratch.clear();
    scratch.extend_from_slice(words);
    let core = scratch.as_mut_slice();
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
        let mut bits = Bits::new(width, height);
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
            let mut turned = drawn(90, 90, |_, _| true);
            turned.exchange(&bits);
            assert_eq!((turned.width, turned.height()), (height, width));
            for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
                assert_eq!((bit(&bits, x, y), bit(&turned, y, x)), (ink(x, y), ink(x, y)), "{x}, {y}");
            }
            let mut back = bits.clone();
            back.exchange(&turned);
            assert_eq!(back, bits);
        }
    }

    /// Beside a second way that goes down each column, one pixel after the other; in memory that something else was in.
    #[test]
    fn runs_are_those_of_each_column() {
        let mut scratch = drawn(640, 100, |_, _| true);
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
            bits.without_upright_runs(length, &mut Bits::new(0, 0));
            for (x, y) in (0..200).flat_map(|y| (0..70).map(move |x| (x, y))) {
                assert_eq!(bit(&bits, x, y), ink(x, y) && x + 1 < length, "{x}, {y} at {length}");
            }
        }
    }
}
