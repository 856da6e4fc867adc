//! Handing in what need not be handed in: a licence stands for it, or it was handed in before.

use super::*;

/// The checklist of one matter, with these papers handed in before and these licences found.
fn at_checklist(papers: Vec<PaperKnown>, licences: Vec<Licence>) -> Lobby {
    let mut hall = Lobby::at_choose("home.scan");
    let open = OpenVisit { papers, custody: Some(code()), ..opened("v") };
    hall.touch("matter.card").touch("confirm").answer(LedgerReply::Entered(open));
    if matches!(hall.screen(), Screen::Licences(_)) {
        hall.touch("licences.yes");
        let session = hall.session();
        hall.hear(Event::Licences(session, LicencesFound { licences, look: 1, complete: true }));
    }
    hall
}

fn paper(material: &str, document: &str, state: MaterialState) -> PaperKnown {
    let material = MaterialCode::new(material).unwrap();
    PaperKnown { material, document: DocumentId(document.into()), pages: 1, state, note: None }
}

fn row(hall: &Lobby, material: &str) -> MaterialShown {
    let Screen::Materials(shown) = hall.screen() else { panic!("{:?}", hall.screen()) };
    shown.materials.into_iter().find(|row| row.code.as_str() == material).unwrap()
}

/// From the scanner through review into the outbox.
fn hand_in(hall: &mut Lobby, material: &str, document: &str) {
    hall.touch("scan.start").page(1).scan(ScanEvent::Ended(None)).touch("scan.accept");
    let (session, material) = (hall.session(), MaterialCode::new(material).unwrap());
    let stored = DocumentEvent::Stored(session, material, DocumentId(document.into()), Some(code()));
    hall.hear(Event::Document(stored));
}

#[test]
fn what_was_handed_in_is_handed_in_anew_only_after_a_question_and_never_once_approved() {
    use MaterialState::*;
    for (state, how) in [
        (Stored, Some("hand-in")),
        (Sending(40), Some("hand-in")),
        (Sent, Some("hand-in")),
        (Received, Some("hand-in")),
        (Refused(Fault::StoreRefusedDocument), Some("scan")),
        (Returned(ReturnReason::Illegible), Some("scan")),
        (Returned(ReturnReason::NotNeeded), None),
        (Accepted, None),
    ] {
        let mut hall = at_checklist(vec![paper("lease", "d", state)], vec![]);
        assert_eq!(row(&hall, "lease").may_hand_in, how.is_some(), "{state:?}");
        hall.touch("material.lease");
        assert_eq!(hall.screen().name(), how.unwrap_or("materials"), "{state:?}");
        if let Screen::HandInAsk(ask) = hall.screen() {
            assert_eq!((ask.why, ask.may_hand_in), (NeedNot::HandedIn(state), true));
            hall.touch("back");
            assert_eq!(row(&hall, "lease").state, state, "no is no");
        }
    }
}

#[test]
fn what_was_sent_back_comes_first_and_says_why_to_the_end() {
    let listed = |hall: &Lobby| match hall.screen() {
        Screen::Materials(m) => {
            let codes: Vec<_> = m.materials.iter().map(|row| row.code.to_string()).collect();
            (codes.join(" "), m.done, m.count)
        }
        other => panic!("{other:?}"),
    };
    let returned = MaterialState::Returned(ReturnReason::Illegible);
    for (lease, order, done) in [
        (None, "id-card lease photo", 0),
        (Some(MaterialState::Received), "id-card lease photo", 1),
        (Some(MaterialState::Returned(ReturnReason::NotNeeded)), "id-card lease photo", 1),
        (Some(returned), "lease id-card photo", 0),
    ] {
        let papers =
            lease.map(|state| PaperKnown { note: Some("看不清".into()), ..paper("lease", "d", state) });
        let mut hall = at_checklist(papers.into_iter().collect(), vec![]);
        assert_eq!(listed(&hall), (order.to_owned(), done, 3), "{lease:?}");
        hall.touch("material.lease");
        if let Screen::Scan(ready) = hall.screen() {
            let why = SentBack { state: returned, note: Some("看不清".into()) };
            assert_eq!(ready.sent_back, (lease == Some(returned)).then_some(why), "{lease:?}");
        }
    }
}

#[test]
fn the_newer_one_counts_and_news_of_the_older_changes_nothing() {
    let mut hall = at_checklist(vec![paper("lease", "old", MaterialState::Received)], vec![]);
    hall.touch("material.lease").touch("answer.yes");
    assert!(matches!(hall.screen(), Screen::Scan(scan) if !scan.optional), "he has handed it in");
    hand_in(&mut hall, "lease", "new");
    assert_eq!(row(&hall, "lease").state, MaterialState::Stored);
    let returned = MaterialState::Returned(ReturnReason::WrongDocument);
    let reviewed = |document: &str, state| DocumentEvent::Reviewed(DocumentId(document.into()), state, None);
    hall.hear(Event::Document(reviewed("old", returned)));
    assert_eq!(row(&hall, "lease").state, MaterialState::Stored);
    hall.hear(Event::Document(reviewed("new", MaterialState::Accepted)));
    assert_eq!(row(&hall, "lease").state, MaterialState::Accepted);
    // So it is when he comes back: oldest first, the newest counts.
    let papers = vec![paper("lease", "old", returned), paper("lease", "new", MaterialState::Received)];
    assert_eq!(row(&at_checklist(papers, vec![]), "lease").state, MaterialState::Received);
}

#[test]
fn what_is_approved_while_it_is_asked_is_not_replaced() {
    let mut hall = at_checklist(vec![paper("lease", "d", MaterialState::Received)], vec![]);
    hall.touch("material.lease");
    hall.hear(Event::Document(DocumentEvent::Reviewed(
        DocumentId("d".into()),
        MaterialState::Accepted,
        None,
    )));
    let Screen::HandInAsk(ask) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert_eq!((ask.why, ask.may_hand_in), (NeedNot::HandedIn(MaterialState::Accepted), false));
    hall.touch("answer.yes");
    assert_eq!(hall.screen().name(), "hand-in");
    hall.touch("back");
    assert_eq!(row(&hall, "lease").state, MaterialState::Accepted);
}

#[test]
fn a_licence_can_be_overruled_and_then_the_document_is_what_counts() {
    let mut hall = at_checklist(vec![], vec![licence(Standing::Valid, None)]);
    assert_eq!(row(&hall, "id-card").state, MaterialState::InStore);
    hall.touch("material.id-card");
    let Screen::HandInAsk(ask) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert!(matches!(ask.why, NeedNot::InStore(licence) if licence.number == "****6511"));
    hall.touch("back");
    assert_eq!(row(&hall, "id-card").state, MaterialState::InStore);
    hall.touch("material.id-card").touch("answer.yes").touch("back");
    assert_eq!(row(&hall, "id-card").state, MaterialState::InStore, "nothing was handed in");
    hall.touch("material.id-card").touch("answer.yes");
    hand_in(&mut hall, "id-card", "d");
    assert_eq!(row(&hall, "id-card").state, MaterialState::Stored);
    let reviewed = DocumentEvent::Reviewed(
        DocumentId("d".into()),
        MaterialState::Returned(ReturnReason::Illegible),
        None,
    );
    hall.hear(Event::Document(reviewed));
    assert!(row(&hall, "id-card").state.is_wanted_again());
}

#[test]
fn what_is_approved_while_it_is_scanned_anew_is_not_replaced() {
    let mut hall = at_checklist(vec![paper("lease", "d", MaterialState::Received)], vec![]);
    hall.touch("material.lease").touch("answer.yes").touch("scan.start").page(1);
    hall.scan(ScanEvent::Ended(None));
    let document = DocumentId("d".into());
    hall.hear(Event::Document(DocumentEvent::Reviewed(document, MaterialState::Accepted, None)));
    hall.touch("scan.accept");
    assert!(matches!(hall.last[..], [Action::DropPages(..)]), "{:?}", hall.last);
    assert_eq!(row(&hall, "lease").state, MaterialState::Accepted);
}

#[test]
fn a_licence_that_is_gone_while_it_is_asked_about_makes_its_material_wanted() {
    let mut hall = at_checklist(vec![], vec![licence(Standing::Valid, None)]);
    hall.touch("licences.ask").touch("licences.yes").touch("material.id-card");
    assert!(matches!(hall.screen(), Screen::HandInAsk(ask) if matches!(ask.why, NeedNot::InStore(_))));
    let session = hall.session();
    hall.hear(Event::Licences(session, LicencesFound { licences: vec![], look: 2, complete: true }));
    assert!(matches!(hall.screen(), Screen::Scan(scan) if scan.have == 0));
}
