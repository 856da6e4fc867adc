//! Identify: cards of every kind, and a reader that does not do its part.

use crate::hall::{Hall, Opening, elements, enabled, name, says, says_word};
use crate::people::resident;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const RESTAURANT: &str = "package.open-restaurant";
/// SW3 of protocols.md §1.5.
const READ_FAILED: u8 = 0x41;
const NOT_AUTHORISED: u8 = 0x66;
const CARD_AUTHENTICATION: u8 = 0x32;

fn reader(hall: &Hall, hands: Value) {
    hall.post("/api/reader", hands);
}

/// A hall where nobody can be known but by the reader: with it out of order, the door is shut.
fn reader_alone() -> Hall {
    Opening::default().with(&["--no-codes"]).open()
}

/// Turns round at the list of matters, with the card in the hand.
fn turn_round(hall: &Hall) {
    hall.touch("back");
    hall.lift();
    hall.touch("finish");
    hall.wait_screen("home");
}

/// "Find, select, read; resident, HK/Macao/Taiwan and both foreigner layouts": every sample card is
/// known by its first character and its last four, and every person gets a number of his own.
#[test]
fn every_card_layout() {
    let hall = Hall::open();
    let names: Vec<String> = serde_json::from_slice(&hall.get("/api/cards")).expect("names");
    assert!(names.len() >= 15, "{names:?}");
    let shown = [
        ("man", "张*"),
        ("tibetan", "次*"),
        ("long_name", "阿*"),
        ("ends_in_x", "X）"),
        ("hong_kong", "何*"),
        ("macao", "欧*"),
        ("taiwan", "林*"),
        ("foreigner_2017", "0117）"),
        ("foreigner_2023", "*（"),
        ("foreigner_2023_long", "V*"),
        ("rare_ext_b", "𠮷*"),
    ];
    for (card, wanted) in shown {
        assert!(names.iter().any(|name| name == card), "no sample card {card}");
        hall.identify("home.number", card);
        let state = hall.state();
        assert!(says(&state, wanted), "{card}: {state:#}");
        turn_round(&hall);
    }
    let mut numbers: Vec<String> = ["man", "macao", "foreigner_2017", "foreigner_2023"]
        .map(|card| hall.take_number(card, RESTAURANT).number)
        .into();
    numbers.dedup();
    assert_eq!(numbers, ["A001", "A002", "A003", "A004"]);
}

/// A card made on the spot, through JSON, is a card like any other.
#[test]
fn a_card_made_on_the_spot() {
    let hall = Hall::open();
    let person = || resident("令狐现做", "31011419820517443");
    assert_eq!(hall.take_number(person(), RESTAURANT).number, "A001");
    assert!(hall.take_number(person(), RESTAURANT).reprint, "the same number is the same person");
    let namesake = resident("令狐现做", "31011419820517444");
    assert_eq!(hall.take_number(namesake, RESTAURANT).number, "A002", "the same name is not");
}

/// A malformed card is refused with a clear word that names the field, and never what stood in it.
#[test]
fn a_malformed_card_is_refused() {
    let hall = Hall::open();
    let mut table = Vec::new();
    let mut with = |field: &str, value: Value, said: &'static str| {
        let mut card = resident("错字段", "31011419820517443");
        card[field] = value;
        table.push((json!({ "card": card }).to_string(), said));
    };
    with("number", json!("310114198205174"), "number");
    with("number", Value::Null, "number");
    with("birth", json!("1982-05-17"), "birth");
    with("sex", json!(7), "sex");
    with("name", json!("长".repeat(40)), "name");
    with("kind", json!("passport"), "foreigner_2023");
    with("travel_permit", json!("H12345678"), "travel_permit");
    with("colour", json!("red"), "colour");
    table.push((r#"{"card":"nobody"}"#.to_owned(), "nobody"));
    table.push((r#"{"card":7}"#.to_owned(), "card"));
    table.push((r#"{"card":"#.to_owned(), ""));
    for (body, said) in table {
        let (status, answer) = hall.request("POST", "/api/reader", &body);
        let answer = String::from_utf8(answer).expect("text");
        assert!((400..500).contains(&status), "{body}: {status} {answer}");
        assert!(answer.contains(said), "{body}: {answer}");
        assert!(!answer.contains("3101141982"), "{answer}");
    }
    assert_eq!(hall.state()["reader"]["card"], Value::Null, "nothing lies there");
}

/// "A wrong check digit": the card is refused with a clear word, and the next one is read.
#[test]
fn a_card_with_a_wrong_check_digit() {
    let hall = Hall::open();
    hall.touch("home.number");
    hall.wait_screen("identify");
    hall.lay("bad_check_digit");
    let state = hall.wait_word("card_problem.check_digit.title");
    assert_eq!(name(&state), "identify");
    hall.lift();
    hall.lay("man");
    hall.wait_screen("choose");
}

/// A card that is lifted while it is being read: "lay it again", and then it is read.
#[test]
fn a_card_lifted_too_early() {
    let hall = Hall::open();
    reader(&hall, json!({"read_ms": 1000}));
    hall.touch("home.number");
    hall.wait_screen("identify");
    hall.lay("man");
    hall.wait_word("identify.reading");
    hall.lift();
    let state = hall.wait_word("card_problem.unreadable.title");
    assert_eq!(name(&state), "identify");
    hall.lay("man");
    hall.wait_screen("choose");
}

/// "A garbled reader frame", a truncated one, one that never comes: the reader's owner asks again, and
/// the card is read.
#[test]
fn damaged_replies_are_asked_for_again() {
    let hall = Hall::open();
    for fault in
        [json!("garble"), json!({"truncate": 5}), json!({"command": "read", "sw3": READ_FAILED, "times": 1})]
    {
        hall.touch("home.number");
        hall.wait_screen("identify");
        reader(&hall, json!({"fault": fault}));
        hall.lay("man");
        hall.wait_screen("choose");
        turn_round(&hall);
    }
}

/// A reply cut off in the middle of the card's text: the reading as a whole is done again.
#[test]
fn a_reading_cut_off_in_the_middle() {
    let hall = Hall::open();
    // Long enough for the fault to fall on the reading and not on the find before it.
    reader(&hall, json!({"read_ms": 700}));
    hall.touch("home.number");
    hall.wait_screen("identify");
    hall.lay("man");
    hall.wait_word("identify.reading");
    reader(&hall, json!({"fault": {"truncate": 600}}));
    hall.wait_screen("choose");
}

/// Card and module that do not accept each other: a word for the visitor, and the reader works on.
#[test]
fn a_card_that_is_not_genuine() {
    let hall = Hall::open();
    hall.touch("home.number");
    hall.wait_screen("identify");
    reader(&hall, json!({"fault": {"command": "select", "sw3": CARD_AUTHENTICATION, "times": u32::MAX}}));
    hall.lay("man");
    hall.wait_word("card_problem.authentication.title");
    reader(&hall, json!({"fault": null}));
    hall.lift();
    hall.lay("man");
    hall.wait_screen("choose");
}

/// A security module that is not authorised: the door is shut with a clear word, the log names device
/// and next step, and with the module in order the door opens by itself.
#[test]
fn a_module_that_is_not_authorised() {
    let hall = reader_alone();
    reader(&hall, json!({"fault": {"command": "status", "sw3": NOT_AUTHORISED, "times": u32::MAX}}));
    let state = hall.wait("the door shut", |state| !enabled(state, "home.number"));
    assert!(says_word(&state, "no_numbers.no_way.title") && says(&state, "R04"), "{state:#}");
    assert!(hall.log().contains("R04"));
    reader(&hall, json!({"fault": null}));
    hall.wait("the door open", |state| enabled(state, "home.number"));
    assert_eq!(hall.take_number("man", RESTAURANT).number, "A001");
}

/// A reader that says nothing at all is out of order, and back when it answers.
#[test]
fn a_silent_reader() {
    let hall = reader_alone();
    reader(&hall, json!({"fault": {"silence": u32::MAX}}));
    let state = hall.wait("the door shut", |state| !enabled(state, "home.number"));
    assert!(says(&state, "R02"), "{state:#}");
    reader(&hall, json!({"fault": null}));
    hall.wait("the door open", |state| enabled(state, "home.number"));
}

/// The reader's cable is pulled and put back: everybody is told, and within 3 s it is ready again.
#[test]
fn the_reader_cable() {
    let hall = reader_alone();
    reader(&hall, json!({"cable": "off"}));
    let state = hall.wait("the door shut", |state| !enabled(state, "home.number"));
    assert!(says_word(&state, "no_numbers.no_way.title") && says(&state, "R01"), "{state:#}");
    assert!(hall.log().contains("R01"));
    let plugged = Instant::now();
    reader(&hall, json!({"cable": "on"}));
    hall.wait("the door open", |state| enabled(state, "home.number"));
    assert!(plugged.elapsed() < Duration::from_secs(3), "ready only after {:?}", plugged.elapsed());

    // And while a visitor waits for his card to be read.
    hall.touch("home.number");
    hall.wait_screen("identify");
    reader(&hall, json!({"cable": "off"}));
    let state = hall.wait_word("fault.R01.title");
    assert_eq!(name(&state), "identify");
    reader(&hall, json!({"cable": "on"}));
    hall.lay("man");
    hall.wait_screen("choose");
}

/// Everything the screen shows is wired to one language's words at a time, and every screen but home
/// has a way back.
#[test]
fn both_languages_and_a_way_back() {
    let hall = Hall::open();
    assert!(says_word(&hall.state(), "home.title"));
    hall.touch("language");
    let state = hall.wait("English", |state| !says_word(state, "home.title"));
    // Only the button that leads back is in the other language.
    for element in elements(&state).filter(|e| e["id"] != "language") {
        assert!(element["label"].as_str().is_some_and(str::is_ascii), "{element}");
    }
    hall.touch("home.number");
    hall.wait_screen("identify");
    hall.touch("back");
    hall.wait_screen("home");
}

/// "A card that has been read answers like no card until it is lifted; … presence is present, absent
/// or unknown": at goodbye the visitor is reminded while his card lies there, and no longer.
#[test]
fn a_forgotten_card_is_called_after() {
    let hall = Hall::open();
    hall.identify("home.number", "man");
    hall.touch(RESTAURANT);
    hall.touch("confirm");
    hall.wait_word("number.card.title");
    hall.touch("finish");
    let state = hall.wait_word("goodbye.card.title");
    assert_eq!(name(&state), "goodbye");
    hall.lift();
    hall.wait("no reminder", |state| !says_word(state, "goodbye.card.title"));
    let state = hall.state();
    assert!(!says_word(&state, "goodbye.card_perhaps.title"), "{state:#}");
}

/// A card that somebody laid down while another was served is his who lays it there, and not the next visitor's.
#[test]
fn a_card_laid_in_anothers_visit_waits_to_be_lifted() {
    let hall = Hall::open();
    hall.identify("home.number", "man");
    hall.lift();
    hall.touch(RESTAURANT);
    hall.touch("confirm");
    hall.wait_screen("number");
    hall.lay("woman");
    hall.wait_word("number.card.title");
    let requests = |state: &Value| state["reader"]["requests"].as_u64();
    // It lies there for a while: whoever lays his down as he touches the screen is not asked to lift it.
    let before = requests(&hall.state()).map(|count| count + 4);
    hall.wait("some more looks at the reader", |state| requests(state) > before);
    hall.touch("finish");
    hall.wait_word("goodbye.card.title");
    hall.touch("finish");
    hall.wait_screen("home");
    hall.touch("home.number");
    let state = hall.wait_word("card_problem.lift_first.title");
    assert_eq!(name(&state), "identify");
    hall.lift();
    // The reader has been asked at least once since then: it is empty.
    let before = requests(&hall.state()).map(|count| count + 1);
    hall.wait("a look at the empty reader", |state| requests(state) > before);
    hall.lay("woman");
    hall.wait_screen("choose");
}

/// "Unknown always shows the reminder to take the card": a profile that names no probe.
#[test]
fn a_reader_that_cannot_tell_always_reminds() {
    let hall = Opening::default().settings("[reader]\nprofile = \"generic\"\n").open();
    hall.identify("home.number", "man");
    hall.touch(RESTAURANT);
    hall.touch("confirm");
    hall.wait_word("number.card_perhaps.title");
    hall.touch("finish");
    hall.wait_word("goodbye.card_perhaps.title");
    hall.lift();
    // It has no way to know; the words stay until goodbye is over.
    let state = hall.wait("goodbye or home", |state| ["goodbye", "home"].contains(&name(state)));
    assert!(name(&state) == "home" || says_word(&state, "goodbye.card_perhaps.title"), "{state:#}");
}
