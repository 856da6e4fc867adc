//! How the screen shall look.

use super::{Voice, act, model};
use crate::toolkit as t;
use crate::words::Text;
use visit::intent::Intent;
use visit::look::{Contrast, Look, TextSize};
use visit::speech::{Rate, Speech, Volume};

impl Voice<'_> {
    pub(super) fn look(&self, look: Look, speech: Speech) -> t::LookWords {
        let words = &self.words.look;
        let choice = |intent, name: &Text, chosen| t::Choice { act: act(intent, name.plain(), true), chosen };
        let sizes = TextSize::ALL.map(|size| {
            let name = match size {
                TextSize::Small => &words.small,
                TextSize::Standard => &words.standard,
                TextSize::Large => &words.large,
                TextSize::Largest => &words.largest,
            };
            choice(Intent::LookSize(size), name, look.size == size)
        });
        let contrasts = Contrast::ALL.map(|contrast| {
            let name = match contrast {
                Contrast::Standard => &words.own_colours,
                Contrast::BlackOnWhite => &words.black_on_white,
                Contrast::WhiteOnBlack => &words.white_on_black,
                Contrast::YellowOnBlack => &words.yellow_on_black,
            };
            choice(Intent::LookContrast(contrast), name, look.contrast == contrast)
        });
        let switch = |intent, name, text: &Text, on| t::Switch {
            choice: choice(intent, name, on),
            text: text.plain().into(),
        };
        let spoken = if speech.on { Intent::SpeechOff } else { Intent::SpeechOn };
        t::LookWords {
            title: words.title.plain().into(),
            sizes_title: words.sizes.plain().into(),
            sizes: model(sizes.into()),
            contrasts_title: words.contrasts.plain().into(),
            contrasts: model(contrasts.into()),
            reach: switch(Intent::LookReach, &words.reach, &words.reach_text, look.reach),
            plain: switch(Intent::LookPlain, &words.plain, &words.plain_text, look.plain),
            speech: switch(spoken, &words.speech, &words.speech_text, speech.on),
            slower: act(Intent::SpeechSlower, words.slower.plain(), speech.rate != Rate::Slow),
            faster: act(Intent::SpeechFaster, words.faster.plain(), speech.rate != Rate::Fast),
            quieter: act(Intent::SpeechQuieter, words.quieter.plain(), speech.volume != Volume::Low),
            louder: act(Intent::SpeechLouder, words.louder.plain(), speech.volume != Volume::High),
            reset: act(Intent::LookReset, words.reset.plain(), look != Look::default()),
        }
    }
}
