//! How many tickets the paper still gives, learnt from use.
//!
//! A near-end sensor sees the core of the roll when some metres are left; how many depends on the
//! printer, on how its sensor is set and on the paper. The gauge measures it with every roll that is
//! used up, and takes the median of the last few, so that one roll changed too early or one missed
//! sensor does not spoil what was learnt. It is a value: its owner tells it what happens and keeps it in
//! a file.

use serde::{Deserialize, Serialize};

use crate::profile::Profile;
use crate::status::{Cover, Paper, Status};

/// Dots of paper in ten millimetres at 203 dpi.
const DOTS_PER_CM: u32 = 80;
/// Rolls remembered.
const ROLLS: usize = 5;
/// Tickets remembered, for their usual length.
const TICKETS: usize = 15;
/// The longest paper believed in, in dots: a kilometre.
const LONGEST: u32 = 8_000_000;

/// The paper in a printer, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub struct PaperGauge {
    /// dots used since the roll was put in; `None` when nobody saw that
    since_new: Option<u32>,
    /// dots used since the near-end sensor saw the end coming
    since_near_end: Option<u32>,
    /// whether the last roll has been used up
    is_out: bool,
    /// whether the cover was opened since little paper was last seen: the roll may have been changed
    was_opened: bool,
    /// dots the last rolls gave after the sensor saw their end, the newest last
    after_near_end: Vec<u32>,
    /// dots the last rolls gave in all, the newest last
    whole: Vec<u32>,
    /// dots of the last tickets, the newest last
    tickets: Vec<u32>,
}

impl PaperGauge {
    /// A gauge that has learnt nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A ticket was printed, `dots` long ([`Encoded::paper_dots`](crate::Encoded::paper_dots)).
    pub fn printed(&mut self, dots: u32) {
        let dots = dots.min(LONGEST);
        for used in [&mut self.since_new, &mut self.since_near_end].into_iter().flatten() {
            *used = used.saturating_add(dots).min(LONGEST);
        }
        remember(&mut self.tickets, dots, TICKETS);
    }

    /// The printer has said how it is. Tells near end, end and a new roll by themselves:
    ///
    /// * little paper after enough: the sensor sees the end coming;
    /// * none: the roll is used up;
    /// * enough after none, or after little with the cover opened in between: a new roll. Without the
    ///   cover it was the sensor, which blinks while an uneven core turns.
    pub fn saw(&mut self, status: &Status) {
        let opened = status.cover() == Cover::Open;
        self.was_opened |= opened;
        match status.paper() {
            Paper::Out => self.paper_end(),
            // With the cover open the sensors look at nothing.
            _ if opened => {}
            Paper::Low if self.is_out => {
                // Put back, or a roll that was begun elsewhere.
                self.is_out = false;
                self.since_new = None;
                self.since_near_end = None;
                self.was_opened = false;
            }
            Paper::Low => {
                self.near_end();
                self.was_opened = false;
            }
            Paper::Ok if self.is_out || (self.since_near_end.is_some() && self.was_opened) => self.new_roll(),
            Paper::Ok => {}
        }
    }

    /// The sensor sees the end coming.
    pub fn near_end(&mut self) {
        self.since_near_end.get_or_insert(0);
    }

    /// The roll is used up: what it gave is learnt.
    pub fn paper_end(&mut self) {
        if self.is_out {
            return;
        }
        self.is_out = true;
        for (used, learnt) in
            [(self.since_near_end.take(), &mut self.after_near_end), (self.since_new.take(), &mut self.whole)]
        {
            // A roll that gave nothing was none.
            if let Some(dots) = used.filter(|dots| *dots > 0) {
                remember(learnt, dots, ROLLS);
            }
        }
    }

    /// A new roll was put in.
    pub fn new_roll(&mut self) {
        self.since_new = Some(0);
        self.since_near_end = None;
        self.is_out = false;
        self.was_opened = false;
    }

    /// About how many tickets are left; `None` while that is not known.
    ///
    /// 0 is said at the end of the paper, and also when the roll has given all that its predecessors
    /// gave and goes on: it may end with the next ticket.
    pub fn tickets_left(&self, profile: &Profile) -> Option<u32> {
        if self.is_out {
            return Some(0);
        }
        let ticket = median(&self.tickets).filter(|dots| *dots > 0)?;
        Some(self.dots_left(profile)? / ticket)
    }

    /// About how much paper is left, in mm; `None` while that is not known.
    pub fn mm_left(&self, profile: &Profile) -> Option<u32> {
        if self.is_out {
            return Some(0);
        }
        Some(self.dots_left(profile)? / (DOTS_PER_CM / 10))
    }

    fn dots_left(&self, profile: &Profile) -> Option<u32> {
        let after_near_end = median(&self.after_near_end).or(known(profile.near_end_mm));
        let whole = median(&self.whole).or(known(profile.roll_mm));
        if let Some(used) = self.since_near_end {
            return Some(after_near_end?.saturating_sub(used));
        }
        let left = whole?.saturating_sub(self.since_new?);
        // The sensor has not seen the end yet: as much as it sees is there still.
        let least = after_near_end.filter(|_| profile.near_end_sensor).unwrap_or(0);
        Some(left.max(least))
    }
}

/// A length of a profile in dots; `None` where it is not known.
fn known(mm: u32) -> Option<u32> {
    Some(mm.saturating_mul(DOTS_PER_CM / 10).min(LONGEST)).filter(|dots| *dots > 0)
}

fn remember(values: &mut Vec<u32>, value: u32, most: usize) {
    values.push(value);
    let surplus = values.len().saturating_sub(most);
    values.drain(..surplus);
}

/// The middle one; of two in the middle the smaller, which promises less.
fn median(values: &[u32]) -> Option<u32> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}

/// As it stands in a file, which may have been written by anybody.
#[derive(Deserialize)]
struct Kept {
    #[serde(default)]
    since_new: Option<u32>,
    #[serde(default)]
    since_near_end: Option<u32>,
    #[serde(default)]
    is_out: bool,
    #[serde(default)]
    was_opened: bool,
    #[serde(default)]
    after_near_end: Vec<u32>,
    #[serde(default)]
    whole: Vec<u32>,
    #[serde(default)]
    tickets: Vec<u32>,
}

impl From<Kept> for PaperGauge {
    fn from(kept: Kept) -> Self {
        let bounded = |values: Vec<u32>, most: usize| {
            let surplus = values.len().saturating_sub(most);
            values.into_iter().skip(surplus).map(|dots| dots.min(LONGEST)).collect()
        };
        PaperGauge {
            since_new: kept.since_new.map(|dots| dots.min(LONGEST)),
            since_near_end: kept.since_near_end.map(|dots| dots.min(LONGEST)),
            is_out: kept.is_out,
            was_opened: kept.was_opened,
            after_near_end: bounded(kept.after_near_end, ROLLS),
            whole: bounded(kept.whole, ROLLS),
            tickets: bounded(kept.tickets, TICKETS),
        }
    }
}

#[cfg(test)]
#[path = "gauge_tests.rs"]
mod tests;
