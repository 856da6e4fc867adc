//! The scanner: codes off the link, each once.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use link::{Link, LinkError};
use zeroize::{Zeroize, Zeroizing};

use crate::line::{Assembler, Step};
use crate::{CodeError, CodeFault, Profile, Token};

/// A line that has begun and is silent for so long has broken off.
const SILENCE: Duration = Duration::from_millis(200);

/// A line that has begun ends within this time, or it is given up as broken off. The longest code
/// of any profile takes less at the slowest usual speed (4096 bytes at 19200 bits a second).
const LINE: Duration = Duration::from_millis(2_500);

/// Bytes looked at in one call, at most: a scanner that never stops sending must not keep us.
const BYTES_A_CALL: usize = 8 * 1024;

/// Bytes taken from the link at a time.
const CHUNK: usize = 256;

/// A code scanner on a link; every call blocks its thread, for a bounded time.
///
/// Let one thread own it and [`poll`](Self::poll) it. After a fault whose next step is
/// [`Reopen`](crate::NextStep::Reopen), open a new link and make a new scanner of it; after every
/// other fault go on polling.
pub struct CodeScanner<L> {
    link: L,
    profile: Profile,
    name: String,
    lines: Assembler,
    inbox: Inbox,
    last: Last,
}

impl<L: Link> CodeScanner<L> {
    /// A scanner behind `link`, which is open at [`Profile::baud`]. Nothing is ever sent to it.
    #[must_use]
    pub fn new(link: L, profile: Profile) -> Self {
        let name = format!("{} on {}", profile.model, link.name());
        let lines = Assembler::new(profile.longest, profile.terminator);
        let last = Last::new(profile.repeat_window);
        Self { link, profile, name, lines, inbox: Inbox::default(), last }
    }

    /// The profile the scanner was made with.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The link, which may have bytes of a code under way.
    #[must_use]
    pub fn into_link(self) -> L {
        self.link
    }

    /// Waits until `deadline` for a code; `None` when none came that was not seen just before.
    ///
    /// A code that has begun by then is waited for: until it ends, 200 ms of silence, or 2.5 s after
    /// its first byte.
    ///
    /// # Errors
    /// A line that is no code, once for each, and what the link says; see [`CodeFault`].
    pub fn poll(&mut self, deadline: Instant) -> Result<Option<Token>, CodeError> {
        self.link.note(self.lines.call(self.inbox.is_empty()));
        let outcome = self.next_code(deadline);
        self.link.note(match &outcome {
            Ok(Found::Code(_) | Found::Again) => "= code",
            Ok(Found::Nothing) => "= nothing",
            Err(fault) => fault.outcome(),
        });
        let code = outcome.map(|found| match found {
            Found::Code(token) => Some(token),
            Found::Again | Found::Nothing => None,
        });
        code.map_err(|fault| CodeError { scanner: self.name.clone(), fault })
    }

    /// The same scanner in the middle of a line that is thrown away, for a replay that begins there.
    pub(crate) fn skipping(mut self) -> Self {
        self.lines.skip();
        self
    }

    fn next_code(&mut self, deadline: Instant) -> Result<Found, CodeFault> {
        let mut looked_at = 0;
        let mut line_ends = None;
        loop {
            while let Some(byte) = self.inbox.next() {
                looked_at += 1;
                match self.lines.push(byte) {
                    Step::More => {}
                    Step::Fault(fault) => return Err(fault),
                    Step::Code(token) if self.last.is_again(&token) => return Ok(Found::Again),
                    Step::Code(token) => return Ok(Found::Code(token)),
                }
            }
            // A line that may still become a code is waited for: its length is bounded as well.
            if looked_at >= BYTES_A_CALL && !self.lines.is_taking() {
                return Ok(Found::Nothing);
            }
            // What happens next is decided by what the link says alone, never by a look at the
            // clock in between: so a recording leads to the same outcomes, however fast it is played.
            let until = if self.lines.is_in_line() {
                let now = Instant::now();
                (now + SILENCE).min(*line_ends.get_or_insert(now + LINE))
            } else {
                line_ends = None;
                deadline
            };
            match self.inbox.fill(&mut self.link, until) {
                Ok(()) => {}
                Err(LinkError::Timeout { .. }) if self.lines.is_in_line() => match self.lines.silence() {
                    Some(fault) => return Err(fault),
                    None => return Ok(Found::Nothing),
                },
                Err(LinkError::Timeout { .. }) => return Ok(Found::Nothing),
                Err(error) => {
                    self.lines.silence();
                    return Err(CodeFault::Link(error));
                }
            }
        }
    }
}

/// What a poll found.
enum Found {
    Code(Token),
    /// The code seen just before.
    Again,
    Nothing,
}

/// Bytes off the link that were not looked at yet.
#[derive(Default)]
struct Inbox {
    bytes: Zeroizing<Vec<u8>>,
    at: usize,
}

impl Inbox {
    fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get_mut(self.at)?;
        self.at += 1;
        Some(std::mem::take(byte))
    }

    /// Takes the next bytes off the link, when all before were looked at.
    fn fill(&mut self, link: &mut impl Link, until: Instant) -> Result<(), LinkError> {
        // The room is allocated once: neither growing nor shrinking leaves copies behind.
        self.bytes.zeroize();
        self.at = 0;
        self.bytes.resize(CHUNK, 0);
        let read = link.read(&mut self.bytes, until);
        self.bytes.truncate(*read.as_ref().unwrap_or(&0));
        read.map(|_| ())
    }
}

/// The code that was seen last, as a keyed hash: the code itself is not kept.
struct Last {
    key: RandomState,
    seen: Option<(u64, Instant)>,
    window: Duration,
}

impl Last {
    fn new(window: Duration) -> Self {
        Self { key: RandomState::new(), seen: None, window }
    }

    /// Whether this is the code seen last, seen again within the window; from now on it is the last.
    fn is_again(&mut self, token: &Token) -> bool {
        let (hash, now) = (self.key.hash_one(token.reveal()), Instant::now());
        let before = self.seen.replace((hash, now));
        before.is_some_and(|(last, at)| last == hash && now.duration_since(at) < self.window)
    }
}

#[cfg(test)]
#[path = "scanner_tests.rs"]
mod tests;
