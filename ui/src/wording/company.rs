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
            text: words.text.plain().into(),
            cells: model(cells),
            cursor: i32::try_from(count).unwrap_or(i32::MAX),
            problem: match entry.problem {
                None => t::Note::default(),
                Some(CodeProblem::Form) => note(&words.form, true),
                Some(CodeProblem::CheckCharacter) => note(&words.check, true),
            },
            digits: model(digits.into_iter().map(key).collect()),
            letters: model(letters.into_iter().map(key).collect()),
            delete: act(Intent::KeyDelete, words.delete.plain(), count > 0),
        }
    }
}
