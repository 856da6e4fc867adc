//! Pixels of one bit, black where it is set.

/// Pixels in a word; the first is its highest bit.
pub(super) use crate::gather::WORD;

/// A bitmap. Bits beyond a row's end are never set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bitmap {
    width: usize,
    height: usize,
    words: Vec<u64>,
}

impl Bitmap {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, words: vec![0; width.div_ceil(WORD) * height] }
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

    /// A row; empty when there is none.
    pub(super) fn row(&self, y: usize) -> &[u64] {
        self.words.get(y * self.stride()..(y + 1) * self.stride()).unwrap_or_default()
    }

    pub(super) fn row_mut(&mut self, y: usize) -> &mut [u64] {
        let stride = self.stride();
        self.words.get_mut(y * stride..(y + 1) * stride).unwrap_or_default()
    }

    /// Becomes the same as another of its size.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.words.clone_from(&other.words);
    }

    /// Whether nothing is set.
    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|bits| *bits == 0)
    }

    pub(super) fn is(&self, x: usize, y: usize) -> bool {
        self.row(y).get(x / WORD).is_some_and(|bits| bits >> (WORD - 1 - x % WORD) & 1 == 1)
    }

    /// The places of the set bits of a row.
    pub(super) fn places(&self, y: usize) -> impl Iterator<Item = usize> {
        self.row(y).iter().enumerate().flat_map(|(word, &bits)| {
            let mut left = bits;
            std::iter::from_fn(move || {
                let first = left.leading_zeros() as usize;
                left &= !(1 << WORD.checked_sub(first + 1)?);
                Some(word * WORD + first)
            })
        })
    }

    /// A row to be written, and the one above it; that of the first is empty.
    pub(super) fn row_below(&mut self, y: usize) -> (&[u64], &mut [u64]) {
        let stride = self.stride();
        let (above, below) = self.words.split_at_mut_checked(y * stride).unwrap_or_default();
        let last = above.len().saturating_sub(stride);
        (above.get(last..).unwrap_or_default(), below.get_mut(..stride).unwrap_or_default())
    }

    /// The set pixels and their neighbours on all eight sides.
    pub(super) fn grown(&self) -> Self {
        let mut grown = Self::new(self.width, self.height);
        let mut wide = vec![0; self.stride()];
        for y in 0..self.height {
            widen(self.row(y), self.width, &mut wide);
            for near in [y.checked_sub(1), Some(y), y.checked_add(1)].into_iter().flatten() {
                grown.row_mut(near).iter_mut().zip(&wide).for_each(|(out, wide)| *out |= wide);
            }
        }
        grown
    }

    /// What was set is not, and the other way round.
    pub(super) fn inverted(mut self) -> Self {
        let width = self.width;
        for y in 0..self.height {
            for (word, bits) in self.row_mut(y).iter_mut().enumerate() {
                *bits = !*bits & inside(width, word);
            }
        }
        self
    }

    /// The pixels that differ from the one to their left.
    pub(super) fn changes(&self) -> Self {
        let mut changes = self.clone();
        for y in 0..self.height {
            let mut last = 0;
            for (word, bits) in changes.row_mut(y).iter_mut().enumerate() {
                let before = *bits >> 1 | last << (WORD - 1);
                last = *bits & 1;
                *bits = (*bits ^ before) & inside(self.width, word);
            }
        }
        changes
    }

    pub(super) fn clear(&mut self, x: usize, y: usize) {
        if let Some(bits) = self.row_mut(y).get_mut(x / WORD) {
            *bits &= !(1 << (WORD - 1 - x % WORD));
        }
    }

    pub(super) fn set(&mut self, x: usize, y: usize) {
        if let Some(bits) = self.row_mut(y).get_mut(x / WORD) {
            *bits |= 1 << (WORD - 1 - x % WORD);
        }
    }
}

/// A row with the neighbours of its set pixels to the left and right.
fn widen(row: &[u64], width: usize, wide: &mut [u64]) {
    let mut left = 0;
    let rights = row.iter().skip(1).chain([&0]);
    for (word, ((&bits, &right), out)) in row.iter().zip(rights).zip(wide).enumerate() {
        *out = bits | bits << 1 | bits >> 1 | left << (WORD - 1) | right >> (WORD - 1);
        *out &= inside(width, word);
        left = bits;
    }
}

/// Which bits of word `word` lie within a row of `width` pixels.
fn inside(width: usize, word: usize) -> u64 {
    match width.saturating_sub(word * WORD) {
        0 => 0,
        bits @ 1..WORD => u64::MAX << (WORD - bits),
        _ => u64::MAX,
    }
}

/// A row of cells, each `side` pixels wide, as a row of so many words: their bits are set where the cells
/// are marked.
pub(super) fn cells(marked: &[bool], side: usize, words: usize) -> Vec<u64> {
    let mut bits = vec![0; words];
    for (cell, _) in marked.iter().enumerate().filter(|(_, marked)| **marked) {
        let (mut at, end) = (cell * side, (cell + 1) * side);
        while at < end {
            let (word, first) = (at / WORD, at % WORD);
            let count = (WORD - first).min(end - at);
            if let Some(bits) = bits.get_mut(word) {
                *bits |= u64::MAX << (WORD - count) >> first;
            }
            at += count;
        }
    }
    bits
}
