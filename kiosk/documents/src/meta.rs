//! What a document says of itself.

/// The description of a document. It should name no person: it travels with the file in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    title: String,
    producer: String,
    created: Created,
    id_seed: String,
}

impl Meta {
    /// A description with the document's title, when it was made, the version of the program, and a
    /// seed that tells documents of equal pages apart, such as the number of the material.
    ///
    /// # Errors
    /// [`MetaError`] for text that is empty, too long or holds control characters.
    pub fn new(title: &str, created: Created, version: &str, id_seed: &str) -> Result<Self, MetaError> {
        Ok(Self {
            title: text("title", title)?,
            producer: format!("Onedoor {}", text("version", version)?),
            created,
            id_seed: text("id_seed", id_seed)?,
        })
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn producer(&self) -> &str {
        &self.producer
    }

    pub(crate) fn created(&self) -> Created {
        self.created
    }

    pub(crate) fn id_seed(&self) -> &str {
        &self.id_seed
    }
}

fn text(field: &'static str, value: &str) -> Result<String, MetaError> {
    /// Far longer than any title in the catalogue of services.
    const MAX_CHARS: usize = 500;
    // The last two are no characters of XML 1.0 (section 2.2).
    let unusable = |c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    let length = value.chars().count();
    if value.trim().is_empty() || length > MAX_CHARS || value.chars().any(unusable) {
        return Err(MetaError::Text { field });
    }
    Ok(value.to_owned())
}

/// A moment as PDF and XMP write it: civil time and its distance from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Created {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    offset_minutes: i16,
}

impl Created {
    /// A moment: year 1 to 9999, month 1 to 12, day 1 to 31, the time of day, and the minutes that
    /// local time is ahead of UTC (480 in China), at most 14 hours either way.
    ///
    /// # Errors
    /// [`MetaError::Time`] when a piece lies outside its range.
    pub fn new(date: (u16, u8, u8), time: (u8, u8, u8), offset_minutes: i16) -> Result<Self, MetaError> {
        let (year, month, day) = date;
        let (hour, minute, second) = time;
        let possible = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60
            && (-840..=840).contains(&offset_minutes);
        if !possible {
            return Err(MetaError::Time);
        }
        Ok(Self { year, month, day, hour, minute, second, offset_minutes })
    }

    /// The moment in PDF's form (ISO 32000-1, 7.9.4), such as `D:20261123093000+08'00`.
    pub(crate) fn pdf(self) -> String {
        let Self { year, month, day, hour, minute, second, .. } = self;
        let (sign, hours, minutes) = self.offset();
        format!("D:{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}{sign}{hours:02}'{minutes:02}")
    }

    /// The moment in XMP's form (ISO 16684-1, 8.2.1.2), such as `2026-11-23T09:30:00+08:00`.
    pub(crate) fn xmp(self) -> String {
        let Self { year, month, day, hour, minute, second, .. } = self;
        let (sign, hours, minutes) = self.offset();
        format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{hours:02}:{minutes:02}"
        )
    }

    /// The day in the form of XML Schema (part 2, 3.2.9), such as `2026-11-23`.
    pub(crate) fn day(self) -> String {
        let Self { year, month, day, .. } = self;
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Year, month, day, hour, minute and second on the clock on the wall.
    pub(crate) fn civil(self) -> (u16, u8, u8, u8, u8, u8) {
        let Self { year, month, day, hour, minute, second, .. } = self;
        (year, month, day, hour, minute, second)
    }

    /// The distance from UTC as sign, hours and minutes.
    fn offset(self) -> (char, u16, u16) {
        let minutes = self.offset_minutes.unsigned_abs();
        (if self.offset_minutes < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
    }
}

/// A description that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetaError {
    /// A text is empty, longer than 500 characters or holds control characters.
    #[error(
        "document description: {field} must be 1 to 500 characters without control characters; correct it"
    )]
    Text {
        /// Which text.
        field: &'static str,
    },
    /// A piece of the time lies outside its range.
    #[error("document description: there is no such time; check the kiosk's clock")]
    Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (date, time, offset, text) in [
            ((2026, 11, 23), (9, 30, 5), 480, "2026-11-23T09:30:05+08:00"),
            ((2026, 1, 2), (0, 0, 0), -210, "2026-01-02T00:00:00-03:30"),
            ((1999, 12, 31), (23, 59, 59), 0, "1999-12-31T23:59:59+00:00"),
        ] {
            let created = Created::new(date, time, offset).unwrap();
            assert_eq!(created.xmp(), text);
            assert_eq!(created.day(), text[..10]);
            // The same digits in both forms, as ISO 19005-2, 6.6.3, compares them.
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            assert_eq!(digits(&created.pdf()), digits(text));
        }
        for (date, time, offset) in [
            ((0, 1, 1), (0, 0, 0), 0),
            ((2026, 13, 1), (0, 0, 0), 0),
            ((2026, 1, 0), (0, 0, 0), 0),
            ((2026, 1, 1), (24, 0, 0), 0),
            ((2026, 1, 1), (0, 0, 60), 0),
            ((2026, 1, 1), (0, 0, 0), 900),
        ] {
            assert_eq!(Created::new(date, time, offset), Err(MetaError::Time));
        }
    }

    #[test]
    fn texts() {
        let created = Created::new((2026, 11, 23), (9, 30, 0), 480).unwrap();
        assert!(Meta::new("营业执照 <副本> & copy", created, "0.1.0", "m-1").is_ok());
        for title in ["", "  ", "a\nb", "a\0b", "\u{FFFE}", &"字".repeat(501)] {
            let error = Meta::new(title, created, "0.1.0", "m-1").unwrap_err();
            assert_eq!(error, MetaError::Text { field: "title" }, "{title:?}");
        }
    }
}
