//! The idle screen.

use super::{Voice, act, model, note};
use crate::toolkit as t;
use visit::fault::Severity;
use visit::intent::Intent;
use visit::screen::Home;

impl Voice<'_> {
    pub(super) fn home(&self, home: &Home) -> t::HomeWords {
        let words = &self.words.home;
        let closed = home.no_numbers.map(|why| self.no_numbers(why));
        let number_text = match &closed {
            None => words.number_text.plain().into(),
            Some(why) => slint::format!("{}{}{}", why.title, self.stop(), why.text),
        };
        let papers_text = match (home.papers, home.scanner) {
            (false, _) => words.no_reader.plain(),
            (true, false) => words.no_scanner.plain(),
            (true, true) => words.papers_text.plain(),
        };
        let no_tickets = (!home.tickets && closed.is_none()).then(|| note(&words.no_tickets, true));
        t::HomeWords {
            title: words.title.plain().into(),
            number: t::Door {
                act: act(Intent::HomeNumber, words.number.plain(), closed.is_none()),
                title: words.number.plain().into(),
                text: number_text,
            },
            papers: t::Door {
                act: act(Intent::HomeScan, words.papers.plain(), home.papers),
                title: words.papers.plain().into(),
                text: papers_text.into(),
            },
            waiting: home.waiting.map(|n| words.waiting.of(n)).unwrap_or_default().into(),
            notes: model(no_tickets.into_iter().collect()),
            staff: self.staff().into(),
        }
    }

    /// The codes of whatever does not work, for a technician.
    fn staff(&self) -> String {
        let codes: Vec<&str> =
            self.faults.iter().filter(|f| f.severity() != Severity::Notice).map(|f| f.code()).collect();
        if codes.is_empty() {
            return String::new();
        }
        self.words.frame.staff.with(&[("codes", &codes.join(" "))])
    }
}
