//! The reader over a real pseudo-terminal, against a module made here from the standard's bytes
//! alone, without the driver's codec.

use std::fs::File;
use std::io::{Read, Write};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use id_reader::{Document, NextStep, Poll, Profile, Reader, ReaderFault};
use link::{LinkError, SerialLink};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// The device's side of a terminal, and the path of the other.
fn terminal() -> (File, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    (File::from(master), path)
}

fn frame(body: &[u8]) -> Vec<u8> {
    let length = (u16::try_from(body.len()).unwrap() + 1).to_be_bytes();
    let check = length.iter().chain(body).fold(0, |sum, byte| sum ^ byte);
    [&[0xAA, 0xAA, 0xAA, 0x96, 0x69][..], &length, body, &[check]].concat()
}

fn record() -> Vec<u8> {
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
    bytes
}

/// Answers `requests` requests as a module with one card on it does, then hands its side back:
/// were it dropped here, the last reply would be lost with it.
fn module(mut side: File, requests: usize) -> JoinHandle<File> {
    std::thread::spawn(move || {
        let mut card_was_read = false;
        for _ in 0..requests {
            let mut request = [0; 10];
            side.read_exact(&mut request).unwrap();
            assert_eq!(request[..7], [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03]);
            assert_eq!(request[5..].iter().fold(0, |sum, byte| sum ^ byte), 0);
            let body = match (request[7], request[8]) {
                (0x11, 0xFF) => vec![0, 0, 0x90],
                (0x20, 0x01) if card_was_read => vec![0, 0, 0x80],
                (0x20, 0x01) => vec![0, 0, 0x9F, 0, 0, 0, 0],
                (0x20, 0x02) => vec![0, 0, 0x90, 1, 2, 3, 4, 5, 6, 7, 8],
                (0x30, 0x01) => {
                    card_was_read = true;
                    let head = [0, 0, 0x90, 0x01, 0x00, 0x04, 0x00];
                    [&head[..], &record(), &[0x57; 1024]].concat()
                }
                _ => vec![0, 0, 0x21],
            };
            side.write_all(&frame(&body)).unwrap();
        }
        side
    })
}

#[test]
fn a_card_is_read_without_any_waiting_of_our_own() {
    let (side, path) = terminal();
    let link = SerialLink::open(&path, 115_200).unwrap();
    let device = module(side, 5);
    let mut reader = Reader::new(link, Profile::for_model("generic"));
    reader.status().unwrap();

    let begun = Instant::now();
    assert_eq!(reader.poll().unwrap(), Poll::Found);
    let document = reader.read().unwrap();
    // The module answers at once: some milliseconds on a busy machine, and no fixed pause.
    assert!(begun.elapsed() < Duration::from_millis(250), "{:?}", begun.elapsed());

    assert!(matches!(&document, Document::Resident(card) if card.name.as_str() == "张三"));
    assert_eq!(document.number(), "310114199602291237");
    assert_eq!(reader.poll().unwrap(), Poll::NoCard);
    drop(device.join().unwrap());

    let gone = reader.poll().unwrap_err();
    assert!(matches!(gone.fault, ReaderFault::Link(LinkError::HungUp)), "{gone}");
    assert_eq!(gone.fault.next_step(), NextStep::Reopen);
    assert!(gone.to_string().contains(&path), "{gone}");
}
