//! The page in small: brightness and two colours, all of one size.

/// White paper, in all planes.
pub(super) const WHITE: [u8; 3] = [255, 128, 128];

/// Planes of full colour, or one of grey.
#[derive(Debug, Clone)]
pub(super) struct Small {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Rows of `width` samples without gaps.
    pub(super) planes: Vec<Vec<u8>>,
}

impl Small {
    pub(super) fn new(width: usize, height: usize, planes: usize) -> Self {
        Self { width, height, planes: vec![vec![0; width * height]; planes] }
    }

    /// A row of a plane; empty when there is none.
    pub(super) fn row(&self, plane: usize, y: usize) -> &[u8] {
        let row = |plane: &'_ Vec<u8>| y * self.width..((y + 1) * self.width).min(plane.len());
        self.planes.get(plane).and_then(|plane| plane.get(row(plane))).unwrap_or_default()
    }

    pub(super) fn row_mut(&mut self, plane: usize, y: usize) -> &mut [u8] {
        let width = self.width;
        let plane = self.planes.get_mut(plane).map(Vec::as_mut_slice).unwrap_or_default();
        plane.get_mut(y * width..(y + 1) * width).unwrap_or_default()
    }

    /// Brightness, blue and red at a place; what is missing is that of white.
    pub(super) fn colour(&self, x: usize, y: usize) -> [u8; 3] {
        let mut colour = WHITE;
        for (sample, plane) in colour.iter_mut().zip(&self.planes) {
            *sample = plane.get(y * self.width + x).copied().unwrap_or(*sample);
        }
        colour
    }

    /// The brightness of a row as it would be without the ink of seals. That is red without any yellow:
    /// wood and skin, which are red too, stay as they are.
    pub(super) fn without_seals(&self, y: usize) -> impl Iterator<Item = u8> {
        let none = || std::iter::repeat(&128);
        let colours = self.row(1, y).iter().chain(none()).zip(self.row(2, y).iter().chain(none()));
        self.row(0, y).iter().zip(colours).map(|(&luma, (&blue, &red))| {
            let yellow = u16::from(128u8.saturating_sub(blue));
            let is_seal = yellow * 2 <= u16::from(red.saturating_sub(128));
            luma.saturating_add(if is_seal { redness(red) } else { 0 })
        })
    }
}

/// How much darker red ink makes paper, as its colour tells: in red light seals are almost as bright as
/// paper, and print below them is not.
pub(super) fn redness(red: u8) -> u8 {
    red.saturating_sub(128).saturating_mul(2)
}

/// Makes one row of means out of rows of samples, each of `across` samples of each of them.
pub(super) fn shrink<'a>(
    rows: impl Iterator<Item = &'a [u8]>,
    across: usize,
    sums: &mut [u16],
    out: &mut [u8],
) {
    sums.fill(0);
    let mut count = 0;
    for row in rows {
        match across {
            2 => add::<2>(row, sums),
            4 => add::<4>(row, sums),
            8 => add::<8>(row, sums),
            _ => add::<1>(row, sums),
        }
        count += across;
    }
    // All are powers of two.
    let shift = count.trailing_zeros();
    for (out, sum) in out.iter_mut().zip(sums) {
        *out = ((*sum + (count / 2) as u16) >> shift) as u8;
    }
}

fn add<const ACROSS: usize>(row: &[u8], sums: &mut [u16]) {
    for (samples, sum) in row.chunks_exact(ACROSS).zip(sums) {
        *sum += samples.iter().map(|&sample| u16::from(sample)).sum::<u16>();
    }
}

/// As [`shrink`] for planes that are coarser than the page in small: each sample `times` over.
pub(super) fn widen(row: &[u8], times: usize, out: &mut [u8]) {
    for (out, &sample) in out.chunks_mut(times.max(1)).zip(row) {
        out.fill(sample);
    }
}
