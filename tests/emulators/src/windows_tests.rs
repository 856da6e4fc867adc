use super::*;
use crate::testing::{Curl, folder};
use std::time::{Duration, Instant};

fn feed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_calls_staff_once_until_somebody_has_gone_there() {
    let dir = folder();
    let windows = Windows::start(dir.path()).await.expect("the feed");
    let curl = Curl::new(dir.path());
    let url = windows.url().replace("window-events", "staff-call");
    let call = |body: &'static str| {
        let (curl, url) = (&curl, &url);
        let options =
            ["--request", "PUT", "--header", "Content-Type: application/json", "--data-binary", "@-"];
        async move { curl.call(url, &options, body.as_bytes()).await.status }
    };
    assert_eq!(call(r#"{"kiosk":"K1","screen":"choose"}"#).await, 204);
    assert_eq!(call(r#"{"kiosk":"K1","screen":"scan"}"#).await, 204);
    assert_eq!(windows.state()["calls"], json!({"K1": "choose"}));
    for wrong in [r#"{"kiosk":"K1"}"#, r#"{"kiosk":"","screen":"scan"}"#, "K1"] {
        assert_eq!(call(wrong).await, 400, "{wrong}");
    }
    windows.see_to_calls();
    windows.set_bell(false);
    assert_eq!(call(r#"{"kiosk":"K1","screen":"scan"}"#).await, 503);
    assert_eq!(windows.state()["calls"], json!({}));
    windows.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_that_a_kiosk_says_of_itself_is_kept() {
    let dir = folder();
    let windows = Windows::start(dir.path()).await.expect("the feed");
    let curl = Curl::new(dir.path());
    let url = windows.url().replace("window-events", "kiosk-facts");
    for (body, status) in [
        (r#"{"kiosk":"K1","facts":{"version":"1","devices":[]}}"#, 204),
        (r#"{"kiosk":"K1","facts":{"version":"2","devices":[{"name":"printer"}],"pages":7}}"#, 204),
        (r#"{"kiosk":"K1","facts":{"version":"3"}}"#, 400),
        (r#"{"kiosk":"","facts":{"version":"3","devices":[]}}"#, 400),
        (r#"{"kiosk":"K1","facts":[]}"#, 400),
    ] {
        let options =
            ["--request", "PUT", "--header", "Content-Type: application/json", "--data-binary", "@-"];
        assert_eq!(curl.call(&url, &options, body.as_bytes()).await.status, status, "{body}");
    }
    assert_eq!(windows.state()["kiosks"]["K1"]["version"], "2");
    windows.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_answered_after_a_sequence_number_and_kept() {
    let dir = folder();
    let windows = Windows::start(dir.path()).await.expect("the feed");
    let curl = Curl::new(dir.path());
    let all = curl.get(&format!("{}?after=0&wait=0", windows.url())).await;
    assert_eq!((all.status, feed(&all.body)), (200, json!({"last": 0, "events": []})));
    for (number, event) in
        [("A001", WindowEvent::Called), ("A001", WindowEvent::Served), ("B012", WindowEvent::NoShow)]
    {
        windows.post(number, event).expect("an event");
    }
    let url = windows.url();
    windows.stop().await;
    let windows = Windows::start(dir.path()).await.expect("the feed again");
    assert_eq!(windows.url(), url, "the port is kept");
    let later = feed(&curl.get(&format!("{url}?after=1&wait=9")).await.body);
    assert_eq!(later["last"], 3);
    assert_eq!(later["events"][0]["event"], "served");
    assert_eq!(later["events"][1]["number"], "B012");
    assert_eq!(later["events"][1]["event"], "no_show");
    let at = later["events"][1]["at"].as_str().expect("a time");
    assert!(at.parse::<jiff::Timestamp>().is_ok(), "{at}");
    assert_eq!(windows.events().len(), 3);
    let ahead = feed(&curl.get(&format!("{url}?after=9&wait=0")).await.body);
    assert_eq!(ahead, json!({"last": 9, "events": []}));
    for wrong in ["after=x&wait=0", "after=0", "wait=0", "after=0&wait=61", "after=-1&wait=0"] {
        assert_eq!(curl.get(&format!("{url}?{wrong}")).await.status, 400, "{wrong}");
    }
    windows.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_client_is_told_at_once_and_does_not_hold_up_a_stop() {
    let dir = folder();
    let windows = Windows::start(dir.path()).await.expect("the feed");
    let curl = Curl::new(dir.path());
    let url = format!("{}?after=0&wait=30", windows.url());
    let waiting = tokio::spawn({
        let (curl, url) = (curl.clone(), url.clone());
        async move { curl.get(&url).await }
    });
    windows.post("A002", WindowEvent::Called).expect("an event");
    let answer = feed(&waiting.await.expect("the answer").body);
    assert_eq!(answer["events"][0]["number"], "A002");
    let url = format!("{}?after=1&wait=30", windows.url());
    let waiting = tokio::spawn(async move { curl.get(&url).await });
    let begun = Instant::now();
    windows.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    waiting.await.expect("curl ends");
}

#[tokio::test]
async fn what_is_no_ticket_number_is_refused_and_a_spoilt_file_reported() {
    let dir = folder();
    let windows = Windows::start(dir.path()).await.expect("the feed");
    for number in ["", "A 1", "一", "A-17", "A0000000000000001"] {
        assert!(matches!(windows.post(number, WindowEvent::Called), Err(WindowsError::Number)));
    }
    windows.stop().await;
    std::fs::write(dir.path().join("windows.json"), "[").expect("spoiling");
    assert!(matches!(Windows::start(dir.path()).await, Err(WindowsError::Feed(FeedError::Spoilt { .. }))));
}
