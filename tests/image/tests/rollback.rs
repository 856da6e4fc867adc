//! A version that does not become good is left by itself, and it is told.

use crate::common::{image, look_for_update, told, update_ended, within};
use crate::update::with_a_visit;
use image_tests::built::Built;
use image_tests::disk;
use image_tests::ledger::Ledger;
use image_tests::lobby::{Lobby, version, wait_good};
use image_tests::release::{Release, Signer};
use image_tests::running::Running;

/// Fetching, writing, three starts that fail after minutes each, and one that does not: in seconds.
const ROLLBACK: u64 = 3600;

/// Nothing befalls it.
const NOTHING: &str = ":";
/// The kiosk's program crashes.
const CRASHES: &str = "p=$(systemctl show -P MainPID kiosk.service); [ \"$p\" = 0 ] || kill -ABRT $p";

/// A version that starts, and never says that it is good.
#[test]
fn what_never_becomes_good_is_left() {
    let Some((built, _alone)) = image() else { return };
    let Some(spoiled) = built.spoiled() else { return };
    let (lobby, mut running) = Lobby::settled(&built);
    let before = with_a_visit(&lobby, &mut running);
    let _release = Release::publish(&spoiled, &lobby.host.folder());
    let seen = left_alone(&built, &spoiled, &lobby, &mut running, NOTHING);
    assert!(seen, "version {} never ran: something else than its goodness stopped it", spoiled.version());
    Ledger::take(&mut running).holds(&before);
}

/// A version whose root is damaged, though the office signed it so: its hash tree refuses it.
#[test]
fn what_cannot_be_verified_is_left() {
    let Some((built, _alone)) = image() else { return };
    let Some(next) = built.next() else { return };
    let (lobby, mut running) = Lobby::settled(&built);
    let before = with_a_visit(&lobby, &mut running);
    let release = Release::publish(&next, &lobby.host.folder());
    // The superblock of the file system (EROFS_SUPER_OFFSET).
    release.repack(&format!("onedoor_{}.root.raw.xz", next.version()), |root| disk::flip(root, 1024));
    release.sign(Signer::Maker);
    let seen = left_alone(&built, &next, &lobby, &mut running, NOTHING);
    assert!(!seen, "version {} ran on a root that is not what was signed with its kernel", next.version());
    Ledger::take(&mut running).holds(&before);
}

/// A version whose kiosk crashes, again and again, before anybody could call it good: five crashes restart the machine,
/// and each restart takes one of its tries.
#[test]
fn what_crashes_is_left() {
    let Some((built, _alone)) = image() else { return };
    let Some(next) = built.next() else { return };
    let (lobby, mut running) = Lobby::settled(&built);
    let before = with_a_visit(&lobby, &mut running);
    let _release = Release::publish(&next, &lobby.host.folder());
    let seen = left_alone(&built, &next, &lobby, &mut running, CRASHES);
    assert!(seen, "version {} never ran", next.version());
    Ledger::take(&mut running).holds(&before);
}

/// Has a bad version taken; waits until the one before is back, by itself, which is told and lasts. Whenever the bad
/// one is seen running, this befalls it (a command). Says whether it was seen.
fn left_alone(built: &Built, bad: &Built, lobby: &Lobby, running: &mut Running, befalls: &str) -> bool {
    running.resets();
    look_for_update(running);
    running.wait_reset("the restart into the bad version", within(ROLLBACK));
    let mut seen = false;
    let back = format!(
        ". /usr/lib/os-release; [ \"$IMAGE_VERSION\" = {} ] || {{ echo \"bad $IMAGE_VERSION\"; {befalls}; }}; \
         test \"$IMAGE_VERSION\" = {} && test -e /run/onedoor/boots.json",
        built.version(),
        built.version()
    );
    let deadline = within(ROLLBACK);
    let mut restarts = 1;
    loop {
        // Between two starts nobody answers.
        if let Some(said) = running.try_ask(&back) {
            seen |= said.text().contains("bad");
            if said.status == 0 {
                break;
            }
        }
        restarts += running.resets();
        if std::time::Instant::now() > deadline {
            running.in_vain("the version before to be back");
        }
    }
    restarts += running.resets();
    told(&format!("version {} was left after {restarts} restarts", bad.version()));
    assert!(restarts >= 4, "three tries and the way back: {restarts} restarts");
    wait_good(running);
    assert_eq!(version(running), built.version());
    let boots: serde_json::Value =
        serde_json::from_str(&running.told("cat /run/onedoor/boots.json")).expect("JSON");
    let told_the_hall = |state: &serde_json::Value| {
        state["windows"]["kiosks"]["kiosk-a"]["systems_left"]
            == serde_json::json!([bad.version().to_string()])
    };
    lobby.hall.wait("the hall to hear which version was left", told_the_hall);
    assert_eq!(boots["version"], built.version().to_string());
    assert_eq!(
        boots["left"],
        serde_json::json!([bad.version().to_string()]),
        "the rollback is told: {boots}"
    );
    // It is not tried again, though it is still offered.
    running.resets();
    look_for_update(running);
    assert_eq!(update_ended(running, within(600)), "success");
    assert_eq!(running.resets(), 0, "the bad version was taken once more");
    assert_eq!(version(running), built.version());
    seen
}
