//! The frames on the line between host and module (GA/T 467-2019, chapter 7).
//!
//! ```text
//! request   AA AA AA 96 69   length (2, big-endian)   CMD PARA       data   CHK
//! reply     AA AA AA 96 69   length (2, big-endian)   SW1 SW2 SW3    data   CHK
//! ```
//! The length counts everything after itself; CHK makes the XOR of everything from the length on 0.

use std::ops::RangeInclusive;

use crate::Sw3;

/// The five bytes every frame begins with.
pub const PREAMBLE: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];

/// Preamble and length, in bytes.
pub const HEADER: usize = PREAMBLE.len() + 2;

/// The largest length field taken for real, in bytes. The longest reply known (text, photo and
/// fingerprint) has 2314.
pub const MAX_LENGTH: usize = 4096;

/// Three status words and the checksum: the length field of a reply without data.
const MIN_LENGTH: usize = 4;

/// The length fields that a reply can have.
pub(crate) const LENGTHS: RangeInclusive<usize> = MIN_LENGTH..=MAX_LENGTH;

/// Builds a request. `data` is a byte at most in every command there is.
pub(crate) fn request(cmd: u8, para: u8, data: &[u8]) -> Vec<u8> {
    let mut body = vec![cmd, para];
    body.extend_from_slice(data);
    enclose(&body)
}

/// Puts preamble, length and checksum around the bytes of a command or a reply.
fn enclose(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 1).unwrap_or(u16::MAX).to_be_bytes();
    let check = xor(&length) ^ xor(body);
    [&PREAMBLE[..], &length, body, &[check]].concat()
}

fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// A reply whose length and checksum are right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reply<'a> {
    /// SW1 and SW2: the card's own words, 00 00 as a rule.
    pub card_words: [u8; 2],
    /// SW3: the reader's status.
    pub status: Sw3,
    /// What was asked for; possibly somebody's record.
    pub data: &'a [u8],
}

/// Shows the status and how much data there is, never the data.
impl std::fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("card_words", &self.card_words)
            .field("status", &self.status)
            .field("data", &format_args!("{} bytes (redacted)", self.data.len()))
            .finish()
    }
}

/// What [`scan`] made of the bytes received so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan<'a> {
    /// No whole frame yet.
    Incomplete {
        /// leading bytes that belong to no frame and can be thrown away
        garbage: usize,
    },
    /// A whole frame.
    Complete {
        /// the reply in it
        reply: Reply<'a>,
        /// where the frame ends; bytes after it answer nothing that was asked
        end: usize,
    },
}

/// What can be wrong with what the module sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// The checksum is wrong.
    #[error("the checksum is wrong")]
    Checksum,
    /// The length is none a reply can have.
    #[error("a length of {0} bytes is impossible")]
    Length(u16),
    /// Bytes came, but no frame began among them.
    #[error("no frame begins in {0} bytes")]
    NoPreamble(usize),
    /// The frame broke off.
    #[error("the frame broke off after {0} bytes")]
    BrokenOff(usize),
    /// Another frame followed at once, so that it is not known which one answers the request.
    #[error("{0} bytes followed that nothing had asked for")]
    Stray(usize),
}

/// Looks for the first frame in `bytes`, which may begin with garbage.
///
/// # Errors
/// [`FrameFault::Length`] as soon as the length field is read, so that a damaged one is never
/// waited for; [`FrameFault::Checksum`] once the frame is whole.
pub fn scan(bytes: &[u8]) -> Result<Scan<'_>, FrameFault> {
    let garbage = garbage_before_frame(bytes);
    let rest = bytes.get(garbage..).unwrap_or_default();
    let Some(&[hi, lo]) = rest.get(PREAMBLE.len()..HEADER) else {
        return Ok(Scan::Incomplete { garbage });
    };
    let field = u16::from_be_bytes([hi, lo]);
    let length = usize::from(field);
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        return Err(FrameFault::Length(field));
    }
    let Some(frame) = rest.get(..HEADER + length) else {
        return Ok(Scan::Incomplete { garbage });
    };
    let checked = frame.get(PREAMBLE.len()..).unwrap_or_default();
    if xor(checked) != 0 {
        return Err(FrameFault::Checksum);
    }
    match checked {
        &[_, _, sw1, sw2, sw3, ref data @ .., _check] => Ok(Scan::Complete {
            reply: Reply { card_words: [sw1, sw2], status: Sw3::from(sw3), data },
            end: garbage + frame.len(),
        }),
        // Shorter than the smallest length checked above: cannot be, and is not trusted to.
        _ => Err(FrameFault::Length(field)),
    }
}

/// How many leading bytes cannot be part of a frame: up to the first preamble, or up to a tail
/// that may be the beginning of one.
pub(crate) fn garbage_before_frame(bytes: &[u8]) -> usize {
    (0..bytes.len())
        .find(|&at| {
            let tail = bytes.get(at..).unwrap_or_default();
            let n = tail.len().min(PREAMBLE.len());
            tail.get(..n) == PREAMBLE.get(..n)
        })
        .unwrap_or(bytes.len())
}

/// The length field of a frame that begins here, as soon as its head is whole.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    match bytes.strip_prefix(&PREAMBLE)? {
        &[hi, lo, ..] => Some(usize::from(u16::from_be_bytes([hi, lo]))),
        _ => None,
    }
}

/// Whether the checksum of a whole frame is right.
pub(crate) fn is_sound(whole: &[u8]) -> bool {
    xor(whole.get(PREAMBLE.len()..).unwrap_or_default()) == 0
}

/// Gives a whole frame the checksum that makes it sound, or one that does not.
pub(crate) fn sum_up(whole: &mut [u8], sound: bool) {
    if let Some((check, before)) = whole.split_last_mut() {
        let right = xor(before.get(PREAMBLE.len()..).unwrap_or_default());
        *check = if sound { right } else { !right };
    }
}

/// Builds a reply, for tests: the kiosk itself never sends one.
#[cfg(test)]
pub(crate) fn reply(card_words: [u8; 2], status: u8, data: &[u8]) -> Vec<u8> {
    let mut body = vec![card_words[0], card_words[1], status];
    body.extend_from_slice(data);
    enclose(&body)
}

#[cfg(test)]
mod tests;
