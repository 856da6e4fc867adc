//! The power goes, at every moment at which it makes a difference.

use std::fs::File;
use std::io;

use forgetful_vfs::{Loss, cut_power, cut_power_at_sync, files};

use super::*;
use crate::outbox::disk::Disk;
use crate::tus::UploadPath;

/// A disk that forgets what was not synced.
const FORGETFUL: Disk = Disk { vfs: Some(forgetful_vfs::NAME), sync: files::sync };

fn losses() -> impl Iterator<Item = Loss> {
    std::iter::once(Loss::All)
        .chain((1u64..=3).map(|seed| Loss::Torn(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))))
}

fn open(kiosk: &Kiosk, disk: Disk) -> Result<Outbox, OutboxError> {
    forgetful_vfs::register().expect("registered");
    Outbox::open_as(&kiosk.outbox_dir(), OutboxKey::of(7), OutboxConfig::default(), schema::LAYOUTS, disk)
}

/// A kiosk whose outbox is there, and empty.
fn kiosk(disk: Disk) -> Kiosk {
    let kiosk = Kiosk::new();
    open(&kiosk, disk).expect("an outbox");
    files::watch(&kiosk.outbox_dir().join("documents")).expect("watched");
    kiosk
}

/// The power is back.
fn after_the_cut(kiosk: &Kiosk, disk: Disk, loss: Loss) -> Outbox {
    cut_power_at_sync(&kiosk.outbox_dir(), 0, loss).expect("no cut");
    cut_power(&kiosk.outbox_dir(), loss).expect("cut");
    files::restore(&kiosk.outbox_dir().join("documents")).expect("restored");
    open(kiosk, disk).expect("an outbox")
}

fn content(id: &str) -> Vec<u8> {
    format!("the content of {id} ").repeat(5000).into_bytes()
}

/// What was said to be done.
#[derive(Debug, Default)]
struct Said {
    added: Vec<(DocId, &'static str)>,
    confirmed: Vec<DocId>,
    replaced: Vec<DocId>,
    served: Option<&'static str>,
}

/// Takes documents in and carries each as far as it goes: `m-1` and `m-4` to the store, `m-2` to a refusal for
/// which `m-4` stands, `m-3` to half of its upload.
fn a_day(kiosk: &Kiosk, outbox: &Outbox, said: &mut Said) -> Result<(), OutboxError> {
    let mut add = |id: &'static str, material: &str| {
        let scan = Submission { material: material.into(), ..kiosk.scan(id, &content(id)) };
        let doc = outbox.add(scan)?;
        said.added.push((doc, id));
        Ok::<_, OutboxError>(doc)
    };
    let path = |id: &str| UploadPath::parse(&format!("/files/{id}")).expect("a path");
    let docs = [add("m-1", "deed")?, add("m-2", "lease")?, add("m-3", "plan")?, add("m-4", "lease")?];
    outbox.set_uploading(docs[2], &path("m-3"), None)?;
    outbox.set_refused(docs[1], &StoreFault::TooLarge)?;
    for (doc, id) in [(docs[0], "m-1"), (docs[3], "m-4")] {
        let Some(loaded) = outbox.document(doc)? else { continue };
        if !matches!(loaded.stage, Stage::Confirmed(_)) {
            outbox.set_uploading(doc, &path(id), None)?;
            outbox.set_uploaded(doc)?;
            let Submission { items, number, .. } = loaded.submission;
            let at = ReceivedAt::parse("2026-11-23T01:02:03.50Z").expect("a time");
            outbox.set_confirmed(doc, &Received { at, signature: None }, Some(&Service { items, number }))?;
        }
        said.confirmed.push(doc);
        outbox.bury(doc, &MaterialId::new(id).expect("an id"))?;
    }
    outbox.bury_replaced()?;
    said.replaced.push(docs[1]);
    outbox.serve("visit-1", &Applicant::Oneself, Some("A017"), |_| vec![])?;
    said.served = Some("A017");
    for doc in [docs[0], docs[3]] {
        if let Some(note) = outbox.note(doc)? {
            outbox.set_telling(&note)?;
            outbox.set_told(&note)?;
        }
    }
    Ok(())
}

/// What was said holds, and there is neither a file too many nor one too few.
fn audit(kiosk: &Kiosk, outbox: &Outbox, said: &Said, when: &str) {
    for (doc, id) in &said.added {
        let state = outbox.state(*doc).expect("read").unwrap_or_else(|| panic!("{when}: {id} is lost"));
        match state {
            DocState::Waiting | DocState::Uploading | DocState::Uploaded => {
                assert!(!said.confirmed.contains(doc), "{when}: {id} would be sent twice");
            }
            DocState::Confirmed => {}
            DocState::Refused(fault) => assert_eq!((*id, fault), ("m-2", StoreFault::TooLarge), "{when}"),
        }
        let needed = row::files(&outbox.database()).expect("read").iter().any(|(known, _, _)| known == doc);
        if needed && kiosk.kept(id).exists() {
            let content = content(id);
            assert!(kiosk.read(outbox, id, content.len()) == Ok(content), "{when}: {id}");
        }
        // A burial begins with the file.
        let burying = row::replaced(&outbox.database()).expect("read").iter().any(|(known, _)| known == doc);
        assert!(kiosk.kept(id).exists() == needed || burying, "{when}: {id}");
        if said.replaced.contains(doc) {
            assert!(!needed, "{when}: {id}");
        }
    }
    let known = row::files(&outbox.database()).expect("read").len();
    assert!(files(kiosk).len() <= known, "{when}: {:?}", files(kiosk));
    if let Some(number) = said.served {
        let plan = outbox.document(said.added[2].0).expect("read").expect("a row");
        assert_eq!(plan.submission.number.as_deref(), Some(number), "{when}");
    }
}

#[test]
fn at_every_sync() {
    for loss in losses() {
        let mut cuts = 0;
        for nth in 1.. {
            let when = format!("{loss:?} at {nth}");
            let kiosk = kiosk(FORGETFUL);
            let mut said = Said::default();
            cut_power_at_sync(&kiosk.outbox_dir(), nth, loss).expect("a fuse");
            let done = open(&kiosk, FORGETFUL).and_then(|outbox| a_day(&kiosk, &outbox, &mut said));
            cuts += usize::from(done.is_err());
            let outbox = after_the_cut(&kiosk, FORGETFUL, loss);
            audit(&kiosk, &outbox, &said, &when);

            // It goes on as if nothing had been.
            let mut said = Said::default();
            a_day(&kiosk, &outbox, &mut said).unwrap_or_else(|error| panic!("{when}: {error}"));
            audit(&kiosk, &outbox, &said, &when);
            assert_eq!(files(&kiosk), ["m-3.doc"], "{when}");
            if done.is_ok() {
                break;
            }
        }
        assert!(cuts > 25, "{cuts}: each document, its name and each step is synced");
    }
}

#[test]
fn without_syncs_documents_are_lost() {
    type Sync = fn(&File, &std::path::Path) -> io::Result<()>;
    let names_alone: Sync =
        |open, path| if open.metadata()?.is_dir() { files::sync(open, path) } else { Ok(()) };
    let content_alone: Sync =
        |open, path| if open.metadata()?.is_dir() { Ok(()) } else { files::sync(open, path) };
    for (sync, fault) in [(names_alone, DiskFault::Damaged), (content_alone, DiskFault::Missing)] {
        let disk = Disk { sync, ..FORGETFUL };
        let kiosk = kiosk(disk);
        let outbox = open(&kiosk, disk).expect("an outbox");
        let doc = outbox.add(kiosk.scan("m-1", b"content")).expect("added");
        cut_power(&kiosk.outbox_dir(), Loss::All).expect("cut");
        drop(outbox);
        let outbox = after_the_cut(&kiosk, disk, Loss::All);
        assert_eq!(outbox.state(doc).expect("read"), refused(fault), "so the test above can fail");
    }
}
