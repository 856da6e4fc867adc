//! The list of matters.

use super::{Sample, company, label, long_label, relative, sample, ticket, who};
use jiff::civil::Time;
use visit::catalogue::{Days, DepartmentCode, GroupCode, ItemCode, Matter, PackageCode, Theme};
use visit::fault::Fault;
use visit::intent::Tab;
use visit::screen::{
    ApplicantShown, Choose, Folder, MatterBy, MatterFull, MatterShown, NoNumbers, OptionShown, Purpose,
    Refusal, Screen, Search,
};

pub(super) fn samples() -> Vec<Sample> {
    let choose = Choose {
        who: who(ApplicantShown::Oneself),
        purpose: Purpose::Number,
        open_number: None,
        tabs: tabs(),
        tab: Tab::Packages,
        whose: None,
        folders: Vec::new(),
        matters: packages(&[]).into_iter().take(6).collect(),
        page: 1,
        pages: 3,
        picked: Vec::new(),
        can_confirm: false,
        refused: None,
    };
    let picked = |n: &[usize]| Choose {
        matters: packages(n),
        picked: packages(n).into_iter().filter(|m| m.picked).map(|m| m.name).collect(),
        can_confirm: true,
        ..choose.clone()
    };
    let items = Choose {
        tab: Tab::Items(Theme::Business),
        matters: items(),
        page: 2,
        pages: 5,
        picked: items().into_iter().filter(|m| m.picked).map(|m| m.name).collect(),
        can_confirm: true,
        ..choose.clone()
    };
    let mut long_names = Choose { open_number: Some(ticket("A017")), ..items.clone() };
    for row in &mut long_names.matters {
        row.name = long_label();
    }
    long_names.picked = vec![long_label(); 2];
    let open = Some(ticket("A017"));
    vec![
        sample("choose", Screen::Choose(choose.clone())),
        sample("choose-picked", Screen::Choose(picked(&[1]))),
        sample("choose-two-picked", Screen::Choose(picked(&[1, 4]))),
        sample("choose-all-picked", Screen::Choose(picked(&[0, 1, 2, 3, 4, 5, 6, 7]))),
        sample("choose-items", Screen::Choose(items.clone())),
        sample("choose-long-names", Screen::Choose(long_names)),
        sample(
            "choose-papers",
            Screen::Choose(Choose { purpose: Purpose::Papers, who: who(relative()), ..picked(&[0]) }),
        ),
        sample(
            "choose-again",
            Screen::Choose(Choose { open_number: open, who: who(company()), ..picked(&[1]) }),
        ),
        sample(
            "choose-full",
            Screen::Choose(Choose { refused: Some(Refusal::Full), open_number: open, ..items.clone() }),
        ),
        sample(
            "choose-ledger",
            Screen::Choose(Choose { refused: Some(Refusal::Ledger), who: who(company()), ..items.clone() }),
        )
        .faults(&[Fault::LedgerFailed])
        .ending_in(11),
        sample(
            "choose-lunch",
            Screen::Choose(Choose {
                refused: Some(Refusal::Closed(NoNumbers::Lunch(Time::constant(13, 0, 0, 0)))),
                ..picked(&[6])
            }),
        ),
        sample(
            "choose-last-page",
            Screen::Choose(Choose {
                matters: packages(&[]).into_iter().take(3).collect(),
                page: 3,
                ..choose.clone()
            }),
        ),
        sample(
            "choose-one-page",
            Screen::Choose(Choose {
                matters: packages(&[]).into_iter().take(5).collect(),
                pages: 1,
                ..choose
            }),
        ),
    ]
    .into_iter()
    .chain(lists())
    .chain(found())
    .collect()
}

/// Every list that a hall can have.
fn tabs() -> Vec<Tab> {
    let (business, personal) = (Tab::Items(Theme::Business), Tab::Items(Theme::Personal));
    vec![Tab::Packages, Tab::Popular, business, personal, Tab::Groups, Tab::Departments]
}

/// What leads to further lists, and lists that were opened so.
fn lists() -> Vec<Sample> {
    let choose = Choose {
        who: who(ApplicantShown::Oneself),
        purpose: Purpose::Number,
        open_number: None,
        tabs: tabs(),
        tab: Tab::Groups,
        whose: None,
        folders: Vec::new(),
        matters: Vec::new(),
        page: 1,
        pages: 1,
        picked: Vec::new(),
        can_confirm: false,
        refused: None,
    };
    let older = group("older");
    let mixed = || {
        let items = items().into_iter().skip(3).take(3);
        packages(&[]).into_iter().take(3).chain(items).collect::<Vec<_>>()
    };
    let few = vec![Tab::Packages, Tab::Items(Theme::Business), Tab::Items(Theme::Personal)];
    let departments =
        Choose { tab: Tab::Departments, folders: departments(), page: 2, pages: 4, ..choose.clone() };
    let crowded = Choose {
        tab: older.clone(),
        whose: Some(long_label()),
        matters: items().into_iter().take(6).collect(),
        page: 2,
        pages: 3,
        open_number: Some(ticket("A017")),
        refused: Some(Refusal::Full),
        who: who(company()),
        picked: vec![long_label(); 2],
        can_confirm: true,
        ..choose.clone()
    };
    vec![
        sample(
            "choose-popular",
            Screen::Choose(Choose { tab: Tab::Popular, matters: mixed(), ..choose.clone() }),
        ),
        sample("choose-groups", Screen::Choose(Choose { folders: groups(), ..choose.clone() })),
        sample(
            "choose-group",
            Screen::Choose(Choose {
                tab: older,
                whose: Some(label("老年人", "Older people")),
                matters: mixed(),
                pages: 2,
                ..choose.clone()
            }),
        ),
        sample("choose-departments", Screen::Choose(departments)),
        sample("choose-group-crowded", Screen::Choose(crowded)).ending_in(8),
        sample(
            "choose-few-lists",
            Screen::Choose(Choose {
                tabs: few,
                tab: Tab::Packages,
                matters: packages(&[]).into_iter().take(6).collect(),
                ..choose
            }),
        ),
    ]
}

fn group(code: &str) -> Tab {
    GroupCode::new(code).map_or(Tab::Groups, Tab::Group)
}

fn groups() -> Vec<Folder> {
    [
        ("older", "老年人", "Older people", 8),
        ("middle-aged", "中年人", "Middle-aged people", 8),
        ("young", "青年人", "Young people", 8),
        ("women", "妇女", "Women", 6),
        ("children", "儿童", "Children", 1),
    ]
    .into_iter()
    .map(|(code, zh, en, count)| Folder { tab: group(code), name: label(zh, en), count })
    .collect()
}

fn departments() -> Vec<Folder> {
    [
        ("labour", "嘉定区人力资源和社会保障局", "Human Resources and Social Security", 14),
        ("civil", "嘉定区民政局", "Civil Affairs", 7),
        ("housing", "嘉定区住房保障和房屋管理局", "Housing", 3),
        ("land", "嘉定区规划和自然资源局", "Planning and Natural Resources", 3),
        ("greening", "嘉定区绿化和市容管理局", "Greening and City Appearance", 4),
        ("science", "嘉定区科学技术委员会", "Science and Technology", 1),
    ]
    .into_iter()
    .map(|(code, zh, en, count)| Folder {
        tab: DepartmentCode::new(code).map_or(Tab::Departments, Tab::Department),
        name: label(zh, en),
        count,
    })
    .collect()
}

/// What is found by typing.
fn found() -> Vec<Sample> {
    let nothing = Search {
        typed: String::new(),
        room: true,
        space: false,
        found: 0,
        matters: Vec::new(),
        page: 1,
        pages: 1,
        purpose: Purpose::Number,
        open_number: None,
        picked: Vec::new(),
        can_confirm: false,
    };
    let some = |typed: &str, matters: Vec<MatterShown>, found: usize| Search {
        typed: typed.to_owned(),
        space: true,
        found,
        pages: found.div_ceil(4),
        picked: matters.iter().filter(|m| m.picked).map(|m| m.name.clone()).collect(),
        can_confirm: matters.iter().any(|m| m.picked),
        matters,
        ..nothing.clone()
    };
    let mut long_names = some("fr", items().into_iter().take(4).collect(), 9);
    long_names.matters.iter_mut().for_each(|row| row.name = long_label());
    long_names.picked = vec![long_label(); 2];
    vec![
        sample("search", Screen::Search(nothing.clone())),
        sample("search-found", Screen::Search(some("kfd", packages(&[]).into_iter().take(1).collect(), 1))),
        sample("search-many", Screen::Search(some("k", packages(&[]).into_iter().take(4).collect(), 14))),
        sample(
            "search-picked",
            Screen::Search(some("k", packages(&[1, 2]).into_iter().take(4).collect(), 14)),
        ),
        sample(
            "search-nothing",
            Screen::Search(Search { typed: "kfz".to_owned(), space: true, ..nothing.clone() }),
        ),
        sample("search-long-names", Screen::Search(long_names)),
        sample(
            "search-full",
            Screen::Search(Search {
                typed: "w".repeat(24),
                room: false,
                purpose: Purpose::Papers,
                picked: packages(&[0]).into_iter().take(1).map(|m| m.name).collect(),
                can_confirm: true,
                ..nothing
            }),
        )
        .ending_in(9),
    ]
}

type OptionRow = (&'static str, &'static str, &'static str);

fn packages(picked: &[usize]) -> Vec<MatterShown> {
    const ALL: [(&str, &str, &str, usize, &[OptionRow]); 8] = [
        ("open-restaurant", "开饭店", "Open a restaurant", 7, &[]),
        (
            "lai-jia-ban",
            "来嘉办（企业开办）",
            "Lai Jia Ban: start a company",
            1,
            &[
                ("invoices", "发票领用", "Invoices"),
                ("seals", "公章刻制备案", "Company seals"),
                (
                    "digital-certificate",
                    "法人一证通数字证书开通",
                    "Company digital certificate (Yizhengtong)",
                ),
            ],
        ),
        (
            "open-convenience-store",
            "开便利店",
            "Open a convenience store",
            4,
            &[
                ("tobacco-licence", "烟草专卖零售许可", "Tobacco retail licence"),
                ("device-record", "第二类医疗器械经营备案", "Medical device record, class II"),
            ],
        ),
        (
            "open-barbershop",
            "开理发店",
            "Open a barber's shop",
            4,
            &[("fire-check", "公众聚集场所营业前消防安全检查", "Fire safety check before opening")],
        ),
        (
            "open-pharmacy",
            "开药店",
            "Open a pharmacy",
            5,
            &[
                ("designated-pharmacy", "医保定点药店申请", "Insurance pharmacy application"),
                ("food-licence", "食品经营许可", "Food business licence"),
            ],
        ),
        (
            "open-training-school",
            "开培训机构",
            "Open a training school",
            4,
            &[("outdoor-sign", "户外招牌设置备案", "Outdoor sign")],
        ),
        (
            "open-hotel",
            "开旅馆",
            "Open a hotel",
            5,
            &[
                ("food-licence", "食品经营许可", "Food business licence"),
                ("outdoor-sign", "户外招牌设置备案", "Outdoor sign"),
                ("pollutant-registration", "固定污染源排污登记", "Pollutant discharge registration"),
            ],
        ),
        ("disability-services", "残疾人服务", "Services for disabled persons", 2, &[]),
    ];
    ALL.iter()
        .enumerate()
        .filter_map(|(at, (code, zh, en, items, options))| {
            let package = PackageCode::new(code)?;
            let picked = picked.contains(&at);
            let options = options.iter().filter(|_| picked).enumerate().filter_map(|(n, (item, zh, en))| {
                Some(OptionShown {
                    package: package.clone(),
                    item: ItemCode::new(item)?,
                    name: label(zh, en),
                    ticked: n == 0,
                })
            });
            Some(MatterShown {
                name: label(zh, en),
                by: MatterBy::Items(*items),
                picked,
                full: (at == 6).then_some(MatterFull::Until(None)),
                options: options.collect(),
                matter: Matter::Package(package.clone()),
            })
        })
        .collect()
}

type ItemRow = (&'static str, &'static str, &'static str, (&'static str, &'static str), u16, u16);

fn items() -> Vec<MatterShown> {
    const LABOUR: (&str, &str) = ("嘉定区人力资源和社会保障局", "Human Resources and Social Security");
    const FIRE: (&str, &str) = ("嘉定区消防救援局", "Fire and Rescue");
    const LAND: (&str, &str) = ("嘉定区规划和自然资源局", "Planning and Natural Resources");
    let rows: [ItemRow; 8] = [
        ("environment-approval", "建设项目环境影响报告表审批", "Environmental impact approval", LAND, 60, 25),
        ("fire-check", "公众聚集场所营业前消防安全检查", "Fire safety check before opening", FIRE, 13, 0),
        ("insurance-enrolment", "单位社会保险登记", "Company social insurance registration", LABOUR, 10, 1),
        ("certificate-update", "企业数字证书信息变更", "Update of company digital certificate", LABOUR, 5, 0),
        ("title-search", "不动产登记资料查询", "Title search", LAND, 1, 0),
        (
            "digital-certificate",
            "法人一证通数字证书开通",
            "Company digital certificate (Yizhengtong)",
            LABOUR,
            5,
            2,
        ),
        (
            "extended",
            "法定代表人、董事、监事和经理以及实际控制人身份信息集中核验与变更备案",
            "Central verification and change of officers and owners",
            LABOUR,
            30,
            12,
        ),
        ("public-rental", "公共租赁住房申请", "Public rental housing", LAND, 20, 8),
    ];
    rows.into_iter()
        .enumerate()
        .filter_map(|(at, (code, zh, en, by, legal, promised))| {
            Some(MatterShown {
                matter: Matter::Item(ItemCode::new(code)?),
                name: label(zh, en),
                by: MatterBy::Department(label(by.0, by.1), Days(legal), Days(promised)),
                picked: at == 1 || at == 2,
                full: match at {
                    0 => Some(MatterFull::Until(Some(Time::constant(12, 0, 0, 0)))),
                    2 => Some(MatterFull::Until(None)),
                    _ => None,
                },
                options: Vec::new(),
            })
        })
        .collect()
}
