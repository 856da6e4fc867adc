//! Lay the card on the reader.

use super::{Voice, note};
use crate::toolkit as t;
use visit::fault::{Device, Severity};
use visit::screen::{CardProblem, Identify, Purpose};

impl Voice<'_> {
    pub(super) fn identify(&self, identify: &Identify) -> t::IdentifyWords {
        let words = &self.words.identify;
        let (title, text) = match (identify.reading, identify.purpose) {
            (true, _) => (&words.reading, &words.reading_text),
            (false, Purpose::Number) => (&words.number, &words.text),
            (false, Purpose::Papers) => (&words.papers, &words.text),
            (false, Purpose::Relative) => (&words.relative, &words.text_relative),
        };
        let down = self.worst(Device::Reader).filter(|f| f.severity() == Severity::Down);
        let problem = match (down, identify.problem) {
            (Some(fault), _) => self.fault(fault),
            (None, Some(problem)) => self.card_problem(problem),
            (None, None) => t::Note::default(),
        };
        t::IdentifyWords {
            title: title.plain().into(),
            text: text.plain().into(),
            reading: identify.reading,
            problem,
            cards: words.cards.plain().into(),
            privacy: words.privacy.plain().into(),
        }
    }

    fn card_problem(&self, problem: CardProblem) -> t::Note {
        let words = &self.words.card_problem;
        let told = match problem {
            CardProblem::Unreadable => &words.unreadable,
            CardProblem::UnknownKind => &words.unknown_kind,
            CardProblem::CheckDigit => &words.check_digit,
            CardProblem::Authentication => &words.authentication,
            CardProblem::Reader => &words.reader,
            CardProblem::SamePerson => &words.same_person,
            CardProblem::LiftFirst => &words.lift_first,
        };
        note(told, true)
    }
}
