//! The voice: one owner that says one thing after the other through espeak-ng, and sounds through aplay, a
//! child process each.
//!
//! A child is killed when what it says is cut off; what waits is bounded, and so are a text and the time
//! that it may take. A kiosk without the program, or without a sound card, is silent and says so once.

mod chime;
mod jack;
mod program;

use crate::bus::Bus;
use crate::config::SpeechConfig;
use program::{Program, Saying};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use ui::{Turn, Utterance};

/// How often a child is asked whether it has ended.
const GLANCE: Duration = Duration::from_millis(20);
/// No sentence of a screen takes so long.
const LONGEST: Duration = Duration::from_secs(90);
/// So much may wait; a screen has far fewer lines.
const ROOM: usize = 128;

/// What becomes of things to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// this is being said from now on
    Begun {
        /// whose voice: `cmn` or `en`
        voice: &'static str,
        /// the text
        text: String,
    },
    /// the sound that calls a visitor back
    Chime,
    /// it has been said or has sounded, or was cut off
    Ended {
        /// cut off
        cut: bool,
    },
}

/// Told of everything that is said.
pub type HeardObserver = Arc<dyn Fn(Heard) + Send + Sync>;

enum Ask {
    Say(Utterance),
    Chime,
    Hush,
    /// headphones were drawn out: not a word more before somebody is at the kiosk again
    Unplugged,
    /// headphones are in: what is said is for one pair of ears
    Plugged,
}

/// What the screen speaks through, and what is left on the kiosk sounds through; cheap.
#[derive(Clone)]
pub(crate) struct Mouth(Sender<Ask>);

impl ui::Voice for Mouth {
    fn say(&self, utterance: Utterance) {
        // An owner that has gone is silent.
        let _ = self.0.send(Ask::Say(utterance));
    }

    fn hush(&self) {
        let _ = self.0.send(Ask::Hush);
    }
}

impl Mouth {
    /// One that is heard by nobody until somebody listens ([`listen`]).
    pub fn new() -> (Self, Asks) {
        let (to, asks) = channel();
        (Self(to), Asks(asks))
    }

    /// Calls a visitor back.
    pub fn chime(&self) {
        let _ = self.0.send(Ask::Chime);
    }
}

/// The owner's end.
pub(crate) struct Asks(Receiver<Ask>);

/// Starts listening to the jack, if there is one.
pub(crate) fn listen(config: &SpeechConfig, mouth: &Mouth, bus: &Bus) {
    if let Some(path) = config.jack.clone() {
        let (to, bus) = (mouth.0.clone(), bus.clone());
        jack::listen(path, move |plugged| {
            // Before anything else: what a visitor hears is for him alone.
            let _ = to.send(if plugged { Ask::Plugged } else { Ask::Unplugged });
            bus.send_blocking(visit::event::Event::Headphones(plugged));
        });
    }
}

/// Says what is asked for until nobody can ask any more.
pub(crate) fn run(config: &SpeechConfig, asks: &Asks, heard: &HeardObserver) {
    let mut owner = Owner {
        program: Program::new(config),
        heard,
        waiting: VecDeque::new(),
        now: None,
        unplugged: false,
        complained: false,
    };
    while owner.turn(&asks.0) {}
}

enum Sound {
    Words(Utterance),
    Chime,
}

struct Owner<'a> {
    program: Program,
    heard: &'a HeardObserver,
    waiting: VecDeque<Sound>,
    now: Option<(Saying, Instant)>,
    unplugged: bool,
    complained: bool,
}

impl Owner<'_> {
    /// Waits for something to do and does it; false when nobody can ask any more.
    fn turn(&mut self, asks: &Receiver<Ask>) -> bool {
        let ask = match self.now {
            // A silent voice wakes nobody.
            None => asks.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(_) => asks.recv_timeout(GLANCE),
        };
        match ask {
            Ok(Ask::Say(utterance)) => self.queue(utterance),
            // Whoever goes away with headphones in his hand is called all the same.
            Ok(Ask::Chime) if self.waiting.len() < ROOM => self.waiting.push_front(Sound::Chime),
            Ok(Ask::Chime) => {}
            Ok(Ask::Hush) => {
                self.unplugged = false;
                self.cut();
            }
            Ok(Ask::Plugged) => self.unplugged = false,
            Ok(Ask::Unplugged) => {
                self.unplugged = true;
                self.cut();
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                self.cut();
                return false;
            }
        }
        self.go_on();
        true
    }

    fn queue(&mut self, utterance: Utterance) {
        if self.unplugged {
            return;
        }
        if utterance.turn == Turn::Next {
            self.waiting.retain(|sound| matches!(sound, Sound::Chime));
        }
        if self.waiting.len() < ROOM {
            self.waiting.push_back(Sound::Words(utterance));
        }
    }

    fn cut(&mut self) {
        self.waiting.clear();
        if let Some((saying, _)) = self.now.take() {
            saying.stop();
            (self.heard)(Heard::Ended { cut: true });
        }
    }

    /// The next one, once the one before has ended.
    fn go_on(&mut self) {
        if let Some((saying, since)) = &mut self.now {
            if !saying.has_ended() && since.elapsed() < LONGEST {
                return;
            }
            if let Some((saying, _)) = self.now.take() {
                self.complain(saying.stop());
                (self.heard)(Heard::Ended { cut: false });
            }
        }
        let Some(sound) = self.waiting.pop_front() else { return };
        let begun = match sound {
            Sound::Words(utterance) => {
                let voice = program::voice(utterance.language);
                (self.heard)(Heard::Begun { voice, text: utterance.text.clone() });
                self.program.say(&utterance)
            }
            Sound::Chime => {
                (self.heard)(Heard::Chime);
                self.program.chime()
            }
        };
        match begun {
            Ok(saying) => self.now = Some((saying, Instant::now())),
            Err(error) => {
                self.complain(Some(error.to_string()));
                (self.heard)(Heard::Ended { cut: false });
            }
        }
        if self.now.is_none() {
            // Not one by one at the pace of a glance: nothing of it can be heard.
            self.go_on();
        }
    }

    /// What is wrong stays wrong for each sentence; it is said once.
    fn complain(&mut self, why: Option<String>) {
        if let Some(why) = why.filter(|_| !self.complained) {
            self.complained = true;
            tracing::warn!(%why, program = %self.program, "the kiosk cannot be heard");
        }
    }
}

#[cfg(test)]
mod tests;
