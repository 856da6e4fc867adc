//! The toolkit's software renderer, painting into memory.
//!
//! The renderer is generic over what a pixel is, so that its loops are compiled where it is called. `ui`, most of
//! which the toolkit generates, is built unoptimised for development: called from there, a screen would take a
//! quarter of a second. Here it takes what it takes in the product.

use slint::Rgb8Pixel;
use slint::platform::software_renderer::SoftwareRenderer;

/// Paints what has changed into `pixels`, row by row from the top; a row has `width` of them.
pub fn paint(renderer: &SoftwareRenderer, pixels: &mut [Rgb8Pixel], width: usize) {
    renderer.render(pixels, width);
}
