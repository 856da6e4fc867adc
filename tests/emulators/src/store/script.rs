//! Misbehaviour on demand: what the store shall do wrong, how often and at which requests.

use crate::serve::{self, Connection};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, body::Bytes};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;

use super::Shared;

/// Requests a misbehaviour applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// Any request.
    Any,
    /// OPTIONS on the uploads.
    Discover,
    /// POST: creation of an upload.
    Create,
    /// HEAD: the question for the offset.
    Offset,
    /// PATCH: bytes.
    Append,
    /// PUT of a material.
    Register,
    /// GET of a material.
    Lookup,
    /// PUT of what a material serves.
    Serve,
    /// POST of a code.
    Identify,
    /// POST of a query for licences.
    Licences,
    /// GET of what was found of materials.
    Reviews,
}

impl At {
    /// Which request this is; `None` for one of no contract.
    fn of(method: &Method, path: &str) -> Option<Self> {
        let folder = |name: &str| path.strip_prefix(name).is_some_and(|rest| !rest.is_empty());
        Some(match (method.as_str(), path) {
            ("OPTIONS", "/files/") => Self::Discover,
            ("POST", "/files/") => Self::Create,
            ("HEAD", _) if folder("/files/") => Self::Offset,
            ("PATCH", _) if folder("/files/") => Self::Append,
            ("PUT", _) if folder("/v1/materials/") && path.ends_with("/service") => Self::Serve,
            ("PUT", _) if folder("/v1/materials/") => Self::Register,
            ("GET", _) if folder("/v1/materials/") => Self::Lookup,
            ("POST", "/v1/identities") => Self::Identify,
            ("POST", "/v1/licences/query") => Self::Licences,
            ("GET", "/v1/review-events") => Self::Reviews,
            _ => return None,
        })
    }

    /// Whether a request of this method and path is meant.
    fn meets(self, method: &Method, path: &str) -> bool {
        self == Self::Any || Self::of(method, path) == Some(self)
    }
}

/// A status the store answers without doing anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongStatus {
    /// 404
    NotFound,
    /// 409
    Conflict,
    /// 410
    Gone,
    /// 412
    PreconditionFailed,
    /// 413
    TooLarge,
    /// 423
    Locked,
    /// 429
    TooManyRequests,
    /// 460, tus: checksum mismatch
    ChecksumMismatch,
    /// 500
    InternalError,
    /// 503
    Unavailable,
}

impl WrongStatus {
    /// Every one of them, for table tests.
    pub const ALL: [Self; 10] = [
        Self::NotFound,
        Self::Conflict,
        Self::Gone,
        Self::PreconditionFailed,
        Self::TooLarge,
        Self::Locked,
        Self::TooManyRequests,
        Self::ChecksumMismatch,
        Self::InternalError,
        Self::Unavailable,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::PreconditionFailed => 412,
            Self::TooLarge => 413,
            Self::Locked => 423,
            Self::TooManyRequests => 429,
            Self::ChecksumMismatch => 460,
            Self::InternalError => 500,
            Self::Unavailable => 503,
        }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misbehaviour {
    /// Nothing is done and this status answered; the request's body is read first.
    Status(WrongStatus),
    /// Nothing is done; status 200 and bytes that are no JSON.
    Garbage,
    /// Nothing is done; status 200 and JSON of another shape than the contract's.
    WrongShape,
    /// Nothing is done; status 200 and a body that never ends.
    Endless,
    /// Nothing is done; the connection closes without an answer, the body unread.
    Close,
    /// The request is carried out, then the connection closes without an answer.
    CloseAfter,
    /// The request is carried out; the SHA-256 in the answer is altered. At [`At::Register`] and
    /// [`At::Lookup`].
    WrongDigest,
    /// The request is carried out; the receipt is signed with a key that is not the hall's. At
    /// [`At::Register`] and [`At::Lookup`].
    WrongCountersignature,
    /// The request is carried out; the receipt is not signed. At [`At::Register`] and [`At::Lookup`].
    NoCountersignature,
    /// The request is carried out; the receipt is for another custody code, which the hall's own key
    /// has signed. At [`At::Register`] and [`At::Lookup`].
    WrongCustodyCode,
    /// The request is carried out; the Upload-Offset in the answer is one more than is held. At
    /// [`At::Offset`] and [`At::Append`].
    WrongOffset,
}

impl Misbehaviour {
    /// Whether the answer to this request has what goes wrong here.
    fn fits(self, method: &Method, path: &str) -> bool {
        let found = At::of(method, path);
        match self {
            Self::Status(_) | Self::Garbage | Self::WrongShape | Self::Endless => true,
            Self::Close | Self::CloseAfter => true,
            Self::WrongDigest
            | Self::WrongCountersignature
            | Self::NoCountersignature
            | Self::WrongCustodyCode => matches!(found, Some(At::Register | At::Lookup)),
            Self::WrongOffset => matches!(found, Some(At::Offset | At::Append)),
        }
    }
}

/// Misbehaviours still to come, each with its count.
#[derive(Debug, Default)]
pub(super) struct Script(VecDeque<(u32, At, Misbehaviour)>);

impl Script {
    pub(super) fn push(&mut self, times: u32, at: At, what: Misbehaviour) {
        if times > 0 {
            self.0.push_back((times, at, what));
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Requests that will still be answered wrongly.
    pub(super) fn left(&self) -> u32 {
        self.0.iter().fold(0_u32, |sum, (times, ..)| sum.saturating_add(*times))
    }

    /// Takes the first misbehaviour that applies to this request.
    fn take(&mut self, method: &Method, path: &str) -> Option<Misbehaviour> {
        let applies = |at: At, what: Misbehaviour| at.meets(method, path) && what.fits(method, path);
        let index = self.0.iter().position(|(_, at, what)| applies(*at, *what))?;
        let (times, _, what) = self.0.get_mut(index)?;
        let what = *what;
        *times = times.saturating_sub(1);
        if *times == 0 {
            self.0.remove(index);
        }
        Some(what)
    }
}

/// Added to a request whose receipt shall be wrong in this way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Altered(pub(super) Misbehaviour);

/// Stands before every route of the store.
pub(super) async fn misbehave(
    State(shared): State<Arc<Shared>>,
    Extension(connection): Extension<Connection>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let tus = path.starts_with("/files");
    let what = shared.script().take(request.method(), &path);
    shared.count_request();
    let mut response = match what {
        None => next.run(request).await,
        Some(Misbehaviour::Status(status)) => {
            serve::drain(request.into_body(), shared.max_size()).await;
            let code = StatusCode::from_u16(status.code());
            let mut response = code.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
            if status == WrongStatus::PreconditionFailed {
                response.headers_mut().insert("tus-version", HeaderValue::from_static("1.0.0"));
            }
            response
        }
        Some(Misbehaviour::Garbage) => {
            serve::drain(request.into_body(), shared.max_size()).await;
            (
                [(header::CONTENT_TYPE, "application/json")],
                Bytes::from_static(b"\xFF\x00{\"sha256\": [[[[\x80}<html>"),
            )
                .into_response()
        }
        Some(Misbehaviour::WrongShape) => {
            serve::drain(request.into_body(), shared.max_size()).await;
            Json(json!({
                "material_id": ["m"], "sha256": 7, "bytes": "many", "received_at": null,
                "licences": {"cert_name": []}, "last": -1, "events": "none", "kind": {}, "number": false,
            }))
            .into_response()
        }
        Some(Misbehaviour::Endless) => {
            serve::drain(request.into_body(), shared.max_size()).await;
            endless()
        }
        Some(Misbehaviour::Close) => match connection.drop_unanswered().await {},
        Some(Misbehaviour::CloseAfter) => {
            next.run(request).await;
            match connection.drop_unanswered().await {}
        }
        Some(
            altered @ (Misbehaviour::WrongDigest
            | Misbehaviour::WrongCountersignature
            | Misbehaviour::NoCountersignature
            | Misbehaviour::WrongCustodyCode),
        ) => {
            request.extensions_mut().insert(Altered(altered));
            next.run(request).await
        }
        Some(Misbehaviour::WrongOffset) => {
            let mut response = next.run(request).await;
            let headers = response.headers_mut();
            let held = headers.get("upload-offset").and_then(|held| held.to_str().ok()?.parse::<u64>().ok());
            if let Some(held) = held {
                headers.insert("upload-offset", HeaderValue::from(held.saturating_add(1)));
            }
            response
        }
    };
    if tus {
        // tus 1.0.0: every response except those to OPTIONS carries the version; there it does no harm.
        response.headers_mut().insert("tus-resumable", HeaderValue::from_static("1.0.0"));
    }
    shared.changed.ring();
    response
}

fn endless() -> Response {
    static BLANKS: [u8; 4096] = [b' '; 4096];
    let blanks = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&BLANKS)));
    (
        [(header::CONTENT_TYPE, "application/json")],
        Body::from_stream(futures_util::StreamExt::then(blanks, |piece| async {
            // Without this the body would keep one processor busy for as long as it is read.
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            piece
        })),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_played_in_order_and_only_where_it_applies() {
        let mut script = Script::default();
        let locked = Misbehaviour::Status(WrongStatus::Locked);
        script.push(0, At::Any, Misbehaviour::Endless);
        script.push(2, At::Append, locked);
        script.push(1, At::Any, Misbehaviour::Garbage);
        script.push(1, At::Any, Misbehaviour::WrongDigest);
        assert_eq!(script.left(), 4);
        let file = "/files/0a";
        let material = "/v1/materials/m-1";
        let steps = [
            (Method::HEAD, file, Some(Misbehaviour::Garbage)),
            (Method::HEAD, file, None),
            (Method::PATCH, file, Some(locked)),
            (Method::PATCH, file, Some(locked)),
            (Method::PATCH, file, None),
            (Method::PUT, material, Some(Misbehaviour::WrongDigest)),
            (Method::PUT, material, None),
        ];
        for (method, path, expected) in steps {
            assert_eq!(script.take(&method, path), expected, "{method} {path}");
        }
        assert_eq!(script.left(), 0);
    }

    #[test]
    fn every_request_is_told_apart() {
        let cases = [
            (Method::OPTIONS, "/files/", At::Discover),
            (Method::POST, "/files/", At::Create),
            (Method::HEAD, "/files/1", At::Offset),
            (Method::PATCH, "/files/1", At::Append),
            (Method::PUT, "/v1/materials/1", At::Register),
            (Method::GET, "/v1/materials/1", At::Lookup),
            (Method::PUT, "/v1/materials/1/service", At::Serve),
            (Method::POST, "/v1/identities", At::Identify),
            (Method::POST, "/v1/licences/query", At::Licences),
            (Method::GET, "/v1/review-events", At::Reviews),
        ];
        for (method, path, meant) in &cases {
            assert!(At::Any.meets(method, path));
            for (_, _, other) in &cases {
                assert_eq!(other.meets(method, path), other == meant, "{method} {path} {other:?}");
            }
        }
        assert!(At::Any.meets(&Method::GET, "/openapi.yaml"));
    }

    #[test]
    fn what_an_answer_does_not_hold_cannot_be_wrong_in_it() {
        let mut script = Script::default();
        script.push(1, At::Any, Misbehaviour::WrongOffset);
        script.push(1, At::Any, Misbehaviour::NoCountersignature);
        assert_eq!(script.take(&Method::POST, "/files/"), None);
        let lookup = script.take(&Method::GET, "/v1/materials/1");
        assert_eq!(lookup, Some(Misbehaviour::NoCountersignature));
        assert_eq!(script.take(&Method::HEAD, "/files/1"), Some(Misbehaviour::WrongOffset));
        assert_eq!(script.left(), 0);
    }
}
