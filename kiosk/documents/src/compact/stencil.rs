//! Print as PNG, for readers that know no JBIG2.

use std::path::Path;

use hayro_jbig2::{DecodeSettings, Decoder, Page};
use png::{BitDepth, ColorType, Encoder};

use crate::error::PageError;

/// Makes a PNG image of a layer's bitmap: `colour` where it is black, and nothing elsewhere. Of a layer
/// that [`super::open`] has accepted, the size is bounded.
pub(crate) fn png(jbig2: &[u8], colour: [u8; 3], path: &Path) -> Result<Vec<u8>, PageError> {
    let flaw = |what: String| PageError::corrupt(path, format!("a layer of it: {what}"));
    let page = Page::new_embedded(jbig2, None, &DecodeSettings { strict: true });
    let page = page.map_err(|e| flaw(e.to_string()))?;
    let (width, height) = (page.width(), page.height());
    let mut rows = Rows { bytes: vec![], filled: 8 };
    page.decode(&mut rows).map_err(|e| flaw(e.to_string()))?;
    let mut bytes = vec![];
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::One);
    let [red, green, blue] = colour;
    encoder.set_palette(vec![255, 255, 255, red, green, blue]);
    encoder.set_trns(vec![0, 255]);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&rows.bytes));
    written.map_err(|e| flaw(e.to_string()))?;
    Ok(bytes)
}

/// Rows of one bit a pixel, each beginning with a byte.
struct Rows {
    bytes: Vec<u8>,
    /// Bits of the last byte that are pixels.
    filled: u8,
}

impl Decoder for Rows {
    fn push_pixel(&mut self, black: bool) {
        if self.filled == 8 {
            self.bytes.push(0);
            self.filled = 0;
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(black) << (7 - self.filled);
        }
        self.filled += 1;
    }

    fn push_pixel_chunk(&mut self, black: bool, chunks: u32) {
        for _ in 0..chunks * 8 {
            self.push_pixel(black);
        }
    }

    fn next_line(&mut self) {
        self.filled = 8;
    }
}
