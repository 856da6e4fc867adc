//! What a social-security card says.

use crate::{CitizenNumber, Code, Date, EthnicGroup, Name, Sex, redacted};

/// A social-security card as it was read; wiped when dropped.
///
/// Number and name are on every card. What else a card leaves blank, does not have, or does not give
/// out is `None`.
pub struct SocialCard {
    /// Social-security number, which is the citizen number; its check character is right.
    pub number: CitizenNumber,
    /// Name.
    pub name: Name,
    /// Sex.
    pub sex: Option<Sex>,
    /// Ethnic group.
    pub ethnic_group: Option<EthnicGroup>,
    /// Administrative code of the birthplace (GB/T 2260), six digits.
    pub birthplace: Option<Code>,
    /// Birth date.
    pub birth: Option<Date>,
    /// The card's issue.
    pub issue: Issue,
}

/// EF05: the card's issue. What the card does not say is `None`.
pub struct Issue {
    /// Card identification code, up to 32 hexadecimal digits; the card's own, so it is personal.
    pub identification: Option<Code>,
    /// Card category, as it is on the card.
    pub category: Option<u8>,
    /// Version of the specification the card was made to, such as `2.00`.
    pub version: Option<Code>,
    /// Number of the organisation that initialised the card, up to 24 hexadecimal digits.
    pub organisation: Option<Code>,
    /// When it was issued.
    pub issued: Option<Date>,
    /// The last day it is valid on.
    pub valid_until: Option<Date>,
    /// Card number, up to nine characters.
    pub card_number: Option<Code>,
}

redacted!(SocialCard, Issue);

impl Issue {
    /// Whether the card's last day is before the day of so many years, months and days. A card that
    /// does not say until when it is valid has not expired.
    #[must_use]
    pub fn has_expired(&self, year: u16, month: u8, day: u8) -> bool {
        self.valid_until.as_ref().is_some_and(|last| last.in_order() < (year, month, day))
    }
}
