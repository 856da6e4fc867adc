use tokio::net::TcpListener;

use super::*;
use crate::testing::{Act, Kiosk, Request, Running, TestStore, document, quick, within};
use crate::tus::UploadPath;
use crate::{Applicant, Deadlines, DiskFault, DocState, LinkFault, OutboxConfig, OutboxKey, Submission};

mod crashes;
mod custody;
mod cuts;
mod extensions;
mod retention;
mod service;

/// Waits until a document's copy is gone from the kiosk.
async fn until_buried(steps: &mut mpsc::UnboundedReceiver<&'static str>) {
    until_step(steps, "doc.deleted").await;
}

async fn until_step(steps: &mut mpsc::UnboundedReceiver<&'static str>, last: &str) {
    within(async { while steps.recv().await.expect("steps") != last {} }).await;
}

fn observed(kiosk: &Kiosk) -> (Outbox, mpsc::UnboundedReceiver<&'static str>) {
    let (sender, steps) = mpsc::unbounded_channel();
    (kiosk.outbox_observed(move |step| sender.send(step).unwrap_or_default()), steps)
}

/// A document that stands for no other.
fn of_its_own(scan: Submission) -> Submission {
    Submission { material: scan.material_id.to_string(), ..scan }
}

fn waits(events: &[StoreEvent]) -> Vec<StoreFault> {
    let faults = events.iter().filter_map(|event| match event {
        StoreEvent::Waiting { fault, .. } => Some(fault.clone()),
        _ => None,
    });
    faults.collect()
}

#[tokio::test]
async fn a_document_is_sent_whole_then_deleted_here() {
    let kiosk = Kiosk::new();
    let store = kiosk.store(|_| Act::Serve).await;
    let (outbox, mut steps) = observed(&kiosk);
    let content = document(700_000);
    let scan = kiosk.scan("m-1", &content);
    let path = scan.path.clone();
    let doc = outbox.add(scan).expect("added");
    assert!(!path.exists() && kiosk.kept("m-1").exists());
    let items = kiosk.scan("m-9", b"").items;
    assert_eq!(
        outbox.serve("visit-1", &Applicant::Oneself, Some("A017"), |_| items.clone()).expect("said"),
        1
    );

    let config = WorkerConfig { chunk: 262_144, ..quick() };
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config);
    let events = running.until_confirmed(1).await;
    let total = 700_000;
    let progress = |sent| StoreEvent::Progress { doc, sent, total };
    assert_eq!(events[..2], [StoreEvent::Reachable, progress(262_144)]);
    let [told @ .., StoreEvent::Confirmed { receipt, .. }] = &events[2..] else { panic!("{events:?}") };
    // What comes soon after is not told, on a machine that is not slow; that all of it is there always is.
    assert!(matches!(told, [last] | [_, last] if *last == progress(700_000)), "{events:?}");
    assert_eq!((receipt.material_id.as_str(), receipt.bytes), ("m-1", total));
    until_buried(&mut steps).await;

    assert!(store.material("m-1") == Some(content));
    assert!(!kiosk.kept("m-1").exists());
    assert_eq!(outbox.state(doc).expect("read"), Some(DocState::Confirmed));
    assert_eq!(outbox.pending().expect("read"), crate::outbox::Pending::default());
    {
        let state = store.state.lock().expect("state");
        let told = &state.materials["m-1"].1;
        assert_eq!(told["number"], "A017");
        assert_eq!(told["items"][0]["code"], "food-licence");
        assert_eq!(told["items"][0]["dept_code"], "11370800MB28559184");
        assert_eq!(told["custody"]["previous"], serde_json::Value::Null);
        let methods: Vec<_> = state.seen.iter().map(|seen| seen.method.as_str()).collect();
        assert_eq!(methods, ["OPTIONS", "POST", "PATCH", "PATCH", "PATCH", "PUT"]);
    }
    running.stop().await;
}

#[tokio::test]
async fn a_document_that_the_store_does_not_answer_holds_up_no_other() {
    let kiosk = Kiosk::new();
    let store = kiosk
        .store(|request| match request.method.as_str() {
            "PUT" if request.path.ends_with("/m-1") => Act::Lose,
            _ => Act::Serve,
        })
        .await;
    let outbox = kiosk.outbox();
    let docs = ["m-1", "m-2", "m-3"].map(|id| outbox.add(kiosk.scan(id, b"content")).expect("added"));
    let path = UploadPath::parse("/files/gone").expect("a path");
    outbox.set_uploading(docs[0], &path, None).expect("set");
    outbox.set_uploaded(docs[0]).expect("set");
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    running.until_confirmed(2).await;
    let states = docs.map(|doc| outbox.state(doc).expect("read").expect("a state"));
    assert_eq!(states, [DocState::Uploaded, DocState::Confirmed, DocState::Confirmed]);
    running.stop().await;
}

#[tokio::test]
async fn a_proxy_that_does_not_take_the_certificate_says_nothing_of_the_document() {
    let page = "<html><head><title>400 The SSL certificate error</title></head></html>";
    let kiosk = Kiosk::new();
    let mut answers = 5;
    let script = move |_: &Request| match answers {
        0 => Act::Serve,
        _ => {
            answers -= 1;
            Act::Answer(400, vec![], page)
        }
    };
    let store = kiosk.store(script).await;
    let outbox = kiosk.outbox();
    let doc = outbox.add(kiosk.scan("m-1", b"content")).expect("added");
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    let events = running.until_confirmed(1).await;
    let refused = StoreFault::ClientCertificateRefused("HTTP 400 from the proxy in front of it");
    assert!(
        events.iter().any(|event| matches!(event, StoreEvent::Waiting { fault, .. } if *fault == refused))
    );
    assert_eq!(outbox.state(doc).expect("read"), Some(DocState::Confirmed));
    running.stop().await;
}

#[tokio::test]
async fn documents_go_oldest_first_and_a_refused_one_blocks_none() {
    for status in [413, 415, 422] {
        let kiosk = Kiosk::new();
        let store = kiosk
            .store(move |request| match (request.method.as_str(), request.nth) {
                ("PATCH", 0) => Act::Answer(status, vec![], ""),
                _ => Act::Serve,
            })
            .await;
        let outbox = kiosk.outbox();
        let docs = ["m-1", "m-2", "m-3"]
            .map(|id| outbox.add(of_its_own(kiosk.scan(id, &document(1000 + id.len())))).expect("added"));
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        let events = running.until_confirmed(2).await;
        let fault = StoreFault::from_status(status);
        assert!(events.contains(&StoreEvent::Refused { doc: docs[0], fault: fault.clone() }));
        let confirmed: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                StoreEvent::Confirmed { doc, .. } => Some(*doc),
                _ => None,
            })
            .collect();
        assert_eq!(confirmed, docs[1..]);
        assert!(kiosk.kept("m-1").exists(), "a refused document stays");
        assert_eq!(outbox.state(docs[0]).expect("read"), Some(DocState::Refused(fault)));

        // Staff have put it right.
        outbox.retry(docs[0]).expect("queued again");
        running.wake.notify_one();
        running.until_confirmed(1).await;
        assert!(store.material("m-1") == Some(document(1003)));
        running.stop().await;
    }
}

#[tokio::test]
async fn a_busy_store_is_waited_for_and_no_second_upload_made() {
    for method in ["POST", "HEAD", "PATCH", "PUT"] {
        for status in [423, 429, 500, 503] {
            let kiosk = Kiosk::new();
            let store = kiosk
                .store(move |request| match request {
                    // A cut brings HEAD about.
                    request if method == "HEAD" && request.method == "PATCH" && request.nth == 0 => {
                        Act::Cut(10)
                    }
                    request if request.method == method && request.nth < 3 => {
                        Act::Answer(status, vec![("retry-after", "0")], "")
                    }
                    _ => Act::Serve,
                })
                .await;
            let outbox = kiosk.outbox();
            outbox.add(kiosk.scan("m-1", &document(300_000))).expect("added");
            let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
            let events = running.until_confirmed(1).await;
            assert_eq!(waits(&events), vec![StoreFault::from_status(status); 3], "{method} {status}");
            let created = if method == "POST" { 4 } else { 1 };
            assert_eq!(store.count("POST"), created, "{method} {status}");
            assert!(store.material("m-1") == Some(document(300_000)));
            running.stop().await;
        }
    }
}

#[tokio::test]
async fn retry_after_is_heeded_within_bounds() {
    for (asked, seconds) in [("7", 7), ("99999999999999999999", 300), ("soon", 0), ("-5", 0)] {
        let kiosk = Kiosk::new();
        let store = kiosk.store(move |_| Act::Answer(503, vec![("retry-after", asked)], "")).await;
        let outbox = kiosk.outbox();
        outbox.add(kiosk.scan("m-1", &document(10))).expect("added");
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        let waits = |event: &StoreEvent| matches!(event, StoreEvent::Waiting { .. });
        let Some(StoreEvent::Waiting { retry_in, .. }) = running.until(waits).await.pop() else {
            panic!("no wait")
        };
        assert_eq!(retry_in.as_secs(), seconds, "{asked}");
        running.stop().await;
    }
}

#[tokio::test]
async fn the_stores_offset_is_its_own_word() {
    // 409 with an offset that went down: taken, without a new upload.
    let kiosk = Kiosk::new();
    let store = kiosk
        .store(|request| match (request.method.as_str(), request.nth) {
            ("PATCH", 1) => Act::Shrink(1000),
            _ => Act::Serve,
        })
        .await;
    let outbox = kiosk.outbox();
    outbox.add(kiosk.scan("m-1", &document(600_000))).expect("added");
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    running.until_confirmed(1).await;
    assert!(store.material("m-1") == Some(document(600_000)));
    assert_eq!(store.count("POST"), 1);
    running.stop().await;
}

#[tokio::test]
async fn answers_outside_the_contract_are_faults_and_the_document_waits() {
    let tus = ("tus-resumable", "1.0.0");
    type Headers = Vec<(&'static str, &'static str)>;
    let cases: Vec<(&str, u16, Headers, &str, &str)> = vec![
        ("POST", 200, vec![tus], "", "status"),
        ("POST", 201, vec![], "", "Location"),
        ("POST", 201, vec![("location", "https://evil.example")], "", "Location"),
        ("POST", 201, vec![("location", "/v1/materials/m-2")], "", "Location"),
        ("POST", 201, vec![("tus-resumable", "0.2.2"), ("location", "/files/x")], "", "Tus-Resumable"),
        ("POST", 201, vec![("tus-resumable", ""), ("location", "/files/x")], "", "Tus-Resumable"),
        ("PATCH", 200, vec![], "", "status"),
        ("PATCH", 204, vec![], "", "Upload-Offset"),
        ("PATCH", 204, vec![("upload-offset", "+1")], "", "Upload-Offset"),
        ("PATCH", 204, vec![("upload-offset", "99999999999999999999")], "", "Upload-Offset"),
        ("HEAD", 200, vec![("upload-length", "300000")], "", "Upload-Offset"),
        ("HEAD", 200, vec![("upload-offset", "-1"), ("upload-length", "300000")], "", "Upload-Offset"),
        ("HEAD", 200, vec![("upload-offset", "5"), ("upload-length", "7")], "", "Upload-Length"),
        (
            "HEAD",
            200,
            vec![("upload-offset", "300001"), ("upload-length", "300000")],
            "",
            "Upload-Offset beyond Upload-Length",
        ),
        ("PUT", 200, vec![], "{}", "JSON"),
        ("PUT", 200, vec![], "[[[[", "JSON"),
        ("PUT", 204, vec![], "", "status"),
    ];
    for (method, status, headers, body, what) in cases {
        let kiosk = Kiosk::new();
        let told = headers.clone();
        let body: &'static str = body;
        let store = kiosk
            .store(move |request| match request.method.as_str() {
                "PATCH" if method == "HEAD" && request.nth == 0 => Act::Cut(10),
                seen if seen == method && request.nth == 0 => Act::Answer(status, told.clone(), body),
                _ => Act::Serve,
            })
            .await;
        let outbox = kiosk.outbox();
        outbox.add(kiosk.scan("m-1", &document(300_000))).expect("added");
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        let events = running.until_confirmed(1).await;
        assert_eq!(waits(&events), [StoreFault::Garbage(what)], "{method} {status} {headers:?}");
        assert!(store.material("m-1") == Some(document(300_000)));
        running.stop().await;
    }
}

#[tokio::test]
async fn a_lost_upload_is_looked_for_then_made_again() {
    for gone in [404, 410] {
        let kiosk = Kiosk::new();
        let store = kiosk
            .store(move |request| match (request.method.as_str(), request.nth) {
                ("PATCH", 1) => Act::Answer(gone, vec![], ""),
                _ => Act::Serve,
            })
            .await;
        let outbox = kiosk.outbox();
        outbox.add(kiosk.scan("m-1", &document(300_000))).expect("added");
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        running.until_confirmed(1).await;
        assert!(store.material("m-1") == Some(document(300_000)));
        assert_eq!((store.count("GET"), store.count("POST")), (1, 2));
        running.stop().await;
    }
}

/// A store that takes a document, whose answer is lost, and which drops the upload at once.
async fn hears_and_does_not_answer(kiosk: &Kiosk) -> TestStore {
    let script = |request: &Request| match (request.method.as_str(), request.nth) {
        ("PUT", 0) => Act::Lose,
        ("PUT", _) if !request.path.ends_with("/service") => Act::Answer(404, vec![], ""),
        _ => Act::Serve,
    };
    kiosk.store(script).await
}

#[tokio::test]
async fn a_document_that_arrived_unheard_is_not_sent_again() {
    let kiosk = Kiosk::new();
    let store = hears_and_does_not_answer(&kiosk).await;
    let outbox = kiosk.outbox();
    outbox.add(kiosk.scan("m-1", &document(5000))).expect("added");
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    running.until_confirmed(1).await;
    assert_eq!((store.count("POST"), store.count("PATCH"), store.count("GET")), (1, 1, 1));
    running.stop().await;
}

#[tokio::test]
async fn a_store_that_forgets_every_upload_is_not_flooded() {
    let kiosk = Kiosk::new();
    let store = kiosk
        .store(|request| match request.method.as_str() {
            "PATCH" => Act::Answer(404, vec![], ""),
            _ => Act::Serve,
        })
        .await;
    let outbox = kiosk.outbox();
    outbox.add(kiosk.scan("m-1", &document(5000))).expect("added");
    let slow = Backoff { first: Duration::from_secs(3600), ..Backoff::default() };
    let config = WorkerConfig { backoff: slow, ..quick() };
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config);
    let events = running.until(|event| matches!(event, StoreEvent::Waiting { .. })).await;
    assert_eq!(waits(&events), [StoreFault::Garbage("it forgets uploads at once")]);
    assert_eq!(store.count("POST"), 3);
    running.stop().await;
}

#[tokio::test]
async fn another_document_under_the_same_id_is_a_conflict() {
    let kiosk = Kiosk::new();
    let store = kiosk.store(|_| Act::Serve).await;
    let (outbox, mut steps) = observed(&kiosk);
    outbox.add(kiosk.scan("m-1", b"the first")).expect("added");
    let client = || kiosk.client(store.address.port());
    let mut running = Running::start(&outbox, client(), quick());
    running.until_confirmed(1).await;
    until_buried(&mut steps).await;
    running.stop().await;

    // A kiosk that lost its outbox and its counters.
    drop(outbox);
    std::fs::remove_dir_all(kiosk.outbox_dir()).expect("removed");
    let outbox = kiosk.outbox();
    let doc = outbox.add(kiosk.scan("m-1", b"the second")).expect("added");
    let mut running = Running::start(&outbox, client(), quick());
    let events = running.until(|event| matches!(event, StoreEvent::Refused { .. })).await;
    assert_eq!(events.last(), Some(&StoreEvent::Refused { doc, fault: StoreFault::Conflict }));
    assert!(kiosk.kept("m-1").exists());
    assert!(store.material("m-1") == Some(b"the first".to_vec()));
    running.stop().await;
}

#[tokio::test]
async fn a_digest_that_differs_keeps_the_file_and_is_tried_once_more() {
    for (spoilt, lasting) in [(1, false), (9, true)] {
        let kiosk = Kiosk::new();
        let store = kiosk
            .store(move |request| match request.method.as_str() {
                "PATCH" if request.nth < spoilt => Act::Corrupt(0x40),
                _ => Act::Serve,
            })
            .await;
        let (outbox, mut steps) = observed(&kiosk);
        let content = document(70_000);
        let doc = outbox.add(kiosk.scan("m-1", &content)).expect("added");
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        if lasting {
            let events = running.until(|event| matches!(event, StoreEvent::Refused { .. })).await;
            let fault = StoreFault::DigestMismatch;
            assert_eq!(events.last(), Some(&StoreEvent::Refused { doc, fault }));
            assert!(kiosk.read(&outbox, "m-1", 70_000) == Ok(content));
        } else {
            running.until_confirmed(1).await;
            until_buried(&mut steps).await;
            assert!(store.material("m-1") == Some(content));
        }
        assert_eq!(store.count("POST"), 2);
        running.stop().await;
    }
}

#[tokio::test]
async fn a_receipt_for_other_bytes_confirms_nothing() {
    const OTHER: &str = r#"{"material_id":"m-1","sha256":"00000000000000000000000000000000000000000000000000000000000000ff","bytes":5000,"received_at":"2026-11-23T00:00:00Z"}"#;
    let kiosk = Kiosk::new();
    let store = kiosk
        .store(|request| match request.method.as_str() {
            "PUT" => Act::Answer(200, vec![], OTHER),
            _ => Act::Serve,
        })
        .await;
    let outbox = kiosk.outbox();
    let doc = outbox.add(kiosk.scan("m-1", &document(5000))).expect("added");
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    let events = running.until(|event| matches!(event, StoreEvent::Refused { .. })).await;
    assert_eq!(events.last(), Some(&StoreEvent::Refused { doc, fault: StoreFault::DigestMismatch }));
    assert!(kiosk.kept("m-1").exists());
    running.stop().await;
}

#[tokio::test]
async fn damage_on_our_own_disk_is_not_blamed_on_the_store() {
    let kiosk = Kiosk::new();
    let store = kiosk.store(|_| Act::Serve).await;
    let outbox = kiosk.outbox();
    let ids = ["m-1", "m-2", "m-3", "m-4", "m-5", "m-6"];
    let docs = ids.map(|id| outbox.add(of_its_own(kiosk.scan(id, &document(300_000)))).expect("added"));
    let spoil = |id, spoil: &dyn Fn(&mut Vec<u8>)| {
        let mut kept = std::fs::read(kiosk.kept(id)).expect("kept");
        spoil(&mut kept);
        std::fs::write(kiosk.kept(id), kept).expect("spoilt");
    };
    std::fs::remove_file(kiosk.kept("m-1")).expect("removed");
    // In the head, in the last chunk, one byte too few, a file from before there was encryption.
    spoil("m-2", &|kept| kept[60] ^= 1);
    spoil("m-3", &|kept| *kept.last_mut().expect("bytes") ^= 1);
    spoil("m-4", &|kept| kept.truncate(kept.len() - 1));
    spoil("m-5", &|kept| *kept = document(300_000));
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    let events = running.until_confirmed(1).await;
    let told: Vec<_> = events
        .into_iter()
        .filter(|event| matches!(event, StoreEvent::Refused { .. } | StoreEvent::Waiting { .. }))
        .collect();
    let damages =
        [DiskFault::Missing, DiskFault::Damaged, DiskFault::Damaged, DiskFault::Damaged, DiskFault::Damaged];
    let refused = |(doc, damage)| StoreEvent::Refused { doc, fault: StoreFault::Disk(damage) };
    assert_eq!(told, docs.into_iter().zip(damages).map(refused).collect::<Vec<_>>(), "each once, no wait");
    assert!(store.material("m-6") == Some(document(300_000)));
    for id in &ids[1..5] {
        assert!(kiosk.kept(id).exists(), "{id}: nothing is deleted that the store does not have");
        assert_eq!(store.material(id), None);
    }
    running.stop().await;
}

#[tokio::test]
async fn documents_under_another_key_are_sent_once_it_is_back() {
    let kiosk = Kiosk::new();
    let store = kiosk.store(|_| Act::Serve).await;
    let outbox = kiosk.outbox();
    let content = document(300_000);
    let doc = outbox.add(kiosk.scan("m-1", &content)).expect("added");
    drop(outbox);
    let (sender, mut steps) = mpsc::unbounded_channel();
    let observer = move |step| sender.send(step).unwrap_or_default();
    let config = OutboxConfig { observer: Arc::new(observer), ..OutboxConfig::default() };
    let outbox = Outbox::open_with(&kiosk.outbox_dir(), OutboxKey::of(8), config).expect("an outbox");
    outbox.add(of_its_own(kiosk.scan("m-2", &content))).expect("added");
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    running.until_confirmed(1).await;
    until_buried(&mut steps).await;
    assert!(store.material("m-2").as_ref() == Some(&content));
    assert_eq!(store.material("m-1"), None);
    assert_eq!(
        outbox.state(doc).expect("read"),
        Some(DocState::Refused(StoreFault::Disk(DiskFault::WrongKey)))
    );
    running.stop().await;
    drop(outbox);

    let mut running = Running::start(&kiosk.outbox(), kiosk.client(store.address.port()), quick());
    running.until_confirmed(1).await;
    assert!(store.material("m-1") == Some(content));
    running.stop().await;
}

#[tokio::test]
async fn a_wake_up_ends_the_wait_for_a_store_that_was_down() {
    let kiosk = Kiosk::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let outbox = kiosk.outbox();
    outbox.add(kiosk.scan("m-1", &document(5000))).expect("added");
    let backoff =
        Backoff { first: Duration::from_secs(3600), last: Duration::from_secs(3600), ..Backoff::default() };
    let config = WorkerConfig { backoff, ..quick() };
    let mut running = Running::start(&outbox, kiosk.client(address.port()), config);
    let refused = StoreFault::Unreachable(LinkFault::ConnectionRefused);
    let Some(StoreEvent::Waiting { fault, retry_in }) = running.event().await else { panic!("no wait") };
    assert_eq!(fault, refused);
    assert!(retry_in >= Duration::from_secs(3600));

    let listener = TcpListener::bind(address).await.expect("the same port");
    let identity = kiosk.ca.issue("127.0.0.1", 2090);
    let store = TestStore::start_on(listener, kiosk.ca.server(&identity), |_| Act::Serve);
    running.wake.notify_one();
    let events = running.until_confirmed(1).await;
    assert_eq!(events[0], StoreEvent::Reachable);
    assert!(store.material("m-1").is_some());
    running.stop().await;
}

#[tokio::test]
async fn chunks_shrink_until_they_get_through() {
    let kiosk = Kiosk::new();
    let store = kiosk
        .store(|request| match request.method.as_str() {
            "PATCH" if request.length > 70_000 => Act::Cut(0),
            _ => Act::Serve,
        })
        .await;
    let outbox = kiosk.outbox();
    outbox.add(kiosk.scan("m-1", &document(300_000))).expect("added");
    let config = WorkerConfig { chunk: 262_144, ..quick() };
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config);
    running.until_confirmed(1).await;
    assert!(store.material("m-1") == Some(document(300_000)));
    let sizes: Vec<_> = {
        let state = store.state.lock().expect("state");
        state.seen.iter().filter(|seen| seen.method == "PATCH").map(|seen| seen.length).collect()
    };
    assert_eq!(sizes, [262_144, 131_072, 65_536, 65_536, 65_536, 65_536, 37_856]);
    running.stop().await;
}

#[tokio::test]
async fn a_link_that_stalls_is_cut_and_the_upload_goes_on() {
    let kiosk = Kiosk::new();
    let store = kiosk
        .store(|request| match (request.method.as_str(), request.nth) {
            ("PATCH", 0) => Act::Hang,
            _ => Act::Serve,
        })
        .await;
    let outbox = kiosk.outbox();
    // Far more than the buffers between the two can hold.
    let content = document(24 << 20);
    outbox.add(kiosk.scan("m-1", &content)).expect("added");
    let deadlines = Deadlines { stall: Duration::from_millis(200), ..Deadlines::default() };
    let client = kiosk.client_within(store.address.port(), deadlines);
    let config = WorkerConfig { chunk: 32 << 20, ..quick() };
    let mut running = Running::start(&outbox, client, config);
    let events = running.until_confirmed(1).await;
    assert_eq!(waits(&events), [StoreFault::Unreachable(LinkFault::Stalled)]);
    assert!(store.material("m-1") == Some(content));
    running.stop().await;
}
