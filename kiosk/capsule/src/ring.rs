//! What happened in the kiosk, the last of it.

use crate::capsule::{Course, Entry, Happened, Timeline, Word};
use crate::moment::Moment;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use visit::fault::Fault;

/// How many entries are remembered: many visits.
const MOST: usize = 2048;

/// An entry is small and holds nothing that would have to be given back, so that the whole ring is bounded
/// and remembering costs nothing.
const _: () = assert!(MOST * size_of::<Remembered>() <= 128 << 10);

/// What can be seen. By its type nothing of a person fits in: names that the program was built with, codes
/// and numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// the desk heard of something, such as [`visit::event::Event::name`]
    Event(&'static str),
    /// another screen is shown, such as [`visit::screen::Screen::name`]
    Screen(&'static str),
    /// the desk asked for something, such as [`visit::event::Action::name`]
    Asked(&'static str),
    /// a device's faults changed
    Fault(Fault, Course),
    /// something is now so
    State(State, i64),
}

/// What can be noted with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// which visitor since the start is at the kiosk
    Session,
    /// how many events waited for the desk
    EventsWaiting,
    /// about how many tickets are left on the roll
    TicketsLeft,
    /// how many numbers wait in the hall
    NumbersWaiting,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::EventsWaiting => "events-waiting",
            Self::TicketsLeft => "tickets-left",
            Self::NumbersWaiting => "numbers-waiting",
        }
    }
}

/// Remembers what happened last: a cheap handle, to be cloned. Whoever remembers waits for nobody: the ring
/// is held for as long as an entry is copied.
#[derive(Debug, Clone, Default)]
pub struct Ring(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    kept: VecDeque<Remembered>,
    left_out: u64,
    screen: Option<&'static str>,
}

impl Default for Inner {
    fn default() -> Self {
        Self { kept: VecDeque::with_capacity(MOST), left_out: 0, screen: None }
    }
}

#[derive(Debug, Clone, Copy)]
struct Remembered {
    at: Instant,
    seen: Seen,
    times: u32,
}

impl Ring {
    /// Remembers what is seen now. The same once more is counted, a screen that is already shown is not.
    pub fn see(&self, seen: Seen) {
        self.see_at(Instant::now(), seen);
    }

    /// The name of the screen that is shown.
    #[must_use]
    pub fn screen(&self) -> Option<&'static str> {
        self.inner().screen
    }

    /// Everything that is remembered, on the axis of a fault at this time.
    #[must_use]
    pub fn timeline(&self, fault: Instant) -> Timeline {
        let (kept, left_out) = {
            let inner = self.inner();
            (inner.kept.clone(), inner.left_out)
        };
        let entries = kept.iter().map(|one| Entry {
            at: Moment::of(one.at, fault),
            what: one.seen.happened(),
            times: one.times,
        });
        Timeline { left_out, entries: entries.collect() }
    }

    /// Remembers what was seen at this moment, which is now or just past.
    pub fn see_at(&self, at: Instant, seen: Seen) {
        let mut inner = self.inner();
        if let Seen::Screen(name) = seen
            && inner.screen.replace(name) == Some(name)
        {
            return;
        }
        if let Some(last) = inner.kept.back_mut().filter(|last| last.seen == seen) {
            last.times = last.times.saturating_add(1);
            return;
        }
        if inner.kept.len() >= MOST {
            inner.kept.pop_front();
            inner.left_out = inner.left_out.saturating_add(1);
        }
        inner.kept.push_back(Remembered { at, seen, times: 1 });
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing that is done under the lock can leave half an entry.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn happened(self) -> Happened {
        match self {
            Self::Event(name) => Happened::Event(Word::of(name)),
            Self::Screen(name) => Happened::Screen(Word::of(name)),
            Self::Asked(name) => Happened::Asked(Word::of(name)),
            Self::Fault(fault, course) => Happened::Fault(Word::of(fault.code()), course),
            Self::State(state, value) => Happened::State(Word::of(state.name()), value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn text(ring: &Ring, fault: Instant) -> Vec<String> {
        ring.timeline(fault).entries.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_was_seen_is_told_from_the_fault() {
        let ring = Ring::default();
        let fault = Instant::now() + Duration::from_secs(10);
        let at = |millis: i64| {
            let off = Duration::from_millis(millis.unsigned_abs());
            if millis < 0 { fault - off } else { fault + off }
        };
        for (millis, seen) in [
            (-5000, Seen::Screen("home")),
            (-4000, Seen::Event("touched")),
            (-3999, Seen::Screen("identify")),
            (-3998, Seen::Screen("identify")),
            (-3000, Seen::Event("scan-arriving")),
            (-2900, Seen::Event("scan-arriving")),
            (-2800, Seen::Screen("identify")),
            (-2700, Seen::Event("scan-arriving")),
            (0, Seen::Fault(Fault::ReaderGarbled, Course::Began)),
            (1, Seen::State(State::EventsWaiting, -3)),
            (1500, Seen::Asked("reader")),
        ] {
            ring.see_at(at(millis), seen);
        }
        assert_eq!(ring.screen(), Some("identify"));
        assert_eq!(
            text(&ring, fault),
            [
                "-5.000000 screen home",
                "-4.000000 event touched",
                "-3.999000 screen identify",
                "-3.000000 event scan-arriving *3",
                "+0.000000 fault R03 began",
                "+0.001000 state events-waiting -3",
                "+1.500000 asked reader",
            ]
        );
    }

    #[test]
    fn the_oldest_falls_out_and_is_counted() {
        let ring = Ring::default();
        for n in 0..MOST + 7 {
            ring.see(Seen::State(State::Session, i64::try_from(n).expect("a number")));
        }
        let timeline = ring.timeline(Instant::now());
        assert_eq!((timeline.entries.len(), timeline.left_out), (MOST, 7));
        let Some(Happened::State(_, first)) = timeline.entries.first().map(|entry| &entry.what) else {
            panic!("a state")
        };
        assert_eq!(*first, 7);
    }
}
