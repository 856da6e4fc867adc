//! The kiosk's process: started, started again should it die, and ended with the hall.

use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long the kiosk may take to end in good order.
const PATIENCE: Duration = Duration::from_secs(3);
/// Pause before a kiosk that died is started again, as a service manager would.
const RESTART: Duration = Duration::from_secs(1);

/// The kiosk's process.
pub(crate) struct Child(JoinHandle<()>);

impl Child {
    /// Keeps a kiosk running until `stop`.
    pub fn keep(mut command: Command, stop: CancellationToken) -> Self {
        command.stdin(Stdio::null()).kill_on_drop(true);
        Self(tokio::spawn(async move {
            while !stop.is_cancelled() {
                if let Err(error) = once(&mut command, &stop).await {
                    tracing::error!(%error, "the kiosk cannot be started");
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(RESTART) => {}
                }
            }
        }))
    }

    /// Waits until it has ended.
    pub async fn gone(self) {
        let _ = self.0.await;
    }
}

async fn once(command: &mut Command, stop: &CancellationToken) -> std::io::Result<()> {
    let mut kiosk = command.spawn()?;
    tokio::select! {
        status = kiosk.wait() => {
            tracing::warn!(?status, "the kiosk has ended and is started again");
            return Ok(());
        }
        () = stop.cancelled() => {}
    }
    if let Some(pid) = kiosk.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(PATIENCE, kiosk.wait()).await.is_err() {
        kiosk.kill().await?;
    }
    Ok(())
}
