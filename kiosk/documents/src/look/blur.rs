//! Are the strokes on a page sharp enough to be read?
//!
//! Where a tile holds both ink and paper, its steepest step is nearly the whole difference between them
//! if the scan is sharp, and a small part of it if it is not. A page that lay on the glass has sharp
//! tiles wherever there is print, so that the sharpest quarter tells.

use super::tiles::{Grid, STEP};

/// Whether even the sharpest print is blurred beyond reading, on a page of which `scale` pixels are a
/// millimetre.
pub(super) fn is_blurred(grid: &Grid, scale: f64) -> bool {
    /// The blur of an edge, as the standard deviation in millimetres, at which small print is lost.
    const LOST: f64 = 0.25;
    /// Ink and paper.
    const CONTRAST: u8 = 70;
    const PAPER: u8 = 200;
    /// Fewer tiles with ink say nothing of the page.
    const FEWEST: usize = 40;
    let inked = grid.tiles().iter().filter(|t| t.lightest >= PAPER && t.lightest - t.darkest >= CONTRAST);
    let mut shares: Vec<_> =
        inked.map(|tile| f64::from(tile.step) / f64::from(tile.lightest - tile.darkest)).collect();
    if shares.len() < FEWEST {
        return false;
    }
    let quarter = shares.len() / 4;
    let (_, &mut sharpest, _) = shares.select_nth_unstable_by(quarter, |a, b| b.total_cmp(a));
    sharpest < share(LOST * scale)
}

/// How much of an edge's height its steepest [`STEP`] pixels climb, when it is blurred by so many pixels.
fn share(deviation: f64) -> f64 {
    // The integral of a bell curve over its middle, within two hundredths.
    (0.8 * STEP as f64 / 2.0 / deviation).tanh()
}
