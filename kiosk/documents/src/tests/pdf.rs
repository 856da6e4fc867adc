//! PDF files checked by programs that did not make them: qpdf, the Poppler tools and veraPDF.

use std::fs;

use super::{built, dark_side, name, pages, run, told_pages, turned_pages};
use crate::format::Format;
use crate::quarter::Quarter;

#[test]
fn qpdf_finds_no_fault() {
    let (dir, pages) = pages();
    let (out, _) = built(&dir, &pages, Format::Pdf);
    let report = run("qpdf", &["--check", name(&out)]);
    assert!(report.contains("No syntax or stream encoding errors found"), "{report}");
    assert_eq!(run("qpdf", &["--show-npages", name(&out)]).trim(), "4");
}

#[test]
fn the_images_come_out_byte_for_byte() {
    let (dir, pages) = pages();
    let (out, _) = built(&dir, &pages, Format::Pdf);
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
    let (out, _) = built(&dir, &pages, Format::Pdf);
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
fn pages_are_shown_upright() {
    for ((dir, pages), told) in [(turned_pages(), Quarter::None), (told_pages(), Quarter::Right)] {
        let (out, _) = built(&dir, &pages, Format::Pdf);
        let stem = dir.path().join("view");
        run("pdftoppm", &["-r", "60", name(&out), name(&stem)]);
        for (number, page) in (1..).zip(&pages) {
            let picture = fs::read(dir.path().join(format!("view-{number}.ppm"))).unwrap();
            let turn = told.plus(page.turn);
            let (width, height) = turn.swapped((496, 702));
            let head = format!("P6\n{width} {height}\n255\n");
            assert!(picture.starts_with(head.as_bytes()));
            assert_eq!(dark_side(&picture[head.len()..], 3, width), turn.degrees());
        }
    }
}

#[test]
fn what_pdf_a_asks_for_is_there() {
    let (dir, pages) = pages();
    let (out, _) = built(&dir, &pages, Format::Pdf);
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
fn many_pages() {
    let (dir, pages) = pages();
    let many: Vec<_> = pages.iter().cycle().take(120).cloned().collect();
    let (out, built) = built(&dir, &many, Format::Pdf);
    assert_eq!(built.pages, 120);
    run("qpdf", &["--check", name(&out)]);
}
