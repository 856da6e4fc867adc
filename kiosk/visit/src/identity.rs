//! Who stands before the kiosk, and for whom.
//!
//! Everything personal here is wiped when it is dropped, and its `Debug` shows nothing of it.

use std::fmt;
use zeroize::Zeroizing;

/// What kind of document a person showed: those of the reader (GA/T 467, text record, type flag at
/// offset 248), and the card of the slot (LD/T 32).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// 居民身份证
    Resident,
    /// 港澳台居民居住证
    HmtResidence,
    /// 外国人永久居留身份证, 2017 edition
    ForeignPermanent2017,
    /// 外国人永久居留身份证, 2023 edition
    ForeignPermanent2023,
    /// 社会保障卡; its social-security number is the holder's citizen number
    SocialSecurity,
    /// none: somebody whom nobody knows, and who is known again in no other session
    Nothing,
}

/// The ways to tell the kiosk who one is: which of them it has, or which of them work now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// an ID card on the reader
    pub reader: bool,
    /// a social-security card in the slot
    pub slot: bool,
    /// a code before the code scanner, looked up for whose it is
    pub code: bool,
    /// a company's key, which names the company and nobody in person
    pub key: bool,
}

impl Ways {
    /// A kiosk with an ID reader and nothing else.
    pub const READER: Self = Self { reader: true, slot: false, code: false, key: false };

    /// Whether a person can be told by any of them.
    pub fn any_person(self) -> bool {
        self.reader || self.slot || self.code
    }
}

/// The company that a plugged-in key names. Not proven: it stands in place of typing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyOffer {
    /// its code, as the key's certificate has it
    pub code: CompanyCode,
    /// its name, if the certificate has one; a company's name is public
    pub name: Option<String>,
}

/// The number of an identity document; wiped on drop, never shown whole.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentNumber(Zeroizing<String>);

/// Why a text is no document number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The length or a character is not that of such a number.
    #[error("not the form of this document's number")]
    Form,
    /// The last character does not follow from the others (GB 11643: ISO 7064 MOD 11-2).
    #[error("the check digit is wrong")]
    CheckDigit,
}

impl DocumentNumber {
    /// Accepts the number of a document of `kind`.
    ///
    /// Eighteen characters with a MOD 11-2 check digit (GB 11643), except the 2017 card of foreign
    /// permanent residents: three capital letters and twelve digits, whose last digit follows no
    /// published rule and is not checked.
    ///
    /// # Errors
    /// [`NumberError`].
    pub fn parse(kind: DocumentKind, text: &str) -> Result<Self, NumberError> {
        let bytes = text.as_bytes();
        if kind == DocumentKind::Nothing {
            return Err(NumberError::Form);
        }
        if kind == DocumentKind::ForeignPermanent2017 {
            let (letters, digits) = bytes.split_at(bytes.len().min(3));
            let good = digits.len() == 12
                && letters.iter().all(u8::is_ascii_uppercase)
                && digits.iter().all(u8::is_ascii_digit);
            return if good { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(NumberError::Form) };
        }
        let Some((&check, digits)) = bytes.split_last() else {
            return Err(NumberError::Form);
        };
        if digits.len() != 17 || !digits.iter().all(u8::is_ascii_digit) {
            return Err(NumberError::Form);
        }
        if check == mod_11_2(digits) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else if check.is_ascii_digit() || check == b'X' {
            Err(NumberError::CheckDigit)
        } else {
            Err(NumberError::Form)
        }
    }

    /// The number in clear. Only for computing the person's key and for asking the licence store.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last four characters, as shown on a screen.
    pub fn tail(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(4)..).unwrap_or("")
    }
}

impl fmt::Debug for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentNumber(hidden)")
    }
}

/// What a bystander may see of a number: its last four characters, with stars for as many of the rest as
/// say that there is more.
pub fn masked_number(number: &str) -> String {
    let tail: String = number.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    if number.chars().count() > 4 { format!("****{tail}") } else { "****".to_owned() }
}

/// The ISO 7064 MOD 11-2 check character of 17 ASCII digits (GB 11643).
pub fn mod_11_2(digits: &[u8]) -> u8 {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| u32::from(d.wrapping_sub(b'0')) * w).sum();
    b"10X98765432"[(sum % 11) as usize]
}

/// A person's name; wiped on drop, shown only masked.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(Zeroizing<String>);

impl PersonName {
    /// Takes a name as the card has it; surrounding spaces are dropped.
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.trim().to_owned()))
    }

    /// What a bystander may see: the first character, and a star for the rest (张*). A name in
    /// Latin letters shows its first letter.
    pub fn masked(&self) -> String {
        match self.0.chars().next() {
            Some(first) => format!("{first}*"),
            None => "*".to_owned(),
        }
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(hidden)")
    }
}

/// A person who has laid a card on the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// the kind of card
    pub kind: DocumentKind,
    /// its number
    pub number: DocumentNumber,
    /// the holder's name
    pub name: PersonName,
}

impl Person {
    /// Somebody who shows no document, where the hall allows that. The token stands for him in this session,
    /// and must be another in every other one.
    pub fn unknown(token: String) -> Self {
        Self {
            kind: DocumentKind::Nothing,
            number: DocumentNumber(Zeroizing::new(token)),
            name: PersonName::new(""),
        }
    }

    /// Whether somebody showed who he is.
    pub fn is_known(&self) -> bool {
        self.kind != DocumentKind::Nothing
    }
}

/// A unified social credit code of a company (GB 32100), check character verified.
#[derive(Clone, PartialEq, Eq)]
pub struct CompanyCode(String);

impl CompanyCode {
    /// Length of every code.
    pub const LENGTH: usize = 18;

    /// The 31 characters a code is written with: digits and capitals without I, O, S, V, Z.
    pub const ALPHABET: &'static str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

    /// Accepts a code of 18 characters whose last one checks (GB 32100, MOD 31-3); lower case is
    /// taken as upper case, since people type it.
    ///
    /// # Errors
    /// [`NumberError`].
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let text = text.trim().to_ascii_uppercase();
        if text.len() != Self::LENGTH {
            return Err(NumberError::Form);
        }
        let mut values = Vec::with_capacity(Self::LENGTH);
        for c in text.chars() {
            values.push(Self::ALPHABET.find(c).ok_or(NumberError::Form)?);
        }
        let mut weight = 1;
        let mut sum = 0;
        for value in &values[..Self::LENGTH - 1] {
            sum += value * weight;
            weight = weight * 3 % 31;
        }
        if values[Self::LENGTH - 1] == (31 - sum % 31) % 31 {
            Ok(Self(text))
        } else {
            Err(NumberError::CheckDigit)
        }
    }

    /// The code in clear; a company's code is public.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CompanyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompanyCode({})", self.0)
    }
}

/// For whom the visitor acts. Visitor and applicant are two things from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applicant {
    /// the visitor
    Oneself,
    /// a company
    Company(CompanyCode),
    /// a relative, known by a second card
    Relative(Person),
}

#[cfg(test)]
mod tests {
    use super::*;
    use DocumentKind::*;

    #[test]
    fn numbers() {
        let table = [
            (Resident, "11010519491231002X", Ok(())),
            (Resident, "110105194912310021", Err(NumberError::CheckDigit)),
            (Resident, "11010519491231002x", Err(NumberError::Form)),
            (Resident, "1101051949123100", Err(NumberError::Form)),
            (Resident, "", Err(NumberError::Form)),
            (Resident, "１１０１０５", Err(NumberError::Form)),
            (ForeignPermanent2017, "USA110001010101", Ok(())),
            (ForeignPermanent2017, "US1110001010101", Err(NumberError::Form)),
            (ForeignPermanent2017, "张", Err(NumberError::Form)),
            (SocialSecurity, "11010519491231002X", Ok(())),
            (SocialSecurity, "110105194912310021", Err(NumberError::CheckDigit)),
            (Nothing, "11010519491231002X", Err(NumberError::Form)),
        ];
        for (kind, text, want) in table {
            assert_eq!(DocumentNumber::parse(kind, text).map(drop), want, "{kind:?} {text}");
        }
    }

    #[test]
    fn company_codes() {
        for good in ["91350100M000100Y43", "91350100m000100y43"] {
            assert!(CompanyCode::parse(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("91350100M000100Y44", NumberError::CheckDigit),
            ("91350100M000100Y4", NumberError::Form),
            ("91350100I000100Y43", NumberError::Form),
            ("九九九九九九", NumberError::Form),
        ] {
            assert_eq!(CompanyCode::parse(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn nothing_personal_in_debug() {
        let person = Person {
            kind: Resident,
            number: DocumentNumber::parse(Resident, "11010519491231002X").unwrap(),
            name: PersonName::new("欧阳某某  "),
        };
        let shown = format!("{person:?}");
        assert!(!shown.contains("1949") && !shown.contains("欧阳"), "{shown}");
        assert_eq!(person.name.masked(), "欧*");
        assert_eq!(person.number.tail(), "002X");
    }
}
