//! A page as grey samples at its full size, for whoever measures on it.

use std::path::Path;

use turbojpeg::{PixelFormat, ScalingFactor};

use crate::decode;
use crate::error::PageError;

/// A page in grey.
#[derive(Clone, PartialEq, Eq)]
pub struct Grey {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Dots per inch as the file states them, if equal in both directions and plausible.
    pub dpi: Option<u32>,
    /// A byte a pixel, 0 is black, row by row from the top without gaps.
    pub pixels: Vec<u8>,
}

/// Decodes a page at its full size; needs a byte of memory for each of its pixels.
///
/// # Errors
/// As [`inspect`](crate::inspect()).
pub fn grey(path: &Path) -> Result<Grey, PageError> {
    let page = decode::load(path)?;
    let decoded = page.decode(ScalingFactor::ONE, PixelFormat::GRAY)?;
    Ok(Grey { width: decoded.width, height: decoded.height, dpi: page.header.dpi, pixels: decoded.bytes })
}

impl std::fmt::Debug for Grey {
    /// Without what is on the page.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Grey({} × {})", self.width, self.height)
    }
}
