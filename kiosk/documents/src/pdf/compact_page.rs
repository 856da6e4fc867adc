//! A compact page in a PDF: its pictures, and above them its print, painted through stencil masks
//! (ISO 32000-1, 8.9.6.2). Nothing of it is transparent, so that no blending is asked of the reader.

use std::io::Write;

use pdf_writer::{Content, Name};

use super::Pdf;
use crate::assemble::{MAX_DOCUMENT_BYTES, PageRef};
use crate::compact::{self, Page, Paint};
use crate::error::PageError;
use crate::page::Paper;

impl<W: Write> Pdf<'_, W> {
    /// As [`Pdf::page`], for a compact page.
    pub(super) fn compact_page(&mut self, number: i32, of: &PageRef) -> Result<i32, PageError> {
        let (mut file, page) = compact::open(&of.path)?;
        let bytes: u64 = page.layers.iter().map(|layer| layer.bytes.length).sum();
        if self.output.offset().saturating_add(bytes) > MAX_DOCUMENT_BYTES {
            return Err(PageError::DocumentTooLarge { path: self.out.to_owned() });
        }
        let size = Paper::new((page.width, page.height), of)?.points();
        let names: Vec<_> = (0..page.layers.len()).map(|layer| format!("L{layer}").into_bytes()).collect();
        let mut image = number + 2;
        let images: Vec<_> = names.iter().map(Vec::as_slice).zip(image..).collect();
        self.sheet(number, of.turn, size, &images, drawing(&page, &names, size))?;
        for layer in &page.layers {
            let stored = layer.bytes;
            self.begin_image(image, stored.pixels, kind(layer.paint), stored.length)?;
            let output = &mut self.output;
            compact::copy(&mut file, stored, (&of.path, self.out), |piece| output.write(piece))?;
            self.end_image()?;
            image += 1;
        }
        Ok(image)
    }
}

/// Draws each layer at its place: in a PDF, y goes up.
fn drawing<T>(page: &Page<T>, names: &[Vec<u8>], (width, height): (f32, f32)) -> Content {
    let mut drawing = Content::new();
    let (right, up) = (width / page.width as f32, height / page.height as f32);
    for (layer, name) in page.layers.iter().zip(names) {
        let area = layer.area;
        let (x, w) = (area.x as f32 * right, area.width as f32 * right);
        let (y, h) = ((area.y + area.height) as f32 * up, area.height as f32 * up);
        drawing.save_state();
        if let Paint::Ink(colour) = layer.paint {
            let [red, green, blue] = colour.map(|part| f32::from(part) / 255.0);
            drawing.set_fill_rgb(red, green, blue);
        }
        drawing.transform([w, 0.0, 0.0, h, x, height - y]);
        drawing.x_object(Name(name));
        drawing.restore_state();
    }
    drawing
}

/// What the image's dictionary says of its samples.
fn kind(paint: Paint) -> &'static str {
    match paint {
        Paint::Grey => "/BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /DCTDecode",
        Paint::Colour => "/BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /DCTDecode",
        // Black becomes 0 (7.4.7), and 0 is painted.
        Paint::Ink(_) => "/BitsPerComponent 1 /ImageMask true /Filter /JBIG2Decode",
    }
}
