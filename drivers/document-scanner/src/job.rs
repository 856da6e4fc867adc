//! One scan job: a POST that starts it, one GET a page, and a DELETE when things go wrong.

use std::future::Future;
use std::time::Duration;

use hyper::{Method, StatusCode, header};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::error::Fault;
use crate::events::{ScanEvent, StoredPage};
use crate::http_client::{Call, Deadlines, HttpFault, Reply};
use crate::page_file::PageFile;
use crate::profile::Profile;
use crate::scanner::Scanner;
use crate::settings::{Request, Source, scan_settings};

/// How long a cancelled scan still waits for the address of the job it has just asked for; without
/// the address the job cannot be taken back.
const CANCEL_GRACE: Duration = Duration::from_secs(5);

/// How long an event waits for room.
const EVENT_WAIT: Duration = Duration::from_secs(2);

/// Bytes of a page between two reports of progress.
const PROGRESS_STEP: u64 = 128 * 1024;

/// One job while it runs.
pub(crate) struct Job<'a> {
    scanner: &'a Scanner,
    request: &'a Request,
    events: mpsc::Sender<ScanEvent>,
    cancel: CancellationToken,
    /// The job's path on the scanner, once it has one.
    path: Option<String>,
    stored: Vec<StoredPage>,
}

/// What the scanner answered to `NextDocument`.
enum Next {
    /// A page was stored.
    Page,
    /// There are no more.
    NoMore,
}

impl<'a> Job<'a> {
    /// A job that has not been sent yet.
    pub(crate) fn new(
        scanner: &'a Scanner,
        request: &'a Request,
        events: mpsc::Sender<ScanEvent>,
        cancel: CancellationToken,
    ) -> Self {
        Self { scanner, request, events, cancel, path: None, stored: vec![] }
    }

    /// Runs the job to its end, good or bad, and tidies up; returns the stored pages either way.
    pub(crate) async fn run(mut self) -> (Vec<StoredPage>, Result<(), Fault>) {
        let outcome = self.scan().await;
        self.clean_up(outcome.as_ref().err()).await;
        (self.stored, outcome)
    }

    async fn scan(&mut self) -> Result<(), Fault> {
        let cancel = self.cancel.clone();
        let settings = unless_cancelled(&cancel, async {
            scan_settings(self.request, &self.scanner.read_capabilities().await?)
        })
        .await?;
        self.start(&settings).await?;
        unless_cancelled(&cancel, self.pages()).await
    }

    /// Offers the job to the scanner until it takes it.
    async fn start(&mut self, settings: &str) -> Result<(), Fault> {
        let cancel = self.cancel.clone();
        for tries_left in (0..self.profile().post_tries).rev() {
            if cancel.is_cancelled() {
                return Err(Fault::Cancelled);
            }
            let reply = self.post(settings).await?;
            let status = reply.status();
            if status == StatusCode::CREATED {
                let location = reply.header(header::LOCATION).unwrap_or_default();
                self.path = self.scanner.endpoint.job_path(location);
                reply.discard().await;
                return match self.path {
                    Some(_) => Ok(()),
                    None => Err(Fault::protocol("the new job has no usable address")),
                };
            }
            reply.discard().await;
            let busy = status == StatusCode::SERVICE_UNAVAILABLE;
            unless_cancelled(&cancel, async {
                match self.reported_fault().await {
                    // Just after a 503 the feeder is often reported empty when it is not.
                    Some(Fault::FeederEmpty | Fault::Busy) if busy && tries_left > 0 => Ok(()),
                    Some(fault) => Err(fault),
                    None if busy && tries_left > 0 => Ok(()),
                    None => Err(refusal(status)),
                }
            })
            .await?;
            unless_cancelled(&cancel, pause(self.profile().retry_wait())).await?;
        }
        Err(Fault::Busy)
    }

    /// Sends the job. A cancelled job is still waited for a little, so that it can be taken back.
    async fn post(&self, settings: &str) -> Result<Reply, Fault> {
        let path = self.scanner.endpoint.path("ScanJobs");
        let call = Call { method: Method::POST, path: &path, body: Some(settings.to_owned()) };
        let mut sending = std::pin::pin!(self.scanner.send(call, Deadlines::short(self.profile())));
        let sent = tokio::select! {
            sent = &mut sending => sent,
            () = self.cancel.cancelled() => {
                timeout(CANCEL_GRACE, sending).await.map_err(|_| Fault::Cancelled)?
            }
        };
        Ok(sent?)
    }

    async fn pages(&mut self) -> Result<(), Fault> {
        self.tell(ScanEvent::Started).await;
        loop {
            let begun = Instant::now();
            match self.next().await? {
                Next::NoMore => break,
                Next::Page if self.request.source == Source::Flatbed => break,
                Next::Page => sleep(self.profile().page_pause(begun.elapsed())).await,
            }
        }
        if self.stored.is_empty() {
            return Err(match self.request.source {
                Source::Feeder => Fault::FeederEmpty,
                Source::Flatbed => Fault::protocol("the job ended without a page"),
            });
        }
        self.tell(ScanEvent::Finished { pages: self.stored.len() as u32 }).await;
        Ok(())
    }

    /// Asks for the next page until there is one, or none any more.
    async fn next(&mut self) -> Result<Next, Fault> {
        let profile = self.profile();
        let tries = if self.stored.is_empty() { profile.first_page_tries } else { profile.later_page_tries };
        for tries_left in (0..tries).rev() {
            let mut reply = match self.ask().await {
                Ok(reply) => reply,
                Err(fault) => return Err(self.explained(fault.into()).await),
            };
            let status = reply.status();
            if status == StatusCode::OK {
                return match self.receive(&mut reply).await {
                    Ok(()) => Ok(Next::Page),
                    Err(fault @ (Fault::Unreachable { .. } | Fault::TimedOut { .. })) => {
                        Err(self.explained(fault).await)
                    }
                    Err(fault) => Err(fault),
                };
            }
            reply.discard().await;
            let end = status == StatusCode::NOT_FOUND || status == StatusCode::GONE;
            let again = profile.retries(status.as_u16()) && tries_left > 0;
            match self.reported_fault().await {
                Some(fault) if fault.stops_pages() => return Err(fault),
                _ if again => sleep(profile.retry_wait()).await,
                _ if end => return Ok(Next::NoMore),
                Some(Fault::FeederEmpty) if self.stored.is_empty() => return Err(Fault::FeederEmpty),
                _ if profile.retries(status.as_u16()) => break,
                _ => return Err(Fault::protocol(format!("a page was answered with {status}"))),
            }
        }
        Err(Fault::TimedOut { waiting_for: "the next page" })
    }

    async fn ask(&self) -> Result<Reply, HttpFault> {
        let path = format!("{}/NextDocument", self.path.as_deref().unwrap_or_default());
        let call = Call { method: Method::GET, path: &path, body: None };
        self.scanner.send(call, Deadlines::page(self.profile())).await
    }

    async fn receive(&mut self, reply: &mut Reply) -> Result<(), Fault> {
        let (limit, max_pages) = (self.profile().max_page_bytes, self.profile().max_pages);
        if self.stored.len() as u64 >= u64::from(max_pages) {
            return Err(Fault::TooManyPages { limit: max_pages });
        }
        let page = self.last_page().saturating_add(1);
        let mut file = PageFile::create(&self.request.dir, page, limit)?;
        let mut told = 0;
        while let Some(chunk) = reply.chunk().await? {
            file.write(&chunk).await?;
            if told == 0 || file.bytes() - told >= PROGRESS_STEP {
                told = file.bytes();
                // Progress is worth less than the scan: a slow receiver misses some.
                let _ = self.events.try_send(ScanEvent::PageArriving { page, bytes: told });
            }
        }
        let stored = file.keep().await?;
        self.stored.push(stored.clone());
        self.tell(ScanEvent::PageStored(stored)).await;
        Ok(())
    }

    /// Takes the job back after a fault, and tidies up after the glass, whose job may stay open.
    async fn clean_up(&self, fault: Option<&Fault>) {
        let Some(path) = &self.path else { return };
        let needed = match fault {
            None => self.request.source == Source::Flatbed,
            Some(Fault::Unreachable { .. }) => false,
            Some(_) => true,
        };
        if needed {
            let call = Call { method: Method::DELETE, path, body: None };
            match self.scanner.send(call, Deadlines::short(self.profile())).await {
                Ok(reply) => reply.discard().await,
                Err(fault) => tracing::warn!(?fault, "the scan job could not be taken back"),
            }
        }
    }

    /// What the scanner's status gives as the cause of a failure, if it can be read.
    async fn reported_fault(&self) -> Option<Fault> {
        let status = self.scanner.read_status().await.ok()?;
        status.fault(self.request.source, self.profile(), self.last_page())
    }

    /// A better cause than `fault`, if the scanner's status gives one.
    async fn explained(&self, fault: Fault) -> Fault {
        self.reported_fault().await.filter(Fault::stops_pages).unwrap_or(fault)
    }

    /// The number of the last page stored; one less than the first page when there is none.
    fn last_page(&self) -> u32 {
        let before = self.request.first_page.saturating_sub(1);
        self.stored.last().map_or(before, |page| page.page)
    }

    fn profile(&self) -> &Profile {
        &self.scanner.profile
    }

    async fn tell(&self, event: ScanEvent) {
        // A receiver that has gone or sleeps must not hold up paper; the result repeats it all.
        let _ = self.events.send_timeout(event, EVENT_WAIT).await;
    }
}

impl Fault {
    /// Whether a reported cause stops a job that already runs.
    ///
    /// "Busy" is the job itself, and "empty" is how a feeder looks after its last sheet.
    fn stops_pages(&self) -> bool {
        !matches!(self, Self::Busy | Self::FeederEmpty)
    }
}

fn refusal(status: StatusCode) -> Fault {
    match status {
        StatusCode::CONFLICT => Fault::Refused,
        StatusCode::SERVICE_UNAVAILABLE => Fault::Busy,
        _ => Fault::protocol(format!("the job was answered with {status}")),
    }
}

async fn pause(wait: Duration) -> Result<(), Fault> {
    sleep(wait).await;
    Ok(())
}

/// The result of `work`, unless the scan is cancelled first.
async fn unless_cancelled<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Fault::Cancelled),
        result = work => result,
    }
}
