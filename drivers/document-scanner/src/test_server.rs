//! A scanner for tests: an HTTP server that answers each kind of request from a script.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use crate::capabilities::tests::SAMPLE;
use crate::endpoint::Endpoint;

/// One scripted answer; the last of a script is given again and again.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A status and a body.
    Body(u16, Vec<u8>),
    /// 201 with this `Location`.
    Created(&'static str),
    /// 200 and this much of a body, then the connection is cut.
    Cut(Vec<u8>),
    /// 200 and the first bytes once, then the others for ever.
    Endless(Vec<u8>, Vec<u8>),
    /// 200 and these bytes, then silence on an open connection.
    Stalls(Vec<u8>),
}

type Scripts = HashMap<&'static str, VecDeque<Answer>>;

pub(crate) struct Server {
    pub(crate) endpoint: Endpoint,
    state: Arc<Mutex<State>>,
    _task: AbortOnDropHandle<()>,
}

struct State {
    scripts: Scripts,
    log: Vec<String>,
    bodies: Vec<String>,
}

impl Server {
    /// A healthy scanner except for the scripts given, by the last part of the path or `DELETE`.
    pub(crate) async fn start(scripts: &[(&'static str, &[Answer])]) -> Self {
        let mut all: Scripts = HashMap::new();
        let healthy = [
            ("ScannerCapabilities", Answer::Body(200, SAMPLE.into())),
            ("ScannerStatus", status("Idle", "Loaded")),
            ("ScanJobs", Answer::Created("http://unreachable.invalid:1/eSCL/ScanJobs/7")),
            ("DELETE", Answer::Body(200, vec![])),
        ];
        for (name, answer) in healthy {
            all.insert(name, [answer].into());
        }
        for (name, answers) in scripts {
            all.insert(name, answers.iter().cloned().collect());
        }
        let state = Arc::new(Mutex::new(State { scripts: all, log: vec![], bodies: vec![] }));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = AbortOnDropHandle::new(tokio::spawn(serve(listener, state.clone())));
        let endpoint = Endpoint::parse(&format!("http://127.0.0.1:{port}/eSCL")).unwrap();
        Self { endpoint, state, _task: task }
    }

    /// Requests so far, as `METHOD path`.
    pub(crate) fn log(&self) -> Vec<String> {
        self.state.lock().unwrap().log.clone()
    }

    /// How many requests so far end like this.
    pub(crate) fn count(&self, end: &str) -> usize {
        self.log().iter().filter(|line| line.ends_with(end)).count()
    }

    /// The bodies of the jobs posted so far.
    pub(crate) fn posted(&self) -> Vec<String> {
        self.state.lock().unwrap().bodies.clone()
    }
}

/// A `ScannerStatus` answer.
pub(crate) fn status(state: &str, adf: &str) -> Answer {
    let xml = format!(
        "<scan:ScannerStatus xmlns:scan='s' xmlns:pwg='p'><pwg:State>{state}</pwg:State>\
         <scan:AdfState>ScannerAdf{adf}</scan:AdfState></scan:ScannerStatus>"
    );
    Answer::Body(200, xml.into_bytes())
}

/// A `ScannerStatus` answer that also tells of the job.
pub(crate) fn status_of_job(state: &str, adf: &str, job: &str, reason: &str, completed: u32) -> Answer {
    let xml = format!(
        "<scan:ScannerStatus xmlns:scan='s' xmlns:pwg='p'><pwg:State>{state}</pwg:State>\
         <scan:AdfState>ScannerAdf{adf}</scan:AdfState><scan:Jobs><scan:JobInfo>\
         <pwg:JobUri>/eSCL/ScanJobs/7</pwg:JobUri><pwg:ImagesCompleted>{completed}</pwg:ImagesCompleted>\
         <pwg:JobState>{job}</pwg:JobState><pwg:JobStateReasons><pwg:JobStateReason>{reason}\
         </pwg:JobStateReason></pwg:JobStateReasons></scan:JobInfo></scan:Jobs></scan:ScannerStatus>"
    );
    Answer::Body(200, xml.into_bytes())
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let state = state.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, state.clone()));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

type Pieces = StreamBody<BoxStream<'static, io::Result<Frame<Bytes>>>>;

async fn answer(
    request: Request<Incoming>,
    state: Arc<Mutex<State>>,
) -> Result<Response<Pieces>, Infallible> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let answer = {
        let mut state = state.lock().unwrap();
        state.log.push(format!("{method} {path}"));
        if method == "POST" {
            state.bodies.push(String::from_utf8(body.to_vec()).unwrap());
        }
        let key = if method == "DELETE" { "DELETE" } else { path.rsplit('/').next().unwrap() };
        match state.scripts.get_mut(key) {
            Some(script) if script.len() > 1 => script.pop_front(),
            Some(script) => script.front().cloned(),
            None => None,
        }
    };
    let mut response = Response::builder();
    let pieces = match answer.unwrap_or(Answer::Body(404, vec![])) {
        Answer::Body(status, body) => {
            response = response.status(status).header(header::CONTENT_LENGTH, body.len());
            stream::iter([piece(body)]).boxed()
        }
        Answer::Created(location) => {
            response = response.status(201).header(header::LOCATION, location);
            stream::empty().boxed()
        }
        Answer::Cut(body) => stream::iter([piece(body), Err(io::Error::other("cut"))]).boxed(),
        Answer::Endless(start, body) => {
            stream::iter([piece(start)]).chain(stream::repeat_with(move || piece(body.clone()))).boxed()
        }
        Answer::Stalls(body) => stream::iter([piece(body)]).chain(stream::pending()).boxed(),
    };
    Ok(response.body(StreamBody::new(pieces)).unwrap())
}

fn piece(body: Vec<u8>) -> io::Result<Frame<Bytes>> {
    Ok(Frame::data(Bytes::from(body)))
}
