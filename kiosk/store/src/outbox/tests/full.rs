//! Something else has filled the disk, to the last byte.

use forgetful_vfs::{limit, used};

use super::*;
use crate::StoreEvent;
use crate::outbox::disk::Disk;
use crate::testing::{Act, Running, quick};
use crate::tus::UploadPath;

fn open(kiosk: &Kiosk) -> Outbox {
    forgetful_vfs::register().expect("registered");
    let disk = Disk { vfs: Some(forgetful_vfs::NAME), ..Disk::default() };
    let (key, config) = (OutboxKey::of(7), OutboxConfig::default());
    Outbox::open_as(&kiosk.outbox_dir(), key, config, schema::LAYOUTS, disk).expect("an outbox")
}

/// Whoever fills it leaves nothing, whatever becomes free in the outbox.
fn fill(kiosk: &Kiosk) {
    limit(&kiosk.outbox_dir(), used(&kiosk.outbox_dir()).expect("a folder")).expect("a limit");
}

#[test]
fn it_gets_emptier_with_each_confirmation_and_takes_nothing_in_before() {
    let kiosk = Kiosk::new();
    let outbox = open(&kiosk);
    let ids = ["m-1", "m-2", "m-3"];
    let docs = ids.map(|id| outbox.add(kiosk.scan(id, &document(50_000))).expect("added"));
    fill(&kiosk);
    let late = kiosk.scan("m-4", &document(5000));
    let refused = outbox.add(late.clone()).expect_err("no room");
    assert!(refused.is_for_want_of_room(), "{refused}");
    assert!(late.path.exists(), "it stays with the caller");
    assert_eq!(files(&kiosk), ["m-1.doc", "m-2.doc", "m-3.doc"], "nothing of it is left");

    // The visit's number comes while there is no room, and each step of a document after it.
    let items = |_: &str| vec![];
    assert_eq!(outbox.serve("visit-1", &Applicant::Oneself, Some("A017"), items).expect("said"), 3);
    for (doc, id) in docs.into_iter().zip(ids) {
        fill(&kiosk);
        outbox.set_uploading(doc, &UploadPath::parse("/files/x").expect("a path"), None).expect("set");
        outbox.set_uploaded(doc).expect("set");
        assert_eq!(
            outbox.document(doc).expect("read").expect("a row").submission.number.as_deref(),
            Some("A017")
        );
        confirm(&outbox, doc);
        outbox.bury(doc, &MaterialId::new(id).expect("an id")).expect("buried");
        assert_eq!(outbox.state(doc).expect("read"), Some(DocState::Confirmed));
    }
    assert!(files(&kiosk).is_empty());
    limit(&kiosk.outbox_dir(), u64::MAX).expect("room");
    drop(outbox);
    assert!(!["A017", "food-licence"].iter().any(|text| traced(&kiosk, text)), "wiped from the index, too");
    open(&kiosk).add(late).expect("added");
}

#[tokio::test]
async fn every_document_goes_to_the_store_once_and_then_from_here() {
    let kiosk = Kiosk::new();
    let store = kiosk.store(|_| Act::Serve).await;
    // Written anew with each piece.
    store.state.lock().expect("state").expires = Some("Fri, 01 Jan 2100 00:00:00 GMT".into());
    let outbox = open(&kiosk);
    let ids = ["m-1", "m-2", "m-3"];
    for id in ids {
        outbox.add(kiosk.scan(id, &document(300_000))).expect("added");
    }
    fill(&kiosk);
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    let events = running.until_confirmed(3).await;
    running.stop().await;
    assert!(!events.iter().any(|event| matches!(event, StoreEvent::Waiting { .. })), "{events:?}");
    assert_eq!((store.count("POST"), store.count("PUT")), (3, 3), "nothing is sent twice");
    assert!(ids.iter().all(|id| store.material(id) == Some(document(300_000))));
}

#[test]
fn it_is_opened_all_the_same() {
    let kiosk = Kiosk::new();
    let outbox = open(&kiosk);
    let [doc, damaged] = ["m-1", "m-2"].map(|id| outbox.add(kiosk.scan(id, b"content")).expect("added"));
    drop(outbox);
    // The start has something to write.
    std::fs::write(kiosk.kept("m-2"), b"spoilt").expect("written");
    fill(&kiosk);
    let outbox = open(&kiosk);
    assert_eq!(outbox.state(damaged).expect("read"), self::refused(DiskFault::Damaged));
    assert_eq!(outbox.due().expect("read"), [doc]);
    confirm(&outbox, doc);
    outbox.bury(doc, &MaterialId::new("m-1").expect("an id")).expect("buried");
}

#[test]
fn a_document_or_room_that_finds_no_room_leaves_all_as_it_was() {
    let kiosk = Kiosk::new();
    drop(kiosk.outbox());
    // Linux's own full disk, under the names that are written first.
    let full = |path: PathBuf| std::os::unix::fs::symlink("/dev/full", path).expect("a link");
    let reserve = kiosk.outbox_dir().join("reserve");
    std::fs::remove_file(&reserve).expect("it was kept");
    full(reserve);
    full(kiosk.kept("m-1").with_extension("new"));
    let outbox = Outbox::open(&kiosk.outbox_dir(), OutboxKey::of(7)).expect("opened without");
    full(kiosk.kept("m-1").with_extension("new"));
    let scan = kiosk.scan("m-1", &document(200_000));
    let refused = outbox.add(scan.clone()).expect_err("no room");
    assert!(refused.is_for_want_of_room(), "{refused}");
    assert!(files(&kiosk).is_empty() && scan.path.exists());
    assert_eq!(outbox.pending().expect("read"), Pending::default());
    outbox.add(scan).expect("there is room again");
    assert!(kiosk.read(&outbox, "m-1", 200_000) == Ok(document(200_000)));
}
