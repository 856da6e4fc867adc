//! Medians, and straight lines through points of which some lie.

/// The middle value; of an even number the upper of the two. `None` of nothing.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// A line `y = start + slope · x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) start: f64,
    pub(crate) slope: f64,
}

impl Line {
    pub(crate) fn at(self, x: f64) -> f64 {
        self.start + self.slope * x
    }
}

/// Most points of which every pair is looked at.
const MOST: usize = 160;

/// The Theil–Sen line: the median of all pairs' slopes, and then of all starts. Up to 29 % of the points may
/// lie anywhere. `None` with fewer than two different `x`. Only the last 160 points count.
pub(crate) fn theil_sen(points: &[(f64, f64)]) -> Option<Line> {
    let points = points.get(points.len().saturating_sub(MOST)..)?;
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (i, (x0, y0)) in points.iter().enumerate() {
        let later = points.iter().skip(i + 1);
        slopes.extend(later.filter(|(x1, _)| x1 != x0).map(|(x1, y1)| (y1 - y0) / (x1 - x0)));
    }
    let slope = median(&mut slopes)?;
    let mut starts: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
    let start = median(&mut starts)?;
    (slope.is_finite() && start.is_finite()).then_some(Line { start, slope })
}

/// The line of least squares through the points that lie within `near` of their Theil–Sen line, and which
/// part of all those are.
pub(crate) fn consensus(points: &[(f64, f64)], near: f64) -> Option<(Line, f64)> {
    let first = theil_sen(points)?;
    let good: Vec<_> = points.iter().filter(|(x, y)| (y - first.at(*x)).abs() <= near).collect();
    let n = good.len() as f64;
    let (mx, my) = good.iter().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x / n, sy + y / n));
    let (mut sxx, mut sxy) = (0.0, 0.0);
    for (x, y) in &good {
        sxx += (x - mx) * (x - mx);
        sxy += (x - mx) * (y - my);
    }
    let slope = sxy / sxx;
    let line = Line { start: my - slope * mx, slope };
    line.start.is_finite().then_some((line, n / points.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_lies_moves_no_line() {
        let points: Vec<_> = (0..40)
            .map(|i| (f64::from(i), if i % 4 == 0 { 900.0 } else { 3.0 + 0.5 * f64::from(i) }))
            .collect();
        let (line, part) = consensus(&points, 1.0).expect("a line");
        assert!((line.start - 3.0).abs() < 1e-9 && (line.slope - 0.5).abs() < 1e-9, "{line:?}");
        assert!((part - 0.75).abs() < 1e-9);
    }

    #[test]
    fn too_little_makes_no_line() {
        let table: [&[(f64, f64)]; 4] =
            [&[], &[(1.0, 2.0)], &[(1.0, 2.0), (1.0, 3.0)], &[(0.0, f64::NAN), (1.0, 0.0)]];
        for points in table {
            assert_eq!(theil_sen(points), None, "{points:?}");
        }
    }
}
