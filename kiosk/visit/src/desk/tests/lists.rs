//! The lists that matters are picked from.

use super::*;
use crate::intent::Tab;
use crate::number::NumberLife;
use crate::waiting::Place;

fn list(hall: &Lobby) -> Choose {
    match hall.screen() {
        Screen::Choose(choose) => choose,
        other => panic!("{other:?}"),
    }
}

fn tab(id: &str) -> Tab {
    match Intent::parse(id) {
        Some(Intent::Tab(tab)) => tab,
        other => panic!("{id}: {other:?}"),
    }
}

/// The ids of the rows, and where they lead if that is a list.
fn rows(hall: &Lobby) -> Vec<String> {
    let choose = list(hall);
    let folders = choose.folders.iter().map(|f| format!("{} ({})", Intent::Tab(f.tab.clone()), f.count));
    folders.chain(choose.matters.iter().map(|m| m.matter.to_string())).collect()
}

#[test]
fn each_list_holds_what_it_is_called() {
    let table: [(&[&str], &str, &[&str]); 9] = [
        (&[], "tab.packages", &["package.shop"]),
        (&["tab.popular"], "tab.popular", &["package.shop"]),
        (&["tab.personal"], "tab.personal", &["matter.licence", "matter.card"]),
        (&["tab.groups"], "tab.groups", &["group.old (2)"]),
        (&["tab.groups", "group.old"], "group.old", &["matter.card", "package.shop"]),
        (&["tab.departments"], "tab.departments", &["department.market (2)"]),
        (&["tab.departments", "department.market"], "department.market", &["matter.licence", "matter.card"]),
        // what is not there, or has nothing in it, changes nothing
        (&["tab.groups", "group.none"], "tab.groups", &["group.old (2)"]),
        (&["tab.business"], "tab.packages", &["package.shop"]),
    ];
    for (touches, at, want) in table {
        let mut hall = Lobby::at_choose("home.number");
        for id in touches {
            hall.touch(id);
        }
        assert_eq!((list(&hall).tab, rows(&hall)), (tab(at), want.iter().map(ToString::to_string).collect()));
        let tabs = ["tab.packages", "tab.popular", "tab.personal", "tab.groups", "tab.departments"].map(tab);
        assert_eq!(list(&hall).tabs, tabs, "those in which something stands");
    }
}

#[test]
fn a_groups_list_is_left_by_back_and_keeps_what_was_picked() {
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("tab.groups").touch("group.old").touch("matter.card");
    assert_eq!(list(&hall).whose.map(|name| name.zh), Some("老年人".to_owned()));
    hall.touch("back");
    assert_eq!((list(&hall).tab, list(&hall).whose, list(&hall).can_confirm), (Tab::Groups, None, true));
    hall.touch("back");
    assert_eq!(hall.screen().name(), "goodbye");
}

#[test]
fn back_leads_to_the_page_on_which_the_department_stands() {
    let mut hall = Lobby::open();
    let mut catalogue = catalogue();
    for n in 0..9 {
        let code = DepartmentCode::new(&format!("d{n}")).unwrap();
        catalogue.departments.push(Department { code: code.clone(), ..catalogue.departments[0].clone() });
        let item = catalogue.items[0].clone();
        catalogue.items.push(Item {
            code: ItemCode::new(&format!("i{n}")).unwrap(),
            department: code,
            ..item
        });
    }
    hall.desk = Desk::new(Arc::new(catalogue), Patience::default(), EVERY_WAY);
    hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(None));
    hall.touch("tab.departments").touch("page.next").touch("page.next");
    assert_eq!((list(&hall).page, list(&hall).pages, rows(&hall).len()), (2, 2, 4));
    hall.touch("department.d8");
    assert_eq!((list(&hall).page, list(&hall).pages, rows(&hall).len()), (1, 1, 1));
    hall.touch("back");
    assert_eq!((list(&hall).tab, list(&hall).page), (Tab::Departments, 2));
}

#[test]
fn todays_numbers_stand_before_what_the_hall_calls_popular() {
    let seen = |ids: &[&str]| ids.iter().map(|id| matter(id)).collect::<Vec<_>>();
    let yesterday = MONDAY.date().yesterday().unwrap();
    let table: [(jiff::civil::Date, &[&str], &[&str]); 5] = [
        (MONDAY.date(), &[], &["package.shop"]),
        (MONDAY.date(), &["matter.card"], &["matter.card", "package.shop"]),
        (MONDAY.date(), &["matter.card", "package.shop"], &["matter.card", "package.shop"]),
        // gone from the catalogue, and a mere part of packages
        (MONDAY.date(), &["matter.gone", "matter.seal", "matter.card"], &["matter.card", "package.shop"]),
        (yesterday, &["matter.card"], &["package.shop"]),
    ];
    for (day, ids, want) in table {
        let mut hall = Lobby::at_choose("home.number");
        hall.hear(Event::Popular(day, seen(ids))).touch("tab.popular");
        assert_eq!(rows(&hall), want, "{day} {ids:?}");
    }
    // At midnight a new day begins, with what the hall calls popular.
    let mut hall = Lobby::open();
    hall.hear(Event::Popular(MONDAY.date(), seen(&["matter.card"]))).pass(14 * 3600);
    hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(None)).touch("tab.popular");
    assert_eq!(rows(&hall), ["package.shop"]);
}

#[test]
fn popular_is_one_page_and_no_list_where_nothing_is() {
    let mut catalogue = catalogue();
    catalogue.hall.popular = vec![];
    catalogue.groups = vec![];
    for n in 0..9 {
        let code = ItemCode::new(&format!("i{n}")).unwrap();
        catalogue.items.push(Item { code, ..catalogue.items[0].clone() });
    }
    let many: Vec<Matter> = (0..9).map(|n| matter(&format!("matter.i{n}"))).collect();
    let mut hall = Lobby::open();
    hall.desk = Desk::new(Arc::new(catalogue), Patience::default(), EVERY_WAY);
    hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(None));
    assert_eq!(list(&hall).tabs, ["tab.packages", "tab.personal", "tab.departments"].map(tab));
    hall.touch("tab.popular");
    assert_eq!(list(&hall).tab, Tab::Packages);
    hall.hear(Event::Popular(MONDAY.date(), many)).touch("tab.popular");
    assert_eq!((rows(&hall).len(), list(&hall).pages), (MATTERS_A_PAGE, 1));
}

#[test]
fn home_tells_todays_hours_and_how_long_one_waits() {
    let home = |hall: &Lobby| match hall.screen() {
        Screen::Home(home) => home,
        other => panic!("{other:?}"),
    };
    let mut hall = Lobby::open();
    let all_day = crate::hours::Span::DAY;
    assert_eq!((home(&hall).hours, home(&hall).waiting), (vec![all_day], None));
    let waiting = Waiting { count: 12, minutes: Some(25) };
    hall.hear(Event::Waiting(Some(waiting)));
    assert_eq!(home(&hall).waiting, Some(waiting));
    hall.now.wall = date(2026, 11, 22).at(10, 0, 0, 0);
    assert_eq!(home(&hall).hours, vec![]);
}

#[test]
fn the_number_tells_how_long_those_ahead_take() {
    let place = Some(Place::Behind(Waiting { count: 4, minutes: Some(10) }));
    let mut hall = Lobby::at_choose("home.number");
    hall.touch("package.shop").touch("confirm");
    hall.answer(LedgerReply::Taken(Taken { place, ..taken(true, 1) }));
    assert!(matches!(hall.screen(), Screen::Number(shown) if shown.place == place));
    assert_eq!(hall.printed().map(|ticket| ticket.ahead), Some(Some(4)));
}

/// Whoever was called already is not told that nobody is ahead of him: he would sit down and wait.
#[test]
fn a_number_that_was_called_says_so() {
    let mut hall = Lobby::open();
    hall.touch("home.number").lay(ZHANG).answer(LedgerReply::Found(None));
    hall.touch("package.shop").touch("confirm");
    hall.answer(LedgerReply::Taken(Taken { place: Some(Place::Called), ..taken(false, 1) }));
    assert!(matches!(hall.screen(), Screen::Number(shown) if shown.place == Some(Place::Called)));
    let ticket = hall.printed().expect("a ticket");
    assert!(ticket.called && ticket.ahead.is_none());
    hall.touch("finish");
    assert!(
        matches!(hall.screen(), Screen::Goodbye(goodbye) if goodbye.life == NumberLife::Called),
        "{:?}",
        hall.screen()
    );
}
