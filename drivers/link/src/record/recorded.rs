//! A link whose bytes are recorded as they cross.

use std::time::Instant;

use super::{Direction, Recorder};
use crate::{Link, LinkError};

/// Any link, with a [`Recorder`] beside it.
#[derive(Debug)]
pub struct Recorded<L> {
    link: L,
    recorder: Recorder,
}

impl<L: Link> Recorded<L> {
    /// Records what crosses `link`, which was opened just now.
    #[must_use]
    pub fn new(link: L, recorder: Recorder) -> Self {
        recorder.name_link(link.name());
        recorder.opened();
        Self { link, recorder }
    }

    /// The recorder, for writing out.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    fn went_wrong(&self, direction: Direction, error: &LinkError) {
        match error {
            LinkError::Timeout { .. } => self.recorder.timed_out(direction),
            LinkError::HungUp => self.recorder.hung_up(),
            LinkError::Halted => self.recorder.halted(),
            LinkError::Overrun => self.recorder.overrun(),
            LinkError::NotFound(_) | LinkError::NotPermitted(_) | LinkError::Busy(_) | LinkError::Io(_) => {
                self.recorder.failed()
            }
        }
    }
}

impl<L: Link> Link for Recorded<L> {
    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, LinkError> {
        let read = self.link.read(buf, deadline);
        match &read {
            Ok(n) => self.recorder.crossed(Direction::FromDevice, buf.get(..*n).unwrap_or_default()),
            Err(error) => self.went_wrong(Direction::FromDevice, error),
        }
        read
    }

    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), LinkError> {
        let written = self.link.write_all(bytes, deadline);
        match &written {
            Ok(()) => self.recorder.crossed(Direction::ToDevice, bytes),
            Err(error) => {
                if let LinkError::Timeout { taken } = error {
                    self.recorder.crossed(Direction::ToDevice, bytes.get(..*taken).unwrap_or(bytes));
                }
                self.went_wrong(Direction::ToDevice, error);
            }
        }
        written
    }

    fn name(&self) -> &str {
        self.link.name()
    }

    fn note(&mut self, call: &str) {
        self.recorder.note(call);
    }

    fn is_late(&mut self, deadline: Instant) -> bool {
        let late = self.link.is_late(deadline);
        if late {
            self.recorder.late();
        }
        late
    }
}
