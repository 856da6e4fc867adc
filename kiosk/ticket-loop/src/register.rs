//! From a rough place of the ticket to an exact one, by its registration marks: rulers and outermost bars.

use std::ops::Range;

use crate::layout::{BARS, Layout, RULER_MARGIN, RULERS, STEP};
use crate::line::{Line, consensus};
use crate::map::{Map, Point, Seen};
use crate::sums::Sums;

/// Dots by which the rough place may be wrong across.
const REACH: i32 = 44;
/// Rows by which it may be wrong along.
const ALONG: [f64; 5] = [0.0, -8.0, 8.0, -16.0, 16.0];
/// How alike the rulers must be to what was printed, 1 is the same.
const ALIKE: f64 = 0.6;
/// How alike they are where nothing is left to be looked for.
const CERTAIN: f64 = 0.9;
/// Rounds of refinement; each starts where the last one ended.
const ROUNDS: usize = 3;
/// Places across at which a bar's middle is measured.
const PLACES: usize = 48;

/// The exact place; `None` when what lies there is no test ticket of this layout.
pub(crate) fn register(seen: &Seen, layout: Layout, rough: &Map) -> Option<Map> {
    let mut map = coarse(seen, layout, rough)?;
    for _ in 0..ROUNDS {
        map = refined(seen, layout, &map)?;
    }
    let sane = map.corners.iter().all(|p| p.x.is_finite() && p.y.is_finite());
    let (across, along) = map.axes();
    (sane && across.length() > 0.1 && along.length() > 0.1).then_some(map)
}

/// Shifts and stretches the map until both rulers lie on what was printed.
fn coarse(seen: &Seen, layout: Layout, rough: &Map) -> Option<Map> {
    let mut best: Option<(f64, Map)> = None;
    for along in ALONG {
        let mut corners = rough.corners;
        let mut alike = 1.0f64;
        for (which, rows) in RULERS.into_iter().enumerate() {
            let profile = ruler_profile(seen, rough, &rows, along);
            let Some(found) = slide(&profile, &layout.ruler(which)) else {
                alike = 0.0;
                break;
            };
            alike = alike.min(found.alike);
            let v = if which == 0 { rough.top } else { rough.bottom };
            let moved = |u: f64| rough.at(found.place(u, rough.width), v + along);
            let [tl, tr, bl, br] = &mut corners;
            let (left, right) = if which == 0 { (tl, tr) } else { (bl, br) };
            (*left, *right) = (moved(0.0), moved(rough.width));
        }
        if alike > best.as_ref().map_or(ALIKE, |b| b.0) {
            best = Some((alike, Map { corners, ..*rough }));
        }
        if alike > CERTAIN {
            break;
        }
    }
    best.map(|(_, map)| map)
}

/// Samples along a ruler, one a dot, from [`REACH`] and a little before the left end.
fn ruler_profile(seen: &Seen, map: &Map, rows: &Range<usize>, along: f64) -> Vec<Option<f64>> {
    let (start, end) = (rows.start as f64 + 6.0 + along, rows.end as f64 - 6.0 + along);
    let from = -REACH - SPARE;
    let to = map.width as i32 + REACH + SPARE;
    (from..to).map(|dot| seen.mean(map, &[f64::from(dot) + 0.5], start..end)).collect()
}

/// Dots that the ends of a ruler move when it is stretched.
const SPARE: i32 = 16;

/// Where a ruler lies, in dots of the rough map.
struct Found {
    alike: f64,
    shift: f64,
    stretch: f64,
}

impl Found {
    fn place(&self, u: f64, width: f64) -> f64 {
        width / 2.0 + (u - width / 2.0) * self.stretch + self.shift
    }
}

/// The shift and stretch with the highest correlation.
fn slide(profile: &[Option<f64>], ruler: &[bool]) -> Option<Found> {
    let width = (ruler.len() * STEP + 2 * RULER_MARGIN) as f64;
    let mut best: Option<Found> = None;
    for step in -10..=10 {
        let stretch = 1.0 + f64::from(step) * 0.0025;
        for shift in -REACH..=REACH {
            let mut found = Found { alike: 0.0, shift: f64::from(shift), stretch };
            // Two samples in each step's inner part.
            let samples = ruler.iter().enumerate().flat_map(|(i, black)| {
                let dots = RULER_MARGIN + i * STEP;
                [2.5, 5.5].map(|inner| (dots as f64 + inner, if *black { -1.0 } else { 1.0 }))
            });
            let pairs = samples.filter_map(|(u, wanted)| {
                let at = found.place(u, width) + f64::from(REACH + SPARE);
                Some((profile.get(at as usize).copied().flatten()?, wanted))
            });
            found.alike = correlation(pairs, ruler.len());
            if best.as_ref().is_none_or(|b| found.alike > b.alike) {
                best = Some(found);
            }
        }
    }
    best
}

/// Pearson's; 0 when fewer than `least` pairs are there or nothing varies.
fn correlation(pairs: impl Iterator<Item = (f64, f64)>, least: usize) -> f64 {
    let sums = Sums::of(pairs);
    let varies = sums.vx >= sums.n * sums.n && sums.vy > 0.0;
    if sums.n >= least as f64 && varies { sums.correlation() } else { 0.0 }
}

/// One round: measures how far off rulers and bars lie, and moves the corners there.
fn refined(seen: &Seen, layout: Layout, map: &Map) -> Option<Map> {
    let [upper, lower] = [0, 1].map(|which| ruler_offsets(seen, layout, map, which));
    let (upper, lower) = (upper?, lower?);
    let [first, .., last] = &BARS;
    let (above, below) = (bar_offsets(seen, map, first)?, bar_offsets(seen, map, last)?);
    let [at_upper, at_lower] = RULERS.map(|rows| (rows.start + rows.end) as f64 / 2.0);
    let corner = |u: f64, v: f64, bar: Line| {
        let part = (v - at_upper) / (at_lower - at_upper);
        let across = upper.at(u) + (lower.at(u) - upper.at(u)) * part;
        map.at(u + across, v + bar.at(u))
    };
    let width = map.width;
    let corners: [Point; 4] = [
        corner(0.0, map.top, above),
        corner(width, map.top, above),
        corner(0.0, map.bottom, below),
        corner(width, map.bottom, below),
    ];
    Some(Map { corners, ..*map })
}

/// How far to the right of their place the edges of a ruler lie, in dots, as a line over the dots.
fn ruler_offsets(seen: &Seen, layout: Layout, map: &Map, which: usize) -> Option<Line> {
    let rows = RULERS.get(which)?;
    let rows = rows.start as f64 + 6.0..rows.end as f64 - 6.0;
    let ruler = layout.ruler(which);
    let steps = ruler.iter().zip(ruler.iter().skip(1)).enumerate();
    let edges = steps.filter(|(_, (left, right))| left != right).filter_map(|(i, _)| {
        let edge = (RULER_MARGIN + (i + 1) * STEP) as f64;
        let profile: Option<Vec<f64>> = (-20..=20)
            .map(|quarter| seen.mean(map, &[edge + f64::from(quarter) * 0.25], rows.clone()))
            .collect();
        Some((edge, crossing(&profile?)? * 0.25 - 5.0))
    });
    let edges: Vec<_> = edges.collect();
    let (line, part) = consensus(&edges, 0.8)?;
    (edges.len() >= 10 && part > 0.6).then_some(line)
}

/// Where a profile crosses half of the way between its ends, nearest to its middle.
fn crossing(profile: &[f64]) -> Option<f64> {
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len().max(1) as f64;
    let (from, to) =
        (mean(profile.get(2..9)?), mean(profile.get(profile.len().checked_sub(9)?..profile.len() - 2)?));
    let half = (from + to) / 2.0;
    let middle = profile.len() as f64 / 2.0;
    let pairs = profile.iter().zip(profile.iter().skip(1)).enumerate();
    let crossing = pairs.filter(|(_, (a, b))| (*a - half) * (*b - half) <= 0.0 && a != b);
    let crossings = crossing.map(|(i, (a, b))| i as f64 + (half - a) / (b - a));
    let nearest = crossings.min_by(|a, b| (a - middle).abs().total_cmp(&(b - middle).abs()));
    nearest.filter(|_| (from - to).abs() > 12.0)
}

/// How far below its place a bar's middle lies, in rows, as a line over the dots.
fn bar_offsets(seen: &Seen, map: &Map, bar: &Range<usize>) -> Option<Line> {
    let middle = (bar.start + bar.end) as f64 / 2.0;
    let places = (0..PLACES).filter_map(|place| {
        let u = (place as f64 + 0.5) * map.width / PLACES as f64;
        let across: Vec<f64> = (-4..=4).map(|dot| u + f64::from(dot)).collect();
        // The outermost bars have paper beyond them, however far they lie from where they are looked for.
        let paper = if middle < 100.0 { -23.0 } else { 23.0 };
        Some((u, bar_middle(seen, map, &across, middle, middle + paper)? - middle))
    });
    let places: Vec<_> = places.collect();
    let (line, part) = consensus(&places, 1.0)?;
    (places.len() >= PLACES / 2 && part > 0.5).then_some(line)
}

/// Rows beyond a bar that must be white: more than a printer leaves out inside one.
const WHITE_ROWS: f64 = 4.5;
/// Rows from the middle of a bar that are looked at.
const BAR_REACH: f64 = 30.0;

/// The middle between both edges of a bar near `middle`; at the row `white` there is paper.
pub(crate) fn bar_middle(seen: &Seen, map: &Map, across: &[f64], middle: f64, white: f64) -> Option<f64> {
    let row = |v: f64| seen.mean(map, across, v..v + 0.5);
    let level = |from: f64, to: f64| seen.mean(map, across, from..to);
    let dark = level(middle - 4.0, middle + 4.0)?;
    let paper = level(white - 2.0, white + 2.0)?;
    if paper - dark < 12.0 {
        return None;
    }
    let half = (paper + dark) / 2.0;
    let edge = |direction: f64| {
        let mut white = 0.0;
        let mut edge = None;
        let mut before = dark;
        let mut step = 0.0;
        while step < BAR_REACH {
            let here = row(middle + direction * step - 0.25)?;
            if here > half {
                edge = edge.or_else(|| Some(step - 0.5 * (here - half) / (here - before).max(1e-6)));
                white += 0.5;
            } else {
                (white, edge) = (0.0, None);
            }
            if white >= WHITE_ROWS {
                return edge;
            }
            before = here;
            step += 0.5;
        }
        None
    };
    Some(middle + (edge(1.0)? - edge(-1.0)?) / 2.0)
}
