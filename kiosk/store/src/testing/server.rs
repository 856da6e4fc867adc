//! A small store after openapi.yaml, over real TLS, that misbehaves as its script says.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::signer::Signer;

/// A request as the script sees it, before its body is read.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The field Upload-Checksum.
    pub checksum: Option<String>,
    /// Content-Length.
    pub length: u64,
    /// Number of earlier requests with this method.
    pub nth: usize,
}

/// What to do with a request.
pub(crate) enum Act {
    /// Serve it after the contract.
    Serve,
    /// Answer so, without doing anything.
    Answer(u16, Vec<(&'static str, &'static str)>, &'static str),
    /// Read so many bytes of the body, keep them, then cut the connection.
    Cut(usize),
    /// Serve it, but cut the connection in place of the answer.
    Lose,
    /// Serve it, but hold the answer back until it is let go; then give it, or cut the connection.
    Hold { answer: bool },
    /// Cut the upload's data to so many bytes, then answer 409.
    Shrink(usize),
    /// Serve it with this bit of the body's first byte turned round.
    Corrupt(u8),
    /// Read nothing, answer nothing.
    Hang,
}

type Script = Box<dyn FnMut(&Request) -> Act + Send>;

#[derive(Default)]
pub(crate) struct State {
    /// Path to length and data.
    pub uploads: HashMap<String, (u64, Vec<u8>)>,
    /// Material id to receipt, PUT body and data.
    pub materials: HashMap<String, (Value, Value, Vec<u8>)>,
    pub seen: Vec<Request>,
    /// What OPTIONS answers beside the version.
    pub offers: Vec<(&'static str, String)>,
    /// When uploads end, in POST, HEAD and PATCH.
    pub expires: Option<String>,
    /// Countersigns receipts.
    pub signer: Option<Signer>,
    /// Events of the feed of reviews.
    pub reviews: Vec<Value>,
    /// Told when there are more of them.
    pub reviewed: Arc<Notify>,
    /// Told when an answer is held back.
    held: Arc<Notify>,
    /// Lets it go.
    go: Arc<Notify>,
    made: usize,
    script: Option<Script>,
}

pub(crate) struct TestStore {
    pub address: SocketAddr,
    pub state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

impl Drop for TestStore {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl TestStore {
    pub(crate) async fn start(
        tls: Arc<ServerConfig>,
        script: impl FnMut(&Request) -> Act + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self::start_on(listener, tls, script)
    }

    pub(crate) fn start_on(
        listener: TcpListener,
        tls: Arc<ServerConfig>,
        script: impl FnMut(&Request) -> Act + Send + 'static,
    ) -> Self {
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State { script: Some(Box::new(script)), ..State::default() }));
        let accepting = tokio::spawn(accept(listener, tls, Arc::clone(&state)));
        Self { address, state, accepting }
    }

    /// How often a method was seen.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.state.lock().expect("state").seen.iter().filter(|seen| seen.method == method).count()
    }

    /// Waits until an answer is held back.
    pub(crate) async fn until_held(&self) {
        let held = Arc::clone(&self.state.lock().expect("state").held);
        super::within(held.notified()).await;
    }

    /// Lets an answer go that is held back.
    pub(crate) fn let_go(&self) {
        self.state.lock().expect("state").go.notify_one();
    }

    /// The bytes held for a material.
    pub(crate) fn material(&self, id: &str) -> Option<Vec<u8>> {
        self.state.lock().expect("state").materials.get(id).map(|(_, _, data)| data.clone())
    }
}

async fn accept(listener: TcpListener, tls: Arc<ServerConfig>, state: Arc<Mutex<State>>) {
    // Connections end with the store.
    let mut connections = JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        let (tls, state) = (tls_acceptor(&tls), Arc::clone(&state));
        connections.spawn(async move {
            let Ok(stream) = tls.accept(tcp).await else { return };
            let service = service_fn(move |request| serve(Arc::clone(&state), request));
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn tls_acceptor(tls: &Arc<ServerConfig>) -> TlsAcceptor {
    TlsAcceptor::from(Arc::clone(tls))
}

fn cut() -> io::Error {
    io::Error::other("cut by the script")
}

async fn serve(
    state: Arc<Mutex<State>>,
    request: http::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let (parts, mut body) = request.into_parts();
    let act = {
        let mut state = state.lock().expect("state");
        let method = parts.method.to_string();
        let seen = Request {
            nth: state.seen.iter().filter(|earlier| earlier.method == method).count(),
            method,
            path: parts.uri.to_string(),
            checksum: parts.headers.get("upload-checksum").map(|v| v.to_str().expect("ASCII").to_owned()),
            length: header(&parts.headers, "content-length").unwrap_or(0),
        };
        state.seen.push(seen.clone());
        state.script.as_mut().map_or(Act::Serve, |script| script(&seen))
    };
    let path = parts.uri.path().to_owned();
    if matches!(act, Act::Answer(..) | Act::Shrink(_)) {
        // Whoever stops listening with data on the way resets the connection, and the answer may be lost.
        while let Some(Ok(_)) = body.frame().await {}
    }
    let (limit, flip) = match act {
        Act::Answer(status, headers, text) => {
            let headers: Vec<_> = headers.into_iter().map(|(n, v)| (n, v.to_owned())).collect();
            return Ok(answer(status, &headers, text));
        }
        Act::Shrink(length) => {
            if let Some((_, data)) = state.lock().expect("state").uploads.get_mut(&path) {
                data.truncate(length);
            }
            return Ok(answer(409, &[], ""));
        }
        Act::Hang => std::future::pending().await,
        Act::Cut(bytes) => (Some(bytes), 0),
        Act::Corrupt(bit) => (None, bit),
        Act::Serve | Act::Lose | Act::Hold { .. } => (None, 0),
    };
    if path == "/v1/review-events" {
        return Ok(review_events(&state, parts.uri.query().unwrap_or_default()).await);
    }
    let mut text = Vec::new();
    let checksum = parts.headers.get("upload-checksum").cloned();
    let wrong_offset = parts.method == "PATCH" && {
        let state = state.lock().expect("state");
        let held = state.uploads.get(&path).map(|(_, data)| data.len() as u64);
        held.is_some() && held != header(&parts.headers, "upload-offset")
    };
    while let Some(frame) = body.frame().await {
        let data = frame.map_err(io::Error::other)?.into_data().unwrap_or_default();
        let left = limit.unwrap_or(usize::MAX) - text.len();
        let mut data = data[..data.len().min(left)].to_vec();
        if let (0, Some(first)) = (text.len(), data.first_mut()) {
            *first ^= flip;
        }
        text.extend_from_slice(&data);
        if parts.method == "PATCH"
            && !wrong_offset
            && checksum.is_none()
            && let Some((_, held)) = state.lock().expect("state").uploads.get_mut(&path)
        {
            held.extend_from_slice(&data);
        }
        if Some(text.len()) == limit {
            return Err(cut());
        }
    }
    if limit.is_some() {
        return Err(cut());
    }
    if let Some(checksum) = checksum
        && !wrong_offset
    {
        if checksum != sum(checksum.to_str().expect("ASCII"), &text).as_str() {
            return Ok(answer(460, &[], ""));
        }
        if let Some((_, held)) = state.lock().expect("state").uploads.get_mut(&path) {
            held.extend_from_slice(&text);
        }
    }
    let response = handle(&mut state.lock().expect("state"), &parts, &text, wrong_offset);
    if matches!(act, Act::Hold { .. }) {
        let (held, go) = {
            let state = state.lock().expect("state");
            (Arc::clone(&state.held), Arc::clone(&state.go))
        };
        held.notify_one();
        go.notified().await;
    }
    if matches!(act, Act::Lose | Act::Hold { answer: false }) { Err(cut()) } else { Ok(response) }
}

/// What the field Upload-Checksum must be for a body, of the algorithm that it names.
fn sum(field: &str, body: &[u8]) -> String {
    use base64::Engine;
    let encode = |digest: &[u8]| base64::prelude::BASE64_STANDARD.encode(digest);
    match field.split_once(' ') {
        Some(("sha256", _)) => format!("sha256 {}", encode(&Sha256::digest(body))),
        Some(("crc32", _)) => format!("crc32 {}", encode(&crc32fast::hash(body).to_be_bytes())),
        Some(("sha1", _)) => format!("sha1 {}", encode(&sha1::Sha1::digest(body))),
        _ => String::new(),
    }
}

/// Waits for an event after the one asked for, without end.
async fn review_events(state: &Arc<Mutex<State>>, query: &str) -> Response<Full<Bytes>> {
    let after = query.split('&').find_map(|pair| pair.strip_prefix("after=")).expect("after");
    let after: u64 = after.parse().expect("a number");
    let more = Arc::clone(&state.lock().expect("state").reviewed);
    loop {
        let told = more.notified();
        let events: Vec<Value> = {
            let state = state.lock().expect("state");
            state
                .reviews
                .iter()
                .filter(|e| e["seq"].as_u64().is_none_or(|seq| seq > after))
                .cloned()
                .collect()
        };
        if let Some(last) = events.last() {
            let text = json!({"last": last["seq"], "events": events}).to_string();
            return answer(200, &[], &text);
        }
        told.await;
    }
}

fn handle(
    state: &mut State,
    parts: &http::request::Parts,
    body: &[u8],
    wrong_offset: bool,
) -> Response<Full<Bytes>> {
    let path = parts.uri.path();
    let offset = |data: &[u8]| ("upload-offset", data.len().to_string());
    let expires = state.expires.clone().map(|at| ("upload-expires", at));
    if parts.method == "OPTIONS" {
        let version = [("tus-version", "0.2.2,1.0.0".to_owned())];
        return answer(204, &version.into_iter().chain(state.offers.clone()).collect::<Vec<_>>(), "");
    }
    if path.starts_with("/files/") && parts.headers.get("tus-resumable").is_none() {
        return answer(412, &[], "");
    }
    match (parts.method.as_str(), path.strip_prefix("/v1/materials/")) {
        ("POST", None) => {
            state.made += 1;
            let path = format!("/files/u{}", state.made);
            let length = header(&parts.headers, "upload-length").unwrap_or(0);
            state.uploads.insert(path.clone(), (length, Vec::new()));
            // Another host on purpose: only the path may be used.
            let location = ("location", format!("https://other.example{path}"));
            answer(201, &[location].into_iter().chain(expires).collect::<Vec<_>>(), "")
        }
        ("HEAD", None) => match state.uploads.get(path) {
            Some((length, data)) => {
                let known = [offset(data), ("upload-length", length.to_string())];
                answer(200, &known.into_iter().chain(expires).collect::<Vec<_>>(), "")
            }
            None => answer(404, &[], ""),
        },
        ("PATCH", None) => match state.uploads.get(path) {
            Some(_) if wrong_offset => answer(409, &[], ""),
            Some((_, data)) => {
                answer(204, &[offset(data)].into_iter().chain(expires).collect::<Vec<_>>(), "")
            }
            None => answer(404, &[], ""),
        },
        ("GET", Some(id)) => match state.materials.get(id) {
            Some((receipt, _, _)) => answer(200, &[], &receipt.to_string()),
            None => answer(404, &[], ""),
        },
        ("PUT", Some(id)) => match id.strip_suffix("/service") {
            Some(id) => put_service(state, id, body),
            None => put(state, id, body),
        },
        _ => answer(400, &[], ""),
    }
}

/// Not how this kiosk would write it, on purpose.
pub(crate) const RECEIVED_AT: &str = "2026-11-23T01:02:03.50+00:00";

/// The custody code of a registration, worked out bit by bit.
fn custody_code(material: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let custody = &material["custody"];
    let mut lines = format!("onedoor-list-1\nprevious {}\n", text(&custody["previous"]));
    for page in custody["pages"].as_array().expect("pages") {
        lines += &format!("page {}\n", text(page));
    }
    lines += &format!("document {}\n", text(&material["sha256"]));
    let digest = Sha256::digest(lines.as_bytes());
    let bits: String = digest.iter().take(10).map(|byte| format!("{byte:08b}")).collect();
    let symbol = |bits: &[u8]| {
        let bits = std::str::from_utf8(bits).expect("bits");
        let value = usize::from_str_radix(bits, 2).expect("five bits");
        char::from(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[value])
    };
    bits.as_bytes().chunks(5).map(symbol).collect()
}

fn put(state: &mut State, id: &str, body: &[u8]) -> Response<Full<Bytes>> {
    let wanted: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some((receipt, told, _)) = state.materials.get_mut(id) {
        let same = receipt["sha256"] == wanted["sha256"];
        if same {
            *told = wanted;
        }
        return answer(if same { 200 } else { 409 }, &[], &receipt.to_string());
    }
    let Some((_, data)) = state.uploads.get(wanted["upload"].as_str().unwrap_or_default()) else {
        return answer(404, &[], "");
    };
    let digest = hex::encode(Sha256::digest(data));
    if wanted["sha256"] != digest || wanted["bytes"] != data.len() {
        return answer(422, &[], "");
    }
    let code = custody_code(&wanted);
    if wanted["custody"]["code"] != code {
        return answer(422, &[], "");
    }
    let mut receipt = json!({
        "material_id": id, "sha256": digest, "bytes": data.len(),
        "received_at": RECEIVED_AT,
    });
    if let Some(signer) = &state.signer {
        let visit = wanted["visit"].as_str().expect("a visit");
        let lines = format!("onedoor-custody-1\n{code}\n{visit}\n{id}\n{RECEIVED_AT}\n");
        receipt["custody"] = json!({"code": code, "signature": signer.sign(&lines)});
    }
    let text = receipt.to_string();
    state.materials.insert(id.to_owned(), (receipt, wanted.clone(), data.clone()));
    answer(200, &[], &text)
}

fn put_service(state: &mut State, id: &str, body: &[u8]) -> Response<Full<Bytes>> {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some((_, told, _)) = state.materials.get_mut(id) else { return answer(404, &[], "") };
    for field in ["items", "number"] {
        told[field] = said[field].clone();
    }
    answer(204, &[], "")
}

fn header(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

fn answer(status: u16, headers: &[(&'static str, String)], text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(text.as_bytes())));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response.headers_mut().insert("tus-resumable", "1.0.0".parse().expect("a value"));
    for (name, value) in headers {
        if value.is_empty() {
            response.headers_mut().remove(*name);
        } else {
            response.headers_mut().insert(*name, value.parse().expect("a value"));
        }
    }
    response
}

/// A server that reads a request's head over TLS, then sends `start` and after it `more` for ever,
/// if that is not empty; then keeps the connection open.
pub(crate) async fn serve_raw(
    tls: Arc<ServerConfig>,
    start: Vec<u8>,
    more: Vec<u8>,
) -> (SocketAddr, JoinHandle<Infallible>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        let mut open = JoinSet::new();
        loop {
            let (tcp, _) = listener.accept().await.expect("a connection");
            let (tls, start, more) = (tls_acceptor(&tls), start.clone(), more.clone());
            open.spawn(async move {
                let _ = talk(tcp, tls, &start, &more).await;
                std::future::pending::<()>().await;
            });
        }
    });
    (address, task)
}

async fn talk(tcp: TcpStream, tls: TlsAcceptor, start: &[u8], more: &[u8]) -> io::Result<()> {
    let mut stream = tls.accept(tcp).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    stream.write_all(start).await?;
    stream.flush().await?;
    while !more.is_empty() {
        stream.write_all(more).await?;
    }
    std::future::pending().await
}
