//! The document scanner's owner, and with it of the pages that are not yet accepted.
//!
//! Pages lie in one folder a session, named by their number; the folder goes when the session does.

use crate::bus::{Bus, Health, Identity};
use crate::faults::scanner::{said_fault, status_fault, tally_fault};
use crate::turns::turn;
use document_scanner::sane::SaneScanner;
use document_scanner::{Fault as Said, Profile, Request, ScanError, Scanned, Scanner, StoredPage, Tally};
use link::record::Recorder;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use visit::event::{Event, Feeder, Keep, PageId, ScanEvent, SessionId, Sheets};
use visit::fault::{Device, Fault};
use visit::intent::Source;
use visit::screen::{PageWarning, Preview, ScanProblem};
use visit::turn::Turn;

/// How often an idle scanner that is well is asked how it is.
const HEALTH_EVERY: Duration = Duration::from_secs(2);
/// The same through SANE, where each question opens the device and closes it again. Nobody waits for the
/// answer: a scanner stays ready until it is known to be otherwise, a scan finds out by itself what is
/// wrong, and each scan is followed by a question at once.
const SANE_HEALTH_EVERY: Duration = Duration::from_secs(10);
/// How often a scanner that is not well is asked. Once it answers again it is to be ready within 3 s: at
/// most this passes before it is asked, the rest is for opening it.
const AILING_EVERY: Duration = Duration::from_secs(1);
/// Width of a page on the screen, in pixels.
const PREVIEW_WIDTH: u32 = 720;

/// What the scanner's owner is asked.
#[derive(Debug)]
pub enum Ask {
    /// scan into this session
    Scan(SessionId, Source, Sheets, Keep),
    /// stop scanning
    Stop(SessionId),
    /// throw pages away
    Drop(SessionId, Vec<PageId>),
    /// throw all pages of a session away
    Forget(SessionId),
}

/// Where the pages of sessions lie.
#[derive(Clone, Debug)]
pub struct PageFolders(PathBuf);

impl PageFolders {
    /// Takes the folder; pages of sessions that were cut off are thrown away: nobody accepted them.
    ///
    /// # Errors
    /// When the folder can be neither emptied nor made.
    pub fn open(root: PathBuf) -> std::io::Result<Self> {
        match std::fs::remove_dir_all(&root) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        std::fs::create_dir_all(&root)?;
        Ok(Self(root))
    }

    fn of(&self, session: SessionId) -> PathBuf {
        self.0.join(format!("session-{}", session.0))
    }

    /// The file of a page.
    pub fn page(&self, session: SessionId, page: PageId) -> PathBuf {
        self.of(session).join(format!("page-{:03}.jpg", page.0))
    }

    /// The page as it came from the scanner, before it was cut out and put straight.
    pub fn scan(&self, session: SessionId, page: PageId) -> PathBuf {
        self.of(session).join(format!("scan-{:03}.jpg", page.0))
    }

    /// The page in its compact form, while its document is put together.
    pub fn compact(&self, session: SessionId, page: PageId) -> PathBuf {
        self.of(session).join(format!("compact-{:03}", page.0))
    }

    /// Where a document of a session is put together.
    pub fn work(&self, session: SessionId) -> PathBuf {
        self.of(session).join("document.pdf")
    }

    /// Bytes that the file system still has for us.
    fn free(&self) -> std::io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.0)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

/// How the scanner is when it does nothing.
struct Seen {
    faults: Vec<Fault>,
    feeder: Feeder,
}

/// How the scanner is spoken to.
pub enum BackEnd {
    /// over the network, or USB through ipp-usb
    Escl(Box<Scanner>),
    /// through a vendor's SANE back end, in a process of its own
    Sane(Box<SaneScanner>),
}

impl BackEnd {
    /// How long after an answer it is asked again.
    fn ask_after(&self, faults: &[Fault]) -> Duration {
        match self {
            _ if !faults.is_empty() => AILING_EVERY,
            Self::Escl(_) => HEALTH_EVERY,
            Self::Sane(_) => SANE_HEALTH_EVERY,
        }
    }

    /// How it is now, read with the eyes of its profile.
    async fn seen(&self) -> Result<Seen, ScanError> {
        let (fault, paper) = match self {
            Self::Escl(scanner) => {
                let (status, profile) = (scanner.status().await?, scanner.profile());
                let fault = status.fault(document_scanner::Source::Feeder, &profile, 0);
                (fault.as_ref().and_then(said_fault), status.paper(&profile))
            }
            Self::Sane(scanner) => {
                let status = scanner.status().await?;
                (status_fault(&status), status.paper(&Profile::default()))
            }
        };
        let feeder = match paper {
            None => Feeder::Unknown,
            Some(false) => Feeder::Empty,
            Some(true) => Feeder::Loaded,
        };
        Ok(Seen { faults: fault.into_iter().collect(), feeder })
    }

    /// What it says of itself.
    pub async fn own(&self) -> Option<Identity> {
        match self {
            Self::Escl(scanner) => {
                let said = scanner.capabilities().await.ok()?;
                Some(Identity {
                    maker: said.manufacturer,
                    model: said.make_and_model,
                    serial: said.serial_number,
                })
            }
            Self::Sane(scanner) => {
                Some(Identity { model: Some(scanner.device().to_owned()), ..Identity::default() })
            }
        }
    }

    async fn scan(
        &self,
        request: &Request,
        events: mpsc::Sender<document_scanner::ScanEvent>,
        cancel: CancellationToken,
    ) -> Result<Scanned, ScanError> {
        match self {
            Self::Escl(scanner) => scanner.scan(request, events, cancel).await,
            Self::Sane(scanner) => scanner.scan(request, events, cancel).await,
        }
    }
}

/// Waits for the end of the scan under way, for ever if there is none: whose it was, and the number of
/// its session's next page.
async fn ended(running: &mut Option<Running>) -> (SessionId, Option<u32>) {
    match running {
        Some(running) => (running.session, (&mut running.task).await.ok()),
        None => std::future::pending().await,
    }
}

/// The owner of the scanner.
pub struct ScannerTask {
    /// the driver
    pub scanner: Arc<BackEnd>,
    /// what crosses its connection
    pub recorder: Option<Recorder>,
    /// the pages
    pub folders: PageFolders,
    /// bytes that must stay free
    pub reserve: u64,
    /// to the desk
    pub bus: Bus,
}

struct Running {
    session: SessionId,
    cancel: CancellationToken,
    task: JoinHandle<u32>,
}

impl ScannerTask {
    /// Scans for whoever asks, one after the other, until nobody can ask any more.
    pub async fn run(self, mut asks: mpsc::Receiver<Ask>) {
        let mut health = Health::new(Device::Scanner, self.bus.clone());
        if let Some(recorder) = &self.recorder {
            health.record(recorder.clone());
        }
        let mut running: Option<Running> = None;
        let mut next_page = (SessionId(0), 1);
        let mut next_look = Instant::now();
        let mut feeder = Feeder::Unknown;
        loop {
            // A scanner that takes long to say how it is keeps nobody waiting: whoever asks for
            // something goes first, and the question is put again.
            let look = async {
                tokio::time::sleep_until(next_look).await;
                self.seen().await
            };
            let ask = tokio::select! {
                biased;
                ask = asks.recv() => match ask {
                    Some(ask) => ask,
                    None => break,
                },
                (session, next) = ended(&mut running) => {
                    running = None;
                    next_page = (session, next.unwrap_or(next_page.1));
                    next_look = Instant::now();
                    continue;
                }
                seen = look, if running.is_none() => {
                    let pause = self.scanner.ask_after(&seen.faults);
                    health.tell(seen.faults).await;
                    if std::mem::replace(&mut feeder, seen.feeder) != seen.feeder {
                        self.bus.send(Event::Feeder(feeder)).await;
                    }
                    next_look = Instant::now() + pause;
                    continue;
                }
            };
            match ask {
                Ask::Scan(session, source, sheets, keep) => {
                    if let Some(before) = running.take() {
                        before.cancel.cancel();
                        next_page = (before.session, before.task.await.unwrap_or(next_page.1));
                    }
                    let first = if next_page.0 == session { next_page.1 } else { 1 };
                    running = Some(self.start(session, source, sheets, keep, first));
                    // What is left after the scan is told, be it as before.
                    feeder = Feeder::Unknown;
                }
                Ask::Stop(session) => {
                    running.iter().filter(|r| r.session == session).for_each(|r| r.cancel.cancel());
                }
                Ask::Drop(session, pages) => {
                    for page in pages {
                        remove(&self.folders.page(session, page));
                        remove(&self.folders.scan(session, page));
                        remove(&self.folders.compact(session, page));
                    }
                }
                Ask::Forget(session) => {
                    // The next visitor is to know what this one left behind.
                    next_look = Instant::now();
                    if let Some(r) = running.take_if(|r| r.session == session) {
                        r.cancel.cancel();
                        let _ = r.task.await;
                    }
                    match tokio::fs::remove_dir_all(self.folders.of(session)).await {
                        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                            tracing::error!(error = %e, "pages of a session that is over cannot be removed");
                            let session = log_book::field::Session::of(session.0);
                            self.bus.log(log_book::Event::PagesLeft { session });
                        }
                        _ => {}
                    }
                }
            }
        }
        if let Some(running) = running {
            running.cancel.cancel();
            let _ = running.task.await;
        }
    }

    async fn seen(&self) -> Seen {
        self.scanner.seen().await.unwrap_or_else(|error| {
            tracing::debug!(%error, "scanner");
            Seen { faults: said_fault(&error.fault).into_iter().collect(), feeder: Feeder::Unknown }
        })
    }

    fn start(&self, session: SessionId, source: Source, sheets: Sheets, keep: Keep, first: u32) -> Running {
        let cancel = CancellationToken::new();
        let one = OneScan {
            scanner: self.scanner.clone(),
            folders: self.folders.clone(),
            reserve: self.reserve,
            recorder: self.recorder.clone(),
            bus: self.bus.clone(),
            session,
            sheets,
            keep,
            cancel: cancel.clone(),
        };
        Running { session, cancel, task: tokio::spawn(one.run(source, first)) }
    }
}

/// What became of the pages of a scan.
struct Heard {
    /// the number of the next page
    next: u32,
    /// why a page could not be used
    bad: Option<ScanProblem>,
}

/// One scan, from the touch to the last page.
struct OneScan {
    scanner: Arc<BackEnd>,
    folders: PageFolders,
    reserve: u64,
    recorder: Option<Recorder>,
    bus: Bus,
    session: SessionId,
    sheets: Sheets,
    keep: Keep,
    cancel: CancellationToken,
}

impl OneScan {
    /// Returns the number of the next page of this session.
    async fn run(self, source: Source, first: u32) -> u32 {
        let (next, problem) = self.scan(source, first).await;
        self.witness(problem);
        self.tell(ScanEvent::Ended(problem)).await;
        next
    }

    /// What crossed the connection until a scan ended in a fault is sealed.
    fn witness(&self, problem: Option<ScanProblem>) {
        let fault = match problem {
            Some(ScanProblem::Fault(fault)) => fault,
            Some(ScanProblem::BadPage) => Fault::ScannerBadPage,
            Some(ScanProblem::PagesMissing { .. }) => Fault::PagesMissing,
            Some(
                ScanProblem::FeederEmpty
                | ScanProblem::TooManyPages
                | ScanProblem::Over
                | ScanProblem::OnlyOne
                | ScanProblem::Stopped
                | ScanProblem::NotReplaced,
            )
            | None => return,
        };
        if let Some(recorder) = &self.recorder {
            recorder.settle();
        }
        self.bus.witness().occurred(fault);
    }

    async fn scan(&self, source: Source, first: u32) -> (u32, Option<ScanProblem>) {
        let dir = self.folders.of(self.session);
        if let Err(e) = tokio::fs::create_dir_all(&dir).await {
            tracing::error!(error = %e, "no folder for pages");
            return (first, Some(ScanProblem::Fault(Fault::DiskFull)));
        }
        // Refused early, before a page is in the feeder's mouth; those already stored stay.
        if self.folders.free().is_ok_and(|free| free < self.reserve) {
            return (first, Some(ScanProblem::Fault(Fault::DiskFull)));
        }
        let source = match source {
            Source::Feeder => document_scanner::Source::Feeder,
            Source::Flatbed => document_scanner::Source::Flatbed,
        };
        let one_page = self.sheets == Sheets::One;
        let request = Request { first_page: first, one_page, ..Request::new(source, dir) };
        let (events, news) = mpsc::channel(64);
        let (result, mut heard) =
            tokio::join!(self.scanner.scan(&request, events, self.cancel.clone()), self.listen(news, first));
        let (stored, problem) = match result {
            // A scanner that has fed sheets ahead of the one that was wanted has lost nothing.
            Ok(Scanned { pages, .. }) if one_page && request.source.is_feeder() => (pages, None),
            Ok(Scanned { pages, tally, .. }) => (pages, tally_problem(&tally)),
            Err(ScanError { fault: Said::Cancelled, pages_stored, .. }) => (pages_stored, None),
            Err(error) => {
                tracing::warn!(%error, "scan ended early");
                let problem = scan_problem(&error.fault);
                (error.pages_stored, Some(problem))
            }
        };
        // The driver does not wait long for a slow listener; its result names every page.
        let first_unheard = heard.next;
        for page in stored.into_iter().filter(|page| page.page >= first_unheard) {
            heard.next = page.page + 1;
            if heard.bad.is_none() {
                heard.bad = self.show(page).await.err();
            }
        }
        (heard.next, heard.bad.or(problem))
    }

    /// Passes on what the driver tells; a page that cannot be looked at is no page.
    async fn listen(&self, mut news: mpsc::Receiver<document_scanner::ScanEvent>, first: u32) -> Heard {
        let mut heard = Heard { next: first, bad: None };
        while let Some(event) = news.recv().await {
            match event {
                document_scanner::ScanEvent::PageArriving { bytes, .. } => {
                    self.tell(ScanEvent::Arriving(bytes)).await;
                }
                // Behind a page that is none, others would take its place.
                document_scanner::ScanEvent::PageStored(page) if heard.bad.is_some() => remove(&page.path),
                document_scanner::ScanEvent::PageStored(page) => {
                    heard.next = page.page + 1;
                    if let Err(why) = self.show(page).await {
                        heard.bad = Some(why);
                        self.cancel.cancel();
                    }
                }
                document_scanner::ScanEvent::Started(_) | document_scanner::ScanEvent::Finished { .. } => {}
            }
        }
        heard
    }

    async fn show(&self, page: StoredPage) -> Result<(), ScanProblem> {
        let number = PageId(page.page);
        let (path, raw) = (page.path.clone(), self.folders.scan(self.session, number));
        let (as_it_came, keep) = (raw.clone(), self.keep);
        let looked = tokio::task::spawn_blocking(move || look(&path, &as_it_came, keep)).await;
        match looked {
            Ok(Ok(Looked { preview, warnings, turn })) => {
                let preview = Arc::new(preview);
                self.tell(ScanEvent::Stored { page: number, preview, warnings, turn }).await;
                Ok(())
            }
            Ok(Err(LookError::Page(error))) => {
                tracing::warn!(%error, "a scanned page cannot be used");
                remove(&page.path);
                remove(&raw);
                let full = matches!(error, documents::PageError::DiskFull { .. });
                Err(if full { ScanProblem::Fault(Fault::DiskFull) } else { ScanProblem::BadPage })
            }
            Ok(Err(LookError::File(error))) => {
                tracing::error!(%error, "a scanned page cannot be put aside");
                remove(&page.path);
                Err(ScanProblem::Fault(Fault::DocumentFailed))
            }
            Err(_) => Err(ScanProblem::BadPage),
        }
    }

    async fn tell(&self, event: ScanEvent) {
        self.bus.send(Event::Scan(self.session, event)).await;
    }
}

/// A page as the visitor sees it.
struct Looked {
    preview: Preview,
    warnings: Vec<PageWarning>,
    turn: Turn,
}

/// Why a page cannot be shown.
enum LookError {
    /// it is no page
    Page(documents::PageError),
    /// it cannot be put aside
    File(std::io::Error),
}

/// Cuts the page at `path` out, puts it straight and looks at it; as it came it lies at `raw` then, if it
/// is to be kept.
fn look(path: &Path, raw: &Path, keep: Keep) -> Result<Looked, LookError> {
    std::fs::rename(path, raw).map_err(LookError::File)?;
    let finished = documents::finish(raw, path).map_err(LookError::Page)?;
    let upright = finished.turn;
    let documents::Preview { width, height, rgb } =
        documents::preview(path, PREVIEW_WIDTH, upright).map_err(LookError::Page)?;
    let warning = |w: &documents::Warning| match w {
        documents::Warning::Blank => PageWarning::Blank,
        documents::Warning::TooDark => PageWarning::TooDark,
        documents::Warning::Blurred => PageWarning::Blurred,
        documents::Warning::CutOff => PageWarning::CutOff,
        documents::Warning::Folded => PageWarning::Folded,
    };
    let turn = turn(upright);
    let warnings = finished.warnings.iter().map(warning).collect();
    if keep == Keep::Finished {
        remove(raw);
    }
    Ok(Looked { preview: Preview { width, height, rgb }, warnings, turn })
}

fn remove(path: &Path) {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            tracing::error!(error = %e, "a page cannot be removed");
        }
        _ => {}
    }
}

/// A scan that came to its end, and pages may be missing all the same.
fn tally_problem(tally: &Tally) -> Option<ScanProblem> {
    Some(match tally_fault(tally)? {
        Fault::PagesMissing => ScanProblem::PagesMissing {
            fed: tally.images_completed.unwrap_or(tally.pages_stored),
            stored: tally.pages_stored,
        },
        fault => ScanProblem::Fault(fault),
    })
}

fn scan_problem(said: &Said) -> ScanProblem {
    match said {
        Said::FeederEmpty => ScanProblem::FeederEmpty,
        Said::PageDamaged { .. } | Said::TooLarge { .. } => ScanProblem::BadPage,
        Said::TooManyPages { .. } => ScanProblem::TooManyPages,
        other => ScanProblem::Fault(said_fault(other).unwrap_or(Fault::ScannerProtocol)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use document_scanner::Endpoint;
    use document_scanner::sane::{HelperProgram, SaneProfile};

    /// "Within 3 s of the device answering" leaves two for opening it.
    #[test]
    fn what_is_not_well_is_asked_soon_and_what_is_well_is_left_in_peace() {
        let endpoint = Endpoint::parse("http://127.0.0.1:1/eSCL").expect("an address");
        let escl = BackEnd::Escl(Box::new(Scanner::new(endpoint, Profile::default())));
        let sane = SaneScanner::new(HelperProgram::new("/nowhere"), SaneProfile::default());
        let sane = BackEnd::Sane(Box::new(sane));
        for (back_end, faults, pause_s) in [
            (&escl, &[][..], 2),
            (&escl, &[Fault::ScannerAbsent], 1),
            (&sane, &[], 10),
            (&sane, &[Fault::ScannerHelperDied], 1),
            (&sane, &[Fault::ScannerNotPermitted], 1),
        ] {
            assert_eq!(back_end.ask_after(faults), Duration::from_secs(pause_s), "{faults:?}");
        }
    }
}
