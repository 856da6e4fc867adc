//! A feed of events as the hall's services keep it: numbered, on disk before anyone is told, and
//! waited for by long poll.

use crate::changed::Changed;
use crate::files;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::timeout;

/// The longest wait a client may ask for, seconds.
const MOST_WAIT: u64 = 60;
/// Events in one answer.
const MOST_EVENTS: usize = 200;
/// Events kept; older ones are forgotten, their sequence numbers are not used again.
const MOST_KEPT: usize = 10_000;
const MOST_FILE: u64 = 8 * 1024 * 1024;

/// Why a feed cannot be opened or grow.
#[derive(Debug, Error)]
pub enum FeedError {
    /// Its file cannot be read or written.
    #[error("{path}: {source}; make the folder writable")]
    Disk {
        /// The feed's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its file was altered.
    #[error("{path} is spoilt: {source}; delete it to start without events")]
    Spoilt {
        /// The feed's file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// An event that knows its place.
pub(crate) trait Sequenced {
    /// From 1, rising.
    fn seq(&self) -> u64;
}

/// What a feed answers and what it keeps: events rising by sequence number, and the last of these.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Events<E> {
    pub(crate) last: u64,
    pub(crate) events: Vec<E>,
}

/// One feed, in one file.
#[derive(Debug)]
pub(crate) struct Feed<E> {
    kept: Mutex<Events<E>>,
    file: PathBuf,
    changed: Changed,
}

impl<E: Sequenced + Clone + Serialize + DeserializeOwned> Feed<E> {
    /// Opens the feed in `file`, with the events of before.
    pub(crate) fn open(file: &Path) -> Result<Self, FeedError> {
        let kept = match files::read_bounded(file, MOST_FILE) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|source| FeedError::Spoilt { path: file.to_path_buf(), source })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Events { last: 0, events: Vec::new() },
            Err(source) => return Err(FeedError::Disk { path: file.to_path_buf(), source }),
        };
        Ok(Self { kept: Mutex::new(kept), file: file.to_path_buf(), changed: Changed::default() })
    }

    fn kept(&self) -> MutexGuard<'_, Events<E>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the event that `event` makes of its sequence number and the time (RFC 3339, UTC), and
    /// returns that number. An event that cannot be kept is not in the feed either.
    pub(crate) fn append(&self, event: impl FnOnce(u64, String) -> E) -> Result<u64, FeedError> {
        let mut kept = self.kept();
        let seq = kept.last.saturating_add(1);
        let mut events = kept.events.clone();
        events.push(event(seq, jiff::Timestamp::now().to_string()));
        let surplus = events.len().saturating_sub(MOST_KEPT);
        events.drain(..surplus);
        let grown = Events { last: seq, events };
        let path = || self.file.clone();
        let text = serde_json::to_vec(&grown).map_err(|source| FeedError::Spoilt { path: path(), source })?;
        files::write_whole(&self.file, &text).map_err(|source| FeedError::Disk { path: path(), source })?;
        *kept = grown;
        drop(kept);
        self.changed.ring();
        Ok(seq)
    }

    /// All events kept, oldest first.
    pub(crate) fn events(&self) -> Vec<E> {
        self.kept().events.clone()
    }

    /// The last sequence number given out; 0 before the first.
    pub(crate) fn last(&self) -> u64 {
        self.kept().last
    }

    /// Counts the events.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Wakes whoever looks at [`Feed::changes`].
    pub(crate) fn ring(&self) {
        self.changed.ring();
    }

    /// The events after `after` that are `meant`: at once when there are any, else when one comes or
    /// `wait` seconds are over. `None` for what the contract does not let a client ask.
    pub(crate) async fn wait(&self, after: u64, wait: u64, meant: impl Fn(&E) -> bool) -> Option<Events<E>> {
        if wait > MOST_WAIT || i64::try_from(after).is_err() {
            return None;
        }
        let mut changes = self.changes();
        let answer = || {
            let kept = self.kept();
            let from = kept.events.partition_point(|event| event.seq() <= after);
            let later = kept.events.iter().skip(from).filter(|event| meant(event));
            let events: Vec<E> = later.take(MOST_EVENTS).cloned().collect();
            Events { last: events.last().map_or(after, Sequenced::seq), events }
        };
        let found = timeout(Duration::from_secs(wait), async {
            loop {
                let found = answer();
                if !found.events.is_empty() || changes.changed().await.is_err() {
                    return found;
                }
            }
        })
        .await;
        Some(found.unwrap_or_else(|_| answer()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::folder;

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    struct Tick {
        seq: u64,
        odd: bool,
    }

    impl Sequenced for Tick {
        fn seq(&self) -> u64 {
            self.seq
        }
    }

    #[tokio::test]
    async fn an_answer_is_bounded_filtered_and_goes_on_where_the_last_ended() {
        let dir = folder();
        let file = dir.path().join("ticks.json");
        let feed = Feed::<Tick>::open(&file).expect("a feed");
        for seq in 1..=450 {
            let given = feed.append(|seq, _| Tick { seq, odd: seq % 2 == 1 }).expect("an event");
            assert_eq!(given, seq);
        }
        let feed = Feed::<Tick>::open(&file).expect("the feed again");
        let first = feed.wait(0, 0, |tick| tick.odd).await.expect("an answer");
        assert_eq!((first.events.len(), first.last), (200, 399));
        let rest = feed.wait(first.last, 0, |tick| tick.odd).await.expect("an answer");
        assert_eq!((rest.events.len(), rest.last), (25, 449));
        let none = feed.wait(rest.last, 0, |tick| tick.odd).await.expect("an answer");
        assert_eq!((none.events.len(), none.last), (0, 449), "what is not meant moves nobody on");
        assert_eq!(feed.last(), 450);
        assert!(feed.wait(0, 61, |_| true).await.is_none());
        assert!(feed.wait(u64::MAX, 0, |_| true).await.is_none());
    }

    #[tokio::test]
    async fn a_feed_that_cannot_be_kept_does_not_grow() {
        let dir = folder();
        let feed = Feed::<Tick>::open(&dir.path().join("gone/ticks.json")).expect("a feed");
        let error = feed.append(|seq, _| Tick { seq, odd: true }).expect_err("no folder");
        assert!(matches!(error, FeedError::Disk { .. }), "{error}");
        assert_eq!((feed.last(), feed.events().len()), (0, 0));
    }
}
