//! `/v1/identities`: whose a code is, for as long as the code lives.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::licences::HolderKind;
use super::{Shared, locked};
use crate::cards::Card;
use crate::{files, serve};

/// A code of 4096 bytes is longer where JSON escapes it.
const MOST_BODY: usize = 32 * 1024;

/// The codes that were given out, and whose they are.
#[derive(Default)]
pub(super) struct Codes(Vec<(Zeroizing<String>, Card, Instant)>);

impl Codes {
    /// A new code of this person. Its form is invented: nobody but the store understands it.
    pub(super) fn issue(&mut self, card: Card, lives: Duration) -> Zeroizing<String> {
        let code = Zeroizing::new(format!("SSM1.{}.{}", files::random_id(), files::random_id()));
        self.0.retain(|(_, _, end)| *end > Instant::now());
        self.0.push((code.clone(), card, Instant::now() + lives));
        code
    }

    pub(super) fn expire(&mut self) {
        self.0.clear();
    }

    /// How many codes are good now.
    pub(super) fn alive(&self) -> usize {
        self.0.iter().filter(|(_, _, end)| *end > Instant::now()).count()
    }

    fn holder(&self, code: &str) -> Option<&Card> {
        let found = self.0.iter().find(|(known, _, end)| known.as_str() == code && *end > Instant::now());
        found.map(|(_, card, _)| card)
    }
}

/// What the kiosk asks. Unknown fields are refused: the kiosk must not send more than was agreed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    #[serde(deserialize_with = "wiped")]
    code: Zeroizing<String>,
}

fn wiped<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(from).map(Zeroizing::new)
}

#[derive(Serialize)]
struct Identity<'a> {
    kind: HolderKind,
    number: &'a str,
    name: &'a str,
}

pub(super) async fn identify(State(shared): State<Arc<Shared>>, body: Body) -> Response {
    // An answer about a person belongs in nobody's cache, and no refusal repeats the code.
    let refuse = |status: StatusCode, error: &str| {
        (status, [(header::CACHE_CONTROL, "no-store")], Json(json!({ "error": error }))).into_response()
    };
    let Some(body) = serve::whole_body(body, MOST_BODY).await.map(Zeroizing::new) else {
        return refuse(StatusCode::BAD_REQUEST, "the body is longer than any code");
    };
    let question = match serde_json::from_slice::<Question>(&body) {
        Ok(question) if (1..=4096).contains(&question.code.len()) => question,
        _ => return refuse(StatusCode::BAD_REQUEST, "the body holds no code"),
    };
    let codes = locked(&shared.codes);
    match codes.holder(&question.code) {
        None => refuse(StatusCode::NOT_FOUND, "the code is unknown or has run out"),
        Some(card) => {
            let identity =
                Identity { kind: HolderKind::from(card.kind()), number: card.number(), name: card.name() };
            ([(header::CACHE_CONTROL, "no-store")], Json(identity)).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::sample;
    use crate::store::{At, Misbehaviour, Store, WrongStatus};
    use crate::testing::{Curl, folder};
    use serde_json::Value;

    #[test]
    fn a_code_is_good_until_its_end() {
        let card = || sample("man").expect("a sample");
        let mut codes = Codes::default();
        let code = codes.issue(card(), Duration::from_secs(600));
        assert!(codes.holder(&code).is_some_and(|holder| *holder == card()));
        assert!(codes.holder("SSM1").is_none());
        let over = codes.issue(card(), Duration::ZERO);
        assert!(codes.holder(&over).is_none());
        assert_eq!(codes.alive(), 1);
        codes.expire();
        assert!(codes.holder(&code).is_none());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whose_a_code_is_is_told_over_the_wire() {
        let dir = folder();
        let store = Store::start(dir.path()).await.expect("a store");
        let curl = Curl::new(dir.path());
        let url = format!("{}/v1/identities", store.url());
        let post = async |body: &str| {
            let answer = curl.call(&url, &["--json", "@-"], body.as_bytes()).await;
            (answer.status, serde_json::from_str::<Value>(&answer.body).unwrap_or_default())
        };
        for (name, kind) in [
            ("man", "resident"),
            ("hong_kong", "hmt_residence"),
            ("foreigner_2017", "foreign_permanent_2017"),
            ("foreigner_2023", "foreign_permanent_2023"),
        ] {
            let card = sample(name).expect("a sample");
            let (number, name) = (card.number().to_owned(), card.name().to_owned());
            let code = store.issue_code(card, Duration::from_secs(600));
            let told = post(&json!({ "code": *code }).to_string()).await;
            assert_eq!(told, (200, json!({ "kind": kind, "number": number, "name": name })));
        }
        assert_eq!(store.state()["codes"], 4);
        let code = store.issue_code(sample("man").expect("a sample"), Duration::from_secs(600));
        let question = json!({ "code": *code }).to_string();
        for (bad, status) in [
            (json!({ "code": "unknown" }).to_string(), 404),
            (json!({ "code": "" }).to_string(), 400),
            (json!({ "code": "x".repeat(5000) }).to_string(), 400),
            (json!({ "code": *code, "kiosk": "k-1" }).to_string(), 400),
            ("x".repeat(40_000), 400),
        ] {
            let (got, answer) = post(&bad).await;
            assert_eq!(got, status);
            assert!(!answer.to_string().contains("SSM1"));
        }
        for status in [WrongStatus::TooManyRequests, WrongStatus::Unavailable] {
            store.misbehave(1, At::Identify, Misbehaviour::Status(status));
            assert_eq!(post(&question).await.0, status.code());
        }
        assert_eq!(post(&question).await.0, 200);
        store.expire_codes();
        assert_eq!(post(&question).await.0, 404);
        store.stop().await;
    }
}
