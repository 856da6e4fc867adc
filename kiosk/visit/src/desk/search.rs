//! Finding a matter by typing.

use super::Desk;
use super::session::{Looked, Session, Step};
use crate::event::{Action, Now};
use crate::intent::{Intent, Tab};
use crate::screen::Search;
use crate::search::LONGEST;

/// Matters found that are shown at a time, above the keyboard.
const FOUND_A_PAGE: usize = 4;

impl Desk {
    pub(super) fn touched_search(&mut self, intent: Intent, now: Now, actions: &mut Vec<Action>) {
        let Some(session) = &mut self.session else { return };
        let Step::Search(looked) = &mut session.step else { return };
        let pages = looked.pages();
        match intent {
            Intent::Key(key) if looked.room() => self.look(|typed| typed.push(key.to_ascii_lowercase())),
            Intent::KeySpace if looked.word_ends() => self.look(|typed| typed.push(' ')),
            Intent::KeyDelete => self.look(|typed| {
                typed.pop();
            }),
            Intent::PageNext if looked.page + 1 < pages => looked.page += 1,
            Intent::PagePrevious => looked.page = looked.page.saturating_sub(1),
            Intent::Matter(_) | Intent::Option(..) => self.pick(intent),
            Intent::About(matter) => self.look_at(matter),
            Intent::Confirm => self.confirm(now, actions),
            Intent::Back => {
                let (tab, page) = looked.from.clone();
                session.step = Step::Choose { tab, page, refused: None };
            }
            _ => {}
        }
    }

    /// Changes what is typed, and looks anew.
    fn look(&mut self, change: impl FnOnce(&mut String)) {
        let Some(session) = &mut self.session else { return };
        let Step::Search(looked) = &mut session.step else { return };
        change(&mut looked.typed);
        looked.page = 0;
        looked.found = self.finder.find(&self.catalogue, &looked.typed);
    }

    pub(super) fn search_shown(&self, session: &Session, looked: &Looked) -> Search {
        let shown = looked.found.iter().skip(looked.page * FOUND_A_PAGE).take(FOUND_A_PAGE);
        Search {
            typed: looked.typed.clone(),
            room: looked.room(),
            space: looked.word_ends(),
            found: looked.found.len(),
            matters: shown.filter_map(|matter| self.matter_shown(session, matter.clone())).collect(),
            page: looked.page + 1,
            pages: looked.pages(),
            purpose: session.purpose,
            open_number: session.open_number(),
            picked: self.names_of(&session.choice),
            can_confirm: !session.choice.matters.is_empty(),
        }
    }
}

impl Looked {
    /// Nothing typed yet, by somebody who looks at this page of a list.
    pub(super) fn from(tab: Tab, page: usize) -> Self {
        Self { from: (tab, page), typed: String::new(), found: Vec::new(), page: 0 }
    }

    fn pages(&self) -> usize {
        self.found.len().div_ceil(FOUND_A_PAGE).max(1)
    }

    /// Whether more can be typed.
    fn room(&self) -> bool {
        self.typed.len() < LONGEST
    }

    /// Whether a word can end here.
    fn word_ends(&self) -> bool {
        self.room() && !self.typed.is_empty() && !self.typed.ends_with(' ')
    }
}
