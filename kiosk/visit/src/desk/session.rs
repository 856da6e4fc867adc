//! One visitor's session: what is known of him, and at which step he is.

use super::Patience;
use crate::catalogue::{Label, MaterialCode, Matter};
use crate::checklist::Choice;
use crate::event::{
    Action, CustodyCode, DocumentId, Feeder, LedgerDo, LicencesFound, Now, OpenVisit, PageId, PrintJob,
    ReaderDo, SessionId, VisitId,
};
use crate::fault::{Device, DeviceStatus, Fault};
use crate::identity::{Applicant, Person};
use crate::intent::{Source, Tab};
use crate::number::{NumberLife, TicketNumber};
use crate::screen::{
    CardProblem, CardReminder, CodeProblem, FeederAsk, MaterialState, PageWarning, PapersTold, Preview,
    Purpose, Refusal, ReviewAsk, ScanProblem, TicketState,
};
use crate::turn::Turn;
use crate::waiting::Place;
use jiff::civil::{Date, DateTime};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// One page that was scanned and not yet accepted.
#[derive(Debug)]
pub(super) struct Page {
    pub id: PageId,
    /// turned already
    pub preview: Arc<Preview>,
    pub warnings: Vec<PageWarning>,
    pub turn: Turn,
    /// the visitor was asked about a blank page and wants it
    pub kept: bool,
    /// came in the scan that has just ended
    pub new: bool,
}

/// The pages of one material while they are being scanned.
#[derive(Debug)]
pub(super) struct Stack {
    pub material: MaterialCode,
    pub source: Source,
    /// the visitor said so, or has begun: until then it follows what he lays into the feeder
    pub source_chosen: bool,
    pub pages: Vec<Page>,
    /// where the next page comes
    pub next: Next,
    pub problem: Option<ScanProblem>,
}

/// Where the next page that is scanned comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// behind all others
    Last,
    /// in place of this one, which stays until then
    InsteadOf(usize),
    /// nowhere: one came in place of this one, and no other is wanted
    Replaced(usize),
}

/// How a look into the licence stores stands.
#[derive(Debug, Default)]
pub(super) enum Licences {
    /// nobody has asked the visitor yet
    #[default]
    Unasked,
    /// the visitor said no
    Declined,
    /// being asked, perhaps once more: what is known from before
    Asking(Option<LicencesFound>),
    Known(LicencesFound),
}

/// A paper that was handed in: the last document of a material.
#[derive(Debug)]
pub(super) struct Paper {
    pub document: DocumentId,
    pub pages: usize,
    pub state: MaterialState,
    /// what the reviewer wrote
    pub note: Option<String>,
}

/// A number that was taken in this session.
#[derive(Debug)]
pub(super) struct Held {
    pub visit: VisitId,
    pub number: TicketNumber,
    /// first given in this session
    pub fresh: bool,
    pub issued_at: DateTime,
    pub place: Option<Place>,
    pub job: PrintJob,
    pub ticket: TicketState,
    /// some attempt to print it may have reached paper
    pub doubtful: bool,
    /// the ledger has been asked to journal another attempt; what was known before
    pub asked_again: Option<TicketState>,
}

/// What a visitor types to find a matter, and what was found.
#[derive(Debug)]
pub(super) struct Looked {
    /// the page of a list that he came from
    pub from: (Tab, usize),
    pub typed: String,
    pub found: Vec<Matter>,
    pub page: usize,
}

/// From where a visitor looks at what a matter is about; he goes back there.
#[derive(Debug)]
pub(super) enum Origin {
    /// a page of a list
    List(Tab, usize),
    /// what was found by typing
    Found(Looked),
}

/// Where the visitor is.
#[derive(Debug)]
pub(super) enum Step {
    Identify {
        purpose: Purpose,
        reading: bool,
        problem: Option<CardProblem>,
    },
    LookingUp,
    Choose {
        tab: Tab,
        page: usize,
        refused: Option<Refusal>,
    },
    Search(Looked),
    About {
        matter: Matter,
        from: Origin,
    },
    Company {
        typed: String,
        problem: Option<CodeProblem>,
    },
    Service {
        at: usize,
    },
    Taking,
    Number(Held),
    CancelAsk,
    Cancelling,
    Entering,
    LicencesAsk,
    Materials {
        page: usize,
    },
    HandInAsk(MaterialCode),
    ScanReady(Stack),
    Scanning {
        stack: Stack,
        arriving: u64,
    },
    Review {
        stack: Stack,
        shown: usize,
        asking: Option<ReviewAsk>,
    },
    Submitting(Stack),
    Receipt,
    Goodbye {
        number: Option<TicketNumber>,
        life: NumberLife,
        cancelled: bool,
        papers: Option<PapersTold>,
        dropped: bool,
        bring: Vec<Label>,
        originals: bool,
    },
}

/// A visitor before the kiosk.
#[derive(Debug)]
pub(super) struct Session {
    pub id: SessionId,
    /// what the visitor came for
    pub purpose: Purpose,
    pub step: Step,
    /// since when that step is on the screen
    pub since: Duration,
    /// the page of the checklist that was seen last: it goes on from there
    pub list: usize,
    pub ends_at: Option<Duration>,
    /// the service day the visit was looked up for
    pub day: Date,
    pub visitor: Option<Person>,
    pub applicant: Applicant,
    pub choice: Choice,
    /// matters that the ledger said are full
    pub full: BTreeSet<Matter>,
    /// today's open visit
    pub visit: Option<VisitId>,
    /// the visit that its papers are kept under
    pub dossier: Option<VisitId>,
    pub number: Option<TicketNumber>,
    /// where that number is in its life, as far as the windows have told
    pub life: NumberLife,
    /// the last document of each material and where it is
    pub papers: BTreeMap<MaterialCode, Paper>,
    /// what was handed in for others in this session: his receipt and goodbye tell of it as well
    pub of_others: Vec<(MaterialCode, Paper)>,
    /// materials that were sent back, until the visitor has gone on from the page of the checklist that says so
    pub sent_back: BTreeSet<MaterialCode>,
    /// stands for all documents of the visit
    pub custody: Option<CustodyCode>,
    pub receipt: Receipt,
    pub licences: Licences,
    /// counts the looks, so that an answer is known by its question
    pub looks: u32,
    /// for whom and for what the checklist was opened
    pub opened_for: Option<(Applicant, Choice)>,
    /// materials that do not concern the visitor, as he says
    pub not_applicable: BTreeSet<MaterialCode>,
    pub card: CardReminder,
    /// no sound reminds of what was left before then
    pub reminder: Option<Duration>,
    /// paper has lain in the feeder since before this visitor came: what is asked about it
    pub before: Option<FeederAsk>,
}

/// The receipt on paper.
#[derive(Debug, Default)]
pub(super) struct Receipt {
    /// papers were handed in since one was last asked for
    pub due: bool,
    /// what is known of the last one; `None`: none was asked for
    pub paper: Option<TicketState>,
    /// some attempt may have reached paper
    pub doubtful: bool,
    /// one of this session's may still come out
    pub may_come: bool,
    /// it was offered to whoever was going by the list of matters: back leads there
    pub from_list: bool,
}

impl Session {
    pub fn new(id: SessionId, purpose: Purpose, day: Date) -> Self {
        Self {
            id,
            purpose,
            step: Step::Identify { purpose, reading: false, problem: None },
            since: Duration::ZERO,
            list: 0,
            ends_at: None,
            day,
            visitor: None,
            applicant: Applicant::Oneself,
            choice: Choice::default(),
            full: BTreeSet::new(),
            visit: None,
            dossier: None,
            number: None,
            life: NumberLife::Waiting,
            papers: BTreeMap::new(),
            of_others: Vec::new(),
            sent_back: BTreeSet::new(),
            custody: None,
            receipt: Receipt::default(),
            licences: Licences::default(),
            looks: 0,
            opened_for: None,
            not_applicable: BTreeSet::new(),
            card: CardReminder::Unknown,
            reminder: None,
            before: None,
        }
    }

    /// A session that knows nobody, only what goodbye shows; so many materials are still `missing`, of so many
    /// nobody knows, and the window wants to see these.
    pub fn leaving(
        &self,
        id: SessionId,
        cancelled: bool,
        (missing, unknown): (usize, usize),
        bring: Vec<Label>,
    ) -> Self {
        let count = |f: fn(MaterialState) -> bool| self.all_papers().filter(|(_, p)| f(p.state)).count();
        let papers = self.all_papers().next().is_some().then(|| PapersTold {
            received: count(|s| matches!(s, MaterialState::Received | MaterialState::Accepted)),
            // What the store has not confirmed is still here.
            stored: count(|s| {
                matches!(s, MaterialState::Stored | MaterialState::Sending(_) | MaterialState::Sent)
            }),
            returned: count(MaterialState::is_wanted_again),
            missing,
            unknown,
        });
        // Whoever has been served needs none any more.
        let number = self.number.filter(|_| !cancelled && self.life != NumberLife::Served);
        let dropped = self.has_pages();
        let originals = self.visitor.is_some() && self.purpose == Purpose::Papers;
        Self {
            step: Step::Goodbye { number, life: self.life, cancelled, papers, dropped, bring, originals },
            card: if self.visitor.is_some() { self.card } else { CardReminder::Taken },
            ..Self::new(id, self.purpose, self.day)
        }
    }

    /// Whether pages were scanned that nobody has accepted yet.
    fn has_pages(&self) -> bool {
        match &self.step {
            Step::ScanReady(stack) | Step::Scanning { stack, .. } | Step::Review { stack, .. } => {
                !stack.pages.is_empty()
            }
            _ => false,
        }
    }

    /// Whether something of the visitor's is seen to lie there while he goes.
    fn is_something_left(&self, feeder: Feeder) -> bool {
        let Step::Goodbye { originals, .. } = &self.step else { return false };
        self.card == CardReminder::Present || (*originals && feeder == Feeder::Loaded)
    }

    /// When the next sound reminds of it, if anything lies there.
    pub fn reminder_due(&self, feeder: Feeder) -> Option<Duration> {
        self.is_something_left(feeder).then_some(self.reminder.unwrap_or_default())
    }

    /// Reminds of what lies there, at once and again and again until it is taken.
    pub fn remind(&mut self, feeder: Feeder, patience: &Patience, now: Now, actions: &mut Vec<Action>) {
        if self.reminder_due(feeder).is_some_and(|due| due <= now.tick) {
            self.reminder = Some(now.tick + patience.reminder);
            actions.push(Action::Remind);
        }
    }

    /// How long nothing may happen at this step; `None`: as long as it takes.
    pub fn patience(&self, patience: &Patience, feeder: Feeder) -> Option<Duration> {
        match &self.step {
            // Whoever is asked bounds its own wait far below this.
            Step::LookingUp | Step::Taking | Step::Cancelling | Step::Entering => Some(patience.answer),
            // What was accepted is stored, or it is told that it could not be: whoever goes before that takes
            // nothing from it.
            Step::Submitting(_) => Some(patience.storing),
            // A feeder ends by itself; its driver bounds the wait.
            Step::Scanning { .. } => None,
            Step::Number(held) => match held.ticket {
                TicketState::Printed | TicketState::Sent => Some(patience.number),
                // The printer's owner bounds its wait far below this.
                TicketState::Printing | TicketState::Unknown(_) | TicketState::NotPrinted(_) => {
                    Some(patience.number_unprinted)
                }
            },
            Step::Goodbye { originals: true, .. } if feeder == Feeder::Loaded => Some(patience.card_left),
            Step::Goodbye { .. } => Some(match self.card {
                CardReminder::Present => patience.card_left,
                CardReminder::Taken | CardReminder::Unknown => patience.goodbye,
            }),
            // Whoever mends looks back at the steps; a visitor leaves with one touch.
            Step::Service { .. } => Some(patience.idle * 3),
            // Whoever is called goes, and may leave all as it is.
            Step::Materials { .. }
            | Step::HandInAsk(_)
            | Step::ScanReady(_)
            | Step::Review { .. }
            | Step::Receipt
                if self.life == NumberLife::Called =>
            {
                Some(patience.idle)
            }
            // Papers are sorted, unfolded and read meanwhile, or staff called.
            Step::Materials { .. }
            | Step::HandInAsk(_)
            | Step::ScanReady(_)
            | Step::Review { .. }
            | Step::Receipt => Some(patience.papers),
            _ => Some(patience.idle),
        }
    }

    /// A card was read: the visitor's own, or a relative's.
    pub fn identified(&mut self, person: Person, now: Now, actions: &mut Vec<Action>) {
        self.card = CardReminder::Unknown;
        match &self.visitor {
            None => {
                self.day = now.wall.date();
                actions.push(Action::Ledger(self.id, LedgerDo::Look(person.clone(), self.day)));
                self.visitor = Some(person);
                self.step = Step::LookingUp;
                actions.push(Action::Reader(ReaderDo::Presence(self.id)));
            }
            Some(visitor) if visitor.number == person.number => {
                if let Step::Identify { reading, problem, .. } = &mut self.step {
                    *reading = false;
                    *problem = Some(CardProblem::SamePerson);
                }
                // The reader rests after a reading, and another card is still wanted.
                actions.push(Action::Reader(ReaderDo::Watch(self.id)));
            }
            Some(_) => {
                self.act_for(Applicant::Relative(person));
                self.step = Step::choose();
                actions.push(Action::Reader(ReaderDo::Presence(self.id)));
            }
        }
    }

    /// Another applicant: what was handed in, found or said for the one before is not his. Of what was handed
    /// in for this one the outbox tells once the checklist is opened.
    pub fn act_for(&mut self, applicant: Applicant) {
        if self.applicant != applicant {
            self.applicant = applicant;
            self.of_others.extend(std::mem::take(&mut self.papers));
            self.sent_back.clear();
            self.forget_licences();
        }
    }

    /// The ledger told of today's open visit.
    pub fn open(&mut self, open: Option<OpenVisit>) {
        let Some(open) = open else { return };
        self.visit = Some(open.visit);
        self.dossier = Some(open.dossier);
        self.number = open.number;
        self.life = if open.called { NumberLife::Called } else { NumberLife::Waiting };
        if let Some(applicant) = open.applicant {
            self.applicant = applicant;
        }
        self.choice = open.choice;
        self.know(open.papers);
        if self.custody != open.custody {
            // What was printed for this code in an earlier session nobody knows.
            self.receipt = Receipt { doubtful: true, ..Receipt::default() };
            self.custody = open.custody;
        }
    }

    /// What was handed in for the present applicant, as the outbox knows it.
    pub fn know(&mut self, papers: Vec<crate::event::PaperKnown>) {
        let paper = |p: crate::event::PaperKnown| {
            (p.material, Paper { document: p.document, pages: p.pages, state: p.state, note: p.note })
        };
        self.papers = papers.into_iter().map(paper).collect();
        let now = &self.papers;
        self.of_others.retain(|(_, paper)| !now.values().any(|known| known.document == paper.document));
    }

    /// All that was handed in, for whomever.
    pub fn all_papers(&self) -> impl Iterator<Item = (&MaterialCode, &Paper)> {
        self.papers.iter().chain(self.of_others.iter().map(|(material, paper)| (material, paper)))
    }

    /// The number that the visitor has, unless its life is over.
    pub fn open_number(&self) -> Option<TicketNumber> {
        self.number.filter(|_| self.life.is_open())
    }

    /// What a window finds the visit's papers by.
    pub fn qr(&self) -> String {
        self.dossier.as_ref().map(|dossier| dossier.0.clone()).unwrap_or_default()
    }

    /// Whether there is something to have a receipt of.
    pub fn has_receipt(&self) -> bool {
        self.custody.is_some() && self.all_papers().next().is_some()
    }

    /// A new service day began while the visitor was choosing: yesterday's visit is over.
    pub fn midnight(&mut self, now: Now, actions: &mut Vec<Action>) {
        let chooses = matches!(
            self.step,
            Step::Choose { .. }
                | Step::Search(_)
                | Step::About { .. }
                | Step::Company { .. }
                | Step::CancelAsk
        );
        let Some(person) = self.visitor.as_ref().filter(|_| chooses) else { return };
        if now.wall.date() != self.day {
            self.day = now.wall.date();
            actions.push(Action::Ledger(self.id, LedgerDo::Look(person.clone(), self.day)));
            self.visit = None;
            self.dossier = None;
            self.number = None;
            self.life = NumberLife::Waiting;
            self.sent_back.clear();
            self.papers.clear();
            self.of_others.clear();
            self.custody = None;
            self.receipt = Receipt::default();
            self.forget_licences();
            self.step = Step::LookingUp;
        }
    }

    /// Another applicant or other matters: what was found, or said, for those before holds no longer.
    pub fn forget_licences(&mut self) {
        self.licences = Licences::default();
        self.not_applicable.clear();
        self.opened_for = None;
    }

    /// A document is durable: the pages that were waited for. Its code is `None` only where it could not be read again.
    pub fn stored(&mut self, material: MaterialCode, document: DocumentId, code: Option<CustodyCode>) {
        let mut pages = 0;
        if let Step::Submitting(stack) = &self.step
            && stack.material == material
        {
            pages = stack.pages.len();
            self.step = Step::Materials { page: self.list };
        }
        self.papers.insert(material, Paper { document, pages, state: MaterialState::Stored, note: None });
        self.custody = code;
        self.receipt = Receipt { due: true, ..Receipt::default() };
    }

    /// The document could not be made: the pages are still there, and the visitor is told.
    pub fn submit_failed(&mut self, material: &MaterialCode, fault: Fault) {
        match std::mem::replace(&mut self.step, Step::LookingUp) {
            Step::Submitting(mut stack) if stack.material == *material => {
                stack.problem = Some(ScanProblem::Fault(fault));
                self.step = Step::Review { shown: 0, stack, asking: None };
            }
            other => self.step = other,
        }
    }

    /// A scanner about which nothing is wrong any more: what ended the scan is over.
    pub fn scanner_changed(&mut self, before: &DeviceStatus, now: &DeviceStatus) {
        let is_well_again = before.faults().next().is_some() && now.faults().next().is_none();
        if let Step::ScanReady(stack) | Step::Review { stack, .. } = &mut self.step
            && let Some(ScanProblem::Fault(fault)) = stack.problem
            && fault.device() == Device::Scanner
            && is_well_again
        {
            stack.problem = Some(ScanProblem::Over);
        }
    }

    /// Where a document is now; whether the applicant whose checklist this is has to hand it in again, and
    /// had not a moment ago.
    pub fn document_state(
        &mut self,
        document: &DocumentId,
        state: MaterialState,
        note: Option<String>,
    ) -> bool {
        let wanted = |session: &Self| {
            let paper = session.papers.iter().find(|(_, paper)| paper.document == *document);
            paper.filter(|(_, paper)| paper.state.is_wanted_again()).map(|(material, _)| material.clone())
        };
        let before = wanted(self);
        let others = self.of_others.iter_mut().map(|(_, paper)| paper);
        for paper in self.papers.values_mut().chain(others).filter(|paper| paper.document == *document) {
            // The back office's word stands above the way there, of which news may come late.
            let judged = matches!(paper.state, MaterialState::Accepted | MaterialState::Returned(_));
            let judges = matches!(state, MaterialState::Accepted | MaterialState::Returned(_));
            if judges || !judged {
                paper.state = state;
                paper.note = note.clone();
            }
        }
        let Some(material) = wanted(self).filter(|_| before.is_none()) else { return false };
        self.sent_back.insert(material);
        // It stands first in the checklist: there the visitor comes back to.
        self.list = 0;
        true
    }
}

impl Step {
    pub fn choose() -> Self {
        Self::Choose { tab: Tab::Packages, page: 0, refused: None }
    }
}
