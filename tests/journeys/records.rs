//! What the kiosk writes down of itself: its log, its figures, and what it tells the hall.

use crate::hall::{Opening, says};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

const RESTAURANT: &str = "package.open-restaurant";

/// Runs the program that needs files alone, with the hall's own key.
fn verify_log(folder: &Path) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_hall")).with_file_name("kiosk");
    let mut command = Command::new(program);
    command.arg("verify-log").arg(folder.join("kiosk/log")).arg("--key").arg(folder.join("secrets/log.key"));
    command.output().expect("the program")
}

/// Every line of the log.
fn log(folder: &Path) -> Vec<Value> {
    let mut files: Vec<_> = std::fs::read_dir(folder.join("kiosk/log")).expect("a log").flatten().collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    let texts = files.iter().map(|file| std::fs::read_to_string(file.path()).unwrap_or_default());
    let lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    lines
        .filter_map(|line| serde_json::from_str(&line).ok())
        .filter(|line: &Value| line["event"].is_string())
        .collect()
}

/// "Logs: structured …; a hash chain makes removal visible (`kiosk verify-log`)".
#[test]
fn what_happened_is_in_the_log_and_nothing_can_be_taken_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let hall = Opening::default().on(folder).open();
    hall.take_number("man", RESTAURANT);
    hall.post("/api/printer", json!({ "paper": "out" }));
    hall.wait("no paper", |state| says(state, "P03"));
    hall.post("/api/printer", json!({ "paper": "ok" }));
    hall.wait("paper", |state| !says(state, "P03"));
    hall.terminate();
    let lines = log(folder);
    let events: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
    for wanted in [
        "Started",
        "ConfigurationLoaded",
        "CatalogueLoaded",
        "DeviceReady",
        "SessionBegun",
        "IdentityRead",
        "NumberGiven",
        "TicketPrinted",
        "SessionEnded",
        "FaultBegun",
        "FaultEnded",
        "Stopping",
        "LogClosed",
    ] {
        assert!(events.contains(&wanted), "{wanted} is not in {events:?}");
    }
    let whole = verify_log(folder);
    assert!(whole.status.success(), "{whole:?}");
    // Whoever takes one line out is found out.
    let file = std::fs::read_dir(folder.join("kiosk/log"))
        .expect("a log")
        .flatten()
        .map(|file| file.path())
        .find(|path| std::fs::read_to_string(path).is_ok_and(|text| text.contains("NumberGiven")))
        .expect("the file");
    let text = std::fs::read_to_string(&file).expect("a text");
    let left: String =
        text.lines().filter(|l| !l.contains("NumberGiven")).map(|l| format!("{l}\n")).collect();
    std::fs::write(&file, left).expect("written");
    let harmed = verify_log(folder);
    assert!(!harmed.status.success(), "{harmed:?}");
}

/// "Metrics in OpenMetrics over mutual TLS …; without the client certificate it gets nothing", and "the same facts
/// pushed as one small JSON to the hall".
#[test]
fn figures_are_shown_to_the_hall_alone_and_told_to_it() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let folder = tempfile::tempdir().expect("a folder");
    let pki = folder.path().join("pki");
    let settings = format!(
        "[metrics]\nlisten = \"127.0.0.1:{port}\"\ncertificate = \"{0}/store.pem\"\nkey = \"{0}/store.key\"\n",
        pki.display()
    );
    let hall = Opening::default().on(folder.path()).settings(&settings).open();
    let curl = |with_certificate: bool| {
        let file = |name: &str| pki.join(name).display().to_string();
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "10", "--cacert", &file("ca.pem")]);
        if with_certificate {
            command.args(["--cert", &file("client.pem"), "--key", &file("client.key")]);
        }
        let done = command.arg(format!("https://localhost:{port}/metrics")).output().expect("curl");
        (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned())
    };
    assert!(!curl(false).0, "nobody without a certificate");
    let shows = |what: &str| {
        hall.wait(what, |_| curl(true).1.contains(what));
    };
    shows("onedoor_device_ready{device=\"printer\"} 1");
    hall.take_number("man", RESTAURANT);
    shows("onedoor_tickets_total{outcome=\"printed\"} 1");
    hall.post("/api/printer", json!({ "paper": "out" }));
    shows("code=\"P03\"");
    let told = |state: &Value| {
        let devices =
            state["windows"]["kiosks"]["kiosk-a"]["devices"].as_array().cloned().unwrap_or_default();
        devices.iter().any(|device| device["faults"][0]["code"] == "P03")
    };
    hall.wait("the hall is told", told);
}

/// "All at once as a self-test …, and again at night by itself."
#[test]
fn at_night_the_kiosk_tests_itself() {
    // Not on the stroke: the shift is in whole seconds, and the first look must not come just before.
    let hall = Opening::default().with(&["--clock", "03:01"]).open();
    let tested = |line: &Value| line["event"] == "SelfTestDone" && line["fields"]["by"] == "night";
    hall.wait("the self-test of this night", |_| log(hall.folder()).iter().any(tested));
    let line = log(hall.folder()).into_iter().find(tested).expect("the self-test");
    let count = |what: &str| line["fields"][what].as_u64().expect("a number");
    assert!(count("took") < 120_000 && count("passed") >= 7, "{line}");
}
