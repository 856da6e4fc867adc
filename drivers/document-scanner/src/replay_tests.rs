use emulators::scanner::{Damage, Scanner as Emulator, ScannerOptions, Trouble};
use link::record::Recorder;

use super::*;
use crate::jpeg::tests::jpeg;
use crate::record::recorder;
use crate::settings::{Request, Source};

/// An emulated scanner with three sheets, and the driver with a recorder beside it.
async fn stand(page_ms: u64, dir: &Path) -> (Emulator, Scanner, Recorder) {
    let page = std::time::Duration::from_millis(page_ms);
    let emulator = Emulator::start(ScannerOptions { page, ..ScannerOptions::default() }).await.unwrap();
    let pile: Vec<_> = (1..=3_usize)
        .map(|number| {
            let path = dir.join(format!("sheet-{number}.jpg"));
            std::fs::write(&path, jpeg(2480, 3508, 300, 1_000_000 + number)).unwrap();
            path
        })
        .collect();
    emulator.load_feeder(&pile).unwrap();
    let profile = Profile::named("standard");
    let recorder = recorder(&profile);
    let scanner = Scanner::recorded(Endpoint::parse(&emulator.url()).unwrap(), profile, recorder.clone());
    (emulator, scanner, recorder)
}

async fn scan(scanner: &Scanner, dir: &Path, cancel_at: Option<u32>) -> String {
    let (events, mut news) = mpsc::channel(64);
    let cancel = CancellationToken::new();
    let request = Request::new(Source::Feeder, dir);
    let listening = async {
        while let Some(event) = news.recv().await {
            let arriving =
                matches!(event, crate::ScanEvent::PageArriving { page, .. } if Some(page) == cancel_at);
            if arriving {
                cancel.cancel();
            }
        }
    };
    match tokio::join!(scanner.scan(&request, events, cancel.clone()), listening).0 {
        Ok(scanned) => format!("{} pages", scanned.pages.len()),
        Err(error) => error.fault.code().to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_are_played_again_as_they_were() {
    type Happens = fn(&Emulator);
    let cases: [(&str, Option<u32>, Happens); 6] = [
        ("3 pages", None, |_| {}),
        ("jam", None, |e| e.trouble_at(Trouble::Jam, Some(2))),
        ("interrupted", None, |e| e.cut_at(Some(2))),
        ("page-damaged", None, |e| e.damage_at(Some((2, Damage::Truncated)))),
        ("refused", None, |e| e.refuse(1)),
        ("cancelled", Some(2), |_| {}),
    ];
    for (outcome, cancel_at, happens) in cases {
        let (sheets, pages) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (emulator, scanner, recorder) =
            stand(if cancel_at.is_some() { 300 } else { 4 }, sheets.path()).await;
        happens(&emulator);
        scanner.status().await.unwrap();
        scanner.capabilities().await.unwrap();
        assert_eq!(scan(&scanner, pages.path(), cancel_at).await, outcome);
        scanner.status().await.unwrap();
        emulator.stop().await;

        let text = recorder.snapshot(outcome).to_string();
        assert!(text.len() < 200_000, "{outcome}: {} bytes of text", text.len());
        assert!(text.contains("driver document-scanner\nprofile standard\n"), "{text}");
        let recording = Recording::parse(&text).unwrap();
        let transcript = replay(&recording).unwrap_or_else(|why| panic!("{outcome}: {why}"));
        let calls: Vec<_> = transcript.calls.iter().map(|call| call.call.as_str()).collect();
        assert_eq!(calls, ["status", "capabilities", "scan feeder 300 colour a4 1", "status"], "{outcome}");
        assert!(transcript.calls[2].outcome.as_ref().unwrap().starts_with(outcome), "{transcript}");
        // The serial number of the emulated scanner, and its picture.
        assert!(!recording.events.iter().any(|event| match &event.what {
            What::Crossed(_, bytes) => bytes.windows(11).any(|w| w == b"ED63-000417" || w == [0x55; 11]),
            What::Note(_) | What::Mark(_) => false,
        }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_found() {
    let (sheets, pages) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (emulator, scanner, recorder) = stand(4, sheets.path()).await;
    scan(&scanner, pages.path(), None).await;
    emulator.stop().await;
    let text = recorder.snapshot("none").to_string();
    for (from, to) in [
        ("call scan feeder 300", "call scan feeder 600"),
        ("= 3 pages", "= 2 pages"),
        ("driver document-scanner", "driver id-reader"),
        ("call scan", "call dance"),
    ] {
        let changed = Recording::parse(&text.replace(from, to)).unwrap();
        assert!(replay(&changed).is_err(), "{to}");
    }
    // A request that was longer then: nothing is waited for.
    let mut longer = Recording::parse(&text).unwrap();
    let sent = longer.events.iter_mut().find_map(|event| match &mut event.what {
        What::Crossed(Direction::ToDevice, bytes) => Some(bytes),
        _ => None,
    });
    sent.unwrap().extend(b"more");
    let begun = std::time::Instant::now();
    assert!(matches!(replay(&longer), Err(ReplayError::OutOfTurn { .. })));
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    let mut cut = Recording::parse(&text).unwrap();
    cut.events.truncate(cut.events.len() / 2);
    assert_eq!(replay(&cut).unwrap().calls[0].outcome, None, "the recording ends before the call did");
}

#[tokio::test]
async fn a_scanner_that_is_away_is_away_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let profile = Profile::named("kyocera");
    let recorder = recorder(&profile);
    let endpoint = Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let scanner = Scanner::recorded(endpoint, profile, recorder.clone());
    scanner.status().await.unwrap_err();
    let transcript = replay(&recorder.snapshot("unreachable")).unwrap();
    assert_eq!(transcript.calls[0].outcome.as_deref(), Some("unreachable"));
}

#[tokio::test]
async fn silence_is_silence_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = tokio::spawn(async move {
        let (_stream, _) = listener.accept().await.unwrap();
        std::future::pending::<()>().await;
    });
    let profile = Profile { response_ms: 50, ..Profile::named("standard") };
    let recorder = recorder(&profile);
    let endpoint = Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let scanner = Scanner::recorded(endpoint, profile, recorder.clone());
    scanner.status().await.unwrap_err();
    silent.abort();
    let transcript = replay(&recorder.snapshot("timed-out")).unwrap();
    assert_eq!(transcript.calls[0].outcome.as_deref(), Some("timed-out"));
}

const SANE_STATUS: &str = include_str!("../../../fuzz/corpus/document_scanner_replay/sane-cancelled-look");
const SANE_SCAN: &str = include_str!("../../../fuzz/corpus/document_scanner_replay/sane-scan");

/// Plays what may only be found wrong, and at once: nothing is waited for that the file makes up.
fn wrong_at_once(text: &str) {
    let recording = Recording::parse(text).unwrap();
    let begun = std::time::Instant::now();
    let (told, played) = std::sync::mpsc::channel();
    std::thread::spawn(move || told.send(replay(&recording)));
    let played = played.recv_timeout(std::time::Duration::from_secs(60)).expect("an end");
    assert!(matches!(played, Err(ReplayError::OutOfTurn { .. })), "{played:?}\n{text}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}\n{text}", begun.elapsed());
}

#[test]
fn what_nobody_can_cancel_is_out_of_turn() {
    for call in ["status", "capabilities", "devices"] {
        // Before its connection, at its beginning, and in the middle of it.
        let text = SANE_STATUS.replace("# call status", &format!("# call {call}"));
        wrong_at_once(&text);
        for before in ["! opened", "< 00*3 28 4A", "> 00*3 1D 4A"] {
            let line = SANE_SCAN.lines().find(|line| line.contains(before)).unwrap();
            let cancelled = format!("+0.000001 # cancelled\n{line}");
            let moved = SANE_SCAN.replacen(line, &cancelled, 1);
            wrong_at_once(&moved.replacen("scan flatbed 300 colour a4 1", call, 1));
        }
    }
    for call in ["status", "capabilities", "estimate feeder 300 colour a4 1"] {
        let escl = SANE_STATUS.replace("# call status", &format!("# call {call}"));
        wrong_at_once(&escl.replace("link SANE test:0", "link eSCL over HTTP"));
    }
}

#[test]
fn nobody_cancels_twice() {
    let cancelled_at = |count: usize| {
        let cancelled = "+0.000012 # cancelled\n".repeat(count);
        let (before, after) = SANE_SCAN.split_once("+0.000012 > 00*3 07 4A 22 72 65 61 64 22\n").unwrap();
        let (_, end) = after.split_once("+0.000018 ").unwrap();
        let (_, end) = end.split_once('\n').unwrap();
        format!("{before}{cancelled}{end}").replace("= 1 pages", "= cancelled after 0 pages")
    };
    let once = replay(&Recording::parse(&cancelled_at(1)).unwrap()).unwrap();
    assert_eq!(once.calls[0].outcome.as_deref(), Some("cancelled after 0 pages"));
    wrong_at_once(&cancelled_at(2));
    // Once more while the scanner is handed back.
    let end = "+0.000020 < 00*3 07 4A 22 64 6F 6E 65 22\n";
    wrong_at_once(&cancelled_at(1).replace(end, &format!("+0.000020 # cancelled\n{end}")));
}

#[test]
fn a_name_that_is_none_is_no_other_device() {
    wrong_at_once(&SANE_SCAN.replace("link SANE test:0", "link SANE a*b*"));
}
