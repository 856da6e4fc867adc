//! Receipts that must be countersigned.

use super::*;
use crate::ReceivedAt;
use crate::custody::Signature;
use crate::testing::{RECEIVED_AT, Signer, SignerKind};

fn with_key(signer: &Signer) -> WorkerConfig {
    WorkerConfig { custody: Some(signer.key()), ..quick() }
}

#[tokio::test]
async fn a_countersignature_is_checked_and_kept() {
    for kind in [SignerKind::Ed25519, SignerKind::EcdsaP256] {
        let kiosk = Kiosk::new();
        let store = kiosk.store(|_| Act::Serve).await;
        let signer = Signer::new(kind);
        let config = with_key(&signer);
        let key = signer.key();
        store.state.lock().expect("state").signer = Some(signer);
        let (outbox, mut steps) = observed(&kiosk);
        outbox.add(kiosk.scan("m-1", &document(5000))).expect("added");
        outbox.add(kiosk.scan("m-2", &document(6000))).expect("added");
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config);
        let events = running.until_confirmed(2).await;
        let Some(StoreEvent::Confirmed { receipt, .. }) = events.last() else { panic!("{events:?}") };
        assert_eq!(receipt.received_at.as_str(), RECEIVED_AT);
        until_buried(&mut steps).await;
        until_buried(&mut steps).await;
        running.stop().await;
        let chain = outbox.custody_of("visit-1").expect("read");
        assert_eq!(chain[1].previous, Some(chain[0].code));
        assert_eq!(receipt.custody.as_ref().map(|custody| custody.code), Some(chain[1].code));
        for kept in chain {
            let (at, signature) =
                (kept.received_at.expect("received"), kept.signature.expect("countersigned"));
            assert_eq!(at.as_str(), RECEIVED_AT);
            assert!(key.holds(&kept.code, "visit-1", &kept.material_id, &at, &signature));
        }
    }
}

/// What a store may answer in place of the right countersignature.
type Answer = Box<dyn Fn(&Signer, &str, &str) -> Option<serde_json::Value> + Send>;

fn wrong_answers() -> Vec<(&'static str, Answer)> {
    let json =
        |code: &str, signature: &Signature| Some(serde_json::json!({"code": code, "signature": signature}));
    vec![
        ("none", Box::new(|_, _, _| None)),
        ("garbage", Box::new(|_, _, _| Some(serde_json::json!([7, "x"])))),
        (
            "someone else's",
            Box::new(move |_, code, lines| json(code, &Signer::new(SignerKind::Ed25519).sign(lines))),
        ),
        (
            "another code",
            Box::new(move |signer, code, lines| {
                json("0123456789ABCDEF", &signer.sign(&lines.replace(code, "0123456789ABCDEF")))
            }),
        ),
        (
            "another visit",
            Box::new(move |signer, code, lines| {
                json(code, &signer.sign(&lines.replace("visit-1", "visit-2")))
            }),
        ),
        (
            "another time",
            Box::new(move |signer, code, lines| json(code, &signer.sign(&lines.replace(".50", ".5")))),
        ),
        ("other lines", Box::new(move |signer, code, lines| json(code, &signer.sign(lines.trim_end())))),
    ]
}

#[tokio::test]
async fn a_wrong_countersignature_deletes_nothing_and_is_asked_for_again() {
    for (what, wrong) in wrong_answers() {
        let kiosk = Kiosk::new();
        let signer = Signer::new(SignerKind::Ed25519);
        let config = with_key(&signer);
        let outbox = kiosk.outbox();
        let content = document(5000);
        let doc = outbox.add(kiosk.scan("m-1", &content)).expect("added");
        let code = outbox.custody_of("visit-1").expect("read")[0].code;
        let lines = format!("onedoor-custody-1\n{code}\nvisit-1\nm-1\n{RECEIVED_AT}\n");
        let mut receipt = serde_json::json!({
            "material_id": "m-1", "sha256": kiosk.scan("m-1", &content).sha256, "bytes": 5000,
            "received_at": RECEIVED_AT,
        });
        if let Some(custody) = wrong(&signer, code.as_str(), &lines) {
            receipt["custody"] = custody;
        }
        let answer: &'static str = receipt.to_string().leak();
        let store = kiosk
            .store(move |request| match (request.method.as_str(), request.nth) {
                ("PUT", 0..2) => Act::Answer(200, vec![], answer),
                _ => Act::Serve,
            })
            .await;
        store.state.lock().expect("state").signer = Some(signer);
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config);
        let events = running.until(|event| matches!(event, StoreEvent::Waiting { .. })).await;
        assert_eq!(waits(&events), [StoreFault::Countersignature], "{what}");
        assert!(kiosk.read(&outbox, "m-1", 5000) == Ok(content), "{what}: nothing is deleted");
        // The store's key is put right: nothing is sent again but the registration.
        let events = running.until_confirmed(1).await;
        assert_eq!(waits(&events), [StoreFault::Countersignature], "{what}");
        assert_eq!((store.count("POST"), store.count("PATCH"), store.count("PUT")), (1, 1, 3), "{what}");
        assert_eq!(outbox.state(doc).expect("read"), Some(DocState::Confirmed));
        running.stop().await;
    }
}

#[tokio::test]
async fn a_document_that_was_received_before_is_not_believed_without_a_countersignature() {
    // The kiosk asks for the receipt.
    let kiosk = Kiosk::new();
    let signer = Signer::new(SignerKind::Ed25519);
    let config = with_key(&signer);
    let store = hears_and_does_not_answer(&kiosk).await;
    let outbox = kiosk.outbox();
    outbox.add(kiosk.scan("m-1", &document(5000))).expect("added");
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config);
    let events = running
        .until(|event| matches!(event, StoreEvent::Waiting { fault: StoreFault::Countersignature, .. }))
        .await;
    assert!(!events.iter().any(|event| matches!(event, StoreEvent::Confirmed { .. })));
    assert!(kiosk.kept("m-1").exists());
    running.stop().await;
}

#[tokio::test]
async fn without_a_key_no_countersignature_is_asked_for_and_none_kept() {
    let kiosk = Kiosk::new();
    let store = kiosk.store(|_| Act::Serve).await;
    store.state.lock().expect("state").signer = Some(Signer::new(SignerKind::Ed25519));
    let outbox = kiosk.outbox();
    outbox.add(kiosk.scan("m-1", &document(5000))).expect("added");
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    running.until_confirmed(1).await;
    let kept = &outbox.custody_of("visit-1").expect("read")[0];
    assert_eq!(kept.received_at.as_ref().map(ReceivedAt::as_str), Some(RECEIVED_AT));
    assert_eq!(kept.signature, None);
    running.stop().await;
}
