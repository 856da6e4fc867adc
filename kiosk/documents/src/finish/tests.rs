//! Pages finished from scans whose truth is known.

use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;
use turbojpeg::{PixelFormat, Subsamp};

use super::scenes::{Coding, DARK, GREY, SEAL, Scene, WHITE, encode, hash};
use super::*;
use crate::sample_images::{self, Kind, Picture};

/// Finishes a scan; returns what was found and the finished file.
pub(super) fn finished(scan: &[u8]) -> Result<(Finished, Vec<u8>), PageError> {
    let dir = tempfile::tempdir().unwrap();
    let (page, out) = (dir.path().join("scan.jpg"), dir.path().join("page.jpg"));
    fs::write(&page, scan).unwrap();
    let result = finish(&page, &out);
    let left = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, if result.is_ok() { 2 } else { 1 }, "a rest was left behind");
    Ok((result?, fs::read(&out).unwrap()))
}

/// As [`finished`], but the scan is read twice, however small it is.
fn finished_in_two_passes(scan: &[u8]) -> Result<(Finished, Vec<u8>), PageError> {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("scan.jpg");
    fs::write(&page, scan).unwrap();
    finish_keeping(0, &page, Compression::Faithful, vec![], &page).map(|(jpeg, found)| (found, jpeg))
}

pub(super) struct Rgb(turbojpeg::Image<Vec<u8>>);

impl Rgb {
    pub(super) fn of(jpeg: &[u8]) -> Self {
        Self(turbojpeg::decompress(jpeg, PixelFormat::RGB).unwrap())
    }

    pub(super) fn width(&self) -> usize {
        self.0.width
    }

    pub(super) fn height(&self) -> usize {
        self.0.height
    }

    pub(super) fn at(&self, x: usize, y: usize) -> [u8; 3] {
        self.0.pixels[y * self.0.pitch + x * 3..][..3].try_into().unwrap()
    }
}

#[track_caller]
fn check_place(scene: &Scene, found: &Finished, straightened: Straightened) {
    assert_eq!(found.straightened, straightened, "{scene:?}");
    assert!((found.angle - scene.degrees).abs() < 0.05, "{} found in {scene:?}", found.angle);
    if straightened == Straightened::Edges {
        let ((x, y), (width, height)) = scene.truth();
        let Paper { x: at_x, y: at_y, width: w, height: h } = found.paper;
        let worst =
            [at_x - x, at_y - y, w - width, h - height].into_iter().fold(0.0, |m: f64, d| m.max(d.abs()));
        assert!(worst < 2.0, "{:?} found, {:?} true, in {scene:?}", found.paper, scene.truth());
    }
}

#[test]
fn angle_and_box_are_found_on_dark_and_grey_lids() {
    for lid in [DARK, GREY] {
        for degrees in [-5.0, -3.3, -1.7, -0.4, 0.0, 0.07, 0.8, 1.7, 3.1, 5.0] {
            let scene = Scene { dpi: 150, seal: true, ..Scene::new(degrees, lid) };
            let (found, _) = finished(&scene.scan()).unwrap();
            check_place(&scene, &found, Straightened::Edges);
            assert_eq!((found.dpi, &found.warnings), (Some(150), &vec![]));
        }
    }
}

#[test]
fn angle_and_box_are_found_at_other_resolutions_and_beside_shadows() {
    for (dpi, degrees) in [(75, 2.0), (200, -4.2), (300, 1.7), (600, -2.6)] {
        let scene = Scene { dpi, shadow: 34.0, ..Scene::new(degrees, GREY) };
        let (found, _) = finished(&scene.scan()).unwrap();
        check_place(&scene, &found, Straightened::Edges);
    }
}

#[test]
fn angle_and_box_are_found_at_every_skew_and_resolution() {
    for (number, degrees) in [-5.0, -2.5, 0.0, 1.7, 5.0].into_iter().enumerate() {
        for lid in [DARK, GREY] {
            let dpi = [150, 300, 600][number % 3];
            let scene = Scene { dpi, seal: true, ..Scene::new(degrees, lid) };
            let (found, _) = finished(&scene.scan()).unwrap();
            check_place(&scene, &found, Straightened::Edges);
            assert_eq!(found.warnings, [], "{scene:?}");
        }
    }
}

#[test]
fn a_full_sheet_of_a4_at_600_dots_per_inch() {
    let scene = Scene {
        dpi: 600,
        glass: (210.0, 297.0),
        sheet: (190.0, 280.0),
        middle: (104.0, 148.0),
        ..Scene::new(1.3, DARK)
    };
    let (found, _) = finished(&scene.scan()).unwrap();
    check_place(&scene, &found, Straightened::Edges);
}

#[test]
fn a_small_card_on_a_large_glass_is_found() {
    let card = Scene { sheet: (85.6, 54.0), text: true, ..Scene::new(3.7, DARK) };
    let (found, _) = finished(&card.scan()).unwrap();
    check_place(&card, &found, Straightened::Edges);
}

#[test]
fn under_a_white_lid_the_lines_of_text_tell_the_angle() {
    for (degrees, dpi) in [(-5.0, 150), (-1.7, 300), (0.0, 300), (0.6, 150), (2.9, 300), (5.0, 600)] {
        let scene = Scene { dpi, ..Scene::new(degrees, WHITE) };
        let (found, jpeg) = finished(&scene.scan()).unwrap();
        check_place(&scene, &found, Straightened::Lines);
        // Nothing is cut off, and nothing is lost in the corners.
        let (w, h) = (found.width as usize, found.height as usize);
        assert_eq!((w, h), scene.size());
        assert_eq!((Rgb::of(&jpeg).0.width, Rgb::of(&jpeg).0.height), (w, h));
    }
}

#[test]
fn what_a_turn_would_take_out_of_the_corners_stays() {
    // The sheet is larger than the glass, and written on up to the border.
    let scene = Scene { sheet: (140.0, 190.0), dpi: 150, ..Scene::new(3.0, WHITE) };
    let (found, _) = finished(&scene.scan()).unwrap();
    check_place(&scene, &found, Straightened::Lines);
    let (width, height) = scene.size();
    assert!(found.width as usize > width + 20 && found.height as usize > height + 20, "{found:?}");
}

#[test]
fn a_sheet_in_the_corner_of_the_glass_keeps_what_reaches_the_border() {
    // The left and the upper edge lie outside the glass.
    let scene = Scene { middle: (44.0, 63.0), ..Scene::new(1.2, GREY) };
    let (found, jpeg) = finished(&scene.scan()).unwrap();
    assert_eq!(found.straightened, Straightened::Edges);
    assert!((found.angle - 1.2).abs() < 0.05, "{}", found.angle);
    let ((x, y), (width, height)) = scene.truth();
    let (sin, cos) = 1.2f64.to_radians().sin_cos();
    // The right and the lower edge are where they are.
    let right = |x: f64, y: f64, width: f64| x * cos + y * sin + width;
    let bottom = |x: f64, y: f64, height: f64| y * cos - x * sin + height;
    let paper = found.paper;
    assert!((right(paper.x, paper.y, paper.width) - right(x, y, width)).abs() < 2.0, "{paper:?}");
    assert!((bottom(paper.x, paper.y, paper.height) - bottom(x, y, height)).abs() < 2.0, "{paper:?}");
    assert!(paper.x * cos + paper.y * sin < 1.0 && paper.y * cos - paper.x * sin < 1.0, "{paper:?}");
    assert_eq!(Rgb::of(&jpeg).0.width, found.width as usize);
}

#[test]
fn a_lone_dark_band_is_not_taken_for_the_lid() {
    // The sheet covers all of the glass but its upper end, as printed bands do.
    let scene = Scene { sheet: (130.0, 170.0), middle: (52.5, 95.0), ..Scene::new(0.9, DARK) };
    let (found, _) = finished(&scene.scan()).unwrap();
    assert!((found.angle - 0.9).abs() < 0.05, "{}", found.angle);
    let (width, height) = scene.size();
    assert!(found.width as usize >= width && found.height as usize >= height, "{found:?}");
}

/// What the finished page shows is what the sheet shows at that place: brightness and colour fit best
/// where they stand, and worse a little beside.
#[test]
fn the_turned_page_is_the_sheet_in_every_coding() {
    for coding in Coding::ALL {
        for degrees in [-4.0, 2.5] {
            let scene = Scene { dpi: 150, seal: true, coding, ..Scene::new(degrees, GREY) };
            let scan = scene.scan();
            let passes = [finished(&scan).unwrap(), finished_in_two_passes(&scan).unwrap()];
            for (found, jpeg) in passes {
                check_place(&scene, &found, Straightened::Edges);
                let page = Rgb::of(&jpeg);
                let bright =
                    |[r, g, b]: [f64; 3]| ((0.299 * r + 0.587 * g + 0.114 * b) * 255.0 / 238.0).min(255.0);
                let shown = |[r, g, b]: [f64; 3]| 0.299 * r + 0.587 * g + 0.114 * b;
                check_fit(&scene, &page, 1.0, 7.0, bright, shown);
                if coding != Coding::Grey {
                    let red = |[r, g, _]: [f64; 3]| r - g;
                    check_fit(&scene, &page, 4.0, 5.0, red, red);
                }
            }
        }
    }
}

/// Compares one property of the page with that of the sheet, in place and `beside` pixels away.
#[track_caller]
fn check_fit(
    scene: &Scene,
    page: &Rgb,
    beside: f64,
    most: f64,
    truth: impl Fn([f64; 3]) -> f64,
    shown: impl Fn([f64; 3]) -> f64,
) {
    let rim = (scene.sheet.0 * scene.scale() - page.0.width as f64) / 2.0;
    let off = |right: f64, down: f64| {
        let at = |pixel: usize, away: f64| (pixel as f64 + 0.5 + rim + away) / scene.scale();
        let (width, height) = (page.0.width, page.0.height);
        let mut sum = 0.0;
        for (x, y) in (0..height).step_by(3).flat_map(|y| (0..width).map(move |x| (x, y))) {
            let sheet = scene.on_sheet(at(x, right), at(y, down));
            sum += (truth(sheet) - shown(page.at(x, y).map(f64::from))).abs();
        }
        sum / (width * height / 3) as f64
    };
    let here = off(0.0, 0.0);
    assert!(here < most, "{here} off in {scene:?}");
    for (right, down) in [(beside, 0.0), (-beside, 0.0), (0.0, beside), (0.0, -beside)] {
        let there = off(right, down);
        assert!(there > here * 1.1, "{here} off, but {there} at {right}, {down} in {scene:?}");
    }
}

#[test]
fn paper_becomes_white_and_seals_stay_red() {
    for lid in [DARK, GREY] {
        let scene = Scene { seal: true, ..Scene::new(-2.2, lid) };
        let (_, jpeg) = finished(&scene.scan()).unwrap();
        let page = Rgb::of(&jpeg);
        let pixel = |mm: f64| (mm * scene.scale()) as usize;
        let ((x, y), radius, _) = SEAL;
        let white = page.at(pixel(4.0), pixel(4.0));
        assert!(white.iter().all(|&c| c >= 245), "{white:?}");
        let mut reds = 0;
        for step in 0..72 {
            let angle = f64::from(step) * 5f64.to_radians();
            let [r, g, b] = page.at(pixel(x + radius * angle.cos()) - 2, pixel(y + radius * angle.sin()) - 2);
            reds += usize::from((185..=250).contains(&r) && g < 110 && b < 115);
        }
        // Where print lies below the seal it is darker.
        assert!(reds > 50, "{reds} of 72");
    }
}

#[test]
fn a_photograph_without_paper_is_left_as_it_is() {
    let (width, height) = (613, 811);
    let level = |x: usize, y: usize| {
        let cloud = |n: usize| f64::from(hash((x / n) as u32, (y / n) as u32) % 100);
        (30.0 + cloud(61) * 0.6 + cloud(23) * 0.5 + cloud(7) * 0.3) as u8
    };
    let pixel = |i: usize| [level(i % width, i / width), level(i % width + 5, i / width), 90];
    let rgb: Vec<u8> = (0..width * height).flat_map(pixel).collect();
    for coding in [Coding::Colour(Subsamp::Sub2x2), Coding::Colour(Subsamp::None), Coding::Rgb] {
        let scan = encode(&rgb, width, height, coding, 300);
        let (found, jpeg) = finished(&scan).unwrap();
        assert_eq!((found.straightened, found.angle), (Straightened::Nothing, 0.0));
        assert_eq!((found.width as usize, found.height as usize), (width, height));
        let (before, after) = (Rgb::of(&scan), Rgb::of(&jpeg));
        let off: u64 =
            before.0.pixels.iter().zip(&after.0.pixels).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(off < 4 * before.0.pixels.len() as u64, "{off} in {coding:?}");
    }
}

#[test]
fn blank_and_dark_pages_are_told_and_kept() {
    for (lid, degrees) in [(DARK, 2.0), (GREY, -1.0)] {
        let blank = Scene { text: false, ..Scene::new(degrees, lid) };
        let (found, jpeg) = finished(&blank.scan()).unwrap();
        check_place(&blank, &found, Straightened::Edges);
        assert_eq!(found.warnings, [Warning::Blank]);
        assert!(!jpeg.is_empty());
    }
    let under_white = Scene { text: false, ..Scene::new(1.0, WHITE) };
    let (found, _) = finished(&under_white.scan()).unwrap();
    assert_eq!((found.straightened, found.warnings), (Straightened::Nothing, vec![Warning::Blank]));
    // Black, and what a weak lamp makes of white paper, with print on it that is hardly darker.
    for paper in [[52, 50, 48], [76, 74, 71], [100, 98, 95], [124, 122, 120]] {
        let dark = Scene { paper, ..Scene::new(1.0, 10) };
        let (found, _) = finished(&dark.scan()).unwrap();
        assert_eq!(found.warnings, [Warning::TooDark], "{paper:?}");
    }
    let dim = Scene { paper: [172, 170, 160], ..Scene::new(1.0, 10) };
    let (found, _) = finished(&dim.scan()).unwrap();
    assert_eq!(found.warnings, [], "grey paper can be made white");
}

#[test]
fn the_same_scan_gives_the_same_bytes() {
    let scan = Scene { dpi: 150, seal: true, ..Scene::new(1.9, GREY) }.scan();
    let (first, second) = (finished(&scan).unwrap(), finished(&scan).unwrap());
    assert_eq!(first.0, second.0);
    assert!(first.1 == second.1);
}

/// A small scan is decoded once and kept, a large one is decoded twice: the page is the same.
#[test]
fn it_does_not_matter_how_often_a_scan_is_read() {
    let seen = |degrees: f64, lid: u8| Scene { dpi: 150, seal: true, ..Scene::new(degrees, lid) };
    let sheets = [seen(2.2, DARK), seen(-4.1, GREY), seen(0.0, GREY), seen(0.8, WHITE)];
    for (sheet, coding) in sheets.iter().flat_map(|sheet| Coding::ALL.map(|coding| (sheet, coding))) {
        let scan = Scene { coding, ..*sheet }.scan();
        let ((once, page), (twice, same)) =
            (finished(&scan).unwrap(), finished_in_two_passes(&scan).unwrap());
        // The mean of what was decoded is not to the last bit what is decoded at a part of the size.
        assert!((once.angle - twice.angle).abs() < 0.005, "{once:?}, {twice:?}");
        assert!((once.paper.x - twice.paper.x).abs() < 0.2, "{once:?}, {twice:?}");
        assert!((once.paper.y - twice.paper.y).abs() < 0.2, "{once:?}, {twice:?}");
        assert_eq!(
            (once.straightened, &once.warnings, once.turn),
            (twice.straightened, &twice.warnings, twice.turn)
        );
        let (page, same) = (Rgb::of(&page), Rgb::of(&same));
        let (width, height) = (page.width().min(same.width()), page.height().min(same.height()));
        assert!(page.width().abs_diff(same.width()) <= 1, "{once:?}, {twice:?}");
        assert!(page.height().abs_diff(same.height()) <= 1, "{once:?}, {twice:?}");
        let places = (0..height).step_by(3).flat_map(|y| (0..width).map(move |x| (x, y)));
        let off = |(x, y)| -> u64 {
            page.at(x, y).iter().zip(same.at(x, y)).map(|(a, b)| u64::from(a.abs_diff(b))).sum()
        };
        let off: u64 = places.map(off).sum();
        assert!(off < (width * height) as u64, "{off} in {coding:?}");
    }
}

#[test]
fn what_is_finished_can_be_inspected_and_finished_again() {
    let (found, jpeg) = finished(&Scene::new(-3.0, DARK).scan()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("page.jpg");
    fs::write(&path, &jpeg).unwrap();
    let info = crate::inspect(&path).unwrap();
    assert_eq!((info.width, info.height, info.dpi), (found.width, found.height, Some(300)));
    let (again, _) = finished(&jpeg).unwrap();
    assert!(again.angle.abs() < 0.05, "{again:?}");
    assert!(again.width + 8 >= found.width && again.height + 8 >= found.height, "{again:?}");
}

#[test]
fn tiny_and_narrow_images_are_left_as_they_are() {
    for (width, height) in [(1, 1), (7, 3), (16, 16), (3000, 5), (9, 4000)] {
        for kind in [Kind::Color, Kind::Grey, Kind::PlainRgb] {
            let scan = sample_images::encode(Picture::Text, width, height, kind);
            for (found, jpeg) in [finished(&scan).unwrap(), finished_in_two_passes(&scan).unwrap()] {
                let size = (found.width as usize, found.height as usize);
                assert_eq!((size, found.straightened), ((width, height), Straightened::Nothing));
                assert_eq!((Rgb::of(&jpeg).0.width, Rgb::of(&jpeg).0.height), size);
            }
        }
    }
}

#[test]
fn unusable_scans_are_told_apart_and_leave_the_old_page() {
    let good = Scene { dpi: 75, ..Scene::new(1.0, GREY) }.scan();
    let data = good.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let frame = good.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let changed = |at: usize, bytes: &[u8]| {
        let mut scan = good.clone();
        scan[at..at + bytes.len()].copy_from_slice(bytes);
        scan
    };
    type Expected = fn(&PageError) -> bool;
    let ending = |end: &[u8]| [&good[..good.len() - 2], end].concat();
    let cases: [(&str, Vec<u8>, Expected); 10] = [
        ("no bytes", vec![], |e| matches!(e, PageError::Empty { .. })),
        ("no image", b"%PDF-1.7".to_vec(), |e| matches!(e, PageError::NotJpeg { .. })),
        ("zeros for an end", ending(&[0; 20]), |e| matches!(e, PageError::Truncated { .. })),
        ("more before the end", ending(&[&[0; 20][..], &[0xFF, 0xD9]].concat()), |e| {
            matches!(e, PageError::Corrupt { .. })
        }),
        ("half", good[..good.len() / 2].to_vec(), |e| matches!(e, PageError::Truncated { .. })),
        ("head", good[..60].to_vec(), |e| matches!(e, PageError::Truncated { .. })),
        ("damage", changed(data + 200, &[0xFF, 0xC4, 0, 9, 9, 9, 9, 9]), |e| {
            matches!(e, PageError::Corrupt { .. })
        }),
        ("gigantic", changed(frame + 5, &[0xFF, 0xFF, 0xFF, 0xFF]), |e| {
            matches!(e, PageError::Dimensions { .. })
        }),
        ("odd sampling", changed(frame + 11, &[0x31]), |e| {
            matches!(
                e,
                PageError::Unsupported { .. } | PageError::Corrupt { .. } | PageError::Truncated { .. }
            )
        }),
        ("CMYK", sample_images::encode(Picture::Text, 64, 64, Kind::Cmyk), |e| {
            matches!(e, PageError::Cmyk { .. })
        }),
    ];
    for (name, scan, expected) in cases {
        let dir = TempDir::new().unwrap();
        let (page, out) = (dir.path().join("scan.jpg"), dir.path().join("page.jpg"));
        fs::write(&page, scan).unwrap();
        fs::write(&out, "older").unwrap();
        let error = finish(&page, &out).unwrap_err();
        assert!(expected(&error), "{name}: {error}");
        let error = finish_keeping(0, &page, Compression::Faithful, vec![], &out).unwrap_err();
        assert!(expected(&error), "{name}, in two passes: {error}");
        assert_eq!(fs::read(&out).unwrap(), b"older", "{name}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "{name}");
    }
}

#[test]
fn a_full_disk_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("scan.jpg");
    fs::write(&page, Scene { dpi: 75, ..Scene::new(1.0, GREY) }.scan()).unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let out = dir.path().join("page.jpg");
    let error = finish_into(&page, Compression::Faithful, full, &out).map(|(_, found)| found).unwrap_err();
    assert_eq!(error, PageError::DiskFull { path: out });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = finished(&bytes);
        let mut after_start = vec![0xFF, 0xD8, 0xFF];
        after_start.extend(bytes);
        let _ = finished(&after_start);
    }

    #[test]
    fn damage_never_panics(
        kind in prop_oneof![
            Just(Kind::Color), Just(Kind::Grey), Just(Kind::Progressive), Just(Kind::PlainRgb),
        ],
        size in (1usize..200, 1usize..200),
        hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = sample_images::encode(Picture::Text, size.0, size.1, kind);
        for (at, value) in hits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let (once, twice) = (finished(&bytes), finished_in_two_passes(&bytes));
        prop_assert_eq!(once.is_ok(), twice.is_ok(), "{:?}, {:?}", once.err(), twice.err());
    }

    /// Any picture at all, whole: its place may be anything, the page that comes out is sound.
    #[test]
    fn any_picture_gives_a_sound_page(
        size in (8usize..60, 8usize..60),
        greys in proptest::collection::vec(any::<u8>(), 64),
        coarse in 1usize..9,
    ) {
        let (width, height) = (size.0 * 8, size.1 * 8);
        let grey = |i: usize| greys[(i % width / (8 * coarse) + 7 * (i / width / (8 * coarse))) % greys.len()];
        let rgb: Vec<u8> = (0..width * height).flat_map(|i| [grey(i); 3]).collect();
        let scan = encode(&rgb, width, height, Coding::Grey, 300);
        for (found, jpeg) in [finished(&scan).unwrap(), finished_in_two_passes(&scan).unwrap()] {
            let page = Rgb::of(&jpeg);
            prop_assert_eq!((page.0.width, page.0.height), (found.width as usize, found.height as usize));
        }
    }
}
