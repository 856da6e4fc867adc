//! The screen without eyes: which line has the focus, what the five keys do, what is said and when.
//!
//! It knows lines and words, and nothing of the toolkit. A screen that comes is told from its title on,
//! behind what is just being said; on the same screen only what is news is told. What is being said is
//! cut off by a key or a finger, and by nothing else.

use crate::reading::{Keys, Kind, Line, Reading, Told};
use crate::speech::{Turn, Utterance, Voice};
use crate::words::Words;
use slint::platform::Key as ToolkitKey;
use std::cell::RefCell;
use std::rc::Rc;
use visit::intent::Intent;
use visit::screen::{Language, View};
use visit::speech::Speech;
use visit::technician::PadKey;

/// A key of the tactile pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// the line before
    Up,
    /// the line after
    Down,
    /// do what has the focus
    Select,
    /// the screen's way out
    Back,
    /// the screen's way on
    Next,
}

impl Key {
    /// Every key there is, and what it sends first; a pad may also send the second.
    const SENDS: [(Self, ToolkitKey, ToolkitKey); 5] = [
        (Self::Up, ToolkitKey::UpArrow, ToolkitKey::UpArrow),
        (Self::Down, ToolkitKey::DownArrow, ToolkitKey::DownArrow),
        (Self::Select, ToolkitKey::Return, ToolkitKey::Return),
        (Self::Back, ToolkitKey::LeftArrow, ToolkitKey::Escape),
        (Self::Next, ToolkitKey::RightArrow, ToolkitKey::Tab),
    ];

    /// The key behind what the toolkit says was pressed; every other key is dead.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let mut letters = text.chars();
        let (Some(pressed), None) = (letters.next(), letters.next()) else { return None };
        let sends = |key: ToolkitKey| char::from(key) == pressed;
        Self::SENDS.into_iter().find(|(_, one, other)| sends(*one) || sends(*other)).map(|(key, ..)| key)
    }

    /// What the toolkit says when it is pressed.
    #[cfg(feature = "inspect")]
    pub(crate) fn text(self) -> slint::SharedString {
        let sent = Self::SENDS.into_iter().find(|(key, ..)| *key == self);
        sent.map(|(_, sends, _)| char::from(sends).into()).unwrap_or_default()
    }
}

impl From<Key> for PadKey {
    fn from(key: Key) -> Self {
        match key {
            Key::Up => Self::Up,
            Key::Down => Self::Down,
            Key::Select => Self::Select,
            Key::Back => Self::Back,
            Key::Next => Self::Next,
        }
    }
}

/// What a key does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pressed {
    /// to be touched, as with a finger
    pub touch: Option<String>,
    /// it was the first: from now on somebody listens
    pub begins: bool,
}

/// Reads the screen to somebody.
pub(crate) struct Reader {
    voice: Option<Box<dyn Voice>>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    words: Option<Rc<Words>>,
    reading: Reading,
    screen: &'static str,
    language: Language,
    speech: Speech,
    /// the keys are in use: the ring is shown
    keys: bool,
    /// the line in focus
    at: usize,
}

impl Reader {
    pub fn new(voice: Option<Box<dyn Voice>>) -> Self {
        Self { voice, state: RefCell::default() }
    }

    /// What is touched with the line in focus, while the keys are in use; otherwise empty.
    pub fn focused(&self) -> String {
        let state = self.state.borrow();
        let id = state.line().and_then(Line::id).filter(|_| state.keys);
        id.unwrap_or_default().to_owned()
    }

    /// Another view is on the screen.
    pub fn shown(&self, words: &Rc<Words>, view: &View, reading: Reading) {
        let mut state = self.state.borrow_mut();
        let before = std::mem::replace(&mut state.reading, reading);
        let silent = !std::mem::replace(&mut state.speech, view.speech).on;
        let name = view.screen.name();
        let same = state.screen == name && state.language == view.language;
        (state.screen, state.language, state.words) = (name, view.language, Some(Rc::clone(words)));
        let at = if same { state.reading.place_of(&before, state.at) } else { state.reading.title() };
        let was = before.lines.get(std::mem::replace(&mut state.at, at));
        if !view.speech.on {
            // Whoever used the keys has gone, or wants to see: the next key begins anew.
            state.keys = false;
            if !silent {
                self.hush();
            }
        }
        let utterances = match (same, silent) {
            (false, _) | (true, true) => state.whole_screen(),
            (true, false) => state.news(&before, was),
        };
        self.say(&state, utterances);
    }

    /// A key was pressed.
    pub fn pressed(&self, key: Key) -> Pressed {
        self.hush();
        let mut state = self.state.borrow_mut();
        if let Some(touch) = state.reading.at_once(key) {
            return Pressed { touch: Some(touch), begins: false };
        }
        if !state.keys {
            // The first one does nothing but show where it would begin.
            state.keys = true;
            state.at = state.reading.title();
            let begins = !state.speech.on;
            self.say(&state, state.line_in_focus());
            return Pressed { touch: None, begins };
        }
        let touch = state.press(key);
        if touch.is_none() {
            self.say(&state, state.line_in_focus());
        }
        Pressed { touch, begins: false }
    }

    /// A finger came down: eyes see.
    pub fn finger(&self) {
        self.hush();
        self.state.borrow_mut().keys = false;
    }

    fn hush(&self) {
        if let Some(voice) = &self.voice {
            voice.hush();
        }
    }

    fn say(&self, state: &State, utterances: Vec<(String, Turn)>) {
        let Some(voice) = self.voice.as_ref().filter(|_| state.speech.on) else { return };
        let Speech { rate, volume, .. } = state.speech;
        for (text, turn) in utterances {
            voice.say(Utterance { language: state.language, text, rate, volume, turn });
        }
    }
}

impl State {
    fn line(&self) -> Option<&Line> {
        self.reading.lines.get(self.at)
    }

    /// What a key touches, if anything; the focus may have moved.
    fn press(&mut self, key: Key) -> Option<String> {
        let last = self.reading.lines.len().saturating_sub(1);
        match key {
            Key::Up => self.at = self.at.saturating_sub(1),
            Key::Down => self.at = (self.at + 1).min(last),
            Key::Select => return self.reading.touchable(self.at),
            Key::Back => return Some(self.reading.leave.clone()).filter(|id| !id.is_empty()),
            Key::Next => match self.reading.line_of(&self.reading.go) {
                Some(at) => {
                    let touch = self.reading.touchable(at);
                    // What cannot be done yet says so.
                    self.at = if touch.is_none() { at } else { self.at };
                    return touch;
                }
                None => self.at = self.reading.next_touchable(self.at),
            },
        }
        None
    }

    /// The title and, behind it, what stands on the screen. Whoever uses the keys finds the rest himself.
    fn whole_screen(&self) -> Vec<(String, Turn)> {
        let title = self.reading.title();
        let wanted = |(at, line): &(usize, &Line)| {
            *at != title && line.told != Told::WhenAsked && (line.act.is_none() || !self.keys)
        };
        let first = self.reading.lines.get(title).map(|line| match self.keys {
            true => self.with_place(line, title),
            false => line.said.clone(),
        });
        let rest = self.reading.lines.iter().enumerate().filter(wanted);
        let rest = rest.map(|(_, line)| (self.with_state(line), Turn::Last));
        first.into_iter().map(|text| (text, Turn::Next)).chain(rest).collect()
    }

    /// What was not there before, and what has become of the line in focus.
    fn news(&self, before: &Reading, was: Option<&Line>) -> Vec<(String, Turn)> {
        let is_news = |line: &&Line| match line.told {
            Told::News => line.act.is_none() && !before.lines.iter().any(|old| old.said == line.said),
            Told::Once => !before.lines.iter().any(|old| old.told == Told::Once),
            Told::AtFirst | Told::WhenAsked => false,
        };
        let changed = |line: &&Line| match was {
            Some(was) => self.keys && line.act.is_some() && was.id() == line.id() && was != *line,
            None => false,
        };
        let focus = self.line().filter(changed).map(|line| self.with_state(line));
        let news = self.reading.lines.iter().filter(is_news).map(|line| line.said.clone());
        focus.into_iter().chain(news).map(|text| (text, Turn::Last)).collect()
    }

    fn line_in_focus(&self) -> Vec<(String, Turn)> {
        let said = self.line().map(|line| self.with_place(line, self.at));
        said.into_iter().map(|text| (text, Turn::Next)).collect()
    }

    /// `取号。按钮。第 2 项，共 9 项`
    fn with_place(&self, line: &Line, at: usize) -> String {
        let Some(words) = &self.words else { return String::new() };
        let place = words.speech.place.with(&[("at", &(at + 1)), ("count", &self.reading.lines.len())]);
        format!("{}{}{place}", self.with_state(line), words.frame.sentence.plain())
    }

    /// `取号。按钮`
    fn with_state(&self, line: &Line) -> String {
        let mut said = line.said.clone();
        let (Some(words), Some(act)) = (&self.words, &line.act) else { return said };
        let speech = &words.speech;
        let kind = match act.kind {
            Kind::Button => Some(&speech.button),
            Kind::Key => None,
            Kind::Tick(true) => Some(&speech.ticked),
            Kind::Tick(false) => Some(&speech.not_ticked),
            Kind::OneOf(true) => Some(&speech.chosen),
            Kind::OneOf(false) => Some(&speech.not_chosen),
        };
        let asleep = (!act.enabled).then_some(&speech.asleep);
        for text in kind.into_iter().chain(asleep) {
            said.push_str(words.frame.sentence.plain());
            said.push_str(text.plain());
        }
        said
    }
}

impl Reading {
    /// Where a screen begins: at its title, below a countdown.
    fn title(&self) -> usize {
        let is_title = |line: &Line| line.act.is_none() && line.told != Told::Once;
        self.lines.iter().position(is_title).unwrap_or(0)
    }

    fn line_of(&self, id: &str) -> Option<usize> {
        self.lines.iter().position(|line| line.id() == Some(id))
    }

    /// What a key does before it leads anywhere.
    fn at_once(&self, key: Key) -> Option<String> {
        match (self.keys, key) {
            (Keys::Tried, key) => Some(Intent::PadKey(key.into()).to_string()),
            (Keys::Leave, Key::Back) => Some(self.leave.clone()),
            (Keys::Leave | Keys::Lead, _) => None,
        }
    }

    /// What is touched with a line, if that does anything now.
    fn touchable(&self, at: usize) -> Option<String> {
        let act = self.lines.get(at)?.act.as_ref()?;
        act.enabled.then(|| act.id.clone())
    }

    /// The next line that can be touched, or the first one of all.
    fn next_touchable(&self, at: usize) -> usize {
        let places = || (0..self.lines.len()).filter(|place| self.touchable(*place).is_some());
        places().find(|place| *place > at).or_else(|| places().next()).unwrap_or(at)
    }

    /// Where the line at `at` of the reading before is now: the same thing, the same words, or the same place.
    fn place_of(&self, before: &Reading, at: usize) -> usize {
        let same_place = at.min(self.lines.len().saturating_sub(1));
        let Some(old) = before.lines.get(at) else { return same_place };
        let found = match old.id() {
            Some(id) => self.line_of(id),
            None => self.lines.iter().position(|line| line.act.is_none() && line.said == old.said),
        };
        found.unwrap_or(same_place)
    }
}
