//! Dots: pictures, and text the printer has no characters for.

use std::fmt;

use crate::command::{self, LONGEST_COMMAND};
use crate::ticket::Align;

/// A picture of black dots on white paper, one bit a dot.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    width: usize,
    height: usize,
    rows: Vec<u8>,
}

/// A picture that cannot stand on a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BitmapError {
    /// A side is zero, or larger than [`Bitmap::MOST_WIDTH`] or [`Bitmap::MOST_HEIGHT`].
    #[error("ticket: a picture of {width} by {height} dots; use 1 to 832 by 1 to 1600")]
    Size {
        /// dots across
        width: usize,
        /// dots down
        height: usize,
    },
    /// The data does not have the length that the sides ask for.
    #[error("ticket: a picture of {have} bytes where its sides ask for {want}; pad rows to bytes")]
    Length {
        /// bytes given
        have: usize,
        /// bytes asked for
        want: usize,
    },
}

impl Bitmap {
    /// The widest picture in dots: a head of 104 mm at 203 dpi.
    pub const MOST_WIDTH: usize = 832;
    /// The highest picture in dots: 20 cm of paper.
    pub const MOST_HEIGHT: usize = 1600;

    /// A picture of `width` × `height` dots; `rows` top first, each padded to whole bytes, the
    /// highest bit left, 1 is black.
    ///
    /// # Errors
    /// When a side is out of range or `rows` has another length.
    pub fn new(width: usize, height: usize, rows: Vec<u8>) -> Result<Self, BitmapError> {
        if !(1..=Self::MOST_WIDTH).contains(&width) || !(1..=Self::MOST_HEIGHT).contains(&height) {
            return Err(BitmapError::Size { width, height });
        }
        let want = width.div_ceil(8) * height;
        if rows.len() != want {
            return Err(BitmapError::Length { have: rows.len(), want });
        }
        Ok(Bitmap { width, height, rows })
    }

    /// White paper. Sides beyond the limits are cut down to them.
    pub(crate) fn blank(width: usize, height: usize) -> Self {
        let width = width.clamp(1, Self::MOST_WIDTH);
        let height = height.clamp(1, Self::MOST_HEIGHT);
        Bitmap { width, height, rows: vec![0; width.div_ceil(8) * height] }
    }

    /// Dots across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Dots down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Whether the dot is black; outside the picture all is white.
    pub fn is_black(&self, x: usize, y: usize) -> bool {
        x < self.width
            && y < self.height
            && self.rows.get(y * self.row_bytes() + x / 8).is_some_and(|b| b & (0x80 >> (x % 8)) != 0)
    }

    /// Makes a dot black; outside the picture nothing happens.
    pub(crate) fn blacken(&mut self, x: usize, y: usize) {
        let at = y * self.row_bytes() + x / 8;
        if let (true, Some(byte)) = (x < self.width, self.rows.get_mut(at)) {
            *byte |= 0x80 >> (x % 8);
        }
    }

    fn row_bytes(&self) -> usize {
        self.width.div_ceil(8)
    }

    /// The first and last row with ink; `None` when there is none.
    pub(crate) fn inked_rows(&self) -> Option<(usize, usize)> {
        let inked = |row: &[u8]| row.iter().any(|b| *b != 0);
        let first = self.rows.chunks(self.row_bytes()).position(inked)?;
        let last = self.rows.chunks(self.row_bytes()).rposition(inked)?;
        Some((first, last))
    }

    /// The first and last column with ink.
    fn inked_columns(&self) -> Option<(usize, usize)> {
        let mut union = vec![0u8; self.row_bytes()];
        for row in self.rows.chunks(self.row_bytes()) {
            for (all, byte) in union.iter_mut().zip(row) {
                *all |= byte;
            }
        }
        let black = |x: &usize| union.get(x / 8).is_some_and(|b| b & (0x80 >> (x % 8)) != 0);
        let first = (0..self.width).find(black)?;
        let last = (0..self.width).rfind(black)?;
        Some((first, last))
    }

    /// The smallest picture that prints the same when it is aligned by `align` on paper of `paper`
    /// bytes: without blank margins, in rows of whole bytes.
    ///
    /// What stands on the left keeps its indent, and what stands in the middle its middle.
    pub(crate) fn tight(&self, align: Align, paper: usize) -> Bitmap {
        let right_edge = self.width.min(paper * 8);
        let (first, last) = self.inked_columns().unwrap_or((0, 0));
        let last = last.min(right_edge - 1);
        let (left, right) = match align {
            Align::Left => (0, last + 1),
            Align::Centre => {
                let margin = first.min(right_edge - 1 - last);
                (margin, right_edge - margin)
            }
            Align::Right => (first.min(last), right_edge),
        };
        let wide = (right - left).div_ceil(8) * 8;
        // At the right, the padding to whole bytes goes to the left of the ink.
        let shift = if align == Align::Right { wide - (right - left) } else { 0 };
        if left == 0 && shift == 0 && wide == self.width {
            return self.clone();
        }
        let mut tight = Bitmap { width: wide, height: self.height, rows: vec![0; wide / 8 * self.height] };
        for y in 0..self.height {
            for x in left..right {
                if self.is_black(x, y) {
                    tight.blacken(x - left + shift, y);
                }
            }
        }
        tight
    }

    /// The rows `first` to `last` and then `below` white ones.
    pub(crate) fn rows_between(&self, first: usize, last: usize, below: usize) -> Bitmap {
        let bytes = self.row_bytes();
        let mut rows: Vec<u8> =
            self.rows.chunks(bytes).take(last + 1).skip(first).flatten().copied().collect();
        rows.resize(rows.len() + below * bytes, 0);
        Bitmap { width: self.width, height: rows.len() / bytes, rows }
    }

    /// The commands that print this picture (GS v 0). `scale` bit 0 doubles its width, bit 1 its
    /// height.
    ///
    /// It goes in bands, each no longer than [`LONGEST_COMMAND`], so that a transfer broken off in
    /// the midst of one can be cleared.
    pub(crate) fn print(&self, scale: u8, out: &mut Vec<u8>) {
        let bytes = self.row_bytes();
        let (Ok(width), most) = (u8::try_from(bytes), (LONGEST_COMMAND - 8) / bytes) else {
            return; // no picture is wider than 104 bytes
        };
        for band in self.rows.chunks(bytes * most.min(255)) {
            let rows = u8::try_from(band.len() / bytes).unwrap_or(u8::MAX);
            out.extend(command::raster(scale, width, rows));
            let start = out.len();
            out.extend_from_slice(band);
            if let Some(data) = out.get_mut(start..) {
                make_harmless(data);
            }
        }
    }
}

/// Changes one dot wherever the data holds a real-time command.
///
/// The printer carries out 10 04, 10 05 and 10 14 even within a picture, also across row ends. The
/// dot that is added touches a black one, so nobody sees it.
fn make_harmless(data: &mut [u8]) {
    let mut before = 0;
    for byte in data {
        if before == 0x10 && matches!(*byte, 0x04 | 0x05 | 0x14) {
            *byte |= 0x08;
        }
        before = *byte;
    }
}

impl fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bitmap({} × {})", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picture(rows: &[&str]) -> Bitmap {
        let mut bitmap = Bitmap::blank(rows[0].len(), rows.len());
        for (y, row) in rows.iter().enumerate() {
            for (x, dot) in row.bytes().enumerate() {
                if dot == b'#' {
                    bitmap.blacken(x, y);
                }
            }
        }
        bitmap
    }

    #[test]
    fn sides_and_length_are_checked() {
        assert!(Bitmap::new(0, 1, vec![]).is_err());
        assert!(Bitmap::new(833, 1, vec![0; 105]).is_err());
        assert_eq!(Bitmap::new(9, 2, vec![0; 3]), Err(BitmapError::Length { have: 3, want: 4 }));
        assert!(Bitmap::new(9, 2, vec![0; 4]).is_ok());
    }

    #[test]
    fn margins_fall_away() {
        let p = picture(&["................#.......", "................##......"]);
        assert_eq!(p.tight(Align::Left, 72).width, 24);
        assert_eq!(p.tight(Align::Right, 72).width, 8);
        // four blank dots on both sides at least: 24 - 2 · 6 = 12 dots, in two bytes
        assert_eq!(p.tight(Align::Centre, 72).width, 16);
        let right = p.tight(Align::Right, 72);
        assert!(right.is_black(0, 0) && right.is_black(1, 1));
        // wider than the paper: cut off
        assert_eq!(p.tight(Align::Left, 2).width, 16);
    }

    #[test]
    fn a_picture_goes_in_bands_that_can_be_cleared() {
        let mut out = Vec::new();
        Bitmap::blank(576, 300).print(0, &mut out);
        assert_eq!(out.len(), 72 * 300 + 3 * 8);
        assert_eq!(out.get(..8), Some(&[0x1D, 0x76, 0x30, 0, 72, 0, 113, 0][..]));
    }

    proptest! {
        #[test]
        fn no_real_time_command_is_ever_inside(
            width in 1usize..200, height in 1usize..40,
            seed in proptest::collection::vec(prop_oneof![Just(0x10u8), Just(4), Just(5), Just(0x14), any::<u8>()], 1000),
        ) {
            let len = width.div_ceil(8) * height;
            let rows: Vec<u8> = seed.iter().cycle().take(len).copied().collect();
            let bitmap = Bitmap::new(width, height, rows.clone()).expect("within limits");
            let mut out = Vec::new();
            bitmap.print(3, &mut out);
            prop_assert!(!out.windows(2).any(|w| w[0] == 0x10 && matches!(w[1], 4 | 5 | 0x14)));
            // all else prints as it was
            let mut data = rows.clone();
            make_harmless(&mut data);
            let changed = rows.iter().zip(&data).filter(|(a, b)| a != b);
            for (a, b) in changed {
                prop_assert_eq!((a ^ b).count_ones(), 1);
            }
        }

        #[test]
        fn tight_prints_the_same(dots in proptest::collection::vec(any::<bool>(), 40 * 5), shift in 0usize..30) {
            let mut p = Bitmap::blank(80, 5);
            for (i, _) in dots.iter().enumerate().filter(|(_, d)| **d) {
                p.blacken(i % 40 + shift, i / 40);
            }
            let left = p.tight(Align::Left, 72);
            let right = p.tight(Align::Right, 72);
            for y in 0..5 {
                for x in 0..80 {
                    prop_assert_eq!(p.is_black(x, y), left.is_black(x, y));
                    let from_right = (x + right.width()).checked_sub(80);
                    prop_assert_eq!(p.is_black(x, y), from_right.is_some_and(|x| right.is_black(x, y)));
                }
            }
        }
    }
}
