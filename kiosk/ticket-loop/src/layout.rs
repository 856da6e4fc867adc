//! Where everything lies on the test ticket, in dots.
//!
//! ```text
//! ████████████████████████  bar      every dot at once: darkness across the width
//! ║ ╷ ╷ ╷ ╷ comb ╷ ╷ ╷ ╷ ║  comb     every fourth dot alone, four times shifted by one: single dots
//! ████████████████████████  bar
//! █ █ ██  █ ██ ruler █ ██ █  ruler    a code that is like itself at one place only: where a dot lies
//! █─                    ─█  rails    black in every row: missing lines; rungs every 16 dots: the feed
//! █─ QR        NUMBER   ─█
//! █ ██ █  █ █ ruler ██ █  █  ruler    another code: which end is up
//! ████████████████████████  bar, comb, bar: once more, for what lies on top of the first
//! ```
//!
//! The two rulers and the outermost bars are the registration marks: the rulers' ends with the bars'
//! middles make four corners, each of which is drawn from half of the ticket, so that no single dead dot,
//! spot or missing line can move it.

use std::ops::Range;

/// Dots in a millimetre of the head (203 dpi), across and along the feed.
pub const DOTS_PER_MM: f64 = 8.0;

/// Rows of a bar.
const BAR: usize = 24;
/// The bars, top first.
pub(crate) const BARS: [Range<usize>; 4] = [16..16 + BAR, 116..116 + BAR, 412..412 + BAR, 512..512 + BAR];
/// Dots between the teeth of a comb; so many combs make every dot a tooth once.
pub(crate) const PITCH: usize = 4;
/// Rows of one comb.
pub(crate) const COMB: usize = 16;
/// Where the two groups of combs begin.
const COMBS: [usize; 2] = [46, 442];
/// Rows of the two rulers.
pub(crate) const RULERS: [Range<usize>; 2] = [148..172, 380..404];
/// Dots of a ruler's step.
pub(crate) const STEP: usize = 8;
/// White beside a ruler, rails included.
pub(crate) const RULER_MARGIN: usize = 32;
/// Dots across a rail.
pub(crate) const RAIL: usize = 8;
/// Rows of the rails: between the inner bars.
pub(crate) const RAILS: Range<usize> = 140..412;
/// Rungs: first row, rows from one to the next, how many, rows of each, dots across.
pub(crate) const RUNG_FIRST: usize = 188;
pub(crate) const RUNG_PITCH: usize = 16;
pub(crate) const RUNGS: usize = 12;
pub(crate) const RUNG_ROWS: usize = 2;
pub(crate) const RUNG_DOTS: usize = 16;
/// Left and upper side of the QR code, and dots of its modules.
pub(crate) const CODE_AT: (usize, usize) = (40, 184);
pub(crate) const MODULE: usize = 5;
/// Modules a side: version 5 (ISO/IEC 18004), which holds 60 bytes at level Q.
pub(crate) const MODULES: usize = 37;
/// Upper side of the number.
pub(crate) const NUMBER_TOP: usize = 200;
/// Rows of the whole ticket.
pub(crate) const HEIGHT: usize = 552;

/// The ticket's drawing for a head of a certain width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    width: usize,
}

/// A head for which there is no test ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("test ticket: a head of {width} dots; use a multiple of 8 from 384 to 832")]
pub struct LayoutError {
    /// dots asked for
    pub width: usize,
}

impl Layout {
    /// Rows of the ticket, the same for every width.
    pub const HEIGHT: usize = HEIGHT;

    /// The layout for a head of `width` dots.
    ///
    /// # Errors
    /// When `width` is not a multiple of 8 from 384 to 832.
    pub fn new(width: usize) -> Result<Self, LayoutError> {
        if !(384..=832).contains(&width) || !width.is_multiple_of(8) {
            return Err(LayoutError { width });
        }
        Ok(Self { width })
    }

    /// Dots across.
    pub fn width(self) -> usize {
        self.width
    }

    /// Rows in which a dot stands alone, in the upper or the lower group of combs. The lower group runs
    /// the other way round, so that the two places of a dot are never equally far from each other.
    pub(crate) fn comb(self, group: usize, dot: usize) -> Range<usize> {
        let phase = dot % PITCH;
        let place = if group == 0 { phase } else { PITCH - 1 - phase };
        let top = COMBS.get(group).copied().unwrap_or_default() + place * COMB;
        top..top + COMB
    }

    /// The steps of a ruler, black as `true`, from [`RULER_MARGIN`] on.
    ///
    /// They come from a shift register of 15 bits (x¹⁵ + x¹⁴ + 1), so that a ruler is like itself at one
    /// place only.
    pub(crate) fn ruler(self, which: usize) -> Vec<bool> {
        let mut state: u16 = if which == 0 { 0x1ace } else { 0x6b35 };
        let steps = (self.width - 2 * RULER_MARGIN) / STEP;
        let next = |_| {
            let bit = (state >> 14 ^ state >> 13) & 1;
            state = (state << 1 | bit) & 0x7fff;
            bit == 1
        };
        (0..steps).map(next).collect()
    }

    /// Dots of one cell of the number's characters.
    pub(crate) fn cell(self) -> usize {
        ((self.width - 40 - self.number_left()) / (6 * 6)).min(10)
    }

    /// Left side of the number.
    pub(crate) fn number_left(self) -> usize {
        CODE_AT.0 + MODULES * MODULE + 16
    }
}
