use super::*;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;

/// Fast: the pace of the line is shown elsewhere.
const FAST: u32 = 4_000_000;

fn scanner() -> (tempfile::TempDir, CodeScannerEmulator) {
    let dir = tempfile::tempdir().expect("a folder");
    let scanner = CodeScannerEmulator::start(dir.path(), FAST).expect("a scanner starts");
    (dir, scanner)
}

fn host(scanner: &CodeScannerEmulator) -> fs::File {
    let noctty = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
    let file = fs::OpenOptions::new().read(true).write(true).custom_flags(noctty).open(scanner.path());
    file.expect("the scanner's port opens")
}

fn takes(file: &mut fs::File, expected: &[u8]) {
    let mut got = vec![0; expected.len()];
    file.read_exact(&mut got).expect("the code comes");
    assert_eq!(got, expected);
}

#[test]
fn a_code_is_sent_as_one_line_and_spoilt_on_demand() {
    let (_dir, scanner) = scanner();
    let mut file = host(&scanner);
    scanner.show("A-0001");
    takes(&mut file, b"A-0001\r");
    scanner.set_terminator(b"\r\n");
    for (fault, sent) in [
        (Fault::Garble, &b"cod\0es\r\n"[..]),
        (Fault::NoTerminator, b"codies"),
        (Fault::BreakOff(2), b"co"),
        (Fault::Flood(600), &[&[b'x'; 600][..], b"\r\n"].concat()),
    ] {
        scanner.inject(fault);
        assert_eq!(scanner.state()["faults"], true);
        scanner.show("codies");
        takes(&mut file, sent);
        scanner.show("next");
        takes(&mut file, b"next\r\n");
    }
    scanner.inject(Fault::Garble);
    scanner.clear_faults();
    scanner.show("codies");
    takes(&mut file, b"codies\r\n");
}

#[test]
fn its_state_tells_no_code_and_it_listens_to_nothing() {
    let (_dir, scanner) = scanner();
    let mut file = host(&scanner);
    file.write_all(b"?").expect("written");
    scanner.show("SECRET");
    takes(&mut file, b"SECRET\r");
    let state = scanner.state();
    assert_eq!((&state["shown"], &state["powered"]), (&json!(1), &json!(true)));
    assert!(!state.to_string().contains("SECRET"));
    scanner.unplug();
    assert!(!matches!(file.read(&mut [0]), Ok(1..)), "a hang-up gives no bytes");
    assert!(!scanner.path().exists());
    scanner.show("lost");
    scanner.plug().expect("plugged in again");
    let mut file = host(&scanner);
    scanner.show("back");
    takes(&mut file, b"back\r");
}
