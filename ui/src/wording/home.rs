//! The idle screen.

use super::{Voice, act, model, note};
use crate::toolkit as t;
use visit::fault::Fault;
use visit::intent::Intent;
use visit::screen::Home;

/// So many codes are named, worst first.
const CODES: usize = 8;

impl Voice<'_> {
    pub(super) fn home(&self, home: &Home) -> t::HomeWords {
        let words = &self.words.home;
        let closed = home.no_numbers.map(|why| self.no_numbers(why));
        let number_text = match &closed {
            None => words.number_text.plain().into(),
            Some(why) => slint::format!("{}{}{}", why.title, self.stop(), why.text),
        };
        let papers_text = match (home.papers, home.scanner) {
            (false, _) => words.no_way.plain(),
            (true, false) => words.no_scanner.plain(),
            (true, true) => words.papers_text.plain(),
        };
        let feeder = home.feeder.then(|| note(&words.feeder, false));
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
            notes: model(feeder.into_iter().chain(no_tickets).collect()),
            staff: self.staff(home),
        }
    }

    /// The codes of whatever is wrong, for a technician; touched, it tells what to do.
    fn staff(&self, home: &Home) -> t::Act {
        let frame = &self.words.frame;
        // A look into the licence stores that failed was another visitor's; the page behind tells of it.
        let told: Vec<&str> =
            self.faults.iter().filter(|f| **f != Fault::StoreLicencesDown).map(|f| f.code()).collect();
        if told.is_empty() {
            return t::Act::default();
        }
        let mut codes = told.iter().take(CODES).copied().collect::<Vec<_>>().join(" ");
        if told.len() > CODES {
            codes = frame.staff_more.with(&[("codes", &codes)]);
        }
        if let Some(left) = home.tickets_left {
            codes.push_str(frame.between.plain());
            codes.push_str(&frame.tickets_left.of(left));
        }
        act(Intent::Service, frame.staff.with(&[("codes", &codes)]), true)
    }
}
