//! Tests under way: one after the other, each bounded in time.

use crate::desk::Desk;
use crate::event::{Action, CardEvent, Keep, Now, ReaderDo, RoomDo, ScanEvent, SessionId, Sheets};
use crate::identity::DocumentKind;
use crate::intent::Source;
use crate::screen::{ScanProblem, TestState};
use crate::technician::{Failure, Outcome, Test};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// What has been tried and what is being tried.
#[derive(Debug, Default)]
pub(super) struct Trying {
    done: BTreeMap<Test, (Outcome, Duration)>,
    waiting: VecDeque<Test>,
    now: Option<Running>,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    test: Test,
    since: Duration,
    /// it has happened; the technician says how it was
    asking: bool,
}

impl Trying {
    /// Has these tried, those that wait already aside.
    pub fn ask(&mut self, tests: &[Test]) {
        for test in tests {
            let runs = self.now.is_some_and(|now| now.test == *test);
            if !runs && !self.waiting.contains(test) {
                self.waiting.push_back(*test);
            }
        }
    }

    pub fn forget(&mut self, test: Test) {
        self.done.remove(&test);
    }

    pub fn is_busy(&self) -> bool {
        self.now.is_some()
    }

    pub fn state(&self, test: Test) -> TestState {
        match self.now {
            Some(Running { test: now, asking, .. }) if now == test => {
                if asking {
                    TestState::Asking
                } else {
                    TestState::Running
                }
            }
            _ if self.waiting.contains(&test) => TestState::Waiting,
            _ => match self.done.get(&test) {
                Some((outcome, took)) => TestState::Done(*outcome, *took),
                None => TestState::Untried,
            },
        }
    }

    /// Nothing is tried any more.
    pub fn stop(&mut self, id: SessionId, actions: &mut Vec<Action>) {
        self.waiting.clear();
        if let Some(running) = self.now.take() {
            undo(running.test, id, actions);
        }
    }

    /// The technician says how it was.
    pub fn answered(&mut self, yes: bool, now: Now) {
        if let Some(Running { test, asking: true, .. }) = self.now {
            let outcome = if yes { Outcome::Passed(None) } else { Outcome::Failed(Failure::Denied) };
            self.end(test, outcome, now);
        }
    }

    fn ask_who_stands_there(&mut self, test: Test) {
        if let Some(running) = self.now.as_mut().filter(|running| running.test == test) {
            running.asking = true;
        }
    }

    fn end(&mut self, test: Test, outcome: Outcome, now: Now) {
        if let Some(running) = self.now.take_if(|running| running.test == test) {
            self.done.insert(test, (outcome, now.tick.saturating_sub(running.since)));
        }
    }

    fn runs(&self, test: Test) -> bool {
        self.now.is_some_and(|running| running.test == test)
    }

    /// When the test under way has taken too long.
    pub fn next_change(&self) -> Option<Duration> {
        self.now.map(|running| running.since + running.test.patience())
    }
}

/// What a test that ends leaves to be put back.
fn undo(test: Test, id: SessionId, actions: &mut Vec<Action>) {
    match test {
        Test::Read | Test::Slot | Test::Code => actions.push(Action::Reader(ReaderDo::Rest)),
        Test::Scan => actions.push(Action::StopScan(id)),
        _ => {}
    }
}

fn begin(test: Test, id: SessionId, actions: &mut Vec<Action>) {
    actions.push(match test {
        Test::Read | Test::Slot | Test::Code => Action::Reader(ReaderDo::Watch(id)),
        Test::Scan => Action::Scan(id, Source::Flatbed, Sheets::One, Keep::Finished),
        Test::Sound => Action::Remind,
        other => Action::Room(RoomDo::Try(id, other)),
    });
}

impl Desk {
    /// Begins what waits and ends what takes too long.
    pub(super) fn go_on_trying(&mut self, now: Now, actions: &mut Vec<Action>) {
        let Some(room) = &mut self.room else { return };
        let trying = &mut room.trying;
        if let Some(running) = trying.now.filter(|r| now.tick >= r.since + r.test.patience()) {
            let by_hand = !running.test.is_automatic() && running.test != Test::Print;
            let why = if by_hand { Failure::Nothing } else { Failure::Silent };
            undo(running.test, room.id, actions);
            trying.end(running.test, Outcome::Failed(why), now);
        }
        if trying.now.is_none()
            && let Some(test) = trying.waiting.pop_front()
        {
            begin(test, room.id, actions);
            trying.now = Some(Running { test, since: now.tick, asking: test == Test::Sound });
        }
    }

    /// A test that the appliance performed has ended.
    pub(in crate::desk) fn tried(
        &mut self,
        id: SessionId,
        test: Test,
        outcome: Outcome,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        if let Some(room) = self.room.as_mut().filter(|room| room.id == id) {
            match outcome {
                // What the printer cannot say, who stands before it can.
                Outcome::Failed(Failure::Unproven) => room.trying.ask_who_stands_there(test),
                outcome => room.trying.end(test, outcome, now),
            }
            self.go_on_trying(now, actions);
        }
    }

    /// A card, a code: whose it is goes no further.
    pub(in crate::desk) fn tried_card(&mut self, event: CardEvent, now: Now, actions: &mut Vec<Action>) {
        let Some(room) = &mut self.room else { return };
        let trying = &mut room.trying;
        let outcome = match event {
            CardEvent::Read(person) if is_of(person.kind, trying) => Outcome::Passed(None),
            // Another way was used: the one that is tried has not answered yet.
            CardEvent::Read(_) => {
                actions.push(Action::Reader(ReaderDo::Watch(room.id)));
                return;
            }
            CardEvent::Problem(problem) => Outcome::Failed(Failure::Card(problem)),
            CardEvent::Found | CardEvent::Presence(_) => return,
        };
        let Some(running) = trying.now.filter(|r| matches!(r.test, Test::Read | Test::Slot | Test::Code))
        else {
            return;
        };
        undo(running.test, room.id, actions);
        trying.end(running.test, outcome, now);
        self.go_on_trying(now, actions);
    }

    /// A page that was scanned to see whether that can be done; it is thrown away at once.
    pub(in crate::desk) fn tried_scan(&mut self, event: ScanEvent, now: Now, actions: &mut Vec<Action>) {
        let Some(room) = &mut self.room else { return };
        let outcome = match event {
            ScanEvent::Arriving(_) => return,
            ScanEvent::Stored { page, .. } => {
                actions.push(Action::DropPages(room.id, vec![page]));
                Outcome::Passed(None)
            }
            ScanEvent::Ended(Some(ScanProblem::Fault(fault))) => Outcome::Failed(Failure::Fault(fault)),
            // A page that came before has passed already.
            ScanEvent::Ended(_) => Outcome::Failed(Failure::Nothing),
        };
        if room.trying.runs(Test::Scan) {
            room.trying.end(Test::Scan, outcome, now);
        }
        self.go_on_trying(now, actions);
    }
}

/// Whether a document was read by the way that is tried.
fn is_of(kind: DocumentKind, trying: &Trying) -> bool {
    match trying.now.map(|running| running.test) {
        Some(Test::Slot) => kind == DocumentKind::SocialSecurity,
        // A code says what its holder's document is.
        Some(Test::Code) => true,
        Some(Test::Read) => kind != DocumentKind::SocialSecurity,
        _ => false,
    }
}
