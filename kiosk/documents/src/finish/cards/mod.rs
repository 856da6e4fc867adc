//! Several small cards on one glass: found, straightened each on its own, and laid on one page of A4.

mod draw;
mod find;
mod layout;

pub(super) use draw::Page;
pub(super) use find::find;

/// A card where it lies in the scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Card {
    /// Clockwise, in radians.
    pub(super) angle: f64,
    /// Its middle and its size, in pixels of the scan.
    pub(super) middle: (f64, f64),
    pub(super) size: (f64, f64),
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

    /// Whether it goes on beyond a scan of so many pixels: it reaches the border, and lacks a part of the
    /// shape that cards have.
    fn is_cut_off(&self, size: (f64, f64)) -> bool {
        /// Three pixels of the small picture: what is nearer to the border is not looked at there.
        const NEAR: f64 = 26.0;
        /// ISO/IEC 7810, ID-1, whose sides are 85.60 and 53.98 mm, and how well they are found.
        const SHAPE: std::ops::Range<f64> = 1.53..1.65;
        let (long, short) = (self.size.0.max(self.size.1), self.size.0.min(self.size.1).max(1.0));
        if SHAPE.contains(&(long / short)) {
            return false;
        }
        let outside = |at: f64, size: f64| at < NEAR || at > size - NEAR;
        let corners = [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)].map(|corner| self.at(corner));
        corners.iter().any(|&(x, y)| outside(x, size.0) || outside(y, size.1))
    }
}
