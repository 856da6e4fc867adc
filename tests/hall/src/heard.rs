//! What the kiosk has said since it started, for whoever only hears.

use kiosk::{Heard, HeardObserver};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long one waits for something more; less than the dock waits for the kiosk.
const POLL: Duration = Duration::from_secs(5);

/// One thing that was said.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Said {
    /// whose voice: `cmn` or `en`; `chime`: no words but the sound that calls back
    voice: String,
    text: String,
    /// it is not being said any more
    ended: bool,
    /// it was cut off
    cut: bool,
}

/// From where on one wants to hear.
#[derive(Deserialize)]
pub(crate) struct Since {
    /// so many things are known: the answer waits for more, up to five seconds; without it, it does not wait
    after: Option<usize>,
}

impl Since {
    /// As the path that asks the kiosk's process.
    pub fn path(&self) -> String {
        self.after.map_or_else(|| "/heard".to_owned(), |after| format!("/heard?after={after}"))
    }
}

/// All of it, in order; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Log {
    said: Arc<Mutex<Vec<Said>>>,
    count: Arc<watch::Sender<usize>>,
}

impl Log {
    /// What writes it.
    pub fn observer(&self) -> HeardObserver {
        let log = self.clone();
        Arc::new(move |heard| log.write(heard))
    }

    /// What has been written, once that is more than what is known.
    pub async fn said(&self, since: &Since) -> Vec<Said> {
        if let Some(after) = since.after {
            let mut count = self.count.subscribe();
            // Whatever comes of the wait, what there is is told.
            let _ = tokio::time::timeout(POLL, count.wait_for(|count| *count > after)).await;
        }
        self.lock().clone()
    }

    fn write(&self, heard: Heard) {
        let mut said = self.lock();
        match heard {
            Heard::Begun { voice, text } => self.begun(&mut said, voice, text),
            Heard::Chime => self.begun(&mut said, "chime", String::new()),
            Heard::Ended { cut } => {
                if let Some(last) = said.last_mut() {
                    (last.ended, last.cut) = (true, cut);
                }
            }
        }
    }

    fn begun(&self, said: &mut Vec<Said>, voice: &str, text: String) {
        said.push(Said { voice: voice.to_owned(), text, ended: false, cut: false });
        self.count.send_replace(said.len());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Said>> {
        // Each writing leaves it whole.
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
