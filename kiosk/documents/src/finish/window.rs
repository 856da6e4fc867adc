//! The part of the scan that is in memory: a ring of bands, as high as the page's tilt asks for.

use super::planes::{Colour, Flaw, Layout, Reader, Samples};
use super::warp::OVERRUN;

/// Most samples in the ring. A sheet of A3 at 600 dots per inch, tilted by 8°, needs 27 million.
pub(super) const MAX_SAMPLES: usize = 28 << 20;

/// A window over the planes of a scan that moves down as it is read.
pub(super) struct Window<'a> {
    reader: Reader<'a>,
    layout: Layout,
    rings: Vec<Ring>,
    /// Bands that the ring holds, and bands read so far.
    capacity: usize,
    read: usize,
}

/// The rows of one plane.
struct Ring {
    samples: Vec<u8>,
    stride: usize,
    band_rows: usize,
    rows: usize,
}

impl<'a> Window<'a> {
    /// A window of at least `luma_rows` rows of full size; `None` when that would be too large.
    pub(super) fn new(reader: Reader<'a>, luma_rows: usize) -> Option<Self> {
        let layout = reader.layout();
        // One band more, since the rows wanted seldom begin where a band begins.
        let capacity = luma_rows.div_ceil(layout.band_rows(0).max(1)) + 1;
        let ring = |plane: usize| {
            let band_rows = layout.band_rows(plane);
            let stride = layout.row_samples(plane) + OVERRUN;
            (band_rows, stride, capacity * band_rows)
        };
        let sizes: Vec<_> = (0..layout.planes()).map(ring).collect();
        if sizes.iter().map(|(_, stride, rows)| stride * rows).sum::<usize>() > MAX_SAMPLES {
            return None;
        }
        let rings = sizes
            .into_iter()
            .map(|(band_rows, stride, rows)| Ring {
                samples: vec![0; stride * rows],
                stride,
                band_rows,
                rows,
            })
            .collect();
        Some(Self { reader, layout, rings, capacity, read: 0 })
    }

    /// Reads on until `luma_row` is there, or the end of the image.
    pub(super) fn reach(&mut self, luma_row: usize) -> Result<(), Flaw> {
        while self.read * self.layout.band_rows(0) <= luma_row && self.band()? {}
        Ok(())
    }

    /// A row of a plane; empty when it is not in the window.
    pub(super) fn row(&self, plane: usize, y: usize) -> &[u8] {
        let Some(ring) = self.rings.get(plane) else { return &[] };
        let end = self.read * ring.band_rows;
        if y >= end || y + ring.rows < end {
            return &[];
        }
        let from = y % ring.rows * ring.stride;
        ring.samples.get(from..from + ring.stride).unwrap_or_default()
    }

    fn band(&mut self) -> Result<bool, Flaw> {
        let slot = self.read % self.capacity;
        let mut planes: Vec<_> = self.rings.iter_mut().map(|ring| ring.band(slot)).collect();
        if !self.reader.band(&mut planes)? {
            return Ok(false);
        }
        if self.layout.colour == Colour::Rgb
            && let [red, green, blue] = planes.as_mut_slice()
        {
            to_ycbcr(red.samples, green.samples, blue.samples);
        }
        self.read += 1;
        Ok(true)
    }
}

impl Ring {
    fn band(&mut self, slot: usize) -> Samples<&mut [u8]> {
        let size = self.band_rows * self.stride;
        let samples = self.samples.get_mut(slot * size..(slot + 1) * size).unwrap_or_default();
        Samples { samples, stride: self.stride }
    }
}

/// Red, green and blue into brightness and two colours, in place (JFIF 1.02, in 16-bit fractions).
fn to_ycbcr(red: &mut [u8], green: &mut [u8], blue: &mut [u8]) {
    const HALF: i32 = 1 << 15;
    const MIDDLE: i32 = (128 << 16) + HALF;
    for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
        let (r, g, b) = (i32::from(*red), i32::from(*green), i32::from(*blue));
        let part = |sum: i32| (sum >> 16).clamp(0, 255) as u8;
        *red = part(19_595 * r + 38_470 * g + 7_471 * b + HALF);
        *green = part(-11_059 * r - 21_709 * g + 32_768 * b + MIDDLE);
        *blue = part(32_768 * r - 27_439 * g - 5_329 * b + MIDDLE);
    }
}
