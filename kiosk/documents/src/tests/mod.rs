//! Documents, and what all kinds of them have in common.

mod jpeg;
mod ofd;
mod pdf;
mod pdf_a;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::assemble::{Built, PageRef, assemble};
use crate::error::PageError;
use crate::format::Format;
use crate::meta::{Created, Meta};
use crate::quarter::Quarter;
use crate::sample_images::{Kind, Picture, encode, told};

const FORMATS: [Format; 3] = [Format::Pdf, Format::Ofd, Format::Jpeg];

fn meta(seed: &str) -> Meta {
    titled("营业执照 <副本> & copy", seed)
}

fn titled(title: &str, seed: &str) -> Meta {
    let created = Created::new((2026, 11, 23), (9, 30, 0), 480).unwrap();
    Meta::new(title, created, "0.1.0", seed).unwrap()
}

/// A folder with four pages of all kinds, dark at their left.
fn pages() -> (TempDir, Vec<PageRef>) {
    let dir = tempfile::tempdir().unwrap();
    let kinds = [Kind::Color, Kind::Grey, Kind::Progressive, Kind::PlainRgb];
    let pages = kinds
        .iter()
        .enumerate()
        .map(|(i, kind)| {
            let path = dir.path().join(format!("page-{:03}.jpg", i + 1));
            fs::write(&path, encode(Picture::EdgeShadow, 496, 702, *kind)).unwrap();
            PageRef { path, dpi: 60, turn: Quarter::None }
        })
        .collect();
    (dir, pages)
}

/// The same, each to be turned in another way.
fn turned_pages() -> (TempDir, Vec<PageRef>) {
    let (dir, mut pages) = pages();
    let turns = [Quarter::Right, Quarter::None, Quarter::Left, Quarter::Half];
    pages.iter_mut().zip(turns).for_each(|(page, turn)| page.turn = turn);
    (dir, pages)
}

/// The same, but each image tells of itself that it lacks a turn to the right, before the one that is asked for.
fn told_pages() -> (TempDir, Vec<PageRef>) {
    let (dir, pages) = turned_pages();
    for page in &pages {
        fs::write(&page.path, told(&fs::read(&page.path).unwrap(), 6)).unwrap();
    }
    (dir, pages)
}

fn built(dir: &TempDir, pages: &[PageRef], format: Format) -> (PathBuf, Built) {
    let out = dir.path().join(format!("document.{}", format.ending(pages.len())));
    let built = assemble(pages, &out, &meta("m-1"), format).unwrap();
    (out, built)
}

/// Runs one of the tools that `make setup` installs, and returns what it printed.
fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        // Which Java would repeat on stderr.
        .env_remove("JAVA_TOOL_OPTIONS")
        .env_remove("JDK_JAVA_OPTIONS")
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}; run `make setup`, or install it"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{program} {args:?}: {text}{complaint}");
    text
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The turn that brought the dark edge from the left of a picture to where it is, in degrees: rows of
/// `width` pixels, the first byte of `size` being the brightness.
fn dark_side(pixels: &[u8], size: usize, width: usize) -> u16 {
    let height = pixels.len() / size / width;
    let is_dark = |x: usize, y: usize| pixels[(y * width + x) * size] < 60;
    let sides = [
        (0, is_dark(2, height / 2)),
        (90, is_dark(width / 2, 2)),
        (180, is_dark(width - 3, height / 2)),
        (270, is_dark(width / 2, height - 3)),
    ];
    let dark: Vec<_> = sides.into_iter().filter(|(_, dark)| *dark).map(|(degrees, _)| degrees).collect();
    assert!(dark.len() == 1 && !is_dark(width / 2, height / 2), "{dark:?}");
    dark[0]
}

#[test]
fn the_same_pages_give_the_same_bytes() {
    let (dir, pages) = turned_pages();
    for format in FORMATS {
        let file = |name: &str| dir.path().join(name);
        let a = assemble(&pages, &file("first"), &meta("m-1"), format).unwrap();
        let b = assemble(&pages, &file("second"), &meta("m-1"), format).unwrap();
        let bytes = fs::read(file("first")).unwrap();
        assert_eq!(a, b);
        assert!(bytes == fs::read(file("second")).unwrap());
        let expected =
            Built { bytes: bytes.len() as u64, sha256: Sha256::digest(&bytes).into(), pages: pages.len() };
        assert_eq!(a, expected, "{format:?}");
        // Another material, or another page first, is another document; JPEG pages are just themselves.
        let c = assemble(&pages, &file("other"), &meta("m-2"), format).unwrap();
        assert_eq!(a.sha256 == c.sha256, format == Format::Jpeg);
        let mut turned = pages.clone();
        turned.rotate_left(1);
        assert_ne!(a.sha256, assemble(&turned, &file("other"), &meta("m-1"), format).unwrap().sha256);
    }
}

#[test]
fn one_bad_page_leaves_the_old_document_and_no_rest() {
    let good = encode(Picture::Text, 200, 200, Kind::Color);
    type Expected = fn(&PageError) -> bool;
    let cases: [(&[u8], u32, Expected); 7] = [
        (b"", 300, |e| matches!(e, PageError::Empty { .. })),
        (b"text", 300, |e| matches!(e, PageError::NotJpeg { .. })),
        (&good[..good.len() - 300], 300, |e| matches!(e, PageError::Truncated { .. })),
        (&encode(Picture::Text, 20, 20, Kind::Cmyk), 300, |e| matches!(e, PageError::Cmyk { .. })),
        (&told(&good, 5), 300, |e| matches!(e, PageError::Unsupported { .. })),
        (&good, 0, |e| matches!(e, PageError::Resolution { .. })),
        (&good, 1_000_000, |e| matches!(e, PageError::Resolution { .. })),
    ];
    let cases = cases.into_iter().flat_map(|case| FORMATS.map(|format| (case, format)));
    for ((bytes, dpi, expected), format) in cases {
        let dir = tempfile::tempdir().unwrap();
        let (fine, bad) = (dir.path().join("1.jpg"), dir.path().join("2.jpg"));
        fs::write(&fine, &good).unwrap();
        fs::write(&bad, bytes).unwrap();
        let out = dir.path().join("document.pdf");
        fs::write(&out, "older").unwrap();
        let pages = [(fine, 300), (bad, dpi)].map(|(path, dpi)| PageRef { path, dpi, turn: Quarter::Half });
        let error = assemble(&pages, &out, &meta("m-1"), format).unwrap_err();
        assert!(expected(&error), "{error}");
        assert_eq!(fs::read(&out).unwrap(), b"older");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
    }
}

#[test]
fn page_counts_and_places_are_checked() {
    let (dir, pages) = pages();
    let out = dir.path().join("document.pdf");
    let many: Vec<_> = pages.iter().cycle().take(1000).cloned().collect();
    for format in FORMATS {
        let assembled = |pages: &[PageRef], out: &Path| assemble(pages, out, &meta("m"), format);
        assert_eq!(assembled(&[], &out), Err(PageError::PageCount { pages: 0 }));
        assert_eq!(assembled(&many, &out), Err(PageError::PageCount { pages: 1000 }));
        let nowhere = dir.path().join("gone/document.pdf");
        assert!(matches!(assembled(&pages, &nowhere), Err(PageError::Unwritable { .. })));
    }
}

#[test]
fn a_full_disk_is_named() {
    let (dir, pages) = pages();
    let out = dir.path().join("document.pdf");
    let meta = meta("m");
    let full = || fs::OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
    for result in [
        crate::pdf::write(&pages, full(), &out, &meta),
        crate::ofd::write(&pages, full(), &out, &meta),
        crate::jpeg_pages::write(&pages, full(), &out, &meta),
        crate::jpeg_pages::write(&pages[..1], full(), &out, &meta),
    ] {
        let error = result.map(|(_, built)| built).unwrap_err();
        assert_eq!(error, PageError::DiskFull { path: out.clone() });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever a description says, and however many pages there are, a document is little more than its
    /// images.
    #[test]
    fn documents_are_bounded(title in "[^\\p{Cc}]{1,500}", year in 1u16..=9999, count in 1usize..40) {
        let created = Created::new((year, 2, 31), (23, 59, 59), -210).unwrap();
        let Ok(meta) = Meta::new(&title, created, "0.1.0", &title) else { return Ok(()) };
        let (dir, pages) = turned_pages();
        let pages: Vec<_> = pages.iter().cycle().take(count).cloned().collect();
        let images: u64 = pages.iter().map(|page| fs::metadata(&page.path).unwrap().len()).sum();
        for format in FORMATS {
            let built = assemble(&pages, &dir.path().join("a"), &meta, format).unwrap();
            let more = built.bytes - images;
            prop_assert!(more < 12_000 + 1_500 * count as u64, "{format:?}, {count} pages: {more}");
        }
    }
}
