//! One line: an event, when it was, and the hash that binds it to the line before.

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;

use crate::event::Event;
use crate::field::Hash;
use crate::key::LogKey;

/// A line is at most this long, in bytes, with its end.
pub(crate) const LONGEST_LINE: usize = 1024;

/// What the hash of a line begins with, so that no other use of the key gives the same.
const PURPOSE: &str = "onedoor/log/line/1";

/// Between what is hashed and the hash.
const BEFORE_MAC: &[u8] = b",\"mac\":\"";
const AFTER_MAC: &[u8] = b"\"}";

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// by the kiosk's clock, which may be wrong and may be put right
    pub wall: Timestamp,
    /// since the machine started, which nobody can move
    pub up: Duration,
}

impl Stamp {
    /// Now.
    pub fn now() -> Self {
        let up = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(up.tv_sec).unwrap_or_default();
        let nanos = u32::try_from(up.tv_nsec).unwrap_or_default();
        Self { wall: Timestamp::now(), up: Duration::new(seconds, nanos) }
    }
}

/// The line of an event with its end, and its hash.
pub(crate) fn line(key: &LogKey, before: &Hash, seq: u64, stamp: &Stamp, event: &Event) -> (String, Hash) {
    let entry = event.entry();
    let mut body = String::with_capacity(320);
    // Writing into a String cannot fail.
    let _ = write!(
        body,
        "{{\"seq\":{seq},\"at\":\"{:.3}\",\"up\":{},\"id\":\"{}\",\"event\":\"{}\",\"grade\":\"{}\",\"fields\":{{",
        stamp.wall,
        stamp.up.as_millis(),
        entry.id,
        entry.name,
        entry.grade.as_str(),
    );
    for (at, (name, value)) in event.fields().iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(body, "{comma}\"{name}\":");
        value.write_json(&mut body);
    }
    body.push('}');
    let mac = key.mac(PURPOSE, &[&before.0, body.as_bytes()]);
    (seal(body, &mac), mac)
}

/// What stands in front of every hash, here and in the head, then the hash, then the end of the line.
pub(crate) fn seal(mut body: String, mac: &Hash) -> String {
    let _ = writeln!(body, ",\"mac\":\"{}\"}}", hex::encode(mac.0));
    body
}

/// What [`seal`] put together, without the end of the line. `None` if it is anything else.
pub(crate) fn unseal(line: &[u8]) -> Option<(&[u8], Hash)> {
    let rest = line.strip_suffix(AFTER_MAC)?;
    let (rest, digits) = rest.split_at_checked(rest.len().checked_sub(64)?)?;
    let body = rest.strip_suffix(BEFORE_MAC)?;
    let mut mac = Hash::default();
    // The hash has one form alone, so that no byte of a line can be changed unseen.
    if digits.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    hex::decode_to_slice(digits, &mut mac.0).ok()?;
    Some((body, mac))
}

/// A line as it was read; nothing is proven of it but its form.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    body: &'a [u8],
    /// what it says its hash is
    pub mac: Hash,
    /// what it says
    pub said: Said,
}

/// What of a line is of use for reading a chain.
#[derive(Debug, Deserialize)]
pub(crate) struct Said {
    pub seq: u64,
    pub at: Timestamp,
    pub id: String,
    pub fields: serde_json::Map<String, serde_json::Value>,
}

/// What the first line of a file says.
#[derive(Debug, Deserialize)]
pub(crate) struct FileBegun {
    pub file: u32,
    pub oldest: u32,
    pub dropped: u32,
    after: String,
}

impl<'a> Line<'a> {
    /// Reads a line without its end.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        if line.len() >= LONGEST_LINE {
            return None;
        }
        let (body, mac) = unseal(line)?;
        let said = serde_json::from_slice(&[body, b"}"].concat()).ok()?;
        Some(Self { body, mac, said })
    }

    /// The hash that it ought to have after another line.
    pub fn hash_after(&self, key: &LogKey, before: &Hash) -> Hash {
        key.mac(PURPOSE, &[&before.0, self.body])
    }

    /// Whether it follows a line of this hash.
    pub fn follows(&self, key: &LogKey, before: &Hash) -> bool {
        self.hash_after(key, before) == self.mac
    }

    /// What it says if it is the first line of a file, and the hash that it follows.
    pub fn begins_file(&self) -> Option<(FileBegun, Hash)> {
        if self.said.id != "L1001" {
            return None;
        }
        let begun: FileBegun = serde_json::from_value(self.said.fields.clone().into()).ok()?;
        let mut after = Hash::default();
        hex::decode_to_slice(&begun.after, &mut after.0).ok()?;
        Some((begun, after))
    }
}

/// The pieces between ends of lines; the last one is what follows the last end, and is not a whole line.
pub(crate) fn pieces(bytes: &[u8]) -> (impl Iterator<Item = &[u8]>, &[u8]) {
    let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let (whole, torn) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    (whole.split_inclusive(|b| *b == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line)), torn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    #[test]
    fn the_longest_events_fit_into_a_line_and_are_read_back() {
        let key = LogKey::new(Zeroizing::new([7; 32]));
        let stamp = Stamp { wall: Timestamp::MAX, up: Duration::from_secs(u32::MAX.into()) };
        let mut before = Hash::default();
        for (seq, event) in (u64::MAX - 1000..).zip(Event::longest()) {
            let (text, mac) = line(&key, &before, seq, &stamp, &event);
            assert!(text.len() <= LONGEST_LINE && text.ends_with('\n'), "{text}");
            let read = Line::parse(text.trim_end().as_bytes()).expect("a line");
            assert!(read.follows(&key, &before) && read.mac == mac);
            assert_eq!((read.said.seq, read.said.id.as_str()), (seq, event.entry().id));
            assert_eq!(read.said.fields.len(), event.fields().len());
            let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(json["event"], event.entry().name);
            before = mac;
        }
    }

    #[test]
    fn a_line_is_what_is_documented() {
        let key = LogKey::new(Zeroizing::new([7; 32]));
        let stamp = Stamp {
            wall: "2026-11-26T18:15:17.1239Z".parse().expect("a time"),
            up: Duration::from_micros(1_234_567),
        };
        let event = Event::RemedyTried {
            device: crate::field::Letter::of('P'),
            remedy: crate::field::Word::of("reopen"),
            helped: true,
        };
        let (text, mac) = line(&key, &Hash::default(), 7, &stamp, &event);
        let body = r#"{"seq":7,"at":"2026-11-26T18:15:17.123Z","up":1234,"id":"L1405","event":"RemedyTried","grade":"info","fields":{"device":"P","remedy":"reopen","helped":true}"#;
        assert_eq!(text, format!("{body},\"mac\":\"{}\"}}\n", hex::encode(mac.0)));
        assert_eq!(mac, key.mac(PURPOSE, &[&[0; 32], body.as_bytes()]));
    }

    #[test]
    fn pieces_are_lines_and_what_is_left() {
        for (bytes, lines, left) in [
            (&b""[..], vec![], &b""[..]),
            (b"a", vec![], b"a"),
            (b"a\n", vec![&b"a"[..]], b""),
            (b"a\n\nb\nc", vec![b"a", b"", b"b"], b"c"),
        ] {
            let (read, torn) = pieces(bytes);
            assert_eq!((read.collect::<Vec<_>>(), torn), (lines, left));
        }
    }
}
