//! Further ways to be known: a social-security card in the slot, a code before the scanner.

use crate::hall::{Hall, Opening, enabled, name, says, says_word};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const RESTAURANT: &str = "package.open-restaurant";
/// SW3 of protocols.md §1.5.
const NOT_AUTHORISED: u8 = 0x66;

fn slot(hall: &Hall, hands: Value) {
    hall.post("/api/slot", hands);
}

fn codes(hall: &Hall, hands: Value) {
    hall.post("/api/codes", hands);
}

/// Shows a code as people do: again, if nothing follows. What is held there in the moment in which the visit
/// before ends is nobody's.
fn show_until(hall: &Hall, hands: &Value, seen: impl Fn(&Value) -> bool) {
    for _ in 0..5 {
        codes(hall, hands.clone());
        let shown = Instant::now();
        while shown.elapsed() < Duration::from_secs(3) {
            if seen(&hall.state()) {
                return;
            }
        }
    }
    panic!("{hands} shown five times, and nothing follows: {:#}", hall.state());
}

fn with_slot() -> Hall {
    Opening::default().with_slot().open()
}

/// From the list of matters to the ticket's number.
fn number_of(hall: &Hall) -> String {
    hall.wait_screen("choose");
    if !enabled(&hall.state(), "confirm") {
        hall.pick(RESTAURANT);
    }
    let before = hall.tickets().len();
    hall.touch("confirm");
    let state =
        hall.wait("a ticket", |state| name(state) == "number" && crate::hall::tickets(state).len() > before);
    let number = crate::hall::tickets(&state).last().expect("a ticket").number.clone();
    hall.touch("finish");
    hall.wait_screen("home");
    number
}

/// A social-security card and the same person's ID card are one person: one number.
#[test]
fn a_social_security_card_is_its_holder() {
    let hall = with_slot();
    hall.touch("home.number");
    hall.wait_screen("identify");
    slot(&hall, json!({"card": "man"}));
    let state = hall.wait_screen("choose");
    assert!(says(&state, "张*"), "{state:#}");
    hall.pick(RESTAURANT);
    hall.touch("confirm");
    hall.wait_screen("number");
    hall.wait("a ticket", |state| crate::hall::tickets(state).len() == 1);
    // The card is called after while it is in the slot, and no longer.
    hall.wait_word("number.card.title");
    hall.touch("finish");
    hall.wait_word("goodbye.card.title");
    slot(&hall, json!({"card": null}));
    hall.wait("home", |state| name(state) == "home" || !says_word(state, "goodbye.card.title"));
    let again = hall.take_number("man", RESTAURANT);
    assert!(again.reprint && again.number == "A001", "{again:?}");
    let other = hall.take_number("woman", RESTAURANT);
    assert_eq!(other.number, "A002");
}

/// Cards that cannot be read are told apart, and the next one is read.
#[test]
fn cards_that_the_slot_cannot_read() {
    let hall = with_slot();
    hall.touch("home.number");
    hall.wait_screen("identify");
    for (strange, said) in [
        (json!("mute"), "card_problem.wrong_side.title"),
        (json!("other_application"), "card_problem.unknown_kind.title"),
        (json!("wrong_check_digit"), "card_problem.check_digit.title"),
        (json!("garbage"), "card_problem.social_unreadable.title"),
        (json!({"vanishes_at": 3}), "card_problem.social_unreadable.title"),
    ] {
        slot(&hall, json!({"card": "man", "strange": strange}));
        let state = hall.wait_word(said);
        assert_eq!(name(&state), "identify", "{strange}");
        slot(&hall, json!({"card": null}));
    }
    slot(&hall, json!({"card": "man", "strange": "answers_later"}));
    hall.wait_screen("choose");
}

/// A code is its owner; one that the store does not know is refused, and so is one that was used up.
#[test]
fn a_code_is_its_owner() {
    let hall = Hall::open();
    hall.touch("home.number");
    hall.wait_screen("identify");
    codes(&hall, json!({"show": "nobody-knows-this-code"}));
    let state = hall.wait_word("card_problem.code_unknown.title");
    assert_eq!(name(&state), "identify");
    codes(&hall, json!({"person": "man"}));
    let state = hall.wait_screen("choose");
    assert!(says(&state, "张*"), "{state:#}");
    assert_eq!(number_of(&hall), "A001");
    let again = hall.take_number("man", RESTAURANT);
    assert!(again.reprint && again.number == "A001", "{again:?}");
    assert!(!hall.log().contains("nobody-knows-this-code"), "a code is in the log");
}

/// A damaged code and one without an end are no codes; the next one is.
#[test]
fn codes_that_arrive_damaged() {
    let hall = Hall::open();
    for fault in ["garble", "no_terminator"] {
        hall.touch("home.number");
        hall.wait_screen("identify");
        let shown = json!({"fault": fault, "person": "man"});
        show_until(&hall, &shown, |state| says_word(state, "card_problem.code_unknown.title"));
        hall.touch("back");
        hall.wait_screen("home");
    }
    hall.touch("home.number");
    hall.wait_screen("identify");
    show_until(&hall, &json!({"person": "woman"}), |state| name(state) == "choose");
}

/// "No fault stops the kiosk": with the reader out of order the door stays open for those who have
/// another way, and says which.
#[test]
fn a_door_with_another_way_stays_open() {
    let hall = with_slot();
    let broken = json!({"fault": {"command": "status", "sw3": NOT_AUTHORISED, "times": u32::MAX}});
    hall.post("/api/reader", broken);
    let state = hall.wait("R04", |state| says(state, "R04"));
    assert!(enabled(&state, "home.number"), "{state:#}");
    hall.touch("home.number");
    hall.wait_screen("identify");
    slot(&hall, json!({"card": "man"}));
    assert_eq!(number_of_card(&hall), "A001");
    // Nothing is left: the door shuts, and says why.
    slot(&hall, json!({"service": "down"}));
    codes(&hall, json!({"cable": "off"}));
    let state = hall.wait("the door shut", |state| !enabled(state, "home.number"));
    assert!(says(&state, "C02") && says(&state, "Q01") && says(&state, "R04"), "{state:#}");
    codes(&hall, json!({"cable": "on"}));
    hall.wait("the door open", |state| enabled(state, "home.number"));
}

fn number_of_card(hall: &Hall) -> String {
    hall.wait_screen("choose");
    hall.pick(RESTAURANT);
    hall.touch("confirm");
    hall.wait_screen("number");
    let state = hall.wait("a ticket", |state| !crate::hall::tickets(state).is_empty());
    slot(hall, json!({"card": null}));
    hall.touch("finish");
    hall.wait("home or goodbye", |state| ["home", "goodbye"].contains(&name(state)));
    hall.wait_screen("home");
    crate::hall::tickets(&state).last().expect("a ticket").number.clone()
}

/// The smart-card service dies under a card that is being read, and comes back: the slot with it.
#[test]
fn a_service_that_is_started_again() {
    let hall = with_slot();
    slot(&hall, json!({"service": "down"}));
    hall.wait("C02", |state| says(state, "C02"));
    slot(&hall, json!({"service": "up"}));
    hall.wait("all well", |state| !says(state, "C0"));
    hall.touch("home.number");
    hall.wait_screen("identify");
    slot(&hall, json!({"card": "man"}));
    hall.wait_screen("choose");
}
