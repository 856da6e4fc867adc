//! What hangs is started anew: the kiosk by the system, the system by the hardware.

use crate::common::{image, told, within};
use image_tests::lobby::{BOOT, Lobby, wait_good};
use image_tests::running::Running;
use std::time::{Duration, Instant};

/// So soon a kiosk that has ended begins again.
const AGAIN: Duration = Duration::from_secs(2);
const MAIN: &str = "systemctl show -P MainPID kiosk.service";

fn main_process(running: &mut Running) -> u32 {
    let said = running.told(MAIN);
    said.trim().parse().unwrap_or_else(|_| panic!("a process {said:?}"))
}

/// A kiosk that hangs is killed and started anew within a minute; one that is killed, within seconds; one that cannot
/// stay up takes the machine with it.
#[test]
fn a_kiosk_that_hangs_is_started_anew() {
    let Some((built, _alone)) = image() else { return };
    let (_lobby, mut running) = Lobby::settled(&built);
    for (signal, seconds) in [("STOP", 60), ("KILL", 30)] {
        let before = main_process(&mut running);
        running.resets();
        let begun = Instant::now();
        running.told(&format!("kill -{signal} {before}"));
        let anew = format!(
            "p=$({MAIN}); [ \"$p\" != 0 ] && [ \"$p\" != {before} ] && systemctl is-active -q kiosk.service"
        );
        running.wait_told(&format!("a new kiosk after {signal}"), within(seconds), &anew);
        told(&format!("SIG{signal}: a new kiosk after {:.1} s", begun.elapsed().as_secs_f32()));
        assert_eq!(running.resets(), 0, "the machine goes on");
        let mut at = |property: &str| {
            let said = running.told(&format!("systemctl show -P {property}TimestampMonotonic kiosk.service"));
            Duration::from_micros(said.trim().parse().unwrap_or_else(|_| panic!("{property}: {said:?}")))
        };
        let (ended, begun, painted) = (at("ActiveExit"), at("ExecMainStart"), at("ActiveEnter"));
        let [gone, unseen] = [begun, painted].map(|then| then.saturating_sub(ended));
        told(&format!("SIG{signal}: begun again after {gone:.1?}, its first frame after {unseen:.1?}"));
        assert!(begun > ended && gone < AGAIN, "begun again only after {gone:?}");
    }
    // Five times within two minutes, the two above perhaps among them.
    running.begin(&format!(
        "for n in 1 2 3 4 5 6 7 8; do p=$({MAIN}); [ \"$p\" = 0 ] || kill -KILL $p; sleep 3; done"
    ));
    running.wait_reset("the restart of a machine whose kiosk cannot stay up", within(120));
    wait_good(&mut running);
}

/// The first process stands still: nobody feeds the hardware's watchdog, and it resets the machine, which then serves
/// again.
#[test]
fn a_system_that_hangs_is_reset() {
    let Some((built, _alone)) = image() else { return };
    let (_lobby, mut running) = Lobby::settled(&built);
    running.resets();
    // Signals do not stop the first process; the freezer of its control group does.
    running.told("echo 1 >/sys/fs/cgroup/init.scope/cgroup.freeze");
    let begun = Instant::now();
    let event = running.wait_event("the watchdog", &["WATCHDOG"], within(150));
    assert_eq!(event["data"]["action"], "reset", "{event}");
    told(&format!("PID 1 stopped: the watchdog ran off after {:.0} s", begun.elapsed().as_secs_f32()));
    running.wait_reset("the reset", Instant::now() + BOOT);
    wait_good(&mut running);
}
