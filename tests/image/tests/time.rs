//! What time it is: from servers of the hall's that prove who they are.

use crate::common::{image, told, within};
use image_tests::cabinet::Inside;
use image_tests::lobby::{Lobby, serial, wait_good};
use image_tests::office;
use image_tests::running::{LOOPBACK, Running, TIME_HOST, Wiring};
use image_tests::time_host::{Authority, NAME, TimeHost};
use std::fs;
use std::time::SystemTime;

/// A clock that lost its battery.
const LONG_AGO: &str = "2024-02-29T12:00:00";
/// It goes on from when its system was made (systemd(1), "epoch"), which is more than so many seconds ago.
const WRONG: u64 = 1_000_000;
/// How far a clock may be off that is right, in seconds, between two looks at two clocks.
const RIGHT: u64 = 5;

/// A server whose certificate a stranger signed is not believed, and one that the hall trusts sets the clock, however
/// wrong it was. The technician's door is told that the clock is right.
#[test]
fn time_comes_from_who_proves_himself() {
    let Some((built, _alone)) = image() else { return };
    let mut server = TimeHost::start(Authority::Stranger);
    let lobby = Lobby::open(&built, Inside::Probe);
    let wiring = Wiring { time_host: Some(server.exchange()), ..lobby.wiring() };
    let mut running = lobby.cabinet.switch_on(&wiring);
    running.wait_probe(within(420));
    let office = office::settle_with(&built, &lobby.hall, &lobby.host, within(420), "");
    office::hurry(&mut running);
    wait_good(&mut running);

    let network = office.settings().join("network.toml");
    let before = fs::read_to_string(&network).expect("the hall's network");
    let time = server.time();
    let more = format!(
        "[[host]]\nname = \"{NAME}\"\naddresses = [\"{TIME_HOST}\"]\n[[time]]\nserver = \"{NAME}\"\n\
         [[reach]]\nto = \"{LOOPBACK}\"\nports = [{time}]\nprotocol = \"udp\"\n"
    );
    fs::write(&network, before + &more).expect("settings");
    fs::copy(server.authority(), office.settings().join("trust/time-ca.pem")).expect("settings");
    office.bundle(2, &lobby.host.folder().join("hall.bundle"));
    office::hurry(&mut running);
    running.wait_told("the clock to be asked for", within(120), "systemctl is-active -q chrony.service");
    assert_eq!(serial(&mut running), "2");

    // Nor does it remember when it was right last.
    running.told(&format!("systemctl stop chrony.service; touch -d {LONG_AGO} /data/time/*; sync"));
    running.cut();
    let mut running = lobby.cabinet.switch_on(&Wiring { clock: Some(LONG_AGO), ..wiring });
    running.wait_probe(within(420));
    let refused = "journalctl -b --no-pager -u chrony.service | grep -i 'TLS handshake .* failed'";
    let said = running.wait_told("the stranger to be refused", within(240), refused);
    told(said.trim());
    let before = off(&mut running);
    assert!(before > WRONG, "a stranger has set the clock, by all but {before} s");
    assert_ne!(running.ask("test -e /run/onedoor/clock-set").status, 0, "the clock is called right");

    server.go_on(Authority::Halls);
    // It would ask again by itself, but not soon.
    running.told("systemctl restart chrony.service");
    running.wait_told("the clock to be set", within(240), "test -e /run/onedoor/clock-set");
    let after = off(&mut running);
    assert!(after <= RIGHT, "the clock is off by {after} s");
    told(&format!("NTS has set a clock that was off by {before} s; it is right by {after} s"));
}

/// How far the machine's clock is off, in seconds.
fn off(running: &mut Running) -> u64 {
    let there: u64 = running.told("date +%s").trim().parse().expect("seconds");
    let here = SystemTime::UNIX_EPOCH.elapsed().expect("a clock after 1970").as_secs();
    here.abs_diff(there)
}
