//! The edges of the paper: where the cutter went, and where lid and dirt begin.

use crate::layout::HEIGHT;
use crate::line::{Line, consensus, median};
use crate::map::{Map, Seen};

/// Places along an edge at which it is looked for.
const PLACES: usize = 40;
/// Dots beyond the print that belong to the paper for certain.
const PAPER: f64 = 12.0;
/// Furthest distance of an edge from the print, in dots: 30 mm of feed between head and knife.
const FAR: f64 = 240.0;
/// Least step of brightness at an edge, in grey levels.
const LEAST_STEP: f64 = 3.0;
/// Part of the places that must agree on one line, and how closely, in dots.
const AGREE: f64 = 0.6;
const NEAR: f64 = 2.5;

/// The four edges as lines in dots; `None` where none can be seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edges {
    /// Rows over the dots across.
    pub(crate) top: Option<Line>,
    pub(crate) bottom: Option<Line>,
    /// Dots across over the rows.
    pub(crate) left: Option<Line>,
    pub(crate) right: Option<Line>,
}

impl Edges {
    pub(crate) fn find(seen: &Seen, map: &Map) -> Self {
        let height = HEIGHT as f64;
        let bar = (map.top - 12.0, map.bottom + 12.0);
        Self {
            top: edge(map.width, |u, out| seen.at(map.at(u, bar.0 - out))).map(|l| outward(l, bar.0, -1.0)),
            bottom: edge(map.width, |u, out| seen.at(map.at(u, bar.1 + out))).map(|l| outward(l, bar.1, 1.0)),
            left: edge(height, |v, out| seen.at(map.at(-out, v))).map(|l| outward(l, 0.0, -1.0)),
            right: edge(height, |v, out| seen.at(map.at(map.width + out, v)))
                .map(|l| outward(l, map.width, 1.0)),
        }
    }

    /// Angles of the upper and the lower edge to the printed lines, in degrees.
    pub(crate) fn cut_degrees(&self, map: &Map) -> [Option<f64>; 2] {
        let (across, along) = map.axes();
        let degrees = |line: Line| (line.slope * along.length() / across.length()).atan().to_degrees();
        [self.top.map(degrees), self.bottom.map(degrees)]
    }

    /// Whether a place lies on the paper or within `margin` dots of it. Where no edge was seen the paper is
    /// taken to be as large as it may be.
    pub(crate) fn hold(&self, u: f64, v: f64, width: f64, margin: f64) -> bool {
        let left = self.left.map_or(-48.0, |line| line.at(v));
        let right = self.right.map_or(width + 48.0, |line| line.at(v));
        let top = self.top.map_or(-FAR, |line| line.at(u));
        let bottom = self.bottom.map_or(HEIGHT as f64 + FAR, |line| line.at(u));
        (left - margin..=right + margin).contains(&u) && (top - margin..=bottom + margin).contains(&v)
    }
}

/// A line of distances, as one of places.
fn outward(distances: Line, from: f64, sign: f64) -> Line {
    Line { start: from + sign * distances.start, slope: sign * distances.slope }
}

/// Looks outwards from the print at many places, and joins what was met first to a line: distances over the
/// places along an edge of `length` dots.
fn edge(length: f64, sample: impl Fn(f64, f64) -> Option<f64>) -> Option<Line> {
    let places = (0..PLACES).filter_map(|place| {
        let at = (place as f64 + 0.5) * length / PLACES as f64;
        let level = |out: f64| {
            let (mut sum, mut n) = (0.0, 0.0);
            for level in (-6..=6).filter_map(|beside| sample(at + f64::from(beside) * 2.0, out)) {
                sum += level;
                n += 1.0;
            }
            (n > 0.0).then(|| sum / n)
        };
        Some((at, first_step(level)?))
    });
    let places: Vec<_> = places.collect();
    if places.len() < PLACES / 2 {
        return None;
    }
    let (line, part) = consensus(&places, NEAR)?;
    // At an angle of more than 8° it is no cut.
    (part >= AGREE && line.slope.abs() < 0.14).then_some(line)
}

/// The distance at which brightness first leaves the paper's for good measure.
fn first_step(level: impl Fn(f64) -> Option<f64>) -> Option<f64> {
    let paper: Option<Vec<f64>> = (4..26).map(|half| level(f64::from(half) * 0.5 + PAPER / 4.0)).collect();
    let mut paper = paper?;
    let usual = median(&mut paper)?;
    let mut distances: Vec<f64> = paper.iter().map(|level| (level - usual).abs()).collect();
    let noise = median(&mut distances)?;
    let least = LEAST_STEP.max(6.0 * noise);
    let mut out = PAPER;
    while out < FAR {
        let here = level(out)? - usual;
        let next = level(out + 0.5)? - usual;
        if here.abs() > least && next.abs() > least {
            // Half of what it comes to a little further on, so that blur does not move it.
            let full = [1.0, 1.5, 2.0].iter().filter_map(|more| level(out + more)).map(|l| (l - usual).abs());
            let half = full.fold(0.0, f64::max) / 2.0;
            let mut back = out;
            while back < out + 2.0 && (level(back)? - usual).abs() < half {
                back += 0.25;
            }
            return Some(back);
        }
        out += 0.5;
    }
    None
}
