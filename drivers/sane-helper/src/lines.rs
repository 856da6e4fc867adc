//! Raw lines of an image, as SANE sends them, become lines of 8-bit samples (SANE Standard 1.06,
//! section 3.2).

use sane_helper::Refusal;

use crate::api::Parameters;

/// Most pixels in a line and most lines; the rest of the kiosk takes no larger page either.
pub(crate) const MAX_SIDE: usize = 20_000;

/// Most raw bytes in a line: 16 bits of three colours, and some padding.
const MAX_RAW_LINE: usize = 8 * MAX_SIDE;

/// The lines of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineFormat {
    /// Pixels in a line.
    pub(crate) width: usize,
    /// Colour or grey.
    pub(crate) color: bool,
    /// Bytes of a raw line, with padding.
    pub(crate) raw_bytes: usize,
    depth: Depth,
}

/// Bits of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    One,
    Eight,
    Sixteen,
}

impl LineFormat {
    /// The format of an image with these parameters.
    pub(crate) fn new(image: &Parameters) -> Result<Self, Refusal> {
        let refused = |what: String| Err(Refusal::Image { what });
        let color = match (image.format, image.last_frame) {
            (0, _) => false,
            (1, _) => true,
            (2..=4, _) => return refused("one colour after the other".into()),
            (other, _) => return refused(format!("SANE frame format {other}")),
        };
        let depth = match (image.depth, color) {
            (1, false) => Depth::One,
            (8, _) => Depth::Eight,
            (16, _) => Depth::Sixteen,
            (bits, _) => return refused(format!("{bits} bits a sample")),
        };
        let width = usize::try_from(image.pixels_per_line).unwrap_or(0);
        let raw_bytes = usize::try_from(image.bytes_per_line).unwrap_or(0);
        let samples = width * if color { 3 } else { 1 };
        let needed = match depth {
            Depth::One => samples.div_ceil(8),
            Depth::Eight => samples,
            Depth::Sixteen => samples * 2,
        };
        if !(1..=MAX_SIDE).contains(&width) {
            return refused(format!("{} pixels a line", image.pixels_per_line));
        }
        if !(needed..=MAX_RAW_LINE).contains(&raw_bytes) {
            return refused(format!("{} bytes for {width} pixels", image.bytes_per_line));
        }
        Ok(Self { width, color, raw_bytes, depth })
    }

    /// Bytes of a line of 8-bit samples.
    pub(crate) fn bytes(&self) -> usize {
        self.width * if self.color { 3 } else { 1 }
    }

    /// Adds a raw line of [`LineFormat::raw_bytes`] to `samples`, as 8-bit samples.
    pub(crate) fn convert(&self, raw: &[u8], samples: &mut Vec<u8>) {
        match self.depth {
            // 1 is black, and the first pixel is the highest bit.
            Depth::One => samples.extend(
                (0..self.width).map(|x| if raw[x / 8] & (0x80 >> (x % 8)) == 0 { u8::MAX } else { 0 }),
            ),
            Depth::Eight => samples.extend(&raw[..self.bytes()]),
            // In the byte order of this machine.
            Depth::Sixteen => samples.extend(
                raw.chunks_exact(2).take(self.bytes()).map(|s| (u16::from_ne_bytes([s[0], s[1]]) >> 8) as u8),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(format: i32, depth: i32, pixels_per_line: i32, bytes_per_line: i32) -> Parameters {
        Parameters { format, last_frame: 1, bytes_per_line, pixels_per_line, lines: -1, depth }
    }

    #[test]
    fn every_depth_becomes_eight_bits() {
        let sixteen: Vec<u8> = [0x1234_u16, 0xFFFF, 0x00FF].iter().flat_map(|s| s.to_ne_bytes()).collect();
        for (parameters, raw, samples) in [
            (image(0, 8, 3, 4), &[1, 2, 3, 99][..], &[1, 2, 3][..]),
            (image(0, 1, 10, 2), &[0b1010_0000, 0b0100_0000], &[0, 255, 0, 255, 255, 255, 255, 255, 255, 0]),
            (image(1, 8, 1, 3), &[7, 8, 9], &[7, 8, 9]),
            (image(0, 16, 3, 6), &sixteen, &[0x12, 0xFF, 0x00]),
            (image(1, 16, 1, 6), &sixteen, &[0x12, 0xFF, 0x00]),
        ] {
            let format = LineFormat::new(&parameters).unwrap();
            let mut got = vec![];
            format.convert(raw, &mut got);
            assert_eq!((got.as_slice(), got.len()), (samples, format.bytes()));
        }
    }

    #[test]
    fn strange_images_are_refused() {
        for parameters in [
            image(2, 8, 10, 10),
            image(11, 8, 10, 10),
            image(0, 4, 10, 5),
            image(1, 1, 10, 4),
            image(0, 8, 0, 0),
            image(0, 8, -5, 10),
            image(0, 8, 20_001, 20_001),
            image(0, 8, 10, 9),
            image(1, 8, 10, 29),
            image(0, 8, 10, -1),
            image(0, 8, 10, i32::MAX),
            image(0, 1, 17, 2),
        ] {
            assert!(LineFormat::new(&parameters).is_err(), "{parameters:?}");
        }
    }
}
