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
        let (sin, cos) = self.angle.sin_cos();
        let (w, h) = (self.size.0 / 2.0, self.size.1 / 2.0);
        (self.middle.0 - w * cos + h * sin, self.middle.1 - w * sin - h * cos)
    }
}
