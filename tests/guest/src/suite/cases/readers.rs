//! The reader of identity cards on USB, in either layout.

use std::time::{Duration, Instant};

use emulators::cards::sample;
use emulators::reader::Fault;
use id_reader::{Document, Poll, Profile, Reader, ReaderError, ReaderFault, ReaderUsb};
use link::{Link, LinkError, UsbDevice, UsbIdentity};

use super::{BACK, PLUGGED, Verdict, back, ensure, within, words};
use crate::gadget::{Layout, Trouble, UsbReader};

/// Bytes of a reply with text and photograph that have come when the plug is pulled: more than the
/// controller keeps ready, so that the host has taken the first of them.
const MID_READ: usize = 640;
/// Calls of the driver after which a reader that went wrong once answers again.
const CALLS: usize = 3;

/// A card is read whole, and its appended address too.
pub fn identity(usb: &UsbReader) -> Verdict {
    let mut reader = within(PLUGGED, || ready(usb))?;
    usb.place(Some("moved"));
    let document = read(&mut reader)?;
    is_of("moved", &document)?;
    let addresses = reader.appended_addresses().map_err(words)?;
    ensure(addresses.len() == 1, format!("{} appended addresses", addresses.len()))?;
    usb.place(None);
    ensure(matches!(reader.poll(), Ok(Poll::NoCard)), "a lifted card is found")
}

/// A reply that begins with STALL costs no reopening.
pub fn stall(usb: &UsbReader) -> Verdict {
    survives(usb, Trouble::Stall)
}

/// So does one that is broken off with STALL.
pub fn stall_within(usb: &UsbReader) -> Verdict {
    survives(usb, Trouble::StallAfterHead)
}

/// More bytes than were due are thrown away.
pub fn babble(usb: &UsbReader) -> Verdict {
    survives(usb, Trouble::Babble(100))
}

/// A reader that never answers costs the time it is given and no more, and may answer later.
pub fn silence(usb: &UsbReader) -> Verdict {
    let mut reader = within(PLUGGED, || ready(usb))?;
    usb.inject(Fault::Silence(u32::MAX));
    let begun = Instant::now();
    let silent = reader.poll();
    let took = begun.elapsed();
    usb.inject(Fault::Silence(0));
    is_silent(&silent, took)?;
    within(BACK, || reader.poll().map_err(words)).map(drop)
}

/// The plug is pulled while the card's record crosses the bus.
pub fn unplugged_in_mid_read(usb: &UsbReader) -> Verdict {
    let mut reader = within(PLUGGED, || ready(usb))?;
    usb.place(Some("man"));
    found(&mut reader)?;
    // The selection is answered; the record is not.
    usb.trouble(1, Trouble::UnplugAfter(MID_READ));
    let begun = Instant::now();
    has_hung_up(&reader.read().map(drop))?;
    ensure(begun.elapsed() < BACK, format!("told only after {:?}", begun.elapsed()))?;
    drop(reader);
    ensure(matches!(open(usb), Err(LinkError::NotFound(_))), "there without its plug")?;
    usb.plug().map_err(words)?;
    let mut reader = back(|| open(usb).map_err(words), || ready(usb))?;
    // The card still lies there, and the module has forgotten it.
    is_of("man", &read(&mut reader)?)?;
    usb.place(None);
    Ok(())
}

/// The plug is pulled while nothing is asked.
pub fn unplugged_between_polls(usb: &UsbReader) -> Verdict {
    let mut reader = within(PLUGGED, || ready(usb))?;
    usb.unplug().map_err(words)?;
    has_hung_up(&reader.poll().map(drop))?;
    drop(reader);
    usb.plug().map_err(words)?;
    back(|| open(usb).map_err(words), || ready(usb)).map(drop)
}

/// The last rung of the ladder: afterwards the reader is there as before.
pub fn port_reset(usb: &UsbReader) -> Verdict {
    let device = within(PLUGGED, || UsbDevice::open(&identity_of(usb)).map_err(words))?;
    device.reset_port().map_err(words)?;
    back(|| open(usb).map_err(words), || ready(usb)).map(drop)
}

/// A poll and a reading, each with `trouble` on the way.
fn survives(usb: &UsbReader, trouble: Trouble) -> Verdict {
    let mut reader = within(PLUGGED, || ready(usb))?;
    usb.trouble(0, trouble);
    let begun = Instant::now();
    let mut calls = (0..CALLS).map(|_| reader.poll());
    let last = calls.find_map(Result::ok);
    ensure(usb.is_through(), "the reader was not asked")?;
    ensure(last.is_some(), format!("no answer in {CALLS} polls"))?;
    ensure(begun.elapsed() < BACK, format!("answered only after {:?}", begun.elapsed()))?;

    usb.place(Some("woman"));
    found(&mut reader)?;
    usb.trouble(1, trouble);
    let document = reader.read().or_else(|_| read_again(&mut reader, usb));
    ensure(usb.is_through(), "the record was not asked for")?;
    is_of("woman", &document.map_err(words)?)?;
    usb.place(None);
    Ok(())
}

/// The card is laid down once more, as the visitor is asked to.
fn read_again(reader: &mut Reader<ReaderUsb>, usb: &UsbReader) -> Result<Document, String> {
    usb.place(None);
    usb.place(Some("woman"));
    within(BACK, || read(reader))
}

/// Opened and answering, as its owner says `Ready`.
fn ready(usb: &UsbReader) -> Result<Reader<ReaderUsb>, String> {
    let link = open(usb).map_err(words)?;
    let told = match link.layout() {
        id_reader::Layout::Split => Layout::Split,
        id_reader::Layout::Single => Layout::Single,
    };
    ensure(told == usb.layout(), format!("taken for {told:?}"))?;
    let mut reader = Reader::new(link, impatient());
    reader.status().map_err(words)?;
    Ok(reader)
}

fn open(usb: &UsbReader) -> Result<ReaderUsb, LinkError> {
    ReaderUsb::open(&identity_of(usb))
}

fn identity_of(usb: &UsbReader) -> UsbIdentity {
    UsbIdentity { serial: Some(usb.serial().to_owned()), ..UsbIdentity::product(0x0400, 0xC35A) }
}

/// The generic profile, with a second for everything.
pub fn impatient() -> Profile {
    let mut profile = Profile::generic();
    let second = Duration::from_secs(1);
    profile.timeouts = id_reader::Timeouts { find: second, read: second * 2, reply: second };
    profile
}

/// Finds the card that was just laid down.
pub fn found<L: Link>(reader: &mut Reader<L>) -> Verdict {
    within(BACK, || match reader.poll() {
        Ok(Poll::Found) => Ok(()),
        Ok(Poll::NoCard) => Err("no card is found".to_owned()),
        Err(e) => Err(words(e)),
    })
}

/// Finds and reads the card that was just laid down.
pub fn read<L: Link>(reader: &mut Reader<L>) -> Result<Document, String> {
    found(reader)?;
    reader.read().map_err(words)
}

/// Whether `document` is what stands on the sample card `name`, by the card's own bytes.
pub fn is_of(name: &str, document: &Document) -> Verdict {
    let card = sample(name).ok_or("no such sample")?;
    let record = card.record();
    let field = |at: usize, bytes: usize| {
        let units = record[at..at + bytes].chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        let text: String = char::decode_utf16(units).filter_map(Result::ok).collect();
        text.trim_end().to_owned()
    };
    ensure(document.name().as_str() == field(0, 30), "another name than on the card")?;
    ensure(document.number() == field(122, 36), "another number than on the card")
}

/// Whether the reader's connection told that its device has gone.
pub fn has_hung_up(outcome: &Result<(), ReaderError>) -> Verdict {
    match outcome {
        Err(ReaderError { fault: ReaderFault::Link(LinkError::HungUp), .. }) => Ok(()),
        Err(other) => Err(format!("hung up, and said: {other}")),
        Ok(()) => Err("hung up, and unnoticed".to_owned()),
    }
}

/// Whether a poll that met silence said so, and in time.
pub fn is_silent(poll: &Result<Poll, ReaderError>, took: Duration) -> Verdict {
    match poll {
        Err(ReaderError { fault: ReaderFault::NoAnswer { .. }, .. }) => {}
        Err(other) => return Err(format!("silent, and said: {other}")),
        Ok(_) => return Err("silent, and unnoticed".to_owned()),
    }
    // Three tries of a second, and draining.
    ensure(took >= Duration::from_millis(900), format!("given up after {took:?}"))?;
    ensure(took < Duration::from_secs(6), format!("given up only after {took:?}"))
}
