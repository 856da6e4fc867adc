//! Dates as the card holds them: YYYYMMDD, two digits a byte.

use zeroize::Zeroizing;

use crate::redacted;

/// The earliest year believed: no living holder was born, and no card issued, before it.
const FIRST_YEAR: u16 = 1850;

/// A day of the Gregorian calendar, between 1850 and 9999.
#[derive(PartialEq, Eq)]
pub struct Date {
    /// YYYYMMDD; on the heap like everything personal, so that it can be wiped.
    digits: Zeroizing<String>,
}

redacted!(Date);

impl Date {
    /// The day that these digits name; `None` if there is no such day.
    pub(crate) fn from_digits(digits: Zeroizing<String>) -> Option<Self> {
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

    /// The day as YYYYMMDD.
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

    pub(crate) fn in_order(&self) -> (u16, u8, u8) {
        (self.year(), self.month(), self.day())
    }

    fn two_digits(&self, at: usize) -> u8 {
        self.digits.bytes().skip(at).take(2).fold(0, |n, digit| n * 10 + (digit & 0x0F))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(digits: &str) -> Option<Date> {
        Date::from_digits(Zeroizing::new(digits.to_owned()))
    }

    #[test]
    fn days_that_exist_and_days_that_do_not() {
        for there in ["19491231", "20000229", "20240229", "18500101", "99991231", "20230430"] {
            let date = date(there).unwrap_or_else(|| panic!("{there}"));
            let (year, month, day) = date.in_order();
            assert_eq!(format!("{year:04}{month:02}{day:02}"), there);
            assert_eq!(date.as_digits(), there);
        }
        for not_there in [
            "19000229", "20230229", "20230431", "20231301", "20230001", "20230100", "18491231", "2023010", "",
        ] {
            assert!(date(not_there).is_none(), "{not_there}");
        }
    }
}
