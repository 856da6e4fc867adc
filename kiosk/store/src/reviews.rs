//! What the back office found of documents (`GET /v1/review-events` in openapi.yaml), kept and told.

use std::time::Duration;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::delivery::kept;
use crate::fault::Setback;
use crate::{Backoff, Client, DiskFault, MaterialId, Outbox, OutboxError, StoreEvent, StoreFault};

/// Events in one answer, at most.
const MOST_EVENTS: usize = 200;
/// Characters of a reviewer's text, at most.
const LONGEST_TEXT: usize = 120;
/// How long one question may stay open.
const POLL: Duration = Duration::from_secs(30);
/// The answer may leave the server as late as the wait's end; this long for it to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);

/// An empty answer that came sooner is not followed by the next question at once.
const SOON: Duration = Duration::from_secs(1);
/// All but the unreserved characters of RFC 3986 section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What the back office found of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewResult {
    /// It will do.
    Accepted,
    /// It has to be handed in again, or is not needed.
    Returned {
        /// Why.
        reason: Reason,
        /// A sentence of the reviewer's to the visitor, at most 120 characters without control
        /// characters.
        text: Option<String>,
    },
}

/// Why a document was returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It cannot be read.
    Illegible,
    /// Pages or parts are missing.
    Incomplete,
    /// It is another document than was asked for.
    WrongDocument,
    /// It is no longer valid.
    OutOfDate,
    /// Nobody needs it.
    NotNeeded,
    /// Something else; the text says what.
    Other,
}

impl Reason {
    const ALL: [Self; 6] = [
        Self::Illegible,
        Self::Incomplete,
        Self::WrongDocument,
        Self::OutOfDate,
        Self::NotNeeded,
        Self::Other,
    ];

    /// The contract's word.
    fn code(self) -> &'static str {
        match self {
            Self::Illegible => "illegible",
            Self::Incomplete => "incomplete",
            Self::WrongDocument => "wrong_document",
            Self::OutOfDate => "out_of_date",
            Self::NotNeeded => "not_needed",
            Self::Other => "other",
        }
    }
}

/// How an accepted document is kept; a returned one by its reason.
const ACCEPTED: &str = "accepted";

impl ReviewResult {
    /// For the database; see [`Self::from_code`].
    pub(crate) fn to_code(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Accepted => (ACCEPTED, None),
            Self::Returned { reason, text } => (reason.code(), text.as_deref()),
        }
    }

    /// Reads what [`Self::to_code`] gave.
    pub(crate) fn from_code(code: &str, text: Option<String>) -> Option<Self> {
        if code == ACCEPTED {
            return Some(Self::Accepted);
        }
        let reason = Reason::ALL.into_iter().find(|reason| reason.code() == code)?;
        Some(Self::Returned { reason, text })
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub material_id: MaterialId,
    pub result: ReviewResult,
}

/// One answer of the feed, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reviews {
    /// What to ask `after` next.
    pub last: u64,
    pub found: Vec<Found>,
}

/// The answer as it is in JSON.
#[derive(Deserialize)]
pub(crate) struct Answer {
    last: u64,
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    seq: u64,
    #[serde(flatten)]
    said: serde_json::Value,
}

/// What an event says.
#[derive(Deserialize)]
struct Said {
    material_id: MaterialId,
    result: Verdict,
    reason: Option<Reason>,
    text: Option<String>,
    #[serde(rename = "at")]
    _at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Accepted,
    Returned,
}

impl Answer {
    /// Takes an answer that keeps the feed's promises. An event that makes no sense is left out, and told to
    /// the log: it must not hold up those behind it.
    pub(crate) fn check(self, after: u64) -> Option<Reviews> {
        if self.events.len() > MOST_EVENTS || i64::try_from(self.last).is_err() {
            return None;
        }
        let mut seen = after;
        let mut found = Vec::with_capacity(self.events.len());
        for event in self.events {
            if event.seq <= seen {
                return None;
            }
            seen = event.seq;
            match event.found() {
                Some(one) => found.push(one),
                None => tracing::error!(seq = seen, "the store says of a document what makes no sense"),
            }
        }
        (self.last == seen).then_some(Reviews { last: seen, found })
    }
}

impl Event {
    fn found(self) -> Option<Found> {
        let said: Said = serde_json::from_value(self.said).ok()?;
        Some(Found { result: said.result()?, material_id: said.material_id })
    }
}

impl Said {
    fn result(&self) -> Option<ReviewResult> {
        let text = self.text.as_deref().unwrap_or_default();
        if text.chars().count() > LONGEST_TEXT || text.contains(char::is_control) {
            return None;
        }
        match self.result {
            Verdict::Accepted => Some(ReviewResult::Accepted),
            Verdict::Returned => {
                let text = (!text.trim().is_empty()).then(|| text.to_owned());
                Some(ReviewResult::Returned { reason: self.reason?, text })
            }
        }
    }
}

/// Waits of the loop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    /// How long a question may stay open.
    pub poll: Duration,
    /// After failures.
    pub backoff: Backoff,
    /// Until a store without reviews is asked again.
    pub without: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self { poll: POLL, backoff: Backoff::default(), without: Duration::from_secs(600) }
    }
}

/// Follows what the back office finds of `kiosk`'s documents until `shutdown`: it is kept in the
/// outbox, then told as [`StoreEvent::Reviewed`].
///
/// While the store is away it is asked again with a back-off; the worker tells of that. A store that
/// has no reviews is asked every ten minutes. Stopping at any point loses nothing: what was kept but not
/// told is in [`Outbox::documents_of`]. With `events` closed it goes on silently.
pub async fn run(
    outbox: Outbox,
    client: Client,
    kiosk: String,
    events: mpsc::Sender<StoreEvent>,
    shutdown: CancellationToken,
) {
    run_with(outbox, client, kiosk, events, shutdown, Waits::default()).await;
}

pub(crate) async fn run_with(
    outbox: Outbox,
    client: Client,
    kiosk: String,
    events: mpsc::Sender<StoreEvent>,
    shutdown: CancellationToken,
    waits: Waits,
) {
    let follower = Follower { outbox, client, kiosk, events, waits };
    shutdown.run_until_cancelled(follower.follow()).await;
}

struct Follower {
    outbox: Outbox,
    client: Client,
    kiosk: String,
    events: mpsc::Sender<StoreEvent>,
    waits: Waits,
}

impl Follower {
    async fn follow(self) {
        let mut failures: u32 = 0;
        loop {
            let asked = Instant::now();
            let wait = match self.next().await {
                Ok(news) => {
                    failures = 0;
                    // A store that does not hold its answer back must not be asked without end.
                    if news || asked.elapsed() >= SOON {
                        continue;
                    }
                    self.waits.backoff.wait(1, None)
                }
                Err(setback) => {
                    failures = failures.saturating_add(1);
                    self.pause(&setback, failures)
                }
            };
            // Until the feed may be asked again: at once after news, later after a failure.
            tokio::time::sleep(wait).await;
        }
    }

    fn pause(&self, Setback { fault, retry_after }: &Setback, failures: u32) -> Duration {
        if *fault == StoreFault::Rejected(404) {
            tracing::info!("the store has no reviews");
            self.waits.without
        } else {
            tracing::warn!("reviews: {fault}");
            self.waits.backoff.wait(failures, *retry_after)
        }
    }

    /// Asks once; keeps and tells what came. Returns whether something did.
    async fn next(&self) -> Result<bool, Setback> {
        let after = on_disk(&self.outbox, Outbox::last_review).await?;
        let Reviews { last, found } = self.ask(after).await?;
        if last == after {
            return Ok(false);
        }
        let news = on_disk(&self.outbox, move |outbox| outbox.keep_reviews(last, &found)).await?;
        for (doc, result) in news {
            let _ = self.events.send(StoreEvent::Reviewed { doc, result }).await;
        }
        Ok(true)
    }

    async fn ask(&self, after: u64) -> Result<Reviews, Setback> {
        let kiosk = utf8_percent_encode(&self.kiosk, RESERVED);
        let wait = self.waits.poll.as_secs();
        let path = format!("/v1/review-events?kiosk={kiosk}&after={after}&wait={wait}");
        let answer: Answer = self.client.poll_json(&path, self.waits.poll + ARRIVAL).await?;
        Ok(answer.check(after).ok_or(StoreFault::Garbage("review events"))?)
    }
}

/// Does the outbox's work off the event loop.
async fn on_disk<T: Send + 'static>(
    outbox: &Outbox,
    work: impl FnOnce(&Outbox) -> Result<T, OutboxError> + Send + 'static,
) -> Result<T, StoreFault> {
    let outbox = outbox.clone();
    match tokio::task::spawn_blocking(move || work(&outbox)).await {
        Ok(done) => kept(done),
        Err(_) => Err(StoreFault::Disk(DiskFault::Outbox)),
    }
}

#[cfg(test)]
mod tests;
