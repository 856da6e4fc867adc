//! What the licence stores hold already, and what else need not be handed in.

use crate::hall::{Hall, Opening, elements, enabled, name, says, word};
use crate::papers::{MATTER, hand_in, is, says_fault, wait_is};
use crate::whom::type_company;
use serde_json::{Value, json};

/// Gives a sample person, whose other licences go, one licence.
pub fn give(hall: &Hall, district: bool, licence: Value) {
    let hands = json!({ "person": "man", "district": district, "take": true, "give": licence });
    hall.post("/api/store", json!({ "licence": hands }));
}

/// From home to the question whether the stores may be asked.
pub fn to_question(hall: &Hall) -> Value {
    hall.identify("home.scan", "man");
    if !enabled(&hall.state(), "confirm") {
        hall.pick(MATTER);
    }
    hall.touch("confirm");
    hall.wait_screen("licences")
}

/// The line of a material on the checklist.
fn line(state: &Value, material: &str) -> String {
    let id = format!("material.{material}");
    let found = elements(state).find(|e| e["id"] == id.as_str());
    found.and_then(|e| e["label"].as_str()).unwrap_or_default().to_owned()
}

/// "A package whose materials are partly in the store": the visitor agrees, what the store has is shown
/// with its name, its masked number and its end and is not asked for, the rest is handed in; and the store
/// knows who looked, in which visit and why.
#[test]
fn what_the_store_has_need_not_be_handed_in() {
    let hall = Hall::open();
    give(
        &hall,
        false,
        json!({ "type": "resident_id", "number": "310114199003076511", "valid_until": "2041-05-01" }),
    );
    to_question(&hall);
    let queries = || hall.state()["store"]["state"]["licence_queries"].as_array().cloned().expect("queries");
    assert!(queries().is_empty(), "nothing before yes");
    hall.touch("licences.yes");
    let state = wait_is_held(&hall, "id-card");
    let said = line(&state, "id-card");
    assert!(said.contains("****6511") && said.contains("2041年5月1日"), "{said}");
    assert!(!said.contains("310114199003076511"));
    let asked = queries();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let why = asked[0]["use_cause"].as_str().expect("a reason");
    assert!(why.contains("开饭店") && asked[0]["kiosk"] == "kiosk-a" && asked[0]["visit"] != "", "{asked:?}");
    hand_in(&hall, "premises", &["lease"]);
    wait_is(&hall, "premises", "received");
    assert!(hall.log().contains("licences are looked up") && !hall.log().contains("310114199003076511"));
}

fn wait_is_held(hall: &Hall, material: &str) -> Value {
    wait_is(hall, material, "in_store")
}

/// A licence that is expired or suspended does not count, one whose identifier does not hold is none, and
/// the visitor is told why his does not do.
#[test]
fn a_licence_that_does_not_count() {
    for (licence, told) in [
        (
            json!({ "type": "resident_id", "valid_until": "2024-12-31" }),
            word("materials.licence_expired").replace("{day}", "2024年12月31日"),
        ),
        (json!({ "type": "resident_id", "status": "02" }), word("materials.licence_void")),
        (
            json!({ "type": "resident_id", "identifier": "1.2.156.3005.2.X.Y.1.001.0" }),
            word("materials.copy"),
        ),
    ] {
        let hall = Hall::open();
        give(&hall, false, licence.clone());
        to_question(&hall);
        hall.touch("licences.yes");
        let state = hall.wait("the answer", |state| {
            name(state) == "materials" && !is(state, "id-card", "spoken.checking")
        });
        assert!(is(&state, "id-card", "spoken.missing"), "{licence}: {}", line(&state, "id-card"));
        assert!(line(&state, "id-card").contains(&told), "{licence}: {}", line(&state, "id-card"));
    }
}

/// "The store being away means unknown, never missing"; once it is back, another look finds the licence.
#[test]
fn a_store_that_is_away_leaves_it_unknown() {
    let hall = Hall::open();
    give(&hall, false, json!({ "type": "resident_id" }));
    hall.post("/api/network", json!({ "store": "down" }));
    to_question(&hall);
    hall.touch("licences.yes");
    let state = wait_is(&hall, "id-card", "spoken.unknown");
    assert!(enabled(&state, "material.id-card"), "it may be scanned all the same");
    assert!(is(&state, "premises", "spoken.unknown") && is(&state, "proxy", "spoken.missing"), "{state:#}");
    hall.post("/api/network", json!({ "store": "up" }));
    hall.touch("licences.ask");
    hall.touch("licences.yes");
    wait_is_held(&hall, "id-card");
}

/// A store that mixes people up: nothing that it says is believed, and nothing of somebody else's is shown.
#[test]
fn a_store_that_answers_with_somebody_elses_licence() {
    let hall = Hall::open();
    give(
        &hall,
        false,
        json!({ "type": "resident_id", "holder": "11010519491231002X", "number": "310114199003076511" }),
    );
    to_question(&hall);
    hall.touch("licences.yes");
    let state = wait_is(&hall, "id-card", "spoken.unknown");
    assert!(says_fault(&state, "N21") && !line(&state, "id-card").contains("6511"), "{state:#}");
    assert!(enabled(&state, "material.id-card"), "it may be scanned all the same");
}

/// A store that answers nonsense, another shape, without end or not at all: unknown, and told to whoever
/// mends (N21).
#[test]
fn a_store_that_answers_nonsense_about_licences() {
    let hall = Hall::open();
    give(&hall, false, json!({ "type": "resident_id" }));
    to_question(&hall);
    for what in [
        json!("garbage"),
        json!("wrong_shape"),
        json!("endless"),
        json!("close"),
        json!({ "status": "unavailable" }),
    ] {
        hall.post("/api/harm/store", json!({ "answer": { "times": 1, "at": "licences", "what": what } }));
        hall.touch("licences.yes");
        let state = wait_is(&hall, "id-card", "spoken.unknown");
        assert!(says_fault(&state, "N21"), "{what}: {state:#}");
        hall.touch("licences.ask");
    }
    hall.touch("licences.yes");
    let state = wait_is_held(&hall, "id-card");
    assert!(!says_fault(&state, "N21"), "{state:#}");
}

/// What a look-up did not answer concerns whoever asked: nobody else is told of it, neither at the door nor
/// on his own checklist, and whoever mends finds it beside what else is wrong.
#[test]
fn a_look_up_that_failed_is_not_the_next_visitors() {
    let hall = Hall::open();
    hall.post(
        "/api/harm/store",
        json!({ "answer": { "times": 1, "at": "licences", "what": { "status": "unavailable" } } }),
    );
    to_question(&hall);
    hall.touch("licences.yes");
    hall.wait("it told", |state| name(state) == "materials" && says_fault(state, "N21"));
    hall.leave();
    let state = hall.wait_screen("home");
    assert!(!enabled(&state, "service") && !says(&state, "N21"), "{state:#}");

    hall.identify("home.scan", "woman");
    hall.pick(MATTER);
    hall.touch("confirm");
    hall.wait_screen("licences");
    hall.touch("back");
    let state = hall.wait_screen("materials");
    assert!(!says_fault(&state, "N21"), "{state:#}");
    hall.leave();

    hall.post("/api/scanner", json!({ "hatch": "open" }));
    hall.wait("the door for whoever mends", |state| enabled(state, "service"));
    hall.touch("service");
    hall.wait_screen("service");
    hall.touch("page.next");
    hall.wait("it told there", |state| says(state, "N21"));
}

/// "The municipal store and, where configured, the district's own are both asked and merged": what the one
/// lacks the other has; and with the district's away, what the city has is known and the rest unknown.
#[test]
fn the_districts_own_store_is_asked_too() {
    let hall = Opening::default().with(&["--district"]).open();
    give(&hall, false, json!({ "type": "resident_id" }));
    give(&hall, true, json!({ "type": "real_estate_certificate" }));
    to_question(&hall);
    hall.touch("licences.yes");
    let state =
        hall.wait("both", |state| is(state, "id-card", "in_store") && is(state, "premises", "in_store"));
    assert!(!enabled(&state, "licences.ask"), "{state:#}");
    hall.leave();
    hall.wait_screen("home");

    hall.post("/api/store", json!({ "district": "off" }));
    to_question(&hall);
    hall.touch("licences.yes");
    hall.wait("what the city has", |state| {
        is(state, "id-card", "in_store") && is(state, "premises", "spoken.unknown")
    });
}

/// "Licences are looked up at the store by holder (the applicant: a company's licences for a company)": hers are not
/// the company's, nor the other way round.
#[test]
fn a_companys_licences_are_looked_up_for_a_company() {
    /// A company of which the store has the business licence.
    const COMPANY: &str = "91310114MA1GAMP1XF";
    let hall = Hall::open();
    hall.identify("home.scan", "woman");
    type_company(&hall, COMPANY);
    hall.pick("matter.change-registration");
    hall.touch("confirm");
    let state = hall.wait_screen("licences");
    let asked = word("licences.what").replace("{whose}", &word("licences.company"));
    assert!(says(&state, &asked), "{state:#}");
    hall.touch("licences.yes");
    let state = wait_is_held(&hall, "business-licence");
    let said = line(&state, "business-licence");
    assert!(said.contains("****") && !said.contains(COMPANY), "{said}");
    assert!(is(&state, "resolution", "spoken.missing"), "{state:#}");
    let queries = || hall.state()["store"]["state"]["licence_queries"].as_array().cloned().expect("queries");
    assert_eq!(queries().len(), 1);

    // For herself, the store has none of a company.
    hall.touch("back");
    hall.wait_screen("choose");
    hall.touch("for.oneself");
    hall.touch("confirm");
    let state = hall.wait_screen("licences");
    let asked = word("licences.what").replace("{whose}", &word("licences.own"));
    assert!(says(&state, &asked), "{state:#}");
    hall.touch("licences.yes");
    hall.wait("hers", |state| is(state, "business-licence", "spoken.missing"));
    let holders: Vec<_> = queries().iter().map(|query| query["holder"].clone()).collect();
    assert_eq!(holders.len(), 2);
    assert_ne!(holders[0], holders[1]);
    assert!(!hall.log().contains(COMPANY));
}

/// "Not applicable (the visitor may say so where the item allows)".
#[test]
fn what_does_not_concern_the_visitor() {
    let hall = Hall::open();
    to_question(&hall);
    hall.touch("back");
    crate::papers::open(&hall, "proxy");
    hall.touch("not-applicable");
    wait_is(&hall, "proxy", "spoken.not_applicable");
    crate::papers::open(&hall, "proxy");
    let state = hall.wait_screen("scan");
    assert!(enabled(&state, "scan.start"));
    hall.touch("back");
    wait_is(&hall, "proxy", "spoken.missing");
    // Everybody needs this one.
    crate::papers::open(&hall, "premises");
    assert!(!enabled(&hall.state(), "not-applicable"));
    hall.wait("what it looks like", |state| says(state, &word("scan.example")));
}
