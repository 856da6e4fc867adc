//! A reader and a printer behind USB-to-serial converters (FTDI), whose far ends the host has.

use std::time::Instant;

use guest::report::{Answer, Ask, Converter};
use id_reader::{Poll, Reader};
use link::{LinkError, SerialLink};
use ticket_printer::{LineSpeed, Printer};

use super::readers::{found, has_hung_up, impatient, is_of, is_silent, read};
use super::usb_printer::{self, is_among, printed, profile};
use super::{BACK, PLUGGED, Stage, Verdict, back, ensure, within, words};

/// A card is read, at the speed that the driver has asked the converter for.
pub fn identity(stage: &mut Stage) -> Verdict {
    let mut reader = within(PLUGGED, reader)?;
    stage.host.ask(Ask::Place(Some("hong_kong".to_owned())))?;
    is_of("hong_kong", &read(&mut reader)?)?;
    stage.host.ask(Ask::Place(None))?;
    ensure(matches!(reader.poll(), Ok(Poll::NoCard)), "a lifted card is found")?;
    is_set(stage, Converter::Reader)
}

/// A reader that does not answer costs the time it is given and no more.
pub fn silence(stage: &mut Stage) -> Verdict {
    let mut reader = within(PLUGGED, reader)?;
    stage.host.ask(Ask::Silence(true))?;
    let begun = Instant::now();
    let silent = reader.poll();
    let took = begun.elapsed();
    stage.host.ask(Ask::Silence(false))?;
    is_silent(&silent, took)?;
    within(BACK, || reader.poll().map_err(words)).map(drop)
}

/// The converter is pulled while an answer is waited for, and put back.
pub fn unplugged(stage: &mut Stage) -> Verdict {
    let mut reader = within(PLUGGED, reader)?;
    stage.host.ask(Ask::Silence(true))?;
    stage.host.ask(Ask::UnplugSoon(Converter::Reader, 300))?;
    let begun = Instant::now();
    has_hung_up(&reader.poll().map(drop))?;
    ensure(begun.elapsed() < BACK, format!("told only after {:?}", begun.elapsed()))?;
    stage.host.ask(Ask::Silence(false))?;
    drop(reader);
    within(PLUGGED, || match SerialLink::open(&path(Converter::Reader), 115_200) {
        Err(LinkError::NotFound(_)) => Ok(()),
        Err(e) => Err(words(e)),
        Ok(_) => Err("there without its plug".to_owned()),
    })?;
    stage.host.ask(Ask::Plug(Converter::Reader))?;
    stage.host.ask(Ask::Place(Some("taiwan".to_owned())))?;
    let mut reader = back(|| open(Converter::Reader), self::reader)?;
    found(&mut reader)?;
    is_of("taiwan", &reader.read().map_err(words)?)?;
    stage.host.ask(Ask::Place(None)).map(drop)
}

/// A ticket is printed over the slow line.
pub fn ticket(stage: &mut Stage) -> Verdict {
    let mut printer = within(PLUGGED, printer)?;
    let status = printer.status().map_err(words)?;
    ensure(status.fault().is_none(), format!("it says {:?}", status.fault()))?;
    printed(&mut printer, "B007", 7)?;
    within(BACK, || is_among("B007", &tickets(stage)?))?;
    is_set(stage, Converter::Printer)
}

/// The printer's converter is pulled while nothing is asked, and put back.
pub fn printer_unplugged(stage: &mut Stage) -> Verdict {
    let mut printer = within(PLUGGED, printer)?;
    stage.host.ask(Ask::Unplug(Converter::Printer))?;
    usb_printer::has_hung_up(&printer.status().map(drop))?;
    drop(printer);
    stage.host.ask(Ask::Plug(Converter::Printer))?;
    let mut printer = back(|| open(Converter::Printer), self::printer)?;
    printed(&mut printer, "B008", 8)?;
    within(BACK, || is_among("B008", &tickets(stage)?))
}

fn reader() -> Result<Reader<SerialLink>, String> {
    let mut reader = Reader::new(open(Converter::Reader)?, impatient());
    reader.status().map_err(words)?;
    Ok(reader)
}

fn printer() -> Result<Printer<SerialLink>, String> {
    let speed = LineSpeed::Serial(Converter::Printer.baud());
    let mut printer = Printer::over(open(Converter::Printer)?, profile(), speed);
    printer.init().map_err(words)?;
    printer.status().map_err(words)?;
    Ok(printer)
}

fn open(converter: Converter) -> Result<SerialLink, String> {
    SerialLink::open(&path(converter), converter.baud()).map_err(words)
}

/// By the socket the converter is plugged into, whatever number it has got.
pub fn path(converter: Converter) -> String {
    format!("/dev/serial/by-path/pci-0000:00:02.0-usb-0:{}:1.0-port0", converter.port())
}

fn tickets(stage: &mut Stage) -> Result<Vec<String>, String> {
    match stage.host.ask(Ask::Tickets)? {
        Answer::Tickets(texts) => Ok(texts),
        other => Err(format!("the host answered {other:?}")),
    }
}

fn is_set(stage: &mut Stage, converter: Converter) -> Verdict {
    let speed = stage.host.ask(Ask::Speed(converter))?;
    ensure(speed == Answer::Speed(converter.baud()), format!("the converter is set to {speed:?}"))
}
