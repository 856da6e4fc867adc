//! Cards on the glass.

use super::check_tests::{A6, TEXT};
use super::drawings::{INK, Sheet, glass};
use super::scenes::{DARK, GREY, WHITE};
use super::tests::{Rgb, finished};
use super::*;

#[test]
fn a_card_alone_under_a_white_lid_is_cut_out() {
    for dpi in [150, 300] {
        for (portrait, degrees) in [(true, 3.0), (false, -2.0), (true, 0.0)] {
            let card = card((85.6, 54.0), portrait, dpi);
            let (found, _) =
                finished(&glass((210.0, 148.0), dpi, WHITE, &[(&card, (70.0, 60.0), degrees)])).unwrap();
            let name = format!("{dpi}, {portrait}, {degrees}: {found:?}");
            assert_eq!(found.straightened, Straightened::Edges, "{name}");
            assert!((found.angle - degrees).abs() < 0.5, "{name}");
            // All of it, and little more.
            let mm = |pixels: f64| pixels * 25.4 / f64::from(dpi);
            let more = [found.paper.width - card.width as f64, found.paper.height - card.height as f64];
            assert!(more.iter().all(|&more| (-0.5..2.0).contains(&mm(more))), "{more:?}: {name}");
            assert_eq!((&found.cards[..], &found.warnings[..]), (&[][..], &[][..]), "{name}");
        }
    }
}

#[test]
fn of_a_card_at_the_border_all_that_is_seen_is_kept() {
    for dpi in [150, 300] {
        let card = card((85.6, 54.0), true, dpi);
        for (name, middle, degrees, at_border, warnings) in [
            ("in the corner", (42.8, 27.0), 0.0, [true, true], &[][..]),
            ("at the left", (42.8, 70.0), 0.4, [true, false], &[]),
            ("beyond the left", (37.8, 70.0), 0.0, [true, false], &[Warning::CutOff]),
            ("above", (90.0, 23.0), 0.0, [false, true], &[Warning::CutOff]),
            ("beyond the corner", (37.8, 23.6), 0.0, [true, true], &[Warning::CutOff]),
        ] {
            let (found, _) =
                finished(&glass((210.0, 148.0), dpi, WHITE, &[(&card, middle, degrees)])).unwrap();
            let name = format!("{name}, {dpi}: {found:?}");
            assert_eq!((found.straightened, &found.warnings[..]), (Straightened::Edges, warnings), "{name}");
            let mm = |pixels: f64| pixels * 25.4 / f64::from(dpi);
            let (left, top) = (mm(found.paper.x), mm(found.paper.y));
            assert_eq!([left < 0.5, top < 0.5], at_border, "{name}");
            // All of it, and little more, to the right and below.
            let beyond = |middle: f64, side: f64, to: f64| to - middle - side / 2.0;
            let right = beyond(middle.0, 85.6, left + mm(found.paper.width));
            let below = beyond(middle.1, 54.0, top + mm(found.paper.height));
            assert!((-0.5..2.0).contains(&right) && (-0.5..2.0).contains(&below), "{name}");
            // Nothing goes with the border.
            let reach = (found.paper.width - f64::from(found.width)) / found.paper.width;
            assert!(reach < 1.0 / 200.0, "{name}");
        }
    }
    let card = card((85.6, 54.0), true, 150);
    for lid in [DARK, WHITE] {
        let sheets = [(&card, (42.8, 27.0), 0.0), (&card, (140.0, 100.0), 1.0)];
        let (found, _) = finished(&glass((210.0, 148.0), 150, lid, &sheets)).unwrap();
        let [first, _] = &found.cards[..] else { panic!("{lid}: {found:?}") };
        assert!(first.paper.x < 3.0 && first.paper.y < 3.0, "{lid}: {found:?}");
        assert_eq!(found.warnings, [], "{lid}: {found:?}");
    }
}

#[test]
fn beside_a_card_alone_print_is_kept_and_dust_is_not() {
    let place = [40.0, 40.0, 85.6, 54.0];
    for dpi in [150, 300] {
        let sheet = || Sheet::new((210.0, 148.0), dpi).rect([0.0, 0.0, 210.0, 148.0], [250.0; 3]);
        let copy =
            || sheet().rect(place, [214.0, 228.0, 236.0]).text([48.0, 48.0, 44.0, 36.0], 3.6, false, INK);
        // One character: of the first line of a paragraph the first two are left out.
        let digit = |[x, y]: [f64; 2], em: f64, ink: [f32; 3]| {
            copy().text([x - 2.0 * em, y, 3.1 * em, 1.7 * em], em, false, ink)
        };
        for (name, scan, cut) in [
            ("alone", copy().scan(), true),
            ("dust", copy().disc((160.0, 30.0), 0.15, INK).disc((20.0, 120.0), 0.2, [120.0; 3]).scan(), true),
            ("a page number", digit([105.0, 138.0], 2.8, INK).scan(), false),
            ("a pale digit", digit([170.0, 60.0], 3.5, [150.0; 3]).scan(), false),
            ("a digit near the border", digit([204.5, 60.0], 2.2, INK).scan(), false),
            ("a rule along the border", copy().rect([206.9, 40.0, 1.2, 30.0], INK).scan(), false),
            ("a shadow", copy().rect([207.4, 20.0, 2.6, 60.0], [222.0; 3]).scan(), true),
        ] {
            let (found, _) = finished(&scan).unwrap();
            assert_eq!(found.straightened == Straightened::Edges, cut, "{name}, {dpi}: {found:?}");
            let whole = (found.width as usize, found.height as usize) == (sheet().width, sheet().height);
            assert_eq!(whole, !cut, "{name}, {dpi}: {found:?}");
        }
    }
}

/// A card with a portrait, or with an emblem, in millimetres.
pub(super) fn card(size: (f64, f64), portrait: bool, dpi: u32) -> Sheet {
    let sheet = Sheet::new(size, dpi).rect([0.0, 0.0, size.0, size.1], [214.0, 228.0, 236.0]);
    let text = |sheet: Sheet, at| sheet.text(at, 3.6, false, INK);
    match portrait {
        true => text(sheet.photo([54.0, 8.0, 26.0, 32.0]), [5.0, 8.0, 44.0, 36.0]),
        false => text(sheet.disc((14.0, 15.0), 8.0, [200.0, 50.0, 50.0]), [28.0, 10.0, 50.0, 30.0]),
    }
}

#[test]
fn cards_are_straightened_and_laid_on_one_page() {
    const A5: (f64, f64) = (210.0, 148.0);
    for (dpi, lids) in [(150, [DARK, GREY, WHITE]), (300, [DARK, GREY, WHITE])] {
        let (front, back) = (card((85.6, 54.0), true, dpi), card((85.6, 54.0), false, dpi));
        for lid in lids {
            let scan = glass(A5, dpi, lid, &[(&back, (60.0, 110.0), -4.0), (&front, (140.0, 40.0), 6.5)]);
            let (found, jpeg) = finished(&scan).unwrap();
            let page = Rgb::of(&jpeg);
            let pixels = |mm: f64| mm * f64::from(dpi) / 25.4;
            assert_eq!(
                (page.width(), page.height()),
                (pixels(210.0).round() as usize, pixels(297.0).round() as usize)
            );
            assert_eq!((found.width as usize, found.height as usize), (page.width(), page.height()));
            assert_eq!((found.warnings.len(), found.turn), (0, Quarter::None), "{found:?}");
            // Read from above: the front lay higher.
            let [upper, lower] = &found.cards[..] else { panic!("{lid}: {found:?}") };
            let near = if lid == WHITE { 0.5 } else { 0.1 };
            assert!((upper.angle - 6.5).abs() < near && (lower.angle + 4.0).abs() < near, "{lid}: {found:?}");
            for card in [upper, lower] {
                let (width, height) = (card.paper.width, card.paper.height);
                let most = if lid == WHITE { 1.5 } else { 0.4 };
                assert!((width - pixels(85.6)).abs() < pixels(most), "{lid}, {dpi}: {card:?}");
                assert!((height - pixels(54.0)).abs() < pixels(most), "{lid}, {dpi}: {card:?}");
            }
            // In the middle, at true size: paper around, the tint of a card within, the emblem where it is.
            let at = |x: f64, y: f64| page.at(pixels(x) as usize, pixels(y) as usize);
            for (x, y) in [(20.0, 60.0), (105.0, 20.0), (105.0, 148.5), (60.0, 80.0), (105.0, 275.0)] {
                assert_eq!(at(x, y), [255; 3], "{lid}: {x}, {y}");
            }
            let (left, top) = (105.0 - 42.8, 148.5 + 5.0);
            let [r, g, b] = at(left + 14.0, top + 15.0);
            assert!(r > 150 && g < 100 && b < 100, "{lid}: {r} {g} {b}");
            let [r, g, b] = at(left + 14.0, top + 40.0);
            assert!(r.abs_diff(214) < 12 && g.abs_diff(228) < 12 && b.abs_diff(236) < 12, "{r} {g} {b}");
            // Round corners.
            let corner = at(left + 0.5, top + 0.5);
            assert!(corner.iter().all(|&c| c > 235), "{lid}: {corner:?}");
        }
    }
}

#[test]
fn cards_that_are_dark_or_go_on_beyond_the_glass_are_told() {
    let card = card((85.6, 54.0), true, 150);
    let scan =
        |y| glass((210.0, 148.0), 150, DARK, &[(&card, (60.0, 110.0), 1.0), (&card, (140.0, y), -1.0)]);
    let told = |scan: &[u8]| {
        let (found, _) = finished(scan).unwrap();
        assert_eq!(found.cards.len(), 2, "{found:?}");
        found.warnings
    };
    assert_eq!(told(&scan(40.0)), []);
    assert_eq!(told(&scan(24.0)), [Warning::CutOff], "its upper edge lies 3 mm beyond");
    let dim = Sheet::new((85.6, 54.0), 150).rect([0.0, 0.0, 85.6, 54.0], [84.0, 90.0, 92.0]).text(
        [5.0, 8.0, 44.0, 36.0],
        3.6,
        false,
        [12.0; 3],
    );
    let weak = glass((210.0, 148.0), 150, 7, &[(&dim, (60.0, 110.0), 1.0), (&dim, (140.0, 40.0), -1.0)]);
    assert_eq!(told(&weak), [Warning::TooDark]);
}

fn unstated(mut scan: Vec<u8>) -> Vec<u8> {
    assert_eq!(&scan[6..11], b"JFIF\0");
    scan[13] = 0;
    scan
}

#[test]
fn on_a_sheet_of_a4_a_box_of_another_size_is_no_card() {
    // At 300 and at 200 dots per inch they would be as large as identity cards.
    for (dpi, size) in [(150, (171.0, 107.7)), (121, (141.3, 89.0))] {
        let shape = card(size, true, dpi);
        for (lid, sheets) in [
            (WHITE, &[(&shape, (105.0, 90.0), 0.0)][..]),
            (DARK, &[(&shape, (105.0, 90.0), 0.0), (&shape, (105.0, 220.0), 0.0)]),
        ] {
            let scan = unstated(glass((210.0, 297.0), dpi, lid, sheets));
            let (found, _) = finished(&scan).unwrap();
            assert_eq!((&found.cards[..], found.dpi), (&[][..], None), "{dpi}, {lid}: {found:?}");
            let all = f64::from(dpi) / 25.4 * 205.0;
            assert!(lid == DARK || f64::from(found.width) > all, "{dpi}: {found:?}");
        }
    }
}

#[test]
fn a_card_alone_keeps_the_resolution_that_it_was_found_at() {
    let card = card((85.6, 54.0), true, 150);
    let scan = unstated(glass((180.0, 160.0), 150, WHITE, &[(&card, (70.0, 60.0), 1.0)]));
    let (found, jpeg) = finished(&scan).unwrap();
    assert_eq!((found.straightened, found.dpi), (Straightened::Edges, Some(150)));
    assert_eq!(jpeg[13..18], [1, 0, 150, 0, 150]);
}

#[test]
fn cards_that_take_too_much_memory_to_turn_stay_a_sheet() {
    // What counts is how wide the scan is and how many rows of it a card spans.
    let card = card((85.6, 54.0), true, 600);
    for (degrees, found) in [(2.0, 2), (20.0, 0)] {
        let sheets = [(&card, (60.0, 60.0), degrees), (&card, (160.0, 60.0), degrees)];
        let (page, _) = finished(&glass((800.0, 120.0), 600, DARK, &sheets)).unwrap();
        assert_eq!(page.cards.len(), found, "{degrees}: {page:?}");
    }
}

#[test]
fn cards_are_found_in_scans_that_state_no_resolution() {
    for dpi in [75, 150, 300] {
        let id1 = card((85.6, 54.0), true, dpi);
        let licence = card((95.0, 66.0), false, dpi);
        for (name, size, other, found) in [
            ("a glass", (216.0, 297.0), &licence, 2),
            ("a glass that lies", (297.0, 210.0), &licence, 2),
            ("identity cards", (180.0, 160.0), &id1, 2),
            ("what may be anything", (180.0, 160.0), &licence, 0),
        ] {
            // On its own a card tells no more than its pixels do.
            if dpi == 75 && name == "identity cards" {
                continue;
            }
            for lid in [DARK, WHITE] {
                let sheets = [(&id1, (60.0, 110.0), -3.0), (other, (110.0, 42.0), 2.0)];
                let (page, _) = finished(&unstated(glass(size, dpi, lid, &sheets))).unwrap();
                assert_eq!(page.cards.len(), found, "{name}, {dpi}, {lid}: {page:?}");
                assert_eq!(page.dpi, (found > 0).then_some(dpi), "{name}, {dpi}, {lid}");
            }
        }
    }
}

#[test]
fn eight_cards_stand_in_two_columns() {
    let one = card((85.6, 54.0), true, 150);
    let places = |i: usize| (50.0 + 105.0 * (i % 2) as f64, 40.0 + 70.0 * (i / 2) as f64);
    let sheets: Vec<_> = (0..8).map(|i| (&one, places(i), if i % 3 == 0 { 2.0 } else { -1.0 })).collect();
    let (found, jpeg) = finished(&glass((210.0, 297.0), 150, DARK, &sheets)).unwrap();
    assert_eq!(found.cards.len(), 8);
    let page = Rgb::of(&jpeg);
    let tinted = |x: f64, y: f64| {
        let [r, g, _] = page.at((x * 150.0 / 25.4) as usize, (y * 150.0 / 25.4) as usize);
        r.abs_diff(214) < 12 && g.abs_diff(228) < 12
    };
    assert!(tinted(15.0, 60.0) && tinted(15.0 + 95.6, 60.0) && !tinted(105.0, 60.0));
}

#[test]
fn other_things_are_no_cards() {
    let small = card((85.6, 54.0), true, 150);
    let note = Sheet::new((60.0, 40.0), 150).text([5.0, 5.0, 50.0, 30.0], 3.7, true, INK);
    let page = Sheet::new(A6, 150).text(TEXT, 3.7, true, INK);
    let copies = Sheet::new((210.0, 297.0), 150)
        .photo([62.0, 80.0, 85.6, 54.0])
        .photo([62.0, 160.0, 85.6, 54.0])
        .text([30.0, 230.0, 150.0, 30.0], 5.0, true, INK);
    let columns = Sheet::new((210.0, 200.0), 150).text([15.0, 20.0, 86.0, 54.0], 3.7, true, INK).text(
        [110.0, 20.0, 86.0, 54.0],
        3.7,
        true,
        INK,
    );
    let scans: [(&str, Vec<u8>); 6] = [
        ("one card", glass((210.0, 148.0), 150, DARK, &[(&small, (60.0, 50.0), 2.0)])),
        (
            "a card and a note",
            glass((210.0, 148.0), 150, DARK, &[(&small, (60.0, 50.0), 2.0), (&note, (150.0, 90.0), 0.0)]),
        ),
        (
            "a card and a page",
            glass((210.0, 180.0), 150, GREY, &[(&small, (50.0, 50.0), 2.0), (&page, (152.0, 80.0), 0.0)]),
        ),
        ("a copy of a card, with more below", copies.scan()),
        ("two paragraphs", columns.scan()),
        ("two paragraphs on a lid", columns.on_lid(GREY, 1.0)),
    ];
    for (name, scan) in scans {
        let (found, _) = finished(&scan).unwrap();
        assert_eq!(found.cards, [], "{name}");
    }
}

/// However cards are coded, however many are cut out at a time, and whether the scan is kept: they are drawn alike.
#[test]
fn cards_are_drawn_alike_however_the_scan_is_read() {
    let dpi = 150;
    let (front, back) = (card((85.6, 54.0), true, dpi), card((85.6, 54.0), false, dpi));
    let places = |i: usize| (50.0 + 105.0 * (i % 2) as f64, 40.0 + 70.0 * (i / 2) as f64);
    let sheets: Vec<_> = (0..6)
        .map(|i| (if i % 2 == 0 { &front } else { &back }, places(i), [2.0, -3.5, 0.0][i % 3]))
        .collect();
    let scan = glass((210.0, 297.0), dpi, DARK, &sheets);
    let pixels = turbojpeg::decompress(&scan, turbojpeg::PixelFormat::RGB).unwrap();
    for coding in scenes::Coding::ALL {
        let scan = scenes::encode(&pixels.pixels, pixels.width, pixels.height, coding, dpi);
        let dir = tempfile::tempdir().unwrap();
        let page = dir.path().join("scan.jpg");
        std::fs::write(&page, &scan).unwrap();
        let kept = |most| finish_keeping(most, &page, Compression::Faithful, vec![], &page).unwrap();
        let ((once, found), (twice, same)) = (kept(usize::MAX), kept(0));
        if coding == scenes::Coding::Rgb {
            // It tells no resolution.
            continue;
        }
        assert_eq!((found.cards.len(), same.cards.len()), (6, 6), "{coding:?}");
        let (once, twice) = (Rgb::of(&once), Rgb::of(&twice));
        let places = (0..once.height()).flat_map(|y| (0..once.width()).step_by(3).map(move |x| (x, y)));
        let off =
            |(x, y)| once.at(x, y).iter().zip(twice.at(x, y)).map(|(a, b)| u64::from(a.abs_diff(b))).sum();
        let off: u64 = places.map(|place: (usize, usize)| -> u64 { off(place) }).sum();
        assert!(off < (once.width() * once.height()) as u64 / 2, "{off} in {coding:?}");
    }
}
