//! Finding a matter by typing.

use super::*;

fn search(hall: &Lobby) -> crate::screen::Search {
    match hall.screen() {
        Screen::Search(search) => search,
        other => panic!("{other:?}"),
    }
}

fn found(hall: &Lobby) -> Vec<String> {
    search(hall).matters.into_iter().map(|m| m.matter.to_string()).collect()
}

fn searching() -> Lobby {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("search");
    hall
}

/// The test catalogue's names are 开店 (a package), licence and card.
#[test]
fn typing_finds_and_touching_picks_and_confirming_takes_the_number() {
    let mut hall = searching();
    assert_eq!((search(&hall).found, search(&hall).can_confirm), (0, false));
    hall.touch("key.k");
    assert_eq!(found(&hall), ["package.shop"]);
    hall.touch("key.D");
    assert_eq!((found(&hall), search(&hall).typed), (vec!["package.shop".to_owned()], "kd".to_owned()));
    hall.touch("package.shop");
    assert_eq!(search(&hall).picked.len(), 1);
    assert!(search(&hall).matters[0].picked && search(&hall).can_confirm);
    hall.touch("confirm");
    assert!(matches!(hall.last.first(), Some(Action::Ledger(_, LedgerDo::Take(_)))), "{:?}", hall.last);
}

#[test]
fn what_is_typed_wrong_is_taken_back() {
    let mut hall = searching();
    hall.touch("key.space").touch("key.c").touch("key.space").touch("key.space").touch("key.z");
    assert_eq!((search(&hall).typed.as_str(), search(&hall).found), ("c z", 0));
    hall.touch("key.delete").touch("key.delete");
    assert_eq!((search(&hall).typed.as_str(), found(&hall)[0].as_str()), ("c", "matter.card"));
    hall.touch("key.delete").touch("key.delete");
    assert_eq!((search(&hall).typed.as_str(), search(&hall).found), ("", 0));
    for _ in 0..40 {
        hall.touch("key.a");
    }
    assert!(!search(&hall).room && search(&hall).typed.len() == crate::search::LONGEST);
}

#[test]
fn back_leads_to_the_list_with_what_was_picked_and_closing_time_is_told_there() {
    let mut hall = searching();
    hall.touch("key.l").touch("matter.licence").touch("back");
    assert!(matches!(hall.screen(), Screen::Choose(c) if c.can_confirm && c.picked.len() == 1));

    let mut hall = searching();
    hall.touch("key.l").touch("matter.licence").status(&[Fault::LedgerFailed]).touch("confirm");
    assert!(
        matches!(hall.screen(), Screen::Choose(c) if c.refused == Some(Refusal::Closed(NoNumbers::NoLedger)))
    );
}

#[test]
fn whoever_searches_too_long_is_forgotten() {
    let mut hall = searching();
    hall.touch("key.l").pass(61);
    assert!(hall.last.iter().any(|a| matches!(a, Action::Forget(_))), "{:?}", hall.last);
    assert_ne!(hall.screen().name(), "search");
}
