use super::*;
use proptest::prelude::*;

use crate::profile::StatusLayout;

const OK: [u8; 4] = [0x12; 4];
const LOW: [u8; 4] = [0x12, 0x12, 0x12, 0x1E];
const OUT: [u8; 4] = [0x1A, 0x32, 0x12, 0x7E];
const OPEN: [u8; 4] = [0x1A, 0x16, 0x12, 0x12];
const OPEN_AND_LOW: [u8; 4] = [0x1A, 0x16, 0x12, 0x1E];

/// A ticket of ten centimetres.
const TICKET: u32 = 800;

fn status(bytes: [u8; 4]) -> Status {
    Status::from_real_time(StatusLayout::Epson, bytes)
}

/// A printer of which nothing is known, with a sensor.
fn unknown() -> Profile {
    Profile::generic()
}

/// One whose sensor sees 3 m before the end of a roll of 80 m.
fn known_one() -> Profile {
    Profile::named("epson-tm-compatible")
}

fn print(gauge: &mut PaperGauge, tickets: u32) {
    (0..tickets).for_each(|_| gauge.printed(TICKET));
}

/// A whole roll: so many tickets, and so many more after the sensor saw its end.
fn roll(gauge: &mut PaperGauge, before: u32, after: u32) {
    gauge.saw(&status(OK));
    print(gauge, before);
    gauge.saw(&status(LOW));
    print(gauge, after);
    gauge.saw(&status(OUT));
    gauge.saw(&status(OPEN));
    gauge.saw(&status(OK));
}

#[test]
fn nothing_is_said_while_nothing_is_known() {
    let mut gauge = PaperGauge::new();
    assert_eq!(gauge.tickets_left(&unknown()), None);
    print(&mut gauge, 3);
    gauge.saw(&status(LOW));
    assert_eq!((gauge.tickets_left(&unknown()), gauge.mm_left(&unknown())), (None, None));
    // What its maker says is a beginning.
    assert_eq!((gauge.tickets_left(&known_one()), gauge.mm_left(&known_one())), (Some(30), Some(3000)));
    print(&mut gauge, 10);
    assert_eq!(gauge.tickets_left(&known_one()), Some(20));
}

#[test]
fn each_roll_teaches_and_one_bad_one_spoils_nothing() {
    let mut gauge = PaperGauge::new();
    roll(&mut gauge, 700, 45);
    gauge.saw(&status(LOW));
    assert_eq!(gauge.tickets_left(&unknown()), Some(45));
    print(&mut gauge, 5);
    assert_eq!(gauge.tickets_left(&known_one()), Some(40), "what was measured counts, not what was promised");
    gauge.saw(&status(OUT));
    gauge.saw(&status(OK));
    // Since then: 5 (a strange one), 47, 44, 46. The median of 45, 5, 47, 44, 46.
    for after in [47, 44, 46] {
        roll(&mut gauge, 700, after);
    }
    gauge.saw(&status(LOW));
    assert_eq!(gauge.tickets_left(&unknown()), Some(45));
}

#[test]
fn a_roll_is_followed_from_its_beginning() {
    let mut gauge = PaperGauge::new();
    roll(&mut gauge, 700, 50);
    // The first was not seen from its beginning; the second is.
    assert_eq!(gauge.tickets_left(&unknown()), None);
    roll(&mut gauge, 700, 50);
    assert_eq!(gauge.tickets_left(&unknown()), Some(750));
    print(&mut gauge, 600);
    assert_eq!(gauge.tickets_left(&unknown()), Some(150));
    // Longer than the last one: what the sensor sees is there still.
    print(&mut gauge, 400);
    assert_eq!(gauge.tickets_left(&unknown()), Some(50));
    // Without a sensor nobody can say that.
    let blind = Profile { near_end_sensor: false, ..unknown() };
    assert_eq!(gauge.tickets_left(&blind), Some(0));
}

#[test]
fn what_people_do_is_understood() {
    let known = known_one();
    type Seen<'a> = (&'a str, &'a [[u8; 4]], Option<u32>);
    let table: [Seen<'_>; 7] = [
        ("the end", &[LOW, OUT], Some(0)),
        ("a sensor that blinks", &[LOW, OK, LOW, OK], Some(30)),
        ("a look under the cover", &[LOW, OPEN_AND_LOW, LOW], Some(30)),
        ("a look under a cover that lifts the sensor", &[LOW, OPEN, LOW], Some(30)),
        ("a new roll before the end", &[LOW, OPEN, OK], Some(800)),
        ("a new roll after it", &[LOW, OUT, OPEN, OK], Some(800)),
        ("the same remainder put back", &[LOW, OUT, OPEN, LOW], None),
    ];
    for (what, seen, left) in table {
        let mut gauge = PaperGauge::new();
        gauge.printed(TICKET);
        seen.iter().for_each(|bytes| gauge.saw(&status(*bytes)));
        assert_eq!(gauge.tickets_left(&known), left, "{what}");
    }
    // A blinking sensor does not begin to count anew.
    let mut gauge = PaperGauge::new();
    gauge.saw(&status(LOW));
    print(&mut gauge, 10);
    gauge.saw(&status(OK));
    gauge.saw(&status(LOW));
    assert_eq!(gauge.tickets_left(&known), Some(20));
}

#[test]
fn a_roll_changed_early_teaches_nothing() {
    let mut gauge = PaperGauge::new();
    roll(&mut gauge, 700, 50);
    gauge.saw(&status(LOW));
    print(&mut gauge, 2);
    gauge.saw(&status(OPEN));
    gauge.saw(&status(OK));
    gauge.saw(&status(LOW));
    assert_eq!(gauge.tickets_left(&unknown()), Some(50));
}

#[test]
fn it_is_kept_in_a_file_that_is_not_trusted() {
    let mut gauge = PaperGauge::new();
    roll(&mut gauge, 700, 45);
    print(&mut gauge, 3);
    let file = toml::to_string(&gauge).expect("written");
    assert_eq!(toml::from_str::<PaperGauge>(&file).expect("read"), gauge);
    assert_eq!(toml::from_str::<PaperGauge>("").expect("read"), PaperGauge::new());
    let many = vec!["4294967295"; 10_000].join(",");
    let huge: PaperGauge =
        toml::from_str(&format!("tickets = [{many}]\nwhole = [{many}]\nsince_new = 1\n")).expect("read");
    assert_eq!((huge.tickets.len(), huge.whole.len()), (TICKETS, ROLLS));
    assert!(huge.tickets_left(&unknown()).is_some_and(|left| left <= 1));
    assert!(toml::from_str::<PaperGauge>("since_new = -1").is_err());
}

fn anything() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0u32..=u32::MAX).prop_map(Event::Printed),
        4 => (1u32..3000).prop_map(Event::Printed),
        4 => prop_oneof![Just(OK), Just(LOW), Just(OUT), Just(OPEN), Just(OPEN_AND_LOW)].prop_map(Event::Saw),
        1 => Just(Event::NearEnd),
        1 => Just(Event::End),
        1 => Just(Event::New),
    ]
}

#[derive(Clone, Debug)]
enum Event {
    Printed(u32),
    Saw([u8; 4]),
    NearEnd,
    End,
    New,
}

proptest! {
    #[test]
    fn whatever_happens_it_stays_small_and_sane(events in proptest::collection::vec(anything(), 0..300)) {
        let mut gauge = PaperGauge::new();
        for event in events {
            match event {
                Event::Printed(dots) => gauge.printed(dots),
                Event::Saw(bytes) => gauge.saw(&status(bytes)),
                Event::NearEnd => gauge.near_end(),
                Event::End => gauge.paper_end(),
                Event::New => gauge.new_roll(),
            }
            for profile in [unknown(), known_one()] {
                let left = gauge.tickets_left(&profile);
                prop_assert!(left.is_none_or(|n| n <= LONGEST));
                if gauge.is_out {
                    prop_assert_eq!(left, Some(0));
                }
                // Printing never adds paper, as long as tickets are as long as before.
                if let (Some(before), Some(usual)) = (left, median(&gauge.tickets)) {
                    let mut later = gauge.clone();
                    later.printed(usual);
                    let after = later.mm_left(&profile);
                    prop_assert!(after <= gauge.mm_left(&profile), "{} {:?}", before, after);
                }
            }
            prop_assert!(gauge.after_near_end.len() <= ROLLS && gauge.tickets.len() <= TICKETS);
            let text = toml::to_string(&gauge).expect("written");
            prop_assert_eq!(&toml::from_str::<PaperGauge>(&text).expect("read"), &gauge);
        }
    }

    /// With rolls that vary as rolls do, it is never off by more than they vary.
    #[test]
    fn what_is_learnt_is_as_good_as_the_rolls(rolls in proptest::collection::vec(40u32..=50, 3..12)) {
        let mut gauge = PaperGauge::new();
        rolls.iter().for_each(|after| roll(&mut gauge, 600, *after));
        gauge.saw(&status(LOW));
        let left = gauge.tickets_left(&unknown()).expect("learnt");
        prop_assert!((40..=50).contains(&left), "{}", left);
    }
}
