//! From the power switch to the first screen, and what a visitor does there.

use crate::common::{image, told, wait_up, within};
use image_tests::cabinet::{Cabinet, Inside};
use image_tests::journey::{Journey, PATIENT, resident};
use image_tests::lobby::Lobby;
use image_tests::office;
use image_tests::running::Wiring;
use image_tests::twin::Twin;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The image starts on firmware that checks signatures, to a system whose root is verified and never written.
#[test]
fn it_starts_with_secure_boot() {
    let Some((built, _alone)) = image() else { return };
    let cabinet = Cabinet::new(&built, Inside::Probe);
    let mut running = cabinet.switch_on(&Wiring::default());
    wait_up(&mut running, within(420));
    told(&format!("sysinit.target after {:.1} s", running.begun().elapsed().as_secs_f32()));
    let variable =
        |name: &str| format!("head -c 5 /sys/firmware/efi/efivars/{name}-* | tail -c 1 | od -An -tu1");
    assert_eq!(running.told(&variable("SecureBoot")).trim(), "1", "the firmware checks signatures");
    assert_eq!(running.told(&variable("SetupMode")).trim(), "0", "nobody can change its keys");
    let root = running.told("grep ' / ' /proc/mounts");
    assert!(root.starts_with("/dev/dm-0 / erofs ro"), "{root}");
    let table = running.told("dmsetup table --concise root 2>/dev/null || cat /sys/block/dm-0/dm/name");
    assert!(table.contains("root"), "{table}");
    assert_ne!(running.ask("touch /usr/written").status, 0, "the root can be written");
    let failed = running.told("systemctl --failed --no-legend --plain");
    told(&format!("units that failed without a hall: {:?}", failed.trim()));
}

/// The production image as it is delivered: switched on, settled by the office without a hand on it, to the first
/// screen; there somebody takes a number, which is printed, and somebody hands a page in, which the store holds.
#[test]
fn from_the_switch_to_a_ticket_and_a_page() {
    let Some((built, _alone)) = image() else { return };
    let twin = Twin::open(PATIENT);
    let lobby = Lobby::open(&built, Inside::AsDelivered);
    let mut running = lobby.cabinet.switch_on(&lobby.wiring());
    office::settle(&built, &lobby.hall, &lobby.host, within(420));
    let mut journey = Journey::new(&twin, &lobby.hall, &mut running);
    // It asks the office for what was approved within a minute, and starts with it.
    let idle = twin.picture();
    journey.running.wait_screen("the first screen", within(420), |picture| {
        picture.difference(&idle) < image_tests::twin::ALIKE
    });
    told(&format!("the first screen after {:.1} s", journey.running.begun().elapsed().as_secs_f32()));

    journey.take_number(&resident(1)).expect("no cut");
    let tickets = lobby.hall.tickets();
    assert_eq!((tickets.len(), tickets[0].reprint), (1, false), "{tickets:?}");
    assert_eq!(tickets[0].number, twin.tickets()[0].number, "the first number of the day on both");
    assert_eq!(printed(&lobby.hall.ticket_text(1)), printed(&twin.ticket_text(1)));

    journey.hand_in(&resident(2), &["lease"]).expect("no cut");
    assert!(journey.told.number && journey.told.stored);
    let state = lobby.hall.state();
    let held = documents(&state);
    assert_eq!(held.len(), 1, "{held:?}");
    let [(id, digest)] = held.as_slice() else { panic!("one document: {held:?}") };
    let bytes = lobby.hall.get(&format!("/api/store/{id}"));
    assert!(bytes.starts_with(b"%PDF-"), "{} bytes", bytes.len());
    assert_eq!(&hex::encode(Sha256::digest(&bytes)), digest);
}

/// A panel that is mounted on its side: one setting turns what it shows and where it is touched.
#[test]
fn a_panel_on_its_side() {
    let Some((built, _alone)) = image() else { return };
    let twin = Twin::open(PATIENT);
    let lobby = Lobby::open(&built, Inside::AsDelivered);
    let mut running = lobby.cabinet.switch_on(&Wiring { on_its_side: true, ..lobby.wiring() });
    let turned = "[screen]\nrotation = 90\n";
    let _office = office::settle_with(&built, &lobby.hall, &lobby.host, within(420), turned);
    let mut journey = Journey::new(&twin, &lobby.hall, &mut running);
    let idle = twin.picture();
    journey.running.wait_screen("the first screen, upright", within(420), |picture| {
        picture.difference(&idle) < image_tests::twin::ALIKE
    });
    journey.take_number(&resident(1)).expect("no cut");
    assert_eq!(lobby.hall.tickets().len(), 1);
}

/// A ticket's lines, but for what differs from one to the next. Before it the firmware may have spoken to the printer's
/// port, which a kiosk's firmware is told not to (image/README.md).
fn printed(text: &str) -> Vec<&str> {
    let its_own = text.lines().skip_while(|line| !line.contains("政务服务中心"));
    its_own.filter(|line| !line.starts_with("取号时间") && !line.starts_with("[QR ")).collect()
}

/// Documents that the store holds whole: name and digest.
fn documents(state: &Value) -> Vec<(String, String)> {
    let text = |document: &Value, key: &str| document[key].as_str().unwrap_or_default().to_owned();
    let all = state["store"]["documents"].as_array().into_iter().flatten();
    let held = all.filter(|document| document["complete"] == true && document["registered"] == true);
    held.map(|document| (text(document, "id"), text(document, "sha256"))).collect()
}
