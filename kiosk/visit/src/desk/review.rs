//! Looking at pages: again, turned, taken out, moved, added; at last accepted.

use super::Desk;
use super::session::{Next, Stack, Step};
use crate::event::{Action, Submission};
use crate::intent::Intent;
use crate::screen::{PageWarning, ReviewAsk};
use std::sync::Arc;

impl Desk {
    pub(super) fn touched_review(&mut self, intent: Intent, actions: &mut Vec<Action>) {
        let Some(session) = &self.session else { return };
        let Step::Review { asking, .. } = &session.step else { return };
        match (asking, intent) {
            (Some(ask), intent @ (Intent::AnswerYes | Intent::AnswerNo)) => {
                self.answered(*ask, intent == Intent::AnswerYes, actions);
            }
            // Perhaps it lay the wrong way up.
            (Some(ReviewAsk::Blank), Intent::PageAgain) => self.touched_page(Intent::PageAgain),
            // Whoever leaves a question has not said yes to it; only a blank page is asked about again.
            (Some(ask), Intent::Back) => {
                let leaving = (*ask == ReviewAsk::Blank).then_some(ReviewAsk::Leave);
                if let Some(Step::Review { asking, .. }) = self.session.as_mut().map(|s| &mut s.step) {
                    *asking = leaving;
                }
            }
            // What is asked comes first.
            (Some(_), _) => {}
            (None, Intent::ScanAccept) => self.submit(actions),
            (None, intent) => self.touched_page(intent),
        }
    }

    fn touched_page(&mut self, intent: Intent) {
        let Some(session) = &mut self.session else { return };
        let Step::Review { stack, shown, asking } = &mut session.step else { return };
        match intent {
            Intent::PreviewPrevious if *shown > 0 => {
                *shown -= 1;
                stack.other_shown();
            }
            Intent::PreviewNext if *shown + 1 < stack.pages.len() => {
                *shown += 1;
                stack.other_shown();
            }
            Intent::ScanAdd => session.with_stack(|stack| Step::ScanReady(stack.for_more())),
            Intent::PageAgain => {
                let at = *shown;
                session.with_stack(|mut stack| {
                    (stack.next, stack.problem) = (Next::InsteadOf(at), None);
                    Step::ScanReady(stack)
                });
            }
            Intent::PageRotate => {
                if let Some(page) = stack.pages.get_mut(*shown) {
                    page.turn = page.turn.further();
                    page.preview = Arc::new(page.preview.turned_right());
                }
            }
            Intent::PageEarlier if *shown > 0 => {
                stack.pages.swap(*shown, *shown - 1);
                *shown -= 1;
            }
            Intent::PageLater if *shown + 1 < stack.pages.len() => {
                stack.pages.swap(*shown, *shown + 1);
                *shown += 1;
            }
            Intent::PageRemove => *asking = Some(ReviewAsk::Remove),
            Intent::ScanAgain => *asking = Some(ReviewAsk::AllAgain),
            Intent::Back => *asking = Some(ReviewAsk::Leave),
            _ => {}
        }
    }

    /// What the visitor said to what was asked.
    fn answered(&mut self, ask: ReviewAsk, yes: bool, actions: &mut Vec<Action>) {
        let Some(session) = &mut self.session else { return };
        let Step::Review { stack, shown, asking } = &mut session.step else { return };
        *asking = None;
        match (ask, yes) {
            // Leave it in?
            (ReviewAsk::Blank, true) => {
                if let Some(page) = stack.pages.get_mut(*shown) {
                    page.kept = true;
                }
                stack.ask_of_blank(shown, asking);
            }
            (ReviewAsk::Blank, false) | (ReviewAsk::Remove, true) => {
                if *shown < stack.pages.len() {
                    let gone = stack.pages.remove(*shown);
                    stack.other_shown();
                    actions.push(Action::DropPages(session.id, vec![gone.id]));
                }
                *shown = (*shown).min(stack.pages.len().saturating_sub(1));
                if stack.pages.is_empty() {
                    session.with_stack(|stack| Step::ScanReady(stack.for_more()));
                } else if ask == ReviewAsk::Blank {
                    stack.ask_of_blank(shown, asking);
                }
            }
            (ReviewAsk::AllAgain, true) => {
                actions.push(Action::DropPages(session.id, stack.page_ids()));
                stack.pages.clear();
                stack.problem = None;
                session.with_stack(|stack| Step::ScanReady(stack.for_more()));
            }
            (ReviewAsk::Leave, true) => {
                actions.push(Action::DropPages(session.id, stack.page_ids()));
                session.step = Step::Materials { page: session.list };
            }
            (ReviewAsk::Remove | ReviewAsk::AllAgain | ReviewAsk::Leave, false) => {
                stack.ask_of_blank(shown, asking);
            }
        }
    }

    /// The visitor has accepted the pages: one document, and off to the outbox.
    fn submit(&mut self, actions: &mut Vec<Action>) {
        let Some(session) = &self.session else { return };
        let (Step::Review { stack, .. }, Some(dossier)) = (&session.step, &session.dossier) else { return };
        let Some(material) = self.catalogue.material(&stack.material) else { return };
        if self.hand_in_of(session, &stack.material).is_none() {
            // Somebody approved what was handed in before while this was scanned.
            actions.push(Action::DropPages(session.id, stack.page_ids()));
            let page = session.list;
            if let Some(session) = &mut self.session {
                session.step = Step::Materials { page };
            }
            return;
        }
        actions.push(Action::Submit(Box::new(Submission {
            session: session.id,
            dossier: dossier.clone(),
            applicant: session.applicant.clone(),
            number: session.number,
            material: stack.material.clone(),
            name: material.name.clone(),
            items: self.need(&stack.material).map(|need| need.items).unwrap_or_default(),
            pages: stack.pages.iter().map(|page| (page.id, page.turn)).collect(),
            document: material.document,
            compact: material.compact,
        })));
        if let Some(session) = &mut self.session {
            session.with_stack(Step::Submitting);
        }
    }
}

impl Stack {
    /// The first blank page about which the visitor was not asked yet.
    pub(super) fn blank(&self) -> Option<usize> {
        self.pages.iter().position(|page| !page.kept && page.warnings.contains(&PageWarning::Blank))
    }

    /// Asks about the next blank page, if there is one.
    fn ask_of_blank(&mut self, shown: &mut usize, asking: &mut Option<ReviewAsk>) {
        if let Some(at) = self.blank() {
            if at != *shown {
                self.other_shown();
            }
            (*shown, *asking) = (at, Some(ReviewAsk::Blank));
        }
    }
}
