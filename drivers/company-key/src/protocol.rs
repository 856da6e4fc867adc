//! What the kiosk and its helper say to each other over the helper's standard input and output.
//!
//! Each message is a frame: its length as four bytes, big-endian, 1 to [`LONGEST`], and so many
//! bytes, the first of which is the kind. Within a frame, numbers are big-endian; a *string* is two
//! bytes of length and so many bytes.
//!
//! | kind | request | then |
//! |---|---|---|
//! | 01 | list the keys | |
//! | 02 | list the keys once the list has changed | u32: milliseconds to wait for that, at most |
//! | 03 | read a key's certificate | string: the key's name |
//! | 04 | prove | strings: name, certificate, PIN, challenge |
//! | 05 | close | |
//!
//! | kind | answer | then |
//! |---|---|---|
//! | 81 | the library is loaded; sent once, unasked | |
//! | 82 | the library is not loaded; sent once, unasked | u8: reason; string: detail |
//! | 83 | the keys | u8: how many; as many strings |
//! | 84 | the certificate | string: DER |
//! | 85 | the signature | r and s, 32 bytes each |
//! | 86 | closed | |
//! | 87 | the library refused | u8: function; u32: its code; u32: PIN tries left, or FFFFFFFF |
//! | 88 | the key holds no certificate for signing | |
//! | 89 | the key holds another certificate | |
//! | 8A | the library broke its own interface | u8: function |
//! | 8B | the request made no sense | |
//!
//! Exactly one answer follows each request.

use zeroize::Zeroizing;

use crate::{Call, Sar};

/// A frame's content is at most this long, bytes.
pub const LONGEST: usize = 16 * 1024;
/// A certificate is at most this long, bytes.
pub const LONGEST_CERTIFICATE: usize = 8 * 1024;
/// A key's name is at most this long, bytes.
pub const LONGEST_NAME: usize = 255;
/// Keys that are plugged in at once, at most; further ones are left out.
pub const MOST_KEYS: usize = 16;

const NO_TRIES: u32 = u32::MAX;

/// What the kiosk asks of its helper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// Which keys are plugged in?
    Devices,
    /// The same, answered when the list differs from the one told last, or after so long.
    Wait {
        /// milliseconds
        ms: u32,
    },
    /// The certificate for signing of the key with this name.
    Read {
        /// the key's name
        device: &'a [u8],
    },
    /// A signature by the key with this name, if it still holds this certificate.
    Prove {
        /// the key's name
        device: &'a [u8],
        /// what [`Request::Read`] gave
        certificate: &'a [u8],
        /// the user's PIN
        pin: Secret<'a>,
        /// what is to be signed
        challenge: &'a [u8],
    },
    /// Give everything back.
    Close,
}

/// Bytes that `Debug` does not show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret<'a>(pub &'a [u8]);

impl std::fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// What the helper says.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// The library is loaded.
    Ready,
    /// The library is not loaded.
    NotLoaded(Unloaded, String),
    /// The names of the keys.
    Devices(Vec<Vec<u8>>),
    /// A certificate, DER.
    Certificate(Zeroizing<Vec<u8>>),
    /// r and s.
    Signature([u8; 32], [u8; 32]),
    /// Everything was given back.
    Closed,
    /// The library refused.
    Refused {
        /// the function
        call: Call,
        /// its return code
        code: Sar,
        /// PIN tries left, where the function tells
        tries: Option<u32>,
    },
    /// No certificate for signing on the key.
    NoCertificate,
    /// Another certificate than the one expected.
    Changed,
    /// The library gave lengths or values that its interface does not allow.
    Misbehaved(Call),
    /// The request was none.
    BadRequest,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ready => f.write_str("Ready"),
            Self::NotLoaded(reason, _) => write!(f, "NotLoaded({reason:?})"),
            Self::Devices(names) => write!(f, "Devices({})", names.len()),
            Self::Certificate(_) => f.write_str("Certificate(redacted)"),
            Self::Signature(..) => f.write_str("Signature"),
            Self::Closed => f.write_str("Closed"),
            Self::Refused { call, code, tries } => write!(f, "Refused({call}, {code}, {tries:?})"),
            Self::NoCertificate => f.write_str("NoCertificate"),
            Self::Changed => f.write_str("Changed"),
            Self::Misbehaved(call) => write!(f, "Misbehaved({call})"),
            Self::BadRequest => f.write_str("BadRequest"),
        }
    }
}

/// Why a library is not loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unloaded {
    /// There is no such file.
    Missing,
    /// The file is no shared object for this machine.
    WrongKind,
    /// A function is missing in it; the detail names it.
    Incomplete,
    /// The system's loader refused it; the detail says why.
    Refused,
}

impl Unloaded {
    const ALL: [Self; 4] = [Self::Missing, Self::WrongKind, Self::Incomplete, Self::Refused];
}

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolFault {
    /// A frame without content, or with more than [`LONGEST`] bytes.
    #[error("a message of {0} bytes")]
    Length(usize),
    /// A kind that is none.
    #[error("a message of unknown kind {0:02X}")]
    Kind(u8),
    /// Fields that end too early, go on too long, or hold what they may not.
    #[error("a malformed message of kind {0:02X}")]
    Fields(u8),
    /// A message that does not belong here.
    #[error("a message out of turn")]
    OutOfTurn,
}

/// The length of a frame's content from its first four bytes.
///
/// # Errors
/// [`ProtocolFault::Length`].
pub fn length(head: [u8; 4]) -> Result<usize, ProtocolFault> {
    let length = u32::from_be_bytes(head) as usize;
    if (1..=LONGEST).contains(&length) { Ok(length) } else { Err(ProtocolFault::Length(length)) }
}

/// Room for a message, allocated once so that growing leaves no copies behind.
struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    fn new(kind: u8) -> Self {
        let mut bytes = Zeroizing::new(Vec::with_capacity(4 + LONGEST));
        bytes.extend_from_slice(&[0, 0, 0, 0, kind]);
        Self(bytes)
    }

    fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    fn u32(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// At most 65535 bytes of a string; both sides bound theirs far below.
    fn string(mut self, bytes: &[u8]) -> Self {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(bytes.get(..usize::from(length)).unwrap_or_default());
        self
    }

    fn frame(mut self) -> Zeroizing<Vec<u8>> {
        let length = (self.0.len() - 4) as u32;
        if let Some(head) = self.0.first_chunk_mut() {
            *head = length.to_be_bytes();
        }
        self.0
    }
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn u8(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn string(&mut self, longest: usize) -> Option<&'a [u8]> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        (length <= longest).then_some(string)
    }

    fn call(&mut self) -> Option<Call> {
        Call::ALL.get(usize::from(self.u8()?)).copied()
    }
}

/// Reads a message's fields; all of them must be there and nothing behind them.
fn whole<'a, T>(
    content: &'a [u8],
    read: impl FnOnce(u8, &mut Fields<'a>) -> Result<Option<T>, ProtocolFault>,
) -> Result<T, ProtocolFault> {
    let mut fields = Fields(content);
    let kind = fields.u8().ok_or(ProtocolFault::Length(0))?;
    let value = read(kind, &mut fields)?.ok_or(ProtocolFault::Fields(kind))?;
    if fields.0.is_empty() { Ok(value) } else { Err(ProtocolFault::Fields(kind)) }
}

impl<'a> Request<'a> {
    /// The whole frame; wiped when dropped.
    #[must_use]
    pub fn frame(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Devices => Writer::new(0x01).frame(),
            Self::Wait { ms } => Writer::new(0x02).u32(*ms).frame(),
            Self::Read { device } => Writer::new(0x03).string(device).frame(),
            Self::Prove { device, certificate, pin, challenge } => {
                Writer::new(0x04).string(device).string(certificate).string(pin.0).string(challenge).frame()
            }
            Self::Close => Writer::new(0x05).frame(),
        }
    }

    /// Reads a frame's content.
    ///
    /// # Errors
    /// [`ProtocolFault`].
    pub fn parse(content: &'a [u8]) -> Result<Self, ProtocolFault> {
        whole(content, |kind, fields| {
            Ok(match kind {
                0x01 => Some(Self::Devices),
                0x02 => fields.u32().map(|ms| Self::Wait { ms }),
                0x03 => fields.string(LONGEST_NAME).map(|device| Self::Read { device }),
                0x04 => Self::parse_prove(fields),
                0x05 => Some(Self::Close),
                other => return Err(ProtocolFault::Kind(other)),
            })
        })
    }

    fn parse_prove(fields: &mut Fields<'a>) -> Option<Self> {
        Some(Self::Prove {
            device: fields.string(LONGEST_NAME)?,
            certificate: fields.string(LONGEST_CERTIFICATE)?,
            pin: fields.string(crate::Pin::LONGEST).map(Secret)?,
            challenge: fields.string(1024)?,
        })
    }
}

impl Answer {
    /// The whole frame; wiped when dropped.
    #[must_use]
    pub fn frame(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Ready => Writer::new(0x81).frame(),
            Self::NotLoaded(reason, detail) => {
                Writer::new(0x82).u8(*reason as u8).string(bounded(detail, 512).as_bytes()).frame()
            }
            Self::Devices(names) => {
                let names = names.get(..MOST_KEYS).unwrap_or(names);
                names
                    .iter()
                    .fold(Writer::new(0x83).u8(names.len() as u8), |writer, name| writer.string(name))
                    .frame()
            }
            Self::Certificate(der) => Writer::new(0x84).string(der).frame(),
            Self::Signature(r, s) => Writer::new(0x85).raw(r).raw(s).frame(),
            Self::Closed => Writer::new(0x86).frame(),
            Self::Refused { call, code, tries } => {
                let tries = tries.map_or(NO_TRIES, |tries| tries.min(NO_TRIES - 1));
                Writer::new(0x87).u8(*call as u8).u32(code.code()).u32(tries).frame()
            }
            Self::NoCertificate => Writer::new(0x88).frame(),
            Self::Changed => Writer::new(0x89).frame(),
            Self::Misbehaved(call) => Writer::new(0x8A).u8(*call as u8).frame(),
            Self::BadRequest => Writer::new(0x8B).frame(),
        }
    }

    /// Reads a frame's content.
    ///
    /// # Errors
    /// [`ProtocolFault`].
    pub fn parse(content: &[u8]) -> Result<Self, ProtocolFault> {
        whole(content, |kind, fields| {
            Ok(match kind {
                0x81 => Some(Self::Ready),
                0x82 => Self::parse_not_loaded(fields),
                0x83 => Self::parse_devices(fields),
                0x84 => fields
                    .string(LONGEST_CERTIFICATE)
                    .map(|der| Self::Certificate(Zeroizing::new(der.to_vec()))),
                0x85 => fields.array().zip(fields.array()).map(|(r, s)| Self::Signature(r, s)),
                0x86 => Some(Self::Closed),
                0x87 => Self::parse_refused(fields),
                0x88 => Some(Self::NoCertificate),
                0x89 => Some(Self::Changed),
                0x8A => fields.call().map(Self::Misbehaved),
                0x8B => Some(Self::BadRequest),
                other => return Err(ProtocolFault::Kind(other)),
            })
        })
    }

    fn parse_not_loaded(fields: &mut Fields<'_>) -> Option<Self> {
        let reason = *Unloaded::ALL.get(usize::from(fields.u8()?))?;
        let detail = std::str::from_utf8(fields.string(512)?).ok()?;
        Some(Self::NotLoaded(reason, detail.to_owned()))
    }

    fn parse_devices(fields: &mut Fields<'_>) -> Option<Self> {
        let count = usize::from(fields.u8()?);
        if count > MOST_KEYS {
            return None;
        }
        let names = (0..count).map(|_| fields.string(LONGEST_NAME).map(<[u8]>::to_vec));
        names.collect::<Option<_>>().map(Self::Devices)
    }

    fn parse_refused(fields: &mut Fields<'_>) -> Option<Self> {
        let (call, code, tries) = (fields.call()?, fields.u32()?, fields.u32()?);
        let tries = (tries != NO_TRIES).then_some(tries);
        // Success is no refusal.
        (code != 0).then_some(Self::Refused { call, code: Sar::from_code(code), tries })
    }
}

/// At most `longest` bytes of a text, cut between characters.
fn bounded(text: &str, longest: usize) -> &str {
    let end = (0..=longest.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn content(frame: &[u8]) -> &[u8] {
        let (head, content) = frame.split_first_chunk().unwrap();
        assert_eq!(length(*head), Ok(content.len()));
        content
    }

    #[test]
    fn requests_have_the_bytes_of_the_table() {
        for (request, bytes) in [
            (Request::Devices, &b"\0\0\0\x01\x01"[..]),
            (Request::Wait { ms: 500 }, b"\0\0\0\x05\x02\0\0\x01\xF4"),
            (Request::Read { device: b"key" }, b"\0\0\0\x06\x03\0\x03key"),
            (
                Request::Prove { device: b"k", certificate: b"c", pin: Secret(b"12"), challenge: b"x" },
                b"\0\0\0\x0E\x04\0\x01k\0\x01c\0\x0212\0\x01x",
            ),
            (Request::Close, b"\0\0\0\x01\x05"),
        ] {
            assert_eq!(*request.frame(), bytes, "{request:?}");
            assert_eq!(Request::parse(content(bytes)), Ok(request));
        }
    }

    #[test]
    fn every_answer_is_read_as_it_was_written() {
        let refused = |call, tries| Answer::Refused { call, code: Sar::PinIncorrect, tries };
        let answers = [
            Answer::Ready,
            Answer::NotLoaded(Unloaded::Incomplete, "SKF_Digest".to_owned()),
            Answer::Devices(vec![]),
            Answer::Devices(vec![b"one".to_vec(), vec![0xC4; LONGEST_NAME]]),
            Answer::Certificate(Zeroizing::new(vec![7; LONGEST_CERTIFICATE])),
            Answer::Signature([1; 32], [2; 32]),
            Answer::Closed,
            refused(Call::VerifyPin, Some(5)),
            refused(Call::EccSignData, None),
            Answer::NoCertificate,
            Answer::Changed,
            Answer::Misbehaved(Call::EnumDev),
            Answer::BadRequest,
        ];
        for answer in answers {
            assert_eq!(Answer::parse(content(&answer.frame())).as_ref(), Ok(&answer));
        }
    }

    #[test]
    fn malformed_messages_are_told_apart() {
        for (bytes, fault) in [
            (&b""[..], ProtocolFault::Length(0)),
            (b"\x7F", ProtocolFault::Kind(0x7F)),
            (b"\x81\0", ProtocolFault::Fields(0x81)),
            (b"\x83\x11", ProtocolFault::Fields(0x83)),
            (b"\x83\x01\0\x05abc", ProtocolFault::Fields(0x83)),
            (b"\x85short", ProtocolFault::Fields(0x85)),
            (b"\x87\x08\0\0\0\0\0\0\0\0", ProtocolFault::Fields(0x87)),
            (b"\x87\x0C\x0A\0\0\x01\0\0\0\0", ProtocolFault::Fields(0x87)),
            (b"\x82\x04\0\0", ProtocolFault::Fields(0x82)),
        ] {
            assert_eq!(Answer::parse(bytes), Err(fault), "{bytes:?}");
        }
        assert_eq!(length([0, 0, 0x40, 0]), Ok(LONGEST));
        assert_eq!(length([0, 0, 0x40, 1]), Err(ProtocolFault::Length(LONGEST + 1)));
        assert_eq!(length([0xFF; 4]), Err(ProtocolFault::Length(u32::MAX as usize)));
    }

    #[test]
    fn nothing_secret_is_in_debug() {
        let prove =
            Request::Prove { device: b"k", certificate: b"c", pin: Secret(b"secret"), challenge: b"x" };
        let text = format!("{prove:?}");
        assert!(text.contains("redacted") && !text.contains("115, 101"), "{text}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in vec(any::<u8>(), 0..600)) {
            crate::fuzz::protocol(&bytes);
        }
    }
}
