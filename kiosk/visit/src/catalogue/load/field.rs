//! Fields that several tables have: names, times, caps, credit codes.

use super::MAX_NAME;
use super::report::quoted;
use super::table::{Table, Value};
use crate::catalogue::{Label, OnlineAddress, Theme};
use crate::hours::{Cap, Span};
use crate::identity::{CompanyCode, NumberError};
use jiff::civil::Time;

/// The most caps of one matter: one for every half hour.
const MAX_CAPS: usize = 48;
/// The most numbers of one cap.
const MAX_NUMBERS: u32 = 10_000;

/// A name in Chinese, and in English if it is there.
pub(super) fn label(table: &mut Table<'_>, zh: &'static str, en: &'static str) -> Option<Label> {
    let english = table.optional(en);
    let zh = table.required(zh).and_then(|value| name(&value));
    let en = match english {
        Some(value) => name(&value),
        None => zh.clone(),
    };
    Some(Label { zh: zh?, en: en? })
}

/// A text of one line that people read, on a screen and on a ticket.
pub(super) fn name(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    let length = text.chars().count();
    if text.trim().is_empty() {
        value.wrong("empty; write a name");
    } else if length > MAX_NAME {
        value.wrong(format!("{length} characters; a name has {MAX_NAME} at most"));
    } else if text.trim() != text {
        value.wrong("a space at the beginning or end; take it away");
    } else if let Some(c) = text.chars().find(|c| is_invisible(*c)) {
        value.wrong(format!(
            "the character {:?} cannot be shown; take it away",
            c.escape_default().to_string()
        ));
    } else {
        return Some(text.to_owned());
    }
    None
}

/// Characters that command rather than show: controls would reach the printer, and marks of
/// direction would turn the rest of a line round.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// Companies or persons.
pub(super) fn theme(table: &mut Table<'_>) -> Option<Theme> {
    table.required("theme")?.word(&[("business", Theme::Business), ("personal", Theme::Personal)])
}

/// `true` or `false`, and what it is where it does not stand.
pub(super) fn truth(table: &mut Table<'_>, name: &'static str, otherwise: bool) -> Option<bool> {
    table.optional(name).map_or(Some(otherwise), |value| value.truth())
}

/// The field `online`: where a matter can be done without coming; `Some(None)` where it does not stand.
pub(super) fn online(table: &mut Table<'_>) -> Option<Option<OnlineAddress>> {
    let Some(value) = table.optional("online") else { return Some(None) };
    let text = value.text()?;
    let address = OnlineAddress::new(text);
    if address.is_none() {
        value.wrong(format!(
            "{} is no address for it; write \"https://…\", at most {} characters, all of them ASCII",
            quoted(text),
            OnlineAddress::LONGEST
        ));
    }
    address.map(Some)
}

/// A unified social credit code (GB 32100), written as the registry writes it.
pub(super) fn credit_code(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    match CompanyCode::parse(text) {
        Ok(code) if code.as_str() == text => return Some(text.to_owned()),
        Ok(_) => value.wrong("write it in capitals and without spaces"),
        Err(why) => value.wrong(format!("{} is no credit code: {}", quoted(text), credit_code_fault(why))),
    }
    None
}

/// What is wrong with a text that should be a credit code.
pub(super) fn credit_code_fault(why: NumberError) -> &'static str {
    match why {
        NumberError::Form => "it has 18 digits or capitals, of which I, O, S, V and Z are never used",
        NumberError::CheckDigit => {
            "the check character (GB 32100) does not fit the others; a character is mistyped"
        }
    }
}

/// The fields `from` and `to`.
pub(super) fn span(table: &mut Table<'_>) -> Option<Span> {
    let from = table.required("from").and_then(|value| time(&value));
    let end = table.required("to");
    let to = end.as_ref().and_then(|value| match value.text()? {
        // A span ends before `to`, so that midnight at the end needs a time of its own.
        "24:00" => Some(Time::MAX),
        _ => time(value),
    });
    let span = Span { from: from?, to: to? };
    if span.from >= span.to {
        end?.wrong(format!("must be later than {}, where it begins", span.from.strftime("%H:%M")));
        return None;
    }
    Some(span)
}

/// A time of day, `HH:MM`.
fn time(value: &Value<'_>) -> Option<Time> {
    let text = value.text()?;
    let read = hours_and_minutes(text).and_then(|(h, m)| Time::new(h, m, 0, 0).ok());
    if read.is_none() {
        value.wrong(format!("{} is no time; write \"HH:MM\", from \"00:00\" to \"23:59\"", quoted(text)));
    }
    read
}

/// The two numbers of `HH:MM`, whatever they are.
pub(super) fn hours_and_minutes(text: &str) -> Option<(i8, i8)> {
    let two = |digits: &str| {
        let good = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        if good { digits.parse().ok() } else { None }
    };
    let (hours, minutes) = text.split_once(':')?;
    Some((two(hours)?, two(minutes)?))
}

/// The caps of a matter, `[[….caps]]`: time windows of a day that do not overlap.
pub(super) fn caps(table: &mut Table<'_>) -> Vec<Cap> {
    let mut caps: Vec<(usize, Cap)> = Vec::new();
    for mut cap in table.tables("caps", MAX_CAPS) {
        let span = span(&mut cap);
        let numbers = cap.required("numbers").and_then(|value| value.whole(0..=MAX_NUMBERS));
        if let Some(span) = span {
            let overlap =
                caps.iter().find(|(_, other)| other.span.from < span.to && span.from < other.span.to);
            if let Some((line, _)) = overlap {
                cap.wrong(format!("overlaps with the time window in line {line}; end one before the other"));
            }
            // Without its number it still takes part in the search for overlaps.
            caps.push((cap.line(), Cap { span, numbers: numbers.unwrap_or_default() }));
        }
        cap.done();
    }
    caps.into_iter().map(|(_, cap)| cap).collect()
}
