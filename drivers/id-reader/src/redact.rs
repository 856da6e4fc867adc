//! The redactor of the reader's line: what is kept of it says nothing of anybody.
//!
//! | what crosses | what is kept |
//! |---|---|
//! | requests, status words, the module's identifier | as they are |
//! | a card's record | synthetic fields of the same length and class, right check digits |
//! | appended addresses | as many, of characters of the same kind |
//! | photo, fingerprint, IIN, serial and management number | zeros |
//! | anything else in a frame, and frames that are damaged or cut | zeros after the head |
//! | bytes outside frames | zeros, but for what looks like the beginning of a frame |
//!
//! The checksum of a good frame is computed anew, that of a bad one stays wrong; so the driver takes
//! what is kept as it took what crossed.

use link::record::{Direction, Redactor};

use crate::frame::{self, PREAMBLE};
use crate::{Sw3, document, payload};

/// The longest request, from its length on: command, parameter, one byte, checksum.
const LONGEST_REQUEST: usize = 16;

/// Follows both directions of a reader's line, in whatever pieces they come.
#[derive(Debug, Default)]
pub struct CardRedactor {
    /// Command and parameter of the request that the next reply answers.
    asked: Option<[u8; 2]>,
    /// Bytes of a reply that were left for later.
    left: usize,
    /// Whether a request was sent since: what is left belongs to a reply that nobody waits for.
    is_stale: bool,
}

impl Redactor for CardRedactor {
    fn redact(&mut self, direction: Direction, pending: &mut [u8], ended: bool) -> usize {
        match direction {
            Direction::ToDevice => {
                self.is_stale = self.left > 0;
                let done = self.requests(pending);
                if ended { pending.len() } else { done }
            }
            Direction::FromDevice => {
                let stale = if self.is_stale { self.left.min(pending.len()) } else { 0 };
                self.is_stale = false;
                let (old, new) = pending.split_at_mut(stale);
                blank_cut(old);
                let done = stale + self.replies(new, ended);
                self.left = pending.len() - done;
                done
            }
        }
    }
}

impl CardRedactor {
    /// Learns what is asked; the kiosk sends nothing personal to a reader.
    fn requests(&mut self, sent: &[u8]) -> usize {
        let mut done = 0;
        loop {
            let rest = sent.get(done..).unwrap_or_default();
            let garbage = frame::garbage_before_frame(rest);
            done += garbage;
            let rest = rest.get(garbage..).unwrap_or_default();
            let Some(length) = frame::length(rest) else { return done };
            if !(3..=LONGEST_REQUEST).contains(&length) {
                done += PREAMBLE.len();
                continue;
            }
            let Some(&[command, parameter, ..]) = rest.get(frame::HEADER..frame::HEADER + length) else {
                return done;
            };
            self.asked = Some([command, parameter]);
            done += frame::HEADER + length;
        }
    }

    fn replies(&self, came: &mut [u8], ended: bool) -> usize {
        let mut done = 0;
        loop {
            let rest = came.get_mut(done..).unwrap_or_default();
            let garbage = frame::garbage_before_frame(rest);
            let (outside, rest) = rest.split_at_mut(garbage);
            blank_outside(outside);
            done += garbage;
            let Some(length) = frame::length(rest) else {
                // The beginning of a head, with nothing in it yet.
                return if ended { done + rest.len() } else { done };
            };
            if !frame::LENGTHS.contains(&length) {
                done += frame::HEADER;
                continue;
            }
            match rest.get_mut(..frame::HEADER + length) {
                Some(whole) => {
                    self.reply(whole);
                    done += whole.len();
                }
                None if ended => {
                    blank_cut(rest);
                    return done + rest.len();
                }
                None => return done,
            }
        }
    }

    /// A frame whose length is one that a reply can have.
    fn reply(&self, whole: &mut [u8]) {
        let sound = frame::is_sound(whole);
        let Some(body) = whole.get_mut(frame::HEADER..) else { return };
        match body {
            [_, _, status, data @ .., _check] if sound => self.data(Sw3::from(*status), data),
            damaged => damaged.fill(0),
        }
        frame::sum_up(whole, sound);
    }

    fn data(&self, status: Sw3, data: &mut [u8]) {
        match (self.asked, status) {
            // A late answer to something else is no identifier: then its length differs.
            (Some([0x12, 0xFF]), Sw3::Success) if data.len() == payload::IDENTIFIER => {}
            (Some([0x30, 0x01]), Sw3::Success) => record(data, false),
            (Some([0x30, 0x10]), Sw3::Success) => record(data, true),
            (Some([0x30, 0x03]), Sw3::Success) if payload::are_addresses(data) => {
                data.chunks_exact_mut(payload::ADDRESS).for_each(document::make_alike);
            }
            _ => data.fill(0),
        }
    }
}

/// Lengths stay; the text becomes synthetic, photo and fingerprint are blanked.
fn record(data: &mut [u8], with_fingerprint: bool) {
    let Ok(text) = payload::text_range(data, with_fingerprint) else {
        data.fill(0);
        return;
    };
    data.get_mut(text.end..).unwrap_or_default().fill(0);
    document::make_synthetic(data.get_mut(text).unwrap_or_default());
}

/// A frame that is cut: its head stays, as far as it is there.
fn blank_cut(cut: &mut [u8]) {
    cut.get_mut(frame::HEADER..).unwrap_or_default().fill(0);
}

/// Bytes outside frames: what could begin one stays, so that it is looked for in the same places.
fn blank_outside(outside: &mut [u8]) {
    // How many bytes of a preamble the bytes before this one are.
    let mut begun = 0_usize;
    for byte in outside {
        begun = match (*byte, begun) {
            (0xAA, 0..=2) => begun + 1,
            (0xAA, _) => {
                if begun == 3 {
                    3
                } else {
                    1
                }
            }
            (0x96, 3) => 4,
            (0x69, 4) => 5,
            _ => {
                *byte = 0;
                0
            }
        };
    }
}

#[cfg(test)]
mod tests;
