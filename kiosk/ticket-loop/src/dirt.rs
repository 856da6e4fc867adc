//! Spots on the scanner's glass and lid: small things beside the paper.

use crate::blobs::Labels;
use crate::edges::Edges;
use crate::findings::Dirt;
use crate::grey::Plane;
use crate::map::{Map, Point};

/// Pixels in a millimetre at which one looks.
const LOOK: f64 = 6.0;
/// Half of the square whose mean a pixel is compared with.
const AROUND_MM: f64 = 2.0;
/// Least difference from it, in grey levels.
const LEAST_STEP: i64 = 20;
/// Spots are at least so large, in mm², and at most so long: a hair is, an edge is not.
const LEAST_AREA: f64 = 0.08;
const MOST_MM: f64 = 10.0;
/// What lies so near to the paper or to the edge of the scan is shadow.
const SHADOW_DOTS: f64 = 24.0;
const RIM_MM: f64 = 3.0;

/// Counts the spots outside the paper.
pub(crate) fn find(plane: &Plane, masked: &[bool], map: &Map, edges: &Edges) -> Dirt {
    let times = ((plane.scale / LOOK).round() as usize).max(1);
    let small = plane.reduced(times);
    let rim = (RIM_MM * small.scale) as usize;
    let striped = |x: usize| masked.iter().skip((x * times).saturating_sub(1)).take(times + 2).any(|m| *m);
    let striped: Vec<bool> = (0..small.width).map(striped).collect();
    let beside = |x: usize, y: usize| {
        let inside = x >= rim && y >= rim && x + rim < small.width && y + rim < small.height;
        let place = Point { x: (x as f64 + 0.5) * times as f64, y: (y as f64 + 0.5) * times as f64 };
        let dots = map.back(place);
        let paper = dots.is_none_or(|d| edges.hold(d.x, d.y, map.width, SHADOW_DOTS));
        inside && !paper && striped.get(x) == Some(&false)
    };
    let sums = Sums::of(&small);
    let reach = (AROUND_MM * small.scale) as usize;
    let places = (0..small.height).flat_map(|y| (0..small.width).map(move |x| (x, y)));
    let marked = places.map(|(x, y)| {
        let here = i64::from(small.get(x, y).unwrap_or_default());
        (here - sums.mean(x, y, reach)).abs() >= LEAST_STEP && beside(x, y)
    });
    count(&Labels::of(small.width, marked), &small)
}

/// Adds up what has the size of a spot.
fn count(labels: &Labels, plane: &Plane) -> Dirt {
    // Area, and the first and last column and row.
    let mut spots = vec![(0usize, usize::MAX, 0usize, usize::MAX, 0usize); labels.count];
    for (y, row) in labels.rows(plane.width).enumerate() {
        for (x, label) in row.iter().enumerate().filter(|(_, label)| **label > 0) {
            if let Some((area, left, right, top, bottom)) = spots.get_mut(*label as usize) {
                *area += 1;
                (*left, *right) = ((*left).min(x), (*right).max(x));
                (*top, *bottom) = ((*top).min(y), (*bottom).max(y));
            }
        }
    }
    let mut dirt = Dirt::default();
    for (area, left, right, top, bottom) in spots.into_iter().filter(|(area, ..)| *area > 0) {
        let area = area as f64 / (plane.scale * plane.scale);
        let longest = (right - left).max(bottom - top) as f64 / plane.scale;
        if area >= LEAST_AREA && longest <= MOST_MM {
            dirt.spots += 1;
            dirt.area_mm2 += area;
        }
    }
    dirt
}

/// Sums over rectangles in one step each.
struct Sums {
    width: usize,
    height: usize,
    /// One column and one row more than the picture: everything above and to the left.
    table: Vec<i64>,
}

impl Sums {
    fn of(plane: &Plane) -> Self {
        let mut table = vec![0i64; plane.width + 1];
        table.reserve((plane.width + 1) * plane.height);
        for row in plane.rows() {
            let above = table.len() - plane.width - 1;
            let mut sum = 0;
            table.push(0);
            for (x, pixel) in row.iter().enumerate() {
                sum += i64::from(*pixel);
                let over = table.get(above + x + 1).copied().unwrap_or_default();
                table.push(over + sum);
            }
        }
        Self { width: plane.width, height: plane.height, table }
    }

    /// The mean of the square around a pixel, as far as it lies in the picture.
    fn mean(&self, x: usize, y: usize, reach: usize) -> i64 {
        let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(self.width));
        let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(self.height));
        let at = |x: usize, y: usize| self.table.get(y * (self.width + 1) + x).copied().unwrap_or_default();
        let sum = at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
        let area = (right - left).max(1) * (bottom - top).max(1);
        sum / i64::try_from(area).unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_what_adding_up_gives() {
        let data: Vec<u8> = (0..77u8).map(|i| i.wrapping_mul(37)).collect();
        let plane = Plane { width: 11, height: 7, scale: 1.0, data };
        let sums = Sums::of(&plane);
        for (x, y) in (0..7).flat_map(|y| (0..11).map(move |x| (x, y))) {
            let near = |at: usize, most: usize| at.saturating_sub(2)..(at + 3).min(most);
            let all: Vec<i64> = near(y, 7)
                .flat_map(|y| near(x, 11).map(move |x| (x, y)))
                .map(|(x, y)| i64::from(plane.data[y * 11 + x]))
                .collect();
            assert_eq!(sums.mean(x, y, 2), all.iter().sum::<i64>() / all.len() as i64);
        }
    }
}
