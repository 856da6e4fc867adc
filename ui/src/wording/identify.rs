//! Say who you are: on the reader, in the slot, before the code scanner.

use super::{Voice, act, model, note};
use crate::toolkit as t;
use slint::SharedString;
use visit::fault::{Device, Fault, Severity};
use visit::identity::Ways;
use visit::intent::Intent;
use visit::screen::{CardProblem, Identify, Purpose};

impl Voice<'_> {
    pub(super) fn identify(&self, identify: &Identify) -> t::IdentifyWords {
        let words = &self.words.identify;
        let way = way(identify.ways);
        let relative = identify.purpose == Purpose::Relative;
        let (title, text) = match (identify.reading, way, identify.purpose) {
            (true, ..) => (&words.reading, &words.reading_text),
            (false, t::Way::Card, Purpose::Number) => (&words.number, &words.text),
            (false, t::Way::Card, Purpose::Papers) => (&words.papers, &words.text),
            (false, t::Way::Card, Purpose::Relative) => (&words.relative, &words.text_relative),
            (false, t::Way::Slot, _) if relative => (&words.slot_relative, &words.slot_text),
            (false, t::Way::Slot, _) => (&words.slot, &words.slot_text),
            (false, t::Way::Code, _) if relative => (&words.code_relative, &words.code_text),
            (false, t::Way::Code, _) => (&words.code, &words.code_text),
        };
        let or_slot = (identify.ways.slot && way != t::Way::Slot).then_some(&words.or_slot);
        let or_code = (identify.ways.code && way != t::Way::Code).then_some(&words.or_code);
        let others = if identify.reading { [None, None] } else { [or_slot, or_code] };
        let others: Vec<SharedString> = others.into_iter().flatten().map(|t| t.plain().into()).collect();
        let problem = self.identify_problem(identify);
        // A problem and the other ways say more than the list of cards, and need its room.
        let cards = way == t::Way::Card && (others.is_empty() || problem.title.is_empty());
        t::IdentifyWords {
            title: title.plain().into(),
            text: text.plain().into(),
            way,
            reading: identify.reading,
            others: model(others),
            problem,
            without: if identify.without && !identify.reading {
                act(Intent::WithoutDocument, words.without.plain(), true)
            } else {
                t::Act::default()
            },
            cards: if cards { words.cards.plain().into() } else { SharedString::default() },
            privacy: words.privacy.plain().into(),
        }
    }

    /// What went wrong last; or that the reader, the way of most people, does not work.
    fn identify_problem(&self, identify: &Identify) -> t::Note {
        let down = |device| self.worst(device).filter(|f| f.severity() == Severity::Down);
        let gone = [Device::Reader, Device::CardSlot, Device::CodeScanner].into_iter().find_map(down);
        match (identify.problem, identify.ways.any_person()) {
            (Some(problem), true) => self.card_problem(problem),
            (None, true) => down(Device::Reader).map(|fault| self.fault(fault)).unwrap_or_default(),
            (_, false) => self.fault(gone.unwrap_or(Fault::StoreCodesDown)),
        }
    }

    pub(super) fn card_problem(&self, problem: CardProblem) -> t::Note {
        let words = &self.words.card_problem;
        let told = match problem {
            CardProblem::Unreadable => &words.unreadable,
            CardProblem::UnknownKind => &words.unknown_kind,
            CardProblem::CheckDigit => &words.check_digit,
            CardProblem::Authentication => &words.authentication,
            CardProblem::Reader => &words.reader,
            CardProblem::SamePerson => &words.same_person,
            CardProblem::OfRelative => &words.of_relative,
            CardProblem::LiftFirst => &words.lift_first,
            CardProblem::CodeUnknown => &words.code_unknown,
            CardProblem::CodeUnreachable => &words.code_unreachable,
            CardProblem::SocialUnreadable => &words.social_unreadable,
            CardProblem::WrongSide => &words.wrong_side,
        };
        note(told, problem != CardProblem::OfRelative)
    }
}

/// The way that is drawn and told first: the one that works and that most people have.
fn way(ways: Ways) -> t::Way {
    match ways {
        Ways { reader: true, .. } => t::Way::Card,
        Ways { slot: true, .. } => t::Way::Slot,
        Ways { code: true, .. } => t::Way::Code,
        _ => t::Way::Card,
    }
}
