//! Logs for the tests.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::field::{Letter, Number, Session, Visit, Word};
use crate::folder::{file_path, files};
use crate::{Book, Event, Limits, LogKey, Report, Stamp, verify};

pub(crate) fn key() -> LogKey {
    LogKey::new(Zeroizing::new([7; 32]))
}

/// The time of the n-th event.
pub(crate) fn stamp(n: u32) -> Stamp {
    let start: jiff::Timestamp = "2026-11-26T08:00:00Z".parse().expect("a time");
    let after = Duration::from_secs(n.into());
    Stamp { wall: start + after, up: after }
}

/// Some event, another for another n.
pub(crate) fn event(n: u32) -> Event {
    match n % 3 {
        0 => Event::NumberGiven {
            number: Number::of('A', n),
            visit: Visit::of("000102030405060708090a0b0c0d0e0f"),
            session: Session::of(n),
        },
        1 => Event::RemedyTried {
            device: Letter::of('P'),
            remedy: Word::of("reopen"),
            helped: n.is_multiple_of(2),
        },
        _ => Event::LogClosed {},
    }
}

/// Files as small as can be, so that there are several soon.
pub(crate) fn small(files: u32) -> Limits {
    Limits::new(0, files)
}

/// Files by their names.
type Written = Vec<(OsString, Vec<u8>)>;

/// A log of so many events beside those of its own, closed in order. Each is written once and then copied, for
/// syncing is slow.
pub(crate) fn log(events: u32, limits: Limits) -> tempfile::TempDir {
    static WRITTEN: Mutex<Vec<((u32, Limits), Written)>> = Mutex::new(Vec::new());
    let mut all = WRITTEN.lock().expect("no test fails here");
    let at = all.iter().position(|(of, _)| *of == (events, limits)).unwrap_or_else(|| {
        all.push(((events, limits), write(events, limits)));
        all.len() - 1
    });
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in &all[at].1 {
        std::fs::write(folder.path().join(name), bytes).expect("a file");
    }
    folder
}

fn write(events: u32, limits: Limits) -> Written {
    let folder = tempfile::tempdir().expect("a folder");
    let mut book = Book::open(folder.path(), key(), limits, &stamp(0)).expect("a log");
    for n in 0..events {
        book.append(&event(n), &stamp(n)).expect("a line");
    }
    book.append(&Event::LogClosed {}, &stamp(events)).expect("a line");
    book.sync().expect("synced");
    let entries = std::fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry"));
    entries.map(|entry| (entry.file_name(), std::fs::read(entry.path()).expect("a file"))).collect()
}

pub(crate) fn report(folder: &Path) -> Report {
    verify(folder, &key()).expect("a folder")
}

/// The paths of its files, oldest first.
pub(crate) fn paths(folder: &Path) -> Vec<PathBuf> {
    files(folder).expect("a folder").into_iter().map(|number| file_path(folder, number)).collect()
}

/// The same log elsewhere.
pub(crate) fn copy(folder: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        std::fs::copy(entry.path(), to.path().join(entry.file_name())).expect("a copy");
    }
    to
}

/// The identifiers of all lines, oldest first.
pub(crate) fn ids(folder: &Path) -> Vec<String> {
    let text: String =
        paths(folder).iter().map(|path| std::fs::read_to_string(path).expect("text")).collect();
    text.lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"]
                .as_str()
                .expect("an id")
                .to_owned()
        })
        .collect()
}
