//! What of a company's key may be remembered, and a remembered session played again.

use std::time::Duration;

use link::record::{Direction, Next, Recording, Replay, ReplayError, ReplayLink, Transcript};

use crate::protocol::{Answer, LONGEST, Request};
use crate::session::Session;
use crate::{Challenge, CompanyCertificate, Pin, Profile, redact};

/// The driver's name in a recording.
const DRIVER: &str = "company-key";

/// Makes the helper's messages harmless, each as soon as it is whole.
///
/// The names of keys and what certificates say of a company become synthetic text of the same length
/// and class, codes with a right check character where it was right; PINs become zeros, challenges,
/// signatures, public keys and serial numbers a repeated byte.
#[derive(Debug, Clone, Copy, Default)]
pub struct Redactor;

impl link::record::Redactor for Redactor {
    fn redact(&mut self, direction: Direction, pending: &mut [u8], ended: bool) -> usize {
        let mut done = 0;
        while let Some((head, rest)) = pending.get_mut(done..).and_then(<[u8]>::split_first_chunk_mut) {
            let length = u32::from_be_bytes(*head) as usize;
            let Some(content) = rest.get_mut(..length).filter(|_| (1..=LONGEST).contains(&length)) else {
                // The rest of a message that is to come; or none, and nobody knows where the next begins.
                if !ended && (1..=LONGEST).contains(&length) {
                    return done;
                }
                rest.fill(0);
                return pending.len();
            };
            match direction {
                Direction::ToDevice => request(content),
                Direction::FromDevice => answer(content),
            }
            done += 4 + length;
        }
        if ended { pending.len() } else { done }
    }
}

/// Rewrites a request. What is none becomes zeros, which are none either.
fn request(content: &mut [u8]) {
    let fine = match Request::parse(content) {
        Ok(Request::Devices | Request::Wait { .. } | Request::Close) => return,
        Ok(Request::Read { .. } | Request::Prove { .. }) => true,
        Err(_) => false,
    };
    match content {
        [0x03, fields @ ..] if fine => {
            strings(fields, [redact::name as Rewrite]);
        }
        [0x04, fields @ ..] if fine => {
            let challenge: Rewrite = |bytes| bytes.fill(CHALLENGE);
            let pin: Rewrite = |bytes| bytes.fill(PIN);
            strings(fields, [redact::name, redact::certificate, pin, challenge]);
        }
        other => other.fill(0),
    }
}

/// Rewrites an answer. What is none becomes zeros, which are none either.
fn answer(content: &mut [u8]) {
    match (Answer::parse(content), content) {
        (Ok(Answer::Devices(names)), [_, _, fields @ ..]) => {
            strings(fields, names.iter().map(|_| redact::name as Rewrite));
        }
        (Ok(Answer::Certificate(_)), [_, fields @ ..]) => {
            strings(fields, [redact::certificate as Rewrite]);
        }
        (Ok(Answer::Signature(..)), [_, numbers @ ..]) => numbers.fill(0x11),
        (
            Ok(
                Answer::Ready
                | Answer::NotLoaded(..)
                | Answer::Closed
                | Answer::Refused { .. }
                | Answer::NoCertificate
                | Answer::Changed
                | Answer::Misbehaved(_)
                | Answer::BadRequest,
            ),
            _,
        ) => {}
        (_, none) => none.fill(0),
    }
}

type Rewrite = fn(&mut [u8]);

const CHALLENGE: u8 = 0xC5;
const PIN: u8 = b'0';

/// Rewrites strings that follow each other, which are known to be whole.
fn strings(mut fields: &mut [u8], rewrite: impl IntoIterator<Item = Rewrite>) {
    for rewrite in rewrite {
        let Some((length, rest)) = fields.split_first_chunk_mut() else { return };
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (string, later) = rest.split_at_mut(length);
        rewrite(string);
        fields = later;
    }
}

/// Plays a recording of this driver again: the same calls, the same bytes, the same outcomes.
///
/// # Errors
/// [`ReplayError`]: where it is not the same again. A proof whose certificate was read before the
/// recording begins is an unknown call.
pub fn replay(recording: &Recording) -> Result<Transcript, ReplayError> {
    let mut replay = Replay::new(recording, DRIVER)?;
    let profile = Profile::shipped()
        .find(|profile| profile.model == recording.profile)
        .ok_or_else(|| ReplayError::UnknownProfile(recording.profile.clone()))?;
    let mut session: Option<Session<ReplayLink>> = None;
    let mut certificate: Option<CompanyCertificate> = None;
    while let Some(next) = replay.next() {
        let call = match next {
            Next::Opened => {
                session = Some(Session::new(replay.link()));
                continue;
            }
            Next::Call(call) => call,
        };
        let session = session.get_or_insert_with(|| Session::new(replay.link()));
        // Outcomes are noted and compared; the recording says when a deadline passes.
        match (call.split(' ').collect::<Vec<_>>().as_slice(), &certificate) {
            (["start"], _) => drop(session.greeting(Duration::ZERO)),
            (["poll"], _) => drop(session.poll(Duration::ZERO)),
            (["read"], _) => certificate = session.read(&profile).ok().or(certificate),
            (["close"], _) => drop(session.close(Duration::ZERO)),
            (["wait", ms], _) if ms.parse::<u32>().is_ok() => {
                drop(session.wait(ms.parse().unwrap_or(0), Duration::ZERO));
            }
            (["prove", pin, challenge], Some(certificate)) => {
                let (Some(pin), Some(challenge)) = (a_pin(pin), a_challenge(challenge)) else {
                    return Err(replay.unknown(&call));
                };
                drop(session.prove(certificate.der(), &pin, &challenge, profile.timeouts));
            }
            _ => return Err(replay.unknown(&call)),
        }
    }
    replay.finish()
}

/// The PIN that stands in a recording for one of so many bytes.
fn a_pin(length: &str) -> Option<Pin> {
    let length = length.parse().ok().filter(|length| *length <= Pin::LONGEST)?;
    Pin::new(char::from(PIN).to_string().repeat(length))
}

/// The challenge that stands in a recording for one of so many bytes.
fn a_challenge(length: &str) -> Option<Challenge> {
    let length = length.parse().ok().filter(|length| *length <= 1024)?;
    Challenge::new(&vec![CHALLENGE; length])
}

#[cfg(test)]
#[path = "recording_tests.rs"]
mod tests;
