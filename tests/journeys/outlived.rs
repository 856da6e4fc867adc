//! "A visitor's data outlives the visit nowhere it need not": two hundred visits with known names, numbers and photos
//! through every fault that a device can have, and kiosks that are killed in the middle; then a search of all that is
//! kept or told.

use crate::faults::{Case, code_cases, key_cases, printer_cases, reader_cases, scanner_cases};
use crate::hall::{Hall, enabled, name};
use crate::people::{numbered, resident};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Visits at each of so many kiosks, all at once.
const VISITS: usize = 50;
const KIOSKS: usize = 4;
const RESTAURANT: &str = "package.open-restaurant";
/// At every so many visits the kiosk is killed while the number is on its screen.
const KILLED_AT: usize = 10;

/// Somebody who can be told from everybody.
struct Somebody {
    card: Value,
    forms: Vec<Vec<u8>>,
}

/// The `n`th visitor of a kiosk.
fn somebody(kiosk: usize, n: usize) -> Somebody {
    let han =
        |at: usize| char::from_u32(0x4E00 + u32::try_from(at % 6000).expect("a character")).expect("Han");
    let name: String =
        ['欧', '阳'].into_iter().chain([han(7 + n * 31 + kiosk * 997), han(1213 + n * 17)]).collect();
    let digits =
        format!("310114{}{:02}{:02}{:03}", 1930 + n % 70, 1 + kiosk, 1 + n % 28, 100 + n * 3 + kiosk);
    let number = numbered(&digits);
    let card = resident(&name, &digits);
    let photo = serde_json::from_value::<emulators::cards::Card>(card.clone()).expect("a card").photo();
    // Any sixteen bytes of it are his alone.
    let mut forms = vec![photo[256..272].to_vec(), photo[768..784].to_vec()];
    for text in [name.as_str(), number.as_str()] {
        forms.extend(written(text));
    }
    Somebody { card, forms }
}

/// A text in every way that it could have been written down.
fn written(text: &str) -> Vec<Vec<u8>> {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let (gbk, ..) = encoding_rs::GBK.encode(text);
    let plain =
        [text.as_bytes().to_vec(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), gbk.into_owned()];
    let base64 = plain.iter().flat_map(|bytes| in_base64(bytes)).collect::<Vec<_>>();
    plain.into_iter().chain(base64).collect()
}

/// In Base64, whatever stood before it: what of it depends on nothing else.
fn in_base64(bytes: &[u8]) -> Vec<Vec<u8>> {
    let shifted = |before: usize| {
        let padded = [&vec![0; before][..], bytes].concat();
        // Groups of three that hold bytes of the text alone.
        let (from, to) = (if before == 0 { 0 } else { 4 }, padded.len() / 3 * 4);
        [BASE64_STANDARD_NO_PAD.encode(&padded), BASE64_URL_SAFE_NO_PAD.encode(&padded)]
            .map(|text| text.as_bytes()[from..to].to_vec())
    };
    (0..3).flat_map(shifted).filter(|form| form.len() >= 8).collect()
}

fn found(people: &[Somebody], bytes: &[u8]) -> usize {
    let forms = people.iter().flat_map(|somebody| &somebody.forms);
    forms.filter(|form| memchr::memmem::find(bytes, form).is_some()).count()
}

/// Every file that the kiosk keeps.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}

/// A visit in which something goes wrong once it is known who stands there.
fn visit(hall: &Hall, somebody: &Somebody, case: &Case, killed: bool) {
    hall.identify("home.number", somebody.card.clone());
    hall.post(case.path, case.happens.clone());
    if !enabled(&hall.state(), "confirm") {
        hall.pick(RESTAURANT);
    }
    hall.touch("confirm");
    hall.wait_screen("number");
    if killed {
        let pid = hall.kiosk_pid().expect("a kiosk");
        let process = rustix::process::Pid::from_raw(pid.cast_signed()).expect("a process");
        rustix::process::kill_process(process, rustix::process::Signal::KILL).expect("killed");
        hall.wait("another kiosk", |_| hall.kiosk_pid().is_some_and(|now| now != pid));
        hall.lift();
        hall.post(case.path, case.mended.clone());
        hall.wait_screen("home");
    } else {
        hall.wait("finish", |state| enabled(state, "finish"));
        hall.leave();
        hall.post(case.path, case.mended.clone());
    }
    hall.wait("the reader is well again", |state| enabled(state, "home.number") && name(state) == "home");
}

/// A report of how the kiosk is, among what is kept.
fn make_report(hall: &Hall) {
    let program = Path::new(env!("CARGO_BIN_EXE_hall")).with_file_name("kiosk-appliance");
    let config = hall.folder().join("kiosk.toml");
    let mut command = std::process::Command::new(program);
    command.arg("--config").arg(config).arg("export-report").arg(hall.folder().join("exported"));
    let made = command.output().expect("the program");
    assert!(made.status.success(), "{made:?}");
}

/// All visits at one kiosk, and then the search; how many bytes were searched.
fn day(kiosk: usize) -> usize {
    let hall = Hall::open();
    let cases: Vec<Case> = [reader_cases(), printer_cases(), scanner_cases(), code_cases(), key_cases()]
        .into_iter()
        .flatten()
        .collect();
    let people: Vec<Somebody> = (0..VISITS).map(|n| somebody(kiosk, n)).collect();
    for (n, somebody) in people.iter().enumerate() {
        let case = &cases[(n + kiosk * 11) % cases.len()];
        visit(&hall, somebody, case, n % KILLED_AT == KILLED_AT - 1);
    }
    make_report(&hall);
    let kept = files(&hall.folder().join("kiosk"));
    assert!(kept.iter().any(|path| path.ends_with("numbers.db")), "the database is searched");
    for what in ["/log/", "/capsules/", "/reports/"] {
        assert!(kept.iter().any(|path| path.to_string_lossy().contains(what)), "{what} is searched");
    }
    let mut searched = 0;
    for path in &kept {
        let bytes = match std::fs::read(path) {
            // Written anew at this moment.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            read => read.expect("a file"),
        };
        assert_eq!(found(&people, &bytes), 0, "in {}", path.display());
        assert_eq!(found(&people, path.as_os_str().as_encoded_bytes()), 0, "in a name");
        searched += bytes.len();
    }
    let state = hall.wait("the hall is told", |state| state["windows"]["kiosks"]["kiosk-a"].is_object());
    for told in [hall.log().into_bytes(), state["windows"]["kiosks"].to_string().into_bytes()] {
        assert_eq!(found(&people, &told), 0, "in what was told");
        searched += told.len();
    }
    searched
}

#[test]
fn of_two_hundred_visitors_nothing_is_kept() {
    let kiosks: Vec<_> = (0..KIOSKS).map(|kiosk| std::thread::spawn(move || day(kiosk))).collect();
    let searched: usize = kiosks.into_iter().map(|kiosk| kiosk.join().expect("a day")).sum();
    println!("{} visits, {searched} bytes searched", KIOSKS * VISITS);
    assert!(searched > 1 << 20, "hardly anything to search: {searched} bytes");
}

/// The search would find what it looks for.
#[test]
fn whoever_is_written_down_is_found() {
    let people = [somebody(1, 7)];
    let name = people[0].card["name"].as_str().expect("a name");
    let (gbk, ..) = encoding_rs::GBK.encode(name);
    for before in 0..4 {
        let text = format!("{}{name} and more", "x".repeat(before));
        assert!(found(&people, text.as_bytes()) > 0);
        assert!(found(&people, BASE64_STANDARD_NO_PAD.encode(&text).as_bytes()) > 0, "{before}");
        let in_gbk = [&vec![b'x'; before][..], &gbk, b"and more"].concat();
        assert!(
            found(&people, &in_gbk) > 0
                && found(&people, BASE64_STANDARD_NO_PAD.encode(in_gbk).as_bytes()) > 0
        );
    }
    assert_eq!(found(&people, b"nobody is here"), 0);
    assert_eq!(found(&[somebody(1, 8)], name.as_bytes()), 0);
}
