//! The number, and what is known of its ticket.

use super::{Voice, act, model, note};
use crate::toolkit as t;
use slint::SharedString;
use visit::catalogue::Label;
use visit::intent::Intent;
use visit::screen::{CardReminder, NumberShown, TicketState};
use visit::waiting::Place;

/// So many materials are named, of more only how many they are; the ticket names them all.
const NAMED: usize = 6;
/// So many windows stand in large letters, and beside them there is room for materials.
const WINDOWS_LARGE: usize = 3;
/// So many windows are named, of more only how many they are.
const WINDOWS: usize = 6;
/// So many materials when the code takes the room.
const NAMED_BESIDE_CODE: usize = 5;
/// So many when several windows take room as well.
const NAMED_BESIDE_BOTH: usize = 3;

impl Voice<'_> {
    pub(super) fn number(&self, shown: &NumberShown) -> t::NumberWords {
        let words = &self.words.number;
        let title = match (shown.place, shown.again) {
            (Some(Place::Called), _) => &words.called,
            (_, true) => &words.again,
            (_, false) => &words.fresh,
        };
        let paper = shown.is_on_paper();
        let named = match (paper, shown.windows.len()) {
            (true, _) => NAMED,
            (false, 0..=1) => NAMED_BESIDE_CODE,
            (false, 2..=WINDOWS_LARGE) => NAMED_BESIDE_BOTH,
            (false, _) => 0,
        };
        t::NumberWords {
            title: title.plain().into(),
            number: slint::format!("{}", shown.number),
            windows: model(self.windows(&shown.windows)),
            ahead: shown.place.map(|place| self.place(place)).unwrap_or_default().into(),
            prepare: match (shown.missing.len() > named, paper) {
                (false, _) => words.prepare.plain().to_owned(),
                (true, true) => words.prepare_many.with(&[("count", &shown.missing.len())]),
                // No paper names the others.
                (true, false) => words.prepare_elsewhere.with(&[("count", &shown.missing.len())]),
            }
            .into(),
            missing: model(shown.missing.iter().take(named).map(|l| self.label(l).into()).collect()),
            ticket: self.ticket(shown.ticket, shown.place == Some(Place::Called)),
            reprint: if paper {
                t::Act::default()
            } else {
                act(Intent::Reprint, words.reprint.plain(), true)
            },
            qr_text: words.qr.plain().into(),
        }
    }

    /// How many are ahead, and about how long they take if that is known; or where to go at once.
    fn place(&self, place: Place) -> String {
        let words = &self.words.number;
        let Place::Behind(ahead) = place else { return words.called_go.plain().to_owned() };
        let count = words.ahead.of(ahead.count);
        match ahead.minutes {
            Some(minutes) => words.ahead_about.with(&[("ahead", &count), ("time", &self.time(minutes))]),
            None => count,
        }
    }

    /// Where to go, a line each.
    fn windows(&self, windows: &[(Label, String)]) -> Vec<SharedString> {
        let words = &self.words.number;
        let line = |(area, counters): &(Label, String)| {
            words.window.with(&[("area", &self.label(area)), ("counters", counters)]).into()
        };
        let mut lines: Vec<SharedString> = windows.iter().take(WINDOWS).map(line).collect();
        if windows.len() > WINDOWS {
            lines.push(words.more_windows.with(&[("count", &windows.len())]).into());
        }
        lines
    }

    /// Whether to remind of the card while the number is shown.
    pub(super) fn card(&self, card: CardReminder) -> t::Note {
        let words = &self.words.number;
        match card {
            CardReminder::Taken => t::Note::default(),
            CardReminder::Present => note(&words.card, true),
            CardReminder::Unknown => note(&words.card_perhaps, false),
        }
    }

    /// The truth about the paper, and the printer's fault if it named one. Who was called does not wait for that.
    fn ticket(&self, state: TicketState, called: bool) -> t::Note {
        let words = &self.words.number;
        let (told, fault) = match state {
            TicketState::Printing => return note(&words.printing, false),
            TicketState::Printed if called => return note(&words.printed_called, false),
            TicketState::Printed => return note(&words.printed, false),
            TicketState::Sent => return note(&words.sent, false),
            TicketState::Unknown(fault) => (&words.unknown, fault),
            TicketState::NotPrinted(fault) => (&words.not_printed, fault),
        };
        let mut told = note(told, true);
        if let Some(fault) = fault {
            told.text = slint::format!("{}{}{}", self.fault(fault).title, self.stop(), told.text);
        }
        told
    }
}
