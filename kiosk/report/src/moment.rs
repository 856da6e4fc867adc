//! A moment as a clock on the wall shows it.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// A second, and how far the hall's clock is from UTC: `2026-03-01T09:30:00+08:00` (RFC 3339), in this one
/// spelling, from 1970 to 9999, without the first and the last two days of that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment {
    at: Timestamp,
    offset: Offset,
}

/// It is no moment in the one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time must look like 2026-03-01T09:30:00+08:00, from 1970 on")]
pub struct NoMoment;

impl Moment {
    /// The second in which this is, without its fraction; an offset of less than a minute is dropped.
    /// What lies outside the range becomes its nearest moment.
    #[must_use]
    pub fn new(at: Timestamp, offset: Offset) -> Self {
        let offset = Offset::from_seconds(offset.seconds() / 60 * 60).unwrap_or(Offset::UTC);
        // Two days at either end, so that the year is in the range at every offset.
        let second = at.as_second().clamp(2 * 86_400, 253_402_300_799 - 2 * 86_400);
        Self { at: Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH), offset }
    }

    /// When it is.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        self.at
    }

    /// Date and time of day as they are read in the hall.
    pub(crate) fn civil(self) -> jiff::civil::DateTime {
        self.offset.to_datetime(self.at)
    }

    /// Minutes east of UTC.
    pub(crate) fn offset_minutes(self) -> i32 {
        self.offset.seconds() / 60
    }

    /// For people: `2026-03-01 09:30:00 +08:00`.
    pub(crate) fn spaced(self) -> String {
        let text = self.to_string();
        match (text.get(..10), text.get(11..19), text.get(19..)) {
            (Some(day), Some(time), Some(offset)) => format!("{day} {time} {offset}"),
            _ => text,
        }
    }

    /// The day alone: `2026-03-01`.
    pub(crate) fn day(self) -> String {
        self.to_string().chars().take(10).collect()
    }
}

impl std::str::FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        let at: Timestamp = text.parse().map_err(|_| NoMoment)?;
        let moment = Self::new(at, offset(text).ok_or(NoMoment)?);
        // Whatever is spelled otherwise, or was changed, is none.
        if moment.to_string() == text { Ok(moment) } else { Err(NoMoment) }
    }
}

fn offset(text: &str) -> Option<Offset> {
    let (sign, rest) = (text.get(19..20)?, text.get(20..)?);
    let (hours, minutes) = rest.split_once(':')?;
    let number = |digits: &str| (digits.len() == 2).then(|| digits.parse::<u8>().ok()).flatten();
    let seconds = (i32::from(number(hours)?) * 60 + i32::from(number(minutes)?)) * 60;
    match sign {
        "+" => Offset::from_seconds(seconds).ok(),
        "-" => Offset::from_seconds(-seconds).ok(),
        _ => None,
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.at.display_with_offset(self.offset))
    }
}

impl TryFrom<String> for Moment {
    type Error = NoMoment;

    fn try_from(text: String) -> Result<Self, NoMoment> {
        text.parse()
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_moment_has_one_spelling() {
        for text in ["2026-03-01T09:30:00+08:00", "1999-12-31T23:59:59-03:30", "2026-03-01T01:30:00+00:00"] {
            assert_eq!(text.parse::<Moment>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "2026-03-01",
            "2026-03-01T09:30:00",
            "2026-03-01T01:30:00Z",
            "2026-03-01t09:30:00+08:00",
            "2026-03-01 09:30:00+08:00",
            "2026-03-01T09:30:00.5+08:00",
            "2026-03-01T09:30:60+08:00",
            "2026-02-30T09:30:00+08:00",
            "2026-03-01T09:30:00+8:00",
            "2026-03-01T09:30:00-00:00",
            "1969-03-01T09:30:00+08:00",
            "2026-03-01T09:30:00+08:00[Asia/Shanghai]",
            "二〇二六年三月一日九点三十分零零秒整",
        ] {
            assert_eq!(text.parse::<Moment>(), Err(NoMoment), "{text}");
        }
    }

    #[test]
    fn it_is_read_as_on_the_wall() {
        let moment: Moment = "2026-03-01T09:30:00+08:00".parse().unwrap();
        assert_eq!(moment.spaced(), "2026-03-01 09:30:00 +08:00");
        assert_eq!(moment.day(), "2026-03-01");
        assert_eq!(moment.civil().hour(), 9);
        assert_eq!(moment.offset_minutes(), 480);
        assert_eq!(moment.timestamp().to_string(), "2026-03-01T01:30:00Z");
    }

    proptest! {
        #[test]
        fn every_moment_is_read_back(second in -377_705_023_201i64..=253_402_207_200, offset in -93_599i32..93_600) {
            let at = Timestamp::from_second(second).unwrap();
            let moment = Moment::new(at, Offset::from_seconds(offset).unwrap());
            prop_assert_eq!(moment.to_string().parse::<Moment>(), Ok(moment));
        }

        #[test]
        fn no_text_is_too_strange(text in any::<String>()) {
            if let Ok(moment) = text.parse::<Moment>() {
                prop_assert_eq!(moment.to_string(), text);
            }
        }
    }
}
