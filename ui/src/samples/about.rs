//! What a matter is about.

use super::{Sample, label, long_label, sample};
use visit::catalogue::{Days, ItemCode, Label, Matter, OnlineAddress, PackageCode};
use visit::screen::{About, NeedShown, Screen};

pub(super) fn samples() -> Vec<Sample> {
    let item = About {
        matter: item("unemployment-benefit"),
        name: label("失业补助金申领", "Unemployment benefit"),
        department: Some(label("嘉定区人力资源和社会保障局", "Human Resources and Social Security")),
        legal: Days(15),
        promised: Days(3),
        needs: needs().into_iter().take(3).collect(),
        items: Vec::new(),
        options: Vec::new(),
        window: Some((label("C区", "Area C"), "47-52".to_owned())),
        online: None,
        picked: false,
    };
    let online = About { online: address("https://zwdt.sh.gov.cn/jiading/matter/1"), ..item.clone() };
    let package = About {
        matter: package("open-restaurant"),
        name: label("开饭店", "Open a restaurant"),
        department: None,
        legal: Days(20),
        promised: Days(7),
        needs: needs(),
        items: names(7),
        options: names(2),
        ..online.clone()
    };
    let crowded = About {
        name: long_label(),
        department: Some(long_label()),
        legal: Days(1000),
        promised: Days(1000),
        needs: [needs(), needs(), needs()].concat(),
        items: [names(12), vec![long_label(); 4]].concat(),
        options: vec![long_label(); 8],
        window: Some((long_label(), "1-12, 15, 17-20, 30-48".to_owned())),
        online: address(&format!("https://zwdt.sh.gov.cn/{}", "x".repeat(OnlineAddress::LONGEST - 23))),
        picked: true,
        ..package.clone()
    };
    let bare = About {
        legal: Days(0),
        promised: Days(0),
        department: None,
        window: None,
        needs: Vec::new(),
        ..item.clone()
    };
    vec![
        sample("about", Screen::About(item)),
        sample("about-online", Screen::About(online)),
        sample("about-package", Screen::About(package.clone())),
        sample("about-picked", Screen::About(About { picked: true, online: None, ..package })).ending_in(12),
        sample("about-crowded", Screen::About(crowded)),
        sample("about-bare", Screen::About(bare)),
    ]
}

fn item(code: &str) -> Matter {
    Matter::Item(ItemCode::new(code).unwrap_or_else(|| unreachable!("{code} is a code")))
}

fn package(code: &str) -> Matter {
    Matter::Package(PackageCode::new(code).unwrap_or_else(|| unreachable!("{code} is a code")))
}

fn address(text: &str) -> Option<OnlineAddress> {
    Some(OnlineAddress::new(text).unwrap_or_else(|| unreachable!("{text} is an address")))
}

fn names(count: usize) -> Vec<Label> {
    [
        ("营业执照（设立登记）", "Business licence"),
        ("食品经营许可", "Food business licence"),
        ("公众聚集场所营业前消防安全检查", "Fire safety check before opening"),
        ("固定污染源排污登记", "Pollutant discharge registration"),
        ("餐厨垃圾申报", "Kitchen-waste declaration"),
        ("户外招牌设置备案", "Outdoor sign"),
        ("公章刻制和发票领用", "Seal and invoices"),
    ]
    .into_iter()
    .cycle()
    .take(count)
    .map(|(zh, en)| label(zh, en))
    .collect()
}

fn needs() -> Vec<NeedShown> {
    [
        ("申请人身份证", "Applicant's ID card", false, 1, false),
        ("解除劳动关系证明", "Proof of end of employment", true, 1, false),
        ("本人银行卡", "Bank card", false, 1, false),
        ("经营场所产权证明或租赁合同", "Title or lease of the premises", false, 6, false),
        ("法定代表人、董事、监事和经理任职文件", "Appointment of officers", true, 2, false),
        ("授权委托书", "Proxy", true, 1, true),
    ]
    .into_iter()
    .map(|(zh, en, original, pages, optional)| NeedShown { name: label(zh, en), original, pages, optional })
    .collect()
}
