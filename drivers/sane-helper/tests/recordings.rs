//! What crosses the pipes to a helper is recorded without what the pages show, and played again.

mod stand;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use document_scanner::sane::{self, HelperProgram, SaneProfile, SaneScanner};
use document_scanner::{Fault, Request, ScanEvent, Source, replay};
use link::record::{Event, Mark, Recording, Transcript, What};
use stand::{BACK_ENDS, PATIENCE, Stand, scan};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Longer than any piece of a page takes.
const PATIENT_MS: u32 = 20_000;

fn stand() -> Stand {
    *BACK_ENDS;
    Stand::new()
}

/// Writes a recording out, reads it and plays it: the calls and how they ended.
fn played(recording: &Recording) -> Vec<String> {
    let read = Recording::parse(&recording.to_string()).unwrap();
    let transcript: Transcript = replay(&read).unwrap_or_else(|why| panic!("{why}\n{recording}"));
    let outcome = |outcome: Option<String>| outcome.unwrap_or_else(|| "cut off".into());
    transcript.calls.into_iter().map(|call| format!("{}: {}", call.call, outcome(call.outcome))).collect()
}

/// Every byte that is kept.
fn kept(recording: &Recording) -> Vec<u8> {
    let bytes = recording.events.iter().filter_map(|event| match &event.what {
        What::Crossed(_, bytes) => Some(bytes.as_slice()),
        What::Note(_) | What::Mark(_) => None,
    });
    bytes.collect::<Vec<_>>().concat()
}

fn has(recording: &Recording, wanted: &What) -> bool {
    recording.events.iter().any(|event| event.what == *wanted)
}

/// Nothing of what a page shows: of its file, behind its header, no eight bytes in a row.
fn shows_nothing_of(recording: &Recording, page: &Path) {
    let (kept, file) = (kept(recording), fs::read(page).unwrap());
    let windows: HashSet<&[u8]> = kept.windows(8).collect();
    let scan = file.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap() + 14;
    for part in file[scan..].chunks_exact(8).filter(|part| part.iter().any(|byte| *byte != part[0])) {
        assert!(!windows.contains(part), "{part:02X?}");
    }
}

#[tokio::test]
async fn a_scan_plays_again_and_shows_nothing_of_its_pages() {
    let stand = stand();
    let (scanner, recorder) = stand.recorded(PATIENT_MS);
    scanner.status().await.unwrap();
    scanner.capabilities().await.unwrap();
    let scanned = scan(&scanner, &stand.request(Source::Feeder)).await;
    assert_eq!(scanned.numbers().len(), 10);
    let recording = recorder.snapshot("none");
    assert_eq!(
        (recording.driver.as_str(), recording.profile.as_str(), recording.link.as_str()),
        ("document-scanner", "test", "SANE test:0")
    );
    assert_eq!(
        played(&recording),
        ["status: done", "capabilities: done", "scan feeder 75 colour a4 1: 10 pages"]
    );
    for page in scanned.pages() {
        shows_nothing_of(&recording, &page.path);
    }
    // Many scans fit into what is remembered.
    let bytes: u64 = scanned.pages().iter().map(|page| page.bytes).sum();
    assert!(kept(&recording).len() < 300_000, "{} bytes of {bytes}", kept(&recording).len());
}

#[tokio::test]
async fn a_large_page_is_kept_in_few_bytes() {
    let stand = stand();
    let (scanner, recorder) = stand.recorded(PATIENT_MS);
    let scanned = scan(&scanner, &Request::new(Source::Flatbed, stand.pages())).await;
    let page = &scanned.pages()[0];
    let recording = recorder.snapshot("none");
    assert_eq!(played(&recording), ["scan flatbed 300 colour a4 1: 1 pages"]);
    assert!(page.bytes > 500_000 && kept(&recording).len() < 150_000, "{}", kept(&recording).len());
    let long = |event: &Event| matches!(&event.what, What::Note(note) if note.starts_with("zeros "));
    assert!(recording.events.iter().any(long));
}

#[tokio::test]
async fn a_crash_and_a_hang_play_again() {
    for (how, piece_ms, outcome, mark) in [
        ("CRASH", PATIENT_MS, "helper-died", Mark::HungUp),
        ("HANG", 1500, "timed-out", Mark::TimedOut),
        ("JAM=6", PATIENT_MS, "jam", Mark::Opened),
    ] {
        let mut stand = stand();
        stand.misbehave(how);
        let (scanner, recorder) = stand.recorded(piece_ms);
        let (fault, pages) = scan(&scanner, &stand.request(Source::Feeder)).await.failed();
        assert_eq!((fault.code(), pages.len()), (outcome, 2));
        scanner.capabilities().await.unwrap();
        let recording = recorder.snapshot(outcome);
        assert_eq!(
            played(&recording),
            [format!("scan feeder 75 colour a4 1: {outcome} after 2 pages"), "capabilities: done".into()]
        );
        assert!(has(&recording, &What::Mark(Mark::Opened)) && has(&recording, &What::Mark(mark)), "{how}");
        let told = |event: &Event| matches!(&event.what, What::Note(note) if note.starts_with("helper ended: signal 11"));
        assert_eq!(recording.events.iter().any(told), how == "CRASH");
        for page in stand.files() {
            shows_nothing_of(&recording, &stand.pages().join(page));
        }
    }
}

#[tokio::test]
async fn a_cancelled_scan_and_a_look_that_nobody_waits_for_play_again() {
    let stand = stand();
    let (scanner, recorder) = stand.recorded(PATIENT_MS);
    let (events, mut news) = mpsc::channel(100);
    let cancel = CancellationToken::new();
    let request = Request { dpi: 300, ..stand.request(Source::Feeder) };
    let (scanned, ()) = tokio::join!(scanner.scan(&request, events, cancel.clone()), async {
        while let Some(event) = tokio::time::timeout(PATIENCE, news.recv()).await.expect("events come") {
            if matches!(event, ScanEvent::PageStored(_)) {
                return cancel.cancel();
            }
        }
    });
    assert_eq!(scanned.unwrap_err().fault, Fault::Cancelled);
    // Given up at once, and a little later.
    for mark in [0, 1] {
        let starts = || {
            let events = recorder.snapshot("none").events;
            events.iter().filter(|event| event.what == What::Mark(Mark::Opened)).count()
        };
        let before = starts();
        tokio::select! {
            biased;
            _ = scanner.status() => panic!("nobody waits so long"),
            () = async { while starts() < before + mark { tokio::task::yield_now().await } } => {}
        }
    }
    scanner.status().await.unwrap();
    let calls = played(&recorder.snapshot("none"));
    let cancelled = calls[0].strip_prefix("scan feeder 300 colour a4 1: cancelled after ").unwrap();
    assert!(!cancelled.starts_with('0'), "{cancelled}");
    assert_eq!(calls[1..], ["status: dropped", "status: dropped", "status: done"]);
}

#[tokio::test]
async fn what_is_missing_is_missing_again() {
    let stand = stand();
    let profile = SaneProfile::named("avision").with_device("avision:libusb:*").unwrap();
    let mut no_library = stand.program.clone();
    no_library.library = Some("/nowhere/libsane.so".into());
    for (program, outcome) in [
        (HelperProgram::new("/nowhere/helper"), "helper-missing"),
        (no_library, "library-missing"),
        (stand.program.clone(), "unreachable"),
    ] {
        let recorder = sane::recorder(&profile);
        let scanner = SaneScanner::recorded(program, profile.clone(), recorder.clone());
        scanner.status().await.unwrap_err();
        let recording = recorder.snapshot(outcome);
        assert_eq!(played(&recording), [format!("status: {outcome}")]);
        assert_eq!(recording.link, "SANE avision:xxxxxx:*");
    }
}

#[tokio::test]
async fn a_difference_is_found() {
    let stand = stand();
    let (scanner, recorder) = stand.recorded(PATIENT_MS);
    scan(&scanner, &stand.request(Source::Feeder)).await.result.unwrap();
    let text = recorder.snapshot("none").to_string();
    for (from, to) in [
        ("call scan feeder 75", "call scan feeder 300"),
        ("= 10 pages", "= 9 pages"),
        ("call scan", "call dance"),
        ("link SANE test:0", "link SANE pnm:0"),
        ("profile test", "profile generic"),
    ] {
        let changed = Recording::parse(&text.replacen(from, to, 1)).unwrap();
        assert!(replay(&changed).is_err(), "{to}");
    }
    let mut cut = Recording::parse(&text).unwrap();
    cut.events.truncate(cut.events.len() / 2);
    assert_eq!(played(&cut), ["scan feeder 75 colour a4 1: cut off"]);
}
