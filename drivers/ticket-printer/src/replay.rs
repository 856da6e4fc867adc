//! A recording of a printer's link, played again; and what the driver notes in it.
//!
//! | call | is |
//! |---|---|
//! | `init`, `recover`, `status`, `preflight`, `identify`, `abandon` | the methods of [`Printer`] |
//! | `apply REMEDY` | [`Printer::apply`] |
//! | `begin LENGTH` | [`Printer::begin`]: so many bytes follow |
//! | `finish LENGTH JOB ids` or `… no-ids` | [`Printer::finish`]: so many bytes follow, and their proofs |
//!
//! ` broken` behind a call: the transfer before it was broken off.

use link::record::{Direction, Next, Recording, Replay, ReplayError, Transcript, What};

use crate::error::{Fault, PrintRefused, PrinterError, UnknownReason};
use crate::outcome::{JobId, Outcome};
use crate::printer::Printer;
use crate::profile::Profile;
use crate::recovery::Remedy;
use crate::reply::PrinterId;
use crate::status::Status;

/// What recordings call this driver.
pub const DRIVER: &str = "ticket-printer";

/// Stands behind a call when the transfer before it was broken off.
pub(crate) const BROKEN: &str = " broken";

/// The longest part of a ticket that a recording is believed to hold, in bytes.
const LONGEST_PART: usize = 4 << 20;

/// Makes the calls of `recording` again and checks that every byte the driver writes and every outcome
/// is the same.
///
/// A ticket is printed as it stands in the recording: redacted, and no longer than it is there.
///
/// # Errors
/// The first difference, or why it cannot be played.
pub fn replay(recording: &Recording) -> Result<Transcript, ReplayError> {
    let profile = Profile::shipped()
        .find(|profile| profile.model == recording.profile)
        .ok_or_else(|| ReplayError::UnknownProfile(recording.profile.clone()))?;
    let mut parts = Parts { recording, at: 0 };
    let mut replay = Replay::new(recording, DRIVER)?;
    let mut printer = Printer::new(replay.link(), profile.clone());
    while let Some(next) = replay.next() {
        match next {
            Next::Opened => printer = Printer::new(replay.link(), printer.profile),
            Next::Call(call) => {
                let sent = parts.sent_in(&call);
                if make(&mut printer, &call, &sent).is_none() {
                    return Err(replay.unknown(&call));
                }
            }
        }
    }
    replay.finish()
}

/// Makes one call; `None` when there is no such call.
fn make<L: link::Link>(printer: &mut Printer<L>, call: &str, sent: &[u8]) -> Option<()> {
    let (call, broken) = match call.strip_suffix(BROKEN) {
        Some(call) => (call, true),
        None => (call, false),
    };
    printer.broken = broken;
    let words: Vec<&str> = call.split(' ').collect();
    // How each ends is noted, and compared there.
    match words.as_slice() {
        ["init"] => drop(printer.init()),
        ["recover"] => drop(printer.recover()),
        ["status"] => drop(printer.status()),
        ["preflight"] => drop(printer.preflight()),
        ["identify"] => drop(printer.identify()),
        ["abandon"] => drop(printer.abandon()),
        ["apply", name] => {
            let remedy = Remedy::ALL.into_iter().find(|remedy| remedy.name() == *name)?;
            drop(printer.apply(remedy));
        }
        ["begin", length] => drop(printer.begin(&part(sent, length)?)),
        ["finish", length, job, ids @ ("ids" | "no-ids")] => {
            printer.profile.has_process_id = *ids == "ids";
            let job = JobId::new(job.parse().ok()?);
            let _ = printer.finish(&part(sent, length)?, job, &mut |_| {});
        }
        _ => return None,
    }
    Some(())
}

/// The part of a ticket: `length` bytes of what was sent. What was not sent is not looked at.
fn part(sent: &[u8], length: &str) -> Option<Vec<u8>> {
    let length = length.parse().ok().filter(|length| *length <= LONGEST_PART)?;
    let mut bytes = sent.get(..length).unwrap_or(sent).to_vec();
    bytes.resize(length, 0);
    Some(bytes)
}

/// Finds what was sent in each call.
struct Parts<'a> {
    recording: &'a Recording,
    at: usize,
}

impl Parts<'_> {
    /// What went to the device between the next note of `call` and the note after that.
    fn sent_in(&mut self, call: &str) -> Vec<u8> {
        let events = &self.recording.events;
        let is_call =
            |what: &What| matches!(what, What::Note(note) if note.strip_prefix("call ") == Some(call));
        let Some(skipped) = events.iter().skip(self.at).position(|event| is_call(&event.what)) else {
            return Vec::new();
        };
        self.at += skipped + 1;
        let within = events.iter().skip(self.at).take_while(|event| !matches!(event.what, What::Note(_)));
        let sent = within.filter_map(|event| match &event.what {
            What::Crossed(Direction::ToDevice, bytes) => Some(bytes.as_slice()),
            What::Crossed(Direction::FromDevice, _) | What::Note(_) | What::Mark(_) => None,
        });
        sent.flatten().copied().collect()
    }
}

/// How something is told in a recording: the same whenever it is the same, without times and without
/// anything personal.
pub(crate) trait Told {
    fn told(&self) -> String;
}

impl Told for () {
    fn told(&self) -> String {
        String::from("done")
    }
}

impl Told for Status {
    fn told(&self) -> String {
        let signs: Vec<String> = self.signs().map(|sign| format!("{sign:?}")).collect();
        if signs.is_empty() { String::from("well") } else { signs.join(", ") }
    }
}

impl Told for PrinterId {
    fn told(&self) -> String {
        let said = |text: &Option<String>| text.clone().unwrap_or_else(|| String::from("nothing"));
        format!("maker {}, model {}", said(&self.maker), said(&self.model))
    }
}

impl Told for Fault {
    fn told(&self) -> String {
        format!("fault {self:?}")
    }
}

impl Told for PrinterError {
    fn told(&self) -> String {
        String::from(match self {
            PrinterError::NoAnswer { strange: 0, .. } => "no answer",
            PrinterError::NoAnswer { .. } => "no answer that means anything",
            PrinterError::Stalled { .. } => "stalled",
            PrinterError::NeedsRecovery { .. } => "needs recovery",
            PrinterError::NotCleared { .. } => "not cleared",
            PrinterError::Link { .. } => "connection failed",
        })
    }
}

impl Told for PrintRefused {
    fn told(&self) -> String {
        match self {
            PrintRefused::Fault(fault) => fault.told(),
            PrintRefused::Printer(error) => error.told(),
        }
    }
}

impl Told for Outcome {
    fn told(&self) -> String {
        match self {
            Outcome::FailedBeforeSending(why) => format!("failed before sending: {}", why.told()),
            Outcome::Confirmed(evidence) => format!("confirmed: {evidence:?}"),
            Outcome::Sent(evidence) => format!("sent: {evidence:?}"),
            Outcome::Unknown(evidence, why) => {
                let why = match why {
                    UnknownReason::Fault(fault) => fault.told(),
                    UnknownReason::NoReply { .. } => String::from("no reply"),
                    UnknownReason::ProofNeverComes { .. } => String::from("proof never comes"),
                    UnknownReason::Printer(error) => error.told(),
                };
                format!("unknown: {evidence:?}, {why}")
            }
        }
    }
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
