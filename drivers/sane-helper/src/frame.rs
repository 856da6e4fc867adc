//! Frames: a length, a kind, a content.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::message::{MAX_PIECE, Reply, Request};

/// Bytes of the length before each frame.
pub const LENGTH_BYTES: usize = 4;

/// Most bytes of a frame after its length: a list of all options fits with room to spare.
pub const MAX_FRAME: usize = 512 * 1024;

/// A message as JSON.
const JSON: u8 = b'J';
/// A piece of a page.
const PIECE: u8 = b'P';

/// A frame that no honest other side sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The length is zero or too large.
    #[error("a frame of {0} bytes, allowed are 1 to {MAX_FRAME}")]
    Length(usize),
    /// The first byte names no kind of frame that is allowed here.
    #[error("a frame of the unknown kind {0:#04x}")]
    Kind(u8),
    /// The content is no message.
    #[error("an unreadable message: {0}")]
    Unreadable(String),
    /// A list, text or piece in the message is longer than allowed, or a number makes no sense.
    #[error("a message with {0} out of bounds")]
    Bounds(&'static str),
}

/// The length of the frame that follows these four bytes.
///
/// # Errors
/// [`ProtocolError::Length`] outside 1 to [`MAX_FRAME`], before anything is reserved for it.
pub fn body_length(prefix: [u8; LENGTH_BYTES]) -> Result<usize, ProtocolError> {
    let length = usize::try_from(u32::from_be_bytes(prefix)).unwrap_or(usize::MAX);
    match length {
        1..=MAX_FRAME => Ok(length),
        _ => Err(ProtocolError::Length(length)),
    }
}

impl Request {
    /// The request as a frame, length first.
    ///
    /// # Errors
    /// [`ProtocolError::Bounds`] for a request that the other side would refuse.
    pub fn encode(&self) -> Result<Vec<u8>, ProtocolError> {
        self.check()?;
        json_frame(self)
    }

    /// Reads a frame without its length.
    ///
    /// # Errors
    /// [`ProtocolError`] for everything that [`Request::encode`] does not make.
    pub fn decode(frame: &[u8]) -> Result<Self, ProtocolError> {
        let request: Self = match frame.split_first() {
            Some((&JSON, text)) => from_json(text)?,
            Some((&kind, _)) => return Err(ProtocolError::Kind(kind)),
            None => return Err(ProtocolError::Length(0)),
        };
        request.check()?;
        Ok(request)
    }
}

impl Reply {
    /// The reply as a frame, length first.
    ///
    /// # Errors
    /// [`ProtocolError::Bounds`] or [`ProtocolError::Length`] for a reply that the other side would
    /// refuse.
    pub fn encode(&self) -> Result<Vec<u8>, ProtocolError> {
        self.check()?;
        match self {
            Self::Piece(piece) => Ok(frame(PIECE, piece)),
            _ => json_frame(self),
        }
    }

    /// Reads a frame without its length.
    ///
    /// # Errors
    /// [`ProtocolError`] for everything that [`Reply::encode`] does not make.
    pub fn decode(frame: &[u8]) -> Result<Self, ProtocolError> {
        let reply = match frame.split_first() {
            Some((&PIECE, piece)) if piece.len() > MAX_PIECE => return Err(ProtocolError::Bounds("a piece")),
            Some((&PIECE, piece)) => Self::Piece(piece.to_vec()),
            Some((&JSON, text)) => from_json(text)?,
            Some((&kind, _)) => return Err(ProtocolError::Kind(kind)),
            None => return Err(ProtocolError::Length(0)),
        };
        reply.check()?;
        Ok(reply)
    }
}

fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, ProtocolError> {
    // Of the reason only the place: the text itself may be anything.
    serde_json::from_slice(text)
        .map_err(|e| ProtocolError::Unreadable(format!("{:?} at byte {}", e.classify(), e.column())))
}

fn json_frame(message: &impl Serialize) -> Result<Vec<u8>, ProtocolError> {
    let text = serde_json::to_vec(message).map_err(|_| ProtocolError::Bounds("its content"))?;
    match text.len() + 1 {
        length if length > MAX_FRAME => Err(ProtocolError::Length(length)),
        _ => Ok(frame(JSON, &text)),
    }
}

fn frame(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len() as u32 + 1;
    let mut frame = Vec::with_capacity(LENGTH_BYTES + 1 + content.len());
    frame.extend(length.to_be_bytes());
    frame.push(kind);
    frame.extend(content);
    frame
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::message::tests::{any_reply, any_request};

    /// The frame without its length, after checking the length.
    fn body(frame: &[u8]) -> &[u8] {
        let (prefix, body) = frame.split_at(LENGTH_BYTES);
        assert_eq!(body_length(prefix.try_into().unwrap()), Ok(body.len()));
        body
    }

    #[test]
    fn frames_as_they_are_written_down() {
        let read = Request::Read.encode().unwrap();
        assert_eq!(read, b"\0\0\0\x07J\"read\"");
        let open = Request::Open { device: "test:0".into() }.encode().unwrap();
        assert_eq!(body(&open), br#"J{"open":{"device":"test:0"}}"#);
        let end = Reply::PageEnd { height_at: 163, lines: 3508 }.encode().unwrap();
        assert_eq!(body(&end), br#"J{"page-end":{"height_at":163,"lines":3508}}"#);
        assert_eq!(Reply::Piece(vec![0xFF, 0xD8]).encode().unwrap(), b"\0\0\0\x03P\xFF\xD8");
    }

    #[test]
    fn hostile_lengths_are_refused_before_anything_is_reserved() {
        for (prefix, result) in [
            ([0, 0, 0, 0], Err(ProtocolError::Length(0))),
            ([0, 0, 0, 1], Ok(1)),
            ([0, 8, 0, 0], Ok(MAX_FRAME)),
            ([0, 8, 0, 1], Err(ProtocolError::Length(MAX_FRAME + 1))),
            ([0xFF; 4], Err(ProtocolError::Length(0xFFFF_FFFF))),
        ] {
            assert_eq!(body_length(prefix), result);
        }
    }

    #[test]
    fn hostile_contents_are_refused() {
        let deep = [b"J".to_vec(), vec![b'['; MAX_FRAME - 1]].concat();
        for frame in
            [&b""[..], b"J", b"P", b"X\"read\"", b"J\"rea\"", b"J{\"open\":{}}", b"J\"read\" 1", &deep]
        {
            assert!(Request::decode(frame).is_err());
        }
        let long = format!("J{{\"open\":{{\"device\":\"{}\"}}}}", "x".repeat(2000));
        assert_eq!(Request::decode(long.as_bytes()), Err(ProtocolError::Bounds("a text")));
        let nul = "J{\"open\":{\"device\":\"a\\u0000b\"}}";
        assert_eq!(Request::decode(nul.as_bytes()), Err(ProtocolError::Bounds("a text")));
        let piece = [vec![b'P'], vec![0; MAX_PIECE + 1]].concat();
        assert_eq!(Reply::decode(&piece), Err(ProtocolError::Bounds("a piece")));
        assert!(Reply::decode(b"J{\"piece\":[1]}").is_err(), "a piece never comes as JSON");
        for lines in ["0", "70000", "-1"] {
            let end = format!("J{{\"page-end\":{{\"height_at\":163,\"lines\":{lines}}}}}");
            assert!(Reply::decode(end.as_bytes()).is_err(), "{lines} lines");
        }
    }

    proptest! {
        #[test]
        fn requests_come_back(request in any_request()) {
            let frame = request.encode().unwrap();
            prop_assert_eq!(Request::decode(body(&frame)), Ok(request));
        }

        #[test]
        fn replies_come_back(reply in any_reply()) {
            let frame = reply.encode().unwrap();
            prop_assert_eq!(Reply::decode(body(&frame)), Ok(reply));
        }

        #[test]
        fn damage_never_panics(reply in any_reply(), at: prop::sample::Index, byte: u8, noise in vec(any::<u8>(), 0..64)) {
            let mut frame = reply.encode().unwrap();
            let at = at.index(frame.len());
            frame[at] = byte;
            let _ = Reply::decode(&frame[LENGTH_BYTES..]);
            let _ = Request::decode(&frame[LENGTH_BYTES..at.max(LENGTH_BYTES)]);
            let _ = Reply::decode(&noise);
        }
    }
}
