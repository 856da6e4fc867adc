//! Paper that somebody left in the feeder.

use crate::hall::{Hall, enabled, name, says_word};
use crate::papers::{assert_is_of, bytes, feed, leave, open, to_materials, wait_held, wait_is};
use serde_json::Value;

/// A visitor lays paper into the feeder, does not scan it, and leaves; it is told when he goes, and to
/// whoever comes.
fn leave_paper(hall: &Hall, card: &str, papers: &[&str]) {
    to_materials(hall, card);
    feed(hall, papers);
    hall.lift();
    hall.touch("finish");
    hall.wait_word("goodbye.feeder.title");
    leave(hall);
    hall.wait_word("home.feeder.title");
}

fn asked(state: &Value) -> bool {
    name(state) == "scan" && says_word(state, "scan_ask.whose.title")
}

/// "Paper that somebody left in the feeder must not be scanned into the next visitor's visit": it is asked
/// whose it is, nothing moves before it is out, and then it goes on by itself.
#[test]
fn paper_left_behind_is_not_scanned_into_the_next_visit() {
    let hall = Hall::open();
    leave_paper(&hall, "man", &["lease", "floor-plan"]);
    to_materials(&hall, "woman");
    open(&hall, "id-card");
    let state = hall.wait("the question", asked);
    assert!(!enabled(&state, "scan.start"), "{state:#}");
    hall.touch("answer.no");
    let state = hall.wait_word("scan_ask.take_out.title");
    assert!(!enabled(&state, "scan.start") && !enabled(&state, "answer.no"), "{state:#}");
    assert_eq!(state["scanner"]["images_delivered"], 0);
    assert_eq!(state["scanner"]["feeder"].as_array().map(Vec::len), Some(2), "nothing has moved");

    // She takes it out, and lays her own in.
    feed(&hall, &[]);
    hall.wait("scanning to go on", |state| enabled(state, "scan.start"));
    feed(&hall, &["id-copy"]);
    hall.touch("scan.start");
    hall.wait_screen("review");
    hall.touch("scan.accept");
    wait_is(&hall, "id-card", "received");
    assert_is_of(&hall, &bytes(&hall, &wait_held(&hall, 1)[0]), &["id-copy"]);
    leave(&hall);
    assert!(!says_word(&hall.state(), "home.feeder.title"));
}

/// Whoever laid his paper in before he came to the screen says so with one touch.
#[test]
fn paper_that_is_the_visitors_own() {
    let hall = Hall::open();
    leave_paper(&hall, "man", &["id-copy"]);
    to_materials(&hall, "man");
    open(&hall, "id-card");
    hall.wait("the question", asked);
    // From the glass it is no question.
    hall.touch("source.flatbed");
    hall.wait("no question", |state| enabled(state, "scan.start"));
    hall.touch("source.feeder");
    hall.touch("answer.yes");
    hall.wait_screen("review");
    hall.touch("scan.accept");
    wait_is(&hall, "id-card", "received");
    assert_is_of(&hall, &bytes(&hall, &wait_held(&hall, 1)[0]), &["id-copy"]);
}
