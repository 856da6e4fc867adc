//! Hand a material in that need not be handed in?

use super::{Voice, act};
use crate::toolkit as t;
use visit::intent::Intent;
use visit::screen::{HandInAsk, NeedNot};

impl Voice<'_> {
    pub(super) fn hand_in(&self, ask: &HandInAsk) -> t::HandInWords {
        let words = &self.words.hand_in;
        let (told, there) = match &ask.why {
            NeedNot::InStore(licence) => (&words.in_store, self.licence(licence)),
            NeedNot::HandedIn(state) => {
                (&words.handed_in, words.now.with(&[("state", &self.material_state(*state))]))
            }
        };
        let text = if ask.may_hand_in { &told.text } else { &words.approved };
        t::HandInWords {
            title: told.title.plain().into(),
            material: self.label(&ask.material).into(),
            there: there.into(),
            text: text.plain().into(),
        }
    }

    /// Does it.
    pub(super) fn hand_in_yes(&self, ask: &HandInAsk) -> t::Act {
        let words = &self.words.hand_in;
        let yes = match &ask.why {
            _ if !ask.may_hand_in => return t::Act::default(),
            NeedNot::InStore(_) => &words.in_store_yes,
            NeedNot::HandedIn(_) => &words.handed_in_yes,
        };
        act(Intent::AnswerYes, yes.plain(), true)
    }
}
