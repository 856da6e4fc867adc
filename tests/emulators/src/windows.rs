//! The hall's window system: which ticket numbers the counters call, serve and give up, and which kiosks ask for
//! somebody of the staff.
//!
//! `GET /v1/window-events?after=SEQ&wait=SECONDS` over TLS 1.3 with certificates on both sides
//! answers `{"last":N,"events":[{"seq","number","event","at"}]}` with the events after SEQ, at once
//! when there are any, else when one comes or the wait is over. Events are kept in
//! `DIR/windows.json`, the port in `DIR/windows/port`.
//!
//! `PUT /v1/kiosk-facts` with `{"kiosk","facts"}` is answered 204, and the last of each kiosk is kept.
//! `PUT /v1/staff-call` with `{"kiosk","screen"}` is answered 204 and kept until somebody has gone there, or
//! with 503 while the staff's bell is off.

use crate::feed::{Events, Feed, FeedError, Sequenced};
use crate::pki::{Authority, Pki, PkiError};
use crate::ports;
use crate::serve::{Greeting, Server, Transport};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use thiserror::Error;
use tokio::sync::watch;

/// Why the feed does not run or an event cannot be posted.
#[derive(Debug, Error)]
pub enum WindowsError {
    /// No folder or no port.
    #[error("emulated window feed: {0}; make the folder writable")]
    Disk(#[from] io::Error),
    /// No certificates.
    #[error("emulated window feed: {0}")]
    Pki(#[from] PkiError),
    /// `windows.json` cannot be read or written, or was altered.
    #[error("emulated window feed: {0}")]
    Feed(#[from] FeedError),
    /// Not a ticket number.
    #[error("emulated window feed: a ticket number has 1 to 16 letters or digits")]
    Number,
}

/// What happened to a ticket number at a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowEvent {
    /// Called to a window.
    Called,
    /// Served; the visit is over.
    Served,
    /// Called in vain (过号).
    NoShow,
}

/// One entry of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Sequence number, rising by 1 from 1.
    pub seq: u64,
    /// Ticket number.
    pub number: String,
    /// What happened.
    pub event: WindowEvent,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

impl Sequenced for Entry {
    fn seq(&self) -> u64 {
        self.seq
    }
}

/// A handle to the window feed. Clones control the same feed; it ends with the last of them.
#[derive(Clone)]
pub struct Windows {
    feed: Arc<Feed<Entry>>,
    bell: Arc<Bell>,
    server: Arc<Server>,
}

impl Windows {
    /// Starts the feed on `dir`, with the events of before.
    ///
    /// # Errors
    /// [`WindowsError`] when the folder, the port or the certificates are unusable.
    pub async fn start(dir: &Path) -> Result<Self, WindowsError> {
        let config = Pki::open(&dir.join("pki"))?.server_config(Authority::Hall)?;
        let feed = Arc::new(Feed::open(&dir.join("windows.json"))?);
        let listener = ports::bind_kept(&dir.join("windows").join("port")).await?;
        let bell = Arc::new(Bell::default());
        let calls = Router::new()
            .route("/v1/staff-call", put(staff_call))
            .route("/v1/kiosk-facts", put(kiosk_facts))
            .with_state(bell.clone());
        let router =
            Router::new().route("/v1/window-events", get(events)).with_state(feed.clone()).merge(calls);
        let greeting = Arc::new(move || Greeting::Tls(config.clone()));
        let server = Server::start(listener, Transport::Secure(greeting), router);
        Ok(Self { feed, bell, server: Arc::new(server) })
    }

    /// Where the feed listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The feed's URL, such as `https://localhost:23456/v1/window-events`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}/v1/window-events", self.address().port())
    }

    /// Counts the events posted.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.feed.changes()
    }

    /// Adds an event and returns its sequence number; it is on disk before anyone is told.
    ///
    /// # Errors
    /// [`WindowsError::Number`] for what is no ticket number, [`WindowsError::Feed`] when the event
    /// cannot be kept; it is then not in the feed either.
    pub fn post(&self, number: &str, event: WindowEvent) -> Result<u64, WindowsError> {
        let fits =
            (1..=16).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !fits {
            return Err(WindowsError::Number);
        }
        Ok(self.feed.append(|seq, at| Entry { seq, number: number.to_owned(), event, at })?)
    }

    /// All events kept, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<Entry> {
        self.feed.events()
    }

    /// What a bystander sees: address and counts.
    #[must_use]
    pub fn state(&self) -> Value {
        json!({
            "address": self.address().to_string(),
            "last": self.feed.last(),
            "events": self.feed.events().len(),
            "calls": *self.bell.calls(),
            "kiosks": *self.bell.kiosks(),
        })
    }

    /// Somebody of the staff has gone to every kiosk that called.
    pub fn see_to_calls(&self) {
        self.bell.calls().clear();
    }

    /// Whether calls for staff are taken; at first they are.
    pub fn set_bell(&self, on: bool) {
        self.bell.off.store(!on, Ordering::Release);
    }

    /// Ends the feed within a second, also with clients waiting.
    pub async fn stop(&self) {
        self.server.stop().await;
        self.feed.ring();
    }
}

/// Where calls for staff come in, by kiosk the screen that was on it; and how each kiosk says that it is.
#[derive(Default)]
struct Bell {
    calls: Mutex<BTreeMap<String, String>>,
    kiosks: Mutex<BTreeMap<String, Value>>,
    off: AtomicBool,
}

impl Bell {
    fn calls(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kiosks(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Value>> {
        self.kiosks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Deserialize)]
struct StaffCall {
    kiosk: String,
    screen: String,
}

async fn staff_call(
    State(bell): State<Arc<Bell>>,
    call: Result<Json<StaffCall>, JsonRejection>,
) -> StatusCode {
    let fits = |text: &str| (1..=40).contains(&text.chars().count());
    let Ok(Json(call)) = call else { return StatusCode::BAD_REQUEST };
    if !fits(&call.kiosk) || !fits(&call.screen) {
        return StatusCode::BAD_REQUEST;
    }
    if bell.off.load(Ordering::Acquire) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    bell.calls().entry(call.kiosk).or_insert(call.screen);
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
struct KioskFacts {
    kiosk: String,
    facts: serde_json::Map<String, Value>,
}

async fn kiosk_facts(
    State(bell): State<Arc<Bell>>,
    told: Result<Json<KioskFacts>, JsonRejection>,
) -> StatusCode {
    let Ok(Json(KioskFacts { kiosk, facts })) = told else { return StatusCode::BAD_REQUEST };
    let fits = |text: &str| (1..=40).contains(&text.chars().count());
    let devices = facts.get("devices").and_then(Value::as_array);
    if !fits(&kiosk)
        || !facts.get("version").and_then(Value::as_str).is_some_and(fits)
        || !devices.is_some_and(|devices| devices.len() <= 32 && devices.iter().all(Value::is_object))
    {
        return StatusCode::BAD_REQUEST;
    }
    bell.kiosks().insert(kiosk, Value::Object(facts));
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
struct Question {
    after: u64,
    wait: u64,
}

async fn events(
    State(feed): State<Arc<Feed<Entry>>>,
    Query(question): Query<Question>,
) -> Result<Json<Events<Entry>>, Response> {
    let found = feed.wait(question.after, question.wait, |_| true).await;
    found.map(Json).ok_or_else(|| (StatusCode::BAD_REQUEST, "wait is 0 to 60 seconds").into_response())
}

#[cfg(test)]
#[path = "windows_tests.rs"]
mod tests;
