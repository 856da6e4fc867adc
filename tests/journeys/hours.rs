//! The hall's day: opening hours, lunch, caps, midnight.

use crate::hall::{Hall, Opening, Ticket, enabled, name, says, says_word, tickets, word};

const RESTAURANT: &str = "package.open-restaurant";
const STAFF: &str = "package.hire-staff";
/// A Monday.
const DAY: &str = "2026-11-23";

/// The sample hall's catalogue, changed; settings that name it, and the folder in which it lies.
pub fn catalogue(change: impl FnOnce(&mut toml::Table)) -> (tempfile::TempDir, String) {
    let mut table: toml::Table = include_str!("../../halls/jiading.toml").parse().expect("the catalogue");
    let hall = table["hall"].as_table_mut().expect("a hall");
    hall.remove("openings");
    hall.remove("lunch");
    change(&mut table);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.toml");
    std::fs::write(&file, table.to_string()).expect("a catalogue");
    let settings = format!("[kiosk]\ncatalogue = {:?}\n", file.display().to_string());
    (folder, settings)
}

/// Open Monday and Tuesday, from nine to five, and lunch at noon with or without numbers.
fn office(numbers_at_lunch: bool) -> (tempfile::TempDir, String) {
    catalogue(|table| {
        let hall = table["hall"].as_table_mut().expect("a hall");
        let hours = format!(
            "lunch = {{ from = \"12:00\", to = \"13:00\", numbers = {numbers_at_lunch} }}\n\
             openings = [{{ days = [\"mon\", \"tue\"], from = \"09:00\", to = \"17:00\" }}]"
        );
        hall.extend(hours.parse::<toml::Table>().expect("hours"));
    })
}

fn at(settings: &str, clock: &str) -> Hall {
    Opening::default().settings(settings).with(&["--clock", &format!("{DAY}T{clock}")]).open()
}

/// The words of a closed door, up to the time in them.
fn says_until(state: &serde_json::Value, key: &str, time: &str) -> bool {
    says_word(state, &format!("no_numbers.{key}.title")) && says(state, time)
}

/// "Service rules come from the catalogue: opening hours": before nine the number's door is shut and
/// says when it opens, and it opens by itself.
#[test]
fn the_door_opens_in_the_morning() {
    let (_folder, settings) = office(true);
    let hall = at(&settings, "08:59:56");
    hall.wait("the hall open", |state| enabled(state, "home.number"));
    assert_eq!(hall.take_number("man", RESTAURANT).number, "A001");

    let hall = at(&settings, "08:30:00");
    let state = hall.state();
    assert!(!enabled(&state, "home.number") && says_until(&state, "closed_until", "09:00"), "{state:#}");
    assert!(enabled(&state, "home.scan"), "papers are taken at any hour");
}

/// "Opening hours": who is choosing when the hall closes gets no number and is told why; who has one
/// may have it printed again.
#[test]
fn the_hall_closes_while_somebody_is_choosing() {
    let (_folder, settings) = office(true);
    let hall = at(&settings, "16:59:50");
    assert_eq!(hall.take_number("man", RESTAURANT).number, "A001");
    hall.identify("home.number", "woman");
    hall.touch(RESTAURANT);
    hall.wait("five o'clock", |state| says(state, "17:00"));
    hall.touch("confirm");
    let state = hall.wait("the reason", |state| says_until(state, "closed_until", "09:00"));
    assert_eq!(name(&state), "choose");
    hall.touch("back");
    hall.lift();
    hall.touch("finish");
    let state = hall.wait_screen("home");
    assert!(!enabled(&state, "home.number"));
    assert_eq!(hall.tickets().len(), 1, "the woman has none");
}

/// "Lunch": where the catalogue says so, numbers stop at noon, and the door says until when.
#[test]
fn lunch_begins() {
    let (_folder, settings) = office(false);
    let hall = at(&settings, "11:59:56");
    let state = hall.wait("noon", |state| !enabled(state, "home.number"));
    assert!(says_until(&state, "lunch", "13:00"), "{state:#}");
}

/// "Lunch": at its end the door opens by itself.
#[test]
fn lunch_ends() {
    let (_folder, settings) = office(false);
    let hall = at(&settings, "12:59:56");
    hall.wait("one o'clock", |state| enabled(state, "home.number"));
}

/// "Lunch": where the catalogue says so, numbers are given meanwhile.
#[test]
fn numbers_through_lunch() {
    let (_folder, settings) = office(true);
    let hall = at(&settings, "12:30:00");
    assert_eq!(hall.take_number("man", RESTAURANT).number, "A001");
}

/// A hall that is shut for the rest of the week says on which day it opens again.
#[test]
fn closed_for_days() {
    let (_folder, settings) = office(true);
    let hall = Opening::default().settings(&settings).with(&["--clock", "2026-11-25T10:00:00"]).open();
    let state = hall.state();
    assert!(!enabled(&state, "home.number") && says_until(&state, "closed_until", "09:00"), "{state:#}");
    assert!(says(&state, "30"), "Monday the 30th: {state:#}");
}

/// "A cap per matter and time window": when a matter's numbers are used up, the next visitor is told
/// so and may pick another; a person who has one of them keeps it; the next window has its own.
#[test]
fn caps() {
    let (_folder, settings) = catalogue(|table| {
        let caps: toml::Table = "caps = [{ from = \"09:00\", to = \"10:00\", numbers = 1 }, \
                                         { from = \"10:00\", to = \"24:00\", numbers = 1 }]"
            .parse()
            .expect("caps");
        let packages = table["packages"].as_array_mut().expect("packages");
        let package = packages.iter_mut().find(|p| p["code"].as_str() == Some("open-restaurant"));
        package.and_then(toml::Value::as_table_mut).expect("the package").extend(caps);
    });
    let hall = at(&settings, "09:30:00");
    assert_eq!(hall.take_number("man", RESTAURANT).number, "A001");

    hall.identify("home.number", "woman");
    hall.touch(RESTAURANT);
    hall.touch("confirm");
    let state = hall.wait_word("refusal.full.title");
    assert!(says_word(&state, "choose.full") && hall.tickets().len() == 1, "{state:#}");
    hall.touch(RESTAURANT);
    hall.pick(STAFF);
    hall.touch("confirm");
    let state = hall.wait("her ticket", |state| tickets(state).len() == 2);
    assert_eq!(tickets(&state)[1], Ticket { n: 2, number: "A002".into(), reprint: false });
    hall.leave();

    let again = hall.take_number("man", RESTAURANT);
    assert_eq!((again.number.as_str(), again.reprint), ("A001", true), "his counts once");
    let (folder, _kept) = hall.kill();
    let hall = Opening::default()
        .settings(&settings)
        .with(&["--clock", &format!("{DAY}T10:00:10")])
        .on(&folder)
        .open();
    assert_eq!(hall.take_number("taiwan", RESTAURANT).number, "A003", "the next window of time");
}

/// "Midnight with visits still open": a new service day begins, yesterday's visit is over, and the
/// numbers start anew.
#[test]
fn midnight() {
    let hall = Opening::default().with(&["--clock", "23:59:48"]).open();
    let first = hall.take_number("man", RESTAURANT);
    assert_eq!(first.number, "A001");
    let yesterday = day_of(&hall, first.n);
    // Somebody is choosing with yesterday's number on the screen.
    hall.identify("home.number", "man");
    let state = hall.state();
    let open_number = word("choose.open_number.title").replace("{number}", "A001");
    assert!(says(&state, &open_number), "this machine is too slow: midnight has passed: {state:#}");
    hall.wait("midnight", |state| name(state) == "choose" && !says(state, &open_number));
    hall.wait("the matters kept", |state| enabled(state, "confirm"));
    hall.touch("confirm");
    let state = hall.wait("today's ticket", |state| tickets(state).len() == 2);
    assert_eq!(tickets(&state)[1], Ticket { n: 2, number: "A001".into(), reprint: false }, "a new day");
    assert_ne!(day_of(&hall, 2), yesterday);
    hall.leave();
    assert_eq!(hall.take_number("woman", RESTAURANT).number, "A002");
    assert_eq!(hall.take_number("man", RESTAURANT), Ticket { n: 4, number: "A001".into(), reprint: true });
}

/// The date on a ticket.
fn day_of(hall: &Hall, n: u64) -> String {
    let text = hall.ticket_text(n);
    let line = text.lines().find_map(|line| line.split_once("取号时间 "));
    line.and_then(|(_, at)| at.get(..10)).unwrap_or_else(|| panic!("no date on\n{text}")).to_owned()
}
