//! Choosing a matter, and getting exactly one number for it.

use crate::hall::{Hall, Opening, Ticket, elements, enabled, name, says, says_word, tickets, word};
use crate::hours::catalogue;
use serde_json::json;

/// The package of seven items, and how it is called.
const RESTAURANT: &str = "package.open-restaurant";
const RESTAURANT_NAME: &str = "开饭店";
/// Another one, and how it is called.
const COMPANY: &str = "package.lai-jia-ban";
/// A single item on the last list.
const SENIOR: &str = "matter.senior-card";

fn ticket(n: u64, number: &str, reprint: bool) -> Ticket {
    Ticket { n, number: number.into(), reprint }
}

/// The words that greet a person who has a number already.
fn open_number(number: &str) -> String {
    word("choose.open_number.title").replace("{number}", number)
}

/// The label of a thing on the screen.
fn label(hall: &Hall, id: &str) -> String {
    let state = hall.wait(id, |state| elements(state).any(|e| e["id"] == id));
    let found = elements(&state).find(|e| e["id"] == id).map(|e| e["label"].clone());
    found.and_then(|label| label.as_str().map(str::to_owned)).expect("a label")
}

/// "A visitor lays a resident-ID card on the kiosk, picks a matter, and takes a paper ticket with
/// one number."
#[test]
fn a_card_two_touches_a_ticket() {
    let hall = Hall::open();
    assert_eq!(hall.take_number("man", RESTAURANT), ticket(1, "A001", false));
    assert_eq!(name(&hall.state()), "home");
}

/// "Numbers carry the kiosk's letter".
#[test]
fn numbers_carry_the_kiosks_letter() {
    let hall = Opening::default().settings("[kiosk]\nletter = \"D\"\n").open();
    assert_eq!(hall.take_number("man", RESTAURANT), ticket(1, "D001", false));
    assert_eq!(hall.take_number("woman", RESTAURANT), ticket(2, "D002", false));
}

/// "The same person again gets the same number, with a ticket marked 补打 and added matters listed";
/// "with an open visit `confirm` prints the same number again"; another person gets the next number.
#[test]
fn the_same_person_has_one_number() {
    let hall = Hall::open();
    assert_eq!(hall.take_number("man", RESTAURANT), ticket(1, "A001", false));
    assert!(!hall.ticket_text(1).contains("补打"));
    assert_eq!(hall.take_number("woman", RESTAURANT), ticket(2, "A002", false), "another person");

    // Nothing is picked anew: confirm alone prints it again.
    hall.identify("home.number", "man");
    assert!(says(&hall.state(), &open_number("A001")));
    hall.touch("confirm");
    hall.wait_word("number.again");
    let state = hall.wait("the third ticket", |state| tickets(state).len() == 3);
    assert_eq!(tickets(&state)[2], ticket(3, "A001", true));
    assert!(hall.ticket_text(3).contains("补打") && hall.ticket_text(3).contains(RESTAURANT_NAME));
    hall.leave();

    // With added matters, one of them far down another list.
    hall.identify("home.number", "man");
    let company = label(&hall, COMPANY);
    hall.pick(COMPANY);
    hall.pick(SENIOR);
    let senior = label(&hall, SENIOR);
    hall.wait("all three picked", |state| {
        [RESTAURANT_NAME, &company, &senior].iter().all(|name| says(state, name)) && enabled(state, "confirm")
    });
    hall.touch("confirm");
    let state = hall.wait("the fourth ticket", |state| tickets(state).len() == 4);
    assert_eq!(tickets(&state)[3], ticket(4, "A001", true));
    let text = hall.ticket_text(4);
    for matter in [RESTAURANT_NAME, &company, &senior] {
        assert!(text.contains(matter), "{matter} is not on the ticket:\n{text}");
    }
    hall.leave();
    assert_eq!(hall.take_number("taiwan", SENIOR).number, "A003", "no number was used up by it");
}

/// "A visitor can … change matters, and keep the number."
#[test]
fn matters_can_be_changed_and_the_number_stays() {
    let hall = Hall::open();
    hall.take_number("man", RESTAURANT);
    hall.identify("home.number", "man");
    let company = label(&hall, COMPANY);
    hall.touch(RESTAURANT);
    hall.touch(COMPANY);
    hall.wait("the other matter alone", |state| {
        says(state, &word("choose.picked").replace("{list}", &company)) && enabled(state, "confirm")
    });
    hall.touch("confirm");
    let state = hall.wait("the ticket", |state| tickets(state).len() == 2);
    assert_eq!(tickets(&state)[1], ticket(2, "A001", true));
    let text = hall.ticket_text(2);
    assert!(text.contains(&company) && !text.contains(RESTAURANT_NAME), "{text}");
}

/// "Exactly one per visit": a visitor whose finger trembles touches confirm twice, and twice at once.
#[test]
fn a_double_touch_gives_one_number_and_one_ticket() {
    let hall = Hall::open();
    for (n, person) in (1..).zip(["man", "woman", "tibetan"]) {
        hall.identify("home.number", person);
        hall.touch(RESTAURANT);
        hall.wait("confirm", |state| enabled(state, "confirm"));
        let touch = || {
            // The second may find the button gone, which is as well.
            let _ = hall.try_request("POST", "/api/touch", r#"{"id":"confirm"}"#);
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(touch);
            }
        });
        hall.wait_word("number.printed.title");
        hall.leave();
        let tickets = hall.tickets();
        assert_eq!(tickets.len(), n, "{tickets:?}");
        assert_eq!(tickets[n - 1], ticket(n as u64, &format!("A{n:03}"), false));
    }
}

/// "A visitor can cancel": the number is given back, is never given again, and the next visit of the
/// same person has a number of its own.
#[test]
fn a_number_given_back_is_gone() {
    let hall = Hall::open();
    hall.take_number("man", RESTAURANT);

    hall.identify("home.number", "man");
    hall.touch("visit.cancel");
    hall.wait_screen("cancel");
    hall.touch("back");
    let state = hall.wait_screen("choose");
    assert!(says(&state, &open_number("A001")), "thought better of it, and kept it");
    hall.touch("visit.cancel");
    hall.touch("visit.cancel.yes");
    let state = hall.wait_screen("goodbye");
    assert!(says_word(&state, "goodbye.title_cancelled") && !says(&state, "A001"));
    hall.lift();
    hall.touch("finish");
    hall.wait_screen("home");

    assert_eq!(hall.take_number("man", RESTAURANT), ticket(2, "A002", false));
    assert_eq!(hall.take_number("woman", RESTAURANT), ticket(3, "A003", false));
}

/// "Numbers have a life: waiting, called, served, no-show": a number that was called is still the
/// person's; one that was served, or called in vain, is over, and the next visit gets a new one.
#[test]
fn windows_end_a_visit() {
    let hall = Hall::open();
    let window =
        |number: &str, event: &str| hall.post("/api/window", json!({"number": number, "event": event}));
    assert_eq!(hall.take_number("man", RESTAURANT).number, "A001");
    assert_eq!(hall.take_number("woman", RESTAURANT).number, "A002");

    window("A001", "called");
    hall.wait("the call heard", |state| says(state, &word("home.waiting.one")));
    hall.identify("home.number", "man");
    hall.touch("confirm");
    let state = hall.wait("its ticket", |state| name(state) == "number" && tickets(state).len() == 3);
    assert_eq!(tickets(&state)[2], ticket(3, "A001", true), "called, and not over");
    assert!(says_word(&state, "number.called") && says_word(&state, "number.called_go"), "{state:#}");
    let text = hall.ticket_text(3);
    assert!(!says_word(&state, "number.ahead.zero") && !text.contains("前方等候"), "{text}");
    assert!(text.contains("您的号已叫过") && !text.contains("请留意叫号"), "{text}");
    hall.leave();

    window("A001", "served");
    window("A002", "called");
    window("A002", "no_show");
    // No word of what was served reaches the idle screen; the call behind it does, and the feed keeps
    // its order.
    hall.wait("the feed heard", |state| says(state, &word("home.waiting.zero")));
    for (person, number) in [("man", "A003"), ("woman", "A004")] {
        identify_anew(&hall, person);
        hall.touch(RESTAURANT);
        hall.touch("confirm");
        let state =
            hall.wait("its ticket", |state| tickets(state).last().is_some_and(|t| t.number == number));
        assert!(!tickets(&state).last().expect("it").reprint, "a new visit's first ticket");
        hall.leave();
    }
}

/// Lays the card until the kiosk knows of no open visit: the windows' last report may come a moment
/// after the one before it.
pub fn identify_anew(hall: &Hall, person: &str) {
    for _ in 0..20 {
        hall.identify("home.number", person);
        if !says(&hall.state(), "A00") {
            return;
        }
        hall.touch("back");
        hall.lift();
        hall.touch("finish");
        hall.wait_screen("home");
    }
    panic!("the visit of {person} is never over");
}

/// "People ahead is counted from it; without such a feed no count is shown or printed."
#[test]
fn people_ahead_are_counted_from_the_windows_alone() {
    let hall = Hall::open();
    let ahead = |n: u32| match n {
        0 => word("number.ahead.zero"),
        1 => word("number.ahead.one"),
        n => word("number.ahead.many").replace("{count}", &n.to_string()),
    };
    let take = |person: &str| {
        hall.identify("home.number", person);
        if !enabled(&hall.state(), "confirm") {
            hall.touch(RESTAURANT);
        }
        let before = hall.tickets().len();
        hall.touch("confirm");
        let state = hall.wait("the ticket", |s| name(s) == "number" && tickets(s).len() > before);
        let text = hall.ticket_text(tickets(&state).last().expect("it").n);
        hall.leave();
        (state, text)
    };
    let silent = |(state, text): (serde_json::Value, String)| {
        assert!(!says(&state, "前面") && !text.contains("前方等候"), "{state:#}\n{text}");
    };
    silent(take("man"));
    silent(take("woman"));
    assert!(!says(&hall.state(), "在排队"), "nor is a count on the idle screen");

    hall.post("/api/window", json!({"number": "A001", "event": "called"}));
    hall.wait("the call heard", |state| says(state, &word("home.waiting.one")));
    for (person, number, count) in [("taiwan", "A003", 1), ("tibetan", "A004", 2), ("woman", "A002", 0)] {
        let (state, text) = take(person);
        assert!(says(&state, number) && says(&state, &ahead(count)), "{person}: {state:#}");
        assert!(text.contains(&format!("前方等候 {count} 人")), "{person}: {text}");
    }
}

/// "Search by … initials (\"kfd\" finds 开饭店)", while typing, and what is found is picked and confirmed
/// where it stands.
#[test]
fn a_matter_is_found_by_its_initials() {
    let hall = Hall::open();
    hall.identify("home.number", "man");
    hall.touch("search");
    hall.wait_screen("search");
    let found = |state: &serde_json::Value| elements(state).any(|e| e["id"] == RESTAURANT);
    for key in ["key.k", "key.f", "key.d"] {
        hall.touch(key);
    }
    hall.wait("what was looked for", |state| found(state) && says(state, "KFD"));
    hall.touch("key.z");
    hall.wait("nothing", |state| !found(state) && says(state, &word("search.nothing.title")));
    hall.touch("key.delete");
    hall.wait("what was looked for", found);
    hall.touch(RESTAURANT);
    hall.wait("something to confirm", |state| enabled(state, "confirm"));
    hall.touch("confirm");
    let state = hall.wait("a ticket", |state| !tickets(state).is_empty());
    assert_eq!(tickets(&state), [ticket(1, "A001", false)]);
    assert!(hall.ticket_text(1).contains(RESTAURANT_NAME));
}

/// Touches what is named, one after the other, and says how many touches that were.
fn touches(hall: &Hall, ids: &[&str]) -> usize {
    ids.iter().for_each(|id| hall.touch(id));
    ids.len()
}

/// "From idle to ticket for a popular matter: at most three touches after the card."
#[test]
fn a_popular_matter_takes_three_touches_after_the_card() {
    let hall = Hall::open();
    hall.identify("home.number", "man");
    let before = hall.state();
    assert!(!elements(&before).any(|e| e["id"] == SENIOR), "it is far down another list: {before:#}");
    let touched = touches(&hall, &["tab.popular", SENIOR, "confirm"]);
    let state = hall.wait("a ticket", |state| name(state) == "number" && !tickets(state).is_empty());
    assert_eq!((touched, tickets(&state)), (3, vec![ticket(1, "A001", false)]));
    assert!(hall.ticket_text(1).contains("敬老卡"), "{}", hall.ticket_text(1));
}

/// "Groups of people": a menu of its own for each of them, with single matters and packages.
#[test]
fn a_matter_is_found_through_a_group_of_people() {
    let hall = Hall::open();
    hall.identify("home.number", "woman");
    hall.touch("tab.groups");
    let state = hall.wait("the groups", |state| enabled(state, "group.older"));
    for group in ["老年人", "中年人", "青年人", "妇女", "儿童"] {
        assert!(says(&state, group), "{group}: {state:#}");
    }
    hall.touch("group.children");
    let state = hall.wait("their menu", |state| enabled(state, "matter.vaccination-record"));
    assert!(says(&state, "儿童") && enabled(&state, "package.newborn"), "{state:#}");
    hall.touch("matter.vaccination-record");
    hall.touch("back");
    hall.wait("the groups again", |state| enabled(state, "group.older") && enabled(state, "confirm"));
    hall.touch("confirm");
    hall.wait("a ticket", |state| tickets(state) == [ticket(1, "A001", false)]);
    assert!(hall.ticket_text(1).contains("预防接种"), "{}", hall.ticket_text(1));
}

/// "Departments": the single matters of one of them, on whatever page it stands.
#[test]
fn a_matter_is_found_through_its_department() {
    let hall = Hall::open();
    hall.identify("home.number", "man");
    hall.touch("tab.departments");
    while !enabled(&hall.state(), "department.civil") {
        let page = hall.wait("the departments", |state| enabled(state, "page.next"));
        hall.touch("page.next");
        hall.wait("another page", |state| state["elements"] != page["elements"]);
    }
    hall.touch("department.civil");
    hall.wait("its matters", |state| enabled(state, SENIOR) && enabled(state, "about.matter.senior-card"));
}

/// "Each matter says what it needs, how long it may take by law and how long the hall promises, whether it
/// can be done online without queueing", and is chosen where that is read.
#[test]
fn what_a_matter_is_about_is_read_and_it_is_chosen_there() {
    let hall = Hall::open();
    hall.identify("home.number", "man");
    hall.touch("about.package.lai-jia-ban");
    let state = hall.wait_screen("about");
    for key in ["about.online", "about.online_how"] {
        assert!(says_word(&state, key), "{key}: {state:#}");
    }
    assert!(says(&state, "法定期限 3 个工作日") && says(&state, "承诺 1 个工作日"), "{state:#}");
    assert!(says(&state, "27-34") && says(&state, "公司章程"), "{state:#}");
    hall.touch("back");
    hall.wait_screen("choose");

    // From what was found, and back there.
    hall.touch("search");
    for key in ["key.k", "key.f", "key.d"] {
        hall.touch(key);
    }
    hall.touch("about.package.open-restaurant");
    let state = hall.wait_screen("about");
    assert!(!says_word(&state, "about.online") && says(&state, RESTAURANT_NAME), "{state:#}");
    hall.touch(RESTAURANT);
    hall.wait("what was found", |state| name(state) == "search" && enabled(state, "confirm"));
    hall.touch("confirm");
    hall.wait("a ticket", |state| tickets(state) == [ticket(1, "A001", false)]);
    assert!(hall.ticket_text(1).contains(RESTAURANT_NAME));
}

/// "How many wait and about how long": told once the windows have called a few, and not before.
#[test]
fn how_long_one_waits_is_told_once_the_windows_have_called_a_few() {
    let hall = Hall::open();
    for person in ["man", "woman", "taiwan", "tibetan"] {
        hall.take_number(person, RESTAURANT);
    }
    let call = |number: &str| hall.post("/api/window", json!({"number": number, "event": "called"}));
    call("A001");
    call("A002");
    let two = word("home.waiting.many").replace("{count}", "2");
    let state = hall.wait("two waiting", |state| says(state, &two));
    assert!(!says(&state, "大约"), "two calls tell nothing: {state:#}");
    call("A003");
    let five = word("frame.minutes.many").replace("{count}", "5");
    let told = |key: &str, place: &str, count: &str| {
        word(key).replace(&format!("{{{place}}}"), &word(count)).replace("{time}", &five)
    };
    let waiting = told("home.waiting_about", "waiting", "home.waiting.one");
    hall.wait("one waiting, and how long", |state| says(state, &waiting));

    hall.identify("home.number", "macao");
    hall.touch(RESTAURANT);
    hall.touch("confirm");
    let ahead = told("number.ahead_about", "ahead", "number.ahead.one");
    hall.wait("one ahead, and how long", |state| name(state) == "number" && says(state, &ahead));
}

/// "A visitor without any card can take a number too where the hall allows it"; and a kiosk whose reader is gone
/// goes on giving numbers there.
#[test]
fn a_number_without_a_document() {
    let (_folder, settings) = catalogue(|table| {
        let hall = table["hall"].as_table_mut().expect("a hall");
        hall.insert("without_document".into(), true.into());
    });
    let hall = Opening::default().settings(&settings).open();
    for (n, number) in [(1, "A001"), (2, "A002")] {
        if n == 2 {
            hall.post("/api/reader", json!({ "cable": "off" }));
            hall.wait("the reader gone", |state| says(state, "R01"));
        }
        hall.touch("home.number");
        hall.touch("without-document");
        let state = hall.wait_screen("choose");
        assert!(says_word(&state, "choose.nobody"), "{state:#}");
        hall.touch(RESTAURANT);
        hall.touch("confirm");
        let state = hall.wait("its ticket", |s| name(s) == "number" && tickets(s).len() as u64 == n);
        assert_eq!(tickets(&state)[n as usize - 1], ticket(n, number, false));
        hall.touch("finish");
        hall.wait_screen("goodbye");
        hall.touch("finish");
        hall.wait_screen("home");
    }
}
