//! `/v1/materials/{material_id}`: where an upload becomes a material of somebody's visit, and what it
//! serves.

use super::custody::{self, Statement};
use super::disk::Id;
use super::script::{Altered, Misbehaviour};
use super::tus::Lock;
use super::{Shared, refuse};
use crate::pki::Authority;
use crate::serve;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use std::io;
use std::sync::Arc;

/// The longest registration, every character of it escaped, is shorter.
const MOST_BODY: usize = 256 * 1024;
const MOST_ITEMS: usize = 64;
const MOST_PAGES: usize = 999;

/// What the kiosk says about a material. Unknown fields are refused: the kiosk must not send more
/// about a person than was agreed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    upload: String,
    sha256: String,
    #[serde(deserialize_with = "whole")]
    pub(super) bytes: u64,
    pub(super) media_type: String,
    pub(super) name: String,
    material: String,
    items: Vec<Item>,
    visit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    applicant: Option<Applicant>,
    #[serde(deserialize_with = "named")]
    number: Option<String>,
    pub(super) kiosk: String,
    custody: Custody,
}

/// For whom it is handed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Applicant {
    kind: Kind,
    #[serde(deserialize_with = "named")]
    code: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Oneself,
    Relative,
    Company,
}

/// An item that the material is handed in for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    code: String,
    task_code: String,
    dept_code: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Custody {
    code: String,
    #[serde(deserialize_with = "named")]
    previous: Option<String>,
    pages: Vec<String>,
}

/// A key that must be there, if only with `null`.
fn named<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(from)
}

/// A whole number as JSON Schema knows it: `3.0` is one, too.
fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(from)?;
    let whole = number.as_f64().filter(|value| value.fract() == 0.0 && (0.0..9.0e15).contains(value));
    let found = number.as_u64().or_else(|| whole.map(|value| value as u64));
    found.ok_or_else(|| serde::de::Error::custom("not a whole number"))
}

impl Request {
    fn parse(body: &[u8]) -> Result<Self, String> {
        let request: Self = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        request.judge().map_err(|field| format!("{field} has another shape"))?;
        Ok(request)
    }

    /// Names the first field that does not fit the contract.
    fn judge(&self) -> Result<(), &'static str> {
        let path = self.upload.strip_prefix("/files/").is_some_and(|rest| !rest.is_empty());
        let Custody { code, previous, pages } = &self.custody;
        let code_of = self.applicant.as_ref().and_then(|applicant| applicant.code.as_ref());
        for (field, fits) in [
            ("upload", path && chars(&self.upload, 1, 512)),
            ("sha256", is_digest(&self.sha256)),
            ("bytes", self.bytes > 0),
            ("media_type", chars(&self.media_type, 0, 127)),
            ("name", chars(&self.name, 1, 255)),
            ("material", chars(&self.material, 1, 64)),
            ("items", are_items(&self.items)),
            ("visit", chars(&self.visit, 1, 64)),
            ("applicant.code", code_of.is_none_or(|code| chars(code, 1, 18))),
            ("number", is_number(self.number.as_ref())),
            ("kiosk", chars(&self.kiosk, 1, 64)),
            ("custody.code", custody::is_code(code)),
            ("custody.previous", previous.as_ref().is_none_or(|code| custody::is_code(code))),
            ("custody.pages", (1..=MOST_PAGES).contains(&pages.len()) && pages.iter().all(|p| is_digest(p))),
        ] {
            if !fits {
                return Err(field);
            }
        }
        Ok(())
    }

    /// The identifier at the end of the upload's path.
    fn upload(&self) -> Option<Id> {
        Id::parse(self.upload.strip_prefix("/files/")?)
    }

    /// The custody code of what it names, computed here.
    fn custody_code(&self) -> String {
        custody::code(self.custody.previous.as_deref(), &self.custody.pages, &self.sha256)
    }
}

/// What a material serves, said anew.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    items: Vec<Item>,
    #[serde(deserialize_with = "named")]
    number: Option<String>,
}

impl Service {
    fn parse(body: &[u8]) -> Result<Self, String> {
        let service: Self = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let fits = are_items(&service.items) && is_number(service.number.as_ref());
        fits.then_some(service).ok_or_else(|| "items or number has another shape".to_owned())
    }
}

fn chars(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.chars().count())
}

fn are_items(items: &[Item]) -> bool {
    let item = |item: &Item| {
        chars(&item.code, 1, 64) && chars(&item.task_code, 0, 31) && chars(&item.dept_code, 0, 18)
    };
    items.len() <= MOST_ITEMS && items.iter().all(item)
}

fn is_number(number: Option<&String>) -> bool {
    number.is_none_or(|number| chars(number, 0, 16))
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The contract's identifier of a material: narrower than a file's name.
fn material_id(text: &str) -> Option<Id> {
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    fits.then(|| Id::parse(text)).flatten()
}

/// A registered material as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Material {
    pub(super) request: Request,
    pub(super) received_at: String,
    /// the hall's countersignature, Base64
    signature: String,
}

impl Material {
    /// The upload it was made of.
    pub(super) fn upload(&self) -> Option<Id> {
        self.request.upload()
    }

    fn serve(&mut self, items: Vec<Item>, number: Option<String>) {
        self.request.items = items;
        self.request.number = number;
    }

    fn statement<'a>(&'a self, code: &'a str, id: &'a Id) -> Statement<'a> {
        let (visit, received_at) = (&self.request.visit, &self.received_at);
        Statement { code, visit, material_id: id.as_str(), received_at }
    }

    /// The receipt; wrong in one way if that is asked for.
    fn answer(&self, shared: &Shared, id: &Id, altered: Option<Misbehaviour>) -> Response {
        let mut sha256 = self.request.sha256.clone();
        let mut code = self.request.custody.code.clone();
        let mut signature = self.signature.clone();
        let other_first = |text: &mut String| {
            let other = if text.starts_with('0') { "1" } else { "0" };
            text.replace_range(..1, other);
        };
        let signed = |code: &str, whose| match shared.countersigner.sign(&self.statement(code, id), whose) {
            Ok(signature) => signature,
            Err(error) => format!("not signed: {error}"),
        };
        match altered {
            Some(Misbehaviour::WrongDigest) => other_first(&mut sha256),
            Some(Misbehaviour::WrongCountersignature) => signature = signed(&code, Authority::Wrong),
            Some(Misbehaviour::WrongCustodyCode) => {
                other_first(&mut code);
                signature = signed(&code, Authority::Hall);
            }
            _ => {}
        }
        let mut receipt = json!({
            "material_id": id.as_str(),
            "sha256": sha256,
            "bytes": self.request.bytes,
            "received_at": self.received_at,
        });
        if altered != Some(Misbehaviour::NoCountersignature) {
            receipt["custody"] = json!({ "code": code, "signature": signature });
        }
        Json(receipt).into_response()
    }
}

fn disk_failed(error: &io::Error) -> Response {
    refuse(StatusCode::INTERNAL_SERVER_ERROR, format!("the store's disk failed: {}", error.kind()))
}

pub(super) async fn lookup(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    altered: Option<Extension<Altered>>,
) -> Response {
    let Some(id) = material_id(&id) else {
        return refuse(StatusCode::NOT_FOUND, "no such material");
    };
    match shared.disk.material_note::<Material>(&id) {
        Ok(Some(material)) => material.answer(&shared, &id, altered.map(|Extension(Altered(what))| what)),
        Ok(None) => refuse(StatusCode::NOT_FOUND, "no such material"),
        Err(error) => disk_failed(&error),
    }
}

pub(super) async fn register(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    altered: Option<Extension<Altered>>,
    body: Body,
) -> Response {
    let Some(body) = serve::whole_body(body, MOST_BODY).await else {
        return refuse(StatusCode::BAD_REQUEST, "the body is longer than any registration");
    };
    let Some(id) = material_id(&id) else {
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
        Ok(Ok(material)) => material.answer(&shared, &id, altered.map(|Extension(Altered(what))| what)),
        Ok(Err(refusal)) => *refusal,
        Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "the registration failed"),
    }
}

fn settle(shared: &Arc<Shared>, id: &Id, request: Request) -> Result<Material, Box<Response>> {
    let disk = &shared.disk;
    let failed = |error: io::Error| Box::new(disk_failed(&error));
    if let Some(mut known) = disk.material_note::<Material>(id).map_err(failed)? {
        if known.request.sha256 != request.sha256 {
            return Err(Box::new(refuse(StatusCode::CONFLICT, "the material exists with another digest")));
        }
        known.serve(request.items, request.number);
        disk.note_material(id, &known).map_err(failed)?;
        return Ok(known);
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
    if found != request.sha256 {
        return Err(differs("the digest differs".to_owned()));
    }
    if request.custody_code() != request.custody.code {
        return Err(differs("the custody code is not that of these digests".to_owned()));
    }
    let mut material =
        Material { request, received_at: jiff::Timestamp::now().to_string(), signature: String::new() };
    let statement = material.statement(&material.request.custody.code, id);
    let signed = shared.countersigner.sign(&statement, Authority::Hall);
    material.signature = signed.map_err(|error| {
        Box::new(refuse(StatusCode::INTERNAL_SERVER_ERROR, format!("signing failed: {error}")))
    })?;
    disk.register(&upload, id, &material).map_err(failed)?;
    Ok(material)
}

pub(super) async fn serve_anew(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Body,
) -> Response {
    let Some(body) = serve::whole_body(body, MOST_BODY).await else {
        return refuse(StatusCode::BAD_REQUEST, "the body is longer than any service");
    };
    let service = match Service::parse(&body) {
        Ok(service) => service,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, error),
    };
    let Some(id) = material_id(&id) else { return refuse(StatusCode::NOT_FOUND, "no such material") };
    // A registration may be under way.
    let _turn = shared.registering.lock().await;
    let kept = tokio::task::spawn_blocking({
        let shared = shared.clone();
        move || {
            let Some(mut material) = shared.disk.material_note::<Material>(&id)? else { return Ok(false) };
            material.serve(service.items, service.number);
            shared.disk.note_material(&id, &material).map(|()| true)
        }
    });
    match kept.await {
        Ok(Ok(true)) => StatusCode::NO_CONTENT.into_response(),
        Ok(Ok(false)) => refuse(StatusCode::NOT_FOUND, "no such material"),
        Ok(Err(error)) => disk_failed(&error),
        Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "the service could not be kept"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn body(change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let mut value = json!({
            "upload": "/files/0a1b",
            "sha256": "0".repeat(64),
            "bytes": 3,
            "media_type": "image/jpeg",
            "name": "营业执照.jpg",
            "material": "business-licence",
            "items": [{
                "code": "food-licence",
                "task_code": "11310114990001079M3440131016000",
                "dept_code": "11310114990001079M",
            }],
            "visit": "v-1",
            "number": null,
            "kiosk": "kiosk-1",
            "custody": { "code": "0123456789ABCDEF", "previous": null, "pages": ["1".repeat(64)] },
        });
        change(&mut value);
        value.to_string().into_bytes()
    }

    #[test]
    fn a_request_is_parsed_and_its_upload_found() {
        for (upload, id) in
            [("/files/0a1b", Some("0a1b")), ("/files/0a1b/c", None), ("/files/../pki/ca.pem", None)]
        {
            let request = Request::parse(&body(|value| value["upload"] = json!(upload)));
            let found = request.expect("a request").upload();
            assert_eq!(found.as_ref().map(Id::as_str), id, "{upload}");
        }
    }

    #[test]
    fn the_longest_registration_fits() {
        let longest = body(|value| {
            // Outside the BMP: twelve bytes a character where it is escaped.
            let item = json!({
                "code": "𠮷".repeat(64), "task_code": "𠮷".repeat(31), "dept_code": "𠮷".repeat(18),
            });
            value["items"] = json!(vec![item; MOST_ITEMS]);
            value["custody"]["pages"] = json!(vec!["2".repeat(64); MOST_PAGES]);
            value["name"] = json!("𠮷".repeat(255));
            value["number"] = json!("A001");
        });
        // Twelve bytes in place of four.
        assert!(longest.len() + 8 * (64 * 113 + 255) < MOST_BODY, "{}", longest.len());
        assert!(Request::parse(&longest).is_ok());
    }

    #[test]
    fn malformed_requests_are_refused() {
        let changes: [fn(&mut Value); 24] = [
            |value| value["upload"] = json!("https://store.hall.test/files/0a1b"),
            |value| value["upload"] = json!("/files/"),
            |value| value["sha256"] = json!("00"),
            |value| value["sha256"] = json!("A".repeat(64)),
            |value| value["bytes"] = json!(-1),
            |value| value["bytes"] = json!(0),
            |value| value["media_type"] = json!("m".repeat(128)),
            |value| value["name"] = json!(""),
            |value| value["matters"] = json!(["food-licence"]),
            |value| value["items"] = Value::Null,
            |value| value["items"] = json!(vec![value["items"][0].clone(); MOST_ITEMS + 1]),
            |value| value["items"][0]["dept_code"] = json!("1".repeat(19)),
            |value| value["items"][0]["name"] = json!("somebody"),
            |value| value["visit"] = Value::Null,
            |value| value["number"] = json!("A".repeat(17)),
            |value| drop(value.as_object_mut().map(|fields| fields.remove("number"))),
            |value| value["kiosk"] = json!("k".repeat(65)),
            |value| value["citizen"] = json!("somebody"),
            |value| value["custody"]["code"] = json!("0123456789ABCDEU"),
            |value| value["custody"]["previous"] = json!("0"),
            |value| drop(value["custody"].as_object_mut().map(|fields| fields.remove("previous"))),
            |value| value["custody"]["pages"] = json!([]),
            |value| value["custody"]["pages"] = json!(vec!["1".repeat(64); MOST_PAGES + 1]),
            |value| value["custody"]["pages"] = json!(["page one"]),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            assert!(Request::parse(&body(change)).is_err(), "case {index}");
        }
        assert!(Request::parse(b"[").is_err());
    }

    #[test]
    fn a_service_is_all_of_what_is_served_and_nothing_else() {
        let item = json!({ "code": "food-licence", "task_code": "", "dept_code": "" });
        for (body, fits) in [
            (json!({ "items": [item], "number": "A001" }), true),
            (json!({ "items": [], "number": null }), true),
            (json!({ "items": [item] }), false),
            (json!({ "number": "A001" }), false),
            (json!({ "items": [item], "number": "A".repeat(17) }), false),
            (json!({ "items": vec![item.clone(); MOST_ITEMS + 1], "number": null }), false),
            (json!({ "items": [{ "code": "" }], "number": null }), false),
            (json!({ "items": [], "number": null, "citizen": "somebody" }), false),
        ] {
            assert_eq!(Service::parse(body.to_string().as_bytes()).is_ok(), fits, "{body}");
        }
    }
}
