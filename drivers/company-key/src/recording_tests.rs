use link::record::{Recorded, Recorder, What};
use link::{Link, ScriptedLink};
use proptest::collection::vec;
use proptest::prelude::*;
use skf_vendor::Company;
use zeroize::Zeroizing;

use super::*;
use crate::protocol::Secret;
use crate::{Call, Sar};

const LIMIT: Duration = Duration::from_secs(5);

fn challenge() -> Challenge {
    Challenge::new(b"SECRET-CHALLENGE-1").unwrap()
}

fn session(link: ScriptedLink) -> (Session<Box<dyn Link>>, Recorder) {
    let recorder = Recorder::new(DRIVER, "generic", Redactor);
    let link: Box<dyn Link> = Box::new(Recorded::new(link, recorder.clone()));
    (Session::new(link), recorder)
}

fn outcomes(recording: &Recording) -> Vec<String> {
    let transcript = replay(recording).unwrap();
    transcript.calls.into_iter().map(|call| format!("{}: {}", call.call, call.outcome.unwrap())).collect()
}

/// A helper with one key, for a whole visit and what may go wrong in it.
fn visit() -> Recording {
    let der = Company::Agency.certificate();
    let device = &b"YZT-SECRET-0001"[..];
    let one = Answer::Devices(vec![device.to_vec()]).frame();
    let prove =
        Request::Prove { device, certificate: der, pin: Secret(b"SECRET"), challenge: challenge().bytes() }
            .frame()
            .to_vec();
    let wrong = Answer::Refused { call: Call::VerifyPin, code: Sar::PinIncorrect, tries: Some(4) };
    let link = ScriptedLink::new("helper 1 for libskf.so")
        .answer(&Answer::Ready.frame())
        .expect(&Request::Devices.frame())
        .answer(&Answer::Devices(vec![]).frame())
        .expect(&Request::Wait { ms: 500 }.frame())
        .answer_in_pieces(&one, 7)
        .expect(&Request::Devices.frame())
        .answer(&one)
        .expect(&Request::Read { device }.frame())
        .answer_in_pieces(&Answer::Certificate(Zeroizing::new(der.to_vec())).frame(), 100)
        .expect(&Request::Devices.frame())
        .answer(&one)
        .expect(&prove)
        .answer(&wrong.frame())
        .expect(&Request::Devices.frame())
        .answer(&one)
        .expect(&prove)
        .answer(&Answer::Signature([0x5E; 32], [0x5E; 32]).frame())
        .expect(&Request::Devices.frame())
        .hang_up();
    let (mut session, recorder) = session(link);
    let profile = Profile::generic();
    let pin = Pin::new("SECRET".to_owned()).unwrap();
    session.greeting(LIMIT).unwrap();
    session.poll(LIMIT).unwrap();
    session.wait(500, LIMIT).unwrap();
    let certificate = session.read(&profile).unwrap();
    session.prove(certificate.der(), &pin, &challenge(), profile.timeouts).unwrap_err();
    session.prove(certificate.der(), &pin, &challenge(), profile.timeouts).unwrap();
    session.poll(LIMIT).unwrap_err();
    recorder.snapshot("crashed")
}

#[test]
fn a_visit_plays_again_without_the_company_that_it_was() {
    let text = visit().to_string();
    let recording = Recording::parse(&text).unwrap();
    assert_eq!(
        outcomes(&recording),
        [
            "start: ready",
            "poll: none",
            "wait 500: one",
            "read: certificate",
            "prove 6 18: pin-wrong",
            "prove 6 18: signature",
            "poll: hung-up",
        ]
    );
    let crossed = recording.events.iter().filter_map(|event| match &event.what {
        What::Crossed(_, bytes) => Some(bytes.as_slice()),
        What::Note(_) | What::Mark(_) => None,
    });
    let all = crossed.collect::<Vec<_>>().concat();
    for gone in [&b"SECRET"[..], "上海示例".as_bytes(), b"91310114", &[0x5E; 8]] {
        assert!(!all.windows(gone.len()).any(|part| part == gone), "{gone:02X?}");
    }
}

#[test]
fn a_helper_that_hangs_or_talks_nonsense_plays_again() {
    for (link, outcome) in [
        (ScriptedLink::new("helper").answer(b"\0\0\0\x02\x81").silence(), "late"),
        (ScriptedLink::new("helper").answer(b"\xFF\xFF\xFF\xFFmore").silence(), "protocol"),
        (ScriptedLink::new("helper").answer(b"\0\0\0\x03\x84\0\x09"), "protocol"),
        (ScriptedLink::new("helper").answer(&Answer::Closed.frame()), "protocol"),
        (ScriptedLink::new("helper").hang_up(), "hung-up"),
    ] {
        let (mut session, recorder) = session(link);
        session.greeting(LIMIT).unwrap_err();
        let recording = recorder.snapshot("x");
        assert_eq!(outcomes(&recording), [format!("start: {outcome}")]);
    }
}

#[test]
fn what_cannot_be_played_is_told() {
    let recording = visit();
    let mut other = recording.clone();
    other.profile = "no such".to_owned();
    assert_eq!(replay(&other), Err(ReplayError::UnknownProfile("no such".to_owned())));
    let mut late = recording.clone();
    let proof = late.events.iter().position(|event| event.what == What::Note("call prove 6 18".to_owned()));
    late.events.drain(..proof.unwrap());
    assert!(matches!(replay(&late), Err(ReplayError::UnknownCall { .. })));
}

proptest! {
    #[test]
    fn any_bytes_are_made_safe_in_any_pieces(data in vec(any::<u8>(), 0..400), cut in 0_usize..400) {
        let mut data = data;
        data.truncate(cut);
        crate::fuzz::redact(&data);
    }
}
