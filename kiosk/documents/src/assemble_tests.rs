//! Documents checked by programs that did not make them: qpdf and the Poppler tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::assemble::{Built, PageRef, assemble, write_document};
use crate::error::PageError;
use crate::meta::{Created, Meta};
use crate::sample_images::{Kind, Picture, encode};

fn meta(seed: &str) -> Meta {
    let created = Created::new((2026, 11, 23), (9, 30, 0), 480).unwrap();
    Meta::new("营业执照 <副本> & copy", created, "0.1.0", seed).unwrap()
}

/// A folder with four pages of all kinds.
fn pages() -> (TempDir, Vec<PageRef>) {
    let dir = tempfile::tempdir().unwrap();
    let kinds = [Kind::Color, Kind::Grey, Kind::Progressive, Kind::PlainRgb];
    let pages = kinds
        .iter()
        .enumerate()
        .map(|(i, kind)| {
            let path = dir.path().join(format!("page-{:03}.jpg", i + 1));
            fs::write(&path, encode(Picture::EdgeShadow, 496, 702, *kind)).unwrap();
            PageRef { path, dpi: 60 }
        })
        .collect();
    (dir, pages)
}

fn built(dir: &TempDir, pages: &[PageRef]) -> (PathBuf, Built) {
    let out = dir.path().join("document.pdf");
    let built = assemble(pages, &out, &meta("m-1")).unwrap();
    (out, built)
}

/// Runs one of the tools that `make setup` installs, and returns what it printed.
fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}; run `make setup`, or install qpdf and poppler-utils"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{program} {args:?}: {text}{complaint}");
    text
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn qpdf_finds_no_fault() {
    let (dir, pages) = pages();
    let (out, built) = built(&dir, &pages);
    let report = run("qpdf", &["--check", name(&out)]);
    assert!(report.contains("No syntax or stream encoding errors found"), "{report}");
    assert_eq!(run("qpdf", &["--show-npages", name(&out)]).trim(), "4");
    let bytes = fs::read(&out).unwrap();
    assert_eq!(built.bytes, bytes.len() as u64);
    assert_eq!(built.sha256, <[u8; 32]>::from(Sha256::digest(&bytes)));
    assert_eq!(built.pages, 4);
    assert!(!dir.path().join("document.pdf.part").exists());
}

#[test]
fn the_images_come_out_byte_for_byte() {
    let (dir, pages) = pages();
    let (out, _) = built(&dir, &pages);
    let stem = dir.path().join("out");
    run("pdfimages", &["-j", name(&out), name(&stem)]);
    for (i, page) in pages.iter().enumerate() {
        let extracted = fs::read(dir.path().join(format!("out-{i:03}.jpg"))).unwrap();
        assert!(extracted == fs::read(&page.path).unwrap(), "page {}", i + 1);
    }
    let list = run("pdfimages", &["-list", name(&out)]);
    let colors: Vec<_> = list.lines().skip(2).map(|l| l.split_whitespace().nth(5).unwrap()).collect();
    assert_eq!(colors, ["rgb", "gray", "rgb", "rgb"], "{list}");
}

#[test]
fn pages_have_the_size_of_the_paper_and_the_right_colours() {
    let (dir, pages) = pages();
    let (out, _) = built(&dir, &pages);
    let info = run("pdfinfo", &[name(&out)]);
    assert!(info.contains("595.2 x 842.4 pts (A4)"), "{info}");
    for line in
        ["Title:           营业执照 <副本> & copy", "Producer:        Onedoor 0.1.0", "Encrypted:       no"]
    {
        assert!(info.contains(line), "{info}");
    }
    let stem = dir.path().join("view");
    run("pdftoppm", &["-r", "60", name(&out), name(&stem)]);
    for page in 1..=4 {
        let picture = fs::read(dir.path().join(format!("view-{page}.ppm"))).unwrap();
        assert!(picture.starts_with(b"P6\n496 702\n255\n"));
        let rows = &picture[15..];
        let pixel = |x: usize, y: usize| &rows[(y * 496 + x) * 3..][..3];
        // Dark at the left edge, paper elsewhere: neither mirrored, inverted nor in wrong colours.
        assert!(pixel(3, 350).iter().all(|&c| c < 60), "page {page}: {:?}", pixel(3, 350));
        assert!(pixel(250, 350).iter().all(|&c| c > 200), "page {page}: {:?}", pixel(250, 350));
    }
}

#[test]
fn what_pdf_a_asks_for_is_there() {
    let (dir, pages) = pages();
    let (out, _) = built(&dir, &pages);
    let bytes = fs::read(&out).unwrap();
    assert!(bytes.starts_with(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n") && bytes.ends_with(b"%%EOF\n"));
    let trailer = run("qpdf", &["--show-object=trailer", name(&out)]);
    assert!(trailer.contains("/ID [ <") && !trailer.contains("/Encrypt"), "{trailer}");
    let catalog = run("qpdf", &["--show-object=1", name(&out)]);
    for key in ["/OutputIntents", "/GTS_PDFA1", "/DestOutputProfile 5 0 R", "/Metadata 4 0 R"] {
        assert!(catalog.contains(key), "{catalog}");
    }
    let metadata = run("qpdf", &["--show-object=4", name(&out)]);
    assert!(metadata.contains("/Subtype /XML") && !metadata.contains("/Filter"), "{metadata}");
    let packet = run("pdfinfo", &["-meta", name(&out)]);
    assert!(packet.contains("<pdfaid:part>2</pdfaid:part>"), "{packet}");
    let profile = run("qpdf", &["--show-object=5", name(&out)]);
    assert!(profile.contains("/N 3"), "{profile}");
}

#[test]
fn the_same_pages_give_the_same_bytes() {
    let (dir, pages) = pages();
    let first = dir.path().join("first.pdf");
    let second = dir.path().join("second.pdf");
    let other = dir.path().join("other.pdf");
    let a = assemble(&pages, &first, &meta("m-1")).unwrap();
    let b = assemble(&pages, &second, &meta("m-1")).unwrap();
    let c = assemble(&pages, &other, &meta("m-2")).unwrap();
    assert_eq!(a, b);
    assert!(fs::read(first).unwrap() == fs::read(second).unwrap());
    assert_ne!(a.sha256, c.sha256);
}

#[test]
fn many_pages() {
    let (dir, pages) = pages();
    let many: Vec<_> = pages.iter().cycle().take(120).cloned().collect();
    let (out, built) = built(&dir, &many);
    assert_eq!(built.pages, 120);
    run("qpdf", &["--check", name(&out)]);
}

#[test]
fn one_bad_page_leaves_the_old_document_and_no_rest() {
    let good = encode(Picture::Text, 200, 200, Kind::Color);
    type Expected = fn(&PageError) -> bool;
    let cases: [(&[u8], u32, Expected); 6] = [
        (b"", 300, |e| matches!(e, PageError::Empty { .. })),
        (b"text", 300, |e| matches!(e, PageError::NotJpeg { .. })),
        (&good[..good.len() - 300], 300, |e| matches!(e, PageError::Truncated { .. })),
        (&encode(Picture::Text, 20, 20, Kind::Cmyk), 300, |e| matches!(e, PageError::Cmyk { .. })),
        (&good, 0, |e| matches!(e, PageError::Resolution { .. })),
        (&good, 1_000_000, |e| matches!(e, PageError::Resolution { .. })),
    ];
    for (bytes, dpi, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        let (fine, bad) = (dir.path().join("1.jpg"), dir.path().join("2.jpg"));
        fs::write(&fine, &good).unwrap();
        fs::write(&bad, bytes).unwrap();
        let out = dir.path().join("document.pdf");
        fs::write(&out, "older").unwrap();
        let pages = [PageRef { path: fine, dpi: 300 }, PageRef { path: bad, dpi }];
        let error = assemble(&pages, &out, &meta("m-1")).unwrap_err();
        assert!(expected(&error), "{error}");
        assert_eq!(fs::read(&out).unwrap(), b"older");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
    }
}

#[test]
fn page_counts_and_places_are_checked() {
    let (dir, pages) = pages();
    let out = dir.path().join("document.pdf");
    assert_eq!(assemble(&[], &out, &meta("m")), Err(PageError::PageCount { pages: 0 }));
    let too_many: Vec<_> = pages.iter().cycle().take(1000).cloned().collect();
    assert_eq!(assemble(&too_many, &out, &meta("m")), Err(PageError::PageCount { pages: 1000 }));
    let nowhere = dir.path().join("gone/document.pdf");
    assert!(matches!(assemble(&pages, &nowhere, &meta("m")), Err(PageError::Unwritable { .. })));
}

#[test]
fn a_full_disk_is_named() {
    let (dir, pages) = pages();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let out = dir.path().join("document.pdf");
    let error = write_document(&pages, full, &out, &meta("m")).map(|(_, built)| built).unwrap_err();
    assert_eq!(error, PageError::DiskFull { path: out });
}
