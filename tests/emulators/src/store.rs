//! An emulated central store: resumable uploads (tus 1.0.0; protocols.md, section 7.1), the
//! materials made of them, and whose the codes on telephones are, over TLS 1.3 with certificates on both
//! sides.
//!
//! Everything lies in `DIR/store`, the certificates in `DIR/pki`; a store started on the same folder
//! goes on where the last one ended, on the same port.

mod disk;
mod identities;
mod materials;
mod script;
mod tus;

use identities::Codes;
pub use script::{At, Misbehaviour, WrongStatus};

use crate::cards::Card;
use crate::changed::Changed;
use crate::files;
use crate::pki::{Authority, Pki, PkiError};
use crate::ports;
use crate::serve::{Greeting, Server, Transport};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, options, post};
use disk::{Disk, Id};
use materials::Material;
use rustls::ServerConfig;
use script::Script;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;
use zeroize::Zeroizing;

/// The largest upload, bytes; announced as Tus-Max-Size.
pub const MAX_SIZE: u64 = 256 * 1024 * 1024;

/// Why the store does not run.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No folder or no port.
    #[error("emulated store: {0}")]
    Start(#[from] io::Error),
    /// No certificates.
    #[error("emulated store: {0}")]
    Pki(#[from] PkiError),
}

/// A document the store holds, registered or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Doc {
    /// The material's identifier when registered, else the upload's.
    pub id: String,
    /// File name the kiosk gave; empty when it gave none.
    pub name: String,
    /// Media type the kiosk gave; empty when it gave none.
    pub media_type: String,
    /// Bytes held.
    pub bytes: u64,
    /// SHA-256 of the bytes held, lower-case hexadecimal.
    pub sha256: String,
    /// Whether all announced bytes are there.
    pub complete: bool,
    /// Whether it is registered as a material.
    pub registered: bool,
}

/// How the store greets new connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presentation {
    /// With its own certificate.
    Right,
    /// With a certificate of another authority.
    WrongAuthority,
    /// As a server that knows only TLS 1.2 greets a client that offers only TLS 1.3.
    TooOld,
}

struct Shared {
    disk: Disk,
    max_size: u64,
    script: Mutex<Script>,
    locks: Mutex<HashSet<Id>>,
    registering: tokio::sync::Mutex<()>,
    codes: Mutex<Codes>,
    requests: AtomicU64,
    presentation: Mutex<Presentation>,
    right: Arc<ServerConfig>,
    wrong: Arc<ServerConfig>,
    changed: Changed,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn script(&self) -> MutexGuard<'_, Script> {
        locked(&self.script)
    }

    fn locks(&self) -> MutexGuard<'_, HashSet<Id>> {
        locked(&self.locks)
    }

    fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    fn greeting(&self) -> Greeting {
        match *locked(&self.presentation) {
            Presentation::Right => Greeting::Tls(self.right.clone()),
            Presentation::WrongAuthority => Greeting::Tls(self.wrong.clone()),
            Presentation::TooOld => Greeting::TooOld,
        }
    }
}

/// A handle to an emulated store. Clones control the same store; it ends with the last of them.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    server: Arc<Server>,
}

impl Store {
    /// Starts a store on `dir` that takes uploads of up to [`MAX_SIZE`] bytes.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be written, the port kept in `DIR/store/port` is taken,
    /// or the certificates are unusable.
    pub async fn start(dir: &Path) -> Result<Self, StoreError> {
        Self::start_limited(dir, MAX_SIZE).await
    }

    /// As [`Store::start`], with another limit for one upload, bytes.
    ///
    /// # Errors
    /// As [`Store::start`].
    pub async fn start_limited(dir: &Path, max_size: u64) -> Result<Self, StoreError> {
        let folder = dir.join("store");
        let pki = Pki::open(&dir.join("pki"))?;
        let shared = Arc::new(Shared {
            disk: Disk::open(&folder)?,
            max_size,
            script: Mutex::new(Script::default()),
            locks: Mutex::new(HashSet::new()),
            registering: tokio::sync::Mutex::new(()),
            codes: Mutex::new(Codes::default()),
            requests: AtomicU64::new(0),
            presentation: Mutex::new(Presentation::Right),
            right: pki.server_config(Authority::Hall)?,
            wrong: pki.server_config(Authority::Wrong)?,
            changed: Changed::default(),
        });
        let listener = ports::bind_kept(&folder.join("port")).await?;
        let greeting = {
            let shared = shared.clone();
            Arc::new(move || shared.greeting())
        };
        let server = Server::start(listener, Transport::Secure(greeting), router(shared.clone()));
        Ok(Self { shared, server: Arc::new(server) })
    }

    /// Where the store listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The base URL, such as `https://localhost:23456`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address().port())
    }

    /// Counts every change: requests answered, bytes received, locks given back, scripts set.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// The next `times` requests that are meant by `at` go wrong. Several calls queue up.
    pub fn misbehave(&self, times: u32, at: At, what: Misbehaviour) {
        self.shared.script().push(times, at, what);
        self.shared.changed.ring();
    }

    /// Forgets all misbehaviour still to come.
    pub fn behave(&self) {
        self.shared.script().clear();
        self.present(Presentation::Right);
    }

    /// Greets new connections in this way; connections of before are cut.
    pub fn present(&self, presentation: Presentation) {
        *locked(&self.shared.presentation) = presentation;
        self.server.cut_connections();
        self.shared.changed.ring();
    }

    /// Puts a new code on somebody's telephone that the store knows for so long; an earlier one of the
    /// same person stays good until its own end. Held in memory only.
    #[must_use]
    pub fn issue_code(&self, card: Card, lives: Duration) -> Zeroizing<String> {
        let code = locked(&self.shared.codes).issue(card, lives);
        self.shared.changed.ring();
        code
    }

    /// Makes the store forget every code, as if all had run out.
    pub fn expire_codes(&self) {
        locked(&self.shared.codes).expire();
        self.shared.changed.ring();
    }

    /// The documents held: registered materials first, then uploads that are no material yet, each
    /// sorted by identifier. One whose files cannot be read is left out.
    #[must_use]
    pub fn documents(&self) -> Vec<Doc> {
        let disk = &self.shared.disk;
        let mut docs = Vec::new();
        let mut registered = HashSet::new();
        for id in disk.material_ids().unwrap_or_default() {
            let note = disk.material_note::<Material>(&id);
            if let (Ok(Some(material)), Some(path)) = (note, disk.bytes_path(&id)) {
                registered.extend(material.upload());
                let request = material.request;
                docs.extend(held(&path).map(|(bytes, sha256)| Doc {
                    id: id.as_str().to_owned(),
                    name: request.name,
                    media_type: request.media_type,
                    bytes,
                    sha256,
                    complete: bytes == request.bytes,
                    registered: true,
                }));
            }
        }
        for id in disk.upload_ids().unwrap_or_default() {
            if registered.contains(&id) {
                continue;
            }
            if let (Ok(Some((note, _))), Some(path)) = (disk.look(&id), disk.bytes_path(&id)) {
                let entry = |keys: [&str; 3]| {
                    keys.iter().find_map(|key| note.entries.get(*key).cloned()).unwrap_or_default()
                };
                docs.extend(held(&path).map(|(bytes, sha256)| Doc {
                    id: id.as_str().to_owned(),
                    name: entry(["filename", "name", "file_name"]),
                    media_type: entry(["filetype", "media_type", "type"]),
                    bytes,
                    sha256,
                    complete: bytes == note.length,
                    registered: false,
                }));
            }
        }
        docs
    }

    /// The bytes of a document; `None` when there is no such document.
    #[must_use]
    pub fn document_bytes(&self, id: &str) -> Option<Vec<u8>> {
        let path = self.shared.disk.bytes_path(&Id::parse(id)?)?;
        files::read_bounded(&path, self.shared.max_size).ok()
    }

    /// What a bystander sees: address, counts, misbehaviour to come. No document contents.
    #[must_use]
    pub fn state(&self) -> Value {
        let disk = &self.shared.disk;
        let presentation = match *locked(&self.shared.presentation) {
            Presentation::Right => "right",
            Presentation::WrongAuthority => "wrong_authority",
            Presentation::TooOld => "too_old",
        };
        json!({
            "address": self.address().to_string(),
            "uploads": disk.upload_ids().map_or(0, |ids| ids.len()),
            "materials": disk.material_ids().map_or(0, |ids| ids.len()),
            "codes": locked(&self.shared.codes).alive(),
            "appending": self.shared.locks().len(),
            "requests": self.shared.requests.load(Ordering::Relaxed),
            "misbehaviours_left": self.shared.script().left(),
            "presentation": presentation,
        })
    }

    /// Ends the store within a second; requests under way get 0.4 s to finish.
    pub async fn stop(&self) {
        self.server.stop().await;
        self.shared.changed.ring();
    }

    /// Ends the store as a power cut does: all connections break at once. What was written stays.
    pub async fn cut(&self) {
        self.server.cut().await;
        self.shared.changed.ring();
    }
}

fn held(path: &Path) -> Option<(u64, String)> {
    let bytes = std::fs::metadata(path).ok()?.len();
    Some((bytes, disk::digest(path).ok()?))
}

fn router(shared: Arc<Shared>) -> Router {
    let uploads = options(tus::discover).post(tus::create);
    Router::new()
        .route("/files", uploads.clone())
        .route("/files/", uploads)
        .route(
            "/files/{id}",
            options(tus::discover).head(tus::offset).patch(tus::append).delete(tus::terminate),
        )
        .route("/v1/materials/{material_id}", get(materials::lookup).put(materials::register))
        .route("/v1/identities", post(identities::identify))
        .layer(from_fn_with_state(shared.clone(), script::misbehave))
        .with_state(shared)
}

#[cfg(test)]
#[path = "store/tests.rs"]
mod tests;
