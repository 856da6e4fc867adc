//! Dates as cards hold them: eight digits, or 长期 for a validity without end.

use zeroize::Zeroizing;

use crate::{redacted, text};

/// The earliest year believed: no living bearer and no validity begins before it.
const FIRST_YEAR: u16 = 1850;

/// A day of the Gregorian calendar, between 1850 and 9999.
#[derive(PartialEq, Eq)]
pub struct Date {
    /// YYYYMMDD; on the heap like everything personal, so that it can be wiped.
    digits: Zeroizing<String>,
}

redacted!(Date, Validity, ValidUntil);

impl Date {
    /// The day that a field of eight digits names; `None` if there is no such day.
    pub(crate) fn from_field(field: &[u8]) -> Option<Self> {
        let digits = text::ascii(field)?;
        if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let date = Self { digits };
        let exists = date.year() >= FIRST_YEAR
            && jiff::civil::Date::new(
                date.year().cast_signed(),
                date.month().cast_signed(),
                date.day().cast_signed(),
            )
            .is_ok();
        exists.then_some(date)
    }

    /// The day as the card writes it, YYYYMMDD.
    #[must_use]
    pub fn as_digits(&self) -> &str {
        &self.digits
    }

    /// The year.
    #[must_use]
    pub fn year(&self) -> u16 {
        self.digits.bytes().take(4).fold(0, |n, digit| n * 10 + u16::from(digit & 0x0F))
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(&self) -> u8 {
        self.two_digits(4)
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(&self) -> u8 {
        self.two_digits(6)
    }

    fn in_order(&self) -> (u16, u8, u8) {
        (self.year(), self.month(), self.day())
    }

    fn two_digits(&self, at: usize) -> u8 {
        self.digits.bytes().skip(at).take(2).fold(0, |n, digit| n * 10 + (digit & 0x0F))
    }
}

/// From when until when a document is valid, both days included.
#[derive(PartialEq, Eq)]
pub struct Validity {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: ValidUntil,
}

impl Validity {
    /// Whether the document is valid on the day of so many years, months and days.
    #[must_use]
    pub fn covers(&self, year: u16, month: u8, day: u8) -> bool {
        let on = (year, month, day);
        let begun = self.from.in_order() <= on;
        match &self.until {
            ValidUntil::Day(last) => begun && on <= last.in_order(),
            ValidUntil::LongTerm => begun,
        }
    }

    /// The two fields of a record; `None` if either is no day or the end is before the beginning.
    pub(crate) fn from_fields(from: &[u8], until: &[u8]) -> Option<Self> {
        let from = Date::from_field(from)?;
        if text::Text::from_ucs2(until).as_str() == "长期" {
            return Some(Self { from, until: ValidUntil::LongTerm });
        }
        let last = Date::from_field(until)?;
        (from.in_order() <= last.in_order()).then_some(Self { from, until: ValidUntil::Day(last) })
    }
}

/// The end of a validity.
#[derive(PartialEq, Eq)]
pub enum ValidUntil {
    /// The last day.
    Day(Date),
    /// 长期: no end; the card of a bearer over 46 at its issue.
    LongTerm,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(text: &str) -> Vec<u8> {
        format!("{text:<8}").encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn date(text: &str) -> Option<Date> {
        Date::from_field(&field(text))
    }

    #[test]
    fn days_that_exist_and_days_that_do_not() {
        for there in ["19491231", "20000229", "20240229", "18500101", "99991231", "20230430"] {
            let date = date(there).unwrap_or_else(|| panic!("{there}"));
            assert_eq!(date.as_digits(), there);
            let again = format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
            assert_eq!(again, there);
        }
        for not_there in [
            "19000229",
            "20230229",
            "20230431",
            "20231301",
            "20230001",
            "20230100",
            "20230132",
            "18491231",
            "00000000",
            "2023010",
            "2023 101",
            "长期",
            "",
            "２０２３０１０１",
            "-2023011",
        ] {
            assert!(date(not_there).is_none(), "{not_there}");
        }
    }

    #[test]
    fn validity_covers_its_first_and_last_day() {
        let validity = Validity::from_fields(&field("20150301"), &field("20350301")).unwrap();
        for (day, covered) in [
            ((2015, 2, 28), false),
            ((2015, 3, 1), true),
            ((2026, 11, 23), true),
            ((2035, 3, 1), true),
            ((2035, 3, 2), false),
        ] {
            assert_eq!(validity.covers(day.0, day.1, day.2), covered, "{day:?}");
        }
    }

    #[test]
    fn long_term_has_no_end() {
        let validity = Validity::from_fields(&field("20150301"), &field("长期")).unwrap();
        assert!(matches!(validity.until, ValidUntil::LongTerm));
        assert!(validity.covers(9999, 12, 31));
        assert!(!validity.covers(2015, 2, 28));
    }

    #[test]
    fn an_end_before_the_beginning_is_none() {
        assert!(Validity::from_fields(&field("20350301"), &field("20150301")).is_none());
        assert!(Validity::from_fields(&field("长期"), &field("20150301")).is_none());
        assert!(Validity::from_fields(&field("20150301"), &field("长期有效")).is_none());
        assert!(Validity::from_fields(&field("20150301"), &field("")).is_none());
    }

    #[test]
    fn debug_shows_nothing() {
        let validity = Validity::from_fields(&field("20150301"), &field("长期")).unwrap();
        assert_eq!(format!("{validity:?}"), "Validity(redacted)");
        assert_eq!(format!("{:?}", validity.from), "Date(redacted)");
    }

    proptest! {
        #[test]
        fn any_field_is_survived(field in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = Validity::from_fields(&field, &field);
        }
    }
}
