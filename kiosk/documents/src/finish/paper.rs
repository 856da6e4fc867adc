//! Where the paper lies: its edges, found in a picture of an eighth of the scan's size.
//!
//! Each pixel of that picture is the mean of 8 × 8 pixels, so that the pixel on an edge tells by its
//! grey how much of it is paper: the edge is known to a fraction of a pixel in every row and column.

use crate::decode::Pixels;

use super::line::{self, Line, Point};

/// How much smaller the picture is.
pub(super) const REDUCTION: f64 = 8.0;

/// Largest angle at which paper is expected to lie, in degrees.
pub(super) const MAX_ANGLE: f64 = 8.0;

/// Below this difference between lid and paper, shadows look like edges.
pub(super) const LEAST_CONTRAST: u8 = 30;

/// A side of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Top,
    Right,
    Bottom,
}

impl Side {
    pub(super) const ALL: [Self; 4] = [Self::Left, Self::Top, Self::Right, Self::Bottom];
}

/// The edges that were found, in pixels of the scan.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edges {
    /// Clockwise, in radians.
    pub(super) angle: f64,
    pub(super) left: Option<f64>,
    pub(super) top: Option<f64>,
    pub(super) right: Option<f64>,
    pub(super) bottom: Option<f64>,
    /// A side runs straight in another direction than the rest.
    pub(super) crooked: bool,
}

/// A side whose line is certain.
struct Found {
    side: Side,
    line: Line,
    angle: f64,
    weight: f64,
}

/// Finds the paper's edges; `None` when no side of it can be told from the lid.
///
/// An edge that is not parallel to the others within half a degree is torn or folded, or no edge: it
/// counts as not found, so that nothing is cut off along it. The same holds for a lone edge, which may
/// be a printed band: it gives the angle only.
pub(super) fn find(picture: &Pixels) -> Option<Edges> {
    const PARALLEL: f64 = 0.5;
    let white = white(picture)?;
    let all = Side::ALL.into_iter().filter_map(|side| edge(picture, side, white));
    let (mut found, broken): (Vec<Found>, Vec<Found>) =
        all.partition(|edge| edge.angle.abs() <= MAX_ANGLE.to_radians());
    let main = middle(&found)?;
    let crooked = found.len() + broken.len() > 2
        && found.iter().chain(&broken).any(|edge| edge.is_crooked(picture, main));
    found.retain(|edge| (edge.angle - main).abs() < PARALLEL.to_radians());
    let weight: f64 = found.iter().map(|edge| edge.weight).sum();
    let angle = found.iter().map(|edge| edge.angle * edge.weight).sum::<f64>() / weight;
    let place = |side: Side| {
        let edge = found.iter().find(|edge| edge.side == side).filter(|_| found.len() > 1)?;
        Some(edge.place(angle) * REDUCTION)
    };
    Some(Edges {
        angle,
        left: place(Side::Left),
        top: place(Side::Top),
        right: place(Side::Right),
        bottom: place(Side::Bottom),
        crooked,
    })
}

/// The angle in the middle of all weight.
fn middle(found: &[Found]) -> Option<f64> {
    let mut all: Vec<_> = found.iter().map(|edge| (edge.angle, edge.weight)).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = all.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    all.into_iter()
        .find(|(_, weight)| {
            sum += weight;
            sum >= half
        })
        .map(|(angle, _)| angle)
}

impl Found {
    /// Whether the edge is long and certain, and all the same turned against the others: the sheet is
    /// folded there.
    fn is_crooked(&self, picture: &Pixels, main: f64) -> bool {
        const LEAST: f64 = 1.0;
        let lanes = View { picture, side: self.side }.lanes() as f64;
        let long = self.line.reach * 2.0 > lanes && self.line.kept as f64 * 2.0 > lanes;
        long && (self.angle - main).abs() > LEAST.to_radians()
    }

    /// Where the edge stands in the turned page, in pixels of the picture: its middle, projected.
    fn place(&self, angle: f64) -> f64 {
        let along = self.line.centre;
        let at = self.line.slope * along + self.line.offset;
        let (sin, cos) = angle.sin_cos();
        match self.side {
            Side::Left | Side::Right => at * cos + along * sin,
            Side::Top | Side::Bottom => at * cos - along * sin,
        }
    }
}

/// The line along which one side of the paper meets the lid; at an angle at which no paper lies it may be where
/// the paper is folded.
fn edge(picture: &Pixels, side: Side, white: u8) -> Option<Found> {
    const MOST_SLANTED: f64 = 50.0;
    let view = View { picture, side };
    let lid = view.lid()?;
    if white.saturating_sub(lid) < LEAST_CONTRAST {
        return None;
    }
    let points: Vec<_> = (0..view.lanes()).filter_map(|lane| view.crossing(lane, lid, white)).collect();
    // A fold may take a large part of one end.
    let most = points.len() * 6 / 10;
    let parts = [Some(&points[..]), points.get(..most), points.get(points.len() - most..)];
    let agreed = |points: &[Point]| line::fit(points).filter(|line| line.kept * 2 >= points.len());
    let angle = |line: &Line| match side {
        Side::Left | Side::Right => -line.slope.atan(),
        Side::Top | Side::Bottom => line.slope.atan(),
    };
    let mut lines = parts.into_iter().flatten().filter_map(agreed);
    let first = lines.next()?;
    let lies = |line: &Line| angle(line).abs() <= MAX_ANGLE.to_radians();
    // What is left of an edge beside a long fold; not the fold itself once more, a little straighter.
    let other = |line: &Line| lies(line) && (angle(line) - angle(&first)).abs() > 1f64.to_radians();
    let line = if lies(&first) { first } else { lines.find(other).unwrap_or(first) };
    let angle = angle(&line);
    let long = line.reach >= view.lanes() as f64 / 8.0;
    (long && angle.abs() <= MOST_SLANTED.to_radians() && view.is_lid_beyond(&line, lid, white)).then(|| {
        // The variance of a slope falls with the number of points and the square of their reach; no
        // edge is straighter than a twentieth of a pixel.
        let weight = line.kept as f64 * line.reach * line.reach / line.scatter.max(0.0025);
        Found { side, line, angle, weight }
    })
}

/// The picture as seen from one of its borders: lanes that lead inwards.
struct View<'a> {
    picture: &'a Pixels,
    side: Side,
}

impl View<'_> {
    fn lanes(&self) -> usize {
        match self.side {
            Side::Left | Side::Right => self.picture.height,
            Side::Top | Side::Bottom => self.picture.width,
        }
    }

    fn depth(&self) -> usize {
        match self.side {
            Side::Left | Side::Right => self.picture.width,
            Side::Top | Side::Bottom => self.picture.height,
        }
    }

    fn grey(&self, lane: usize, depth: usize) -> Option<u8> {
        let inwards = match self.side {
            Side::Left | Side::Top => depth,
            Side::Right | Side::Bottom => self.depth().checked_sub(depth + 1)?,
        };
        let (x, y) = match self.side {
            Side::Left | Side::Right => (inwards, lane),
            Side::Top | Side::Bottom => (lane, inwards),
        };
        (x < self.picture.width).then(|| self.picture.bytes.get(y * self.picture.width + x).copied())?
    }

    /// The grey of the lid along this border; the outermost pixels are often in shadow.
    fn lid(&self) -> Option<u8> {
        let mut greys: Vec<_> = (0..self.lanes()).filter_map(|lane| self.grey(lane, 1)).collect();
        greys.sort_unstable();
        greys.get(greys.len() / 2).copied()
    }

    /// Whether nearly all that lies between the border and a line is lid: a dark band that is printed
    /// along the upper edge of a sheet is as far from paper as the lid is, but it is another grey, or has
    /// print of a lighter one. Nor is it lid alone where another sheet lies, which is not to be cut off.
    fn is_lid_beyond(&self, line: &Line, lid: u8, white: u8) -> bool {
        /// Grain and uneven light; shadows of paper are darker but narrow.
        const EVEN: u8 = 22;
        /// Pixels before the line that its own shadow covers.
        const SHADOW: f64 = 3.0;
        /// Of so many pixels one may be light: dust.
        const ONE_OF: usize = 100;
        let light = lid + (white - lid) / 3;
        let (mut seen, mut other, mut lights) = (0, 0, 0);
        for lane in 0..self.lanes() {
            let at = line.slope * (lane as f64 + 0.5) + line.offset;
            let inwards = match self.side {
                Side::Left | Side::Top => at,
                Side::Right | Side::Bottom => self.depth() as f64 - at,
            };
            // However near the border: a line of print that the border cuts is no lid.
            let end = (inwards - SHADOW).max(inwards.min(2.0)).max(0.0) as usize;
            for grey in (1..end).filter_map(|depth| self.grey(lane, depth)) {
                seen += 1;
                other += usize::from(grey.abs_diff(lid) > EVEN);
                lights += usize::from(grey > light);
            }
        }
        other * 5 <= seen && lights * ONE_OF <= seen
    }

    /// Where a lane comes onto the paper: the first three pixels that are nearer to paper than a shadow
    /// or dust can be, then exactly, by how much of the pixels around is covered.
    fn crossing(&self, lane: usize, lid: u8, white: u8) -> Option<Point> {
        let contrast = f64::from(white) - f64::from(lid);
        let light = f64::from(lid) + 0.3 * contrast;
        let mut run = 0;
        let first = (0..self.depth()).find(|&depth| {
            let grey = self.grey(lane, depth).map_or(0.0, f64::from);
            run = if grey >= light { run + 1 } else { 0 };
            run == 3
        })?;
        // The pixel before the first light one may be covered in part as well.
        let from = (first - 2).checked_sub(1)?;
        let grey = |depth: usize| self.grey(lane, depth).map(f64::from);
        let outside = from.checked_sub(1).and_then(grey).unwrap_or(f64::from(lid));
        let inside = grey(from + 3)?;
        if inside - outside < contrast / 2.0 {
            return None;
        }
        let mut covered = 0.0;
        for depth in from..from + 3 {
            covered += (grey(depth)? - outside) / (inside - outside);
        }
        let inwards = (from + 3) as f64 - covered;
        let at = match self.side {
            Side::Left | Side::Top => inwards,
            Side::Right | Side::Bottom => self.depth() as f64 - inwards,
        };
        Some(Point { along: lane as f64 + 0.5, at })
    }
}

/// The grey of the lid along a border.
pub(super) fn lid(picture: &Pixels, side: Side) -> Option<u8> {
    View { picture, side }.lid()
}

/// The grey of what is lightest, apart from a few specks.
pub(super) fn white(picture: &Pixels) -> Option<u8> {
    percentile(picture, 98)
}

/// The grey that `percent` of the picture does not exceed.
fn percentile(picture: &Pixels, percent: usize) -> Option<u8> {
    let mut histogram = [0usize; 256];
    for &grey in &picture.bytes {
        if let Some(count) = histogram.get_mut(usize::from(grey)) {
            *count += 1;
        }
    }
    let wanted = picture.bytes.len() * percent / 100;
    let mut seen = 0;
    let grey = histogram.iter().position(|count| {
        seen += count;
        seen > wanted
    })?;
    u8::try_from(grey).ok()
}
