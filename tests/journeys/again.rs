//! Handing in what need not be handed in: it was handed in before, or the store has it.

use crate::custody::assert_proven;
use crate::hall::{Hall, enabled, name, says, says_word};
use crate::papers::{assert_is_of, bytes, feed, leave, registration, to_materials, wait_held, wait_is};
use serde_json::json;

/// From the question to the checklist, through the scanner.
fn hand_in_all_the_same(hall: &Hall, material: &str, paper: &str) {
    hall.touch(&format!("material.{material}"));
    hall.wait_screen("hand-in");
    feed(hall, &[paper]);
    hall.touch("answer.yes");
    hall.touch("source.feeder");
    hall.touch("scan.start");
    hall.wait_screen("review");
    hall.touch("scan.accept");
    hall.wait_screen("materials");
}

/// The wrong sheet was handed in: after a question another takes its place, both stay with the hall and in
/// custody, and what the office says of the older one does not concern the visitor any more.
#[test]
fn a_paper_that_was_received_is_handed_in_again() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    crate::papers::hand_in(&hall, "id-card", &["floor-plan"]);
    wait_is(&hall, "id-card", "received");
    let first = wait_held(&hall, 1).remove(0);

    hall.touch("material.id-card");
    let state = hall.wait_screen("hand-in");
    assert!(says_word(&state, "hand_in.handed_in.title") && says_word(&state, "hand_in.handed_in.text"));
    hall.touch("back");
    wait_is(&hall, "id-card", "received");
    hand_in_all_the_same(&hall, "id-card", "id-copy");
    wait_is(&hall, "id-card", "received");
    let both = wait_held(&hall, 2);
    let second = both.iter().find(|document| document.id != first.id).expect("another document");
    assert_is_of(&hall, &bytes(&hall, second), &["id-copy"]);
    let custody = |document| registration(&hall, document)["custody"].clone();
    assert_eq!(custody(second)["previous"], custody(&first)["code"]);
    assert_proven(&hall, custody(second)["code"].as_str().expect("a code"), &both);

    let wrong = json!({ "material": first.id, "result": "returned", "reason": "wrong_document" });
    hall.post("/api/store", json!({ "review": wrong }));
    leave(&hall);
    to_materials(&hall, "man");
    wait_is(&hall, "id-card", "received");
    hall.post("/api/store", json!({ "review": { "material": second.id, "result": "accepted" } }));
    let state = wait_is(&hall, "id-card", "accepted");
    assert!(!enabled(&state, "material.id-card"), "what is approved is not replaced");
}

/// What waits in the kiosk is handed in again as well, and both arrive.
#[test]
fn a_paper_that_waits_here_is_handed_in_again() {
    let hall = Hall::open();
    hall.post("/api/network", json!({ "store": "down" }));
    to_materials(&hall, "man");
    crate::papers::hand_in(&hall, "id-card", &["floor-plan"]);
    wait_is(&hall, "id-card", "stored");
    hand_in_all_the_same(&hall, "id-card", "id-copy");
    wait_is(&hall, "id-card", "stored");
    hall.post("/api/network", json!({ "store": "up" }));
    wait_is(&hall, "id-card", "received");
    let both = wait_held(&hall, 2);
    let code = |document| registration(&hall, document)["custody"]["code"].clone();
    let newer = both
        .iter()
        .find(|newer| {
            let previous = registration(&hall, newer)["custody"]["previous"].clone();
            both.iter().any(|older| code(older) == previous)
        })
        .expect("one that stands on the other");
    assert_is_of(&hall, &bytes(&hall, newer), &["id-copy"]);
}

/// "已有，不用交" can be overruled: the visitor is told what the store has, masked, and that he need not.
#[test]
fn what_the_store_has_is_handed_in_all_the_same() {
    let hall = Hall::open();
    let licence =
        json!({ "type": "resident_id", "number": "310114199003076511", "valid_until": "2041-05-01" });
    hall.post("/api/store", json!({ "licence": { "person": "man", "take": true, "give": licence } }));
    hall.identify("home.scan", "man");
    hall.pick(crate::papers::MATTER);
    hall.touch("confirm");
    hall.touch("licences.yes");
    wait_is(&hall, "id-card", "in_store");
    hall.touch("material.id-card");
    let state = hall.wait_screen("hand-in");
    assert!(says(&state, "****6511") && says(&state, "2041年5月1日"), "{state:#}");
    assert!(!state.to_string().contains("310114199003076511"), "{state:#}");
    hall.touch("back");
    wait_is(&hall, "id-card", "in_store");
    hand_in_all_the_same(&hall, "id-card", "id-copy");
    let state = wait_is(&hall, "id-card", "received");
    assert_eq!(name(&state), "materials");
    assert_is_of(&hall, &bytes(&hall, &wait_held(&hall, 1)[0]), &["id-copy"]);
}
