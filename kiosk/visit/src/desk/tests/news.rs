//! What is told on every screen.

use super::*;
use crate::number::WindowEvent;
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
    assert!(goodbye.called);
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
    assert!(matches!(hall.screen(), Screen::Goodbye(goodbye) if goodbye.called));

    let mut hall = Lobby::at_number();
    hall.touch("finish").hear(window(WindowEvent::Called));
    assert!(sounds(&hall));
    assert!(matches!(hall.screen(), Screen::Goodbye(goodbye) if goodbye.called));

    let mut hall = with_papers();
    hall.hear(window(WindowEvent::Called)).hear(window(WindowEvent::NoShow));
    assert!(!sounds(&hall) && news(&hall).is_none());
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
    assert_eq!((hall.screen().name(), news(&hall)), ("materials", None), "the row says so, and why");
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

    // The call is more urgent.
    hall.hear(back(MaterialState::Accepted)).hear(back(unclear));
    assert_eq!(news(&hall), Some(lease()));
    hall.hear(Event::Window(a(17), MONDAY.date(), WindowEvent::Called));
    assert_eq!(news(&hall), Some(News::Called(a(17))));
}
