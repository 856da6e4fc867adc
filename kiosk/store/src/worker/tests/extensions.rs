//! What tus has beyond its core: discovery, checksums, uploads that end; and the pace.

use std::sync::Mutex;

use super::*;
use crate::pace::Window;

/// A store that offers something, and a kiosk with one document.
async fn offering(
    offers: &[(&'static str, &str)],
    script: impl FnMut(&Request) -> Act + Send + 'static,
) -> (Kiosk, TestStore, Outbox) {
    let kiosk = Kiosk::new();
    let store = kiosk.store(script).await;
    store.state.lock().expect("state").offers =
        offers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let outbox = kiosk.outbox();
    outbox.add(kiosk.scan("m-1", &document(300_000))).expect("added");
    (kiosk, store, outbox)
}

const OFFERED: [(&str, &str); 2] =
    [("tus-extension", "creation,checksum"), ("tus-checksum-algorithm", "sha256,sha1,crc32")];

fn checksums(store: &TestStore) -> Vec<Option<String>> {
    let state = store.state.lock().expect("state");
    state.seen.iter().filter(|seen| seen.method == "PATCH").map(|seen| seen.checksum.clone()).collect()
}

#[tokio::test]
async fn every_piece_has_a_checksum_if_one_is_offered() {
    let sha256 = [("tus-extension", "creation,checksum"), ("tus-checksum-algorithm", "md5,sha256")];
    let sha1 = [("tus-extension", "creation,checksum"), ("tus-checksum-algorithm", "sha1,sha256")];
    let none = [("tus-extension", "creation"), ("tus-checksum-algorithm", "sha1")];
    let offered =
        [(&OFFERED, Some("crc32 ")), (&sha1, Some("sha1 ")), (&sha256, Some("sha256 ")), (&none, None)];
    for (offers, name) in offered {
        let (kiosk, store, outbox) = offering(offers, |_| Act::Serve).await;
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        running.until_confirmed(1).await;
        let checksums = checksums(&store);
        assert!(checksums.len() > 1);
        for checksum in checksums {
            let named = checksum.as_deref().map(|field| name.is_some_and(|name| field.starts_with(name)));
            assert_eq!(named, name.map(|_| true), "{checksum:?}");
        }
        assert!(store.material("m-1") == Some(document(300_000)));
        running.stop().await;
    }
}

#[tokio::test]
async fn a_spoilt_piece_is_sent_again_smaller() {
    let script = |request: &Request| match (request.method.as_str(), request.nth) {
        ("PATCH", 0 | 1) => Act::Corrupt(0x10),
        _ => Act::Serve,
    };
    let (kiosk, store, outbox) = offering(&OFFERED, script).await;
    let config = WorkerConfig { chunk: 262_144, ..quick() };
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config);
    let events = running.until_confirmed(1).await;
    assert_eq!(waits(&events), []);
    assert!(store.material("m-1") == Some(document(300_000)));
    let sizes: Vec<_> = {
        let state = store.state.lock().expect("state");
        state.seen.iter().filter(|seen| seen.method == "PATCH").map(|seen| seen.length).collect()
    };
    assert_eq!(sizes, [262_144, 131_072, 65_536, 65_536, 65_536, 65_536, 37_856]);
    assert_eq!((store.count("POST"), store.count("HEAD")), (1, 0));
    running.stop().await;
}

#[tokio::test]
async fn a_piece_that_is_too_large_for_the_way_is_sent_smaller() {
    let script = |request: &Request| match request.method.as_str() {
        "PATCH" if request.length > 65_536 => Act::Answer(413, vec![], ""),
        _ => Act::Serve,
    };
    let (kiosk, store, outbox) = offering(&[], script).await;
    let config = WorkerConfig { chunk: 262_144, ..quick() };
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config);
    let events = running.until_confirmed(1).await;
    assert_eq!(waits(&events), []);
    assert!(store.material("m-1") == Some(document(300_000)));
    assert_eq!((store.count("POST"), store.count("PATCH")), (1, 7), "262,144 and 131,072 were refused");
    running.stop().await;
}

#[tokio::test]
async fn a_way_that_spoils_every_piece_makes_the_document_wait() {
    let spoil = Arc::new(Mutex::new(true));
    let spoilt = Arc::clone(&spoil);
    let script = move |request: &Request| match request.method.as_str() {
        "PATCH" if *spoilt.lock().expect("a switch") => Act::Corrupt(1),
        _ => Act::Serve,
    };
    let (kiosk, store, outbox) = offering(&OFFERED, script).await;
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    let events = running.until(|event| matches!(event, StoreEvent::Waiting { .. })).await;
    assert_eq!(waits(&events), [StoreFault::Rejected(460)]);
    *spoil.lock().expect("a switch") = false;
    running.wake.notify_one();
    running.until_confirmed(1).await;
    assert!(store.material("m-1") == Some(document(300_000)));
    assert_eq!(store.count("POST"), 1);
    running.stop().await;
}

#[tokio::test]
async fn a_server_that_no_longer_takes_its_checksum_is_asked_what_it_offers() {
    let script = |request: &Request| match (request.method.as_str(), request.nth) {
        ("PATCH", 0) => Act::Answer(400, vec![], ""),
        ("OPTIONS", 1) => Act::Answer(204, vec![("tus-version", "1.0.0")], ""),
        _ => Act::Serve,
    };
    let (kiosk, store, outbox) = offering(&OFFERED, script).await;
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    running.until_confirmed(1).await;
    let sent: Vec<_> = checksums(&store).iter().map(Option::is_some).collect();
    assert!(sent[0] && !sent[1..].contains(&true), "{sent:?}");
    assert_eq!((store.count("OPTIONS"), store.count("POST")), (2, 1));
    running.stop().await;
}

#[tokio::test]
async fn a_server_of_another_version_is_asked_again_and_refuses_no_document() {
    for method in ["POST", "PATCH", "HEAD"] {
        let script = move |request: &Request| match (request.method.as_str(), request.nth) {
            // A cut brings HEAD about.
            ("PATCH", 0) if method == "HEAD" => Act::Cut(10),
            (seen, 0) if seen == method => Act::Answer(412, vec![("tus-version", "2.0.0")], ""),
            ("OPTIONS", 1) => Act::Answer(204, vec![("tus-version", "2.0.0")], ""),
            _ => Act::Serve,
        };
        let (kiosk, store, outbox) = offering(&[], script).await;
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        let events = running.until_confirmed(1).await;
        assert_eq!(waits(&events), vec![StoreFault::Rejected(412); 2], "{method}");
        let created = if method == "POST" { 2 } else { 1 };
        assert_eq!((store.count("OPTIONS"), store.count("POST")), (3, created), "{method}");
        assert!(store.material("m-1") == Some(document(300_000)));
        running.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_cannot_say_what_it_can_do_is_sent_to_all_the_same() {
    // Who does not know the question is asked once; who may only be in trouble, for each document.
    for (status, times) in [(404, 1), (405, 1), (501, 1), (200, 1), (400, 2), (403, 2), (500, 2)] {
        let script = move |request: &Request| match request.method.as_str() {
            "OPTIONS" => Act::Answer(status, vec![("tus-resumable", "")], "<html>"),
            _ => Act::Serve,
        };
        let (kiosk, store, outbox) = offering(&[], script).await;
        outbox.add(kiosk.scan("m-2", &document(10))).expect("added");
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        let events = running.until_confirmed(2).await;
        assert_eq!(waits(&events), [], "{status}");
        assert_eq!(store.count("OPTIONS"), times, "{status}");
        running.stop().await;
    }
}

#[tokio::test]
async fn what_is_known_to_be_too_large_is_not_sent() {
    let (kiosk, store, outbox) = offering(&[("tus-max-size", "299999")], |_| Act::Serve).await;
    let small = outbox.add(of_its_own(kiosk.scan("m-2", &document(299_999)))).expect("added");
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    let events = running.until_confirmed(1).await;
    let refused = events.iter().find_map(|event| match event {
        StoreEvent::Refused { fault, .. } => Some(fault.clone()),
        _ => None,
    });
    assert_eq!(refused, Some(StoreFault::TooLarge));
    assert!(events.iter().any(|event| matches!(event, StoreEvent::Confirmed { doc, .. } if *doc == small)));
    assert!(kiosk.kept("m-1").exists());
    assert_eq!(store.count("POST"), 1);
    running.stop().await;
}

#[tokio::test]
async fn what_the_store_drops_soonest_goes_first_and_its_word_alone_decides() {
    // Each upload is begun, then the store is busy; ends are told in another order, the last long past.
    let ends = [
        "Fri, 01 Jan 2100 00:00:00 GMT",
        "Thu, 01 Jan 2060 00:00:00 GMT",
        "whenever",
        "Thu, 01 Jan 2026 00:00:00 GMT",
    ];
    let kiosk = Kiosk::new();
    let busy = Arc::new(Mutex::new(true));
    let switch = Arc::clone(&busy);
    let store = kiosk
        .store(move |request| match request.method.as_str() {
            "PATCH" | "HEAD" if *switch.lock().expect("a switch") => Act::Answer(503, vec![], ""),
            _ => Act::Serve,
        })
        .await;
    let outbox = kiosk.outbox();
    let mut docs = Vec::new();
    let backoff = Backoff { first: Duration::from_secs(3600), ..Backoff::default() };
    let config = WorkerConfig { backoff, ..quick() };
    for (nth, end) in ends.into_iter().enumerate() {
        store.state.lock().expect("state").expires = Some(end.to_owned());
        docs.push(outbox.add(kiosk.scan(&format!("m-{nth}"), &document(1000))).expect("added"));
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config.clone());
        for _ in 0..=nth {
            running.until(|event| matches!(event, StoreEvent::Waiting { .. })).await;
        }
        running.stop().await;
    }
    assert_eq!(store.count("POST"), 4);
    *busy.lock().expect("a switch") = false;
    store.state.lock().expect("state").expires = None;
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config);
    let events = running.until_confirmed(4).await;
    let order: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            StoreEvent::Confirmed { doc, .. } => Some(*doc),
            _ => None,
        })
        .collect();
    assert_eq!(order, [docs[3], docs[1], docs[0], docs[2]]);
    assert_eq!(store.count("POST"), 4, "what is past its end is not begun anew of the kiosk's own accord");
    running.stop().await;
}

#[tokio::test]
async fn a_capped_document_arrives_whole() {
    let (kiosk, store, outbox) = offering(&[], |_| Act::Serve).await;
    let midnight = jiff::civil::Time::midnight();
    let window = Window { from: midnight, to: midnight, bytes_per_second: 2_000_000 };
    let pace = Pace::new(vec![window], 480).expect("a pace");
    let begun = Instant::now();
    let config = WorkerConfig { pace, ..quick() };
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config);
    running.until_confirmed(1).await;
    assert!(begun.elapsed() >= Duration::from_millis(149), "a lower bound, whatever the load");
    assert!(store.material("m-1") == Some(document(300_000)));
    running.stop().await;
}
