//! Entries for fuzzing: each runs one parser over arbitrary bytes and asserts what always holds.

use link::record::{Direction, Redactor as _};

use crate::protocol::{Answer, Request, length};
use crate::{CompanyCertificate, Profile, Redactor};

/// A message of the helper's protocol, in either direction: what is read is written the same again.
///
/// # Panics
/// When it is not.
pub fn protocol(data: &[u8]) {
    if let Some(head) = data.first_chunk() {
        let _ = length(*head);
    }
    if let Ok(request) = Request::parse(data) {
        assert!(request.frame().get(4..) == Some(data), "a request changed");
    }
    if let Ok(answer) = Answer::parse(data) {
        assert!(answer.frame().get(4..) == Some(data), "an answer changed");
    }
}

/// A certificate, and the company in it.
///
/// # Panics
/// When a company was found whose code or name is none.
pub fn certificate(data: &[u8]) {
    if let Ok(certificate) = CompanyCertificate::from_der(data, &Profile::generic()) {
        assert!(crate::Uscc::parse(certificate.uscc().as_str()).is_ok());
        assert!((1..=200).contains(&certificate.organisation().chars().count()));
        assert!(certificate.der() == data);
    }
}

/// The redactor over what a helper sends, in two parts, and over what it is sent.
///
/// # Panics
/// When it changes a length, or what it holds back.
pub fn redact(data: &[u8]) {
    for direction in [Direction::ToDevice, Direction::FromDevice] {
        let mut bytes = data.to_vec();
        let done = Redactor.redact(direction, &mut bytes, false);
        assert!(data.get(done..) == bytes.get(done..), "what is held back was changed");
        let rest = bytes.get_mut(done..).unwrap_or_default();
        let length = rest.len();
        assert!(Redactor.redact(direction, rest, true) == length);
    }
}
