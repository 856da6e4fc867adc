//! Where the page lies in the scan, and what is to be cut out of it.

use turbojpeg::ScalingFactor;

use crate::decode::{Loaded, Pixels};
use crate::eighth::Eighth;
use crate::error::PageError;
use crate::jpeg_header::{MAX_PIXELS, MAX_SIDE};

use super::paper::{self, Edges, REDUCTION, Side};
use super::scan::Scan;
use super::warp::Turn;
use super::window::{HIGHEST_BAND, MAX_SAMPLES};
use super::{Paper, Straightened, cards, text_lines};

/// Where the page lies.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    /// Clockwise, in radians.
    pub(super) angle: f64,
    pub(super) straightened: Straightened,
    pub(super) paper: Paper,
    /// How much is cut off at each side beyond the paper's edge: left, top, right, bottom.
    rims: [f64; 4],
    /// A side of the sheet is crooked.
    pub(super) crooked: bool,
    /// It goes on beyond the scan, whatever is on it.
    pub(super) cut_off: bool,
}

impl Place {
    /// Finds the page by its edges, else by its lines of text; else it is the whole scan as it is.
    pub(super) fn find(scan: &Scan<'_>, small: &Eighth) -> Result<Self, PageError> {
        let picture = &small.picture;
        let size = (f64::from(scan.file.header.width), f64::from(scan.file.header.height));
        if let Some(edges) = paper::find(picture)
            && let Some(place) = Self::within(&edges, Straightened::Edges, size)
        {
            return Ok(place);
        }
        let lines = match line_scale(scan.file) {
            Some(scale) => match scan.halves(small)? {
                Some(halves) => text_lines::angle(&halves, 2),
                None => text_lines::angle(&scan.grey(scale)?, 1),
            },
            None => text_lines::angle(picture, 1),
        };
        let turned = lines.and_then(|angle| {
            let all = Self::within(&nowhere(angle), Straightened::Lines, size)?;
            Some(all.without_empty_corners(picture, size))
        });
        Ok(turned.unwrap_or_else(|| Self::whole(size)))
    }

    /// Where a card lies; `None` when it cannot be cut out.
    pub(super) fn of_card(card: &cards::Card, dpi: u32, scan: &Scan<'_>) -> Option<Self> {
        let (sin, cos) = card.angle.sin_cos();
        let (x, y) = card.middle;
        let (across, down) = (x * cos + y * sin, y * cos - x * sin);
        let (half_w, half_h) = (card.size.0 / 2.0, card.size.1 / 2.0);
        // On a white lid the outermost pixels of the small picture, which are card in part, were left out.
        let [left, top, right, bottom] = card.open.map(|open| if open { 0.0 } else { REDUCTION / 2.0 });
        let edges = Edges {
            angle: card.angle,
            left: Some(across - half_w - left),
            top: Some(down - half_h - top),
            right: Some(across + half_w + right),
            bottom: Some(down + half_h + bottom),
            crooked: false,
        };
        let size = (f64::from(scan.file.header.width), f64::from(scan.file.header.height));
        let place = Self::within(&edges, Straightened::Edges, size)?;
        // At the border no edge is seen, and nothing is cut off.
        let mut rims = place.rims;
        rims.iter_mut().zip(card.open).filter(|(_, open)| *open).for_each(|(rim, _)| *rim = 0.0);
        Some(Self { rims, cut_off: card.is_cut_off(dpi), ..place })
    }

    fn whole((width, height): (f64, f64)) -> Self {
        let paper = Paper { x: 0.0, y: 0.0, width, height };
        Self {
            angle: 0.0,
            straightened: Straightened::Nothing,
            paper,
            rims: [0.0; 4],
            crooked: false,
            cut_off: false,
        }
    }

    /// The place within these edges; `None` when what they enclose is no page, or is larger than a
    /// page may be.
    fn within(edges: &Edges, straightened: Straightened, (width, height): (f64, f64)) -> Option<Self> {
        /// Smaller than the smallest card at 75 dots per inch.
        const SMALLEST: f64 = 128.0;
        let (sin, cos) = edges.angle.sin_cos();
        // Where an edge is missing, the page reaches as far as the farthest corner of the scan, and
        // what lies outside the scan stays empty: nothing is cut off.
        let lowest = |lean: f64| lean.min(0.0);
        let left = edges.left.unwrap_or(lowest(height * sin));
        let right = edges.right.unwrap_or(width * cos + (height * sin).max(0.0));
        let top = edges.top.unwrap_or(lowest(-width * sin));
        let bottom = edges.bottom.unwrap_or(height * cos + (-width * sin).max(0.0));
        let paper = Paper {
            x: left * cos - top * sin,
            y: left * sin + top * cos,
            width: right - left,
            height: bottom - top,
        };
        // The edge itself is half shadow: about a third of a millimetre goes with it.
        let rim = (paper.width.min(paper.height) / 600.0).round().max(1.0);
        let rims = [edges.left, edges.top, edges.right, edges.bottom]
            .map(|edge| if edge.is_some() { rim } else { 0.0 });
        let place =
            Self { angle: edges.angle, straightened, paper, rims, crooked: edges.crooked, cut_off: false };
        let (w, h) = place.cut().1;
        let possible = w.max(h) <= MAX_SIDE as usize && (w * h) as u64 <= MAX_PIXELS;
        let large = paper.width >= SMALLEST && paper.height >= SMALLEST;
        // Three planes of full size at most, in bands that are rounded up.
        let light =
            3 * (place.rows_at_once(HIGHEST_BAND) + 2 * HIGHEST_BAND) * (width as usize + 32) <= MAX_SAMPLES;
        (possible && large && light).then_some(place)
    }

    /// The page as large as the scan, about whose middle it is turned, if there is nothing in the corners that
    /// are beyond it then; else this one.
    fn without_empty_corners(self, picture: &Pixels, (width, height): (f64, f64)) -> Self {
        /// Difference, of 255, that no uneven light makes, and that no grain makes within so many pixels:
        /// light print is thin, and each pixel the mean of many.
        const INK: u8 = 24;
        const LIGHT_INK: u8 = 8;
        const NEAR: usize = 4;
        /// The outermost pixels are often in shadow.
        const SHADOW: usize = 2;
        let (sin, cos) = self.angle.sin_cos();
        let (half_w, half_h) = (width / 2.0, height / 2.0);
        let paper = Paper {
            x: half_w - half_w * cos + half_h * sin,
            y: half_h - half_w * sin - half_h * cos,
            width,
            height,
        };
        let white = paper::white(picture).unwrap_or(255);
        let (dark, light) = (white.saturating_sub(INK), white.saturating_sub(LIGHT_INK));
        let brightest = |x: usize, y: usize| {
            let rows = picture.bytes.chunks_exact(picture.width.max(1)).take(y + NEAR + 1);
            let near = rows.skip(y.saturating_sub(NEAR)).filter_map(|row| {
                row.get(x.saturating_sub(NEAR)..(x + NEAR + 1).min(row.len()))?.iter().copied().max()
            });
            near.max().unwrap_or(0)
        };
        let is_ink = |x: usize, y: usize, grey: u8| {
            grey < dark || (grey < light && brightest(x, y).saturating_sub(grey) >= LIGHT_INK)
        };
        let inside = |at: usize, side: usize| at >= SHADOW && at + SHADOW < side;
        let beyond = |x: usize, y: usize| {
            let (right, below) =
                ((x as f64 + 0.5) * REDUCTION - half_w, (y as f64 + 0.5) * REDUCTION - half_h);
            let (across, down) = (right * cos + below * sin, below * cos - right * sin);
            across.abs() + REDUCTION > half_w || down.abs() + REDUCTION > half_h
        };
        let lost = picture.bytes.chunks_exact(picture.width.max(1)).enumerate().any(|(y, row)| {
            let seen = |(x, &grey): (usize, &u8)| {
                grey < light && inside(x, picture.width) && beyond(x, y) && is_ink(x, y, grey)
            };
            inside(y, picture.height) && row.iter().enumerate().any(seen)
        });
        if lost { self } else { Self { paper, ..self } }
    }

    /// Whether the sheet's edge was found at this side.
    pub(super) fn has(&self, side: Side) -> bool {
        let [left, top, right, bottom] = self.rims;
        let rim = match side {
            Side::Left => left,
            Side::Top => top,
            Side::Right => right,
            Side::Bottom => bottom,
        };
        rim > 0.0
    }

    /// The box as it was found.
    pub(super) fn turn(&self) -> Turn {
        let (sin, cos) = self.angle.sin_cos();
        Turn { corner: (self.paper.x, self.paper.y), sin, cos }
    }

    /// What is cut out, and its size in pixels.
    pub(super) fn cut(&self) -> (Turn, (usize, usize)) {
        let Turn { corner: (x, y), sin, cos } = self.turn();
        let [left, top, right, bottom] = self.rims;
        let corner = (x + left * cos - top * sin, y + left * sin + top * cos);
        let pixels = |side: f64| side.round().max(1.0) as usize;
        let size = (pixels(self.paper.width - left - right), pixels(self.paper.height - top - bottom));
        (Turn { corner, sin, cos }, size)
    }

    /// Rows of the scan that a band of so many rows of the finished page touches.
    pub(super) fn rows_at_once(&self, band: usize) -> usize {
        /// Rounding and the second row of each pair, in the coarsest plane.
        const MORE: usize = 10;
        let (Turn { sin, .. }, (width, _)) = self.cut();
        (width as f64 * sin.abs()).ceil() as usize + band + MORE
    }
}

/// No edge, only an angle.
fn nowhere(angle: f64) -> Edges {
    Edges { angle, left: None, top: None, right: None, bottom: None, crooked: false }
}

/// The scale at which lines of text are looked for: the smallest that leaves enough pixels. `None` when
/// that is the eighth that is there already.
fn line_scale(scan: &Loaded<'_>) -> Option<ScalingFactor> {
    const ENOUGH: usize = 600;
    let shorter = scan.header.width.min(scan.header.height) as usize;
    let scales = [ScalingFactor::ONE_QUARTER, ScalingFactor::ONE_HALF];
    if ScalingFactor::ONE_EIGHTH.scale(shorter) >= ENOUGH {
        return None;
    }
    scales.into_iter().find(|scale| scale.scale(shorter) >= ENOUGH).or(Some(ScalingFactor::ONE_HALF))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(degrees: f64, size: (f64, f64)) -> Option<Place> {
        Place::within(&nowhere(f64::to_radians(degrees)), Straightened::Lines, size)
    }

    #[test]
    fn a_turn_that_needs_too_much_memory_is_not_made() {
        assert!(turned(1.0, (19_000.0, 4_000.0)).is_some());
        assert_eq!(turned(8.0, (19_000.0, 4_000.0)), None);
        // A3 at 600 dots per inch can be turned as far as paper is looked for.
        assert!(turned(8.0, (7_016.0, 9_921.0)).is_some());
    }

    #[test]
    fn a_turned_page_stays_within_the_bounds_of_a_page() {
        assert_eq!(turned(2.0, (5_000.0, 19_990.0)), None);
        assert_eq!(turned(2.0, (9_990.0, 9_990.0)), None);
        assert_eq!(turned(2.0, (100.0, 100.0)), None);
    }

    #[test]
    fn without_edges_a_turned_page_holds_the_whole_scan() {
        let place = turned(-3.0, (1_240.0, 1_754.0)).unwrap();
        let (sin, cos) = place.angle.sin_cos();
        let Paper { x, y, width, height } = place.paper;
        for (corner_x, corner_y) in [(0.0, 0.0), (1_240.0, 0.0), (0.0, 1_754.0), (1_240.0, 1_754.0)] {
            let (right, down) = (corner_x - x, corner_y - y);
            let across = right * cos + down * sin;
            let along = down * cos - right * sin;
            let near = 1e-6;
            assert!((-near..=width + near).contains(&across), "{across} of {width}");
            assert!((-near..=height + near).contains(&along), "{along} of {height}");
        }
    }
}
