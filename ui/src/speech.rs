//! What the screen asks of whoever speaks for it.

use visit::screen::Language;
use visit::speech::{Rate, Volume};

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterance {
    /// in which language
    pub language: Language,
    /// finished: nothing of it is private, and codes are spelt
    pub text: String,
    /// how fast
    pub rate: Rate,
    /// how loud
    pub volume: Volume,
    /// when
    pub turn: Turn,
}

/// When something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// after what is being said now; what waits behind that is of an older screen and is dropped
    Next,
    /// after everything that waits
    Last,
}

/// Says things aloud, one after the other. Called on the screen's thread: both return at once.
pub trait Voice {
    /// Says this when its turn comes.
    fn say(&self, utterance: Utterance);

    /// Cuts off what is being said and drops what waits.
    fn hush(&self);
}
