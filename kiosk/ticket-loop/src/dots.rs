//! Dots of the head: which are dead, and how dark the others print.

use crate::findings::{DotRange, Findings};
use crate::layout::{BARS, COMB, Layout, PITCH};
use crate::line::{median, theil_sen};
use crate::map::{Map, Seen};

/// Rows of a comb that are left out at both of its ends.
const COMB_EDGE: f64 = 4.0;
/// Teeth at each side of one that it is compared with.
const NEIGHBOURS: usize = 24;
/// A tooth paler than this part of its neighbours was not printed.
const DEAD: f64 = 0.4;
/// Least contrast of teeth, in grey levels, with which one can be judged.
const LEAST: f64 = 6.0;

/// Of each dot whether it is alive; `None` when it cannot be judged.
pub(crate) fn alive(seen: &Seen, layout: Layout, map: &Map) -> Vec<Option<bool>> {
    let groups = [0, 1].map(|group| strengths(seen, layout, map, group));
    let [upper, lower] = &groups;
    // What covers a tooth in one comb does not cover it in the other; a dead dot is absent from both.
    let both = upper.iter().zip(lower).map(|pair| match pair {
        (Some(a), Some(b)) => Some(a.max(*b)),
        (one, other) => one.or(*other),
    });
    both.map(|strength| strength.map(|s| s >= DEAD)).collect()
}

/// How dark each dot is in a group of combs, as a part of its neighbours.
fn strengths(seen: &Seen, layout: Layout, map: &Map, group: usize) -> Vec<Option<f64>> {
    let teeth: Vec<_> = (0..layout.width()).map(|dot| tooth(seen, layout, map, group, dot)).collect();
    let strength = |dot: usize| {
        let near =
            (dot % PITCH..layout.width()).step_by(PITCH).skip((dot / PITCH).saturating_sub(NEIGHBOURS));
        let near = near.take(2 * NEIGHBOURS + 1).filter_map(|other| teeth.get(other).copied().flatten());
        let usual = median(&mut near.collect::<Vec<_>>()).filter(|usual| *usual >= LEAST)?;
        Some(teeth.get(dot).copied().flatten()? / usual)
    };
    (0..layout.width()).map(strength).collect()
}

/// How much darker than the white at both sides a tooth is, in grey levels.
fn tooth(seen: &Seen, layout: Layout, map: &Map, group: usize, dot: usize) -> Option<f64> {
    let rows = layout.comb(group, dot);
    let rows = rows.start as f64 + COMB_EDGE..rows.end as f64 - COMB_EDGE;
    debug_assert!(COMB as f64 > 2.0 * COMB_EDGE);
    let middle = dot as f64 + 0.5;
    let black = seen.mean(map, &[middle - 0.25, middle, middle + 0.25], rows.clone())?;
    let half = PITCH as f64 / 2.0;
    let [left, right] = [middle - half, middle + half].map(|u| seen.mean(map, &[u], rows.clone()));
    let white = match (left, right) {
        (Some(left), Some(right)) => (left + right) / 2.0,
        (one, other) => one.or(other)?,
    };
    Some(white - black)
}

/// Dead dots as ranges.
pub(crate) fn ranges(alive: &[Option<bool>]) -> Vec<DotRange> {
    let mut ranges: Vec<DotRange> = Vec::new();
    for (dot, _) in alive.iter().enumerate().filter(|(_, alive)| **alive == Some(false)) {
        match ranges.last_mut() {
            Some(range) if range.last + 1 == dot => range.last = dot,
            _ => ranges.push(DotRange { first: dot, last: dot }),
        }
    }
    ranges
}

/// The density of the bars across the head, see [`Findings::density`].
pub(crate) fn density(seen: &Seen, map: &Map, alive: &[Option<bool>]) -> Vec<f64> {
    let bin = |bin: usize| {
        let (from, to) = (bin * alive.len() / Findings::BINS, (bin + 1) * alive.len() / Findings::BINS);
        // A dead dot makes its neighbours look paler too, and so does the end of the head.
        let whole = |dot: &usize| {
            let near = alive.get(dot.saturating_sub(1)..(dot + 2).min(alive.len()));
            near.is_some_and(|near| near.len() == 3 && near.iter().all(|alive| *alive == Some(true)))
        };
        let across: Vec<f64> = (from..to).filter(whole).map(|dot| dot as f64 + 0.5).collect();
        let level = |rows: (f64, f64)| seen.mean(map, &across, rows.0..rows.1);
        let bars = BARS.map(|bar| level((bar.start as f64 + 6.0, bar.end as f64 - 6.0)));
        let paper = [(4.0, 12.0), (540.0, 548.0), (172.5, 175.5)].map(level);
        // Of several places the middle one: dirt lies on one of them.
        let usual =
            |levels: &[Option<f64>]| median(&mut levels.iter().copied().flatten().collect::<Vec<_>>());
        Some(optical_density(usual(&paper)?, usual(&bars)?))
    };
    let mut bins: Vec<Option<f64>> = (0..Findings::BINS).map(bin).collect();
    fill(&mut bins);
    bins.reverse();
    fill(&mut bins);
    bins.reverse();
    bins.into_iter().map(Option::unwrap_or_default).collect()
}

/// Gives what is missing the value before it.
fn fill(bins: &mut [Option<f64>]) {
    let mut before = None;
    for bin in bins {
        *bin = bin.or(before);
        before = *bin;
    }
}

/// Density of a level above the paper's, with samples taken as sRGB's: very nearly a gamma of 2.2.
fn optical_density(paper: f64, level: f64) -> f64 {
    2.2 * (paper.max(1.0) / level.max(1.0)).log10()
}

/// By which part the density falls from the left to the right end.
pub(crate) fn fading(density: &[f64]) -> f64 {
    let points: Vec<_> = density.iter().enumerate().map(|(bin, d)| (bin as f64, *d)).collect();
    let Some(line) = theil_sen(&points) else { return 0.0 };
    let (left, right) = (line.at(0.0), line.at(density.len() as f64 - 1.0));
    let most = left.max(right);
    if most > 0.05 { ((left - right) / most).clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_beside_each_other_make_one_range() {
        let table: [(&str, &[(usize, usize)]); 5] = [
            ("", &[]),
            ("....", &[]),
            ("x..x", &[(0, 0), (3, 3)]),
            (".xx?x", &[(1, 2), (4, 4)]),
            ("xxx", &[(0, 2)]),
        ];
        for (dots, expected) in table {
            let alive: Vec<_> = dots.chars().map(|c| (c != '?').then_some(c == '.')).collect();
            let found: Vec<_> = ranges(&alive).iter().map(|r| (r.first, r.last)).collect();
            assert_eq!(found, expected, "{dots}");
        }
    }

    #[test]
    fn fading_has_a_side() {
        let falling: Vec<f64> = (0..32).map(|i| 1.2 - 0.6 * f64::from(i) / 31.0).collect();
        assert!((fading(&falling) - 0.5).abs() < 1e-9);
        let rising: Vec<f64> = falling.iter().rev().copied().collect();
        assert!((fading(&rising) + 0.5).abs() < 1e-9);
        assert_eq!(fading(&[0.0; 32]), 0.0);
        assert_eq!(fading(&[]), 0.0);
    }
}
