use super::*;
use link::record::{Recorded, Recorder};

use std::time::Duration;

use crate::encode::Encoder;
use crate::redact::TicketRedactor;
use crate::sample;
use crate::scripted::Scripted;

fn profile() -> Profile {
    Profile {
        reply_timeout: Duration::from_millis(160),
        proof_timeout: Duration::from_millis(400),
        ..Profile::named("epson-tm-compatible")
    }
}

/// Records what `calls` do on a scripted printer.
fn recorded(link: Scripted, calls: impl FnOnce(&mut Printer<Recorded<Scripted>>)) -> Recording {
    let profile = profile();
    let recorder = Recorder::new(DRIVER, &profile.model, TicketRedactor::new(profile.status));
    let mut printer = Printer::new(Recorded::new(link, recorder.clone()), profile);
    calls(&mut printer);
    recorder.snapshot("test")
}

/// Prints the measured ticket.
fn print(printer: &mut Printer<Recorded<Scripted>>) {
    let ticket = Encoder::new(profile(), None).encode(&sample::ticket());
    let _ = printer.init();
    let _ = printer.preflight();
    let _ = printer.begin(&ticket.header);
    let _ = printer.finish(&ticket.body, JobId::new(7), &mut |_| {});
}

/// What was noted of how the last call ended.
fn last(transcript: &Transcript) -> &str {
    transcript.calls.last().and_then(|call| call.outcome.as_deref()).unwrap_or_default()
}

#[test]
fn what_was_recorded_is_played_again_to_the_bit() {
    let open: [u8; 4] = [0x1A, 0x16, 0x12, 0x12];
    let table = [
        (Scripted::well(), "confirmed: ProcessIdAfterCut"),
        (Scripted::well().with(|p| p.status = open), "failed before sending: fault CoverOpen"),
        (
            Scripted::well().with(|p| p.answers_ids = false),
            "unknown: QueuedStatusAnswered, proof never comes",
        ),
        (
            Scripted::well().on_status(|asked, p| p.mute = asked > 1).with(|p| p.answers_queued = false),
            "confirmed: ProcessId",
        ),
        (
            Scripted::well()
                .with(|p| (p.answers_ids, p.answers_queued) = (false, false))
                .on_status(|asked, p| p.hangs_up = asked > 2),
            "unknown: BytesSent, connection failed",
        ),
        (Scripted::well().with(|p| p.takes = 200), "unknown: SendStarted, stalled"),
    ];
    for (link, ends) in table {
        let recording = recorded(link, print);
        let text = recording.to_string();
        let parsed = Recording::parse(&text).expect("a recording");
        let transcript = replay(&parsed).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
        assert!(transcript.calls.len() >= 3, "{transcript}");
        if !ends.starts_with("failed") && !ends.ends_with("ProcessId") {
            assert_eq!(last(&transcript), ends, "{text}");
        }
        assert_eq!(replay(&recording), Ok(transcript));
    }
}

#[test]
fn every_call_is_known() {
    let recording = recorded(Scripted::well(), |printer| {
        let _ = printer.identify();
        for remedy in Remedy::ALL {
            let _ = printer.apply(remedy);
        }
        let _ = printer.recover();
        let _ = printer.status();
        let _ = printer.begin(b"\x1b@header\n");
        let _ = printer.abandon();
        printer.set_profile(profile().without_process_id());
        let _ = printer.finish(b"A048\n", JobId::new(9), &mut |_| {});
    });
    let transcript = replay(&recording).unwrap_or_else(|wrong| panic!("{wrong}\n{recording}"));
    assert_eq!(transcript.calls.len(), 11);
    assert_eq!(last(&transcript), "sent: QueuedStatusAnswered");
}

#[test]
fn a_recording_says_nothing_of_a_ticket() {
    let recording = recorded(Scripted::well(), print);
    let sent: Vec<u8> = recording
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Crossed(Direction::ToDevice, bytes) => Some(bytes.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    for secret in ["A048", "q.example", "20260318"] {
        assert!(!sent.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
    // The identifiers of jobs are kept: they prove.
    assert!(sent.windows(4).any(|window| window == JobId::new(7).behind_cut()));
}

#[test]
fn a_difference_is_found_and_a_strange_recording_refused() {
    let mut recording = recorded(Scripted::well(), print);
    let other = Recording { driver: String::from("id-reader"), ..recording.clone() };
    assert!(matches!(replay(&other), Err(ReplayError::OtherDriver { .. })));
    let other = Recording { profile: String::from("none"), ..recording.clone() };
    assert!(matches!(replay(&other), Err(ReplayError::UnknownProfile(_))));
    for event in &mut recording.events {
        if let What::Crossed(Direction::FromDevice, bytes) = &mut event.what {
            while let Some(at) = bytes.windows(2).position(|two| two == [0x37, 0x22]) {
                bytes[at + 1] = 0x21;
            }
        }
    }
    assert!(replay(&recording).is_err(), "another identifier confirmed the ticket");
    let strange = |call: &str| {
        let text = format!(
            "onedoor-recording 1\ndriver ticket-printer\nprofile generic\nlink l\nfault f\n\n+0.000000 # call {call}\n"
        );
        replay(&Recording::parse(&text).expect("a recording"))
    };
    for call in ["dance", "begin", "begin x", "begin 99999999999", "finish 1 2", "finish 1 x ids", "apply it"]
    {
        assert!(matches!(strange(call), Err(ReplayError::UnknownCall { .. })), "{call}");
    }
}

#[test]
fn a_transfer_broken_off_before_the_recording_began_is_told() {
    let mut recording = recorded(Scripted::well().with(|p| p.takes = 30), |printer| {
        let _ = printer.begin(&[b'x'; 40]);
        let _ = printer.preflight();
    });
    let at =
        recording.events.iter().position(|e| e.what == What::Note(String::from("call preflight broken")));
    recording.events.drain(..at.expect("it is noted"));
    let transcript = replay(&recording).expect("the same");
    assert_eq!(last(&transcript), "needs recovery");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]

    /// However strangely a printer answers, what was recorded of it plays the same again.
    #[test]
    fn whatever_is_said_plays_again(
        says in proptest::collection::vec(proptest::prop_oneof![
            proptest::strategy::Just(0x37u8), proptest::strategy::Just(0x22), proptest::strategy::Just(0),
            proptest::strategy::Just(0x12), proptest::strategy::Just(0x13), proptest::strategy::Just(b'5'),
            proptest::num::u8::ANY], 0..80),
        mute in proptest::bool::ANY,
    ) {
        let link = Scripted::well().with(|p| (p.mute, p.answers_ids) = (mute, false)).on_status({
            let says = says.clone();
            move |asked, p| if asked > 1 { p.says.extend(&says) }
        });
        let recording = recorded(link.saying(&says), |printer| {
            printer.profile.reply_timeout = Duration::from_millis(50);
            printer.profile.proof_timeout = Duration::from_millis(60);
            print(printer);
        });
        let parsed = Recording::parse(&recording.to_string()).expect("a recording");
        let played = replay(&parsed);
        proptest::prop_assert!(played.is_ok(), "{:?}\n{}", played, recording);
    }
}
