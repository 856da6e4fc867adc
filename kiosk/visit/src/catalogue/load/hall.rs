//! The hall: its hours, departments and windows.

use super::code::Declared;
use super::field::{credit_code, hours_and_minutes, label, name, span, truth};
use super::report::quoted;
use super::table::{Table, Value};
use crate::catalogue::{Department, DepartmentCode, Hall, Window, WindowCode};
use crate::hours::{Hours, Lunch, Opening};
use jiff::civil::Weekday;

/// The most departments, and the most windows, of a hall.
const MAX_PLACES: usize = 500;
/// The most spans of opening: three on each day of the week, should they all differ.
const MAX_OPENINGS: usize = 21;
/// The most matters that a hall calls popular.
const MAX_POPULAR: usize = 8;

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// `[hall]`, and the matters that it calls popular: what they are is not read yet.
pub(super) fn hall<'a>(root: &mut Table<'a>) -> (Option<Hall>, Vec<Value<'a>>) {
    let Some(mut table) = root.required("hall").and_then(|value| value.table()) else {
        return (None, Vec::new());
    };
    let popular = table.optional("popular").map_or_else(Vec::new, |list| list.list(MAX_POPULAR));
    (hall_itself(table), popular)
}

fn hall_itself(mut table: Table<'_>) -> Option<Hall> {
    let name = label(&mut table, "name", "name_en");
    let utc_offset_minutes = table.required("utc_offset").and_then(|value| utc_offset(&value));
    let hours = hours(&mut table);
    let without_document = truth(&mut table, "without_document", false);
    table.done();
    let popular = Vec::new();
    Some(Hall {
        name: name?,
        hours: hours?,
        utc_offset_minutes: utc_offset_minutes?,
        without_document: without_document?,
        popular,
    })
}

/// Minutes east of Greenwich, written as in ISO 8601: `+08:00`. Clocks on Earth go from -12:00 to
/// +14:00.
fn utc_offset(value: &Value<'_>) -> Option<i16> {
    let text = value.text()?;
    let minutes = |digits: &str| {
        let (hours, minutes) = hours_and_minutes(digits)?;
        (minutes < 60).then(|| i16::from(hours) * 60 + i16::from(minutes))
    };
    let read = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(east), _) => minutes(east),
        (_, Some(west)) => minutes(west).map(|m| -m),
        _ => None,
    };
    let read = read.filter(|m| (-12 * 60..=14 * 60).contains(m));
    if read.is_none() {
        value.wrong(format!("{} is no offset of a clock; in China it is \"+08:00\"", quoted(text)));
    }
    read
}

/// `[[hall.openings]]` and `[hall.lunch]`.
fn hours(table: &mut Table<'_>) -> Option<Hours> {
    let openings: Vec<_> = table.tables("openings", MAX_OPENINGS).into_iter().map(opening).collect();
    let openings: Option<Vec<_>> = openings.into_iter().collect();
    let Some(lunch) = table.optional("lunch") else {
        return Some(Hours { openings: openings?, lunch: None });
    };
    let mut fields = lunch.table()?;
    let span = span(&mut fields);
    let numbers = fields.required("numbers").and_then(|value| value.truth());
    fields.done();
    let (span, openings) = (span?, openings?);
    let inside = |o: &Opening| o.span.from <= span.from && span.to <= o.span.to;
    if !openings.is_empty() && !openings.iter().any(inside) {
        lunch.wrong("outside the opening hours; it must lie whole within those of some day");
    }
    Some(Hours { openings, lunch: Some(Lunch { span, numbers: numbers? }) })
}

/// One of `[[hall.openings]]`.
fn opening(mut table: Table<'_>) -> Option<Opening> {
    let span = span(&mut table);
    let days = table.required("days").map(|list| {
        let mut days = Vec::new();
        for value in list.filled_list(DAYS.len()) {
            let Some(day) = value.word(&DAYS) else { continue };
            if days.contains(&day) {
                value.wrong("this day stands in the list already; name it once");
            } else {
                days.push(day);
            }
        }
        days
    });
    table.done();
    Some(Opening { days: days?, span: span? })
}

/// `[[departments]]`, and their credit codes.
pub(super) fn departments(
    root: &mut Table<'_>,
) -> (Vec<Department>, Declared<DepartmentCode, Option<String>>) {
    let mut known = Declared::new();
    let mut departments = Vec::new();
    for mut table in root.some_tables("departments", MAX_PLACES) {
        let credit_code = table.required("dept_code").and_then(|value| credit_code(&value));
        let code = known.declare(&mut table, credit_code.clone());
        let name = label(&mut table, "name", "name_en");
        table.done();
        if let (Some(code), Some(name), Some(credit_code)) = (code, name, credit_code) {
            departments.push(Department { code, name, credit_code });
        }
    }
    (departments, known)
}

/// `[[windows]]`.
pub(super) fn windows(root: &mut Table<'_>) -> (Vec<Window>, Declared<WindowCode>) {
    let mut known = Declared::new();
    let mut windows = Vec::new();
    for mut table in root.some_tables("windows", MAX_PLACES) {
        let code = known.declare(&mut table, ());
        let title = label(&mut table, "name", "name_en");
        let counters = table.required("counters").and_then(|value| name(&value));
        let area = label(&mut table, "area", "area_en");
        table.done();
        if let (Some(code), Some(name), Some(counters), Some(area)) = (code, title, counters, area) {
            windows.push(Window { code, name, counters, area });
        }
    }
    (windows, known)
}
