//! USB devices through the real libusb, against an emulator at the kernel's interface.

use std::time::{Duration, Instant};

use link::record::{Plain, Recorded, Recorder};
use link::{Address, Link, LinkError, UsbDevice, UsbIdentity, UsbLink};

#[path = "usb/bench.rs"]
mod bench;
use bench::plugged_in;

/// More than a deadline may be overstayed by on a busy machine.
const SLACK: Duration = Duration::from_millis(600);

fn within(ms: u64) -> Instant {
    Instant::now() + Duration::from_millis(ms)
}

fn printer() -> UsbIdentity {
    UsbIdentity::product(0x0416, 0x5011)
}

#[test]
fn a_printer_is_found_asked_and_written_to() {
    plugged_in("printer", "a_printer_is_found_asked_and_written_to", |mut hand| {
        let mut link = UsbLink::open(&printer()).unwrap();
        assert_eq!(link.name(), "usb 0416:5011:S-0001@1-1");
        assert!(link.is_printer());
        assert_eq!(link.port_status(within(2_000)).unwrap(), 0x18);
        assert_eq!(link.device_id(within(2_000)).unwrap(), "MFG:KIOSK;MDL:TP80;CMD:ESC/POS;");
        link.soft_reset(within(2_000)).unwrap();

        link.write_all(&[0x10, 0x04, 0x01], within(2_000)).unwrap();
        let mut answer = [0; 16];
        assert_eq!(link.read(&mut answer, within(2_000)).unwrap(), 1);
        assert_eq!(answer[0], 0x12);

        let before = hand.tell("took");
        link.write_all(&vec![0x55; 200_000], within(20_000)).unwrap();
        assert_eq!(hand.tell("took") - before, 200_000);
    });
}

#[test]
fn an_answer_that_fills_its_packet_is_not_waited_for() {
    plugged_in("printer", "an_answer_that_fills_its_packet_is_not_waited_for", |_| {
        let mut link = UsbLink::open(&printer()).unwrap();
        link.write_all(&[0x1D, 0x49, 0x01], within(2_000)).unwrap();
        let begun = Instant::now();
        let mut answer = [0; 256];
        assert_eq!(link.read(&mut answer[..10], within(20_000)).unwrap(), 10);
        assert_eq!(link.read(&mut answer, within(20_000)).unwrap(), 54, "the rest of the packet");
        assert!(begun.elapsed() < Duration::from_secs(10));
    });
}

#[test]
fn a_silent_and_a_deaf_device_cost_the_deadline() {
    plugged_in("printer", "a_silent_and_a_deaf_device_cost_the_deadline", |mut hand| {
        let mut link = UsbLink::open(&printer()).unwrap();
        let begun = Instant::now();
        let silent = link.read(&mut [0; 8], begun + Duration::from_millis(200));
        assert!(matches!(silent, Err(LinkError::Timeout { taken: 0 })), "{silent:?}");
        let waited = begun.elapsed();
        assert!(waited >= Duration::from_millis(200) && waited < Duration::from_millis(200) + SLACK);

        hand.tell("deaf");
        let stalled = link.write_all(&[0; 100], within(200));
        assert!(matches!(stalled, Err(LinkError::Timeout { taken: 0 })), "{stalled:?}");
        hand.tell("hear");
        link.write_all(&[0x10, 0x04, 0x01], within(2_000)).unwrap();
        link.read_exact(&mut [0; 1], within(2_000)).unwrap();
    });
}

#[test]
fn a_refused_transfer_is_told_and_the_next_one_works() {
    plugged_in("printer", "a_refused_transfer_is_told_and_the_next_one_works", |mut hand| {
        let mut link = UsbLink::open(&printer()).unwrap();
        hand.tell("stall");
        let refused = link.write_all(&[0x10, 0x04, 0x01], within(2_000));
        assert!(matches!(refused, Err(LinkError::Halted)), "{refused:?}");
        assert_eq!(hand.tell("halts"), 1, "the endpoint was made ready again");
        link.write_all(&[0x10, 0x04, 0x01], within(2_000)).unwrap();

        hand.tell("stall");
        let refused = link.read(&mut [0; 8], within(2_000));
        assert!(matches!(refused, Err(LinkError::Halted)), "{refused:?}");
        assert_eq!(link.read(&mut [0; 8], within(2_000)).unwrap(), 1);

        hand.tell("babble");
        link.write_all(&[0x10, 0x04, 0x01], within(2_000)).unwrap();
        let babble = link.read(&mut [0; 8], within(2_000));
        assert!(matches!(babble, Err(LinkError::Overrun)), "{babble:?}");
    });
}

#[test]
fn a_device_pulled_while_a_read_waits_hangs_up_and_comes_back_by_its_address() {
    let test = "a_device_pulled_while_a_read_waits_hangs_up_and_comes_back_by_its_address";
    plugged_in("printer", test, |mut hand| {
        let address: Address = "usb:0416:5011:S-0001".parse().unwrap();
        let recorder = Recorder::new("printer", "generic", Plain);
        let mut link = Recorded::new(address.open(0, within(2_000)).unwrap(), recorder.clone());
        let begun = Instant::now();
        let pull = std::thread::spawn(move || {
            hand.tell("unplug");
            hand
        });
        let gone = link.read(&mut [0; 8], begun + Duration::from_secs(20));
        assert!(matches!(gone, Err(LinkError::HungUp)), "{gone:?}");
        assert!(begun.elapsed() < Duration::from_secs(10), "noticed at once, not at the deadline");
        let mut hand = pull.join().unwrap();
        drop(link);
        let absent = address.open(0, within(2_000)).map(|_| ()).unwrap_err();
        assert!(matches!(&absent, LinkError::NotFound(name) if name.contains("0416:5011")), "{absent}");

        hand.tell("plug");
        let mut link = Recorded::new(address.open(0, within(2_000)).unwrap(), recorder.clone());
        link.write_all(&[0x10, 0x04, 0x01], within(2_000)).unwrap();
        link.read_exact(&mut [0; 1], within(2_000)).unwrap();
        let text = recorder.snapshot("unplugged").to_string();
        assert_eq!(text.matches("! opened").count(), 2, "{text}");
        assert!(text.contains("! hung-up") && text.ends_with("< 12\n"), "{text}");
    });
}

#[test]
fn another_serial_number_or_place_is_another_device() {
    plugged_in("printer", "another_serial_number_or_place_is_another_device", |_| {
        for (text, there) in [
            ("0416:5011", true),
            ("0416:5011:S-0001", true),
            ("0416:5011@1-1", true),
            ("0416:5011:S-0001@1-1", true),
            ("0416:5011:S-0002", false),
            ("0416:5011@1-2", false),
            ("0416:5012", false),
        ] {
            let opened = UsbDevice::open(&text.parse().unwrap());
            assert_eq!(opened.is_ok(), there, "{text}: {opened:?}");
        }
        let found = link::discover();
        let found = found.iter().find(|f| f.address.to_string() == "usb:0416:5011:S-0001");
        assert_eq!(found.unwrap().description, "USB KIOSK Thing 0416:5011:S-0001@1-1");
    });
}

#[test]
fn a_port_is_reset() {
    plugged_in("printer", "a_port_is_reset", |mut hand| {
        let address: Address = "usb:0416:5011".parse().unwrap();
        address.reset_port().unwrap();
        assert_eq!(hand.tell("resets"), 1);
        UsbLink::open(&printer()).unwrap();
    });
}

#[test]
fn a_device_with_four_pipes_is_no_single_pair() {
    plugged_in("reader-split", "a_device_with_four_pipes_is_no_single_pair", |_| {
        let identity = UsbIdentity::product(0x0400, 0xC35A);
        let device = UsbDevice::open(&identity).unwrap();
        let pipes: Vec<u8> = device.interfaces()[0].endpoints.iter().map(|e| e.address).collect();
        assert_eq!(pipes, [0x02, 0x06, 0x81, 0x85]);
        assert!(matches!(UsbLink::over(device), Err(LinkError::Io(_))));
    });
}
