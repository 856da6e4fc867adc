//! What somebody finds who attacks: from the wire, and from inside a program that he has taken.

use crate::common::{image, told, within};
use image_tests::cabinet::{Cabinet, Inside};
use image_tests::lobby::{Lobby, wait_good};
use image_tests::office;
use image_tests::running::{GUEST, LOOPBACK, Wiring};
use image_tests::wire::{Kind, Wire};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};

/// How exposed the kiosk may be, as `systemd-analyze security` counts: from 0 to 10.
const EXPOSURE: f32 = 2.0;

/// Every program that runs, by the name of its file, once the kiosk serves. The list is short; who lengthens it says
/// why.
const PROGRAMS: &[&str] = &[
    // The system: first process, journal, devices, network.
    "systemd",
    "systemd-executor",
    "systemd-journald",
    // which is systemd-udevd, too
    "udevadm",
    "systemd-networkd",
    // What asks the office, each minute for a moment.
    "onedoor-provision",
    // The kiosk, time, cards, a scanner on USB.
    "kiosk-appliance",
    "onedoor-key-helper",
    "onedoor-sane-helper",
    "chronyd",
    "chronyc",
    "pcscd",
    "ipp-usb",
];
/// What runs for the tests' look inside, and what it starts.
const PROBE: &[&str] = &["sh", "dash", "busybox", "readlink", "base64", "cat"];

/// The kiosk's unit as systemd judges it; no program that raises whoever runs it; few processes, and all of them known;
/// nobody who logs in.
#[test]
fn whoever_gets_in_gets_little() {
    let Some((built, _alone)) = image() else { return };
    let (_lobby, mut running) = Lobby::settled(&built);
    let said = running.told("systemd-analyze security --no-pager kiosk.service");
    let overall =
        said.lines().find(|line| line.contains("Overall exposure level")).unwrap_or_default().to_owned();
    let level =
        overall.split(':').nth(1).and_then(|rest| rest.split_whitespace().next()?.parse::<f32>().ok());
    let level = level.unwrap_or_else(|| panic!("no level: {said}"));
    told(&format!("kiosk.service: exposure {level}"));
    assert!(level <= EXPOSURE, "{said}");

    let raised = running.told("find / -xdev -type f -perm /6000 2>/dev/null");
    assert_eq!(raised.trim(), "", "programs that raise whoever runs them");
    let capable = "command -v getcap >/dev/null && find / -xdev -type f -exec getcap {} +";
    let capable = running.told(capable);
    assert_eq!(capable.trim(), "", "programs with capabilities of their own");
    // What could be written could be set so.
    for mount in running.told("cat /proc/mounts").lines() {
        let fields: Vec<_> = mount.split(' ').collect();
        let [_, place, kind, options, ..] = fields.as_slice() else { panic!("a mount {mount}") };
        let written = options.split(',').any(|option| option == "rw");
        if written && ["ext4", "vfat", "tmpfs"].contains(kind) {
            assert!(
                options.contains("nosuid"),
                "{place} can be written and raises whoever runs what is there"
            );
        }
    }

    let links = running.told("for p in /proc/[0-9]*; do readlink $p/exe; done 2>/dev/null || true");
    let name = |line: &str| line.rsplit('/').next().unwrap_or_default().to_owned();
    let programs: BTreeSet<_> =
        links.lines().map(name).filter(|name| !PROBE.contains(&name.as_str())).collect();
    told(&format!("{} programs run: {programs:?}", programs.len()));
    let unknown: Vec<_> = programs.iter().filter(|name| !PROGRAMS.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "nobody said why these run: {unknown:?}");
    for always in ["systemd", "systemd-journald", "udevadm", "systemd-networkd", "kiosk-appliance"] {
        assert!(programs.contains(always), "{always} does not run: {programs:?}");
    }

    let shells = running.told("grep -v -e nologin$ -e false$ -e /sync$ /etc/passwd || true");
    assert_eq!(shells.trim(), "", "users with a shell");
    let passwords = running.told("grep -v -e '^[^:]*:[!*]' /etc/shadow || true");
    assert_eq!(passwords.trim(), "", "users with a password");
    let kiosk = running.told(&format!(
        "grep -E '^(Uid|NoNewPrivs|CapEff|CapBnd|Seccomp):' /proc/$({})/status",
        "systemctl show -P MainPID kiosk.service"
    ));
    for wanted in ["NoNewPrivs:\t1", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "Seccomp:\t2"]
    {
        assert!(kiosk.contains(wanted), "{wanted}: {kiosk}");
    }
    assert!(!kiosk.contains("Uid:\t0"), "{kiosk}");
}

/// Whoever sits on the same wire and knocks at every port is answered at none, and what runs inside reaches nobody whom
/// the hall does not name. That both would be otherwise is seen when the firewall is taken down.
#[test]
fn nobody_comes_in_and_little_goes_out() {
    let Some((built, _alone)) = image() else { return };
    let lobby = Lobby::open(&built, Inside::Probe);
    let folder = tempfile::tempdir().expect("a folder");
    let wire = Wire::new(folder.path()).expect("a wire");
    let mut running = lobby.cabinet.switch_on(&Wiring { wire: Some(wire.ends()), ..lobby.wiring() });
    running.wait_probe(within(420));
    office::settle(&built, &lobby.hall, &lobby.host, within(420));
    office::hurry(&mut running);
    wait_good(&mut running);

    let guest: Ipv4Addr = GUEST.parse().expect("an address");
    let mac = wire.who_has(guest, within(60)).expect("the guest's own address");
    nobody_answers(&wire, (mac, guest));
    let listening = running.told("cat /proc/net/tcp /proc/net/udp");
    told(&format!("no port answers; inside, sockets: {}", listening.lines().count().saturating_sub(2)));
    assert_ne!(running.ask("test -s /proc/net/if_inet6").status, 0, "there is IPv6, which nobody knocked at");

    let elsewhere = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port that the hall does not name");
    elsewhere.set_nonblocking(true).expect("not to wait for whom the firewall holds back");
    let port = elsewhere.local_addr().expect("its number").port();
    // As root, and at an address where others are reached.
    let out = format!("curl --silent --max-time 10 http://{LOOPBACK}:{port}/");
    running.ask(&out);
    assert!(elsewhere.accept().is_err(), "port {port} of the hall's host is reached");
    let hosts = running.told("nft list ruleset | grep 'daddr' | grep -v 'dport [0-9]' || true");
    assert_eq!(hosts.trim(), "", "whole hosts may be reached");

    running.told("nft flush ruleset");
    running.ask(&out);
    assert!(elsewhere.accept().is_ok(), "port {port} is not reached without the firewall either");
    for kind in [Kind::Tcp, Kind::Udp] {
        let bare = wire.knock((mac, guest), kind, 1..=64).expect("the wire");
        assert!(
            !bare.is_empty(),
            "{kind:?}: nobody answers without the firewall either, which proves nothing"
        );
    }
}

fn nobody_answers(wire: &Wire, at: ([u8; 6], Ipv4Addr)) {
    for kind in [Kind::Tcp, Kind::Udp] {
        let found = wire.knock(at, kind, 1..=u16::MAX).expect("the wire");
        assert!(found.is_empty(), "{kind:?}: somebody answers: {found:?}");
    }
}

/// A kiosk that nobody has settled yet is as shut.
#[test]
fn no_port_is_open_before_the_hall_is_known() {
    let Some((built, _alone)) = image() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let wire = Wire::new(folder.path()).expect("a wire");
    let cabinet = Cabinet::new(&built, Inside::AsDelivered);
    let _running = cabinet.switch_on(&Wiring { wire: Some(wire.ends()), ..Wiring::default() });
    let guest: Ipv4Addr = GUEST.parse().expect("an address");
    let mac = wire.who_has(guest, within(420)).expect("the guest's own address");
    nobody_answers(&wire, (mac, guest));
}
