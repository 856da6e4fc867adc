//! The ladder: what to try, and in which order, until a device answers again.
//!
//! | rung | what its owner does | tried |
//! |---|---|---|
//! | [`Drain`](Rung::Drain) | throws away what is on the line and asks for the status | once |
//! | [`ProtocolReset`](Rung::ProtocolReset) | sends the protocol's own reset, where it has one | once |
//! | [`Reopen`](Rung::Reopen) | closes the link, opens it anew and asks for the status | three times |
//! | [`PortReset`](Rung::PortReset) | resets the USB port, then reopens | once in ten failures |
//!
//! A device that answers wrongly or not at all begins at the bottom. One whose link broke begins
//! with reopening. One that is not there is only ever reopened: there is no port to reset, and what
//! is plugged in again is a new device. After the port reset it is reopening again, for ever, with
//! pauses that double from 100 ms to 1 s; so a device that is plugged in or switched on is back
//! within that second and the time it takes to answer, in whatever state it went away. An answer
//! begins everything anew.

use std::time::Duration;

use crate::{Backoff, LinkError};

/// How often reopening is tried before the port is reset.
const REOPENINGS: u32 = 3;

/// How many failures lie between two port resets.
const BETWEEN_RESETS: u32 = 10;

/// Where an owner stands on the ladder. A value: its owner does the waiting and the trying.
///
/// ```
/// # use link::{Failure, Ladder, Rung};
/// let mut ladder = Ladder::new(true, true);
/// assert_eq!(ladder.failed(Failure::Silent).rung, Rung::Drain);
/// assert_eq!(ladder.failed(Failure::Silent).rung, Rung::ProtocolReset);
/// assert_eq!(ladder.failed(Failure::Silent).rung, Rung::Reopen);
/// ladder.worked();
/// assert_eq!(ladder.failed(Failure::Absent).rung, Rung::Reopen);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    has_protocol_reset: bool,
    has_port_reset: bool,
    climb: Climb,
    backoff: Backoff,
}

/// What has been tried since the device last answered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Climb {
    Ground,
    Drained,
    ProtocolReset,
    Reopening { times: u32 },
    PortReset { failures_since: u32 },
}

/// Something to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// Throw away what is on the line, then ask for the status.
    Drain,
    /// Send the protocol's reset, then ask for the status.
    ProtocolReset,
    /// Close the link, open it anew, then ask for the status.
    Reopen,
    /// Reset the USB port, then reopen.
    PortReset,
}

/// The next step: wait, then try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// How long to wait before.
    pub pause: Duration,
    /// What to try then.
    pub rung: Rung,
}

/// How a device failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It is there and says nothing, or takes nothing.
    Silent,
    /// It is there and what it says cannot be understood.
    Garbled,
    /// The link broke, and whether the device is there is not known.
    Broken,
    /// It is not there, or may not be opened.
    Absent,
}

impl From<&LinkError> for Failure {
    fn from(error: &LinkError) -> Self {
        match error {
            LinkError::Timeout { .. } => Self::Silent,
            LinkError::Halted | LinkError::Overrun => Self::Garbled,
            LinkError::Io(_) => Self::Broken,
            LinkError::HungUp | LinkError::NotFound(_) | LinkError::NotPermitted(_) | LinkError::Busy(_) => {
                Self::Absent
            }
        }
    }
}

impl Ladder {
    /// A ladder for a device whose protocol has a reset or not, and that is plugged into USB or not.
    #[must_use]
    pub fn new(has_protocol_reset: bool, has_port_reset: bool) -> Self {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        Self { has_protocol_reset, has_port_reset, climb: Climb::Ground, backoff }
    }

    /// The device failed, or what was tried last did: what to try next.
    pub fn failed(&mut self, how: Failure) -> Step {
        let (climb, rung) = match how {
            Failure::Silent | Failure::Garbled => self.next(),
            Failure::Broken => self.reopening(),
            // However often: with nothing there, there is nothing to reset.
            Failure::Absent => (Climb::Reopening { times: 0 }, Rung::Reopen),
        };
        self.climb = climb;
        Step { pause: self.pause(rung), rung }
    }

    /// The device answered: the next failure begins at the bottom.
    pub fn worked(&mut self) {
        self.climb = Climb::Ground;
        self.backoff.reset();
    }

    fn next(&self) -> (Climb, Rung) {
        match self.climb {
            Climb::Ground => (Climb::Drained, Rung::Drain),
            Climb::Drained if self.has_protocol_reset => (Climb::ProtocolReset, Rung::ProtocolReset),
            Climb::Drained | Climb::ProtocolReset | Climb::Reopening { .. } | Climb::PortReset { .. } => {
                self.reopening()
            }
        }
    }

    fn reopening(&self) -> (Climb, Rung) {
        match self.climb {
            Climb::Ground | Climb::Drained | Climb::ProtocolReset => {
                (Climb::Reopening { times: 1 }, Rung::Reopen)
            }
            Climb::Reopening { times } if times >= REOPENINGS && self.has_port_reset => {
                (Climb::PortReset { failures_since: 0 }, Rung::PortReset)
            }
            Climb::Reopening { times } => (Climb::Reopening { times: times.saturating_add(1) }, Rung::Reopen),
            Climb::PortReset { failures_since } if failures_since + 1 >= BETWEEN_RESETS => {
                (Climb::PortReset { failures_since: 0 }, Rung::PortReset)
            }
            Climb::PortReset { failures_since } => {
                (Climb::PortReset { failures_since: failures_since + 1 }, Rung::Reopen)
            }
        }
    }

    /// The first three rungs wait for nothing but the first reopening's back-off.
    fn pause(&mut self, rung: Rung) -> Duration {
        match rung {
            Rung::Drain | Rung::ProtocolReset => Duration::ZERO,
            Rung::Reopen | Rung::PortReset => self.backoff.next_pause(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Failure::{Absent, Broken, Garbled, Silent};
    use super::Rung::{Drain, PortReset, ProtocolReset, Reopen};
    use super::*;

    fn climbed(mut ladder: Ladder, failures: &[Failure]) -> Vec<Rung> {
        failures.iter().map(|how| ladder.failed(*how).rung).collect()
    }

    #[test]
    fn every_failure_leads_to_the_documented_rung() {
        let whole = Ladder::new(true, true);
        for (ladder, failures, rungs) in [
            (
                &whole,
                &[Silent; 7][..],
                &[Drain, ProtocolReset, Reopen, Reopen, Reopen, PortReset, Reopen][..],
            ),
            (&whole, &[Garbled; 4], &[Drain, ProtocolReset, Reopen, Reopen]),
            (&whole, &[Broken; 5], &[Reopen, Reopen, Reopen, PortReset, Reopen]),
            (&whole, &[Absent; 30], &[Reopen; 30]),
            (&whole, &[Silent, Absent, Absent, Silent], &[Drain, Reopen, Reopen, Reopen]),
            (&whole, &[Broken, Silent, Silent, Silent], &[Reopen, Reopen, Reopen, PortReset]),
            (&Ladder::new(false, true), &[Silent; 5], &[Drain, Reopen, Reopen, Reopen, PortReset]),
            (
                &Ladder::new(true, false),
                &[Silent; 7],
                &[Drain, ProtocolReset, Reopen, Reopen, Reopen, Reopen, Reopen],
            ),
            (&Ladder::new(false, false), &[Broken; 40], &[Reopen; 40]),
        ] {
            assert_eq!(climbed(ladder.clone(), failures), rungs, "{failures:?}");
        }
    }

    #[test]
    fn the_port_is_reset_once_in_ten_failures() {
        let rungs = climbed(Ladder::new(true, true), &[Silent; 40]);
        let resets: Vec<usize> = (0..40).filter(|at| rungs[*at] == PortReset).collect();
        assert_eq!(resets, [5, 15, 25, 35]);
    }

    #[test]
    fn an_answer_begins_everything_anew() {
        let mut ladder = Ladder::new(true, true);
        for _ in 0..20 {
            ladder.failed(Silent);
        }
        ladder.worked();
        assert_eq!(ladder, Ladder::new(true, true));
    }

    #[test]
    fn the_first_steps_wait_for_nothing_and_the_last_for_a_second() {
        let mut ladder = Ladder::new(true, true);
        let pauses: Vec<u128> = (0..9).map(|_| ladder.failed(Silent).pause.as_millis()).collect();
        assert_eq!(pauses, [0, 0, 100, 200, 400, 800, 1_000, 1_000, 1_000]);
    }

    #[test]
    fn errors_of_a_link_are_failures() {
        for (error, failure) in [
            (LinkError::Timeout { taken: 3 }, Silent),
            (LinkError::Halted, Garbled),
            (LinkError::Overrun, Garbled),
            (LinkError::Io(std::io::Error::other("x")), Broken),
            (LinkError::HungUp, Absent),
            (LinkError::NotFound(String::new()), Absent),
            (LinkError::NotPermitted(String::new()), Absent),
            (LinkError::Busy(String::new()), Absent),
        ] {
            assert_eq!(Failure::from(&error), failure, "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_device_that_comes_back_is_tried_within_a_second(
            failures in prop::collection::vec(prop::sample::select(vec![Silent, Garbled, Broken, Absent]), 1..200)
        ) {
            let mut ladder = Ladder::new(true, true);
            let mut without_opening = 0;
            for how in failures {
                let step = ladder.failed(how);
                prop_assert!(step.pause <= Duration::from_secs(1));
                without_opening = if matches!(step.rung, Reopen | PortReset) { 0 } else { without_opening + 1 };
                prop_assert!(without_opening <= 2);
            }
        }
    }
}
