//! Paper that somebody left in the feeder.

use super::*;
use crate::event::Feeder::{Empty, Loaded, Unknown};

/// The feeder is seen like this, one after the other, before a visitor comes to the scanner.
fn at_scanner(seen: &[Feeder]) -> Lobby {
    let mut hall = Lobby::open();
    for feeder in seen {
        hall.hear(Event::Feeder(*feeder));
    }
    hall.touch("home.scan").lay(ZHANG).answer(LedgerReply::Found(None));
    hall.touch("package.shop").touch("confirm").answer(LedgerReply::Entered(opened("v")));
    hall.touch("material.lease");
    hall
}

fn asking(hall: &Lobby) -> Option<FeederAsk> {
    match hall.screen() {
        Screen::Scan(ready) => ready.asking,
        other => panic!("{other:?}"),
    }
}

fn scans(hall: &Lobby) -> bool {
    hall.last.iter().any(|action| matches!(action, Action::Scan(..)))
}

#[test]
fn only_paper_that_lay_there_before_is_asked_about() {
    for (before, meanwhile, asked) in [
        (&[][..], &[][..], false),
        (&[Unknown], &[], false),
        (&[Empty], &[], false),
        // The visitor's own.
        (&[Empty], &[Loaded], false),
        (&[Unknown], &[Loaded], false),
        (&[Loaded], &[], true),
        (&[Loaded, Empty], &[Loaded], false),
        // Paper that cannot be seen any more has not gone for that.
        (&[Loaded, Unknown], &[], true),
        (&[Loaded], &[Unknown, Loaded], true),
        (&[Loaded], &[Empty, Loaded], false),
    ] {
        let mut hall = at_scanner(before);
        for feeder in meanwhile {
            hall.hear(Event::Feeder(*feeder));
        }
        assert_eq!(asking(&hall).is_some(), asked, "{before:?} {meanwhile:?}");
        hall.touch("scan.start");
        assert_eq!(scans(&hall), !asked, "{before:?} {meanwhile:?}");
    }
}

#[test]
fn whoever_says_that_it_is_his_is_believed_and_not_asked_again() {
    let mut hall = at_scanner(&[Loaded]);
    hall.touch("answer.yes");
    assert!(scans(&hall));
    hall.page(1).scan(ScanEvent::Ended(None)).touch("scan.add");
    assert_eq!(asking(&hall), None);
    hall.touch("scan.start");
    assert!(scans(&hall));
}

#[test]
fn whose_paper_it_is_not_takes_it_out_and_goes_on() {
    let mut hall = at_scanner(&[Loaded]);
    hall.touch("answer.no");
    assert_eq!(asking(&hall), Some(FeederAsk::TakeOut));
    hall.touch("scan.start");
    assert!(!scans(&hall));
    // He may look at the list meanwhile: it is not forgotten.
    hall.touch("back").touch("material.lease");
    assert_eq!(asking(&hall), Some(FeederAsk::TakeOut));
    hall.hear(Event::Feeder(Empty));
    assert_eq!(asking(&hall), None);
    hall.hear(Event::Feeder(Loaded)).touch("scan.start");
    assert!(scans(&hall), "now it is his own");
    // A sensor that never changes its mind, and a visitor who does.
    let mut hall = at_scanner(&[Loaded]);
    hall.touch("answer.no").touch("answer.yes");
    assert!(scans(&hall));
}

#[test]
fn the_glass_is_not_asked_about() {
    let mut hall = at_scanner(&[Loaded]);
    hall.touch("source.flatbed");
    assert_eq!(asking(&hall), None);
    hall.touch("scan.start");
    assert!(scans(&hall));
    hall.scan(ScanEvent::Ended(Some(ScanProblem::Fault(Fault::ScannerJam)))).touch("source.feeder");
    assert_eq!(asking(&hall), Some(FeederAsk::Whose), "what came from the glass says nothing of the feeder");
}

#[test]
fn a_scanner_that_is_down_scans_nobodys_paper() {
    let mut hall = at_scanner(&[Loaded]);
    hall.status(&[Fault::ScannerAbsent]).touch("answer.yes");
    assert!(!scans(&hall));
    assert_eq!(asking(&hall), Some(FeederAsk::Whose));
}

#[test]
fn a_sensor_that_cannot_make_up_its_mind_holds_nobody() {
    let mut hall = at_scanner(&[Loaded]);
    hall.touch("answer.no").pass(170).hear(Event::Feeder(Empty)).pass(170);
    assert_eq!(hall.screen().name(), "scan", "he took it out, so he is there");
    for _ in 0..60 {
        hall.hear(Event::Feeder(Loaded)).pass(1).hear(Event::Feeder(Empty)).pass(1);
    }
    assert_eq!(hall.screen().name(), "home");
}

#[test]
fn paper_in_the_feeder_is_told_when_a_visitor_leaves_and_to_whoever_comes() {
    let lies = |hall: &Lobby| match hall.screen() {
        Screen::Goodbye(goodbye) => goodbye.feeder,
        Screen::Home(home) => home.feeder,
        other => panic!("{other:?}"),
    };
    for feeder in [Unknown, Empty, Loaded] {
        let mut hall = at_scanner(&[]);
        hall.hear(Event::Feeder(feeder)).touch("back").touch("finish");
        assert_eq!(lies(&hall), feeder == Loaded, "{feeder:?}");
        hall.pass(10);
        // With something to take along goodbye stays a while.
        assert_eq!(hall.screen().name(), if feeder == Loaded { "goodbye" } else { "home" });
        hall.hear(Event::Feeder(Empty)).pass(10);
        assert_eq!((hall.screen().name(), lies(&hall)), ("home", false));
        hall.hear(Event::Feeder(feeder));
        assert_eq!(lies(&hall), feeder == Loaded, "{feeder:?}");
    }
    // Whoever took a number has no papers in the scanner.
    let mut hall = Lobby::at_number();
    hall.hear(Event::Feeder(Loaded)).touch("finish");
    assert!(!lies(&hall));
}

/// A scanner is slow to tell what somebody left a moment ago.
#[test]
fn paper_that_is_seen_before_anybody_said_who_he_is_was_left_by_another() {
    let mut hall = Lobby::open();
    hall.hear(Event::Feeder(Empty)).touch("home.scan").hear(Event::Feeder(Loaded));
    hall.lay(ZHANG).answer(LedgerReply::Found(None));
    hall.touch("package.shop").touch("confirm").answer(LedgerReply::Entered(opened("v")));
    hall.touch("material.lease");
    assert_eq!(asking(&hall), Some(FeederAsk::Whose));
}

/// What the scanner said before it took the sheets says nothing of what is left.
#[test]
fn sheets_that_were_taken_do_not_lie_there() {
    let mut hall = Lobby::at_review(2);
    hall.hear(Event::Feeder(Loaded)).touch("page.again").touch("scan.start").page(3);
    hall.scan(ScanEvent::Ended(None));
    assert!(matches!(hall.screen(), Screen::Review(r) if r.problem.is_none()));
    hall.hear(Event::Feeder(Loaded));
    assert!(matches!(hall.screen(), Screen::Review(r) if r.problem == Some(ScanProblem::OnlyOne)));
    hall.touch("scan.add");
    assert!(matches!(hall.screen(), Screen::Scan(scan) if scan.problem.is_none()), "now they are wanted");
}
