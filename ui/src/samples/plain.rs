//! Home, identifying, waiting, the number, goodbye.

use super::{Sample, label, sample, ticket};
use jiff::civil::{Time, date};
use visit::catalogue::Label;
use visit::fault::Fault;
use visit::hours::Span;
use visit::identity::{CompanyCode, CompanyOffer, Ways};
use visit::number::{NumberLife, TicketNumber};
use visit::screen::{
    Calling, CardProblem, CardReminder, Closed, CodeProblem, CompanyEntry, Goodbye, Help, Home, Identify,
    NoNumbers, NumberShown, PapersTold, Purpose, Screen, Service, TicketState, Wait,
};
use visit::waiting::{Place, Waiting};

pub(super) fn samples() -> Vec<Sample> {
    let mut all = home();
    all.extend(identify());
    all.extend(company());
    for (name, wait) in [
        ("wait-number", Wait::Number),
        ("wait-visit", Wait::Visit),
        ("wait-cancelling", Wait::Cancelling),
        ("wait-document", Wait::Document),
    ] {
        all.push(sample(name, Screen::Wait(wait)));
    }
    all.extend(number());
    let cancel = |number, papers| Screen::CancelAsk { number: ticket(number), papers };
    all.push(sample("cancel", cancel("A017", false)));
    all.push(sample("cancel-ending", cancel("A1017", true)).ending_in(15));
    all.extend(goodbye());
    all.extend(service());
    all.extend(over());
    all
}

fn service() -> Vec<Sample> {
    let screen = |fault, at, count, tickets_left| Screen::Service(Service { fault, at, count, tickets_left });
    let groups = |text: &str| text.split(' ').map(str::to_owned).collect();
    let fingerprint = groups("3F2A 91C0 77DE 4B18 A05C");
    vec![
        sample("closed-starting", Screen::Closed(Closed::Starting)),
        sample(
            "closed-not-set-up",
            Screen::Closed(Closed::NotSetUp {
                fingerprint: vec![],
                asked: false,
                trouble: vec!["office: no answer within 20 s".to_owned()],
            }),
        ),
        sample(
            "closed-asked",
            Screen::Closed(Closed::NotSetUp { fingerprint, asked: true, trouble: vec![] }),
        ),
        sample(
            "closed-broken",
            Screen::Closed(Closed::Broken {
                why: vec![
                    "store.certificate: /data/keys/kiosk.pem: no certificate in it".to_owned(),
                    "Put the kiosk's certificate there".to_owned(),
                ],
            }),
        ),
        sample("closed-stuck", Screen::Closed(Closed::Stuck { why: vec!["local-fs.target".to_owned()] })),
        sample("closed-insecure", Screen::Closed(Closed::Insecure)),
        sample(
            "closed-sealed",
            Screen::Closed(Closed::Sealed { why: vec!["systemd-cryptsetup@data.service".to_owned()] }),
        ),
        sample("service", screen(Some(Fault::ReaderAbsent), 1, 3, None)),
        sample("service-paper-low", screen(Some(Fault::PaperLow), 1, 1, Some(40))).ending_in(14),
        sample("service-nothing", screen(None, 1, 0, None)),
    ]
}

fn spoken(mut sample: Sample) -> Sample {
    sample.view.speech.on = true;
    sample
}

/// What lies over other screens.
fn over() -> Vec<Sample> {
    let help = |name, on, staff, calling| sample(name, Screen::Help(Help { on, staff, calling }));
    let mut all = vec![
        sample("look", Screen::Look),
        sample("look-ending", Screen::Look).ending_in(12),
        spoken(sample("look-spoken", Screen::Look)),
        help("help", "home", true, Calling::No),
        help("help-calling", "materials", true, Calling::Calling),
        help("help-heard", "choose", true, Calling::Heard),
        help("help-unheard", "scan", true, Calling::Unheard),
        help("help-no-staff", "identify", false, Calling::No),
    ];
    for (name, on) in [
        ("help-search", "search"),
        ("help-company", "company"),
        ("help-wait", "wait"),
        ("help-number", "number"),
        ("help-cancel", "cancel"),
        ("help-licences", "licences"),
        ("help-hand-in", "hand-in"),
        ("help-scanning", "scanning"),
        ("help-review", "review"),
        ("help-receipt", "receipt"),
        ("help-goodbye", "goodbye"),
        ("help-service", "service"),
    ] {
        all.push(help(name, on, true, Calling::No));
    }
    all
}

fn home() -> Vec<Sample> {
    let open = Home {
        no_numbers: None,
        papers: true,
        scanner: true,
        tickets: true,
        feeder: false,
        hours: vec![hours(9, 17)],
        waiting: Some(Waiting { count: 12, minutes: Some(25) }),
        tickets_left: None,
    };
    let waiting = |count, minutes| Some(Waiting { count, minutes });
    let closed = |why| Screen::Home(Home { no_numbers: Some(why), waiting: None, ..open.clone() });
    let lunch = NoNumbers::Lunch(Time::constant(13, 0, 0, 0));
    let next = date(2026, 9, 8).at(9, 0, 0, 0);
    vec![
        sample("home", Screen::Home(open.clone())),
        sample("home-nobody-waits", Screen::Home(Home { waiting: waiting(0, None), ..open.clone() })),
        sample(
            "home-no-tickets",
            Screen::Home(Home { tickets: false, waiting: waiting(1, Some(5)), ..open.clone() }),
        )
        .faults(&[Fault::PaperOut]),
        sample("home-feeder", Screen::Home(Home { feeder: true, ..open.clone() })),
        sample(
            "home-lunch",
            Screen::Home(Home {
                no_numbers: Some(lunch),
                hours: vec![hours(9, 12), hours(13, 17)],
                waiting: waiting(30, Some(95)),
                ..open.clone()
            }),
        ),
        sample("home-all-day", Screen::Home(Home { hours: vec![Span::DAY], ..open.clone() })),
        sample(
            "home-not-today",
            Screen::Home(Home {
                hours: Vec::new(),
                waiting: None,
                no_numbers: Some(NoNumbers::Closed(Some(next))),
                ..open.clone()
            }),
        ),
        sample("home-closed", closed(NoNumbers::Closed(None))),
        sample("home-closed-until", closed(NoNumbers::Closed(Some(next)))),
        sample("home-no-ledger", closed(NoNumbers::NoLedger)).faults(&[Fault::LedgerFailed]),
        sample(
            "home-nothing-works",
            Screen::Home(Home {
                no_numbers: Some(NoNumbers::NoWay),
                papers: false,
                scanner: false,
                tickets: false,
                feeder: true,
                hours: vec![hours(9, 12), hours(13, 17)],
                waiting: waiting(140, Some(700)),
                tickets_left: Some(1200),
            }),
        )
        .faults(&[
            Fault::ReaderAbsent,
            Fault::CoverOpen,
            Fault::ScannerJam,
            Fault::SlotAbsent,
            Fault::CodeScannerAbsent,
            Fault::LedgerFailed,
            Fault::StoreUnreachable,
            Fault::KeyHelperDied,
            Fault::PaperLow,
        ]),
        sample("home-paper-low", Screen::Home(Home { tickets_left: Some(40), ..open }))
            .faults(&[Fault::PaperLow]),
    ]
}

/// From one hour of the day to another.
fn hours(from: i8, to: i8) -> Span {
    Span { from: Time::constant(from, 0, 0, 0), to: Time::constant(to, 0, 0, 0) }
}

fn identify() -> Vec<Sample> {
    let screen = |purpose, reading, problem| {
        Screen::Identify(Identify { purpose, ways: Ways::READER, without: false, reading, problem })
    };
    let by = |ways, purpose, reading, problem| {
        Screen::Identify(Identify { purpose, ways, without: false, reading, problem })
    };
    let without = |ways, problem| {
        let purpose = Purpose::Number;
        Screen::Identify(Identify { purpose, ways, without: true, reading: false, problem })
    };
    let every = Ways { reader: true, slot: true, code: true, key: true };
    let slot = Ways { slot: true, ..Ways::default() };
    let code = Ways { code: true, ..Ways::default() };
    let mut all = vec![
        sample("identify", screen(Purpose::Number, false, None)),
        sample("identify-papers", screen(Purpose::Papers, false, None)),
        sample("identify-relative", screen(Purpose::Relative, false, None)),
        sample("identify-of-relative", screen(Purpose::Relative, false, Some(CardProblem::OfRelative))),
        sample("identify-reading", screen(Purpose::Number, true, None)),
        sample("identify-reader-gone", by(Ways::default(), Purpose::Number, false, None))
            .faults(&[Fault::ReaderAbsent]),
        sample("identify-without", without(every, None)),
        sample("identify-without-problem", without(every, Some(CardProblem::Unreadable))),
        sample("identify-without-any", without(Ways::default(), None)).faults(&[Fault::ReaderAbsent]),
        sample("identify-every-way", by(every, Purpose::Number, false, None)),
        sample("identify-every-way-relative", by(every, Purpose::Relative, false, None)),
        sample(
            "identify-every-way-problem",
            by(every, Purpose::Relative, false, Some(CardProblem::LiftFirst)),
        ),
        sample("identify-by-others", by(Ways { reader: false, ..every }, Purpose::Number, false, None))
            .faults(&[Fault::ReaderAbsent]),
        sample("identify-slot", by(slot, Purpose::Papers, false, None)).faults(&[Fault::ReaderSelfTest]),
        sample("identify-slot-reading", by(slot, Purpose::Papers, true, None)),
        sample("identify-slot-relative", by(slot, Purpose::Relative, false, Some(CardProblem::WrongSide))),
        sample("identify-code", by(code, Purpose::Number, false, None)).faults(&[Fault::ReaderSilent]),
        sample("identify-code-reading", by(code, Purpose::Number, true, None)),
        sample("identify-code-relative", by(code, Purpose::Relative, false, Some(CardProblem::CodeUnknown))),
        sample("identify-ending", screen(Purpose::Number, false, None)).ending_in(9),
    ];
    for (name, problem) in [
        ("identify-unreadable", CardProblem::Unreadable),
        ("identify-unknown-kind", CardProblem::UnknownKind),
        ("identify-check-digit", CardProblem::CheckDigit),
        ("identify-authentication", CardProblem::Authentication),
        ("identify-reader", CardProblem::Reader),
        ("identify-same-person", CardProblem::SamePerson),
        ("identify-lift-first", CardProblem::LiftFirst),
        ("identify-code-unknown", CardProblem::CodeUnknown),
        ("identify-code-unreachable", CardProblem::CodeUnreachable),
        ("identify-social-unreadable", CardProblem::SocialUnreadable),
        ("identify-wrong-side", CardProblem::WrongSide),
    ] {
        all.push(sample(name, screen(Purpose::Relative, false, Some(problem))));
    }
    all
}

fn company() -> Vec<Sample> {
    let entry = |typed: &str, problem| {
        Screen::Company(CompanyEntry { typed: typed.to_owned(), problem, offer: None, key: false })
    };
    let keyed = |typed: &str, problem, offer| {
        Screen::Company(CompanyEntry { typed: typed.to_owned(), problem, offer, key: true })
    };
    let code = CompanyCode::parse("91350100M000100Y43").unwrap_or_else(|_| unreachable!("a code"));
    let name = "上海嘉定某某餐饮管理有限责任公司嘉定新城第二分公司（筹）";
    let offer = |name: Option<&str>| Some(CompanyOffer { code: code.clone(), name: name.map(str::to_owned) });
    vec![
        sample("company", entry("", None)),
        sample("company-half", entry("91350100M0", None)),
        sample("company-form", entry("91350100M0", Some(CodeProblem::Form))),
        sample("company-check", entry("91350100M000100Y44", Some(CodeProblem::CheckCharacter))).ending_in(12),
        sample("company-key", keyed("", None, None)),
        sample("company-offer", keyed("", None, offer(Some(name)))),
        sample("company-offer-form", keyed("91", Some(CodeProblem::Form), offer(None))),
    ]
}

fn number() -> Vec<Sample> {
    let behind = |count, minutes| Some(Place::Behind(Waiting { count, minutes }));
    let shown = NumberShown {
        number: ticket("A017"),
        again: false,
        windows: vec![(label("A区", "Area A"), "21-26".to_owned())],
        place: behind(5, Some(15)),
        missing: missing().into_iter().take(4).collect(),
        ticket: TicketState::Printing,
        qr: "V7K3-9QXA-0042-KD".to_owned(),
        card: CardReminder::Present,
    };
    let with = |ticket, card| Screen::Number(NumberShown { ticket, card, ..shown.clone() });
    let fault = Some(Fault::PaperOut);
    vec![
        sample("number-printing", with(TicketState::Printing, CardReminder::Present)),
        sample("number", with(TicketState::Printed, CardReminder::Taken)),
        sample(
            "number-called",
            Screen::Number(NumberShown {
                again: true,
                place: Some(Place::Called),
                ticket: TicketState::Printed,
                card: CardReminder::Taken,
                ..shown.clone()
            }),
        ),
        sample("number-sent", with(TicketState::Sent, CardReminder::Unknown)),
        sample("number-unknown", with(TicketState::Unknown(None), CardReminder::Taken)),
        sample("number-not-printed", with(TicketState::NotPrinted(fault), CardReminder::Present)),
        sample(
            "number-everything",
            Screen::Number(NumberShown {
                number: ticket("B1017"),
                again: true,
                windows: vec![
                    (label("A区", "Area A"), "21-26".to_owned()),
                    (label("二楼 G区", "Floor 2, Area G"), "85-86".to_owned()),
                    (label("F区", "Area F"), "81-84".to_owned()),
                ],
                place: behind(0, None),
                missing: missing(),
                ticket: TicketState::Unknown(Some(Fault::CutterJammed)),
                card: CardReminder::Present,
                ..shown.clone()
            }),
        )
        .ending_in(14),
        sample(
            "number-many-windows",
            Screen::Number(NumberShown {
                place: behind(140, Some(700)),
                windows: many_windows(),
                missing: missing(),
                ticket: TicketState::NotPrinted(Some(Fault::PrinterOffline)),
                ..shown.clone()
            }),
        ),
        sample(
            "number-bare",
            Screen::Number(NumberShown {
                windows: Vec::new(),
                place: None,
                missing: Vec::new(),
                ticket: TicketState::Printed,
                card: CardReminder::Taken,
                ..shown
            }),
        ),
    ]
}

fn many_windows() -> Vec<(Label, String)> {
    ["21-26", "27-34", "35-46", "47-52", "53-56", "57-64", "65-72", "73-80"]
        .into_iter()
        .zip('A'..)
        .map(|(counters, c)| (label(&format!("{c}区"), &format!("Area {c}")), counters.to_owned()))
        .collect()
}

fn missing() -> Vec<Label> {
    [
        ("申请人身份证", "Applicant's ID card"),
        ("经营场所产权证明或租赁合同", "Title or lease of the premises"),
        ("法定代表人、董事、监事和经理任职文件", "Appointment of officers"),
        ("企业名称自主申报告知书", "Company name declaration"),
        ("主要设备设施清单", "List of equipment"),
        ("从业人员健康证明", "Staff health certificates"),
        ("消防安全告知承诺书", "Fire safety commitment"),
        ("灭火和应急疏散预案", "Fire and evacuation plan"),
        ("餐厨垃圾收运合同", "Kitchen-waste collection contract"),
        ("演出合同或意向书", "Performance contract or letter of intent"),
        ("招牌设计效果图", "Drawing of the sign"),
        ("公司章程", "Articles of association"),
    ]
    .into_iter()
    .map(|(zh, en)| label(zh, en))
    .collect()
}

fn goodbye() -> Vec<Sample> {
    let number = Some(ticket("A017"));
    let usual = Goodbye {
        number: None,
        life: NumberLife::Waiting,
        cancelled: false,
        unnumbered: false,
        papers: None,
        dropped: false,
        bring: Vec::new(),
        originals: false,
        feeder: false,
        card: CardReminder::Taken,
    };
    let screen = |number: Option<TicketNumber>, cancelled: bool, papers: Option<PapersTold>, card| {
        let originals = papers.is_some();
        let unnumbered = number.is_none() && !cancelled && originals;
        Screen::Goodbye(Goodbye { number, cancelled, unnumbered, papers, originals, card, ..usual.clone() })
    };
    let papers =
        |received, stored| Some(PapersTold { received, stored, returned: 0, missing: 0, unknown: 0 });
    let wanted = PapersTold { received: 3, stored: 1, returned: 2, missing: 14, unknown: 0 };
    vec![
        sample("goodbye", screen(number, false, None, CardReminder::Taken)),
        sample(
            "goodbye-called",
            Screen::Goodbye(Goodbye { number, life: NumberLife::Called, ..usual.clone() }),
        ),
        sample(
            "goodbye-missed",
            Screen::Goodbye(Goodbye {
                number,
                life: NumberLife::NoShow,
                papers: papers(2, 0),
                originals: true,
                ..usual.clone()
            }),
        ),
        sample("goodbye-card", screen(number, false, papers(2, 3), CardReminder::Present)),
        sample("goodbye-papers", screen(None, false, papers(0, 1), CardReminder::Unknown)),
        sample("goodbye-wanted", screen(None, false, Some(wanted), CardReminder::Present)),
        sample("goodbye-cancelled", screen(None, true, None, CardReminder::Unknown)),
        sample(
            "goodbye-feeder",
            Screen::Goodbye(Goodbye {
                unnumbered: true,
                papers: papers(2, 0),
                bring: vec![
                    label("近期免冠证件照", "Recent ID photos"),
                    label("出生医学证明", "Birth certificate"),
                ],
                originals: true,
                feeder: true,
                ..usual.clone()
            }),
        ),
        sample(
            "goodbye-dropped",
            Screen::Goodbye(Goodbye {
                number,
                papers: Some(PapersTold { received: 1, stored: 1, returned: 1, missing: 3, unknown: 0 }),
                dropped: true,
                originals: true,
                feeder: true,
                card: CardReminder::Present,
                ..usual.clone()
            }),
        ),
        sample("goodbye-nothing", screen(None, false, None, CardReminder::Taken)),
        sample(
            "goodbye-unnumbered",
            Screen::Goodbye(Goodbye { unnumbered: true, papers: papers(2, 0), ..usual.clone() }),
        ),
    ]
}
