use super::*;
use crate::cards::sample;
use crate::store::{At, LicenceType, Misbehaviour, Store, WrongStatus};
use crate::testing::{Curl, folder};
use serde_json::Value;

fn question(holder: &Holder) -> Value {
    json!({
        "holder": holder, "use_cause": "办理食品经营许可", "visit": "v-1", "kiosk": "kiosk-1",
    })
}

/// Asks, and returns the status and the answer.
async fn ask(curl: &Curl, store: &Store, question: &Value) -> (u16, Value) {
    let url = format!("{}/v1/licences/query", store.url());
    let answer = curl.call(&url, &["--json", "@-"], question.to_string().as_bytes()).await;
    if answer.status == 200 && answer.exit == 0 && answer.body.contains("licences\":[") {
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
}

#[test]
fn a_masked_number_shows_no_more_than_its_ends() {
    for (code, masked) in
        [("310114199003076517", "310*************17"), ("12345678", "********"), ("", ""), ("号", "*")]
    {
        assert_eq!(Holder::company(code).masked(), masked);
    }
    assert!(!format!("{:?}", Holder::company("91310114MA1GAMP1XF")).contains("MA1GAMP"));
}

#[tokio::test(flavor = "multi_thread")]
async fn licences_are_answered_given_and_taken_and_every_query_recorded() {
    let dir = folder();
    let store = Store::start(dir.path()).await.expect("a store");
    let curl = Curl::new(dir.path());
    let man = Holder::of(&sample("man").expect("a sample"));
    let (status, first) = ask(&curl, &store, &question(&man)).await;
    let count = first["licences"].as_array().map_or(0, Vec::len);
    assert_eq!((status, count), (200, 4), "{first}");
    assert_eq!(first["licences"][0]["cert_name"], "居民身份证");
    assert_eq!(first["licences"][0]["cert_number"], json!(man.code));

    assert_eq!(store.take_licences(&man).len(), 4);
    assert_eq!(ask(&curl, &store, &question(&man)).await, (200, json!({ "licences": [] })));
    let licence =
        Licence::issued(LicenceType::MarriageCertificate, 7, "J310114-2020-000007").until("2030-01-02");
    store.give_licence(man.clone(), licence.clone());
    let (_, one) = ask(&curl, &store, &question(&man)).await;
    let his = Licence { holder_code: Some(man.code.clone()), ..licence };
    assert_eq!(one, json!({ "licences": [his] }));

    let queries = store.licence_queries();
    let counts: Vec<_> = queries.iter().map(|query| query.licences).collect();
    assert_eq!(counts, [4, 0, 1], "oldest first");
    let last = queries.last().expect("a query");
    assert_eq!((last.kiosk.as_str(), last.visit.as_str()), ("kiosk-1", "v-1"));
    assert_eq!((last.use_cause.as_str(), last.holder_kind), ("办理食品经营许可", HolderKind::Resident));
    assert!(last.at.parse::<jiff::Timestamp>().is_ok());
    assert!(!last.holder.contains("19900307"), "{}", last.holder);
    store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_query_is_refused_and_not_recorded() {
    let dir = folder();
    let store = Store::start(dir.path()).await.expect("a store");
    let curl = Curl::new(dir.path());
    let right = question(&Holder::company("91310114MA1GAMP1XF"));
    let changes: [fn(&mut Value); 10] = [
        |value| value["holder"]["kind"] = json!("citizen"),
        |value| value["holder"]["code"] = json!("3101 14"),
        |value| value["holder"]["code"] = json!(""),
        |value| value["holder"]["code"] = json!("1".repeat(33)),
        |value| value["holder"]["name"] = json!("somebody"),
        |value| value["use_cause"] = json!(""),
        |value| value["use_cause"] = json!("因".repeat(201)),
        |value| value["visit"] = Value::Null,
        |value| value["kiosk"] = json!("k".repeat(65)),
        |value| value["cert_type"] = json!("all"),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut wrong = right.clone();
        change(&mut wrong);
        assert_eq!(ask(&curl, &store, &wrong).await.0, 400, "case {index}");
    }
    assert_eq!(store.licence_queries(), []);
    let mut longest = right.clone();
    longest["use_cause"] = json!("因".repeat(200));
    assert_eq!(ask(&curl, &store, &longest).await.0, 200);
    store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_goes_wrong_as_told() {
    let dir = folder();
    let store = Store::start(dir.path()).await.expect("a store");
    let curl = Curl::new(dir.path());
    let right = question(&Holder::company("91310114MA1GAMP1XF"));
    let unavailable = Misbehaviour::Status(WrongStatus::Unavailable);
    for (what, status, shape) in [
        (unavailable, 503, Value::Null),
        (Misbehaviour::Garbage, 200, Value::Null),
        (Misbehaviour::Close, 0, Value::Null),
    ] {
        store.misbehave(1, At::Licences, what);
        assert_eq!(ask(&curl, &store, &right).await, (status, shape), "{what:?}");
    }
    store.misbehave(1, At::Licences, Misbehaviour::WrongShape);
    let (status, shape) = ask(&curl, &store, &right).await;
    assert!(status == 200 && shape.is_object() && !shape["licences"].is_array(), "{shape}");
    assert_eq!(store.licence_queries(), [], "nothing of it was done");
    store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_districts_store_is_another_one_that_takes_no_documents() {
    let dir = folder();
    let store = Store::start(dir.path()).await.expect("a store");
    let district = Store::start_district(dir.path()).await.expect("the district's store");
    assert_ne!(store.address(), district.address());
    let curl = Curl::new(dir.path());
    let shop = question(&Holder::company("92310114MA1DEMQ2LE"));
    let mut identifiers = Vec::new();
    for asked in [&store, &district] {
        let (status, answer) = ask(&curl, asked, &shop).await;
        assert_eq!(status, 200);
        let licences: Vec<Licence> = serde_json::from_value(answer["licences"].clone()).expect("licences");
        identifiers.push(licences.into_iter().map(|licence| licence.cert_identifier).collect::<Vec<_>>());
    }
    let [municipal, own] = identifiers.as_slice() else { panic!("two answers") };
    assert_eq!((municipal.len(), own.len()), (3, 2));
    assert!(own.iter().any(|one| municipal.contains(one)), "one licence is in both");
    assert!(own.iter().any(|one| !municipal.contains(one)), "one is not");
    let files = format!("{}/files/", district.url());
    assert_eq!(curl.call(&files, &["--request", "OPTIONS"], b"").await.status, 404);
    assert_eq!((store.licence_queries().len(), district.licence_queries().len()), (1, 1));
    district.stop().await;
    let again = Store::start_district(dir.path()).await.expect("the district's store again");
    assert_eq!(again.address(), district.address());
    again.stop().await;
    store.stop().await;
}
