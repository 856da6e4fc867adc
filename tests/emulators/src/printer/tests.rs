use super::*;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;

const FAST: u32 = 4_000_000;
const SOON: Duration = Duration::from_secs(10);
const CLEAR: &[u8] = &[0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08];

/// A printer with a host at its port. The folder outlives both.
struct Bench {
    printer: Printer,
    host: fs::File,
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self::within(tempfile::tempdir().expect("a folder"))
    }

    fn within(dir: tempfile::TempDir) -> Self {
        let printer = Printer::start(dir.path(), FAST).expect("a printer starts");
        let host = open(&printer);
        Self { printer, host, dir }
    }

    /// The same folder after everything ended.
    fn restart(self) -> Self {
        let Self { printer, host, dir } = self;
        drop((printer, host));
        Self::within(dir)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.host.write_all(bytes).expect("bytes are written");
    }

    fn receive(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.host.read_exact(&mut bytes).expect("bytes come");
        bytes
    }

    /// The answers to DLE EOT 1 to 4. They come in the order of events, so that whatever the printer
    /// had said before would come first and show up in them.
    fn status(&mut self) -> [u8; 4] {
        [1, 2, 3, 4].map(|n| {
            self.send(&[0x10, 0x04, n]);
            self.receive(1)[0]
        })
    }

    /// Waits until everything sent has been taken off the line.
    fn settle(&mut self) {
        self.status();
    }

    fn text(&self, n: u32) -> String {
        self.printer.ticket_txt(n).unwrap_or_else(|| panic!("no ticket {n}"))
    }

    fn bin(&self, n: u32) -> Vec<u8> {
        fs::read(self.dir.path().join(format!("tickets/{n}.bin"))).expect("the bytes of the ticket")
    }
}

fn open(printer: &Printer) -> fs::File {
    let noctty = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
    let file = fs::OpenOptions::new().read(true).write(true).custom_flags(noctty).open(printer.path());
    file.expect("the printer's port opens")
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GBK.encode(text).0.into_owned()
}

fn process_id(id: &[u8; 4]) -> Vec<u8> {
    [&[0x1D, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30][..], id].concat()
}

fn confirmed(id: &[u8; 4]) -> Vec<u8> {
    [&[0x37, 0x22][..], id, &[0x00]].concat()
}

fn qr(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 3).expect("a short text").to_le_bytes();
    [
        &[0x1D, 0x28, 0x6B, 0x04, 0x00, 0x31, 0x41, 0x32, 0x00][..],
        &[0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x43, 0x06],
        &[0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x45, 0x31],
        &[0x1D, 0x28, 0x6B, length[0], length[1], 0x31, 0x50, 0x30],
        data,
        &[0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x51, 0x30],
    ]
    .concat()
}

/// A ticket as a hall prints it, with the cut.
fn ticket(number: &str, reprint: bool) -> Vec<u8> {
    let mut bytes = b"\x1B@\x1C&\x1Ba\x01\x1D!\x11".to_vec();
    bytes.extend(gbk("嘉定区政务服务中心\n"));
    bytes.extend(b"\x1D!\x00");
    bytes.extend(gbk(if reprint { "取号凭条（补打）\n\n" } else { "取号凭条\n\n" }));
    bytes.extend(b"\x1D!\x33\x1BE\x01");
    bytes.extend(number.as_bytes());
    bytes.extend(b"\n\x1BE\x00\x1D!\x00\n\x1Ba\x00");
    bytes.extend(gbk("业务类型：不动产转移登记\n前方等候：12 人    办理窗口：3-8 号\n"));
    bytes.extend(b"\x1C!\x08");
    bytes.extend(gbk("姓名：张*\n"));
    bytes.extend(b"\x1C!\x00\x1B-\x01");
    bytes.extend(gbk("取号时间：2026-03-18 09:41:25\n"));
    bytes.extend(b"\x1B-\x00\n\x1Ba\x01");
    bytes.extend(qr(b"https://q.example.cn/t/A048"));
    bytes.extend(gbk("\n请留意叫号屏幕，过号请重新取号\n"));
    bytes.extend(b"\x1D\x56\x42\x00");
    bytes
}

#[test]
fn a_ticket_is_kept_as_bytes_text_and_picture() {
    let mut bench = Bench::new();
    let bytes = ticket("A048", false);
    bench.send(&bytes);
    assert!(bench.printer.wait_until(SOON, |printer| !printer.tickets().is_empty()));
    let seen = TicketSeen { n: 1, number: Some("A048".to_owned()), reprint: false, torn: false };
    assert_eq!(bench.printer.tickets(), [seen]);
    let expected = "嘉定区政务服务中心\n取号凭条\n\nA048\n\n业务类型：不动产转移登记\n\
                    前方等候：12 人    办理窗口：3-8 号\n姓名：张*\n取号时间：2026-03-18 09:41:25\n\n\
                    [QR https://q.example.cn/t/A048]\n\n请留意叫号屏幕，过号请重新取号\n";
    assert_eq!(bench.text(1), expected);
    assert_eq!(bench.printer.ticket_bin(1), Some(bytes));
    assert!(bench.printer.last_byte_at().is_some());
    let png = bench.printer.ticket_png(1).expect("a picture");
    let reader = png::Decoder::new(io::Cursor::new(&png)).read_info().expect("a PNG");
    assert_eq!(reader.info().width, 576);
    let file = bench.dir.path().join("tickets/1.png");
    assert!(bench.printer.wait_until(SOON, |_| file.exists()), "the picture is written");
    assert_eq!(fs::read(file).expect("the file"), png);
    assert_eq!(bench.printer.state()["complaints"], json!([]));
    assert!(bench.printer.ticket_png(2).is_none() && bench.printer.ticket_txt(2).is_none());
}

#[test]
fn status_is_answered_at_once_in_every_condition() {
    let mut bench = Bench::new();
    assert_eq!(bench.status(), [0x12, 0x12, 0x12, 0x12]);
    bench.printer.set_paper(Paper::Low);
    assert_eq!(bench.status(), [0x12, 0x12, 0x12, 0x1E]);
    bench.printer.set_paper(Paper::Out);
    assert_eq!(bench.status(), [0x1A, 0x32, 0x12, 0x7E]);
    bench.printer.set_paper(Paper::Ok);
    bench.printer.set_cover(Cover::Open);
    assert_eq!(bench.status(), [0x1A, 0x16, 0x12, 0x12]);
    // The buffer is full to its last byte, and more has been sent than it holds.
    bench.send(&[b'x'; 4096 + 200]);
    assert_eq!(bench.status(), [0x1A, 0x16, 0x12, 0x12]);
    for _ in 0..100 {
        assert_eq!(bench.status(), [0x1A, 0x16, 0x12, 0x12], "asking takes no room");
    }
    assert_eq!(bench.printer.state()["buffered"], 4296);
}

#[test]
fn a_full_buffer_stops_the_line_until_printing_goes_on() {
    let mut bench = Bench::new();
    bench.printer.set_paper(Paper::Out);
    let mut bytes = b"0123456789abcde\n".repeat(512);
    bytes.extend(b"\x1D\x56\x00");
    bench.send(&bytes);
    let full = |printer: &Printer| printer.state()["buffered"] == 4096 + 256;
    // Nothing is reported when the buffer fills: it is looked at until it has.
    let deadline = Instant::now() + SOON;
    while !full(&bench.printer) {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    assert_eq!(bench.printer.uncut_txt(), "", "nothing was printed without paper");
    bench.printer.set_paper(Paper::Ok);
    assert!(bench.printer.wait_until(SOON, |printer| printer.tickets().len() == 1));
    assert_eq!(bench.text(1), "0123456789abcde\n".repeat(512));
    assert_eq!(bench.bin(1), bytes);
}

#[test]
fn automatic_status_comes_now_and_on_change_until_initialised() {
    let mut bench = Bench::new();
    bench.send(b"\x1Da\x0F");
    assert_eq!(bench.receive(4), [0x10, 0x00, 0x00, 0x00]);
    bench.printer.set_paper(Paper::Low);
    assert_eq!(bench.receive(4), [0x10, 0x00, 0x03, 0x00]);
    bench.printer.set_paper(Paper::Out);
    assert_eq!(bench.receive(4), [0x18, 0x00, 0x0F, 0x00]);
    bench.printer.set_paper(Paper::Ok);
    assert_eq!(bench.receive(4), [0x10, 0x00, 0x00, 0x00]);
    bench.printer.set_cover(Cover::Open);
    assert_eq!(bench.receive(4), [0x38, 0x00, 0x00, 0x00]);
    bench.printer.set_cover(Cover::Closed);
    assert_eq!(bench.receive(4), [0x10, 0x00, 0x00, 0x00]);
    bench.send(b"\x1B@");
    bench.settle();
    bench.printer.set_paper(Paper::Low);
    assert_eq!(bench.status(), [0x12, 0x12, 0x12, 0x1E], "ESC @ has turned it off");
    bench.send(b"\x1Da\x02");
    assert_eq!(bench.receive(4), [0x10, 0x00, 0x03, 0x00]);
    bench.printer.set_paper(Paper::Ok);
    assert_eq!(bench.status(), [0x12, 0x12, 0x12, 0x12], "paper is not watched");
}

#[test]
fn process_ids_come_back_when_what_stands_before_them_is_printed() {
    let mut bench = Bench::new();
    bench.send(
        &[b"one\n".to_vec(), process_id(b"0001"), b"\x1D\x56\x00".to_vec(), process_id(b"0002")].concat(),
    );
    assert_eq!(bench.receive(14), [confirmed(b"0001"), confirmed(b"0002")].concat());
    assert_eq!(bench.printer.tickets().len(), 1, "the ticket is out when its id is");
    bench.printer.set_cover(Cover::Open);
    bench.send(&[b"two\n".to_vec(), process_id(b"0003")].concat());
    assert_eq!(bench.status(), [0x1A, 0x16, 0x12, 0x12], "nothing is confirmed that is not printed");
    bench.printer.set_cover(Cover::Closed);
    assert_eq!(bench.receive(7), confirmed(b"0003"));
    // A line not ended is not printed; of two ids waiting for it the newer one counts.
    bench.send(&[b"three".to_vec(), process_id(b"0004"), process_id(b"0005")].concat());
    assert_eq!(bench.status()[0], 0x12);
    bench.send(b"\n");
    assert_eq!(bench.receive(7), confirmed(b"0005"));
    assert_eq!(bench.printer.uncut_txt(), "two\nthree\n");
    bench.printer.set_confirm(false);
    bench.send(&[process_id(b"0006"), b"\x1Dr\x01".to_vec()].concat());
    assert_eq!(bench.receive(1), [0x00], "a printer without the command swallows it and goes on");
}

#[test]
fn queued_questions_wait_their_turn() {
    let mut bench = Bench::new();
    bench.send(b"\x1Dr\x01");
    assert_eq!(bench.receive(1), [0x00]);
    bench.printer.set_paper(Paper::Low);
    bench.send(b"\x1Dr\x31");
    assert_eq!(bench.receive(1), [0x03]);
    bench.printer.set_paper(Paper::Out);
    bench.send(b"\x1Dr\x01");
    assert_eq!(bench.status(), [0x1A, 0x32, 0x12, 0x7E], "not answered while off-line");
    bench.printer.set_paper(Paper::Ok);
    assert_eq!(bench.receive(1), [0x00]);
    bench.send(b"\x1DI\x42\x1DI\x43");
    assert_eq!(bench.receive(21), b"\x5FVIRTUAL HALL\0\x5FVH-80\0");
    bench.send(&[0x1D, 0x28, 0x48, 0x03, 0x00, 0x31, 0x30, 0x01]);
    bench.settle();
    bench.printer.set_cover(Cover::Open);
    assert_eq!(bench.receive(3), [0x37, 0x23, 0x00]);
}

#[test]
fn paper_that_ends_stops_the_ticket_and_new_paper_lets_it_go_on() {
    let mut bench = Bench::new();
    let bytes = ticket("B007", false);
    // Between two commands: questions asked in the midst of one would become part of it.
    let half = bytes.windows(3).position(|three| three == b"\x1C!\x08").expect("the command is there");
    bench.send(&bytes[..half]);
    bench.settle();
    let before = (bench.printer.uncut_txt(), bench.bin(1));
    bench.printer.set_paper(Paper::Out);
    bench.send(&bytes[half..]);
    bench.settle();
    assert_eq!((bench.printer.uncut_txt(), bench.bin(1)), before, "nothing more reaches the paper");
    assert!(bytes.starts_with(&before.1) && before.0.contains("B007"));
    bench.printer.set_paper(Paper::Ok);
    assert!(bench.printer.wait_until(SOON, |printer| printer.tickets().len() == 1));
    assert_eq!(bench.bin(1), bytes);
    assert!(bench.text(1).contains("过号请重新取号"));
}

#[test]
fn a_jammed_cutter_needs_its_cause_removed_and_a_word() {
    let mut bench = Bench::new();
    bench.send(b"\x1Da\x0F");
    assert_eq!(bench.receive(4), [0x10, 0x00, 0x00, 0x00]);
    bench.printer.set_cutter(Cutter::Jammed);
    assert_eq!(bench.status(), [0x12; 4], "a jam shows when the blade is to move");
    let id = process_id(b"CUT1");
    bench.send(&[b"C101\n\x1D\x56\x01".to_vec(), id.clone()].concat());
    assert_eq!(bench.receive(4), [0x18, 0x08, 0x00, 0x00]);
    assert_eq!(bench.status(), [0x1A, 0x52, 0x1A, 0x12]);
    bench.send(&[0x10, 0x05, 0x01]);
    assert_eq!(bench.status(), [0x1A, 0x52, 0x1A, 0x12], "not while the blade is stuck");
    bench.printer.set_cutter(Cutter::Ok);
    assert_eq!(bench.status(), [0x1A, 0x52, 0x1A, 0x12], "not without being told");
    assert!(bench.printer.tickets().is_empty());
    bench.send(&[0x10, 0x05, 0x01]);
    assert_eq!(bench.receive(11), [&[0x10, 0x00, 0x00, 0x00][..], &confirmed(b"CUT1")].concat());
    assert_eq!(bench.printer.tickets()[0].number.as_deref(), Some("C101"));
    // Recovery with clearing: the cut and the id are gone, the paper still hangs there.
    bench.printer.set_cutter(Cutter::Jammed);
    bench.send(&[b"C102\n\x1D\x56\x01".to_vec(), id, b"never\n".to_vec()].concat());
    assert_eq!(bench.receive(4), [0x18, 0x08, 0x00, 0x00]);
    bench.printer.set_cutter(Cutter::Ok);
    bench.send(&[0x10, 0x05, 0x02]);
    assert_eq!(bench.receive(4), [0x10, 0x00, 0x00, 0x00]);
    assert_eq!(bench.status(), [0x12; 4]);
    assert_eq!((bench.printer.uncut_txt().as_str(), bench.printer.tickets().len()), ("C102\n", 1));
}

#[test]
fn a_paper_jam_needs_its_cause_removed_and_a_word_too() {
    let mut bench = Bench::new();
    bench.printer.set_mechanism(Mechanism::Jammed);
    assert_eq!(bench.status(), [0x1A, 0x52, 0x16, 0x12]);
    bench.send(b"J001\n\x1D\x56\x00\x10\x05\x01");
    assert_eq!(bench.status(), [0x1A, 0x52, 0x16, 0x12], "not while it is jammed");
    bench.printer.set_mechanism(Mechanism::Ok);
    assert_eq!(bench.status(), [0x1A, 0x52, 0x16, 0x12], "not without being told");
    assert!(bench.printer.tickets().is_empty());
    bench.send(&[0x10, 0x05, 0x01]);
    assert_eq!(bench.status(), [0x12; 4]);
    assert!(bench.printer.wait_until(SOON, |printer| printer.tickets().len() == 1));
}

#[test]
fn what_is_broken_must_be_repaired_and_switched_off() {
    let mut bench = Bench::new();
    bench.printer.set_mechanism(Mechanism::Broken);
    assert_eq!(bench.status(), [0x1A, 0x52, 0x32, 0x12]);
    bench.printer.set_mechanism(Mechanism::Ok);
    bench.send(&[0x10, 0x05, 0x02]);
    assert_eq!(bench.status(), [0x1A, 0x52, 0x32, 0x12]);
    bench.printer.set_power(false).expect("off");
    bench.printer.set_power(true).expect("on");
    bench.host = open(&bench.printer);
    assert_eq!(bench.status(), [0x12; 4]);
}

#[test]
fn heat_and_hands_stop_the_head_and_let_it_go_on() {
    let mut bench = Bench::new();
    type Hand = fn(&Printer, bool);
    let hands: [(Hand, [u8; 4]); 5] = [
        (|p, on| p.set_heat(if on { Heat::Hot } else { Heat::Ok }), [0x1A, 0x52, 0x52, 0x12]),
        (|p, on| p.set_button(if on { Button::Feeding } else { Button::Released }), [0x5A, 0x1A, 0x12, 0x12]),
        (|p, on| p.set_button(if on { Button::OffLine } else { Button::Released }), [0x1A, 0x12, 0x12, 0x12]),
        (|p, on| p.set_button(if on { Button::Awaited } else { Button::Released }), [0x3A, 0x12, 0x12, 0x12]),
        (Printer::set_unnamed_error, [0x1A, 0x52, 0x12, 0x12]),
    ];
    for (n, (hand, status)) in hands.into_iter().enumerate() {
        hand(&bench.printer, true);
        bench.send(b"H001\n\x1D\x56\x00");
        assert_eq!((bench.status(), bench.printer.tickets().len()), (status, n));
        hand(&bench.printer, false);
        assert_eq!(bench.status(), [0x12; 4]);
        assert!(bench.printer.wait_until(SOON, |printer| printer.tickets().len() == n + 1));
    }
}

#[test]
fn a_printer_that_cannot_be_understood_prints_all_the_same() {
    let mut bench = Bench::new();
    bench.printer.set_speech(Speech::Garbled);
    assert_eq!(bench.status(), [0x92; 4]);
    bench.printer.set_speech(Speech::Silent);
    bench.send(b"\x10\x04\x01\x1Dr\x01M001\n\x1D\x56\x00");
    assert!(bench.printer.wait_until(SOON, |printer| printer.tickets().len() == 1));
    bench.printer.set_speech(Speech::Clear);
    assert_eq!(bench.status(), [0x12; 4], "nothing of what was asked meanwhile comes later");
}

#[test]
fn what_was_cleared_never_appears() {
    let mut bench = Bench::new();
    bench.send(b"\x1D!\x11printed\nunprinted");
    bench.settle();
    bench.printer.set_paper(Paper::Out);
    bench.send(&[b"\nlost\n\x1D\x56\x00".to_vec(), process_id(b"LOST"), CLEAR.to_vec()].concat());
    assert_eq!(bench.receive(3), [0x37, 0x25, 0x00]);
    assert_eq!(bench.status(), [0x1A, 0x32, 0x12, 0x7E], "clearing brings no paper");
    bench.printer.set_paper(Paper::Ok);
    bench.send(b"after\n\x1D\x56\x00");
    assert!(bench.printer.wait_until(SOON, |printer| printer.tickets().len() == 1));
    assert_eq!(bench.text(1), "printed\nafter\n");
    assert_eq!(bench.bin(1), b"\x1D!\x11printed\nafter\n\x1D\x56\x00");
}

#[test]
fn a_picture_cleared_half_way_keeps_the_half_on_paper() {
    let mut bench = Bench::new();
    bench.send(b"\x1Dv0\x00\x02\x00\x08\x00");
    bench.send(&[0xFF; 6]);
    let deadline = Instant::now() + SOON;
    while bench.printer.uncut_txt() != "[image 16x3]\n" {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    // With the head running, the command's first bytes would be rows of the picture.
    bench.printer.set_cover(Cover::Open);
    bench.send(CLEAR);
    assert_eq!(bench.receive(3), [0x37, 0x25, 0x00]);
    bench.printer.set_cover(Cover::Closed);
    bench.send(b"D001\n\x1D\x56\x00");
    assert!(bench.printer.wait_until(SOON, |printer| printer.tickets().len() == 1));
    assert_eq!(bench.text(1), "[image 16x3]\nD001\n");
    let text = bench.text(1);
    fs::remove_file(bench.dir.path().join("tickets/1.txt")).expect("the text is removed");
    let bench = bench.restart();
    assert_eq!(bench.text(1), text, "the bytes alone tell the same");
    assert_eq!(bench.printer.tickets()[0].number.as_deref(), Some("D001"));
}

#[test]
fn an_uncut_remainder_is_a_torn_ticket_after_a_restart() {
    let mut bench = Bench::new();
    bench.send(&ticket("A001", false));
    bench.send(&ticket("A001", true));
    // No line end: these letters are not on paper.
    bench.send(b"\x1Ba\x01\x1D!\x22A002\n\x1D!\x00not on paper");
    bench.settle();
    let mut bench = bench.restart();
    let seen: Vec<_> = bench.printer.tickets();
    let brief: Vec<_> = seen.iter().map(|t| (t.n, t.number.as_deref(), t.reprint, t.torn)).collect();
    let expected =
        [(1, Some("A001"), false, false), (2, Some("A001"), true, false), (3, Some("A002"), false, true)];
    assert_eq!(brief, expected);
    assert_eq!(bench.text(3), "A002\n");
    bench.send(&ticket("A003", false));
    assert!(bench.printer.wait_until(SOON, |printer| printer.tickets().len() == 4));
    assert_eq!(bench.printer.tickets()[3].n, 4);
    assert!(bench.restart().printer.tickets().iter().map(|t| t.n).eq(1..=4));
}

#[test]
fn power_lost_in_a_ticket_leaves_it_torn_and_the_rest_unprinted() {
    let mut bench = Bench::new();
    bench.send(b"E005\nunprinted");
    bench.settle();
    bench.printer.set_power(false).expect("off");
    assert!(!bench.printer.path().exists());
    assert!(bench.printer.tickets().is_empty(), "it still hangs in the slot");
    bench.printer.set_power(true).expect("on");
    assert_eq!(bench.text(1), "E005\n");
    assert!(bench.printer.tickets()[0].torn);
    bench.host = open(&bench.printer);
    bench.send(b"E006\n\x1D\x56\x00");
    assert!(bench.printer.wait_until(SOON, |printer| printer.tickets().len() == 2));
    assert_eq!((bench.text(2).as_str(), bench.bin(2).as_slice()), ("E006\n", &b"E006\n\x1D\x56\x00"[..]));
}

#[test]
fn blank_paper_is_no_ticket_and_zeros_do_no_harm() {
    let mut bench = Bench::new();
    bench.send(b"\x1B@\n\n\x1D\x56\x00");
    bench.send(b"\x1D(k\x10\x00");
    bench.send(&[0; 8192]);
    bench.send(b"\x1B@F001\n\x1D\x56\x00");
    assert!(bench.printer.wait_until(SOON, |printer| !printer.tickets().is_empty()));
    assert_eq!((bench.printer.tickets().len(), bench.text(1).as_str()), (1, "F001\n"));
}

#[test]
fn unknown_and_misplaced_commands_are_recorded_and_passed_over() {
    let mut bench = Bench::new();
    bench.send(b"\x1B\x99\x1D(z\x02\x00ab\x1CQG001\x1Ba\x01\x1D\x56\x00\n\x1D\x56\x00");
    assert!(bench.printer.wait_until(SOON, |printer| !printer.tickets().is_empty()));
    assert_eq!(bench.text(1), "G001\n");
    let expected = json!([
        "unknown command 1B 99",
        "unknown command 1D 28 7A",
        "unknown command 1C 51",
        "alignment changed in the middle of a line",
        "a cut in the middle of a line is not carried out",
    ]);
    assert_eq!(bench.printer.state()["complaints"], expected);
}

#[test]
fn long_lines_wrap_and_a_slow_head_takes_its_time() {
    let mut bench = Bench::new();
    // Ten lines of 30 dots at 3000 dots a second: 0.1 s, of which the last need not be waited for.
    bench.printer.set_head_speed(Some(3000));
    let start = Instant::now();
    bench.send(&[[b'w'; 48 * 9 + 1].to_vec(), b"\n".to_vec(), process_id(b"SLOW")].concat());
    assert_eq!(bench.receive(7), confirmed(b"SLOW"));
    assert!(start.elapsed() >= Duration::from_millis(90), "{:?}", start.elapsed());
    assert_eq!(bench.printer.uncut_txt(), format!("{}w\n", format!("{}\n", "w".repeat(48)).repeat(9)));
}

#[test]
fn a_host_that_never_cuts_or_never_moves_the_paper_is_bounded() {
    let mut bench = Bench::new();
    bench.printer.set_cover(Cover::Open);
    bench.settle();
    bench.printer.set_cover(Cover::Closed);
    // Every letter goes back over the one before; lines of no height.
    bench.send(&b"W\x1B\\\xF4\xFF".repeat(2000));
    bench.send(b"\n\x1B3\x00");
    bench.send(&b"\x1Bd\xFF".repeat(100));
    assert!(bench.printer.wait_until(SOON, |printer| !printer.tickets().is_empty()));
    assert!(bench.printer.tickets()[0].torn);
    assert!(bench.text(1).starts_with('W'));
}
