//! The part of the scan that is in memory: a ring of bands, as high as the page's tilt asks for, or all
//! of a small scan.

use super::planes::{BLOCK, Colour, Flaw, Layout, Reader, Samples};
use super::warp::{OVERRUN, Source};
use crate::decode::Pixels;
use crate::memory::Memory;
use crate::reduce;
use std::io;
use std::ops::Range;

/// Most samples in the ring. A sheet of A3 at 600 dots per inch, tilted by 8°, needs 27 million.
pub(super) const MAX_SAMPLES: usize = 28 << 20;

/// Rows of the highest band there is: four blocks to one of the coarser planes.
pub(super) const HIGHEST_BAND: usize = 4 * BLOCK;

/// A window over the planes of a scan that moves down as it is read.
pub(super) struct Window<'a> {
    /// None once all is read.
    reader: Option<Reader<'a>>,
    layout: Layout,
    /// Of all planes, one after the other.
    samples: Memory,
    rings: Vec<Ring>,
    /// Bands that the ring holds, bands read so far, and bands that the processor's cache has seen on the
    /// way down.
    capacity: usize,
    read: usize,
    fetched: usize,
}

/// The rows of one plane.
struct Ring {
    /// Where its samples begin.
    from: usize,
    stride: usize,
    band_rows: usize,
    rows: usize,
    /// The row with which the ring was begun last.
    lap: usize,
}

impl<'a> Window<'a> {
    /// A window of at least `luma_rows` rows of full size; `None` when that would be too large.
    pub(super) fn new(reader: Reader<'a>, luma_rows: usize) -> io::Result<Option<Self>> {
        // One band more, since the rows wanted seldom begin where a band begins.
        let capacity = luma_rows.div_ceil(reader.layout().band_rows(0).max(1)) + 1;
        Self::of(reader, capacity, MAX_SAMPLES)
    }

    /// The whole image, read to its end; `None` when that is more than `most` samples.
    pub(super) fn whole(reader: Reader<'a>, most: usize) -> Result<Option<Self>, Flaw> {
        let layout = reader.layout();
        let capacity = layout.height.div_ceil(layout.band_rows(0).max(1));
        // What there is no room for is decoded anew for each pass.
        let Ok(Some(mut window)) = Self::of(reader, capacity, most) else { return Ok(None) };
        while window.band()? {}
        window.reader.take().map(Reader::finish).transpose()?;
        Ok(Some(window))
    }

    fn of(reader: Reader<'a>, capacity: usize, most: usize) -> io::Result<Option<Self>> {
        let layout = reader.layout();
        let ring = |plane: usize| {
            let band_rows = layout.band_rows(plane);
            let stride = layout.row_samples(plane) + OVERRUN;
            (band_rows, stride, capacity * band_rows)
        };
        let sizes: Vec<_> = (0..layout.planes()).map(ring).collect();
        let all = sizes.iter().map(|(_, stride, rows)| stride * rows).sum();
        if all > most {
            return Ok(None);
        }
        let mut end = 0;
        let ring = |(band_rows, stride, rows)| {
            let from = end;
            end += stride * rows;
            Ring { from, stride, band_rows, rows, lap: 0 }
        };
        let rings = sizes.into_iter().map(ring).collect();
        let samples = Memory::new(all)?;
        Ok(Some(Self { reader: Some(reader), layout, samples, rings, capacity, read: 0, fetched: 0 }))
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// The brightness of a whole image, each `n × n` pixels as their mean; a block must hold them whole.
    pub(super) fn smaller(&self, n: usize) -> Pixels {
        let (width, height) = (self.layout.width.div_ceil(n), self.layout.height.div_ceil(n));
        let mut bytes = vec![0; width * height];
        let mut sums = vec![0; width * n];
        for (row, means) in bytes.chunks_exact_mut(width.max(1)).enumerate() {
            // Half of one in the mean of them all: rounded.
            sums.fill((n / 2) as u16);
            for y in row * n..(row + 1) * n {
                reduce::add(&mut sums, self.row(0, y));
            }
            reduce::means(&sums, means, n);
        }
        Pixels { width, height, bytes }
    }

    /// Reads on until `luma_row` is there, or the end of the image.
    pub(super) fn reach(&mut self, luma_row: usize) -> Result<(), Flaw> {
        let band_rows = self.layout.band_rows(0);
        while self.read * band_rows <= luma_row && self.band()? {
            self.fetched = self.read;
        }
        while self.fetched < self.read && self.fetched * band_rows <= luma_row {
            self.fetch();
        }
        Ok(())
    }

    /// Goes through the next band of those that were read long ago. In order, the processor fetches it ahead of time;
    /// a turned page goes through it on a slant and would wait for each row.
    fn fetch(&mut self) {
        /// Bytes that a cache holds or does not hold together.
        const LINE: usize = 64;
        let slot = self.fetched % self.capacity;
        for ring in &self.rings {
            let samples = self.samples.get(ring.band(slot)).unwrap_or_default();
            std::hint::black_box(samples.iter().step_by(LINE).fold(0, |all, sample| all ^ sample));
        }
        self.fetched += 1;
    }

    /// Rows of a plane to be drawn from; those that are not in the window are empty.
    pub(super) fn source(&self, plane: usize, rows: Range<usize>) -> Source<'_> {
        let (width, height) = self.layout.size(plane);
        let first = rows.start;
        let rows = (first..rows.end.min(height)).map(|y| self.row(plane, y)).collect();
        Source { width, height, first, rows }
    }

    /// A row of a plane; empty when it is not in the window.
    fn row(&self, plane: usize, y: usize) -> &[u8] {
        let Some(ring) = self.rings.get(plane) else { return &[] };
        let end = self.read * ring.band_rows;
        if y >= end || y + ring.rows < end {
            return &[];
        }
        // Where the ring began anew last; what is older lies behind that.
        let slot = if y >= ring.lap { y - ring.lap } else { y + ring.rows - ring.lap };
        let from = ring.from + slot * ring.stride;
        self.samples.get(from..from + ring.stride).unwrap_or_default()
    }

    fn band(&mut self) -> Result<bool, Flaw> {
        let Some(reader) = &mut self.reader else { return Ok(false) };
        let slot = self.read % self.capacity;
        // Planes lie one after the other, so that their bands do not overlap.
        let mut planes = Vec::with_capacity(self.rings.len());
        let (mut rest, mut at) = (&mut *self.samples, 0);
        for ring in &self.rings {
            let band = ring.band(slot);
            let (before, others) = rest.split_at_mut_checked(band.end - at).unwrap_or_default();
            planes.push(Samples {
                samples: before.get_mut(band.start - at..).unwrap_or_default(),
                stride: ring.stride,
            });
            (rest, at) = (others, band.end);
        }
        if !reader.band(&mut planes)? {
            return Ok(false);
        }
        if self.layout.colour == Colour::Rgb
            && let [red, green, blue] = planes.as_mut_slice()
        {
            to_ycbcr(red.samples, green.samples, blue.samples);
        }
        if slot == 0 {
            self.rings.iter_mut().for_each(|ring| ring.lap = self.read * ring.band_rows);
        }
        self.read += 1;
        Ok(true)
    }
}

impl Ring {
    /// Where a band lies among all samples.
    fn band(&self, slot: usize) -> Range<usize> {
        let size = self.band_rows * self.stride;
        self.from + slot * size..self.from + (slot + 1) * size
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

#[cfg(test)]
mod tests {
    use turbojpeg::Subsamp;

    use super::*;
    use crate::finish::scenes::{Coding, encode, file, hash};

    /// A picture in which no two rows are alike.
    fn picture(width: usize, height: usize, coding: Coding) -> Vec<u8> {
        let sample =
            |i: usize| (hash((i / 3 % width / 5) as u32, (i / 3 / width) as u32) + i as u32 % 3) as u8;
        encode(&(0..width * height * 3).map(sample).collect::<Vec<_>>(), width, height, coding, 300)
    }

    /// Whatever a ring holds at a time is what the whole image holds there; nothing else is there.
    #[test]
    fn a_ring_holds_its_part_of_the_image() {
        for (coding, height) in
            Coding::ALL.into_iter().flat_map(|coding| [256, 250, 193].map(|h| (coding, h)))
        {
            let jpeg = picture(90, height, coding);
            let file = file(&jpeg);
            let start = || Reader::start(&file, jpeg.len() as u64, 64).unwrap();
            let whole = Window::whole(start(), usize::MAX).unwrap().unwrap();
            let mut ring = Window::new(start(), 40).unwrap().unwrap();
            let layout = whole.layout();
            for luma_row in [0, 5, 31, 32, 90, 91, 180, 192, 249, 255, 256, 1000] {
                ring.reach(luma_row).unwrap();
                for plane in 0..layout.planes() {
                    let down = layout.band_rows(0) / layout.band_rows(plane);
                    let read = (ring.read * layout.band_rows(plane)).min(layout.size(plane).1);
                    for y in read.saturating_sub(40 / down)..read {
                        let samples = |window: &Window| window.row(plane, y)[..layout.size(plane).0].to_vec();
                        assert!(samples(&ring) == samples(&whole), "{coding:?}: row {y} of plane {plane}");
                    }
                    assert!(ring.row(plane, ring.read * layout.band_rows(plane)).is_empty());
                }
                assert!(ring.read * layout.band_rows(0) > luma_row.min(height - 1), "{coding:?}, {luma_row}");
            }
            assert!(ring.row(0, 0).is_empty(), "a ring holds no more than it has room for");
        }
    }

    #[test]
    fn an_image_that_is_too_large_is_not_kept() {
        let jpeg = picture(90, 250, Coding::Colour(Subsamp::Sub2x2));
        let file = file(&jpeg);
        let start = || Reader::start(&file, jpeg.len() as u64, 64).unwrap();
        let whole = |most| Window::whole(start(), most).unwrap();
        assert!(whole(90 * 250).is_none());
        assert!(whole(90 * 250 * 3).is_some());
    }

    #[test]
    fn smaller_is_the_mean() {
        for (coding, n) in Coding::ALL.into_iter().flat_map(|coding| [2, 4, 8].map(|n| (coding, n))) {
            let jpeg = picture(96, 64, coding);
            let file = file(&jpeg);
            let reader = Reader::start(&file, jpeg.len() as u64, 64).unwrap();
            let whole = Window::whole(reader, usize::MAX).unwrap().unwrap();
            let small = whole.smaller(n);
            assert_eq!((small.width, small.height), (96 / n, 64 / n));
            for (i, &mean) in small.bytes.iter().enumerate() {
                let (left, top) = (i % small.width * n, i / small.width * n);
                let pixels = (top..top + n).flat_map(|y| whole.row(0, y)[left..left + n].iter());
                let sum: usize = pixels.map(|&pixel| usize::from(pixel)).sum();
                assert_eq!(
                    usize::from(mean),
                    (sum + n * n / 2) / (n * n),
                    "{coding:?} by {n} at {left}, {top}"
                );
            }
        }
    }
}
