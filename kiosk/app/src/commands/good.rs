//! Whether a version is good: the one before it may be forgotten only once this one has shown that it does all
//! that a kiosk has to.

use super::{Commands, PATIENCE};
use log_book::Event as Happened;
use tokio::sync::oneshot;
use tokio::time::timeout;
use visit::fault::Device;

impl Commands {
    /// What is not as it has to be, in sentences. A device that does not work is no defect of a version: it has to
    /// have said how it is.
    pub(super) async fn lacking(&self) -> Vec<String> {
        let mut lacking = Vec::new();
        if !self.screen_answers().await {
            lacking.push("screen: it shows nothing".to_owned());
        }
        if self.somebody_there().await.is_none() {
            lacking.push("desk: it does not answer".to_owned());
        }
        for device in self.fitted.iter().filter(|device| !self.has_told(**device)) {
            lacking.push(format!("{}: it has not answered, and is not known to be away", device.key()));
        }
        if lacking.is_empty() {
            match self.prove_databases().await {
                Ok(rows) => self.bus.log(Happened::VersionGood { rows }),
                Err(why) => lacking.push(why),
            }
        }
        lacking
    }

    /// Of itself the kiosk tells when something is wrong, and not before.
    fn has_told(&self, device: Device) -> bool {
        device == Device::Kiosk || self.bus.has_told(device)
    }

    async fn screen_answers(&self) -> bool {
        let Some(screen) = &self.screen else { return false };
        let (answer, answered) = oneshot::channel();
        screen.call(move || _ = answer.send(())) && matches!(timeout(PATIENCE, answered).await, Ok(Ok(())))
    }

    /// Whether somebody is at the kiosk; `None` when the desk does not say.
    pub(super) async fn somebody_there(&self) -> Option<bool> {
        let (answer, answered) = oneshot::channel();
        self.desk.try_send(Box::new(move |somebody| _ = answer.send(somebody))).ok()?;
        timeout(PATIENCE, answered).await.ok()?.ok()
    }

    /// Copies of the databases are brought to this version's layout, back to every one before, and up again: the
    /// version before could go on with them. Tells how many rows were compared.
    async fn prove_databases(&self) -> Result<u32, String> {
        let data = self.data.clone();
        let proven = tokio::task::spawn_blocking(move || {
            // One after the other: both make their copy under the same name.
            let folder = data.join("proof");
            std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            let numbers = queue::sqlite::prove_both_ways(&data.join("queue").join("numbers.db"), &folder)
                .map_err(|error| format!("numbers: {error}"))?;
            let documents = store::outbox::prove_both_ways(&data.join("outbox"), &folder)
                .map_err(|error| format!("documents: {error}"))?;
            Ok(u32::try_from(numbers.rows + documents.rows).unwrap_or(u32::MAX))
        });
        proven.await.unwrap_or_else(|error| Err(format!("databases: {error}")))
    }
}
