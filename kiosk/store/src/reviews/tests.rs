use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::*;
use crate::outbox::Service;
use crate::testing::{Act, Kiosk, TestStore, within};
use crate::{DocId, Submission};

fn event(seq: u64, id: &str, result: &str) -> Value {
    json!({"seq": seq, "material_id": id, "result": result, "at": "2026-11-23T01:02:03Z"})
}

fn returned(seq: u64, id: &str, reason: &str, text: &str) -> Value {
    let mut event = event(seq, id, "returned");
    (event["reason"], event["text"]) = (json!(reason), json!(text));
    event
}

fn checked(last: u64, events: &[Value], after: u64) -> Option<Reviews> {
    let answer = json!({"last": last, "events": events}).to_string();
    serde_json::from_str::<Answer>(&answer).ok()?.check(after)
}

#[test]
fn only_a_rising_feed_of_sound_events_is_taken() {
    assert_eq!(checked(5, &[], 5).map(|reviews| reviews.last), Some(5));
    let sound = [event(6, "m-1", "accepted"), returned(9, "m-2", "illegible", "第二页看不清")];
    let reviews = checked(9, &sound, 5).expect("reviews");
    let text = Some("第二页看不清".to_owned());
    let expected = [ReviewResult::Accepted, ReviewResult::Returned { reason: Reason::Illegible, text }];
    assert!(reviews.found.iter().map(|found| &found.result).eq(&expected));
    let blank = checked(6, &[returned(6, "m-1", "other", " ")], 5).expect("reviews");
    assert_eq!(blank.found[0].result, ReviewResult::Returned { reason: Reason::Other, text: None });

    let accepted = |seq| event(seq, "m-1", "accepted");
    for (last, events, what) in [
        (4, vec![], "last fell"),
        (5, vec![accepted(5)], "seen before"),
        (6, vec![accepted(7), accepted(6)], "not rising"),
        (9, vec![accepted(6)], "last ahead: an event would be lost"),
        (u64::MAX, vec![accepted(u64::MAX)], "beyond what can be kept"),
        (206, (6..=206).map(accepted).collect(), "too many"),
    ] {
        assert_eq!(checked(last, &events, 5), None, "{what}");
    }
}

#[test]
fn an_event_that_makes_no_sense_holds_up_no_other() {
    for (odd, what) in [
        (event(6, "m/1", "accepted"), "no id"),
        (event(6, "m-1", "burnt"), "no result"),
        (event(6, "m-1", "returned"), "no reason"),
        (returned(6, "m-1", "mood", ""), "an unknown reason"),
        (returned(6, "m-1", "other", "a\u{1b}"), "control characters"),
        (returned(6, "m-1", "other", &"字".repeat(121)), "too long"),
        (json!({"seq": 6}), "nothing"),
    ] {
        let reviews = checked(7, &[odd, event(7, "m-2", "accepted")], 5).expect(what);
        assert_eq!((reviews.last, reviews.found.len()), (7, 1), "{what}");
        assert_eq!(reviews.found[0].material_id.as_str(), "m-2", "{what}");
    }
    assert_eq!(checked(6, &[json!({"material_id": "m-1", "result": "accepted"})], 5), None, "no place");
}

#[test]
fn every_result_survives_the_database() {
    for reason in Reason::ALL {
        assert_eq!(json!(reason), reason.code());
        for text in [None, Some("再交一份".to_owned())] {
            let result = ReviewResult::Returned { reason, text };
            let (code, text) = result.to_code();
            assert_eq!(ReviewResult::from_code(code, text.map(str::to_owned)), Some(result));
        }
    }
    assert_eq!(
        ReviewResult::from_code(ReviewResult::Accepted.to_code().0, None),
        Some(ReviewResult::Accepted)
    );
    assert_eq!(ReviewResult::from_code("mood", None), None);
}

struct Following {
    events: mpsc::Receiver<StoreEvent>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Following {
    fn start(outbox: &Outbox, client: Client, without: Duration) -> Self {
        let (sender, events) = mpsc::channel(64);
        let shutdown = CancellationToken::new();
        let waits = Waits { backoff: crate::testing::quick().backoff, without, ..Waits::default() };
        let kiosk = "一号 kiosk".to_owned();
        let follow = run_with(outbox.clone(), client, kiosk, sender, shutdown.clone(), waits);
        Self { events, shutdown, task: tokio::spawn(follow) }
    }

    async fn next(&mut self) -> (DocId, ReviewResult) {
        match within(self.events.recv()).await {
            Some(StoreEvent::Reviewed { doc, result }) => (doc, result),
            other => panic!("{other:?}"),
        }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        within(self.task).await.expect("it ends well");
    }
}

/// The store has the document.
fn confirm(outbox: &Outbox, doc: DocId) {
    let at = crate::ReceivedAt::parse("2026-11-23T01:02:03Z").expect("a time");
    let Submission { items, number, .. } = outbox.document(doc).expect("read").expect("a row").submission;
    let told = Service { items, number };
    let received = crate::custody::Received { at, signature: None };
    outbox.set_confirmed(doc, &received, Some(&told)).expect("confirmed");
}

fn found(store: &TestStore, events: impl IntoIterator<Item = Value>) {
    let mut state = store.state.lock().expect("state");
    state.reviews.extend(events);
    state.reviewed.notify_waiters();
}

#[tokio::test]
async fn what_was_found_is_kept_then_told_and_once() {
    let kiosk = Kiosk::new();
    let (sender, mut asked) = mpsc::unbounded_channel();
    let store = kiosk
        .store(move |request| {
            sender.send(request.path.clone()).unwrap_or_default();
            Act::Serve
        })
        .await;
    let outbox = kiosk.outbox();
    let docs = ["m-1", "m-2"].map(|id| outbox.add(kiosk.scan(id, id.as_bytes())).expect("added"));
    docs.iter().for_each(|doc| confirm(&outbox, *doc));
    let mut following =
        Following::start(&outbox, kiosk.client(store.address.port()), Duration::from_secs(600));
    found(&store, [event(3, "m-9", "accepted"), event(4, "m-1", "accepted")]);
    assert_eq!(following.next().await, (docs[0], ReviewResult::Accepted));
    // The same again is no news; another word is, and the last one counts.
    found(&store, [event(5, "m-1", "accepted"), returned(8, "m-2", "incomplete", "缺第三页")]);
    let incomplete = ReviewResult::Returned { reason: Reason::Incomplete, text: Some("缺第三页".into()) };
    assert_eq!(following.next().await, (docs[1], incomplete.clone()));
    let path = "/v1/review-events?kiosk=%E4%B8%80%E5%8F%B7%20kiosk&after=";
    assert_eq!(within(asked.recv()).await, Some(format!("{path}0&wait=30")));
    // The next question is open, so nobody works with the outbox.
    let open = format!("{path}8&wait=30");
    within(async { while asked.recv().await.as_ref() != Some(&open) {} }).await;
    following.stop().await;
    drop(outbox);

    // After a restart nothing is asked or told again.
    let outbox = kiosk.outbox();
    let known = outbox.documents_of("visit-1").expect("read");
    let reviews: Vec<_> = known.into_iter().map(|document| document.review).collect();
    assert_eq!(reviews, [Some(ReviewResult::Accepted), Some(incomplete)]);
    let mut following =
        Following::start(&outbox, kiosk.client(store.address.port()), Duration::from_secs(600));
    found(&store, [returned(9, "m-1", "out_of_date", "")]);
    let outdated = ReviewResult::Returned { reason: Reason::OutOfDate, text: None };
    assert_eq!(following.next().await, (docs[0], outdated));
    assert_eq!(within(asked.recv()).await, Some(open));
    following.stop().await;
}

#[tokio::test]
async fn a_store_that_is_away_or_talks_nonsense_is_asked_again() {
    let acts: Vec<fn() -> Act> = vec![
        || Act::Answer(404, vec![], ""),
        || Act::Answer(503, vec![], ""),
        || Act::Answer(200, vec![], "<html>"),
        || Act::Answer(200, vec![], r#"{"last":7,"events":[]}"#),
        || Act::Answer(200, vec![], r#"{"last":0,"events":[]}"#),
        || Act::Lose,
    ];
    let kiosk = Kiosk::new();
    let left = Mutex::new(acts.into_iter().rev().collect::<Vec<_>>());
    let left = Arc::new(left);
    let script = Arc::clone(&left);
    let store =
        kiosk.store(move |_| script.lock().expect("acts").pop().map_or(Act::Serve, |act| act())).await;
    let outbox = kiosk.outbox();
    let doc = outbox.add(kiosk.scan("m-1", b"content")).expect("added");
    confirm(&outbox, doc);
    found(&store, [event(1, "m-1", "accepted")]);
    let mut following =
        Following::start(&outbox, kiosk.client(store.address.port()), Duration::from_millis(1));
    assert_eq!(following.next().await, (doc, ReviewResult::Accepted));
    assert!(left.lock().expect("acts").is_empty(), "every one was asked and survived");
    following.stop().await;
}

#[tokio::test]
async fn what_was_found_before_the_stores_word_is_told_with_it() {
    let kiosk = Kiosk::new();
    let store = kiosk.store(|_| Act::Serve).await;
    let outbox = kiosk.outbox();
    let doc = outbox.add(kiosk.scan("m-1", b"content")).expect("added");
    let found = Found { material_id: MaterialId::new("m-1").expect("an id"), result: ReviewResult::Accepted };
    assert_eq!(outbox.keep_reviews(1, &[found]).expect("kept"), []);
    let mut running =
        crate::testing::Running::start(&outbox, kiosk.client(store.address.port()), crate::testing::quick());
    running.until_confirmed(1).await;
    let reviewed = StoreEvent::Reviewed { doc, result: ReviewResult::Accepted };
    assert_eq!(within(running.events.recv()).await, Some(reviewed));
    running.stop().await;
}

#[test]
fn a_reviewers_words_go_with_the_tombstone() {
    let kiosk = Kiosk::new();
    let outbox = kiosk.outbox();
    let doc = outbox.add(kiosk.scan("m-1", b"content")).expect("added");
    let id = MaterialId::new("m-1").expect("an id");
    let word = |text: &str| {
        let result = ReviewResult::Returned { reason: Reason::Other, text: Some(text.into()) };
        vec![Found { material_id: id.clone(), result }]
    };
    // Before it has arrived that is no news, and nobody is told.
    assert_eq!(outbox.keep_reviews(1, &word("a telling sentence")).expect("kept"), []);
    assert_eq!(outbox.documents_of("visit-1").expect("read")[0].review, None);
    confirm(&outbox, doc);
    outbox.bury(doc, &id).expect("buried");
    assert!(outbox.documents_of("visit-1").expect("read")[0].review.is_some(), "a tombstone tells it");
    let long_after = Timestamp::now() + jiff::SignedDuration::from_hours(24 * 31);
    assert_eq!(outbox.purge(long_after).expect("purged"), 1);
    assert_eq!(outbox.last_review().expect("read"), 1);
    for entry in std::fs::read_dir(kiosk.outbox_dir()).expect("a folder") {
        let path = entry.expect("an entry").path();
        let bytes = if path.is_file() { std::fs::read(path).expect("read") } else { Vec::new() };
        assert!(!bytes.windows(9).any(|part| part == b"a telling"));
    }
}
