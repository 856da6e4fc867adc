//! A package whose materials are partly in the store, on the worst of lines: "at the end the store holds each document
//! exactly once and bit-identical to what the visitor accepted".

use crate::hall::{Hall, Opening};
use crate::licences::{give, to_question};
use crate::papers::{
    assert_is_of, bytes, documents, feed, finish_with_one_stored, hand_in, in_outbox, is, leave,
    registration, says_fault, scan, to_materials, wait_held, wait_is,
};
use crate::scan::wait_until;
use crate::upload::network;
use serde_json::{Value, json};

/// Breaks of the line.
const CUTS: u64 = 20;

/// Numbers that look random and are the same each time (xorshift64: Marsaglia, 2003).
struct Random(u64);

impl Random {
    fn among(&mut self, from: u64, to: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        from + self.0 % (to - from)
    }
}

fn cuts(state: &Value) -> u64 {
    state["network"]["cuts"].as_u64().expect("a count")
}

/// One material is held by the store already. Of another the visitor puts the pages right; on their way the line
/// breaks twenty times, wherever it happens to be, while he goes on with a third.
#[test]
fn twenty_breaks_of_the_line() {
    let hall = Hall::open();
    let licence =
        json!({ "type": "resident_id", "number": "310114199003076511", "valid_until": "2041-05-01" });
    give(&hall, false, licence);
    to_question(&hall);
    hall.touch("licences.yes");
    wait_is(&hall, "id-card", "in_store");

    let pages =
        ["lease", "floor-plan", "business-licence", "id-copy", "lease", "floor-plan", "business-licence"];
    scan(&hall, "premises", &pages);
    // The first page again, and the second out.
    feed(&hall, &["id-copy"]);
    hall.touch("page.again");
    hall.touch("scan.start");
    hall.wait_screen("review");
    hall.touch("preview.next");
    hall.touch("page.remove");
    hall.touch("answer.yes");
    network(&hall, json!({ "kbit_s": 16_000 }));
    hall.touch("scan.accept");
    hall.wait("some of it", |state| documents(state).iter().any(|document| document.bytes > 0));
    let mut random = Random(0x0DD0_0020);
    let mut handed_in = false;
    for cut in 0..CUTS {
        network(&hall, json!({ "cut_after_bytes": random.among(8_000, 90_000) }));
        // Whatever came through meanwhile, something has to be on its way until the last break.
        if cut == CUTS / 2 {
            hand_in(&hall, "name-notice", &["floor-plan", "lease"]);
            handed_in = true;
        }
        hall.wait("a break, or the end", |state| {
            cuts(state) > cut
                || handed_in && documents(state).iter().filter(|document| document.held).count() == 2
        });
    }
    assert_eq!(cuts(&hall.state()), CUTS, "all was there before the last break");
    network(&hall, "up");
    wait_is(&hall, "premises", "received");
    wait_is(&hall, "name-notice", "received");

    let held = wait_held(&hall, 2);
    for document in &held {
        let wanted: &[&str] = match registration(&hall, document)["material"].as_str() {
            Some("premises") => {
                &["id-copy", "business-licence", "id-copy", "lease", "floor-plan", "business-licence"]
            }
            Some("name-notice") => &["floor-plan", "lease"],
            other => panic!("{other:?} was handed in"),
        };
        assert_is_of(&hall, &bytes(&hall, document), wanted);
    }
    assert_eq!(documents(&hall.state()).len(), 2, "no upload is begun twice");
    wait_until("the kiosk's copies to go", || in_outbox(hall.folder()).is_empty());
}

/// Papers are taken all day; the next morning, after the night's restart, the store is still away. Then it is back.
#[test]
fn a_day_without_network() {
    let hall = Opening::default().with(&["--clock", "2026-11-26T09:00:00"]).open();
    network(&hall, "down");
    to_materials(&hall, "man");
    hand_in(&hall, "id-card", &["id-copy"]);
    hand_in(&hall, "premises", &["lease", "floor-plan"]);
    for material in ["id-card", "premises"] {
        hall.wait("what the visitor is told", |state| is(state, material, "stored"));
    }
    leave(&hall);
    let (folder, _kept) = hall.kill();
    let stored = in_outbox(&folder).len();
    assert_eq!(stored, 2);

    // Nobody listens there.
    let away = Opening::default().settings("[store]\nurl = \"https://127.0.0.1:9\"\n");
    let hall = away.with(&["--clock", "2026-11-27T09:00:00"]).on(&folder).open();
    to_materials(&hall, "woman");
    hand_in(&hall, "id-card", &["id-copy"]);
    hall.wait("what the visitor is told", |state| is(state, "id-card", "stored") && says_fault(state, "N01"));
    finish_with_one_stored(&hall);
    assert!(documents(&hall.state()).is_empty(), "nothing has arrived");
    let (folder, _kept) = hall.kill();
    assert_eq!(in_outbox(&folder).len(), 3);

    let hall = Opening::default().with(&["--clock", "2026-11-27T12:00:00"]).on(&folder).open();
    for document in wait_held(&hall, 3) {
        let wanted: &[&str] = match registration(&hall, &document)["material"].as_str() {
            Some("premises") => &["lease", "floor-plan"],
            _ => &["id-copy"],
        };
        assert_is_of(&hall, &bytes(&hall, &document), wanted);
    }
    wait_until("the kiosk's copies to go", || in_outbox(hall.folder()).is_empty());
}
