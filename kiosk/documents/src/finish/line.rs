//! A straight line through points of which some are wrong.

/// A line `at = slope × along + offset`, and how well the points agree on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub(super) slope: f64,
    pub(super) offset: f64,
    /// Mean square distance of the points that were kept.
    pub(super) scatter: f64,
    /// How many were kept, where the middle of them is, and how far they reach.
    pub(super) kept: usize,
    pub(super) centre: f64,
    pub(super) reach: f64,
}

/// A place found on an edge: how far along it, and where across.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) along: f64,
    pub(super) at: f64,
}

/// Fits a line by least squares to the points that lie near it: first by the medians of slopes and of
/// offsets, which a third of wrong points cannot move far, then three times by those within reach.
pub(super) fn fit(points: &[Point]) -> Option<Line> {
    /// Fewer say nothing.
    const FEWEST: usize = 12;
    /// Distances that belong to the edge, growing tighter; torn or soft paper keeps below the last.
    const NEAR: [f64; 3] = [1.5, 0.6, 0.35];
    if points.len() < FEWEST {
        return None;
    }
    let half = points.len() / 2;
    let slope = median(points.iter().zip(points.iter().skip(half)).filter_map(|(a, b)| {
        let apart = b.along - a.along;
        (apart > 0.0).then(|| (b.at - a.at) / apart)
    }))?;
    let offset = median(points.iter().map(|p| p.at - slope * p.along))?;
    let mut line = Line { slope, offset, scatter: 0.0, kept: 0, centre: 0.0, reach: 0.0 };
    for near in NEAR {
        line = least_squares(points.iter().filter(|p| line.distance(p).abs() < near))
            .filter(|line| line.kept >= FEWEST)?;
    }
    Some(line)
}

impl Line {
    fn distance(&self, point: &Point) -> f64 {
        point.at - self.slope * point.along - self.offset
    }
}

fn least_squares<'a>(points: impl Iterator<Item = &'a Point> + Clone) -> Option<Line> {
    let kept = points.clone().count();
    if kept < 2 {
        return None;
    }
    let mean = |value: fn(&Point) -> f64| points.clone().map(value).sum::<f64>() / kept as f64;
    let (along, at) = (mean(|p| p.along), mean(|p| p.at));
    let (mut square, mut mixed) = (0.0, 0.0);
    for point in points.clone() {
        square += (point.along - along) * (point.along - along);
        mixed += (point.along - along) * (point.at - at);
    }
    if square <= 0.0 {
        return None;
    }
    let slope = mixed / square;
    let mut line = Line { slope, offset: at - slope * along, scatter: 0.0, kept, centre: along, reach: 0.0 };
    line.scatter = points.clone().map(|p| line.distance(p) * line.distance(p)).sum::<f64>() / kept as f64;
    let ends = points.fold((f64::MAX, f64::MIN), |(low, high), p| (low.min(p.along), high.max(p.along)));
    line.reach = ends.1 - ends.0;
    Some(line)
}

pub(super) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_of_wrong_points_does_not_matter() {
        let points: Vec<_> = (0..300)
            .map(|i| {
                let wrong = if i % 3 == 0 { f64::from(i % 40) } else { 0.0 };
                Point { along: f64::from(i), at: 0.03 * f64::from(i) + 7.0 + wrong }
            })
            .collect();
        let line = fit(&points).unwrap();
        assert!((line.slope - 0.03).abs() < 1e-4 && (line.offset - 7.0).abs() < 0.02, "{line:?}");
        assert!((200..215).contains(&line.kept) && line.reach > 290.0, "{line:?}");
    }

    #[test]
    fn too_little_gives_no_line() {
        let same = vec![Point { along: 4.0, at: 4.0 }; 50];
        assert_eq!(fit(&same), None);
        assert_eq!(fit(&[]), None);
    }
}
