//! What is kept of documents ends on time, and not before, whatever clocks say.

use super::*;

/// An idle kiosk that keeps the tombstone of a document confirmed so many days ago, by its own clock and by the
/// store's.
fn keeping(confirmed: i64, received: i64) -> (Kiosk, Outbox, mpsc::UnboundedReceiver<&'static str>) {
    let kiosk = Kiosk::new();
    let (outbox, steps) = observed(&kiosk);
    let doc = outbox.add(kiosk.scan("m-1", b"content")).expect("added");
    outbox.confirm_for_test(doc, confirmed, received);
    (kiosk, outbox, steps)
}

fn kept_of(outbox: &Outbox) -> usize {
    outbox.documents_of("visit-1").expect("read").len()
}

#[tokio::test]
async fn an_idle_kiosk_forgets_what_is_past_its_days() {
    // Any answer will do.
    for act in [|| Act::Serve, || Act::Answer(404, vec![], ""), || Act::Answer(503, vec![], "")] {
        let (kiosk, outbox, mut steps) = keeping(31, 31);
        let store = kiosk.store(move |_| act()).await;
        let running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        until_step(&mut steps, "doc.forgotten").await;
        assert_eq!((kept_of(&outbox), store.count("OPTIONS")), (0, 1));
        running.stop().await;
    }
}

/// The worker has looked by the time that it sends a document.
#[tokio::test]
async fn nothing_is_forgotten_while_nobody_vouches_for_the_clock() {
    let then = || Act::Answer(200, vec![("date", "Sun, 01 Nov 2020 08:00:00 GMT")], "");
    type Case = (&'static str, i64, fn() -> Act, usize);
    let cases: [Case; 3] = [
        ("the store's clock is another", 31, then, 1),
        ("it is away", 31, || Act::Lose, 1),
        ("nothing is past its days: nobody is asked", 29, || Act::Serve, 0),
    ];
    for (what, days, act, asked) in cases {
        let (kiosk, outbox, _steps) = keeping(days, days);
        let (sender, mut greeted) = mpsc::unbounded_channel();
        let store = kiosk
            .store(move |request| match (request.method.as_str(), request.nth) {
                ("OPTIONS", 0) if asked > 0 => {
                    sender.send(()).unwrap_or_default();
                    act()
                }
                _ => Act::Serve,
            })
            .await;
        let mut running = Running::start(&outbox, kiosk.client(store.address.port()), quick());
        if asked > 0 {
            within(greeted.recv()).await.expect("greeted");
        }
        outbox.add(kiosk.scan("m-2", b"another")).expect("added");
        running.wake.notify_one();
        running.until_confirmed(1).await;
        assert_eq!((kept_of(&outbox), store.count("OPTIONS")), (2, asked + 1), "{what}");
        running.stop().await;
    }
}
