//! What is known before anything is scanned: whose papers they are, where they are laid, what they look like.

use super::papers::entered;
use super::*;
use crate::intent::Source;

#[test]
fn cards_are_laid_on_the_glass_and_sheets_into_the_feeder_unless_the_visitor_says_otherwise() {
    use Source::{Feeder as Slot, Flatbed};
    for (material, before, meanwhile, source) in [
        ("id-card", Feeder::Unknown, Feeder::Unknown, Flatbed),
        ("lease", Feeder::Unknown, Feeder::Unknown, Slot),
        ("id-card", Feeder::Empty, Feeder::Empty, Flatbed),
        // A copy that he has laid in says it as well as a touch; what lay there before says nothing.
        ("id-card", Feeder::Empty, Feeder::Loaded, Slot),
        ("id-card", Feeder::Loaded, Feeder::Loaded, Flatbed),
    ] {
        let mut hall = Lobby::open();
        hall.hear(Event::Feeder(before)).touch("home.scan").lay(ZHANG).answer(LedgerReply::Found(None));
        hall.touch("matter.card").touch("confirm").answer(LedgerReply::Entered(opened("v"))).touch("back");
        hall.hear(Event::Feeder(meanwhile)).touch(&format!("material.{material}"));
        let Screen::Scan(scan) = hall.screen() else { panic!("{:?}", hall.screen()) };
        assert_eq!(scan.source, source, "{material} {before:?} {meanwhile:?}");
    }
    // Before the scanner it is as good a word, unless he has said so himself.
    for (touched, source) in [(None, Slot), (Some("source.flatbed"), Flatbed)] {
        let mut hall = entered("matter.card");
        hall.hear(Event::Feeder(Feeder::Empty)).touch("back").touch("material.id-card");
        if let Some(id) = touched {
            hall.touch(id);
        }
        hall.hear(Event::Feeder(Feeder::Loaded));
        assert!(matches!(hall.screen(), Screen::Scan(scan) if scan.source == source), "{touched:?}");
        hall.hear(Event::Feeder(Feeder::Empty));
        assert!(matches!(hall.screen(), Screen::Scan(scan) if scan.source == Flatbed), "{touched:?}");
    }
}

#[test]
fn whoever_comes_back_with_a_relatives_papers_is_asked_for_his_card_at_once() {
    let of = |applicant| OpenVisit { applicant, number: Some(a(17)), ..opened("v") };
    for (door, applicant, screen) in [
        ("home.scan", None, "identify"),
        ("home.scan", Some(Applicant::Oneself), "choose"),
        ("home.scan", Some(Applicant::Company(offer().code)), "choose"),
        // The number is the visitor's own.
        ("home.number", None, "choose"),
    ] {
        let mut hall = Lobby::open();
        hall.touch(door).lay(ZHANG).answer(LedgerReply::Found(Some(of(applicant.clone()))));
        assert_eq!(hall.screen().name(), screen, "{door} {applicant:?}");
    }
    let mut hall = Lobby::open();
    hall.touch("home.scan").lay(ZHANG).answer(LedgerReply::Found(Some(of(None))));
    assert!(matches!(hall.last[..], [Action::Reader(ReaderDo::Watch(_))]));
    assert!(matches!(hall.screen(), Screen::Identify(shown) if shown.purpose == Purpose::Relative));
    hall.lay(LI);
    let Screen::Choose(shown) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert!(matches!(shown.who.applicant, ApplicantShown::Relative(_)), "{:?}", shown.who);
    // He may stand for himself all the same.
    let mut hall = Lobby::open();
    hall.touch("home.scan").lay(ZHANG).answer(LedgerReply::Found(Some(of(None)))).touch("back");
    let Screen::Choose(shown) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert_eq!(shown.who.applicant, ApplicantShown::Oneself);
}

#[test]
fn what_a_material_looks_like_is_read_when_it_is_to_be_scanned() {
    let mut shop = catalogue();
    for material in &mut shop.materials {
        let pictured = material.code.as_str() != "photo";
        material.example = pictured.then(|| format!("{}.jpg", material.code));
    }
    let mut hall = Lobby::open();
    hall.desk = Desk::new(Arc::new(shop), Patience::default(), EVERY_WAY);
    hall.touch("home.scan").lay(ZHANG).answer(LedgerReply::Found(None));
    hall.touch("matter.card").touch("confirm").answer(LedgerReply::Entered(opened("v"))).touch("back");
    let code = |name| MaterialCode::new(name).unwrap();
    let wanted = |hall: &Lobby| match &hall.last[..] {
        [Action::Example(material)] => Some(material.clone()),
        [] => None,
        other => panic!("{other:?}"),
    };
    let seen = |hall: &Lobby| match hall.screen() {
        Screen::Scan(scan) => scan.example.map(|picture| picture.width),
        other => panic!("{other:?}"),
    };
    let picture = |width| Arc::new(Preview { width, height: 1, rgb: vec![0; 3 * width as usize] });
    assert_eq!(wanted(hall.touch("material.lease")), Some(code("lease")));
    assert_eq!(seen(&hall), None);
    hall.hear(Event::Example(code("id-card"), picture(3)));
    assert_eq!(seen(&hall), None, "another's");
    hall.hear(Event::Example(code("lease"), picture(5)));
    assert_eq!(seen(&hall), Some(5));
    // It is read once, until another is wanted.
    assert_eq!(wanted(hall.touch("back").touch("material.lease")), None);
    assert_eq!(seen(&hall), Some(5));
    assert_eq!(wanted(hall.touch("back").touch("material.id-card")), Some(code("id-card")));
    assert_eq!(seen(&hall), None);
}
