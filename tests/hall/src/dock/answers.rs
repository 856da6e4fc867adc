//! The hall's office on the telephone: it answers a technician's question with its own program.

use super::{Asked, Refused};
use crate::setup::Hall;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

/// What the technician reads out over the telephone.
#[derive(Deserialize)]
pub(super) struct Question {
    question: String,
}

/// `POST /api/answer`
pub(super) async fn answer(
    State(hall): State<Hall>,
    Asked(Question { question }): Asked<Question>,
) -> Result<Json<serde_json::Value>, Refused> {
    let Some(office) = hall.office.clone() else {
        return Err(Refused::bad("this hall has no office: build the program onedoor-answer beside it"));
    };
    let said = tokio::task::spawn_blocking(move || office.answer(&question)).await.map_err(Refused::bad)?;
    let said = said.map_err(Refused::bad)?;
    // The code stands first, in groups of three.
    let code = said.lines().next().unwrap_or_default().to_owned();
    Ok(Json(serde_json::json!({ "code": code, "said": said })))
}
