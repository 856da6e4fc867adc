//! Resumable uploads: the tus 1.0.0 core protocol and its extensions creation, checksum and expiration,
//! client side.

mod abilities;

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use jiff::Timestamp;

use crate::fault::Setback;
use crate::http::{Answer, Client, Request};
use crate::pace::Pacer;
use crate::{MaterialId, StoreFault};

pub(crate) use self::abilities::{Abilities, discover};

/// Where uploads are created.
const FILES: &str = "/files/";
/// The protocol version, in every request and every successful answer.
const VERSION: &str = "1.0.0";
/// The path of an upload is at most this long, in bytes.
const LONGEST_PATH: usize = 512;
/// `Upload-Metadata` carries at most this many bytes of a file name: proxies cut long fields
/// (tusd issue 452).
const LONGEST_FILENAME: usize = 120;
/// `Upload-Expires` is at most this long, in bytes.
const LONGEST_DATE: usize = 64;

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");

/// The path of an upload on the store's own host: below `/files/`, no query, no dot segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UploadPath(String);

impl UploadPath {
    /// Takes the path out of a `Location`, absolute or relative (RFC 9110 section 10.2.2). Scheme and
    /// host are dropped: a document goes to no other host than the one whose certificate was checked.
    pub(crate) fn from_location(location: &str) -> Option<Self> {
        let after_host = |rest: &str| rest.find('/').and_then(|at| rest.get(at..)).map(str::to_owned);
        let path = if let Some((_, rest)) = location.split_once("://") {
            after_host(rest)?
        } else if let Some(rest) = location.strip_prefix("//") {
            after_host(rest)?
        } else if location.starts_with('/') {
            location.to_owned()
        } else {
            format!("{FILES}{location}")
        };
        let path = path.split(['?', '#']).next()?;
        Self::parse(path)
    }

    /// Takes a path as it was stored.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@/".contains(&b);
        let below = path.strip_prefix(FILES)?;
        let sound = path.len() <= LONGEST_PATH
            && path.bytes().all(plain)
            && below.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
        sound.then(|| Self(path.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// An upload that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Created {
    pub upload: UploadPath,
    /// When the store will drop it, unfinished.
    pub expires: Option<Timestamp>,
}

/// What HEAD says about an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// The store holds so many bytes.
    Bytes {
        /// How many.
        offset: u64,
        /// When the store will drop it, unfinished.
        expires: Option<Timestamp>,
    },
    /// The store does not know the upload, or no longer.
    Gone,
}

/// What came of a PATCH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Appended {
    /// All of it was taken.
    Whole {
        /// When the store will drop the upload, unfinished.
        expires: Option<Timestamp>,
    },
    /// The store's offset is another than expected: ask for it.
    Elsewhere,
    /// Other bytes arrived than were sent; none was taken (tus "Checksum", status 460).
    Corrupted,
    /// The store does not know the upload, or no longer.
    Gone,
}

/// A piece of a document, on its way.
pub(crate) struct Piece {
    /// Its bytes.
    pub bytes: Bytes,
    /// Where it begins: the same in the document and in the upload.
    pub offset: u64,
    /// `Upload-Checksum`, where the server wants it.
    pub checksum: Option<HeaderValue>,
    /// How fast it may go.
    pub pacer: Arc<Pacer>,
}

/// Creates an upload (tus "Creation").
pub(crate) async fn create(
    client: &Client,
    id: &MaterialId,
    name: &str,
    media_type: &str,
    bytes: u64,
) -> Result<Created, Setback> {
    let request = request(Method::POST, FILES)
        .header(UPLOAD_LENGTH, bytes.into())
        .header(UPLOAD_METADATA, metadata(id, name, media_type)?);
    let answer = client.send(request).await?;
    if answer.status != 201 {
        return Err(answer.setback());
    }
    versioned(&answer)?;
    let location = answer.header("location").and_then(UploadPath::from_location);
    let upload = location.ok_or(StoreFault::Garbage("Location"))?;
    Ok(Created { upload, expires: expires(&answer) })
}

/// Asks how much of an upload of `length` bytes the store holds.
pub(crate) async fn held(client: &Client, upload: &UploadPath, length: u64) -> Result<Held, Setback> {
    let answer = client.send(request(Method::HEAD, upload.as_str())).await?;
    match answer.status {
        200 | 204 => {}
        // 403 as well (protocol, "HEAD"): whether the document arrived after all is asked first.
        403 | 404 | 410 => return Ok(Held::Gone),
        _ => return Err(answer.setback()),
    }
    versioned(&answer)?;
    let offset = number(&answer, "upload-offset").ok_or(StoreFault::Garbage("Upload-Offset"))?;
    if number(&answer, "upload-length") != Some(length) {
        return Err(StoreFault::Garbage("Upload-Length").into());
    }
    if offset > length {
        return Err(StoreFault::Garbage("Upload-Offset beyond Upload-Length").into());
    }
    Ok(Held::Bytes { offset, expires: expires(&answer) })
}

/// Appends a piece of the document.
pub(crate) async fn append(client: &Client, upload: &UploadPath, piece: Piece) -> Result<Appended, Setback> {
    let Piece { bytes, offset, checksum, pacer } = piece;
    let (end, checked) = (offset.checked_add(bytes.len() as u64), checksum.is_some());
    let mut request = request(Method::PATCH, upload.as_str())
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/offset+octet-stream"))
        .header(UPLOAD_OFFSET, offset.into());
    if let Some(checksum) = checksum {
        request = request.header(UPLOAD_CHECKSUM, checksum);
    }
    let answer = client.send(request.piece(bytes, pacer)).await?;
    match answer.status {
        204 => {}
        _ if answer.is_about_the_certificate() => return Err(answer.setback()),
        400 if checked => return Err(REFUSED_CHECKSUM.into()),
        404 | 410 => return Ok(Appended::Gone),
        409 => return Ok(Appended::Elsewhere),
        460 => return Ok(Appended::Corrupted),
        _ => return Err(answer.setback()),
    }
    versioned(&answer)?;
    match number(&answer, "upload-offset") {
        Some(now) if Some(now) == end => Ok(Appended::Whole { expires: expires(&answer) }),
        Some(_) => Ok(Appended::Elsewhere),
        None => Err(StoreFault::Garbage("Upload-Offset").into()),
    }
}

/// What is said of a server that answers 400 to a checksum: it may offer others by now.
pub(crate) const REFUSED_CHECKSUM: StoreFault = StoreFault::Garbage("it refuses the checksum that it offers");

fn request(method: Method, path: &str) -> Request {
    Request::new(method, path).header(TUS_RESUMABLE, HeaderValue::from_static(VERSION))
}

/// A success outside tus is not the store's: a proxy's own page, say.
fn versioned(answer: &Answer) -> Result<(), StoreFault> {
    match answer.header("tus-resumable") {
        Some(VERSION) => Ok(()),
        _ => Err(StoreFault::Garbage("Tus-Resumable")),
    }
}

/// `Upload-Expires`. One that cannot be read is none: it decides on nothing but an order.
fn expires(answer: &Answer) -> Option<Timestamp> {
    parse_expires(answer.header("upload-expires")?)
}

/// An HTTP date (RFC 9110 section 5.6.7).
pub(crate) fn parse_expires(text: &str) -> Option<Timestamp> {
    if text.len() > LONGEST_DATE {
        return None;
    }
    Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()
}

fn number(answer: &Answer, name: &str) -> Option<u64> {
    parse_number(answer.header(name)?)
}

/// Digits, and nothing else.
pub(crate) fn parse_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// `Upload-Metadata`: pairs of key and Base64, kept short.
fn metadata(id: &MaterialId, name: &str, media_type: &str) -> Result<HeaderValue, StoreFault> {
    let name = name.get(..name.floor_char_boundary(LONGEST_FILENAME)).unwrap_or_default();
    let pairs = [("filename", name), ("filetype", media_type), ("material_id", id.as_str())]
        .map(|(key, value)| format!("{key} {}", BASE64_STANDARD.encode(value)));
    // Base64 and keys are ASCII, so this cannot fail; kept total all the same.
    HeaderValue::from_str(&pairs.join(",")).map_err(|_| StoreFault::Garbage("metadata"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_path_of_a_location_is_used() {
        for (location, path) in [
            ("/files/abc", Some("/files/abc")),
            ("abc", Some("/files/abc")),
            ("https://store.hall.example/files/abc", Some("/files/abc")),
            ("http://10.0.0.1:1080/files/a/b", Some("/files/a/b")),
            ("//evil.example/files/abc", Some("/files/abc")),
            ("https://evil.example", None),
            ("https://evil.example/", None),
            ("/files/abc?token=1#x", Some("/files/abc")),
            ("/files/a+b=c%2Fd", Some("/files/a+b=c%2Fd")),
            ("/files/", None),
            ("", None),
            ("/v1/materials/x", None),
            ("/files/../v1/materials/x", None),
            ("../v1", None),
            ("/files//x", None),
            ("/files/a b", None),
            ("/files/a\r\nX: y", None),
            ("/files/é", None),
        ] {
            let parsed = UploadPath::from_location(location);
            assert_eq!(parsed.as_ref().map(UploadPath::as_str), path, "{location:?}");
        }
        assert_eq!(UploadPath::from_location(&"x".repeat(600)), None);
    }

    #[test]
    fn metadata_is_short_whatever_the_name() {
        let id = MaterialId::new(&"m".repeat(64)).expect("an id");
        let value = metadata(&id, &"营业执照".repeat(60), "application/pdf").expect("a field");
        assert!(value.len() < 400, "{}", value.len());
        let value = metadata(&MaterialId::new("m-1").expect("an id"), "a.pdf", "application/pdf");
        assert_eq!(
            value.expect("a field"),
            "filename YS5wZGY=,filetype YXBwbGljYXRpb24vcGRm,material_id bS0x"
        );
    }

    #[test]
    fn an_end_of_an_upload_is_an_http_date_or_none() {
        for (text, read) in [
            ("Wed, 25 Nov 2026 16:00:00 GMT", Some("2026-11-25T16:00:00Z")),
            ("Wednesday, 25-Nov-26 16:00:00 GMT", Some("2026-11-25T16:00:00Z")),
            ("Wed Nov 25 16:00:00 2026", Some("2026-11-25T16:00:00Z")),
            ("", None),
            ("tomorrow", None),
            ("2026-11-25T16:00:00Z", None),
            ("Wed, 25 Nov 2026 25:00:00 GMT", None),
        ] {
            assert_eq!(parse_expires(text).map(|at| at.to_string()).as_deref(), read, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_location_gives_a_safe_path_or_none(location in "\\PC{0,80}|(/|\\.|files|a|%2e|:|\\?){0,12}") {
            if let Some(path) = UploadPath::from_location(&location) {
                prop_assert!(path.as_str().starts_with(FILES));
                prop_assert!(path.as_str().len() > FILES.len());
                prop_assert!(!path.as_str().contains("/../"));
                prop_assert!(path.as_str().parse::<http::uri::PathAndQuery>().is_ok());
                prop_assert_eq!(UploadPath::parse(path.as_str()), Some(path));
            }
        }
    }
}
