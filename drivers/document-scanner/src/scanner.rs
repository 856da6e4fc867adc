//! The scanner: what it can do, how it is, and a scan from start to end.

use hyper::{Method, StatusCode};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::capabilities::Capabilities;
use crate::endpoint::Endpoint;
use crate::error::{Fault, ScanError};
use crate::events::{ScanEvent, StoredPage};
use crate::http_client::{self, Call, Deadlines, HttpFault, Reply};
use crate::job::Job;
use crate::profile::Profile;
use crate::settings::Request;
use crate::status::ScannerStatus;
use crate::xml::MAX_XML_BYTES;

/// One network scanner. Cheap to clone; holds no connection.
#[derive(Debug, Clone)]
pub struct Scanner {
    pub(crate) endpoint: Endpoint,
    pub(crate) profile: Profile,
}

impl Scanner {
    /// A scanner at an address; nothing is sent yet.
    pub fn new(endpoint: Endpoint, profile: Profile) -> Self {
        Self { endpoint, profile }
    }

    /// What messages call this scanner: its profile's name and its address.
    pub fn device(&self) -> String {
        format!("{} at {}", self.profile.name, self.endpoint)
    }

    /// Asks what the scanner can do.
    ///
    /// # Errors
    /// [`ScanError`] when it cannot be reached, stays silent or answers with something else.
    pub async fn capabilities(&self) -> Result<Capabilities, ScanError> {
        self.read_capabilities().await.map_err(|fault| self.error(fault, vec![]))
    }

    /// Asks how the scanner and its feeder are.
    ///
    /// # Errors
    /// As [`Scanner::capabilities`].
    pub async fn status(&self) -> Result<ScannerStatus, ScanError> {
        self.read_status().await.map_err(|fault| self.error(fault, vec![]))
    }

    /// Scans until the feeder is empty, or one page from the glass, and returns the stored pages.
    ///
    /// `cancel` ends the scan at any moment and takes the job back from the scanner; dropping the
    /// future instead leaves no half-written page either, but leaves the job with the scanner. An
    /// empty result does not occur: a job without pages is an error.
    ///
    /// # Errors
    /// [`ScanError`] with the cause, as the scanner's own status explains it, and with the pages
    /// that were stored before; they stay on disk.
    pub async fn scan(
        &self,
        request: &Request,
        events: mpsc::Sender<ScanEvent>,
        cancel: CancellationToken,
    ) -> Result<Vec<StoredPage>, ScanError> {
        let (stored, outcome) = Job::new(self, request, events, cancel).run().await;
        match outcome {
            Ok(()) => {
                tracing::info!(device = %self.device(), pages = stored.len(), "scan finished");
                Ok(stored)
            }
            Err(fault) => {
                let error = self.error(fault, stored);
                tracing::warn!(%error, "scan ended early");
                Err(error)
            }
        }
    }

    pub(crate) async fn read_capabilities(&self) -> Result<Capabilities, Fault> {
        Ok(Capabilities::parse(&self.document("ScannerCapabilities").await?)?)
    }

    pub(crate) async fn read_status(&self) -> Result<ScannerStatus, Fault> {
        Ok(ScannerStatus::parse(&self.document("ScannerStatus").await?)?)
    }

    async fn document(&self, name: &str) -> Result<Vec<u8>, Fault> {
        let call = Call { method: Method::GET, path: &self.endpoint.path(name), body: None };
        let reply = self.send(call, Deadlines::short(&self.profile)).await?;
        match reply.status() {
            StatusCode::OK => Ok(reply.whole(MAX_XML_BYTES).await?),
            StatusCode::SERVICE_UNAVAILABLE => Err(Fault::Busy),
            status => Err(Fault::protocol(format!("{name} was answered with {status}"))),
        }
    }

    pub(crate) async fn send(&self, call: Call<'_>, deadlines: Deadlines) -> Result<Reply, HttpFault> {
        http_client::send(&self.endpoint, self.profile.host_header, call, deadlines).await
    }

    fn error(&self, fault: Fault, pages_stored: Vec<StoredPage>) -> ScanError {
        ScanError { device: self.device(), fault, pages_stored }
    }
}
