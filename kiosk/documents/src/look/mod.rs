//! A finished page looked at while it is drawn: is there anything on it, can it be read, which way is up?
//!
//! Rows of brightness come by once, straight and whitened. They are reduced to about 150 dots per inch,
//! where strokes of print are still told apart; of that, marks of ink are kept in one bit a pixel and
//! the rest as figures of small tiles. That is less than a megabyte for a page of any size.

mod bits;
mod blank;
mod blur;
mod marks;
mod tiles;

use std::io;

use bits::Bits;
use tiles::Tiles;

use crate::quarter::Quarter;
use crate::reduce;

/// The resolution that is looked at, in dots per inch.
const LOOKED_AT: u32 = 150;

/// Pixels of the reduced page at most, whatever it says of its resolution: A3 at 150 dots per inch.
const MOST_PIXELS: usize = 4_500_000;

/// What was seen of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// There is nothing on the page but dust, punched holes, or what shines through from its back.
    pub(crate) blank: bool,
    /// No stroke on it is sharp enough to be read.
    pub(crate) blurred: bool,
    /// What makes it upright, if that is certain.
    pub(crate) turn: Option<Quarter>,
}

/// Looks at a page row by row.
pub(crate) struct Look {
    width: usize,
    /// How many pixels become one, along each side.
    reduction: usize,
    /// Pixels of the reduced page in a millimetre.
    scale: f64,
    /// Sums of the rows that are to become one, and how many they are.
    sums: Vec<u16>,
    summed: usize,
    reduced: Vec<u8>,
    ink: Bits,
    tiles: Tiles,
}

impl Look {
    /// For a page of `width × height` pixels, of which `dpi` lie in an inch.
    ///
    /// # Errors
    /// When the system has no memory for it.
    pub(crate) fn new(width: usize, height: usize, dpi: u32) -> io::Result<Self> {
        let wanted = (dpi + LOOKED_AT / 2) / LOOKED_AT;
        let reduction =
            (wanted.max(1) as usize..).find(|r| (width / r) * (height / r) <= MOST_PIXELS).unwrap_or(1);
        let (across, down) = (width / reduction, height / reduction);
        Ok(Self {
            width,
            reduction,
            scale: f64::from(dpi) / 25.4 / reduction as f64,
            sums: vec![0; across * reduction],
            summed: 0,
            reduced: vec![0; across],
            ink: Bits::new(across, down)?,
            tiles: Tiles::new(across, down),
        })
    }

    /// The next row of the page; rows and columns that are too few for one more are left out.
    pub(crate) fn row(&mut self, row: &[u8]) {
        /// Darker than this is ink, on paper that is white.
        const INK: u8 = 190;
        let row = row.get(..self.width).unwrap_or_default();
        let reduced = if self.reduction == 1 {
            row
        } else {
            reduce::add(&mut self.sums, row);
            self.summed += 1;
            if self.summed < self.reduction {
                return;
            }
            reduce::means(&self.sums, &mut self.reduced, self.reduction);
            self.sums.fill(0);
            self.summed = 0;
            &self.reduced
        };
        self.ink.push(reduced, INK);
        self.tiles.row(reduced);
    }

    /// What has been seen, after the last row.
    ///
    /// # Errors
    /// When the system has no memory for looking at it.
    pub(crate) fn seen(self) -> io::Result<Seen> {
        let tiles = self.tiles.finish();
        let blank = blank::is_blank(&tiles, self.scale);
        let turn = if blank { None } else { marks::turn(self.ink, self.scale)? };
        Ok(Seen { blank, blurred: !blank && blur::is_blurred(&tiles, self.scale), turn })
    }
}
