//! Entries for fuzzing: each runs one reader of a scanner's bytes, or a whole scan, on arbitrary bytes.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use link::record::Recording;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::capabilities::Capabilities;
use crate::endpoint::Endpoint;
use crate::events::StoredPage;
use crate::image_info::{ScanBufferInfo, ScanImageInfo};
use crate::jpeg::Look;
use crate::profile::Profile;
use crate::redact::{Follow, Kept, Redactor};
use crate::scanner::Scanner;
use crate::settings::{Color, Request, Size, Source, scan_settings, settle};
use crate::status::ScannerStatus;
use crate::wire::{Dial, Dialled, Wire};
use crate::xml::Element;

pub(crate) const SOURCES: [Source; 3] = [Source::Feeder, Source::FeederDuplex, Source::Flatbed];

/// `ScannerCapabilities`, and the settings that are made for such a scanner.
pub fn capabilities(data: &[u8]) {
    let Ok(caps) = Capabilities::parse(data) else { return };
    for source in SOURCES {
        for (color, size) in
            [(Color::Rgb24, Size::A4), (Color::Grayscale8, Size::Full), (Color::Rgb24, Size::Card)]
        {
            let request = Request { color, size, ..Request::new(source, "/") };
            let Ok(settled) = settle(&request, &caps, &Profile::named("canon")) else { continue };
            assert!((1..=300).contains(&settled.dpi), "{settled}");
            let xml = scan_settings(&settled, &caps).unwrap_or_default();
            assert!(Element::document(xml.as_bytes(), "ScanSettings").is_ok(), "{xml}");
        }
    }
}

/// `ScannerStatus`, and the fault it tells of; `ScanImageInfo` and `ScanBufferInfo`.
pub fn status(data: &[u8]) {
    if let Ok(status) = ScannerStatus::parse(data) {
        for (source, profile) in SOURCES.into_iter().flat_map(|s| Profile::shipped().map(move |p| (s, p))) {
            let words = status.fault(source, &profile, 3).map(|fault| fault.to_string()).unwrap_or_default();
            assert!(words.len() < 300 && !words.contains(char::is_control), "{words}");
        }
        let job = status.job(&Endpoint::local(), "/eSCL/ScanJobs/7");
        let _ = job.and_then(|job| job.fault());
    }
    let _ = (ScanImageInfo::parse(data), ScanBufferInfo::parse(data).map(|info| info.bytes()));
}

/// The form of a page.
pub fn jpeg(data: &[u8]) {
    let (first, second) = data.split_at(data.len() / 2);
    let (mut whole, mut halves) = (Look::default(), Look::default());
    let as_one = whole.over(data).and_then(|()| whole.end());
    let as_two = halves.over(first).and_then(|()| halves.over(second)).and_then(|()| halves.end());
    assert_eq!(as_one, as_two);
}

/// A profile file.
pub fn profile(data: &[u8]) {
    if let Ok(profile) = Profile::from_toml(&String::from_utf8_lossy(data)) {
        assert!(profile.max_pages <= 999 && profile.max_page_bytes <= 1 << 30);
    }
}

/// The `Location` of a job, and an address.
pub fn location(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for endpoint in [Some(Endpoint::local()), Endpoint::parse(&text).ok()].into_iter().flatten() {
        if let Some(path) = endpoint.job_path(&text) {
            assert!(path.starts_with('/') && !path.starts_with("//"), "{path}");
            assert!(path.bytes().all(|b| b.is_ascii_graphic()) && !path.contains("/../"), "{path}");
        }
    }
}

/// What is recorded of a connection: of the same length, whatever crosses it.
pub fn recorded(data: &[u8]) {
    let (first, second) = data.split_at(data.len() / 3);
    let mut redactor = Redactor::default();
    let mut kept = redactor.crossed(first);
    kept.extend(redactor.crossed(second));
    kept.extend(redactor.ended());
    let length = |part: &Kept| match part {
        Kept::Bytes(bytes) => bytes.len(),
        Kept::Zeros(count) => *count,
    };
    assert_eq!(kept.iter().map(length).sum::<usize>(), data.len());
}

/// A recording, played again.
pub fn replay(data: &[u8]) {
    if let Ok(recording) = Recording::parse(&String::from_utf8_lossy(data)) {
        let _ = crate::replay::replay(&recording);
    }
}

/// A whole scan. `data` is one answer after the other, each with its length in two bytes before it; an
/// answer is a byte for its kind, and its body.
pub fn job(data: &[u8]) {
    let (Some((choice, answers)), Ok(dir)) = (data.split_first(), tempfile::tempdir()) else { return };
    let source = SOURCES[usize::from(choice % 3)];
    let profile = Profile {
        first_page_tries: 3,
        later_page_tries: 2,
        post_tries: 2,
        max_pages: 3,
        max_page_bytes: 4096,
        by_model: choice & 0x80 != 0,
        ..Profile::default()
    };
    let script = Script(Mutex::new(split(answers)));
    let scanner = Scanner::over(Wire::Memory(Arc::new(script)), Endpoint::local(), profile);
    let request = Request::new(source, dir.path());
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return };
    let (events, _) = mpsc::channel(1);
    let pages = match runtime.block_on(scanner.scan(&request, events, CancellationToken::new())) {
        Ok(scanned) => scanned.pages,
        Err(error) => {
            let after = error.resume.map_or(0, |resume| resume.after_page);
            assert!(after as usize <= error.pages_stored.len(), "{error}");
            error.pages_stored
        }
    };
    check(&pages, dir.path());
}

/// Every page is there, whole, and nothing else is.
pub(crate) fn check(pages: &[StoredPage], dir: &Path) {
    for page in pages {
        let bytes = std::fs::read(&page.path).unwrap_or_default();
        let mut look = Look::default();
        assert!(look.over(&bytes).is_ok() && look.end().is_ok_and(|(_, trailer)| trailer == 0));
    }
    let files = std::fs::read_dir(dir).map_or(0, Iterator::count);
    assert_eq!(files, pages.len());
}

fn split(mut data: &[u8]) -> VecDeque<Vec<u8>> {
    const STATUSES: [u16; 8] = [200, 201, 404, 503, 409, 410, 500, 204];
    let mut answers = VecDeque::new();
    while let Some((length, rest)) = data.split_first_chunk::<2>() {
        let (answer, rest) = rest.split_at(rest.len().min(u16::from_be_bytes(*length).into()));
        data = rest;
        answers.push_back(match answer.split_first() {
            None => vec![],
            // As it is.
            Some((0, raw)) => raw.to_vec(),
            Some((kind, body)) => {
                let status = STATUSES[usize::from(kind % 8)];
                let length = body.len() + usize::from(kind >> 6);
                let mut answer = format!(
                    "HTTP/1.1 {status} -\r\nlocation: /eSCL/ScanJobs/7\r\ncontent-length: {length}\r\n\r\n"
                )
                .into_bytes();
                answer.extend(body);
                answer
            }
        });
    }
    answers
}

/// Answers from a script, one a connection.
struct Script(Mutex<VecDeque<Vec<u8>>>);

impl Dial for Script {
    fn dial(&self) -> Dialled {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
            Some(answer) => {
                Dialled::Stream(Box::new(Answer { rest: answer.into(), asked: false, waiting: None }))
            }
            None => Dialled::Refused(io::ErrorKind::ConnectionRefused.into()),
        }
    }

    fn note(&self, _: &str) {}
}

/// A connection that answers once it was asked, and ends.
pub(crate) struct Answer {
    rest: VecDeque<u8>,
    asked: bool,
    waiting: Option<Waker>,
}

impl Answer {
    /// One that says everything at once.
    pub(crate) fn unasked(bytes: Vec<u8>) -> Self {
        Self { rest: bytes.into(), asked: true, waiting: None }
    }
}

impl AsyncRead for Answer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.asked {
            self.waiting = Some(context.waker().clone());
            return Poll::Pending;
        }
        let count = self.rest.len().min(buf.remaining());
        let bytes: Vec<u8> = self.rest.drain(..count).collect();
        buf.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Answer {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.asked = true;
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::capabilities::tests::SAMPLE;
    use crate::jpeg::tests::jpeg as page;

    /// A script of a feeder scan that goes well: capabilities, job, page, no more, status.
    fn good() -> Vec<u8> {
        let idle = b"<ScannerStatus><State>Idle</State><AdfState>ScannerAdfEmpty</AdfState></ScannerStatus>";
        let page = page(2480, 3508, 300, 200);
        let mut script = vec![0];
        for (kind, body) in [(8, SAMPLE.as_bytes()), (9, b""), (8, &page), (10, b""), (8, idle), (8, idle)] {
            script.extend(u16::try_from(body.len() + 1).unwrap().to_be_bytes());
            script.push(kind);
            script.extend(body);
        }
        script
    }

    #[test]
    fn the_good_script_gives_a_page() {
        let script = Script(Mutex::new(split(&good()[1..])));
        let scanner = Scanner::over(Wire::Memory(Arc::new(script)), Endpoint::local(), Profile::default());
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let request = Request::new(Source::Feeder, dir.path());
        let (events, _) = mpsc::channel(1);
        let scanned = runtime.block_on(scanner.scan(&request, events, CancellationToken::new())).unwrap();
        check(&scanned.pages, dir.path());
        assert_eq!(scanned.pages.len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn entries_take_anything(data: Vec<u8>, at in 0usize..4_000, damage: u8) {
            for entry in [capabilities, status, jpeg, profile, location, recorded, job] {
                entry(&data);
            }
            let mut script = good();
            let at = at % script.len();
            script[at] = damage;
            job(&script);
            script.truncate(at);
            job(&script);
        }
    }
}
