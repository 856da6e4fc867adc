//! Several small cards on one glass: found, straightened each on its own, and laid on one page of A4.

mod draw;
mod find;
mod layout;

pub(super) use draw::Page;
use find::Found;

use crate::decode::Pixels;

use super::paper::REDUCTION;

/// What lies on the glass, where it is cards and nothing else.
pub(super) enum Lying {
    /// Several, and the page on which they are laid.
    Several(Page),
    /// One under a white lid, of which no edge is as clear as a sheet's, and the resolution.
    One(Card, u32),
}

/// The cards in a picture of a scan.
pub(super) fn find(picture: &Pixels, stated: Option<u32>) -> Option<Lying> {
    /// What scanners are set to, in dots per inch.
    const USUAL: [u32; 8] = [75, 100, 150, 200, 240, 300, 400, 600];
    // The glass tells how large its pixels are.
    if let Some(dpi) = stated.or_else(|| USUAL.into_iter().find(|&dpi| is_glass(picture, dpi))) {
        return lying(find::find(picture, dpi)?, picture, dpi);
    }
    if is_shaped_like_a4(picture) {
        return None;
    }
    // Else the cards do: all of them the size of an identity card.
    USUAL.into_iter().find_map(|dpi| {
        let found = find::find(picture, dpi)?;
        found.cards.iter().all(|card| card.is_id1(dpi)).then(|| lying(found, picture, dpi))?
    })
}

fn lying(Found { cards, white_lid, others }: Found, picture: &Pixels, dpi: u32) -> Option<Lying> {
    match cards[..] {
        // What is beside it would be cut off.
        [card] => (white_lid && !others).then_some(Lying::One(card, dpi)),
        _ => Page::new(cards, dpi).filter(|page| page.is_light(picture)).map(Lying::Several),
    }
}

/// Whether the picture is as large as the glass of scanners for A4, either way.
fn is_glass(picture: &Pixels, dpi: u32) -> bool {
    const SHORTER: std::ops::Range<f64> = 207.0..220.0;
    const LONGER: std::ops::Range<f64> = 290.0..305.0;
    let mm = |pixels: usize| pixels as f64 * REDUCTION * 25.4 / f64::from(dpi);
    let (width, height) = (mm(picture.width), mm(picture.height));
    SHORTER.contains(&width.min(height)) && LONGER.contains(&width.max(height))
}

/// Whether it may be such a glass at a resolution that is not usual, where an identity card would be a guess.
fn is_shaped_like_a4(picture: &Pixels) -> bool {
    const SHAPE: std::ops::Range<f64> = 1.40..1.43;
    let (longer, shorter) = (picture.width.max(picture.height), picture.width.min(picture.height));
    SHAPE.contains(&(longer as f64 / shorter.max(1) as f64))
}

/// A card where it lies in the scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Card {
    /// Clockwise, in radians.
    pub(super) angle: f64,
    /// Its middle and its size, in pixels of the scan.
    pub(super) middle: (f64, f64),
    pub(super) size: (f64, f64),
    /// Where it reaches the border of the scan, and may go on beyond: left, top, right, bottom.
    pub(super) open: [bool; 4],
}

impl Card {
    /// Where its upper left corner lies.
    pub(super) fn corner(&self) -> (f64, f64) {
        self.at((-0.5, -0.5))
    }

    /// Where in the scan a place of the card lies, in shares of its size from its middle.
    fn at(&self, (across, down): (f64, f64)) -> (f64, f64) {
        let (sin, cos) = self.angle.sin_cos();
        let (w, h) = (self.size.0 * across, self.size.1 * down);
        (self.middle.0 + w * cos - h * sin, self.middle.1 + w * sin + h * cos)
    }

    /// Whether it is as large as an identity card: ISO/IEC 7810, ID-1, 85.60 × 53.98 mm. On a white lid its edges
    /// are found to a millimetre.
    fn is_id1(&self, dpi: u32) -> bool {
        const NEAR: f64 = 2.0;
        let mm = |pixels: f64| pixels * 25.4 / f64::from(dpi);
        let (long, short) = (mm(self.size.0.max(self.size.1)), mm(self.size.0.min(self.size.1)));
        (long - 85.6).abs() < NEAR && (short - 53.98).abs() < NEAR
    }

    /// Whether it goes on beyond the scan: it reaches the border, and is not as large as cards are.
    pub(super) fn is_cut_off(&self, dpi: u32) -> bool {
        self.open.contains(&true) && !self.is_id1(dpi)
    }
}
