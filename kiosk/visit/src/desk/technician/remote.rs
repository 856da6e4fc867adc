//! Tests that a command asks for, while nobody stands at the kiosk. Nobody's way in: it shows what is tried, and the
//! first touch of a visitor ends it, for visitors come first.

use super::{Page, Room};
use crate::desk::Desk;
use crate::event::{Action, Now};
use crate::technician::{Test, Tried};
use std::time::Duration;

/// What is waited for beyond what the tests may take.
const MARGIN: Duration = Duration::from_secs(10);

impl Desk {
    /// Has these tried, if nobody is there.
    pub(in crate::desk) fn command(&mut self, tests: &[Test], now: Now, actions: &mut Vec<Action>) {
        if self.is_somebody_there() {
            return actions.push(Action::Commanded(None));
        }
        let fitted: Vec<Test> = self.tests_fitted().filter(|test| tests.contains(test)).collect();
        let patience: Duration = fitted.iter().map(|test| test.patience()).sum();
        let mut room = Room::new(self.next_stay(), Page::Remote, now.tick, patience + MARGIN);
        room.trying.ask(&fitted);
        self.room = Some(room);
        self.go_on_trying(now, actions);
    }

    /// Whether the kiosk is anybody's now, or something is tried.
    pub fn is_somebody_there(&self) -> bool {
        // Whoever has made the screen his own stands there, though he has touched no door yet.
        let looks = self.manner.over.is_some() || self.manner.until.is_some();
        self.session.is_some() || self.room.is_some() || looks
    }

    /// Whether a technician is in his room; its door, and what commands try, are not it.
    pub fn is_technician_inside(&self) -> bool {
        self.room.as_ref().is_some_and(|room| !matches!(room.page, Page::Remote | Page::Door(_)))
    }

    /// Whether a command has something tried now.
    pub(in crate::desk) fn is_commanded(&self) -> bool {
        self.room.as_ref().is_some_and(|room| matches!(room.page, Page::Remote))
    }

    /// Tells what came of it once nothing is tried any more.
    pub(super) fn end_command(&mut self, actions: &mut Vec<Action>) {
        let over = self.room.as_ref().is_some_and(|room| {
            matches!(room.page, Page::Remote) && !room.trying.is_busy() && !room.trying.is_waiting()
        });
        if over {
            self.close_room(actions);
        }
    }
}

impl Room {
    /// What came of the tests that a command asked for; `None` when they were somebody's here.
    pub(super) fn commanded(&self) -> Option<Vec<Tried>> {
        matches!(self.page, Page::Remote).then(|| self.trying.all_done())
    }
}
