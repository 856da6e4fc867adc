//! What hands and eyes try: the touch panel, the screen, the tactile pad.

use crate::toolkit as t;
use crate::wording::{Voice, act, model, note};
use visit::intent::Intent;
use visit::screen::{ColoursShown, PadShown, Room, TestState, TouchShown};
use visit::technician::{Cell, Cells, Colour, Keys, Missed, Outcome, PadKey, Test};

/// So many cells are named one by one; of more it is told how many they are.
const NAMED: usize = 4;

impl Voice<'_> {
    /// What fills the whole screen, if anything does: then nothing else is on it.
    pub(in crate::wording) fn panel(&self, room: &Room) -> Option<t::PanelWords> {
        let words = &self.words.room;
        match room {
            Room::Touch(TouchShown { done, state: TestState::Running }) => Some(t::PanelWords {
                tint: t::Tint::Cells,
                cells: cells(*done),
                columns: Cell::COLUMNS.into(),
                text: words.slide.of(done.others().count()).into(),
                act: act(Intent::Back, words.finished.plain(), true),
            }),
            Room::Colours(ColoursShown { colour: Some(colour), .. }) => Some(t::PanelWords {
                tint: match colour {
                    Colour::Red => t::Tint::Red,
                    Colour::Green => t::Tint::Green,
                    Colour::Blue => t::Tint::Blue,
                    Colour::White => t::Tint::White,
                    Colour::Black => t::Tint::Black,
                    Colour::Ramp => t::Tint::Ramp,
                    Colour::Checker => t::Tint::Checker,
                },
                act: act(Intent::ColourNext, words.colour_next.plain(), true),
                ..Default::default()
            }),
            _ => None,
        }
    }

    /// How it went over the touch panel.
    pub(super) fn touch_result(&self, shown: TouchShown) -> t::RoomWords {
        t::RoomWords {
            cells: cells(shown.done),
            columns: Cell::COLUMNS.into(),
            ..self.by_hand(Test::Touch, shown.state)
        }
    }

    /// Before the first colour and after the last.
    pub(super) fn colours(&self, shown: ColoursShown) -> t::RoomWords {
        let (ask, acts) = self.asked((shown.state == TestState::Asking).then_some(Test::Screen));
        t::RoomWords { ask, acts: model(acts), ..self.by_hand(Test::Screen, shown.state) }
    }

    pub(super) fn pad(&self, shown: PadShown) -> t::RoomWords {
        let key =
            |key: PadKey| t::PadKey { label: self.pad_key(key).into(), pressed: shown.pressed.contains(key) };
        // As they are drawn.
        let drawn = [PadKey::Up, PadKey::Down, PadKey::Back, PadKey::Next, PadKey::Select];
        let awaited = (shown.state == TestState::Running).then(|| {
            let keys = self.keys_named(shown.pressed.others());
            self.words.room.keys_awaited.with(&[("list", &keys)]).into()
        });
        t::RoomWords {
            facts: model(awaited.into_iter().collect()),
            pad: model(drawn.map(key).to_vec()),
            ..self.by_hand(Test::Pad, shown.state)
        }
    }

    /// What to do, or how it ended.
    fn by_hand(&self, test: Test, state: TestState) -> t::RoomWords {
        let Some(said) = self.words.test(test) else { return t::RoomWords::default() };
        let ended = match state {
            TestState::Done(Outcome::Passed(_), _) => t::Note {
                problem: false,
                title: self.state(state).into(),
                text: self.words.room.nothing_missed.plain().into(),
            },
            TestState::Done(Outcome::Failed(_), took) => t::Note {
                problem: true,
                title: self.state(state).into(),
                text: slint::format!("{}{}{}", self.took(took), self.stop(), said.means.plain()),
            },
            TestState::Untried | TestState::Waiting | TestState::Running | TestState::Asking => {
                t::Note::default()
            }
        };
        t::RoomWords {
            title: said.name.plain().into(),
            text: said.how.plain().into(),
            note: ended,
            ..Default::default()
        }
    }

    /// What is done next there: it begins, or begins anew.
    pub(super) fn by_hand_go(&self, test: Test, state: TestState) -> t::Act {
        let words = &self.words.room;
        match state {
            TestState::Running if test == Test::Screen => act(Intent::ColourNext, words.begin.plain(), true),
            TestState::Done(..) | TestState::Untried => {
                act(Intent::Test(test), words.once_more.plain(), true)
            }
            TestState::Running | TestState::Waiting | TestState::Asking => t::Act::default(),
        }
    }

    /// What only eyes can say of the screen.
    pub(super) fn spots(&self) -> t::Note {
        note(&self.words.room.spots, false)
    }

    /// What gave no sign: strips first, for they are what a panel fails by.
    pub(super) fn missed(&self, missed: Missed) -> String {
        match missed {
            Missed::Keys(keys) => self.keys_named(keys),
            Missed::Cells(cells) if cells == Cells::ALL => self.words.room.panel.plain().to_owned(),
            Missed::Cells(cells) => self.strips(cells),
        }
    }

    fn strips(&self, cells: Cells) -> String {
        let words = &self.words.room;
        let between = self.words.frame.between.plain();
        let counted = |places: &mut dyn Iterator<Item = u8>| {
            places.map(|place| (place + 1).to_string()).collect::<Vec<_>>().join(between)
        };
        let (columns, rows) = (counted(&mut cells.columns()), counted(&mut cells.rows()));
        let mut parts = Vec::new();
        if !columns.is_empty() {
            parts.push(words.whole_columns.with(&[("list", &columns)]));
        }
        if !rows.is_empty() {
            parts.push(words.whole_rows.with(&[("list", &rows)]));
        }
        let named = cells.scattered().take(NAMED);
        parts
            .extend(named.map(|cell| {
                words.cell.with(&[("row", &(cell.row() + 1)), ("column", &(cell.column() + 1))])
            }));
        let more = cells.scattered().count().saturating_sub(NAMED);
        if more > 0 {
            parts.push(words.cells_more.of(more));
        }
        parts.join(between)
    }

    fn keys_named(&self, keys: Keys) -> String {
        let named: Vec<&str> = keys.iter().map(|key| self.pad_key(key)).collect();
        named.join(self.words.frame.between.plain())
    }

    fn pad_key(&self, key: PadKey) -> &str {
        let words = &self.words.room;
        let said = match key {
            PadKey::Up => &words.key_up,
            PadKey::Down => &words.key_down,
            PadKey::Back => &words.key_back,
            PadKey::Next => &words.key_next,
            PadKey::Select => &words.key_select,
        };
        said.plain()
    }
}

fn cells(done: Cells) -> slint::ModelRc<bool> {
    model(Cell::all().map(|cell| done.contains(cell)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Words;
    use visit::screen::Language;

    #[test]
    fn what_was_missed_is_named_in_few_words() {
        let words = Words::read(Language::En).unwrap();
        let voice = Voice { words: &words, language: Language::En, faults: &[], plain: false };
        let cell = |row, column| Cell::at(row, column).unwrap();
        let strip = || (0..Cell::ROWS).map(|row| cell(row, 2));
        let most = Cell::all().filter(|cell| (cell.row() + cell.column()) % 2 == 0);
        let table: [(Missed, &str); 6] = [
            (Missed::Cells(Cells::ALL), "the whole panel"),
            (Missed::Cells(strip().collect()), "all of column 3"),
            (
                Missed::Cells(strip().chain((0..Cell::COLUMNS).map(|column| cell(9, column))).collect()),
                "all of column 3, all of row 10",
            ),
            (Missed::Cells([cell(0, 0), cell(3, 5)].into_iter().collect()), "row 1 column 1, row 4 column 6"),
            (
                Missed::Cells(most.collect()),
                "row 1 column 1, row 1 column 3, row 1 column 5, row 2 column 2, 26 other cells",
            ),
            (Missed::Keys([PadKey::Next, PadKey::Up].into_iter().collect()), "Up, Next"),
        ];
        for (missed, want) in table {
            assert_eq!(voice.missed(missed), want);
        }
    }
}
