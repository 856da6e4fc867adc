//! What is noticed of pages, and what is not: warnings, the way up, and small cards.

use super::card_tests::card;
use super::drawings::{INK, Sheet, glass};
use super::scenes::{DARK, GREY, WHITE};
use super::tests::{Rgb, finished};
use super::*;
use crate::sample_images;

pub(super) const A6: (f64, f64) = (105.0, 148.0);
/// Where the text of such a sheet stands.
pub(super) const TEXT: [f64; 4] = [10.0, 12.0, 84.0, 124.0];

pub(super) fn letter(dpi: u32) -> Sheet {
    Sheet::new(A6, dpi).text(TEXT, 3.7, true, INK)
}

#[track_caller]
pub(super) fn check(name: &str, scan: &[u8], warnings: &[Warning]) -> Finished {
    let (found, _) = finished(scan).unwrap();
    assert_eq!(found.warnings, warnings, "{name}: {found:?}");
    assert_eq!(found.cards, [], "{name}");
    found
}

#[test]
fn good_pages_give_no_warning() {
    let blank = |dpi| Sheet::new(A6, dpi);
    let banner = letter(300).rect([0.0, 0.0, 105.0, 10.0], [40.0, 60.0, 120.0]);
    let inner_banner = letter(300).rect([8.0, 4.0, 89.0, 7.0], [25.0; 3]);
    let pages: [(&str, Vec<u8>); 19] = [
        ("text on a dark lid", letter(300).on_lid(DARK, 2.2)),
        ("text on a grey lid", letter(300).on_lid(GREY, -3.1)),
        ("text on a white lid", letter(300).on_lid(WHITE, 1.4)),
        ("text, full bleed", letter(300).scan()),
        ("150 dpi", letter(150).on_lid(GREY, 1.0)),
        ("150 dpi, full bleed", letter(150).scan()),
        ("600 dpi", letter(600).on_lid(DARK, -0.7)),
        ("faint pencil", blank(300).scribble(TEXT, [170.0; 3]).on_lid(GREY, 0.5)),
        ("one faint line", {
            let mut page = blank(300);
            page.stroke((20.0, 60.0), (70.0, 63.0), 0.4, [185.0; 3]);
            page.on_lid(GREY, 0.5)
        }),
        ("a small seal", blank(300).ring((70.0, 120.0), 6.0, 0.9, [215.0, 70.0, 75.0]).scan()),
        ("handwriting", blank(300).scribble(TEXT, [30.0, 48.0, 150.0]).on_lid(DARK, -1.9)),
        ("handwriting, full bleed", blank(300).scribble(TEXT, [30.0, 48.0, 150.0]).scan()),
        ("a photograph", letter(300).photo([12.0, 20.0, 70.0, 50.0]).on_lid(GREY, 0.8)),
        ("a photograph, full bleed", letter(300).photo([0.0, 0.0, 105.0, 60.0]).scan()),
        ("nothing but a photograph", blank(300).photo([0.0, 0.0, 105.0, 148.0]).scan()),
        ("a table", blank(300).table([8.0, 10.0, 88.0, 80.0]).on_lid(GREY, -0.6)),
        ("a banner to the edge", banner.scan()),
        ("a banner to the edge on a grey lid", banner.on_lid(GREY, 1.2)),
        ("a dark banner", inner_banner.on_lid(DARK, 1.0)),
    ];
    for (name, scan) in pages {
        check(name, &scan, &[]);
    }
}

#[test]
fn a_photograph_does_not_hide_how_the_lines_of_text_lie() {
    let page =
        Sheet::new(A6, 300).text([10.0, 12.0, 84.0, 58.0], 3.7, true, INK).photo([10.0, 74.0, 84.0, 62.0]);
    for degrees in [-2.2, -0.5, 1.0, 1.9] {
        let (found, _) = finished(&page.on_lid(WHITE, degrees)).unwrap();
        assert_eq!(found.straightened, Straightened::Lines, "{degrees}");
        assert!((found.angle - degrees).abs() < 0.1, "{degrees}: {found:?}");
    }
}

#[test]
fn a_light_mark_that_a_turn_would_take_stays() {
    let page = letter(300);
    let scanned = |ink: Option<f32>| {
        let mark = Sheet::new((6.5, 3.4), 300);
        let mark = match ink {
            // Two characters of eight points.
            Some(ink) => mark.text([-5.3, 0.3, 12.6, 4.6], 2.8, false, [ink; 3]),
            None => mark,
        };
        let sheets = [(&page, (52.5, 74.0), 4.0), (&mark, (5.1, 8.5), 0.0)];
        finished(&glass(A6, 300, WHITE, &sheets)).unwrap().0
    };
    let (width, height) = (page.width as u32, page.height as u32);
    for (ink, larger) in [(None, false), (Some(190.0), true), (Some(205.0), true)] {
        let found = scanned(ink);
        assert_eq!(found.straightened, Straightened::Lines, "{ink:?}: {found:?}");
        assert_eq!(found.width > width && found.height > height, larger, "{ink:?}: {found:?}");
    }
}

#[test]
fn a_banner_darker_than_the_lid_is_not_cut_away() {
    let page = letter(300).rect([0.0, 0.0, 105.0, 10.0], [40.0, 60.0, 120.0]);
    let found = check("banner", &page.on_lid(GREY, 1.2), &[]);
    assert!((found.angle - 1.2).abs() < 0.05, "{found:?}");
    assert!(found.height as usize + 8 > page.height, "{found:?}");
}

#[test]
fn blurred_pages_are_told() {
    for dpi in [150, 300, 600] {
        for (deviation, warnings) in
            [(0.1, &[][..]), (0.2, &[]), (0.5, &[Warning::Blurred]), (0.8, &[Warning::Blurred])]
        {
            let page = letter(dpi).blurred(deviation);
            check(&format!("{dpi} dpi, {deviation} mm"), &page.on_lid(GREY, 1.1), warnings);
        }
    }
    check("full bleed", &letter(300).blurred(0.6).scan(), &[Warning::Blurred]);
}

#[test]
fn pages_that_run_out_of_the_scan_are_told() {
    let wide = [10.0, 12.0, 120.0, 124.0];
    let page = |dpi, to| Sheet::new(A6, dpi).text(to, 3.7, true, INK);
    let cases: [(&str, Vec<u8>); 7] = [
        ("right", page(300, wide).scan()),
        ("left", page(300, [-11.7, 12.0, 106.0, 124.0]).scan()),
        ("below", page(300, [10.0, 15.0, 84.0, 150.0]).scan()),
        ("above", page(300, [10.0, -1.9, 84.0, 124.0]).scan()),
        ("right, 150 dpi", page(150, wide).scan()),
        ("right, 600 dpi", page(600, wide).scan()),
        ("a table", Sheet::new(A6, 300).table([20.0, 10.0, 120.0, 100.0]).scan()),
    ];
    for (name, scan) in cases {
        check(name, &scan, &[Warning::CutOff]);
    }
    // The right edge lies beyond the glass, and text with it.
    for lid in [DARK, GREY] {
        let page = letter(300);
        let scan = glass((100.0, 160.0), 300, lid, &[(&page, (66.0, 80.0), 0.8)]);
        let found = check("beyond the glass", &scan, &[Warning::CutOff]);
        assert!((found.angle - 0.8).abs() < 0.05, "{found:?}");
    }
    // So does this one, but nothing is written there, and it may as well be a sheet that ends at the border.
    let page = Sheet::new(A6, 300).text([10.0, 12.0, 60.0, 124.0], 3.7, true, INK);
    check("an empty margin", &glass((100.0, 160.0), 300, DARK, &[(&page, (55.0, 80.0), 0.8)]), &[]);
}

#[test]
fn a_sheet_that_lies_askew_across_the_border_is_told() {
    let page = Sheet::new(A6, 150).text([20.0, 20.0, 64.0, 104.0], 3.7, true, INK);
    for lid in [DARK, GREY] {
        for (name, size, middle, degrees) in [
            ("a corner", (125.0, 160.0), (72.0, 80.0), 6.0),
            ("two corners", (118.0, 145.0), (59.0, 72.0), 6.0),
            ("another corner", (125.0, 160.0), (54.0, 80.0), -6.0),
            ("a side", (100.0, 170.0), (55.0, 82.0), 3.0),
            ("an end", (125.0, 140.0), (62.0, 74.0), -4.0),
        ] {
            let found = check(name, &glass(size, 150, lid, &[(&page, middle, degrees)]), &[Warning::CutOff]);
            assert!((found.angle - degrees).abs() < 0.05, "{name}: {found:?}");
        }
        // Laid against the rulers, and a little beyond where the scan begins.
        for degrees in [-0.6, -0.2, 0.0, 0.3, 0.6] {
            for beyond in [0.0, 1.0, 2.0] {
                let middle = (52.5 - beyond, 74.0 - beyond);
                let scan = glass((120.0, 165.0), 150, lid, &[(&page, middle, degrees)]);
                check(&format!("in the corner, {degrees}, {beyond}"), &scan, &[]);
            }
        }
    }
}

#[test]
fn rules_that_run_to_the_border_are_paper() {
    let ruled = |dpi, down: bool| {
        let mut sheet = Sheet::new(A6, dpi);
        for n in 0..16 {
            sheet = sheet.rect([0.0, 12.0 + 8.0 * f64::from(n), 105.0, 0.35], [90.0, 110.0, 170.0]);
        }
        for n in 0..if down { 13 } else { 0 } {
            sheet = sheet.rect([4.0 + 8.0 * f64::from(n), 0.0, 0.35, 148.0], [90.0, 110.0, 170.0]);
        }
        sheet
    };
    for dpi in [150, 300] {
        for down in [false, true] {
            let written = ruled(dpi, down).scribble([12.0, 20.0, 80.0, 100.0], [30.0, 48.0, 150.0]);
            check("ruled", &written.scan(), &[]);
            let larger = glass((104.0, 147.0), dpi, 250, &[(&written, (52.5, 74.0), 0.3)]);
            check("ruled, at an angle", &larger, &[]);
        }
    }
    // Rules that end within the page are a table's, and cut off as before.
    let table = ruled(300, false).rect([0.0, 0.0, 30.0, 148.0], [246.0, 244.0, 239.0]);
    check("a table", &table.scan(), &[Warning::CutOff]);
    let written = ruled(300, false).text([10.0, 12.4, 120.0, 124.0], 3.7, true, INK);
    check("print that is cut off on ruled paper", &written.scan(), &[Warning::CutOff]);
}

#[test]
fn folded_corners_and_edges_are_told() {
    for (lid, degrees) in [(DARK, 1.1), (GREY, -2.0)] {
        for corner in [(false, false), (true, false), (false, true), (true, true)] {
            for legs in [(8.0, 9.0), (20.0, 12.0), (45.0, 50.0)] {
                let page = letter(150).without_corner(corner, legs);
                let found =
                    check(&format!("{corner:?}, {legs:?}"), &page.on_lid(lid, degrees), &[Warning::Folded]);
                assert!((found.angle - degrees).abs() < 0.05, "{found:?}");
            }
        }
    }
    // At every angle, and far along either side.
    for legs in [
        (11.0, 62.0),
        (11.0, 120.0),
        (15.0, 100.0),
        (30.0, 140.0),
        (50.0, 130.0),
        (70.0, 100.0),
        (80.0, 80.0),
        (90.0, 40.0),
        (95.0, 16.0),
        (100.0, 60.0),
    ] {
        for (lid, degrees, corner) in
            [(DARK, 0.0, (false, false)), (GREY, 1.3, (true, false)), (DARK, -3.0, (false, true))]
        {
            let page = Sheet::new(A6, 150).without_corner(corner, legs).on_lid(lid, degrees);
            let (found, _) = finished(&page).unwrap();
            assert!(found.warnings.contains(&Warning::Folded), "{corner:?}, {legs:?}: {found:?}");
            assert!((found.angle - degrees).abs() < 0.05, "{found:?}");
        }
    }
    let worn = letter(300).without_corner((true, false), (2.5, 2.5));
    check("a worn corner", &worn.on_lid(DARK, 1.1), &[]);
    let along = letter(300).without_corner((false, false), (9.0, 148.0));
    check("an edge", &along.on_lid(DARK, 0.6), &[Warning::Folded]);
    check(
        "300 dpi",
        &letter(300).without_corner((true, true), (15.0, 15.0)).on_lid(DARK, 1.1),
        &[Warning::Folded],
    );
}

#[test]
fn what_shines_through_and_holes_are_nothing() {
    for (lid, share) in [(GREY, 0.06), (DARK, 0.1), (GREY, 0.15)] {
        check("back", &letter(300).shining_through(share).on_lid(lid, 0.9), &[Warning::Blank]);
    }
    check("back, full bleed", &letter(300).shining_through(0.12).scan(), &[Warning::Blank]);
    check("150 dpi", &letter(150).shining_through(0.12).scan(), &[Warning::Blank]);
    let mut holes = Sheet::new(A6, 300);
    for y in [34.0, 114.0] {
        holes = holes.disc((12.0, y), 2.75, [f32::from(DARK); 3]);
    }
    for speck in 0..20 {
        let place = (20.0 + f64::from(speck % 5) * 15.0, 15.0 + f64::from(speck / 5) * 31.0);
        holes = holes.disc(place, 0.1 + f64::from(speck % 3) * 0.1, [120.0; 3]);
    }
    check("holes and dust", &holes.on_lid(DARK, -0.8), &[Warning::Blank]);
    check("holes and a word", &holes.text([40.0, 60.0, 15.0, 6.0], 3.7, false, INK).on_lid(DARK, -0.8), &[]);
}

#[test]
fn pages_are_turned_upright_where_it_is_certain() {
    let turns = [Quarter::None, Quarter::Left, Quarter::Half, Quarter::Right];
    let tables: [(&str, Sheet, bool); 7] = [
        ("labels with asterisks", Sheet::new(A6, 150).starred(TEXT, 3.7), false),
        ("text", letter(300), true),
        ("text at 150 dpi", letter(150), true),
        ("text and a seal", letter(150).ring((70.0, 110.0), 15.0, 1.5, [200.0, 30.0, 36.0]), true),
        ("text without punctuation", Sheet::new(A6, 150).text(TEXT, 3.7, false, INK), false),
        ("a table", Sheet::new(A6, 150).table([8.0, 10.0, 88.0, 80.0]), false),
        ("handwriting", Sheet::new(A6, 150).scribble(TEXT, INK), false),
    ];
    for (name, sheet, certain) in tables {
        let mut sheet = sheet;
        for turn in turns {
            for scan in [sheet.scan(), sheet.on_lid(GREY, -1.3)] {
                let (found, _) = finished(&scan).unwrap();
                let expected = if certain { turn } else { Quarter::None };
                assert_eq!(found.turn, expected, "{name}, {turn:?}: {found:?}");
            }
            sheet = sheet.turned();
        }
    }
}

#[test]
fn a_scan_may_tell_its_turn_unless_print_knows_better() {
    let text = letter(150).turned();
    let hand = Sheet::new(A6, 150).scribble(TEXT, INK);
    let card = card((85.6, 54.0), true, 150);
    let cards =
        glass((210.0, 148.0), 150, DARK, &[(&card, (60.0, 110.0), 1.0), (&card, (140.0, 40.0), -1.0)]);
    for (orientation, told) in
        [(1, Quarter::None), (3, Quarter::Half), (6, Quarter::Right), (8, Quarter::Left)]
    {
        for (name, scan, expected) in [
            ("text", text.on_lid(GREY, 1.1), Quarter::Left),
            ("handwriting", hand.on_lid(GREY, 1.1), told),
            ("blank", Sheet::new(A6, 150).on_lid(GREY, 1.1), told),
            ("cards", cards.clone(), told),
        ] {
            let (plain, jpeg) = finished(&scan).unwrap();
            let (found, same) = finished(&sample_images::told(&scan, orientation)).unwrap();
            assert_eq!(found, Finished { turn: expected, ..plain }, "{name}, {orientation}");
            // The page lies as the scan does, and tells nothing that would be followed twice.
            assert!(same == jpeg, "{name}, {orientation}");
        }
    }
}

#[test]
fn what_lies_beside_a_sheet_is_not_cut_off() {
    let page = Sheet::new(A6, 150).text(TEXT, 3.7, true, INK);
    let note = Sheet::new((60.0, 40.0), 150).text([5.0, 5.0, 50.0, 30.0], 3.7, true, INK);
    for lid in [DARK, GREY] {
        for (other, at) in [(&page, (150.0, 200.0)), (&note, (160.0, 60.0)), (&note, (60.0, 250.0))] {
            let scan = glass((210.0, 297.0), 150, lid, &[(&page, (70.0, 90.0), 0.5), (other, at, -0.5)]);
            let (found, _) = finished(&scan).unwrap();
            let reach = |corner: f64, size: f64| (corner + size) * 25.4 / 150.0;
            let (right, below) =
                (reach(found.paper.x, found.paper.width), reach(found.paper.y, found.paper.height));
            let size =
                |sheet: &Sheet| (sheet.width as f64 / sheet.scale(), sheet.height as f64 / sheet.scale());
            let (width, height) = size(other);
            assert!(
                right + 4.0 > at.0 + width / 2.0 && below + 4.0 > at.1 + height / 2.0,
                "{at:?}: {found:?}"
            );
        }
    }
}

#[test]
fn a_line_that_the_border_cuts_is_no_lid() {
    let page = Sheet::new(A6, 300).text([6.0, 12.0, 93.0, 124.0], 3.7, false, INK);
    for lid in [DARK, GREY] {
        for step in 0..12 {
            let height = 80.0 + f64::from(step) / 2.0;
            let scan = glass((125.0, height), 300, lid, &[(&page, (62.0, 84.0), 0.0)]);
            let (found, _) = finished(&scan).unwrap();
            let below = (found.paper.y + found.paper.height) * 25.4 / 300.0;
            assert!(below + 0.3 > height, "{lid}, {height}: {found:?}");
        }
    }
}

#[test]
fn what_is_lighter_than_a_tinted_ground_stays_so() {
    let form = Sheet::new(A6, 150)
        .rect([4.0, 20.0, 97.0, 124.0], [196.0, 206.0, 218.0])
        .rect([20.0, 60.0, 40.0, 10.0], [250.0; 3]);
    let (found, jpeg) = finished(&form.on_lid(DARK, 0.0)).unwrap();
    assert_eq!(found.warnings, []);
    let page = Rgb::of(&jpeg);
    let at = |x: f64, y: f64| i32::from(page.at((x * 150.0 / 25.4) as usize, (y * 150.0 / 25.4) as usize)[1]);
    assert!(at(40.0, 65.0) > at(40.0, 90.0) + 25, "{} on {}", at(40.0, 65.0), at(40.0, 90.0));
    assert!(at(40.0, 10.0) > 240, "paper is as it was: {}", at(40.0, 10.0));
}
