//! A catalogue as large as the whole hall's: 413 items and 130 packages.

const ITEMS: usize = 413;
const PACKAGES: usize = 130;
/// Of these, two each, the names of what is added are made.
const DEEDS: [&str; 12] =
    ["设立", "变更", "注销", "年检", "备案", "延续", "补办", "转移", "核准", "登记", "申报", "查询"];
const THINGS: [&str; 32] = [
    "餐饮",
    "药店",
    "旅馆",
    "学校",
    "诊所",
    "工地",
    "渔业",
    "茶楼",
    "书店",
    "影院",
    "养老院",
    "幼儿园",
    "停车场",
    "加油站",
    "快递",
    "农药",
    "种子",
    "兽药",
    "林木",
    "水表",
    "燃气",
    "电梯",
    "锅炉",
    "危化品",
    "出租车",
    "货车",
    "船舶",
    "档案",
    "地名",
    "户口",
    "婚姻",
    "收养",
];

/// The sample hall's catalogue, filled up, and open at any hour.
pub fn catalogue() -> String {
    let mut text = crate::hall::without_hours(include_str!("../../../halls/jiading.toml"));
    let count = |what: &str| text.lines().filter(|line| line.trim() == what).count();
    let (items, packages) = (count("[[items]]"), count("[[packages]]"));
    for at in items..ITEMS {
        let name = name(at);
        text.push_str(&format!(
            "\n[[items]]\ncode = \"more-{at}\"\ntask_code = \"11310114990001079M4310114{at:06}\"\n\
             task_name = \"{name}\"\nname_en = \"Further matter {at}\"\ndepartment = \"market\"\n\
             window = \"company\"\ntheme = \"business\"\nanticipate_day = 5\npromise_day = 2\n\
             materials = [\"business-licence\"]\n"
        ));
    }
    for at in packages..PACKAGES {
        let name = name(at + ITEMS);
        text.push_str(&format!(
            "\n[[packages]]\ncode = \"more-{at}\"\nname = \"{name}一件事\"\nname_en = \"Further package {at}\"\n\
             theme = \"business\"\nwindow = \"company\"\nitems = [\"business-licence\"]\n"
        ));
    }
    text
}

fn name(at: usize) -> String {
    let thing = |at: usize| THINGS[at % THINGS.len()];
    let deed = DEEDS[at / THINGS.len() % DEEDS.len()];
    format!("{}{}{deed}", thing(at), thing(at / 3 + 7))
}
