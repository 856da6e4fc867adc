use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn reviews_are_told_to_the_kiosk_that_handed_in_and_kept() {
    let hall = Hall::open().await;
    for (id, kiosk) in [("m-1", "kiosk-1"), ("m-2", "kiosk-2")] {
        let url = hall.create(3).await;
        hall.patch(&url, 0, &[], b"abc").await;
        let mut said = request(&url, b"abc");
        said["kiosk"] = json!(kiosk);
        assert_eq!(hall.put(id, &said).await.0, 200);
    }
    let returned = |text: &str| Review::Returned { reason: Reason::Illegible, text: Some(text.to_owned()) };
    let reviews = |hall: &Hall, query: &str| {
        let (curl, url) = (hall.curl.clone(), format!("{}/v1/review-events?{query}", hall.store.url()));
        async move {
            let answer = curl.get(&url).await;
            (answer.status, serde_json::from_str::<Value>(&answer.body).unwrap_or_default())
        }
    };
    let waiting = tokio::spawn(reviews(&hall, "kiosk=kiosk-1&after=0&wait=30"));
    assert_eq!(hall.store.review("m-2", Review::Accepted).expect("a review"), 1);
    assert_eq!(hall.store.review("m-1", returned("第二页看不清")).expect("a review"), 2);
    let (status, told) = waiting.await.expect("the answer");
    assert_eq!((status, &told["last"]), (200, &json!(2)));
    let event = &told["events"][0];
    assert_eq!((&event["material_id"], &event["result"]), (&json!("m-1"), &json!("returned")));
    assert_eq!((&event["reason"], &event["text"]), (&json!("illegible"), &json!("第二页看不清")));
    assert!(event["at"].as_str().is_some_and(|at| at.parse::<jiff::Timestamp>().is_ok()));

    assert!(matches!(hall.store.review("m-3", Review::Accepted), Err(ReviewError::Unknown(_))));
    for text in ["a\nb".to_owned(), "字".repeat(121)] {
        assert!(matches!(hall.store.review("m-1", returned(&text)), Err(ReviewError::Text)), "{text}");
    }
    for wrong in ["kiosk=k&after=0", "kiosk=&after=0&wait=0", "after=0&wait=0", "kiosk=k&after=0&wait=61"] {
        assert_eq!(reviews(&hall, wrong).await.0, 400, "{wrong}");
    }

    let Hall { dir, store, curl } = hall;
    store.stop().await;
    let store = Store::start(dir.path()).await.expect("the store again");
    let hall = Hall { dir, store, curl };
    assert_eq!(hall.store.review("m-1", Review::Accepted).expect("a review"), 3, "numbers go on");
    let (_, later) = reviews(&hall, "kiosk=kiosk-1&after=2&wait=0").await;
    assert_eq!((&later["last"], &later["events"][0]["result"]), (&json!(3), &json!("accepted")));
    let (_, none) = reviews(&hall, "kiosk=kiosk-9&after=2&wait=0").await;
    assert_eq!(none, json!({ "last": 2, "events": [] }));
    assert_eq!(hall.store.reviews().len(), 3);
    hall.store.stop().await;
}
