//! An older kiosk opens an outbox that a newer one has touched, and the other way round.

use super::schema::LAYOUTS;
use super::*;
use crate::custody::{Received, Signature};
use crate::testing::Kiosk;
use crate::tus::UploadPath;
use crate::{Applicant, ReceivedAt, ServedItem};
use layouts::Back;

/// What a newer kiosk might have: a column, a table, an index.
const NEXT: Layout = Layout {
    up: "ALTER TABLE document ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
         CREATE TABLE pause (only INTEGER PRIMARY KEY, until INTEGER) STRICT;
         CREATE INDEX document_urgent ON document (urgent, id);",
    fill: None,
    back: Back::Script(
        "DROP INDEX document_urgent; DROP TABLE pause; ALTER TABLE document DROP COLUMN urgent;",
    ),
};

fn newer(back: Back) -> Vec<Layout> {
    [LAYOUTS, &[Layout { back, ..NEXT }]].concat()
}

fn open_as(kiosk: &Kiosk, layouts: &[Layout]) -> Result<Outbox, OutboxError> {
    Outbox::open_as(
        &kiosk.outbox_dir(),
        OutboxKey::of(7),
        OutboxConfig::default(),
        layouts,
        disk::Disk::default(),
    )
}

/// Documents in every state, one of them with something owed.
fn fill(kiosk: &Kiosk, outbox: &Outbox) -> Vec<DocId> {
    let scans = ["m-1", "m-2", "m-3", "m-4", "m-5"].map(|id| kiosk.scan(id, id.as_bytes()));
    let docs: Vec<_> = scans.iter().map(|scan| outbox.add(scan.clone()).expect("added")).collect();
    let path = |n: usize| UploadPath::parse(&format!("/files/{n}")).expect("a path");
    outbox.set_uploading(docs[1], &path(1), None).expect("set");
    outbox.set_uploading(docs[2], &path(2), None).expect("set");
    outbox.set_uploaded(docs[2]).expect("set");
    outbox.set_refused(docs[3], &StoreFault::Disk(DiskFault::Damaged)).expect("set");
    let received = Received {
        at: ReceivedAt::parse("2090-11-23T01:02:03.50Z").expect("a time"),
        signature: Signature::from_base64("AAAA").ok(),
    };
    let Submission { items, number, .. } = outbox.document(docs[4]).expect("read").expect("a row").submission;
    outbox.set_confirmed(docs[4], &received, Some(&Service { items, number })).expect("confirmed");
    outbox.bury(docs[4], &scans[4].material_id).expect("buried");
    let items = |_: &str| {
        vec![ServedItem { code: "later".into(), task_code: String::new(), dept_code: String::new() }]
    };
    assert!(outbox.serve("visit-1", &Applicant::Oneself, Some("A007"), items).expect("said") > 0);
    docs
}

/// Every row in the columns that this kiosk knows.
fn all_rows(outbox: &Outbox) -> Vec<String> {
    let database = outbox.database();
    let mut asked = database
        .prepare(
            "SELECT concat_ws('|', id, material_id, hex(sha256), bytes, state, url, refusal, mismatches,
                received_at, confirmed_at, name, media_type, material, items, visit, number, kiosk,
                hex(pages), previous, code, signature, upload_expires, review, review_text, hex(told), owed, applicant)
             FROM document UNION ALL SELECT 'reviews|' || last FROM review_feed
             UNION ALL SELECT name || '|' || seq FROM sqlite_sequence WHERE name = 'document' ORDER BY 1",
        )
        .expect("prepared");
    let rows = asked.query_map([], |row| row.get(0)).expect("asked");
    rows.collect::<Result<_, _>>().expect("read")
}

#[test]
fn every_layout_after_the_fourth_has_a_way_back() {
    for (layout, version) in LAYOUTS.iter().zip(1..) {
        assert_eq!(matches!(layout.back, Back::Script(_)), version > 4, "layout {version}");
    }
}

#[test]
fn an_older_kiosk_goes_on_with_every_document() {
    let kiosk = Kiosk::new();
    let newer = newer(NEXT.back);
    let outbox = open_as(&kiosk, &newer).expect("an outbox");
    let docs = fill(&kiosk, &outbox);
    outbox.database().execute("UPDATE document SET urgent = 1", []).expect("set");
    let (states, notes) = (states(&outbox, &docs), outbox.note(docs[4]).expect("read"));
    assert!(notes.is_some(), "something is owed");
    let before = all_rows(&outbox);
    // while it is in use
    let live = disk::database(&kiosk.outbox_dir());
    let proven = layouts::prove(&live, kiosk.dir.path(), &newer, PROOF).expect("proven");
    assert_eq!((proven.layout, proven.oldest, proven.rows), (6, 4, 6));
    drop(outbox);

    for layouts in [LAYOUTS, &newer, LAYOUTS] {
        let outbox = open_as(&kiosk, layouts).expect("an outbox");
        assert_eq!(all_rows(&outbox), before);
        assert_eq!(self::states(&outbox, &docs), states);
        assert_eq!(outbox.note(docs[4]).expect("read"), notes);
        assert_eq!(kiosk.read(&outbox, "m-1", 3).as_deref(), Ok(&b"m-1"[..]));
    }
    let outbox = kiosk.outbox();
    let proven = prove_both_ways(&kiosk.outbox_dir(), kiosk.dir.path()).expect("proven");
    assert_eq!((proven.layout, proven.oldest, proven.rows), (5, 4, 6));
    let next = outbox.add(kiosk.scan("m-6", b"six")).expect("added");
    assert!(docs.iter().all(|doc| *doc < next));
}

fn states(outbox: &Outbox, docs: &[DocId]) -> Vec<Option<DocState>> {
    docs.iter().map(|doc| outbox.state(*doc).expect("read")).collect()
}

#[test]
fn an_outbox_without_a_sound_way_back_is_left_alone() {
    for back in [
        Back::Never("for a test"),
        Back::Script("DROP TABLE document;"),
        Back::Script(
            "DELETE FROM document; DROP INDEX document_urgent; DROP TABLE pause;
             ALTER TABLE document DROP COLUMN urgent;",
        ),
    ] {
        let kiosk = Kiosk::new();
        let newer = newer(back);
        let outbox = open_as(&kiosk, &newer).expect("an outbox");
        fill(&kiosk, &outbox);
        let before = all_rows(&outbox);
        drop(outbox);
        assert!(matches!(open_as(&kiosk, LAYOUTS), Err(OutboxError::Unusable(_))), "{back:?}");
        assert!(kiosk.kept("m-1").exists());
        assert_eq!(all_rows(&open_as(&kiosk, &newer).expect("an outbox")), before);
    }
}

#[test]
fn nobody_goes_back_to_before_the_fourth() {
    for older in 1..4 {
        let kiosk = Kiosk::new();
        drop(kiosk.outbox());
        assert!(
            matches!(open_as(&kiosk, &LAYOUTS[..older]), Err(OutboxError::Unusable(_))),
            "layout {older}"
        );
    }
}
