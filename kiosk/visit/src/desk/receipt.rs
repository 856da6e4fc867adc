//! The receipt: what was handed in, and the code that proves it.

use super::Desk;
use super::session::{Session, Step};
use crate::catalogue::MaterialCode;
use crate::event::{Action, Now};
use crate::fault::Device;
use crate::intent::Intent;
use crate::screen::{PaperTold, Receipt, TicketState};
use crate::ticket::ReceiptContents;

impl Desk {
    pub(super) fn touched_receipt(&mut self, intent: Intent, now: Now, actions: &mut Vec<Action>) {
        match intent {
            Intent::ReceiptPrint => self.print_receipt(now, actions),
            Intent::Back => {
                if let Some(session) = &mut self.session {
                    let list = Step::Materials { page: session.list };
                    let from_list = std::mem::take(&mut session.receipt.from_list);
                    session.step = if from_list { Step::choose() } else { list };
                }
            }
            Intent::Finish => self.goodbye(false, now, actions),
            _ => {}
        }
    }

    fn print_receipt(&mut self, now: Now, actions: &mut Vec<Action>) {
        let Some(session) = &self.session else { return };
        let Some(code) = session.custody.clone() else { return };
        if session.receipt.paper == Some(TicketState::Printing) || self.is_down(Device::Printer) {
            return;
        }
        let receipt = ReceiptContents {
            language: self.manner.language,
            hall: self.catalogue.hall.name.clone(),
            number: session.number,
            reprint: session.receipt.doubtful,
            papers: self.papers_told(session),
            code,
            at: now.wall,
        };
        actions.push(Action::PrintReceipt(session.id, Box::new(receipt)));
        if let Some(session) = &mut self.session {
            session.receipt.paper = Some(TicketState::Printing);
            session.receipt.due = false;
        }
    }

    pub(super) fn receipt_news(&mut self, state: TicketState, now: Now) {
        let Some(session) = &mut self.session else { return };
        if session.receipt.paper.is_some() {
            session.receipt.paper = Some(state.after(session.receipt.may_come));
            session.receipt.may_come = match state {
                TicketState::Sent | TicketState::Unknown(_) => true,
                // Whoever has one does not ask about those before it.
                TicketState::Printed => false,
                TicketState::Printing | TicketState::NotPrinted(_) => session.receipt.may_come,
            };
            session.receipt.doubtful |= !matches!(state, TicketState::Printing | TicketState::NotPrinted(_));
            self.renew(now);
        }
    }

    pub(super) fn receipt(&self, session: &Session) -> Option<Receipt> {
        Some(Receipt {
            number: session.number,
            papers: self.papers_told(session),
            code: session.custody.clone()?,
            paper: session.receipt.paper,
            printer: !self.is_down(Device::Printer),
        })
    }

    /// What was handed in and where it is, in the order of the checklist; papers of matters that are not
    /// picked any more come last.
    fn papers_told(&self, session: &Session) -> Vec<PaperTold> {
        let needs = self.needs();
        let place =
            |code: &MaterialCode| needs.iter().position(|need| need.material == *code).unwrap_or(usize::MAX);
        let mut papers: Vec<_> = session.all_papers().collect();
        papers.sort_by_key(|(code, _)| place(code));
        let told = papers.into_iter().filter_map(|(code, paper)| {
            let name = self.catalogue.material(code)?.name.clone();
            Some(PaperTold { name, pages: paper.pages, state: paper.state })
        });
        told.collect()
    }
}
