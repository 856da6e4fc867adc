//! What stays possible while something is wrong, and what is said of it.

use super::*;

#[test]
fn the_doors_close_only_when_no_way_to_identify_works() {
    use Fault::*;
    let slots = Ways { reader: true, slot: true, ..Ways::default() };
    for (ways, faults, open) in [
        (Ways::READER, &[][..], Some(Ways::READER)),
        (Ways::READER, &[ReaderGarbled], Some(Ways::READER)),
        (Ways::READER, &[ReaderAbsent], None),
        (EVERY_WAY, &[ReaderAbsent], Some(Ways { reader: false, ..EVERY_WAY })),
        (EVERY_WAY, &[ReaderSelfTest, SlotService], Some(Ways { reader: false, slot: false, ..EVERY_WAY })),
        (EVERY_WAY, &[ReaderSilent, SlotAbsent, CodeScannerInUse], None),
        (EVERY_WAY, &[ReaderSilent, SlotAbsent, StoreCodesDown], None),
        (
            EVERY_WAY,
            &[StoreCodesDown, KeyLibraryMissing],
            Some(Ways { code: false, key: false, ..EVERY_WAY }),
        ),
        (slots, &[ReaderAbsent], Some(Ways { slot: true, ..Ways::default() })),
        (slots, &[ReaderAbsent, SlotInUse], None),
    ] {
        for door in ["home.number", "home.scan"] {
            let mut hall = Lobby::open();
            hall.desk.ways = ways;
            hall.status(faults);
            let Screen::Home(home) = hall.screen() else { panic!() };
            assert_eq!(home.no_numbers, open.is_none().then_some(NoNumbers::NoWay), "{ways:?} {faults:?}");
            assert_eq!(home.papers, open.is_some(), "{ways:?} {faults:?}");
            match (hall.touch(door).screen(), open) {
                (Screen::Identify(shown), Some(open)) => assert_eq!(shown.ways, open, "{faults:?}"),
                (Screen::Home(_), None) => {}
                (other, _) => panic!("{door} {ways:?} {faults:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn every_fault_leaves_what_the_catalogue_says() {
    use crate::fault::Still::*;
    for fault in Fault::ALL {
        let mut hall = Lobby::open();
        hall.status(&[*fault]);
        let Screen::Home(home) = hall.screen() else { panic!() };
        let still = fault.meanwhile();
        let all = still.contains(&Everything);
        let numbers = [NumbersByCard, NumbersByOtherWay, NumbersOnPaper, NumbersWithoutPaper];
        let numbers = all || numbers.iter().any(|n| still.contains(n));
        assert_eq!(home.no_numbers.is_none(), numbers, "{fault:?}");
        hall.touch("home.number");
        let ways = match hall.screen() {
            Screen::Identify(shown) => shown.ways,
            _ => Ways::default(),
        };
        if all || still.contains(&NumbersByCard) {
            assert!(ways.reader, "{fault:?}");
        }
        if fault.device() == Device::Scanner || fault.device() == Device::Printer {
            let scans = all || still.contains(&PapersScanned) || still.contains(&PapersByGlass);
            assert_eq!(home.scanner, scans, "{fault:?}");
        }
        assert_eq!(hall.desk.view(hall.now).faults, [*fault]);
    }
}

#[test]
fn a_social_security_card_is_the_same_visitor() {
    let mut hall = Lobby::at_choose("home.number");
    let slotted = |number| Person { kind: DocumentKind::SocialSecurity, ..person(number) };
    hall.touch("for.relative").card(CardEvent::Read(slotted(ZHANG)));
    assert!(
        matches!(hall.screen(), Screen::Identify(shown) if shown.problem == Some(CardProblem::SamePerson))
    );
    hall.card(CardEvent::Read(slotted(LI)));
    assert_eq!(hall.screen().name(), "choose");
}

#[test]
fn a_companys_key_saves_the_typing() {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("for.company").touch("company.take");
    assert!(matches!(hall.screen(), Screen::Company(c) if c.offer.is_none() && c.key));
    hall.hear(Event::CompanyKey(Some(offer())));
    assert!(matches!(hall.screen(), Screen::Company(c) if c.offer == Some(offer())));
    hall.hear(Event::CompanyKey(None)).touch("company.take");
    assert_eq!(hall.screen().name(), "company");
    hall.hear(Event::CompanyKey(Some(offer()))).touch("company.take");
    let whole = ApplicantShown::Company("91350100M000100Y43".into());
    assert!(matches!(hall.screen(), Screen::Choose(c) if c.who.applicant == whole));
    // A key plugged in before the first touch counts, one that the visitor before forgot does not.
    let mut hall = Lobby::open();
    hall.hear(Event::CompanyKey(Some(offer())));
    for offered in [true, false] {
        hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(None)).touch("for.company");
        assert!(matches!(hall.screen(), Screen::Company(c) if c.offer.is_some() == offered), "{offered}");
        hall.touch("back").touch("back").touch("finish");
        assert_eq!(hall.screen().name(), "home");
    }
}

#[test]
fn what_is_wrong_is_shown_to_whoever_mends_it() {
    let mut hall = Lobby::open();
    hall.touch("service");
    assert_eq!(hall.screen().name(), "home", "nothing is wrong");
    hall.hear(Event::TicketsLeft(Some(40)));
    assert!(matches!(hall.screen(), Screen::Home(home) if home.tickets_left.is_none()));
    hall.status(&[Fault::PaperLow, Fault::ScannerJam]);
    assert!(matches!(hall.screen(), Screen::Home(home) if home.tickets_left == Some(40)));
    let shown = |hall: &Lobby| match hall.screen() {
        Screen::Service(service) => (service.fault, service.at, service.count),
        other => panic!("{other:?}"),
    };
    hall.touch("service");
    assert_eq!(shown(&hall), (Some(Fault::ScannerJam), 1, 2));
    hall.touch("page.previous").touch("page.next").touch("page.next");
    assert_eq!(shown(&hall), (Some(Fault::PaperLow), 2, 2));
    hall.status(&[Fault::ScannerJam]);
    assert_eq!(shown(&hall), (Some(Fault::ScannerJam), 1, 1));
    hall.status(&[]);
    assert_eq!(shown(&hall), (None, 1, 0));
    hall.pass(179);
    assert_eq!(hall.screen().name(), "service");
    hall.pass(2);
    assert_eq!(hall.screen().name(), "home");
    hall.status(&[Fault::PaperLow]).touch("service").touch("back");
    assert_eq!(hall.screen().name(), "home");
}

#[test]
fn after_a_scan_that_ended_early_one_may_go_on_if_that_is_so() {
    for (problem, goes_on) in [
        (ScanProblem::FeederEmpty, true),
        (ScanProblem::BadPage, true),
        (ScanProblem::TooManyPages, false),
        (ScanProblem::PagesMissing { fed: 5, stored: 4 }, false),
        (ScanProblem::Over, true),
        (ScanProblem::OnlyOne, true),
        (ScanProblem::Stopped, true),
        (ScanProblem::NotReplaced, true),
        (ScanProblem::Fault(Fault::ScannerJam), true),
        (ScanProblem::Fault(Fault::ScannerHelperDied), true),
        (ScanProblem::Fault(Fault::DiskFull), false),
        (ScanProblem::Fault(Fault::DocumentFailed), false),
    ] {
        assert_eq!(problem.may_go_on(), goes_on, "{problem:?}");
    }
}

/// A kiosk in a hall that gives numbers without a document.
fn open_to_all() -> Lobby {
    let mut hall = Lobby::open();
    let mut catalogue = catalogue();
    catalogue.hall.without_document = true;
    hall.desk = Desk::new(Arc::new(catalogue), Patience::default(), EVERY_WAY);
    hall
}

#[test]
fn where_the_hall_allows_it_a_number_needs_no_document() {
    let mut hall = open_to_all();
    hall.touch("home.number");
    assert!(matches!(hall.screen(), Screen::Identify(Identify { without: true, .. })));
    hall.touch("without-document");
    assert!(
        matches!(hall.last[..], [Action::Reader(ReaderDo::Rest)]),
        "nothing is looked up: {:?}",
        hall.last
    );
    hall.touch("package.shop").touch("confirm");
    let asked = |hall: &Lobby| match hall.last.first() {
        Some(Action::Ledger(_, LedgerDo::Take(request))) => request.person.clone(),
        other => panic!("{other:?}"),
    };
    let first = asked(&hall);
    assert!(!first.is_known());
    hall.answer(LedgerReply::Taken(taken(true, 1))).hear(Event::Ticket(PrintJob(1), TicketState::Printed));
    hall.touch("finish");
    assert!(matches!(hall.screen(), Screen::Goodbye(Goodbye { card: CardReminder::Taken, .. })));
    assert!(
        !hall.last.iter().any(|a| matches!(a, Action::Reader(ReaderDo::Presence(_)))),
        "no card was there"
    );
    hall.touch("finish")
        .touch("home.number")
        .touch("without-document")
        .touch("package.shop")
        .touch("confirm");
    assert!(asked(&hall) != first, "the next one is somebody else");
}

#[test]
fn without_a_document_there_are_numbers_and_nothing_else() {
    let mut hall = open_to_all();
    hall.touch("home.scan").touch("without-document");
    assert!(
        matches!(hall.screen(), Screen::Identify(Identify { without: false, .. })),
        "papers are somebody's"
    );
    let mut hall = Lobby::open();
    hall.touch("home.number").touch("without-document");
    assert!(matches!(hall.screen(), Screen::Identify(Identify { without: false, .. })), "not in this hall");
    // A kiosk that can read nobody's card still gives numbers.
    let mut hall = open_to_all();
    hall.status(&[Fault::ReaderAbsent, Fault::SlotAbsent, Fault::CodeScannerAbsent]).touch("home.number");
    hall.touch("without-document");
    assert_eq!(hall.screen().name(), "choose");
}

#[test]
fn a_jam_keeps_the_pages_before_it() {
    let mut hall = Lobby::at_review(0);
    hall.touch("scan.start").page(1).scan(ScanEvent::Ended(Some(ScanProblem::Fault(Fault::ScannerJam))));
    assert!(matches!(hall.screen(), Screen::Review(r) if r.pages == 1 && r.problem.is_some()));
    hall.touch("scan.add").touch("scan.start").page(2).scan(ScanEvent::Ended(None));
    assert!(matches!(hall.screen(), Screen::Review(r) if r.pages == 2));
    hall.touch("scan.again");
    assert!(hall.last.is_empty(), "it is asked first");
    hall.touch("answer.yes");
    assert!(matches!(&hall.last[..], [Action::DropPages(_, pages)] if pages.len() == 2));
}

#[test]
fn a_jam_that_is_cleared_is_told_as_over_and_only_then() {
    use Fault::{ScannerHatchOpen, ScannerJam};
    let problem = |hall: &Lobby| match hall.screen() {
        Screen::Review(review) => review.problem,
        Screen::Scan(ready) => ready.problem,
        other => panic!("{other:?}"),
    };
    for pages in [0, 1] {
        let mut hall = Lobby::at_review(0);
        hall.status(&[]).touch("scan.start");
        for page in 1..=pages {
            hall.page(page);
        }
        hall.scan(ScanEvent::Ended(Some(ScanProblem::Fault(ScannerJam))));
        for (faults, told) in [
            (&[][..], ScanProblem::Fault(ScannerJam)),
            (&[ScannerJam], ScanProblem::Fault(ScannerJam)),
            // To get at the paper somebody opens the hatch: it is not over yet.
            (&[ScannerHatchOpen], ScanProblem::Fault(ScannerJam)),
            (&[], ScanProblem::Over),
            (&[ScannerJam], ScanProblem::Fault(ScannerJam)),
            (&[], ScanProblem::Over),
        ] {
            hall.status(faults);
            assert_eq!(problem(&hall), Some(told), "{faults:?} with {pages} pages");
        }
    }
}
