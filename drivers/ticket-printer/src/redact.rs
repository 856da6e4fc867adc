//! What a recording of a printer's link may keep.
//!
//! Nobody can tell from the bytes which word on a ticket is somebody's, so that all words go: digits,
//! letters and Chinese characters become others of their class, in text and in QR codes, and dots
//! become white, because they may be letters. Commands, spaces and signs stay, and so do the
//! identifiers of jobs, which are running numbers. Of what the printer says, all that is an answer
//! stays.

use link::record::{Direction, Redactor};

use crate::command::WHOSE;
use crate::printer::{ANEW, IN_BETWEEN};
use crate::profile::StatusLayout;
use crate::reply::{Classifier, Reply};

/// Redacts what crosses a printer's link.
#[derive(Debug, Clone)]
pub struct TicketRedactor {
    state: State,
    /// As the driver's stands before what is held back.
    classifier: Classifier,
    /// Bytes from the printer that are held back.
    held: usize,
    /// How many of those the driver has forgotten: it began anew after them.
    forgotten: usize,
    /// The last question of real-time status.
    asked: u8,
}

/// Where in the commands the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between commands.
    Text,
    /// The second byte of a Chinese character.
    Trail,
    /// The byte that names a command.
    Escape(Prefix),
    /// GS I: which of its questions.
    Identify,
    /// So many bytes that stay.
    Keep(usize),
    /// The head of a picture: so many of its bytes have come, and its sides so far.
    Raster { have: usize, wide: usize, high: usize },
    /// So many bytes of dots.
    Dots(usize),
    /// GS ( : its family and length.
    Family { have: usize, qr: bool, length: usize },
    /// GS ( k: the function's three bytes, and the length of all.
    Function { have: usize, length: usize, stores: bool },
    /// So many bytes of a QR code's text.
    Code(usize),
}

/// What a command begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prefix {
    Esc,
    Fs,
    Gs,
}

const DLE: u8 = 0x10;
/// What stands for a Chinese character: 中.
const HAN: [u8; 2] = [0xD6, 0xD0];
/// What stands for a byte that is no answer, and is none itself.
const NOISE: u8 = 0x91;

impl TicketRedactor {
    /// For a printer with this kind of status.
    #[must_use]
    pub fn new(layout: StatusLayout) -> Self {
        TicketRedactor {
            state: State::Text,
            classifier: Classifier::new(layout),
            held: 0,
            forgotten: 0,
            asked: 0,
        }
    }

    /// Judges what goes to the printer; gives how many bytes are final.
    fn judge_sent(&mut self, pending: &mut [u8], ended: bool) -> usize {
        let mut at = 0;
        while let Some(byte) = pending.get(at).copied() {
            if byte != DLE {
                if let Some(slot) = pending.get_mut(at) {
                    *slot = self.next(byte);
                }
                at += 1;
                continue;
            }
            // Within whatever stands around it, DLE begins a real-time command if one of three bytes
            // follows: the encoder lets no other data look like that.
            match pending.get(at + 1).copied() {
                Some(0x04) if pending.len() > at + 2 => {
                    self.question(pending.get(at + 2).copied().unwrap_or(0));
                    at += 3;
                }
                Some(0x04 | 0x05) if pending.len() > at + 2 || ended => at += 3,
                Some(0x14) if pending.len() > at + 9 || ended => {
                    at += 10;
                    self.state = State::Text;
                }
                None | Some(0x04 | 0x05 | 0x14) if !ended => return at,
                _ => {
                    if let Some(slot) = pending.get_mut(at) {
                        *slot = self.next(byte);
                    }
                    at += 1;
                }
            }
        }
        if ended {
            self.state = State::Text;
        }
        pending.len()
    }

    /// A question of real-time status: before the first of a round put anew, the driver has forgotten
    /// what was unfinished.
    fn question(&mut self, n: u8) {
        let [first, ..] = ANEW;
        let [before, ..] = IN_BETWEEN;
        if n == first && self.asked != before {
            self.anew();
        }
        self.asked = n;
    }

    fn anew(&mut self) {
        self.forgotten = self.held;
        if self.held == 0 {
            self.classifier.reset();
        }
    }

    /// What is kept of the next byte that is no real-time command.
    fn next(&mut self, byte: u8) -> u8 {
        use State::{Code, Dots, Escape, Family, Function, Identify, Keep, Raster, Text, Trail};
        let mut kept = byte;
        self.state = match self.state {
            Text => match byte {
                0x1B => Escape(Prefix::Esc),
                0x1C => Escape(Prefix::Fs),
                0x1D => Escape(Prefix::Gs),
                0x81..=0xFE => {
                    kept = HAN[0];
                    Trail
                }
                _ => {
                    kept = of_its_class(byte);
                    Text
                }
            },
            Trail if byte >= 0x40 => {
                kept = HAN[1];
                Text
            }
            Trail => {
                self.state = Text;
                return self.next(byte);
            }
            Escape(Prefix::Gs) if byte == b'I' => Identify,
            Identify => {
                // The first of its questions is put anew too.
                if byte == WHOSE[2] {
                    self.anew();
                }
                Text
            }
            Escape(prefix) => after(prefix, byte),
            Keep(left) => less(left, Keep),
            Raster { have, wide, high } => match have {
                // 30 m xL xH yL yH
                2 => Raster { have: 3, wide: byte.into(), high },
                3 => Raster { have: 4, wide: wide + usize::from(byte) * 256, high },
                4 => Raster { have: 5, wide, high: byte.into() },
                5 => some(wide * (high + usize::from(byte) * 256), Dots),
                _ => Raster { have: have + 1, wide, high },
            },
            Dots(left) => {
                kept = 0;
                less(left, Dots)
            }
            Family { have: 0, .. } => Family { have: 1, qr: byte == 0x6B, length: 0 },
            Family { have: 1, qr, .. } => Family { have: 2, qr, length: byte.into() },
            Family { qr, length, .. } => {
                let length = length + usize::from(byte) * 256;
                if qr && length > 3 {
                    Function { have: 0, length, stores: false }
                } else {
                    some(length, Keep)
                }
            }
            Function { have: 0, length, stores } => Function { have: 1, length, stores },
            Function { have: 1, length, .. } => Function { have: 2, length, stores: byte == 0x50 },
            Function { length, stores: true, .. } => some(length - 3, Code),
            Function { length, .. } => some(length - 3, Keep),
            Code(left) => {
                kept = if byte >= 0x80 { b'?' } else { of_its_class(byte) };
                less(left, Code)
            }
        };
        kept
    }

    /// Judges what comes from the printer: what is no answer, such as an echo of what it was sent, is no
    /// business of a recording. A block is judged when it has ended.
    fn judge_said(&mut self, pending: &mut [u8], ended: bool) -> usize {
        let mut classifier = self.classifier.clone();
        let (mut last, mut opened) = (0, 0);
        for at in 0..pending.len() {
            let Some(byte) = pending.get(at).copied() else { break };
            if at > 0 && at == self.forgotten {
                blur(pending.get_mut(opened + 1..at));
                classifier.reset();
                (last, self.forgotten) = (at, 0);
                self.classifier = classifier.clone();
            }
            let before = classifier.block_length();
            let reply = classifier.push(byte);
            let after = classifier.block_length();
            let goes_on = after.is_some() && after >= before && after != Some(0)
                || matches!(reply, Some(Reply::Xon | Reply::Xoff));
            let known = matches!(
                reply,
                Some(Reply::Identity(_) | Reply::ProcessId(_) | Reply::Cleared | Reply::WentOffLine(_))
            );
            if before.is_some() && !goes_on && !known {
                blur(pending.get_mut(opened + 1..at));
            }
            if after == Some(0) {
                opened = at;
            }
            if let (Some(Reply::Noise(_)), Some(slot)) = (reply, pending.get_mut(at)) {
                *slot = NOISE;
            }
            if after.is_none() {
                last = at + 1;
                self.classifier = classifier.clone();
            }
        }
        if ended {
            if classifier.block_length().is_some() {
                blur(pending.get_mut(opened + 1..));
            }
            (self.classifier, self.held, self.forgotten) = (classifier, 0, 0);
            return pending.len();
        }
        self.held = pending.len() - last;
        last
    }
}

impl Redactor for TicketRedactor {
    fn redact(&mut self, direction: Direction, pending: &mut [u8], ended: bool) -> usize {
        match direction {
            Direction::ToDevice => self.judge_sent(pending, ended),
            Direction::FromDevice => self.judge_said(pending, ended),
        }
    }
}

/// What follows the byte that names a command. One that the driver never sends is over at once.
fn after(prefix: Prefix, name: u8) -> State {
    match (prefix, name) {
        (Prefix::Esc, b'a' | b'E' | b'd' | b'J') => State::Keep(1),
        (Prefix::Gs, b'!' | b'a' | b'r') => State::Keep(1),
        (Prefix::Gs, b'V') => State::Keep(2),
        (Prefix::Gs, b'v') => State::Raster { have: 0, wide: 0, high: 0 },
        (Prefix::Gs, b'(') => State::Family { have: 0, qr: false, length: 0 },
        (Prefix::Esc | Prefix::Fs | Prefix::Gs, _) => State::Text,
    }
}

fn some(count: usize, state: fn(usize) -> State) -> State {
    if count == 0 { State::Text } else { state(count) }
}

fn less(left: usize, state: fn(usize) -> State) -> State {
    some(left.saturating_sub(1), state)
}

fn blur(bytes: Option<&mut [u8]>) {
    for byte in bytes.into_iter().flatten() {
        *byte = of_its_class(*byte);
    }
}

/// A digit for a digit, a letter for a letter.
fn of_its_class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => b'0',
        b'A'..=b'Z' => b'A',
        b'a'..=b'z' => b'a',
        _ => byte,
    }
}

#[cfg(test)]
#[path = "redact_tests.rs"]
mod tests;
