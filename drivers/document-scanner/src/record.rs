//! The recorder beside the connections to a scanner.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use link::record::{Direction, Plain, Recorder};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::profile::Profile;
use crate::redact::{Follow, Kept};
use crate::wire::Stream;

/// The driver's name in recordings.
pub(crate) const DRIVER: &str = "document-scanner";

/// The note that stands for so many zeros from the scanner, where a picture was.
pub(crate) const ZEROS: &str = "zeros ";
/// The note that a connection could not be made.
pub(crate) const NO_CONNECTION: &str = "no connection";
/// The note that the caller cancelled a scan.
pub(crate) const CANCELLED: &str = "cancelled";
/// The outcome of a call that its caller dropped.
pub(crate) const DROPPED: &str = "= dropped";

/// A recorder for a scanner that is treated by `profile`.
///
/// What it is given has lost its pictures already (see [`crate::Scanner::recorded`]), so that hours of
/// scanning fit into it.
#[must_use]
pub fn recorder(profile: &Profile) -> Recorder {
    Recorder::with_capacity(DRIVER, profile.configured_name(), Plain, Recorder::MOST)
}

/// What crosses to and from one scanner, one connection after the other.
#[derive(Clone)]
pub(crate) struct Crossings(Arc<Mutex<State>>);

/// Makes what follows one direction of a new connection.
pub(crate) type Fresh = Box<dyn Fn(Direction) -> Box<dyn Follow> + Send>;

struct State {
    recorder: Recorder,
    fresh: Fresh,
    sent: Box<dyn Follow>,
    received: Box<dyn Follow>,
    /// Counts connections: what an older one still does is of no interest.
    connection: u64,
}

impl Crossings {
    pub(crate) fn new(
        recorder: Recorder,
        name: &str,
        fresh: impl Fn(Direction) -> Box<dyn Follow> + Send + 'static,
    ) -> Self {
        recorder.name_link(name);
        let (sent, received) = (fresh(Direction::ToDevice), fresh(Direction::FromDevice));
        Self(Arc::new(Mutex::new(State { recorder, fresh: Box::new(fresh), sent, received, connection: 0 })))
    }

    /// A new connection: what crosses it is recorded.
    pub(crate) fn opened(&self, stream: Box<dyn Stream>) -> Box<dyn Stream> {
        let mut state = self.state();
        state.close();
        state.recorder.opened();
        let connection = state.connection;
        drop(state);
        Box::new(Tap { stream, crossings: self.clone(), connection, over: false })
    }

    /// The driver notes something; no connection outlasts that.
    pub(crate) fn note(&self, note: &str) {
        let mut state = self.state();
        state.close();
        state.recorder.note(note);
    }

    /// The driver notes something, and the connection goes on.
    pub(crate) fn note_meanwhile(&self, note: &str) {
        self.state().recorder.note(note);
    }

    /// The driver has waited long enough, and gives the connection up.
    pub(crate) fn timed_out(&self) {
        let mut state = self.state();
        state.close();
        state.recorder.timed_out(Direction::FromDevice);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn crossed(&mut self, connection: u64, direction: Direction, bytes: &[u8]) {
        if connection != self.connection {
            return;
        }
        let redactor = match direction {
            Direction::ToDevice => &mut self.sent,
            Direction::FromDevice => &mut self.received,
        };
        let kept = redactor.crossed(bytes);
        self.keep(direction, kept);
    }

    /// What is held back is made safe; nothing more is expected that belongs to it.
    fn flush(&mut self) {
        let (sent, received) = (self.sent.ended(), self.received.ended());
        self.keep(Direction::ToDevice, sent);
        self.keep(Direction::FromDevice, received);
    }

    fn close(&mut self) {
        self.flush();
        self.sent = (self.fresh)(Direction::ToDevice);
        self.received = (self.fresh)(Direction::FromDevice);
        self.connection += 1;
    }

    fn keep(&self, direction: Direction, kept: Vec<Kept>) {
        for part in kept {
            match part {
                Kept::Bytes(bytes) => self.recorder.crossed(direction, &bytes),
                Kept::Zeros(count) => match direction {
                    Direction::FromDevice => self.recorder.note(&format!("{ZEROS}{count}")),
                    // The driver sends no pictures: nothing long is ever blanked here.
                    Direction::ToDevice => self.recorder.crossed(direction, &vec![0; count]),
                },
            }
        }
    }
}

/// A connection with the recorder beside it.
struct Tap {
    stream: Box<dyn Stream>,
    crossings: Crossings,
    connection: u64,
    /// Its end has been told.
    over: bool,
}

impl Tap {
    fn end(&mut self, tell: impl FnOnce(&Recorder)) {
        let mut state = self.crossings.state();
        if !self.over && state.connection == self.connection {
            state.flush();
            tell(&state.recorder);
        }
        self.over = true;
    }
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, room) = (buf.filled().len(), buf.remaining());
        let read = Pin::new(&mut self.stream).poll_read(context, buf);
        match &read {
            Poll::Pending => {}
            Poll::Ready(Err(_)) => self.end(Recorder::failed),
            Poll::Ready(Ok(())) if buf.filled().len() == before && room > 0 => self.end(Recorder::hung_up),
            Poll::Ready(Ok(())) => {
                let bytes = buf.filled().get(before..).unwrap_or_default();
                self.crossings.state().crossed(self.connection, Direction::FromDevice, bytes);
            }
        }
        read
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        match &written {
            Poll::Pending => {}
            Poll::Ready(Err(_)) => self.end(Recorder::failed),
            Poll::Ready(Ok(count)) => {
                let bytes = bytes.get(..*count).unwrap_or(bytes);
                self.crossings.state().crossed(self.connection, Direction::ToDevice, bytes);
            }
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
