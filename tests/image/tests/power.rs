//! The power goes in the middle of a busy hour, again and again: nothing that was promised is lost.

use crate::common::{Moments, count, image, told};
use image_tests::journey::{Cut, Journey, MATTER, PATIENT, Told, resident};
use image_tests::ledger::Ledger;
use image_tests::lobby::Lobby;
use image_tests::running::Running;
use image_tests::twin::{ALIKE, Twin};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long a document may take to the store, once the kiosk is up again.
const DELIVERY: Duration = Duration::from_secs(300);

/// One visitor, who takes a number and hands two sheets in.
fn visit(journey: &mut Journey<'_>, card: &Value) -> Result<(), Cut> {
    journey.take_number(card)?;
    journey.hand_in(card, &["lease", "id-copy"])
}

/// At 50 random moments of visits, QEMU is killed. After each start the database is whole; no number is doubled or
/// lost; every document that the screen called received is in the store, once.
#[test]
fn a_busy_hour() {
    let Some((built, _alone)) = image() else { return };
    let (lobby, mut running) = Lobby::settled(&built);
    let mut twin = Twin::open(PATIENT);
    wait_home(&twin, &mut running);
    // Numbers of two digits on one of both, as later: what the visitor goes by must not be the number.
    for nth in 900..910 {
        twin.take_number(resident(nth), MATTER);
    }
    // How long one visit takes, uncut; and that the way is one that can be gone.
    let begun = Instant::now();
    let mut journey = Journey::new(&twin, &lobby.hall, &mut running);
    visit(&mut journey, &resident(0)).expect("no cut");
    assert_eq!(journey.told, Told { number: true, stored: true });
    let length = begun.elapsed();
    told(&format!("a visit takes {:.0} s", length.as_secs_f32()));
    let mut before = delivered(&mut running);
    let mut held = documents(&lobby);
    assert_eq!((before.numbers.len(), held.len()), (1, 1));

    let mut moments = Moments::new();
    let (mut numbers, mut stored, mut whole) = (0, 0, 0);
    for cut in 1..=count(50) {
        let moment = moments.within(length);
        let mut journey = Journey::new(&twin, &lobby.hall, &mut running);
        journey.cut_at = Some(Instant::now() + moment);
        let ended = visit(&mut journey, &resident(cut));
        let seen = journey.told;
        running.cut();
        whole += u32::from(ended.is_ok());
        numbers += u32::from(seen.number);
        stored += u32::from(seen.stored);

        clear(&lobby);
        // The twin was left in the middle of something as well.
        twin = Twin::open(PATIENT);
        running = lobby.switch_on();
        wait_home(&twin, &mut running);
        let ledger = delivered(&mut running);
        let what = format!("cut {cut} after {:.1} s, {seen:?}", moment.as_secs_f32());
        ledger.holds(&before);
        let new = ledger.numbers.len() - before.numbers.len();
        let least = usize::from(seen.number);
        assert!((least..=1).contains(&new), "{what}: {new} new numbers");
        on_paper(&lobby, &ledger, &what);
        let now = documents(&lobby);
        let lost: Vec<_> = held.difference(&now).collect();
        assert!(lost.is_empty(), "{what}: the store has lost {lost:?}, which is not the kiosk's doing");
        let new = now.len() - held.len();
        let least = usize::from(seen.stored);
        assert!((least..=1).contains(&new), "{what}: {new} new documents");
        told(&what);
        (before, held) = (ledger, now);
    }
    told(&format!(
        "numbers told {numbers}, documents called received {stored}, visits that ended before {whole}"
    ));
}

/// The visitor whom the power cut met has gone, with his card and his papers.
fn clear(lobby: &Lobby) {
    lobby.hall.lift();
    lobby.hall.post("/api/scanner", json!({ "feeder": [] }));
}

fn wait_home(twin: &Twin, running: &mut Running) {
    let idle = twin.picture();
    running.wait_screen("the first screen", Instant::now() + Duration::from_secs(240), |picture| {
        picture.difference(&idle) < ALIKE
    });
}

/// What the kiosk remembers, once it owes the store nothing.
fn delivered(running: &mut Running) -> Ledger {
    let deadline = Instant::now() + DELIVERY;
    loop {
        let ledger = Ledger::take(running);
        if ledger.owed == 0 {
            return ledger;
        }
        if Instant::now() > deadline {
            running.in_vain("the store to have everything");
        }
        std::thread::sleep(Duration::from_secs(2));
    }
}

/// Documents that the store holds whole; nothing else is there.
fn documents(lobby: &Lobby) -> BTreeSet<String> {
    let state = lobby.hall.state();
    let all = state["store"]["documents"].as_array().cloned().unwrap_or_default();
    let held = all.iter().filter(|document| document["complete"] == true && document["registered"] == true);
    held.filter_map(|document| document["id"].as_str().map(str::to_owned)).collect()
}

/// Every number on paper is in the ledger, and none is there twice without saying that it is a copy.
fn on_paper(lobby: &Lobby, ledger: &Ledger, what: &str) {
    let mut originals = BTreeMap::new();
    for ticket in lobby.hall.tickets().iter().filter(|ticket| !ticket.number.is_empty()) {
        assert!(ledger.numbers.contains(&ticket.number), "{what}: {ticket:?} is on paper alone");
        *originals.entry(ticket.number.clone()).or_insert(0) += u32::from(!ticket.reprint);
    }
    let doubled: Vec<_> = originals.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "{what}: printed again without a mark: {doubled:?}");
}
