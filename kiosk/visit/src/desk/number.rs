//! From the card to the number: choosing, confirming, printing, giving back.

use super::Desk;
use super::session::{Held, Looked, Session, Step};
use crate::catalogue::Matter;
use crate::event::{Action, CapRule, LedgerDo, Now, OpenVisit, PrintJob, ReaderDo, Taken, VisitRequest};
use crate::identity::{Applicant, CompanyCode, NumberError, Person};
use crate::intent::{Intent, Tab};
use crate::number::{NumberLife, TicketNumber, WindowEvent};
use crate::screen::{CardProblem, CardReminder, CodeProblem, Purpose, Refusal, TicketState};
use crate::ticket::TicketContents;
use crate::waiting::Place;
use jiff::civil::Date;

/// Keys that a company code can be typed with beyond its length: none.
const LONGEST_CODE: usize = CompanyCode::LENGTH;

impl Desk {
    /// Whether a number can be had by somebody who shows no document. Papers are somebody's, and a relative is
    /// somebody.
    pub(super) fn without_document(&self, purpose: Purpose) -> bool {
        self.catalogue.hall.without_document && purpose == Purpose::Number
    }

    pub(super) fn touched_identify(&mut self, intent: Intent, now: Now, actions: &mut Vec<Action>) {
        if intent == Intent::WithoutDocument {
            self.go_without_document(now, actions);
        }
        if intent != Intent::Back {
            return;
        }
        let Some(session) = &mut self.session else { return };
        if session.visitor.is_some() {
            // It was the relative's card that was wanted.
            session.step = Step::choose();
            actions.push(Action::Reader(ReaderDo::Presence(session.id)));
        } else {
            self.end(actions);
        }
    }

    fn go_without_document(&mut self, now: Now, actions: &mut Vec<Action>) {
        let Some(session) = &self.session else { return };
        let Step::Identify { purpose, reading: false, problem } = session.step else { return };
        if !self.without_document(purpose) || session.visitor.is_some() {
            return;
        }
        // Of two sessions that began at the same moment of the same clock one would have to end in it.
        let token = format!("{}/{}/{}", now.wall, now.tick.as_nanos(), session.id.0);
        let Some(session) = &mut self.session else { return };
        session.day = now.wall.date();
        session.visitor = Some(Person::unknown(token));
        // A card that could not be read may still lie there.
        session.card = if problem.is_some() { CardReminder::Unknown } else { CardReminder::Taken };
        session.step = Step::choose();
        actions.push(Action::Reader(ReaderDo::Rest));
    }

    pub(super) fn touched_choose(&mut self, intent: Intent, now: Now, actions: &mut Vec<Action>) {
        let Some(Session { step: Step::Choose { tab, .. }, .. }) = &self.session else { return };
        let (pages, around) = (self.pages_of_list(tab, now), self.list_around(tab));
        let is_there = matches!(&intent, Intent::Tab(other) if self.has_list(other, now));
        let Some(session) = &mut self.session else { return };
        let open = session.open_number();
        let Step::Choose { tab, page, refused } = &mut session.step else { return };
        match intent {
            Intent::Tab(other) if is_there => (*tab, *page) = (other, 0),
            Intent::PageNext if *page + 1 < pages => *page += 1,
            Intent::PagePrevious => *page = page.saturating_sub(1),
            Intent::Matter(_) | Intent::Option(..) => {
                *refused = None;
                self.pick(intent);
            }
            Intent::About(matter) => self.look_at(matter),
            Intent::ForOneself => session.act_for(Applicant::Oneself),
            Intent::ForCompany => session.step = Step::Company { typed: String::new(), problem: None },
            Intent::ForRelative => {
                session.step = Step::Identify { purpose: Purpose::Relative, reading: false, problem: None };
                // His own is to be taken away now; nobody looks whether it was.
                session.card = CardReminder::Unknown;
                actions.push(Action::Reader(ReaderDo::Watch(session.id)));
            }
            Intent::CancelVisit if open.is_some() => session.step = Step::CancelAsk,
            Intent::Search => session.step = Step::Search(Looked::from(tab.clone(), *page)),
            Intent::Confirm => self.confirm(now, actions),
            Intent::Back => match around {
                Some(around) => (*tab, *page) = around,
                // Nobody goes without having been offered the receipt, whichever way he goes.
                None if session.receipt.due => {
                    session.receipt.from_list = true;
                    session.step = Step::Receipt;
                }
                None => self.goodbye(false, now, actions),
            },
            _ => {}
        }
    }

    /// Picks a matter or ticks an option, or the other way round.
    pub(super) fn pick(&mut self, intent: Intent) {
        let Some(session) = &mut self.session else { return };
        match intent {
            Intent::Matter(matter) if self.catalogue.name_of(&matter).is_some() => {
                session.choice.toggle(matter);
            }
            Intent::Option(package, item)
                if self.catalogue.package(&package).is_some_and(|p| p.options.contains(&item)) =>
            {
                session.choice.toggle_option(package, item);
            }
            _ => {}
        }
    }

    /// What is picked is all that the visitor wants.
    pub(super) fn confirm(&mut self, now: Now, actions: &mut Vec<Action>) {
        let (caps, no_numbers) = (self.caps(), self.no_numbers(now));
        let Some(session) = self.session.as_mut().filter(|session| !session.choice.matters.is_empty()) else {
            return;
        };
        let purpose = session.purpose;
        // A visitor who has a number may have it printed again at any hour.
        if let (Purpose::Number, Some(why), None) = (purpose, no_numbers, session.open_number()) {
            let (tab, page) = match &session.step {
                Step::Choose { tab, page, .. } => (tab.clone(), *page),
                Step::Search(looked) => looked.from.clone(),
                _ => return,
            };
            session.step = Step::Choose { tab, page, refused: Some(Refusal::Closed(why)) };
            return;
        }
        let beside = self.catalogue.beside(&session.choice.matters);
        let Some(request) = session.request(caps, beside, now) else { return };
        if purpose == Purpose::Papers {
            let now_for = (session.applicant.clone(), session.choice.clone());
            if session.opened_for.as_ref() != Some(&now_for) {
                session.forget_licences();
                session.opened_for = Some(now_for);
            }
            session.step = Step::Entering;
            actions.push(Action::Ledger(session.id, LedgerDo::Enter(request)));
        } else {
            session.step = Step::Taking;
            actions.push(Action::Ledger(session.id, LedgerDo::Take(request)));
            actions.push(Action::PreparePrinter);
        }
    }

    fn caps(&self) -> Vec<CapRule> {
        let Some(session) = &self.session else { return Vec::new() };
        let caps_of = |matter: &Matter| {
            let rules = self.catalogue.caps_of(matter).iter();
            rules.map(|cap| CapRule { matter: matter.clone(), cap: *cap }).collect::<Vec<_>>()
        };
        session.choice.matters.iter().flat_map(caps_of).collect()
    }

    pub(super) fn touched_company(&mut self, intent: Intent) {
        let offer = self.offer.clone();
        let Some(session) = &mut self.session else { return };
        let Step::Company { typed, problem } = &mut session.step else { return };
        match intent {
            Intent::Key(key) if typed.len() < LONGEST_CODE => {
                typed.push(key.to_ascii_uppercase());
                *problem = None;
            }
            Intent::KeyDelete => {
                typed.pop();
                *problem = None;
            }
            Intent::Confirm => match CompanyCode::parse(typed) {
                Ok(code) => {
                    session.act_for(Applicant::Company(code));
                    session.step = Step::choose();
                }
                Err(NumberError::Form) => *problem = Some(CodeProblem::Form),
                Err(NumberError::CheckDigit) => *problem = Some(CodeProblem::CheckCharacter),
            },
            Intent::CompanyTake => {
                if let Some(offer) = offer {
                    session.act_for(Applicant::Company(offer.code));
                    session.step = Step::choose();
                }
            }
            Intent::Back => session.step = Step::choose(),
            _ => {}
        }
    }

    /// The ledger told whether this person has an open visit today.
    pub(super) fn found(&mut self, open: Option<OpenVisit>, actions: &mut Vec<Action>) {
        let catalogue = self.catalogue.clone();
        let Some(session) = &mut self.session else { return };
        if matches!(session.step, Step::LookingUp) {
            // Whose papers these are only the relative's card can tell.
            let of_relative = open.as_ref().is_some_and(|open| open.applicant.is_none());
            session.open(open);
            // The catalogue may have changed since the morning.
            session.choice.matters.retain(|m| catalogue.name_of(m).is_some());
            session.step = if of_relative && session.purpose == Purpose::Papers {
                actions.push(Action::Reader(ReaderDo::Watch(session.id)));
                session.card = CardReminder::Unknown;
                let problem = Some(CardProblem::OfRelative);
                Step::Identify { purpose: Purpose::Relative, reading: false, problem }
            } else {
                Step::choose()
            };
            self.catch_up();
        }
    }

    /// The number is durable: only now may it be shown and printed.
    pub(super) fn taken(&mut self, taken: Taken, actions: &mut Vec<Action>) {
        let Some(session) = &mut self.session else { return };
        if !matches!(session.step, Step::Taking) {
            return;
        }
        session.visit = Some(taken.visit.clone());
        session.dossier = Some(taken.dossier);
        session.number = Some(taken.number);
        session.life = match taken.place {
            Some(Place::Called) => NumberLife::Called,
            _ => NumberLife::Waiting,
        };
        session.know(taken.papers);
        session.step = Step::Number(Held {
            visit: taken.visit,
            number: taken.number,
            fresh: taken.fresh,
            issued_at: taken.issued_at,
            place: taken.place,
            job: taken.job,
            ticket: TicketState::Printing,
            doubtful: false,
            asked_again: None,
        });
        self.catch_up();
        self.print(actions);
    }

    pub(super) fn print_again(&mut self, job: PrintJob, actions: &mut Vec<Action>) {
        let Some(Session { step: Step::Number(held), .. }) = &mut self.session else { return };
        // One touch, one journalled attempt, one print.
        if held.asked_again.take().is_some() {
            held.job = job;
            self.print(actions);
        }
    }

    fn print(&mut self, actions: &mut Vec<Action>) {
        let language = self.manner.language;
        let Some(session) = &self.session else { return };
        let Step::Number(held) = &session.step else { return };
        let ticket = TicketContents {
            language,
            hall: self.catalogue.hall.name.clone(),
            number: held.number,
            // An original is printed only by the session that gave the number, and only while it is
            // certain that no paper has come out with it before.
            reprint: !held.fresh || held.doubtful,
            windows: self.windows_of(&session.choice),
            matters: self.names_of(&session.choice),
            ahead: held.place.and_then(Place::ahead),
            called: held.place == Some(Place::Called),
            missing: self.to_prepare(session),
            issued_at: held.issued_at,
            qr: session.qr(),
        };
        actions.push(Action::Print(held.job, Box::new(ticket)));
    }

    /// News of the paper; of a ticket that is not on the screen any more it concerns nobody here.
    pub(super) fn ticket(&mut self, job: PrintJob, state: TicketState, now: Now) {
        let Some(Session { step: Step::Number(held), .. }) = &mut self.session else { return };
        if held.job == job && held.asked_again.is_none() {
            held.ticket = state.after(held.doubtful);
            held.doubtful |= !matches!(state, TicketState::Printing | TicketState::NotPrinted(_));
            self.renew(now);
        }
    }

    /// The windows called a number, or are done with it. Whoever stands here with it may be looking at his
    /// papers: a sound tells him, too.
    pub(super) fn window(
        &mut self,
        number: (TicketNumber, Date),
        what: WindowEvent,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        /// More than are called while the ledger answers.
        const LATELY: usize = 64;
        if self.windows.len() == LATELY {
            self.windows.pop_front();
        }
        self.windows.push_back((number, what));
        let Some(session) = &mut self.session else { return };
        if !session.window(number, what) {
            return;
        }
        actions.extend((what == WindowEvent::Called).then_some(Action::Remind));
        // What has changed on these is read as if it had just come.
        if matches!(session.step, Step::Number(_) | Step::Goodbye { .. }) {
            self.renew(now);
        }
    }

    /// The ledger has told which number the visitor has: what the windows said of it while the ledger was
    /// asked is newer.
    pub(super) fn catch_up(&mut self) {
        let Some(session) = &mut self.session else { return };
        let Some(his) = session.number.map(|number| (number, session.day)) else { return };
        if let Some((_, what)) = self.windows.iter().rev().find(|(number, _)| *number == his) {
            session.window(his, *what);
        }
    }

    pub(super) fn touched_number(&mut self, intent: Intent, now: Now, actions: &mut Vec<Action>) {
        let Some(session) = &mut self.session else { return };
        let Step::Number(held) = &mut session.step else { return };
        match (intent, held.ticket) {
            (Intent::Finish, _) => self.goodbye(false, now, actions),
            (Intent::Reprint, before @ (TicketState::Unknown(_) | TicketState::NotPrinted(_))) => {
                held.asked_again = Some(before);
                held.ticket = TicketState::Printing;
                actions.push(Action::Ledger(session.id, LedgerDo::PrintAgain(held.visit.clone())));
                actions.push(Action::PreparePrinter);
            }
            _ => {}
        }
    }

    pub(super) fn touched_cancel(&mut self, intent: Intent, actions: &mut Vec<Action>) {
        let Some(session) = &mut self.session else { return };
        match (intent, &session.visit) {
            (Intent::CancelVisitYes, Some(visit)) => {
                actions.push(Action::Ledger(session.id, LedgerDo::Cancel(visit.clone())));
                session.step = Step::Cancelling;
            }
            (Intent::Back, _) => session.step = Step::choose(),
            _ => {}
        }
    }

    pub(super) fn full(&mut self, matter: Matter) {
        let Some(session) = &mut self.session else { return };
        session.full.insert(matter);
        self.refused(Refusal::Full);
    }

    pub(super) fn refused(&mut self, refusal: Refusal) {
        let Some(session) = &mut self.session else { return };
        match &mut session.step {
            Step::LookingUp | Step::Taking | Step::Cancelling | Step::Entering => {
                session.step = Step::Choose { tab: Tab::Packages, page: 0, refused: Some(refusal) };
            }
            Step::Number(held) => {
                if let Some(before) = held.asked_again.take() {
                    held.ticket = before;
                }
            }
            _ => {}
        }
    }
}

impl Session {
    /// What the windows say of a number; whether it is the visitor's.
    fn window(&mut self, (number, day): (TicketNumber, Date), what: WindowEvent) -> bool {
        if day != self.day {
            return false;
        }
        let now = match what {
            WindowEvent::Called => NumberLife::Called,
            WindowEvent::Served => NumberLife::Served,
            WindowEvent::NoShow => NumberLife::NoShow,
        };
        match &mut self.step {
            Step::Goodbye { number: Some(his), life, .. } if *his == number => *life = now,
            Step::Number(held) if held.number == number => {
                held.place = (now == NumberLife::Called).then_some(Place::Called);
                self.life = now;
            }
            _ if self.number == Some(number) => self.life = now,
            _ => return false,
        }
        true
    }

    fn request(&self, caps: Vec<CapRule>, beside: Vec<Matter>, now: Now) -> Option<VisitRequest> {
        Some(VisitRequest {
            person: self.visitor.clone()?,
            applicant: self.applicant.clone(),
            choice: self.choice.clone(),
            day: now.wall.date(),
            at: now.wall,
            caps,
            beside,
        })
    }
}
