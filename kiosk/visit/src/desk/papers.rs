//! From the checklist to the scanner.

use super::hand_in::HandIn;
use super::session::{Next, Page, Session, Stack, Step};
use super::{Desk, MORE_THAN_EXPECTED, PAGES_A_DOCUMENT};
use crate::catalogue::MaterialCode;
use crate::event::{Action, DocumentEvent, Feeder, Keep, Now, OpenVisit, PageId, ScanEvent, Sheets};
use crate::fault::Device;
use crate::intent::{Intent, Source};
use crate::screen::{FeederAsk, MaterialState, Preview, ScanProblem};
use std::sync::Arc;

impl Desk {
    /// The visit is open at the ledger: show what it needs.
    pub(super) fn entered(&mut self, open: OpenVisit) {
        let Some(session) = &mut self.session else { return };
        if !matches!(session.step, Step::Entering) {
            return;
        }
        let choice = std::mem::take(&mut session.choice);
        session.open(Some(OpenVisit { choice, ..open }));
        let first = self.first_of_materials();
        if let Some(session) = &mut self.session {
            session.step = first;
        }
        self.catch_up();
    }

    pub(super) fn touched_materials(&mut self, intent: Intent, now: Now, actions: &mut Vec<Action>) {
        let pages = self.material_pages();
        let Some(session) = &self.session else { return };
        let wanted = match &intent {
            Intent::Material(code) => self.hand_in_of(session, code).map(|how| (code.clone(), how)),
            _ => None,
        };
        let source = wanted.as_ref().map_or(Source::Feeder, |(material, _)| self.source_of(material));
        let Some(session) = &mut self.session else { return };
        let has_receipt = session.has_receipt();
        let Step::Materials { page } = &mut session.step else { return };
        session.list = *page;
        match intent {
            Intent::PageNext if *page + 1 < pages => *page += 1,
            Intent::PagePrevious => *page = page.saturating_sub(1),
            // Nobody goes without having been offered the receipt for what he handed in just now.
            Intent::Finish if session.receipt.due => session.step = Step::Receipt,
            Intent::Finish => self.goodbye(false, now, actions),
            Intent::Receipt if has_receipt => session.step = Step::Receipt,
            Intent::LicencesAsk => session.step = Step::LicencesAsk,
            Intent::Back => session.step = Step::choose(),
            Intent::Material(_) => match wanted {
                Some((material, HandIn::Wanted)) => {
                    session.not_applicable.remove(&material);
                    session.step = Step::ScanReady(Stack::new(material, source));
                }
                Some((material, HandIn::Anew)) => session.step = Step::HandInAsk(material),
                None => {}
            },
            _ => {}
        }
    }

    pub(super) fn touched_ready(&mut self, intent: Intent, actions: &mut Vec<Action>) {
        let scanner_down = self.is_down(Device::Scanner);
        let compact = self.stack().and_then(|stack| self.catalogue.material(&stack.material));
        let keep = if compact.is_some_and(|material| material.compact) { Keep::Scan } else { Keep::Finished };
        let optional = self.stack().is_some_and(|stack| self.is_optional(stack));
        let Some(session) = &mut self.session else { return };
        let asking = session.asks_of_feeder();
        let Step::ScanReady(stack) = &mut session.step else { return };
        match (asking, intent) {
            (_, Intent::Source(source)) => {
                stack.source = source;
                stack.source_chosen = true;
            }
            // Nobody's papers are scanned into another's visit.
            (Some(_), Intent::AnswerNo) => session.before = Some(FeederAsk::TakeOut),
            (Some(_), Intent::AnswerYes) | (None, Intent::ScanStart) if !scanner_down => {
                // What was said of the feeder says nothing of the glass, nor the other way round.
                if asking.is_some() {
                    session.before = None;
                }
                let sheets = match stack.next {
                    Next::InsteadOf(_) => Sheets::One,
                    Next::Replaced(_) | Next::Last => Sheets::All,
                };
                if stack.source == Source::Feeder {
                    // What lies there now is taken; the scanner says what is left.
                    self.feeder = Feeder::Unknown;
                }
                actions.push(Action::Scan(session.id, stack.source, sheets, keep));
                session.with_stack(|mut stack| {
                    stack.source_chosen = true;
                    stack.problem = None;
                    Step::Scanning { stack, arriving: 0 }
                });
            }
            (_, Intent::NotApplicable) if optional && stack.pages.is_empty() => {
                let material = stack.material.clone();
                session.not_applicable.insert(material);
                session.step = Step::Materials { page: session.list };
            }
            (_, Intent::Back) if stack.pages.is_empty() => {
                session.step = Step::Materials { page: session.list };
            }
            (_, Intent::Back) => session.with_stack(|mut stack| {
                // Whatever went wrong: nothing is to be gone on with.
                if matches!(stack.next, Next::InsteadOf(_)) && stack.problem.is_some() {
                    stack.problem = Some(ScanProblem::NotReplaced);
                }
                Step::looked_at(stack)
            }),
            _ => {}
        }
    }

    pub(super) fn touched_scanning(&mut self, intent: Intent, actions: &mut Vec<Action>) {
        let Some(session) = &mut self.session else { return };
        if let (Intent::ScanStop | Intent::Back, Step::Scanning { stack, .. }) = (intent, &mut session.step) {
            // On the glass nothing more lies than what is being scanned.
            if stack.source == Source::Feeder {
                stack.problem.get_or_insert(ScanProblem::Stopped);
            }
            // The scanner's task answers with the end of the scan.
            actions.push(Action::StopScan(session.id));
        }
    }

    pub(super) fn scan(&mut self, event: ScanEvent, now: Now, actions: &mut Vec<Action>) {
        let most = self.stack().map_or(PAGES_A_DOCUMENT, |stack| self.most_pages(&stack.material));
        let Some(session) = &mut self.session else { return };
        let Step::Scanning { stack, arriving } = &mut session.step else {
            if let ScanEvent::Stored { page, .. } = event {
                actions.push(Action::DropPages(session.id, vec![page]));
            }
            return;
        };
        match event {
            ScanEvent::Arriving(bytes) => *arriving = bytes,
            ScanEvent::Stored { page, .. } if stack.is_full(most) => {
                stack.problem = Some(ScanProblem::TooManyPages);
                actions.push(Action::DropPages(session.id, vec![page]));
                actions.push(Action::StopScan(session.id));
            }
            ScanEvent::Stored { page, preview, warnings, turn } => {
                *arriving = 0;
                let page = Page { id: page, preview, warnings, turn, kept: false, new: true };
                if let Some(before) = stack.put(page) {
                    actions.push(Action::DropPages(session.id, vec![before]));
                }
                // A scanner that does not stop by itself.
                if stack.problem == Some(ScanProblem::OnlyOne) {
                    actions.push(Action::StopScan(session.id));
                }
            }
            ScanEvent::Ended(problem) => session.with_stack(|mut stack| {
                let stopped = stack.problem.take_if(|problem| *problem == ScanProblem::Stopped);
                stack.problem = stack.problem.or(problem);
                // The page that was to be scanned again is still to be, unless nothing was wrong.
                let as_before = matches!(stack.next, Next::InsteadOf(_));
                let again = as_before && stack.problem.is_some();
                stack.problem =
                    stack.problem.or(if as_before { Some(ScanProblem::NotReplaced) } else { stopped });
                if stack.pages.is_empty() || again { Step::ScanReady(stack) } else { Step::looked_at(stack) }
            }),
        }
        self.renew(now);
    }

    /// News of a document: what was accepted is stored or not, what was sent has arrived or is wanted once more.
    pub(super) fn document(&mut self, event: DocumentEvent, now: Now, actions: &mut Vec<Action>) {
        let Some(session) = &mut self.session else { return };
        match event {
            DocumentEvent::Stored(id, material, document, code) if id == session.id => {
                if let Step::Submitting(stack) = &session.step
                    && stack.material == material
                {
                    // They lie in the outbox now, encrypted.
                    actions.push(Action::DropPages(id, stack.page_ids()));
                }
                session.stored(material, document, code);
                self.renew(now);
            }
            DocumentEvent::Failed(id, material, fault) if id == session.id => {
                session.submit_failed(&material, fault);
                self.renew(now);
            }
            DocumentEvent::Stored(..) | DocumentEvent::Failed(..) => {}
            DocumentEvent::State(document, state) => {
                let wanted = session.document_state(&document, state, None);
                actions.extend(wanted.then_some(Action::Remind));
            }
            DocumentEvent::Reviewed(document, state, note) => {
                let wanted = session.document_state(&document, state, note);
                actions.extend(wanted.then_some(Action::Remind));
            }
        }
    }

    /// What is in the feeder has changed.
    pub(super) fn feeder_is(&mut self, feeder: Feeder, now: Now) {
        self.feeder = feeder;
        match feeder {
            Feeder::Loaded => self.paper_lies = true,
            Feeder::Empty => self.paper_lies = false,
            // Paper that cannot be seen any more has not gone for that.
            Feeder::Unknown => {}
        }
        let source = self.stack().map(|stack| self.source_of(&stack.material));
        let Some(session) = &mut self.session else { return };
        if let (Step::ScanReady(stack), Some(source)) = (&mut session.step, source)
            && !stack.source_chosen
            && feeder != Feeder::Unknown
        {
            stack.source = source;
        }
        // A scanner is slow to tell: who has not even said who he is has laid nothing in.
        let unknown = matches!(session.step, Step::Identify { .. }) && session.visitor.is_none();
        if feeder == Feeder::Loaded && unknown {
            session.before = Some(FeederAsk::Whose);
        }
        // Whoever took out what he was asked to take out is there; a sensor that cannot make up its mind
        // holds nobody.
        if feeder == Feeder::Empty && session.before.take() == Some(FeederAsk::TakeOut) {
            self.renew(now);
        }
    }

    /// Has the picture of what is to be scanned read: one at a time, so that a hall may have as many as it likes.
    pub(super) fn want_example(&mut self, actions: &mut Vec<Action>) {
        let Some(Session { step: Step::ScanReady(stack), .. }) = &self.session else { return };
        let known = self.example.as_ref().is_some_and(|(of, _)| *of == stack.material);
        let has = self.catalogue.material(&stack.material).is_some_and(|material| material.example.is_some());
        if has && !known {
            let material = stack.material.clone();
            self.example = Some((material.clone(), None));
            actions.push(Action::Example(material));
        }
    }

    /// The picture has been read; of another than the one that is wanted now nobody sees it.
    pub(super) fn example_read(&mut self, material: &MaterialCode, picture: Arc<Preview>) {
        if let Some((_, known)) = self.example.as_mut().filter(|(of, _)| of == material) {
            *known = Some(picture);
        }
    }

    /// What a material looks like, if that is known.
    pub(super) fn example_of(&self, material: &MaterialCode) -> Option<Arc<Preview>> {
        let (of, picture) = self.example.as_ref()?;
        picture.clone().filter(|_| of == material)
    }

    fn most_pages(&self, material: &MaterialCode) -> usize {
        let expected = self.catalogue.material(material).map_or(1, |material| usize::from(material.pages));
        PAGES_A_DOCUMENT.max(expected + MORE_THAN_EXPECTED)
    }

    /// The pages in hand.
    pub(super) fn stack(&self) -> Option<&Stack> {
        match &self.session.as_ref()?.step {
            Step::ScanReady(stack)
            | Step::Scanning { stack, .. }
            | Step::Review { stack, .. }
            | Step::Submitting(stack) => Some(stack),
            _ => None,
        }
    }

    /// Whether the visitor may say of the material in hand that it does not concern him. Of what he has
    /// handed in he has said that it does, and of what a store holds for him nothing has to be said.
    pub(super) fn is_optional(&self, stack: &Stack) -> bool {
        let Some(session) = &self.session else { return false };
        let Some(need) = self.need(&stack.material) else { return false };
        let known = session.papers.contains_key(&need.material)
            || self.material_state(session, &need) == MaterialState::InStore;
        need.optional && !known
    }
}

impl Stack {
    pub(super) fn new(material: MaterialCode, source: Source) -> Self {
        Self { material, source, source_chosen: false, pages: Vec::new(), next: Next::Last, problem: None }
    }

    /// Puts a page where the next one comes; returns the page that is not wanted any more.
    fn put(&mut self, page: Page) -> Option<PageId> {
        match self.next {
            Next::InsteadOf(at) if at < self.pages.len() => {
                self.next = Next::Replaced(at);
                self.pages.get_mut(at).map(|before| std::mem::replace(before, page).id)
            }
            // Whoever wanted one page anew does not find others among his in silence.
            Next::Replaced(_) => {
                self.problem = Some(ScanProblem::OnlyOne);
                Some(page.id)
            }
            Next::InsteadOf(_) | Next::Last => {
                self.pages.push(page);
                None
            }
        }
    }

    /// Further pages come behind all others.
    pub(super) fn for_more(mut self) -> Self {
        use ScanProblem::{NotReplaced, OnlyOne, Stopped};
        self.next = Next::Last;
        self.problem.take_if(|problem| matches!(problem, OnlyOne | Stopped | NotReplaced));
        self
    }

    /// Another page is shown: what was said of the one before does not hold for it.
    pub(super) fn other_shown(&mut self) {
        self.problem.take_if(|problem| *problem == ScanProblem::NotReplaced);
    }

    fn is_full(&self, most: usize) -> bool {
        self.pages.len() >= most && self.next == Next::Last
    }

    /// The page that was meant to be scanned again, or else the last.
    fn at_hand(&self) -> usize {
        let last = self.pages.len().saturating_sub(1);
        match self.next {
            Next::InsteadOf(at) | Next::Replaced(at) => at.min(last),
            Next::Last => last,
        }
    }

    pub(super) fn page_ids(&self) -> Vec<PageId> {
        self.pages.iter().map(|p| p.id).collect()
    }
}

impl Step {
    /// Pages have come: the visitor looks at them, first at one about which something is to be asked, then
    /// at a new one that is doubtful, else at the first that is new.
    pub(super) fn looked_at(mut stack: Stack) -> Self {
        let (at_hand, new) = (stack.at_hand(), stack.pages.iter().position(|page| page.new));
        if let Next::InsteadOf(_) = stack.next {
            stack.next = Next::Last;
        }
        let is_doubtful = |page: &Page| page.new && !page.warnings.is_empty();
        let (blank, doubtful) = (stack.blank(), stack.pages.iter().position(is_doubtful));
        stack.pages.iter_mut().for_each(|page| page.new = false);
        let asking = blank.map(|_| crate::screen::ReviewAsk::Blank);
        let shown = blank.or(doubtful).or(new).unwrap_or(at_hand);
        if shown != at_hand {
            stack.other_shown();
        }
        Self::Review { shown, stack, asking }
    }
}

impl Session {
    /// What is asked about the paper in the feeder before it is scanned; nothing of the glass.
    pub(super) fn asks_of_feeder(&self) -> Option<FeederAsk> {
        match &self.step {
            Step::ScanReady(Stack { source: Source::Feeder, .. }) => self.before,
            _ => None,
        }
    }

    /// Takes the stack out of a step that holds one and puts it into the next; of any other step
    /// nothing changes.
    pub(super) fn with_stack(&mut self, next: impl FnOnce(Stack) -> Step) {
        match std::mem::replace(&mut self.step, Step::LookingUp) {
            Step::ScanReady(stack)
            | Step::Scanning { stack, .. }
            | Step::Review { stack, .. }
            | Step::Submitting(stack) => self.step = next(stack),
            other => self.step = other,
        }
    }
}
