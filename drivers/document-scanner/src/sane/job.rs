//! One scan through the helper: settings, then a page for each sheet until the feeder is empty.

use std::time::Duration;

use sane_helper::{Reply, Request as Ask, Status, Value};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::delivered::{page_deviations, settled_deviations};
use crate::error::{Fault, ScanError};
use crate::events::{Deviation, ScanEvent, Scanned, StoredPage};
use crate::page_file::PageFile;
use crate::record::CANCELLED;
use crate::resume::Resume;
use crate::sane::choice::Choice;
use crate::sane::faults::{Step, of_refusal, of_status};
use crate::sane::helper::{Helper, unexpected};
use crate::sane::profile::SaneProfile;
use crate::sane::scanner::{SaneScanner, fault};
use crate::settings::{Request, Settled, Source};
use crate::tally::{Counts, Tally};

/// How long a cancelled scan waits for the helper to finish what it is doing; after that the scanner
/// cannot be handed back in order, and the helper is killed.
const CANCEL_GRACE: Duration = Duration::from_secs(5);

/// How long an event waits for room.
const EVENT_WAIT: Duration = Duration::from_secs(2);

/// Bytes of a page between two reports of progress.
const PROGRESS_STEP: u64 = 128 * 1024;

/// One scan while it runs.
pub(crate) struct Job<'a> {
    scanner: &'a SaneScanner,
    request: &'a Request,
    events: mpsc::Sender<ScanEvent>,
    cancel: CancellationToken,
    /// The page that is on its way, or broke there.
    under_way: Option<u32>,
    stored: Vec<StoredPage>,
    deviations: Vec<Deviation>,
}

impl<'a> Job<'a> {
    /// A scan that has not begun.
    pub(crate) fn new(
        scanner: &'a SaneScanner,
        request: &'a Request,
        events: mpsc::Sender<ScanEvent>,
        cancel: CancellationToken,
    ) -> Self {
        let (stored, deviations) = (vec![], vec![]);
        Self { scanner, request, events, cancel, under_way: None, stored, deviations }
    }

    /// Runs the scan to its end, good or bad, and ends the helper.
    pub(crate) async fn run(mut self) -> Result<Scanned, ScanError> {
        let outcome = self.with_helper().await;
        let tally = self.tally(outcome.as_ref().err());
        match outcome {
            Ok(settled) => Ok(Scanned { pages: self.stored, settled, tally, deviations: self.deviations }),
            Err(fault) => {
                let (source, first_page) = (self.request.source, self.request.first_page);
                let broken = self.under_way.is_some();
                let resume = Resume::new(source, first_page, self.pages_stored(), broken, &fault);
                let device = self.scanner.device();
                let (resume, tally) = (Some(resume), Some(tally));
                Err(ScanError { device, fault, pages_stored: self.stored, resume, tally })
            }
        }
    }

    /// SANE counts nothing: a side went through for each page, and for one that broke on its way.
    fn tally(&self, fault: Option<&Fault>) -> Tally {
        let (source, stored) = (self.request.source, self.pages_stored());
        let tally = Counts { source, stored, broken: self.under_way, job: None, fault }.tally();
        let sides = stored.saturating_add(self.under_way.is_some().into());
        let sheets = match source {
            Source::Feeder => Some(sides),
            Source::FeederDuplex => Some(sides.div_ceil(2)),
            Source::Flatbed => None,
        };
        Tally { sheets, ..tally }
    }

    async fn with_helper(&mut self) -> Result<Settled, Fault> {
        let cancel = self.cancel.clone();
        let mut helper = tokio::select! {
            biased;
            () = cancel.cancelled() => {
                self.scanner.helpers.note_meanwhile(CANCELLED);
                return Err(Fault::Cancelled);
            }
            helper = Helper::start(&self.scanner.helpers, self.profile().open_wait()) => helper?,
        };
        let outcome = self.unless_cancelled(&mut helper).await;
        if outcome == Err(Fault::Cancelled) && self.cancel.is_cancelled() {
            self.scanner.helpers.note_meanwhile(CANCELLED);
        }
        helper.end(self.profile().reply_wait()).await;
        outcome
    }

    /// A cancelled scan comes to its next pause between two messages, if that is soon.
    async fn unless_cancelled(&mut self, helper: &mut Helper) -> Result<Settled, Fault> {
        let cancel = self.cancel.clone();
        let grace = if self.scanner.helpers.takes_time() { CANCEL_GRACE } else { Duration::ZERO };
        let mut scanning = std::pin::pin!(self.scan(helper));
        tokio::select! {
            biased;
            outcome = &mut scanning => outcome,
            () = cancel.cancelled() => timeout(grace, scanning).await.unwrap_or(Err(Fault::Cancelled)),
        }
    }

    async fn scan(&mut self, helper: &mut Helper) -> Result<Settled, Fault> {
        let (settled, dpi) = self.settings(helper).await?;
        self.deviations = settled_deviations(self.request, &settled);
        self.tell(ScanEvent::Started(settled)).await;
        let more = self.request.source.is_feeder() && !self.request.one_page;
        while self.page(helper, dpi, &settled).await? && more {}
        if self.stored.is_empty() {
            return Err(Fault::FeederEmpty);
        }
        self.tell(ScanEvent::Finished { pages: self.pages_stored() }).await;
        Ok(settled)
    }

    /// Opens the device and sets everything; returns what it made of that.
    async fn settings(&self, helper: &mut Helper) -> Result<(Settled, u16), Fault> {
        self.go_on()?;
        let (scanner, profile, source) = (self.scanner, self.profile(), self.request.source);
        let (_, mut options) = scanner.open(helper).await?;
        if self.set(helper, options.source(source, profile)?).await?.is_some() {
            options = scanner.options(helper).await?;
        }
        if self.set(helper, options.sides(source)).await?.is_some() {
            options = scanner.options(helper).await?;
        }
        for setting in &profile.options {
            let missing = || Fault::Unsupported { what: format!("the option {}", setting.name) };
            let option = options.settable(&setting.name).ok_or_else(missing)?;
            let value = setting.value.value(option.kind).ok_or_else(missing)?;
            self.set(helper, Some((setting.name.clone(), value))).await?;
            options = scanner.options(helper).await?;
        }
        if self.set(helper, options.mode(self.request.color, profile)?).await?.is_some() {
            options = scanner.options(helper).await?;
        }
        self.set(helper, options.depth()).await?;
        let real = match self.set(helper, options.resolution(self.request.dpi, profile)?).await? {
            Some(Value::Int(dpi)) => dpi,
            Some(Value::Fixed(raw)) => raw.saturating_add(1 << 15) >> 16,
            Some(Value::Bool(_) | Value::Text(_)) | None => self.request.dpi.try_into().unwrap_or(0),
        };
        let dpi = u16::try_from(real).ok().filter(|&dpi| dpi > 0);
        let dpi = dpi.ok_or_else(|| Fault::Unsupported { what: format!("{real} dots per inch") })?;
        let (width, height) = self.region(helper, dpi.into()).await?;
        Ok((Settled { source, dpi: dpi.into(), color: self.request.color, width, height }, dpi))
    }

    /// Sets the region; returns what the device made of its width and height.
    async fn region(&self, helper: &mut Helper, dpi: u32) -> Result<(Option<u32>, Option<u32>), Fault> {
        let options = self.scanner.options(helper).await?;
        let (mut width, mut height) = (None, None);
        for (name, value) in options.region(self.request.size, dpi) {
            let made = self.set(helper, Some((name.clone(), value))).await?;
            let edge = made.and_then(|made| options.edge(&name, &made, dpi));
            match name.as_str() {
                "br-x" => width = edge,
                "br-y" => height = edge,
                _ => {}
            }
        }
        Ok((width, height))
    }

    /// Sets an option, if there is one to set; returns what the device made of it.
    async fn set(&self, helper: &mut Helper, choice: Choice) -> Result<Option<Value>, Fault> {
        let Some((option, value)) = choice else { return Ok(None) };
        self.go_on()?;
        let set = Ask::Set { option, value };
        match helper.ask(&set, Step::Option, self.profile().reply_wait()).await? {
            Reply::Value(value) => Ok(Some(value)),
            other => Err(fault(other, Step::Option)),
        }
    }

    /// Takes a sheet and stores its page; false when there are no more sheets.
    async fn page(&mut self, helper: &mut Helper, dpi: u16, settled: &Settled) -> Result<bool, Fault> {
        self.go_on()?;
        match helper.ask(&Ask::Start { dpi }, Step::Start, self.profile().start_wait()).await? {
            Reply::Started { .. } => {}
            Reply::Failed(Status::NoDocs) => return Ok(false),
            other => return Err(self.fault(other, Step::Start)),
        }
        let page = self.next_page();
        self.under_way = Some(page);
        let limit = self.profile().max_pages;
        if self.pages_stored() >= limit {
            return Err(Fault::TooManyPages { limit });
        }
        let file = PageFile::create(&self.request.dir, page, self.profile().max_page_bytes)?;
        let received = self.receive(helper, file, page).await?;
        self.under_way = None;
        let Some(stored) = received else { return Ok(false) };
        self.deviations.extend(page_deviations(&stored, settled));
        self.stored.push(stored.clone());
        self.tell(ScanEvent::PageStored(stored)).await;
        Ok(true)
    }

    /// Receives a page; `None` when it turns out that there was no sheet.
    async fn receive(
        &self,
        helper: &mut Helper,
        mut file: PageFile,
        page: u32,
    ) -> Result<Option<StoredPage>, Fault> {
        let ends = Instant::now() + self.profile().page_wait();
        let mut told = 0;
        loop {
            self.go_on()?;
            let left = ends.saturating_duration_since(Instant::now());
            let wait = self.profile().piece_wait().min(left);
            match helper.ask(&Ask::Read, Step::Read, wait).await? {
                Reply::Piece(piece) => file.write(&piece).await?,
                Reply::PageEnd { height_at, lines } => {
                    file.set_height(height_at.into(), lines).await?;
                    return Ok(Some(file.keep().await?));
                }
                Reply::Failed(Status::NoDocs) => return Ok(None),
                other => return Err(self.fault(other, Step::Read)),
            }
            if told == 0 || file.bytes() - told >= PROGRESS_STEP {
                told = file.bytes();
                // Progress is worth less than the scan: a slow receiver misses some.
                let _ = self.events.try_send(ScanEvent::PageArriving { page, bytes: told });
            }
        }
    }

    fn fault(&self, reply: Reply, step: Step) -> Fault {
        match reply {
            Reply::Failed(status) => of_status(status, step, self.last_page()),
            Reply::Refused(refusal) => of_refusal(refusal, self.last_page()),
            other => unexpected(&other),
        }
    }

    fn go_on(&self) -> Result<(), Fault> {
        if self.cancel.is_cancelled() || self.scanner.helpers.cancels() {
            return Err(Fault::Cancelled);
        }
        Ok(())
    }

    /// The number of the page to come.
    fn next_page(&self) -> u32 {
        self.request.first_page.saturating_add(self.pages_stored())
    }

    fn last_page(&self) -> u32 {
        self.next_page().saturating_sub(1)
    }

    fn pages_stored(&self) -> u32 {
        u32::try_from(self.stored.len()).unwrap_or(u32::MAX)
    }

    fn profile(&self) -> &SaneProfile {
        &self.scanner.profile
    }

    async fn tell(&self, event: ScanEvent) {
        // A receiver that has gone or sleeps must not hold up paper; the result repeats it all.
        let _ = self.events.send_timeout(event, EVENT_WAIT).await;
    }
}
