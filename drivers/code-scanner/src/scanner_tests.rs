use link::ScriptedLink;

use super::*;
use crate::{NextStep, Terminator};

fn scanner(link: ScriptedLink) -> CodeScanner<ScriptedLink> {
    CodeScanner::new(link, Profile::generic())
}

/// What each of the next `times` polls led to, in words.
fn told(scanner: &mut CodeScanner<ScriptedLink>, times: usize) -> Vec<String> {
    (0..times)
        .map(|_| match scanner.poll(Instant::now()) {
            Ok(Some(token)) => token.reveal().to_owned(),
            Ok(None) => "-".to_owned(),
            Err(error) => format!("{:?}", error.fault),
        })
        .collect()
}

#[test]
fn a_code_comes_in_any_pieces_and_several_in_one() {
    let code = "https://ssm.sh.gov.cn/q?t=0123456789ABCDEF";
    for piece in [1, 2, 3, 7, 100] {
        let bytes = format!("{code}\r\nA-42\rB-43\n");
        let mut scanner = scanner(ScriptedLink::new("scanner").answer_in_pieces(bytes.as_bytes(), piece));
        assert_eq!(told(&mut scanner, 4), [code, "A-42", "B-43", "-"], "in pieces of {piece}");
        assert!(scanner.link.is_finished() && scanner.lines.is_clean());
        assert!(scanner.inbox.bytes.iter().all(|byte| *byte == 0));
    }
}

#[test]
fn a_code_seen_again_at_once_is_one_scan() {
    let bytes = b"one\rone\rone\rtwo\rone\r";
    let mut seen = scanner(ScriptedLink::new("scanner").answer(bytes));
    assert_eq!(told(&mut seen, 6), ["one", "-", "-", "two", "one", "-"]);
    // Without a window every scan counts.
    let profile = Profile { repeat_window: Duration::ZERO, ..Profile::generic() };
    let mut seen = CodeScanner::new(ScriptedLink::new("scanner").answer(bytes), profile);
    assert_eq!(told(&mut seen, 6), ["one", "one", "one", "two", "one", "-"]);
}

#[test]
fn a_code_that_breaks_off_is_told_after_silence_and_does_not_spoil_the_next() {
    let link = ScriptedLink::new("scanner").answer(b"half a co").silence().answer(b"whole\r");
    assert_eq!(told(&mut scanner(link), 3), ["Unterminated { bytes: 9 }", "whole", "-"]);
}

#[test]
fn a_refused_line_is_told_once_and_the_line_taken_up_again_at_its_end_or_after_silence() {
    let long = [b"x".repeat(600), b"yyy\rnext\r".to_vec()].concat();
    let link = ScriptedLink::new("scanner").answer_in_pieces(&long, 64);
    assert_eq!(told(&mut scanner(link), 3), ["TooLong { longest: 512 }", "next", "-"]);
    let link = ScriptedLink::new("scanner").answer(b"\x01\x02rest").silence().answer(b"next\r");
    assert_eq!(told(&mut scanner(link), 4), ["ControlBytes", "-", "next", "-"]);
}

#[test]
fn a_flood_costs_each_call_a_bounded_time() {
    struct Flood(u8);
    impl Link for Flood {
        fn read(&mut self, buf: &mut [u8], _: Instant) -> Result<usize, LinkError> {
            buf.fill(self.0);
            Ok(buf.len())
        }
        fn write_all(&mut self, _: &[u8], _: Instant) -> Result<(), LinkError> {
            unreachable!("nothing is sent to a scanner")
        }
        fn name(&self) -> &str {
            "flood"
        }
    }
    let far = Instant::now() + Duration::from_secs(3_600);
    let mut scanner = CodeScanner::new(Flood(b'x'), Profile::generic());
    let first = scanner.poll(far).unwrap_err();
    assert!(matches!(first.fault, CodeFault::TooLong { longest: 512 }));
    assert!(matches!(scanner.poll(far), Ok(None)), "told once");
    let mut blank = CodeScanner::new(Flood(b'\r'), Profile::generic());
    assert!(matches!(blank.poll(far), Ok(None)));
}

#[test]
fn a_hang_up_is_told_and_what_had_come_is_wiped() {
    let mut scanner = scanner(ScriptedLink::new("serial /dev/x").answer(b"half").hang_up());
    let error = scanner.poll(Instant::now()).unwrap_err();
    assert!(matches!(error.fault, CodeFault::Link(LinkError::HungUp)));
    assert_eq!(error.fault.next_step(), NextStep::Reopen);
    assert!(scanner.lines.is_clean() && !scanner.lines.is_in_line());
    let text = error.to_string();
    assert!(text.starts_with("code scanner (generic on serial /dev/x): the device has hung up"), "{text}");
}

#[test]
fn no_fault_shows_anything_of_a_code() {
    for bytes in [&b"SECRET\x01SECRET\r"[..], b"SECRET\xFF\r", b"SECRET"] {
        let error = scanner(ScriptedLink::new("scanner").answer(bytes)).poll(Instant::now()).unwrap_err();
        assert_eq!(error.fault.next_step(), NextStep::ScanAgain);
        let text = format!("{error} {error:?}");
        assert!(!text.contains("SECRET") && text.contains("scan"), "{text}");
    }
}

#[test]
fn a_strict_scanner_takes_only_its_own_terminator() {
    let profile = Profile { terminator: Terminator::CrLf, ..Profile::generic() };
    let link = ScriptedLink::new("scanner").answer(b"one\r").answer(b"\ntwo\rx\r\n").answer(b"three\r\n");
    let mut scanner = CodeScanner::new(link, profile);
    assert_eq!(told(&mut scanner, 4), ["one", "ControlBytes", "three", "-"]);
}
