//! Speech: set at any step, and as it was for the next visitor.

use super::*;
use crate::speech::{Rate, Speech, Volume};

fn speech(hall: &Lobby) -> Speech {
    hall.desk.view(hall.now).speech
}

#[test]
fn it_is_set_at_any_step_and_changes_nothing_else() {
    let set = Speech { on: true, rate: Rate::Slow, volume: Volume::High };
    for mut hall in [Lobby::open(), Lobby::at_choose("home.number"), Lobby::at_number(), Lobby::at_review(2)]
    {
        let before = hall.screen();
        for id in ["speech.on", "speech.slower", "speech.louder"] {
            hall.touch(id);
            assert!(hall.last.is_empty(), "{id}");
        }
        assert_eq!(speech(&hall), set);
        assert_eq!(hall.screen(), before);
        hall.touch("speech.off");
        assert!(!speech(&hall).on);
    }
}

#[test]
fn the_next_visitor_finds_it_off() {
    let mut hall = Lobby::at_number();
    hall.touch("speech.on").touch("speech.faster").touch("finish");
    assert!(speech(&hall).on, "goodbye is spoken too");
    hall.touch("finish");
    assert_eq!((hall.screen().name(), speech(&hall)), ("home", Speech::default()));
}

#[test]
fn who_sets_it_and_walks_away_leaves_a_silent_kiosk() {
    let mut hall = Lobby::open();
    hall.touch("speech.on");
    let idle = Patience::default().idle.as_secs();
    hall.pass(idle);
    hall.touch("stay");
    hall.pass(2 * idle - 1);
    assert!(speech(&hall).on, "whoever goes on pressing keys is still there");
    assert_eq!(hall.desk.next_deadline(hall.now), Some(hall.now.tick + Duration::from_secs(1)));
    hall.pass(1);
    assert_eq!(speech(&hall), Speech::default());
    assert_eq!(hall.desk.next_deadline(hall.now), None);
}

#[test]
fn who_listens_may_think_twice_as_long() {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("speech.on");
    let idle = Patience::default().idle.as_secs();
    hall.pass(2 * idle - 1);
    assert_eq!(hall.screen().name(), "choose");
    hall.pass(1);
    assert_eq!(hall.screen().name(), "goodbye");
}

#[test]
fn headphones_turn_it_on_and_drawing_them_out_turns_it_off() {
    let mut hall = Lobby::open();
    hall.hear(Event::Headphones(true)).touch("home.number").lay(ZHANG).answer(LedgerReply::Found(None));
    assert!(speech(&hall).on);
    hall.hear(Event::Headphones(false));
    assert!(!speech(&hall).on);
    hall.hear(Event::Headphones(true)).touch("speech.slower").touch("finish");
    hall.pass(1000);
    hall.pass(1000);
    assert_eq!(hall.screen().name(), "home");
    assert_eq!(speech(&hall), Speech { on: true, ..Speech::default() }, "they are still plugged in");
}
