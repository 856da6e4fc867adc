//! For whom: "visitor and applicant are two things from the start."

use crate::hall::{Hall, enabled, name, says, says_word, tickets};
use serde_json::json;

const RESTAURANT: &str = "package.open-restaurant";
/// A code whose check character is right (GB 32100).
const COMPANY: &str = "91350100M000100Y43";

/// From the list of matters to the same list, a company's code typed on the way.
pub fn type_company(hall: &Hall, code: &str) {
    hall.touch("for.company");
    hall.wait_screen("company");
    code.chars().for_each(|key| hall.touch(&format!("key.{key}")));
    hall.touch("confirm");
    hall.wait_screen("choose");
}

/// "For a company (a company code typed …, its check character verified)": one key wrong is refused
/// with a clear word, and mended without typing all of it again.
#[test]
fn a_company_code_typed_wrong_and_right() {
    let hall = Hall::open();
    hall.identify("home.number", "woman");
    hall.touch("for.company");
    hall.wait_screen("company");
    // Too short.
    hall.touch("key.9");
    hall.touch("confirm");
    hall.wait_word("company.form.title");
    for key in COMPANY[1..17].chars() {
        hall.touch(&format!("key.{key}"));
    }
    hall.touch("key.4");
    hall.wait("no more keys than a code has", |state| !enabled(state, "key.1"));
    hall.touch("confirm");
    let state = hall.wait_word("company.check.title");
    assert_eq!(name(&state), "company");
    hall.touch("key.delete");
    hall.touch("key.3");
    hall.touch("confirm");
    let state = hall.wait_screen("choose");
    assert!(says(&state, COMPANY) && says(&state, "李*"), "both are named: {state:#}");
    hall.touch(RESTAURANT);
    hall.touch("confirm");
    hall.wait("her ticket", |state| tickets(state).len() == 1);
    hall.leave();
    // The visitor holds the number, not the company.
    assert!(hall.take_number("woman", RESTAURANT).reprint);
}

/// The company's screen has a way back that changes nothing.
#[test]
fn back_from_the_company() {
    let hall = Hall::open();
    hall.identify("home.number", "woman");
    hall.touch("for.company");
    hall.wait_screen("company");
    hall.touch("key.9");
    hall.touch("back");
    let state = hall.wait_screen("choose");
    assert!(!says(&state, "→"), "she acts for herself");
}

/// "For a relative (a second card)": the visitor's own card is not taken for it; lifted and another
/// laid, both are named; oneself again with one touch.
#[test]
fn a_relative_is_known_by_a_second_card() {
    let hall = Hall::open();
    hall.identify("home.number", "man");
    hall.touch("for.relative");
    let state = hall.wait_screen("identify");
    assert!(says_word(&state, "identify.relative"));
    // His own card still lies there and answers like no card: he is told to lift it.
    hall.wait_word("card_problem.lift_first.title");
    hall.lift();
    hall.lay("man");
    hall.wait_word("card_problem.same_person.title");
    hall.lift();
    hall.lay("centenarian");
    let state = hall.wait_screen("choose");
    assert!(says(&state, "张*") && says(&state, "周*"), "{state:#}");
    hall.touch("for.oneself");
    hall.wait("himself again", |state| !says(state, "周*"));
    hall.touch("for.relative");
    hall.wait_screen("identify");
    hall.touch("back");
    hall.wait_screen("choose");
    hall.touch("for.relative");
    hall.wait_screen("identify");
    hall.lift();
    hall.lay("centenarian");
    hall.wait("the relative", |state| says(state, "周*"));
    hall.touch(RESTAURANT);
    hall.touch("confirm");
    hall.wait("his ticket", |state| tickets(state).len() == 1);
    hall.leave();
    assert!(hall.take_number("man", RESTAURANT).reprint, "the number is the visitor's");
    assert!(!hall.take_number("centenarian", RESTAURANT).reprint, "the relative has none of her own");
    hall.post("/api/reader", json!({"card": null}));
}
