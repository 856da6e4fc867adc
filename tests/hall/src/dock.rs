//! The dock: everything that hands can do in the hall, as plain HTTP with JSON.
//!
//! Tickets are told from the bytes that the printer received, documents from what the store holds:
//! nothing here is the kiosk's own word but its screen.

mod answers;
mod hands;
mod harm;
mod look;
mod office;
mod scanner;
mod to_kiosk;
mod ways;

use crate::Fatal;
use crate::setup::Hall;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio_util::sync::CancellationToken;

/// Serves the dock until `stop`.
pub(crate) async fn serve(hall: Hall, address: SocketAddr, stop: CancellationToken) -> Result<(), Fatal> {
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|e| format!("the dock cannot be served on {address}: {e}; choose another with --dock"))?;
    // The first line of standard output tells people and scripts where the dock is.
    println!("the dock is at http://{}", listener.local_addr()?);
    let routes = Router::new()
        .route("/", get(|| async { Html(crate::page::PAGE) }))
        .route("/api/state", get(look::state))
        .route("/api/screen.png", get(to_kiosk::screen))
        .route("/api/touch", post(to_kiosk::touch))
        .route("/api/hold", post(to_kiosk::hold))
        .route("/api/drag", post(to_kiosk::drag))
        .route("/api/answer", post(answers::answer))
        .route("/api/keys", post(to_kiosk::keys))
        .route("/api/heard", get(to_kiosk::heard))
        .route("/api/cards", get(look::cards))
        .route("/api/papers", get(look::papers))
        .route("/api/tickets/{file}", get(look::ticket))
        .route("/api/store/{id}", get(look::document))
        .route("/api/reader", post(hands::reader))
        .route("/api/printer", post(hands::printer))
        .route("/api/scanner", post(scanner::scanner))
        .route("/api/slot", post(ways::slot))
        .route("/api/codes", post(ways::codes))
        .route("/api/key", post(ways::key))
        .route("/api/network", post(hands::network))
        .route("/api/window", post(hands::window))
        .route("/api/staff", post(hands::staff))
        .route("/api/store", post(office::store))
        .route("/api/harm/store", post(harm::store))
        .method_not_allowed_fallback(|| async {
            Refused(
                StatusCode::METHOD_NOT_ALLOWED,
                "this is asked for, or done, with the other method".into(),
            )
        })
        .fallback(|| async { Refused(StatusCode::NOT_FOUND, "there is no such thing in the dock".into()) })
        .with_state(hall);
    tokio::select! {
        served = axum::serve(listener, routes) => Ok(served?),
        // Open connections are not waited for: a browser that holds one does not hold up the hall.
        () = stop.cancelled() => Ok(()),
    }
}

/// The body of a request, whatever it calls itself, read as JSON.
pub(crate) struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Asked<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        if let Some(page) = strange_page(request.headers()) {
            return Err(Refused(StatusCode::FORBIDDEN, format!("only the dock's own page may, not {page}")));
        }
        let body =
            Bytes::from_request(request, state).await.map_err(|e| Refused(e.status(), e.body_text()))?;
        serde_json::from_slice(&body).map(Self).map_err(Refused::bad)
    }
}

/// A page of somebody else's that happens to be open in the same browser is no hand in the hall.
fn strange_page(headers: &HeaderMap) -> Option<&str> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    header(ORIGIN).filter(|page| page.split_once("://").map(|(_, host)| host) != header(HOST))
}

/// What whoever asked for something to be done is told.
type Done = Result<Json<Value>, Refused>;

fn done() -> Done {
    Ok(Json(json!({})))
}

/// Why the dock did not do it.
pub(crate) struct Refused(pub StatusCode, pub String);

impl Refused {
    /// What was asked makes no sense.
    pub fn bad(why: impl ToString) -> Self {
        Self(StatusCode::BAD_REQUEST, why.to_string())
    }

    /// There is no such thing.
    pub fn missing(what: impl ToString) -> Self {
        Self(StatusCode::NOT_FOUND, what.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}
