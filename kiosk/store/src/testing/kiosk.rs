//! A kiosk with its outbox, and a worker under watch.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::pki::Ca;
use super::server::{Act, Request, TestStore};
use crate::{
    Applicant, Backoff, Client, Deadlines, Digest, DiskFault, MaterialId, Outbox, OutboxConfig, OutboxKey,
    ServedItem, StoreEvent, Submission, Tls, WorkerConfig, run,
};

/// A bound on waiting for what must come; never the time it takes.
pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what).await.expect("it comes in time")
}

/// Waits that do not slow the tests down.
pub(crate) fn quick() -> WorkerConfig {
    let backoff = Backoff {
        first: Duration::from_millis(1),
        last: Duration::from_millis(4),
        asked_at_most: Duration::from_secs(300),
    };
    WorkerConfig { backoff, ..WorkerConfig::default() }
}

/// The content of a document: the same for the same length, different at each place.
pub(crate) fn document(bytes: usize) -> Vec<u8> {
    (0..bytes as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// A hall's CA and a kiosk of it.
pub(crate) struct Kiosk {
    pub dir: TempDir,
    pub ca: Ca,
    pub tls: Tls,
}

impl Kiosk {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let ca = Ca::new("hall");
        let tls = ca.issue("kiosk-1", 2090).load(&ca, dir.path()).expect("PEM files");
        Self { dir, ca, tls }
    }

    pub(crate) async fn store(&self, script: impl FnMut(&Request) -> Act + Send + 'static) -> TestStore {
        TestStore::start(self.ca.server(&self.ca.issue("127.0.0.1", 2090)), script).await
    }

    pub(crate) fn client(&self, port: u16) -> Client {
        self.client_within(port, Deadlines::default())
    }

    pub(crate) fn client_within(&self, port: u16, deadlines: Deadlines) -> Client {
        Client::new(&format!("https://127.0.0.1:{port}"), &self.tls, deadlines).expect("a URL")
    }

    pub(crate) fn outbox_dir(&self) -> PathBuf {
        self.dir.path().join("outbox")
    }

    pub(crate) fn outbox(&self) -> Outbox {
        self.outbox_observed(|_| {})
    }

    pub(crate) fn outbox_observed(&self, observer: impl Fn(&'static str) + Send + Sync + 'static) -> Outbox {
        let config = OutboxConfig { observer: Arc::new(observer), ..OutboxConfig::default() };
        Outbox::open_with(&self.outbox_dir(), OutboxKey::of(7), config).expect("an outbox")
    }

    /// A document as the outbox gives it out.
    pub(crate) fn read(&self, outbox: &Outbox, id: &str, bytes: usize) -> Result<Vec<u8>, DiskFault> {
        let sealed = outbox.sealed(&MaterialId::new(id).expect("an id"), bytes as u64)?;
        let mut read = bytes::BytesMut::new();
        sealed.read(0, bytes as u64, &mut read)?;
        Ok(read.to_vec())
    }

    /// A document as a scan would leave it.
    pub(crate) fn scan(&self, id: &str, content: &[u8]) -> Submission {
        let path = self.dir.path().join(format!("{id}.pdf"));
        std::fs::write(&path, content).expect("written");
        Submission {
            material_id: MaterialId::new(id).expect("an id"),
            name: "营业执照.pdf".into(),
            media_type: "application/pdf".into(),
            path,
            sha256: Digest(Sha256::digest(content).into()),
            bytes: content.len() as u64,
            material: "business-licence".into(),
            pages: vec![Digest([1; 32]), Digest([2; 32])],
            items: vec![ServedItem {
                code: "food-licence".into(),
                task_code: "11370800MB285591843370117002011".into(),
                dept_code: "11370800MB28559184".into(),
            }],
            visit: "visit-1".into(),
            applicant: Some(Applicant::Oneself),
            number: None,
            kiosk: "kiosk-1".into(),
        }
    }

    /// Where the outbox keeps a document.
    pub(crate) fn kept(&self, id: &str) -> PathBuf {
        self.outbox_dir().join("documents").join(format!("{id}.doc"))
    }
}

/// A worker, its events and its switches.
pub(crate) struct Running {
    pub events: mpsc::Receiver<StoreEvent>,
    pub wake: Arc<Notify>,
    pub shutdown: CancellationToken,
    pub task: JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(outbox: &Outbox, client: Client, config: WorkerConfig) -> Self {
        let (sender, events) = mpsc::channel(1024);
        let (wake, shutdown) = (Arc::new(Notify::new()), CancellationToken::new());
        let work = run(outbox.clone(), client, config, sender, Arc::clone(&wake), shutdown.clone());
        Self { events, wake, shutdown, task: tokio::spawn(work) }
    }

    /// The next event; nothing once the worker has ended.
    pub(crate) async fn event(&mut self) -> Option<StoreEvent> {
        within(self.events.recv()).await
    }

    /// All events up to and including the first that is `last`.
    pub(crate) async fn until(&mut self, last: impl Fn(&StoreEvent) -> bool) -> Vec<StoreEvent> {
        let mut events = Vec::new();
        loop {
            let event = self.event().await.expect("the worker goes on");
            let found = last(&event);
            events.push(event);
            if found {
                return events;
            }
        }
    }

    /// All events until so many documents are confirmed.
    pub(crate) async fn until_confirmed(&mut self, documents: usize) -> Vec<StoreEvent> {
        let mut events = Vec::new();
        for _ in 0..documents {
            events.extend(self.until(|event| matches!(event, StoreEvent::Confirmed { .. })).await);
        }
        events
    }

    /// Ends the worker.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        within(self.task).await.expect("the worker ends well");
    }
}
