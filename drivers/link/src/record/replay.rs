//! A recording played again: the driver makes the same calls, and everything must be as it was.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Direction, Event, Mark, Recording, What};
use crate::{Link, LinkError};

/// How a note begins that tells of a call, and one that tells how it ended.
const CALL: &str = "call ";
const OUTCOME: &str = "= ";

/// The most bytes an error shows.
const SHOWN: usize = 32;

/// Plays a recording to a driver.
///
/// The driver's part is a loop: whatever [`next`](Self::next) says, it does on a
/// [`link`](Self::link) of this replay, noting calls and outcomes as it does on any link. Every byte
/// it writes and everything it notes is compared with the recording.
///
/// What stands before the first opening or call belongs to a call whose beginning has fallen out,
/// and is left out. A driver that keeps something from one call to the next says it in its note
/// (`call poll ready`), so that a replay can begin anywhere.
#[derive(Debug)]
pub struct Replay {
    tape: Arc<Mutex<Tape>>,
    link: String,
}

/// What a driver is to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The link was opened: begin with a new [`Replay::link`], knowing nothing of the device.
    Opened,
    /// Make this call, which notes itself; what stood after `call `.
    Call(String),
}

/// The link that plays: it waits for nothing.
///
/// Reads give the recorded bytes in the recorded pieces; what is written must be what was written,
/// in whatever pieces; time-outs and everything else come where they came. After the first
/// difference, and after the end of the recording, the device has hung up.
#[derive(Debug)]
pub struct ReplayLink {
    tape: Arc<Mutex<Tape>>,
    name: String,
}

/// The calls that were played, and how they ended: as in the recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The calls in their order.
    pub calls: Vec<Call>,
    /// Bytes that went to the device.
    pub to_device: usize,
    /// Bytes that came from it.
    pub from_device: usize,
}

/// One call of a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When it began, since the first event of the recording.
    pub at: Duration,
    /// What was called.
    pub call: String,
    /// How it ended; `None` if the recording ends before it did.
    pub outcome: Option<String>,
}

/// Why a replay is not the same again. Times are those of the recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// Another driver has to play it.
    #[error("this was recorded by the driver “{recorded}”, not by “{wanted}”")]
    OtherDriver {
        /// the driver that recorded
        recorded: String,
        /// the one that was to play
        wanted: String,
    },
    /// The driver knows no profile by that name.
    #[error("the driver has no profile “{0}”")]
    UnknownProfile(String),
    /// The driver knows no such call.
    #[error("at +{at:?}: the driver has no call “{call}”")]
    UnknownCall {
        /// when
        at: Duration,
        /// the call
        call: String,
    },
    /// The driver wrote something else than it wrote then.
    #[error("at +{at:?}: the driver wrote {now} where it had written {recorded}")]
    Wrote {
        /// when
        at: Duration,
        /// what it wrote then, in hexadecimal
        recorded: String,
        /// what it wrote now
        now: String,
    },
    /// The driver noted something else than it noted then: another call, or another outcome.
    #[error("at +{at:?}: the driver noted “{now}” where it had noted “{recorded}”")]
    Noted {
        /// when
        at: Duration,
        /// what it noted then
        recorded: String,
        /// what it noted now
        now: String,
    },
    /// The driver did something else than it did then.
    #[error("at +{at:?}: the driver {now} where the recording has “{recorded}”")]
    OutOfTurn {
        /// when
        at: Duration,
        /// what stands in the recording
        recorded: String,
        /// what the driver did
        now: &'static str,
    },
}

/// What has not been played yet.
#[derive(Debug)]
struct Tape {
    events: VecDeque<Event>,
    /// How many events were left when a call was last asked for: it must have been made since.
    asked_at: Option<usize>,
    wrong: Option<ReplayError>,
    transcript: Transcript,
}

impl Replay {
    /// Prepares to play `recording` to `driver`.
    ///
    /// # Errors
    /// [`ReplayError::OtherDriver`] when another driver recorded it.
    pub fn new(recording: &Recording, driver: &str) -> Result<Self, ReplayError> {
        if recording.driver != driver {
            let recorded = recording.driver.clone();
            return Err(ReplayError::OtherDriver { recorded, wanted: driver.to_owned() });
        }
        let begins = |event: &&Event| match &event.what {
            What::Note(note) => !note.starts_with(CALL),
            What::Mark(mark) => *mark != Mark::Opened,
            What::Crossed(..) => true,
        };
        let events = recording.events.iter().skip_while(begins).cloned().collect();
        let tape = Tape { events, asked_at: None, wrong: None, transcript: Transcript::default() };
        Ok(Self { tape: Arc::new(Mutex::new(tape)), link: recording.link.clone() })
    }

    /// A link that plays on from where the replay is.
    #[must_use]
    pub fn link(&self) -> ReplayLink {
        ReplayLink { tape: Arc::clone(&self.tape), name: self.link.clone() }
    }

    /// What to do next; `None` when there is no more, or when something was not the same.
    // Not an iterator: what comes next depends on what the driver did meanwhile.
    #[expect(clippy::should_implement_trait, reason = "each answer depends on what was played in between")]
    pub fn next(&mut self) -> Option<Next> {
        let mut tape = lock(&self.tape);
        if tape.wrong.is_some() {
            return None;
        }
        let left = tape.events.len();
        let event = tape.events.front()?;
        let next = match &event.what {
            What::Mark(Mark::Opened) => Some(Next::Opened),
            What::Note(note) => note.strip_prefix(CALL).map(|call| Next::Call(call.to_owned())),
            What::Crossed(..) | What::Mark(_) => None,
        };
        if next.is_none() || tape.asked_at == Some(left) {
            tape.out_of_turn("did nothing more");
            return None;
        }
        tape.asked_at = Some(left);
        if next == Some(Next::Opened) {
            tape.events.pop_front();
        }
        next
    }

    /// Says that the driver does not know `call`.
    #[must_use]
    pub fn unknown(&self, call: &str) -> ReplayError {
        let at = lock(&self.tape).at();
        ReplayError::UnknownCall { at, call: call.to_owned() }
    }

    /// The end: what was played.
    ///
    /// # Errors
    /// The first [`ReplayError`] there was.
    pub fn finish(self) -> Result<Transcript, ReplayError> {
        let mut tape = lock(&self.tape);
        match tape.wrong.take() {
            Some(wrong) => Err(wrong),
            None => Ok(std::mem::take(&mut tape.transcript)),
        }
    }
}

fn lock(tape: &Mutex<Tape>) -> MutexGuard<'_, Tape> {
    tape.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tape {
    fn at(&self) -> Duration {
        self.events.front().map_or(Duration::ZERO, |event| event.at)
    }

    /// From the first difference on, everything is a hang-up: a driver gives up then.
    fn differs(&mut self, wrong: ReplayError) -> LinkError {
        self.wrong.get_or_insert(wrong);
        self.events.clear();
        LinkError::HungUp
    }

    fn out_of_turn(&mut self, now: &'static str) -> LinkError {
        let Some(event) = self.events.front() else { return LinkError::HungUp };
        let at = event.at;
        let recorded = match &event.what {
            What::Crossed(Direction::ToDevice, bytes) => format!("> {}", shown(bytes)),
            What::Crossed(Direction::FromDevice, bytes) => format!("< {}", shown(bytes)),
            What::Note(note) => format!("# {note}"),
            What::Mark(mark) => format!("! {}", mark.word()),
        };
        self.differs(ReplayError::OutOfTurn { at, recorded, now })
    }

    /// The recorded end of a transfer, if one comes next.
    fn ending(&mut self, timeout: Mark, taken: usize) -> Option<LinkError> {
        let Some(Event { what: What::Mark(mark), .. }) = self.events.front() else { return None };
        let error = match mark {
            mark if *mark == timeout => LinkError::Timeout { taken },
            Mark::HungUp => LinkError::HungUp,
            Mark::Halted => LinkError::Halted,
            Mark::Overrun => LinkError::Overrun,
            Mark::Failed => LinkError::Io(std::io::Error::other("as recorded")),
            Mark::Opened | Mark::TimedOut | Mark::Stalled | Mark::Late => return None,
        };
        self.events.pop_front();
        Some(error)
    }
}

impl Link for ReplayLink {
    fn read(&mut self, buf: &mut [u8], _deadline: Instant) -> Result<usize, LinkError> {
        if buf.is_empty() {
            return Ok(0);
        }
        let mut tape = lock(&self.tape);
        if let Some(error) = tape.ending(Mark::TimedOut, 0) {
            return Err(error);
        }
        let Some(Event { what: What::Crossed(Direction::FromDevice, bytes), .. }) = tape.events.front_mut()
        else {
            return Err(tape.out_of_turn("read"));
        };
        let n = bytes.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(bytes.drain(..n)) {
            *to = from;
        }
        if bytes.is_empty() {
            tape.events.pop_front();
        }
        tape.transcript.from_device += n;
        Ok(n)
    }

    fn write_all(&mut self, bytes: &[u8], _deadline: Instant) -> Result<(), LinkError> {
        let mut tape = lock(&self.tape);
        let mut rest = bytes;
        while !rest.is_empty() {
            if let Some(error) = tape.ending(Mark::Stalled, bytes.len() - rest.len()) {
                return Err(error);
            }
            let at = tape.at();
            let Some(Event { what: What::Crossed(Direction::ToDevice, wanted), .. }) =
                tape.events.front_mut()
            else {
                return Err(tape.out_of_turn("wrote"));
            };
            let (now, later) = rest.split_at(wanted.len().min(rest.len()));
            if !wanted.starts_with(now) {
                let (recorded, now) = (shown(wanted), shown(now));
                return Err(tape.differs(ReplayError::Wrote { at, recorded, now }));
            }
            wanted.drain(..now.len());
            if wanted.is_empty() {
                tape.events.pop_front();
            }
            tape.transcript.to_device += now.len();
            rest = later;
        }
        Ok(())
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn note(&mut self, note: &str) {
        let mut tape = lock(&self.tape);
        let now = super::text::one_line(note);
        match tape.events.front() {
            // The recording ends here, or nothing is compared any more.
            None => {}
            Some(Event { at, what: What::Note(recorded) }) if *recorded == now => {
                let at = *at;
                tape.events.pop_front();
                if let Some(call) = now.strip_prefix(CALL) {
                    tape.transcript.calls.push(Call { at, call: call.to_owned(), outcome: None });
                } else if let Some(outcome) = now.strip_prefix(OUTCOME)
                    && let Some(call) = tape.transcript.calls.last_mut()
                {
                    call.outcome = Some(outcome.to_owned());
                }
            }
            Some(Event { at, what: What::Note(recorded) }) => {
                let wrong = ReplayError::Noted { at: *at, recorded: recorded.clone(), now };
                tape.differs(wrong);
            }
            Some(Event { what: What::Crossed(..) | What::Mark(_), .. }) => {
                tape.out_of_turn("noted something");
            }
        }
    }

    fn is_late(&mut self, _deadline: Instant) -> bool {
        let mut tape = lock(&self.tape);
        let late = matches!(tape.events.front(), Some(Event { what: What::Mark(Mark::Late), .. }));
        if late {
            tape.events.pop_front();
        }
        late
    }
}

fn shown(bytes: &[u8]) -> String {
    let hex: Vec<String> = bytes.iter().take(SHOWN).map(|b| format!("{b:02X}")).collect();
    let more = if bytes.len() > SHOWN { " …" } else { "" };
    hex.join(" ") + more
}

/// When, what, and how it ended.
impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { at, call, outcome } = self;
        let outcome = outcome.as_deref().unwrap_or("(the recording ends here)");
        write!(f, "+{}.{:06} {call}: {outcome}", at.as_secs(), at.subsec_micros())
    }
}

/// One line a call, then how many bytes crossed.
impl std::fmt::Display for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for call in &self.calls {
            writeln!(f, "{call}")?;
        }
        write!(f, "{} bytes to the device, {} from it", self.to_device, self.from_device)
    }
}
