//! The last rows of a plane, kept until it is known what is ink in them.

use crate::finish::Samples;

/// A ring of rows.
pub(super) struct Held {
    width: usize,
    capacity: usize,
    samples: Vec<u8>,
    /// Rows taken so far.
    taken: usize,
}

impl Held {
    pub(super) fn new(width: usize, capacity: usize) -> Self {
        Self { width, capacity, samples: vec![0; width * capacity], taken: 0 }
    }

    /// Takes the next rows of the plane, so many.
    pub(super) fn take(&mut self, band: &Samples<&[u8]>, rows: usize) {
        for row in band.samples.chunks(band.stride.max(1)).take(rows) {
            let slot = self.taken.checked_rem(self.capacity).unwrap_or(0) * self.width;
            let to = self.samples.get_mut(slot..slot + self.width).unwrap_or_default();
            to.iter_mut().zip(row).for_each(|(to, &from)| *to = from);
            self.taken += 1;
        }
    }

    /// A row of the plane; empty when it is not among the last.
    pub(super) fn row(&self, y: usize) -> &[u8] {
        if y >= self.taken || y + self.capacity < self.taken {
            return &[];
        }
        let slot = y.checked_rem(self.capacity).unwrap_or(0) * self.width;
        self.samples.get(slot..slot + self.width).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rows_are_there_and_no_others() {
        let mut held = Held::new(3, 5);
        for band in 0..4u8 {
            let samples: Vec<u8> = (0..16).map(|i| band * 4 + i / 4).collect();
            held.take(&Samples { samples: &samples[..], stride: 4 }, 4);
        }
        for y in 0..20 {
            let expected: &[u8] = if (11..16).contains(&y) { &[y as u8; 3] } else { &[] };
            assert_eq!(held.row(y), expected, "{y}");
        }
        assert_eq!(Held::new(0, 0).row(0), [0; 0]);
    }
}
