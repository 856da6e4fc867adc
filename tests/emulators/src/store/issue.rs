//! Licences as the hall's authorities issue them: their types, and identifiers whose check character
//! is right (GB/T 36904; protocols.md, section 5.2).

use super::licences::Licence;
use serde::Deserialize;

/// The root of every identifier.
const ROOT: &str = "1.2.156.3005.2";

/// The types of licences of the model hall. The codes are invented; the hall's catalogue names the
/// same ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenceType {
    /// 居民身份证
    ResidentId,
    /// 户口簿
    HouseholdRegister,
    /// 营业执照
    BusinessLicence,
    /// 食品经营许可证
    FoodBusinessLicence,
    /// 公共场所卫生许可证
    HygieneLicence,
    /// 不动产权证书
    RealEstateCertificate,
    /// 社会保障卡
    SocialSecurityCard,
    /// 结婚证
    MarriageCertificate,
}

/// An authority of Jiading: name and credit code, as in `halls/jiading.toml`.
type Issuer = (&'static str, &'static str);

const MARKET: Issuer = ("嘉定区市场监督管理局", "11310114990001079M");
const POLICE: Issuer = ("上海市公安局嘉定分局", "113101149900012125");
const HEALTH: Issuer = ("嘉定区卫生健康委员会", "11310114990001423L");
const LABOUR: Issuer = ("嘉定区人力资源和社会保障局", "11310114990001562B");
const CIVIL: Issuer = ("嘉定区民政局", "113101149900016344");
const LAND: Issuer = ("嘉定区规划和自然资源局", "11310114990001773T");

impl LicenceType {
    /// Every one of them.
    pub const ALL: [Self; 8] = [
        Self::ResidentId,
        Self::HouseholdRegister,
        Self::BusinessLicence,
        Self::FoodBusinessLicence,
        Self::HygieneLicence,
        Self::RealEstateCertificate,
        Self::SocialSecurityCard,
        Self::MarriageCertificate,
    ];

    /// Code, name and issuer.
    const fn facts(self) -> (&'static str, &'static str, Issuer) {
        match self {
            Self::ResidentId => ("11100000000013127D001", "居民身份证", POLICE),
            Self::HouseholdRegister => ("11100000000013127D002", "户口簿", POLICE),
            Self::BusinessLicence => ("11100000MB0143028R001", "营业执照", MARKET),
            Self::FoodBusinessLicence => ("11100000MB0143028R002", "食品经营许可证", MARKET),
            Self::HygieneLicence => ("11100000000013143U001", "公共场所卫生许可证", HEALTH),
            Self::RealEstateCertificate => ("11100000000014074K001", "不动产权证书", LAND),
            Self::SocialSecurityCard => ("11100000000013178W001", "社会保障卡", LABOUR),
            Self::MarriageCertificate => ("11100000000013178M001", "结婚证", CIVIL),
        }
    }

    /// The 21 characters of the type in an identifier: credit code of the body that defines it, and
    /// three more.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.facts().0
    }
}

impl Licence {
    /// A valid licence of this type, the `serial`th that its authority issued, with this number on it,
    /// and without an end.
    #[must_use]
    pub fn issued(kind: LicenceType, serial: u32, number: &str) -> Self {
        let (code, name, (issuer, issuer_code)) = kind.facts();
        Self {
            cert_identifier: identifier(code, issuer_code, &format!("2024{serial:08}"), 1),
            cert_name: name.to_owned(),
            holder_code: None,
            cert_number: number.to_owned(),
            cert_status: "01".to_owned(),
            issue_dept: issuer.to_owned(),
            valid_until: None,
        }
    }

    /// The same with a last day, `2030-12-31`.
    #[must_use]
    pub fn until(mut self, day: &str) -> Self {
        self.valid_until = Some(day.to_owned());
        self
    }

    /// The same in another status, two digits.
    #[must_use]
    pub fn in_status(mut self, status: &str) -> Self {
        self.cert_status = status.to_owned();
        self
    }
}

/// An identifier with its check character.
fn identifier(kind: &str, issuer: &str, serial: &str, version: u16) -> String {
    let version = format!("{version:03}");
    let check = check_character(&format!("{kind}{issuer}{serial}{version}")).unwrap_or('?');
    format!("{ROOT}.{kind}.{issuer}.{serial}.{version}.{check}")
}

/// ISO 7064 MOD 37,36 over digits and capital letters; `None` for anything else.
fn check_character(text: &str) -> Option<char> {
    let mut product = 36;
    for letter in text.chars() {
        let value = letter.to_digit(36).filter(|_| !letter.is_ascii_lowercase())?;
        let sum = match (product + value) % 36 {
            0 => 36,
            sum => sum,
        };
        product = 2 * sum % 37;
    }
    char::from_digit((37 - product) % 36, 36).map(|letter| letter.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_character_is_that_of_identifiers_in_use() {
        // protocols.md, section 5.2
        assert_eq!(check_character("11100000MB03271699022340100000000016001"), Some('9'));
        for wrong in ["11100000MB03271699022340100000000061001", "11100000MB03271699022340100000000016010"] {
            assert_ne!(check_character(wrong), Some('9'), "{wrong}");
        }
        assert_eq!(check_character("a"), None);
        assert_eq!(check_character("证"), None);
    }

    #[test]
    fn an_identifier_has_its_parts() {
        for kind in LicenceType::ALL {
            let licence = Licence::issued(kind, 17, "n");
            let parts: Vec<_> = licence.cert_identifier.split('.').skip(5).collect();
            let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
            assert_eq!(lengths, [21, 18, 12, 3, 1], "{licence:?}");
            assert_eq!(parts.first(), Some(&kind.code()));
            assert!(licence.cert_identifier.starts_with("1.2.156.3005.2."));
            assert_ne!(parts.last(), Some(&"?"));
        }
    }
}
