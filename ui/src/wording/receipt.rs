//! What was handed in, with the code that proves it.

use super::{Voice, act, model, note};
use crate::toolkit as t;
use visit::intent::Intent;
use visit::screen::{MaterialState, PaperTold, Receipt, TicketState};

impl Voice<'_> {
    pub(super) fn receipt(&self, receipt: &Receipt) -> t::ReceiptWords {
        let words = &self.words.receipt;
        let paper = match receipt.paper {
            None if receipt.printer => t::Note::default(),
            None => note(&words.no_printer, true),
            Some(TicketState::Printing) => note(&words.printing, false),
            Some(TicketState::Printed) => note(&words.printed, false),
            Some(TicketState::Sent) => note(&words.sent, false),
            Some(TicketState::Unknown(_)) => note(&words.unknown, true),
            Some(TicketState::NotPrinted(_)) => note(&words.not_printed, true),
        };
        t::ReceiptWords {
            title: words.title.plain().into(),
            text: words.text.plain().into(),
            code: receipt.code.to_string().into(),
            code_text: words.code.plain().into(),
            rows: model(receipt.papers.iter().map(|paper| self.paper(paper)).collect()),
            paper,
            back: act(Intent::Back, words.back.plain(), true),
        }
    }

    fn paper(&self, paper: &PaperTold) -> t::PaperRow {
        let words = &self.words.receipt;
        let PaperTold { name, pages, state } = paper;
        let state = *state;
        let problem = state.is_wanted_again();
        let done = matches!(state, MaterialState::Received | MaterialState::Accepted);
        let told = match state {
            MaterialState::Received => words.received.plain().to_owned(),
            MaterialState::Accepted => words.accepted.plain().to_owned(),
            MaterialState::Returned(_) if !problem => words.not_needed.plain().to_owned(),
            MaterialState::Returned(_) => words.returned.plain().to_owned(),
            MaterialState::Refused(_) => words.refused.plain().to_owned(),
            // Whatever is on its way is still here.
            _ => words.stored.plain().to_owned(),
        };
        let name = format!("{}{}", self.label(name), words.pages.of(*pages));
        t::PaperRow { name: name.into(), state: told.into(), done, problem }
    }

    pub(super) fn print_receipt(&self, receipt: &Receipt) -> t::Act {
        let words = &self.words.receipt;
        let (label, can) = match receipt.paper {
            None => (&words.print, true),
            Some(TicketState::Printing) => (&words.print, false),
            Some(_) => (&words.print_again, true),
        };
        act(Intent::ReceiptPrint, label.plain(), can && receipt.printer)
    }
}
