//! The plan of the house, held against the code: what each room may know of the others.
//!
//! The same plan stands in words in ARCHITECTURE.md.

#![cfg(test)]

use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Each room, and which other rooms it may know. Tests of a room may know what is emulated besides.
const PLAN: &[(&str, &[&str])] = &[
    ("visit", &[]),
    ("layouts", &[]),
    ("queue", &["visit", "layouts"]),
    ("documents", &[]),
    ("store", &["layouts"]),
    ("entry", &[]),
    ("readiness", &[]),
    ("ticket-loop", &[]),
    ("log-book", &[]),
    ("capsule", &["visit", "link"]),
    ("metrics-page", &[]),
    ("provision", &["visit"]),
    ("command", &["documents", "store", "log-book", "readiness"]),
    ("link", &[]),
    ("id-reader", &["link"]),
    ("ticket-printer", &["link"]),
    // of the helper only the messages
    ("document-scanner", &["link", "sane-helper"]),
    ("social-card", &["link"]),
    ("staff-card", &["link"]),
    ("code-scanner", &["link"]),
    ("company-key", &["link"]),
    ("sane-helper", &[]),
    ("ui", &["visit", "painter"]),
    ("painter", &[]),
    (
        "kiosk",
        &[
            "visit",
            "queue",
            "documents",
            "store",
            "log-book",
            "capsule",
            "metrics-page",
            "command",
            "entry",
            "ticket-loop",
            "readiness",
            "link",
            "id-reader",
            "ticket-printer",
            "document-scanner",
            "social-card",
            "staff-card",
            "code-scanner",
            "company-key",
            "ui",
        ],
    ),
    // Emulators share no code with what they answer.
    ("emulators", &[]),
    ("forgetful-vfs", &[]),
    ("hall", &["kiosk", "capsule", "queue", "store", "ui", "emulators", "forgetful-vfs", "skf-vendor"]),
    (
        "bench",
        &["kiosk", "queue", "store", "visit", "ui", "emulators", "link", "id-reader", "ticket-printer"],
    ),
    ("house", &[]),
    ("skf-vendor", &[]),
    ("hands", &[]),
    ("machine", &[]),
    ("guest", &["link", "id-reader", "ticket-printer", "emulators", "machine"]),
    ("image-tests", &["machine", "hands"]),
    (
        "corpora",
        &[
            "link",
            "id-reader",
            "ticket-printer",
            "document-scanner",
            "social-card",
            "staff-card",
            "code-scanner",
            "company-key",
            "store",
            "documents",
            "capsule",
            "provision",
        ],
    ),
];

/// Rooms that may pull in the screen's toolkit, which is slow to build.
const SLOW: &[&str] = &["ui", "painter", "kiosk", "hall", "bench"];

/// Tests that stand where two rooms meet: the SANE helper and the driver that starts it, the rules of
/// entering and the driver of the cards that they judge, and the kiosk and what its system writes for its screen.
const MEETINGS: &[(&str, &str)] =
    &[("sane-helper", "document-scanner"), ("entry", "staff-card"), ("kiosk", "provision")];

/// What only tests and the virtual hall may use.
const TEST_ONLY: &[&str] = &[
    "emulators",
    "forgetful-vfs",
    "hall",
    "bench",
    "house",
    "skf-vendor",
    "hands",
    "machine",
    "guest",
    "image-tests",
    "corpora",
];

fn rooms() -> Vec<Package> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    let house = MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo metadata");
    house.packages
}

fn knows(room: &Package, kinds: &[DependencyKind]) -> BTreeSet<String> {
    room.dependencies
        .iter()
        .filter(|d| d.path.is_some() && kinds.contains(&d.kind))
        .map(|d| d.name.clone())
        .collect()
}

#[test]
fn imports_run_one_way() {
    let plan: BTreeMap<_, BTreeSet<_>> =
        PLAN.iter().map(|(room, known)| (*room, known.iter().map(ToString::to_string).collect())).collect();
    let rooms = rooms();
    assert_eq!(rooms.len(), plan.len(), "a room is missing in the plan, or in the house");
    for room in &rooms {
        let allowed =
            plan.get(room.name.as_str()).unwrap_or_else(|| panic!("{} is not in the plan", room.name));
        let known = knows(room, &[DependencyKind::Normal, DependencyKind::Build]);
        let strange: Vec<_> = known.difference(allowed).collect();
        assert!(strange.is_empty(), "{} may not know {strange:?}", room.name);
    }
}

#[test]
fn tests_of_a_room_know_what_is_emulated_at_most() {
    for room in rooms() {
        let allowed = PLAN.iter().find(|(name, _)| *name == room.name.as_str()).map_or(&[][..], |(_, k)| k);
        for known in knows(&room, &[DependencyKind::Development]) {
            let fine = allowed.contains(&known.as_str())
                || known == room.name.as_str()
                || MEETINGS.contains(&(room.name.as_str(), known.as_str()))
                || ["emulators", "forgetful-vfs", "hands", "skf-vendor", "link"].contains(&known.as_str());
            assert!(fine, "the tests of {} may not know {known}", room.name);
        }
    }
}

#[test]
fn only_the_screen_is_slow_to_build() {
    for room in rooms() {
        let slow = room.dependencies.iter().any(|d| d.name.contains("slint"));
        assert!(!slow || SLOW.contains(&room.name.as_str()), "{} pulls in the toolkit", room.name);
        let below = knows(&room, &[DependencyKind::Normal]);
        let through = below.iter().any(|d| SLOW.contains(&d.as_str()));
        assert!(!through || SLOW.contains(&room.name.as_str()), "{} pulls in the toolkit", room.name);
    }
}

#[test]
fn the_kiosk_contains_nothing_of_the_virtual_hall() {
    for room in rooms().iter().filter(|r| !TEST_ONLY.contains(&r.name.as_str())) {
        let known = knows(room, &[DependencyKind::Normal, DependencyKind::Build]);
        let of_tests: Vec<_> = known.iter().filter(|k| TEST_ONLY.contains(&k.as_str())).collect();
        assert!(of_tests.is_empty(), "{} is in production and knows {of_tests:?}", room.name);
        for dependency in room.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            let asked = dependency.features.iter().any(|f| f == "inspect" || f == "testing");
            assert!(!asked, "{} asks {} for what only tests may have", room.name, dependency.name);
        }
    }
}

/// Files of Rust below a folder.
fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(std::fs::read_to_string(&path).expect("a text"));
        }
    }
    found
}

/// What a technician looks up in the table, and never finds in a log, misleads him.
#[test]
fn every_event_of_the_table_is_logged_somewhere() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let table = std::fs::read_to_string(root.join("docs/events.md")).expect("the table");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| L")?.split('`').nth(1));
    let code: Vec<String> =
        ["kiosk/app/src", "kiosk/log/src"].iter().flat_map(|folder| sources(&root.join(folder))).collect();
    let written = |event: &str| {
        let names = [format!("Happened::{event} "), format!("Event::{event} "), format!("Event::{event}{{")];
        code.iter().any(|text| names.iter().any(|name| text.contains(name)))
    };
    let never: Vec<_> = rows.filter(|event| !written(event)).collect();
    assert!(never.is_empty(), "nothing ever logs {never:?}");
}
