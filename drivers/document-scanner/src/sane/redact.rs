//! What crosses the pipes to a helper, without what is nobody else's business: pages lose their picture,
//! devices what tells one from another of its kind. Every length stays, and everything that the driver
//! decides by.
//!
//! One [`Frames`] follows one direction of one helper.

use link::record::Direction;
use sane_helper::{LENGTH_BYTES, Reply, Request, body_length};

use crate::redact::{Follow, Keep, Kept, Picture};
use crate::sane::names::{Names, model};

/// The kind of a frame that is a piece of a page, and of one that is a message (see [`sane_helper`]).
const PIECE: u8 = b'P';
const MESSAGE: u8 = b'J';

/// Follows the frames of one direction.
pub(crate) struct Frames {
    direction: Direction,
    names: Names,
    stage: Stage,
    picture: Picture,
    /// Of a length or of a message, what is not judged yet.
    held: Vec<u8>,
    kept: Keep,
}

/// Where among the frames the next byte belongs.
#[derive(Clone, Copy)]
enum Stage {
    Length,
    /// The byte that says what the frame is; it counts.
    Kind(usize),
    /// A piece of a page, of which so many bytes are to come.
    Piece(usize),
    /// A message of so many bytes.
    Message(usize),
    /// Of the frame so many bytes are to come, which mean nothing.
    Unknown(usize),
    /// Nothing is understood any more.
    Blank,
}

impl Frames {
    /// Follows the frames of a new helper, which is asked for a device of this name or pattern.
    pub(crate) fn new(direction: Direction, device: &str) -> Self {
        Self {
            direction,
            names: Names::new(device),
            stage: Stage::Length,
            picture: Picture::default(),
            held: vec![],
            kept: Keep::default(),
        }
    }

    /// Judges some of the bytes and returns the others.
    fn step<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match self.stage {
            Stage::Length => {
                let rest = self.hold(bytes, LENGTH_BYTES);
                if let Ok(prefix) = <[u8; LENGTH_BYTES]>::try_from(self.held.as_slice()) {
                    self.held.clear();
                    self.length(prefix);
                }
                rest
            }
            Stage::Kind(length) => {
                let Some((&kind, rest)) = bytes.split_first() else { return bytes };
                let left = length.saturating_sub(1);
                let (stage, kept) = match kind {
                    PIECE if self.direction == Direction::FromDevice => (Stage::Piece(left), kind),
                    MESSAGE => (Stage::Message(left), kind),
                    _ => (Stage::Unknown(left), 0),
                };
                self.stage = stage;
                self.kept.bytes(&[kept]);
                self.end_if_whole();
                rest
            }
            Stage::Piece(left) => {
                let (own, rest) = bytes.split_at(bytes.len().min(left));
                self.picture.crossed(own, &mut self.kept);
                self.stage = Stage::Piece(left - own.len());
                self.end_if_whole();
                rest
            }
            Stage::Message(length) => {
                let rest = self.hold(bytes, length);
                if self.held.len() == length {
                    self.stage = Stage::Message(0);
                    self.message();
                    self.end_if_whole();
                }
                rest
            }
            Stage::Unknown(left) => {
                let (own, rest) = bytes.split_at(bytes.len().min(left));
                self.kept.zeros(own.len());
                self.stage = Stage::Unknown(left - own.len());
                self.end_if_whole();
                rest
            }
            Stage::Blank => {
                self.kept.zeros(bytes.len());
                &[]
            }
        }
    }

    /// Holds bytes back until there are `most`; returns those that are too many.
    fn hold<'a>(&mut self, bytes: &'a [u8], most: usize) -> &'a [u8] {
        let (own, rest) = bytes.split_at(bytes.len().min(most.saturating_sub(self.held.len())));
        self.held.extend_from_slice(own);
        rest
    }

    /// A length that is none stays none, whatever was printed there.
    fn length(&mut self, prefix: [u8; LENGTH_BYTES]) {
        match body_length(prefix) {
            Ok(length) => {
                self.kept.bytes(&prefix);
                self.stage = Stage::Kind(length);
            }
            Err(_) => {
                self.kept.bytes(&[0xFF; LENGTH_BYTES]);
                self.stage = Stage::Blank;
            }
        }
    }

    /// The message that was held back is whole.
    fn message(&mut self) {
        let held = std::mem::take(&mut self.held);
        let frame = [&[MESSAGE], held.as_slice()].concat();
        let rewritten = match self.direction {
            Direction::ToDevice => request(&frame, &self.names),
            Direction::FromDevice => {
                if matches!(Reply::decode(&frame), Ok(Reply::Started { .. })) {
                    self.picture = Picture::default();
                }
                reply(&frame, &self.names)
            }
        };
        match rewritten.as_deref().and_then(|frame| frame.get(LENGTH_BYTES + 1..)) {
            Some(text) if text.len() == held.len() => self.kept.bytes(text),
            // It is none, or not written as the helper writes: what it says cannot be told from the rest.
            _ => self.kept.zeros(held.len()),
        }
    }

    fn end_if_whole(&mut self) {
        if let Stage::Piece(0) | Stage::Message(0) | Stage::Unknown(0) = self.stage {
            self.picture.interrupted(&mut self.kept);
            self.stage = Stage::Length;
        }
    }
}

impl Follow for Frames {
    fn crossed(&mut self, bytes: &[u8]) -> Vec<Kept> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = self.step(rest);
        }
        self.kept.take()
    }

    fn ended(&mut self) -> Vec<Kept> {
        self.picture.ended(&mut self.kept);
        self.kept.zeros(self.held.len());
        self.held.clear();
        self.stage = Stage::Blank;
        self.kept.take()
    }
}

/// The frame of a request, rewritten.
fn request(frame: &[u8], names: &Names) -> Option<Vec<u8>> {
    let mut request = Request::decode(frame).ok()?;
    if let Request::Open { device: name } = &mut request {
        *name = names.name(name);
    }
    request.encode().ok()
}

/// The frame of a reply, rewritten.
fn reply(frame: &[u8], names: &Names) -> Option<Vec<u8>> {
    let mut reply = Reply::decode(frame).ok()?;
    if let Reply::Devices(devices) = &mut reply {
        for found in devices {
            found.name = names.name(&found.name);
            found.vendor = model(&found.vendor);
            found.model = model(&found.model);
        }
    }
    reply.encode().ok()
}

#[cfg(test)]
#[path = "redact_tests.rs"]
mod tests;
