//! tus 1.0.0 with the extensions creation, expiration and checksum (protocols.md, section 7.1).

use super::Shared;
use super::disk::{Id, UploadNote};
use crate::serve;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::StreamExt;
use jiff::fmt::rfc2822::DateTimePrinter;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::time::timeout;

const VERSION: &str = "1.0.0";
const MOST_METADATA: usize = 1024;

/// An answer that is not a success: status and a word to the reader of logs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal(u16, &'static str);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.1).into_response();
        if status == StatusCode::PRECONDITION_FAILED {
            response.headers_mut().insert("tus-version", HeaderValue::from_static(VERSION));
        }
        response
    }
}

const NO_UPLOAD: Refusal = Refusal(404, "no such upload");
const TOO_LONG: Refusal = Refusal(413, "the body is too long");
const GONE: Refusal = Refusal(410, "the upload has run out");

fn disk_failed(_: std::io::Error) -> Refusal {
    Refusal(500, "the store's disk failed")
}

/// The value of a header that may come once; `Err` when it is there but no plain text.
fn value<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Refusal(400, "a header came twice"));
    }
    first.map(|value| value.to_str().map_err(|_| Refusal(400, "a header is no text"))).transpose()
}

fn count(headers: &HeaderMap, name: &str) -> Result<Option<u64>, Refusal> {
    value(headers, name)?
        .map(|text| {
            // Digits only: u64's own parser would also take a leading plus.
            text.bytes()
                .all(|byte| byte.is_ascii_digit())
                .then(|| text.parse().ok())
                .flatten()
                .ok_or(Refusal(400, "a header holds no number"))
        })
        .transpose()
}

fn version(headers: &HeaderMap) -> Result<(), Refusal> {
    match value(headers, "tus-resumable")? {
        Some(VERSION) => Ok(()),
        _ => Err(Refusal(412, "Tus-Resumable must be 1.0.0")),
    }
}

/// Decodes Upload-Metadata: pairs of key and base64 value, separated by commas.
fn metadata(text: &str) -> Result<BTreeMap<String, String>, Refusal> {
    const BAD: Refusal = Refusal(400, "Upload-Metadata is malformed");
    if text.len() > MOST_METADATA {
        return Err(Refusal(400, "Upload-Metadata is too long"));
    }
    let mut entries = BTreeMap::new();
    for pair in text.split(',').filter(|_| !text.is_empty()) {
        let (key, encoded) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let decoded = BASE64.decode(encoded).map_err(|_| BAD)?;
        let decoded = String::from_utf8(decoded).map_err(|_| BAD)?;
        let fresh = entries.insert(key.to_owned(), decoded).is_none();
        if key.is_empty() || !key.is_ascii() || !fresh {
            return Err(BAD);
        }
    }
    Ok(entries)
}

/// A checksum announced in Upload-Checksum, fed with the bytes as they come.
enum Checksum {
    Crc32(crc32fast::Hasher, Vec<u8>),
    Sha1(Sha1, Vec<u8>),
    Sha256(Sha256, Vec<u8>),
}

impl Checksum {
    fn parse(text: &str) -> Result<Self, Refusal> {
        const BAD: Refusal = Refusal(400, "Upload-Checksum is malformed");
        let (name, encoded) = text.split_once(' ').ok_or(BAD)?;
        let expected = BASE64.decode(encoded).map_err(|_| BAD)?;
        match (name, expected.len()) {
            ("crc32", 4) => Ok(Self::Crc32(crc32fast::Hasher::new(), expected)),
            ("sha1", 20) => Ok(Self::Sha1(Sha1::new(), expected)),
            ("sha256", 32) => Ok(Self::Sha256(Sha256::new(), expected)),
            ("crc32" | "sha1" | "sha256", _) => Err(BAD),
            _ => Err(Refusal(400, "the checksum algorithm is not offered")),
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(hasher, _) => hasher.update(bytes),
            Self::Sha1(hasher, _) => hasher.update(bytes),
            Self::Sha256(hasher, _) => hasher.update(bytes),
        }
    }

    fn holds(self) -> bool {
        match self {
            Self::Crc32(hasher, expected) => hasher.finalize().to_be_bytes() == *expected,
            Self::Sha1(hasher, expected) => hasher.finalize().as_slice() == expected,
            Self::Sha256(hasher, expected) => hasher.finalize().as_slice() == expected,
        }
    }
}

pub(super) async fn discover(State(shared): State<Arc<Shared>>) -> Response {
    (
        StatusCode::NO_CONTENT,
        [
            (HeaderName::from_static("tus-version"), VERSION.to_owned()),
            (HeaderName::from_static("tus-extension"), "creation,expiration,checksum".to_owned()),
            (HeaderName::from_static("tus-max-size"), shared.max_size().to_string()),
            (HeaderName::from_static("tus-checksum-algorithm"), "sha1,sha256,crc32".to_owned()),
        ],
    )
        .into_response()
}

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    version(&headers)?;
    let length = count(&headers, "upload-length")?
        .ok_or(Refusal(400, "Upload-Length is missing; it cannot be deferred"))?;
    if length > shared.max_size() {
        return Err(Refusal(413, "the upload is too big"));
    }
    if length == 0 {
        return Err(Refusal(400, "an upload has a byte at least"));
    }
    let text = value(&headers, "upload-metadata")?.filter(|text| !text.is_empty());
    let text = text.ok_or(Refusal(400, "Upload-Metadata is missing"))?;
    let note = UploadNote { length, entries: metadata(text)?, metadata: Some(text.to_owned()) };
    let id = shared.disk.create(&note).map_err(disk_failed)?;
    let path = format!("/files/{}", id.as_str());
    // The client's own name for this host: it may reach the store through something in between.
    let location = match value(&headers, "host")? {
        Some(host) => format!("https://{host}{path}"),
        None => path,
    };
    let mut response = (StatusCode::CREATED, [(header::LOCATION, location)]).into_response();
    announce_end(&shared, &id, &mut response);
    Ok(response)
}

/// Says when an unfinished upload will have run out.
fn announce_end(shared: &Shared, id: &Id, response: &mut Response) {
    let end = shared.end_of(id).and_then(|end| jiff::Timestamp::try_from(end).ok());
    let text = end.and_then(|end| DateTimePrinter::new().timestamp_to_rfc9110_string(&end).ok());
    if let Some(Ok(text)) = text.map(HeaderValue::try_from) {
        response.headers_mut().insert("upload-expires", text);
    }
}

fn find(shared: &Arc<Shared>, id: &str) -> Result<(Id, UploadNote, u64), Refusal> {
    let id = Id::parse(id).ok_or(NO_UPLOAD)?;
    drop_if_over(shared, &id).map_err(disk_failed)?;
    match shared.disk.look(&id).map_err(disk_failed)? {
        Some((note, offset)) => Ok((id, note, offset)),
        None if shared.disk.is_gone(&id) => Err(GONE),
        None => Err(NO_UPLOAD),
    }
}

/// Drops an upload whose time is over, unless somebody is using it.
pub(super) fn drop_if_over(shared: &Arc<Shared>, id: &Id) -> std::io::Result<()> {
    if shared.end_of(id).is_some_and(|end| end <= SystemTime::now())
        && let Some(_lock) = Lock::take(shared, id)
        // Looked at again under the lock: what came meanwhile has put the end off.
        && shared.end_of(id).is_some_and(|end| end <= SystemTime::now())
    {
        return shared.disk.retire(id);
    }
    Ok(())
}

pub(super) async fn offset(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    version(&headers)?;
    let (id, note, offset) = find(&shared, &id)?;
    let mut response = (
        [
            (HeaderName::from_static("upload-offset"), offset.to_string()),
            (HeaderName::from_static("upload-length"), note.length.to_string()),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ],
        Body::empty(),
    )
        .into_response();
    if let Some(Ok(metadata)) = note.metadata.map(HeaderValue::try_from) {
        response.headers_mut().insert("upload-metadata", metadata);
    }
    if offset < note.length {
        announce_end(&shared, &id, &mut response);
    }
    Ok(response)
}

pub(super) async fn append(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match admit(&shared, &id, &headers) {
        Ok(admitted) => receive(&shared, admitted, body).await.into_response(),
        Err(refusal) => {
            serve::drain(body, shared.max_size()).await;
            refusal.into_response()
        }
    }
}

struct Admitted {
    id: Id,
    offset: u64,
    length: u64,
    checksum: Option<Checksum>,
    _lock: Lock,
}

/// Everything that can be judged before the first byte.
fn admit(shared: &Arc<Shared>, id: &str, headers: &HeaderMap) -> Result<Admitted, Refusal> {
    version(headers)?;
    if value(headers, "content-type")? != Some("application/offset+octet-stream") {
        return Err(Refusal(415, "Content-Type must be application/offset+octet-stream"));
    }
    let stated = count(headers, "upload-offset")?.ok_or(Refusal(400, "Upload-Offset is missing"))?;
    let checksum = value(headers, "upload-checksum")?.map(Checksum::parse).transpose()?;
    let (id, ..) = find(shared, id)?;
    let lock = Lock::take(shared, &id).ok_or(Refusal(423, "another request is appending"))?;
    // Looked at again under the lock: the offset before it may be another request's.
    let (id, note, offset) = find(shared, id.as_str())?;
    if stated != offset {
        return Err(Refusal(409, "Upload-Offset is not where the upload stands"));
    }
    let coming = count(headers, "content-length")?.unwrap_or(0);
    if offset.checked_add(coming).is_none_or(|end| end > note.length) {
        return Err(Refusal(413, "more bytes than were announced"));
    }
    if coming > shared.max_body() {
        return Err(TOO_LONG);
    }
    Ok(Admitted { id, offset, length: note.length, checksum, _lock: lock })
}

/// Writes the body as it comes. What has come when the connection breaks is kept, with a checksum
/// or without: the digest of the whole is compared in the end.
async fn receive(shared: &Arc<Shared>, mut admitted: Admitted, body: Body) -> Result<Response, Refusal> {
    let mut bytes = shared.disk.append(&admitted.id, admitted.offset).map_err(disk_failed)?;
    let mut pieces = body.into_data_stream();
    let stalled = |_| Refusal(408, "the body stalled");
    while let Some(piece) = timeout(serve::STALL, pieces.next()).await.map_err(stalled)? {
        let piece = piece.map_err(|_| Refusal(400, "the body broke off"))?;
        if bytes.offset().saturating_add(piece.len() as u64) > admitted.length {
            bytes.discard().map_err(disk_failed)?;
            return Err(Refusal(413, "more bytes than were announced"));
        }
        if (bytes.offset() - admitted.offset).saturating_add(piece.len() as u64) > shared.max_body() {
            bytes.discard().map_err(disk_failed)?;
            return Err(TOO_LONG);
        }
        bytes.write(&piece).map_err(disk_failed)?;
        if let Some(checksum) = &mut admitted.checksum {
            checksum.feed(&piece);
        }
        shared.changed.ring();
    }
    if admitted.checksum.is_some_and(|checksum| !checksum.holds()) {
        bytes.discard().map_err(disk_failed)?;
        return Err(Refusal(460, "the checksum differs"));
    }
    let offset = [(HeaderName::from_static("upload-offset"), bytes.offset().to_string())];
    let mut response = (StatusCode::NO_CONTENT, offset).into_response();
    if bytes.offset() < admitted.length {
        announce_end(shared, &admitted.id, &mut response);
    }
    Ok(response)
}

/// The right to change an upload; given back when dropped, however its request ends.
pub(super) struct Lock {
    shared: Arc<Shared>,
    id: Id,
}

impl Lock {
    pub(super) fn take(shared: &Arc<Shared>, id: &Id) -> Option<Self> {
        shared.locks().insert(id.clone()).then(|| Self { shared: shared.clone(), id: id.clone() })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.shared.locks().remove(&self.id);
        self.shared.changed.ring();
    }
}

#[cfg(test)]
#[path = "tus_tests.rs"]
mod tests;
