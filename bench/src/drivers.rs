//! The drivers by themselves, against emulated devices at true pace.

use crate::rows::Row;
use crate::wire::{READ_REPLY, card};
use emulators::reader::{Reader as Emulated, Timing};
use id_reader::{Poll, Profile, Reader};
use link::SerialLink;
use std::time::{Duration, Instant};

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Bits per second.
const BAUD: u32 = 115_200;
/// Cards measured, after one that is not.
const CARDS: usize = 21;
/// From the last byte on the line to the decoded identity, in milliseconds.
const DECODE_GOAL: f64 = 1.0;
/// How long a card may take to be found.
const PATIENCE: Duration = Duration::from_secs(10);

/// `identity_decode`: what decoding adds to the wire.
pub fn identity_decode() -> Result<Row, Fatal> {
    let folder = tempfile::tempdir()?;
    let emulated = Emulated::start(folder.path(), BAUD, Timing::default())?;
    let link = SerialLink::open(&emulated.path().display().to_string(), BAUD)?;
    let mut reader = Reader::new(link, Profile::for_model("sam-v-cmn"));
    let mut waits = Vec::new();
    for n in 0..=CARDS {
        emulated.place(Some(card(n)?));
        find(&mut reader)?;
        let document = reader.read()?;
        let decoded = Instant::now();
        let last = last_byte(&emulated, n)?;
        if document.number().is_empty() {
            return Err("a card without a number".into());
        }
        if n > 0 {
            waits.push(decoded.saturating_duration_since(last).as_secs_f64() * 1000.0);
        }
        emulated.place(None);
    }
    waits.sort_by(f64::total_cmp);
    Ok(Row::at_most("identity_decode", "ms", waits[waits.len() / 2], "bound of 1 ms", DECODE_GOAL, 1.0))
}

/// When the last byte of the `n`th reading (from 0) had crossed: told a moment after the host has it.
fn last_byte(emulated: &Emulated, n: usize) -> Result<Instant, Fatal> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let traffic = emulated.traffic();
        let mut readings = traffic.iter().filter(|c| c.to_host && c.bytes == READ_REPLY);
        if let Some(reading) = readings.nth(n) {
            return Ok(reading.at);
        }
        std::thread::yield_now();
    }
    Err("the reading did not cross the line".into())
}

fn find(reader: &mut Reader<SerialLink>) -> Result<(), Fatal> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if reader.poll()? == Poll::Found {
            return Ok(());
        }
    }
    Err("no card was found".into())
}
