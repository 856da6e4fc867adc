//! Updates: fetched, verified, written into the other slot, started, and only then good. Nothing else is taken.

use crate::common::{Moments, count, image, look_for_update, told, update_ended, within};
use image_tests::built::Built;
use image_tests::cabinet::Cabinet;
use image_tests::journey::{Journey, PATIENT, resident};
use image_tests::ledger::Ledger;
use image_tests::lobby::{Lobby, version, wait_good};
use image_tests::release::{Release, Signer};
use image_tests::running::Running;
use image_tests::twin::Twin;
use image_tests::update_host::Pace;
use std::time::{Duration, Instant};

/// How long fetching, verifying and writing may take, in seconds, on a machine without KVM.
const UPDATE: u64 = 1800;

/// Somebody takes a number at a settled kiosk, so that there is something to lose.
pub fn with_a_visit(lobby: &Lobby, running: &mut Running) -> Ledger {
    let twin = Twin::open(PATIENT);
    Journey::new(&twin, &lobby.hall, running).take_number(&resident(1)).expect("no cut");
    let ledger = Ledger::take(running);
    assert_eq!(ledger.numbers.len(), 1, "{ledger:?}");
    ledger
}

/// What lies in both slots and on the EFI system partition.
fn versions(running: &mut Running) -> String {
    running.told("ls /dev/disk/by-partlabel /efi/EFI/Linux")
}

/// The next version is fetched, verified, written, started and blessed; the one before stays, and so does a visit.
#[test]
fn a_newer_version_is_taken() {
    let Some((built, _alone)) = image() else { return };
    let Some(next) = built.next() else { return };
    let (lobby, mut running) = Lobby::settled(&built);
    assert_eq!(version(&mut running), built.version());
    let before = with_a_visit(&lobby, &mut running);
    let _release = Release::publish(&next, &lobby.host.folder());
    running.resets();
    let begun = Instant::now();
    look_for_update(&mut running);
    running.wait_reset("the restart into the new version", within(UPDATE));
    told(&format!("fetched, verified and written in {:.0} s", begun.elapsed().as_secs_f32()));
    wait_good(&mut running);
    assert_eq!(version(&mut running), next.version());
    assert_blessed(&mut running, &next);
    let slots = versions(&mut running);
    assert!(slots.contains(&built.kernel()), "the version before is there: {slots}");
    Ledger::take(&mut running).holds(&before);
    let asked = lobby.host.requests();
    assert!(asked.iter().any(|request| request == "GET /updates/SHA256SUMS.gpg 200"), "{asked:?}");
    // It is the one that starts from now on.
    running.cut();
    let mut running = lobby.switch_on();
    assert_eq!(version(&mut running), next.version());
    Ledger::take(&mut running).holds(&before);
}

/// Its kernel has lost its count of tries: it will not be left any more.
fn assert_blessed(running: &mut Running, version: &Built) {
    let kernel = format!("test -e /efi/EFI/Linux/{}", version.kernel());
    running.wait_told("the new version to be blessed", within(120), &kernel);
}

/// A bit that is wrong, a list that somebody else signed or nobody, a download that breaks off: none is taken, and the
/// slots stay as they are. What breaks off is taken up again.
#[test]
fn nothing_else_is_taken() {
    let Some((built, _alone)) = image() else { return };
    let Some(next) = built.next() else { return };
    let (mut lobby, mut running) = Lobby::settled(&built);
    let before = versions(&mut running);
    running.resets();
    let name = |part: &str| format!("onedoor_{}.{part}", next.version());
    type Harm<'a> = Box<dyn Fn(&Release<'_>) + 'a>;
    let damaged = |file: String| -> Harm<'_> { Box::new(move |release| release.damage(&file)) };
    let harms: Vec<(&str, Harm<'_>)> = vec![
        ("a damaged hash tree", damaged(name("verity.raw.xz"))),
        ("a damaged root", damaged(name("root.raw.xz"))),
        ("a damaged kernel", damaged(name("efi"))),
        ("a damaged list", damaged("SHA256SUMS".to_owned())),
        ("a damaged signature", damaged("SHA256SUMS.gpg".to_owned())),
        ("a stranger's signature", Box::new(|release| release.sign(Signer::Stranger))),
        (
            "no signature",
            Box::new(|release| std::fs::remove_file(release.file("SHA256SUMS.gpg")).expect("a file")),
        ),
        (
            "a file that is missing",
            Box::new(move |release| {
                let file = format!("onedoor_{}.root.raw.xz", next_version(release));
                std::fs::remove_file(release.file(&file)).expect("a file");
            }),
        ),
    ];
    for (what, harm) in &harms {
        let release = Release::publish(&next, &lobby.host.folder());
        harm(&release);
        // What was whole of the try before would be kept, and not fetched again.
        running.told("rm -rf /data/update");
        look_for_update(&mut running);
        let result = update_ended(&mut running, within(UPDATE));
        assert_ne!(result, "success", "{what} was taken");
        assert_eq!(versions(&mut running), before, "{what} changed a slot");
        assert_eq!(running.resets(), 0, "{what} restarted the machine");
        told(&format!("{what}: refused ({result})"));
    }

    // The line breaks in the middle of the largest file.
    let _release = Release::publish(&next, &lobby.host.folder());
    lobby.host.go_on(Pace::Slow);
    running.told("rm -rf /data/update");
    look_for_update(&mut running);
    let part = format!("/data/update/{}.part", name("root.raw.xz"));
    running.wait_told("some of the root to be there", within(UPDATE), &format!("test -s {part}"));
    lobby.host.go_down();
    assert_ne!(update_ended(&mut running, within(UPDATE)), "success", "half a root was taken");
    assert_eq!(versions(&mut running), before);
    let half: u64 = running.told(&format!("stat -c %s {part}")).trim().parse().expect("a length");
    assert!(half > 0, "what was there is kept");
    lobby.host.go_on(Pace::Fast);
    look_for_update(&mut running);
    running.wait_reset("the restart into the new version", within(UPDATE));
    wait_good(&mut running);
    assert_eq!(version(&mut running), next.version(), "what was harmed above was refused for the harm alone");
    let asked = lobby.host.requests();
    let root = format!("GET /updates/{}", name("root.raw.xz"));
    assert!(
        asked.iter().any(|request| *request == format!("{root} 206")),
        "it went on where it was: {asked:?}"
    );
}

/// Which version a release is of.
fn next_version(release: &Release<'_>) -> u32 {
    let name = release
        .names()
        .into_iter()
        .find_map(|name| name.strip_prefix("onedoor_")?.strip_suffix(".efi")?.parse().ok());
    name.expect("a release with a kernel")
}

/// The power goes at 20 random moments between the first byte and the blessing: the kiosk always starts, with the
/// version before or the new one, whole; the visit is there; and the update is made in the end, over all that the cuts
/// have left.
#[test]
fn power_cuts_in_an_update() {
    let Some((built, _alone)) = image() else { return };
    let Some(next) = built.next() else { return };
    let (lobby, mut running) = Lobby::settled(&built);
    let before = with_a_visit(&lobby, &mut running);
    let _release = Release::publish(&next, &lobby.host.folder());
    let slot = digest(&mut running, built.version());
    running.told("sync");
    running.cut();
    // How long it takes, uncut.
    let measured = lobby.cabinet.copy();
    let mut running = switch_on(&lobby, &measured);
    running.resets();
    let begun = Instant::now();
    look_for_update(&mut running);
    running.wait_reset("the restart into the new version", within(UPDATE));
    let written = begun.elapsed();
    wait_good(&mut running);
    assert_blessed(&mut running, &next);
    let length = begun.elapsed();
    told(&format!(
        "an update takes {:.0} s until the restart, {:.0} s until it is blessed",
        written.as_secs_f32(),
        length.as_secs_f32()
    ));
    drop((running, measured));

    // The same machine is cut again and again, until it runs the new version: what a cut left of the download and in
    // the slots lies there at the next. Then another takes its place.
    let mut moments = Moments::new();
    let (mut cabinet, mut made) = (lobby.cabinet.copy(), 0);
    let mut running = switch_on(&lobby, &cabinet);
    for cut in 1..=count(20) {
        // Every other one while it is fetched and written, which is the shorter part.
        let moment = moments.within(if cut % 2 == 1 { written } else { length });
        look_for_update(&mut running);
        // A moment, not an event: nothing is waited for.
        std::thread::sleep(moment);
        running.cut();

        running = switch_on(&lobby, &cabinet);
        let runs = version(&mut running);
        assert!([built.version(), next.version()].contains(&runs), "version {runs}");
        Ledger::take(&mut running).holds(&before);
        assert_eq!(digest(&mut running, built.version()), slot, "cut {cut}: the version before is not whole");
        let slots = versions(&mut running);
        assert!(slots.contains(&built.kernel()), "cut {cut}: the version before has no kernel: {slots}");
        told(&format!("cut {cut} after {:.0} s: version {runs}", moment.as_secs_f32()));
        if runs == next.version() {
            made += 1;
            assert_blessed(&mut running, &next);
            drop(running);
            cabinet = lobby.cabinet.copy();
            running = switch_on(&lobby, &cabinet);
        }
    }
    told(&format!("{made} cuts came so late that the new version ran after them"));
    // What was cut is made good, whatever lies about.
    running.resets();
    look_for_update(&mut running);
    running.wait_reset("the restart into the new version", within(UPDATE));
    wait_good(&mut running);
    assert_eq!(version(&mut running), next.version(), "the update was never made");
    Ledger::take(&mut running).holds(&before);
}

fn switch_on(lobby: &Lobby, cabinet: &Cabinet) -> Running {
    let mut running = cabinet.switch_on(&lobby.wiring());
    wait_good(&mut running);
    running
}

/// What a version's slot holds, root and hash tree.
fn digest(running: &mut Running, version: u32) -> String {
    let slot = |end: &str| format!("/dev/disk/by-partlabel/onedoor_{version}{end}");
    let command = format!(
        "cat {} {} | sha256sum >/run/slot.sum && echo done >/run/slot.done",
        slot(""),
        slot("_verity")
    );
    running.told("rm -f /run/slot.sum /run/slot.done");
    running.begin(&command);
    running.wait_told("a slot's digest", Instant::now() + Duration::from_secs(600), "test -e /run/slot.done");
    running.told("cat /run/slot.sum")
}
