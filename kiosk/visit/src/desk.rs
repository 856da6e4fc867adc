//! The desk: what happens next.
//!
//! [`Desk::handle`] takes an event and the time and returns what to do; [`Desk::view`] says what is
//! on the screen. Nothing else changes or shows anything. An event that has no meaning in the
//! present state (a double tap, an answer to someone who has left) changes nothing.

mod about;
mod hand_in;
mod licences;
mod lists;
mod manner;
mod number;
mod papers;
mod receipt;
mod review;
mod search;
mod service;
mod session;
mod show;
mod technician;
#[cfg(test)]
mod tests;

use crate::catalogue::{Catalogue, MaterialCode, Matter};
use crate::event::{Action, CardEvent, Event, Feeder, LedgerReply, Now, ReaderDo, SessionId};
use crate::fault::{Device, DeviceStatus, Fault};
use crate::hours::Open;
use crate::identity::{Applicant, CompanyOffer, Person, Ways};
use crate::intent::Intent;
use crate::number::{TicketNumber, WindowEvent};
use crate::screen::{CardProblem, FeederAsk, Language, MaterialState, NoNumbers, Preview, Purpose};
use crate::search::Finder;
use crate::technician::Past;
use crate::waiting::Waiting;
use jiff::civil::{Date, DateTime};
use manner::Manner;
use session::{Session, Step};
use std::collections::{BTreeMap, VecDeque};
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;
use std::time::Duration;
pub use technician::MOST_STEPS;

/// Rows of one page of a list: of matters, of groups of people, of departments.
pub const MATTERS_A_PAGE: usize = 6;
/// Rows of one page of the checklist.
pub const MATERIALS_A_PAGE: usize = 6;
/// Pages that one document may have, where its material is not expected to have more.
pub const PAGES_A_DOCUMENT: usize = 40;
/// How many more than expected it may have then.
const MORE_THAN_EXPECTED: usize = 20;
/// How long a visitor may think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// without a touch, in the middle of something
    pub idle: Duration,
    /// without a touch, with papers in the hands
    pub papers: Duration,
    /// with the number on the screen and the ticket in the hand
    pub number: Duration,
    /// with the number on the screen and no ticket
    pub number_unprinted: Duration,
    /// with goodbye on the screen
    pub goodbye: Duration,
    /// with goodbye on the screen and a card on the reader, or papers in the feeder
    pub card_left: Duration,
    /// from one sound to the next while something of the visitor's lies there
    pub reminder: Duration,
    /// for an answer of the ledger or of the outbox
    pub answer: Duration,
    /// for accepted pages to be stored: by then the disk has failed
    pub storing: Duration,
    /// how long before the end the countdown is shown
    pub warning: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            idle: s(60),
            papers: s(180),
            number: s(20),
            number_unprinted: s(90),
            goodbye: s(5),
            card_left: s(20),
            reminder: s(4),
            answer: s(60),
            storing: s(600),
            warning: s(15),
        }
    }
}

/// The front desk of one kiosk.
pub struct Desk {
    catalogue: Arc<Catalogue>,
    patience: Patience,
    manner: Manner,
    /// the hall can be told that somebody is wanted
    staff: bool,
    /// technicians' cards are read
    cards: bool,
    /// counts the calls, so that an answer is known by its question
    calls: u64,
    /// somebody's headphones are plugged in
    headphones: bool,
    devices: BTreeMap<Device, DeviceStatus>,
    feeder: Feeder,
    /// paper was seen in the feeder and has not been seen gone
    paper_lies: bool,
    ways: Ways,
    waiting: Option<Waiting>,
    /// what the windows said of numbers lately, the last word last
    windows: VecDeque<((TicketNumber, Date), WindowEvent)>,
    /// of which day, and what its numbers stand for most
    popular: Option<(Date, Vec<Matter>)>,
    tickets_left: Option<u16>,
    /// what a key offered since somebody last left; a key that he forgot offers nothing to the next
    offer: Option<CompanyOffer>,
    finder: Finder,
    /// what the material that was to be scanned last looks like, once the picture has been read
    example: Option<(MaterialCode, Option<Arc<Preview>>)>,
    /// the hall's, if it has one
    logo: Option<Arc<Preview>>,
    session: Option<Session>,
    sessions: u64,
    /// the technician's room, while somebody is in it; then there is no session
    room: Option<technician::Room>,
    /// when each fault began, and how often lately
    past: BTreeMap<Fault, Past>,
    /// since when each device is as it is
    changed: BTreeMap<Device, DateTime>,
}

impl Desk {
    /// A desk with nobody before it, in a kiosk that has these ways to tell who somebody is.
    pub fn new(catalogue: Arc<Catalogue>, patience: Patience, ways: Ways) -> Self {
        Self {
            catalogue,
            patience,
            manner: Manner::default(),
            staff: false,
            cards: false,
            calls: 0,
            headphones: false,
            devices: BTreeMap::new(),
            feeder: Feeder::Unknown,
            paper_lies: false,
            ways,
            waiting: None,
            windows: VecDeque::new(),
            popular: None,
            tickets_left: None,
            offer: None,
            finder: Finder::default(),
            example: None,
            logo: None,
            session: None,
            sessions: 0,
            room: None,
            past: BTreeMap::new(),
            changed: BTreeMap::new(),
        }
    }

    /// Somebody of the hall can be called from this kiosk.
    #[must_use]
    pub fn with_staff(mut self) -> Self {
        self.staff = true;
        self
    }

    /// This kiosk reads technicians' cards.
    #[must_use]
    pub fn with_technicians_cards(mut self) -> Self {
        self.cards = true;
        self
    }

    /// What was wrong before the kiosk was started, for the technician.
    #[must_use]
    pub fn with_past(mut self, past: BTreeMap<Fault, Past>) -> Self {
        self.past = past;
        self
    }

    /// What has been wrong lately, to be kept over a restart.
    pub fn past(&self) -> &BTreeMap<Fault, Past> {
        &self.past
    }

    /// The visitor who is served now.
    pub fn in_session(&self) -> Option<SessionId> {
        self.session.as_ref().map(|session| session.id)
    }

    /// The technician's stay, from the door on.
    pub fn in_room(&self) -> Option<SessionId> {
        self.room.as_ref().map(|room| room.id)
    }

    /// Takes one event and says what to do about it, in this order.
    pub fn handle(&mut self, event: Event, now: Now) -> Vec<Action> {
        let mut actions = Vec::new();
        let before = self.place();
        match event {
            Event::Touched(intent) => self.touched(intent, now, &mut actions),
            Event::Card(session, event) => {
                if self.is_current(session) {
                    self.card(event, now, &mut actions);
                } else if self.is_trial(session) {
                    self.tried_card(event, now, &mut actions);
                }
            }
            Event::Ledger(session, reply) => {
                if self.is_current(session) {
                    self.ledger(reply, now, &mut actions);
                }
            }
            Event::Ticket(job, state) => self.ticket(job, state, now),
            Event::Scan(session, event) => {
                if self.is_current(session) {
                    self.scan(event, now, &mut actions);
                } else if self.is_trial(session) {
                    self.tried_scan(event, now, &mut actions);
                } else if let crate::event::ScanEvent::Stored { page, .. } = event {
                    // The visitor left while the feeder was still running.
                    actions.push(Action::DropPages(session, vec![page]));
                }
            }
            Event::Document(event) => self.document(event, now, &mut actions),
            Event::Licences(session, found) => {
                if self.is_current(session) {
                    self.licences_found(found);
                }
            }
            Event::Receipt(session, state) => {
                if self.is_current(session) {
                    self.receipt_news(state, now);
                }
            }
            Event::Status(device, status) => {
                let before = self.devices.insert(device, status.clone());
                self.remember(before.as_ref(), device, now);
                if let (Device::Scanner, Some(session), Some(before)) = (device, &mut self.session, before) {
                    session.scanner_changed(&before, &status);
                }
            }
            Event::Feeder(feeder) => self.feeder_is(feeder, now),
            Event::CompanyKey(offer) => self.offer = offer,
            Event::TicketsLeft(left) => self.tickets_left = left,
            Event::Headphones(plugged) => self.headphones(plugged, now),
            Event::Window(number, day, what) => self.window((number, day), what, now, &mut actions),
            Event::Waiting(waiting) => self.waiting = waiting,
            Event::StaffCalled(call, heard) => self.called(call, heard),
            Event::Example(material, picture) => self.example_read(&material, picture),
            Event::Logo(logo) => self.logo = Some(logo),
            Event::Popular(day, matters) => self.popular = Some((day, matters)),
            Event::Door(id, news) => self.door(id, news, now),
            Event::Tried(id, test, outcome) => {
                if self.is_trial(id) {
                    self.tried(test, outcome, now, &mut actions);
                }
            }
            Event::LoopPrinted(id) => {
                if self.is_trial(id) {
                    self.loop_printed(now);
                }
            }
            Event::Looped(id, looped) => {
                if self.is_trial(id) {
                    self.looped(*looped);
                }
            }
            Event::Kiosk(stay, shown) => self.kiosk_is(stay, shown),
            Event::Report(stay, shown) => self.report_is(stay, *shown),
            Event::ReportTaken(stay, taken) => self.report_taken(stay, taken),
            Event::Command(tests) => self.command(&tests, now, &mut actions),
            Event::Outbox(stay, shown) => self.outbox_is(stay, shown),
            Event::Counters(stay, counters) => self.counters_are(stay, counters),
            Event::Tick => {}
        }
        self.pass_time(now, &mut actions);
        if let (true, Some(session)) = (self.place() != before, &mut self.session) {
            session.since = now.tick;
        }
        self.want_example(&mut actions);
        actions
    }

    /// Whose step it is, and which.
    fn place(&self) -> Option<(SessionId, Discriminant<Step>)> {
        self.session.as_ref().map(|session| (session.id, discriminant(&session.step)))
    }

    /// Whether what is on the screen came so lately that a touch may be the second of a double tap on the
    /// screen before, where such a touch would do what nobody has read: agree, or go.
    fn has_just_come(&self, now: Now) -> bool {
        self.settles_at().is_some_and(|at| now.tick < at)
    }

    /// When it has been there for long enough.
    fn settles_at(&self) -> Option<Duration> {
        const DOUBLE_TAP: Duration = Duration::from_millis(700);
        let session = self.session.as_ref()?;
        let matters = matches!(session.step, Step::LicencesAsk | Step::Receipt | Step::Goodbye { .. });
        matters.then(|| session.since + DOUBLE_TAP)
    }

    /// The language of the screen now.
    pub fn language(&self) -> Language {
        self.manner.language
    }

    /// When time alone will change something, counted like [`Now::tick`]; the hall's minute aside.
    pub fn next_deadline(&self, now: Now) -> Option<Duration> {
        let reminder = self.session.as_ref().and_then(|session| session.reminder_due(self.feeder));
        // A reminder is due at once when something is seen to lie there; one of the past is no deadline.
        let reminder = reminder.filter(|due| *due > now.tick);
        let end = self.end_or_warning(now);
        let trying = self.room.as_ref().and_then(|room| room.next_change(now));
        let settled = self.settles_at().filter(|at| *at > now.tick);
        [end, reminder, trying, settled].into_iter().flatten().min()
    }

    /// When the end of the session changes what is shown.
    fn end_or_warning(&self, now: Now) -> Option<Duration> {
        let end = self.ends_at()?;
        let warning = end.saturating_sub(self.patience.warning);
        // While the countdown is shown it changes every second.
        Some(if now.tick < warning { warning } else { (now.tick + Duration::from_secs(1)).min(end) })
    }

    /// When whoever stands here is taken to have gone.
    fn ends_at(&self) -> Option<Duration> {
        match (&self.room, &self.session) {
            (Some(room), _) => Some(room.ends_at),
            (None, Some(session)) => session.ends_at,
            (None, None) => self.manner.until,
        }
    }

    fn is_current(&self, id: SessionId) -> bool {
        self.session.as_ref().is_some_and(|s| s.id == id)
    }

    /// Whether a device does nothing at all.
    fn is_down(&self, device: Device) -> bool {
        self.devices.get(&device).is_some_and(|status| !status.works())
    }

    fn has(&self, fault: Fault) -> bool {
        self.devices.get(&fault.device()).is_some_and(|status| status.has(fault))
    }

    /// The ways that the kiosk has and that work now.
    fn working(&self) -> Ways {
        Ways {
            reader: self.ways.reader && !self.is_down(Device::Reader),
            slot: self.ways.slot && !self.is_down(Device::CardSlot),
            code: self.ways.code && !self.is_down(Device::CodeScanner) && !self.has(Fault::StoreCodesDown),
            key: self.ways.key && !self.is_down(Device::CompanyKey),
        }
    }

    /// Why no number is given, if none is.
    fn no_numbers(&self, now: Now) -> Option<NoNumbers> {
        match self.catalogue.hall.hours.at(now.wall) {
            Open::Lunch(until) => Some(NoNumbers::Lunch(until)),
            Open::Closed(next) => Some(NoNumbers::Closed(next)),
            Open::Yes if !self.working().any_person() && !self.catalogue.hall.without_document => {
                Some(NoNumbers::NoWay)
            }
            Open::Yes if self.has(Fault::LedgerFailed) => Some(NoNumbers::NoLedger),
            Open::Yes => None,
        }
    }

    fn touched(&mut self, intent: Intent, now: Now, actions: &mut Vec<Action>) {
        // Visitors come first, whatever they touch.
        if self.is_commanded() {
            self.close_room(actions);
            if !matches!(intent, Intent::Look | Intent::Language | Intent::Help) {
                return;
            }
        }
        if self.touched_manner(&intent, now, actions) {
            self.renew(now);
            return;
        }
        if self.room.is_some() {
            return self.touched_room(intent, now, actions);
        }
        if self.has_just_come(now) && matches!(intent, Intent::LicencesYes | Intent::Finish) {
            return;
        }
        // Its first page shows what was sent back, and whoever goes on from there has seen it.
        if let Some(session) = &mut self.session
            && matches!(session.step, Step::Materials { page: 0 })
        {
            session.sent_back.clear();
        }
        let Some(session) = &self.session else {
            match intent {
                Intent::Door => self.knock(now, actions),
                Intent::HomeNumber if self.no_numbers(now).is_none() => {
                    self.begin(Purpose::Number, now, actions);
                }
                Intent::HomeScan if self.working().any_person() => {
                    self.begin(Purpose::Papers, now, actions);
                }
                Intent::Service if self.faults().next().is_some() => self.serve(now),
                _ => {}
            }
            return;
        };
        match session.step {
            Step::Identify { .. } => self.touched_identify(intent, now, actions),
            Step::LookingUp | Step::Taking | Step::Cancelling | Step::Entering => {}
            Step::Choose { .. } => self.touched_choose(intent, now, actions),
            Step::Search(_) => self.touched_search(intent, now, actions),
            Step::About { .. } => self.touched_about(intent),
            Step::Company { .. } => self.touched_company(intent),
            Step::Service { .. } => self.touched_service(intent, actions),
            Step::Number(_) => self.touched_number(intent, now, actions),
            Step::CancelAsk => self.touched_cancel(intent, actions),
            Step::LicencesAsk => self.touched_licences(intent, actions),
            Step::Materials { .. } => self.touched_materials(intent, now, actions),
            Step::HandInAsk(_) => self.touched_hand_in(intent),
            Step::ScanReady(_) => self.touched_ready(intent, actions),
            Step::Scanning { .. } => self.touched_scanning(intent, actions),
            Step::Review { .. } => self.touched_review(intent, actions),
            Step::Submitting(_) => {}
            Step::Receipt => self.touched_receipt(intent, now, actions),
            Step::Goodbye { .. } => {
                if intent == Intent::Finish {
                    self.end(actions);
                }
            }
        }
        self.renew(now);
    }

    fn begin(&mut self, purpose: Purpose, now: Now, actions: &mut Vec<Action>) {
        self.sessions += 1;
        let session = Session::new(SessionId(self.sessions), purpose, now.wall.date());
        let before = self.paper_lies.then_some(FeederAsk::Whose);
        self.session = Some(Session { before, ..session });
        actions.push(Action::Reader(ReaderDo::Watch(SessionId(self.sessions))));
        self.renew(now);
    }

    /// Ends the session: nothing of it stays here, nor with anyone who executes actions.
    fn end(&mut self, actions: &mut Vec<Action>) {
        let Some(session) = self.session.take() else { return };
        self.offer = None;
        if matches!(session.step, Step::Scanning { .. }) {
            actions.push(Action::StopScan(session.id));
        }
        actions.push(Action::Forget(session.id));
        actions.push(Action::Reader(ReaderDo::Rest));
        self.manner = self.manner_at_first();
    }

    /// Shows goodbye; the person is gone from memory before it is on the screen.
    fn goodbye(&mut self, cancelled: bool, now: Now, actions: &mut Vec<Action>) {
        let Some(session) = self.session.take() else { return };
        self.manner.over = None;
        self.offer = None;
        actions.push(Action::Forget(session.id));
        self.sessions += 1;
        let id = SessionId(self.sessions);
        let relative = matches!(session.applicant, Applicant::Relative(_));
        if relative || session.visitor.as_ref().is_some_and(Person::is_known) {
            actions.push(Action::Reader(ReaderDo::Presence(id)));
        }
        let needs = session.choice.needs(&self.catalogue);
        let count = |is: fn(MaterialState) -> bool| {
            needs.iter().filter(|need| is(self.material_state(&session, need))).count()
        };
        let missing = count(|state| state == MaterialState::Missing);
        let unknown = count(|state| matches!(state, MaterialState::Unknown | MaterialState::Checking));
        let bring = if cancelled { Vec::new() } else { self.to_bring(&session) };
        self.session = Some(session.leaving(id, cancelled, (missing, unknown), bring));
        self.renew(now);
    }

    /// Only what a person does with a card starts the timer anew: a reader that keeps reporting by
    /// itself does not hold a session that everybody has left.
    fn card(&mut self, event: CardEvent, now: Now, actions: &mut Vec<Action>) {
        let Some(session) = &mut self.session else { return };
        let somebody = match event {
            CardEvent::Presence(card) => {
                let changed = std::mem::replace(&mut session.card, card) != card;
                changed && matches!(session.step, Step::Goodbye { .. })
            }
            CardEvent::Found => match &mut session.step {
                Step::Identify { reading, .. } => !std::mem::replace(reading, true),
                _ => false,
            },
            CardEvent::Problem(why) => match &mut session.step {
                Step::Identify { reading, problem, .. } => {
                    *reading = false;
                    // What was wrong with the card that lies there says more than that it lies there, and
                    // more than that another way to identify has gone.
                    let by_itself = matches!(why, CardProblem::LiftFirst | CardProblem::Reader);
                    let news = !by_itself || problem.is_none();
                    let before = if news { problem.replace(why) } else { *problem };
                    before != *problem && !by_itself
                }
                _ => false,
            },
            CardEvent::Read(person) => {
                let wanted = matches!(session.step, Step::Identify { .. });
                if wanted {
                    session.identified(person, now, actions);
                }
                wanted
            }
        };
        if somebody {
            self.renew(now);
        }
    }

    fn ledger(&mut self, reply: LedgerReply, now: Now, actions: &mut Vec<Action>) {
        match reply {
            LedgerReply::Found(open) => self.found(open, actions),
            LedgerReply::Taken(taken) => self.taken(taken, actions),
            LedgerReply::Entered(visit) => self.entered(visit),
            LedgerReply::PrintAgain(job) => self.print_again(job, actions),
            LedgerReply::Cancelled => {
                if matches!(self.session.as_ref().map(|s| &s.step), Some(Step::Cancelling)) {
                    self.goodbye(true, now, actions);
                }
            }
            LedgerReply::Full(matter) => self.full(matter),
            LedgerReply::Refused(refusal) => self.refused(refusal),
        }
        self.renew(now);
    }

    /// Somebody is there: the timer starts anew.
    fn renew(&mut self, now: Now) {
        let Some(session) = &self.session else { return };
        let patience = session.patience(&self.patience, self.feeder);
        // What lies over the screen is read as slowly as any other.
        let over = self.manner.over.map(|_| self.patience.idle);
        let patience = patience.map(|p| self.unhurried(over.map_or(p, |over| over.max(p))));
        if let Some(session) = &mut self.session {
            session.ends_at = patience.map(|p| now.tick + p);
        }
    }

    /// What time alone does.
    fn pass_time(&mut self, now: Now, actions: &mut Vec<Action>) {
        self.forget_manner(now);
        self.pass_time_in_room(now, actions);
        let Some(session) = &mut self.session else { return };
        session.midnight(now, actions);
        session.remind(self.feeder, &self.patience, now, actions);
        if session.ends_at.is_none_or(|end| now.tick < end) {
            return;
        }
        match session.step {
            Step::Goodbye { .. } => self.end(actions),
            // Nobody is known yet: nothing to take leave of.
            Step::Identify { purpose: Purpose::Number | Purpose::Papers, .. } | Step::Service { .. } => {
                self.end(actions);
            }
            _ => {
                if matches!(session.step, Step::Scanning { .. }) {
                    actions.push(Action::StopScan(session.id));
                }
                self.goodbye(false, now, actions);
            }
        }
    }
}
