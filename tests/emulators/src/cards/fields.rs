//! Where each kind of card keeps which field, and what the field may hold (protocols.md §1.7, §1.8).

use std::fmt;

use zeroize::Zeroizing;

use super::{ADDRESS_BYTES, CardError, Flat, Kind, RECORD_BYTES, put_units};

/// Where the type letter stands.
pub(super) const TYPE_OFFSET: usize = 248;

/// Addresses a card has room for after issue.
const APPENDED_LIMIT: usize = 4;

/// What a field may hold, apart from having to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Any text of at least one character.
    Text,
    /// Any text, also none.
    OptionalText,
    /// YYYYMMDD.
    Date,
    /// YYYYMMDD or 长期 (no end).
    DateOrForever,
    /// 18 characters, the last of which may be X.
    Number18,
    /// 15 capital letters and digits.
    Number15,
    /// One of 0, 1, 2, 9.
    Sex,
    /// A number of two digits.
    TwoDigits,
    /// Three capital letters.
    Alpha3,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::OptionalText => "a text or empty",
            Self::Date => "a date as YYYYMMDD",
            Self::DateOrForever => "a date as YYYYMMDD or 长期",
            Self::Number18 => "18 digits (the last may be X)",
            Self::Number15 => "15 capital letters and digits",
            Self::Sex => "0, 1, 2 or 9",
            Self::TwoDigits => "a number from 0 to 99",
            Self::Alpha3 => "three capital letters",
        })
    }
}

impl Form {
    fn admits(self, text: &str) -> bool {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Text => !text.is_empty(),
            Self::OptionalText => true,
            Self::Date => text.len() == 8 && digits(text),
            Self::DateOrForever => text == "长期" || Self::Date.admits(text),
            Self::Number18 => {
                text.len() == 18
                    && text.is_ascii()
                    && digits(&text[..17])
                    && text.ends_with(|last: char| last.is_ascii_digit() || last == 'X')
            }
            Self::Number15 => {
                text.len() == 15
                    && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
            }
            Self::Sex => matches!(text, "0" | "1" | "2" | "9"),
            Self::TwoDigits => text.len() == 2 && digits(text),
            Self::Alpha3 => text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
        }
    }
}

/// One field of one layout.
pub(super) struct Field {
    /// Its JSON name.
    pub(super) name: &'static str,
    /// Offset and bytes; two places for a text that is continued elsewhere.
    places: &'static [(usize, usize)],
    form: Form,
    /// Its text as it stands on the card, if given.
    pub(super) get: fn(&Flat) -> Option<Zeroizing<String>>,
}

impl Field {
    fn units(&self) -> usize {
        self.places.iter().map(|(_, bytes)| bytes / 2).sum()
    }

    /// Writes `text`, continued in the second place where there is one.
    pub(super) fn put(&self, text: &str, record: &mut [u8; RECORD_BYTES]) {
        let mut rest = text;
        for &(offset, bytes) in self.places {
            let place = &mut record[offset..offset + bytes];
            put_units(rest, place);
            rest = rest.char_indices().nth(bytes / 2).map_or("", |(at, _)| &rest[at..]);
        }
    }
}

macro_rules! field {
    ($name:ident, $form:ident, $($place:expr),+) => {
        Field {
            name: stringify!($name),
            places: &[$($place),+],
            form: Form::$form,
            get: |flat| flat.$name.as_deref().map(|text| Zeroizing::new(text.to_owned())),
        }
    };
}

macro_rules! digits {
    ($name:ident, $form:ident, $width:literal, $place:expr) => {
        Field {
            name: stringify!($name),
            places: &[$place],
            form: Form::$form,
            get: |flat| flat.$name.map(|number| Zeroizing::new(format!("{number:0width$}", width = $width))),
        }
    };
}

const RESIDENT: &[Field] = &[
    field!(name, Text, (0, 30)),
    digits!(sex, Sex, 1, (30, 2)),
    digits!(nation, TwoDigits, 2, (32, 4)),
    field!(birth, Date, (36, 16)),
    field!(address, Text, (52, 70)),
    field!(number, Number18, (122, 36)),
    field!(issuer, Text, (158, 30)),
    field!(valid_from, Date, (188, 16)),
    field!(valid_until, DateOrForever, (204, 16)),
];

const HMT: &[Field] = &[
    field!(name, Text, (0, 30)),
    digits!(sex, Sex, 1, (30, 2)),
    field!(birth, Date, (36, 16)),
    field!(address, Text, (52, 70)),
    field!(number, Number18, (122, 36)),
    field!(issuer, Text, (158, 30)),
    field!(valid_from, Date, (188, 16)),
    field!(valid_until, DateOrForever, (204, 16)),
    field!(travel_permit, Text, (220, 18)),
    digits!(issue_count, TwoDigits, 2, (238, 4)),
];

const FOREIGNER_2017: &[Field] = &[
    field!(name_en, Text, (0, 120)),
    digits!(sex, Sex, 1, (120, 2)),
    field!(number, Number15, (122, 30)),
    field!(nationality, Alpha3, (152, 6)),
    field!(name_zh, OptionalText, (158, 30)),
    field!(valid_from, Date, (188, 16)),
    field!(valid_until, DateOrForever, (204, 16)),
    field!(birth, Date, (220, 16)),
    field!(version, OptionalText, (236, 4)),
    field!(authority, OptionalText, (240, 8)),
];

const FOREIGNER_2023: &[Field] = &[
    field!(name_zh, OptionalText, (0, 30)),
    digits!(sex, Sex, 1, (30, 2)),
    digits!(renewal_count, TwoDigits, 2, (32, 4)),
    field!(birth, Date, (36, 16)),
    field!(name_en, Text, (52, 70), (220, 22)),
    field!(number, Number18, (122, 36)),
    field!(valid_from, Date, (188, 16)),
    field!(valid_until, DateOrForever, (204, 16)),
    field!(nationality, Alpha3, (242, 6)),
    field!(old_number_link, OptionalText, (250, 6)),
];

/// The layout of a kind.
pub(super) fn of(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Resident => RESIDENT,
        Kind::Hmt => HMT,
        Kind::Foreigner2017 => FOREIGNER_2017,
        Kind::Foreigner2023 => FOREIGNER_2023,
    }
}

/// The letter that tells the kinds apart; a resident card has none.
pub(super) fn type_letter(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Resident => None,
        Kind::Hmt => Some("J"),
        Kind::Foreigner2017 => Some("I"),
        Kind::Foreigner2023 => Some("Y"),
    }
}

/// Whether every field that `kind` has is there and fits, and no other is given.
pub(super) fn check(kind: Kind, flat: &Flat) -> Result<(), CardError> {
    for field in of(kind) {
        let text = match (field.get)(flat) {
            Some(text) => text,
            // Counters, links and second names may be left out; their place is then blank.
            None if matches!(field.form, Form::OptionalText | Form::TwoDigits) && field.name != "nation" => {
                continue;
            }
            None => return Err(CardError::Missing { kind, field: field.name }),
        };
        if !field.form.admits(&text) {
            return Err(CardError::Form { field: field.name, form: field.form.to_string() });
        }
        fits(field.name, &text, field.units())?;
    }
    let kinds = [Kind::Resident, Kind::Hmt, Kind::Foreigner2017, Kind::Foreigner2023];
    for field in kinds.into_iter().flat_map(of) {
        let own = of(kind).iter().any(|mine| mine.name == field.name);
        if !own && (field.get)(flat).is_some() {
            return Err(CardError::Foreign { kind, field: field.name });
        }
    }
    check_appended(kind, flat)
}

fn check_appended(kind: Kind, flat: &Flat) -> Result<(), CardError> {
    let field = "appended_addresses";
    if kind != Kind::Resident && !flat.appended_addresses.is_empty() {
        return Err(CardError::Foreign { kind, field });
    }
    if flat.appended_addresses.len() > APPENDED_LIMIT {
        return Err(CardError::Form { field, form: format!("at most {APPENDED_LIMIT} addresses") });
    }
    flat.appended_addresses.iter().try_for_each(|address| fits(field, address, ADDRESS_BYTES / 2))
}

fn fits(field: &'static str, text: &str, units: usize) -> Result<(), CardError> {
    if text.encode_utf16().count() <= units {
        return Ok(());
    }
    Err(CardError::Form {
        field,
        form: format!("at most {units} characters (those outside the basic plane count twice)"),
    })
}
