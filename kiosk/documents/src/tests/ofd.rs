//! OFD files read by a program that did not make them: the crate ofd-core, and as archives by Python and
//! Java.

use std::fs::{self, File};
use std::process::Command;

use ofd_core::render::RenderOptions;
use ofd_core::{OfdReader, StBox, check_path};
use proptest::prelude::*;

use super::{built, dark_side, meta, name, pages, run, told_pages, turned_pages};
use crate::assemble::{PageRef, assemble};
use crate::format::Format;
use crate::meta::{Created, Meta};
use crate::quarter::Quarter;

#[test]
fn a_reader_of_others_finds_no_fault() {
    let (dir, pages) = turned_pages();
    let many: Vec<_> = pages.iter().cycle().take(120).cloned().collect();
    for pages in [&pages[..1], &pages, &many] {
        let (out, _) = built(&dir, pages, Format::Ofd);
        let report = check_path(&out);
        assert!(report.conforms(), "{:?}", report.problems);
        let mut reader = OfdReader::open(&out).unwrap();
        let bodies = reader.ofd().doc_bodies.clone();
        let document = reader.load_document(&bodies[0]).unwrap();
        assert_eq!((bodies.len(), document.pages().len()), (1, pages.len()));
        let last = document.document.common_data.max_unit_id.value();
        assert_eq!(last, 4 * pages.len() as u64);
    }
}

#[test]
fn the_description_is_there() {
    let (dir, pages) = pages();
    let (out, _) = built(&dir, &pages, Format::Ofd);
    let reader = OfdReader::open(out).unwrap();
    let info = &reader.ofd().doc_bodies[0].doc_info;
    assert_eq!(info.title.as_deref(), Some(meta("m").title()));
    assert_eq!(info.creation_date.as_deref(), Some("2026-11-23"));
    assert_eq!(info.creator.as_deref(), Some("Onedoor 0.1.0"));
    let id = info.doc_id.as_deref().unwrap();
    assert!(id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
}

#[test]
fn pages_have_the_size_of_the_paper_and_are_shown_upright() {
    let told = [Quarter::None, Quarter::None, Quarter::Right];
    for ((dir, pages), told) in [pages(), turned_pages(), told_pages()].into_iter().zip(told) {
        let (out, _) = built(&dir, &pages, Format::Ofd);
        let mut reader = OfdReader::open(&out).unwrap();
        let body = reader.ofd().doc_bodies[0].clone();
        let document = reader.load_document(&body).unwrap();
        for (number, page) in pages.iter().enumerate() {
            let turn = told.plus(page.turn);
            let lying = turn.degrees() % 180 == 90;
            // 496 × 702 pixels at 60 dots per inch
            let (width, height) = if lying { (297.18, 209.973) } else { (209.973, 297.18) };
            let content = reader.load_page(&document, &document.pages()[number]).unwrap();
            assert_eq!(content.area.unwrap().physical_box, StBox::new(0.0, 0.0, width, height));
            let shown =
                reader.render_page_to_image(&document, number, &RenderOptions::with_dpi(60.0)).unwrap();
            assert_eq!(shown.dimensions(), if lying { (702, 496) } else { (496, 702) });
            assert_eq!(dark_side(shown.as_raw(), 4, shown.width() as usize), turn.degrees());
        }
    }
}

#[test]
fn the_images_come_out_byte_for_byte() {
    let (dir, pages) = turned_pages();
    let (out, _) = built(&dir, &pages, Format::Ofd);
    let mut reader = OfdReader::open(&out).unwrap();
    for (number, page) in (1..).zip(&pages) {
        let image = reader.package_mut().read(&format!("/Doc_0/Res/page-{number:03}.jpg")).unwrap();
        assert!(image == fs::read(&page.path).unwrap(), "page {number}");
    }
}

/// Java goes through an archive from front to back, and there cannot read a stored file whose length
/// comes after it.
#[test]
fn the_archive_can_be_read_from_both_ends() {
    let (dir, pages) = pages();
    let (out, _) = built(&dir, &pages, Format::Ofd);
    assert_eq!(run("python3", &["-m", "zipfile", "-t", name(&out)]).trim(), "Done testing");
    let list = Command::new("jar")
        .arg("-t")
        .env_remove("JAVA_TOOL_OPTIONS")
        .env_remove("JDK_JAVA_OPTIONS")
        .stdin(File::open(&out).unwrap())
        .output()
        .unwrap_or_else(|e| panic!("jar: {e}; run `make setup`, or install it"));
    let files = String::from_utf8(list.stdout).unwrap();
    assert!(list.status.success() && list.stderr.is_empty());
    assert_eq!(files.lines().count(), 2 * pages.len() + 3, "{files}");
    assert!(files.ends_with("OFD.xml\n"), "{files}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever a description may say is read back as it was said.
    #[test]
    fn texts_survive(title in "\\PC{1,60}", seed in "[<>&\"'\\]!a-z\u{80}-\u{10FFFF}]{1,9}", year in 1u16..=9999) {
        let created = Created::new((year, 2, 31), (23, 59, 59), -210).unwrap();
        let Ok(meta) = Meta::new(&title, created, "0.1.0", &seed) else { return Ok(()) };
        let (dir, pages) = pages();
        let page = PageRef { turn: Quarter::Half, ..pages[0].clone() };
        let out = dir.path().join("a.ofd");
        assemble(&[page], &out, &meta, Format::Ofd).unwrap();
        prop_assert!(check_path(&out).conforms());
        let reader = OfdReader::open(&out).unwrap();
        let read = reader.ofd().doc_bodies[0].doc_info.title.clone().unwrap();
        prop_assert_eq!(read.trim(), title.trim());
    }
}
