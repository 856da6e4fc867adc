//! A moment, please; and: really give the number back?

use super::{Voice, act};
use crate::toolkit as t;
use visit::intent::Intent;
use visit::number::TicketNumber;
use visit::screen::Wait;

impl Voice<'_> {
    pub(super) fn wait(&self, wait: Wait) -> t::WaitWords {
        let words = &self.words.wait;
        let told = match wait {
            Wait::Number => &words.number,
            Wait::Visit => &words.visit,
            Wait::Cancelling => &words.cancelling,
            Wait::Document => &words.document,
        };
        t::WaitWords { title: told.title.plain().into(), text: told.text.plain().into() }
    }

    pub(super) fn cancel(&self, number: TicketNumber, papers: bool) -> t::CancelWords {
        let words = &self.words.cancel;
        let papers = papers.then(|| words.papers.plain());
        let text: Vec<_> = [words.text.plain()].into_iter().chain(papers).collect();
        t::CancelWords {
            title: words.title.plain().into(),
            number: slint::format!("{number}"),
            text: text.join("\n").into(),
            yes: act(Intent::CancelVisitYes, words.yes.plain(), true),
        }
    }
}
