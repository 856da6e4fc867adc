//! `/v1/materials/{material_id}`: where an upload becomes a material of somebody's visit.

use super::Shared;
use super::disk::Id;
use super::script::AlterDigest;
use super::tus::Lock;
use crate::serve;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;

const MOST_BODY: usize = 64 * 1024;
const MOST_MATTERS: usize = 64;
const MOST_TEXT: usize = 512;

/// What the kiosk says about a material. Unknown fields are refused: the kiosk must not send more
/// about a person than was agreed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    /// The upload's URL, path or identifier.
    pub(super) upload: String,
    /// SHA-256 of the bytes, hexadecimal.
    pub(super) sha256: String,
    pub(super) bytes: u64,
    pub(super) media_type: String,
    pub(super) name: String,
    material: Value,
    matters: Vec<Value>,
    visit: Value,
    #[serde(default)]
    number: Option<Value>,
    kiosk: String,
}

impl Request {
    fn parse(body: &[u8]) -> Result<Self, String> {
        let request: Self = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let digest =
            request.sha256.len() == 64 && request.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        let media_type = request.media_type.split_once('/').is_some_and(|(kind, name)| {
            !kind.is_empty() && !name.is_empty() && request.media_type.is_ascii()
        });
        let texts = [&request.upload, &request.media_type, &request.name, &request.kiosk];
        let plain = |value: &Value| match value {
            Value::String(text) => (1..=MOST_TEXT).contains(&text.len()),
            Value::Number(_) => true,
            _ => false,
        };
        if !digest {
            Err("sha256 is not 64 hexadecimal digits".to_owned())
        } else if !media_type {
            Err("media_type is not of the form type/subtype".to_owned())
        } else if texts.iter().any(|text| text.is_empty() || text.len() > MOST_TEXT) {
            Err("a text is empty or too long".to_owned())
        } else if request.matters.len() > MOST_MATTERS || !request.matters.iter().all(plain) {
            Err("matters are too many, or not texts".to_owned())
        } else if !plain(&request.material)
            || !plain(&request.visit)
            || !request.number.as_ref().is_none_or(plain)
        {
            Err("material, visit or number is neither text nor number".to_owned())
        } else {
            Ok(request)
        }
    }

    /// The identifier at the end of the upload's URL.
    fn upload(&self) -> Option<Id> {
        let path = self.upload.rsplit_once("/files/");
        Id::parse(path.map_or(self.upload.as_str(), |(_, id)| id))
    }
}

/// A registered material as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Material {
    pub(super) request: Request,
    pub(super) received_at: String,
}

impl Material {
    /// The upload it was made of.
    pub(super) fn upload(&self) -> Option<Id> {
        self.request.upload()
    }

    fn answer(&self, id: &Id, alter: bool) -> Response {
        let mut sha256 = self.request.sha256.to_ascii_lowercase();
        if alter {
            let first = if sha256.starts_with('0') { "1" } else { "0" };
            sha256.replace_range(..1, first);
        }
        Json(json!({
            "material_id": id.as_str(),
            "sha256": sha256,
            "bytes": self.request.bytes,
            "received_at": self.received_at,
        }))
        .into_response()
    }
}

fn refuse(status: StatusCode, error: impl Into<String>) -> Response {
    (status, Json(json!({ "error": error.into() }))).into_response()
}

fn disk_failed(error: &io::Error) -> Response {
    refuse(StatusCode::INTERNAL_SERVER_ERROR, format!("the store's disk failed: {}", error.kind()))
}

pub(super) async fn lookup(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    alter: Option<Extension<AlterDigest>>,
) -> Response {
    let Some(id) = Id::parse(&id) else {
        return refuse(StatusCode::NOT_FOUND, "no such material");
    };
    match shared.disk.material_note::<Material>(&id) {
        Ok(Some(material)) => material.answer(&id, alter.is_some()),
        Ok(None) => refuse(StatusCode::NOT_FOUND, "no such material"),
        Err(error) => disk_failed(&error),
    }
}

pub(super) async fn register(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    alter: Option<Extension<AlterDigest>>,
    body: Body,
) -> Response {
    let Some(body) = serve::whole_body(body, MOST_BODY).await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long");
    };
    let Some(id) = Id::parse(&id) else {
        return refuse(StatusCode::BAD_REQUEST, "the material's identifier is malformed");
    };
    let request = match Request::parse(&body) {
        Ok(request) => request,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, error),
    };
    // One registration at a time: two with the same identifier must not both be the first.
    let _turn = shared.registering.lock().await;
    let outcome = tokio::task::spawn_blocking({
        let (shared, id) = (shared.clone(), id.clone());
        move || settle(&shared, &id, request)
    })
    .await;
    match outcome {
        Ok(Ok(material)) => material.answer(&id, alter.is_some()),
        Ok(Err(refusal)) => *refusal,
        Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "the registration failed"),
    }
}

fn settle(shared: &Arc<Shared>, id: &Id, request: Request) -> Result<Material, Box<Response>> {
    let disk = &shared.disk;
    let failed = |error: io::Error| Box::new(disk_failed(&error));
    if let Some(known) = disk.material_note::<Material>(id).map_err(failed)? {
        return if known.request.sha256.eq_ignore_ascii_case(&request.sha256) {
            Ok(known)
        } else {
            Err(Box::new(refuse(StatusCode::CONFLICT, "the material exists with another digest")))
        };
    }
    let missing = || Box::new(refuse(StatusCode::NOT_FOUND, "no such upload"));
    let upload = request.upload().ok_or_else(missing)?;
    let Some(_lock) = Lock::take(shared, &upload) else {
        return Err(Box::new(refuse(StatusCode::LOCKED, "the upload is being appended to")));
    };
    let (note, offset) = disk.look(&upload).map_err(failed)?.ok_or_else(missing)?;
    let differs = |error: String| Box::new(refuse(StatusCode::UNPROCESSABLE_ENTITY, error));
    if offset != note.length || offset != request.bytes {
        return Err(differs(format!("the upload holds {offset} of {} bytes", note.length)));
    }
    let found = disk.upload_digest(&upload).map_err(failed)?;
    if !found.eq_ignore_ascii_case(&request.sha256) {
        return Err(differs("the digest differs".to_owned()));
    }
    let material = Material { request, received_at: jiff::Timestamp::now().to_string() };
    disk.register(&upload, id, &material).map_err(failed)?;
    Ok(material)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let mut value = json!({
            "upload": "https://store.hall.test/files/0a1b",
            "sha256": "0".repeat(64),
            "bytes": 3,
            "media_type": "image/jpeg",
            "name": "营业执照.jpg",
            "material": "business-licence",
            "matters": ["open-restaurant"],
            "visit": "v-1",
            "number": null,
            "kiosk": "kiosk-1",
        });
        change(&mut value);
        value.to_string().into_bytes()
    }

    #[test]
    fn a_request_is_parsed_and_its_upload_found() {
        for (upload, id) in [
            ("https://store.hall.test:4433/files/0a1b", Some("0a1b")),
            ("/files/0a1b", Some("0a1b")),
            ("0a1b", Some("0a1b")),
            ("https://store.hall.test/other/0a1b", None),
            ("/files/../pki/ca.pem", None),
        ] {
            let request = Request::parse(&body(|value| value["upload"] = json!(upload)));
            let found = request.expect("a request").upload();
            assert_eq!(found.as_ref().map(Id::as_str), id, "{upload}");
        }
    }

    #[test]
    fn malformed_requests_are_refused() {
        let changes: [fn(&mut Value); 10] = [
            |value| value["sha256"] = json!("00"),
            |value| value["sha256"] = json!("g".repeat(64)),
            |value| value["bytes"] = json!(-1),
            |value| value["media_type"] = json!("jpeg"),
            |value| value["name"] = json!(""),
            |value| value["matters"] = json!([{}]),
            |value| value["matters"] = json!(vec!["m"; MOST_MATTERS + 1]),
            |value| value["visit"] = Value::Null,
            |value| value["kiosk"] = json!("k".repeat(MOST_TEXT + 1)),
            |value| value["citizen"] = json!("somebody"),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            assert!(Request::parse(&body(change)).is_err(), "case {index}");
        }
        assert!(Request::parse(b"[").is_err());
    }
}
