//! What can be touched, and what it does.

use super::{Bench, all, named};
use crate::inspect::{Element, elements, tap};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition};
use std::collections::BTreeSet;
use visit::intent::Intent;
use visit::screen::{Screen, View};

const SMALLEST: i32 = 64;

fn centre(element: &Element) -> (i32, i32) {
    (element.x + element.w / 2, element.y + element.h / 2)
}

fn overlap(a: &Element, b: &Element) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

#[test]
fn every_touchable_is_an_intent_with_a_label_and_room_for_a_finger() {
    let bench = Bench::new();
    for sample in all() {
        bench.show(&sample.view);
        let told = format!("{} {:?}", sample.name, sample.view.language);
        let found = elements(&bench.live);
        let ids: BTreeSet<&str> = found.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids.len(), found.len(), "{told}: an id twice");
        for element in &found {
            let what = format!("{told}: {element:?}");
            assert!(Intent::parse(&element.id).is_some(), "no intent: {what}");
            assert!(!element.label.is_empty(), "no label: {what}");
            assert!(element.w >= SMALLEST && element.h >= SMALLEST, "too small: {what}");
            for other in found.iter().filter(|o| o.id != element.id) {
                assert!(!overlap(element, other), "overlap: {what} and {other:?}");
            }
        }
        // From where nobody is served, nothing leads anywhere.
        let home = matches!(sample.view.screen, Screen::Home(_) | Screen::Closed(_));
        // Behind a colour comes the next: a finger has nothing else to touch there.
        let colour = sample.view.screen.name() == "colour";
        let out = ids.contains("back") || ids.contains("finish");
        assert_eq!(out, !home && !colour, "{told}: the way out");
        assert_eq!(ids.contains("stay"), sample.view.ending_in.is_some(), "{told}: stay");
    }
}

#[test]
fn touching_a_thing_tells_its_intent_and_nothing_more() {
    let bench = Bench::new();
    for sample in all() {
        bench.show(&sample.view);
        for element in elements(&bench.live) {
            let (x, y) = centre(&element);
            tap(&bench.live, x, y);
            let heard: Vec<Intent> = bench.heard.try_iter().collect();
            // A page that was moved up can be moved down again.
            let enabled = element.enabled || element.id.starts_with("scroll.") && !heard.is_empty();
            let want = Intent::parse(&element.id).filter(|_| enabled);
            assert_eq!(
                heard,
                Vec::from_iter(want),
                "{} {:?}: {element:?}",
                sample.name,
                sample.view.language
            );
        }
    }
}

#[test]
fn language_and_the_way_out_are_at_the_same_place_everywhere() {
    let bench = Bench::new();
    let mut corners = BTreeSet::new();
    for sample in all() {
        bench.show(&sample.view);
        for element in elements(&bench.live) {
            let id = element.id.as_str();
            // On the checklist and the receipt, `back` goes elsewhere than out and stands beside the title.
            let checklist = matches!(sample.view.screen, Screen::Materials(_) | Screen::Receipt(_));
            // The touch panel that is tried has its way out where cells meet.
            let tried = sample.view.screen.name() == "touch";
            if id == "language" || id == "finish" || (id == "back" && !checklist && !tried) {
                let kind = if id == "language" { id } else { "out" };
                corners.insert((kind.to_owned(), element.x, element.y, element.h));
            }
        }
    }
    assert_eq!(corners.len(), 2, "{corners:?}");
}

#[test]
fn screens_offer_what_they_promise() {
    let bench = Bench::new();
    let table: [(&str, &[&str], &[&str]); 35] = [
        ("home", &["home.number", "home.scan", "language"], &[]),
        ("home-lunch", &["home.scan", "language"], &["home.number"]),
        ("home-nothing-works", &["language"], &["home.number", "home.scan"]),
        (
            "choose-again",
            &["visit.cancel", "confirm", "tab.packages", "tab.business", "tab.personal"],
            &["page.previous"],
        ),
        (
            "choose",
            &["for.oneself", "for.company", "for.relative", "page.next"],
            &["confirm", "page.previous"],
        ),
        ("choose-last-page", &["page.previous"], &["page.next"]),
        (
            "choose-popular",
            &["tab.popular", "tab.groups", "tab.departments", "search", "about.package.open-restaurant"],
            &["confirm"],
        ),
        ("choose-groups", &["group.older", "group.children", "tab.packages", "back"], &["confirm"]),
        ("choose-departments", &["department.labour", "department.science", "page.next"], &[]),
        ("choose-group", &["tab.groups", "package.open-restaurant", "about.matter.title-search"], &[]),
        ("search-found", &["package.open-restaurant", "about.package.open-restaurant"], &[]),
        ("about-online", &["matter.unemployment-benefit", "back", "language"], &[]),
        ("about-picked", &["package.open-restaurant", "back", "stay"], &[]),
        ("number", &["finish"], &[]),
        ("number-unknown", &["finish", "reprint"], &[]),
        ("number-not-printed", &["finish", "reprint"], &[]),
        (
            "materials",
            &[
                "material.appointment",
                "material.household-book",
                "material.id-card",
                "material.articles",
                "material.premises",
                "finish",
                "back",
                "page.next",
            ],
            &["material.photos"],
        ),
        ("scan-no-scanner", &["source.feeder", "source.flatbed", "back"], &["scan.start"]),
        ("scanning", &["scan.stop", "back"], &[]),
        (
            "review",
            &[
                "scan.accept",
                "scan.again",
                "scan.add",
                "preview.previous",
                "preview.next",
                "page.again",
                "page.rotate",
                "page.remove",
                "page.earlier",
                "page.later",
                "back",
            ],
            &[],
        ),
        ("review-blank", &["answer.yes", "answer.no", "page.again", "back"], &[]),
        ("licences", &["licences.yes", "back"], &[]),
        (
            "materials-looked-up",
            &[
                "licences.ask",
                "receipt",
                "material.premises",
                "material.appointment",
                "material.household-book",
                "material.id-card",
            ],
            &["material.articles"],
        ),
        ("hand-in-store", &["answer.yes", "back"], &[]),
        ("hand-in-approved", &["back"], &[]),
        ("scan-whose", &["answer.yes", "answer.no", "source.flatbed", "back"], &[]),
        ("scan-take-out", &["answer.yes", "source.flatbed", "back"], &[]),
        ("scan-example", &["not-applicable", "scan.start"], &[]),
        ("receipt", &["receipt.print", "finish", "back"], &[]),
        ("receipt-no-printer", &["finish", "back"], &["receipt.print"]),
        ("cancel", &["visit.cancel.yes", "back"], &[]),
        ("home-paper-low", &["home.number", "home.scan", "service"], &[]),
        ("company-offer", &["company.take", "confirm", "back"], &["key.delete"]),
        ("service", &["back", "page.next"], &["page.previous"]),
        ("service-nothing", &["back"], &[]),
    ];
    for (name, enabled, disabled) in table {
        bench.show(&named(name));
        let found = elements(&bench.live);
        for (ids, want) in [(enabled, true), (disabled, false)] {
            for id in ids {
                let element = found.iter().find(|e| e.id == *id);
                assert_eq!(element.map(|e| e.enabled), Some(want), "{name}: {id}");
            }
        }
        let others = found.iter().any(|e| e.id == "reprint") && !enabled.contains(&"reprint");
        assert!(!others, "{name} offers to reprint");
    }
}

#[test]
fn what_cannot_be_undone_stands_on_the_right_and_the_safe_answer_on_the_left() {
    let bench = Bench::new();
    for (name, safe, lasting) in [
        ("review-blank", "answer.yes", "answer.no"),
        ("review-remove", "answer.no", "answer.yes"),
        ("review-all-again", "answer.no", "answer.yes"),
        ("review-leave", "answer.no", "answer.yes"),
        ("cancel", "back", "visit.cancel.yes"),
        ("scan-whose", "answer.no", "answer.yes"),
        ("hand-in-again", "back", "answer.yes"),
        ("hand-in-store", "back", "answer.yes"),
    ] {
        bench.show(&named(name));
        let ((left, _), (right, _)) = (place(&bench, safe), place(&bench, lasting));
        assert!(left < right, "{name}: {safe} at {left}, {lasting} at {right}");
    }
}

fn press(bench: &Bench, at: (i32, i32)) {
    let position = LogicalPosition::new(at.0 as f32, at.1 as f32);
    let button = PointerEventButton::Left;
    bench.live.stage.kiosk().window().dispatch_event(WindowEvent::PointerPressed { position, button });
}

fn release(bench: &Bench, at: (i32, i32)) {
    let position = LogicalPosition::new(at.0 as f32, at.1 as f32);
    let window = bench.live.stage.kiosk().window();
    window.dispatch_event(WindowEvent::PointerReleased { position, button: PointerEventButton::Left });
    window.dispatch_event(WindowEvent::PointerExited);
}

fn place(bench: &Bench, id: &str) -> (i32, i32) {
    centre(elements(&bench.live).iter().find(|e| e.id == id).unwrap_or_else(|| panic!("no {id}")))
}

#[test]
fn a_finger_that_was_down_before_the_screen_changed_does_nothing() {
    let bench = Bench::new();
    for (before, id, after) in [
        ("scanning", "back", "review"),
        ("identify", "back", "choose"),
        ("choose-picked", "confirm", "scan"),
        ("scan", "scan.start", "review"),
    ] {
        bench.show(&named(before));
        let at = place(&bench, id);
        press(&bench, at);
        bench.show(&named(after));
        release(&bench, at);
        assert_eq!(bench.heard.try_iter().count(), 0, "{id} on {before}, lifted on {after}");
    }
}

#[test]
fn a_row_under_a_finger_stays_that_row_while_the_screen_is_renewed() {
    let bench = Bench::new();
    let view = named("choose-picked");
    bench.show(&view);
    let at = place(&bench, "package.open-pharmacy");
    press(&bench, at);
    bench.show(&View { ending_in: Some(12), ..view });
    release(&bench, at);
    let heard: Vec<String> = bench.heard.try_iter().map(|i| i.to_string()).collect();
    assert_eq!(heard, ["package.open-pharmacy"]);
}

#[test]
fn a_list_too_long_can_be_pushed_up_with_a_finger() {
    let bench = Bench::new();
    bench.show(&named("choose-all-picked"));
    let rows = |bench: &Bench| -> Vec<String> {
        let found = elements(&bench.live).into_iter().map(|e| e.id);
        found.filter(|id| id.starts_with("package.") || id.starts_with("option.")).collect()
    };
    let before = rows(&bench);
    assert!(!before.iter().any(|id| id == "package.disability-services"), "{before:?}");
    let row = elements(&bench.live).into_iter().find(|e| e.id.starts_with("package.")).expect("a row");
    let (x, y) = centre(&row);
    press(&bench, (x, y));
    for step in 1..=40 {
        let position = LogicalPosition::new(x as f32, (y - step * 18) as f32);
        bench.live.stage.kiosk().window().dispatch_event(WindowEvent::PointerMoved { position });
        bench.live.paint();
    }
    release(&bench, (x, y - 720));
    bench.live.paint();
    assert_eq!(bench.heard.try_iter().count(), 0, "pushing is not touching");
    let after = rows(&bench);
    assert!(after.iter().any(|id| id == "package.disability-services"), "{after:?}");
}
