//! Type a part of a matter's name.

use super::{Voice, act, model, note};
use crate::toolkit as t;
use slint::SharedString;
use visit::intent::Intent;
use visit::screen::Search;

/// The letters as keyboards have them.
const LETTERS: &str = "qwertyuiopasdfghjklzxcvbnm";

impl Voice<'_> {
    pub(super) fn search(&self, search: &Search) -> t::SearchWords {
        let words = &self.words.search;
        let key = |c: char| act(Intent::Key(c), SharedString::from(c.to_ascii_uppercase()), search.room);
        let nothing = search.found == 0 && !search.typed.trim().is_empty();
        t::SearchWords {
            title: words.title.plain().into(),
            typed: search.typed.to_uppercase().into(),
            hint: words.hint.plain().into(),
            note: if nothing { note(&words.nothing, false) } else { t::Note::default() },
            rows: model(search.matters.iter().flat_map(|m| self.matter(m)).collect()),
            pager: self.pager(search.page, search.pages),
            picked: match search.picked.as_slice() {
                [] => SharedString::default(),
                some => self.picked(some).into(),
            },
            keys: model(LETTERS.chars().map(key).collect()),
            space: act(Intent::KeySpace, words.space.plain(), search.space),
            delete: act(Intent::KeyDelete, words.delete.plain(), !search.typed.is_empty()),
        }
    }
}
