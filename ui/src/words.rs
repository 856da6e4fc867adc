//! The language files: every word a screen can show, in a language.
//!
//! `lang/zh.toml` and `lang/en.toml` are part of the program. They are read whole into [`Words`],
//! which names every key: a key that is missing or unknown is an error, and a test reads both files.

mod screens;

pub(crate) use screens::*;

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use visit::fault::Fault;
use visit::screen::Language;

const ZH: &str = include_str!("../lang/zh.toml");
const EN: &str = include_str!("../lang/en.toml");

/// The text of the language file.
pub(crate) fn file(language: Language) -> &'static str {
    match language {
        Language::Zh => ZH,
        Language::En => EN,
    }
}

/// A sentence with places, such as `{count}`, to be filled.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text(String);

impl Text {
    /// As it stands.
    pub fn plain(&self) -> &str {
        &self.0
    }

    /// With its places filled; a place that nobody fills stays as it is.
    pub fn with(&self, values: &[(&str, &dyn Display)]) -> String {
        let mut out = String::with_capacity(self.0.len() + 16);
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            match after.split_once('}') {
                Some((name, tail)) => {
                    match values.iter().find(|(n, _)| *n == name) {
                        // Writing into a String does not fail.
                        Some((_, value)) => drop(write!(out, "{value}")),
                        None => drop(write!(out, "{{{name}}}")),
                    }
                    rest = tail;
                }
                None => {
                    out.push('{');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        out
    }
}

/// A sentence about a number of things.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Count {
    zero: Text,
    one: Text,
    many: Text,
}

impl Count {
    /// The sentence for `count`, which fills `{count}`.
    pub fn of(&self, count: impl TryInto<u64>) -> String {
        self.with(count, &[])
    }

    /// The sentence for `count`, with further places filled.
    pub fn with(&self, count: impl TryInto<u64>, more: &[(&str, &dyn Display)]) -> String {
        let count = count.try_into().unwrap_or(u64::MAX);
        let text = match count {
            0 => &self.zero,
            1 => &self.one,
            _ => &self.many,
        };
        let mut values: Vec<(&str, &dyn Display)> = vec![("count", &count)];
        values.extend_from_slice(more);
        text.with(&values)
    }
}

/// A message: what is the case, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    pub title: Text,
    pub text: Text,
}

/// Every word of one language.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub frame: FrameText,
    pub home: HomeText,
    pub no_numbers: NoNumbersText,
    pub identify: IdentifyText,
    pub card_problem: CardProblemText,
    pub choose: ChooseText,
    pub refusal: RefusalText,
    pub company: CompanyText,
    pub wait: WaitText,
    pub number: NumberText,
    pub cancel: CancelText,
    pub materials: MaterialsText,
    pub scan: ScanText,
    pub scan_problem: ScanProblemText,
    pub scanning: ScanningText,
    pub review: ReviewText,
    pub page_warning: PageWarningText,
    pub goodbye: GoodbyeText,
    fault: BTreeMap<String, Told>,
}

impl Words {
    /// Reads a language file.
    pub fn read(language: Language) -> Result<Self, toml::de::Error> {
        toml::from_str(file(language))
    }

    /// What to tell of a fault; a test sees to it that every fault has words.
    pub fn fault(&self, fault: Fault) -> Option<&Told> {
        self.fault.get(fault.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn flat(prefix: &str, value: &toml::Value, out: &mut BTreeMap<String, String>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    flat(&format!("{prefix}.{key}"), value, out);
                }
            }
            toml::Value::Array(array) => {
                for (at, value) in array.iter().enumerate() {
                    flat(&format!("{prefix}.{at}"), value, out);
                }
            }
            other => drop(out.insert(prefix.to_owned(), other.as_str().unwrap_or("").to_owned())),
        }
    }

    fn sentences(language: Language) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        flat("", &toml::from_str(file(language)).unwrap(), &mut out);
        out
    }

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|t| t.split_once('}').map(|(name, _)| name)).collect()
    }

    #[test]
    fn both_files_are_whole_and_tell_every_fault() {
        for language in [Language::Zh, Language::En] {
            let words = Words::read(language).unwrap_or_else(|e| panic!("{language:?}: {e}"));
            for fault in Fault::ALL {
                let told = words.fault(*fault).unwrap_or_else(|| panic!("{language:?}: no {}", fault.code()));
                assert!(!told.title.plain().is_empty() && !told.text.plain().is_empty(), "{}", fault.code());
            }
            assert_eq!(words.fault.len(), Fault::ALL.len(), "{language:?} tells of a fault that is none");
        }
    }

    #[test]
    fn both_languages_have_the_same_sentences_with_the_same_places() {
        let (zh, en) = (sentences(Language::Zh), sentences(Language::En));
        assert_eq!(zh.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
        for (key, text) in &zh {
            assert_eq!(places(text), places(&en[key]), "{key}");
        }
    }

    #[test]
    fn fills_places() {
        for (text, want) in
            [("{a} of {b}", "1 of two"), ("{a}{a}", "11"), ("{c} {", "{c} {"), ("none", "none"), ("", "")]
        {
            assert_eq!(Text(text.to_owned()).with(&[("a", &1), ("b", &"two")]), want);
        }
    }
}
