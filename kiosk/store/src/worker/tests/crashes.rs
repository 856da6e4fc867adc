//! Programs that end at every step.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// An outbox whose program ends right after the `nth` step of this name.
fn doomed(kiosk: &Kiosk, last: &'static str, nth: usize) -> Outbox {
    let seen = AtomicUsize::new(0);
    kiosk.outbox_observed(move |step| {
        if step == last && seen.fetch_add(1, Ordering::Relaxed) == nth {
            resume_unwind(Box::new(step));
        }
    })
}

#[tokio::test]
async fn the_program_may_end_at_any_step() {
    let steps = [
        ("upload.created", 0),
        ("upload.patched", 0),
        ("upload.patched", 1),
        ("upload.patched", 2),
        ("upload.complete", 0),
        ("doc.confirmed", 0),
        ("doc.deleted", 0),
    ];
    for (step, nth) in steps {
        let kiosk = Kiosk::new();
        let store = kiosk.store(|_| Act::Serve).await;
        let content = document(600_000);
        let outbox = doomed(&kiosk, step, nth);
        let doc = outbox.add(kiosk.scan("m-1", &content)).expect("added");
        let running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        let Running { events, task, .. } = running;
        assert!(within(task).await.expect_err("ended").is_panic(), "{step}");
        drop((outbox, events));

        let (outbox, mut steps) = observed(&kiosk);
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        if step != "doc.deleted" {
            running.until_confirmed(1).await;
            until_buried(&mut steps).await;
        }
        assert_eq!(outbox.state(doc).expect("read"), Some(DocState::Confirmed), "{step}");
        assert!(store.material("m-1") == Some(content), "{step}");
        assert!(!kiosk.kept("m-1").exists(), "{step}");
        assert_eq!(store.count("POST"), 1, "{step}: resumed, not begun anew");
        let sent: u64 = {
            let state = store.state.lock().expect("state");
            state.seen.iter().filter(|seen| seen.method == "PATCH").map(|seen| seen.length).sum()
        };
        assert_eq!(sent, 600_000, "{step}: nothing is sent twice");
        running.stop().await;
    }
}

#[tokio::test]
async fn a_document_added_before_the_end_is_kept() {
    let kiosk = Kiosk::new();
    let outbox = doomed(&kiosk, "doc.added", 0);
    let scan = kiosk.scan("m-1", &document(1000));
    let again = scan.clone();
    catch_unwind(AssertUnwindSafe(|| outbox.add(scan))).expect_err("ended");
    drop(outbox);

    let store = kiosk.store(|_| Act::Serve).await;
    let outbox = kiosk.outbox();
    // The caller does not know and repeats itself.
    outbox.add(again).expect("known already");
    assert_eq!(outbox.pending().expect("read").documents, 1);
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    running.until_confirmed(1).await;
    assert!(store.material("m-1") == Some(document(1000)));
    running.stop().await;
}

#[tokio::test]
async fn a_worker_stopped_in_mid_upload_goes_on_where_the_store_is() {
    let kiosk = Kiosk::new();
    let store = kiosk.store(|_| Act::Serve).await;
    let outbox = kiosk.outbox();
    let content = document(1_000_000);
    outbox.add(kiosk.scan("m-1", &content)).expect("added");
    let config = WorkerConfig { chunk: 65_536, ..quick() };
    for _ in 0..3 {
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config.clone());
        running.until(|event| matches!(event, StoreEvent::Progress { .. })).await;
        running.stop().await;
    }
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config);
    running.until_confirmed(1).await;
    assert!(store.material("m-1") == Some(content));
    assert_eq!(store.count("POST"), 1);
    running.stop().await;
}

#[tokio::test]
async fn what_was_refused_goes_with_the_stores_word_on_the_one_in_its_place() {
    // The program may end at each step of it.
    for end in [None, Some("doc.confirmed"), Some("doc.deleted"), Some("doc.replaced")] {
        let kiosk = Kiosk::new();
        let store = kiosk
            .store(|request| match (request.method.as_str(), request.nth) {
                ("PATCH", 0) => Act::Answer(413, vec![], ""),
                _ => Act::Serve,
            })
            .await;
        let outbox = kiosk.outbox();
        let first = outbox.add(kiosk.scan("m-1", &document(5000))).expect("added");
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        running.until(|event| matches!(event, StoreEvent::Refused { .. })).await;
        running.stop().await;
        drop(outbox);

        if let Some(step) = end {
            let outbox = doomed(&kiosk, step, 0);
            outbox.add(kiosk.scan("m-2", &document(4000))).expect("added");
            let running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
            let Running { events, task, .. } = running;
            assert!(within(task).await.expect_err("ended").is_panic(), "{step}");
            drop((outbox, events));
        }
        let (outbox, mut steps) = observed(&kiosk);
        if end.is_none() {
            outbox.add(kiosk.scan("m-2", &document(4000))).expect("added");
        }
        let running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        if end != Some("doc.replaced") {
            until_step(&mut steps, "doc.replaced").await;
        }
        running.stop().await;
        assert!(!kiosk.kept("m-1").exists() && !kiosk.kept("m-2").exists(), "{end:?}");
        let state = outbox.state(first).expect("read");
        assert!(matches!(state, Some(DocState::Refused(_))), "{end:?}: {state:?}");
        assert!(store.material("m-1").is_none());
        assert!(store.material("m-2") == Some(document(4000)), "{end:?}");
    }
}
