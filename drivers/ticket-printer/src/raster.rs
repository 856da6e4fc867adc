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

    /// The rows `first` to `last`.
    fn rows_between(&self, first: usize, last: usize) -> Bitmap {
        let bytes = self.row_bytes();
        let rows: Vec<u8> = self.rows.chunks(bytes).take(last + 1).skip(first).flatten().copied().collect();
        Bitmap { width: self.width, height: rows.len() / bytes, rows }
    }

    /// What of this picture has ink, ready to be printed; `None` when nothing has. `paper` is the
    /// width of the paper in bytes, and `white` tells what so many white rows cost in bytes.
    pub(crate) fn ink(&self, align: Align, paper: usize, white: impl Fn(usize) -> usize) -> Option<Ink> {
        let (first, last) = self.inked_rows()?;
        let picture = self.rows_between(first, last).tight(align, paper);
        let bands = cut_into_bands(&picture, align, white);
        Some(Ink { picture, first, bands })
    }
}

/// The part of a picture that has ink, and how it is best sent.
#[derive(Debug)]
pub(crate) struct Ink {
    picture: Bitmap,
    /// White rows above it in the picture it was taken from.
    pub(crate) first: usize,
    bands: Vec<Band>,
}

/// Rows that go in one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Band {
    /// So many white rows.
    White(usize),
    /// Dots: `rows` from `top`, of which the bytes from `left` to `right` have ink.
    Dots { top: usize, rows: usize, left: usize, right: usize },
}

impl Ink {
    /// How many rows it has.
    pub(crate) fn height(&self) -> usize {
        self.picture.height
    }

    /// Its bands, top first.
    pub(crate) fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// The command that prints a band of dots (GS v 0). `scale` bit 0 doubles its width, bit 1 its
    /// height. A white band has none: paper is fed for it.
    pub(crate) fn print(&self, band: Band, scale: u8, out: &mut Vec<u8>) {
        let Band::Dots { top, rows, left, right } = band else { return };
        // Neither is ever larger: bands are cut so, and no picture is wider than 104 bytes.
        let (Ok(width), Ok(height)) = (u8::try_from(right - left), u8::try_from(rows)) else { return };
        out.extend(command::raster(scale, width, height));
        let start = out.len();
        for row in self.picture.rows.chunks(self.picture.row_bytes()).skip(top).take(rows) {
            out.extend_from_slice(row.get(left..right).unwrap_or_default());
        }
        if let Some(data) = out.get_mut(start..) {
            make_harmless(data);
        }
    }
}

/// Bytes before the dots of a band.
const BAND_HEAD: usize = 8;
/// The most rows of a band.
const BAND_ROWS: usize = 255;

/// Cuts a picture into the bands that take the fewest bytes in all, from the last row upwards.
///
/// A band is as wide as its widest row, on the side or the sides that `align` leaves free, and no
/// longer than [`LONGEST_COMMAND`], so that a transfer broken off in its midst can be cleared.
fn cut_into_bands(picture: &Bitmap, align: Align, white: impl Fn(usize) -> usize) -> Vec<Band> {
    let bytes = picture.row_bytes();
    let extents: Vec<Option<(usize, usize)>> = picture
        .rows
        .chunks(bytes)
        .map(|row| {
            let inked = |b: &u8| *b != 0;
            Some((row.iter().position(inked)?, row.iter().rposition(inked)? + 1))
        })
        .collect();
    let side = |left: usize, right: usize| match align {
        Align::Left => (0, right),
        Align::Right => (left, bytes),
        Align::Centre => {
            let margin = left.min(bytes - right);
            (margin, bytes - margin)
        }
    };
    // For each row the cheapest way to send it and all below: its cost and its first band.
    let mut best: Vec<(usize, Band)> = vec![(0, Band::White(0)); extents.len() + 1];
    for top in (0..extents.len()).rev() {
        let below = |row: usize| best.get(row).map_or(0, |(cost, _)| *cost);
        let blank = extents.iter().skip(top).take_while(|row| row.is_none()).count();
        let mut cheapest = (usize::MAX, Band::White(blank));
        if blank > 0 {
            cheapest.0 = white(blank) + below(top + blank);
        }
        let mut reach: Option<(usize, usize)> = None;
        for (rows, row) in (1..=BAND_ROWS).zip(extents.iter().skip(top)) {
            reach = match (reach, row) {
                (Some((l, r)), Some((left, right))) => Some((l.min(*left), r.max(*right))),
                (reach, row) => reach.or(*row),
            };
            // A band begins with ink, and white rows at its end are no part of it.
            let (Some((left, right)), Some(_), Some(_)) = (reach, row, extents.get(top).copied().flatten())
            else {
                if reach.is_none() { break } else { continue }
            };
            let (left, right) = side(left, right);
            let size = BAND_HEAD + rows * (right - left);
            if size > LONGEST_COMMAND {
                break;
            }
            let cost = size + below(top + rows);
            if cost < cheapest.0 {
                cheapest = (cost, Band::Dots { top, rows, left, right });
            }
        }
        if let Some(slot) = best.get_mut(top) {
            *slot = cheapest;
        }
    }
    let mut bands = Vec::new();
    let mut row = 0;
    while let Some((_, band)) = best.get(row).filter(|_| row < extents.len()) {
        bands.push(*band);
        row += match band {
            Band::White(rows) | Band::Dots { rows, .. } => (*rows).max(1),
        };
    }
    bands
}

/// Changes one dot wherever the data holds a real-time command.
///
/// The printer carries out 10 04, 10 05 and 10 14 even within a picture, also across row ends; the
/// head of a band and whatever follows it can neither begin nor end one. The dot that is added
/// touches a black one, so nobody sees it. (11 and 13, by which the printer holds the kiosk up, mean
/// nothing in this direction.)
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
#[path = "raster_tests.rs"]
mod tests;
