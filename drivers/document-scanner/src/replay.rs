//! A recording played again: the same calls, and everything must be as it was.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use link::record::{Direction, Event, Mark, Recording, ReplayError, Transcript, What};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::profile::Profile;
use crate::record::{CANCELLED, DRIVER, DROPPED, NO_CONNECTION, ZEROS};
use crate::sane::{self, SaneProfile, SaneScanner};
use crate::scanner::Scanner;
use crate::wire::{Dial, Dialled, Wire};

const CALL: &str = "call ";
const OUTCOME: &str = "= ";

/// The most bytes an error shows.
const SHOWN: usize = 48;

/// Makes the calls that `recording` notes and compares every byte that the driver sends and every
/// outcome with what it says. It waits for nothing; pages go to a folder that is removed again.
///
/// What stands before the first call belongs to one whose beginning has fallen out, and is left out.
///
/// # Errors
/// [`ReplayError`] with the first difference.
pub fn replay(recording: &Recording) -> Result<Transcript, ReplayError> {
    if recording.driver != DRIVER {
        let recorded = recording.driver.clone();
        return Err(ReplayError::OtherDriver { recorded, wanted: DRIVER.to_owned() });
    }
    let is_call = |event: &Event| matches!(&event.what, What::Note(note) if note.starts_with(CALL));
    let events: VecDeque<_> = recording.events.iter().skip_while(|e| !is_call(e)).cloned().collect();
    let endpoint = endpoint(&events);
    let by_turns = recording.link.starts_with(sane::LINK);
    let tape = Tape(Arc::new(Mutex::new(Reel { events, by_turns, ..Reel::default() })));
    let player = Player::of(recording, endpoint, &tape)?;
    // The caller may be inside a runtime of its own, in which another cannot be driven.
    let played = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
                let dir = tempfile::tempdir()?;
                runtime.block_on(play(&tape, &player, dir.path()));
                Ok::<(), io::Error>(())
            })
            .join()
    });
    let mut reel = tape.reel();
    match (played, reel.wrong.take()) {
        (_, Some(wrong)) => Err(wrong),
        (Ok(Ok(())), None) => Ok(std::mem::take(&mut reel.transcript)),
        (Ok(Err(_)) | Err(_), None) => {
            Err(reel.out_of_turn("could not begin: no thread or no folder for pages was to be had"))
        }
    }
}

/// The address by which the driver says the same as it said then.
fn endpoint(events: &VecDeque<Event>) -> Endpoint {
    let sent: Vec<u8> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Crossed(Direction::ToDevice, bytes) => Some(bytes.as_slice()),
            _ => None,
        })
        .take(16)
        .flatten()
        .copied()
        .collect();
    let head = String::from_utf8_lossy(&sent);
    let path = head.split(' ').nth(1).unwrap_or_default();
    let root = path.rsplit_once('/').map_or("", |(root, _)| root);
    let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or("localhost");
    let parsed = Endpoint::parse(&format!("http://{}{root}", host.trim()));
    parsed.unwrap_or_else(|_| Endpoint::local())
}

/// The driver, by the way it spoke to the scanner.
enum Player {
    Escl(Box<Scanner>),
    Sane(Box<SaneScanner>),
}

impl Player {
    fn of(recording: &Recording, endpoint: Endpoint, tape: &Tape) -> Result<Self, ReplayError> {
        let dial = Arc::new(tape.clone());
        Ok(match recording.link.strip_prefix(sane::LINK) {
            None => {
                let profile = Profile::named(&recording.profile);
                Self::Escl(Box::new(Scanner::over(Wire::Memory(dial), endpoint, profile)))
            }
            Some(device) => {
                let no_device = |_| ReplayError::OutOfTurn {
                    at: std::time::Duration::ZERO,
                    recorded: format!("link {}", shown(recording.link.as_bytes())),
                    now: "can look for no device of such a name",
                };
                let profile =
                    SaneProfile::named(&recording.profile).with_device(device).map_err(no_device)?;
                Self::Sane(Box::new(SaneScanner::over(sane::Helpers::Memory(dial), profile)))
            }
        })
    }

    /// Makes a call; false when the driver has none of that name.
    async fn perform(&self, call: Call, cancel: CancellationToken) -> bool {
        let (events, _) = mpsc::channel(1);
        match (self, call) {
            (Self::Escl(scanner), Call::Capabilities) => drop(scanner.capabilities().await),
            (Self::Escl(scanner), Call::Status) => drop(scanner.status().await),
            (Self::Escl(scanner), Call::Estimate(request)) => drop(scanner.estimate(&request).await),
            (Self::Escl(scanner), Call::Scan(request)) => drop(scanner.scan(&request, events, cancel).await),
            (Self::Sane(scanner), Call::Capabilities) => drop(scanner.capabilities().await),
            (Self::Sane(scanner), Call::Status) => drop(scanner.status().await),
            (Self::Sane(scanner), Call::Devices) => drop(scanner.devices().await),
            (Self::Sane(scanner), Call::Scan(request)) => drop(scanner.scan(&request, events, cancel).await),
            (Self::Escl(_), Call::Devices) | (Self::Sane(_), Call::Estimate(_)) => return false,
        }
        true
    }
}

async fn play(tape: &Tape, player: &Player, dir: &Path) {
    while let Some(text) = tape.next_call() {
        let (cancel, given_up) = (CancellationToken::new(), CancellationToken::new());
        let call = Call::parse(&text, dir);
        let cancels = matches!(call, Some(Call::Scan(_))).then(|| cancel.clone());
        tape.reel().caller = Some(Caller { cancel: cancels, given_up: given_up.clone() });
        let known = match call {
            None => false,
            Some(call) => tokio::select! {
                biased;
                () = given_up.cancelled() => true,
                known = player.perform(call, cancel) => known,
            },
        };
        let mut reel = tape.reel();
        reel.caller = None;
        if !known {
            let at = reel.at();
            reel.differs(ReplayError::UnknownCall { at, call: text });
        }
    }
}

/// What whoever made the call under way can do about it.
struct Caller {
    /// `None`: the call cannot be cancelled, or was, and the driver has noted it.
    cancel: Option<CancellationToken>,
    given_up: CancellationToken,
}

#[derive(Clone)]
struct Tape(Arc<Mutex<Reel>>);

/// What has not been played yet.
#[derive(Default)]
struct Reel {
    events: VecDeque<Event>,
    wrong: Option<ReplayError>,
    transcript: Transcript,
    caller: Option<Caller>,
    /// The driver never reads before it has written all it has to say.
    by_turns: bool,
    /// Counts connections: what an older one still asks for is nobody's business.
    connection: u64,
    /// Who waits for the driver's request to be written.
    waiting: Option<Waker>,
    /// The driver has said on this connection what it has to say.
    said: bool,
}

impl Tape {
    fn reel(&self) -> MutexGuard<'_, Reel> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is called next; `None` at the end, and after a difference.
    fn next_call(&self) -> Option<String> {
        let mut reel = self.reel();
        reel.leave_connection();
        match &reel.events.front()?.what {
            What::Note(note) if note.starts_with(CALL) => note.strip_prefix(CALL).map(str::to_owned),
            _ => {
                reel.out_of_turn("did nothing more");
                None
            }
        }
    }
}

impl Reel {
    fn at(&self) -> std::time::Duration {
        self.events.front().map_or(std::time::Duration::ZERO, |event| event.at)
    }

    fn differs(&mut self, wrong: ReplayError) {
        self.wrong.get_or_insert(wrong);
        self.events.clear();
    }

    fn out_of_turn(&mut self, now: &'static str) -> ReplayError {
        let at = self.at();
        let recorded = match self.events.front().map(|event| &event.what) {
            None => "nothing more".to_owned(),
            Some(What::Crossed(Direction::ToDevice, bytes)) => format!("> {}", shown(bytes)),
            Some(What::Crossed(Direction::FromDevice, bytes)) => format!("< {}", shown(bytes)),
            Some(What::Note(note)) => format!("# {note}"),
            Some(What::Mark(mark)) => format!("! {mark:?}"),
        };
        let wrong = ReplayError::OutOfTurn { at, recorded, now };
        self.differs(wrong.clone());
        wrong
    }

    /// The driver is through with a connection: what it had not yet taken of it is left out.
    fn leave_connection(&mut self) {
        while let Some(event) = self.events.front() {
            let left = match &event.what {
                What::Crossed(Direction::FromDevice, _) | What::Mark(Mark::HungUp | Mark::Failed) => true,
                What::Note(note) => note.starts_with(ZEROS),
                What::Crossed(Direction::ToDevice, _) | What::Mark(_) => false,
            };
            if !left {
                return;
            }
            self.events.pop_front();
        }
    }

    fn is_next(&self, wanted: &str) -> bool {
        matches!(self.events.front(), Some(Event { what: What::Note(note), .. }) if note == wanted)
    }

    /// Whether the caller cancelled here. Nobody cancels twice, nor anything but a scan: the driver
    /// would wait for ever.
    fn cancelled(&mut self) -> bool {
        if !self.is_next(CANCELLED) {
            return false;
        }
        match self.caller.as_ref().and_then(|caller| caller.cancel.as_ref()) {
            Some(cancel) => {
                cancel.cancel();
                true
            }
            None => {
                self.out_of_turn("could not be cancelled");
                false
            }
        }
    }

    /// Whether the caller gave the call up here.
    fn dropped(&self) -> bool {
        let here = self.is_next(DROPPED);
        if here && let Some(caller) = &self.caller {
            caller.given_up.cancel();
        }
        here
    }

    /// Whether nothing more happens until the caller has done something.
    fn held(&mut self) -> bool {
        self.cancelled() || self.dropped()
    }

    fn read(&mut self, buf: &mut ReadBuf<'_>, waker: &Waker) -> Poll<io::Result<()>> {
        if self.held() {
            return Poll::Pending;
        }
        let Some(event) = self.events.front_mut() else { return Poll::Ready(Ok(())) };
        match &mut event.what {
            What::Crossed(Direction::FromDevice, bytes) => {
                let count = bytes.len().min(buf.remaining());
                buf.put_slice(bytes.get(..count).unwrap_or_default());
                bytes.drain(..count);
                let empty = bytes.is_empty();
                self.took(count, empty);
            }
            What::Note(note) => {
                let Some(left) = note.strip_prefix(ZEROS).and_then(|n| n.parse::<usize>().ok()) else {
                    return Poll::Ready(Ok(()));
                };
                let count = left.min(buf.remaining()).min(16 * 1024);
                buf.put_slice(&vec![0; count]);
                *note = format!("{ZEROS}{}", left - count);
                self.took(count, left == count);
            }
            What::Crossed(Direction::ToDevice, _) if self.said || self.by_turns => {
                self.out_of_turn("sent no more");
            }
            What::Crossed(Direction::ToDevice, _) => {
                self.waiting = Some(waker.clone());
                return Poll::Pending;
            }
            What::Mark(Mark::TimedOut) => {
                self.events.pop_front();
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            What::Mark(Mark::Failed) => {
                self.events.pop_front();
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            What::Mark(Mark::HungUp) => {
                self.events.pop_front();
            }
            What::Mark(_) => {}
        }
        Poll::Ready(Ok(()))
    }

    /// The driver has nothing more to write for now; whoever waits for more of it waits in vain.
    fn flushed(&mut self, wrote: bool) {
        self.said = wrote;
        if wrote && let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }

    fn took(&mut self, count: usize, all: bool) {
        self.transcript.from_device += count;
        if all {
            self.events.pop_front();
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.held() {
            return Poll::Pending;
        }
        let at = self.at();
        match self.events.front_mut().map(|event| &mut event.what) {
            Some(What::Crossed(Direction::ToDevice, wanted)) => {
                let count = wanted.len().min(bytes.len());
                let now = bytes.get(..count).unwrap_or_default();
                if !wanted.starts_with(now) {
                    let (recorded, now) = (shown(wanted), shown(now));
                    self.differs(ReplayError::Wrote { at, recorded, now });
                    return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
                }
                wanted.drain(..count);
                if wanted.is_empty() {
                    self.events.pop_front();
                }
                self.transcript.to_device += count;
                self.said = false;
                if let Some(waiting) = self.waiting.take() {
                    waiting.wake();
                }
                Poll::Ready(Ok(count))
            }
            Some(What::Mark(Mark::Failed | Mark::HungUp | Mark::TimedOut)) | None => {
                Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
            }
            Some(_) => {
                self.out_of_turn("wrote");
                Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
            }
        }
    }
}

impl Dial for Tape {
    fn dial(&self) -> Dialled {
        let mut reel = self.reel();
        reel.leave_connection();
        if reel.held() {
            return Dialled::Never;
        }
        reel.connection += 1;
        reel.said = false;
        let refused = || Dialled::Refused(io::ErrorKind::ConnectionRefused.into());
        match reel.events.front().map(|event| &event.what) {
            Some(What::Mark(Mark::Opened)) => {
                reel.events.pop_front();
                Dialled::Stream(Box::new(Played {
                    tape: self.clone(),
                    connection: reel.connection,
                    wrote: false,
                }))
            }
            Some(What::Note(note)) if note == NO_CONNECTION => refused(),
            None => refused(),
            Some(_) => {
                reel.out_of_turn("opened a connection");
                refused()
            }
        }
    }

    fn cancels(&self) -> bool {
        self.reel().cancelled()
    }

    fn drops(&self) -> bool {
        self.between().dropped()
    }

    fn told(&self, heading: &str) -> Option<String> {
        match &self.between().events.front()?.what {
            What::Note(note) => note.strip_prefix(heading).map(str::to_owned),
            What::Crossed(..) | What::Mark(_) => None,
        }
    }

    fn note(&self, note: &str) {
        let mut reel = self.between();
        let Some(event) = reel.events.front() else { return };
        let at = event.at;
        match &event.what {
            What::Note(recorded) if recorded == note => {
                reel.events.pop_front();
                if note == CANCELLED
                    && let Some(caller) = &mut reel.caller
                {
                    caller.cancel = None;
                }
                if let Some(call) = note.strip_prefix(CALL) {
                    let call = link::record::Call { at, call: call.to_owned(), outcome: None };
                    reel.transcript.calls.push(call);
                } else if let Some(outcome) = note.strip_prefix(OUTCOME)
                    && let Some(call) = reel.transcript.calls.last_mut()
                {
                    call.outcome = Some(outcome.to_owned());
                }
            }
            What::Note(recorded) => {
                let wrong = ReplayError::Noted { at, recorded: recorded.clone(), now: note.to_owned() };
                reel.differs(wrong);
            }
            What::Crossed(..) | What::Mark(_) => {
                reel.out_of_turn("noted something");
            }
        }
    }
}

impl Tape {
    /// What the driver is through with is left out before it is asked what comes next.
    fn between(&self) -> MutexGuard<'_, Reel> {
        let mut reel = self.reel();
        reel.leave_connection();
        reel
    }
}

/// A connection that plays.
struct Played {
    tape: Tape,
    connection: u64,
    /// Something was written.
    wrote: bool,
}

impl AsyncRead for Played {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut reel = self.tape.reel();
        if reel.connection != self.connection {
            return Poll::Ready(Ok(()));
        }
        reel.read(buf, context.waker())
    }
}

impl AsyncWrite for Played {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut reel = self.tape.reel();
        if reel.connection != self.connection {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = reel.write(bytes);
        drop(reel);
        self.wrote |= matches!(written, Poll::Ready(Ok(1..)));
        written
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut reel = self.tape.reel();
        if reel.connection == self.connection {
            reel.flushed(self.wrote);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(SHOWN)).unwrap_or_default()).into_owned();
    let more = if bytes.len() > SHOWN { " …" } else { "" };
    format!("{text:?}{more}")
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
