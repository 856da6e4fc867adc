//! A hand that touches whatever there is, for a hundred thousand steps, over all that devices can do.

use super::Bench;
use crate::inspect::{elements, tap};
use crate::reading::{Reading, read};
use crate::wording::word;
use crate::words::Tongue;
use jiff::civil::date;
use std::sync::Arc;
use std::time::Duration;
use visit::catalogue::Catalogue;
use visit::checklist::Choice;
use visit::desk::{Desk, Patience};
use visit::event::{
    Action, CardEvent, CustodyCode, DocumentEvent, DocumentId, DoorNews, Event, Feeder, LedgerDo,
    LedgerReply, LicencesFound, Now, OpenVisit, PageId, PrintJob, ReaderDo, RoomDo, ScanEvent, SessionId,
    Taken, VisitId,
};
use visit::fault::{Device, DeviceStatus, Fault};
use visit::identity::{DocumentKind, DocumentNumber, Person, PersonName, Ways};
use visit::intent::Intent;
use visit::number::{TicketNumber, WindowEvent};
use visit::screen::{
    CardProblem, CardReminder, Counters, DoorRefusal, KioskShown, Language, OutboxShown, PageWarning,
    Preview, Refusal, ReportShown, ReportTaken, ScanProblem, Screen, SettingsShown, TicketState, View,
};
use visit::technician::{Cell, Failure, Outcome, PadKey, Test};
use visit::turn::Turn;
use visit::waiting::Place;

const STEPS: usize = 100_000;
/// On so many of them it is a finger on pixels, and not only on what is there to touch.
const ON_PIXELS: usize = 400;
const NAME: &str = "张某某";
/// Three of many that can be tried, each with a screen of its own.
const BY_HAND: [Test; 3] = [Test::Touch, Test::Screen, Test::Pad];

/// Numbers that look random and are the same every time (xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % count.max(1) as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// The kiosk without its devices: their answers come at random, and now and then not at all.
struct Lobby {
    desk: Desk,
    now: Now,
    dice: Dice,
    words: [Tongue; 2],
    /// asked, and not answered yet
    asked: Vec<Action>,
    watching: Option<SessionId>,
    pages: u32,
    jobs: i64,
}

impl Lobby {
    fn open() -> Self {
        let catalogue = Catalogue::parse(include_str!("../../../halls/jiading.toml")).unwrap();
        let ways = Ways { reader: true, slot: true, code: true, key: true };
        Self {
            desk: Desk::new(Arc::new(catalogue), Patience::default(), ways).with_staff(),
            // A Monday morning.
            now: Now { tick: Duration::ZERO, wall: date(2026, 11, 23).at(9, 30, 0, 0) },
            dice: Dice(0x9E37_79B9_7F4A_7C15),
            words: [Language::Zh, Language::En].map(|language| Tongue::read(language).unwrap()),
            asked: Vec::new(),
            watching: None,
            pages: 0,
            jobs: 0,
        }
    }

    fn hear(&mut self, event: Event) {
        for action in self.desk.handle(event, self.now) {
            match action {
                Action::Reader(ReaderDo::Watch(session)) | Action::Watch(_, session) => {
                    self.watching = Some(session);
                }
                Action::Reader(_) => self.watching = None,
                other => self.asked.push(other),
            }
        }
        // Whoever is asked too much forgets the oldest.
        let surplus = self.asked.len().saturating_sub(8);
        self.asked.drain(..surplus);
    }

    fn pass(&mut self, time: Duration) {
        self.now.tick += time;
        // The clock of the hall stands still: it is always open.
        self.hear(Event::Tick);
    }

    fn view(&self) -> View {
        self.desk.view(self.now)
    }

    fn reading(&self, view: &View) -> Reading {
        let words = self.words[usize::from(view.language == Language::En)].words(view.look.plain);
        read(words, view, &word(words, view))
    }

    /// Something that a device says by itself.
    fn device(&mut self) {
        let event = match self.dice.below(7) {
            0 => {
                let device = self.dice.of(Device::ALL);
                let its: Vec<Fault> = Fault::ALL.iter().copied().filter(|f| f.device() == device).collect();
                let faults = if self.dice.one_in(3) { vec![self.dice.of(&its)] } else { vec![] };
                Event::Status(device, DeviceStatus::of(&faults))
            }
            1 => Event::Feeder(self.dice.of(&[Feeder::Unknown, Feeder::Empty, Feeder::Loaded])),
            2 if self.dice.one_in(4) => Event::Command(vec![Test::Print, Test::Storage]),
            2 => Event::Headphones(self.dice.one_in(2)),
            3 => Event::TicketsLeft(Some(self.dice.below(400) as u16)),
            4 => match self.watching {
                Some(session) => Event::Card(session, self.card()),
                None => Event::Tick,
            },
            5 => {
                let what = self.dice.of(&[WindowEvent::Called, WindowEvent::Served]);
                Event::Window(TicketNumber::parse("A017").unwrap(), self.now.wall.date(), what)
            }
            _ => match self.watching {
                Some(session) => Event::Card(session, CardEvent::Read(self.person())),
                None => Event::Tick,
            },
        };
        self.hear(event);
    }

    fn cell(&mut self) -> Option<Cell> {
        let (row, column) = (self.dice.below(Cell::ROWS.into()), self.dice.below(Cell::COLUMNS.into()));
        Cell::at(row as u8, column as u8)
    }

    fn card(&mut self) -> CardEvent {
        let problems = [CardProblem::Unreadable, CardProblem::LiftFirst, CardProblem::CodeUnknown];
        match self.dice.below(3) {
            0 => CardEvent::Found,
            1 => CardEvent::Problem(self.dice.of(&problems)),
            _ => CardEvent::Presence(self.dice.of(&[CardReminder::Taken, CardReminder::Present])),
        }
    }

    fn person(&mut self) -> Person {
        let number = self.dice.of(&["11010519491231002X", "440524188001010014"]);
        Person {
            kind: DocumentKind::Resident,
            number: DocumentNumber::parse(DocumentKind::Resident, number).unwrap(),
            name: PersonName::new(NAME),
        }
    }

    /// Somebody who was asked answers.
    fn answer(&mut self) {
        if self.asked.is_empty() {
            return;
        }
        let at = self.dice.below(self.asked.len());
        let tickets = [
            TicketState::Printed,
            TicketState::Sent,
            TicketState::Unknown(None),
            TicketState::NotPrinted(None),
        ];
        let event = match self.asked.remove(at) {
            Action::Ledger(session, what) => Event::Ledger(session, self.ledger(what)),
            Action::Print(job, _) => Event::Ticket(job, self.dice.of(&tickets)),
            Action::PrintReceipt(session, _) => Event::Receipt(session, self.dice.of(&tickets)),
            Action::Scan(session, ..) => return self.scan(session),
            Action::StopScan(session) => Event::Scan(session, ScanEvent::Ended(None)),
            Action::Submit(asked) if self.dice.one_in(4) => {
                Event::Document(DocumentEvent::Failed(asked.session, asked.material, Fault::StoreUnreachable))
            }
            Action::Submit(asked) => {
                let code = CustodyCode("0123456789ABCDEF".to_owned());
                let id = DocumentId(format!("d{}", self.now.tick.as_millis()));
                Event::Document(DocumentEvent::Stored(asked.session, asked.material, id, Some(code)))
            }
            Action::Licences(session, wanted) => Event::Licences(
                session,
                LicencesFound { licences: vec![], look: wanted.look, complete: self.dice.one_in(2) },
            ),
            Action::Room(asked) => return self.room(asked),
            Action::Example(material) => {
                Event::Example(material, Arc::new(Preview { width: 1, height: 1, rgb: vec![200; 3] }))
            }
            Action::CallStaff(call, _) => Event::StaffCalled(call, self.dice.one_in(2)),
            Action::Reader(_)
            | Action::PreparePrinter
            | Action::DropPages(..)
            | Action::Remind
            | Action::Watch(..)
            | Action::Note(_)
            | Action::Commanded(_)
            | Action::Forget(_) => return,
        };
        self.hear(event);
    }

    /// The office answers, devices are tried, the outbox is looked at.
    fn room(&mut self, asked: RoomDo) {
        let soon = Duration::from_secs(2);
        let event = match asked {
            RoomDo::Knock(stay) => Event::Door(stay, DoorNews::Card(self.dice.one_in(2))),
            RoomDo::NewCode(stay) => Event::Door(stay, DoorNews::Question("4821 0937 5510 8842".to_owned())),
            RoomDo::Pin(stay, _) | RoomDo::Code(stay, _) if self.dice.one_in(2) => {
                Event::Door(stay, DoorNews::Opened)
            }
            RoomDo::Pin(stay, _) => Event::Door(stay, DoorNews::Refused(DoorRefusal::WrongPin(2), soon)),
            RoomDo::Code(stay, _) => Event::Door(stay, DoorNews::Refused(DoorRefusal::WrongCode, soon)),
            RoomDo::Try(trial, test) => {
                let failed = Outcome::Failed(Failure::Silent);
                let ends = [Outcome::Passed(None), failed, Outcome::Failed(Failure::Unproven)];
                Event::Tried(trial, test, self.dice.of(&ends))
            }
            RoomDo::ReadLoop(trial, _) => {
                Event::Tried(trial, Test::Loop, Outcome::Failed(Failure::Unreadable))
            }
            RoomDo::LookOutbox(stay) | RoomDo::SendNow(stay) => Event::Outbox(stay, OutboxShown::default()),
            RoomDo::MakeReport(stay, ..) => {
                let made = self.now.wall;
                let ready = self.dice.of(&[None, Some(true), Some(false)]);
                let shown = ReportShown {
                    ready,
                    hindrances: 2,
                    remarks: 1,
                    made,
                    code: "x".repeat(500),
                    taken: None,
                };
                Event::Report(stay, Box::new(shown))
            }
            RoomDo::LookKiosk(stay) => {
                let days = self.dice.of(&[-1, 400]);
                let settings = SettingsShown { before: self.dice.of(&[None, Some(3)]), ..Default::default() };
                let shown = KioskShown {
                    certificate_days: days,
                    clock_ahead: Some(-3),
                    free: None,
                    self_test: None,
                    settings: Some(settings),
                };
                Event::Kiosk(stay, shown)
            }
            RoomDo::PrintReport(stay) => Event::ReportTaken(stay, ReportTaken::Unknown),
            RoomDo::ExportReport(stay) => Event::ReportTaken(stay, ReportTaken::NoStick),
            RoomDo::LookCounters(stay) | RoomDo::RollChanged(stay) => {
                Event::Counters(Some(stay), Counters::default())
            }
            RoomDo::Leave | RoomDo::SettingsBack(_) => return,
        };
        self.hear(event);
    }

    fn scan(&mut self, session: SessionId) {
        for _ in 0..self.dice.below(4) {
            self.pages += 1;
            let (page, preview) = (PageId(self.pages), Preview { width: 1, height: 1, rgb: vec![200; 3] });
            let warnings = if self.dice.one_in(3) { vec![PageWarning::Blank] } else { vec![] };
            let page = ScanEvent::Stored { page, preview: Arc::new(preview), warnings, turn: Turn::None };
            self.hear(Event::Scan(session, page));
        }
        let ended = [None, Some(ScanProblem::Over), Some(ScanProblem::Fault(Fault::ScannerJam))];
        let ended = self.dice.of(&ended);
        self.hear(Event::Scan(session, ScanEvent::Ended(ended)));
    }

    fn ledger(&mut self, what: LedgerDo) -> LedgerReply {
        self.jobs += 1;
        let visit = || VisitId("V7K3-9QXA".to_owned());
        let number = TicketNumber::parse("A017").unwrap();
        if self.dice.one_in(6) {
            return LedgerReply::Refused(Refusal::Ledger);
        }
        let open = |choice: Choice, number| OpenVisit {
            called: false,
            visit: visit(),
            dossier: visit(),
            number,
            applicant: None,
            choice,
            papers: vec![],
            custody: None,
        };
        match what {
            LedgerDo::Look(..) if self.dice.one_in(2) => LedgerReply::Found(None),
            LedgerDo::Look(..) => LedgerReply::Found(Some(open(Choice::default(), Some(number)))),
            LedgerDo::Take(asked) => LedgerReply::Taken(Taken {
                papers: vec![],
                visit: visit(),
                dossier: visit(),
                number,
                fresh: self.dice.one_in(2),
                issued_at: asked.at,
                place: self.dice.one_in(3).then_some(Place::Called),
                job: PrintJob(self.jobs),
            }),
            LedgerDo::Enter(asked) => LedgerReply::Entered(open(asked.choice, None)),
            LedgerDo::PrintAgain(_) => LedgerReply::PrintAgain(PrintJob(self.jobs)),
            LedgerDo::Cancel(_) => LedgerReply::Cancelled,
        }
    }

    /// Whether what waits for an answer ends by itself: of a scan its own driver sees to that.
    fn has_an_end(&self, view: &View) -> bool {
        matches!(view.screen, Screen::Home(_) | Screen::Scanning(_))
            || self.desk.next_deadline(self.now).is_some()
    }

    /// Nobody touches anything any more, and nobody answers.
    fn leave(&mut self) {
        self.asked.clear();
        for _ in 0..8 {
            self.pass(Duration::from_secs(400));
        }
    }
}

/// What is written on a view, all of it.
fn written(reading: &Reading) -> String {
    reading.lines.iter().flat_map(|line| line.pieces.clone()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_monkey_finds_no_dead_end_and_leaves_no_name() {
    let (bench, mut lobby) = (Bench::new(), Lobby::open());
    let mut seen = std::collections::BTreeMap::<&str, usize>::new();
    for step in 0..STEPS {
        match lobby.dice.below(12) {
            0 => lobby.device(),
            1..=3 => lobby.answer(),
            4 if lobby.dice.one_in(3) => {
                let time = lobby.dice.below(20_000) as u64;
                lobby.pass(Duration::from_millis(time));
            }
            _ => {}
        }
        let view = lobby.view();
        let name = view.screen.name();
        *seen.entry(name).or_default() += 1;
        let told = format!("step {step}: {name}");
        let reading = lobby.reading(&view);
        // What waits for an answer ends by itself; all else has a way out.
        let out = reading.lines.iter().filter_map(|line| line.act.as_ref());
        let out = out.filter(|act| act.enabled && ["back", "finish"].contains(&act.id.as_str())).count();
        let waits = ["wait", "scanning", "home", "colour"].contains(&name);
        let soon = view.just_come || waits && lobby.has_an_end(&view);
        assert!(out > 0 || soon, "{told}: no way out");
        assert!(!written(&reading).contains(NAME), "{told}: a name");

        let touched = if step % (STEPS / ON_PIXELS) == 0 {
            bench.show(&view);
            let found = elements(&bench.live);
            assert!(found.iter().all(|e| Intent::parse(&e.id).is_some()), "{told}");
            tap(&bench.live, lobby.dice.below(1080) as i32, lobby.dice.below(1920) as i32);
            bench.heard.try_iter().last()
        } else {
            let acts: Vec<_> = reading.lines.iter().filter_map(|line| line.act.as_ref()).collect();
            let acts: Vec<_> = acts.into_iter().filter(|act| act.enabled).collect();
            let act = (!acts.is_empty()).then(|| acts[lobby.dice.below(acts.len())].id.clone());
            act.map(|id| Intent::parse(&id).unwrap_or_else(|| panic!("{told}: {id} means nothing")))
        };
        // What nobody sees to touch: a finger that stays on the hall's name.
        // And what a finger crosses, and keys that are pressed, without anything to touch.
        let touched = match name {
            "home" if lobby.dice.one_in(8) => Some(Intent::Door),
            "tests" if lobby.dice.one_in(3) => Some(Intent::Test(lobby.dice.of(&BY_HAND))),
            "touch" if lobby.dice.one_in(2) => lobby.cell().map(Intent::Cell),
            "pad" if lobby.dice.one_in(2) => Some(Intent::PadKey(lobby.dice.of(&PadKey::ALL))),
            _ => touched,
        };
        if let Some(intent) = touched {
            lobby.hear(Event::Touched(intent));
        }
        if step % 5000 == 4999 {
            lobby.leave();
            let mut left = lobby.view();
            // A scanner that runs ends by itself, and its driver sees to that; a page may lie over it until then.
            if ["look", "help"].contains(&left.screen.name()) {
                lobby.hear(Event::Touched(Intent::Back));
                left = lobby.view();
                assert_eq!(left.screen.name(), "scanning", "{told}: below what lies over it");
            }
            if left.screen.name() != "scanning" {
                assert_eq!(left.screen.name(), "home", "{told}: the timer");
                let text = written(&lobby.reading(&left));
                assert!(
                    !text.contains('*') && !text.contains("002X") && !text.contains("A017"),
                    "{told}: {text}"
                );
                assert_eq!(left.look, visit::look::Look::default(), "{told}");
            }
        }
    }
    // It has been everywhere; where nobody is served, there is no desk.
    let all: std::collections::BTreeSet<&str> =
        crate::samples::samples(Language::Zh).iter().map(|s| s.view.screen.name()).collect();
    let missed: Vec<_> = all.iter().filter(|name| **name != "closed" && !seen.contains_key(*name)).collect();
    assert!(missed.is_empty(), "never seen: {missed:?}; {seen:?}");
}
