//! The eSCL requests (protocols.md, section 4.1), carried out on the [`Machine`].

use super::faults::{Damage, HostRule};
use super::image::{self, PageImage, PaperError};
use super::machine::Refusal;
use super::settings::{self, Look, MOST_XML, Refused};
use super::{Shared, xml};
use crate::serve;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures_util::stream;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep, sleep_until};

/// Pieces of a page body are about this large, as a scan engine hands out its strips.
const PIECE: usize = 48 * 1024;
const FEWEST_PIECES: usize = 4;
const MOST_PIECES: usize = 64;
const BREAK_PAUSE: Duration = Duration::from_millis(20);
/// Images kept ready.
const MOST_READY: usize = 8;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/eSCL/ScannerCapabilities", get(capabilities))
        .route("/eSCL/ScannerStatus", get(status))
        .route("/eSCL/ScanJobs", post(start))
        .route("/eSCL/ScanJobs/{id}", axum::routing::delete(cancel))
        .route("/eSCL/ScanJobs/{id}/NextDocument", get(next_document))
        .route("/eSCL/ScanJobs/{id}/ScanImageInfo", get(image_info))
        .route("/eSCL/ScanBufferInfo", axum::routing::put(buffer_info))
        .layer(axum::middleware::from_fn_with_state(shared.clone(), host_rule))
        .layer(axum::middleware::from_fn_with_state(shared.clone(), silence))
        .with_state(shared)
}

fn xml(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], text).into_response()
}

/// Lets requests wait in vain while the scanner says nothing.
async fn silence(
    State(shared): State<Arc<Shared>>,
    Extension(connection): Extension<serve::Connection>,
    request: Request,
    next: Next,
) -> Response {
    let mut changes = shared.changed.subscribe();
    if !shared.machine().silent {
        return next.run(request).await;
    }
    while shared.machine().silent && changes.changed().await.is_ok() {}
    match connection.drop_unanswered().await {}
}

/// Turns requests away whose Host header this model does not like.
async fn host_rule(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let liked = match shared.machine().quirks.host {
        HostRule::Any => true,
        HostRule::Localhost => host == "localhost",
        HostRule::WithPort => host.contains(':'),
    };
    if liked { next.run(request).await } else { StatusCode::BAD_REQUEST.into_response() }
}

async fn capabilities(State(shared): State<Arc<Shared>>) -> Response {
    xml(xml::capabilities(shared.machine().quirks.make_and_model.as_deref()))
}

async fn status(State(shared): State<Arc<Shared>>) -> Response {
    let mut machine = shared.machine();
    machine.give_up_abandoned();
    xml(xml::status(&machine))
}

/// The settings of a body, or the answer to settings that are none.
async fn posted(body: Body) -> Result<settings::Settings, Response> {
    let Some(body) = serve::whole_body(body, MOST_XML).await else {
        return Err((StatusCode::BAD_REQUEST, "scan settings are too long").into_response());
    };
    settings::parse(&body).map_err(|refused| {
        let status = match refused {
            Refused::Bad(_) => StatusCode::BAD_REQUEST,
            Refused::Impossible(_) => StatusCode::CONFLICT,
        };
        (status, refused.to_string()).into_response()
    })
}

async fn buffer_info(State(_): State<Arc<Shared>>, body: Body) -> Response {
    match posted(body).await {
        Ok(settings) => xml(xml::buffer_info(settings.look)),
        Err(answer) => answer,
    }
}

async fn start(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Body) -> Response {
    let settings = match posted(body).await {
        Ok(settings) => settings,
        Err(answer) => return answer,
    };
    let begun = shared.machine().begin(settings);
    match begun {
        Ok(id) => {
            shared.changed.ring();
            let host = shared.location_host().or_else(|| {
                let host = headers.get(header::HOST)?.to_str().ok()?;
                Some(host.to_owned())
            });
            let path = xml::job_path(&id);
            let location = host.map_or(path.clone(), |host| format!("http://{host}{path}"));
            (StatusCode::CREATED, [(header::LOCATION, location)]).into_response()
        }
        Err(Refusal::NotReady) => StatusCode::CONFLICT.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn cancel(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> StatusCode {
    let known = shared.machine().cancel(&id);
    shared.changed.ring();
    if known { StatusCode::OK } else { StatusCode::NOT_FOUND }
}

async fn image_info(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let image = shared.machine().jobs.iter().find(|job| job.id == id).and_then(|job| job.image);
    match image {
        Some(image) => xml(xml::image_info(&id, image)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn next_document(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let begun = Instant::now();
    let taken = shared.machine().next(&id);
    shared.changed.ring();
    let take = match taken {
        Ok(take) => take,
        Err(Refusal::NoMore) => return StatusCode::NOT_FOUND.into_response(),
        Err(Refusal::NotReady) => return shared.trouble_answer().into_response(),
        Err(Refusal::Wait) => return shared.machine().quirks.not_ready.status().into_response(),
        Err(Refusal::Busy) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let transfer = Transfer { shared: shared.clone(), id, whole: false };
    let look = take.look;
    let made = tokio::task::spawn_blocking({
        let shared = shared.clone();
        move || shared.ready.image(take.paper, look)
    })
    .await;
    let Ok(Ok(page)) = made else {
        // The transfer ends unfinished here, which aborts the job as a broken sensor would.
        if let Ok(Err(error)) = made {
            shared.note_paper_error(&error);
        }
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Some(next) = take.next {
        let shared = shared.clone();
        // Made ready meanwhile; a failure shows when the page's turn comes.
        tokio::task::spawn_blocking(move || shared.ready.image(Some(next), look).is_ok());
    }
    shared.machine().describe(&transfer.id, page.info);
    let page = PageImage { jpeg: spoilt(page.jpeg, take.damage), ..page };
    let size = page.jpeg.len().div_ceil((page.jpeg.len() / PIECE).clamp(FEWEST_PIECES, MOST_PIECES)).max(1);
    let pieces = page.jpeg.len().div_ceil(size).max(1);
    let sending = Sending {
        step: shared.pace() / u32::try_from(pieces).unwrap_or(1),
        rest: page.jpeg,
        size,
        break_at: take.cut.then_some(pieces / 2),
        sent: 0,
        begun,
        transfer,
    };
    ([(header::CONTENT_TYPE, "image/jpeg")], Body::from_stream(stream::unfold(sending, Sending::piece)))
        .into_response()
}

/// The image as it is sent.
fn spoilt(jpeg: Bytes, damage: Option<Damage>) -> Bytes {
    /// The rest of the start of the image and the frame header lie before this.
    const HEADER: usize = 600;
    match damage {
        None => jpeg,
        Some(Damage::Truncated) => jpeg.slice(..jpeg.len() / 2),
        Some(Damage::Garbled) => {
            let mut bytes = jpeg.to_vec();
            bytes.iter_mut().skip(2).take(HEADER).for_each(|byte| *byte = 0);
            bytes.into()
        }
    }
}

/// The body of one page, handed out at the feeder's pace.
struct Sending {
    rest: Bytes,
    /// Length of a piece in bytes.
    size: usize,
    /// Pieces handed out.
    sent: usize,
    /// After so many pieces the connection breaks.
    break_at: Option<usize>,
    begun: Instant,
    /// Time from one piece to the next.
    step: Duration,
    transfer: Transfer,
}

impl Sending {
    async fn piece(mut self) -> Option<(io::Result<Bytes>, Self)> {
        if self.break_at == Some(self.sent) {
            // A pause lets what came before leave this machine: the break is on the wire.
            sleep(BREAK_PAUSE).await;
            return Some((Err(io::ErrorKind::BrokenPipe.into()), self));
        }
        if self.rest.is_empty() {
            // The machine is told before the client can see the end, so that the client's next
            // request meets the new state.
            self.transfer.whole = true;
            return None;
        }
        self.sent += 1;
        let due = self.step.saturating_mul(u32::try_from(self.sent).unwrap_or(u32::MAX));
        if !due.is_zero() {
            sleep_until(self.begun + due).await;
        }
        let piece = self.rest.split_to(self.size.min(self.rest.len()));
        Some((Ok(piece), self))
    }
}

/// The transfer of one image; ends when dropped, whether the client took it all or went away.
struct Transfer {
    shared: Arc<Shared>,
    id: String,
    whole: bool,
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.shared.machine().finish(&self.id, self.whole);
        self.shared.changed.ring();
    }
}

/// Images made ahead of their turn, so that a feeder's pace does not depend on this machine's.
#[derive(Debug, Default)]
pub(super) struct Ready {
    images: std::sync::Mutex<Vec<(Key, PageImage)>>,
}

type Key = (Option<(PathBuf, SystemTime, u64)>, Look);

impl Ready {
    fn image(&self, paper: Option<PathBuf>, look: Look) -> Result<PageImage, PaperError> {
        let stamp = match &paper {
            None => None,
            Some(path) => {
                let metadata = std::fs::metadata(path)
                    .and_then(|metadata| Ok((path.clone(), metadata.modified()?, metadata.len())));
                Some(metadata.map_err(|source| PaperError::File { path: path.clone(), source })?)
            }
        };
        let key = (stamp, look);
        // The lock is held while an image is made: its second asker wants the same result, not
        // the same work twice.
        let mut images = self.images.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, image)) = images.iter().find(|(other, _)| *other == key) {
            return Ok(image.clone());
        }
        let image = image::scan(paper.as_deref(), look)?;
        if images.len() >= MOST_READY {
            images.remove(0);
        }
        images.push((key, image.clone()));
        Ok(image)
    }
}
