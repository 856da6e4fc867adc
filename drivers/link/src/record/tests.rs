use std::time::Instant;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::{Link, LinkError, ScriptedLink};

/// A device that answers lines: `n` is a name to be redacted, anything else is plain. A line ends
/// with a full stop, and until then it is not known what it is.
#[derive(Default)]
struct Lines;

impl Redactor for Lines {
    fn redact(&mut self, _: Direction, pending: &mut [u8], ended: bool) -> usize {
        let mut done = 0;
        while let Some(len) = pending[done..].iter().position(|b| *b == b'.') {
            if pending[done] == b'n' {
                pending[done + 1..done + len].fill(b'x');
            }
            done += len + 1;
        }
        if ended {
            pending[done..].fill(b'?');
            return pending.len();
        }
        done
    }
}

/// Never judges anything.
struct Silent;

impl Redactor for Silent {
    fn redact(&mut self, _: Direction, _: &mut [u8], _: bool) -> usize {
        0
    }
}

fn bytes_of(recording: &Recording, wanted: Direction) -> Vec<u8> {
    let pieces = recording.events.iter().filter_map(|event| match &event.what {
        What::Crossed(direction, bytes) if *direction == wanted => Some(bytes.as_slice()),
        _ => None,
    });
    pieces.collect::<Vec<_>>().concat()
}

fn whats(recording: &Recording) -> Vec<What> {
    recording.events.iter().map(|event| event.what.clone()).collect()
}

fn from(bytes: &[u8]) -> What {
    What::Crossed(Direction::FromDevice, bytes.to_vec())
}

fn to(bytes: &[u8]) -> What {
    What::Crossed(Direction::ToDevice, bytes.to_vec())
}

fn note(text: &str) -> What {
    What::Note(text.to_owned())
}

#[test]
fn pieces_and_their_order_stay_while_bytes_are_held_back() {
    let recorder = Recorder::new("lines", "generic", Lines);
    recorder.opened();
    recorder.note("call ask");
    recorder.crossed(Direction::ToDevice, b"who?.");
    recorder.crossed(Direction::FromDevice, b"pla");
    recorder.crossed(Direction::FromDevice, b"in.nZhang");
    recorder.timed_out(Direction::FromDevice);
    recorder.crossed(Direction::ToDevice, b"go on.");
    assert_eq!(recorder.held_back(), 6, "the name is held back");
    recorder.crossed(Direction::FromDevice, b"San.");
    recorder.note("= done");
    assert_eq!(recorder.held_back(), 0);
    assert!(recorder.is_clean());
    let recording = recorder.snapshot("none");
    assert_eq!(
        whats(&recording),
        [
            What::Mark(Mark::Opened),
            note("call ask"),
            to(b"who?."),
            from(b"pla"),
            from(b"in.nxxxxx"),
            What::Mark(Mark::TimedOut),
            to(b"go on."),
            from(b"xxx."),
            note("= done"),
        ]
    );
}

#[test]
fn what_is_under_way_at_a_hang_up_or_a_write_out_is_made_safe() {
    for end in [Recorder::hung_up as fn(&Recorder), Recorder::opened, |r| drop(r.snapshot("x"))] {
        let recorder = Recorder::new("lines", "generic", Lines);
        recorder.crossed(Direction::FromDevice, b"ok.nZhang S");
        end(&recorder);
        assert_eq!(bytes_of(&recorder.snapshot("x"), Direction::FromDevice), b"ok.????????");
        assert!(recorder.is_clean());
    }
}

#[test]
fn a_redactor_that_never_judges_cannot_hold_back_for_ever() {
    let recorder = Recorder::new("silent", "generic", Silent);
    for _ in 0..100 {
        recorder.crossed(Direction::FromDevice, &[0x5A; 1000]);
        assert!(recorder.held_back() < 16 * 1024);
    }
    recorder.crossed(Direction::FromDevice, &[0x5A; 100_000]);
    let recording = recorder.snapshot("none");
    let bytes = bytes_of(&recording, Direction::FromDevice);
    assert_eq!(bytes.len(), 200_000);
    assert!(bytes.iter().all(|b| *b == 0), "what was never judged is blanked");
    assert_eq!(recording.events.len(), 100 + 7);
}

#[test]
fn looking_in_the_midst_of_a_frame_disturbs_nothing() {
    let recorder = Recorder::new("lines", "generic", Lines);
    let before = Instant::now();
    recorder.crossed(Direction::ToDevice, b"who?.");
    recorder.crossed(Direction::FromDevice, b"nZhang");
    let (looked, began) = recorder.so_far("none");
    assert_eq!(whats(&looked), [to(b"who?.")], "nothing that was not judged");
    assert!(began.is_some_and(|began| began >= before && began <= Instant::now()));
    assert_eq!(recorder.held_back(), 6);
    recorder.crossed(Direction::FromDevice, b" San.");
    let undisturbed = Recorder::new("lines", "generic", Lines);
    undisturbed.crossed(Direction::ToDevice, b"who?.");
    undisturbed.crossed(Direction::FromDevice, b"nZhang");
    undisturbed.crossed(Direction::FromDevice, b" San.");
    assert_eq!(whats(&recorder.so_far("none").0), whats(&undisturbed.snapshot("none")));

    recorder.crossed(Direction::FromDevice, b"nLi");
    recorder.settle();
    assert_eq!(recorder.held_back(), 0);
    assert_eq!(whats(&recorder.so_far("none").0).len(), 4);
    assert_eq!(Recorder::new("lines", "generic", Lines).so_far("none").1, None);
}

#[test]
fn one_direction_held_back_does_not_hold_the_other_for_ever() {
    let recorder = Recorder::new("lines", "generic", Lines);
    recorder.crossed(Direction::ToDevice, b"nobody ends this");
    for _ in 0..20_000 {
        recorder.crossed(Direction::FromDevice, b"ok.");
        recorder.note("still here");
    }
    assert_eq!(recorder.held_back(), 0);
    let recording = recorder.snapshot("none");
    assert!(recording.events.len() > 3_000, "the other direction went on: {}", recording.events.len());
}

#[test]
fn the_oldest_events_fall_out_whole() {
    let recorder = Recorder::with_capacity("plain", "generic", Plain, 1_000);
    for n in 0..=u8::MAX {
        recorder.crossed(Direction::FromDevice, &[n; 36]);
    }
    let recording = recorder.snapshot("none");
    let expected: Vec<What> = (246..=u8::MAX).map(|n| from(&[n; 36])).collect();
    assert_eq!(whats(&recording), expected, "ten events of 36 + 64 bytes");
    assert_eq!(recording.events[0].at, Duration::ZERO, "times begin with the first that is left");
}

#[test]
fn the_largest_ring_written_out_can_be_read() {
    let recorder = Recorder::with_capacity("plain", "generic", Plain, usize::MAX);
    let restless: Vec<u8> = (0..=u8::MAX).cycle().take(16 * 1024).collect();
    for _ in 0..80 {
        recorder.crossed(Direction::FromDevice, &restless);
    }
    let recording = recorder.snapshot("none");
    assert!(bytes_of(&recording, Direction::FromDevice).len() > 1_000_000);
    assert_eq!(Recording::parse(&recording.to_string()).unwrap(), recording);
}

#[test]
fn the_text_is_the_documented_one() {
    let text = "onedoor-recording 1\n\
        driver id-reader\n\
        profile generic\n\
        link serial /dev/x\n\
        fault reader-silent\n\
        \n\
        +0.000000 ! opened\n\
        +0.000213 # call poll\n\
        +12.345678 > AA*3 96 69 00 03 20 01 22\n\
        +12.400000 < 01 01 00*128\n\
        +13.000000 ! timeout\n\
        +13.000001 # = no answer\n";
    let recording = Recording::parse(text).unwrap();
    assert_eq!(recording.driver, "id-reader");
    assert_eq!(recording.link, "serial /dev/x");
    assert_eq!(recording.fault, "reader-silent");
    assert_eq!(recording.events[2].at, Duration::from_micros(12_345_678));
    assert_eq!(recording.events[2].what, to(&[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 3, 0x20, 1, 0x22]));
    assert_eq!(recording.to_string(), text);
}

#[test]
fn a_text_that_is_no_recording_says_where_and_why() {
    let head = "onedoor-recording 1\ndriver d\nprofile p\nlink l\nfault f\n\n";
    for (text, line) in [
        (String::new(), 1),
        ("onedoor-recording 2\n".to_owned(), 1),
        (head.replace("driver d", "driver"), 2),
        (head.replace("profile p", "profile  p"), 3),
        (head.replace("link l", &format!("link {}", "l".repeat(201))), 4),
        (head.replace("fault f\n", ""), 5),
        (head.trim_end().to_owned(), 6),
        (format!("{head}+0.000000 > AA\n0.000000 > AA\n"), 8),
        (format!("{head}+0.0 > AA\n"), 7),
        (format!("{head}+99999999999999999999.000000 > AA\n"), 7),
        (format!("{head}+0.000000\n"), 7),
        (format!("{head}+0.000000 =\n"), 7),
        (format!("{head}+0.000000 é\n"), 7),
        (format!("{head}+0.000000 ! exploded\n"), 7),
        (format!("{head}+0.000000 >\n"), 7),
        (format!("{head}+0.000000 > A\n"), 7),
        (format!("{head}+0.000000 > +A\n"), 7),
        (format!("{head}+0.000000 > AA  AA\n"), 7),
        (format!("{head}+0.000000 > AA*\n"), 7),
        (format!("{head}+0.000000 > AA*0\n"), 7),
        (format!("{head}+0.000000 > AA*99999999\n"), 7),
        (format!("{head}+0.000000 > AA*4000000 AA*4000000\n"), 7),
        (format!("{head}+0.000000 # \n"), 7),
        (format!("{head}{}", "+0.000000 ! late\n".repeat(70_000)), 65_536 + 7),
    ] {
        match Recording::parse(&text) {
            Err(RecordingError::Line { line: told, .. }) => assert_eq!(told, line, "{text:.200}"),
            other => panic!("{other:?}: {text:.200}"),
        }
    }
    let endless = head.to_owned() + &"\n".repeat(9 * 1024 * 1024);
    assert_eq!(Recording::parse(&endless), Err(RecordingError::TooLong));
}

/// A small driver: asks, and reads until a full stop.
fn ask(link: &mut impl Link, question: &[u8]) -> Result<Vec<u8>, LinkError> {
    link.note("call ask");
    let answer = (|| {
        let deadline = Instant::now() + Duration::from_secs(20);
        link.write_all(question, deadline)?;
        let mut answer = Vec::new();
        while answer.last() != Some(&b'.') {
            let mut piece = [0; 8];
            let n = link.read(&mut piece, deadline)?;
            answer.extend_from_slice(&piece[..n]);
        }
        Ok(answer)
    })();
    match &answer {
        Ok(answer) => link.note(&format!("= {} bytes", answer.len())),
        Err(error) => link.note(&format!("= {error}")),
    }
    answer
}

fn play(recording: &Recording, question: &[u8]) -> Result<Transcript, ReplayError> {
    let mut replay = Replay::new(recording, "lines")?;
    let mut link = replay.link();
    while let Some(next) = replay.next() {
        match next {
            Next::Opened => link = replay.link(),
            Next::Call(call) if call == "ask" => drop(ask(&mut link, question)),
            Next::Call(call) => return Err(replay.unknown(&call)),
        }
    }
    replay.finish()
}

/// What a scripted device and a small driver made of three questions, and how they ended.
fn recorded() -> (Recording, Vec<Result<Vec<u8>, String>>) {
    let recorder = Recorder::new("lines", "generic", Lines);
    let script = ScriptedLink::new("device")
        .expect(b"who?.")
        .answer_in_pieces(b"nZhang San.", 3)
        .expect(b"who?.")
        .answer(b"nLi S")
        .silence()
        .expect(b"who?.")
        .answer(b"i.")
        .stall()
        .hang_up();
    let mut link = Recorded::new(script, recorder.clone());
    let answers = (0..5).map(|_| ask(&mut link, b"who?.").map_err(|e| e.to_string())).collect();
    (recorder.snapshot("lines-lost"), answers)
}

#[test]
fn a_recording_is_played_again_bit_by_bit() {
    let (recording, answers) = recorded();
    assert_eq!(recording.link, "device");
    let outcomes: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(outcomes, [true, false, true, false, false]);
    let transcript = play(&Recording::parse(&recording.to_string()).unwrap(), b"who?.").unwrap();
    let ends: Vec<&str> = transcript.calls.iter().map(|c| c.outcome.as_deref().unwrap()).collect();
    assert_eq!(
        ends,
        [
            "11 bytes",
            "no answer in time (0 bytes had been moved)",
            "2 bytes",
            "no answer in time (0 bytes had been moved)",
            "the device has hung up"
        ]
    );
    assert_eq!((transcript.to_device, transcript.from_device), (15, 18));
    assert!(transcript.to_string().contains("ask: 2 bytes\n"), "{transcript}");
    let everything = format!("{recording:?}");
    for name in ["Zhang", "San", "Li"] {
        assert!(!everything.contains(name) && !recording.to_string().contains(name));
    }
}

#[test]
fn a_recording_can_begin_and_end_in_the_middle() {
    let (mut recording, _) = recorded();
    recording.events.drain(..4);
    recording.events.truncate(10);
    let transcript = play(&recording, b"who?.").unwrap();
    assert_eq!(transcript.calls.len(), 2);
    assert_eq!(transcript.calls[1].outcome, None);
}

#[test]
fn every_difference_is_noticed() {
    let (recording, _) = recorded();
    assert!(matches!(
        Replay::new(&recording, "other").map(|_| ()),
        Err(ReplayError::OtherDriver { recorded, .. }) if recorded == "lines"
    ));
    assert!(matches!(play(&recording, b"what"), Err(ReplayError::Wrote { .. })));
    assert!(matches!(play(&recording, b"who?.more."), Err(ReplayError::OutOfTurn { now: "wrote", .. })));

    let altered = |alter: &dyn Fn(&mut Vec<Event>)| {
        let mut recording = recording.clone();
        alter(&mut recording.events);
        play(&recording, b"who?.").unwrap_err()
    };
    // An answer that goes on, one that ends too early, another outcome, another call.
    let longer = altered(&|events| events.insert(7, Event { at: Duration::ZERO, what: from(b"more.") }));
    assert!(matches!(longer, ReplayError::OutOfTurn { now: "noted something", .. }), "{longer}");
    let shorter = altered(&|events| drop(events.remove(6)));
    assert!(matches!(shorter, ReplayError::OutOfTurn { now: "read", .. }), "{shorter}");
    let other = altered(&|events| events[7].what = note("= 12 bytes"));
    assert!(matches!(other, ReplayError::Noted { .. }), "{other}");
    let unknown = altered(&|events| events[1].what = note("call dance"));
    assert!(matches!(unknown, ReplayError::UnknownCall { .. }), "{unknown}");
    let between = altered(&|events| events.insert(8, Event { at: Duration::ZERO, what: from(b"x") }));
    assert!(matches!(between, ReplayError::OutOfTurn { now: "did nothing more", .. }), "{between}");
}

#[test]
fn a_call_that_is_not_made_ends_the_replay() {
    let (recording, _) = recorded();
    let mut replay = Replay::new(&recording, "lines").unwrap();
    assert_eq!(replay.next(), Some(Next::Opened));
    assert_eq!(replay.next(), Some(Next::Call("ask".to_owned())));
    assert_eq!(replay.next(), None);
    assert!(matches!(replay.finish(), Err(ReplayError::OutOfTurn { .. })));
}

fn any_event() -> impl Strategy<Value = Event> {
    let direction = prop_oneof![Just(Direction::ToDevice), Just(Direction::FromDevice)];
    let runs = vec((any::<u8>(), 1_usize..40), 1..8)
        .prop_map(|runs| runs.into_iter().flat_map(|(byte, n)| vec![byte; n]).collect());
    let what = prop_oneof![
        (direction, runs).prop_map(|(direction, bytes)| What::Crossed(direction, bytes)),
        "[!-~]([ -~]{0,40}[!-~])?".prop_map(What::Note),
        prop::sample::select(Mark::WORDS.to_vec()).prop_map(|(mark, _)| What::Mark(mark)),
    ];
    (0_u64..1 << 40, what).prop_map(|(micros, what)| Event { at: Duration::from_micros(micros), what })
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        names in vec("[!-~]([ -~]{0,40}[!-~])?", 4), events in vec(any_event(), 0..40)
    ) {
        let [driver, profile, link, fault] = <[String; 4]>::try_from(names).unwrap();
        let recording = Recording { driver, profile, link, fault, events };
        prop_assert_eq!(Recording::parse(&recording.to_string()).unwrap(), recording);
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}", tail in "[+0-9.> <#!*A-F\n]{0,200}") {
        let _ = Recording::parse(&text);
        let _ = Recording::parse(&format!("onedoor-recording 1\ndriver d\nprofile p\nlink l\nfault f\n\n{tail}"));
    }

    #[test]
    fn whatever_is_noted_can_be_read(text in any::<String>(), fault in any::<String>()) {
        let recorder = Recorder::new(&text, &text, Plain);
        recorder.note(&text);
        let recording = recorder.snapshot(&fault);
        prop_assert_eq!(Recording::parse(&recording.to_string()).unwrap(), recording);
    }

    #[test]
    fn any_pieces_give_the_same_redacted_bytes(
        lines in vec("[np][a-z]{0,12}\\.", 0..40), cuts in vec(1_usize..30, 1..60)
    ) {
        let stream = lines.concat().into_bytes();
        let whole = Recorder::new("lines", "generic", Lines);
        whole.crossed(Direction::FromDevice, &stream);
        let pieces = Recorder::new("lines", "generic", Lines);
        let mut rest = &stream[..];
        for cut in cuts.iter().cycle() {
            if rest.is_empty() { break }
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            pieces.crossed(Direction::FromDevice, now);
            rest = later;
        }
        prop_assert_eq!(pieces.held_back(), 0);
        prop_assert!(pieces.is_clean());
        let (whole, pieces) = (whole.snapshot("x"), pieces.snapshot("x"));
        prop_assert_eq!(
            bytes_of(&whole, Direction::FromDevice), bytes_of(&pieces, Direction::FromDevice)
        );
    }
}
