//! JPEG pages: unpacked by Python, and their turn read by libexif.

use std::fs;

use super::{built, name, pages, run, told_pages, turned_pages};
use crate::format::Format;
use crate::inspect::inspect;
use crate::quarter::Quarter;

#[test]
fn a_single_page_is_itself() {
    let (dir, pages) = pages();
    for page in &pages {
        let (out, _) = built(&dir, std::slice::from_ref(page), Format::Jpeg);
        assert!(fs::read(out).unwrap() == fs::read(&page.path).unwrap());
    }
}

#[test]
fn several_pages_come_out_byte_for_byte() {
    let (dir, pages) = pages();
    let (out, _) = built(&dir, &pages, Format::Jpeg);
    let to = dir.path().join("unpacked");
    run("python3", &["-m", "zipfile", "-e", name(&out), name(&to)]);
    assert_eq!(fs::read_dir(&to).unwrap().count(), pages.len());
    for (number, page) in (1..).zip(&pages) {
        let unpacked = fs::read(to.join(format!("page-{number:03}.jpg"))).unwrap();
        assert!(unpacked == fs::read(&page.path).unwrap(), "page {number}");
    }
    let list = run("python3", &["-m", "zipfile", "-l", name(&out)]);
    assert_eq!(list.matches("2026-11-23 09:30:00").count(), pages.len(), "{list}");
}

#[test]
fn a_page_tells_how_it_is_to_be_turned() {
    for ((dir, pages), told) in [(turned_pages(), Quarter::None), (told_pages(), Quarter::Right)] {
        for page in &pages {
            let (out, _) = built(&dir, std::slice::from_ref(page), Format::Jpeg);
            let came = fs::read(&page.path).unwrap();
            let went = fs::read(&out).unwrap();
            if page.turn == Quarter::None {
                assert_eq!(went, came);
                continue;
            }
            // The names tell which row and which column of the image are shown first.
            let name_of_turn = match told.plus(page.turn) {
                Quarter::None => "Top-left",
                Quarter::Right => "Right-top",
                Quarter::Half => "Bottom-right",
                Quarter::Left => "Left-bottom",
            };
            assert_eq!(run("exif", &["-m", "-t", "Orientation", name(&out)]).trim(), name_of_turn);
            assert_eq!(went.len(), came.len() + 36);
            assert!(went.ends_with(&came[20..]));
            assert_eq!(inspect(&out).unwrap(), inspect(&page.path).unwrap());
        }
    }
}
