//! Names of devices without what tells one from another of its kind, but so that whoever looks for a
//! device finds the same one among them.

use crate::sane::profile::matches;

/// Rewrites names for whoever looks for a device by one name or pattern.
pub(crate) struct Names {
    /// What is looked for, and what that becomes.
    wanted: String,
    shown: String,
}

impl Names {
    /// Names for whoever looks for this name or pattern.
    pub(crate) fn new(wanted: &str) -> Self {
        Self { wanted: wanted.to_owned(), shown: device(wanted) }
    }

    /// What the name or pattern itself becomes.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// What a name becomes: of the same length, and what is looked for fits it if and only if it did.
    pub(crate) fn name(&self, name: &str) -> String {
        let rewritten = device(name);
        match (matches(&self.wanted, name), self.shown.split_once('*')) {
            (true, None) => self.shown.clone(),
            (true, Some((before, after))) => {
                let between = rewritten.get(before.len()..rewritten.len().saturating_sub(after.len()));
                format!("{before}{}{after}", between.unwrap_or_default())
            }
            (false, _) if matches(&self.shown, &rewritten) => self.told_apart(name, &rewritten),
            (false, _) => rewritten,
        }
    }

    /// A name that would fit only since it was rewritten: where it did not, it gets another character of
    /// the same form.
    fn told_apart(&self, name: &str, rewritten: &str) -> String {
        let (before, after) = self.wanted.split_once('*').unwrap_or((&self.wanted, ""));
        let from_front = name.chars().zip(before.chars()).position(|(a, b)| a != b);
        let from_back = || name.chars().rev().zip(after.chars().rev()).position(|(a, b)| a != b);
        let last = name.chars().count().saturating_sub(1);
        let place = from_front.or_else(|| Some(last.saturating_sub(from_back()?)));
        let other = |(at, c)| if Some(at) == place { sibling(c) } else { c };
        rewritten.chars().enumerate().map(other).collect()
    }
}

/// A device's name, or a pattern for one: the back end's name stays, places, addresses and serial
/// numbers become others of the same form. A name that has no back end's before it is all place.
fn device(name: &str) -> String {
    let (back_end, place) = name.split_at(name.find([':', '*']).unwrap_or(0));
    back_end.chars().chain(place.chars().map(form)).collect()
}

/// A maker or a model: words with a digit in them become others of the same form, since some models are
/// called by a part of their serial number or by their address.
pub(crate) fn model(text: &str) -> String {
    let is_of_a_word = |c: char| c.is_alphanumeric() || c == ':';
    text.split_inclusive(|c| !is_of_a_word(c))
        .flat_map(|word| {
            let numbered = word.contains(char::is_numeric);
            word.chars().map(move |c| if numbered { form(c) } else { c })
        })
        .collect()
}

/// One character for all of the same form; each is of the same length in UTF-8.
fn form(c: char) -> char {
    match c {
        '0'..='9' => '0',
        'a'..='z' => 'x',
        'A'..='Z' => 'X',
        '\0'..='\u{7F}' => c,
        '\u{80}'..='\u{7FF}' => 'é',
        '\u{800}'..='\u{FFFF}' => '示',
        _ => '𠀀',
    }
}

/// Another character for that of a form.
fn sibling(c: char) -> char {
    match c {
        '0' => '1',
        'x' => 'y',
        'X' => 'Y',
        'é' => 'è',
        '示' => '字',
        '𠀀' => '𠀁',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn devices_keep_their_back_end_and_their_form() {
        for (name, rewritten) in [
            ("avision:libusb:001:004", "avision:xxxxxx:000:000"),
            ("avision:libusb:*", "avision:xxxxxx:*"),
            ("hpaio:/net/HP_M5?ip=10.0.0.7", "hpaio:/xxx/XX_X0?xx=00.0.0.0"),
            ("net:大厅:test:0", "net:示示:xxxx:0"),
            ("brother4*", "brother4*"),
            ("SN4711", "XX0000"),
            (":x", ":x"),
            ("*", "*"),
        ] {
            assert_eq!(Names::new(name).shown(), rewritten);
            assert_eq!(Names::new("*").name(name), rewritten);
        }
    }

    #[test]
    fn what_is_looked_for_is_found_where_it_was() {
        for (wanted, found) in [
            // An earlier one that became the same, and one that became like the pattern.
            ("avision:libusb:001:*", &["avision:libusb:002:0031", "avision:libusb:001:004"][..]),
            ("*:004", &["avision:libusb:001:003", "avision:libusb:001:004"]),
            ("net:desk*", &["net:hall:test:0", "net:desk:test:0"]),
            ("test:1", &["test:0", "test:1"]),
            // The pattern reaches into the back end's name, or there is none.
            ("*vision:libusb", &["genesys:libusb", "avision:libusb"]),
            ("SCAN*02", &["SCAN01", "SCAN-02"]),
            ("SN4712", &["SN4711", "SN4712"]),
        ] {
            let names = Names::new(wanted);
            let which = |wanted: &str, found: &[String]| found.iter().position(|name| matches(wanted, name));
            let then: Vec<String> = found.iter().map(|name| (*name).to_owned()).collect();
            let now: Vec<String> = found.iter().map(|name| names.name(name)).collect();
            assert_eq!(which(wanted, &then), Some(1), "{wanted}");
            assert_eq!(which(names.shown(), &now), Some(1), "{} in {now:?}", names.shown());
        }
    }

    #[test]
    fn models_lose_words_with_digits() {
        for (text, kept) in [
            ("Canon", "Canon"),
            ("HP LaserJet Flow (A4B2C7)", "HP LaserJet Flow (X0X0X0)"),
            ("fi-7160 series", "fi-0000 series"),
            ("EPSON8F21AB", "XXXXX0X00XX"),
            ("hall scanner 10.0.0.7 c8:5A:BC:01", "hall scanner 00.0.0.0 x0:0X:XX:00"),
            ("扫描仪3", "示示示0"),
        ] {
            assert_eq!(model(text), kept);
        }
    }

    /// Few characters, so that names are often alike.
    const ALIKE: &str = "[ab7x0:é大示]{0,5}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn rewritten_names_fit_if_and_only_if_they_did(before in ALIKE, after in ALIKE, between in ALIKE, name in ALIKE, star: bool) {
            let wanted = format!("{before}{}{after}", if star { "*" } else { "" });
            let names = Names::new(&wanted);
            prop_assert_eq!(names.shown().len(), wanted.len());
            for name in [name.clone(), format!("{before}{between}{after}"), format!("{name}{after}"), format!("{before}{name}")] {
                let rewritten = names.name(&name);
                prop_assert_eq!(rewritten.len(), name.len());
                prop_assert_eq!(matches(names.shown(), &rewritten), matches(&wanted, &name), "{} {}", wanted, name);
            }
        }

        #[test]
        fn models_keep_their_length_and_no_digit(text in "[^\0]{0,40}") {
            let kept = model(&text);
            prop_assert_eq!(kept.len(), text.len());
            prop_assert!(!kept.contains(|c: char| c.is_ascii_digit() && c != '0'));
        }
    }
}
