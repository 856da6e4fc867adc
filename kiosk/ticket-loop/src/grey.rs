//! A scan as grey samples, and the same with few enough of them to work on.

/// A scan: 8 bits a pixel, 0 is black, rows top first without padding.
#[derive(Clone, Copy)]
pub struct Grey<'a> {
    width: usize,
    height: usize,
    dpi: u32,
    pixels: &'a [u8],
}

/// What is no scan of a ticket from the outset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GreyError {
    /// A side is zero, or there are more pixels than [`Grey::MOST_PIXELS`], or than an A3 glass has.
    #[error("scan: {width} by {height} pixels; use 1 to {} in all, and no more than A3", Grey::MOST_PIXELS)]
    Size {
        /// pixels across
        width: usize,
        /// pixels down
        height: usize,
    },
    /// The data does not have the length that the sides ask for.
    #[error("scan: {have} bytes where its sides ask for {want}")]
    Length {
        /// bytes given
        have: usize,
        /// bytes asked for
        want: usize,
    },
    /// Too coarse to tell one dot of the head from its neighbour, or finer than any scanner.
    #[error("scan: {0} dpi; use 200 to 1200")]
    Resolution(u32),
}

/// A little more than A3.
const MOST_SQUARE_INCHES: usize = 200;

impl<'a> Grey<'a> {
    /// An A4 glass at 1200 dpi, and a little more.
    pub const MOST_PIXELS: usize = 160_000_000;

    /// A scan of `width` × `height` pixels, `dpi` of them an inch both ways.
    ///
    /// # Errors
    /// When a side or the resolution is out of range or `pixels` has another length.
    pub fn new(width: usize, height: usize, dpi: u32, pixels: &'a [u8]) -> Result<Self, GreyError> {
        if !(200..=1200).contains(&dpi) {
            return Err(GreyError::Resolution(dpi));
        }
        let inch = usize::try_from(dpi * dpi).unwrap_or(usize::MAX);
        let most = Self::MOST_PIXELS.min(inch.saturating_mul(MOST_SQUARE_INCHES));
        let want = width.checked_mul(height).filter(|all| (1..=most).contains(all));
        let want = want.ok_or(GreyError::Size { width, height })?;
        if pixels.len() != want {
            return Err(GreyError::Length { have: pixels.len(), want });
        }
        Ok(Self { width, height, dpi, pixels })
    }
}

/// A scan reduced to between 200 and 400 dpi, or further.
#[derive(Clone)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Pixels in a millimetre.
    pub(crate) scale: f64,
    pub(crate) data: Vec<u8>,
}

impl Plane {
    /// At most 400 dpi: 1200 and 600 become 300.
    pub(crate) fn of(scan: &Grey) -> Self {
        let times = usize::try_from(scan.dpi / 250).unwrap_or(1).max(1);
        let whole = Source { width: scan.width, height: scan.height, data: scan.pixels };
        whole.reduced(times, f64::from(scan.dpi) / 25.4)
    }

    /// One pixel for `times` × `times`, their mean. What is left over at the right and the lower edge is
    /// dropped; a side shorter than `times` becomes one pixel.
    pub(crate) fn reduced(&self, times: usize) -> Self {
        Source { width: self.width, height: self.height, data: &self.data }.reduced(times, self.scale)
    }

    /// The sample of a pixel, `None` outside.
    pub(crate) fn get(&self, x: usize, y: usize) -> Option<u8> {
        if x >= self.width {
            return None;
        }
        self.data.get(y * self.width + x).copied()
    }

    pub(crate) fn rows(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.data.chunks_exact(self.width)
    }
}

struct Source<'a> {
    width: usize,
    height: usize,
    data: &'a [u8],
}

impl Source<'_> {
    fn reduced(&self, times: usize, scale: f64) -> Plane {
        if times <= 1 {
            return Plane { width: self.width, height: self.height, scale, data: self.data.to_vec() };
        }
        let (across, down) = (times.min(self.width), times.min(self.height));
        let (width, height) = (self.width / across, self.height / down);
        let mut data = Vec::with_capacity(width * height);
        let mut sums = vec![0u32; width];
        let all = u32::try_from(across * down).unwrap_or(u32::MAX);
        for strip in self.data.chunks_exact(self.width * down) {
            sums.fill(0);
            for row in strip.chunks_exact(self.width) {
                for (sum, pixels) in sums.iter_mut().zip(row.chunks_exact(across)) {
                    *sum += pixels.iter().map(|p| u32::from(*p)).sum::<u32>();
                }
            }
            data.extend(sums.iter().map(|sum| u8::try_from(sum / all).unwrap_or(u8::MAX)));
        }
        Plane { width, height, scale: scale / times as f64, data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_scan_is_refused() {
        let pixels = [0; 12];
        let table = [
            (3, 4, 300, None),
            (0, 4, 300, Some(GreyError::Size { width: 0, height: 4 })),
            (usize::MAX, 4, 300, Some(GreyError::Size { width: usize::MAX, height: 4 })),
            (3, 3, 300, Some(GreyError::Length { have: 12, want: 9 })),
            (3, 4, 150, Some(GreyError::Resolution(150))),
            (10_000, 10_000, 300, Some(GreyError::Size { width: 10_000, height: 10_000 })),
        ];
        for (width, height, dpi, expected) in table {
            assert_eq!(Grey::new(width, height, dpi, &pixels).err(), expected);
        }
    }

    #[test]
    fn pixels_become_fewer_by_their_mean() {
        let plane = Plane { width: 5, height: 3, scale: 12.0, data: (0..15).collect() };
        let half = plane.reduced(2);
        assert_eq!((half.width, half.height, half.scale), (2, 1, 6.0));
        assert_eq!(half.data, [3, 5]);
        let narrow = Plane { width: 1, height: 3, scale: 1.0, data: vec![1, 2, 9] }.reduced(4);
        assert_eq!((narrow.width, narrow.height, narrow.data), (1, 1, vec![4]));
    }
}
