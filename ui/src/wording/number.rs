//! The number, and what is known of its ticket.

use super::{Voice, act, model, note};
use crate::toolkit as t;
use visit::intent::Intent;
use visit::screen::{CardReminder, NumberShown, TicketState};

/// So many materials are named; of more only how many they are. The ticket names them all.
const NAMED: usize = 8;

impl Voice<'_> {
    pub(super) fn number(&self, shown: &NumberShown) -> t::NumberWords {
        let words = &self.words.number;
        let title = if shown.again { &words.again } else { &words.fresh };
        let windows = shown.windows.iter().map(|(area, counters)| t::WindowRow {
            area: self.label(area).into(),
            counters: words.counters.with(&[("counters", counters)]).into(),
        });
        let paper = match shown.ticket {
            TicketState::Printing | TicketState::Printed | TicketState::Sent => true,
            TicketState::Unknown(_) | TicketState::NotPrinted(_) => false,
        };
        t::NumberWords {
            title: title.plain().into(),
            number: slint::format!("{}", shown.number),
            windows: model(windows.collect()),
            ahead: shown.ahead.map(|n| words.ahead.of(n)).unwrap_or_default().into(),
            prepare: words.prepare.plain().into(),
            missing: self.list(&shown.missing, NAMED).into(),
            ticket: self.ticket(shown.ticket),
            reprint: if paper {
                t::Act::default()
            } else {
                act(Intent::Reprint, words.reprint.plain(), true)
            },
            qr_shown: !paper,
            qr_text: words.qr.plain().into(),
            card: match shown.card {
                CardReminder::Taken => t::Note::default(),
                CardReminder::Present => note(&words.card, true),
                CardReminder::Unknown => note(&words.card_perhaps, false),
            },
        }
    }

    /// The truth about the paper, and the printer's fault if it named one.
    fn ticket(&self, state: TicketState) -> t::Note {
        let words = &self.words.number;
        let (told, fault) = match state {
            TicketState::Printing => return note(&words.printing, false),
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
