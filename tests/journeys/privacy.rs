//! "The person is gone from memory and screen."
//!
//! The kiosk's process is searched from outside, every page it can write to, for what its visitor's
//! card said; and everything that hall and kiosk keep on disk or say in their log.

use crate::hall::{Hall, enabled, says, says_word, texts};
use crate::people::{ADDRESS, numbered, resident};
use sha2::Digest;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const RESTAURANT: &str = "package.open-restaurant";
/// How long what was asked on somebody's behalf may outlast his leaving, on a busy machine.
const UNDER_WAY: Duration = Duration::from_secs(3);
pub const NAME: &str = "欧阳测无痕";
pub const DIGITS: &str = "31011419871103257";
const RELATIVE: &str = "诸葛验无迹";
const RELATIVE_DIGITS: &str = "31011419590617814";
/// 欧阳测无痕 and 诸葛验无迹 in GBK.
const NAME_GBK: &[u8] = b"\xC5\xB7\xD1\xF4\xB2\xE2\xCE\xDE\xBA\xDB";
const RELATIVE_GBK: &[u8] = b"\xD6\xEE\xB8\xF0\xD1\xE9\xCE\xDE\xBC\xA3";
/// Read at a time.
const PIECE: usize = 1 << 20;

/// What may be found nowhere: a text in every form it could have.
pub struct Secret {
    what: &'static str,
    forms: Vec<(&'static str, Vec<u8>)>,
}

fn secret(what: &'static str, text: &str, gbk: &[u8]) -> Secret {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect();
    let forms = vec![
        ("UTF-8", text.as_bytes().to_vec()),
        ("UTF-16LE", utf16(u16::to_le_bytes)),
        ("UTF-16BE", utf16(u16::to_be_bytes)),
        ("GBK", gbk.to_vec()),
    ];
    Secret { what, forms }
}

pub fn secrets() -> Vec<Secret> {
    let number = numbered(DIGITS);
    let relative = numbered(RELATIVE_DIGITS);
    vec![
        secret("the number", &number, number.as_bytes()),
        secret("the name", NAME, NAME_GBK),
        secret("the relative's number", &relative, relative.as_bytes()),
        secret("the relative's name", RELATIVE, RELATIVE_GBK),
        // Of which the visit has no need; UTF-8 stands in for a form it was never in.
        secret("the address", ADDRESS, ADDRESS.as_bytes()),
    ]
}

/// What of `secrets` stands in `bytes`.
pub fn found(secrets: &[Secret], bytes: &[u8]) -> Vec<String> {
    let forms = secrets.iter().flat_map(|s| s.forms.iter().map(move |(form, bytes)| (s.what, form, bytes)));
    forms
        .filter(|(_, _, form)| memchr::memmem::find(bytes, form).is_some())
        .map(|(what, form, _)| format!("{what} in {form}"))
        .collect()
}

/// What of `secrets` stands in the writable memory of a process, and where.
fn in_memory(pid: u32, secrets: &[Secret]) -> Vec<String> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("the kiosk's maps");
    let memory = File::open(format!("/proc/{pid}/mem")).expect("the kiosk's memory; run as its owner");
    let longest = secrets.iter().flat_map(|s| &s.forms).map(|(_, bytes)| bytes.len()).max().unwrap_or(1);
    let mut hits = Vec::new();
    let mut searched = 0;
    for line in
        maps.lines().filter(|line| line.split_whitespace().nth(1).is_some_and(|p| p.starts_with("rw")))
    {
        let (from, to) = line.split_whitespace().next().and_then(|r| r.split_once('-')).expect("a range");
        let hex = |text| u64::from_str_radix(text, 16).expect("an address");
        let (mut at, end) = (hex(from), hex(to));
        while at < end {
            let size = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE + longest);
            let mut piece = vec![0; size];
            // A mapping may go while it is being read.
            let read = memory.read_at(&mut piece, at).unwrap_or(0);
            searched += read;
            let here = found(secrets, &piece[..read]);
            hits.extend(here.into_iter().map(|what| format!("{what}: {line}")));
            at += PIECE as u64;
        }
    }
    assert!(searched > 1 << 20, "only {searched} bytes could be read");
    hits
}

/// What of `secrets` stands in a file at or below `path`.
fn in_files(path: &Path, secrets: &[Secret]) -> Vec<String> {
    let mut hits = Vec::new();
    let mut folders = vec![path.to_owned()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).expect("a folder").flatten();
        for entry in entries {
            let path: PathBuf = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file()
                && let Ok(bytes) = std::fs::read(&path)
            {
                seen += 1;
                hits.extend(found(secrets, &bytes).into_iter().map(|w| format!("{w}: {}", path.display())));
                let name = entry.file_name();
                hits.extend(found(secrets, name.as_encoded_bytes()));
            }
        }
    }
    assert!(seen > 5, "hardly anything to search");
    hits
}

/// While somebody is served the search finds him: so it could find him afterwards.
fn is_seen(hall: &Hall, what: &str) {
    let pid = hall.kiosk_pid().expect("a kiosk");
    let hits = in_memory(pid, &secrets());
    assert!(hits.iter().any(|hit| hit.starts_with(what)), "the search is blind for {what}: {hits:?}");
}

/// Nowhere in memory, on disk, in the log, on the screen.
fn is_gone(hall: &Hall) {
    let secrets = secrets();
    let pid = hall.kiosk_pid().expect("a kiosk");
    // What was asked on his behalf, such as of the ledger, may be under way as he leaves.
    let end = Instant::now() + UNDER_WAY;
    let mut hits = in_memory(pid, &secrets);
    while !hits.is_empty() && Instant::now() < end {
        hits = in_memory(pid, &secrets);
    }
    assert!(hits.is_empty(), "in the kiosk's memory: {hits:#?}");
    let mut kept = secrets;
    let hash = sha2::Sha256::digest(numbered(DIGITS));
    // Whoever holds the database could try every number there is.
    let forms = vec![("bytes", hash.to_vec()), ("digits", hex::encode(hash).into_bytes())];
    kept.push(Secret { what: "an unkeyed hash of the number", forms });
    let hits = in_files(hall.folder(), &kept);
    assert!(hits.is_empty(), "on disk: {hits:#?}");
    let secrets = kept;
    let hits = found(&secrets, hall.log().as_bytes());
    assert!(hits.is_empty(), "in the log: {hits:#?}");
    let state = hall.state();
    let screen = texts(&state).collect::<String>();
    assert!(found(&secrets, screen.as_bytes()).is_empty(), "on the screen");
}

/// "After leaving, a search of the running process's memory finds neither the visitor's number nor
/// full name": already while goodbye is shown, and on the idle screen. The screen itself never showed
/// more than the first character of a name and the last four of a number.
#[test]
fn after_a_number_nothing_is_left() {
    let hall = Hall::open();
    hall.identify("home.number", resident(NAME, DIGITS));
    is_seen(&hall, "the number in UTF-8");
    is_seen(&hall, "the name in UTF-8");
    let number = numbered(DIGITS);
    let state = hall.state();
    assert!(
        says(&state, "欧*") && says(&state, &number[14..]) && !says(&state, NAME) && !says(&state, &number)
    );
    hall.touch(RESTAURANT);
    hall.touch("confirm");
    hall.wait_word("number.printed.title");
    hall.touch("finish");
    hall.wait_screen("goodbye");
    is_gone(&hall);
    hall.lift();
    hall.touch("finish");
    hall.wait_screen("home");
    is_gone(&hall);
}

/// A relative's card is as private as the visitor's own.
#[test]
fn after_acting_for_a_relative_nothing_is_left() {
    let hall = Hall::open();
    hall.identify("home.number", resident(NAME, DIGITS));
    hall.touch("for.relative");
    hall.wait_screen("identify");
    hall.lay(resident(RELATIVE, RELATIVE_DIGITS));
    hall.wait_screen("choose");
    is_seen(&hall, "the relative's number in UTF-8");
    hall.touch(RESTAURANT);
    hall.touch("confirm");
    hall.wait_word("number.printed.title");
    hall.leave();
    is_gone(&hall);
}

/// The person behind a company's code leaves nothing either.
#[test]
fn after_acting_for_a_company_nothing_is_left() {
    let hall = Hall::open();
    hall.identify("home.number", resident(NAME, DIGITS));
    crate::whom::type_company(&hall, "91350100M000100Y43");
    hall.touch(RESTAURANT);
    hall.wait("confirm", |state| enabled(state, "confirm"));
    hall.touch("confirm");
    hall.wait_word("number.printed.title");
    hall.leave();
    is_gone(&hall);
}

/// Who turns round at the list of matters, or whose card cannot be read well, leaves nothing.
#[test]
fn after_turning_round_nothing_is_left() {
    let hall = Hall::open();
    hall.identify("home.scan", resident(NAME, DIGITS));
    hall.touch("back");
    hall.lift();
    hall.touch("finish");
    hall.wait_screen("home");
    is_gone(&hall);

    // A card with a wrong check digit: what was read of it goes too.
    let wrong = crate::people::misnumbered(NAME, DIGITS);
    let number = wrong["number"].as_str().expect("a number").to_owned();
    hall.touch("home.number");
    hall.wait_screen("identify");
    hall.lay(wrong);
    hall.wait("the refusal", |state| says_word(state, "card_problem.check_digit.title"));
    hall.lift();
    hall.touch("back");
    hall.wait_screen("home");
    is_gone(&hall);
    let hits = in_memory(hall.kiosk_pid().expect("a kiosk"), &[secret("it", &number, number.as_bytes())]);
    assert!(hits.is_empty(), "{hits:#?}");
}
