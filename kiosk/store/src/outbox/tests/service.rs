//! What a visit's documents serve, and what was refused.

use super::*;

fn item(code: &str) -> ServedItem {
    ServedItem { code: code.to_owned(), task_code: String::new(), dept_code: String::new() }
}

#[test]
fn what_a_visit_serves_reaches_all_its_documents_however_far_they_are() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let [waiting, confirmed, held] =
        ["m-1", "m-2", "m-3"].map(|id| outbox.add(kiosk.scan(id, b"content")).expect("added"));
    let other = Submission { visit: "visit-2".into(), ..kiosk.scan("m-4", b"content") };
    let other = outbox.add(other).expect("added");
    let held_id = MaterialId::new("m-3").expect("an id");
    confirm(&outbox, confirmed);
    confirm(&outbox, held);
    outbox.bury(held, &held_id).expect("buried");
    assert_eq!(outbox.note(held).expect("read"), None, "the store knows what it was registered with");

    let items = |material: &str| match material {
        "business-licence" => vec![item("food-licence"), item("a telling item")],
        _ => panic!("{material}"),
    };
    assert_eq!(outbox.serve("visit-1", &Applicant::Oneself, Some("A017"), items).expect("said"), 3);
    assert_eq!(
        outbox.serve("visit-1", &Applicant::Oneself, Some("A017"), items).expect("said"),
        0,
        "nothing new"
    );
    let service = Service { items: items("business-licence"), number: Some("A017".into()) };
    let row = |doc| outbox.document(doc).expect("read").expect("a row").submission;
    assert_eq!((row(waiting).items, row(waiting).number), (service.items.clone(), service.number.clone()));
    assert_eq!(row(other).number, None);

    // What changed between the registration and its answer is told, too.
    outbox.bury(confirmed, &MaterialId::new("m-2").expect("an id")).expect("buried");
    assert_eq!(outbox.due().expect("read"), [waiting, confirmed, held, other]);
    for (doc, id) in [(confirmed, "m-2"), (held, "m-3")] {
        let note = outbox.note(doc).expect("read").expect("a note");
        assert_eq!((note.material_id.as_str(), &note.service), (id, &service));
        outbox.set_told(&note).expect("told");
        assert_eq!(outbox.note(doc).expect("read"), None);
    }
    assert_eq!(outbox.due().expect("read"), [waiting, other]);
    assert_eq!(
        outbox.serve("visit-1", &Applicant::Oneself, Some("A017"), items).expect("said"),
        0,
        "it was told"
    );
    outbox.bury(waiting, &MaterialId::new("m-1").expect("an id")).expect_err("it is not confirmed");
}

#[test]
fn what_was_refused_is_sent_again_unless_another_took_its_place() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let [replaced, gone, later, alone] = ["m-1", "m-2", "m-3", "m-4"].map(|id| {
        let material = if id == "m-2" || id == "m-4" { id } else { "lease" };
        outbox.add(Submission { material: material.into(), ..kiosk.scan(id, b"content") }).expect("added")
    });
    for doc in [replaced, gone, alone] {
        outbox.set_refused(doc, &StoreFault::TooLarge).expect("set");
    }
    std::fs::remove_file(kiosk.kept("m-2")).expect("gone");
    assert_eq!(outbox.retry_all().expect("queued"), 1);
    assert_eq!(outbox.due().expect("read"), [later, alone]);
}

#[test]
fn what_is_for_one_applicant_serves_no_other() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let of = |company: &str| Applicant::Company(company.into());
    let add = |id: &str, applicant| {
        outbox.add(Submission { applicant, ..kiosk.scan(id, b"content") }).expect("added")
    };
    let (a, b) = (add("m-1", Some(of("A"))), add("m-2", Some(of("B"))));
    // Whose it was, an older version did not say.
    let (old, held) = (add("m-3", None), add("m-4", Some(of("A"))));
    confirm(&outbox, held);
    outbox.bury(held, &MaterialId::new("m-4").expect("an id")).expect("buried");

    let later = |_: &str| vec![item("later")];
    assert_eq!(outbox.serve("visit-1", &of("B"), Some("A017"), later).expect("said"), 3);
    let row = |doc| outbox.document(doc).expect("read").expect("a row").submission;
    for (doc, items) in [(a, kiosk.scan("m-1", b"content").items), (b, later("")), (old, later(""))] {
        assert_eq!((row(doc).items, row(doc).number.as_deref()), (items, Some("A017")), "{doc}");
    }
    assert_eq!(outbox.note(held).expect("read"), None);
    let known = outbox.documents_of("visit-1").expect("read");
    let whose: Vec<_> = known.into_iter().map(|known| known.applicant).collect();
    assert!(whose == [Some(of("A")), Some(of("B")), None, Some(of("A"))], "a tombstone tells it, too");

    let long = Submission { applicant: Some(of(&"9".repeat(19))), ..kiosk.scan("m-5", b"content") };
    assert!(matches!(outbox.add(long), Err(OutboxError::Invalid(ValueError("applicant")))));
}

#[test]
fn what_is_said_while_the_store_is_told_is_told_next() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let doc = outbox.add(kiosk.scan("m-1", b"content")).expect("added");
    confirm(&outbox, doc);
    outbox.bury(doc, &MaterialId::new("m-1").expect("an id")).expect("buried");
    let serve = |number: &'static str| {
        outbox
            .serve("visit-1", &Applicant::Oneself, Some(number), |_| vec![item("a telling item")])
            .expect("said")
    };
    serve("A017");
    let first = outbox.note(doc).expect("read").expect("a note");
    outbox.set_telling(&first).expect("set");
    serve("B002");
    outbox.set_told(&first).expect("told");
    let second = outbox.note(doc).expect("read").expect("the newer one");
    assert_eq!(second.service.number.as_deref(), Some("B002"));
    // Back to what the store knows: nothing is owed.
    assert_eq!((serve("A017"), outbox.note(doc).expect("read")), (1, None));
    // Back to what the store knew before it was told otherwise, which it may have heard: that is owed.
    serve("B002");
    outbox.set_telling(&second).expect("set");
    assert_eq!(serve("A017"), 1);
    outbox.set_told(&second).expect("told");
    let third = outbox.note(doc).expect("read").expect("the newest one");
    assert_eq!(third.service.number.as_deref(), Some("A017"));
    outbox.set_telling(&third).expect("set");
    outbox.set_told(&third).expect("told");
    assert!(!["A017", "B002", "a telling item"].iter().any(|text| traced(&kiosk, text)));
}

#[test]
fn a_service_outside_the_contract_is_refused_whole() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let doc = outbox.add(kiosk.scan("m-1", b"content")).expect("added");
    let many = |_: &str| vec![item("food-licence"); 65];
    let nameless = |_: &str| vec![item("")];
    let served = [
        outbox.serve("visit-1", &Applicant::Oneself, Some(""), |_| vec![]),
        outbox.serve("visit-1", &Applicant::Oneself, None, many),
        outbox.serve("visit-1", &Applicant::Oneself, None, nameless),
    ];
    assert!(served.iter().all(|served| matches!(served, Err(OutboxError::Invalid(_)))), "{served:?}");
    assert_eq!(outbox.document(doc).expect("read").expect("a row").submission.items.len(), 1);
}
