//! Invented people with one card each, to be laid on the reader by name.

use super::{Card, Flat, Kind, check_character};

/// The card called `name`, if there is one.
#[must_use]
pub fn sample(name: &str) -> Option<Card> {
    samples().into_iter().find(|(known, _)| *known == name).map(|(_, card)| card)
}

/// Every sample card with its name. Numbers carry their right check character, except
/// `bad_check_digit`.
#[must_use]
pub fn samples() -> Vec<(&'static str, Card)> {
    let mut cards = residents();
    cards.extend(others());
    // A sample that did not fit its layout would be missing here; a test counts them.
    cards.into_iter().filter_map(|(name, flat)| Card::new(flat).ok().map(|card| (name, card))).collect()
}

type Sample = (&'static str, Flat);

/// The check character belongs to the number; a wrong count of digits leaves the field unfit.
fn numbered(digits: &str) -> String {
    let mut number = digits.to_owned();
    number.extend(check_character(digits));
    number
}

/// A resident of Jiading: the birth date stands in the number.
fn resident(name: &str, sex: u8, nation: u8, digits: &str, valid: (&str, &str)) -> Flat {
    Flat {
        kind: Some(Kind::Resident),
        name: Some(name.to_owned()),
        sex: Some(sex),
        nation: Some(nation),
        birth: digits.get(6..14).map(str::to_owned),
        address: Some("上海市嘉定区示例路100弄5号602室".to_owned()),
        number: Some(numbered(digits)),
        issuer: Some("上海市公安局嘉定分局".to_owned()),
        valid_from: Some(valid.0.to_owned()),
        valid_until: Some(valid.1.to_owned()),
        ..Flat::default()
    }
}

fn residents() -> Vec<Sample> {
    let twenty_years = ("20180612", "20380612");
    let ten_years = ("20210905", "20310905");
    let mut bad = resident("错小码", 1, 1, "31011419850214321", twenty_years);
    // Any digit but the right one.
    bad.number = check_character("31011419850214321").map(|right| {
        let wrong = if right == '7' { '8' } else { '7' };
        format!("31011419850214321{wrong}")
    });
    let mut moved = resident("迁新居", 2, 1, "31011419880919246", twenty_years);
    moved.appended_addresses = vec!["上海市嘉定区新示例路8号".to_owned()];
    let mut from_kashgar = resident("阿卜杜热合曼·吐尔逊尼亚孜依明", 1, 5, "65310119920203111", ten_years);
    from_kashgar.address = Some("新疆维吾尔自治区喀什市示例乡示例村3组15号".to_owned());
    from_kashgar.issuer = Some("喀什市公安局".to_owned());
    let mut from_lhasa = resident("次仁卓玛", 2, 4, "54010219950621002", ten_years);
    from_lhasa.address = Some("西藏自治区拉萨市城关区示例路9号".to_owned());
    from_lhasa.issuer = Some("拉萨市公安局城关分局".to_owned());
    vec![
        ("man", resident("张示范", 1, 1, "31011419900307651", twenty_years)),
        ("woman", resident("李样例", 2, 1, "31011419930815126", twenty_years)),
        ("ends_in_x", resident("赵末位", 1, 1, &ending_in_x("3101141979110233"), twenty_years)),
        ("old_man", resident("陈长寿", 1, 1, "31022219380101101", ("20060301", "长期"))),
        ("centenarian", resident("周百岁", 2, 1, "31022219240518002", ("20050420", "长期"))),
        ("child", resident("吴小朋", 1, 1, "31011420180606331", ("20240701", "20290701"))),
        ("rare_ext_a", resident("王㛃䶮", 2, 1, "31011419970411084", ten_years)),
        ("rare_private_use", resident("钱\u{E863}\u{E82C}", 1, 11, "31011419860930275", twenty_years)),
        ("rare_ext_b", resident("𠮷𠀾𣗋", 1, 1, "31011419911212537", twenty_years)),
        ("long_name", from_kashgar),
        ("tibetan", from_lhasa),
        ("moved", moved),
        ("bad_check_digit", bad),
        ("expired", resident("孙过期", 2, 1, "31011419720725444", ("20000110", "20200110"))),
    ]
}

/// Completes 16 digits by a 17th so that the check character is X; eleven neighbouring digits hold
/// every remainder but one, so a run of ten nearly always has it.
fn ending_in_x(digits: &str) -> String {
    (0..10)
        .map(|last| format!("{digits}{last}"))
        .find(|digits| check_character(digits) == Some('X'))
        .unwrap_or_default()
}

fn others() -> Vec<Sample> {
    vec![
        ("hong_kong", hmt("何示港", 1, "81000019870308115", "H12345678", "公安部出入境管理局")),
        ("macao", hmt("欧阳示澳", 2, "82000019940722204", "M23456789", "公安部出入境管理局")),
        ("taiwan", hmt("林示台", 2, "83000019790130028", "12345678", "上海市公安局嘉定分局")),
        ("foreigner_2017", foreigner_2017()),
        ("foreigner_2023", foreigner_2023("SPECIMEN, ERIKA", "示艾丽", "DEU", "93101142784080112", "")),
        (
            "foreigner_2023_long",
            foreigner_2023(
                "VENKATASUBRAMANIAN, LAKSHMI NARASIMHAN SPECIM",
                "",
                "IND",
                "93101143356012517",
                "01A",
            ),
        ),
    ]
}

fn hmt(name: &str, sex: u8, digits: &str, permit: &str, issuer: &str) -> Flat {
    Flat {
        kind: Some(Kind::Hmt),
        nation: None,
        travel_permit: Some(permit.to_owned()),
        issue_count: Some(1),
        issuer: Some(issuer.to_owned()),
        ..resident(name, sex, 0, digits, ("20220315", "20270315"))
    }
}

fn foreigner_2017() -> Flat {
    Flat {
        kind: Some(Kind::Foreigner2017),
        name_en: Some("SPECIMEN, JONATHAN ALEXANDER".to_owned()),
        name_zh: Some("示乔森".to_owned()),
        sex: Some(1),
        number: Some("GBR310082040117".to_owned()),
        nationality: Some("GBR".to_owned()),
        birth: Some("19820401".to_owned()),
        valid_from: Some("20190520".to_owned()),
        valid_until: Some("20290519".to_owned()),
        version: Some("01".to_owned()),
        authority: Some("3100".to_owned()),
        ..Flat::default()
    }
}

fn foreigner_2023(name_en: &str, name_zh: &str, nationality: &str, digits: &str, link: &str) -> Flat {
    Flat {
        kind: Some(Kind::Foreigner2023),
        name_en: Some(name_en.to_owned()),
        name_zh: Some(name_zh.to_owned()),
        sex: Some(2),
        number: Some(numbered(digits)),
        nationality: Some(nationality.to_owned()),
        birth: Some("19840801".to_owned()),
        valid_from: Some("20240116".to_owned()),
        valid_until: Some("20340115".to_owned()),
        renewal_count: Some(1),
        old_number_link: Some(link.to_owned()),
        ..Flat::default()
    }
}
