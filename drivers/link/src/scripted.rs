//! A link for tests: it expects some bytes, answers others, and waits for nothing.

use std::collections::VecDeque;
use std::time::Instant;

use crate::{Link, LinkError};

/// A link that follows a script.
///
/// A write must carry on the bytes expected next, else the test fails by a panic that shows both.
/// A read gives one answer, or a part of it when the buffer is smaller; when the script has no
/// answer at this point the read times out *at once*, whatever its deadline, so that a test of a
/// silent device takes no time.
///
/// ```
/// # use std::time::Instant;
/// # use link::{Link, ScriptedLink};
/// let mut link = ScriptedLink::new("printer").expect(&[0x10, 0x04, 0x01]).answer(&[0x12]);
/// link.write_all(&[0x10, 0x04, 0x01], Instant::now()).unwrap();
/// let mut status = [0];
/// link.read_exact(&mut status, Instant::now()).unwrap();
/// assert!(link.is_finished());
/// ```
#[derive(Debug)]
pub struct ScriptedLink {
    name: String,
    steps: VecDeque<Step>,
}

#[derive(Debug)]
enum Step {
    Expect(Vec<u8>),
    Answer(Vec<u8>),
    Silence,
    Stall,
    HangUp,
}

impl ScriptedLink {
    /// A link with an empty script; `name` is what [`Link::name`] says.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), steps: VecDeque::new() }
    }

    /// Next, the driver must write `bytes`, in one write or several.
    #[must_use]
    pub fn expect(self, bytes: &[u8]) -> Self {
        self.then(Step::Expect(bytes.to_vec()))
    }

    /// Next, `bytes` arrive together.
    #[must_use]
    pub fn answer(self, bytes: &[u8]) -> Self {
        self.then(Step::Answer(bytes.to_vec()))
    }

    /// Next, `bytes` arrive in pieces of at most `piece` bytes (at least 1), one for each read.
    #[must_use]
    pub fn answer_in_pieces(self, bytes: &[u8], piece: usize) -> Self {
        bytes.chunks(piece.max(1)).fold(self, Self::answer)
    }

    /// Next, one read times out although answers follow.
    #[must_use]
    pub fn silence(self) -> Self {
        self.then(Step::Silence)
    }

    /// Next, one write times out with nothing taken.
    #[must_use]
    pub fn stall(self) -> Self {
        self.then(Step::Stall)
    }

    /// From here on the device has gone.
    #[must_use]
    pub fn hang_up(self) -> Self {
        self.then(Step::HangUp)
    }

    /// Whether every step was taken. A final hang-up stays, and counts as taken.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self.steps.front(), None | Some(Step::HangUp))
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }
}

impl Link for ScriptedLink {
    fn read(&mut self, buf: &mut [u8], _deadline: Instant) -> Result<usize, LinkError> {
        if buf.is_empty() {
            return Ok(0);
        }
        match self.steps.front_mut() {
            Some(Step::Answer(bytes)) => {
                let n = bytes.len().min(buf.len());
                for (to, from) in buf.iter_mut().zip(bytes.drain(..n)) {
                    *to = from;
                }
                if bytes.is_empty() {
                    self.steps.pop_front();
                }
                Ok(n)
            }
            Some(Step::Silence) => {
                self.steps.pop_front();
                Err(LinkError::Timeout { taken: 0 })
            }
            Some(Step::HangUp) => Err(LinkError::HungUp),
            Some(Step::Expect(_) | Step::Stall) | None => Err(LinkError::Timeout { taken: 0 }),
        }
    }

    fn write_all(&mut self, bytes: &[u8], _deadline: Instant) -> Result<(), LinkError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.steps.front_mut() {
                Some(Step::Expect(wanted)) => {
                    let n = wanted.len().min(rest.len());
                    let (now, later) = rest.split_at(n);
                    assert_eq!(now, &wanted[..n], "{}: other bytes were expected", self.name);
                    wanted.drain(..n);
                    rest = later;
                    if wanted.is_empty() {
                        self.steps.pop_front();
                    }
                }
                Some(Step::Stall) => {
                    self.steps.pop_front();
                    return Err(LinkError::Timeout { taken: bytes.len() - rest.len() });
                }
                Some(Step::HangUp) => return Err(LinkError::HungUp),
                step => panic!("{}: {rest:02X?} was written before {step:02X?}", self.name),
            }
        }
        Ok(())
    }

    fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_its_script() {
        let now = Instant::now();
        let mut link = ScriptedLink::new("device")
            .expect(b"abc")
            .answer_in_pieces(b"12345", 2)
            .silence()
            .stall()
            .expect(b"d")
            .hang_up();
        link.write_all(b"a", now).unwrap();
        link.write_all(b"bc", now).unwrap();
        let mut buf = [0; 8];
        assert_eq!(link.read(&mut buf, now).unwrap(), 2);
        assert_eq!(link.read(&mut buf[2..3], now).unwrap(), 1);
        assert_eq!(link.read(&mut buf[3..], now).unwrap(), 1);
        assert_eq!(link.read(&mut buf[4..], now).unwrap(), 1);
        assert_eq!(&buf[..5], b"12345");
        assert!(matches!(link.read(&mut buf, now), Err(LinkError::Timeout { .. })));
        assert!(matches!(link.write_all(b"d", now), Err(LinkError::Timeout { taken: 0 })));
        assert!(!link.is_finished());
        link.write_all(b"d", now).unwrap();
        assert!(link.is_finished());
        assert!(matches!(link.read(&mut buf, now), Err(LinkError::HungUp)));
        assert!(matches!(link.write_all(b"e", now), Err(LinkError::HungUp)));
    }

    #[test]
    #[should_panic(expected = "other bytes were expected")]
    fn rejects_other_bytes() {
        let mut link = ScriptedLink::new("device").expect(b"abc");
        let _ = link.write_all(b"ax", Instant::now());
    }

    #[test]
    #[should_panic(expected = "was written before")]
    fn rejects_a_write_out_of_turn() {
        let mut link = ScriptedLink::new("device").answer(b"first");
        let _ = link.write_all(b"a", Instant::now());
    }
}
