//! Keys: a keyboard that somebody plugs in means nothing, neither to the kiosk nor to the system.

use crate::common::{image, told, wait_up, within};
use image_tests::cabinet::{Cabinet, Inside};
use image_tests::running::{Running, Wiring};

/// What leads out of other systems (QEMU's names of keys).
const OUT: &[&[&str]] = &[
    &["ctrl", "alt", "backspace"],
    &["ctrl", "alt", "delete"],
    &["ctrl", "alt", "f2"],
    &["alt", "f2"],
    &["alt", "f4"],
    &["alt", "sysrq", "b"],
    &["ctrl", "c"],
    &["esc"],
];
/// What would change: the console in front, the kiosk's process and how often it was started, the boot.
const STATE: &str = "cat /sys/class/tty/tty0/active; systemctl show -P MainPID -P NRestarts kiosk.service; \
    cat /proc/sys/kernel/random/boot_id";
/// Whether each keyboard is silenced.
const SILENCED: &str =
    "for one in /sys/class/input/input*; do grep -q Keyboard $one/name && cat $one/inhibited; done; true";
/// Lets every keyboard speak.
const SPEAK: &str =
    "for one in /sys/class/input/input*; do grep -q Keyboard $one/name && echo 0 >$one/inhibited; done; true";

/// Listens to every keyboard.
const HEAR: &str = "for one in /sys/class/input/input*; do grep -q Keyboard $one/name && \
    cat /dev/input/$(basename $one/event*) >>/run/heard; done";

/// A keyboard is silenced as it is plugged in. If it were not, its keys would still lead nowhere,
/// though they are heard.
#[test]
fn no_key_leads_out_of_the_kiosk() {
    let Some((built, _alone)) = image() else { return };
    let cabinet = Cabinet::new(&built, Inside::Probe);
    let mut running = cabinet.switch_on(&Wiring::default());
    wait_up(&mut running, within(420));
    running.wait_told("the first screen", within(240), "systemctl is-active -q kiosk.service");
    let before = running.told(STATE);
    running.plug("usb-kbd", "keyboard");
    let silenced = running.wait_told("a keyboard", within(60), &format!("({SILENCED}) | grep ."));
    assert!(silenced.lines().all(|line| line == "1"), "a keyboard may speak: {silenced:?}");
    press(&mut running);
    assert_eq!(running.told(STATE), before, "silenced keys changed something");

    running.told(SPEAK);
    running.begin(HEAR);
    running.wait_told("somebody who listens", within(60), "test -e /run/heard");
    press(&mut running);
    running.wait_told("keys to be heard", within(60), "test -s /run/heard");
    assert_eq!(running.told(STATE), before, "keys changed something");
    assert_eq!(running.resets(), 0, "keys restarted the machine");

    told("keys of a keyboard lead nowhere, silenced or not");
}

fn press(running: &mut Running) {
    for keys in OUT {
        running.keys(keys);
    }
}
