//! The language files: every word a screen can show, in a language.
//!
//! The files of `lang` are part of the program: for each language one of the screens, one of the faults, and
//! one of what the plain mode says otherwise. They are read whole into [`Words`], which names every key: a
//! key that is missing or unknown is an error, and a test reads all of them.

mod screens;

pub(crate) use screens::*;

use serde::Deserialize;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::rc::Rc;
use visit::fault::{Device, Fault, Still};
use visit::screen::Language;
use visit::technician::{Finding, Test};

const ZH: &str = concat!(include_str!("../lang/zh.toml"), "\n", include_str!("../lang/zh.faults.toml"));
const EN: &str = concat!(include_str!("../lang/en.toml"), "\n", include_str!("../lang/en.faults.toml"));

const ZH_PLAIN: &str = include_str!("../lang/zh.plain.toml");
const EN_PLAIN: &str = include_str!("../lang/en.plain.toml");

/// The text of the language's files, one after the other.
pub(crate) fn file(language: Language) -> &'static str {
    match language {
        Language::Zh => ZH,
        Language::En => EN,
    }
}

/// What the plain mode says otherwise.
pub(crate) fn plain_file(language: Language) -> &'static str {
    match language {
        Language::Zh => ZH_PLAIN,
        Language::En => EN_PLAIN,
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

/// What is said of a fault.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "FaultFields")]
pub(crate) struct FaultText {
    /// to the visitor
    pub told: Told,
    /// to a technician: what to do, in order, and at last how one sees that it is mended
    pub steps: Vec<Text>,
}

/// What is said of something that can be tried.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestText {
    /// what it is called
    pub name: Text,
    /// what to do for it; empty where nobody is needed
    pub how: Text,
    /// what it means when it fails
    pub means: Text,
}

/// A fault as the files have it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultFields {
    title: Text,
    text: Text,
    steps: Vec<Text>,
}

impl From<FaultFields> for FaultText {
    fn from(FaultFields { title, text, steps }: FaultFields) -> Self {
        Self { told: Told { title, text }, steps }
    }
}

/// Every word of one language.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub frame: FrameText,
    pub speech: SpeechText,
    pub home: HomeText,
    pub no_numbers: NoNumbersText,
    pub identify: IdentifyText,
    pub card_problem: CardProblemText,
    pub choose: ChooseText,
    pub refusal: RefusalText,
    pub search: SearchText,
    pub about: AboutText,
    pub company: CompanyText,
    pub wait: WaitText,
    pub number: NumberText,
    pub cancel: CancelText,
    pub licences: LicencesText,
    pub materials: MaterialsText,
    pub hand_in: HandInText,
    pub returned: ReturnedText,
    pub scan: ScanText,
    pub scan_ask: ScanAskText,
    pub scan_problem: ScanProblemText,
    pub scanning: ScanningText,
    pub review: ReviewText,
    pub review_ask: ReviewAskText,
    pub page_warning: PageWarningText,
    pub receipt: ReceiptText,
    pub goodbye: GoodbyeText,
    pub service: ServiceText,
    pub closed: ClosedText,
    pub door: DoorText,
    pub room: RoomText,
    pub failed: FailedText,
    pub looped: LoopText,
    pub report: ReportText,
    finding: BTreeMap<String, Text>,
    device: BTreeMap<String, Text>,
    test: BTreeMap<String, TestText>,
    pub look: LookText,
    pub help: HelpText,
    /// what to do on each screen, in a few sentences
    help_on: BTreeMap<String, Vec<Text>>,
    still: BTreeMap<String, Text>,
    fault: BTreeMap<String, FaultText>,
}

impl Words {
    /// Reads a language file.
    pub fn read(language: Language) -> Result<Self, toml::de::Error> {
        toml::from_str(file(language))
    }

    /// Reads a language file as the plain mode speaks.
    pub fn read_plain(language: Language) -> Result<Self, toml::de::Error> {
        let mut words: toml::Table = toml::from_str(file(language))?;
        lay_over(&mut words, toml::from_str(plain_file(language))?);
        words.try_into()
    }

    /// What to say of a fault; a test sees to it that every fault has words.
    pub fn fault(&self, fault: Fault) -> Option<&FaultText> {
        self.fault.get(fault.code())
    }

    /// What to do on a screen, by its name; a test sees to it that every screen has something.
    pub fn help_on(&self, screen: &str) -> &[Text] {
        self.help_on.get(screen).map_or(&[], Vec::as_slice)
    }

    /// What a device is called; a test sees to it that each has a name.
    pub fn device(&self, device: Device) -> &str {
        self.device.get(device.key()).map_or(device.key(), Text::plain)
    }

    /// What is said of a test; a test of our own sees to it that each has words.
    pub fn test(&self, test: Test) -> Option<&TestText> {
        self.test.get(test.key())
    }

    /// What is said of something that a test ticket shows; a test sees to it that each has words.
    pub fn finding(&self, finding: Finding) -> Option<&Text> {
        self.finding.get(finding.key())
    }

    /// What goes on all the same, in a few words; a test sees to it that each has some.
    pub fn still(&self, still: Still) -> Option<&Text> {
        self.still.get(still.key())
    }
}

/// Puts sentences in place of others; tables are gone into, and everything else is one sentence.
fn lay_over(words: &mut toml::Table, others: toml::Table) {
    for (key, other) in others {
        match (words.get_mut(&key), other) {
            (Some(toml::Value::Table(words)), toml::Value::Table(other)) => lay_over(words, other),
            // A key of its own is refused where the words are read.
            (_, other) => drop(words.insert(key, other)),
        }
    }
}

/// A language in both its manners.
pub(crate) struct Tongue {
    language: Language,
    usual: Rc<Words>,
    // Few ask for it, and a kiosk's first screen does not wait for it.
    plain: OnceCell<Rc<Words>>,
}

impl Tongue {
    /// Reads the usual words.
    pub fn read(language: Language) -> Result<Self, toml::de::Error> {
        Ok(Self { language, usual: Rc::new(Words::read(language)?), plain: OnceCell::new() })
    }

    /// The words for a visitor.
    pub fn words(&self, plain: bool) -> &Rc<Words> {
        if !plain {
            return &self.usual;
        }
        // A test reads them: they cannot be broken in a program that was built.
        let read = || Words::read_plain(self.language).map_or_else(|_| Rc::clone(&self.usual), Rc::new);
        self.plain.get_or_init(read)
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

    fn sentences(file: &str) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        flat("", &toml::from_str(file).unwrap(), &mut out);
        out
    }

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|t| t.split_once('}').map(|(name, _)| name)).collect()
    }

    #[test]
    fn the_files_are_whole_and_tell_every_fault() {
        for language in [Language::Zh, Language::En] {
            let words = Words::read(language).unwrap_or_else(|e| panic!("{language:?}: {e}"));
            for fault in Fault::ALL {
                let said = words.fault(*fault).unwrap_or_else(|| panic!("{language:?}: no {}", fault.code()));
                for text in [&said.told.title, &said.told.text].into_iter().chain(&said.steps) {
                    assert!(!text.plain().trim().is_empty(), "{language:?} {}", fault.code());
                }
            }
            assert_eq!(words.fault.len(), Fault::ALL.len(), "{language:?} tells of a fault that is none");
            for still in Still::ALL {
                assert!(words.still(*still).is_some_and(|t| !t.plain().is_empty()), "{language:?} {still:?}");
            }
            assert_eq!(words.still.len(), Still::ALL.len(), "{language:?} tells of what is not done");
            let devices: BTreeSet<&str> = Device::ALL.iter().map(|device| device.key()).collect();
            assert_eq!(
                words.device.keys().map(String::as_str).collect::<BTreeSet<_>>(),
                devices,
                "{language:?}"
            );
            let tests: BTreeSet<&str> = Test::ALL.iter().map(|test| test.key()).collect();
            assert_eq!(words.test.keys().map(String::as_str).collect::<BTreeSet<_>>(), tests, "{language:?}");
            let findings: BTreeSet<&str> = Finding::ALL.iter().map(|finding| finding.key()).collect();
            let said = words.finding.keys().map(String::as_str).collect::<BTreeSet<_>>();
            assert_eq!(said, findings, "{language:?}");
            for test in Test::ALL {
                let how = words.test(*test).is_some_and(|said| !said.how.plain().is_empty());
                assert_eq!(how, !test.is_automatic(), "{language:?} {test:?}: what is to be done for it");
            }
        }
    }

    /// Columns: Latin letters take one, Han characters two.
    fn columns(text: &Text) -> usize {
        text.plain().chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
    }

    #[test]
    fn what_is_said_of_a_fault_is_short_and_ends_with_how_one_sees_it_mended() {
        for (language, mended) in [(Language::Zh, "即修好"), (Language::En, "ended when")] {
            let words = Words::read(language).unwrap();
            for (code, said) in &words.fault {
                let told = format!("{language:?} {code}");
                assert!(columns(&said.told.title) <= 46, "{told}: {}", said.told.title.plain());
                assert!(columns(&said.told.text) <= 72, "{told}: {}", said.told.text.plain());
                assert!((2..=6).contains(&said.steps.len()), "{told}: {} steps", said.steps.len());
                let fault = Fault::parse(code).expect("a fault");
                assert!(said.steps.len() <= visit::desk::MOST_STEPS + 1, "{told}: more steps than are shown");
                assert!(fault.evidence().len() < said.steps.len(), "{told}: evidence of steps that are none");
                for (at, step) in said.steps.iter().enumerate() {
                    assert!(columns(step) <= 84, "{told}: {}", step.plain());
                    let last = at + 1 == said.steps.len();
                    assert_eq!(step.plain().contains(mended), last, "{told}: {}", step.plain());
                }
            }
        }
    }

    #[test]
    fn a_visitor_hears_nothing_of_the_insides() {
        const INSIDE: [&str; 29] = [
            "sw3", "sam", "tls", "tus", "http", "dns", "usb", "sane", "escl", "skf", "pc/sc", "pcscd",
            "serial", "port ", "driver", "library", "helper", "process", "protocol", "ledger", "outbox",
            "panic", "back end", "驱动", "协议", "进程", "端口", "权限", "后端",
        ];
        for language in [Language::Zh, Language::En] {
            for (code, said) in Words::read(language).unwrap().fault {
                for text in [said.told.title, said.told.text] {
                    let low = text.plain().to_lowercase();
                    let words: Vec<&str> = low.split(|c: char| !c.is_ascii_alphanumeric()).collect();
                    for inside in INSIDE {
                        let found = if inside.len() <= 4 && inside.is_ascii() {
                            words.contains(&inside.trim())
                        } else {
                            low.contains(inside)
                        };
                        assert!(!found, "{language:?} {code} speaks of {inside}: {}", text.plain());
                    }
                    let coded = words.iter().any(|w| Fault::parse(&w.to_uppercase()).is_some());
                    assert!(!coded, "{language:?} {code} says a code: {}", text.plain());
                }
            }
        }
    }

    #[test]
    fn there_is_help_on_every_screen() {
        for language in [Language::Zh, Language::En] {
            let words = Words::read(language).unwrap();
            let shown = crate::samples::samples(language).into_iter().map(|s| s.view.screen.name());
            let screens: BTreeSet<&str> = shown.filter(|name| !["look", "help"].contains(name)).collect();
            let told: BTreeSet<&str> = words.help_on.keys().map(String::as_str).collect();
            assert_eq!(told, screens, "{language:?}");
            assert!(words.help_on.values().all(|texts| (1..=4).contains(&texts.len())), "{language:?}");
        }
    }

    #[test]
    fn both_languages_have_the_same_sentences_with_the_same_places() {
        let (zh, en) = (sentences(file(Language::Zh)), sentences(file(Language::En)));
        assert_eq!(zh.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
        for (key, text) in &zh {
            assert_eq!(places(text), places(&en[key]), "{key}");
        }
    }

    #[test]
    fn the_plain_mode_says_the_same_things_in_other_words() {
        for language in [Language::Zh, Language::En] {
            let usual = sentences(file(language));
            let other = sentences(plain_file(language));
            assert!(other.len() > 40, "{language:?}");
            for (key, text) in &other {
                let usual =
                    usual.get(key).unwrap_or_else(|| panic!("{language:?}: no {key} to put it in place of"));
                assert!(places(text).is_subset(&places(usual)), "{language:?} {key}");
            }
            let changed = other.iter().filter(|(key, text)| usual.get(*key) != Some(*text)).count();
            assert!(changed * 10 > other.len() * 8, "{language:?}: most of it is nothing new");
            // Plain words are few.
            let letters = |of: &BTreeMap<String, String>| -> usize {
                other.keys().map(|key| of[key].chars().count()).sum()
            };
            assert!(
                letters(&other) * 10 < letters(&usual) * 9,
                "{language:?}: {} {}",
                letters(&other),
                letters(&usual)
            );
            assert_ne!(Words::read_plain(language).unwrap(), Words::read(language).unwrap());
        }
        let keys = |language| sentences(plain_file(language)).into_keys().collect::<BTreeSet<_>>();
        assert_eq!(keys(Language::Zh), keys(Language::En));
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
