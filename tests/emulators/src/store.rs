//! An emulated central store: resumable uploads (tus 1.0.0; protocols.md, section 7.1), the
//! materials made of them and what was found of these, the licences of people and companies, and whose
//! the codes on telephones are, over TLS 1.3 with certificates on both sides. The contract is
//! `kiosk/store/openapi.yaml`, which it serves as `/openapi.yaml`.
//!
//! Everything lies in `DIR/store`, the certificates in `DIR/pki`; a store started on the same folder
//! goes on where the last one ended, on the same port. Licences and codes alone are held in memory.

mod custody;
mod disk;
mod documents;
mod identities;
mod issue;
mod licences;
mod line;
mod materials;
mod reviews;
mod script;
mod seed;
mod tus;

pub use documents::Doc;
pub use issue::LicenceType;
pub use licences::{Holder, HolderKind, Licence, LicenceQuery};
pub use reviews::{Reason, Review, ReviewError, ReviewEvent};
pub use script::{At, Misbehaviour, WrongStatus};

use crate::cards::Card;
use crate::changed::Changed;
use crate::feed::{Feed, FeedError};
use crate::pki::{Authority, Pki, PkiError};
use crate::ports;
use crate::serve::{Greeting, Server, Transport};
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, head, options, post, put};
use axum::{Json, Router};
use custody::Countersigner;
use disk::{Disk, Id};
use identities::Codes;
use licences::Licences;
use rustls::ServerConfig;
use script::Script;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use thiserror::Error;
use tokio::sync::watch;
use zeroize::Zeroizing;

/// The contract that the store is written to.
pub const CONTRACT: &str = include_str!("../../../kiosk/store/openapi.yaml");

/// What the store takes, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// the largest upload, bytes; announced as Tus-Max-Size
    pub max_size: u64,
    /// the longest body of one PATCH, bytes, as a proxy in front of a store has one; longer: 413
    pub max_body: u64,
    /// how long an upload that no more bytes come for is kept
    pub upload_lives: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self { max_size: 256 * MIB, max_body: 256 * MIB, upload_lives: Duration::from_secs(24 * 3600) }
    }
}

/// Why the store does not run.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No folder or no port.
    #[error("emulated store: {0}")]
    Start(#[from] io::Error),
    /// No certificates or keys.
    #[error("emulated store: {0}")]
    Pki(#[from] PkiError),
    /// The reviews of before cannot be read.
    #[error("emulated store: {0}")]
    Reviews(#[from] FeedError),
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
    limits: Mutex<Limits>,
    script: Mutex<Script>,
    locks: Mutex<HashSet<Id>>,
    registering: tokio::sync::Mutex<()>,
    countersigner: Countersigner,
    reviews: Feed<reviews::Kept>,
    licences: Mutex<Licences>,
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

    fn max_size(&self) -> u64 {
        locked(&self.limits).max_size
    }

    fn max_body(&self) -> u64 {
        locked(&self.limits).max_body
    }

    /// When an upload will have run out; `None` when there is no such upload.
    fn end_of(&self, id: &Id) -> Option<SystemTime> {
        self.disk.touched(id).ok()?.checked_add(locked(&self.limits).upload_lives)
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
    /// Starts the municipal store on `dir`, in `DIR/store`, with the usual [`Limits`].
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be written, the port kept in `DIR/store/port` is taken,
    /// or the certificates are unusable.
    pub async fn start(dir: &Path) -> Result<Self, StoreError> {
        Self::start_limited(dir, Limits::default()).await
    }

    /// As [`Store::start`], with other limits.
    ///
    /// # Errors
    /// As [`Store::start`].
    pub async fn start_limited(dir: &Path, limits: Limits) -> Result<Self, StoreError> {
        Self::open(dir, "store", limits, seed::municipal(), &routes()).await
    }

    /// Starts a district's own store on `dir`, in `DIR/district`: it is asked for licences and takes no
    /// documents.
    ///
    /// # Errors
    /// As [`Store::start`].
    pub async fn start_district(dir: &Path) -> Result<Self, StoreError> {
        let asked = ["/v1/licences/query", "/openapi.yaml"];
        let routes: Vec<_> = routes().into_iter().filter(|(path, _)| asked.contains(path)).collect();
        Self::open(dir, "district", Limits::default(), seed::district(), &routes).await
    }

    async fn open(
        dir: &Path,
        name: &str,
        limits: Limits,
        licences: Licences,
        routes: &[Route],
    ) -> Result<Self, StoreError> {
        let folder = dir.join(name);
        let pki = Pki::open(&dir.join("pki"))?;
        let shared = Arc::new(Shared {
            disk: Disk::open(&folder)?,
            limits: Mutex::new(limits),
            script: Mutex::new(Script::default()),
            locks: Mutex::new(HashSet::new()),
            registering: tokio::sync::Mutex::new(()),
            countersigner: Countersigner::open(&pki)?,
            reviews: Feed::open(&folder.join("reviews.json"))?,
            licences: Mutex::new(licences),
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
        let server = Server::start(listener, Transport::Secure(greeting), router(shared.clone(), routes));
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

    /// Takes more, less, or for another time, from now on.
    pub fn limit(&self, limits: Limits) {
        *locked(&self.shared.limits) = limits;
        self.shared.changed.ring();
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
            "reviews": self.shared.reviews.last(),
            "licences": locked(&self.shared.licences).count(),
            "licence_queries": self.licence_queries(),
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

/// A refusal with a word to the reader of logs; it must name nobody.
fn refuse(status: StatusCode, error: impl Into<String>) -> Response {
    (status, Json(json!({ "error": error.into() }))).into_response()
}

type Route = (&'static str, MethodRouter<Arc<Shared>>);

/// Everything that the store answers.
fn routes() -> Vec<Route> {
    let contract = || async { ([(header::CONTENT_TYPE, "application/yaml")], CONTRACT) };
    vec![
        ("/files/", options(tus::discover).post(tus::create)),
        ("/files/{upload}", head(tus::offset).patch(tus::append)),
        ("/v1/materials/{material_id}", get(materials::lookup).put(materials::register)),
        ("/v1/materials/{material_id}/service", put(materials::serve_anew)),
        ("/v1/licences/query", post(licences::query)),
        ("/v1/review-events", get(reviews::events)),
        ("/v1/identities", post(identities::identify)),
        ("/v1/line-test", put(line::test)),
        ("/openapi.yaml", get(contract)),
    ]
}

fn router(shared: Arc<Shared>, routes: &[Route]) -> Router {
    let join = |router: Router<Arc<Shared>>, (path, methods): &Route| router.route(path, methods.clone());
    let router = routes.iter().fold(Router::new(), join);
    router.layer(from_fn_with_state(shared.clone(), script::misbehave)).with_state(shared)
}

#[cfg(test)]
#[path = "store/tests.rs"]
mod tests;
