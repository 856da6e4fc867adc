//! Fault capsules: what is sealed when something fails, and that it is the same again on a desk.

use crate::hall::Hall;
use crate::people::{numbered, resident};
use crate::privacy::{DIGITS, NAME, found, secrets};
use capsule::{Capsule, Moment};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const RESTAURANT: &str = "package.open-restaurant";
/// Every capsule in it has to be the same again.
const COLLECTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/capsules");

/// Every capsule in a folder.
fn capsules(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "capsule"));
    paths.sort();
    paths
}

/// The capsule of a fault, once what followed stands in it too.
pub fn sealed(hall: &Hall, code: &str) -> PathBuf {
    let folder = hall.folder().join("kiosk/capsules");
    let whole = || {
        capsules(&folder).into_iter().find(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with(&format!("{code}-"))
                && Capsule::read(path).expect("written whole or not at all").sealed
                    >= Moment::from_micros(2_000_000)
        })
    };
    hall.wait(&format!("the capsule of {code}"), |_| whole().is_some());
    whole().expect("the capsule")
}

/// Everything that was sealed so far is the same again, wherever it was cut.
pub fn are_the_same_again(hall: &Hall) {
    let paths = capsules(&hall.folder().join("kiosk/capsules"));
    assert!(!paths.is_empty(), "nothing was sealed");
    for path in paths {
        for one in kiosk::replay::replay(&path).expect("a capsule") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(one.outcome.is_ok(), "{}: {one}\n{text}", path.display());
        }
    }
}

fn replay(path: &Path) -> Output {
    let mut hall = Command::new(env!("CARGO_BIN_EXE_hall"));
    hall.arg("--replay").arg(path).output().expect("the hall's program")
}

/// What was collected, each a fault that there was once.
#[test]
fn every_capsule_that_was_collected_is_the_same_again() {
    let paths = capsules(Path::new(COLLECTED));
    assert!(paths.len() >= 3, "only {paths:?}");
    for path in paths {
        let done = replay(&path);
        let (told, why) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{}: {told}{why}", path.display());
        let capsule = Capsule::read(&path).expect("a capsule");
        assert!(told.starts_with(&format!("fault {} of kiosk", capsule.fault)), "{told}");
        assert_eq!(told.matches(": the same again: ").count(), capsule.recordings.len(), "{told}");
    }
}

/// A ring begins and a sealing ends wherever it happens to be.
#[test]
fn wherever_a_recording_begins_or_ends_it_is_the_same_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cut");
    for path in capsules(Path::new(COLLECTED)) {
        for one in Capsule::read(&path).expect("a capsule").recordings {
            let events = one.recording.events.len();
            // Each end of a long recording costs a replay: forty, evenly spread.
            for at in (0..=events).step_by((events / 40).max(1)) {
                let (mut first, mut last) = (one.recording.clone(), one.recording.clone());
                first.events.truncate(at);
                last.events.drain(..at);
                for (part, recording) in [("first", first), ("last", last)] {
                    std::fs::write(&file, recording.to_string()).expect("a file");
                    let performed = kiosk::replay::replay(&file).expect("a recording");
                    let of = path.display();
                    assert!(performed[0].outcome.is_ok(), "{of}: {part} events at {at}: {}", performed[0]);
                }
            }
        }
    }
}

/// A visit, and then the reader fails before the next visitor's eyes: what was on the screen and what crossed
/// the lines is there, the same again, and nothing of the visitor.
#[test]
fn a_fault_is_sealed_with_what_was_around_it_and_nobody() {
    let hall = Hall::open();
    hall.take_number(resident(NAME, DIGITS), RESTAURANT);
    hall.wait_screen("home");
    hall.touch("home.number");
    hall.wait_screen("identify");
    hall.post("/api/reader", json!({"fault": "babble"}));
    let path = sealed(&hall, "R03");

    let capsule = Capsule::read(&path).expect("a capsule");
    assert_eq!(capsule.screen.as_ref().map(|screen| screen.as_str()), Some("identify"));
    let happened: Vec<String> = capsule.timeline.entries.iter().map(|entry| entry.what.to_string()).collect();
    let mut rest = happened.iter();
    for expected in [
        "screen home",
        "event touched",
        "screen identify",
        "event card-read",
        "screen choose",
        "asked ledger-take",
        "asked print",
        "screen number",
        "screen home",
        "screen identify",
        "fault R03 began",
        "event status",
    ] {
        assert!(rest.any(|what| what == expected), "no {expected} in its turn: {happened:#?}");
    }
    let drivers: Vec<&str> = capsule.recordings.iter().map(|one| one.recording.driver.as_str()).collect();
    assert_eq!(drivers.first(), Some(&"id-reader"), "its own first");
    assert!(drivers.contains(&"ticket-printer") && drivers.contains(&"document-scanner"), "{drivers:?}");

    let done = replay(&path);
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{told}{}", String::from_utf8_lossy(&done.stderr));
    let lines: Vec<&str> = told.lines().collect();
    let at =
        |what: &str| lines.iter().position(|line| line.ends_with(what)).unwrap_or_else(|| panic!("{told}"));
    assert!(at("# call read ready") < at("kiosk             event card-read"), "{told}");
    assert!(told.contains("id-reader: the same again: "), "{told}");

    // Frames are written as hexadecimal: what crossed is searched as it crossed.
    let text = std::fs::read(&path).expect("a file");
    let mut crossed: Vec<Vec<u8>> = vec![text];
    for one in &capsule.recordings {
        for arrow in ['<', '>'] {
            crossed
                .push(one.recording.events.iter().flat_map(|e| bytes(&e.what.to_string(), arrow)).collect());
        }
    }
    assert!(crossed[1].len() > 256 + 1024, "a card was read: {} bytes", crossed[1].len());
    for bytes in &crossed {
        assert_eq!(found(&secrets(), bytes), Vec::<String>::new());
        // Nor half of the number, nor the number that was given.
        for text in [&numbered(DIGITS)[10..], "A001"] {
            assert!(!String::from_utf8_lossy(bytes).contains(text), "{text}");
        }
    }
}

/// The bytes of a frame that crossed in this direction.
fn bytes(event: &str, arrow: char) -> Vec<u8> {
    let Some(frame) = event.strip_prefix(arrow) else { return Vec::new() };
    let run = |token: &str| {
        let (byte, count) = token.split_once('*').unwrap_or((token, "1"));
        let byte = u8::from_str_radix(byte, 16).expect("a byte");
        vec![byte; count.parse().expect("a count")]
    };
    frame.split_whitespace().flat_map(run).collect()
}

/// A capsule that was changed is refused, and so is a recording that a driver does not perform alike.
#[test]
fn what_is_not_the_same_ends_with_a_word_on_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("changed.capsule");
    let path = capsules(Path::new(COLLECTED)).remove(0);
    let text = std::fs::read_to_string(&path).expect("a capsule");
    std::fs::write(&file, text.replacen("= ", "= not ", 1)).expect("a file");
    let done = replay(&file);
    assert_eq!(done.status.code(), Some(1));
    let why = String::from_utf8_lossy(&done.stderr);
    assert!(why.contains("changed.capsule: its seal does not fit"), "{why}");

    let mut capsule = Capsule::read(&path).expect("a capsule");
    let driver = capsule.recordings[0].recording.driver.clone();
    capsule.recordings[0].recording.profile = "of another maker".to_owned();
    capsule.recordings[0].recording.events.reverse();
    std::fs::write(&file, capsule.seal()).expect("a file");
    let done = replay(&file);
    let told = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{told}");
    assert!(told.contains(&format!("{driver}: NOT the same again: ")), "{told}");
}
