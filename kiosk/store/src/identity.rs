//! Whose a scanned code is (`POST /v1/identities` in openapi.yaml).

use http::Method;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::http::Request;
use crate::material::is_line;
use crate::{Client, Deadlines, StoreFault};

/// Bytes of a code, at most.
const LONGEST_CODE: usize = 4096;
/// Characters of a number, at most.
const LONGEST_NUMBER: usize = 32;
/// Characters of a name, at most.
const LONGEST_NAME: usize = 120;

/// Whose a code is. Wiped when dropped.
pub struct Identified {
    /// The kind of document the person is known by.
    pub kind: IdentifiedKind,
    /// The document's number, as the store has it: 1 to 32 ASCII letters and digits. Its check digit
    /// is for the caller to check.
    pub number: Zeroizing<String>,
    /// The person's name: 1 to 120 characters, no control characters.
    pub name: Zeroizing<String>,
}

impl std::fmt::Debug for Identified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identified({:?}, redacted)", self.kind)
    }
}

/// The kind of document that a person is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifiedKind {
    /// Resident identity card.
    Resident,
    /// Residence permit for Hong Kong, Macao and Taiwan residents.
    HmtResidence,
    /// Foreigner's permanent residence card of 2017.
    #[serde(rename = "foreign_permanent_2017")]
    ForeignPermanent2017,
    /// Foreigner's permanent residence card of 2023.
    #[serde(rename = "foreign_permanent_2023")]
    ForeignPermanent2023,
}

/// Why it is not known whose a code is. Nothing here holds any of the code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifyFault {
    /// The store does not know the code, or no longer.
    #[error("the code is unknown or has run out; show a new one")]
    Unknown,
    /// The store could not be asked, or its answer makes no sense.
    #[error("{0}")]
    Store(#[source] StoreFault),
}

/// The request's body. Lives on a buffer that is wiped; see [`question`].
#[derive(Serialize)]
struct Question<'a> {
    code: &'a str,
}

/// The answer's body. Fields beyond these are left aside, unread.
#[derive(Deserialize)]
pub(crate) struct Answer {
    kind: IdentifiedKind,
    #[serde(deserialize_with = "crate::http::wiped")]
    number: Zeroizing<String>,
    #[serde(deserialize_with = "crate::http::wiped")]
    name: Zeroizing<String>,
}

impl Client {
    /// Asks whose a code is.
    ///
    /// Asked once, on a connection of its own: a code may be good for one question only, so that one
    /// sent a second time could only be refused. Takes 12 s at most.
    ///
    /// # Errors
    /// [`IdentifyFault`].
    pub async fn identify(&self, code: &str) -> Result<Identified, IdentifyFault> {
        if !(1..=LONGEST_CODE).contains(&code.len()) {
            return Err(IdentifyFault::Unknown);
        }
        let request = Request::new(Method::POST, "/v1/identities").secret_json(question(code)).once();
        let answer =
            self.send_within(request, Deadlines::VISITOR_WAITS).await.map_err(IdentifyFault::Store)?;
        let read = match answer.status {
            200 => answer.json::<Answer>().and_then(checked).map_err(IdentifyFault::Store),
            404 => Err(IdentifyFault::Unknown),
            status => Err(IdentifyFault::Store(StoreFault::from_status(status))),
        };
        answer.wipe();
        read
    }
}

/// The question as JSON, in a buffer that never grows: growing would leave copies of the code behind.
fn question(code: &str) -> Zeroizing<Vec<u8>> {
    // No character takes more than six bytes as an escape of JSON.
    let mut json = Zeroizing::new(Vec::with_capacity(16 + code.len() * 6));
    // Writing a plain struct to memory has no way to fail; an empty body would be a 400.
    let _ = serde_json::to_writer(&mut *json, &Question { code });
    json
}

/// A person, if the answer keeps to the contract.
pub(crate) fn checked(answer: Answer) -> Result<Identified, StoreFault> {
    let Answer { kind, number, name } = answer;
    let number_fits =
        (1..=LONGEST_NUMBER).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric());
    if number_fits && is_line(&name, LONGEST_NAME) {
        Ok(Identified { kind, number, name })
    } else {
        Err(StoreFault::Garbage("identity"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::LinkFault;
    use crate::testing::{Act, Kiosk, within};

    const PERSON: &str = r#"{"kind":"resident","number":"310114199003076511","name":"张示范","more":1}"#;

    async fn told(act: fn() -> Act) -> (Result<Identified, IdentifyFault>, usize) {
        let kiosk = Kiosk::new();
        let store = kiosk.store(move |_| act()).await;
        let client = kiosk.client(store.address.port());
        let told = within(client.identify("SSM1.CODE")).await;
        (told, store.count("POST"))
    }

    #[tokio::test]
    async fn a_person_is_told_and_shown_to_nobody() {
        let (told, asked) = told(|| Act::Answer(200, vec![], PERSON)).await;
        let person = told.expect("a person");
        assert_eq!((person.kind, asked), (IdentifiedKind::Resident, 1));
        assert_eq!((person.number.as_str(), person.name.as_str()), ("310114199003076511", "张示范"));
        assert_eq!(format!("{person:?}"), "Identified(Resident, redacted)");
    }

    #[tokio::test]
    async fn every_other_answer_is_a_fault_and_nothing_is_asked_twice() {
        let store = |fault| IdentifyFault::Store(fault);
        let garbage = store(StoreFault::Garbage("identity"));
        let cases: Vec<(fn() -> Act, IdentifyFault)> = vec![
            (|| Act::Answer(404, vec![], "{}"), IdentifyFault::Unknown),
            (|| Act::Answer(429, vec![], ""), store(StoreFault::Busy(429))),
            (|| Act::Answer(503, vec![], ""), store(StoreFault::ServerError(503))),
            (|| Act::Answer(403, vec![], ""), store(StoreFault::Rejected(403))),
            (|| Act::Answer(302, vec![], ""), store(StoreFault::Rejected(302))),
            (|| Act::Answer(200, vec![], "<html>"), store(StoreFault::Garbage("JSON"))),
            (
                || Act::Answer(200, vec![], r#"{"kind":"cat","number":"1","name":"n"}"#),
                store(StoreFault::Garbage("JSON")),
            ),
            (|| Act::Answer(200, vec![], r#"{"kind":"resident","number":"","name":"n"}"#), garbage.clone()),
            (
                || Act::Answer(200, vec![], r#"{"kind":"resident","number":"1-2","name":"n"}"#),
                garbage.clone(),
            ),
            (|| Act::Answer(200, vec![], r#"{"kind":"resident","number":"1","name":""}"#), garbage.clone()),
            (|| Act::Answer(200, vec![], r#"{"kind":"resident","number":"1","name":"a\u0007"}"#), garbage),
            (|| Act::Lose, store(StoreFault::Unreachable(LinkFault::Broken))),
        ];
        for (act, expected) in cases {
            let (told, asked) = told(act).await;
            assert_eq!(told.expect_err("a fault"), expected);
            assert_eq!(asked, 1, "{expected:?}");
        }
    }

    #[tokio::test]
    async fn a_kept_connection_is_not_used_so_that_its_end_asks_nothing_twice() {
        let kiosk = Kiosk::new();
        let store = kiosk
            .store(|request| match request.method.as_str() {
                "POST" => Act::Lose,
                _ => Act::Answer(200, vec![], "{}"),
            })
            .await;
        let client = kiosk.client(store.address.port());
        let first = client.get_json::<serde_json::Value>("/v1/materials/m-1", Duration::from_secs(60));
        within(first).await.expect("a kept connection");
        let told = within(client.identify("SSM1.CODE")).await;
        assert_eq!(
            told.expect_err("a fault"),
            IdentifyFault::Store(StoreFault::Unreachable(LinkFault::Broken))
        );
        assert_eq!(store.count("POST"), 1);
    }

    #[tokio::test]
    async fn what_can_be_no_code_is_asked_nobody() {
        let kiosk = Kiosk::new();
        // Nothing listens there.
        let client = kiosk.client(1);
        for code in ["", &"x".repeat(4097)] {
            assert_eq!(within(client.identify(code)).await.expect_err("a fault"), IdentifyFault::Unknown);
        }
        let fault = within(client.identify("SECRET")).await.expect_err("a fault");
        assert_eq!(fault, IdentifyFault::Store(StoreFault::Unreachable(LinkFault::ConnectionRefused)));
        assert!(!format!("{fault} {fault:?}").contains("SECRET"));
    }

    #[test]
    fn a_question_is_json_whatever_the_code_holds() {
        let code = "\"\\\u{1}嘉𠮷".repeat(600);
        let json = question(&code);
        let read: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
        assert_eq!(read["code"], code);
        assert!(json.capacity() == 16 + code.len() * 6, "it never grew");
    }
}
