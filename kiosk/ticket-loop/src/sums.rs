//! How pairs vary together.

/// Sums over pairs; each of `vx`, `vy` and `vxy` is `n²` times a variance or covariance.
pub(crate) struct Sums {
    /// how many pairs
    pub n: f64,
    /// of the first
    pub vx: f64,
    /// of the second
    pub vy: f64,
    vxy: f64,
}

impl Sums {
    pub fn of(pairs: impl Iterator<Item = (f64, f64)>) -> Self {
        let (mut n, mut sx, mut sy, mut sxx, mut syy, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (x, y) in pairs {
            n += 1.0;
            sx += x;
            sy += y;
            sxx += x * x;
            syy += y * y;
            sxy += x * y;
        }
        Self { n, vx: n * sxx - sx * sx, vy: n * syy - sy * sy, vxy: n * sxy - sx * sy }
    }

    /// Pearson's, where both vary.
    pub fn correlation(&self) -> f64 {
        self.vxy / (self.vx * self.vy).sqrt()
    }
}
