use super::*;
use crate::testing::{Kiosk, document};
use crate::{Digest, DiskFault};

fn files(kiosk: &Kiosk) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(kiosk.outbox_dir().join("documents"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    names
}

#[test]
fn what_was_added_is_there_after_a_restart() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let scan = kiosk.scan("m-1", &document(5000));
    let doc = outbox.add(scan.clone()).expect("added");
    drop(outbox);
    let outbox = kiosk.outbox();
    assert_eq!(outbox.due().expect("read"), [doc]);
    let loaded = outbox.document(doc).expect("read").expect("a row");
    assert_eq!(loaded.stage, Stage::Waiting);
    assert_eq!(loaded.submission, Submission { path: kiosk.kept("m-1"), ..scan });
    assert_eq!(outbox.pending().expect("read"), Pending { documents: 1, bytes: 5000, refused: 0 });
}

#[test]
fn the_same_document_may_be_added_again_another_not() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let doc = outbox.add(kiosk.scan("m-1", b"one")).expect("added");
    let again = kiosk.scan("m-1", b"one");
    let path = again.path.clone();
    assert_eq!(outbox.add(again).expect("known"), doc);
    assert!(!path.exists());
    let other = kiosk.scan("m-1", b"two");
    let path = other.path.clone();
    assert!(matches!(outbox.add(other), Err(OutboxError::Taken)));
    assert!(path.exists(), "a document not taken over stays with the caller");
    assert_eq!(std::fs::read(kiosk.kept("m-1")).expect("kept"), b"one");
}

#[test]
fn submissions_are_checked() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let good = kiosk.scan("m-1", b"content");
    let bad = |change: &dyn Fn(&mut Submission)| {
        let mut submission = good.clone();
        change(&mut submission);
        let refused = outbox.add(submission);
        assert!(good.path.exists());
        refused.expect_err("refused")
    };
    for change in [
        (&|s: &mut Submission| s.name.clear()) as &dyn Fn(&mut Submission),
        &|s| s.name = "x".repeat(256),
        &|s| s.name = "a\nb".into(),
        &|s| s.media_type = "pdf".into(),
        &|s| s.media_type = "application/pdf; x=1".into(),
        &|s| s.media_type = "application/p\u{e9}".into(),
        &|s| s.material.clear(),
        &|s| s.matters = vec!["m".into(); 65],
        &|s| s.matters = vec!["m".repeat(65)],
        &|s| s.visit.clear(),
        &|s| s.number = Some(String::new()),
        &|s| s.kiosk = "k".repeat(65),
        &|s| s.bytes = 0,
        &|s| s.bytes = u64::MAX,
    ] {
        assert!(matches!(bad(change), OutboxError::Invalid(_)));
    }
    assert!(matches!(bad(&|s| s.bytes += 1), OutboxError::NotTheFile));
    assert!(matches!(bad(&|s| s.path.push("nothing")), OutboxError::NotTheFile | OutboxError::Folder(_)));
    assert!(matches!(
        bad(&|s| {
            s.path.pop();
        }),
        OutboxError::NotTheFile
    ));
    assert!(files(&kiosk).is_empty());
    outbox.add(good).expect("still good");
}

#[test]
fn files_and_rows_are_compared_at_the_start() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let [missing, short, whole] =
        ["m-1", "m-2", "m-3"].map(|id| outbox.add(kiosk.scan(id, b"content")).expect("added"));
    drop(outbox);
    std::fs::remove_file(kiosk.kept("m-1")).expect("removed");
    std::fs::write(kiosk.kept("m-2"), b"cont").expect("cut short");
    // A crash between the move and the row.
    std::fs::write(kiosk.kept("m-4"), b"orphan").expect("written");
    std::fs::write(kiosk.outbox_dir().join("documents/x\u{4e2d}"), b"stray").expect("written");
    let outbox = kiosk.outbox();
    let refused = |damage| Some(DocState::Refused(StoreFault::Disk(damage)));
    assert_eq!(outbox.state(missing).expect("read"), refused(DiskFault::Missing));
    assert_eq!(outbox.state(short).expect("read"), refused(DiskFault::Damaged));
    assert_eq!(outbox.state(whole).expect("read"), Some(DocState::Waiting));
    assert_eq!(files(&kiosk), ["m-2.doc", "m-3.doc"]);
    assert_eq!(outbox.refused().expect("read").len(), 2);
    assert!(matches!(outbox.retry(missing), Err(OutboxError::NotTheFile)));
    std::fs::write(kiosk.kept("m-2"), b"content").expect("restored");
    outbox.retry(short).expect("queued again");
    assert!(matches!(outbox.retry(short), Err(OutboxError::Unknown)));
    assert_eq!(outbox.due().expect("read"), [short, whole]);
}

#[test]
fn the_folder_has_one_owner() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    assert!(matches!(Outbox::open(&kiosk.outbox_dir()), Err(OutboxError::InUse(_))));
    drop(outbox);
    Outbox::open(&kiosk.outbox_dir()).expect("free again");
}

#[test]
fn a_number_reaches_the_documents_of_its_visit_that_are_not_confirmed() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let [one, two] = ["m-1", "m-2"].map(|id| outbox.add(kiosk.scan(id, b"content")).expect("added"));
    let mut other = kiosk.scan("m-3", b"content");
    other.visit = "visit-2".into();
    let other = outbox.add(other).expect("added");
    confirm(&outbox, two, "m-2", b"content");
    assert_eq!(outbox.set_number("visit-1", "A017").expect("set"), 1);
    let number = |doc| outbox.document(doc).expect("read").expect("a row").submission.number;
    assert_eq!(number(one).as_deref(), Some("A017"));
    assert_eq!(number(two), None);
    assert_eq!(number(other), None);
    assert!(matches!(outbox.set_number("visit-1", ""), Err(OutboxError::Invalid(_))));
}

fn confirm(outbox: &Outbox, doc: DocId, id: &str, content: &[u8]) {
    let receipt = Receipt {
        material_id: MaterialId::new(id).expect("an id"),
        sha256: Digest([0; 32]),
        bytes: content.len() as u64,
        received_at: Timestamp::UNIX_EPOCH,
    };
    outbox.set_confirmed(doc, &receipt).expect("confirmed");
}

/// Whether a text is anywhere in the outbox's own files.
fn traced(kiosk: &Kiosk, text: &str) -> bool {
    std::fs::read_dir(kiosk.outbox_dir())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .map(|path| std::fs::read(path).expect("readable"))
        .any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

#[test]
fn nothing_personal_outlives_a_confirmed_document() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let scan = Submission {
        name: "a telling name".into(),
        number: Some("A017".into()),
        matters: vec!["a telling matter".into()],
        ..kiosk.scan("m-1", b"content")
    };
    let personal = ["a telling name", "A017", "a telling matter"];
    let doc = outbox.add(scan).expect("added");
    assert!(personal.iter().all(|text| traced(&kiosk, text)));
    confirm(&outbox, doc, "m-1", b"content");
    let material = MaterialId::new("m-1").expect("an id");
    outbox.bury(doc, &material).expect("buried");
    assert_eq!(outbox.state(doc).expect("read"), Some(DocState::Confirmed));
    assert!(files(&kiosk).is_empty());
    for text in personal {
        assert!(!traced(&kiosk, text), "{text}");
    }
    // The tombstone answers for its days, then goes without a trace.
    assert!(matches!(outbox.add(kiosk.scan("m-1", b"other!!")), Err(OutboxError::Taken)));
    let day = |n: i64| Timestamp::now() + jiff::SignedDuration::from_hours(24 * n);
    assert_eq!(outbox.purge(day(29)).expect("purged"), 0);
    assert_eq!(outbox.documents_of("visit-1").expect("read").len(), 1);
    assert_eq!(outbox.purge(day(31)).expect("purged"), 1);
    assert_eq!(outbox.state(doc).expect("read"), None);
    assert!(!traced(&kiosk, "visit-1"));
}

#[test]
fn a_visit_knows_its_documents_also_those_the_store_holds() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let [held, waiting] = ["m-1", "m-2"].map(|id| outbox.add(kiosk.scan(id, b"content")).expect("added"));
    let other = Submission { visit: "visit-2".into(), ..kiosk.scan("m-3", b"content") };
    outbox.add(other).expect("added");
    confirm(&outbox, held, "m-1", b"content");
    outbox.bury(held, &MaterialId::new("m-1").expect("an id")).expect("buried");
    let licence = || "business-licence".to_owned();
    let known = [(held, licence(), DocState::Confirmed), (waiting, licence(), DocState::Waiting)];
    assert_eq!(outbox.documents_of("visit-1").expect("read"), known);
    assert_eq!(outbox.documents_of("visit-9").expect("read"), []);
}

#[test]
fn a_database_that_is_none_is_not_overwritten() {
    let kiosk = Kiosk::new();
    drop(kiosk.outbox());
    let path = kiosk.outbox_dir().join("outbox.sqlite");
    std::fs::write(&path, b"this is no database, whatever its name says").expect("written");
    assert!(matches!(
        Outbox::open(&kiosk.outbox_dir()),
        Err(OutboxError::Database(_) | OutboxError::Unusable(_))
    ));
    assert!(std::fs::read(&path).expect("kept").starts_with(b"this is no"));
}
