//! The paper ticket: what it says, what proves it, and what happens when there is none.

use crate::hall::{Hall, Opening, Ticket, enabled, name, says, says_word, tickets};
use serde_json::{Value, json};

const RESTAURANT: &str = "package.open-restaurant";
/// Dots of paper a second at which a ticket takes long enough to be interrupted: about 4 s.
const SLOW: u32 = 250;

fn first() -> Ticket {
    Ticket { n: 1, number: "A001".into(), reprint: false }
}

fn printer(hall: &Hall, hands: Value) {
    hall.post("/api/printer", hands);
}

/// What the ledger's journal says of each attempt to print, oldest first.
fn journal(hall: &Hall) -> Vec<String> {
    let db = rusqlite::Connection::open(hall.folder().join("kiosk/queue/numbers.db")).expect("the ledger");
    let mut rows = db.prepare("SELECT state FROM print_job ORDER BY id").expect("its journal");
    rows.query_map([], |row| row.get(0)).expect("rows").collect::<Result<_, _>>().expect("states")
}

/// From home to the number's screen.
fn confirm(hall: &Hall, person: &str) -> Value {
    hall.identify("home.number", person);
    if !enabled(&hall.state(), "confirm") {
        hall.touch(RESTAURANT);
    }
    hall.touch("confirm");
    hall.wait_screen("number")
}

/// Slows the paper down and waits until the ticket hangs half out of the printer.
fn half_out(hall: &Hall) {
    printer(hall, json!({ "dots_per_second": SLOW }));
    confirm(hall, "man");
    hall.wait("paper in the slot", |state| state["printer"]["uncut"] == true);
}

/// Whoever stands before the kiosk is told the truth: the number, that nobody knows of the paper, and
/// why.
fn told_unknown(hall: &Hall, fault: &str) {
    let state = hall.wait_word("number.unknown.title");
    assert!(says(&state, "A001") && says_word(&state, &format!("fault.{fault}.title")), "{state:#}");
    assert!(enabled(&state, "reprint"));
}

/// "Ticket: … number large, window or waiting area, matters, …, what still has to be handed in, time,
/// QR"; nothing on it says who the visitor is.
#[test]
fn a_ticket_says_where_to_go_and_what_to_bring() {
    let hall = Opening::default().with(&["--clock", "2026-11-23T09:41:00"]).open();
    hall.take_number("man", RESTAURANT);
    let text = hall.ticket_text(1);
    for wanted in [
        "嘉定区政务服务中心",
        "A001",
        "窗口",
        "开饭店",
        "请准备好",
        "申请人身份证",
        "2026-11-23 09:4",
        "[QR ",
    ] {
        assert!(text.contains(wanted), "{wanted} is missing:\n{text}");
    }
    let catalogue: toml::Table = include_str!("../../halls/jiading.toml").parse().expect("the catalogue");
    let window = catalogue["windows"].as_array().expect("windows");
    let window = window.iter().find(|w| w["code"].as_str() == Some("one-thing")).expect("its window");
    for field in ["area", "counters"] {
        let wanted = window[field].as_str().expect("a text");
        assert!(text.contains(wanted), "{wanted} is missing:\n{text}");
    }
    for unwanted in ["补打", "张示范", "张", "3101", "前方等候", "〓"] {
        assert!(!text.contains(unwanted), "{unwanted} should not be there:\n{text}");
    }
    let complaints = &hall.state()["printer"]["complaints"];
    assert_eq!(*complaints, json!([]), "the printer understood every byte");
}

/// The ticket follows the language of the screen; the mark on a reprint stays the windows' own.
#[test]
fn an_english_ticket_for_an_english_screen() {
    let hall = Hall::open();
    hall.touch("language");
    hall.take_number("foreigner_2023", RESTAURANT);
    let text = hall.ticket_text(1);
    assert!(text.contains("Open a restaurant") && text.contains("Please have ready"), "{text}");
    assert!(says(&hall.state(), "您好"), "the next visitor is greeted in Chinese again");
}

/// "Bad input …: paper out before … a ticket": the number is given and shown all the same, nothing is
/// printed, and once there is paper the visitor prints it himself. It is the first paper: no 补打.
#[test]
fn no_paper_before_the_ticket() {
    let hall = Hall::open();
    printer(&hall, json!({"paper": "out"}));
    let state = hall.wait_word("home.no_tickets.title");
    assert!(enabled(&state, "home.number"), "numbers are given without paper");
    confirm(&hall, "man");
    let state = hall.wait_word("number.not_printed.title");
    assert!(says(&state, "A001") && says_word(&state, "fault.P03.title"), "{state:#}");
    assert!(hall.log().contains("P03"), "and the log names the fault");

    // Trying again without paper changes nothing.
    hall.touch("reprint");
    hall.wait("the same answer", |s| says_word(s, "number.not_printed.title") && enabled(s, "reprint"));
    assert_eq!(hall.tickets(), []);

    printer(&hall, json!({"paper": "ok"}));
    hall.touch("reprint");
    hall.wait_word("number.printed.title");
    assert_eq!(hall.tickets(), [first()]);
    assert_eq!(journal(&hall), ["failed-before-sending", "failed-before-sending", "confirmed"]);
    hall.leave();
    assert_eq!(hall.take_number("woman", RESTAURANT).number, "A002");
}

/// "Paper out … during a ticket": nobody knows what came out, so nothing is printed again unless the
/// visitor asks, and then it is marked. "Unknown is never silently reprinted."
#[test]
fn paper_ends_in_the_middle_of_a_ticket() {
    let hall = Hall::open();
    half_out(&hall);
    printer(&hall, json!({"paper": "out"}));
    told_unknown(&hall, "P03");
    printer(&hall, json!({"paper": "ok", "dots_per_second": null}));
    asked_for_and_marked(&hall);
}

/// "Cover open" during a ticket.
#[test]
fn the_cover_is_opened_in_the_middle_of_a_ticket() {
    let hall = Hall::open();
    half_out(&hall);
    printer(&hall, json!({"cover": "open"}));
    told_unknown(&hall, "P05");
    printer(&hall, json!({"cover": "closed", "dots_per_second": null}));
    asked_for_and_marked(&hall);
}

/// Once the printer is well again: nothing comes by itself but the rest of the paper that was under
/// way; asked for, one more ticket comes, and it is marked.
fn asked_for_and_marked(hall: &Hall) {
    hall.wait("a quiet printer", |s| s["printer"]["online"] == true && s["printer"]["buffered"] == 0);
    let before = hall.tickets();
    assert!(before.iter().filter(|t| !t.reprint).count() <= 1, "{before:?}");
    told_unknown_still(hall);
    assert_eq!(journal(hall), ["unknown"], "nothing was printed unasked");
    hall.touch("reprint");
    hall.wait_word("number.printed.title");
    let after = hall.tickets();
    let last = after.last().expect("a ticket");
    assert_eq!((last.number.as_str(), last.reprint), ("A001", true), "{after:?}");
    let unmarked = after.iter().filter(|t| t.number == "A001" && !t.reprint).count();
    assert!(unmarked <= 1, "{after:?}");
    assert_eq!(journal(hall), ["unknown", "confirmed"]);
    let text = hall.ticket_text(last.n);
    assert!(text.contains("补打") && text.contains("[QR "), "{text}");
    hall.leave();
    let next = hall.take_number("woman", RESTAURANT);
    assert_eq!((next.number.as_str(), next.reprint), ("A002", false));
    let text = hall.ticket_text(next.n);
    assert!(!text.contains("A001"), "nothing of the broken ticket is on the next one:\n{text}");
}

fn told_unknown_still(hall: &Hall) {
    let state = hall.state();
    assert!(says_word(&state, "number.unknown.title"), "the screen does not change its mind: {state:#}");
}

/// The cutter jams at the end of a ticket: its text is on paper, but nobody knows whether the visitor
/// can take it; the fault is told, further
/// numbers are given without paper; freed, the printer goes on, and nobody finds another's ticket on
/// his own.
#[test]
fn the_cutter_jams() {
    let hall = Hall::open();
    printer(&hall, json!({"cutter": "jammed"}));
    confirm(&hall, "man");
    let state = hall.wait_word("number.unknown.title");
    assert!(says(&state, "A001"));
    hall.leave();
    hall.wait_word("home.no_tickets.title");
    assert!(hall.log().contains("P06"), "the log names the cutter");
    confirm(&hall, "woman");
    let state = hall.wait_word("number.not_printed.title");
    assert!(says(&state, "A002") && says_word(&state, "fault.P06.title"), "{state:#}");

    printer(&hall, json!({"cutter": "ok"}));
    hall.wait("the man's ticket cut off", |state| tickets(state) == [first()]);
    hall.touch("reprint");
    hall.wait_word("number.printed.title");
    let second = Ticket { n: 2, number: "A002".into(), reprint: false };
    assert_eq!(hall.tickets(), [first(), second]);
    assert!(!hall.ticket_text(2).contains("A001"));
    assert_eq!(journal(&hall), ["unknown", "failed-before-sending", "confirmed"]);
}

/// The printer is switched off: numbers are given and shown; on again, the visitor prints it himself.
#[test]
fn the_printer_is_off_and_on_again() {
    let hall = Hall::open();
    printer(&hall, json!({"power": "off"}));
    hall.wait_word("home.no_tickets.title");
    confirm(&hall, "man");
    let state = hall.wait_word("number.not_printed.title");
    assert!(says(&state, "A001") && says_word(&state, "fault.P01.title"), "{state:#}");
    printer(&hall, json!({"power": "on"}));
    initialised(&hall);
    hall.touch("reprint");
    hall.wait_word("number.printed.title");
    assert_eq!(hall.tickets(), [first()]);
}

/// Waits until the kiosk has found the printer again and told it how to work.
fn initialised(hall: &Hall) {
    hall.wait("automatic status", |state| state["printer"]["automatic_status"] != 0);
}

/// The printer loses its supply in the middle of a ticket: nobody knows what is on the paper.
#[test]
fn the_printer_loses_power_in_the_middle_of_a_ticket() {
    let hall = Hall::open();
    half_out(&hall);
    printer(&hall, json!({"power": "off"}));
    told_unknown(&hall, "P01");
    printer(&hall, json!({"power": "on", "dots_per_second": null}));
    hall.wait("the torn paper", |state| tickets(state).len() == 1);
    initialised(&hall);
    asked_for_and_marked(&hall);
}

/// "`confirm:false`: a printer without GS ( H", with a profile that says so: the ticket is told as
/// sent, not as printed.
#[test]
fn a_printer_that_cannot_prove_is_not_believed() {
    let hall = Opening::default().settings("[printer]\nprofile = \"generic\"\n").open();
    printer(&hall, json!({"confirm": false}));
    confirm(&hall, "man");
    let state = hall.wait_word("number.sent.title");
    assert!(!says_word(&state, "number.printed.title") && !enabled(&state, "reprint"));
    assert_eq!(hall.tickets(), [first()]);
    assert_eq!(journal(&hall), ["sent"]);
}

/// The same printer under a profile that promises proof: unknown is told, and nothing is printed
/// twice by itself.
#[test]
fn promised_proof_that_does_not_come_is_unknown() {
    let hall = Hall::open();
    printer(&hall, json!({"confirm": false}));
    confirm(&hall, "man");
    let state = hall.wait_word("number.unknown.title");
    assert!(says(&state, "A001") && enabled(&state, "reprint"));
    assert_eq!(hall.tickets(), [first()], "it did come out, once");
    assert_eq!(journal(&hall), ["unknown"]);
}

/// Little paper is a notice to staff and no reason not to print.
#[test]
fn little_paper_still_prints() {
    let hall = Hall::open();
    printer(&hall, json!({"paper": "low"}));
    hall.wait("the fault heard", |_| hall.log().contains("P04"));
    assert!(!says_word(&hall.state(), "home.no_tickets.title"));
    confirm(&hall, "man");
    hall.wait_word("number.printed.title");
    assert_eq!(hall.tickets(), [first()]);
    assert_eq!(name(&hall.state()), "number");
}

/// Words that no printer's font has are drawn; none is lost.
#[test]
fn rare_characters_are_drawn() {
    let (_folder, settings) = crate::hours::catalogue(|table| {
        table["hall"].as_table_mut().expect("a hall").insert("name".into(), "䶮㛃𠮷政务服务中心".into());
    });
    let hall = Opening::default().settings(&settings).open();
    hall.take_number("man", RESTAURANT);
    let bytes = hall.get("/api/tickets/1.bin");
    // GS v 0
    let pictures = bytes.windows(3).filter(|w| w == b"\x1dv0").count();
    assert!(pictures > 0, "the hall's name is drawn");
    let text = hall.ticket_text(1);
    assert!(text.contains("A001") && !text.contains('〓'), "{text}");
}
