//! Pages looked at and put right, and what they come out as.

use crate::hall::{Hall, enabled, name, says, says_word, word};
use crate::papers::{
    assert_is_of, bytes, counted, feed, open, page_images, registration, scan, sha256, to_materials,
    wait_held, wait_is,
};
use std::process::Command;

fn page_of(page: usize, pages: usize) -> String {
    word("review.page").replace("{page}", &page.to_string()).replace("{pages}", &pages.to_string())
}

/// "Scan, preview, scan one page again, add a page, reorder, remove": at the end the store holds the
/// document once and bit-identical to what the visitor accepted.
#[test]
fn pages_are_put_right_before_they_are_handed_in() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    scan(&hall, "premises", &["lease", "business-licence", "floor-plan"]);
    let shown = |page, pages| {
        hall.wait("the page", |state| name(state) == "review" && says(state, &page_of(page, pages)))
    };
    shown(1, 3);
    hall.touch("preview.next");
    shown(2, 3);
    hall.touch("preview.next");
    shown(3, 3);
    // lease, business-licence, floor-plan -> lease, floor-plan, business-licence
    hall.touch("page.earlier");
    shown(2, 3);
    // the first again: id-copy in place of lease
    hall.touch("preview.previous");
    shown(1, 3);
    feed(&hall, &["id-copy"]);
    hall.touch("page.again");
    hall.touch("scan.start");
    shown(1, 3);
    // one more, which comes last
    feed(&hall, &["lease"]);
    hall.touch("scan.add");
    hall.touch("scan.start");
    shown(4, 4);
    // out with the licence, which is asked first
    hall.touch("preview.previous");
    shown(3, 4);
    hall.touch("page.remove");
    let state = hall.wait("the question", |state| enabled(state, "answer.yes"));
    assert!(!enabled(&state, "scan.accept"), "{state:#}");
    hall.touch("answer.yes");
    shown(3, 3);
    hall.touch("scan.accept");
    wait_is(&hall, "premises", "received");
    let held = wait_held(&hall, 1);
    let pdf = bytes(&hall, &held[0]);
    assert_is_of(&hall, &pdf, &["id-copy", "floor-plan", "lease"]);
    let told = registration(&hall, &held[0]);
    let pages: Vec<String> = page_images(&pdf).iter().map(|image| sha256(image)).collect();
    assert_eq!(told["custody"]["pages"], serde_json::json!(pages), "each page's digest is in custody");
}

/// "Scan this page again" takes one sheet, however many lie there: the others stay in the feeder, which is
/// said, and do not come among the pages in silence.
#[test]
fn one_page_again_takes_one_sheet() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    scan(&hall, "premises", &["lease", "business-licence"]);
    feed(&hall, &["id-copy", "floor-plan", "floor-plan"]);
    hall.touch("page.again");
    hall.touch("scan.start");
    let state = hall.wait_word("scan_problem.only_one.title");
    assert!(name(&state) == "review" && says(&state, &page_of(1, 2)), "{state:#}");
    assert_eq!(state["scanner"]["feeder"].as_array().map(Vec::len), Some(2), "the others have not moved");
    feed(&hall, &[]);
    hall.wait("nothing more to say", |state| !says_word(state, "scan_problem.only_one.title"));
    hall.touch("scan.accept");
    assert_is_of(&hall, &bytes(&hall, &wait_held(&hall, 1)[0]), &["id-copy", "business-licence"]);
}

/// A page that lies on its side is turned by touch, and stands so in the document.
#[test]
fn a_page_is_turned() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    scan(&hall, "id-card", &["floor-plan"]);
    let before = hall.get("/api/screen.png");
    hall.touch("page.rotate");
    hall.wait("another picture", |_| hall.get("/api/screen.png") != before);
    hall.touch("scan.accept");
    let pdf = bytes(&hall, &wait_held(&hall, 1)[0]);
    assert_is_of(&hall, &pdf, &["floor-plan"]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("document.pdf");
    std::fs::write(&file, pdf).expect("a file");
    let told = Command::new("pdfinfo").arg(&file).output().expect("pdfinfo");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.lines().any(|line| line.starts_with("Page rot:") && line.ends_with(" 90")), "{told}");
}

/// "Output per material, by configuration": an OFD, and JPEG pages, as the catalogue says.
#[test]
fn a_material_comes_out_as_the_catalogue_says() {
    let hall = Hall::open();
    hall.identify("home.scan", "man");
    hall.pick("package.hold-performance");
    hall.touch("confirm");
    hall.wait_screen("licences");
    hall.touch("back");
    hall.wait_screen("materials");
    crate::papers::hand_in(&hall, "programme", &["lease", "floor-plan"]);
    let held = wait_held(&hall, 1);
    assert!(held[0].name.ends_with(".ofd"), "{held:?}");
    assert_eq!(registration(&hall, &held[0])["media_type"], "application/ofd");
    let ofd = bytes(&hall, &held[0]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("document.ofd");
    std::fs::write(&file, ofd).expect("a file");
    let listed = Command::new("python3").args(["-m", "zipfile", "-l"]).arg(&file).output().expect("python3");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for entry in ["OFD.xml", "Doc_0/Document.xml", "Doc_0/DocumentRes.xml"] {
        assert!(listed.contains(entry), "{listed}");
    }
}

/// "Or the JPEG pages": one as it is, several in one archive, so that a material is always one file.
#[test]
fn photographs_stay_pictures() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    crate::papers::hand_in(&hall, "site-photos", &["floor-plan"]);
    let first = wait_held(&hall, 1).remove(0);
    assert!(first.name.ends_with(".jpg"), "{first:?}");
    assert_eq!(registration(&hall, &first)["media_type"], "image/jpeg");
    assert!(
        bytes(&hall, &first) == crate::papers::finished(&hall, "floor-plan"),
        "the page as it was accepted"
    );
}

/// "compact": print apart from its ground, as lossless masks, in a fraction of the bytes; nothing of the
/// scan stays on the disk.
#[test]
fn a_compact_document_where_the_catalogue_wants_one() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    crate::papers::hand_in(&hall, "articles", &["lease", "business-licence"]);
    wait_is(&hall, "articles", "received");
    let compact = bytes(&hall, &wait_held(&hall, 1)[0]);
    crate::papers::hand_in(&hall, "premises", &["lease", "business-licence"]);
    let held = wait_held(&hall, 2);
    let faithful =
        held.iter().find(|d| registration(&hall, d)["material"] == "premises").expect("a document");
    let faithful = bytes(&hall, faithful);
    assert!(compact.len() * 4 < faithful.len(), "{} bytes beside {}", compact.len(), faithful.len());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("document.pdf");
    std::fs::write(&file, compact).expect("a file");
    let listed = Command::new("pdfimages").arg("-list").arg(&file).output().expect("pdfimages");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("stencil") && listed.contains("jbig2"), "{listed}");
    let left = crate::papers::pages_on_disk(hall.folder());
    assert!(left.iter().all(|path| path.is_dir()), "{left:?}");
}

/// A blank page is asked about, and taken out when nobody wants it.
#[test]
fn a_blank_page_is_taken_out() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    feed(&hall, &["lease", "blank", "floor-plan"]);
    open(&hall, "premises");
    hall.touch("scan.start");
    let state = hall.wait("the question", |state| name(state) == "review" && enabled(state, "answer.no"));
    assert!(says(&state, &word("review_ask.blank.title").replace("{page}", "2")), "{state:#}");
    assert!(says(&state, &counted("review.pages", 3)), "{state:#}");
    hall.touch("answer.no");
    hall.touch("scan.accept");
    assert_is_of(&hall, &bytes(&hall, &wait_held(&hall, 1)[0]), &["lease", "floor-plan"]);
}
