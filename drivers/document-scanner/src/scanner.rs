//! The scanner: what it can do, how it is, and a scan from start to end.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hyper::{Method, StatusCode};
use link::record::Recorder;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::call::{Call as Noted, Ongoing};
use crate::capabilities::Capabilities;
use crate::endpoint::Endpoint;
use crate::error::{Fault, ScanError};
use crate::events::{ScanEvent, Scanned};
use crate::http_client::{self, Call, Deadlines, HttpFault, Reply};
use crate::image_info::{ScanBufferInfo, ScanImageInfo};
use crate::job::Job;
use crate::profile::Profile;
use crate::record::Crossings;
use crate::redact::Redactor;
use crate::settings::{Request, Source, scan_settings, settle};
use crate::status::ScannerStatus;
use crate::wire::{Notes, Wire};
use crate::xml::MAX_XML_BYTES;

/// One network scanner. Cheap to clone; holds no connection.
#[derive(Debug, Clone)]
pub struct Scanner {
    pub(crate) endpoint: Endpoint,
    /// Exchanged when a scanner says what model it is; clones share it.
    profile: Arc<RwLock<Arc<Profile>>>,
    wire: Wire,
}

impl Scanner {
    /// A scanner at an address; nothing is sent yet.
    pub fn new(endpoint: Endpoint, profile: Profile) -> Self {
        Self::over(Wire::Network, endpoint, profile)
    }

    /// A scanner at an address, with a recorder beside its connections.
    ///
    /// The recorder gets nothing of pages but their headers, and nothing that names the device: see
    /// [`crate::recorder`]. A recording follows one caller; two at the same time spoil it.
    pub fn recorded(endpoint: Endpoint, profile: Profile, recorder: Recorder) -> Self {
        let crossings = Crossings::new(recorder, "eSCL over HTTP", |_| Box::new(Redactor::default()));
        Self::over(Wire::Recorded(crossings), endpoint, profile)
    }

    /// A scanner at the other end of `wire`.
    pub(crate) fn over(wire: Wire, endpoint: Endpoint, profile: Profile) -> Self {
        Self { endpoint, profile: Arc::new(RwLock::new(Arc::new(profile))), wire }
    }

    /// How this scanner is treated: the profile given, or the one that suits what it said of itself.
    pub fn profile(&self) -> Arc<Profile> {
        self.profile.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What messages call this scanner: its profile's name and its address.
    pub fn device(&self) -> String {
        let profile = self.profile();
        let name = if profile.is_of_a_model() { &profile.name } else { "document scanner" };
        format!("{name} at {}", self.endpoint)
    }

    /// Asks what the scanner can do.
    ///
    /// # Errors
    /// [`ScanError`] when it cannot be reached, stays silent or answers with something else.
    pub async fn capabilities(&self) -> Result<Capabilities, ScanError> {
        self.noted(Noted::Capabilities, self.read_capabilities()).await
    }

    /// Asks how the scanner and its feeder are.
    ///
    /// # Errors
    /// As [`Scanner::capabilities`].
    pub async fn status(&self) -> Result<ScannerStatus, ScanError> {
        self.noted(Noted::Status, self.read_status()).await
    }

    /// Asks for what stands in the way of a scan from `source`, read with the eyes of the profile;
    /// `None` when nothing does. A feeder without paper is [`Fault::FeederEmpty`].
    ///
    /// # Errors
    /// As [`Scanner::capabilities`].
    pub async fn obstacle(&self, source: Source) -> Result<Option<Fault>, ScanError> {
        Ok(self.status().await?.fault(source, &self.profile(), 0))
    }

    /// Asks how large the images of a request would be, without scanning; `None` when the scanner does
    /// not tell.
    ///
    /// # Errors
    /// As [`Scanner::capabilities`], and when the scanner does not offer what is asked.
    pub async fn estimate(&self, request: &Request) -> Result<Option<ScanBufferInfo>, ScanError> {
        self.noted(Noted::Estimate(request.clone()), self.read_estimate(request)).await
    }

    /// Scans until the feeder is empty, or one page from the glass.
    ///
    /// `cancel` ends the scan at any moment and takes the job back from the scanner; dropping the
    /// future instead leaves no half-written page either, but leaves the job with the scanner. A result
    /// without pages does not occur: such a job is an error.
    ///
    /// # Errors
    /// [`ScanError`] with the cause, as the scanner's own status explains it, with the pages that were
    /// stored before, which stay on disk, and with how to go on after the last of them.
    pub async fn scan(
        &self,
        request: &Request,
        events: mpsc::Sender<ScanEvent>,
        cancel: CancellationToken,
    ) -> Result<Scanned, ScanError> {
        let ongoing = Ongoing::begin(&self.wire, &Noted::Scan(request.clone()));
        let scanned = Job::new(self, request, events, cancel).run().await;
        ongoing.end_scan(&scanned);
        match &scanned {
            Ok(scanned) => {
                tracing::info!(device = %self.device(), tally = ?scanned.tally, "scan finished");
                for deviation in &scanned.deviations {
                    tracing::warn!(device = %self.device(), %deviation, "scan");
                }
            }
            Err(error) => tracing::warn!(%error, tally = ?error.tally, "scan ended early"),
        }
        scanned
    }

    /// Notes a call and its outcome around the call itself.
    async fn noted<T>(
        &self,
        call: Noted,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, ScanError> {
        let ongoing = Ongoing::begin(&self.wire, &call);
        let outcome = work.await;
        ongoing.end(outcome.as_ref().map_or_else(Fault::code, |_| "done"));
        outcome.map_err(|fault| self.error(fault))
    }

    pub(crate) fn note(&self, note: &str) {
        self.wire.note(note);
    }

    /// Gives the scanner time.
    pub(crate) async fn pause(&self, wait: Duration) {
        if self.wire.takes_time() {
            sleep(wait).await;
        }
    }

    pub(crate) async fn read_capabilities(&self) -> Result<Capabilities, Fault> {
        let caps = Capabilities::parse(&self.document("ScannerCapabilities").await?)?;
        if self.profile().by_model {
            let model = caps.make_and_model.as_deref().unwrap_or_default();
            let found = Profile { by_model: true, ..Profile::for_model(model, self.endpoint.is_loopback()) };
            *self.profile.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(found);
        }
        Ok(caps)
    }

    pub(crate) async fn read_status(&self) -> Result<ScannerStatus, Fault> {
        Ok(ScannerStatus::parse(&self.document("ScannerStatus").await?)?)
    }

    async fn read_estimate(&self, request: &Request) -> Result<Option<ScanBufferInfo>, Fault> {
        let caps = self.read_capabilities().await?;
        let settings = scan_settings(&settle(request, &caps, &self.profile())?, &caps)?;
        let path = self.endpoint.path("ScanBufferInfo");
        let call = Call { method: Method::PUT, path: &path, body: Some(settings) };
        let reply = self.send(call, Deadlines::short(&self.profile())).await?;
        match reply.status() {
            StatusCode::OK => Ok(Some(ScanBufferInfo::parse(&reply.whole(MAX_XML_BYTES).await?)?)),
            status => {
                reply.discard().await;
                if status == StatusCode::CONFLICT { Err(Fault::Refused) } else { Ok(None) }
            }
        }
    }

    /// What the last image of a job looks like; `None` when the scanner does not tell.
    pub(crate) async fn read_image_info(&self, job: &str) -> Option<ScanImageInfo> {
        let path = format!("{job}/ScanImageInfo");
        let call = Call { method: Method::GET, path: &path, body: None };
        let reply = self.send(call, Deadlines::short(&self.profile())).await.ok()?;
        match reply.status() {
            StatusCode::OK => ScanImageInfo::parse(&reply.whole(MAX_XML_BYTES).await.ok()?).ok(),
            _ => {
                reply.discard().await;
                None
            }
        }
    }

    async fn document(&self, name: &str) -> Result<Vec<u8>, Fault> {
        let call = Call { method: Method::GET, path: &self.endpoint.path(name), body: None };
        let reply = self.send(call, Deadlines::short(&self.profile())).await?;
        match reply.status() {
            StatusCode::OK => Ok(reply.whole(MAX_XML_BYTES).await?),
            status => {
                reply.discard().await;
                Err(match status {
                    StatusCode::SERVICE_UNAVAILABLE => Fault::Busy,
                    status => Fault::protocol(format!("{name} was answered with {status}")),
                })
            }
        }
    }

    pub(crate) async fn send(&self, call: Call<'_>, deadlines: Deadlines) -> Result<Reply, HttpFault> {
        let host_header = self.profile().host_header;
        http_client::send(&self.wire, &self.endpoint, host_header, call, deadlines).await
    }

    fn error(&self, fault: Fault) -> ScanError {
        ScanError { device: self.device(), fault, pages_stored: vec![], resume: None, tally: None }
    }
}
