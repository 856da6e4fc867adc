//! Finds where the ticket may lie: rectangles of its size around dark things.

use crate::blobs::Labels;
use crate::grey::Plane;
use crate::layout::{BARS, DOTS_PER_MM, Layout};
use crate::map::{Feed, Map, Point};

/// Pixels in a millimetre at which one looks: coarse enough that bars are whole.
const LOOK: f64 = 4.0;
/// Dark things smaller than this are dirt, letters or modules.
const LEAST_MM: f64 = 6.0;
/// Dark things nearer to each other belong together: the combs between two bars may be too pale to see.
const NEAR_MM: f64 = 12.0;
/// Most dark things that are looked at, largest first.
const MOST_THINGS: usize = 400;
/// Dots that may be dead at one end of the head without the ticket being lost.
const LOST_DOTS: f64 = 40.0;
/// What counts as dark, as parts of the white there is.
const DARK: [f64; 4] = [0.62, 0.75, 0.5, 0.85];

/// Every place where the ticket may lie, the likeliest first; each in up to four turns.
pub(crate) fn candidates(plane: &Plane, layout: Layout) -> impl Iterator<Item = Map> {
    let times = ((plane.scale / LOOK).round() as usize).max(1);
    let small = plane.reduced(times);
    let white = percentile(&small, 0.97);
    DARK.into_iter().flat_map(move |part| {
        let things = things(&small, (f64::from(white) * part) as u8);
        let turned = clusters(&things, NEAR_MM * small.scale).into_iter().flat_map(|cluster| {
            let points = cluster.iter().flat_map(|thing| thing.outline.iter().copied());
            smallest_rectangle(points.collect()).map_or_else(Vec::new, |r| turns(r, layout, small.scale))
        });
        let back = times as f64;
        turned.map(move |map| scaled(map, back)).collect::<Vec<_>>()
    })
}

fn scaled(map: Map, times: f64) -> Map {
    Map { corners: map.corners.map(|p| Point { x: p.x * times, y: p.y * times }), ..map }
}

/// The level that a part of all pixels do not exceed.
fn percentile(plane: &Plane, part: f64) -> u8 {
    let mut histogram = [0usize; 256];
    for pixel in &plane.data {
        if let Some(count) = histogram.get_mut(usize::from(*pixel)) {
            *count += 1;
        }
    }
    let wanted = plane.data.len() as f64 * part;
    let mut below = 0;
    let reached = |count: &usize| {
        below += count;
        below as f64 >= wanted
    };
    u8::try_from(histogram.iter().position(reached).unwrap_or(255)).unwrap_or(255)
}

/// A dark thing: what hangs together.
#[derive(Default)]
struct Thing {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
    /// The corners of its leftmost and rightmost pixel of every row.
    outline: Vec<Point>,
}

/// Dark things of some size that lie within the scan; what touches its edge is the lid.
fn things(plane: &Plane, dark: u8) -> Vec<Thing> {
    let labels = Labels::of(plane.width, plane.data.iter().map(|pixel| *pixel < dark));
    let mut boxes: Vec<Option<Thing>> = Vec::new();
    boxes.resize_with(labels.count, || None);
    for (y, row) in labels.rows(plane.width).enumerate() {
        for (x, label) in row.iter().enumerate().filter(|(_, label)| **label > 0) {
            let Some(slot) = boxes.get_mut(*label as usize) else { continue };
            let thing = slot.get_or_insert_with(|| Thing {
                left: x,
                right: x,
                top: y,
                bottom: y,
                ..Thing::default()
            });
            thing.left = thing.left.min(x);
            thing.right = thing.right.max(x);
            thing.bottom = y;
        }
    }
    let inside =
        |t: &Thing| t.left > 0 && t.top > 0 && t.right + 1 < plane.width && t.bottom + 1 < plane.height;
    let size = |t: &Thing| (t.right - t.left).max(t.bottom - t.top);
    let least = (LEAST_MM * plane.scale) as usize;
    let mut sizes: Vec<usize> =
        boxes.iter().flatten().filter(|t| inside(t) && size(t) >= least).map(size).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let least = sizes.get(MOST_THINGS).map_or(least, |s| s + 1);
    for slot in &mut boxes {
        if slot.as_ref().is_some_and(|t| !inside(t) || size(t) < least) {
            *slot = None;
        }
    }
    outline(&mut boxes, &labels, plane.width);
    boxes.into_iter().flatten().collect()
}

/// Notes the ends of every row of what was kept.
fn outline(boxes: &mut [Option<Thing>], labels: &Labels, width: usize) {
    let mut ends: Vec<(u32, usize, usize)> = Vec::new();
    for (y, row) in labels.rows(width).enumerate() {
        ends.clear();
        for (x, label) in row.iter().enumerate().filter(|(_, label)| **label > 0) {
            if boxes.get(*label as usize).is_none_or(Option::is_none) {
                continue;
            }
            // Few things are kept, and the last one met is nearly always the one that goes on.
            match ends.iter_mut().rev().find(|(l, ..)| l == label) {
                Some((.., right)) => *right = x + 1,
                None => ends.push((*label, x, x + 1)),
            }
        }
        for (label, left, right) in ends.drain(..) {
            let Some(Some(thing)) = boxes.get_mut(label as usize) else { continue };
            let corners = [(left, y), (right, y), (left, y + 1), (right, y + 1)];
            thing.outline.extend(corners.map(|(x, y)| Point { x: x as f64, y: y as f64 }));
        }
    }
}

/// Things nearer to each other than `near` make a cluster; larger clusters first.
fn clusters(things: &[Thing], near: f64) -> Vec<Vec<&Thing>> {
    let near = near as usize;
    let touch = |a: &Thing, b: &Thing| {
        a.left <= b.right + near
            && b.left <= a.right + near
            && a.top <= b.bottom + near
            && b.top <= a.bottom + near
    };
    let mut rest: Vec<&Thing> = things.iter().collect();
    let mut clusters = Vec::new();
    while let Some(first) = rest.pop() {
        let mut cluster = vec![first];
        let mut looked = 0;
        while let Some(at) = cluster.get(looked).copied() {
            let (close, far): (Vec<_>, Vec<_>) = rest.into_iter().partition(|thing| touch(at, thing));
            cluster.extend(close);
            rest = far;
            looked += 1;
        }
        clusters.push(cluster);
    }
    clusters.sort_by_key(|cluster| std::cmp::Reverse(cluster.iter().map(|t| t.outline.len()).sum::<usize>()));
    clusters.truncate(8);
    clusters
}

/// A rectangle: a corner, the direction of one side, and both lengths.
#[derive(Clone, Copy, Debug)]
struct Rectangle {
    corner: Point,
    along: Point,
    width: f64,
    height: f64,
}

/// The rectangle of the smallest area around some points: one of its sides lies on their hull.
fn smallest_rectangle(points: Vec<Point>) -> Option<Rectangle> {
    let hull = hull(points);
    let mut best: Option<Rectangle> = None;
    for (a, b) in hull.iter().zip(hull.iter().cycle().skip(1)) {
        let side = b.minus(*a);
        let length = side.length();
        if length < 2.0 {
            continue;
        }
        let along = Point { x: side.x / length, y: side.y / length };
        let (mut u, mut v) = ((f64::MAX, f64::MIN), (f64::MAX, f64::MIN));
        for p in &hull {
            let (pu, pv) = (p.x * along.x + p.y * along.y, p.y * along.x - p.x * along.y);
            u = (u.0.min(pu), u.1.max(pu));
            v = (v.0.min(pv), v.1.max(pv));
        }
        let found = Rectangle {
            corner: Point { x: u.0 * along.x - v.0 * along.y, y: u.0 * along.y + v.0 * along.x },
            along,
            width: u.1 - u.0,
            height: v.1 - v.0,
        };
        if best.is_none_or(|b| found.width * found.height < b.width * b.height) {
            best = Some(found);
        }
    }
    best
}

/// The convex hull (Andrew's monotone chain).
fn hull(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    points.dedup();
    let half = |points: &mut dyn Iterator<Item = Point>| {
        let mut chain: Vec<Point> = Vec::new();
        for p in points {
            while let [.., a, b] = chain.as_slice() {
                if (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) > 0.0 {
                    break;
                }
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        chain
    };
    let mut hull = half(&mut points.iter().copied());
    hull.extend(half(&mut points.iter().rev().copied()));
    hull
}

/// The ticket in each of the four turns in which the rectangle has its size. Its rows are stretched to the
/// rectangle; across it has its true size, in the middle: dots may be dead at either end.
fn turns(rectangle: Rectangle, layout: Layout, scale: f64) -> Vec<Map> {
    let dot = scale / DOTS_PER_MM;
    let [first, .., last] = &BARS;
    let (width, rows) = (layout.width() as f64, (last.end - first.start) as f64);
    let mut turns = Vec::new();
    for quarter in 0..4 {
        let Rectangle { corner, along, width: w, height: h } = rectangle;
        let down = Point { x: -along.y, y: along.x };
        let at = |u: f64, v: f64| Point {
            x: corner.x + along.x * u + down.x * v,
            y: corner.y + along.y * u + down.y * v,
        };
        let (w, h, origin, across, along) = match quarter {
            0 => (w, h, at(0.0, 0.0), along, down),
            1 => (h, w, at(w, 0.0), down, minus(along)),
            2 => (w, h, at(w, h), minus(along), minus(down)),
            _ => (h, w, at(0.0, h), minus(down), along),
        };
        let fits_across = (w / dot - width) > -LOST_DOTS - 0.03 * width && w / dot - width < 0.04 * width;
        let fits_along = (h / dot / rows - 1.0).abs() < 0.1;
        if !fits_across || !fits_along {
            continue;
        }
        let spare = (w - width * dot) / 2.0;
        // The map's corners are the middles of the outermost bars.
        let edge = 12.0 / rows * h;
        let place = |u: f64, v: f64| Point {
            x: origin.x + across.x * u + along.x * v,
            y: origin.y + across.y * u + along.y * v,
        };
        let (left, right) = (spare, spare + width * dot);
        turns.push(Map {
            corners: [place(left, edge), place(right, edge), place(left, h - edge), place(right, h - edge)],
            width,
            top: first.start as f64 + 12.0,
            bottom: last.end as f64 - 12.0,
            feed: Feed::EVEN,
        });
    }
    turns
}

fn minus(p: Point) -> Point {
    Point { x: -p.x, y: -p.y }
}
