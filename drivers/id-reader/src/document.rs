//! The documents that the reader reads, from their records of 256 bytes.

use zeroize::Zeroizing;

use crate::number::{IdNumber, NumberFault, PermitNumber};
use crate::{CountryCode, Date, EthnicGroup, HmtRegion, Sex, Text, Validity, redacted, text};

mod layout;
mod synthetic;

pub(crate) use synthetic::{make_alike, make_synthetic};

use layout::{Field, foreign_2017, foreign_2023, hmt, resident};

/// An identity document as it was read.
///
/// Which of the four it is stands in the record itself, in the character at offset 248.
pub enum Document {
    /// 居民身份证: a citizen's identity card.
    Resident(ResidentCard),
    /// 港澳台居民居住证: residence permit for residents of Hong Kong, Macao and Taiwan.
    HmtResidence(HmtResidencePermit),
    /// 外国人永久居留身份证, version 2017.
    ForeignPermanent2017(ForeignPermanent2017),
    /// 外国人永久居留身份证, version 2023.
    ForeignPermanent2023(ForeignPermanent2023),
}

/// 居民身份证: a citizen's identity card.
pub struct ResidentCard {
    /// Name, at most 15 characters.
    pub name: Text,
    /// Sex.
    pub sex: Sex,
    /// Ethnic group; `None` if the field is blank.
    pub ethnic_group: Option<EthnicGroup>,
    /// Day of birth.
    pub birth: Date,
    /// Address of the household.
    pub address: Text,
    /// Citizen number.
    pub number: IdNumber,
    /// The authority that issued the card.
    pub issuing_authority: Text,
    /// First and last day.
    pub validity: Validity,
}

/// 港澳台居民居住证: residence permit for residents of Hong Kong, Macao and Taiwan.
pub struct HmtResidencePermit {
    /// Name, at most 15 characters.
    pub name: Text,
    /// Sex.
    pub sex: Sex,
    /// Day of birth.
    pub birth: Date,
    /// Address of residence.
    pub address: Text,
    /// Citizen number, beginning with 81, 82 or 83.
    pub number: IdNumber,
    /// Where the bearer is from, as the number says.
    pub region: HmtRegion,
    /// The authority that issued the permit.
    pub issuing_authority: Text,
    /// First and last day.
    pub validity: Validity,
    /// Number of the travel permit, 9 characters.
    pub travel_permit_number: Text,
    /// How often the permit was issued, 2 characters.
    pub issue_count: Text,
}

/// 外国人永久居留身份证, version 2017.
pub struct ForeignPermanent2017 {
    /// Name in Latin letters, at most 60 characters.
    pub english_name: Text,
    /// Name in Chinese; may be empty.
    pub chinese_name: Text,
    /// Sex.
    pub sex: Sex,
    /// Document number: three letters and twelve digits.
    pub number: PermitNumber,
    /// Nationality.
    pub nationality: CountryCode,
    /// Day of birth.
    pub birth: Date,
    /// First and last day.
    pub validity: Validity,
    /// Version of the card, 2 characters.
    pub version: Text,
    /// Code of the accepting authority, 4 characters.
    pub accepting_authority: Text,
}

/// 外国人永久居留身份证, version 2023.
pub struct ForeignPermanent2023 {
    /// Name in Chinese; may be empty.
    pub chinese_name: Text,
    /// Name in Latin letters, at most 46 characters, joined from its two fields.
    pub english_name: Text,
    /// Sex.
    pub sex: Sex,
    /// 18-character number, beginning with 9.
    pub number: IdNumber,
    /// Nationality.
    pub nationality: CountryCode,
    /// Day of birth.
    pub birth: Date,
    /// First and last day.
    pub validity: Validity,
    /// How often the card was renewed, 2 characters.
    pub renewal_count: Text,
    /// Link to the number of the card before, 3 characters.
    pub old_number_link: Text,
}

redacted!(ResidentCard, HmtResidencePermit, ForeignPermanent2017, ForeignPermanent2023);

/// Shows which document it is and nothing of what it says.
impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Resident(_) => "Resident(redacted)",
            Self::HmtResidence(_) => "HmtResidence(redacted)",
            Self::ForeignPermanent2017(_) => "ForeignPermanent2017(redacted)",
            Self::ForeignPermanent2023(_) => "ForeignPermanent2023(redacted)",
        })
    }
}

/// What can be wrong with a record that came in a right frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// The lengths it begins with do not fit what follows.
    #[error("its lengths do not fit what was sent")]
    Lengths,
    /// A field holds something that it cannot hold.
    #[error("its field “{0}” holds no such thing")]
    Field(&'static str),
    /// The check character of the number contradicts the digits.
    #[error("the check character of its number is wrong")]
    CheckDigit,
}

impl Document {
    /// Parses the text record of a card (256 bytes; what follows them is left alone).
    pub(crate) fn parse(record: &[u8]) -> Result<Self, RecordFault> {
        let record = Record(record.get(..layout::RECORD).ok_or(RecordFault::Lengths)?);
        match record.field(layout::TYPE)? {
            [b'J', 0] => record.hmt().map(Self::HmtResidence),
            [b'I', 0] => record.foreign_2017().map(Self::ForeignPermanent2017),
            [b'Y', 0] => record.foreign_2023().map(Self::ForeignPermanent2023),
            _ => record.resident().map(Self::Resident),
        }
    }

    /// Which of the four it is.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Resident(_) => Kind::Resident,
            Self::HmtResidence(_) => Kind::HmtResidence,
            Self::ForeignPermanent2017(_) => Kind::ForeignPermanent2017,
            Self::ForeignPermanent2023(_) => Kind::ForeignPermanent2023,
        }
    }

    /// The name to call the bearer by: the Chinese one where there is one.
    #[must_use]
    pub fn name(&self) -> &Text {
        match self {
            Self::Resident(card) => &card.name,
            Self::HmtResidence(permit) => &permit.name,
            Self::ForeignPermanent2017(card) if card.chinese_name.is_empty() => &card.english_name,
            Self::ForeignPermanent2017(card) => &card.chinese_name,
            Self::ForeignPermanent2023(card) if card.chinese_name.is_empty() => &card.english_name,
            Self::ForeignPermanent2023(card) => &card.chinese_name,
        }
    }

    /// The number that identifies the bearer: 18 characters, or 15 on a foreigner's card of 2017.
    #[must_use]
    pub fn number(&self) -> &str {
        match self {
            Self::Resident(card) => card.number.as_str(),
            Self::HmtResidence(permit) => permit.number.as_str(),
            Self::ForeignPermanent2017(card) => card.number.as_str(),
            Self::ForeignPermanent2023(card) => card.number.as_str(),
        }
    }

    /// The bearer's sex.
    #[must_use]
    pub fn sex(&self) -> Sex {
        match self {
            Self::Resident(card) => card.sex,
            Self::HmtResidence(permit) => permit.sex,
            Self::ForeignPermanent2017(card) => card.sex,
            Self::ForeignPermanent2023(card) => card.sex,
        }
    }

    /// The bearer's day of birth.
    #[must_use]
    pub fn birth(&self) -> &Date {
        match self {
            Self::Resident(card) => &card.birth,
            Self::HmtResidence(permit) => &permit.birth,
            Self::ForeignPermanent2017(card) => &card.birth,
            Self::ForeignPermanent2023(card) => &card.birth,
        }
    }

    /// First and last day on which the document is valid.
    #[must_use]
    pub fn validity(&self) -> &Validity {
        match self {
            Self::Resident(card) => &card.validity,
            Self::HmtResidence(permit) => &permit.validity,
            Self::ForeignPermanent2017(card) => &card.validity,
            Self::ForeignPermanent2023(card) => &card.validity,
        }
    }
}

/// Which document a record is of, and nothing else of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Resident,
    HmtResidence,
    ForeignPermanent2017,
    ForeignPermanent2023,
}

/// A record of the right length.
struct Record<'a>(&'a [u8]);

impl<'a> Record<'a> {
    fn resident(&self) -> Result<ResidentCard, RecordFault> {
        use resident as at;
        let ethnic_group = if text::is_blank(self.field(at::ETHNIC_GROUP)?) {
            None
        } else {
            Some(self.parsed(at::ETHNIC_GROUP, EthnicGroup::from_field)?)
        };
        Ok(ResidentCard {
            name: self.filled(at::NAME)?,
            sex: self.parsed(at::SEX, Sex::from_field)?,
            ethnic_group,
            birth: self.parsed(at::BIRTH, Date::from_field)?,
            address: self.text(at::ADDRESS)?,
            number: self.number(at::NUMBER)?,
            issuing_authority: self.text(at::ISSUING_AUTHORITY)?,
            validity: self.validity()?,
        })
    }

    fn hmt(&self) -> Result<HmtResidencePermit, RecordFault> {
        use hmt as at;
        let number = self.number(at::NUMBER)?;
        let region = HmtRegion::from_number(number.as_str());
        Ok(HmtResidencePermit {
            name: self.filled(at::NAME)?,
            sex: self.parsed(at::SEX, Sex::from_field)?,
            birth: self.parsed(at::BIRTH, Date::from_field)?,
            address: self.text(at::ADDRESS)?,
            region: region.ok_or(RecordFault::Field(at::NUMBER.name))?,
            number,
            issuing_authority: self.text(at::ISSUING_AUTHORITY)?,
            validity: self.validity()?,
            travel_permit_number: self.text(at::TRAVEL_PERMIT_NUMBER)?,
            issue_count: self.text(at::ISSUE_COUNT)?,
        })
    }

    fn foreign_2017(&self) -> Result<ForeignPermanent2017, RecordFault> {
        use foreign_2017 as at;
        Ok(ForeignPermanent2017 {
            english_name: self.filled(at::ENGLISH_NAME)?,
            chinese_name: self.text(at::CHINESE_NAME)?,
            sex: self.parsed(at::SEX, Sex::from_field)?,
            number: self.parsed(at::NUMBER, |f| PermitNumber::checked(text::ascii(f)?))?,
            nationality: self.parsed(at::NATIONALITY, CountryCode::from_field)?,
            birth: self.parsed(at::BIRTH, Date::from_field)?,
            validity: self.validity()?,
            version: self.text(at::VERSION)?,
            accepting_authority: self.text(at::ACCEPTING_AUTHORITY)?,
        })
    }

    fn foreign_2023(&self) -> Result<ForeignPermanent2023, RecordFault> {
        use foreign_2023 as at;
        let number = self.number(at::NUMBER)?;
        if !number.as_str().starts_with('9') {
            return Err(RecordFault::Field(at::NUMBER.name));
        }
        // Joined before it is decoded: the name may break in the middle, even at a space.
        let parts = [self.field(at::ENGLISH_NAME)?, self.field(at::ENGLISH_NAME_REST)?];
        let english_name = Text::from_ucs2(&Zeroizing::new(parts.concat()));
        let chinese_name = self.text(at::CHINESE_NAME)?;
        if english_name.is_empty() && chinese_name.is_empty() {
            return Err(RecordFault::Field(at::ENGLISH_NAME.name));
        }
        Ok(ForeignPermanent2023 {
            chinese_name,
            english_name,
            sex: self.parsed(at::SEX, Sex::from_field)?,
            number,
            nationality: self.parsed(at::NATIONALITY, CountryCode::from_field)?,
            birth: self.parsed(at::BIRTH, Date::from_field)?,
            validity: self.validity()?,
            renewal_count: self.text(at::RENEWAL_COUNT)?,
            old_number_link: self.text(at::OLD_NUMBER_LINK)?,
        })
    }

    /// The validity, which all four layouts have in the same place.
    fn validity(&self) -> Result<Validity, RecordFault> {
        let (from, until) = (self.field(layout::VALID_FROM)?, self.field(layout::VALID_UNTIL)?);
        Validity::from_fields(from, until).ok_or(RecordFault::Field("validity"))
    }

    fn number(&self, field: Field) -> Result<IdNumber, RecordFault> {
        let wrong = RecordFault::Field(field.name);
        let characters = text::ascii(self.field(field)?).ok_or(wrong)?;
        IdNumber::checked(characters).map_err(|fault| match fault {
            NumberFault::Shape => wrong,
            NumberFault::CheckCharacter => RecordFault::CheckDigit,
        })
    }

    fn text(&self, field: Field) -> Result<Text, RecordFault> {
        self.field(field).map(Text::from_ucs2)
    }

    /// A text that no card leaves empty.
    fn filled(&self, field: Field) -> Result<Text, RecordFault> {
        let text = self.text(field)?;
        if text.is_empty() { Err(RecordFault::Field(field.name)) } else { Ok(text) }
    }

    fn parsed<T>(&self, field: Field, parse: impl FnOnce(&[u8]) -> Option<T>) -> Result<T, RecordFault> {
        parse(self.field(field)?).ok_or(RecordFault::Field(field.name))
    }

    fn field(&self, field: Field) -> Result<&'a [u8], RecordFault> {
        self.0.get(field.at..field.at + field.len).ok_or(RecordFault::Lengths)
    }
}

#[cfg(test)]
pub(crate) mod tests;
