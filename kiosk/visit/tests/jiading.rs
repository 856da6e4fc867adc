//! The sample hall: it can be read, and it holds what a hall of its size offers.

use std::collections::BTreeSet;
use visit::catalogue::{Catalogue, ItemCode, Matter, PackageCode, Theme};
use visit::checklist::Choice;

const SAMPLE: &str = include_str!("../../../halls/jiading.toml");

fn sample() -> Catalogue {
    Catalogue::parse(SAMPLE).unwrap_or_else(|errors| panic!("{errors}"))
}

fn package(code: &str) -> PackageCode {
    PackageCode::new(code).unwrap()
}

#[test]
fn size_of_the_hall() {
    let hall = sample();
    assert!(hall.departments.len() >= 12, "{} departments", hall.departments.len());
    assert!(hall.items.len() >= 70, "{} items", hall.items.len());
    assert!(hall.packages.len() >= 18, "{} packages", hall.packages.len());
    assert!(hall.materials.len() >= 30, "{} materials", hall.materials.len());
    assert_eq!(hall.hall.utc_offset_minutes, 480);
    assert_eq!(hall.hall.hours.openings.len(), 2);
    assert!(hall.hall.hours.lunch.is_some_and(|lunch| lunch.numbers));
    assert!(hall.departments.iter().all(|d| d.credit_code.starts_with("11310114")));
    assert!(hall.items.iter().any(|i| i.citywide) && hall.items.iter().any(|i| i.theme == Theme::Personal));
}

#[test]
fn everything_is_used() {
    let hall = sample();
    for department in &hall.departments {
        assert!(hall.items.iter().any(|i| i.department == department.code), "{}", department.code);
    }
    for window in &hall.windows {
        let items = hall.items.iter().map(|i| &i.window);
        assert!(items.chain(hall.packages.iter().map(|p| &p.window)).any(|w| *w == window.code));
    }
    for material in &hall.materials {
        assert!(hall.items.iter().any(|i| i.materials.contains(&material.code)), "{}", material.code);
    }
    for name in hall.items.iter().map(|i| &i.name).chain(hall.packages.iter().map(|p| &p.name)) {
        assert!(name.en.is_ascii() && !name.zh.is_ascii(), "{name:?}");
    }
}

#[test]
fn names_differ() {
    let hall = sample();
    let items: BTreeSet<_> = hall.items.iter().map(|i| (&i.name.zh, &i.name.en)).collect();
    let codes: BTreeSet<_> = hall.items.iter().map(|i| &i.task_code).collect();
    let materials: BTreeSet<_> = hall.materials.iter().map(|m| (&m.name.zh, &m.name.en)).collect();
    assert_eq!((items.len(), codes.len()), (hall.items.len(), hall.items.len()));
    assert_eq!(materials.len(), hall.materials.len());
}

#[test]
fn half_the_days_or_less_are_promised() {
    let hall = sample();
    let legal: u32 = hall.items.iter().map(|i| u32::from(i.legal.0)).sum();
    let promised: u32 = hall.items.iter().map(|i| u32::from(i.promised.0)).sum();
    assert!(promised * 2 <= legal, "{promised} of {legal}");
    assert!(hall.items.iter().filter(|i| i.promised.0 == 0).count() >= 10);
}

#[test]
fn what_the_press_names_is_there() {
    let hall = sample();
    let packages: BTreeSet<_> = hall.packages.iter().map(|p| p.name.zh.as_str()).collect();
    for name in [
        "开饭店",
        "来嘉办（企业开办）",
        "开便利店",
        "开理发店",
        "开药店",
        "开培训机构",
        "办演出",
        "企业变更",
        "企业注销",
        "人才落户",
        "新生儿出生",
        "公民婚育",
        "我要退休",
        "就医费用报销",
        "二手房过户",
        "残疾人服务",
        "军人退役",
    ] {
        assert!(packages.contains(name), "{name}");
    }
    for code in [
        "performance-approval",
        "hygiene-licence",
        "technical-contract",
        "forklift-registration",
        "senior-card",
        "social-security-card",
        "tenancy-record",
        "unemployment-benefit",
    ] {
        let item = hall.item(&ItemCode::new(code).unwrap()).unwrap_or_else(|| panic!("{code}"));
        assert!(item.alone, "{code}");
    }
    let performance = ItemCode::new("performance-approval").unwrap();
    assert!(hall.item(&performance).is_some_and(|i| i.bookable && i.promised.0 == 3));
    let company = hall.package(&package("lai-jia-ban")).unwrap();
    let options: Vec<_> = company.options.iter().map(ItemCode::as_str).collect();
    assert_eq!(options, ["invoices", "seals", "digital-certificate"]);
    let home = hall.package(&package("house-transfer")).unwrap();
    assert_eq!(home.caps.iter().map(|c| c.numbers).collect::<Vec<_>>(), [20, 20]);
}

#[test]
fn a_restaurant_is_seven_items_of_several_departments() {
    let hall = sample();
    let restaurant = hall.package(&package("open-restaurant")).unwrap();
    let items: Vec<_> = restaurant.items.iter().map(ItemCode::as_str).collect();
    assert_eq!(
        items,
        [
            "business-licence",
            "food-licence",
            "fire-check",
            "pollutant-registration",
            "kitchen-waste",
            "outdoor-sign",
            "seal-and-invoices",
        ]
    );
    let departments: BTreeSet<_> =
        restaurant.items.iter().map(|code| &hall.item(code).unwrap().department).collect();
    assert!(departments.len() >= 4, "{departments:?}");
}

#[test]
fn a_package_asks_each_material_once_and_says_for_what() {
    let hall = sample();
    for package in &hall.packages {
        let mut choice = Choice::default();
        choice.toggle(Matter::Package(package.code.clone()));
        for option in &package.options {
            choice.toggle_option(package.code.clone(), option.clone());
        }
        let items = choice.items(&hall);
        let needs = choice.needs(&hall);
        let once: BTreeSet<_> = needs.iter().map(|n| &n.material).collect();
        assert_eq!(once.len(), needs.len(), "{}", package.code);
        for need in &needs {
            let asking: Vec<_> = items
                .iter()
                .filter(|code| hall.item(code).unwrap().materials.contains(&need.material))
                .cloned()
                .collect();
            assert!(!asking.is_empty());
            assert_eq!(need.items, asking, "{}: {}", package.code, need.material);
        }
        let asked: usize = items.iter().map(|code| hall.item(code).unwrap().materials.len()).sum();
        assert_eq!(needs.iter().map(|n| n.items.len()).sum::<usize>(), asked, "{}", package.code);
    }
}

#[test]
fn a_restaurant_shares_its_materials() {
    let hall = sample();
    let mut choice = Choice::default();
    choice.toggle(Matter::Package(package("open-restaurant")));
    let needs = choice.needs(&hall);
    let serves = |material: &str| {
        needs.iter().filter(|n| n.material.as_str() == material).map(|n| n.items.len()).collect::<Vec<_>>()
    };
    for (material, items) in [("id-card", 5), ("proxy", 5), ("premises", 4), ("floor-plan", 2)] {
        assert_eq!(serves(material), [items], "{material}");
    }
}

#[test]
fn licences_stand_for_common_materials_and_every_example_is_there() {
    let hall = sample();
    let with_licence = hall.materials.iter().filter(|m| !m.licence_types.is_empty()).count();
    assert!(with_licence >= 5, "{with_licence} materials");
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../halls"));
    let examples: BTreeSet<_> = hall.materials.iter().filter_map(|m| m.example.as_deref()).collect();
    assert!(examples.len() >= 8, "{examples:?}");
    for example in examples {
        let picture = std::fs::read(folder.join(example)).unwrap_or_else(|e| panic!("{example}: {e}"));
        assert!(picture.starts_with(&[0xFF, 0xD8]), "{example} is no JPEG");
    }
    let proxy = hall.items.iter().filter(|i| i.materials.iter().any(|m| m.as_str() == "proxy"));
    assert!(proxy.clone().count() > 30);
    assert!(proxy.into_iter().all(|i| i.optional.iter().any(|m| m.as_str() == "proxy")));
}

#[test]
fn every_group_has_its_menu_and_much_can_be_done_online() {
    let hall = sample();
    let groups: Vec<_> = hall.groups.iter().map(|g| g.name.zh.as_str()).collect();
    assert_eq!(groups, ["老年人", "中年人", "青年人", "妇女", "儿童"]);
    for group in &hall.groups {
        assert!(group.matters.len() >= 6 && group.name.en.is_ascii(), "{group:?}");
        assert!(group.matters.iter().all(|matter| hall.is_offered(matter)), "{group:?}");
    }
    assert_eq!(hall.hall.popular.len(), 6);
    assert!(hall.hall.popular.contains(&Matter::Package(package("open-restaurant"))));
    let online = hall.items.iter().filter_map(|i| i.online.as_ref());
    let online: BTreeSet<_> =
        online.chain(hall.packages.iter().filter_map(|p| p.online.as_ref())).map(|a| a.as_str()).collect();
    assert_eq!(online.len(), 14, "each at its own place");
}
