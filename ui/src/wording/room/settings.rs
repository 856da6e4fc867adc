//! What the hall set for a kiosk, and the step back to what it had set before.

use crate::toolkit as t;
use crate::wording::{Voice, act, model, note};
use crate::words::Text;
use slint::SharedString;
use visit::intent::Intent;
use visit::screen::SettingsShown;

impl Voice<'_> {
    /// What the hall set for this kiosk, and what it would not take.
    pub(super) fn settings(&self, settings: &SettingsShown) -> t::RoomWords {
        let words = &self.words.room;
        let numbered = |text: &Text, serial: u64| SharedString::from(text.with(&[("serial", &serial)]));
        let now = settings.serial.map(|serial| numbered(&words.settings_now, serial));
        let mut facts = vec![now.unwrap_or_else(|| words.settings_unknown.plain().into())];
        if let Some(next) = settings.next {
            facts.push(numbered(&words.settings_later, next));
        } else if let Some(before) = settings.before {
            let newer = settings.serial.is_some_and(|serial| before > serial);
            facts.push(numbered(if newer { &words.settings_newer } else { &words.settings_before }, before));
        }
        facts.extend(settings.refused.iter().map(SharedString::from));
        t::RoomWords {
            title: words.settings.plain().into(),
            text: words.settings_text.plain().into(),
            note: match (settings.next, settings.refused.is_empty(), settings.going_back) {
                (Some(_), ..) | (None, true, true) => note(&words.settings_next, false),
                (None, false, _) => note(&words.settings_refused, true),
                (None, true, false) => t::Note::default(),
            },
            facts: model(facts),
            ..Default::default()
        }
    }

    /// The way back, or forth again, where there is one and nothing else is to come into use.
    pub(super) fn settings_go(&self, settings: Option<&SettingsShown>) -> t::Act {
        let words = &self.words.room;
        let Some(SettingsShown { serial, next: None, before: Some(before), going_back: false, .. }) =
            settings
        else {
            return t::Act::default();
        };
        let forth = serial.is_some_and(|serial| *before > serial);
        let label = if forth { &words.settings_forth } else { &words.settings_back };
        act(Intent::SettingsBack, label.with(&[("serial", before)]), true)
    }
}
