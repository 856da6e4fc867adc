//! The loop that empties the outbox.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::delivery::{Chunk, Courier, kept};
use crate::fault::{Recovery, Setback};
use crate::pace::Pace;
use crate::reviews::ReviewResult;
use crate::{Backoff, Client, CustodyKey, DocId, Outbox, Receipt, StoreFault};

/// How often tombstones past their days are looked for.
const PURGE_EVERY: Duration = Duration::from_secs(3600);

/// No eye follows what changes more often.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// What the worker tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreEvent {
    /// The store holds `sent` of `total` bytes. Told a few times a second and once it holds all of them; left out
    /// when the channel is full.
    Progress {
        /// The document.
        doc: DocId,
        /// Bytes that the store has acknowledged.
        sent: u64,
        /// Bytes of the document.
        total: u64,
    },
    /// The store holds the document. Told at least once: again if the program ended right after.
    Confirmed {
        /// The document.
        doc: DocId,
        /// The store's word, compared with what was added.
        receipt: Receipt,
    },
    /// An attempt failed and is repeated in `retry_in`, or at once on a wake-up.
    Waiting {
        /// Why.
        fault: StoreFault,
        /// Until the next attempt.
        retry_in: Duration,
    },
    /// The store answers: for the first time, or again after it could not be reached.
    Reachable,
    /// The back office has looked at the document: found now, or other than before. It is kept when
    /// this is told. See [`crate::reviews`].
    Reviewed {
        /// The document.
        doc: DocId,
        /// What was found.
        result: ReviewResult,
    },
    /// The document cannot be stored as it is; it stays here. See [`Outbox::retry`].
    Refused {
        /// The document.
        doc: DocId,
        /// Why.
        fault: StoreFault,
    },
}

/// Set-up of the worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerConfig {
    /// Bytes in one PATCH at first, and after a cut. Small, because all of it may have to be sent again after the
    /// next one.
    pub chunk: u64,
    /// Bytes in one PATCH, at most: what is in flight, in whose buffers ever, is never more. Approached by doubling as
    /// long as the line holds, since each PATCH costs a way there and back. A piece is held in memory.
    pub largest_chunk: u64,
    /// Bytes in one PATCH, at least; approached by halves when nothing gets through.
    pub smallest_chunk: u64,
    /// Waits after failures.
    pub backoff: Backoff,
    /// The key that the store countersigns receipts with. With one, no document is deleted here on a
    /// receipt that is not countersigned.
    pub custody: Option<CustodyKey>,
    /// How fast documents may be sent, by the time of day.
    pub pace: Pace,
}

impl Default for WorkerConfig {
    /// 128 KiB, 512 KiB, 8 KiB, 1 s to 60 s, no key, no cap.
    fn default() -> Self {
        Self {
            chunk: 128 * 1024,
            largest_chunk: 512 * 1024,
            smallest_chunk: 8 * 1024,
            backoff: Backoff::default(),
            custody: None,
            pace: Pace::default(),
        }
    }
}

/// Empties the outbox into the store until `shutdown`: one document at a time, oldest first, but first
/// of all what the store would drop soonest.
///
/// While the store cannot be reached everything waits. A document that the store refuses is put
/// aside, one that it cannot take for now waits by itself; neither holds up the others. All of it, with
/// the connection and the disk, is done by one thread of its own: nothing is handed from thread to thread,
/// and nobody else waits for a slow disk. Notify
/// `wake` after each [`Outbox::add`], [`Outbox::serve`] and [`Outbox::retry`], or when the network is back. Stopping at
/// any point, also by dropping this future, loses nothing: the next run goes on from the store's
/// offset. With `events` closed it goes on silently.
pub async fn run(
    outbox: Outbox,
    client: Client,
    config: WorkerConfig,
    events: mpsc::Sender<StoreEvent>,
    wake: Arc<Notify>,
    shutdown: CancellationToken,
) {
    let reports = Reports { events, reachable: false, progress: None };
    let chunk = Chunk::new(config.smallest_chunk, config.chunk, config.largest_chunk);
    let worker = Worker {
        courier: Courier::new(outbox, client, reports, config.custody, chunk, config.pace),
        backoff: config.backoff,
        wake,
        link: Pause::default(),
        documents: HashMap::new(),
    };
    let stop = shutdown.child_token();
    let _stops_with_this = stop.clone().drop_guard();
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(own) => {
            let work = move || own.block_on(stop.run_until_cancelled(worker.work()));
            if let Err(ended) = tokio::task::spawn_blocking(work).await
                && let Ok(panic) = ended.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
        }
        Err(error) => {
            tracing::error!(%error, "documents are sent without a thread of their own");
            stop.run_until_cancelled(worker.work()).await;
        }
    }
}

/// The way out for events.
pub(crate) struct Reports {
    events: mpsc::Sender<StoreEvent>,
    reachable: bool,
    /// When progress was told last.
    progress: Option<Instant>,
}

impl Reports {
    pub(crate) fn progress(&mut self, doc: DocId, sent: u64, total: u64) {
        // The next one says more, and whoever listens has to be woken for each.
        let now = Instant::now();
        if sent < total && self.progress.is_some_and(|told| now < told + PROGRESS_EVERY) {
            return;
        }
        self.progress = Some(now);
        // A slow listener must not slow the upload.
        let _ = self.events.try_send(StoreEvent::Progress { doc, sent, total });
    }

    pub(crate) async fn confirmed(&self, doc: DocId, receipt: Receipt) {
        self.tell(StoreEvent::Confirmed { doc, receipt }).await;
    }

    pub(crate) async fn reachable(&mut self) {
        if !std::mem::replace(&mut self.reachable, true) {
            self.tell(StoreEvent::Reachable).await;
        }
    }

    async fn waiting(&mut self, fault: StoreFault, retry_in: Duration) {
        if fault.recovery() == Recovery::Link {
            self.reachable = false;
        }
        // That it goes on again is told at once.
        self.progress = None;
        self.tell(StoreEvent::Waiting { fault, retry_in }).await;
    }

    pub(crate) async fn reviewed(&self, doc: DocId, result: ReviewResult) {
        self.tell(StoreEvent::Reviewed { doc, result }).await;
    }

    async fn tell(&self, event: StoreEvent) {
        // A closed channel means that nobody listens any more: the documents go on all the same.
        let _ = self.events.send(event).await;
    }
}

/// A wait after failures in a row.
#[derive(Debug, Clone, Copy, Default)]
struct Pause {
    failures: u32,
    until: Option<Instant>,
}

impl Pause {
    fn begin(&mut self, backoff: &Backoff, asked: Option<Duration>) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let wait = backoff.wait(self.failures, asked);
        self.until = Some(Instant::now() + wait);
        wait
    }

    fn over(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| until <= now)
    }
}

/// A moment later than another, and no sooner than whatever waits for that one.
fn just_after(moment: Instant) -> Instant {
    moment + Duration::from_millis(1)
}

struct Worker {
    courier: Courier,
    backoff: Backoff,
    wake: Arc<Notify>,
    /// The store as a whole.
    link: Pause,
    /// Documents that wait by themselves.
    documents: HashMap<DocId, Pause>,
}

impl Worker {
    async fn work(mut self) {
        let mut purge_at = Instant::now();
        self.bury_replaced();
        loop {
            match self.next() {
                Ok(Some(doc)) => self.attempt(doc).await,
                Ok(None) if purge_at <= Instant::now() => {
                    purge_at = Instant::now() + PURGE_EVERY;
                    self.purge().await;
                }
                Ok(None) => self.rest(purge_at).await,
                Err(fault) => self.pause_all(fault.into()).await,
            }
        }
    }

    /// Removes the tombstones past their days, while the store vouches for this kiosk's clock. A clock that is
    /// years ahead removes nothing, and a store is not asked for nothing. What fails is tried again in an hour.
    async fn purge(&self) {
        let Courier { outbox, client, .. } = &self.courier;
        if !kept(outbox.has_past(Timestamp::now())).unwrap_or(false) {
            return;
        }
        match client.clocks_agree().await {
            Ok(true) => {
                if kept(outbox.purge(Timestamp::now())).is_ok() {
                    outbox.step("doc.forgotten");
                }
            }
            Ok(false) => tracing::warn!("what is past its days is kept: the store's clock is another"),
            Err(fault) => tracing::info!("what is past its days is kept for now: {fault}"),
        }
    }

    /// A failure is logged where it happens; with the next word of the store it is tried again.
    fn bury_replaced(&self) {
        let _ = kept(self.courier.outbox.bury_replaced());
    }

    /// The first document that does not wait; none while the store as a whole does.
    fn next(&mut self) -> Result<Option<DocId>, StoreFault> {
        let now = Instant::now();
        if !self.link.over(now) {
            return Ok(None);
        }
        let due = kept(self.courier.outbox.due())?;
        self.documents.retain(|doc, _| due.contains(doc));
        let ready = |doc: &DocId| self.documents.get(doc).is_none_or(|pause| pause.over(now));
        Ok(due.into_iter().find(ready))
    }

    /// Waits for a wake-up, the end of the shortest wait or `latest`.
    async fn rest(&mut self, latest: Instant) {
        let now = Instant::now();
        let until = if self.link.over(now) {
            self.documents.values().filter_map(|pause| pause.until).min()
        } else {
            self.link.until
        };
        tokio::select! {
            () = self.wake.notified() => {
                self.link.until = None;
                self.documents.values_mut().for_each(|pause| pause.until = None);
            }
            () = sleep_until(until.unwrap_or(latest).min(latest)) => {}
        }
    }

    async fn attempt(&mut self, id: DocId) {
        self.courier.begin();
        let outbox = &self.courier.outbox;
        let loaded = outbox.document(id).and_then(|doc| Ok((doc, outbox.note(id)?)));
        let delivered = match kept(loaded) {
            Ok((Some(doc), _)) => self.courier.deliver(&doc).await,
            Ok((None, Some(note))) => self.courier.tell(&note).await,
            Ok((None, None)) => return,
            Err(fault) => Err(fault.into()),
        };
        if self.courier.progressed {
            self.link = Pause::default();
            self.documents.remove(&id);
        }
        let Err(setback) = delivered else {
            return self.bury_replaced();
        };
        tracing::warn!(document = id.0, "{}", setback.fault);
        match setback.fault.recovery() {
            // A store that answers and then breaks off may do so on account of this document.
            Recovery::Link if !self.courier.answered => {
                self.pause_all(setback).await;
                // Should it be this document that the store does not answer, another is tried next, and this one
                // ever more seldom.
                let after_the_link = self.link.until.map(just_after);
                let pause = self.documents.entry(id).or_default();
                pause.begin(&self.backoff, None);
                pause.until = pause.until.max(after_the_link);
            }
            Recovery::Link | Recovery::Later => self.pause_one(id, setback).await,
            Recovery::Never => self.refuse(id, setback.fault).await,
        }
    }

    async fn refuse(&mut self, id: DocId, fault: StoreFault) {
        self.courier.forget_abilities();
        match kept(self.courier.outbox.set_refused(id, &fault)) {
            Ok(()) => {
                self.courier.reports.tell(StoreEvent::Refused { doc: id, fault }).await;
                // The one in its place may be there already.
                self.bury_replaced();
            }
            Err(disk) => self.pause_one(id, disk.into()).await,
        }
    }

    async fn pause_all(&mut self, setback: Setback) {
        let wait = self.link.begin(&self.backoff, setback.retry_after);
        self.courier.reports.waiting(setback.fault, wait).await;
    }

    async fn pause_one(&mut self, id: DocId, setback: Setback) {
        let pause = self.documents.entry(id).or_default();
        let wait = pause.begin(&self.backoff, setback.retry_after);
        self.courier.reports.waiting(setback.fault, wait).await;
    }
}

#[cfg(test)]
mod tests;
