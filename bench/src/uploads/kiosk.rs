//! The kiosk's side of an upload.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Backoff, Client, Deadlines, Outbox, OutboxKey, StoreEvent, Tls, TlsFiles, WorkerConfig};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// A folder with what a kiosk has on its disk.
pub struct Kiosk(PathBuf);

impl Kiosk {
    pub fn at(folder: &Path) -> Result<Self, Fatal> {
        for part in ["secrets", "outbox"] {
            std::fs::create_dir_all(folder.join(part))?;
        }
        Ok(Self(folder.to_owned()))
    }

    pub fn key(&self) -> PathBuf {
        self.0.join("secrets/outbox.key")
    }

    pub fn outbox(&self) -> Result<Outbox, Fatal> {
        let folder = self.0.join("outbox");
        Ok(Outbox::open(&folder, OutboxKey::load(&self.key(), &folder)?)?)
    }

    pub fn tls(&self) -> TlsFiles {
        let secret = |name: &str| self.0.join("secrets").join(name);
        TlsFiles { ca: secret("ca.pem"), certificate: secret("kiosk.pem"), key: secret("kiosk.key") }
    }

    /// Sends what is in the outbox to the store at `url`, until the document `id` is confirmed. One of
    /// before may be told as confirmed once more.
    pub async fn send(&self, url: &str, id: &str) -> Result<(), Fatal> {
        let client = Client::new(url, &Tls::load(&self.tls())?, Deadlines::default())?;
        let (tell, mut told) = mpsc::channel(64);
        let stop = CancellationToken::new();
        let config = WorkerConfig { backoff: impatient(), ..WorkerConfig::default() };
        let wake = Arc::new(Notify::new());
        let work = tokio::spawn(store::run(self.outbox()?, client, config, tell, wake, stop.clone()));
        let confirmed = loop {
            match told.recv().await {
                Some(StoreEvent::Confirmed { receipt, .. }) if receipt.material_id.as_str() == id => {
                    break Ok(());
                }
                Some(StoreEvent::Refused { fault, .. }) => break Err(Fatal::from(fault)),
                Some(_) => {}
                None => break Err("the worker ended".into()),
            }
        };
        stop.cancel();
        work.await?;
        confirmed
    }
}

/// Cuts are made on purpose, and waiting for the next attempt is not what is measured.
fn impatient() -> Backoff {
    use std::time::Duration;
    Backoff { first: Duration::from_millis(1), last: Duration::from_millis(8), ..Backoff::default() }
}
