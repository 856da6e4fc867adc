//! What a matter is about, looked at before it is picked.

use super::*;
use crate::intent::Tab;

fn about(hall: &Lobby) -> About {
    match hall.screen() {
        Screen::About(about) => about,
        other => panic!("{other:?}"),
    }
}

fn zh(labels: &[Label]) -> Vec<&str> {
    labels.iter().map(|label| label.zh.as_str()).collect()
}

#[test]
fn it_tells_what_a_package_needs_how_long_it_takes_and_where() {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("about.package.shop");
    let shop = about(&hall);
    assert_eq!((shop.name.zh.as_str(), shop.department), ("开店", None));
    assert_eq!((zh(&shop.items), zh(&shop.options)), (vec!["licence"], vec!["seal"]));
    assert_eq!((shop.legal, shop.promised), (Days(20), Days(2)));
    let needs: Vec<_> = shop.needs.iter().map(|n| (n.name.zh.as_str(), n.original, n.pages)).collect();
    assert_eq!(needs, [("lease", true, 2), ("photo", false, 2)]);
    assert_eq!(shop.window.map(|(area, counters)| (area.zh, counters)), Some(("A区".into(), "1-12".into())));
    assert_eq!(shop.online.as_ref().map(OnlineAddress::as_str), Some("https://a.cn/shop"));
    assert!(!shop.picked);
}

#[test]
fn it_tells_who_handles_an_item_and_what_not_everybody_needs() {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("tab.personal").touch("about.matter.card");
    let card = about(&hall);
    assert_eq!(card.department.map(|name| name.zh), Some("市场".to_owned()));
    assert!(card.items.is_empty() && card.options.is_empty() && card.online.is_none());
    let optional: Vec<_> = card.needs.iter().filter(|n| n.optional).map(|n| n.name.zh.as_str()).collect();
    assert_eq!((card.needs.len(), optional), (3, vec!["lease"]));
}

#[test]
fn a_package_takes_as_long_as_its_longest_item() {
    let mut catalogue = catalogue();
    let slow = Item { legal: Days(60), promised: Days(1), ..catalogue.items[1].clone() };
    catalogue.items[1] = slow;
    catalogue.packages[0].items.push(catalogue.items[1].code.clone());
    catalogue.packages[0].options.clear();
    let mut hall = Lobby::open();
    hall.desk = Desk::new(Arc::new(catalogue), Patience::default(), EVERY_WAY);
    hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(None)).touch("about.package.shop");
    assert_eq!((about(&hall).legal, about(&hall).promised), (Days(60), Days(2)));
}

#[test]
fn choosing_it_leads_back_to_the_list_it_was_looked_at_from() {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("tab.groups").touch("group.old").touch("about.matter.card");
    // Another matter is not on this screen.
    hall.touch("package.shop").touch("confirm");
    assert!(!about(&hall).picked && hall.last.is_empty());
    hall.touch("matter.card");
    let Screen::Choose(choose) = hall.screen() else { panic!("{:?}", hall.screen()) };
    assert_eq!((choose.tab, choose.picked.len()), (Tab::Group(GroupCode::new("old").unwrap()), 1));
    // And the same way it is dropped.
    hall.touch("about.matter.card");
    assert!(about(&hall).picked);
    hall.touch("matter.card");
    assert!(matches!(hall.screen(), Screen::Choose(choose) if !choose.can_confirm));
    hall.touch("about.matter.card").touch("back");
    assert!(matches!(hall.screen(), Screen::Choose(choose) if !choose.can_confirm));
}

#[test]
fn from_what_was_found_it_leads_back_there() {
    for (leaves, picked) in [("package.shop", true), ("back", false)] {
        let mut hall = Lobby::at_choose("home.number");
        hall.touch("search").touch("key.k").touch("about.package.shop").touch(leaves);
        let Screen::Search(search) = hall.screen() else { panic!("{:?}", hall.screen()) };
        assert_eq!((search.typed.as_str(), search.can_confirm), ("k", picked));
    }
}

#[test]
fn what_cannot_be_picked_is_not_looked_at_and_nobody_is_kept_there() {
    let mut hall = Lobby::at_choose("home.number");
    for id in ["about.matter.seal", "about.matter.gone", "about.package.gone"] {
        hall.touch(id);
        assert_eq!(hall.screen().name(), "choose", "{id}");
    }
    hall.touch("about.package.shop").pass(61);
    assert_eq!(hall.screen().name(), "goodbye");
    // A new day asks the ledger anew, here as well.
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("about.package.shop");
    hall.now.wall = date(2026, 11, 24).at(0, 0, 1, 0);
    hall.hear(Event::Tick);
    assert!(hall.last.iter().any(|a| matches!(a, Action::Ledger(_, LedgerDo::Look(..)))), "{:?}", hall.last);
}
