//! Tables and values of the file, each knowing its line and the path of its field.
//!
//! serde would stop at the first error; these walk the parsed file themselves, so that every error
//! is found. A value that is wrong is reported and then `None`: whoever reads goes on.

use super::report::{Report, quoted};
use std::ops::RangeInclusive;
use toml::de::{DeTable, DeValue};

/// A table whose fields are asked for by name. What was not asked for in the end is unknown.
pub(super) struct Table<'a> {
    line: usize,
    path: String,
    fields: &'a DeTable<'a>,
    asked: Vec<&'static str>,
    report: &'a Report,
}

impl<'a> Table<'a> {
    /// The file itself.
    pub(super) fn root(fields: &'a DeTable<'a>, report: &'a Report) -> Self {
        Self { line: 1, path: String::new(), fields, asked: Vec::new(), report }
    }

    /// A field, if it is there.
    pub(super) fn optional(&mut self, name: &'static str) -> Option<Value<'a>> {
        self.asked.push(name);
        let value = self.fields.get(name)?;
        Some(Value {
            line: self.report.line(value.span().start),
            path: self.path_of(name),
            value: value.get_ref(),
            report: self.report,
        })
    }

    /// A field that must be there.
    pub(super) fn required(&mut self, name: &'static str) -> Option<Value<'a>> {
        let value = self.optional(name);
        if value.is_none() {
            self.report.add(self.line, &self.path_of(name), "missing; this field must be there");
        }
        value
    }

    /// The tables of a list, `[[name]]`, at most `max`. Empty if the field is not there.
    pub(super) fn tables(&mut self, name: &'static str, max: usize) -> Vec<Self> {
        let values = self.optional(name).map_or_else(Vec::new, |list| list.list(max));
        values.iter().filter_map(Value::table).collect()
    }

    /// As [`Table::tables`], of which there must be one or more.
    pub(super) fn some_tables(&mut self, name: &'static str, max: usize) -> Vec<Self> {
        let Some(list) = self.required(name) else {
            return Vec::new();
        };
        list.filled_list(max).iter().filter_map(Value::table).collect()
    }

    /// Something is wrong with the table as a whole.
    pub(super) fn wrong(&self, what: impl Into<String>) {
        self.report.add(self.line, &self.path, what);
    }

    /// The line it begins in.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// Reports the fields that nobody asked for.
    pub(super) fn done(self) {
        for (key, _) in self.fields.iter() {
            let name: &str = key.get_ref();
            if !self.asked.contains(&name) {
                let line = self.report.line(key.span().start);
                let path = self.path_of(&shown(name));
                let known = self.asked.join(", ");
                self.report.add(line, &path, format!("there is no such field; known here: {known}"));
            }
        }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// A value of the file.
#[derive(Clone)]
pub(super) struct Value<'a> {
    line: usize,
    path: String,
    value: &'a DeValue<'a>,
    report: &'a Report,
}

impl<'a> Value<'a> {
    /// The line it begins in.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// Something is wrong with it.
    pub(super) fn wrong(&self, what: impl Into<String>) {
        self.report.add(self.line, &self.path, what);
    }

    /// A string.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.or_wrong(self.value.as_str(), "a text in quotes")
    }

    /// Whether it is this string; anything else is no error here.
    pub(super) fn text_is(&self, text: &str) -> bool {
        self.value.as_str() == Some(text)
    }

    /// `true` or `false`.
    pub(super) fn truth(&self) -> Option<bool> {
        self.or_wrong(self.value.as_bool(), "true or false")
    }

    /// A whole number within bounds.
    pub(super) fn whole<T>(&self, bounds: RangeInclusive<T>) -> Option<T>
    where
        T: TryFrom<i64> + PartialOrd + std::fmt::Display,
    {
        let number = self.value.as_integer().and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
        let number = number.and_then(|n| T::try_from(n).ok()).filter(|n| bounds.contains(n));
        self.or_wrong(number, &format!("a whole number from {} to {}", bounds.start(), bounds.end()))
    }

    /// A list of at most `max`. A longer one is reported and not looked into.
    pub(super) fn list(&self, max: usize) -> Vec<Self> {
        let Some(list) = self.or_wrong(self.value.as_array(), "a list") else {
            return Vec::new();
        };
        if list.len() > max {
            self.wrong(format!("{} entries; there may be {max} at most", list.len()));
            return Vec::new();
        }
        let entry = |(n, value): (usize, &'a toml::Spanned<DeValue<'a>>)| Self {
            line: self.report.line(value.span().start),
            path: format!("{}[{n}]", self.path),
            value: value.get_ref(),
            report: self.report,
        };
        list.iter().enumerate().map(entry).collect()
    }

    /// As [`Value::list`], of which there must be one or more.
    pub(super) fn filled_list(&self, max: usize) -> Vec<Self> {
        if self.value.as_array().is_some_and(|list| list.is_empty()) {
            self.wrong("empty; there must be one entry or more");
        }
        self.list(max)
    }

    /// A table.
    pub(super) fn table(&self) -> Option<Table<'a>> {
        let fields = self.or_wrong(self.value.as_table(), "a table")?;
        Some(Table {
            line: self.line,
            path: self.path.clone(),
            fields,
            asked: Vec::new(),
            report: self.report,
        })
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let known: Vec<_> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
            self.wrong(format!("{} is not known here; write one of {}", quoted(text), known.join(", ")));
        }
        found
    }

    fn or_wrong<T>(&self, read: Option<T>, wanted: &str) -> Option<T> {
        if read.is_none() {
            let shown = match self.value {
                DeValue::String(text) => quoted(text),
                DeValue::Integer(number) => quoted(number.as_str()).trim_matches('"').to_owned(),
                DeValue::Boolean(truth) => truth.to_string(),
                DeValue::Float(_) => "a decimal number".to_owned(),
                DeValue::Datetime(_) => "a date or time without quotes".to_owned(),
                DeValue::Array(_) => "a list".to_owned(),
                DeValue::Table(_) => "a table".to_owned(),
            };
            self.wrong(format!("{shown} stands here; write {wanted}"));
        }
        read
    }
}

/// A field's name as a path shows it: in quotes only if TOML would want them.
fn shown(name: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if (1..=40).contains(&name.len()) && name.bytes().all(bare) { name.to_owned() } else { quoted(name) }
}
