//! What a document serves, said anew after the store has it.

use std::sync::{Arc, Mutex};

use super::*;
use crate::{Applicant, ServedItem};

fn items(codes: &[&str]) -> Vec<ServedItem> {
    let item = |code: &&str| ServedItem {
        code: (*code).to_owned(),
        task_code: String::new(),
        dept_code: "11370800MB28559184".to_owned(),
    };
    codes.iter().map(item).collect()
}

/// The number and the items that the store knows of `m-1`.
fn known(store: &TestStore) -> (Option<String>, Vec<String>) {
    let told = store.state.lock().expect("state").materials["m-1"].1.clone();
    let codes = told["items"].as_array().expect("items").iter();
    let codes = codes.map(|item| item["code"].as_str().expect("a code").to_owned());
    (told["number"].as_str().map(str::to_owned), codes.collect())
}

/// A kiosk that has handed `m-1` over; its store answers the questions after that as told.
struct HandedOver {
    kiosk: Kiosk,
    store: TestStore,
    outbox: Outbox,
    steps: mpsc::UnboundedReceiver<&'static str>,
    running: Running,
    acts: Arc<Mutex<Vec<Act>>>,
}

impl HandedOver {
    async fn new() -> Self {
        let kiosk = Kiosk::new();
        let acts = Arc::new(Mutex::new(Vec::new()));
        let script = Arc::clone(&acts);
        let store = kiosk.store(move |_| script.lock().expect("acts").pop().unwrap_or(Act::Serve)).await;
        let (outbox, mut steps) = observed(&kiosk);
        outbox.add(kiosk.scan("m-1", b"content")).expect("added");
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        running.until_confirmed(1).await;
        until_buried(&mut steps).await;
        Self { kiosk, store, outbox, steps, running, acts }
    }

    async fn serve(&mut self, number: &str, codes: &[&str]) {
        let said =
            self.outbox.serve("visit-1", &Applicant::Oneself, Some(number), |_| items(codes)).expect("said");
        assert_eq!(said, 1);
        self.running.wake.notify_one();
        until_step(&mut self.steps, "doc.served").await;
    }

    fn last_methods(&self, how_many: usize) -> Vec<String> {
        let seen = self.store.state.lock().expect("state").seen.clone();
        let service = seen.iter().rev().take(how_many).inspect(|request| {
            assert_eq!(request.path, "/v1/materials/m-1/service");
        });
        service.map(|request| request.method.clone()).collect()
    }
}

#[tokio::test]
async fn what_a_held_document_serves_is_told_and_told_once() {
    let mut kiosk = HandedOver::new().await;
    assert_eq!(known(&kiosk.store), (None, vec!["food-licence".to_owned()]));
    kiosk.serve("A017", &["food-licence", "hygiene"]).await;
    let told = (Some("A017".to_owned()), vec!["food-licence".to_owned(), "hygiene".to_owned()]);
    assert_eq!(known(&kiosk.store), told);
    let requests = kiosk.store.state.lock().expect("state").seen.len();
    let again = kiosk
        .outbox
        .serve("visit-1", &Applicant::Oneself, Some("A017"), |_| items(&["food-licence", "hygiene"]));
    assert_eq!(again.expect("said"), 0);
    assert_eq!(kiosk.outbox.due().expect("read"), []);
    assert_eq!(kiosk.store.state.lock().expect("state").seen.len(), requests);
    assert!(kiosk.store.material("m-1").as_deref() == Some(b"content"));
    assert!(!kiosk.kiosk.kept("m-1").exists());
    kiosk.running.stop().await;
}

#[tokio::test]
async fn a_store_that_cannot_hear_it_now_is_told_later() {
    let mut kiosk = HandedOver::new().await;
    let answer = |status| Act::Answer(status, vec![], "no JSON");
    let acts = [answer(503), answer(429), Act::Cut(3), Act::Lose, answer(302), answer(403), answer(500)];
    let times = acts.len() + 1;
    *kiosk.acts.lock().expect("acts") = acts.into_iter().collect();
    kiosk.serve("A017", &["hygiene"]).await;
    assert_eq!(known(&kiosk.store), (Some("A017".to_owned()), vec!["hygiene".to_owned()]));
    // A connection that is cut may be tried once more at once.
    assert!(kiosk.last_methods(times).iter().all(|method| method == "PUT"));
    kiosk.running.stop().await;
}

#[tokio::test]
async fn a_store_that_will_not_hear_it_is_not_asked_for_ever() {
    for status in [400, 404, 405, 410, 413, 415, 422] {
        let mut kiosk = HandedOver::new().await;
        *kiosk.acts.lock().expect("acts") = vec![Act::Answer(status, vec![], "")];
        kiosk.serve("A017", &["hygiene"]).await;
        assert_eq!(kiosk.last_methods(1), ["PUT"]);
        assert_eq!(kiosk.outbox.due().expect("read"), [], "{status}");
        assert_eq!(known(&kiosk.store).0, None);
        // The next change is told all the same.
        kiosk.serve("B002", &["hygiene"]).await;
        assert_eq!(known(&kiosk.store).0.as_deref(), Some("B002"), "{status}");
        kiosk.running.stop().await;
    }
}

#[tokio::test]
async fn a_document_that_had_arrived_unnoticed_is_told_what_it_serves() {
    let kiosk = Kiosk::new();
    let store = hears_and_does_not_answer(&kiosk).await;
    let (outbox, mut steps) = observed(&kiosk);
    outbox.add(kiosk.scan("m-1", b"content")).expect("added");
    let running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
    until_step(&mut steps, "doc.served").await;
    assert_eq!(known(&store), (None, vec!["food-licence".to_owned()]));
    running.stop().await;
}

/// While the store holds back its answer to a word, or gives none, that is taken back, replaced, or both.
#[tokio::test]
async fn the_newest_word_is_told_last_however_long_an_older_one_takes() {
    for answer in [true, false] {
        for words in [&[None][..], &[Some("B002")], &[Some("B002"), Some("A017")], &[Some("B002"), None]] {
            let mut kiosk = HandedOver::new().await;
            let say = |kiosk: &HandedOver, number: Option<&str>| {
                let items = |_: &str| items(&["food-licence"]);
                kiosk.outbox.serve("visit-1", &Applicant::Oneself, number, items).expect("said");
            };
            // A connection that breaks is tried once more at once.
            *kiosk.acts.lock().expect("acts") = match answer {
                true => vec![Act::Hold { answer }],
                false => vec![Act::Lose, Act::Hold { answer }],
            };
            say(&kiosk, Some("A017"));
            kiosk.running.wake.notify_one();
            kiosk.store.until_held().await;
            for word in words {
                say(&kiosk, *word);
            }
            kiosk.store.let_go();
            let last = words.last().copied().flatten();
            let times = if answer && last != Some("A017") { 2 } else { 1 };
            for _ in 0..times {
                until_step(&mut kiosk.steps, "doc.served").await;
            }
            assert_eq!(known(&kiosk.store).0.as_deref(), last, "{answer} {words:?}");
            assert_eq!(kiosk.outbox.due().expect("read"), [], "{answer} {words:?}");
            kiosk.running.stop().await;
        }
    }
}
