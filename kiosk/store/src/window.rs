//! The window system: its event feed (`GET /v1/window-events` in openapi.yaml), and the call for somebody
//! of the hall's staff (`PUT /v1/staff-call`), and how this kiosk is (`PUT /v1/kiosk-facts`).

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::http::Request;
use crate::{Client, Deadlines, StoreFault};

/// The longest wait that the contract lets a client ask for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Events in one answer, at most.
const MOST_EVENTS: usize = 200;
/// Length of a queue number, at most, in characters.
const LONGEST_NUMBER: usize = 16;

/// What happened to a number at a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowEventKind {
    /// The number was called to a window.
    Called,
    /// The visitor was served.
    Served,
    /// The visitor did not come.
    NoShow,
}

/// One event at a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowEvent {
    /// Place in the feed; rises by any step.
    pub seq: u64,
    /// The queue number, such as `A017`.
    pub number: String,
    /// What happened.
    pub event: WindowEventKind,
    /// When.
    pub at: Timestamp,
}

/// One answer of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowEvents {
    /// The last seq in this answer: what to ask `after` next.
    pub last: u64,
    /// The events, rising by seq.
    pub events: Vec<WindowEvent>,
}

/// Asks for the events after `after`, letting the server hold the answer for up to `wait`
/// (whole seconds, at most [`LONGEST_WAIT`]).
///
/// # Errors
/// Any [`StoreFault`] of the way there; [`StoreFault::Garbage`] for an answer outside the contract:
/// too many events, seq not rising, `last` behind, a number that is none.
pub async fn window_events(client: &Client, after: u64, wait: Duration) -> Result<WindowEvents, StoreFault> {
    let wait = wait.min(LONGEST_WAIT).as_secs();
    // The answer may leave the server as late as the wait's end; ten seconds for it to arrive.
    let deadline = Duration::from_secs(wait + 10);
    let path = format!("/v1/window-events?after={after}&wait={wait}");
    let feed: WindowEvents = client.get_json(&path, deadline).await?;
    if sound(&feed, after) { Ok(feed) } else { Err(StoreFault::Garbage("window events")) }
}

/// A visitor wants somebody of the hall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaffCall {
    /// The kiosk's name.
    pub kiosk: String,
    /// What was on its screen.
    pub screen: String,
}

/// Tells the hall that somebody is wanted at this kiosk. Of a kiosk there is at most one call: telling it again
/// changes nothing.
///
/// # Errors
/// Any [`StoreFault`] of the way there; of a status other than 2xx what it stands for. The hall then may or may
/// not know.
pub async fn call_staff(client: &Client, call: &StaffCall) -> Result<(), StoreFault> {
    let request = Request::new(Method::PUT, "/v1/staff-call").json(call).once();
    let answer = client.send_within(request, Deadlines::VISITOR_WAITS).await?;
    if (200..300).contains(&answer.status) { Ok(()) } else { Err(StoreFault::from_status(answer.status)) }
}

/// How a kiosk is, for a hall that does not reach it.
#[derive(Debug, Clone, Serialize)]
pub struct KioskFacts<'a, T: Serialize> {
    /// The kiosk's name.
    pub kiosk: &'a str,
    /// The facts, a JSON object.
    pub facts: &'a T,
}

/// Tells the hall how this kiosk is; the last that was told stands.
///
/// # Errors
/// Any [`StoreFault`] of the way there; of a status other than 2xx what it stands for.
pub async fn tell_facts<T: Serialize>(client: &Client, facts: &KioskFacts<'_, T>) -> Result<(), StoreFault> {
    let request = Request::new(Method::PUT, "/v1/kiosk-facts").json(facts).once();
    let answer = client.send_within(request, Deadlines::VISITOR_WAITS).await?;
    if (200..300).contains(&answer.status) { Ok(()) } else { Err(StoreFault::from_status(answer.status)) }
}

/// Whether an answer keeps the feed's promises.
pub(crate) fn sound(feed: &WindowEvents, after: u64) -> bool {
    let mut seen = after;
    let rising = feed.events.iter().all(|event| {
        let rises = event.seq > seen;
        seen = event.seq;
        let length = event.number.chars().count();
        rises && (1..=LONGEST_NUMBER).contains(&length) && event.number.chars().all(char::is_alphanumeric)
    });
    rising && feed.events.len() <= MOST_EVENTS && feed.last == seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(json: &str) -> Option<WindowEvents> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn only_a_rising_feed_is_taken() {
        let event = |seq: u64, number: &str| {
            format!(r#"{{"seq":{seq},"number":"{number}","event":"no_show","at":"2026-11-23T01:02:03Z"}}"#)
        };
        let answer = |last: u64, events: &[String]| {
            feed(&format!(r#"{{"last":{last},"events":[{}]}}"#, events.join(","))).expect("JSON of the feed")
        };
        assert!(sound(&answer(5, &[]), 5));
        assert!(sound(&answer(9, &[event(6, "A017"), event(9, "B001")]), 5));
        assert!(!sound(&answer(4, &[]), 5), "last fell");
        assert!(!sound(&answer(5, &[event(5, "A017")]), 5), "seen before");
        assert!(!sound(&answer(7, &[event(7, "A1"), event(6, "A2")]), 5), "not rising");
        assert!(!sound(&answer(9, &[event(6, "A017")]), 5), "last ahead: an event would be lost");
        assert!(!sound(&answer(6, &[event(6, "")]), 5));
        assert!(!sound(&answer(6, &[event(6, "A\\u001b")]), 5));
        assert!(!sound(&answer(6, &[event(6, &"A".repeat(17))]), 5));
        let flood: Vec<_> = (1..=201).map(|seq| event(seq, "A1")).collect();
        assert!(!sound(&answer(201, &flood), 0));
        assert_eq!(
            feed(
                r#"{"last":1,"events":[{"seq":1,"number":"A1","event":"lost","at":"2026-11-23T01:02:03Z"}]}"#
            ),
            None
        );
    }
}
