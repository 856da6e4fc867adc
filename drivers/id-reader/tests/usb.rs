//! The reader on USB, in both layouts, through the real libusb; the device is made from the
//! standard's bytes alone.

use std::time::{Duration, Instant};

use id_reader::{
    CardRedactor, DRIVER, Document, Layout, NextStep, Poll, Profile, Reader, ReaderError, ReaderFault,
    ReaderUsb, replay,
};
use link::record::{Recorded, Recorder, Recording};
use link::{Address, Failure, Ladder, LinkError, Rung, UsbIdentity};

#[path = "../../link/tests/usb/bench.rs"]
mod bench;
use bench::{Hand, plugged_in};

/// Impatient, so that a silent module does not keep the test.
fn profile() -> Profile {
    let mut profile = Profile::generic();
    profile.timeouts.find = Duration::from_millis(300);
    profile.timeouts.read = Duration::from_millis(1_000);
    profile.timeouts.reply = Duration::from_millis(1_000);
    profile
}

fn reader(recorder: &Recorder) -> Reader<Recorded<ReaderUsb>> {
    let link = ReaderUsb::open(&UsbIdentity::product(ReaderUsb::VENDOR, ReaderUsb::PRODUCT)).unwrap();
    Reader::new(Recorded::new(link, recorder.clone()), profile())
}

fn recorder() -> Recorder {
    Recorder::new(DRIVER, "generic", CardRedactor::default())
}

fn lay_a_card(hand: &mut Hand) {
    let mut bytes: Vec<u8> = [0x20, 0x00].repeat(128);
    for (at, text) in [
        (0, "张三"),
        (30, "1"),
        (32, "01"),
        (36, "19960229"),
        (52, "上海市嘉定区样本路4号"),
        (122, "310114199602291237"),
        (158, "上海市公安局嘉定分局"),
        (188, "20200101"),
        (204, "20400101"),
    ] {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        for (to, from) in bytes[at..].iter_mut().zip(units) {
            *to = from;
        }
    }
    let hex: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    hand.tell(&format!("record {}", hex.concat()));
}

/// Runs a test in both layouts. Its second run, with a device plugged in, is one of the two.
fn in_both(test: &str, body: impl Fn(Hand)) {
    for kind in ["reader-single", "reader-split"] {
        plugged_in(kind, test, &body);
        if bench::is_plugged_in() {
            return;
        }
    }
}

#[test]
fn the_layout_is_found_out() {
    plugged_in("reader-single", "the_layout_is_found_out", |_| {
        let link = ReaderUsb::open(&UsbIdentity::product(0x0400, 0xC35A)).unwrap();
        assert_eq!(link.layout(), Layout::Single);
    });
}

#[test]
fn the_split_layout_is_found_out() {
    plugged_in("reader-split", "the_split_layout_is_found_out", |_| {
        let link = ReaderUsb::open(&UsbIdentity::product(0x0400, 0xC35A)).unwrap();
        assert_eq!(link.layout(), Layout::Split);
    });
}

#[test]
fn a_card_is_read_recorded_and_played_again() {
    in_both("a_card_is_read_recorded_and_played_again", |mut hand| {
        lay_a_card(&mut hand);
        let recorder = recorder();
        let mut reader = reader(&recorder);
        reader.status().unwrap();
        assert_eq!(reader.poll().unwrap(), Poll::Found);
        let begun = Instant::now();
        let document = reader.read().unwrap();
        assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
        assert!(matches!(&document, Document::Resident(card) if card.name.as_str() == "张三"));
        assert_eq!(document.number(), "310114199602291237");
        assert!(reader.appended_addresses().unwrap().is_empty());

        let text = recorder.snapshot("none").to_string();
        let name: Vec<String> =
            "张三".encode_utf16().flat_map(u16::to_le_bytes).map(|b| format!("{b:02X}")).collect();
        assert!(!text.contains(&name.join(" ")) && !text.contains("57*"), "{text}");
        let transcript = replay(&Recording::parse(&text).unwrap()).unwrap();
        assert_eq!(transcript.calls.len(), 4);
    });
}

#[test]
fn a_refused_transfer_is_told_and_got_over() {
    in_both("a_refused_transfer_is_told_and_got_over", |mut hand| {
        let recorder = recorder();
        let mut reader = reader(&recorder);
        reader.status().unwrap();
        hand.tell("stall");
        let error = reader.poll().unwrap_err();
        assert!(matches!(error.fault, ReaderFault::Link(LinkError::Halted)), "{error}");
        assert_eq!(error.fault.failure(), Some(Failure::Garbled));
        assert_eq!(hand.tell("halts"), 1);
        reader.resynchronise().unwrap();
        assert_eq!(reader.poll().unwrap(), Poll::Found);
        replay(&recorder.snapshot("halted")).unwrap();
    });
}

#[test]
fn a_silent_module_is_told_and_its_late_answer_thrown_away() {
    in_both("a_silent_module_is_told_and_its_late_answer_thrown_away", |mut hand| {
        let recorder = recorder();
        let mut reader = reader(&recorder);
        reader.status().unwrap();
        hand.tell("silent");
        let error = reader.poll().unwrap_err();
        assert!(matches!(error.fault, ReaderFault::NoAnswer { .. }), "{error}");
        hand.tell("speak");
        reader.resynchronise().unwrap();
        assert_eq!(reader.poll().unwrap(), Poll::Found);
        replay(&recorder.snapshot("silent")).unwrap();
    });
}

#[test]
fn what_was_left_from_before_is_thrown_away() {
    in_both("what_was_left_from_before_is_thrown_away", |mut hand| {
        // In the split layout, the body of a reply whose head somebody has read.
        hand.tell("say 00009fffffffff97");
        let recorder = recorder();
        let mut reader = reader(&recorder);
        reader.status().unwrap();
        assert_eq!(reader.poll().unwrap(), Poll::Found);
        let text = recorder.snapshot("stray").to_string();
        assert!(text.lines().nth(8).unwrap().contains(" < "), "it was read first: {text}");
        replay(&recorder.snapshot("stray")).unwrap();
    });
}

#[test]
fn a_body_longer_than_its_head_says_is_told_and_got_over() {
    in_both("a_body_longer_than_its_head_says_is_told_and_got_over", |mut hand| {
        let recorder = recorder();
        let mut reader = reader(&recorder);
        reader.status().unwrap();
        hand.tell("say 00009fffffffffff00112233445566778899");
        if let Err(error) = reader.poll() {
            assert_eq!(error.fault.failure(), Some(Failure::Garbled), "{error}");
            reader.resynchronise().unwrap();
        }
        assert_eq!(reader.poll().unwrap(), Poll::Found);
        replay(&recorder.snapshot("stray")).unwrap();
    });
}

#[test]
fn a_reader_pulled_and_plugged_in_again_is_opened_anew() {
    in_both("a_reader_pulled_and_plugged_in_again_is_opened_anew", |mut hand| {
        lay_a_card(&mut hand);
        let recorder = recorder();
        let mut reader1 = reader(&recorder);
        reader1.poll().unwrap();
        hand.tell("unplug");
        let error = reader1.read().unwrap_err();
        assert!(matches!(error.fault, ReaderFault::Link(LinkError::HungUp)), "{error}");
        assert_eq!(
            (error.fault.next_step(), error.fault.failure()),
            (NextStep::Reopen, Some(Failure::Absent))
        );
        drop(reader1);

        hand.tell("plug");
        let plugged = Instant::now();
        let address: Address = "usb:0400:c35a".parse().unwrap();
        let link = id_reader::open(&address, &profile(), plugged + Duration::from_secs(3)).unwrap();
        let mut reader = Reader::new(Recorded::new(link, recorder.clone()), profile());
        assert_eq!(reader.poll().unwrap(), Poll::Found);
        assert_eq!(reader.read().unwrap().number(), "310114199602291237");
        assert!(plugged.elapsed() < Duration::from_secs(3));
        replay(&recorder.snapshot("pulled")).unwrap();
    });
}

/// An owner in small: climbs the ladder until the reader says that it is ready.
struct Owner {
    address: Address,
    ladder: Ladder,
    reader: Option<Reader<Box<dyn link::Link>>>,
}

impl Owner {
    fn open(&mut self) -> Result<(), Failure> {
        // The old link goes first: an interface is claimed once.
        self.reader = None;
        let opened = id_reader::open(&self.address, &profile(), Instant::now() + Duration::from_secs(2));
        let link = opened.map_err(|error| Failure::from(&error))?;
        self.reader.insert(Reader::new(link, profile())).status().map_err(|e| e.fault.failure().unwrap())
    }

    fn with(
        &mut self,
        work: impl Fn(&mut Reader<Box<dyn link::Link>>) -> Result<(), ReaderError>,
    ) -> Result<(), Failure> {
        let reader = self.reader.as_mut().ok_or(Failure::Absent)?;
        work(reader).map_err(|error| error.fault.failure().unwrap())
    }

    fn climb(&mut self, mut how: Failure) -> Vec<Rung> {
        let mut climbed = Vec::new();
        loop {
            let step = self.ladder.failed(how);
            std::thread::sleep(step.pause);
            climbed.push(step.rung);
            let tried = match step.rung {
                Rung::Drain => self.with(Reader::resynchronise),
                Rung::ProtocolReset => self.with(|reader| reader.reset().and_then(|()| reader.status())),
                Rung::Reopen => self.open(),
                Rung::PortReset => {
                    self.reader = None;
                    let _ = self.address.reset_port();
                    self.open()
                }
            };
            match tried {
                Ok(()) => {
                    self.ladder.worked();
                    return climbed;
                }
                Err(failed) => how = failed,
            }
        }
    }
}

#[test]
fn in_whatever_state_it_went_it_is_ready_again_within_three_seconds() {
    in_both("in_whatever_state_it_went_it_is_ready_again_within_three_seconds", |mut hand| {
        let address: Address = "usb:0400:c35a:S-0001".parse().unwrap();
        let mut owner = Owner { address, ladder: Ladder::new(true, true), reader: None };
        owner.open().unwrap();
        for state in ["speak", "silent", "deaf", "stall", "babble", "say 0000"] {
            hand.tell(state);
            let failed = owner.with(|reader| reader.poll().map(drop)).err();
            hand.tell("unplug");
            // The owner climbs while nothing is there, and a hand plugs the reader in meanwhile.
            let plugged = std::thread::scope(|scope| {
                let climbing = scope.spawn(|| owner.climb(failed.unwrap_or(Failure::Absent)));
                hand.tell("plug");
                let plugged = Instant::now();
                climbing.join().unwrap();
                plugged
            });
            assert!(plugged.elapsed() < Duration::from_secs(3), "{state}: {:?}", plugged.elapsed());
            owner.with(|reader| reader.poll().map(drop)).unwrap();
        }
    });
}

#[test]
fn a_reader_that_stops_answering_is_climbed_to_and_back() {
    in_both("a_reader_that_stops_answering_is_climbed_to_and_back", |mut hand| {
        let address: Address = "usb:0400:c35a".parse().unwrap();
        let mut owner = Owner { address, ladder: Ladder::new(true, true), reader: None };
        owner.open().unwrap();
        hand.tell("silent");
        let failed = owner.with(|reader| reader.poll().map(drop)).unwrap_err();
        assert_eq!(failed, Failure::Silent);
        let (climbed, speaking) = std::thread::scope(|scope| {
            let climbing = scope.spawn(|| owner.climb(failed));
            // Power comes back once the port was reset in vain.
            let until = Instant::now() + Duration::from_secs(30);
            while hand.tell("resets") == 0 && Instant::now() < until {
                std::thread::yield_now();
            }
            hand.tell("speak");
            let speaking = Instant::now();
            (climbing.join().unwrap(), speaking)
        });
        assert!(speaking.elapsed() < Duration::from_secs(3), "{:?}", speaking.elapsed());
        let wanted =
            [Rung::Drain, Rung::ProtocolReset, Rung::Reopen, Rung::Reopen, Rung::Reopen, Rung::PortReset];
        assert_eq!(climbed[..6], wanted);
        owner.with(|reader| reader.poll().map(drop)).unwrap();
    });
}
