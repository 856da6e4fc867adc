//! Sticks: let in while a technician is in his room, and at no other time.

use crate::common::{image, told, within};
use image_tests::cabinet::Inside;
use image_tests::lobby::{Lobby, serial, wait_good};
use image_tests::office;
use image_tests::running::Wiring;
use image_tests::tools::run;
use image_tests::words;
use std::fs;
use std::path::Path;

/// What the kiosk leaves there while a technician is in his room.
const ROOM: &str = "/run/kiosk/room";
/// Every interface of storage, and whether it is let in.
const STORAGE: &str = "for one in /sys/bus/usb/devices/*:*; do \
    [ \"$(cat $one/bInterfaceClass 2>/dev/null)\" = 08 ] && cat $one/authorized; done; true";
/// The stick as the kiosk's own process sees it.
const SEEN: &str = "ls /proc/$(systemctl show -P MainPID kiosk.service)/root/run/onedoor/stick";

/// A stick that somebody plugs in is no disk. While a technician is in his room it is: its signed settings are taken,
/// and the kiosk can write a report to it; when he leaves, it is none again, plugged in or not.
#[test]
fn a_stick_is_let_in_with_the_technician() {
    let Some((built, _alone)) = image() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let stick = folder.path().join("stick.img");
    fs::File::create(&stick).and_then(|file| file.set_len(64 << 20)).expect("a stick");
    run("mkfs.fat", words!["-n", "STICK", &stick]);
    let lobby = Lobby::open(&built, Inside::Probe);
    let wiring = Wiring { stick: Some(stick.clone()), ..lobby.wiring() };
    let mut running = lobby.cabinet.switch_on(&wiring);
    running.wait_probe(within(420));
    let office = office::settle_with(&built, &lobby.hall, &lobby.host, within(420), "");
    office::hurry(&mut running);
    wait_good(&mut running);
    assert_eq!(serial(&mut running), "1");
    let bundle = folder.path().join("hall.bundle");
    office.bundle(2, &bundle);
    put(&stick, &bundle);

    let process = "systemctl show -P MainPID kiosk.service";
    let first = running.told(process).trim().to_owned();
    running.plug_stick("stick");
    let told_of = running.wait_told("the stick", within(60), &format!("({STORAGE}) | grep ."));
    assert_eq!(told_of.trim(), "0", "a stick is let in for anybody");
    assert_ne!(running.ask("ls /dev/disk/by-id/usb-*").status, 0, "there is a disk");

    running.told(&format!("touch {ROOM}"));
    running.wait_told("the settings on the stick", within(120), "[ -e /data/hall/2 ]");
    assert_eq!(serial(&mut running), "2");
    // Nobody is really there: the kiosk starts anew with its new settings, and what it leaves goes with it.
    let anew = format!("[ \"$({process})\" != {first} ]");
    running.wait_told("a kiosk with the stick's settings", within(120), &anew);
    wait_good(&mut running);
    let seen = format!("[ -e {ROOM} ] || touch {ROOM}; {SEEN} | grep -i hall.bundle");
    running.wait_told("the stick before the kiosk", within(120), &seen);
    told("a stick's settings are taken, and the kiosk sees the stick");

    // As the technician's screen has it done: once they are not those before, and once they are.
    let before = running.told(process).trim().to_owned();
    // The stick is taken once more, as the one that it is, which wipes what was said before: wanted until it is told.
    let seven = "grep -q 'serial 7' /run/onedoor/by-hand || \
        { [ -e /run/kiosk/settings-back ] || echo 7 >/run/kiosk/settings-back; false; }";
    running.wait_told("a word on what was not done", within(120), seven);
    assert_eq!(serial(&mut running), "2");
    running.told("echo 1 >/run/kiosk/settings-back");
    let said =
        r#"grep -q '"serial":1,"before":2' /run/onedoor/enrolment.json && [ ! -e /run/onedoor/by-hand ]"#;
    running.wait_told("the settings before", within(120), said);
    assert_eq!(serial(&mut running), "1");
    running.wait_told("a kiosk with them", within(120), &format!("[ \"$({process})\" != {before} ]"));
    wait_good(&mut running);
    told("the settings before are in force again");

    running.told(&format!("rm -f {ROOM}"));
    running.wait_told("the stick to be no disk", within(60), "! mountpoint -q /run/onedoor/stick");
    let shut = format!("[ \"$({STORAGE})\" = 0 ]");
    running.wait_told("the stick to be shut out", within(60), &shut);
}

fn put(stick: &Path, file: &Path) {
    run("mcopy", words!["-i", stick, file, "::hall.bundle"]);
}
