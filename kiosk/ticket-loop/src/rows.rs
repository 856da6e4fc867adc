//! Rows of the ticket: lines that were not printed, and how evenly the paper was fed.

use std::ops::Range;

use crate::layout::{self, BARS, Layout, PITCH, RAIL, RAILS};
use crate::line::{median, theil_sen};
use crate::map::{Feed, Map, Seen};
use crate::register::bar_middle;

/// Samples in a row.
const FINE: f64 = 0.25;
/// Part of the way from black to white at which a row of solid black counts as not printed, and of combs.
const WHITE: f64 = 0.3;
const WHITE_COMB: f64 = 0.4;
/// Rows at the ends of a bar or a comb that are not judged, as white lies beside them.
const END: f64 = 1.75;

/// Missing lines by their first row, with how many there are.
pub(crate) fn missing(seen: &Seen, layout: Layout, map: &Map) -> Vec<(usize, usize)> {
    let width = layout.width();
    let everywhere: Vec<f64> = (0..width).step_by(5).map(|dot| dot as f64 + 0.5).collect();
    let mut gaps = Vec::new();
    for bar in BARS {
        gaps.extend(gaps_of(bar.start, ends(&bar), &profile(seen, map, &everywhere, &bar), WHITE));
    }
    for group in [0, 1] {
        for phase in 0..PITCH {
            let rows = layout.comb(group, phase);
            let teeth: Vec<f64> = (phase..width).step_by(3 * PITCH).map(|dot| dot as f64 + 0.5).collect();
            gaps.extend(gaps_of(rows.start, ends(&rows), &profile(seen, map, &teeth, &rows), WHITE_COMB));
        }
    }
    gaps.extend(rail_gaps(seen, map));
    gaps.sort_unstable();
    gaps
}

fn ends(rows: &Range<usize>) -> Range<f64> {
    rows.start as f64 + END..rows.end as f64 - END
}

/// Between the inner bars: what is white in both rails, or in the only one that prints.
fn rail_gaps(seen: &Seen, map: &Map) -> Vec<(usize, usize)> {
    let rail = |left: f64| {
        let across: Vec<f64> = (1..RAIL).map(|dot| left + dot as f64).collect();
        profile(seen, map, &across, &RAILS)
    };
    let (left, right) = (rail(0.0), rail(map.width - RAIL as f64));
    let (dark_left, dark_right) = (contrast(&left), contrast(&right));
    let most = dark_left.max(dark_right);
    let prints = |dark: f64| dark > 0.4 * most;
    // The darker of both at each place: dirt is dark, so that white in both is no dirt.
    let both: Vec<Option<f64>> = match (prints(dark_left), prints(dark_right)) {
        (true, true) => left.iter().zip(&right).map(|(l, r)| Some(l.as_ref()?.min(*r.as_ref()?))).collect(),
        (true, false) => left,
        _ => right,
    };
    gaps_of(RAILS.start, RAILS.start as f64..RAILS.end as f64, &both, WHITE)
}

/// How white each quarter of a row is: 0 is the profile's own black, 1 the paper.
fn profile(seen: &Seen, map: &Map, across: &[f64], rows: &Range<usize>) -> Vec<Option<f64>> {
    let from = rows.start as f64;
    let count = (rows.len() as f64 / FINE) as usize;
    let level = |i: usize| {
        let v = from + (i as f64 + 0.5) * FINE;
        seen.mean(map, across, v - 0.25..v + 0.25)
    };
    let levels: Vec<Option<f64>> = (0..count).map(level).collect();
    let Some(black) = median(&mut levels.iter().copied().flatten().collect::<Vec<_>>()) else {
        return levels;
    };
    let Some(paper) = seen.mean(map, across, 4.0..12.0) else { return vec![None; count] };
    let whole = (paper - black).max(1.0);
    // What hardly differs from the paper is not printed at all, and says nothing about rows.
    let seen_at_all = whole > 10.0;
    levels.into_iter().map(|level| level.filter(|_| seen_at_all).map(|l| (l - black) / whole)).collect()
}

/// How much a profile that begins at black says: the part of it that can be seen.
fn contrast(profile: &[Option<f64>]) -> f64 {
    profile.iter().filter(|level| level.is_some_and(|l| l < WHITE)).count() as f64
}

/// Runs of white within the rows that are judged, as first row and count; the profile begins at row `start`.
fn gaps_of(start: usize, judged: Range<f64>, profile: &[Option<f64>], white: f64) -> Vec<(usize, usize)> {
    let mut gaps: Vec<(usize, usize)> = Vec::new();
    let mut run: Option<(f64, f64)> = None;
    let places =
        profile.iter().enumerate().map(|(i, level)| (start as f64 + (i as f64 + 0.5) * FINE, *level));
    for (v, level) in places.chain([(f64::MAX, None)]) {
        let open = judged.contains(&v) && level.is_some_and(|l| l > white);
        match (&mut run, open) {
            (Some((_, sum)), true) => *sum += level.unwrap_or_default() * FINE,
            (None, true) => run = Some((v, level.unwrap_or_default() * FINE)),
            (Some((from, sum)), false) => {
                // Ink spreads into a gap, so that it covers less than its rows.
                gaps.push((from.round() as usize, ((*sum + 0.3).round() as usize).max(1)));
                run = None;
            }
            (None, false) => {}
        }
    }
    gaps
}

/// How the paper was fed, and the largest distance of a rung from an even feed, in rows; even when too few
/// rungs can be seen.
pub(crate) fn feed(seen: &Seen, map: &Map) -> (Feed, f64) {
    let rungs = (0..layout::RUNGS).filter_map(|rung| {
        let v = (layout::RUNG_FIRST + rung * layout::RUNG_PITCH) as f64 + layout::RUNG_ROWS as f64 / 2.0;
        let inner = (RAIL + 3) as f64;
        let offsets = [inner, map.width - inner - 10.0].map(|left| rung_offset(seen, map, left, v));
        let (sum, n) = offsets.iter().flatten().fold((0.0, 0.0), |(sum, n), o| (sum + o, n + 1.0));
        (n > 0.0).then(|| (v, sum / n))
    });
    let rungs: Vec<_> = rungs.collect();
    let Some(line) = theil_sen(&rungs).filter(|_| rungs.len() >= layout::RUNGS / 2) else {
        return (Feed::EVEN, 0.0);
    };
    let unevenness = rungs.iter().map(|(v, offset)| (offset - line.at(*v)).abs()).fold(0.0, f64::max);
    let [first, upper, lower, last] = BARS.map(|bar| (bar.start + bar.end) as f64 / 2.0);
    let mut known = vec![(first, 0.0), (upper, bar_offset(seen, map, upper, 16.0))];
    known.extend(&rungs);
    known.extend([(lower, bar_offset(seen, map, lower, -16.0)), (last, 0.0)]);
    (Feed::through(&known), unevenness)
}

/// How far below its place an inner bar lies; there is paper some rows to one side of its middle.
fn bar_offset(seen: &Seen, map: &Map, middle: f64, white: f64) -> f64 {
    let places = (1..24).filter_map(|place| {
        let u = f64::from(place) * map.width / 24.0;
        let across: Vec<f64> = (-4..=4).map(|dot| u + f64::from(dot)).collect();
        bar_middle(seen, map, &across, middle, middle + white)
    });
    median(&mut places.collect::<Vec<_>>()).map_or(0.0, |found| found - middle)
}

/// How far below its place the middle of a rung's ink lies, in rows.
fn rung_offset(seen: &Seen, map: &Map, left: f64, v: f64) -> Option<f64> {
    let across: Vec<f64> = (0..=10).map(|dot| left + f64::from(dot)).collect();
    let (mut ink, mut moment) = (0.0, 0.0);
    let levels: Option<Vec<f64>> = (-24..24)
        .map(|quarter| {
            let at = v + (f64::from(quarter) + 0.5) * FINE;
            seen.mean(map, &across, at - 0.25..at + 0.25)
        })
        .collect();
    let levels = levels?;
    let paper = levels.iter().copied().fold(0.0, f64::max);
    let black = levels.iter().copied().fold(255.0, f64::min);
    if paper - black < 20.0 {
        return None;
    }
    for (quarter, level) in (-24..24).zip(levels) {
        let dark = (paper - level - (paper - black) * 0.3).max(0.0);
        ink += dark;
        moment += dark * (f64::from(quarter) + 0.5) * FINE;
    }
    (ink > 0.0).then(|| moment / ink)
}
