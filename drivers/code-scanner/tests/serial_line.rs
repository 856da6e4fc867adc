//! The driver against the emulated scanner, over a pseudo-terminal.

use std::time::{Duration, Instant};

use code_scanner::{CodeError, CodeFault, CodeScanner, NextStep, Profile, Token};
use emulators::code_scanner::{CodeScannerEmulator, Fault};
use link::{LinkError, SerialLink};

const CODE: &str = "https://ssm.sh.gov.cn/q?t=6f1c2d3e4a5b";

struct Hall {
    dir: tempfile::TempDir,
    device: CodeScannerEmulator,
}

impl Hall {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let device = CodeScannerEmulator::start(dir.path(), 115_200).unwrap();
        Self { dir, device }
    }

    /// The driver, once the line has seen that somebody listens.
    fn driver(&self) -> CodeScanner<SerialLink> {
        let path = self.dir.path().join("dev").join(CodeScannerEmulator::PORT);
        let link = SerialLink::open(path.to_str().unwrap(), 115_200).unwrap();
        CodeScanner::new(link, Profile { baud: 115_200, ..Profile::generic() })
    }
}

/// The next code or fault; polls that bring nothing are repeated.
fn next(driver: &mut CodeScanner<SerialLink>) -> Result<Token, CodeError> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(token) = driver.poll(Instant::now() + Duration::from_millis(250))? {
            return Ok(token);
        }
        assert!(Instant::now() < end, "no code came");
    }
}

#[test]
fn codes_arrive_once_each_and_damage_is_told() {
    let hall = Hall::new();
    let mut driver = hall.driver();
    hall.device.show(CODE);
    hall.device.show(CODE);
    hall.device.show("A-42");
    assert_eq!(next(&mut driver).unwrap().reveal(), CODE);
    assert_eq!(next(&mut driver).unwrap().reveal(), "A-42", "the repeat is no second scan");

    for fault in [Fault::Garble, Fault::NoTerminator, Fault::BreakOff(5), Fault::Flood(2_000)] {
        hall.device.inject(fault);
        hall.device.show(CODE);
        let error = next(&mut driver).expect_err("a fault");
        assert_eq!(error.fault.next_step(), NextStep::ScanAgain);
        let expected = match (fault, &error.fault) {
            (Fault::Garble, CodeFault::ControlBytes) => true,
            (Fault::NoTerminator, CodeFault::Unterminated { bytes }) => *bytes == CODE.len(),
            (Fault::BreakOff(n), CodeFault::Unterminated { bytes }) => *bytes == n,
            (Fault::Flood(_), CodeFault::TooLong { longest }) => *longest == 512,
            _ => false,
        };
        assert!(expected, "{fault:?}: {error}");
        // The scanner is at once usable again.
        hall.device.show(CODE);
        assert_eq!(next(&mut driver).unwrap().reveal(), CODE, "after {fault:?}");
        hall.device.show("B-1");
        assert_eq!(next(&mut driver).unwrap().reveal(), "B-1");
    }
    assert_eq!(hall.device.state()["unwanted"], 0, "nothing is sent to a scanner");
}

#[test]
fn a_scanner_that_is_pulled_and_plugged_in_again_goes_on() {
    let hall = Hall::new();
    let mut driver = hall.driver();
    hall.device.show(CODE);
    next(&mut driver).unwrap();
    hall.device.unplug();
    let error = next(&mut driver).expect_err("it was pulled");
    assert!(matches!(error.fault, CodeFault::Link(LinkError::HungUp)), "{error}");
    assert_eq!(error.fault.next_step(), NextStep::Reopen);
    drop(driver);
    hall.device.plug().unwrap();
    let mut driver = hall.driver();
    hall.device.show(CODE);
    assert_eq!(next(&mut driver).unwrap().reveal(), CODE);
}

#[test]
fn a_poll_without_a_code_costs_its_deadline_and_no_more() {
    let hall = Hall::new();
    let mut driver = hall.driver();
    let begun = Instant::now();
    let deadline = begun + Duration::from_millis(100);
    assert!(driver.poll(deadline).unwrap().is_none());
    assert!(Instant::now() >= deadline && begun.elapsed() < Duration::from_secs(10));
}
