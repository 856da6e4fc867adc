//! Dots to be printed: one bit each.

/// A picture of black dots on white paper.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    width: usize,
    height: usize,
    rows: Vec<u8>,
}

impl Bitmap {
    /// White paper of `width` × `height` dots.
    pub(crate) fn blank(width: usize, height: usize) -> Self {
        Self { width, height, rows: vec![0; width.div_ceil(8) * height] }
    }

    /// Dots across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Dots down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The rows, top first, each padded to whole bytes; the highest bit is left, 1 is black.
    pub fn rows(&self) -> &[u8] {
        &self.rows
    }

    /// Whether a dot is black; outside the picture all is white.
    pub fn is_black(&self, x: usize, y: usize) -> bool {
        x < self.width
            && self.rows.get(y * self.width.div_ceil(8) + x / 8).is_some_and(|b| b & (0x80 >> (x % 8)) != 0)
    }

    /// Makes a rectangle black, as far as it lies in the picture.
    pub(crate) fn blacken(&mut self, x: usize, y: usize, width: usize, height: usize) {
        let row_bytes = self.width.div_ceil(8);
        for y in y..y + height {
            for x in x..(x + width).min(self.width) {
                if let Some(byte) = self.rows.get_mut(y * row_bytes + x / 8) {
                    *byte |= 0x80 >> (x % 8);
                }
            }
        }
    }
}

impl std::fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bitmap({} × {} dots)", self.width, self.height)
    }
}
