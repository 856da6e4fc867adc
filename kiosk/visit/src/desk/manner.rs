//! How the kiosk shows itself to whoever stands before it: language, look, and the pages that lie over every
//! screen, for settings and for help. All of it is forgotten with the visitor.

use super::Desk;
use crate::event::{Action, Now};
use crate::intent::Intent;
use crate::look::{Look, TextSize};
use crate::screen::{Calling, Help, Language, Screen};
use crate::speech::Speech;
use std::time::Duration;

/// What lies over the screen; what is below stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// how the screen looks
    Look,
    /// help
    Help,
}

/// Of one visitor.
#[derive(Debug, Default)]
pub(super) struct Manner {
    pub language: Language,
    pub look: Look,
    pub speech: Speech,
    pub over: Option<Over>,
    /// how the call for staff stands
    pub calling: Calling,
    /// without a session: when it is forgotten
    pub until: Option<Duration>,
}

impl Manner {
    /// Takes what concerns it; false for all else. What lies below an open page cannot be touched.
    fn touched(&mut self, intent: &Intent) -> bool {
        match intent {
            Intent::Language => {
                self.language = match self.language {
                    Language::Zh => Language::En,
                    Language::En => Language::Zh,
                };
            }
            Intent::Look => self.over = Some(Over::Look),
            Intent::Help => self.over = Some(Over::Help),
            Intent::LookSize(size) => self.look.size = *size,
            Intent::LookContrast(contrast) => self.look.contrast = *contrast,
            Intent::LookReach => self.look.reach = !self.look.reach,
            Intent::LookPlain => {
                self.look.plain = !self.look.plain;
                // Whoever wants it plain wants it large, and whoever has it larger keeps that.
                self.look.size = match (self.look.plain, self.look.size) {
                    (true, size) => size.max(TextSize::Large),
                    (false, TextSize::Large) => TextSize::Standard,
                    (false, size) => size,
                };
            }
            Intent::LookReset => self.look = Look::default(),
            Intent::Back if self.over.is_some() => self.over = None,
            Intent::Stay | Intent::ScrollUp | Intent::ScrollDown => return false,
            other => match self.speech.after(other) {
                Some(speech) => self.speech = speech,
                None => return self.over.is_some(),
            },
        }
        true
    }

    fn is_as(&self, first: &Self) -> bool {
        self.over.is_none()
            && self.language == first.language
            && self.look == first.look
            && self.speech == first.speech
            && self.calling == first.calling
    }
}

impl Desk {
    /// Whether a touch was for the kiosk's manner.
    pub(super) fn touched_manner(&mut self, intent: &Intent, now: Now, actions: &mut Vec<Action>) -> bool {
        let help = self.manner.over == Some(Over::Help);
        if *intent == Intent::HelpCall && help && self.may_call() {
            self.manner.calling = Calling::Calling;
            self.calls += 1;
            actions.push(Action::CallStaff(self.calls, self.beneath(now).name()));
        }
        let plain = self.manner.look.plain;
        let taken = self.manner.touched(intent);
        if plain != self.manner.look.plain {
            self.lists_changed(now);
        }
        self.forget_later(now);
        taken
    }

    /// Whoever plugs headphones in wants to listen, and what he heard is not for a loudspeaker. A loose
    /// jack that keeps reporting does not hold a session that everybody has left.
    pub(super) fn headphones(&mut self, plugged: bool, now: Now) {
        self.headphones = plugged;
        self.manner.speech.on = plugged;
        let before = self.manner.until;
        self.forget_later(now);
        self.manner.until = self.manner.until.map(|until| before.unwrap_or(until));
    }

    /// How the kiosk shows itself to somebody who has set nothing.
    pub(super) fn manner_at_first(&self) -> Manner {
        Manner { speech: Speech { on: self.headphones, ..Speech::default() }, ..Manner::default() }
    }

    /// On the idle screen somebody set something and may walk away without a visit.
    fn forget_later(&mut self, now: Now) {
        if self.is_idle() {
            let changed = !self.manner.is_as(&self.manner_at_first());
            self.manner.until = changed.then(|| now.tick + self.unhurried(self.patience.idle));
        }
    }

    /// The idle screen is shown: neither a visitor nor a technician is there.
    fn is_idle(&self) -> bool {
        self.session.is_none() && self.room.is_none()
    }

    /// Nobody has changed anything on the idle screen for a while: whoever did has gone.
    pub(super) fn forget_manner(&mut self, now: Now) {
        if self.is_idle() && self.manner.until.is_some_and(|until| now.tick >= until) {
            self.manner = self.manner_at_first();
        }
    }

    /// The hall said whether it heard the call.
    pub(super) fn called(&mut self, call: u64, heard: bool) {
        // An answer to somebody who has left is nobody's.
        if call == self.calls && self.manner.calling == Calling::Calling {
            self.manner.calling = if heard { Calling::Heard } else { Calling::Unheard };
        }
    }

    /// A call that the hall has heard is not repeated by the same visitor; one that it has not may be.
    fn may_call(&self) -> bool {
        self.staff && matches!(self.manner.calling, Calling::No | Calling::Unheard)
    }

    /// The page over the screen, if there is one.
    pub(super) fn over(&self, now: Now) -> Option<Screen> {
        Some(match self.manner.over? {
            Over::Look => Screen::Look,
            Over::Help => Screen::Help(Help {
                on: self.beneath(now).name(),
                staff: self.staff,
                calling: self.manner.calling,
            }),
        })
    }

    /// Slower for whoever wants it plain, and for whoever listens: hearing a screen takes longer than reading it.
    pub(super) fn unhurried(&self, patience: Duration) -> Duration {
        if self.manner.look.plain || self.manner.speech.on { patience * 2 } else { patience }
    }
}
