//! From the scanner's page to a finished one: cut to the paper, straight, and white.
//!
//! A first pass takes the page in grey at an eighth of its size and finds the paper there. A second pass
//! reads the planes of the page band by band, turns them, whitens the brightness and encodes them
//! again, in the subsampling they came in. No pass holds a large page: of the planes there is as much in
//! memory as the page's tilt spans. Most of a small page's time is its decoding; a small sheet is decoded
//! once, since its planes take no more memory than the ring of a large one.

mod cards;
mod encoder;
mod line;
mod outline;
mod paper;
mod place;
mod planes;
mod redraw;
mod scan;
mod text_lines;
mod warp;
mod whiten;
mod window;

#[cfg(test)]
mod card_tests;
#[cfg(test)]
mod check_tests;
#[cfg(test)]
mod drawings;
#[cfg(test)]
pub(crate) mod scenes;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

use crate::decode::{self, Pixels};
use crate::eighth::Eighth;
use crate::error::PageError;
use crate::inspect::{Warning, is_dark, is_dim};
use crate::look::{Look, Seen};
use crate::output::Part;
use crate::quarter::Quarter;

#[cfg(test)]
pub(crate) use planes::Colour;
pub(crate) use planes::{Layout, Samples};
#[cfg(test)]
pub(crate) use scenes::hash;

use cards::Lying;
use outline::Outline;
use place::Place;
use redraw::redraw;
use scan::Scan;

/// How a finished page is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// As one JPEG image.
    #[default]
    Faithful,
    /// Print as bitmaps of the scan's resolution, each in the colour of its ink; what is no print as JPEG
    /// images of at least 150 dots per inch, if the scan has as many. Such a file only serves
    /// [`crate::assemble`].
    Compact,
}

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
    /// Dots per inch as the scan states them, which the finished page repeats; where it states none, those that
    /// cards were found to lie in.
    pub dpi: Option<u32>,
    /// What a person should look at before the page is kept.
    pub warnings: Vec<Warning>,
    /// The turn that makes the finished page upright: by its print where that is certain, else as the scan
    /// tells it of itself (Exif). The page itself lies as the scan does, and tells nothing.
    pub turn: Quarter,
    /// Where cards lay in the scan, if it held several small ones and nothing else: each is straightened
    /// on its own, and all are laid on a page of A4 in this order. The angle of the page is 0 then, and
    /// its paper is the whole scan.
    pub cards: Vec<Card>,
}

/// A card that lay in the scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Card {
    /// The angle at which it lay, in degrees, clockwise.
    pub angle: f64,
    /// Where it lay.
    pub paper: Paper,
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

/// Makes a finished page of a scan under the name `out`, which whoever wants to keep it has to sync.
///
/// The same scan gives the same bytes. A blank page is finished like any other and told by
/// [`Warning::Blank`]. After an error an older file of the name `out` is untouched.
///
/// # Errors
/// [`PageError`] as from [`crate::inspect`], for images whose colours are sampled in a way that no
/// scanner uses, and when the page cannot be written.
pub fn finish(page: &Path, out: &Path) -> Result<Finished, PageError> {
    finish_as(page, out, Compression::Faithful)
}

/// As [`finish`], but keeps the page in the way that is asked for.
///
/// # Errors
/// As [`finish`].
pub fn finish_as(page: &Path, out: &Path, compression: Compression) -> Result<Finished, PageError> {
    let (part, file) = Part::create(out).map_err(|e| PageError::writing(out, &e))?;
    let (file, finished) = finish_into(page, compression, file, out)?;
    part.keep(&file).map_err(|e| PageError::writing(out, &e))?;
    Ok(finished)
}

/// What a scan that states no resolution is taken for, in dots per inch.
pub(crate) const USUAL_DPI: u32 = 300;

/// Most samples of a scan that is decoded once: A4 at 150 dots per inch fits, with half as much colour across
/// as brightness or less.
const KEPT_WHOLE: usize = 5 << 20;

/// Makes a finished page, written to `to`, and returns what was written to; `out` names it in errors.
pub(crate) fn finish_into<W: Write>(
    page: &Path,
    compression: Compression,
    to: W,
    out: &Path,
) -> Result<(W, Finished), PageError> {
    finish_keeping(KEPT_WHOLE, page, compression, to, out)
}

/// As [`finish_into`], but a scan of so many samples is still decoded once.
pub(crate) fn finish_keeping<W: Write>(
    most: usize,
    page: &Path,
    compression: Compression,
    mut to: W,
    out: &Path,
) -> Result<(W, Finished), PageError> {
    let file = decode::load(page)?;
    let scan = Scan::open(&file, most)?;
    let small = scan.eighth()?;
    let write = |bytes: &[u8]| to.write_all(bytes).map_err(|e| PageError::writing(out, &e));
    let finished = match cards::find(&small.picture, file.header.dpi) {
        Some(Lying::Several(page)) => finish_cards(scan, &page, &small.picture, compression, write)?,
        Some(Lying::One(card, dpi)) => {
            let place = Place::of_card(&card, dpi, &scan);
            finish_sheet(scan, place, small, (compression, Some(dpi)), write)?
        }
        None => finish_sheet(scan, None, small, (compression, file.header.dpi), write)?,
    };
    tracing::debug!(page = %page.display(), ?finished, "page finished");
    Ok((to, finished))
}

/// One sheet, cut to its edges, which are found if they are not known.
fn finish_sheet(
    scan: Scan<'_>,
    known: Option<Place>,
    small: Eighth,
    (compression, known_dpi): (Compression, Option<u32>),
    write: impl FnMut(&[u8]) -> Result<(), PageError>,
) -> Result<Finished, PageError> {
    let dpi = known_dpi.unwrap_or(USUAL_DPI);
    let place = known.map_or_else(|| Place::find(&scan, &small), Ok)?;
    let picture = small.picture;
    let histogram = whiten::histogram(&picture, place.turn(), (place.paper.width, place.paper.height));
    let gain = whiten::gain(&histogram);
    let outline = Outline::new(&picture, &place, dpi);
    let paper = whiten::has_paper(&histogram);
    let print_cut_off = paper && gain.white().is_some_and(|white| outline.is_cut_off(white));
    let cut_off = place.cut_off || print_cut_off || outline.goes_beyond();
    let folded = place.crooked || outline.is_folded();
    drop(picture);

    let (_, (width, height)) = place.cut();
    let file = scan.file;
    let no_room = |error: std::io::Error| file.no_room(&error);
    let mut look = Look::new(width, height, dpi).map_err(no_room)?;
    redraw(scan, &place, gain, (compression, known_dpi), &mut look, write)?;
    let seen = look.seen().map_err(no_room)?;
    Ok(Finished {
        angle: place.angle.to_degrees(),
        straightened: place.straightened,
        paper: place.paper,
        width: width as u32,
        height: height as u32,
        dpi: known_dpi,
        warnings: warnings((is_dark(&histogram), is_dim(&histogram)), paper, &seen, cut_off, folded),
        turn: seen.turn.unwrap_or(file.header.turn),
        cards: vec![],
    })
}

/// Several cards, laid on a page of A4.
fn finish_cards(
    scan: Scan<'_>,
    page: &cards::Page,
    picture: &Pixels,
    compression: Compression,
    write: impl FnMut(&[u8]) -> Result<(), PageError>,
) -> Result<Finished, PageError> {
    let (dpi, (width, height)) = (page.dpi(), page.size());
    let file = scan.file;
    let no_room = |error: std::io::Error| file.no_room(&error);
    let mut look = Look::new(width, height, dpi).map_err(no_room)?;
    let header = file.header;
    page.draw(scan, compression, &mut look, write)?;
    let mut warnings = page.warnings(picture);
    if look.seen().map_err(no_room)?.blurred {
        warnings.push(Warning::Blurred);
    }
    let (glass_width, glass_height) = (f64::from(header.width), f64::from(header.height));
    Ok(Finished {
        angle: 0.0,
        straightened: Straightened::Edges,
        paper: Paper { x: 0.0, y: 0.0, width: glass_width, height: glass_height },
        width: width as u32,
        height: height as u32,
        dpi: Some(dpi),
        warnings,
        turn: header.turn,
        cards: page.found(),
    })
}

/// What was seen, as warnings. Of a page that is dark nothing else can be told but its outline, and a
/// photograph is as sharp as it is.
fn warnings(
    (dark, dim): (bool, bool),
    paper: bool,
    seen: &Seen,
    cut_off: bool,
    folded: bool,
) -> Vec<Warning> {
    let told = [
        (dark || dim, Warning::TooDark),
        (!dark && seen.blank, Warning::Blank),
        (!dark && paper && seen.blurred, Warning::Blurred),
        (!dark && cut_off, Warning::CutOff),
        (folded, Warning::Folded),
    ];
    told.into_iter().filter(|(holds, _)| *holds).map(|(_, warning)| warning).collect()
}
