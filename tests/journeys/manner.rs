//! How the kiosk shows itself to one visitor: large letters, other colours, everything within reach; and help.

use crate::hall::{Hall, Opening, elements, enabled, name, says, says_word};
use serde_json::{Value, json};

const RESTAURANT: &str = "package.open-restaurant";

fn top_of(state: &Value, id: &str) -> i64 {
    let found = elements(state).find(|e| e["id"] == id).unwrap_or_else(|| panic!("no {id}: {state:#}"));
    found["y"].as_i64().expect("a place")
}

/// "Switchable on any screen, in place, without losing what was entered … left at their defaults again when
/// the visit ends": a person in a wheelchair takes a number.
#[test]
fn a_number_from_a_wheelchair() {
    let hall = Hall::open();
    hall.identify("home.number", "man");
    hall.touch(RESTAURANT);
    hall.wait("picked", |state| enabled(state, "confirm"));
    for id in ["look", "look.reach", "look.large", "look.yellow-on-black"] {
        hall.touch(id);
    }
    hall.wait("all of it below", |state| elements(state).all(|e| e["y"].as_i64() > Some(640)));
    hall.touch("back");
    let state = hall.wait_screen("choose");
    assert!(enabled(&state, "confirm"), "what was picked stays picked");
    hall.touch("confirm");
    hall.wait_word("number.printed.title");
    assert!(elements(&hall.state()).all(|e| e["y"].as_i64() > Some(640)));
    hall.leave();
    assert!(top_of(&hall.state(), "language") < 200, "the next visitor finds it as it was");
}

/// "Help: a call for hall staff from every screen (a message to the hall, and what to do meanwhile)", and
/// what is said of it is what the hall said.
#[test]
fn staff_are_called_from_the_screen() {
    let hall = Hall::open();
    hall.identify("home.number", "man");
    hall.touch("help");
    let state = hall.wait_screen("help");
    assert!(says_word(&state, "help.ask.title") && enabled(&state, "help.call"));
    hall.post("/api/staff", json!({ "bell": "off" }));
    hall.touch("help.call");
    hall.wait_word("help.unheard.title");
    hall.post("/api/staff", json!({ "bell": "on" }));
    hall.touch("help.call");
    let state = hall.wait_word("help.heard.title");
    assert_eq!(state["windows"]["calls"].as_object().map(|calls| calls.len()), Some(1));
    assert!(state["windows"]["calls"].as_object().into_iter().flatten().all(|(_, on)| on == "choose"));
    hall.touch("back");
    hall.wait_screen("choose");
    hall.post("/api/staff", json!({ "gone": true }));
    assert_eq!(hall.state()["windows"]["calls"], json!({}));
}

/// Somebody made the letters large, and went away without a word.
#[test]
fn the_idle_screen_forgets_what_it_was_made_to_look_like() {
    let hall = Opening::default().settings("[patience]\nidle = 3\nwarning = 1\n").open();
    hall.touch("language");
    hall.touch("look");
    hall.touch("look.reach");
    hall.wait("all of it below", |state| name(state) == "look" && top_of(state, "language") > 640);
    hall.wait("as it was", |state| {
        name(state) == "home" && top_of(state, "language") < 200 && says(state, "取号")
    });
}
