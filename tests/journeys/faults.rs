//! Every entry of the fault catalogue that a device can cause: the hall makes it happen, the screen says
//! it, the kiosk goes on, and with the device in order again the screen says so.

use crate::hall::{Hall, Opening, enabled, name, says, word};
use crate::papers::{feed, leave, open, to_materials};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const RESTAURANT: &str = "package.open-restaurant";
/// A device that answers again is ready within this time, as seen on the screen.
const READY: Duration = Duration::from_secs(3);

/// How a fault is made to happen, and how the device is put in order again.
pub struct Case {
    pub code: &'static str,
    pub path: &'static str,
    pub happens: Value,
    pub mended: Value,
}

fn case(code: &'static str, path: &'static str, happens: Value, mended: Value) -> Case {
    Case { code, path, happens, mended }
}

/// SW3 of protocols.md §1.5, for as long as it is not taken back.
fn sw3(command: &str, sw3: u8) -> Value {
    json!({"fault": {"command": command, "sw3": sw3, "times": u32::MAX}})
}

pub fn reader_cases() -> Vec<Case> {
    let well = json!({"fault": null});
    let reader = |code, happens| case(code, "/api/reader", happens, well.clone());
    vec![
        case("R01", "/api/reader", json!({"cable": "off"}), json!({"cable": "on"})),
        reader("R02", json!({"fault": {"silence": u32::MAX}})),
        reader("R03", json!({"fault": "babble"})),
        reader("R04", sw3("status", 0x66)),
        reader("R05", sw3("status", 0x60)),
        case("R07", "/api/reader", json!({"port": "forbidden"}), json!({"port": "free"})),
        case("R08", "/api/reader", json!({"port": "taken"}), json!({"port": "free"})),
        reader("R09", sw3("status", 0x21)),
    ]
}

pub fn printer_cases() -> Vec<Case> {
    let printer = |code, happens, mended| case(code, "/api/printer", happens, mended);
    vec![
        printer("P01", json!({"power": "off"}), json!({"power": "on"})),
        printer("P02", json!({"speech": "silent"}), json!({"speech": "clear"})),
        printer("P03", json!({"paper": "out"}), json!({"paper": "ok"})),
        printer("P04", json!({"paper": "low"}), json!({"paper": "ok"})),
        printer("P05", json!({"cover": "open"}), json!({"cover": "closed"})),
        printer("P07", json!({"heat": "hot"}), json!({"heat": "ok"})),
        printer("P08", json!({"mechanism": "jammed"}), json!({"mechanism": "ok"})),
        printer("P09", json!({"button": "off_line"}), json!({"button": "released"})),
        printer("P10", json!({"port": "forbidden"}), json!({"port": "free"})),
        printer("P11", json!({"port": "taken"}), json!({"port": "free"})),
        printer("P12", json!({"mechanism": "broken"}), json!({"mechanism": "ok", "port": "free"})),
        printer("P13", json!({"button": "awaited"}), json!({"button": "released"})),
        printer("P14", json!({"button": "feeding"}), json!({"button": "released"})),
        printer("P16", json!({"speech": "garbled"}), json!({"speech": "clear"})),
    ]
}

pub fn scanner_cases() -> Vec<Case> {
    let adf = |code, word| case(code, "/api/scanner", json!({"adf": word}), json!({"adf": null}));
    let condition =
        |code, word| case(code, "/api/scanner", json!({"condition": word}), json!({"condition": "ready"}));
    vec![
        case("S01", "/api/scanner", json!({"power": "off"}), json!({"power": "on"})),
        adf("S02", "ScannerAdfJam"),
        adf("S03", "ScannerAdfHatchOpen"),
        adf("S03", "ScannerAdfDoorOpen"),
        adf("S04", "ScannerAdfMispick"),
        adf("S05", "ScannerAdfMultipickDetected"),
        adf("S08", "ScannerAdfInputTrayFailed"),
        adf("S09", "ScannerAdfDuplexPageTooShort"),
        adf("S09", "ScannerAdfDuplexPageTooLong"),
        adf("S10", "ScannerAdfInputTrayOverloaded"),
        condition("S08", "stopped"),
        condition("S08", "down"),
        case("S16", "/api/scanner", json!({"speech": "silent"}), json!({"speech": "clear"})),
    ]
}

fn slot_cases() -> Vec<Case> {
    let slot = |code, service| case(code, "/api/slot", json!({"service": service}), json!({"service": "up"}));
    vec![
        // First, while a card is in the slot.
        slot("C04", "taken"),
        slot("C01", "no_reader"),
        slot("C02", "down"),
        slot("C03", "refusing"),
        slot("C05", "failing"),
        slot("C06", "frozen"),
    ]
}

pub fn code_cases() -> Vec<Case> {
    let codes = |code, happens, mended| case(code, "/api/codes", happens, mended);
    vec![
        codes("Q01", json!({"cable": "off"}), json!({"cable": "on"})),
        // A good code takes the doubt away; whose it is does not matter.
        codes("Q02", json!({"fault": "garble", "show": "0123456789"}), json!({"show": "9876543210"})),
        codes("Q03", json!({"port": "forbidden"}), json!({"port": "free"})),
        codes("Q04", json!({"port": "taken"}), json!({"port": "free"})),
    ]
}

pub fn key_cases() -> Vec<Case> {
    let list = "SKF_EnumDev";
    let key = |code, happens| case(code, "/api/key", happens, json!({"lasting": null}));
    vec![
        // Now, and in every helper that is started anew.
        key("E02", json!({"lasting": {"crash": {"call": list}}})),
        key("E03", json!({"lasting": {"fail": {"call": list, "code": 0x0A00_0001}}})),
        // Once: a call that still hangs when all is well again would be waited for.
        key("E05", json!({"trouble": {"hang": {"call": list}}})),
    ]
}

/// Entries that other journeys show, and the journey that does.
const ELSEWHERE: &[(&str, &str)] = &[
    ("R06", "devices::a_card_that_is_not_genuine"),
    ("P06", "ticket::the_cutter_jams"),
    ("P15", "faults::a_printer_that_promises_too_much"),
    ("P17", "faults::a_printer_that_measures_its_supply"),
    ("S06", "faults::faults_of_a_scan_under_way"),
    ("S07", "faults::faults_of_a_scan_under_way"),
    ("S11", "faults::faults_of_a_scan_under_way"),
    ("S15", "faults::faults_of_a_scan_under_way"),
    ("S18", "faults::faults_of_a_scan_under_way"),
    ("S14", "faults::a_scanner_without_its_back_end"),
    ("S12", "sane::what_a_back_end_does_and_says"),
    ("S13", "sane::what_a_back_end_does_and_says"),
    ("S17", "sane::what_a_back_end_does_and_says"),
    ("E01", "faults::a_library_that_is_missing"),
    ("E04", "faults::a_library_that_is_missing"),
];

/// Goes through the cases of one device, with `goes_on` between the fault and its end.
fn run(hall: &Hall, cases: &[Case], goes_on: impl Fn(&Hall, &Case)) {
    for case in cases {
        hall.post(case.path, case.happens.clone());
        let state = hall.wait(case.code, |state| says(state, case.code));
        assert_eq!(name(&state), "home", "{}", case.code);
        goes_on(hall, case);
        hall.post(case.path, case.mended.clone());
        let mended = Instant::now();
        // Ready again: not of another fault either, such as that it was away for a moment.
        hall.wait(&format!("{} to go", case.code), |state| !says_code(state, case.code));
        assert!(mended.elapsed() < READY, "{}: gone only after {:?}", case.code, mended.elapsed());
        // A printer that was switched on is first sent what ends a broken command. Put off line in the
        // midst of it, it can take no question until it is on line again, and is silent and no more.
        hall.wait("an idle printer", |state| state["printer"]["buffered"] == 0);
    }
    for case in cases {
        crate::capsules::sealed(hall, case.code);
    }
    crate::capsules::are_the_same_again(hall);
}

/// Whether the screen names any fault of the device that this one is of.
fn says_code(state: &Value, code: &str) -> bool {
    let device = code.chars().next();
    crate::hall::texts(state).any(|text| {
        let letters: Vec<char> = text.chars().collect();
        letters
            .windows(3)
            .any(|three| three.first().copied() == device && three.iter().skip(1).all(char::is_ascii_digit))
    })
}

/// A number without a ticket: the screen keeps it and says why.
fn number_without_ticket(hall: &Hall, case: &Case) {
    hall.identify("home.number", "man");
    if !enabled(&hall.state(), "confirm") {
        hall.pick(RESTAURANT);
    }
    hall.touch("confirm");
    hall.wait_screen("number");
    hall.wait("the number", |state| says(state, "A001"));
    if case.code != "P04" {
        hall.wait("the truth about the ticket", |state| {
            says(state, &word("number.not_printed.title")) || says(state, &word("number.unknown.title"))
        });
    }
    hall.leave();
    hall.wait_screen("home");
}

/// What a visitor can do with the reader out of order: show a code.
fn number_by_code(hall: &Hall, case: &Case) {
    assert!(enabled(&hall.state(), "home.number"), "{}: another way is open", case.code);
    hall.touch("home.number");
    hall.wait_screen("identify");
    hall.post("/api/codes", json!({"person": "woman"}));
    hall.wait_screen("choose");
    hall.touch("back");
    hall.touch("finish");
    hall.wait_screen("home");
}

/// What a visitor can always do: lay his card.
fn number_by_card(hall: &Hall, _case: &Case) {
    hall.identify("home.number", "man");
    hall.touch("back");
    hall.lift();
    hall.touch("finish");
    hall.wait_screen("home");
}

#[test]
fn the_reader() {
    run(&Hall::open(), &reader_cases(), number_by_code);
}

#[test]
fn the_printer() {
    run(&Hall::open(), &printer_cases(), number_without_ticket);
}

#[test]
fn the_scanner() {
    run(&Hall::open(), &scanner_cases(), number_by_card);
}

#[test]
fn the_card_slot() {
    let hall = Opening::default().with_slot().open();
    hall.post("/api/slot", json!({"card": "woman"}));
    run(&hall, &slot_cases(), number_by_card);
}

#[test]
fn the_code_scanner() {
    let hall = Hall::open();
    run(&hall, &code_cases(), number_by_card);
}

#[test]
fn the_companies_keys() {
    run(&Hall::open(), &key_cases(), number_by_card);
}

/// A printer whose profile promises proofs that it does not give: the first visitor is told that it is
/// not known, the fault is told, and the next one waits for no proof.
#[test]
fn a_printer_that_promises_too_much() {
    let hall = Hall::open();
    hall.post("/api/printer", json!({"confirm": false}));
    hall.identify("home.number", "man");
    hall.pick(RESTAURANT);
    hall.touch("confirm");
    hall.wait_screen("number");
    hall.wait_word("number.unknown.title");
    hall.leave();
    hall.wait("P15", |state| says(state, "P15"));
    let next = hall.take_number("woman", RESTAURANT);
    assert_eq!(next.number, "A002");
    hall.post("/api/printer", json!({"confirm": true, "power": "off"}));
    hall.post("/api/printer", json!({"power": "on"}));
    hall.wait("P15 to go with the printer that was switched on", |state| !says(state, "P15"));
}

/// A printer of the kind that tells of its supply.
#[test]
fn a_printer_that_measures_its_supply() {
    let hall = Opening::default().settings("[printer]\nprofile = \"custom-kpm150\"\n").open();
    hall.post("/api/printer", json!({"full_status": true}));
    let supply = |word| json!({"supply": word});
    let starved = case("P17", "/api/printer", supply("out_of_range"), supply("ok"));
    run(&hall, &[starved], number_without_ticket);
}

/// Faults of a scan under way: the visitor is told, what was stored stays, and the next scan brings the
/// rest.
#[test]
fn faults_of_a_scan_under_way() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    let scanner = |hands: Value| hall.post("/api/scanner", hands);
    let well = json!({"busy": 0, "refuse": 0, "cut_at": null, "damage_at": null, "miscount": 0});
    for (happens, told, pages) in [
        (json!({"refuse": 1}), word("fault.S11.title"), 0),
        (json!({"busy": 99}), word("fault.S06.title"), 0),
        (json!({"cut_at": 2}), word("fault.S07.title"), 1),
        (json!({"damage_at": 2}), word("scan_problem.bad_page.title"), 1),
        (json!({"miscount": 1}), word("scan_problem.pages_missing.title"), 2),
    ] {
        feed(&hall, &["lease", "id-copy"]);
        scanner(happens.clone());
        open(&hall, "premises");
        hall.touch("scan.start");
        let state = hall.wait(&format!("{happens}: {told}"), |state| {
            ["scan", "review"].contains(&name(state)) && says(state, &told)
        });
        let stored = crate::papers::counted("review.pages", pages);
        assert!(pages == 0 || says(&state, &stored), "{happens}: {state:#}");
        scanner(well.clone());
        hall.touch("back");
        if pages > 0 {
            hall.touch("answer.yes");
        }
        hall.wait_screen("materials");
    }
    crate::papers::hand_in(&hall, "premises", &["lease", "id-copy"]);
    leave(&hall);
    crate::capsules::are_the_same_again(&hall);
}

/// A company's key without its vendor's library, and without the program that loads it.
#[test]
fn a_library_that_is_missing() {
    for (settings, code) in [
        ("[company_key]\nlibrary = \"/nowhere/libvendor.so\"\n", "E01"),
        ("[company_key]\nhelper = \"/nowhere/onedoor-key-helper\"\n", "E04"),
    ] {
        let hall = Opening::default().settings(settings).open();
        let state = hall.wait(code, |state| says(state, code));
        assert!(enabled(&state, "home.number"));
    }
}

/// A SANE scanner without the program that calls SANE: numbers go on.
#[test]
fn a_scanner_without_its_back_end() {
    let settings = "[scanner]\nurl = \"\"\nsane = \"test:0\"\nhelper = \"/nowhere/onedoor-sane-helper\"\n";
    let hall = Opening::default().settings(settings).open();
    let state = hall.wait("S14", |state| says(state, "S14"));
    assert!(enabled(&state, "home.number"));
    number_by_card(&hall, &case("S14", "", json!({}), json!({})));
}

/// The catalogue's entries, from the words that the screen has for them: each that a device can cause
/// is caused here or in a journey elsewhere.
#[test]
fn no_entry_is_forgotten() {
    let words: toml::Table = include_str!("../../ui/lang/zh.faults.toml").parse().expect("words");
    let entries: BTreeSet<&str> = words
        .get("fault")
        .and_then(toml::Value::as_table)
        .expect("faults")
        .keys()
        .map(String::as_str)
        .filter(|code| ["R", "P", "S", "C", "Q", "E"].iter().any(|device| code.starts_with(device)))
        .collect();
    let cases = [reader_cases(), printer_cases(), scanner_cases(), slot_cases(), code_cases(), key_cases()];
    let mut shown: BTreeSet<&str> = cases.iter().flatten().map(|case| case.code).collect();
    shown.extend(ELSEWHERE.iter().map(|(code, _)| *code));
    assert_eq!(entries, shown);
    let sources = [
        ("devices", include_str!("devices.rs")),
        ("faults", include_str!("faults.rs")),
        ("sane", include_str!("sane.rs")),
        ("ticket", include_str!("ticket.rs")),
    ];
    for (code, journey) in ELSEWHERE {
        let (file, test) = journey.split_once("::").expect("a file and a test");
        let source = sources.iter().find(|(name, _)| *name == file).expect("a file of journeys").1;
        assert!(source.contains(&format!("fn {test}()")), "{code}: there is no {journey}");
    }
}
