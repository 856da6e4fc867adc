use super::*;
use crate::cards::sample;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;

/// A host that knows frames only as far as their length.
struct Host(fs::File);

impl Host {
    fn open(reader: &Reader) -> Self {
        let noctty = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
        let file = fs::OpenOptions::new().read(true).write(true).custom_flags(noctty).open(reader.path());
        Self(file.expect("the reader's port opens"))
    }

    fn send(&mut self, frame: &[u8]) {
        self.0.write_all(frame).expect("a frame is written");
    }

    fn ask(&mut self, frame: &[u8]) -> Vec<u8> {
        self.send(frame);
        let mut reply = vec![0; 7];
        self.0.read_exact(&mut reply).expect("a reply begins");
        assert_eq!(reply[..5], [0xAA, 0xAA, 0xAA, 0x96, 0x69]);
        let length = usize::from(u16::from_be_bytes([reply[5], reply[6]]));
        reply.resize(7 + length, 0);
        self.0.read_exact(&mut reply[7..]).expect("a reply ends");
        assert_eq!(reply[5..].iter().fold(0, |sum, byte| sum ^ byte), 0, "checksum");
        reply
    }

    /// SW3 of the reply.
    fn word(&mut self, frame: &[u8]) -> u8 {
        self.ask(frame)[9]
    }
}

const RESET: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x10, 0xFF, 0xEC];
const STATUS: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x11, 0xFF, 0xED];
const IDENTIFIER: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x12, 0xFF, 0xEE];
const FIND: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x20, 0x01, 0x22];
const SELECT: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x20, 0x02, 0x21];
const READ: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x30, 0x01, 0x32];
const READ_PRINTS: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x30, 0x10, 0x23];
const READ_ADDRESS: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x30, 0x03, 0x30];
const READ_NUMBER: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x30, 0x05, 0x36];
const SPEED_115200: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x60, 0x00, 0x63];
const MAX_FRAME_50: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x04, 0x61, 0xFF, 0x50, 0xCA];
const MAX_FRAME_58: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x04, 0x61, 0xFF, 0x58, 0xC2];

const DONE: &[u8] = &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x04, 0x00, 0x00, 0x90, 0x94];
const FOUND: &[u8] =
    &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x08, 0x00, 0x00, 0x9F, 0x00, 0x00, 0x00, 0x00, 0x97];
const SELECTED: &[u8] =
    &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x0C, 0x00, 0x00, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0x9C];

/// Fast, so that only the test of the pace takes the time of the wire.
const FAST: u32 = 4_000_000;

fn reader(dir: &tempfile::TempDir, baud: u32) -> (Reader, Host) {
    let timing = Timing { find: Duration::ZERO, ..Timing::default() };
    let reader = Reader::start(dir.path(), baud, timing).expect("a reader starts");
    let host = Host::open(&reader);
    (reader, host)
}

#[test]
fn frames_of_the_reference_get_the_replies_of_the_reference() {
    let dir = tempfile::tempdir().expect("a folder");
    let (reader, mut host) = reader(&dir, FAST);
    let error =
        |sw3: u8, checksum: u8| vec![0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x04, 0x00, 0x00, sw3, checksum];
    for (name, frame, expected) in [
        ("reset", RESET, DONE.to_vec()),
        ("status", STATUS, DONE.to_vec()),
        ("speed", SPEED_115200, DONE.to_vec()),
        ("max frame 50", MAX_FRAME_50, DONE.to_vec()),
        ("max frame 58", MAX_FRAME_58, DONE.to_vec()),
        ("find without card", FIND, error(0x80, 0x84)),
        ("select without card", SELECT, error(0x81, 0x85)),
        ("read without card", READ, error(0x41, 0x45)),
    ] {
        assert_eq!(host.ask(frame), expected, "{name}");
    }
    reader.place(sample("man"));
    assert_eq!(host.word(READ), 0x23, "reading before finding is not permitted");
    assert_eq!(host.word(SELECT), 0x81, "selecting before finding fails");
    assert_eq!(host.ask(FIND), FOUND);
    assert_eq!(host.ask(SELECT), SELECTED);
    assert_eq!(host.word(READ_ADDRESS), 0x91, "no address was appended");
    let identifier = host.ask(IDENTIFIER);
    assert_eq!(identifier[5..7], [0x00, 0x14]);
    assert_eq!(identifier[10..18], [5, 0, 3, 0, 0x65, 0x9E, 0x33, 0x01]);
}

#[test]
fn a_card_is_read_whole() {
    let dir = tempfile::tempdir().expect("a folder");
    let (reader, mut host) = reader(&dir, FAST);
    let card = sample("rare_ext_b").expect("a sample");
    reader.place(Some(card.clone()));
    host.ask(FIND);
    host.ask(SELECT);
    let reply = host.ask(READ);
    assert_eq!(reply.len(), 1295);
    assert_eq!(reply[5..14], [0x05, 0x08, 0x00, 0x00, 0x90, 0x01, 0x00, 0x04, 0x00]);
    assert_eq!((&reply[14..270], &reply[270..1294]), (&card.record()[..], &card.photo()[..]));
    let reply = host.ask(READ_PRINTS);
    assert_eq!((reply.len(), &reply[5..7]), (2321, &[0x09, 0x0A][..]));
    assert_eq!(reply[10..16], [0x01, 0x00, 0x04, 0x00, 0x04, 0x00]);
    assert_eq!((&reply[16..272], &reply[272..1296]), (&card.record()[..], &card.photo()[..]));
    reader.set_fingerprints(false);
    let reply = host.ask(READ_PRINTS);
    assert_eq!((reply.len(), &reply[14..16]), (1297, &[0x00, 0x00][..]));
    reader.place(sample("moved"));
    host.ask(FIND);
    host.ask(SELECT);
    assert_eq!(host.ask(READ_ADDRESS).len(), 11 + 70);
    assert_eq!(host.ask(READ_NUMBER)[5..7], [0x00, 0x20]);
}

#[test]
fn a_read_card_is_found_again_only_after_it_was_lifted() {
    let dir = tempfile::tempdir().expect("a folder");
    let (reader, mut host) = reader(&dir, FAST);
    reader.place(sample("woman"));
    assert_eq!(host.word(FIND), 0x9F);
    assert_eq!(host.word(FIND), 0x9F, "an unread card is found as often as asked");
    assert_eq!((host.word(SELECT), host.word(READ)), (0x90, 0x90));
    assert!(reader.state()["latched"].as_bool().unwrap_or_default());
    for _ in 0..3 {
        assert_eq!(host.word(FIND), 0x80);
        assert_eq!((host.word(READ_NUMBER), host.word(SELECT)), (0x90, 0x90), "it still lies there");
    }
    assert_eq!((host.word(RESET), host.word(FIND)), (0x90, 0x80), "a reset does not lift it");
    reader.place(None);
    assert_eq!((host.word(READ_NUMBER), host.word(SELECT), host.word(FIND)), (0x41, 0x81, 0x80));
    reader.place(sample("woman"));
    assert_eq!(host.word(FIND), 0x9F);
    assert_eq!(reader.state()["card"], "resident");
}

#[test]
fn a_card_lifted_while_it_is_read_is_a_failed_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let (reader, mut host) = reader(&dir, FAST);
    reader.place(sample("man"));
    host.ask(FIND);
    host.ask(SELECT);
    let slow = Timing { read: Duration::from_millis(200), ..Timing::default() };
    reader.set_timing(slow);
    host.send(READ);
    let deadline = Instant::now() + Duration::from_secs(5);
    while reader.last_byte_in().is_none_or(|at| at.elapsed() < Duration::from_millis(2)) {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    reader.place(None);
    assert_eq!(host.word(&[]), 0x41);
}

#[test]
fn bad_frames_and_unknown_commands_get_their_words() {
    let dir = tempfile::tempdir().expect("a folder");
    let (_reader, mut host) = reader(&dir, FAST);
    for (frame, word) in [
        (&[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x20, 0x01, 0x23][..], 0x10),
        (&[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x00][..], 0x11),
        (&[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x20, 0x07, 0x24][..], 0x21),
        (&[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x60, 0x05, 0x66][..], 0x21),
        (&[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x61, 0xFF, 0x9D][..], 0x21),
        (&[0x12, 0xAA, 0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x11, 0xFF, 0xED][..], 0x90),
    ] {
        assert_eq!(host.word(frame), word, "{frame:02X?}");
    }
}

#[test]
fn injected_faults_happen_as_often_as_asked() {
    let dir = tempfile::tempdir().expect("a folder");
    let (reader, mut host) = reader(&dir, FAST);
    reader.inject(Fault::Status { command: Command::ModuleStatus, sw3: 0x66, times: 2 });
    let words = [host.word(STATUS), host.word(FIND), host.word(STATUS), host.word(STATUS)];
    assert_eq!(words, [0x66, 0x80, 0x66, 0x90]);
    reader.inject(Fault::Garble);
    host.send(STATUS);
    let mut reply = [0; 11];
    host.0.read_exact(&mut reply).expect("a garbled reply");
    assert_eq!((&reply[..10], reply[10]), (&DONE[..10], DONE[10] ^ 0xFF));
    assert_eq!(host.word(STATUS), 0x90);
    reader.inject(Fault::Truncate(9));
    host.send(STATUS);
    host.0.read_exact(&mut reply[..9]).expect("a short reply");
    assert_eq!(host.word(STATUS), 0x90, "nothing of the short reply is left");
    reader.inject(Fault::Silence(1));
    let before = reader.state()["requests"].as_u64();
    host.send(STATUS);
    assert!(reader.wait_until(Duration::from_secs(5), |state| state["requests"].as_u64() > before));
    assert_eq!(host.ask(FIND)[9], 0x80, "the silenced reply never comes");
    reader.inject(Fault::Silence(u32::MAX));
    assert_eq!(reader.state()["faults"], true);
    reader.clear_faults();
    assert_eq!((host.word(STATUS), reader.state()["faults"].as_bool()), (0x90, Some(false)));
}

#[test]
fn an_unplugged_reader_forgets_that_it_read_the_card() {
    let dir = tempfile::tempdir().expect("a folder");
    let (reader, mut host) = reader(&dir, FAST);
    reader.place(sample("man"));
    assert_eq!((host.word(FIND), host.word(SELECT), host.word(READ)), (0x9F, 0x90, 0x90));
    reader.unplug();
    assert!(!reader.path().exists());
    assert_eq!(reader.state()["powered"], false);
    reader.plug().expect("plugged in");
    let mut host = Host::open(&reader);
    assert_eq!(host.word(FIND), 0x9F);
}

#[test]
fn find_select_and_read_take_the_time_of_the_wire() {
    let dir = tempfile::tempdir().expect("a folder");
    let (reader, mut host) = reader(&dir, 115_200);
    let mut took = Duration::MAX;
    for _ in 0..3 {
        reader.place(sample("man"));
        host.ask(FIND);
        host.ask(SELECT);
        let start = Instant::now();
        assert_eq!(host.ask(READ).len(), 1295);
        took = took.min(start.elapsed());
    }
    // The request's ten bytes take 0.9 ms, the reply 112.4 ms.
    assert!(took >= Duration::from_millis(113), "faster than the wire: {took:?}");
    assert!(took <= Duration::from_millis(125), "slower than the wire: {took:?}");
}

#[test]
fn a_changed_speed_holds_from_the_next_frame_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let (reader, mut host) = reader(&dir, 115_200);
    assert_eq!(host.word(&[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x60, 0x04, 0x67]), 0x90);
    let start = Instant::now();
    assert_eq!(host.word(STATUS), 0x90);
    // Eleven bytes of the reply at 9600; the request may overtake the change.
    assert!(start.elapsed() >= Duration::from_millis(11), "{:?}", start.elapsed());
    reader.unplug();
    reader.plug().expect("plugged in");
    let mut host = Host::open(&reader);
    assert_eq!(host.word(STATUS), 0x90, "back at its own speed");
}
