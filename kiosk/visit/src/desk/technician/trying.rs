//! Tests under way: one after the other, each bounded in time.

use super::Page;
use super::hands::{Came, Hands};
use crate::desk::Desk;
use crate::event::{Action, CardEvent, Keep, Note, Now, ReaderDo, RoomDo, ScanEvent, SessionId, Sheets, Way};
use crate::intent::{Intent, Source};
use crate::screen::{CardProblem, ScanProblem, TestState};
use crate::technician::{Failure, Outcome, Test, Tried};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// What has been tried and what is being tried.
#[derive(Debug, Default)]
pub(super) struct Trying {
    done: BTreeMap<Test, (Outcome, Duration)>,
    waiting: VecDeque<Test>,
    now: Option<Running>,
    /// ended, and not told of yet
    ended: Vec<(Test, Outcome, Duration)>,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    test: Test,
    /// what is asked for it carries this, so that no answer to an earlier one counts
    id: SessionId,
    since: Duration,
    /// when something last came of it: from then on it is waited for
    heard: Duration,
    /// how far hands have come, where they perform it
    hands: Option<Hands>,
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

    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Everything that has ended.
    pub fn all_done(&self) -> Vec<Tried> {
        let tried = |(test, (outcome, took)): (&Test, &(Outcome, Duration))| Tried {
            test: *test,
            outcome: *outcome,
            took: *took,
        };
        self.done.iter().map(tried).collect()
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
    pub fn stop(&mut self, actions: &mut Vec<Action>) {
        self.waiting.clear();
        if let Some(running) = self.now.take() {
            undo(running, actions);
        }
    }

    /// Whether this names the test under way.
    pub fn is_of(&self, id: SessionId) -> bool {
        self.now.is_some_and(|running| running.id == id)
    }

    /// The technician says how it was.
    pub fn answered(&mut self, yes: bool, now: Now) {
        if let Some(Running { test, asking: true, .. }) = self.now {
            // Of the screen it is asked whether something was wrong, of all else whether it came.
            let good = yes != (test == Test::Screen);
            let outcome = if good { Outcome::Passed(None) } else { Outcome::Failed(Failure::Denied) };
            self.end(test, outcome, now);
        }
    }

    fn ask_who_stands_there(&mut self, test: Test, now: Now) {
        if let Some(running) = self.now.as_mut().filter(|running| running.test == test) {
            (running.asking, running.since, running.heard) = (true, now.tick, now.tick);
        }
    }

    fn end(&mut self, test: Test, outcome: Outcome, now: Now) {
        if let Some(running) = self.now.take_if(|running| running.test == test) {
            let took = now.tick.saturating_sub(running.since);
            self.done.insert(test, (outcome, took));
            self.ended.push((test, outcome, took));
        }
    }

    /// How far hands have come with the test under way, if it is theirs.
    pub fn hands(&self) -> Option<Hands> {
        self.now.and_then(|running| running.hands)
    }

    /// Hands did something for the test under way.
    pub fn hands_did(&mut self, intent: &Intent, now: Now) {
        let Some(running) = self.now.as_mut().filter(|running| !running.asking) else { return };
        let Some(hands) = &mut running.hands else { return };
        match hands.take(intent) {
            Came::Nothing => {}
            Came::More => running.heard = now.tick,
            Came::Seen => (running.asking, running.heard) = (true, now.tick),
            Came::All => {
                let test = running.test;
                self.end(test, Outcome::Passed(None), now);
            }
        }
    }

    /// Hands have finished what they had begun; false if there is nothing of it.
    pub fn finish(&mut self, now: Now) -> bool {
        let begun = self.now.and_then(|running| Some((running.test, running.hands?)));
        let Some((test, hands)) = begun.filter(|(_, hands)| hands.has_begun()) else { return false };
        self.end(test, Outcome::Failed(hands.failure()), now);
        true
    }

    /// When the test under way has taken too long.
    pub fn next_change(&self) -> Option<Duration> {
        self.now.map(|running| running.heard + running.test.patience())
    }
}

/// What a test that ends leaves to be put back.
fn undo(running: Running, actions: &mut Vec<Action>) {
    match running.test {
        Test::Read | Test::Slot | Test::Code => actions.push(Action::Reader(ReaderDo::Rest)),
        // Nothing of the page stays, whether it came whole or not.
        Test::Scan | Test::Feed | Test::Loop => {
            actions.extend([Action::StopScan(running.id), Action::Forget(running.id)]);
        }
        _ => {}
    }
}

fn begin(test: Test, id: SessionId, actions: &mut Vec<Action>) {
    actions.push(match test {
        // What is before the technician is all that they need.
        Test::Touch | Test::Screen | Test::Pad => return,
        Test::Read => Action::Watch(Way::Reader, id),
        Test::Slot => Action::Watch(Way::Slot, id),
        Test::Code => Action::Watch(Way::Code, id),
        Test::Scan => Action::Scan(id, Source::Flatbed, Sheets::One, Keep::Finished),
        Test::Feed => Action::Scan(id, Source::Feeder, Sheets::One, Keep::Finished),
        Test::Sound => Action::Remind,
        other => Action::Room(RoomDo::Try(id, other)),
    });
}

impl Desk {
    /// Begins what waits and ends what takes too long.
    pub(super) fn go_on_trying(&mut self, now: Now, actions: &mut Vec<Action>) {
        self.begin_or_end(now, actions);
        self.tell_ended(actions);
        self.end_command(actions);
    }

    fn tell_ended(&mut self, actions: &mut Vec<Action>) {
        let ended = self.room.as_mut().map(|room| std::mem::take(&mut room.trying.ended));
        // What a command wanted, whoever serves it notes.
        let commanded = self.room.as_ref().is_some_and(|room| matches!(room.page, Page::Remote));
        for (test, outcome, took) in ended.into_iter().flatten().filter(|_| !commanded) {
            actions.push(Action::Note(Note::Tested(test, outcome, took)));
            if let Some(Page::Repair { fault, .. }) = self.room.as_ref().map(|room| &room.page)
                && fault.proof() == test
            {
                let mended = matches!(outcome, Outcome::Passed(_)) && self.is_gone(*fault);
                actions.push(Action::Note(Note::Repaired(*fault, mended)));
            }
        }
    }

    fn begin_or_end(&mut self, now: Now, actions: &mut Vec<Action>) {
        let Some(room) = &mut self.room else { return };
        let trying = &mut room.trying;
        if let Some(running) = trying.now.filter(|r| now.tick >= r.heard + r.test.patience()) {
            let why = match running.test {
                Test::Print if running.asking => Failure::Unproven,
                Test::Read | Test::Scan | Test::Feed | Test::Loop | Test::Slot | Test::Code | Test::Sound => {
                    Failure::Nothing
                }
                _ => running.hands.map_or(Failure::Silent, Hands::failure),
            };
            undo(running, actions);
            trying.end(running.test, Outcome::Failed(why), now);
        }
        if trying.now.is_none()
            && let Some(test) = trying.waiting.pop_front()
        {
            self.sessions += 1;
            let id = SessionId(self.sessions);
            begin(test, id, actions);
            trying.now = Some(Running {
                test,
                id,
                since: now.tick,
                heard: now.tick,
                hands: Hands::at_first(test),
                asking: test == Test::Sound,
            });
        }
    }

    /// The test ticket is on paper: whoever stands there lays it on the glass, and says so.
    pub(in crate::desk) fn loop_printed(&mut self, now: Now) {
        if let Some(room) = &mut self.room {
            room.trying.ask_who_stands_there(Test::Loop, now);
        }
    }

    /// Whether this names the test under way.
    pub(in crate::desk) fn is_trial(&self, id: SessionId) -> bool {
        self.room.as_ref().is_some_and(|room| room.trying.is_of(id))
    }

    /// The technician says how it was; a test ticket that lies on the glass is scanned.
    pub(in crate::desk) fn answered_test(&mut self, yes: bool, now: Now, actions: &mut Vec<Action>) {
        let Some(room) = &mut self.room else { return };
        match &mut room.trying.now {
            Some(running) if running.test == Test::Loop && running.asking && yes => {
                (running.asking, running.since, running.heard) = (false, now.tick, now.tick);
                actions.push(Action::Scan(running.id, Source::Flatbed, Sheets::One, Keep::Scan));
            }
            _ => room.trying.answered(yes, now),
        }
    }

    /// A test that the appliance performed has ended.
    pub(in crate::desk) fn tried(
        &mut self,
        test: Test,
        outcome: Outcome,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        let Some(room) = &mut self.room else { return };
        match outcome {
            // What the printer cannot say, who stands before it can.
            Outcome::Failed(Failure::Unproven)
                if test == Test::Print && !matches!(room.page, Page::Remote) =>
            {
                room.trying.ask_who_stands_there(test, now)
            }
            outcome => {
                if test == Test::Loop
                    && let Some(running) = room.trying.now
                {
                    undo(running, actions);
                }
                room.trying.end(test, outcome, now);
            }
        }
        self.go_on_trying(now, actions);
    }

    /// A card, a code: whose it is goes no further.
    pub(in crate::desk) fn tried_card(&mut self, event: CardEvent, now: Now, actions: &mut Vec<Action>) {
        let Some(room) = &mut self.room else { return };
        let Some(running) = room.trying.now else { return };
        let outcome = match event {
            CardEvent::Read(_) => Outcome::Passed(None),
            // It still lies there from before: it may be lifted and laid down again.
            CardEvent::Problem(CardProblem::LiftFirst) => return,
            CardEvent::Problem(problem) => Outcome::Failed(Failure::Card(problem)),
            CardEvent::Found | CardEvent::Presence(_) => return,
        };
        undo(running, actions);
        room.trying.end(running.test, outcome, now);
        self.go_on_trying(now, actions);
    }

    /// A page that was scanned to see whether that can be done; it is thrown away at once.
    pub(in crate::desk) fn tried_scan(&mut self, event: ScanEvent, now: Now, actions: &mut Vec<Action>) {
        let Some(room) = &mut self.room else { return };
        let Some(running) = room.trying.now else { return };
        let outcome = match event {
            ScanEvent::Arriving(_) => return,
            // It is judged elsewhere, and thrown away after that.
            ScanEvent::Stored { page, .. } if running.test == Test::Loop => {
                return actions.push(Action::Room(RoomDo::ReadLoop(running.id, page)));
            }
            ScanEvent::Ended(None) if running.test == Test::Loop => return,
            ScanEvent::Stored { page, .. } => {
                actions.push(Action::DropPages(running.id, vec![page]));
                Outcome::Passed(None)
            }
            ScanEvent::Ended(Some(ScanProblem::Fault(fault))) => Outcome::Failed(Failure::Fault(fault)),
            ScanEvent::Ended(_) => Outcome::Failed(Failure::Nothing),
        };
        undo(running, actions);
        room.trying.end(running.test, outcome, now);
        self.go_on_trying(now, actions);
    }
}
