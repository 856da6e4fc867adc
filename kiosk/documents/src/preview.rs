//! A small picture of a page for the screen.

use std::path::Path;

use turbojpeg::{PixelFormat, ScalingFactor};

use crate::decode::{self, Pixels};
use crate::error::PageError;
use crate::quarter::Quarter;

/// Widest preview, in pixels; wider ones are made no wider.
pub const MAX_PREVIEW_WIDTH: u32 = 2048;

/// A picture in sRGB, 8 bits a colour, rows from top to bottom without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width × height × 3` bytes: red, green, blue.
    pub rgb: Vec<u8>,
}

/// Makes a picture of the page after a turn, and after the one that the image tells of itself (Exif), of at most `max_width` × 2 `max_width` pixels, in the page's
/// proportions.
///
/// The decoder leaves out most of the work by decoding at 1/8, 1/4 or 1/2 where that is enough; an
/// average over areas does the rest. A page that is smaller is returned in its own size.
///
/// # Errors
/// [`PageError`] as from [`crate::inspect`].
pub fn preview(path: &Path, max_width: u32, turn: Quarter) -> Result<Preview, PageError> {
    let max_width = max_width.clamp(1, MAX_PREVIEW_WIDTH);
    fitting(path, (max_width, 2 * max_width), turn)
}

/// The same for any room, of width and height in pixels.
pub(crate) fn fitting(path: &Path, room: (u32, u32), turn: Quarter) -> Result<Preview, PageError> {
    let page = decode::load(path)?;
    let turn = page.header.turn.plus(turn);
    let (width, height) = turn.swapped((page.header.width, page.header.height));
    let shown = target(width, height, room);
    // As it lies, which it does until it is small.
    let (width, height) = turn.swapped(shown);
    let enough = |scale: &ScalingFactor| {
        scale.scale(page.header.width as usize) >= width as usize
            && scale.scale(page.header.height as usize) >= height as usize
    };
    // Only the powers of two: the decoder has vector code for those.
    let scale = [ScalingFactor::ONE_EIGHTH, ScalingFactor::ONE_QUARTER, ScalingFactor::ONE_HALF]
        .into_iter()
        .find(enough)
        .unwrap_or(ScalingFactor::ONE);
    let pixels = page.decode(scale, PixelFormat::RGB)?;
    let rgb = shrink(pixels, width as usize, height as usize);
    let (width, height) = shown;
    Ok(Preview { width, height, rgb: turned(rgb, width as usize, height as usize, turn) })
}

/// Turns a picture; `width` and `height` are those that it has afterwards.
fn turned(rgb: Vec<u8>, width: usize, height: usize, turn: Quarter) -> Vec<u8> {
    if turn == Quarter::None {
        return rgb;
    }
    let (pixels, _) = rgb.as_chunks::<3>();
    let place = |x: usize, y: usize| match turn {
        Quarter::None => y * width + x,
        Quarter::Right => (width - 1 - x) * height + y,
        Quarter::Half => (height - 1 - y) * width + (width - 1 - x),
        Quarter::Left => x * height + (height - 1 - y),
    };
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    places.flat_map(|(x, y)| pixels.get(place(x, y)).copied().unwrap_or_default()).collect()
}

/// The largest size that has the page's proportions and fits into the room.
pub(crate) fn target(width: u32, height: u32, (max_width, max_height): (u32, u32)) -> (u32, u32) {
    let (max_width, max_height) = (u64::from(max_width), u64::from(max_height));
    let (w, h) = (u64::from(width), u64::from(height));
    let by_width = (max_width, h * max_width / w.max(1));
    let by_height = (w * max_height / h.max(1), max_height);
    let (fit_w, fit_h) = if by_width.1 <= max_height { by_width } else { by_height };
    // Never larger than the page; the values fit, since they are at most the page's own.
    let side = |fit: u64, own: u32| u32::try_from(fit).unwrap_or(own).clamp(1, own.max(1));
    (side(fit_w, width), side(fit_h, height))
}

/// One whole in shares. Two axes of it times 255 just fit into 32 bits.
const WHOLE: u32 = 1 << 12;

/// How much of the neighbouring source pixels goes into one target pixel along one axis.
struct Span {
    first: usize,
    /// Shares in fractions of [`WHOLE`], which they make up together.
    shares: Vec<u32>,
}

/// Shrinks by averaging over areas, each source pixel counting as far as it is covered.
pub(crate) fn shrink(from: Pixels, width: usize, height: usize) -> Vec<u8> {
    if (from.width, from.height) == (width, height) {
        return from.bytes;
    }
    let columns = spans(from.width, width);
    let row_bytes = from.width * 3;
    let mut sums = vec![0u32; row_bytes];
    let mut rgb = Vec::with_capacity(width * height * 3);
    for span in spans(from.height, height) {
        sums.fill(0);
        let rows = from.bytes.chunks_exact(row_bytes.max(1)).skip(span.first);
        for (row, share) in rows.zip(&span.shares) {
            for (sum, byte) in sums.iter_mut().zip(row) {
                *sum += u32::from(*byte) * share;
            }
        }
        for column in &columns {
            let mut pixel = [0u32; 3];
            for (source, share) in sums.chunks_exact(3).skip(column.first).zip(&column.shares) {
                for (channel, value) in pixel.iter_mut().zip(source) {
                    *channel += value * share;
                }
            }
            rgb.extend(pixel.map(|sum| ((sum + WHOLE * WHOLE / 2) / (WHOLE * WHOLE)).min(255) as u8));
        }
    }
    rgb
}

/// The source pixels of each of `to` target pixels along an axis of `from` pixels, `to <= from`.
fn spans(from: usize, to: usize) -> Vec<Span> {
    // Positions are counted in units of 1/to of a source pixel, so that all of them are whole.
    (0..to)
        .map(|target| {
            let (begin, end) = (target * from, (target + 1) * from);
            let first = begin / to;
            let mut shares: Vec<u32> = (first..end.div_ceil(to))
                .map(|source| {
                    let covered = end.min((source + 1) * to) - begin.max(source * to);
                    (covered * WHOLE as usize / from) as u32
                })
                .collect();
            // What rounding left over goes to the first pixel, which keeps white white.
            let rest = WHOLE.saturating_sub(shares.iter().sum());
            if let Some(share) = shares.first_mut() {
                *share += rest;
            }
            Span { first, shares }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::sample_images::{Kind, Picture, encode, told};

    fn previewed(jpeg: &[u8], max_width: u32) -> Preview {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.jpg");
        std::fs::write(&path, jpeg).unwrap();
        preview(&path, max_width, Quarter::None).unwrap()
    }

    #[test]
    fn sizes() {
        for (page, max_width, size) in [
            ((2480, 3508), 1080, (1080, 1527)),
            ((2480, 3508), 310, (310, 438)),
            ((2480, 3508), 2048, (2048, 2896)),
            ((600, 400), 1080, (600, 400)),
            ((100, 20_000), 1080, (10, 2160)),
            ((20_000, 100), 1000, (1000, 5)),
            ((20_000, 1), 100, (100, 1)),
            ((7, 7), 1, (1, 1)),
        ] {
            assert_eq!(target(page.0, page.1, (max_width, 2 * max_width)), size, "{page:?}");
        }
        let page = encode(Picture::EdgeShadow, 2100, 10, Kind::Grey);
        assert_eq!(previewed(&page, 9_999).width, MAX_PREVIEW_WIDTH);
        assert_eq!(previewed(&page, 0).width, 1);
    }

    #[test]
    fn colours_and_places_survive() {
        for kind in [Kind::Color, Kind::Grey, Kind::Progressive, Kind::PlainRgb] {
            let jpeg = encode(Picture::EdgeShadow, 1000, 500, kind);
            for max_width in [50, 120, 333, 499, 999, 1000] {
                let preview = previewed(&jpeg, max_width);
                assert_eq!((preview.width, preview.height), (max_width, max_width / 2));
                assert_eq!(preview.rgb.len(), (max_width * (max_width / 2) * 3) as usize);
                let row: Vec<_> = preview.rgb.chunks(3).take(max_width as usize).collect();
                assert!(row[0][0] < 60, "{kind:?} {max_width}: {:?}", row[0]);
                assert!(row[max_width as usize / 2][0] > 200, "{kind:?} {max_width}");
            }
        }
    }

    #[test]
    fn turns_are_clockwise() {
        // a b c     d a     f e d     c f
        // d e f     e b     c b a     b e
        //           f c               a d
        let lying: Vec<u8> = b"abcdef".iter().flat_map(|&pixel| [pixel; 3]).collect();
        for (turn, (width, height), seen) in [
            (Quarter::None, (3, 2), b"abcdef"),
            (Quarter::Right, (2, 3), b"daebfc"),
            (Quarter::Half, (3, 2), b"fedcba"),
            (Quarter::Left, (2, 3), b"cfbead"),
        ] {
            let rgb = turned(lying.clone(), width, height, turn);
            let pixels: Vec<_> = rgb.chunks(3).map(|pixel| pixel[0]).collect();
            assert_eq!(pixels, seen, "{turn:?}");
        }
    }

    #[test]
    fn a_page_that_is_turned_fits_as_it_is_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.jpg");
        // Dark at the left, so dark at the top after a turn to the right.
        std::fs::write(&path, encode(Picture::EdgeShadow, 1000, 500, Kind::Color)).unwrap();
        let preview = preview(&path, 100, Quarter::Right).unwrap();
        assert_eq!((preview.width, preview.height), (100, 200));
        assert!(preview.rgb[150] < 60 && preview.rgb[100 * 100 * 3] > 200);
    }

    #[test]
    fn a_page_is_shown_as_it_tells_of_itself() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.jpg");
        let lying = encode(Picture::EdgeShadow, 1000, 500, Kind::Color);
        for (orientation, own) in
            [(3, Quarter::Half), (6, Quarter::Right), (8, Quarter::Left), (9, Quarter::None)]
        {
            for turn in [Quarter::None, Quarter::Left] {
                fs::write(&path, &lying).unwrap();
                let plain = preview(&path, 100, own.plus(turn)).unwrap();
                fs::write(&path, told(&lying, orientation)).unwrap();
                assert!(preview(&path, 100, turn).unwrap() == plain, "{orientation}, {turn:?}");
            }
        }
        fs::write(&path, told(&lying, 4)).unwrap();
        let mirrored = preview(&path, 100, Quarter::None).unwrap_err();
        assert!(matches!(mirrored, PageError::Unsupported { .. }), "{mirrored}");
    }

    #[test]
    fn areas_are_averaged() {
        let bytes = [[0u8; 3], [100; 3], [200; 3]].concat();
        let three = Pixels { width: 3, height: 1, bytes };
        // 0 and half of 100; half of 100 and 200.
        assert_eq!(shrink(three, 2, 1), [[33; 3], [167; 3]].concat());
        let white = Pixels { width: 97, height: 89, bytes: vec![255; 97 * 89 * 3] };
        assert!(shrink(white, 60, 41).iter().all(|&b| b == 255));
    }

    proptest! {
        #[test]
        fn shares_are_whole_and_in_bounds(from in 1usize..3000, part in 1usize..3000) {
            let to = part.min(from);
            for span in spans(from, to) {
                prop_assert_eq!(span.shares.iter().sum::<u32>(), WHOLE);
                prop_assert!(span.first + span.shares.len() <= from);
            }
        }
    }
}
