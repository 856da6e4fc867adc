//! Are the strokes on a page sharp enough to be read?
//!
//! Where a few tiles hold both ink and paper, their steepest step is nearly the whole difference between
//! them if the scan is sharp, and a small part of it if it is not. A page that lay on the glass has sharp
//! places wherever there is print, so that the sharpest quarter tells.

use super::tiles::{Grid, STEP, Tile};

/// Whether even the sharpest print is blurred beyond reading, on a page of which `scale` pixels are a
/// millimetre.
pub(super) fn is_blurred(grid: &Grid, scale: f64) -> bool {
    /// The blur of an edge, as the standard deviation in millimetres, at which small print is lost.
    const LOST: f64 = 0.25;
    /// Ink and paper.
    const CONTRAST: u8 = 60;
    const PAPER: u8 = 200;
    /// Fewer places with ink say nothing of the page.
    const FEWEST: usize = 40;
    // Places of 3 × 3 tiles, wide enough for the softest edge, overlap by one.
    let middles = (1..grid.down).step_by(2).flat_map(|y| (1..grid.across).step_by(2).map(move |x| (x, y)));
    let mut shares: Vec<f64> = middles
        .filter_map(|(x, y)| around(grid, x, y))
        .filter(|place| place.lightest >= PAPER && place.lightest - place.darkest >= CONTRAST)
        .map(|place| f64::from(place.step) / f64::from(place.lightest - place.darkest))
        .collect();
    if shares.len() < FEWEST {
        return false;
    }
    let quarter = shares.len() / 4;
    let (_, &mut sharpest, _) = shares.select_nth_unstable_by(quarter, |a, b| b.total_cmp(a));
    sharpest < share(LOST * scale)
}

/// A tile and its neighbours, as one; `None` at the border.
fn around(grid: &Grid, x: usize, y: usize) -> Option<Tile> {
    let mut all = *grid.get(x, y)?;
    for (x, y) in (y - 1..=y + 1).flat_map(|y| (x - 1..=x + 1).map(move |x| (x, y))) {
        let tile = grid.get(x, y)?;
        all.darkest = all.darkest.min(tile.darkest);
        all.lightest = all.lightest.max(tile.lightest);
        all.step = all.step.max(tile.step);
    }
    Some(all)
}

/// How much of an edge's height its steepest [`STEP`] pixels climb, when it is blurred by so many pixels.
fn share(deviation: f64) -> f64 {
    // The integral of a bell curve over its middle, within two hundredths.
    (0.8 * STEP as f64 / 2.0 / deviation).tanh()
}
