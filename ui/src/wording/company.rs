//! Type the company's code.

use super::{Voice, act, model, note};
use crate::toolkit as t;
use slint::SharedString;
use visit::identity::CompanyCode;
use visit::intent::Intent;
use visit::screen::{CodeProblem, CompanyEntry};

impl Voice<'_> {
    pub(super) fn company(&self, entry: &CompanyEntry) -> t::CompanyWords {
        let words = &self.words.company;
        let typed = entry.typed.chars().take(CompanyCode::LENGTH);
        let mut cells: Vec<SharedString> = typed.map(SharedString::from).collect();
        let count = cells.len();
        cells.resize(CompanyCode::LENGTH, SharedString::default());
        let room = count < CompanyCode::LENGTH;
        let key = |c: char| act(Intent::Key(c), SharedString::from(c), room);
        let (digits, letters): (Vec<char>, Vec<char>) =
            CompanyCode::ALPHABET.chars().partition(char::is_ascii_digit);
        t::CompanyWords {
            title: words.title.plain().into(),
            text: match (&entry.offer, entry.key) {
                (None, true) => slint::format!("{}{}{}", words.text.plain(), self.stop(), words.key.plain()),
                _ => words.text.plain().into(),
            },
            offer: match &entry.offer {
                Some(offer) => {
                    let label = words.offer.with(&[("code", &offer.code.as_str())]);
                    act(Intent::CompanyTake, label, true)
                }
                None => t::Act::default(),
            },
            offered: entry.offer.as_ref().and_then(|o| o.name.as_deref()).unwrap_or("").into(),
            cells: model(cells),
            cursor: i32::try_from(count).unwrap_or(i32::MAX),
            problem: self.code_problem(entry),
            digits: model(digits.into_iter().map(key).collect()),
            letters: model(letters.into_iter().map(key).collect()),
            delete: act(Intent::KeyDelete, words.delete.plain(), count > 0),
        }
    }

    /// What is wrong with what was typed. Beside an offer there is room for its title alone.
    fn code_problem(&self, entry: &CompanyEntry) -> t::Note {
        let words = &self.words.company;
        let mut told = match entry.problem {
            None => t::Note::default(),
            Some(CodeProblem::Form) => note(&words.form, true),
            Some(CodeProblem::CheckCharacter) => note(&words.check, true),
        };
        if entry.offer.is_some() {
            told.text = SharedString::default();
        }
        told
    }
}
