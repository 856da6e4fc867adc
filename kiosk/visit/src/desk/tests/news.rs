//! What is told on every screen.

use super::*;
use crate::number::{NumberLife, WindowEvent};
use crate::waiting::Place;

/// A visitor with number A017, his papers before him: one of them was handed in.
fn with_papers() -> Lobby {
    let mut hall = Lobby::at_choose("home.scan");
    let open = OpenVisit { number: Some(a(17)), papers: vec![handed_in()], ..opened("v") };
    hall.touch("matter.card").touch("confirm").answer(LedgerReply::Entered(open)).touch("back");
    hall
}

fn handed_in() -> PaperKnown {
    PaperKnown {
        material: MaterialCode::new("lease").unwrap(),
        document: DocumentId("d".into()),
        pages: 2,
        state: MaterialState::Received,
        note: None,
    }
}

fn news(hall: &Lobby) -> Option<News> {
    hall.desk.view(hall.now).news
}

fn sounds(hall: &Lobby) -> bool {
    hall.last.iter().any(|action| matches!(action, Action::Remind))
}

#[test]
fn whoever_is_called_while_he_scans_is_told_wherever_he_is_and_at_goodbye() {
    let today = MONDAY.date();
    let call = |number, day| Event::Window(number, day, WindowEvent::Called);
    let mut hall = with_papers();
    hall.touch("material.id-card").hear(call(a(18), today));
    assert!(news(&hall).is_none() && !sounds(&hall), "somebody else's number");
    hall.hear(call(a(17), today.yesterday().unwrap()));
    assert!(news(&hall).is_none() && !sounds(&hall), "a number of another day");
    hall.hear(call(a(17), today));
    assert!(sounds(&hall));
    for touched in ["scan.start", "scan.stop", "look", "back", "help", "back"] {
        hall.touch(touched);
        assert_eq!(news(&hall), Some(News::Called(a(17))), "{touched}");
    }
    hall.scan(ScanEvent::Ended(None)).touch("back").touch("finish");
    let Screen::Goodbye(goodbye) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert_eq!(goodbye.life, NumberLife::Called);
    assert_eq!(news(&hall), None, "goodbye says so itself");
    // Somebody else's screen tells nothing of it.
    hall.touch("finish").touch("home.number");
    assert_eq!(news(&hall), None);
}

#[test]
fn a_call_is_told_on_the_number_and_at_goodbye_by_themselves_and_ends_with_the_service() {
    let window = |what| Event::Window(a(17), MONDAY.date(), what);
    let mut hall = Lobby::at_number();
    hall.hear(window(WindowEvent::Called));
    assert!(sounds(&hall) && news(&hall).is_none());
    assert!(matches!(hall.screen(), Screen::Number(shown) if shown.place == Some(Place::Called)));
    hall.touch("finish");
    assert!(matches!(hall.screen(), Screen::Goodbye(goodbye) if goodbye.life == NumberLife::Called));

    let mut hall = Lobby::at_number();
    hall.touch("finish").hear(window(WindowEvent::Called));
    assert!(sounds(&hall));
    assert!(matches!(hall.screen(), Screen::Goodbye(goodbye) if goodbye.life == NumberLife::Called));

    // Whoever reads it has as long as for any other goodbye.
    let mut hall = Lobby::at_number();
    hall.touch("finish").pass(4).hear(window(WindowEvent::Called)).pass(4);
    assert_eq!(hall.screen().name(), "goodbye");
}

#[test]
fn a_number_whose_life_is_over_is_not_waited_for() {
    let window = |what| Event::Window(a(17), MONDAY.date(), what);
    let mut hall = with_papers();
    hall.hear(window(WindowEvent::Called)).hear(window(WindowEvent::NoShow));
    assert!(!sounds(&hall));
    assert_eq!(news(&hall), Some(News::Missed(a(17))));
    hall.touch("finish");
    let Screen::Goodbye(goodbye) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert_eq!((goodbye.number, goodbye.life), (Some(a(17)), NumberLife::NoShow));

    let mut hall = with_papers();
    hall.hear(window(WindowEvent::Served)).touch("finish");
    let Screen::Goodbye(goodbye) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert_eq!((goodbye.number, news(&hall)), (None, None));

    // Nor can it be given back, or be had once more.
    for what in [WindowEvent::NoShow, WindowEvent::Served] {
        let mut hall = Lobby::open();
        let open = OpenVisit { number: Some(a(17)), applicant: Some(Applicant::Oneself), ..opened("v") };
        hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(Some(open)));
        assert!(matches!(hall.screen(), Screen::Choose(shown) if shown.open_number == Some(a(17))));
        hall.hear(window(what)).touch("visit.cancel");
        assert!(matches!(hall.screen(), Screen::Choose(shown) if shown.open_number.is_none()), "{what:?}");
    }
}

/// The ledger was read before the windows spoke, and its answer comes after them.
#[test]
fn what_the_windows_say_while_the_ledger_answers_is_newer() {
    let call = Event::Window(a(17), MONDAY.date(), WindowEvent::Called);
    let open = || OpenVisit { number: Some(a(17)), applicant: Some(Applicant::Oneself), ..opened("v") };
    let mut hall = Lobby::open();
    hall.touch("home.scan").lay(ZHANG).hear(call.clone()).answer(LedgerReply::Found(Some(open())));
    assert_eq!(news(&hall), Some(News::Called(a(17))));

    let mut hall = Lobby::at_choose("home.scan");
    hall.touch("matter.card").touch("confirm").hear(call.clone()).answer(LedgerReply::Entered(open()));
    assert_eq!(news(&hall), Some(News::Called(a(17))));

    let mut hall = Lobby::at_choose("home.number");
    hall.touch("package.shop").touch("confirm").hear(call).answer(LedgerReply::Taken(taken(false, 1)));
    assert!(matches!(hall.screen(), Screen::Number(shown) if shown.place == Some(Place::Called)));
}

/// Whoever is called goes, and may leave all as it is.
#[test]
fn whoever_is_called_is_not_waited_for_as_long() {
    let mut hall = with_papers();
    hall.touch("material.id-card").hear(Event::Window(a(17), MONDAY.date(), WindowEvent::Called));
    hall.touch("source.flatbed").pass(Patience::default().idle.as_secs());
    assert_eq!(hall.screen().name(), "goodbye");
}

#[test]
fn what_is_sent_back_is_told_at_once_until_the_checklist_has_shown_it() {
    let back = |state| Event::Document(DocumentEvent::Reviewed(DocumentId("d".into()), state, None));
    let unclear = MaterialState::Returned(ReturnReason::Illegible);
    let lease = || News::SentBack(Label { zh: "lease".into(), en: "lease".into() });
    let mut hall = with_papers();
    hall.touch("material.id-card").hear(back(unclear));
    assert!(sounds(&hall));
    assert_eq!(news(&hall), Some(lease()));
    hall.hear(back(unclear));
    assert!(!sounds(&hall), "told once");
    hall.touch("scan.start");
    assert_eq!(news(&hall), Some(lease()));
    hall.scan(ScanEvent::Ended(None)).touch("back");
    assert_eq!(
        (hall.screen().name(), news(&hall)),
        ("materials", Some(lease())),
        "until he has seen the row"
    );
    hall.touch("help").touch("back");
    assert_eq!(news(&hall), Some(lease()), "not beneath something else");
    hall.touch("material.id-card");
    assert_eq!(news(&hall), None);

    // What came to light before is told no longer once it does not hold.
    for (state, told) in [
        (MaterialState::Accepted, None),
        (MaterialState::Returned(ReturnReason::NotNeeded), None),
        (MaterialState::Returned(ReturnReason::Incomplete), Some(lease())),
    ] {
        let mut hall = with_papers();
        hall.touch("material.id-card").hear(back(unclear)).hear(back(state));
        assert_eq!(news(&hall), told, "{state:?}");
    }

    // It concerns neither whoever came for a number nor another choice.
    let mut hall = Lobby::open();
    let open = OpenVisit {
        applicant: Some(Applicant::Oneself),
        papers: vec![handed_in()],
        number: Some(a(17)),
        ..opened("v")
    };
    hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(Some(open))).hear(back(unclear));
    assert_eq!((hall.screen().name(), news(&hall)), ("choose", None));
    let mut hall = with_papers();
    hall.touch("back").touch("matter.card").hear(back(unclear));
    assert_eq!((hall.screen().name(), news(&hall)), ("choose", None));

    // The call is more urgent.
    let mut hall = with_papers();
    hall.touch("material.id-card");
    hall.hear(back(MaterialState::Accepted)).hear(back(unclear));
    assert_eq!(news(&hall), Some(lease()));
    hall.hear(Event::Window(a(17), MONDAY.date(), WindowEvent::Called));
    assert_eq!(news(&hall), Some(News::Called(a(17))));
}
