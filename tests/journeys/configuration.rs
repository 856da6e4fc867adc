//! "A broken configuration" ends with a clear message that names file, line and field.

use crate::hall::Opening;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a kiosk may take to see that it cannot run.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts a kiosk on a configuration, which must end by itself; what it said.
fn refusal(folder: &Path, config: &str) -> String {
    let file = folder.join("broken.toml");
    std::fs::write(&file, config).expect("a configuration");
    let said = folder.join("said");
    let mut kiosk = Command::new(env!("CARGO_BIN_EXE_hall"))
        .args(["kiosk", "--socket"])
        .arg(folder.join("no.sock"))
        .arg("--config")
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(File::create(&said).expect("a file"))
        .spawn()
        .expect("the kiosk's program");
    let end = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = kiosk.try_wait().expect("its state") {
            break Some(status);
        }
        if Instant::now() > end {
            break None;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let _ = kiosk.kill();
    let _ = kiosk.wait();
    let said = std::fs::read_to_string(&said).expect("text");
    let status = status.unwrap_or_else(|| panic!("it runs all the same\n{config}\n{said}"));
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
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

    let config = with("kiosk", "letter", "ab".into());
    let line = line_of(&config, "letter").expect("its line");
    let said = refusal(folder.path(), &config);
    for wanted in ["broken.toml", &format!("line {line}"), "letter", "A to Z"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
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

/// A hall whose kiosk cannot run says why in its log, and its dock stays.
#[test]
fn the_dock_outlives_a_kiosk_that_cannot_run() {
    let hall = Opening::default().settings("[reader]\nspeed = 9600\n").start();
    hall.wait("the reason", |state| state["screen"]["name"] == "down" && hall.log().contains("speed"));
    let log = hall.log();
    assert!(log.contains("kiosk.toml") && log.contains("line"), "{log}");
}
