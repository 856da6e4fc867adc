//! What to do here, and a call for somebody of the hall.

use super::{Voice, act, model, note};
use crate::toolkit as t;
use visit::intent::Intent;
use visit::screen::{Calling, Help};

impl Voice<'_> {
    pub(super) fn help(&self, help: &Help) -> t::HelpWords {
        let words = &self.words.help;
        let texts = self.words.help_on(help.on).iter().map(|text| text.plain().into()).collect();
        let staff = match (help.staff, help.calling) {
            (false, _) => note(&words.no_call, false),
            (true, Calling::No) => note(&words.ask, false),
            (true, Calling::Calling) => note(&words.calling, false),
            (true, Calling::Heard) => note(&words.heard, false),
            (true, Calling::Unheard) => note(&words.unheard, true),
        };
        let call = match (help.staff, help.calling) {
            (true, Calling::No) => act(Intent::HelpCall, words.call.plain(), true),
            (true, Calling::Unheard) => act(Intent::HelpCall, words.call_again.plain(), true),
            _ => t::Act::default(),
        };
        t::HelpWords { title: words.title.plain().into(), texts: model(texts), staff, call }
    }
}
