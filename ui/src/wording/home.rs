//! The idle screen.

use super::{Voice, act, clock, model, note};
use crate::toolkit as t;
use visit::fault::Fault;
use visit::hours::Span;
use visit::intent::Intent;
use visit::screen::Home;
use visit::waiting::Waiting;

/// So many codes are named, worst first.
const CODES: usize = 8;

impl Voice<'_> {
    pub(super) fn home(&self, home: &Home) -> t::HomeWords {
        let words = &self.words.home;
        let closed = home.no_numbers.map(|why| self.no_numbers(why));
        let number_text = match &closed {
            None if self.plain => slint::SharedString::default(),
            None => words.number_text.plain().into(),
            Some(why) => slint::format!("{}{}{}", why.title, self.stop(), why.text),
        };
        let papers_text = match (home.papers, home.scanner) {
            (false, _) => words.no_way.plain(),
            (true, false) => words.no_scanner.plain(),
            (true, true) if self.plain => "",
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
            hours: self.hours(&home.hours).into(),
            waiting: home.waiting.map(|waiting| self.waiting(waiting)).unwrap_or_default().into(),
            notes: model(feeder.into_iter().chain(no_tickets).collect()),
            staff: self.staff(home),
        }
    }

    /// When numbers are given today; nothing on a day without.
    fn hours(&self, spans: &[Span]) -> String {
        let words = &self.words.home;
        let told =
            |span: &Span| words.hours_span.with(&[("from", &clock(span.from)), ("to", &clock(span.to))]);
        match spans {
            [] => String::new(),
            [day] if *day == Span::DAY => words.hours_all_day.plain().to_owned(),
            some => {
                let spans: Vec<String> = some.iter().map(told).collect();
                words.hours.with(&[("spans", &spans.join(self.words.frame.between.plain()))])
            }
        }
    }

    /// How many wait, and about how long if that is known.
    fn waiting(&self, waiting: Waiting) -> String {
        let words = &self.words.home;
        let count = words.waiting.of(waiting.count);
        match waiting.minutes {
            Some(minutes) => words.waiting_about.with(&[("waiting", &count), ("time", &self.time(minutes))]),
            None => count,
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
