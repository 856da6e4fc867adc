use super::*;
use crate::papers::{self, Paper};
use crate::testing::{Answer, Curl, folder, until};
use settings::{PWG, SCAN};
use std::process::Stdio;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

fn quick() -> ScannerOptions {
    ScannerOptions { page: Duration::from_millis(20), ..ScannerOptions::default() }
}

/// A small JPEG of one colour, to tell papers apart by their bytes.
fn paper(dir: &Path, name: &str, grey: u8) -> PathBuf {
    let path = dir.join(name);
    let pixels = vec![grey; 100 * 140 * 3];
    let image = turbojpeg::Image {
        pixels: pixels.as_slice(),
        width: 100,
        pitch: 300,
        height: 140,
        format: turbojpeg::PixelFormat::RGB,
    };
    let jpeg = turbojpeg::compress(image, 80, turbojpeg::Subsamp::None).expect("a JPEG");
    std::fs::write(&path, &jpeg).expect("the paper");
    path
}

fn order(source: &str, more: &str) -> String {
    format!(
        r#"<scan:ScanSettings xmlns:scan="{SCAN}" xmlns:pwg="{PWG}"><pwg:Version>2.63</pwg:Version><pwg:InputSource>{source}</pwg:InputSource><scan:ColorMode>RGB24</scan:ColorMode><scan:XResolution>75</scan:XResolution><scan:YResolution>75</scan:YResolution>{more}</scan:ScanSettings>"#
    )
}

async fn post(scanner: &Scanner, body: &str) -> Answer {
    let url = format!("{}/ScanJobs", scanner.url());
    Curl::plain().call(&url, &["--data-binary", "@-"], body.as_bytes()).await
}

async fn begin(scanner: &Scanner, source: &str, more: &str) -> String {
    let answer = post(scanner, &order(source, more)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let location = answer.header("location").to_owned();
    assert!(location.starts_with(&scanner.url()), "{location}");
    location
}

async fn next(job: &str) -> Answer {
    Curl::plain().get(&format!("{job}/NextDocument")).await
}

async fn status(scanner: &Scanner) -> String {
    Curl::plain().get(&format!("{}/ScannerStatus", scanner.url())).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feeder_job_runs_from_settings_to_the_last_page() {
    let dir = folder();
    let scanner = Scanner::start(quick()).await.expect("a scanner");
    let papers = [paper(dir.path(), "a.jpg", 10), paper(dir.path(), "b.jpg", 200)];
    scanner.load_feeder(&papers).expect("paper");
    assert!(status(&scanner).await.contains("ScannerAdfLoaded"));
    let job = begin(&scanner, "Feeder", "").await;
    assert_eq!(post(&scanner, &order("Platen", "")).await.status, 503);
    assert_eq!(Curl::plain().get(&format!("{job}/ScanImageInfo")).await.status, 404);
    for path in &papers {
        let page = next(&job).await;
        assert_eq!((page.status, page.header("content-type")), (200, "image/jpeg"));
        assert_eq!(page.header("transfer-encoding"), "chunked");
        assert_eq!(page.bytes, std::fs::read(path).expect("the paper"));
    }
    let info = Curl::plain().get(&format!("{job}/ScanImageInfo")).await;
    assert!(info.body.contains("<scan:ActualWidth>100</scan:ActualWidth>"), "{}", info.body);
    assert_eq!(next(&job).await.status, 404);
    let text = status(&scanner).await;
    assert!(text.contains("<pwg:JobState>Completed</pwg:JobState>"), "{text}");
    assert!(text.contains("<pwg:ImagesCompleted>2</pwg:ImagesCompleted>"), "{text}");
    let deleted = Curl::plain().call(&job, &["--request", "DELETE"], b"").await;
    assert_eq!(deleted.status, 200);
    let unknown = format!("{}/ScanJobs/none", scanner.url());
    assert_eq!(Curl::plain().call(&unknown, &["--request", "DELETE"], b"").await.status, 404);
    assert_eq!(scanner.state()["images_delivered"], 2);
    scanner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_their_status() {
    let scanner = Scanner::start(quick()).await.expect("a scanner");
    for (body, expected) in [
        ("not XML".to_owned(), 400),
        (order("Platen", "<scan:Duplex>true</scan:Duplex>"), 409),
        (order("Feeder", ""), 409),
        (" ".repeat(settings::MOST_XML + 1), 400),
    ] {
        assert_eq!(post(&scanner, &body).await.status, expected, "{body}");
    }
    assert_eq!(Curl::plain().get(&format!("{}/Nothing", scanner.url())).await.status, 404);
    let text = dir_with_text();
    assert!(matches!(scanner.load_feeder([text.path().join("letter.txt")]), Err(ScannerError::Paper(_))));
    assert!(scanner.load_flatbed(Some(Path::new("/nowhere/page.png"))).is_err());
    let many = vec![Sheet::from("page.jpg"); 51];
    assert!(matches!(scanner.load_feeder(many), Err(ScannerError::TooManySheets(51))));
    scanner.stop().await;
}

fn dir_with_text() -> tempfile::TempDir {
    let dir = folder();
    std::fs::write(dir.path().join("letter.txt"), "a letter").expect("a text");
    dir
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jam_is_answered_as_told_and_cleared_by_reloading() {
    let dir = folder();
    let scanner = Scanner::start(quick()).await.expect("a scanner");
    let papers = [paper(dir.path(), "a.jpg", 10), paper(dir.path(), "b.jpg", 200)];
    for (answer, code) in [(TroubleAnswer::Unavailable, 503), (TroubleAnswer::Conflict, 409)] {
        scanner.set_options(ScannerOptions { trouble: answer, ..quick() });
        scanner.load_feeder(&papers).expect("paper");
        scanner.jam_at(Some(2));
        let job = begin(&scanner, "Feeder", "").await;
        assert_eq!(next(&job).await.status, 200);
        assert_eq!(next(&job).await.status, code);
        assert_eq!(next(&job).await.status, code);
        let text = status(&scanner).await;
        assert!(text.contains("ScannerAdfJam") && text.contains("Aborted"), "{text}");
        assert_eq!(post(&scanner, &order("Feeder", "")).await.status, 409);
    }
    scanner.jam_at(None);
    assert_eq!(scanner.state()["adf"], "ScannerAdfLoaded");
    scanner.hatch(true);
    assert_eq!(scanner.state()["adf"], "ScannerAdfHatchOpen");
    assert_eq!(post(&scanner, &order("Feeder", "")).await.status, 409);
    scanner.hatch(false);
    scanner.empty_feeder();
    assert_eq!(scanner.state()["adf"], "ScannerAdfEmpty");
    scanner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_breaks_off_in_the_middle() {
    let scanner = Scanner::start(quick()).await.expect("a scanner");
    scanner.cut_at(Some(1));
    scanner.not_ready(1);
    let job = begin(&scanner, "Platen", "").await;
    assert_eq!(next(&job).await.status, 503);
    let page = next(&job).await;
    assert_eq!(page.status, 200);
    assert_ne!(page.exit, 0, "curl notices");
    assert!(page.bytes.starts_with(&[0xFF, 0xD8]), "half a page came");
    until(scanner.changes(), || scanner.state()["job"]["state"] == "Aborted").await;
    let job = begin(&scanner, "Platen", "").await;
    assert_eq!(next(&job).await.exit, 0, "cut only once");
    scanner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_in_mid_page_aborts_the_job() {
    let scanner =
        Scanner::start(ScannerOptions { page: Duration::from_secs(60), ..quick() }).await.expect("a scanner");
    let job = begin(&scanner, "Platen", "").await;
    let asking = tokio::spawn(async move { next(&job).await });
    until(scanner.changes(), || scanner.state()["job"]["transferring"] == true).await;
    // Dropping the call ends curl, and with it the connection.
    asking.abort();
    until(scanner.changes(), || scanner.state()["job"]["state"] == "Aborted").await;
    scanner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn power_off_refuses_and_power_on_is_the_same_port() {
    let scanner =
        Scanner::start(ScannerOptions { page: Duration::from_secs(60), ..quick() }).await.expect("a scanner");
    let job = begin(&scanner, "Platen", "").await;
    let waiting = tokio::spawn(async move { next(&job).await });
    until(scanner.changes(), || scanner.state()["job"]["transferring"] == true).await;
    let begun = Instant::now();
    scanner.power(false).await.expect("off");
    scanner.power(false).await.expect("off already");
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_ne!(waiting.await.expect("curl ends").exit, 0);
    let url = format!("{}/ScannerStatus", scanner.url());
    assert_eq!(Curl::plain().get(&url).await.exit, 7, "connection refused");
    assert_eq!(scanner.state()["powered"], false);
    scanner.power(true).await.expect("on");
    scanner.power(true).await.expect("on already");
    assert_eq!(Curl::plain().get(&url).await.status, 200);
    let address = scanner.address();
    drop(scanner);
    assert!(ports::bind_again(address.port()).await.is_ok(), "it ends with its last handle");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_come_at_the_feeders_pace() {
    let dir = folder();
    let scanner = Scanner::start(ScannerOptions {
        page: Duration::from_millis(120),
        location_host: Some("elsewhere:1".to_owned()),
        ..quick()
    })
    .await
    .expect("a scanner");
    scanner.load_feeder([paper(dir.path(), "a.jpg", 10)]).expect("paper");
    let location = post(&scanner, &order("Feeder", "")).await.header("location").to_owned();
    let path = location.strip_prefix("http://elsewhere:1/eSCL").expect("the wrong host");
    let begun = Instant::now();
    assert_eq!(next(&format!("{}{path}", scanner.url())).await.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(120));
    scanner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spoilt_images_come_whole_over_the_wire() {
    let dir = folder();
    let scanner = Scanner::start(quick()).await.expect("a scanner");
    let papers = [paper(dir.path(), "a.jpg", 10), paper(dir.path(), "b.jpg", 200)];
    let good = std::fs::read(&papers[1]).expect("the paper");
    for (damage, length, begins_well) in
        [(Damage::Truncated, good.len() / 2, true), (Damage::Garbled, good.len(), false)]
    {
        scanner.load_feeder(&papers).expect("paper");
        scanner.damage_at(Some((2, damage)));
        let job = begin(&scanner, "Feeder", "").await;
        assert_eq!(next(&job).await.bytes, std::fs::read(&papers[0]).expect("the paper"));
        let page = next(&job).await;
        assert_eq!((page.status, page.exit, page.bytes.len()), (200, 0, length));
        assert_eq!(good.starts_with(&page.bytes), begins_well, "{damage:?}");
        assert!(turbojpeg::decompress(&page.bytes, turbojpeg::PixelFormat::RGB).is_err(), "{damage:?}");
        assert_eq!(next(&job).await.status, 404, "the sheet is through");
    }
    scanner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_said_of_a_scanner_is_on_the_wire() {
    let dir = folder();
    let page = paper(dir.path(), "a.jpg", 10);
    let scanner = Scanner::start(quick()).await.expect("a scanner");
    scanner.load_feeder([&page]).expect("paper");
    for trouble in Trouble::ALL {
        scanner.load_feeder([&page]).expect("paper");
        scanner.trouble_at(trouble, Some(1));
        let job = begin(&scanner, "Feeder", "<scan:Duplex>true</scan:Duplex>").await;
        assert_eq!(next(&job).await.status, 503);
        assert!(status(&scanner).await.contains(trouble.adf_state()), "{trouble:?}");
        scanner.trouble_at(trouble, None);
        assert_eq!(scanner.state()["adf"], "ScannerAdfLoaded", "{trouble:?}");
    }
    for (condition, word) in
        [(Condition::Testing, "Testing"), (Condition::Stopped, "Stopped"), (Condition::Down, "Down")]
    {
        scanner.condition(condition);
        assert!(status(&scanner).await.contains(&format!("<pwg:State>{word}</pwg:State>")));
        assert_eq!(post(&scanner, &order("Feeder", "")).await.status, 503);
    }
    scanner.condition(Condition::Ready);
    scanner.busy(1);
    scanner.refuse(1);
    for expected in [503, 409, 201] {
        assert_eq!(post(&scanner, &order("Feeder", "")).await.status, expected);
    }
    scanner.cancel_at_panel();
    let text = status(&scanner).await;
    assert!(text.contains("Canceled") && text.contains("JobCanceledAtDevice"), "{text}");
    scanner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_models_are_other_on_the_wire() {
    let scanner = Scanner::start(quick()).await.expect("a scanner");
    let quirks = Quirks {
        make_and_model: Some("Canon MF".to_owned()),
        delivers_at_most: Some(75),
        not_ready: NotReady::Gone,
        miscount: 2,
        ..Quirks::default()
    };
    scanner.set_quirks(quirks);
    scanner.not_ready(1);
    let url = format!("{}/ScannerCapabilities", scanner.url());
    assert!(Curl::plain().get(&url).await.body.contains("<pwg:MakeAndModel>Canon MF<"));
    let finer = order("Platen", "").replace(">75<", ">150<");
    let job = post(&scanner, &finer).await.header("location").to_owned();
    assert_eq!(next(&job).await.status, 410);
    let page = next(&job).await;
    let header = turbojpeg::read_header(&page.bytes).expect("a JPEG");
    assert_eq!((header.width, header.height), (620, 877), "half of what was asked for");
    assert!(status(&scanner).await.contains("<pwg:ImagesCompleted>3<"));
    let info = Curl::plain().get(&format!("{job}/ScanImageInfo")).await.body;
    assert!(info.contains("<scan:BlankPageDetected>true<"), "{info}");

    let url = format!("{}/ScanBufferInfo", scanner.url());
    let put = ["--request", "PUT", "--data-binary", "@-"];
    let estimate = Curl::plain().call(&url, &put, finer.as_bytes()).await;
    assert!(estimate.body.contains("<scan:ImageWidth>1240<"), "{}", estimate.body);
    assert!(estimate.body.contains("<scan:BytesPerLine>3720<"), "{}", estimate.body);

    scanner.set_quirks(Quirks { host: HostRule::Localhost, ..Quirks::default() });
    let url = format!("{}/ScannerStatus", scanner.url());
    assert_eq!(Curl::plain().get(&url).await.status, 400);
    assert_eq!(Curl::plain().call(&url, &["--header", "Host: localhost"], b"").await.status, 200);
    scanner.set_quirks(Quirks { host: HostRule::WithPort, ..Quirks::default() });
    assert_eq!(Curl::plain().get(&url).await.status, 200);
    assert_eq!(Curl::plain().call(&url, &["--header", "Host: 127.0.0.1"], b"").await.status, 400);
    scanner.stop().await;
}

/// Runs scanimage over sane-airscan, a client written by others.
async fn scanimage(scanner: &Scanner, dir: &Path, options: &[&str]) -> std::process::Output {
    let config =
        format!("[devices]\n\"OnedoorScan\" = {}/, eSCL\n[options]\ndiscovery = disable\n", scanner.url());
    std::fs::write(dir.join("airscan.conf"), config).expect("the configuration");
    std::fs::write(dir.join("dll.conf"), "airscan\n").expect("the configuration");
    let output = Command::new("scanimage")
        .env("SANE_CONFIG_DIR", dir)
        .args(["--device-name", "airscan:e0:OnedoorScan"])
        .args(options)
        .current_dir(dir)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(60), output).await;
    output.expect("scanimage ends").expect("scanimage and sane-airscan are needed: run `make setup`")
}

#[tokio::test(flavor = "multi_thread")]
async fn sane_airscan_scans_glass_feeder_and_both_sides() {
    let dir = folder();
    let papers = papers::draw_all(&dir.path().join("papers")).expect("the papers");
    let scanner = Scanner::start(quick()).await.expect("a scanner");
    scanner.load_flatbed(papers.first().map(PathBuf::as_path)).expect("paper");
    let options = ["--mode", "Color", "--resolution", "300", "--format", "jpeg", "-o", "glass.jpg"];
    let output = scanimage(&scanner, dir.path(), &options).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let glass = std::fs::read(dir.path().join("glass.jpg")).expect("the scan");
    let header = turbojpeg::read_header(&glass).expect("a JPEG");
    assert!(header.width.abs_diff(2480) <= 8 && header.height.abs_diff(3508) <= 8, "{header:?}");
    for (source, mode, expected) in [("ADF", "Color", 2), ("ADF Duplex", "Gray", 4)] {
        let sheets = [Paper::Lease, Paper::FloorPlan].map(|paper| Sheet {
            front: dir.path().join("papers").join(paper.file_name()),
            back: Some(dir.path().join("papers").join(Paper::Blank.file_name())),
        });
        scanner.load_feeder(sheets).expect("paper");
        let before = scanner.state()["images_delivered"].as_u64().unwrap_or(0);
        let options = ["--source", source, "--mode", mode, "--resolution", "150", "--batch=page%d.pnm"];
        let output = scanimage(&scanner, dir.path(), &options).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let after = scanner.state()["images_delivered"].as_u64().unwrap_or(0);
        assert_eq!(after - before, expected, "{source}: {said}");
        assert!(said.contains("out of documents"), "{source}: {said}");
    }
    scanner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sane_airscan_understands_the_troubles() {
    let dir = folder();
    let page = paper(dir.path(), "a.jpg", 10);
    let scanner = Scanner::start(quick()).await.expect("a scanner");
    type Happening = fn(&Scanner);
    let cases: [(&str, Happening); 3] = [
        ("out of documents", |scanner| scanner.empty_feeder()),
        ("jammed", |scanner| scanner.jam_at(Some(1))),
        // sane-airscan has no own word for ScannerAdfHatchOpen.
        ("Error during device I/O", |scanner| scanner.hatch(true)),
    ];
    for (expected, trouble) in cases {
        scanner.hatch(false);
        scanner.load_feeder([&page]).expect("paper");
        trouble(&scanner);
        let options = ["--source", "ADF", "--resolution", "75", "-o", "page.pnm"];
        let output = scanimage(&scanner, dir.path(), &options).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(expected), "{expected}: {said}");
    }
    scanner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_scanner_takes_connections_and_answers_nothing() {
    let scanner = Scanner::start(quick()).await.expect("a scanner");
    scanner.silent(true);
    let mut stream = TcpStream::connect(scanner.address()).await.expect("a connection");
    stream.write_all(b"GET /eSCL/ScannerStatus HTTP/1.1\r\nHost: here\r\n\r\n").await.expect("a request");
    let mut answer = vec![];
    let waited = tokio::time::timeout(Duration::from_millis(200), stream.read_to_end(&mut answer)).await;
    assert!(waited.is_err() && scanner.state()["plan"]["silent"] == true);
    scanner.silent(false);
    assert_eq!(stream.read_to_end(&mut answer).await.expect("its end"), 0);
    assert!(status(&scanner).await.contains("Idle"));
}
