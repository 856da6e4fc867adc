//! From the checklist to the store: scanning, looking at the pages, sending.

use super::session::{Page, Session, Stack, Step};
use super::{Desk, PAGES_A_DOCUMENT};
use crate::checklist::Need;
use crate::event::{Action, Now, OpenVisit, PageId, ScanEvent, Submission};
use crate::fault::Device;
use crate::intent::{Intent, Source};
use crate::screen::{MaterialState, ScanProblem};

impl Desk {
    /// The visit is open at the ledger: show what it needs.
    pub(super) fn entered(&mut self, open: OpenVisit) {
        let Some(session) = &mut self.session else { return };
        if matches!(session.step, Step::Entering) {
            let choice = std::mem::take(&mut session.choice);
            session.open(Some(OpenVisit { choice, ..open }));
            session.step = Step::Materials { page: 0 };
        }
    }

    pub(super) fn touched_materials(&mut self, intent: Intent, now: Now, actions: &mut Vec<Action>) {
        let pages = self.material_pages();
        let Some(session) = &self.session else { return };
        let may_scan = |need: &Need| match self.material_state(session, need) {
            MaterialState::Missing | MaterialState::Refused(_) => true,
            MaterialState::AtWindow
            | MaterialState::Stored
            | MaterialState::Sending(_)
            | MaterialState::Received => false,
        };
        let wanted = match &intent {
            Intent::Material(code) => {
                self.needs().into_iter().find(|need| need.material == *code).filter(|n| may_scan(n))
            }
            _ => None,
        };
        let Some(session) = &mut self.session else { return };
        let Step::Materials { page } = &mut session.step else { return };
        match intent {
            Intent::PageNext if *page + 1 < pages => *page += 1,
            Intent::PagePrevious => *page = page.saturating_sub(1),
            Intent::Finish => self.goodbye(false, now, actions),
            Intent::Back => session.step = Step::choose(),
            Intent::Material(_) => {
                if let Some(need) = wanted {
                    session.step = Step::ScanReady(Stack {
                        material: need.material,
                        source: Source::Feeder,
                        pages: Vec::new(),
                        problem: None,
                    });
                }
            }
            _ => {}
        }
    }

    pub(super) fn touched_ready(&mut self, intent: Intent, actions: &mut Vec<Action>) {
        let scanner_down = self.is_down(Device::Scanner);
        let Some(session) = &mut self.session else { return };
        let Step::ScanReady(stack) = &mut session.step else { return };
        match intent {
            Intent::Source(source) => stack.source = source,
            Intent::ScanStart if !scanner_down => {
                actions.push(Action::Scan(session.id, stack.source));
                session.with_stack(|mut stack| {
                    stack.problem = None;
                    Step::Scanning { stack, arriving: 0 }
                });
            }
            Intent::Back if stack.pages.is_empty() => session.step = Step::Materials { page: 0 },
            Intent::Back => session.with_stack(|stack| Step::Review { shown: stack.pages.len() - 1, stack }),
            _ => {}
        }
    }

    pub(super) fn touched_scanning(&mut self, intent: Intent, actions: &mut Vec<Action>) {
        if let (Intent::ScanStop | Intent::Back, Some(session)) = (intent, &self.session) {
            // The scanner's task answers with the end of the scan.
            actions.push(Action::StopScan(session.id));
        }
    }

    pub(super) fn scan(&mut self, event: ScanEvent, now: Now, actions: &mut Vec<Action>) {
        let Some(session) = &mut self.session else { return };
        let Step::Scanning { stack, arriving } = &mut session.step else {
            if let ScanEvent::Stored { page, .. } = event {
                actions.push(Action::DropPages(session.id, vec![page]));
            }
            return;
        };
        match event {
            ScanEvent::Arriving(bytes) => *arriving = bytes,
            ScanEvent::Stored { page, .. } if stack.pages.len() >= PAGES_A_DOCUMENT => {
                stack.problem = Some(ScanProblem::TooManyPages);
                actions.push(Action::DropPages(session.id, vec![page]));
                actions.push(Action::StopScan(session.id));
            }
            ScanEvent::Stored { page, preview, warnings } => {
                *arriving = 0;
                stack.pages.push(Page { id: page, preview, warnings });
            }
            ScanEvent::Ended(problem) => session.with_stack(|mut stack| {
                stack.problem = stack.problem.or(problem);
                match stack.pages.len() {
                    0 => Step::ScanReady(stack),
                    n => Step::Review { stack, shown: n - 1 },
                }
            }),
        }
        self.renew(now);
    }

    pub(super) fn touched_review(&mut self, intent: Intent, actions: &mut Vec<Action>) {
        if intent == Intent::ScanAccept {
            return self.submit(actions);
        }
        let Some(session) = &mut self.session else { return };
        let Step::Review { stack, shown } = &mut session.step else { return };
        match intent {
            Intent::PreviewPrevious => *shown = shown.saturating_sub(1),
            Intent::PreviewNext if *shown + 1 < stack.pages.len() => *shown += 1,
            Intent::ScanAdd => session.with_stack(Step::ScanReady),
            Intent::ScanAgain => {
                actions.push(Action::DropPages(session.id, stack.page_ids()));
                stack.pages.clear();
                stack.problem = None;
                session.with_stack(Step::ScanReady);
            }
            Intent::Back => {
                actions.push(Action::DropPages(session.id, stack.page_ids()));
                session.step = Step::Materials { page: 0 };
            }
            _ => {}
        }
    }

    /// The visitor has accepted the pages: one document, and off to the outbox.
    fn submit(&mut self, actions: &mut Vec<Action>) {
        let Some(session) = &self.session else { return };
        let (Step::Review { stack, .. }, Some(visit)) = (&session.step, &session.visit) else { return };
        let Some(material) = self.catalogue.material(&stack.material) else { return };
        let needs = self.needs().into_iter().find(|n| n.material == stack.material);
        actions.push(Action::Submit(Box::new(Submission {
            session: session.id,
            visit: visit.clone(),
            number: session.number,
            material: stack.material.clone(),
            name: material.name.clone(),
            items: needs.map(|n| n.items).unwrap_or_default(),
            pages: stack.page_ids(),
        })));
        if let Some(session) = &mut self.session {
            session.with_stack(Step::Submitting);
        }
    }
}

impl Stack {
    fn page_ids(&self) -> Vec<PageId> {
        self.pages.iter().map(|p| p.id).collect()
    }
}

impl Session {
    /// Takes the stack out of a step that holds one and puts it into the next; of any other step
    /// nothing changes.
    fn with_stack(&mut self, next: impl FnOnce(Stack) -> Step) {
        match std::mem::replace(&mut self.step, Step::LookingUp) {
            Step::ScanReady(stack)
            | Step::Scanning { stack, .. }
            | Step::Review { stack, .. }
            | Step::Submitting(stack) => self.step = next(stack),
            other => self.step = other,
        }
    }
}
