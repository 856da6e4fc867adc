//! One boot of the guest; one test for each case in it.
//!
//! Where the set-up cannot provide a guest, the tests say so and check nothing.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;

use guest::machine::{self, NoStory, Story};

/// Booted by the first test that asks; the others wait for it.
static STORY: LazyLock<Result<Story, NoStory>> = LazyLock::new(|| {
    let story = machine::boot(Path::new(env!("CARGO_BIN_EXE_guest-suite")));
    // Past the test's own output, which is kept back while it passes.
    let _ = match &story {
        Err(skipped @ NoStory::NoGuest(_)) => writeln!(std::io::stderr(), "SKIPPED: {skipped}"),
        Err(NoStory::NotStarted(_)) => Ok(()),
        Ok(Story { booted, took, cases, .. }) => {
            let (booted, took) = (booted.unwrap_or(*took).as_secs_f32(), took.as_secs_f32());
            let mut slowest: Vec<_> = cases.values().map(|case| (case.millis, case.name.as_str())).collect();
            slowest.sort_unstable_by(|a, b| b.cmp(a));
            slowest.truncate(3);
            let count = cases.len();
            writeln!(
                std::io::stderr(),
                "one guest: {took:.1} s, {booted:.1} s of it before the {count} cases; slowest (ms): {slowest:?}"
            )
        }
    };
    story
});

/// What the guest told, or `None` where there is no guest.
fn story() -> Option<&'static Story> {
    match &*STORY {
        Ok(story) => Some(story),
        Err(NoStory::NoGuest(_)) => None,
        Err(e @ NoStory::NotStarted(_)) => panic!("{e}"),
    }
}

fn passed(name: &str) {
    let Some(story) = story() else { return };
    match story.cases.get(name) {
        None => panic!("the guest did not come to it: it ended amid {:?}", story.amid),
        Some(case) => {
            if let Some(failure) = &case.failure {
                panic!("{failure} (after {} ms)\n{}", case.millis, story.log);
            }
        }
    }
}

macro_rules! cases {
    ($($test:ident: $name:literal,)+) => {
        $(#[test]
        fn $test() {
            passed($name);
        })+

        /// The guest tries what is asked about here, no less and no more, and comes to its end.
        #[test]
        fn every_case_is_one_of_these() {
            let Some(story) = story() else { return };
            let told: BTreeSet<&str> = story.cases.keys().map(String::as_str).collect();
            assert_eq!(told, BTreeSet::from([$($name),+]), "{}", story.log);
            assert!(story.whole, "{}", story.log);
        }
    };
}

cases! {
    everything_is_discovered: "everything is discovered by names that stay",
    what_is_not_permitted_is_said: "what may not be opened is discovered and said",
    split_identity: "split: identity",
    split_stall: "split: stall",
    split_stall_within: "split: stall within a reply",
    split_silence: "split: silence",
    split_babble: "split: babble",
    split_unplugged_in_mid_read: "split: unplugged in mid-read",
    split_unplugged_between_polls: "split: unplugged between polls",
    split_port_reset: "split: port reset",
    single_identity: "single: identity",
    single_stall: "single: stall",
    single_silence: "single: silence",
    single_babble: "single: babble",
    single_unplugged_in_mid_read: "single: unplugged in mid-read",
    single_unplugged_between_polls: "single: unplugged between polls",
    single_port_reset: "single: port reset",
    printer_is_taken_and_given_back: "printer: taken from the kernel's driver and given back",
    printer_status: "printer: status",
    printer_ticket: "printer: ticket",
    printer_unplugged: "printer: unplugged",
    serial_reader_identity: "serial reader: identity",
    serial_reader_silence: "serial reader: silence",
    serial_reader_unplugged: "serial reader: unplugged in mid-poll",
    serial_printer_ticket: "serial printer: status and ticket",
    serial_printer_unplugged: "serial printer: unplugged",
}
