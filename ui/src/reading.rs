//! A screen as it is read aloud: everything that stands on it, once, in the order in which eyes read.
//!
//! [`read`] makes it of the finished words of a screen, with no further choice left to whoever speaks.
//! One text or touchable thing is a [`Line`]; the focus of the five keys goes from line to line.

mod aloud;
mod list;
mod screens;

use crate::toolkit::FrameWords;
use crate::wording::Worded;
use crate::words::Words;
use aloud::Aloud;
use list::List;
use visit::screen::{Room, Screen, TestState, View};

/// What kind of touchable thing a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Button,
    /// of a keyboard on the screen
    Key,
    /// ticked or not
    Tick(bool),
    /// one of several, the chosen one or not
    OneOf(bool),
}

/// A touchable thing as it is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Touchable {
    /// its intent
    pub id: String,
    pub kind: Kind,
    pub enabled: bool,
}

/// When a line is said without anybody asking for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// when the screen comes, and when it is news
    News,
    /// when the screen comes
    AtFirst,
    /// when it has not been on the screen before, whatever it says
    Once,
    /// never
    WhenAsked,
}

/// One line of a reading.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// what stands on the screen, piece by piece
    pub pieces: Vec<String>,
    /// what is said of it
    pub said: String,
    pub act: Option<Touchable>,
    pub told: Told,
}

impl Line {
    /// What is touched with it.
    pub fn id(&self) -> Option<&str> {
        self.act.as_ref().map(|act| act.id.as_str())
    }
}

/// A whole screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    pub lines: Vec<Line>,
    /// the way out; empty without one
    pub leave: String,
    /// the way on; empty without one
    pub go: String,
    /// what the keys do besides
    pub keys: Keys,
}

/// What the five keys of the pad do on a screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Keys {
    /// lead through its lines
    #[default]
    Lead,
    /// lead through its lines; back leads out even when it is the first to be pressed: nothing on the screen may
    Leave,
    /// nothing but show that they come
    Tried,
}

/// Reads a view that has been put into words.
pub(crate) fn read(words: &Words, view: &View, worded: &Worded) -> Reading {
    let frame = &worded.frame;
    let mut list = List::default();
    countdown(&mut list, frame);
    list.text(&frame.news);
    screens::screen(&mut list, &worded.screen);
    // What fills the whole screen has its way out on it, or none.
    let keys = keys(view);
    if keys != Keys::Leave {
        bottom_bar(&mut list, frame);
    }
    top_bar(&mut list, frame);
    let aloud = Aloud::of(words, view);
    let mut lines = list.lines();
    for line in &mut lines {
        line.said = aloud.said(&line.pieces);
    }
    Reading { lines, leave: frame.leave.id.to_string(), go: frame.go.id.to_string(), keys }
}

fn keys(view: &View) -> Keys {
    match &view.screen {
        Screen::Room(Room::Pad(pad)) if pad.state == TestState::Running => Keys::Tried,
        Screen::Room(Room::Touch(touch)) if touch.state == TestState::Running => Keys::Leave,
        Screen::Room(Room::Colours(colours)) if colours.colour.is_some() => Keys::Leave,
        _ => Keys::Lead,
    }
}

/// It stands over the title, and says itself once, not every second.
fn countdown(list: &mut List, frame: &FrameWords) {
    list.text_told(&frame.ending, Told::Once);
    list.act_told(&frame.stay, Told::WhenAsked);
}

fn bottom_bar(list: &mut List, frame: &FrameWords) {
    list.act(&frame.leave);
    if frame.go.id.is_empty() {
        list.note(&frame.reminder);
    }
    list.act(&frame.go);
}

/// The same on every screen: it stands above and is read last.
fn top_bar(list: &mut List, frame: &FrameWords) {
    list.text_told(&frame.hall, Told::WhenAsked);
    list.text_told(&frame.clock, Told::WhenAsked);
    for act in [&frame.language, &frame.look, &frame.help] {
        list.act_told(act, Told::WhenAsked);
    }
    list.text_told(&frame.reached, Told::WhenAsked);
}
