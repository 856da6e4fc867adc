//! The rules, walked through.

mod about;
mod any_events;
mod feeder;
mod hand_in;
mod leaving;
mod lists;
mod manner;
mod news;
mod papers;
mod ready;
mod scan_again;
mod search;
mod speech;
mod technician;
mod trouble;

use super::*;
use crate::catalogue::*;
use crate::checklist::Choice;
use crate::event::*;
use crate::identity::*;
use crate::number::{Letter, TicketNumber};
use crate::screen::*;
use crate::turn::Turn;
use jiff::civil::{DateTime, date};

/// A kind of licence that stands for the ID card.
const LICENCE: &str = "11100000000013127D001";

/// A catalogue made of values: the desk does not care how it was read.
fn catalogue() -> Catalogue {
    let label = |zh: &str| Label { zh: zh.to_owned(), en: zh.to_owned() };
    let item = |code: &str, materials: &[&str], alone: bool| Item {
        code: ItemCode::new(code).unwrap(),
        task_code: String::new(),
        name: label(code),
        department: DepartmentCode::new("market").unwrap(),
        window: WindowCode::new("w1").unwrap(),
        theme: Theme::Personal,
        legal: Days(20),
        promised: Days(2),
        materials: materials.iter().map(|m| MaterialCode::new(m).unwrap()).collect(),
        optional: vec![],
        bookable: false,
        citywide: false,
        alone,
        online: None,
        caps: vec![],
    };
    let material = |code: &str, scannable: bool| Material {
        code: MaterialCode::new(code).unwrap(),
        name: label(code),
        form: MaterialForm::Copy,
        pages: 2,
        scannable,
        licence_types: vec![],
        document: DocumentFormat::Pdf,
        glass: false,
        compact: false,
        example: None,
    };
    let lease = Material { form: MaterialForm::Original, ..material("lease", true) };
    let licensed = Material {
        licence_types: vec![LicenceType::new(LICENCE).unwrap()],
        pages: 1,
        glass: true,
        ..material("id-card", true)
    };
    let nine_to_five = crate::hours::Opening {
        days: [
            jiff::civil::Weekday::Monday,
            jiff::civil::Weekday::Tuesday,
            jiff::civil::Weekday::Wednesday,
            jiff::civil::Weekday::Thursday,
            jiff::civil::Weekday::Friday,
        ]
        .to_vec(),
        span: crate::hours::Span {
            from: jiff::civil::time(0, 0, 0, 0),
            to: jiff::civil::time(23, 59, 59, 999_999_999),
        },
    };
    Catalogue {
        hall: crate::catalogue::Hall {
            name: label("大厅"),
            hours: crate::hours::Hours { openings: vec![nine_to_five], lunch: None },
            utc_offset_minutes: 480,
            without_document: false,
            popular: vec![matter("package.shop")],
        },
        departments: vec![Department {
            code: DepartmentCode::new("market").unwrap(),
            name: label("市场"),
            credit_code: String::new(),
        }],
        windows: vec![Window {
            code: WindowCode::new("w1").unwrap(),
            name: label("综合"),
            counters: "1-12".into(),
            area: label("A区"),
        }],
        materials: vec![lease, material("photo", false), licensed],
        items: vec![
            item("licence", &["lease", "photo"], true),
            item("seal", &["lease"], false),
            Item {
                optional: vec![MaterialCode::new("lease").unwrap()],
                ..item("card", &["id-card", "lease", "photo"], true)
            },
        ],
        packages: vec![Package {
            code: PackageCode::new("shop").unwrap(),
            name: label("开店"),
            items: vec![ItemCode::new("licence").unwrap()],
            options: vec![ItemCode::new("seal").unwrap()],
            window: WindowCode::new("w1").unwrap(),
            theme: Theme::Business,
            online: OnlineAddress::new("https://a.cn/shop"),
            caps: vec![],
        }],
        groups: vec![Group {
            code: GroupCode::new("old").unwrap(),
            name: label("老年人"),
            matters: vec![matter("matter.card"), matter("package.shop")],
        }],
    }
}

fn matter(id: &str) -> Matter {
    Matter::parse(id).unwrap()
}

fn licence(standing: Standing, valid_until: Option<jiff::civil::Date>) -> Licence {
    Licence {
        licence_type: LicenceType::new(LICENCE).unwrap(),
        name: "居民身份证".into(),
        number: crate::identity::masked_number("310114199003076511"),
        valid_until,
        standing,
    }
}

fn code() -> CustodyCode {
    CustodyCode("0123456789ABCDEF".to_owned())
}

/// A visit that has just been opened: no number, nothing handed in.
fn opened(visit: &str) -> OpenVisit {
    OpenVisit {
        called: false,
        visit: VisitId(visit.into()),
        dossier: VisitId(visit.into()),
        number: None,
        applicant: None,
        choice: Choice::default(),
        papers: vec![],
        custody: None,
    }
}

/// A kiosk before a visitor: touches by id, answers as the appliance would give them.
struct Lobby {
    desk: Desk,
    now: Now,
    last: Vec<Action>,
}

const EVERY_WAY: Ways = Ways { reader: true, slot: true, code: true, key: true };
const MONDAY: DateTime = date(2026, 11, 23).at(10, 0, 0, 0);

impl Lobby {
    fn open() -> Self {
        let desk = Desk::new(Arc::new(catalogue()), Patience::default(), EVERY_WAY).with_technicians_cards();
        Self { desk, now: Now { tick: Duration::ZERO, wall: MONDAY }, last: vec![] }
    }

    fn hear(&mut self, event: Event) -> &mut Self {
        self.last = self.desk.handle(event, self.now);
        self
    }

    fn touch(&mut self, id: &str) -> &mut Self {
        // Whoever reads before he touches.
        if self.desk.view(self.now).just_come {
            self.now.tick += Duration::from_millis(700);
        }
        self.touch_at_once(id)
    }

    fn touch_at_once(&mut self, id: &str) -> &mut Self {
        let intent = Intent::parse(id).unwrap_or_else(|| panic!("{id} is no id"));
        self.hear(Event::Touched(intent))
    }

    fn pass(&mut self, seconds: u64) -> &mut Self {
        self.now.tick += Duration::from_secs(seconds);
        self.now.wall = self.now.wall.checked_add(jiff::SignedDuration::from_secs(seconds as i64)).unwrap();
        self.hear(Event::Tick)
    }

    fn screen(&self) -> Screen {
        self.desk.view(self.now).screen
    }

    fn session(&self) -> SessionId {
        self.desk.session.as_ref().expect("somebody is there").id
    }

    fn answer(&mut self, reply: LedgerReply) -> &mut Self {
        let session = self.session();
        self.hear(Event::Ledger(session, reply))
    }

    /// The reader speaks to whoever is there.
    fn card(&mut self, event: CardEvent) -> &mut Self {
        let session = self.desk.session.as_ref().map_or(SessionId(0), |s| s.id);
        self.hear(Event::Card(session, event))
    }

    fn lay(&mut self, number: &str) -> &mut Self {
        self.card(CardEvent::Found).card(CardEvent::Read(person(number)))
    }

    /// Up to the list of matters, with nothing open today.
    fn at_choose(door: &str) -> Self {
        let mut hall = Self::open();
        hall.touch(door).lay(ZHANG).answer(LedgerReply::Found(None));
        hall
    }

    fn at_number() -> Self {
        let mut hall = Self::at_choose("home.number");
        hall.touch("package.shop").touch("confirm").answer(LedgerReply::Taken(taken(true, 1)));
        hall
    }

    fn at_review(pages: u32) -> Self {
        let mut hall = Self::at_choose("home.scan");
        hall.touch("package.shop").touch("confirm").answer(LedgerReply::Entered(opened("v")));
        hall.touch("material.lease").touch("scan.start");
        for page in 1..=pages {
            hall.page(page);
        }
        hall.scan(ScanEvent::Ended(None));
        hall
    }

    fn page(&mut self, page: u32) -> &mut Self {
        let preview = Arc::new(Preview { width: 1, height: 1, rgb: vec![0; 3] });
        self.scan(ScanEvent::Stored { page: PageId(page), preview, warnings: vec![], turn: Turn::None })
    }

    fn scan(&mut self, event: ScanEvent) -> &mut Self {
        let session = self.session();
        self.hear(Event::Scan(session, event))
    }

    /// Every device is now as these faults say.
    fn status(&mut self, faults: &[Fault]) -> &mut Self {
        for device in Device::ALL {
            let its: Vec<Fault> = faults.iter().copied().filter(|f| f.device() == *device).collect();
            self.hear(Event::Status(*device, DeviceStatus::of(&its)));
        }
        self
    }

    fn printed(&self) -> Option<&crate::ticket::TicketContents> {
        self.last.iter().find_map(|a| if let Action::Print(_, ticket) = a { Some(&**ticket) } else { None })
    }
}

const ZHANG: &str = "11010519491231002X";
const LI: &str = "310114199001011234";

fn person(number: &str) -> Person {
    let digits = &number[..17];
    let check = mod_11_2(digits.as_bytes()) as char;
    let number = format!("{digits}{check}");
    Person {
        kind: DocumentKind::Resident,
        number: DocumentNumber::parse(DocumentKind::Resident, &number).unwrap(),
        name: PersonName::new("张三"),
    }
}

fn offer() -> CompanyOffer {
    CompanyOffer {
        code: CompanyCode::parse("91350100M000100Y43").unwrap(), name: Some("某某公司".into())
    }
}

fn a(count: u32) -> TicketNumber {
    TicketNumber { letter: Letter::new('A').unwrap(), count }
}

fn taken(fresh: bool, job: i64) -> Taken {
    Taken {
        papers: vec![],
        visit: VisitId("v".into()),
        dossier: VisitId("v".into()),
        number: a(17),
        fresh,
        issued_at: MONDAY,
        place: None,
        job: PrintJob(job),
    }
}

#[test]
fn a_number_in_three_touches() {
    let mut hall = Lobby::open();
    hall.touch("home.number");
    assert!(matches!(hall.last[..], [Action::Reader(ReaderDo::Watch(_))]));
    hall.lay(ZHANG);
    assert!(hall.last.iter().any(|a| matches!(a, Action::Ledger(_, LedgerDo::Look(..)))));
    hall.answer(LedgerReply::Found(None)).touch("package.shop").touch("confirm");
    let asked: Vec<_> =
        hall.last.iter().filter(|a| matches!(a, Action::Ledger(_, LedgerDo::Take(_)))).collect();
    assert_eq!(asked.len(), 1);
    assert!(hall.printed().is_none(), "nothing is printed before the number is durable");
    hall.answer(LedgerReply::Taken(taken(true, 1)));
    let ticket = hall.printed().expect("a ticket");
    assert!(!ticket.reprint && ticket.number == a(17));
    hall.hear(Event::Ticket(PrintJob(1), TicketState::Printed)).touch("finish");
    assert!(matches!(hall.screen(), Screen::Goodbye(Goodbye { number: Some(n), .. }) if n == a(17)));
    assert!(hall.last.iter().any(|a| matches!(a, Action::Forget(_))));
    hall.touch("finish");
    assert_eq!(hall.screen().name(), "home");
}

#[test]
fn a_double_tap_asks_once() {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("package.shop").touch("confirm").touch("confirm");
    assert!(hall.last.is_empty(), "{:?}", hall.last);
    hall.answer(LedgerReply::Taken(taken(true, 1))).answer(LedgerReply::Taken(taken(false, 2)));
    assert!(hall.printed().is_none(), "a second answer prints nothing");
}

#[test]
fn the_same_person_again_gets_a_marked_reprint() {
    let mut hall = Lobby::open();
    let mut choice = crate::checklist::Choice::default();
    choice.toggle(Matter::parse("package.shop").unwrap());
    let open = OpenVisit { number: Some(a(17)), choice, ..opened("v") };
    hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(Some(open)));
    assert!(matches!(hall.screen(), Screen::Choose(c) if c.can_confirm && c.open_number == Some(a(17))));
    hall.touch("confirm").answer(LedgerReply::Taken(taken(false, 2)));
    assert!(hall.printed().is_some_and(|t| t.reprint));
}

#[test]
fn a_reprint_is_marked_unless_surely_nothing_came_out() {
    for (state, marked) in
        [(TicketState::NotPrinted(Some(Fault::PaperOut)), false), (TicketState::Unknown(None), true)]
    {
        let mut hall = Lobby::at_number();
        hall.hear(Event::Ticket(PrintJob(1), state)).touch("reprint");
        assert!(hall.printed().is_none(), "journalled first");
        hall.answer(LedgerReply::PrintAgain(PrintJob(2)));
        assert_eq!(hall.printed().map(|t| t.reprint), Some(marked), "{state:?}");
    }
    // That nothing came of the second attempt does not say that nothing comes of the first.
    for (first, told) in [
        (TicketState::Unknown(None), TicketState::Unknown(Some(Fault::PaperOut))),
        (TicketState::NotPrinted(None), TicketState::NotPrinted(Some(Fault::PaperOut))),
    ] {
        let mut hall = Lobby::at_number();
        hall.hear(Event::Ticket(PrintJob(1), first)).touch("reprint");
        hall.answer(LedgerReply::PrintAgain(PrintJob(2)));
        hall.hear(Event::Ticket(PrintJob(2), TicketState::NotPrinted(Some(Fault::PaperOut))));
        assert!(
            matches!(hall.screen(), Screen::Number(n) if n.ticket == told),
            "{first:?}: {:?}",
            hall.screen()
        );
    }
    // Two touches are one attempt.
    let mut hall = Lobby::at_number();
    hall.hear(Event::Ticket(PrintJob(1), TicketState::Unknown(None))).touch("reprint").touch("reprint");
    assert!(hall.last.is_empty());
    hall.answer(LedgerReply::PrintAgain(PrintJob(2))).answer(LedgerReply::PrintAgain(PrintJob(3)));
    assert!(hall.printed().is_none());
    // A ticket that is surely out is not printed again by a touch.
    let mut hall = Lobby::at_number();
    hall.hear(Event::Ticket(PrintJob(1), TicketState::Printed)).touch("reprint");
    assert!(hall.last.is_empty());
}

#[test]
fn closed_halls_give_no_numbers_but_take_papers() {
    let mut hall = Lobby::open();
    hall.now.wall = date(2026, 11, 22).at(10, 0, 0, 0);
    hall.touch("home.number");
    assert_eq!(hall.screen().name(), "home");
    hall.touch("home.scan");
    assert_eq!(hall.screen().name(), "identify");
}

#[test]
fn a_forgotten_session_ends_by_itself_and_leaves_nobody() {
    let mut hall = Lobby::at_choose("home.number");
    hall.pass(50);
    assert_eq!(hall.desk.view(hall.now).ending_in, Some(10));
    hall.touch("stay");
    assert_eq!(hall.desk.view(hall.now).ending_in, None);
    hall.pass(61);
    assert!(hall.last.iter().any(|a| matches!(a, Action::Forget(_))));
    let shown = format!("{:?}", hall.desk.view(hall.now));
    assert!(!shown.contains('张'), "{shown}");
    hall.pass(61);
    assert_eq!(hall.screen().name(), "home");
}

#[test]
fn answers_to_someone_who_left_are_dropped() {
    let mut hall = Lobby::at_choose("home.number");
    let old = hall.session();
    hall.touch("back").touch("finish").touch("home.number").lay(LI);
    hall.hear(Event::Ledger(old, LedgerReply::Taken(taken(true, 9))));
    assert!(hall.printed().is_none());
}

#[test]
fn a_card_that_stays_is_reminded_of() {
    let mut hall = Lobby::at_number();
    hall.hear(Event::Ticket(PrintJob(1), TicketState::Printed));
    hall.card(CardEvent::Presence(CardReminder::Present)).touch("finish");
    assert!(matches!(hall.screen(), Screen::Goodbye(Goodbye { card: CardReminder::Present, .. })));
    hall.pass(15);
    assert_eq!(hall.screen().name(), "goodbye");
    hall.card(CardEvent::Presence(CardReminder::Taken)).pass(6);
    assert_eq!(hall.screen().name(), "home");
}

#[test]
fn a_reader_that_talks_to_itself_holds_nobody() {
    for why in [CardProblem::LiftFirst, CardProblem::Reader] {
        let mut hall = Lobby::at_choose("home.number");
        hall.touch("for.relative");
        for _ in 0..61 {
            hall.pass(1).card(CardEvent::Problem(why));
        }
        hall.pass(0);
        assert_eq!(hall.screen().name(), "goodbye", "{why:?}");
    }
}

#[test]
fn a_card_read_for_someone_who_left_is_nobodys() {
    let mut hall = Lobby::open();
    hall.touch("home.number");
    let old = hall.session();
    hall.touch("back").touch("home.number");
    hall.hear(Event::Card(old, CardEvent::Read(person(ZHANG))));
    assert!(matches!(hall.screen(), Screen::Identify(_)) && hall.last.is_empty());
}

#[test]
fn an_answer_that_never_comes_ends_the_session() {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("package.shop").touch("confirm").pass(61);
    assert_eq!(hall.screen().name(), "goodbye");
}

#[test]
fn a_relative_needs_a_second_card() {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("for.relative").lay(ZHANG);
    assert!(matches!(
        hall.screen(),
        Screen::Identify(Identify { problem: Some(CardProblem::SamePerson), .. })
    ));
    assert!(matches!(hall.last.as_slice(), [Action::Reader(ReaderDo::Watch(_))]), "{:?}", hall.last);
    hall.card(CardEvent::Problem(CardProblem::LiftFirst));
    assert!(matches!(
        hall.screen(),
        Screen::Identify(Identify { problem: Some(CardProblem::SamePerson), .. })
    ));
    hall.lay(LI);
    assert!(
        matches!(hall.screen(), Screen::Choose(c) if matches!(c.who.applicant, ApplicantShown::Relative(_)))
    );
}

#[test]
fn a_company_code_is_checked() {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("for.company");
    for key in "91350100M000100Y44".chars() {
        hall.touch(&format!("key.{key}"));
    }
    hall.touch("confirm");
    assert!(matches!(
        hall.screen(),
        Screen::Company(CompanyEntry { problem: Some(CodeProblem::CheckCharacter), .. })
    ));
    hall.touch("key.delete").touch("key.3").touch("confirm");
    assert!(
        matches!(hall.screen(), Screen::Choose(c) if matches!(c.who.applicant, ApplicantShown::Company(_)))
    );
}

#[test]
fn pages_become_one_document() {
    let mut hall = Lobby::at_review(2);
    hall.touch("scan.accept");
    let Some(Action::Submit(submission)) = hall.last.first() else { panic!("{:?}", hall.last) };
    assert_eq!(submission.pages, [(PageId(1), Turn::None), (PageId(2), Turn::None)]);
    let document = DocumentId("d".into());
    let (session, lease) = (hall.session(), MaterialCode::new("lease").unwrap());
    hall.hear(Event::Document(DocumentEvent::Stored(session, lease, document.clone(), Some(code()))));
    let state = |hall: &Lobby| match hall.screen() {
        Screen::Materials(m) => m.materials[0].state,
        other => panic!("{other:?}"),
    };
    assert_eq!(state(&hall), MaterialState::Stored);
    hall.hear(Event::Document(DocumentEvent::State(document, MaterialState::Received)));
    assert_eq!(state(&hall), MaterialState::Received);
    hall.touch("finish").touch_at_once("finish");
    assert_eq!(hall.screen().name(), "receipt", "a receipt is offered, and a double tap does not pass it by");
    hall.pass(1);
    hall.touch("finish");
    assert!(matches!(hall.screen(), Screen::Goodbye(Goodbye { papers: Some(p), .. }) if p.received == 1));
}

#[test]
fn midnight_begins_a_new_visit() {
    let mut hall = Lobby::at_choose("home.number");
    hall.now.wall = date(2026, 11, 24).at(0, 0, 1, 0);
    hall.hear(Event::Tick);
    assert!(
        hall.last
            .iter()
            .any(|a| matches!(a, Action::Ledger(_, LedgerDo::Look(_, day)) if *day == date(2026, 11, 24)))
    );
}

#[test]
fn without_paper_the_number_stays_on_the_screen() {
    let mut hall = Lobby::at_number();
    hall.hear(Event::Status(Device::Printer, DeviceStatus::of(&[Fault::PaperOut])));
    hall.hear(Event::Ticket(PrintJob(1), TicketState::NotPrinted(Some(Fault::PaperOut)))).pass(60);
    assert_eq!(hall.screen().name(), "number");
    hall.pass(60);
    assert_eq!(hall.screen().name(), "goodbye");
}
