//! Entries for fuzzing: each runs one parser over arbitrary bytes and asserts what always holds.

use std::time::{Duration, Instant};

use link::record::{Direction, Redactor as _};
use link::{Link, LinkError};

use crate::{CodeScanner, Profile, Redactor, Terminator};

/// Gives bytes in chunks that the bytes themselves decide, then silence; waits for nothing.
pub(crate) struct Chunks<'a>(&'a [u8]);

impl<'a> Chunks<'a> {
    pub(crate) fn new(stream: &'a [u8]) -> Self {
        Self(stream)
    }
}

impl Link for Chunks<'_> {
    fn read(&mut self, buf: &mut [u8], _: Instant) -> Result<usize, LinkError> {
        // A byte of E0 to FF says: silence here.
        let (first, rest) = self.0.split_first().ok_or(LinkError::Timeout { taken: 0 })?;
        if *first >= 0xE0 {
            self.0 = rest;
            return Err(LinkError::Timeout { taken: 0 });
        }
        let n = usize::from(*first % 64 + 1).min(rest.len()).min(buf.len());
        let (now, later) = rest.split_at(n);
        self.0 = later;
        match buf.get_mut(..n) {
            Some(to) if n > 0 => to.copy_from_slice(now),
            _ => return Err(LinkError::Timeout { taken: 0 }),
        }
        Ok(n)
    }

    fn write_all(&mut self, _: &[u8], _: Instant) -> Result<(), LinkError> {
        Ok(())
    }

    fn name(&self) -> &str {
        "fuzz"
    }
}

/// A scanner that sends anything at all. The first byte chooses the terminator.
///
/// # Panics
/// When a token holds what no token may hold, or the scanner does not come to an end.
pub fn scan(data: &[u8]) {
    let (terminator, stream) = match data.split_first() {
        Some((0..64, rest)) => (Terminator::Any, rest),
        Some((64..128, rest)) => (Terminator::Cr, rest),
        Some((128..192, rest)) => (Terminator::Lf, rest),
        Some((_, rest)) => (Terminator::CrLf, rest),
        None => return,
    };
    let profile = Profile { terminator, longest: 64, repeat_window: Duration::ZERO, ..Profile::generic() };
    let mut scanner = CodeScanner::new(Chunks::new(stream), profile);
    // Every call takes at least one byte of the stream off, or finds it at its end.
    for _ in 0..=data.len() {
        if let Ok(Some(token)) = scanner.poll(Instant::now()) {
            assert!((1..=64).contains(&token.reveal().len()));
            assert!(!token.reveal().chars().any(char::is_control));
        }
    }
    assert!(scanner.into_link().0.is_empty(), "the scanner stood still");
}

/// The redactor over bytes that come in two parts: nothing changes its length, and no digit or letter
/// of a code stays.
///
/// # Panics
/// When that does not hold.
pub fn redact(data: &[u8]) {
    let mut bytes = data.to_vec();
    let first = Redactor.redact(Direction::FromDevice, &mut bytes, false);
    let held = bytes.get(first..).unwrap_or_default();
    assert!(data.get(first..) == Some(held), "what is held back was changed");
    let rest = bytes.get_mut(first..).unwrap_or_default();
    let length = rest.len();
    assert!(Redactor.redact(Direction::FromDevice, rest, true) == length);
    assert!(!bytes.iter().any(|byte| matches!(byte, b'1'..=b'9' | b'b'..=b'z' | b'B'..=b'Z')));
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_stream_is_survived(data in vec(any::<u8>(), 0..2_000)) {
            super::scan(&data);
            super::redact(&data);
        }
    }
}
