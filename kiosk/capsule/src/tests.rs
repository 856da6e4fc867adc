use crate::text::seal;
use crate::*;
use jiff::civil::{DateTime, date};
use link::record::{Direction, Event, Mark, Recording, What};
use proptest::collection::vec;
use proptest::prelude::*;
use std::time::Duration;

fn word(text: &str) -> Word {
    Word::parse(text).expect("a word")
}

fn recorded(driver: &str, began: i64, events: Vec<Event>) -> Recorded {
    let recording = Recording {
        driver: driver.to_owned(),
        profile: "generic".to_owned(),
        link: "serial /dev/x".to_owned(),
        fault: "R03".to_owned(),
        events,
    };
    Recorded { began: Moment::from_micros(began), left_out: 0, recording }
}

fn event(micros: u64, what: What) -> Event {
    Event { at: Duration::from_micros(micros), what }
}

fn sample() -> Capsule {
    let entry = |micros, what, times| Entry { at: Moment::from_micros(micros), what, times };
    let frame = |n| What::Crossed(Direction::FromDevice, vec![0xAA; n]);
    Capsule {
        version: word("0.1.0"),
        build: None,
        kiosk: "大厅 1".to_owned(),
        clock: date(2026, 3, 2).at(10, 15, 30, 0),
        up: Duration::from_micros(812_345_678),
        fault: word("R03"),
        screen: Some(word("identify")),
        sealed: Moment::from_micros(2_000_113),
        devices: vec![
            DeviceState { device: word("reader"), faults: vec![word("R03")] },
            DeviceState { device: word("printer"), faults: vec![] },
        ],
        timeline: Timeline {
            left_out: 12,
            entries: vec![
                entry(-12_300_000, Happened::Event(word("touched")), 1),
                entry(-12_299_811, Happened::Screen(word("identify")), 1),
                entry(-12_299_700, Happened::Asked(word("reader")), 1),
                entry(-4_000_000, Happened::Event(word("scan-arriving")), 57),
                entry(-100_000, Happened::State(word("events-waiting"), 17), 1),
                entry(0, Happened::Fault(word("R03"), Course::Began), 1),
            ],
        },
        recordings: vec![
            recorded(
                "id-reader",
                -1_000_000,
                vec![
                    event(0, What::Mark(Mark::Opened)),
                    event(200_000, What::Note("call poll".to_owned())),
                    event(900_000, frame(200)),
                ],
            ),
            recorded("ticket-printer", -13_000_000, vec![]),
        ],
    }
}

const TEXT: &str = "onedoor-capsule 1
version 0.1.0
build -
kiosk 大厅 1
clock 2026-03-02T10:15:30
up 812.345678
fault R03
screen identify
sealed +2.000113

[devices]
reader R03
printer -

[timeline 12]
-12.300000 event touched
-12.299811 screen identify
-12.299700 asked reader
-4.000000 event scan-arriving *57
-0.100000 state events-waiting 17
+0.000000 fault R03 began

[recording -1.000000]
onedoor-recording 1
driver id-reader
profile generic
link serial /dev/x
fault R03

+0.000000 ! opened
+0.200000 # call poll
+0.900000 < AA*200

[recording -13.000000]
onedoor-recording 1
driver ticket-printer
profile generic
link serial /dev/x
fault R03


";

#[test]
fn the_text_is_the_documented_one() {
    let mut capsule = sample();
    assert_eq!(capsule.seal(), TEXT.to_owned() + &seal(TEXT));
    assert_eq!(capsule, sample());
    assert_eq!(Capsule::parse(capsule.seal().as_bytes()), Ok(sample()));
}

#[test]
fn a_file_is_read_and_named_when_it_cannot_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("one.capsule");
    let said = |path: &std::path::Path| Capsule::read(path).expect_err("refused").to_string();
    assert!(said(&path).contains("one.capsule: No such file"), "{}", said(&path));
    std::fs::write(&path, sample().seal()).expect("a file");
    assert_eq!(Capsule::read(&path).expect("a capsule"), sample());
    let changed = TEXT.replace("up 812.345678", "up long");
    std::fs::write(&path, changed.clone() + &seal(&changed)).expect("a file");
    assert!(said(&path).ends_with("one.capsule: line 6: “up SECONDS.MICROSECONDS” comes sixth"));
    std::fs::write(&path, "x".repeat(LONGEST * 2)).expect("a file");
    assert!(said(&path).contains("this is no capsule"));
}

/// Cut anywhere, and changed anywhere, it is refused.
#[test]
fn a_damaged_or_shortened_file_is_refused() {
    let text = sample().seal();
    for at in 0..text.len() {
        let refused = Capsule::parse(&text.as_bytes()[..at]).expect_err("cut short");
        let expected = match at {
            0..=15 => CapsuleError::NoCapsule,
            16..=17 => CapsuleError::OtherForm,
            _ => CapsuleError::NoSeal,
        };
        // In the midst of a letter it is no text any more.
        assert!(refused == expected || refused == CapsuleError::Damaged, "cut at {at}: {refused}");
        let mut changed = text.clone().into_bytes();
        changed[at] ^= 0x01;
        assert!(Capsule::parse(&changed).is_err(), "changed at {at}");
    }
    // Cut after a line, as a power cut may leave a file.
    let lines: Vec<&str> = text.lines().collect();
    for count in 2..lines.len() {
        let cut = lines[..count].join("\n") + "\n";
        assert_eq!(Capsule::parse(cut.as_bytes()), Err(CapsuleError::NoSeal), "{count} lines");
    }
    assert_eq!(Capsule::parse(TEXT.replace("R03", "R02").as_bytes()), Err(CapsuleError::NoSeal));
    let moved = TEXT.replace("R03", "R02") + &seal(TEXT);
    assert_eq!(Capsule::parse(moved.as_bytes()), Err(CapsuleError::Damaged));
    let twice = text.clone() + &seal(&text);
    assert!(matches!(Capsule::parse(twice.as_bytes()), Err(CapsuleError::Line { .. })));
}

#[test]
fn what_is_sealed_and_no_capsule_says_where_and_why() {
    for (from, to, line) in [
        ("version 0.1.0", "version a b", 2),
        ("build -", "build", 3),
        ("kiosk 大厅 1", "kiosk  大厅 1", 4),
        ("clock 2026-03-02T10:15:30", "clock 2026-03-02 10:15:30", 5),
        ("clock 2026-03-02T10:15:30", "clock 2026-13-02T10:15:30", 5),
        ("up 812.345678", "up 0812.345678", 6),
        ("fault R03\nscreen", "fault -\nscreen", 7),
        ("screen identify", "screen ident ify", 8),
        ("sealed +2.000113", "sealed 2.000113", 9),
        ("\n\n[devices]", "\n[devices]", 10),
        ("[devices]", "[device]", 11),
        ("printer -", "printer", 13),
        ("printer -", "printer P01  P02", 13),
        ("[timeline 12]", "[timeline 0]", 15),
        ("[timeline 12]", "[timeline12]", 15),
        ("event touched", "event", 16),
        ("event touched", "event touched by somebody", 16),
        ("event touched", "touched event", 16),
        ("-12.300000", "12.300000", 16),
        ("*57", "*1", 19),
        ("*57", "57", 19),
        ("17\n", "017\n", 20),
        ("R03 began", "R03 began again and again and again", 21),
        ("[recording -1.000000]", "[recording]", 23),
        ("[recording -1.000000]", "[recording -1.000000 0]", 23),
        ("[recording -1.000000]", "[recording -1.000000 1 2]", 23),
        ("driver id-reader", "driver", 25),
        ("! opened", "! exploded", 30),
        ("+0.900000", "0.900000", 32),
        ("[recording -13.000000]", "[other]", 34),
    ] {
        let text = TEXT.replacen(from, to, 1);
        assert_ne!(text, TEXT, "{from}");
        match Capsule::parse((text.clone() + &seal(&text)).as_bytes()) {
            Err(CapsuleError::Line { line: told, .. }) => assert_eq!(told, line, "{from} → {to}"),
            other => panic!("{from} → {to}: {other:?}"),
        }
    }
    let newer = TEXT.replacen("onedoor-capsule 1", "onedoor-capsule 2", 1);
    assert_eq!(Capsule::parse((newer.clone() + &seal(&newer)).as_bytes()), Err(CapsuleError::OtherForm));
    let long = TEXT.to_owned() + &"x".repeat(LONGEST);
    assert_eq!(Capsule::parse(long.as_bytes()), Err(CapsuleError::TooLong));
    let mut bytes = TEXT.as_bytes().to_vec();
    bytes.push(0xFF);
    assert_eq!(Capsule::parse(&bytes), Err(CapsuleError::Damaged));
}

#[test]
fn a_word_holds_nothing_that_could_end_it() {
    for (text, expected) in
        [("home", "home"), ("张三", "__"), ("a b\nc", "a_b_c"), ("", "_"), ("-", "_"), ("0.1.0", "0.1.0")]
    {
        assert_eq!(Word::of(text).as_str(), expected);
    }
    assert_eq!(Word::of(&"x".repeat(100)).as_str().len(), 40);
    assert_eq!(Word::parse("a b"), None);
    assert_eq!(Word::parse(&"x".repeat(41)), None);
}

#[test]
fn what_is_too_long_loses_its_oldest_frames_and_says_so() {
    let restless: Vec<u8> = (0..=u8::MAX).cycle().take(4096).collect();
    let long = |count: u64| -> Vec<Event> {
        (0..count)
            .map(|n| event(n * 1_000_000, What::Crossed(Direction::FromDevice, restless.clone())))
            .collect()
    };
    let mut capsule = sample();
    // Each frame is 12 KiB of text: the first would take half of the room, the others more than is left.
    capsule.recordings = vec![
        recorded("document-scanner", -100_000_000, long(100)),
        recorded("id-reader", -300_000_000, long(200)),
        recorded("ticket-printer", -5_000_000, long(2)),
    ];
    let before = capsule.clone();
    let text = capsule.seal();
    assert!(text.len() <= LONGEST && text.len() > LONGEST - 32 * 1024, "{} bytes", text.len());
    assert_eq!(Capsule::parse(text.as_bytes()), Ok(capsule.clone()));
    for (short, whole) in capsule.recordings.iter().zip(&before.recordings) {
        let left = short.recording.events.len();
        assert_eq!(left + short.left_out, whole.recording.events.len());
        // What is left is where it was on the axis.
        let last = |one: &Recorded| one.began.after(one.recording.events.last().expect("an event").at);
        assert_eq!(last(short), last(whole));
        assert_eq!(short.recording.events[0].at, Duration::ZERO);
    }
    let left: Vec<usize> = capsule.recordings.iter().map(|one| one.recording.events.len()).collect();
    assert!(left[0] > 80 && left[1] > 70 && left[2] == 2, "{left:?}");
    assert!(text.contains(&format!("[recording {} {}]", capsule.recordings[0].began, 100 - left[0])));
    // Nothing more is left out the second time.
    let again = capsule.clone();
    assert_eq!(capsule.seal(), text);
    assert_eq!(capsule, again);
}

#[test]
fn the_story_is_told_in_the_order_of_time() {
    let mut capsule = sample();
    capsule.recordings[0].left_out = 3;
    let story = capsule.story().to_string();
    let expected = "\
fault R03 of kiosk 大厅 1 at 2026-03-02T10:15:30, version 0.1.0, on the screen identify, sealed at +2.000113
reader: R03
      -12.300000  kiosk           (12 entries before this are not kept)
      -12.300000  kiosk           event touched
      -12.299811  kiosk           screen identify
      -12.299700  kiosk           asked reader
       -4.000000  kiosk           event scan-arriving *57
       -1.000000  id-reader       (3 events before this are left out)
       -1.000000  id-reader       ! opened
       -0.800000  id-reader       # call poll
       -0.100000  kiosk           state events-waiting 17
       -0.100000  id-reader       < AA*200
       +0.000000  kiosk           fault R03 began
";
    assert_eq!(story, expected);
    let restless: Vec<u8> = (0..=u8::MAX).collect();
    capsule.recordings[0].recording.events = vec![event(0, What::Crossed(Direction::ToDevice, restless))];
    assert!(capsule.story().to_string().contains(" 1C 1D 1E … (256 bytes)\n"), "{}", capsule.story());
}

fn any_word() -> impl Strategy<Value = Word> {
    "[A-Za-z0-9._][A-Za-z0-9._-]{0,39}".prop_map(|text| Word::of(&text))
}

fn any_moment() -> impl Strategy<Value = Moment> {
    any::<i64>().prop_map(Moment::from_micros)
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let course = prop::sample::select(vec![Course::Began, Course::Ended, Course::Once]);
    let what = prop_oneof![
        any_word().prop_map(Happened::Event),
        any_word().prop_map(Happened::Screen),
        any_word().prop_map(Happened::Asked),
        (any_word(), course).prop_map(|(code, course)| Happened::Fault(code, course)),
        (any_word(), any::<i64>()).prop_map(|(name, value)| Happened::State(name, value)),
    ];
    (any_moment(), what, 1..=u32::MAX).prop_map(|(at, what, times)| Entry { at, what, times })
}

fn any_recorded() -> impl Strategy<Value = Recorded> {
    let what = prop_oneof![
        vec(any::<u8>(), 1..40).prop_map(|bytes| What::Crossed(Direction::ToDevice, bytes)),
        vec(any::<u8>(), 1..40).prop_map(|bytes| What::Crossed(Direction::FromDevice, bytes)),
        "[!-~]([ -~]{0,40}[!-~])?".prop_map(What::Note),
        Just(What::Mark(Mark::Opened)),
    ];
    let events = vec((0_u64..1 << 40, what).prop_map(|(at, what)| event(at, what)), 0..20);
    let name = || "[!-~]([ -~]{0,40}[!-~])?";
    (any_moment(), any::<usize>(), name(), name(), events).prop_map(
        |(began, left_out, driver, link, events)| {
            let one = recorded(&driver, 0, events);
            Recorded { began, left_out, recording: Recording { link, ..one.recording } }
        },
    )
}

fn any_clock() -> impl Strategy<Value = DateTime> {
    (1i16..=9999, 1i8..=12, 1i8..=28, 0i8..24, 0i8..60, 0i8..60).prop_map(
        |(year, month, day, hour, minute, second)| date(year, month, day).at(hour, minute, second, 0),
    )
}

fn any_capsule() -> impl Strategy<Value = Capsule> {
    let devices = vec((any_word(), vec(any_word(), 0..4)), 0..9).prop_map(|devices| {
        devices.into_iter().map(|(device, faults)| DeviceState { device, faults }).collect()
    });
    let timeline = (any::<u64>(), vec(any_entry(), 0..30))
        .prop_map(|(left_out, entries)| Timeline { left_out, entries });
    let head = (any_word(), prop::option::of(any_word()), "\\PC{0,40}", any_clock(), 0_u64..1 << 45);
    let then = (any_word(), prop::option::of(any_word()), any_moment());
    (head, then, devices, timeline, vec(any_recorded(), 0..5)).prop_map(
        |((version, build, kiosk, clock, up), (fault, screen, sealed), devices, timeline, recordings)| {
            let up = Duration::from_micros(up);
            Capsule { version, build, kiosk, clock, up, fault, screen, sealed, devices, timeline, recordings }
        },
    )
}

proptest! {
    #[test]
    fn what_is_sealed_is_read(mut capsule in any_capsule()) {
        let text = capsule.seal();
        prop_assert_eq!(Capsule::parse(text.as_bytes()), Ok(capsule.clone()));
        fuzz::capsule(text.rsplit_once("sha256").expect("a seal").0.as_bytes());
        drop(capsule.story().to_string());
    }

    #[test]
    fn any_bytes_are_survived(bytes in vec(any::<u8>(), 0..400), tail in "[-+0-9.a-zA-Z\\[\\]*<>#! \n]{0,200}") {
        fuzz::capsule(&bytes);
        let cut = TEXT.char_indices().map(|(at, _)| at).nth(bytes.len()).unwrap_or(TEXT.len());
        fuzz::capsule(format!("{}{tail}", &TEXT[..cut]).as_bytes());
        fuzz::capsule(format!("{}{tail}\n{}", &TEXT[..cut], &TEXT[cut..]).as_bytes());
    }
}
