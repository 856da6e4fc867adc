//! Where cards are laid on a page of A4: at their true size, one above the other in the middle, like a
//! photocopy of both sides; in two columns when there are more than four.

use super::Card;
use crate::jpeg_header::{MAX_PIXELS, MAX_SIDE};

/// Positions are multiples of this, so that colour, which has fewer samples, stays in place.
const RASTER: usize = 4;

/// A page of A4 at so many dots per inch, and the upper left corner and the size of each card on it, in
/// pixels; `None` when they have no room, or the page would be larger than a page may be.
pub(super) fn lay(cards: &[Card], dpi: u32) -> Option<Arrangement> {
    /// Between cards, and at least around them, in millimetres.
    const GAP: f64 = 10.0;
    let pixels = |mm: f64| mm * f64::from(dpi) / 25.4;
    let (width, height) = (pixels(210.0).round(), pixels(297.0).round());
    if width.max(height) > f64::from(MAX_SIDE) || width * height > MAX_PIXELS as f64 {
        return None;
    }
    let columns = if cards.len() > 4 { 2 } else { 1 };
    let rows: Vec<&[Card]> = cards.chunks(columns).collect();
    let heights: Vec<f64> =
        rows.iter().map(|row| row.iter().map(|card| card.size.1).fold(0.0, f64::max)).collect();
    let gap = pixels(GAP);
    let all = heights.iter().sum::<f64>() + gap * heights.len().saturating_sub(1) as f64;
    let mut y = (height - all) / 2.0;
    let mut spots = vec![];
    for (row, row_height) in rows.iter().zip(heights) {
        let row_width = row.iter().map(|card| card.size.0).sum::<f64>() + gap * (row.len() - 1) as f64;
        let mut x = (width - row_width) / 2.0;
        if x < 0.0 || y < 0.0 {
            return None;
        }
        for card in *row {
            let at = |place: f64| place as usize / RASTER * RASTER;
            spots.push((at(x), at(y + (row_height - card.size.1) / 2.0)));
            x += card.size.0 + gap;
        }
        y += row_height + gap;
    }
    Some(Arrangement { size: (width as usize, height as usize), spots })
}

/// A page with room for cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrangement {
    pub(super) size: (usize, usize),
    /// The upper left corner of each card.
    pub(super) spots: Vec<(usize, usize)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two identity cards, one above the other on the glass.
    fn two(dpi: u32) -> [Card; 2] {
        let pixels = |mm: f64| mm * f64::from(dpi) / 25.4;
        let card = |y| Card {
            angle: 0.0,
            middle: (pixels(100.0), pixels(y)),
            size: (pixels(85.6), pixels(54.0)),
            open: [false; 4],
        };
        [card(60.0), card(160.0)]
    }

    #[test]
    fn cards_are_laid_on_a_page_that_may_be_written() {
        for dpi in [75, 100, 150, 300, 600] {
            let Arrangement { size, spots } = lay(&two(dpi), dpi).expect("room");
            let a4 = (210.0 * f64::from(dpi) / 25.4).round() as usize;
            assert_eq!((size.0, spots.len()), (a4, 2), "{dpi}");
        }
        for dpi in [1200, 2400, u32::MAX] {
            assert_eq!(lay(&two(dpi), dpi), None, "{dpi}");
        }
    }
}
