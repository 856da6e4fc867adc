//! The last pass: the planes of the scan, turned, whitened and encoded again, band by band.

use std::ops::Range;

use crate::error::PageError;
use crate::look::Look;

use super::Compression;
use super::encoder::Encoder;
use super::place::Place;
use super::planes::{Colour, Flaw, Layout, Samples};
use super::scan::Scan;
use super::warp::{self, Gain, Mapping, OVERRUN, Row, Turn};
use super::window::{HIGHEST_BAND, Window};

/// Reads the planes of the scan and writes those of the finished page; `look` sees each row of its
/// brightness.
pub(super) fn redraw(
    scan: Scan<'_>,
    place: &Place,
    gain: Gain,
    (compression, dpi): (Compression, Option<u32>),
    look: &mut Look,
    mut write: impl FnMut(&[u8]) -> Result<(), PageError>,
) -> Result<(), PageError> {
    let file = scan.file;
    let flaw = |Flaw(why): Flaw| file.flaw_said(&why);
    let mut window = scan.window(place.rows_at_once(HIGHEST_BAND))?;
    let from = window.layout();
    let ratio = from.subsampling().ok_or_else(|| file.unsupported("JPEG with unusual sampling"))?;
    let (turn, (width, height)) = place.cut();
    let colour = if from.colour == Colour::Grey { Colour::Grey } else { Colour::YCbCr };
    let to = Layout::new(width, height, colour, ratio);
    let mut encoder = Encoder::start(compression, to, dpi).map_err(flaw)?;
    let mut pages: Vec<_> = (0..to.planes()).map(|plane| Sheet::new(turn, &to, plane, ratio)).collect();

    let bands = height.div_ceil(to.band_rows(0));
    for band in 0..bands {
        // The rows of the coarser planes reach a little farther.
        let end = pages.first().map_or(0, |luma| luma.touched(band).end);
        window.reach(end + 2 * ratio.1 - 1).map_err(flaw)?;
        for (plane, page) in pages.iter_mut().enumerate() {
            let gain = if plane == 0 { gain } else { Gain::NONE };
            page.draw(band, &window, plane, gain);
        }
        pages.first().into_iter().flat_map(|luma| luma.drawn(band)).for_each(|row| look.row(row));
        let mut samples: Vec<_> = pages.iter().map(Sheet::samples).collect();
        write(encoder.band(&mut samples).map_err(flaw)?)?;
    }
    write(&encoder.finish().map_err(flaw)?)
}

/// One plane of the finished page: the band of it that is being drawn.
struct Sheet {
    mapping: Mapping,
    samples: Vec<u8>,
    stride: usize,
    width: usize,
    height: usize,
    rows: usize,
    /// What paper is where there is no scan: white, without colour.
    beyond: u8,
}

impl Sheet {
    fn new(turn: Turn, to: &Layout, plane: usize, ratio: (usize, usize)) -> Self {
        let (width, height) = to.size(plane);
        let rows = to.band_rows(plane);
        let stride = to.row_samples(plane) + OVERRUN;
        let luma = plane == 0;
        Self {
            mapping: Mapping::new(turn, if luma { (1, 1) } else { ratio }),
            samples: vec![0; stride * rows],
            stride,
            width,
            height,
            rows,
            beyond: if luma { 255 } else { 128 },
        }
    }

    /// The rows of the scan's plane that a band touches.
    fn touched(&self, band: usize) -> Range<usize> {
        let rows = band * self.rows..((band + 1) * self.rows).min(self.height);
        self.mapping.touched(rows, self.width)
    }

    /// Draws a band, some columns at a time, so that the rows of the scan that the next row needs again
    /// are still in the processor's cache.
    fn draw(&mut self, band: usize, window: &Window, plane: usize, gain: Gain) {
        const COLUMNS: usize = 256;
        let source = window.source(plane, self.touched(band));
        // Below the page's end its last row goes on, so that the last blocks have no hard edge.
        let last = self.height.saturating_sub(1);
        let row = |number: usize| ((band * self.rows + number).min(last), self.width);
        let rows: Vec<_> =
            (0..self.rows).map(|number| Row::new(row(number), &self.mapping, &source)).collect();
        for left in (0..self.width).step_by(COLUMNS) {
            let columns = left..(left + COLUMNS).min(self.width);
            for (out, row) in self.samples.chunks_exact_mut(self.stride).zip(&rows) {
                warp::draw(out, columns.clone(), row, &self.mapping, &source, gain, self.beyond);
            }
        }
        for out in self.samples.chunks_exact_mut(self.stride) {
            if let Some((drawn, rest)) = out.split_at_mut_checked(self.width) {
                rest.fill(drawn.last().copied().unwrap_or(self.beyond));
            }
        }
    }

    /// The rows of a band that belong to the page.
    fn drawn(&self, band: usize) -> impl Iterator<Item = &[u8]> {
        self.samples.chunks_exact(self.stride).take(self.height.saturating_sub(band * self.rows))
    }

    fn samples(&self) -> Samples<&[u8]> {
        Samples { samples: &self.samples, stride: self.stride }
    }
}
