//! What the kiosk has said since it started, for whoever only hears.

use kiosk::{Heard, HeardObserver};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One thing that was said.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Said {
    /// whose voice: `cmn` or `en`
    voice: String,
    text: String,
    /// it is not being said any more
    ended: bool,
    /// it was cut off
    cut: bool,
}

/// All of it, in order; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Said>>>);

impl Log {
    /// What writes it.
    pub fn observer(&self) -> HeardObserver {
        let log = self.clone();
        Arc::new(move |heard| log.write(heard))
    }

    /// What has been written.
    pub fn said(&self) -> Vec<Said> {
        self.lock().clone()
    }

    fn write(&self, heard: Heard) {
        let mut said = self.lock();
        match heard {
            Heard::Begun { voice, text } => {
                said.push(Said { voice: voice.to_owned(), text, ended: false, cut: false });
            }
            Heard::Ended { cut } => {
                if let Some(last) = said.last_mut() {
                    (last.ended, last.cut) = (true, cut);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Said>> {
        // Each writing leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
