//! What a technician tries with his own hands and eyes.

use super::*;

/// How a test on a screen of its own stands.
fn by_hand(hall: &Lobby) -> TestState {
    match hall.room() {
        Room::Touch(TouchShown { state, .. })
        | Room::Colours(ColoursShown { state, .. })
        | Room::Pad(PadShown { state, .. }) => state,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_finger_over_every_cell_passes_the_touch_panel_by_itself() {
    let mut hall = Lobby::let_in();
    hall.touch("room.tests").touch("test.touch");
    assert!(hall.asked().is_empty(), "nobody is asked anything");
    assert_eq!(hall.screen().name(), "touch");
    for cell in Cell::all() {
        assert_eq!(by_hand(&hall), TestState::Running);
        hall.hear(Event::Touched(Intent::Cell(cell))).pass(1);
    }
    assert_eq!(by_hand(&hall), TestState::Done(Outcome::Passed(None), Duration::from_secs(59)));
    let Room::Touch(shown) = hall.room() else { panic!() };
    assert_eq!((shown.done, hall.screen().name()), (Cells::ALL, "touch-result"));
    assert!(passed(hall.touch("back").state(Test::Touch)));
}

#[test]
fn a_dead_strip_of_the_touch_panel_is_named() {
    let dead: Cells = (0..Cell::ROWS).filter_map(|row| Cell::at(row, 4)).collect();
    let missed = Outcome::Failed(Failure::Missed(Missed::Cells(dead)));
    for finished in [true, false] {
        let mut hall = Lobby::let_in();
        hall.touch("room.tests").touch("test.touch");
        for cell in dead.others().iter() {
            hall.hear(Event::Touched(Intent::Cell(cell)));
        }
        let took = if finished {
            hall.touch("back");
            0
        } else {
            // Crossing again what is done is no news.
            hall.pass(20).touch("cell.1.1").pass(9);
            assert_eq!(by_hand(&hall), TestState::Running);
            hall.pass(1);
            30
        };
        assert_eq!(by_hand(&hall), TestState::Done(missed, Duration::from_secs(took)));
        let Room::Touch(shown) = hall.room() else { panic!() };
        assert_eq!(shown.done, dead.others());
        // Once more, from the beginning.
        hall.touch("test.touch");
        let Room::Touch(shown) = hall.room() else { panic!() };
        assert_eq!((shown.done, shown.state), (Cells::default(), TestState::Running));
        // Whoever leaves before he begins has tried nothing.
        assert_eq!(hall.touch("back").state(Test::Touch), TestState::Done(missed, Duration::from_secs(took)));
    }
}

#[test]
fn a_dead_touch_panel_fails_by_itself() {
    for (test, why) in [
        (Test::Touch, Failure::Missed(Missed::Cells(Cells::ALL))),
        (Test::Pad, Failure::Missed(Missed::Keys(Keys::ALL))),
        (Test::Screen, Failure::Nothing),
    ] {
        let mut hall = Lobby::let_in();
        hall.touch("room.tests").touch(&format!("test.{}", test.key()));
        hall.now.tick = hall.desk.next_deadline(hall.now).expect("a deadline");
        hall.hear(Event::Tick);
        assert_eq!(by_hand(&hall), TestState::Done(Outcome::Failed(why), test.patience()), "{test:?}");
    }
}

#[test]
fn colours_come_one_after_the_other_and_then_it_is_asked_what_was_seen() {
    for (answer, want) in
        [("answer.yes", Outcome::Failed(Failure::Denied)), ("answer.no", Outcome::Passed(None))]
    {
        let mut hall = Lobby::let_in();
        hall.touch("room.tests").touch("test.screen");
        let colour = |hall: &Lobby| match hall.room() {
            Room::Colours(shown) => shown.colour,
            other => panic!("{other:?}"),
        };
        assert_eq!(colour(&hall), None);
        for want in Colour::ALL {
            // Each may be looked at for a while.
            hall.pass(50).touch("colour.next");
            assert_eq!((colour(&hall), hall.screen().name()), (Some(want), "colour"));
            assert_eq!(hall.touch(answer).screen().name(), "colour", "nothing is asked yet");
        }
        hall.touch("colour.next");
        assert_eq!((colour(&hall), by_hand(&hall)), (None, TestState::Asking));
        hall.touch("colour.next");
        assert_eq!(by_hand(&hall), TestState::Asking);
        hall.touch(answer);
        assert!(matches!(by_hand(&hall), TestState::Done(outcome, _) if outcome == want), "{answer}");
        assert!(matches!(hall.touch("back").state(Test::Screen), TestState::Done(..)));
    }
}

#[test]
fn every_key_of_the_pad_passes_and_those_that_do_not_come_are_named() {
    let mut hall = Lobby::let_in();
    hall.touch("room.tests").touch("test.pad");
    for key in PadKey::ALL {
        assert_eq!(by_hand(&hall), TestState::Running);
        hall.pass(29).touch(&format!("pad.{}", key.key()));
    }
    assert!(passed(by_hand(&hall)));
    hall.touch("test.pad").touch("pad.up").touch("pad.back");
    let Room::Pad(shown) = hall.room() else { panic!() };
    assert_eq!(shown.pressed.iter().collect::<Vec<_>>(), [PadKey::Up, PadKey::Back]);
    hall.pass(30);
    let missed = [PadKey::Down, PadKey::Next, PadKey::Select].into_iter().collect();
    let want = Outcome::Failed(Failure::Missed(Missed::Keys(missed)));
    assert!(matches!(by_hand(&hall), TestState::Done(outcome, _) if outcome == want), "{:?}", hall.room());
}

#[test]
fn what_hands_try_leads_nowhere_else_and_needs_nothing_else_under_way() {
    let mut hall = Lobby::let_in();
    hall.touch("room.tests").touch("test.touch");
    for id in ["room.overview", "device.printer", "repair.P03", "tests.all", "test.print", "finish", "pad.up"]
    {
        assert_eq!(hall.touch(id).screen().name(), "touch", "{id}");
        assert!(hall.asked().is_empty(), "{id}");
    }
    hall.touch("back").touch("test.print").touch("test.touch");
    assert_eq!((hall.screen().name(), hall.state(Test::Touch)), ("tests", TestState::Untried));
    // Without it a cell, a key or a colour is nothing.
    let before = hall.screen();
    for id in ["cell.1.1", "pad.up", "colour.next"] {
        assert_eq!(hall.touch(id).screen(), before, "{id}");
    }
    // The room closes over it by itself, too, and leaves nothing behind.
    let mut hall = Lobby::let_in();
    hall.touch("room.tests").touch("test.touch").touch("cell.1.1").pass(301);
    assert!(hall.desk.room.is_none());
}
