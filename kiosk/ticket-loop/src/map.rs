//! From dots of the ticket to pixels of the scan, and samples there.

use std::ops::Range;

use crate::layout::HEIGHT;

use crate::grey::Plane;

/// A place: pixels of the scan, pixel 0 from 0.0 to 1.0; or dots of the ticket likewise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Point {
    pub(crate) fn towards(self, other: Point, part: f64) -> Point {
        Point { x: self.x + (other.x - self.x) * part, y: self.y + (other.y - self.y) * part }
    }

    pub(crate) fn minus(self, other: Point) -> Point {
        Point { x: self.x - other.x, y: self.y - other.y }
    }

    pub(crate) fn length(self) -> f64 {
        self.x.hypot(self.y)
    }
}

/// The ticket's four corners in the scan; everything else lies between or beyond them in proportion.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map {
    /// Pixels of (0, top), (width, top), (0, bottom), (width, bottom).
    pub(crate) corners: [Point; 4],
    /// Dots across.
    pub(crate) width: f64,
    /// Rows of the corners.
    pub(crate) top: f64,
    pub(crate) bottom: f64,
    /// How unevenly the paper was fed in between.
    pub(crate) feed: Feed,
}

/// Rows from one known place of the feed to the next.
const FEED_PITCH: usize = 8;

/// By how many rows print lies below its place where the paper was fed unevenly, every few rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Feed {
    offsets: [f64; HEIGHT / FEED_PITCH + 1],
}

impl Feed {
    /// Paper that was fed evenly.
    pub(crate) const EVEN: Self = Self { offsets: [0.0; HEIGHT / FEED_PITCH + 1] };

    /// From some rows and what was measured there, in order; between them it is a straight line.
    pub(crate) fn through(known: &[(f64, f64)]) -> Self {
        let mut feed = Self::EVEN;
        for (place, offset) in feed.offsets.iter_mut().enumerate() {
            let v = (place * FEED_PITCH) as f64;
            let after = known.iter().position(|(row, _)| *row > v).unwrap_or(known.len());
            let (before, after) = (after.checked_sub(1).and_then(|i| known.get(i)), known.get(after));
            *offset = match (before, after) {
                (Some((v0, o0)), Some((v1, o1))) => o0 + (o1 - o0) * (v - v0) / (v1 - v0),
                (one, other) => one.or(other).map_or(0.0, |(_, offset)| *offset),
            };
        }
        feed
    }

    fn at(&self, v: f64) -> f64 {
        let place = (v / FEED_PITCH as f64).clamp(0.0, (HEIGHT / FEED_PITCH - 1) as f64);
        let before = place as usize;
        let get = |i: usize| self.offsets.get(i).copied().unwrap_or_default();
        get(before) + (get(before + 1) - get(before)) * (place - before as f64)
    }
}

impl Map {
    /// The pixels at some dots.
    pub(crate) fn at(&self, u: f64, v: f64) -> Point {
        let [tl, tr, bl, br] = self.corners;
        let across = u / self.width;
        let v = v + self.feed.at(v);
        tl.towards(tr, across).towards(bl.towards(br, across), (v - self.top) / (self.bottom - self.top))
    }

    /// One dot across and one along, in pixels, over the whole ticket.
    pub(crate) fn axes(&self) -> (Point, Point) {
        let [tl, tr, bl, br] = self.corners;
        let half = |a: Point, b: Point, dots: f64| Point {
            x: (a.x + b.x) / (2.0 * dots),
            y: (a.y + b.y) / (2.0 * dots),
        };
        let rows = self.bottom - self.top;
        (half(tr.minus(tl), br.minus(bl), self.width), half(bl.minus(tl), br.minus(tr), rows))
    }

    /// The dots at some pixels, as if the ticket were a parallelogram: right to a fraction of a dot.
    pub(crate) fn back(&self, p: Point) -> Option<Point> {
        let (across, along) = self.axes();
        let middle = self.at(self.width / 2.0, (self.top + self.bottom) / 2.0);
        let d = p.minus(middle);
        let area = across.x * along.y - across.y * along.x;
        if !area.is_normal() {
            return None;
        }
        let u = (d.x * along.y - d.y * along.x) / area;
        let v = (across.x * d.y - across.y * d.x) / area;
        Some(Point { x: u + self.width / 2.0, y: v + (self.top + self.bottom) / 2.0 })
    }
}

/// A scan of which some columns are not to be trusted.
pub(crate) struct Seen {
    pub(crate) plane: Plane,
    /// One for each column: whether a stripe of the scanner lies there.
    pub(crate) masked: Vec<bool>,
}

impl Seen {
    /// The sample at a place between pixels; `None` outside the scan and on a stripe.
    pub(crate) fn at(&self, p: Point) -> Option<f64> {
        let (x, y) = (p.x - 0.5, p.y - 0.5);
        if !(0.0..1e6).contains(&x) || !(0.0..1e6).contains(&y) {
            return None;
        }
        let (left, top) = (x as usize, y as usize);
        let masked = |x: usize| self.masked.get(x).copied().unwrap_or(true);
        if masked(left) || masked(left + 1) {
            return None;
        }
        let [a, b, c, d] = [(0, 0), (1, 0), (0, 1), (1, 1)]
            .map(|(right, down)| self.plane.get(left + right, top + down).map(f64::from));
        let (fx, fy) = (x - left as f64, y - top as f64);
        let (upper, lower) = (a? + (b? - a?) * fx, c? + (d? - c?) * fx);
        Some(upper + (lower - upper) * fy)
    }

    /// The mean over a rectangle of dots, sampled every half row and, across, at `across`; `None` when less
    /// than a third of it can be seen.
    pub(crate) fn mean(&self, map: &Map, across: &[f64], rows: Range<f64>) -> Option<f64> {
        let steps = (((rows.end - rows.start) * 2.0) as usize).clamp(1, 4000);
        let (mut sum, mut seen) = (0.0, 0usize);
        for u in across {
            // What is asked for is a few rows high, over which the feed is even enough.
            let (first, last) = (map.at(*u, rows.start), map.at(*u, rows.end));
            let places = (0..steps).map(|step| first.towards(last, (step as f64 + 0.5) / steps as f64));
            for sample in places.filter_map(|place| self.at(place)) {
                sum += sample;
                seen += 1;
            }
        }
        (seen > 0 && seen * 3 >= steps * across.len()).then(|| sum / seen as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_uneven_feed_is_followed() {
        let feed = Feed::through(&[(28.0, 0.0), (200.0, 2.0), (216.0, 6.0), (524.0, 0.0)]);
        let table = [
            (-300.0, 0.0),
            (28.0, 0.0),
            (200.0, 2.0),
            (208.0, 4.0),
            (216.0, 6.0),
            (370.0, 3.0),
            (900.0, 0.0),
        ];
        for (v, expected) in table {
            assert!((feed.at(v) - expected).abs() < 0.1, "{v}: {}", feed.at(v));
        }
    }

    proptest! {
        #[test]
        fn there_and_back(degrees in -180.0f64..180.0, u in -50.0f64..650.0, v in -50.0f64..600.0) {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let at = |u: f64, v: f64| Point { x: 900.0 + 1.48 * (u * cos - v * sin), y: 700.0 + 1.5 * (u * sin + v * cos) };
            let corners = [at(0.0, 28.0), at(576.0, 28.0), at(0.0, 524.0), at(576.0, 524.0)];
            let map = Map { corners, width: 576.0, top: 28.0, bottom: 524.0, feed: Feed::EVEN };
            let back = map.back(map.at(u, v)).expect("a parallelogram");
            prop_assert!((back.x - u).abs() < 1e-6 && (back.y - v).abs() < 1e-6);
        }
    }
}
