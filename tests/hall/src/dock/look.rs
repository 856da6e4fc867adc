//! What can be seen in the hall.

use super::{Refused, to_kiosk};
use crate::setup::Hall;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// `GET /api/state`
pub(super) async fn state(State(hall): State<Hall>) -> Json<Value> {
    let shown = to_kiosk::shown(&hall).await;
    let screen = match &shown {
        Some(shown) => json!(shown.screen),
        None => json!({ "name": "down" }),
    };
    let elements = shown.map_or_else(Vec::new, |shown| shown.elements);
    // Digests are computed from the bytes held: off the loop.
    let store = hall.store.clone();
    let documents = tokio::task::spawn_blocking(move || store.documents()).await.unwrap_or_default();
    let district = match &hall.district {
        Some(district) => district.store().await,
        None => None,
    };
    Json(json!({
        "screen": screen,
        "elements": elements,
        "reader": hall.reader.state(),
        "printer": hall.printer.state(),
        "scanner": hall.scanner.state(),
        "slot": hall.slot.as_ref().map(|slot| slot.state()),
        "codes": hall.codes.state(),
        "network": hall.network.state(),
        "windows": hall.windows.state(),
        "tickets": hall.printer.tickets(),
        "store": { "documents": documents, "reviews": hall.store.reviews(), "state": hall.store.state() },
        "district": district.map(|store| store.state()),
    }))
}

/// `GET /api/cards`
pub(super) async fn cards() -> Json<Vec<&'static str>> {
    Json(emulators::cards::samples().into_iter().map(|(name, _)| name).collect())
}

/// `GET /api/papers`: files that can be laid into the scanner
pub(super) async fn papers(State(hall): State<Hall>) -> Json<Vec<String>> {
    Json(hall.papers.iter().map(|p| p.display().to_string()).collect())
}

/// `GET /api/tickets/N.png`, `/N.txt`, `/N.bin`
pub(super) async fn ticket(State(hall): State<Hall>, Path(file): Path<String>) -> Result<Response, Refused> {
    let missing = || Refused::missing("there is no such ticket; N.png, N.txt and N.bin count from 1");
    let (number, kind) = file.split_once('.').ok_or_else(missing)?;
    let n = number.parse().map_err(|_| missing())?;
    let (media_type, body) = match kind {
        "png" => ("image/png", hall.printer.ticket_png(n)),
        "txt" => ("text/plain; charset=utf-8", hall.printer.ticket_txt(n).map(String::into_bytes)),
        "bin" => ("application/octet-stream", hall.printer.ticket_bin(n)),
        _ => return Err(missing()),
    };
    let body = body.ok_or_else(missing)?;
    Ok(([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "no-store")], body).into_response())
}

/// `GET /api/store/ID`
pub(super) async fn document(State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, Refused> {
    let store = hall.store.clone();
    let held = tokio::task::spawn_blocking(move || {
        let media_type = store.documents().into_iter().find(|d| d.id == id)?.media_type;
        Some((media_type, store.document_bytes(&id)?))
    });
    let missing = || Refused::missing("the store holds no such document");
    let (media_type, body) = held.await.ok().flatten().ok_or_else(missing)?;
    // What the kiosk called it is not believed: a browser shows PDF and pictures, nothing else.
    let media_type = match media_type.as_str() {
        "application/pdf" => "application/pdf",
        "image/jpeg" => "image/jpeg",
        _ => "application/octet-stream",
    };
    Ok(([(CONTENT_TYPE, media_type)], body).into_response())
}
