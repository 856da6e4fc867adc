//! From the scanner's page to a finished one: cut to the paper, straight, and white.
//!
//! A first pass decodes an eighth of the page's size in grey and finds the paper there. A second pass
//! reads the planes of the page band by band, turns them, whitens the brightness and encodes them
//! again, in the subsampling they came in. No pass holds the whole page: of the planes there is as
//! much in memory as the page's tilt spans.

mod line;
mod paper;
mod place;
mod planes;
mod text_lines;
mod warp;
mod whiten;
mod window;

#[cfg(test)]
mod scenes;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

use turbojpeg::{PixelFormat, ScalingFactor};

use crate::decode::{self, Loaded, MAX_SCANS};
use crate::error::PageError;
use crate::inspect::{self, Warning};
use crate::output::Part;

use place::Place;
use planes::{Colour, Flaw, Layout, Reader, Samples, Writer};
use warp::{Gain, Mapping, OVERRUN, Row, Source};
use window::Window;

/// What was done to a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The angle at which the page lay in the scan, in degrees, clockwise.
    pub angle: f64,
    /// What the angle was found by.
    pub straightened: Straightened,
    /// Where the paper lay in the scan.
    pub paper: Paper,
    /// Width of the finished page in pixels.
    pub width: u32,
    /// Height of the finished page in pixels.
    pub height: u32,
    /// Dots per inch as the scan states them, which the finished page repeats.
    pub dpi: Option<u32>,
    /// What a person should look at before the page is kept.
    pub warnings: Vec<Warning>,
}

/// What the angle of a page was found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Straightened {
    /// The edges of the paper.
    Edges,
    /// The lines of text, since no edge is visible.
    Lines,
    /// Nothing certain; the page is left as it lies.
    Nothing,
}

/// A box in the scan, in pixels: its upper left corner, from which it extends to the right and down
/// in the direction of the page. A side whose edge is not visible reaches to the end of the scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paper {
    /// The corner's distance from the left of the scan.
    pub x: f64,
    /// The corner's distance from the top of the scan.
    pub y: f64,
    /// Width along the page's upper edge.
    pub width: f64,
    /// Height along the page's left edge.
    pub height: f64,
}

/// Makes a finished page of a scan and makes it durable under the name `out`.
///
/// The same scan gives the same bytes. A blank page is finished like any other and told by
/// [`Warning::Blank`]. After an error an older file of the name `out` is untouched.
///
/// # Errors
/// [`PageError`] as from [`crate::inspect`], for images whose colours are sampled in a way that no
/// scanner uses, and when the page cannot be written.
pub fn finish(page: &Path, out: &Path) -> Result<Finished, PageError> {
    let (part, file) = Part::create(out).map_err(|e| PageError::writing(out, &e))?;
    let (file, finished) = finish_into(page, file, out)?;
    part.keep(file).map_err(|e| PageError::writing(out, &e))?;
    Ok(finished)
}

/// Makes a finished page, written to `to`, and returns what was written to; `out` names it in errors.
pub(crate) fn finish_into<W: Write>(page: &Path, mut to: W, out: &Path) -> Result<(W, Finished), PageError> {
    let scan = decode::load(page)?;
    let picture = scan.decode(ScalingFactor::ONE_EIGHTH, PixelFormat::GRAY)?;
    let place = Place::find(&scan, &picture)?;
    let histogram = whiten::histogram(&picture, place.turn(), (place.paper.width, place.paper.height));
    drop(picture);

    let gain = whiten::gain(&histogram);
    let (width, height) =
        redraw(&scan, &place, gain, |bytes| to.write_all(bytes).map_err(|e| PageError::writing(out, &e)))?;
    let finished = Finished {
        angle: place.angle.to_degrees(),
        straightened: place.straightened,
        paper: place.paper,
        width: width as u32,
        height: height as u32,
        dpi: scan.header.dpi,
        warnings: inspect::warnings(&histogram),
    };
    tracing::debug!(page = %page.display(), ?finished, "page finished");
    Ok((to, finished))
}

/// Reads the planes of the scan and writes those of the finished page, whose size it returns.
fn redraw(
    scan: &Loaded<'_>,
    place: &Place,
    gain: Gain,
    mut write: impl FnMut(&[u8]) -> Result<(), PageError>,
) -> Result<(usize, usize), PageError> {
    /// Print stays sharp, and seals smooth.
    const QUALITY: u8 = 75;
    let flaw = |Flaw(why): Flaw| scan.flaw_said(&why);
    let reader = Reader::start(scan.jpeg(), MAX_SCANS).map_err(flaw)?;
    let from = reader.layout();
    if (from.width, from.height) != (scan.header.width as usize, scan.header.height as usize) {
        return Err(scan.flaw_said("its header is ambiguous"));
    }
    let ratio = from.subsampling().ok_or_else(|| scan.unsupported("JPEG with unusual sampling"))?;
    let (turn, (width, height)) = place.cut();
    let colour = if from.colour == Colour::Grey { Colour::Grey } else { Colour::YCbCr };
    let to = Layout::new(width, height, colour, ratio);
    let mut writer = Writer::start(to, QUALITY, scan.header.dpi).map_err(flaw)?;
    let mut pages: Vec<_> = (0..to.planes()).map(|plane| Sheet::new(turn, &to, plane, ratio)).collect();
    let mut window = Window::new(reader, place.rows_at_once(to.band_rows(0)))
        .ok_or_else(|| scan.unsupported("JPEG as wide as this"))?;

    let bands = height.div_ceil(to.band_rows(0));
    for band in 0..bands {
        // The rows of the coarser planes reach a little farther.
        let last = pages.first().map_or(0, |luma| luma.last_row_needed(band));
        window.reach(last + 2 * ratio.1).map_err(flaw)?;
        for (plane, page) in pages.iter_mut().enumerate() {
            let gain = if plane == 0 { gain } else { Gain::NONE };
            page.draw(band, &window, &from, plane, gain);
        }
        let mut samples: Vec<_> = pages.iter().map(Sheet::samples).collect();
        write(writer.band(&mut samples).map_err(flaw)?)?;
    }
    write(writer.finish().map_err(flaw)?)?;
    Ok((width, height))
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
    fn new(turn: warp::Turn, to: &Layout, plane: usize, ratio: (usize, usize)) -> Self {
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

    fn last_row_needed(&self, band: usize) -> usize {
        let row = ((band + 1) * self.rows).min(self.height).saturating_sub(1);
        usize::try_from(self.mapping.rows(row, self.width).1).unwrap_or(0)
    }

    /// Draws a band, some columns at a time, so that the rows of the scan that the next row needs again
    /// are still in the processor's cache.
    fn draw(&mut self, band: usize, window: &Window, from: &Layout, plane: usize, gain: Gain) {
        const COLUMNS: usize = 256;
        let (width, height) = from.size(plane);
        let source = Source { width, height, row: |y| window.row(plane, y) };
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

    fn samples(&self) -> Samples<&[u8]> {
        Samples { samples: &self.samples, stride: self.stride }
    }
}
