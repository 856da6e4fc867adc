//! One scan job: a POST that starts it, one GET a page, and a DELETE when things go wrong.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, StatusCode, header};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::delivered::{page_deviations, settled_deviations};
use crate::error::{Fault, ScanError};
use crate::events::{Deviation, ScanEvent, Scanned, StoredPage};
use crate::http_client::{Call, Deadlines, Reply};
use crate::job_info::JobInfo;
use crate::page_file::PageFile;
use crate::profile::Profile;
use crate::record::CANCELLED;
use crate::resume::Resume;
use crate::scanner::Scanner;
use crate::settings::{Request, Settled, Source, scan_settings, settle};
use crate::tally::Counts;

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
    profile: Arc<Profile>,
    events: mpsc::Sender<ScanEvent>,
    cancel: CancellationToken,
    /// Whether the scanner looks for blank pages.
    marks_blank: bool,
    /// The job's path on the scanner, once it has one.
    path: Option<String>,
    /// What the scanner last said of the job.
    info: Option<JobInfo>,
    /// The page that is on its way, or broke there.
    under_way: Option<u32>,
    stored: Vec<StoredPage>,
    deviations: Vec<Deviation>,
}

/// What the scanner answered to `NextDocument`.
enum Next {
    /// A page was stored.
    Page,
    /// There are no more.
    NoMore,
}

/// What the scanner's status gave as a cause.
enum Report {
    /// The scanner answered; the cause, if it gave one.
    Answered(Option<Fault>),
    /// No status could be had.
    Silent,
}

impl<'a> Job<'a> {
    /// A job that has not been sent yet.
    pub(crate) fn new(
        scanner: &'a Scanner,
        request: &'a Request,
        events: mpsc::Sender<ScanEvent>,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            scanner,
            request,
            profile: scanner.profile(),
            events,
            cancel,
            marks_blank: false,
            path: None,
            info: None,
            under_way: None,
            stored: vec![],
            deviations: vec![],
        }
    }

    /// Runs the job to its end, good or bad, and tidies up.
    pub(crate) async fn run(mut self) -> Result<Scanned, ScanError> {
        let outcome = self.scan().await;
        if outcome == Err(Fault::Cancelled) {
            self.scanner.note(CANCELLED);
        }
        self.clean_up(outcome.as_ref().err()).await;
        let pages_stored = self.pages_stored();
        let counts = Counts {
            source: self.request.source,
            stored: pages_stored,
            broken: self.under_way,
            job: self.info.as_ref(),
            fault: outcome.as_ref().err(),
        };
        let tally = counts.tally();
        match outcome {
            Ok(settled) => Ok(Scanned { pages: self.stored, settled, tally, deviations: self.deviations }),
            Err(fault) => {
                let (source, first_page) = (self.request.source, self.request.first_page);
                let broken = self.under_way.is_some();
                let resume = Resume::new(source, first_page, pages_stored, broken, &fault);
                let device = self.scanner.device();
                let (resume, tally) = (Some(resume), Some(tally));
                Err(ScanError { device, fault, pages_stored: self.stored, resume, tally })
            }
        }
    }

    async fn scan(&mut self) -> Result<Settled, Fault> {
        let cancel = self.cancel.clone();
        let (settled, settings) = unless_cancelled(&cancel, self.prepare()).await?;
        self.start(&settings).await?;
        unless_cancelled(&cancel, self.pages(settled)).await?;
        Ok(settled)
    }

    /// Holds the request against the scanner's capabilities.
    async fn prepare(&mut self) -> Result<(Settled, String), Fault> {
        let caps = self.scanner.read_capabilities().await?;
        self.profile = self.scanner.profile();
        self.marks_blank = caps.detects_blank_pages;
        let settled = settle(self.request, &caps, &self.profile)?;
        self.deviations = settled_deviations(self.request, &settled);
        Ok((settled, scan_settings(&settled, &caps)?))
    }

    /// Offers the job to the scanner until it takes it.
    async fn start(&mut self, settings: &str) -> Result<(), Fault> {
        let cancel = self.cancel.clone();
        for tries_left in (0..self.profile.post_tries).rev() {
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
            let report = unless_cancelled(&cancel, async { Ok(self.report().await) }).await?;
            match report.cause() {
                // Just after a 503 the feeder is often reported empty when it is not.
                Some(fault) if busy && tries_left > 0 && !fault.stops_pages() => {}
                Some(fault) => return Err(fault),
                None if busy && tries_left > 0 => {}
                None => return Err(refusal(status)),
            }
            let wait = self.profile.retry_wait();
            let pausing = async {
                self.scanner.pause(wait).await;
                Ok(())
            };
            unless_cancelled(&cancel, pausing).await?;
        }
        Err(Fault::Busy)
    }

    /// Sends the job. A cancelled job is still waited for a little, so that it can be taken back.
    async fn post(&self, settings: &str) -> Result<Reply, Fault> {
        let path = self.scanner.endpoint.path("ScanJobs");
        let call = Call { method: Method::POST, path: &path, body: Some(settings.to_owned()) };
        let mut sending = std::pin::pin!(self.scanner.send(call, Deadlines::short(&self.profile)));
        let sent = tokio::select! {
            sent = &mut sending => sent,
            () = self.cancel.cancelled() => {
                timeout(CANCEL_GRACE, sending).await.map_err(|_| Fault::Cancelled)?
            }
        };
        Ok(sent?)
    }

    async fn pages(&mut self, settled: Settled) -> Result<(), Fault> {
        self.tell(ScanEvent::Started(settled)).await;
        loop {
            let begun = Instant::now();
            match self.next(&settled).await? {
                Next::NoMore => break,
                Next::Page if self.is_of_one_page() => break,
                Next::Page => self.scanner.pause(self.profile.page_pause(begun.elapsed())).await,
            }
        }
        if self.stored.is_empty() {
            return Err(match self.request.source {
                Source::Feeder | Source::FeederDuplex => Fault::FeederEmpty,
                Source::Flatbed => Fault::protocol("the job ended without a page"),
            });
        }
        self.tell(ScanEvent::Finished { pages: self.pages_stored() }).await;
        Ok(())
    }

    /// Asks for the next page until there is one, or none any more.
    async fn next(&mut self, settled: &Settled) -> Result<Next, Fault> {
        let first = self.stored.is_empty();
        let tries = if first { self.profile.first_page_tries } else { self.profile.later_page_tries };
        let mut unknown = None;
        for tries_left in (0..tries).rev() {
            let mut reply = self.ask().await?;
            let status = reply.status();
            if status == StatusCode::OK {
                self.receive(&mut reply, settled).await?;
                return Ok(Next::Page);
            }
            reply.discard().await;
            let end = status == StatusCode::NOT_FOUND || status == StatusCode::GONE;
            let retries = self.profile.retries(status.as_u16());
            match self.report().await.cause() {
                Some(fault) if fault.stops_pages() => return Err(fault),
                cause if retries && tries_left > 0 => {
                    unknown = cause.filter(|fault| matches!(fault, Fault::FeederUnknown { .. }));
                    self.scanner.pause(self.profile.retry_wait()).await;
                }
                _ if end => return Ok(Next::NoMore),
                Some(fault @ Fault::FeederUnknown { .. }) => return Err(fault),
                Some(Fault::FeederEmpty) if first => return Err(Fault::FeederEmpty),
                _ if retries => break,
                _ => return Err(Fault::protocol(format!("a page was answered with {status}"))),
            }
        }
        Err(unknown.unwrap_or(Fault::TimedOut { waiting_for: "the next page" }))
    }

    /// Asks for a page once. A request that got no answer may have taken a sheet with it.
    async fn ask(&mut self) -> Result<Reply, Fault> {
        let path = format!("{}/NextDocument", self.path.as_deref().unwrap_or_default());
        let call = Call { method: Method::GET, path: &path, body: None };
        match self.scanner.send(call, Deadlines::page(&self.profile)).await {
            Ok(reply) => Ok(reply),
            Err(fault) => {
                self.under_way = Some(self.next_page());
                Err(self.explained(fault.into()).await)
            }
        }
    }

    async fn receive(&mut self, reply: &mut Reply, settled: &Settled) -> Result<(), Fault> {
        self.under_way = Some(self.next_page());
        match self.receive_page(reply).await {
            Ok(stored) => {
                self.under_way = None;
                self.deviations.extend(page_deviations(&stored, settled));
                self.stored.push(stored.clone());
                self.tell(ScanEvent::PageStored(stored)).await;
                Ok(())
            }
            Err(fault @ (Fault::Unreachable { .. } | Fault::TimedOut { .. })) => {
                Err(self.explained(fault).await)
            }
            Err(fault) => Err(fault),
        }
    }

    async fn receive_page(&mut self, reply: &mut Reply) -> Result<StoredPage, Fault> {
        let (limit, max_pages) = (self.profile.max_page_bytes, self.profile.max_pages);
        if self.pages_stored() >= max_pages {
            return Err(Fault::TooManyPages { limit: max_pages });
        }
        let page = self.next_page();
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
        let mut stored = file.keep().await?;
        // The scanner is asked only for what the file does not say.
        if let Some(path) = self.path.as_deref().filter(|_| self.marks_blank || stored.image.height.is_none())
            && let Some(info) = self.scanner.read_image_info(path).await
        {
            stored.blank = info.blank;
            stored.image.height = stored.image.height.or((info.height > 0).then_some(info.height));
        }
        Ok(stored)
    }

    /// Whether no page is asked for after the first.
    fn is_of_one_page(&self) -> bool {
        self.request.one_page || self.request.source == Source::Flatbed
    }

    /// Reads the last counts, takes the job back after a fault, and tidies up after one page, whose job
    /// may stay open: the scanner would go on feeding sheets.
    async fn clean_up(&mut self, fault: Option<&Fault>) {
        let Some(path) = self.path.clone() else { return };
        let needed = match fault {
            None => self.is_of_one_page(),
            Some(Fault::Unreachable { .. }) => return,
            Some(_) => true,
        };
        if fault != Some(&Fault::Cancelled) && self.stored.len() + usize::from(self.under_way.is_some()) > 0 {
            self.report().await;
        }
        if needed {
            let call = Call { method: Method::DELETE, path: &path, body: None };
            match self.scanner.send(call, Deadlines::short(&self.profile)).await {
                Ok(reply) => reply.discard().await,
                Err(fault) => tracing::warn!(?fault, "the scan job could not be taken back"),
            }
        }
    }

    /// What the scanner's status gives as the cause of a failure: a state that stops pages, then what
    /// became of the job, then any other state.
    async fn report(&mut self) -> Report {
        let Ok(status) = self.scanner.read_status().await else { return Report::Silent };
        let last_page = self.next_page().saturating_sub(1);
        let state = status.fault(self.request.source, &self.profile, last_page);
        if let Some(job) = self.path.as_deref().and_then(|path| status.job(&self.scanner.endpoint, path)) {
            self.info = Some(job.clone());
        }
        let job = self.info.as_ref().and_then(JobInfo::fault);
        Report::Answered(match state {
            Some(fault) if fault.stops_pages() => Some(fault),
            state => job.or(state),
        })
    }

    /// A better cause than `fault`, if the scanner's status gives one.
    async fn explained(&mut self, fault: Fault) -> Fault {
        match (self.report().await, fault) {
            // The scanner aborts a job because the connection broke, not the other way round.
            (Report::Answered(Some(Fault::JobAborted { .. })), Fault::Unreachable { .. }) => {
                Fault::Interrupted { page: self.next_page() }
            }
            (Report::Answered(Some(cause)), _) if cause.stops_pages() => cause,
            // A scanner that still answers is not out of reach.
            (Report::Answered(_), Fault::Unreachable { .. }) => Fault::Interrupted { page: self.next_page() },
            (_, fault) => fault,
        }
    }

    /// The number of the page to come.
    fn next_page(&self) -> u32 {
        self.request.first_page.saturating_add(self.pages_stored())
    }

    fn pages_stored(&self) -> u32 {
        u32::try_from(self.stored.len()).unwrap_or(u32::MAX)
    }

    async fn tell(&self, event: ScanEvent) {
        // A receiver that has gone or sleeps must not hold up paper; the result repeats it all.
        let _ = self.events.send_timeout(event, EVENT_WAIT).await;
    }
}

impl Report {
    fn cause(self) -> Option<Fault> {
        match self {
            Self::Answered(cause) => cause,
            Self::Silent => None,
        }
    }
}

impl Fault {
    /// Whether a reported cause stops a job that already runs.
    ///
    /// "Busy" is the job itself, a test passes, "empty" is how a feeder looks after its last sheet, and
    /// a state that nobody knows may be any of these.
    fn stops_pages(&self) -> bool {
        !matches!(self, Self::Busy | Self::SelfTest | Self::FeederEmpty | Self::FeederUnknown { .. })
    }
}

fn refusal(status: StatusCode) -> Fault {
    match status {
        StatusCode::CONFLICT => Fault::Refused,
        StatusCode::SERVICE_UNAVAILABLE => Fault::Busy,
        _ => Fault::protocol(format!("the job was answered with {status}")),
    }
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
