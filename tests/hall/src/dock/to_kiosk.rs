//! Passing on to the kiosk's screen.

use super::{Asked, Refused};
use crate::heard::{Said, Since};
use crate::screen::{Drag, Hold, Pressed, Shown, Touch};
use crate::setup::Hall;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use hyper_util::rt::TokioIo;
use std::time::Duration;

/// How long the kiosk's screen may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// No picture of a screen is larger.
const LARGEST: usize = 32 * 1024 * 1024;

/// A socket of this machine connects or refuses at once.
fn connect(name: &str) -> std::io::Result<tokio::net::UnixStream> {
    let stream = std::os::unix::net::UnixStream::connect_addr(&crate::screen::address(name)?)?;
    stream.set_nonblocking(true)?;
    tokio::net::UnixStream::from_std(stream)
}

async fn ask(hall: &Hall, method: Method, path: &str, body: Vec<u8>) -> Result<(StatusCode, Bytes), Refused> {
    let away = |_| Refused(StatusCode::SERVICE_UNAVAILABLE, "the kiosk is not up (yet)".to_owned());
    let exchange = async {
        let stream = connect(&hall.socket).map_err(|e| away(e.to_string()))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|e| away(e.to_string()))?;
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "kiosk")
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .map_err(Refused::bad)?;
        let answer = sender.send_request(request).await.map_err(|e| away(e.to_string()))?;
        let status = answer.status();
        let body =
            Limited::new(answer.into_body(), LARGEST).collect().await.map_err(|e| away(e.to_string()))?;
        Ok((status, body.to_bytes()))
    };
    tokio::time::timeout(PATIENCE, exchange).await.map_err(|e| away(e.to_string()))?
}

/// What is on the kiosk's screen; `None` while the kiosk is not up.
pub(super) async fn shown(hall: &Hall) -> Option<Shown> {
    let (status, body) = ask(hall, Method::GET, "/shown", Vec::new()).await.ok()?;
    (status == StatusCode::OK).then(|| serde_json::from_slice(&body).ok())?
}

/// `GET /api/screen.png`
pub(super) async fn screen(State(hall): State<Hall>) -> Result<Response, Refused> {
    let (status, body) = ask(&hall, Method::GET, "/screen.png", Vec::new()).await?;
    if !status.is_success() {
        return Err(Refused(status, String::from_utf8_lossy(&body).into_owned()));
    }
    Ok(([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "no-store")], body).into_response())
}

/// `POST /api/touch`
pub(super) async fn touch(State(hall): State<Hall>, Asked(touch): Asked<Touch>) -> Result<Response, Refused> {
    pass_on(&hall, "/touch", &touch).await
}

/// `POST /api/hold`
pub(super) async fn hold(State(hall): State<Hall>, Asked(hold): Asked<Hold>) -> Result<Response, Refused> {
    pass_on(&hall, "/hold", &hold).await
}

/// `POST /api/drag`
pub(super) async fn drag(State(hall): State<Hall>, Asked(drag): Asked<Drag>) -> Result<Response, Refused> {
    pass_on(&hall, "/drag", &drag).await
}

/// `POST /api/keys`
pub(super) async fn keys(State(hall): State<Hall>, Asked(key): Asked<Pressed>) -> Result<Response, Refused> {
    pass_on(&hall, "/keys", &key).await
}

/// `GET /api/heard`: everything that was said since the kiosk started; with `?after=N` once that is more than N
/// things, or after five seconds
pub(super) async fn heard(
    State(hall): State<Hall>,
    Query(since): Query<Since>,
) -> Result<Json<Vec<Said>>, Refused> {
    let (_, body) = ask(&hall, Method::GET, &since.path(), Vec::new()).await?;
    serde_json::from_slice(&body).map(Json).map_err(Refused::bad)
}

async fn pass_on(hall: &Hall, path: &str, what: &impl serde::Serialize) -> Result<Response, Refused> {
    let body = serde_json::to_vec(what).map_err(Refused::bad)?;
    let (status, said) = ask(hall, Method::POST, path, body).await?;
    if status.is_success() {
        Ok(Json(serde_json::json!({})).into_response())
    } else {
        Err(Refused(status, String::from_utf8_lossy(&said).into_owned()))
    }
}
