//! The technician's room: in by a code of the office, through the repairs of every device, and out again.

use crate::faults::{Case, printer_cases, reader_cases, scanner_cases};
use crate::hall::{Hall, Opening, elements, enabled, name, says, says_word, texts, tickets, word};
use crate::papers::paper;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

impl Hall {
    /// A finger on the hall's name, for as long as nobody holds it there by chance.
    fn hold(&self) {
        self.post("/api/hold", json!({ "x": 200, "y": 70, "seconds": 5.5 }));
    }

    /// What the office is to be told, as it stands on the screen: sixteen digits at least, in groups of four.
    fn question(&self) -> String {
        let digits = |text: &&str| text.chars().filter(char::is_ascii_digit).count() >= 16;
        let state = self.wait("a question", |state| texts(state).any(|text| digits(&text)));
        texts(&state).find(digits).expect("a question").to_owned()
    }

    /// What the office answers.
    fn office(&self, question: &str) -> String {
        let asked = json!({ "question": question }).to_string();
        let (status, said) = self.request("POST", "/api/answer", &asked);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&said));
        let said: Value = serde_json::from_slice(&said).expect("JSON");
        said["code"].as_str().expect("a code").to_owned()
    }

    fn enter(&self, code: &str) {
        for digit in code.chars().filter(char::is_ascii_digit) {
            self.touch(&format!("key.{digit}"));
        }
        self.touch("confirm");
    }

    fn let_in(&self) {
        self.hold();
        // With a place for cards it is they that are asked for.
        let asked = |state: &Value| says_word(state, "door.card") || says_word(state, "door.question_text");
        if says_word(&self.wait("the door", asked), "door.card") {
            self.touch("door.code");
        }
        self.enter(&self.office(&self.question()));
        self.wait_screen("overview");
    }

    /// Touches what a long page may hide.
    fn reach(&self, id: &str) {
        let there = || elements(&self.state()).any(|e| e["id"] == id);
        // From the top down: it may be above what is shown.
        while !there() && enabled(&self.state(), "scroll.up") {
            self.touch("scroll.up");
        }
        while !there() {
            self.touch("scroll.down");
        }
        self.touch(id);
    }
}

/// "Replayed challenge, code of another kiosk or of an older challenge … none in", with the office's own program;
/// and "a visitor's session can never be reached from here, nor this room from a visitor's session".
#[test]
fn only_the_office_lets_in_without_a_card() {
    let hall = Hall::open();
    hall.hold();
    let first = hall.question();
    let old = hall.office(&first);
    // Another question makes the answer to the first worthless.
    hall.touch("door.code");
    hall.wait("another question", |state| !says(state, &first));
    hall.enter(&old);
    hall.wait_word("door.wrong_code.title");
    hall.enter(&"1".repeat(15));
    hall.wait_word("door.mistyped.title");
    let right = hall.office(&hall.question());
    hall.enter(&right);
    hall.wait_screen("overview");
    hall.reach("finish");
    hall.wait_screen("home");
    // The same answer once more.
    hall.hold();
    hall.question();
    hall.enter(&right);
    hall.wait_word("door.wrong_code.title");
    hall.touch("back");
    hall.wait_screen("home");
    hall.identify("home.number", "man");
    hall.hold();
    assert_eq!(name(&hall.state()), "choose");
}

/// The device, and the test that proves it mended.
fn of(code: &str) -> (&'static str, &'static str) {
    match code.as_bytes().first() {
        Some(b'R') => ("reader", "test.read"),
        Some(b'P') => ("printer", "test.print"),
        // What is wrong with the feeder, the feeder proves.
        Some(b'S') if ["S02", "S03", "S04", "S05", "S09", "S10"].contains(&code) => ("scanner", "test.feed"),
        Some(b'S') => ("scanner", "test.scan"),
        _ => panic!("{code}"),
    }
}

/// "The virtual hall breaks it, the room shows it within one poll, the guided steps lead out when followed, and
/// the test afterwards passes; and does not pass while still broken."
fn repair(hall: &Hall, cases: &[Case]) {
    hall.post("/api/scanner", json!({ "flatbed": paper(hall, "id-copy") }));
    let mut done = BTreeSet::new();
    for Case { code, path, happens, mended } in cases.iter().filter(|case| done.insert(case.code)) {
        let (device, test) = of(code);
        let lay_in = || {
            if test == "test.feed" {
                hall.post("/api/scanner", json!({ "feeder": [paper(hall, "lease")] }));
            }
        };
        lay_in();
        hall.post(path, happens.clone());
        hall.wait(&format!("{code} in the room"), |state| says(state, code));
        hall.reach(&format!("device.{device}"));
        hall.touch(&format!("repair.{code}"));
        hall.wait_word("room.still_broken.title");
        hall.touch(test);
        // A reader that is broken sees no card: that test waits, and goes on when it is mended.
        let waits = test == "test.read";
        hall.wait(&format!("{code}: tried in vain"), |state| waits || enabled(state, test));
        assert!(!says_word(&hall.state(), "room.mended.title"), "{code} is called mended while it is broken");
        hall.post(path, mended.clone());
        hall.wait(&format!("{code} gone"), |state| !says_word(state, "room.still_broken.title"));
        lay_in();
        if waits {
            hall.lay("man");
        } else {
            hall.touch(test);
        }
        hall.wait(&format!("{code} mended"), |state| says_word(state, "room.mended.title"));
        hall.lift();
        hall.touch("back");
        hall.wait_screen("device");
        hall.touch("back");
        hall.wait_screen("overview");
    }
}

#[test]
fn a_reader_is_mended() {
    let hall = Hall::open();
    hall.let_in();
    repair(&hall, &reader_cases());
}

#[test]
fn a_printer_is_mended() {
    let hall = Hall::open();
    hall.let_in();
    // Little paper is no reason not to print; its own journey is below.
    let cases: Vec<Case> = printer_cases().into_iter().filter(|case| case.code != "P04").collect();
    repair(&hall, &cases);
    let printed = hall.tickets();
    assert!(printed.len() >= 10, "a test ticket for each: {printed:?}");
    assert!(
        printed.iter().all(|ticket| ticket.number.is_empty()),
        "a test ticket has no number: {printed:?}"
    );
}

#[test]
fn a_scanner_is_mended() {
    let hall = Hall::open();
    hall.let_in();
    let cases = scanner_cases().into_iter().filter(|case| ["S01", "S02", "S03"].contains(&case.code));
    repair(&hall, &cases.collect::<Vec<_>>());
}

/// "Each step ticked off by the device's own evidence": a roll is changed as a technician does it.
#[test]
fn a_roll_is_changed() {
    let hall = Hall::open();
    hall.let_in();
    hall.post("/api/printer", json!({ "paper": "out" }));
    hall.wait("P03", |state| says(state, "P03"));
    hall.reach("device.printer");
    hall.touch("repair.P03");
    hall.touch("step.1");
    let seen = |state: &Value| texts(state).filter(|text| **text == *word("room.step_seen")).count();
    assert_eq!(seen(&hall.wait_word("room.step_ticked")), 0);
    hall.post("/api/printer", json!({ "cover": "open" }));
    hall.post("/api/printer", json!({ "paper": "ok" }));
    // Under an open cover the printer says nothing of its paper.
    hall.wait("an open cover seen", |_| hall.log().contains("P05"));
    assert_eq!(seen(&hall.state()), 0);
    hall.post("/api/printer", json!({ "cover": "closed" }));
    hall.wait("paper, and a closed cover", |state| seen(state) == 2);
    hall.touch("test.print");
    hall.wait_word("room.mended.title");
    hall.touch("back");
    hall.touch("back");
    hall.reach("room.counters");
    hall.wait("one ticket", |state| says(state, "1"));
    hall.touch("roll.changed");
    let none = word("room.tickets").replace("{count}", "0");
    hall.wait("counted anew", |state| says(state, &none));
}

/// "Network in layers": with the store away it has a name, and takes no connection.
#[test]
fn a_line_to_the_store_is_tried_layer_by_layer() {
    let hall = Hall::open();
    hall.let_in();
    hall.reach("room.tests");
    hall.post("/api/network", json!({ "store": "down" }));
    hall.reach("test.connection");
    hall.wait("no connection", |state| says(state, "N01"));
    assert!(!texts(&hall.state()).any(|text| text.starts_with(&word("room.passed"))));
    hall.reach("test.name");
    hall.wait("a name", |state| texts(state).any(|text| text.starts_with(&word("room.passed"))));
    hall.post("/api/network", json!({ "store": "up" }));
    hall.reach("test.connection");
    hall.wait("a connection", |state| !says(state, "N01"));
}

/// "All at once as a self-test": in a hall in order nothing fails but, in a machine without a network plug, that.
#[test]
fn the_self_test_passes_in_a_hall_in_order() {
    let hall = Hall::open();
    hall.let_in();
    hall.reach("room.tests");
    hall.touch("tests.all");
    hall.wait("all of it tried", |state| enabled(state, "tests.all") && says_word(state, "room.untried"));
    let (mut passed, mut failed) = (0, BTreeSet::new());
    loop {
        let state = hall.state();
        passed += texts(&state).filter(|text| text.starts_with(&word("room.passed"))).count();
        failed.extend(texts(&state).filter(|text| text.starts_with("没有通过")).map(str::to_owned));
        if !enabled(&state, "scroll.down") {
            break;
        }
        hall.touch("scroll.down");
    }
    assert!(passed >= 7, "{passed} passed");
    assert!(failed.len() <= 1, "{failed:?}");
}

impl Hall {
    /// A technician's card into his slot.
    fn staff_card(&self, which: &str) {
        self.post("/api/slot", json!({ "staff": which }));
    }

    fn no_staff_card(&self) {
        self.post("/api/slot", json!({ "staff": null }));
    }

    /// Runs a command beside the kiosk; whether it did well, and what it says.
    fn kiosk(&self, arguments: &[&str]) -> (bool, Value) {
        let done = self.command(arguments);
        let said = serde_json::from_slice(&done.stdout);
        (done.status.success(), said.unwrap_or_else(|error| panic!("{error}: {done:?}")))
    }

    /// Runs a command beside the kiosk whose words are for people; whether it did well.
    fn ends_well(&self, arguments: &[&str]) -> bool {
        self.command(arguments).status.success()
    }

    fn command(&self, arguments: &[&str]) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_hall")).with_file_name("kiosk-appliance");
        let config = self.folder().join("kiosk.toml");
        Command::new(program).arg("--config").arg(config).args(arguments).output().expect("the program")
    }

    fn has(&self, id: &str) -> bool {
        elements(&self.state()).any(|e| e["id"] == id)
    }
}

/// "A smart card over PC/SC with PIN opens the room", and whoever has none of the hall's stays out: "wrong PIN,
/// revoked card, expired card … none in".
#[test]
fn a_card_of_the_hall_lets_in_and_no_other() {
    let hall = Opening::default().with_slot().open();
    hall.hold();
    hall.wait_word("door.card");
    for (card, told) in [
        ("revoked", "door.revoked.title"),
        ("expired", "door.not_now.title"),
        ("stranger", "door.not_ours.title"),
        ("other_use", "door.not_ours.title"),
    ] {
        hall.staff_card(card);
        hall.wait_word(told);
        assert!(!hall.has("key.1"), "{card}: no PIN is asked for");
        hall.no_staff_card();
    }
    hall.staff_card("technician");
    hall.wait_word("door.pin");
    hall.enter("000000");
    hall.wait_word("door.wrong_pin.title");
    hall.wait_word("door.pin");
    hall.enter("271828");
    hall.wait_screen("overview");
    hall.no_staff_card();
    hall.reach("finish");
    hall.wait_screen("home");
    // A card of another make; and the office's code all the same.
    hall.staff_card("rsa");
    hall.hold();
    hall.wait_word("door.pin");
    hall.touch("door.code");
    hall.question();
    hall.touch("door.card");
    hall.wait_word("door.pin");
    hall.enter("271828");
    hall.wait_screen("overview");
}

/// The ticket loop, whole: printed, laid crooked on the glass, read back; a head with dead dots is found.
#[test]
fn a_test_ticket_is_read_back() {
    let hall = Hall::open();
    hall.let_in();
    hall.reach("room.tests");
    for (dead, found) in [(vec![], false), (vec![100, 101, 300], true)] {
        let before = hall.tickets().len();
        hall.reach("test.loop");
        hall.wait_word("room.laid.title");
        let number = before + 1;
        hall.wait("the test ticket", |state| tickets(state).len() == number);
        hall.post("/api/scanner", json!({ "ticket": { "number": number, "degrees": 3.0, "dead": dead } }));
        hall.reach("answer.yes");
        hall.wait_screen("looped");
        assert_eq!(says(&hall.state(), "101"), found, "{dead:?}");
        hall.touch("back");
        hall.wait_screen("tests");
    }
    // Another ticket than the one that was just printed.
    hall.reach("test.loop");
    hall.wait_word("room.laid.title");
    hall.post("/api/scanner", json!({ "ticket": { "number": 1 } }));
    hall.reach("answer.yes");
    hall.wait_word("failed.other_ticket");
}

/// What commands ask, the running kiosk answers; and nobody is disturbed.
#[test]
fn commands_ask_the_running_kiosk() {
    let hall = Hall::open();
    let (well, told) = hall.kiosk(&["diagnose", "--json", "kiosk"]);
    assert!(well && told["passed"] == true, "{told}");
    let tests: BTreeSet<&str> =
        told["tests"].as_array().expect("tests").iter().filter_map(|test| test["test"].as_str()).collect();
    assert_eq!(tests, BTreeSet::from(["memory", "storage"]));
    let (well, told) = hall.kiosk(&["diagnose", "--json", "printer"]);
    assert!(well, "{told}");
    assert_eq!(hall.tickets().len(), 1, "a test ticket");
    hall.post("/api/printer", json!({ "paper": "out" }));
    hall.wait("no paper", |state| says(state, "P03"));
    let (well, told) = hall.kiosk(&["diagnose", "--json", "printer"]);
    assert!(!well && told["passed"] == false, "{told}");
    assert_eq!(told["devices"][0]["faults"][0], "P03");
    let (well, told) = hall.kiosk(&["status", "--json"]);
    assert!(well, "{told}");
    let devices = told["devices"].as_array().expect("devices");
    assert!(devices.iter().any(|device| device["faults"][0] == "P03"), "{told}");
    hall.identify("home.number", "man");
    let (well, told) = hall.kiosk(&["diagnose", "--json", "reader"]);
    assert!(!well && told["answer"] == "busy", "{told}");
    assert_eq!(name(&hall.state()), "choose", "the visitor is not disturbed");
}

/// A version is good once screen, desk, every device and the databases have shown it, whatever is wrong with a device;
/// and the system learns whether somebody would be sent away.
#[test]
fn a_version_is_good_and_nobody_is_sent_away() {
    let hall = Hall::open();
    assert!(hall.ends_well(&["idle"]), "nobody is there");
    hall.post("/api/printer", json!({ "paper": "out" }));
    hall.wait("no paper", |state| says(state, "P03"));
    assert!(hall.ends_well(&["good", "--within", "60"]), "no defect of the version");
    hall.identify("home.number", "man");
    assert!(!hall.ends_well(&["idle"]), "somebody is there");
    assert!(hall.ends_well(&["good", "--within", "60"]), "a visitor is no defect of the version");
    assert_eq!(name(&hall.state()), "choose", "the visitor is not disturbed");
}

/// A version that could not go on with its own numbers, nor leave them to the one before, is not good.
#[test]
fn a_version_is_not_good_whose_numbers_lead_nowhere() {
    let hall = Hall::open();
    assert!(hall.ends_well(&["good", "--within", "60"]));
    let numbers = hall.folder().join("kiosk/queue/numbers.db");
    let db = rusqlite::Connection::open(numbers).expect("the ledger");
    db.pragma_update(None, "user_version", 999).expect("another layout");
    assert!(!hall.ends_well(&["good", "--within", "2"]), "nobody knows this layout");
}

/// Nobody vouches for a kiosk that does not run.
#[test]
fn without_a_kiosk_no_version_is_good() {
    let hall = Opening::default().with(&["--no-kiosk"]).start();
    assert!(!hall.ends_well(&["good"]));
    assert!(!hall.ends_well(&["idle"]));
}

/// As a finger goes from lane to lane over the whole panel, a lane a column.
fn lanes(columns: impl Iterator<Item = i32>) -> Value {
    let lane = |column: i32| {
        let x = column * 180 + 90;
        if column % 2 == 0 { [[x, 5], [x, 1915]] } else { [[x, 1915], [x, 5]] }
    };
    json!({ "along": columns.flat_map(lane).collect::<Vec<_>>() })
}

/// "Touch: every cell of a grid over the whole panel answers; a dead strip is found and named."
#[test]
fn a_finger_goes_over_the_whole_touch_panel() {
    let hall = Hall::open();
    hall.let_in();
    hall.reach("room.tests");
    hall.reach("test.touch");
    hall.wait_screen("touch");
    // Of a panel that is dead in its fifth column nothing comes from there.
    hall.post("/api/drag", lanes(0..4));
    hall.post("/api/drag", lanes(5..6));
    let left = word("room.slide.many").replace("{count}", "10");
    hall.wait("all but one column", |state| says(state, &left));
    hall.touch("back");
    hall.wait_screen("touch-result");
    let dead = word("room.whole_columns").replace("{list}", "5");
    hall.wait("the dead strip named", |state| says(state, &dead));
    hall.touch("test.touch");
    hall.wait_screen("touch");
    hall.post("/api/drag", lanes(0..6));
    hall.wait_screen("touch-result");
    hall.wait("passed", |state| texts(state).any(|text| text.starts_with(&word("room.passed"))));
    hall.touch("back");
    hall.wait_screen("tests");
}

/// "Screen: colours one after the other, then what was seen."
#[test]
fn eyes_go_over_every_colour_of_the_screen() {
    let hall = Hall::open();
    hall.let_in();
    hall.reach("room.tests");
    for (answer, told) in [("answer.yes", "failed.denied"), ("answer.no", "room.passed")] {
        hall.reach("test.screen");
        hall.wait_screen("colours");
        hall.touch("colour.next");
        hall.wait_screen("colour");
        let mut seen = BTreeSet::new();
        for at in 1..=7 {
            let before = hall.get("/api/screen.png");
            assert!(seen.insert(before.clone()), "picture {at} was shown before");
            // Anywhere, and also where the bars are on other screens.
            hall.post("/api/touch", json!({ "x": 1000, "y": 20 }));
            hall.wait("the next picture", |_| hall.get("/api/screen.png") != before);
        }
        hall.wait_word("room.spots.title");
        hall.touch(answer);
        hall.wait("how it was", |state| texts(state).any(|text| text.starts_with(&word(told))));
        hall.touch("back");
        hall.wait_screen("tests");
    }
}

/// "Key pad: every key comes; those that do not are named."
#[test]
fn the_five_keys_of_the_pad_are_tried() {
    let hall = Hall::open();
    hall.let_in();
    hall.reach("room.tests");
    hall.reach("test.pad");
    hall.wait_screen("pad");
    for key in ["up", "down", "back", "next"] {
        assert!(!texts(&hall.state()).any(|text| text.starts_with(&word("room.passed"))));
        hall.post("/api/keys", json!({ "key": key }));
    }
    let awaited = word("room.keys_awaited").replace("{list}", &word("room.key_select"));
    hall.wait("one key left", |state| says(state, &awaited));
    hall.post("/api/keys", json!({ "key": "select" }));
    hall.wait("passed", |state| texts(state).any(|text| text.starts_with(&word("room.passed"))));
    // Once more; this time the select key is broken, and the technician does not wait for it.
    hall.touch("test.pad");
    hall.wait("anew", |state| says(state, &word("room.key_select")) && enabled(state, "back"));
    hall.post("/api/keys", json!({ "key": "up" }));
    hall.wait("one that came", |state| {
        texts(state).any(|text| text.starts_with("还没有按到") && !text.contains(&word("room.key_up")))
    });
    hall.touch("back");
    let missed = ["room.key_down", "room.key_back", "room.key_next", "room.key_select"].map(word).join("、");
    let failed = word("failed.missed").replace("{what}", &missed);
    hall.wait("those that did not come", |state| says(state, &failed));
    // Its keys lead out again as everywhere.
    hall.post("/api/keys", json!({ "key": "up" }));
    hall.post("/api/keys", json!({ "key": "back" }));
    hall.wait_screen("tests");
}

/// "Without a running kiosk they open the devices themselves."
#[test]
fn commands_open_the_devices_where_no_kiosk_runs() {
    let hall = Opening::default().with(&["--no-kiosk"]).start();
    let (well, told) = hall.kiosk(&["diagnose", "--json", "printer"]);
    assert!(well && told["passed"] == true, "{told}");
    assert_eq!(told["tests"][0]["test"], "print");
    hall.wait("a test ticket", |state| tickets(state).len() == 1);
    hall.post("/api/printer", json!({ "cover": "open" }));
    let (well, told) = hall.kiosk(&["diagnose", "--json", "printer"]);
    assert!(!well && told["devices"][0]["faults"][0] == "P05", "{told}");
    let (well, told) = hall.kiosk(&["diagnose", "--json"]);
    assert!(!well, "{told}");
    let down: Vec<&str> = told["devices"]
        .as_array()
        .expect("devices")
        .iter()
        .filter(|device| device["faults"].as_array().is_some_and(|faults| !faults.is_empty()))
        .filter_map(|device| device["device"].as_str())
        .collect();
    assert_eq!(down, ["printer"], "{told}");
}

/// "Readiness report: one page as PDF/A and JSON with every result …, signed with the kiosk's key; a short form on the
/// ticket printer; export to a USB stick that is allowed, or as QR", and `kiosk export-report`.
#[test]
fn a_report_proves_how_the_kiosk_was_left() {
    let hall = Hall::open();
    hall.let_in();
    hall.reach("room.report");
    hall.wait("a report", |state| enabled(state, "report.print"));
    hall.touch("report.print");
    hall.wait_word("report.printed");
    let ticket = hall.ticket_text(1);
    assert!(ticket.contains("检查报告") && ticket.contains("kiosk-a"), "{ticket}");
    hall.reach("report.stick");
    hall.wait_word("report.no_stick");
    hall.touch("back");
    hall.reach("finish");
    hall.wait_screen("home");
    let folder = hall.folder().join("exported");
    let exported = Command::new(Path::new(env!("CARGO_BIN_EXE_hall")).with_file_name("kiosk-appliance"))
        .arg("--config")
        .arg(hall.folder().join("kiosk.toml"))
        .arg("export-report")
        .arg(&folder)
        .output()
        .expect("the program");
    assert!(exported.status.success(), "{exported:?}");
    let kept: Vec<_> =
        std::fs::read_dir(hall.folder().join("kiosk/reports")).expect("reports").flatten().collect();
    assert_eq!(kept.len(), 8, "both reports are kept");
    let verify = |path: &Path| {
        let program = Path::new(env!("CARGO_BIN_EXE_hall")).with_file_name("kiosk");
        let mut command = Command::new(program);
        command.arg("verify-report").arg(path).arg("--ca").arg(hall.folder().join("pki/ca.pem"));
        command.output().expect("the program")
    };
    let mut seen = 0;
    for path in std::fs::read_dir(&folder).expect("a folder").flatten().map(|file| file.path()) {
        if path.extension().is_some_and(|ending| ending == "jws") {
            continue;
        }
        let good = verify(&path);
        assert!(good.status.success(), "{good:?}");
        let mut bytes = std::fs::read(&path).expect("a file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).expect("written");
        assert!(!verify(&path).status.success(), "{} was changed", path.display());
        seen += 1;
    }
    assert_eq!(seen, 2, "JSON and PDF");
}
