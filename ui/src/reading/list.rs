//! A reading in the making. What is not there (an empty text, an empty id) makes no line.

use super::{Kind, Line, Told, Touchable};
use crate::toolkit::{Act, Choice, Note, Pager};

/// The lines so far.
#[derive(Default)]
pub(super) struct List(Vec<Line>);

impl List {
    /// All of them, in order.
    pub fn lines(self) -> Vec<Line> {
        self.0
    }

    /// Something written.
    pub fn text(&mut self, text: &str) {
        self.text_told(text, Told::News);
    }

    /// Something written, not simply told when it is news.
    pub fn text_told(&mut self, text: &str, told: Told) {
        self.push(&[text], None, told);
    }

    /// Several texts that belong together.
    pub fn texts(&mut self, pieces: &[&str]) {
        self.push(pieces, None, Told::News);
    }

    /// Several texts that belong together, all of a list.
    pub fn each(&mut self, texts: impl Iterator<Item = slint::SharedString>) {
        texts.for_each(|text| self.text(&text));
    }

    /// A message.
    pub fn note(&mut self, note: &Note) {
        self.texts(&[&note.title, &note.text]);
    }

    /// A button.
    pub fn act(&mut self, act: &Act) {
        self.act_told(act, Told::AtFirst);
    }

    /// A button, not simply told when its screen comes.
    pub fn act_told(&mut self, act: &Act, told: Told) {
        self.touchable(act, &[&act.label], Kind::Button, told);
    }

    /// Something to touch on which more is written than its label.
    pub fn act_with(&mut self, act: &Act, pieces: &[&str]) {
        self.touchable(act, pieces, Kind::Button, Told::AtFirst);
    }

    /// A key of a keyboard.
    pub fn key(&mut self, act: &Act) {
        self.touchable(act, &[&act.label], Kind::Key, Told::WhenAsked);
    }

    /// A box to tick.
    pub fn tick(&mut self, act: &Act, pieces: &[&str], ticked: bool) {
        self.touchable(act, pieces, Kind::Tick(ticked), Told::AtFirst);
    }

    /// One of several.
    pub fn choice(&mut self, choice: &Choice, more: &str) {
        self.touchable(&choice.act, &[&choice.act.label, more], Kind::OneOf(choice.chosen), Told::AtFirst);
    }

    /// What leafs through a list.
    pub fn pager(&mut self, pager: &Pager) {
        if !pager.text.is_empty() {
            self.act_told(&pager.previous, Told::WhenAsked);
            self.text(&pager.text);
            self.act(&pager.next);
        }
    }

    fn touchable(&mut self, act: &Act, pieces: &[&str], kind: Kind, told: Told) {
        if !act.id.is_empty() {
            let touchable = Touchable { id: act.id.to_string(), kind, enabled: act.enabled };
            self.push(pieces, Some(touchable), told);
        }
    }

    fn push(&mut self, pieces: &[&str], act: Option<Touchable>, told: Told) {
        let there = pieces.iter().filter(|piece| !piece.is_empty());
        let pieces: Vec<String> = there.map(ToString::to_string).collect();
        if !pieces.is_empty() {
            self.0.push(Line { pieces, said: String::new(), act, told });
        }
    }
}
