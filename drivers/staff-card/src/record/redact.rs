//! Which bytes of an exchange are a person's, and where.

use link::record::{Direction, Redactor};
use zeroize::Zeroizing;

use super::MESSAGE;
use crate::{KeyKind, Pin, object};

/// Takes the card's owner out: the PIN in VERIFY becomes 000000, what is signed becomes the signing of
/// nothing, certificate and signature become zeros of the same length, also when they come in pieces.
/// Everything else that a card says besides status words is blanked. (A hash and its signature would give
/// the public key away, and that the person.)
///
/// What was wrong with an answer stays wrong in the same way.
#[derive(Debug, Default)]
pub struct StaffRedactor {
    asked: Asked,
    /// Bytes of the template to be signed that went in pieces before the last one.
    sent: usize,
    /// The lengths of the replies that are held back, in order.
    replies: Vec<usize>,
}

/// What the last command asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    Other,
    Certificate,
    Signature,
}

impl Redactor for StaffRedactor {
    fn redact(&mut self, direction: Direction, pending: &mut [u8], ended: bool) -> usize {
        match direction {
            Direction::ToDevice => self.commanded(pending),
            Direction::FromDevice => {
                let known: usize = self.replies.iter().sum();
                let new = pending.len().saturating_sub(known);
                if new > 0 {
                    self.replies.push(new);
                }
                let goes_on = matches!(pending, [.., 0x61 | 0x6C, _]) && self.asked != Asked::Other;
                if goes_on && !ended {
                    return 0;
                }
                self.answered(pending);
            }
        }
        pending.len()
    }
}

impl StaffRedactor {
    fn commanded(&mut self, command: &mut [u8]) {
        let (head, rest) = command.split_at_mut_checked(4).unwrap_or_default();
        let Some((length, data)) = rest.split_first_mut() else {
            command.fill(0);
            return;
        };
        let (data, behind) = data.split_at_mut_checked(usize::from(*length)).unwrap_or_default();
        behind.iter_mut().skip(1).for_each(|byte| *byte = 0);
        match head {
            [0x00, 0xC0, ..] => return,
            [0x00, 0xA4, ..] => self.asked = Asked::Other,
            [0x00, 0xCB, ..] => self.asked = Asked::Certificate,
            [class, 0x87, algorithm, _] => {
                self.asked = Asked::Signature;
                let stands_in = stand_in(*algorithm);
                let place = stands_in.get(self.sent..).unwrap_or_default();
                data.fill(0);
                data.iter_mut().zip(place).for_each(|(byte, other)| *byte = *other);
                if *class == 0x10 {
                    self.sent = self.sent.saturating_add(data.len());
                }
                return;
            }
            [0x00, 0x20, ..] => {
                self.asked = Asked::Other;
                data.fill(0);
                data.iter_mut().zip(Pin::of_nobody().padded()).for_each(|(byte, other)| *byte = *other);
            }
            _ => {
                self.asked = Asked::Other;
                data.fill(0);
            }
        }
        self.sent = 0;
    }

    /// Makes all replies that are held back safe, the answer in them as a whole.
    fn answered(&mut self, pending: &mut [u8]) {
        let mut pieces: Vec<&mut [u8]> = Vec::new();
        let mut rest = pending;
        for length in self.replies.drain(..) {
            let length = length.min(rest.len());
            let (reply, later) = std::mem::take(&mut rest).split_at_mut(length);
            rest = later;
            let data = reply.len().saturating_sub(2);
            let (data, status) = reply.split_at_mut(data);
            if !matches!(status, [0x61..=0x6F | 0x90..=0x9F, _]) {
                status.fill(0); // no status words: an answer that was cut off
            }
            pieces.push(data);
        }
        rest.fill(0);
        let mut whole = Zeroizing::new(pieces.concat());
        blank(self.asked, &mut whole);
        let mut rest = &whole[..];
        for piece in pieces {
            let (now, later) = rest.split_at_checked(piece.len()).unwrap_or_default();
            piece.iter_mut().zip(now).for_each(|(byte, other)| *byte = *other);
            rest = later;
        }
    }
}

/// Blanks an answer: its value alone where it is well formed, all of it otherwise.
fn blank(asked: Asked, answer: &mut [u8]) {
    let place = match asked {
        Asked::Other => None,
        Asked::Certificate => object::certificate_parts(answer).map(|parts| parts.certificate),
        Asked::Signature => object::signature_place(answer),
    };
    match place.and_then(|place| answer.get_mut(place)) {
        Some(value) => value.fill(0),
        None => answer.fill(0),
    }
}

/// The template of the signing that stands for every other.
fn stand_in(algorithm: u8) -> Vec<u8> {
    [KeyKind::P256, KeyKind::Rsa2048]
        .into_iter()
        .find(|kind| kind.algorithm() == algorithm)
        .map(|kind| kind.template(&kind.block(MESSAGE)))
        .unwrap_or_default()
}
