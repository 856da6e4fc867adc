//! From the power switch to the first screen.

use crate::common::{image, told, wait_up, within};
use image_tests::cabinet::{Cabinet, Inside};
use image_tests::running::Wiring;

/// The image starts on firmware that checks signatures, to a system whose root is verified; how long each part takes.
#[test]
fn it_starts_with_secure_boot() {
    let Some((built, _alone)) = image() else { return };
    let cabinet = Cabinet::new(&built, Inside::Probe);
    let mut running = cabinet.switch_on(&Wiring::default());
    wait_up(&mut running, within(240));
    told(&format!("sysinit.target after {:.1} s", running.begun().elapsed().as_secs_f32()));
    let state = running.told("head -c 5 /sys/firmware/efi/efivars/SecureBoot-*|od -An -tu1;cat /proc/cmdline /proc/mounts; ls /dev/vport*; ps ax; systemctl --failed; journalctl -b --no-pager|tail -80");
    told(&state);
}
