//! Single scenes in which one thing could be taken for another.

mod sim;

use sim::{Picture, Print, Rng, Scan};
use ticket_loop::{
    Bitmap, Findings, Grade, Grey, Label, Layout, LayoutError, Turn, Unreadable, grade, read, separate,
    test_ticket,
};

const WIDTH: usize = 576;
const WHITE: f64 = 0.9;
const DARK: f64 = 0.03;

fn layout() -> Layout {
    Layout::new(WIDTH).expect("a head")
}

fn ticket() -> Bitmap {
    test_ticket(layout(), &Label::new("jiading-lobby-1", "T0042", 7).expect("a label"))
}

/// A straight ticket in the middle of the glass, and nothing wrong with anything.
fn straight(lid: f64) -> (Print, Scan) {
    let (print, scan) = sim::well(WIDTH, &mut Rng(5));
    let glass = (140.0, 150.0);
    let print = Print { fade: 0.0, feed: 1.0, ..print };
    let scan = Scan {
        dpi: 300,
        glass,
        middle: (70.0, 75.0),
        quarter: 0,
        degrees: 0.0,
        lid,
        scale: (1.0, 1.0),
        shear_degrees: 0.0,
        ..scan
    };
    (print, scan)
}

fn look(picture: &Picture) -> Result<Findings, Unreadable> {
    let grey = Grey::new(picture.width, picture.height, picture.dpi, &picture.pixels).expect("a scan");
    read(&grey, layout())
}

fn play(print: &Print, scan: &Scan) -> Findings {
    look(&sim::scan(&ticket(), print, scan, &mut Rng(11))).expect("a ticket")
}

fn dead(findings: &Findings) -> Vec<usize> {
    findings.dead_dots.iter().flat_map(|range| range.first..=range.last).collect()
}

#[test]
fn dead_dots_of_a_straight_ticket_are_no_stripes() {
    for lid in [WHITE, DARK] {
        let (mut print, scan) = straight(lid);
        print.dead = vec![0, 100, 101, 102, 300, 302, 575];
        let findings = play(&print, &scan);
        assert_eq!(dead(&findings), print.dead);
        assert_eq!(findings.stripes, []);
    }
}

#[test]
fn a_stripe_along_a_straight_ticket_is_no_dead_dot() {
    for (lid, contrast) in [(WHITE, -0.3), (WHITE, 0.25), (DARK, -0.3), (DARK, 0.3)] {
        let (print, mut scan) = straight(lid);
        scan.stripes = vec![(60.0, 0.3, contrast)];
        let findings = play(&print, &scan);
        assert_eq!(dead(&findings), [], "{lid} {contrast}");
        assert!(findings.unjudged_dots < 12, "{} dots lie under the stripe", findings.unjudged_dots);
        let [stripe] = findings.stripes[..] else { panic!("{lid} {contrast}: {:?}", findings.stripes) };
        assert!((stripe.at_mm + stripe.width_mm / 2.0 - 60.15).abs() < 0.2, "{stripe:?}");
        assert!(stripe.contrast * contrast > 0.0, "{stripe:?}");
    }
}

/// An independent program reads the code as it is printed, and as it is scanned.
#[test]
fn zbar_reads_the_code() {
    let (print, scan) = straight(WHITE);
    let ticket = ticket();
    let places = (0..ticket.height()).flat_map(|y| (0..ticket.width()).map(move |x| (x, y)));
    let dots: Vec<u8> = places.map(|(x, y)| if ticket.is_black(x, y) { 0 } else { 255 }).collect();
    let drawn = Picture { width: ticket.width(), height: ticket.height(), dpi: 203, pixels: dots };
    for picture in [drawn, sim::scan(&ticket, &print, &scan, &mut Rng(1))] {
        let file = std::env::temp_dir().join(format!("ticket-loop-{}.pgm", std::process::id()));
        let head = format!("P5 {} {} 255\n", picture.width, picture.height);
        std::fs::write(&file, [head.as_bytes(), &picture.pixels].concat()).expect("a file");
        let read = std::process::Command::new("zbarimg")
            .args(["-q", "--raw", "-Sdisable", "-Sqrcode.enable"])
            .arg(&file)
            .output();
        std::fs::remove_file(&file).expect("a file");
        let read = read.expect("zbarimg of zbar-tools; run `make setup`").stdout;
        assert_eq!(String::from_utf8_lossy(&read).trim(), "T1/jiading-lobby-1/T0042/0000000000000007");
    }
}

/// The rails run down nearly all of such a scan.
#[test]
fn a_scan_cut_to_the_paper_has_no_stripes() {
    for lid in [WHITE, DARK] {
        let (print, mut scan) = straight(lid);
        scan.glass = (84.0, 88.0);
        scan.middle = (42.0, 44.0);
        let grades = grade(&play(&print, &scan));
        assert_eq!((grades.printer.grade, grades.scanner.grade), (Grade::Good, Grade::Good), "{grades:?}");
    }
}

#[test]
fn every_resolution_tells_every_dot() {
    for dpi in [200, 240, 300, 400, 600] {
        let (mut print, mut scan) = straight(WHITE);
        print.dead = vec![3, 90, 91, 200, 204, 499];
        (scan.dpi, scan.degrees) = (dpi, 4.0);
        let findings = play(&print, &scan);
        assert_eq!(dead(&findings), print.dead, "{dpi} dpi");
        assert!((findings.geometry.across - 1.0).abs() < 0.002, "{dpi} dpi: {:?}", findings.geometry);
    }
}

#[test]
fn the_whole_glass_is_looked_over() {
    for (lid, middle) in [(WHITE, (55.0, 60.0)), (DARK, (150.0, 240.0))] {
        let (mut print, mut scan) = straight(lid);
        print.dead = vec![42];
        (scan.glass, scan.middle, scan.degrees) = ((210.0, 297.0), middle, -10.0);
        let findings = play(&print, &scan);
        assert_eq!(dead(&findings), [42]);
        assert!((findings.geometry.degrees + 10.0).abs() < 0.05, "{:?}", findings.geometry);
    }
}

/// Both say 2 % where both are wrong in one scan; a second one, turned by a quarter, tells them apart.
#[test]
fn two_scans_tell_the_feed_from_the_motor() {
    let (mut print, mut scan) = straight(WHITE);
    print.feed = 1.02;
    scan.scale = (1.004, 0.985);
    let turned: Vec<_> = (0..4u8)
        .map(|quarter| {
            scan.quarter = quarter;
            play(&print, &scan)
        })
        .collect();
    let turns: Vec<_> = turned.iter().map(|f| f.geometry.turn).collect();
    assert_eq!(turns, [Turn::Upright, Turn::Right, Turn::UpsideDown, Turn::Left]);
    assert_eq!(separate(&turned[0], &turned[2]), None, "both lie the same way");
    for (one, other) in [(0, 1), (3, 2)] {
        let apart = separate(&turned[one], &turned[other]).expect("both ways");
        assert!((apart.feed_percent - 2.0).abs() < 0.15, "{apart:?}");
        assert!((apart.scanner_x - 1.004).abs() < 0.0015, "{apart:?}");
        assert!((apart.scanner_y - 0.985).abs() < 0.0015, "{apart:?}");
    }
}

#[test]
fn rows_and_slips_are_found_where_they_are() {
    let (mut print, scan) = straight(DARK);
    print.missing = vec![(30, 1), (200, 2), (300, 1)];
    let missing = play(&print, &scan).missing_lines;
    assert_eq!(missing.len(), 3, "{missing:?}");
    for ((row, _), (expected, _)) in missing.iter().zip(&print.missing) {
        assert!(row.abs_diff(*expected) <= 1, "{missing:?}");
    }
    let (mut print, scan) = straight(WHITE);
    print.slip = (260.0, 5.0);
    let findings = play(&print, &scan);
    assert!((1.5..5.0).contains(&findings.feed_unevenness), "{}", findings.feed_unevenness);
    assert_eq!(findings.missing_lines, []);
    assert_eq!(findings.number, "T0042");
}

#[test]
fn what_is_no_whole_ticket_is_not_read() {
    let (print, scan) = straight(WHITE);
    let none = Picture { width: 1600, height: 1700, dpi: 300, pixels: vec![240; 1600 * 1700] };
    assert_eq!(look(&none), Err(Unreadable::NoTicket));
    for middle in [(20.0, 75.0), (70.0, 135.0)] {
        let over = Scan { middle, ..scan.clone() };
        let picture = sim::scan(&ticket(), &print, &over, &mut Rng(1));
        assert_eq!(look(&picture), Err(Unreadable::NoTicket), "over the rim at {middle:?}");
    }
    let narrow = Layout::new(512).expect("a head");
    let label = Label::new("jiading-lobby-1", "T0042", 7).expect("a label");
    let picture = sim::scan(&test_ticket(narrow, &label), &print, &scan, &mut Rng(1));
    assert_eq!(look(&picture), Err(Unreadable::NoTicket), "another head's ticket");
}

#[test]
fn a_head_has_a_width_that_there_is() {
    for width in [0, 376, 383, 385, 840, usize::MAX] {
        assert_eq!(Layout::new(width), Err(LayoutError { width }));
    }
}
