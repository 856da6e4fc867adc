//! Leaving, and ending: idle timers, signals, the same folder again.

use crate::hall::{Hall, Opening, enabled, name, says, says_word};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const RESTAURANT: &str = "package.open-restaurant";
/// Seconds, so that a journey need not wait a minute.
const SHORT: &str = "[patience]\nidle = 3\npapers = 3\nwarning = 2\nnumber = 3\nnumber_unprinted = 4\ngoodbye = 1\ncard_left = 4\n";

fn runs(pid: u32) -> bool {
    // A process that has ended may wait for its parent to ask; its state is then Z.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().next());
    state.is_some_and(|state| !["Z", "X"].contains(&state))
}

fn wait_gone(pid: u32) {
    let end = Instant::now() + Duration::from_secs(5);
    while runs(pid) {
        assert!(Instant::now() < end, "the kiosk outlives its hall");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// "Idle timer": a forgotten session says that it will end, goes on with a touch on `stay`, ends by
/// itself, and nothing of it is on the screen for whoever comes next.
#[test]
fn a_forgotten_session_ends() {
    let hall = Opening::default().settings(SHORT).open();
    hall.identify("home.number", "man");
    hall.lift();
    let state = hall.wait("the countdown", |state| enabled(state, "stay"));
    assert!(says(&state, "秒") && name(&state) == "choose", "{state:#}");
    hall.touch("stay");
    hall.wait("no countdown", |state| !enabled(state, "stay"));
    assert_eq!(name(&hall.state()), "choose", "he is still served");
    hall.wait("the countdown again", |state| enabled(state, "stay"));
    hall.wait_screen("goodbye");
    let state = hall.wait_screen("home");
    assert!(!says(&state, "张"), "{state:#}");
    assert_eq!(hall.tickets(), []);
}

/// Whoever opens a door and lays no card is forgotten without a word.
#[test]
fn a_door_opened_for_nothing_shuts() {
    let hall = Opening::default().settings(SHORT).open();
    hall.touch("home.scan");
    hall.wait_screen("identify");
    hall.wait_screen("home");
}

/// "Done screen, card-left reminder, idle timer": with the ticket in the hand nobody need touch
/// anything, and the reminder stays as long as the card does, within reason.
#[test]
fn a_number_leaves_by_itself() {
    let hall = Opening::default().settings(SHORT).open();
    hall.identify("home.number", "man");
    hall.touch(RESTAURANT);
    hall.touch("confirm");
    hall.wait_word("number.printed.title");
    let state = hall.wait_screen("goodbye");
    assert!(says(&state, "A001"), "the number once more: {state:#}");
    hall.wait_word("goodbye.card.title");
    let heard: Value = serde_json::from_slice(&hall.get("/api/heard?after=0")).expect("JSON");
    assert!(heard.as_array().is_some_and(|all| all.iter().any(|one| one["voice"] == "chime")), "{heard:#}");
    hall.lift();
    hall.wait_screen("home");

    // A card that is never taken does not shut the kiosk for others.
    hall.identify("home.number", "woman");
    hall.touch("back");
    hall.wait_word("goodbye.card.title");
    hall.wait_screen("home");
    assert!(enabled(&hall.state(), "home.number"));
}

/// "`hall` dies with its children on SIGTERM within 5 s", also in the middle of a visit.
#[test]
fn sigterm_ends_hall_and_kiosk() {
    let hall = Hall::open();
    let pid = hall.kiosk_pid().expect("a kiosk");
    hall.identify("home.number", "man");
    let took = hall.terminate();
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    wait_gone(pid);
}

/// A hall that is killed takes its kiosk along; on the same folder "the kiosk goes on where durable
/// state says": the visit is still open, the number the same, the ticket marked.
#[test]
fn killed_and_opened_again() {
    let hall = Hall::open();
    let pid = hall.kiosk_pid().expect("a kiosk");
    let first = hall.take_number("man", RESTAURANT);
    hall.post("/api/window", json!({"number": "A001", "event": "called"}));
    let (folder, _kept) = hall.kill();
    wait_gone(pid);
    let hall = Opening::default().on(&folder).open();
    assert_eq!(hall.tickets(), [first], "the paper is still there");
    let again = hall.take_number("man", RESTAURANT);
    assert_eq!((again.number.as_str(), again.reprint), ("A001", true));
    assert_eq!(hall.take_number("woman", RESTAURANT).number, "A002");
    drop(hall);
    drop(std::fs::read_dir(&folder).expect("all the state there is"));
}

/// A kiosk that dies alone is started again by its hall and goes on.
#[test]
fn a_kiosk_that_dies_is_started_again() {
    let hall = Hall::open();
    hall.take_number("man", RESTAURANT);
    let pid = hall.kiosk_pid().expect("a kiosk");
    let pid_of = rustix::process::Pid::from_raw(pid.cast_signed()).expect("a pid");
    rustix::process::kill_process(pid_of, rustix::process::Signal::KILL).expect("a signal");
    hall.wait("another kiosk", |state| {
        name(state) == "home" && hall.kiosk_pid().is_some_and(|new| new != pid)
    });
    let again = hall.take_number("man", RESTAURANT);
    assert_eq!((again.number.as_str(), again.reprint), ("A001", true));
    assert!(!says_word(&hall.state(), "home.no_tickets.title"));
}
