//! Back ends that crash, hang, print and jam; helpers and libraries that are missing or talk nonsense.

mod stand;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use document_scanner::sane::HelperProgram;
use document_scanner::{Fault, Mismatch, NextStep, Request, Sheets, Source};
use stand::{BACK_ENDS, PATIENCE, Stand, scan};
use tokio::time::Instant;

const TEST: &str = "device = 'test:0'\n";

fn stand() -> Stand {
    *BACK_ENDS;
    Stand::new()
}

#[tokio::test]
async fn a_crash_costs_a_page_and_no_more() {
    let mut stand = stand();
    stand.misbehave("CRASH");
    let scanner = stand.scanner(TEST);
    let request = stand.request(Source::Feeder);
    let scanned = scan(&scanner, &request).await;
    let told = scanned.result.as_ref().unwrap_err().to_string();
    assert!(told.contains("signal 11") && told.contains("2 pages are safe"), "{told}");
    let error = scanned.result.as_ref().unwrap_err();
    assert_eq!(error.resume.map(|r| (r.after_page, r.sheets)), Some((2, Sheets::FromOutput)));
    let tally = error.tally.unwrap();
    assert_eq!((tally.sheets, tally.mismatch), (Some(3), Some(Mismatch::PageBroken { page: 3 })));
    let (fault, safe) = scanned.failed();
    assert!(matches!(fault, Fault::HelperDied { .. }) && fault.next_step() == NextStep::ScanAgain, "{fault}");
    assert_eq!(safe, [1, 2]);
    assert_eq!(stand.files(), ["page-001.jpg", "page-002.jpg"]);

    // For a moment the crash is all there is to say; then everything works again.
    assert_eq!(scanner.status().await.unwrap_err().fault, fault);
    let more = scan(&scanner, &Request { first_page: 3, ..request }).await;
    assert_eq!(more.numbers(), (3..=12).collect::<Vec<_>>());
    assert!(scanner.status().await.is_ok());
}

#[tokio::test]
async fn a_hanging_back_end_is_killed_with_all_it_has_started() {
    let mut stand = stand();
    let trigger = stand.misbehave("HANG");
    let scanner = stand.scanner(&format!("{TEST} piece_ms = 1500"));
    let request = stand.request(Source::Feeder);
    let begun = Instant::now();
    let (fault, safe) = scan(&scanner, &request).await.failed();
    assert_eq!((fault, safe), (Fault::TimedOut { waiting_for: "the rest of a page" }, vec![1, 2]));
    assert!(begun.elapsed() < Duration::from_secs(30));
    let pids = fs::read_to_string(trigger.with_file_name("trigger.pids")).unwrap();
    for pid in pids.split_whitespace() {
        assert!(ends(pid).await, "process {pid} still runs");
    }
    let more = scan(&scanner, &Request { first_page: 3, ..request }).await;
    assert_eq!(more.numbers(), (3..=12).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_scan_that_is_dropped_leaves_no_process_and_no_half_page() {
    let mut stand = stand();
    let trigger = stand.misbehave("HANG");
    let scanner = stand.scanner(TEST);
    let (events, _news) = tokio::sync::mpsc::channel(100);
    let request = stand.request(Source::Feeder);
    let pids = trigger.with_file_name("trigger.pids");
    tokio::select! {
        _ = scanner.scan(&request, events, Default::default()) => panic!("it hangs"),
        () = appears(&pids) => {}
    }
    for pid in fs::read_to_string(pids).unwrap().split_whitespace() {
        assert!(ends(pid).await, "process {pid} still runs");
    }
    assert_eq!(stand.files(), ["page-001.jpg", "page-002.jpg"]);
}

#[tokio::test]
async fn what_a_back_end_prints_does_no_harm() {
    let mut stand = stand();
    let trigger = stand.misbehave("PRINT");
    let scanned = scan(&stand.scanner(TEST), &stand.request(Source::Feeder)).await;
    assert_eq!(scanned.numbers().len(), 10);
    assert!(!trigger.exists(), "it has printed");
}

#[tokio::test]
async fn after_a_jam_or_an_open_cover_the_scan_goes_on_with_the_next_page() {
    for (how, expected) in [
        ("JAM=6", Fault::Jam { after_page: 2 }),
        ("JAM=8", Fault::HatchOpen),
        ("JAM=7", Fault::PageDamaged { page: 3, why: "the scanner sent it incomplete" }),
    ] {
        let mut stand = stand();
        stand.misbehave(how);
        let scanner = stand.scanner(TEST);
        let request = stand.request(Source::Feeder);
        let (fault, safe) = scan(&scanner, &request).await.failed();
        assert_eq!((fault, safe), (expected, vec![1, 2]));
        assert_eq!(stand.files().len(), 2);
        let more = scan(&scanner, &Request { first_page: 3, ..request }).await;
        assert_eq!(more.numbers().first(), Some(&3));
    }
}

#[tokio::test]
async fn a_crash_as_a_page_begins_is_the_scans_alone() {
    let mut stand = stand();
    let told = stand.misbehave_while_told();
    let scanner = stand.scanner(TEST);
    let request = stand.request(Source::Flatbed);
    fs::write(&told, "crash-start").unwrap();
    assert!(scanner.status().await.is_ok() && scanner.capabilities().await.is_ok());
    let (fault, safe) = scan(&scanner, &request).await.failed();
    assert!(matches!(&fault, Fault::HelperDied { how } if how.contains("signal 11")), "{fault}");
    assert!(safe.is_empty());
    fs::remove_file(&told).unwrap();
    assert_eq!(scan(&scanner, &request).await.numbers(), [1]);
}

#[tokio::test]
async fn a_device_that_is_slow_to_open_is_no_silent_one() {
    let mut stand = stand();
    let told = stand.misbehave_while_told();
    let scanner = stand.scanner(&format!("{TEST} look_ms = 500"));
    let silent = Fault::TimedOut { waiting_for: "the scanner to open" };
    // Slow from the beginning, it is waited for each time; one that hangs later is given up soon.
    fs::write(&told, "slow").unwrap();
    for _ in 0..2 {
        assert!(scanner.status().await.is_ok());
    }
    fs::write(&told, "hang").unwrap();
    let begun = Instant::now();
    assert_eq!(scanner.status().await.unwrap_err().fault, silent);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let stand = stand();
    let nowhere = stand.dir.path().join("nowhere");
    let mut no_library = stand.program.clone();
    no_library.library = Some(nowhere.clone());
    let mut no_functions = stand.program.clone();
    no_functions.library = Some("libc.so.6".into());
    for (program, missing_helper) in
        [(HelperProgram::new(&nowhere), true), (no_library, false), (no_functions, false)]
    {
        let stand = Stand { program, dir: tempfile::tempdir().unwrap() };
        let error = stand.scanner(TEST).status().await.unwrap_err();
        match &error.fault {
            Fault::HelperMissing { why } if missing_helper => assert!(why.contains("nowhere"), "{why}"),
            Fault::LibraryMissing { why } if !missing_helper => assert!(!why.is_empty()),
            other => panic!("{other}"),
        }
        assert_eq!(error.fault.next_step(), NextStep::CallService);
    }
}

#[tokio::test]
async fn nonsense_from_a_helper_is_refused() {
    for (says, expected) in [
        ("printf '\\377\\377\\377\\377'", "a frame of 4294967295 bytes"),
        ("printf '\\0\\0\\0\\003J{}'", "unreadable"),
        ("printf '\\0\\0\\0\\002P!'", "a piece of a page"),
        ("printf '\\0\\0\\0\\050J{\"ready\":{\"protocol\":9,\"sane\":[1,0,0]}}'", "version 9"),
        ("exit 3", "exit status 3"),
        ("kill -9 $$", "signal 9"),
        ("exec >&- 2>&-; read forever", "closed its pipes"),
    ] {
        let mut stand = stand();
        let script = stand.dir.path().join("helper");
        // Written by another process: one that this process still had open for writing could not be started.
        let write = "printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\" && chmod 755 \"$1\"";
        let written = Command::new("sh").args(["-c", write, "sh"]).arg(&script).arg(says).status();
        assert!(written.unwrap().success());
        stand.program = HelperProgram::new(script);
        let status = tokio::time::timeout(PATIENCE, async { stand.scanner(TEST).status().await });
        let error = status.await.expect("an answer").unwrap_err().to_string();
        assert!(error.contains(expected), "{says}: {error}");
    }
}

#[test]
fn the_helper_ends_with_its_input() {
    let stand = stand();
    let mut helper = Command::new(&stand.program.program)
        .env("SANE_CONFIG_DIR", stand.program.config_dir.as_ref().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(helper.stdin.take());
    assert!(helper.wait().unwrap().success());
}

async fn appears(path: &Path) {
    let is_there = || fs::read_to_string(path).is_ok_and(|text| text.ends_with('\n'));
    tokio::time::timeout(PATIENCE, until(is_there)).await.expect("it appears");
}

/// Whether a process ends in time; one that is dead but not reaped by its parent has ended.
async fn ends(pid: &str) -> bool {
    let stat = format!("/proc/{pid}/stat");
    let gone = || fs::read_to_string(&stat).map_or(true, |text| text.contains(") Z"));
    tokio::time::timeout(PATIENCE, until(gone)).await.is_ok()
}

/// The system tells of none of these changes.
async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
