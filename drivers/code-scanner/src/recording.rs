//! What of a code may be remembered, and a remembered session played again.

use std::time::{Duration, Instant};

use link::record::{Direction, Next, Recording, Replay, ReplayError, ReplayLink, Transcript};

use crate::{CodeScanner, Profile};

/// The driver's name in a recording.
const DRIVER: &str = "code-scanner";

/// Bytes of a code of any profile, at most: a longer line is none, and is not waited for.
const LONGEST: usize = 4096;

/// Makes codes harmless: every character becomes one of its class and length that says nothing.
///
/// Digits become `0`, letters `a` and `A`, other ASCII characters `-`, characters beyond ASCII one of
/// as many bytes. Control bytes and what is no UTF-8 stay what they are, without their value: they are
/// why a line was thrown away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Redactor;

impl link::record::Redactor for Redactor {
    fn redact(&mut self, _direction: Direction, pending: &mut [u8], ended: bool) -> usize {
        let whole = match pending.iter().rposition(|byte| matches!(byte, b'\r' | b'\n')) {
            _ if ended || pending.len() > LONGEST => pending.len(),
            Some(end) => end + 1,
            None => 0,
        };
        let (whole, _) = pending.split_at_mut(whole);
        blank(whole);
        whole.len()
    }
}

/// Rewrites text in place, character by character.
fn blank(mut bytes: &mut [u8]) {
    while !bytes.is_empty() {
        let (text, broken) = match std::str::from_utf8(bytes) {
            Ok(_) => (bytes.len(), 0),
            Err(error) => {
                let rest = bytes.len() - error.valid_up_to();
                (error.valid_up_to(), error.error_len().unwrap_or(rest))
            }
        };
        let (now, later) = bytes.split_at_mut(text);
        blank_text(now);
        let (now, later) = later.split_at_mut(broken);
        now.fill(0xFF);
        bytes = later;
    }
}

fn blank_text(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(first) =
        std::str::from_utf8(bytes.get(at..).unwrap_or_default()).unwrap_or("").chars().next()
    {
        let harmless: &[u8] = match first {
            '0'..='9' => b"0",
            'a'..='z' => b"a",
            'A'..='Z' => b"A",
            '\r' | '\n' => &[],
            // The one control character that a line can hold and be text but for it.
            '\u{80}'..='\u{9F}' => "\u{80}".as_bytes(),
            control if control.is_control() => b"\x01",
            ' '..='~' => b"-",
            '\u{A0}'..='\u{7FF}' => "é".as_bytes(),
            '\u{800}'..='\u{FFFF}' => "示".as_bytes(),
            _ => "𠀀".as_bytes(),
        };
        for (to, from) in bytes.iter_mut().skip(at).zip(harmless) {
            *to = *from;
        }
        at += first.len_utf8();
    }
}

/// Plays a recording of this driver again: the same calls, the same bytes, the same outcomes.
///
/// # Errors
/// [`ReplayError`]: where it is not the same again.
pub fn replay(recording: &Recording) -> Result<Transcript, ReplayError> {
    let mut replay = Replay::new(recording, DRIVER)?;
    let profile = Profile::shipped()
        .find(|profile| profile.model == recording.profile)
        .ok_or_else(|| ReplayError::UnknownProfile(recording.profile.clone()))?;
    let mut scanner: Option<CodeScanner<ReplayLink>> = None;
    while let Some(next) = replay.next() {
        match next {
            Next::Opened => scanner = Some(CodeScanner::new(replay.link(), profile.clone())),
            Next::Call(call) => {
                let fresh = || CodeScanner::new(replay.link(), profile.clone());
                let mut at_hand = match scanner.take() {
                    Some(scanner) => scanner,
                    None if call == "poll" => fresh(),
                    None if call == "poll skipping" => fresh().skipping(),
                    // Codes that came together with one whose recording has fallen out.
                    None => return Err(replay.unknown(&call)),
                };
                // Its outcome is noted and compared. The recording says when a deadline passes.
                let _ = at_hand.poll(Instant::now() + Duration::from_secs(1));
                scanner = Some(at_hand);
            }
        }
    }
    replay.finish()
}

#[cfg(test)]
mod tests {
    use link::record::{Recorded, Recorder, Redactor as _, What};
    use link::{Link, ScriptedLink};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::fuzz::Chunks;

    fn redacted(bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let n = Redactor.redact(Direction::FromDevice, &mut bytes, true);
        assert_eq!(n, bytes.len());
        bytes
    }

    /// What a scanner on this link leaves behind, after so many polls.
    fn recorded(link: impl Link, polls: usize) -> Recording {
        let recorder = Recorder::new(DRIVER, "generic", Redactor);
        let mut scanner = CodeScanner::new(Recorded::new(link, recorder.clone()), Profile::generic());
        for _ in 0..polls {
            let _ = scanner.poll(Instant::now());
        }
        recorder.snapshot("a-test")
    }

    fn outcomes(recording: &Recording) -> Vec<String> {
        let transcript = replay(recording).unwrap();
        transcript.calls.into_iter().map(|call| format!("{}: {}", call.call, call.outcome.unwrap())).collect()
    }

    #[test]
    fn characters_keep_their_class_and_length() {
        for (from, to) in [
            (&b"Ab9-/ ~\r\n"[..], &b"Aa0----\r\n"[..]),
            ("嘉é𠮷".as_bytes(), "示é𠀀".as_bytes()),
            (b"a\x00b\x7F\xFE\xE5\x98z", b"a\x01a\x01\xFF\xFF\xFFa"),
            (b"x\xC2\x85\xE5\x98", b"a\xC2\x80\xFF\xFF"),
        ] {
            assert_eq!(redacted(from), to, "{from:02X?}");
        }
    }

    #[test]
    fn a_line_is_judged_when_it_is_whole() {
        let mut pending = b"one\rtw".to_vec();
        assert_eq!(Redactor.redact(Direction::FromDevice, &mut pending, false), 4);
        assert_eq!(pending, b"aaa\rtw", "what is not final stays");
        let mut flood = vec![b'7'; LONGEST + 1];
        assert_eq!(Redactor.redact(Direction::FromDevice, &mut flood, false), LONGEST + 1);
        assert!(flood.iter().all(|byte| *byte == b'0'));
    }

    #[test]
    fn a_session_with_every_fault_plays_again() {
        let link = ScriptedLink::new("scanner")
            .answer(b"SECRET-1\r")
            .answer(b"SECRET-1\r\nSECRET-2\r")
            .silence()
            .answer(b"SEC")
            .silence()
            .answer_in_pieces(&[b'S'; 600], 64)
            .silence()
            .answer(b"SECRET\x02\r")
            .answer(b"SECRET\xFF\r")
            .answer(b"SECRET\xC2\x85\r")
            .answer("SECRET嘉\r".as_bytes())
            .hang_up();
        let recording = recorded(link, 13);
        assert!(!recording.to_string().contains("53 45 43"), "a code is in it: {recording}");
        let again = Recording::parse(&recording.to_string()).unwrap();
        assert_eq!(
            outcomes(&again),
            [
                "poll: code",
                "poll: code",
                "poll holding: code",
                "poll: nothing",
                "poll: unterminated",
                "poll: too-long",
                "poll holding skipping: nothing",
                "poll: control-bytes",
                "poll holding skipping: not-text",
                "poll: not-text",
                "poll: code",
                "poll: link",
                "poll: link",
            ]
        );
    }

    #[test]
    fn another_outcome_or_profile_is_told() {
        let mut recording = recorded(ScriptedLink::new("scanner").answer(b"one\r"), 1);
        let mut other = recording.clone();
        other.profile = "no such".to_owned();
        assert_eq!(replay(&other), Err(ReplayError::UnknownProfile("no such".to_owned())));
        for event in &mut recording.events {
            if let What::Crossed(_, bytes) = &mut event.what {
                bytes[1] = 0;
            }
        }
        assert!(matches!(replay(&recording), Err(ReplayError::Noted { .. })));
    }

    proptest! {
        #[test]
        fn whatever_a_scanner_sends_plays_again_as_it_was(data in vec(any::<u8>(), 0..3_000)) {
            let recording = recorded(Chunks::new(&data), 40);
            prop_assert!(replay(&recording).is_ok(), "{:?}", replay(&recording));
        }
    }
}
