//! The technician's room.

mod hands;
mod settings;

use super::*;
use crate::event::Note;
use crate::intent::Source;
use crate::technician::{
    Cell, Cells, Colour, Failure, Finding, Grade, Keys, Looped, Measure, Missed, Outcome, PadKey, Test,
    Verdict, When,
};

impl Lobby {
    fn stay(&self) -> SessionId {
        self.desk.room.as_ref().expect("somebody is in the room").id
    }

    fn news(&mut self, news: DoorNews) -> &mut Self {
        let stay = self.stay();
        self.hear(Event::Door(stay, news))
    }

    /// The test under way; without one, of none.
    fn trial(&self) -> SessionId {
        (0..=self.desk.sessions)
            .rev()
            .map(SessionId)
            .find(|id| self.desk.is_trial(*id))
            .unwrap_or(SessionId(0))
    }

    /// In the room.
    fn let_in() -> Self {
        let mut hall = Self::open();
        hall.touch("door").news(DoorNews::Opened);
        hall
    }

    fn room(&self) -> Room {
        match self.screen() {
            Screen::Room(room) => room,
            other => panic!("{other:?}"),
        }
    }

    fn door(&self) -> Door {
        match self.room() {
            Room::Door(door) => door,
            other => panic!("{other:?}"),
        }
    }

    fn repair(&self) -> Repair {
        match self.room() {
            Room::Repair(repair) => repair,
            other => panic!("{other:?}"),
        }
    }

    fn state(&self, test: Test) -> TestState {
        match self.room() {
            Room::Tests(tests) => tests.tests.iter().find(|(shown, _)| *shown == test).expect("a test").1,
            other => panic!("{other:?}"),
        }
    }

    fn tried(&mut self, test: Test, outcome: Outcome) -> &mut Self {
        let trial = self.trial();
        self.hear(Event::Tried(trial, test, outcome))
    }

    /// What was asked of the appliance last, for the room.
    fn asked(&self) -> Vec<&RoomDo> {
        let asked = self.last.iter();
        asked.filter_map(|action| if let Action::Room(what) = action { Some(what) } else { None }).collect()
    }
}

fn passed(state: TestState) -> bool {
    matches!(state, TestState::Done(Outcome::Passed(_), _))
}

#[test]
fn the_door_opens_from_the_idle_screen_alone() {
    let mut hall = Lobby::open();
    assert_eq!(hall.touch("door").screen().name(), "door");
    assert!(matches!(hall.asked()[..], [RoomDo::Knock(_)]));
    assert_eq!(hall.touch("back").screen().name(), "home");
    assert!(matches!(hall.asked()[..], [RoomDo::Leave]));
    let elsewhere = [Lobby::at_choose("home.number"), Lobby::at_number(), Lobby::at_review(1)];
    for mut hall in elsewhere {
        let before = hall.screen();
        assert_eq!(hall.touch("door").screen(), before);
    }
    let mut hall = Lobby::open();
    assert_eq!(hall.touch("help").touch("door").screen().name(), "help");
}

#[test]
fn no_visitors_session_begins_from_the_room_or_before_its_door() {
    let mut hall = Lobby::open();
    hall.touch("door");
    for _ in 0..2 {
        for id in ["home.number", "home.scan", "service", "without-document", "confirm"] {
            hall.touch(id);
            assert!(hall.desk.session.is_none(), "{id}");
        }
        hall.news(DoorNews::Opened);
    }
    // A card that lies on the reader meanwhile is nobody's.
    let stay = hall.stay();
    hall.hear(Event::Card(stay, CardEvent::Read(person(ZHANG))));
    assert!(hall.desk.session.is_none());
    assert!(!format!("{:?}", hall.desk.view(hall.now)).contains('张'));
}

#[test]
fn it_closes_by_itself_and_forgets_how_it_was_made_to_look() {
    for open in [false, true] {
        let mut hall = Lobby::open();
        hall.touch("door");
        if open {
            hall.news(DoorNews::Opened);
        }
        hall.touch("language");
        let mut waited = 0;
        while hall.desk.room.is_some() {
            waited += 1;
            assert!(waited < 400, "it never closes");
            hall.pass(1);
        }
        assert!(waited >= 80, "{waited} s");
        let view = hall.desk.view(hall.now);
        assert_eq!((view.screen.name(), view.language), ("home", Language::Zh));
        assert!(hall.last.iter().any(|action| matches!(action, Action::Reader(ReaderDo::Rest))));
    }
    // A countdown comes before, and a touch begins it anew.
    let mut hall = Lobby::let_in();
    hall.pass(290);
    assert!(hall.desk.view(hall.now).ending_in.is_some());
    hall.touch("stay");
    assert_eq!(hall.desk.view(hall.now).ending_in, None);
}

#[test]
fn a_card_and_its_pin() {
    let mut hall = Lobby::open();
    hall.touch("door");
    assert_eq!(hall.door().way, DoorWay::Card);
    for digit in "123456".chars() {
        hall.touch(&format!("key.{digit}"));
    }
    assert_eq!(hall.door().typed, Typed::Hidden(0), "no card, no PIN");
    hall.news(DoorNews::Card(true));
    for digit in "12345".chars() {
        hall.touch(&format!("key.{digit}"));
    }
    hall.touch("confirm");
    assert!(hall.asked().is_empty(), "five digits are no PIN");
    hall.touch("key.6");
    assert_eq!(hall.door().typed, Typed::Hidden(6));
    assert!(!format!("{:?}", hall.desk.room).contains("123456"));
    hall.touch("confirm");
    let [RoomDo::Pin(_, pin)] = hall.asked()[..] else { panic!("{:?}", hall.last) };
    assert_eq!(pin.digits(), "123456");
    assert!(!format!("{pin:?}").contains("123456"));
    assert_eq!(hall.door().way, DoorWay::Checking);
    let wait = Duration::from_secs(5);
    hall.news(DoorNews::Refused(DoorRefusal::WrongPin(2), wait)).news(DoorNews::Card(true));
    assert_eq!((hall.door().refused, hall.door().wait), (Some(DoorRefusal::WrongPin(2)), 5));
    for digit in "654321".chars() {
        hall.touch(&format!("key.{digit}"));
    }
    hall.touch("confirm");
    assert!(hall.asked().is_empty(), "not so soon");
    hall.pass(5).touch("confirm");
    assert!(matches!(hall.asked()[..], [RoomDo::Pin(..)]));
    hall.news(DoorNews::Opened);
    assert_eq!(hall.screen().name(), "overview");
}

#[test]
fn a_card_that_is_drawn_takes_what_was_typed_with_it() {
    let mut hall = Lobby::open();
    hall.touch("door").news(DoorNews::Card(true)).touch("key.1").touch("key.2");
    hall.news(DoorNews::Card(false));
    assert_eq!(hall.door().way, DoorWay::Card);
    hall.news(DoorNews::Card(true));
    assert_eq!(hall.door().typed, Typed::Hidden(0));
}

#[test]
fn a_code_of_the_office() {
    let mut hall = Lobby::open();
    hall.touch("door").touch("door.code");
    assert!(matches!(hall.asked()[..], [RoomDo::NewCode(_)]));
    hall.news(DoorNews::Question("1234 5678".into()));
    for digit in "9876543".chars() {
        hall.touch(&format!("key.{digit}"));
    }
    hall.touch("key.delete");
    assert_eq!(hall.door().typed, Typed::Shown("987 654".into()));
    hall.touch("confirm");
    assert!(matches!(hall.asked()[..], [RoomDo::Code(_, code)] if code.digits() == "987654"));
    // What was answered to somebody who has left opens nothing.
    let stay = hall.stay();
    hall.touch("back").touch("door").hear(Event::Door(stay, DoorNews::Opened));
    assert_eq!(hall.screen().name(), "door");
}

#[test]
fn without_a_place_for_cards_the_office_is_asked_at_once() {
    let mut hall = Lobby::open();
    hall.desk.cards = false;
    hall.touch("door");
    assert!(matches!(hall.asked()[..], [RoomDo::NewCode(_)]));
    assert_eq!((hall.door().way, hall.door().cards), (DoorWay::Checking, false));
    hall.news(DoorNews::Question("1234 5678".into()));
    assert_eq!(hall.door().way, DoorWay::Code("1234 5678".into()));
    // A kiosk without a key for codes says so.
    hall.touch("back").touch("door").news(DoorNews::Refused(DoorRefusal::Unable, Duration::ZERO));
    assert_eq!(hall.door().refused, Some(DoorRefusal::Unable));
}

#[test]
fn what_waits_to_be_sent_is_looked_at_as_long_as_it_is_shown() {
    let looks =
        |hall: &Lobby| hall.asked().iter().filter(|asked| matches!(asked, RoomDo::LookOutbox(_))).count();
    let mut hall = Lobby::let_in();
    assert_eq!(looks(hall.touch("room.outbox")), 1);
    assert!(matches!(hall.room(), Room::Outbox(None)), "nothing is said before it is known");
    let stay = hall.stay();
    hall.hear(Event::Outbox(stay, OutboxShown { waiting: 2, ..OutboxShown::default() }));
    assert!(matches!(hall.room(), Room::Outbox(Some(OutboxShown { waiting: 2, .. }))));
    let due = hall.desk.next_deadline(hall.now).expect("a deadline");
    assert_eq!(due, hall.now.tick + Duration::from_secs(5));
    assert_eq!(looks(hall.pass(5)), 1);
    hall.touch("back");
    assert_eq!(looks(hall.pass(60)), 0);
}

#[test]
fn every_fault_is_seen_mended_and_only_then_proven() {
    for fault in Fault::ALL {
        let mut hall = Lobby::let_in();
        hall.status(&[*fault]);
        let Room::Overview(devices, _) = hall.room() else { panic!() };
        let device = devices.iter().find(|shown| shown.device == fault.device()).expect("the device");
        assert_eq!((device.faults.as_slice(), device.times), (&[*fault][..], 1), "{fault:?}");
        hall.touch(&format!("device.{}", fault.device().key()));
        let Room::Device(_, faults) = hall.room() else { panic!() };
        assert!(matches!(faults[..], [FaultShown { now: true, times: 1, .. }]), "{fault:?}");
        hall.touch(&format!("repair.{}", fault.code()));
        let proof = fault.proof();
        assert_eq!((hall.repair().still, hall.repair().outcome), (true, TestState::Untried), "{fault:?}");
        let succeed = |hall: &mut Lobby| {
            hall.touch(&format!("test.{}", proof.key()));
            let stay = hall.trial();
            match proof {
                Test::Read | Test::Slot | Test::Code => {
                    hall.hear(Event::Card(stay, CardEvent::Read(person(ZHANG))))
                }
                Test::Scan | Test::Feed => {
                    let preview = Arc::new(Preview { width: 1, height: 1, rgb: vec![0; 3] });
                    let page =
                        ScanEvent::Stored { page: PageId(7), preview, warnings: vec![], turn: Turn::None };
                    hall.hear(Event::Scan(stay, page))
                }
                _ => hall.tried(proof, Outcome::Passed(None)),
            };
        };
        succeed(&mut hall);
        assert!(
            matches!(hall.repair().outcome, TestState::Done(Outcome::Failed(Failure::Fault(f)), _) if f == *fault),
            "{fault:?}: {:?}",
            hall.repair()
        );
        hall.status(&[]);
        assert!(!hall.repair().still, "{fault:?}");
        succeed(&mut hall);
        assert!(passed(hall.repair().outcome), "{fault:?}: {:?}", hall.repair());
        hall.touch("back");
        let Room::Device(shown, faults) = hall.room() else { panic!() };
        assert!(shown.faults.is_empty() && shown.since.is_some(), "{fault:?}");
        assert!(matches!(faults[..], [FaultShown { now: false, times: 1, .. }]), "{fault:?}");
    }
}

#[test]
fn a_roll_is_changed_before_the_printers_own_eyes() {
    use StepState::{Awaited, Open, Seen, Ticked};
    let mut hall = Lobby::let_in();
    hall.status(&[Fault::PaperOut]).touch("device.printer").touch("repair.P03");
    let steps = |hall: &Lobby| hall.repair().steps[..3].to_vec();
    assert_eq!(steps(&hall), [Open, Awaited, Awaited]);
    hall.touch("step.1");
    assert_eq!(steps(&hall), [Ticked, Awaited, Awaited]);
    hall.status(&[Fault::PaperOut, Fault::CoverOpen]);
    assert_eq!(steps(&hall), [Ticked, Awaited, Awaited], "an open cover is no closed one");
    hall.status(&[Fault::CoverOpen]);
    assert_eq!(steps(&hall), [Ticked, Awaited, Awaited], "under an open cover it sees no paper");
    hall.status(&[]);
    assert_eq!(steps(&hall), [Ticked, Seen, Seen]);
    hall.touch("step.1");
    assert_eq!(steps(&hall)[0], Open, "not after all");
    // Whoever comes back later begins anew.
    hall.touch("back").touch("repair.P03");
    assert_eq!(steps(&hall), [Open, Seen, Awaited]);
}

#[test]
fn all_that_needs_nobody_is_tried_one_after_the_other() {
    let mut hall = Lobby::let_in();
    hall.touch("room.tests").touch("tests.all");
    let mut tried = Vec::new();
    while let [RoomDo::Try(_, test)] = hall.asked()[..] {
        let test = *test;
        assert!(test.is_automatic());
        assert_eq!(hall.state(test), TestState::Running);
        tried.push(test);
        hall.pass(1);
        let outcome = match test {
            Test::Trust => Outcome::Passed(Some(Measure::Days(42))),
            Test::Upload => Outcome::Failed(Failure::Fault(Fault::StoreError)),
            _ => Outcome::Passed(None),
        };
        hall.tried(test, outcome);
        assert_eq!(hall.state(test), TestState::Done(outcome, Duration::from_secs(1)));
    }
    let automatic: Vec<Test> = Test::ALL.iter().copied().filter(|test| test.is_automatic()).collect();
    assert_eq!(tried, automatic);
    assert!(matches!(hall.room(), Room::Tests(Tests { busy: false, .. })));
}

#[test]
fn a_test_that_never_answers_has_failed() {
    for (test, want) in [
        (Test::Read, Failure::Nothing),
        (Test::Scan, Failure::Nothing),
        (Test::Print, Failure::Silent),
        (Test::Connection, Failure::Silent),
    ] {
        let mut hall = Lobby::let_in();
        hall.touch("room.tests").touch(&format!("test.{}", test.key()));
        assert_eq!(hall.state(test), TestState::Running);
        let due = hall.desk.next_deadline(hall.now).expect("a deadline");
        hall.now.tick = due;
        hall.hear(Event::Tick);
        assert!(
            matches!(hall.state(test), TestState::Done(Outcome::Failed(why), _) if why == want),
            "{test:?}"
        );
        // What comes after that is nothing any more.
        hall.tried(test, Outcome::Passed(None));
        assert!(!passed(hall.state(test)), "{test:?}");
    }
}

#[test]
fn one_way_alone_is_tried_and_a_card_that_still_lies_there_fails_nothing() {
    let mut hall = Lobby::let_in();
    hall.touch("room.tests").touch("test.slot");
    assert!(matches!(hall.last[..], [Action::Watch(Way::Slot, _)]), "{:?}", hall.last);
    let trial = hall.trial();
    hall.hear(Event::Card(trial, CardEvent::Problem(CardProblem::LiftFirst)));
    assert_eq!(hall.state(Test::Slot), TestState::Running);
    hall.hear(Event::Card(trial, CardEvent::Problem(CardProblem::WrongSide)));
    let wrong = TestState::Done(Outcome::Failed(Failure::Card(CardProblem::WrongSide)), Duration::ZERO);
    assert_eq!(hall.state(Test::Slot), wrong);
    // What comes late asks for nothing more.
    hall.hear(Event::Card(trial, CardEvent::Read(person(ZHANG))));
    assert!(hall.last.is_empty(), "{:?}", hall.last);
}

#[test]
fn an_answer_to_an_earlier_test_of_the_same_kind_counts_for_nothing() {
    let mut hall = Lobby::let_in();
    hall.touch("room.tests").touch("test.print");
    let before = hall.trial();
    hall.touch("back").touch("room.tests").touch("test.print");
    hall.hear(Event::Tried(before, Test::Print, Outcome::Passed(None)));
    assert_eq!(hall.state(Test::Print), TestState::Running);
}

#[test]
fn a_device_that_is_away_says_nothing_of_its_faults() {
    let mut hall = Lobby::let_in();
    hall.status(&[Fault::PaperOut]).touch("device.printer").touch("repair.P03");
    for silent in [Fault::PrinterAbsent, Fault::PrinterSilent, Fault::CoverOpen] {
        hall.status(&[silent]);
        assert!(hall.repair().still, "{silent:?}");
        assert_eq!(hall.repair().steps[1], StepState::Awaited, "{silent:?}");
    }
}

#[test]
fn a_thing_that_lies_on_the_screen_keeps_nobody_in() {
    let mut hall = Lobby::let_in();
    for _ in 0..70 {
        hall.pass(5).touch("door");
    }
    assert_eq!(hall.screen().name(), "door", "it closed, and the thing knocked anew");
}

#[test]
fn whether_it_was_heard_the_technician_says() {
    for (answer, good) in [("answer.yes", true), ("answer.no", false)] {
        let mut hall = Lobby::let_in();
        hall.touch("room.tests").touch("test.sound");
        assert!(matches!(hall.last[..], [Action::Remind]));
        assert_eq!(hall.state(Test::Sound), TestState::Asking);
        hall.touch(answer);
        assert_eq!(passed(hall.state(Test::Sound)), good);
    }
}

#[test]
fn what_a_printer_cannot_prove_the_technician_says() {
    let mut hall = Lobby::let_in();
    hall.touch("room.tests").touch("test.print").tried(Test::Print, Outcome::Failed(Failure::Unproven));
    assert_eq!(hall.state(Test::Print), TestState::Asking);
    hall.touch("answer.yes");
    assert!(passed(hall.state(Test::Print)));
}

#[test]
fn a_scanned_test_page_is_kept_nowhere() {
    let mut hall = Lobby::let_in();
    hall.touch("room.tests").touch("test.scan");
    let stay = hall.trial();
    let preview = Arc::new(Preview { width: 1, height: 1, rgb: vec![0; 3] });
    let page = |id| ScanEvent::Stored {
        page: PageId(id),
        preview: Arc::clone(&preview),
        warnings: vec![],
        turn: Turn::None,
    };
    hall.hear(Event::Scan(stay, page(7)));
    assert!(matches!(
        &hall.last[..],
        [Action::DropPages(..), Action::StopScan(_), Action::Forget(_), Action::Note(_)]
    ));
    assert!(passed(hall.state(Test::Scan)));
    // One that comes when the room is closed already.
    hall.touch("test.scan").touch("finish").hear(Event::Scan(stay, page(8)));
    assert!(matches!(&hall.last[..], [Action::DropPages(_, pages)] if pages[..] == [PageId(8)]));
}

fn stored(page: u32) -> ScanEvent {
    let preview = Arc::new(Preview { width: 1, height: 1, rgb: vec![0; 3] });
    ScanEvent::Stored { page: PageId(page), preview, warnings: vec![], turn: Turn::None }
}

fn looped(grade: Grade) -> Looped {
    let printer = Verdict { grade, findings: vec![(grade, Finding::HeadDots(9, 100))] };
    let scanner = Verdict { grade: Grade::Good, findings: vec![] };
    Looped { printer, scanner, head: When::InDays(21), density: When::NotSoon }
}

#[test]
fn a_test_ticket_goes_from_the_printer_by_hand_to_the_glass() {
    let mut hall = Lobby::let_in();
    hall.touch("room.tests").touch("test.loop");
    assert!(matches!(hall.asked()[..], [RoomDo::Try(_, Test::Loop)]));
    let trial = hall.trial();
    assert_eq!(hall.state(Test::Loop), TestState::Running);
    hall.hear(Event::LoopPrinted(trial));
    assert_eq!(hall.state(Test::Loop), TestState::Asking);
    hall.touch("answer.yes");
    assert!(matches!(hall.last[..], [Action::Scan(_, Source::Flatbed, Sheets::One, Keep::Scan)]));
    assert_eq!(hall.state(Test::Loop), TestState::Running);
    hall.hear(Event::Scan(trial, stored(3)));
    assert!(matches!(hall.asked()[..], [RoomDo::ReadLoop(_, PageId(3))]));
    hall.hear(Event::Scan(trial, ScanEvent::Ended(None)));
    hall.hear(Event::Looped(trial, Box::new(looped(Grade::Watch))));
    assert!(matches!(hall.room(), Room::Looped(Some(_))));
    hall.hear(Event::Tried(trial, Test::Loop, Outcome::Passed(None)));
    assert!(hall.last.iter().any(|action| matches!(action, Action::Forget(_))), "the scan goes");
    assert_eq!(hall.touch("back").room(), hall.room());
    assert!(passed(hall.state(Test::Loop)));
    // Nothing of an earlier ticket counts once the test is over.
    hall.hear(Event::Looped(trial, Box::new(looped(Grade::Bad))));
    assert!(matches!(hall.room(), Room::Tests(_)));
    // Once more, and no ticket came out.
    hall.touch("room.looped").touch("test.loop");
    let trial = hall.trial();
    hall.hear(Event::LoopPrinted(trial)).touch("answer.no");
    assert!(matches!(hall.state(Test::Loop), TestState::Done(Outcome::Failed(Failure::Denied), _)));
}

#[test]
fn a_command_is_served_while_nobody_is_here_and_no_longer() {
    let mut hall = Lobby::open();
    hall.hear(Event::Command(vec![Test::Print, Test::Storage]));
    assert_eq!(hall.screen().name(), "remote");
    hall.tried(Test::Print, Outcome::Failed(Failure::Unproven));
    hall.tried(Test::Storage, Outcome::Passed(None));
    let Some(Action::Commanded(Some(tried))) =
        hall.last.iter().find(|action| matches!(action, Action::Commanded(_)))
    else {
        panic!("{:?}", hall.last)
    };
    let outcomes: Vec<_> = tried.iter().map(|tried| (tried.test, tried.outcome)).collect();
    assert_eq!(
        outcomes,
        [(Test::Print, Outcome::Failed(Failure::Unproven)), (Test::Storage, Outcome::Passed(None))]
    );
    assert_eq!(hall.screen().name(), "home");
    // A touch of a visitor's ends it.
    hall.hear(Event::Command(vec![Test::Read]));
    hall.touch("confirm");
    assert!(
        hall.last.iter().any(|action| matches!(action, Action::Commanded(Some(tried)) if tried.is_empty()))
    );
    assert_eq!(hall.screen().name(), "home");
    // And while somebody is there, nothing begins.
    let mut hall = Lobby::at_choose("home.number");
    hall.hear(Event::Command(vec![Test::Read]));
    assert!(matches!(hall.last[..], [Action::Commanded(None)]));
    let mut hall = Lobby::let_in();
    hall.hear(Event::Command(vec![Test::Read]));
    assert!(matches!(hall.last[..], [Action::Commanded(None)]));
}

#[test]
fn what_came_of_a_repair_is_noted() {
    let mut hall = Lobby::let_in();
    hall.status(&[Fault::PaperOut]).touch("device.printer").touch("repair.P03").touch("test.print");
    hall.tried(Test::Print, Outcome::Passed(None));
    let noted = |hall: &Lobby| {
        hall.last
            .iter()
            .filter_map(|a| if let Action::Note(note) = a { Some(*note) } else { None })
            .collect::<Vec<_>>()
    };
    assert!(matches!(
        noted(&hall)[..],
        [Note::Tested(Test::Print, ..), Note::Repaired(Fault::PaperOut, false)]
    ));
    hall.status(&[]).touch("test.print");
    hall.tried(Test::Print, Outcome::Passed(None));
    assert!(matches!(noted(&hall)[..], [Note::Tested(..), Note::Repaired(Fault::PaperOut, true)]));
}

#[test]
fn who_carries_the_ticket_slowly_has_as_long_for_the_scan() {
    let mut hall = Lobby::let_in();
    hall.touch("room.tests").touch("test.loop");
    let trial = hall.trial();
    hall.hear(Event::LoopPrinted(trial)).pass(105).touch("answer.yes").pass(60);
    assert_eq!(hall.state(Test::Loop), TestState::Running, "the scan has its own time");
    hall.pass(60);
    assert!(matches!(hall.state(Test::Loop), TestState::Done(Outcome::Failed(Failure::Nothing), _)));
}

#[test]
fn a_ticket_that_cannot_be_drawn_is_not_asked_for() {
    let mut hall = Lobby::let_in();
    hall.touch("room.tests").touch("test.loop").tried(Test::Loop, Outcome::Failed(Failure::Unproven));
    assert!(matches!(hall.state(Test::Loop), TestState::Done(Outcome::Failed(Failure::Unproven), _)));
}

#[test]
fn what_a_command_has_tried_is_no_technicians() {
    let mut hall = Lobby::open();
    hall.hear(Event::Command(vec![Test::Storage])).tried(Test::Storage, Outcome::Passed(None));
    assert!(!hall.last.iter().any(|action| matches!(action, Action::Note(_))), "{:?}", hall.last);
}

#[test]
fn nobody_who_has_made_the_screen_his_own_is_disturbed_by_a_command() {
    let mut hall = Lobby::open();
    hall.touch("look").touch("look.largest").touch("back");
    hall.hear(Event::Command(vec![Test::Print]));
    assert!(matches!(hall.last[..], [Action::Commanded(None)]), "{:?}", hall.last);
    assert_ne!(hall.screen().name(), "remote");
}

#[test]
fn who_draws_his_card_and_goes_leaves_no_open_room() {
    let mut hall = Lobby::let_in();
    hall.news(DoorNews::Card(false)).pass(29);
    assert_eq!(hall.screen().name(), "overview");
    // He is still there, and has only put his card away.
    hall.touch("room.tests").pass(100);
    assert_eq!(hall.screen().name(), "tests");
    hall.news(DoorNews::Card(false)).pass(30);
    assert_eq!(hall.screen().name(), "home");
}
