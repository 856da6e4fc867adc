//! The district's own store, which can be away.

use emulators::store::{Store, StoreError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// A district's store that is on or off, always at the same address; cheap to clone.
#[derive(Clone)]
pub(crate) struct District {
    dir: PathBuf,
    url: String,
    store: Arc<Mutex<Option<Store>>>,
}

impl District {
    /// Starts it on the hall's folder.
    pub async fn start(dir: &Path) -> Result<Self, StoreError> {
        let store = Store::start_district(dir).await?;
        Ok(Self { dir: dir.to_path_buf(), url: store.url(), store: Arc::new(Mutex::new(Some(store))) })
    }

    /// Where it answers while it is on.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The store, if it is on.
    pub async fn store(&self) -> Option<Store> {
        self.store.lock().await.clone()
    }

    /// On again, with the licences that it begins with.
    pub async fn switch_on(&self) -> Result<(), StoreError> {
        let mut store = self.store.lock().await;
        if store.is_none() {
            *store = Some(Store::start_district(&self.dir).await?);
        }
        Ok(())
    }

    /// Off.
    pub async fn switch_off(&self) {
        if let Some(store) = self.store.lock().await.take() {
            store.stop().await;
        }
    }
}
