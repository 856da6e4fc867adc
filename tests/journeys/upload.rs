//! From the checklist to the central store: nothing is lost, nothing arrives twice.

use crate::custody::assert_proven;
use crate::hall::{Hall, Opening, elements, enabled, name, says, word};
use crate::number::identify_anew;
use crate::papers::{
    Document, MATTER, assert_is_of, bytes, documents, finish_with_one_stored, hand_in, in_outbox, is, leave,
    registration, says_fault, scan, sha256, to_materials, wait_held, wait_is,
};
use crate::scan::wait_until;
use serde_json::{Value, json};
use std::path::Path;

/// The line to the store.
pub fn network(hall: &Hall, store: impl Into<Value>) {
    hall.post("/api/network", json!({ "store": store.into() }));
}

/// What the kiosk's index tells of its only document.
struct Kept {
    sha256: String,
    bytes: u64,
}

/// The only document that the kiosk still has. Its file tells nothing of what is in it.
fn kept(folder: &Path) -> Kept {
    let files = in_outbox(folder);
    assert_eq!(files.len(), 1, "{files:?}");
    let file = std::fs::read(&files[0]).expect("the document");
    for clear in ["%%EOF", "endobj"] {
        assert!(
            memchr::memmem::find(&file, clear.as_bytes()).is_none(),
            "a clear document lies in the outbox"
        );
    }
    // A copy is read: opening the index itself would tidy up what a crash has left.
    let copy = tempfile::tempdir().expect("a folder");
    for name in ["outbox.sqlite", "outbox.sqlite-wal"] {
        let from = folder.join("kiosk/outbox").join(name);
        if from.exists() {
            std::fs::copy(from, copy.path().join(name)).expect("a copy");
        }
    }
    let index = rusqlite::Connection::open(copy.path().join("outbox.sqlite")).expect("the index");
    let sql = "SELECT lower(hex(sha256)), bytes FROM document WHERE state <> 'deleted'";
    let (sha256, bytes): (String, i64) =
        index.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("a document");
    Kept { sha256, bytes: bytes.try_into().expect("a length") }
}

fn wait_outbox_empty(hall: &Hall) {
    wait_until("the kiosk's copy to go", || in_outbox(hall.folder()).is_empty());
}

/// "The outbox is durable": with the network down the visitor is told that his paper is stored in the
/// kiosk and may leave; when the network is back it arrives whole, and only then does the kiosk's copy go.
#[test]
fn the_network_is_down_when_a_paper_is_handed_in() {
    let hall = Hall::open();
    network(&hall, "down");
    to_materials(&hall, "man");
    hand_in(&hall, "id-card", &["id-copy"]);
    hall.wait("what the visitor is told", |state| is(state, "id-card", "stored") && says_fault(state, "N01"));
    finish_with_one_stored(&hall);
    leave(&hall);
    let document = kept(hall.folder());
    assert!(documents(&hall.state()).is_empty());

    network(&hall, "up");
    let held = wait_held(&hall, 1);
    assert_eq!(held[0].sha256, document.sha256);
    assert_is_of(&hall, &bytes(&hall, &held[0]), &["id-copy"]);
    wait_outbox_empty(&hall);
    let state = to_materials(&hall, "man");
    assert!(is(&state, "id-card", "received") && !says_fault(&state, "N01"), "{state:#}");
}

/// "A cut link resumes at the server's offset": cut again and again, the document arrives bit by bit, once,
/// in one upload, and hardly anything is sent twice.
#[test]
fn the_line_is_cut_again_and_again() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    scan(&hall, "premises", &["lease", "business-licence", "floor-plan"]);
    network(&hall, json!({ "kbit_s": 8000 }));
    hall.touch("scan.accept");
    hall.wait("some of it", |state| documents(state).iter().any(|d| d.bytes > 0));
    let document = kept(hall.folder());
    let mut cuts = 0;
    let mut state = hall.state();
    while cuts < 4 && documents(&state).iter().all(|d| !d.held) {
        network(&hall, json!({ "cut_after_bytes": 150_000 }));
        state = hall.wait("a cut, or the end", |state| {
            state["network"]["cuts"].as_u64() > Some(cuts) || documents(state).iter().any(|d| d.held)
        });
        cuts = state["network"]["cuts"].as_u64().expect("a count");
    }
    network(&hall, "up");
    let held = wait_held(&hall, 1);
    assert!(cuts >= 3, "{cuts} cuts in {} bytes", document.bytes);
    assert_eq!(held[0].sha256, document.sha256);
    let sent = hall.state()["network"]["bytes_up"].as_u64().expect("a count");
    // What a cut takes with it is on its way at that moment, and a new handshake.
    let most = held[0].bytes + (cuts + 1) * 128 * 1024;
    assert!(sent < most, "{sent} bytes were sent for a document of {}, {cuts} cuts", held[0].bytes);
    wait_outbox_empty(&hall);
}

/// How much of a material has been sent by what the checklist says, in percent.
fn sent(state: &Value, material: &str) -> Option<u8> {
    let (id, words) = (format!("material.{material}"), word("materials.sending"));
    let row = elements(state).find(|e| e["id"] == id.as_str())?;
    row["label"].as_str()?.split_once(words.split("{percent}").next()?)?.1.strip_suffix('%')?.parse().ok()
}

/// A slow line: the checklist tells how far it is; where it breaks, that the paper waits here; and the document
/// arrives.
#[test]
fn a_slow_line() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    scan(&hall, "id-card", &["id-copy"]);
    network(&hall, json!({ "kbit_s": 2000 }));
    hall.touch("scan.accept");
    hall.wait("some of it sent", |state| sent(state, "id-card").is_some_and(|n| (1..100).contains(&n)));
    network(&hall, "down");
    hall.wait("nothing to be on its way", |state| is(state, "id-card", "stored") && says_fault(state, "N01"));
    assert_eq!(in_outbox(hall.folder()).len(), 1, "kept as long as it is not confirmed");
    network(&hall, "up");
    wait_is(&hall, "id-card", "received");
    assert_is_of(&hall, &bytes(&hall, &wait_held(&hall, 1)[0]), &["id-copy"]);
    wait_outbox_empty(&hall);
}

/// "The outbox is durable …; the file is deleted only when the store confirmed the whole document's
/// digest"; "killed with SIGKILL and started again on the same DIR, the kiosk goes on where durable state
/// says": killed at one journalled step, the store ends up with the document once, and the visitor who
/// comes back is not asked for it again.
fn killed_at(step: &str) {
    let mut hall = Opening::default().with(&["--kill-at", step]).open();
    to_materials(&hall, "man");
    scan(&hall, "premises", &["lease", "id-copy"]);
    // The hall may be gone before it has answered.
    let _ = hall.try_request("POST", "/api/touch", r#"{"id":"scan.accept"}"#);
    hall.wait_dead();
    let (folder, _kept) = hall.kill();
    let document = (step != "doc.deleted").then(|| kept(&folder));
    assert!(document.is_some() || in_outbox(&folder).is_empty(), "confirmed and deleted");

    let hall = Opening::default().on(&folder).open();
    let held = wait_held(&hall, 1);
    let arrived = bytes(&hall, &held[0]);
    assert_is_of(&hall, &arrived, &["lease", "id-copy"]);
    assert!(document.is_none_or(|document| document.sha256 == sha256(&arrived)), "other bytes arrived");
    wait_outbox_empty(&hall);
    to_materials(&hall, "man");
    wait_is(&hall, "premises", "received");
    assert_eq!(wait_held(&hall, 1).len(), 1, "and it was not sent again");
}

macro_rules! killed {
    ($($name:ident = $step:literal;)*) => { $(
        #[doc = concat!("Killed at `", $step, "`; see [`killed_at`].")]
        #[test]
        fn $name() {
            killed_at($step);
        }
    )* };
}

killed! {
    killed_when_the_document_is_in_the_outbox = "doc.added";
    killed_when_the_upload_has_an_address = "upload.created";
    killed_when_the_first_bytes_have_arrived = "upload.patched";
    killed_when_more_bytes_have_arrived = "upload.patched:3";
    killed_when_all_bytes_have_arrived = "upload.complete";
    killed_when_the_store_has_confirmed = "doc.confirmed";
    killed_when_the_file_is_deleted = "doc.deleted";
}

/// Killed before the outbox knows the document that lies sealed beside it: nobody was told that it is stored.
/// The visitor is asked for it, and nothing of the half-done one stays.
#[test]
fn killed_when_the_document_is_sealed() {
    let mut hall = Opening::default().with(&["--kill-at", "doc.sealed"]).open();
    to_materials(&hall, "man");
    scan(&hall, "premises", &["lease", "id-copy"]);
    let _ = hall.try_request("POST", "/api/touch", r#"{"id":"scan.accept"}"#);
    hall.wait_dead();
    let (folder, _kept) = hall.kill();

    let hall = Opening::default().on(&folder).open();
    let state = to_materials(&hall, "man");
    assert!(in_outbox(&folder).is_empty(), "what nobody knows of is gone");
    assert!(!is(&state, "premises", "received") && !is(&state, "premises", "stored"), "{state:#}");
    assert!(enabled(&state, "material.premises"), "{state:#}");
    hand_in(&hall, "premises", &["lease", "id-copy"]);
    wait_is(&hall, "premises", "received");
    let held = wait_held(&hall, 1);
    assert_is_of(&hall, &bytes(&hall, &held[0]), &["lease", "id-copy"]);
}

/// Killed when the store has been told of the number and that is not noted yet: it is told again, and the
/// visitor's number is the same.
#[test]
fn killed_when_the_number_is_told() {
    let mut hall = Opening::default().with(&["--kill-at", "doc.served"]).open();
    to_materials(&hall, "man");
    hand_in(&hall, "id-card", &["id-copy"]);
    wait_is(&hall, "id-card", "received");
    leave(&hall);
    hall.identify("home.number", "man");
    hall.wait("his choice", |state| enabled(state, "confirm"));
    let _ = hall.try_request("POST", "/api/touch", r#"{"id":"confirm"}"#);
    hall.wait_dead();
    let (folder, _kept) = hall.kill();

    let hall = Opening::default().on(&folder).open();
    let held = wait_held(&hall, 1).remove(0);
    hall.wait("the store to know the number", |_| registration(&hall, &held)["number"] == "A001");
    assert_eq!(hall.take_number("man", MATTER).number, "A001");
    assert_eq!(wait_held(&hall, 1).len(), 1, "and the paper was not sent again");
}

/// Papers go on with whoever handed them in: a number that he gave back, or missed, does not end them. The next one
/// is told of each, nothing has to be handed in again, and one chain of custody holds them all.
#[test]
fn papers_go_on_with_the_next_number() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    hand_in(&hall, "id-card", &["id-copy"]);
    let first = wait_held(&hall, 1).remove(0);
    leave(&hall);
    let knows = |document: &Document, number: &str| {
        hall.wait("the store to know the number", |_| registration(&hall, document)["number"] == number);
    };
    assert_eq!(hall.take_number("man", MATTER).number, "A001");
    knows(&first, "A001");

    hall.identify("home.number", "man");
    hall.touch("visit.cancel");
    let state = hall.wait_screen("cancel");
    assert!(says(&state, &word("cancel.papers")), "{state:#}");
    hall.touch("visit.cancel.yes");
    hall.wait_screen("goodbye");
    hall.lift();
    hall.touch("finish");
    hall.wait_screen("home");
    assert_eq!(hall.take_number("man", MATTER).number, "A002");
    assert!(!hall.ticket_text(2).contains("申请人身份证"), "{}", hall.ticket_text(2));
    knows(&first, "A002");

    for event in ["called", "no_show"] {
        hall.post("/api/window", json!({ "number": "A002", "event": event }));
    }
    identify_anew(&hall, "man");
    hall.pick(MATTER);
    hall.touch("confirm");
    hall.wait("another number", |state| says(state, "A003"));
    knows(&first, "A003");
    hall.leave();
    hall.wait_screen("home");

    to_materials(&hall, "man");
    wait_is(&hall, "id-card", "received");
    hand_in(&hall, "name-notice", &["floor-plan"]);
    let both = wait_held(&hall, 2);
    let second = both.iter().find(|document| document.id != first.id).expect("another document");
    let [before, after] = [&first, second].map(|document| registration(&hall, document));
    assert_eq!((&after["number"], &after["visit"]), (&json!("A003"), &before["visit"]));
    assert_eq!(after["custody"]["previous"], before["custody"]["code"]);
    assert_proven(&hall, after["custody"]["code"].as_str().expect("a code"), &both);
}

/// A number that is taken after the papers reaches those that are still on their way and those that the
/// store has; papers handed in after it carry it from the start; a visit without a number has none. So
/// does a matter that is picked later.
#[test]
fn a_number_and_matters_taken_later_reach_the_papers() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    hand_in(&hall, "id-card", &["id-copy"]);
    let first = wait_held(&hall, 1).remove(0);
    assert_eq!(registration(&hall, &first)["number"], Value::Null);
    network(&hall, "down");
    hand_in(&hall, "name-notice", &["floor-plan"]);
    leave(&hall);
    let number = hall.take_number("man", MATTER).number;
    let ticket = hall.ticket_text(1);
    for (material, wanted) in [("申请人身份证", false), ("企业名称自主申报告知书", false), ("公司章程", true)]
    {
        assert_eq!(ticket.contains(material), wanted, "what still has to be handed in:\n{ticket}");
    }
    assert_eq!(in_outbox(hall.folder()).len(), 1);
    to_materials(&hall, "man");
    network(&hall, "up");
    hand_in(&hall, "premises", &["lease"]);
    let held = wait_held(&hall, 3);
    let visit = registration(&hall, &first)["visit"].clone();
    for document in &held {
        hall.wait("the store to know the number", |_| registration(&hall, document)["number"] == number);
        assert_eq!(registration(&hall, document)["visit"], visit);
    }

    leave(&hall);
    hall.identify("home.scan", "man");
    hall.pick("matter.drug-retail-licence");
    hall.touch("confirm");
    hall.wait_screen("materials");
    let serves = |document: &Document, item: &str| {
        let told = registration(&hall, document);
        told["items"].as_array().expect("items").iter().any(|served| served["code"] == item)
    };
    let [card, notice, premises] = ["id-card", "name-notice", "premises"].map(|material| {
        held.iter().find(|d| registration(&hall, d)["material"] == material).expect("a document")
    });
    hall.wait("the store to know the new matter", |_| {
        [card, premises].iter().all(|document| serves(document, "drug-retail-licence"))
    });
    assert!(serves(card, "food-licence") && serves(notice, "business-licence"), "what was asked for stays");
    assert!(!serves(notice, "drug-retail-licence"), "it is not asked for there");
    assert!(in_outbox(hall.folder()).is_empty(), "no paper is sent twice");
    assert_eq!(documents(&hall.state()).len(), 3);
}

/// Has the store go wrong.
fn harm(hall: &Hall, how: Value) {
    hall.post("/api/harm/store", how);
}

/// Hands a paper in while the store goes wrong: the screen tells the fault, the kiosk keeps the document;
/// once the store is well the document arrives, once, and the screen is clear again.
fn recovers(hall: &Hall, material: &str, how: Value, fault: &str, cure: Option<Value>) {
    let before = documents(&hall.state()).iter().filter(|d| d.held).count();
    harm(hall, how.clone());
    hand_in(hall, material, &["id-copy"]);
    hall.wait(&format!("{fault} after {how}"), |state| says_fault(state, fault));
    assert_eq!(in_outbox(hall.folder()).len(), 1, "{how}");
    if let Some(cure) = cure {
        assert_eq!(documents(&hall.state()).iter().filter(|d| d.held).count(), before, "{how}");
        harm(hall, cure);
    }
    hall.wait(&format!("{material} received after {how}"), |state| is(state, material, "received"));
    let clear = format!("{fault} no longer told after {how}");
    hall.wait(&clear, |state| name(state) == "materials" && !says_fault(state, fault));
    let held: Vec<_> = documents(&hall.state()).into_iter().filter(|d| d.held).collect();
    assert_eq!(held.len(), before + 1, "{how}");
    wait_outbox_empty(hall);
}

fn answer(times: u32, at: &str, what: Value) -> Value {
    json!({ "answer": { "times": times, "at": at, "what": what } })
}

/// "A store that answers … 5xx or vanishes", and one that answers nonsense.
#[test]
fn a_store_that_fails_or_vanishes() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    for (material, how, fault) in [
        ("id-card", answer(1, "create", json!({ "status": "unavailable" })), "N05"),
        ("name-notice", answer(1, "register", json!({ "status": "internal_error" })), "N05"),
        ("premises", answer(2, "append", json!("close")), "N01"),
        ("articles", answer(1, "register", json!("garbage")), "N06"),
        ("appointment", answer(1, "register", json!("endless")), "N06"),
    ] {
        recovers(&hall, material, how, fault, None);
    }
}

/// The store has every byte and does not say that it took them: told as not confirmed and never as received, to whoever
/// comes back as well, and the kiosk keeps its copy. Once the store speaks it is received, without a byte sent again.
#[test]
fn a_store_that_does_not_confirm() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    harm(&hall, answer(10_000, "register", json!({ "status": "unavailable" })));
    hand_in(&hall, "id-card", &["id-copy"]);
    hall.wait("it not confirmed", |state| is(state, "id-card", "sent") && says_fault(state, "N05"));
    let document = kept(hall.folder());
    leave(&hall);
    let state = to_materials(&hall, "man");
    assert!(is(&state, "id-card", "sent"), "{state:#}");

    let sent = hall.state()["network"]["bytes_up"].as_u64().expect("a count");
    harm(&hall, json!({ "behave": null }));
    wait_is(&hall, "id-card", "received");
    let again = hall.state()["network"]["bytes_up"].as_u64().expect("a count") - sent;
    assert!(again < document.bytes / 2, "{again} bytes more for a document of {}", document.bytes);
    assert_eq!(wait_held(&hall, 1)[0].sha256, document.sha256);
    wait_outbox_empty(&hall);
}

/// "A store that answers … 423": it is busy, which is told to staff and not to visitors, and the document
/// arrives; so it does when the answer to the last request is lost, or the store says 409 in the middle.
#[test]
fn a_store_that_is_busy_or_confused() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    harm(&hall, answer(1, "append", json!({ "status": "locked" })));
    hand_in(&hall, "id-card", &["id-copy"]);
    wait_is(&hall, "id-card", "received");
    assert!(hall.log().contains("N04"), "{}", hall.log());
    harm(&hall, answer(1, "append", json!({ "status": "conflict" })));
    hand_in(&hall, "name-notice", &["id-copy"]);
    wait_is(&hall, "name-notice", "received");
    harm(&hall, answer(1, "register", json!("close_after")));
    hand_in(&hall, "premises", &["id-copy"]);
    wait_is(&hall, "premises", "received");
    wait_held(&hall, 3);
    // It held the right bytes and said otherwise: sent once more, and then it agrees.
    harm(&hall, answer(1, "register", json!("wrong_digest")));
    hand_in(&hall, "articles", &["id-copy"]);
    wait_is(&hall, "articles", "received");
    assert_eq!(documents(&hall.state()).iter().filter(|d| d.held).count(), 4);
    wait_outbox_empty(&hall);
}

/// "A store that answers 409" to the whole document: the visitor is asked to scan it again, the kiosk keeps
/// the refused one for staff until what is scanned again arrives. So with a store that twice holds other
/// bytes than were sent.
#[test]
fn a_store_that_refuses_a_document() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    harm(&hall, answer(1, "register", json!({ "status": "conflict" })));
    hand_in(&hall, "id-card", &["id-copy"]);
    hall.wait("the refusal told", |state| is(state, "id-card", "spoken.refused"));
    assert_eq!(in_outbox(hall.folder()).len(), 1);
    hand_in(&hall, "id-card", &["id-copy"]);
    wait_is(&hall, "id-card", "received");

    harm(&hall, answer(2, "register", json!("wrong_digest")));
    hand_in(&hall, "premises", &["lease"]);
    hall.wait("the refusal told", |state| is(state, "premises", "spoken.refused"));
    hand_in(&hall, "premises", &["lease"]);
    wait_is(&hall, "premises", "received");
    // What was refused goes once the store holds what was handed in in its place; the last is kept.
    wait_outbox_empty(&hall);
    harm(&hall, answer(1, "register", json!({ "status": "conflict" })));
    hand_in(&hall, "name-notice", &["floor-plan"]);
    hall.wait("the refusal told", |state| is(state, "name-notice", "spoken.refused"));
    let (folder, _kept) = hall.kill();
    let hall = Opening::default().on(&folder).open();
    assert_eq!(in_outbox(hall.folder()).len(), 1, "kept over a restart");
    let state = to_materials(&hall, "man");
    assert!(is(&state, "id-card", "received") && is(&state, "name-notice", "spoken.refused"), "{state:#}");
}

/// Killed when a refused document has gone, in whose place the store holds another: neither is sent again, and
/// nothing of either stays.
#[test]
fn killed_when_a_refused_document_was_replaced() {
    let mut hall = Opening::default().with(&["--kill-at", "doc.replaced"]).open();
    to_materials(&hall, "man");
    harm(&hall, answer(1, "register", json!({ "status": "conflict" })));
    hand_in(&hall, "id-card", &["id-copy"]);
    hall.wait("the refusal told", |state| is(state, "id-card", "spoken.refused"));
    scan(&hall, "id-card", &["id-copy"]);
    let _ = hall.try_request("POST", "/api/touch", r#"{"id":"scan.accept"}"#);
    hall.wait_dead();
    let (folder, _kept) = hall.kill();

    let hall = Opening::default().on(&folder).open();
    wait_outbox_empty(&hall);
    to_materials(&hall, "man");
    wait_is(&hall, "id-card", "received");
    let held: Vec<_> = documents(&hall.state()).into_iter().filter(|document| document.held).collect();
    assert_eq!(held.len(), 1, "{held:#?}");
    assert_is_of(&hall, &bytes(&hall, &held[0]), &["id-copy"]);
}

/// "Only the hall's own CA is trusted; TLS 1.2 refused": a store with a strange certificate, or an old one,
/// gets nothing; the screen says so; when the right one is back the document arrives.
#[test]
fn a_store_that_is_not_the_halls() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    let right = || Some(json!({ "present": "right" }));
    recovers(&hall, "id-card", json!({ "present": "wrong_authority" }), "N02", right());
    recovers(&hall, "name-notice", json!({ "present": "too_old" }), "N13", right());
}

/// "Bandwidth cap by time of day so that the hall's link stays usable": with one from the settings a document is seen
/// on its way for a while, where without one it is there at once.
#[test]
fn documents_may_not_take_all_of_the_line() {
    let all_day = "[[store.bandwidth]]\nfrom = \"00:00\"\nto = \"00:00\"\nkib_per_second = 100\n";
    let hall = Opening::default().settings(all_day).open();
    to_materials(&hall, "man");
    hand_in(&hall, "premises", &["lease", "id-copy"]);
    hall.wait("some of it sent", |state| sent(state, "premises").is_some_and(|n| (1..100).contains(&n)));
    wait_is(&hall, "premises", "received");
    assert_is_of(&hall, &bytes(&hall, &wait_held(&hall, 1)[0]), &["lease", "id-copy"]);
}

/// Settings with which the kiosk of a hall in `folder` shows another of its certificates.
fn showing(folder: &Path, name: &str) -> String {
    let file = |ending: &str| folder.join("pki").join(format!("{name}.{ending}"));
    format!("[store]\ncertificate = {:?}\nkey = {:?}\n", file("pem"), file("key"))
}

/// "Certificate near expiry is a fault long before it breaks": it is told while documents still arrive.
#[test]
fn a_certificate_that_ends_soon_is_told_while_it_still_works() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("hall");
    let hall = Opening::default().settings(&showing(&folder, "ending-client")).on(&folder).open();
    let home = hall.wait("the end told", |state| name(state) == "home" && says(state, "N09"));
    assert!(!says(&home, "N03"), "{home:#}");
    to_materials(&hall, "man");
    hand_in(&hall, "id-card", &["id-copy"]);
    wait_is(&hall, "id-card", "received");
    let (_, _log) = hall.kill();

    let hall = Opening::default().on(&folder).open();
    to_materials(&hall, "man");
    hand_in(&hall, "premises", &["lease"]);
    wait_is(&hall, "premises", "received");
    leave(&hall);
    assert!(!says(&hall.state(), "N09"), "with one that lasts it is over");
}

/// A store that does not know the kiosk's certificate: told, and nothing is lost; with the right one it
/// arrives.
#[test]
fn a_kiosk_that_the_store_does_not_know() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("hall");
    let hall = Opening::default().settings(&showing(&folder, "wrong-client")).on(&folder).open();
    to_materials(&hall, "man");
    hand_in(&hall, "id-card", &["id-copy"]);
    hall.wait("the refusal told", |state| says_fault(state, "N03") && is(state, "id-card", "stored"));
    let document = kept(&folder);
    let (_, _log) = hall.kill();
    let hall = Opening::default().on(&folder).open();
    assert_eq!(wait_held(&hall, 1)[0].sha256, document.sha256);
    wait_outbox_empty(&hall);
}
