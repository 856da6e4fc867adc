//! A screen that is unplugged, and one that is plugged in.

use crate::common::{image, told, within};
use image_tests::lobby::Lobby;
use image_tests::running::Running;
use machine::picture::Picture;

/// As the kernel has it when a cable is pulled, and put in again.
const PULL: &str = "for one in /sys/class/drm/card*-*/status; do echo off >$one; done";
const PUT_IN: &str = "for one in /sys/class/drm/card*-*/status; do echo detect >$one; done";
const MAIN: &str = "systemctl show -P MainPID kiosk.service";
const IDLE: &str = "kiosk --config /data/hall/current/kiosk.toml idle";
/// By how much the first screen may differ from itself, of its points: its clock goes on, and the logo may come late.
const ALIKE: f64 = 0.03;

/// A kiosk whose screen is unplugged serves on and restarts nothing; with the screen back it is seen again. One that
/// starts without a screen runs unseen until there is one. Whoever asks it from afar is told.
#[test]
fn a_kiosk_outlives_its_screen() {
    let Some((built, _alone)) = image() else { return };
    let (_lobby, mut running) = Lobby::settled(&built);
    running.wait_told("nobody at the kiosk", within(60), IDLE);
    let first = running.screen();
    let before = running.told(MAIN);
    running.resets();

    running.told(PULL);
    let noticed = "kiosk --config /data/hall/current/kiosk.toml status | grep K10";
    running.wait_told("the kiosk to notice", within(60), noticed);
    running.told(IDLE);
    assert_eq!(running.told(MAIN), before, "a kiosk without a screen is begun again");
    running.told(PUT_IN);
    begun_again(&mut running, &before, &first);
    told("unplugged and plugged in: seen again");

    running.told(PULL);
    running.told("systemctl restart kiosk.service");
    running.wait_told(
        "a kiosk that nobody sees",
        within(120),
        &format!("systemctl is-active -q kiosk.service && {IDLE}"),
    );
    let unseen = running.told(MAIN);
    let said = format!("journalctl -b --no-pager _PID={} | grep -q 'runs unseen'", unseen.trim());
    running.told(&said);
    running.wait_told("the kiosk to say so", within(60), noticed);
    running.told(PUT_IN);
    begun_again(&mut running, &unseen, &first);
    assert_eq!(running.resets(), 0, "the machine was restarted");
    told("begun without a screen: seen once there is one");
}

fn begun_again(running: &mut Running, before: &str, first: &Picture) {
    let anew = format!(
        "p=$({MAIN}); [ $p != 0 ] && [ $p != {} ] && systemctl is-active -q kiosk.service && {IDLE}",
        before.trim()
    );
    running.wait_told("a kiosk that is begun again", within(120), &anew);
    running.wait_screen("the first screen", within(120), |seen| seen.difference(first) < ALIKE);
}
