//! Tests that the technician performs himself, on a screen of their own: a finger over the touch panel, eyes on
//! the screen, the keys of the pad. Nobody else is asked anything.

use super::Page;
use super::trying::Trying;
use crate::desk::Desk;
use crate::event::{Action, Now};
use crate::intent::Intent;
use crate::screen::{ColoursShown, PadShown, Room as Shown, TestState, TouchShown};
use crate::technician::{Cells, Colour, Failure, Keys, Missed, Outcome, Test};

/// How far he has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hands {
    Touch(Cells),
    /// none before the first is shown and after the last
    Screen(Option<Colour>),
    Pad(Keys),
}

/// What a touch or a key was for the test under way.
pub(super) enum Came {
    /// nothing that had not come before
    Nothing,
    More,
    /// nothing is missing any more
    All,
    /// everything was seen: how it was is asked now
    Seen,
}

impl Hands {
    /// Where a test begins; `None` for one that others perform.
    pub fn at_first(test: Test) -> Option<Self> {
        match test {
            Test::Touch => Some(Self::Touch(Cells::default())),
            Test::Screen => Some(Self::Screen(None)),
            Test::Pad => Some(Self::Pad(Keys::default())),
            _ => None,
        }
    }

    /// Takes what hands did.
    pub fn take(&mut self, intent: &Intent) -> Came {
        let (new, all) = match (self, intent) {
            (Self::Touch(done), Intent::Cell(cell)) => (done.insert(*cell), *done == Cells::ALL),
            (Self::Pad(pressed), Intent::PadKey(key)) => (pressed.insert(*key), *pressed == Keys::ALL),
            (Self::Screen(colour), Intent::ColourNext) => {
                let was = *colour;
                *colour = was.map_or(Colour::ALL.first().copied(), Colour::next);
                return if colour.is_some() { Came::More } else { Came::Seen };
            }
            _ => (false, false),
        };
        match (new, all) {
            (true, true) => Came::All,
            (true, false) => Came::More,
            (false, _) => Came::Nothing,
        }
    }

    /// Whether anything has come.
    pub fn has_begun(self) -> bool {
        match self {
            Self::Touch(done) => done != Cells::default(),
            Self::Pad(pressed) => pressed != Keys::default(),
            Self::Screen(_) => false,
        }
    }

    /// Why it has failed when nothing more comes.
    pub fn failure(self) -> Failure {
        match self {
            Self::Touch(done) => Failure::Missed(Missed::Cells(done.others())),
            Self::Pad(pressed) => Failure::Missed(Missed::Keys(pressed.others())),
            Self::Screen(_) => Failure::Nothing,
        }
    }

    /// The screen of a test: what was done so far, or, when it is over, in all.
    pub fn shown(test: Test, trying: &Trying) -> Shown {
        let state = trying.state(test);
        match (test, trying.hands()) {
            (Test::Pad, Some(Self::Pad(pressed))) => Shown::Pad(PadShown { pressed, state }),
            (Test::Pad, _) => Shown::Pad(PadShown { pressed: keys_done(state), state }),
            (Test::Screen, Some(Self::Screen(colour))) => Shown::Colours(ColoursShown { colour, state }),
            (Test::Screen, _) => Shown::Colours(ColoursShown { colour: None, state }),
            (_, Some(Self::Touch(done))) => Shown::Touch(TouchShown { done, state }),
            (_, _) => Shown::Touch(TouchShown { done: cells_done(state), state }),
        }
    }
}

fn cells_done(state: TestState) -> Cells {
    match state {
        TestState::Done(Outcome::Passed(_), _) => Cells::ALL,
        TestState::Done(Outcome::Failed(Failure::Missed(Missed::Cells(missed))), _) => missed.others(),
        _ => Cells::default(),
    }
}

fn keys_done(state: TestState) -> Keys {
    match state {
        TestState::Done(Outcome::Passed(_), _) => Keys::ALL,
        TestState::Done(Outcome::Failed(Failure::Missed(Missed::Keys(missed))), _) => missed.others(),
        _ => Keys::default(),
    }
}

impl Desk {
    /// Begins one on its own screen, while nothing else is tried.
    pub(super) fn begin_by_hand(&mut self, test: Test) {
        let Some(room) = &mut self.room else { return };
        if !room.trying.is_busy() && matches!(room.page, Page::Tests | Page::Hands(_)) {
            room.page = Page::Hands(test);
            room.trying.ask(&[test]);
        }
    }

    /// A touch or a key while one of them is under way; all that leads elsewhere has no meaning then.
    pub(super) fn touched_by_hand(&mut self, intent: Intent, now: Now, actions: &mut Vec<Action>) {
        let Some(room) = &mut self.room else { return };
        match intent {
            Intent::AnswerYes => room.trying.answered(true, now),
            Intent::AnswerNo => room.trying.answered(false, now),
            // Whoever says that he has finished sees what he missed; whoever has not begun has tried nothing.
            Intent::Back if room.trying.finish(now) => {}
            Intent::Back => self.room_back(actions),
            other => room.trying.hands_did(&other, now),
        }
        self.go_on_trying(now, actions);
    }
}
