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
mod redraw;
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

use crate::decode;
use crate::error::PageError;
use crate::inspect::{self, Warning};
use crate::output::Part;

use place::Place;
use redraw::redraw;

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
