//! The hall's window feed: which ticket numbers the counters call, serve and give up.
//!
//! `GET /v1/window-events?after=SEQ&wait=SECONDS` over TLS 1.3 with certificates on both sides
//! answers `{"last":N,"events":[{"seq","number","event","at"}]}` with the events after SEQ, at once
//! when there are any, else when one comes or the wait is over. Events are kept in
//! `DIR/windows.json`, the port in `DIR/windows/port`.

use crate::changed::Changed;
use crate::files;
use crate::pki::{Authority, Pki, PkiError};
use crate::ports;
use crate::serve::{Greeting, Server, Transport};
use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::timeout;

/// The longest wait a client gets, seconds.
const MOST_WAIT: u64 = 60;
/// Events in one answer.
const MOST_EVENTS: usize = 200;
/// Events kept; older ones are forgotten, their sequence numbers are not used again.
const MOST_KEPT: usize = 10_000;
const MOST_FILE: u64 = 4 * 1024 * 1024;

/// Why the feed does not run or an event cannot be posted.
#[derive(Debug, Error)]
pub enum WindowsError {
    /// No folder, no port, or `windows.json` cannot be written.
    #[error("emulated window feed: {0}; make the folder writable")]
    Disk(#[from] io::Error),
    /// No certificates.
    #[error("emulated window feed: {0}")]
    Pki(#[from] PkiError),
    /// `windows.json` was altered.
    #[error("emulated window feed: windows.json is spoilt: {0}; delete it to start without events")]
    Spoilt(serde_json::Error),
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

#[derive(Debug, Default, Serialize, Deserialize)]
struct Feed {
    last: u64,
    events: Vec<Entry>,
}

impl Feed {
    fn after(&self, seq: u64) -> Vec<Entry> {
        let from = self.events.partition_point(|entry| entry.seq <= seq);
        self.events.iter().skip(from).take(MOST_EVENTS).cloned().collect()
    }
}

struct Shared {
    feed: Mutex<Feed>,
    file: PathBuf,
    changed: Changed,
}

impl Shared {
    fn feed(&self) -> MutexGuard<'_, Feed> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handle to the window feed. Clones control the same feed; it ends with the last of them.
#[derive(Clone)]
pub struct Windows {
    shared: Arc<Shared>,
    server: Arc<Server>,
}

impl Windows {
    /// Starts the feed on `dir`, with the events of before.
    ///
    /// # Errors
    /// [`WindowsError`] when the folder, the port or the certificates are unusable.
    pub async fn start(dir: &Path) -> Result<Self, WindowsError> {
        let config = Pki::open(&dir.join("pki"))?.server_config(Authority::Hall)?;
        let file = dir.join("windows.json");
        let feed = match files::read_bounded(&file, MOST_FILE) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(WindowsError::Spoilt)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Feed::default(),
            Err(error) => return Err(error.into()),
        };
        let listener = ports::bind_kept(&dir.join("windows").join("port")).await?;
        let shared = Arc::new(Shared { feed: Mutex::new(feed), file, changed: Changed::default() });
        let router = Router::new().route("/v1/window-events", get(events)).with_state(shared.clone());
        let greeting = Arc::new(move || Greeting::Tls(config.clone()));
        let server = Server::start(listener, Transport::Secure(greeting), router);
        Ok(Self { shared, server: Arc::new(server) })
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
        self.shared.changed.subscribe()
    }

    /// Adds an event and returns its sequence number; it is on disk before anyone is told.
    ///
    /// # Errors
    /// [`WindowsError::Number`] for what is no ticket number, [`WindowsError::Disk`] when the event
    /// cannot be kept; it is then not in the feed either.
    pub fn post(&self, number: &str, event: WindowEvent) -> Result<u64, WindowsError> {
        let fits =
            (1..=16).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !fits {
            return Err(WindowsError::Number);
        }
        let mut feed = self.shared.feed();
        let seq = feed.last.saturating_add(1);
        let mut events = feed.events.clone();
        events.push(Entry { seq, number: number.to_owned(), event, at: jiff::Timestamp::now().to_string() });
        let surplus = events.len().saturating_sub(MOST_KEPT);
        events.drain(..surplus);
        let grown = Feed { last: seq, events };
        let text = serde_json::to_vec(&grown).map_err(WindowsError::Spoilt)?;
        files::write_whole(&self.shared.file, &text)?;
        *feed = grown;
        drop(feed);
        self.shared.changed.ring();
        Ok(seq)
    }

    /// All events kept, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<Entry> {
        self.shared.feed().events.clone()
    }

    /// What a bystander sees: address and counts.
    #[must_use]
    pub fn state(&self) -> Value {
        let feed = self.shared.feed();
        json!({
            "address": self.address().to_string(),
            "last": feed.last,
            "events": feed.events.len(),
        })
    }

    /// Ends the feed within a second, also with clients waiting.
    pub async fn stop(&self) {
        self.server.stop().await;
        self.shared.changed.ring();
    }
}

#[derive(Debug, Deserialize)]
struct Question {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    wait: u64,
}

async fn events(State(shared): State<Arc<Shared>>, Query(question): Query<Question>) -> Json<Feed> {
    let mut changes = shared.changed.subscribe();
    let answer = || {
        let feed = shared.feed();
        let events = feed.after(question.after);
        Feed { last: events.last().map_or(question.after, |entry| entry.seq), events }
    };
    let news = |feed: &Feed| !feed.events.is_empty();
    let wait = Duration::from_secs(question.wait.min(MOST_WAIT));
    let found = timeout(wait, async {
        loop {
            let feed = answer();
            if news(&feed) || changes.changed().await.is_err() {
                return feed;
            }
        }
    })
    .await;
    Json(found.unwrap_or_else(|_| answer()))
}

#[cfg(test)]
#[path = "windows_tests.rs"]
mod tests;
