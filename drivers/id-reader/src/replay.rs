//! Playing a recorded exchange again.

use link::record::{Next, Recording, Replay, ReplayError, ReplayLink, Transcript};

use crate::reader::Line;
use crate::{Baud, Profile, Reader};

/// What this driver is called in recordings.
pub const DRIVER: &str = "id-reader";

/// Makes the recorded calls again, over the recorded bytes: every byte sent and every outcome must
/// be the same.
///
/// # Errors
/// [`ReplayError`] says what was not.
pub fn replay(recording: &Recording) -> Result<Transcript, ReplayError> {
    let mut replay = Replay::new(recording, DRIVER)?;
    let unknown = || ReplayError::UnknownProfile(recording.profile.clone());
    let profile = Profile::named(&recording.profile).ok_or_else(unknown)?;
    let mut reader = Reader::new(replay.link(), profile.clone());
    while let Some(next) = replay.next() {
        match next {
            Next::Opened => reader = Reader::new(replay.link(), profile.clone()),
            Next::Call(call) => make(&mut reader, &call).ok_or_else(|| replay.unknown(&call))?,
        }
    }
    replay.finish()
}

/// Makes one call, noted as its name and what was known of the line. How it ends is compared by the
/// link.
fn make(reader: &mut Reader<ReplayLink>, noted: &str) -> Option<()> {
    let (call, line) = noted.split_once(' ')?;
    let (line, _) = Line::WORDS.into_iter().find(|(_, word)| *word == line)?;
    reader.take_up(line);
    match call.split_once(':').unwrap_or((call, "")) {
        ("status", _) => drop(reader.status()),
        ("resynchronise", _) => drop(reader.resynchronise()),
        ("reset", _) => drop(reader.reset()),
        ("set-speed", rate) => drop(reader.set_speed(Baud::from_rate(rate.parse().ok()?)?)),
        ("set-rf-frame", bytes) => drop(reader.set_max_rf_frame(bytes.parse().ok()?)),
        ("identifier", _) => drop(reader.identifier()),
        ("poll", _) => drop(reader.poll()),
        ("read", _) => drop(reader.read()),
        ("read-with-fingerprint", _) => drop(reader.read_with_fingerprint()),
        ("addresses", _) => drop(reader.appended_addresses()),
        ("management-number", _) => drop(reader.card_management_number()),
        ("presence", _) => drop(reader.probe_presence()),
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests;
