//! What is neither print nor white paper, as JPEG images of the parts of the page where it is.

use multiversion::multiversion;
use turbojpeg::{Compressor, Error, Image, PixelFormat, Subsamp, YuvPlanesImage};

use crate::gather;

use super::bitmap::{self, Bitmap, WORD};
use super::file::{Area, Layer, MAX_LAYERS, Paint};
use super::fill::fill;
use super::grid::{Grid, Span};
use super::inks::KINDS;
use super::small::{Small, WHITE};

/// Side of a cell, in pixels of the page in small: as large as the blocks of JPEG.
const CELL: usize = 8;

/// Takes the pictures out of the page in small, from which print covers the pixels `covered`, and which
/// is so much smaller than the page.
pub(super) fn take(mut small: Small, covered: &Bitmap, scale: usize) -> Result<Vec<Layer<Vec<u8>>>, Error> {
    // What touches print is a mixture of both.
    let covered = covered.grown();
    let contents = contents(&small, &covered);
    whiten(&mut small, &contents);
    fill(&mut small, within(covered, &contents));
    spans(&contents).into_iter().map(|span| picture(&small, span, scale)).collect()
}

/// The cells in which there is something to be seen beside print, and their neighbours.
fn contents(small: &Small, covered: &Bitmap) -> Grid {
    /// Single pixels are dust, or the last of a letter's shadow.
    const FEWEST: usize = 4;
    let (width, height) = (small.width.div_ceil(CELL), small.height.div_ceil(CELL));
    let mut counts = vec![0; width * height];
    let mut seen = vec![0; covered.stride()];
    for y in 0..small.height {
        beside_paper(&mut seen, small.row(0, y), small.row(1, y), small.row(2, y));
        let counts = counts.get_mut(y / CELL * width..(y / CELL + 1) * width).unwrap_or_default();
        let words = counts.chunks_mut(WORD / CELL).zip(seen.iter().zip(covered.row(y)));
        for (counts, (seen, covered)) in words.filter(|(_, (seen, _))| **seen != 0) {
            let cells = (seen & !covered).to_be_bytes();
            counts.iter_mut().zip(cells).for_each(|(count, cell)| *count += cell.count_ones());
        }
    }
    let seen = Grid::of(width, height, |x, y| {
        // At the page's ends cells may be smaller than that.
        let pixels = (small.width - x * CELL).min(CELL) * (small.height - y * CELL).min(CELL);
        counts.get(y * width + x).is_some_and(|&count| count as usize >= FEWEST.min(pixels))
    });
    seen.grown()
}

/// Which pixels of a row are not white paper; a page in grey has no colours.
#[multiversion(targets("x86_64+avx2"))]
fn beside_paper(bits: &mut [u64], luma: &[u8], blue: &[u8], red: &[u8]) {
    /// Paper is at least that bright once it has been whitened.
    const PAPER_LUMA: u8 = 242;
    const PALE: u8 = 10;
    let part = |row: &'_ [u8], word: usize, white: u8| {
        gather::samples(row.get(word * WORD..).unwrap_or_default(), white)
    };
    for (word, bits) in bits.iter_mut().enumerate() {
        let [of_luma, of_blue, of_red] = WHITE;
        let (luma, blue, red) =
            (part(luma, word, of_luma), part(blue, word, of_blue), part(red, word, of_red));
        let mut others = [0; WORD];
        for (other, (&luma, (&blue, &red))) in others.iter_mut().zip(luma.iter().zip(blue.iter().zip(&red))) {
            let coloured = blue.abs_diff(128).max(red.abs_diff(128)) > PALE;
            *other = u8::from(luma < PAPER_LUMA || coloured);
        }
        *bits = gather::word(&others);
    }
}

/// Makes all cells white that hold nothing.
fn whiten(small: &mut Small, contents: &Grid) {
    for (plane, white) in (0..small.planes).zip(WHITE) {
        for y in 0..small.height {
            let cells = small.row_mut(plane, y).chunks_mut(CELL).zip(contents.row(y / CELL));
            cells.filter(|(_, seen)| !**seen).for_each(|(samples, _)| samples.fill(white));
        }
    }
}

/// The pixels in marked cells.
fn within(mut bitmap: Bitmap, contents: &Grid) -> Bitmap {
    for y in 0..bitmap.height() {
        let seen = bitmap::cells(contents.row(y / CELL), CELL, bitmap.stride());
        bitmap.row_mut(y).iter_mut().zip(seen).for_each(|(bits, seen)| *bits &= seen);
    }
    bitmap
}

/// Boxes that hold all marked cells and do not meet.
fn spans(contents: &Grid) -> Vec<Span> {
    let mut spans: Vec<Span> = vec![];
    for mut span in contents.groups().iter().filter_map(|group| Span::around(group)) {
        // What meets another becomes one with it, and may meet a third then.
        while let Some(other) = spans.iter().position(|other| other.meets(span)) {
            span = span.with(spans.swap_remove(other));
        }
        spans.push(span);
    }
    if spans.len() > MAX_LAYERS - KINDS.len() {
        spans = spans.into_iter().reduce(Span::with).into_iter().collect();
    }
    spans.sort_by_key(|span| (span.y, span.x));
    spans
}

fn picture(small: &Small, span: Span, scale: usize) -> Result<Layer<Vec<u8>>, Error> {
    /// The colours are of full resolution, so that seals stay sharp.
    const QUALITY: i32 = 42;
    let (x, y) = (span.x.0 * CELL, span.y.0 * CELL);
    let width = (span.x.1 * CELL).min(small.width) - x;
    let height = (span.y.1 * CELL).min(small.height) - y;
    let mut compressor = Compressor::new()?;
    compressor.set_quality(QUALITY)?;
    compressor.set_optimize(true)?;
    let from = |plane: usize| small.plane(plane).get(y * small.width + x..).unwrap_or_default();
    let (paint, bytes) = if small.planes == 1 {
        compressor.set_subsamp(Subsamp::Gray)?;
        let pixels = Image { pixels: from(0), width, pitch: small.width, height, format: PixelFormat::GRAY };
        (Paint::Grey, compressor.compress_to_vec(pixels)?)
    } else {
        let pixels = YuvPlanesImage {
            y_plane: from(0),
            u_plane: from(1),
            v_plane: from(2),
            width,
            height,
            y_stride: small.width,
            u_stride: small.width,
            v_stride: small.width,
            subsamp: Subsamp::None,
        };
        (Paint::Colour, compressor.compress_yuv_planes_to_vec(&pixels)?)
    };
    let area = Area {
        x: (x * scale) as u32,
        y: (y * scale) as u32,
        width: (width * scale) as u32,
        height: (height * scale) as u32,
    };
    Ok(Layer { area, paint, bytes })
}
