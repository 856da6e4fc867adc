//! What crosses a connection to a scanner, without what is nobody else's business: pages lose their
//! picture, documents and headers what names the device. Every length stays.
//!
//! One [`Redactor`] follows one direction of one connection, which carries one HTTP message (RFC 9112).

use std::ops::Range;

mod head;
mod keep;
mod picture;
mod xml;

use head::{Body, Content};
pub(crate) use keep::{Follow, Keep, Kept};
pub(crate) use picture::Picture;

/// Longest head and longest document judged, in bytes; what is longer is blanked.
const MOST_HELD: usize = 320 * 1024;

/// Follows one direction of one connection with HTTP on it.
#[derive(Default)]
pub(crate) struct Redactor {
    stage: Stage,
    content: Content,
    picture: Picture,
    /// Bytes that are not judged yet, and which of them are the body's, without its framing.
    held: Vec<u8>,
    spans: Vec<Range<usize>>,
    kept: Keep,
}

/// Where in the message the next byte belongs.
#[derive(Default, Clone, Copy)]
enum Stage {
    #[default]
    Head,
    /// A body of which so many bytes are to come; `None`: until the connection ends.
    Body(Option<u64>),
    /// The line before a chunk: its size so far, and whether the size has ended.
    ChunkSize(u64, bool),
    Chunk(u64),
    /// The line end after a chunk.
    ChunkEnd,
    /// After the last chunk, and after the message.
    After,
    /// Nothing is understood any more.
    Blank,
}

impl Follow for Redactor {
    fn crossed(&mut self, bytes: &[u8]) -> Vec<Kept> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = self.step(rest);
        }
        self.kept.take()
    }

    fn ended(&mut self) -> Vec<Kept> {
        self.picture.ended(&mut self.kept);
        match self.stage {
            Stage::Head => self.blank_held(),
            Stage::Body(None) => self.document(),
            _ => self.blank_held(),
        }
        self.stage = Stage::Blank;
        self.kept.take()
    }
}

impl Redactor {
    fn step<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some((&byte, after)) = bytes.split_first() else { return bytes };
        match self.stage {
            Stage::Head => {
                self.held.push(byte);
                if self.held.ends_with(b"\r\n\r\n") || self.held.ends_with(b"\n\n") {
                    let mut held = std::mem::take(&mut self.held);
                    let (content, body) = head::redact(&mut held);
                    self.content = content;
                    self.stage = match body {
                        Body::Another => Stage::Head,
                        Body::None => Stage::After,
                        Body::Length(length) => Stage::Body(Some(length)),
                        Body::Chunked => Stage::ChunkSize(0, false),
                        Body::UntilEnd => Stage::Body(None),
                    };
                    self.kept.bytes(&held);
                } else if self.held.len() > MOST_HELD {
                    self.give_up();
                }
                after
            }
            Stage::Body(left) => {
                let most = left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
                let (own, rest) = bytes.split_at(bytes.len().min(most));
                self.body(own);
                self.stage = match left.map(|left| left.saturating_sub(own.len() as u64)) {
                    Some(0) => {
                        self.document();
                        Stage::After
                    }
                    left => Stage::Body(left),
                };
                rest
            }
            Stage::ChunkSize(size, ended) => {
                self.framing(byte);
                let digit = char::from(byte).to_digit(16);
                self.stage = match (byte, digit) {
                    (b'\n', _) if size == 0 => {
                        self.document();
                        Stage::After
                    }
                    (b'\n', _) => Stage::Chunk(size),
                    (_, Some(digit)) if !ended && size < 1 << 40 => {
                        Stage::ChunkSize(size * 16 + u64::from(digit), false)
                    }
                    (_, Some(_)) if !ended => Stage::Blank,
                    _ => Stage::ChunkSize(size, true),
                };
                after
            }
            Stage::Chunk(left) => {
                let (own, rest) =
                    bytes.split_at(bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
                self.body(own);
                let left = left.saturating_sub(own.len() as u64);
                self.stage = if left == 0 {
                    self.picture.interrupted(&mut self.kept);
                    Stage::ChunkEnd
                } else {
                    Stage::Chunk(left)
                };
                rest
            }
            Stage::ChunkEnd => {
                self.framing(byte);
                self.stage = if byte == b'\n' { Stage::ChunkSize(0, false) } else { Stage::ChunkEnd };
                after
            }
            Stage::After => {
                self.framing(byte);
                after
            }
            Stage::Blank => {
                self.kept.zeros(bytes.len());
                &[]
            }
        }
    }

    /// Bytes of the body.
    fn body(&mut self, bytes: &[u8]) {
        match self.content {
            Content::Document => {
                let from = self.held.len();
                self.held.extend_from_slice(bytes);
                self.spans.push(from..self.held.len());
                if self.held.len() > MOST_HELD {
                    self.give_up();
                }
            }
            Content::Picture => self.picture.crossed(bytes, &mut self.kept),
            Content::Other => self.kept.zeros(bytes.len()),
        }
    }

    /// A byte between the pieces of the body, of which only the form is kept.
    fn framing(&mut self, byte: u8) {
        let kept = if byte.is_ascii_hexdigit() || b"\r\n; ".contains(&byte) { byte } else { b'x' };
        if self.held.is_empty() {
            self.kept.bytes(&[kept]);
        } else {
            self.held.push(kept);
        }
    }

    /// The document that was held back is whole.
    fn document(&mut self) {
        let mut held = std::mem::take(&mut self.held);
        let spans = std::mem::take(&mut self.spans);
        let mut text: Vec<u8> =
            spans.iter().flat_map(|span| held.get(span.clone()).unwrap_or_default()).copied().collect();
        xml::redact(&mut text);
        let places = spans.into_iter().flatten();
        for (place, byte) in places.zip(text) {
            if let Some(slot) = held.get_mut(place) {
                *slot = byte;
            }
        }
        self.kept.bytes(&held);
    }

    fn give_up(&mut self) {
        self.blank_held();
        self.stage = Stage::Blank;
        self.content = Content::Other;
    }

    fn blank_held(&mut self) {
        self.kept.zeros(self.held.len());
        self.held.clear();
        self.spans.clear();
    }
}

#[cfg(test)]
mod tests;
