//! Language, look and help: switched anywhere, in place, and forgotten with the visitor.

use super::*;
use crate::intent::Tab;
use crate::look::{Contrast, Look, TextSize};

fn look(hall: &Lobby) -> Look {
    hall.desk.view(hall.now).look
}

fn name(hall: &Lobby) -> &'static str {
    hall.screen().name()
}

fn ending(hall: &Lobby) -> Option<u32> {
    hall.desk.view(hall.now).ending_in
}

#[test]
fn each_touch_changes_one_thing() {
    let start = Look::default();
    let table: [(&[&str], Look); 8] = [
        (&["look.largest"], Look { size: TextSize::Largest, ..start }),
        (&["look.small", "look.standard"], start),
        (&["look.yellow-on-black"], Look { contrast: Contrast::YellowOnBlack, ..start }),
        (&["look.reach"], Look { reach: true, ..start }),
        (&["look.reach", "look.reach"], start),
        (&["look.plain"], Look { plain: true, size: TextSize::Large, ..start }),
        (&["look.largest", "look.plain"], Look { plain: true, size: TextSize::Largest, ..start }),
        (&["look.plain", "look.reach", "look.white-on-black", "look.reset"], start),
    ];
    for (touches, want) in table {
        for door in [None, Some("home.number")] {
            let mut hall = Lobby::open();
            for id in door.iter().chain(&["look"]).chain(touches) {
                hall.touch(id);
            }
            assert_eq!(look(&hall), want, "{touches:?}");
        }
    }
}

#[test]
fn a_page_over_the_screen_changes_nothing_below_it() {
    for over in ["look", "help"] {
        let mut hall = Lobby::at_choose("home.number");
        hall.touch("package.shop").touch("search").touch("key.k").touch(over);
        let there = name(&hall);
        // What is covered cannot be touched, by whatever means.
        for id in ["key.d", "confirm", "key.delete"] {
            hall.touch(id);
            assert!(hall.last.is_empty() && name(&hall) == there, "{over} {id}");
        }
        hall.touch("back");
        assert!(matches!(hall.screen(), Screen::Search(s) if s.typed == "k" && s.can_confirm), "{over}");
    }
}

#[test]
fn what_happens_below_goes_on_and_is_seen_afterwards() {
    let mut hall = Lobby::at_number();
    hall.touch("look").hear(Event::Ticket(PrintJob(1), TicketState::Printed));
    assert_eq!(name(&hall), "look");
    hall.touch("back");
    assert!(matches!(hall.screen(), Screen::Number(n) if n.ticket == TicketState::Printed));
}

#[test]
fn the_next_visitor_finds_it_as_it_was() {
    let mut hall = Lobby::at_number();
    hall.hear(Event::Ticket(PrintJob(1), TicketState::Printed));
    hall.touch("language").touch("look").touch("look.black-on-white").touch("look.plain").touch("back");
    hall.touch("finish");
    assert_ne!(look(&hall), Look::default(), "goodbye is still his");
    hall.touch("finish");
    assert_eq!((name(&hall), look(&hall), hall.desk.language()), ("home", Look::default(), Language::Zh));
}

/// On the idle screen somebody made the letters large and went away.
#[test]
fn what_was_changed_on_the_idle_screen_is_forgotten_after_a_while() {
    for (touches, told) in [(&["language"][..], false), (&["look", "look.largest"], true), (&["help"], true)]
    {
        let mut hall = Lobby::open();
        for id in touches {
            hall.touch(id);
        }
        let before = (name(&hall), look(&hall), hall.desk.language());
        hall.pass(50).touch("stay").pass(59);
        assert_eq!((name(&hall), look(&hall), hall.desk.language()), before, "somebody is still there");
        assert_eq!(ending(&hall), told.then_some(1), "{touches:?}");
        assert_eq!(hall.desk.next_deadline(hall.now), Some(hall.now.tick + Duration::from_secs(1)));
        hall.pass(1);
        let now = (name(&hall), look(&hall), hall.desk.language());
        assert_eq!(now, ("home", Look::default(), Language::Zh), "{touches:?}");
        assert_eq!(hall.desk.next_deadline(hall.now), None);
    }
}

#[test]
fn whoever_comes_in_keeps_what_was_chosen_outside() {
    let mut hall = Lobby::open();
    hall.touch("look").touch("look.large").touch("back").touch("language").touch("home.number");
    hall.pass(59);
    assert_eq!((name(&hall), look(&hall).size), ("identify", TextSize::Large));
    hall.pass(1);
    assert_eq!((name(&hall), look(&hall)), ("home", Look::default()));
}

#[test]
fn plain_is_twice_as_patient() {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("look").touch("look.plain").touch("back").pass(119);
    assert_eq!((name(&hall), ending(&hall)), ("choose", Some(1)));
    hall.pass(1);
    assert_eq!(name(&hall), "goodbye");
}

#[test]
fn plain_is_less_at_a_time_and_nothing_that_was_picked_is_lost() {
    let mut hall = Lobby::at_choose("home.number");
    let tabs = |hall: &Lobby| match hall.screen() {
        Screen::Choose(choose) => (choose.tabs.len(), choose.tab, choose.page, choose.picked.len()),
        other => panic!("{other:?}"),
    };
    hall.touch("tab.departments").touch("tab.packages").touch("package.shop").touch("tab.departments");
    let (all, ..) = tabs(&hall);
    hall.touch("look").touch("look.plain").touch("back");
    let (fewer, tab, page, picked) = tabs(&hall);
    assert!(fewer < all && fewer <= 3, "{fewer} of {all}");
    assert_eq!((tab, page, picked), (Tab::Packages, 1, 1));
}

#[test]
fn a_page_over_the_screen_goes_when_the_session_does() {
    for over in ["look", "help"] {
        let mut hall = Lobby::at_choose("home.number");
        hall.touch(over).pass(60);
        assert_eq!(name(&hall), "goodbye", "{over}");
        hall.pass(5);
        assert_eq!(name(&hall), "home", "{over}");
    }
}

fn calling(hall: &Lobby) -> Calling {
    match hall.screen() {
        Screen::Help(help) => help.calling,
        other => panic!("{other:?}"),
    }
}

#[test]
fn staff_are_called_once_and_called_is_said_only_when_the_hall_said_so() {
    let mut hall = Lobby::at_choose("home.number");
    hall.desk = std::mem::replace(&mut hall.desk, Lobby::open().desk).with_staff();
    hall.touch("help.call");
    assert!(hall.last.is_empty(), "help is not open");
    hall.touch("help").touch("help.call");
    assert!(matches!(hall.last[..], [Action::CallStaff(1, "choose")]), "{:?}", hall.last);
    assert_eq!(calling(&hall), Calling::Calling);
    hall.touch("help.call");
    assert!(hall.last.is_empty(), "it is being told already");
    hall.hear(Event::StaffCalled(1, false));
    assert_eq!(calling(&hall), Calling::Unheard);
    hall.touch("help.call").hear(Event::StaffCalled(1, true));
    assert_eq!(calling(&hall), Calling::Calling, "that was of the call before");
    hall.hear(Event::StaffCalled(2, true));
    assert_eq!(calling(&hall), Calling::Heard);
    hall.touch("help.call");
    assert!(hall.last.is_empty(), "they are coming");
    // Closed and opened again, it is still known.
    hall.touch("back").touch("help");
    assert_eq!(calling(&hall), Calling::Heard);
}

#[test]
fn a_kiosk_whose_hall_cannot_be_told_calls_nobody() {
    let mut hall = Lobby::open();
    hall.touch("help").touch("help.call");
    assert!(hall.last.is_empty() && matches!(hall.screen(), Screen::Help(Help { staff: false, .. })));
}

#[test]
fn the_way_back_from_the_search_leads_into_a_list_that_there_is() {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("tab.departments")
        .touch("search")
        .touch("look")
        .touch("look.plain")
        .touch("back")
        .touch("back");
    assert!(matches!(hall.screen(), Screen::Choose(c) if c.tab == Tab::Packages && c.page == 1));
}

#[test]
fn a_loose_jack_does_not_keep_what_somebody_left_on_the_idle_screen() {
    let mut hall = Lobby::open();
    hall.touch("help");
    for at in 0..12 {
        hall.pass(15).hear(Event::Headphones(at % 2 == 0));
    }
    assert_eq!(name(&hall), "home");
}

#[test]
fn help_over_goodbye_is_read_in_peace_and_its_end_is_announced() {
    let mut hall = Lobby::at_number();
    hall.hear(Event::Ticket(PrintJob(1), TicketState::Printed)).touch("finish").touch("help");
    hall.pass(50);
    assert_eq!((name(&hall), ending(&hall)), ("help", Some(10)));
    hall.pass(10);
    assert_eq!(name(&hall), "home");
}
