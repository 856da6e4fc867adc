use super::*;
use crate::custody::{self, Received, Signature};
use crate::testing::{Kiosk, document};
use crate::{Applicant, Digest, DiskFault, ReceivedAt, ServedItem};

mod full;
mod power;
mod replaced;
mod service;

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
    assert_eq!(kiosk.read(&outbox, "m-1", 3).as_deref(), Ok(&b"one"[..]));
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
        &|s| s.items = vec![s.items[0].clone(); 65],
        &|s| s.items[0].code = "m".repeat(65),
        &|s| s.items[0].code.clear(),
        &|s| s.items[0].task_code = "t".repeat(32),
        &|s| s.items[0].dept_code = "d".repeat(19),
        &|s| s.items[0].dept_code = "d\n".into(),
        &|s| s.pages.clear(),
        &|s| s.pages = vec![Digest([0; 32]); 1000],
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
    let kept = std::fs::read(kiosk.kept("m-2")).expect("read");
    std::fs::write(kiosk.kept("m-2"), &kept[..kept.len() - 1]).expect("cut short");
    // A crash between the file and the row, and one before the file was whole.
    std::fs::write(kiosk.kept("m-4"), b"orphan").expect("written");
    std::fs::write(kiosk.kept("m-5").with_extension("new"), b"half").expect("written");
    std::fs::write(kiosk.outbox_dir().join("documents/x\u{4e2d}"), b"stray").expect("written");
    let outbox = kiosk.outbox();
    assert_eq!(outbox.state(missing).expect("read"), refused(DiskFault::Missing));
    assert_eq!(outbox.state(short).expect("read"), refused(DiskFault::Damaged));
    assert_eq!(outbox.state(whole).expect("read"), Some(DocState::Waiting));
    assert_eq!(files(&kiosk), ["m-2.doc", "m-3.doc"]);
    assert_eq!(outbox.refused().expect("read").len(), 2);
    assert!(matches!(outbox.retry(missing), Err(OutboxError::File(DiskFault::Missing))));
    assert!(matches!(outbox.retry(short), Err(OutboxError::File(DiskFault::Damaged))));
    std::fs::write(kiosk.kept("m-2"), kept).expect("restored");
    outbox.retry(short).expect("queued again");
    assert!(matches!(outbox.retry(short), Err(OutboxError::Unknown)));
    assert_eq!(outbox.due().expect("read"), [short, whole]);
}

fn refused(damage: DiskFault) -> Option<DocState> {
    Some(DocState::Refused(StoreFault::Disk(damage)))
}

#[test]
fn a_document_waits_for_its_own_key() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let [first, damaged] = ["m-1", "m-2"].map(|id| outbox.add(kiosk.scan(id, b"content")).expect("added"));
    drop(outbox);
    let kept = std::fs::read(kiosk.kept("m-1")).expect("read");

    let outbox = Outbox::open(&kiosk.outbox_dir(), OutboxKey::of(8)).expect("an outbox");
    for doc in [first, damaged] {
        assert_eq!(outbox.state(doc).expect("read"), refused(DiskFault::WrongKey));
        assert!(matches!(outbox.retry(doc), Err(OutboxError::File(DiskFault::WrongKey))));
    }
    // The kiosk works under its new key meanwhile.
    let second = outbox.add(kiosk.scan("m-3", b"content")).expect("added");
    assert_eq!(outbox.due().expect("read"), [second]);
    drop(outbox);
    assert_eq!(std::fs::read(kiosk.kept("m-1")).expect("kept"), kept);

    let mut spoilt = std::fs::read(kiosk.kept("m-2")).expect("read");
    spoilt[50] ^= 1;
    std::fs::write(kiosk.kept("m-2"), spoilt).expect("spoilt");
    let outbox = kiosk.outbox();
    assert_eq!(outbox.due().expect("read"), [first]);
    assert_eq!(kiosk.read(&outbox, "m-1", 7).as_deref(), Ok(&b"content"[..]));
    assert_eq!(outbox.state(damaged).expect("read"), refused(DiskFault::Damaged));
    assert_eq!(outbox.state(second).expect("read"), refused(DiskFault::WrongKey));
}

#[test]
fn a_document_refused_for_another_reason_is_not_queued_by_a_start() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let doc = outbox.add(kiosk.scan("m-1", b"content")).expect("added");
    outbox.set_refused(doc, &StoreFault::TooLarge).expect("refused");
    drop(outbox);
    let state = kiosk.outbox().state(doc).expect("read");
    assert_eq!(state, Some(DocState::Refused(StoreFault::TooLarge)));
}

/// Every file below the kiosk's folder that holds a text.
fn holding(kiosk: &Kiosk, text: &[u8]) -> Vec<PathBuf> {
    let (mut folders, mut holding) = (vec![kiosk.dir.path().to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path).expect("read").windows(text.len()).any(|part| part == text) {
                holding.push(path);
            }
        }
    }
    holding
}

/// Long enough for several chunks, and telling at every place.
fn telling() -> Vec<u8> {
    b"a telling sentence ".repeat(10_000)
}

#[test]
fn nothing_clear_is_left_of_a_document_that_was_added() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let scan = kiosk.scan("m-1", &telling());
    assert_eq!(holding(&kiosk, b"telling"), std::slice::from_ref(&scan.path));
    outbox.add(scan).expect("added");
    assert!(holding(&kiosk, b"telling").is_empty());
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(kiosk.kept("m-1")).expect("kept"));
    assert_eq!(mode & 0o777, 0o600);
    assert!(kiosk.read(&outbox, "m-1", telling().len()) == Ok(telling()));
}

#[test]
fn the_program_may_end_while_a_document_is_added() {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    for step in ["doc.sealed", "doc.added"] {
        let kiosk = Kiosk::new();
        let outbox = kiosk.outbox_observed(move |seen| {
            if seen == step {
                resume_unwind(Box::new(step));
            }
        });
        let scan = kiosk.scan("m-1", &telling());
        catch_unwind(AssertUnwindSafe(|| outbox.add(scan.clone()))).expect_err("ended");
        drop(outbox);
        assert!(scan.path.exists(), "{step}: what was scanned is there until all else is durable");

        let outbox = kiosk.outbox();
        let known = outbox.pending().expect("read").documents;
        assert_eq!(known, u64::from(step == "doc.added"), "{step}");
        assert_eq!(files(&kiosk).len() as u64, known, "{step}: no file without a row");
        // The caller does not know and repeats itself.
        outbox.add(scan).expect("added");
        assert_eq!(outbox.pending().expect("read").documents, 1, "{step}");
        assert!(kiosk.read(&outbox, "m-1", telling().len()) == Ok(telling()), "{step}");
        assert!(holding(&kiosk, b"telling").is_empty(), "{step}");
    }
}

#[test]
fn a_document_that_cannot_be_queued_stays_with_the_caller() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    outbox.database().execute_batch("ALTER TABLE document RENAME COLUMN kiosk TO box").expect("changed");
    let scan = kiosk.scan("m-1", &telling());
    assert!(matches!(outbox.add(scan.clone()), Err(OutboxError::Database(_))));
    assert!(files(&kiosk).is_empty(), "no file without a row");
    assert!(std::fs::read(&scan.path).expect("there") == telling());
    outbox.database().execute_batch("ALTER TABLE document RENAME COLUMN box TO kiosk").expect("changed");
    // Written whole, but not to be given its name.
    std::fs::create_dir(kiosk.kept("m-1")).expect("a folder");
    assert!(matches!(outbox.add(scan.clone()), Err(OutboxError::Folder(_))));
    assert_eq!(files(&kiosk), ["m-1.doc"], "nothing unfinished is left");
    std::fs::remove_dir(kiosk.kept("m-1")).expect("removed");
    let (documents, away) = (kiosk.outbox_dir().join("documents"), kiosk.outbox_dir().join("away"));
    std::fs::rename(&documents, &away).expect("moved");
    assert!(matches!(outbox.add(scan.clone()), Err(OutboxError::Folder(_))));
    assert!(std::fs::read(&scan.path).expect("there") == telling());
    std::fs::rename(&away, &documents).expect("moved back");
    outbox.add(scan).expect("added at last");
    assert!(kiosk.read(&outbox, "m-1", telling().len()) == Ok(telling()));
}

/// An outbox as the version before encryption left it.
fn of_the_older_version(kiosk: &Kiosk, ids: &[&str]) -> Vec<DocId> {
    let outbox = kiosk.outbox();
    let docs = ids.iter().map(|id| outbox.add(kiosk.scan(id, &telling())).expect("added")).collect();
    ids.iter().for_each(|id| std::fs::write(kiosk.kept(id), telling()).expect("written"));
    to_the_older_form(&outbox.database(), 1);
    docs
}

/// The tables as version 1 or 2 had them, with the same rows.
fn to_the_older_form(database: &Connection, version: i64) {
    let before_service = "
        DROP INDEX document_owed;
        ALTER TABLE document DROP COLUMN told; ALTER TABLE document DROP COLUMN owed;";
    let before_custody = "
        DROP INDEX document_code; DROP TABLE review_feed;
        ALTER TABLE document DROP COLUMN pages; ALTER TABLE document DROP COLUMN previous;
        ALTER TABLE document DROP COLUMN code; ALTER TABLE document DROP COLUMN signature;
        ALTER TABLE document DROP COLUMN upload_expires;
        ALTER TABLE document DROP COLUMN review; ALTER TABLE document DROP COLUMN review_text;
        ALTER TABLE document RENAME COLUMN items TO matters;
        UPDATE document SET matters = '[\"food-licence\",\"wine\"]' WHERE matters IS NOT NULL;";
    database.execute_batch("ALTER TABLE document DROP COLUMN applicant;").expect("changed");
    database.execute_batch(before_service).expect("changed");
    if version < 3 {
        database.execute_batch(before_custody).expect("changed");
    }
    database.pragma_update(None, "user_version", version).expect("set");
}

#[test]
fn what_an_older_version_told_the_store_is_not_known_and_told_again() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let doc = outbox.add(kiosk.scan("m-1", b"content")).expect("added");
    confirm(&outbox, doc);
    outbox.bury(doc, &MaterialId::new("m-1").expect("an id")).expect("buried");
    let custody = outbox.custody_of("visit-1").expect("read");
    to_the_older_form(&outbox.database(), 3);
    drop(outbox);
    let outbox = kiosk.outbox();
    assert_eq!(outbox.custody_of("visit-1").expect("read"), custody);
    assert_eq!(outbox.note(doc).expect("read"), None, "nothing has changed");
    assert_eq!(
        outbox.serve("visit-1", &Applicant::Oneself, None, |_| kiosk.scan("m-9", b"").items).expect("said"),
        1
    );
    assert!(outbox.note(doc).expect("read").is_some());
}

#[test]
fn rows_of_an_older_version_get_items_and_custody() {
    for version in [1, 2] {
        let kiosk = Kiosk::new();
        let outbox = kiosk.outbox();
        let add = |id, visit: &str| {
            let scan = Submission { visit: visit.into(), ..kiosk.scan(id, id.as_bytes()) };
            (scan.sha256, outbox.add(scan).expect("added"))
        };
        let [one, two, three] = [("m-1", "v-1"), ("m-2", "v-2"), ("m-3", "v-1")].map(|(id, v)| add(id, v));
        confirm(&outbox, one.1);
        outbox.bury(one.1, &MaterialId::new("m-1").expect("an id")).expect("buried");
        let old = "UPDATE document SET received_at = NULL, kiosk = NULL WHERE state = 'deleted'";
        outbox.database().execute(old, []).expect("set");
        to_the_older_form(&outbox.database(), version);
        drop(outbox);

        let outbox = kiosk.outbox();
        let first = custody::code(None, &[one.0], &one.0);
        let chain = outbox.custody_of("v-1").expect("read");
        let told: Vec<_> = chain.iter().map(|kept| (kept.code, kept.previous)).collect();
        let second = custody::code(Some(&first), &[three.0], &three.0);
        assert_eq!(told, [(first, None), (second, Some(first))]);
        assert_eq!((&chain[0].received_at, &chain[1].pages), (&None, &vec![three.0]));
        let other = outbox.document(two.1).expect("read").expect("a row");
        assert_eq!(other.code, custody::code(None, &[two.0], &two.0));
        let item = |code: &str| ServedItem { code: code.into(), task_code: "".into(), dept_code: "".into() };
        assert_eq!(other.submission.items, [item("food-licence"), item("wine")]);
        // And goes on from there.
        let next = outbox.add(Submission { visit: "v-1".into(), ..kiosk.scan("m-4", b"4") }).expect("added");
        assert_eq!(outbox.document(next).expect("read").expect("a row").previous, Some(second));
        assert_eq!(outbox.state(one.1).expect("read"), Some(DocState::Confirmed));
    }
}

#[test]
fn each_document_of_a_visit_follows_the_one_before() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let scans = ["m-1", "m-2", "m-3"].map(|id| kiosk.scan(id, id.as_bytes()));
    outbox.add(scans[0].clone()).expect("added");
    outbox.add(Submission { visit: "visit-2".into(), ..kiosk.scan("m-9", b"other") }).expect("added");
    drop(outbox);
    let outbox = kiosk.outbox();
    let second = outbox.add(scans[1].clone()).expect("added");
    confirm(&outbox, second);
    outbox.bury(second, &scans[1].material_id).expect("buried");
    outbox.add(scans[2].clone()).expect("added");
    let mut previous = None;
    let chain = outbox.custody_of("visit-1").expect("read");
    assert_eq!(chain.len(), 3);
    for (kept, scan) in chain.iter().zip(&scans) {
        let code = custody::code(previous.as_ref(), &scan.pages, &scan.sha256);
        assert_eq!((kept.previous, kept.code), (previous, code));
        assert_eq!(
            (&kept.material_id, kept.sha256, &kept.pages),
            (&scan.material_id, scan.sha256, &scan.pages)
        );
        previous = Some(code);
    }
    // The tombstone keeps the store's word to the letter.
    let (at, signature) = (chain[1].received_at.as_ref(), chain[1].signature.as_ref());
    assert_eq!(at.map(ReceivedAt::as_str), Some("2026-11-23T01:02:03.50Z"));
    assert_eq!(signature.map(Signature::to_base64).as_deref(), Some("AAAA"));
    assert_eq!(outbox.custody_of("visit-9").expect("read"), []);
}

#[test]
fn documents_of_an_older_version_are_encrypted_at_the_start() {
    let kiosk = Kiosk::new();
    let docs = of_the_older_version(&kiosk, &["m-1", "m-2", "m-3", "m-4", "m-5"]);
    // Sent already, cut short, gone; and a clear file of nobody's.
    let database = Connection::open(kiosk.outbox_dir().join("outbox.sqlite")).expect("open");
    let sent = "UPDATE document SET state = 'confirmed', confirmed_at = 0 WHERE id = ?1";
    assert_eq!(database.execute(sent, [docs[1].0]).expect("set"), 1);
    drop(database);
    std::fs::write(kiosk.kept("m-3"), &telling()[1..]).expect("cut short");
    std::fs::remove_file(kiosk.kept("m-4")).expect("removed");
    std::fs::write(kiosk.kept("m-9"), telling()).expect("written");

    let outbox = kiosk.outbox();
    assert!(holding(&kiosk, b"telling").is_empty());
    assert_eq!(files(&kiosk), ["m-1.doc", "m-3.doc", "m-5.doc"]);
    for (doc, id) in [(docs[0], "m-1"), (docs[4], "m-5")] {
        assert_eq!(outbox.state(doc).expect("read"), Some(DocState::Waiting));
        assert!(kiosk.read(&outbox, id, telling().len()) == Ok(telling()));
    }
    assert_eq!(outbox.state(docs[2]).expect("read"), refused(DiskFault::Damaged));
    assert_eq!(outbox.state(docs[3]).expect("read"), refused(DiskFault::Missing));
    drop(outbox);
    // From now on a clear file is none of this outbox's.
    std::fs::write(kiosk.kept("m-1"), telling()).expect("written");
    let outbox = kiosk.outbox();
    assert_eq!(outbox.state(docs[0]).expect("read"), refused(DiskFault::Damaged));
    assert_eq!(outbox.state(docs[4]).expect("read"), Some(DocState::Waiting));
}

#[test]
fn the_program_may_end_while_an_older_versions_documents_are_encrypted() {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    let ids = ["m-1", "m-2", "m-3"];
    let kiosk = Kiosk::new();
    let docs = of_the_older_version(&kiosk, &ids);
    for _ in ids {
        let end = |step: &'static str| resume_unwind(Box::new(step));
        catch_unwind(AssertUnwindSafe(|| kiosk.outbox_observed(end))).expect_err("ended");
        for id in ids {
            assert!(kiosk.kept(id).exists());
        }
        std::fs::write(kiosk.kept("m-1").with_extension("new"), telling()).expect("half");
    }
    let outbox = kiosk.outbox();
    assert!(holding(&kiosk, b"telling").is_empty());
    assert_eq!(outbox.due().expect("read"), docs);
    for id in ids {
        assert!(kiosk.read(&outbox, id, telling().len()) == Ok(telling()), "{id}");
    }
}

#[test]
fn an_outbox_of_a_newer_version_is_left_alone() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    outbox.add(kiosk.scan("m-1", b"content")).expect("added");
    outbox
        .database()
        .pragma_update(None, "user_version", super::schema::LAYOUTS.len() as i64 + 1)
        .expect("set");
    drop(outbox);
    let opened = Outbox::open(&kiosk.outbox_dir(), OutboxKey::of(7));
    assert!(matches!(opened, Err(OutboxError::Unusable(_))));
    assert_eq!(files(&kiosk), ["m-1.doc"]);
}

#[test]
fn the_folder_has_one_owner() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    assert!(matches!(Outbox::open(&kiosk.outbox_dir(), OutboxKey::of(7)), Err(OutboxError::InUse(_))));
    drop(outbox);
    Outbox::open(&kiosk.outbox_dir(), OutboxKey::of(7)).expect("free again");
}

/// The store has received it, as it was registered.
fn confirm(outbox: &Outbox, doc: DocId) {
    let at = ReceivedAt::parse("2026-11-23T01:02:03.50Z").expect("a time");
    let signature = Signature::from_base64("AAAA").ok();
    let Submission { items, number, .. } = outbox.document(doc).expect("read").expect("a row").submission;
    let told = Service { items, number };
    outbox.set_confirmed(doc, &Received { at, signature }, Some(&told)).expect("confirmed");
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
        items: vec![ServedItem { code: "a telling item".into(), ..kiosk.scan("m-9", b"").items.remove(0) }],
        ..kiosk.scan("m-1", b"content")
    };
    let personal = ["a telling name", "A017", "a telling item"];
    let doc = outbox.add(scan).expect("added");
    assert!(personal.iter().all(|text| traced(&kiosk, text)));
    confirm(&outbox, doc);
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
    confirm(&outbox, held);
    outbox.bury(held, &MaterialId::new("m-1").expect("an id")).expect("buried");
    let documents = outbox.documents_of("visit-1").expect("read");
    let known: Vec<_> = documents.iter().map(|known| (known.doc, known.state.clone())).collect();
    assert_eq!(known, [(held, DocState::Confirmed), (waiting, DocState::Waiting)]);
    assert!(documents.iter().all(|known| known.material == "business-licence" && known.review.is_none()));
    assert!(documents.iter().all(|known| known.pages == 2), "{documents:?}");
    let codes: Vec<_> = documents.into_iter().map(|known| known.code).collect();
    let chain = outbox.custody_of("visit-1").expect("read").into_iter().map(|kept| kept.code);
    assert_eq!(codes, chain.collect::<Vec<_>>());
    assert_eq!(outbox.documents_of("visit-9").expect("read"), []);
}

#[test]
fn a_database_that_is_none_is_not_overwritten() {
    let kiosk = Kiosk::new();
    drop(kiosk.outbox());
    let path = kiosk.outbox_dir().join("outbox.sqlite");
    std::fs::write(&path, b"this is no database, whatever its name says").expect("written");
    assert!(matches!(
        Outbox::open(&kiosk.outbox_dir(), OutboxKey::of(7)),
        Err(OutboxError::Database(_) | OutboxError::Unusable(_))
    ));
    assert!(std::fs::read(&path).expect("kept").starts_with(b"this is no"));
}

impl Outbox {
    /// The store has received a document, so many days ago by this kiosk's clock and by its own; it is buried.
    pub(crate) fn confirm_for_test(&self, doc: DocId, confirmed: i64, received: i64) {
        let before = |days: i64| Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
        let material = self.document(doc).expect("read").expect("a row").submission.material_id;
        confirm(self, doc);
        self.bury(doc, &material).expect("buried");
        let dated = "UPDATE document SET confirmed_at = ?2, received_at = ?3 WHERE id = ?1";
        let dates = rusqlite::params![doc.0, before(confirmed).as_second(), before(received).to_string()];
        assert_eq!(self.database().execute(dated, dates).expect("set"), 1);
    }
}

#[test]
fn clocks_that_were_wrong_keep_nothing_for_ever_and_lose_nothing() {
    const YEARS: i64 = 3650;
    // Confirmed so many days ago by this kiosk's clock and by the store's; and after how many days it goes.
    for (confirmed, received, ends) in [
        (0, 0, 31),
        (YEARS, 0, 31),
        (0, YEARS, 31),
        // Ahead by years, then put right.
        (-YEARS, 0, 31),
        (0, -YEARS, 31),
        (-YEARS, -20 * YEARS, 31),
        (-YEARS, 10, 21),
        (10, -YEARS, 21),
        (10, 20, 21),
    ] {
        let kiosk = Kiosk::new();
        let outbox = kiosk.outbox();
        // Days are counted from before it all, however long the rest takes.
        let begun = Timestamp::now();
        let doc = outbox.add(kiosk.scan("m-1", b"content")).expect("added");
        outbox.confirm_for_test(doc, confirmed, received);
        let waiting = outbox.add(kiosk.scan("m-2", b"content")).expect("added");
        let in_days = |n: i64| begun + jiff::SignedDuration::from_hours(24 * n);
        // As often as a kiosk looks, or nearly.
        for day in 0..ends {
            assert_eq!(outbox.purge(in_days(day)).expect("purged"), 0, "{confirmed} {received}: {day}");
        }
        assert!(outbox.has_past(in_days(ends)).expect("read"));
        assert_eq!(outbox.purge(in_days(ends)).expect("purged"), 1, "{confirmed} {received}");
        assert!(!outbox.has_past(in_days(YEARS)).expect("read"));
        assert_eq!(outbox.due().expect("read"), [waiting], "what is not sent has no end");
    }
}
