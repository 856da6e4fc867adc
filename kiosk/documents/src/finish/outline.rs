//! Is the sheet whole: does print run out of the scan, is a corner folded?

use crate::decode::Pixels;

use super::paper::{self, REDUCTION, Side};
use super::place::Place;

/// The picture of an eighth of the scan's size, and what is known of the page in it.
pub(super) struct Outline<'a> {
    picture: &'a Pixels,
    place: &'a Place,
    /// Pixels of the picture in a millimetre.
    scale: f64,
}

impl<'a> Outline<'a> {
    pub(super) fn new(picture: &'a Pixels, place: &'a Place, dpi: u32) -> Self {
        Self { picture, place, scale: f64::from(dpi) / 25.4 / REDUCTION }
    }

    /// Whether print runs out of the scan at a side where no edge of the paper is seen, on paper of this
    /// brightness.
    pub(super) fn is_cut_off(&self, paper: u8) -> bool {
        /// One stroke that ends at the border is a seal or a signature.
        const FEWEST: f64 = 3.0;
        Side::ALL.into_iter().filter(|&side| !self.place.has(side)).any(|side| {
            let border = Border { outline: self, side, paper };
            border.strokes() >= FEWEST
        })
    }

    /// Whether the sheet itself goes on beyond the scan, whatever is on it. Where a border of the scan runs
    /// across a sheet that lies at an angle, a triangle of the sheet is beyond it, as deep at least as that
    /// angle makes it over the length of paper along the border. A sheet whose edge lies at the border lies
    /// straight, or no farther beyond it than a scanner's rulers are from where it begins to scan.
    pub(super) fn goes_beyond(&self) -> bool {
        /// In millimetres: what few printers print on.
        const DEEP: f64 = 4.0;
        if Side::ALL.into_iter().filter(|&side| self.place.has(side)).count() < 2 {
            return false;
        }
        let lids = Side::ALL.into_iter().filter(|&side| self.place.has(side));
        let lid = lids.filter_map(|side| paper::lid(self.picture, side)).max();
        let (Some(lid), Some(white)) = (lid, paper::white(self.picture)) else { return false };
        if white.saturating_sub(lid) < paper::LEAST_CONTRAST {
            return false;
        }
        let light = lid + white.saturating_sub(lid) / 2;
        Side::ALL.into_iter().any(|side| {
            let border = Border { outline: self, side, paper: white };
            let along = border.profile(0).into_iter().flatten().filter(|&grey| grey > light).count() as f64;
            along * self.place.angle.sin().abs() > DEEP * self.scale
        })
    }

    /// Whether the outline lacks a corner, along a straight break.
    pub(super) fn is_folded(&self) -> bool {
        let corners = [
            (Side::Left, Side::Top),
            (Side::Right, Side::Top),
            (Side::Left, Side::Bottom),
            (Side::Right, Side::Bottom),
        ];
        corners.into_iter().any(|(side, end)| self.lacks_corner(side, end).unwrap_or(false))
    }

    /// The lid is seen in a triangle at the corner, and paper beyond it.
    fn lacks_corner(&self, side: Side, end: Side) -> Option<bool> {
        /// Shorter legs are rounded or worn corners, in millimetres.
        const SHORTEST: f64 = 5.0;
        /// How far inside the edges it is looked for: beyond their shadow.
        const INSIDE: f64 = 1.5;
        /// Legs that differ more are no fold, but a printed band or a torn edge; a short one tells less.
        const LONGEST_TO_SHORTER: f64 = 5.0;
        const LONGEST_TO_LONG: f64 = 15.0;
        const LONG: f64 = 10.0;
        if !self.place.has(side) || !self.place.has(end) {
            return None;
        }
        let lid = paper::lid(self.picture, side)?.max(paper::lid(self.picture, end)?);
        let white = paper::white(self.picture)?;
        if white.saturating_sub(lid) < paper::LEAST_CONTRAST {
            return None;
        }
        let light = f64::from(lid) + 0.4 * (f64::from(white) - f64::from(lid));
        let corner = Corner { outline: self, side, end };
        let is_lid = |across: f64, down: f64| corner.grey(across, down).is_some_and(|g| f64::from(g) < light);
        let (width, height) = corner.size();
        let leg = |most: f64, is_lid: &dyn Fn(f64) -> bool| {
            (0..(most * 0.9) as usize).map(|at| at as f64 + INSIDE).find(|&at| !is_lid(at))
        };
        let across = leg(width, &|at| is_lid(at, INSIDE))?;
        let down = leg(height, &|at| is_lid(INSIDE, at))?;
        // Both were measured a little inside, where the triangle is narrower.
        let (across, down) =
            (across + INSIDE * across / down.max(1.0), down + INSIDE * down / across.max(1.0));
        let (shorter, longer) = (across.min(down), across.max(down));
        let most = if shorter < LONG * self.scale { LONGEST_TO_SHORTER } else { LONGEST_TO_LONG };
        if shorter < SHORTEST * self.scale || longer > most * shorter {
            return Some(false);
        }
        // Counted with how far each place is from the corner, where the break is at 1.
        let (mut within, mut lid_within, mut beyond, mut lid_beyond) = (0, 0, 0, 0);
        let steps = |leg: f64| (0..(leg * 1.4) as usize).map(|at| at as f64 + INSIDE);
        for (a, d) in steps(down).flat_map(|d| steps(across).map(move |a| (a, d))) {
            match a / across + d / down {
                far if far < 0.85 => {
                    within += 1;
                    lid_within += usize::from(is_lid(a, d));
                }
                far if (1.15..1.4).contains(&far) => {
                    beyond += 1;
                    lid_beyond += usize::from(is_lid(a, d));
                }
                _ => {}
            }
        }
        Some(within > 0 && lid_within * 100 >= within * 95 && lid_beyond * 100 <= beyond * 25)
    }

    fn grey(&self, x: f64, y: f64) -> Option<u8> {
        if x < 0.0 || y < 0.0 || x as usize >= self.picture.width {
            return None;
        }
        self.picture.bytes.get(y as usize * self.picture.width + x as usize).copied()
    }
}

/// A corner of the page, seen from it: across along its level side, and down along its upright one, both
/// inwards, in pixels of the picture.
struct Corner<'a> {
    outline: &'a Outline<'a>,
    side: Side,
    end: Side,
}

impl Corner<'_> {
    fn size(&self) -> (f64, f64) {
        let paper = self.outline.place.paper;
        (paper.width / REDUCTION, paper.height / REDUCTION)
    }

    fn grey(&self, across: f64, down: f64) -> Option<u8> {
        let (width, height) = self.size();
        let right = if self.side == Side::Left { across } else { width - across };
        let below = if self.end == Side::Top { down } else { height - down };
        let turn = self.outline.place.turn();
        let x = turn.corner.0 / REDUCTION + right * turn.cos - below * turn.sin;
        let y = turn.corner.1 / REDUCTION + right * turn.sin + below * turn.cos;
        self.outline.grey(x, y)
    }
}

/// One border of the scan, where it crosses the page.
struct Border<'a> {
    outline: &'a Outline<'a>,
    side: Side,
    paper: u8,
}

impl Border<'_> {
    /// Darker than paper by this much is ink.
    const INK: u8 = 40;
    /// Strokes and lines of text are not larger, in millimetres.
    const LARGEST: f64 = 8.0;

    /// How many strokes of print touch the border. A photograph or a printed band that reaches to the
    /// edge of the page touches it, too, but never returns to paper as often, or not within the height
    /// of a line.
    fn strokes(&self) -> f64 {
        let largest = self.outline.scale * Self::LARGEST;
        let greys = self.profile(0);
        let ink = |grey: u8| grey < self.paper.saturating_sub(Self::INK);
        let gaps: Vec<_> = greys.iter().flatten().filter(|&&grey| !ink(grey)).collect();
        let white = gaps.iter().filter(|&&&grey| grey >= self.paper.saturating_sub(15)).count();
        if white * 10 < gaps.len() * 7 {
            return 0.0;
        }
        let mut strokes = 0.0;
        let mut from = 0;
        while from < greys.len() {
            let inked = |at: usize| greys.get(at).copied().flatten().is_some_and(ink);
            if !inked(from) {
                from += 1;
                continue;
            }
            let to = (from..greys.len()).find(|&at| !inked(at)).unwrap_or(greys.len());
            // What ends at the lid or at the end of the scan is no stroke.
            let whole = from > 0
                && greys.get(from - 1).copied().flatten().is_some()
                && greys.get(to).copied().flatten().is_some();
            let length = (to - from) as f64;
            if whole && self.is_rule((from + to) / 2) {
                // The paper's own.
            } else if whole && length <= largest {
                strokes += 1.0;
            } else if whole && self.is_line(from..to, &greys) {
                strokes += length / largest;
            }
            from = to;
        }
        strokes
    }

    /// Whether a long stretch of ink is a line of text along the border: uneven, and above it all is
    /// paper within the height of a line.
    fn is_line(&self, lanes: std::ops::Range<usize>, greys: &[Option<u8>]) -> bool {
        const UNEVEN: u8 = 20;
        let part: Vec<u8> = greys.get(lanes.clone()).unwrap_or_default().iter().flatten().copied().collect();
        let jumps = part.iter().zip(part.iter().skip(1)).filter(|(a, b)| a.abs_diff(**b) >= UNEVEN).count();
        let deepest = (self.outline.scale * Self::LARGEST) as usize;
        let clear = |depth: usize| {
            let row = self.profile(depth);
            let part = row.get(lanes.clone()).unwrap_or_default();
            let white = part.iter().flatten().filter(|&&grey| grey >= self.paper.saturating_sub(25)).count();
            white * 10 >= part.len() * 9
        };
        jumps * 5 >= part.len() && (1..=deepest).any(clear)
    }

    /// Whether what touches the border here is a rule of lined paper, which goes on as straight and as thin
    /// to the page's other end. Print ends before it, and has gaps.
    fn is_rule(&self, lane: usize) -> bool {
        /// In hundredths of the way.
        const INKED: usize = 97;
        const THIN: usize = 80;
        /// Ink is paler than elsewhere where a rule lies half in one row and half in the next.
        const PALE: u8 = 16;
        let ink = |grey: Option<u8>| grey.is_some_and(|grey| grey < self.paper.saturating_sub(PALE));
        // Clear of the rule, and farther than its own shadow in a small picture.
        let beside = 2..=((self.outline.scale * 1.5).ceil() as isize).max(2);
        let lane = lane as isize;
        let at = |lane: isize, depth: usize| self.grey(usize::try_from(lane).ok()?, depth);
        let along = |slope: f64| {
            let (mut way, mut inked, mut thin) = (0, 0, 0);
            loop {
                let lane = lane + (slope * way as f64).round() as isize;
                let Some(grey) = at(lane, way) else { break };
                let near = at(lane - 1, way).into_iter().chain(at(lane + 1, way));
                inked += usize::from(ink(near.chain([grey]).min()));
                let clear = |sign: isize| !beside.clone().any(|far| ink(at(lane + sign * far, way)));
                thin += usize::from(clear(1) || clear(-1));
                way += 1;
            }
            inked * 100 >= way * INKED && thin * 100 >= way * THIN
        };
        // A page that lies a little aslant, unknown by how much, takes its rules along.
        let turned = match self.side {
            Side::Left | Side::Bottom => self.outline.place.angle,
            Side::Top | Side::Right => -self.outline.place.angle,
        };
        [0.0, 0.25, -0.25, 0.5, -0.5].into_iter().any(|more: f64| along((turned + more.to_radians()).tan()))
    }

    /// The greys along the border, so many pixels farther in than its shadow; `None` outside the page.
    fn profile(&self, depth: usize) -> Vec<Option<u8>> {
        let lanes = match self.side {
            Side::Left | Side::Right => self.outline.picture.height,
            Side::Top | Side::Bottom => self.outline.picture.width,
        };
        (0..lanes).map(|lane| self.grey(lane, depth)).collect()
    }

    /// One of them.
    fn grey(&self, lane: usize, depth: usize) -> Option<u8> {
        /// The outermost pixels are often in shadow.
        const SHADOW: usize = 1;
        let picture = self.outline.picture;
        let (width, height) = (picture.width, picture.height);
        let depth = depth + SHADOW;
        let (x, y) = match self.side {
            Side::Left => (depth, lane),
            Side::Top => (lane, depth),
            Side::Right => (width.checked_sub(depth + 1)?, lane),
            Side::Bottom => (lane, height.checked_sub(depth + 1)?),
        };
        let grey = self.outline.grey(x as f64, y as f64)?;
        self.on_page(x as f64 + 0.5, y as f64 + 0.5).then_some(grey)
    }

    /// Whether a place of the picture lies within the edges that are seen, clear of their shadows.
    fn on_page(&self, x: f64, y: f64) -> bool {
        const CLEAR: f64 = 3.0;
        let place = self.outline.place;
        let turn = place.turn();
        let (right, below) = (x - turn.corner.0 / REDUCTION, y - turn.corner.1 / REDUCTION);
        let across = right * turn.cos + below * turn.sin;
        let down = below * turn.cos - right * turn.sin;
        let (width, height) = (place.paper.width / REDUCTION, place.paper.height / REDUCTION);
        let beyond = |side: Side, inside: f64| !place.has(side) || inside >= CLEAR;
        beyond(Side::Left, across)
            && beyond(Side::Right, width - across)
            && beyond(Side::Top, down)
            && beyond(Side::Bottom, height - down)
    }
}
