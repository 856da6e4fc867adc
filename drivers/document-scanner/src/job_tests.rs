//! Whole jobs against the scripted scanner.

use std::path::Path;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::capabilities::tests::SAMPLE;
use crate::error::{Fault, ScanError};
use crate::events::{Deviation, ScanEvent, Scanned};
use crate::profile::Profile;
use crate::scanner::Scanner;
use crate::settings::{Request, Source};
use crate::tally::Mismatch;
use crate::test_server::{Answer, Server, status, status_of_job};
use crate::word::Word;

const NO_MORE: Answer = Answer::Body(404, vec![]);
const NOT_READY: Answer = Answer::Body(503, vec![]);

/// Waits short enough for tests, long enough for a loaded machine.
fn quick() -> Profile {
    Profile {
        retry_wait_ms: 1,
        first_page_tries: 5,
        later_page_tries: 3,
        post_tries: 3,
        page_pause_max_ms: 0,
        ..Profile::default()
    }
}

fn jpeg(size: usize) -> Vec<u8> {
    crate::jpeg::tests::jpeg(2480, 3508, 300, size)
}

fn page(size: usize) -> Answer {
    Answer::Body(200, jpeg(size))
}

struct Outcome {
    result: Result<Scanned, ScanError>,
    events: Vec<ScanEvent>,
    files: Vec<String>,
}

impl Outcome {
    fn fault(&self) -> Fault {
        self.result.as_ref().unwrap_err().fault.clone()
    }
}

async fn scan(server: &Server, profile: Profile, source: Source) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let (sender, mut receiver) = mpsc::channel(64);
    let scanner = Scanner::new(server.endpoint.clone(), profile);
    let request = Request::new(source, dir.path());
    let result = scanner.scan(&request, sender, CancellationToken::new()).await;
    let mut events = vec![];
    while let Some(event) = receiver.recv().await {
        events.push(event);
    }
    Outcome { result, events, files: files(dir.path()) }
}

fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn two_pages_from_the_feeder() {
    let server = Server::start(&[("NextDocument", &[page(300_000), page(5_000), NO_MORE])]).await;
    let outcome = scan(&server, quick(), Source::Feeder).await;
    let pages = outcome.result.unwrap().pages;
    assert_eq!(pages.iter().map(|p| (p.page, p.bytes)).collect::<Vec<_>>(), [(1, 300_000), (2, 5_000)]);
    assert_eq!(outcome.files, ["page-001.jpg", "page-002.jpg"]);
    assert!(matches!(outcome.events.first(), Some(ScanEvent::Started(settled)) if settled.dpi == 300));
    assert_eq!(outcome.events.last(), Some(&ScanEvent::Finished { pages: 2 }));
    let stored: Vec<_> = outcome
        .events
        .iter()
        .filter_map(|e| if let ScanEvent::PageStored(p) = e { Some(p.clone()) } else { None })
        .collect();
    assert_eq!(stored, pages);
    let arriving = |e: &ScanEvent| matches!(e, ScanEvent::PageArriving { page: 1, .. });
    assert!(outcome.events.iter().filter(|e| arriving(e)).count() >= 2);
    assert_eq!(server.count("/eSCL/ScanJobs/7/NextDocument"), 3);
    assert_eq!(server.count("DELETE /eSCL/ScanJobs/7"), 0);
    assert!(server.posted()[0].contains("<pwg:Version>2.63</pwg:Version>"));
}

#[tokio::test]
async fn one_page_from_the_glass_and_the_job_is_closed() {
    let server = Server::start(&[("NextDocument", &[page(400)])]).await;
    let outcome = scan(&server, quick(), Source::Flatbed).await;
    assert_eq!(outcome.result.unwrap().pages.len(), 1);
    assert_eq!(server.count("NextDocument"), 1);
    assert_eq!(server.count("DELETE /eSCL/ScanJobs/7"), 1);
}

#[tokio::test]
async fn one_page_from_the_feeder_and_the_job_is_taken_back() {
    let server = Server::start(&[("NextDocument", &[page(400), page(400), NO_MORE])]).await;
    let dir = tempfile::tempdir().unwrap();
    let (sender, _) = mpsc::channel(1);
    let request = Request { first_page: 4, one_page: true, ..Request::new(Source::Feeder, dir.path()) };
    let scanner = Scanner::new(server.endpoint.clone(), quick());
    let pages = scanner.scan(&request, sender, CancellationToken::new()).await.unwrap().pages;
    assert_eq!((pages.len(), files(dir.path())), (1, vec!["page-004.jpg".to_owned()]));
    assert_eq!(server.count("NextDocument"), 1);
    assert_eq!(server.count("DELETE /eSCL/ScanJobs/7"), 1);
}

#[tokio::test]
async fn later_scans_count_on() {
    let server = Server::start(&[("NextDocument", &[page(400), NO_MORE])]).await;
    let dir = tempfile::tempdir().unwrap();
    let (sender, _) = mpsc::channel(1);
    let request = Request { first_page: 12, ..Request::new(Source::Feeder, dir.path()) };
    let scanner = Scanner::new(server.endpoint.clone(), quick());
    let pages = scanner.scan(&request, sender, CancellationToken::new()).await.unwrap().pages;
    assert_eq!(pages[0].page, 12);
    assert_eq!(files(dir.path()), ["page-012.jpg"]);
}

#[tokio::test]
async fn a_jam_keeps_the_pages_before_it() {
    // Scanners answer a jam in different ways; the status tells the cause each time.
    for answer in [Answer::Body(409, vec![]), NOT_READY, NO_MORE, Answer::Cut(jpeg(900)[..500].into())] {
        let server = Server::start(&[
            ("NextDocument", &[page(400), answer]),
            ("ScannerStatus", &[status("Stopped", "Jam")]),
        ])
        .await;
        let outcome = scan(&server, quick(), Source::Feeder).await;
        assert_eq!(outcome.fault(), Fault::Jam { after_page: 1 });
        assert_eq!(outcome.result.unwrap_err().pages_stored.len(), 1);
        assert_eq!(outcome.files, ["page-001.jpg"]);
        assert_eq!(server.count("DELETE /eSCL/ScanJobs/7"), 1);
    }
}

#[tokio::test]
async fn not_ready_twice_then_a_page() {
    let server = Server::start(&[
        ("NextDocument", &[NOT_READY, NOT_READY, page(400), NO_MORE]),
        // "Empty" right after a 503 is not to be believed.
        ("ScannerStatus", &[status("Processing", "Empty")]),
    ])
    .await;
    let outcome = scan(&server, quick(), Source::Feeder).await;
    assert_eq!(outcome.result.unwrap().pages.len(), 1);
}

#[tokio::test]
async fn never_ready() {
    let server = Server::start(&[("NextDocument", &[page(400), NOT_READY])]).await;
    let outcome = scan(&server, quick(), Source::Feeder).await;
    assert_eq!(outcome.fault(), Fault::TimedOut { waiting_for: "the next page" });
    assert_eq!(server.count("NextDocument"), 1 + 3);
    assert_eq!(outcome.files, ["page-001.jpg"]);
}

#[tokio::test]
async fn an_empty_feeder() {
    let scripts: [&[(&str, &[Answer])]; 4] = [
        &[("ScanJobs", &[Answer::Body(409, vec![])]), ("ScannerStatus", &[status("Idle", "Empty")])],
        &[("ScanJobs", &[NOT_READY]), ("ScannerStatus", &[status("Idle", "Empty")])],
        &[("NextDocument", &[NO_MORE]), ("ScannerStatus", &[status("Idle", "Empty")])],
        &[("NextDocument", &[NOT_READY]), ("ScannerStatus", &[status("Idle", "Empty")])],
    ];
    for script in scripts {
        let server = Server::start(script).await;
        assert_eq!(scan(&server, quick(), Source::Feeder).await.fault(), Fault::FeederEmpty);
    }
}

#[tokio::test]
async fn a_refused_job_says_why() {
    for (code, state, adf, fault) in [
        (409, "Idle", "Loaded", Fault::Refused),
        (409, "Idle", "Jam", Fault::Jam { after_page: 0 }),
        (409, "Idle", "HatchOpen", Fault::HatchOpen),
        (409, "Processing", "Loaded", Fault::Busy),
        (503, "Idle", "Loaded", Fault::Busy),
        (503, "Processing", "Processing", Fault::Busy),
        (503, "Idle", "MultipickDetected", Fault::Multipick),
        (500, "Down", "Loaded", Fault::OutOfService),
        (503, "Testing", "Loaded", Fault::SelfTest),
        (409, "Idle", "OnFire", Fault::FeederUnknown { state: Word::new("OnFire") }),
        (400, "Idle", "Loaded", Fault::protocol("the job was answered with 400 Bad Request")),
        (201, "Idle", "Loaded", Fault::protocol("the new job has no usable address")),
    ] {
        let server = Server::start(&[
            ("ScanJobs", &[Answer::Body(code, vec![])]),
            ("ScannerStatus", &[status(state, adf)]),
        ])
        .await;
        let outcome = scan(&server, quick(), Source::Feeder).await;
        assert_eq!(outcome.fault(), fault, "{code} {state} {adf}");
        let waits = matches!(fault, Fault::Busy | Fault::SelfTest) && code == 503;
        assert_eq!(server.count("ScanJobs"), if waits { 3 } else { 1 });
        assert!(outcome.files.is_empty() && outcome.events.is_empty());
    }
}

#[tokio::test]
async fn a_busy_scanner_may_become_free() {
    let server = Server::start(&[
        ("ScanJobs", &[NOT_READY, Answer::Created("ScanJobs/7")]),
        ("NextDocument", &[page(400), NO_MORE]),
    ])
    .await;
    assert!(scan(&server, quick(), Source::Feeder).await.result.is_ok());
}

#[tokio::test]
async fn damaged_pages_are_not_kept() {
    let cut = Answer::Cut(jpeg(900)[..500].into());
    let endless = Answer::Endless(jpeg(4_000)[..3_000].into(), vec![0x55; 3_000]);
    for (answer, wanted) in [
        (cut, "the connection broke in the middle of page 2"),
        (endless, "larger than 65536 bytes"),
        (Answer::Body(200, b"<html>no</html>".into()), "does not begin like a JPEG"),
        (Answer::Body(200, jpeg(900)[..500].into()), "ends before the end"),
        (Answer::Body(200, vec![]), "ends before the end"),
        (Answer::Body(200, [jpeg(200), vec![7; 200]].concat()), "goes on after the end"),
    ] {
        let server = Server::start(&[("NextDocument", &[page(400), answer])]).await;
        let profile = Profile { max_page_bytes: 65_536, ..quick() };
        let outcome = scan(&server, profile, Source::Feeder).await;
        let error = outcome.result.unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert_eq!(error.pages_stored.len(), 1);
        assert_eq!(outcome.files, ["page-001.jpg"], "{wanted}");
    }
}

#[tokio::test]
async fn silence_in_mid_page_ends() {
    let server = Server::start(&[("NextDocument", &[Answer::Stalls(jpeg(900)[..500].into())])]).await;
    let outcome = scan(&server, Profile { chunk_ms: 50, ..quick() }, Source::Feeder).await;
    assert_eq!(outcome.fault(), Fault::TimedOut { waiting_for: "the rest of a response" });
    assert!(outcome.files.is_empty());
    assert_eq!(server.count("DELETE /eSCL/ScanJobs/7"), 1);
}

#[tokio::test]
async fn a_trickle_ends_too() {
    // The pieces come steadily, so only the bound on the whole page ends it.
    let server =
        Server::start(&[("NextDocument", &[Answer::Endless(jpeg(900)[..500].into(), vec![0x55])])]).await;
    let profile = Profile { page_ms: 50, max_page_bytes: 1 << 30, ..quick() };
    let outcome = scan(&server, profile, Source::Feeder).await;
    assert_eq!(outcome.fault(), Fault::TimedOut { waiting_for: "the rest of a response" });
}

#[tokio::test]
async fn too_many_pages() {
    let server = Server::start(&[("NextDocument", &[page(400)])]).await;
    let outcome = scan(&server, Profile { max_pages: 3, ..quick() }, Source::Feeder).await;
    assert_eq!(outcome.fault(), Fault::TooManyPages { limit: 3 });
    assert_eq!(outcome.files.len(), 3);
}

#[tokio::test]
async fn an_aborted_job_is_no_end() {
    // 404 is also how the last page is answered: only the job's own state tells the two apart.
    for (job, reason, result) in [
        ("Completed", "JobCompletedSuccessfully", None),
        ("Aborted", "AbortedBySystem", Some("the scanner aborted the job: the scanner gave it up")),
        ("Canceled", "JobCanceledAtDevice", Some("someone cancelled it at the scanner's panel")),
    ] {
        let server = Server::start(&[
            ("NextDocument", &[page(400), NO_MORE]),
            ("ScannerStatus", &[status_of_job("Idle", "Empty", job, reason, 1)]),
        ])
        .await;
        let outcome = scan(&server, quick(), Source::Feeder).await;
        let error = outcome.result.err().map(|error| error.to_string());
        match result {
            None => assert_eq!(error, None),
            Some(words) => assert!(error.as_ref().unwrap().contains(words), "{error:?}"),
        }
        assert_eq!(outcome.files, ["page-001.jpg"]);
    }
}

#[tokio::test]
async fn an_image_that_never_came_is_noticed() {
    let server = Server::start(&[
        ("NextDocument", &[page(400), page(500), NO_MORE]),
        ("ScannerStatus", &[status_of_job("Idle", "Empty", "Completed", "JobCompletedSuccessfully", 3)]),
    ])
    .await;
    let tally = scan(&server, quick(), Source::Feeder).await.result.unwrap().tally;
    assert_eq!((tally.sheets, tally.pages_stored), (Some(3), 2));
    assert_eq!(tally.mismatch, Some(Mismatch::NeverTransferred { images: 1 }));
}

#[tokio::test]
async fn what_was_not_asked_for_is_said() {
    let coarse = Answer::Body(200, crate::jpeg::tests::jpeg(1240, 1754, 300, 400));
    let server = Server::start(&[("NextDocument", &[coarse, NO_MORE])]).await;
    let dir = tempfile::tempdir().unwrap();
    let (sender, _) = mpsc::channel(1);
    let request = Request { dpi: 600, ..Request::new(Source::Feeder, dir.path()) };
    let scanner = Scanner::new(server.endpoint.clone(), quick());
    let scanned = scanner.scan(&request, sender, CancellationToken::new()).await.unwrap();
    assert_eq!(
        scanned.deviations,
        [
            Deviation::Resolution { wanted: 600, settled: 300 },
            Deviation::Delivered { page: 1, settled: 300, delivered: 150 }
        ]
    );
    assert!(server.posted()[0].contains("<scan:XResolution>300<"));
}

#[tokio::test]
async fn the_length_of_a_page_is_asked_for_when_the_file_does_not_say() {
    let unknown = Answer::Body(200, crate::jpeg::tests::jpeg(2480, 0, 300, 400));
    let info =
        "<ScanImageInfo><ActualWidth>2480</ActualWidth><ActualHeight>3000</ActualHeight></ScanImageInfo>";
    let server = Server::start(&[
        ("NextDocument", &[unknown, page(400), NO_MORE]),
        ("ScanImageInfo", &[Answer::Body(200, info.into())]),
    ])
    .await;
    let pages = scan(&server, quick(), Source::Feeder).await.result.unwrap().pages;
    assert_eq!(pages.iter().map(|p| p.image.height).collect::<Vec<_>>(), [Some(3000), Some(3508)]);
    assert_eq!(server.count("ScanImageInfo"), 1);
}

#[tokio::test]
async fn a_profile_is_chosen_by_what_the_scanner_says_of_itself() {
    let kyocera = SAMPLE.replace("Lobby A4", "Kyocera ECOSYS");
    let server = Server::start(&[
        ("ScannerCapabilities", &[Answer::Body(200, kyocera.into())]),
        ("ScanJobs", &[Answer::Body(409, vec![])]),
        ("ScannerStatus", &[status("Processing", "Processing")]),
    ])
    .await;
    let auto = scan(&server, Profile::named("auto"), Source::Feeder).await;
    assert_eq!(auto.fault(), Fault::FeederEmpty);
    assert!(auto.result.unwrap_err().device.starts_with("kyocera at"));
    assert_eq!(scan(&server, quick(), Source::Feeder).await.fault(), Fault::Busy);
    let scanner = Scanner::new(server.endpoint.clone(), Profile::named("kyocera"));
    assert_eq!(scanner.obstacle(Source::Feeder).await.unwrap(), Some(Fault::FeederEmpty));
    assert_eq!(scanner.obstacle(Source::Flatbed).await.unwrap(), Some(Fault::Busy));
}

#[tokio::test]
async fn an_estimate() {
    let info =
        "<ScanBufferInfo><ImageWidth>4960</ImageWidth><ImageHeight>7016</ImageHeight></ScanBufferInfo>";
    for (answer, size) in
        [(Answer::Body(200, info.into()), Some(4960)), (NO_MORE, None), (Answer::Body(405, vec![]), None)]
    {
        let server = Server::start(&[("ScanBufferInfo", &[answer])]).await;
        let scanner = Scanner::new(server.endpoint.clone(), quick());
        let estimate = scanner.estimate(&Request::new(Source::Feeder, "/x")).await.unwrap();
        assert_eq!(estimate.map(|e| e.width), size);
        assert_eq!(server.count("PUT /eSCL/ScanBufferInfo"), 1);
    }
}

#[tokio::test]
async fn quirk_404_and_410_mean_again() {
    let script = [NO_MORE, Answer::Body(410, vec![]), page(400), NO_MORE];
    let server = Server::start(&[("NextDocument", &script)]).await;
    let profile = Profile { retry_statuses: vec![503, 404, 410], ..quick() };
    let outcome = scan(&server, profile, Source::Feeder).await;
    assert_eq!(outcome.result.unwrap().pages.len(), 1);
    assert_eq!(server.count("NextDocument"), 3 + 3);
}

#[tokio::test]
async fn quirk_jam_means_empty() {
    let server = Server::start(&[
        ("NextDocument", &[page(400), NO_MORE]),
        ("ScannerStatus", &[status("Idle", "Jam")]),
    ])
    .await;
    let profile = Profile { jam_means_empty: true, ..quick() };
    assert_eq!(scan(&server, profile, Source::Feeder).await.result.unwrap().pages.len(), 1);
}

#[tokio::test]
async fn garbage_instead_of_documents() {
    let huge = vec![b'x'; 300 * 1024];
    for (name, answer, wanted) in [
        ("ScannerCapabilities", Answer::Body(200, b"\x00\xFFgarbage".into()), "malformed"),
        ("ScannerCapabilities", Answer::Body(200, b"<ScannerStatus/>".into()), "expected"),
        ("ScannerCapabilities", Answer::Body(200, huge), "larger than"),
        ("ScannerCapabilities", Answer::Endless(vec![], b"<a>".into()), "larger than"),
        ("ScannerCapabilities", Answer::Body(500, vec![]), "500"),
    ] {
        let server = Server::start(&[(name, &[answer])]).await;
        let error = scan(&server, quick(), Source::Feeder).await.result.unwrap_err();
        assert!(matches!(error.fault, Fault::Protocol { .. }), "{error}");
        assert!(error.to_string().contains(wanted), "{error}");
    }
    // A status that cannot be read must not hide the first cause.
    let garbage = Answer::Body(200, b"<<<".into());
    let refused = Answer::Body(409, vec![]);
    let server = Server::start(&[("ScanJobs", &[refused]), ("ScannerStatus", &[garbage])]).await;
    assert_eq!(scan(&server, quick(), Source::Feeder).await.fault(), Fault::Refused);
}

#[tokio::test]
async fn no_scanner_there() {
    let endpoint = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        crate::Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap()
    };
    let error = Scanner::new(endpoint, quick()).status().await.unwrap_err();
    assert!(matches!(error.fault, Fault::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("check the scanner's power and cable"), "{error}");
}

#[tokio::test]
async fn not_even_http() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let noise = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let endless_head = b"HTTP/1.1 200 OK\r\nX: ".iter().chain(&[b'x'; 100_000]).copied();
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &endless_head.collect::<Vec<_>>()).await;
    });
    let endpoint = crate::Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let error = Scanner::new(endpoint, quick()).status().await.unwrap_err();
    assert!(matches!(error.fault, Fault::Protocol { .. }), "{error}");
    noise.await.unwrap();
}

#[tokio::test]
async fn cancelling_in_mid_page_takes_the_job_back() {
    let server =
        Server::start(&[("NextDocument", &[page(400), Answer::Stalls(jpeg(900)[..500].into())])]).await;
    let dir = tempfile::tempdir().unwrap();
    let (sender, mut receiver) = mpsc::channel(8);
    let cancel = CancellationToken::new();
    let scanner = Scanner::new(server.endpoint.clone(), quick());
    let request = Request::new(Source::Feeder, dir.path());
    let watching = async {
        while let Some(event) = receiver.recv().await {
            if matches!(event, ScanEvent::PageArriving { page: 2, .. }) {
                cancel.cancel();
            }
        }
    };
    let (result, ()) = tokio::join!(scanner.scan(&request, sender, cancel.clone()), watching);
    let error = result.unwrap_err();
    assert_eq!((error.fault, error.pages_stored.len()), (Fault::Cancelled, 1));
    assert_eq!(files(dir.path()), ["page-001.jpg"]);
    assert_eq!(server.count("DELETE /eSCL/ScanJobs/7"), 1);
}

#[tokio::test]
async fn cancelled_before_it_began() {
    let server = Server::start(&[]).await;
    let dir = tempfile::tempdir().unwrap();
    let (sender, _) = mpsc::channel(8);
    let cancel = CancellationToken::new();
    cancel.cancel();
    let request = Request::new(Source::Feeder, dir.path());
    let result = Scanner::new(server.endpoint.clone(), quick()).scan(&request, sender, cancel).await;
    assert_eq!(result.unwrap_err().fault, Fault::Cancelled);
    assert!(server.log().is_empty());
}
