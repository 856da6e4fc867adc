//! What somebody is told who goes, and what he leaves behind.

use super::*;

#[test]
fn a_sound_calls_back_who_leaves_something_until_it_is_taken() {
    let sounds = |hall: &mut Lobby, seconds: u64| {
        let mut heard = 0;
        for _ in 0..seconds {
            hall.pass(1);
            heard += hall.last.iter().filter(|action| matches!(action, Action::Remind)).count();
        }
        heard
    };
    let at_once = |hall: &Lobby| hall.last.iter().any(|action| matches!(action, Action::Remind));
    let mut hall = Lobby::at_number();
    hall.card(CardEvent::Presence(CardReminder::Present));
    assert!(!at_once(&hall), "he is not going yet");
    hall.touch("finish");
    assert!(at_once(&hall));
    assert_eq!(sounds(&mut hall, 8), 2);
    hall.card(CardEvent::Presence(CardReminder::Taken));
    assert_eq!(sounds(&mut hall, 4), 0);
    // Papers in the feeder, when he has scanned; whoever took a number left none.
    for (mut hall, left) in [(Lobby::at_review(1), true), (Lobby::at_number(), false)] {
        hall.touch("back").touch("answer.yes").touch("finish");
        assert_eq!((hall.screen().name(), at_once(&hall)), ("goodbye", false));
        hall.hear(Event::Feeder(Feeder::Loaded));
        assert_eq!(at_once(&hall), left);
        hall.hear(Event::Feeder(Feeder::Empty));
        assert_eq!(sounds(&mut hall, 4), 0);
        assert_eq!(
            hall.desk.next_deadline(hall.now).is_some_and(|at| at > hall.now.tick),
            hall.screen().name() == "goodbye"
        );
    }
}

/// The visitor's lease was handed in, and the store has it; he has a number.
fn with_a_lease() -> Lobby {
    let lease = PaperKnown {
        material: MaterialCode::new("lease").unwrap(),
        document: DocumentId("d".into()),
        pages: 2,
        state: MaterialState::Received,
        note: None,
    };
    let choice = Choice { matters: vec![Matter::Item(ItemCode::new("card").unwrap())], ..Choice::default() };
    let open = OpenVisit { number: Some(a(17)), choice, papers: vec![lease], ..opened("v") };
    let mut hall = Lobby::open();
    hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(Some(open)));
    hall
}

#[test]
fn originals_of_what_was_handed_in_are_to_be_at_hand_at_the_window() {
    let mut hall = with_a_lease();
    hall.touch("confirm").answer(LedgerReply::Taken(taken(false, 1)));
    let Screen::Number(shown) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert!(shown.missing.iter().any(|label| label.zh == "lease"), "{:?}", shown.missing);
}

#[test]
fn whoever_goes_without_a_number_is_told() {
    let unnumbered = |hall: &Lobby| match hall.screen() {
        Screen::Goodbye(goodbye) => goodbye.unnumbered,
        other => panic!("{other:?}"),
    };
    let mut hall = Lobby::at_choose("home.number");
    hall.pass(300);
    assert!(unnumbered(&hall), "he came for one");
    let mut hall = Lobby::at_choose("home.scan");
    hall.pass(300);
    assert!(!unnumbered(&hall), "he only looked");
    let mut hall = Lobby::at_number();
    hall.touch("finish");
    assert!(!unnumbered(&hall));
}

/// A number was given back this morning: papers lie under the visit that they were first handed in with, while what is
/// asked of the ledger concerns the visit of today's number.
#[test]
fn papers_are_kept_under_the_dossier_and_numbers_under_the_visit() {
    let (first, now) = (VisitId("first".into()), VisitId("now".into()));
    let choice = Choice { matters: vec![Matter::parse("package.shop").unwrap()], ..Choice::default() };
    let open = || OpenVisit {
        number: Some(a(18)),
        choice: choice.clone(),
        dossier: first.clone(),
        applicant: Some(Applicant::Oneself),
        ..opened(&now.0)
    };
    let mut hall = Lobby::open();
    hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(Some(open())));
    hall.touch("visit.cancel").touch("visit.cancel.yes");
    let cancelled = hall
        .last
        .iter()
        .any(|action| matches!(action, Action::Ledger(_, LedgerDo::Cancel(visit)) if *visit == now));
    assert!(cancelled, "{:?}", hall.last);

    let mut hall = Lobby::open();
    hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(None)).touch("matter.card");
    let taken = Taken { visit: now.clone(), dossier: first.clone(), ..taken(true, 1) };
    hall.touch("confirm").answer(LedgerReply::Taken(taken));
    let printed = hall.last.iter().find_map(|action| match action {
        Action::Print(_, ticket) => Some(ticket.qr.clone()),
        _ => None,
    });
    assert_eq!(printed.as_ref(), Some(&first.0), "a window finds the papers by it");
    assert!(matches!(hall.screen(), Screen::Number(shown) if shown.qr == first.0));

    let mut hall = Lobby::open();
    hall.touch("home.scan").lay(ZHANG).answer(LedgerReply::Found(Some(open()))).touch("confirm");
    hall.answer(LedgerReply::Entered(open())).touch("material.lease").touch("scan.start");
    hall.page(1).scan(ScanEvent::Ended(None)).touch("scan.accept");
    let Some(Action::Submit(submission)) = hall.last.first() else { panic!("{:?}", hall.last) };
    assert_eq!(submission.dossier, first);

    let mut hall = Lobby::open();
    hall.touch("home.scan").lay(ZHANG).answer(LedgerReply::Found(Some(open()))).touch("package.shop");
    hall.touch("matter.card").touch("confirm").answer(LedgerReply::Entered(open())).touch("licences.yes");
    let [Action::Licences(_, wanted)] = &hall.last[..] else { panic!("{:?}", hall.last) };
    assert_eq!(wanted.dossier, first);
}

#[test]
fn giving_a_number_back_says_what_becomes_of_its_papers() {
    let asked = |hall: &Lobby| match hall.screen() {
        Screen::CancelAsk { papers, .. } => papers,
        other => panic!("{other:?}"),
    };
    assert!(asked(with_a_lease().touch("visit.cancel")));
    let mut hall = Lobby::open();
    let open = OpenVisit { number: Some(a(17)), ..opened("v") };
    hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(Some(open))).touch("visit.cancel");
    assert!(!asked(&hall), "there are none");
}

#[test]
fn a_number_can_be_given_back() {
    let mut hall = Lobby::open();
    let open = OpenVisit { number: Some(a(17)), ..opened("v") };
    hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(Some(open)));
    hall.touch("visit.cancel").touch("visit.cancel.yes").answer(LedgerReply::Cancelled);
    assert!(matches!(hall.screen(), Screen::Goodbye(Goodbye { cancelled: true, number: None, .. })));
}
