//! `/v1/line-test`: bytes that are read and thrown away.

use axum::body::Body;
use axum::http::StatusCode;
use http_body_util::{BodyExt, Limited};

/// A mebibyte.
const MOST: usize = 1 << 20;

pub(super) async fn test(body: Body) -> StatusCode {
    let mut body = Limited::new(body, MOST);
    let mut came = false;
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            return StatusCode::PAYLOAD_TOO_LARGE;
        }
        came = true;
    }
    if came { StatusCode::NO_CONTENT } else { StatusCode::BAD_REQUEST }
}
