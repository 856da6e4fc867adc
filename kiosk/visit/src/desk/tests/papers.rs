//! The checklist, the licence stores, looking at pages, the receipt.

use super::*;
use crate::number::NumberLife;

/// A lobby with the checklist of one matter before the visitor, nothing asked of the stores yet.
pub(super) fn entered(matter: &str) -> Lobby {
    let mut hall = Lobby::at_choose("home.scan");
    hall.touch(matter).touch("confirm").answer(LedgerReply::Entered(opened("v")));
    hall
}

fn states(hall: &Lobby) -> Vec<(String, MaterialState)> {
    match hall.screen() {
        Screen::Materials(m) => m.materials.iter().map(|m| (m.code.to_string(), m.state)).collect(),
        other => panic!("{other:?}"),
    }
}

fn state(hall: &Lobby, code: &str) -> MaterialState {
    states(hall).into_iter().find(|(known, _)| known == code).unwrap_or_else(|| panic!("no {code}")).1
}

#[test]
fn the_stores_are_asked_only_when_the_visitor_agrees_and_the_reason_goes_along() {
    let mut hall = entered("matter.card");
    let Screen::Licences(ask) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert_eq!(ask.materials.iter().map(|m| m.zh.as_str()).collect::<Vec<_>>(), ["id-card"]);
    hall.touch("back");
    assert!(hall.last.is_empty(), "no is no: {:?}", hall.last);
    assert_eq!(state(&hall, "id-card"), MaterialState::Missing);
    assert!(matches!(hall.screen(), Screen::Materials(m) if m.licences == LicencesTold::NotAsked));

    hall.touch("licences.ask").touch("licences.yes");
    let [Action::Licences(_, wanted)] = &hall.last[..] else { panic!("{:?}", hall.last) };
    assert!(matches!(&wanted.holder, Holder::Person(p) if p.number.reveal() == ZHANG));
    assert_eq!((wanted.dossier.0.as_str(), wanted.cause.as_str()), ("v", "窗口办事材料核验：card"));
    assert_eq!(state(&hall, "id-card"), MaterialState::Checking);
    assert_eq!(state(&hall, "lease"), MaterialState::Missing, "no licence stands for it");
}

#[test]
fn a_company_is_asked_about_as_a_company() {
    let mut hall = Lobby::at_choose("home.scan");
    hall.hear(Event::CompanyKey(Some(offer()))).touch("for.company").touch("company.take");
    hall.touch("matter.card")
        .touch("confirm")
        .answer(LedgerReply::Entered(opened("v")))
        .touch("licences.yes");
    let [Action::Licences(_, wanted)] = &hall.last[..] else { panic!("{:?}", hall.last) };
    assert!(matches!(&wanted.holder, Holder::Company(code) if *code == offer().code));
}

#[test]
fn matters_for_which_no_licence_could_stand_ask_nothing() {
    let hall = entered("package.shop");
    assert!(matches!(hall.screen(), Screen::Materials(m) if m.licences == LicencesTold::NotNeeded));
}

#[test]
fn what_the_stores_say_decides_and_silence_is_not_missing() {
    use MaterialState::{InStore, Missing, Unknown};
    let day = date(2031, 5, 1);
    for (licences, complete, expected) in [
        (vec![licence(Standing::Valid, Some(day))], true, InStore),
        (vec![licence(Standing::Valid, None)], false, InStore),
        (vec![licence(Standing::Expired, Some(day))], true, Missing),
        (vec![licence(Standing::Void, None)], true, Missing),
        (vec![licence(Standing::Expired, Some(day))], false, Unknown),
        (vec![licence(Standing::Expired, Some(day)), licence(Standing::Valid, Some(day))], true, InStore),
        (vec![], true, Missing),
        (vec![], false, Unknown),
    ] {
        let told = format!("{licences:?} {complete}");
        let mut hall = entered("matter.card");
        hall.touch("licences.yes");
        let session = hall.session();
        hall.hear(Event::Licences(session, LicencesFound { licences: licences.clone(), look: 1, complete }));
        assert_eq!(state(&hall, "id-card"), expected, "{told}");
        assert_eq!(state(&hall, "photo"), MaterialState::AtWindow);
        let Screen::Materials(shown) = hall.screen() else { panic!() };
        let want = if complete { LicencesTold::Complete } else { LicencesTold::Incomplete };
        assert_eq!(shown.licences, want, "{told}");
        let row = shown.materials.iter().find(|m| m.code.as_str() == "id-card").unwrap();
        assert_eq!(row.licence.is_some(), !licences.is_empty(), "{told}");
        assert!(row.licence.as_ref().is_none_or(|l| l.number == "****6511"), "{told}");
        // What a licence stands for is not scanned; everything else may be.
        hall.touch("material.id-card");
        assert_eq!(hall.screen().name() == "scan", expected != InStore, "{told}");
    }
}

fn tell(hall: &mut Lobby, look: u32, licences: Vec<Licence>, complete: bool) {
    let session = hall.session();
    hall.hear(Event::Licences(session, LicencesFound { licences, look, complete }));
}

#[test]
fn an_answer_to_somebody_who_has_left_is_dropped() {
    let mut hall = entered("matter.card");
    hall.touch("licences.yes");
    let before = hall.session();
    hall.touch("finish").pass(30);
    assert_eq!(hall.screen().name(), "home");
    // The next one asks too, and hears what was found for the one before.
    hall.touch("home.scan").lay(LI).answer(LedgerReply::Found(None));
    hall.touch("matter.card")
        .touch("confirm")
        .answer(LedgerReply::Entered(opened("w")))
        .touch("licences.yes");
    let valid = vec![licence(Standing::Valid, None)];
    hall.hear(Event::Licences(before, LicencesFound { licences: valid, look: 1, complete: true }));
    assert_eq!(state(&hall, "id-card"), MaterialState::Checking);
}

#[test]
fn what_was_found_for_one_does_not_stand_for_another() {
    let mut hall = entered("matter.card");
    hall.touch("licences.yes");
    tell(&mut hall, 1, vec![licence(Standing::Valid, None)], true);
    assert_eq!(state(&hall, "id-card"), MaterialState::InStore);
    // The same visitor, now for a company.
    hall.touch("back").hear(Event::CompanyKey(Some(offer())));
    hall.touch("for.company").touch("company.take").touch("confirm");
    hall.answer(LedgerReply::Entered(opened("v")));
    assert_eq!(hall.screen().name(), "licences", "it is asked anew");
    hall.touch("licences.yes");
    // An answer to the first look comes late.
    tell(&mut hall, 1, vec![licence(Standing::Valid, None)], true);
    assert_eq!(state(&hall, "id-card"), MaterialState::Checking);
}

#[test]
fn looking_again_loses_nothing_that_was_known() {
    let mut hall = entered("matter.card");
    hall.touch("licences.yes");
    tell(&mut hall, 1, vec![licence(Standing::Valid, None)], false);
    hall.touch("licences.ask").touch("back");
    assert_eq!(state(&hall, "id-card"), MaterialState::InStore, "no to another look is no to nothing else");
    hall.touch("licences.ask").touch("licences.yes");
    assert_eq!(state(&hall, "id-card"), MaterialState::InStore);
    tell(&mut hall, 2, vec![], false);
    assert_eq!(state(&hall, "id-card"), MaterialState::InStore, "a store that is away has not lost it");
    hall.touch("licences.ask").touch("licences.yes");
    tell(&mut hall, 3, vec![], true);
    assert_eq!(
        state(&hall, "id-card"),
        MaterialState::Missing,
        "all have answered: it is not there any more"
    );
}

#[test]
fn what_does_not_concern_the_visitor_he_may_say_where_every_item_allows_it() {
    let mut hall = entered("matter.card");
    hall.touch("back").touch("material.lease");
    assert!(matches!(hall.screen(), Screen::Scan(scan) if scan.optional));
    hall.touch("not-applicable");
    assert_eq!(state(&hall, "lease"), MaterialState::NotApplicable);
    hall.touch("material.lease");
    assert_eq!(hall.screen().name(), "scan", "he may think again");
    hall.touch("back");
    assert_eq!(state(&hall, "lease"), MaterialState::Missing);
    // The package's own item wants it from everybody.
    let mut hall = entered("package.shop");
    hall.touch("material.lease");
    assert!(matches!(hall.screen(), Screen::Scan(scan) if !scan.optional));
    hall.touch("not-applicable");
    assert_eq!(hall.screen().name(), "scan");
}

pub(super) fn order(hall: &mut Lobby) -> Vec<(u32, Turn)> {
    hall.touch("scan.accept");
    let Some(Action::Submit(submission)) = hall.last.first() else { panic!("{:?}", hall.last) };
    submission.pages.iter().map(|(page, turn)| (page.0, *turn)).collect()
}

pub(super) fn dropped(hall: &Lobby) -> Vec<u32> {
    let pages = hall.last.iter().filter_map(|action| match action {
        Action::DropPages(_, pages) => Some(pages.iter().map(|p| p.0)),
        _ => None,
    });
    pages.flatten().collect()
}

/// The visitor leafs to a page.
pub(super) fn at_page(hall: &mut Lobby, page: usize) -> &mut Lobby {
    loop {
        let Screen::Review(review) = hall.screen() else { panic!("{:?}", hall.screen()) };
        match review.page.cmp(&page) {
            std::cmp::Ordering::Equal => return hall,
            std::cmp::Ordering::Less => hall.touch("preview.next"),
            std::cmp::Ordering::Greater => hall.touch("preview.previous"),
        };
    }
}

#[test]
fn pages_are_moved_turned_removed_and_added() {
    let mut hall = Lobby::at_review(3);
    at_page(&mut hall, 3)
        .touch("page.earlier")
        .touch("page.earlier")
        .touch("page.earlier")
        .touch("page.rotate");
    hall.touch("preview.next").touch("page.later").touch("page.remove");
    assert_eq!(dropped(&hall), [] as [u32; 0], "it is asked first");
    hall.touch("scan.accept");
    assert!(hall.last.is_empty(), "what is asked comes first");
    hall.touch("answer.no").touch("page.remove").touch("answer.yes");
    assert_eq!(dropped(&hall), [1]);
    hall.touch("scan.add").touch("scan.start").page(9).scan(ScanEvent::Ended(None));
    assert_eq!(order(&mut hall), [(3, Turn::Right), (2, Turn::None), (9, Turn::None)]);
}

#[test]
fn the_last_page_removed_leaves_nothing_to_hand_in() {
    let mut hall = Lobby::at_review(1);
    hall.touch("page.remove").touch("answer.yes");
    assert_eq!(dropped(&hall), [1]);
    assert!(matches!(hall.screen(), Screen::Scan(scan) if scan.have == 0));
}

#[test]
fn pages_are_not_thrown_away_by_one_touch() {
    let mut hall = Lobby::at_review(2);
    for (id, step) in [("back", "materials"), ("scan.again", "scan")] {
        hall.touch(id);
        assert_eq!((hall.screen().name(), dropped(&hall).len()), ("review", 0), "{id}");
        hall.touch("answer.no");
        hall.touch(id).touch("answer.yes");
        assert_eq!((hall.screen().name(), dropped(&hall)), (step, vec![1, 2]), "{id}");
        hall = Lobby::at_review(2);
    }
}

/// Three pages, of which the first and the last seem blank.
pub(super) fn with_blank_pages() -> Lobby {
    let mut hall = Lobby::at_review(0);
    hall.touch("scan.start");
    let preview = || Arc::new(Preview { width: 1, height: 1, rgb: vec![0; 3] });
    for (page, blank) in [(1, true), (2, false), (3, true)] {
        let warnings = if blank { vec![PageWarning::Blank] } else { vec![] };
        hall.scan(ScanEvent::Stored { page: PageId(page), preview: preview(), warnings, turn: Turn::None });
    }
    hall.scan(ScanEvent::Ended(None));
    hall
}

#[test]
fn blank_pages_are_asked_about_one_by_one() {
    let mut hall = with_blank_pages();
    let asked = |hall: &Lobby| match hall.screen() {
        Screen::Review(review) => (review.page, review.asking),
        other => panic!("{other:?}"),
    };
    assert_eq!(asked(&hall), (1, Some(ReviewAsk::Blank)));
    hall.touch("answer.yes");
    assert_eq!(asked(&hall), (3, Some(ReviewAsk::Blank)));
    hall.touch("answer.no");
    assert_eq!((asked(&hall), dropped(&hall)), ((2, None), vec![3]));
    assert_eq!(order(&mut hall), [(1, Turn::None), (2, Turn::None)]);
}

#[test]
fn the_first_new_page_is_shown_first() {
    let shown = |hall: &Lobby| match hall.screen() {
        Screen::Review(review) => (review.page, review.pages),
        other => panic!("{other:?}"),
    };
    let mut hall = Lobby::at_review(3);
    assert_eq!(shown(&hall), (1, 3));
    hall.touch("scan.add").touch("scan.start").page(4).page(5).scan(ScanEvent::Ended(None));
    assert_eq!(shown(&hall), (4, 5));
    // Nothing new: where he was, or at the end.
    at_page(&mut hall, 2).touch("page.again").touch("scan.start").scan(ScanEvent::Ended(None));
    assert_eq!(shown(&hall), (2, 5));
    hall.touch("scan.add").touch("scan.start").scan(ScanEvent::Ended(Some(ScanProblem::FeederEmpty)));
    assert_eq!(shown(&hall), (5, 5));
}

#[test]
fn a_doubtful_page_is_shown_first() {
    let mut hall = Lobby::at_review(0);
    hall.touch("scan.start");
    let preview = Arc::new(Preview { width: 1, height: 1, rgb: vec![0; 3] });
    for (page, warnings) in [(1, vec![]), (2, vec![PageWarning::Folded]), (3, vec![])] {
        let stored =
            ScanEvent::Stored { page: PageId(page), preview: preview.clone(), warnings, turn: Turn::None };
        hall.scan(stored);
    }
    hall.scan(ScanEvent::Ended(None));
    let Screen::Review(review) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert_eq!((review.page, review.doubtful, review.asking), (2, vec![2], None));
}

#[test]
fn a_page_that_was_accepted_before_does_not_draw_the_eye_again() {
    let mut hall = Lobby::at_review(0);
    hall.touch("scan.start");
    let preview = Arc::new(Preview { width: 1, height: 1, rgb: vec![0; 3] });
    let stored = |page, warnings: &[PageWarning]| ScanEvent::Stored {
        page: PageId(page),
        preview: preview.clone(),
        warnings: warnings.to_vec(),
        turn: Turn::None,
    };
    hall.scan(stored(1, &[PageWarning::Folded])).scan(stored(2, &[])).scan(ScanEvent::Ended(None));
    hall.touch("preview.next").touch("page.again").touch("scan.start");
    hall.scan(stored(3, &[])).scan(ScanEvent::Ended(None));
    assert!(matches!(hall.screen(), Screen::Review(r) if r.page == 2 && r.doubtful == [1]));
}

#[test]
fn a_blank_page_that_lay_the_wrong_way_up_is_scanned_again() {
    let mut hall = Lobby::at_review(0);
    hall.touch("scan.start");
    let preview = Arc::new(Preview { width: 1, height: 1, rgb: vec![0; 3] });
    let stored = |page, warnings| ScanEvent::Stored {
        page: PageId(page),
        preview: preview.clone(),
        warnings,
        turn: Turn::None,
    };
    hall.scan(stored(1, vec![PageWarning::Blank])).scan(ScanEvent::Ended(None));
    hall.touch("page.again").touch("scan.start").scan(stored(2, vec![])).scan(ScanEvent::Ended(None));
    assert_eq!(order(&mut hall), [(2, Turn::None)]);
}

fn handed_in() -> Lobby {
    let mut hall = Lobby::at_review(1);
    hall.touch("scan.accept");
    stored(&mut hall);
    hall
}

/// The lease is in the outbox.
fn stored(hall: &mut Lobby) {
    let (session, lease) = (hall.session(), MaterialCode::new("lease").unwrap());
    hall.hear(Event::Document(DocumentEvent::Stored(session, lease, DocumentId("d".into()), Some(code()))));
}

#[test]
fn what_the_back_office_says_is_told_at_once_and_stands() {
    let mut hall = handed_in();
    let document = || DocumentId("d".into());
    let returned = MaterialState::Returned(ReturnReason::Illegible);
    let note = Some("第二页太暗".to_owned());
    hall.hear(Event::Document(DocumentEvent::Reviewed(document(), returned, note.clone())));
    // News of the way there may come late.
    hall.hear(Event::Document(DocumentEvent::State(document(), MaterialState::Received)));
    let Screen::Materials(shown) = hall.screen() else { panic!() };
    assert_eq!((shown.materials[0].state, &shown.materials[0].note), (returned, &note));
    hall.touch("material.lease");
    assert_eq!(hall.screen().name(), "scan", "it can be scanned again");
    hall.touch("back");
    hall.hear(Event::Document(DocumentEvent::Reviewed(document(), MaterialState::Accepted, None)));
    assert_eq!(state(&hall, "lease"), MaterialState::Accepted);
}

#[test]
fn a_receipt_says_what_the_printer_said_and_a_second_one_is_marked() {
    let mut hall = handed_in();
    hall.touch("receipt").touch("receipt.print");
    let printed = |hall: &Lobby| match &hall.last[..] {
        [Action::PrintReceipt(_, receipt)] => (**receipt).clone(),
        other => panic!("{other:?}"),
    };
    let first = printed(&hall);
    assert!(!first.reprint);
    assert_eq!((first.code.to_string().as_str(), first.papers.len()), ("0123-4567-89AB-CDEF", 1));
    assert_eq!((first.papers[0].pages, first.papers[0].state), (1, MaterialState::Stored));
    hall.touch("receipt.print");
    assert!(hall.last.is_empty(), "a double tap prints once");
    let session = hall.session();
    let paper = |hall: &Lobby| match hall.screen() {
        Screen::Receipt(receipt) => receipt.paper,
        other => panic!("{other:?}"),
    };
    hall.hear(Event::Receipt(session, TicketState::NotPrinted(None)));
    assert_eq!(paper(&hall), Some(TicketState::NotPrinted(None)));
    hall.touch("receipt.print");
    assert!(!printed(&hall).reprint, "nothing came out before");
    hall.hear(Event::Receipt(session, TicketState::Unknown(None))).touch("receipt.print");
    assert!(printed(&hall).reprint, "one may have come out before");
    hall.pass(1).touch("finish");
    assert_eq!(hall.screen().name(), "goodbye");
}

#[test]
fn a_receipt_of_an_earlier_session_is_marked() {
    let mut hall = Lobby::at_choose("home.scan");
    let lease = MaterialCode::new("lease").unwrap();
    let paper = PaperKnown {
        material: lease,
        document: DocumentId("d".into()),
        pages: 2,
        state: MaterialState::Received,
        note: None,
    };
    let open = OpenVisit { papers: vec![paper], custody: Some(code()), ..opened("v") };
    hall.touch("package.shop").touch("confirm").answer(LedgerReply::Entered(open));
    hall.touch("receipt").touch("receipt.print");
    assert!(matches!(&hall.last[..], [Action::PrintReceipt(_, receipt)] if receipt.reprint));
}

#[test]
fn what_is_not_needed_is_not_wanted_again() {
    let mut hall = handed_in();
    let not_needed = MaterialState::Returned(ReturnReason::NotNeeded);
    hall.hear(Event::Document(DocumentEvent::Reviewed(DocumentId("d".into()), not_needed, None)));
    assert!(!not_needed.is_open() && !not_needed.may_scan() && !not_needed.is_wanted_again());
    hall.touch("finish").pass(1).touch("finish");
    assert!(matches!(hall.screen(), Screen::Goodbye(g) if g.papers.is_some_and(|p| p.returned == 0)));
}

#[test]
fn without_a_printer_the_receipt_stands_on_the_screen() {
    let mut hall = handed_in();
    hall.status(&[Fault::PaperOut]).touch("finish");
    assert!(matches!(hall.screen(), Screen::Receipt(receipt) if !receipt.printer));
    hall.touch("receipt.print");
    assert!(hall.last.is_empty());
    hall.touch("back").touch("finish").pass(1).touch("finish");
    assert_eq!(hall.screen().name(), "goodbye");
}

#[test]
fn papers_in_the_hands_take_their_time_and_not_for_ever() {
    let mut hall = Lobby::at_review(1);
    hall.pass(150);
    assert_eq!((hall.screen().name(), hall.desk.view(hall.now).ending_in), ("review", None));
    hall.pass(31);
    assert!(hall.last.iter().any(|a| matches!(a, Action::Forget(_))));
    assert_ne!(hall.screen().name(), "review");
}

#[test]
fn goodbye_says_what_is_missing_and_where_papers_may_lie() {
    let mut hall = entered("matter.card");
    hall.touch("back").touch("material.lease").touch("scan.start").page(1).scan(ScanEvent::Ended(None));
    hall.touch("scan.accept");
    stored(&mut hall);
    let missing = states(&hall).iter().filter(|(_, state)| *state == MaterialState::Missing).count();
    assert!(missing > 0);
    hall.touch("finish").pass(1).touch("finish");
    let Screen::Goodbye(goodbye) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert_eq!(goodbye.papers.map(|p| (p.stored, p.missing)), Some((1, missing)));
    assert!(goodbye.originals && goodbye.unnumbered, "no window sees these without a number");
    let bring: Vec<_> = goodbye.bring.iter().map(|label| label.zh.as_str()).collect();
    assert_eq!(
        bring,
        ["lease", "photo"],
        "the original of what was handed in, and what only the window takes"
    );

    let mut hall = Lobby::at_number();
    hall.touch("finish");
    assert!(
        matches!(hall.screen(), Screen::Goodbye(g) if g.papers.is_none() && !g.originals && g.bring.is_empty())
    );
}

#[test]
fn a_double_tap_agrees_to_nothing_and_sends_nobody_away() {
    let mut hall = entered("matter.card");
    assert!(hall.desk.view(hall.now).just_come);
    hall.touch_at_once("licences.yes");
    assert_eq!((hall.screen().name(), hall.last.len()), ("licences", 0), "nobody has read that yet");
    // "No" may be said at any time, and time alone makes the answer count.
    let settled = hall.desk.next_deadline(hall.now).unwrap();
    assert_eq!(settled, hall.now.tick + Duration::from_millis(700));
    hall.now.tick = settled;
    assert!(!hall.desk.view(hall.now).just_come);
    hall.touch_at_once("licences.yes");
    assert_eq!(hall.screen().name(), "materials");
    hall.touch_at_once("finish").touch_at_once("finish");
    assert_eq!(hall.screen().name(), "goodbye", "what is said there can be read");
    hall.touch("finish");
    assert_eq!(hall.screen().name(), "home");
}

#[test]
fn what_was_handed_in_for_one_counts_for_no_other() {
    let mut hall = handed_in();
    let received = |hall: &Lobby| state(hall, "lease") == MaterialState::Stored;
    assert!(received(&hall));
    hall.hear(Event::CompanyKey(Some(offer()))).touch("back").touch("for.company").touch("company.take");
    hall.touch("confirm").answer(LedgerReply::Entered(OpenVisit { custody: Some(code()), ..opened("v") }));
    assert_eq!(state(&hall, "lease"), MaterialState::Missing);
    // What was handed in before is his all the same who did it: his receipt names it.
    hall.touch("receipt");
    assert!(matches!(hall.screen(), Screen::Receipt(receipt) if receipt.papers.len() == 1));
    hall.touch("back");
    // It is theirs for whom it is scanned.
    hall.touch("material.lease")
        .touch("scan.start")
        .page(7)
        .scan(ScanEvent::Ended(None))
        .touch("scan.accept");
    let Some(Action::Submit(submission)) = hall.last.first() else { panic!("{:?}", hall.last) };
    assert!(matches!(&submission.applicant, Applicant::Company(code) if *code == offer().code));
}

#[test]
fn who_goes_is_told_what_nobody_knows_and_that_he_was_called() {
    let mut hall = entered("matter.card");
    hall.touch("licences.yes");
    tell(&mut hall, 1, vec![], false);
    let lease = MaterialCode::new("lease").unwrap();
    let session = hall.session();
    hall.hear(Event::Document(DocumentEvent::Stored(session, lease, DocumentId("d".into()), Some(code()))));
    hall.touch("finish").touch("finish");
    let Screen::Goodbye(goodbye) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert_eq!(goodbye.papers.map(|papers| (papers.stored, papers.unknown)), Some((1, 1)));
    assert_eq!(goodbye.life, NumberLife::Waiting);

    let mut hall = Lobby::at_choose("home.scan");
    let called = OpenVisit { number: Some(a(17)), called: true, ..opened("v") };
    hall.touch("package.shop").touch("confirm").answer(LedgerReply::Entered(called)).touch("finish");
    assert!(matches!(
        hall.screen(),
        Screen::Goodbye(Goodbye { life: NumberLife::Called, number: Some(_), .. })
    ));
}

#[test]
fn what_was_accepted_is_waited_for_as_long_as_storing_it_may_take() {
    let mut hall = Lobby::at_review(2);
    hall.touch("scan.accept").pass(300);
    assert_eq!(hall.screen().name(), "wait");
    let (session, lease) = (hall.session(), MaterialCode::new("lease").unwrap());
    hall.hear(Event::Document(DocumentEvent::Failed(session, lease, Fault::DocumentFailed)));
    assert!(matches!(hall.screen(), Screen::Review(review) if review.pages == 2));
}

#[test]
fn nobody_goes_by_the_list_of_matters_without_having_been_offered_the_receipt() {
    let mut hall = handed_in();
    hall.touch("back");
    assert_eq!(hall.screen().name(), "choose");
    while hall.screen().name() == "choose" {
        hall.touch("back");
    }
    assert_eq!(hall.screen().name(), "receipt");
    hall.touch("back");
    assert_eq!(
        hall.screen().name(),
        "choose",
        "back to where he came from, not to a checklist of other matters"
    );
}

#[test]
fn of_two_looks_the_newer_word_on_a_licence_counts() {
    let mut hall = entered("matter.card");
    hall.touch("licences.yes");
    tell(&mut hall, 1, vec![licence(Standing::Valid, None)], false);
    assert_eq!(state(&hall, "id-card"), MaterialState::InStore);
    hall.touch("licences.ask").touch("licences.yes");
    tell(&mut hall, 2, vec![licence(Standing::Void, None)], false);
    assert_eq!(state(&hall, "id-card"), MaterialState::Unknown, "suspended by now");
}
