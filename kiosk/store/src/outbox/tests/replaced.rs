//! Refused documents in whose place the visitor has handed in another.

use super::*;

fn material(id: &str) -> MaterialId {
    MaterialId::new(id).expect("an id")
}

/// A document of the visit's lease.
fn lease(kiosk: &Kiosk, outbox: &Outbox, id: &str) -> DocId {
    let scan = Submission {
        material: "lease".into(),
        name: "a telling name".into(),
        number: Some("A017".into()),
        ..kiosk.scan(id, id.as_bytes())
    };
    outbox.add(scan).expect("added")
}

fn refuse(outbox: &Outbox, doc: DocId) {
    outbox.set_refused(doc, &StoreFault::TooLarge).expect("set");
}

fn receive(outbox: &Outbox, doc: DocId, id: &str) {
    confirm(outbox, doc);
    outbox.bury(doc, &material(id)).expect("buried");
}

#[test]
fn one_is_buried_once_the_store_holds_the_other_and_not_before() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let first = lease(&kiosk, &outbox, "m-1");
    refuse(&outbox, first);
    let second = lease(&kiosk, &outbox, "m-2");
    outbox.bury_replaced().expect("looked");
    refuse(&outbox, second);
    outbox.bury_replaced().expect("looked");
    let third = lease(&kiosk, &outbox, "m-3");
    outbox.bury_replaced().expect("looked");
    assert_eq!(
        files(&kiosk),
        ["m-1.doc", "m-2.doc", "m-3.doc"],
        "nothing is deleted before the store's word"
    );

    receive(&outbox, third, "m-3");
    assert!(traced(&kiosk, "a telling name"));
    outbox.bury_replaced().expect("buried");
    assert!(files(&kiosk).is_empty());
    assert!(!["a telling name", "A017", "food-licence"].iter().any(|text| traced(&kiosk, text)));
    for doc in [first, second] {
        assert_eq!(outbox.state(doc).expect("read"), Some(DocState::Refused(StoreFault::TooLarge)));
        assert!(matches!(outbox.retry(doc), Err(OutboxError::Unknown)));
    }
    assert_eq!(outbox.refused().expect("read"), []);
    assert_eq!((outbox.retry_all().expect("none"), outbox.oldest().expect("none")), (0, None));
    assert_eq!(outbox.pending().expect("read"), Pending::default());
    // What the visit serves is no longer any business of theirs.
    let none = |_: &str| vec![];
    assert_eq!(outbox.serve("visit-1", &Applicant::Oneself, Some("B002"), none).expect("said"), 1);
    assert!(outbox.note(third).expect("read").is_some_and(|note| {
        outbox.set_told(&note).expect("told");
        true
    }));
    assert!(!traced(&kiosk, "B002"));
    let chain = outbox.custody_of("visit-1").expect("read");
    assert_eq!(chain.len(), 3, "the chain of custody stays whole");

    // A start finds nothing amiss, and what is kept of them ends with what is kept of the other.
    drop(outbox);
    let outbox = kiosk.outbox();
    assert_eq!(outbox.custody_of("visit-1").expect("read"), chain);
    let day = |n: i64| Timestamp::now() + jiff::SignedDuration::from_hours(24 * n);
    assert_eq!(outbox.purge(day(29)).expect("purged"), 0);
    assert_eq!(outbox.purge(day(31)).expect("purged"), 3);
    assert_eq!(outbox.custody_of("visit-1").expect("read"), []);
}

#[test]
fn one_that_is_refused_after_the_other_arrived_is_buried_too() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let [first, second] = ["m-1", "m-2"].map(|id| lease(&kiosk, &outbox, id));
    receive(&outbox, second, "m-2");
    outbox.bury_replaced().expect("looked");
    assert_eq!(files(&kiosk), ["m-1.doc"], "it may still arrive");
    refuse(&outbox, first);
    outbox.bury_replaced().expect("buried");
    assert!(files(&kiosk).is_empty());
}

#[test]
fn what_stands_for_another_is_of_the_same_visit_material_and_applicant_and_later() {
    type Change = fn(&mut Submission);
    let cases: [(&str, Change); 3] = [
        ("another visit", |scan| scan.visit = "visit-2".into()),
        ("another material", |scan| scan.material = "lease".into()),
        ("another applicant", |scan| scan.applicant = Some(Applicant::Company("A".into()))),
    ];
    for (what, change) in cases {
        let kiosk = Kiosk::new();
        let outbox = kiosk.outbox();
        let before = outbox.add(kiosk.scan("m-0", b"before")).expect("added");
        let refused = outbox.add(kiosk.scan("m-1", b"refused")).expect("added");
        refuse(&outbox, refused);
        let mut scan = kiosk.scan("m-2", b"other");
        change(&mut scan);
        let other = outbox.add(scan).expect("added");
        receive(&outbox, before, "m-0");
        receive(&outbox, other, "m-2");
        outbox.bury_replaced().expect("looked");
        assert_eq!(files(&kiosk), ["m-1.doc"], "{what}");
        assert_eq!(outbox.pending().expect("read").refused, 1, "{what}");
        let day = Timestamp::now() + jiff::SignedDuration::from_hours(24 * 31);
        assert_eq!(outbox.purge(day).expect("purged"), 2, "{what}");
        assert_eq!(outbox.retry_all().expect("queued"), 1, "{what}");
    }
}

#[test]
fn a_row_whose_file_went_before_a_power_cut_is_wiped_after_it() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let first = lease(&kiosk, &outbox, "m-1");
    refuse(&outbox, first);
    let second = lease(&kiosk, &outbox, "m-2");
    receive(&outbox, second, "m-2");
    drop(outbox);
    std::fs::remove_file(kiosk.kept("m-1")).expect("removed");
    let outbox = kiosk.outbox();
    outbox.bury_replaced().expect("buried");
    drop(outbox);
    assert!(!traced(&kiosk, "a telling name"));
    let why = DocState::Refused(StoreFault::TooLarge);
    assert_eq!(kiosk.outbox().state(first).expect("read"), Some(why), "why it was refused stays");
}

/// An older version wrote down nothing of whom a document is for: the other may be somebody else's.
#[test]
fn one_of_which_nobody_knows_for_whom_it_is_stays() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let [first, second] = ["m-1", "m-2"].map(|id| lease(&kiosk, &outbox, id));
    refuse(&outbox, first);
    receive(&outbox, second, "m-2");
    outbox.database().execute("UPDATE document SET applicant = NULL", []).expect("as an older version");
    outbox.bury_replaced().expect("looked");
    assert_eq!(files(&kiosk), ["m-1.doc"]);
}

/// An older version takes a buried row for a document, and tells it what its visit serves.
#[test]
fn what_an_older_version_wrote_into_a_buried_row_is_wiped() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let [first, second] = ["m-1", "m-2"].map(|id| lease(&kiosk, &outbox, id));
    refuse(&outbox, first);
    receive(&outbox, second, "m-2");
    outbox.bury_replaced().expect("buried");
    let served = "UPDATE document SET number = 'B002' WHERE id = ?1";
    outbox.database().execute(served, [first.0]).expect("as an older version");
    outbox.database().execute("DELETE FROM document WHERE id = ?1", [second.0]).expect("purged there");
    drop(outbox);
    let outbox = kiosk.outbox();
    let number = "SELECT count(*) FROM document WHERE number IS NOT NULL";
    let told: u32 = outbox.database().query_row(number, [], |row| row.get(0)).expect("counted");
    assert_eq!(told, 0);
    // What it stood for is gone: so is it, when somebody looks.
    assert!(outbox.has_past(Timestamp::now()).expect("looked"));
    assert_eq!(outbox.purge(Timestamp::now()).expect("purged"), 1);
}
