//! "A broken configuration" ends with a clear message that names file, line and field.

use crate::hall::Opening;
use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take to see that it cannot run.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts the program in a folder with arguments with which it must end by itself; what it said.
fn refused(folder: &Path, arguments: &[&OsStr]) -> String {
    let said = folder.join("said");
    let mut program = Command::new(env!("CARGO_BIN_EXE_hall"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(File::create(&said).expect("a file"))
        .spawn()
        .expect("the program");
    let end = Instant::now() + PATIENCE;
    let status = loop {
        match program.try_wait().expect("its state") {
            None if Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
            status => break status,
        }
    };
    let _ = program.kill();
    let _ = program.wait();
    let said = std::fs::read_to_string(&said).expect("text");
    let status = status.unwrap_or_else(|| panic!("it runs all the same with {arguments:?}\n{said}"));
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// What a kiosk says of a configuration with which it cannot run.
fn refusal(folder: &Path, config: &str) -> String {
    let (file, socket) = (folder.join("broken.toml"), folder.join("no.sock"));
    std::fs::write(&file, config).expect("a configuration");
    let kiosk = ["kiosk".as_ref(), "--socket".as_ref(), socket.as_os_str()];
    refused(folder, &[&kiosk[..], &["--config".as_ref(), file.as_os_str()]].concat())
}

/// Every mistake ends the kiosk before anything is shown, and says where and what.
#[test]
fn mistakes_are_named() {
    let hall = Opening::default().start();
    hall.wait("the settings written", |_| hall.folder().join("kiosk.toml").exists());
    let good = std::fs::read_to_string(hall.folder().join("kiosk.toml")).expect("settings");
    let mut table: toml::Table = good.parse().expect("settings");
    let folder = tempfile::tempdir().expect("a folder");
    // A kiosk of its own, beside the hall's.
    let data = folder.path().join("data");
    let kiosk = table["kiosk"].as_table_mut().expect("a kiosk");
    kiosk.insert("data".into(), data.display().to_string().into());
    let good = table;
    let with = |section: &str, key: &str, value: toml::Value| {
        let mut table = good.clone();
        table[section].as_table_mut().expect("a section").insert(key.into(), value);
        table.to_string()
    };
    let line_of = |text: &str, key: &str| text.lines().position(|l| l.starts_with(key)).map(|n| n + 1);

    let config = with("reader", "colour", "red".into());
    let line = line_of(&config, "colour").expect("its line");
    let said = refusal(folder.path(), &config);
    for wanted in ["broken.toml", &format!("line {line}"), "colour"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }

    for (letter, wanted) in [("a", "A to Z"), ("É", "A to Z"), ("AB", "letter"), ("", "letter")] {
        let config = with("kiosk", "letter", letter.into());
        let line = line_of(&config, "letter").expect("its line");
        let said = refusal(folder.path(), &config);
        for wanted in ["broken.toml", &format!("line {line}"), "letter", wanted] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
    }

    let mut without = good.clone();
    without.remove("printer");
    let said = refusal(folder.path(), &without.to_string());
    assert!(said.contains("broken.toml") && said.contains("printer"), "{said}");

    for (section, key, value, wanted) in [
        ("printer", "baud", toml::Value::from(4711), "printer.baud"),
        ("store", "url", "http://localhost:1".into(), "store.url"),
        ("scanner", "url", "nowhere".into(), "scanner.url"),
        ("kiosk", "retention_days", toml::Value::from(0), "kiosk.retention_days"),
        ("kiosk", "hall_key", data.join("hall.key").display().to_string().into(), "kiosk.hall_key"),
        ("kiosk", "hall_key", "/nowhere/hall.key".into(), "/nowhere/hall.key"),
        ("kiosk", "outbox_key", data.join("outbox.key").display().to_string().into(), "kiosk.outbox_key"),
        ("kiosk", "outbox_key", "/nowhere/outbox.key".into(), "/nowhere/outbox.key"),
        ("kiosk", "catalogue", "/nowhere/catalogue.toml".into(), "/nowhere/catalogue.toml"),
        ("store", "ca", "/nowhere/ca.pem".into(), "/nowhere/ca.pem"),
        ("kiosk", "data", "/proc/nowhere".into(), "/proc/nowhere"),
    ] {
        let said = refusal(folder.path(), &with(section, key, value));
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

/// "The key of that hash is never stored beside the database", by whatever name one gets there.
#[test]
fn the_key_beside_the_database_is_refused() {
    let hall = Opening::default().start();
    hall.wait("the settings written", |_| hall.folder().join("kiosk.toml").exists());
    let settings = std::fs::read_to_string(hall.folder().join("kiosk.toml")).expect("settings");
    let mut table: toml::Table = settings.parse().expect("settings");
    let folder = tempfile::tempdir().expect("a folder");
    let queue = folder.path().join("data/queue");
    std::fs::create_dir_all(&queue).expect("a folder");
    std::fs::copy(hall.folder().join("secrets/hall.key"), queue.join("hall.key")).expect("a key");
    let link = folder.path().join("link.key");
    std::os::unix::fs::symlink(queue.join("hall.key"), &link).expect("a link");
    let kiosk = table["kiosk"].as_table_mut().expect("a kiosk");
    kiosk.insert("data".into(), folder.path().join("data").display().to_string().into());
    kiosk.insert("hall_key".into(), link.display().to_string().into());
    let said = refusal(folder.path(), &table.to_string());
    assert!(said.contains("link.key") && said.contains("keep"), "{said}");
}

/// A catalogue with mistakes is refused as a whole; each is named with its line and field.
#[test]
fn a_broken_catalogue_names_every_line() {
    let hall = Opening::default().start();
    hall.wait("the settings written", |_| hall.folder().join("kiosk.toml").exists());
    let settings = std::fs::read_to_string(hall.folder().join("kiosk.toml")).expect("settings");
    let mut table: toml::Table = settings.parse().expect("settings");
    let folder = tempfile::tempdir().expect("a folder");
    let catalogue = include_str!("../../halls/jiading.toml")
        .replacen("window = \"talent\"", "window = \"nowhere\"", 1)
        .replacen("promise_day = 7", "promise_day = \"soon\"", 1);
    let lines = ["window = \"nowhere\"", "promise_day = \"soon\""].map(|wanted| {
        catalogue.lines().position(|line| line == wanted).map(|n| format!("line {}:", n + 1)).expect("it")
    });
    let file = folder.path().join("hall.toml");
    std::fs::write(&file, catalogue).expect("a catalogue");
    let kiosk = table["kiosk"].as_table_mut().expect("a kiosk");
    kiosk.insert("data".into(), folder.path().join("data").display().to_string().into());
    kiosk.insert("catalogue".into(), file.display().to_string().into());
    let said = refusal(folder.path(), &table.to_string());
    for wanted in ["hall.toml", &lines[0], &lines[1], ".window", ".promise_day", "2 errors"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

/// Settings with which no kiosk could run end the hall at once, and name the file they came from.
#[test]
fn a_kiosk_that_could_never_run_is_not_tried() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = folder.path().join("settings.toml");
    let arguments = ["--no-window", "--dock", "127.0.0.1:0", "--data"].map(OsStr::new);
    for (text, wanted) in [
        ("[reader]\nspeed = 9600\n", "speed"),
        ("[kiosk]\nletter = \"a\"\n", "one capital letter"),
        ("[kiosk]\ncatalogue = \"/nowhere/catalogue.toml\"\n", "/nowhere/catalogue.toml"),
    ] {
        std::fs::write(&settings, text).expect("settings");
        let data = folder.path().join("data");
        let rest = [data.as_os_str(), "--config".as_ref(), settings.as_os_str()];
        let said = refused(folder.path(), &[&arguments[..], &rest].concat());
        assert!(said.contains(wanted) && said.contains("settings.toml"), "{wanted}: {said}");
    }
}

/// The hall's own mistakes: settings that are no TOML, a clock that is no time, a port that is taken.
#[test]
fn the_hall_says_what_it_cannot_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let settings = folder.path().join("settings.toml");
    std::fs::write(&settings, "[kiosk]\nletter = = \"A\"\n").expect("settings");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").to_string();
    let free: &OsStr = "127.0.0.1:0".as_ref();
    for (dock, flag, value, wanted) in [
        (free, "--config", settings.as_os_str(), ["settings.toml", "line 2"]),
        (free, "--config", "/nowhere/settings.toml".as_ref(), ["/nowhere/settings.toml", "settings"]),
        (free, "--clock", "noon".as_ref(), ["--clock noon", "HH:MM"]),
        (port.as_ref(), "--clock", "12:00".as_ref(), [port.as_str(), "--dock"]),
    ] {
        let hall = ["--no-window", "--data"].map(OsStr::new);
        let arguments =
            [&hall[..], &[data.as_os_str(), "--dock".as_ref(), dock, flag.as_ref(), value]].concat();
        let said = refused(folder.path(), &arguments);
        for wanted in wanted {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
    }
}
