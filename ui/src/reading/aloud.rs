//! From what is written to what is said: nothing private, codes spelt, no signs that a voice trips over.
//!
//! On the screen a document's number is masked; a loudspeaker says nothing of it at all, not even its end,
//! and does not name the visitor.

use crate::words::Words;
use visit::screen::{Language, Screen, View, Who};

/// So many digits in a row are a person's number, or as long as one.
const NUMBER: usize = 15;

/// What must not be said of a view, and the words in its place.
pub(super) struct Aloud<'a> {
    words: &'a Words,
    language: Language,
    /// how the screen writes who is served
    who: Option<String>,
}

impl<'a> Aloud<'a> {
    pub fn of(words: &'a Words, view: &View) -> Self {
        let written = |who: &Who| words.choose.who.with(&[("name", &who.name), ("tail", &who.tail)]);
        Self { words, language: view.language, who: who(&view.screen).map(written) }
    }

    /// The pieces of a line, as one says them.
    pub fn said(&self, pieces: &[String]) -> String {
        let stop = self.words.frame.sentence.plain();
        pieces.iter().map(|piece| self.piece(piece)).collect::<Vec<_>>().join(stop)
    }

    fn piece(&self, text: &str) -> String {
        let known = match &self.who {
            Some(who) => text.replace(who.as_str(), self.words.speech.who.plain()),
            None => text.to_owned(),
        };
        let without_signs = known.chars().map(said_for).collect::<String>();
        self.tokens(&self.masked(&without_signs))
    }

    /// What is masked stays unsaid: `****002X`, and the star of `李*`.
    fn masked(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('*') {
            out.push_str(before);
            let tail = after.trim_start_matches(|c: char| c == '*' || c.is_ascii_alphanumeric());
            if tail.len() < after.len() {
                out.push_str(self.words.speech.withheld.plain());
            } else {
                self.unnamed(&mut out);
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    /// A name is written as its first letter and a star.
    fn unnamed(&self, out: &mut String) {
        match self.language {
            Language::Zh => out.push_str(self.words.speech.somebody.plain()),
            Language::En => {
                // An English voice spells a Han letter in five words; no one is called so.
                out.pop();
                out.push_str(self.words.speech.somebody.plain());
            }
        }
    }

    /// Long numbers are withheld, codes are spelt.
    fn tokens(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(of_a_token) {
            let (before, from) = rest.split_at(start);
            let (token, after) = from.split_at(from.find(|c| !of_a_token(c)).unwrap_or(from.len()));
            out.push_str(before);
            if is_a_number_of_a_person(token) {
                out.push_str(self.words.speech.withheld.plain());
            } else if is_a_code(token) {
                out.push_str(&spelt(token));
            } else {
                out.push_str(token);
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

fn who(screen: &Screen) -> Option<&Who> {
    match screen {
        Screen::Choose(choose) => Some(&choose.who),
        Screen::Licences(ask) => Some(&ask.who),
        Screen::Materials(materials) => Some(&materials.who),
        Screen::Home(_)
        | Screen::Identify(_)
        | Screen::Search(_)
        | Screen::About(_)
        | Screen::Company(_)
        | Screen::Wait(_)
        | Screen::Number(_)
        | Screen::CancelAsk { .. }
        | Screen::HandInAsk(_)
        | Screen::Scan(_)
        | Screen::Scanning(_)
        | Screen::Review(_)
        | Screen::Receipt(_)
        | Screen::Goodbye(_)
        | Screen::Service(_)
        | Screen::Closed(_)
        | Screen::Room(_)
        | Screen::Look
        | Screen::Help(_) => None,
    }
}

/// A sign that stands for a pause, and what a voice would take for an instruction.
fn said_for(c: char) -> char {
    match c {
        '·' | '→' | '　' | '\n' => ',',
        '[' | ']' | '<' | '>' => ' ',
        c => c,
    }
}

fn of_a_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

/// Digits as many as a person's number has, the last one perhaps an X; also with hyphens between.
fn is_a_number_of_a_person(token: &str) -> bool {
    let digits: Vec<char> = token.chars().filter(|c| *c != '-').collect();
    let all_but_last = digits.iter().take(digits.len().saturating_sub(1)).all(char::is_ascii_digit);
    digits.len() >= NUMBER && all_but_last
}

/// `A001`, `R01`, `0123-4567-89AB-CDEF`, a company's code: nobody says these as words.
fn is_a_code(token: &str) -> bool {
    let of_code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    let digit = token.contains(|c: char| c.is_ascii_digit());
    let letter = token.contains(|c: char| c.is_ascii_uppercase());
    let groups = token.split('-').count();
    let in_groups = groups > 2 && token.split('-').all(|group| group.len() == 4);
    token.chars().all(of_code) && (in_groups || (digit && letter))
}

fn spelt(token: &str) -> String {
    let mut out = String::with_capacity(token.len() * 2);
    for (at, group) in token.split('-').enumerate() {
        if at > 0 {
            out.push(',');
        }
        for c in group.chars() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aloud(language: Language, text: &str) -> String {
        let words = Words::read(language).unwrap();
        Aloud { words: &words, language, who: None }.said(&[text.to_owned()])
    }

    #[test]
    fn codes_are_spelt_and_words_are_not() {
        for (text, want) in [
            ("A001", "A 0 0 1"),
            ("您今天的号码是 A017", "您今天的号码是 A 0 1 7"),
            ("0123-4567-89AB-CDEF", "0 1 2 3, 4 5 6 7, 8 9 A B, C D E F"),
            ("0123-4567-8901", "0 1 2 3, 4 5 6 7, 8 9 0 1"),
            ("R01 R13", "R 0 1 R 1 3"),
            ("91350100M000100Y43", "9 1 3 5 0 1 0 0 M 0 0 0 1 0 0 Y 4 3"),
            ("like RESTAURANT", "like RESTAURANT"),
            ("09:41", "09:41"),
            ("2026-11-23", "2026-11-23"),
            ("Wi-Fi PDF 12", "Wi-Fi PDF 12"),
            ("1 页 · 用于开饭店", "1 页 , 用于开饭店"),
        ] {
            assert_eq!(aloud(Language::Zh, text), want, "{text}");
        }
    }

    #[test]
    fn no_number_of_a_person_is_said_nor_its_end() {
        let numbers =
            ["11010519491231002X", "440524188001010014", "110105491231002", "1101-0519-4912-3100-2X"];
        for language in [Language::Zh, Language::En] {
            let withheld = Words::read(language).unwrap().speech.withheld.plain().to_owned();
            for number in numbers {
                let said = aloud(language, &format!("写着{number}的那份"));
                assert_eq!(said, format!("写着{withheld}的那份"), "{number}");
            }
            for masked in ["****002X", "*002X", "****1234"] {
                assert_eq!(aloud(language, masked), withheld, "{masked}");
            }
        }
        assert_eq!(aloud(Language::Zh, "亲属 李*"), "亲属 李某");
        assert!(!aloud(Language::En, "relative 李*").contains('李'));
    }
}
