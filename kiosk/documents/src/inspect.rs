//! Is this page whole, and is there anything on it?

use std::path::Path;

use crate::decode::{self, Pixels};
use crate::eighth::Wanted;
use crate::error::PageError;
use crate::jpeg_header::Components;

/// What is known of a page that is whole and acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageInfo {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// 1 for grey, 3 for colour.
    pub components: u8,
    /// Dots per inch as the file states them (JFIF), if equal in both directions and plausible.
    pub dpi: Option<u32>,
    /// What a person should look at before the page is kept.
    pub warnings: Vec<Warning>,
}

/// Something odd about a page that is whole all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// There seems to be nothing on the page.
    Blank,
    /// The page is so dark that it can hardly be read.
    TooDark,
    /// The scan is so blurred that print can hardly be read.
    Blurred,
    /// Print or paper goes on beyond the scan.
    CutOff,
    /// A corner or an edge of the sheet is folded, or missing.
    Folded,
}

/// Decodes a page at an eighth of its size and judges it.
///
/// # Errors
/// [`PageError`] when the file is empty, too large, no JPEG image, cut off, damaged, in CMYK, of a
/// kind that a PDF cannot hold, or beyond the bounds on its dimensions.
pub fn inspect(path: &Path) -> Result<PageInfo, PageError> {
    let page = decode::load(path)?;
    let grey = page.eighth(Wanted::Means)?.picture;
    let warnings = warnings(&histogram(&grey));
    let header = page.header;
    tracing::debug!(page = %path.display(), header.width, header.height, ?warnings, "page inspected");
    Ok(PageInfo {
        width: header.width,
        height: header.height,
        components: match header.components {
            Components::Grey => 1,
            Components::YCbCr | Components::Rgb => 3,
        },
        dpi: header.dpi,
        warnings,
    })
}

/// What to warn of on a page whose greys occur this often.
fn warnings(histogram: &[u64; 256]) -> Vec<Warning> {
    if is_dark(histogram) {
        vec![Warning::TooDark]
    } else if is_blank(histogram, median(histogram)) {
        vec![Warning::Blank]
    } else {
        vec![]
    }
}

/// Paper that is darker than this grey, of 255, is not made white.
pub(crate) const DARKEST_PAPER: usize = 150;

/// Whether black print could not be told from the paper.
pub(crate) fn is_dark(histogram: &[u64; 256]) -> bool {
    /// Median grey, of 255.
    const DARK: usize = 70;
    median(histogram) < DARK
}

/// Whether most of the page is one grey that stays grey: paper under a weak lamp, on which print is hardly told from it,
/// or a cover or a wall that is so dark by itself, which only whoever has it before him can tell.
pub(crate) fn is_dim(histogram: &[u64; 256]) -> bool {
    /// How uneven paper is, with its grain and in a lamp that is brighter in the middle.
    const EVEN: usize = 12;
    let all: u64 = histogram.iter().sum();
    let around = |grey: usize| -> u64 {
        let near = grey.saturating_sub(EVEN)..=(grey + EVEN).min(255);
        histogram.get(near).unwrap_or_default().iter().sum()
    };
    let commonest = (0..256).max_by_key(|&grey| around(grey)).unwrap_or(0);
    commonest + EVEN < DARKEST_PAPER && around(commonest) * 2 > all
}

/// How often each grey occurs, apart from a narrow margin where the scanner's own shadows lie.
fn histogram(grey: &Pixels) -> [u64; 256] {
    let mut histogram = [0; 256];
    let margin = |side: usize| side * 3 / 100;
    let (across, down) = (margin(grey.width), margin(grey.height));
    for row in grey.bytes.chunks_exact(grey.width.max(1)).skip(down).take(grey.height - 2 * down) {
        for &pixel in row.iter().skip(across).take(grey.width - 2 * across) {
            if let Some(count) = histogram.get_mut(usize::from(pixel)) {
                *count += 1;
            }
        }
    }
    histogram
}

fn median(histogram: &[u64; 256]) -> usize {
    let half = histogram.iter().sum::<u64>() / 2;
    let mut seen = 0;
    histogram
        .iter()
        .position(|count| {
            seen += count;
            seen > half
        })
        .unwrap_or(0)
}

/// Whether fewer than two pixels in ten thousand differ from the paper: at an eighth of 300 dots per
/// inch, half a line of small print is more than that.
fn is_blank(histogram: &[u64; 256], paper: usize) -> bool {
    /// Difference, of 255, that is ink and not the grain of paper.
    const INK: usize = 32;
    let all: u64 = histogram.iter().sum();
    let ink: u64 =
        histogram.iter().enumerate().filter(|(grey, _)| grey.abs_diff(paper) > INK).map(|(_, n)| n).sum();
    ink * 10_000 < all * 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;
    use crate::sample_images::{Kind, Picture, encode};

    fn file(bytes: &[u8]) -> (TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("page-001.jpg");
        std::fs::write(&path, bytes).unwrap();
        (dir, path)
    }

    fn inspected(bytes: &[u8]) -> Result<PageInfo, PageError> {
        let (_dir, path) = file(bytes);
        inspect(&path)
    }

    #[test]
    fn kinds_that_are_accepted() {
        for (kind, components) in
            [(Kind::Color, 3), (Kind::Grey, 1), (Kind::Progressive, 3), (Kind::PlainRgb, 3)]
        {
            let info = inspected(&encode(Picture::Text, 320, 200, kind)).unwrap();
            assert_eq!((info.width, info.height, info.components), (320, 200, components), "{kind:?}");
            assert_eq!(info.warnings, [], "{kind:?}");
        }
        let tiny = inspected(&encode(Picture::White, 1, 1, Kind::Grey)).unwrap();
        assert_eq!((tiny.width, tiny.height), (1, 1));
    }

    #[test]
    fn blank_and_dark_pages_are_pointed_out() {
        for (picture, warnings) in [
            (Picture::Text, vec![]),
            (Picture::OneLine, vec![]),
            (Picture::White, vec![Warning::Blank]),
            (Picture::Black, vec![Warning::TooDark]),
            (Picture::EdgeShadow, vec![Warning::Blank]),
        ] {
            let info = inspected(&encode(picture, 1240, 1754, Kind::Color)).unwrap();
            assert_eq!(info.warnings, warnings, "{picture:?}");
        }
    }

    #[test]
    fn unusable_files_are_told_apart() {
        let good = encode(Picture::Text, 320, 200, Kind::Color);
        let scan = good.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        let mut scrambled = good.clone();
        let in_data = scan + 200;
        scrambled[in_data..in_data + 8].copy_from_slice(&[0xFF, 0xC4, 0, 9, 9, 9, 9, 9]);
        type Expected = fn(&PageError) -> bool;
        let cases: [(&str, Vec<u8>, Expected); 8] = [
            ("no bytes", vec![], |e| matches!(e, PageError::Empty { .. })),
            ("no image", b"%PDF-1.7".to_vec(), |e| matches!(e, PageError::NotJpeg { .. })),
            ("half", good[..good.len() / 2].to_vec(), |e| matches!(e, PageError::Truncated { .. })),
            ("head", good[..100].to_vec(), |e| matches!(e, PageError::Truncated { .. })),
            ("no end", good[..good.len() - 2].to_vec(), |e| matches!(e, PageError::Truncated { .. })),
            ("damage", scrambled, |e| matches!(e, PageError::Corrupt { .. })),
            ("CMYK", encode(Picture::Text, 64, 64, Kind::Cmyk), |e| matches!(e, PageError::Cmyk { .. })),
            ("YCCK", encode(Picture::Text, 64, 64, Kind::Ycck), |e| matches!(e, PageError::Cmyk { .. })),
        ];
        for (name, bytes, expected) in cases {
            let error = inspected(&bytes).unwrap_err();
            assert!(expected(&error), "{name}: {error}");
        }
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(inspect(dir.path()), Err(PageError::NotJpeg { .. })));
        assert!(matches!(inspect(&dir.path().join("x")), Err(PageError::Unreadable { .. })));
    }

    #[test]
    fn padding_after_the_image_is_harmless() {
        let mut padded = encode(Picture::Text, 320, 200, Kind::Color);
        padded.extend([0; 64]);
        assert!(inspected(&padded).is_ok());
    }

    #[test]
    fn a_huge_file_is_not_read() {
        let (_dir, path) = file(&[]);
        let sparse = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        sparse.set_len(crate::MAX_PAGE_BYTES + 1).unwrap();
        assert!(matches!(inspect(&path), Err(PageError::TooLarge { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn damage_never_panics(
            kind in prop_oneof![Just(Kind::Color), Just(Kind::Grey), Just(Kind::Progressive), Just(Kind::Cmyk)],
            hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
            cut in proptest::option::of(any::<prop::sample::Index>()),
        ) {
            let mut bytes = encode(Picture::Text, 72, 48, kind);
            for (at, value) in hits {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            let _ = inspected(&bytes);
        }
    }
}
