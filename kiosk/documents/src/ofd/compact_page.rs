//! A compact page in an OFD: its pictures as they are, and above them its print as PNG images of two
//! colours, ink and nothing. Readers of OFD know no stencil masks.

use super::{Format, Leaf};
use crate::archive::Archive;
use crate::assemble::PageRef;
use crate::compact::{self, Paint};
use crate::error::PageError;
use crate::page::Paper;

/// Adds the layers of a page to the archive; `each` sees all their bytes. Each is in memory on its own.
pub(super) fn add(
    id: (usize, usize),
    of: &PageRef,
    archive: &mut Archive<'_>,
    mut each: impl FnMut(&[u8]),
) -> Result<Leaf, PageError> {
    let (mut file, page) = compact::open(&of.path)?;
    let paper = Paper::new((page.width, page.height), of)?;
    let images = page.layers.iter().map(|layer| {
        let area = layer.area;
        let of = |pixels: u32, all: u32| f64::from(pixels) / f64::from(all.max(1));
        let (x, y) = (of(area.x, page.width), of(area.y, page.height));
        let format = if matches!(layer.paint, Paint::Ink(_)) { Format::Png } else { Format::Jpeg };
        (format, [x, y, of(area.width, page.width), of(area.height, page.height)])
    });
    let leaf = Leaf::of(id, paper, of.turn, images);
    for (number, layer) in page.layers.iter().enumerate() {
        let mut bytes = compact::read(&mut file, layer.bytes, &of.path)?;
        if let Paint::Ink(colour) = layer.paint {
            bytes = compact::png(&bytes, colour, &of.path)?;
        }
        each(&bytes);
        archive.add(&leaf.file(number), &bytes)?;
    }
    Ok(leaf)
}
