//! What passes the desk, as the log and the figures want it.
//!
//! The desk decides; this looks on. It sees every event before the desk does, every action after, and who stands
//! there then. What the desk never hears of, its owners log themselves ([`Bus::log`]).

mod devices;
mod tickets;

use crate::bus::Bus;
use crate::clock::Clock;
use crate::history::History;
use devices::Devices;
use log_book::Event as Happened;
use log_book::field::{
    Asker, Canceller, Document, FaultCode, Leaving, Letter, Millis, Number, Opener, Outcome as Came, Refused,
    Seconds, Session, SessionEnd, Visit, Word,
};
use metrics_page::Facts;
use std::time::Duration;
use tickets::Tickets;
use tokio::sync::watch;
use visit::desk::Desk;
use visit::event::{
    Action, CardEvent, DocumentEvent, DoorNews, Event, LedgerReply, Note, Now, RoomDo, ScanEvent, SessionId,
};
use visit::fault::Fault;
use visit::intent::Intent;
use visit::number::TicketNumber;
use visit::screen::{CardProblem, Counters, DoorRefusal, MaterialState, Refusal, ScanProblem};
use visit::technician::{Outcome, Tried};

/// The clock and the time that has passed may differ by this much before it is a step of the clock.
const STEP: i64 = 2;

/// Looks on.
pub struct Chronicle {
    bus: Bus,
    clock: Clock,
    history: History,
    devices: Devices,
    tickets: Tickets,
    visitor: Option<Visitor>,
    stay: Option<Stay>,
    /// the visitor's number, should he give it back
    number: Option<TicketNumber>,
    /// when the call that the hall has not answered yet went out
    called: Option<(u64, Duration)>,
    /// since when the next page is awaited
    scanning: Duration,
    used: Counters,
    last: Now,
    /// why whoever leaves now does so
    cause: Cause,
    known: watch::Sender<Facts>,
}

struct Visitor {
    id: SessionId,
    since: Duration,
    touches: u32,
}

struct Stay {
    id: SessionId,
    since: Duration,
    by: Opener,
    inside: bool,
}

/// What made the desk change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Finish,
    Touch,
    Time,
    CardDrawn,
    Other,
}

impl Chronicle {
    /// Nobody stands there yet. What is known is told to the figures from now on.
    pub fn new(bus: Bus, clock: Clock, history: History) -> (Self, watch::Receiver<Facts>) {
        let (known, heard) = watch::channel(Facts::default());
        let chronicle = Self {
            bus,
            clock,
            history,
            devices: Devices::default(),
            tickets: Tickets::default(),
            visitor: None,
            stay: None,
            number: None,
            called: None,
            scanning: Duration::ZERO,
            used: Counters::default(),
            last: clock.now(),
            cause: Cause::Other,
            known,
        };
        (chronicle, heard)
    }

    /// What is counted since the kiosk was put up.
    pub fn history(&mut self) -> &mut History {
        &mut self.history
    }

    /// Before the desk hears it; what the desk cannot know of what was used up is added.
    pub fn heard(&mut self, event: &mut Event, now: Now) {
        self.look_at_clock(now);
        self.cause = cause(event);
        match event {
            Event::Touched(_) => {
                if let Some(visitor) = &mut self.visitor {
                    visitor.touches = visitor.touches.saturating_add(1);
                }
            }
            Event::Card(session, CardEvent::Problem(problem)) if self.is_visitor(*session) => {
                let (letter, why) = not_read(*problem);
                self.log(Happened::IdentityNotRead {
                    session: Session::of(session.0),
                    source: letter,
                    why: Word::of(why),
                });
            }
            Event::Ledger(session, reply) => self.ledger(*session, reply),
            Event::Ticket(job, state) => {
                if let Some((happened, count)) = self.tickets.news(*job, *state, now.tick) {
                    self.history.tickets(count);
                    self.log(happened);
                }
            }
            Event::Receipt(session, state) => {
                if let Some(happened) = self.tickets.receipt(*session, *state, now.tick) {
                    self.log(happened);
                }
            }
            Event::Scan(session, event) if self.is_visitor(*session) => self.scan(*session, event, now),
            Event::Document(event) => self.document(event),
            Event::Status(device, status) => {
                let at = self.clock.timestamp().as_second();
                for happened in self.devices.status(*device, status, now.tick, at) {
                    self.log(happened);
                }
            }
            Event::Door(stay, news) => self.door(*stay, news),
            Event::Counters(_, counters) => {
                counters.pages = Some(self.history.pages());
                counters.faults = Some(self.faults_lately(now));
                self.used = counters.clone();
            }
            Event::StaffCalled(call, heard) => self.staff(*call, *heard, now),
            _ => {}
        }
    }

    /// After the desk has asked for it.
    pub fn asked(&mut self, action: &Action, now: Now) {
        match action {
            Action::Print(job, contents) => self.tickets.begun(*job, contents, now.tick),
            Action::PrintReceipt(..) => self.tickets.receipt_begun(now.tick),
            Action::Scan(..) => self.scanning = now.tick,
            Action::CallStaff(call, screen) => {
                self.called = Some((*call, now.tick));
                self.log(Happened::StaffCalled { session: self.session(), screen: Word::of(screen) });
            }
            Action::Note(note) => self.note(*note),
            Action::Room(what) => self.room(what),
            _ => {}
        }
    }

    /// Who stands there now that all is done.
    pub fn stands(&mut self, desk: &Desk, now: Now) {
        let (visitor, stay) = (desk.in_session(), desk.in_room());
        if self.visitor.as_ref().map(|visitor| visitor.id) != visitor {
            if let Some(gone) = self.visitor.take() {
                self.log(Happened::SessionEnded {
                    session: Session::of(gone.id.0),
                    how: match self.cause {
                        Cause::Finish => SessionEnd::Finished,
                        Cause::Touch => SessionEnd::BrokenOff,
                        Cause::Time | Cause::CardDrawn => SessionEnd::LeftAlone,
                        Cause::Other => SessionEnd::Trouble,
                    },
                    lasted: now.tick.saturating_sub(gone.since).into(),
                    touches: gone.touches,
                });
            }
            self.number = None;
            self.visitor = visitor.map(|id| Visitor { id, since: now.tick, touches: 1 });
            if let Some(id) = visitor {
                self.log(Happened::SessionBegun { session: Session::of(id.0) });
            }
        }
        if self.stay.as_ref().map(|stay| stay.id) != stay {
            if let Some(left) = self.stay.take().filter(|stay| stay.inside) {
                self.log(Happened::DoorLeft {
                    how: match self.cause {
                        Cause::Finish | Cause::Touch => Leaving::ByHand,
                        Cause::CardDrawn => Leaving::CardDrawn,
                        Cause::Time | Cause::Other => Leaving::LeftAlone,
                    },
                    stayed: now.tick.saturating_sub(left.since).into(),
                });
            }
            self.stay = stay.map(|id| Stay { id, since: now.tick, by: Opener::Answer, inside: false });
        }
        self.tell();
    }

    /// What is known to the figures, if it is other than before.
    fn tell(&self) {
        let facts = Facts {
            devices: self.devices.facts(&self.bus),
            tickets: self.history.all_tickets(),
            cuts: self.used.all_cuts,
            paper_used_metres: millimetres(self.used.all_paper_mm),
            paper_left_seconds: self.used.days_left.map(|days| f64::from(days) * 86_400.0),
            pages: self.history.pages(),
            documents_received: self.history.documents(),
            ..Facts::default()
        };
        self.known.send_if_modified(|known| {
            let other = *known != facts;
            *known = facts;
            other
        });
    }

    fn log(&self, happened: Happened) {
        self.bus.log(happened);
    }

    fn is_visitor(&self, session: SessionId) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.id == session)
    }

    fn session(&self) -> Session {
        Session::of(self.visitor.as_ref().map_or(0, |visitor| visitor.id.0))
    }

    fn faults_lately(&mut self, now: Now) -> u32 {
        let today = now.wall.date();
        self.history.past().values().fold(0, |sum, past| sum.saturating_add(past.times(today)))
    }

    fn look_at_clock(&mut self, now: Now) {
        let passed = i64::try_from(now.tick.saturating_sub(self.last.tick).as_secs()).unwrap_or(i64::MAX);
        let shown = now.wall.duration_since(self.last.wall).as_secs();
        let by = shown.saturating_sub(passed);
        if by.abs() > STEP {
            self.log(Happened::ClockStepped { seconds: i32::try_from(by).unwrap_or(i32::MAX) });
        }
        self.last = now;
    }

    fn ledger(&mut self, session: SessionId, reply: &LedgerReply) {
        let of = Session::of(session.0);
        match reply {
            LedgerReply::Taken(taken) => {
                // By what its papers are found.
                let (number, visit) = (number(taken.number), Visit::of(&taken.dossier.0));
                self.number = Some(taken.number);
                self.log(if taken.fresh {
                    Happened::NumberGiven { number, visit, session: of }
                } else {
                    Happened::NumberShownAgain { number, visit, session: of }
                });
            }
            LedgerReply::Found(Some(open)) | LedgerReply::Entered(open) => self.number = open.number,
            LedgerReply::Cancelled => {
                if let Some(back) = self.number.take() {
                    self.log(Happened::NumberCancelled { number: number(back), by: Canceller::Visitor });
                }
            }
            LedgerReply::Full(_) => self.denied("full", of),
            LedgerReply::Refused(Refusal::Closed(_)) => self.denied("closed", of),
            LedgerReply::Refused(Refusal::Full) => self.denied("full", of),
            LedgerReply::Refused(Refusal::Ledger) => self.denied("ledger", of),
            LedgerReply::Found(None) | LedgerReply::PrintAgain(_) => {}
        }
    }

    fn denied(&self, why: &'static str, session: Session) {
        self.log(Happened::NumberDenied { why: Word::of(why), session });
    }

    fn scan(&mut self, session: SessionId, event: &ScanEvent, now: Now) {
        let session = Session::of(session.0);
        match event {
            ScanEvent::Stored { page, .. } => {
                let took = now.tick.saturating_sub(std::mem::replace(&mut self.scanning, now.tick));
                self.history.page();
                self.log(Happened::PageScanned { session, page: page.0, took: Millis::from(took) });
            }
            ScanEvent::Ended(Some(ScanProblem::Fault(fault))) => {
                self.log(Happened::PageRefused { session, fault: code(*fault) });
            }
            ScanEvent::Ended(Some(ScanProblem::PagesMissing { .. })) => {
                self.log(Happened::PageRefused { session, fault: code(Fault::PagesMissing) });
            }
            ScanEvent::Arriving(_) | ScanEvent::Ended(_) => {}
        }
    }

    fn document(&mut self, event: &DocumentEvent) {
        let of = |id: &visit::event::DocumentId| Document::of(id.0.parse::<u32>().unwrap_or(u32::MAX));
        match event {
            DocumentEvent::Failed(session, _, fault) => {
                self.log(Happened::DocumentNotStored { session: Session::of(session.0), fault: code(*fault) })
            }
            DocumentEvent::State(id, MaterialState::Received) => {
                self.history.document();
                self.log(Happened::DocumentReceived { document: of(id) });
            }
            DocumentEvent::State(id, MaterialState::Refused(fault)) => {
                self.log(Happened::DocumentRefused { document: of(id), fault: code(*fault) });
            }
            DocumentEvent::Reviewed(id, state, _) => self.log(Happened::DocumentReviewed {
                document: of(id),
                accepted: *state == MaterialState::Accepted,
            }),
            DocumentEvent::Stored(..) | DocumentEvent::State(..) => {}
        }
    }

    fn door(&mut self, id: SessionId, news: &DoorNews) {
        let Some(stay) = self.stay.as_mut().filter(|stay| stay.id == id) else { return };
        match news {
            DoorNews::Opened => {
                (stay.inside, stay.since) = (true, self.last.tick);
                let by = stay.by;
                self.log(Happened::DoorOpened { by });
            }
            DoorNews::Refused(why, wait) => {
                self.log(Happened::DoorRefused { why: refused(*why) });
                if !wait.is_zero() {
                    self.log(Happened::DoorSlowed { wait: Seconds::from(*wait) });
                }
            }
            DoorNews::Card(_) | DoorNews::Question(_) => {}
        }
    }

    fn room(&mut self, what: &RoomDo) {
        let by = match what {
            RoomDo::Pin(..) => Opener::Card,
            RoomDo::Code(..) => Opener::Answer,
            RoomDo::SendNow(_) => return self.log(Happened::SendingAsked {}),
            _ => return,
        };
        if let Some(stay) = &mut self.stay {
            stay.by = by;
        }
    }

    fn note(&self, note: Note) {
        if let Note::Tested(test, outcome, took) = note {
            self.bus.tried(Tried { test, outcome, took });
        }
        self.log(match note {
            Note::Tested(test, outcome, took) => Happened::TestDone {
                test: Word::of(test.key()),
                outcome: came(&outcome),
                took: Millis::from(took),
                by: Asker::Technician,
            },
            Note::Repaired(fault, mended) => Happened::RepairTried { fault: code(fault), mended },
        });
    }

    fn staff(&mut self, call: u64, heard: bool, now: Now) {
        let Some((_, since)) = self.called.take_if(|(asked, _)| *asked == call) else { return };
        let session = self.session();
        self.log(if heard {
            Happened::StaffReached { session, took: Millis::from(now.tick.saturating_sub(since)) }
        } else {
            Happened::StaffNotReached { session }
        });
    }
}

/// How a test ended, as the log has it.
pub fn came(outcome: &Outcome) -> Came {
    match outcome {
        Outcome::Passed(_) => Came::Passed,
        Outcome::Failed(_) => Came::Failed,
    }
}

/// A fault, as the log has it.
pub fn code(fault: Fault) -> FaultCode {
    FaultCode::of(fault.code())
}

/// A number, as the log has it.
pub fn number(number: TicketNumber) -> Number {
    Number::of(number.letter.to_string().chars().next().unwrap_or('?'), number.count)
}

fn cause(event: &Event) -> Cause {
    match event {
        Event::Touched(Intent::Finish) => Cause::Finish,
        Event::Touched(_) => Cause::Touch,
        Event::Tick => Cause::Time,
        Event::Door(_, DoorNews::Card(false)) => Cause::CardDrawn,
        _ => Cause::Other,
    }
}

/// Which device it was, and a word for why; whose card it was goes no further.
fn not_read(problem: CardProblem) -> (Letter, &'static str) {
    let (letter, why) = match problem {
        CardProblem::Unreadable => ('R', "unreadable"),
        CardProblem::UnknownKind => ('R', "unknown-kind"),
        CardProblem::CheckDigit => ('R', "check-digit"),
        CardProblem::Authentication => ('R', "authentication"),
        CardProblem::Reader => ('R', "reader"),
        CardProblem::SamePerson => ('R', "same-person"),
        CardProblem::OfRelative => ('R', "of-relative"),
        CardProblem::LiftFirst => ('R', "lift-first"),
        CardProblem::CodeUnknown => ('Q', "code-unknown"),
        CardProblem::CodeUnreachable => ('Q', "code-unreachable"),
        CardProblem::SocialUnreadable => ('C', "unreadable"),
        CardProblem::WrongSide => ('C', "wrong-side"),
    };
    (Letter::of(letter), why)
}

fn refused(why: DoorRefusal) -> Refused {
    match why {
        DoorRefusal::WrongPin(_) => Refused::WrongPin,
        DoorRefusal::Blocked => Refused::Blocked,
        DoorRefusal::NotOurs => Refused::Stranger,
        DoorRefusal::NotNow => Refused::Expired,
        DoorRefusal::Revoked => Refused::Revoked,
        DoorRefusal::Unreadable => Refused::UnsuitableCard,
        DoorRefusal::TooSoon => Refused::TooOften,
        DoorRefusal::Mistyped => Refused::Mistyped,
        DoorRefusal::WrongCode => Refused::WrongAnswer,
        DoorRefusal::Ended => Refused::OldAnswer,
        DoorRefusal::Unable => Refused::Unable,
    }
}

/// In metres. A roll has some tens of thousands of millimetres: no figure is lost.
#[expect(clippy::cast_precision_loss)]
fn millimetres(of: u64) -> f64 {
    of as f64 / 1000.0
}
