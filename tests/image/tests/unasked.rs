//! What a kiosk does that nobody asks of it: it knows the time, looks for updates at night, has left the hall a key to
//! its data, and answers who plugs a card reader in.

use crate::common::{image, told, within};
use image_tests::cabinet::Inside;
use image_tests::lobby::{Lobby, serial, wait_good};
use image_tests::office;
use image_tests::tools::{built_beside, run};
use image_tests::words;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The hall's night, one to five in the morning at UTC+8, as hours in UTC.
const NIGHT: std::ops::Range<u32> = 17..21;
/// As much of a LUKS2 volume as its header and its keys take.
const HEADER: u64 = 16 << 20;

/// Nothing that should run has failed or does not run; a card reader that is plugged in is served; the next look for an
/// update is at night where the hall is.
#[test]
fn what_should_run_runs() {
    let Some((built, _alone)) = image() else { return };
    let lobby = Lobby::open(&built, Inside::Probe);
    let mut running = lobby.cabinet.switch_on(&lobby.wiring());
    running.wait_probe(within(420));
    // Nobody answers there; a clock that is asked for runs all the same.
    let time = "[[time]]\nserver = \"10.0.2.3\"\nplain = true\n";
    let _office = office::settle_with(&built, &lobby.hall, &lobby.host, within(420), time);
    office::hurry(&mut running);
    wait_good(&mut running);
    let failed = running.told("systemctl --failed --no-legend --plain");
    assert_eq!(failed.trim(), "", "units that failed");
    for (unit, user) in [("chrony.service", "_chrony"), ("kiosk.service", "onedoor")] {
        let as_whom = format!(
            "u=$(stat -c %U /proc/$(systemctl show -P MainPID {unit})); [ \"$u\" = {user} ] || \
             {{ echo \"as $u\"; systemctl status --no-pager {unit}; journalctl -b --no-pager -u {unit}; exit 1; }}"
        );
        running.told(&as_whom);
    }

    // Debian has a second unit for the same program, which the first one excludes: it must not come in its place.
    let clocks = running.told("systemctl list-unit-files --no-legend --state=enabled 'chron*'");
    assert_eq!(clocks.lines().count(), 1, "who sets the clock: {clocks}");

    running.plug("usb-ccid", "slot");
    let let_in = "for one in /sys/bus/usb/devices/*:*; do \
        [ \"$(cat $one/bInterfaceClass)\" = 0b ] && [ \"$(cat $one/authorized)\" = 1 ] && exit 0; done; exit 1";
    running.wait_told("the card reader to be let in", within(60), let_in);
    // As the kiosk does when it looks for its slot: somebody asks at the socket.
    running.told("systemctl start pcscd.service");
    let holds = "ls -l /proc/$(systemctl show -P MainPID pcscd.service)/fd | grep /dev/bus/usb/";
    running.wait_told("pcscd to have the reader open", within(60), holds);
    told("chronyd and pcscd run, and pcscd has the reader");

    // "Sat 2026-11-28 17:23:11 UTC"
    let next = running.told("systemctl show -P NextElapseUSecRealtime onedoor-update.timer");
    let hour = next.split_whitespace().nth(2).and_then(|time| time.get(..2)?.parse().ok());
    assert!(hour.is_some_and(|hour| NIGHT.contains(&hour)), "the next look for an update: {next}");
    assert!(next.trim().ends_with("UTC"), "{next}");
}

/// The hall's office has a key to `/data`, which opens the disk when the machine is gone, and moves it into another.
#[test]
fn the_hall_can_open_the_disk() {
    let Some((built, _alone)) = image() else { return };
    let (lobby, mut running) = Lobby::settled(&built);
    running.wait_told("the second key", within(120), "[ -e /data/keys/recovery-escrowed ]");
    let sent = "[ ! -e /data/keys/recovery.sealed ]";
    running.wait_told("the office to have it", within(180), sent);
    running.told("sync");
    running.cut();

    let escrow = lobby.host.folder().join("escrow");
    let found = std::fs::read_dir(&escrow).expect("a folder").flatten().map(|entry| entry.path());
    let sealed: Vec<_> = found.collect();
    let [sealed] = sealed.as_slice() else { panic!("one kiosk's key: {sealed:?}") };
    let program = built_beside("onedoor-hall", "ONEDOOR_HALL_OFFICE").display().to_string();
    let office = built.key("office/escrow.key");
    let recovered = run(&program, words!["open-recovery", "--key", &office, sealed]);
    let (first, rest) = recovered.split_at(1);
    let wrong = format!("{}{rest}", if first == "c" { "d" } else { "c" });

    let folder = tempfile::tempdir().expect("a folder");
    let (disk, volume) = (lobby.cabinet.look_at_disk(), folder.path().join("data"));
    let data = disk.part("data");
    let mut from = File::open(disk.path()).expect("the disk");
    from.seek(SeekFrom::Start(data.start)).expect("its last partition");
    let mut header = File::create(&volume).expect("a file");
    std::io::copy(&mut from.take(HEADER), &mut header).expect("its head");
    header.set_len(data.length).expect("room");
    drop(header);
    assert!(opens(&volume, recovered.trim()), "the office's key does not open the disk");
    assert!(!opens(&volume, wrong.trim()), "any key opens the disk");
    told("the key that the office has opens /data");

    // A wrong one takes nothing away from the machine that has the disk.
    let key = folder.path().join("recovery.key");
    std::fs::write(&key, &wrong).expect("a file");
    let mut cabinet = lobby.cabinet.copy();
    cabinet.change(|disk| disk.put(&key, "onedoor/recovery.key"));
    let mut running = cabinet.switch_on(&lobby.wiring());
    wait_good(&mut running);
    running.cut();

    // And a machine to which the right one is laid takes the disk for its own, and gives the hall another key.
    let mut cabinet = lobby.cabinet.copy();
    cabinet.new_tpm();
    std::fs::write(&key, &recovered).expect("a file");
    cabinet.change(|disk| disk.put(&key, "onedoor/recovery.key"));
    let before = std::fs::read(sealed).expect("what the office has");
    let mut running = cabinet.switch_on(&lobby.wiring());
    wait_good(&mut running);
    assert_eq!(serial(&mut running), "1", "its settings are there");
    running.wait_told("the open key to go", within(120), "[ ! -e /efi/onedoor/recovery.key ]");
    running.wait_told("the office to have another", within(180), "[ ! -e /data/keys/recovery.sealed ]");
    assert_ne!(std::fs::read(sealed).expect("what the office has"), before, "the hall has the old key");
    running.cut();
    let mut running = cabinet.switch_on(&lobby.wiring());
    wait_good(&mut running);
    told("another machine has taken the disk for its own");
}

/// Whether a volume opens with this key; nothing is mapped.
fn opens(volume: &Path, key: &str) -> bool {
    let file = volume.with_extension("key");
    File::create(&file).and_then(|mut file| file.write_all(key.as_bytes())).expect("a file");
    let said = image_tests::tools::attempt(
        "cryptsetup",
        words!["open", "--test-passphrase", "--key-file", &file, volume],
    );
    said.is_some()
}
