//! Coded fields: sex, ethnic group, region, country.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{redacted, text};

/// Sex (GB/T 2261.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// 0: unknown; also a field left blank.
    Unknown,
    /// 1: male.
    Male,
    /// 2: female.
    Female,
    /// 9: not stated.
    NotStated,
}

/// An ethnic group by its number (GB/T 3304).
#[derive(PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct EthnicGroup {
    code: u8,
}

/// Where the bearer of a residence permit for residents of Hong Kong, Macao and Taiwan is from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum HmtRegion {
    /// Numbers that begin with 810000.
    HongKong,
    /// Numbers that begin with 820000.
    Macao,
    /// Numbers that begin with 830000.
    Taiwan,
}

/// A country by its three letters (GB/T 2659, after ISO 3166-1 alpha-3).
#[derive(PartialEq, Eq)]
pub struct CountryCode {
    letters: Zeroizing<String>,
}

redacted!(Sex, EthnicGroup, HmtRegion, CountryCode);

impl Sex {
    pub(crate) fn from_field(field: &[u8]) -> Option<Self> {
        match text::ascii(field)?.as_str() {
            "" | "0" => Some(Self::Unknown),
            "1" => Some(Self::Male),
            "2" => Some(Self::Female),
            "9" => Some(Self::NotStated),
            _ => None,
        }
    }
}

impl EthnicGroup {
    pub(crate) fn from_field(field: &[u8]) -> Option<Self> {
        let digits = text::ascii(field)?;
        let code = match digits.as_bytes() {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => (tens & 0x0F) * 10 + (ones & 0x0F),
            _ => return None,
        };
        name_of(code).map(|_| Self { code })
    }

    /// The number: 1 to 56, 97 (other) or 98 (citizen of foreign descent).
    #[must_use]
    pub fn code(&self) -> u8 {
        self.code
    }

    /// The name, such as 汉, as cards print it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        name_of(self.code).unwrap_or("其他")
    }
}

fn name_of(code: u8) -> Option<&'static str> {
    match code {
        97 => Some("其他"),
        98 => Some("外国血统中国籍"),
        _ => ETHNIC_GROUPS.get(usize::from(code).checked_sub(1)?).copied(),
    }
}

/// GB/T 3304, numbers 01 to 56 in order.
const ETHNIC_GROUPS: [&str; 56] = [
    "汉",
    "蒙古",
    "回",
    "藏",
    "维吾尔",
    "苗",
    "彝",
    "壮",
    "布依",
    "朝鲜",
    "满",
    "侗",
    "瑶",
    "白",
    "土家",
    "哈尼",
    "哈萨克",
    "傣",
    "黎",
    "傈僳",
    "佤",
    "畲",
    "高山",
    "拉祜",
    "水",
    "东乡",
    "纳西",
    "景颇",
    "柯尔克孜",
    "土",
    "达斡尔",
    "仫佬",
    "羌",
    "布朗",
    "撒拉",
    "毛南",
    "仡佬",
    "锡伯",
    "阿昌",
    "普米",
    "塔吉克",
    "怒",
    "乌孜别克",
    "俄罗斯",
    "鄂温克",
    "德昂",
    "保安",
    "裕固",
    "京",
    "塔塔尔",
    "独龙",
    "鄂伦春",
    "赫哲",
    "门巴",
    "珞巴",
    "基诺",
];

impl HmtRegion {
    pub(crate) fn from_number(number: &str) -> Option<Self> {
        match number.get(..6)? {
            "810000" => Some(Self::HongKong),
            "820000" => Some(Self::Macao),
            "830000" => Some(Self::Taiwan),
            _ => None,
        }
    }
}

impl CountryCode {
    pub(crate) fn from_field(field: &[u8]) -> Option<Self> {
        let letters = text::ascii(field)?;
        let right = letters.len() == 3 && letters.bytes().all(|b| b.is_ascii_uppercase());
        right.then_some(Self { letters })
    }

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn sex_is_one_of_the_standards_codes() {
        for (text, sex) in [
            ("0", Some(Sex::Unknown)),
            (" ", Some(Sex::Unknown)),
            ("1", Some(Sex::Male)),
            ("2", Some(Sex::Female)),
            ("9", Some(Sex::NotStated)),
            ("3", None),
            ("男", None),
        ] {
            assert!(Sex::from_field(&field(text)) == sex, "{text}");
        }
    }

    #[test]
    fn ethnic_groups_have_the_standards_numbers_and_names() {
        for (text, name) in [
            ("01", "汉"),
            ("11", "满"),
            ("30", "土"),
            ("45", "鄂温克"),
            ("56", "基诺"),
            ("97", "其他"),
            ("98", "外国血统中国籍"),
        ] {
            let group = EthnicGroup::from_field(&field(text)).unwrap();
            assert_eq!(group.name(), name);
            assert_eq!(format!("{:02}", group.code()), text);
        }
        for wrong in ["00", "57", "96", "99", "1", "1 ", "1x", "汉"] {
            assert!(EthnicGroup::from_field(&field(wrong)).is_none(), "{wrong}");
        }
    }

    #[test]
    fn regions_are_known_by_the_number() {
        let region = |number| HmtRegion::from_number(number);
        assert!(region("810000199001010019") == Some(HmtRegion::HongKong));
        assert!(region("820000") == Some(HmtRegion::Macao));
        assert!(region("830000") == Some(HmtRegion::Taiwan));
        assert!(region("110105").is_none());
        assert!(region("8100").is_none());
    }

    #[test]
    fn countries_have_three_letters() {
        assert_eq!(CountryCode::from_field(&field("DEU")).unwrap().as_str(), "DEU");
        for wrong in ["DE ", "deu", "D1U", "中国人"] {
            assert!(CountryCode::from_field(&field(wrong)).is_none(), "{wrong}");
        }
    }
}
