//! A bitmap as JBIG2 (ISO/IEC 14492): one generic region, lossless, in the form that a PDF embeds,
//! which is the segments without the file's header (ISO 32000-1, 7.4.7).

use super::bitmap::{Bitmap, WORD};
use super::mq::{Encoder, Statistics};

/// Bytes before the code: two segments' headers, the page and the region.
const HEAD: usize = 11 + 19 + 11 + 26;

/// Encodes a bitmap, `width` bits of each row.
pub(super) fn encode(bitmap: &Bitmap) -> Vec<u8> {
    let code = region(bitmap);
    let mut bytes = head(bitmap.width() as u32, bitmap.height() as u32, code.len() as u32);
    bytes.extend(code);
    bytes
}

/// Whether bytes begin as [`encode`] begins those of a bitmap of that size, and are as long as they say.
pub(super) fn is_ours(begin: &[u8], length: u64, (width, height): (u32, u32)) -> bool {
    let code = u32::try_from(length.saturating_sub(HEAD as u64)).unwrap_or(0);
    code > 2 && begin.get(..HEAD) == Some(&head(width, height, code))
}

/// How much of the beginning [`is_ours`] looks at.
pub(super) const LOOKED_AT: u64 = HEAD as u64;

/// All that precedes `code` bytes of code: the page information segment (7.4.8) and the immediate lossless
/// generic region segment (7.4.6).
fn head(width: u32, height: u32, code: u32) -> Vec<u8> {
    /// No more than one page, no references.
    const PAGE: u8 = 1;
    /// The pixels of template 0 that could lie elsewhere, where they usually lie (6.2.5.4).
    const ADAPTIVE: [i8; 8] = [3, -1, -3, -1, 2, -2, -2, -2];
    let mut bytes = Vec::with_capacity(HEAD);
    let mut segment = |number: u32, kind: u8, length: u32, parts: &[&[u8]]| {
        bytes.extend(number.to_be_bytes());
        bytes.extend([kind, 0, PAGE]);
        bytes.extend(length.to_be_bytes());
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
    };
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // No resolution; lossless, white, not in stripes.
    segment(0, 48, 19, &[&size, &[0; 8], &[1, 0, 0]]);
    // In the page's corner, drawn over it; template 0, arithmetic coding, every row coded.
    let adaptive = ADAPTIVE.map(|place| place as u8);
    segment(1, 39, 26 + code, &[&size, &[0; 8], &[0, 0], &adaptive]);
    bytes
}

/// The code of a generic region (6.2.5) under template 0: of each pixel its 16 neighbours are known that
/// come before it.
fn region(bitmap: &Bitmap) -> Vec<u8> {
    let mut encoder = Encoder::new();
    let mut seen = Box::new([Statistics::default(); 1 << 16]);
    for y in 0..bitmap.height() {
        let row = |above: usize| y.checked_sub(above).map_or(&[][..], |y| bitmap.row(y));
        let rows = [row(0), row(1), row(2)];
        for half in 0..bitmap.width().div_ceil(HALF) {
            let bits = HALF.min(bitmap.width() - half * HALF);
            Neighbours::new(rows, half).encode(bits as u32, &mut encoder, &mut seen);
        }
    }
    encoder.finish()
}

/// Pixels in half a word.
const HALF: usize = WORD / 2;

/// Half a word of a row, what lies above it, and as much beside them as matters: in each, the half stands
/// in the middle of 48 bits.
struct Neighbours {
    own: u64,
    above: u64,
    second: u64,
}

impl Neighbours {
    /// Bits on either side.
    const BESIDE: u32 = 8;

    fn new(rows: [&[u64]; 3], half: usize) -> Self {
        let [own, above, second] = rows.map(|row| {
            let at = |half: Option<usize>| match half.map(|half| (half, row.get(half / 2))) {
                Some((half, Some(word))) if half % 2 == 0 => word >> HALF,
                Some((_, Some(word))) => word & u64::from(u32::MAX),
                _ => 0,
            };
            let (left, right) = (at(half.checked_sub(1)), at(half.checked_add(1)));
            (left & 0xFF) << (HALF as u32 + Self::BESIDE) | at(Some(half)) << Self::BESIDE | right >> 24
        });
        Self { own, above, second }
    }

    /// Encodes the first `bits` pixels.
    fn encode(&self, bits: u32, encoder: &mut Encoder, seen: &mut [Statistics; 1 << 16]) {
        let busy = self.busy();
        let mut done = 0;
        while done < bits {
            let quiet = (busy << done).leading_zeros().min(bits - done);
            if quiet > 0 {
                encoder.encode_run(false, quiet, &mut seen[0]);
                done += quiet;
                continue;
            }
            let (context, bit) = self.context(done);
            encoder.encode(bit, &mut seen[usize::from(context)]);
            done += 1;
        }
    }

    /// Which pixels are not white or do not lie in white: the others make up most of a page.
    fn busy(&self) -> u32 {
        let spread = |bits: u64, left: u32, right: u32| {
            let to_left = (1..=left).fold(bits, |all, by| all | bits << by);
            (1..=right).fold(to_left, |all, by| all | bits >> by)
        };
        let all = spread(self.own, 0, 4) | spread(self.above, 3, 3) | spread(self.second, 2, 2);
        (all >> Self::BESIDE) as u32
    }

    /// The neighbours of pixel `x` as in figure 3, and the pixel.
    fn context(&self, x: u32) -> (u16, bool) {
        // The pixel's own bit comes to lie at bit 0 of each row.
        let shift = HALF as u32 - 1 + Self::BESIDE - x;
        let own = (self.own >> shift) as u16;
        let above = (self.above >> (shift - 3)) as u16 & 0x7F;
        let second = (self.second >> (shift - 2)) as u16 & 0x1F;
        (second << 11 | above << 4 | own >> 1 & 0xF, own & 1 == 1)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What another's decoder makes of it.
    pub(crate) fn decoded(bytes: &[u8]) -> Bitmap {
        struct Drawn(Vec<bool>);
        impl hayro_jbig2::Decoder for Drawn {
            fn push_pixel(&mut self, black: bool) {
                self.0.push(black);
            }
            fn push_pixel_chunk(&mut self, black: bool, chunks: u32) {
                self.0.extend(std::iter::repeat_n(black, chunks as usize * 8));
            }
            fn next_line(&mut self) {}
        }
        let settings = hayro_jbig2::DecodeSettings { strict: true };
        let image = hayro_jbig2::Page::new_embedded(bytes, None, &settings).unwrap();
        let mut drawn = Drawn(vec![]);
        image.decode(&mut drawn).unwrap();
        let (width, height) = (image.width() as usize, image.height() as usize);
        let mut bitmap = Bitmap::new(width, height);
        for (at, _) in drawn.0.iter().enumerate().filter(|(_, black)| **black) {
            bitmap.set(at % width, at / width);
        }
        bitmap
    }

    fn bitmap(width: usize, height: usize, black: impl Fn(usize, usize) -> bool) -> Bitmap {
        let mut bitmap = Bitmap::new(width, height);
        for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
            if black(x, y) {
                bitmap.set(x, y);
            }
        }
        bitmap
    }

    #[test]
    fn what_is_decoded_is_what_was_encoded() {
        let sizes = [(1, 1), (3, 2), (63, 5), (64, 7), (65, 3), (128, 4), (700, 90)];
        type Picture = fn(usize, usize) -> bool;
        let pictures: [Picture; 5] = [
            |_, _| false,
            |_, _| true,
            |x, y| (x ^ y) & 1 == 1,
            |x, y| x % 64 < 2 || y == 1,
            |x, y| (x * x + y * 31) % 97 < 20,
        ];
        for (width, height) in sizes {
            for picture in pictures {
                let bitmap = bitmap(width, height, picture);
                let bytes = encode(&bitmap);
                assert!(decoded(&bytes) == bitmap, "{width} × {height}");
                let size = (width as u32, height as u32);
                assert!(is_ours(&bytes, bytes.len() as u64, size));
                assert!(!is_ours(&bytes, bytes.len() as u64 + 1, size));
                assert!(!is_ours(&bytes, bytes.len() as u64, (size.0 + 1, size.1)));
            }
        }
    }

    #[test]
    fn white_costs_nothing() {
        let bytes = encode(&Bitmap::new(2480, 3508));
        assert!(bytes.len() < HEAD + 60, "{}", bytes.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn nothing_is_lost(
            (width, rows) in (1usize..200).prop_flat_map(|width| {
                // Noise, and long runs of one colour.
                let row = prop_oneof![
                    proptest::collection::vec(any::<bool>(), width),
                    (any::<bool>(), 0..width).prop_map(move |(first, turn)| (0..width).map(|x| first ^ (x >= turn)).collect()),
                ];
                (Just(width), proptest::collection::vec(row, 1..30))
            })
        ) {
            let bitmap = bitmap(width, rows.len(), |x, y| rows[y][x]);
            prop_assert!(decoded(&encode(&bitmap)) == bitmap);
        }
    }
}
