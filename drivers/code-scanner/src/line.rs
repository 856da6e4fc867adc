//! Lines out of a stream of bytes: one byte at a time, bounded, wiped.

use zeroize::{Zeroize, Zeroizing};

use crate::{CodeFault, Terminator, Token};

const CR: u8 = b'\r';
const LF: u8 = b'\n';

/// What a byte led to.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing yet.
    More,
    /// A whole code.
    Code(Token),
    /// The line was thrown away.
    Fault(CodeFault),
}

/// Takes a line together. What it held is wiped with every end of line.
pub(crate) struct Assembler {
    /// Room for the longest line; allocated once and never moved, so that no copies are left behind.
    bytes: Zeroizing<Box<[u8]>>,
    filled: usize,
    state: State,
    terminator: Terminator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Bytes belong to a line.
    Taking,
    /// A CR has come that an LF must follow.
    AfterCr,
    /// The rest of a refused line is thrown away.
    Skipping,
}

impl Assembler {
    pub(crate) fn new(longest: usize, terminator: Terminator) -> Self {
        let bytes = Zeroizing::new(vec![0; longest].into_boxed_slice());
        Self { bytes, filled: 0, state: State::Taking, terminator }
    }

    /// Whether a line has begun that has not ended, taken or thrown away.
    pub(crate) fn is_in_line(&self) -> bool {
        self.filled > 0 || self.state != State::Taking
    }

    /// Whether the line that has begun may still become a code.
    pub(crate) fn is_taking(&self) -> bool {
        self.is_in_line() && self.state != State::Skipping
    }

    /// Throws away what comes until the end of a line.
    pub(crate) fn skip(&mut self) {
        self.restart();
        self.state = State::Skipping;
    }

    /// How a call of the driver is noted: with what is left over from the call before.
    pub(crate) fn call(&self, nothing_held: bool) -> &'static str {
        match (nothing_held, self.state) {
            (true, State::Skipping) => "call poll skipping",
            (true, State::Taking | State::AfterCr) => "call poll",
            (false, State::Skipping) => "call poll holding skipping",
            (false, State::Taking | State::AfterCr) => "call poll holding",
        }
    }

    pub(crate) fn push(&mut self, byte: u8) -> Step {
        match (self.state, self.terminator, byte) {
            (State::Skipping, Terminator::Any, CR | LF)
            | (State::Skipping, Terminator::Cr, CR)
            | (State::Skipping, Terminator::Lf | Terminator::CrLf, LF) => self.restart(),
            (State::Skipping, _, _) => Step::More,
            (State::AfterCr, _, LF) => self.finish(),
            (State::AfterCr, _, _) => self.refuse(CodeFault::ControlBytes),
            (State::Taking, Terminator::Any, CR | LF)
            | (State::Taking, Terminator::Cr, CR)
            | (State::Taking, Terminator::Lf, LF) => self.finish(),
            (State::Taking, Terminator::CrLf, CR) => {
                self.state = State::AfterCr;
                Step::More
            }
            (State::Taking, _, ..0x20 | 0x7F) => self.refuse(CodeFault::ControlBytes),
            (State::Taking, _, _) => self.take(byte),
        }
    }

    /// The line has been silent: whatever had begun will not end.
    pub(crate) fn silence(&mut self) -> Option<CodeFault> {
        let unterminated = self.state != State::Skipping && self.is_in_line();
        let bytes = self.filled + usize::from(self.state == State::AfterCr);
        self.restart();
        unterminated.then_some(CodeFault::Unterminated { bytes })
    }

    fn take(&mut self, byte: u8) -> Step {
        let longest = self.bytes.len();
        match self.bytes.get_mut(self.filled) {
            Some(place) => {
                *place = byte;
                self.filled += 1;
                Step::More
            }
            None => self.refuse(CodeFault::TooLong { longest }),
        }
    }

    fn finish(&mut self) -> Step {
        let line = self.bytes.get(..self.filled).unwrap_or_default();
        // Nothing between two ends of line: the second half of a CR LF, or a scanner's blank.
        let step = match (line.is_empty(), Token::from_line(line)) {
            (true, _) => Step::More,
            (false, Some(token)) => Step::Code(token),
            (false, None) => Step::Fault(CodeFault::NotText),
        };
        self.restart();
        step
    }

    fn refuse(&mut self, fault: CodeFault) -> Step {
        self.skip();
        Step::Fault(fault)
    }

    fn restart(&mut self) -> Step {
        self.bytes.get_mut(..self.filled).unwrap_or_default().zeroize();
        self.filled = 0;
        self.state = State::Taking;
        Step::More
    }

    #[cfg(test)]
    pub(crate) fn is_clean(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// What a stream led to, in words.
    fn told(terminator: Terminator, bytes: &[u8]) -> Vec<String> {
        let mut lines = Assembler::new(16, terminator);
        let mut all: Vec<String> = bytes
            .iter()
            .filter_map(|byte| match lines.push(*byte) {
                Step::More => None,
                Step::Code(token) => Some(token.reveal().to_owned()),
                Step::Fault(fault) => Some(format!("{fault:?}")),
            })
            .collect();
        all.extend(lines.silence().map(|fault| format!("{fault:?}")));
        assert!(!lines.is_in_line() && lines.is_clean());
        all
    }

    #[test]
    fn each_terminator_ends_a_line_and_no_other_byte_does() {
        use Terminator::{Any, Cr, CrLf, Lf};
        const CONTROL: &str = "ControlBytes";
        for (terminator, bytes, expected) in [
            (Any, &b"one\rtwo\nthree\r\nfour\n\r"[..], &["one", "two", "three", "four"][..]),
            (Any, b"\r\n\n\r", &[]),
            (Cr, b"one\rtwo\r", &["one", "two"]),
            (Cr, b"one\r\ntwo\rthree\r", &["one", CONTROL, "three"]),
            (Cr, b"one\ntwo\rthree\r", &[CONTROL, "three"]),
            (Lf, b"one\ntwo\n", &["one", "two"]),
            (Lf, b"one\r\ntwo\n", &[CONTROL, "two"]),
            (CrLf, b"one\r\ntwo\r\n", &["one", "two"]),
            (CrLf, b"one\rtwo\r\nthree\r\n", &[CONTROL, "three"]),
            (CrLf, b"one\ntwo\r\nthree\r\n", &[CONTROL, "three"]),
            (CrLf, b"one\r", &["Unterminated { bytes: 4 }"]),
        ] {
            assert_eq!(told(terminator, bytes), expected, "{terminator:?} {bytes:?}");
        }
    }

    #[test]
    fn a_bad_line_is_thrown_away_whole_and_the_next_one_is_taken() {
        for (bytes, expected) in [
            (&b"0123456789abcdef\rnext\r"[..], &["0123456789abcdef", "next"][..]),
            (b"0123456789abcdefg\rnext\r", &["TooLong { longest: 16 }", "next"]),
            (b"0123456789abcdefghijklmnopqrstuvwxyz\rnext\r", &["TooLong { longest: 16 }", "next"]),
            (b"bad\0line\x01\x02more\rnext\r", &["ControlBytes", "next"]),
            (b"bad\x7F\rnext\r", &["ControlBytes", "next"]),
            (b"bad\xFF\xFE\rnext\r", &["NotText", "next"]),
            (b"bad\xC2\x85\rnext\r", &["NotText", "next"]),
            (b"\x1Bnext\r", &["ControlBytes"]),
            (b"broken", &["Unterminated { bytes: 6 }"]),
        ] {
            assert_eq!(told(Terminator::Any, bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn after_silence_a_line_begins_anew() {
        let mut lines = Assembler::new(16, Terminator::Any);
        for byte in b"noise\0more noise" {
            lines.push(*byte);
        }
        assert!(lines.is_in_line());
        assert!(lines.silence().is_none(), "the fault was told before");
        for byte in b"code" {
            assert!(matches!(lines.push(*byte), Step::More));
        }
        assert!(matches!(lines.push(CR), Step::Code(token) if token.reveal() == "code"));
    }

    proptest! {
        #[test]
        fn any_stream_is_survived_and_the_next_code_is_taken(bytes in vec(any::<u8>(), 0..200)) {
            for terminator in [Terminator::Any, Terminator::Cr, Terminator::Lf, Terminator::CrLf] {
                let mut lines = Assembler::new(16, terminator);
                for byte in &bytes {
                    lines.push(*byte);
                }
                lines.silence();
                prop_assert!(lines.is_clean());
                let end: &[u8] = match terminator {
                    Terminator::Any | Terminator::Cr => b"\r",
                    Terminator::Lf => b"\n",
                    Terminator::CrLf => b"\r\n",
                };
                let mut last = Step::More;
                for byte in b"code".iter().chain(end) {
                    last = lines.push(*byte);
                }
                prop_assert!(matches!(last, Step::Code(token) if token.reveal() == "code"));
            }
        }
    }
}
