//! Paper through the scanner to one document a material, and what can go wrong on the way.

use crate::hall::{Hall, Opening, enabled, name, says, says_word, word};
use crate::papers::{
    MATTER, assert_is_of, bytes, counted, drawn, feed, finished, hand_in, images_listed, is, leave, open,
    page_images, pages_on_disk, paper, registration, says_fault, scan, to_materials, wait_held, wait_is,
};
use serde_json::{Value, json};

/// Shorter than a visitor thinks, longer than any step of a journey takes.
const IMPATIENT: &str = "[patience]\nidle = 6\npapers = 6\nwarning = 2\ngoodbye = 1\ncard_left = 1\n";

/// "Scan: eSCL over HTTP: feeder …; the pages of one material become one PDF": two sheets through the
/// feeder, looked at page by page, accepted; the store holds one PDF of two pages, each bit by bit the
/// image that the scanner delivered.
#[test]
fn two_sheets_become_one_document() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    let state = scan(&hall, "premises", &["lease", "id-copy"]);
    let page = |n: usize| word("review.page").replace("{page}", &n.to_string()).replace("{pages}", "2");
    assert!(says(&state, &page(1)), "the first page is shown first: {state:#}");
    assert!(!enabled(&state, "preview.previous"));
    hall.touch("preview.next");
    hall.wait("the second page", |state| says(state, &page(2)));
    hall.touch("scan.accept");
    wait_is(&hall, "premises", "received");

    let held = wait_held(&hall, 1);
    assert_eq!(held[0].name, "经营场所产权证明或租赁合同.pdf");
    assert_is_of(&hall, &bytes(&hall, &held[0]), &["lease", "id-copy"]);
    let told = registration(&hall, &held[0]);
    assert_eq!(told["material"], "premises");
    let items = told["items"].as_array().expect("items");
    assert!(items.len() > 1, "handed in once for all items that ask for it: {told:#}");
    let names =
        |item: &Value, key: &str, length: usize| item[key].as_str().is_some_and(|code| code.len() == length);
    let whole = |item: &Value| names(item, "task_code", 31) && names(item, "dept_code", 18);
    assert!(items.iter().all(whole), "and for each department that works on it: {told:#}");
    leave(&hall);
}

/// "300 dpi colour, page by page onto disk with a live preview": while later sheets still run, the first
/// is on disk and on the screen, in its colours; the visitor stops the feeder and keeps what he has.
#[test]
fn pages_come_one_by_one() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    open(&hall, "premises");
    let red_before = red(&hall.get("/api/screen.png"));
    feed(&hall, &["business-licence"; 20]);
    hall.touch("scan.start");
    hall.wait("some pages of many", some_pages);
    let on_disk = |n: u32| {
        let end = format!("page-{n:03}.jpg");
        pages_on_disk(hall.folder()).iter().any(|page| page.ends_with(&end))
    };
    assert!(on_disk(1) && !on_disk(20), "page by page");
    // The seal of the licence is red; nothing else on this screen is.
    let red_now = red(&hall.get("/api/screen.png"));
    assert!(
        red_now > red_before + 500,
        "the seal is not to be seen: {red_now} red pixels, {red_before} before"
    );
    hall.touch("scan.stop");
    let state = hall.wait_screen("review");
    assert!(!on_disk(20) && !says_word(&state, "scan_problem.bad_page.title"), "{state:#}");
    hall.touch("scan.accept");
    let pdf = bytes(&hall, &wait_held(&hall, 1)[0]);
    let pages = page_images(&pdf).len();
    assert!((1..20).contains(&pages), "{pages}");
}

/// Whether the scanner runs and has delivered some pages.
fn some_pages(state: &Value) -> bool {
    name(state) == "scanning" && (1..20).any(|pages| says(state, &counted("scanning.count", pages)))
}

/// Pixels of a picture that are clearly red.
fn red(png: &[u8]) -> usize {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a picture");
    let clearly = |p: &&[u8]| p[0] > 150 && p[1] < 110 && p[2] < 110;
    pixels[..info.buffer_size()].chunks_exact(info.color_type.samples()).filter(clearly).count()
}

/// "Flatbed"; and pages can be added (`scan.add`), or scanned again in its place (`page.again`).
#[test]
fn the_glass() {
    let hall = Hall::open();
    let glass = |name: &str| hall.post("/api/scanner", json!({ "flatbed": paper(&hall, name) }));
    let scan_glass = |pages: usize| {
        hall.touch("source.flatbed");
        hall.touch("scan.start");
        let words = counted("review.pages", pages);
        hall.wait("the page", |state| name(state) == "review" && says(state, &words));
    };
    to_materials(&hall, "man");
    open(&hall, "id-card");
    glass("floor-plan");
    scan_glass(1);
    // A single page that is scanned again: the old one goes when the new one is there.
    hall.touch("page.again");
    hall.wait_screen("scan");
    glass("id-copy");
    scan_glass(1);
    hall.touch("scan.add");
    hall.wait_word("scan.have.one");
    glass("business-licence");
    scan_glass(2);
    hall.touch("scan.accept");
    wait_is(&hall, "id-card", "received");
    let pdf = bytes(&hall, &wait_held(&hall, 1)[0]);
    assert_is_of(&hall, &pdf, &["id-copy", "business-licence"]);
    leave(&hall);
}

/// "A flatbed full of small cards (both sides of an ID card) is split into its cards and laid on one A4 page": what
/// lay under a dark lid comes out on white paper, one card below the other.
#[test]
fn cards_on_the_glass_are_laid_on_one_page() {
    let hall = Hall::open();
    let glass = hall.folder().join("cards.png");
    std::fs::write(&glass, two_cards()).expect("a picture");
    to_materials(&hall, "man");
    open(&hall, "id-card");
    hall.post("/api/scanner", json!({ "flatbed": glass }));
    hall.touch("source.flatbed");
    hall.touch("scan.start");
    let words = counted("review.pages", 1);
    hall.wait("one page", |state| name(state) == "review" && says(state, &words));
    hall.touch("scan.accept");
    wait_is(&hall, "id-card", "received");
    let pdf = bytes(&hall, &wait_held(&hall, 1)[0]);
    assert_eq!(images_listed(&pdf).len(), 1);
    let rows = drawn(&pdf);
    let mean = |row: &Vec<u8>| row.iter().map(|grey| u32::from(*grey)).sum::<u32>() / row.len() as u32;
    assert!(rows.iter().all(|row| mean(row) > 150), "nothing of the lid");
    let is_white = |row: &Vec<u8>| row.iter().all(|grey| *grey > 245);
    let cards = rows.chunk_by(|a, b| is_white(a) == is_white(b)).filter(|rows| !is_white(&rows[0]));
    // 54 mm are 77 rows at 36 dpi.
    let heights: Vec<_> = cards.map(<[_]>::len).collect();
    assert!(matches!(heights[..], [74..=80, 74..=80]), "{heights:?}");
}

/// What a scanner sees of two cards of 85.6 × 54 mm on its glass, whose lid is dark, at 300 dpi, as PNG.
fn two_cards() -> Vec<u8> {
    const GLASS: (usize, usize) = (2480, 3508);
    const CARD: (usize, usize) = (1011, 638);
    const CORNERS: [(usize, usize); 2] = [(300, 400), (900, 1700)];
    let mut pixels = vec![34; GLASS.0 * GLASS.1];
    for (left, top) in CORNERS {
        for (y, row) in pixels.chunks_exact_mut(GLASS.0).enumerate().skip(top).take(CARD.1) {
            for (x, grey) in row.iter_mut().enumerate().skip(left).take(CARD.0) {
                let (x, y) = (x - left, y - top);
                // Print, on a card that is not quite white.
                let inked = (80..900).contains(&x) && (80..560).contains(&y) && x % 44 < 30 && y % 80 < 34;
                *grey = if inked && (x / 3 + y / 5) % 3 > 0 { 50 } else { 226 };
            }
        }
    }
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, GLASS.0 as u32, GLASS.1 as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("an end");
    png
}

/// A visitor whose finger trembles accepts several times: one document.
#[test]
fn accepted_again_and_again() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    scan(&hall, "id-card", &["id-copy"]);
    let accept = || {
        // The later ones may find the button gone, which is as well.
        let _ = hall.try_request("POST", "/api/touch", r#"{"id":"scan.accept"}"#);
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(accept);
        }
    });
    wait_is(&hall, "id-card", "received");
    wait_held(&hall, 1);
}

/// "300 dpi colour": a sheet that is no scanner's image yet is scanned on A4 at that resolution.
#[test]
fn three_hundred_dots_an_inch_in_colour() {
    let hall = Hall::open();
    let sheet = hall.folder().join("sheet.png");
    std::fs::write(&sheet, hall.get("/api/screen.png")).expect("a sheet");
    to_materials(&hall, "man");
    open(&hall, "id-card");
    hall.post("/api/scanner", json!({ "feeder": [sheet] }));
    hall.touch("scan.start");
    hall.wait_screen("review");
    hall.touch("scan.accept");
    let images = images_listed(&bytes(&hall, &wait_held(&hall, 1)[0]));
    assert_eq!(images, [["2480", "3508", "3", "300", "300"]], "width, height, components, dots an inch");
}

/// "The upload starts at accept, which stays possible when the page only draws a warning": a blank page.
#[test]
fn a_blank_page_draws_a_warning_and_can_be_handed_in() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    let state = scan(&hall, "id-card", &["id-copy"]);
    assert!(!says_word(&state, "page_warning.blank.title"), "{state:#}");
    hall.touch("back");
    hall.touch("answer.yes");
    let state = scan(&hall, "id-card", &["blank"]);
    // It is asked about, and goes on only then.
    assert!(enabled(&state, "answer.yes") && !enabled(&state, "scan.accept"), "{state:#}");
    hall.touch("answer.yes");
    hall.touch("scan.accept");
    assert_is_of(&hall, &bytes(&hall, &wait_held(&hall, 1)[0]), &["blank"]);
}

/// "Bad input … loses nothing: … a scanner that jams on page 2": page 1 is kept and the visitor told what
/// to do; once the paper is free the rest is added, and the document has every page.
#[test]
fn a_jam_on_page_2() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    let papers = ["lease", "business-licence", "id-copy"];
    feed(&hall, &papers);
    hall.post("/api/scanner", json!({ "jam_at": 2 }));
    open(&hall, "premises");
    hall.touch("scan.start");
    let state = hall.wait_screen("review");
    assert!(says(&state, &counted("review.pages", 1)), "page 1 is kept: {state:#}");
    assert!(says_fault(&state, "S02") && says(&state, &go_on(1)), "{state:#}");
    hall.touch("scan.add");
    hall.wait("the jam told, and no scan meanwhile", |state| {
        name(state) == "scan" && says_fault(state, "S02") && !enabled(state, "scan.start")
    });
    hall.post("/api/scanner", json!({ "jam_at": null }));
    hall.touch("scan.start");
    let words = counted("review.pages", 3);
    let state = hall.wait("all pages", |state| name(state) == "review" && says(state, &words));
    assert!(!says_fault(&state, "S02"), "{state:#}");
    hall.touch("scan.accept");
    assert_is_of(&hall, &bytes(&hall, &wait_held(&hall, 1)[0]), &papers);
}

/// An empty feeder is said in words, and scanning goes on once there is paper.
#[test]
fn an_empty_feeder() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    open(&hall, "id-card");
    hall.touch("scan.start");
    let state = hall.wait_word("scan_problem.feeder_empty.title");
    assert_eq!(name(&state), "scan");
    feed(&hall, &["id-copy"]);
    hall.touch("scan.start");
    let state = hall.wait_screen("review");
    assert!(!says_word(&state, "scan_problem.feeder_empty.title"), "{state:#}");
    hall.touch("back");
    hall.touch("answer.yes");
    hall.wait_screen("materials");
    assert!(pages_on_disk(hall.folder()).iter().all(|p| p.is_dir()), "a page not handed in is thrown away");
}

/// A scanner without power is said so, numbers are given all the same, and back on it scans; one that goes
/// off in the middle of a scan loses no page that was there.
#[test]
fn the_scanner_is_switched_off_and_on() {
    let hall = Hall::open();
    let power = |power: &str| hall.post("/api/scanner", json!({ "power": power }));
    power("off");
    hall.wait_word("home.no_scanner");
    assert_eq!(hall.take_number("man", MATTER).number, "A001");
    power("on");
    hall.wait("the scanner back", |state| name(state) == "home" && !says_word(state, "home.no_scanner"));

    to_materials(&hall, "man");
    feed(&hall, &["lease"; 20]);
    open(&hall, "premises");
    hall.touch("scan.start");
    hall.wait("some pages of many", some_pages);
    power("off");
    let state = hall.wait("the end of it", |state| name(state) == "review" && says_fault(state, "S01"));
    let stored = (1..20).any(|page| says(&state, &go_on(page)));
    assert!(stored, "it says after which page one can go on: {state:#}");
    hall.touch("scan.add");
    hall.wait("no scan meanwhile", |state| name(state) == "scan" && !enabled(state, "scan.start"));
    power("on");
    feed(&hall, &["id-copy"]);
    hall.touch("scan.start");
    hall.wait("the rest", |state| name(state) == "review" && !says_fault(state, "S01"));
    hall.touch("scan.accept");
    let images = page_images(&bytes(&hall, &wait_held(&hall, 1)[0]));
    let (last, first) = images.split_last().expect("pages");
    let is = |image: &Vec<u8>, name: &str| *image == finished(&hall, name);
    assert!(!first.is_empty() && first.iter().all(|image| is(image, "lease")) && is(last, "id-copy"));
}

/// An open hatch is said so where scanning starts; closed, scanning goes on.
#[test]
fn the_hatch() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    feed(&hall, &["id-copy"]);
    open(&hall, "id-card");
    hall.post("/api/scanner", json!({ "hatch": "open" }));
    hall.wait("the hatch told", |state| says_fault(state, "S03") && !enabled(state, "scan.start"));
    hall.post("/api/scanner", json!({ "hatch": "closed" }));
    hall.touch("scan.start");
    let state = hall.wait_screen("review");
    assert!(!says_fault(&state, "S03"), "{state:#}");
}

/// "The pages of one material become one PDF": several materials of a package, each a document of its own;
/// the checklist tells which have arrived, goodbye how many.
#[test]
fn several_materials_of_a_package() {
    let hall = Hall::open();
    let state = to_materials(&hall, "man");
    assert!(is(&state, "id-card", "spoken.missing"), "{state:#}");
    hand_in(&hall, "id-card", &["id-copy"]);
    hand_in(&hall, "name-notice", &["business-licence", "lease"]);
    // On the list's second page, where it goes on.
    hand_in(&hall, "floor-plan", &["floor-plan"]);
    wait_is(&hall, "floor-plan", "received");
    hall.touch("page.previous");
    hall.wait("two received, a third missing", |state| {
        is(state, "id-card", "received")
            && is(state, "name-notice", "received")
            && is(state, "premises", "spoken.missing")
    });
    let held = wait_held(&hall, 3);
    for (material, file, papers) in [
        ("id-card", "申请人身份证.pdf", &["id-copy"][..]),
        ("name-notice", "企业名称自主申报告知书.pdf", &["business-licence", "lease"]),
        ("floor-plan", "经营场所平面图.pdf", &["floor-plan"]),
    ] {
        let document = held.iter().find(|d| registration(&hall, d)["material"] == material);
        let document = document.unwrap_or_else(|| panic!("{material} is not among {held:#?}"));
        assert_eq!(document.name, file);
        assert_is_of(&hall, &bytes(&hall, document), papers);
    }
    hall.touch("finish");
    hall.wait_screen("receipt");
    hall.leave_receipt();
    hall.wait("goodbye", |state| says(state, &counted("goodbye.received", 3)));
}

/// "Leave: … idle timer; the person is gone": pages that a visitor left behind at review go with the
/// session, and so do those of a kiosk that lost its power.
#[test]
fn pages_left_behind_are_thrown_away() {
    let hall = Opening::default().settings(IMPATIENT).open();
    to_materials(&hall, "man");
    scan(&hall, "id-card", &["id-copy"]);
    assert!(!pages_on_disk(hall.folder()).is_empty());
    hall.wait_screen("home");
    wait_until("no page on disk", || pages_on_disk(hall.folder()).is_empty());

    hall.lift();
    to_materials(&hall, "man");
    scan(&hall, "id-card", &["id-copy"]);
    let (folder, _kept) = hall.kill();
    assert!(!pages_on_disk(&folder).is_empty());
    let hall = Opening::default().on(&folder).open();
    assert_eq!(pages_on_disk(hall.folder()), Vec::<std::path::PathBuf>::new());
    assert!(wait_held(&hall, 0).is_empty(), "nobody accepted them");
}

/// "A full disk": the next page is refused before it is in the feeder's mouth, with words that say what to
/// do; documents from before are kept and still arrive.
#[test]
fn a_full_disk() {
    let hall = Hall::open();
    hall.post("/api/network", json!({ "store": "down" }));
    to_materials(&hall, "man");
    hand_in(&hall, "id-card", &["id-copy"]);
    wait_is(&hall, "id-card", "stored");
    let (folder, _kept) = hall.kill();

    let full = "[kiosk]\nreserve_mib = 1000000000\n";
    let hall = Opening::default().settings(full).on(&folder).open();
    to_materials(&hall, "man");
    feed(&hall, &["business-licence"]);
    open(&hall, "name-notice");
    hall.touch("scan.start");
    let state = hall.wait("the reason", |state| name(state) == "scan" && says_fault(state, "K01"));
    assert_eq!(state["scanner"]["images_delivered"], 0, "the sheet is still in the feeder");
    assert_eq!(state["scanner"]["feeder"].as_array().map(Vec::len), Some(1));
    assert_is_of(&hall, &bytes(&hall, &wait_held(&hall, 1)[0]), &["id-copy"]);
    hall.touch("back");
    wait_is(&hall, "id-card", "received");
}

/// A disk that fails when a document is accepted: told on the screen, the pages are still there, and
/// accepting them again succeeds once the disk does.
#[test]
fn the_disk_fails_when_a_document_is_accepted() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    scan(&hall, "premises", &["lease", "id-copy"]);
    let folder = hall.folder().join("kiosk/outbox/documents");
    let away = folder.with_extension("away");
    std::fs::rename(&folder, &away).expect("moving it away");
    hall.touch("scan.accept");
    let state = hall.wait("the reason", |state| name(state) == "review" && says_fault(state, "K04"));
    assert!(says(&state, &counted("review.pages", 2)) && enabled(&state, "scan.accept"), "{state:#}");
    std::fs::rename(&away, &folder).expect("moving it back");
    hall.touch("scan.accept");
    wait_is(&hall, "premises", "received");
    assert_is_of(&hall, &bytes(&hall, &wait_held(&hall, 1)[0]), &["lease", "id-copy"]);
}

/// Waits until something outside the hall's state is so.
pub fn wait_until(what: &str, so: impl Fn() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(40);
    while !so() {
        assert!(std::time::Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
}

/// After which page scanning can go on.
fn go_on(page: usize) -> String {
    word("scan_problem.go_on").replace("{page}", &page.to_string()).replace("{next}", &(page + 1).to_string())
}
